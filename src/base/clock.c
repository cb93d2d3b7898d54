/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

static bool read_test_clock(const char *path, int64_t *ret)
{
	FILE *f = path && *path ? fopen(path, "re") : NULL;
	bool ok = f && fscanf(f, "%" SCNd64, ret) == 1;

	if (f)
		fclose(f);
	return ok;
}

static void write_test_clock(const char *path, int64_t now)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return;
	fprintf(f, "%" PRId64 "\n", now);
	fclose(f);
}

int64_t clock_now_us(void)
{
	struct timespec ts;
	int64_t now;

	if (read_test_clock(getenv("CULPRIT_TEST_CLOCK"), &now))
		return now;
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

bool clock_wait(int64_t ms, int cancel_fd)
{
	struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
	const char *path = getenv("CULPRIT_TEST_CLOCK");
	int64_t now;

	if (read_test_clock(path, &now)) {
		write_test_clock(path, now + ms * 1000);
		ms = 0;
	}
	return poll(&cancel, 1, ms < INT_MAX ? (int)ms : INT_MAX) > 0;
}
