/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect: the subcommands and their options.
 *
 * To add one: its row below, its function in bisect_NAME.c, its paragraph in
 * man/culprit-bisect.1, its test in tests/cli.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/bisect/bisect.h"
#include "cli/commands.h"
#include "cli/options.h"

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{ "init", "write a culprit.yaml with comments", bisect_init },
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
	fprintf(stderr, "culprit bisect: unknown subcommand '%s'%s%s%s; 'culprit bisect --help' lists them\n", argv[1],
		near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return BISECT_EXIT_USAGE;
}

/* ------------------------------------------------------------------- run */

/* Readable once somebody asked us to stop; commands are started with all signals as usual. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int exit_code(enum session_outcome outcome)
{
	switch (outcome) {
	case SESSION_CULPRIT: return 0;
	case SESSION_SET: return BISECT_EXIT_SET;
	case SESSION_GAVE_UP: return BISECT_EXIT_GAVE_UP;
	case SESSION_OUTAGE: return BISECT_EXIT_OUTAGE;
	case SESSION_ASKS: return BISECT_EXIT_GAVE_UP;
	case SESSION_CANCELLED: break;
	}
	return BISECT_EXIT_CANCELLED;
}

static int run(const char *config, bool quiet, bool keep)
{
	_cleanup_(drive_closep) struct drive *drive = NULL;
	struct bisect_progress progress;
	struct session_observer observer = { bisect_progress_notify, &progress };
	enum session_outcome outcome;
	struct culprit_error *err;
	struct buf text = { 0 };
	int signals = open_signals(), code;
	bool ok;

	err = drive_open(config, signals, keep, &drive);
	if (err)
		return bisect_complain(err);
	if (drive_notice(drive))
		fprintf(stderr, "culprit bisect: %s\n", drive_notice(drive));
	bisect_progress_init(&progress, stderr);
	err = drive_run(drive, quiet ? NULL : &observer, &outcome);
	bisect_progress_deinit(&progress);
	if (err)
		return bisect_complain(err);
	ok = bisect_format_result(drive_session(drive), outcome, &text);
	code = bisect_print(&text, ok);
	return code ? code : exit_code(outcome);
}

int bisect_run(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect run", argc, argv);
	const char *config = BISECT_CONFIG;
	bool quiet = false, keep = false;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_FLAG('q', "quiet", "no progress, only the result", &quiet),
		OPTION_FLAG('k', "keep", "count earlier evidence although a script or the target changed since", &keep),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect run [OPTIONS]\n\nBegins the bisection of culprit.yaml, or goes on where it was.\n\noptions:";
	reader.notes = "Exit code: 0 a culprit is named, 3 a set of commits is, 4 no answer,\n"
		       "5 the machines failed for longer than infra-patience, 1 an error, 2 wrong usage or\n"
		       "configuration, 130 stopped before the end.\n";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	return run(config, quiet, keep);
}
