/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes (FNV-1a of eight bytes at a time) and times by which what a log holds twice is known again. */
#ifndef CULPRIT_REPORT_PARSER_HASH_H
#define CULPRIT_REPORT_PARSER_HASH_H

#include "base/base.h"

/* Earlier than this even two boots may print a line at the same time. */
#define TELLING_US 20000

#define HASH_START 0xcbf29ce484222325
#define HASH_PRIME 0x100000001b3

static inline uint64_t hash_span(uint64_t h, struct span s)
{
	uint64_t word;

	/* What is multiplied never comes down to lower bits: fold them in. */
	for (; s.len >= sizeof(word); s = span_skip(s, sizeof(word))) {
		memcpy(&word, s.ptr, sizeof(word));
		h = (h ^ word) * HASH_PRIME;
		h ^= h >> 32;
	}
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * HASH_PRIME;
	return h;
}

static inline uint64_t hash_number(uint64_t h, uint64_t n)
{
	return hash_span(h, (struct span){ (const char *)&n, sizeof(n) });
}

static inline bool is_telling(int64_t time_us)
{
	return time_us >= TELLING_US && time_us % 1000 != 0;
}

#endif
