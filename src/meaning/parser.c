/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parser: a stream of bytes to reports.
 *
 * While no report is open, whole chunks are searched for the literals of
 * banners and phase marks, and only the lines that hold one are split off and
 * decoded.  While a report is open, every line is decoded and goes to the
 * report of its context:
 *
 *	[   35.046212][ T5851] BUG: KASAN: ...	to the report of task 5851
 *	[   35.046220][    C0] something		not to it
 *
 * CPUs share one context (a CPU that reports has others dump their stacks,
 * each under its own number) unless two of them report at once.  Without
 * caller prefixes all of the kernel's lines are one context, and without any
 * prefix all lines are.
 *
 * A second banner in the same context is a follow-up where its pattern says
 * so, or where the report has no stack yet (two CPUs' first lines are often
 * mixed; the earlier one names the report); otherwise it begins a new one.
 * This fails where a report that needs a stack lost it: then the next report
 * of its context is taken for its rest, and called corrupted.
 *
 * Reports do not depend on how the bytes were cut: whatever looks back does so
 * by a fixed number of bytes.
 *
 * Memory: one line (CONSOLE_LINE_BYTES), LOOKBACK_BYTES of history, and at the
 * most MAX_OPEN drafts of max_report_bytes, together MAX_DRAFT_BYTES; finished
 * reports of MAX_HELD_BYTES, and what one feed brings.
 */
#include "meaning/report.h"
#include "readers/scan.h"

#include <ctype.h>
#include <stdio.h>

#include "meaning/stack.h"
#include "meaning/symbol_scan.h"

#define LOOKBACK_BYTES 8192
#define LOOKBACK_LINES 96
#define MAX_OPEN 64
#define MAX_QUEUE 256
#define DEFAULT_REPORT_BYTES (1u << 20)
#define MAX_DRAFT_BYTES (4u << 20)	/* of all open drafts together, LINE_COST for each line included */
#define MAX_DRAFT_LINES 10000
#define LINE_COST 32
#define MAX_HELD_BYTES (4u << 20)	/* of finished reports that wait for one before them */
/* A report is over after so many lines of its context that look like none of a report. */
/* A follow-up this far down is not the report's own last word any more. */
#define FOLLOW_UP_LINES 20
/* And after so many lines of other matters it is not a follow-up at all. */
#define FOLLOW_UP_QUIET 8
#define QUIET_LINES 64
#define QUIET_LINES_ENDED 16
#define KEEP_QUIET_LINES 5
/*
 * Or when its context has been silent for so many bytes of the log.  A task
 * that reported may never speak again, and while a report is open every line is
 * decoded.  Its last word (a panic) may come after other CPUs' dumps: for
 * LATE_BYTES a follow-up of its caller is still known for one.
 */
#define IDLE_BYTES (16u << 10)
#define IDLE_BYTES_INCOMPLETE (64u << 10)
#define LATE_BYTES (512u << 10)
#define MAX_LATE 16
/* Before "Linux version" some architectures say a few words at time 0; a kernel that was up speaks later. */
#define KERNEL_UP_US 1000000
/*
 * A finished report is held back for so many bytes of the log: whether the
 * kernel panicked soon after belongs to it.
 */
#define HOLD_BYTES (64u << 10)

struct culprit_parser {
	const struct culprit_patterns *patterns;
	char *file_name;
	bool detect_boot_failures;
	size_t max_report_bytes;
	struct regex_scratch *scratch;
	struct console_decoder decoder;
	struct buf *trace;		/* borrowed; NULL: nobody wants to know */

	struct buf carry;		/* bytes of the line that has not ended */
	bool in_long_line;		/* carry is not the first piece of its line */
	char history[LOOKBACK_BYTES];	/* the last bytes that were processed */
	size_t history_len;
	uint64_t off;			/* of the first byte that was not processed */
	uint64_t number;		/* of the line it stands in, from 1 */
	uint64_t line_off;		/* where that line begins */

	struct draft **drafts;		/* in order of their first lines: closed ones wait for the open ones before them */
	size_t n_drafts, cap_drafts, n_open;
	size_t draft_bytes;
	uint64_t closed_bytes;		/* of all reports ever finished: where they were taken may not matter */
	uint64_t idle_check_off;	/* no open draft is idle before this byte */
	struct { struct caller caller; uint64_t boot_serial, off; } late[MAX_LATE];	/* closed as idle, in a ring */
	size_t n_late;			/* ever */

	/* What is known of the log. */
	char *version;
	uint32_t n_boots;
	enum culprit_phase phase, phase_best;
	uint64_t n_reports;
	bool in_kernel;			/* "Linux version" was seen, and no firmware since */
	bool seen_prefix;		/* the kernel of this log prints prefixes */
	uint64_t boot_serial;		/* counts firmware's and kernels' beginnings */
	bool panicked;
	bool flushed;			/* nothing is to be held back any more */
	bool crashed;			/* this boot had a report */
	bool shut_down;			/* this boot was asked to end */
	bool finished;
};

/* ------------------------------------------------------------ life */

struct culprit_error *culprit_parser_create(const struct culprit_patterns *patterns,
					    const struct culprit_parser_options *options,
					    struct culprit_parser **ret)
{
	struct culprit_parser *p = calloc(1, sizeof(*p));
	struct culprit_error *err;

	if (!p)
		return &culprit_error_no_memory;
	p->patterns = patterns;
	p->number = 1;
	p->max_report_bytes = options && options->max_report_bytes ? options->max_report_bytes : DEFAULT_REPORT_BYTES;
	p->detect_boot_failures = options && options->detect_boot_failures;
	p->cap_drafts = MAX_OPEN;
	p->drafts = calloc(p->cap_drafts, sizeof(*p->drafts));
	err = regex_scratch_create(&p->scratch);
	if (!err && options && options->file_name) {
		p->file_name = strdup(options->file_name);
		if (!p->file_name)
			err = &culprit_error_no_memory;
	}
	if (err || !p->drafts) {
		culprit_parser_destroy(p);
		return err ? err : &culprit_error_no_memory;
	}
	*ret = p;
	return NULL;
}

void culprit_parser_destroy(struct culprit_parser *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_drafts; i++)
		draft_destroy(p->drafts[i]);
	free(p->drafts);
	regex_scratch_destroy(p->scratch);
	console_decoder_deinit(&p->decoder);
	buf_deinit(&p->carry);
	free(p->file_name);
	free(p->version);
	free(p);
}

void parser_set_trace(struct culprit_parser *parser, struct buf *trace)
{
	parser->trace = trace;
}

/* A lost line of explanation is no error. */
#define TRACE(p, ...) \
	do { \
		if ((p)->trace && !buf_printf((p)->trace, __VA_ARGS__)) \
			(p)->trace->len = 0; \
	} while (0)

/* --------------------------------------------------------- drafts */

static struct culprit_error *draft_add_line(struct culprit_parser *p, struct draft *d, struct span text,
					    uint32_t flags)
{
	if (d->text.len + text.len > p->max_report_bytes || d->n_lines >= MAX_DRAFT_LINES ||
	    p->draft_bytes + text.len + LINE_COST > MAX_DRAFT_BYTES) {
		d->truncated = true;
		return NULL;
	}
	if (d->n_lines == d->cap_lines) {
		size_t cap = d->cap_lines ? d->cap_lines * 2 : 64;
		struct draft_line *lines = realloc(d->lines, cap * sizeof(*lines));

		if (!lines)
			return &culprit_error_no_memory;
		d->lines = lines;
		d->cap_lines = cap;
	}
	d->lines[d->n_lines] = (struct draft_line){ (uint32_t)d->text.len, (uint32_t)text.len, flags };
	if (!buf_add(&d->text, text.ptr, text.len))
		return &culprit_error_no_memory;
	d->n_lines++;
	d->bytes += text.len + LINE_COST;
	p->draft_bytes += text.len + LINE_COST;
	return NULL;
}

/*
 * The lines behind the last that looked like a report's are not part of it;
 * but where a line is all there is, what was said next may explain it.
 */
static void trim_draft(struct draft *d)
{
	uint32_t keep = d->has_stack || d->only_leftovers || d->ended ? 0 : KEEP_QUIET_LINES;

	while (d->n_lines && d->quiet > keep) {
		d->n_lines--;
		d->quiet--;
	}
}

/* About what a finished report takes. */
static size_t report_bytes(const struct culprit_report *report)
{
	size_t bytes = 4096 + report->text_len;

	for (size_t i = 0; i < report->n_stacks; i++)
		bytes += report->stacks[i].n_frames * (sizeof(struct culprit_frame) + LINE_COST);
	return bytes;
}

static struct culprit_error *close_draft(struct culprit_parser *p, struct draft *d)
{
	struct culprit_error *err;

	trim_draft(d);
	TRACE(p, "report in lines %llu to %llu:\n", (unsigned long long)d->start_line, (unsigned long long)d->end_line);
	err = draft_build_traced(d, p->patterns, p->scratch, p->file_name, p->trace, &d->report);
	if (err)
		return err;
	TRACE(p, "  title: %s\n%s%s%s", d->report->title, d->report->corrupted ? "  corrupted: " : "",
	      d->report->corrupted ? d->report->corrupted_reason : "", d->report->corrupted ? "\n" : "");
	d->report->panicked = p->panicked;
	d->report->has_kernel_offset = d->has_kernel_offset;
	d->report->kernel_offset = d->kernel_offset;
	d->boot_serial = p->boot_serial;
	d->closed = true;
	p->n_open--;
	p->draft_bytes -= d->bytes;
	p->closed_bytes += report_bytes(d->report);
	buf_deinit(&d->text);
	free(d->lines);
	d->lines = NULL;
	d->n_lines = d->cap_lines = 0;
	if (!d->report->suppressed) {
		p->n_reports++;
		p->crashed |= d->report->kind != CULPRIT_KIND_INFRASTRUCTURE;
	}
	return NULL;
}

static struct culprit_error *close_all(struct culprit_parser *p)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < p->n_drafts && !err; i++) {
		if (!p->drafts[i]->closed)
			err = close_draft(p, p->drafts[i]);
	}
	return err;
}

static void drop_draft(struct culprit_parser *p, size_t i)
{
	if (!p->drafts[i]->closed) {
		p->n_open--;
		p->draft_bytes -= p->drafts[i]->bytes;
	}
	draft_destroy(p->drafts[i]);
	memmove(p->drafts + i, p->drafts + i + 1, (p->n_drafts - i - 1) * sizeof(*p->drafts));
	p->n_drafts--;
}

/* Nothing waits for ever, and nobody opens more than the bound allows. */
static struct culprit_error *make_room(struct culprit_parser *p)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < p->n_drafts && !err; i++) {
		struct draft *d = p->drafts[i];

		if (p->n_open < MAX_OPEN && p->closed_bytes - d->closed_bytes < MAX_HELD_BYTES)
			break;
		if (!d->closed)
			err = close_draft(p, p->drafts[i]);
	}
	return err;
}

static struct culprit_error *new_draft(struct culprit_parser *p, struct draft **ret)
{
	struct culprit_error *err = make_room(p);
	struct draft *d;

	if (err)
		return err;
	/* Nothing is lost where the caller does not take what is ready: the list grows. */
	if (p->n_drafts == p->cap_drafts) {
		struct draft **drafts = realloc(p->drafts, p->cap_drafts * 2 * sizeof(*drafts));

		if (!drafts)
			return &culprit_error_no_memory;
		p->drafts = drafts;
		p->cap_drafts *= 2;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return &culprit_error_no_memory;
	d->time_us = -1;
	d->boot = p->n_boots ? p->n_boots - 1 : 0;
	d->phase = p->phase;
	if (p->version) {
		d->version = strdup(p->version);
		if (!d->version) {
			free(d);
			return &culprit_error_no_memory;
		}
	}
	p->drafts[p->n_drafts++] = d;
	p->n_open++;
	d->closed_bytes = p->closed_bytes;
	p->idle_check_off = 0;
	*ret = d;
	return NULL;
}

/* ---------------------------------------------------------- look back */

/*
 * The lines before the one at hand: whole ones out of the last LOOKBACK_BYTES,
 * which stand in history and, behind them, in before.
 */
struct lookback {
	char bytes[LOOKBACK_BYTES];
	size_t n_bytes;
	struct span lines[LOOKBACK_LINES];	/* the newest first */
	size_t n;
};

static void look_back(const struct culprit_parser *p, struct span before, struct lookback *ret)
{
	size_t n = before.len < LOOKBACK_BYTES ? before.len : LOOKBACK_BYTES;
	size_t old = LOOKBACK_BYTES - n < p->history_len ? LOOKBACK_BYTES - n : p->history_len;
	bool from_start = p->off + before.len == n + old;
	const char *end;

	memcpy(ret->bytes, p->history + p->history_len - old, old);
	if (n)
		memcpy(ret->bytes + old, before.ptr + before.len - n, n);
	ret->n = 0;
	ret->n_bytes = old + n;
	end = ret->bytes + ret->n_bytes;
	/* The last byte is a line's end; whatever stands before the first is half a line. */
	while (ret->n < LOOKBACK_LINES && end > ret->bytes && end[-1] == '\n') {
		const char *start = memrchr(ret->bytes, '\n', (size_t)(end - 1 - ret->bytes));

		start = start ? start + 1 : ret->bytes;
		if (start == ret->bytes && !from_start)
			break;
		ret->lines[ret->n++] = (struct span){ start, (size_t)(end - 1 - start) };
		end = start;
	}
}

static void remember(struct culprit_parser *p, struct span bytes)
{
	if (bytes.len >= LOOKBACK_BYTES) {
		memcpy(p->history, bytes.ptr + bytes.len - LOOKBACK_BYTES, LOOKBACK_BYTES);
		p->history_len = LOOKBACK_BYTES;
		return;
	}
	if (p->history_len + bytes.len > LOOKBACK_BYTES) {
		size_t drop = p->history_len + bytes.len - LOOKBACK_BYTES;

		memmove(p->history, p->history + drop, p->history_len - drop);
		p->history_len -= drop;
	}
	if (bytes.len)
		memcpy(p->history + p->history_len, bytes.ptr, bytes.len);
	p->history_len += bytes.len;
}

/* ---------------------------------------------------------- contexts */

/* Does a line of this origin and caller belong where the report's first line came from? */
static bool same_context(const struct draft *d, const struct line *line)
{
	if (line->origin == ORIGIN_OTHER || line->origin == ORIGIN_META)
		return false;
	if (d->origin == ORIGIN_UNKNOWN)
		return true;
	if (line->origin != ORIGIN_KERNEL)
		return false;
	if (d->caller.kind == CALLER_TASK)
		return caller_equal(d->caller, line->caller);
	if (d->caller.kind == CALLER_CPU)
		return line->caller.kind == CALLER_CPU;
	return true;
}

/* The open report that a line goes to: that of its very caller, else one whose context it is. */
static struct draft *find_context(struct culprit_parser *p, const struct line *line)
{
	struct draft *loose = NULL;

	for (size_t i = p->n_drafts; i-- > 0;) {
		struct draft *d = p->drafts[i];

		if (d->closed || !same_context(d, line))
			continue;
		if (d->origin == line->origin && caller_equal(d->caller, line->caller))
			return d;
		if (!loose)
			loose = d;
	}
	return loose;
}

/* ----------------------------------------------------------- banners */

struct hits {
	uint16_t banners[TITLE_MAX_BANNERS];
	size_t n_banners;
	const struct phase_mark *marks[4];
	size_t n_marks;
};

static void add_hit(const struct culprit_patterns *set, size_t index, struct hits *hits)
{
	if (index < set->n_banners) {
		for (size_t i = 0; i < hits->n_banners; i++) {
			if (hits->banners[i] == index)
				return;
		}
		if (hits->n_banners < TITLE_MAX_BANNERS)
			hits->banners[hits->n_banners++] = (uint16_t)index;
	} else if (hits->n_marks < countof(hits->marks)) {
		hits->marks[hits->n_marks++] = &set->marks[index - set->n_banners];
	}
}

/* Several literals may begin at one byte: all of them count. */
static void add_hits_at(const struct culprit_patterns *set, struct span rest, struct hits *hits)
{
	for (size_t i = 0; i < set->n_banners; i++) {
		if (span_starts(rest, (struct span){ set->banners[i].literal, set->banners[i].len }))
			add_hit(set, i, hits);
	}
	for (size_t i = 0; i < set->n_marks; i++) {
		if (span_starts(rest, (struct span){ set->marks[i].literal, set->marks[i].len }))
			add_hit(set, set->n_banners + i, hits);
	}
}

static void find_hits(const struct culprit_patterns *set, struct span text, struct hits *ret)
{
	size_t at = 0;

	*ret = (struct hits){ .n_banners = 0 };
	while ((at = scan_find(set->scan, text, at, NULL)) < text.len) {
		add_hits_at(set, span_skip(text, at), ret);
		at++;
	}
}

static bool any_matches(struct culprit_parser *p, struct regex *list, size_t n, struct span text)
{
	for (size_t i = 0; i < n; i++) {
		if (regex_find(&list[i], p->scratch, text, 0, NULL))
			return true;
	}
	return false;
}

/*
 * Who speaks: a line without printk's prefix, in a log whose kernel prints
 * them or before any kernel began, is firmware's or a program's.
 */
static bool may_be_kernel(const struct culprit_parser *p, const struct line *line)
{
	if (line->origin == ORIGIN_KERNEL)
		return true;
	if (line->origin != ORIGIN_UNKNOWN)
		return false;
	if (p->seen_prefix)
		return false;
	return p->in_kernel || (p->phase != CULPRIT_PHASE_FIRMWARE && p->phase != CULPRIT_PHASE_BOOT_LOADER);
}

/* Reports that are still held learn that their kernel did not survive them. */
static void note_panic(struct culprit_parser *p, uint64_t off)
{
	p->panicked = true;
	for (size_t i = 0; i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (d->closed && d->boot_serial == p->boot_serial && off - d->end_off <= HOLD_BYTES)
			d->report->panicked = true;
	}
}

/*
 * "BUG: KASAN: use-after-free in dst_check include/net/dst.h:498 [inline]": the
 * kernel never says so.  A symbolizer prints the line again for each function
 * that was inlined, and the kernel's own last.
 */
static bool is_inlined(struct span text)
{
	return span_find(text, SPAN(" [inline]")) >= 0;
}

/* Why a line that holds the banner's literal is none, or NULL where it is one. */
static const char *why_no_banner(struct culprit_parser *p, const struct line *line, struct banner *banner)
{
	if (is_inlined(line->text))
		return "it tells of an inlined function";
	if (banner->speaker == SPEAKER_KERNEL && !may_be_kernel(p, line))
		return "the kernel does not say this";
	if (banner->n_require && !any_matches(p, banner->require, banner->n_require, line->text))
		return "nothing of its 'require' matches";
	if (any_matches(p, banner->ignore, banner->n_ignore, line->text))
		return "its 'ignore' matches";
	return NULL;
}

static void filter_banners(struct culprit_parser *p, const struct line *line, struct hits *hits)
{
	size_t n = 0;

	for (size_t i = 0; i < hits->n_banners; i++) {
		struct banner *banner = &p->patterns->banners[hits->banners[i]];
		const char *why = why_no_banner(p, line, banner);

		TRACE(p, "line %llu: '%s' (%s:%u) %s%s\n", (unsigned long long)line->number, banner->literal,
		      banner->place.file, banner->place.line, why ? "is no banner: " : "is a banner", why ? why : "");
		if (why)
			continue;
		hits->banners[n++] = hits->banners[i];
		if (banner->panic)
			note_panic(p, line->offset);
	}
	hits->n_banners = n;
}

/* Does every banner of the line say that it goes on with the report before it? */
static bool is_follow_up(struct culprit_parser *p, const struct hits *hits, struct span text, bool complete)
{
	for (size_t i = 0; i < hits->n_banners; i++) {
		struct banner *banner = &p->patterns->banners[hits->banners[i]];

		if (!banner->follow_up)
			return false;
		if (complete && banner->n_follow_if && !any_matches(p, banner->follow_if, banner->n_follow_if, text))
			return false;
	}
	return true;
}

/* Does the report go on behind the line as if it were one of its own? */
static bool is_inside(const struct culprit_parser *p, const struct hits *hits)
{
	for (size_t i = 0; i < hits->n_banners; i++) {
		if (p->patterns->banners[hits->banners[i]].inside)
			return true;
	}
	return false;
}

/* -------------------------------------------------- lines of a report */

/* "3e40: 80472a1c e0729e54 00000000 ...": the memory of a stack (arm), four words at the least. */
static bool is_memory_dump(struct span text)
{
	size_t words = 0;

	for (size_t i = 0; i < text.len;) {
		size_t start = i;

		while (i < text.len && isxdigit((unsigned char)text.ptr[i]))
			i++;
		if (i < text.len && !start && text.ptr[i] == ':')
			i++;
		else if (i - start != 8 && i - start != 16)
			return false;
		else
			words++;
		while (i < text.len && text.ptr[i] == ' ')
			i++;
	}
	return words >= 4;
}

/* Blanks in front, a frame, a known word: the line is part of a report and not of the log around it. */
static bool looks_like_report(const struct culprit_parser *p, struct span text, bool frame_or_header)
{
	if (frame_or_header || is_memory_dump(text) || (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t')))
		return true;
	return glob_list_match(&p->patterns->continues, text);
}

static void note_place(struct draft *d, const struct line *line, uint64_t end_off)
{
	d->end_line = line->number;
	d->end_off = end_off;
}

/* Leftovers above the unwinder's own frames are of calls that returned long ago. */
static void drop_above(struct draft *d)
{
	for (size_t i = d->n_lines; i-- > 0 && (d->lines[i].flags & DRAFT_LINE_LEFTOVER);)
		d->lines[i].flags |= DRAFT_LINE_DROPPED;
}

static struct culprit_error *add_to_draft(struct culprit_parser *p, struct draft *d, const struct line *line,
					  uint64_t end_off, bool banner)
{
	struct raw_frame frame;
	bool is_frame = stack_parse_frame(line->text, &frame);
	bool in_stack = is_frame && !frame.pc && !frame.link;
	const struct stack_header *header = in_stack ? NULL : stack_find_header(p->patterns, line->text);
	uint32_t flags = d->follow_up ? DRAFT_LINE_FOLLOW_UP : 0;

	if (is_frame && (frame.flags & CULPRIT_FRAME_UNRELIABLE) && !frame.pc) {
		flags |= DRAFT_LINE_LEFTOVER;
		if (glob_list_match(&p->patterns->unwinder, frame.function)) {
			d->only_leftovers = true;
			drop_above(d);
			flags |= DRAFT_LINE_DROPPED;
		}
	} else if (in_stack) {
		d->has_stack |= !d->aside;
	} else {
		d->aside = header && (header->role == CULPRIT_ROLE_LOCK_TAKEN_AT || header->role == CULPRIT_ROLE_OTHER);
	}
	if (glob_list_match(&p->patterns->drop, line->text))
		flags |= DRAFT_LINE_DROPPED;
	if (banner || looks_like_report(p, line->text, is_frame || header)) {
		d->quiet = 0;
		note_place(d, line, end_off);
	} else {
		d->quiet++;
	}
	if (glob_list_match(&p->patterns->ends, line->text))
		d->ended = true;
	d->own_lines++;
	d->last_off = end_off;
	return draft_add_line(p, d, line->text, flags);
}

static uint64_t idle_off(const struct draft *d)
{
	bool complete = d->has_stack || d->ended || d->only_leftovers;

	return d->last_off + (complete ? IDLE_BYTES : IDLE_BYTES_INCOMPLETE);
}

/* Close the reports whose contexts have long been silent where the line at off begins. */
static struct culprit_error *close_idle(struct culprit_parser *p, uint64_t off)
{
	uint64_t next = UINT64_MAX;
	struct culprit_error *err;

	if (off < p->idle_check_off)
		return NULL;
	for (size_t i = 0; i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (d->closed)
			continue;
		if (off >= idle_off(d)) {
			if (d->quiet <= FOLLOW_UP_QUIET && d->caller.kind != CALLER_NONE) {
				size_t at = p->n_late++ % MAX_LATE;

				p->late[at].caller = d->caller;
				p->late[at].boot_serial = p->boot_serial;
				p->late[at].off = d->last_off;
			}
			err = close_draft(p, d);
			if (err)
				return err;
		} else if (idle_off(d) < next) {
			next = idle_off(d);
		}
	}
	/* A draft that completes meanwhile is idle sooner than was known here. */
	p->idle_check_off = next < off + IDLE_BYTES / 4 ? next : off + IDLE_BYTES / 4;
	return NULL;
}

/* Is this the last word of a report that was closed as idle? */
static bool comes_late(struct culprit_parser *p, const struct line *line, const struct hits *hits)
{
	size_t n = p->n_late < MAX_LATE ? p->n_late : MAX_LATE;

	if (line->caller.kind == CALLER_NONE)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p->late[i].boot_serial == p->boot_serial && caller_equal(p->late[i].caller, line->caller) &&
		    line->offset - p->late[i].off <= LATE_BYTES)
			return is_follow_up(p, hits, line->text, true);
	}
	return false;
}

/* May one of the lines be a lead? Where none is, few of them have to be decoded. */
static bool may_have_lead(const struct culprit_parser *p, const struct lookback *back)
{
	const struct glob_list *leads = &p->patterns->leads;

	for (size_t i = 0; i < leads->n; i++) {
		struct span start = { leads->globs[i], strcspn(leads->globs[i], "*") };

		if (span_find((struct span){ back->bytes, back->n_bytes }, start) >= 0)
			return true;
	}
	return false;
}

/* The lines of the report's context right before its banner: often they say more than it. */
static struct culprit_error *add_prefix(struct culprit_parser *p, struct draft *d, const struct lookback *back)
{
	size_t chosen[LOOKBACK_LINES];
	struct culprit_error *err = NULL;
	struct line line;
	size_t n = 0, n_wanted = 0;
	size_t max = may_have_lead(p, back) ? LOOKBACK_LINES : REPORT_MAX_PREFIX;

	for (size_t i = 0; i < back->n && n < max && !err; i++) {
		struct raw_frame frame;

		err = console_decode(&p->decoder, back->lines[i], 0, &line);
		if (err || !same_context(d, &line) || line.origin != d->origin || !line.text.len)
			continue;
		/* The tail of the report before. */
		if (glob_list_match(&p->patterns->ends, line.text))
			break;
		if (stack_parse_frame(line.text, &frame) && (frame.flags & CULPRIT_FRAME_UNRELIABLE))
			continue;
		chosen[n++] = i;
		if (glob_list_match(&p->patterns->leads, line.text)) {
			n_wanted = n;
			break;
		}
	}
	if (!n_wanted)
		n_wanted = n < REPORT_MAX_PREFIX ? n : REPORT_MAX_PREFIX;
	n = n_wanted;
	while (n-- > 0 && !err) {
		err = console_decode(&p->decoder, back->lines[chosen[n]], 0, &line);
		if (!err)
			err = draft_add_line(p, d, line.text, DRAFT_LINE_PREFIX);
	}
	return err;
}

static struct culprit_error *open_draft(struct culprit_parser *p, const struct line *line, const struct hits *hits,
					struct span before, uint64_t end_off)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct line copy = *line;
	struct culprit_error *err;
	struct lookback back;
	struct draft *d;

	err = new_draft(p, &d);
	if (err)
		return err;
	d->caller = line->caller;
	d->origin = line->origin;
	d->time_us = line->time_us;
	d->start_line = line->number;
	d->start_off = line->offset;
	memcpy(d->banners, hits->banners, sizeof(d->banners));
	d->n_banners = hits->n_banners;
	/* Decoding the lines before would overwrite what this one borrows. */
	if (!buf_add(&text, line->text.ptr, line->text.len))
		return &culprit_error_no_memory;
	copy.text = buf_span(&text);
	if (!(line->flags & LINE_CONTINUED)) {
		look_back(p, before, &back);
		err = add_prefix(p, d, &back);
	}
	return err ? err : add_to_draft(p, d, &copy, end_off, true);
}

/* Does the report have what its title needs, so that what a second banner brings is not its own? */
static bool is_complete(struct culprit_parser *p, const struct draft *d)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct title_input in = {
		.patterns = p->patterns, .scratch = p->scratch, .banners = d->banners, .n_banners = d->n_banners,
	};

	if (d->has_stack || d->only_leftovers || d->ended)
		return true;
	if (!draft_text(d, false, &text))
		return false;
	in.text = buf_span(&text);
	return !title_needs_stack(&in);
}

/*
 * A follow-up goes on with the report.  Another banner does so only where the
 * caller prefix proves that the same task or CPU speaks, and no stack was
 * printed yet: without the proof, two CPUs' lines may be mixed, and a frame of
 * the second report would name the first.
 */
static bool goes_on(struct culprit_parser *p, const struct draft *d, const struct line *line, const struct hits *hits)
{
	if (d->quiet <= FOLLOW_UP_QUIET && is_follow_up(p, hits, line->text, d->has_stack || d->only_leftovers))
		return true;
	if (line->caller.kind == CALLER_NONE || !caller_equal(line->caller, d->caller))
		return false;
	return !is_complete(p, d);
}

static struct culprit_error *handle_banner(struct culprit_parser *p, const struct line *line, const struct hits *hits,
					   struct span before, uint64_t end_off)
{
	struct draft *d = find_context(p, line);
	struct culprit_error *err;

	if (d && goes_on(p, d, line, hits)) {
		/* What was said before is not named by what comes after. */
		if (!is_inside(p, hits))
			d->follow_up |= d->has_stack || d->ended ||
					(d->own_lines > FOLLOW_UP_LINES && line->caller.kind == CALLER_NONE);
		TRACE(p, "line %llu: goes on with the report of line %llu\n", (unsigned long long)line->number,
		      (unsigned long long)d->start_line);
		return add_to_draft(p, d, line, end_off, true);
	}
	if (!d && comes_late(p, line, hits)) {
		TRACE(p, "line %llu: goes on with a report that is over\n", (unsigned long long)line->number);
		return NULL;
	}
	if (d) {
		err = close_draft(p, d);
		if (err)
			return err;
	}
	TRACE(p, "line %llu: begins a report\n", (unsigned long long)line->number);
	return open_draft(p, line, hits, before, end_off);
}

static struct culprit_error *route_line(struct culprit_parser *p, const struct line *line, uint64_t end_off)
{
	struct draft *d = find_context(p, line);
	struct culprit_error *err;

	if (!d)
		return NULL;
	err = add_to_draft(p, d, line, end_off, false);
	if (!err && d->quiet >= (d->ended ? QUIET_LINES_ENDED : QUIET_LINES))
		err = close_draft(p, d);
	return err;
}

/*
 * A panic ends with where KASLR put the kernel, whatever report is open then.
 * It is kept apart from the text: there it stands behind a follow-up, or not at all.
 */
static void note_kernel_offset(struct culprit_parser *p, struct span text)
{
	uint64_t offset;

	if (!span_starts(text, SPAN("Kernel Offset: ")) || !symbol_kernel_offset(text, &offset))
		return;
	for (size_t i = 0; i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (d->closed)
			continue;
		d->kernel_offset = offset;
		d->has_kernel_offset = true;
	}
}

/* -------------------------------------------------------------- boots */

static struct culprit_error *make_event(struct culprit_parser *p, const char *event, const struct line *line,
					uint64_t end_off)
{
	struct culprit_error *err;
	struct draft *d;

	if (!pattern_set_event(p->patterns, event))
		return NULL;
	err = new_draft(p, &d);
	if (err)
		return err;
	d->event = event;
	d->start_line = line->number;
	d->start_off = line->offset;
	d->time_us = line->time_us;
	note_place(d, line, end_off);
	err = draft_add_line(p, d, line->text, 0);
	return err ? err : close_draft(p, d);
}

/* Did a kernel that had been up for min_us (-1: any) speak in the lines before? */
static struct culprit_error *kernel_spoke(struct culprit_parser *p, struct span before, int64_t min_us, bool *ret)
{
	struct culprit_error *err = NULL;
	struct lookback back;

	look_back(p, before, &back);
	*ret = false;
	for (size_t i = 0; i < back.n && !err && !*ret; i++) {
		struct line line;

		err = console_decode(&p->decoder, back.lines[i], 0, &line);
		*ret = !err && line.origin == ORIGIN_KERNEL && line.time_us >= min_us;
	}
	return err;
}

/* Firmware's words that looked like a banner, and then the kernel began: they were not the kernel's. */
static void drop_firmware_drafts(struct culprit_parser *p)
{
	for (size_t i = p->n_drafts; i-- > 0;) {
		struct draft *d = p->drafts[i];

		if (d->origin != ORIGIN_UNKNOWN || d->event || d->has_stack || d->phase >= CULPRIT_PHASE_EARLY_KERNEL)
			continue;
		/* One that another banner closed, and that nobody took: firmware warns more than once. */
		if (d->closed && (d->boot_serial != p->boot_serial || p->panicked))
			continue;
		if (d->closed && !d->report->suppressed)
			p->n_reports--;
		drop_draft(p, i);
	}
}

static struct culprit_error *begin_boot(struct culprit_parser *p, const struct phase_mark *mark,
					const struct line *line, struct span before, uint64_t end_off)
{
	bool alive = p->in_kernel;
	struct culprit_error *err = NULL;

	if (!alive && !p->n_boots && !p->crashed && p->phase < CULPRIT_PHASE_FIRMWARE && !(line->flags & LINE_CONTINUED))
		err = kernel_spoke(p, before, KERNEL_UP_US, &alive);
	drop_firmware_drafts(p);
	if (!err)
		err = close_all(p);
	if (!err && alive && !p->crashed && !p->shut_down)
		err = make_event(p, "unexpected-reboot", line, end_off);
	p->boot_serial++;
	p->panicked = false;
	p->in_kernel = mark->kernel;
	p->crashed = p->shut_down = false;
	p->phase = mark->phase;
	if (mark->kernel)
		p->n_boots++;
	return err;
}

static struct culprit_error *take_version(struct culprit_parser *p, struct span version)
{
	char *copy;

	if (!version.len)
		return NULL;
	copy = strndup(version.ptr, version.len);
	if (!copy)
		return &culprit_error_no_memory;
	free(p->version);
	p->version = copy;
	return NULL;
}

static struct culprit_error *handle_mark(struct culprit_parser *p, const struct phase_mark *mark,
					 const struct line *line, struct span before, uint64_t end_off)
{
	struct culprit_error *err = NULL;
	struct regex_match m;

	if (mark->has_match && !regex_find((struct regex *)&mark->match, p->scratch, line->text, 0, &m))
		return NULL;
	p->shut_down |= mark->shutdown;
	if (mark->boot) {
		/* Firmware prints many lines, each of which may be a mark: it begins once. */
		if (mark->kernel || p->in_kernel || p->phase == CULPRIT_PHASE_NONE || mark->phase < p->phase)
			err = begin_boot(p, mark, line, before, end_off);
	} else if (mark->phase > p->phase) {
		p->phase = mark->phase;
	}
	if (p->phase > p->phase_best)
		p->phase_best = p->phase;
	if (!err && mark->has_match && mark->kernel)
		err = take_version(p, regex_named(&m, "version"));
	return err;
}

/* -------------------------------------------------------------- lines */

/*
 * A line without any literal, while no report is open: nothing is learned of
 * it, because whole blocks of such lines are never looked at.  But later pieces
 * of a long line may be asked for what the first one said.
 */
static struct culprit_error *pass_over(struct culprit_parser *p, struct span raw, unsigned int flags)
{
	struct culprit_error *err = NULL;

	if (flags & LINE_TRUNCATED) {
		bool seen_kmsg = p->decoder.seen_kmsg;
		struct line line;

		err = console_decode(&p->decoder, raw, flags, &line);
		p->decoder.seen_kmsg = seen_kmsg;
	}
	p->decoder.replay_next = false;
	return err;
}

static bool is_part_of(struct span part, struct span whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static bool has_literal(const struct culprit_parser *p, struct span s)
{
	return scan_find(p->patterns->scan, s, 0, NULL) < s.len;
}

/*
 * The line at hand, with its place.  Whoever looks back decodes other lines,
 * which may overwrite what this one borrows: decode it again then.
 */
static struct culprit_error *decode_at(struct culprit_parser *p, struct span raw, unsigned int flags, uint64_t off,
				       struct line *ret)
{
	struct culprit_error *err = console_decode(&p->decoder, raw, flags, ret);

	ret->offset = off;
	ret->number = p->number;
	return err;
}

/*
 * One line, or piece of one.  before is what of the block at hand stands in
 * front of the line (history has what is older).  literal says whether raw may
 * hold one.
 */
static struct culprit_error *process_piece(struct culprit_parser *p, struct span raw, unsigned int flags, uint64_t off,
					   uint64_t end_off, struct span before, bool literal)
{
	struct culprit_error *err;
	struct hits hits;
	struct line line;

	if (p->n_open) {
		err = close_idle(p, off);
		if (err)
			return err;
	}
	if (!p->n_open && !literal)
		return pass_over(p, raw, flags);
	err = decode_at(p, raw, flags, off, &line);
	if (err)
		return err;
	/* Until a kernel is known to print prefixes, one line of its with a time proves it. */
	if (line.origin == ORIGIN_KERNEL)
		p->seen_prefix = true;
	/* Only cleaned text can hold a literal that raw does not. */
	if (literal || !is_part_of(line.text, raw))
		find_hits(p->patterns, line.text, &hits);
	else
		hits = (struct hits){ .n_banners = 0 };
	if (line.origin == ORIGIN_META)
		return NULL;
	if (hits.n_banners && !p->seen_prefix && line.origin == ORIGIN_UNKNOWN && !(flags & LINE_CONTINUED)) {
		err = kernel_spoke(p, before, -1, &p->seen_prefix);
		if (!err)
			err = decode_at(p, raw, flags, off, &line);
		if (err)
			return err;
	}
	if (hits.n_marks) {
		for (size_t i = 0; i < hits.n_marks && !err; i++)
			err = handle_mark(p, hits.marks[i], &line, before, end_off);
		if (!err)
			err = decode_at(p, raw, flags, off, &line);
		if (err)
			return err;
	}
	filter_banners(p, &line, &hits);
	if (hits.n_banners)
		return handle_banner(p, &line, &hits, before, end_off);
	if (!p->n_open)
		return NULL;
	note_kernel_offset(p, line.text);
	return route_line(p, &line, end_off);
}

/* A whole physical line without its end; longer ones go in pieces. literal: one begins in it. */
static struct culprit_error *process_line(struct culprit_parser *p, struct span raw, uint64_t off, struct span before,
					  bool literal)
{
	struct culprit_error *err = NULL;
	unsigned int flags = raw.len > CONSOLE_LINE_BYTES ? LINE_TRUNCATED : 0;

	do {
		struct span piece = raw;
		uint64_t end_off;

		if (piece.len > CONSOLE_LINE_BYTES)
			piece.len = CONSOLE_LINE_BYTES;
		raw = span_skip(raw, piece.len);
		end_off = off + piece.len + (raw.len ? 0 : 1);
		err = process_piece(p, piece, flags, off, end_off, before, flags ? has_literal(p, piece) : literal);
		off += piece.len;
		flags = LINE_CONTINUED;
	} while (!err && raw.len);
	return err;
}

/* Whole lines: the fast way. */
static struct culprit_error *process_block(struct culprit_parser *p, struct span block)
{
	struct culprit_error *err = NULL;
	size_t at = 0, hit = 0;
	bool searched = false;

	while (at < block.len && !err) {
		size_t start = at;
		const char *end;

		/* The first literal from here on: found once, however many lines are before it. */
		if (!searched || hit < at)
			hit = scan_find(p->patterns->scan, block, at, NULL);
		searched = true;
		if (!p->n_open) {
			const char *nl;

			if (hit >= block.len || memchr(block.ptr + at, '\n', hit - at))
				p->decoder.replay_next = false;
			if (hit >= block.len) {
				p->number += scan_count_lines(span_skip(block, at));
				at = block.len;
				break;
			}
			nl = memrchr(block.ptr + at, '\n', hit - at);
			if (nl) {
				start = (size_t)(nl + 1 - block.ptr);
				p->number += scan_count_lines((struct span){ block.ptr + at, start - at });
			}
		}
		end = memchr(block.ptr + start, '\n', block.len - start);
		err = process_line(p, (struct span){ block.ptr + start, (size_t)(end - block.ptr) - start },
				   p->off + start, (struct span){ block.ptr, start }, block.ptr + hit < end);
		p->number++;
		at = (size_t)(end + 1 - block.ptr);
	}
	remember(p, block);
	p->off += block.len;
	return err;
}

/* The unfinished line as far as it is known, as one more piece. */
static struct culprit_error *process_carry(struct culprit_parser *p, bool ended)
{
	bool whole = (ended || p->finished) && !p->in_long_line;
	unsigned int flags = whole ? 0 : p->in_long_line ? LINE_CONTINUED : LINE_TRUNCATED;
	struct culprit_error *err = process_piece(p, buf_span(&p->carry), flags, p->off, p->off + p->carry.len + ended,
						  (struct span){ 0 }, has_literal(p, buf_span(&p->carry)));

	remember(p, buf_span(&p->carry));
	p->off += p->carry.len;
	p->carry.len = 0;
	p->in_long_line = true;
	if (ended) {
		remember(p, SPAN("\n"));
		p->off++;
		p->number++;
		p->in_long_line = false;
	}
	return err;
}

/* Bytes of a line that has begun before; gives how many were taken. */
static struct culprit_error *feed_carry(struct culprit_parser *p, struct span data, size_t *ret_taken)
{
	const char *nl = memchr(data.ptr, '\n', data.len);
	size_t n = nl ? (size_t)(nl - data.ptr) : data.len;
	struct culprit_error *err = NULL;

	*ret_taken = n + (nl != NULL);
	while (n && !err) {
		size_t room = CONSOLE_LINE_BYTES - p->carry.len;
		size_t part = n < room ? n : room;

		if (!part) {
			err = process_carry(p, false);
			continue;
		}
		if (!buf_add(&p->carry, data.ptr, part))
			return &culprit_error_no_memory;
		data = span_skip(data, part);
		n -= part;
	}
	if (!err && nl)
		err = process_carry(p, true);
	return err;
}

struct culprit_error *culprit_parser_feed(struct culprit_parser *p, const void *data, size_t len)
{
	struct span rest = { data, len };
	struct culprit_error *err = NULL;
	size_t whole, taken;

	if (!len)
		return NULL;
	p->flushed = false;
	if (p->carry.len || p->in_long_line) {
		err = feed_carry(p, rest, &taken);
		rest = span_skip(rest, taken);
	}
	whole = console_last_line_end(rest);
	if (!err && whole)
		err = process_block(p, (struct span){ rest.ptr, whole });
	rest = span_skip(rest, whole);
	if (!err && rest.len)
		err = feed_carry(p, rest, &taken);
	return err;
}

struct culprit_error *culprit_parser_flush(struct culprit_parser *p)
{
	p->flushed = true;
	return close_all(p);
}

/* A boot that began and stopped somewhere before user space, without a word why. */
static struct culprit_error *check_boot(struct culprit_parser *p)
{
	struct line line = { .offset = p->off, .number = p->number, .time_us = -1, .level = -1, .text = SPAN("") };

	if (!p->detect_boot_failures || p->crashed || p->shut_down)
		return NULL;
	if (p->phase == CULPRIT_PHASE_NONE || p->phase >= CULPRIT_PHASE_INIT)
		return NULL;
	return make_event(p, "boot-stopped", &line, p->off);
}

struct culprit_error *culprit_parser_finish(struct culprit_parser *p)
{
	struct culprit_error *err = NULL;

	if (p->finished)
		return NULL;
	p->finished = true;
	if (p->carry.len)
		err = process_carry(p, false);
	if (!err)
		err = close_all(p);
	return err ? err : check_boot(p);
}

struct culprit_report *culprit_parser_take(struct culprit_parser *p)
{
	struct culprit_report *report;

	if (!p->n_drafts || !p->drafts[0]->closed)
		return NULL;
	if (!p->finished && !p->flushed && p->n_drafts < MAX_QUEUE && p->drafts[0]->boot_serial == p->boot_serial &&
	    p->off - p->drafts[0]->end_off <= HOLD_BYTES)
		return NULL;
	report = p->drafts[0]->report;
	p->drafts[0]->report = NULL;
	drop_draft(p, 0);
	return report;
}

void culprit_parser_summary(const struct culprit_parser *p, struct culprit_summary *ret)
{
	*ret = (struct culprit_summary){
		.n_bytes = p->off + p->carry.len,
		.n_lines = p->number - 1 + (p->carry.len || p->in_long_line),
		.n_reports = p->n_reports,
		.n_boots = p->n_boots,
		.phase = p->phase,
		.phase_best = p->phase_best,
		.panicked = p->panicked,
		.kernel_version = p->version,
	};
}
