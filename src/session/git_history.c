/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Git: the commits between good and bad, streamed from
 * `git rev-list --topo-order --parents --boundary --timestamp`, newest first:
 *
 *	1700000600 69879c01a0c3... e1dbf60b0c75... 8eb8dd2ffbb4...
 *	1700000000 -e1dbf60b0c75...
 *
 * time, "-" for the boundary, commit, parents.  Read in that order, then turned
 * round.  Anything else in the output is refused.
 */
#include "session/git_internal.h"

#include <stdio.h>

struct loader {
	struct buf line;
	struct git_hash *hashes;	/* newest first */
	int64_t *dates;
	bool *boundary;
	uint32_t *parent_at;		/* of each commit, its first in parents */
	struct git_hash *parents;
	uint32_t n, cap;
	size_t n_parents, cap_parents;
	struct culprit_error *err;
};

static void loader_deinit(struct loader *loader)
{
	buf_deinit(&loader->line);
	free(loader->hashes);
	free(loader->dates);
	free(loader->boundary);
	free(loader->parent_at);
	free(loader->parents);
	culprit_error_destroy(loader->err);
}

static bool grow(void *array, size_t count, size_t size)
{
	void **p = array;
	void *bigger = reallocarray(*p, count, size);

	if (bigger)
		*p = bigger;
	return bigger != NULL;
}

static bool make_room(struct loader *l)
{
	if (l->n == l->cap) {
		uint32_t cap = l->cap ? l->cap * 2 : 1024;

		if (!grow(&l->hashes, cap, sizeof(*l->hashes)) || !grow(&l->dates, cap, sizeof(*l->dates)) ||
		    !grow(&l->boundary, cap, sizeof(*l->boundary)) ||
		    !grow(&l->parent_at, cap, sizeof(*l->parent_at)))
			return false;
		l->cap = cap;
	}
	return true;
}

static bool add_parent(struct loader *l, struct span word)
{
	if (l->n_parents == l->cap_parents) {
		size_t cap = l->cap_parents ? l->cap_parents * 2 : 2048;

		if (!grow(&l->parents, cap, sizeof(*l->parents))) {
			l->err = &culprit_error_no_memory;
			return false;
		}
		l->cap_parents = cap;
	}
	return git_hash_parse(word, &l->parents[l->n_parents++]);
}

static struct span next_word(struct span *s)
{
	const char *end = s->len ? memchr(s->ptr, ' ', s->len) : NULL;
	struct span word = { s->ptr, end ? (size_t)(end - s->ptr) : s->len };

	*s = span_skip(*s, end ? word.len + 1 : word.len);
	return word;
}

/* False where the line is not as expected. */
static bool parse_line(struct loader *l, struct span line)
{
	struct span time = next_word(&line), word = next_word(&line);
	uint64_t seconds;
	size_t len;

	if (!parse_u64(time, &seconds, &len) || len != time.len || seconds > INT64_MAX)
		return false;
	l->boundary[l->n] = word.len && word.ptr[0] == '-';
	if (l->boundary[l->n])
		word = span_skip(word, 1);
	if (!git_hash_parse(word, &l->hashes[l->n]))
		return false;
	l->dates[l->n] = (int64_t)seconds;
	l->parent_at[l->n++] = (uint32_t)l->n_parents;
	while (line.len) {
		if (!add_parent(l, next_word(&line)))
			return false;
	}
	return true;
}

static void take_line(struct loader *l, struct span line)
{
	if (l->n >= GIT_HISTORY_MAX)
		l->err = culprit_error_create(CULPRIT_ERROR_LIMIT, "more than %u commits between good and bad",
					      GIT_HISTORY_MAX);
	else if (!make_room(l))
		l->err = &culprit_error_no_memory;
	else if (!parse_line(l, line) && !l->err)
		l->err = culprit_error_create(CULPRIT_ERROR_FORMAT, "git rev-list: unexpected output '%.*s'",
					      line.len > 100 ? 100 : (int)line.len, line.ptr);
}

static void take_bytes(void *arg, struct span bytes, bool from_stderr)
{
	struct loader *l = arg;

	(void)from_stderr;
	while (bytes.len && !l->err) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.ptr) : bytes.len;

		if (end && !l->line.len) {
			take_line(l, (struct span){ bytes.ptr, len });
		} else {
			if (!buf_add(&l->line, bytes.ptr, len))
				l->err = &culprit_error_no_memory;
			else if (end)
				take_line(l, buf_span(&l->line));
			if (end)
				l->line.len = 0;
		}
		bytes = span_skip(bytes, end ? len + 1 : len);
	}
}

/* -------------------------------------------------------------- index */

static uint32_t slot_of(const struct git_history *h, const char *hex)
{
	/* Object names are uniform: their first digits are a hash already. */
	uint64_t key = 0;
	uint32_t slot;

	parse_hex64((struct span){ hex, 15 }, &key, NULL);
	slot = (uint32_t)key & (h->index_size - 1);
	while (h->index[slot] != UINT32_MAX && strcmp(h->hashes[h->index[slot]].hex, hex) != 0)
		slot = (slot + 1) & (h->index_size - 1);
	return slot;
}

uint32_t git_history_find(const struct git_history *history, const char *hex)
{
	size_t len = strlen(hex);

	return history->n && (len == 40 || len == 64) ? history->index[slot_of(history, hex)] : UINT32_MAX;
}

uint32_t git_history_find_abbrev(const struct git_history *history, struct span hex)
{
	for (uint32_t i = 0; i < history->n && hex.len; i++) {
		if (!strncmp(history->hashes[i].hex, hex.ptr, hex.len))
			return i;
	}
	return UINT32_MAX;
}

/* -------------------------------------------------------------- turned */

static bool allocate(struct git_history *h, size_t n_parents)
{
	h->index_size = 16;
	while (h->index_size < h->n * 2)
		h->index_size *= 2;
	h->hashes = calloc(h->n + 1, sizeof(*h->hashes));
	h->parent_start = calloc(h->n + 1, sizeof(*h->parent_start));
	h->parents = calloc(n_parents + 1, sizeof(*h->parents));
	h->dates = calloc(h->n + 1, sizeof(*h->dates));
	h->index = malloc(h->index_size * sizeof(*h->index));
	if (!h->hashes || !h->parent_start || !h->parents || !h->dates || !h->index)
		return false;
	memset(h->index, 0xff, h->index_size * sizeof(*h->index));
	return true;
}

/* Boundary first, then the rest from the oldest on; old_of says where each stood in the loader. */
static struct culprit_error *turn_round(const struct loader *l, struct git_history *h)
{
	_cleanup_(freep) uint32_t *old_of = calloc(l->n + 1, sizeof(*old_of));
	uint32_t n_parents = 0;

	h->n = l->n;
	if (!old_of || !allocate(h, l->n_parents))
		return &culprit_error_no_memory;
	for (uint32_t pass = 0, at = 0; pass < 2; pass++) {
		for (uint32_t old = l->n; old-- > 0;) {
			if (l->boundary[old] == (pass == 0))
				old_of[at++] = old;
		}
		if (pass == 0)
			h->n_boundary = at;
	}
	for (uint32_t i = 0; i < h->n; i++) {
		h->hashes[i] = l->hashes[old_of[i]];
		h->dates[i] = l->dates[old_of[i]];
		h->index[slot_of(h, h->hashes[i].hex)] = i;
	}
	for (uint32_t i = 0; i < h->n; i++) {
		uint32_t old = old_of[i];
		size_t end = old + 1 < l->n ? l->parent_at[old + 1] : l->n_parents;

		h->parent_start[i] = n_parents;
		for (size_t p = l->parent_at[old]; i >= h->n_boundary && p < end; p++) {
			uint32_t parent = git_history_find(h, l->parents[p].hex);

			if (parent != UINT32_MAX && parent < i)
				h->parents[n_parents++] = parent;
		}
	}
	h->parent_start[h->n] = n_parents;
	return NULL;
}

/* "BAD\n^GOOD\n..." for --stdin: any number of goods. */
static bool write_range(struct buf *buf, const char *bad, const struct git_hash *good, size_t n_good)
{
	if (!buf_printf(buf, "%s\n", bad))
		return false;
	for (size_t i = 0; i < n_good; i++) {
		if (!buf_printf(buf, "^%s\n", good[i].hex))
			return false;
	}
	return true;
}

struct culprit_error *git_history_load(const struct git *git, const char *bad, const struct git_hash *good,
				       size_t n_good, struct git_history *ret)
{
	_cleanup_(loader_deinit) struct loader loader = { 0 };
	_cleanup_(buf_deinit) struct buf range = { 0 };
	struct git_history history = { 0 };
	struct culprit_error *err;
	struct git_hash hash;

	err = git_resolve(git, bad, &hash);
	if (err)
		return err;
	if (!write_range(&range, hash.hex, good, n_good))
		return &culprit_error_no_memory;
	err = git_stream(git, buf_span(&range),
			 GIT_ARGS("rev-list", "--topo-order", "--parents", "--boundary", "--timestamp", "--stdin"),
			 take_bytes, &loader);
	if (!err)
		err = no_free_ptr(loader.err);
	if (!err)
		err = turn_round(&loader, &history);
	if (err) {
		git_history_deinit(&history);
		return err;
	}
	*ret = history;
	return NULL;
}

void git_history_deinit(struct git_history *history)
{
	free(history->hashes);
	free(history->parent_start);
	free(history->parents);
	free(history->dates);
	free(history->index);
	*history = (struct git_history){ 0 };
}

/* ---------------------------------------------------------------- paths */

struct marker {
	const struct git_history *history;
	struct buf line;
	uint8_t *ret;
	bool no_memory;
};

static void take_touching(void *arg, struct span bytes, bool from_stderr)
{
	struct marker *m = arg;

	(void)from_stderr;
	for (size_t i = 0; i < bytes.len; i++) {
		uint32_t commit;

		if (bytes.ptr[i] != '\n') {
			m->no_memory |= !buf_add_char(&m->line, bytes.ptr[i]);
			continue;
		}
		commit = m->line.len ? git_history_find(m->history, m->line.data) : UINT32_MAX;
		if (commit != UINT32_MAX)
			m->ret[commit] = 1;
		m->line.len = 0;
	}
}

struct culprit_error *git_history_touching(const struct git *git, const struct git_history *history,
					   const char *const *paths, size_t n_paths, uint8_t *ret)
{
	struct marker m = { .history = history, .ret = ret };
	_cleanup_(buf_deinit) struct buf range = { 0 };
	struct culprit_error *err = NULL;
	bool ok;

	if (history->n == history->n_boundary || n_paths == 0)
		return NULL;
	/* The newest commit reaches all of them, as bad does. */
	ok = write_range(&range, history->hashes[history->n - 1].hex, history->hashes, history->n_boundary) &&
	     buf_add_str(&range, "--\n");
	for (size_t i = 0; ok && i < n_paths; i++)
		ok = strchr(paths[i], '\n') || buf_printf(&range, ":(top,literal)%s\n", paths[i]);
	if (ok)
		err = git_stream(git, buf_span(&range),
				 GIT_ARGS("rev-list", "--no-merges", "--full-history", "--stdin"), take_touching, &m);
	buf_deinit(&m.line);
	return !ok || m.no_memory ? &culprit_error_no_memory : err;
}

struct culprit_error *git_history_cut(const struct git *git, const struct git_history *history, uint32_t *ret)
{
	_cleanup_(freep) char *path = NULL;
	char line[GIT_HASH_BYTES + 2];
	FILE *f;

	*ret = UINT32_MAX;
	if (!git_is_shallow(git))
		return NULL;
	if (asprintf(&path, "%s/shallow", git_directory(git)) < 0) {
		path = NULL;
		return &culprit_error_no_memory;
	}
	f = fopen(path, "re");
	if (!f)
		return NULL;
	while (*ret == UINT32_MAX && fgets(line, sizeof(line), f)) {
		uint32_t commit;

		line[strcspn(line, "\n")] = '\0';
		commit = git_history_find(history, line);
		if (commit != UINT32_MAX && commit >= history->n_boundary)
			*ret = commit;
	}
	fclose(f);
	return NULL;
}
