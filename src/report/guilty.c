/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guilty file: the first in the text that is not generic, or one further
 * down in a deeper directory below that one's.
 *
 *	 lock_sock include/net/sock.h:1461 [inline]		generic
 *	 af_alg_sendmsg+0x349/0x1080 crypto/af_alg.c:858	guilty
 *
 * A stall's report begins with how the stall was noticed, so there the search
 * begins below the interrupt; it fails where the interrupt's entry is not in
 * the table, and then the whole text is searched.
 *
 * Not looked at: leftovers on the stack ("? "), files without a line, files
 * in brackets, locks that are held ("#0: ..."), where interrupts were last
 * enabled or disabled, "Register r4 information:".
 */
#include "report/guilty.h"

#include <ctype.h>

/* A * stays within its component. */
static bool path_fits(const char *rule, struct span path)
{
	size_t at = 0;

	for (; *rule; rule++) {
		if (*rule == '*') {
			for (size_t end = at;; end++) {
				if (path_fits(rule + 1, span_skip(path, end)))
					return true;
				if (end >= path.len || path.ptr[end] == '/')
					return false;
			}
		}
		if (at >= path.len || path.ptr[at] != *rule)
			return false;
		at++;
		if (*rule == '/' && !rule[1])
			return true;
	}
	return at == path.len;
}

static struct span base_name(struct span path)
{
	for (size_t i = path.len; i-- > 0;) {
		if (path.ptr[i] == '/')
			return span_skip(path, i + 1);
	}
	return path;
}

bool guilty_is_generic(const struct guilty_rules *rules, struct span path)
{
	struct span name = base_name(path);

	for (size_t i = rules->generic.n; i-- > 0;) {
		const char *rule = rules->generic.globs[i];
		bool exception = *rule == '!';

		rule += exception;
		/* Nearly every rule leaves here. */
		if (*rule != '*' && !(path.len && *rule == *path.ptr) && !(name.len && *rule == *name.ptr))
			continue;
		if (path_fits(rule, strchr(rule, '/') ? path : name))
			return !exception;
	}
	return false;
}

static bool is_path_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == '/' || c == '+';
}

static bool is_source(struct span path)
{
	static const char *const suffixes[] = { ".c", ".h", ".rs" };

	for (size_t i = 0; i < countof(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (path.len > n && !memcmp(path.ptr + path.len - n, suffixes[i], n))
			return true;
	}
	return false;
}

/* The next "dir/file.c:12" of line from *at on; *at moves past it. */
static bool next_source(struct span line, size_t *at, struct span *ret)
{
	const char *colon;

	for (size_t i = *at; i + 1 < line.len && (colon = memchr(line.ptr + i, ':', line.len - i - 1)); i++) {
		size_t start;

		start = i = (size_t)(colon - line.ptr);
		/* Nearly every colon leaves here. */
		if (!isdigit((unsigned char)line.ptr[i + 1]) || !i || !strchr("chs", line.ptr[i - 1]))
			continue;
		while (start > 0 && is_path_char(line.ptr[start - 1]))
			start--;
		*ret = (struct span){ line.ptr + start, i - start };
		*at = i + 1;
		/* in prose paths stand in brackets: "ASSERT FAILED at (lib/ipc.c:472)" */
		if (is_source(*ret) && (!start || line.ptr[start - 1] != '('))
			return true;
	}
	return false;
}

/* A relative path without . and .. components; longer ones are cut off there. */
static struct span simplify(struct span path, char *buffer, size_t size)
{
	size_t out = 0;

	while (path.len && path.ptr[0] == '/')
		path = span_skip(path, 1);
	while (path.len) {
		size_t n = 0;

		while (n < path.len && path.ptr[n] != '/')
			n++;
		if (n == 2 && !memcmp(path.ptr, "..", 2)) {
			while (out && buffer[--out] != '/')
				;
		} else if (n && !(n == 1 && path.ptr[0] == '.')) {
			if (out + n + 1 > size)
				break;
			if (out)
				buffer[out++] = '/';
			memcpy(buffer + out, path.ptr, n);
			out += n;
		}
		path = span_skip(path, n < path.len ? n + 1 : n);
	}
	return (struct span){ buffer, out };
}

static struct span next_line(struct span *text)
{
	const char *end = memchr(text->ptr, '\n', text->len);
	size_t n = end ? (size_t)(end - text->ptr) : text->len;
	struct span line = { text->ptr, n };

	*text = span_skip(*text, n < text->len ? n + 1 : n);
	return line;
}

/* " #0: ffff888012 (&p->lock){+.+.}-{3:3}, at: seq_read_iter+0xdf/0x1280 fs/seq_file.c:182": a lock that is held. */
static bool is_held_lock(struct span line)
{
	size_t n = 1;

	if (!span_starts(line, SPAN("#")))
		return false;
	while (n < line.len && isdigit((unsigned char)line.ptr[n]))
		n++;
	return n > 1 && n < line.len && line.ptr[n] == ':';
}

/* Neither callers nor faults: leftovers on the stack, locks, arm's news about what registers point to. */
static bool is_no_evidence(struct span line)
{
	line = span_trim(line);
	return span_starts(line, SPAN("? ")) || span_find(line, SPAN("] ? ")) >= 0 || is_held_lock(line) ||
	       span_starts(line, SPAN("hardirqs last ")) || span_starts(line, SPAN("softirqs last ")) ||
	       (span_starts(line, SPAN("Register ")) && span_find(line, SPAN(" information: ")) >= 0);
}

/* The directory with its slash; empty: none. */
static struct span directory(struct span path)
{
	struct span name = base_name(path);

	return (struct span){ path.ptr, path.len - name.len };
}

/* Is path in a directory below that of other? */
static bool is_deeper(struct span path, struct span other)
{
	struct span above = directory(other);

	return above.len && span_starts(path, above) && directory(path).len > above.len;
}

/*
 * The guilty file of text, into buffer: the first that is not generic, or one
 * further down in a deeper directory; *first is the first file of all.
 */
static bool search(const struct guilty_rules *rules, struct span text, char *buffer, size_t size, struct span *first,
		   struct span *ret)
{
	char other[512];

	*first = *ret = (struct span){ 0 };
	while (text.len) {
		struct span line = next_line(&text), path;
		size_t at = 0;

		if (!next_source(line, &at, &path) || is_no_evidence(line))
			continue;
		if (!first->len)
			*first = path;
		path = simplify(path, other, sizeof(other));
		if (!path.len || path.len > size || guilty_is_generic(rules, path) || (ret->len && !is_deeper(path, *ret)))
			continue;
		memcpy(buffer, path.ptr, path.len);
		*ret = (struct span){ buffer, path.len };
	}
	return ret->len;
}

/* Does line hold the function, as a word? */
static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* One of the words of the line is the name of such a function. */
static bool names_function(struct span line, const struct glob_list *functions)
{
	for (size_t at = 0, end; at < line.len; at = end + 1) {
		for (end = at; end < line.len && is_name_char(line.ptr[end]);)
			end++;
		if (end > at && glob_list_match(functions, (struct span){ line.ptr + at, end - at }))
			return true;
	}
	return false;
}

/* What stands below the first interrupt's entry; empty: there is none. */
static struct span below_interrupt(const struct guilty_rules *rules, struct span text)
{
	while (text.len) {
		struct span line = next_line(&text);

		if (is_no_evidence(line))
			continue;
		if (names_function(line, &rules->interrupts))
			return text;
	}
	return text;
}

static bool is_stall(const struct guilty_rules *rules, struct span text)
{
	for (size_t i = 0; i < rules->stalls.n; i++) {
		if (span_find(text, span_of(rules->stalls.globs[i])) >= 0)
			return true;
	}
	return false;
}

struct culprit_error *guilty_file(const struct guilty_rules *rules, struct span text, uint32_t prefix_lines,
				  struct arena *arena, const char **ret)
{
	struct span first, found, below, rest = text;
	char buffer[512], other[512];

	*ret = NULL;
	/* Nearly every report leaves here. */
	if (span_find(text, SPAN(".c:")) < 0 && span_find(text, SPAN(".h:")) < 0 && span_find(text, SPAN(".rs:")) < 0)
		return NULL;
	for (uint32_t i = 0; i < prefix_lines && rest.len; i++)
		next_line(&rest);
	if (is_stall(rules, rest)) {
		below = below_interrupt(rules, rest);
		if (search(rules, below, buffer, sizeof(buffer), &first, &found))
			goto out;
	}
	/* What stood before the banner is another's, unless there is nothing else. */
	if (!search(rules, rest, buffer, sizeof(buffer), &first, &found) && !first.len && prefix_lines)
		search(rules, text, buffer, sizeof(buffer), &first, &found);
	if (!found.len) {
		if (!first.len)
			return NULL;
		found = simplify(first, other, sizeof(other));
	}
out:
	*ret = arena_dup(arena, found);
	return *ret ? NULL : &culprit_error_no_memory;
}
