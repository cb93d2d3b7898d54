/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which options are needed.  See minimise.h. */
#include "bisect/minimise.h"

#include <math.h>

/* Options beyond this are no kernel's. */
#define MAX_OPTIONS 100000

/* A rate is never taken for certain, nor for nothing. */
#define RATE_MIN 0.02
#define RATE_MAX 0.95

struct minimise {
	uint32_t n;
	uint32_t *needs_at, *needs;	/* of option i: needs[needs_at[i] .. needs_at[i + 1]) */
	uint32_t *order;		/* options; what one needs comes before it, but in circles */
	uint8_t *needed;		/* closed */
	uint8_t *set;			/* what is tried */
	uint32_t *stack;		/* for walks; n */
	enum minimise_phase phase;
	enum minimise_act over;		/* of MINIMISE_OVER */
	/* Search: the first `high` of the order show it together with needed, the first `low` do not. */
	uint32_t low, high, at;
	uint8_t *dead;			/* prefixes that cannot be tested, by length; n + 1 */
	/* Verify: the order's option that is left out; counts down. */
	uint32_t without;
	bool dropped;
};

/* ------------------------------------------------------------- dependencies */

static struct culprit_error *take_edges(struct minimise *m, const struct minimise_edge *edges, size_t n_edges)
{
	for (size_t i = 0; i < n_edges; i++) {
		if (edges[i].option >= m->n || edges[i].needs >= m->n)
			return culprit_error_create(CULPRIT_ERROR_LIMIT, "an option that does not exist depends on another");
		m->needs_at[edges[i].option + 1]++;
	}
	for (uint32_t i = 0; i < m->n; i++)
		m->needs_at[i + 1] += m->needs_at[i];
	for (size_t i = 0; i < n_edges; i++) {
		uint32_t at = m->needs_at[edges[i].option];

		/* The next free place of the option; UINT32_MAX is free. */
		while (m->needs[at] != UINT32_MAX)
			at++;
		m->needs[at] = edges[i].needs;
	}
	return NULL;
}

/* Adds option and all that it needs, directly or not. */
static void add_closed(const struct minimise *m, uint8_t *set, uint32_t option)
{
	uint32_t n = 0;

	if (set[option])
		return;
	set[option] = 1;
	m->stack[n++] = option;
	while (n) {
		uint32_t i = m->stack[--n];

		for (uint32_t k = m->needs_at[i]; k < m->needs_at[i + 1]; k++) {
			if (!set[m->needs[k]]) {
				set[m->needs[k]] = 1;
				m->stack[n++] = m->needs[k];
			}
		}
	}
}

/* Depth first, by the options' own order; a circle is cut where it is entered. stack holds the way down. */
static void sort_by_needs(struct minimise *m, uint8_t *seen, uint32_t *next)
{
	uint32_t n_order = 0;

	for (uint32_t root = 0; root < m->n; root++) {
		uint32_t depth = 0;

		if (seen[root])
			continue;
		seen[root] = 1;
		m->stack[depth++] = root;
		while (depth) {
			uint32_t i = m->stack[depth - 1];

			if (m->needs_at[i] + next[i] < m->needs_at[i + 1]) {
				uint32_t need = m->needs[m->needs_at[i] + next[i]++];

				if (!seen[need]) {
					seen[need] = 1;
					m->stack[depth++] = need;
				}
			} else {
				m->order[n_order++] = i;
				depth--;
			}
		}
	}
}

/* ----------------------------------------------------------------- sets */

static void set_prefix(struct minimise *m, uint32_t length)
{
	memcpy(m->set, m->needed, m->n);
	for (uint32_t i = 0; i < length; i++)
		add_closed(m, m->set, m->order[i]);
}

/* needed without option and without what cannot be there without it. */
static void set_without(struct minimise *m, uint32_t option)
{
	bool more = true;

	memcpy(m->set, m->needed, m->n);
	m->set[option] = 0;
	while (more) {
		more = false;
		for (uint32_t i = 0; i < m->n; i++) {
			for (uint32_t k = m->needs_at[i]; m->set[i] && k < m->needs_at[i + 1]; k++) {
				if (!m->set[m->needs[k]]) {
					m->set[i] = 0;
					more = true;
				}
			}
		}
	}
}

/* Options that are in needed by now say nothing about prefixes. */
static void compact(struct minimise *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->high; i++) {
		if (!m->needed[m->order[i]])
			m->order[n++] = m->order[i];
	}
	m->high = n;
}

static void end(struct minimise *m, enum minimise_act how)
{
	m->phase = MINIMISE_OVER;
	m->over = how;
	memcpy(m->set, m->needed, m->n);
}

/* The next option of needed to be left out, from `without` down. */
static void verify(struct minimise *m)
{
	m->phase = MINIMISE_VERIFY;
	for (;;) {
		while (m->without && !m->needed[m->without - 1])
			m->without--;
		if (m->without) {
			set_without(m, m->without - 1);
			return;
		}
		/* Another one may have become of no use. */
		if (!m->dropped) {
			end(m, MINIMISE_DONE);
			return;
		}
		m->dropped = false;
		m->without = m->n;
	}
}

/* The prefix nearest to the middle of those that may be tried; false: there is none between low and high. */
static bool pick_middle(struct minimise *m)
{
	uint32_t middle = m->low + (m->high - m->low) / 2;

	for (uint32_t away = 0; away <= m->high - m->low; away++) {
		if (middle >= m->low + 1 + away && !m->dead[middle - away]) {
			m->at = middle - away;
			return true;
		}
		if (away && middle + away < m->high && !m->dead[middle + away]) {
			m->at = middle + away;
			return true;
		}
	}
	return false;
}

/* From needed alone: is more needed? That prefix is of length 0. */
static void begin_search(struct minimise *m)
{
	compact(m);
	memset(m->dead, 0, m->n + 1);
	m->low = m->at = 0;
	if (!m->high) {
		m->without = m->n;
		verify(m);
		return;
	}
	m->phase = MINIMISE_SEARCH;
	set_prefix(m, 0);
}

static void go_on(struct minimise *m)
{
	if (pick_middle(m)) {
		set_prefix(m, m->at);
		return;
	}
	/* low does not show it, high does: what is between is needed. */
	for (uint32_t i = m->low; i < m->high; i++)
		add_closed(m, m->needed, m->order[i]);
	m->high = m->low;
	begin_search(m);
}

static void search(struct minimise *m, enum minimise_outcome outcome)
{
	if (outcome == MINIMISE_SHOWS) {
		m->high = m->at;
		if (!m->at) {
			m->without = m->n;
			verify(m);
			return;
		}
	} else if (outcome == MINIMISE_ABSENT) {
		m->low = m->at;
	} else {
		m->dead[m->at] = 1;
	}
	go_on(m);
}

/* ------------------------------------------------------------------ public */

static void *array(uint32_t n, size_t size)
{
	return calloc((size_t)n + 1, size);
}

struct culprit_error *minimise_create(uint32_t n, const struct minimise_edge *edges, size_t n_edges, struct minimise **ret)
{
	_cleanup_(minimise_destroyp) struct minimise *m = calloc(1, sizeof(*m));
	_cleanup_(freep) uint32_t *next = NULL;
	struct culprit_error *err;

	if (n > MAX_OPTIONS || n_edges > UINT32_MAX / 2)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%u options; at most %d are looked through", n, MAX_OPTIONS);
	if (!m)
		return &culprit_error_no_memory;
	m->n = m->high = n;
	m->needs_at = array(n + 1, sizeof(*m->needs_at));
	m->needs = array((uint32_t)n_edges, sizeof(*m->needs));
	m->order = array(n, sizeof(*m->order));
	m->stack = array(n, sizeof(*m->stack));
	m->needed = array(n, 1);
	m->set = array(n, 1);
	m->dead = array(n + 1, 1);
	next = array(n, sizeof(*next));
	if (!m->needs_at || !m->needs || !m->order || !m->stack || !m->needed || !m->set || !m->dead || !next)
		return &culprit_error_no_memory;
	memset(m->needs, 0xff, n_edges * sizeof(*m->needs));
	err = take_edges(m, edges, n_edges);
	if (err)
		return err;
	sort_by_needs(m, m->dead, next);
	memset(m->dead, 0, n);
	memset(m->set, 1, n);
	*ret = no_free_ptr(m);
	return NULL;
}

void minimise_destroy(struct minimise *m)
{
	if (!m)
		return;
	free(m->needs_at);
	free(m->needs);
	free(m->order);
	free(m->stack);
	free(m->needed);
	free(m->set);
	free(m->dead);
	free(m);
}

void minimise_destroyp(struct minimise **m)
{
	minimise_destroy(*m);
}

enum minimise_act minimise_next(const struct minimise *m, uint8_t *keep)
{
	memcpy(keep, m->set, m->n);
	return m->phase == MINIMISE_OVER ? m->over : MINIMISE_TRY;
}

void minimise_tell(struct minimise *m, enum minimise_outcome outcome)
{
	switch (m->phase) {
	case MINIMISE_ALL:
		if (outcome != MINIMISE_SHOWS) {
			end(m, MINIMISE_NO_TARGET);
			break;
		}
		m->phase = MINIMISE_NONE;
		memset(m->set, 0, m->n);
		break;
	case MINIMISE_NONE:
		if (outcome == MINIMISE_SHOWS) {
			end(m, MINIMISE_NO_DIFFERENCE);
			break;
		}
		/* An empty set that cannot be tested is not known to show it: as good as absent. */
		m->phase = MINIMISE_SEARCH;
		go_on(m);
		break;
	case MINIMISE_SEARCH:
		search(m, outcome);
		break;
	case MINIMISE_VERIFY:
		if (outcome == MINIMISE_SHOWS) {
			memcpy(m->needed, m->set, m->n);
			m->dropped = true;
		}
		m->without--;
		verify(m);
		break;
	case MINIMISE_OVER:
		break;
	}
}

enum minimise_phase minimise_phase(const struct minimise *m)
{
	return m->phase;
}

static uint32_t count(const uint8_t *set, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += set[i];
	return sum;
}

uint32_t minimise_n_needed(const struct minimise *m)
{
	return count(m->needed, m->n);
}

uint32_t minimise_n_open(const struct minimise *m)
{
	return m->phase <= MINIMISE_SEARCH ? m->high : 0;
}

enum minimise_outcome minimise_judge(double rate, double confidence, uint32_t n_hits, uint32_t n_clean, uint32_t n_other)
{
	double p = fmin(fmax(rate, RATE_MIN), RATE_MAX), f = MINIMISE_FALSE_HIT;
	double odds = n_hits * log(p / f) + n_clean * log((1 - p) / (1 - f)), wanted = log(confidence / (1 - confidence));

	if (odds >= wanted)
		return MINIMISE_SHOWS;
	if (odds <= -wanted)
		return MINIMISE_ABSENT;
	return n_other >= MINIMISE_MAX_OTHER && n_other > n_hits + n_clean ? MINIMISE_UNTESTABLE : MINIMISE_UNDECIDED;
}
