/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A crash has one name, however its console was recorded: cases of the corpus
 * are written anew in the forms that consoles, loggers and labs give to a
 * kernel's lines, and each must yield the reports of the log as it was.
 *
 * In a template, %s is "[   12.345678]", %c "[ T123]" (nothing where the log
 * has no callers), %k ",caller=T123", %u the microseconds, %h "00:00:12", %f
 * the six digits behind it, %t the text, %j "[   12.345678][ T123] text" as
 * JSON has it, and %r a line that was not the kernel's.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/corpus/case.h"
#include "input/console.h"
#include "pattern/pattern.h"
#include "suite.h"

static const struct log_form {
	const char *name;
	const char *kernel;
	const char *other;
	bool no_caller;		/* the form does not tell them: compare with the log without callers */
	bool no_time;		/* and no times: firmware's and programs' lines cannot be told from the kernel's */
} forms[] = {
	{ .name = "as it is", .kernel = "%s%c %t\n", .other = "%r\n" },
	{ .name = "levels", .kernel = "<4>%s%c %t\n", .other = "%r\n" },
	{ .name = "CR LF", .kernel = "%s%c %t\r\n", .other = "%r\r\n" },
	{ .name = "CR CR LF", .kernel = "%s%c %t\r\r\n", .other = "%r\r\r\n" },
	{ .name = "CR in front", .kernel = "\r%s%c %t\n", .other = "\r%r\n" },
	{ .name = "dmesg with colour", .kernel = "\033[32m%s%c \033[0m\033[1m%t\033[0m\n", .other = "%r\n" },
	{ .name = "terminal", .kernel = "\033[0m%s%c %t\033[K\n", .other = "\033[0m%r\n" },
	{ .name = "syslog", .kernel = "Nov 22 10:00:00 vm kernel: %s%c %t\n", .other = "Nov 22 10:00:00 vm test[312]: %r\n" },
	{ .name = "journal", .kernel = "Nov 22 10:00:00 vm kernel: %t\n", .other = "Nov 22 10:00:00 vm test[312]: %r\n",
	  .no_caller = true },
	{ .name = "journal, monotonic", .kernel = "%s vm kernel: %t\n", .other = "[    1.000000] vm test[312]: %r\n",
	  .no_caller = true },
	{ .name = "journal, ISO", .kernel = "2026-11-22T10:00:00+0000 vm kernel: %t\n",
	  .other = "2026-11-22T10:00:00+0000 vm test[312]: %r\n", .no_caller = true },
	{ .name = "RFC 5424", .kernel = "<4>1 2026-11-22T10:00:00Z vm kernel - - - %s%c %t\n",
	  .other = "<14>1 2026-11-22T10:00:00Z vm test 312 - - %r\n" },
	{ .name = "dmesg -T", .kernel = "[Sun Nov 22 %h 2026] %t\n", .other = "%r\n", .no_caller = true },
	{ .name = "dmesg -x", .kernel = "kern  :warn  : %s%c %t\n", .other = "%r\n" },
	{ .name = "dmesg -xT", .kernel = "kern  :warn  : [Sun Nov 22 %h 2026] %t\n", .other = "%r\n", .no_caller = true },
	{ .name = "dmesg --time-format iso", .kernel = "2026-11-22T%h,%f+00:00 %t\n", .other = "%r\n", .no_caller = true },
	{ .name = "dmesg -e", .kernel = "[  +0.000012] %t\n", .other = "%r\n", .no_caller = true },
	{ .name = "/dev/kmsg", .kernel = "4,1234,%u,-%k;%t\n", .other = "14,1234,1,-;%r\n" },
	{ .name = "netconsole, extended", .kernel = "6.1.0,4,1234,%u,-%k;%t\n", .other = "14,1234,1,-;%r\n" },
	{ .name = "ISO date of a lab", .kernel = "2026-11-22T10:00:00.123456Z %s%c %t\n",
	  .other = "2026-11-22T10:00:00.123456Z %r\n" },
	{ .name = "GitLab", .kernel = "2026-11-22T10:00:00.123456Z 01O %s%c %t\n",
	  .other = "2026-11-22T10:00:00.123456Z 01O %r\n" },
	{ .name = "KernelCI", .kernel = "10:00:00.123456  %s%c %t\n", .other = "10:00:00.123456  %r\n" },
	{ .name = "date in brackets", .kernel = "[2026-11-22 10:00:00] %s%c %t\n", .other = "[2026-11-22 10:00:00] %r\n" },
	{ .name = "time in brackets", .kernel = "[10:00:00.123] %s%c %t\n", .other = "[10:00:00.123] %r\n" },
	{ .name = "grabserial", .kernel = "[12.345678 0.000123] %s%c %t\n", .other = "[12.345678 0.000123] %r\n" },
	{ .name = "logcat", .kernel = "11-22 10:00:00.123     0     0 W         : %s%c %t\n",
	  .other = "11-22 10:00:00.123   456   457 I test    : %r\n" },
	{ .name = "LAVA", .kernel = "- {\"dt\": \"2026-11-22T10:00:00.123456\", \"lvl\": \"target\", \"msg\": \"%j\"}\n",
	  .other = "- {\"dt\": \"2026-11-22T10:00:00.123456\", \"lvl\": \"target\", \"msg\": \"%r\"}\n" },
	{ .name = "a prompt in front", .kernel = "debian login: %s%c %t\n", .other = "%r\n" },
	{ .name = "messages dropped", .kernel = "** 57 printk messages dropped ** %s%c %t\n", .other = "%r\n" },
	{ .name = "a program between", .kernel = "%s%c %t\nexecuting program 3:\n", .other = "%r\n" },
	{ .name = "a service between", .kernel = "%s%c %t\n[  OK  ] Started Session 3 of user root.\n", .other = "%r\n" },
	{ .name = "no callers", .kernel = "%s %t\n", .other = "%r\n", .no_caller = true },
	{ .name = "neither callers nor times", .kernel = "%t\n", .other = "%r\n", .no_caller = true, .no_time = true },
};

static struct culprit_patterns *set;
static struct case_list cases;

static void setup(void)
{
	static const char *const dirs[] = {
		"atomic", "bug", "fault", "hang", "infrastructure", "kasan", "kcsan", "kfence", "kmsan",
		"leak", "lockdep", "panic", "reboot", "ubsan", "warning"
	};
	char path[64];

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	for (size_t i = 0; i < countof(dirs); i++) {
		snprintf(path, sizeof(path), "corpus/%s", dirs[i]);
		ck_assert_ptr_null(case_list_add(&cases, path));
	}
	case_list_sort(&cases);
}

static void teardown(void)
{
	case_list_deinit(&cases);
	culprit_patterns_destroy(set);
}

static bool add_json(struct buf *out, struct span s)
{
	bool ok = true;

	for (size_t i = 0; i < s.len && ok; i++)
		ok = (!strchr("\"\\", s.ptr[i]) || buf_add_char(out, '\\')) && buf_add_char(out, s.ptr[i]);
	return ok;
}

/* One field of a template. */
static bool add_field(struct buf *out, char field, const struct line *line)
{
	uint64_t us = line->time_us < 0 ? 0 : (uint64_t)line->time_us, sec = us / 1000000;
	char id[16] = "", text[64] = "";

	if (line->caller.kind != CALLER_NONE)
		snprintf(id, sizeof(id), "%c%u", line->caller.kind == CALLER_TASK ? 'T' : 'C', line->caller.id);
	switch (field) {
	case 's': snprintf(text, sizeof(text), "[%5" PRIu64 ".%06" PRIu64 "]", sec, us % 1000000); break;
	case 'c': if (*id) snprintf(text, sizeof(text), "[%6s]", id); break;
	case 'k': if (*id) snprintf(text, sizeof(text), ",caller=%s", id); break;
	case 'u': snprintf(text, sizeof(text), "%" PRIu64, us); break;
	case 'h': snprintf(text, sizeof(text), "%02u:%02u:%02u", (unsigned int)(sec / 3600 % 24),
			   (unsigned int)(sec / 60 % 60), (unsigned int)(sec % 60)); break;
	case 'f': snprintf(text, sizeof(text), "%06u", (unsigned int)(us % 1000000)); break;
	case 'j': return add_field(out, 's', line) && add_field(out, 'c', line) && buf_add_char(out, ' ') &&
			 add_json(out, line->text);
	case 't': case 'r': return buf_add(out, line->text.ptr, line->text.len);
	default: ck_abort_msg("%%%c in a template", field);
	}
	return buf_add_str(out, text);
}

static void add_line(struct buf *out, const char *template, const struct line *line)
{
	for (; *template; template++) {
		if (*template == '%')
			ck_assert(add_field(out, *++template, line));
		else
			ck_assert(buf_add_char(out, *template));
	}
}

/* The log in another form; how many of its lines were the kernel's. */
static size_t rewrite(const struct corpus_case *c, const struct log_form *form, bool callers, struct buf *out)
{
	struct console_decoder decoder = { 0 };
	struct span rest = c->log;
	size_t n = 0;

	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		struct span raw = { rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len };
		struct line line;
		bool kernel;

		ck_assert_ptr_null(console_decode(&decoder, raw, 0, &line));
		rest = span_skip(rest, raw.len + (end != NULL));
		kernel = line.origin == ORIGIN_KERNEL && line.flags & LINE_HAS_TIME && *raw.ptr == '[';
		if (!callers)
			line.caller.kind = CALLER_NONE;
		if (!kernel)
			line.text = span_trim(raw);
		add_line(out, kernel ? form->kernel : form->other, &line);
		n += kernel;
	}
	console_decoder_deinit(&decoder);
	return n;
}

/* Words that anybody says: without a prefix they are nobody's. */
static bool generic_met;

/* "title (corrupted)\n" of each report. */
static void find_titles(struct span log, struct buf *out)
{
	struct culprit_parser_options options = { .detect_boot_failures = true };
	struct culprit_parser *p;
	struct culprit_report *r;

	ck_assert_ptr_null(culprit_parser_create(set, &options, &p));
	if (log.len)
		ck_assert_ptr_null(culprit_parser_feed(p, log.ptr, log.len));
	ck_assert_ptr_null(culprit_parser_finish(p));
	ck_assert(buf_add_str(out, ""));
	generic_met = false;
	while ((r = culprit_parser_take(p))) {
		ptrdiff_t at = pattern_set_find(set, r->pattern);

		generic_met |= at >= 0 && set->patterns[at].generic;
		ck_assert(buf_printf(out, "%s%s\n", r->title, r->corrupted ? " (corrupted)" : ""));
		culprit_report_destroy(r);
	}
	culprit_parser_destroy(p);
}

/* Logs that printk wrote, line by line: torn ones hold stamps that no other form would have. */
static bool is_suitable(const struct corpus_case *c)
{
	struct console_decoder decoder = { 0 };
	struct span rest = c->log;
	size_t n = 0, n_kernel = 0;
	bool torn = false;

	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		struct span raw = { rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len };
		struct line line;

		ck_assert_ptr_null(console_decode(&decoder, raw, 0, &line));
		rest = span_skip(rest, raw.len + (end != NULL));
		torn |= (line.flags & (LINE_SPLICED | LINE_JUNK_FRONT | LINE_DROPPED | LINE_REPLAYED)) ||
			memchr(raw.ptr, '\033', raw.len);
		n_kernel += line.origin == ORIGIN_KERNEL && line.flags & LINE_HAS_TIME && *raw.ptr == '[';
		n++;
	}
	console_decoder_deinit(&decoder);
	return !torn && n_kernel * 2 > n;
}

/* Firmware and boot loaders are known by the prefix that they lack. */
static bool needs_times(const struct corpus_case *c)
{
	return c->kind || span_find(c->log, SPAN("Welcome to GRUB")) >= 0 || span_find(c->log, SPAN("U-Boot 20")) >= 0;
}

/* Who writes a log on the machine itself does not live to see it shut down: no reboot in it is unexpected. */
static bool is_logged(struct span log)
{
	struct console_decoder decoder = { 0 };
	bool logged = false;
	size_t pos = 0;

	while (pos < log.len && !logged) {
		const char *end = memchr(log.ptr + pos, '\n', log.len - pos);
		size_t n = end ? (size_t)(end - log.ptr) - pos : log.len - pos;
		struct line line;

		ck_assert_ptr_null(console_decode(&decoder, (struct span){ log.ptr + pos, n }, 0, &line));
		logged = line.flags & LINE_LOGGED;
		pos += n + 1;
	}
	console_decoder_deinit(&decoder);
	return logged;
}

static void ck_form(const struct corpus_case *c, const struct log_form *form, const char *expected)
{
	_cleanup_(buf_deinit) struct buf log = { 0 }, titles = { 0 };

	rewrite(c, form, true, &log);
	if (strstr(expected, "unexpected kernel reboot\n") && is_logged(buf_span(&log)))
		return;
	find_titles(buf_span(&log), &titles);
	ck_assert_msg(!strcmp(titles.data, expected), "%s, %s:\n%sinstead of\n%s", c->name, form->name, titles.data,
		      expected);
}

/*
 * One case in five is enough: they differ by kind of crash, and the forms do not know these.  By the name, so that a
 * case that comes changes nothing for the others: some logs of several processors are known not to survive that a
 * form drops the callers.
 */
static bool is_sampled(const struct corpus_case *c)
{
	uint32_t hash = 2166136261u;

	for (const char *p = c->name; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	return hash % 5 == 0;
}

START_TEST(a_form_changes_no_title)
{
	size_t n = 0;

	for (size_t i = 0; i < cases.n; i++) {
		_cleanup_(buf_deinit) struct buf log = { 0 }, titles = { 0 }, anonymous = { 0 };
		const struct corpus_case *c = &cases.cases[i];

		if (!is_sampled(c) || !is_suitable(c))
			continue;
		bool generic;

		find_titles(c->log, &titles);
		/* of a log that was cut, the lines around the cut say so */
		if (strstr(titles.data ? titles.data : "", "(corrupted)"))
			continue;
		n++;
		generic = generic_met;
		rewrite(c, &forms[0], false, &log);
		find_titles(buf_span(&log), &anonymous);
		/* The case says what it must be; the other forms are compared with that. */
		ck_assert_msg(c->title ? !strncmp(titles.data, c->title, strlen(c->title)) : !titles.len, "%s: %s", c->name,
			      titles.data);
		for (size_t j = 0; j < countof(forms); j++) {
			if (!forms[j].no_time || !(needs_times(c) || generic))
				ck_form(c, &forms[j], forms[j].no_caller ? anonymous.data : titles.data);
		}
	}
	ck_assert_uint_ge(n, 40);
}
END_TEST

/* The end of a line got lost, and the next message stands behind it. */
START_TEST(joined_lines_are_two)
{
	size_t n = 0;

	for (size_t i = 0; i < cases.n; i++) {
		_cleanup_(buf_deinit) struct buf log = { 0 }, titles = { 0 }, expected = { 0 };
		const struct corpus_case *c = &cases.cases[i];
		size_t line = 0, kept = 0;

		if (!is_sampled(c) || !is_suitable(c))
			continue;
		n++;
		rewrite(c, &forms[0], true, &log);
		find_titles(buf_span(&log), &expected);
		for (size_t at = 0; at < log.len; at++) {
			bool joins = log.data[at] == '\n' && at + 1 < log.len && log.data[at + 1] == '[' &&
				     (line++ & 3) == 3;

			if (!joins)
				log.data[kept++] = log.data[at];
		}
		log.len = kept;
		find_titles(buf_span(&log), &titles);
		ck_assert_msg(!strcmp(titles.data, expected.data), "%s:\n%sinstead of\n%s", c->name, titles.data,
			      expected.data);
	}
	ck_assert_uint_ge(n, 40);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("forms");
	TCase *t = tcase_create("forms");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, a_form_changes_no_title);
	tcase_add_test(t, joined_lines_are_two);
	suite_add_tcase(s, t);
	return run_suite(s);
}
