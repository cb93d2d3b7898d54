/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forgetting evidence.  A record is left out when it is of what is forgotten, or
 * when it was decided, learned or concluded after something that is forgotten.
 */
#include "session/reset.h"

#include <stdio.h>
#include <unistd.h>

#include "session/pins.h"
#include "session/session_internal.h"

/* Old journals beside the new one. */
#define MAX_KEPT 10000

void reset_result_deinit(struct reset_result *result)
{
	free(result->kept);
	*result = (struct reset_result){ 0 };
}

/* -------------------------------------------------------------- changes */

void session_changes_deinit(struct session_changes *changes)
{
	for (int i = 0; i < INPUT_GROUPS; i++)
		buf_deinit(&changes->names[i]);
}

static bool run_says_something(const struct session_run *run)
{
	return run->verdict != VERDICT_UNDECIDED && run->verdict != VERDICT_INFRA_FAILED;
}

static bool nothing_was_said(const struct session *s, bool builds)
{
	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (run_says_something(&s->runs[i]))
			return false;
	}
	for (uint32_t i = 0; builds && i < s->n_builds; i++) {
		if (s->builds[i].result.outcome == BUILD_OK)
			return false;
	}
	return true;
}

struct culprit_error *session_changes(const struct session *s, struct session_changes *ret)
{
	*ret = (struct session_changes){ 0 };
	for (int i = 0; i < INPUT_GROUPS; i++) {
		_cleanup_(buf_deinit) struct buf now = { 0 };
		uint32_t n_resting = s->n_runs + (i == INPUT_BUILD ? s->n_builds : 0);
		struct culprit_error *err;

		if (!s->inputs[i] || !n_resting)
			continue;
		err = inputs_take(s->config, (enum input_group)i, &now);
		if (!err && !inputs_compare(s->inputs[i], now.data, &ret->names[i]))
			err = &culprit_error_no_memory;
		if (err) {
			session_changes_deinit(ret);
			return err;
		}
		ret->any = ret->any || ret->names[i].len;
	}
	ret->voids_builds = ret->names[INPUT_BUILD].len;
	ret->voids_nothing = ret->any && nothing_was_said(s, ret->voids_builds);
	return NULL;
}

bool session_changes_format(const struct session *s, const struct session_changes *changes, struct buf *ret)
{
	for (int i = 0; i < INPUT_GROUPS; i++) {
		if (!changes->names[i].len)
			continue;
		if (!buf_printf(ret, "%s%s changed since evidence was taken: ", ret->len ? "\n  " : "",
				changes->names[i].data))
			return false;
		if (i == INPUT_BUILD && !buf_printf(ret, "%u build%s and ", s->n_builds, s->n_builds == 1 ? "" : "s"))
			return false;
		if (!buf_printf(ret, "%u run%s rest%s on how it was", s->n_runs, s->n_runs == 1 ? "" : "s",
				i != INPUT_BUILD && s->n_runs == 1 ? "s" : ""))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------ selecting */

struct selection {
	enum reset_scope scope;
	struct git_hash commit;
	uint32_t since;
	const struct session *session;
	bool begun;			/* something was left out that later records may rest on */
	bool unlearned;
	uint32_t n_builds, n_runs;
};

static const char *commit_of_run(const struct session *s, uint64_t number)
{
	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (s->runs[i].number == number)
			return s->runs[i].subject.commit.hex;
	}
	return "";
}

static bool forgets_run(const struct selection *sel, uint64_t number, const char *commit)
{
	switch (sel->scope) {
	case RESET_RUNS: return true;
	case RESET_COMMIT: return commit && !strcmp(commit, sel->commit.hex);
	case RESET_SINCE: return number >= sel->since;
	case RESET_FAILED: return false;
	case RESET_CHANGED:
	case RESET_ALL: break;
	}
	return true;
}

static bool keep_run(struct selection *sel, const struct journal_record *record)
{
	const char *commit = journal_get(record, "commit");

	if (!forgets_run(sel, journal_get_u64(record, "n", 0), commit ? commit : ""))
		return true;
	sel->n_runs += !strcmp(record->type, "run");
	sel->begun = true;
	return false;
}

static bool keep_build(struct selection *sel, const struct journal_record *record)
{
	const char *commit = journal_get(record, "commit"), *outcome = journal_get(record, "outcome");

	bool failed = outcome && (!strcmp(outcome, build_outcome_name(BUILD_FAILED)) ||
				  !strcmp(outcome, build_outcome_name(BUILD_CONFLICT)));

	if (!(sel->scope == RESET_FAILED && failed) &&
	    (sel->scope != RESET_COMMIT || !commit || strcmp(commit, sel->commit.hex) != 0))
		return true;
	sel->n_builds += !strcmp(record->type, "build");
	sel->begun = true;
	return false;
}

static bool keep_judge(struct selection *sel, const struct journal_record *record)
{
	uint64_t number = journal_get_u64(record, "n", 0);

	return !sel->unlearned && !forgets_run(sel, number, commit_of_run(sel->session, number));
}

static bool keep_inputs(struct selection *sel, const struct journal_record *record)
{
	const char *of = journal_get(record, "of");

	return sel->scope != RESET_RUNS || (of && !strcmp(of, input_group_name(INPUT_BUILD)));
}

static bool keep(void *arg, const struct journal_record *record)
{
	static const char *const conclusions[] = { "decide", "release", "good", "check", "learn", "distrust" };
	struct selection *sel = arg;

	if (sel->scope == RESET_ALL) {
		sel->n_builds += !strcmp(record->type, "build");
		sel->n_runs += !strcmp(record->type, "run");
		sel->unlearned = true;
		return false;
	}
	if (!strcmp(record->type, "running") || !strcmp(record->type, "run") || !strcmp(record->type, "cut"))
		return keep_run(sel, record);
	if (!strcmp(record->type, "building") || !strcmp(record->type, "build"))
		return keep_build(sel, record);
	if (!strcmp(record->type, "judge"))
		return keep_judge(sel, record);
	if (!strcmp(record->type, "inputs"))
		return keep_inputs(sel, record);
	for (size_t i = 0; i < countof(conclusions); i++) {
		if (sel->scope == RESET_FAILED && (!strcmp(record->type, "learn") || !strcmp(record->type, "distrust")))
			continue;
		if (!strcmp(record->type, conclusions[i]) && (sel->begun || sel->scope == RESET_RUNS)) {
			sel->unlearned = sel->unlearned || !strcmp(record->type, "learn");
			return false;
		}
	}
	return true;
}

/* ------------------------------------------------------------ resetting */

/* The first of NAME.1, NAME.2 that is free. */
static char *free_name(const struct config *config, const char *name)
{
	for (int i = 1; i < MAX_KEPT; i++) {
		_cleanup_(freep) char *numbered = NULL;
		char *path;

		if (asprintf(&numbered, "%s.%d", name, i) < 0) {
			numbered = NULL;
			return NULL;
		}
		path = config_in_state(config, numbered);
		if (!path || access(path, F_OK) < 0)
			return path;
		free(path);
	}
	return NULL;
}

static struct culprit_error *choose(const struct session *s, const struct reset_request *request,
				    struct selection *ret)
{
	struct session_changes changes;
	struct culprit_error *err;

	*ret = (struct selection){ .scope = request->scope, .since = request->since, .session = s };
	if (request->scope == RESET_COMMIT)
		return git_resolve(s->git, request->revision, &ret->commit);
	if (request->scope != RESET_CHANGED)
		return NULL;
	err = session_changes(s, &changes);
	if (err)
		return err;
	ret->scope = changes.voids_builds ? RESET_ALL : RESET_RUNS;
	if (!changes.any)
		err = culprit_error_create(CULPRIT_ERROR_USAGE, "nothing changed since the evidence was taken; say what to forget: "
					   "--failed, --runs, --commit REV, --since RUN or --all");
	session_changes_deinit(&changes);
	return err;
}

static struct culprit_error *no_record(void *arg, const struct journal_record *record)
{
	(void)arg;
	(void)record;
	return NULL;
}

/* Numbers go on: the logs of what is forgotten stay what they are. */
static struct culprit_error *journal_reset(const struct session *s, const char *path, const char *kept)
{
	_cleanup_(journal_closep) struct journal *journal = NULL;
	struct culprit_error *err = journal_open(path, 0, -1, no_record, NULL, &journal);
	struct journal_draft draft;

	if (err)
		return err;
	journal_begin(&draft, "reset");
	journal_add(&draft, "kept", strrchr(kept, '/') + 1);
	journal_add_f(&draft, "next_build", "%u", s->next_build);
	journal_add_f(&draft, "next_run", "%u", s->next_run);
	return journal_commit(journal, &draft);
}

static void put_profile_aside(const struct session *s)
{
	_cleanup_(freep) char *path = config_in_state(s->config, "profile.yaml");
	_cleanup_(freep) char *aside = free_name(s->config, "profile.yaml");

	/* Not read any more either way. */
	if (path && aside && rename(path, aside) < 0)
		return;
}

static struct culprit_error *reset(const struct session *s, struct selection *sel, struct reset_result *ret)
{
	_cleanup_(freep) char *path = config_in_state(s->config, "journal");
	struct culprit_error *err;

	ret->kept = free_name(s->config, "journal");
	if (!path || !ret->kept)
		return &culprit_error_no_memory;
	err = journal_rewrite(path, ret->kept, keep, sel);
	if (!err)
		err = journal_reset(s, path, ret->kept);
	if (err)
		return err;
	if (sel->unlearned)
		put_profile_aside(s);
	ret->n_builds = sel->n_builds;
	ret->n_runs = sel->n_runs;
	return sel->scope == RESET_ALL ? pins_remove(s->git, s->id) : NULL;
}

struct culprit_error *session_reset(const char *config_path, const struct reset_request *request,
				    struct reset_result *ret)
{
	_cleanup_(session_closep) struct session *s = NULL;
	_cleanup_(freep) char *path = NULL;
	struct selection sel;
	struct culprit_error *err = session_create(config_path, &s);

	*ret = (struct reset_result){ 0 };
	if (err)
		return err;
	path = config_in_state(s->config, "journal");
	if (!path)
		return &culprit_error_no_memory;
	err = journal_scan(path, session_apply, s);
	if (!err)
		err = choose(s, request, &sel);
	if (!err)
		err = reset(s, &sel, ret);
	if (err)
		reset_result_deinit(ret);
	return err;
}
