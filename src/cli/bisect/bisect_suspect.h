/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Remarks about a change that can hardly be the culprit: documentation only
 * and the like.
 */
#ifndef CULPRIT_CLI_BISECT_BISECT_SUSPECT_H
#define CULPRIT_CLI_BISECT_BISECT_SUSPECT_H

#include "session/session.h"

#define SUSPECT_MAX 4

/*
 * *ret_n sentences, static or the arena's.  crash is the text of the target's
 * report; NULL: not known.  Errors: NO_MEMORY, those of git.
 */
struct culprit_error *suspect_change(const struct session *session, const struct git_commit *commit, const char *crash,
				     struct arena *arena, const char *ret[SUSPECT_MAX], size_t *ret_n);

#endif
