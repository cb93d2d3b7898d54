/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What drives of all kinds do: build, run, wait; each journalled before the next
 * thing rests on it.  The records are those that session.c reads.
 */
#include "session/drive_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <time.h>

#define PAUSE_STEP_MS 1000

static void add_subject(struct journal_draft *draft, const struct subject *subject)
{
	journal_add(draft, "commit", subject->commit.hex);
	if (!subject->changed.hex[0])
		return;
	journal_add(draft, "change", subject->change == GIT_REVERT ? "revert" : "cherry-pick");
	journal_add(draft, "changed", subject->changed.hex);
}

/* -------------------------------------------------------------- journal */

struct culprit_error *drive_journal_decision(struct drive *d, const struct bisect_action *action)
{
	const struct session *session = d->session;
	const struct session_decision *last = session->n_decisions ? &session->decisions[session->n_decisions - 1] : NULL;
	const char *commit = action->commit == BISECT_NONE ? "" : session->history.hashes[action->commit].hex;
	struct journal_draft draft;

	if (last && last->act == action->act && last->why == action->why && !strcmp(last->commit.hex, commit))
		return NULL;
	journal_begin(&draft, "decide");
	journal_add(&draft, "act", bisect_act_name(action->act));
	journal_add(&draft, "why", bisect_why_name(action->why));
	if (*commit)
		journal_add(&draft, "commit", commit);
	journal_add_f(&draft, "runs", "%u", action->n_runs);
	journal_add_f(&draft, "p_bad", "%.6g", action->p_bad);
	journal_add_f(&draft, "p_testable", "%.6g", action->p_testable);
	journal_add_f(&draft, "bits", "%.6g", action->bits);
	journal_add_f(&draft, "cost", "%.6g", action->cost);
	journal_add_f(&draft, "posterior", "%.9g", action->posterior);
	journal_add_f(&draft, "entropy", "%.6g", action->entropy);
	journal_add_f(&draft, "left", "%u", bisect_n_left(session->bisect));
	return journal_commit(d->journal, &draft);
}

void drive_notify(struct drive *d, enum session_event event)
{
	if (d->observer && d->observer->notify)
		d->observer->notify(d->observer->arg, d->session, event);
}

/* ------------------------------------------------------ build and run */

static void tick(void *arg)
{
	drive_notify(arg, SESSION_TICK);
}

static struct culprit_error *journal_number(struct drive *d, const char *type, uint32_t number,
					    const struct subject *subject)
{
	struct journal_draft draft;

	journal_begin(&draft, type);
	journal_add_f(&draft, "n", "%u", number);
	add_subject(&draft, subject);
	return journal_commit(d->journal, &draft);
}

void drive_enter(struct drive *d, enum session_phase phase, const struct subject *subject)
{
	struct session *session = d->session;
	struct timespec ts;

	if (session->phase == phase && subject_equal(&session->subject, subject))
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	session->phase = phase;
	session->subject = *subject;
	session->phase_since_us = ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

struct culprit_error *drive_build(struct drive *d, const struct subject *subject, const struct session_build **ret)
{
	struct session *session = d->session;
	uint32_t number = session->next_build;
	struct build_result result;
	struct journal_draft draft;
	struct culprit_error *err;

	*ret = NULL;
	runner_cancel(d->runner);
	err = journal_number(d, "building", number, subject);
	if (err)
		return err;
	drive_enter(d, PHASE_BUILDING, subject);
	drive_notify(d, SESSION_BUILDING);
	err = runner_build(d->runner, subject, number, tick, d, &result);
	if (err || result.outcome == BUILD_CANCELLED)
		return err;
	journal_begin(&draft, "build");
	journal_add_f(&draft, "n", "%u", number);
	add_subject(&draft, subject);
	journal_add(&draft, "outcome", build_outcome_name(result.outcome));
	if (result.reason[0])
		journal_add(&draft, "reason", result.reason);
	if (result.signature[0])
		journal_add(&draft, "signature", result.signature);
	if (result.image)
		journal_add_f(&draft, "image", "%016" PRIx64, result.image);
	journal_add_f(&draft, "elapsed_us", "%" PRId64, result.elapsed_us);
	err = journal_commit(d->journal, &draft);
	if (err)
		return err;
	*ret = &session->builds[session->n_builds - 1];
	drive_notify(d, SESSION_BUILT);
	return NULL;
}

static void add_judgement(struct journal_draft *draft, const struct match_result *match)
{
	journal_add(draft, "verdict", verdict_name(match->verdict));
	journal_add_f(draft, "q", "%.6g", match->probability);
	journal_add(draft, "title", match->title);
	journal_add(draft, "symptom", match->symptom);
	if (match->n_evidence)
		journal_add(draft, "because", match->evidence[0].text);
}

struct culprit_error *drive_journal_judgement(struct drive *d, uint32_t number, const struct match_result *match)
{
	struct journal_draft draft;

	journal_begin(&draft, "judge");
	journal_add_f(&draft, "n", "%u", number);
	add_judgement(&draft, match);
	return journal_commit(d->journal, &draft);
}

static struct culprit_error *journal_run(struct drive *d, const struct subject *subject,
					 const struct run_result *result)
{
	struct journal_draft draft;

	journal_begin(&draft, "run");
	journal_add_f(&draft, "n", "%u", result->number);
	add_subject(&draft, subject);
	add_judgement(&draft, &result->match);
	journal_add_f(&draft, "end", "%u", (unsigned int)result->end.outcome);
	journal_add_f(&draft, "value", "%d", result->end.value);
	if (result->end.stopped)
		journal_add(&draft, "stopped", "1");
	journal_add_f(&draft, "elapsed_us", "%" PRId64, result->end.elapsed_us);
	journal_add_f(&draft, "bytes", "%" PRIu64, result->log_bytes);
	return journal_commit(d->journal, &draft);
}

static struct culprit_error *start_runs(struct drive *d, const struct subject *subject, uint32_t n_parallel)
{
	struct session *session = d->session;
	struct culprit_error *err = NULL;

	while (!err && runner_n_running(d->runner) < n_parallel) {
		uint32_t number = session->next_run;

		err = journal_number(d, "running", number, subject);
		if (!err)
			err = runner_start(d->runner, subject, number);
		if (!err)
			drive_notify(d, SESSION_RUNNING);
	}
	return err;
}

struct culprit_error *drive_run_one(struct drive *d, const struct subject *subject, uint32_t n_parallel,
				    const struct session_run **ret)
{
	struct session *session = d->session;
	struct run_result result;
	struct culprit_error *err;
	bool done;

	*ret = NULL;
	if (!subject_equal(&session->subject, subject))
		runner_cancel(d->runner);
	drive_enter(d, PHASE_RUNNING, subject);
	err = start_runs(d, subject, n_parallel);
	if (!err)
		err = runner_wait(d->runner, tick, d, &result, &done);
	if (err || !done)
		return err;
	err = journal_run(d, subject, &result);
	run_result_deinit(&result);
	if (err)
		return err;
	*ret = &session->runs[session->n_runs - 1];
	drive_notify(d, SESSION_RAN);
	return NULL;
}

/* ------------------------------------------------------------- pausing */

/*
 * Two failures around the kernel in a row are hardly by chance: a machine that
 * is out of memory, a cloud that is out of instances.  Give it time, the longer
 * the longer it lasts; what still runs is waited for instead.
 */
void drive_pause(struct drive *d, const struct subject *subject, bool *ret_cancelled)
{
	struct session *s = d->session;
	int64_t left = session_infra_pause_ms(s, session_infra_row(s));
	struct pollfd cancel = { .fd = d->cancel_fd, .events = POLLIN };

	if (left <= 0 || runner_n_running(d->runner))
		return;
	drive_enter(d, PHASE_PAUSING, subject);
	drive_notify(d, SESSION_PAUSING);
	for (; left > 0 && !*ret_cancelled; left -= PAUSE_STEP_MS) {
		*ret_cancelled = poll(&cancel, 1, (int)(left < PAUSE_STEP_MS ? left : PAUSE_STEP_MS)) > 0;
		drive_notify(d, SESSION_TICK);
	}
}
