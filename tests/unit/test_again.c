/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report's text is itself a log, and people send it around: read again, also
 * with source lines as `culprit symbolize` writes them, each report of the
 * corpus has its title, type and frames.
 *
 * The text has no prefixes any more: what only the times or the callers of
 * printk's prefix told is lost.
 */
#include <check.h>
#include <stdio.h>

#include "cli/corpus/case.h"
#include "report/symbol_scan.h"
#include "pattern/pattern.h"
#include "suite.h"

/* Reports that are known to be read otherwise, and why. */
static const struct { const char *name, *why; } others[] = {
	{ "bug/x86d-busy-dentry", "the WARNING behind it is told apart from others by its caller" },
	{ "kasan/written-console-disconnected", "that the console was lost is said elsewhere in the log" },
	{ "warning/badness-at", "its stack has one line beside a leftover, which is left out: that looks cut" },
	{ "reboot/written-*", "an event: nothing but what begins the next boot is its text" },
};

static struct culprit_patterns *set;
static size_t n_reports, n_wrong;
static bool seen[countof(others)];

static ptrdiff_t find_other(const char *name)
{
	for (size_t i = 0; i < countof(others); i++) {
		if (glob_match(others[i].name, span_of(name)))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* What has to stay.  Stacks that a line before the banner opened are no matter of the report. */
static void describe(const struct culprit_report *r, struct buf *ret)
{
	ck_assert(buf_printf(ret, "%s | %s%s\n", r->title, r->type ? r->type : "-", r->corrupted ? " | corrupted" : ""));
	for (size_t i = 0; i < r->n_alt_titles; i++)
		ck_assert(buf_printf(ret, " or %s\n", r->alt_titles[i]));
	for (size_t i = 0; i < r->n_stacks; i++) {
		const struct culprit_stack *s = &r->stacks[i];

		if (s->text_line < r->prefix_lines)
			continue;
		ck_assert(buf_printf(ret, " %s:", culprit_role_name(s->role)));
		for (size_t k = 0; k < s->n_frames; k++) {
			if (!(s->frames[k].flags & CULPRIT_FRAME_INLINE))
				ck_assert(buf_printf(ret, " %s", s->frames[k].function ? s->frames[k].function : "-"));
		}
		ck_assert(buf_add_char(ret, '\n'));
	}
}

static struct culprit_parser *parser_of(struct span log)
{
	struct culprit_parser *parser;

	ck_assert_ptr_null(culprit_parser_create(set, NULL, &parser));
	ck_assert_ptr_null(culprit_parser_feed(parser, log.ptr, log.len));
	ck_assert_ptr_null(culprit_parser_finish(parser));
	return parser;
}

static void describe_all(struct span log, struct buf *ret)
{
	struct culprit_parser *parser = parser_of(log);
	struct culprit_report *r;

	while ((r = culprit_parser_take(parser))) {
		describe(r, ret);
		culprit_report_destroy(r);
	}
	culprit_parser_destroy(parser);
}

/* text with a source line behind each symbol and, where symbolize would have one, an inlined function above. */
static void add_sources(struct span text, struct buf *ret)
{
	struct span line;
	size_t pos = 0;

	while (symbol_next_line(text, &pos, &line)) {
		_cleanup_(buf_deinit) struct buf plain = { 0 }, inlined = { 0 };
		struct symbol_token token;
		size_t at = 0, written = 0, n = 0;

		while (symbol_next(line, &at, &token)) {
			if (!n++ && !token.leftover && !token.done && token.name.len)
				ck_assert(buf_add(&inlined, line.ptr, token.start) &&
					  buf_add_str(&inlined, "kc_inlined include/linux/kc.h:12 [inline]") &&
					  buf_add(&inlined, line.ptr + token.end, line.len - token.end) &&
					  buf_add_char(&inlined, '\n'));
			ck_assert(buf_add(&plain, line.ptr + written, token.end - written));
			if (!token.done && token.name.len)
				ck_assert(buf_add_str(&plain, " fs/kc.c:34"));
			written = token.end;
		}
		ck_assert(buf_add(&plain, line.ptr + written, line.len - written) && buf_add_char(&plain, '\n'));
		ck_assert(n != 1 || buf_add(ret, inlined.data, inlined.len));
		ck_assert(buf_add(ret, plain.data, plain.len));
	}
}

static void ck_again(const struct corpus_case *c, const struct culprit_report *r, bool sources)
{
	_cleanup_(buf_deinit) struct buf log = { 0 }, expected = { 0 }, found = { 0 };
	struct span text = { r->text, r->text_len }, line;
	size_t pos = 0;
	ptrdiff_t other;

	for (uint32_t i = 0; i < r->prefix_lines; i++)
		ck_assert(symbol_next_line(text, &pos, &line));
	text = span_skip(text, pos);
	if (!text.len)
		return;
	if (sources)
		add_sources(text, &log);
	else
		ck_assert(buf_add(&log, text.ptr, text.len));
	describe(r, &expected);
	describe_all(buf_span(&log), &found);
	n_reports++;
	if (found.len && !strcmp(expected.data, found.data))
		return;
	/* Anybody says such words: without the prefix and without a report's form they are nobody's. */
	if (!found.len && pattern_set_find(set, r->pattern) >= 0 && set->patterns[pattern_set_find(set, r->pattern)].generic)
		return;
	other = find_other(c->name);
	if (other >= 0) {
		seen[other] = true;
		return;
	}
	n_wrong++;
	fprintf(stderr, "%s%s: read again it is\n%sinstead of\n%s", c->name, sources ? ", with source lines" : "",
		found.len ? found.data : "nothing\n", expected.data);
}

START_TEST(reports_read_again)
{
	_cleanup_(case_list_deinit) struct case_list list = { 0 };

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	/* tests/run.sh starts the tests from the top directory */
	ck_assert_ptr_null(case_list_add(&list, "corpus"));
	for (size_t i = 0; i < list.n; i++) {
		struct culprit_parser *parser = parser_of(list.cases[i].log);
		struct culprit_report *r;

		while ((r = culprit_parser_take(parser))) {
			ck_again(&list.cases[i], r, false);
			ck_again(&list.cases[i], r, true);
			culprit_report_destroy(r);
		}
		culprit_parser_destroy(parser);
	}
	culprit_patterns_destroy(set);
	ck_assert_uint_gt(n_reports, 1000);
	ck_assert_uint_eq(n_wrong, 0);
	for (size_t i = 0; i < countof(others); i++)
		ck_assert_msg(seen[i], "%s is read again as it is: it is no exception any more", others[i].name);
}
END_TEST

/* The forms in which the community's own script expands a banner. */
START_TEST(expanded_banners)
{
	static const struct { const char *text, *title; } reports[] = {
		{ "BUG: KASAN: use-after-free in a include/a.h:25 [inline] at addr ffff88004f0f1938\n"
		  "BUG: KASAN: use-after-free in b include/b.h:26 [inline] at addr ffff88004f0f1938\n"
		  "BUG: KASAN: use-after-free in kc_slow+0xb0a/0xfd0 fs/kc.c:421 at addr ffff88004f0f1938\n"
		  "Read of size 4 by task a/12\nCall Trace:\n kc_slow+0xb0a/0xfd0 fs/kc.c:421\n kc_call+0x1/0x2 fs/kc.c:9\n",
		  "KASAN: use-after-free Read in kc_slow | KASAN-USE-AFTER-FREE-READ\n or bad-access in kc_slow\n call-trace: kc_slow kc_call\n" },
		{ "WARNING: CPU: 1 PID: 98 at fs/kc.c:38 a include/a.h:404 [inline]\n"
		  "WARNING: CPU: 1 PID: 98 at fs/kc.c:38 kc_exit.cold+0x137/0x1e3 fs/kc.c:37\n"
		  "RIP: 0010:a include/a.h:404 [inline]\nRIP: 0010:kc_exit.cold+0x137/0x1e3 fs/kc.c:37\n"
		  "Call Trace:\n kc_done+0x1/0x2 fs/kc.c:50\n kc_call+0x1/0x2 fs/kc.c:9\n",
		  "WARNING in kc_exit | WARNING\n pc: kc_exit.cold\n call-trace: kc_done kc_call\n" },
	};

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	for (size_t i = 0; i < countof(reports); i++) {
		_cleanup_(buf_deinit) struct buf found = { 0 };

		describe_all(span_of(reports[i].text), &found);
		ck_assert_str_eq(found.data, reports[i].title);
	}
	culprit_patterns_destroy(set);
}
END_TEST

/* What `culprit parse` prints, title and facts above the report. */
START_TEST(printed_reports)
{
	static const char text[] =
		"BUG: sleeping function called from invalid context in kc_a\n"
		"  also      BUG: sleeping function called from invalid context in __x64_kc_a\n            bad-context in kc_a\n"
		"  kind      crash\n  where     a.log:14-40\n  kernel    6.1.192\n\n"
		"BUG: sleeping function called from invalid context at fs/kc.c:12\nCall Trace:\n __might_resched+0x1/0x2\n"
		" kc_a+0x1/0x2\n kc_b+0x1/0x2\n"
		"\nWARNING: refcount bug in kc_c\n  kind      crash, REFCOUNT_WARNING\n  where     a.log:50-60\n\n"
		"------------[ cut here ]------------\nrefcount_t: underflow; use-after-free.\n"
		"WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x2\nCall Trace:\n"
		" refcount_warn_saturate+0x1/0x2\n kc_c+0x1/0x2\n";
	_cleanup_(buf_deinit) struct buf found = { 0 };

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	describe_all(span_of(text), &found);
	ck_assert_str_eq(found.data,
			 "BUG: sleeping function called from invalid context in kc_a | ATOMIC_SLEEP\n"
			 " call-trace: __might_resched kc_a kc_b\n"
			 "WARNING: refcount bug in kc_c | REFCOUNT_WARNING\n call-trace: refcount_warn_saturate kc_c\n");
	culprit_patterns_destroy(set);
}
END_TEST

/* arm prints 8 KiB of its stack before the frames. */
START_TEST(dumps_do_not_end_a_report)
{
	_cleanup_(buf_deinit) struct buf log = { 0 }, found = { 0 };

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	ck_assert(buf_add_str(&log, "8<--- cut here ---\nUnable to handle kernel NULL pointer dereference at virtual address 00000004\n"
			      "Internal error: Oops: 5 [#1] SMP ARM\nPC is at kc_read+0x10/0x20\nLR is at kc_call+0x10/0x20\n"));
	for (int i = 0; i < 256; i++)
		ck_assert(buf_printf(&log, "%04x: e0728044 e0728018 804700dc 8046ffe8 e07280c8 00000000 00000000 00000000\n", 0x8000 + 32 * i));
	ck_assert(buf_add_str(&log, "[<80470054>] (kc_read) from [<80471bd8>] (kc_call+0x10/0x20)\n"));
	describe_all(buf_span(&log), &found);
	ck_assert_str_eq(found.data, "BUG: unable to handle kernel NULL pointer dereference in kc_read | NULL-POINTER-DEREFERENCE\n"
			 " or bad-access in kc_read\n pc: kc_read\n link-register: kc_call\n call-trace: kc_read kc_call\n");
	culprit_patterns_destroy(set);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("again");
	TCase *tc = tcase_create("again");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, reports_read_again);
	tcase_add_test(tc, expanded_banners);
	tcase_add_test(tc, printed_reports);
	tcase_add_test(tc, dumps_do_not_end_a_report);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
