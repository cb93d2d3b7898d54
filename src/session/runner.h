/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runner: check out, build, run, and read the consoles.
 *
 * One build at a time, in a work tree of its own; runs in parallel.  What a run
 * showed is told as the matcher's verdict.  Nothing here decides or remembers:
 * the session journals the results and asks the policy.
 *
 * Commands find these in their environment:
 *
 *	CULPRIT_COMMIT		full name of the commit
 *	CULPRIT_SOURCE		the work tree, at that commit while building
 *	CULPRIT_BUILD		a directory that stays from build to build (for O=)
 *	CULPRIT_ARTEFACTS	where the build leaves what runs need; kept per commit
 *	CULPRIT_SIGNATURE	file to which a build may write a signature of the image
 *	CULPRIT_RUN		number of the run, never used twice (runs only)
 *	CULPRIT_CHANGE		"revert HASH", "cherry-pick HASH", "config NAME" or empty
 *	CULPRIT_CONFIG		the kernel's configuration to build with; not set where
 *				the bisection has no say in it
 *
 * Layout of the state directory: source/, build/, artefacts/NAME/, configs/NAME,
 * builds/NUMBER.log, runs/NUMBER.log; jobs/ where an executor needs it.
 */
#ifndef CULPRIT_SESSION_RUNNER_H
#define CULPRIT_SESSION_RUNNER_H

#include "base/process.h"
#include "match/finish.h"
#include "match/match.h"
#include "session/config.h"
#include "session/git.h"

/* What is built: a commit, perhaps with another one reverted or picked on top, or with a kernel configuration of its own. */
struct subject {
	struct git_hash commit;
	enum git_change change;		/* of changed; GIT_UNCHANGED: that is the name of a configuration (configs/NAME) */
	struct git_hash changed;	/* "": the commit as it is */
};

/* "revert", "cherry-pick", "config": what is done with subject->changed. Static. */
const char *subject_change_name(const struct subject *subject);

bool subject_equal(const struct subject *a, const struct subject *b);

enum build_outcome {
	BUILD_OK,
	BUILD_FAILED,
	BUILD_INFRA,		/* the machine failed, or the build command may never have run */
	BUILD_CONFLICT,		/* a patch or change does not apply: nothing was built */
	BUILD_CANCELLED,
};

const char *build_outcome_name(enum build_outcome outcome);
bool build_outcome_parse(const char *name, enum build_outcome *ret);

struct build_result {
	enum build_outcome outcome;
	char reason[320];		/* why not; "" for BUILD_OK */
	char fixup[256];		/* patches that it was built with at last, "a.patch, b.patch"; "": as it is */
	char signature[128];		/* of the image; "": not known */
	uint64_t image;			/* hash of signature; 0: not known */
	uint64_t proof;			/* of all that the build left for runs; 0: nothing, or built in place */
	int64_t elapsed_us;
};

/* How the run command ended: all that is needed, with its log, to judge it again. */
struct run_end {
	enum process_outcome outcome;
	int value;			/* exit code, signal or errno */
	bool stopped;			/* by us, some time after a crash */
	int64_t elapsed_us;
	char lost[64];			/* of PROCESS_LOST: why; "": not known */
};

struct run_result {
	uint32_t number;
	struct run_end end;
	struct match_result match;
	uint64_t log_bytes;
};

void run_result_deinit(struct run_result *result);

struct runner_options {
	const struct config *config;		/* all borrowed for the runner's life */
	const struct git *git;
	const struct git_history *history;	/* may be empty, and be loaded later */
	const struct culprit_patterns *patterns;
	const struct profile *profile;		/* may change while no run goes on: runner_set_profile() */
	int cancel_fd;				/* readable: stop; -1: none */
	int hold_fd;				/* see process_spec; 0: none */
	const char *id;				/* of the bisection: in the names of jobs */
};

struct runner;

/* Makes the directories. Errors: OS, NO_MEMORY. */
struct culprit_error *runner_create(const struct runner_options *options, struct runner **ret);
void runner_destroy(struct runner *runner);	/* kills what runs. NULL is fine */
void runner_destroyp(struct runner **runner);
void runner_set_profile(struct runner *runner, const struct profile *profile);
void runner_set_config(struct runner *runner, const char *path);	/* of what has none of its own; NULL: none. Borrowed */
void runner_set_expected(struct runner *runner, int64_t expected_us);	/* how long complete runs take; 0: not known */

/* Called about once a second while something goes on. */
typedef void runner_tick_fn(void *arg);

/*
 * number names the log.  Errors are those of git and of the machine; that a
 * commit does not build is an outcome.
 */
struct culprit_error *runner_build(struct runner *runner, const struct subject *subject, uint32_t number,
				   runner_tick_fn *tick, void *arg, struct build_result *ret);

/* Whether runs of the subject can start, given that it was built before. */
bool runner_is_built(const struct runner *runner, const struct subject *subject);

/* Start run number on a subject that is built. */
struct culprit_error *runner_start(struct runner *runner, const struct subject *subject, uint32_t number);

/*
 * The same for a run that an earlier runner started, and that may go on or have ended since; *ret_adopted false:
 * there is nothing left of it.
 */
struct culprit_error *runner_adopt(struct runner *runner, const struct subject *subject, uint32_t number,
				   bool *ret_adopted);

/* End a run or build that an earlier runner started, wherever it still goes on; a build is waited for. */
struct culprit_error *runner_abandon(struct runner *runner, bool build, uint32_t number);

/* Whether runs can outlive their runner at all. */
bool runner_can_adopt(const struct runner *runner);

uint32_t runner_n_running(const struct runner *runner);

/*
 * Wait for the end of a run; *ret_done false: cancelled, and all runs with it
 * (*ret is not filled in).
 */
struct culprit_error *runner_wait(struct runner *runner, runner_tick_fn *tick, void *arg,
				  struct run_result *ret, bool *ret_done);

/* Take what came of the runs, without waiting. */
struct culprit_error *runner_look(struct runner *runner);

/* Whether runner_wait() would have nothing to wait for. */
bool runner_has_ended(const struct runner *runner);

/* Kill all that runs and forget it. */
void runner_cancel(struct runner *runner);

/* A run that was ended while all was well with it. */
struct runner_cut {
	uint32_t number;
	int64_t elapsed_us;
};

/*
 * The same, and tell of those that had not crashed: ret has runner_n_running()
 * places. One whose console cannot be read is forgotten without a word.
 */
uint32_t runner_cut(struct runner *runner, struct runner_cut *ret);

/* ------------------------------------------------------ logs of runs */

/* The console of a run as read: reports and summary. */
struct run_console {
	struct culprit_parser *parser;
	struct culprit_report **reports;
	size_t n_reports, cap_reports;
	struct culprit_summary summary;
	struct finish finish;		/* the line of a complete run, where one is known */
};

/* finished: expression of the line that a complete run prints, or NULL; outlives the console. */
struct culprit_error *run_console_init(struct run_console *console, const struct culprit_patterns *patterns,
				       const char *finished);
void run_console_deinit(struct run_console *console);
struct culprit_error *run_console_feed(struct run_console *console, struct span bytes);
struct culprit_error *run_console_finish(struct run_console *console);

/* A whole log file. */
struct culprit_error *run_console_load(struct run_console *console, const struct culprit_patterns *patterns,
				   const char *finished, const char *path);

/*
 * Whether it was another kernel that ran than the one of the commit hex.  With CONFIG_LOCALVERSION_AUTO a kernel's version
 * ends in "-g" and an abbreviated commit (scripts/setlocalversion), with "-dirty" or "+" behind it where files were
 * changed; all begin with what the commit's Makefile says.  Where none of the kernels that booted is the one that was to
 * run, and each of them names another commit of the history, or another version than the Makefile's, the machine booted
 * something else than what was built: it fell back to the last kernel that worked, or nobody installed the new one.
 * *ret is the first of their versions (the console's), or NULL, also where it cannot be told.  A commit that the history
 * does not have is none: build commands commit patches of their own.  Errors are those of git.
 */
struct culprit_error *run_console_other_kernel(const struct run_console *console, const struct git *git,
					       const struct git_history *history, const char *hex, const char **ret);

/*
 * What the matcher is told of a run, but for which kernel it was. expected_us: how long complete runs take; 0: not
 * known. Borrows from console.
 */
void runner_evidence(const struct config *config, const struct run_console *console, const struct run_end *end,
		     int64_t expected_us, struct run_evidence *ret);

/* Path of a log, in buf. */
struct culprit_error *runner_log_path(const struct config *config, const char *kind, uint32_t number,
				      struct buf *ret);

#endif
