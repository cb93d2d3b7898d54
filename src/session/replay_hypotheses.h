/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hypotheses: where the culprit of a replayed bisection may be.
 *
 * All commits that the same tested commits contain are one hypothesis: no test
 * of the log tells them apart.  Made from the order that the log implies, or
 * from the graph of a repository.
 */
#ifndef CULPRIT_SESSION_REPLAY_HYPOTHESES_H
#define CULPRIT_SESSION_REPLAY_HYPOTHESES_H

#include "session/git.h"
#include "session/replay_log.h"

/* A set of steps of the log, by index. */
struct step_set {
	uint64_t bits[REPLAY_MAX_STEPS / 64];
};

static inline bool step_set_has(const struct step_set *set, size_t i)
{
	return set->bits[i / 64] >> (i % 64) & 1;
}

static inline void step_set_add(struct step_set *set, size_t i)
{
	set->bits[i / 64] |= 1ull << (i % 64);
}

struct hypothesis {
	struct step_set contain;	/* the tested commits that contain the culprit, if it is one of these */
	struct step_set unsure;		/* of those, the ones that might be on another branch (no graph at hand) */
	double prior;			/* relative to other hypotheses */
	bool older;			/* the bug is older than the good end */
	const char *upto;		/* newest commit of the range: the culprit if n_commits is 1; NULL for older */
	const char *after;		/* the tested commit before the range; NULL when there is none or several */
	uint64_t n_commits;		/* 0: not known */
	uint32_t *members;		/* indices into the history; NULL without a graph */
};

struct hypotheses {
	struct arena arena;
	struct hypothesis *list;
	size_t n;
	struct git_history history;	/* all zero without a graph */
	bool has_history;
	uint32_t *order;		/* tested commits without a graph: steps from oldest to newest */
	size_t n_order;
};

/*
 * The order in which the tests of the log must lie.  Strings are borrowed from
 * the log.  Errors: NO_MEMORY.
 */
struct culprit_error *hypotheses_from_order(const struct replay_log *log, struct hypotheses *ret);

/*
 * The commits between the ends of the bisection in a repository.  Errors: of
 * git_history_load(); NOT_FOUND names the commit that the repository lacks.
 */
struct culprit_error *hypotheses_from_graph(const struct replay_log *log, const struct git *git,
					    struct hypotheses *ret);

void hypotheses_deinit(struct hypotheses *hypotheses);

#endif
