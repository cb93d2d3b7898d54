/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy of a bisection: commit graph and evidence in, next action and
 * confidence out.  No clock, no file, no process, no output, no global state:
 * the same graph, configuration and sequence of evidence give the same
 * actions, which is what lets a journal be replayed.
 *
 *	bisect_create(&graph, &config, &bisect);
 *	for (;;) {
 *		bisect_next(bisect, &action);
 *		if (action.act != BISECT_TEST)
 *			break;
 *		build action.commit unless it is built, start action.n_parallel runs,
 *		bisect_add_build() / bisect_add_run() as results arrive, ask again
 *	}
 *
 * Ask again after every result.  An action names no more than is known to be
 * worth doing now: the answer to the next question is another commit as soon
 * as the evidence decides, and the same commit with fewer runs otherwise.
 *
 * The model.  One commit, the culprit, turned the target on (or off, when a
 * fix is hunted).  A commit shows the target iff the culprit is its ancestor
 * or itself (for a fix: iff it is not).  How often it shows is not known, and
 * may decline towards older commits.  Crashes of something else, failed boots
 * and failures of the infrastructure say nothing about good or bad: they only
 * count towards "cannot be tested".
 *
 * Commits are indices into the caller's graph.  All probabilities are in
 * [0, 1], all information is in bits, all costs are in units of one run.
 */
#ifndef CULPRIT_BISECT_BISECT_H
#define CULPRIT_BISECT_BISECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

#define BISECT_NONE UINT32_MAX		/* no commit */

struct bisect;

/* ---------------------------------------------------------- the graph */

/*
 * What `git rev-list --parents --boundary BAD --not GOOD...` knows, oldest
 * first: a parent's index is below its child's.  Parents outside of the graph
 * are left out.  The boundary commits (parents of candidates that GOOD
 * reaches) belong in it, with BISECT_GOOD: they are what a culprit is compared
 * with.
 *
 * The candidates are the ancestors of bad, bad included, that are neither
 * BISECT_GOOD nor an ancestor of one that is.
 */

/* Known or presumed good: named by the user, or a boundary commit. Presence of the old state. */
#define BISECT_GOOD		0x01u
/*
 * A merge base of the bad commit and of a good one that is not its ancestor:
 * presumed good, but nobody knows, so it is tested before all else. Implies BISECT_GOOD.
 */
#define BISECT_MERGE_BASE	0x02u
/* Not to be tested (the user skipped it), but a candidate all the same. */
#define BISECT_SKIP		0x04u

struct bisect_graph {
	uint32_t n;			/* commits; 1 up to 2^24 */
	uint32_t bad;			/* index of the known bad commit (the new state; for a fix, where it is fixed) */
	const uint32_t *parent_start;	/* n + 1 offsets into parents, from 0, not decreasing */
	const uint32_t *parents;	/* of commit c: parents[parent_start[c]] up to [parent_start[c + 1] - 1] */
	const uint8_t *flags;		/* n of BISECT_*; NULL: none */
	/*
	 * n prior weights, relative to each other; NULL: all 1.  0 forbids a
	 * commit as culprit.  Give more to commits that touch the files of the
	 * target's stacks.  Merges are weighed down by config.merge_weight on top.
	 */
	const double *weight;
	/* n commit dates in any unit, only their order counts; NULL: the order of the indices. */
	const int64_t *date;
};

/* ------------------------------------------------------ configuration */

enum bisect_find {
	BISECT_CAUSE,	/* the target shows at bad, not at good */
	BISECT_FIX,	/* the target shows at the old end ("good"), no more at the new one ("bad") */
};

struct bisect_config {
	enum bisect_find find;
	double confidence;		/* posterior that names a culprit; (0.5, 1) */
	double set_confidence;		/* posterior that a set of commits shall hold; (0.5, 1) */
	double build_cost;		/* of a build that is not there yet, in runs; >= 0 */
	double build_failure_cost;	/* of one that fails, in runs; 0: as build_cost */
	uint32_t max_runs;		/* budget over all commits; 0: no limit */
	uint32_t max_builds;		/* likewise */
	double max_cost;		/* likewise, builds included */
	uint32_t max_parallel;		/* runs that may go at once; at least 1 */
	uint32_t max_visit;		/* most runs of one action; 1 to 1000 */
	/*
	 * Runs of the end that shows the target, before the search.  It goes on
	 * until baseline_hits of them showed it; after baseline_runs without any
	 * hit, or twice as many when others of them died of something else, the
	 * policy gives up.
	 */
	uint32_t baseline_hits;
	uint32_t baseline_runs;
	/*
	 * 0: the Bayesian search.  Otherwise behave as `git bisect run` with so
	 * many runs per commit: any hit is bad, all else is good if any run
	 * came through, skip otherwise.
	 */
	uint32_t plain_runs;
	double merge_weight;		/* prior weight of a merge against another commit; (0, 1] */
	double older;			/* prior probability that the bug is older than the good commit; (0, 0.5] */
	double older_merge_base;	/* the same when good is not an ancestor of bad */
};

/* Every field at its default; max_parallel 1, no budget.  No field is random: there is no seed. */
void bisect_config_init(struct bisect_config *ret);

/*
 * Graph and configuration are copied; nothing is borrowed.
 * Errors: USAGE (no candidate, bad itself presumed good, a value out of its
 * range, parents not below their child), NO_MEMORY.
 */
struct culprit_error *bisect_create(const struct bisect_graph *graph, const struct bisect_config *config,
				    struct bisect **ret);
void bisect_destroy(struct bisect *bisect);	/* NULL is fine */
void bisect_destroyp(struct bisect **bisect);	/* for _cleanup_ */

/* ------------------------------------------------------------ evidence */

enum bisect_build {
	BISECT_BUILD_OK,
	BISECT_BUILD_FAILED,		/* the commit does not build */
	BISECT_BUILD_INFRA,		/* the machine failed, not the commit: says nothing */
};

/*
 * what: a hash of what was built, or of how it failed; 0: not known.  Commits with
 * the same image share their evidence, and a culprit between them is all but ruled
 * out.  Commits that fail in the same way are thought to be one range, edge to edge.
 */
struct culprit_error *bisect_add_build(struct bisect *bisect, uint32_t commit, enum bisect_build outcome,
				       uint64_t what);

enum bisect_run {
	BISECT_RUN_CLEAN,		/* came to its end, no crash */
	BISECT_RUN_TARGET,		/* the target */
	BISECT_RUN_RELATED,		/* a crash that may be the target in another guise */
	BISECT_RUN_UNRELATED,		/* died of something else before the target could show */
	BISECT_RUN_BOOT_FAILED,
	BISECT_RUN_INFRA,		/* never started or lost for reasons around the kernel */
	BISECT_RUN_INCOMPLETE,		/* cut off: neither crash nor end */
	BISECT_RUN_CUT,			/* stopped by us while all was well: survived so far (bisect_add_timed_run) */
	BISECT_RUN_KINDS
};

/*
 * q: probability that what the run showed is the target, as the matcher gives
 * it.  Counts for TARGET, RELATED and UNRELATED; clamped to [0, 1].  With
 * probability 1 - q the crash is taken as one that a good commit shows as well.
 * An UNRELATED crash of q = 0 is censored: neither good nor bad.
 */
struct culprit_error *bisect_add_run(struct bisect *bisect, uint32_t commit, enum bisect_run kind, double q);

/*
 * The same with the time that the run took, as a share of that of a whole one;
 * below 0: not known.  A run that was cut needs it.  Crashes come early, clean
 * runs last: who stops what is going at the first hit has to add what it
 * stopped, as cut, or sees the target more often than it shows.
 */
struct culprit_error *bisect_add_timed_run(struct bisect *bisect, uint32_t commit, enum bisect_run kind, double q,
					   double share);

/*
 * A row of BISECT_RUN_INFRA ends in GIVE_UP; this begins a new row, once
 * somebody has looked after the machine (a session that is taken up again).
 */
void bisect_retry_infra(struct bisect *bisect);

/*
 * What a build, and one that fails, costs from now on, in runs: as config has
 * it until then.  Values are kept in [0, 1e6]; what was spent stays as it was.
 */
void bisect_set_build_cost(struct bisect *bisect, double build, double failure);

/* The user says so: good, bad (old or new state), or not to be tested. Overrides runs. */
enum bisect_mark { BISECT_MARK_GOOD, BISECT_MARK_BAD, BISECT_MARK_SKIP };
struct culprit_error *bisect_add_mark(struct bisect *bisect, uint32_t commit, enum bisect_mark mark);

/* -------------------------------------------------------- next action */

enum bisect_act {
	BISECT_TEST,		/* build commit if needs_build, then run it */
	BISECT_DONE_CULPRIT,	/* commit is the culprit, with the confidence asked for, both sides verified */
	BISECT_DONE_SET,	/* one of the commits of bisect_set(); why says why no further */
	BISECT_GIVE_UP,		/* no answer is worth giving; why says why */
};

enum bisect_why {
	/* of BISECT_TEST */
	BISECT_WHY_BASELINE,		/* how often does the target show where it is known to? */
	BISECT_WHY_MERGE_BASE,		/* good is not an ancestor of bad: is their merge base good? */
	BISECT_WHY_SEARCH,		/* most information for the cost */
	BISECT_WHY_VERIFY_CULPRIT,	/* the likely culprit needs evidence of its own */
	BISECT_WHY_VERIFY_PARENT,	/* so does its parent */
	BISECT_WHY_FALSE_MATCHES,	/* how often is a run taken for the target by mistake? a commit without it tells */
	BISECT_WHY_PLAIN,		/* halves the candidates, as git bisect does */
	/* of BISECT_DONE_CULPRIT */
	BISECT_WHY_CONFIDENT,
	/* of BISECT_DONE_SET */
	BISECT_WHY_UNTESTABLE,		/* what could tell them apart does not build or boot */
	BISECT_WHY_UNOBSERVABLE,	/* ... or dies of another crash before the target can show */
	BISECT_WHY_BUDGET,		/* runs or builds are spent */
	BISECT_WHY_NO_PROGRESS,		/* the target shows too seldom to tell them apart */
	BISECT_WHY_SAME_IMAGE,		/* they build the same kernel */
	/* of BISECT_GIVE_UP */
	BISECT_WHY_NOT_REPRODUCED,	/* the known bad commit does not show the target */
	BISECT_WHY_BAD_UNTESTABLE,	/* the known bad commit does not build, boot or survive */
	BISECT_WHY_OLDER,		/* the bug is there at good already: an older good is needed */
	BISECT_WHY_MERGE_BASE_BAD,	/* the merge base is bad: good had it fixed */
	BISECT_WHY_INFRASTRUCTURE,	/* the last runs all failed around the kernel: see to the machine */
	BISECT_WHYS
};

/* "verify-parent" and so on: for journals and JSON. Static, never NULL. */
const char *bisect_why_name(enum bisect_why why);
const char *bisect_act_name(enum bisect_act act);
const char *bisect_run_name(enum bisect_run kind);

struct bisect_action {
	enum bisect_act act;
	enum bisect_why why;
	uint32_t commit;	/* to test, or the culprit, or the likeliest of a set; BISECT_NONE where there is none */
	uint32_t n_runs;	/* TEST: so many runs at most, ending at the first hit */
	uint32_t n_parallel;	/* TEST: of them to start at once; 1 to max_parallel */
	bool needs_build;	/* TEST: commit has not been built yet */
	/* Why this one, in numbers; of a TEST: */
	double p_bad;		/* probability that commit is in the new state */
	double p_testable;	/* that it builds, boots and lives long enough */
	double bits;		/* expected information about the culprit */
	double cost;		/* expected, build included */
	/* of all acts: */
	double posterior;	/* of the likeliest culprit; of the set for DONE_SET */
	double entropy;		/* bits that are missing to the culprit */
	double remaining;	/* estimated cost until the end; 0 when done */
};

/*
 * What to do next.  At most seconds for 100,000 candidates; cheap when nothing
 * was added since.  Errors: NO_MEMORY.
 */
struct culprit_error *bisect_next(struct bisect *bisect, struct bisect_action *ret);

/*
 * The best answer now, for a caller that has to stop (its hours are spent, say):
 * DONE_CULPRIT or DONE_SET with the given reason, or GIVE_UP.
 */
struct culprit_error *bisect_conclude(struct bisect *bisect, enum bisect_why why, struct bisect_action *ret);

/* ------------------------------------------------------------- queries */

uint32_t bisect_n_candidates(const struct bisect *bisect);
bool bisect_is_candidate(const struct bisect *bisect, uint32_t commit);

/* Posterior probability that commit is the culprit; 0 for no candidate. */
double bisect_posterior(struct bisect *bisect, uint32_t commit);

/* That it lies at or before the boundary instead. */
double bisect_posterior_older(struct bisect *bisect);

/* Probability that commit is in the new state ("bad"). */
double bisect_p_bad(struct bisect *bisect, uint32_t commit);

/* Probability that commit can be tested; below 0.5 is what people call a skip. */
double bisect_p_testable(struct bisect *bisect, uint32_t commit);

/* Bits. */
double bisect_entropy(struct bisect *bisect);

/* Candidates whose posterior is at least a thousandth of an even share among all: "commits left". */
uint32_t bisect_n_left(struct bisect *bisect);

struct bisect_share {
	uint32_t commit;
	double posterior;
};

/* The max likeliest candidates, likeliest first; returns how many there are. */
uint32_t bisect_top(struct bisect *bisect, uint32_t max, struct bisect_share *ret);

/*
 * The smallest set of candidates that holds config.set_confidence and does not
 * tell apart what the evidence does not tell apart.  *ret is malloc'ed,
 * likeliest first; the caller frees it.  *ret_mass: what it holds.
 */
struct culprit_error *bisect_set(struct bisect *bisect, struct bisect_share **ret, uint32_t *ret_n,
				 double *ret_mass);

/* How often the target shows at commit, were it to show there. */
struct bisect_rate {
	double mean;
	double low, high;	/* 5 % and 95 % */
};
void bisect_rate(struct bisect *bisect, uint32_t commit, struct bisect_rate *ret);

enum bisect_verdict {
	BISECT_UNTESTED,
	BISECT_VERDICT_GOOD,
	BISECT_VERDICT_BAD,
	BISECT_VERDICT_SKIP,		/* cannot be tested */
	BISECT_VERDICT_UNSURE,		/* runs that came through, but not enough of them */
};
const char *bisect_verdict_name(enum bisect_verdict verdict);

struct bisect_evidence {
	uint32_t n[BISECT_RUN_KINDS];	/* runs by kind */
	uint32_t n_builds, n_build_failures;
	uint64_t image;			/* 0: not known */
	uint32_t same_image;		/* another tested commit of the same image, or BISECT_NONE */
	/*
	 * From the runs of this commit (and of its image) alone, were both states
	 * equally likely before: probability that the target shows here.  Only
	 * how often it shows is taken from all evidence.  Nothing came through: 0.5.
	 */
	double p_shows;
	enum bisect_verdict verdict;	/* in the words of git bisect, from all evidence */
};

/* Zeroed counts for a commit without evidence. */
void bisect_evidence(struct bisect *bisect, uint32_t commit, struct bisect_evidence *ret);

/* Commits with any evidence, in the order it first came. Borrowed until the next bisect_add_*. */
const uint32_t *bisect_tested(const struct bisect *bisect, uint32_t *ret_n);

/* Runs and builds so far, and what they cost. */
struct bisect_spent {
	uint32_t runs, builds;
	double cost;
};
void bisect_spent(const struct bisect *bisect, struct bisect_spent *ret);

/* Findings that deserve suspicion, as far as graph and evidence can tell. */
enum bisect_finding_kind {
	BISECT_FINDING_MERGE,		/* the culprit is a merge */
	BISECT_FINDING_SAME_IMAGE,	/* the culprit builds the same image as its parent (other) */
	BISECT_FINDING_RATE_COLLAPSED,	/* value: rate at commit against that at the known bad one (other) */
	BISECT_FINDING_MASKED,		/* value: share of runs that died of something else, commit up to other */
	BISECT_FINDING_UNTESTABLE,	/* commit up to other cannot be tested; the culprit is next to it or in it */
	BISECT_FINDING_CONTRADICTION,	/* commit's own runs say the opposite of all the rest; value: p_shows */
	BISECT_FINDING_WEAK_SIDE,	/* commit (culprit or parent) rests on few runs; value: p_shows */
	BISECT_FINDING_NEAR_GOOD,	/* the culprit is next to the good commit, which was never tested */
};
const char *bisect_finding_name(enum bisect_finding_kind kind);

struct bisect_finding {
	enum bisect_finding_kind kind;
	uint32_t commit, other;		/* other: BISECT_NONE where none */
	double value;
};

/* Up to max of them about the likeliest culprit; returns how many there are. */
uint32_t bisect_findings(struct bisect *bisect, uint32_t max, struct bisect_finding *ret);

#endif
