/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Globs ("kasan_*", "*_lock", "memcpy"): '*' is any run of bytes, nothing else
 * is special.  What patterns say of functions and of lines is said with them,
 * and, of functions, by the roles that they have.
 */
#ifndef CULPRIT_PATTERN_GLOB_H
#define CULPRIT_PATTERN_GLOB_H

#include "base/base.h"
#include "pattern/functions.h"

struct glob_list {
	const char **globs;
	size_t n;
	uint64_t first[4];		/* bit c % 64 of first[c / 64]: a glob may match what begins with byte c */
	struct role_set roles;		/* names of functions with one of these roles are on the list, too... */
	const struct functions *functions;	/* ... of this table; NULL: there are no roles */
};

/* To be called for every glob that is put on the list. */
void glob_list_note(struct glob_list *list, const char *glob);
bool glob_match(const char *glob, struct span s);
static inline bool glob_list_is_empty(const struct glob_list *list)
{
	return !list->n && role_set_is_empty(list->roles);
}

/* s is a line or the name of a function; roles are of names only. */
bool glob_list_match(const struct glob_list *list, struct span s);

#endif
