/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is kept of many reports.
 *
 * Bounded, and still the same in any order: of any set, those with the least
 * hashes are among the least of each part of it that has them (a bottom-k
 * sketch), so nothing that is kept in the end was ever dropped before, and
 * its count is whole.  What is dropped is counted.
 *
 * A face's key is a hash of its title and of the functions of its stacks,
 * without offsets, sizes and modules; two faces with one key are one.
 */
#include "match/dedup.h"

#include "match/dedup_parts.h"
#include "match/symptom_text.h"

struct culprit_error *dedup_create(const struct match_rules *rules, struct dedup **ret)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = calloc(1, sizeof(*dedup));

	if (!dedup)
		return &culprit_error_no_memory;
	dedup->rules = rules;
	dedup->rest = (struct dedup_seen){ 0, -1, -1 };
	dedup->slots = calloc(DEDUP_SLOTS, sizeof(struct dedup_title *));
	if (!dedup->slots)
		return &culprit_error_no_memory;
	*ret = no_free_ptr(dedup);
	return NULL;
}

static void face_deinit(struct dedup_face *face)
{
	free(face->text);
	free(face->file);
	*face = (struct dedup_face){ 0 };
}

static void title_destroy(struct dedup_title *title)
{
	if (!title)
		return;
	for (size_t i = 0; i < title->n_faces; i++)
		face_deinit(&title->faces[i]);
	free(title->title);
	free(title);
}

void dedup_destroy(struct dedup *dedup)
{
	if (!dedup)
		return;
	for (size_t i = 0; dedup->slots && i < DEDUP_SLOTS; i++)
		title_destroy(dedup->slots[i]);
	free(dedup->slots);
	free(dedup);
}

void dedup_destroyp(struct dedup **dedup)
{
	dedup_destroy(*dedup);
}

const struct dedup_seen *dedup_rest(const struct dedup *dedup)
{
	return &dedup->rest;
}

void dedup_seen_add(struct dedup_seen *seen, const struct dedup_seen *more)
{
	if (!more->n)
		return;
	seen->n += more->n;
	if (more->first >= 0 && (seen->first < 0 || more->first < seen->first))
		seen->first = more->first;
	if (more->last > seen->last)
		seen->last = more->last;
}

/* -------------------------------------------------------------- titles */

static struct dedup_title **find_slot(const struct dedup *dedup, const char *title, uint64_t hash)
{
	size_t i = hash % DEDUP_SLOTS;

	while (dedup->slots[i] && (dedup->slots[i]->hash != hash || strcmp(dedup->slots[i]->title, title)))
		i = (i + 1) % DEDUP_SLOTS;
	return &dedup->slots[i];
}

static int by_hash(const void *a, const void *b)
{
	const struct dedup_title *one = *(struct dedup_title *const *)a, *other = *(struct dedup_title *const *)b;

	if (one->hash != other->hash)
		return one->hash < other->hash ? -1 : 1;
	return strcmp(one->title, other->title);
}

/* A title goes: what was counted of it stays. */
static void drop_title(struct dedup *dedup, struct dedup_title *title)
{
	for (size_t i = 0; i < title->n_faces; i++)
		dedup_seen_add(&dedup->rest, &title->faces[i].seen);
	dedup_seen_add(&dedup->rest, &title->rest);
	title_destroy(title);
}

struct culprit_error *dedup_cut(struct dedup *dedup)
{
	_cleanup_(freep) struct dedup_title **all = NULL;
	size_t n = 0;

	if (dedup->n_titles <= DEDUP_MAX_TITLES)
		return NULL;
	all = calloc(dedup->n_titles, sizeof(struct dedup_title *));
	if (!all)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < DEDUP_SLOTS; i++) {
		if (dedup->slots[i])
			all[n++] = dedup->slots[i];
		dedup->slots[i] = NULL;
	}
	qsort(all, n, sizeof(struct dedup_title *), by_hash);
	for (size_t i = 0; i < n; i++) {
		if (i < DEDUP_MAX_TITLES)
			*find_slot(dedup, all[i]->title, all[i]->hash) = all[i];
		else
			drop_title(dedup, all[i]);
	}
	dedup->n_titles = DEDUP_MAX_TITLES;
	return NULL;
}

static struct culprit_error *have_title(struct dedup *dedup, const char *name, struct dedup_title **ret)
{
	uint64_t hash = hash_bytes(name, strlen(name));
	struct dedup_title **slot, *title;
	struct culprit_error *err = NULL;

	if (dedup->n_titles >= DEDUP_TITLES_HELD)
		err = dedup_cut(dedup);
	if (err)
		return err;
	slot = find_slot(dedup, name, hash);
	if (!*slot) {
		title = calloc(1, sizeof(*title));
		if (!title || !(title->title = strdup(name))) {
			free(title);
			return &culprit_error_no_memory;
		}
		title->hash = hash;
		title->rest = (struct dedup_seen){ 0, -1, -1 };
		*slot = title;
		dedup->n_titles++;
	}
	*ret = *slot;
	return NULL;
}

/* --------------------------------------------------------------- faces */

/* FNV-1a, as hash_bytes. */
static uint64_t hash_more(uint64_t hash, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
	return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

/* Of the title and each line of a stack: its function alone. Other tasks' stacks differ between runs of one bug. */
static uint64_t key_of(struct span text)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);
	bool wanted = false;

	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		struct span line = { text.ptr, end ? (size_t)(end - text.ptr) : text.len };
		size_t len = 1;

		text = span_skip(text, line.len + (end != NULL));
		if (line.len && line.ptr[0] != ' ') {
			wanted = span_equal(line, SPAN("access")) || span_equal(line, SPAN("allocated")) ||
				 span_equal(line, SPAN("freed"));
			if (wanted || span_starts(line, SPAN("title ")))
				key = hash_more(key, line);
		} else if (wanted && line.len) {
			while (len < line.len && line.ptr[len] != '+' && line.ptr[len] != ' ')
				len++;
			key = hash_more(key, (struct span){ line.ptr, len });
		}
	}
	return key;
}

/* Below 0: a's place comes first. Where the places are one, the text decides: two logs had one name. */
static int compare_places(const struct dedup_face *a, const struct dedup_face *b)
{
	int order = !a->file || !b->file ? (a->file != NULL) - (b->file != NULL) : strcmp(a->file, b->file);

	if (!order && a->line != b->line)
		order = a->line < b->line ? -1 : 1;
	return order ? order : strcmp(a->text, b->text);
}

/* What is told of a face becomes that of the other one, whose strings are copied. */
static bool take_example(struct dedup_face *face, const struct dedup_face *from)
{
	char *text = strndup(from->text, from->text_len), *file = from->file ? strdup(from->file) : NULL;

	if (!text || (from->file && !file)) {
		free(text);
		free(file);
		return false;
	}
	free(face->text);
	free(face->file);
	face->text = text;
	face->text_len = from->text_len;
	face->file = file;
	face->line = from->line;
	return true;
}

/* from's strings stay the caller's. */
static struct culprit_error *add_face(struct dedup_title *title, const struct dedup_face *from)
{
	struct dedup_face *face, fresh = { .key = from->key, .seen = { 0, -1, -1 } };
	size_t i = 0;

	while (i < title->n_faces && title->faces[i].key < from->key)
		i++;
	if (i == DEDUP_MAX_FACES) {
		dedup_seen_add(&title->rest, &from->seen);
		return NULL;
	}
	face = &title->faces[i];
	if (i < title->n_faces && face->key == from->key) {
		if (compare_places(from, face) < 0 && !take_example(face, from))
			return &culprit_error_no_memory;
		dedup_seen_add(&face->seen, &from->seen);
		return NULL;
	}
	if (!take_example(&fresh, from))
		return &culprit_error_no_memory;
	dedup_seen_add(&fresh.seen, &from->seen);
	memmove(face + 1, face, (title->n_faces - i) * sizeof(*face));
	*face = fresh;
	if (++title->n_faces > DEDUP_MAX_FACES) {
		dedup_seen_add(&title->rest, &title->faces[DEDUP_MAX_FACES].seen);
		face_deinit(&title->faces[DEDUP_MAX_FACES]);
		title->n_faces--;
	}
	return NULL;
}

static struct culprit_error *add(struct dedup *dedup, const char *name, struct dedup_face *face)
{
	struct dedup_title *title;
	struct culprit_error *err;

	face->key = key_of((struct span){ face->text, face->text_len });
	err = have_title(dedup, name, &title);
	return err ? err : add_face(title, face);
}

struct culprit_error *dedup_add(struct dedup *dedup, const struct symptom *symptom, const struct dedup_seen *seen,
				const char *file, uint64_t line)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct dedup_face face = { .seen = *seen, .line = line };
	struct symptom less = *symptom;

	if (!symptom_text_format(dedup->rules, symptom, &text))
		return &culprit_error_no_memory;
	/* dozens of tasks are dumped: their stacks say least of the bug */
	if (text.len > DEDUP_MAX_TEXT) {
		text.len = less.n_others = less.n_details = 0;
		if (!symptom_text_format(dedup->rules, &less, &text))
			return &culprit_error_no_memory;
	}
	/* names of hundreds of bytes: no kernel has such */
	if (text.len > DEDUP_MAX_TEXT) {
		text.len = 0;
		less = (struct symptom){ .title = symptom->title, .frame = symptom->frame, .torn = true };
		if (!symptom_text_format(dedup->rules, &less, &text))
			return &culprit_error_no_memory;
	}
	if (text.len > DEDUP_MAX_TEXT) {
		dedup_seen_add(&dedup->rest, seen);
		return NULL;
	}
	face.text = text.data;
	face.text_len = text.len;
	face.file = (char *)file;
	return add(dedup, symptom->title, &face);
}

struct culprit_error *dedup_add_face(struct dedup *dedup, const struct dedup_face *face)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct dedup_face copy = *face;
	struct symptom symptom;
	struct culprit_error *err;

	err = symptom_text_parse(dedup->rules, &arena, (struct span){ face->text, face->text_len }, &symptom);
	return err ? err : add(dedup, symptom.title, &copy);
}

struct culprit_error *dedup_add_rest(struct dedup *dedup, const char *title, const struct dedup_seen *seen)
{
	struct dedup_title *kept;
	struct culprit_error *err;

	if (!title) {
		dedup_seen_add(&dedup->rest, seen);
		return NULL;
	}
	err = have_title(dedup, title, &kept);
	if (!err)
		dedup_seen_add(&kept->rest, seen);
	return err;
}
