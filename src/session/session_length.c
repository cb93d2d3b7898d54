/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long a run takes that does all that it should: learnt from the clean runs
 * that there are, so that one that ended much earlier is called incomplete
 * (match/verdict.c).
 *
 * The upper quartile: of runs that are half cut short the median would be one of
 * them.  Runs that went on until their deadline say nothing of it.
 *
 * It fails where three of four clean runs are cut short, all alike.
 */
#include "session/session_internal.h"

/* Clean runs that are compared with. */
#define ENOUGH_RUNS 4

static bool tells_length(const struct session_run *run)
{
	return run->verdict == VERDICT_CLEAN && run->end.outcome == PROCESS_EXITED && !run->end.stopped && run->end.elapsed_us > 0;
}

static int by_length(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct culprit_error *session_expected_us(const struct session *s, int64_t *ret)
{
	_cleanup_(freep) int64_t *lengths = calloc(s->n_runs + 1, sizeof(*lengths));
	size_t n = 0;

	*ret = 0;
	if (!lengths)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (tells_length(&s->runs[i]))
			lengths[n++] = s->runs[i].end.elapsed_us;
	}
	if (n < ENOUGH_RUNS)
		return NULL;
	qsort(lengths, n, sizeof(*lengths), by_length);
	*ret = lengths[n - 1 - n / 4];
	return NULL;
}

bool session_run_is_short(const struct session_run *run, int64_t expected_us)
{
	return tells_length(run) && verdict_is_short(run->end.elapsed_us, expected_us);
}
