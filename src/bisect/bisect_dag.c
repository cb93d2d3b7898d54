/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes a history as arrays of parents, oldest commit first:
 *
 *	0 - 1 - 2 ------- 5		chains:    0 1 2 5 | 3 4
 *	     \           /		intervals: commit 5 reaches all of 3 4
 *	      3 ------- 4
 *
 * The intervals come from passes over the merges and chain heads, each pass
 * for 16 chains at a time: for every such commit, how long a prefix of each
 * chain it reaches.  So memory does not grow with merges times chains.
 *
 * Refuses nothing: a history of merges only is slow, not wrong.
 */
#include "bisect/bisect_dag.h"

#define BLOCK 16		/* chains of one pass: a cache line of counts */

void dag_deinit(struct dag *dag)
{
	free(dag->parent_start);
	free(dag->parents);
	free(dag->order);
	free(dag->chain);
	free(dag->chain_start);
	free(dag->node);
	free(dag->node_commit);
	free(dag->intervals);
	free(dag->prefix);
	free(dag->reach);
	*dag = (struct dag){ 0 };
}

static bool allocate(struct dag *dag, uint32_t n, uint32_t n_parents)
{
	dag->n = n;
	dag->parent_start = calloc((size_t)n + 1, sizeof(uint32_t));
	dag->parents = calloc((size_t)n_parents + 1, sizeof(uint32_t));
	dag->order = calloc(n, sizeof(uint32_t));
	dag->chain = calloc(n, sizeof(uint32_t));
	dag->chain_start = calloc((size_t)n + 1, sizeof(uint32_t));
	dag->node = calloc(n, sizeof(uint32_t));
	dag->node_commit = calloc(n, sizeof(uint32_t));
	dag->prefix = calloc((size_t)n + 1, sizeof(*dag->prefix));
	return dag->parent_start && dag->parents && dag->order && dag->chain && dag->chain_start && dag->node &&
		dag->node_commit && dag->prefix;
}

/* A commit goes on with its first parent's chain unless another child did so before. */
static bool make_chains(struct dag *dag)
{
	_cleanup_(freep) uint32_t *length = calloc((size_t)dag->n + 1, sizeof(uint32_t));
	_cleanup_(freep) uint8_t *continued = calloc(dag->n, 1);

	if (!length || !continued)
		return false;
	for (uint32_t c = 0; c < dag->n; c++) {
		uint32_t first = dag_first_parent(dag, c);
		bool head = first == DAG_NONE || continued[first];

		dag->chain[c] = head ? dag->n_chains++ : dag->chain[first];
		if (!head)
			continued[first] = 1;
		dag->order[c] = length[dag->chain[c]]++;
		if (head || dag_n_parents(dag, c) > 1) {
			dag->node[c] = dag->n_nodes;
			dag->node_commit[dag->n_nodes++] = c;
		} else {
			dag->node[c] = dag->node[first];
		}
	}
	for (uint32_t k = 0; k < dag->n_chains; k++)
		dag->chain_start[k + 1] = dag->chain_start[k] + length[k];
	for (uint32_t c = 0; c < dag->n; c++)
		dag->order[c] += dag->chain_start[dag->chain[c]];
	return true;
}

/* What commit reaches of the chains [first, first + BLOCK). */
static void reach_of(const struct dag *dag, uint32_t commit, uint32_t first, uint32_t ret[BLOCK])
{
	uint32_t own = dag->chain[commit];

	memcpy(ret, dag->reach + (size_t)dag->node[commit] * BLOCK, BLOCK * sizeof(uint32_t));
	if (own >= first && own < first + BLOCK)
		ret[own - first] = dag->order[commit] - dag->chain_start[own] + 1;
}

typedef void interval_fn(struct dag *dag, struct dag_interval interval, void *data);

static void visit_block(struct dag *dag, uint32_t first, interval_fn *fn, void *data)
{
	for (uint32_t i = 0; i < dag->n_nodes; i++) {
		uint32_t commit = dag->node_commit[i];
		uint32_t have[BLOCK] = { 0 };
		uint32_t start = dag->parent_start[commit], end = dag->parent_start[commit + 1];

		if (start < end)
			reach_of(dag, dag->parents[start], first, have);
		for (uint32_t e = start + 1; e < end; e++) {
			uint32_t more[BLOCK];
			uint32_t any = 0;

			reach_of(dag, dag->parents[e], first, more);
			for (int k = 0; k < BLOCK; k++)
				any |= more[k] > have[k];
			for (uint32_t k = 0; any && k < BLOCK; k++) {
				if (more[k] <= have[k])
					continue;
				fn(dag, (struct dag_interval){ commit, dag->chain_start[first + k] + have[k],
							       dag->chain_start[first + k] + more[k] }, data);
				have[k] = more[k];
			}
		}
		memcpy(dag->reach + (size_t)i * BLOCK, have, sizeof(have));
	}
}

static void visit_intervals(struct dag *dag, interval_fn *fn, void *data)
{
	if (dag->stored) {
		for (size_t i = 0; i < dag->n_intervals; i++)
			fn(dag, dag->intervals[i], data);
		return;
	}
	for (uint32_t first = 0; first < dag->n_chains; first += BLOCK)
		visit_block(dag, first, fn, data);
}

struct store {
	size_t cap, max;
	bool full, no_memory;
};

static void store_interval(struct dag *dag, struct dag_interval interval, void *data)
{
	struct store *store = data;

	if (store->full || store->no_memory)
		return;
	if (dag->n_intervals == store->max) {
		store->full = true;
		return;
	}
	if (dag->n_intervals == store->cap) {
		size_t cap = store->cap ? store->cap * 2 : 1024;
		struct dag_interval *grown = realloc(dag->intervals, cap * sizeof(*grown));

		if (!grown) {
			store->no_memory = true;
			return;
		}
		dag->intervals = grown;
		store->cap = cap;
	}
	dag->intervals[dag->n_intervals++] = interval;
}

struct culprit_error *dag_init(struct dag *dag, uint32_t n, const uint32_t *parent_start, const uint32_t *parents,
			       size_t max_intervals)
{
	struct store store = { .max = max_intervals };

	*dag = (struct dag){ 0 };
	if (!allocate(dag, n, parent_start[n]))
		goto no_memory;
	memcpy(dag->parent_start, parent_start, ((size_t)n + 1) * sizeof(uint32_t));
	if (parent_start[n])
		memcpy(dag->parents, parents, parent_start[n] * sizeof(uint32_t));
	if (!make_chains(dag))
		goto no_memory;
	dag->reach = calloc((size_t)dag->n_nodes * BLOCK, sizeof(uint32_t));
	if (!dag->reach)
		goto no_memory;
	visit_intervals(dag, store_interval, &store);
	if (store.no_memory)
		goto no_memory;
	dag->stored = !store.full;
	if (store.full) {
		free(dag->intervals);
		dag->intervals = NULL;
		dag->n_intervals = 0;
	} else {
		free(dag->reach);
		dag->reach = NULL;
	}
	return NULL;
no_memory:
	dag_deinit(dag);
	return &culprit_error_no_memory;
}

void dag_ancestors(const struct dag *dag, uint32_t commit, uint8_t *ret)
{
	memset(ret, 0, dag->n);
	ret[commit] = 1;
	for (uint32_t c = commit + 1; c-- > 0;) {
		if (!ret[c])
			continue;
		for (uint32_t e = dag->parent_start[c]; e < dag->parent_start[c + 1]; e++)
			ret[dag->parents[e]] = 1;
	}
}

static void add_lanes(struct dag *dag, struct dag_interval interval, void *data)
{
	double *row = ((double (*)[DAG_LANES])data)[interval.merge];

	for (int l = 0; l < DAG_LANES; l++)
		row[l] += dag->prefix[interval.high][l] - dag->prefix[interval.low][l];
}

void dag_sums(struct dag *dag, const double *weight, const uint8_t *lane, double (*ret)[DAG_LANES])
{
	double (*prefix)[DAG_LANES] = dag->prefix;

	/* prefix[i + 1] first holds the weight at place i, then the running sum. */
	memset(prefix, 0, ((size_t)dag->n + 1) * sizeof(*prefix));
	memset(ret, 0, (size_t)dag->n * sizeof(*ret));
	for (uint32_t c = 0; c < dag->n; c++)
		if (lane[c] < DAG_LANES)
			prefix[dag->order[c] + 1][lane[c]] = weight[c];
	for (uint32_t i = 0; i < dag->n; i++)
		for (int l = 0; l < DAG_LANES; l++)
			prefix[i + 1][l] += prefix[i][l];
	visit_intervals(dag, add_lanes, ret);
	for (uint32_t c = 0; c < dag->n; c++) {
		uint32_t first = dag_first_parent(dag, c);

		if (first != DAG_NONE)
			for (int l = 0; l < DAG_LANES; l++)
				ret[c][l] += ret[first][l];
		if (lane[c] < DAG_LANES)
			ret[c][lane[c]] += weight[c];
	}
}

struct one_lane {
	const double *prefix;
	double *ret;
};

static void add_one(struct dag *dag, struct dag_interval interval, void *data)
{
	struct one_lane *one = data;

	(void)dag;
	one->ret[interval.merge] += one->prefix[interval.high] - one->prefix[interval.low];
}

void dag_sum(struct dag *dag, const double *weight, double *ret)
{
	double *prefix = (double *)dag->prefix;	/* as n + 1 numbers in a row */
	struct one_lane one = { prefix, ret };

	prefix[0] = 0;
	for (uint32_t c = 0; c < dag->n; c++)
		prefix[dag->order[c] + 1] = weight[c];
	for (uint32_t i = 0; i < dag->n; i++)
		prefix[i + 1] += prefix[i];
	memset(ret, 0, dag->n * sizeof(*ret));
	visit_intervals(dag, add_one, &one);
	for (uint32_t c = 0; c < dag->n; c++) {
		uint32_t first = dag_first_parent(dag, c);

		ret[c] += weight[c] + (first == DAG_NONE ? 0 : ret[first]);
	}
}
