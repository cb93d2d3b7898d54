/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of titles, and what they share; no other module sees it.
 *
 *	title.c		a report to its title: the parts below, one after the other
 *	title_form.c	which form of which pattern
 *	title_frame.c	which frames its sources find, down the report
 *	title_pick.c	which of these frames is guilty, and which are passed over
 *	title_words.c	frame and form to words: names, templates, cleaning
 *	title_doubts.c	why a report may not be trusted
 *	title_lines.c	a text to lines
 */
#ifndef CULPRIT_REPORT_TITLE_PARTS_H
#define CULPRIT_REPORT_TITLE_PARTS_H

#include "report/title.h"

/* A stack that ran over has hundreds, and its entry is the last of them. */
#define MAX_STACK_FRAMES 1024

struct frame_list {
	struct span names[MAX_STACK_FRAMES];
	size_t n;
};

struct choice {
	const struct form *form;
	const struct pattern *pattern;
	struct regex_match match, report;
	size_t start;			/* of the match; forms that begin later lose */
};

struct finder {
	const struct title_input *in;
	struct arena *arena;
	struct title *title;
	struct frame_list list;		/* of the source at hand */
	bool torn;			/* somebody else's stack stood where a frame was looked for */
	struct choice choice;		/* the form, and what it matched */
	const char *origin;		/* {origin}, or NULL: alternatives that name it are left out */
};

/* For `patterns explain`: a line of it, where somebody asks. */
void title_trace(const struct title_input *in, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --------------------------------------------------------------- lines */

/* Lines of the report, from one on. */
struct line_cursor {
	const struct title_line *lines;
	size_t at, n;
};

static inline const struct title_line *next_line(struct line_cursor *c)
{
	return c->at < c->n ? &c->lines[c->at++] : NULL;
}

static inline size_t cursor_off(const struct line_cursor *c, const struct title_text *text)
{
	return c->at < c->n ? c->lines[c->at].off : text->text.len;
}

/* The first line that begins at or behind a byte of the text. */
struct line_cursor title_lines_from(const struct title_text *text, size_t off);

/* ---------------------------------------------------------------- form */

/* The form that begins first, in ret; none: ret->form is NULL. */
void title_choose_form(const struct title_input *in, struct choice *ret);

/* Does one of the report's banners announce this pattern? */
bool title_pattern_is_announced(const struct pattern *pattern, const struct title_input *in);

/* --------------------------------------------------------------- frame */

/*
 * The guilty frame by the sources of the form that was chosen. as: the name of
 * the group that it belongs to, or NULL. False: none was found.
 */
bool title_find_frame(struct finder *f, const struct form *form, struct span *ret, const char **ret_as);

/* The same for {origin}. */
bool title_find_origin(struct finder *f, const struct form *form, struct span *ret);

/* Of those on the list. */
bool title_pick(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
		struct span *ret, const char **ret_as);

/* --------------------------------------------------------------- words */

#define MAX_NAMES 6

/* The names of one frame: the canonical one first, then the others it goes by. */
struct frame_names {
	const char *names[MAX_NAMES];
	size_t n;
};

/* Errors of all that follows: NO_MEMORY. */
struct culprit_error *title_name_frame(struct finder *f, struct span function, const char *group,
				       struct frame_names *names);

/* Every name of the frame in every template but the canonical one, which is the title. */
struct culprit_error *title_make(struct finder *f, const struct form *form, const struct frame_names *names);

/* Numbers, addresses and counters out; blanks collapsed; cut to the community's length. NULL when out of memory. */
const char *title_clean(struct finder *f, struct buf *text);

/* -------------------------------------------------------------- doubts */

void title_find_doubts(struct finder *f);

#endif
