/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "input/lookback.h"
#include "suite.h"

static struct history history;

static void setup(void)
{
	history = (struct history){ .len = 0 };
}

static void teardown(void)
{
	history_deinit(&history);
}

/* The texts of all lines before, the newest first, each with an end of line; twice, to see that they stay. */
static void ck_lines(const char *old, const char *before, bool whole_log, const char *expected)
{
	static const struct console_decoder learned;
	struct lookback back;
	const struct line *line;

	history.len = 0;
	history_add(&history, span_of(old));
	lookback_init(&back, &history, span_of(before), history.len + (whole_log ? 0 : 100), &learned);
	for (int twice = 0; twice < 2; twice++) {
		_cleanup_(buf_deinit) struct buf got = { 0 };

		for (size_t i = 0;; i++) {
			ck_assert_ptr_null(lookback_line(&back, i, &line));
			if (!line)
				break;
			ck_assert(buf_add(&got, line->text.ptr, line->text.len) && buf_add_char(&got, '\n'));
		}
		ck_assert_str_eq(got.len ? got.data : "", expected);
	}
}

START_TEST(lines_from_the_newest)
{
	ck_lines("", "", true, "");
	ck_lines("a\nb\n", "", true, "b\na\n");
	ck_lines("a\n", "b\nc\n", true, "c\nb\na\n");
	/* A line that ends behind the history. */
	ck_lines("a\nb", "b\nc\n", true, "c\nbb\na\n");
	ck_lines("\n\n", "", true, "\n\n");
}
END_TEST

START_TEST(half_lines_are_left_out)
{
	/* The history does not begin where the log did. */
	ck_lines("a\nb\n", "", false, "b\n");
	/* The line at hand is a later piece of one. */
	ck_lines("a\nb", "", true, "");
}
END_TEST

START_TEST(cleaned_lines_stay)
{
	ck_lines("[    1.000000] \033[1mone\033[0m\n[    2.000000] t\001wo\n", "[    3.000000] \033[31mthree\n", true,
		 "three\ntwo\none\n");
}
END_TEST

START_TEST(the_line_at_hand_stays)
{
	_cleanup_(console_decoder_deinit) struct console_decoder decoder = { 0 };
	struct span raw = SPAN("[    2.000000] \033[1mat hand\033[0m");
	const struct line *older;
	struct lookback back;
	struct line line;

	history_add(&history, SPAN("[    1.000000] \033[1molder than it\033[0m** replaying previous printk message **\n"));
	ck_assert_ptr_null(console_decode(&decoder, raw, 0, &line));
	lookback_init(&back, &history, SPAN(""), history.len, &decoder);
	ck_assert_ptr_null(lookback_line(&back, 0, &older));
	ck_assert(span_equal(older->text, SPAN("older than it")));
	ck_assert(span_equal(line.text, SPAN("at hand")));
	ck_assert(!decoder.replay_next);
}
END_TEST

START_TEST(what_the_first_learned_counts)
{
	struct console_decoder learned = { .seen_kmsg = true };
	const struct line *line;
	struct lookback back;

	history_add(&history, SPAN("6,1,1000000,-;usb 1-1: new device\n SUBSYSTEM=usb\n"));
	lookback_init(&back, &history, SPAN(""), history.len, &learned);
	ck_assert_ptr_null(lookback_line(&back, 0, &line));
	ck_assert_int_eq(line->origin, ORIGIN_META);
	ck_assert_ptr_null(lookback_line(&back, 1, &line));
	ck_assert_int_eq(line->origin, ORIGIN_KERNEL);

	learned.seen_kmsg = false;
	lookback_init(&back, &history, SPAN(""), history.len, &learned);
	ck_assert_ptr_null(lookback_line(&back, 0, &line));
	ck_assert_int_eq(line->origin, ORIGIN_UNKNOWN);
}
END_TEST

START_TEST(bounded)
{
	static const struct console_decoder learned;
	_cleanup_(buf_deinit) struct buf log = { 0 };
	const struct line *line;
	struct lookback back;
	size_t n = 0;

	/* Many short lines, then long ones: as many as the bytes hold. */
	for (int i = 0; i < 500; i++)
		ck_assert(buf_printf(&log, "line %d\n", i));
	history_add(&history, buf_span(&log));
	lookback_init(&back, &history, SPAN(""), log.len, &learned);
	do {
		ck_assert_ptr_null(lookback_line(&back, n, &line));
		if (line) {
			_cleanup_(buf_deinit) struct buf text = { 0 };

			ck_assert(buf_printf(&text, "line %zu", 499 - n));
			ck_assert(span_equal(line->text, buf_span(&text)));
			/* the last lines have nine bytes each */
			ck_assert_uint_eq(line->offset, log.len - 9 * (n + 1));
			n++;
		}
	} while (line);
	ck_assert_uint_eq(n, LOOKBACK_LINES);

	log.len = 0;
	for (int i = 0; i < 100; i++)
		ck_assert(buf_printf(&log, "%999d\n", i));
	for (size_t at = 0; at < log.len; at += 700)
		history_add(&history, (struct span){ log.data + at, log.len - at < 700 ? log.len - at : 700 });
	lookback_init(&back, &history, SPAN(""), 1u << 20, &learned);
	ck_assert_ptr_null(lookback_line(&back, 7, &line));
	ck_assert_ptr_nonnull(line);
	ck_assert(span_equal(span_trim(line->text), SPAN("92")));
	ck_assert_ptr_null(lookback_line(&back, 8, &line));
	ck_assert_ptr_null(line);
	ck_assert(lookback_holds(&back, SPAN(" 92\n")));
	ck_assert(!lookback_holds(&back, SPAN(" 90\n")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lookback");
	TCase *tc = tcase_create("lookback");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lines_from_the_newest);
	tcase_add_test(tc, half_lines_are_left_out);
	tcase_add_test(tc, cleaned_lines_stay);
	tcase_add_test(tc, the_line_at_hand_stays);
	tcase_add_test(tc, what_the_first_learned_counts);
	tcase_add_test(tc, bounded);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
