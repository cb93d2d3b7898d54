/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a profile holds, for match.c and the YAML reading and writing.
 */
#ifndef CULPRIT_MATCH_PROFILE_ENTRY_H
#define CULPRIT_MATCH_PROFILE_ENTRY_H

#include "match/profile.h"
#include "match/symptom.h"

#define PROFILE_MAX_ENTRIES 64
#define PROFILE_MAX_SAMPLES 3
#define PROFILE_MAX_PATHS 24

/* One title under which the bug was seen, or is known. */
struct profile_entry {
	bool own;		/* told by the user, or shown by most runs; otherwise adopted */
	bool fixed;		/* the weight stands in a file by hand: learning leaves it */
	double weight;		/* probability that this title belongs to the bug: 1 for own ones */
	size_t seen;		/* known-bad runs that showed it */
	size_t first;		/* and as their first crash */
	size_t seen_good;	/* runs of good commits that showed it */
	size_t last_run;	/* number of the run counted last, from 1 */
	struct symptom samples[PROFILE_MAX_SAMPLES];	/* the first one always is there */
	size_t n_samples;
};

struct profile {
	const struct match_rules *rules;
	struct arena arena;
	struct profile_entry *entries;	/* room for PROFILE_MAX_ENTRIES */
	size_t n_entries;
	size_t n_runs;		/* known-bad runs learned from, without failed ones */
	size_t n_hits;		/* of them with the target */
	size_t n_good_runs;
	size_t n_counted;	/* runs counted so far, of both kinds */
	const char *paths[PROFILE_MAX_PATHS];
	size_t n_paths;
};

struct profile_entry *profile_find(const struct profile *profile, const char *title);

/* Errors: NO_MEMORY; *ret is NULL when the profile is full. */
struct culprit_error *profile_add_entry(struct profile *profile, const struct symptom *symptom,
					struct profile_entry **ret);

/* The entry for the symptom's title, with the symptom as one of its samples. Errors and NULL as above. */
struct culprit_error *profile_note_symptom(struct profile *profile, const struct symptom *symptom,
					   struct profile_entry **ret);

/* Weights and paths after entries or counts changed. */
struct culprit_error *profile_settle(struct profile *profile);
void profile_find_paths(struct profile *profile);

#endif
