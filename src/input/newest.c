/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line's time is the kernel's own where it is printed, else that of a clock:
 *
 *	2021-10-05 00:37:49 | [468836.976100] Internal error: Oops: 96000006 [#1] SMP
 *	  |   | 2021-10-05 00:37:49 | [468836.965348] [0000000000000053] pgd=0000000042a2b003
 *	Oct 05 00:37:49 box kernel: Internal error: Oops: 96000006 [#1] SMP
 *
 * Both are compared as microseconds; which it is changes seldom within a log,
 * and where it does nothing is concluded.  Midnight is one step forward.
 */
#include "input/newest.h"

#include <ctype.h>

#define MIN_STEPS_BACK 6
#define BACK_FOR_ONE_FORWARD 8
/* So far into a line stands its time, behind what loggers put in front. */
#define TIME_WITHIN_BYTES 64

enum clock { CLOCK_NONE, CLOCK_KERNEL, CLOCK_DAY };

static bool is_digit(struct span s, size_t i)
{
	return i < s.len && isdigit((unsigned char)s.ptr[i]);
}

/* "[468836.976100]" at i. */
static bool kernel_time(struct span s, size_t i, int64_t *ret_us)
{
	uint64_t seconds, fraction;
	size_t n;

	for (i++; i < s.len && s.ptr[i] == ' '; i++)
		;
	if (!is_digit(s, i) || !parse_u64(span_skip(s, i), &seconds, &n) || seconds > UINT32_MAX)
		return false;
	i += n;
	if (i >= s.len || s.ptr[i] != '.' || !is_digit(s, i + 1) ||
	    !parse_u64(span_skip(s, i + 1), &fraction, &n) || n != 6)
		return false;
	i += 1 + n;
	*ret_us = (int64_t)(seconds * 1000000 + fraction);
	return i < s.len && s.ptr[i] == ']';
}

/* "00:37:49" at i. */
static bool day_time(struct span s, size_t i, int64_t *ret_us)
{
	int64_t part[3];

	for (int k = 0; k < 3; k++, i += 3) {
		if (!is_digit(s, i) || !is_digit(s, i + 1) || (k < 2 && (i + 2 >= s.len || s.ptr[i + 2] != ':')))
			return false;
		part[k] = (s.ptr[i] - '0') * 10 + s.ptr[i + 1] - '0';
	}
	if (part[0] > 23 || part[1] > 59 || part[2] > 60 || is_digit(s, i - 1))
		return false;
	*ret_us = ((part[0] * 60 + part[1]) * 60 + part[2]) * 1000000;
	return true;
}

static enum clock line_time(struct span line, int64_t *ret_us)
{
	enum clock found = CLOCK_NONE;
	int64_t us;

	for (size_t i = 0; i < line.len && i < TIME_WITHIN_BYTES; i++) {
		if (line.ptr[i] == '[' && kernel_time(line, i, ret_us))
			return CLOCK_KERNEL;
		if (found == CLOCK_NONE && is_digit(line, i) && (!i || !isdigit((unsigned char)line.ptr[i - 1])) &&
		    day_time(line, i, &us)) {
			found = CLOCK_DAY;
			*ret_us = us;
		}
	}
	return found;
}

static struct span next_line(struct span *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	struct span line = { rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len };

	*rest = span_skip(*rest, line.len + (end ? 1 : 0));
	return line;
}

bool newest_first(struct span head)
{
	size_t back = 0, forward = 0;
	enum clock clock = CLOCK_NONE, one;
	int64_t before = 0, us = 0;

	if (head.len > NEWEST_BYTES)
		head.len = NEWEST_BYTES;
	while (head.len) {
		one = line_time(next_line(&head), &us);
		if (one == CLOCK_NONE)
			continue;
		if (one == clock && us < before)
			back++;
		else if (one == clock && us > before)
			forward++;
		/* Most logs are known here for what they are. */
		if (forward > MIN_STEPS_BACK && back < MIN_STEPS_BACK)
			return false;
		clock = one;
		before = us;
	}
	return back >= MIN_STEPS_BACK && forward * BACK_FOR_ONE_FORWARD <= back;
}

bool newest_turn(struct span log, struct buf *ret)
{
	const char *end = log.ptr + log.len;
	struct span before = log;
	int64_t us;

	/* From the last line up; a line with a time ends what is to be given. */
	while (before.len) {
		size_t len = before.ptr[before.len - 1] == '\n' ? before.len - 1 : before.len;
		const char *start = len ? memrchr(before.ptr, '\n', len) : NULL;
		struct span line;

		start = start ? start + 1 : before.ptr;
		line = (struct span){ start, (size_t)(before.ptr + len - start) };
		before.len = (size_t)(start - before.ptr);
		if (before.len && line_time(line, &us) == CLOCK_NONE)
			continue;
		if (!buf_add(ret, start, (size_t)(end - start)) || (end[-1] != '\n' && !buf_add_char(ret, '\n')))
			return false;
		end = start;
	}
	return true;
}
