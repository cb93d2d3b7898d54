/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What commands cost, run in turns so that all of them meet the same machine.
 *
 *	bench-time RUNS COMMAND...
 *
 * Each COMMAND is for sh -c; one that begins with "@" is cut at blanks and
 * started without a shell, its output thrown away.  Prints, per command: median of the processor time
 * of all its processes (seconds, user and system: what it takes on one core
 * that nobody else uses), median of the time on the clock, the largest
 * resident set (KiB), the exit status of the last run, the shortest time on the
 * clock (what it takes where nobody else is there, for what uses several cores).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 1001

struct figures {
	double cpu[MAX_RUNS], clock[MAX_RUNS];
	long rss_kib;
	int status;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* Does not come back. */
static void run_bare(const char *command)
{
	char *words[16], *copy = strdup(command), *save;
	size_t n = 0;

	for (char *word = strtok_r(copy, " ", &save); word && n < 15; word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	words[n] = NULL;
	if (!n || !freopen("/dev/null", "w", stdout))
		_exit(127);
	execv(words[0], words);
	_exit(127);
}

static void run(const char *command, int i, struct figures *ret)
{
	double start = now();
	struct rusage usage;
	pid_t pid = fork();

	if (pid == 0) {
		if (*command == '@')
			run_bare(command + 1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &ret->status, 0, &usage) != pid) {
		perror("bench-time");
		exit(1);
	}
	ret->clock[i] = now() - start;
	ret->cpu[i] = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	if (usage.ru_maxrss > ret->rss_kib)
		ret->rss_kib = usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return values[n / 2];
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 0;
	struct figures *figures = calloc((size_t)argc, sizeof(*figures));

	if (argc < 3 || runs < 1 || runs > MAX_RUNS || !figures) {
		fprintf(stderr, "usage: bench-time RUNS COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < runs; i++)
		for (int c = 2; c < argc; c++)
			run(argv[c], i, &figures[c]);
	for (int c = 2; c < argc; c++) {
		double clock = median(figures[c].clock, runs);

		printf("%.6f %.6f %ld %d %.6f\n", median(figures[c].cpu, runs), clock, figures[c].rss_kib,
		       WIFEXITED(figures[c].status) ? WEXITSTATUS(figures[c].status) : -1, figures[c].clock[0]);
	}
	free(figures);
	return 0;
}
