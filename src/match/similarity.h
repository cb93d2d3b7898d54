/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Similarity of two stacks of different kernels.
 *
 * Frames are aligned in order, as texts are for a diff, but weighted: a frame
 * near the guilty function says more than one far below it, a helper that
 * everybody calls says little (rules_frame_weight).  A function may have been
 * renamed, inlined on one side, or be called from elsewhere.
 */
#ifndef CULPRIT_MATCH_SIMILARITY_H
#define CULPRIT_MATCH_SIMILARITY_H

#include "match/symptom.h"

/* What two kernels have in common, by the frames that both show and by their versions. */
enum kernel_relation {
	KERNELS_UNKNOWN,
	KERNELS_DIFFER,		/* functions may have been renamed, code moved */
	KERNELS_SAME_SOURCE,	/* no renames; offsets tell nothing */
	KERNELS_SAME_BUILD,	/* the same function at another offset is another place */
};

struct similarity {
	double score;		/* 0 to 1 */
	double confidence;	/* 0: one side has nothing that tells; 1: both have enough */
	unsigned int n_equal;	/* functions in both, of those that tell something */
	unsigned int n_of;	/* functions of the longer side that tell something */
	unsigned int n_renamed;	/* pairs at the same place under another name */
	bool top_equal;		/* the guilty functions are aligned and the same */
	bool top_renamed;	/* they are aligned under two names */
	bool same_place;	/* same build, same offset of the guilty function */
	bool other_place;	/* same build, same guilty function at another offset */
};

enum kernel_relation compare_kernels(const struct symptom *a, const struct symptom *b);

/*
 * guilty_a and guilty_b (may be NULL) are the functions from which on frames
 * count in full.
 */
struct similarity compare_stacks(const struct symptom_stack *a, const char *guilty_a, const struct symptom_stack *b,
				 const char *guilty_b, enum kernel_relation kernels);

/* How alike two names are, 0 to 1: their share of common pairs of letters. */
double name_similarity(const char *a, const char *b);

#endif
