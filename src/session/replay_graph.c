/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hypotheses from the real graph: every commit between the ends, grouped by
 * which tested commits contain it.
 *
 * Going from new to old, a commit is in all that its children are in.
 */
#include <stdio.h>

#include "session/replay_hypotheses.h"

#define OLDER_PRIOR 0.01
#define MERGE_WEIGHT 0.05	/* a merge brings in a bug of its own seldom */

struct graph {
	const struct replay_log *log;
	const struct git *git;
	struct hypotheses *hypotheses;
	struct step_set *contain;	/* per commit of the history */
	uint32_t *group;		/* per commit: index of its hypothesis */
};

/* The newest commit of all: the one that the hunt began with, or the bad end. */
static const char *newest_commit(const struct replay_log *log)
{
	if (!log->fix && log->steps[0].tested)
		return log->steps[0].commit;
	if (log->start_bad)
		return log->start_bad;
	for (size_t i = 0; i < log->n_steps; i++) {
		if (log->steps[i].original == MARK_BAD)
			return log->steps[i].commit;
	}
	return log->steps[0].commit;
}

static struct culprit_error *good_ends(const struct graph *graph, struct git_hash *ret, size_t *ret_n)
{
	const struct replay_log *log = graph->log;
	struct culprit_error *err = NULL;

	*ret_n = 0;
	for (size_t i = 0; !err && i < log->n_start_good; i++)
		err = git_resolve(graph->git, log->start_good[i], &ret[(*ret_n)++]);
	if (err || *ret_n)
		return err;
	/* it never came to "git bisect start ... GOOD": the first good one */
	for (size_t i = 0; i < log->n_steps; i++) {
		if (log->steps[i].original == MARK_GOOD)
			return git_resolve(graph->git, log->steps[i].commit, &ret[(*ret_n)++]);
	}
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "the log has no good commit");
}

static struct culprit_error *load_history(const struct graph *graph)
{
	_cleanup_(freep) struct git_hash *good = calloc(REPLAY_MAX_STEPS + 1, sizeof(*good));
	struct culprit_error *err;
	struct git_hash bad;
	size_t n_good;

	if (!good)
		return &culprit_error_no_memory;
	err = git_resolve(graph->git, newest_commit(graph->log), &bad);
	if (!err)
		err = good_ends(graph, good, &n_good);
	if (!err)
		err = git_history_load(graph->git, bad.hex, good, n_good, &graph->hypotheses->history);
	if (!err)
		graph->hypotheses->has_history = true;
	return culprit_error_context(err, "replaying on the repository");
}

static struct culprit_error *mark_steps(const struct graph *graph)
{
	const struct git_history *history = &graph->hypotheses->history;

	for (size_t i = 0; i < graph->log->n_steps; i++) {
		struct culprit_error *err;
		struct git_hash hash;
		uint32_t at;

		err = git_resolve(graph->git, graph->log->steps[i].commit, &hash);
		if (err)
			return culprit_error_context(err, "replaying on the repository");
		at = git_history_find(history, hash.hex);
		/* older than the ends: contains no candidate */
		if (at != UINT32_MAX)
			step_set_add(&graph->contain[at], i);
	}
	for (uint32_t c = history->n; c-- > 0;) {
		for (uint32_t p = history->parent_start[c]; p < history->parent_start[c + 1]; p++) {
			struct step_set *parent = &graph->contain[history->parents[p]];

			for (size_t i = 0; i < countof(parent->bits); i++)
				parent->bits[i] |= graph->contain[c].bits[i];
		}
	}
	return NULL;
}

/* ------------------------------------------------------------- grouping */

static bool is_merge(const struct git_history *history, uint32_t c)
{
	return history->parent_start[c + 1] - history->parent_start[c] > 1;
}

static uint32_t find_group(const struct graph *graph, uint32_t *table, uint32_t size, uint32_t c)
{
	const struct step_set *set = &graph->contain[c];
	uint32_t at = (uint32_t)hash_bytes(set, sizeof(*set)) & (size - 1);

	while (table[at] != UINT32_MAX &&
	       memcmp(&graph->hypotheses->list[table[at]].contain, set, sizeof(*set)) != 0)
		at = (at + 1) & (size - 1);
	return at;
}

/* There are no more groups than commits, and the table has twice the room. */
static struct culprit_error *group_commits(const struct graph *graph)
{
	struct hypotheses *h = graph->hypotheses;
	const struct git_history *history = &h->history;
	uint32_t candidates = history->n - history->n_boundary, size = 64;
	_cleanup_(freep) uint32_t *table = NULL;

	while (size < 2 * candidates + 2)
		size *= 2;
	table = malloc(size * sizeof(*table));
	h->list = arena_array(&h->arena, (size_t)candidates + 1, sizeof(*h->list));
	if (!table || !h->list)
		return &culprit_error_no_memory;
	memset(table, 0xff, size * sizeof(*table));
	for (uint32_t c = history->n_boundary; c < history->n; c++) {
		uint32_t at = find_group(graph, table, size, c);
		struct hypothesis *group;

		if (table[at] == UINT32_MAX) {
			table[at] = (uint32_t)h->n;
			h->list[h->n++].contain = graph->contain[c];
		}
		group = &h->list[table[at]];
		graph->group[c] = table[at];
		group->prior += is_merge(history, c) ? MERGE_WEIGHT : 1;
		group->upto = history->hashes[c].hex;	/* the newest comes last */
		group->n_commits++;
	}
	return NULL;
}

static struct culprit_error *collect_members(const struct graph *graph)
{
	struct hypotheses *h = graph->hypotheses;
	double sum = 0;

	for (size_t i = 0; i < h->n; i++) {
		h->list[i].members = arena_array(&h->arena, h->list[i].n_commits, sizeof(*h->list[i].members));
		if (!h->list[i].members)
			return &culprit_error_no_memory;
		sum += h->list[i].prior;
		h->list[i].n_commits = 0;
	}
	for (uint32_t c = h->history.n_boundary; c < h->history.n; c++) {
		struct hypothesis *group = &h->list[graph->group[c]];

		group->members[group->n_commits++] = c;
	}
	/* the last one: older than all of them, so every tested commit has it */
	h->list[h->n] = (struct hypothesis){ .prior = sum > 0 ? sum * OLDER_PRIOR : 1, .older = true };
	memset(&h->list[h->n].contain, 0xff, sizeof(h->list[h->n].contain));
	h->n++;
	return NULL;
}

struct culprit_error *hypotheses_from_graph(const struct replay_log *log, const struct git *git,
					    struct hypotheses *ret)
{
	struct hypotheses hypotheses = { 0 };
	struct graph graph = { .log = log, .git = git, .hypotheses = &hypotheses };
	struct culprit_error *err = load_history(&graph);

	if (!err) {
		graph.contain = calloc(hypotheses.history.n + 1, sizeof(*graph.contain));
		graph.group = calloc(hypotheses.history.n + 1, sizeof(*graph.group));
		if (!graph.contain || !graph.group)
			err = &culprit_error_no_memory;
	}
	if (!err)
		err = mark_steps(&graph);
	if (!err)
		err = group_commits(&graph);
	if (!err)
		err = collect_members(&graph);
	free(graph.contain);
	free(graph.group);
	if (err) {
		hypotheses_deinit(&hypotheses);
		return err;
	}
	*ret = hypotheses;
	return NULL;
}
