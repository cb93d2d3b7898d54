/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often the target shows where, by all evidence: forward and backward
 * through the chain of the tested commits where it shows by one class, with
 * the places asked for between them.
 */
#include "bisect/bisect_impl.h"

#include <math.h>

/* Worlds of less than this share of a class are left out of its rates. */
#define NEGLIGIBLE_WORLD 0.05

/* One tested commit of the chain. */
struct link {
	uint32_t t;
	double distance;		/* from the one before */
	double before[N_RATES];		/* level by what is newer */
	double after[N_RATES];		/* by its own runs too */
	double chance[N_RATES];		/* of all that is older */
};

static double distance(const struct bisect *b, uint32_t t, uint32_t commit)
{
	return (double)b->tested[t].distance[commit] / b->n;
}

static uint32_t make_links(struct bisect *b, uint32_t k, struct link *ret)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_tested; i++)
		if (shows(&b->classes[k], b->chain[i]))
			ret[n++].t = b->chain[i];
	for (uint32_t i = 1; i < n; i++)
		ret[i].distance = distance(b, ret[i - 1].t, b->tested[ret[i].t].commit);
	return n;
}

static void pass_messages(const struct bisect *b, struct link *links, uint32_t n, int world)
{
	for (uint32_t j = 0; j < n; j++) {
		if (j)
			likelihood_step(&b->likelihood, links[j - 1].after, links[j].distance, links[j].before);
		else
			memcpy(links[j].before, b->likelihood.first, sizeof(links[j].before));
		memcpy(links[j].after, links[j].before, sizeof(links[j].after));
		likelihood_see(links[j].after, b->tested[links[j].t].emission[world]);
	}
	for (uint32_t j = n; j-- > 0;) {
		for (int x = 0; x < N_RATES; x++)
			links[j].chance[x] = j + 1 < n ? links[j + 1].chance[x] : 1;
		if (j + 1 == n)
			continue;
		likelihood_see(links[j].chance, b->tested[links[j + 1].t].emission[world]);
		likelihood_step_back(&b->likelihood, links[j].chance, links[j + 1].distance, links[j].chance);
	}
}

/* Adds the own rates of a commit whose level is known, by its runs if it has any. */
static void add_own(const struct bisect *b, const double level[N_RATES], const struct tested *t, int world,
		    double share, double ret[N_RATES])
{
	double own[N_RATES], sum = 0;

	likelihood_own(&b->likelihood, level, world, own);
	for (int i = 0; t && i < N_RATES; i++)
		own[i] *= t->own[world % LIKELIHOOD_FALSES][i];
	for (int i = 0; i < N_RATES; i++)
		sum += own[i];
	for (int i = 0; i < N_RATES; i++)
		ret[i] += share * (sum > 0 ? own[i] / sum : 1.0 / N_RATES);
}

/* Between newer and older, each NULL where there is none. */
static void add_place(const struct bisect *b, const struct link *newer, const struct link *older, int world,
		      double share, struct rate_place *place)
{
	double level[N_RATES], chance[N_RATES];

	if (newer)
		likelihood_step(&b->likelihood, newer->after, distance(b, newer->t, place->commit), level);
	else
		memcpy(level, b->likelihood.first, sizeof(level));
	if (older) {
		memcpy(chance, older->chance, sizeof(chance));
		likelihood_see(chance, b->tested[older->t].emission[world]);
		likelihood_step_back(&b->likelihood, chance, distance(b, older->t, place->commit), chance);
		likelihood_see(level, chance);
	}
	add_own(b, level, NULL, world, share, place->ret);
}

struct ask {
	struct rate_place *places;
	uint32_t n;
	double (*own)[N_RATES];
};

static void add_world(const struct bisect *b, struct link *links, uint32_t n, int world, double share,
		      const struct ask *ask)
{
	uint32_t p = 0;

	pass_messages(b, links, n, world);
	for (uint32_t j = 0; j <= n; j++) {
		const struct tested *t = j < n ? &b->tested[links[j].t] : NULL;
		double level[N_RATES];

		for (; p < ask->n && (!t || ask->places[p].at <= b->rank[links[j].t]); p++)
			add_place(b, j ? &links[j - 1] : NULL, t ? &links[j] : NULL, world, share, &ask->places[p]);
		if (!t || !ask->own)
			continue;
		memcpy(level, links[j].before, sizeof(level));
		likelihood_see(level, links[j].chance);
		add_own(b, level, t, world, share, ask->own[links[j].t]);
	}
}

struct culprit_error *rates_of_class(struct bisect *b, uint32_t k, double weight, struct rate_place *places,
				     uint32_t n_places, double (*own)[N_RATES])
{
	_cleanup_(freep) struct link *links = calloc(b->n_tested + 1, sizeof(*links));
	const struct ask ask = { places, n_places, own };
	const struct hypothesis *h = &b->classes[k];
	double total = 0;
	uint32_t n;

	if (!links)
		return &culprit_error_no_memory;
	posterior_refresh(b);
	n = make_links(b, k, links);
	for (int w = 0; w < N_WORLDS; w++)
		total += h->world[w] >= NEGLIGIBLE_WORLD * h->posterior ? h->world[w] : 0;
	for (int w = 0; w < N_WORLDS; w++) {
		if (total <= 0)
			add_world(b, links, n, w, weight / N_WORLDS, &ask);
		else if (h->world[w] >= NEGLIGIBLE_WORLD * h->posterior)
			add_world(b, links, n, w, weight * h->world[w] / total, &ask);
	}
	return NULL;
}

/* The class that holds most. */
static uint32_t heaviest_class(const struct bisect *b)
{
	uint32_t best = 0;

	for (uint32_t k = 1; k < b->n_classes; k++)
		if (b->classes[k].posterior > b->classes[best].posterior)
			best = k;
	return best;
}

void rates_elsewhere(struct bisect *b, uint32_t commit, double ret[N_RATES])
{
	struct rate_place place = { .commit = commit, .at = chain_place(b, commit) };
	const struct tested *own = tested_find(b, commit);
	struct culprit_error *err;
	uint32_t k, t = b->tested_of[commit];
	bool hidden = false;

	posterior_refresh(b);
	k = heaviest_class(b);
	/* its own runs are not to count twice */
	if (own && shows(&b->classes[k], t)) {
		b->classes[k].shows[t / 64] &= ~(1ull << (t % 64));
		hidden = true;
	}
	err = rates_of_class(b, k, 1, &place, 1, NULL);
	if (hidden)
		b->classes[k].shows[t / 64] |= 1ull << (t % 64);
	culprit_error_destroy(err);
	memcpy(ret, err ? b->likelihood.first : place.ret, N_RATES * sizeof(*ret));
}

void rates_own_runs(const struct bisect *b, uint32_t commit, double ret[N_RATES])
{
	const struct tested *own = tested_find(b, commit);

	memset(ret, 0, N_RATES * sizeof(*ret));
	for (uint32_t i = 0; own && i < b->n_tested; i++) {
		const struct tested *t = &b->tested[i];
		struct likelihood_runs runs = t->runs;

		if (t != own && !(own->image && own->image == t->image))
			continue;
		for (int k = 0; k < LIKELIHOOD_TIMES; k++)
			if (t->cut[k])
				likelihood_add_cut(&b->likelihood, &runs, b->hit_before[k], t->cut[k]);
		for (int x = 0; x < N_RATES; x++)
			ret[x] += t->marked && t->mark != BISECT_MARK_SKIP ? t->emission_log[0] :
				runs.log_ratio[b->likeliest_false][x];
	}
}

double rates_p_shows(struct bisect *b, uint32_t commit)
{
	double rate[N_RATES], own[N_RATES], chance = 0;

	if (!tested_find(b, commit))
		return 0.5;
	rates_elsewhere(b, commit, rate);
	rates_own_runs(b, commit, own);
	for (int i = 0; i < N_RATES; i++)
		chance += rate[i] * exp(fmin(own[i], 300));
	return chance / (1 + chance);
}
