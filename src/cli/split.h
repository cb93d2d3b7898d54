/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Split: one of n equal parts of all the bytes of some logs, for machines that
 * share the work.
 *
 *	err = split_create(&paths, "3/8", &split);
 *	if (split_range(split, i, &range))
 *		feed.range = &range;
 *
 * The logs are laid end to end in the order of the command line; part i of n has
 * the bytes from size * (i - 1) / n to size * i / n.  Each log, and each report
 * of it, is told by exactly one part (feed.h says by which), so what parts 1 to
 * n print, one behind the other, is what is printed of the whole.  It fails
 * where a log grows between the parts.
 */
#ifndef CULPRIT_CLI_SPLIT_H
#define CULPRIT_CLI_SPLIT_H

#include "cli/feed.h"
#include "cli/paths.h"

#define SPLIT_MAX 1000000

/* A row of an option table; text is a const char *. */
#define SPLIT_OPTION(to_text) \
	OPTION_TEXT(0, "split", "I/N", "read the Ith of N equal parts of the logs' bytes; all parts, in order, are the whole", to_text)

struct split;

/*
 * text is "I/N".  Errors: USAGE (not of that form; a log that is no regular file);
 * NO_MEMORY.  A log that is not there counts as empty: who opens it says so.
 */
struct culprit_error *split_create(const struct paths *paths, const char *text, struct split **ret);

/* Which bytes of the log are this part's; false: none. */
bool split_range(const struct split *split, size_t index, struct feed_range *ret);

void split_destroy(struct split *split);

static inline void split_destroyp(struct split **split)
{
	split_destroy(*split);
}

#endif
