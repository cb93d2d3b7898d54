/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How likely the runs of some commits are, if the target shows at these and
 * not at those.  The live policy uses it.  Replay has a chain of its own, of one rate, and takes from here what a
 * related crash weighs.
 *
 * The model.  Tested commits 1, 2, ... from new to old, near ones next to each other.  Where the target shows:
 *
 *	level    x1     ~ Beta(1/2, 1/2)			Jeffreys' prior of a share
 *		 x(j+1) | x(j): logit x(j) + N(0, DRIFT d), and then with probability
 *				w(x) (1 - exp(-J d)) anew: log x ~ Uniform(log JUMP_LEAST, 0), or in
 *				one of twenty x ~ Uniform(0, 1)
 *	own rate r(j)   = min(1, x(j) exp(s z)), z ~ N(0, 1); for a share ODD: x(j)/3 or x(j)/10
 *	hit	 target:  (1 - RELATED_SHARE) r + f,  related: RELATED_SHARE r + g,  clean: 1 - r
 *	cut off at t of the time of a whole run:  1 - r F(t)
 *
 * and where it does not show: target f, related g, clean 1.  d is how far two
 * commits are apart, as a share of the history: the commits that one has and
 * the other has not, so that both sides of a merge are far from each other.  A run
 * that the matcher gives the probability q counts q of a hit and 1 - q of nothing.
 *
 * Learnt, by summing over a grid:  x at every commit (RATES values, even in
 * logit), s (SPREADS), f and g (FALSES).  So any number of changes of the rate at any
 * commits is summed over, exactly for what was tested: a hidden Markov chain, whose
 * forward pass costs RATES per commit, since where a jump leads does not depend on
 * whence.  F is a step function with one step per bin of times, by expectation
 * maximisation from hits and runs that were cut off: hits at the runs' first
 * seconds make a run that was cut after them nearly a clean one.
 *
 * Sources.  Chain with jumps: Rabiner, Proc. IEEE 77 (1989); product partition
 * models of change points, Barry and Hartigan, Ann. Stat. 20 (1992).  Jeffreys'
 * prior for a share.  Runs cut off: Turnbull, JRSS B 38 (1976).  JUMPS and the
 * spreads: that rates differ by commit by a factor of two to ten, and change at single
 * commits, is what people who bisect syzbot's bugs report; nobody has measured it.
 *
 * J is JUMPS in 2,048 commits and more.  w is 1, falling to JUMPS_ALWAYS where the target always shows.
 *
 * What follows, and bounds the cost.  Let all n runs below the likeliest commit be clean, m the prior mass
 * of older candidates.  Another story is left: the culprit is older, and the rate fell right here.  A jump at one
 * given commit is J times as likely as that the culprit is that commit, so the odds of the two stories are
 *
 *	J m E[(1 - x)^n],  E = integral over log x of (1 - x)^n / log(1 / JUMP_LEAST), about 0.01 at n = 80
 *
 * and to be wrong once in a hundred where the rate falls to 1/16 of 0.9 takes n = 80 too: (1 - 0.056)^80 = 0.01.
 * Nobody saves these runs who does not know that the rate is even; who knows it needs about log(100) / x of
 * them, 5 at x = 0.9.  The reference policy of tests/bench, which knows it, spends some 75 in all on such a world: 1 %
 * wrong at a sixteenth and 1.3 of its cost at one rate exclude each other.  The first is chosen.  JUMP_LEAST is
 * the end of it: to exclude a rate of 1/100 takes 460 runs, which are not spent but for the doubt of
 * JUMP_ANYWHERE.
 *
 * Approximated.  The chain runs along the shortest tree over the tested commits (bisect_chain.c), and skips
 * those where the target does not show: where the tree parts, rates of its parts are tied through
 * the commits between them. Between two tested commits one jump
 * stands for several.  Times are binned by powers of two.
 *
 * How it fails.  A drop below a rate of 1/30 is thought rare.  A spread larger than
 * the largest of SPREADS is taken for jumps.  Runs that influence each other
 * (a machine that stays broken) are not in the model.
 */
#ifndef CULPRIT_BISECT_LIKELIHOOD_H
#define CULPRIT_BISECT_LIKELIHOOD_H

#include "base/base.h"

/* How the hits of a bad commit split between the target's title and others: of all, those that show another face. */
#define LIKELIHOOD_RELATED_SHARE	0.12
/*
 * A good commit's run that shows another face of the target, at the least: the matcher asks less of it.  At 1e-2
 * two related hits right below an answer were thought mistakes sooner than hits of a rate of 1/16.
 */
#define LIKELIHOOD_FALSE_RELATED	2e-3

#define LIKELIHOOD_RATES	32
#define LIKELIHOOD_SPREADS	3
#define LIKELIHOOD_FALSES	2
#define LIKELIHOOD_WORLDS	(LIKELIHOOD_SPREADS * LIKELIHOOD_FALSES)
/* Of the time of a whole run: up to 1/128, 1/64, ... 1. */
#define LIKELIHOOD_TIMES	8

/* Immutable tables. */
struct likelihood {
	double rate[LIKELIHOOD_RATES];
	double first[LIKELIHOOD_RATES], jump[LIKELIHOOD_RATES];		/* sum to 1 */
	double restless[LIKELIHOOD_RATES];	/* how readily a level jumps: 1, or less where it always shows */
	double jumps;				/* over the whole history */
	/* of a level, the own rates; outside of [from, upto] they are 0 */
	double spread[LIKELIHOOD_SPREADS][LIKELIHOOD_RATES][LIKELIHOOD_RATES];
	int from[LIKELIHOOD_SPREADS][LIKELIHOOD_RATES], upto[LIKELIHOOD_SPREADS][LIKELIHOOD_RATES];
	double false_rate[LIKELIHOOD_FALSES];
	double log_prior[LIKELIHOOD_WORLDS];	/* of spread w / FALSES and false rate w % FALSES */
};

/* n_commits: of the whole history. */
void likelihood_init(struct likelihood *ret, uint32_t n_commits);

/* The runs of one commit, as log of (chance if the target shows there at a rate / if not). Zeroed: none. */
struct likelihood_runs {
	double log_ratio[LIKELIHOOD_FALSES][LIKELIHOOD_RATES];
	double log_false[LIKELIHOOD_FALSES];	/* chance if the target does not show */
};

enum likelihood_run { LIKELIHOOD_CLEAN, LIKELIHOOD_TARGET, LIKELIHOOD_RELATED };

/* count runs alike.  q: probability that it is what it looks like; of no meaning for clean ones. */
void likelihood_add(const struct likelihood *l, struct likelihood_runs *runs, enum likelihood_run kind, double q,
		    double count);

/* count runs without a hit that were cut when a share of all hits would have been seen. */
void likelihood_add_cut(const struct likelihood *l, struct likelihood_runs *runs, double share, double count);

/*
 * By level of a world: exp(*ret_log) ret[x] is how much likelier the runs are
 * if the target shows at that level; own[r] the same of its own rate, the most of them 1.
 */
void likelihood_emission(const struct likelihood *l, const struct likelihood_runs *runs, int world,
			 double own[LIKELIHOOD_RATES], double ret[LIKELIHOOD_RATES], double *ret_log);

/* Of the level one commit further, that of another being level; both sum to 1. ret may be level. */
void likelihood_step(const struct likelihood *l, const double level[LIKELIHOOD_RATES], double distance,
		     double ret[LIKELIHOOD_RATES]);
/* The same against the arrow: of chances of what follows to chances before the step. */
void likelihood_step_back(const struct likelihood *l, const double chance[LIKELIHOOD_RATES], double distance,
			  double ret[LIKELIHOOD_RATES]);

/* level times emission, summing to 1 again; returns the log of the sum before. */
double likelihood_see(double level[LIKELIHOOD_RATES], const double emission[LIKELIHOOD_RATES]);

/* level through the spread of a world: ret[r] the chance of the own rate. ret is not level. */
void likelihood_own(const struct likelihood *l, const double level[LIKELIHOOD_RATES], int world,
		    double ret[LIKELIHOOD_RATES]);

/* ---------------------------------------------------------- times to hit */

struct likelihood_times {
	uint32_t hits[LIKELIHOOD_TIMES];	/* by the time that they took */
	uint32_t cut[LIKELIHOOD_TIMES];		/* without a hit until then, at commits that have hits */
	uint32_t whole;				/* that came to their end, at the same commits */
};

/* share: of the time of a whole run, in [0, 1]. */
int likelihood_time_bin(double share);

/* ret[bin]: share of all hits that come before the middle of bin: F of a run that was cut in it. */
void likelihood_times_learn(const struct likelihood_times *times, double ret[LIKELIHOOD_TIMES]);

#endif
