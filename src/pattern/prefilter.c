/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A piece may begin and end inside of lines: what the parser puts together of
 * two pieces it searches itself.
 */
#include "pattern/prefilter.h"

bool prefilter_search(const struct culprit_patterns *patterns, struct span piece, struct scan_hit *hits, size_t n,
		      struct prefilter *ret)
{
	size_t at = 0;

	*ret = (struct prefilter){ .hits = hits };
	for (;;) {
		struct scan_hit hit = scan_next(patterns->scan, piece, at);
		const char *end;

		hit.lines = ret->lines += hit.lines;
		if (hit.off >= piece.len)
			return true;
		if (ret->n == n)
			return false;
		hits[ret->n++] = hit;
		end = memchr(piece.ptr + hit.off, '\n', piece.len - hit.off);
		if (!end)
			return true;
		ret->lines++;
		at = (size_t)(end + 1 - piece.ptr);
	}
}
