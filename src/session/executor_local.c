/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executor for this machine: a job is a process under its guardian (process.h).
 *
 * Guardians end what is below them once their controller is gone, so there is
 * nothing to adopt.
 */
#include "session/executor.h"

#include <time.h>

struct local_job {
	struct job job;
	struct process *process;
	int64_t started_us;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static const struct local_job *local_of(const struct job *job)
{
	return (const struct local_job *)job;
}

static struct culprit_error *submit(struct executor *executor, const struct job_spec *spec, struct job **ret)
{
	_cleanup_(freep) struct local_job *local = calloc(1, sizeof(*local));
	struct culprit_error *err;

	if (!local)
		return &culprit_error_no_memory;
	local->job.executor = executor;
	local->started_us = now_us();
	err = process_spawn(&spec->process, &local->process);
	if (err)
		return err;
	*ret = &no_free_ptr(local)->job;
	return NULL;
}

static struct culprit_error *poll_jobs(struct executor *executor, struct job *const *jobs, size_t n, int wake_fd,
				       int timeout_ms, bool *ret_woken)
{
	_cleanup_(freep) struct process **processes = calloc(n + 1, sizeof(*processes));

	(void)executor;
	if (!processes)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < n; i++)
		processes[i] = local_of(jobs[i])->process;
	return process_pump(processes, n, wake_fd, timeout_ms, ret_woken);
}

static enum job_state fetch(const struct job *job, struct job_result *ret)
{
	const struct local_job *local = local_of(job);
	const struct process_result *end = process_result(local->process);

	if (end)
		*ret = (struct job_result){ .outcome = end->outcome, .value = end->value, .elapsed_us = end->elapsed_us };
	else
		*ret = (struct job_result){ .elapsed_us = now_us() - local->started_us };
	return end ? JOB_ENDED : JOB_RUNNING;
}

static void cancel(struct job *job)
{
	process_kill(local_of(job)->process);
}

static void release(struct job *job)
{
	struct local_job *local = (struct local_job *)job;

	process_destroy(local->process);
	free(local);
}

static void destroy(struct executor *executor)
{
	free(executor);
}

static const struct executor_calls calls = {
	.submit = submit,
	.poll = poll_jobs,
	.fetch = fetch,
	.cancel = cancel,
	.release = release,
	.destroy = destroy,
};

struct culprit_error *executor_create_local(struct executor **ret)
{
	struct executor *executor = calloc(1, sizeof(*executor));

	if (!executor)
		return &culprit_error_no_memory;
	executor->calls = &calls;
	*ret = executor;
	return NULL;
}
