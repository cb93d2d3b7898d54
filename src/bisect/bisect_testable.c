/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which commits can be tested.
 *
 * Trouble spans ranges of history: a commit breaks the build, a later one
 * repairs it, and all between are lost.  How long such ranges are nobody
 * knows, so their length has a prior without a scale of its own, 1 / length,
 * bounded by the nearest commit that works.  The distance between two commits
 * is the number of commits that one has and the other has not: a broken range
 * is passed by any way around it.
 *
 * Crashes of something else work the same way, but as a share of runs.
 *
 * It fails where commits are broken here and there, each for itself: then the
 * neighbours of a broken one are shunned without need, which costs little.
 */
#include "bisect/bisect_impl.h"

#include <math.h>

/* Commits, not more, that share the fate of a neighbour almost certainly. */
#define NEAR		4.0
/* Of all commits, before anything is known. */
#define BROKEN_PRIOR	0.04
/* Where a range of trouble has ended, that another one follows: they come in crowds. */
#define ANOTHER_RANGE	0.2
/*
 * Commits that fail in the same way, and nearer than what works: one fault made them fail.
 * From the third on each makes a gap between them less likely by this.
 */
#define SOLID		0.25
#define SOLID_FROM	2
#define UNRELATED_PRIOR	0.1
/* The share of the way between two commits in trouble that must lead past a third one to lie within their range. */
#define PASSES		0.75f
/* Failing more likely than this counts as trouble for the neighbours. */
#define TROUBLE_LEAST	0.05
/* Runs without a failed boot that are thought of before the first: one boot in twenty fails by chance. */
#define BOOTS_PRIOR	10
/* Of runs that come through, whatever was seen: a division needs some. */
#define VALID_LEAST	0.01
/* Runs that a commit's own share is thought to be worth before its first. */
#define UNRELATED_RUNS	4.0

double testable_own_failure(const struct bisect *b, const struct tested *t)
{
	double failed = 0, live = 0, flaky, odds;
	uint32_t dead;

	if (t->marked && t->mark == BISECT_MARK_SKIP)
		return 1;
	if (tested_live(t))
		return 0;
	if (t->n_build_failures && !tested_built(t))
		return 1;
	dead = t->n[BISECT_RUN_BOOT_FAILED] + t->n[BISECT_RUN_INCOMPLETE];
	if (!dead)
		return 0;
	/* Failed boots where others worked tell how often a boot fails by chance. */
	for (uint32_t i = 0; i < b->n_tested; i++) {
		uint32_t n = tested_live(&b->tested[i]);

		if (!n)
			continue;
		live += n;
		failed += b->tested[i].n[BISECT_RUN_BOOT_FAILED] + b->tested[i].n[BISECT_RUN_INCOMPLETE];
	}
	flaky = (failed + 0.5) / (failed + live + BOOTS_PRIOR);
	odds = BROKEN_PRIOR / (1 - BROKEN_PRIOR) / pow(flaky, dead);
	return odds / (1 + odds);
}

double testable_valid_share(const struct bisect *b, uint32_t commit)
{
	struct tested *t = tested_find(b, commit);
	double all_live = 0, all_unrelated = 0, mean, live, unrelated;

	for (uint32_t i = 0; i < b->n_tested; i++) {
		all_live += tested_live(&b->tested[i]);
		all_unrelated += b->tested[i].n[BISECT_RUN_UNRELATED];
	}
	mean = (all_unrelated + 10 * UNRELATED_PRIOR) / (all_live + 10);
	live = UNRELATED_RUNS + b->near_live[commit];
	unrelated = UNRELATED_RUNS * mean + b->near_unrelated[commit];
	if (t) {
		live = UNRELATED_RUNS / 2 + tested_live(t);
		unrelated = UNRELATED_RUNS / 2 * unrelated / (UNRELATED_RUNS + b->near_live[commit]) +
			t->n[BISECT_RUN_UNRELATED];
	}
	return fmax(VALID_LEAST, 1 - unrelated / live);
}

void testable_add_tested(struct bisect *b, uint32_t t)
{
	float *distance = b->tested[t].distance;
	uint32_t commit = b->tested[t].commit;
	double *common = b->sum, *inside = (double *)b->sums;

	dag_ancestors(&b->dag, commit, b->mark);
	for (uint32_t c = 0; c < b->n; c++)
		inside[c] = b->mark[c];
	dag_sum(&b->dag, inside, common);
	for (uint32_t c = 0; c < b->n; c++)
		distance[c] = (float)(b->depth[c] + b->depth[commit] - 2 * common[c]);
	b->testable_fresh = false;
}

void testable_add_run(struct bisect *b, uint32_t t, bool unrelated)
{
	const float *distance = b->tested[t].distance;

	for (uint32_t c = 0; c < b->n; c++) {
		float near = (float)(2 * NEAR) / ((float)(2 * NEAR) + distance[c]);

		near *= near;
		b->near_live[c] += near;
		if (unrelated)
			b->near_unrelated[c] += near;
	}
}

/* Chance that a range of trouble which covers a commit reaches d further, when all is well at reach. */
static double range_reaches(double d, double reach)
{
	return reach > 0 ? log((reach + NEAR) / (d + NEAR)) / log((reach + NEAR) / NEAR) : 0;
}

struct trouble {
	const struct tested *commit;
	double p;			/* that it is trouble indeed */
};

/*
 * The nearest trouble may reach as far as commit.  And where there is trouble
 * on another side as well, and nothing that works between the two, it is most
 * likely the same: otherwise one range must have ended and another begun.  The
 * side is told by the distance between the two.
 */
static double chance_of_trouble(const struct trouble *trouble, uint32_t n, uint32_t commit, double ok)
{
	const struct trouble *near = NULL, *far = NULL;
	float nearest = 0, shortest = 0;
	double best, same, alike = -SOLID_FROM, gaps;

	for (uint32_t i = 0; i < n; i++) {
		float d = trouble[i].commit->distance[commit];

		/* half a chance of trouble is as good as trouble twice as far away */
		d /= (float)trouble[i].p;
		if (!near || d < nearest) {
			nearest = d;
			near = &trouble[i];
		}
	}
	if (!near || ok <= 0)
		return 0;
	nearest = near->commit->distance[commit];
	for (uint32_t i = 0; i < n; i++) {
		float d = trouble[i].commit->distance[commit], gap = near->commit->distance[trouble[i].commit->commit];

		if (d < ok && near->commit->failure && near->commit->failure == trouble[i].commit->failure)
			alike += trouble[i].p;
		/* all of the way, or nearly, leads past commit */
		if (gap > PASSES * (nearest + d) && (!far || gap < shortest)) {
			shortest = gap;
			far = &trouble[i];
		}
	}
	best = near->p * range_reaches(nearest, nearest + ok);
	if (!far || far == near)
		return best;
	gaps = pow(SOLID, fmax(0, alike));
	same = range_reaches(shortest, shortest + ok);
	same /= same + (1 - same) * ANOTHER_RANGE * gaps;
	return 1 - (1 - best) * (1 - far->p * same * ok / (ok + nearest * gaps));
}

struct culprit_error *testable_refresh(struct bisect *b)
{
	_cleanup_(freep) struct trouble *trouble = NULL;
	uint32_t n = 0;

	if (b->testable_fresh)
		return NULL;
	trouble = calloc(b->n_tested + 1, sizeof(*trouble));
	if (!trouble)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < b->n_tested; i++) {
		double p = testable_own_failure(b, &b->tested[i]);

		if (p > TROUBLE_LEAST && !(b->tested[i].marked && b->tested[i].mark == BISECT_MARK_SKIP))
			trouble[n++] = (struct trouble){ &b->tested[i], p };
	}
	for (uint32_t c = 0; c < b->n; c++)
		b->sum[c] = b->depth[b->bad];
	for (uint32_t i = 0; i < b->n_tested; i++) {
		if (!tested_live(&b->tested[i]))
			continue;
		for (uint32_t c = 0; c < b->n; c++)
			b->sum[c] = fmin(b->sum[c], b->tested[i].distance[c]);
	}
	for (uint32_t c = 0; c < b->n; c++) {
		double p = BROKEN_PRIOR;

		if (n)
			p = 1 - (1 - p) * (1 - chance_of_trouble(trouble, n, c, b->sum[c]));
		b->testable[c] = (float)(b->flags[c] & BISECT_SKIP ? 0 : 1 - p);
	}
	for (uint32_t i = 0; i < b->n_tested; i++) {
		const struct tested *t = &b->tested[i];

		if (tested_live(t) || tested_built(t) || t->n_build_failures || t->marked)
			b->testable[t->commit] = (float)(1 - testable_own_failure(b, t));
	}
	b->testable_fresh = true;
	return NULL;
}
