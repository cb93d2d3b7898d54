/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect run: begin, or go on, until there is an answer; and what `try` has in common with it.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#include "cli/bisect/bisect.h"
#include "cli/options.h"
#include "cli/output/text.h"


int bisect_open_signals(void)
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
	case SESSION_CULPRIT:
	case SESSION_OPTIONS: return 0;
	case SESSION_DISPUTED: return BISECT_EXIT_DISPUTED;
	case SESSION_SET: return BISECT_EXIT_SET;
	case SESSION_GAVE_UP: return BISECT_EXIT_GAVE_UP;
	case SESSION_OUTAGE: return BISECT_EXIT_OUTAGE;
	case SESSION_ASKS: return BISECT_EXIT_GAVE_UP;
	case SESSION_CANCELLED: break;
	}
	return BISECT_EXIT_CANCELLED;
}

int bisect_run_config(const char *config, bool quiet, bool keep)
{
	_cleanup_(drive_closep) struct drive *drive = NULL;
	struct bisect_progress progress;
	struct session_observer observer = { bisect_progress_notify, &progress };
	enum session_outcome outcome;
	struct culprit_error *err;
	struct buf text = { 0 };
	int signals = bisect_open_signals(), code;
	bool ok;

	err = drive_open(config, signals, keep, &drive);
	if (err)
		return bisect_complain(err);
	if (drive_notice(drive))
		text_complain("culprit bisect", "%s", drive_notice(drive));
	bisect_progress_init(&progress, stderr);
	err = drive_run(drive, quiet ? NULL : &observer, &outcome);
	bisect_progress_deinit(&progress);
	if (err)
		return bisect_complain(err);
	if (outcome == SESSION_OPTIONS) {
		err = bisect_add_options(drive_session(drive), true, &text);
		if (err) {
			buf_deinit(&text);
			return bisect_complain(err);
		}
	}
	ok = outcome == SESSION_OPTIONS || bisect_format_result(drive_session(drive), outcome, &text);
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
	reader.notes = "Exit status: 0 a culprit is named, 3 a set of commits is, 4 no answer,\n"
		       "5 the machines failed for longer than infra-patience, 6 a culprit is named\n"
		       "against which a check speaks, 1 an error, 2 wrong usage or configuration,\n"
		       "130 stopped before the end.\n";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	return bisect_run_config(config, quiet, keep);
}
