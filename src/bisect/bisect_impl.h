/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the policy share; nobody else includes it.
 *
 *	bisect.c		life, evidence, queries
 *	bisect_dag.c		sums over ancestors
 *	bisect_posterior.c	from evidence to who may be the culprit
 *	bisect_testable.c	which commits can be tested at all
 *	bisect_choose.c		what to do next
 *	bisect_plain.c		the same as git bisect run would
 *	bisect_findings.c	what deserves suspicion
 */
#ifndef CULPRIT_BISECT_BISECT_IMPL_H
#define CULPRIT_BISECT_BISECT_IMPL_H

#include "bisect/bisect.h"
#include "bisect/bisect_dag.h"

/*
 * How often the target shows: a rate at the new end, and by how many halvings
 * it declines towards the old end.
 */
#define N_RATES		24
#define N_DRIFTS	3
#define N_THETA		(N_RATES * N_DRIFTS)

/* Numbers of runs among which a visit's length is chosen. */
#define N_VISITS	12
extern const uint32_t bisect_visits[N_VISITS];

/* Ages between the oldest and the newest commit at which chances are tabulated. */
#define N_AGES		5

/*
 * A share of all commits shows the target three times more seldom than its age
 * tells.  Three in a hundred cost a tenth more runs, for no error fewer.
 */
#define ODD_SHARE	0.01
#define ODD_RATE	(1.0 / 3)

/* How often a good commit shows what looks like the target, or like a relative of it. */
#define FALSE_TARGET	1e-3
#define FALSE_RELATED	1e-2
/* How the hits of a bad one split between the two. */
#define SHARE_TARGET	0.88
/* Any hit at a good commit. */
#define FALSE_HIT	(FALSE_TARGET + FALSE_RELATED / 8)

struct tested {
	uint32_t commit;
	uint32_t n[BISECT_RUN_KINDS];
	uint32_t n_builds, n_build_failures;
	uint64_t image;
	bool marked;
	enum bisect_mark mark;
	/* log of (chance of the runs if the target shows here / if not), at the rate, and at ODD_RATE of it */
	double log_full[N_THETA], log_odd[N_THETA];
	double log_ratio[N_THETA];	/* both mixed: what is in force */
	float *distance;		/* of every commit from this one */
};

/* Candidates that no evidence tells apart; the first class is "older than good", and has none. */
struct hypothesis {
	double mass;			/* prior */
	double weight_log;		/* sum of w log2 w over its members */
	double heaviest_weight;
	uint32_t heaviest;		/* member of that weight, the youngest of equals */
	uint32_t members;
	uint64_t *shows;		/* bit per tested commit: does the target show there? */
	double log_like[N_THETA];
	double theta[N_THETA];		/* posterior, over all classes and theta 1 */
	double posterior;		/* its sum */
};

/*
 * So many runs at a commit of an age that shows the target, ending at the
 * first hit, by theta: at the rate proper, and what the odd one adds to that.
 */
struct visit_table {
	double clean[N_THETA], odd_clean[N_THETA];	/* chance of no hit */
	double runs[N_THETA], odd_runs[N_THETA];	/* expected runs */
};

struct bisect {
	struct bisect_config config;
	struct dag dag;
	uint32_t n, bad;
	uint32_t n_candidates;
	uint8_t *flags;
	uint8_t *candidate;		/* bool */
	double *weight;			/* prior; 0 for no candidate */
	float *age;			/* 0 the newest to 1 the oldest */
	float *depth;			/* ancestors, itself included */

	uint32_t *tested_of;		/* commit to its place in tested, or BISECT_NONE */
	struct tested *tested;
	uint32_t *tested_commits;
	uint32_t n_tested, cap_tested;

	uint32_t *class_of;		/* candidate to its place in classes */
	struct hypothesis *classes;
	uint32_t n_classes, cap_classes;
	double log_prior_theta[N_THETA];

	struct visit_table *tables;	/* [N_AGES][N_VISITS] */
	double rate[N_AGES][N_THETA];	/* at an age */
	double good_clean[N_VISITS];	/* chance of so many runs without a false hit */
	double good_unsure[N_VISITS];	/* its entropy */

	/* kernel-weighted runs around a commit that died of something else, and all that booted */
	float *near_unrelated, *near_live;
	float *testable;		/* probability that a commit builds and boots */
	double *sum;			/* scratch, n */
	double (*sums)[DAG_LANES];	/* scratch */
	uint8_t *lane, *mark;		/* scratch */

	bool posterior_fresh, testable_fresh, action_fresh;
	struct bisect_action action;	/* the last answer */
	uint32_t last_run;		/* commit of the last run, or BISECT_NONE */
	uint32_t runs_spent, builds_spent;
	double cost_spent;
	uint32_t infra_row;		/* failures around the kernel in a row */
};

static inline struct tested *tested_find(const struct bisect *b, uint32_t commit)
{
	return b->tested_of[commit] == BISECT_NONE ? NULL : &b->tested[b->tested_of[commit]];
}

static inline bool shows(const struct hypothesis *h, uint32_t t)
{
	return h->shows[t / 64] >> (t % 64) & 1;
}

static inline bool tested_built(const struct tested *t)
{
	return t && t->n_builds > t->n_build_failures;
}

/* Runs that say something about the target. */
static inline uint32_t tested_valid(const struct tested *t)
{
	return t ? t->n[BISECT_RUN_CLEAN] + t->n[BISECT_RUN_TARGET] + t->n[BISECT_RUN_RELATED] : 0;
}

static inline uint32_t tested_hits(const struct tested *t)
{
	return t ? t->n[BISECT_RUN_TARGET] + t->n[BISECT_RUN_RELATED] : 0;
}

static inline uint32_t tested_live(const struct tested *t)
{
	return t ? tested_valid(t) + t->n[BISECT_RUN_UNRELATED] : 0;
}

static inline double age_knot(const struct bisect *b, uint32_t commit)
{
	return b->age[commit] * (N_AGES - 1);
}

/* bisect_posterior.c */
struct culprit_error *posterior_init(struct bisect *b);
void posterior_deinit(struct bisect *b);
/* Split the classes by a commit that was just added to tested. */
struct culprit_error *posterior_add_tested(struct bisect *b, uint32_t t);
/* The commit's runs changed by one event; factors by which it favours "shows". */
void posterior_add_run(struct bisect *b, uint32_t t, enum bisect_run kind, double q);
void posterior_add_mark(struct bisect *b, uint32_t t);
void posterior_same_image(struct bisect *b, uint32_t t, uint32_t other);
void posterior_refresh(struct bisect *b);
/* The old end of a drift is at age 1. */
double posterior_rate(const struct bisect *b, uint32_t theta, double age);
/* Posterior of theta over all classes. */
void posterior_theta(struct bisect *b, double ret[N_THETA]);
double posterior_of(struct bisect *b, uint32_t commit);
double posterior_p_shows(struct bisect *b, uint32_t commit);

/* bisect_testable.c */
void testable_add_tested(struct bisect *b, uint32_t t);
void testable_add_run(struct bisect *b, uint32_t t, bool unrelated);
struct culprit_error *testable_refresh(struct bisect *b);
/* From its own builds and boots alone: probability that it cannot be tested. */
double testable_own_failure(const struct bisect *b, const struct tested *t);
/* Share of the runs at commit that will say something. */
double testable_valid_share(const struct bisect *b, uint32_t commit);

/* bisect_choose.c */
struct culprit_error *choose_next(struct bisect *b, struct bisect_action *ret);
void choose_conclude(struct bisect *b, enum bisect_why why, struct bisect_action *ret);
double choose_own_p_shows(struct bisect *b, uint32_t commit);
uint32_t choose_baseline_commit(const struct bisect *b);

/* bisect_plain.c */
struct culprit_error *plain_next(struct bisect *b, struct bisect_action *ret);

#endif
