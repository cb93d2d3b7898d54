/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What culprit.h offers beyond the parser: targets, verdicts, source lines. */
#include <stdio.h>
#include <unistd.h>

#include "culprit.h"
#include "suite.h"

static const char uaf[] =
	"[    1.000000] Linux version 6.1.0 (root@vm) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld 2.40) #1 SMP\n"
	"[    2.000000] Run /sbin/init as init process\n"
	"[    9.000000] ==================================================================\n"
	"[    9.000000] BUG: KASAN: use-after-free in lib_oops+0x12/0x40\n"
	"[    9.000000] Read of size 8 at addr ffff888012345678 by task prober/77\n"
	"[    9.000000] \n"
	"[    9.000000] CPU: 0 PID: 77 Comm: prober Not tainted 6.1.0 #1\n"
	"[    9.000000] Call Trace:\n"
	"[    9.000000]  <TASK>\n"
	"[    9.000000]  lib_oops+0x12/0x40\n"
	"[    9.000000]  lib_caller+0x8/0x20\n"
	"[    9.000000]  </TASK>\n"
	"[    9.000000] ==================================================================\n";

static struct culprit_patterns *patterns;

struct log {
	struct culprit_report *reports[4];
	struct culprit_summary summary;
	struct culprit_run run;
};

static void read_log(struct log *log, const char *text)
{
	struct culprit_parser *parser;

	*log = (struct log){ 0 };
	ck_assert_ptr_null(culprit_parser_create(patterns, NULL, &parser));
	ck_assert_ptr_null(culprit_parser_feed(parser, text, strlen(text)));
	ck_assert_ptr_null(culprit_parser_finish(parser));
	while (log->run.n_reports < 4 && (log->reports[log->run.n_reports] = culprit_parser_take(parser)))
		log->run.n_reports++;
	culprit_parser_summary(parser, &log->summary);
	log->summary.kernel_version = NULL;
	log->run.reports = (const struct culprit_report *const *)log->reports;
	log->run.summary = &log->summary;
	culprit_parser_destroy(parser);
}

static void forget_log(struct log *log)
{
	for (size_t i = 0; i < log->run.n_reports; i++)
		culprit_report_destroy(log->reports[i]);
}

static enum culprit_verdict judge(const struct culprit_target *target, const struct culprit_run *run)
{
	struct culprit_match *match;
	enum culprit_verdict verdict;

	ck_assert_ptr_null(culprit_target_judge(target, run, &match));
	verdict = match->verdict;
	culprit_match_destroy(match);
	return verdict;
}

START_TEST(verdicts)
{
	struct culprit_target *target;
	struct culprit_match *match;
	struct log crash, quiet;

	read_log(&crash, uaf);
	ck_assert_uint_eq(crash.run.n_reports, 1);
	ck_assert_ptr_null(culprit_target_create(patterns, &target));
	/* who knows nothing calls nothing the target, and nothing another bug either */
	ck_assert_int_eq(judge(target, &crash.run), CULPRIT_VERDICT_UNDECIDED);
	ck_assert_ptr_null(culprit_target_add_title(target, "KASAN: use-after-free Read in lib_oops"));
	ck_assert_ptr_null(culprit_target_judge(target, &crash.run, &match));
	ck_assert_int_eq(match->verdict, CULPRIT_VERDICT_TARGET);
	ck_assert(match->probability >= 0.6 && match->probability <= 1);
	ck_assert_uint_eq(match->report, 0);
	ck_assert_str_eq(match->title, "KASAN: use-after-free Read in lib_oops");
	ck_assert_str_eq(match->symptom, "KASAN: use-after-free Read in lib_oops");
	ck_assert_uint_gt(match->n_evidence, 0);
	/* its strings are its own */
	forget_log(&crash);
	ck_assert_str_eq(match->title, "KASAN: use-after-free Read in lib_oops");
	culprit_match_destroy(match);

	read_log(&quiet,
		 "[    1.000000] Linux version 6.1.0 (root@vm) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld 2.40) #1 SMP\n"
		 "[    2.000000] Run /sbin/init as init process\nlogin: ");
	quiet.run.finish_wanted = quiet.run.finished = true;
	ck_assert_int_eq(judge(target, &quiet.run), CULPRIT_VERDICT_CLEAN);
	quiet.run.finished = false;
	ck_assert_int_eq(judge(target, &quiet.run), CULPRIT_VERDICT_UNDECIDED);
	quiet.run.finish_wanted = false;
	quiet.run.has_exit_code = true;
	quiet.run.exit_code = 3;
	ck_assert_int_eq(judge(target, &quiet.run), CULPRIT_VERDICT_TARGET);
	/* nothing known of the log: not clean */
	ck_assert_int_eq(judge(target, &(struct culprit_run){ 0 }), CULPRIT_VERDICT_UNDECIDED);
	forget_log(&quiet);
	culprit_target_destroy(target);
}
END_TEST

START_TEST(profiles)
{
	char path[] = "/tmp/culprit-library-XXXXXX";
	struct culprit_target *target, *loaded, *by_report;
	struct culprit_error *err;
	struct log crash;
	const struct culprit_run *runs[] = { &crash.run, &crash.run };
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	read_log(&crash, uaf);
	ck_assert_ptr_null(culprit_target_create(patterns, &target));
	ck_assert_ptr_null(culprit_target_learn(target, true, runs, 2));
	ck_assert_int_eq(judge(target, &crash.run), CULPRIT_VERDICT_TARGET);
	ck_assert_ptr_null(culprit_target_save(target, path));
	ck_assert_ptr_null(culprit_target_load(patterns, path, &loaded));
	ck_assert_int_eq(judge(loaded, &crash.run), CULPRIT_VERDICT_TARGET);
	ck_assert_ptr_null(culprit_target_create(patterns, &by_report));
	ck_assert_ptr_null(culprit_target_add_report(by_report, crash.reports[0]));
	ck_assert_int_eq(judge(by_report, &crash.run), CULPRIT_VERDICT_TARGET);
	err = culprit_target_add_title(by_report, " ");
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_USAGE);
	culprit_error_destroy(err);
	unlink(path);
	err = culprit_target_load(patterns, path, &target);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
	culprit_target_destroy(loaded);
	culprit_target_destroy(by_report);
	culprit_target_destroy(target);
	forget_log(&crash);
}
END_TEST

/* Programs of older and newer headers. */
START_TEST(sizes)
{
	struct { struct culprit_run run; int newer; } later = { .newer = 0 };
	struct { struct culprit_symbolizer_options options; int newer; } options = { .newer = 1 };
	struct culprit_symbolizer *symbolizer;
	struct culprit_target *target;
	struct culprit_match *match;
	struct culprit_error *err;
	struct log crash;

	read_log(&crash, uaf);
	ck_assert_ptr_null(culprit_target_create(patterns, &target));
	ck_assert_ptr_null(culprit_target_add_title(target, "KASAN: use-after-free Read in lib_oops"));
	/* one that ends behind n_reports: what lies behind is not read */
	crash.run.summary = (void *)1;
	ck_assert_ptr_null(culprit_target_judge_sized(target, &crash.run, offsetof(struct culprit_run, summary), 0, &match));
	ck_assert_int_eq(match->verdict, CULPRIT_VERDICT_TARGET);
	culprit_match_destroy(match);
	crash.run.summary = &crash.summary;
	later.run = crash.run;
	ck_assert_ptr_null(culprit_target_judge_sized(target, &later.run, sizeof(later), sizeof(crash.summary) + 64, &match));
	ck_assert_int_eq(match->verdict, CULPRIT_VERDICT_TARGET);
	culprit_match_destroy(match);
	later.newer = 1;
	err = culprit_target_judge_sized(target, &later.run, sizeof(later), sizeof(crash.summary), &match);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_USAGE);
	culprit_error_destroy(err);
	err = culprit_symbolizer_create_sized(patterns, &options.options, sizeof(options), &symbolizer);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_USAGE);
	culprit_error_destroy(err);
	culprit_target_destroy(target);
	forget_log(&crash);
}
END_TEST

/* Of this very program: it has debug information, and a function at a known line. */
__attribute__((noinline, noclone)) static int library_marker(int v)
{
	return v + (int)getpid();
}

START_TEST(source_lines)
{
	struct culprit_symbolizer_options options = { .vmlinux = "/proc/self/exe", .force = true };
	struct culprit_symbolizer *symbolizer;
	struct culprit_symbolized *symbolized;
	struct log log;

	ck_assert_int_ne(library_marker(1), 0);
	read_log(&log, "[    9.000000] BUG: unable to handle page fault for address: 0000000000000010\n"
		       "[    9.000000] #PF: supervisor read access in kernel mode\n"
		       "[    9.000000] Oops: 0000 [#1] SMP\n"
		       "[    9.000000] CPU: 0 PID: 77 Comm: prober Not tainted 6.1.0 #1\n"
		       "[    9.000000] RIP: 0010:library_marker+0x0/0x40\n"
		       "[    9.000000] Call Trace:\n"
		       "[    9.000000]  nobody_has_this+0x8/0x20\n"
		       "[    9.000000] ---[ end trace 0000000000000000 ]---\n");
	ck_assert_uint_eq(log.run.n_reports, 1);
	ck_assert_ptr_null(culprit_symbolizer_create(patterns, &options, &symbolizer));
	ck_assert_ptr_null(culprit_symbolizer_run(symbolizer, log.reports[0], &symbolized));
	ck_assert_ptr_nonnull(strstr(symbolized->report->text, "test_library.c:"));
	ck_assert_uint_eq(symbolized->n_found, 1);
	ck_assert_uint_eq(symbolized->n_symbols, 2);
	ck_assert(!symbolized->vmlinux_unused);
	culprit_symbolized_destroy(symbolized);
	culprit_symbolizer_destroy(symbolizer);

	/* without any kernel: the text as it was */
	ck_assert_ptr_null(culprit_symbolizer_create(patterns, NULL, &symbolizer));
	ck_assert_ptr_null(culprit_symbolizer_run(symbolizer, log.reports[0], &symbolized));
	ck_assert_str_eq(symbolized->report->text, log.reports[0]->text);
	ck_assert_uint_eq(symbolized->n_found, 0);
	culprit_symbolized_destroy(symbolized);
	culprit_symbolizer_destroy(symbolizer);
	forget_log(&log);
}
END_TEST

static void load(void)
{
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &patterns));
}

static void unload(void)
{
	culprit_patterns_destroy(patterns);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("library");
	TCase *tc = tcase_create("library");

	tcase_add_checked_fixture(tc, load, unload);
	tcase_add_test(tc, verdicts);
	tcase_add_test(tc, profiles);
	tcase_add_test(tc, sizes);
	tcase_add_test(tc, source_lines);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return run_suite(make_suite());
}
