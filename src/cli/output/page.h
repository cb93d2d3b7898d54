/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages that need nothing but themselves: no script, no request, what folds does
 * so by the browser's own means.  They are templates (template.h) in page*.html
 * beside this file, one style for all; C gives them their words.
 *
 *	page_begin(&out, "Crash reports");
 *	for each log:
 *		page_add_log(&out, path);
 *		page_add_report(&out, path, report, source_url);	for each report
 *		page_end_log(&out, n_reports, reason);
 *	page_finish(&out);
 *
 * What logs and commits hold goes in by page_put(): control bytes are shown there,
 * and what could be markup is escaped by the template.
 *
 * False when out of memory, all that give bool.
 */
#ifndef CULPRIT_CLI_OUTPUT_PAGE_H
#define CULPRIT_CLI_OUTPUT_PAGE_H

#include "cli/output/json.h"
#include "cli/output/text.h"

/* title: of the page; at most TEXT_FIELD. */
bool page_begin(struct buf *out, const char *title) __attribute__((warn_unused_result));
bool page_add_log(struct buf *out, const char *path) __attribute__((warn_unused_result));

/* source_url: what page_is_source_url() took; NULL: source lines are no links. */
bool page_add_report(struct buf *out, const char *path, const struct culprit_report *report, const char *source_url)
	__attribute__((warn_unused_result));

/* reason: why nothing can be said of (the rest of) the log; NULL: it was read to its end. */
bool page_end_log(struct buf *out, uint64_t n_reports, const char *reason) __attribute__((warn_unused_result));
bool page_finish(struct buf *out) __attribute__((warn_unused_result));

/* https:// or http://, with {file}, and perhaps {line} and {version} (of the kernel). */
bool page_is_source_url(const char *url);

/* ---------------------------------------------------- for other pages */

/* Names of a template: text as text_add() has it; NULL is null. */
void page_put(struct json *json, struct json_t *object, const char *name, const char *text, enum text_shape shape);

/* The same, of what printf makes of it, TEXT_FIELD. */
void page_printf(struct json *json, struct json_t *object, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

struct page_word {
	const char *name, *value;
};

/* A URL with {NAME} filled in, what a path may not hold as %XX; NULL url: null. */
void page_put_url(struct json *json, struct json_t *object, const char *name, const char *url, const struct page_word *words, size_t n);

enum page_part { PAGE_REPORT, PAGE_BISECTION };

/* The part filled from root, which is destroyed. */
bool page_fill(enum page_part part, struct json *json, struct json_t *root, struct buf *out) __attribute__((warn_unused_result));

#endif
