/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop of scan.c in plain C, and what every loop does at a candidate.
 */
#include "pattern/scan_parts.h"

/*
 * The literal that begins first may show its fragment last: after a hit, go on
 * as far as a fragment can stand in a literal that begins before the hit.
 */
void scan_verify(struct scan_search *search, size_t i)
{
	const struct scan_set *set = search->set;
	struct span s = search->s;
	uint32_t fragment = scan_load_short(set, s.ptr + i);

	for (size_t at = set->heads[scan_hash(fragment)]; at; at = set->literals[at - 1].next) {
		const struct literal *lit = &set->literals[at - 1];
		size_t begin = i - lit->place.off;

		if (lit->fragment != fragment || i < search->from + lit->place.off || begin > search->best ||
		    (begin == search->best && at - 1 > search->index) || lit->text.len > s.len - begin ||
		    memcmp(s.ptr + begin, lit->text.ptr, lit->text.len) != 0)
			continue;
		search->best = begin;
		search->index = at - 1;
		if (search->end > begin + set->max_off + 1)
			search->end = begin + set->max_off + 1;
	}
}

void scan_run_portable(struct scan_search *search, size_t i)
{
	const struct scan_set *set = search->set;
	const unsigned char *p = (const unsigned char *)search->s.ptr;

	for (; i < search->end; i++)
		if (set->byte[0][p[i]] & set->byte[1][p[i + 1]] & set->byte[2][p[i + 2]] &&
		    scan_is_hashed(set, scan_load_short(set, search->s.ptr + i)))
			scan_verify(search, i);
}
