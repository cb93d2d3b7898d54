/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "make_report.h"
#include "match/learn.h"
#include "match/match.h"
#include "match/match_rules.h"
#include "match/profile_entry.h"
#include "suite.h"

static struct match_rules *rules;

static void setup(void)
{
	ck_assert_ptr_null(match_rules_load(NULL, NULL, &rules));
}

static void teardown(void)
{
	match_rules_destroy(rules);
}

static double weight_of(const struct profile *profile, const char *title)
{
	const struct profile_entry *entry = profile_find(profile, title);

	return entry ? entry->weight : -1;
}

#define FSNOTIFY "KASAN: use-after-free Write in fsnotify_detach_connector_from_object"
#define IPUT "KASAN: use-after-free Read in iput"
#define BATADV "general protection fault in batadv_iv_ogm_schedule_buff"

/* n runs that show title; NULL: clean ones */
static void learn_titles(struct profile *profile, const char *title, size_t n, bool good)
{
	for (size_t i = 0; i < n; i++) {
		struct run_evidence run = { .titles = &title, .n_titles = title ? 1 : 0 };

		if (good)
			ck_assert_ptr_null(profile_learn_good(profile, &run, 1));
		else
			ck_assert_ptr_null(profile_learn(profile, &run, 1));
	}
}

START_TEST(the_most_frequent_title_is_the_targets_own)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	const char *titles[] = { IPUT, FSNOTIFY, FSNOTIFY, FSNOTIFY };
	struct run_evidence runs[4];
	double rate;
	size_t n;

	for (size_t i = 0; i < 4; i++)
		runs[i] = (struct run_evidence){ .titles = &titles[i], .n_titles = 1 };
	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert(profile_is_empty(profile));
	ck_assert_ptr_null(profile_title(profile));
	ck_assert(!profile_rate(profile, &rate, &n));
	ck_assert_ptr_null(profile_learn(profile, runs, 4));
	ck_assert_str_eq(profile_title(profile), FSNOTIFY);
	ck_assert(weight_of(profile, FSNOTIFY) == 1);
	ck_assert(weight_of(profile, IPUT) > 0.3);
	ck_assert(profile_rate(profile, &rate, &n));
	ck_assert_uint_eq(n, 4);
	ck_assert(rate >= 0.75);
}
END_TEST

/* More sightings make a title surer, other classes less, good commits' crashes are not adopted. */
START_TEST(adoption_weighs_count_class_and_good_runs)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	double once, more;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, FSNOTIFY));
	learn_titles(profile, FSNOTIFY, 15, false);
	learn_titles(profile, IPUT, 1, false);
	learn_titles(profile, "possible deadlock in console_unlock", 1, false);
	once = weight_of(profile, IPUT);
	ck_assert(weight_of(profile, "possible deadlock in console_unlock") < once);
	ck_assert(weight_of(profile, "possible deadlock in console_unlock") < MATCH_RELATED);
	learn_titles(profile, IPUT, 2, false);
	more = weight_of(profile, IPUT);
	ck_assert(more > once && more > 0.8);
	learn_titles(profile, IPUT, 3, true);
	ck_assert(weight_of(profile, IPUT) < 0.2);
}
END_TEST

#define ZAPFS_UAF "KASAN: use-after-free Read in zapfs_dev_do_write"
#define ZAPFS_WARN "WARNING in zapfs_request_end"

/* n runs of that title, in that function and two more, all of a file */
static void learn_in_file(struct profile *profile, const char *title, const char *stack, const char *file, size_t n)
{
	struct made_report made;
	const struct culprit_report *report = &made.report;
	struct run_evidence run = { .reports = &report, .n_reports = 1 };

	make_report(&made, title, NULL, stack, NULL, NULL);
	for (size_t i = 0; i < made.stacks[0].n_frames; i++)
		made.frames[0][i].file = file;
	for (size_t i = 0; i < n; i++)
		ck_assert_ptr_null(profile_learn(profile, &run, 1));
	made_report_deinit(&made);
}

/* Weight of a warning that one run shows, and the target n. */
static double weight_beside_target(const char *file, size_t n, size_t n_good)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, ZAPFS_UAF));
	learn_in_file(profile, ZAPFS_UAF, "zapfs_dev_do_write zapfs_dev_write", "fs/zapfs/dev.c", n);
	learn_in_file(profile, ZAPFS_WARN, "zapfs_request_end zapfs_abort zapfs_dev_release", file, 1);
	learn_titles(profile, ZAPFS_WARN, n_good, true);
	return weight_of(profile, ZAPFS_WARN);
}

/* One of five known-bad runs dies in another function of the target's file: related, and no more. */
START_TEST(the_targets_file_makes_it_related)
{
	double there = weight_beside_target("fs/zapfs/dev.c", 4, 0);

	ck_assert_msg(there >= MATCH_RELATED && there < MATCH_TARGET, "%g", there);
	ck_assert(weight_beside_target("fs/zapfs/inode.c", 4, 0) < MATCH_RELATED);
	ck_assert(weight_beside_target(NULL, 4, 0) < MATCH_RELATED);
	/* what a good commit shows, too, is another bug of that file */
	ck_assert(weight_beside_target("fs/zapfs/dev.c", 4, 1) < MATCH_RELATED);
}
END_TEST

START_TEST(clean_and_failed_runs)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct run_evidence failed = { .infra_failed = true };
	double rate;
	size_t n;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, FSNOTIFY));
	learn_titles(profile, FSNOTIFY, 2, false);
	learn_titles(profile, NULL, 6, false);
	ck_assert_ptr_null(profile_learn(profile, &failed, 1));
	ck_assert(profile_rate(profile, &rate, &n));
	ck_assert_uint_eq(n, 8);
	ck_assert(rate == 0.25);
}
END_TEST

START_TEST(out_of_memory_is_not_adopted)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	const char *oom = "kernel panic: Out of memory and no killable processes...";
	struct culprit_error *err;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, FSNOTIFY));
	learn_titles(profile, oom, 5, false);
	ck_assert(weight_of(profile, oom) < 0);
	err = profile_add_title(profile, " \t");
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_USAGE);
	culprit_error_destroy(err);
}
END_TEST

static void learn_sample(struct profile *profile)
{
	static const char text[] = " which belongs to the cache fsnotify_mark_connector of size 48\n";
	struct made_report made, torn;
	const struct culprit_report *reports[] = { &made.report, &torn.report };
	struct run_evidence run = { .reports = reports, .n_reports = 2 };

	make_report(&made, FSNOTIFY, "bad-access in fsnotify_detach_connector_from_object",
		    "kasan_report fsnotify_detach_connector_from_object+0x1c/0x40 fsnotify_put_mark+0x5/0x99 exit_mm",
		    "kmem_cache_alloc fsnotify_attach_connector", "kmem_cache_free fsnotify_connector_destroy");
	made.report.text = text;
	made.report.text_len = sizeof(text) - 1;
	made.report.task = "syz-executor.3";
	made.report.kernel_version = "5.7.0-rc1-syzkaller";
	made.frames[0][2].file = "fs/notify/mark.c";
	made.frames[0][2].line = 12;
	make_report(&torn, "WARNING: \"odd: title\" in a {b}", NULL, "xx_thing yy_thing", NULL, NULL);
	torn.report.corrupted = true;
	ck_assert_ptr_null(profile_learn(profile, &run, 1));
	made_report_deinit(&made);
	made_report_deinit(&torn);
}

START_TEST(written_profile_reads_back_the_same)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL, *again = NULL;
	_cleanup_(buf_deinit) struct buf first = { 0 }, second = { 0 };
	const char *const *paths;
	struct culprit_error *err;

	ck_assert_ptr_null(profile_create(rules, &profile));
	learn_sample(profile);
	learn_titles(profile, IPUT, 2, false);
	ck_assert_ptr_null(profile_format(profile, &first));
	err = profile_parse(rules, buf_span(&first), "first.yaml", &again);
	ck_assert_msg(!err, "%s\n%s", err ? culprit_error_message(err) : "", first.data);
	ck_assert_ptr_null(profile_format(again, &second));
	ck_assert_str_eq(first.data, second.data);
	ck_assert_ptr_nonnull(strstr(first.data, "cache: fsnotify_mark_connector"));
	ck_assert_ptr_nonnull(strstr(first.data, "task: syz-executor\n"));
	ck_assert_uint_eq(profile_paths(again, &paths), 1);
	ck_assert_str_eq(paths[0], "fs/notify/mark.c");
}
END_TEST

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "", "p.yaml: the file is empty" },
	{ "runs: 1\n", "p.yaml:1:1: this is no profile: 'culprit-profile: 1' is missing" },
	{ "culprit-profile: 1\nrun: 3\n", "p.yaml:2:1: unknown key 'run'; expected one of: culprit-profile, runs, hits, "
					    "good-runs, titles" },
	{ "culprit-profile: 1\ntitles:\n  - role: own\n", "p.yaml:3:5: title is missing" },
	{ "culprit-profile: 1\ntitles:\n  - title: A\n    role: mine\n",
	  "p.yaml:4:11: bad role; expected one of: own, adopted" },
	{ "culprit-profile: 1\ntitles:\n  - title: A\n  - title: A\n", "p.yaml:4:12: the title stands here twice" },
	{ "culprit-profile: 1\ntitles:\n  - title: A\n    role: adopted\n", "p.yaml:1:1: no title has the role 'own'" },
};

START_TEST(mistakes_have_places)
{
	struct profile *profile = NULL;
	struct culprit_error *err = profile_parse(rules, span_of(mistakes[_i].text), "p.yaml", &profile);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_SYNTAX);
	ck_assert_str_eq(culprit_error_message(err), mistakes[_i].message);
	culprit_error_destroy(err);
}
END_TEST

START_TEST(edited_weight_stays)
{
	static const char text[] = "culprit-profile: 1\ntitles:\n  - title: \"" FSNOTIFY "\"\n"
		"  - title: \"" BATADV "\"\n    role: adopted\n    weight: 0.9\n    fixed: yes\n";
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	const char *title = BATADV;
	struct run_evidence run = { .titles = &title, .n_titles = 1 };
	struct match_result result;

	ck_assert_ptr_null(profile_parse(rules, span_of(text), "p.yaml", &profile));
	learn_titles(profile, FSNOTIFY, 3, false);
	ck_assert(weight_of(profile, BATADV) == 0.9);
	ck_assert_ptr_null(match_run(profile, &run, &result));
	ck_assert_int_eq(result.verdict, VERDICT_TARGET);
	match_result_deinit(&result);
}
END_TEST

START_TEST(saved_and_loaded)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL, *again = NULL;
	char path[] = "/tmp/culprit-profile-XXXXXX";
	struct culprit_error *err;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_ptr_null(profile_create(rules, &profile));
	learn_sample(profile);
	ck_assert_ptr_null(profile_save(profile, path));
	ck_assert_ptr_null(profile_load(rules, path, &again));
	ck_assert_str_eq(profile_title(again), FSNOTIFY);
	unlink(path);
	err = profile_load(rules, path, &again);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("profile");
	TCase *tcase = tcase_create("profile");

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_most_frequent_title_is_the_targets_own);
	tcase_add_test(tcase, adoption_weighs_count_class_and_good_runs);
	tcase_add_test(tcase, the_targets_file_makes_it_related);
	tcase_add_test(tcase, clean_and_failed_runs);
	tcase_add_test(tcase, out_of_memory_is_not_adopted);
	tcase_add_test(tcase, written_profile_reads_back_the_same);
	tcase_add_loop_test(tcase, mistakes_have_places, 0, countof(mistakes));
	tcase_add_test(tcase, edited_weight_stays);
	tcase_add_test(tcase, saved_and_loaded);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
