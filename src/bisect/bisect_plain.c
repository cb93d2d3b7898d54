/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plain mode: what `git bisect run` does with a script that runs a commit
 * N times.  Any hit makes it bad, else any run that came through makes it good,
 * else it is skipped; next is the commit that halves the candidates best.  No
 * doubt, no second visit.  Among skipped commits git wanders off by a random
 * number; here the next best half that is not skipped is taken.
 */
#include "bisect/bisect_impl.h"

enum state { UNDECIDED, OLD, NEW, SKIPPED };

static enum state state_of(const struct bisect *b, const struct tested *t)
{
	uint32_t n = 0;
	bool hit_is_new = b->config.find == BISECT_CAUSE;

	if (t->marked)
		return t->mark == BISECT_MARK_SKIP ? SKIPPED : t->mark == BISECT_MARK_BAD ? NEW : OLD;
	if (tested_hits(t))
		return hit_is_new ? NEW : OLD;
	if (t->n_build_failures && !tested_built(t))
		return SKIPPED;
	for (int k = 0; k < BISECT_RUN_KINDS; k++)
		n += t->n[k];
	if (n < b->config.plain_runs)
		return UNDECIDED;
	return !tested_valid(t) ? SKIPPED : hit_is_new ? OLD : NEW;
}

/* b->mark becomes what is left; returns the commit whose test has begun, if any. */
static struct culprit_error *narrow(struct bisect *b, uint32_t *ret_begun)
{
	_cleanup_(freep) uint8_t *left = malloc(b->n);

	if (!left)
		return &culprit_error_no_memory;
	*ret_begun = BISECT_NONE;
	memcpy(left, b->candidate, b->n);
	for (uint32_t i = 0; i < b->n_tested; i++) {
		enum state state = state_of(b, &b->tested[i]);

		if (state == UNDECIDED && b->candidate[b->tested[i].commit])
			*ret_begun = b->tested[i].commit;
		if (state != NEW && state != OLD)
			continue;
		dag_ancestors(&b->dag, b->tested[i].commit, b->mark);
		for (uint32_t c = 0; c < b->n; c++)
			left[c] &= b->mark[c] == (state == NEW);
	}
	memcpy(b->mark, left, b->n);
	return NULL;
}

/* The commit nearest to half; skipped ones and the newest, known to be bad, do not help. */
static uint32_t best_half(struct bisect *b, uint32_t *ret_left)
{
	double *weight = (double *)b->sums;
	uint32_t best = BISECT_NONE;
	double total = 0, best_half = 0;

	for (uint32_t c = 0; c < b->n; c++) {
		weight[c] = b->mark[c];
		total += weight[c];
	}
	dag_sum(&b->dag, weight, b->sum);
	for (uint32_t c = 0; c < b->n; c++) {
		const struct tested *t = tested_find(b, c);
		double half = b->sum[c] < total - b->sum[c] ? b->sum[c] : total - b->sum[c];

		if (!b->mark[c] || b->flags[c] & BISECT_SKIP || (t && state_of(b, t) == SKIPPED))
			continue;
		if (half > best_half) {
			best_half = half;
			best = c;
		}
	}
	*ret_left = (uint32_t)total;
	return best;
}

static void test(const struct bisect *b, uint32_t commit, struct bisect_action *ret)
{
	const struct tested *t = tested_find(b, commit);
	uint32_t done = 0;

	for (int k = 0; t && k < BISECT_RUN_KINDS; k++)
		done += t->n[k];
	ret->act = BISECT_TEST;
	ret->why = BISECT_WHY_PLAIN;
	ret->commit = commit;
	ret->n_runs = b->config.plain_runs - done;
	ret->n_parallel = ret->n_runs < b->config.max_parallel ? ret->n_runs : b->config.max_parallel;
	ret->needs_build = !tested_built(t);
	ret->p_bad = 0.5;
	ret->p_testable = 1;
	ret->bits = 1;
	ret->cost = (ret->needs_build ? b->config.build_cost : 0) + (double)ret->n_runs / ret->n_parallel;
}

struct culprit_error *plain_next(struct bisect *b, struct bisect_action *ret)
{
	uint32_t begun, best, left, last = BISECT_NONE;
	struct culprit_error *err;

	*ret = (struct bisect_action){ .commit = BISECT_NONE };
	err = narrow(b, &begun);
	if (err)
		return err;
	best = best_half(b, &left);
	for (uint32_t c = 0; c < b->n; c++)
		if (b->mark[c])
			last = c;
	ret->entropy = left ? __builtin_log2(left) : 0;
	ret->posterior = left == 1;
	ret->commit = last;
	if (left == 0) {
		ret->act = BISECT_GIVE_UP;
		ret->why = BISECT_WHY_OLDER;
	} else if (left == 1) {
		ret->act = BISECT_DONE_CULPRIT;
		ret->why = BISECT_WHY_CONFIDENT;
	} else if ((b->config.max_runs && b->runs_spent >= b->config.max_runs) ||
		   (b->config.max_builds && b->builds_spent >= b->config.max_builds) ||
		   (b->config.max_cost > 0 && b->cost_spent >= b->config.max_cost)) {
		ret->act = BISECT_DONE_SET;
		ret->why = BISECT_WHY_BUDGET;
	} else if (begun != BISECT_NONE && b->mark[begun]) {
		test(b, begun, ret);
	} else if (best == BISECT_NONE) {
		ret->act = BISECT_DONE_SET;
		ret->why = BISECT_WHY_UNTESTABLE;
	} else {
		test(b, best, ret);
	}
	return NULL;
}
