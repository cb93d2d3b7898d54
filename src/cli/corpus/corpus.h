/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Corpus: what the commands `culprit corpus test|diff|audit|add|update|show` share:
 * reading a case with the parser, comparing, running over many.
 */
#ifndef CULPRIT_CLI_CORPUS_CORPUS_H
#define CULPRIT_CLI_CORPUS_CORPUS_H

#include "cli/corpus/case.h"
#include "cli/confine.h"
#include "cli/options.h"
#include "cli/sources.h"
#include "cli/output/text.h"
#include "base/base.h"

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

/*
 * Also feed the log byte by byte, and in pieces of other sizes: FIELD_FEED is
 * wrong unless reports and summary are the same in all they say.
 */
struct culprit_error *reading_check_feed(const struct culprit_patterns *patterns, const struct corpus_case *c,
					 struct reading *reading);

/* Unified diffs of headers and of report text, expected to found. Nothing where nothing is wrong. */
struct culprit_error *reading_diff(const struct corpus_case *c, const struct reading *reading, bool color,
				   struct buf *ret);

/* -------------------------------------------------------------- options */

/* Rows of an option table. */
#define CORPUS_JOBS_OPTION(settings) \
	OPTION_NUMBER('j', "jobs", "N", "read N cases at once (default: as many as there are processors)", 1, 256, \
		      &(settings)->n_jobs)
#define CORPUS_KIND_OPTION(settings) \
	OPTION_TEXT('k', "kind", "GLOB", \
		    "only cases of this kind: the directory they are in, or else their type ('none': without title)", \
		    &(settings)->kind)
#define CORPUS_NAME_OPTION(settings) OPTION_TEXT('n', "name", "GLOB", "only cases of this name", &(settings)->name)

struct corpus_settings {
	struct option_list pattern_dirs;
	long n_jobs;
	enum text_color color_when;
	bool color;
	const char *kind, *name, *pattern;	/* globs; NULL: all */
	struct sources_settings sources;
	enum sandbox_mode sandbox;
};

/* NULL in *ret where the settings ask for none. */
struct culprit_error *corpus_make_sources(const struct corpus_settings *settings, const struct option_reader *reader,
					  const struct culprit_patterns *patterns, struct sources **ret);

/* Put the defaults in. */
void corpus_settings_init(struct corpus_settings *settings);

/* option_read() for a table that fills settings, among others. */
int corpus_read_options(struct option_reader *reader, const struct option_def *defs, size_t n_defs,
			struct corpus_settings *settings);

/*
 * Where cases are without being told: the corpus/ of the checkout of culprit that this is in, else corpus/. Formatted
 * into buf; NULL when out of memory.
 */
const char *corpus_default_dir(struct buf *buf);

/* The cases at the operands (default: corpus_default_dir()), sorted and chosen by kind and name. */
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

corpus_command_fn corpus_test, corpus_diff, corpus_audit, corpus_add, corpus_update, corpus_show;

#endif
