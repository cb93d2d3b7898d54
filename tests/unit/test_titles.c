/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What holds for the title of every report, of all logs at hand: the corpus,
 * and, where they stand beside the repository, others' logs (../shared).
 *
 *	- It names the bug, and nothing of the run: no run of five digits, no path
 *	  but file.c:LINE, no process with its number.
 *	- A boot that failed is no run without a crash, whatever is hunted.
 *	- It finds itself: who hunts a bug by the title that `parse` prints finds
 *	  it in the log that it was printed for.
 */
#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/corpus/case.h"
#include "match/match.h"
#include "match/match_rules.h"
#include "pattern/pattern.h"
#include "suite.h"

#define MAX_LOG_BYTES (16u << 20)
#define MAX_DEPTH 4

static struct culprit_patterns *set;
static struct match_rules *rules;
static size_t n_titles, n_wrong;

/* ------------------------------------------------------------ of the run */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Five digits that are no part of a name ("clk_ctl_54321" is one). */
static bool has_long_number(const char *s)
{
	for (size_t n = 0, i = 0; s[i]; i++) {
		n = isdigit((unsigned char)s[i]) ? n + 1 : 0;
		if (n == 5 && (i == 4 || !is_word(s[i - 5])))
			return true;
	}
	return false;
}

/* Which init was asked for is said by the community's name of the bug, too: "Requested init /sbin/x failed". */
static bool is_init(const char *s, const char *path)
{
	return (path - s >= 5 && !memcmp(path - 5, "init ", 5)) || (path - s >= 8 && !memcmp(path - 8, "init is ", 8));
}

/* "/dev/sda", but for what ends in "c:12". */
static bool has_path(const char *s)
{
	for (const char *p = s; (p = strchr(p, '/')); p++) {
		const char *q = p + strcspn(p, " )],;'\"");

		if (!isalpha((unsigned char)p[1]) || (p != s && !strchr(" (['\"", p[-1])) || is_init(s, p))
			continue;
		while (q > p && q[-1] == ':')
			q--;
		if (!memmem(p, (size_t)(q - p), ".c:", 3) && !memmem(p, (size_t)(q - p), ".h:", 3))
			return true;
	}
	return false;
}

/* "kworker/0:1", "cat/1234" */
static bool has_process(const char *s)
{
	for (const char *p = s; (p = strchr(p, '/')); p++) {
		size_t n = strspn(p + 1, "0123456789");

		if (p != s && islower((unsigned char)p[-1]) && n && (p[n + 1] == ':' || n > 2 || !p[n + 1]))
			return true;
	}
	return false;
}

static const char *what_of_the_run(const char *title)
{
	return has_long_number(title) ? "a long number" : has_path(title) ? "a path" : has_process(title) ? "a process" : NULL;
}

START_TEST(what_is_of_the_run_is_seen)
{
	ck_assert_str_eq(what_of_the_run("BUG: x at 00012345"), "a long number");
	ck_assert_str_eq(what_of_the_run("12345"), "a long number");
	ck_assert_str_eq(what_of_the_run("panic: cannot open /dev/sda1"), "a path");
	ck_assert_str_eq(what_of_the_run("BUG: x in process kworker/0:1"), "a process");
	ck_assert_str_eq(what_of_the_run("BUG: x of cat/1234"), "a process");
	ck_assert_ptr_null(what_of_the_run("kernel panic: Requested init /sbin/nope failed"));
	ck_assert_ptr_null(what_of_the_run("kernel BUG at fs/ext4/inode.c:123!"));
	ck_assert_ptr_null(what_of_the_run("WARNING in clk_54321_set"));
	ck_assert_ptr_null(what_of_the_run("INFO: task hung in a/b"));
}
END_TEST

/* ------------------------------------------------------------- finds itself */

/* What is said of the run where the title is its target. */
static enum verdict judge(const char *title, const struct run_evidence *run)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct match_result result;
	enum verdict verdict;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, title));
	ck_assert_ptr_null(match_run(profile, run, &result));
	verdict = result.verdict;
	match_result_deinit(&result);
	return verdict;
}

/* ---------------------------------------------------------------- all logs */

static void complain(const char *name, const char *title, const char *why)
{
	n_wrong++;
	fprintf(stderr, "%s: '%s': %s\n", name, title, why);
}

static void ck_log(const char *name, struct span log)
{
	struct culprit_parser_options options = { .detect_boot_failures = true };
	struct culprit_report *reports[64];
	struct culprit_summary summary;
	struct culprit_parser *parser;
	struct run_evidence run = { .reports = (const struct culprit_report *const *)reports, .summary = &summary };
	size_t n = 0;

	ck_assert_ptr_null(culprit_parser_create(set, &options, &parser));
	ck_assert_ptr_null(culprit_parser_feed(parser, log.ptr, log.len));
	ck_assert_ptr_null(culprit_parser_finish(parser));
	while (n < countof(reports) && (reports[n] = culprit_parser_take(parser)))
		n++;
	culprit_parser_summary(parser, &summary);
	run.n_reports = n;
	for (size_t i = 0; i < n; i++) {
		const char *title = reports[i]->title, *why = what_of_the_run(title);

		n_titles++;
		if (why)
			complain(name, title, why);
		/* what is no crash of the kernel is nobody's target */
		if (reports[i]->suppressed || reports[i]->kind == CULPRIT_KIND_INFRASTRUCTURE)
			continue;
		if (judge(title, &run) != VERDICT_TARGET)
			complain(name, title, "is not found by its own title");
		if (reports[i]->kind == CULPRIT_KIND_BOOT_FAILURE && judge("WARNING in titles_nobody_has", &run) == VERDICT_CLEAN)
			complain(name, title, "a boot that failed is clean");
	}
	for (size_t i = 0; i < n; i++)
		culprit_report_destroy(reports[i]);
	culprit_parser_destroy(parser);
}

static void ck_file(const char *path)
{
	_cleanup_(buf_deinit) struct buf log = { 0 };
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	if (buf_reserve(&log, MAX_LOG_BYTES)) {
		log.len = fread(log.data, 1, MAX_LOG_BYTES, f);
		ck_log(path, buf_span(&log));
	}
	fclose(f);
}

static void ck_below(const char *path, int depth)
{
	DIR *dir = depth < MAX_DEPTH ? opendir(path) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char below[4096];
		size_t len = strlen(entry->d_name);
		struct stat st;

		if (entry->d_name[0] == '.' ||
		    snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= (int)sizeof(below) || stat(below, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			ck_below(below, depth + 1);
		else if (len > 4 && !strcmp(entry->d_name + len - 4, ".log"))
			ck_file(below);
	}
	if (dir)
		closedir(dir);
}

START_TEST(titles_of_all_logs)
{
	_cleanup_(case_list_deinit) struct case_list list = { 0 };

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	ck_assert_ptr_null(match_rules_load(NULL, NULL, &rules));
	/* tests/run.sh starts the tests from the top directory */
	ck_assert_ptr_null(case_list_add(&list, "corpus"));
	for (size_t i = 0; i < list.n; i++)
		ck_log(list.cases[i].name, list.cases[i].log);
	ck_assert_uint_gt(n_titles, 600);
	ck_below("../shared/field", 0);
	ck_below("../shared/kernel-logs", 0);
	match_rules_destroy(rules);
	culprit_patterns_destroy(set);
	ck_assert_uint_eq(n_wrong, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("titles");
	TCase *tc = tcase_create("titles");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_is_of_the_run_is_seen);
	tcase_add_test(tc, titles_of_all_logs);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
