/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executor: where the commands of builds and runs are carried out.
 *
 * Five calls: submit a job, poll for output and ends, fetch how one ended, cancel
 * it, adopt one that an earlier controller submitted.  What a runner decides (is it
 * enough, has it crashed, what does it prove) is the same on all of them.
 *
 * To write another one: a file executor_NAME.c with its struct executor_calls, a
 * value of enum executor_kind (config.h), its lines in executors_create(), its keys in
 * config.c, its section in man/culprit-bisect.5, its rows in tests/unit/test_executor.c.
 *
 * The contract, which test_executor.c holds each of them to:
 *
 *  - Bytes come through on_output in order, each once, all of them before the job
 *    is told as ended.  An adopted job's come from its beginning.
 *  - A job ends once.  What is told a second time, by a queue that starts it again
 *    or tells of an end twice, changes nothing: the first end stands, and a job that
 *    was begun twice and has none is lost.
 *  - A job whose command failed, and one whose machine failed, are told apart:
 *    PROCESS_LOST is the second, with a reason.
 *  - A queue that does not answer says nothing about its jobs: they go on.
 *  - Times are differences on one clock; clocks of two machines are never compared.
 *  - After cancel the job ends as PROCESS_CANCELLED, unless it had ended, and one
 *    that was still waiting never begins.
 */
#ifndef CULPRIT_SESSION_EXECUTOR_H
#define CULPRIT_SESSION_EXECUTOR_H

#include "base/process.h"
#include "session/config.h"

struct executor;
struct job;

struct job_spec {
	const char *name;		/* marks the job wherever it is listed; letters, digits, '-'; never used twice */
	const char *folder;		/* absolute; for the executor's files of this job, made when needed */
	struct process_spec process;	/* command, limits, and who takes the output; input is not used */
};

enum job_state {
	JOB_WAITING,			/* in a queue */
	JOB_RUNNING,
	JOB_ENDED,
};

struct job_result {
	enum process_outcome outcome;	/* this and value only of JOB_ENDED */
	int value;
	int64_t elapsed_us;		/* of the command, not of its waiting; until now where it goes on */
	char lost[64];			/* why, of PROCESS_LOST: "NODE_FAIL" */
};

struct executor_calls {
	/* What spec points to is needed only during the call, process.arg until the end. A queue that refuses is no error but a lost job. */
	struct culprit_error *(*submit)(struct executor *executor, const struct job_spec *spec, struct job **ret);

	/*
	 * Wait until something happens to one of n jobs, or wake_fd is readable (-1:
	 * none), or timeout_ms is over; hand output on. *ret_woken: wake_fd is readable.
	 */
	struct culprit_error *(*poll)(struct executor *executor, struct job *const *jobs, size_t n, int wake_fd,
				      int timeout_ms, bool *ret_woken);

	enum job_state (*fetch)(const struct job *job, struct job_result *ret);

	/* Order the end; the end itself comes through poll. */
	void (*cancel)(struct job *job);

	/*
	 * The job that an earlier controller submitted under spec's name; spec as for
	 * submit. *ret NULL: there is none, or it was cancelled. The call itself is NULL
	 * where jobs never outlive their controller.
	 */
	struct culprit_error *(*adopt)(struct executor *executor, const struct job_spec *spec, struct job **ret);

	/* Not calls of the contract: memory. A job that goes on is cancelled. */
	void (*release)(struct job *job);
	void (*destroy)(struct executor *executor);
};

/* The first member of each executor's own. */
struct executor {
	const struct executor_calls *calls;
};

struct job {
	struct executor *executor;
};

/* Carries out on this machine: processes under guardians. */
struct culprit_error *executor_create_local(struct executor **ret);

static inline enum job_state job_fetch(const struct job *job, struct job_result *ret)
{
	return job->executor->calls->fetch(job, ret);
}

static inline void job_cancel(struct job *job)
{
	job->executor->calls->cancel(job);
}

/* NULL is fine, as in those below. */
static inline void job_release(struct job *job)
{
	if (job)
		job->executor->calls->release(job);
}

static inline void job_releasep(struct job **job)
{
	job_release(*job);
}

static inline void executor_destroy(struct executor *executor)
{
	if (executor)
		executor->calls->destroy(executor);
}

static inline void executor_destroyp(struct executor **executor)
{
	executor_destroy(*executor);
}

#endif
