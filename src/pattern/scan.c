/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many literals at once.
 *
 * Every literal is known by one fragment of it, six bytes in a row (fewer where
 * it has no more), wherever in the literal they stand; scan_place.c chooses the
 * rarest and puts fragments into eight buckets so that those with like bytes
 * share one.  For each position of a fragment a table says, by the byte, in
 * which buckets it may stand there; byte shuffles look up 64 bytes at once
 * (scan_x86.c), so a handful of instructions rule out 64 places.  What is left
 * goes through a hash of the first bytes and then a comparison of the whole
 * literal.
 *
 * The idea of bucketed shuffle tables is known as Teddy, from Hyperscan.
 *
 * Work is linear: a place costs at most one look-up, and a candidate at most
 * the literals that share its hash.  It fails to be fast where the input is made
 * of fragments: each then costs comparisons.
 */
#include "pattern/scan_parts.h"

/* The tables of whatever stands in the buckets. */
static void fill_tables(struct scan_set *set)
{
	unsigned int width[SCAN_BUCKETS];

	for (unsigned int b = 0; b < SCAN_BUCKETS; b++)
		width[b] = SCAN_POSITIONS;
	for (size_t i = 0; i < set->n; i++) {
		const struct literal *lit = &set->literals[i];

		if (scan_literal_width(lit) < width[lit->place.bucket])
			width[lit->place.bucket] = scan_literal_width(lit);
	}
	for (unsigned int k = 0; k < SCAN_POSITIONS; k++) {
		for (unsigned int b = 0; b < SCAN_BUCKETS; b++)
			if (k >= width[b])	/* a member ends here: every byte will do */
				for (unsigned int c = 0; c < 256; c++)
					set->byte[k][c] |= (uint8_t)(1u << b);
		for (size_t i = 0; i < set->n; i++) {
			const struct literal *lit = &set->literals[i];

			if (k < width[lit->place.bucket])
				set->byte[k][(unsigned char)lit->text.ptr[lit->place.off + k]] |=
					(uint8_t)(1u << lit->place.bucket);
		}
		for (unsigned int c = 0; c < 256; c++) {
			set->seven[k][c & 127] |= set->byte[k][c];
			set->lo[k][c & 15] |= set->byte[k][c];
			set->hi[k][c >> 4] |= set->byte[k][c];
		}
	}
}

static void chain_literals(struct scan_set *set)
{
	for (size_t i = set->n; i-- > 0; ) {
		struct literal *lit = &set->literals[i];
		uint16_t *head;

		lit->fragment = scan_load(set, lit->text.ptr + lit->place.off);
		head = &set->heads[scan_hash(lit->fragment)];
		lit->next = *head;
		*head = (uint16_t)(i + 1);
		if (set->max_off < lit->place.off)
			set->max_off = lit->place.off;
	}
}

static struct culprit_error *check_literals(const struct span *literals, size_t n, size_t *ret_bytes)
{
	*ret_bytes = 0;
	if (n > SCAN_MAX_LITERALS)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%zu literals, at most %d are searched at once",
					    n, SCAN_MAX_LITERALS);
	for (size_t i = 0; i < n; i++) {
		if (literals[i].len < SCAN_MIN_LITERAL_BYTES)
			return culprit_error_create(CULPRIT_ERROR_LIMIT, "literal '%.*s' is shorter than %d bytes",
						    (int)literals[i].len, literals[i].ptr, SCAN_MIN_LITERAL_BYTES);
		*ret_bytes += literals[i].len;
	}
	return NULL;
}

static struct culprit_error *create(const struct span *literals, size_t n, struct scan_set **ret)
{
	struct culprit_error *err;
	struct scan_set *set;
	char *copy;
	size_t bytes;

	err = check_literals(literals, n, &bytes);
	if (err)
		return err;
	/* scan_load reads whole words */
	set = calloc(1, sizeof(*set) + n * sizeof(struct literal) + bytes + sizeof(uint32_t));
	if (!set)
		return &culprit_error_no_memory;
	set->n = n;
	set->width = 4;
	copy = (char *)&set->literals[n];
	for (size_t i = 0; i < n; i++) {
		memcpy(copy, literals[i].ptr, literals[i].len);
		set->literals[i].text = (struct span){ copy, literals[i].len };
		set->literals[i].place.bucket = SCAN_NO_BUCKET;
		copy += literals[i].len;
		if (literals[i].len < 4)
			set->width = 3;
	}
	memset(&set->mask, 0xff, set->width);
	*ret = set;
	return NULL;
}

/* Places for the literals that have none, and the tables. */
static void complete(struct scan_set *set)
{
	scan_place_literals(set, SPAN(""));
	fill_tables(set);
	chain_literals(set);
}

struct culprit_error *scan_set_create(const struct span *literals, size_t n, struct scan_set **ret)
{
	struct culprit_error *err = create(literals, n, ret);

	if (!err)
		complete(*ret);
	return err;
}

struct culprit_error *scan_set_create_placed(const struct span *literals, size_t n,
					     const struct scan_place *places, struct scan_set **ret)
{
	struct culprit_error *err;
	struct scan_set *set;

	err = create(literals, n, &set);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		struct literal *lit = &set->literals[i];

		if (places[i].bucket == SCAN_NO_BUCKET)
			continue;
		if (places[i].bucket >= SCAN_BUCKETS || places[i].off + scan_literal_width(lit) > lit->text.len) {
			scan_set_destroy(set);
			return culprit_error_create(CULPRIT_ERROR_MISMATCH, "literal %zu has no fragment at %u", i,
						    places[i].off);
		}
		lit->place = places[i];
	}
	complete(set);
	*ret = set;
	return NULL;
}

struct culprit_error *scan_choose_places(const struct span *literals, size_t n, struct span sample,
					 struct scan_place *ret)
{
	struct scan_set *set;
	struct culprit_error *err = create(literals, n, &set);

	if (err)
		return err;
	scan_place_literals(set, sample);
	for (size_t i = 0; i < n; i++)
		ret[i] = set->literals[i].place;
	scan_set_destroy(set);
	return NULL;
}

void scan_set_destroy(struct scan_set *set)
{
	free(set);
}

/* ------------------------------------------------------------- searching */

static uint64_t count_lines(struct span s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

static struct span part(struct span s, size_t from, size_t to)
{
	return (struct span){ s.ptr + from, to - from };
}

struct scan_hit scan_next_with(const struct scan_set *set, struct span s, size_t from, scan_run_fn *run)
{
	struct scan_search search = { .set = set, .s = s, .from = from, .best = s.len, .counted = from };
	struct scan_hit hit;

	if (set->n > 0 && s.len >= set->width && from <= s.len - set->width) {
		search.end = s.len - set->width + 1;
		run(&search, from);
	}
	hit = (struct scan_hit){ search.best, search.index, search.lines };
	if (search.counted <= hit.off)
		hit.lines += count_lines(part(s, search.counted, hit.off));
	else
		hit.lines -= count_lines(part(s, hit.off, search.counted));
	return hit;
}

struct scan_hit scan_next_portable(const struct scan_set *set, struct span s, size_t from)
{
	return scan_next_with(set, s, from, scan_run_portable);
}

struct scan_hit scan_next(const struct scan_set *set, struct span s, size_t from)
{
	scan_run_fn *run = scan_x86_run();

	return scan_next_with(set, s, from, run ? run : scan_run_portable);
}

size_t scan_find(const struct scan_set *set, struct span s, size_t from, size_t *ret_index)
{
	struct scan_hit hit = scan_next(set, s, from);

	if (hit.off < s.len && ret_index)
		*ret_index = hit.index;
	return hit.off;
}
