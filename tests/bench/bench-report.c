/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-report VMLINUX LOG [CACHE-DIR]: milliseconds to symbolize each report of
 * LOG, and again with what was read the first time, in one process.
 */
#include <stdio.h>
#include <time.h>

#include "symbol/symbolize.h"
#include "input/input.h"

static void must(struct culprit_error *err)
{
	if (err) {
		fprintf(stderr, "%s\n", culprit_error_message(err));
		exit(1);
	}
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct symbolizer_options options = { .vmlinux = argc > 2 ? argv[1] : NULL, .cache_dir = argc > 3 ? argv[3] : NULL };
	struct culprit_parser *parser;
	struct symbolizer *symbolizer;
	struct culprit_report *report;
	struct input *input;
	struct span chunk;

	if (argc < 3)
		return 2;
	must(culprit_patterns_load(NULL, 0, (struct culprit_patterns **)&options.patterns));
	must(culprit_parser_create(options.patterns, NULL, &parser));
	must(symbolizer_create(&options, &symbolizer));
	must(input_open(argv[2], &input));
	while (input_read(input, &chunk) == NULL && chunk.len)
		must(culprit_parser_feed(parser, chunk.ptr, chunk.len));
	must(culprit_parser_finish(parser));
	while ((report = culprit_parser_take(parser))) {
		double times[3];
		struct symbolized *symbolized = NULL;

		for (int i = 0; i < 3; i++) {
			double start = now_ms();

			must(symbolize_report(symbolizer, report, &symbolized));
			times[i] = now_ms() - start;
			if (i == 2)
				printf("%s: %zu of %zu symbols: first %.2f ms, then %.3f and %.3f ms\n", report->title,
				       symbolized->n_found, symbolized->n_frames, times[0], times[1], times[2]);
			symbolized_destroy(symbolized);
		}
		culprit_report_destroy(report);
	}
	input_close(input);
	symbolizer_destroy(symbolizer);
	culprit_parser_destroy(parser);
	return 0;
}
