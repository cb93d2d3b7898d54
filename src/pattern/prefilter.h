/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prefilter: which lines of a piece of a log hold a literal that announces
 * something, found before the parser comes to it, maybe by another thread.
 *
 * The parser asks only for the first literal behind a line's beginning, so the
 * first of each line is all that it can ever ask for.
 */
#ifndef CULPRIT_PATTERN_PREFILTER_H
#define CULPRIT_PATTERN_PREFILTER_H

#include "pattern/pattern.h"

struct prefilter {
	const struct scan_hit *hits;	/* of the piece, in order; lines counted from its first byte on */
	size_t n;
	uint64_t lines;			/* '\n' in the piece */
};

/* Search piece; hits takes n. False where it has more lines with literals than that. */
bool prefilter_search(const struct culprit_patterns *patterns, struct span piece, struct scan_hit *hits, size_t n,
		      struct prefilter *ret);

/* As culprit_parser_feed, with what was found in piece; NULL: nobody looked. */
struct culprit_error *parser_feed_prefiltered(struct culprit_parser *p, struct span piece,
					      const struct prefilter *found);

#endif
