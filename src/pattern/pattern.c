/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pattern files to a set.
 *
 * Files are read in order; what stands in a later one replaces what has the
 * same name in an earlier one.  Patterns of later files are tried first.
 * Refuses unknown keys, dangling names and anything of the wrong shape, with
 * its place.  The sections: pattern_names.c, pattern_forms.c, pattern_lines.c.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "pattern/pattern_parts.h"

/* ---------------------------------------------------------------- files */

static struct culprit_error *read_list(struct loader *l, const struct yaml_node *node, const char *what,
				       struct culprit_error *(*read)(struct loader *, const struct yaml_node *))
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, what);

	for (size_t i = 0; !err && i < node->n; i++)
		err = read(l, node->items[i]);
	return err;
}

/* Names first, in all files: what uses them may stand in an earlier file. */
enum pass { PASS_FUNCTIONS, PASS_NAMES, PASS_ALL_ELSE };

static struct culprit_error *read_top(struct loader *l, const struct yaml_pair *pair, enum pass pass)
{
	const struct yaml_node *key = pair->key, *value = pair->value;

	if (yaml_is(key, "functions")) {
		struct culprit_error *err = yaml_expect(l->doc, value, YAML_MAPPING, key->text);

		return err || pass != PASS_FUNCTIONS ? err : loader_read_functions(l, value);
	}
	if (pass == PASS_FUNCTIONS)
		return NULL;
	if (yaml_is(key, "macros") || yaml_is(key, "sets") || yaml_is(key, "picks") || yaml_is(key, "ways")) {
		struct culprit_error *err = yaml_expect(l->doc, value, YAML_MAPPING, key->text);

		if (err || pass != PASS_NAMES)
			return err;
		if (yaml_is(key, "macros"))
			return loader_read_macros(l, value);
		if (yaml_is(key, "ways"))
			return loader_read_ways(l, value);
		return yaml_is(key, "sets") ? loader_read_sets(l, value) : loader_read_picks(l, value);
	}
	if (pass == PASS_NAMES)
		return NULL;
	if (yaml_is(key, "banners"))
		return loader_read_banners(l, value);
	if (yaml_is(key, "patterns"))
		return loader_read_patterns(l, value);
	if (yaml_is(key, "stacks"))
		return read_list(l, value, "stacks", loader_read_header);
	if (yaml_is(key, "phases"))
		return read_list(l, value, "phases", loader_read_mark);
	if (yaml_is(key, "cleanup"))
		return read_list(l, value, "cleanup", loader_read_rewrite);
	if (yaml_is(key, "doubts"))
		return read_list(l, value, "doubts", loader_read_doubt);
	if (yaml_is(key, "remarks"))
		return read_list(l, value, "remarks", loader_read_remark);
	if (yaml_is(key, "name-prefixes"))
		return loader_read_prefixes(l, value);
	if (yaml_is(key, "types"))
		return loader_read_types(l, value);
	if (yaml_is(key, "drop"))
		return loader_get_globs(l, value, "drop", &l->set->drop);
	if (yaml_is(key, "continues"))
		return loader_get_globs(l, value, "continues", &l->set->continues);
	if (yaml_is(key, "after-end"))
		return loader_get_globs(l, value, "after-end", &l->set->after_end);
	if (yaml_is(key, "ends"))
		return loader_get_globs(l, value, "ends", &l->set->ends);
	if (yaml_is(key, "evidence"))
		return loader_get_globs(l, value, "evidence", &l->set->evidence);
	if (yaml_is(key, "leads"))
		return loader_get_globs(l, value, "leads", &l->set->leads);
	if (yaml_is(key, "intruders"))
		return loader_get_globs(l, value, "intruders", &l->set->intruders);
	if (yaml_is(key, "unfinished"))
		return loader_get_globs(l, value, "unfinished", &l->set->unfinished);
	if (yaml_is(key, "headings"))
		return loader_get_globs(l, value, "headings", &l->set->headings);
	if (yaml_is(key, "skip"))
		return loader_get_globs(l, value, "skip", &l->set->skip);
	if (yaml_is(key, "unwinder"))
		return loader_get_globs(l, value, "unwinder", &l->set->unwinder);
	if (yaml_is(key, "foreign"))
		return loader_get_globs(l, value, "foreign", &l->set->foreign);
	if (yaml_is(key, "guilty"))
		return loader_read_guilty(l, value);
	if (yaml_is(key, "executor")) {
		l->set->has_executor = true;
		return loader_get_regex(l, value, "executor", &l->set->executor);
	}
	return loader_unknown_key(l, key, "functions, macros, sets, picks, ways, banners, patterns, stacks, phases, cleanup, doubts, "
				  "remarks, name-prefixes, types, drop, continues, ends, after-end, evidence, leads, intruders, unfinished, headings, skip, foreign, unwinder, guilty, "
				   "executor");
}

static struct culprit_error *read_doc(struct loader *l, const struct yaml_doc *doc, enum pass pass)
{
	struct culprit_error *err;

	l->doc = doc;
	if (!doc->root)
		return NULL;
	err = yaml_expect(doc, doc->root, YAML_MAPPING, "a pattern file");
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, doc->root) {
		err = read_top(l, pair, pass);
		if (err)
			return err;
	}
	return NULL;
}

/* Patterns of later files go first: a user's kind wins over a built-in one that begins at the same place. */
static struct culprit_error *put_first(struct culprit_patterns *set, size_t n_old)
{
	struct pattern *sorted;
	size_t n_new = set->n_patterns - n_old;

	if (!n_new || !n_old)
		return NULL;
	sorted = arena_array(&set->arena, set->n_patterns, sizeof(*sorted));
	if (!sorted)
		return &culprit_error_no_memory;
	memcpy(sorted, set->patterns + n_old, n_new * sizeof(*sorted));
	memcpy(sorted + n_new, set->patterns, n_old * sizeof(*sorted));
	set->patterns = sorted;
	return NULL;
}

static struct culprit_error *read_docs(struct culprit_patterns *set, const struct yaml_doc *const *docs, size_t n,
				       size_t n_embedded)
{
	struct loader l = { .set = set };
	struct culprit_error *err = NULL;
	size_t n_old = 0;

	for (enum pass pass = PASS_FUNCTIONS; pass < PASS_ALL_ELSE; pass++) {
		for (size_t i = 0; i < n && !err; i++)
			err = read_doc(&l, docs[i], pass);
	}
	for (size_t i = 0; i < n && !err; i++) {
		l.embedded = i < n_embedded;
		err = read_doc(&l, docs[i], PASS_ALL_ELSE);
		if (i + 1 == n_embedded)
			n_old = set->n_patterns;
	}
	return err ? err : put_first(set, n_old);
}

/* -------------------------------------------------------------- loading */

static int compare_literal(const void *key, const void *elem)
{
	return strcmp(key, ((const struct pattern_literal_place *)elem)->literal);
}

/* Of the embedded files' literals, places were chosen when the program was built. */
static struct scan_place known_place(const char *literal)
{
	const struct pattern_literal_place *known = bsearch(literal, pattern_places, pattern_n_places,
							    sizeof(*pattern_places), compare_literal);

	return known ? known->place : (struct scan_place){ .bucket = SCAN_NO_BUCKET };
}

/* So that a line is compared with the few that begin as it does. */
void pattern_set_index_headers(struct culprit_patterns *set)
{
	memset(set->header_first, 0, sizeof(set->header_first));
	set->header_anywhere = 0;
	for (size_t i = set->n_headers; i-- > 0;) {
		struct stack_header *h = &set->headers[i];
		uint32_t *chain = h->anywhere ? &set->header_anywhere : &set->header_first[(unsigned char)*h->text];

		h->next = *chain;
		*chain = (uint32_t)(i + 1);
	}
}

static struct culprit_error *make_scan(struct culprit_patterns *set)
{
	size_t n = set->n_banners + set->n_marks + set->n_remarks;
	_cleanup_(freep) struct span *literals = calloc(n + 1, sizeof(*literals));
	_cleanup_(freep) struct scan_place *places = calloc(n + 1, sizeof(*places));

	if (!literals || !places)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < set->n_banners; i++)
		literals[i] = (struct span){ set->banners[i].literal, set->banners[i].len };
	for (size_t i = 0; i < set->n_marks; i++)
		literals[set->n_banners + i] = (struct span){ set->marks[i].literal, set->marks[i].len };
	for (size_t i = 0; i < set->n_remarks; i++)
		literals[set->n_banners + set->n_marks + i] = (struct span){ set->remarks[i].literal, set->remarks[i].len };
	for (size_t i = 0; i < n; i++)
		places[i] = known_place(literals[i].ptr);
	return scan_set_create_placed(literals, n, places, &set->scan);
}

void culprit_patterns_destroy(struct culprit_patterns *set)
{
	if (!set)
		return;
	pattern_set_free_regexes(set);
	for (size_t i = 0; i < set->n_docs; i++)
		yaml_destroy(set->docs[i]);
	free(set->docs);
	pthread_mutex_destroy(&set->forms_lock);
	scan_set_destroy(set->scan);
	arena_deinit(&set->arena);
	free(set);
}

static void docs_free(struct yaml_doc **docs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		yaml_destroy(docs[i]);
	free(docs);
}

/* Takes docs over. The embedded ones, if wanted, come first. */
static struct culprit_error *set_create(bool embedded, struct yaml_doc **docs, size_t n, struct culprit_patterns **ret)
{
	struct culprit_patterns *set = calloc(1, sizeof(*set));
	size_t n_embedded = embedded ? pattern_n_embedded : 0;
	_cleanup_(freep) const struct yaml_doc **all = calloc(n + n_embedded + 1, sizeof(*all));
	struct culprit_error *err;

	if (!set || !all) {
		free(set);
		docs_free(docs, n);
		return &culprit_error_no_memory;
	}
	pthread_mutex_init(&set->forms_lock, NULL);
	set->docs = docs;
	set->n_docs = n;
	for (size_t i = 0; i < n_embedded; i++)
		all[i] = pattern_embedded[i];
	for (size_t i = 0; i < n; i++)
		all[n_embedded + i] = docs[i];
	err = read_docs(set, all, n + n_embedded, n_embedded);
	/* What is built in was checked when it was built. */
	if (!err && n)
		err = pattern_set_check(set);
	if (!err)
		err = make_scan(set);
	if (!err)
		pattern_set_index_headers(set);
	if (err) {
		culprit_patterns_destroy(set);
		return err;
	}
	*ret = set;
	return NULL;
}

struct culprit_error *pattern_set_from_docs(struct yaml_doc **docs, size_t n, struct culprit_patterns **ret)
{
	return set_create(false, docs, n, ret);
}

struct culprit_error *pattern_set_extend(struct yaml_doc **docs, size_t n, struct culprit_patterns **ret)
{
	return set_create(true, docs, n, ret);
}

static int is_yaml(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && !strcmp(entry->d_name + n - 5, ".yaml");
}

static struct culprit_error *load_dir(const char *dir, struct buf *docs)
{
	struct culprit_error *err = NULL;
	struct dirent **entries;
	int n = scandir(dir, &entries, is_yaml, alphasort);

	if (n < 0)
		return culprit_error_errno("cannot read the pattern directory %s", dir);
	if (n == 0)
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no *.yaml file in this pattern directory", dir);
	for (int i = 0; i < n; i++) {
		_cleanup_(freep) char *path = NULL;
		struct yaml_doc *doc;

		if (!err && asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0) {
			path = NULL;
			err = &culprit_error_no_memory;
		}
		if (!err)
			err = yaml_load(path, &doc);
		if (!err && !buf_add(docs, &doc, sizeof(doc))) {
			yaml_destroy(doc);
			err = &culprit_error_no_memory;
		}
		free(entries[i]);
	}
	free(entries);
	return err;
}

struct culprit_error *culprit_patterns_load(const char *const *dirs, size_t n_dirs, struct culprit_patterns **ret)
{
	struct buf docs = { 0 };
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < n_dirs && !err; i++)
		err = load_dir(dirs[i], &docs);
	if (err) {
		docs_free((struct yaml_doc **)(void *)docs.data, docs.len / sizeof(struct yaml_doc *));
		return err;
	}
	return set_create(true, (struct yaml_doc **)(void *)docs.data, docs.len / sizeof(struct yaml_doc *), ret);
}

/* ------------------------------------------------------------- identity */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Nesting is bounded by the reader of YAML. */
static uint64_t hash_node(const struct yaml_node *node, uint64_t hash)
{
	hash = mix(hash, (uint64_t)node->kind << 1 | node->quoted);
	if (node->kind == YAML_SCALAR)
		return mix(hash, hash_bytes(node->text, node->len));
	hash = mix(hash, node->n);
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == YAML_SEQUENCE)
			hash = hash_node(node->items[i], hash);
		else
			hash = hash_node(node->pairs[i].value, hash_node(node->pairs[i].key, hash));
	}
	return hash;
}

uint64_t pattern_embedded_identity(void)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < pattern_n_embedded; i++) {
		if (pattern_embedded[i]->root)
			hash = hash_node(pattern_embedded[i]->root, hash);
	}
	return hash;
}
