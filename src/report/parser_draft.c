/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drafts: reports while their lines are collected.  They stand in the order of
 * their first lines; closed ones wait for the open ones before them.
 *
 * What many or endless reports take is bounded: beyond the bounds a draft's
 * lines are counted, not kept, and drafts are closed early.
 */
#include "report/parser_parts.h"

#include <ctype.h>

#include "report/stack.h"
#include "report/symbol_scan.h"

#define MAX_DRAFT_BYTES (4u << 20)	/* of all open drafts together, LINE_COST for each line included */
#define MAX_DRAFT_LINES 10000
#define LINE_COST 32
#define MAX_HELD_BYTES (4u << 20)	/* of finished reports that wait for one before them */
#define KEEP_QUIET_LINES 5
#define DUMP_NUMBERS 4

/* The frame of a line that was read as text, as one of its copy. */
static const struct raw_frame *move_frame(struct arena *arena, const struct raw_frame *frame, struct span text,
					  struct span copy)
{
	struct raw_frame moved = *frame, *ret = arena_alloc(arena, sizeof(*ret));
	struct span *spans[] = {
		&moved.function, &moved.callee, &moved.callee_module, &moved.callee_build_id, &moved.module, &moved.build_id,
		&moved.file,
	};

	if (!ret)
		return NULL;
	for (size_t i = 0; i < countof(spans); i++) {
		if (spans[i]->ptr)
			spans[i]->ptr = copy.ptr + (spans[i]->ptr - text.ptr);
	}
	*ret = moved;
	return ret;
}

/* Only the text; where the bounds are reached it is counted, not kept. */
static struct culprit_error *keep_line(struct culprit_parser *p, struct draft *d, struct draft_line line)
{
	size_t cost = line.text.len + LINE_COST + (line.frame ? sizeof(*line.frame) : 0);
	struct span copy = { NULL, line.text.len };

	if (d->text_bytes + line.text.len > p->max_report_bytes || d->n_lines >= MAX_DRAFT_LINES ||
	    p->draft_bytes + cost > MAX_DRAFT_BYTES) {
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
	copy.ptr = arena_dup(&d->arena, line.text);
	if (!copy.ptr || (line.frame && !(line.frame = move_frame(&d->arena, line.frame, line.text, copy))))
		return &culprit_error_no_memory;
	line.text = copy;
	d->lines[d->n_lines++] = line;
	d->text_bytes += copy.len;
	d->bytes += cost;
	p->draft_bytes += cost;
	return NULL;
}

struct culprit_error *parser_add_text(struct culprit_parser *p, struct draft *d, struct span text, uint32_t flags)
{
	struct draft_line line = { .text = text, .flags = flags };
	struct raw_frame frame;

	if (stack_parse_frame(text, &frame))
		line.frame = &frame;
	if (!line.frame || frame.pc || frame.link)
		line.header = stack_find_header(p->patterns, text);
	return keep_line(p, d, line);
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

/*
 * Why what was collected is no report, or NULL.  Anybody may print "WARNING: x";
 * nobody but a kernel prints registers, a task and a stack below it.
 */
static const char *why_no_report(struct culprit_parser *p, const struct draft *d)
{
	ptrdiff_t at = pattern_set_find(p->patterns, d->report->pattern);

	if (d->origin == ORIGIN_UNKNOWN && !d->frames && !d->facts && at >= 0 && p->patterns->patterns[at].generic)
		return "anybody says such words, and nothing but a kernel would follows";
	if (parser_was_told(p, d))
		return "it was told before";
	return NULL;
}

bool draft_lacks_stack(const struct culprit_parser *p, const struct draft *d)
{
	for (size_t i = 0; i < d->n_banners; i++) {
		if (!p->patterns->banners[d->banners[i]].stacked)
			return false;
	}
	return d->n_banners && !d->has_stack && !d->only_leftovers;
}

static void pass_over(struct culprit_parser *p, struct draft *d, const char *why)
{
	TRACE(p, "  no report: %s\n", why);
	d->told = true;
}

static void count_report(struct culprit_parser *p, struct draft *d)
{
	const char *why = d->event ? NULL : why_no_report(p, d);

	if (why) {
		pass_over(p, d, why);
		return;
	}
	if (d->end_line > p->last_report_line)
		p->last_report_line = d->end_line;
	if (!d->report->suppressed) {
		p->n_reports++;
		p->crashed |= d->report->kind != CULPRIT_KIND_INFRASTRUCTURE;
	}
}

/* What was collected is a report, or none: what it took while it was open is given back. */
static void settle_draft(struct culprit_parser *p, struct draft *d)
{
	d->boot_serial = p->boot_serial;
	if (d == p->again.event)
		p->again.event = NULL;
	d->closed = true;
	p->n_open--;
	p->draft_bytes -= d->bytes;
	arena_deinit(&d->arena);
	free(d->lines);
	d->lines = NULL;
	d->n_lines = d->cap_lines = 0;
}

struct culprit_error *parser_close_draft(struct culprit_parser *p, struct draft *d)
{
	struct culprit_error *err;

	d->cut = p->finished && !d->quiet && d->last_off == p->off;
	trim_draft(d);
	TRACE(p, "report in lines %llu to %llu:\n", (unsigned long long)d->start_line, (unsigned long long)d->end_line);
	if (!draft_shows_kernel(d) || draft_lacks_stack(p, d)) {
		pass_over(p, d, draft_shows_kernel(d) ? "no stack follows it" :
			  "it lacks the kernel's prefix, and the form of a whole report");
		settle_draft(p, d);
		return NULL;
	}
	err = draft_build(d, p->patterns, p->scratch, p->file_name, &p->memo, p->trace, &d->report);
	if (err)
		return err;
	parser_apply_remarks(p, d->report);
	TRACE(p, "  title: %s\n%s%s%s", d->report->title, d->report->corrupted ? "  corrupted: " : "",
	      d->report->corrupted ? d->report->corrupted_reason : "", d->report->corrupted ? "\n" : "");
	d->report->panicked = p->panicked;
	d->report->has_kernel_offset = d->has_kernel_offset;
	d->report->kernel_offset = d->kernel_offset;
	count_report(p, d);
	p->closed_bytes += report_bytes(d->report);
	settle_draft(p, d);
	return NULL;
}

struct culprit_error *parser_close_all(struct culprit_parser *p)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < p->n_drafts && !err; i++) {
		if (!p->drafts[i]->closed)
			err = parser_close_draft(p, p->drafts[i]);
	}
	return err;
}

void parser_drop_draft(struct culprit_parser *p, size_t i)
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
			err = parser_close_draft(p, p->drafts[i]);
	}
	return err;
}

struct culprit_error *parser_new_draft(struct culprit_parser *p, struct draft **ret)
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
	if ((p->version && !(d->version = strdup(p->version))) || (p->build && !(d->build = strdup(p->build)))) {
		free((char *)d->version);
		free(d);
		return &culprit_error_no_memory;
	}
	p->drafts[p->n_drafts++] = d;
	p->n_open++;
	d->closed_bytes = p->closed_bytes;
	p->idle_check_off = 0;
	*ret = d;
	return NULL;
}

/*
 * Memory in hexadecimal, of a stack, an object or registers; hundreds of lines
 * of it may stand above the call trace (arm prints 8 KiB of stack):
 *
 *	8020: e07281d8 00000000 83230b80 00000004 81304bd0 000c2820 e0728134 e0728048
 *	Object   00000010: 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b a5  kkkkkkkkkkkkkkk.
 *
 * So many numbers of one width ("????????" where nothing could be read), with
 * at most two words before them; or fewer, and nothing but an address besides.
 */
static bool is_dump(struct span text)
{
	size_t width = 0, n = 0, words = 0;
	bool address = false;

	while (text.len) {
		size_t len = 0, digits = 0;

		for (; len < text.len && text.ptr[len] != ' '; len++)
			digits += isxdigit((unsigned char)text.ptr[len]) || text.ptr[len] == '?';
		if (len && len == digits && (len == 2 || len == 4 || len == 8 || len == 16) && (!n || len == width)) {
			width = len;
			if (++n == DUMP_NUMBERS)
				return true;
		} else if (len && (n || ++words > 2)) {
			return false;
		} else if (len) {
			address = words == 1 && digits >= 4 && len == digits + 1 && text.ptr[digits] == ':';
		}
		text = span_skip(text, len + (len < text.len));
	}
	return n && address;
}

/* Blanks in front, a frame, a dump, a known word: the line is part of a report and not of the log around it. */
static bool looks_like_report(const struct culprit_parser *p, const struct draft *d, struct span text,
			      bool frame_or_header)
{
	if (d->after_end)
		return frame_or_header || glob_list_match(&p->patterns->after_end, text);
	if (frame_or_header || (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t')))
		return true;
	return glob_list_match(&p->patterns->continues, text) || is_dump(text);
}

void draft_note_place(struct draft *d, const struct line *line, uint64_t end_off)
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

/*
 * Another message that brings a stack of its own: where callers are not printed
 * and a stack follows, nobody knows whose it is.  Looked for when one does.
 */
static void note_intruder(const struct culprit_parser *p, struct draft *d, const struct stack_header *header)
{
	size_t i = d->n_searched > 0 ? d->n_searched : 1;

	if (d->intruded || d->caller.kind != CALLER_NONE || !header || header->role != CULPRIT_ROLE_CALL_TRACE)
		return;
	for (; i < d->n_lines && !d->intruded; i++)
		d->intruded = !d->lines[i].frame && glob_list_match(&p->patterns->intruders, d->lines[i].text);
	d->n_searched = i;
	for (i--; d->intruded && i < d->n_lines; i++)
		d->lines[i].flags |= DRAFT_LINE_DOUBTFUL;
}

/* A mail's line that was broken behind a banner's inlined function: "fs/xfs/xfs_log.c:67 [inline]". */
static bool is_inlined_place(struct span text)
{
	static const struct span end = { " [inline]", 9 };

	return text.len > end.len && span_equal(span_skip(text, text.len - end.len), end);
}

/* What was broken to fit a width, put together: its first part is the draft's last line. */
struct culprit_error *parser_join_line(struct culprit_parser *p, struct draft *d, const struct line *rest, uint64_t end_off)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct line whole = *rest;
	struct span first = span_trim(d->lines[d->n_lines - 1].text);

	whole.text = span_trim(rest->text);
	if (!buf_add(&text, first.ptr, first.len) || !buf_add_char(&text, ' ') ||
	    !buf_add(&text, whole.text.ptr, whole.text.len))
		return &culprit_error_no_memory;
	whole.text = buf_span(&text);
	d->n_lines--;
	d->own_lines--;
	return parser_add_line(p, d, &whole, end_off, d->own_lines == 0);
}

/* What nobody but a kernel prints: frames, and the facts above and below them. */
static void note_evidence(const struct culprit_parser *p, struct draft *d, struct span text, bool is_frame, bool in_stack)
{
	bool frames = d->frames, facts = d->facts;

	d->frames |= is_frame;
	d->facts = facts || (!in_stack && glob_list_match(&p->patterns->evidence, text));
	if (d->frames != frames || d->facts != facts)
		d->stray = 0;
}

uint32_t draft_oops_number(struct span text)
{
	const char *at = text.len ? memchr(text.ptr, '#', text.len) : NULL;
	uint32_t number = 0;

	if (!at || at == text.ptr || at[-1] != '[')
		return 0;
	text = span_skip(text, (size_t)(at + 1 - text.ptr));
	for (size_t i = 0; i < text.len && i < 8; i++) {
		if (text.ptr[i] == ']')
			return number;
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(text.ptr[i] - '0');
	}
	return 0;
}

/* A trace's header, or a frame below it that has lost its prefix already. */
static bool may_lose_prefix(const struct draft *d, const struct line *line, bool is_frame,
			    const struct stack_header *header)
{
	if (!is_frame)
		return header && header->role == CULPRIT_ROLE_CALL_TRACE;
	return line->origin == ORIGIN_UNKNOWN && d->bare_trace && d->bare_trace + 1 == line->number;
}

static struct culprit_error *add_one_line(struct culprit_parser *p, struct draft *d, const struct line *line,
					  uint64_t end_off, bool banner)
{
	struct raw_frame frame;
	bool is_frame = stack_parse_frame(line->text, &frame);
	bool in_stack = is_frame && !frame.pc && !frame.link;
	const struct stack_header *header = in_stack ? NULL : stack_find_header(p->patterns, line->text);
	bool inlined = stack_is_inlined(line->text);
	/*
	 * Registers below the end are those of the report once more (x86 since v4.20) and tell nothing new, or those of
	 * the next crash: User-mode Linux prints them before its panic, "RIP: 0033:rbuf_init+0x1e/0x6d" below a warning.
	 */
	bool repeated = is_frame && frame.pc && d->after_end && d->has_stack;
	uint32_t flags = (d->follow_up ? DRAFT_LINE_FOLLOW_UP : 0) | (inlined ? DRAFT_LINE_INLINED : 0);

	d->expanding = banner ? inlined : d->at_banner && is_inlined_place(line->text);
	d->at_banner = banner;
	if (is_frame && (frame.flags & CULPRIT_FRAME_UNRELIABLE) && !frame.pc) {
		flags |= DRAFT_LINE_LEFTOVER;
		if (glob_list_match(&p->patterns->unwinder, frame.function)) {
			d->only_leftovers = true;
			drop_above(d);
		}
	} else if (!is_frame && !banner && stack_is_leftover(line->text)) {
		flags |= DRAFT_LINE_LEFTOVER;
	} else if (in_stack) {
		d->has_stack |= !d->aside;
	} else {
		d->aside = header && (header->role == CULPRIT_ROLE_LOCK_TAKEN_AT || header->role == CULPRIT_ROLE_OTHER);
	}
	note_evidence(p, d, line->text, is_frame, in_stack);
	/* What a line says matters only where it is no frame. */
	if (!is_frame && glob_list_match(&p->patterns->drop, line->text))
		flags |= DRAFT_LINE_DROPPED;
	note_intruder(p, d, header);
	if (d->intruded)
		flags |= DRAFT_LINE_DOUBTFUL;
	if (banner)
		d->after_end = false;
	if (banner || looks_like_report(p, d, line->text, is_frame || header)) {
		d->quiet = 0;
		draft_note_place(d, line, end_off);
	} else {
		d->quiet++;
		d->stray++;
	}
	if (!is_frame && glob_list_match(&p->patterns->ends, line->text))
		d->ended = d->after_end = true;
	d->own_lines += !inlined;
	d->unfinished = !is_frame && glob_list_match(&p->patterns->unfinished, span_trim(line->text)) ? line->number : 0;
	if (!is_frame && !d->oops)
		d->oops = draft_oops_number(line->text);
	d->bare_trace = may_lose_prefix(d, line, is_frame, header) ? line->number : 0;
	d->last_off = end_off;
	return keep_line(p, d, (struct draft_line){ line->text, is_frame && !repeated ? &frame : NULL, header, flags });
}

/* Frames in a notation of long ago are kept as today's, each in a line of its own. */
struct culprit_error *parser_add_line(struct culprit_parser *p, struct draft *d, const struct line *line,
				      uint64_t end_off, bool banner)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct culprit_error *err = NULL;
	struct line one = *line;
	size_t at = 0;
	bool old;

	if (!stack_modernise(line->text, !d->old_trace, &text, &old))
		return &culprit_error_no_memory;
	d->old_trace = old && stack_is_old_trace(line->text);
	if (!old)
		return add_one_line(p, d, line, end_off, banner);
	for (bool first = true; !err && symbol_next_line(buf_span(&text), &at, &one.text); first = false)
		err = add_one_line(p, d, &one, end_off, banner && first);
	return err;
}
