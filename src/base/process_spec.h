/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is asked of a process, and how it can end: what process.h, for all, and
 * guardian.h, behind it, have in common.
 */
#ifndef CULPRIT_BASE_PROCESS_SPEC_H
#define CULPRIT_BASE_PROCESS_SPEC_H

#include "base/base.h"

enum process_outcome {
	PROCESS_EXITED,		/* value is the exit code */
	PROCESS_SIGNALLED,	/* value is the signal */
	PROCESS_DEADLINE,	/* killed by us after timeout_ms; value is 0 */
	PROCESS_OUTPUT_LIMIT,	/* killed by us after max_output_bytes; value is 0 */
	PROCESS_CANCELLED,	/* killed by process_kill(); value is 0 */
	PROCESS_NEVER_STARTED,	/* value is errno of chdir or exec: the command did nothing */
	PROCESS_LOST,		/* the machine or queue that carried it out failed; value is 0; never of our own processes */
};

/* Bytes as they arrive, cut anywhere.  from_stderr only without merge_stderr. */
typedef void process_output_fn(void *arg, struct span bytes, bool from_stderr);

struct process_spec {
	const char *const *argv;	/* NULL-terminated; argv[0] is looked for in PATH */
	const char *const *env;		/* NULL-terminated changes: "NAME=value" sets, "NAME" unsets; may be NULL */
	const char *directory;		/* NULL: ours */
	struct span input;		/* standard input; empty is /dev/null */
	bool merge_stderr;		/* standard error goes where standard output goes, in order */
	int64_t timeout_ms;		/* 0: none */
	int64_t grace_ms;		/* between SIGTERM and SIGKILL, for cleaning up; 0: PROCESS_GRACE_MS; < 0: none */
	uint64_t max_output_bytes;	/* of both streams together; 0: none */
	bool contain;			/* in a control group of its own, where we may make one: builds and runs, not git */
	int hold_fd;			/* > 0: kept open by the guardian until all has ended, for locks */
	process_output_fn *on_output;	/* NULL: output is thrown away */
	void *arg;
};

#define PROCESS_GRACE_MS 2000

#endif
