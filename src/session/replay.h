/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replay: judge a finished bisection again.
 *
 * Every run is matched against the target that the first commits showed; a
 * crash of something else says nothing, a clean run says as much as the bug's
 * rate allows.  What follows is a posterior over the commits, by the graph of
 * a repository or by the order that the log implies.
 */
#ifndef CULPRIT_SESSION_REPLAY_H
#define CULPRIT_SESSION_REPLAY_H

#include "match/match.h"
#include "session/git.h"
#include "session/replay_log.h"

/* Posterior that names a commit; that a set of candidates holds; at which a single step is decided. */
#define REPLAY_SURE 0.9
#define REPLAY_SET 0.95
#define REPLAY_STEP 0.9

/* Commits listed of a set, at the most; n_candidates counts on. */
#define REPLAY_MAX_LISTED 1000

struct replay_judged_run {
	enum verdict verdict;
	double probability;		/* that it is the target */
	const char *reason;		/* the most telling evidence, or NULL */
};

struct replay_judged_step {
	enum mark verdict;		/* by this step's runs alone, in git's words */
	double probability;		/* that the commit has the bug, by all steps */
	size_t n_verdicts[N_VERDICTS];	/* runs */
	struct replay_judged_run *runs;	/* as many as the log's step has */
	bool differs;			/* from what the log made of it */
};

/* Commits after one tested commit up to another, which no test of the log told apart. */
struct replay_range {
	const char *after;		/* that one was shown to be of the old state; NULL: not known */
	const char *upto;
	uint64_t n_commits;		/* upto included; 0: not known */
	double probability;
};

enum replay_conclusion { REPLAY_COMMIT, REPLAY_RANGE, REPLAY_CANNOT_TELL };

struct replay_result {
	enum replay_conclusion conclusion;
	const char *culprit;		/* NULL unless REPLAY_COMMIT */
	const char *culprit_subject;	/* NULL: not known */
	double probability;		/* of the culprit, or of the candidates together */
	const char **candidates;	/* of the most likely range first, newest first; without a graph the tested ones */
	size_t n_candidates;
	struct replay_range *ranges;	/* most likely first */
	size_t n_ranges;
	const struct replay_step *derailed_step;	/* first step that was judged wrong; NULL: none */
	ptrdiff_t derailed_run;		/* number of the run that did it; -1: none */
	struct {
		const char *commit;	/* NULL: no single test settles it */
		size_t runs;		/* as many clean ones tell that it has not the bug */
		bool confirms;		/* it is settled: this would only confirm it */
		bool between;		/* the commit is one to be chosen within the first range */
	} test;
	double rate;			/* at which the bug shows, by all steps */
	struct replay_judged_step *steps;	/* as many as the log has */
	struct arena arena;		/* holds all of it; strings also borrow from the log */
	struct profile *profile;	/* the target as it was learned */
};

/*
 * Learn the target from the first commit that crashed, unless profile holds
 * one, then from every commit that clearly shows it.  Errors: FORMAT when the
 * log has runs but no crash, NO_MEMORY.
 */
struct culprit_error *replay_learn(const struct replay_log *log, struct profile *profile);

/*
 * git may be NULL.  The profile is taken over, also on error; the log must
 * outlive the result.  Errors: of the repository; NO_MEMORY.
 */
struct culprit_error *replay_judge(const struct replay_log *log, struct profile *profile, const struct git *git,
				   struct replay_result *ret);
void replay_result_deinit(struct replay_result *result);

#endif
