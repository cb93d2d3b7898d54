/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "cli/corpus/diff.h"
#include "suite.h"

static char *diff(const char *from, const char *to, unsigned int context)
{
	struct buf buf = { 0 };

	ck_assert(buf_add_str(&buf, ""));
	ck_assert_ptr_null(diff_unified(span_of(from), span_of(to), context, false, &buf));
	return buf.data ? buf.data : strdup("");
}

#define ck_diff(from, to, context, expected)                                   \
	do {                                                                   \
		char *found_ = diff(from, to, context);                        \
		ck_assert_str_eq(found_, expected);                            \
		free(found_);                                                  \
	} while (0)

START_TEST(equal_texts_have_no_hunk)
{
	ck_diff("", "", 3, "");
	ck_diff("a\nb\n", "a\nb\n", 3, "");
}
END_TEST

START_TEST(a_changed_line_stands_between_its_neighbours)
{
	ck_diff("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n", 1, "@@ -2,3 +2,3 @@\n b\n-c\n+X\n d\n");
	ck_diff("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n", 0, "@@ -3 +3 @@\n-c\n+X\n");
}
END_TEST

START_TEST(lines_come_and_go)
{
	ck_diff("", "a\n", 3, "@@ -0,0 +1 @@\n+a\n");
	ck_diff("a\n", "", 3, "@@ -1 +0,0 @@\n-a\n");
	ck_diff("a\nb\n", "a\nnew\nb\n", 1, "@@ -1,2 +1,3 @@\n a\n+new\n b\n");
	ck_diff("a\na\na\n", "a\na\n", 0, "@@ -3 +2,0 @@\n-a\n");
}
END_TEST

START_TEST(near_changes_share_a_hunk_far_ones_do_not)
{
	ck_diff("1\n2\n3\n4\n", "x\n2\n3\ny\n", 1, "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n-4\n+y\n");
	ck_diff("1\n2\n3\n4\n5\n", "x\n2\n3\n4\ny\n", 1,
		"@@ -1,2 +1,2 @@\n-1\n+x\n 2\n@@ -4,2 +4,2 @@\n 4\n-5\n+y\n");
}
END_TEST

START_TEST(a_missing_newline_is_told)
{
	ck_diff("a\n", "a", 3, "@@ -1 +1 @@\n-a\n+a\n\\ no newline at the end\n");
}
END_TEST

START_TEST(control_bytes_are_shown)
{
	ck_diff("a\033[2J\n", "b\xff\n", 0, "@@ -1 +1 @@\n-a\\x1b[2J\n+b\\xff\n");
}
END_TEST

/* 3000 times 3000 lines is over the limit: still a diff, and the equal ends are kept. */
START_TEST(large_texts_are_replaced_whole)
{
	_cleanup_(buf_deinit) struct buf from = { 0 };
	_cleanup_(buf_deinit) struct buf to = { 0 };
	size_t n = 0;
	char *found;

	ck_assert(buf_add_str(&from, "first\n") && buf_add_str(&to, "first\n"));
	for (int i = 0; i < 3000; i++)
		ck_assert(buf_printf(&from, "a%d\n", i) && buf_printf(&to, "b%d\n", i));
	found = diff(from.data, to.data, 1);
	ck_assert(strstr(found, "@@ -1,3001 +1,3001 @@\n first\n-a0\n-a1\n") == found);
	for (const char *at = found; *at; at++)
		n += *at == '\n';
	ck_assert_uint_eq(n, 6002);
	free(found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diff");
	TCase *tc = tcase_create("diff");

	tcase_add_test(tc, equal_texts_have_no_hunk);
	tcase_add_test(tc, a_changed_line_stands_between_its_neighbours);
	tcase_add_test(tc, lines_come_and_go);
	tcase_add_test(tc, near_changes_share_a_hunk_far_ones_do_not);
	tcase_add_test(tc, a_missing_newline_is_told);
	tcase_add_test(tc, control_bytes_are_shown);
	tcase_add_test(tc, large_texts_are_replaced_whole);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
