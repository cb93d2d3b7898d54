/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dedup: many reports, grouped by bug.
 *
 * A face is what reports have in common that show one title and the same
 * functions in their stacks.  Faces are counted; what they are made of is
 * kept as text (symptom_text.h).  Bugs are groups of faces that the matcher
 * takes for one bug (evidence.h), not only those of one title.
 *
 *	dedup_create(rules, &dedup);
 *	dedup_add(dedup, &symptom, &(struct dedup_seen){ 1, mtime, mtime }, path, line);	for each report
 *	dedup_group(dedup, &bugs);
 *
 * What is kept is a function of the set of reports, whatever their order: of
 * all titles those with the least hashes, of a title's faces the same, and
 * counters for the rest.  So two dedups that are added to a third, in any
 * order and bracketing, are the dedup of all their reports; the groups are made
 * anew from the faces.
 */
#ifndef CULPRIT_MATCH_DEDUP_H
#define CULPRIT_MATCH_DEDUP_H

#include "match/match_rules.h"
#include "match/symptom.h"

/* Bounds: what is beyond them is counted (struct dedup_title's rest, dedup_rest), and not compared. */
#define DEDUP_MAX_TITLES 16384
#define DEDUP_MAX_FACES 8		/* of a title */
#define DEDUP_MAX_TEXT 8192		/* of a face; usually it is 2000 bytes: first other tasks' stacks are left out */

/* How often, and when: seconds since 1970; -1: not known. */
struct dedup_seen {
	uint64_t n;
	int64_t first, last;
};

/* More of the same. */
void dedup_seen_add(struct dedup_seen *seen, const struct dedup_seen *more);

struct dedup_face {
	uint64_t key;			/* hash of its title and functions */
	struct dedup_seen seen;
	char *text;			/* of one of its reports: that whose place comes first */
	size_t text_len;
	char *file;			/* place of that report; NULL: standard input */
	uint64_t line;			/* from 1 */
};

struct dedup_title {
	char *title;
	uint64_t hash;
	struct dedup_face faces[DEDUP_MAX_FACES + 1];	/* in the order of their keys; one more while one is added */
	size_t n_faces;
	struct dedup_seen rest;		/* reports of faces that were not kept */
};

struct dedup;

/* rules are borrowed. Errors of all but where said: NO_MEMORY. */
struct culprit_error *dedup_create(const struct match_rules *rules, struct dedup **ret);
void dedup_destroy(struct dedup *dedup);
void dedup_destroyp(struct dedup **dedup);

/* seen->n reports of this symptom, the one at file (NULL: standard input) and line among them. */
struct culprit_error *dedup_add(struct dedup *dedup, const struct symptom *symptom, const struct dedup_seen *seen,
				const char *file, uint64_t line);

/* The same of a face that was kept. Errors also: SYNTAX of its text. */
struct culprit_error *dedup_add_face(struct dedup *dedup, const struct dedup_face *face);

/* What another dedup did not keep: of a title it has, or of all (title NULL). */
struct culprit_error *dedup_add_rest(struct dedup *dedup, const char *title, const struct dedup_seen *seen);

/* Reports whose titles were not kept. Complete after dedup_group. */
const struct dedup_seen *dedup_rest(const struct dedup *dedup);

/* -------------------------------------------------------------- groups */

struct dedup_member {
	const struct dedup_face *face;		/* borrowed from the dedup */
	const struct dedup_title *title;	/* and so this */
	double probability;			/* that it is the bug of the first member; 1 for that itself */
	const char *why;			/* "same class: use-after-free; ..."; NULL for the first member */
};

struct dedup_bug {
	struct dedup_member *members;	/* the one that stands for the bug first */
	size_t n_members;
	struct dedup_seen seen;		/* of all members, and of its titles' rests */
	const char *class;		/* NULL: not known. The rules' */
	const char *frame;		/* guilty function; NULL: not known */
	bool vague;			/* its title is one of many bugs */
};

struct dedup_bugs {
	struct dedup_bug *bugs;		/* most reports first */
	size_t n;
	struct arena arena;		/* holds all of it */
};

/* Valid until something is added to the dedup. */
struct culprit_error *dedup_group(struct dedup *dedup, struct dedup_bugs *ret);
void dedup_bugs_deinit(struct dedup_bugs *bugs);

#endif
