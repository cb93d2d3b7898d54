/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of drive share; nobody else includes it. */
#ifndef CULPRIT_SESSION_DRIVE_INTERNAL_H
#define CULPRIT_SESSION_DRIVE_INTERNAL_H

#include "session/drive.h"
#include "session/session_internal.h"

struct drive {
	struct session *session;
	struct journal *journal;
	struct runner *runner;				/* while drive_run() goes on */
	const struct session_observer *observer;	/* the same; may be NULL */
	int cancel_fd;
	int64_t length_us;				/* of complete runs, when all were compared with it */
	char *kconfig;					/* that all is built with; NULL: the configured one */
	bool out;					/* the walk over releases ended in an outage */
	struct buf notice;
};

/* The runner, for as long as something is built or run; whatever start gave, stop is called. */
struct culprit_error *drive_start(struct drive *drive, const struct session_observer *observer);
void drive_stop(struct drive *drive);

/*
 * Take up the runs that an earlier drive started and that outlived it, those of the commit that it was at last;
 * others, and builds, are ended (drive_adopt.c).
 */
struct culprit_error *drive_adopt(struct drive *drive);

/* ------------------------------------------------------ drive_act.c */

/*
 * Runs of another subject than this (NULL: all) are ended and journalled as cut;
 * *ret_cut: there were some, so that the policy's word may be another one now.
 */
struct culprit_error *drive_cut(struct drive *drive, const struct subject *but, bool *ret_cut);

/* Build, journalled. *ret is the last of builds; NULL: cancelled. */
struct culprit_error *drive_build(struct drive *drive, const struct subject *subject,
				  const struct session_build **ret);

/*
 * Have up to n_parallel runs of the subject going and wait for the end of one,
 * journalled. Runs of another subject are cancelled. NULL: cancelled.
 */
struct culprit_error *drive_run_one(struct drive *drive, const struct subject *subject, uint32_t n_parallel,
				    const struct session_run **ret);

/* The phase and since when, for those who watch; the same phase of the same subject goes on. */
void drive_enter(struct drive *drive, enum session_phase phase, const struct subject *subject);

/* Wait before subject is tried, where the last builds or runs failed around the kernel. */
void drive_pause(struct drive *drive, const struct subject *subject, bool *ret_cancelled);

/*
 * Where only the subject fails around the kernel: build and run something that
 * came through before, to tell a commit that makes the machine fail from a machine
 * that fails. *ret_done false: there was nothing to try.
 */
struct culprit_error *drive_probe(struct drive *drive, const struct subject *subject, bool *ret_done,
				  bool *ret_cancelled);

void drive_notify(struct drive *drive, enum session_event event);

/* Journal a decision unless it is the last one again. */
struct culprit_error *drive_journal_decision(struct drive *drive, const struct bisect_action *action);

/* Run number is judged anew. */
struct culprit_error *drive_journal_judgement(struct drive *drive, uint32_t number, const struct match_result *match);

/* --------------------------------------------------- what drives do */

/* The walk over releases (drive_release.c): finds the good commit, or says that there is none. */
struct culprit_error *drive_walk_releases(struct drive *drive, bool *ret_cancelled);

/* The smallest kernel configuration that shows the target (drive_minimise.c). */
enum minimal_outcome { MINIMAL_FOUND, MINIMAL_NONE, MINIMAL_CANCELLED };
struct culprit_error *drive_minimise(struct drive *drive, enum minimal_outcome *ret);

/* The name of the configuration that was failing to begin with; it is in configs/ then (drive_minimise.c). */
struct culprit_error *drive_name_whole_config(struct drive *drive, struct git_hash *ret);

/* The runner is told what to build with. */
struct culprit_error *drive_use_config(struct drive *drive);

/* Reverting and cherry-picking the culprit, and building it with all options (drive_check.c). */
struct culprit_error *drive_check_culprit(struct drive *drive, bool *ret_cancelled);

/*
 * Have what is about to be named, and its border, run itself (drive_prove.c).
 * *ret_more: something was done; ask the policy again.
 */
struct culprit_error *drive_prove(struct drive *drive, bool *ret_more, bool *ret_cancelled);

/* Whether the last run contradicts one of another commit of the same image; then images by the rule count no more. */
struct culprit_error *drive_compare_images(struct drive *drive, bool *ret_distrusted);

/* Clean runs that are much shorter than the others, as these are known by now; runs to come are compared likewise. */
struct culprit_error *drive_judge_short(struct drive *drive);

/* All runs, from their logs. */
struct culprit_error *drive_judge_all(struct drive *drive);

/* Learn from the runs on a commit that is known to show the target; judge all runs anew (drive_learn.c). */
struct culprit_error *drive_learn(struct drive *drive, const char *commit);

#endif
