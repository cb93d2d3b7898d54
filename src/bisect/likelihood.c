/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bisect/likelihood.h"

#include <math.h>

#define RATES	LIKELIHOOD_RATES
#define FALSES	LIKELIHOOD_FALSES
#define TIMES	LIKELIHOOD_TIMES

/* Rates from 0.4 % to 99.6 %: below, nobody hunts by running; the grid is even in logit. */
#define LOGIT_MAX	5.5
#define LOGIT_STEP	(2 * LOGIT_MAX / (RATES - 1))

/*
 * Changes of the rate at single commits, on average in a history of JUMPS_COMMITS; in a shorter one fewer
 * by the root of its length, since how many there are in a thousand commits is not known either.
 * It is what an answer costs most: see "What follows" in likelihood.h.
 */
#define JUMPS		3.0
#define JUMPS_COMMITS	2048.0
/* Where a jump leads: by the logarithm alike down to here, ... */
#define JUMP_LEAST	0.03
/* ... but for one in so many, which may lead anywhere. */
#define JUMP_ANYWHERE	0.05
/*
 * What shows in nearly every run hangs on no race, and does not become rare: it jumps that much more
 * seldom where it always shows, as often as all others from 9 in 10 runs down.
 */
#define JUMPS_ALWAYS	0.2
#define ALWAYS_FROM	0.9
/* Variance of logit x over a whole history: a standard deviation of 1 is 1.4 halvings. */
#define DRIFT		1.0
/* Commits where it shows otherwise than even their spread says: config, timing. */
#define ODD		0.01
#define ODD_LESS	3.0	/* times as seldom ... */
#define ODD_FAR_LESS	10.0	/* ... or so many times, */
#define ODD_LESS_SHARE	0.7	/* the first in so many of them */
/* z of a spread, in steps of a fifth of its standard deviation, up to three of them on either side. */
#define Z_STEPS		5.0
#define Z_REACH		15
/* What one pass of the drift moves to either side, at most: beyond a half it would swing; so the middle keeps most. */
#define DRIFT_PASS	0.3
/* Passes at most: the whole history is a distance of 1, which needs 14. */
#define DRIFT_PASSES	12
/* Levels of less chance are passed over: a hundred of them would not change a percent. */
#define LEVEL_NEGLIGIBLE 1e-6
/* Chances below a double's reach. */
#define CHANCE_LEAST	1e-300
static const double spreads[LIKELIHOOD_SPREADS] = { 0, 0.6, 1.2 };
/*
 * Not how common they are, which nobody knows: a wide spread has to be thought of before it is
 * seen.  At 0.15 for the widest, 3.3 % of the answers of 150 worlds that have it were wrong, now 0.7 %;
 * where all commits have one rate, it costs a tenth more.
 */
static const double spread_prior[LIKELIHOOD_SPREADS] = { 0.3, 0.3, 0.4 };
static const double false_rates[FALSES] = { 3e-4, 1e-2 };
static const double false_prior[FALSES] = { 0.93, 0.07 };

/* ------------------------------------------------------------- tables */

static void normalize(double v[RATES])
{
	double sum = 0;

	for (int i = 0; i < RATES; i++)
		sum += v[i];
	for (int i = 0; i < RATES; i++)
		v[i] /= sum;
}

/* mass at a rate goes to the two grid points around it. */
static void place(double row[RATES], double rate, double mass)
{
	double at = rate >= 1 ? RATES - 1 : (log(rate / (1 - rate)) + LOGIT_MAX) / LOGIT_STEP;
	int i;

	at = fmax(0, fmin(RATES - 1, at));
	i = at >= RATES - 1 ? RATES - 2 : (int)at;
	row[i] += mass * (1 - (at - i));
	row[i + 1] += mass * (at - i);
}

static void fill_spread(struct likelihood *l, int s, int level)
{
	double *row = l->spread[s][level], x = l->rate[level];

	memset(row, 0, sizeof(l->spread[s][level]));
	for (int k = -Z_REACH; k <= Z_REACH && spreads[s] > 0; k++)
		place(row, x * exp(spreads[s] * k / Z_STEPS), exp(-0.5 * k * k / (Z_STEPS * Z_STEPS)));
	if (spreads[s] > 0)
		normalize(row);
	else
		row[level] = 1;
	for (int i = 0; i < RATES; i++)
		row[i] *= 1 - ODD;
	place(row, x / ODD_LESS, ODD_LESS_SHARE * ODD);
	place(row, x / ODD_FAR_LESS, (1 - ODD_LESS_SHARE) * ODD);
	l->from[s][level] = RATES;
	for (int i = 0; i < RATES; i++) {
		if (row[i] <= 0)
			continue;
		l->from[s][level] = i < l->from[s][level] ? i : l->from[s][level];
		l->upto[s][level] = i;
	}
}

/* Densities by logit: r (1 - r) times those by r, 1 - r times those by log r. */
static void fill_levels(struct likelihood *l)
{
	double anywhere[RATES];

	for (int i = 0; i < RATES; i++) {
		double r = 1 / (1 + exp(LOGIT_MAX - i * LOGIT_STEP));

		l->rate[i] = r;
		l->first[i] = sqrt(r * (1 - r));
		l->jump[i] = r >= JUMP_LEAST ? 1 - r : 0;
		anywhere[i] = r * (1 - r);
		l->restless[i] = JUMPS_ALWAYS + (1 - JUMPS_ALWAYS) * fmin(1, (1 - r) / (1 - ALWAYS_FROM));
	}
	normalize(l->first);
	normalize(l->jump);
	normalize(anywhere);
	for (int i = 0; i < RATES; i++)
		l->jump[i] = (1 - JUMP_ANYWHERE) * l->jump[i] + JUMP_ANYWHERE * anywhere[i];
}

void likelihood_init(struct likelihood *l, uint32_t n_commits)
{
	fill_levels(l);
	l->jumps = JUMPS * fmin(1, sqrt(n_commits / JUMPS_COMMITS));
	for (int s = 0; s < LIKELIHOOD_SPREADS; s++)
		for (int i = 0; i < RATES; i++)
			fill_spread(l, s, i);
	for (int f = 0; f < FALSES; f++)
		l->false_rate[f] = false_rates[f];
	for (int w = 0; w < LIKELIHOOD_WORLDS; w++)
		l->log_prior[w] = log(spread_prior[w / FALSES] * false_prior[w % FALSES]);
}

/* --------------------------------------------------------------- runs */

void likelihood_add(const struct likelihood *l, struct likelihood_runs *runs, enum likelihood_run kind, double q,
		    double count)
{
	for (int f = 0; f < FALSES; f++) {
		double mistaken = kind == LIKELIHOOD_TARGET ? l->false_rate[f] : fmax(LIKELIHOOD_FALSE_RELATED, l->false_rate[f]);
		double related = LIKELIHOOD_RELATED_SHARE, share = kind == LIKELIHOOD_TARGET ? 1 - related : related;

		runs->log_false[f] += count * (kind == LIKELIHOOD_CLEAN ? log1p(-l->false_rate[f]) : q * log(mistaken));
		for (int i = 0; i < RATES; i++) {
			double ratio = kind == LIKELIHOOD_CLEAN ? 1 - l->rate[i] :
				1 - q + q * (share * l->rate[i] + mistaken) / mistaken;

			runs->log_ratio[f][i] += count * log(ratio);
		}
	}
}

void likelihood_add_cut(const struct likelihood *l, struct likelihood_runs *runs, double share, double count)
{
	for (int i = 0; i < RATES; i++) {
		double log_ratio = count * log1p(-l->rate[i] * share);

		for (int f = 0; f < FALSES; f++)
			runs->log_ratio[f][i] += log_ratio;
	}
}

void likelihood_emission(const struct likelihood *l, const struct likelihood_runs *runs, int world,
			 double own[restrict RATES], double ret[RATES], double *ret_log)
{
	const double *log_ratio = runs->log_ratio[world % FALSES];
	double most = log_ratio[0];

	for (int i = 1; i < RATES; i++)
		most = fmax(most, log_ratio[i]);
	for (int i = 0; i < RATES; i++)
		own[i] = exp(log_ratio[i] - most);
	for (int x = 0; x < RATES; x++) {
		int s = world / FALSES;
		const double *row = l->spread[s][x];

		ret[x] = 0;
		for (int i = l->from[s][x]; i <= l->upto[s][x]; i++)
			ret[x] += row[i] * own[i];
	}
	*ret_log = most;
}

void likelihood_own(const struct likelihood *l, const double level[RATES], int world,
		    double ret[restrict RATES])
{
	int s = world / FALSES;

	memset(ret, 0, RATES * sizeof(*ret));
	for (int x = 0; x < RATES; x++)
		/* all columns: those that are 0 cost less than a loop of odd length */
		for (int i = 0; level[x] > LEVEL_NEGLIGIBLE && i < RATES; i++)
			ret[i] += level[x] * l->spread[s][x][i];
}

/* -------------------------------------------------------------- chain */

/* Symmetric: the share that would leave the grid stays. */
static void diffuse(double v[RATES], double distance)
{
	/* each pass moves a share to either side: variance 2 share LOGIT_STEP^2 */
	double total = DRIFT * distance / (2 * LOGIT_STEP * LOGIT_STEP), share;
	int passes = (int)ceil(total / DRIFT_PASS);

	if (passes < 1)
		return;
	if (passes > DRIFT_PASSES)
		passes = DRIFT_PASSES;
	share = fmin(DRIFT_PASS, total / passes);
	for (int p = 0; p < passes; p++) {
		double before = v[0];

		for (int i = 0; i < RATES; i++) {
			double here = v[i], after = i + 1 < RATES ? v[i + 1] : here;

			v[i] = here + share * (before + after - 2 * here);
			before = here;
		}
	}
}

void likelihood_step(const struct likelihood *l, const double level[RATES], double distance, double ret[RATES])
{
	double jump = -expm1(-l->jumps * distance), jumped = 0;

	memmove(ret, level, RATES * sizeof(*ret));
	diffuse(ret, distance);
	for (int i = 0; i < RATES; i++)
		jumped += l->restless[i] * ret[i];
	jumped *= jump;
	for (int i = 0; i < RATES; i++)
		ret[i] = (1 - jump * l->restless[i]) * ret[i] + jumped * l->jump[i];
}

void likelihood_step_back(const struct likelihood *l, const double chance[RATES], double distance, double ret[RATES])
{
	double jump = -expm1(-l->jumps * distance), jumped = 0;

	for (int i = 0; i < RATES; i++)
		jumped += l->jump[i] * chance[i];
	for (int i = 0; i < RATES; i++)
		ret[i] = (1 - jump * l->restless[i]) * chance[i] + jump * l->restless[i] * jumped;
	diffuse(ret, distance);
}

double likelihood_see(double level[RATES], const double emission[RATES])
{
	double sum = 0;

	for (int i = 0; i < RATES; i++)
		sum += level[i] *= emission[i];
	/* all levels alike, and very unlikely */
	if (!(sum > CHANCE_LEAST)) {
		for (int i = 0; i < RATES; i++)
			level[i] = 1.0 / RATES;
		return log(CHANCE_LEAST);
	}
	for (int i = 0; i < RATES; i++)
		level[i] /= sum;
	return log(sum);
}

/* -------------------------------------------------------------- times */

int likelihood_time_bin(double share)
{
	int bin = TIMES - 1;

	for (double upto = 0.5; bin > 0 && share <= upto; upto /= 2)
		bin--;
	return bin;
}

/* How much is thought of before the first hit: one hit, at any time alike. */
#define TIMES_PRIOR	1.0
#define TIMES_ROUNDS	20
#define TIMES_BY_LOG	0.5	/* the part of that one hit that is alike by the logarithm of its time */
#define TIMES_RATE_MOST	0.99	/* a rate that is learnt from cut runs is never sure */

void likelihood_times_learn(const struct likelihood_times *times, double ret[TIMES])
{
	double prior[TIMES], share[TIMES], n_hits = 0, n_runs = times->whole, rate, before;

	for (int k = 0; k < TIMES; k++) {
		prior[k] = share[k] = TIMES_BY_LOG / TIMES +
				      (1 - TIMES_BY_LOG) * (k ? exp2(k - TIMES) : exp2(1 - TIMES));
		n_hits += times->hits[k];
		n_runs += times->hits[k] + times->cut[k];
	}
	rate = (n_hits + 0.5) / (n_runs + 1);
	for (int round = 0; round < TIMES_ROUNDS; round++) {
		double expected[TIMES], total = 0;

		for (int k = 0; k < TIMES; k++)
			expected[k] = times->hits[k] + TIMES_PRIOR * prior[k];
		before = 0;
		for (int k = 0; k < TIMES; k++) {
			/* a run that was cut in bin k may have been about to hit in it or later */
			double later = 1 - before, hit = times->cut[k] * rate * later / fmax(1e-9, 1 - rate * before);

			for (int i = k; i < TIMES && later > 1e-12; i++)
				expected[i] += hit * share[i] / later;
			before += share[k];
		}
		for (int k = 0; k < TIMES; k++)
			total += expected[k];
		for (int k = 0; k < TIMES; k++)
			share[k] = expected[k] / total;
		rate = fmin(TIMES_RATE_MOST, (total - TIMES_PRIOR + 0.5) / (n_runs + 1));
	}
	before = 0;
	for (int k = 0; k < TIMES; k++) {
		ret[k] = before + share[k] / 2;
		before += share[k];
	}
}
