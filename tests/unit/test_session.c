/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Journal and build log, on which a session rests. The hunt itself: tests/cli/bisect.sh. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "session/build_log.h"
#include "session/journal.h"
#include "session/session_internal.h"
#include "suite.h"

static char path[] = "/tmp/culprit-test-journal-XXXXXX";

static void must(struct culprit_error *err)
{
	if (err)
		ck_abort_msg("%s", culprit_error_message(err));
}

static void set_up(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void tear_down(void)
{
	unlink(path);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
}

/* Types and "v" fields of what was read, as one line. */
static struct culprit_error *collect(void *arg, const struct journal_record *record)
{
	const char *v = journal_get(record, "v");

	ck_assert(buf_printf(arg, "%s=%s;", record->type, v ? v : "-"));
	return NULL;
}

static void write_records(const char *const *values, size_t n)
{
	_cleanup_(journal_closep) struct journal *journal = NULL;
	_cleanup_(buf_deinit) struct buf seen = { 0 };
	struct journal_draft draft;

	must(journal_open(path, 0, -1, collect, &seen, &journal));
	for (size_t i = 0; i < n; i++) {
		journal_begin(&draft, "r");
		journal_add(&draft, "v", values[i]);
		must(journal_commit(journal, &draft));
	}
}

static void expect(const char *records)
{
	_cleanup_(buf_deinit) struct buf seen = { 0 };

	must(journal_scan(path, collect, &seen));
	ck_assert_str_eq(seen.data ? seen.data : "", records);
}

START_TEST(any_value_reads_back)
{
	static const char *const values[] = { "plain", "", "a b=c\n\t%41", "na\xc3\xafve \xff", NULL };

	write_records(values, countof(values));
	expect("r=plain;r=;r=a b=c\n\t%41;r=na\xc3\xafve \xff;r=-;");
}
END_TEST

static off_t size_of_file(void)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_size;
}

/* Cut anywhere in the last record: it is not there, and writing goes on behind the one before. */
START_TEST(a_torn_tail_is_passed_over)
{
	static const char *const values[] = { "1", "2", "3" }, *const more[] = { "4" };
	off_t two, three;

	write_records(values, 2);
	two = size_of_file();
	write_records(values + 2, 1);
	three = size_of_file();
	for (off_t cut = two + 1; cut < three; cut += 7) {
		ck_assert_int_eq(truncate(path, cut), 0);
		expect("r=1;r=2;");
		write_records(more, 1);
		expect("r=1;r=2;r=4;");
		ck_assert_int_eq(truncate(path, two), 0);
		write_records(values + 2, 1);
	}
	/* what a file system leaves after power loss */
	ck_assert_int_eq(truncate(path, two), 0);
	ck_assert_int_eq(truncate(path, two + 100), 0);
	expect("r=1;r=2;");
	write_records(more, 1);
	expect("r=1;r=2;r=4;");
}
END_TEST

static void overwrite(off_t at, char c)
{
	int fd = open(path, O_WRONLY);

	ck_assert_int_eq(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

START_TEST(damage_inside_is_an_error)
{
	static const char *const values[] = { "1", "2" };
	_cleanup_(buf_deinit) struct buf seen = { 0 };
	struct culprit_error *err;

	write_records(values, 2);
	overwrite(20, 'x');
	err = journal_scan(path, collect, &seen);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_FORMAT);
	ck_assert_ptr_nonnull(strstr(culprit_error_message(err), ":1: the journal is damaged"));
	culprit_error_destroy(err);
}
END_TEST

START_TEST(only_one_writes)
{
	_cleanup_(journal_closep) struct journal *a = NULL, *b = NULL;
	_cleanup_(buf_deinit) struct buf seen = { 0 };
	struct culprit_error *err;
	int cancel[2];

	must(journal_open(path, 0, -1, collect, &seen, &a));
	err = journal_open(path, 100, -1, collect, &seen, &b);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_MISMATCH);
	culprit_error_destroy(err);
	ck_assert_int_eq(pipe(cancel), 0);
	ck_assert_int_eq(write(cancel[1], "x", 1), 1);
	err = journal_open(path, 10000, cancel[0], collect, &seen, &b);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_CANCELLED);
	culprit_error_destroy(err);
	close(cancel[0]);
	close(cancel[1]);
}
END_TEST

/* A full disk: the record that did not fit is not there, not even half of it. */
START_TEST(a_failed_write_leaves_the_file_as_before)
{
	static const char *const values[] = { "1" };
	_cleanup_(journal_closep) struct journal *journal = NULL;
	_cleanup_(buf_deinit) struct buf seen = { 0 };
	struct rlimit limit = { .rlim_max = RLIM_INFINITY };
	struct journal_draft draft;
	struct culprit_error *err;

	write_records(values, 1);
	must(journal_open(path, 0, -1, collect, &seen, &journal));
	signal(SIGXFSZ, SIG_IGN);
	limit.rlim_cur = (rlim_t)size_of_file() + 10;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	journal_begin(&draft, "r");
	journal_add(&draft, "v", "too much for what is left");
	err = journal_commit(journal, &draft);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	culprit_error_destroy(err);
	expect("r=1;");
	journal_begin(&draft, "r");
	journal_add(&draft, "v", "2");
	must(journal_commit(journal, &draft));
	expect("r=1;r=2;");
}
END_TEST

/* ------------------------------------------------------------- build log */

static const struct {
	const char *output, *reason;
} builds[] = {
	{ "  CC      fs/foo.o\n"
	  "fs/foo.c: In function 'foo':\n"
	  "fs/foo.c:214:9: error: implicit declaration of function 'q' [-Wimplicit-function-declaration]\n"
	  "fs/foo.c:300:1: error: another\n"
	  "make[3]: *** [scripts/Makefile.build:243: fs/foo.o] Error 1\n",
	  "fs/foo.c:214:9: error: implicit declaration of function 'q' [-Wimplicit-function-declaration]" },
	{ "make[3]: *** Waiting for unfinished jobs....\n"
	  "\033[1mld:\033[0m vmlinux.o: in function `foo':\nld: fs/foo.c:12: undefined reference to `bar'\r\n",
	  "ld: fs/foo.c:12: undefined reference to `bar'" },
	{ "arch/x86/entry/entry.S: Assembler messages:\narch/x86/entry/entry.S:12: Error: no such instruction: `foo'\n",
	  "arch/x86/entry/entry.S:12: Error: no such instruction: `foo'" },
	{ "ERROR: modpost: \"bar\" [fs/foo.ko] undefined!\nmake[1]: *** [Makefile:1916: modules] Error 2\n",
	  "ERROR: modpost: \"bar\" [fs/foo.ko] undefined!" },
	{ "make: *** [Makefile:1916: .] Error 2\n", "make: *** [Makefile:1916: .] Error 2" },
	{ "starting\n\nsomething odd happened", "something odd happened" },
	{ "", "" },
};

START_TEST(the_first_error_is_the_reason)
{
	const char *output = builds[_i].output;
	struct build_log whole, pieces;

	must(build_log_open(&whole, NULL));
	build_log_feed(&whole, span_of(output));
	build_log_close(&whole);
	ck_assert_str_eq(whole.reason, builds[_i].reason);
	ck_assert(!whole.machine_failed);
	must(build_log_open(&pieces, NULL));
	for (const char *p = output; *p; p++)
		build_log_feed(&pieces, (struct span){ p, 1 });
	build_log_close(&pieces);
	ck_assert_str_eq(pieces.reason, builds[_i].reason);
}
END_TEST

START_TEST(the_machine_is_told_from_the_commit)
{
	struct build_log log;

	must(build_log_open(&log, NULL));
	build_log_feed(&log, SPAN("culprit-signature: abc def\nfs/foo.c:1: fatal error: cannot write foo.o: No space left on device\n"));
	build_log_close(&log);
	ck_assert(log.machine_failed);
	ck_assert_str_eq(log.signature, "abc def");
}
END_TEST

START_TEST(gigabytes_of_output_stay_small)
{
	_cleanup_(freep) char *line = malloc(65536);
	struct build_log log;

	memset(line, 'x', 65535);
	line[65535] = '\n';
	must(build_log_open(&log, path));
	build_log_feed(&log, SPAN("the beginning\n"));
	for (int i = 0; i < 200; i++)
		build_log_feed(&log, (struct span){ line, 65536 });
	build_log_feed(&log, SPAN("the end\n"));
	build_log_close(&log);
	ck_assert_int_lt(size_of_file(), BUILD_LOG_HEAD_BYTES + BUILD_LOG_TAIL_BYTES + 100);
	line[0] = '\0';
	{
		FILE *f = fopen(path, "r");

		ck_assert_ptr_nonnull(fgets(line, 100, f));
		ck_assert_str_eq(line, "the beginning\n");
		ck_assert_int_eq(fseek(f, -8, SEEK_END), 0);
		ck_assert_ptr_nonnull(fgets(line, 100, f));
		ck_assert_str_eq(line, "the end\n");
		fclose(f);
	}
}
END_TEST

/* A share of the prior for each kind of commit, whatever their number; never less than the others have, nor without bound. */
START_TEST(paths_weigh_by_their_rarity)
{
	double weight[2];

	session_path_weights((double[]){ 0.1, 0.1 }, weight);
	/* 0.4 on a tenth, 0.15 on a tenth, 0.45 on eight tenths */
	ck_assert_double_eq_tol(weight[0], 4 / (0.45 / 0.8), 1e-9);
	ck_assert_double_eq_tol(weight[1], 1.5 / (0.45 / 0.8), 1e-9);
	/* nobody is beside: 0.4 against 0.6 */
	session_path_weights((double[]){ 0.1, 0 }, weight);
	ck_assert_double_eq_tol(weight[0], 4 / (0.6 / 0.9), 1e-9);
	ck_assert_double_eq(weight[1], 1);
	session_path_weights((double[]){ 1e-4, 0.9 }, weight);
	ck_assert_double_eq(weight[0], 30);
	ck_assert_double_eq(weight[1], 1);
	session_path_weights((double[]){ 1, 0 }, weight);
	ck_assert_double_eq(weight[0], 1);
	session_path_weights((double[]){ 0, 0 }, weight);
	ck_assert_double_eq(weight[0], 1);
	ck_assert_double_eq(weight[1], 1);
}
END_TEST

START_TEST(builds_cost_what_they_take)
{
	struct session_timing t = { .built_s = 600, .first_built_s = 600, .n_built = 1, .run_s = 60, .n_run = 2 };
	double build = -1, failure = -1;

	ck_assert(!session_measured_cost(&t, &build, &failure));
	t.n_run = 3;
	ck_assert(session_measured_cost(&t, &build, &failure));
	ck_assert_double_eq_tol(build, 30, 1e-9);
	ck_assert_double_eq_tol(failure, 30, 1e-9);
	/* the first one built everything, two more took 50 s each; one failed after 5 s */
	t.built_s = 700;
	t.n_built = 3;
	t.failed_s = 15;
	t.n_failed = 1;
	ck_assert(session_measured_cost(&t, &build, &failure));
	ck_assert_double_eq_tol(build, 2.5, 1e-9);
	ck_assert_double_eq_tol(failure, 0.75, 1e-9);
	/* bounds: an hour against a second, nothing against a minute */
	t = (struct session_timing){ .built_s = 3600, .first_built_s = 3600, .n_built = 1, .run_s = 3, .n_run = 3 };
	ck_assert(session_measured_cost(&t, &build, &failure));
	ck_assert_double_eq(build, 60);
	t = (struct session_timing){ .n_built = 1, .run_s = 180, .n_run = 3 };
	ck_assert(session_measured_cost(&t, &build, &failure));
	ck_assert_double_eq(build, 0.5);
	/* commands that end at once are no kernels */
	t = (struct session_timing){ .built_s = 0.1, .first_built_s = 0.1, .n_built = 1, .run_s = 0.3, .n_run = 3 };
	ck_assert(!session_measured_cost(&t, &build, &failure));
}
END_TEST

static struct session_run run_of(enum verdict verdict, enum process_outcome outcome, int64_t seconds)
{
	return (struct session_run){ .verdict = verdict, .end = { .outcome = outcome, .elapsed_us = seconds * 1000000 } };
}

START_TEST(complete_runs_tell_how_long_they_take)
{
	struct session_run runs[] = {
		run_of(VERDICT_CLEAN, PROCESS_EXITED, 3), run_of(VERDICT_CLEAN, PROCESS_EXITED, 120),
		run_of(VERDICT_TARGET, PROCESS_EXITED, 7), run_of(VERDICT_CLEAN, PROCESS_DEADLINE, 1800),
		run_of(VERDICT_UNDECIDED, PROCESS_EXITED, 500), run_of(VERDICT_CLEAN, PROCESS_EXITED, 4),
		run_of(VERDICT_CLEAN, PROCESS_EXITED, 130),
	};
	struct session s = { .runs = runs, .n_runs = 6 };
	int64_t expected = -1;

	must(session_expected_us(&s, &expected));
	ck_assert_int_eq(expected, 0);	/* three clean runs are too few */
	s.n_runs = 7;
	must(session_expected_us(&s, &expected));
	ck_assert_int_eq(expected, 120000000);	/* half of them cut short do not make it shorter */
	ck_assert(session_run_is_short(&runs[0], expected));
	ck_assert(!session_run_is_short(&runs[1], expected));
	ck_assert(!session_run_is_short(&runs[2], expected));	/* it showed the target: that takes as long as it takes */
	ck_assert(session_run_is_short(&runs[5], expected));
	ck_assert(!session_run_is_short(&runs[0], 11000000));	/* 3 s of 11 are within what loads do */
	ck_assert(!session_run_is_short(&runs[0], 0));
}
END_TEST

/* Crashes of something else, failed boots and machines are never good or bad. */
START_TEST(verdicts_become_evidence)
{
	ck_assert_int_eq(session_run_kind(VERDICT_TARGET), BISECT_RUN_TARGET);
	ck_assert_int_eq(session_run_kind(VERDICT_RELATED), BISECT_RUN_RELATED);
	ck_assert_int_eq(session_run_kind(VERDICT_UNRELATED), BISECT_RUN_UNRELATED);
	ck_assert_int_eq(session_run_kind(VERDICT_CLEAN), BISECT_RUN_CLEAN);
	ck_assert_int_eq(session_run_kind(VERDICT_BOOT_FAILED), BISECT_RUN_BOOT_FAILED);
	ck_assert_int_eq(session_run_kind(VERDICT_INFRA_FAILED), BISECT_RUN_INFRA);
	ck_assert_int_eq(session_run_kind(VERDICT_UNDECIDED), BISECT_RUN_INCOMPLETE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("session");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, any_value_reads_back);
	tcase_add_test(tc, a_torn_tail_is_passed_over);
	tcase_add_test(tc, damage_inside_is_an_error);
	tcase_add_test(tc, only_one_writes);
	tcase_add_test(tc, a_failed_write_leaves_the_file_as_before);
	tcase_add_loop_test(tc, the_first_error_is_the_reason, 0, (int)countof(builds));
	tcase_add_test(tc, the_machine_is_told_from_the_commit);
	tcase_add_test(tc, gigabytes_of_output_stay_small);
	tcase_add_test(tc, paths_weigh_by_their_rarity);
	tcase_add_test(tc, builds_cost_what_they_take);
	tcase_add_test(tc, complete_runs_tell_how_long_they_take);
	tcase_add_test(tc, verdicts_become_evidence);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
