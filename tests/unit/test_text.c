/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "cli/output/text.h"
#include "suite.h"

static void ck_text(struct span s, enum text_shape shape, const char *expected)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };

	ck_assert(text_add(&buf, s, shape));
	ck_assert_str_eq(buf.len ? buf.data : "", expected);
}

START_TEST(nothing_reaches_a_terminal_raw)
{
	ck_text(SPAN(""), TEXT_FIELD, "");
	ck_text(SPAN("plain"), TEXT_FIELD, "plain");
	ck_text(SPAN("a\033[31mb\007"), TEXT_LINES, "a\\x1b[31mb\\x07");
	ck_text(SPAN("a\0b\177"), TEXT_LINES, "a\\x00b\\x7f");
	ck_text(SPAN("a\tb\nc\r"), TEXT_LINES, "a\tb\nc\\x0d");
	ck_text(SPAN("a\tb\nc"), TEXT_FIELD, "a\\x09b\\x0ac");
	ck_text(SPAN("C1 \xc2\x9b"), TEXT_FIELD, "C1 \\xc2\\x9b");
	ck_text(SPAN("turned \xe2\x80\xae"), TEXT_FIELD, "turned \\xe2\\x80\\xae");
	ck_text(SPAN("Gr\xc3\xbc\xc3\x9f"), TEXT_FIELD, "Gr\xc3\xbc\xc3\x9f");
	ck_text(SPAN("torn \xc3"), TEXT_FIELD, "torn \\xc3");
}
END_TEST

START_TEST(utf8_is_checked_as_rfc_3629_says)
{
	ck_assert_uint_eq(text_utf8_len(SPAN("")), 0);
	ck_assert_uint_eq(text_utf8_len(SPAN("a")), 1);
	ck_assert_uint_eq(text_utf8_len(SPAN("\xc3\xbc")), 2);
	ck_assert_uint_eq(text_utf8_len(SPAN("\xe2\x82\xac")), 3);
	ck_assert_uint_eq(text_utf8_len(SPAN("\xf0\x9f\x90\xa7")), 4);
	ck_assert_uint_eq(text_utf8_len(SPAN("\x80")), 0);
	ck_assert_uint_eq(text_utf8_len(SPAN("\xc0\x80")), 0);		/* overlong */
	ck_assert_uint_eq(text_utf8_len(SPAN("\xe0\x80\xaf")), 0);	/* overlong */
	ck_assert_uint_eq(text_utf8_len(SPAN("\xed\xa0\x80")), 0);	/* surrogate */
	ck_assert_uint_eq(text_utf8_len(SPAN("\xf4\x90\x80\x80")), 0);	/* over U+10FFFF */
	ck_assert_uint_eq(text_utf8_len(SPAN("\xe2\x82")), 0);
	ck_assert_uint_eq(text_utf8_len(SPAN("\xff\xff\xff\xff")), 0);
}
END_TEST

START_TEST(a_clean_log_is_one_line)
{
	struct culprit_summary summary = { .n_bytes = 1, .phase = CULPRIT_PHASE_USERSPACE, .kernel_version = "6.1.0",
					   .n_boots = 1 };
	_cleanup_(buf_deinit) struct buf buf = { 0 };

	ck_assert(text_add_clean(&buf, &summary, NULL, false));
	ck_assert_str_eq(buf.data, "no crash found (kernel 6.1.0, reached userspace)\n");
	buf.len = 0;
	summary = (struct culprit_summary){ 0 };
	ck_assert(text_add_clean(&buf, &summary, "a.log", false));
	ck_assert_str_eq(buf.data, "a.log: no crash found (the log is empty)\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, nothing_reaches_a_terminal_raw);
	tcase_add_test(tc, utf8_is_checked_as_rfc_3629_says);
	tcase_add_test(tc, a_clean_log_is_one_line);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
