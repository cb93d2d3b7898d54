/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * With which bytes a line must begin that an expression can match: of
 * '^(?:Run|\[ *ok *\]) /' these are 'R' and '['.  Most lines are told apart by
 * that, and cost neither a call of PCRE2 nor the compilation of the expression.
 */
#ifndef CULPRIT_PATTERN_REGEX_START_H
#define CULPRIT_PATTERN_REGEX_START_H

#include "base/base.h"

struct regex_start {
	uint64_t bytes[4];	/* bit c % 64 of bytes[c / 64]: the line may begin with c */
};

/*
 * False where that is not known: not all alternatives of source begin with '^', one of them fits an empty line, or
 * something stands in front that is not understood here.  *ret is undefined then.
 */
bool regex_start_find(const char *source, struct regex_start *ret);

static inline bool regex_start_fits(const struct regex_start *start, unsigned char c)
{
	return start->bytes[c / 64] >> c % 64 & 1;
}

#endif
