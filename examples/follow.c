/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Crash reports of a console while it is written: socat - UNIX-CONNECT:console.sock | follow */
#include <culprit.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define SILENCE_MS 2000	/* after it a report is taken as complete */

static void print_reports(struct culprit_parser *parser)
{
	struct culprit_report *report;

	for (; (report = culprit_parser_take(parser)); culprit_report_destroy(report))
		printf("line %llu: %s\n%s\n", (unsigned long long)report->start_line, report->title, report->text);
	fflush(stdout);
}

int main(void)
{
	struct culprit_patterns *patterns;
	struct culprit_parser *parser;
	struct culprit_error *err;
	struct pollfd in = { 0, POLLIN, 0 };
	char buf[65536];
	ssize_t n = 1;

	if ((err = culprit_patterns_load(NULL, 0, &patterns)) || (err = culprit_parser_create(patterns, NULL, &parser)))
		return 2;
	while (!err && n > 0) {
		if (poll(&in, 1, SILENCE_MS) == 0)
			err = culprit_parser_flush(parser);
		else if ((n = read(0, buf, sizeof(buf))) > 0)
			err = culprit_parser_feed(parser, buf, (size_t)n);
		print_reports(parser);
	}
	if (!err && !(err = culprit_parser_finish(parser)))
		print_reports(parser);
	culprit_parser_destroy(parser);
	culprit_patterns_destroy(patterns);
	return err != NULL;
}
