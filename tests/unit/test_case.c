/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "cli/corpus/case.h"
#include "suite.h"

static void parse(const char *text, struct corpus_case *ret)
{
	struct culprit_error *err;

	*ret = (struct corpus_case){ 0 };
	err = case_parse(span_of(text), "/x/7", "7", ret);
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
}

static void ck_refused(const char *text, const char *message)
{
	struct corpus_case c = { 0 };
	struct culprit_error *err = case_parse(span_of(text), "/x/7", "7", &c);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_SYNTAX);
	ck_assert_msg(strstr(culprit_error_message(err), message) == culprit_error_message(err), "%s",
		      culprit_error_message(err));
	culprit_error_destroy(err);
	case_deinit(&c);
}

START_TEST(every_header_is_read)
{
	struct corpus_case c;

	parse("# made so\nTITLE: WARNING in f\nALT: z in f\nALT: a in f\nTYPE: WARNING\nFRAME: f\nSTART: [ 1.0] x\n"
	      "END: [ 2.0] y\nCORRUPTED: Y\nSUPPRESSED: Y\nPANICKED: N\nEXECUTOR: proc=5, id=7376\n\nlog\nlog\n", &c);
	ck_assert_str_eq(c.title, "WARNING in f");
	ck_assert_uint_eq(c.n_alts, 2);
	ck_assert_str_eq(c.alts[0], "a in f");
	ck_assert_str_eq(c.alts[1], "z in f");
	ck_assert_str_eq(c.type, "WARNING");
	ck_assert_str_eq(c.frame, "f");
	ck_assert_str_eq(c.start, "[ 1.0] x");
	ck_assert_str_eq(c.end, "[ 2.0] y");
	ck_assert(c.corrupted && c.suppressed && !c.panicked);
	ck_assert(c.has_executor);
	ck_assert_uint_eq(c.executor_proc, 5);
	ck_assert_uint_eq(c.executor_id, 7376);
	ck_assert_uint_eq(c.n_comments, 1);
	ck_assert_str_eq(c.comments[0], "made so");
	ck_assert_str_eq(c.group, "WARNING");
	ck_assert(span_equal(c.log, SPAN("log\nlog\n")));
	ck_assert(!c.has_report);
	case_deinit(&c);
}
END_TEST

START_TEST(no_headers_means_no_report)
{
	struct corpus_case c;

	parse("\nTITLE: this is the log\n", &c);
	ck_assert_ptr_null(c.title);
	ck_assert_str_eq(c.group, "none");
	ck_assert(span_equal(c.log, SPAN("TITLE: this is the log\n")));
	case_deinit(&c);
}
END_TEST

START_TEST(the_report_follows_an_empty_line)
{
	struct corpus_case c;

	parse("TITLE: t\n\na\nREPORT:\nb\n\nREPORT:\nx\r\ny", &c);
	ck_assert(span_equal(c.log, SPAN("a\nREPORT:\nb\n\n")));
	ck_assert(c.has_report);
	ck_assert(span_equal(c.report, SPAN("x\ny\n")));
	case_deinit(&c);
}
END_TEST

START_TEST(carriage_returns_are_kept_in_the_log_only)
{
	struct corpus_case c;

	parse("TITLE: t\r\nCORRUPTED: Y\r\n\r\na\r\n\r\nREPORT:\r\nx\r\n", &c);
	ck_assert_str_eq(c.title, "t");
	ck_assert(c.corrupted);
	ck_assert(span_equal(c.log, SPAN("a\r\n\r\n")));
	ck_assert(span_equal(c.report, SPAN("x\n")));
	case_deinit(&c);
}
END_TEST

START_TEST(mistakes_have_a_place)
{
	ck_refused("TITEL: t\n\nlog\n", "/x/7:1: unknown header; expected one of TITLE, ");
	ck_refused("TITLE: t\n[  1.0] a log without headers\n", "/x/7:2: expected 'HEADER: value'");
	ck_refused("TITLE: t\nCORRUPTED: yes\n\n", "/x/7:2: expected Y or N");
	ck_refused("EXECUTOR: 5/7\n\n", "/x/7:1: expected proc=NUMBER, id=NUMBER");
}
END_TEST

START_TEST(what_is_written_reads_back_the_same)
{
	static const char text[] = "# made so\n#\n# and so\nTITLE: t\nALT: a\nALT: b\nTYPE: WARNING\nCORRUPTED: Y\n"
				   "EXECUTOR: proc=0, id=1\n\n";
	_cleanup_(buf_deinit) struct buf buf = { 0 };
	struct corpus_case c;

	parse(text, &c);
	ck_assert(case_write_headers(&buf, &c));
	ck_assert_str_eq(buf.data, text);
	case_deinit(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("case");
	TCase *tc = tcase_create("case");

	tcase_add_test(tc, every_header_is_read);
	tcase_add_test(tc, no_headers_means_no_report);
	tcase_add_test(tc, the_report_follows_an_empty_line);
	tcase_add_test(tc, carriage_returns_are_kept_in_the_log_only);
	tcase_add_test(tc, mistakes_have_a_place);
	tcase_add_test(tc, what_is_written_reads_back_the_same);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
