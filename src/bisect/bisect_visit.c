/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which visit tells the most for its cost?
 *
 * A visit is a commit and a number of runs that ends at the first hit.  Its worth is the expected information about
 * the culprit for its expected cost.  The chance of a hit depends on how often the target shows, which the classes of
 * candidates disagree about: a candidate that explains twenty clean runs away does so with a low rate.  So the
 * heaviest classes are followed each for itself, the others together, in the lanes of one sum over all ancestors.
 *
 * Looking one visit ahead is not the best there is; it is off by a few percent where a build costs little, and never
 * stuck: any visit that could tell anything has a positive value.
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
/* Chance below which a commit is no place to look for one: it must be able to run at all. */
#define RUNS_NEVER	0.005f
/* Classes whose rates stand for those of all that have no lane of their own. */
#define REST_CLASSES	2
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

struct culprit_error *visit_best(struct bisect *b, struct visit *ret, struct visit *fresh)
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
