/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What carries a log as text: quotes, JSON, HTML, terminal sequences made visible.
 *
 *	{"log":"[   12.345678] usb 1-1: new device\n","stream":"stdout"}	docker, fluentd
 *	{"_TRANSPORT":"kernel","MESSAGE":"usb 1-1: new device"}		journalctl -o json
 *	level=warning msg="[   12.345678] usb 1-1: new device"		logfmt
 *	^[[1m[   12.345678] usb 1-1: new device^[[0m^M			cat -v
 *	[   12.345678]  &lt;TASK&gt;<br>				saved web pages
 *
 * What was in front of the message is found by others (printk's stamp in the
 * middle of a line, a learnt prefix); what stands behind it is taken off here.
 */
#include "input/console_parts.h"

#define MAX_TAIL_BYTES 512

/* ------------------------------------------- sequences as somebody wrote them */

/* ESC as text at s: the length, or 0. */
static size_t visible_escape(struct span s)
{
	static const struct span names[] = {
		{ "^[", 2 }, { "\\033", 4 }, { "\\x1b", 4 }, { "\\x1B", 4 }, { "\\e", 2 }, { "\\E", 2 },
		{ "\\u001b", 6 }, { "\\u001B", 6 }, { "#033", 4 }, { "\xe2\x90\x9b", 3 }, { "<1b>", 4 }, { "<0x1b>", 6 },
		{ "<ESC>", 5 },
	};

	if (!s.len || !memchr("^\\#\xe2<", s.ptr[0], 5))
		return 0;
	for (size_t i = 0; i < countof(names); i++)
		if (span_starts(s, names[i]))
			return names[i].len;
	return 0;
}

/* "[1;31m" at s: the length, or 0. bare: without ESC, where a number has to be there. */
static size_t visible_csi(struct span s, bool bare)
{
	size_t i = 1;

	if (s.len < 3 || s.ptr[0] != '[')
		return 0;
	while (i < s.len && i < 20 && (is_digit(s.ptr[i]) || s.ptr[i] == ';' || (s.ptr[i] == '?' && !bare)))
		i++;
	if (i >= s.len || (s.ptr[i] != 'm' && (bare || (!is_upper(s.ptr[i]) && !memchr("hl", s.ptr[i], 2)))))
		return 0;
	return bare && i == 1 ? 0 : i + 1;
}

struct entity {
	const char *name;
	char value;
};

static size_t entity_at(struct span s, char *ret)
{
	static const struct entity entities[] = {
		{ "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&#39;", '\'' },
		{ "&#x27;", '\'' }, { "&apos;", '\'' }, { "&#34;", '"' }, { "&nbsp;", ' ' }, { "&#160;", ' ' },
		{ "&#60;", '<' }, { "&#62;", '>' }, { "&#38;", '&' }, { "&#43;", '+' }, { "&#x2F;", '/' }, { "&#91;", '[' },
		{ "&#93;", ']' },
	};

	for (size_t i = 0; i < countof(entities); i++) {
		if (span_starts(s, span_of(entities[i].name))) {
			*ret = entities[i].value;
			return strlen(entities[i].name);
		}
	}
	return 0;
}

/* A tag of HTML at s with its brackets: the length, or 0.  "<TASK>" and "<IRQ>" are the kernel's. */
static size_t html_tag(struct span s)
{
	static const char *const names[] = {
		"br", "p", "span", "div", "li", "td", "tr", "code", "pre", "tt", "font", "b", "i", "em", "strong", "samp",
		"kbd", "a", NULL
	};
	const char *end = s.len ? memchr(s.ptr, '>', s.len < 160 ? s.len : 160) : NULL;
	size_t from = s.len > 1 && s.ptr[1] == '/' ? 2 : 1, n = 0;
	bool more;

	if (!end || s.ptr[0] != '<')
		return 0;
	while (is_lower(s.ptr[from + n]))
		n++;
	more = s.ptr[from + n] == ' ' || s.ptr[from + n] == '/';
	if (s.ptr[from + n] != '>' && !more)
		return 0;
	for (size_t i = 0; names[i]; i++) {
		/* "<a> x" may be anybody's; a link has an address */
		if (strlen(names[i]) == n && !memcmp(names[i], s.ptr + from, n))
			return n == 1 && from == 1 && !more && s.ptr[from] != 'p' ? 0 : (size_t)(end - s.ptr) + 1;
	}
	return 0;
}

/* The length of the tag that ends s, or 0. */
static size_t closing_tag(struct span s)
{
	const char *last = memrchr(s.ptr, '<', s.len);
	size_t n = last ? s.len - (size_t)(last - s.ptr) : 0;

	return n && html_tag((struct span){ last, n }) == n ? n : 0;
}

/* Tags at both ends, "^M" and the "$" of cat -A at the end. */
static struct span trim_ends(struct span s)
{
	bool again = true;

	for (size_t n; s.len && s.ptr[0] == '<' && (n = html_tag(s));)
		s = span_skip(s, n);
	while (again && s.len > 2) {
		size_t tag = s.ptr[s.len - 1] == '>' ? closing_tag(s) : 0;

		again = false;
		if (tag) {
			s.len -= tag;
			again = true;
		} else if (s.ptr[s.len - 2] == '^' && s.ptr[s.len - 1] == 'M') {
			s.len -= 2;
			again = true;
		} else if (s.ptr[s.len - 1] == '$' && s.ptr[s.len - 2] != ' ') {
			s.len--;
		}
	}
	return s;
}

bool console_has_visible(struct span s)
{
	const char *p = s.ptr, *end = s.ptr + s.len;
	char last, ignored;

	if (s.len < 3)
		return false;
	last = end[-1];
	if ((s.ptr[0] == '<' && html_tag(s)) || (last == '>' && closing_tag(s)) || last == '$' ||
	    (last == 'M' && end[-2] == '^'))
		return true;
	while ((p = memchr(p, '&', (size_t)(end - p)))) {
		if (entity_at((struct span){ p, (size_t)(end - p) }, &ignored))
			return true;
		p++;
	}
	p = s.ptr;
	/* "[" with what may be a colour's number */
	while ((p = memchr(p, '[', (size_t)(end - p)))) {
		if (visible_csi((struct span){ p, (size_t)(end - p) }, false))
			return true;
		p++;
	}
	return false;
}

/* What a sequence or an entity may begin with. */
static const bool may_be_visible[256] = {
	['^'] = true, ['\\'] = true, ['#'] = true, [0xe2] = true, ['<'] = true, ['['] = true, ['&'] = true,
};

size_t console_clean_visible(struct span src, char *dst)
{
	struct span s = trim_ends(src);
	size_t n = 0, i = 0;
	bool first = true, any = false;		/* where one sequence was, others may be without their ESC */

	while (i < s.len) {
		struct span rest = span_skip(s, i);
		size_t esc, csi, take;
		char value;

		if (!may_be_visible[(unsigned char)*rest.ptr]) {
			first = false;
			dst[n++] = *rest.ptr;
			i++;
			continue;
		}
		esc = visible_escape(rest);
		csi = visible_csi(span_skip(rest, esc), !esc);
		if (csi && (esc || any || first || csi == rest.len || rest.ptr[csi] == '[')) {
			i += esc + csi;
			any = true;
			continue;
		}
		first = false;
		take = rest.ptr[0] == '&' ? entity_at(rest, &value) : 0;
		dst[n++] = take ? value : rest.ptr[0];
		i += take ? take : 1;
	}
	s = trim_ends((struct span){ dst, n });
	memmove(dst, s.ptr, s.len);
	return s.len;
}

/* ------------------------------------------------------------------- quotes */

/* "\n", "\r\n" as text at the end. */
static void trim_newlines(struct prefix *x)
{
	while (x->end - x->p >= 2 && x->end[-2] == '\\' && (x->end[-1] == 'n' || x->end[-1] == 'r'))
		x->end -= 2;
}

/*
 * The message at x began behind a quote: it ends before the last one that only
 * punctuation or other members follow.
 */
static void trim_quoted(struct prefix *x, char quote, enum console_escape *ret_escape)
{
	const char *close = x->p;

	/* the first that no backslash escapes */
	while ((close = memchr(close, quote, (size_t)(x->end - close)))) {
		if (close == x->p || close[-1] != '\\')
			break;
		close++;
	}
	if (!close) {
		trim_newlines(x);
		return;
	}
	if (close + 1 < x->end && !memchr(",;:)}] \\", close[1], 8))
		return;
	x->end = close;
	trim_newlines(x);
	if (quote == '"')
		*ret_escape = ESCAPE_JSON;
}

void console_trim_tail(struct prefix *x, const char *front, enum console_escape *ret_escape)
{
	const char *first = front, *last = x->p;

	if (front == x->p)
		return;
	/* a quote in front of the message, or in front of what has been taken off before it */
	while (last > front && last[-1] == ' ')
		last--;
	for (const char *p = last; p > front && last - p < 80; p--) {
		if (memchr("\"`'", p[-1], 3)) {
			trim_quoted(x, p[-1], ret_escape);
			return;
		}
	}
	while (first < x->p && *first == ' ')
		first++;
	if (*first == '|' && x->end - x->p > 2 && x->end[-1] == '|' && x->end[-2] == ' ')
		for (x->end--; x->end > x->p && x->end[-1] == ' '; x->end--)
			;
}

/* --------------------------------------------------------------------- JSON */

/* The string that is the member's value, without its quotes; false where there is no such member. */
static bool json_string(struct span s, struct span key, struct span *ret)
{
	ptrdiff_t at = 0;
	const char *end = s.ptr + s.len, *p;

	for (;;) {
		ptrdiff_t found = span_find(span_skip(s, (size_t)at), key);

		if (found < 0)
			return false;
		at += found + (ptrdiff_t)key.len;
		p = s.ptr + at;
		while (p < end && *p == ' ')
			p++;
		if (p >= end || *p++ != ':')
			continue;
		while (p < end && *p == ' ')
			p++;
		if (p < end && *p++ == '"')
			break;
	}
	ret->ptr = p;
	while (p < end && *p != '"')
		p += 1 + (*p == '\\' && p + 1 < end);
	ret->len = (size_t)((p < end ? p : end) - ret->ptr);
	return true;
}

bool console_take_json_line(struct prefix *x, enum console_escape *ret_escape)
{
	static const struct span keys[] = {
		{ "\"MESSAGE\"", 9 }, { "\"message\"", 9 }, { "\"msg\"", 5 }, { "\"log\"", 5 }, { "\"line\"", 6 },
		{ "\"text\"", 6 }, { "\"textPayload\"", 13 }, { "\"data\"", 6 },
	};
	struct span s = { x->p, (size_t)(x->end - x->p) }, text, who;
	size_t i = 0;

	if (s.len < 8 || s.ptr[0] != '{' || !memchr(" \"", s.ptr[1], 2))
		return false;
	while (i < countof(keys) && !json_string(s, keys[i], &text))
		i++;
	if (i == countof(keys))
		return false;
	if (json_string(s, SPAN("\"_TRANSPORT\""), &who) || json_string(s, SPAN("\"SYSLOG_IDENTIFIER\""), &who)) {
		bool kernel = span_equal(who, SPAN("kernel"));

		x->line->origin = kernel ? ORIGIN_KERNEL : ORIGIN_OTHER;
		x->line->flags |= kernel ? LINE_LOGGED : 0;
		if (!kernel)
			x->line->speaker = who;
	}
	x->p = text.ptr;
	x->end = text.ptr + text.len;
	trim_newlines(x);
	*ret_escape = ESCAPE_JSON;
	return true;
}
