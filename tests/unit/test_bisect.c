/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <math.h>

#include "bisect/bisect.h"
#include "bisect/bisect_dag.h"
#include "bisect/likelihood.h"
#include "suite.h"

#define MAX 192

static void ok(struct culprit_error *err)
{
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
}

static void refused(struct culprit_error *err, enum culprit_error_code code)
{
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), code);
	culprit_error_destroy(err);
}

/* A history written as "parents of 0; parents of 1; ..." */
struct history {
	uint32_t n, start[MAX + 1], parents[MAX * 4];
	uint8_t flags[MAX];
	struct bisect_graph graph;
};

static struct history *history(struct history *h, const char *text)
{
	uint32_t e = 0;

	*h = (struct history){ 0 };
	for (; *text; text++) {
		if (*text == ';') {
			h->start[++h->n] = e;
		} else if (*text >= '0' && *text <= '9') {
			char *end;

			h->parents[e++] = (uint32_t)strtoul(text, &end, 10);
			text = end - 1;
		}
	}
	h->start[++h->n] = e;
	h->flags[0] = BISECT_GOOD;
	h->graph = (struct bisect_graph){ .n = h->n, .bad = h->n - 1, .parent_start = h->start,
					  .parents = h->parents, .flags = h->flags };
	return h;
}

static struct history *line(struct history *h, uint32_t n)
{
	*h = (struct history){ .n = n };
	for (uint32_t c = 1; c < n; c++) {
		h->parents[c - 1] = c - 1;
		h->start[c + 1] = c;
	}
	h->flags[0] = BISECT_GOOD;
	h->graph = (struct bisect_graph){ .n = n, .bad = n - 1, .parent_start = h->start, .parents = h->parents,
					  .flags = h->flags };
	return h;
}

static struct bisect *create(const struct history *h, const struct bisect_config *config)
{
	struct bisect_config defaults;
	struct bisect *bisect;

	bisect_config_init(&defaults);
	defaults.baseline_hits = 0;
	ok(bisect_create(&h->graph, config ? config : &defaults, &bisect));
	return bisect;
}

static void runs(struct bisect *b, uint32_t commit, enum bisect_run kind, uint32_t n)
{
	while (n--)
		ok(bisect_add_run(b, commit, kind, kind == BISECT_RUN_TARGET || kind == BISECT_RUN_RELATED));
}

static struct bisect_action next(struct bisect *b)
{
	struct bisect_action action;

	ok(bisect_next(b, &action));
	return action;
}

/* ------------------------------------------------- sums over ancestors */

static uint32_t roll(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33) % n;
}

static void random_history(struct history *h, uint32_t n, uint64_t seed)
{
	uint32_t e = 0;

	*h = (struct history){ .n = n };
	for (uint32_t c = 1; c < n; c++) {
		uint32_t count = roll(&seed, 3) ? 1 : 1 + roll(&seed, 4);

		for (uint32_t k = 0; k < count; k++)
			h->parents[e++] = c - 1 - roll(&seed, c < 9 ? c : 9);
		h->start[c + 1] = e;
	}
	h->flags[0] = BISECT_GOOD;
	h->graph = (struct bisect_graph){ .n = n, .bad = n - 1, .parent_start = h->start, .parents = h->parents,
					  .flags = h->flags };
}

static bool reaches(const struct history *h, uint32_t from, uint32_t to)
{
	if (from == to)
		return true;
	for (uint32_t e = h->start[from]; from > to && e < h->start[from + 1]; e++)
		if (reaches(h, h->parents[e], to))
			return true;
	return false;
}

/* Stored intervals and recomputed ones alike are what walking from each commit finds. */
START_TEST(sums_are_exact)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct history h;
		double weight[MAX], one[MAX], many[MAX][DAG_LANES];
		uint8_t lane[MAX], mark[MAX];
		struct dag dag;

		random_history(&h, 10 + (uint32_t)seed, seed);
		ok(dag_init(&dag, h.n, h.start, h.parents, seed % 2 ? 1000000 : 0));
		ck_assert_int_eq(dag.stored, seed % 2 || dag.n_intervals == 0 ? dag.stored : false);
		for (uint32_t c = 0; c < h.n; c++) {
			weight[c] = 1 + c * c;
			lane[c] = (uint8_t)(c % 9 == 8 ? UINT8_MAX : c % 9);
		}
		dag_sum(&dag, weight, one);
		dag_sums(&dag, weight, lane, many);
		for (uint32_t c = 0; c < h.n; c++) {
			double sum = 0, sums[DAG_LANES] = { 0 };

			dag_ancestors(&dag, c, mark);
			for (uint32_t a = 0; a < h.n; a++) {
				bool is = reaches(&h, c, a);

				ck_assert_int_eq(mark[a], is);
				if (is)
					sum += weight[a];
				if (is && lane[a] < DAG_LANES)
					sums[lane[a]] += weight[a];
			}
			ck_assert_double_eq_tol(one[c], sum, 1e-9);
			for (int l = 0; l < DAG_LANES; l++)
				ck_assert_double_eq_tol(many[c][l], sums[l], 1e-9);
		}
		dag_deinit(&dag);
	}
}
END_TEST

/* ----------------------------------------------------------- posterior */

/* Commits that one of the two has and the other has not. */
static double apart(const struct history *h, uint32_t x, uint32_t y)
{
	double n = 0;

	for (uint32_t c = 0; c < h->n; c++)
		n += reaches(h, x, c) != reaches(h, y, c);
	return n / h->n;
}

/* Of two, the one that comes sooner; of equals the higher. */
static bool sooner(double x, uint32_t c, double y, uint32_t d)
{
	return x < y || (x == y && c > d);
}

/* The tree from commit on, smaller parts first; ret[0..*n) so far. */
static void preorder(const uint32_t *parent, uint32_t n_commits, uint32_t commit, uint32_t *ret, uint32_t *n)
{
	uint32_t size[MAX], done = commit, last_size = 0;

	ret[(*n)++] = commit;
	for (uint32_t c = 0; c < n_commits; c++) {
		size[c] = 0;
		for (uint32_t d = 0; d < n_commits; d++) {
			uint32_t up = d, steps = 0;

			if (parent[d] == BISECT_NONE)
				continue;
			for (; up != c && parent[up] != up && steps < n_commits; steps++)
				up = parent[up];
			size[c] += up == c;
		}
	}
	for (;;) {
		uint32_t best = BISECT_NONE;

		for (uint32_t c = 0; c < n_commits; c++)
			if (parent[c] == commit && c != commit &&
			    (done == commit || sooner(last_size, done, size[c], c)) &&
			    (best == BISECT_NONE || sooner(size[c], c, size[best], best)))
				best = c;
		if (best == BISECT_NONE)
			return;
		preorder(parent, n_commits, best, ret, n);
		done = best;
		last_size = size[best];
	}
}

/* The commits with runs by the shortest tree over them, backwards; returns how many. */
static uint32_t near_order(const struct history *h, const uint32_t (*counts)[3], uint32_t *ret)
{
	uint32_t parent[MAX], forward[MAX], n = 0, root = 0;
	double depth[MAX] = { 0 };

	for (uint32_t c = 0; c < h->n; c++) {
		parent[c] = BISECT_NONE;
		for (uint32_t a = 0; a <= c; a++)
			depth[c] += reaches(h, c, a);
	}
	root = BISECT_NONE;
	for (uint32_t c = 0; c < h->n; c++)
		if (counts[c][0] + counts[c][1] + counts[c][2] &&
		    (root == BISECT_NONE || sooner(-depth[c], c, -depth[root], root)))
			root = c;
	if (root == BISECT_NONE)
		return 0;
	parent[root] = root;
	for (;;) {
		uint32_t to = BISECT_NONE, from = 0;

		for (uint32_t c = 0; c < h->n; c++) {
			uint32_t nearest = BISECT_NONE;

			if (parent[c] != BISECT_NONE || !(counts[c][0] + counts[c][1] + counts[c][2]))
				continue;
			for (uint32_t in = 0; in < h->n; in++)
				if (parent[in] != BISECT_NONE &&
				    (nearest == BISECT_NONE ||
				     sooner(apart(h, in, c), in, apart(h, nearest, c), nearest)))
					nearest = in;
			if (to == BISECT_NONE || sooner(apart(h, nearest, c), c, apart(h, from, to), to)) {
				to = c;
				from = nearest;
			}
		}
		if (to == BISECT_NONE)
			break;
		parent[to] = from;
	}
	preorder(parent, h->n, root, forward, &n);
	for (uint32_t i = 0; i < n; i++)
		ret[i] = forward[n - 1 - i];
	return n;
}

/* Of the commits with runs from place at down, all rates of the chain, one commit after another. */
static double chain(const struct likelihood *l, const struct history *h, const uint32_t (*counts)[3], uint32_t culprit,
		    int world, const uint32_t *order, uint32_t at, uint32_t last, const double *level)
{
	uint32_t x = order[at];
	double f = l->false_rate[world % LIKELIHOOD_FALSES], g = fmax(2e-3, f), next[LIKELIHOOD_RATES], ret = 0;

	if (culprit && !reaches(h, x, culprit))
		return pow(f, counts[x][0]) * pow(g, counts[x][1]) * pow(1 - f, counts[x][2]) *
			(at ? chain(l, h, counts, culprit, world, order, at - 1, last, level) : 1);
	memcpy(next, level, sizeof(next));
	if (last != BISECT_NONE)
		likelihood_step(l, level, apart(h, x, last), next);
	for (int i = 0; i < LIKELIHOOD_RATES; i++) {
		double like = 0;

		for (int r = 0; r < LIKELIHOOD_RATES; r++)
			like += l->spread[world / LIKELIHOOD_FALSES][i][r] * pow(0.88 * l->rate[r] + f, counts[x][0]) *
				pow(0.12 * l->rate[r] + g, counts[x][1]) *
				pow((1 - l->rate[r]) * (1 - f), counts[x][2]);
		next[i] *= like;
		ret += next[i];
	}
	for (int i = 0; i < LIKELIHOOD_RATES; i++)
		next[i] /= ret;
	return ret * (at ? chain(l, h, counts, culprit, world, order, at - 1, x, next) : 1);
}

/* The formulas of the model, for each culprit by itself, without logarithms and shared parts. */
static void brute_force(const struct history *h, const uint32_t (*counts)[3], double merge_weight, double older,
			double *ret)
{
	double total = 0, weights = 0;
	uint32_t order[MAX], n = near_order(h, counts, order);
	struct likelihood l;

	likelihood_init(&l, h->n);
	for (uint32_t c = 1; c < h->n; c++)
		weights += h->start[c + 1] - h->start[c] > 1 ? merge_weight : 1;
	for (uint32_t c = 0; c < h->n; c++) {		/* 0 stands for "older" */
		double prior = c ? (1 - older) * (h->start[c + 1] - h->start[c] > 1 ? merge_weight : 1) / weights : older;

		ret[c] = 0;
		for (int w = 0; w < LIKELIHOOD_WORLDS; w++)
			ret[c] += prior * exp(l.log_prior[w]) *
				(n ? chain(&l, h, counts, c, w, order, n - 1, BISECT_NONE, l.first) : 1);
		total += ret[c];
	}
	for (uint32_t c = 0; c < h->n; c++)
		ret[c] /= total;
}

START_TEST(posterior_is_the_model)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		uint32_t counts[MAX][3] = { { 0 } };
		double want[MAX], sum = 0;
		uint64_t dice = seed * 77;
		struct history h;
		struct bisect *b;

		random_history(&h, 12, seed);
		for (uint32_t c = 1; c < h.n - 1; c++)	/* all must be candidates: let the last commit reach them */
			if (!reaches(&h, h.n - 1, c))
				h.parents[h.start[h.n]++] = c;
		b = create(&h, NULL);
		ck_assert_uint_eq(bisect_n_candidates(b), 11);
		for (int k = 0; k < 15; k++) {
			uint32_t c = roll(&dice, h.n), kind = roll(&dice, 5);

			kind = kind > 2 ? 2 : kind;
			counts[c][kind]++;
			runs(b, c, (enum bisect_run[]){ BISECT_RUN_TARGET, BISECT_RUN_RELATED, BISECT_RUN_CLEAN }[kind], 1);
		}
		brute_force(&h, counts, 0.05, 0.01, want);
		ck_assert_double_eq_tol(bisect_posterior_older(b), want[0], 1e-6);
		for (uint32_t c = 1; c < h.n; c++) {
			double bad = want[0];

			ck_assert_double_eq_tol(bisect_posterior(b, c), want[c], 1e-6);
			for (uint32_t a = 1; a <= c; a++)
				bad += reaches(&h, c, a) ? want[a] : 0;
			ck_assert_double_eq_tol(bisect_p_bad(b, c), bad, 1e-6);
			sum -= want[c] > 0 ? want[c] * log2(want[c]) : 0;
		}
		sum -= want[0] > 0 ? want[0] * log2(want[0]) : 0;
		ck_assert_double_eq_tol(bisect_entropy(b), sum, 1e-6);
		bisect_destroy(b);
	}
}
END_TEST

/* Before it, 40 clean runs at a rate of one settled all; now a rate may have dropped just there. */
START_TEST(a_rate_may_drop)
{
	struct history h;
	struct bisect *b = create(line(&h, 64), NULL);
	double p;

	runs(b, 63, BISECT_RUN_TARGET, 6);
	runs(b, 32, BISECT_RUN_TARGET, 6);
	runs(b, 31, BISECT_RUN_CLEAN, 10);
	p = bisect_posterior(b, 32);
	ck_assert_double_gt(p, 0.3);
	ck_assert_double_lt(p, 0.97);
	runs(b, 31, BISECT_RUN_CLEAN, 250);
	ck_assert_double_gt(bisect_posterior(b, 32), 0.99);
	bisect_destroy(b);
	/* a few hits far below: the culprit is older, and 32 is where the rate changed */
	b = create(&h, NULL);
	runs(b, 63, BISECT_RUN_TARGET, 6);
	runs(b, 32, BISECT_RUN_TARGET, 6);
	runs(b, 31, BISECT_RUN_CLEAN, 20);
	runs(b, 12, BISECT_RUN_CLEAN, 40);
	runs(b, 12, BISECT_RUN_TARGET, 4);
	ck_assert_double_lt(bisect_posterior(b, 32), 0.05);
	ck_assert_double_gt(bisect_p_bad(b, 12), 0.95);
	bisect_destroy(b);
}
END_TEST

/*
 * 150 made the target more frequent; it is not in a branch that was begun at 145 and came in last.  Clean runs there
 * say no more against a culprit before 120 than those of 145 do.
 */
START_TEST(a_branch_stands_beside_its_base)
{
	double older[2] = { 0 };

	for (int k = 0; k < 2; k++) {
		struct history h;
		struct bisect *b;

		line(&h, 187);
		h.parents[h.start[181]] = 145;			/* 181 to 185 on it; 186 takes 180 and 185 */
		h.parents[h.start[186]] = 180;
		h.parents[h.start[186] + 1] = 185;
		h.start[187] = h.start[186] + 2;
		b = create(&h, NULL);
		for (uint32_t c = 150; c <= 180; c += 3)
			runs(b, c, BISECT_RUN_TARGET, 5);
		runs(b, 186, BISECT_RUN_TARGET, 5);
		runs(b, 149, BISECT_RUN_CLEAN, 10);
		runs(b, k ? 185 : 145, BISECT_RUN_CLEAN, 25);
		for (uint32_t c = 1; c <= 120; c++)
			older[k] += bisect_posterior(b, c);
		bisect_destroy(b);
	}
	ck_assert_double_gt(older[1], older[0] / 2);
}
END_TEST

static double mean_of(const double *p, const double *value)
{
	double mean = 0;

	for (int i = 0; i < LIKELIHOOD_RATES; i++)
		mean += p[i] * value[i];
	return mean;
}

/* All of a history away: what is left of a rate, and that the step back is the same step against its arrow. */
START_TEST(a_level_steps)
{
	struct likelihood l, tiny;
	double at[LIKELIHOOD_RATES] = { 0 }, always[LIKELIHOOD_RATES] = { 0 }, to[LIKELIHOOD_RATES];
	double chance[LIKELIHOOD_RATES], back[LIKELIHOOD_RATES], one[LIKELIHOOD_RATES], low[LIKELIHOOD_RATES];
	double fell, fell_tiny, fell_always;

	likelihood_init(&l, 2048);
	likelihood_init(&tiny, 32);
	at[22] = 1;
	always[LIKELIHOOD_RATES - 1] = 1;
	for (int i = 0; i < LIKELIHOOD_RATES; i++) {
		one[i] = 1;
		low[i] = l.rate[i] < 0.1;
		chance[i] = 1.0 / (i + 2);
	}
	for (double d = 0; d <= 1; d += 0.25) {
		likelihood_step(&l, at, d, to);
		ck_assert_double_eq_tol(mean_of(to, one), 1, 1e-12);
		likelihood_step_back(&l, chance, d, back);
		ck_assert_double_eq_tol(mean_of(to, chance), back[22], 1e-12);
	}
	/* a jump in a small part of the history: a third of the jumps leads below a tenth, and hardly any below 1/33 */
	likelihood_step(&l, at, 0.01, to);
	fell = mean_of(to, low);
	ck_assert_double_gt(fell, 0.3 * 0.0296);
	ck_assert_double_lt(fell, 0.4 * 0.0296);
	for (int i = 0; i < LIKELIHOOD_RATES; i++)
		low[i] = l.rate[i] < 0.025;
	ck_assert_double_lt(mean_of(to, low), 0.05 * fell);
	for (int i = 0; i < LIKELIHOOD_RATES; i++)
		low[i] = l.rate[i] < 0.1;
	likelihood_step(&tiny, at, 0.01, to);
	fell_tiny = mean_of(to, low);
	ck_assert_double_eq_tol(fell_tiny / fell, 0.125, 0.005);
	likelihood_step(&l, always, 0.01, to);
	fell_always = mean_of(to, low);
	ck_assert_double_lt(fell_always, 0.3 * fell);
}
END_TEST

/* A rate that fell to a sixteenth below the likeliest commit shows by its related crashes, too. */
START_TEST(related_hits_are_no_mistake)
{
	struct history h;
	struct bisect *b = create(line(&h, 64), NULL);

	runs(b, 63, BISECT_RUN_TARGET, 6);
	runs(b, 32, BISECT_RUN_TARGET, 6);
	runs(b, 31, BISECT_RUN_CLEAN, 30);
	ck_assert_double_gt(bisect_posterior(b, 32), 0.6);
	runs(b, 31, BISECT_RUN_RELATED, 2);
	ck_assert_double_lt(bisect_posterior(b, 32), 0.45);
	bisect_destroy(b);
}
END_TEST

/* Hits all come in the first sixteenth: a run that was cut at half its time is clean, one cut at once says nothing. */
START_TEST(cut_runs_survived_so_far)
{
	double p[3];

	for (int k = 0; k < 3; k++) {
		struct history h;
		struct bisect *b = create(line(&h, 9), NULL);

		for (int i = 0; i < 12; i++)
			ok(bisect_add_timed_run(b, 8, BISECT_RUN_TARGET, 1, 0.05));
		for (int i = 0; i < 12; i++)
			ok(k ? bisect_add_timed_run(b, 4, BISECT_RUN_CUT, 0, k == 1 ? 0.5 : 0.001) :
			   bisect_add_timed_run(b, 4, BISECT_RUN_CLEAN, 0, 1));
		p[k] = bisect_p_bad(b, 4);
		bisect_destroy(b);
	}
	ck_assert_double_lt(p[0], 0.1);
	ck_assert_double_eq_tol(p[1], p[0], 0.02);
	ck_assert_double_gt(p[2], 0.35);
	struct history h;
	struct bisect *b = create(line(&h, 9), NULL);

	refused(bisect_add_timed_run(b, 4, BISECT_RUN_CUT, 0, -1), CULPRIT_ERROR_USAGE);
	bisect_destroy(b);
}
END_TEST

START_TEST(other_crashes_say_nothing)
{
	static const enum bisect_run kinds[] = { BISECT_RUN_UNRELATED, BISECT_RUN_BOOT_FAILED, BISECT_RUN_INFRA,
						 BISECT_RUN_INCOMPLETE };
	struct history h;
	struct bisect *b = create(line(&h, 9), NULL);
	double before[9];

	runs(b, 4, BISECT_RUN_CLEAN, 2);
	for (uint32_t c = 0; c < 9; c++)
		before[c] = bisect_posterior(b, c);
	for (size_t k = 0; k < countof(kinds); k++)
		runs(b, 6, kinds[k], 5);
	ok(bisect_add_build(b, 7, BISECT_BUILD_FAILED, 0));
	ok(bisect_add_build(b, 5, BISECT_BUILD_INFRA, 0));
	for (uint32_t c = 0; c < 9; c++)
		ck_assert_double_eq_tol(bisect_posterior(b, c), before[c], 1e-12);
	bisect_destroy(b);
}
END_TEST

/* q goes into the likelihood: the more the matcher believes, the likelier is "bad"; 0 changes nothing. */
START_TEST(matcher_doubt_counts)
{
	static const double q[] = { -1, 0, 0.1, 0.5, 1, 7 };
	double last = 0;

	for (size_t k = 0; k < countof(q); k++) {
		struct history h;
		struct bisect *b = create(line(&h, 9), NULL);
		double p;

		ok(bisect_add_run(b, 4, BISECT_RUN_RELATED, q[k]));
		p = bisect_p_bad(b, 4);
		if (k == 0)
			ck_assert_double_eq_tol(p, 0.01 + 0.99 * 4 / 8, 1e-9);
		else if (k == 1 || k == 5)
			ck_assert_double_eq_tol(p, last, 1e-12);	/* clamped */
		else
			ck_assert_double_gt(p, last);
		last = p;
		bisect_destroy(b);
	}
	struct history h;
	struct bisect *b = create(line(&h, 9), NULL);

	ok(bisect_add_run(b, 4, BISECT_RUN_TARGET, (double)NAN));
	ck_assert_double_eq_tol(bisect_p_bad(b, 4), 0.01 + 0.99 * 4 / 8, 1e-9);
	ok(bisect_add_run(b, 4, BISECT_RUN_UNRELATED, 0.5));
	ck_assert_double_gt(bisect_p_bad(b, 4), 0.6);
	bisect_destroy(b);
}
END_TEST

/* 1 - 2 - 4: main; 3 is a branch of 1; 4 merges. */
START_TEST(merges_and_weights)
{
	struct history h;
	double weight[] = { 1, 1, 3, 1, 1 };
	struct bisect *b;

	history(&h, ";0;1;1;2 3");
	h.graph.weight = weight;
	b = create(&h, NULL);
	ck_assert_double_eq_tol(bisect_posterior(b, 2) / bisect_posterior(b, 1), 3, 1e-9);
	ck_assert_double_eq_tol(bisect_posterior(b, 4) / bisect_posterior(b, 1), 0.05, 1e-9);
	ck_assert_double_eq_tol(bisect_posterior_older(b), 0.01, 1e-9);
	/* 3 is good: neither it nor its ancestor 1 did it, by far the likeliest is 2 */
	runs(b, 4, BISECT_RUN_TARGET, 5);
	runs(b, 3, BISECT_RUN_CLEAN, 30);
	ck_assert_double_gt(bisect_posterior(b, 2), 0.95);
	ck_assert_double_gt(bisect_posterior(b, 4), 0.01);
	bisect_destroy(b);
}
END_TEST

START_TEST(marks_override_runs)
{
	struct history h;
	struct bisect *b = create(line(&h, 9), NULL);

	runs(b, 4, BISECT_RUN_CLEAN, 20);
	ck_assert_double_lt(bisect_p_bad(b, 4), 0.2);	/* half before; a rare target may hide */
	ok(bisect_add_mark(b, 4, BISECT_MARK_BAD));
	ck_assert_double_gt(bisect_p_bad(b, 4), 0.999999);
	ok(bisect_add_mark(b, 3, BISECT_MARK_GOOD));
	ck_assert_double_gt(bisect_posterior(b, 4), 0.999999);
	ok(bisect_add_mark(b, 6, BISECT_MARK_SKIP));
	ck_assert_double_eq(bisect_p_testable(b, 6), 0);
	bisect_destroy(b);
}
END_TEST

/* 3 and 4 are the same kernel: what changed between them is not what broke it. */
START_TEST(same_image_shares_evidence)
{
	struct history h;
	struct bisect *b = create(line(&h, 9), NULL);
	struct bisect_evidence e;
	double before = bisect_posterior(b, 4) / bisect_posterior(b, 5);

	ok(bisect_add_build(b, 3, BISECT_BUILD_OK, 0xabc));
	ok(bisect_add_build(b, 4, BISECT_BUILD_OK, 0xabc));
	ok(bisect_add_build(b, 6, BISECT_BUILD_OK, 0xdef));
	ck_assert_double_lt(bisect_posterior(b, 4) / bisect_posterior(b, 5), before / 500);
	runs(b, 3, BISECT_RUN_TARGET, 2);
	bisect_evidence(b, 4, &e);
	ck_assert_uint_eq(e.same_image, 3);
	ck_assert_double_gt(e.p_shows, 0.99);
	bisect_evidence(b, 6, &e);
	ck_assert_uint_eq(e.same_image, BISECT_NONE);
	ck_assert_double_eq_tol(e.p_shows, 0.5, 1e-9);
	bisect_destroy(b);
}
END_TEST

/* ---------------------------------------------------------- testability */

START_TEST(broken_builds_spread)
{
	struct history h;
	struct bisect *b = create(line(&h, 60), NULL);
	double far = bisect_p_testable(b, 50);

	ck_assert_double_gt(far, 0.9);
	ok(bisect_add_build(b, 30, BISECT_BUILD_FAILED, 0));
	ck_assert_double_eq(bisect_p_testable(b, 30), 0);
	ck_assert_double_lt(bisect_p_testable(b, 31), 0.3);
	ck_assert_double_lt(bisect_p_testable(b, 31), bisect_p_testable(b, 40));
	ck_assert_double_lt(bisect_p_testable(b, 40), bisect_p_testable(b, 55));
	/* between two broken ones hardly anything works */
	ok(bisect_add_build(b, 40, BISECT_BUILD_FAILED, 0));
	ck_assert_double_lt(bisect_p_testable(b, 35), 0.15);
	/* behind one that works all is well again */
	ok(bisect_add_build(b, 44, BISECT_BUILD_OK, 0));
	runs(b, 44, BISECT_RUN_CLEAN, 1);
	ck_assert_double_eq(bisect_p_testable(b, 44), 1);
	ck_assert_double_gt(bisect_p_testable(b, 46), 0.75);
	bisect_destroy(b);
}
END_TEST

/* One failed boot may be chance, three are not, and one success ends the doubt. */
START_TEST(boot_failures_are_weighed)
{
	struct history h;
	struct bisect *b = create(line(&h, 60), NULL);
	double one;

	ok(bisect_add_build(b, 30, BISECT_BUILD_OK, 0));
	runs(b, 30, BISECT_RUN_BOOT_FAILED, 1);
	one = bisect_p_testable(b, 30);
	ck_assert_double_gt(one, 0.2);
	ck_assert_double_lt(one, 0.8);
	runs(b, 30, BISECT_RUN_BOOT_FAILED, 2);
	ck_assert_double_lt(bisect_p_testable(b, 30), 0.02);
	runs(b, 30, BISECT_RUN_UNRELATED, 1);
	ck_assert_double_eq(bisect_p_testable(b, 30), 1);
	bisect_destroy(b);
}
END_TEST

/* -------------------------------------------------------------- actions */

struct world {
	uint32_t culprit;		/* BISECT_NONE: older than good */
	bool fix;
	uint32_t broken_from, broken_to;	/* closed range that does not build; empty when from > to */
	uint32_t n_runs, n_builds;
	uint32_t last_runs[MAX];
};

/* A target that always shows, on a line. */
static struct bisect_action hunt(struct bisect *b, struct world *w)
{
	for (int guard = 0; guard < 2000; guard++) {
		struct bisect_action a = next(b);

		if (a.act != BISECT_TEST)
			return a;
		ck_assert_uint_lt(a.commit, MAX);
		ck_assert_uint_ge(a.n_runs, 1);
		ck_assert_uint_ge(a.n_parallel, 1);
		ck_assert_uint_le(a.n_parallel, a.n_runs);
		if (a.needs_build) {
			bool broken = a.commit >= w->broken_from && a.commit <= w->broken_to;

			ok(bisect_add_build(b, a.commit, broken ? BISECT_BUILD_FAILED : BISECT_BUILD_OK, 0));
			w->n_builds++;
			continue;
		}
		for (uint32_t k = 0; k < a.n_parallel; k++) {
			bool has = w->culprit == BISECT_NONE || a.commit >= w->culprit;

			runs(b, a.commit, has != w->fix ? BISECT_RUN_TARGET : BISECT_RUN_CLEAN, 1);
			w->last_runs[a.commit]++;
			w->n_runs++;
		}
	}
	ck_abort_msg("the policy does not come to an end");
}

START_TEST(finds_each_culprit)
{
	for (uint32_t culprit = 1; culprit < 32; culprit++) {
		struct history h;
		struct world w = { .culprit = culprit, .broken_from = 1 };
		struct bisect_config config;
		struct bisect_action a;
		struct bisect *b;
		struct bisect_evidence e;

		bisect_config_init(&config);
		b = create(line(&h, 32), &config);
		a = hunt(b, &w);
		ck_assert_int_eq(a.act, BISECT_DONE_CULPRIT);
		ck_assert_int_eq(a.why, BISECT_WHY_CONFIDENT);
		ck_assert_uint_eq(a.commit, culprit);
		ck_assert_double_ge(a.posterior, 0.99);
		/* both sides have evidence of their own */
		bisect_evidence(b, culprit, &e);
		ck_assert_double_ge(e.p_shows, 0.99);
		ck_assert_int_eq(e.verdict, BISECT_VERDICT_BAD);
		bisect_evidence(b, culprit - 1, &e);
		ck_assert_double_le(e.p_shows, 0.05);
		ck_assert_int_eq(e.verdict, BISECT_VERDICT_GOOD);
		/* five halvings, both ends, and a few to be sure */
		ck_assert_uint_le(w.n_builds, 10);
		bisect_destroy(b);
	}
}
END_TEST

START_TEST(finds_each_fix)
{
	for (uint32_t fix = 1; fix < 32; fix++) {
		struct history h;
		struct world w = { .culprit = fix, .fix = true, .broken_from = 1 };
		struct bisect_config config;
		struct bisect_action a;
		struct bisect *b;

		bisect_config_init(&config);
		config.find = BISECT_FIX;
		b = create(line(&h, 32), &config);
		a = next(b);
		ck_assert_int_eq(a.why, BISECT_WHY_BASELINE);
		ck_assert_uint_eq(a.commit, 0);		/* where the target shows */
		a = hunt(b, &w);
		ck_assert_int_eq(a.act, BISECT_DONE_CULPRIT);
		ck_assert_uint_eq(a.commit, fix);
		ck_assert_double_gt(bisect_p_bad(b, 31), 0.99);
		bisect_destroy(b);
	}
}
END_TEST

START_TEST(baseline_comes_first)
{
	struct history h;
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	bisect_config_init(&config);
	config.baseline_runs = 10;
	b = create(line(&h, 32), &config);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_TEST);
	ck_assert_int_eq(a.why, BISECT_WHY_BASELINE);
	ck_assert_uint_eq(a.commit, 31);
	ck_assert(a.needs_build);
	ok(bisect_add_build(b, 31, BISECT_BUILD_OK, 0));
	runs(b, 31, BISECT_RUN_UNRELATED, 3);	/* do not count */
	runs(b, 31, BISECT_RUN_CLEAN, 9);
	ck_assert_int_eq(next(b).why, BISECT_WHY_BASELINE);
	runs(b, 31, BISECT_RUN_CLEAN, 1);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_GIVE_UP);
	ck_assert_int_eq(a.why, BISECT_WHY_NOT_REPRODUCED);
	/* it was only rare */
	runs(b, 31, BISECT_RUN_TARGET, 1);
	ck_assert_int_eq(next(b).why, BISECT_WHY_SEARCH);
	bisect_destroy(b);

	b = create(&h, &config);
	ok(bisect_add_build(b, 31, BISECT_BUILD_FAILED, 0));
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_GIVE_UP);
	ck_assert_int_eq(a.why, BISECT_WHY_BAD_UNTESTABLE);
	bisect_destroy(b);

	/* it came up for whoever reported it: three boots may fail by chance */
	b = create(&h, &config);
	ok(bisect_add_build(b, 31, BISECT_BUILD_OK, 0));
	runs(b, 31, BISECT_RUN_BOOT_FAILED, 9);
	ck_assert_int_eq(next(b).why, BISECT_WHY_BASELINE);
	runs(b, 31, BISECT_RUN_BOOT_FAILED, 1);
	ck_assert_int_eq(next(b).why, BISECT_WHY_BAD_UNTESTABLE);
	bisect_destroy(b);
}
END_TEST

/*
 * A build is worth 24 runs, and the middle of the history does not boot. As it is
 * built, another look at it costs next to nothing, and is the best for its cost:
 * that is no reason to give up on 22 commits that nobody has tried.
 */
START_TEST(one_commit_that_does_not_boot_is_not_the_end)
{
	struct history h;
	struct bisect *b = create(line(&h, 25), NULL);
	struct bisect_action a;

	ok(bisect_add_build(b, 24, BISECT_BUILD_OK, 0));
	runs(b, 24, BISECT_RUN_TARGET, 2);
	bisect_set_build_cost(b, 24, 24);
	ok(bisect_add_build(b, 13, BISECT_BUILD_OK, 0));
	runs(b, 13, BISECT_RUN_BOOT_FAILED, 2);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_TEST);
	ck_assert_int_ne(a.commit, 13);
	bisect_destroy(b);
}
END_TEST

/* All commits would be a set that holds the culprit, and no answer. */
START_TEST(a_budget_without_a_hit_is_no_set)
{
	struct history h;
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	bisect_config_init(&config);
	config.max_runs = 8;
	b = create(line(&h, 32), &config);
	ok(bisect_add_build(b, 31, BISECT_BUILD_OK, 0));
	runs(b, 31, BISECT_RUN_CLEAN, 8);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_GIVE_UP);
	ck_assert_int_eq(a.why, BISECT_WHY_NOT_REPRODUCED);
	ck_assert_uint_eq(a.commit, 31);
	bisect_destroy(b);

	/* one hit, and it is a set */
	b = create(&h, &config);
	ok(bisect_add_build(b, 31, BISECT_BUILD_OK, 0));
	runs(b, 31, BISECT_RUN_CLEAN, 7);
	runs(b, 31, BISECT_RUN_TARGET, 1);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_DONE_SET);
	ck_assert_int_eq(a.why, BISECT_WHY_BUDGET);
	bisect_destroy(b);
}
END_TEST

/* Where builds are dear a visit is longer; where they cost nothing, shorter. */
START_TEST(dear_builds_make_long_visits)
{
	struct bisect_action dear, cheap;
	struct history h;
	struct bisect *b = create(line(&h, 64), NULL);

	ok(bisect_add_build(b, 63, BISECT_BUILD_OK, 0));
	runs(b, 63, BISECT_RUN_CLEAN, 6);
	runs(b, 63, BISECT_RUN_TARGET, 2);
	bisect_set_build_cost(b, 60, 60);
	dear = next(b);
	bisect_set_build_cost(b, 0.5, 0.5);
	cheap = next(b);
	ck_assert_int_eq(dear.why, BISECT_WHY_SEARCH);
	ck_assert(dear.needs_build && cheap.needs_build);
	ck_assert_uint_gt(dear.n_runs, cheap.n_runs);
	ck_assert_double_gt(dear.cost, 60);
	ck_assert_double_lt(cheap.cost, 30);
	bisect_destroy(b);
}
END_TEST

START_TEST(good_is_bad_already)
{
	struct history h;
	struct world w = { .culprit = BISECT_NONE, .broken_from = 1 };
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	bisect_config_init(&config);
	b = create(line(&h, 32), &config);
	a = hunt(b, &w);
	ck_assert_int_eq(a.act, BISECT_GIVE_UP);
	ck_assert_int_eq(a.why, BISECT_WHY_OLDER);
	ck_assert_uint_gt(w.last_runs[0], 0);		/* not without a look at it */
	bisect_destroy(b);
}
END_TEST

START_TEST(merge_base_is_tested_first)
{
	struct history h;
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	line(&h, 32);
	h.flags[0] = BISECT_MERGE_BASE;
	bisect_config_init(&config);
	config.baseline_hits = 1;
	b = create(&h, &config);
	ck_assert_double_eq_tol(bisect_posterior_older(b), 0.2, 1e-9);
	ok(bisect_add_build(b, 31, BISECT_BUILD_OK, 0));
	runs(b, 31, BISECT_RUN_TARGET, 1);
	a = next(b);
	ck_assert_int_eq(a.why, BISECT_WHY_MERGE_BASE);
	ck_assert_uint_eq(a.commit, 0);
	ok(bisect_add_build(b, 0, BISECT_BUILD_OK, 0));
	runs(b, 0, BISECT_RUN_TARGET, 2);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_GIVE_UP);
	ck_assert_int_eq(a.why, BISECT_WHY_MERGE_BASE_BAD);
	bisect_destroy(b);

	b = create(&h, &config);
	ok(bisect_add_build(b, 31, BISECT_BUILD_OK, 0));
	runs(b, 31, BISECT_RUN_TARGET, 1);
	ok(bisect_add_build(b, 0, BISECT_BUILD_OK, 0));
	runs(b, 0, BISECT_RUN_CLEAN, 60);
	ck_assert_int_eq(next(b).why, BISECT_WHY_SEARCH);
	bisect_destroy(b);
}
END_TEST

/* 3 is good and contains 1, so 1 should be; all the same its own runs are wanted before 2 is accused. */
START_TEST(parents_are_tested_themselves)
{
	struct history h;
	struct bisect *b = create(history(&h, ";0;1;1;2 3"), NULL);
	struct bisect_action a;

	for (uint32_t c = 2; c <= 4; c++)
		ok(bisect_add_build(b, c, BISECT_BUILD_OK, 0));
	runs(b, 4, BISECT_RUN_TARGET, 4);
	runs(b, 3, BISECT_RUN_CLEAN, 150);
	runs(b, 2, BISECT_RUN_TARGET, 4);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_TEST);
	ck_assert_int_eq(a.why, BISECT_WHY_VERIFY_PARENT);
	ck_assert_uint_eq(a.commit, 1);
	ck_assert(a.needs_build);
	ok(bisect_add_build(b, 1, BISECT_BUILD_OK, 0));
	runs(b, 1, BISECT_RUN_CLEAN, 20);
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_DONE_CULPRIT);
	ck_assert_uint_eq(a.commit, 2);
	bisect_destroy(b);

	/* not where it cannot be */
	b = create(&h, NULL);
	for (uint32_t c = 2; c <= 4; c++)
		ok(bisect_add_build(b, c, BISECT_BUILD_OK, 0));
	runs(b, 4, BISECT_RUN_TARGET, 4);
	runs(b, 3, BISECT_RUN_CLEAN, 150);
	runs(b, 2, BISECT_RUN_TARGET, 4);
	ok(bisect_add_build(b, 1, BISECT_BUILD_FAILED, 0));
	ck_assert_int_eq(next(b).act, BISECT_DONE_CULPRIT);
	bisect_destroy(b);
}
END_TEST

/*
 * 8 of 16 shows the target often, those below in two runs of a hundred: by mistake, or seldom.  The good commit, which
 * has none, tells which.
 */
START_TEST(a_good_commit_tells_of_mistakes)
{
	struct history h;
	struct bisect *b = create(line(&h, 16), NULL);
	struct bisect_action a;
	uint32_t asked = 0;
	double before;

	for (uint32_t c = 5; c <= 15; c++)
		ok(bisect_add_build(b, c, BISECT_BUILD_OK, 0));
	runs(b, 15, BISECT_RUN_TARGET, 4);
	for (uint32_t c = 8; c <= 11; c++) {
		runs(b, c, BISECT_RUN_TARGET, 8);
		runs(b, c, BISECT_RUN_CLEAN, 8);
	}
	for (uint32_t c = 5; c <= 7; c++) {
		runs(b, c, BISECT_RUN_CLEAN, 50);
		runs(b, c, BISECT_RUN_TARGET, 1);
	}
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_TEST);
	ck_assert_int_eq(a.why, BISECT_WHY_FALSE_MATCHES);
	ck_assert_uint_eq(a.commit, 0);
	ck_assert(a.needs_build);
	before = a.posterior;
	ok(bisect_add_build(b, 0, BISECT_BUILD_OK, 0));
	while (a.act == BISECT_TEST && a.why == BISECT_WHY_FALSE_MATCHES && asked < 1000) {
		asked++;
		runs(b, 0, asked % 60 == 30 ? BISECT_RUN_TARGET : BISECT_RUN_CLEAN, 1);
		a = next(b);
	}
	ck_assert_uint_ge(asked, 30);
	ck_assert_uint_le(asked, 400);
	ck_assert(a.posterior > before);
	bisect_destroy(b);

	/* no hit on the other side: nothing is asked of it */
	b = create(&h, NULL);
	for (uint32_t c = 7; c <= 15; c++)
		ok(bisect_add_build(b, c, BISECT_BUILD_OK, 0));
	runs(b, 15, BISECT_RUN_TARGET, 4);
	runs(b, 8, BISECT_RUN_TARGET, 8);
	runs(b, 7, BISECT_RUN_CLEAN, 10);
	ck_assert_int_ne(next(b).why, BISECT_WHY_FALSE_MATCHES);
	bisect_destroy(b);
}
END_TEST

/* 12 to 19 do not build: the culprit is one of them or the first that builds again. */
START_TEST(untestable_range_gives_its_set)
{
	for (uint32_t culprit = 12; culprit <= 20; culprit += 4) {
		struct history h;
		struct world w = { .culprit = culprit, .broken_from = 12, .broken_to = 19 };
		struct bisect_config config;
		struct bisect_action a;
		struct bisect *b;
		struct bisect_share *set;
		uint32_t n;
		double mass;

		bisect_config_init(&config);
		b = create(line(&h, 32), &config);
		a = hunt(b, &w);
		ck_assert_int_eq(a.act, BISECT_DONE_SET);
		ck_assert_int_eq(a.why, BISECT_WHY_UNTESTABLE);
		ok(bisect_set(b, &set, &n, &mass));
		ck_assert_uint_eq(n, 9);
		ck_assert_double_ge(mass, 0.95);
		for (uint32_t k = 0; k < n; k++) {
			ck_assert_uint_ge(set[k].commit, 12);
			ck_assert_uint_le(set[k].commit, 20);
		}
		free(set);
		bisect_destroy(b);
	}
}
END_TEST

START_TEST(budget_ends_the_hunt)
{
	struct history h;
	struct world w = { .culprit = 9, .broken_from = 1 };
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	bisect_config_init(&config);
	config.max_runs = 5;
	b = create(line(&h, 60), &config);
	a = hunt(b, &w);
	ck_assert_uint_eq(w.n_runs, 5);
	ck_assert_int_eq(a.act, BISECT_DONE_SET);
	ck_assert_int_eq(a.why, BISECT_WHY_BUDGET);
	bisect_destroy(b);
}
END_TEST

START_TEST(infrastructure_stops_until_retried)
{
	struct history h;
	struct bisect *b = create(line(&h, 32), NULL);
	struct bisect_action a = next(b);

	ck_assert_int_eq(a.act, BISECT_TEST);
	ok(bisect_add_build(b, a.commit, BISECT_BUILD_OK, 0));
	runs(b, a.commit, BISECT_RUN_INFRA, 9);
	ck_assert_int_eq(next(b).act, BISECT_TEST);
	runs(b, a.commit, BISECT_RUN_INFRA, 1);
	ck_assert_int_eq(next(b).act, BISECT_GIVE_UP);
	ck_assert_int_eq(next(b).why, BISECT_WHY_INFRASTRUCTURE);
	bisect_retry_infra(b);
	ck_assert_int_eq(next(b).act, BISECT_TEST);
	bisect_destroy(b);
}
END_TEST

/* The journal is replayed without asking in between: the next question has the same answer. */
START_TEST(replay_gives_the_same_action)
{
	struct history h;
	struct bisect_action live, replayed;
	struct bisect *b = create(line(&h, 60), NULL), *again = create(&h, NULL);

	for (uint32_t k = 0; k < 60; k++) {
		enum bisect_run kind;

		live = next(b);
		if (live.act != BISECT_TEST)
			break;
		if (live.needs_build) {
			ok(bisect_add_build(b, live.commit, live.commit % 7 ? BISECT_BUILD_OK : BISECT_BUILD_FAILED, 0));
			ok(bisect_add_build(again, live.commit,
					    live.commit % 7 ? BISECT_BUILD_OK : BISECT_BUILD_FAILED, 0));
			continue;
		}
		kind = k % 5 == 0 ? BISECT_RUN_UNRELATED : live.commit >= 23 && k % 3 ? BISECT_RUN_TARGET :
			BISECT_RUN_CLEAN;
		runs(b, live.commit, kind, 1);
		runs(again, live.commit, kind, 1);
	}
	live = next(b);
	replayed = next(again);
	ck_assert_int_eq(live.act, replayed.act);
	ck_assert_int_eq(live.why, replayed.why);
	ck_assert_uint_eq(live.commit, replayed.commit);
	ck_assert_uint_eq(live.n_runs, replayed.n_runs);
	ck_assert_double_eq(live.posterior, replayed.posterior);
	bisect_destroy(b);
	bisect_destroy(again);
}
END_TEST

START_TEST(parallel_runs_stay_in_bounds)
{
	struct history h;
	struct world w = { .culprit = 20, .broken_from = 1 };
	struct bisect_config config;
	struct bisect *b;

	bisect_config_init(&config);
	config.max_parallel = 4;
	b = create(line(&h, 60), &config);
	for (int k = 0; k < 5; k++)
		ck_assert_uint_le(next(b).n_parallel, 4);
	ck_assert_uint_eq(hunt(b, &w).commit, 20);
	bisect_destroy(b);
}
END_TEST

/* ---------------------------------------------------------------- plain */

/*
 * 0 good, 8 bad, culprit 6: git bisect tests 4 (good), 6 (bad), 5 (good) and
 * names 6.
 */
START_TEST(plain_mode_halves)
{
	static const uint32_t order[] = { 4, 6, 5 };
	struct history h;
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	bisect_config_init(&config);
	config.plain_runs = 3;
	b = create(line(&h, 9), &config);
	for (size_t k = 0; k < countof(order); k++) {
		a = next(b);
		ck_assert_int_eq(a.act, BISECT_TEST);
		ck_assert_int_eq(a.why, BISECT_WHY_PLAIN);
		ck_assert_uint_eq(a.commit, order[k]);
		ck_assert_uint_eq(a.n_runs, 3);
		ok(bisect_add_build(b, a.commit, BISECT_BUILD_OK, 0));
		if (a.commit >= 6) {
			runs(b, a.commit, BISECT_RUN_TARGET, 1);	/* the first hit decides */
			continue;
		}
		runs(b, a.commit, BISECT_RUN_CLEAN, 2);
		ck_assert_uint_eq(next(b).commit, order[k]);
		ck_assert_uint_eq(next(b).n_runs, 1);
		runs(b, a.commit, BISECT_RUN_UNRELATED, 1);
	}
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_DONE_CULPRIT);
	ck_assert_uint_eq(a.commit, 6);
	bisect_destroy(b);
}
END_TEST

START_TEST(plain_mode_skips)
{
	struct history h;
	struct bisect_config config;
	struct bisect_action a;
	struct bisect *b;

	bisect_config_init(&config);
	config.plain_runs = 2;
	b = create(line(&h, 4), &config);		/* candidates 1, 2, 3 */
	for (uint32_t k = 0; k < 2; k++) {
		a = next(b);
		ck_assert_int_eq(a.act, BISECT_TEST);
		if (k)
			runs(b, a.commit, BISECT_RUN_BOOT_FAILED, 2);
		else
			ok(bisect_add_build(b, a.commit, BISECT_BUILD_FAILED, 0));
	}
	a = next(b);
	ck_assert_int_eq(a.act, BISECT_DONE_SET);	/* "only skipped commits left to test" */
	ck_assert_int_eq(a.why, BISECT_WHY_UNTESTABLE);
	bisect_destroy(b);
}
END_TEST

/* -------------------------------------------------------------- queries */

START_TEST(top_and_set)
{
	struct history h;
	struct bisect *b = create(line(&h, 9), NULL);
	struct bisect_share top[3], *set;
	struct bisect_rate rate;
	struct bisect_spent spent;
	uint32_t n;
	double mass;

	ok(bisect_set(b, &set, &n, &mass));
	ck_assert_uint_eq(n, 8);		/* nothing known: all */
	free(set);
	ok(bisect_add_build(b, 4, BISECT_BUILD_OK, 0));
	runs(b, 4, BISECT_RUN_TARGET, 3);
	ok(bisect_add_build(b, 3, BISECT_BUILD_FAILED, 0));
	runs(b, 2, BISECT_RUN_CLEAN, 40);
	ck_assert_uint_eq(bisect_top(b, 3, top), 3);
	ck_assert_uint_eq(top[0].commit, 4);	/* 3 and 4 are alike, the younger comes first */
	ck_assert_uint_eq(top[1].commit, 3);
	ck_assert_double_eq_tol(top[0].posterior, top[1].posterior, 1e-12);
	ok(bisect_set(b, &set, &n, &mass));
	ck_assert_uint_eq(n, 2);
	ck_assert_double_gt(mass, 0.98);
	free(set);
	bisect_rate(b, 8, &rate);
	ck_assert_double_gt(rate.mean, 0.5);
	ck_assert_double_lt(rate.low, rate.mean);
	ck_assert_double_le(rate.mean, rate.high);
	bisect_spent(b, &spent);
	ck_assert_uint_eq(spent.runs, 43);
	ck_assert_uint_eq(spent.builds, 2);
	ck_assert_double_eq(spent.cost, 55);
	bisect_destroy(b);
}
END_TEST

static bool found(const struct bisect_finding *list, uint32_t n, enum bisect_finding_kind kind, uint32_t commit)
{
	for (uint32_t k = 0; k < n; k++)
		if (list[k].kind == kind && list[k].commit == commit)
			return true;
	return false;
}

START_TEST(findings_are_said)
{
	struct bisect_finding list[16];
	struct history h;
	struct bisect *b;
	uint32_t n;

	/* a merge whose parents are both good */
	b = create(history(&h, ";0;1;1;2 3"), NULL);
	runs(b, 4, BISECT_RUN_TARGET, 10);
	runs(b, 2, BISECT_RUN_CLEAN, 40);
	runs(b, 3, BISECT_RUN_CLEAN, 40);
	n = bisect_findings(b, 16, list);
	ck_assert(found(list, n, BISECT_FINDING_MERGE, 4));
	ck_assert_uint_le(bisect_findings(b, 1, list), 1);
	bisect_destroy(b);

	/* always at 31, seldom at 20, hidden from 10 to 12, broken at 15, next to a good that nobody looked at */
	b = create(line(&h, 32), NULL);
	runs(b, 31, BISECT_RUN_TARGET, 8);
	runs(b, 20, BISECT_RUN_CLEAN, 20);
	runs(b, 20, BISECT_RUN_TARGET, 2);
	runs(b, 10, BISECT_RUN_UNRELATED, 4);
	runs(b, 12, BISECT_RUN_UNRELATED, 4);
	ok(bisect_add_build(b, 15, BISECT_BUILD_FAILED, 0));
	runs(b, 1, BISECT_RUN_TARGET, 3);
	n = bisect_findings(b, 16, list);
	ck_assert(found(list, n, BISECT_FINDING_RATE_COLLAPSED, 20));
	ck_assert(found(list, n, BISECT_FINDING_MASKED, 10));
	ck_assert(!found(list, n, BISECT_FINDING_UNTESTABLE, 15));
	ck_assert(found(list, n, BISECT_FINDING_NEAR_GOOD, 1));
	ck_assert(!found(list, n, BISECT_FINDING_MERGE, 1));
	bisect_destroy(b);

	/* of four that are broken, those beside 16, and not those that tested commits keep apart from it */
	b = create(line(&h, 32), NULL);
	runs(b, 31, BISECT_RUN_TARGET, 8);
	ok(bisect_add_build(b, 20, BISECT_BUILD_FAILED, 0));
	runs(b, 16, BISECT_RUN_TARGET, 8);
	ok(bisect_add_build(b, 15, BISECT_BUILD_FAILED, 0));
	ok(bisect_add_build(b, 14, BISECT_BUILD_FAILED, 0));
	runs(b, 13, BISECT_RUN_CLEAN, 40);
	ok(bisect_add_build(b, 5, BISECT_BUILD_FAILED, 0));
	n = bisect_findings(b, 16, list);
	ck_assert(found(list, n, BISECT_FINDING_UNTESTABLE, 14));
	ck_assert(!found(list, n, BISECT_FINDING_UNTESTABLE, 5));
	ck_assert(!found(list, n, BISECT_FINDING_UNTESTABLE, 20));
	bisect_destroy(b);
}
END_TEST

START_TEST(names_are_there)
{
	for (int k = 0; k < BISECT_WHYS; k++)
		ck_assert_str_ne(bisect_why_name((enum bisect_why)k), "unknown");
	for (int k = 0; k < BISECT_RUN_KINDS; k++)
		ck_assert_str_ne(bisect_run_name((enum bisect_run)k), "unknown");
	for (int k = 0; k <= BISECT_FINDING_NEAR_GOOD; k++)
		ck_assert_str_ne(bisect_finding_name((enum bisect_finding_kind)k), "unknown");
	ck_assert_str_eq(bisect_why_name((enum bisect_why)999), "unknown");
	ck_assert_str_eq(bisect_act_name(BISECT_GIVE_UP), "give-up");
	ck_assert_str_eq(bisect_verdict_name(BISECT_VERDICT_SKIP), "skip");
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct history h;
	struct bisect_config config;
	struct bisect *b = NULL;
	double weight[4] = { 1, (double)NAN, 1, 1 };

	bisect_config_init(&config);
	line(&h, 4);
	h.parents[1] = 3;		/* 2's parent comes after it */
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	line(&h, 4);
	h.flags[3] = BISECT_GOOD;
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	line(&h, 4);
	h.graph.weight = weight;
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	weight[1] = 0;
	weight[2] = 0;
	weight[3] = 0;
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	line(&h, 4);
	h.graph.bad = 4;
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	line(&h, 4);
	config.confidence = (double)NAN;
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	config.confidence = 0.99;
	config.max_parallel = 0;
	refused(bisect_create(&h.graph, &config, &b), CULPRIT_ERROR_USAGE);
	config.max_parallel = 1;
	ok(bisect_create(&h.graph, &config, &b));
	refused(bisect_add_run(b, 4, BISECT_RUN_CLEAN, 0), CULPRIT_ERROR_USAGE);
	refused(bisect_add_run(b, 1, (enum bisect_run)99, 0), CULPRIT_ERROR_USAGE);
	refused(bisect_add_build(b, 77, BISECT_BUILD_OK, 0), CULPRIT_ERROR_USAGE);
	refused(bisect_add_mark(b, 1, (enum bisect_mark)9), CULPRIT_ERROR_USAGE);
	ck_assert_double_eq(bisect_posterior(b, 99), 0);
	bisect_destroy(b);
	bisect_destroy(NULL);
}
END_TEST

/* One candidate, no parent in the graph: nothing to search, everything to verify. */
START_TEST(smallest_histories)
{
	struct history h;
	struct world w = { .culprit = 1, .broken_from = 1 };
	struct bisect *b;

	b = create(line(&h, 2), NULL);
	ck_assert_uint_eq(hunt(b, &w).commit, 1);
	bisect_destroy(b);
	line(&h, 1);
	h.flags[0] = 0;
	b = create(&h, NULL);
	w.culprit = 0;
	ck_assert_uint_eq(hunt(b, &w).commit, 0);
	bisect_destroy(b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sums_are_exact, posterior_is_the_model, a_branch_stands_beside_its_base, a_rate_may_drop,
		a_level_steps, related_hits_are_no_mistake,
		cut_runs_survived_so_far, other_crashes_say_nothing, matcher_doubt_counts,
		merges_and_weights, marks_override_runs, same_image_shares_evidence, broken_builds_spread,
		boot_failures_are_weighed, finds_each_culprit, finds_each_fix, baseline_comes_first,
		one_commit_that_does_not_boot_is_not_the_end, a_budget_without_a_hit_is_no_set, dear_builds_make_long_visits, good_is_bad_already,
		merge_base_is_tested_first, untestable_range_gives_its_set, parents_are_tested_themselves,
		a_good_commit_tells_of_mistakes,
		budget_ends_the_hunt, infrastructure_stops_until_retried, replay_gives_the_same_action,
		parallel_runs_stay_in_bounds, plain_mode_halves, plain_mode_skips, top_and_set,
		findings_are_said, names_are_there, nonsense_is_refused, smallest_histories,
	};
	Suite *suite = suite_create("bisect");
	TCase *tcase = tcase_create("bisect");

	for (size_t k = 0; k < countof(tests); k++)
		tcase_add_test(tcase, tests[k]);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
