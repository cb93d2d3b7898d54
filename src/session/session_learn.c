/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The target's profile: first what the configuration says of it, later what
 * the runs at the commit that is known to show it have shown.
 *
 * Learning changes what earlier runs mean, so all of them are judged anew,
 * from their logs, and the policy is told everything again.  The learned
 * profile is a file beside the journal, written before the record that says
 * it is to be used.
 */
#include "session/session_internal.h"

#include <stdio.h>
#include <unistd.h>

static char *profile_path(const struct session *session)
{
	char *path;

	return asprintf(&path, "%s/profile.yaml", session->config->state) < 0 ? NULL : path;
}

/*
 * A log given as one of the target's: the report with the target's title, else
 * the first crash in it.
 */
static struct culprit_error *add_log(struct session *s, const char *path)
{
	const struct culprit_report *found = NULL;
	struct run_console console;
	struct culprit_error *err = run_console_load(&console, s->patterns, path);

	if (err)
		return err;
	for (size_t i = 0; i < console.n_reports; i++) {
		const struct culprit_report *report = console.reports[i];

		if (report->suppressed || report->kind == CULPRIT_KIND_INFRASTRUCTURE)
			continue;
		if (!found || (s->config->title && !strcmp(report->title, s->config->title) &&
			       strcmp(found->title, s->config->title) != 0))
			found = report;
	}
	if (found)
		err = profile_add_report(s->profile, found);
	else
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no crash report in this log", path);
	run_console_deinit(&console);
	return err;
}

struct culprit_error *session_load_profile(struct session *s)
{
	const struct config *config = s->config;
	_cleanup_(freep) char *path = profile_path(s);
	struct culprit_error *err = match_rules_load(NULL, &s->rules);

	if (!path)
		return &culprit_error_no_memory;
	if (err)
		return err;
	if (s->learned)
		return profile_load(s->rules, path, &s->profile);
	if (config->profile)
		err = profile_load(s->rules, config->profile, &s->profile);
	else
		err = profile_create(s->rules, &s->profile);
	if (!err && config->title)
		err = profile_add_title(s->profile, config->title);
	for (size_t i = 0; i < config->titles.n && !err; i++)
		err = profile_add_title(s->profile, config->titles.items[i]);
	for (size_t i = 0; i < config->logs.n && !err; i++)
		err = add_log(s, config->logs.items[i]);
	return err;
}

/* -------------------------------------------------------------- learning */

struct learning {
	struct run_console *consoles;
	struct run_evidence *evidence;
	uint32_t n;
};

static void learning_deinit(struct learning *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		run_console_deinit(&l->consoles[i]);
	free(l->consoles);
	free(l->evidence);
}

static struct culprit_error *load_run(const struct session *s, const struct session_run *run,
				      struct run_console *console, struct run_evidence *evidence)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct culprit_error *err = runner_log_path(s->config, "runs", run->number, &path);

	if (!err)
		err = run_console_load(console, s->patterns, path.data);
	if (!err)
		runner_evidence(s->config, console, &run->end, evidence);
	return err;
}

/*
 * Whether to learn from a run.  Where the target was described to us, a crash
 * that shares nothing with it is not adopted for being frequent: at a commit
 * where every second run dies of a background bug, and the target shows in one
 * of ten, that bug would be hunted instead.  The price: another face of the
 * target that resembles it in nothing counts neither for good nor for bad.
 */
static bool teaches(const struct session *s, const struct session_run *run, const char *commit)
{
	return !run->subject.changed.hex[0] && !strcmp(run->subject.commit.hex, commit) &&
	       (profile_is_empty(s->profile) || run->verdict != VERDICT_UNRELATED);
}

static struct culprit_error *learn_from(struct session *s, const char *commit)
{
	_cleanup_(learning_deinit) struct learning l = {
		.consoles = calloc(s->n_runs + 1, sizeof(*l.consoles)),
		.evidence = calloc(s->n_runs + 1, sizeof(*l.evidence)),
	};
	struct culprit_error *err = NULL;

	if (!l.consoles || !l.evidence)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < s->n_runs && !err; i++) {
		if (!teaches(s, &s->runs[i], commit))
			continue;
		err = load_run(s, &s->runs[i], &l.consoles[l.n], &l.evidence[l.n]);
		l.n += !err;
	}
	return err ? err : profile_learn(s->profile, l.evidence, l.n);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct culprit_error *judge_anew(struct session *s, const struct session_run *run)
{
	struct run_console console;
	struct run_evidence evidence;
	struct match_result match;
	struct culprit_error *err = load_run(s, run, &console, &evidence);

	if (err)
		return err;
	err = match_run(s->profile, &evidence, &match);
	if (!err) {
		double difference = match.probability - run->q;

		if (match.verdict != run->verdict || difference > 1e-6 || difference < -1e-6 ||
		    !same_text(match.title, run->title))
			err = session_journal_judgement(s, run->number, &match);
		match_result_deinit(&match);
	}
	run_console_deinit(&console);
	return err;
}

struct culprit_error *session_learn(struct session *s, const char *commit)
{
	_cleanup_(freep) char *path = profile_path(s);
	struct journal_draft draft;
	struct culprit_error *err;

	if (!path)
		return &culprit_error_no_memory;
	err = learn_from(s, commit);
	if (!err)
		err = profile_save(s->profile, path);
	if (err)
		return err;
	journal_begin(&draft, "learn");
	journal_add(&draft, "commit", commit);
	err = journal_commit(s->journal, &draft);
	/* Killed in the middle, the rest keeps its old judgement: less sharp, not wrong. */
	for (uint32_t i = 0; i < s->n_runs && !err; i++)
		err = judge_anew(s, &s->runs[i]);
	return err;
}
