/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Console: one physical line to what the kernel (or someone else) said.
 *
 * Takes off what consoles, loggers and labs put in front of printk's text and
 * keeps what they tell: time, level, caller.  Decoding a line needs no other
 * line, except for the few things a console_decoder learns (see there).
 *
 *	[   12.345678] text                        printk.time=1
 *	[   12.345678][ T123] text                 CONFIG_PRINTK_CALLER (v5.1)
 *	[   12.345678][    C0] text                the same, outside of tasks
 *	[   T24] text                              caller with printk.time=0
 *	<4>[   12.345678] text                     dmesg -r, some consoles
 *	[Sun Nov 22 10:00:00 2026] text            dmesg -T
 *	2026-11-22T10:00:00,123456+00:00 text      dmesg --time-format iso
 *	kern  :warn  : [   12.345678] text         dmesg -x
 *	         "msg": "text"                     dmesg -J, "pri" and "time" above it
 *	6,1234,5678901,-;text                      /dev/kmsg; " KEY=value" lines follow
 *	6,1234,5678901,-,caller=T123;text          the same (v5.1), netconsole extended
 *	6,1234,5678901,-,ncfrag=0/1000;text        netconsole extended, fragment
 *	Nov 22 10:00:00 host kernel: [   12.345678] text   syslog, journald
 *	[   12.345678] host kernel: text           journalctl -o short-monotonic
 *	2026-11-22T10:00:00.123456Z [   12.345678] text    lab or CI prefix
 *	kvě 06 12:00:00 host kernel: text          the same in any language
 *	[   12.345678]<0>.(0)[17:swapper/2]text    vendors' kernels
 *	{"log":"[   12.345678] text\n","stream":..}   docker and others
 *	host login: [   12.345678] text            a getty spoke before the kernel did
 *	> `text`, 12: text, whatever: text         by a form that the log itself teaches
 *	** 57 printk messages dropped ** [   12.3] text
 */
#ifndef CULPRIT_INPUT_CONSOLE_H
#define CULPRIT_INPUT_CONSOLE_H

#include "base/base.h"

enum caller_kind {
	CALLER_NONE,		/* not said */
	CALLER_TASK,		/* [ T123]: id is the thread id */
	CALLER_CPU,		/* [ C0]: id is the CPU */
};

struct caller {
	enum caller_kind kind;
	uint32_t id;
};

static inline bool caller_equal(struct caller a, struct caller b)
{
	return a.kind == b.kind && a.id == b.id;
}

/* What a line's prefix says about who wrote it. */
enum line_origin {
	ORIGIN_UNKNOWN,		/* no prefix that tells: kernel without printk.time, or anybody */
	ORIGIN_KERNEL,		/* a printk prefix (time stamp, level, caller, kmsg header, "kernel:") */
	ORIGIN_OTHER,		/* a logger says that it was another program ("host sshd[12]: ") */
	ORIGIN_META,		/* about the console itself: a lone "** N printk messages dropped **", a
				   kmsg " KEY=value" line, an empty netconsole fragment, a number
				   of dmesg -J */
};

#define LINE_TRUNCATED	0x01u	/* first piece of a line longer than CONSOLE_LINE_BYTES */
#define LINE_CONTINUED	0x02u	/* a later piece of such a line: no prefix is looked for */
#define LINE_DROPPED	0x04u	/* messages were lost before this line ("printk messages dropped") */
#define LINE_REPLAYED	0x08u	/* "** replaying previous printk message **" stood here: the line before
				   was cut and this is it again, whole */
#define LINE_FRAGMENT	0x10u	/* a netconsole fragment of a longer message */
#define LINE_JUNK_FRONT	0x20u	/* something (login prompt, program output) stood before the prefix */
#define LINE_CLEANED	0x40u	/* control bytes were taken out: text is in the decoder's scratch */
#define LINE_HAS_TIME	0x80u	/* the line carried a printk time stamp */
#define LINE_CUT	0x100u	/* "** replaying previous printk message **" ended it: cut, and said again next */
#define LINE_SPLICED	0x200u	/* another printk prefix stands inside text: see console_split_inner */
#define LINE_LOGGED	0x400u	/* the machine's own logger or dmesg wrote it down, so user space was up by then
				   (or netconsole, which never shows the beginning of a boot) */

/* Physical lines are cut into pieces of this size; the rest comes as further lines. */
#define CONSOLE_LINE_BYTES (16u << 10)

struct line {
	struct span raw;	/* the physical line without its end (\n or \r\n) */
	struct span text;	/* what was said; see console_decode for its life */
	struct span speaker;	/* the program's name where origin is ORIGIN_OTHER; else empty */
	uint64_t offset;	/* of raw in the original input, bytes; set by the caller */
	uint64_t number;	/* of the physical line, from 1; set by the caller */
	int64_t time_us;	/* printk time since boot; -1: not said */
	struct caller caller;
	int8_t level;		/* 0 (emergency) to 7 (debug); -1: not said */
	uint8_t origin;		/* enum line_origin */
	uint16_t flags;		/* LINE_* */
};

/*
 * A program wrote it to /dev/kmsg: printk's time, and a facility that is not
 * the kernel's ("<14>[   85.912347] init: ...").
 */
static inline bool line_is_kmsg_write(const struct line *line)
{
	return line->origin == ORIGIN_OTHER && !line->speaker.len && (line->flags & LINE_HAS_TIME);
}

/* A prefix that no grammar knows, by a sample of it: see console_learn.c. */
#define CONSOLE_LEARNT_BYTES 127
struct console_learnt {
	char sample[CONSOLE_LEARNT_BYTES];
	uint8_t len;
	bool sure;		/* a second line had the same form: lines lose it */
};

/* What is learned of a log while it is read. Zeroed is a valid start. */
struct console_decoder {
	struct console_learnt front;	/* of lines without printk's time */
	struct console_learnt behind;	/* behind printk's time */
	struct console_learnt carrier;	/* in front of printk's time, and so of lines without one, too */
	uint8_t n_carried;		/* lines in a row that had it, as far as it matters */
	struct buf scratch;
	bool date_touches;	/* a date in brackets has no blank behind it in this log */
	bool seen_kmsg;		/* records of /dev/kmsg: " KEY=value" lines are theirs */
	bool seen_export;	/* records of journalctl -o export: lines "KEY=value" are theirs */
	uint8_t export_origin;	/* of the record that is being read, as far as it said so */
	bool replay_next;	/* the line before ended in the replay mark; clear it when lines were left out */
	uint16_t json_priority;	/* of the record of dmesg -J that is being read, its time and caller */
	int64_t json_time_us;
	struct caller json_caller;
	/* what the first piece of a long line said; its later pieces inherit it */
	uint8_t piece_origin;
	int8_t piece_level;
	struct caller piece_caller;
	int64_t piece_time_us;
};

void console_decoder_deinit(struct console_decoder *decoder);

/*
 * Decode raw (one physical line, or piece of one: flags_in is 0,
 * LINE_TRUNCATED or LINE_CONTINUED).  Fills all of *ret but offset and number.
 *
 * text borrows from raw where nothing had to be taken out, else from the
 * decoder, until the next call.  It has no control bytes but tab; ANSI escape
 * sequences, NUL and carriage returns are gone; bytes over 0x7f are kept.
 * Blanks in front are kept (stacks are indented) but for the one that printk's
 * prefix ends with; blanks at the end are kept.
 *
 * Errors: NO_MEMORY.
 */
struct culprit_error *console_decode(struct console_decoder *decoder, struct span raw,
				     unsigned int flags_in, struct line *ret);

/*
 * How many lines right before raw the decoder has to have seen, in their order,
 * to decode it: a record of dmesg -J says above its message who spoke, and when,
 * and so does one of journalctl -o export.
 * 0 for nearly all lines; never more than CONSOLE_MAX_NEEDED.
 */
#define CONSOLE_MAX_NEEDED 24
size_t console_lines_needed(struct span raw);

/*
 * Two kernel messages in one line (LINE_SPLICED): cut line->text where the
 * second begins and give that as a line of its own, with its own time and
 * caller, the same raw, offset and number.  May be repeated on *ret.  False,
 * and nothing changed, where there is only one.
 */
bool console_split_inner(struct line *line, struct line *ret);

/* Does raw begin with printk's exact time, "[   12.345678]"?  Cheaper than to decode it. */
bool console_begins_timed(struct span raw);

/*
 * The offset behind the last end of line in s (\n), or 0: where a chunk can be
 * cut.
 */
size_t console_last_line_end(struct span s);

#endif
