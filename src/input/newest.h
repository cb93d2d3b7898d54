/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logs whose newest line comes first: journalctl -r, and what log servers show.
 */
#ifndef CULPRIT_INPUT_NEWEST_H
#define CULPRIT_INPUT_NEWEST_H

#include "base/base.h"

/* As much of a beginning as is looked at. */
#define NEWEST_BYTES (16u << 10)
/* A log has to be held to be turned round; of longer ones nothing is. */
#define NEWEST_MAX_BYTES (64u << 20)

/*
 * Do the times of a log with this beginning go backwards?  Six steps back at
 * least, and hardly one forward: each boot begins at zero, and CPUs' lines may
 * change places.
 */
bool newest_first(struct span head);

/*
 * log with its oldest line first, added to ret.  What has no time stays behind
 * the line that it followed.  False when out of memory.
 */
bool newest_turn(struct span log, struct buf *ret) __attribute__((warn_unused_result));

#endif
