/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "report/title.h"
#include "suite.h"

#define BANNER "  banner: \"BUG:\"\n"

static struct culprit_patterns *load(const char *text)
{
	struct yaml_doc **docs = calloc(1, sizeof(*docs));
	struct culprit_patterns *set;
	struct culprit_error *err = yaml_parse(span_of(text), "t.yaml", &docs[0]);

	if (!err)
		err = pattern_set_from_docs(docs, 1, &set);
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	return set;
}

/* title | alt | alt ... | frame | type | why corrupted */
static void ck_title(const char *yaml, const char *text, const char *expected)
{
	struct culprit_patterns *set = load(yaml);
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(buf_deinit) struct buf out = { 0 }, lines = { 0 };
	struct regex_scratch *scratch;
	struct title_input in = { .patterns = set, .text = { .text = span_of(text) }, .banners = (uint16_t[]){ 0 }, .n_banners = 1 };
	struct title t;

	ck_assert_ptr_null(regex_scratch_create(&scratch));
	in.scratch = scratch;
	ck_assert(title_read_lines(set, in.text.text, &arena, &lines));
	in.text.lines = (const struct title_line *)(const void *)lines.data;
	in.text.n_lines = lines.len / sizeof(struct title_line);
	ck_assert_ptr_null(title_find(&in, &arena, &t));
	ck_assert(buf_add_str(&out, t.title));
	for (size_t i = 0; i < t.n_alts; i++)
		ck_assert(buf_printf(&out, " | %s", t.alts[i]));
	ck_assert(buf_printf(&out, " | %s | %s | %s", t.frame ? t.frame : "-", t.type ? t.type : "-",
			     t.corrupted ? t.corrupted : "-"));
	ck_assert_str_eq(out.data, expected);
	regex_scratch_destroy(scratch);
	culprit_patterns_destroy(set);
}

#define FORMS(list) "patterns:\n- name: p\n" BANNER "  forms:\n" list
#define PLAIN(name, match, title) "  - {name: " name ", match: '" match "', title: \"" title "\", stack: false}\n"

START_TEST(the_earliest_match_names_the_report)
{
	ck_title(FORMS(PLAIN("a", "late", "late") PLAIN("b", "early", "early")), "BUG: early\nlate\n", "early | - | - | -");
	/* At one byte: the first of the file, however long the match. */
	ck_title(FORMS(PLAIN("a", "BUG: x", "short") PLAIN("b", "BUG: xy", "long")), "BUG: xy\n", "short | - | - | -");
	ck_title(FORMS(PLAIN("a", "nothing", "x")), "BUG: of a new kind\n",
		 "BUG: of a new kind | - | - | no pattern knows this form of report");
}
END_TEST

#define FRAMES(extra) \
	"skip: [generic_*]\nstacks: [{starts: \"Call Trace:\", role: call-trace}, {starts: \"Freed by\", role: freed}]\n" \
	"types: {\"* in *\": T}\nname-prefixes: {__x64_sys_: [sys_]}\n" \
	"picks: {hang: {groups: [{frames: [\"*rtnl*\"], as: rtnl_lock}], skip: [\"*wait*\"]}, " \
	"stall: {anchors: [entry], skip: [\"*wait*\"]}}\n" \
	FORMS("  - match: 'BUG: (?<what>\\w+)'\n    title: \"{what} in {frame}\"\n    alt: [\"bad in {frame}\"]\n" \
	      "    frames: [{from: ['Call Trace', stack]" extra "}]\n")

START_TEST(generic_frames_are_skipped)
{
	ck_title(FRAMES(""), "BUG: x\nCall Trace:\n generic_a+0x1/0x2\n f.isra.0+0x1/0x2\n g+0x1/0x2\n",
		 "x in f | bad in f | f | T | -");
	ck_title(FRAMES(", skip: f"), "BUG: x\nCall Trace:\n f+0x1/0x2\n g+0x1/0x2\n", "x in g | bad in g | g | T | -");
	ck_title(FRAMES(", default-skip: false"), "BUG: x\nCall Trace:\n generic_a+0x1/0x2\n",
		 "x in generic_a | bad in generic_a | generic_a | T | -");
	/* An inlined frame is in symbolized logs only. */
	ck_title(FRAMES(""), "BUG: x\nCall Trace:\n i mm/a.c:1 [inline]\n f+0x1/0x2 mm/a.c:2\n", "x in f | bad in f | f | T | -");
	/* Who freed it is another matter. */
	ck_title(FRAMES(""), "BUG: x\nCall Trace:\n generic_a+0x1/0x2\nFreed by task 1:\n f+0x1/0x2\n",
		 "x in corrupted | bad in corrupted | corrupted | T | no guilty frame found");
}
END_TEST

START_TEST(names_that_depend_on_the_architecture)
{
	ck_title(FRAMES(""), "BUG: x\nCall Trace:\n __x64_sys_read+0x1/0x2\n",
		 "x in sys_read | bad in __x64_sys_read | bad in sys_read | x in __x64_sys_read | sys_read | T | -");
}
END_TEST

START_TEST(picks)
{
	ck_title(FRAMES(", pick: hang"), "BUG: x\nCall Trace:\n wait_a+0x1/0x2\n my_rtnl+0x1/0x2\n f+0x1/0x2\n",
		 "x in rtnl_lock | bad in my_rtnl | bad in rtnl_lock | x in my_rtnl | rtnl_lock | T | -");
	ck_title(FRAMES(", pick: hang"), "BUG: x\nCall Trace:\n wait_a+0x1/0x2\n f+0x1/0x2\n", "x in f | bad in f | f | T | -");
	ck_title(FRAMES(", pick: stall"), "BUG: x\nCall Trace:\n f+0x1/0x2\n g+0x1/0x2\n wait_a+0x1/0x2\n entry+0x1/0x2\n",
		 "x in g | bad in g | g | T | -");
	ck_title(FRAMES(", pick: stall"), "BUG: x\nCall Trace:\n f+0x1/0x2\n",
		 "x in corrupted | bad in corrupted | corrupted | T | no guilty frame found");
}
END_TEST

#define STEPS(steps) \
	"skip: [generic_*]\nstacks: [{starts: \"Call Trace:\", role: call-trace}, {starts: \"Freed by\", role: freed}]\n" \
	FORMS("  - match: 'BUG: x'\n    title: \"{frame}\"\n    stack: false\n    frames: [{from: [" steps "]}]\n")

/* Lines are told by what they are, not by words. */
START_TEST(steps)
{
	ck_title(STEPS("pc"), "BUG: x\nsay RIP: 0010:no+0x1/0x2\nRIP: 0010:f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n", "f | f | - | -");
	ck_title(STEPS("pc"), "BUG: x\nPC is at f+0x1/0x2\n", "f | f | - | -");
	ck_title(STEPS("pc, call-trace, stack"), "BUG: x\nRIP: 0010:generic_f+0x1/0x2\n h+0x1/0x2\nCall Trace:\n g+0x1/0x2\n",
		 "g | g | - | -");
	/* An inlined function stands on a line of its own, and is in symbolized logs alone. */
	ck_title(STEPS("pc"), "BUG: x\nRIP: 0010:i mm/a.c:1 [inline]\nRIP: 0010:f+0x1/0x2 mm/a.c:2\n", "f | f | - | -");
	/* A number of the dump was cut by another message: the words stand where it ended. */
	ck_title(STEPS("call-trace, stack"), "BUG: x\n dffffc0000000000Call Trace:\n g+0x1/0x2\n", "g | g | - | -");
	/* arm announces nothing. */
	ck_title(STEPS("call-trace, stack"), "BUG: x\n k+0x1/0x2\n unwind_backtrace from generic_s+0x1/0x2\n generic_s from g+0x1/0x2\n",
		 "g | g | - | -");
	ck_title(STEPS("call-trace, stack"), "BUG: x\n k+0x1/0x2\nFreed by task 1:\n g+0x1/0x2\n",
		 "corrupted | corrupted | - | no guilty frame found");
}
END_TEST

/* One list of ways for many forms, each with its own functions to skip. */
START_TEST(ways)
{
	static const char yaml[] =
		"stacks: [{starts: \"Call Trace:\", role: call-trace}]\n"
		"ways: {home: [{from: pc}, {from: [call-trace, stack]}]}\n"
		FORMS("  - {match: 'BUG: x', title: \"x {frame}\", stack: false, frames: {way: home, skip: f}}\n"
		      "  - {match: 'BUG: y', title: \"y {frame}\", stack: false, frames: [{from: 'at {{W}}'}, {way: home}]}\n")
		"macros: {W: '([a-z]+)'}\n";
	static const char rest[] = "RIP: 0010:f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n";
	char text[100];

	ck_title(yaml, strcat(strcpy(text, "BUG: x\n"), rest), "x g | g | - | -");
	ck_title(yaml, strcat(strcpy(text, "BUG: y\n"), rest), "y f | f | - | -");
	ck_title(yaml, strcat(strcpy(text, "BUG: y at h\n"), rest), "y h | h | - | -");
}
END_TEST

#define RESORT \
	"skip: [generic_*]\nstacks: [{starts: \"Call trace:\", role: call-trace}]\n" \
	FORMS("  - match: 'BUG: x'\n    title: \"in {frame}\"\n    stack: false\n    frames: [{from: [pc, call-trace, stack]}]\n")

/* Of a report that was cut before its stack: what the text names yet. */
START_TEST(the_last_resort)
{
	static const char pc[] = "pc : generic_f+0x1/0x2\n", lr[] = "lr : g+0x1/0x2\n", helper[] = "lr : generic_g+0x1/0x2\n";
	char text[200];

#define CUT(banner, a, b) strcat(strcat(strcpy(text, banner), a), b)
	/* The banner's function, then who called the helper, then the helper. */
	ck_title(RESORT, CUT("BUG: x in b+0x1/0x2\n", pc, lr), "in b | b | - | -");
	ck_title(RESORT, CUT("BUG: x in generic_b+0x1/0x2\n", pc, lr), "in g | g | - | -");
	ck_title(RESORT, CUT("BUG: x\n", pc, lr), "in g | g | - | -");
	ck_title(RESORT, CUT("BUG: x in generic_b+0x1/0x2\n", pc, helper), "in generic_f | generic_f | - | -");
	/* Behind the end of a function stands another, or none. */
	ck_title(RESORT, CUT("BUG: x in b+0x9/0x2\n", pc, lr), "in g | g | - | -");
	/* A stack knows better. */
	ck_title(RESORT, CUT("BUG: x in b+0x1/0x2\n", lr, "pc : generic_f+0x1/0x2\nCall trace:\n h+0x1/0x2\n"),
		 "in h | h | - | -");
	/* Without a link register the community does not guess, and where no function is named nobody can. */
	ck_title(RESORT, CUT("BUG: x in b+0x1/0x2\n", pc, ""), "in corrupted | corrupted | - | no guilty frame found");
	ck_title(RESORT, CUT("BUG: x\n", "pc : 0x12\n", "lr : 0x13\n"), "in corrupted | corrupted | - | no guilty frame found");
#undef CUT
}
END_TEST

/* Another frame, for alternatives alone. */
START_TEST(origins)
{
	static const char yaml[] =
		"skip: [generic_*]\nstacks: [{starts: \"Call Trace:\", role: call-trace}, {starts: \"Uninit\", role: uninit-origin}]\n"
		FORMS("  - match: 'BUG: x'\n    title: \"in {frame}\"\n    alt: [\"from {origin}\", \"bad in {frame}\"]\n"
		      "    frames: {from: [call-trace, stack]}\n    origin: {from: ['^Uninit', stack]}\n");

	ck_title(yaml, "BUG: x\nCall Trace:\n f+0x1/0x2\nUninit was stored:\n generic_g+0x1/0x2\n h+0x1/0x2\n",
		 "in f | bad in f | from h | f | - | -");
	/* None is there: no alternative names it, and nothing is wrong with the title. */
	ck_title(yaml, "BUG: x\nCall Trace:\n f+0x1/0x2\n", "in f | bad in f | f | - | -");
}
END_TEST

/* Whoever was called first stands last, in however long a stack. */
START_TEST(deep_stacks)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	ck_assert(buf_add_str(&text, "BUG: x\nCall Trace:\n"));
	for (int i = 0; i < 1000; i++)
		ck_assert(buf_add_str(&text, " wait_a+0x1/0x2\n"));
	ck_assert(buf_add_str(&text, " f+0x1/0x2\n entry+0x1/0x2\n"));
	ck_title(FRAMES(", pick: stall"), text.data, "x in f | bad in f | f | T | -");
}
END_TEST

START_TEST(titles_are_cleaned)
{
	static const char yaml[] = "cleanup: [{match: '0x[0-9a-f]+', replace: ADDR}, {match: '([^0-9])[0-9]+', replace: '$1NUM', "
				   "needs: '0123456789'}]\n" FORMS(PLAIN("a", "BUG: (?<w>.*)", "{w}"));
	char text[400] = "BUG: ", expected[400];

	ck_title(yaml, "BUG: at 0x12ff of 12,13  bytes\n", "at ADDR of NUM,NUM bytes | - | - | -");
	ck_title(yaml, "BUG: name \xff\x01 here\n", "name here | - | - | -");
	/* Cut to 120 bytes; half a character becomes a blank, and blanks at the end go. */
	memset(text + 5, 'a', 119);
	strcpy(text + 124, "\xc3\xbc tail\n");
	memset(expected, 'a', 119);
	strcpy(expected + 119, " | - | - | -");
	ck_title(yaml, text, expected);
}
END_TEST

START_TEST(reports_that_are_torn_say_why)
{
	ck_title(FRAMES(""), "BUG: x\nCall Trace:\n", "x in corrupted | bad in corrupted | corrupted | T | no guilty frame found");
	ck_title("doubts: [{report: 'half a', reason: \"mixed\"}]\n" FORMS(PLAIN("a", "BUG:", "t")), "BUG: half a line\n",
		 "t | - | - | mixed");
	ck_title(FORMS("  - {match: 'BUG:', title: t, corrupted: \"the first line alone is left\"}\n"), "BUG: x\n",
		 "t | - | - | the first line alone is left");
	ck_title(FORMS("  - {match: 'BUG:', title: t}\n"), "BUG: x\n", "t | - | - | no stack trace in the report");
	/* An expression that would take for ever. */
	ck_title(FORMS(PLAIN("a", "^(a+)+$", "never") PLAIN("b", "BUG:", "t")),
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab BUG: x\n",
		 "t | - | - | an expression took too many steps on this report");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("title");
	TCase *tc = tcase_create("title");

	tcase_add_test(tc, the_earliest_match_names_the_report);
	tcase_add_test(tc, generic_frames_are_skipped);
	tcase_add_test(tc, names_that_depend_on_the_architecture);
	tcase_add_test(tc, picks);
	tcase_add_test(tc, steps);
	tcase_add_test(tc, ways);
	tcase_add_test(tc, the_last_resort);
	tcase_add_test(tc, origins);
	tcase_add_test(tc, deep_stacks);
	tcase_add_test(tc, titles_are_cleaned);
	tcase_add_test(tc, reports_that_are_torn_say_why);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
