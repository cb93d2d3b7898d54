/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What pattern.c, the readings of single things (pattern_read.c) and the
 * readers of a file's sections (pattern_names.c, pattern_forms.c,
 * pattern_lines.c) share.  Nobody else includes this.
 *
 * Texts are borrowed from the documents or live in the set's arena.  Errors
 * are SYNTAX "file:line:column: ...", or NO_MEMORY.
 */
#ifndef CULPRIT_PATTERN_PATTERN_PARTS_H
#define CULPRIT_PATTERN_PATTERN_PARTS_H

#include "pattern/pattern.h"

struct loader {
	struct culprit_patterns *set;
	const struct yaml_doc *doc;	/* the one being read */
	bool embedded;			/* it is part of the program: without mistakes */
};

/* Arrays that grow while a file is read: *array of *n items of this size gets one more. */
struct culprit_error *loader_push(void *array, size_t *n, size_t size, const void *item, struct arena *arena);

#define PUSH(l, array, n, item) loader_push(&(array), &(n), sizeof(*(array)), (item), &(l)->set->arena)

/* One scalar stands for a sequence of one. */
static inline size_t list_len(const struct yaml_node *node)
{
	return node->kind == YAML_SEQUENCE ? node->n : 1;
}

static inline const struct yaml_node *list_item(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_SEQUENCE ? node->items[i] : node;
}

/* ------------------------------------------------------- pattern_read.c */

struct pattern_place loader_place(const struct loader *l, const struct yaml_node *node);

/* Remember where text, which is kept by its address, was written. */
struct culprit_error *loader_note_text(struct loader *l, const struct yaml_node *node, const char *text);

/* An item that is no scalar is told where it stands; a mapping in place of the list is not one of its items. */
struct culprit_error *loader_expect_list(struct loader *l, const struct yaml_node *node, const char *what);
struct culprit_error *loader_get_string(struct loader *l, const struct yaml_node *node, const char *what,
					const char **ret);
struct culprit_error *loader_get_strings(struct loader *l, const struct yaml_node *node, const char *what,
					 const char ***ret, size_t *ret_n);

/* Globs; "@name" puts a set in its place. Adds to *ret. */
struct culprit_error *loader_get_globs(struct loader *l, const struct yaml_node *node, const char *what,
				       struct glob_list *ret);

/* A set of globs by its name, or NULL. */
const struct pattern_glob_set *loader_find_set(const struct loader *l, const char *name);

/* {{NAME}} becomes the macro's text. Macros may use macros defined before them. */
struct culprit_error *loader_expand(struct loader *l, const struct yaml_node *node, const char **ret);

/* An expression, macros expanded; not compiled. */
struct culprit_error *loader_get_regex(struct loader *l, const struct yaml_node *node, const char *what,
				       struct regex *ret);
struct culprit_error *loader_get_regexes(struct loader *l, const struct yaml_node *node, const char *what,
					 struct regex **ret, size_t *ret_n);

struct enum_name { const char *name; int value; };

struct culprit_error *loader_get_enum(struct loader *l, const struct yaml_node *node, const char *what,
				      const struct enum_name *names, size_t n, int *ret);
struct culprit_error *loader_get_speaker(struct loader *l, const struct yaml_node *node, enum speaker *ret);
struct culprit_error *loader_unknown_key(struct loader *l, const struct yaml_node *key, const char *expected);

/* Is it long enough for the prefilter? */
struct culprit_error *loader_check_literal(struct loader *l, const struct yaml_node *node, const char *literal);

/* ------------------------------------------------------ pattern_names.c */

/* Sections that define names come in two passes: functions, which sets may name, then all others. */
struct culprit_error *loader_read_functions(struct loader *l, const struct yaml_node *node);

struct culprit_error *loader_read_macros(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_sets(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_picks(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_prefixes(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_guilty(struct loader *l, const struct yaml_node *node);

/* ------------------------------------------------------ pattern_forms.c */

struct culprit_error *loader_read_ways(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_banners(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_patterns(struct loader *l, const struct yaml_node *node);

/* --------------------- pattern_lines.c: one entry of the section, or all */

struct culprit_error *loader_read_header(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_mark(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_rewrite(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_remark(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_doubt(struct loader *l, const struct yaml_node *node);
struct culprit_error *loader_read_types(struct loader *l, const struct yaml_node *node);

/* ------------------------------------------------------ pattern_check.c */

void pattern_set_free_regexes(struct culprit_patterns *set);

#endif
