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

#include "match/evidence.h"
#include "match/profile.h"
#include "match/verdict.h"

/*
 * Where a probability becomes a word.  Few lie near: of the 176 pairs of
 * corpus/match 164 are over 0.8 or under 0.2 (tests/check-match.sh prints the
 * table).  A target needs more than even odds, for a wrong one turns a bisection
 * away, and a missed one costs a run; under one in five nothing of it is left
 * but a class or a caller in common.
 */
#define MATCH_TARGET	0.6
#define MATCH_RELATED	0.2

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

/*
 * Whether a report takes part in judging its run: a crash of the kernel, not
 * one of the boot that the run went past.
 */
bool report_counts(const struct run_evidence *run, const struct culprit_report *report);
bool report_is_boot_noise(const struct run_evidence *run, const struct culprit_report *report);

#endif
