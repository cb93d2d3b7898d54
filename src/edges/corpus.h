/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Corpus: what the commands `culprit corpus test|diff|audit|add|show` share:
 * reading a case with the parser, comparing, running over many.
 */
#ifndef CULPRIT_CORPUS_H
#define CULPRIT_CORPUS_H

#include "edges/case.h"
#include "edges/options.h"
#include "edges/sources.h"
#include "ground/base.h"

/* -------------------------------------------------------------- reading */

/* What is compared, in the order of the headers. */
enum corpus_field {
	FIELD_TITLE, FIELD_ALT, FIELD_TYPE, FIELD_KIND, FIELD_FRAME, FIELD_START, FIELD_END, FIELD_CORRUPTED,
	FIELD_SUPPRESSED, FIELD_PANICKED, FIELD_EXECUTOR, FIELD_FILE, FIELD_REPORT,
	FIELD_FEED,		/* other reports when the log comes byte by byte */
	N_FIELDS,
};

const char *corpus_field_name(enum corpus_field field);

#define FIELD_BIT(field) (1u << (field))

/* The headers in which a and b differ, as a set of FIELD_BIT. */
unsigned int case_compare(const struct corpus_case *a, const struct corpus_case *b);

/* How the parser reads a case's log. */
struct reading {
	struct culprit_report *report;	/* the first; NULL: none */
	size_t n_reports;
	struct corpus_case found;	/* what the case would say, of the fields that it checks; borrows from
					   report and from the case */
	unsigned int checked, wrong;	/* sets of FIELD_BIT */
	double seconds;
	const char *text, *file_guilty;	/* of the report, symbolized; NULL without reading_add_sources() */
};

/* Errors: those of the parser. ret need not be initialised; reading_deinit it on success. */
struct culprit_error *reading_create(const struct culprit_patterns *patterns, const struct corpus_case *c,
				     struct reading *ret);
void reading_deinit(struct reading *reading);

/*
 * The first report's text and guilty file by sources (NULL: nothing happens), against which FILE is compared.
 * Errors: NO_MEMORY.
 */
struct culprit_error *reading_add_sources(struct sources *sources, const struct corpus_case *c,
					  struct reading *reading);

/* Also feed the log byte by byte: FIELD_FEED is wrong unless the same reports come, in all they say. */
struct culprit_error *reading_check_feed(const struct culprit_patterns *patterns, const struct corpus_case *c,
					 struct reading *reading);

/* Unified diffs of headers and of report text, expected to found. Nothing where nothing is wrong. */
struct culprit_error *reading_diff(const struct corpus_case *c, const struct reading *reading, bool color,
				   struct buf *ret);

/* -------------------------------------------------------------- options */

enum corpus_option_id {
	CORPUS_OPT_HELP = 1, CORPUS_OPT_PATTERNS, CORPUS_OPT_JOBS, CORPUS_OPT_COLOR, CORPUS_OPT_KIND, CORPUS_OPT_NAME,
	CORPUS_OPT_PATTERN, CORPUS_OPT_FORMAT,
	CORPUS_OPT_OWN,		/* from here on a command's own */
};

#define CORPUS_DEF_HELP { CORPUS_OPT_HELP, 'h', "help", NULL, "this text" }
#define CORPUS_DEF_PATTERNS \
	{ CORPUS_OPT_PATTERNS, 'p', "patterns", "DIR", "add and override patterns by the *.yaml files in DIR; repeatable" }
#define CORPUS_DEF_JOBS \
	{ CORPUS_OPT_JOBS, 'j', "jobs", "N", "read N cases at once (default: as many as there are processors)" }
#define CORPUS_DEF_COLOR { CORPUS_OPT_COLOR, 0, "color", "[WHEN]", "auto (default), always or never" }
#define CORPUS_DEF_KIND \
	{ CORPUS_OPT_KIND, 'k', "kind", "GLOB", \
	  "only cases of this kind: the directory they are in, or else their type ('none': without title)" }
#define CORPUS_DEF_NAME { CORPUS_OPT_NAME, 'n', "name", "GLOB", "only cases of this name" }

#define CORPUS_MAX_PATTERN_DIRS 64

struct corpus_settings {
	const char *pattern_dirs[CORPUS_MAX_PATTERN_DIRS];
	size_t n_pattern_dirs;
	long n_jobs;
	bool color;
	const char *kind, *name, *pattern;	/* globs; NULL: all */
	struct sources_settings sources;
};

#define CORPUS_GO_ON (-1)

/* Take one of the shared options. CORPUS_GO_ON, or the exit code after a message. */
int corpus_take_option(struct corpus_settings *settings, const struct option_reader *reader, int id);

/* NULL in *ret where the settings ask for none. */
struct culprit_error *corpus_make_sources(const struct corpus_settings *settings, const struct option_reader *reader,
					  const struct culprit_patterns *patterns, struct sources **ret);

/* Put the defaults in. */
void corpus_settings_init(struct corpus_settings *settings);

/* The cases at the operands (default: corpus/), sorted and chosen by kind and name. */
struct culprit_error *corpus_load(const struct corpus_settings *settings, const struct option_reader *reader,
				  struct case_list *ret);

/* "culprit corpus COMMAND: message" on standard error, and destroy. Gives 2, the exit code. */
int corpus_complain(const struct option_reader *reader, struct culprit_error *err);

/* ------------------------------------------------------------- many cases */

/*
 * Call work(arg, i) for all i below n in n_jobs threads, in any order. With
 * show_progress, and standard error being a terminal, a bar is drawn.
 */
void corpus_for_all(size_t n, long n_jobs, bool show_progress, void (*work)(void *arg, size_t i), void *arg);

/* ------------------------------------------------------------- commands */

typedef int corpus_command_fn(int argc, char **argv);

corpus_command_fn corpus_test, corpus_diff, corpus_audit, corpus_add, corpus_show;

#endif
