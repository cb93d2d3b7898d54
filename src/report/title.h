/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Title: the text of one report to the name that the community knows it by.
 *
 * Pure: a report's lines and a pattern set in, names out.
 */
#ifndef CULPRIT_REPORT_TITLE_H
#define CULPRIT_REPORT_TITLE_H

#include "base/base.h"
#include "pattern/pattern.h"
#include "report/stack.h"

#define TITLE_MAX_BANNERS 8

/* One line of the text, as it was read. */
struct title_line {
	size_t off;			/* in the text */
	const struct raw_frame *frame;	/* NULL: none; its spans may be elsewhere than in the text */
	const struct stack_header *header;	/* the stack that it opens; NULL: none */
};

/* Texts are the report from its banner on, lines end in \n. */
struct title_text {
	struct span text;
	const struct title_line *lines;	/* all of the text's; may be NULL where no frame is looked for */
	size_t n_lines;
};

struct title_input {
	const struct culprit_patterns *patterns;
	struct regex_scratch *scratch;
	struct title_text text;
	struct title_text whole;	/* the same with what may not name it, for doubts; empty: as text */
	const uint16_t *banners;	/* indexes of the banners that the first line holds */
	size_t n_banners;
	const char *event;		/* set: the title of this event's pattern, without a look at the text */
	bool cut;			/* nothing stands behind the text: it may lack its end */
	const char *phase;		/* what {phase} stands for in titles */
	struct buf *trace;		/* what was decided and why, for people; may be NULL */
};

/* Strings live in the arena that was given. */
struct title {
	const char *title;
	const char **alts;		/* sorted, without title or doubles */
	size_t n_alts;
	const char *type;		/* NULL: unknown */
	const char *frame;		/* NULL: none found */
	const char *corrupted;		/* reason, or NULL */
	bool no_frame;			/* corrupted because no frame was found: leftovers on the stack may help */
	const char *suppressed;		/* reason, or NULL */
	const struct pattern *pattern;
	const struct form *form;	/* NULL: the banner's own words are the title */
};

/* Errors: NO_MEMORY. */
struct culprit_error *title_find(const struct title_input *in, struct arena *arena, struct title *ret);

/* Read the lines of text; adds struct title_line and frames of the arena. False when out of memory. */
bool title_read_lines(const struct culprit_patterns *patterns, struct span text, struct arena *arena, struct buf *ret);

/* Is what stands in text so far complete without a stack? (title_find would name it by a form that needs none.) */
bool title_needs_stack(const struct title_input *in);

#endif
