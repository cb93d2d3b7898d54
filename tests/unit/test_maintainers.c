/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "symbol/maintainers.h"
#include "suite.h"

static char dir[] = "/tmp/culprit-maintainers-XXXXXX";
static struct arena arena;

/* A tree whose script is this text of Perl. */
static void write_script(const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/scripts", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/scripts/get_maintainer.pl", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void ck_error(struct culprit_error *err, enum culprit_error_code code, const char *part)
{
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), code);
	ck_assert_msg(strstr(culprit_error_message(err), part) != NULL, "%s", culprit_error_message(err));
	culprit_error_destroy(err);
}

START_TEST(lines_become_people_and_lists)
{
	static const char text[] =
		"\"Theodore Ts'o\" <tytso@example.org> (maintainer:EXT4 FILE SYSTEM)\n"
		"Jan (the other) <jan@example.org> (supporter:X (Y))\n"
		"linux-ext4@example.org (open list:EXT4 FILE SYSTEM)\n"
		"list@example.org\n"
		"scripts/get_maintainer.pl: The current directory does not appear to be\n"
		"<no address here> (x)\n";
	static const struct maintainer expected[] = {
		{ "Theodore Ts'o", "tytso@example.org", "maintainer:EXT4 FILE SYSTEM" },
		{ "Jan (the other)", "jan@example.org", "supporter:X (Y)" },
		{ "", "linux-ext4@example.org", "open list:EXT4 FILE SYSTEM" },
		{ "", "list@example.org", "" },
	};
	struct maintainer *list;
	size_t n;

	ck_assert_ptr_null(maintainers_parse(span_of(text), &arena, &list, &n));
	ck_assert_uint_eq(n, countof(expected));
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(list[i].name, expected[i].name);
		ck_assert_str_eq(list[i].address, expected[i].address);
		ck_assert_str_eq(list[i].role, expected[i].role);
	}
}
END_TEST

START_TEST(the_trees_own_script_is_asked)
{
	struct maintainer *list;
	size_t n;

	write_script("print \"$ARGV[-1]\\@example.org (of $ARGV[-2])\\n\";");
	ck_assert_ptr_null(maintainers_find(dir, "fs/ext4/super.c", 10000, &arena, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].address, "fs/ext4/super.c@example.org");
	ck_assert_str_eq(list[0].role, "of -f");
}
END_TEST

START_TEST(a_script_that_hangs_is_ended)
{
	struct maintainer *list;
	struct timespec start, end;
	size_t n;

	/* its child holds the output open, too */
	write_script("print \"a\\@example.org\\n\"; system('sleep 60'); sleep 60;");
	clock_gettime(CLOCK_MONOTONIC, &start);
	ck_error(maintainers_find(dir, "fs/a.c", 300, &arena, &list, &n), CULPRIT_ERROR_LIMIT, "took over 0.3 seconds");
	clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_int_lt(end.tv_sec - start.tv_sec, 15);
}
END_TEST

START_TEST(a_script_that_fails_is_an_error)
{
	struct maintainer *list;
	size_t n;

	write_script("print STDERR \"Bad file\\nmore\\n\"; exit 3;");
	ck_error(maintainers_find(dir, "fs/a.c", 10000, &arena, &list, &n), CULPRIT_ERROR_FORMAT, "exit code 3: Bad file");
}
END_TEST

START_TEST(without_a_script_nobody_is_known)
{
	struct maintainer *list;
	char path[128];
	size_t n;

	snprintf(path, sizeof(path), "%s/scripts/get_maintainer.pl", dir);
	unlink(path);
	ck_error(maintainers_find(dir, "fs/a.c", 10000, &arena, &list, &n), CULPRIT_ERROR_NOT_FOUND, "is missing");
}
END_TEST

START_TEST(names_that_lead_elsewhere_are_refused)
{
	static const char *const names[] = { "", "/etc/passwd", "../a.c", "fs/../../a.c", "--help", "-f" };
	struct maintainer *list;
	size_t n;

	write_script("print \"a\\@example.org\\n\";");
	for (size_t i = 0; i < countof(names); i++)
		ck_error(maintainers_find(dir, names[i], 10000, &arena, &list, &n), CULPRIT_ERROR_NOT_FOUND, "is no file of");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintainers");
	TCase *tcase = tcase_create("all");
	char command[128];
	int failed;

	if (!mkdtemp(dir))
		return 1;
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lines_become_people_and_lists);
	if (!system("command -v perl >/dev/null")) {
		tcase_add_test(tcase, the_trees_own_script_is_asked);
		tcase_add_test(tcase, a_script_that_hangs_is_ended);
		tcase_add_test(tcase, a_script_that_fails_is_an_error);
	}
	tcase_add_test(tcase, without_a_script_nobody_is_known);
	tcase_add_test(tcase, names_that_lead_elsewhere_are_refused);
	suite_add_tcase(suite, tcase);
	failed = run_suite(suite);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) || failed;
}
