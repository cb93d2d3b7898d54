/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cases: console logs with the result that they must give, in the format of
 * the test data of syzkaller (pkg/report/testdata/linux):
 *
 *	# a comment
 *	TITLE: KASAN: use-after-free Read in f		absent: no report must be found
 *	ALT: bad-access in f				any number, sorted
 *	TYPE: KASAN-USE-AFTER-FREE-READ			absent: of no known type
 *	FRAME: f					START:, END:, EXECUTOR: checked where present
 *	CORRUPTED: Y					SUPPRESSED:, PANICKED:; absent: N
 *	FILE: fs/f.c					a guilty-file case: nothing else is checked
 *							(empty line)
 *	the log
 *							(empty line)
 *	REPORT:						checked where present
 *	the text of the report
 *
 * All of it but PANICKED belongs to the first report of the log.  Lines may
 * end in CR LF; in the log they are kept.
 *
 * KIND: is our own: "boot-failure" or "infrastructure"; absent: not checked.
 */
#ifndef CULPRIT_CLI_CORPUS_CASE_H
#define CULPRIT_CLI_CORPUS_CASE_H

#include "base/base.h"

#define CASE_MAX_BYTES (256u << 20)

struct corpus_case {
	const char *path;
	const char *name;		/* below the directory that was searched; "kasan/uaf-x86" */
	const char *group;		/* directory part of name, else the type; "none" without title */
	const char *title;		/* NULL: no report */
	const char **alts;		/* sorted */
	size_t n_alts;
	const char *type, *frame;	/* NULL: not given */
	const char *start, *end;	/* lines of the log */
	const char *guilty_file;
	const char *kind;
	bool corrupted, suppressed, panicked;
	bool has_executor;
	uint32_t executor_proc, executor_id;
	struct span log;
	bool has_report;
	struct span report;		/* lines end in \n */
	const char **comments;		/* without "#" and the blank behind it */
	size_t n_comments;
	struct arena arena;		/* holds all of it, the case itself not */
};

/* Parse text; path and name are copied. Errors: SYNTAX "path:line: ...", NO_MEMORY. The case must be zeroed, and is after an error. */
struct culprit_error *case_parse(struct span text, const char *path, const char *name, struct corpus_case *ret);

/* Errors also: OS, LIMIT. */
struct culprit_error *case_load(const char *path, const char *name, struct corpus_case *ret);

void case_deinit(struct corpus_case *c);

/* Write the case's headers and an empty line: what case_parse reads. False when out of memory. */
bool case_write_headers(struct buf *buf, const struct corpus_case *c) __attribute__((warn_unused_result));

/* Many cases, sorted by name (numbers by value). */
struct case_list {
	struct corpus_case *cases;
	size_t n, cap;
};

/*
 * Add path: a case, or a directory that is searched, without hidden files and
 * *.md, *.in and *.out.  A directory without any case is an error.
 */
struct culprit_error *case_list_add(struct case_list *list, const char *path);
void case_list_sort(struct case_list *list);
void case_list_deinit(struct case_list *list);

#endif
