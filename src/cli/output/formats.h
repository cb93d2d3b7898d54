/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formats that other programs read: test results (JUnit's XML, TAP), findings
 * (SARIF), and places (lines for an editor's quickfix list, annotations of
 * GitHub's workflows); and the page that people look at.
 *
 *	formats_begin(kind, n_logs, &out);
 *	for each log, in order:
 *		struct formats_log log = { .kind = kind, .path = path, .index = i };
 *		formats_add_report(&log, report, &out);		for each report
 *		formats_end_log(&log, whole, &out);		also where it could not be opened
 *	formats_finish(kind, &out);
 *
 * To add one: a row of formats.c's table, its words to cmd_parse.c and
 * culprit(7), what must hold of it to tests/cli/formats.sh.
 */
#ifndef CULPRIT_CLI_OUTPUT_FORMATS_H
#define CULPRIT_CLI_OUTPUT_FORMATS_H

#include "base/base.h"

enum formats_kind { FORMATS_JUNIT, FORMATS_TAP, FORMATS_SARIF, FORMATS_QUICKFIX, FORMATS_GITHUB, FORMATS_HTML };

/* Of JUnit a log's test cases are held until it ends, for their number stands in front; more text than this is left out. */
#define FORMATS_HELD_BYTES (8u << 20)

struct formats_log {
	enum formats_kind kind;
	const char *path;		/* "-": standard input */
	size_t index;			/* from 0 */
	const char *source_url;		/* of HTML: page.h; NULL: none */
	uint64_t n_failed, n_skipped;	/* reports so far; suppressed ones are skipped */
	bool passed_over;		/* it is no log: neither clean nor failed */
	bool begun;			/* something was written */
	struct buf held;
};

void formats_log_deinit(struct formats_log *log);

/* False when out of memory, all of them. */
bool formats_begin(enum formats_kind kind, size_t n_logs, struct buf *out) __attribute__((warn_unused_result));
bool formats_add_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
	__attribute__((warn_unused_result));

/* whole: the log was read to its end; else nobody may take it for clean. */
bool formats_end_log(struct formats_log *log, bool whole, struct buf *out) __attribute__((warn_unused_result));
bool formats_finish(enum formats_kind kind, struct buf *out) __attribute__((warn_unused_result));

#endif
