/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The titles of all crash reports of a log: titles < console.log */
#include <culprit.h>
#include <stdio.h>

static int complain(struct culprit_error *err)
{
	fprintf(stderr, "titles: %s\n", culprit_error_message(err));
	culprit_error_destroy(err);
	return 2;
}

static void print_titles(struct culprit_parser *parser)
{
	struct culprit_report *report;

	for (; (report = culprit_parser_take(parser)); culprit_report_destroy(report))
		puts(report->title);
}

int main(void)
{
	struct culprit_patterns *patterns;
	struct culprit_parser *parser;
	struct culprit_error *err;
	char buf[65536];
	size_t n;

	if ((err = culprit_patterns_load(NULL, 0, &patterns)) || (err = culprit_parser_create(patterns, NULL, &parser)))
		return complain(err);
	while (!err && (n = fread(buf, 1, sizeof(buf), stdin)) > 0) {
		err = culprit_parser_feed(parser, buf, n);
		print_titles(parser);
	}
	if (err || (err = culprit_parser_finish(parser)))
		return complain(err);
	print_titles(parser);
	culprit_parser_destroy(parser);
	culprit_patterns_destroy(patterns);
	return 0;
}
