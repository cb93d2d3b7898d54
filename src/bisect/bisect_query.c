/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the posterior says, for people and reports: shares, sets, rates,
 * verdicts.  Nothing here changes what comes next.
 */
#include "bisect/bisect_impl.h"

#include <math.h>

/* Shares that are called certain in words: an interval of 90 % for a rate, good and bad for a commit. */
#define SURE		0.95
/* Candidates count as left when they have a thousandth of an even share. */
#define LEFT_LEAST	0.001
/* Half as likely is no difference to leave a commit out for. */
#define AS_LIKELY	0.5

static const char *const act_names[] = { "test", "culprit", "set", "give-up" };

static const char *const why_names[] = {
	[BISECT_WHY_BASELINE] = "baseline",
	[BISECT_WHY_MERGE_BASE] = "merge-base",
	[BISECT_WHY_SEARCH] = "search",
	[BISECT_WHY_VERIFY_CULPRIT] = "verify-culprit",
	[BISECT_WHY_VERIFY_PARENT] = "verify-parent",
	[BISECT_WHY_FALSE_MATCHES] = "false-matches",
	[BISECT_WHY_PLAIN] = "plain",
	[BISECT_WHY_CONFIDENT] = "confident",
	[BISECT_WHY_UNTESTABLE] = "untestable",
	[BISECT_WHY_UNOBSERVABLE] = "unobservable",
	[BISECT_WHY_BUDGET] = "budget",
	[BISECT_WHY_NO_PROGRESS] = "no-progress",
	[BISECT_WHY_SAME_IMAGE] = "same-image",
	[BISECT_WHY_NOT_REPRODUCED] = "not-reproduced",
	[BISECT_WHY_BAD_UNTESTABLE] = "bad-untestable",
	[BISECT_WHY_OLDER] = "older",
	[BISECT_WHY_MERGE_BASE_BAD] = "merge-base-bad",
	[BISECT_WHY_INFRASTRUCTURE] = "infrastructure",
};

static const char *const run_names[] = {
	[BISECT_RUN_CLEAN] = "clean",
	[BISECT_RUN_TARGET] = "target",
	[BISECT_RUN_RELATED] = "related",
	[BISECT_RUN_UNRELATED] = "unrelated",
	[BISECT_RUN_BOOT_FAILED] = "boot-failed",
	[BISECT_RUN_INFRA] = "infrastructure",
	[BISECT_RUN_INCOMPLETE] = "incomplete",
	[BISECT_RUN_CUT] = "cut",
};

static const char *const verdict_names[] = { "untested", "good", "bad", "skip", "unsure" };

static const char *name_in(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "unknown";
}

const char *bisect_why_name(enum bisect_why why)
{
	return name_in(why_names, countof(why_names), why);
}

const char *bisect_act_name(enum bisect_act act)
{
	return name_in(act_names, countof(act_names), act);
}

const char *bisect_run_name(enum bisect_run kind)
{
	return name_in(run_names, countof(run_names), kind);
}

const char *bisect_verdict_name(enum bisect_verdict verdict)
{
	return name_in(verdict_names, countof(verdict_names), verdict);
}

uint32_t bisect_n_candidates(const struct bisect *b)
{
	return b->n_candidates;
}

bool bisect_is_candidate(const struct bisect *b, uint32_t commit)
{
	return commit < b->n && b->candidate[commit];
}

double bisect_posterior(struct bisect *b, uint32_t commit)
{
	return commit < b->n ? posterior_of(b, commit) : 0;
}

double bisect_posterior_older(struct bisect *b)
{
	posterior_refresh(b);
	return b->classes[0].posterior;
}

double bisect_p_bad(struct bisect *b, uint32_t commit)
{
	double p;

	if (commit >= b->n)
		return 0;
	p = posterior_p_shows(b, commit);
	return b->config.find == BISECT_FIX ? 1 - p : p;
}

double bisect_p_testable(struct bisect *b, uint32_t commit)
{
	if (commit >= b->n)
		return 0;
	/* out of memory: what was known before the last evidence */
	culprit_error_destroy(testable_refresh(b));
	return b->testable[commit];
}

double bisect_entropy(struct bisect *b)
{
	return posterior_entropy(b);
}

uint32_t bisect_n_left(struct bisect *b)
{
	double least = LEFT_LEAST / b->n_candidates;
	uint32_t n = 0;

	for (uint32_t c = 0; c < b->n; c++)
		n += b->candidate[c] && posterior_of(b, c) >= least;
	return n;
}

static int compare_shares(const void *pa, const void *pb)
{
	const struct bisect_share *x = pa, *y = pb;

	if (x->posterior != y->posterior)
		return x->posterior > y->posterior ? -1 : 1;
	return x->commit > y->commit ? -1 : x->commit < y->commit;
}

uint32_t bisect_top(struct bisect *b, uint32_t max, struct bisect_share *ret)
{
	uint32_t n = 0;

	for (uint32_t c = b->n; max && c-- > 0;) {
		struct bisect_share share = { c, posterior_of(b, c) };
		uint32_t at;

		if (!b->candidate[c] || (n == max && share.posterior <= ret[n - 1].posterior))
			continue;
		at = n < max ? n++ : n - 1;
		for (; at > 0 && ret[at - 1].posterior < share.posterior; at--)
			ret[at] = ret[at - 1];
		ret[at] = share;
	}
	return n;
}

struct culprit_error *bisect_set(struct bisect *b, struct bisect_share **ret, uint32_t *ret_n, double *ret_mass)
{
	struct bisect_share *all = calloc(b->n_candidates, sizeof(*all));
	double mass = 0, goal;
	uint32_t n = 0, taken = 0;

	if (!all)
		return &culprit_error_no_memory;
	for (uint32_t c = 0; c < b->n; c++)
		if (b->candidate[c])
			all[n++] = (struct bisect_share){ c, posterior_of(b, c) };
	qsort(all, n, sizeof(*all), compare_shares);
	/* what is older than good cannot be listed; the set speaks of the rest */
	goal = b->config.set_confidence * (1 - b->classes[0].posterior);
	while (taken < n && mass < goal)
		mass += all[taken++].posterior;
	while (taken < n && taken > 0 && all[taken].posterior > AS_LIKELY * all[taken - 1].posterior &&
	       all[taken].posterior > 0)
		mass += all[taken++].posterior;
	*ret = all;
	*ret_n = taken;
	*ret_mass = fmin(mass, 1);
	return NULL;
}

void bisect_rate(struct bisect *b, uint32_t commit, struct bisect_rate *ret)
{
	double rate[N_RATES], own[N_RATES], total = 0, below = 0, most = -INFINITY;

	*ret = (struct bisect_rate){ .low = -1, .high = -1 };
	if (commit >= b->n)
		return;
	rates_elsewhere(b, commit, rate);
	rates_own_runs(b, commit, own);
	for (int i = 0; i < N_RATES; i++)
		most = fmax(most, own[i]);
	for (int i = 0; i < N_RATES; i++)
		total += rate[i] *= exp(own[i] - most);
	for (int i = 0; i < N_RATES; i++) {
		ret->mean += rate[i] / total * b->likelihood.rate[i];
		below += rate[i] / total;
		if (ret->low < 0 && below >= 1 - SURE)
			ret->low = b->likelihood.rate[i];
		if (ret->high < 0 && (below >= SURE || i + 1 == N_RATES))
			ret->high = b->likelihood.rate[i];
	}
}

static enum bisect_verdict verdict_of(struct bisect *b, uint32_t commit, const struct tested *t)
{
	double p;

	if (!t)
		return BISECT_UNTESTED;
	if (t->marked)
		return t->mark == BISECT_MARK_SKIP ? BISECT_VERDICT_SKIP :
			t->mark == BISECT_MARK_GOOD ? BISECT_VERDICT_GOOD : BISECT_VERDICT_BAD;
	if (b->config.plain_runs) {
		bool hit = tested_hits(t) > 0;

		if (!tested_valid(t))
			return tested_live(t) || t->n[BISECT_RUN_BOOT_FAILED] || t->n_build_failures ?
				BISECT_VERDICT_SKIP : BISECT_UNTESTED;
		return hit == (b->config.find == BISECT_CAUSE) ? BISECT_VERDICT_BAD : BISECT_VERDICT_GOOD;
	}
	if (!tested_valid(t))
		return testable_own_failure(b, t) > 0.5 || tested_live(t) ? BISECT_VERDICT_SKIP : BISECT_UNTESTED;
	p = bisect_p_bad(b, commit);
	return p >= SURE ? BISECT_VERDICT_BAD : p <= 1 - SURE ? BISECT_VERDICT_GOOD : BISECT_VERDICT_UNSURE;
}

void bisect_evidence(struct bisect *b, uint32_t commit, struct bisect_evidence *ret)
{
	const struct tested *t = commit < b->n ? tested_find(b, commit) : NULL;

	*ret = (struct bisect_evidence){ .same_image = BISECT_NONE, .p_shows = 0.5 };
	if (!t)
		return;
	memcpy(ret->n, t->n, sizeof(ret->n));
	ret->n_builds = t->n_builds;
	ret->n_build_failures = t->n_build_failures;
	ret->image = t->image;
	for (uint32_t i = 0; t->image && i < b->n_tested && ret->same_image == BISECT_NONE; i++)
		if (b->tested[i].image == t->image && b->tested[i].commit != commit)
			ret->same_image = b->tested[i].commit;
	ret->p_shows = rates_p_shows(b, commit);
	ret->verdict = verdict_of(b, commit, t);
}

const uint32_t *bisect_tested(const struct bisect *b, uint32_t *ret_n)
{
	*ret_n = b->n_tested;
	return b->tested_commits;
}

void bisect_spent(const struct bisect *b, struct bisect_spent *ret)
{
	*ret = (struct bisect_spent){ b->runs_spent, b->builds_spent, b->cost_spent };
}

struct culprit_error *bisect_conclude(struct bisect *b, enum bisect_why why, struct bisect_action *ret)
{
	struct culprit_error *err;

	*ret = (struct bisect_action){ .commit = BISECT_NONE };
	err = testable_refresh(b);
	if (err)
		return err;
	ret->entropy = bisect_entropy(b);
	choose_conclude(b, why, ret);
	return NULL;
}
