/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Worlds to bisect in, for bench-policy: a history, a culprit, how often the
 * target shows at each commit, what does not build or boot, what hides the
 * target.  The policy sees none of it; only world_run() and world_build() tell.
 */
#ifndef CULPRIT_BENCH_POLICY_WORLD_H
#define CULPRIT_BENCH_POLICY_WORLD_H

#include "bisect/bisect.h"

enum shape { LINEAR, PULLS, BRAID, BUSH };

struct setting {
	uint32_t worlds, jobs, commits;
	uint64_t seed;
	enum shape shape;
	const char *graph;
	double p, drift, odd, u, b, i, related, doubt, wrong_match, broken, masked, scatter, paths, hit;
	double sigma;		/* of the log of each commit's own rate */
	double second;		/* the target shows so many times more seldom before a second commit; 1: there is none */
	double false_run;	/* share of all runs that falsely match the target */
	double mask_rate;	/* share of the runs at masked commits that die of something else */
	double clean_time;	/* a clean run takes so many times as long as one that crashes; 0: the same */
	bool verbose, reference;
	struct bisect_config config;
};

struct world {
	uint32_t n, culprit, second;
	uint32_t *parent_start, *parents;
	uint32_t n_parents, cap_parents;
	uint8_t *flags, *no_build, *no_boot, *masked, *odd, *bad, *past_second, *touches;
	double *weight;
	double *rate;		/* how often the target shows there, were it to show */
	uint32_t *n_runs;
	uint64_t seed;
};

struct world_run {
	enum bisect_run kind;
	double q;
	double time;		/* as a share of what a clean run takes */
};

void world_make(struct world *ret, const struct setting *setting, uint64_t seed);
void world_free(struct world *world);

/* The next run of commit; the same commit and number give the same run. */
struct world_run world_run(struct world *world, const struct setting *setting, uint32_t commit);

/* The culprit and its parents can be built and booted. */
bool world_identifiable(const struct world *world);

double world_entropy(double p);

/* Least cost that information theory allows: see policy-reference.c. */
double reference_bound(const struct world *world, const struct setting *setting);

/* What the policy that knows all but the culprit spends on this world; whether it was right. */
double reference_hunt(struct world *world, const struct setting *setting, bool *ret_right);

_Noreturn void die(const char *what);
void *zeroed(size_t n, size_t size);

#endif
