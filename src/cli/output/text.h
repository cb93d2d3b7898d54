/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text for people, safe to show.
 *
 * Logs hold what strangers chose (task names, program output).  Nothing of
 * them reaches a terminal or file raw that could move the cursor, set a title
 * or turn the direction of writing: such bytes are shown as \xNN, and so are
 * bytes that are not UTF-8.
 *
 * Functions that add to a buffer give false when out of memory.
 */
#ifndef CULPRIT_CLI_OUTPUT_TEXT_H
#define CULPRIT_CLI_OUTPUT_TEXT_H

#include <stdarg.h>

#include "base/base.h"

enum text_color { TEXT_COLOR_AUTO, TEXT_COLOR_ALWAYS, TEXT_COLOR_NEVER };

enum text_paint {
	TEXT_PLAIN,
	TEXT_TITLE,		/* what was found */
	TEXT_LABEL,		/* names of fields */
	TEXT_GOOD,
	TEXT_BAD,
	TEXT_WARN,
};

/*
 * Whether to colour what goes to fd. AUTO: where it is a terminal, TERM is not
 * "dumb" and NO_COLOR (https://no-color.org) is unset or empty.
 */
bool text_use_color(enum text_color when, int fd);

/* The words that --color takes, in the order of enum text_color. */
extern const char *const text_color_words[3];

/* A row of an option table (cli/options.h): --color or --color=WHEN. */
#define TEXT_COLOR_OPTION(to_when) \
	{ 0, "color", "[WHEN]", "auto (default), always or never", OPTION_KIND_CHOICE, { .choice = (to_when) }, \
	  TEXT_COLOR_ALWAYS, 0, text_color_words, countof(text_color_words) }

/* How many bytes the valid UTF-8 character at the start of s has; 0: none does. s may be empty. */
size_t text_utf8_len(struct span s);

/* What XML and HTML write for '<', '>', '&' and both quotes; NULL for what they take as it is. */
const char *text_entity(char c);

/* s with everything dangerous escaped; newline and tab are kept in TEXT_LINES only. */
enum text_shape { TEXT_FIELD, TEXT_LINES };
bool text_add(struct buf *buf, struct span s, enum text_shape shape) __attribute__((warn_unused_result));

/* The same, with text_entity() where it has one. */
bool text_add_markup(struct buf *buf, struct span s, enum text_shape shape) __attribute__((warn_unused_result));

/* As text_add(), one field in colour. */
bool text_add_painted(struct buf *buf, struct span s, enum text_paint paint, bool color)
	__attribute__((warn_unused_result));

/*
 * "WHO: MESSAGE" on standard error, written at once: the one way in which commands complain.  Arguments, names
 * of files and what programs said are all in it, so it is escaped; lines behind the first are indented, and look
 * like none of ours.
 */
void text_complain(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_complain_args(const char *who, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* The message of err, which is destroyed. */
void text_complain_of(const char *who, struct culprit_error *err);

/* Nothing, or the sequence that starts paint; TEXT_PLAIN ends any. */
const char *text_paint(enum text_paint paint, bool color);

/* "  label     value\n"; nothing for a NULL value. */
bool text_add_row(struct buf *buf, const char *label, const char *value, bool color)
	__attribute__((warn_unused_result));

/* The bytes of the first n lines. */
size_t text_lines_len(struct span text, uint32_t n);

/*
 * A report: title, what is known of it, its lines. place says where it stands
 * ("console.log" or "standard input").
 */
bool text_add_report(struct buf *buf, const struct culprit_report *report, const char *place, bool color)
	__attribute__((warn_unused_result));

/* One line on a log without reports. place may be NULL. */
bool text_add_clean(struct buf *buf, const struct culprit_summary *summary, const char *place, bool color)
	__attribute__((warn_unused_result));

/* One line on the log as a whole. */
bool text_add_summary(struct buf *buf, const struct culprit_summary *summary, const char *place, bool color)
	__attribute__((warn_unused_result));

#endif
