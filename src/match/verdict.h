/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a run without a crash of its own proves.
 *
 * "Clean" is a claim: a kernel came up to userspace, and the run went on for
 * as long as it should.  Whatever falls short of that is incomplete and says
 * why, or failed in its boot, or around the kernel.  match, replay and
 * bisections all ask verdict_of_quiet_run(); the table in verdict.c is the one
 * that culprit-match(1) prints.
 */
#ifndef CULPRIT_MATCH_VERDICT_H
#define CULPRIT_MATCH_VERDICT_H

#include "base/base.h"
#include "culprit.h"

/* Of build and run commands: EX_TEMPFAIL of sysexits.h; the shell's "cannot run" and "not found". */
#define COMMAND_EXIT_INFRASTRUCTURE 75
#define COMMAND_EXIT_CANNOT_RUN 126
#define COMMAND_EXIT_NOT_FOUND 127

enum verdict {
	VERDICT_TARGET,		/* the hunted bug: probability >= MATCH_TARGET */
	VERDICT_RELATED,	/* perhaps another face of it: >= MATCH_RELATED */
	VERDICT_UNRELATED,	/* another crash, or one that says nothing (out of memory...) */
	VERDICT_CLEAN,		/* the run came to its end without a crash */
	VERDICT_BOOT_FAILED,	/* the kernel did not come up, and not because of the target */
	VERDICT_INFRA_FAILED,	/* the machine around the kernel, or the test program itself, failed */
	VERDICT_UNDECIDED,	/* cannot tell: an incomplete run, or a torn report */
};

#define N_VERDICTS 7

enum run_ending {
	RUN_ENDING_UNKNOWN,	/* only the log is left */
	RUN_ENDING_EXITED,	/* exit_code is what it gave */
	RUN_ENDING_SIGNALLED,	/* the run command was killed by a signal that was not ours */
	RUN_ENDING_NEVER_STARTED,
	RUN_ENDING_DEADLINE,	/* its time was over: the way that many clean runs end */
	RUN_ENDING_OUTPUT_LIMIT,
	RUN_ENDING_STOPPED,	/* by us, some time after a crash */
	RUN_ENDING_LOST,	/* the machine or queue that carried out the run command failed */
};

/* What a run showed. All zero: nothing is known of it. */
struct run_record {
	enum run_ending ending;
	int exit_code;
	bool exit_judges;		/* the run command judges itself: 0 clean, 125 undecided, 1 to 124 target */
	bool other_kernel;		/* what ran is not what was to run: the console is of something else */
	bool boot_failed;		/* said by somebody other than the console */
	bool infra_failed;		/* said by somebody other than the console, too */
	bool console_boot_failed;	/* of the first failure that is no crash and is on the console: its kind */
	bool console_infra_failed;
	bool console_retried;		/* ... one that those print who try again and go on */
	bool console_exhausted;		/* ... what is no bug of its own, as running out of memory */
	bool has_console;		/* the members below are known */
	uint64_t n_lines, n_bytes;	/* of the console */
	enum culprit_phase phase;	/* the furthest that any boot reached */
	bool lost;			/* part of the console is missing or could not be read */
	bool finish_wanted, finished;	/* what a complete run prints is known; it was printed */
	int64_t elapsed_us;		/* 0: not known */
	int64_t expected_us;		/* what clean runs took; 0: not known */
};

/* Of a run that showed no crash. *ret_why is a text of the program; "%d" in it stands for the exit code, "%s" for the failure on the console, "%w" for why it was lost, "%k" for the kernel that ran. */
enum verdict verdict_of_quiet_run(const struct run_record *run, const char **ret_why);

/* Much shorter than what clean runs take, as far as that is known. */
bool verdict_is_short(int64_t elapsed_us, int64_t expected_us);

/* "target", "related", "unrelated", "clean", "boot-failed", "infra-failed", "undecided": never NULL. */
const char *verdict_name(enum verdict verdict);

/* False when no verdict has this name. */
bool verdict_parse(const char *name, enum verdict *ret);

#endif
