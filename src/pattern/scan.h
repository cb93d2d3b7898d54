/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scan: find the first of many literals in large buffers, at the speed of memory.
 *
 * The prefilter of the parser: nearly all of a log is benign, and whatever
 * holds none of the announcing literals is never split into lines.
 */
#ifndef CULPRIT_PATTERN_SCAN_H
#define CULPRIT_PATTERN_SCAN_H

#include "base/base.h"

struct scan_set;

#define SCAN_MAX_LITERALS 512
#define SCAN_MIN_LITERAL_BYTES 3

/*
 * Literals are copied; each has at least SCAN_MIN_LITERAL_BYTES bytes (LIMIT
 * otherwise), case matters, NUL is a byte like others. Immutable afterwards:
 * threads may share a set.
 */
struct culprit_error *scan_set_create(const struct span *literals, size_t n, struct scan_set **ret);
void scan_set_destroy(struct scan_set *set);

/*
 * What making a set spends its time on (many milliseconds for a hundred
 * literals): which bytes of each literal to look for.  Kept from a set made
 * before, it makes another in microseconds.
 */
struct scan_place {
	uint16_t off;		/* of the bytes looked for, in the literal */
	uint8_t bucket;
};

/* A place with this bucket is still to be chosen. */
#define SCAN_NO_BUCKET 255

/*
 * The places for literals that will be searched in what is like the sample:
 * takes a second for a megabyte of it.  ret takes n.  Errors as above.
 */
struct culprit_error *scan_choose_places(const struct span *literals, size_t n, struct span sample,
					 struct scan_place *ret);

/* Errors also: MISMATCH, where a place does not fit its literal. */
struct culprit_error *scan_set_create_placed(const struct span *literals, size_t n,
					     const struct scan_place *places, struct scan_set **ret);

/*
 * Offset in s, at or after from, of the first byte of the literal that begins
 * first (of several that begin there, the lowest index), or s.len where there
 * is none.  *ret_index (may be NULL) is the literal's index.
 */
size_t scan_find(const struct scan_set *set, struct span s, size_t from, size_t *ret_index);

/* The same, with how many '\n' stand between from and the literal: counted on the way, at hardly any cost. */
struct scan_hit {
	size_t off;		/* s.len: none */
	size_t index;
	uint64_t lines;
};

struct scan_hit scan_next(const struct scan_set *set, struct span s, size_t from);

/* In plain C, for other machines and to test against. */
struct scan_hit scan_next_portable(const struct scan_set *set, struct span s, size_t from);

#endif
