/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Learn: a profile grows from runs of commits that are known to be bad or good.
 */
#ifndef CULPRIT_MATCH_LEARN_H
#define CULPRIT_MATCH_LEARN_H

#include "match/profile.h"

/*
 * Learn from n_runs runs on commits that are known to be bad.  May be called
 * again with more.  Clean and failed runs count as runs without the target.
 * Where no title was given before, the title that most runs show is the
 * target's own; others are adopted with a weight that says how likely they
 * belong to the same bug (how often they came, how much they resemble it).
 * Errors: NO_MEMORY.
 */
struct culprit_error *profile_learn(struct profile *profile, const struct run_evidence *runs, size_t n_runs);

/*
 * Runs on commits that are known to be good: what crashes there is a
 * background bug and loses its adoption.
 */
struct culprit_error *profile_learn_good(struct profile *profile, const struct run_evidence *runs, size_t n_runs);

#endif
