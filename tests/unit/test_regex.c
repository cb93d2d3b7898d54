/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <pthread.h>
#include <stdio.h>

#include "pattern/regex.h"
#include "pattern/regex_start.h"
#include "suite.h"

static struct regex_scratch *scratch;

static void setup(void)
{
	ck_assert_ptr_null(regex_scratch_create(&scratch));
}

static void teardown(void)
{
	regex_scratch_destroy(scratch);
}

static bool find(const char *source, struct span text, size_t from, size_t *start, size_t *end)
{
	struct regex re;
	struct regex_match m;
	bool found;

	regex_init(&re, source);
	found = regex_find(&re, scratch, text, from, &m);
	if (found) {
		*start = m.start[0];
		*end = m.end[0];
	}
	regex_deinit(&re);
	return found;
}

static const struct { const char *source, *text; bool found; size_t from, start, end; } cases[] = {
	{ "BUG: (a|b)", "x BUG: b", true, 0, 2, 8 },
	{ "a|b", "xxb", true, 0, 2, 3 },
	{ "abc|b", "xxb", true, 0, 2, 3 },		/* no common literal in front of alternatives */
	{ "(?:abc|b)", "xxb", true, 0, 2, 3 },
	{ "ab?c", "ac", true, 0, 0, 2 },
	{ "ab*c", "ac", true, 0, 0, 2 },
	{ "ab{0,2}c", "ac", true, 0, 0, 2 },
	{ "ab+c", "abbc", true, 0, 0, 4 },
	{ "a.c", "a\nc", false, 0, 0, 0 },		/* the dot is no newline */
	{ "^b$", "a\nb\nc", true, 0, 2, 3 },		/* every line */
	{ "a[|]b", "a|b", true, 0, 0, 3 },
	{ "a[(]b", "a(b", true, 0, 0, 3 },
	{ "a\\|b", "a|b", true, 0, 0, 3 },
	{ "a\\(|b", "b", true, 0, 0, 1 },
	{ "x[(]|b", "b", true, 0, 0, 1 },		/* a parenthesis in a class opens nothing */
	{ "x[)]|b", "b", true, 0, 0, 1 },
	{ "x[])]|b", "b", true, 0, 0, 1 },
	{ "\\Qa|b\\E", "a|b", true, 0, 0, 3 },
	{ "a", "aa", true, 1, 1, 2 },
	{ "a", "aa", false, 2, 0, 0 },
	{ "a", "aa", false, 3, 0, 0 },			/* from behind the end */
	{ "", "", true, 0, 0, 0 },
	{ "(?<=x)a", "axa", true, 0, 2, 3 },
	{ "a(?#remark|)b", "ab", true, 0, 0, 2 },
	{ "(?i)bug", "BUG", true, 0, 0, 3 },
	{ "\xff", "a\xff", true, 0, 1, 2 },		/* bytes, not UTF-8 */
};

START_TEST(matches)
{
	size_t start = 0, end = 0;
	bool found = find(cases[_i].source, span_of(cases[_i].text), cases[_i].from, &start, &end);

	ck_assert_msg(found == cases[_i].found, "/%s/ in '%s'", cases[_i].source, cases[_i].text);
	ck_assert_uint_eq(start, cases[_i].start);
	ck_assert_uint_eq(end, cases[_i].end);
	ck_assert(!regex_scratch_hit_limit(scratch));
}
END_TEST

/* Every limit against what a search without one finds, by a leading literal and without any. */
START_TEST(matches_that_begin_before)
{
	static const char *const sources[] = { "BUG: [a-z]+", "(?:BUG|WARN): \\w+", "^x", "BUG: b$", "(?<=: )b", "a\\Kb", "" };
	static const struct span text = { "x BUG: ab WARN: b\nx BUG: b", 26 };

	for (size_t i = 0; i < countof(sources); i++) {
		struct regex_match m;
		struct regex re;

		regex_init(&re, sources[i]);
		for (size_t from = 0; from <= text.len + 1; from++) {
			size_t start = 0, end = 0;
			bool found = find(sources[i], text, from, &start, &end);

			for (size_t before = 0; before <= text.len + 2; before++) {
				bool want = found && from < before && start - (i == 5) < before;
				bool got = regex_find_before(&re, scratch, text, from, before, &m);

				ck_assert_msg(got == want, "'%s' from %zu before %zu", sources[i], from, before);
				ck_assert(!got || (m.start[0] == start && m.end[0] == end));
			}
		}
		regex_deinit(&re);
	}
	ck_assert(!regex_scratch_hit_limit(scratch));
}
END_TEST

/* Expressions, and the printable bytes that a line may begin with which they match; NULL: not known. */
static const struct { const char *source, *bytes; } starts[] = {
	{ "^abc", "a" },
	{ "^(?:Run|\\[ *ok *\\]) /", "R[" },
	{ "^init: |^(?:procd|mount): ", "imp" },
	{ "^ *\\* ?x", " *" },
	{ "^a?(?:b|c*)d", "abcd" },
	{ "^(?<n>[a-c]|x{2,}|y{0,1}z)", "abcxyz" },
	{ "^[]x-z-]1", "]xyz-" },
	{ "^\\x41\\b|^\\{", "A{" },
	{ "^(?:ab)+?c", "a" },
	{ "^(?=a)[ab]", "ab" },
	{ "(?!x)^a", "a" },
	{ "(?:^a|(?:^b))", "ab" },
	{ "^a{2}b", "a" },
	{ "^(?:a{0,3}b)", "ab" },
	/* not at a line's beginning, or an empty line will do */
	{ "abc", NULL }, { "^a|b", NULL }, { "x*^a", NULL }, { "(?:^a)?b", NULL }, { "^a*", NULL }, { "^$", NULL },
	{ "", NULL }, { "^(?:a|)", NULL }, { "a^b", NULL }, { "(?:^|x)a", NULL }, { "^a|", NULL },
	/* not understood, or a mistake */
	{ "(?i)^a", NULL }, { "^[[:alpha:]]", NULL }, { "^\\Qa|b\\E", NULL }, { "^(?>a)", NULL }, { "^\\Ka", NULL },
	{ "^a{1|b}", NULL }, { "^(a", NULL }, { "^[a", NULL }, { "^a)", NULL }, { "^[b-a]", NULL }, { "^*a", NULL },
	{ "^\\", NULL }, { "^[\\", NULL },
	{ "^(((((((((((((((((a)))))))))))))))))", NULL },
};

START_TEST(lines_begin_with_few_bytes)
{
	const char *want = starts[_i].bytes;
	struct regex_start start;

	ck_assert_msg(regex_start_find(starts[_i].source, &start) == (want != NULL), "/%s/", starts[_i].source);
	for (int c = ' '; want && c < 127; c++)
		ck_assert_msg(regex_start_fits(&start, (unsigned char)c) == (strchr(want, c) != NULL), "/%s/: %c",
			      starts[_i].source, c);
}
END_TEST

/* Kinds of bytes are PCRE2's own, and every line's beginning is looked at. */
START_TEST(kinds_are_those_of_the_library)
{
	static const char *const sources[] = {
		"^\\d", "^\\D", "^\\w", "^\\W", "^\\s", "^\\S", "^.", "^[^a-f\\d]", "^[\\s\\S]", "^\\e|^\\t",
	};

	for (size_t i = 0; i < countof(sources); i++) {
		for (int c = 0; c < 256; c++) {
			char front[64], text[] = { 'q', (char)c, 'q', '\n', (char)c };
			size_t s = 0, e = 0, s2 = 0, e2 = 0;

			/* the same, where what lines begin with is not known */
			snprintf(front, sizeof(front), "(?:)%s|(?i)(?!)", sources[i]);
			for (size_t from = 1; from <= 5; from++) {
				bool found = find(front, (struct span){ text, 5 }, from, &s, &e);

				ck_assert_msg(find(sources[i], (struct span){ text, 5 }, from, &s2, &e2) == found,
					      "/%s/: %d", sources[i], c);
				ck_assert(!found || (s == s2 && e == e2));
			}
		}
	}
}
END_TEST

START_TEST(an_empty_text_may_be_null)
{
	size_t start, end;

	ck_assert(find("^$", (struct span){ 0 }, 0, &start, &end));
	ck_assert(!find("a", (struct span){ 0 }, 0, &start, &end));
}
END_TEST

START_TEST(groups)
{
	struct regex re;
	struct regex_match m;
	struct span s;

	regex_init(&re, "(?<a>x+)|(?<b>y)(z)?");
	ck_assert(regex_find(&re, scratch, SPAN("..yz"), 0, &m));
	ck_assert_ptr_null(regex_named(&m, "a").ptr);
	s = regex_named(&m, "b");
	ck_assert(span_equal(s, SPAN("y")));
	ck_assert(span_equal(regex_group(&m, 3), SPAN("z")));
	ck_assert(span_equal(regex_group(&m, 0), SPAN("yz")));
	ck_assert_ptr_null(regex_group(&m, 4).ptr);
	ck_assert_ptr_null(regex_group(&m, 1000).ptr);
	ck_assert_ptr_null(regex_named(&m, "c").ptr);
	ck_assert(regex_has_group(&re, "a"));
	ck_assert(!regex_has_group(&re, "c"));
	regex_deinit(&re);
	/* What took no part at the end of the groups is not set. */
	regex_init(&re, "y(z)?");
	ck_assert(regex_find(&re, scratch, SPAN("y"), 0, &m));
	ck_assert_ptr_null(regex_group(&m, 1).ptr);
	regex_deinit(&re);
	/* One name, two groups. */
	regex_init(&re, "(?J)(?:A (?<n>[0-9]+)|B (?<n>[a-z]+))");
	ck_assert(regex_find(&re, scratch, SPAN("B xyz"), 0, &m));
	ck_assert(span_equal(regex_named(&m, "n"), SPAN("xyz")));
	ck_assert(regex_find(&re, scratch, SPAN("A 12"), 0, &m));
	ck_assert(span_equal(regex_named(&m, "n"), SPAN("12")));
	ck_assert(regex_has_group(&re, "n"));
	regex_deinit(&re);
}
END_TEST

START_TEST(mistakes_have_their_byte)
{
	static const struct { const char *source; size_t off; const char *message; } mistakes[] = {
		{ "a(b", 3, "bad regular expression: missing closing parenthesis" },
		{ "a[b", 3, "bad regular expression: missing terminating ] for character class" },
		{ "*a", 0, "bad regular expression: quantifier does not follow a repeatable item" },
		{ "(((((((((((((((((((((((( x ))))))))))))))))))))))))", 0,
		  "24 groups; at most 23 are allowed (use (?:...))" },
	};

	for (size_t i = 0; i < countof(mistakes); i++) {
		struct culprit_error *err;
		struct regex re;
		size_t off = 99;

		regex_init(&re, mistakes[i].source);
		err = regex_check(&re, &off);
		ck_assert_ptr_nonnull(err);
		ck_assert_str_eq(culprit_error_message(err), mistakes[i].message);
		ck_assert_uint_eq(off, mistakes[i].off);
		culprit_error_destroy(err);
		regex_deinit(&re);
	}
}
END_TEST

/* The same before and after the just-in-time compiler took over. */
START_TEST(effort_is_bounded)
{
	struct regex re;
	char text[4001];

	memset(text, 'a', 4000);
	text[4000] = '\0';
	regex_init(&re, "^(a+)+$|^(a|aa)+b");
	for (int i = 0; i < 40; i++) {
		ck_assert(!regex_find(&re, scratch, (struct span){ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 41 }, 0, NULL));
		ck_assert(regex_scratch_hit_limit(scratch));
		ck_assert(!regex_scratch_hit_limit(scratch));	/* reading clears it */
	}
	regex_deinit(&re);
	regex_init(&re, "a+$");
	for (int i = 0; i < 40; i++)
		ck_assert(regex_find(&re, scratch, span_of(text), 0, NULL));
	ck_assert(!regex_scratch_hit_limit(scratch));
	regex_deinit(&re);
}
END_TEST

static void *match_often(void *arg)
{
	struct regex_scratch *mine;
	size_t found = 0;

	if (regex_scratch_create(&mine))
		return NULL;
	for (int i = 0; i < 500; i++)
		found += regex_find(arg, mine, SPAN("x BUG: 12"), 0, NULL);
	regex_scratch_destroy(mine);
	return (void *)found;
}

START_TEST(threads_share_a_regex)
{
	struct regex re;
	pthread_t threads[4];

	regex_init(&re, "BUG: [0-9]+");
	for (size_t i = 0; i < countof(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, match_often, &re), 0);
	for (size_t i = 0; i < countof(threads); i++) {
		void *found;

		pthread_join(threads[i], &found);
		ck_assert_uint_eq((size_t)found, 500);
	}
	regex_deinit(&re);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("regex");
	TCase *tc = tcase_create("regex");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, matches, 0, countof(cases));
	tcase_add_test(tc, matches_that_begin_before);
	tcase_add_loop_test(tc, lines_begin_with_few_bytes, 0, countof(starts));
	tcase_add_test(tc, kinds_are_those_of_the_library);
	tcase_add_test(tc, an_empty_text_may_be_null);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, mistakes_have_their_byte);
	tcase_add_test(tc, effort_is_bounded);
	tcase_add_test(tc, threads_share_a_regex);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
