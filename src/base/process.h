/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Process: run a command, bounded in time and output, and leave nothing behind.
 *
 * Between us and each command stands a guardian, a small process of ours in a
 * session of its own.  It is a child subreaper (Linux 3.4), so that whatever the
 * command starts, be it daemonised, stays below it.  The guardian ends all of
 * it when the command ends, when the deadline passes, when we ask, and when we
 * die (it sees a pipe of ours closed, even after SIGKILL).  Should the guardian
 * itself be killed, the command dies with it (PR_SET_PDEATHSIG), its children
 * become ours (we are a subreaper, too) and get SIGKILL.  Both of us killed at
 * once, its children survive; a command with process_spec.contain is in a control
 * group then, where we may make one, and process_end_left() finds it.
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

#include "base/process_spec.h"

struct process_result {
	enum process_outcome outcome;
	int value;
	int64_t elapsed_us;	/* wall clock, clean-up included */
	int64_t cpu_us;		/* user and system time of the command and all it started */
	uint32_t n_leftovers;	/* processes that had to be killed after the command's own end */
};

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

/*
 * End what is left of contained commands whose guardian and whose starter were both killed, below our own control
 * group, whoever started them.
 */
void process_end_left(void);

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
