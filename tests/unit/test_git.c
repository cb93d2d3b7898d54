/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "session/git.h"
#include "suite.h"

static char top[] = "/tmp/culprit test git XXXXXX";
static char template[] = "/tmp/culprit template git XXXXXX";
static struct git *git;

static void must(struct culprit_error *err)
{
	if (err)
		ck_abort_msg("%s", culprit_error_message(err));
}

static void shell_in(const char *directory, const char *script)
{
	const char *const argv[] = { "sh", "-ec", script, NULL };
	static const char *const env[] = {
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=Ada Kern",
		"GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Bo", "GIT_COMMITTER_EMAIL=bo@example.org",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false", NULL
	};
	struct process_spec spec = { .argv = argv, .env = env, .directory = directory };
	struct process_result r;
	_cleanup_(buf_deinit) struct buf out = { 0 };

	must(process_capture(&spec, &out, &out, &r));
	if (!process_succeeded(&r))
		ck_abort_msg("%s: %s", script, out.data ? out.data : "");
}

static void shell(const char *script)
{
	shell_in(top, script);
}

/*
 * Made once, and copied for each test:
 *
 *	1 -- 2 -- 3 -- M -- 4        main
 *	      \       /
 *	       s1 - s2               side
 *	 \
 *	  o1                         other, from 1
 */
static void make_template(void)
{
	ck_assert_ptr_nonnull(mkdtemp(template));
	shell_in(template, "git init -q -b main .; c() { echo $1 > ${2:-f}; git add .; git commit -qm \"$1\"; git tag c$1; };"
	      "echo '*.o' > .gitignore; c 1; git branch other; c 2; git checkout -qb side; c s1 g; c s2 g; git checkout -q main;"
	      "c 3; git merge -q --no-ff -m 'Merge side' side; git tag cM; c 4;"
	      "git checkout -q other; printf 'a\\nb\\n' > 'h i'; git add .;"
	      "git commit -qm 'other: a subject' -m 'A body.\nFixes: nothing'; git tag co1; git checkout -q main;"
	      "git tag v1.0 c1; git tag v1.9 c2; git tag v1.10 c3; git tag v1.10-rc1 c3; git tag v2.0 co1");
}

static void remove_template(void)
{
	shell_in(template, "rm -rf \"$PWD\"");
}

static void set_up(void)
{
	char script[128];

	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(script, sizeof(script), "cp -a . '%s'", top);
	shell_in(template, script);
	must(git_open(top, &git));
}

static void tear_down(void)
{
	git_destroy(git);
	shell("rm -rf \"$PWD\"");
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
}

static const char *hash(const char *revision)
{
	static struct git_hash h[8];
	static unsigned int at;
	struct git_hash *ret = &h[at++ % 8];

	must(git_resolve(git, revision, ret));
	return ret->hex;
}

START_TEST(opens_what_is_a_repository)
{
	struct culprit_error *err = git_open("/", &git);
	_cleanup_(git_destroyp) struct git *again = NULL;

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
	must(git_open(git_directory(git), &again));
	ck_assert_str_eq(git_directory(git), git_directory(again));
	ck_assert(!git_is_shallow(git));
}
END_TEST

START_TEST(resolves_and_compares)
{
	struct git_hash h;
	struct culprit_error *err = git_resolve(git, "no-such-thing", &h);
	_cleanup_(freep) struct git_hash *bases = NULL;
	size_t n;
	bool yes;

	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
	err = git_resolve(git, "--all", &h);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
	must(git_is_ancestor(git, "c1", "c4", &yes));
	ck_assert(yes);
	must(git_is_ancestor(git, "co1", "c4", &yes));
	ck_assert(!yes);
	must(git_merge_bases(git, "co1", "c4", &bases, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(bases[0].hex, hash("c1"));
}
END_TEST

START_TEST(tells_of_a_commit)
{
	struct git_commit c;
	_cleanup_(buf_deinit) struct buf patch = { 0 };

	must(git_commit_load(git, "other", &c));
	ck_assert_str_eq(c.author, "Ada Kern");
	ck_assert_str_eq(c.email, "ada@example.org");
	ck_assert_str_eq(c.subject, "other: a subject");
	ck_assert_str_eq(c.body, "A body.\nFixes: nothing\n");
	ck_assert_str_eq(c.date, "2023-11-14 22:13:20 +0000");
	ck_assert_int_eq(c.committed, 1700000000);
	ck_assert_uint_eq(c.n_parents, 1);
	ck_assert_str_eq(c.parents[0].hex, hash("c1"));
	ck_assert_uint_eq(c.n_files, 1);
	ck_assert_str_eq(c.files[0], "h i");
	git_commit_deinit(&c);
	must(git_commit_load(git, "cM", &c));
	ck_assert_uint_eq(c.n_parents, 2);
	ck_assert_uint_eq(c.n_files, 0);
	git_commit_deinit(&c);
	must(git_patch(git, "c4", 1000, &patch));
	ck_assert_ptr_nonnull(strstr(patch.data, "\n-3\n+4\n"));
	must(git_patch(git, "c4", 10, &patch));
	ck_assert(patch.len <= 1010);
}
END_TEST

START_TEST(subjects_come_together_and_alone)
{
	static const char nobody[] = "0123456789012345678901234567890123456789";
	struct git_hash other, first, twice, missing = { 0 };
	const char *subject, *again;
	struct culprit_error *err;

	must(git_resolve(git, "other", &other));
	must(git_resolve(git, "c1", &first));
	must(git_resolve(git, "c1", &twice));
	must(git_subjects_load(git, (const struct git_hash *[]){ &other, &first, &twice }, 3));
	must(git_subject(git, other.hex, &subject));
	ck_assert_str_eq(subject, "other: a subject");
	must(git_subject(git, first.hex, &subject));
	ck_assert_str_eq(subject, "1");
	must(git_subjects_load(git, (const struct git_hash *[]){ &first }, 1));
	must(git_subject(git, first.hex, &again));
	ck_assert_ptr_eq(subject, again);
	must(git_subject(git, hash("c4"), &subject));
	ck_assert_str_eq(subject, "4");
	strcpy(missing.hex, nobody);
	err = git_subjects_load(git, (const struct git_hash *[]){ &first, &missing }, 2);
	ck_assert_ptr_nonnull(err);
	culprit_error_destroy(err);
	err = git_subject(git, nobody, &subject);
	ck_assert_ptr_nonnull(err);
	culprit_error_destroy(err);
	err = git_subject(git, "c1", &subject);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
}
END_TEST

START_TEST(history_has_parents_below_children)
{
	struct git_history h;
	struct git_hash good;
	uint32_t m, s2, three;

	must(git_resolve(git, "c2", &good));
	must(git_history_load(git, "c4", &good, 1, &h));
	ck_assert_uint_eq(h.n, 6);
	ck_assert_uint_eq(h.n_boundary, 1);
	ck_assert_str_eq(h.hashes[0].hex, hash("c2"));
	ck_assert_str_eq(h.hashes[5].hex, hash("c4"));
	ck_assert_int_eq(h.dates[5], 1700000000);
	m = git_history_find(&h, hash("cM"));
	s2 = git_history_find(&h, hash("cs2"));
	three = git_history_find(&h, hash("c3"));
	ck_assert_uint_eq(git_history_find(&h, hash("c1")), UINT32_MAX);
	ck_assert_uint_eq(h.parent_start[m + 1] - h.parent_start[m], 2);
	ck_assert_uint_eq(h.parents[h.parent_start[m]], three);
	ck_assert_uint_eq(h.parents[h.parent_start[m] + 1], s2);
	ck_assert_uint_eq(h.parents[h.parent_start[three]], 0);
	for (uint32_t i = 0; i < h.n; i++) {
		for (uint32_t p = h.parent_start[i]; p < h.parent_start[i + 1]; p++)
			ck_assert_uint_lt(h.parents[p], i);
	}
	git_history_deinit(&h);
}
END_TEST

START_TEST(finds_commits_by_paths)
{
	struct git_history h;
	struct git_hash good;
	uint8_t touching[6] = { 0 };
	const char *const paths[] = { "g", "nothing" };

	must(git_resolve(git, "c2", &good));
	must(git_history_load(git, "c4", &good, 1, &h));
	must(git_history_touching(git, &h, paths, 2, touching));
	ck_assert_uint_eq(touching[git_history_find(&h, hash("cs1"))], 1);
	ck_assert_uint_eq(touching[git_history_find(&h, hash("cs2"))], 1);
	ck_assert_uint_eq(touching[git_history_find(&h, hash("c3"))], 0);
	ck_assert_uint_eq(touching[git_history_find(&h, hash("cM"))], 0);
	git_history_deinit(&h);
}
END_TEST

START_TEST(releases_newest_first_without_candidates)
{
	struct arena arena = { 0 };
	const char **tags;
	size_t n;

	must(git_releases(git, "c4", &arena, &tags, &n));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(tags[0], "v1.10");
	ck_assert_str_eq(tags[1], "v1.9");
	ck_assert_str_eq(tags[2], "v1.0");
	arena_deinit(&arena);
}
END_TEST

static void expect_file(const char *path, const char *text)
{
	char got[100] = "";
	FILE *f = fopen(path, "r");

	if (!text) {
		ck_assert_ptr_null(f);
		return;
	}
	ck_assert_msg(f != NULL, "no %s", path);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	ck_assert_str_eq(got, text);
}

START_TEST(worktrees_are_ours_and_survive_a_crash)
{
	struct git_hash before, after;
	char tree[100], path[200];

	must(git_resolve(git, "HEAD", &before));
	shell("echo mine > f; echo hook > .git/hooks/post-checkout; printf '#!/bin/sh\\ntouch \"%s\"/ran\\n' \"$PWD\" > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout");
	snprintf(tree, sizeof(tree), "%s/w t", top);
	must(git_worktree_prepare(git, tree));
	must(git_checkout(git, tree, "c2", false));
	snprintf(path, sizeof(path), "%s/w t/f", top);
	expect_file(path, "2\n");
	/* a build's leftovers: ignored ones stay, others go */
	shell("touch 'w t/a.o' 'w t/junk'; echo changed > 'w t/f'; for d in .git/worktrees/*; do touch $d/index.lock; done");
	must(git_worktree_prepare(git, tree));
	must(git_checkout(git, tree, "co1", false));
	expect_file(path, "1\n");
	shell("test -e 'w t/a.o'; test ! -e 'w t/junk'; test -e 'w t/h i'");
	must(git_checkout(git, tree, "c3", true));
	shell("test ! -e 'w t/a.o'");
	/* half made, or somebody else's directory at our place */
	shell("rm 'w t/.git'; echo x > 'w t/y'");
	must(git_worktree_prepare(git, tree));
	must(git_checkout(git, tree, "c3", false));
	expect_file(path, "3\n");
	must(git_worktree_remove(git, tree));
	shell("test ! -e 'w t'; test $(git worktree list | wc -l) = 1; test ! -e ran");
	snprintf(path, sizeof(path), "%s/f", top);
	expect_file(path, "mine\n");
	must(git_resolve(git, "HEAD", &after));
	ck_assert_str_eq(before.hex, after.hex);
}
END_TEST

START_TEST(changes_apply_or_leave_no_trace)
{
	char tree[100], path[200], patch[200];
	bool clean;

	snprintf(tree, sizeof(tree), "%s/w", top);
	snprintf(path, sizeof(path), "%s/w/g", top);
	snprintf(patch, sizeof(patch), "%s/p.diff", top);
	must(git_worktree_prepare(git, tree));
	must(git_checkout(git, tree, "c4", false));
	must(git_change(git, tree, GIT_REVERT, "cs2", &clean));
	ck_assert(clean);
	expect_file(path, "s1\n");
	/* 3 wrote f, 4 wrote over it */
	must(git_change(git, tree, GIT_REVERT, "c3", &clean));
	ck_assert(!clean);
	expect_file(path, "s1\n");
	snprintf(path, sizeof(path), "%s/w/f", top);
	expect_file(path, "4\n");
	must(git_checkout(git, tree, "c4", false));
	must(git_change(git, tree, GIT_REVERT, "cM", &clean));
	ck_assert(clean);
	shell("test ! -e w/g");
	must(git_checkout(git, tree, "c2", false));
	must(git_change(git, tree, GIT_CHERRY_PICK, "co1", &clean));
	ck_assert(clean);
	shell("test -e 'w/h i'; git -C \"$PWD\" diff c2 c3 > p.diff");
	must(git_change(git, tree, GIT_APPLY, patch, &clean));
	ck_assert(clean);
	expect_file(path, "3\n");
	must(git_change(git, tree, GIT_APPLY, patch, &clean));
	ck_assert(clean);
	must(git_checkout(git, tree, "c4", false));
	must(git_change(git, tree, GIT_APPLY, patch, &clean));
	ck_assert(!clean);
	expect_file(path, "4\n");
}
END_TEST

START_TEST(equal_files_hash_equally)
{
	struct git_hash a, b, none;
	char path[100];

	shell("mkdir -p a/x b/x; echo 1 > a/x/1; echo 2 > a/2; echo 2 > b/2; echo 1 > b/x/1");
	snprintf(path, sizeof(path), "%s/a", top);
	must(git_hash_files(git, path, &a));
	snprintf(path, sizeof(path), "%s/b", top);
	must(git_hash_files(git, path, &b));
	ck_assert_uint_eq(strlen(a.hex), 40);
	ck_assert_str_eq(a.hex, b.hex);
	shell("chmod +x b/2");
	must(git_hash_files(git, path, &b));
	ck_assert_str_ne(a.hex, b.hex);
	snprintf(path, sizeof(path), "%s/none", top);
	must(git_hash_files(git, path, &none));
	ck_assert_str_eq(none.hex, "");
}
END_TEST

START_TEST(many_commits_stream_through)
{
	_cleanup_(git_destroyp) struct git *many = NULL;
	struct git_history h;
	char path[100];

	shell("git init -q --bare many; awk 'BEGIN { for (i = 1; i <= 20000; i++) printf "
	      "\"commit refs/heads/main\\ncommitter a <a> %d +0000\\ndata 0\\n\", i }' |"
	      "git -C many -c core.compression=0 fast-import --quiet");
	snprintf(path, sizeof(path), "%s/many", top);
	must(git_open(path, &many));
	must(git_history_load(many, "main", NULL, 0, &h));
	ck_assert_uint_eq(h.n, 20000);
	ck_assert_uint_eq(h.n_boundary, 0);
	ck_assert_int_eq(h.dates[0], 1);
	for (uint32_t i = 1; i < h.n; i++) {
		ck_assert_uint_eq(h.parent_start[i + 1] - h.parent_start[i], 1);
		ck_assert_uint_eq(h.parents[h.parent_start[i]], i - 1);
	}
	git_history_deinit(&h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("git");
	TCase *tc = tcase_create("git");

	tcase_set_timeout(tc, 600);
	tcase_add_unchecked_fixture(tc, make_template, remove_template);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, opens_what_is_a_repository);
	tcase_add_test(tc, resolves_and_compares);
	tcase_add_test(tc, tells_of_a_commit);
	tcase_add_test(tc, subjects_come_together_and_alone);
	tcase_add_test(tc, history_has_parents_below_children);
	tcase_add_test(tc, finds_commits_by_paths);
	tcase_add_test(tc, releases_newest_first_without_candidates);
	tcase_add_test(tc, worktrees_are_ours_and_survive_a_crash);
	tcase_add_test(tc, changes_apply_or_leave_no_trace);
	tcase_add_test(tc, equal_files_hash_equally);
	tcase_add_test(tc, many_commits_stream_through);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
