/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes (FNV-1a, 64 bits) and times by which what a log holds twice is known again. */
#ifndef CULPRIT_REPORT_PARSER_HASH_H
#define CULPRIT_REPORT_PARSER_HASH_H

#include "base/base.h"

/* Earlier than this even two boots may print a line at the same time. */
#define TELLING_US 20000

static inline uint64_t hash_span(uint64_t h, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3;
	return h;
}

static inline uint64_t hash_number(uint64_t h, uint64_t n)
{
	return hash_span(h, (struct span){ (const char *)&n, sizeof(n) });
}

#define HASH_START 0xcbf29ce484222325

static inline bool is_telling(int64_t time_us)
{
	return time_us >= TELLING_US && time_us % 1000 != 0;
}

#endif
