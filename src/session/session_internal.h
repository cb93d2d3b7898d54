/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the session share; nobody else includes it. */
#ifndef CULPRIT_SESSION_SESSION_INTERNAL_H
#define CULPRIT_SESSION_SESSION_INTERNAL_H

#include "session/session.h"

/* Of a build, in runs, before anything was measured. */
#define SESSION_BUILD_COST 6.0

/* The walk over releases (session_release.c): finds the good commit, or says that there is none. */
struct culprit_error *session_walk_releases(struct session *session, const struct session_observer *observer,
					    bool *ret_cancelled);

/* Reverting and cherry-picking the culprit (session_check.c). */
struct culprit_error *session_check_culprit(struct session *session, const struct session_observer *observer,
					    bool *ret_cancelled);

/* The target's profile (session_learn.c): from the configuration, or as learned. */
struct culprit_error *session_load_profile(struct session *session);

/* Learn from the runs on a commit that is known to show the target; judge all runs anew. */
struct culprit_error *session_learn(struct session *session, const char *commit);

/* Make history and policy from what the journal says. */
struct culprit_error *session_build_graph(struct session *session);
struct culprit_error *session_policy_config(const struct session *session, struct bisect_config *ret);

/* The commits' prior weights (session_weigh.c), by the paths they touch. weight: one per commit of the history. */
struct culprit_error *session_weigh(const struct session *session, double *weight);

/* From the classes: share[0] of the commits touch the target's files, share[1] only files beside; weights of the two. */
void session_path_weights(const double share[2], double ret[2]);

/* What a build costs in runs, as far as measured (session_cost.c). */
void session_measure(struct session *session, const struct session_fact *fact);
bool session_measured_cost(const struct session_timing *timing, double *ret_build, double *ret_failure);

/* Hand the policy the facts from n_fed on about commits that find() knows. */
struct culprit_error *session_feed(struct session *session);
struct culprit_error *session_feed_fact(struct session *session, struct bisect *bisect, uint32_t commit,
					const struct session_fact *fact);

/* Build, journalled. *ret is the last of builds; NULL: cancelled. */
struct culprit_error *session_do_build(struct session *session, const struct session_observer *observer,
				       const struct subject *subject, const struct session_build **ret);

/*
 * Have up to n_parallel runs of the subject going and wait for the end of one,
 * journalled. Runs of another subject are cancelled. NULL: cancelled.
 */
struct culprit_error *session_do_run(struct session *session, const struct session_observer *observer,
				     const struct subject *subject, uint32_t n_parallel,
				     const struct session_run **ret);

/* The phase and since when, for those who watch; the same phase of the same subject goes on. */
void session_enter(struct session *session, enum session_phase phase, const struct subject *subject);

/* Wait before subject is tried, where the last builds or runs failed around the kernel. */
void session_pause(struct session *session, const struct session_observer *observer, const struct subject *subject,
		   bool *ret_cancelled);

bool session_over_hours(const struct session *session);

/* Runs, builds or hours, of whatever they were. */
bool session_budget_is_spent(const struct session *session);

void session_notify(struct session *session, const struct session_observer *observer, enum session_event event);

/* Journal a decision unless it is the last one again. */
struct culprit_error *session_journal_decision(struct session *session, const struct bisect_action *action);

/* Run number is judged anew. */
struct culprit_error *session_journal_judgement(struct session *session, uint32_t number,
						const struct match_result *match);

static inline struct subject subject_of(const char *hex)
{
	struct subject subject = { 0 };

	memccpy(subject.commit.hex, hex, '\0', sizeof(subject.commit.hex) - 1);
	return subject;
}

#endif
