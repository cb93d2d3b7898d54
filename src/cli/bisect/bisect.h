/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of `culprit bisect` share: subcommands, exit codes, texts.
 *
 * Functions that add to a buffer give false when out of memory.
 */
#ifndef CULPRIT_CLI_BISECT_BISECT_H
#define CULPRIT_CLI_BISECT_BISECT_H

#include <stdio.h>

#include "cli/options.h"
#include "session/drive.h"

#define BISECT_CONFIG "culprit.yaml"

enum {
	BISECT_EXIT_SET = 3,		/* a set of commits, not one */
	BISECT_EXIT_GAVE_UP = 4,
	BISECT_EXIT_OUTAGE = 5,		/* the machines are away */
	BISECT_EXIT_DISPUTED = 6,	/* a culprit, against which a check speaks */
	BISECT_EXIT_ERROR = 1,
	BISECT_EXIT_USAGE = 2,
	BISECT_EXIT_CANCELLED = 130,
};

int bisect_init(int argc, char **argv);
int bisect_try(int argc, char **argv);
int bisect_run(int argc, char **argv);
int bisect_reset(int argc, char **argv);
int bisect_merge_title(int argc, char **argv);
int bisect_status(int argc, char **argv);
int bisect_log(int argc, char **argv);
int bisect_explain(int argc, char **argv);
int bisect_report(int argc, char **argv);

/* A row of an option table: where the configuration is. */
#define BISECT_CONFIG_OPTION(to_config) \
	OPTION_TEXT('c', "config", "FILE", "the configuration; " BISECT_CONFIG " by default", to_config)

/* Readable once somebody asked us to stop; commands are started with all signals as usual. */
int bisect_open_signals(void);

/* What `bisect try` and `bisect run` do, once their options are read; the exit code. */
int bisect_try_config(const char *config, bool quiet);
int bisect_run_config(const char *config, bool quiet, bool keep);

/* Print and destroy; gives the exit code. */
int bisect_complain(struct culprit_error *err);

/* Text to standard output, freed; gives the exit code. */
int bisect_print(struct buf *text, bool ok);

/* ------------------------------------------------------------- progress */

struct bisect_progress {
	FILE *out;
	bool terminal;		/* redrawn in place; otherwise a line for what is worth one */
	unsigned int n_drawn;	/* lines on the terminal that are to be redrawn */
	uint32_t n_running;
	struct buf text;
	char last[200];		/* line without terminal: not said twice */
};

void bisect_progress_init(struct bisect_progress *progress, FILE *out);
void bisect_progress_deinit(struct bisect_progress *progress);
void bisect_progress_notify(void *arg, const struct session *session, enum session_event event);

/* ---------------------------------------------------------------- texts */

/* In words: "the likely culprit's parent needs evidence of its own". Static. */
const char *bisect_why_text(enum bisect_why why);

/* Why there is none, of a session that gave up: with numbers, and what to do. */
bool bisect_add_no_answer(struct buf *buf, const struct session *session) __attribute__((warn_unused_result));

/* "reverting it on 123456789abc does not make the target vanish (it showed in 3 of 3 runs)" */
bool bisect_add_contradiction(struct buf *buf, const struct session *session, const struct session_check *check)
	__attribute__((warn_unused_result));

/* "2 h 05 min", "37 s" */
bool bisect_add_duration(struct buf *buf, double seconds) __attribute__((warn_unused_result));

/* "2026-11-28 14:05", local time */
bool bisect_add_time(struct buf *buf, int64_t us) __attribute__((warn_unused_result));

/* Lists of commits are cut here: pages and texts are for people. */
#define BISECT_LISTED_COMMITS 200

/* Have git read, at once, the subjects that bisect_add_commit() will tell: of the ends, the tested, the likeliest. */
void bisect_read_subjects(const struct session *session);

/* "123456789abc subject"; the hash alone where git does not answer. */
bool bisect_add_commit(struct buf *buf, const struct session *session, const char *hex)
	__attribute__((warn_unused_result));

/* A string of YAML in single quotes; text holds no line feed. */
bool bisect_add_quoted(struct buf *buf, struct span text) __attribute__((warn_unused_result));

/* "7 target, 1 related, 12 clean"; "none" for no runs. */
bool bisect_add_runs(struct buf *buf, const uint32_t n[BISECT_RUN_KINDS]) __attribute__((warn_unused_result));

/* What session_run() came to, for people; the last line for programs: see culprit-bisect(1). */
bool bisect_format_result(const struct session *session, enum session_outcome outcome, struct buf *ret)
	__attribute__((warn_unused_result));

/* For programs (bisect_json.c): an object; an object per line. */
bool bisect_format_status_json(const struct session *session, struct buf *ret) __attribute__((warn_unused_result));
bool bisect_format_log_json(const struct session *session, struct buf *ret) __attribute__((warn_unused_result));

/* As a bisection log of syzbot (bisect_syzbot.c), which culprit replay reads; of a session that has a history. */
bool bisect_format_syzbot(const struct session *session, struct buf *ret) __attribute__((warn_unused_result));

/*
 * The options that the target needs, once they are known (bisect_options.c): a sentence
 * and a list, and where the configuration is, as a line for programs or for people.
 */
struct culprit_error *bisect_add_options(const struct session *session, bool for_programs, struct buf *ret);
struct culprit_error *bisect_options_json(const struct session *session, struct buf *ret);

/* The set without the line for programs. */
bool bisect_format_set(const struct session *session, struct buf *ret) __attribute__((warn_unused_result));

/*
 * How many commits are left, said so that a person is not misled: as many as,
 * equally likely, would leave so many bits open.  Counting all that are not
 * ruled out would say a thousand when one holds 99.9 %.
 */
uint32_t bisect_commits_left(const struct session *session, double entropy);

/* "1 commit", "2 commits" */
static inline const char *bisect_plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

/* Seconds per unit of cost so far; 0: not known. */
double bisect_seconds_per_cost(const struct session *session);

#endif
