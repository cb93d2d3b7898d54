/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of the console reader that no other module sees: taking control bytes
 * out (console_clean.c), printk's prefix (console_printk.c), records of
 * /dev/kmsg (console_kmsg.c), the stamps of loggers and labs
 * (console_logger.c).
 */
#ifndef CULPRIT_INPUT_CONSOLE_PARTS_H
#define CULPRIT_INPUT_CONSOLE_PARTS_H

#include "input/console.h"

/* A line whose prefix is being taken off: [p, end) is what is left. */
struct prefix {
	const char *p;
	const char *end;
	struct line *line;	/* learns origin, level, time, caller, speaker */
	bool *touches;		/* console_decoder's; NULL: not asked */
};

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool prefix_starts(const struct prefix *x, struct span s)
{
	return (size_t)(x->end - x->p) >= s.len && memcmp(x->p, s.ptr, s.len) == 0;
}

/* One blank, if there is one. */
static inline void prefix_skip_blank(struct prefix *x)
{
	if (x->p < x->end && *x->p == ' ')
		x->p++;
}

/*
 * Digits at p, at most max of them: how many there are, and their value
 * (max <= 18: it cannot overflow).
 */
static inline size_t prefix_digits(const char *p, const char *end, size_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t n = 0;

	while (p + n < end && n < max && is_digit(p[n]))
		value = value * 10 + (uint64_t)(p[n++] - '0');
	*ret = value;
	return n;
}

/* ------------------------------------------------------ control bytes */

/* Are there bytes that console_clean would take out? */
bool console_is_dirty(struct span s);

/*
 * Copy src without control bytes (tab stays) and terminal sequences; dst may be
 * src. Gives the length, which is at most src.len.
 */
size_t console_clean(struct span src, char *dst);

/* The same for escapes: "\x09" of /dev/kmsg, "#011" of rsyslog, JSON's "\u001b" and "\"". */
enum console_escape { ESCAPE_NONE, ESCAPE_KMSG, ESCAPE_SYSLOG, ESCAPE_JSON };
size_t console_unescape(struct span src, enum console_escape kind, char *dst);

/* ------------------------------------------------------- printk's prefix */

/* Each takes off what its name says where it begins at x->p, and says whether it did. */

/* "[   12.345678] " with what a caller or a vendor's kernel put behind it; strict: printk's own form only. */
bool console_take_time(struct prefix *x, bool strict);

/* "[   T24] " of a kernel without time stamps: always padded to six. */
bool console_take_caller(struct prefix *x);

/* "<4>", "<12>": a number that a program may have chosen proves nothing without a stamp behind it. */
bool console_take_priority(struct prefix *x);

/*
 * printk's exact prefix somewhere in s, or NULL; *ret_from is where it begins,
 * its "<4>" included.
 */
const char *console_find_stamp(struct span s, const char **ret_from);

/* ------------------------------------------------------- /dev/kmsg, pstore */

/* "6,1234,5678901,-,caller=T123;text", a release in front where netconsole was told to. */
bool console_take_kmsg(struct prefix *x);

/* " SUBSYSTEM=pci" below a record; netconsole's user data may be in lower case. */
bool console_is_kmsg_property(struct span s);

/* A line of a record of `journalctl -o export`: its message is what is left, all else is none of the log's. */
bool console_take_export(struct console_decoder *decoder, struct prefix *x);

/* One member of a record as `dmesg -J` lays it out: kept for the message that follows, or that message. */
bool console_take_json(struct console_decoder *decoder, struct prefix *x);

/* "** 57 printk messages dropped **" */
bool console_take_dropped(struct prefix *x);

/* "Oops#1 Part2", "Panic#2 Part1" of pstore; "====1234567890.123456-D" of ramoops. */
bool console_is_pstore_header(struct span s);

/* ------------------------------------------------------------------- dates */

/* What is known of a date that was read by its form. */
struct date_form {
	unsigned int words;	/* before the clock: names of a weekday, a month */
	bool year;		/* it says one */
};

/* A date and a clock in any language and order at p: their length, or 0. */
size_t console_date_length(const char *p, const char *end, struct date_form *ret);

/* Is all of s a clock: "12:34:56.789"? */
bool console_is_clock(struct span s);

/* ------------------------------------------------------------ what carries it */

/* May s hold what console_clean_visible takes out?  Cheap; true too often. */
bool console_has_visible(struct span s);

/*
 * Copy src without terminal sequences that somebody made visible ("^[[0m"),
 * tags of HTML at its ends, "^M" at the end, and with HTML's entities resolved;
 * dst may be src.  Gives the length, which is at most src.len.
 */
size_t console_clean_visible(struct span src, char *dst);

/* An object of JSON in one line: its message is what is left. */
bool console_take_json_line(struct prefix *x, enum console_escape *ret_escape);

/*
 * [front, x->p) was taken off in front of the message: where it has a quote or a
 * table's bar that the message's end closes, take off what begins with that.
 */
void console_trim_tail(struct prefix *x, const char *front, enum console_escape *ret_escape);

/*
 * How much of s is a prefix as learnt, or 0.  s may teach one, or another, of at
 * most max bytes (0: it must not; CONSOLE_LEARNT_BYTES is the most).
 */
size_t console_learnt_length(struct console_learnt *learnt, struct span s, size_t max);

/*
 * front is what stood before printk's prefix in this line, or empty: what
 * stands before each is a carrier ("> ", "    17\t", "guest-1  | ").
 */
void console_note_carrier(struct console_decoder *decoder, struct span front);

/* How much of a line without printk's prefix the carrier is, or 0. */
size_t console_carrier_length(const struct console_decoder *decoder, struct span s);


/* ----------------------------------------------------- loggers and labs */

/*
 * A stamp that a logger or a lab put in front: a date, a time, with the host
 * and the program's tag where there are any.  Takes it off and says so.
 */
bool console_logger_stamp(struct prefix *x, enum console_escape *ret_escape);

/*
 * "host kernel: ", "host sshd[12]: ", "kernel: ", "sshd[12]: " behind a stamp.
 * Behind a printk time (journalctl -o short-monotonic) a pid needs the host:
 * "[   12.3] comm[12]: segfault" is the kernel's.  It fails for a task name
 * with a blank: "[   12.3] Web Content[12]: segfault" becomes a program's.
 */
bool console_logger_tag(struct prefix *x, bool behind_time);

/* "[Sun Nov 22 10:00:00 2026] ", "[Nov22 10:00] ", "[  +0.000012] ": dmesg's own stamps. */
bool console_dmesg_stamp(struct prefix *x);

/* "kern  :warn  : " of dmesg -x. */
bool console_dmesg_facility(struct prefix *x);

/*
 * A number <N>: facility * 8 + level.  What has a facility other than 0 was
 * written by a program (the kernel forces it when /dev/kmsg is written to).
 */
void console_priority(struct line *line, uint64_t priority);

#endif
