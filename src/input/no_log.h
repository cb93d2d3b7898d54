/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people give for a log and that is none.
 */
#ifndef CULPRIT_INPUT_NO_LOG_H
#define CULPRIT_INPUT_NO_LOG_H

#include "base/base.h"

/* As much of a beginning as is looked at. */
#define NO_LOG_BYTES 512

/*
 * What data with this beginning is and what to do with it, for a message
 * ("a tar archive; give what 'tar -xOf' makes of it"); NULL where it may be a
 * log.  Nothing is concluded from a few strange bytes: consoles have them.
 */
const char *no_log_kind(struct span head);

/* FORMAT, with name and what it is, where head shows that it is no log; else NULL. */
struct culprit_error *no_log_refuse(struct span head, const char *name);

#endif
