/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session: what is known of one bisection, from its configuration, repository
 * and journal; read, not changed.
 *
 * The journal is the only truth.  Everything in struct session but the handles
 * follows from configuration, repository and journal; whoever drives a bisection
 * (drive.h) journals each new fact first, and it changes the state by being read
 * back.  So opening a session after any interruption gives the state before it,
 * less the runs that were in flight.
 *
 *	session_open("culprit.yaml", &session);		(status, log, explain, report)
 *	session_ask(session);
 *
 * Words: the history goes from the older end to the newer end.  When a cause
 * is hunted the newer end is the configuration's `bad` commit, when a fix is
 * hunted its `good` one; the policy calls the newer end bad in both cases.
 */
#ifndef CULPRIT_SESSION_SESSION_H
#define CULPRIT_SESSION_SESSION_H

#include "bisect/bisect.h"
#include "bisect/minimise.h"
#include "session/config.h"
#include "session/git.h"
#include "session/inputs.h"
#include "session/journal.h"
#include "session/runner.h"

struct session_build {
	uint32_t number;		/* from 1; names its log */
	struct subject subject;
	struct build_result result;
	int64_t time_us;		/* since 1970, as all times here */
};

struct session_run {
	uint32_t number;		/* from 1; names its log */
	struct subject subject;
	enum verdict verdict;
	double q;			/* probability that it showed the target */
	char *title, *symptom, *why;	/* owned; NULL: none */
	struct run_end end;
	uint64_t log_bytes;
	int64_t time_us;
};

/* A run that was ended because another commit became of more use, while nothing had crashed. */
struct session_cut {
	uint32_t number;
	struct subject subject;
	int64_t elapsed_us;
	uint32_t n_facts;		/* builds and runs known then */
};

/* A build or run that was begun and did not come to an end that was journalled. */
struct session_flight {
	bool build;
	uint32_t number;
	struct subject subject;
};

/* A decision of the policy, as it was taken. */
struct session_decision {
	enum bisect_act act;
	enum bisect_why why;
	struct git_hash commit;		/* "" for none */
	uint32_t n_runs;
	double p_bad, p_testable, bits, cost, posterior, entropy;
	uint32_t n_left;
	uint32_t n_facts;		/* builds and runs known then */
	int64_t time_us;
};

enum session_check_outcome {
	CHECK_CONFIRMS,			/* reverted: the target is gone; picked: it is there (for a fix: the other way) */
	CHECK_CONTRADICTS,
	CHECK_UNDECIDED,		/* runs said too little, or the budget was spent */
	CHECK_CONFLICT,			/* does not apply */
	CHECK_UNTESTABLE,		/* does not build or boot */
};

#define SESSION_CHECK_OUTCOMES (CHECK_UNTESTABLE + 1)

/*
 * How often a check contradicts a commit that is the culprit (later commits depend on
 * it, or brought the bug a second time), and one that is not (nothing changes then,
 * unless clean runs come by chance).  Assumed, not measured.
 */
#define SESSION_CONTRADICTS_TRUE 0.1
#define SESSION_CONTRADICTS_FALSE 0.95

struct session_check {
	struct subject subject;
	enum session_check_outcome outcome;
	uint32_t n_shown, n_clean;	/* runs */
};

struct session_release {
	char *name;			/* owned */
	struct git_hash commit;
	bool good, bad;			/* neither: cannot be tested */
};

/* What the user says of a crash that may be the target under another name. */
struct session_title {
	char *text;			/* owned */
	bool same;
};

/* The smallest kernel configuration that shows the target. */
struct session_minimal {
	struct git_hash config;		/* its name in configs/; "": not known */
	uint32_t n_options, n_of;	/* needed, of those that differ */
};

/* How far the search for it is: the set that was told last, and what it came to. */
struct session_minimising {
	enum minimise_outcome outcome;
	enum minimise_phase phase;
	uint32_t n_options, n_kept, n_needed, n_open;
};

/* The order in which things came. */
enum session_fact_kind { FACT_BUILD, FACT_RUN, FACT_OPEN };

struct session_fact {
	enum session_fact_kind kind;
	uint32_t index;			/* of builds or runs */
};

/* How long builds and runs took, of the facts that the policy was told. */
struct session_timing {
	double built_s, failed_s, run_s;	/* sums */
	double first_built_s;			/* of the first that succeeded */
	uint32_t n_built, n_failed, n_run;
	double clean_s;				/* runs that came to their end without a crash */
	uint32_t n_clean;
};

enum session_phase { PHASE_IDLE, PHASE_BUILDING, PHASE_RUNNING, PHASE_PAUSING };

struct session {
	struct config *config;
	struct git *git;
	struct culprit_patterns *patterns;
	struct match_rules *rules;
	struct profile *profile;

	/* From the journal. */
	bool begun;			/* newer is known, and older unless releases are walked */
	struct git_hash newer;
	struct git_hash *older;
	size_t n_older;
	char *bad_text, *good_text;	/* as the configuration spelled them */
	char id[13];			/* of refs/culprit/ID/; "" before it was begun */
	char *inputs[INPUT_GROUPS];	/* what the evidence rests on; NULL: not known */
	struct session_build *builds;
	struct session_run *runs;
	struct session_decision *decisions;
	struct session_fact *facts;
	struct session_check *checks;
	struct session_release *releases;
	struct session_title *titles;
	struct session_cut *cuts;
	struct session_flight *flights;
	uint32_t n_builds, n_runs, n_decisions, n_facts, n_checks, n_releases, n_titles, n_cuts, n_flights;
	uint32_t cap_builds, cap_runs, cap_decisions, cap_facts, cap_checks, cap_releases, cap_titles, cap_cuts, cap_flights;
	uint32_t n_probes;		/* of runs: tries during an outage, which nobody's budget pays for */
	uint32_t next_build, next_run;	/* numbers never used, also not by what was in flight */
	struct session_minimal minimal;
	bool learned;			/* the profile was learned from runs at the known end */
	bool images_distrusted;		/* by the rule equal ones behaved unlike: only all artefacts count */
	bool rejudged;			/* runs were judged anew since the policy was fed */
	int64_t first_us, last_us;	/* of the journal's records */
	int64_t active_us;		/* time that somebody worked on it */

	/* From all of it. */
	bool has_graph;
	struct git_history history;
	struct bisect *bisect;
	uint32_t n_fed, n_cuts_fed;	/* facts, and runs that were cut, that the policy knows */
	struct session_timing timing;	/* of those */
	struct bisect_action action;	/* the policy's latest word; valid once asked */
	bool asked;

	/* For those who watch a drive. */
	enum session_phase phase;
	struct subject subject;		/* being built or run */
	int64_t phase_since_us;		/* CLOCK_MONOTONIC */
	struct session_minimising minimising;
	bool checking, walking;		/* the subject is of a check, of the walk over releases */
};

/*
 * Read configuration, repository and journal.
 * Errors: those of config_load(), git_open(), journal_scan(); MISMATCH when the
 * configuration names other commits than the journal; NOT_FOUND for an unknown
 * commit, and where no bisection was begun.
 */
struct culprit_error *session_open(const char *config_path, struct session **ret);
void session_close(struct session *session);	/* NULL is fine */
void session_closep(struct session **session);

/* Ask the policy once, with all facts there are; hours that are spent end the search. Needs the graph. */
struct culprit_error *session_ask(struct session *session);

/* ------------------------------------------------------------- queries */

/* Index in the history; UINT32_MAX for none. */
uint32_t session_find(const struct session *session, const char *hex);

/* How often the target shows where it shows, of the newest knowledge; false when the policy knows nothing yet. */
bool session_rate(const struct session *session, struct bisect_rate *ret);

/*
 * An expression for run.finished, from the end of run's console, is added to ret: only of the first clean run,
 * and nothing where one is configured or the console ends in nothing fit for it.
 * Errors: OS (the console was removed, say).
 */
struct culprit_error *session_propose_finished(const struct session *session, const struct session_run *run,
					       struct buf *ret);

/* Builds and runs that failed around the kernel, since the last other one or since culprit was started. */
uint32_t session_infra_row(const struct session *session);

/* When the first of them ended; 0: none. */
int64_t session_infra_since_us(const struct session *session);

/* How long to wait after so many of them. */
int64_t session_infra_pause_ms(const struct session *session, uint32_t row);

/*
 * Title of a crash that may be the target under an older name: of its kind and place,
 * on one side of the history only, and nobody said what it is. NULL: none. Borrowed.
 * Reads logs.
 */
const char *session_older_name(const struct session *session);

/* They last longer than infra-patience. */
bool session_is_out(const struct session *session);

/* The machine failed at this commit again and again, and came through elsewhere right after: it is not tested. */
bool session_fails_only_at(const struct session *session, const char *hex);

/*
 * Whether a check is of the answer hex: that commit was reverted or picked, or it or a
 * parent of it was built with all options.
 */
bool session_check_is_of(const struct session *session, const struct session_check *check, const char *hex);

/* Whether the target should be gone in a check's runs if the commit hex is the answer. */
bool session_check_should_vanish(const struct session *session, const struct subject *subject, const char *hex);

/* The first check that speaks against the culprit that is named; NULL: none does. Borrowed until the next record. */
const struct session_check *session_contradiction(const struct session *session);

/* Probability of the culprit that is named, less where checks speak against it. */
double session_confidence(const struct session *session);

/* Names in journals and JSON. Static. */
const char *session_check_name(enum session_check_outcome outcome);

/* The kind of evidence that a verdict is. */
enum bisect_run session_run_kind(enum verdict verdict);

#endif
