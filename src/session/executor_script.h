/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The script that carries out a job on another machine, and what it leaves in the
 * job's folder there.  It needs a POSIX shell, timeout of coreutils and /proc.
 *
 *	begun/		a directory, whose making only one start can win
 *	again		there was a second start; it did nothing
 *	console		standard output and error
 *	pid		of the process group
 *	code		exit code of the command, until it is in end
 *	end		"exited 0 1234 5678\n": outcome, value, hundredths of a second, bytes of console
 *	cancelled	made by the controller: do not begin, or end
 */
#ifndef CULPRIT_SESSION_EXECUTOR_SCRIPT_H
#define CULPRIT_SESSION_EXECUTOR_SCRIPT_H

#include "session/executor.h"

/* folder: the job's, as the other machine sees it. */
struct culprit_error *job_script_format(const struct job_spec *spec, const char *folder, struct buf *ret);

/* Text in quotes of a shell. False when out of memory. */
bool job_script_quote(const char *text, struct buf *ret) __attribute__((warn_unused_result));

/* A line of the file end; false where it is none. *ret_bytes: of the console. */
bool job_script_parse_end(struct span line, struct job_result *ret, uint64_t *ret_bytes);

#endif
