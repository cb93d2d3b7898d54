/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What to do next: baseline, merge bases, search, verification, end.
 *
 * The search takes the visit that tells the most for its cost (bisect_visit.c).
 */
#include "bisect/bisect_impl.h"

#include <math.h>
/* Commits in a row that may fail to be tested at any time of a hunt. */
#define FAILURES	10
/*
 * Half as much again as was spent, and so many runs more, must promise a third
 * of a bit, or of what is missing; otherwise the answer is a set.  At a rate of 3 % a visit
 * tells a third of a bit in a hundred runs.
 */
#define PATIENCE	200
/* Failures around the kernel in a row that stop the hunt. */
#define INFRA_ROW	10
/*
 * Baseline runs that told nothing before its commit is called untestable; boots
 * that failed without any that came up.  Others are given up sooner, but of
 * this one it is known that it came up once.
 */
#define BASELINE_WASTE	24
#define BASELINE_BOOTS	10
/* A chance below which a commit is no place to check an answer: no other will do there, one run in twenty has to. */
#define RUNS_SELDOM	0.05f
/* Of ten builds one works: what lies behind such commits is told from the rest only at a price that nobody pays. */
#define TESTS_SELDOM	0.1f
/* Runs of a commit after which one more check of an answer tells nothing. */
#define CHECK_RUNS	1000
/* A commit that fails by itself this surely is not asked for more of it. */
#define FAILS_SURELY	0.99
/*
 * Runs by mistake: in one run of a hundred at most, or hardly ever (likelihood.h).  What is asked for of a commit
 * without the target until one of the two is this unlikely, or so many runs were made.
 */
#define FALSE_SETTLED	0.02
#define FALSE_RUNS	400
#define FALSE_VISIT	50
/* Candidates with less do not explain why a hunt got stuck. */
#define CANDIDATE	0.001
/* What has to be lost to commits that cannot be tested, or show nothing but other crashes, to be called the reason. */
#define REASON_BROKEN	0.2
#define REASON_MASKED	0.5
/* A good part of what was spent on commits that work; a third of a bit (see PATIENCE). */
#define GOOD_PART	0.75
#define THIRD		0.3
/* The older hypothesis at which the hunt for a culprit after good makes no sense. */
#define OLDER_CERTAIN	0.95

/* ------------------------------------------------------------- tests */

static void test(struct bisect *b, enum bisect_why why, uint32_t commit, uint32_t n_valid, struct bisect_action *ret)
{
	double share = testable_valid_share(b, commit);
	uint32_t n = (uint32_t)ceil(n_valid / share - 1e-9);

	if (n < 1)
		n = 1;
	if (n > b->config.max_visit)
		n = b->config.max_visit;
	if (b->config.max_runs && n > b->config.max_runs - b->runs_spent)
		n = b->config.max_runs - b->runs_spent;
	ret->act = BISECT_TEST;
	ret->why = why;
	ret->commit = commit;
	ret->n_runs = n;
	ret->n_parallel = n < b->config.max_parallel ? n : b->config.max_parallel;
	ret->needs_build = !tested_built(tested_find(b, commit));
	ret->p_testable = b->testable[commit] * share;
	ret->cost = (ret->needs_build ? b->config.build_cost : 0) + (double)n / ret->n_parallel;
}

static void end(enum bisect_act act, enum bisect_why why, uint32_t commit, struct bisect_action *ret)
{
	ret->act = act;
	ret->why = why;
	ret->commit = commit;
}

/* True when ret was filled. */
static bool baseline(struct bisect *b, struct bisect_action *ret)
{
	uint32_t commit = baseline_commit(b), live;
	const struct tested *t;

	if (!b->config.baseline_hits || commit == BISECT_NONE)
		return false;
	t = tested_find(b, commit);
	if (t && (t->marked || tested_hits(t) >= b->config.baseline_hits))
		return false;
	live = tested_valid(t);
	if (t && testable_own_failure(b, t) > FAILS_SURELY &&
	    (!tested_built(t) || t->n[BISECT_RUN_BOOT_FAILED] + t->n[BISECT_RUN_INCOMPLETE] >= BASELINE_BOOTS)) {
		end(BISECT_GIVE_UP, BISECT_WHY_BAD_UNTESTABLE, commit, ret);
		return true;
	}
	/* also where most runs die of something else: that may be what the user meant */
	if (live >= b->config.baseline_runs || tested_live(t) / 2 >= b->config.baseline_runs) {
		if (tested_hits(t))
			return false;
		end(BISECT_GIVE_UP, BISECT_WHY_NOT_REPRODUCED, commit, ret);
		return true;
	}
	if (t && !live && t->n[BISECT_RUN_UNRELATED] + t->n[BISECT_RUN_BOOT_FAILED] + t->n[BISECT_RUN_INCOMPLETE] >=
	    BASELINE_WASTE) {
		end(BISECT_GIVE_UP, BISECT_WHY_BAD_UNTESTABLE, commit, ret);
		return true;
	}
	test(b, BISECT_WHY_BASELINE, commit, b->config.baseline_runs - live, ret);
	ret->p_bad = 1;
	if (!tested_hits(t) || b->config.baseline_hits - tested_hits(t) < ret->n_parallel)
		ret->n_parallel = ret->n_parallel < b->config.baseline_hits - tested_hits(t) ?
			ret->n_parallel : b->config.baseline_hits - tested_hits(t);
	return true;
}

/* Runs without a hit that bring a commit's own chance to show the target down to 1 - level. */
static uint32_t clean_runs_needed(struct bisect *b, uint32_t commit, double level)
{
	double rate[N_RATES], own[N_RATES];

	rates_elsewhere(b, commit, rate);
	rates_own_runs(b, commit, own);
	for (uint32_t n = 1; n < b->config.max_visit; n++) {
		double chance = 0;

		for (uint32_t i = 0; i < N_RATES; i++)
			chance += rate[i] * exp(fmin(own[i] + n * log1p(-b->likelihood.rate[i]), 300));
		if (chance / (1 + chance) <= 1 - level)
			return n;
	}
	return b->config.max_visit;
}

static bool merge_base(struct bisect *b, struct bisect_action *ret)
{
	double old = b->config.find == BISECT_CAUSE ? 0 : 1;

	for (uint32_t c = 0; c < b->n; c++) {
		const struct tested *t = tested_find(b, c);
		double p;

		if (!(b->flags[c] & BISECT_MERGE_BASE) || (t && testable_own_failure(b, t) > FAILS_SURELY))
			continue;
		p = rates_p_shows(b, c);
		if (fabs(p - old) <= 1 - b->config.set_confidence)
			continue;
		if (fabs(p - old) >= b->config.set_confidence) {
			end(BISECT_GIVE_UP, BISECT_WHY_MERGE_BASE_BAD, c, ret);
			return true;
		}
		if (tested_live(t) >= 200)
			continue;
		test(b, BISECT_WHY_MERGE_BASE, c, clean_runs_needed(b, c, b->config.set_confidence), ret);
		ret->p_bad = posterior_p_shows(b, c);
		return true;
	}
	return false;
}

/*
 * Both sides of the culprit need evidence of their own: what all the rest says
 * may rest on one odd commit, or on a fix that came and went beside it.  The
 * parents' need not be as sure: that the target may show there more seldom is in
 * the posterior already.  False when all is done, otherwise ret was filled.
 */
static bool verify(struct bisect *b, uint32_t culprit, struct bisect_action *ret)
{
	bool fix = b->config.find == BISECT_FIX;
	double level = b->config.confidence;
	uint32_t start = b->dag.parent_start[culprit], n = dag_n_parents(&b->dag, culprit);

	for (uint32_t i = 0; i <= n; i++) {
		uint32_t c = i ? b->dag.parents[start + i - 1] : culprit;
		double p = rates_p_shows(b, c);

		if (((i == 0) != fix ? p : 1 - p) >= (i ? b->config.set_confidence : level))
			continue;
		if (b->testable[c] < RUNS_SELDOM || b->flags[c] & BISECT_SKIP || tested_live(tested_find(b, c)) >= CHECK_RUNS)
			continue;
		test(b, i ? BISECT_WHY_VERIFY_PARENT : BISECT_WHY_VERIFY_CULPRIT, c,
		     clean_runs_needed(b, c, level), ret);
		ret->p_bad = posterior_p_shows(b, c);
		return true;
	}
	return false;
}

/* Hits at commits that do not show the target if culprit is the one. */
static uint32_t hits_by_mistake(const struct bisect *b, uint32_t culprit)
{
	const struct hypothesis *h = &b->classes[b->class_of[culprit]];
	uint32_t n = 0;

	for (uint32_t t = 0; t < b->n_tested; t++)
		n += shows(h, t) ? 0 : tested_hits(&b->tested[t]);
	return n;
}

/* The newest commit that is known not to show the target, and may be tested. */
static uint32_t commit_without(const struct bisect *b)
{
	if (b->config.find == BISECT_FIX)
		return b->bad;
	for (uint32_t c = b->n; c-- > 0;)
		if (!b->candidate[c] && b->flags[c] & BISECT_GOOD && !(b->flags[c] & BISECT_SKIP) &&
		    b->testable[c] >= RUNS_SELDOM)
			return c;
	return BISECT_NONE;
}

/*
 * Where the likeliest culprit makes hits on the other side mistakes, two stories are left: runs match by
 * mistake now and then, or the target shows seldom there and the culprit is another.  No commit between them tells
 * the two apart; one that is known to be without the target does.  True when ret was filled.
 */
static bool learn_mistakes(struct bisect *b, uint32_t culprit, double posterior, struct bisect_action *ret)
{
	const double *rate = b->likelihood.false_rate;
	double often = (b->false_rate - rate[0]) / (rate[LIKELIHOOD_FALSES - 1] - rate[0]);
	uint32_t commit;

	if (posterior < 0.5 || often < FALSE_SETTLED || often > 1 - FALSE_SETTLED || !hits_by_mistake(b, culprit))
		return false;
	commit = commit_without(b);
	if (commit == BISECT_NONE || tested_live(tested_find(b, commit)) >= FALSE_RUNS)
		return false;
	test(b, BISECT_WHY_FALSE_MATCHES, commit, FALSE_VISIT, ret);
	ret->p_bad = posterior_p_shows(b, commit);
	return true;
}

/* -------------------------------------------------------------- ends */

static bool budget_spent(const struct bisect *b)
{
	const struct bisect_config *config = &b->config;

	return (config->max_runs && b->runs_spent >= config->max_runs) ||
		(config->max_builds && b->builds_spent >= config->max_builds) ||
		(config->max_cost > 0 && b->cost_spent >= config->max_cost);
}

/* Why nothing more can be learned: what is wrong with the commits that would tell? */
static enum bisect_why why_stuck(struct bisect *b)
{
	double broken = 0, masked = 0;

	for (uint32_t c = 0; c < b->n; c++) {
		double p = posterior_of(b, c);

		if (p < CANDIDATE)
			continue;
		broken += p * (1 - b->testable[c]);
		masked += p * b->testable[c] * (1 - testable_valid_share(b, c));
	}
	if (broken > REASON_BROKEN && broken >= masked)
		return BISECT_WHY_UNTESTABLE;
	return masked > REASON_MASKED ? BISECT_WHY_UNOBSERVABLE : BISECT_WHY_NO_PROGRESS;
}

/* Runs of the commit that is known to show the target came through, and neither there nor anywhere did it show. */
static bool never_seen(const struct bisect *b, uint32_t commit)
{
	const struct tested *t = commit == BISECT_NONE ? NULL : tested_find(b, commit);

	if (!tested_live(t) || t->marked)
		return false;
	for (uint32_t i = 0; i < b->n_tested; i++)
		if (tested_hits(&b->tested[i]))
			return false;
	return true;
}

void choose_conclude(struct bisect *b, enum bisect_why why, struct bisect_action *ret)
{
	double posterior;
	uint32_t culprit = posterior_likeliest(b, &posterior), known = baseline_commit(b);

	/* All commits would be a set, but not an answer. */
	if (never_seen(b, known)) {
		end(BISECT_GIVE_UP, BISECT_WHY_NOT_REPRODUCED, known, ret);
		return;
	}
	if (b->classes[0].posterior > OLDER_CERTAIN) {
		end(BISECT_GIVE_UP, BISECT_WHY_OLDER, BISECT_NONE, ret);
		return;
	}
	ret->posterior = posterior;
	if (posterior >= b->config.confidence)
		end(BISECT_DONE_CULPRIT, BISECT_WHY_CONFIDENT, culprit, ret);
	else
		end(BISECT_DONE_SET, why, culprit, ret);
}

/* What went into commits that could not be tested. */
static double wasted(const struct bisect *b)
{
	double cost = 0;

	for (uint32_t i = 0; i < b->n_tested; i++) {
		const struct tested *t = &b->tested[i];

		if (testable_own_failure(b, t) < 0.5)
			continue;
		cost += t->n_build_failures * b->config.build_failure_cost + t->n[BISECT_RUN_BOOT_FAILED] +
			t->n[BISECT_RUN_INCOMPLETE] + (t->n_builds - t->n_build_failures) * b->config.build_cost;
	}
	return cost;
}

/*
 * Will the best visit most likely fail, and so often that a good part of what
 * was spent so far on commits that work would be spent before another one
 * does?  Or has as much been wasted already?  Or would half as much again hardly
 * tell anything?
 */
static bool hopeless(const struct bisect *b, const struct visit *visit, double entropy)
{
	double failure = b->config.build_failure_cost + 1, waste = wasted(b), useful = b->cost_spent - waste, odds;

	if (visit->commit == BISECT_NONE || visit->rate <= 0)
		return true;
	odds = (1 - visit->p_testable) / visit->p_testable;
	if (odds * failure > GOOD_PART * useful + FAILURES * failure)
		return true;
	if (odds > 1 && waste > useful + 4 * FAILURES * failure)
		return true;
	return visit->rate * (b->cost_spent / 2 + PATIENCE) < THIRD * fmin(1, entropy);
}

/*
 * What is likely to be told from the rest by tests: candidates that can be tested, as
 * their parents can.  Where hardly anything of it is left, the others are the answer:
 * more tests would only make sure of what is sure.
 */
static double open_mass(struct bisect *b)
{
	double open = 0;

	for (uint32_t c = 0; c < b->n; c++) {
		bool testable = b->testable[c] >= TESTS_SELDOM;

		for (uint32_t p = b->dag.parent_start[c]; testable && p < b->dag.parent_start[c + 1]; p++)
			testable = b->testable[b->dag.parents[p]] >= TESTS_SELDOM;
		if (testable)
			open += posterior_of(b, c);
	}
	return open;
}

static struct culprit_error *search(struct bisect *b, double entropy, struct bisect_action *ret)
{
	struct culprit_error *err;
	struct visit visit, fresh;

	if (open_mass(b) < 1 - b->config.set_confidence) {
		choose_conclude(b, BISECT_WHY_UNTESTABLE, ret);
		return NULL;
	}
	err = visit_best(b, &visit, &fresh);
	if (err)
		return err;
	/* Built already, one that fails costs so little that it can be the best, and yet says nothing of the others. */
	if (hopeless(b, &visit, entropy))
		visit = fresh;
	if (hopeless(b, &visit, entropy)) {
		choose_conclude(b, why_stuck(b), ret);
		return NULL;
	}
	test(b, BISECT_WHY_SEARCH, visit.commit, bisect_visits[visit.v], ret);
	ret->p_bad = b->config.find == BISECT_FIX ? 1 - visit.p_bad : visit.p_bad;
	ret->bits = visit.bits;
	ret->cost = visit.cost;
	ret->remaining = entropy / visit.rate;
	return NULL;
}

struct culprit_error *choose_next(struct bisect *b, struct bisect_action *ret)
{
	struct culprit_error *err;
	uint32_t culprit;

	*ret = (struct bisect_action){ .commit = BISECT_NONE };
	posterior_refresh(b);
	err = testable_refresh(b);
	if (err)
		return err;
	ret->entropy = posterior_entropy(b);
	culprit = posterior_likeliest(b, &ret->posterior);
	if (b->infra_row >= INFRA_ROW) {
		end(BISECT_GIVE_UP, BISECT_WHY_INFRASTRUCTURE, BISECT_NONE, ret);
		return NULL;
	}
	if (budget_spent(b)) {
		choose_conclude(b, BISECT_WHY_BUDGET, ret);
		return NULL;
	}
	if (baseline(b, ret) || merge_base(b, ret))
		return NULL;
	if (b->classes[0].posterior > OLDER_CERTAIN) {
		end(BISECT_GIVE_UP, BISECT_WHY_OLDER, BISECT_NONE, ret);
		return NULL;
	}
	if (ret->posterior >= b->config.confidence) {
		if (!verify(b, culprit, ret))
			end(BISECT_DONE_CULPRIT, BISECT_WHY_CONFIDENT, culprit, ret);
		return NULL;
	}
	if (learn_mistakes(b, culprit, ret->posterior, ret))
		return NULL;
	return search(b, ret->entropy, ret);
}
