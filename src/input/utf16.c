/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UTF-16 (RFC 2781), in pieces that may be cut anywhere:
 *
 *	ff fe 5b 00 20 00 31 00		mark, "[ 1", little end first
 */
#include "input/utf16.h"

#define PROBE_BYTES 256
#define MIN_PROBE_BYTES 16

enum utf16_order utf16_sniff(struct span head)
{
	size_t n = (head.len < PROBE_BYTES ? head.len : PROBE_BYTES) & ~(size_t)1, nuls[2] = { 0 };

	if (span_starts(head, (struct span){ "\xff\xfe", 2 }))
		return UTF16_LITTLE;
	if (span_starts(head, (struct span){ "\xfe\xff", 2 }))
		return UTF16_BIG;
	if (n < MIN_PROBE_BYTES)
		return UTF16_NONE;
	for (size_t i = 0; i < n; i++)
		nuls[i & 1] += head.ptr[i] == 0;
	for (size_t at = 0; at < 2; at++) {
		if (nuls[at] != n / 2 || nuls[!at])
			continue;
		for (size_t i = !at; i < n; i += 2)
			if ((unsigned char)head.ptr[i] < 0x20 && !memchr("\t\n\r\033", head.ptr[i], 4))
				return UTF16_NONE;
		return at ? UTF16_LITTLE : UTF16_BIG;
	}
	return UTF16_NONE;
}

static size_t put(char *dst, uint32_t c)
{
	if (c < 0x80) {
		dst[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (char)(0xc0 | c >> 6);
		dst[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (char)(0xe0 | c >> 12);
		dst[1] = (char)(0x80 | (c >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | c >> 18);
	dst[1] = (char)(0x80 | (c >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (c >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static size_t convert_unit(struct utf16 *state, uint16_t unit, char *dst)
{
	uint16_t high = state->high;
	size_t n = 0;

	state->high = 0;
	if (high && unit >= 0xdc00 && unit < 0xe000)
		return put(dst, 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (unit - 0xdc00));
	if (high)
		n = put(dst, 0xfffd);
	if (unit >= 0xd800 && unit < 0xdc00) {
		state->high = unit;
		return n;
	}
	if (unit == 0xfeff)
		return n;
	return n + put(dst + n, unit >= 0xdc00 && unit < 0xe000 ? 0xfffd : unit);
}

size_t utf16_convert(struct utf16 *state, struct span in, char *dst)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.ptr[i];

		if (!state->has_odd) {
			state->odd = c;
			state->has_odd = true;
			continue;
		}
		state->has_odd = false;
		n += convert_unit(state, (uint16_t)(state->order == UTF16_LITTLE ? c << 8 | state->odd :
										   state->odd << 8 | c), dst + n);
	}
	return n;
}
