/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbolize as a filter, and single places: what needs no crash report.
 */
#ifndef CULPRIT_CLI_SYMBOLIZE_TEXT_H
#define CULPRIT_CLI_SYMBOLIZE_TEXT_H

#include "symbol/symbolize.h"

/* Of culprit symbolize, where a kernel that was given cannot be used. */
#define SYMBOLIZE_EXIT_UNUSABLE 3

/*
 * The text at path ("-": standard input) to standard output, with source lines
 * behind its symbols; all else as it is, but escaped for a terminal.  The
 * symbolizer was made with text_only.  *ret_unusable is set where vmlinux was
 * not used, else left; notes are told on standard error.  Errors: of path; OS
 * of standard output, with errno; NO_MEMORY.
 */
struct culprit_error *symbolize_filter(struct symbolizer *symbolizer, const char *path, bool *ret_unusable);

#endif
