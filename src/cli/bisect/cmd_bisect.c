/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect: the subcommands and their options.
 *
 * To add one: its row below, its function in bisect_NAME.c, its paragraph in
 * man/culprit-bisect.1, its test in tests/cli.
 */
#include <stdio.h>

#include "cli/bisect/bisect.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output/text.h"

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{ "init", "write a culprit.yaml with comments", bisect_init },
	{ "try", "build and run the commit that shows the target, once", bisect_try },
	{ "run", "begin, or go on, until the culprit is certain", bisect_run },
	{ "reset", "forget runs, a commit's, or all; the old journal is kept", bisect_reset },
	{ "merge-title", "say that a crash is the target under another name", bisect_merge_title },
	{ "status", "where it stands", bisect_status },
	{ "log", "what was done, in order; also for git bisect replay", bisect_log },
	{ "explain", "what is known of one commit, and why", bisect_explain },
	{ "report", "the result, as text for an email, HTML or JSON", bisect_report },
};

static void print_usage(FILE *out)
{
	fprintf(out, "usage: culprit bisect SUBCOMMAND [OPTIONS]\n\nsubcommands:\n");
	for (size_t i = 0; i < countof(subcommands); i++)
		fprintf(out, "  %-11s %s\n", subcommands[i].name, subcommands[i].summary);
	fprintf(out, "\n  culprit bisect SUBCOMMAND --help   its options\n"
		     "  man culprit-bisect                 the manual; section 5 has culprit.yaml\n");
}

int cmd_bisect(int argc, char **argv)
{
	const char *names[countof(subcommands)], *near;

	if (argc < 2) {
		print_usage(stderr);
		return BISECT_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_usage(stdout);
		return 0;
	}
	for (size_t i = 0; i < countof(subcommands); i++) {
		if (!strcmp(argv[1], subcommands[i].name))
			return subcommands[i].run(argc - 1, argv + 1);
		names[i] = subcommands[i].name;
	}
	near = option_nearest(argv[1], names, countof(names));
	text_complain("culprit bisect", "unknown subcommand '%s'%s%s%s; 'culprit bisect --help' lists them", argv[1],
		      near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return BISECT_EXIT_USAGE;
}
