/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: ask the policy, journal its word, do it, journal what came out.
 *
 * The policy is asked again after each result.  As long as it names the same
 * commit, runs that are going on go on; once it names another, they are of no
 * more use and are ended.
 */
#include "session/session_internal.h"

#include <poll.h>
#include <stdio.h>

/* A profile without any symptom is learned once so many runs at the known end crashed. */
#define FIRST_CRASHES 3

/* After the second failure around the kernel in a row; doubled with each more. */
#define FIRST_PAUSE_MS 500
#define PAUSE_STEP_MS 1000

bool session_over_hours(const struct session *session)
{
	return session->config->max_hours > 0 && (double)session->active_us / 3.6e9 >= session->config->max_hours;
}

bool session_budget_is_spent(const struct session *session)
{
	const struct config *c = session->config;

	return (c->max_runs && session->n_runs >= c->max_runs) || (c->max_builds && session->n_builds >= c->max_builds) ||
	       session_over_hours(session);
}

/* The commit that is known to show the target. */
static const char *known_end(const struct session *s)
{
	return s->config->find == CONFIG_FIX ? s->older[0].hex : s->newer.hex;
}

static uint32_t count_crashes(const struct session *s, const char *commit)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];

		n += !strcmp(run->subject.commit.hex, commit) && !run->subject.changed.hex[0] && run->title &&
		     run->verdict != VERDICT_INFRA_FAILED;
	}
	return n;
}

/*
 * Time to learn the profile: the policy has seen enough of the known end, or
 * nothing at all is known of the target and some runs there crashed.
 */
static bool should_learn(const struct session *s)
{
	const struct bisect_action *a = &s->action;
	bool baseline = a->act == BISECT_TEST && a->why == BISECT_WHY_BASELINE;
	uint32_t crashes;

	if (s->learned)
		return false;
	crashes = count_crashes(s, known_end(s));
	if (profile_is_empty(s->profile))
		return crashes >= FIRST_CRASHES || (crashes && a->act == BISECT_GIVE_UP);
	return crashes && !baseline && a->act == BISECT_TEST;
}

uint32_t session_infra_row(const struct session *s)
{
	uint32_t row = 0;

	for (uint32_t i = s->n_facts; i-- > 0;) {
		const struct session_fact *fact = &s->facts[i];

		if (fact->kind == FACT_OPEN || (fact->kind == FACT_RUN && s->runs[fact->index].verdict != VERDICT_INFRA_FAILED) ||
		    (fact->kind == FACT_BUILD && s->builds[fact->index].result.outcome != BUILD_INFRA))
			break;
		row++;
	}
	return row;
}

int64_t session_infra_pause_ms(const struct session *s, uint32_t row)
{
	int64_t pause = FIRST_PAUSE_MS;

	if (row < 2)
		return 0;
	for (uint32_t i = 2; i < row && pause < s->config->infra_pause_ms; i++)
		pause *= 2;
	return pause < s->config->infra_pause_ms ? pause : s->config->infra_pause_ms;
}

/*
 * Two failures around the kernel in a row are hardly by chance: a machine that
 * is out of memory, a cloud that is out of instances.  Give it time, the longer
 * the longer it lasts; what still runs is waited for instead.
 */
void session_pause(struct session *s, const struct session_observer *observer, const struct subject *subject,
		   bool *ret_cancelled)
{
	int64_t left = session_infra_pause_ms(s, session_infra_row(s));
	struct pollfd cancel = { .fd = s->cancel_fd, .events = POLLIN };

	if (left <= 0 || runner_n_running(s->runner))
		return;
	session_enter(s, PHASE_PAUSING, subject);
	session_notify(s, observer, SESSION_PAUSING);
	for (; left > 0 && !*ret_cancelled; left -= PAUSE_STEP_MS) {
		*ret_cancelled = poll(&cancel, 1, (int)(left < PAUSE_STEP_MS ? left : PAUSE_STEP_MS)) > 0;
		session_notify(s, observer, SESSION_TICK);
	}
}

static struct culprit_error *test(struct session *s, const struct session_observer *observer, bool *ret_cancelled)
{
	struct subject subject = subject_of(s->history.hashes[s->action.commit].hex);
	const struct session_build *build;
	const struct session_run *run;
	uint32_t n_parallel = s->action.n_parallel ? s->action.n_parallel : 1;
	struct culprit_error *err;

	session_pause(s, observer, &subject, ret_cancelled);
	if (*ret_cancelled)
		return NULL;
	if (s->action.needs_build || !runner_is_built(s->runner, &subject)) {
		err = session_do_build(s, observer, &subject, &build);
		*ret_cancelled = !err && !build;
		if (err || !build || build->result.outcome != BUILD_OK)
			return err;
		/* The policy may think otherwise now: it is the same image as another's. */
		return NULL;
	}
	if (n_parallel > s->config->parallel)
		n_parallel = s->config->parallel;
	/* One at a time, until one comes through. */
	if (session_infra_row(s) >= 2)
		n_parallel = 1;
	err = session_do_run(s, observer, &subject, n_parallel, &run);
	*ret_cancelled = !err && !run;
	return err;
}

static struct culprit_error *hunt(struct session *s, const struct session_observer *observer, bool *ret_cancelled)
{
	struct culprit_error *err = NULL;

	*ret_cancelled = false;
	while (!err && !*ret_cancelled) {
		err = session_ask(s);
		if (!err && should_learn(s)) {
			err = session_learn(s, known_end(s));
			if (!err)
				session_notify(s, observer, SESSION_LEARNED);
			continue;
		}
		if (!err)
			err = session_journal_decision(s, &s->action);
		if (err)
			return err;
		session_notify(s, observer, SESSION_DECIDED);
		if (s->action.act != BISECT_TEST)
			return NULL;
		err = test(s, observer, ret_cancelled);
	}
	return err;
}

static struct culprit_error *run_all(struct session *s, const struct session_observer *observer,
				     enum session_outcome *ret)
{
	struct culprit_error *err = NULL;
	bool cancelled = false;

	session_notify(s, observer, SESSION_STARTED);
	if (!s->n_older)
		err = session_walk_releases(s, observer, &cancelled);
	if (!err && !cancelled)
		err = hunt(s, observer, &cancelled);
	runner_cancel(s->runner);
	if (!err && !cancelled && s->action.act == BISECT_DONE_CULPRIT)
		err = session_check_culprit(s, observer, &cancelled);
	if (err)
		return err;
	s->phase = PHASE_IDLE;
	if (cancelled)
		*ret = SESSION_CANCELLED;
	else if (s->action.act == BISECT_DONE_CULPRIT)
		*ret = SESSION_CULPRIT;
	else
		*ret = s->action.act == BISECT_DONE_SET ? SESSION_SET : SESSION_GAVE_UP;
	session_notify(s, observer, SESSION_DONE);
	return NULL;
}

struct culprit_error *session_run(struct session *session, const struct session_observer *observer,
				  enum session_outcome *ret)
{
	struct runner_options options = {
		.config = session->config,
		.git = session->git,
		.patterns = session->patterns,
		.profile = session->profile,
		.cancel_fd = session->cancel_fd,
		.hold_fd = journal_fd(session->journal),
	};
	struct culprit_error *err;

	err = runner_create(&options, &session->runner);
	if (!err)
		err = run_all(session, observer, ret);
	runner_destroy(session->runner);
	session->runner = NULL;
	return err;
}
