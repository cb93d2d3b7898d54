/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Short logs one by one in one process: each with a parser of its own, one
 * pattern set for all.
 *
 *	bench-logs SECONDS FILE...
 *
 * Files are corpus cases (what follows the first empty line is the log) and are
 * in memory before the clock starts.  Prints logs per second of processor time:
 * of the first turn, which compiles the expressions, and of all turns.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/base.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(struct culprit_error *err)
{
	if (err) {
		fprintf(stderr, "bench-logs: %s\n", culprit_error_message(err));
		exit(1);
	}
}

static struct span read_log(const char *path)
{
	FILE *f = fopen(path, "r");
	struct span log = { 0 };
	struct stat st;
	ptrdiff_t at;
	char *bytes;

	if (!f || fstat(fileno(f), &st) || !(bytes = malloc((size_t)st.st_size + 1))) {
		perror(path);
		exit(1);
	}
	log = (struct span){ bytes, fread(bytes, 1, (size_t)st.st_size, f) };
	fclose(f);
	at = span_find(log, SPAN("\n\n"));
	return span_skip(log, at < 0 ? 0 : (size_t)at + 2);
}

static size_t parse(const struct culprit_patterns *patterns, struct span log)
{
	struct culprit_parser *parser;
	struct culprit_report *report;
	size_t n = 0;

	must(culprit_parser_create(patterns, NULL, &parser));
	must(culprit_parser_feed(parser, log.ptr, log.len));
	must(culprit_parser_finish(parser));
	while ((report = culprit_parser_take(parser))) {
		n++;
		culprit_report_destroy(report);
	}
	culprit_parser_destroy(parser);
	return n;
}

int main(int argc, char **argv)
{
	double wanted = argc > 2 ? atof(argv[1]) : 0, start, first = 0, used = 0;
	struct span *logs = calloc((size_t)argc, sizeof(*logs));
	size_t n_logs = 0, n_done = 0, n_reports = 0, bytes = 0;
	struct culprit_patterns *patterns;

	if (argc < 3 || !logs) {
		fprintf(stderr, "usage: bench-logs SECONDS FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		logs[n_logs] = read_log(argv[i]);
		bytes += logs[n_logs++].len;
	}
	must(culprit_patterns_load(NULL, 0, &patterns));
	start = now();
	do {
		for (size_t i = 0; i < n_logs; i++)
			n_reports += parse(patterns, logs[i]);
		n_done += n_logs;
		used = now() - start;
		if (n_done == n_logs)
			first = used;
	} while (used < wanted);
	printf("%zu logs of %zu bytes, %zu reports: %.0f logs/s, in the first turn %.0f\n", n_logs, bytes / n_logs,
	       n_reports / (n_done / n_logs), (double)n_done / used, (double)n_logs / first);
	culprit_patterns_destroy(patterns);
	free(logs);
	return 0;
}
