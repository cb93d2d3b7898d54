/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include <check.h>

#include "match/match_rules.h"
#include "session/replay.h"
#include "suite.h"

/* Forty digits each, oldest commit first: c(1) is the good end. */
#define C1 "1111111111111111111111111111111111111111"
#define C2 "2222222222222222222222222222222222222222"
#define C3 "3333333333333333333333333333333333333333"
#define C4 "4444444444444444444444444444444444444444"
#define C5 "5555555555555555555555555555555555555555"

#define TARGET "KASAN: use-after-free Read in foo_put"
#define OTHER "possible deadlock in bar_lock"

static struct match_rules *rules;

static void setup(void)
{
	ck_assert_ptr_null(match_rules_load(NULL, NULL, &rules));
}

static void teardown(void)
{
	match_rules_destroy(rules);
}

static void parse(const char *text, struct replay_log *ret)
{
	struct culprit_error *err = replay_log_parse(span_of(text), "test", ret);

	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
}

static void judge(const char *text, struct replay_log *log, struct replay_result *ret)
{
	struct profile *profile;

	parse(text, log);
	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(replay_learn(log, profile));
	ck_assert_ptr_null(replay_judge(log, profile, NULL, ret));
}

static void done(struct replay_log *log, struct replay_result *result)
{
	replay_result_deinit(result);
	replay_log_deinit(log);
}

#define HEAD \
	"bisecting cause commit starting from " C5 "\n" \
	"testing commit " C5 " with gcc (GCC) 8.1.0\nall runs: crashed: " TARGET "\n" \
	"testing release v5.6\ntesting commit " C1 " with gcc (GCC) 8.1.0\nall runs: OK\n" \
	"# git bisect start " C5 " " C1 "\n"
#define STEP(left, commit, subject) \
	"Bisecting: " left " revisions left to test after this (roughly 1 step)\n[" commit "] " subject "\n" \
	"testing commit " commit " with gcc (GCC) 8.1.0\n"

/* -------------------------------------------------------------- reading */

START_TEST(reads_steps_runs_and_marks)
{
	struct replay_log log;

	parse(HEAD STEP("1", C3, "foo: a subject")
	      "run #0: OK\nrun #1: crashed: " TARGET "\nrun #2: boot failed: can't ssh into the instance\n"
	      "# git bisect bad " C3 "\n", &log);
	ck_assert_uint_eq(log.n_steps, 3);
	ck_assert(!log.fix && !log.is_git);
	ck_assert_str_eq(log.start_bad, C5);
	ck_assert_uint_eq(log.n_start_good, 1);
	ck_assert_str_eq(log.start_good[0], C1);
	ck_assert_ptr_null(log.answer);
	ck_assert_str_eq(log.steps[1].release, "v5.6");
	ck_assert_int_eq(log.steps[0].original, MARK_BAD);
	ck_assert_int_eq(log.steps[1].original, MARK_GOOD);
	ck_assert(log.steps[0].all_runs);
	ck_assert_uint_eq(log.steps[0].n_runs, 3);	/* as many as another step numbers */
	ck_assert_str_eq(log.steps[2].subject, "foo: a subject");
	ck_assert_int_eq(log.steps[2].left, 1);
	ck_assert_uint_eq(log.steps[2].n_runs, 3);
	ck_assert(log.steps[2].runs[0].clean);
	ck_assert_str_eq(log.steps[2].runs[1].title, TARGET);
	ck_assert_str_eq(log.steps[2].runs[2].title, "boot failed: can't ssh into the instance");
	replay_log_deinit(&log);
}
END_TEST

START_TEST(reads_quoted_and_wrapped_mail)
{
	struct replay_log log;

	parse("On Monday somebody wrote:\n"
	      "> > testing commit " C5 " with gcc (GCC)\n> > 8.1.0\n"
	      "> > run #0: crashed: KASAN: use-after-free Read in\n> > foo_put\n"
	      "> > run #1: crashed: KASAN: use-after-free Read in foo_put\nThis looks wrong to me.\n"
	      "> > # git bisect start " C5 "\n> > " C1 "\r\n"
	      "> > [" C3 "] Merge branch 'for-linus' of\n> > git://git.kernel.org/pub/scm\n"
	      "> > testing commit " C3 " with gcc\n> > run #0: OK\n", &log);
	ck_assert_uint_eq(log.n_steps, 3);
	ck_assert_str_eq(log.steps[0].runs[0].title, TARGET);
	ck_assert_str_eq(log.steps[0].runs[1].title, TARGET);
	ck_assert_str_eq(log.start_good[0], C1);
	ck_assert_str_eq(log.steps[2].subject, "Merge branch 'for-linus' of git://git.kernel.org/pub/scm");
	ck_assert_uint_eq(log.steps[2].n_runs, 1);
	replay_log_deinit(&log);
}
END_TEST

START_TEST(reads_git_bisect_log)
{
	struct replay_log log;

	parse("git bisect start\n# bad: [" C5 "] five\ngit bisect bad " C5 "\n# good: [" C1 "] one\ngit bisect good " C1 "\n"
	      "# skip: [" C3 "] three\ngit bisect skip " C3 "\n# bad: [" C2 "] two\ngit bisect bad " C2 "\n"
	      "# first bad commit: [" C2 "] two\n", &log);
	ck_assert(log.is_git);
	ck_assert_uint_eq(log.n_steps, 4);
	ck_assert_int_eq(log.steps[2].original, MARK_SKIP);
	ck_assert_str_eq(log.steps[3].subject, "two");
	ck_assert_str_eq(log.answer, C2);
	replay_log_deinit(&log);
}
END_TEST

START_TEST(refuses_other_text)
{
	struct replay_log log;
	struct culprit_error *err = replay_log_parse(SPAN("hello\nworld\n"), "x.txt", &log);

	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_FORMAT);
	ck_assert_ptr_nonnull(strstr(culprit_error_message(err), "x.txt"));
	culprit_error_destroy(err);
	err = replay_log_parse((struct span){ NULL, 0 }, "x.txt", &log);
	ck_assert_ptr_nonnull(err);
	culprit_error_destroy(err);
}
END_TEST

/* -------------------------------------------------------------- judging */

START_TEST(unrelated_crash_does_not_derail)
{
	struct replay_log log;
	struct replay_result result;

	judge(HEAD STEP("1", C3, "three") "run #0: OK\nrun #1: OK\nrun #2: OK\nrun #3: OK\nrun #4: OK\n"
	      "run #5: crashed: " OTHER "\nrun #6: OK\nrun #7: OK\n# git bisect bad " C3 "\n"
	      STEP("0", C2, "two") "all runs: OK\n# git bisect good " C2 "\n"
	      C3 " is the first bad commit\n", &log, &result);
	ck_assert_int_eq(result.steps[2].verdict, MARK_GOOD);
	ck_assert(result.steps[2].differs);
	ck_assert_ptr_eq(result.derailed_step, &log.steps[2]);
	ck_assert_int_eq(result.derailed_run, 5);
	ck_assert_int_eq(result.steps[2].n_verdicts[VERDICT_UNRELATED], 1);
	/* two candidates lie between C3 and C5: "1 revisions left", and the bad end */
	ck_assert_int_eq(result.conclusion, REPLAY_RANGE);
	ck_assert_ptr_null(result.culprit);
	ck_assert_uint_eq(result.n_ranges, 1);
	ck_assert_str_eq(result.ranges[0].after, C3);
	ck_assert_str_eq(result.ranges[0].upto, C5);
	ck_assert_uint_eq(result.ranges[0].n_commits, 2);
	ck_assert(result.test.between);
	done(&log, &result);
}
END_TEST

START_TEST(right_bisection_stays_right)
{
	struct replay_log log;
	struct replay_result result;

	judge(HEAD STEP("1", C3, "three") "all runs: crashed: " TARGET "\n# git bisect bad " C3 "\n"
	      STEP("0", C2, "two") "all runs: OK\n# git bisect good " C2 "\n"
	      C3 " is the first bad commit\n", &log, &result);
	ck_assert_int_eq(result.conclusion, REPLAY_COMMIT);
	ck_assert_str_eq(result.culprit, C3);
	ck_assert_str_eq(result.culprit_subject, "three");
	ck_assert_ptr_null(result.derailed_step);
	ck_assert_uint_eq(result.n_candidates, 1);
	ck_assert(result.test.confirms);
	done(&log, &result);
}
END_TEST

START_TEST(fix_is_the_other_way_round)
{
	struct replay_log log;
	struct replay_result result;

	judge("bisecting fixing commit since " C1 "\n"
	      "testing commit " C1 " with gcc\nall runs: crashed: " TARGET "\n"
	      "testing current HEAD " C5 "\ntesting commit " C5 " with gcc\nall runs: OK\n"
	      "# git bisect start " C5 " " C1 "\n"
	      STEP("1", C3, "three") "all runs: OK\n# git bisect bad " C3 "\n"
	      STEP("0", C2, "two") "all runs: crashed: " TARGET "\n# git bisect good " C2 "\n"
	      C3 " is the first bad commit\n", &log, &result);
	ck_assert(log.fix);
	ck_assert_int_eq(result.conclusion, REPLAY_COMMIT);
	ck_assert_str_eq(result.culprit, C3);
	ck_assert_ptr_null(result.derailed_step);
	done(&log, &result);
}
END_TEST

/* One hit in ten: ten clean runs say little, and nothing is asserted on them. */
START_TEST(flaky_bug_is_not_decided_by_clean_runs)
{
	struct replay_log log;
	struct replay_result result;
	static const char flaky[] = "run #0: OK\nrun #1: OK\nrun #2: OK\nrun #3: OK\nrun #4: crashed: " TARGET "\n"
		"run #5: OK\nrun #6: OK\nrun #7: OK\nrun #8: OK\nrun #9: OK\n";
	_cleanup_(buf_deinit) struct buf text = { 0 };

	ck_assert(buf_printf(&text, "testing commit " C5 " with gcc\n%stesting commit " C1 " with gcc\nall runs: OK\n"
			     "# git bisect start " C5 " " C1 "\n"
			     STEP("1", C3, "three") "all runs: OK\n# git bisect good " C3 "\n"
			     STEP("0", C4, "four") "%s# git bisect bad " C4 "\n"
			     C4 " is the first bad commit\n", flaky, flaky));
	judge(text.data, &log, &result);
	ck_assert_int_ne(result.conclusion, REPLAY_COMMIT);
	ck_assert_int_eq(result.steps[2].verdict, MARK_UNDECIDED);
	ck_assert_ptr_null(result.derailed_step);
	ck_assert_uint_gt(result.test.runs, 10);
	done(&log, &result);
}
END_TEST

START_TEST(failed_boots_are_a_skip)
{
	struct replay_log log;
	struct replay_result result;

	judge(HEAD STEP("1", C3, "three") "all runs: boot failed: can't ssh into the instance\n# git bisect skip " C3 "\n"
	      STEP("1", C2, "two") "all runs: basic kernel testing failed: lost connection\n# git bisect bad " C2 "\n",
	      &log, &result);
	ck_assert_int_eq(result.steps[2].verdict, MARK_SKIP);
	ck_assert(!result.steps[2].differs);
	ck_assert_int_eq(result.steps[3].verdict, MARK_SKIP);
	ck_assert_ptr_eq(result.derailed_step, &log.steps[3]);
	ck_assert_ptr_null(result.culprit);
	done(&log, &result);
}
END_TEST

START_TEST(no_crash_needs_a_target)
{
	struct replay_log log;
	struct profile *profile;
	struct culprit_error *err;

	parse("testing commit " C5 " with gcc\nall runs: OK\n", &log);
	ck_assert_ptr_null(profile_create(rules, &profile));
	err = replay_learn(&log, profile);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_FORMAT);
	culprit_error_destroy(err);
	profile_destroy(profile);
	replay_log_deinit(&log);
}
END_TEST

/* Hostile text is read without harm: every cut of a log, with and without what follows. */
#define SELDOM "run #0: crashed: " TARGET "\nrun #1: OK\nrun #2: OK\nrun #3: OK\nrun #4: OK\nrun #5: OK\n"

/* One clean run of a bug that shows in one of six: what git was told is good was not shown to be. */
START_TEST(no_range_begins_where_nobody_looked)
{
	struct replay_log log;
	struct replay_result result;

	judge("bisecting cause commit starting from " C5 "\ntesting commit " C5 "\n" SELDOM
	      "testing release v5.6\ntesting commit " C1 "\nall runs: OK\n" "# git bisect start " C5 " " C1 "\n"
	      STEP("7", C4, "four") SELDOM "# git bisect bad " C4 "\n"
	      STEP("3", C3, "three") "run #0: OK\n# git bisect good " C3 "\n", &log, &result);
	ck_assert_int_eq(result.steps[3].verdict, MARK_UNDECIDED);
	for (size_t i = 0; i < result.n_ranges; i++)
		ck_assert_msg(!result.ranges[i].after || strcmp(result.ranges[i].after, C3) != 0, "after what nobody showed");
	ck_assert_uint_eq(result.n_ranges, 1);
	ck_assert_str_eq(result.ranges[0].upto, C4);
	done(&log, &result);
}
END_TEST

/* The machine failed at the good end: the bug may be older. */
START_TEST(a_good_end_has_to_be_shown)
{
	struct replay_log log;
	struct replay_result result;

	judge("bisecting cause commit starting from " C5 "\ntesting commit " C5 "\nall runs: crashed: " TARGET "\n"
	      "testing release v5.6\ntesting commit " C1 "\nall runs: crashed: no output from test machine\n"
	      "# git bisect start " C5 " " C1 "\n"
	      STEP("1", C3, "three") "all runs: crashed: " TARGET "\n# git bisect bad " C3 "\n", &log, &result);
	ck_assert_int_eq(result.conclusion, REPLAY_CANNOT_TELL);
	for (size_t i = 0; i < result.n_ranges; i++)
		ck_assert_ptr_null(result.ranges[i].after);
	done(&log, &result);
}
END_TEST

/* Our own export says what is hunted: what else crashes at its bad end, however often, is not learned. */
START_TEST(an_export_says_what_is_hunted)
{
	struct replay_log log;
	struct replay_result result;

	judge("bisecting cause commit starting from " C5 "\ntarget: " TARGET "\nhistory: in one line\n"
	      "testing commit " C5 "\nrun #0: crashed: " OTHER "\nrun #1: crashed: " OTHER "\nrun #2: crashed: " TARGET "\n"
	      "run #3: crashed: " TARGET "\n# git bisect start " C5 " " C1 "\n"
	      "Bisecting: 1 revisions left to test after this\ntesting commit " C3 "\nrun #0: crashed: " OTHER "\n"
	      "run #1: crashed: " OTHER "\nrun #2: OK\nrun #3: OK\nrun #4: OK\nrun #5: OK\nrun #6: OK\n"
	      "# git bisect good " C3 "\nBisecting: 0 revisions left to test after this\n"
	      "testing commit " C4 "\nrun #0: OK\n# git bisect skip " C4 "\n", &log, &result);
	ck_assert_str_eq(log.target, TARGET);
	ck_assert(log.in_one_line);
	ck_assert_int_eq(result.steps[2].verdict, MARK_GOOD);
	ck_assert_int_eq(result.steps[2].n_verdicts[VERDICT_TARGET], 0);
	ck_assert_int_eq(log.steps[3].original, MARK_SKIP);
	ck_assert_ptr_null(result.culprit);
	ck_assert_str_eq(result.ranges[0].after, C3);
	ck_assert_str_eq(result.ranges[0].upto, C5);
	done(&log, &result);
}
END_TEST

START_TEST(every_prefix_is_read)
{
	static const char text[] = HEAD STEP("1", C3, "three") "run #0: crashed: " TARGET "\n# git bisect bad " C3 "\n"
		"# bad: [" C4 "] x\n" C3 " is the first bad commit\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		_cleanup_(freep) char *cut = malloc(n + 1);
		struct replay_log log;
		struct replay_result result;
		struct profile *profile;
		struct culprit_error *err;

		memcpy(cut, text, n);
		err = replay_log_parse((struct span){ cut, n }, "cut", &log);
		if (err) {
			culprit_error_destroy(err);
			continue;
		}
		ck_assert_ptr_null(profile_create(rules, &profile));
		ck_assert_ptr_null(profile_add_title(profile, TARGET));
		ck_assert_ptr_null(replay_judge(&log, profile, NULL, &result));
		done(&log, &result);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("replay");

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reads_steps_runs_and_marks);
	tcase_add_test(tcase, reads_quoted_and_wrapped_mail);
	tcase_add_test(tcase, reads_git_bisect_log);
	tcase_add_test(tcase, refuses_other_text);
	tcase_add_test(tcase, unrelated_crash_does_not_derail);
	tcase_add_test(tcase, right_bisection_stays_right);
	tcase_add_test(tcase, fix_is_the_other_way_round);
	tcase_add_test(tcase, flaky_bug_is_not_decided_by_clean_runs);
	tcase_add_test(tcase, failed_boots_are_a_skip);
	tcase_add_test(tcase, no_crash_needs_a_target);
	tcase_add_test(tcase, no_range_begins_where_nobody_looked);
	tcase_add_test(tcase, a_good_end_has_to_be_shown);
	tcase_add_test(tcase, an_export_says_what_is_hunted);
	tcase_add_test(tcase, every_prefix_is_read);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
