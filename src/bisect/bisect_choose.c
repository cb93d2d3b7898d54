/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What to do next: baseline, merge bases, search, verification, end.
 *
 * The search takes the visit (a commit and a number of runs that ends at the
 * first hit) with the most expected information about the culprit for its
 * expected cost.  The chance of a hit depends on how often the target shows,
 * which the classes of candidates disagree about: a candidate that explains
 * twenty clean runs away does so with a low rate.  So the heaviest classes are
 * followed each for itself, the others together, in the lanes of one sum over
 * all ancestors.
 *
 * Looking one visit ahead is not the best there is; it is off by a few percent
 * where a build costs little, and never stuck: any visit that could tell
 * anything has a positive value.
 */
#include "bisect/bisect_impl.h"

#include <math.h>

/* Commits weighed in full: the best by a look at their halves, and all that were tested before. */
#define SHORTLIST	20
#define N_HALVES	128
/*
 * What a change of kernels must be better by: none is free, and people read the
 * log.  Looking one visit ahead also undervalues to make an end of a commit.
 */
#define STAY		1.25
/* Classes whose rates stand for those of all that have no lane of their own. */
#define REST_CLASSES	2
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
/*
 * Chances below which a commit is no place to go: to look for one it must be able
 * to run at all, to check an answer a run in twenty has to come through, for no
 * other commit will do there.
 */
#define RUNS_NEVER	0.005f
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

/* Of the visits of each length at a commit that shows the target. */
struct chances {
	double clean[N_VISITS];			/* that no run hits */
	double unsure[N_VISITS];		/* entropy of that */
	double runs[N_VISITS];			/* expected runs */
};

struct lanes {
	double mass[DAG_LANES];			/* posterior */
	double older;				/* part of the last lane that is older than good */
	uint8_t *of;				/* lane of a class */
	struct chances typical;			/* in the middle of what is left */
	struct rate_place list[SHORTLIST];	/* commits that are worth a look, in the order of the chain */
	uint32_t n_list;
	struct chances at[DAG_LANES][SHORTLIST];
	struct chances *own;			/* [n_tested][DAG_LANES], with what its own runs say */
	double good_clean[N_VISITS], good_unsure[N_VISITS];
};

struct visit {
	uint32_t commit, v;			/* v: place in bisect_visits */
	double p_bad, p_testable, valid_share, bits, cost, rate;
};

static double entropy_of(double p)
{
	return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p));
}

/* ------------------------------------------------------------- lanes */

static void fill_chances(const struct bisect *b, const double rate[N_RATES], struct chances *ret)
{
	for (uint32_t v = 0; v < N_VISITS; v++) {
		double clean = 0, runs = 0;

		for (uint32_t i = 0; i < N_RATES; i++) {
			clean += rate[i] * b->visit_clean[v][i];
			runs += rate[i] * b->visit_runs[v][i];
		}
		ret->clean[v] = clean;
		ret->unsure[v] = entropy_of(clean);
		ret->runs[v] = runs;
	}
}

/* The heaviest classes, one lane each; returns how many. */
static int heaviest(const struct bisect *b, uint32_t top[DAG_LANES - 1])
{
	int n = 0;

	for (uint32_t k = 1; k < b->n_classes; k++) {
		double p = b->classes[k].posterior;
		int at;

		if (p <= 0 || (n == DAG_LANES - 1 && p <= b->classes[top[n - 1]].posterior))
			continue;
		at = n < DAG_LANES - 1 ? n++ : n - 1;
		for (; at > 0 && b->classes[top[at - 1]].posterior < p; at--)
			top[at] = top[at - 1];
		top[at] = k;
	}
	return n;
}

/* Where some classes of a lane, or none, make a tested commit show the target: make the sum 1. */
static void complete_own(const struct bisect *b, uint32_t t, double own[N_RATES])
{
	const double *log_ratio = b->tested[t].runs.log_ratio[b->likeliest_false];
	double sum = 0, most = log_ratio[0];

	for (int i = 0; i < N_RATES; i++) {
		sum += own[i];
		most = fmax(most, log_ratio[i]);
	}
	if (sum < 1e-9) {
		sum = 0;
		for (int i = 0; i < N_RATES; i++)
			sum += own[i] = b->likelihood.first[i] * exp(log_ratio[i] - most);
	}
	for (int i = 0; i < N_RATES; i++)
		own[i] /= sum;
}

/* Rates in lane l: of its one class, or of the heaviest of the rest, which stand for all of them. */
static struct culprit_error *fill_lane(struct bisect *b, struct lanes *lanes, int l, double (*own)[N_RATES])
{
	uint32_t list[REST_CLASSES], n = 0;
	double total = 0;

	for (uint32_t k = 0; k < b->n_classes; k++) {
		double p = b->classes[k].posterior;
		uint32_t at;

		if (lanes->of[k] != l || p <= 0 || (n == REST_CLASSES && p <= b->classes[list[n - 1]].posterior))
			continue;
		at = n < REST_CLASSES ? n++ : n - 1;
		for (; at > 0 && b->classes[list[at - 1]].posterior < p; at--)
			list[at] = list[at - 1];
		list[at] = k;
	}
	for (uint32_t i = 0; i < n; i++)
		total += b->classes[list[i]].posterior;
	memset(own, 0, b->n_tested * sizeof(*own));
	for (uint32_t i = 0; i < lanes->n_list; i++)
		memset(lanes->list[i].ret, 0, sizeof(lanes->list[i].ret));
	for (uint32_t i = 0; i < n; i++) {
		struct culprit_error *err = rates_of_class(b, list[i], b->classes[list[i]].posterior / total,
							   lanes->list, lanes->n_list, own);

		if (err)
			return err;
	}
	for (uint32_t i = 0; i < lanes->n_list; i++)
		fill_chances(b, lanes->list[i].ret, &lanes->at[l][i]);
	for (uint32_t t = 0; t < b->n_tested; t++) {
		complete_own(b, t, own[t]);
		fill_chances(b, own[t], &lanes->own[t * DAG_LANES + l]);
	}
	return NULL;
}

/* Of all that may be tested: its place in the list or in tested must be known. */
static struct culprit_error *fill_rates(struct bisect *b, struct lanes *lanes)
{
	_cleanup_(freep) double (*own)[N_RATES] = calloc(b->n_tested + 1, sizeof(*own));
	struct culprit_error *err = NULL;

	lanes->own = calloc((size_t)(b->n_tested + 1) * DAG_LANES, sizeof(*lanes->own));
	if (!own || !lanes->own)
		return &culprit_error_no_memory;
	for (int l = 0; l < DAG_LANES && !err; l++)
		if (lanes->mass[l] > 0)
			err = fill_lane(b, lanes, l, own);
	return err;
}

/* At the newest of the candidates that hold half of the posterior, by the heaviest class. */
static struct culprit_error *fill_typical(struct bisect *b, struct lanes *lanes, uint32_t heaviest_class)
{
	struct rate_place place = { .commit = b->bad };
	double total = 0, half = 0;
	struct culprit_error *err;

	for (uint32_t c = 0; c < b->n; c++)
		total += b->sum[c];
	for (uint32_t c = b->n; c-- > 0 && half < total / 2;) {
		half += b->sum[c];
		place.commit = c;
	}
	place.at = chain_place(b, place.commit);
	err = rates_of_class(b, heaviest_class, 1, &place, 1, NULL);
	fill_chances(b, place.ret, &lanes->typical);
	for (uint32_t v = 0; v < N_VISITS; v++) {
		lanes->good_clean[v] = pow(1 - b->false_rate, bisect_visits[v]);
		lanes->good_unsure[v] = entropy_of(lanes->good_clean[v]);
	}
	return err;
}

static void lanes_deinit(struct lanes *lanes)
{
	free(lanes->of);
	free(lanes->own);
}

/* Fills b->lane, b->sum and b->sums too; no rates but the typical ones. */
static struct culprit_error *fill_lanes(struct bisect *b, struct lanes *lanes)
{
	_cleanup_(freep) double *share = calloc(b->n_classes, sizeof(double));
	uint32_t top[DAG_LANES - 1];
	int n;

	*lanes = (struct lanes){ .of = calloc(b->n_classes, 1) };
	if (!lanes->of || !share)
		return &culprit_error_no_memory;
	memset(lanes->of, DAG_LANES - 1, b->n_classes);
	n = heaviest(b, top);
	for (int i = 0; i < n; i++)
		lanes->of[top[i]] = (uint8_t)i;
	for (uint32_t k = 0; k < b->n_classes; k++) {
		const struct hypothesis *h = &b->classes[k];

		share[k] = h->mass > 0 ? h->posterior / h->mass : 0;
		lanes->mass[lanes->of[k]] += h->posterior;
	}
	lanes->older = b->classes[0].posterior;
	for (uint32_t c = 0; c < b->n; c++) {
		b->lane[c] = b->candidate[c] ? lanes->of[b->class_of[c]] : UINT8_MAX;
		b->sum[c] = b->candidate[c] ? share[b->class_of[c]] * b->weight[c] : 0;
	}
	dag_sums(&b->dag, b->sum, b->lane, b->sums);
	return fill_typical(b, lanes, n ? top[0] : 0);
}

/* Mass of each lane whose culprits make commit show the target. */
static void lane_shows(const struct bisect *b, const struct lanes *lanes, uint32_t commit, double ret[DAG_LANES])
{
	bool fix = b->config.find == BISECT_FIX;

	for (int l = 0; l < DAG_LANES; l++) {
		double in = b->sums[commit][l];

		if (l == DAG_LANES - 1)
			in += lanes->older;
		ret[l] = fmax(0, fmin(lanes->mass[l], fix ? lanes->mass[l] - in : in));
	}
}

/* ------------------------------------------------------------ visits */

/* How many runs it takes for v's runs to tell something, and the cost of so many rounds. */
static double visit_cost(const struct bisect *b, const struct visit *visit, double expected_valid, bool built)
{
	double runs = expected_valid / visit->valid_share;
	double rounds = fmax(1, runs / b->config.max_parallel);
	double dead = built ? 2 : b->config.build_failure_cost + 1;

	return visit->p_testable * ((built ? 0 : b->config.build_cost) + rounds) + (1 - visit->p_testable) * dead;
}

/* The best number of runs at visit->commit; fills the rest of visit.  place: in the list, where it was not tested. */
static void weigh(struct bisect *b, const struct lanes *lanes, uint32_t place, struct visit *visit)
{
	const struct tested *t = tested_find(b, visit->commit);
	bool built = tested_built(t);
	double bad[DAG_LANES];
	const struct chances *chances[DAG_LANES];

	visit->p_testable = b->testable[visit->commit];
	visit->valid_share = testable_valid_share(b, visit->commit);
	visit->p_bad = 0;
	visit->rate = -1;
	lane_shows(b, lanes, visit->commit, bad);
	for (int l = 0; l < DAG_LANES; l++) {
		visit->p_bad += bad[l];
		chances[l] = t ? &lanes->own[b->tested_of[visit->commit] * DAG_LANES + l] : &lanes->at[l][place];
	}
	for (uint32_t v = 0; v < N_VISITS && bisect_visits[v] <= b->config.max_visit; v++) {
		double good = 1 - visit->p_bad, p_clean = good * lanes->good_clean[v];
		double unsure = good * lanes->good_unsure[v], valid = good * bisect_visits[v];
		double bits, cost;

		for (int l = 0; l < DAG_LANES; l++) {
			if (bad[l] <= 0)
				continue;
			p_clean += bad[l] * chances[l]->clean[v];
			unsure += bad[l] * chances[l]->unsure[v];
			valid += bad[l] * chances[l]->runs[v];
		}
		bits = fmax(0, entropy_of(p_clean) - unsure);
		cost = visit_cost(b, visit, valid, built);
		if (visit->p_testable * bits / cost > visit->rate) {
			visit->rate = visit->p_testable * bits / cost;
			visit->bits = bits;
			visit->cost = cost;
			visit->v = v;
		}
	}
}

/* best[i]: bits for cost of a commit that is bad with chance i / N_HALVES, all classes together. */
static void weigh_halves(const struct bisect *b, const struct lanes *lanes, double best[N_HALVES + 1])
{
	const double *clean = lanes->typical.clean, *runs = lanes->typical.runs;

	for (int i = 0; i <= N_HALVES; i++) {
		double bad = (double)i / N_HALVES;

		best[i] = 0;
		for (uint32_t v = 0; v < N_VISITS && bisect_visits[v] <= b->config.max_visit; v++) {
			double bits = entropy_of(1 - bad + bad * clean[v]) - bad * entropy_of(clean[v]);
			double valid = bad * runs[v] + (1 - bad) * bisect_visits[v];
			double cost = b->config.build_cost + fmax(1, valid / b->config.max_parallel);

			best[i] = fmax(best[i], bits / cost);
		}
	}
}

static double p_shows(const struct bisect *b, const struct lanes *lanes, uint32_t commit)
{
	double total = lanes->older;

	for (int l = 0; l < DAG_LANES; l++)
		total += b->sums[commit][l];
	total = fmin(total, 1);
	return b->config.find == BISECT_FIX ? 1 - total : total;
}

static void order_by_chain(const struct bisect *b, struct lanes *lanes)
{
	for (uint32_t i = 0; i < lanes->n_list; i++) {
		struct rate_place place = { .commit = lanes->list[i].commit };
		uint32_t at = i;

		place.at = chain_place(b, place.commit);
		for (; at > 0 && lanes->list[at - 1].at > place.at; at--)
			lanes->list[at] = lanes->list[at - 1];
		lanes->list[at] = place;
	}
}

/* Fills the list of lanes with what was not tested yet. */
static void shortlist(const struct bisect *b, struct lanes *lanes)
{
	struct rate_place *ret = lanes->list;
	double best[N_HALVES + 2], score[SHORTLIST];
	uint32_t n = 0;

	weigh_halves(b, lanes, best);
	best[N_HALVES + 1] = best[N_HALVES];
	for (uint32_t c = 0; c < b->n; c++) {
		double at, s;
		uint32_t i;

		if (b->tested_of[c] != BISECT_NONE || b->testable[c] < RUNS_NEVER)
			continue;
		at = p_shows(b, lanes, c) * N_HALVES;
		i = (uint32_t)at;
		s = (best[i] + (at - i) * (best[i + 1] - best[i])) * b->testable[c];
		if (s <= 0 || (n == SHORTLIST && s <= score[n - 1]))
			continue;
		i = n < SHORTLIST ? n++ : n - 1;
		for (; i > 0 && score[i - 1] < s; i--) {
			score[i] = score[i - 1];
			ret[i].commit = ret[i - 1].commit;
		}
		score[i] = s;
		ret[i].commit = c;
	}
	lanes->n_list = n;
	order_by_chain(b, lanes);
}

/* fresh: the best at a commit that does not most likely fail by itself, by what was seen of it. */
static void best_of(struct bisect *b, const struct lanes *lanes, struct visit *ret, struct visit *fresh)
{
	for (uint32_t i = 0; i < lanes->n_list + b->n_tested; i++) {
		uint32_t t = i - lanes->n_list;
		struct visit visit = { .commit = i < lanes->n_list ? lanes->list[i].commit : b->tested[t].commit };

		if (b->testable[visit.commit] < RUNS_NEVER || b->flags[visit.commit] & BISECT_SKIP)
			continue;
		weigh(b, lanes, i, &visit);
		if (visit.commit == b->last_run)
			visit.rate *= STAY;
		if (visit.rate > ret->rate)
			*ret = visit;
		if (visit.rate > fresh->rate &&
		    (i < lanes->n_list || testable_own_failure(b, &b->tested[t]) < 0.5))
			*fresh = visit;
	}
}

/* The best visit of all, and the best as in best_of(); rate <= 0 when none tells anything. */
static struct culprit_error *best_visit(struct bisect *b, struct visit *ret, struct visit *fresh)
{
	struct lanes lanes;
	struct culprit_error *err;

	*ret = *fresh = (struct visit){ .commit = BISECT_NONE, .rate = 0 };
	err = fill_lanes(b, &lanes);
	if (!err) {
		shortlist(b, &lanes);
		err = fill_rates(b, &lanes);
	}
	if (!err)
		best_of(b, &lanes, ret, fresh);
	lanes_deinit(&lanes);
	return err;
}

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
	err = best_visit(b, &visit, &fresh);
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
