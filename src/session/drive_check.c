/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * After the culprit is found: take it away where the target shows, put it in
 * where it does not, and look; where all was built with the smallest configuration,
 * look at it and its parents with all options.
 *
 * The search is over by then.  Later commits may depend on the culprit, or have
 * taken over its mistake, so a check that fails does not take the answer back, but
 * makes it doubtful (session_checks.c).
 */
#include "session/drive_internal.h"

#include <math.h>

/* Clean runs are enough once the target would have shown in them with this probability. */
#define ENOUGH 0.99
#define MIN_RUNS 3
#define MAX_RUNS 60
/* Of a rate that nothing is known of. */
#define RATE_NOT_KNOWN 0.5
/* Nearer to 0 and 1 the formula is not asked: its answer is one of the two limits anyway. */
#define RATE_NEAR 0.001

/* Of so many runs at most one in this many may say nothing before we give up. */
#define MAX_FUTILE 3

struct tally {
	uint32_t shown, clean, futile;
};

static struct tally count(const struct session *s, const struct subject *subject)
{
	struct tally tally = { 0 };

	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (!subject_equal(&s->runs[i].subject, subject))
			continue;
		if (s->runs[i].verdict == VERDICT_TARGET)
			tally.shown++;
		else if (s->runs[i].verdict == VERDICT_CLEAN)
			tally.clean++;
		else if (s->runs[i].verdict != VERDICT_INFRA_FAILED)
			tally.futile++;
	}
	return tally;
}

static uint32_t clean_runs_needed(struct session *s)
{
	struct bisect_rate rate = { .mean = RATE_NOT_KNOWN };
	double p, n;

	session_rate(s, &rate);
	p = rate.mean;
	n = p > 1 - RATE_NEAR ? MIN_RUNS : p < RATE_NEAR ? MAX_RUNS : ceil(log(1 - ENOUGH) / log(1 - p));
	return n < MIN_RUNS ? MIN_RUNS : n > MAX_RUNS ? MAX_RUNS : (uint32_t)n;
}

/* shows: the target is there with the change made. */
static enum session_check_outcome conclude(const struct session *s, const struct subject *subject, bool shows)
{
	bool should_vanish = session_check_should_vanish(s, subject, s->history.hashes[s->action.commit].hex);

	return shows == !should_vanish ? CHECK_CONFIRMS : CHECK_CONTRADICTS;
}

/* False while more runs are needed. */
static bool decide(const struct session *s, const struct subject *subject, uint32_t needed,
		   enum session_check_outcome *ret)
{
	struct tally t = count(s, subject);

	if (t.shown)
		*ret = conclude(s, subject, true);
	else if (t.clean >= needed)
		*ret = conclude(s, subject, false);
	else if (t.futile >= MIN_RUNS && t.clean == 0)
		*ret = CHECK_UNTESTABLE;
	else if (t.futile > MAX_FUTILE * needed)
		*ret = CHECK_UNDECIDED;
	else
		return false;
	return true;
}

static const struct session_build *find_build(const struct session *s, const struct subject *subject)
{
	const struct session_build *found = NULL;

	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (subject_equal(&s->builds[i].subject, subject))
			found = &s->builds[i];
	}
	return found;
}

static struct culprit_error *try_it(struct drive *d, const struct subject *subject, enum session_check_outcome *ret,
				    bool *ret_cancelled)
{
	struct session *s = d->session;
	uint32_t needed = clean_runs_needed(s), attempts = 0;
	const struct session_build *build = find_build(s, subject);
	const struct session_run *run;
	struct culprit_error *err = NULL;

	*ret = CHECK_UNDECIDED;
	while (!err && !*ret_cancelled && !decide(s, subject, needed, ret)) {
		if (session_budget_is_spent(s) || session_is_out(s))
			return NULL;
		drive_pause(d, subject, ret_cancelled);
		if (*ret_cancelled)
			return NULL;
		if (build && build->result.outcome == BUILD_OK && runner_is_built(d->runner, subject)) {
			err = drive_run_one(d, subject, s->config->parallel, &run);
			*ret_cancelled = !err && !run;
			continue;
		}
		if (attempts++ == 2)
			return NULL;
		err = drive_build(d, subject, &build);
		*ret_cancelled = !err && !build;
		if (build && (build->result.outcome == BUILD_CONFLICT || build->result.outcome == BUILD_FAILED)) {
			*ret = build->result.outcome == BUILD_CONFLICT ? CHECK_CONFLICT : CHECK_UNTESTABLE;
			return NULL;
		}
	}
	return err;
}

static bool is_checked(const struct session *s, const struct subject *subject)
{
	for (uint32_t i = 0; i < s->n_checks; i++) {
		if (subject_equal(&s->checks[i].subject, subject))
			return true;
	}
	return false;
}

static struct culprit_error *check(struct drive *d, const struct subject *subject, bool *ret_cancelled)
{
	struct session *s = d->session;
	enum session_check_outcome outcome;
	struct journal_draft draft;
	struct culprit_error *err;
	struct tally tally;

	if (is_checked(s, subject))
		return NULL;
	err = try_it(d, subject, &outcome, ret_cancelled);
	runner_cancel(d->runner);
	if (err || *ret_cancelled)
		return err;
	tally = count(s, subject);
	journal_begin(&draft, "check");
	journal_add(&draft, "commit", subject->commit.hex);
	journal_add(&draft, "change", subject_change_name(subject));
	journal_add(&draft, "changed", subject->changed.hex);
	journal_add(&draft, "outcome", session_check_name(outcome));
	journal_add_f(&draft, "shown", "%u", tally.shown);
	journal_add_f(&draft, "clean", "%u", tally.clean);
	err = journal_commit(d->journal, &draft);
	if (!err)
		drive_notify(d, SESSION_CHECKED);
	return err;
}

/*
 * The bisection was done with the smallest configuration: with the user's own, all options on, the culprit shows the
 * target, too, and its parents do not (for a fix: the other way). A culprit without parents in the history, which
 * only shallow clones have, is looked at alone.
 */
static struct culprit_error *check_with_all_options(struct drive *d, uint32_t culprit, bool *ret_cancelled)
{
	const struct git_history *h = &d->session->history;
	struct subject subject = { .change = GIT_UNCHANGED };
	struct culprit_error *err = drive_name_whole_config(d, &subject.changed);

	if (err)
		return err;
	subject.commit = h->hashes[culprit];
	err = check(d, &subject, ret_cancelled);
	for (uint32_t i = h->parent_start[culprit]; i < h->parent_start[culprit + 1] && !err && !*ret_cancelled; i++) {
		subject.commit = h->hashes[h->parents[i]];
		err = check(d, &subject, ret_cancelled);
	}
	return err;
}

struct culprit_error *drive_check_culprit(struct drive *d, bool *ret_cancelled)
{
	struct session *s = d->session;
	const char *culprit = s->history.hashes[s->action.commit].hex;
	struct culprit_error *err = NULL;
	struct subject subject;

	s->checking = true;
	if (s->config->check_revert) {
		subject = subject_of(s->newer.hex);
		subject.change = GIT_REVERT;
		subject.changed = subject_of(culprit).commit;
		err = check(d, &subject, ret_cancelled);
	}
	if (!err && !*ret_cancelled && s->config->check_cherry_pick) {
		subject = subject_of(s->older[0].hex);
		subject.change = GIT_CHERRY_PICK;
		subject.changed = subject_of(culprit).commit;
		err = check(d, &subject, ret_cancelled);
	}
	if (!err && !*ret_cancelled && s->config->check_config && s->config->minimise && s->minimal.config.hex[0])
		err = check_with_all_options(d, s->action.commit, ret_cancelled);
	s->checking = false;
	return err;
}
