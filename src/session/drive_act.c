/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What drives of all kinds do: build, run, wait; each journalled before the next
 * thing rests on it.  The records are those that session.c reads.
 */
#include "session/drive_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

#define PAUSE_STEP_MS 1000

/* Of the console of a run command that fails from the start. */
#define SHOWN_LINES 10
#define SHOWN_BYTES 4096

static void add_subject(struct journal_draft *draft, const struct subject *subject)
{
	journal_add(draft, "commit", subject->commit.hex);
	if (!subject->changed.hex[0])
		return;
	journal_add(draft, "change", subject_change_name(subject));
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
	if (result.fixup[0])
		journal_add(&draft, "fixup", result.fixup);
	if (result.signature[0])
		journal_add(&draft, "signature", result.signature);
	if (result.image)
		journal_add_f(&draft, "image", "%016" PRIx64, result.image);
	if (result.proof)
		journal_add_f(&draft, "proof", "%016" PRIx64, result.proof);
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
	if (result->end.lost[0])
		journal_add(&draft, "lost", result->end.lost);
	journal_add_f(&draft, "elapsed_us", "%" PRId64, result->end.elapsed_us);
	journal_add_f(&draft, "bytes", "%" PRIu64, result->log_bytes);
	return journal_commit(d->journal, &draft);
}

/* All runs that came to their end: evidence that was paid for, whatever the policy wants by now. */
static struct culprit_error *take_ended_runs(struct drive *d, const struct subject *subject, uint32_t *ret_n)
{
	struct culprit_error *err = NULL;
	struct run_result result;
	bool done = true;

	*ret_n = 0;
	while (!err && done && runner_has_ended(d->runner)) {
		err = runner_wait(d->runner, NULL, NULL, &result, &done);
		if (err || !done)
			return err;
		err = journal_run(d, subject, &result);
		run_result_deinit(&result);
		*ret_n += !err;
		if (!err)
			drive_notify(d, SESSION_RAN);
	}
	return err;
}

static struct culprit_error *cut_runs(struct drive *d, const struct subject *subject, bool *ret_cut)
{
	uint32_t n = runner_n_running(d->runner);
	_cleanup_(freep) struct runner_cut *cuts = n ? calloc(n, sizeof(*cuts)) : NULL;
	struct culprit_error *err = NULL;

	if (!n)
		return NULL;
	if (!cuts)
		return &culprit_error_no_memory;
	n = runner_cut(d->runner, cuts);
	for (uint32_t i = 0; i < n && !err; i++) {
		struct journal_draft draft;

		journal_begin(&draft, "cut");
		journal_add_f(&draft, "n", "%u", cuts[i].number);
		add_subject(&draft, subject);
		journal_add_f(&draft, "elapsed_us", "%" PRId64, cuts[i].elapsed_us);
		err = journal_commit(d->journal, &draft);
	}
	*ret_cut |= n && !err;
	return err;
}

struct culprit_error *drive_cut(struct drive *d, const struct subject *but, bool *ret_cut)
{
	const struct subject subject = d->session->subject;
	struct culprit_error *err;
	uint32_t n = 0;

	*ret_cut = false;
	if (!runner_n_running(d->runner) || (but && subject_equal(&subject, but)))
		return NULL;
	/* While the policy thought, one may have crashed, which is no survival, or ended. */
	err = runner_look(d->runner);
	if (!err)
		err = take_ended_runs(d, &subject, &n);
	*ret_cut = n > 0;
	return err ? err : cut_runs(d, &subject, ret_cut);
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

/* Whoever made the script has to look; more runs would say it again. */
static bool fails_from_the_start(const struct session *s)
{
	const struct session_run *a, *b;
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (s->runs[i].verdict != VERDICT_UNDECIDED && s->runs[i].verdict != VERDICT_INFRA_FAILED)
			return false;
	}
	for (uint32_t i = s->n_facts; i-- > 0 && s->facts[i].kind != FACT_OPEN;)
		n += s->facts[i].kind == FACT_RUN;
	if (n < 2)
		return false;
	a = &s->runs[s->n_runs - 2];
	b = &s->runs[s->n_runs - 1];
	/* "Try again" is what an outage says; a deadline may be the machine's load. */
	return a->end.outcome == b->end.outcome && a->end.value == b->end.value && !a->end.stopped && !b->end.stopped &&
	       (a->end.outcome == PROCESS_NEVER_STARTED ||
		(a->end.outcome == PROCESS_EXITED && a->end.value != COMMAND_EXIT_INFRASTRUCTURE)) &&
	       a->why && b->why && !strcmp(a->why, b->why);
}

/* The end of a console, indented, without what a terminal would obey. */
static bool add_console_end(const struct session *s, uint32_t number, struct buf *path, struct buf *ret)
{
	char bytes[SHOWN_BYTES];
	size_t n, at = 0, lines = 0;
	FILE *f;

	if (runner_log_path(s->config, "runs", number, path))
		return false;
	f = fopen(path->data, "re");
	if (f && fseek(f, -(long)sizeof(bytes), SEEK_END) < 0)
		rewind(f);
	n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
	if (f)
		fclose(f);
	for (size_t i = n; i-- > 0 && lines <= SHOWN_LINES;) {
		lines += bytes[i] == '\n' && i + 1 < n;
		at = lines > SHOWN_LINES ? i + 1 : i;
	}
	if (!n)
		return buf_add_str(ret, "\n    (nothing)");
	for (bool fresh = true; at < n; at++) {
		if (fresh && !buf_add_str(ret, "\n    "))
			return false;
		fresh = bytes[at] == '\n';
		if (!fresh && bytes[at] != '\r' &&
		    !buf_add_char(ret, (unsigned char)bytes[at] < ' ' || bytes[at] == 0x7f ? '?' : bytes[at]))
			return false;
	}
	return true;
}

static struct culprit_error *complain_of_the_start(const struct session *s)
{
	const struct session_run *run = &s->runs[s->n_runs - 1];
	_cleanup_(buf_deinit) struct buf text = { 0 }, path = { 0 };

	if (!add_console_end(s, run->number, &path, &text))
		return &culprit_error_no_memory;
	return culprit_error_create(CULPRIT_ERROR_USAGE, "the first two runs failed in the same way (%s), no kernel was judged; the "
				    "last lines of %s:%s\n  correct the run command or what it calls, then 'culprit bisect run' goes on",
				    run->why, path.data, text.data);
}

struct culprit_error *drive_run_one(struct drive *d, const struct subject *subject, uint32_t n_parallel,
				    const struct session_run **ret)
{
	struct session *session = d->session;
	struct run_result result;
	struct culprit_error *err;
	uint32_t n;
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
	drive_notify(d, SESSION_RAN);
	/* Those that ended together with it. */
	err = take_ended_runs(d, subject, &n);
	if (err)
		return err;
	*ret = &session->runs[session->n_runs - 1];
	return fails_from_the_start(session) ? complain_of_the_start(session) : NULL;
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

	if (left <= 0 || runner_n_running(d->runner))
		return;
	drive_enter(d, PHASE_PAUSING, subject);
	drive_notify(d, SESSION_PAUSING);
	for (; left > 0 && !*ret_cancelled; left -= PAUSE_STEP_MS) {
		*ret_cancelled = clock_wait(left < PAUSE_STEP_MS ? left : PAUSE_STEP_MS, d->cancel_fd);
		drive_notify(d, SESSION_TICK);
	}
}

/* What came through last, of a commit as it is, and can run now; *ret_built: or be built again. */
static const struct subject *came_through(const struct drive *d, const struct subject *but, bool build)
{
	const struct session *s = d->session;

	for (uint32_t i = s->n_facts; i-- > 0;) {
		const struct session_fact *fact = &s->facts[i];
		const struct subject *subject;
		bool fine;

		if (fact->kind != (build ? FACT_BUILD : FACT_RUN))
			continue;
		subject = build ? &s->builds[fact->index].subject : &s->runs[fact->index].subject;
		fine = build ? s->builds[fact->index].result.outcome == BUILD_OK
			     : s->runs[fact->index].verdict != VERDICT_INFRA_FAILED && runner_is_built(d->runner, subject);
		if (fine && !subject->changed.hex[0] && !subject_equal(subject, but))
			return subject;
	}
	return NULL;
}

struct culprit_error *drive_probe(struct drive *d, const struct subject *subject, bool *ret_done,
				  bool *ret_cancelled)
{
	const struct session *s = d->session;
	const struct subject *failing = session_failing_alone(s), *other;
	const struct session_build *build = NULL;
	const struct session_run *run = NULL;
	struct culprit_error *err;
	struct subject copy;
	bool builds;

	*ret_done = false;
	if (!failing || !subject_equal(failing, subject) || runner_n_running(d->runner))
		return NULL;
	builds = s->facts[s->n_facts - 1].kind == FACT_BUILD;
	other = came_through(d, subject, builds);
	if (!other)
		return NULL;
	/* The array it is in may move. */
	copy = *other;
	err = builds ? drive_build(d, &copy, &build) : drive_run_one(d, &copy, 1, &run);
	*ret_done = true;
	*ret_cancelled = !err && !build && !run;
	return err;
}
