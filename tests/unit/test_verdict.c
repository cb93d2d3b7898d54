/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a run without a crash proves: a test for every row of the table, and for the line of a complete run. */
#include <check.h>

#include "match/finish.h"
#include "match/verdict.h"
#include "suite.h"

#define WHOLE .has_console = true, .n_lines = 400, .n_bytes = 30000, .phase = CULPRIT_PHASE_USERSPACE
#define S INT64_C(1000000)

static const struct { const char *name; struct run_record run; enum verdict verdict; const char *why; } rows[] = {
	{ "never started", { WHOLE, .ending = RUN_ENDING_NEVER_STARTED }, VERDICT_INFRA_FAILED, "could not be started" },
	{ "killed", { WHOLE, .ending = RUN_ENDING_SIGNALLED }, VERDICT_INFRA_FAILED, "was killed" },
	{ "node lost", { WHOLE, .ending = RUN_ENDING_LOST }, VERDICT_INFRA_FAILED, "machine or queue" },
	{ "node lost, finished", { WHOLE, .ending = RUN_ENDING_LOST, .finished = true }, VERDICT_INFRA_FAILED, "machine or queue" },
	{ "75", { WHOLE, .ending = RUN_ENDING_EXITED, .exit_code = 75 }, VERDICT_INFRA_FAILED, "failure around the kernel" },
	{ "told", { WHOLE, .infra_failed = true }, VERDICT_INFRA_FAILED, "failure around the kernel" },
	{ "126", { WHOLE, .ending = RUN_ENDING_EXITED, .exit_code = 126 }, VERDICT_INFRA_FAILED, "could not be run or found" },
	{ "127", { WHOLE, .ending = RUN_ENDING_EXITED, .exit_code = 127 }, VERDICT_INFRA_FAILED, "could not be run or found" },
	{ "another kernel", { WHOLE, .other_kernel = true, .exit_judges = true, .exit_code = 1, .ending = RUN_ENDING_EXITED },
	  VERDICT_INFRA_FAILED, "than the one that was built: %k" },
	{ "boot failed", { WHOLE, .boot_failed = true }, VERDICT_BOOT_FAILED, "did not come up" },
	{ "shows a failed boot", { WHOLE, .console_boot_failed = true }, VERDICT_BOOT_FAILED, "did not come up: %s" },
	{ "shows a failed machine", { WHOLE, .console_infra_failed = true }, VERDICT_INFRA_FAILED, "around the kernel: %s" },
	{ "shows it and finished", { WHOLE, .console_infra_failed = true, .finished = true }, VERDICT_INFRA_FAILED, "kernel: %s" },
	{ "polled", { WHOLE, .console_infra_failed = true, .console_retried = true }, VERDICT_INFRA_FAILED, "kernel: %s" },
	{ "polled and finished", { WHOLE, .console_infra_failed = true, .console_retried = true, .finished = true },
	  VERDICT_CLEAN, "no crash" },
	{ "polled, finished, no kernel", { .has_console = true, .n_lines = 3, .console_infra_failed = true,
					   .console_retried = true, .finished = true }, VERDICT_INFRA_FAILED, "kernel: %s" },
	{ "shows a failed machine, judged 3", { WHOLE, .console_infra_failed = true, .ending = RUN_ENDING_EXITED,
					       .exit_judges = true, .exit_code = 3 }, VERDICT_INFRA_FAILED, "kernel: %s" },
	{ "ran out of memory", { WHOLE, .console_exhausted = true }, VERDICT_UNRELATED, "no bug of its own: %s" },
	{ "judged 3", { .ending = RUN_ENDING_EXITED, .exit_judges = true, .exit_code = 3 }, VERDICT_TARGET, "by the word" },
	{ "judged 0", { .ending = RUN_ENDING_EXITED, .exit_judges = true }, VERDICT_CLEAN, "run command gave" },
	{ "judged 0, unfinished", { WHOLE, .ending = RUN_ENDING_EXITED, .exit_judges = true, .finish_wanted = true },
	  VERDICT_UNDECIDED, "a complete run prints" },
	{ "judged 125", { WHOLE, .ending = RUN_ENDING_EXITED, .exit_judges = true, .exit_code = 125 }, VERDICT_UNDECIDED,
	  "the run command gave" },
	{ "empty", { .has_console = true, .ending = RUN_ENDING_EXITED }, VERDICT_UNDECIDED, "the log is empty" },
	{ "no kernel", { .has_console = true, .n_lines = 1, .phase = CULPRIT_PHASE_FIRMWARE }, VERDICT_UNDECIDED, "no kernel boots" },
	{ "no userspace", { .has_console = true, .n_lines = 90, .phase = CULPRIT_PHASE_ROOT_MOUNT }, VERDICT_UNDECIDED,
	  "before userspace" },
	{ "lost", { WHOLE, .lost = true }, VERDICT_UNDECIDED, "is lost" },
	{ "cut", { WHOLE, .ending = RUN_ENDING_OUTPUT_LIMIT }, VERDICT_UNDECIDED, "output limit" },
	{ "unfinished", { WHOLE, .ending = RUN_ENDING_EXITED, .finish_wanted = true }, VERDICT_UNDECIDED, "a complete run prints" },
	{ "unfinished at the deadline", { WHOLE, .ending = RUN_ENDING_DEADLINE, .finish_wanted = true }, VERDICT_UNDECIDED,
	  "a complete run prints" },
	{ "half done", { .has_console = true, .n_lines = 90, .phase = CULPRIT_PHASE_WORKLOAD }, VERDICT_UNDECIDED, "did not finish" },
	{ "flooded", { .has_console = true, .n_lines = 9000000, .n_bytes = 200u << 20, .phase = CULPRIT_PHASE_USERSPACE,
		       .ending = RUN_ENDING_DEADLINE }, VERDICT_UNDECIDED, "flooded" },
	{ "exit code 1", { WHOLE, .ending = RUN_ENDING_EXITED, .exit_code = 1 }, VERDICT_UNDECIDED, "the run command gave" },
	{ "short", { WHOLE, .ending = RUN_ENDING_EXITED, .elapsed_us = 4 * S, .expected_us = 60 * S }, VERDICT_UNDECIDED, "shorter" },
	{ "short, but finished", { WHOLE, .ending = RUN_ENDING_EXITED, .finish_wanted = true, .finished = true, .elapsed_us = 4 * S,
				   .expected_us = 60 * S }, VERDICT_CLEAN, "no crash" },
	{ "as long as others", { WHOLE, .ending = RUN_ENDING_EXITED, .elapsed_us = 40 * S, .expected_us = 60 * S }, VERDICT_CLEAN,
	  "no crash" },
	{ "exit code 0", { WHOLE, .ending = RUN_ENDING_EXITED }, VERDICT_CLEAN, "no crash" },
	{ "deadline", { WHOLE, .ending = RUN_ENDING_DEADLINE }, VERDICT_CLEAN, "no crash" },
	{ "only the log is left", { WHOLE }, VERDICT_CLEAN, "no crash" },
	{ "finished", { .has_console = true, .n_lines = 90, .phase = CULPRIT_PHASE_FINISHED, .finished = true,
			.ending = RUN_ENDING_EXITED }, VERDICT_CLEAN, "no crash" },
};

START_TEST(each_row)
{
	const char *why = NULL;

	ck_assert_msg(verdict_of_quiet_run(&rows[_i].run, &why) == rows[_i].verdict, "%s: %s", rows[_i].name, why);
	ck_assert_msg(strstr(why, rows[_i].why) != NULL, "%s: %s", rows[_i].name, why);
}
END_TEST

START_TEST(names_are_read_back)
{
	enum verdict verdict;

	for (int i = 0; i < N_VERDICTS; i++) {
		ck_assert(verdict_parse(verdict_name((enum verdict)i), &verdict));
		ck_assert_int_eq(verdict, i);
	}
	ck_assert(!verdict_parse("good", &verdict));
}
END_TEST

static bool holds(const char *expression, const char *text, size_t piece)
{
	struct span rest = span_of(text);
	struct finish finish;
	bool found;

	ck_assert(!finish_init(&finish, expression));
	while (rest.len) {
		size_t n = piece < rest.len ? piece : rest.len;

		ck_assert(!finish_feed(&finish, (struct span){ rest.ptr, n }));
		rest = span_skip(rest, n);
	}
	finish_end(&finish);
	found = finish.found;
	finish_deinit(&finish);
	return found;
}

START_TEST(the_line_of_a_complete_run)
{
	for (size_t piece = 1; piece < 40; piece += 7) {
		ck_assert(holds("^repro: done$", "boot\nrepro: done\r\nmore\n", piece));
		ck_assert(holds("^repro: done$", "boot\nrepro: done", piece));
		ck_assert(!holds("^repro: done$", "boot\nrepro: don", piece));
		ck_assert(!holds("^repro: done$", "not repro: done\n", piece));
		ck_assert(!holds("x", "", piece));
	}
	ck_assert(!holds(NULL, "anything\n", 3));
}
END_TEST

START_TEST(a_wrong_expression_is_an_error)
{
	struct finish finish;
	struct culprit_error *err = finish_init(&finish, "(");

	ck_assert_ptr_nonnull(err);
	culprit_error_destroy(err);
}
END_TEST

static const struct { const char *log, *expression; } proposals[] = {
	{ "boot\nrepro: 900 rounds done in 12 s\n[   13.0] usb 1-1: reset done\n", "^repro: [0-9]+ rounds done in [0-9]+ s$" },
	{ "stage (1) done.\nall passed?", "^all passed\\?$" },
	{ "<6>[   1.0] frob: probe done\n", "" },
	{ "KASAN: use-after-free in foo\n", "" },
	{ "", "" },
};

START_TEST(a_line_of_a_complete_run_is_proposed)
{
	struct buf expression = { 0 };

	ck_assert(finish_propose(span_of(proposals[_i].log), &expression));
	ck_assert_msg(expression.len == strlen(proposals[_i].expression) &&
		      !memcmp(expression.len ? expression.data : "", proposals[_i].expression, expression.len),
		      "%.*s", (int)expression.len, expression.data);
	/* what is proposed fits the line that it was made from */
	if (expression.len)
		ck_assert(holds(proposals[_i].expression, proposals[_i].log, 7));
	buf_deinit(&expression);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("verdict");

	tcase_add_loop_test(tc, each_row, 0, countof(rows));
	tcase_add_test(tc, names_are_read_back);
	tcase_add_loop_test(tc, a_line_of_a_complete_run_is_proposed, 0, countof(proposals));
	tcase_add_test(tc, the_line_of_a_complete_run);
	tcase_add_test(tc, a_wrong_expression_is_an_error);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return run_suite(make_suite());
}
