/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Learning the target's profile from what the runs at the commit that is known
 * to show it have shown.
 *
 * Learning changes what earlier runs mean, so all of them are judged anew,
 * from their logs, and the policy is told everything again.  The learned
 * profile is a file beside the journal, written before the record that says
 * it is to be used.
 */
#include "session/drive_internal.h"

#include "match/learn.h"

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

static struct culprit_error *load_run(const struct session *s, const struct session_run *run, int64_t expected_us,
				      struct run_console *console, struct run_evidence *evidence)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct culprit_error *err = runner_log_path(s->config, "runs", run->number, &path);

	if (!err)
		err = run_console_load(console, s->patterns, s->config->finished, path.data);
	if (err)
		return err;
	runner_evidence(s->config, console, &run->end, expected_us, evidence);
	err = run_console_other_kernel(console, s->git, &s->history, run->subject.commit.hex, &evidence->other_kernel);
	if (err)
		run_console_deinit(console);
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
		err = load_run(s, &s->runs[i], 0, &l.consoles[l.n], &l.evidence[l.n]);
		if (!err && l.evidence[l.n].other_kernel)
			run_console_deinit(&l.consoles[l.n]);
		else
			l.n += !err;
	}
	return err ? err : profile_learn(s->profile, l.evidence, l.n);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct culprit_error *judge_anew(struct drive *d, const struct session_run *run, int64_t expected_us)
{
	const struct session *s = d->session;
	struct run_console console;
	struct run_evidence evidence;
	struct match_result match;
	struct culprit_error *err = load_run(s, run, expected_us, &console, &evidence);

	if (err)
		return err;
	err = match_run(s->profile, &evidence, &match);
	if (!err) {
		double difference = match.probability - run->q;

		if (match.verdict != run->verdict || difference > 1e-6 || difference < -1e-6 ||
		    !same_text(match.title, run->title))
			err = drive_journal_judgement(d, run->number, &match);
		match_result_deinit(&match);
	}
	run_console_deinit(&console);
	return err;
}

struct culprit_error *drive_learn(struct drive *d, const char *commit)
{
	struct session *s = d->session;
	_cleanup_(freep) char *path = config_in_state(s->config, "profile.yaml");
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
	err = journal_commit(d->journal, &draft);
	/* Killed in the middle, the rest keeps its old judgement: less sharp, not wrong. */
	return err ? err : drive_judge_all(d);
}

struct culprit_error *drive_judge_all(struct drive *d)
{
	int64_t expected_us;
	struct culprit_error *err = session_expected_us(d->session, &expected_us);

	for (uint32_t i = 0; i < d->session->n_runs && !err; i++)
		err = judge_anew(d, &d->session->runs[i], expected_us);
	return err;
}

struct culprit_error *drive_judge_short(struct drive *d)
{
	int64_t expected_us;
	struct culprit_error *err = session_expected_us(d->session, &expected_us);

	if (err)
		return err;
	runner_set_expected(d->runner, expected_us);
	/* Logs are not read again for each second. */
	if (expected_us <= d->length_us + d->length_us / 8)
		return NULL;
	d->length_us = expected_us;
	for (uint32_t i = 0; i < d->session->n_runs && !err; i++) {
		if (session_run_is_short(&d->session->runs[i], expected_us))
			err = judge_anew(d, &d->session->runs[i], expected_us);
	}
	return err;
}
