/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of session and drive share; nobody else includes it. */
#ifndef CULPRIT_SESSION_SESSION_INTERNAL_H
#define CULPRIT_SESSION_SESSION_INTERNAL_H

#include "session/session.h"

/* Of a build, in runs, before anything was measured. */
#define SESSION_BUILD_COST 6.0

/* Configuration and repository; then the journal through session_apply(); then all that follows from it. */
struct culprit_error *session_create(const char *config_path, struct session **ret);
struct culprit_error *session_apply(void *session, const struct journal_record *record);
struct culprit_error *session_complete(struct session *session);

/* "v6.1", "v6.1,v6.2" or "releases"; malloc'ed, NULL when out of memory. */
char *session_spell_good(const struct config *config);

/* The target's profile (session_profile.c): from the configuration, or as learned. */
struct culprit_error *session_load_profile(struct session *session);

/* Make history and policy from what the journal says (session_graph.c). */
struct culprit_error *session_build_graph(struct session *session);
struct culprit_error *session_policy_config(const struct session *session, struct bisect_config *ret);

/* The commits' prior weights (session_weigh.c), by the paths they touch. weight: one per commit of the history. */
struct culprit_error *session_weigh(const struct session *session, double *weight);

/* From the classes: share[0] of the commits touch the target's files, share[1] only files beside; weights of the two. */
void session_path_weights(const double share[2], double ret[2]);

/* What a build costs in runs, as far as measured (session_cost.c). */
void session_measure(struct session *session, const struct session_fact *fact);
/* Of the time of a clean run, as far as known (of its timeout before the first), at most 1; below 0: not known. */
double session_share_of_run(const struct session *session, int64_t elapsed_us);
bool session_measured_cost(const struct session_timing *timing, double *ret_build, double *ret_failure);

/* Hand the policy the facts from n_fed on about commits that find() knows. */
struct culprit_error *session_feed(struct session *session);
struct culprit_error *session_feed_fact(struct session *session, struct bisect *bisect, uint32_t commit,
					const struct session_fact *fact);

/*
 * How long complete runs take (session_length.c), of the clean ones so far; 0: not known.
 * A clean run is short where it took much less.
 */
struct culprit_error *session_expected_us(const struct session *session, int64_t *ret);
bool session_run_is_short(const struct session_run *run, int64_t expected_us);

/* Outages (session_outage.c). Fact is a failure after two others. */
bool session_is_probe(const struct session *session, uint32_t fact);

/* All of a row of failures that lasts are of this one; NULL: there is none such. Borrowed until the next record. */
const struct subject *session_failing_alone(const struct session *session);

/* What failed alone just before fact, which came through elsewhere; NULL: nothing such. */
const struct subject *session_told_apart(const struct session *session, uint32_t fact);

bool session_over_hours(const struct session *session);

/* Runs, builds or hours, of whatever they were. */
bool session_budget_is_spent(const struct session *session);

static inline struct subject subject_of(const char *hex)
{
	struct subject subject = { 0 };

	memccpy(subject.commit.hex, hex, '\0', sizeof(subject.commit.hex) - 1);
	return subject;
}

#endif
