/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Process: run a command, bounded in time and output, and leave nothing behind.
 *
 * Between us and each command stands a guardian, a small process of ours in a
 * session of its own.  It is a child subreaper (Linux 3.4), so that whatever the
 * command starts, be it daemonised, stays below it.  The guardian ends all of
 * it when the command ends, when the deadline passes, when we ask, and when we
 * die (it sees a pipe of ours closed, even after SIGKILL).  Should the guardian
 * itself be killed, the command dies with it (PR_SET_PDEATHSIG), its own
 * children may survive: nothing short of a control group helps there.
 *
 *	struct process_spec spec = { .argv = argv, .timeout_ms = 60000, .on_output = print };
 *	struct process_result result;
 *
 *	err = process_run(&spec, &result);
 *	if (!err && process_succeeded(&result)) ...
 *
 * Several at once: process_spawn() each, process_pump() until process_result()
 * tells, process_destroy().
 */
#ifndef CULPRIT_BASE_PROCESS_H
#define CULPRIT_BASE_PROCESS_H

#include "base/base.h"

enum process_outcome {
	PROCESS_EXITED,		/* value is the exit code */
	PROCESS_SIGNALLED,	/* value is the signal */
	PROCESS_DEADLINE,	/* killed by us after timeout_ms; value is 0 */
	PROCESS_OUTPUT_LIMIT,	/* killed by us after max_output_bytes; value is 0 */
	PROCESS_CANCELLED,	/* killed by process_kill(); value is 0 */
	PROCESS_NEVER_STARTED,	/* value is errno of chdir or exec: the command did nothing */
};

struct process_result {
	enum process_outcome outcome;
	int value;
	int64_t elapsed_us;	/* wall clock, clean-up included */
	int64_t cpu_us;		/* user and system time of the command and all it started */
	uint32_t n_leftovers;	/* processes that had to be killed after the command's own end */
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
	int hold_fd;			/* > 0: kept open by the guardian until all has ended, for locks */
	process_output_fn *on_output;	/* NULL: output is thrown away */
	void *arg;
};

#define PROCESS_GRACE_MS 2000

struct process;

/*
 * Start a command.  spec and what it points to are needed only during the call,
 * arg until the end.  A command that does not exist is no error but an outcome.
 * Errors: OS (no processes, no descriptors), NO_MEMORY.
 */
struct culprit_error *process_spawn(const struct process_spec *spec, struct process **ret);

/*
 * Wait until something happens to one of n processes (NULL ones and ended ones
 * are passed over), or wake_fd is readable (-1: none), or timeout_ms is over
 * (< 0: for ever); hand output to on_output.  Returns at once when none runs.
 * *ret_woken (may be NULL) says that wake_fd is readable.
 */
struct culprit_error *process_pump(struct process *const *processes, size_t n, int wake_fd,
				   int timeout_ms, bool *ret_woken);

/* NULL while it runs; borrowed from the process. */
const struct process_result *process_result(const struct process *process);

/* Order the end of the command and all it started; the end itself comes through process_pump(). */
void process_kill(struct process *process);

/* Kills what still runs, waits for the end. NULL is fine. */
void process_destroy(struct process *process);
void process_destroyp(struct process **process);

/* Start and pump until the end. */
struct culprit_error *process_run(const struct process_spec *spec, struct process_result *ret);

/* The same with on_output and arg of spec replaced: standard output and error are added to buffers. */
struct culprit_error *process_capture(const struct process_spec *spec, struct buf *out, struct buf *errors,
				      struct process_result *ret);

static inline bool process_succeeded(const struct process_result *result)
{
	return result->outcome == PROCESS_EXITED && result->value == 0;
}

/* "exit code 2", "killed by signal 9 (Killed)", "ran over its deadline", ... */
bool process_describe(const struct process_result *result, struct buf *ret)
	__attribute__((warn_unused_result));

#endif
