/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs: start, stream into the parser, stop early, judge.  Builds are in
 * builder.c.
 *
 * A run goes on until its command ends, its deadline or output limit, or some
 * time after its first crash: a kernel that has crashed often leaves its
 * machine standing until the deadline, and nothing more is learned from it.
 */
#include "session/runner_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "match/profile_entry.h"
#include "session/executors.h"

#define TICK_MS 1000

/* A console so long silent has said what it had to: reports are taken as they are. */
#define SILENCE_US 3000000

void run_result_deinit(struct run_result *result)
{
	match_result_deinit(&result->match);
}

/* --------------------------------------------------------------- runner */

static struct culprit_error *make_directories(const struct config *config)
{
	static const char *const names[] = { "build", "artefacts", "builds", "runs" };
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < countof(names) && !err; i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", config->state, names[i]) < 0) {
			path = NULL;
			return &culprit_error_no_memory;
		}
		if (!file_make_directories(path, 0777))
			err = culprit_error_errno("cannot make %s", path);
	}
	return err;
}

struct culprit_error *runner_create(const struct runner_options *options, struct runner **ret)
{
	_cleanup_(runner_destroyp) struct runner *runner = calloc(1, sizeof(*runner));
	struct culprit_error *err;

	if (!runner)
		return &culprit_error_no_memory;
	runner->o = *options;
	runner->runs = calloc(options->config->parallel, sizeof(*runner->runs));
	runner->jobs = calloc(options->config->parallel, sizeof(*runner->jobs));
	if (!runner->runs || !runner->jobs || asprintf(&runner->source, "%s/source", options->config->state) < 0)
		return &culprit_error_no_memory;
	err = make_directories(options->config);
	if (!err)
		err = executors_create(options->config, &runner->executor, &runner->builder);
	if (!err)
		*ret = no_free_ptr(runner);
	return err;
}

static void run_destroy(struct run *run)
{
	if (!run)
		return;
	job_release(run->job);
	run_console_deinit(&run->console);
	culprit_error_destroy(run->err);
	if (run->fd >= 0)
		close(run->fd);
	free(run);
}

static void run_destroyp(struct run **run)
{
	run_destroy(*run);
}

void runner_cancel(struct runner *runner)
{
	/* All at once first: each may take its time to clean up. */
	for (uint32_t i = 0; i < runner->n_running; i++)
		job_cancel(runner->runs[i]->job);
	while (runner->n_running)
		run_destroy(runner->runs[--runner->n_running]);
}

void runner_destroy(struct runner *runner)
{
	if (!runner)
		return;
	if (runner->runs)
		runner_cancel(runner);
	free(runner->runs);
	free(runner->jobs);
	executor_destroy(runner->executor);
	executor_destroy(runner->builder);
	free(runner->source);
	free(runner);
}

void runner_destroyp(struct runner **runner)
{
	runner_destroy(*runner);
}

void runner_set_profile(struct runner *runner, const struct profile *profile)
{
	runner->o.profile = profile;
}

void runner_set_config(struct runner *runner, const char *path)
{
	runner->config = path;
}

void runner_set_expected(struct runner *runner, int64_t expected_us)
{
	runner->expected_us = expected_us;
}

uint32_t runner_n_running(const struct runner *runner)
{
	return runner->n_running;
}

/* ------------------------------------------------------------- starting */

static void take_console(void *arg, struct span bytes, bool from_stderr)
{
	struct run *run = arg;

	(void)from_stderr;
	run->last_output_us = runner_now_us();
	run->flushed = false;
	run->n_bytes += bytes.len;
	for (size_t done = 0; run->fd >= 0 && done < bytes.len;) {
		ssize_t n = write(run->fd, bytes.ptr + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* The log is the evidence: without it the run does not count. */
			if (!run->err)
				run->err = culprit_error_errno("cannot write the log of run %u", run->number);
			break;
		}
		done += (size_t)n;
	}
	if (!run->err)
		run->err = run_console_feed(&run->console, bytes);
}

static struct culprit_error *open_log(struct runner *runner, struct run *run)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct culprit_error *err = runner_log_path(runner->o.config, "runs", run->number, &path);

	if (err)
		return err;
	run->fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return run->fd < 0 ? culprit_error_errno("%s", path.data) : NULL;
}

static struct culprit_error *start(struct runner *runner, const struct subject *subject, bool adopt, struct run *run)
{
	const struct config_command *command = &runner->o.config->run;
	const struct executor_calls *calls = runner->executor->calls;
	_cleanup_(command_env_deinit) struct command_env env = { 0 };
	struct job_spec spec = {
		.process = {
			.argv = command->argv,
			.directory = runner->o.config->directory,
			.merge_stderr = true,
			.timeout_ms = command->timeout_ms,
			.max_output_bytes = command->output_bytes,
			.contain = true,
			.hold_fd = runner->o.hold_fd,
			.on_output = take_console,
			.arg = run,
		},
	};
	struct culprit_error *err;

	err = command_env_fill(&env, runner, subject, command, run->number);
	if (!err)
		err = runner_name_job(runner, false, run->number, &env.arena, &spec);
	if (!err)
		err = open_log(runner, run);
	if (!err)
		err = run_console_init(&run->console, runner->o.patterns, runner->o.config->finished);
	if (err)
		return err;
	spec.process.env = env.items;
	run->last_output_us = runner_now_us();
	return (adopt ? calls->adopt : calls->submit)(runner->executor, &spec, &run->job);
}

static struct culprit_error *start_or_adopt(struct runner *runner, const struct subject *subject, uint32_t number,
					    bool adopt, bool *ret_started)
{
	_cleanup_(run_destroyp) struct run *run = calloc(1, sizeof(*run));
	struct culprit_error *err;

	if (!run)
		return &culprit_error_no_memory;
	run->fd = -1;
	run->number = number;
	run->commit = subject->commit;
	if (runner->n_running == runner->o.config->parallel)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "more runs at once than allowed");
	err = start(runner, subject, adopt, run);
	*ret_started = !err && run->job;
	if (*ret_started)
		runner->runs[runner->n_running++] = no_free_ptr(run);
	return err;
}

struct culprit_error *runner_start(struct runner *runner, const struct subject *subject, uint32_t number)
{
	bool started;

	return start_or_adopt(runner, subject, number, false, &started);
}

bool runner_can_adopt(const struct runner *runner)
{
	return runner->executor->calls->adopt || runner->builder->calls->adopt;
}

struct culprit_error *runner_adopt(struct runner *runner, const struct subject *subject, uint32_t number,
				   bool *ret_adopted)
{
	*ret_adopted = false;
	if (!runner->executor->calls->adopt)
		return NULL;
	return start_or_adopt(runner, subject, number, true, ret_adopted);
}

struct culprit_error *runner_abandon(struct runner *runner, bool build, uint32_t number)
{
	const char *const nothing[] = { "true", NULL };
	struct executor *executor = build ? runner->builder : runner->executor;
	struct job_spec spec = { .process = { .argv = nothing } };
	_cleanup_(job_releasep) struct job *job = NULL;
	struct arena arena = { 0 };
	struct culprit_error *err;
	struct job_result end;

	if (!executor->calls->adopt)
		return NULL;
	err = runner_name_job(runner, build, number, &arena, &spec);
	if (!err)
		err = executor->calls->adopt(executor, &spec, &job);
	arena_deinit(&arena);
	if (err || !job)
		return err;
	job_cancel(job);
	while (build && !err && job_fetch(job, &end) != JOB_ENDED)
		err = executor->calls->poll(executor, &job, 1, -1, TICK_MS, NULL);
	return err;
}

/* -------------------------------------------------------------- waiting */

/* Who polls for a machine prints that there is none yet, and goes on. */
static bool has_crashed(const struct runner *runner, const struct run *run)
{
	for (size_t i = 0; i < run->console.n_reports; i++) {
		const struct culprit_report *report = run->console.reports[i];
		const struct bug_class *class = report->suppressed ? NULL :
			rules_class_of_title(runner->o.profile->rules, report->title);

		if (!report->suppressed && !(class && class->retried))
			return true;
	}
	return false;
}

/* Look after a run that goes on: is it silent, has it crashed long enough ago? */
static struct culprit_error *watch_run(struct runner *runner, struct run *run)
{
	int64_t now = runner_now_us();
	struct culprit_error *err = NULL;

	if (!run->flushed && now - run->last_output_us > SILENCE_US) {
		run->flushed = true;
		err = culprit_parser_flush(run->console.parser);
		if (!err)
			err = run_console_feed(&run->console, (struct span){ "", 0 });
	}
	if (!run->crashed_us && has_crashed(runner, run))
		run->crashed_us = now;
	if (run->crashed_us && !run->stopped && now - run->crashed_us > runner->o.config->after_crash_ms * 1000) {
		run->stopped = true;
		job_cancel(run->job);
	}
	return err;
}

/* What the console holds back as an unfinished report counts, too. */
static bool is_well(const struct runner *runner, struct run *run)
{
	const char *other = NULL;
	struct job_result now;
	struct culprit_error *err = NULL;

	if (run->err || job_fetch(run->job, &now) == JOB_ENDED)
		return false;
	err = culprit_parser_flush(run->console.parser);

	if (!err)
		err = run_console_feed(&run->console, (struct span){ "", 0 });
	if (!err)
		err = run_console_other_kernel(&run->console, runner->o.git, runner->o.history, run->commit.hex, &other);
	if (other)
		return false;
	if (err) {
		culprit_error_destroy(err);
		return false;
	}
	return !run->stopped && !has_crashed(runner, run);
}

uint32_t runner_cut(struct runner *runner, struct runner_cut *ret)
{
	struct job_result now;
	uint32_t n = 0;

	for (uint32_t i = 0; i < runner->n_running; i++) {
		struct run *run = runner->runs[i];

		/* One that waits in a queue has survived nothing. */
		if (is_well(runner, run) && job_fetch(run->job, &now) == JOB_RUNNING)
			ret[n++] = (struct runner_cut){ run->number, now.elapsed_us };
	}
	runner_cancel(runner);
	return n;
}

static struct culprit_error *judge(struct runner *runner, struct run *run, struct run_result *ret)
{
	struct run_evidence evidence;
	struct job_result end;
	struct culprit_error *err = no_free_ptr(run->err);

	if (!err)
		err = run_console_finish(&run->console);
	if (err)
		return err;
	job_fetch(run->job, &end);
	*ret = (struct run_result){
		.number = run->number,
		.end = { .outcome = end.outcome, .value = end.value, .stopped = run->stopped, .elapsed_us = end.elapsed_us },
		.log_bytes = run->n_bytes,
	};
	memcpy(ret->end.lost, end.lost, sizeof(ret->end.lost));
	if (run->fd >= 0 && fdatasync(run->fd) < 0)
		return culprit_error_errno("cannot write the log of run %u", run->number);
	runner_evidence(runner->o.config, &run->console, &ret->end, runner->expected_us, &evidence);
	err = run_console_other_kernel(&run->console, runner->o.git, runner->o.history, run->commit.hex, &evidence.other_kernel);
	return err ? err : match_run(runner->o.profile, &evidence, &ret->match);
}

/* NULL while all go on. */
static struct run *take_ended(struct runner *runner)
{
	for (uint32_t i = 0; i < runner->n_running; i++) {
		struct run *run = runner->runs[i];
		struct job_result end;

		if (job_fetch(run->job, &end) != JOB_ENDED)
			continue;
		memmove(&runner->runs[i], &runner->runs[i + 1], (--runner->n_running - i) * sizeof(*runner->runs));
		return run;
	}
	return NULL;
}

static struct culprit_error *poll_runs(struct runner *runner, int timeout_ms, bool *ret_cancelled)
{
	struct culprit_error *err;

	for (uint32_t i = 0; i < runner->n_running; i++)
		runner->jobs[i] = runner->runs[i]->job;
	err = runner->executor->calls->poll(runner->executor, runner->jobs, runner->n_running, runner->o.cancel_fd, timeout_ms,
					    ret_cancelled);
	for (uint32_t i = 0; i < runner->n_running && !err; i++)
		err = watch_run(runner, runner->runs[i]);
	return err;
}

struct culprit_error *runner_look(struct runner *runner)
{
	bool cancelled;

	return poll_runs(runner, 0, &cancelled);
}

bool runner_has_ended(const struct runner *runner)
{
	struct job_result end;
	bool ret = false;

	for (uint32_t i = 0; i < runner->n_running; i++)
		ret |= job_fetch(runner->runs[i]->job, &end) == JOB_ENDED;
	return ret;
}

struct culprit_error *runner_wait(struct runner *runner, runner_tick_fn *tick, void *arg,
				  struct run_result *ret, bool *ret_done)
{
	struct culprit_error *err = NULL;
	int64_t ticked = runner_now_us();
	bool cancelled = false;

	*ret_done = false;
	while (runner->n_running && !err) {
		_cleanup_(run_destroyp) struct run *run = take_ended(runner);

		if (run) {
			err = judge(runner, run, ret);
			*ret_done = !err;
			return err;
		}
		err = poll_runs(runner, TICK_MS, &cancelled);
		if (tick && runner_now_us() - ticked >= TICK_MS * 1000) {
			tick(arg);
			ticked = runner_now_us();
		}
		if (cancelled)
			break;
	}
	runner_cancel(runner);
	return err;
}
