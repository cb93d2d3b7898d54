/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>

#include "base/base.h"
#include "suite.h"

START_TEST(error_context_goes_in_front)
{
	struct culprit_error *err = culprit_error_create(CULPRIT_ERROR_SYNTAX, "line %d", 3);

	err = culprit_error_context(err, "file %s", "a.yaml");
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_SYNTAX);
	ck_assert_str_eq(culprit_error_message(err), "file a.yaml: line 3");
	culprit_error_destroy(err);
	ck_assert_ptr_null(culprit_error_context(NULL, "x"));
}
END_TEST

START_TEST(error_errno_names_the_cause)
{
	struct culprit_error *err;

	errno = ENOENT;
	err = culprit_error_errno("cannot open %s", "x");
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	ck_assert_str_eq(culprit_error_message(err), "cannot open x: No such file or directory");
	culprit_error_destroy(err);
}
END_TEST

START_TEST(no_memory_is_static)
{
	culprit_error_destroy(&culprit_error_no_memory);
	ck_assert_ptr_eq(culprit_error_context(&culprit_error_no_memory, "x"), &culprit_error_no_memory);
	ck_assert_str_eq(culprit_error_message(&culprit_error_no_memory), "out of memory");
}
END_TEST

START_TEST(spans)
{
	ck_assert(span_equal(SPAN("ab"), span_of("ab")));
	ck_assert(!span_equal(SPAN("ab"), SPAN("abc")));
	ck_assert(span_equal((struct span){ 0 }, SPAN("")));
	ck_assert(span_starts(SPAN("abc"), SPAN("ab")));
	ck_assert(!span_starts(SPAN("a"), SPAN("ab")));
	ck_assert_int_eq(span_find(SPAN("xabc"), SPAN("bc")), 2);
	ck_assert_int_eq(span_find(SPAN("xabc"), SPAN("bd")), -1);
	ck_assert_int_eq(span_find(SPAN(""), SPAN("")), 0);
	ck_assert(span_equal(span_trim(SPAN(" \ta b\t ")), SPAN("a b")));
	ck_assert(span_equal(span_trim(SPAN("   ")), SPAN("")));
}
END_TEST

START_TEST(buffer_grows_and_terminates)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };

	for (int i = 0; i < 1000; i++)
		ck_assert(buf_printf(&buf, "%d,", i));
	ck_assert(buf_add_char(&buf, '.'));
	ck_assert_uint_eq(buf.len, strlen(buf.data));
	ck_assert_uint_eq(buf.len, 3891);
	ck_assert(!buf_reserve(&buf, SIZE_MAX - 4));
}
END_TEST

/* Texts around the width of a step, the needle at every place, half of it before. */
START_TEST(needles_are_found_wherever_they_stand)
{
	static const char *const needles[] = { "n", "ne", "needle", "+0x", "a needle of more than sixteen bytes" };

	for (size_t k = 0; k < countof(needles); k++) {
		struct span needle = span_of(needles[k]);

		for (size_t len = needle.len; len < needle.len + 70; len++) {
			for (size_t at = 0; at + needle.len <= len; at++) {
				char *text = malloc(len);	/* of its very size: the sanitizer sees what is read behind */

				memset(text, '.', len);
				ck_assert_int_eq(span_find((struct span){ text, len }, needle), -1);
				if (at >= needle.len && needle.len > 1)
					memcpy(text + at - needle.len, needle.ptr, needle.len - 1);
				memcpy(text + at, needle.ptr, needle.len);
				ck_assert_int_eq(span_find((struct span){ text, len }, needle), at);
				free(text);
			}
		}
	}
}
END_TEST

START_TEST(arenas_remember_that_they_failed)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };

	ck_assert_ptr_nonnull(arena_dup(&arena, SPAN("x")));
	ck_assert(!arena.failed);
	ck_assert_ptr_null(arena_array(&arena, SIZE_MAX / 2, 4));
	ck_assert(arena.failed);
	ck_assert_ptr_nonnull(arena_alloc(&arena, 10));
	ck_assert(arena.failed);
}
END_TEST

START_TEST(no_memory_is_one_error)
{
	errno = ENOMEM;
	ck_assert_ptr_eq(culprit_error_errno("cannot open %s", "a"), &culprit_error_no_memory);
}
END_TEST

START_TEST(arena_aligns_and_zeroes)
{
	struct arena arena = { 0 };

	for (size_t size = 0; size < 9000; size += 37) {
		unsigned char *p = arena_alloc(&arena, size);
		size_t n_set = 0;

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		/* A million ck_asserts take seconds. */
		for (size_t i = 0; i < size; i++)
			n_set += p[i] != 0;
		ck_assert_uint_eq(n_set, 0);
		memset(p, 0xff, size);
	}
	ck_assert_ptr_null(arena_array(&arena, SIZE_MAX / 2, 4));
	ck_assert_str_eq(arena_dup(&arena, SPAN("abc")), "abc");
	ck_assert_str_eq(arena_printf(&arena, "%d-%s", 4, "x"), "4-x");
	arena_deinit(&arena);
	ck_assert_ptr_null(arena.last);
}
END_TEST

START_TEST(numbers_stop_at_the_span_and_refuse_overflow)
{
	uint64_t v;
	size_t n;

	ck_assert(parse_u64(SPAN("123x"), &v, &n));
	ck_assert_uint_eq(v, 123);
	ck_assert_uint_eq(n, 3);
	ck_assert(parse_u64((struct span){ "1234", 2 }, &v, &n));
	ck_assert_uint_eq(v, 12);
	ck_assert(parse_u64(SPAN("18446744073709551615"), &v, NULL));
	ck_assert_uint_eq(v, UINT64_MAX);
	ck_assert(!parse_u64(SPAN("18446744073709551616"), &v, &n));
	ck_assert(!parse_u64(SPAN("x"), &v, &n));
	ck_assert(!parse_u64(SPAN(""), &v, &n));
	ck_assert(parse_hex64(SPAN("0xfFg"), &v, &n));
	ck_assert_uint_eq(v, 255);
	ck_assert_uint_eq(n, 4);
	ck_assert(parse_hex64(SPAN("ff"), &v, &n));
	ck_assert_uint_eq(v, 255);
	ck_assert(!parse_hex64(SPAN("0x"), &v, &n) || (v == 0 && n == 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *tc = tcase_create("base");

	tcase_add_test(tc, error_context_goes_in_front);
	tcase_add_test(tc, error_errno_names_the_cause);
	tcase_add_test(tc, no_memory_is_static);
	tcase_add_test(tc, spans);
	tcase_add_test(tc, buffer_grows_and_terminates);
	tcase_add_test(tc, needles_are_found_wherever_they_stand);
	tcase_add_test(tc, arenas_remember_that_they_failed);
	tcase_add_test(tc, no_memory_is_one_error);
	tcase_add_test(tc, arena_aligns_and_zeroes);
	tcase_add_test(tc, numbers_stop_at_the_span_and_refuse_overflow);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
