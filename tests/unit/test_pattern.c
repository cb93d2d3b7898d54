/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "pattern/pattern.h"
#include "suite.h"

static struct culprit_error *load(const char *const *texts, size_t n, struct culprit_patterns **ret)
{
	struct yaml_doc **docs = calloc(n + 1, sizeof(*docs));

	for (size_t i = 0; i < n; i++) {
		char name[16];
		struct culprit_error *err;

		snprintf(name, sizeof(name), "%c.yaml", (char)('a' + i));
		err = yaml_parse(span_of(texts[i]), name, &docs[i]);
		ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	}
	return pattern_set_from_docs(docs, n, ret);
}

static struct culprit_patterns *good(const char *first, const char *second)
{
	const char *texts[] = { first, second };
	struct culprit_patterns *set = NULL;
	struct culprit_error *err = load(texts, second ? 2 : 1, &set);

	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	return set;
}

#define PATTERN "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'BUG: (?<what>\\w+)'\n    title: \"{what}\"\n"

static const struct { const char *text, *message; } mistakes[] = {
	{ "x: 1\n",
	  "a.yaml:1:1: unknown key 'x'; expected one of: functions, macros, sets, picks, ways, banners, patterns, stacks, phases, cleanup, "
	  "doubts, remarks, name-prefixes, types, drop, continues, ends, after-end, evidence, leads, intruders, unfinished, headings, skip, foreign, unwinder, guilty, "
	  "executor" },
	{ "guilty: [lib/]\n", "a.yaml:1:9: guilty must be a mapping, not a sequence" },
	{ "guilty: {files: [lib/]}\n", "a.yaml:1:10: unknown key 'files'; expected one of: generic, stalls, interrupts" },
	{ "guilty: {generic: [lib/, '!']}\n", "a.yaml:1:19: an entry of 'generic' is empty" },
	{ "- x\n", "a.yaml:1:1: a pattern file must be a mapping, not a sequence" },
	{ "macros: [a]\n", "a.yaml:1:9: macros must be a mapping, not a sequence" },
	{ "ends: {a: b}\n", "a.yaml:1:7: ends must be a sequence, not a mapping" },
	{ "macros:\n  A: [x]\n", "a.yaml:2:6: a macro must be a scalar, not a sequence" },
	{ "macros:\n  A: 'x{{B}}'\n", "a.yaml:2:6: no macro '{{B}}'; macros are defined under 'macros:'" },
	{ "macros:\n  A: 'x{{B'\n", "a.yaml:2:6: no macro '{{}}'; macros are defined under 'macros:'" },
	{ "sets:\n  a: [\"@b\"]\n", "a.yaml:2:7: no role of functions and no set 'b'; they are defined under 'functions:' and 'sets:'" },
	{ "sets:\n  a: [[b]]\n", "a.yaml:2:7: a set must be a scalar, not a sequence" },
	{ "skip: [\"@b\"]\n", "a.yaml:1:8: no role of functions and no set 'b'; they are defined under 'functions:' and 'sets:'" },
	{ "picks:\n  a: {anchor: x}\n", "a.yaml:2:7: unknown key 'anchor'; expected one of: groups, anchors, skip" },
	{ "picks:\n  a: {groups: [{frame: x}]}\n", "a.yaml:2:17: unknown key 'frame'; expected one of: frames, as" },
	{ "picks:\n  a: {groups: x}\n", "a.yaml:2:15: groups must be a sequence, not a scalar" },
	{ "banners: x\n", "a.yaml:1:10: banners must be a sequence, not a scalar" },
	{ "banners: [x]\n", "a.yaml:1:11: a banner must be a mapping, not a scalar" },
	{ "banners: [{panic: true}]\n", "a.yaml:1:11: a banner needs 'literal'" },
	{ "banners: [{literal: BUG}]\n",
	  "a.yaml:1:21: literal 'BUG' is too short: at least 4 bytes, the rarer the better" },
	{ "banners: [{literal: \"BUG:\", speaker: me}]\n",
	  "a.yaml:1:38: speaker is 'me'; expected one of: kernel, any" },
	{ "banners: [{literal: \"BUG:\", panic: 1}]\n", "a.yaml:1:36: panic must be true or false, not '1'" },
	{ "banners: [{literal: \"BUG:\", foo: 1}]\n",
	  "a.yaml:1:29: unknown key 'foo'; expected one of: literal, speaker, follow-up, inside, within, stacked, follow-up-if, panic, ignore, require" },
	{ "banners: [{literal: \"BUG:\", ignore: 'a('}]\n",
	  "a.yaml:1:37: at byte 2 of 'a(': bad regular expression: missing closing parenthesis" },
	{ "banners: [{literal: \"BUG:\", follow-up-if: 'a('}]\n",
	  "a.yaml:1:43: at byte 2 of 'a(': bad regular expression: missing closing parenthesis" },
	{ "patterns: {}\n", "a.yaml:1:11: patterns must be a sequence, not a mapping" },
	{ "patterns:\n- banner: \"BUG:\"\n", "a.yaml:2:3: a pattern needs 'name'" },
	{ "patterns:\n- name: p\n", "a.yaml:2:3: pattern 'p' needs 'banner' (or 'event') and 'forms'" },
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n", "a.yaml:2:3: pattern 'p' needs 'banner' (or 'event') and 'forms'" },
	{ "patterns:\n- name: p\n  disabled: true\n", "a.yaml:2:3: no pattern 'p' to disable" },
	{ PATTERN "- name: p\n  banner: \"BUG:\"\n  forms:\n  - {match: x, title: y}\n",
	  "a.yaml:7:3: pattern 'p' is there already, at a.yaml:2:3" },
	{ "patterns:\n- name: p\n  kind: bug\n",
	  "a.yaml:3:9: kind is 'bug'; expected one of: crash, boot-failure, infrastructure" },
	{ "patterns:\n- name: p\n  colour: red\n",
	  "a.yaml:3:3: unknown key 'colour'; expected one of: name, kind, banner, event, disabled, generic, forms" },
	{ "patterns:\n- name: p\n  follow-up: true\n",
	  "a.yaml:3:3: unknown key 'follow-up'; expected one of: name, kind, banner, event, disabled, generic, forms" },
	{ "patterns:\n- name: p\n  banner: [\"BUG:\", x]\n",
	  "a.yaml:3:20: literal 'x' is too short: at least 4 bytes, the rarer the better" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n", "a.yaml:4:5: a form needs 'match' and 'title'" },
	{ "patterns:\n- name: p\n  forms:\n  - title: x\n", "a.yaml:4:5: a form needs 'match' and 'title'" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n    titel: x\n",
	  "a.yaml:5:5: unknown key 'titel'; expected one of: name, match, report, title, alt, type, frames, origin, stack, kind, "
	  "before-userspace, suppressed, corrupted" },
	{ "patterns:\n- name: p\n  forms:\n  - match: '{{X}}'\n", "a.yaml:4:12: no macro '{{X}}'; macros are defined under 'macros:'" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n    frames: {skip: x}\n", "a.yaml:5:13: an entry of frames needs 'from' or 'way'" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n    frames: {way: home}\n",
	  "a.yaml:5:19: no way 'home'; ways are defined under 'ways:'" },
	{ "ways: {home: {from: stack}}\npatterns:\n- name: p\n  forms:\n  - match: x\n    frames: {way: home, from: pc}\n",
	  "a.yaml:6:13: an entry of frames needs 'from' or 'way'" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n    frames: {from: stack, pick: q}\n",
	  "a.yaml:5:33: no pick 'q'; picks are defined under 'picks:'" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n    frames: {from: stack, depth: 1}\n",
	  "a.yaml:5:27: unknown key 'depth'; expected one of: from, way, skip, default-skip, pick" },
	{ "patterns:\n- name: p\n  forms:\n  - match: x\n    stack: maybe\n", "a.yaml:5:12: stack must be true or false, not 'maybe'" },
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'a['\n    title: x\n",
	  "a.yaml:5:12: at byte 2 of 'a[': bad regular expression: missing terminating ] for character class" },
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'a'\n    title: \"{b}\"\n",
	  "a.yaml:6:12: '{b}' in '{b}' is neither 'frame' nor a named group of match or report" },
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'a'\n    title: \"a\"\n    alt: [\"x {b}\"]\n",
	  "a.yaml:7:11: '{b}' in 'x {b}' is neither 'frame' nor a named group of match or report" },
	/* {origin} is for alternatives, and has to be looked for. */
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'a'\n    title: \"{origin}\"\n    origin: {from: stack}\n",
	  "a.yaml:6:12: '{origin}' in '{origin}' is neither 'frame' nor a named group of match or report" },
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'a'\n    title: \"a\"\n    alt: [\"x {origin}\"]\n",
	  "a.yaml:7:11: '{origin}' in 'x {origin}' is neither 'frame' nor a named group of match or report" },
	{ "patterns:\n- name: p\n  banner: \"BUG:\"\n  forms:\n  - match: 'a'\n    title: \"x {frame\"\n",
	  "a.yaml:6:12: '{' without '}' in 'x {frame'" },
	{ "stacks: [{role: freed}]\n", "a.yaml:1:10: an entry of stacks needs 'starts' or 'holds'" },
	{ "phases: [{phase: init}]\n", "a.yaml:1:10: an entry of phases needs 'literal', or 'match' where no boot begins" },
	{ "phases: [{literal: abcd, phase: lunch}]\n",
	  "a.yaml:1:33: phase is 'lunch'; expected one of: none, firmware, boot-loader, early-kernel, initramfs, "
	  "root-mount, init, userspace, workload, finished" },
	{ "phases: [{literal: abcd, match: '('}]\n",
	  "a.yaml:1:33: at byte 1 of '(': bad regular expression: missing closing parenthesis" },
	{ "cleanup: [{match: x}]\n", "a.yaml:1:11: an entry of cleanup needs 'match' and 'replace'" },
	{ "cleanup: [{match: '(', replace: x}]\n",
	  "a.yaml:1:19: at byte 1 of '(': bad regular expression: missing closing parenthesis" },
	{ "remarks: [{literal: 'some words'}]\n",
	  "a.yaml:1:11: an entry of remarks needs 'literal', and 'suppressed' or 'corrupted'" },
	{ "remarks: [{literal: 'some words', reason: x}]\n",
	  "a.yaml:1:35: unknown key 'reason'; expected one of: literal, match, suppressed, corrupted" },
	{ "doubts: [{reason: x}]\n", "a.yaml:1:10: an entry of doubts needs 'title' or 'report', and 'reason'" },
	{ "types: [x]\n", "a.yaml:1:8: types must be a mapping, not a sequence" },
	{ "name-prefixes: [x]\n", "a.yaml:1:16: name-prefixes must be a mapping, not a sequence" },
	{ "executor: 'x'\n", "a.yaml:1:11: executor needs two groups: proc and id" },
};

START_TEST(each_mistake_has_its_place)
{
	const char *text = mistakes[_i].text;
	struct culprit_patterns *set = NULL;
	struct culprit_error *err = load(&text, 1, &set);

	ck_assert_msg(err, "no mistake found in:\n%s", text);
	ck_assert_str_eq(culprit_error_message(err), mistakes[_i].message);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_SYNTAX);
	ck_assert_ptr_null(set);
	culprit_error_destroy(err);
}
END_TEST

START_TEST(a_pattern_is_read)
{
	struct culprit_patterns *set = good(
		"sets: {s: [a*, b], t: [\"@s\", c]}\nmacros: {W: '\\w+', WW: '{{W}} {{W}}'}\n"
		"picks: {hang: {groups: [{frames: [\"*x*\"], as: y}], anchors: [k], skip: [\"@t\"]}}\n"
		"banners: [{literal: \"BUG:\", follow-up: true, panic: true, speaker: any, ignore: [a, b], require: c}]\n"
		"patterns:\n- name: p\n  kind: boot-failure\n  banner: [\"BUG:\", \"Oops\"]\n  forms:\n"
		"  - {name: f, match: '{{WW}}', report: r, title: t, alt: u, type: T, stack: false, suppressed: true,\n"
		"     frames: [{from: ['x(a)', '(?:b)', '(?<n>c)', '(?<=d)', '\\(e', stack], skip: [\"@t\", d], default-skip: false,\n"
		"               pick: hang}]}\n"
		"  - {match: m, title: t, corrupted: why, kind: infrastructure}\n", NULL);
	const struct form *f = &set->patterns[0].forms[0];
	const struct frame_source *source = &f->sources[0];
	static const bool captures[] = { true, false, true, false, false };

	ck_assert_uint_eq(set->n_banners, 2);
	ck_assert(set->banners[0].follow_up && set->banners[0].panic && set->banners[0].speaker == SPEAKER_ANY);
	ck_assert_uint_eq(set->banners[0].n_ignore, 2);
	ck_assert_uint_eq(set->banners[0].n_require, 1);
	ck_assert(!set->banners[1].follow_up && set->banners[1].speaker == SPEAKER_KERNEL);
	ck_assert_int_eq(set->patterns[0].kind, CULPRIT_KIND_BOOT_FAILURE);
	ck_assert_uint_eq(set->patterns[0].n_banners, 2);
	ck_assert_uint_eq(set->patterns[0].n_forms, 2);
	ck_assert_str_eq(f->match.source, "\\w+ \\w+");
	ck_assert(f->has_report && f->no_stack && f->suppressed && !f->corrupted && !f->has_kind);
	ck_assert_str_eq(f->alts[0], "u");
	ck_assert_str_eq(f->type, "T");
	ck_assert_uint_eq(source->n_steps, 6);
	for (size_t i = 0; i < countof(captures); i++)
		ck_assert_msg(source->steps[i].captures == captures[i], "step %zu", i);
	ck_assert(source->steps[5].kind == STEP_STACK);
	ck_assert_uint_eq(source->skip.n, 4);
	ck_assert_str_eq(source->skip.globs[2], "c");
	ck_assert(source->no_default_skip);
	ck_assert_str_eq(source->pick->name, "hang");
	ck_assert_uint_eq(source->pick->skip.n, 3);
	ck_assert_str_eq(source->pick->groups[0].as, "y");
	ck_assert_str_eq(set->patterns[0].forms[1].name, "2");
	ck_assert_str_eq(set->patterns[0].forms[1].corrupted, "why");
	ck_assert_int_eq(set->patterns[0].forms[1].kind, CULPRIT_KIND_INFRASTRUCTURE);
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(later_files_replace_what_has_the_same_name)
{
	struct culprit_patterns *set = good(
		"sets: {s: [a]}\nmacros: {M: one}\npicks: {k: {skip: [a]}}\nbanners: [{literal: \"BUG:\", panic: true}]\n" PATTERN,
		"sets: {s: [b]}\nmacros: {M: two}\npicks: {k: {skip: [b]}}\nbanners: [{literal: \"BUG:\"}]\n"
		"patterns:\n- name: p\n  banner: \"BUG:\"\n  forms: [{match: '{{M}}', title: x}]\n"
		"- name: q\n  banner: \"BUG:\"\n  forms: [{match: y, title: y}]\n");

	ck_assert_uint_eq(set->n_patterns, 2);
	ck_assert_uint_eq(set->n_banners, 1);
	ck_assert(!set->banners[0].panic);
	ck_assert_str_eq(set->patterns[0].forms[0].match.source, "two");
	ck_assert_uint_eq(set->n_sets, 1);
	ck_assert_str_eq(set->sets[0].globs.globs[0], "b");
	ck_assert_str_eq(set->picks[0].skip.globs[0], "b");
	ck_assert_int_eq(pattern_set_find(set, "q"), 1);
	ck_assert_int_eq(pattern_set_find(set, "r"), -1);
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(patterns_can_be_switched_off)
{
	struct culprit_patterns *set = good(PATTERN, "patterns: [{name: p, disabled: true}]\n");

	ck_assert(set->patterns[0].disabled);
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(a_star_is_any_run_of_bytes)
{
	static const struct { const char *glob, *text; bool match; } globs[] = {
		{ "a", "a", true }, { "a", "ab", false }, { "a", "", false }, { "", "", true }, { "*", "", true },
		{ "*", "abc", true }, { "a*", "a", true }, { "a*", "abc", true }, { "*a", "bca", true },
		{ "*a", "ab", false }, { "a*b*c", "a1b2b3c", true }, { "a*b*c", "acb", false }, { "*lock*", "rtnl_lock", true },
		{ "a?", "ab", false }, { "[ab]", "a", false }, { "**", "x", true },
	};

	for (size_t i = 0; i < countof(globs); i++) {
		struct glob_list list = { .globs = &(const char *){ globs[i].glob }, .n = 1 };

		glob_list_note(&list, globs[i].glob);
		ck_assert_msg(glob_match(globs[i].glob, span_of(globs[i].text)) == globs[i].match, "%s %s", globs[i].glob,
			      globs[i].text);
		if (*globs[i].glob)
			ck_assert(glob_list_match(&list, span_of(globs[i].text)) == globs[i].match);
	}
}
END_TEST

static void ck_no_doubles(const char *name, const struct glob_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(strcmp(list->globs[i], list->globs[j]) != 0, "%s has %s twice", name,
				      list->globs[i]);
}

/* The set that the program holds is checked as a user's would be. */
START_TEST(the_embedded_set_is_sound)
{
	struct culprit_patterns *set;
	struct culprit_error *err = culprit_patterns_load(NULL, 0, &set);

	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	err = pattern_set_check(set);
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	ck_assert_uint_gt(set->n_patterns, 10);
	ck_assert_uint_gt(set->n_headers, 0);
	ck_assert_uint_gt(set->n_marks, 0);
	ck_assert_uint_gt(set->n_types, 0);
	ck_assert(!glob_list_is_empty(&set->skip));
	ck_assert_uint_gt(set->functions.n_words, 100);
	for (size_t i = 0; i < set->n_sets; i++)
		ck_no_doubles(set->sets[i].name, &set->sets[i].globs);
	for (size_t i = 0; i < set->n_picks; i++) {
		ck_no_doubles(set->picks[i].name, &set->picks[i].anchors);
		ck_no_doubles(set->picks[i].name, &set->picks[i].skip);
	}
	ck_no_doubles("continues", &set->continues);
	culprit_patterns_destroy(set);
}
END_TEST

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

struct reading {
	pthread_t thread;
	const struct culprit_patterns *set;
	const struct form *first[400];
	size_t n[400];
};

static void *read_all(void *arg)
{
	struct reading *reading = arg;

	for (size_t i = 0; i < reading->set->n_patterns; i++) {
		const struct pattern *pattern = &reading->set->patterns[i];

		ck_assert(pattern_read_forms(reading->set, pattern));
		reading->first[i] = pattern->forms;
		reading->n[i] = pattern->n_forms;
	}
	return NULL;
}

/* Of the embedded patterns nothing is read that nobody needs; threads that need it at once see the same. */
START_TEST(embedded_forms_are_read_late)
{
	static struct reading readings[4];
	struct culprit_patterns *set = NULL, *whole = NULL;

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &whole));
	ck_assert_ptr_null(pattern_set_read_forms(whole));
	ck_assert_uint_gt(set->n_patterns, 50);
	ck_assert_uint_lt(set->n_patterns, countof(readings[0].n));
	for (size_t i = 0; i < set->n_patterns; i++)
		ck_assert(!set->patterns[i].n_forms && whole->patterns[i].n_forms);
	for (size_t i = 0; i < countof(readings); i++) {
		readings[i].set = set;
		ck_assert_int_eq(pthread_create(&readings[i].thread, NULL, read_all, &readings[i]), 0);
	}
	for (size_t i = 0; i < countof(readings); i++)
		pthread_join(readings[i].thread, NULL);
	for (size_t i = 0; i < set->n_patterns; i++) {
		ck_assert_uint_eq(set->patterns[i].n_forms, whole->patterns[i].n_forms);
		for (size_t k = 0; k < countof(readings); k++) {
			ck_assert_ptr_eq(readings[k].first[i], set->patterns[i].forms);
			ck_assert_uint_eq(readings[k].n[i], set->patterns[i].n_forms);
		}
		for (size_t j = 0; j < set->patterns[i].n_forms; j++) {
			ck_assert_str_eq(set->patterns[i].forms[j].title, whole->patterns[i].forms[j].title);
			ck_assert_str_eq(set->patterns[i].forms[j].match.source, whole->patterns[i].forms[j].match.source);
		}
	}
	culprit_patterns_destroy(set);
	culprit_patterns_destroy(whole);
}
END_TEST

START_TEST(users_extend_and_override_without_recompiling)
{
	char dir[] = "/tmp/test_pattern.XXXXXX", path[256];
	const char *dirs[] = { dir };
	struct culprit_patterns *set;
	struct culprit_error *err;
	size_t n_before;

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
	n_before = set->n_patterns;
	culprit_patterns_destroy(set);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	err = culprit_patterns_load(dirs, 1, &set);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	culprit_error_destroy(err);
	write_file(dir, ".hidden.yaml", "mistake");
	write_file(dir, "notes.txt", "mistake");
	write_file(dir, "own.yaml", "patterns:\n- name: own\n  banner: \"FROB:\"\n  forms: [{match: '{{FUNC}}', title: x}]\n");
	err = culprit_patterns_load(dirs, 1, &set);
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	ck_assert_uint_eq(set->n_patterns, n_before + 1);
	/* A user's kind is tried before the built-in ones. */
	ck_assert_str_eq(set->patterns[0].name, "own");
	culprit_patterns_destroy(set);
	write_file(dir, "own.yaml", "patterns:\n- nam: own\n");
	err = culprit_patterns_load(dirs, 1, &set);
	snprintf(path, sizeof(path), "%s/own.yaml:2:3: unknown key 'nam'", dir);
	ck_assert_msg(strstr(culprit_error_message(err), path) == culprit_error_message(err), "%s", culprit_error_message(err));
	culprit_error_destroy(err);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	ck_assert_int_eq(system(path), 0);
	err = culprit_patterns_load(dirs, 1, &set);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	culprit_error_destroy(err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tc = tcase_create("pattern");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, each_mistake_has_its_place, 0, countof(mistakes));
	tcase_add_test(tc, a_pattern_is_read);
	tcase_add_test(tc, later_files_replace_what_has_the_same_name);
	tcase_add_test(tc, patterns_can_be_switched_off);
	tcase_add_test(tc, a_star_is_any_run_of_bytes);
	tcase_add_test(tc, the_embedded_set_is_sound);
	tcase_add_test(tc, embedded_forms_are_read_late);
	tcase_add_test(tc, users_extend_and_override_without_recompiling);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
