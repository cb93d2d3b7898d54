/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of the parser, and what they share; no other module sees it.
 *
 *	parser.c	bytes to lines of interest; the parser's life
 *	parser_banner.c	which patterns a line announces, and who speaks
 *	parser_route.c	which report a line belongs to; where reports begin and end
 *	parser_told.c	reports that the log holds twice
 *	parser_draft.c	the reports that are being collected, and their bounds
 *	parser_boot.c	how far the boot has come; what the log lacks
 *	parser_again.c	what the log holds twice: replayed buffers, dmesg of the user's
 */
#ifndef CULPRIT_REPORT_PARSER_PARTS_H
#define CULPRIT_REPORT_PARSER_PARTS_H

#include <stdio.h>

#include "input/lookback.h"
#include "report/kernels.h"
#include "report/report.h"

#define MAX_OPEN 64
#define MAX_LATE 16
/*
 * A finished report is held back for so many bytes of the log: whether the
 * kernel panicked soon after belongs to it.
 */
#define HOLD_BYTES (64u << 10)

#define HEARD_LINES 512
#define AGAIN_LINES 8
#define MAX_TOLD 256

/* What an unexpected reboot would overwrite. */
struct boot_state {
	enum culprit_phase phase;
	uint32_t n_boots;
	uint64_t boot_serial, boot_off;
	bool in_kernel, logged, handed_over, suspended, panicked, crashed, shut_down;
	const char *suppressed, *corrupted;
};

/* What tells whether the log holds something twice. */
struct again {
	uint64_t heard[HEARD_LINES];	/* times and texts of this boot's first lines, hashed */
	size_t n_heard;
	bool pending;			/* the kernel's banner came again: nobody knows why yet */
	struct draft *event;		/* what is told if it is a reboot; NULL: nothing is */
	struct boot_state before;
	uint64_t new_lines[AGAIN_LINES];	/* with a time, since */
	size_t n_new, n_same, n_waited;
	uint64_t told[MAX_TOLD];	/* reports, in a ring */
	size_t n_told;			/* ever */
};

struct culprit_parser {
	const struct culprit_patterns *patterns;
	char *file_name;
	bool detect_boot_failures;
	size_t max_report_bytes;
	struct regex_scratch *scratch;
	struct title_memo memo;
	struct console_decoder decoder;
	struct buf *trace;		/* borrowed; NULL: nobody wants to know */

	struct buf carry;		/* bytes of the line that has not ended */
	bool in_long_line;		/* carry is not the first piece of its line */
	struct history history;		/* what was processed */
	uint64_t off;			/* of the first byte that was not processed */
	uint64_t number;		/* of the line it stands in, from 1 */

	struct draft **drafts;		/* in order of their first lines: closed ones wait for the open ones before them */
	size_t n_drafts, cap_drafts, n_open;
	size_t draft_bytes;
	uint64_t closed_bytes;		/* of all reports ever finished: where they were taken may not matter */
	uint64_t idle_check_off;	/* no open draft is idle before this byte */
	struct { struct caller caller; uint64_t boot_serial, off; } late[MAX_LATE];	/* closed as idle, in a ring */
	size_t n_late;			/* ever */
	uint64_t last_report_line;	/* of all that were closed; 0: none */

	/* What is known of the log. */
	char *version, *build;		/* of the last boot: "6.1.0-rc1", "#1 SMP ..." */
	char *kernels[PARSER_MAX_KERNELS];	/* versions of all boots, each once */
	size_t n_kernels;		/* PARSER_MAX_KERNELS: perhaps others, too */
	uint32_t n_boots;
	enum culprit_phase phase, phase_best;
	uint64_t n_reports;
	bool in_kernel;			/* "Linux version" was seen, and no firmware since */
	bool logged;			/* by the machine's own user space: this boot came that far */
	bool bare_banner;		/* this boot's "Linux version" carried no prefix */
	bool handed_over;		/* the kernel said its last word before init */
	bool guest;			/* programs ran under this boot's kernel, whether it was heard itself or not */
	bool suspended;			/* firmware that speaks wakes the machine up */
	uint32_t watch_left;		/* lines of this boot that are yet looked at for what has no literal */
	struct again again;
	bool seen_prefix;		/* the kernel of this log prints prefixes */
	bool seen_glued;		/* one stood in the middle of a line: another such line is no chance */
	uint64_t boot_serial;		/* counts firmware's and kernels' beginnings */
	uint64_t boot_off;		/* of the line with which the last one began */
	bool panicked;
	const char *suppressed, *corrupted;	/* reasons that the log gave for all reports of this boot; NULL: none */
	bool flushed;			/* nothing is to be held back any more */
	bool crashed;			/* this boot had a report */
	bool shut_down;			/* this boot was asked to end */
	bool finished;
	bool no_memory;			/* something was decided without what it takes: told at the end of the call */
};

/* A lost line of explanation is no error. */
#define TRACE(p, ...) \
	do { \
		if ((p)->trace && !buf_printf((p)->trace, __VA_ARGS__)) \
			(p)->trace->len = 0; \
	} while (0)

/* ------------------------------------------------------------- banners */

struct hits {
	uint16_t banners[TITLE_MAX_BANNERS];
	size_t n_banners;
	bool doubtful;			/* said without the prefix that the kernel's lines have */
	const struct phase_mark *marks[4];
	size_t n_marks;
	const struct remark *remarks[4];
	size_t n_remarks;
};

/* Which literals of banners and marks stand in text. */
void parser_find_hits(const struct culprit_patterns *set, struct span text, struct hits *ret);

/* Leave those banners that are some: the kernel's own, and what their patterns ask for. */
void parser_filter_banners(struct culprit_parser *p, const struct line *line, struct hits *hits);

/* What the line says of all reports of this boot. */
void parser_handle_remark(struct culprit_parser *p, const struct remark *remark, const struct line *line);
void parser_apply_remarks(struct culprit_parser *p, struct culprit_report *report);

/* Does every banner of the line say that it goes on with the report before it? */
bool parser_is_follow_up(struct culprit_parser *p, const struct hits *hits, struct span text, bool complete);

/* -------------------------------------------------------------- drafts */

/* Errors of all that follows: NO_MEMORY. */
struct culprit_error *parser_new_draft(struct culprit_parser *p, struct draft **ret);
struct culprit_error *parser_close_draft(struct culprit_parser *p, struct draft *d);
struct culprit_error *parser_close_all(struct culprit_parser *p);
void parser_drop_draft(struct culprit_parser *p, size_t i);

/* A line of the log: learns what it says of the report.  end_off is where it ends. */
struct culprit_error *parser_add_line(struct culprit_parser *p, struct draft *d, const struct line *line,
				      uint64_t end_off, bool banner);

/* Programs say "WARNING: x" often: what shows no kernel is passed over before its title is looked for. */
static inline bool draft_shows_kernel(const struct draft *d)
{
	return !d->doubtful || (d->frames && d->facts);
}

/* rest is what somebody broke off the draft's last line. */
struct culprit_error *parser_join_line(struct culprit_parser *p, struct draft *d, const struct line *rest, uint64_t end_off);

/* Only the text, which tells nothing of the report; where the bounds are reached it is counted, not kept. */
struct culprit_error *parser_add_text(struct culprit_parser *p, struct draft *d, struct span text, uint32_t flags);
/* The number of the oops that the line counts, "Oops: 0002 [#1] SMP", or 0. */
uint32_t draft_oops_number(struct span text);

/* Words that tell of a mistake, too, are a report where a stack shows that the kernel thought it one: is it missing? */
bool draft_lacks_stack(const struct culprit_parser *p, const struct draft *d);

void draft_note_place(struct draft *d, const struct line *line, uint64_t end_off);

/* --------------------------------------------------------------- route */

/* A line with banners begins a report, or goes on with the one of its context. */
struct culprit_error *parser_handle_banner(struct culprit_parser *p, const struct line *line, const struct hits *hits,
					   struct lookback *back, uint64_t end_off);

/* Any other line goes to the open report of its context, if there is one. */
struct culprit_error *parser_route_line(struct culprit_parser *p, const struct line *line, uint64_t end_off);

/* Is nothing open but one doubtful word, behind which no kernel showed yet? */
bool parser_only_doubts(const struct culprit_parser *p);

/* The kernel said something that belongs to no open report. */
struct culprit_error *parser_hear_kernel(struct culprit_parser *p);

struct culprit_error *parser_close_idle(struct culprit_parser *p, uint64_t off);
void parser_note_kernel_offset(struct culprit_parser *p, struct span text);

/* --------------------------------------------------------------- boots */

struct culprit_error *parser_handle_mark(struct culprit_parser *p, const struct phase_mark *mark,
					 const struct line *line, struct lookback *back, uint64_t end_off);

/* A line of a boot that is under way: what marks without a literal say of it. */
void parser_watch(struct culprit_parser *p, const struct line *line);

/* May a kernel have said it?  Not where the kernel's lines carry prefixes, and before any kernel began. */
bool parser_may_be_kernel(const struct culprit_parser *p, const struct line *line);

struct boot_state parser_boot_state(const struct culprit_parser *p);

/*
 * Does the line show that its kernel prints prefixes?  Not where its time is 0:
 * early consoles speak before "printk.time=0" of the command line is obeyed;
 * and not where it stands in the middle of a line: two logs were mixed there.
 */
bool parser_proves_prefixes(const struct line *line);

/* Did a kernel that had been up for min_us (-1: that prints prefixes) speak in the lines before? */
struct culprit_error *parser_kernel_spoke(struct lookback *back, int64_t min_us, bool *ret);

/* At the log's end: a boot that began and stopped somewhere before user space, without a word why. */
struct culprit_error *parser_check_boot(struct culprit_parser *p);

/* --------------------------------------------------------------- again */

/* A line of a boot's beginning: remembered, or compared with what was. */
struct culprit_error *parser_note_heard(struct culprit_parser *p, const struct line *line);

/* The same kernel's banner, without a word before it: event (may be NULL) is told if no line after it is an old one. */
void parser_await_again(struct culprit_parser *p, struct draft *event, const struct boot_state *before);

/* No more lines come: decide by those that did. */
struct culprit_error *parser_decide_again(struct culprit_parser *p);

/* A finished report: was it told before? */
bool parser_was_told(struct culprit_parser *p, const struct draft *d);

#endif
