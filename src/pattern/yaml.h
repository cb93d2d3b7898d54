/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * YAML: a file to a tree of nodes that know where they stand.
 *
 * Alone sees libyaml.  Only what configuration needs: one document, scalars,
 * sequences, mappings with scalar keys.  Anchors, aliases, tags and duplicate
 * keys are errors.  Bounded: 16 MiB of text, 64 levels.
 *
 * Typical use:
 *
 *	const struct yaml_node *node;
 *
 *	YAML_FOR_EACH_PAIR(pair, root) {
 *		if (yaml_is(pair->key, "titles"))
 *			err = ...
 *		else
 *			return yaml_error(doc, pair->key, "unknown key '%s'; expected one of: ...", pair->key->text);
 *	}
 */
#ifndef CULPRIT_PATTERN_YAML_H
#define CULPRIT_PATTERN_YAML_H

#include "base/base.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_pair;

/* Small: thousands of them are in the program, and the loader writes to each page of them (they hold addresses). */
struct yaml_node {
	enum yaml_kind kind : 8;
	bool quoted : 1;		/* scalar in quotes or block style: never a number, boolean or null */
	uint32_t column : 23;		/* from 1; the last that fits for all behind it */
	uint32_t line;			/* from 1 */
	const char *text;		/* scalar, NUL-terminated; others: NULL */
	uint32_t len;			/* of text */
	uint32_t n;			/* elements of a sequence, pairs of a mapping */
	union {
		struct yaml_node **items;	/* of a sequence */
		struct yaml_pair *pairs;	/* of a mapping */
	};
};

#define YAML_COLUMN_MAX ((1u << 23) - 1)

struct yaml_pair {
	struct yaml_node *key;		/* a scalar */
	struct yaml_node *value;
};

struct yaml_doc {
	struct yaml_node *root;		/* NULL for an empty document */
	const char *name;		/* for messages */
	struct arena arena;		/* holds all of it */
};

/* name is for messages. Errors: SYNTAX "name:line:column: ...", LIMIT, NO_MEMORY. */
struct culprit_error *yaml_parse(struct span text, const char *name, struct yaml_doc **ret);

/* Errors also: OS. */
struct culprit_error *yaml_load(const char *path, struct yaml_doc **ret);

void yaml_destroy(struct yaml_doc *doc);
void yaml_destroyp(struct yaml_doc **doc);

#define YAML_FOR_EACH_PAIR(pair, node) \
	for (const struct yaml_pair *pair = (node)->pairs; pair < (node)->pairs + (node)->n; pair++)

static inline bool yaml_is(const struct yaml_node *scalar, const char *text)
{
	size_t len = strlen(text);

	return scalar->len == len && !memcmp(scalar->text, text, len);
}

/* A SYNTAX error "name:line:column: message" at node. */
struct culprit_error *yaml_error(const struct yaml_doc *doc, const struct yaml_node *node,
				 const char *format, ...)
	__attribute__((format(printf, 3, 4), returns_nonnull));

/* The value of a key of a mapping, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

/* Typed readings; the message says what was expected. what names the thing: "timeout". */
struct culprit_error *yaml_get_string(const struct yaml_doc *doc, const struct yaml_node *node,
				      const char *what, const char **ret);
struct culprit_error *yaml_get_bool(const struct yaml_doc *doc, const struct yaml_node *node,
				    const char *what, bool *ret);
struct culprit_error *yaml_get_int(const struct yaml_doc *doc, const struct yaml_node *node,
				   const char *what, int64_t min, int64_t max, int64_t *ret);
struct culprit_error *yaml_get_number(const struct yaml_doc *doc, const struct yaml_node *node,
				      const char *what, double min, double max, double *ret);

/* Error unless node is of the kind. */
struct culprit_error *yaml_expect(const struct yaml_doc *doc, const struct yaml_node *node,
				  enum yaml_kind kind, const char *what);

/*
 * Write text as a scalar that reads back the same (plain where that is safe,
 * else double-quoted).  False when out of memory.
 */
bool yaml_write_scalar(struct buf *buf, struct span text) __attribute__((warn_unused_result));

/* Of libyaml: "0.2.5". Static. */
const char *yaml_library_version(void);

#endif
