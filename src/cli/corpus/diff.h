/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diff: what changed between two texts, as a unified diff.
 */
#ifndef CULPRIT_CLI_CORPUS_DIFF_H
#define CULPRIT_CLI_CORPUS_DIFF_H

#include "base/base.h"

/*
 * Work is bounded: between the lines that both texts begin and end with, lines
 * of the one times lines of the other may be this many.  Texts that differ in
 * more are shown as taken out and put in whole.
 */
#define DIFF_MAX_CELLS (4u << 20)

/* The first line of *rest, its \n included, taken off. *rest must not be empty. */
struct span diff_take_line(struct span *rest);

/*
 * Hunks "@@ -1,5 +1,6 @@" with context lines around; nothing for equal texts.
 * Lines are safe for terminals (text.h), coloured if color.
 * Errors: NO_MEMORY.
 */
struct culprit_error *diff_unified(struct span from, struct span to, unsigned int context, bool color,
				   struct buf *ret);

#endif
