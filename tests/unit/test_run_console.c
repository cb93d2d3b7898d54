/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/process.h"
#include "session/runner.h"
#include "suite.h"

#define A "1111111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "2222222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct git_hash hashes[] = { { A }, { B } };
static const struct git_history history = { .n = 2, .hashes = hashes };
static struct culprit_patterns *patterns;
static char repository[] = "/tmp/culprit-kernel-XXXXXX";
static struct git *git;

static void in_repository(const char *script)
{
	const char *const argv[] = { "sh", "-ec", script, NULL };
	struct process_spec spec = { .argv = argv, .directory = repository };
	struct process_result r;

	ck_assert_ptr_null(process_run(&spec, &r));
	ck_assert(process_succeeded(&r));
}

/* One commit, whose Makefile is that of a kernel. */
static void setup(void)
{
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &patterns));
	ck_assert_ptr_nonnull(mkdtemp(repository));
	in_repository("git init -q .; printf '# SPDX\nVERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\n' >Makefile;"
		      "git add .; git -c user.name=a -c user.email=a@b -c commit.gpgSign=false commit -qm one");
	ck_assert_ptr_null(git_open(repository, &git));
}

static void teardown(void)
{
	git_destroy(git);
	in_repository("rm -rf .git Makefile");
	rmdir(repository);
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
	ck_assert_ptr_null(run_console_other_kernel(&console, git, &history, A, &other));
	ck_assert_str_eq(other ? other : "", logs[_i].other);
	run_console_deinit(&console);
}
END_TEST

static const struct {
	const char *log, *other;
} versions[] = {
	{ BOOT("6.1.0"), "" },
	{ BOOT("6.1.0-rc3+"), "" },
	{ BOOT("6.1.0-28-amd64"), "" },
	{ BOOT("6.1.0.custom"), "" },
	{ BOOT("6.1"), "" },
	{ BOOT("6.1.119"), "" },
	{ BOOT("6.10.0"), "6.10.0" },
	{ BOOT("16.1.0"), "16.1.0" },
	{ BOOT("6.12.0-rc1"), "6.12.0-rc1" },
	{ BOOT("5.14.0-362.el9.x86_64"), "5.14.0-362.el9.x86_64" },
	{ BOOT("5.14.0-362.el9.x86_64") BOOT("6.1.0-rc3"), "" },
	{ BOOT("5.14.0-362.el9.x86_64") BOOT("6.1.0-g2222222222bb"), "5.14.0-362.el9.x86_64" },
};

/* Of a kernel that names no commit, the Makefile's version is left. */
START_TEST(another_version_than_the_makefile_s_is_another_kernel)
{
	struct run_console console;
	struct git_hash head;
	const char *other;

	ck_assert_ptr_null(git_resolve(git, "HEAD", &head));
	ck_assert_ptr_null(run_console_init(&console, patterns, NULL));
	ck_assert_ptr_null(run_console_feed(&console, span_of(versions[_i].log)));
	ck_assert_ptr_null(run_console_other_kernel(&console, git, &history, head.hex, &other));
	ck_assert_str_eq(other ? other : "", versions[_i].other);
	run_console_deinit(&console);
}
END_TEST

static const struct {
	const char *makefile, *version;
} makefiles[] = {
	{ "", "" },
	{ "all:\n\tcc x.c\n", "" },
	{ "VERSION = 1.0\nPATCHLEVEL = 1\nSUBLEVEL = 0\n", "" },
	{ "VERSION = 6\nPATCHLEVEL = 1\n", "" },
	{ "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL =\n", "" },
	{ "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 102", "6.1" },
	{ "VERSION=2\nPATCHLEVEL\t=  6\nSUBLEVEL = 39 \nEXTRAVERSION = .4\n", "2.6" },
	{ "VERSIONS = 3\nVERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nVERSION = 7\n", "6.1" },
	{ "VERSION = 99999999999\nPATCHLEVEL = 1\nSUBLEVEL = 0\n", "" },
};

START_TEST(a_makefile_says_which_kernel_it_is)
{
	_cleanup_(buf_deinit) struct buf version = { 0 };

	ck_assert(git_makefile_version(span_of(makefiles[_i].makefile), &version));
	ck_assert_str_eq(version.data ? version.data : "", makefiles[_i].version);
}
END_TEST

/* A log of very many kernels is no run's, and says nothing of one. */
START_TEST(too_many_kernels_say_nothing)
{
	struct run_console console;
	const char *other;
	char boot[200];

	ck_assert_ptr_null(run_console_init(&console, patterns, NULL));
	for (int i = 0; i < 20; i++) {
		snprintf(boot, sizeof(boot), BOOT("6.%d.0-g2222222222bb"), i);
		ck_assert_ptr_null(run_console_feed(&console, span_of(boot)));
	}
	ck_assert_ptr_null(run_console_other_kernel(&console, git, &history, A, &other));
	ck_assert_ptr_null(other);
	run_console_deinit(&console);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_console");
	TCase *tc = tcase_create("run_console");

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, another_kernel_is_known_by_its_version, 0, countof(logs));
	tcase_add_loop_test(tc, another_version_than_the_makefile_s_is_another_kernel, 0, countof(versions));
	tcase_add_loop_test(tc, a_makefile_says_which_kernel_it_is, 0, countof(makefiles));
	tcase_add_test(tc, too_many_kernels_say_nothing);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
