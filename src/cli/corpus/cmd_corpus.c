/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus COMMAND: test patterns on cases.
 *
 * To add a command: its function in corpus.h and a file of its own, its row
 * here, its section in man/culprit-corpus.1, its tests in tests/cli/corpus.sh.
 */
#include "cli/commands.h"

#include <stdio.h>

#include "cli/corpus/corpus.h"
#include "cli/output/text.h"

struct corpus_command {
	const char *name;
	const char *summary;
	corpus_command_fn *run;
};

static const struct corpus_command corpus_commands[] = {
	{ "test", "parse every case, show where the result differs", corpus_test },
	{ "diff", "show which cases another set of patterns changes", corpus_diff },
	{ "audit", "show patterns that no case exercises, and cases that prove nothing", corpus_audit },
	{ "add", "make a case of a console log", corpus_add },
	{ "update", "read cases again after patterns changed, show and write the difference", corpus_update },
	{ "show", "show a case with the parser's reading beside it", corpus_show },
};

static void print_usage(FILE *out)
{
	fprintf(out, "usage: culprit corpus COMMAND [OPTIONS] [DIR|CASE...]\n\ncommands:\n");
	for (size_t i = 0; i < countof(corpus_commands); i++)
		fprintf(out, "  %-8s %s\n", corpus_commands[i].name, corpus_commands[i].summary);
	fprintf(out, "\n'culprit corpus COMMAND --help' shows a command's options. Without DIR, the\n"
		     "cases are those in corpus/.\n");
}

int cmd_corpus(int argc, char **argv)
{
	const char *names[countof(corpus_commands)];
	size_t i;
	int code;

	for (i = 0; i < countof(corpus_commands); i++)
		names[i] = corpus_commands[i].name;
	i = option_command("culprit corpus", names, countof(names), print_usage, argc, argv, &code);
	return i < countof(names) ? corpus_commands[i].run(argc - 1, argv + 1) : code;
}
