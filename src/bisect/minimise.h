/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimise: which options of a configuration does the target need?
 *
 * Options 0 .. n-1 are what a configuration that shows the target has beyond one
 * that does not.  Sets of them are tried, each closed under what its options
 * depend on, until a smallest one is known: it shows the target, and without any
 * one of its options (and what depends on that) it does not.
 *
 *	minimise_create(n, edges, n_edges, &m);
 *	while (minimise_next(m, keep) == MINIMISE_TRY)
 *		minimise_tell(m, what building and running with keep showed);
 *
 * Each needed option is found by halving: options stand in an order in which what
 * one depends on comes before it; of the prefixes of that order, one shows the
 * target and the next shorter one does not, so the option between them is needed.
 * That takes log2(n) tries an option and a last pass with one each, where classic
 * delta debugging (ddmin) takes k log n to k^2 of them with chunks that cut
 * dependencies apart.  It needs no monotony: a pair of neighbours that differ is
 * between any two that do.  Where prefixes cannot be tested (they do not build or
 * boot), all options between the last that can are taken together.
 *
 * Pure: no clock, no file, and the same sequence for the same answers; so a hunt
 * that was interrupted is taken up by telling the answers again.
 */
#ifndef CULPRIT_BISECT_MINIMISE_H
#define CULPRIT_BISECT_MINIMISE_H

#include "base/base.h"

/* Chance that a run without the target is taken for one with it; assumed, not measured. */
#define MINIMISE_FALSE_HIT 0.01

/* So many runs that say nothing of the target, with fewer that do: the set cannot be tested. */
#define MINIMISE_MAX_OTHER 5

/* An option that depends on another one: without needs, option cannot be on. */
struct minimise_edge {
	uint32_t option, needs;
};

enum minimise_outcome {
	MINIMISE_UNDECIDED,	/* runs say too little yet */
	MINIMISE_SHOWS,
	MINIMISE_ABSENT,
	MINIMISE_UNTESTABLE,	/* does not build, does not boot, dies of something else */
};

enum minimise_act {
	MINIMISE_TRY,
	MINIMISE_DONE,		/* keep is a smallest set */
	MINIMISE_NO_TARGET,	/* not even all options show it */
	MINIMISE_NO_DIFFERENCE,	/* it shows without any of them */
};

/* What stands in the way of the next answer. */
enum minimise_phase { MINIMISE_ALL, MINIMISE_NONE, MINIMISE_SEARCH, MINIMISE_VERIFY, MINIMISE_OVER };

struct minimise;

/* Edges of options over n are refused. Circles are fine: such options come and go together. Errors: NO_MEMORY, LIMIT. */
struct culprit_error *minimise_create(uint32_t n, const struct minimise_edge *edges, size_t n_edges, struct minimise **ret);
void minimise_destroy(struct minimise *m);	/* NULL is fine */
void minimise_destroyp(struct minimise **m);

/* keep: n bytes, 1 for each option of the set that is to be tried, or of the answer. The same until it is told. */
enum minimise_act minimise_next(const struct minimise *m, uint8_t *keep);

/* What the set of minimise_next() showed; anything but UNDECIDED. */
void minimise_tell(struct minimise *m, enum minimise_outcome outcome);

enum minimise_phase minimise_phase(const struct minimise *m);
uint32_t minimise_n_needed(const struct minimise *m);	/* found so far, with what they depend on */
uint32_t minimise_n_open(const struct minimise *m);	/* options that may still be needed */

/*
 * Runs of one set: a sequential probability ratio test (Wald, 1945) of "shows with
 * probability rate" against "shows by mistake only" (MINIMISE_FALSE_HIT), at the
 * confidence on both sides.  n_other: runs that say nothing of the target.
 */
enum minimise_outcome minimise_judge(double rate, double confidence, uint32_t n_hits, uint32_t n_clean, uint32_t n_other);

#endif
