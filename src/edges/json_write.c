/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The JSON writer: values go to the text in the order in which they come.
 *
 *	{"title":"KASAN: use-after-free Read in f","stacks":[{"role":"call-trace"
 *	^ levels[0]                              ^ [1]     ^ [2]
 *
 * An object or array is a level; whatever is put into one closes all that were
 * opened inside of it.  No tree is built: with a library's, half of the time of
 * a log with a crash every 64 KB went into allocating it.
 *
 * A level's own part of the text cannot be gone back to; its key is not looked
 * for among those before.  Callers write each key once, parents after children
 * or before, never between.
 */
#include "edges/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "edges/text.h"

#define JSON_EXACT_MAX ((UINT64_C(1) << 53) - 1)

static void raw(struct json *json, const char *text, size_t len)
{
	if (!buf_add(&json->text, text, len))
		json->failed = true;
}

static void raw_char(struct json *json, char c)
{
	raw(json, &c, 1);
}

/* ------------------------------------------------------------- values */

/* Bytes that stand for themselves. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_escaped(struct json *json, unsigned char c)
{
	static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *at = c ? strchr(named, c) : NULL;
	char text[8];

	if (at)
		raw(json, (char[]){ '\\', names[at - named] }, 2);
	else
		raw(json, text, (size_t)snprintf(text, sizeof(text), "\\u%04X", c));
}

/* s with U+FFFD in place of each byte that is not UTF-8. */
static void put_string(struct json *json, struct span s)
{
	size_t pos = 0;

	raw_char(json, '"');
	while (pos < s.len) {
		size_t start = pos, len;

		while (pos < s.len && is_plain((unsigned char)s.ptr[pos]))
			pos++;
		raw(json, s.ptr + start, pos - start);
		if (pos == s.len)
			break;
		len = text_utf8_len(span_skip(s, pos));
		if (len > 1)
			raw(json, s.ptr + pos, len);
		else if (len)
			put_escaped(json, (unsigned char)s.ptr[pos]);
		else
			raw(json, "\xef\xbf\xbd", 3);
		pos += len ? len : 1;
	}
	raw_char(json, '"');
}

static void put_u64(struct json *json, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	raw(json, digits + at, sizeof(digits) - at);
}

/* So many digits that the same number is read back; always one that looks like no integer. */
static void put_real(struct json *json, double value)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "%.17g", value);

	if (!isfinite(value))
		json->failed = true;
	raw(json, text, (size_t)len);
	if (!strpbrk(text, ".e"))
		raw(json, ".0", 2);
}

/* ------------------------------------------------------------- levels */

static void open_level(struct json *json, char close)
{
	assert(json->depth < countof(json->levels));
	json->levels[json->depth++] = (struct json_level){ .close = close };
}

static void close_to(struct json *json, size_t depth)
{
	while (json->depth > depth)
		raw_char(json, json->levels[--json->depth].close);
}

/* Whatever was opened inside of level is over, and a value of its follows. */
static void next_in(struct json *json, struct json_level *level)
{
	size_t index = (size_t)(level - json->levels);

	assert(index < json->depth);
	close_to(json, index + 1);
	if (level->any)
		raw_char(json, ',');
	level->any = true;
}

static void put_key(struct json *json, struct json_level *object, const char *key)
{
	next_in(json, object);
	put_string(json, span_of(key));
	raw_char(json, ':');
}

static struct json_level *begin_level(struct json *json, char open, char close)
{
	raw_char(json, open);
	open_level(json, close);
	return &json->levels[json->depth - 1];
}

struct json_level *json_begin(struct json *json)
{
	return begin_level(json, '{', '}');
}

bool json_end(struct json *json, struct json_level *root, struct buf *buf)
{
	bool ok;

	assert(root == json->levels);
	close_to(json, 0);
	raw_char(json, '\n');
	ok = !json->failed && buf_add(buf, json->text.data, json->text.len);
	buf_deinit(&json->text);
	return ok;
}

/* -------------------------------------------------------------- puts */

void json_put_span(struct json *json, struct json_level *object, const char *key, struct span s)
{
	put_key(json, object, key);
	put_string(json, s);
}

void json_put_str(struct json *json, struct json_level *object, const char *key, const char *str)
{
	if (str)
		json_put_span(json, object, key, span_of(str));
	else
		json_put_null(json, object, key);
}

void json_put_bool(struct json *json, struct json_level *object, const char *key, bool value)
{
	put_key(json, object, key);
	raw(json, value ? "true" : "false", value ? 4 : 5);
}

void json_put_int(struct json *json, struct json_level *object, const char *key, int64_t value)
{
	put_key(json, object, key);
	if (value < 0)
		raw_char(json, '-');
	put_u64(json, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_put_real(struct json *json, struct json_level *object, const char *key, double value)
{
	put_key(json, object, key);
	put_real(json, value);
}

void json_put_null(struct json *json, struct json_level *object, const char *key)
{
	put_key(json, object, key);
	raw(json, "null", 4);
}

void json_put_u64(struct json *json, struct json_level *object, const char *key, uint64_t value)
{
	if (value > JSON_EXACT_MAX) {
		json_put_null(json, object, key);
		return;
	}
	put_key(json, object, key);
	put_u64(json, value);
}

struct json_level *json_put_object(struct json *json, struct json_level *object, const char *key)
{
	put_key(json, object, key);
	return begin_level(json, '{', '}');
}

struct json_level *json_put_array(struct json *json, struct json_level *object, const char *key)
{
	put_key(json, object, key);
	return begin_level(json, '[', ']');
}

struct json_level *json_add_object(struct json *json, struct json_level *array)
{
	next_in(json, array);
	return begin_level(json, '{', '}');
}

void json_add_str(struct json *json, struct json_level *array, const char *str)
{
	next_in(json, array);
	put_string(json, span_of(str));
}
