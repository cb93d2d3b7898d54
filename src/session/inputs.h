/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inputs: what evidence rests on beside the commits, so that a changed script or
 * target is noticed instead of being mixed with what an older one showed.
 *
 * Each group is a text of lines "HASH NAME": a key of the configuration or a
 * file, by its content.  Files are those that a command's own words name (not
 * where it writes to with >, not programs of the system); what a script sources
 * in turn is not followed.
 */
#ifndef CULPRIT_SESSION_INPUTS_H
#define CULPRIT_SESSION_INPUTS_H

#include "session/config.h"

enum input_group {
	INPUT_BUILD,	/* command, its files, image rule, patches: all builds and runs rest on it */
	INPUT_RUN,	/* command, its files: all runs do */
	INPUT_TARGET,	/* what is hunted: all verdicts do */
	INPUT_GROUPS
};

/* Static: "build", "run", "target". */
const char *input_group_name(enum input_group group);
bool input_group_parse(const char *name, enum input_group *ret);

/* Adds the group's lines as they are now. A file that cannot be read counts as empty. */
struct culprit_error *inputs_take(const struct config *config, enum input_group group, struct buf *ret);

/* Adds the names that differ, "run.command, /home/me/run.sh"; nothing where both are equal. */
bool inputs_compare(const char *before, const char *now, struct buf *ret) __attribute__((warn_unused_result));

#endif
