/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel versions in their order: "6.12.3-1-amd64" has the place of 6.12.3, and what a
 * distribution adds says nothing.  Refuses numbers over 999.
 */
#include "cli/db/store.h"

#define LAST 999		/* patch level or candidate: that of a release, behind all its candidates */

/* ".12" after a number; false where there is none. */
static bool take_part(const char **text, const char *before, int64_t *ret)
{
	uint64_t value;
	size_t len;

	if (strncmp(*text, before, strlen(before)) != 0 || !parse_u64(span_of(*text + strlen(before)), &value, &len) || value > LAST)
		return false;
	*text += strlen(before) + len;
	*ret = (int64_t)value;
	return true;
}

int64_t store_version_place(const char *text, bool bound)
{
	int64_t major, minor, patch = 0, candidate = LAST;
	bool has_patch, has_candidate;

	text += *text == 'v';
	if (!take_part(&text, "", &major) || !take_part(&text, ".", &minor))
		return -1;
	has_patch = take_part(&text, ".", &patch);
	has_candidate = take_part(&text, "-rc", &candidate);
	if (bound && *text)
		return -1;
	if (bound && !has_patch && !has_candidate)
		patch = LAST;
	return ((major * (LAST + 1) + minor) * (LAST + 1) + patch) * (LAST + 1) + candidate;
}
