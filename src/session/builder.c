/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds: check out, apply what the configuration wants applied, run the build
 * command, take a signature of the result.
 *
 * A build command that leaves nothing in CULPRIT_ARTEFACTS builds in place: its
 * result is the work tree itself, and is gone once another commit is built.
 */
#include "session/runner_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "session/build_log.h"

#define TICK_MS 1000

static const char *const outcome_names[] = { "ok", "failed", "infra-failed", "conflict", "cancelled" };

const char *build_outcome_name(enum build_outcome outcome)
{
	return outcome_names[outcome];
}

bool build_outcome_parse(const char *name, enum build_outcome *ret)
{
	for (size_t i = 0; i < countof(outcome_names); i++) {
		if (!strcmp(outcome_names[i], name)) {
			*ret = (enum build_outcome)i;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------ artefacts */

static struct culprit_error *fresh_directory(const char *path)
{
	struct culprit_error *err = folder_remove(path);

	if (err)
		return err;
	return mkdir(path, 0777) < 0 ? culprit_error_errno("cannot make %s", path) : NULL;
}

static int is_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)st;
	(void)ftw;
	return type == FTW_F || type == FTW_SL;
}

static bool holds_a_file(const char *path)
{
	return nftw(path, is_file, 32, FTW_PHYS) > 0;
}

bool runner_is_built(const struct runner *runner, const struct subject *subject)
{
	struct arena arena = { 0 };
	char *path = runner_artefacts_path(runner, subject, &arena);
	bool ret = (path && holds_a_file(path)) ||
		   (runner->tree_built && subject_equal(&runner->tree_subject, subject));

	arena_deinit(&arena);
	return ret;
}

/* --------------------------------------------------------------- source */

static struct culprit_error *applies_here(const struct runner *runner, const struct config_patch *patch,
					  const char *commit, bool *ret)
{
	struct culprit_error *err = NULL;
	bool from = true, until = false;

	if (patch->from)
		err = git_is_ancestor(runner->o.git, patch->from, commit, &from);
	if (!err && patch->until)
		err = git_is_ancestor(runner->o.git, patch->until, commit, &until);
	*ret = from && !until;
	return err;
}

static struct culprit_error *apply_patches(struct runner *runner, const struct subject *subject,
					   struct build_result *result)
{
	static const enum git_change changes[] = { GIT_APPLY, GIT_CHERRY_PICK, GIT_REVERT };
	const struct config *config = runner->o.config;
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < config->n_patches && !err && result->outcome == BUILD_OK; i++) {
		const struct config_patch *patch = &config->patches[i];
		bool here, clean = true;

		err = applies_here(runner, patch, subject->commit.hex, &here);
		if (!err && here)
			err = git_change(runner->o.git, runner->source, changes[patch->change], patch->what, &clean);
		if (err || clean || !patch->required)
			continue;
		result->outcome = BUILD_CONFLICT;
		snprintf(result->reason, sizeof(result->reason), "%s %s does not apply",
			 patch->change == CONFIG_PATCH ? "patch" : patch->change == CONFIG_REVERT ? "revert of" : "cherry-pick of",
			 patch->what);
	}
	return err;
}

static struct culprit_error *prepare_source(struct runner *runner, const struct subject *subject,
					    struct build_result *result)
{
	struct culprit_error *err = NULL;
	bool clean = true;

	runner->tree_built = false;
	if (!runner->tree_ready)
		err = git_worktree_prepare(runner->o.git, runner->source);
	runner->tree_ready = !err;
	if (!err)
		err = git_checkout(runner->o.git, runner->source, subject->commit.hex, runner->o.config->clean);
	if (!err)
		err = git_update_submodules(runner->o.git, runner->source, result->reason, sizeof(result->reason));
	/* Somebody else's server: as likely away for an hour as for good. */
	if (!err && result->reason[0])
		result->outcome = BUILD_INFRA;
	if (!err && result->outcome == BUILD_OK)
		err = apply_patches(runner, subject, result);
	if (err || result->outcome != BUILD_OK || !subject->changed.hex[0] || subject->change == GIT_UNCHANGED)
		return err;
	err = git_change(runner->o.git, runner->source, subject->change, subject->changed.hex, &clean);
	if (!err && !clean) {
		result->outcome = BUILD_CONFLICT;
		snprintf(result->reason, sizeof(result->reason), "%s of %.12s does not apply",
			 subject_change_name(subject), subject->changed.hex);
	}
	return err;
}

/* ---------------------------------------------------------------- build */

static void take_build_output(void *arg, struct span bytes, bool from_stderr)
{
	(void)from_stderr;
	build_log_feed(arg, bytes);
}

static struct culprit_error *pump_build(struct runner *runner, struct job *job, runner_tick_fn *tick, void *arg,
					struct job_result *ret)
{
	struct culprit_error *err = NULL;
	int64_t ticked = runner_now_us();
	bool cancelled = false;
	/* Once cancelled the descriptor stays readable: look at it no more. */
	int wake = runner->o.cancel_fd;

	while (!err && job_fetch(job, ret) != JOB_ENDED) {
		err = runner->builder->calls->poll(runner->builder, &job, 1, wake, TICK_MS, &cancelled);
		if (cancelled) {
			job_cancel(job);
			wake = -1;
		}
		if (tick && runner_now_us() - ticked >= TICK_MS * 1000) {
			tick(arg);
			ticked = runner_now_us();
		}
	}
	return err;
}

static void judge_build(const struct job_result *end, const struct build_log *log, struct build_result *ret)
{
	_cleanup_(buf_deinit) struct buf how = { 0 };
	bool refused = end->outcome == PROCESS_EXITED &&
		       (end->value == COMMAND_EXIT_INFRASTRUCTURE || end->value == COMMAND_EXIT_CANNOT_RUN ||
			end->value == COMMAND_EXIT_NOT_FOUND);

	ret->elapsed_us = end->elapsed_us;
	if (end->outcome == PROCESS_EXITED && end->value == 0)
		return;
	if (end->outcome == PROCESS_CANCELLED)
		ret->outcome = BUILD_CANCELLED;
	else if (end->outcome == PROCESS_NEVER_STARTED || end->outcome == PROCESS_SIGNALLED || end->outcome == PROCESS_LOST ||
		 refused || log->machine_failed)
		ret->outcome = BUILD_INFRA;
	else
		ret->outcome = BUILD_FAILED;
	if (!process_describe(&(struct process_result){ .outcome = end->outcome, .value = end->value }, &how))
		buf_deinit(&how);
	/* A build cut short has no error line worth believing. */
	if (end->outcome == PROCESS_EXITED && log->reason[0])
		snprintf(ret->reason, sizeof(ret->reason), "%s", log->reason);
	else
		snprintf(ret->reason, sizeof(ret->reason), "the build command %s%s%s", how.data ? how.data : "failed",
			 end->lost[0] ? ": " : "", end->lost);
}

static struct culprit_error *run_build(struct runner *runner, const struct subject *subject, uint32_t number,
				       const char *artefacts, runner_tick_fn *tick, void *arg,
				       struct build_log *log, struct build_result *ret)
{
	const struct config_command *command = &runner->o.config->build;
	_cleanup_(command_env_deinit) struct command_env env = { 0 };
	_cleanup_(job_releasep) struct job *job = NULL;
	struct job_result end;
	struct job_spec spec = {
		.process = {
			.argv = command->argv,
			.directory = runner->source,
			.merge_stderr = true,
			.timeout_ms = command->timeout_ms,
			.max_output_bytes = command->output_bytes,
			.contain = true,
			.hold_fd = runner->o.hold_fd,
			.on_output = take_build_output,
			.arg = log,
		},
	};
	struct culprit_error *err = command_env_fill(&env, runner, subject, command, 0);

	if (!err)
		err = runner_name_job(runner, true, number, &env.arena, &spec);
	if (!err)
		err = fresh_directory(artefacts);
	if (err)
		return err;
	spec.process.env = env.items;
	err = runner->builder->calls->submit(runner->builder, &spec, &job);
	if (!err)
		err = pump_build(runner, job, tick, arg, &end);
	if (!err)
		judge_build(&end, log, ret);
	return err;
}

/* What the build said, else the file it wrote, else a hash of image or artefacts. */
static uint64_t hash_text(const char *text)
{
	uint64_t hash = *text ? hash_bytes(text, strlen(text)) : 0;

	/* 0 is "not known" */
	return *text && !hash ? 1 : hash;
}

static struct culprit_error *take_signature(struct runner *runner, const char *artefacts, const struct build_log *log,
					    struct build_result *ret)
{
	const struct config *config = runner->o.config;
	_cleanup_(freep) char *path = NULL;
	char text[sizeof(ret->signature)] = "";
	struct git_hash hash = { "" };
	struct culprit_error *err = NULL;
	FILE *f;

	if (asprintf(&path, "%s/signature", config->state) < 0) {
		path = NULL;
		return &culprit_error_no_memory;
	}
	f = fopen(path, "re");
	if (f && fgets(text, sizeof(text), f))
		text[strcspn(text, "\r\n")] = '\0';
	if (f)
		fclose(f);
	if (log->signature[0])
		snprintf(text, sizeof(text), "%s", log->signature);
	if (!text[0]) {
		free(path);
		if (asprintf(&path, "%s%s%s", artefacts, config->image ? "/" : "", config->image ? config->image : "") < 0) {
			path = NULL;
			return &culprit_error_no_memory;
		}
		err = git_hash_files(runner->o.git, path, &hash);
		if (!err)
			snprintf(text, sizeof(text), "%s", hash.hex);
	}
	memcpy(ret->signature, text, sizeof(text));
	ret->image = hash_text(text);
	/* What was not all looked at proves nothing: once more, all of it. */
	if (!err && text[0] && strcmp(text, hash.hex) == 0 && !config->image)
		ret->proof = ret->image;
	else if (!err && text[0])
		err = git_hash_files(runner->o.git, artefacts, &hash);
	if (!err && !ret->proof)
		ret->proof = hash_text(hash.hex);
	return err;
}

static void add_fixup(struct build_result *ret, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = strlen(ret->fixup);

	snprintf(ret->fixup + len, sizeof(ret->fixup) - len, "%s%s", len ? ", " : "", slash ? slash + 1 : path);
}

/*
 * A commit that does not build, with the patches that may mend it, one more each
 * time.  One that does not apply is passed over.  Where none helps, the first
 * failure is what is told.
 */
static struct culprit_error *try_fixups(struct runner *runner, const struct subject *subject, uint32_t number,
					const char *path, const char *artefacts, runner_tick_fn *tick, void *arg, struct build_log *log,
					struct build_result *ret)
{
	const struct config_strings *fixups = &runner->o.config->fixups;
	const struct build_result first = *ret;
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < fixups->n && !err && ret->outcome == BUILD_FAILED; i++) {
		struct build_result again = { .outcome = BUILD_OK };
		bool clean;

		err = git_change(runner->o.git, runner->source, GIT_APPLY, fixups->items[i], &clean);
		if (err || !clean)
			continue;
		memcpy(again.fixup, ret->fixup, sizeof(again.fixup));
		add_fixup(&again, fixups->items[i]);
		err = build_log_open(log, path);
		if (err)
			return err;
		err = run_build(runner, subject, number, artefacts, tick, arg, log, &again);
		build_log_close(log);
		again.elapsed_us += ret->elapsed_us;
		*ret = again;
	}
	if (!err && ret->outcome == BUILD_FAILED) {
		int64_t elapsed_us = ret->elapsed_us;

		*ret = first;
		ret->elapsed_us = elapsed_us;
	}
	return err;
}

static struct culprit_error *build(struct runner *runner, const struct subject *subject, uint32_t number,
				   runner_tick_fn *tick, void *arg, struct arena *arena, struct build_result *ret)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	char *artefacts = runner_artefacts_path(runner, subject, arena);
	char *signature = arena_printf(arena, "%s/signature", runner->o.config->state);
	struct build_log log;
	struct culprit_error *err;

	if (!artefacts || !signature)
		return &culprit_error_no_memory;
	err = prepare_source(runner, subject, ret);
	if (err || ret->outcome != BUILD_OK)
		return err;
	runner->tree_subject = *subject;
	if (!runner->o.config->build.argv) {
		runner->tree_built = true;
		return NULL;
	}
	if (unlink(signature) < 0 && errno != ENOENT)
		return culprit_error_errno("cannot remove %s", signature);
	err = runner_log_path(runner->o.config, "builds", number, &path);
	if (!err)
		err = build_log_open(&log, path.data);
	if (err)
		return err;
	err = run_build(runner, subject, number, artefacts, tick, arg, &log, ret);
	build_log_close(&log);
	if (!err && ret->outcome == BUILD_FAILED)
		err = try_fixups(runner, subject, number, path.data, artefacts, tick, arg, &log, ret);
	if (!err && ret->outcome == BUILD_OK) {
		err = take_signature(runner, artefacts, &log, ret);
		runner->tree_built = !err;
	}
	return err;
}

struct culprit_error *runner_build(struct runner *runner, const struct subject *subject, uint32_t number,
				   runner_tick_fn *tick, void *arg, struct build_result *ret)
{
	struct arena arena = { 0 };
	struct culprit_error *err;

	*ret = (struct build_result){ .outcome = BUILD_OK };
	err = build(runner, subject, number, tick, arg, &arena, ret);
	arena_deinit(&arena);
	return err;
}
