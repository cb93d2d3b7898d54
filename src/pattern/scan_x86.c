/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loops of scan.c for x86-64, 64 places a turn: with AVX-512 VBMI one
 * instruction looks 64 bytes up in a table of 128; with AVX2 a byte is looked up
 * by halves.  Both find candidates only; scan_verify decides, so results are
 * those of the portable loop.
 *
 * Data is fetched ahead by hand: where the caches have no prefetcher of their
 * own that keeps up (virtual machines), that doubles the speed out of memory.
 */
#include "pattern/scan_parts.h"

#ifdef __x86_64__
#include <immintrin.h>

#define PREFETCH_BYTES 2048

/* A turn at i reads up to the byte i + 62 + SCAN_POSITIONS; the buffer goes on at least 2 bytes behind end. */
#define TURN_FITS(search, i) ((i) < (search)->end && (search)->end - (i) > 64 + SCAN_POSITIONS - 4)

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2,bmi,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,bmi,popcnt")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vbmi,bmi,popcnt")))

static void note_lines(struct scan_search *search, size_t i, uint64_t lines)
{
	search->counted = i;
	search->lines = lines;
}

/* lines: how many stand before i. */
static void verify_bits(struct scan_search *search, size_t i, uint64_t bits, uint64_t lines)
{
	if (search->best == search->s.len)
		note_lines(search, i, lines);
	for (; bits; bits &= bits - 1) {
		size_t at = i + (size_t)__builtin_ctzll(bits);

		if (scan_is_hashed(search->set, scan_load(search->set, search->s.ptr + at)))
			scan_verify(search, at);
	}
}

/* ------------------------------------------------------------------ AVX2 */

AVX2_INLINE __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

AVX2_INLINE __m256i half_table(const uint8_t *p)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* The buckets of which these 32 bytes may be the k-th of a fragment. */
AVX2_INLINE __m256i classify(__m256i bytes, __m256i lo, __m256i hi)
{
	const __m256i half = _mm256_set1_epi8(15);
	__m256i low = _mm256_and_si256(bytes, half);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);

	return _mm256_and_si256(_mm256_shuffle_epi8(lo, low), _mm256_shuffle_epi8(hi, high));
}

AVX2_INLINE __m256i candidates(const char *p, const __m256i *lo, const __m256i *hi)
{
	__m256i all = classify(load(p), lo[0], hi[0]);

#pragma GCC unroll 8
	for (int k = 1; k < SCAN_POSITIONS; k++)
		all = _mm256_and_si256(all, classify(load(p + k), lo[k], hi[k]));
	return all;
}

AVX2_INLINE uint64_t nonzero(__m256i v)
{
	return (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_setzero_si256()));
}

AVX2_INLINE uint64_t newlines(const char *p)
{
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(load(p), _mm256_set1_epi8('\n')));
}

AVX2 static void run_avx2(struct scan_search *search, size_t i)
{
	const struct scan_set *set = search->set;
	const char *ptr = search->s.ptr;
	__m256i lo[SCAN_POSITIONS], hi[SCAN_POSITIONS];
	uint64_t lines = 0;

	for (int k = 0; k < SCAN_POSITIONS; k++) {
		lo[k] = half_table(set->lo[k]);
		hi[k] = half_table(set->hi[k]);
	}
	for (; TURN_FITS(search, i); i += 64) {
		__m256i a, b, any;

		_mm_prefetch(ptr + i + PREFETCH_BYTES, _MM_HINT_T0);
		a = candidates(ptr + i, lo, hi);
		b = candidates(ptr + i + 32, lo, hi);
		any = _mm256_or_si256(a, b);
		if (__builtin_expect(!_mm256_testz_si256(any, any), 0))
			verify_bits(search, i, nonzero(a) | nonzero(b) << 32, lines);
		lines += (uint64_t)__builtin_popcountll(newlines(ptr + i) | newlines(ptr + i + 32) << 32);
	}
	if (search->best == search->s.len)
		note_lines(search, i, lines);
	scan_run_portable(search, i);	/* what is too short for a turn */
}

/* --------------------------------------------------------------- AVX-512 */

AVX512_INLINE __m512i look_up(const char *p, const __m512i *table)
{
	return _mm512_permutex2var_epi8(table[0], _mm512_loadu_si512(p), table[1]);
}

AVX512 static void run_avx512(struct scan_search *search, size_t i)
{
	const struct scan_set *set = search->set;
	const char *ptr = search->s.ptr;
	const __m512i newline = _mm512_set1_epi8('\n');
	__m512i table[SCAN_POSITIONS][2];
	uint64_t lines = 0;

	for (int k = 0; k < SCAN_POSITIONS; k++) {
		table[k][0] = _mm512_loadu_si512(set->seven[k]);
		table[k][1] = _mm512_loadu_si512(set->seven[k] + 64);
	}
	for (; TURN_FITS(search, i); i += 64) {
		__m512i all = look_up(ptr + i, table[0]);
		uint64_t bits;

		_mm_prefetch(ptr + i + PREFETCH_BYTES, _MM_HINT_T0);
#pragma GCC unroll 8
		for (int k = 1; k < SCAN_POSITIONS; k++)
			all = _mm512_and_si512(all, look_up(ptr + i + k, table[k]));
		bits = _mm512_test_epi8_mask(all, all);
		if (__builtin_expect(bits != 0, 0))
			verify_bits(search, i, bits, lines);
		lines += (uint64_t)__builtin_popcountll(_mm512_cmpeq_epi8_mask(_mm512_loadu_si512(ptr + i), newline));
	}
	if (search->best == search->s.len)
		note_lines(search, i, lines);
	scan_run_portable(search, i);	/* what is too short for a turn */
}

/* ---------------------------------------------------------------- choice */

scan_run_fn *scan_x86_run_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt") ?
	       run_avx2 : NULL;
}

scan_run_fn *scan_x86_run_avx512(void)
{
	return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") && scan_x86_run_avx2() ?
	       run_avx512 : NULL;
}

#else

scan_run_fn *scan_x86_run_avx2(void)
{
	return NULL;
}

scan_run_fn *scan_x86_run_avx512(void)
{
	return NULL;
}

#endif

scan_run_fn *scan_x86_run(void)
{
	scan_run_fn *run = scan_x86_run_avx512();

	return run ? run : scan_x86_run_avx2();
}
