/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What deserves suspicion about the likeliest culprit, as far as graph and
 * evidence tell.  What the commit touches is the session's to look at.
 */
#include "bisect/bisect_impl.h"

static const char *const finding_names[] = {
	[BISECT_FINDING_MERGE] = "merge",
	[BISECT_FINDING_SAME_IMAGE] = "same-image",
	[BISECT_FINDING_RATE_COLLAPSED] = "rate-collapsed",
	[BISECT_FINDING_MASKED] = "masked",
	[BISECT_FINDING_UNTESTABLE] = "untestable",
	[BISECT_FINDING_CONTRADICTION] = "contradiction",
	[BISECT_FINDING_WEAK_SIDE] = "weak-side",
	[BISECT_FINDING_NEAR_GOOD] = "near-good",
};

const char *bisect_finding_name(enum bisect_finding_kind kind)
{
	return (unsigned int)kind < countof(finding_names) ? finding_names[kind] : "unknown";
}

struct list {
	struct bisect_finding *to;
	uint32_t n, max;
};

static void add(struct list *list, enum bisect_finding_kind kind, uint32_t commit, uint32_t other, double value)
{
	if (list->n < list->max)
		list->to[list->n++] = (struct bisect_finding){ kind, commit, other, value };
}

static void sides(struct bisect *b, uint32_t culprit, struct list *list)
{
	bool fix = b->config.find == BISECT_FIX;
	uint32_t start = b->dag.parent_start[culprit], n = dag_n_parents(&b->dag, culprit);
	const struct tested *own = tested_find(b, culprit);

	if (n > 1)
		add(list, BISECT_FINDING_MERGE, culprit, BISECT_NONE, n);
	for (uint32_t i = 0; i <= n; i++) {
		uint32_t c = i ? b->dag.parents[start + i - 1] : culprit;
		const struct tested *t = tested_find(b, c);
		double p = rates_p_shows(b, c), right = (i == 0) != fix ? p : 1 - p;

		if (i && own && own->image && t && t->image == own->image)
			add(list, BISECT_FINDING_SAME_IMAGE, culprit, c, 1);
		if (i && !b->candidate[c] && !tested_valid(t))
			add(list, BISECT_FINDING_NEAR_GOOD, culprit, c, 0);
		else if (right < b->config.confidence)
			add(list, BISECT_FINDING_WEAK_SIDE, c, i ? culprit : BISECT_NONE, p);
	}
}

/*
 * A rate collapsed where so many runs of a commit that shows it have a rate of a third: at a rate of a half that
 * happens in 1 of 250 by chance.
 */
#define COLLAPSE_RUNS	8
#define SHOWS_SURELY	0.95
#define COLLAPSE	3
/* Masked: of 3 runs at least, a third died of something else. */
#define MASKED_RUNS	3
#define MASKED_SHARE	3
/* What a commit's own runs say must be this sure to contradict all others. */
#define OWN_SURE	0.9

/* Hits among the valid runs, with one of each added so that few runs say little. */
static double rate_at(const struct tested *t)
{
	return (tested_hits(t) + 0.5) / (tested_valid(t) + 1.0);
}

static void rates(struct bisect *b, struct list *list)
{
	const struct tested *reference = NULL, *worst = NULL;
	uint32_t at = baseline_commit(b);

	if (at != BISECT_NONE)
		reference = tested_find(b, at);
	if (!tested_hits(reference))
		return;
	for (uint32_t i = 0; i < b->n_tested; i++) {
		const struct tested *t = &b->tested[i];

		if (t == reference || tested_valid(t) < COLLAPSE_RUNS || posterior_p_shows(b, t->commit) < SHOWS_SURELY)
			continue;
		if (rate_at(t) < rate_at(reference) / COLLAPSE && (!worst || rate_at(t) < rate_at(worst)))
			worst = t;
	}
	if (worst)
		add(list, BISECT_FINDING_RATE_COLLAPSED, worst->commit, reference->commit,
		    rate_at(worst) / rate_at(reference));
}

static bool is_masked(const struct tested *t)
{
	return tested_live(t) >= MASKED_RUNS && t->n[BISECT_RUN_UNRELATED] * MASKED_SHARE >= tested_live(t);
}

/* From the oldest to the youngest tested commit, by index, with the same trouble and none without it between. */
static void ranges(struct bisect *b, enum bisect_finding_kind kind, struct list *list)
{
	uint32_t first = BISECT_NONE, last = BISECT_NONE, unrelated = 0, live = 0;

	for (uint32_t c = 0; c <= b->n; c++) {
		const struct tested *t = c < b->n ? tested_find(b, c) : NULL;
		bool trouble;

		if (c < b->n && !t)
			continue;
		trouble = t && (kind == BISECT_FINDING_MASKED ? is_masked(t) : testable_own_failure(b, t) > 0.5);
		if (trouble) {
			first = first == BISECT_NONE ? c : first;
			last = c;
			unrelated += t->n[BISECT_RUN_UNRELATED];
			live += tested_live(t);
			continue;
		}
		if (first != BISECT_NONE)
			add(list, kind, first, last, kind == BISECT_FINDING_MASKED ? (double)unrelated / live : 1);
		first = BISECT_NONE;
		unrelated = live = 0;
	}
}

static bool came_through(struct bisect *b, uint32_t commit)
{
	const struct tested *t = tested_find(b, commit);

	return t && testable_own_failure(b, t) <= 0.5;
}

/*
 * Nothing that could be tested stands between the range and the culprit, in the graph's order. It fails towards
 * silence where what stands there is on another branch.
 */
static bool lies_beside(struct bisect *b, const struct bisect_finding *range, uint32_t culprit)
{
	uint32_t from = range->other < culprit ? range->other + 1 : culprit;
	uint32_t to = range->other < culprit ? culprit : range->commit;

	for (uint32_t c = from; c < to; c++) {
		if (came_through(b, c))
			return false;
	}
	return true;
}

/* Of those ranges, the ones that may hold the culprit in place of the one that is named. */
static void untestable(struct bisect *b, uint32_t culprit, struct list *list)
{
	uint32_t before = list->n, kept = before;

	ranges(b, BISECT_FINDING_UNTESTABLE, list);
	for (uint32_t i = before; i < list->n; i++) {
		if (lies_beside(b, &list->to[i], culprit))
			list->to[kept++] = list->to[i];
	}
	list->n = kept;
}

static void contradictions(struct bisect *b, struct list *list)
{
	for (uint32_t i = 0; i < b->n_tested; i++) {
		uint32_t c = b->tested[i].commit;
		double own = rates_p_shows(b, c), all = posterior_p_shows(b, c);

		if ((own > OWN_SURE && all < 0.5) || (own < 1 - OWN_SURE && all > 0.5))
			add(list, BISECT_FINDING_CONTRADICTION, c, BISECT_NONE, own);
	}
}

uint32_t bisect_findings(struct bisect *b, uint32_t max, struct bisect_finding *ret)
{
	struct list list = { ret, 0, max };
	struct bisect_share top;

	const bool any = bisect_top(b, 1, &top) == 1;

	if (any)
		sides(b, top.commit, &list);
	contradictions(b, &list);
	rates(b, &list);
	ranges(b, BISECT_FINDING_MASKED, &list);
	if (any)
		untestable(b, top.commit, &list);
	return list.n;
}
