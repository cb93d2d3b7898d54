/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Report: the lines of one detected problem, while they are collected and when
 * they are done.  Internal to the parser; the public face is culprit.h.
 */
#ifndef CULPRIT_REPORT_REPORT_H
#define CULPRIT_REPORT_REPORT_H

#include "base/base.h"
#include "report/stack.h"
#include "report/title.h"
#include "input/console.h"

#define REPORT_MAX_PREFIX 5
#define REPORT_MAX_TASK_PREFIX 50

#define DRAFT_LINE_PREFIX	0x01u	/* stood before the banner */
#define DRAFT_LINE_LEFTOVER	0x02u	/* a "? " frame: out of the text unless nothing else is there */
#define DRAFT_LINE_FOLLOW_UP	0x04u	/* from the second banner of a report that was complete before it */
#define DRAFT_LINE_DROPPED	0x08u	/* never in the text */
#define DRAFT_LINE_DOUBTFUL	0x10u	/* in the text, but behind another message with a stack: it names nothing */
#define DRAFT_LINE_INLINED	0x20u	/* stands for an inlined function; the line of the kernel comes below */

/* A line of a report, read once: what comes after looks at frame and header. */
struct draft_line {
	struct span text;		/* the draft's, without end of line */
	const struct raw_frame *frame;	/* what it is as a frame, as spans into text; NULL: none */
	const struct stack_header *header;	/* the stack that it opens; NULL: none */
	uint32_t flags;
};

/* A report that is still being collected. */
struct draft {
	struct arena arena;		/* of the lines and their frames */
	size_t text_bytes;
	struct draft_line *lines;
	size_t n_lines, cap_lines;
	size_t bytes;			/* counted against the parser's bound */
	uint64_t closed_bytes;		/* of the reports finished before it began */
	struct caller caller;
	uint8_t origin;			/* of the banner's line */
	uint16_t banners[TITLE_MAX_BANNERS];
	size_t n_banners;
	uint64_t start_line, end_line;
	uint64_t start_off, end_off;
	uint64_t last_off;		/* behind the last line of its context, quiet ones too */
	int64_t time_us;
	uint32_t boot;
	enum culprit_phase phase;
	const char *version, *build;	/* the boot's; owned */
	bool has_kernel_offset;
	uint64_t kernel_offset;
	uint32_t quiet;			/* own lines since the last that looked like a report's */
	bool only_leftovers;		/* the unwinder marks every frame as a leftover */
	uint32_t own_lines;		/* from the banner on */
	uint32_t foreign;		/* the kernel's lines since, while it is doubtful and shows nothing */
	uint32_t stray;			/* own lines that look like none of a report's, since it last showed more of a kernel */
	size_t asked_lines;		/* how many there were when its title was last found to need a stack */
	bool has_stack;
	bool aside;			/* the next frame belongs to a remark ("Preemption disabled at:") */
	size_t n_searched;		/* so many lines were searched for other messages that bring a stack of their own */
	bool intruded;			/* one did, and nobody says whose frame is whose */
	bool ended;			/* its closing line was seen */
	bool after_end;			/* no banner since */
	uint32_t oops;			/* the number of its oops, "[#1]"; 0: none was printed */
	bool follow_up;			/* a follow-up began: the rest is region, not text */
	bool cut;			/* the log ended with its last line */
	bool truncated;
	bool expanding;			/* its last line was a banner with an inlined function: the same one follows */
	bool at_banner;			/* its last line was a banner */
	bool old_trace;			/* its last line was a frame that ksymoops looked up */
	uint16_t last_banner;
	bool closed;			/* complete: waits for its turn */
	bool told;			/* is no report, or one that was told: goes when its turn comes */
	bool frames, facts;		/* it has frames, and lines that nobody but a kernel prints */
	uint64_t unfinished;		/* the line whose rest stands on the next one; 0: none */
	uint64_t bare_trace;		/* the last line, if a frame without any prefix may follow it; 0: none may */
	bool bare;			/* its banner's prefix is the log's first and only one: the lines below have none */
	bool doubtful;			/* without the prefix that the kernel's lines have: its form has to prove it */
	uint64_t boot_serial;		/* of the boot it was closed in */
	struct culprit_report *report;	/* once closed */
	const char *event;		/* set: no banner was printed, this pattern event made it */
};

/*
 * How the last short report was named: a machine that says one line again and
 * again has it named once.  Zeroed it is empty.
 */
struct title_memo {
	bool valid;
	struct buf text;		/* the report's, as titles see it */
	uint16_t banners[TITLE_MAX_BANNERS];
	size_t n_banners;
	enum culprit_phase phase;
	struct title title;		/* strings in the arena */
	struct arena arena;
};

void title_memo_deinit(struct title_memo *memo);

/* Has a report of this text and the draft's banners been named last? */
bool title_memo_fits(const struct title_memo *memo, const struct draft *draft, struct span text);

void draft_destroy(struct draft *draft);

/* For `patterns explain`: what was decided of which line, and why, is added to trace, which the parser borrows. */
void parser_set_trace(struct culprit_parser *parser, struct buf *trace);

/* Is every report that begins before byte off of the log taken, or known to be none? */
bool parser_is_past(const struct culprit_parser *parser, uint64_t off);

/*
 * The finished report.  memo is the parser's.  trace (may be NULL) is for
 * `patterns explain`: how it came to be.
 * Errors: NO_MEMORY.
 */
struct culprit_error *draft_build(const struct draft *draft, const struct culprit_patterns *patterns,
				  struct regex_scratch *scratch, const char *file_name, struct title_memo *memo,
				  struct buf *trace, struct culprit_report **ret);

/*
 * The text so far that may name it, as the kernel wrote it, without prefix, and
 * what its lines are (struct title_line). False when out of memory.
 */
bool draft_text(const struct draft *draft, bool leftovers, struct buf *ret, struct buf *ret_lines);

#endif
