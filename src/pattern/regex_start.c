/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the front of an expression in PCRE2's notation, as far as the first atom
 * that takes a byte in each alternative:
 *
 *	^(?:Begin: |dracut[:-] ?|\[ *ok\])	'B', 'd', '['
 *
 * What it does not understand (options, back references, \Q, POSIX classes) it
 * refuses: the expression is then tried everywhere.  In doubt a set is too
 * large, never too small.
 */
#include "pattern/regex_start.h"

#include <ctype.h>

#define MAX_DEPTH 16

struct reader {
	const char *p;
	bool failed;
	int depth;
};

/* What an atom, a sequence or a list of alternatives may begin with. */
struct front {
	struct regex_start bytes;
	bool empty;		/* it may take no byte */
	bool anchored;		/* it begins with '^' */
};

static void add_byte(struct regex_start *set, unsigned char c)
{
	set->bytes[c / 64] |= UINT64_C(1) << c % 64;
}

static void add_set(struct regex_start *set, const struct regex_start *more)
{
	for (size_t i = 0; i < countof(set->bytes); i++)
		set->bytes[i] |= more->bytes[i];
}

static void invert(struct regex_start *set)
{
	for (size_t i = 0; i < countof(set->bytes); i++)
		set->bytes[i] = ~set->bytes[i];
}

static struct front refuse(struct reader *r)
{
	r->failed = true;
	return (struct front){ .empty = true };
}

/* \d, \w, \s; upper case stands for all other bytes.  False: c is none of them. */
static bool add_kind(struct regex_start *set, char c)
{
	struct regex_start kind = { { 0 } };

	if (!strchr("dws", tolower((unsigned char)c)))
		return false;
	for (int i = 0; i < 128; i++) {
		bool digit = i >= '0' && i <= '9', letter = (i | 32) >= 'a' && (i | 32) <= 'z';

		if (tolower((unsigned char)c) == 'd' ? digit : tolower((unsigned char)c) == 'w' ? digit || letter || i == '_' :
		    i == ' ' || (i >= '\t' && i <= '\r'))
			add_byte(&kind, (unsigned char)i);
	}
	if (isupper((unsigned char)c))
		invert(&kind);
	add_set(set, &kind);
	return true;
}

static int hex_value(char c)
{
	return !isxdigit((unsigned char)c) ? -1 : isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* The byte that r->p, behind a backslash, stands for, or -1; goes on behind it. */
static int escaped_byte(struct reader *r)
{
	static const char names[] = "ntrfe", bytes[] = "\n\t\r\f\x1b";
	char c = *r->p++;
	const char *name = strchr(names, c);

	if (!c) {
		r->p--;
		return -1;
	}
	if (name)
		return bytes[name - names];
	if (c == 'x' && hex_value(r->p[0]) >= 0 && hex_value(r->p[1]) >= 0) {
		r->p += 2;
		return hex_value(r->p[-2]) * 16 + hex_value(r->p[-1]);
	}
	return isalnum((unsigned char)c) ? -1 : (unsigned char)c;
}

/* One byte or kind of a class; *ret_byte is -1 for a kind. */
static bool read_member(struct reader *r, struct regex_start *set, int *ret_byte)
{
	if (!*r->p)
		return false;
	*ret_byte = (unsigned char)*r->p++;
	if (*ret_byte != '\\')
		return !(*ret_byte == '[' && strchr(":.=", *r->p));
	*ret_byte = -1;
	if (*r->p && add_kind(set, *r->p)) {
		r->p++;
		return true;
	}
	*ret_byte = escaped_byte(r);
	return *ret_byte >= 0;
}

/* r->p stands behind the bracket. */
static struct front read_class(struct reader *r)
{
	struct front ret = { .empty = false };
	bool inverted = *r->p == '^', first = true;

	r->p += inverted;
	for (; first || *r->p != ']'; first = false) {
		int from, to;

		if (!read_member(r, &ret.bytes, &from))
			return refuse(r);
		to = from;
		if (from >= 0 && r->p[0] == '-' && r->p[1] && r->p[1] != ']') {
			r->p++;
			if (!read_member(r, &ret.bytes, &to) || to < from)
				return refuse(r);
		}
		for (int c = from; c >= 0 && c <= to; c++)
			add_byte(&ret.bytes, (unsigned char)c);
	}
	r->p++;
	if (inverted)
		invert(&ret.bytes);
	return ret;
}

static struct front read_alternatives(struct reader *r);

/* r->p stands behind the parenthesis. */
static struct front read_group(struct reader *r)
{
	struct front ret;
	bool looks = false;	/* takes nothing, whatever it holds */

	if (++r->depth > MAX_DEPTH)
		return refuse(r);
	if (*r->p == '?') {
		r->p++;
		if (*r->p == ':') {
			r->p++;
		} else if (strchr("=!", *r->p) || (*r->p == '<' && r->p[1] && strchr("=!", r->p[1]))) {
			r->p += *r->p == '<' ? 2 : *r->p != '\0';
			looks = true;
		} else if (*r->p == '<' && (isalpha((unsigned char)r->p[1]) || r->p[1] == '_')) {
			r->p += strcspn(r->p, ">");
			r->p += *r->p == '>';
		} else {
			return refuse(r);
		}
	} else if (*r->p == '*') {
		return refuse(r);
	}
	ret = read_alternatives(r);
	r->depth--;
	if (r->failed || *r->p != ')')
		return refuse(r);
	r->p++;
	return looks ? (struct front){ .empty = true } : ret;
}

static struct front read_escape(struct reader *r)
{
	struct front ret = { .empty = false };
	int byte;

	if (*r->p == 'b') {
		r->p++;
		return (struct front){ .empty = true };
	}
	if (*r->p && add_kind(&ret.bytes, *r->p)) {
		r->p++;
		return ret;
	}
	byte = escaped_byte(r);
	if (byte < 0)
		return refuse(r);
	add_byte(&ret.bytes, (unsigned char)byte);
	return ret;
}

static struct front read_atom(struct reader *r)
{
	struct front ret = { .empty = false };
	char c = *r->p++;

	switch (c) {
	case '^':
		return (struct front){ .empty = true, .anchored = true };
	case '$':
		return (struct front){ .empty = true };
	case '[':
		return read_class(r);
	case '(':
		return read_group(r);
	case '\\':
		return read_escape(r);
	case '.':
		invert(&ret.bytes);
		return ret;
	case '*': case '+': case '?': case '{':
		return refuse(r);
	default:
		add_byte(&ret.bytes, (unsigned char)c);
		return ret;
	}
}

/* A quantifier may follow the atom; true where that lets it be absent.  Other braces are refused as atoms. */
static bool read_quantifier(struct reader *r)
{
	bool absent = *r->p == '?' || *r->p == '*' || (*r->p == '{' && r->p[1] == '0');

	if (*r->p == '{') {
		size_t n = 1 + strspn(r->p + 1, "0123456789");

		if (n == 1)
			return false;
		n += r->p[n] == ',';
		n += strspn(r->p + n, "0123456789");
		if (r->p[n] != '}')
			return false;
		r->p += n + 1;
	} else if (*r->p && strchr("?*+", *r->p)) {
		r->p++;
	} else {
		return false;
	}
	r->p += *r->p == '?' || *r->p == '+';
	return absent;
}

/* All of it is read, for what follows it; what can begin it is known at the first atom that takes a byte. */
static struct front read_sequence(struct reader *r)
{
	struct front ret = { .empty = true };
	bool first = true;

	while (!r->failed && *r->p && !strchr("|)", *r->p)) {
		struct front atom = read_atom(r);
		bool absent = read_quantifier(r);

		if (ret.empty)
			add_set(&ret.bytes, &atom.bytes);
		/* Behind something that may take bytes "^" is the beginning of another line. */
		if (atom.anchored && (!first || absent))
			return refuse(r);
		ret.anchored |= atom.anchored;
		ret.empty &= atom.empty || absent;
		first &= atom.empty && !atom.bytes.bytes[0] && !atom.bytes.bytes[1] && !atom.bytes.bytes[2] && !atom.bytes.bytes[3];
	}
	return ret;
}

static struct front read_alternatives(struct reader *r)
{
	struct front ret = read_sequence(r);

	while (!r->failed && *r->p == '|') {
		struct front other;

		r->p++;
		other = read_sequence(r);
		add_set(&ret.bytes, &other.bytes);
		ret.empty |= other.empty;
		ret.anchored &= other.anchored;
	}
	return ret;
}

bool regex_start_find(const char *source, struct regex_start *ret)
{
	struct reader r = { .p = source };
	struct front front = read_alternatives(&r);

	*ret = front.bytes;
	return !r.failed && !*r.p && front.anchored && !front.empty;
}
