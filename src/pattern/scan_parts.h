/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What scan.c, the choice of fragments (scan_place.c) and the loops, for every
 * machine (scan_loop.c) and for particular ones (scan_x86.c), share.  Nobody else includes this.
 */
#ifndef CULPRIT_PATTERN_SCAN_PARTS_H
#define CULPRIT_PATTERN_SCAN_PARTS_H

#include "pattern/scan.h"

#define SCAN_BUCKETS 8
#define SCAN_POSITIONS 6	/* of a fragment that the tables look at; shorter literals use fewer */
#define SCAN_HASH_BITS 12

struct literal {
	struct span text;
	uint32_t fragment;	/* its first bytes as loaded by scan_load */
	struct scan_place place;
	uint16_t next;		/* 1 + index of the next literal with the same hash; 0: none */
};

struct scan_set {
	/* Bit b of byte[k][c]: byte c may stand k-th in a fragment of bucket b. */
	uint8_t byte[SCAN_POSITIONS][256];
	/* The same for bytes taken modulo 128, and as lo[c & 15] & hi[c >> 4]: may say yes more often. */
	uint8_t seven[SCAN_POSITIONS][128];
	uint8_t lo[SCAN_POSITIONS][16], hi[SCAN_POSITIONS][16];
	uint16_t heads[1u << SCAN_HASH_BITS];		/* 1 + index of the first literal of a hash; 0: none */
	uint32_t mask;			/* of the bytes of a loaded word that are hashed */
	unsigned int width;		/* how many those are: 4, or 3 where a literal has no more */
	size_t max_off;			/* of a fragment in its literal */
	size_t n;
	struct literal literals[];	/* their text follows */
};

static inline unsigned int scan_literal_width(const struct literal *lit)
{
	return lit->text.len < SCAN_POSITIONS ? (unsigned int)lit->text.len : SCAN_POSITIONS;
}

/*
 * How rare a byte is in console output, and how rare one is right behind
 * another, both modulo 128: -log2 of the rate, in SCAN_RARITY_UNITS per bit.
 * Counted when the program is built (patterns/digrams.c).
 */
#define SCAN_RARITY_UNITS 8
extern const uint8_t scan_rarity[128];
extern const uint8_t scan_pair_rarity[128][128];

/* Choose a fragment and a bucket for every literal that has SCAN_NO_BUCKET (scan_place.c). */
void scan_place_literals(struct scan_set *set, struct span sample);

static inline uint32_t scan_hash(uint32_t fragment)
{
	return fragment * 0x9e3779b1u >> (32 - SCAN_HASH_BITS);
}

/* The fragment at p, of which four bytes may be read. */
static inline uint32_t scan_load(const struct scan_set *set, const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word & set->mask;
}

/* The same where only width bytes may be read. */
static inline uint32_t scan_load_short(const struct scan_set *set, const char *p)
{
	uint32_t word = 0;

	memcpy(&word, p, 3);
	if (set->width > 3)
		memcpy((char *)&word + 3, p + 3, 1);
	return word;
}

/* May a literal have this fragment? */
static inline bool scan_is_hashed(const struct scan_set *set, uint32_t fragment)
{
	return set->heads[scan_hash(fragment)];
}

struct scan_search {
	const struct scan_set *set;
	struct span s;
	size_t from;
	size_t end;		/* positions from here on cannot matter; shrinks with a hit */
	size_t best;		/* where the literal found begins; s.len: none */
	size_t index;		/* of that literal */
	/* How many '\n' stand in [from, counted); a run counts as far as it likes, but not on behind a hit. */
	size_t counted;
	uint64_t lines;
};

/* A fragment may stand at i: compare the literals. */
void scan_verify(struct scan_search *search, size_t i);

/* Verify whatever positions in [i, search->end) may hold a fragment. */
typedef void scan_run_fn(struct scan_search *search, size_t i);
scan_run_fn scan_run_portable;

/* The loop for this machine, or NULL. */
scan_run_fn *scan_x86_run(void);

/* One loop in particular, for tests; NULL where the machine lacks it. */
scan_run_fn *scan_x86_run_avx2(void);
scan_run_fn *scan_x86_run_avx512(void);
struct scan_hit scan_next_with(const struct scan_set *set, struct span s, size_t from, scan_run_fn *run);

#endif
