/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of the tested commits in the chain of rates: one that keeps what is near in the
 * history near in the chain.  It is the shortest tree over them (Prim, Bell Syst. Tech. J. 36 (1957)), by the
 * commits that one has and the other has not, walked from the commit with the most
 * ancestors; where it parts, the smaller part comes first.  So a branch that was begun below a commit
 * hangs on what lies below it, be the branch long or young.
 */
#include "bisect/bisect_impl.h"

static float apart(const struct bisect *b, uint32_t t, uint32_t other)
{
	return b->tested[t].distance[b->tested[other].commit];
}

struct node {
	uint32_t parent, size;		/* size: of the tree from here */
	float distance;			/* to the tree so far, by parent */
	bool in, walked;
};

/* Ties: the higher commit, so that the order in which they were tested counts for nothing. */
static bool before(const struct bisect *b, float x, uint32_t t, float y, uint32_t other)
{
	return x < y || (x == y && b->tested[t].commit > b->tested[other].commit);
}

/* b->chain becomes the nodes as they come into the tree. */
static void grow(struct bisect *b, struct node *nodes)
{
	uint32_t n = b->n_tested, last = 0;

	for (uint32_t t = 1; t < n; t++)
		if (before(b, b->age[b->tested[t].commit], t, b->age[b->tested[last].commit], last))
			last = t;
	for (uint32_t t = 0; t < n; t++)
		nodes[t] = (struct node){ .parent = last, .size = 1, .distance = apart(b, last, t) };
	for (uint32_t i = 0;; i++) {
		uint32_t next = BISECT_NONE;

		nodes[last].in = true;
		b->chain[i] = last;
		for (uint32_t t = 0; t < n; t++) {
			if (nodes[t].in)
				continue;
			if (i && before(b, apart(b, last, t), last, nodes[t].distance, nodes[t].parent)) {
				nodes[t].distance = apart(b, last, t);
				nodes[t].parent = last;
			}
			if (next == BISECT_NONE || before(b, nodes[t].distance, t, nodes[next].distance, next))
				next = t;
		}
		if (next == BISECT_NONE)
			return;
		last = next;
	}
}

static uint32_t smallest_child(const struct bisect *b, const struct node *nodes, uint32_t parent)
{
	uint32_t best = BISECT_NONE;

	for (uint32_t t = 0; t < b->n_tested; t++)
		if (!nodes[t].walked && nodes[t].parent == parent &&
		    (best == BISECT_NONE || before(b, (float)nodes[t].size, t, (float)nodes[best].size, best)))
			best = t;
	return best;
}

struct culprit_error *chain_order(struct bisect *b)
{
	_cleanup_(freep) struct node *nodes = NULL;
	uint32_t at;

	nodes = calloc(b->n_tested, sizeof(*nodes));
	if (!nodes)
		return &culprit_error_no_memory;
	grow(b, nodes);
	at = b->chain[0];
	for (uint32_t i = b->n_tested; i-- > 1;)
		nodes[nodes[b->chain[i]].parent].size += nodes[b->chain[i]].size;
	nodes[at].walked = true;
	for (uint32_t i = 1; i < b->n_tested;) {
		uint32_t child = smallest_child(b, nodes, at);

		if (child == BISECT_NONE) {
			at = nodes[at].parent;
			continue;
		}
		nodes[child].walked = true;
		b->chain[i++] = at = child;
	}
	for (uint32_t i = 0; i < b->n_tested; i++)
		b->rank[b->chain[i]] = i;
	b->posterior_fresh = false;
	return NULL;
}

uint32_t chain_place(const struct bisect *b, uint32_t commit)
{
	uint32_t nearest = BISECT_NONE;

	for (uint32_t t = 0; t < b->n_tested; t++)
		if (nearest == BISECT_NONE || before(b, b->tested[t].distance[commit], t,
						     b->tested[nearest].distance[commit], nearest))
			nearest = t;
	if (nearest == BISECT_NONE)
		return 0;
	return b->rank[nearest] + (b->age[commit] > b->age[b->tested[nearest].commit]);
}
