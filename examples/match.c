/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a log show the bug with this title, and where? With a kernel, its source lines too:
 * match TITLE [VMLINUX] < console.log
 * Exit status: 0 no, 1 yes, 125 cannot tell.
 */
#include <culprit.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(struct culprit_error *err)
{
	fprintf(stderr, "match: %s\n", culprit_error_message(err));
	culprit_error_destroy(err);
	return 128;
}

/* All reports of standard input; what it is as a whole goes to *summary. Memory is not given back: the program ends. */
static struct culprit_error *read_log(const struct culprit_patterns *patterns, struct culprit_run *run,
				      struct culprit_summary *summary)
{
	static const struct culprit_report *reports[256];
	struct culprit_parser *parser;
	struct culprit_report *report;
	struct culprit_error *err;
	char buf[65536];
	size_t n;

	if ((err = culprit_parser_create(patterns, NULL, &parser)))
		return err;
	while (!err && (n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		err = culprit_parser_feed(parser, buf, n);
	if (err || (err = culprit_parser_finish(parser)))
		return err;
	while (run->n_reports < 256 && (report = culprit_parser_take(parser)))
		reports[run->n_reports++] = report;
	culprit_parser_summary(parser, summary);
	run->reports = reports;
	run->summary = summary;
	return NULL;
}

static struct culprit_error *print_lines(const struct culprit_patterns *patterns, const char *vmlinux,
					 const struct culprit_report *report)
{
	static struct culprit_symbolizer_options options;
	struct culprit_symbolizer *symbolizer;
	struct culprit_symbolized *symbolized;
	struct culprit_error *err;

	options.vmlinux = vmlinux;
	if ((err = culprit_symbolizer_create(patterns, &options, &symbolizer)) ||
	    (err = culprit_symbolizer_run(symbolizer, report, &symbolized)))
		return err;
	for (size_t i = 0; i < symbolized->n_notes; i++)
		fprintf(stderr, "match: %s\n", symbolized->notes[i]);
	fputs(symbolized->report->text, stdout);
	culprit_symbolized_destroy(symbolized);
	culprit_symbolizer_destroy(symbolizer);
	return NULL;
}

int main(int argc, char **argv)
{
	struct culprit_patterns *patterns;
	struct culprit_target *target;
	struct culprit_match *match;
	struct culprit_summary summary;
	static struct culprit_run run;
	struct culprit_error *err;

	if (argc < 2)
		return 128;
	if ((err = culprit_patterns_load(NULL, 0, &patterns)) || (err = culprit_target_create(patterns, &target)) ||
	    (err = culprit_target_add_title(target, argv[1])) || (err = read_log(patterns, &run, &summary)) ||
	    (err = culprit_target_judge(target, &run, &match)))
		return fail(err);
	printf("%s %.2f\n", culprit_verdict_name(match->verdict), match->probability);
	for (size_t i = 0; i < match->n_evidence; i++)
		printf("%+5.1f %s\n", match->evidence[i].log_odds, match->evidence[i].text);
	if (argc > 2 && match->report < run.n_reports &&
	    (err = print_lines(patterns, argv[2], run.reports[match->report])))
		return fail(err);
	switch (match->verdict) {
	case CULPRIT_VERDICT_TARGET: return 1;
	case CULPRIT_VERDICT_CLEAN:
	case CULPRIT_VERDICT_UNRELATED: return 0;
	default: return 125;
	}
}
