/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From evidence to who may be the culprit.
 *
 * A hypothesis is a culprit c and theta, which says how often the target shows
 * at commits where it does.  A tested commit counts against or for c by one
 * number per theta: the log of how much likelier its runs are if the target
 * shows there.  Candidates that are ancestors of the same tested commits are
 * told apart by nothing but their prior weight, so they are kept as one class;
 * a class is split when a commit between its members is first tested.  That is
 * exact, and there are about as many classes as tested commits.
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

static const double drift_halvings[N_DRIFTS] = { 0, 0.5, 1 };
static const double drift_prior[N_DRIFTS] = { 1.0 / 3, 1.0 / 3, 1.0 / 3 };

const uint32_t bisect_visits[N_VISITS] = { 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 37, 50 };

/* Rates: the middles of 24 equal parts of Jeffreys' prior for a share, Beta(1/2, 1/2). */
double posterior_rate(const struct bisect *b, uint32_t theta, double age)
{
	double s = sin(M_PI / 2 * (theta / N_DRIFTS + 0.5) / N_RATES);

	(void)b;
	return s * s * exp2(-drift_halvings[theta % N_DRIFTS] * age);
}

static void fill_table(struct bisect *b, uint32_t age, uint32_t th)
{
	double rate = posterior_rate(b, th, (double)age / (N_AGES - 1));
	double full = 1, odd = 1, runs = 0, odd_runs = 0;
	uint32_t done = 0;

	b->rate[age][th] = rate;
	for (uint32_t v = 0; v < N_VISITS; v++) {
		struct visit_table *table = &b->tables[age * N_VISITS + v];

		for (; done < bisect_visits[v]; done++) {
			runs += full;
			odd_runs += odd;
			full *= 1 - rate;
			odd *= 1 - rate * ODD_RATE;
		}
		table->clean[th] = full;
		table->odd_clean[th] = odd - full;
		table->runs[th] = runs;
		table->odd_runs[th] = odd_runs - runs;
	}
}

static void fill_tables(struct bisect *b)
{
	for (uint32_t a = 0; a < N_AGES; a++)
		for (uint32_t th = 0; th < N_THETA; th++)
			fill_table(b, a, th);
	for (uint32_t v = 0; v < N_VISITS; v++) {
		double p = pow(1 - FALSE_HIT, bisect_visits[v]);

		b->good_clean[v] = p;
		b->good_unsure[v] = -(p * log2(p) + (1 - p) * log2(1 - p));
	}
}

static struct culprit_error *add_class(struct bisect *b, uint32_t *ret)
{
	uint64_t *words;

	if (b->n_classes == b->cap_classes) {
		uint32_t cap = b->cap_classes ? b->cap_classes * 2 : 64;
		struct hypothesis *grown = realloc(b->classes, cap * sizeof(*grown));

		if (!grown)
			return &culprit_error_no_memory;
		b->classes = grown;
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

	b->tables = calloc(N_AGES * N_VISITS, sizeof(*b->tables));
	if (!b->tables)
		return &culprit_error_no_memory;
	fill_tables(b);
	for (uint32_t th = 0; th < N_THETA; th++)
		b->log_prior_theta[th] = log(drift_prior[th % N_DRIFTS] / N_RATES);
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
	free(b->tables);
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
		memcpy(h->log_like, of->log_like, sizeof(h->log_like));
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
	struct culprit_error *err;

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

static double log_mix(double full, double odd)
{
	double a = full + log(1 - ODD_SHARE), c = odd + log(ODD_SHARE);

	return a > c ? a + log1p(exp(c - a)) : c + log1p(exp(a - c));
}

static void apply_ratio(struct bisect *b, uint32_t t, const double ratio[N_THETA])
{
	double delta[N_THETA];

	for (uint32_t th = 0; th < N_THETA; th++) {
		delta[th] = ratio[th] - b->tested[t].log_ratio[th];
		b->tested[t].log_ratio[th] = ratio[th];
	}
	for (uint32_t k = 0; k < b->n_classes; k++) {
		if (!shows(&b->classes[k], t))
			continue;
		for (uint32_t th = 0; th < N_THETA; th++)
			b->classes[k].log_like[th] += delta[th];
	}
	b->posterior_fresh = false;
}

/* How much likelier such a run is at a commit that shows the target at this rate. */
static double run_ratio(enum bisect_run kind, double q, double rate)
{
	if (kind == BISECT_RUN_CLEAN)
		return 1 - rate;
	if (kind == BISECT_RUN_TARGET)
		return 1 - q + q * (SHARE_TARGET * rate + FALSE_TARGET) / FALSE_TARGET;
	return 1 - q + q * ((1 - SHARE_TARGET) * rate + FALSE_RELATED) / FALSE_RELATED;
}

void posterior_add_run(struct bisect *b, uint32_t t, enum bisect_run kind, double q)
{
	struct tested *tested = &b->tested[t];
	double age = b->age[tested->commit];
	double ratio[N_THETA];

	for (uint32_t th = 0; th < N_THETA; th++) {
		double rate = posterior_rate(b, th, age);

		tested->log_full[th] += log(run_ratio(kind, q, rate));
		tested->log_odd[th] += log(run_ratio(kind, q, rate * ODD_RATE));
		ratio[th] = log_mix(tested->log_full[th], tested->log_odd[th]);
	}
	if (!tested->marked || tested->mark == BISECT_MARK_SKIP)
		apply_ratio(b, t, ratio);
}

void posterior_add_mark(struct bisect *b, uint32_t t)
{
	struct tested *tested = &b->tested[t];
	bool new_state = tested->mark == BISECT_MARK_BAD;
	double ratio[N_THETA];

	for (uint32_t th = 0; th < N_THETA; th++) {
		if (tested->mark == BISECT_MARK_SKIP)
			ratio[th] = log_mix(tested->log_full[th], tested->log_odd[th]);
		else
			ratio[th] = new_state == (b->config.find == BISECT_CAUSE) ? MARK_LOG : -MARK_LOG;
	}
	apply_ratio(b, t, ratio);
}

void posterior_same_image(struct bisect *b, uint32_t t, uint32_t other)
{
	for (uint32_t k = 0; k < b->n_classes; k++) {
		if (shows(&b->classes[k], t) == shows(&b->classes[k], other))
			continue;
		for (uint32_t th = 0; th < N_THETA; th++)
			b->classes[k].log_like[th] -= SAME_IMAGE_LOG;
	}
	b->posterior_fresh = false;
}

void posterior_refresh(struct bisect *b)
{
	double max = -INFINITY, total = 0;

	if (b->posterior_fresh)
		return;
	for (uint32_t k = 0; k < b->n_classes; k++)
		for (uint32_t th = 0; th < N_THETA; th++)
			if (b->classes[k].mass > 0 && b->classes[k].log_like[th] > max)
				max = b->classes[k].log_like[th];
	for (uint32_t k = 0; k < b->n_classes; k++) {
		struct hypothesis *h = &b->classes[k];

		h->posterior = 0;
		for (uint32_t th = 0; th < N_THETA; th++) {
			double above = h->log_like[th] - max;

			h->theta[th] = above < -60 ? 0 : h->mass * exp(above + b->log_prior_theta[th]);
			h->posterior += h->theta[th];
		}
		total += h->posterior;
	}
	for (uint32_t k = 0; k < b->n_classes; k++) {
		b->classes[k].posterior /= total;
		for (uint32_t th = 0; th < N_THETA; th++)
			b->classes[k].theta[th] /= total;
	}
	b->posterior_fresh = true;
}

void posterior_theta(struct bisect *b, double ret[N_THETA])
{
	posterior_refresh(b);
	memset(ret, 0, N_THETA * sizeof(*ret));
	for (uint32_t k = 0; k < b->n_classes; k++)
		for (uint32_t th = 0; th < N_THETA; th++)
			ret[th] += b->classes[k].theta[th];
}

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
