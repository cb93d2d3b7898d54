/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `good: releases`: walk back over the release tags below the bad commit,
 * newest first, in steps of 1, 2, 4, ... until one is good.
 *
 * Each release is judged by the same policy, on a graph of two commits: the
 * release, presumed good, but to be tested before all else, and the bad commit.  So
 * a release is called good on evidence, not for want of a crash in a few runs.
 */
#include "session/drive_internal.h"

#include <stdio.h>

#include "session/pins.h"

enum judgement { JUDGED_GOOD, JUDGED_BAD, JUDGED_UNTESTABLE, JUDGED_HOPELESS, JUDGED_CANCELLED };

#define RELEASE 0u
#define BAD 1u
/* That a release is bad, before its runs; and what its own runs have to say for it to be called so, or good. */
#define NOT_KNOWN 0.5
#define RELEASE_SURE 0.95

/* Facts about the two commits, as the small policy counts them. */
static struct culprit_error *feed(struct session *s, struct bisect *bisect, const char *release, uint32_t *n_fed)
{
	struct culprit_error *err = NULL;

	for (; *n_fed < s->n_facts && !err; (*n_fed)++) {
		const struct session_fact *fact = &s->facts[*n_fed];
		const char *hex;

		bisect_retry_infra(bisect);
		if (fact->kind == FACT_OPEN || session_is_probe(s, *n_fed))
			continue;
		hex = fact->kind == FACT_RUN ? s->runs[fact->index].subject.commit.hex
					     : s->builds[fact->index].subject.commit.hex;
		if (!strcmp(hex, release))
			err = session_feed_fact(s, bisect, RELEASE, fact);
		else if (!strcmp(hex, s->newer.hex))
			err = session_feed_fact(s, bisect, BAD, fact);
	}
	return err;
}

static struct culprit_error *create(struct session *s, struct bisect **ret)
{
	static const uint32_t parent_start[] = { 0, 0, 1 }, parents[] = { RELEASE };
	static const uint8_t flags[] = { BISECT_GOOD | BISECT_MERGE_BASE, 0 };
	const struct bisect_graph graph = {
		.n = 2, .bad = BAD, .parent_start = parent_start, .parents = parents, .flags = flags,
	};
	struct bisect_config config;
	struct culprit_error *err = session_policy_config(s, &config);

	if (err)
		return err;
	/* Nothing is known of a release: it is as likely bad as good. */
	config.older_merge_base = NOT_KNOWN;
	/* The budget is of all releases together: judge() looks after it. */
	config.max_runs = config.max_builds = 0;
	return bisect_create(&graph, &config, ret);
}

static enum judgement judgement_of(struct bisect *bisect, const struct bisect_action *action)
{
	struct bisect_evidence evidence;

	bisect_evidence(bisect, RELEASE, &evidence);
	if (action->act == BISECT_GIVE_UP &&
	    (action->why == BISECT_WHY_MERGE_BASE_BAD || action->why == BISECT_WHY_OLDER))
		return JUDGED_BAD;
	if (action->act == BISECT_GIVE_UP)
		return JUDGED_HOPELESS;
	/* Its own runs decide; that bad is bad says nothing of the release. */
	if (evidence.p_shows <= 1 - RELEASE_SURE)
		return JUDGED_GOOD;
	return evidence.p_shows >= RELEASE_SURE ? JUDGED_BAD : JUDGED_UNTESTABLE;
}

static struct culprit_error *act(struct drive *d, const struct bisect_action *action, const char *hex, bool *ret_cancelled)
{
	struct subject subject = subject_of(hex);
	const struct session_build *build;
	const struct session_run *run;
	struct culprit_error *err;

	drive_pause(d, &subject, ret_cancelled);
	if (*ret_cancelled)
		return NULL;
	if (action->needs_build || !runner_is_built(d->runner, &subject)) {
		err = drive_build(d, &subject, &build);
		*ret_cancelled = !err && !build;
		return err;
	}
	err = drive_run_one(d, &subject, action->n_parallel ? action->n_parallel : 1, &run);
	*ret_cancelled = !err && !run;
	return err;
}

static struct culprit_error *judge(struct drive *d, const char *release,
				   enum judgement *ret, struct bisect_action *ret_action)
{
	struct session *s = d->session;
	_cleanup_(bisect_destroyp) struct bisect *bisect = NULL;
	struct culprit_error *err = create(s, &bisect);
	bool cancelled = false;
	uint32_t n_fed = 0;

	while (!err && !cancelled) {
		err = feed(s, bisect, release, &n_fed);
		if (!err)
			err = bisect_next(bisect, ret_action);
		if (err)
			return err;
		if (ret_action->act != BISECT_TEST) {
			*ret = judgement_of(bisect, ret_action);
			return NULL;
		}
		/* No word about the release: with a larger budget the walk goes on there. */
		if (session_budget_is_spent(s)) {
			ret_action->why = BISECT_WHY_BUDGET;
			*ret = JUDGED_HOPELESS;
			return NULL;
		}
		if (session_is_out(s)) {
			ret_action->why = BISECT_WHY_INFRASTRUCTURE;
			*ret = JUDGED_HOPELESS;
			return NULL;
		}
		err = act(d, ret_action, ret_action->commit == BAD ? s->newer.hex : release, &cancelled);
	}
	*ret = JUDGED_CANCELLED;
	return err;
}

static struct culprit_error *journal_release(struct drive *d, const char *name, const char *hex,
					     enum judgement judgement)
{
	struct journal_draft draft;

	journal_begin(&draft, "release");
	journal_add(&draft, "name", name);
	journal_add(&draft, "commit", hex);
	journal_add(&draft, "verdict", judgement == JUDGED_GOOD ? "good" : judgement == JUDGED_BAD ? "bad" : "untestable");
	return journal_commit(d->journal, &draft);
}

static const struct session_release *find_release(const struct session *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_releases; i++) {
		if (!strcmp(s->releases[i].name, name))
			return &s->releases[i];
	}
	return NULL;
}

static struct culprit_error *visit(struct drive *d, const char *name,
				   const struct session_release **ret, bool *ret_cancelled)
{
	struct session *s = d->session;
	struct bisect_action action;
	enum judgement judgement;
	struct culprit_error *err;
	struct git_hash hash;

	*ret = find_release(s, name);
	if (*ret)
		return NULL;
	err = git_resolve(s->git, name, &hash);
	if (!err)
		err = judge(d, hash.hex, &judgement, &action);
	if (err)
		return err;
	*ret_cancelled = judgement == JUDGED_CANCELLED;
	if (*ret_cancelled)
		return NULL;
	if (judgement == JUDGED_HOPELESS && action.why == BISECT_WHY_BUDGET)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "the budget was spent before a good release was found "
					    "(at %s); with a larger one, run goes on from there", name);
	if (judgement == JUDGED_HOPELESS && action.why == BISECT_WHY_INFRASTRUCTURE) {
		d->out = *ret_cancelled = true;
		return NULL;
	}
	if (judgement == JUDGED_HOPELESS)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "the walk over releases ends at %s: %s", name,
					    bisect_why_name(action.why));
	err = journal_release(d, name, hash.hex, judgement);
	if (!err) {
		*ret = &s->releases[s->n_releases - 1];
		drive_notify(d, SESSION_RELEASE);
	}
	return err;
}

static struct culprit_error *take_good(struct drive *d, const struct session_release *release)
{
	struct journal_draft draft;
	struct culprit_error *err;

	journal_begin(&draft, "good");
	journal_add(&draft, "commit", release->commit.hex);
	err = journal_commit(d->journal, &draft);
	if (!err)
		err = pins_set(d->session->git, d->session->id, d->session->newer.hex, d->session->older,
			       d->session->n_older);
	return err ? err : session_build_graph(d->session);
}

static struct culprit_error *walk(struct drive *d, struct arena *arena, bool *ret_cancelled)
{
	struct session *s = d->session;
	const struct session_release *release;
	struct culprit_error *err;
	const char **names;
	size_t n, step = 1;

	err = git_releases(s->git, s->newer.hex, arena, &names, &n);
	if (err)
		return err;
	for (size_t at = 0; at < n;) {
		struct git_hash hash;

		err = git_resolve(s->git, names[at], &hash);
		if (err)
			return err;
		if (!strcmp(hash.hex, s->newer.hex)) {
			at++;
			continue;
		}
		err = visit(d, names[at], &release, ret_cancelled);
		if (err || *ret_cancelled)
			return err;
		if (release->good)
			return take_good(d, release);
		/* One that cannot be tested is only stepped over. */
		if (release->bad) {
			at = at + step < n || at == n - 1 ? at + step : n - 1;
			step *= 2;
		} else {
			at++;
		}
	}
	return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no release below %s is good (%zu looked at)", s->config->bad,
				    (size_t)s->n_releases);
}

struct culprit_error *drive_walk_releases(struct drive *d, bool *ret_cancelled)
{
	struct session *session = d->session;
	struct arena arena = { 0 };
	struct culprit_error *err;

	session->walking = true;
	err = walk(d, &arena, ret_cancelled);
	session->walking = false;
	arena_deinit(&arena);
	return err;
}
