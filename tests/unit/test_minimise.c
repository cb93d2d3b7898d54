/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <math.h>

#include "bisect/minimise.h"
#include "suite.h"

#define MAX 4096

static void ok(struct culprit_error *err)
{
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
}

/* What there is to find: a set shows the target where it has all of `needed`, or all of `other`, and can be tested. */
struct truth {
	uint32_t n, n_needed, n_other, n_edges;
	uint32_t needed[8], other[8];
	struct minimise_edge edges[MAX];
	uint32_t dead_from, dead_to;	/* with an option of these but not all, nothing boots; equal: all boots */
	bool base_is_dead;
	uint32_t n_tries;
	uint8_t keep[MAX];
};

static bool has_all(const uint8_t *keep, const uint32_t *options, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!keep[options[i]])
			return false;
	}
	return n != 0;
}

static enum minimise_outcome try_it(const struct truth *t)
{
	uint32_t n_dead = 0, n = 0;

	for (uint32_t i = 0; i < t->n; i++)
		n += t->keep[i];
	for (uint32_t i = t->dead_from; i < t->dead_to; i++)
		n_dead += t->keep[i];
	if ((n_dead && n_dead < t->dead_to - t->dead_from) || (t->base_is_dead && !n))
		return MINIMISE_UNTESTABLE;
	return has_all(t->keep, t->needed, t->n_needed) || has_all(t->keep, t->other, t->n_other) ? MINIMISE_SHOWS : MINIMISE_ABSENT;
}

/* No set is tried in which an option stands without what it needs. */
static void check_closed(const struct truth *t)
{
	for (uint32_t i = 0; i < t->n_edges; i++)
		ck_assert(!t->keep[t->edges[i].option] || t->keep[t->edges[i].needs]);
}

static enum minimise_act hunt(struct truth *t)
{
	struct minimise *m;
	enum minimise_act act;

	ok(minimise_create(t->n, t->edges, t->n_edges, &m));
	t->n_tries = 0;
	while ((act = minimise_next(m, t->keep)) == MINIMISE_TRY) {
		check_closed(t);
		ck_assert_uint_lt(t->n_tries++, 2000);
		minimise_tell(m, try_it(t));
	}
	/* Told again, an answer does not change. */
	minimise_tell(m, MINIMISE_SHOWS);
	ck_assert_int_eq(minimise_next(m, t->keep), act);
	ck_assert_int_eq(minimise_phase(m), MINIMISE_OVER);
	minimise_destroy(m);
	check_closed(t);
	return act;
}

static uint32_t kept(const struct truth *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++)
		n += t->keep[i];
	return n;
}

START_TEST(each_single_option_is_found)
{
	for (uint32_t i = 0; i < 100; i++) {
		struct truth t = { .n = 100, .n_needed = 1, .needed = { i } };

		ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
		ck_assert_uint_eq(kept(&t), 1);
		ck_assert(t.keep[i]);
		/* all, none, 7 halvings, it alone, without it */
		ck_assert_uint_le(t.n_tries, 2 + 7 + 2);
	}
}
END_TEST

START_TEST(options_that_are_needed_together)
{
	struct truth t = { .n = 3000, .n_needed = 5, .needed = { 3, 700, 701, 1500, 2999 } };

	ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
	ck_assert_uint_eq(kept(&t), 5);
	ck_assert(has_all(t.keep, t.needed, 5));
	/* five times log2(3000) and a try, once without each, all and none */
	ck_assert_uint_le(t.n_tries, 2 + 5 * (12 + 1) + 5);
}
END_TEST

START_TEST(either_of_two_ways_is_an_answer)
{
	struct truth t = { .n = 200, .n_needed = 2, .needed = { 5, 150 }, .n_other = 1, .other = { 90 } };

	ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
	ck_assert(has_all(t.keep, t.needed, 2) != has_all(t.keep, t.other, 1));
	ck_assert_uint_eq(kept(&t), t.keep[90] ? 1 : 2);
}
END_TEST

START_TEST(what_an_option_depends_on_comes_with_it)
{
	/* 40 needs 41, 41 needs 7; 7 and 8 need each other; 50 needs 40 and is of no use */
	struct truth t = {
		.n = 60, .n_needed = 1, .needed = { 40 }, .n_edges = 6,
		.edges = { { 40, 41 }, { 41, 7 }, { 7, 8 }, { 8, 7 }, { 50, 40 }, { 3, 3 } },
	};

	ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
	ck_assert_uint_eq(kept(&t), 4);
	ck_assert(t.keep[40] && t.keep[41] && t.keep[7] && t.keep[8]);
}
END_TEST

START_TEST(a_long_chain_of_dependencies)
{
	struct truth t = { .n = MAX, .n_needed = 1, .needed = { 0 } };

	for (uint32_t i = 0; i + 1 < 1000; i++)
		t.edges[t.n_edges++] = (struct minimise_edge){ i, i + 1 };
	ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
	ck_assert_uint_eq(kept(&t), 1000);
}
END_TEST

START_TEST(options_that_only_boot_together_stay_together)
{
	struct truth t = { .n = 64, .n_needed = 1, .needed = { 30 }, .dead_from = 28, .dead_to = 33 };

	ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
	ck_assert(t.keep[30]);
	ck_assert_uint_eq(kept(&t), 5);
}
END_TEST

START_TEST(a_base_that_does_not_boot)
{
	struct truth t = { .n = 64, .n_needed = 1, .needed = { 30 }, .base_is_dead = true };

	ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
	ck_assert_uint_eq(kept(&t), 1);
	ck_assert(t.keep[30]);
}
END_TEST

START_TEST(nothing_to_find)
{
	struct truth none = { .n = 10 }, one = { .n = 1, .n_needed = 1, .needed = { 0 } }, empty = { .n = 0 };
	struct minimise *m;
	uint8_t keep[10];

	ck_assert_int_eq(hunt(&none), MINIMISE_NO_TARGET);
	ck_assert_int_eq(hunt(&one), MINIMISE_DONE);
	ck_assert(one.keep[0]);
	ck_assert_int_eq(hunt(&empty), MINIMISE_NO_TARGET);
	ok(minimise_create(10, NULL, 0, &m));
	ck_assert_int_eq(minimise_next(m, keep), MINIMISE_TRY);
	minimise_tell(m, MINIMISE_SHOWS);
	minimise_tell(m, MINIMISE_SHOWS);
	ck_assert_int_eq(minimise_next(m, keep), MINIMISE_NO_DIFFERENCE);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert(!keep[i]);
	minimise_destroy(m);
}
END_TEST

START_TEST(random_truths)
{
	for (unsigned int seed = 1; seed <= 300; seed++) {
		struct truth t = { .n = 1 + seed * 7 % 500 };
		unsigned int at = seed;

		t.n_needed = 1 + seed % 6;
		for (uint32_t i = 0; i < t.n_needed; i++)
			t.needed[i] = (uint32_t)rand_r(&at) % t.n;
		for (uint32_t i = 0; i < t.n / 2; i++)
			t.edges[t.n_edges++] = (struct minimise_edge){ (uint32_t)rand_r(&at) % t.n, (uint32_t)rand_r(&at) % t.n };
		ck_assert_int_eq(hunt(&t), MINIMISE_DONE);
		ck_assert(has_all(t.keep, t.needed, t.n_needed));
		ck_assert_uint_le(t.n_tries, 2 + t.n_needed * 11 + 2 * kept(&t) + 2);
	}
}
END_TEST

START_TEST(edges_of_strangers_are_refused)
{
	struct minimise_edge edge = { 0, 4 };
	struct minimise *m = NULL;
	struct culprit_error *err = minimise_create(4, &edge, 1, &m);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_LIMIT);
	culprit_error_destroy(err);
}
END_TEST

START_TEST(runs_are_weighed)
{
	/* one hit may be a mistake, two are hardly */
	ck_assert_int_eq(minimise_judge(0.8, 0.99, 1, 0, 0), MINIMISE_UNDECIDED);
	ck_assert_int_eq(minimise_judge(0.8, 0.99, 2, 0, 0), MINIMISE_SHOWS);
	/* clean runs of a certain bug: (1 - 0.95) / 0.99 twice is below 1 % */
	ck_assert_int_eq(minimise_judge(1, 0.99, 0, 1, 0), MINIMISE_UNDECIDED);
	ck_assert_int_eq(minimise_judge(1, 0.99, 0, 2, 0), MINIMISE_ABSENT);
	/* of one in three: ln(1/99) / ln(0.6667 / 0.99) = 11.6 */
	ck_assert_int_eq(minimise_judge(1 / 3.0, 0.99, 0, 11, 0), MINIMISE_UNDECIDED);
	ck_assert_int_eq(minimise_judge(1 / 3.0, 0.99, 0, 12, 0), MINIMISE_ABSENT);
	/* what says nothing is not clean */
	ck_assert_int_eq(minimise_judge(0.9, 0.99, 0, 0, MINIMISE_MAX_OTHER - 1), MINIMISE_UNDECIDED);
	ck_assert_int_eq(minimise_judge(0.9, 0.99, 0, 0, MINIMISE_MAX_OTHER), MINIMISE_UNTESTABLE);
	ck_assert_int_eq(minimise_judge(0.9, 0.99, 2, 0, 100), MINIMISE_SHOWS);
	ck_assert_int_eq(minimise_judge(0, 0.99, 0, 10, 0), MINIMISE_UNDECIDED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_single_option_is_found, options_that_are_needed_together, either_of_two_ways_is_an_answer,
		what_an_option_depends_on_comes_with_it, a_long_chain_of_dependencies, options_that_only_boot_together_stay_together,
		a_base_that_does_not_boot, nothing_to_find, random_truths, edges_of_strangers_are_refused, runs_are_weighed,
	};
	Suite *suite = suite_create("minimise");
	TCase *tcase = tcase_create("minimise");

	for (size_t k = 0; k < countof(tests); k++)
		tcase_add_test(tcase, tests[k]);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
