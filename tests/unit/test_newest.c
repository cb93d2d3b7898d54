/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "input/newest.h"
#include "suite.h"

static const struct {
	const char *what, *log;
	bool newest_first;
} logs[] = {
	{ "a log server's, dates before the kernel's times", "2021-10-05 00:37:49 | [  836.976100] g\n-- | --\n"
	  "  | 2021-10-05 00:37:49 | [  836.965348] f\n  | 2021-10-05 00:37:49 | [  836.958819] e\n"
	  "  | 2021-10-05 00:37:49 | [  836.955772] d\n  | 2021-10-05 00:37:49 | [  836.951805] c\n"
	  "  | 2021-10-05 00:37:49 | [  836.948815] b\n  | 2021-10-05 00:37:49 | [  836.945598] a\n", true },
	{ "journalctl -r", "Oct 05 00:37:49 box kernel: g\nOct 05 00:37:48 box kernel: f\nOct 05 00:37:47 box kernel: e\n"
	  "Oct 05 00:37:47 box kernel: d\nOct 05 00:37:46 box kernel: c\nOct 05 00:37:40 box kernel: b\n"
	  "Oct 05 00:36:47 box kernel: b\nOct 05 00:30:46 box kernel: a\n", true },
	{ "five steps are too few", "[    9.000000] a\n[    8.000000] a\n[    7.000000] a\n[    6.000000] a\n"
	  "[    5.000000] a\n[    4.000000] a\n", false },
	{ "as it was written", "[    1.000000] a\n[    2.000000] a\n[    3.000000] a\n[    4.000000] a\n[    5.000000] a\n"
	  "[    6.000000] a\n[    7.000000] a\n[    8.000000] a\n", false },
	{ "boots of two lines", "[    1.000000] a\n[    2.000000] a\n[    1.000000] a\n[    2.000000] a\n[    1.000000] a\n"
	  "[    2.000000] a\n[    1.000000] a\n[    2.000000] a\n[    1.000000] a\n[    2.000000] a\n[    1.000000] a\n"
	  "[    2.000000] a\n[    1.000000] a\n[    2.000000] a\n[    1.000000] a\n[    2.000000] a\n", false },
	{ "one time for all", "Oct 05 00:37:49 a\nOct 05 00:37:49 a\nOct 05 00:37:49 a\nOct 05 00:37:49 a\n"
	  "Oct 05 00:37:49 a\nOct 05 00:37:49 a\nOct 05 00:37:49 a\nOct 05 00:37:49 a\n", false },
	{ "numbers that are no times", "[9.1] a\n[8.1] a\n[7.1] a\n[6.1] a\n[5.1] a\n[4.1] a\n[3.1] a\n[2.1] a\n"
	  "99:88:77\n98:88:77\n97:88:77\n96:88:77\n95:88:77\n94:88:77\n93:88:77\n 1:2:3\n", false },
	{ "nothing", "", false },
};

START_TEST(which_way_a_log_goes)
{
	ck_assert_msg(newest_first(span_of(logs[_i].log)) == logs[_i].newest_first, "%s", logs[_i].what);
	/* from memory of its own: a byte too far is found */
	for (size_t n = 0; n < strlen(logs[_i].log); n++) {
		_cleanup_(freep) char *copy = strndup(logs[_i].log, n);
		_cleanup_(buf_deinit) struct buf turned = { 0 };

		ck_assert_ptr_nonnull(copy);
		ck_assert(!newest_first((struct span){ copy, n }) || logs[_i].newest_first);
		ck_assert(newest_turn((struct span){ copy, n }, &turned));
		ck_assert_uint_ge(turned.len, n);
	}
}
END_TEST

static const struct {
	const char *log, *turned;
} turns[] = {
	{ "[    2.000000] b\n[    1.000000] a\n", "[    1.000000] a\n[    2.000000] b\n" },
	/* an end that is no line's */
	{ "[    2.000000] b\n[    1.000000] a", "[    1.000000] a\n[    2.000000] b\n" },
	/* the rest of a message stays behind it */
	{ "head\n[    2.000000] b\n more\n\n[    1.000000] a\n rest\n", "[    1.000000] a\n rest\n[    2.000000] b\n more\n\nhead\n" },
	{ "none\nat\nall\n", "none\nat\nall\n" },
	{ "\n", "\n" },
	{ "", "" },
};

START_TEST(logs_turned_round)
{
	_cleanup_(buf_deinit) struct buf got = { 0 };

	ck_assert(newest_turn(span_of(turns[_i].log), &got));
	ck_assert(buf_add_char(&got, '\0'));
	ck_assert_str_eq(got.data, turns[_i].turned);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("newest");
	TCase *tc = tcase_create("newest");

	tcase_add_loop_test(tc, which_way_a_log_goes, 0, countof(logs));
	tcase_add_loop_test(tc, logs_turned_round, 0, countof(turns));
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
