/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build log: a build's output to a file of bounded size, and its first error.
 *
 * "First" is the first line of the most telling sort: the compiler's and
 * linker's own errors, then those of other tools, then make's "***", then the
 * last line that is not empty.
 */
#ifndef CULPRIT_SESSION_BUILD_LOG_H
#define CULPRIT_SESSION_BUILD_LOG_H

#include "base/base.h"

/* The first and the last so many bytes of a longer output are kept in the file. */
#define BUILD_LOG_HEAD_BYTES (4u << 20)
#define BUILD_LOG_TAIL_BYTES (1u << 20)

/* Of a reason; what is longer is cut. */
#define BUILD_REASON_BYTES 300

struct build_log {
	int fd;				/* -1: no file, or it could not be written any more */
	uint64_t n_bytes;
	char *tail;			/* ring of BUILD_LOG_TAIL_BYTES once the head is full */
	char line[1024];		/* of the current line, escape sequences taken out */
	size_t line_len;
	int escape;			/* state of an ANSI sequence */
	int rank;			/* of reason; -1: none yet */
	char reason[BUILD_REASON_BYTES];
	char signature[128];		/* of "culprit-signature: TEXT"; "" without */
	bool machine_failed;		/* no space, no memory: not the commit's fault */
};

/* path may be NULL (no file). Errors: OS. */
struct culprit_error *build_log_open(struct build_log *log, const char *path);
void build_log_feed(struct build_log *log, struct span bytes);

/* Writes what is still held back. Afterwards only reason, signature and machine_failed are of use. */
void build_log_close(struct build_log *log);

#endif
