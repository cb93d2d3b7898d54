/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UTF-16 to UTF-8: what editors and shells of Windows save a terminal's log as.
 */
#ifndef CULPRIT_INPUT_UTF16_H
#define CULPRIT_INPUT_UTF16_H

#include "base/base.h"

enum utf16_order { UTF16_NONE, UTF16_LITTLE, UTF16_BIG };

/*
 * Which it is, by its byte order mark or because every other byte of its first
 * 16 or more is NUL and the rest is text.  Text of another script than ASCII
 * without a mark is not known.
 */
enum utf16_order utf16_sniff(struct span head);

/* What of a character has come so far.  order set, the rest zeroed is a start. */
struct utf16 {
	enum utf16_order order;
	unsigned char odd;	/* half a unit */
	bool has_odd;
	uint16_t high;		/* half a pair; 0: none */
};

/* Bytes that n bytes become at the most. */
#define UTF16_ROOM(n) ((n) / 2 * 3 + 8)

/* in to dst (UTF16_ROOM(in.len)); gives the length. What is broken becomes U+FFFD, the mark is left out. */
size_t utf16_convert(struct utf16 *state, struct span in, char *dst);

#endif
