/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit COMMAND [ARGUMENTS]: find the command and run it.
 */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "base/base.h"
#include "pattern/pattern.h"

struct command {
	const char *name;
	const char *summary;
	command_fn *run;
};

static const struct command commands[] = {
	{ "parse", "find crash reports in console logs and name them", cmd_parse },
	{ "symbolize", "give the frames of crash reports source lines", cmd_symbolize },
	{ "match", "tell whether a run shows the hunted bug", cmd_match },
	{ "dedup", "group the crash reports of many logs by bug", cmd_dedup },
	{ "db", "ask what is known of the crashes of all time", cmd_db },
	{ "watch", "tell the crash reports of many logs as they are written", cmd_watch },
	{ "replay", "judge a finished bisection again", cmd_replay },
	{ "patterns", "check, list and explain the patterns", cmd_patterns },
	{ "corpus", "test the patterns on logs whose crashes are known", cmd_corpus },
	{ "bisect", "find the commit that brought a bug, or its fix", cmd_bisect },
	{ "doctor", "look for what building and running kernels needs", cmd_doctor },
};

static void print_usage(FILE *out)
{
	fprintf(out, "usage: culprit COMMAND [ARGUMENTS]\n\ncommands:\n");
	for (size_t i = 0; i < countof(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n"
		     "  culprit COMMAND --help   the command's options; so does culprit help COMMAND\n"
		     "  culprit --version        the version, the patterns' identity, the libraries\n"
		     "  man culprit              the manual\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int complain_of(const char *name)
{
	const char *names[countof(commands)];

	for (size_t i = 0; i < countof(commands); i++)
		names[i] = commands[i].name;
	return option_unknown_command("culprit", name, names, countof(names));
}

/* culprit help bisect run: what culprit bisect run --help says. */
static int help(int argc, char **argv)
{
	static char option[] = "--help";
	const struct command *command = find_command(argv[0]);
	_cleanup_(freep) char **with = calloc((size_t)argc + 2, sizeof(*with));

	if (!command)
		return complain_of(argv[0]);
	if (!with) {
		text_complain_of("culprit", &culprit_error_no_memory);
		return 2;
	}
	memcpy(with, argv, (size_t)argc * sizeof(*with));
	with[argc] = option;
	return command->run(argc + 1, with);
}

/* What a report of a wrong title has to say of the program: the patterns may be patched. */
static void print_version(void)
{
	printf("culprit %s\n", culprit_version());
	printf("patterns %016llx, %zu files built in\n", (unsigned long long)pattern_embedded_identity(), pattern_n_embedded);
	printf("libraries: PCRE2 %s, libyaml %s, jansson %s\n", regex_library_version(), yaml_library_version(),
	       json_library_version());
}

/*
 * A stream that was closed (culprit parse >&-): the next file to be opened, a
 * journal perhaps, would take its number, and what is printed would go there.
 * Its place is taken by what can neither be read nor written.
 */
static bool keep_streams(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			return false;
	}
	return true;
}

/* What was printed has to arrive, unless the reader has gone (head, say). */
static int finish_output(int code)
{
	bool failed;

	errno = 0;
	failed = fflush(stdout) || ferror(stdout);
	/* Above 125, too (match): what is wrong was told already, and is often this. */
	if (!failed || errno == EPIPE || code == 2 || code > 125)
		return code;
	if (errno)
		text_complain("culprit", "cannot write to standard output: %s", strerror(errno));
	else
		text_complain("culprit", "cannot write to standard output");
	return 2;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (!keep_streams())
		return 2;
	if (argc < 2) {
		print_usage(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "help") && argc > 2)
		return finish_output(help(argc - 2, argv + 2));
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return finish_output(0);
	}
	if (!strcmp(argv[1], "--version")) {
		print_version();
		return finish_output(0);
	}
	command = find_command(argv[1]);
	if (!command)
		return complain_of(argv[1]);
	return finish_output(command->run(argc - 1, argv + 1));
}
