/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control bytes and terminal sequences out of a line.
 *
 *	\e[0;32m  OK  \e[0m] Started \e[0;1;39mUser Login\e[0m\r
 *
 * Sequences are those of ECMA-48: CSI (ESC [ parameters final), strings (ESC ]
 * ... BEL, or ESC \ at the end), character set choice (ESC ( B), and the
 * two-byte ones that terminals really send.  Backspaces and carriage returns
 * are dropped and erase nothing: a task named "\b\b\b\b" must not be able to
 * rub out what the kernel said before it.
 *
 * What is not a well-formed sequence loses its ESC only.  That matters where
 * the kernel cuts in: "\e[" followed by "[   12.345678] BUG: ..." keeps its
 * time stamp.  It fails where a kernel line that begins with a letter follows
 * a cut "\e[": that letter goes.
 *
 * Bytes over 0x7f stay: 0x9b is a CSI in ISO 8859-1 terminals and a part of a
 * letter in UTF-8, which is what logs are.
 */
#include "input/console_parts.h"

/* A window title or a systemd context mark (OSC 3008) is shorter; text between strays is not lost then. */
#define MAX_STRING_BYTES 512
#define MAX_CSI_BYTES 48

static inline bool is_control(unsigned char c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

typedef unsigned char bytes16 __attribute__((vector_size(16)));

bool console_is_dirty(struct span s)
{
	bytes16 found = { 0 };
	uint64_t halves[2];
	size_t i = 0;

	/* No branch on what is found: nearly every line is clean, and lines are short. */
	for (; i + 16 <= s.len; i += 16) {
		bytes16 v;

		memcpy(&v, s.ptr + i, 16);
		found |= (bytes16)(((v < 0x20) & (v != '\t')) | (v == 0x7f));
	}
	memcpy(halves, &found, 16);
	if (halves[0] | halves[1])
		return true;
	for (; i < s.len; i++)
		if (is_control((unsigned char)s.ptr[i]))
			return true;
	return false;
}

/* Length of a CSI sequence behind "ESC [", or 0. A second '[' is the kernel's. */
static size_t csi_length(struct span s)
{
	size_t i = 0;

	while (i < s.len && i < MAX_CSI_BYTES && s.ptr[i] >= 0x30 && s.ptr[i] <= 0x3f)
		i++;
	if (i && i < s.len && s.ptr[i] >= 0x20 && s.ptr[i] <= 0x2f)
		i++;
	if (i < s.len && s.ptr[i] >= 0x40 && s.ptr[i] <= 0x7e && s.ptr[i] != '[')
		return i + 1;
	return 0;
}

/* Length of a control string behind "ESC ]" with its end, or 0 when it has none. */
static size_t string_length(struct span s)
{
	for (size_t i = 0; i < s.len && i < MAX_STRING_BYTES; i++) {
		if (s.ptr[i] == '\a')
			return i + 1;
		if (s.ptr[i] == '\033')
			return i + 1 < s.len && s.ptr[i + 1] == '\\' ? i + 2 : 0;
	}
	return 0;
}

/* How much the sequence at s, which begins with ESC, takes; 1 where it is none. */
static size_t escape_length(struct span s)
{
	size_t n;

	if (s.len < 2)
		return 1;
	switch (s.ptr[1]) {
	case '[':
		n = csi_length(span_skip(s, 2));
		if (n)
			return 2 + n;
		/* A lone introducer goes too, unless it may be the bracket of a prefix. */
		return s.len > 2 && s.ptr[2] == '[' ? 2 : 1;
	case ']': case 'P': case '^': case '_':
		n = string_length(span_skip(s, 2));
		return n ? 2 + n : 1;
	case '(': case ')': case '*': case '+': case '%': case '#':
		return s.len > 2 && s.ptr[2] >= 0x30 && s.ptr[2] <= 0x7e ? 3 : 1;
	case '7': case '8': case '=': case '>': case 'c': case 'M': case '\\':
		return 2;
	default:
		return 1;
	}
}

size_t console_clean(struct span src, char *dst)
{
	size_t n = 0;

	for (size_t i = 0; i < src.len; ) {
		unsigned char c = (unsigned char)src.ptr[i];

		if (c == '\033') {
			i += escape_length(span_skip(src, i));
			continue;
		}
		if (!is_control(c))
			dst[n++] = (char)c;
		i++;
	}
	return n;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* n digits of base 8 or 16 at s; -1 where they are not such. */
static int escape_value(struct span s, size_t n, int base)
{
	int value = 0;

	if (s.len < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int digit = hex_value(s.ptr[i]);

		if (digit < 0 || digit >= base)
			return -1;
		value = value * base + digit;
	}
	return value;
}

/* The byte that the escape at s stands for, -1: none; *ret_len is what it takes. */
static int escape_read(struct span s, enum console_escape kind, size_t *ret_len)
{
	static const char names[] = "\"\"\\\\//n\nt\tr\rb\bf\f";
	int value;

	if (kind == ESCAPE_SYSLOG) {
		*ret_len = 4;
		return s.ptr[0] == '#' ? escape_value(span_skip(s, 1), 3, 8) : -1;
	}
	if (s.ptr[0] != '\\' || s.len < 2)
		return -1;
	if (kind == ESCAPE_KMSG) {
		*ret_len = 4;
		return s.ptr[1] == 'x' ? escape_value(span_skip(s, 2), 2, 16) : -1;
	}
	if (s.ptr[1] == 'u') {
		*ret_len = 6;
		value = escape_value(span_skip(s, 2), 4, 16);
		return value < 0x80 ? value : -1;
	}
	*ret_len = 2;
	for (const char *p = names; *p; p += 2)
		if (p[0] == s.ptr[1])
			return p[1];
	return -1;
}

size_t console_unescape(struct span src, enum console_escape kind, char *dst)
{
	size_t n = 0;

	for (size_t i = 0; i < src.len; ) {
		size_t len;
		int value = escape_read(span_skip(src, i), kind, &len);

		/* rsyslog escapes control bytes only: "#123" may be text. */
		if (value < 0 || value > 0xff || (kind == ESCAPE_SYSLOG && !is_control((unsigned char)value) && value != '\t')) {
			dst[n++] = src.ptr[i++];
			continue;
		}
		dst[n++] = value == '\n' ? ' ' : (char)value;
		i += len;
	}
	return console_clean((struct span){ dst, n }, dst);
}
