/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From evidence to who may be the culprit.
 *
 * A tested commit's runs count for or against each candidate, depending on how
 * often the target shows (likelihood.h).  Candidates that are ancestors of the
 * same tested commits are told apart by nothing but their prior weight, so they are
 * kept as one class; a class is split when a commit between its members is first
 * tested.  That is exact, and there are about as many classes as tested commits.
 *
 * The chain of rates runs through the tested commits where the target shows by a
 * class.  Classes that agree on the newest commits share the chain as far as
 * that, so all of them together cost little more than the longest.
 *
 * Everything is kept as logarithms: a hundred clean runs at a rate near one
 * are further from one than a double reaches.
 */
#include "bisect/bisect_impl.h"

#include <math.h>

/* A mark by the user outweighs runs, and still does not divide by zero. */
#define MARK_LOG	50.0
/* The same image on both sides of a change is luck of one in a thousand. */
#define SAME_IMAGE_LOG	6.9
/* Classes so much less likely than the likeliest count as impossible: a double has no more digits. */
#define NEGLIGIBLE_LOG	60.0

const uint32_t bisect_visits[N_VISITS] = { 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 37, 50 };

static void fill_visits(struct bisect *b)
{
	for (uint32_t i = 0; i < N_RATES; i++) {
		double clean = 1, runs = 0;
		uint32_t done = 0;

		for (uint32_t v = 0; v < N_VISITS; v++) {
			for (; done < bisect_visits[v]; done++) {
				runs += clean;
				clean *= 1 - b->likelihood.rate[i];
			}
			b->visit_clean[v][i] = clean;
			b->visit_runs[v][i] = runs;
		}
	}
}

static struct culprit_error *add_class(struct bisect *b, uint32_t *ret)
{
	uint64_t *words;
	uint32_t *list;

	if (b->n_classes == b->cap_classes) {
		uint32_t cap = b->cap_classes ? b->cap_classes * 2 : 64;
		struct hypothesis *grown = realloc(b->classes, cap * sizeof(*grown));

		if (!grown)
			return &culprit_error_no_memory;
		b->classes = grown;
		list = realloc(b->list, cap * sizeof(*list));
		if (!list)
			return &culprit_error_no_memory;
		b->list = list;
		b->cap_classes = cap;
	}
	words = calloc(b->cap_tested / 64 + 1, sizeof(*words));
	if (!words)
		return &culprit_error_no_memory;
	b->classes[b->n_classes] = (struct hypothesis){ .shows = words };
	*ret = b->n_classes++;
	return NULL;
}

/* What a class needs to know of its members. */
static void summarize(struct bisect *b)
{
	for (uint32_t k = 1; k < b->n_classes; k++) {
		b->classes[k].mass = b->classes[k].weight_log = b->classes[k].heaviest_weight = 0;
		b->classes[k].members = 0;
	}
	for (uint32_t c = 0; c < b->n; c++) {
		struct hypothesis *h;

		if (!b->candidate[c])
			continue;
		h = &b->classes[b->class_of[c]];
		h->members++;
		h->mass += b->weight[c];
		if (b->weight[c] > 0)
			h->weight_log += b->weight[c] * log2(b->weight[c]);
		/* the younger of equals: bad commits are where the user stands */
		if (b->weight[c] >= h->heaviest_weight) {
			h->heaviest_weight = b->weight[c];
			h->heaviest = c;
		}
	}
}

struct culprit_error *posterior_init(struct bisect *b)
{
	struct culprit_error *err;
	double older = b->config.older;
	double total = 0;
	uint32_t k;

	likelihood_init(&b->likelihood, b->n);
	fill_visits(b);
	for (uint32_t c = 0; c < b->n; c++) {
		if (b->flags[c] & BISECT_MERGE_BASE)
			older = b->config.older_merge_base;
		total += b->weight[c];
	}
	for (uint32_t c = 0; c < b->n; c++)
		b->weight[c] *= (1 - older) / total;
	for (int i = 0; i < 2; i++) {
		err = add_class(b, &k);
		if (err)
			return err;
		b->classes[k].mass = older;
		b->classes[k].heaviest = BISECT_NONE;
	}
	summarize(b);
	return NULL;
}

void posterior_deinit(struct bisect *b)
{
	for (uint32_t k = 0; k < b->n_classes; k++)
		free(b->classes[k].shows);
	free(b->classes);
	free(b->class_of);
	free(b->chain);
	free(b->rank);
	free(b->list);
}

static void set_shows(struct hypothesis *h, uint32_t t, bool value)
{
	if (value)
		h->shows[t / 64] |= 1ull << (t % 64);
	else
		h->shows[t / 64] &= ~(1ull << (t % 64));
}

static struct culprit_error *grow_bits(struct bisect *b, uint32_t t)
{
	if (t % 64)
		return NULL;
	for (uint32_t k = 0; k < b->n_classes; k++) {
		uint64_t *grown = realloc(b->classes[k].shows, (b->cap_tested / 64 + 1) * sizeof(*grown));

		if (!grown)
			return &culprit_error_no_memory;
		b->classes[k].shows = grown;
		grown[t / 64] = 0;
	}
	return NULL;
}

/*
 * b->mark holds the ancestors of the tested commit.  Each class that has
 * members on both sides gets a twin for those that are ancestors.
 */
static struct culprit_error *split_classes(struct bisect *b, uint32_t n_before)
{
	_cleanup_(freep) uint32_t *inside = calloc(n_before, sizeof(uint32_t));
	_cleanup_(freep) uint32_t *twin = calloc(n_before, sizeof(uint32_t));
	struct culprit_error *err;

	if (!inside || !twin)
		return &culprit_error_no_memory;
	for (uint32_t c = 0; c < b->n; c++)
		if (b->candidate[c] && b->mark[c])
			inside[b->class_of[c]]++;
	for (uint32_t k = 1; k < n_before; k++) {
		struct hypothesis *h, *of;

		twin[k] = k;
		if (inside[k] == 0 || inside[k] == b->classes[k].members)
			continue;
		err = add_class(b, &twin[k]);
		if (err)
			return err;
		h = &b->classes[twin[k]];
		of = &b->classes[k];
		memcpy(h->shows, of->shows, (b->cap_tested / 64 + 1) * sizeof(uint64_t));
		h->log_extra = of->log_extra;
	}
	if (b->n_classes == n_before)
		return NULL;
	for (uint32_t c = 0; c < b->n; c++)
		if (b->candidate[c] && b->mark[c])
			b->class_of[c] = twin[b->class_of[c]];
	summarize(b);
	return NULL;
}

struct culprit_error *posterior_add_tested(struct bisect *b, uint32_t t)
{
	uint32_t n_before = b->n_classes;
	bool fix = b->config.find == BISECT_FIX;
	_cleanup_(freep) uint8_t *inside = NULL;
	uint32_t *chain = realloc(b->chain, (t + 1) * sizeof(*chain)), *rank;
	struct culprit_error *err;

	if (!chain)
		return &culprit_error_no_memory;
	b->chain = chain;
	rank = realloc(b->rank, (t + 1) * sizeof(*rank));
	if (!rank)
		return &culprit_error_no_memory;
	b->rank = rank;
	chain[t] = rank[t] = t;
	err = grow_bits(b, t);
	if (err)
		return err;
	dag_ancestors(&b->dag, b->tested[t].commit, b->mark);
	err = split_classes(b, n_before);
	if (err)
		return err;
	inside = calloc(b->n_classes, 1);
	if (!inside)
		return &culprit_error_no_memory;
	for (uint32_t c = 0; c < b->n; c++)
		if (b->candidate[c] && b->mark[c])
			inside[b->class_of[c]] = 1;
	inside[0] = 1;
	for (uint32_t k = 0; k < b->n_classes; k++)
		set_shows(&b->classes[k], t, inside[k] != fix);
	b->posterior_fresh = false;
	return NULL;
}

/* ------------------------------------------------------------ evidence */

static enum likelihood_run kind_of(enum bisect_run kind)
{
	return kind == BISECT_RUN_CLEAN ? LIKELIHOOD_CLEAN : kind == BISECT_RUN_TARGET ? LIKELIHOOD_TARGET :
		LIKELIHOOD_RELATED;
}

void posterior_add_run(struct bisect *b, uint32_t t, enum bisect_run kind, double q, double share)
{
	struct tested *tested = &b->tested[t];
	bool hit = kind == BISECT_RUN_TARGET || kind == BISECT_RUN_RELATED;

	if (kind == BISECT_RUN_CUT)
		tested->cut[likelihood_time_bin(share)]++;
	else
		likelihood_add(&b->likelihood, &tested->runs, kind_of(kind), q, 1);
	if (hit && share >= 0)
		tested->hit_times[likelihood_time_bin(share)]++;
	b->times_fresh = b->times_fresh && share < 0;
	tested->says = true;
	tested->emission_fresh = b->posterior_fresh = false;
}

void posterior_add_mark(struct bisect *b, uint32_t t)
{
	b->tested[t].says = true;
	b->tested[t].emission_fresh = b->posterior_fresh = false;
}

void posterior_same_image(struct bisect *b, uint32_t t, uint32_t other)
{
	for (uint32_t k = 0; k < b->n_classes; k++)
		if (shows(&b->classes[k], t) != shows(&b->classes[k], other))
			b->classes[k].log_extra -= SAME_IMAGE_LOG;
	b->posterior_fresh = false;
}

/* From all commits that have hits; what was cut off elsewhere may never have been about to hit. */
static void learn_times(struct bisect *b)
{
	struct likelihood_times times = { .whole = 0 };

	for (uint32_t t = 0; t < b->n_tested; t++) {
		const struct tested *tested = &b->tested[t];

		if (!tested_hits(tested))
			continue;
		times.whole += tested->n[BISECT_RUN_CLEAN];
		for (int k = 0; k < LIKELIHOOD_TIMES; k++) {
			times.hits[k] += tested->hit_times[k];
			times.cut[k] += tested->cut[k];
		}
	}
	likelihood_times_learn(&times, b->hit_before);
	b->times_fresh = true;
	for (uint32_t t = 0; t < b->n_tested; t++)
		if (b->tested[t].n[BISECT_RUN_CUT])
			b->tested[t].emission_fresh = false;
}

static void refresh_emission(struct bisect *b, struct tested *t)
{
	struct likelihood_runs runs = t->runs;
	bool decided = t->marked && t->mark != BISECT_MARK_SKIP;
	bool marked_shows = (t->mark == BISECT_MARK_BAD) == (b->config.find == BISECT_CAUSE);

	for (int k = 0; k < LIKELIHOOD_TIMES; k++)
		if (t->cut[k])
			likelihood_add_cut(&b->likelihood, &runs, b->hit_before[k], t->cut[k]);
	for (int w = 0; w < N_WORLDS; w++) {
		if (!decided) {
			likelihood_emission(&b->likelihood, &runs, w, t->own[w % LIKELIHOOD_FALSES], t->emission[w],
					    &t->emission_log[w]);
			continue;
		}
		for (int x = 0; x < N_RATES; x++)
			t->emission[w][x] = t->own[w % LIKELIHOOD_FALSES][x] = 1;
		t->emission_log[w] = marked_shows ? MARK_LOG : -MARK_LOG;
	}
	t->emission_fresh = true;
}

/* --------------------------------------------------------------- chain */

struct walk {
	struct bisect *b;
	int world;
};

/*
 * The classes list[0..n) agree on all tested commits of the chain before place at, of
 * which last (BISECT_NONE: none) was the last where the target shows.
 */
static void walk(const struct walk *w, uint32_t at, uint32_t *list, uint32_t n, uint32_t last,
		 const double level[N_RATES], double log_so_far)
{
	struct bisect *b = w->b;

	for (; n && at < b->n_tested; at++) {
		uint32_t t = b->chain[at], n_shows = 0;
		const struct tested *tested = &b->tested[t];
		double next[N_RATES], sum;

		for (uint32_t i = 0; i < n; i++) {
			if (!tested->says || !shows(&b->classes[list[i]], t))
				continue;
			uint32_t k = list[i];

			list[i] = list[n_shows];
			list[n_shows++] = k;
		}
		if (!n_shows)
			continue;
		if (last == BISECT_NONE)
			memcpy(next, level, sizeof(next));
		else
			likelihood_step(&b->likelihood, level,
					(double)b->tested[last].distance[tested->commit] / b->n, next);
		sum = log_so_far + tested->emission_log[w->world] + likelihood_see(next, tested->emission[w->world]);
		walk(w, at + 1, list, n_shows, t, next, sum);
		list += n_shows;
		n -= n_shows;
	}
	for (uint32_t i = 0; i < n; i++)
		b->classes[list[i]].log_like[w->world] = log_so_far;
}

static void refresh_likelihoods(struct bisect *b)
{
	uint32_t *list = b->list;

	if (!b->times_fresh)
		learn_times(b);
	for (uint32_t t = 0; t < b->n_tested; t++)
		if (!b->tested[t].emission_fresh)
			refresh_emission(b, &b->tested[t]);
	for (int w = 0; w < N_WORLDS; w++) {
		struct walk at = { b, w };
		double log_false = 0;

		for (uint32_t t = 0; t < b->n_tested; t++)
			log_false += b->tested[t].runs.log_false[w % LIKELIHOOD_FALSES];
		for (uint32_t k = 0; k < b->n_classes; k++)
			list[k] = k;
		walk(&at, 0, list, b->n_classes, BISECT_NONE, b->likelihood.first, log_false);
	}
}

static void learn_false(struct bisect *b)
{
	double share[LIKELIHOOD_FALSES] = { 0 };

	b->likeliest_false = 0;
	b->false_rate = 0;
	for (uint32_t k = 0; k < b->n_classes; k++)
		for (int w = 0; w < N_WORLDS; w++)
			share[w % LIKELIHOOD_FALSES] += b->classes[k].world[w];
	for (int f = 0; f < LIKELIHOOD_FALSES; f++) {
		b->false_rate += share[f] * b->likelihood.false_rate[f];
		b->likeliest_false = share[f] > share[b->likeliest_false] ? f : b->likeliest_false;
	}
}

void posterior_refresh(struct bisect *b)
{
	double max = -INFINITY, total = 0;

	if (b->posterior_fresh)
		return;
	refresh_likelihoods(b);
	for (uint32_t k = 0; k < b->n_classes; k++) {
		struct hypothesis *h = &b->classes[k];

		for (int w = 0; w < N_WORLDS; w++) {
			h->log_like[w] += h->log_extra + b->likelihood.log_prior[w];
			if (h->mass > 0 && h->log_like[w] > max)
				max = h->log_like[w];
		}
	}
	for (uint32_t k = 0; k < b->n_classes; k++) {
		struct hypothesis *h = &b->classes[k];

		h->posterior = 0;
		for (int w = 0; w < N_WORLDS; w++) {
			double above = h->log_like[w] - max;

			h->world[w] = above < -NEGLIGIBLE_LOG ? 0 : h->mass * exp(above);
			h->posterior += h->world[w];
		}
		total += h->posterior;
	}
	for (uint32_t k = 0; k < b->n_classes; k++) {
		b->classes[k].posterior /= total;
		for (int w = 0; w < N_WORLDS; w++)
			b->classes[k].world[w] /= total;
	}
	learn_false(b);
	b->posterior_fresh = true;
}

/* ----------------------------------------------------------- questions */

double posterior_of(struct bisect *b, uint32_t commit)
{
	struct hypothesis *h;

	if (!b->candidate[commit])
		return 0;
	posterior_refresh(b);
	h = &b->classes[b->class_of[commit]];
	return h->mass > 0 ? h->posterior * b->weight[commit] / h->mass : 0;
}

double posterior_p_shows(struct bisect *b, uint32_t commit)
{
	bool fix = b->config.find == BISECT_FIX;
	double new_state;

	posterior_refresh(b);
	new_state = b->classes[0].posterior;
	dag_ancestors(&b->dag, commit, b->mark);
	for (uint32_t c = 0; c < b->n; c++)
		if (b->mark[c] && b->candidate[c])
			new_state += posterior_of(b, c);
	if (new_state > 1)
		new_state = 1;
	return fix ? 1 - new_state : new_state;
}

/*
 * Over single commits; "older" counts as one of them.  A member of weight w has
 * w / mass of its class.
 */
double posterior_entropy(struct bisect *b)
{
	double bits = 0;

	posterior_refresh(b);
	for (uint32_t k = 0; k < b->n_classes; k++) {
		const struct hypothesis *h = &b->classes[k];

		if (h->posterior <= 0)
			continue;
		bits -= h->posterior * log2(h->posterior);
		if (k && h->mass > 0)
			bits -= h->posterior * (h->weight_log / h->mass - log2(h->mass));
	}
	return bits > 0 ? bits : 0;
}

uint32_t posterior_likeliest(struct bisect *b, double *ret_posterior)
{
	uint32_t best = BISECT_NONE;

	posterior_refresh(b);
	*ret_posterior = -1;
	for (uint32_t k = 1; k < b->n_classes; k++) {
		const struct hypothesis *h = &b->classes[k];
		double p = h->mass > 0 ? h->posterior * h->heaviest_weight / h->mass : 0;

		if (h->members && (p > *ret_posterior || (p >= *ret_posterior && h->heaviest > best))) {
			*ret_posterior = p;
			best = h->heaviest;
		}
	}
	return best;
}
