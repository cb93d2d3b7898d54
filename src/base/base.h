/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ground: errors, spans, byte buffers, arenas, scope cleanup.
 *
 * Knows nothing of kernels or crashes.
 */
#ifndef CULPRIT_BASE_BASE_H
#define CULPRIT_BASE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "culprit.h"

#define countof(a) (sizeof(a) / sizeof((a)[0]))

/* ------------------------------------------------------------- errors */

/* The only error that needs no memory.  Never written to, may be destroyed. */
extern struct culprit_error culprit_error_no_memory;

/* A new error; itself out of memory gives &culprit_error_no_memory. Never NULL. */
struct culprit_error *culprit_error_create(enum culprit_error_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* "what: strerror(errno)"; NO_MEMORY for ENOMEM */
struct culprit_error *culprit_error_errno(const char *format, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));

/*
 * Put context in front of the message: "context: message".  Takes err, gives
 * back the error to use (err itself where memory ran out).  NULL stays NULL.
 */
struct culprit_error *culprit_error_context(struct culprit_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --------------------------------------------------------------- spans */

/* Borrowed bytes; not NUL-terminated.  Whoever keeps one says what it must not outlive. */
struct span {
	const char *ptr;
	size_t len;
};

#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })

static inline struct span span_of(const char *str)
{
	return (struct span){ str, strlen(str) };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* First n bytes fewer; n must not be over s.len. */
static inline struct span span_skip(struct span s, size_t n)
{
	return (struct span){ n ? s.ptr + n : s.ptr, s.len - n };
}

/* Offset of needle in s, or -1. */
ptrdiff_t span_find(struct span s, struct span needle);

/* Without blanks (space, tab) at both ends. */
struct span span_trim(struct span s);

/* -------------------------------------------------------- byte buffers */

/* Growing bytes.  Zeroed is a valid empty buffer.  data is NUL-terminated once anything was added. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_deinit(struct buf *buf);

/* False when out of memory, and then nothing was added. */
bool buf_reserve(struct buf *buf, size_t more) __attribute__((warn_unused_result));
bool buf_add(struct buf *buf, const void *data, size_t len) __attribute__((warn_unused_result));
bool buf_add_char(struct buf *buf, char c) __attribute__((warn_unused_result));
bool buf_add_str(struct buf *buf, const char *str) __attribute__((warn_unused_result));
bool buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));

static inline struct span buf_span(const struct buf *buf)
{
	return (struct span){ buf->data, buf->len };
}

/* -------------------------------------------------------------- arenas */

/* Memory that is freed all at once.  Zeroed is a valid empty arena. */
struct arena {
	struct arena_block *last;
	size_t used;		/* of the last block */
	size_t total;		/* bytes of all blocks */
	bool failed;		/* some call gave NULL: to be looked at once, where many calls fill one thing */
};

void arena_deinit(struct arena *arena);

/* Zeroed memory aligned for any type, or NULL when out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* n elements of size bytes; NULL on overflow too. */
void *arena_array(struct arena *arena, size_t n, size_t size);

/* The same, not zeroed: pages of it that nobody writes to are not touched. */
void *arena_room(struct arena *arena, size_t n, size_t size);

/* A NUL-terminated copy; NULL when out of memory. */
char *arena_dup(struct arena *arena, struct span s);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* ------------------------------------------------------- scope cleanup */

/*
 *	_cleanup_(buf_deinit) struct buf buf = { 0 };
 *	_cleanup_(freep) char *copy = strdup(s);
 *
 * return_ptr(p) hands a cleaned-up pointer out of its scope.
 */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void freep(void *p)
{
	free(*(void **)p);
}

void culprit_error_destroyp(struct culprit_error **err);

#define no_free_ptr(p) ({ __auto_type ptr_ = (p); (p) = NULL; ptr_; })
#define return_ptr(p) return no_free_ptr(p)

/* --------------------------------------------- structs of the library */

/*
 * A struct that a caller fills, of size bytes, by whatever version of its
 * header, as ours of ret_size: what it lacks is 0.  given may be NULL: all 0.
 * Errors: USAGE where it asks for what only a newer library knows; what names it
 * there ("a parser's options").
 */
struct culprit_error *struct_take(const void *given, size_t size, const char *what, void *ret, size_t ret_size);

/* ------------------------------------------------------------- numbers */

/*
 * Parse an unsigned number that stands at the start of s; *ret_len says how
 * many bytes it took.  False when there is none or it does not fit.
 * Hexadecimal takes an optional 0x.
 */
bool parse_u64(struct span s, uint64_t *ret, size_t *ret_len);
bool parse_hex64(struct span s, uint64_t *ret, size_t *ret_len);

/* FNV-1a over bytes: for hash tables, not for strangers' collisions. */
uint64_t hash_bytes(const void *data, size_t len);

#endif
