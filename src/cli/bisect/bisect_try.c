/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect try: one build and one run of the commit that shows the
 * target, and what they say about the configuration:
 *
 *	built    4f0c9a31b7d2 misc: rbuf: show the writers; 2 min 41 s
 *	run      #1, 3.1 s: target
 *	crash    KASAN: use-after-free Read in rbuf_sum
 *	log      /home/ada/hunt/.culprit/runs/000001.log
 *	finished 'culprit-run: finished' was printed
 */
#include <stdio.h>

#include "cli/bisect/bisect.h"
#include "cli/options.h"

/* What the runners print at the end of a workload (man/culprit-runners.7). */
#define RUNNERS_MARK "culprit-run: finished"

static bool add_build(struct buf *buf, const struct session *s, const struct session_build *build)
{
	return buf_add_str(buf, build->result.outcome == BUILD_OK ? "built    " : "build    ") &&
	       bisect_add_commit(buf, s, build->subject.commit.hex) && buf_add_str(buf, "; ") &&
	       (build->result.outcome == BUILD_OK ||
		buf_printf(buf, "%s: %s; ", build_outcome_name(build->result.outcome), build->result.reason)) &&
	       bisect_add_duration(buf, (double)build->result.elapsed_us / 1e6) && buf_add_char(buf, '\n');
}

static bool add_log(struct buf *buf, const struct session *s, const char *kind, uint32_t number)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct culprit_error *err = runner_log_path(s->config, kind, number, &path);

	culprit_error_destroy(err);
	return !err && buf_printf(buf, "log      %s\n", path.data);
}

/* What the console says of the end of the workload: enum below. */
enum end_mark { MARK_SEEN, MARK_NOT_SEEN, MARK_PROPOSED, MARK_NONE };

static struct culprit_error *find_mark(const struct session *s, const struct session_run *run, enum end_mark *ret)
{
	const char *finished = s->config->finished;
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct run_console console;
	struct culprit_error *err = runner_log_path(s->config, "runs", run->number, &path);

	if (!err)
		err = run_console_load(&console, s->patterns, finished ? finished : RUNNERS_MARK, path.data);
	if (err)
		return err;
	if (finished)
		*ret = console.finish.found ? MARK_SEEN : MARK_NOT_SEEN;
	else
		*ret = console.finish.found ? MARK_PROPOSED : MARK_NONE;
	run_console_deinit(&console);
	return NULL;
}

/* Whether the end of a run can be told from a run that was cut off. */
static bool add_mark(struct buf *buf, const struct session *s, const struct session_run *run, enum end_mark mark)
{
	switch (mark) {
	case MARK_SEEN: return buf_printf(buf, "finished '%s' was printed\n", s->config->finished);
	case MARK_PROPOSED:
		return buf_add_str(buf, "finished not said in the configuration; below `run:` write\n"
					"           finished: \"" RUNNERS_MARK "\"\n");
	case MARK_NOT_SEEN:
		/* The crash may have ended it. */
		if (run->title)
			return true;
		return buf_printf(buf, "finished '%s' was not printed: the workload never came to its end, and such a run\n"
				       "         says nothing. See what the log ends with.\n", s->config->finished);
	case MARK_NONE: break;
	}
	return run->title || buf_add_str(buf, "finished not known: have the run command print a line at its very end, and give it\n"
					      "         as `finished` below `run:`; a run that was cut off is told from a clean one by it\n");
}

static bool add_advice(struct buf *buf, const struct session *s, const struct session_run *run)
{
	bool no_target = !s->config->title && !s->config->titles.n && !s->config->logs.n && !s->config->profile;

	switch (run->verdict) {
	case VERDICT_TARGET: return true;
	case VERDICT_CLEAN:
		return buf_add_str(buf, "\nNo crash. Of a bug that does not always show, one run says little; otherwise the workload\n"
					"does not reach it, or the kernel's configuration lacks what it needs.\n");
	case VERDICT_INFRA_FAILED:
		return buf_add_str(buf, "\nThe machine around the kernel failed; nothing is said about the kernel.\n");
	default: break;
	}
	if (run->title && no_target)
		return buf_add_str(buf, "\nNo target is given: this crash would be learned, if it is what shows most often.\n");
	return buf_add_str(buf, run->title ? "\nThis is not what is hunted, by the target of the configuration.\n"
					   : "\nThe run says neither that the target is there nor that it is not.\n");
}

static bool add_run(struct buf *buf, const struct session *s, const struct session_run *run, enum end_mark mark)
{
	return buf_printf(buf, "run      #%u, ", run->number) &&
	       bisect_add_duration(buf, (double)run->end.elapsed_us / 1e6) &&
	       buf_printf(buf, ": %s%s%s\n", verdict_name(run->verdict), run->why ? ", " : "", run->why ? run->why : "") &&
	       (!run->title || buf_printf(buf, "crash    %s\n", run->title)) && add_log(buf, s, "runs", run->number) &&
	       add_mark(buf, s, run, mark) && add_advice(buf, s, run);
}

static int exit_code(const struct session *s, const struct session_build *build, const struct session_run *run)
{
	if (!build || (build->result.outcome == BUILD_OK && !run))
		return BISECT_EXIT_CANCELLED;
	if (build->result.outcome == BUILD_INFRA || (run && run->verdict == VERDICT_INFRA_FAILED))
		return BISECT_EXIT_OUTAGE;
	if (!run)
		return BISECT_EXIT_GAVE_UP;
	if (run->verdict == VERDICT_TARGET)
		return 0;
	/* Nothing was given that a crash could differ from. */
	return run->title && profile_is_empty(s->profile) ? 0 : BISECT_EXIT_GAVE_UP;
}

int bisect_try_config(const char *config, bool quiet)
{
	_cleanup_(drive_closep) struct drive *drive = NULL;
	const struct session_build *build;
	const struct session_run *run;
	struct bisect_progress progress;
	struct session_observer observer = { bisect_progress_notify, &progress };
	enum end_mark mark = MARK_NONE;
	struct culprit_error *err;
	struct buf text = { 0 };
	const struct session *s;
	bool ok = true;
	int code;

	err = drive_open(config, bisect_open_signals(), false, &drive);
	if (err)
		return bisect_complain(err);
	s = drive_session(drive);
	bisect_progress_init(&progress, stderr);
	err = drive_try(drive, quiet ? NULL : &observer, &build, &run);
	bisect_progress_deinit(&progress);
	if (!err && run)
		err = find_mark(s, run, &mark);
	if (err)
		return bisect_complain(err);
	if (build)
		ok = add_build(&text, s, build) && (build->result.outcome == BUILD_OK || add_log(&text, s, "builds", build->number));
	if (ok && run)
		ok = add_run(&text, s, run, mark);
	code = exit_code(s, build, run);
	if (bisect_print(&text, ok))
		return BISECT_EXIT_ERROR;
	return code;
}

int bisect_try(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect try", argc, argv);
	const char *config = BISECT_CONFIG;
	bool quiet = false;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_FLAG('q', "quiet", "no progress, only the result", &quiet),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect try [OPTIONS]\n\nBuilds and runs the commit that shows the target, once, and tells what came of\n"
		       "it. Both count for the bisection.\n\noptions:";
	reader.notes = "Exit status: 0 the target showed, 4 it did not, 5 the machine failed,\n"
		       "1 an error, 2 wrong usage or configuration, 130 stopped.\n";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	return code == OPTION_GO_ON ? bisect_try_config(config, quiet) : code;
}
