/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exact sums over the ancestors of every commit of a history at once.
 *
 * The history is cut into chains, paths along first parents.  What a commit
 * reaches of a chain is always a prefix of it, so what a merge adds to its
 * first parent is a list of intervals, few of them in any history that people
 * made.  A sum over the ancestors of all commits then takes one pass.
 */
#ifndef CULPRIT_BISECT_BISECT_DAG_H
#define CULPRIT_BISECT_BISECT_DAG_H

#include "base/base.h"

#define DAG_NONE UINT32_MAX
#define DAG_LANES 8		/* sums that go at once */

/* merge reaches [low, high) in the order of chains, and its first parent does not. */
struct dag_interval {
	uint32_t merge, low, high;
};

struct dag {
	uint32_t n;
	uint32_t *parent_start;		/* n + 1 */
	uint32_t *parents;		/* each below its child */
	uint32_t *order;		/* place of a commit when chains stand one after another, oldest first */
	uint32_t *chain;		/* of a commit */
	uint32_t *chain_start;		/* n_chains + 1 places in that order */
	uint32_t n_chains;
	uint32_t *node;			/* merge or chain head at or below a commit on its chain, counted */
	uint32_t *node_commit;		/* n_nodes */
	uint32_t n_nodes;
	struct dag_interval *intervals;	/* NULL with stored false: recomputed for each sum */
	size_t n_intervals;
	bool stored;
	double (*prefix)[DAG_LANES];	/* n + 1, scratch */
	uint32_t *reach;		/* scratch of a pass */
};

/* max_intervals bounds what is stored; above it sums take longer. Errors: NO_MEMORY. */
struct culprit_error *dag_init(struct dag *dag, uint32_t n, const uint32_t *parent_start, const uint32_t *parents,
			       size_t max_intervals);
void dag_deinit(struct dag *dag);

static inline uint32_t dag_first_parent(const struct dag *dag, uint32_t commit)
{
	return dag->parent_start[commit] == dag->parent_start[commit + 1] ? DAG_NONE :
		dag->parents[dag->parent_start[commit]];
}

static inline uint32_t dag_n_parents(const struct dag *dag, uint32_t commit)
{
	return dag->parent_start[commit + 1] - dag->parent_start[commit];
}

/* ret[c] is 1 for commit and its ancestors, else 0. ret holds n bytes. */
void dag_ancestors(const struct dag *dag, uint32_t commit, uint8_t *ret);

/*
 * ret[c][l] is the sum of weight over c and its ancestors with lane l; a lane
 * of DAG_NONE counts nowhere.  ret holds n rows.
 */
void dag_sums(struct dag *dag, const double *weight, const uint8_t *lane, double (*ret)[DAG_LANES]);

/* One lane: ret[c] the sum of weight over c and its ancestors. */
void dag_sum(struct dag *dag, const double *weight, double *ret);

#endif
