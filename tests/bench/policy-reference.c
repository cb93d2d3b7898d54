/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What others could do in the same world.
 *
 * The bound: log2 of the candidates over the most bits that a visit of any
 * length gives for its cost to somebody who knows the world's mean rates, wants no
 * certainty, and finds a commit of every share of the candidates.
 *
 * The reference policy knows everything but the culprit: the rate of each
 * commit, were the target to show there, what is broken, what is masked and how
 * often, how often runs falsely match.  It takes the visit with the most bits for
 * its cost and ends at the confidence that the policy is asked for.  It weighs
 * commits as the policy does.  Where clean runs and crashes take different
 * times, it knows no more than that each run costs one.
 */
#include "policy-world.h"

#include <math.h>
#include <stdlib.h>

#include "bisect/bisect_dag.h"

#define MAX_VISIT 200
/* Commits looked at: the nearest to each share of the candidates, by bits for cost at one length. */
#define N_LOOK 24

double world_entropy(double p)
{
	return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p));
}

/* ------------------------------------------------------------- bound */

static double best_rate(const struct setting *s)
{
	double valid = (1 - s->i) * (1 - s->b) * (1 - s->u), per_run = valid * (1 - s->masked * s->mask_rate), best = 0;

	for (uint32_t n = 1; n <= MAX_VISIT; n++) {
		double clean = pow(1 - s->p, n), until_hit = s->p > 0 ? (1 - clean) / s->p : n;

		for (int k = 1; k < 100; k++) {
			double bad = k / 100.0, bits = world_entropy(bad * (1 - clean)) - bad * world_entropy(clean);
			double runs = (bad * until_hit + (1 - bad) * n) / per_run;
			double cost = s->config.build_cost + (1 - s->broken - s->scatter) * runs;

			best = fmax(best, (1 - s->broken - s->scatter) * bits / cost);
		}
	}
	return best;
}

double reference_bound(const struct world *w, const struct setting *s)
{
	uint32_t candidates = 0;

	for (uint32_t c = 1; c < w->n; c++)
		candidates += w->parent_start[c + 1] - w->parent_start[c] == 1;
	return log2(candidates) / best_rate(s);
}

/* ------------------------------------------------------------ policy */

struct known {
	struct world *w;
	const struct setting *s;
	struct dag dag;
	double *log_post, *post;	/* per candidate */
	double *bad;			/* probability that a commit is bad */
	double *valid;			/* share of its runs that say something */
	uint8_t *built, *mark;
	double cost;
};

static double hit_chance(const struct known *k, uint32_t c, bool bad)
{
	double f = k->s->false_run;

	return bad ? f + (1 - f) * k->w->rate[c] : f;
}

static void init(struct known *k)
{
	struct world *w = k->w;
	const struct setting *s = k->s;

	if (dag_init(&k->dag, w->n, w->parent_start, w->parents, 1u << 24))
		die("out of memory");
	k->log_post = zeroed(w->n, sizeof(double));
	k->post = zeroed(w->n, sizeof(double));
	k->bad = zeroed(w->n, sizeof(double));
	k->valid = zeroed(w->n, sizeof(double));
	k->built = zeroed(w->n, 1);
	k->mark = zeroed(w->n, 1);
	dag_ancestors(&k->dag, w->n - 1, k->mark);
	for (uint32_t c = 0; c < w->n; c++) {
		bool merge = dag_n_parents(&k->dag, c) > 1;

		k->log_post[c] = c && k->mark[c] ? log(w->weight[c] * (merge ? s->config.merge_weight : 1)) : -INFINITY;
		if (!w->no_build[c] && !w->no_boot[c])
			k->valid[c] = (1 - s->i) * (1 - s->b) * (1 - s->u) * (1 - (w->masked[c] ? s->mask_rate : 0));
	}
}

static uint32_t refresh(struct known *k)
{
	double max = -INFINITY, total = 0;
	uint32_t best = 0;

	for (uint32_t c = 0; c < k->w->n; c++) {
		best = k->log_post[c] > max ? c : best;
		max = fmax(max, k->log_post[c]);
	}
	for (uint32_t c = 0; c < k->w->n; c++)
		total += k->post[c] = exp(k->log_post[c] - max);
	for (uint32_t c = 0; c < k->w->n; c++)
		k->post[c] /= total;
	dag_sum(&k->dag, k->post, k->bad);
	return best;
}

/* Bits for cost of n valid runs at c, ending at the first hit. */
static double value(const struct known *k, uint32_t c, uint32_t n)
{
	double bad = fmin(1, k->bad[c]), hit = hit_chance(k, c, true), false_hit = hit_chance(k, c, false);
	double clean = pow(1 - hit, n), good_clean = pow(1 - false_hit, n), p_clean = bad * clean + (1 - bad) * good_clean;
	double bits = world_entropy(p_clean) - bad * world_entropy(clean) - (1 - bad) * world_entropy(good_clean);
	double runs = bad * (hit > 0 ? (1 - clean) / hit : n) + (1 - bad) * (false_hit > 0 ? (1 - good_clean) / false_hit : n);

	return k->valid[c] > 0 ? bits / ((k->built[c] ? 0 : k->s->config.build_cost) + runs / k->valid[c]) : 0;
}

static double best_length(const struct known *k, uint32_t c, uint32_t *ret_n)
{
	double best = 0;

	for (uint32_t n = 1; n <= MAX_VISIT; n += 1 + n / 4) {
		double v = value(k, c, n);

		if (v > best) {
			best = v;
			*ret_n = n;
		}
	}
	return best;
}

/* A quick look at all with the length that fits the rate, a thorough one at the best. */
static double best_visit(const struct known *k, uint32_t *ret_commit, uint32_t *ret_n)
{
	uint32_t look[N_LOOK], n_look = 0, n;
	double score[N_LOOK], best = 0;

	for (uint32_t c = 1; c < k->w->n; c++) {
		double v = value(k, c, (uint32_t)fmin(MAX_VISIT, 1 + 1.5 / fmax(k->w->rate[c], 0.01)));
		uint32_t at;

		if (v <= 1e-9 || (n_look == N_LOOK && v <= score[n_look - 1]))
			continue;
		at = n_look < N_LOOK ? n_look++ : n_look - 1;
		for (; at > 0 && score[at - 1] < v; at--) {
			score[at] = score[at - 1];
			look[at] = look[at - 1];
		}
		score[at] = v;
		look[at] = c;
	}
	for (uint32_t i = 0; i < n_look; i++) {
		double v = best_length(k, look[i], &n);

		if (v > best) {
			best = v;
			*ret_commit = look[i];
			*ret_n = n;
		}
	}
	return best;
}

static void learn(struct known *k, uint32_t commit, bool hit)
{
	double bad = hit_chance(k, commit, true), good = hit_chance(k, commit, false);

	dag_ancestors(&k->dag, commit, k->mark);
	for (uint32_t c = 0; c < k->w->n; c++) {
		double p = k->mark[c] ? bad : good;

		k->log_post[c] += log(fmax(1e-12, hit ? p : 1 - p));
	}
}

static void visit(struct known *k, uint32_t commit, uint32_t n)
{
	for (uint32_t valid = 0; valid < n;) {
		struct world_run run = world_run(k->w, k->s, commit);
		bool hit = run.kind == BISECT_RUN_TARGET || run.kind == BISECT_RUN_RELATED;

		k->cost += 1;
		if (!hit && run.kind != BISECT_RUN_CLEAN)
			continue;
		valid++;
		learn(k, commit, hit);
		if (hit)
			return;
	}
}

double reference_hunt(struct world *w, const struct setting *s, bool *ret_right)
{
	struct known k = { .w = w, .s = s };
	uint32_t best, commit, n;

	init(&k);
	for (;;) {
		best = refresh(&k);
		if (k.post[best] >= s->config.confidence || best_visit(&k, &commit, &n) < 1e-5 || k.cost > 1e5)
			break;
		if (!k.built[commit])
			k.cost += s->config.build_cost;
		k.built[commit] = 1;
		visit(&k, commit, n);
	}
	*ret_right = best == w->culprit;
	memset(w->n_runs, 0, w->n * sizeof(*w->n_runs));
	dag_deinit(&k.dag);
	free(k.log_post);
	free(k.post);
	free(k.bad);
	free(k.valid);
	free(k.built);
	free(k.mark);
	return k.cost;
}
