/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hunt across hundreds of commits in a row that do not build: what it costs to find both edges. */
#include <check.h>
#include <math.h>

#include "bisect/bisect.h"
#include "suite.h"

#define COMMITS 2000

struct hole {
	uint32_t from, to, culprit;	/* closed range that does not build */
	double rate;
	uint64_t fault;			/* how it fails; 0: nobody knows */
};

static const struct hole holes[] = {
	{ 800, 1199, 1000, 1, 7 }, { 800, 1199, 801, 1, 7 }, { 800, 1199, 1200, 1, 7 }, { 800, 1199, 1100, 0.5, 7 },
	{ 300, 699, 500, 1, 7 }, { 1500, 1899, 1700, 0.3, 7 }, { 1, 400, 300, 1, 7 },
};

struct cost {
	uint32_t builds, failed;
};

static struct bisect *create(void)
{
	static uint32_t start[COMMITS + 1], parents[COMMITS];
	static uint8_t flags[COMMITS];
	struct bisect_graph graph = { .n = COMMITS, .bad = COMMITS - 1, .parent_start = start, .parents = parents,
				      .flags = flags };
	struct bisect_config config;
	struct bisect *bisect;

	for (uint32_t c = 1; c < COMMITS; c++) {
		parents[c - 1] = c - 1;
		start[c + 1] = c;
	}
	flags[0] = BISECT_GOOD;
	bisect_config_init(&config);
	ck_assert(!bisect_create(&graph, &config, &bisect));
	return bisect;
}

static double dice(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(*state >> 33) / 2147483648.0;
}

static void visit(struct bisect *b, const struct hole *hole, const struct bisect_action *a, uint64_t *state)
{
	for (uint32_t k = 0; k < a->n_runs; k++) {
		bool hit = a->commit >= hole->culprit && dice(state) < hole->rate;

		ck_assert(!bisect_add_run(b, a->commit, hit ? BISECT_RUN_TARGET : BISECT_RUN_CLEAN, hit));
		if (hit)
			return;
	}
}

static struct bisect_action hunt(struct bisect *b, const struct hole *hole, struct cost *cost)
{
	uint64_t state = hole->from + hole->culprit;

	for (int guard = 0; guard < 1000; guard++) {
		struct bisect_action a;
		bool broken;

		ck_assert(!bisect_next(b, &a));
		if (a.act != BISECT_TEST)
			return a;
		broken = a.commit >= hole->from && a.commit <= hole->to;
		if (a.needs_build) {
			ck_assert(!bisect_add_build(b, a.commit, broken ? BISECT_BUILD_FAILED : BISECT_BUILD_OK,
						 broken ? hole->fault : 0));
			cost->builds++;
			cost->failed += broken;
		}
		if (!broken)
			visit(b, hole, &a, &state);
	}
	ck_abort_msg("the policy does not come to an end");
}

/* Two binary searches over what is beside a hole of 400 are 17 builds or so, and some find the hole. */
START_TEST(both_edges_cost_two_binary_searches)
{
	const struct hole *hole = &holes[_i];
	struct bisect *b = create();
	struct cost cost = { 0 };
	struct bisect_action a = hunt(b, hole, &cost);
	struct bisect_share *set;
	bool found = false;
	uint32_t n;
	double mass;

	ck_assert_int_eq(a.act, BISECT_DONE_SET);
	ck_assert_int_eq(a.why, BISECT_WHY_UNTESTABLE);
	ck_assert(!bisect_set(b, &set, &n, &mass));
	for (uint32_t i = 0; i < n; i++)
		found = found || set[i].commit == hole->culprit;
	ck_assert_msg(found, "%u is not in the set of %u", hole->culprit, n);
	ck_assert_uint_le(n, 430);
	ck_assert_msg(cost.builds <= 28 && cost.failed <= 13, "%u builds, %u of them failed", cost.builds, cost.failed);
	free(set);
	bisect_destroy(b);
}
END_TEST

/* A hole beside the culprit is left alone. */
START_TEST(a_hole_beside_the_culprit_costs_little)
{
	const struct hole hole = { 800, 1199, 1500, 1, 7 };
	struct bisect *b = create();
	struct cost cost = { 0 };
	struct bisect_action a = hunt(b, &hole, &cost);

	ck_assert_int_eq(a.act, BISECT_DONE_CULPRIT);
	ck_assert_uint_eq(a.commit, 1500);
	ck_assert_uint_le(cost.failed, 3);
	bisect_destroy(b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hole");
	TCase *tc = tcase_create("hole");

	tcase_add_loop_test(tc, both_edges_cost_two_binary_searches, 0, countof(holes));
	tcase_add_test(tc, a_hole_beside_the_culprit_costs_little);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
