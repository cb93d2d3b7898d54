/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profile: what the hunted bug looks like, learned from runs known to show it.
 *
 * A bug shows itself in several ways: another title when it dies elsewhere,
 * another class when a detector is missing.  Each way is a symptom, and a
 * profile is a list of them with the share of known-bad runs that showed it.
 * A report of a run under test is made a symptom too; match.h compares the two.
 *
 *	struct match_rules *rules;
 *	struct profile *profile;
 *
 *	match_rules_load(NULL, patterns, &rules);
 *	profile_create(rules, &profile);
 *	profile_add_title(profile, "KASAN: use-after-free Read in foo");	(and/or)
 *	profile_learn(profile, runs, n_runs);		learn.h: runs on a commit known to be bad
 *	match_run(profile, &run, &result);		match.h
 *
 * Which titles belong to one class of bugs and which functions say nothing
 * about a bug is data: patterns/match/rules.yaml.
 */
#ifndef CULPRIT_MATCH_PROFILE_H
#define CULPRIT_MATCH_PROFILE_H

#include "base/base.h"
#include "match/match_rules.h"
#include "match/verdict.h"

/* --------------------------------------------------------------- runs */

/*
 * All that is known of one run.  Zeroed (but for exit_code) means: nothing.
 * Everything is borrowed for the duration of the call it is given to.
 */
struct run_evidence {
	const struct culprit_report *const *reports;	/* in the order of the log, suppressed ones too */
	size_t n_reports;
	const struct culprit_summary *summary;		/* of the whole log; NULL: not known */

	/* Titles alone, where nothing else of the run is left (a bisection's log). Reports win. */
	const char *const *titles;
	size_t n_titles;

	const char *other_kernel;	/* version of the kernel that ran, where it is surely not the one that was to; NULL else */
	bool infra_failed;	/* the run command says so, or could not be started */
	bool boot_failed;	/* said by somebody other than the console */
	enum run_ending ending;
	const char *lost_why;	/* of RUN_ENDING_LOST; NULL: not known */
	bool exit_judges;	/* the run command judges itself: 0 clean, 125 undecided, 1 to 124 target */
	int exit_code;		/* looked at only when the console says nothing */
	bool lost;		/* part of the console is missing or could not be read */
	bool finish_wanted;	/* what a complete run prints is known... */
	bool finished;		/* ... and was printed */
	int64_t elapsed_us, expected_us;	/* 0: not known; see struct run_record */
};

/* ------------------------------------------------------------ profile */

struct symptom;			/* see symptom.h */
struct profile;

/* rules must outlive the profile. Errors: NO_MEMORY. */
struct culprit_error *profile_create(const struct match_rules *rules, struct profile **ret);
void profile_destroy(struct profile *profile);
void profile_destroyp(struct profile **profile);

/*
 * The target has this title.  "TITLE" is trimmed; an empty one is a USAGE
 * error.  Reports learned later under this title add their stacks to it.
 */
struct culprit_error *profile_add_title(struct profile *profile, const char *title);

/* This report is the target, whatever else its run showed (--target-log). */
struct culprit_error *profile_add_report(struct profile *profile, const struct culprit_report *report);

/* No symptom yet: match_run() would call nothing the target. */
bool profile_is_empty(const struct profile *profile);

/* The title that stands for the bug; NULL for an empty profile. Borrowed until the profile changes. */
const char *profile_title(const struct profile *profile);

/*
 * Share of known-bad runs that showed the target, with how many runs that
 * rests on.  False when nothing was learned from runs.
 */
bool profile_rate(const struct profile *profile, double *ret_rate, size_t *ret_runs);

/*
 * Source files and directories of the target's stacks, most telling first, for
 * weighing commits by the paths they touch.  Only logs with source lines give
 * any.  Borrowed until the profile changes.
 */
size_t profile_paths(const struct profile *profile, const char *const **ret);

/* ----------------------------------------------------------- as a file */

/* YAML, readable and editable; profile_parse(profile_format(p)) is p again. */
struct culprit_error *profile_format(const struct profile *profile, struct buf *ret);

/* Errors: SYNTAX with name:line:column. */
struct culprit_error *profile_parse(const struct match_rules *rules, struct span text, const char *name,
				    struct profile **ret);

/* Errors also: OS, NOT_FOUND when the file is not there. */
struct culprit_error *profile_load(const struct match_rules *rules, const char *path, struct profile **ret);

/* Written to a file beside it first, then renamed. */
struct culprit_error *profile_save(const struct profile *profile, const char *path);

#endif
