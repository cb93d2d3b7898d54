/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pins: references that keep a bisection's commits in the repository while
 * branches move and `git gc --prune=now` runs.
 *
 *	refs/culprit/ID/newer, refs/culprit/ID/older-1, ...
 */
#ifndef CULPRIT_SESSION_PINS_H
#define CULPRIT_SESSION_PINS_H

#include "session/git.h"

/* Set what differs. Errors: those of git_run(). */
struct culprit_error *pins_set(const struct git *git, const char *id, const char *newer, const struct git_hash *older,
			       size_t n_older);

/* All of the bisection's; none is fine. */
struct culprit_error *pins_remove(const struct git *git, const char *id);

#endif
