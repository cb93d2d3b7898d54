/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Match: is what this run shows the bug we hunt?
 *
 * Pure: the same profile and run give the same answer, nothing is read or
 * written.  The answer is a probability with the evidence in words; the
 * verdict is only where it falls.
 */
#ifndef CULPRIT_MATCH_MATCH_H
#define CULPRIT_MATCH_MATCH_H

#include "match/profile.h"
#include "match/verdict.h"

#define MATCH_TARGET	0.6
#define MATCH_RELATED	0.2

struct match_evidence {
	const char *text;	/* "same class and same allocation stack, 6 of 8 frames" */
	double weight;		/* what it added to the log-odds (nats); 0 for mere remarks */
};

struct match_result {
	enum verdict verdict;
	double probability;		/* that the run showed the target; 0 for clean and failed runs */
	const char *title;		/* of the report that decided, or NULL. Owned by the result */
	const char *symptom;		/* title of the profile's symptom that fits best, or NULL. Owned */
	size_t report;			/* index of the report (or title) that decided; SIZE_MAX: none */
	struct match_evidence *evidence;	/* most telling first */
	size_t n_evidence;
	struct arena arena;		/* holds all of it */
};

/* An empty profile calls no crash the target: they are undecided. Errors: NO_MEMORY. */
struct culprit_error *match_run(const struct profile *profile, const struct run_evidence *run,
				struct match_result *ret);

void match_result_deinit(struct match_result *result);

#endif
