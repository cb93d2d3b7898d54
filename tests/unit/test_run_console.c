/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>

#include "session/runner.h"
#include "suite.h"

#define A "1111111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "2222222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct git_hash hashes[] = { { A }, { B } };
static const struct git_history history = { .n = 2, .hashes = hashes };
static struct culprit_patterns *patterns;

static void setup(void)
{
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &patterns));
}

static void teardown(void)
{
	culprit_patterns_destroy(patterns);
}

#define BOOT(version) "[    0.000000] Linux version " version " (lab@lab) (gcc 12) #1 SMP\n[    0.000000] Command line: quiet\n"

/* "": it cannot be told that another kernel than A ran. */
static const struct {
	const char *log, *other;
} logs[] = {
	{ "", "" },
	{ "[    1.000000] usb 1-1: new device\n", "" },
	{ BOOT("6.1.0"), "" },
	{ BOOT("6.1.0-g1111111111aa"), "" },
	{ BOOT("6.1.0-00012-g1111111111aa-dirty"), "" },
	{ BOOT("6.1.0-g2222222222bb"), "6.1.0-g2222222222bb" },
	{ BOOT("6.1.0-rc3-00012-g2222222-dirty"), "6.1.0-rc3-00012-g2222222-dirty" },
	{ BOOT("6.1.0-g2222222222bb+"), "6.1.0-g2222222222bb+" },
	/* no commit of this history: patches on top of what was checked out */
	{ BOOT("6.1.0-g3333333333cc"), "" },
	/* too short, or a word */
	{ BOOT("6.1.0-g222222"), "" },
	{ BOOT("6.1.0-g2222222generic"), "" },
	/* the one that was to run ran, too */
	{ BOOT("6.1.0-g2222222222bb") BOOT("6.1.0-g1111111111aa"), "" },
	{ BOOT("6.1.0-g1111111111aa") BOOT("6.1.0-g2222222222bb"), "" },
	/* it may have been the one that names nothing */
	{ BOOT("6.1.0-28-amd64") BOOT("6.1.0-g2222222222bb"), "" },
	{ BOOT("6.1.0-g2222222222bb") BOOT("6.1.0-g2222222222bb"), "6.1.0-g2222222222bb" },
};

START_TEST(another_kernel_is_known_by_its_version)
{
	struct run_console console;
	const char *other;

	ck_assert_ptr_null(run_console_init(&console, patterns, NULL));
	ck_assert_ptr_null(run_console_feed(&console, span_of(logs[_i].log)));
	ck_assert_ptr_null(run_console_finish(&console));
	other = run_console_other_kernel(&console, &history, A);
	ck_assert_str_eq(other ? other : "", logs[_i].other);
	run_console_deinit(&console);
}
END_TEST

/* A log of very many kernels is no run's, and says nothing of one. */
START_TEST(too_many_kernels_say_nothing)
{
	struct run_console console;
	char boot[200];

	ck_assert_ptr_null(run_console_init(&console, patterns, NULL));
	for (int i = 0; i < 20; i++) {
		snprintf(boot, sizeof(boot), BOOT("6.%d.0-g2222222222bb"), i);
		ck_assert_ptr_null(run_console_feed(&console, span_of(boot)));
	}
	ck_assert_ptr_null(run_console_other_kernel(&console, &history, A));
	run_console_deinit(&console);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_console");
	TCase *tc = tcase_create("run_console");

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, another_kernel_is_known_by_its_version, 0, countof(logs));
	tcase_add_test(tc, too_many_kernels_say_nothing);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
