/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence: what two symptoms have in common, as log-odds and in words.
 */
#ifndef CULPRIT_MATCH_EVIDENCE_H
#define CULPRIT_MATCH_EVIDENCE_H

#include "match/symptom.h"

#define MAX_EVIDENCE 24

/* Log-odds that two crashes of which nothing is known are one bug. */
#define COMPARISON_PRIOR -2.5

struct match_evidence {
	const char *text;	/* "same class and same allocation stack, 6 of 8 frames" */
	double weight;		/* what it added to the log-odds (nats); 0 for mere remarks */
};

struct comparison {
	double logit;		/* natural log-odds that both are one bug, prior included */
	double beyond_title;	/* the part of it that titles and classes did not give */
	bool torn;		/* one of the reports was cut: what is missing tells nothing */
	bool other_class;	/* no bug shows itself as both */
	struct match_evidence evidence[MAX_EVIDENCE];	/* in the order of looking */
	size_t n_evidence;
};

/*
 * target: of the profile; seen: of the run.  Sentences are made in arena.
 * Errors: NO_MEMORY.
 */
struct culprit_error *compare_symptoms(const struct match_rules *rules, struct arena *arena,
				       const struct symptom *target, const struct symptom *seen,
				       struct comparison *ret);

/* 1 / (1 + e^-logit), within [0.001, 0.999]: nothing here is surer than that. */
double probability_of(double logit);
double logit_of(double probability);

#endif
