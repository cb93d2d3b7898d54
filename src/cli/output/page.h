/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports as a page that needs nothing but itself: no script, no request, what
 * folds does so by the browser's own means.
 *
 *	page_begin(&out);
 *	for each log:
 *		page_add_log(&out, path);
 *		page_add_report(&out, path, report, source_url);	for each report
 *		page_end_log(&out, n_reports, reason);
 *	page_finish(&out);
 *
 * What stands in front of the first log, colours and all, is page.html.
 */
#ifndef CULPRIT_CLI_OUTPUT_PAGE_H
#define CULPRIT_CLI_OUTPUT_PAGE_H

#include "base/base.h"

/* False when out of memory, all of them. */
bool page_begin(struct buf *out) __attribute__((warn_unused_result));
bool page_add_log(struct buf *out, const char *path) __attribute__((warn_unused_result));

/* source_url: what page_is_source_url() took; NULL: source lines are no links. */
bool page_add_report(struct buf *out, const char *path, const struct culprit_report *report, const char *source_url)
	__attribute__((warn_unused_result));

/* reason: why nothing can be said of (the rest of) the log; NULL: it was read to its end. */
bool page_end_log(struct buf *out, uint64_t n_reports, const char *reason) __attribute__((warn_unused_result));
bool page_finish(struct buf *out) __attribute__((warn_unused_result));

/* https:// or http://, with {file}, and perhaps {line} and {version} (of the kernel). */
bool page_is_source_url(const char *url);

#endif
