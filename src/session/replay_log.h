/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log of a finished bisection: what was tested, what each run showed, and
 * what was made of it.
 *
 * Reads syzbot's logs ("testing commit", "run #3: crashed: ...") and the
 * output of `git bisect log`, also out of a mail: quoted, indented, with
 * wrapped lines and text around.
 */
#ifndef CULPRIT_SESSION_REPLAY_LOG_H
#define CULPRIT_SESSION_REPLAY_LOG_H

#include "base/base.h"

/* git's words. In search of a fix, "good" is the old state, with the bug, and "bad" the new one. */
enum mark {
	MARK_NONE,		/* the log does not say */
	MARK_GOOD,
	MARK_BAD,
	MARK_SKIP,
	MARK_UNDECIDED,		/* in verdicts of ours: the runs do not suffice */
};

#define REPLAY_MAX_STEPS 256
#define REPLAY_MAX_RUNS 1000		/* of one step */
#define REPLAY_ALL_RUNS 10		/* how many "all runs" are where no step says */

struct replay_run {
	unsigned int number;	/* "run #4" */
	const char *text;	/* "OK", "crashed: TITLE", "boot failed: ...", wrapped lines joined */
	const char *title;	/* what crashed or failed; NULL for a clean run */
	bool clean;
};

struct replay_step {
	const char *commit;		/* hexadecimal as in the log, usually 40 digits */
	const char *subject;		/* NULL: not said */
	const char *release;		/* "v5.7"; NULL */
	enum mark original;		/* as the log says, or as its end points imply */
	bool told;			/* the log says it; otherwise it was inferred from the runs */
	bool merge_base;		/* tested because it is a merge base of both ends */
	bool tested;			/* there is a "testing commit" of it */
	bool all_runs;			/* the log gives one result for all; how many is not known */
	int64_t left;			/* "Bisecting: N revisions left to test after this"; -1: not said */
	const char *failure;		/* what the log says instead of runs: a failed build; NULL */
	struct replay_run *runs;
	size_t n_runs;
	uint64_t line;			/* of the input, from 1 */
};

struct replay_log {
	struct arena arena;		/* holds all of it */
	struct replay_step *steps;	/* in the order of testing, ends that were never tested first */
	size_t n_steps;
	bool fix;			/* the bisection looks for the fix */
	bool is_git;			/* `git bisect log`: no runs */
	const char *start_bad;		/* the ends of "git bisect start"; NULL: it never came to that */
	const char **start_good;
	size_t n_start_good;
	const char *target;		/* title that the log says is hunted: our own; NULL */
	bool in_one_line;		/* of good ones each contains those before it: our own */
	const char *answer;		/* the commit the log blames; NULL */
	const char *answer_subject;
};

/* name is for messages. Errors: FORMAT where nothing of a bisection is in text; LIMIT; NO_MEMORY. */
struct culprit_error *replay_log_parse(struct span text, const char *name, struct replay_log *ret);
void replay_log_deinit(struct replay_log *log);

/* The step of a commit (abbreviated ones count), or NULL. The last one, when it was tested again. */
struct replay_step *replay_log_find(const struct replay_log *log, const char *commit);

/* Both name one commit, one of them perhaps abbreviated (7 digits at least). */
bool commit_equal(const char *a, const char *b);

/* "good", "bad", "skip", "undecided", "none": never NULL. */
const char *mark_name(enum mark mark);

#endif
