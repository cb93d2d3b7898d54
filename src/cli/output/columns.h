/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Columns: two texts side by side, each wrapped to its half of the screen.
 */
#ifndef CULPRIT_CLI_OUTPUT_COLUMNS_H
#define CULPRIT_CLI_OUTPUT_COLUMNS_H

#include "cli/output/text.h"
#include "base/base.h"

/* How wide the output to fd is: the terminal's width, else COLUMNS, else 160; from 40 to 1000. */
size_t columns_width(int fd);

/*
 * "  left      mark right\n", wrapped; the halves are indented by two blanks. left and
 * right are escaped (text.h), mark is one byte. False when out of memory.
 */
bool columns_add(struct buf *buf, size_t width, struct span left, char mark, struct span right,
		 enum text_paint paint, bool color) __attribute__((warn_unused_result));

#endif
