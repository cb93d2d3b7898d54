/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-store FILE [REPORTS [BUGS]]: a store of made reports, then questions to it.
 *
 * Bugs are as frequent as their place in a list asks (the i-th one as 1/i), have two
 * titles, and stacks of 12 functions of 40,000; kernels are 60 versions, machines 500,
 * logs of ten reports each.  Questions are timed in processor time: on a machine that others
 * use, the wall clock tells of them.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "cli/db/store.h"

#define FUNCTIONS 40000
#define DEPTH 12
#define QUESTIONS 200

static uint64_t state = 1;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * UINT64_C(0x2545f4914f6cdd1d) >> 11;
}

static double now_s(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void must(struct culprit_error *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench-store: %s\n", culprit_error_message(err));
	exit(2);
}

/* Of a bug, always the same; every third report goes another way below its first four functions. */
static void make_frames(uint64_t bug, uint64_t way, char *ret, size_t size)
{
	size_t n = 0;

	for (uint64_t i = 0; i < DEPTH && n < size; i++) {
		uint64_t f = (bug * 2654435761u + i * 40503 + (i < 4 ? 0 : way * 7919)) % FUNCTIONS;

		n += (size_t)snprintf(ret + n, size - n, "%sfn%" PRIu64 "_sub_%" PRIu64, i ? " " : "", f, f % 97);
	}
}

static void make_title(uint64_t bug, uint64_t face, char *ret, size_t size)
{
	snprintf(ret, size, "%s in fn%" PRIu64 "_sub_bug", face ? "general protection fault" : "KASAN: slab-use-after-free Read", bug);
}

static void fill(const char *path, uint64_t n, uint64_t n_bugs)
{
	char title[128], frames[512], kernel[32], machine[32], file[64];
	struct store_report report = { title, frames, kernel, machine, file, 0, 0 };
	double began = now_s(CLOCK_MONOTONIC), spent = now_s(CLOCK_PROCESS_CPUTIME_ID);
	struct store *store;

	must(store_open(path, STORE_WRITE, &store));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t bug = (uint64_t)pow((double)n_bugs, (double)(draw() % 1000000) / 1e6);

		make_title(bug, draw() % 5 == 0, title, sizeof(title));
		make_frames(bug, draw() % 3, frames, sizeof(frames));
		snprintf(kernel, sizeof(kernel), "6.%" PRIu64 ".%" PRIu64, 6 + i * 6 / n, draw() % 10);
		snprintf(machine, sizeof(machine), "rack%" PRIu64, draw() % 500);
		snprintf(file, sizeof(file), "/srv/consoles/%" PRIu64 "/console.log.zst", i / 10);
		report.line = i % 10 * 1000 + 1;
		report.seen = 1700000000 + (int64_t)(i * 31536000 / n);
		must(store_add(store, &report));
	}
	must(store_commit(store));
	store_close(store);
	began = now_s(CLOCK_MONOTONIC) - began;
	spent = now_s(CLOCK_PROCESS_CPUTIME_ID) - spent;
	printf("%" PRIu64 " reports: %.1f s of the processor (%.0f a second), %.1f s in all\n", n, spent, (double)n / spent, began);
}

static bool count(void *arg, const struct store_title *title)
{
	(void)title;
	++*(uint64_t *)arg;
	return true;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Half of the questions are about the most frequent bugs, which have the most to add up. */
static void ask(struct store *store, const char *what, bool stack, uint64_t n_bugs)
{
	double times[QUESTIONS];
	uint64_t found = 0;

	for (int i = 0; i < QUESTIONS; i++) {
		uint64_t bug = i % 2 ? 1 + draw() % n_bugs : 1 + (uint64_t)i / 2;
		char text[512];
		double began;

		if (stack) {
			make_frames(bug, 0, text, sizeof(text));
			/* the first three functions */
			*strchr(strchr(strchr(text, ' ') + 1, ' ') + 1, ' ') = '\0';
		} else
			make_title(bug, 0, text, sizeof(text));
		began = now_s(CLOCK_PROCESS_CPUTIME_ID);
		must(stack ? store_find_stack(store, text, count, &found) : store_find_title(store, text, false, count, &found));
		times[i] = now_s(CLOCK_PROCESS_CPUTIME_ID) - began;
	}
	qsort(times, QUESTIONS, sizeof(*times), by_value);
	printf("%-24s median %7.2f ms  95 %% %7.2f ms  worst %7.2f ms  (%" PRIu64 " rows)\n", what, times[QUESTIONS / 2] * 1e3,
	       times[QUESTIONS * 95 / 100] * 1e3, times[QUESTIONS - 1] * 1e3, found);
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000, n_bugs = argc > 3 ? strtoull(argv[3], NULL, 10) : 20000;
	uint64_t found = 0, before;
	struct store *store;
	double took;

	if (argc < 2 || !n || !n_bugs) {
		fputs("usage: bench-store FILE [REPORTS [BUGS]]\n", stderr);
		return 2;
	}
	fill(argv[1], n, n_bugs);
	must(store_open(argv[1], STORE_READ, &store));
	ask(store, "title", false, n_bugs);
	ask(store, "first three functions", true, n_bugs);
	took = now_s(CLOCK_PROCESS_CPUTIME_ID);
	must(store_find_new(store, 1700000000 + 31536000 - 86400, count, &found));
	printf("new in the last day      %.1f ms  (%" PRIu64 " titles)\n", (now_s(CLOCK_PROCESS_CPUTIME_ID) - took) * 1e3, found);
	found = 0;
	took = now_s(CLOCK_PROCESS_CPUTIME_ID);
	must(store_find_regressions(store, store_version_place("6.9", true), store_version_place("6.10", true), count, &found, &before));
	printf("regressions 6.9..6.10    %.1f ms  (%" PRIu64 " titles)\n", (now_s(CLOCK_PROCESS_CPUTIME_ID) - took) * 1e3, found);
	store_close(store);
	return 0;
}
