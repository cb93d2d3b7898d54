/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pattern/scan_parts.h"
#include "suite.h"

/* The contract, literally. */
static size_t find_naive(const struct span *literals, size_t n, struct span s, size_t from, size_t *ret_index)
{
	for (size_t at = from; at < s.len; at++)
		for (size_t i = 0; i < n; i++)
			if (span_starts(span_skip(s, at), literals[i])) {
				*ret_index = i;
				return at;
			}
	return s.len;
}

typedef struct scan_hit next_fn(const struct scan_set *, struct span, size_t);

static struct scan_hit next_avx2(const struct scan_set *set, struct span s, size_t from)
{
	return scan_next_with(set, s, from, scan_x86_run_avx2() ? scan_x86_run_avx2() : scan_run_portable);
}

static struct scan_hit next_avx512(const struct scan_set *set, struct span s, size_t from)
{
	return scan_next_with(set, s, from, scan_x86_run_avx512() ? scan_x86_run_avx512() : scan_run_portable);
}

static next_fn *const finders[] = { scan_next, scan_next_portable, next_avx2, next_avx512 };

static uint64_t count_naive(struct span s, size_t from, size_t to)
{
	uint64_t n = 0;

	for (size_t i = from; i < to; i++)
		n += s.ptr[i] == '\n';
	return n;
}

/* All hits from all finders, against the naive one. */
static void check_all(const struct scan_set *set, const struct span *literals, size_t n, struct span s)
{
	for (size_t at = 0; at <= s.len; at++) {
		size_t want_index = 0, want = find_naive(literals, n, s, at, &want_index);
		uint64_t want_lines = count_naive(s, at, want);

		for (size_t f = 0; f < countof(finders); f++) {
			struct scan_hit got = finders[f](set, s, at);

			ck_assert_msg(got.off == want && (got.off == s.len || got.index == want_index),
				      "finder %zu from %zu of %zu: literal %zu at %zu, not %zu at %zu",
				      f, at, s.len, got.index, got.off, want_index, want);
			ck_assert_uint_eq(got.lines, want_lines);
		}
		at = want;
	}
}

static struct scan_set *make(const struct span *literals, size_t n)
{
	struct scan_set *set;

	ck_assert_ptr_null(scan_set_create(literals, n, &set));
	return set;
}

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* size bytes that end where no page is; the first byte is at any alignment. */
struct guarded {
	char *map;
	char *end;
	size_t room;
};

static struct guarded guarded_create(size_t room)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct guarded g;

	g.room = (room + page - 1) / page * page;
	g.map = mmap(NULL, g.room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(g.map, MAP_FAILED);
	g.end = g.map + g.room;
	ck_assert_int_eq(mprotect(g.end, page, PROT_NONE), 0);
	return g;
}

static void guarded_destroy(struct guarded *g)
{
	munmap(g->map, g->room + (size_t)sysconf(_SC_PAGESIZE));
}

START_TEST(finds_the_first_and_lowest)
{
	static const struct span literals[] = {
		{ "kernel BUG at", 13 }, { "BUG: ", 5 }, { "BUG: KASAN", 10 }, { "KASAN: ", 7 }, { "INFO: task ", 11 },
	};
	struct scan_set *set = make(literals, countof(literals));
	struct span s = SPAN("[   12.3] BUG: KASAN: use-after-free\n[   12.4] kernel BUG at mm/slub.c:1!\n");
	size_t index = 99;

	ck_assert_uint_eq(scan_find(set, s, 0, &index), 10);
	ck_assert_uint_eq(index, 1);
	ck_assert_uint_eq(scan_find(set, s, 11, &index), 15);
	ck_assert_uint_eq(index, 3);
	ck_assert_uint_eq(scan_find(set, s, 16, &index), 47);
	ck_assert_uint_eq(index, 0);
	index = 99;
	ck_assert_uint_eq(scan_find(set, s, 48, &index), s.len);
	ck_assert_uint_eq(index, 99);
	ck_assert_uint_eq(scan_find(set, s, 10, NULL), 10);
	ck_assert_uint_eq(scan_find(set, s, s.len, NULL), s.len);
	ck_assert_uint_eq(scan_find(set, SPAN("BUG:"), 0, NULL), 4);
	ck_assert_uint_eq(scan_find(set, SPAN(""), 0, NULL), 0);
	ck_assert_uint_eq(scan_find(set, SPAN("BUG: "), 0, &index), 0);
	check_all(set, literals, countof(literals), s);
	scan_set_destroy(set);
}
END_TEST

/* Whatever fragment is chosen, an outer literal begins before the inner one. */
START_TEST(overlapping_literals)
{
	static const struct span literals[] = {
		{ "aaaa", 4 }, { "aaab", 4 }, { "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz", 74 },
		{ "aab", 3 }, { "zba", 3 }, { "\0\0\0", 3 }, { "\xff\xfe\xfd", 3 }, { "a\0b", 3 },
	};
	char text[400];
	uint32_t state = 7;

	for (size_t n = 1; n <= countof(literals); n++) {
		struct scan_set *set = make(literals, n);

		for (int round = 0; round < 100; round++) {
			size_t len = random_next(&state) % sizeof(text);

			for (size_t i = 0; i < len; i++)
				text[i] = "aaaaaab\0z\xff\xfe\xfd"[random_next(&state) % 12];
			for (int k = 0; k < 4; k++) {
				struct span lit = literals[random_next(&state) % n];
				size_t at = len ? random_next(&state) % len : 0;

				if (at + lit.len <= len)
					memcpy(text + at, lit.ptr, lit.len);
			}
			check_all(set, literals, n, (struct span){ text, len });
		}
		scan_set_destroy(set);
	}
}
END_TEST

/* Random literals of random text over small and large alphabets, hits planted, up to the edge of memory. */
START_TEST(equals_naive_search)
{
	struct guarded g = guarded_create(4096);
	uint32_t state = 42;

	for (int round = 0; round < 400; round++) {
		static char pool[64][24];
		struct span literals[64];
		size_t n = 1 + random_next(&state) % countof(literals), len = random_next(&state) % 700;
		unsigned int alphabet = round % 3 == 0 ? 3 : round % 3 == 1 ? 26 : 256;
		unsigned char base = alphabet == 256 ? 0 : 'a';
		char *text = g.end - len;
		struct scan_set *set;

		for (size_t i = 0; i < n; i++) {
			size_t size = 3 + (round % 2) + random_next(&state) % 20;

			for (size_t k = 0; k < size; k++)
				pool[i][k] = (char)(base + random_next(&state) % alphabet);
			literals[i] = (struct span){ pool[i], size };
		}
		for (size_t i = 0; i < len; i++)
			text[i] = (char)(base + random_next(&state) % alphabet);
		for (int k = 0; k < 3; k++) {
			struct span lit = literals[random_next(&state) % n];

			if (lit.len <= len)	/* at the start, at the end, anywhere */
				memcpy(text + (k == 0 ? 0 : k == 1 ? len - lit.len : random_next(&state) % (len - lit.len + 1)),
				       lit.ptr, lit.len);
		}
		set = make(literals, n);
		check_all(set, literals, n, (struct span){ text, len });
		scan_set_destroy(set);
	}
	guarded_destroy(&g);
}
END_TEST

/* One literal at every place of buffers of every length around a turn, at every alignment. */
START_TEST(every_place_and_alignment)
{
	static const struct span literals[] = { { "BUG: ", 5 }, { "general protection fault", 24 }, { "Oops", 4 } };
	struct scan_set *set = make(literals, countof(literals));
	struct guarded g = guarded_create(4096);

	for (size_t len = 0; len <= 200; len++) {
		char *text = g.end - len;
		struct span s = { text, len };

		memset(text, '-', len);
		for (size_t f = 0; f < countof(finders); f++)
			ck_assert_uint_eq(finders[f](set, s, 0).off, len);
		for (size_t i = 0; i < countof(literals); i++)
			for (size_t at = 0; at + literals[i].len <= len; at++) {
				memcpy(text + at, literals[i].ptr, literals[i].len);
				for (size_t f = 0; f < countof(finders); f++) {
					struct scan_hit hit = finders[f](set, s, 0);

					ck_assert_uint_eq(hit.off, at);
					ck_assert_uint_eq(hit.index, i);
					ck_assert_uint_eq(finders[f](set, s, at + 1).off, len);
				}
				memset(text + at, '-', literals[i].len);
			}
	}
	guarded_destroy(&g);
	scan_set_destroy(set);
}
END_TEST

START_TEST(places_can_be_kept)
{
	static const struct span literals[] = {
		{ "BUG: ", 5 }, { "WARNING: ", 9 }, { "Kernel panic - not syncing", 26 }, { "Oops", 4 },
	};
	struct scan_place places[countof(literals)];
	struct scan_set *again;
	struct span s = SPAN("xxxxxxxxxxxxxxxxxxxxx Kernel panic - not syncing: Oops, BUG: WARNING: ");
	struct culprit_error *err;

	ck_assert_ptr_null(scan_choose_places(literals, countof(literals), SPAN(""), places));
	ck_assert_ptr_null(scan_set_create_placed(literals, countof(literals), places, &again));
	check_all(again, literals, countof(literals), s);
	scan_set_destroy(again);

	/* Some known, some not. */
	places[1].bucket = SCAN_NO_BUCKET;
	ck_assert_ptr_null(scan_set_create_placed(literals, countof(literals), places, &again));
	check_all(again, literals, countof(literals), s);
	scan_set_destroy(again);

	places[3].off = 1;
	err = scan_set_create_placed(literals, countof(literals), places, &again);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_MISMATCH);
	culprit_error_destroy(err);
}
END_TEST

/* A word of rare letters may be the commonest of all. */
START_TEST(places_avoid_what_a_sample_holds)
{
	static const struct span literals[] = { { "zebra quagga", 12 } };
	struct scan_place without, with;

	ck_assert_ptr_null(scan_choose_places(literals, 1, SPAN(""), &without));
	ck_assert_ptr_null(scan_choose_places(literals, 1, (struct span){ literals[0].ptr + without.off, 6 }, &with));
	ck_assert_uint_ne(with.off, without.off);
}
END_TEST

START_TEST(limits)
{
	struct span many[SCAN_MAX_LITERALS + 1];
	static char texts[SCAN_MAX_LITERALS + 1][8];
	struct culprit_error *err;
	struct scan_set *set;
	size_t index;

	for (size_t i = 0; i < countof(many); i++)
		many[i] = (struct span){ texts[i], (size_t)snprintf(texts[i], sizeof(texts[i]), "x%zuy", i + 1000) };
	err = scan_set_create(many, countof(many), &set);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_LIMIT);
	culprit_error_destroy(err);

	set = make(many, SCAN_MAX_LITERALS);
	for (size_t i = 0; i < SCAN_MAX_LITERALS; i++) {
		ck_assert_uint_eq(scan_find(set, many[i], 0, &index), 0);
		ck_assert_uint_eq(index, i);
	}
	scan_set_destroy(set);

	err = scan_set_create((struct span[]){ SPAN("ab") }, 1, &set);
	ck_assert_ptr_nonnull(err);
	ck_assert_str_eq(culprit_error_message(err), "literal 'ab' is shorter than 3 bytes");
	culprit_error_destroy(err);

	set = make(NULL, 0);
	ck_assert_uint_eq(scan_find(set, SPAN("BUG: x"), 0, NULL), 6);
	scan_set_destroy(set);
}
END_TEST

/* Also behind literals that begin before what is searched at once, and where ends of line are part of one. */
START_TEST(counts_lines)
{
	static const struct span literals[] = {
		{ "a line\nand the next", 19 }, { "needle", 6 }, { "\n\n\nx", 4 },
		{ "------------------------------------------------------------------------------------needle", 90 },
	};
	struct scan_set *set = make(literals, countof(literals));
	struct guarded g = guarded_create(65536);
	uint32_t state = 3;

	for (size_t len = 0; len < 1000; len++) {
		char *text = g.end - len;

		for (size_t i = 0; i < len; i++)
			text[i] = "\n\r x\x8a\x0b"[random_next(&state) % 6];
		for (int k = 0; k < 2; k++) {
			struct span lit = literals[random_next(&state) % countof(literals)];
			size_t at = random_next(&state) % (len + 1);

			if (at + lit.len <= len)
				memcpy(text + at, lit.ptr, lit.len);
		}
		check_all(set, literals, countof(literals), (struct span){ text, len });
	}
	/* nothing but ends of line: no counter may run over */
	memset(g.map, '\n', g.room);
	for (size_t len = g.room - 130; len <= g.room; len++)
		for (size_t f = 0; f < countof(finders); f++)
			ck_assert_uint_eq(finders[f](set, (struct span){ g.map, len }, 0).lines, len);
	guarded_destroy(&g);
	scan_set_destroy(set);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scan");
	TCase *tc = tcase_create("scan");

	tcase_add_test(tc, finds_the_first_and_lowest);
	tcase_add_test(tc, overlapping_literals);
	tcase_add_test(tc, equals_naive_search);
	tcase_add_test(tc, every_place_and_alignment);
	tcase_add_test(tc, places_can_be_kept);
	tcase_add_test(tc, places_avoid_what_a_sample_holds);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, counts_lines);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
