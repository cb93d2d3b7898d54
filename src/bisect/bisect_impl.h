/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the policy share; nobody else includes it.
 *
 * Each calls only those above it:
 *
 *	bisect_dag.c		sums over ancestors
 *	likelihood.c		how likely runs are, at rates that bend
 *	bisect_chain.c		which tested commits are next to which
 *	bisect_posterior.c	from evidence to who may be the culprit
 *	bisect_rates.c		how often the target shows where
 *	bisect_testable.c	which commits can be tested at all
 *	bisect_visit.c		which visit tells the most for its cost
 *	bisect_choose.c		what to do next
 *	bisect_plain.c		the same as git bisect run would
 *	bisect_findings.c	what deserves suspicion
 *	bisect_query.c		what the posterior says, for people
 *	bisect.c		life, evidence
 */
#ifndef CULPRIT_BISECT_BISECT_IMPL_H
#define CULPRIT_BISECT_BISECT_IMPL_H

#include "bisect/bisect.h"
#include "bisect/bisect_dag.h"
#include "bisect/likelihood.h"

#define N_RATES		LIKELIHOOD_RATES
#define N_WORLDS	LIKELIHOOD_WORLDS

/* Numbers of runs among which a visit's length is chosen. */
#define N_VISITS	12
extern const uint32_t bisect_visits[N_VISITS];


struct tested {
	uint32_t commit;
	uint32_t n[BISECT_RUN_KINDS];
	uint32_t n_builds, n_build_failures;
	uint64_t image;
	uint64_t failure;		/* how its build failed; 0: not known */
	bool marked;
	enum bisect_mark mark;
	struct likelihood_runs runs;	/* all but those that were cut off */
	uint32_t cut[LIKELIHOOD_TIMES];	/* these, by when; without a hit until then */
	uint32_t hit_times[LIKELIHOOD_TIMES];
	/* what is in force, marks and cut runs included, by world and level */
	double emission[N_WORLDS][N_RATES], emission_log[N_WORLDS];
	double own[LIKELIHOOD_FALSES][N_RATES];	/* by its own rate, as a share of exp(emission_log) */
	bool emission_fresh;
	bool says;			/* about the target: a place in the chain of rates */
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
	double log_extra;		/* of what is not runs: images that are the same */
	double log_like[N_WORLDS];
	double world[N_WORLDS];		/* posterior, over all classes and worlds 1 */
	double posterior;		/* its sum */
};

struct bisect {
	struct bisect_config config;
	struct dag dag;
	uint32_t n, bad;
	uint32_t n_candidates;
	uint8_t *flags;
	uint8_t *candidate;		/* bool */
	double *weight;			/* prior; 0 for no candidate */
	float *age;			/* 0 the newest to 1 the oldest, by the number of ancestors */
	float *depth;			/* ancestors, itself included */

	uint32_t *tested_of;		/* commit to its place in tested, or BISECT_NONE */
	struct tested *tested;
	uint32_t *tested_commits;
	uint32_t n_tested, cap_tested;

	uint32_t *class_of;		/* candidate to its place in classes */
	struct hypothesis *classes;
	uint32_t n_classes, cap_classes;
	int likeliest_false;		/* of LIKELIHOOD_FALSES */
	double false_rate;		/* mean: how often a good commit shows what looks like the target */
	uint32_t *list;			/* scratch, cap_classes */
	uint32_t *chain;		/* n_tested: places in tested, in the order of the chain of rates */
	uint32_t *rank;			/* of a place in tested, its place in chain */
	struct likelihood likelihood;
	struct likelihood_times times;
	double hit_before[LIKELIHOOD_TIMES];	/* share of the hits before the middle of a bin */
	bool times_fresh;

	/* so many runs, ending at the first hit, by the commit's own rate: chance of no hit, expected runs */
	double visit_clean[N_VISITS][N_RATES], visit_runs[N_VISITS][N_RATES];

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

/* Where the target is known to show: the bad commit, or the newest good one when a fix is hunted. */
static inline uint32_t baseline_commit(const struct bisect *b)
{
	if (b->config.find == BISECT_CAUSE)
		return b->bad;
	for (uint32_t c = b->n; c-- > 0;)
		if (!b->candidate[c] && b->flags[c] & BISECT_GOOD)
			return c;
	return BISECT_NONE;
}

/* bisect_chain.c */
/* Once the last of tested has its distances. Out of memory: it is the last of the chain. */
struct culprit_error *chain_order(struct bisect *b);
/* How many of the chain come before commit. */
uint32_t chain_place(const struct bisect *b, uint32_t commit);

/* bisect_posterior.c */
struct culprit_error *posterior_init(struct bisect *b);
void posterior_deinit(struct bisect *b);
/* Split the classes by a commit that was just added to tested. */
struct culprit_error *posterior_add_tested(struct bisect *b, uint32_t t);
/* The commit's runs changed by one event; share of the time of a whole run, below 0: not known. */
void posterior_add_run(struct bisect *b, uint32_t t, enum bisect_run kind, double q, double share);
void posterior_add_mark(struct bisect *b, uint32_t t);
void posterior_same_image(struct bisect *b, uint32_t t, uint32_t other);
void posterior_refresh(struct bisect *b);
double posterior_of(struct bisect *b, uint32_t commit);
double posterior_p_shows(struct bisect *b, uint32_t commit);
double posterior_entropy(struct bisect *b);
/* The likeliest commit, the youngest of equals. */
uint32_t posterior_likeliest(struct bisect *b, double *ret_posterior);

/* bisect_rates.c */
/* A place in the history, and the own rates of a commit there that shows the target; ret sums to 1. */
struct rate_place {
	uint32_t commit, at;		/* at: chain_place() */
	double ret[N_RATES];
};
/*
 * Rates under one class: added with weight to places, which are sorted by chain_place(), and
 * to own[t] of the tested commits where the target shows, by their own runs too.  own: NULL or n_tested.
 */
struct culprit_error *rates_of_class(struct bisect *b, uint32_t k, double weight, struct rate_place *places,
				     uint32_t n, double (*own)[N_RATES]);
/*
 * The own rate of commit, were it to show, from the runs of all others that do
 * by the likeliest class; out of memory: from nothing.
 */
void rates_elsewhere(struct bisect *b, uint32_t commit, double ret[N_RATES]);
/* Its own runs, and those of other builds of the same image, at these rates: do they show the target? */
double rates_p_shows(struct bisect *b, uint32_t commit);
/* The runs of commit and of its image, as one. */
void rates_own_runs(const struct bisect *b, uint32_t commit, double ret[N_RATES]);

/* bisect_testable.c */
void testable_add_tested(struct bisect *b, uint32_t t);
void testable_add_run(struct bisect *b, uint32_t t, bool unrelated);
struct culprit_error *testable_refresh(struct bisect *b);
/* From its own builds and boots alone: probability that it cannot be tested. */
double testable_own_failure(const struct bisect *b, const struct tested *t);
/* Share of the runs at commit that will say something. */
double testable_valid_share(const struct bisect *b, uint32_t commit);

/* bisect_visit.c */

/* A commit, and a number of runs of it that ends at the first hit. */
struct visit {
	uint32_t commit, v;			/* v: place in bisect_visits */
	double p_bad, p_testable, valid_share, bits, cost, rate;
};

/*
 * *ret: the best visit of all; *fresh: the best at a commit that does not most likely fail by
 * itself, by what was seen of it. rate <= 0 when none tells anything.
 */
struct culprit_error *visit_best(struct bisect *b, struct visit *ret, struct visit *fresh);

/* bisect_choose.c */
struct culprit_error *choose_next(struct bisect *b, struct bisect_action *ret);
void choose_conclude(struct bisect *b, enum bisect_why why, struct bisect_action *ret);

/* bisect_plain.c */
struct culprit_error *plain_next(struct bisect *b, struct bisect_action *ret);

#endif
