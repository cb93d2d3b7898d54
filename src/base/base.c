/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors, spans, buffers and arenas.  Nothing here reads input of strangers
 * beyond the two number parsers, which stop at the end of their span.
 */
#include "base/base.h"

#include <errno.h>
#include <stdio.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ------------------------------------------------------------- errors */

struct culprit_error {
	enum culprit_error_code code;
	char *message;
};

static char no_memory_message[] = "out of memory";

struct culprit_error culprit_error_no_memory = {
	.code = CULPRIT_ERROR_NO_MEMORY,
	.message = no_memory_message,
};

static struct culprit_error *error_from(enum culprit_error_code code, char *message)
{
	struct culprit_error *err = malloc(sizeof(*err));

	if (!err || !message) {
		free(err);
		free(message);
		return &culprit_error_no_memory;
	}
	err->code = code;
	err->message = message;
	return err;
}

static char *format_message(const char *format, va_list args)
{
	char *message;

	return vasprintf(&message, format, args) < 0 ? NULL : message;
}

struct culprit_error *culprit_error_create(enum culprit_error_code code, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = format_message(format, args);
	va_end(args);
	return error_from(code, message);
}

struct culprit_error *culprit_error_errno(const char *format, ...)
{
	int saved = errno;
	_cleanup_(freep) char *what = NULL;
	va_list args;

	/* The C library's own (fopen, opendir), or the kernel's: one kind of failure. */
	if (saved == ENOMEM)
		return &culprit_error_no_memory;
	va_start(args, format);
	what = format_message(format, args);
	va_end(args);
	if (!what)
		return &culprit_error_no_memory;
	return culprit_error_create(CULPRIT_ERROR_OS, "%s: %s", what, strerror(saved));
}

struct culprit_error *culprit_error_context(struct culprit_error *err, const char *format, ...)
{
	_cleanup_(freep) char *context = NULL;
	char *message;
	va_list args;

	if (!err || err == &culprit_error_no_memory)
		return err;
	va_start(args, format);
	context = format_message(format, args);
	va_end(args);
	if (context && asprintf(&message, "%s: %s", context, err->message) >= 0) {
		free(err->message);
		err->message = message;
	}
	return err;
}

enum culprit_error_code culprit_error_code(const struct culprit_error *err)
{
	return err->code;
}

const char *culprit_error_message(const struct culprit_error *err)
{
	return err->message;
}

void culprit_error_destroy(struct culprit_error *err)
{
	if (!err || err == &culprit_error_no_memory)
		return;
	free(err->message);
	free(err);
}

void culprit_error_destroyp(struct culprit_error **err)
{
	culprit_error_destroy(*err);
}

/* --------------------------------------------------------------- spans */

#ifdef __SSE2__
/*
 * Sixteen places at once by the needle's first and last byte: needles here are
 * short and texts are lines or reports, where memmem spends most of its time on
 * getting ready.  Quadratic for a needle like "aaaa" in its like; ours are words.
 * False: the text is too short for it.
 */
static bool find_by_ends(struct span s, struct span needle, ptrdiff_t *ret)
{
	const __m128i first = _mm_set1_epi8(needle.ptr[0]), last = _mm_set1_epi8(needle.ptr[needle.len - 1]);
	size_t n = s.len - needle.len + 1;	/* places */

	if (n < 16)
		return false;
	*ret = -1;
	/* The last step goes over some places again. */
	for (size_t i = 0; i < n; i = i + 32 <= n || i + 16 >= n ? i + 16 : n - 16) {
		const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i));
		const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i + needle.len - 1));
		unsigned int mask = (unsigned int)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first),
											 _mm_cmpeq_epi8(b, last)));

		for (; mask; mask &= mask - 1) {
			size_t at = i + (size_t)__builtin_ctz(mask);

			if (!memcmp(s.ptr + at, needle.ptr, needle.len)) {
				*ret = (ptrdiff_t)at;
				return true;
			}
		}
	}
	return true;
}
#else
static bool find_by_ends(struct span s, struct span needle, ptrdiff_t *ret)
{
	(void)s;
	(void)needle;
	(void)ret;
	return false;
}
#endif

#define SHORT_NEEDLE_BYTES 64

ptrdiff_t span_find(struct span s, struct span needle)
{
	const char *hit;
	ptrdiff_t at;

	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return -1;
	if (needle.len <= SHORT_NEEDLE_BYTES && find_by_ends(s, needle, &at))
		return at;
	hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return hit ? hit - s.ptr : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = span_skip(s, 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* -------------------------------------------------------- byte buffers */

/*
 * Buffers and arenas allocate ahead.  tests/unit/test_no_memory.c, which fails
 * each allocation, builds this file so that every call makes one.
 */
#ifndef ALLOCATE_EXACTLY
#define ALLOCATE_EXACTLY 0
#endif

void buf_deinit(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}

bool buf_reserve(struct buf *buf, size_t more)
{
	size_t need, cap;
	char *data;

	if (more >= SIZE_MAX / 2 - buf->len)
		return false;
	need = buf->len + more + 1;
	if (need <= buf->cap)
		return true;
	cap = buf->cap * 2 > need ? buf->cap * 2 : need;
	if (cap < 64)
		cap = 64;
	if (ALLOCATE_EXACTLY)
		cap = need;
	data = realloc(buf->data, cap);
	if (!data)
		return false;
	buf->data = data;
	buf->cap = cap;
	return true;
}

bool buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!buf_reserve(buf, len))
		return false;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return true;
}

bool buf_add_char(struct buf *buf, char c)
{
	return buf_add(buf, &c, 1);
}

bool buf_add_str(struct buf *buf, const char *str)
{
	return buf_add(buf, str, strlen(str));
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = format_message(format, args);
	va_end(args);
	return text && buf_add_str(buf, text);
}

/* -------------------------------------------------------------- arenas */

/* With its header the largest that the C library hands out from a list of its thread (tcache): reports are made and freed one by one. */
#define ARENA_BLOCK_BYTES 1008
#define ARENA_ALIGN _Alignof(max_align_t)

struct arena_block {
	struct arena_block *prev;
	size_t cap;
	_Alignas(max_align_t) char data[];
};

void arena_deinit(struct arena *arena)
{
	while (arena->last) {
		struct arena_block *block = arena->last;

		arena->last = block->prev;
		free(block);
	}
	*arena = (struct arena){ 0 };
}

static bool arena_grow(struct arena *arena, size_t size)
{
	/* Doubling keeps the number of blocks logarithmic in the arena's size. */
	size_t cap = arena->total > ARENA_BLOCK_BYTES ? arena->total : ARENA_BLOCK_BYTES;
	struct arena_block *block;

	if (cap < size || ALLOCATE_EXACTLY)
		cap = size;
	block = malloc(sizeof(*block) + cap);
	if (!block)
		return false;
	block->prev = arena->last;
	block->cap = cap;
	arena->last = block;
	arena->used = 0;
	arena->total += cap;
	return true;
}

/* As arena_alloc(), of bytes that the caller sets. */
static void *arena_take(struct arena *arena, size_t size)
{
	void *ret;

	if (size > SIZE_MAX / 4) {
		arena->failed = true;
		return NULL;
	}
	size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if (!arena->last || arena->last->cap - arena->used < size) {
		if (!arena_grow(arena, size)) {
			arena->failed = true;
			return NULL;
		}
	}
	ret = arena->last->data + arena->used;
	arena->used += size;
	return ret;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *ret = arena_take(arena, size);

	return ret ? memset(ret, 0, size) : NULL;
}

void *arena_room(struct arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		total = SIZE_MAX;
	return arena_take(arena, total);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	void *ret = arena_room(arena, n, size);

	return ret ? memset(ret, 0, n * size) : NULL;
}

char *arena_dup(struct arena *arena, struct span s)
{
	char *copy = arena_take(arena, s.len + 1);

	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	_cleanup_(freep) char *text = format_message(format, args);

	arena->failed |= !text;
	return text ? arena_dup(arena, span_of(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

/* ------------------------------------------------------------- numbers */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static bool parse_base(struct span s, int base, uint64_t *ret, size_t *ret_len)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < s.len && digit_value(s.ptr[i]) < base; i++) {
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit_value(s.ptr[i]), &value))
			return false;
	}
	if (i == 0)
		return false;
	*ret = value;
	if (ret_len)
		*ret_len = i;
	return true;
}

bool parse_u64(struct span s, uint64_t *ret, size_t *ret_len)
{
	return parse_base(s, 10, ret, ret_len);
}

bool parse_hex64(struct span s, uint64_t *ret, size_t *ret_len)
{
	size_t skip = s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] == 'x' || s.ptr[1] == 'X') ? 2 : 0;

	if (!parse_base(span_skip(s, skip), 16, ret, ret_len))
		return false;
	if (ret_len)
		*ret_len += skip;
	return true;
}

uint64_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

struct culprit_error *struct_take(const void *given, size_t size, const char *what, void *ret, size_t ret_size)
{
	const unsigned char *bytes = given;

	memset(ret, 0, ret_size);
	if (!given)
		return NULL;
	for (size_t i = ret_size; i < size; i++) {
		if (bytes[i])
			return culprit_error_create(CULPRIT_ERROR_USAGE, "%s are of a newer version than libculprit "
						    CULPRIT_VERSION, what);
	}
	memcpy(ret, given, size < ret_size ? size : ret_size);
	return NULL;
}
