/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "make_report.h"
#include "match/dedup.h"
#include "match/match_rules.h"
#include "match/symptom_text.h"
#include "suite.h"

static struct match_rules *rules;

static void setup(void)
{
	ck_assert_ptr_null(match_rules_load(NULL, NULL, &rules));
}

static void teardown(void)
{
	match_rules_destroy(rules);
}

static void add(struct dedup *dedup, const char *title, const char *alt, const char *access, const char *freed,
		const char *file, uint64_t line, int64_t when)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct made_report made;
	struct symptom symptom;

	make_report(&made, title, alt, access, NULL, freed);
	ck_assert_ptr_null(symptom_from_report(rules, &arena, &made.report, &symptom));
	ck_assert_ptr_null(dedup_add(dedup, &symptom, &(struct dedup_seen){ 1, when, when }, file, line));
	made_report_deinit(&made);
}

/* "3 TITLE (TITLE*N, ...)\n" for each bug, and what was not kept. */
static char *bugs_of(struct dedup *dedup)
{
	struct dedup_bugs bugs;
	struct buf out = { 0 };

	ck_assert_ptr_null(dedup_group(dedup, &bugs));
	for (size_t i = 0; i < bugs.n; i++) {
		const struct dedup_bug *bug = &bugs.bugs[i];

		ck_assert(buf_printf(&out, "%d", (int)bug->seen.n));
		for (size_t m = 0; m < bug->n_members; m++)
			ck_assert(buf_printf(&out, "%s%s*%d@%s:%d", m ? " + " : " ", bug->members[m].title->title,
					     (int)bug->members[m].face->seen.n, bug->members[m].face->file ?: "-",
					     (int)bug->members[m].face->line));
		ck_assert(buf_printf(&out, " [%d,%d]\n", (int)bug->seen.first, (int)bug->seen.last));
	}
	if (dedup_rest(dedup)->n)
		ck_assert(buf_printf(&out, "rest %d\n", (int)dedup_rest(dedup)->n));
	ck_assert(buf_add_str(&out, ""));
	dedup_bugs_deinit(&bugs);
	return out.data ? out.data : strdup("");
}

static void expect(struct dedup *dedup, const char *expected)
{
	_cleanup_(freep) char *found = bugs_of(dedup);

	ck_assert_str_eq(found, expected);
}

START_TEST(test_none)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL;

	ck_assert_ptr_null(dedup_create(rules, &dedup));
	expect(dedup, "");
}
END_TEST

START_TEST(test_same_title_other_bug)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL;

	ck_assert_ptr_null(dedup_create(rules, &dedup));
	/* a stall's title names where the machine was caught, not the bug: two paths with nothing in common */
	add(dedup, "INFO: rcu detected stall in corrupted", NULL, "ax25_loop ax25_send ax25_sendmsg", NULL, "a", 1, 5);
	add(dedup, "INFO: rcu detected stall in corrupted", NULL, "ax25_loop ax25_send ax25_sendmsg", NULL, "b", 1, 3);
	add(dedup, "INFO: rcu detected stall in corrupted", NULL, "jfs_scan jfs_mount jfs_fill_super", NULL, "c", 1, 7);
	expect(dedup, "2 INFO: rcu detected stall in corrupted*2@a:1 [3,5]\n"
		      "1 INFO: rcu detected stall in corrupted*1@c:1 [7,7]\n");
}
END_TEST

START_TEST(test_other_title_same_bug)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL;

	ck_assert_ptr_null(dedup_create(rules, &dedup));
	/* what a kernel with KASAN calls a use-after-free, another one meets as a fault in the same function */
	add(dedup, "KASAN: use-after-free Read in frob_disk", NULL,
	    "frob_disk+0x10/0x200 frob_open+0x20/0x90 frob_ioctl+0x40/0x300", "frob_free frob_close frob_release", "a", 9, -1);
	add(dedup, "KASAN: use-after-free Read in frob_disk", NULL,
	    "frob_disk+0x18/0x200 frob_open+0x20/0x90 frob_ioctl+0x40/0x300", "frob_free frob_close frob_release", "a", 2, -1);
	add(dedup, "general protection fault in frob_disk", NULL,
	    "frob_disk+0x10/0x1d0 frob_open+0x20/0x80 frob_ioctl+0x40/0x2f0", NULL, "b", 1, -1);
	add(dedup, "KASAN: use-after-free Read in quux_open", NULL, "quux_open quux_probe quux_init", "quux_free quux_put", "c", 1, -1);
	expect(dedup, "3 KASAN: use-after-free Read in frob_disk*2@a:2 + general protection fault in frob_disk*1@b:1 [-1,-1]\n"
		      "1 KASAN: use-after-free Read in quux_open*1@c:1 [-1,-1]\n");
}
END_TEST

START_TEST(test_alias)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL;

	ck_assert_ptr_null(dedup_create(rules, &dedup));
	add(dedup, "KASAN: use-after-free Write in frob_a", "bad-access in frob_b", "frob_a frob_b frob_c", NULL, "a", 1, -1);
	add(dedup, "bad-access in frob_b", NULL, "frob_b frob_c", NULL, "b", 1, -1);
	expect(dedup, "2 KASAN: use-after-free Write in frob_a*1@a:1 + bad-access in frob_b*1@b:1 [-1,-1]\n");
}
END_TEST

/* Failures of the machine are one by their title, whatever stands around them. */
START_TEST(test_failures)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL;

	ck_assert_ptr_null(dedup_create(rules, &dedup));
	add(dedup, "lost connection to test machine", NULL, NULL, NULL, "a", 1, -1);
	add(dedup, "lost connection to test machine", NULL, NULL, NULL, "a", 5, -1);
	add(dedup, "lost connection to test machine", NULL, "foo_a foo_b foo_c", NULL, "b", 1, -1);
	add(dedup, "no output from test machine", NULL, "foo_a foo_b foo_c", NULL, "c", 1, -1);
	expect(dedup, "3 lost connection to test machine*2@a:1 + lost connection to test machine*1@b:1 [-1,-1]\n"
		      "1 no output from test machine*1@c:1 [-1,-1]\n");
}
END_TEST

/* ------------------------------------------------------ order and parts */

#define N_REPORTS 4000

struct source {
	char title[64], access[128], file[16];
	int64_t when;
};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* More faces of a title than are kept, a few titles with the same functions, others with the same title alone. */
static struct source *make_sources(uint32_t seed)
{
	struct source *sources = calloc(N_REPORTS, sizeof(*sources));

	ck_assert_ptr_nonnull(sources);
	for (size_t i = 0; i < N_REPORTS; i++) {
		uint32_t bug = next_random(&seed) % 40, way = next_random(&seed) % 30;
		static const char *const kinds[] = { "KASAN: use-after-free Read in", "general protection fault in",
						     "WARNING in", "INFO: rcu detected stall in" };

		snprintf(sources[i].title, sizeof(sources[i].title), "%s frob_%u", kinds[next_random(&seed) % 4], bug);
		snprintf(sources[i].access, sizeof(sources[i].access), "frob_%u+0x%x/0x400 way_%u_a way_%u_b way_%u_c", bug,
			 next_random(&seed) % 0x400, way, way, bug);
		snprintf(sources[i].file, sizeof(sources[i].file), "%u.log", next_random(&seed) % 500);
		sources[i].when = next_random(&seed) % 1000;
	}
	return sources;
}

static void add_sources(struct dedup *dedup, const struct source *sources, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		add(dedup, sources[i].title, NULL, sources[i].access, NULL, sources[i].file, i % 7 + 1, sources[i].when);
}

/* What the command does by way of JSON. */
static void merge(struct dedup *into, struct dedup *from)
{
	struct dedup_bugs bugs;

	ck_assert_ptr_null(dedup_group(from, &bugs));
	for (size_t i = 0; i < bugs.n; i++) {
		for (size_t m = 0; m < bugs.bugs[i].n_members; m++) {
			const struct dedup_title *title = bugs.bugs[i].members[m].title;

			ck_assert_ptr_null(dedup_add_face(into, bugs.bugs[i].members[m].face));
			if (bugs.bugs[i].members[m].face == &title->faces[0])
				ck_assert_ptr_null(dedup_add_rest(into, title->title, &title->rest));
		}
	}
	ck_assert_ptr_null(dedup_add_rest(into, NULL, dedup_rest(from)));
	dedup_bugs_deinit(&bugs);
}

START_TEST(test_order_and_brackets)
{
	_cleanup_(dedup_destroyp) struct dedup *whole = NULL, *left = NULL, *right = NULL;
	struct dedup *parts[4];
	_cleanup_(freep) struct source *sources = make_sources((uint32_t)_i + 1);
	_cleanup_(freep) char *expected = NULL;
	static const size_t cuts[] = { 0, 17, 1500, 3990, N_REPORTS };

	ck_assert_ptr_null(dedup_create(rules, &whole));
	ck_assert_ptr_null(dedup_create(rules, &left));
	ck_assert_ptr_null(dedup_create(rules, &right));
	add_sources(whole, sources, 0, N_REPORTS);
	expected = bugs_of(whole);
	ck_assert_ptr_nonnull(strstr(expected, " + "));
	for (size_t i = 0; i < 4; i++) {
		ck_assert_ptr_null(dedup_create(rules, &parts[i]));
		add_sources(parts[i], sources, cuts[i], cuts[i + 1]);
	}
	/* (3 + 1) + (0 + 2), then the other way around */
	merge(left, parts[3]);
	merge(left, parts[1]);
	merge(right, parts[0]);
	merge(right, parts[2]);
	merge(right, left);
	expect(right, expected);
	for (size_t i = 0; i < 2; i++)
		merge(left, parts[2 * i]);
	expect(left, expected);
	for (size_t i = 0; i < 4; i++)
		dedup_destroy(parts[i]);
}
END_TEST

START_TEST(test_bounds)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL;
	struct dedup_bugs bugs;
	uint64_t n = 0;

	ck_assert_ptr_null(dedup_create(rules, &dedup));
	for (unsigned int i = 0; i < 3 * DEDUP_MAX_TITLES; i++) {
		char title[64];

		snprintf(title, sizeof(title), "WARNING in function_number_%u", i);
		add(dedup, title, NULL, NULL, NULL, "a", 1, -1);
	}
	ck_assert_ptr_null(dedup_group(dedup, &bugs));
	for (size_t i = 0; i < bugs.n; i++)
		n += bugs.bugs[i].seen.n;
	ck_assert_uint_le(bugs.n, DEDUP_MAX_TITLES);
	ck_assert_uint_eq(n + dedup_rest(dedup)->n, 3 * DEDUP_MAX_TITLES);
	dedup_bugs_deinit(&bugs);
}
END_TEST

/* -------------------------------------------------------------- the text */

START_TEST(test_text)
{
	static const char text[] = "title KASAN: use-after-free Read in foo\nalt bad-access in foo\ntorn\nframe foo\naccess\n"
				   " foo+0x1c/0x40 [ext4] fs/ext4/inode.c\n bar\nfreed\n kfoo+0x1/0x2\nother\n baz\nother\n qux\n"
				   "task syz\nkernel 6.1.0\n";
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(buf_deinit) struct buf again = { 0 };
	struct symptom symptom;

	ck_assert_ptr_null(symptom_text_parse(rules, &arena, span_of(text), &symptom));
	ck_assert_uint_eq(symptom.access.n, 2);
	ck_assert_str_eq(symptom.access.frames[0].module, "ext4");
	ck_assert_uint_eq(symptom.n_others, 2);
	ck_assert_str_eq(symptom.others[1].frames[0].function, "qux");
	ck_assert_str_eq(symptom.class->name, "use-after-free");
	ck_assert(symptom_text_format(rules, &symptom, &again));
	ck_assert_str_eq(again.data, text);
}
END_TEST

static const char *const refused[] = {
	"", "foo\n", "title x\nwhat is this\n", "title x\n frame_without_stack\n", "title x\naccess\n a\naccess\n",
	"title x\ndetail no tab\n", "title x\ntorn again\n", "title x\n\n",
};

START_TEST(test_text_refused)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct symptom symptom;
	struct culprit_error *err = symptom_text_parse(rules, &arena, span_of(refused[_i]), &symptom);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_SYNTAX);
	culprit_error_destroy(err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dedup");
	TCase *tcase = tcase_create("dedup");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_none);
	tcase_add_test(tcase, test_same_title_other_bug);
	tcase_add_test(tcase, test_other_title_same_bug);
	tcase_add_test(tcase, test_alias);
	tcase_add_test(tcase, test_failures);
	tcase_add_loop_test(tcase, test_order_and_brackets, 0, 3);
	tcase_add_test(tcase, test_bounds);
	tcase_add_test(tcase, test_text);
	tcase_add_loop_test(tcase, test_text_refused, 0, countof(refused));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
