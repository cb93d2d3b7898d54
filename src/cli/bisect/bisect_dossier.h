/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dossier: all that a report of a bisection says, gathered once for text, JSON
 * and HTML.
 *
 * Strings live in its arena unless said otherwise; they may hold anything that
 * commits and logs hold, so each output escapes them in its own way.
 */
#ifndef CULPRIT_CLI_BISECT_BISECT_DOSSIER_H
#define CULPRIT_CLI_BISECT_BISECT_DOSSIER_H

#include "session/session.h"

enum dossier_answer { ANSWER_NONE_YET, ANSWER_CULPRIT, ANSWER_SET, ANSWER_GAVE_UP };

/* A tested commit. */
struct dossier_commit {
	uint32_t index;			/* in the history */
	const char *hex, *subject;
	struct bisect_evidence evidence;
	double posterior, p_bad;
	double build_seconds, run_seconds;
	const char *skip_reason;	/* why it could not be built; NULL: it could */
	const char *title;		/* what its runs showed most often, or NULL */
};

/* A crash that is not the target, with the runs that showed it. */
struct dossier_crash {
	const char *title;
	uint32_t n_runs, n_commits;
};

struct dossier {
	const struct session *session;	/* borrowed */
	struct arena arena;
	enum dossier_answer answer;
	enum bisect_why why;
	double posterior;		/* less where a check speaks against the culprit */
	const char *against;		/* what does, a clause; NULL: nothing */
	bool has_culprit;
	struct git_commit culprit;	/* also the likeliest of a set */
	const char *described;		/* git describe of it */
	struct bisect_share *set;	/* malloc'ed */
	uint32_t n_set;
	double set_mass;
	const char *target;		/* title; NULL: not known */
	struct dossier_commit *tested;	/* in the order of the history, oldest first */
	uint32_t n_tested;
	struct dossier_crash *crashes;	/* most frequent first */
	uint32_t n_crashes;
	const char **people;
	size_t n_people;
	const char **findings;		/* sentences */
	size_t n_findings;
	const char **checks;		/* sentences */
	size_t n_checks;
	const char *crash;		/* text of the target's report at the culprit; NULL: none */
	const char *crash_run;		/* where it is from: "run 12 at 123456789abc" */
	const char *config_text;
	double build_seconds, run_seconds, wall_seconds;
	struct bisect_rate rate;
	bool has_rate;
};

struct culprit_error *dossier_create(struct session *session, struct dossier *ret);
void dossier_deinit(struct dossier *dossier);

#endif
