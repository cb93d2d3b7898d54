/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The beginning of a pattern, made from a line of a log that it is to find.
 */
#ifndef CULPRIT_CLI_PATTERNS_NEW_H
#define CULPRIT_CLI_PATTERNS_NEW_H

#include "base/base.h"

/*
 * Write top/patterns/NAME.yaml, which finds the first line of the log at path
 * that holds banner, and top/corpus/near-miss/NAME,
 * a line that quotes it.  Both are tried first.  Say on standard output what
 * was written and found.  No file is overwritten.
 * Errors: USAGE for a name or banner that can be none; NOT_FOUND where no line
 * holds the banner; those of reading the log; OS.
 */
struct culprit_error *patterns_new(const char *top, const char *name, const char *banner, const char *path);

#endif
