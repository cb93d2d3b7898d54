/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a dedup holds, for dedup.c, which keeps, and dedup_group.c, which compares.
 */
#ifndef CULPRIT_MATCH_DEDUP_PARTS_H
#define CULPRIT_MATCH_DEDUP_PARTS_H

#include "match/dedup.h"

/* When there are so many titles, they are cut to DEDUP_MAX_TITLES. */
#define DEDUP_TITLES_HELD (DEDUP_MAX_TITLES + DEDUP_MAX_TITLES / 4)
#define DEDUP_SLOTS (4 * DEDUP_MAX_TITLES)

struct dedup {
	const struct match_rules *rules;
	struct dedup_title **slots;	/* DEDUP_SLOTS, by hash; NULL: free */
	size_t n_titles;
	struct dedup_seen rest;
};

/* Down to DEDUP_MAX_TITLES: those with the least hashes stay. */
struct culprit_error *dedup_cut(struct dedup *dedup);

#endif
