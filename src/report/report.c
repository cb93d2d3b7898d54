/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A draft's lines to a culprit_report: text, facts of the header lines, stacks.
 *
 *	CPU: 1 PID: 4070 Comm: syz-executor Tainted: G    B   W         4.8.0-rc3+ #33
 *	CPU: 0 UID: 0 PID: 5842 Comm: syz.0.17 Not tainted 6.12.0-rc1 #0 PREEMPT(full)
 *	Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.10.2-1 04/01/2014
 */
#include "report/report.h"

#include <ctype.h>

#include "report/guilty.h"
#include "report/stack.h"

/* The report and all that hangs on it. The report comes first: one pointer serves for both. */
struct report_box {
	struct culprit_report report;
	struct arena arena;
};

void culprit_report_destroy(struct culprit_report *report)
{
	struct report_box *box = (struct report_box *)(void *)report;

	if (!box)
		return;
	arena_deinit(&box->arena);
	free(box);
}

static void box_destroyp(struct report_box **box)
{
	culprit_report_destroy(*box ? &(*box)->report : NULL);
}

void draft_destroy(struct draft *draft)
{
	if (!draft)
		return;
	culprit_report_destroy(draft->report);
	arena_deinit(&draft->arena);
	free(draft->lines);
	free((char *)draft->version);
	free((char *)draft->build);
	free(draft);
}

/* Which lines of a draft somebody wants. */
struct choice {
	bool prefix;		/* those before the banner, else those from it on */
	bool leftovers;
	bool plain;		/* as the kernel wrote it: without inlined functions and source lines */
	bool certain;		/* without those that may be somebody else's */
};

static bool is_chosen(const struct draft_line *line, struct choice choice)
{
	if (line->flags & (DRAFT_LINE_DROPPED | DRAFT_LINE_FOLLOW_UP))
		return false;
	if (!!(line->flags & DRAFT_LINE_PREFIX) != choice.prefix || (choice.plain && (line->flags & DRAFT_LINE_INLINED)))
		return false;
	if (choice.certain && (line->flags & DRAFT_LINE_DOUBTFUL))
		return false;
	return choice.leftovers || !(line->flags & DRAFT_LINE_LEFTOVER);
}

/* Only a line that names its source has something that the kernel did not write. */
static bool add_line_text(struct buf *ret, const struct draft_line *line, bool plain)
{
	bool changes = plain && (!line->frame || line->frame->file.len);

	return (changes ? stack_add_plain(ret, line->text) : buf_add(ret, line->text.ptr, line->text.len)) &&
	       buf_add_char(ret, '\n');
}

/* Room for all of a draft's text at once: a buffer that grows is copied again and again. */
static bool reserve_text(const struct draft *draft, struct buf *ret)
{
	size_t bytes = 0;

	for (size_t i = 0; i < draft->n_lines; i++)
		bytes += draft->lines[i].text.len + 1;
	return buf_reserve(ret, bytes);
}

/* The text of the chosen lines; ret_lines (may be NULL): their struct title_line. */
static bool add_lines(const struct draft *draft, struct choice choice, struct buf *ret, struct buf *ret_lines,
		      uint32_t *ret_n)
{
	for (size_t i = 0; i < draft->n_lines; i++) {
		const struct draft_line *line = &draft->lines[i];
		struct title_line read = { ret->len, line->frame, line->header };

		if (!is_chosen(line, choice))
			continue;
		if (!add_line_text(ret, line, choice.plain) || (ret_lines && !buf_add(ret_lines, &read, sizeof(read))))
			return false;
		++*ret_n;
	}
	return true;
}

bool draft_text(const struct draft *draft, bool leftovers, struct buf *ret, struct buf *ret_lines)
{
	struct choice choice = { .leftovers = leftovers, .plain = true, .certain = true };
	uint32_t n = 0;

	if (!reserve_text(draft, ret) || (ret_lines && !buf_reserve(ret_lines, draft->n_lines * sizeof(struct title_line))) ||
	    !add_lines(draft, choice, ret, ret_lines, &n))
		return false;
	/* Torn off behind its first inlined function. */
	choice.plain = false;
	return n || add_lines(draft, choice, ret, ret_lines, &n);
}

/* What the report's doubts are looked for in: the lines that may not name it, too. */
static bool draft_whole(const struct draft *draft, bool leftovers, struct buf *ret, struct buf *ret_lines)
{
	uint32_t n = 0;

	return add_lines(draft, (struct choice){ .leftovers = leftovers, .plain = true }, ret, ret_lines, &n);
}

/* -------------------------------------------------- facts of the header */

static struct span until(struct span s, char c)
{
	const char *end = s.len ? memchr(s.ptr, c, s.len) : NULL;

	if (end)
		s.len = (size_t)(end - s.ptr);
	return s;
}

/* What stands behind words, or ptr NULL. */
static struct span after(struct span s, const char *words)
{
	ptrdiff_t at = span_find(s, span_of(words));

	if (at < 0)
		return (struct span){ 0 };
	return span_skip(s, (size_t)at + strlen(words));
}

static void read_number(struct span s, int32_t *ret)
{
	uint64_t value;

	if (s.ptr && *ret < 0 && parse_u64(span_trim(s), &value, NULL) && value <= INT32_MAX)
		*ret = (int32_t)value;
}

static bool is_version(struct span s)
{
	return s.len >= 3 && isdigit((unsigned char)s.ptr[0]) && memchr(s.ptr, '.', s.len);
}

static struct span next_word(struct span *s)
{
	struct span word;

	*s = span_trim(*s);
	word = until(*s, ' ');
	*s = span_skip(*s, word.len);
	return word;
}

static bool is_build_id(struct span s)
{
	if (s.len != 40 && s.len != 32)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isxdigit((unsigned char)s.ptr[i]))
			return false;
	}
	return true;
}

/* Flags, then the version: "G    B   W         4.8.0-rc3+ #33", "[W]=WARN 6.12.0". */
static void read_taint(struct report_box *box, struct span s, bool tainted)
{
	_cleanup_(buf_deinit) struct buf flags = { 0 };
	struct span word;

	while ((word = next_word(&s)).len && !is_version(word)) {
		/* Long forms since v6.11: "Tainted: [W]=WARN". */
		if (tainted && word.len <= 24 &&
		    ((flags.len && !buf_add_char(&flags, ' ')) || !buf_add(&flags, word.ptr, word.len))) {
			box->arena.failed = true;
			return;
		}
	}
	box->report.taint = arena_dup(&box->arena, buf_span(&flags));
	if (word.len)
		box->report.kernel_version = arena_dup(&box->arena, word);
	while ((word = next_word(&s)).len) {
		if (word.ptr[0] == '#' && !box->report.kernel_build)
			box->report.kernel_build = arena_dup(&box->arena, word);
		if (is_build_id(word))
			box->report.kernel_build_id = arena_dup(&box->arena, word);
	}
}

/* "CPU: 1 PID: 4070 Comm: syz executor Not tainted 4.8.0": a task's name may hold blanks. */
static void read_cpu_line(struct report_box *box, struct span s)
{
	struct culprit_report *r = &box->report;
	struct span comm = after(s, "Comm: "), rest;
	ptrdiff_t end;

	read_number(after(s, "CPU: "), &r->cpu);
	read_number(after(s, "PID: "), &r->pid);
	if (!comm.ptr || r->task)
		return;
	rest = comm;
	end = span_find(comm, SPAN(" Not tainted"));
	if (end >= 0) {
		comm.len = (size_t)end;
		read_taint(box, span_skip(rest, (size_t)end + strlen(" Not tainted")), false);
	} else if ((end = span_find(comm, SPAN(" Tainted: "))) >= 0) {
		comm.len = (size_t)end;
		read_taint(box, span_skip(rest, (size_t)end + strlen(" Tainted: ")), true);
	}
	r->task = arena_dup(&box->arena, span_trim(comm));
}

static void read_executor(struct report_box *box, const struct culprit_patterns *patterns, struct regex_scratch *scratch,
			  struct span s)
{
	struct regex *re = (struct regex *)&patterns->executor;
	struct regex_match m;
	uint64_t proc, id;

	if (box->report.executor.present || !patterns->has_executor || !regex_find(re, scratch, s, 0, &m))
		return;
	if (parse_u64(regex_group(&m, 1), &proc, NULL) && parse_u64(regex_group(&m, 2), &id, NULL) &&
	    proc <= UINT32_MAX && id <= UINT32_MAX) {
		box->report.executor.present = true;
		box->report.executor.proc = (uint32_t)proc;
		box->report.executor.id = (uint32_t)id;
	}
}

static void read_facts(struct report_box *box, const struct draft *draft, const struct culprit_patterns *patterns,
		       struct regex_scratch *scratch)
{
	struct culprit_report *r = &box->report;

	for (size_t i = 0; i < draft->n_lines; i++) {
		struct span s = draft->lines[i].text;
		struct span name;

		if (draft->lines[i].frame || (draft->lines[i].flags & DRAFT_LINE_PREFIX))
			continue;
		if (span_find(s, SPAN("CPU: ")) >= 0 && span_find(s, SPAN("PID: ")) >= 0)
			read_cpu_line(box, s);
		else if (!r->hardware && (name = after(s, "Hardware name: ")).ptr)
			r->hardware = arena_dup(&box->arena, span_trim(name));
		if (span_find(s, SPAN("Comm: ")) >= 0)
			read_executor(box, patterns, scratch, s);
	}
}

/* --------------------------------------------------------------- stacks */

struct stack_builder {
	struct arena *arena;
	struct buf stacks;		/* struct culprit_stack, finished ones */
	struct buf frames;		/* struct culprit_frame, of the open stack */
	struct culprit_stack current;
	bool open;
	struct buf inlined;		/* frames of register lines with source lines: they belong to the next one */
	struct culprit_stack inlined_stack;
};

static void builder_deinit(struct stack_builder *b)
{
	buf_deinit(&b->stacks);
	buf_deinit(&b->frames);
	buf_deinit(&b->inlined);
}

static bool add_stack(struct stack_builder *b, struct culprit_stack *stack, const struct culprit_frame *frames,
		      size_t n)
{
	struct culprit_frame *copy = arena_array(b->arena, n, sizeof(*copy));

	if (!copy)
		return false;
	memcpy(copy, frames, n * sizeof(*copy));
	stack->frames = copy;
	stack->n_frames = n;
	return buf_add(&b->stacks, stack, sizeof(*stack));
}

static bool close_stack(struct stack_builder *b)
{
	size_t n = b->frames.len / sizeof(struct culprit_frame);
	bool ok = true;

	if (b->open && n)
		ok = add_stack(b, &b->current, (struct culprit_frame *)(void *)b->frames.data, n);
	b->frames.len = 0;
	b->open = false;
	return ok;
}

static bool open_stack(struct stack_builder *b, enum culprit_role role, struct span header, uint32_t line)
{
	if (!close_stack(b))
		return false;
	b->current = (struct culprit_stack){ .role = role, .text_line = line, .header = arena_dup(b->arena, header) };
	b->open = true;
	return b->current.header != NULL;
}

static const char *dup_or_null(struct arena *arena, struct span s)
{
	return s.len ? arena_dup(arena, s) : NULL;
}

static struct culprit_frame make_frame(struct stack_builder *b, const struct raw_frame *raw, uint32_t line)
{
	return (struct culprit_frame){
		.function = dup_or_null(b->arena, raw->function),
		.module = dup_or_null(b->arena, raw->module),
		.build_id = dup_or_null(b->arena, raw->build_id),
		.file = dup_or_null(b->arena, raw->file),
		.offset = raw->offset,
		.size = raw->size,
		.address = raw->address,
		.line = raw->line,
		.text_line = line,
		.flags = raw->flags,
	};
}

static bool add_frame(struct stack_builder *b, const struct raw_frame *raw, uint32_t line)
{
	struct culprit_frame frame = make_frame(b, raw, line);

	return buf_add(&b->frames, &frame, sizeof(frame));
}

/* What was inlined at a register's address stands on lines above it, as everywhere; the last one may be lost. */
static bool close_register(struct stack_builder *b)
{
	size_t n = b->inlined.len / sizeof(struct culprit_frame);
	bool ok = !n || add_stack(b, &b->inlined_stack, (struct culprit_frame *)(void *)b->inlined.data, n);

	b->inlined.len = 0;
	return ok;
}

/* A register line is a stack of its own; the one that it stands in goes on behind it. */
static bool add_register(struct stack_builder *b, const struct raw_frame *raw, struct span text, uint32_t line)
{
	struct culprit_frame frame = make_frame(b, raw, line);
	struct culprit_stack stack = {
		.role = raw->pc ? CULPRIT_ROLE_PC : CULPRIT_ROLE_LINK_REGISTER,
		.header = arena_dup(b->arena, span_trim(text)),
		.text_line = line,
	};

	if (b->inlined.len && stack.role != b->inlined_stack.role && !close_register(b))
		return false;
	if (!stack.header || !buf_add(&b->inlined, &frame, sizeof(frame)))
		return false;
	b->inlined_stack = stack;
	return (raw->flags & CULPRIT_FRAME_INLINE) || close_register(b);
}

static int compare_places(const void *a, const void *b)
{
	const struct culprit_stack *s = a, *t = b;

	return (s->text_line > t->text_line) - (s->text_line < t->text_line);
}

/*
 * arm names the caller of one line again as the callee of the next.  Where it
 * does not, another stack begins: "CPU1: stopping" stands between two of them.
 */
static bool is_another_stack(const struct stack_builder *b, const struct raw_frame *raw)
{
	const struct culprit_frame *last;

	if (!raw->callee.len || !b->frames.len)
		return false;
	last = (const struct culprit_frame *)(const void *)(b->frames.data + b->frames.len) - 1;
	return !(last->flags & CULPRIT_FRAME_INLINE) && last->function &&
	       !span_equal(span_of(last->function), raw->callee);
}

static bool add_stack_line(struct stack_builder *b, const struct draft_line *read, uint32_t line)
{
	const struct raw_frame *raw = read->frame;

	if (!raw)
		return !read->header || open_stack(b, read->header->role, span_trim(read->text), line);
	if (raw->pc || raw->link)
		return add_register(b, raw, read->text, line);
	if (!close_register(b))
		return false;
	if ((!b->open || is_another_stack(b, raw)) && !open_stack(b, CULPRIT_ROLE_CALL_TRACE, SPAN(""), line))
		return false;
	if (raw->callee.len && !b->frames.len) {
		struct raw_frame callee = {
			.function = raw->callee, .module = raw->callee_module, .build_id = raw->callee_build_id,
		};

		if (!add_frame(b, &callee, line))
			return false;
	}
	return add_frame(b, raw, line);
}

/* The stacks of the chosen lines, the first of which is the report's line *ret_line. */
static bool add_stacks(struct stack_builder *b, const struct draft *draft, struct choice choice, uint32_t *ret_line)
{
	for (size_t i = 0; i < draft->n_lines; i++) {
		if (is_chosen(&draft->lines[i], choice) && !add_stack_line(b, &draft->lines[i], (*ret_line)++))
			return false;
	}
	/* What stood before the banner is over with it. */
	return close_register(b) && close_stack(b);
}

static bool build_stacks(struct report_box *box, const struct draft *draft, bool leftovers)
{
	_cleanup_(builder_deinit) struct stack_builder b = { .arena = &box->arena };
	struct culprit_stack *copy;
	uint32_t line = 0;

	if (!add_stacks(&b, draft, (struct choice){ .prefix = true, .leftovers = leftovers }, &line) ||
	    !add_stacks(&b, draft, (struct choice){ .leftovers = leftovers }, &line))
		return false;
	box->report.n_stacks = b.stacks.len / sizeof(*copy);
	if (!b.stacks.len)
		return true;
	copy = arena_alloc(&box->arena, b.stacks.len);
	if (!copy)
		return false;
	memcpy(copy, b.stacks.data, b.stacks.len);
	qsort(copy, box->report.n_stacks, sizeof(*copy), compare_places);
	box->report.stacks = copy;
	return true;
}

/* ------------------------------------------------------------ the report */

/* No boot takes so long; a log may begin long after it. */
#define LONGEST_BOOT_US (600 * INT64_C(1000000))

static bool had_booted(const struct draft *draft)
{
	return draft->phase >= CULPRIT_PHASE_USERSPACE || draft->time_us > LONGEST_BOOT_US;
}

static enum culprit_kind report_kind(const struct draft *draft, const struct title *title)
{
	const struct form *form = title->form;

	if (form && form->has_kind && !(form->before_userspace && had_booted(draft)))
		return form->kind;
	return title->pattern ? title->pattern->kind : CULPRIT_KIND_CRASH;
}

static struct title_text title_text_of(const struct buf *text, const struct buf *lines)
{
	return (struct title_text){
		buf_span(text), (const struct title_line *)(const void *)lines->data, lines->len / sizeof(struct title_line)
	};
}

/* Longer ones have registers and times: no two are the same. */
#define MEMO_MAX_BYTES 1024

void title_memo_deinit(struct title_memo *memo)
{
	buf_deinit(&memo->text);
	arena_deinit(&memo->arena);
}

bool title_memo_fits(const struct title_memo *memo, const struct draft *draft, struct span text)
{
	return memo->valid && !draft->intruded && !draft->event && memo->phase == draft->phase &&
	       memo->n_banners == draft->n_banners &&
	       !memcmp(memo->banners, draft->banners, draft->n_banners * sizeof(*draft->banners)) &&
	       span_equal(buf_span(&memo->text), text);
}

/* A copy whose strings are the arena's; those of the patterns are nobody's. */
static struct culprit_error *copy_title(const struct title *title, struct arena *arena, struct title *ret)
{
	*ret = *title;
	ret->title = arena_dup(arena, span_of(title->title));
	ret->frame = title->frame ? arena_dup(arena, span_of(title->frame)) : NULL;
	ret->alts = arena_array(arena, title->n_alts + 1, sizeof(*ret->alts));
	for (size_t i = 0; ret->alts && i < title->n_alts; i++)
		ret->alts[i] = arena_dup(arena, span_of(title->alts[i]));
	return arena->failed ? &culprit_error_no_memory : NULL;
}

static struct culprit_error *keep_title(struct title_memo *memo, const struct draft *draft, struct span text,
					const struct title *title)
{
	struct culprit_error *err;

	memo->valid = false;
	if (text.len > MEMO_MAX_BYTES || draft->intruded || draft->event || draft->cut)
		return NULL;
	arena_deinit(&memo->arena);
	memo->text.len = 0;
	memo->phase = draft->phase;
	memo->n_banners = draft->n_banners;
	memcpy(memo->banners, draft->banners, sizeof(memo->banners));
	if (!buf_add(&memo->text, text.ptr, text.len))
		return &culprit_error_no_memory;
	err = copy_title(title, &memo->arena, &memo->title);
	memo->valid = !err;
	return err;
}

static struct culprit_error *name_by(struct title_input *in, const struct draft *draft, bool leftovers,
				     struct title_memo *memo, struct arena *arena, struct title *ret)
{
	_cleanup_(buf_deinit) struct buf text = { 0 }, whole = { 0 }, lines = { 0 }, whole_lines = { 0 };
	struct culprit_error *err;

	if (!draft_text(draft, leftovers, &text, &lines))
		return &culprit_error_no_memory;
	if (!in->trace && !draft->cut && title_memo_fits(memo, draft, buf_span(&text)))
		return copy_title(&memo->title, arena, ret);
	if (draft->intruded && !draft_whole(draft, leftovers, &whole, &whole_lines))
		return &culprit_error_no_memory;
	in->text = title_text_of(&text, &lines);
	in->whole = title_text_of(&whole, &whole_lines);
	err = title_find(in, arena, ret);
	return err ? err : keep_title(memo, draft, buf_span(&text), ret);
}

/* Lines that the title's text lacks, though the log has them. */
static bool has_leftovers(const struct draft *draft)
{
	for (size_t i = 0; i < draft->n_lines; i++) {
		if (draft->lines[i].flags & DRAFT_LINE_LEFTOVER)
			return true;
	}
	return false;
}

static struct culprit_error *name_report(struct report_box *box, const struct draft *draft,
					 const struct culprit_patterns *patterns, struct regex_scratch *scratch,
					 struct title_memo *memo, struct buf *trace, bool *ret_leftovers)
{
	struct title_input in = {
		.patterns = patterns, .scratch = scratch, .banners = draft->banners,
		.n_banners = draft->n_banners, .trace = trace, .event = draft->event,
		.phase = culprit_phase_name(draft->phase), .cut = draft->cut && !has_leftovers(draft),
	};
	struct culprit_report *r = &box->report;
	struct culprit_error *err;
	struct title title;

	err = name_by(&in, draft, false, memo, &box->arena, &title);
	if (!err && draft->only_leftovers && !draft->has_stack && title.corrupted) {
		struct title second;

		/* Where every frame is marked as a leftover, they are all there is. */
		err = name_by(&in, draft, true, memo, &box->arena, &second);
		if (!err && !second.corrupted) {
			/* What the banner names is surer than a leftover. */
			if (title.no_frame || !title.frame)
				title = second;
			title.corrupted = NULL;
			*ret_leftovers = true;
		}
	}
	if (err)
		return err;
	r->title = title.title;
	r->alt_titles = title.alts;
	r->n_alt_titles = title.n_alts;
	r->type = title.type;
	r->frame = title.frame;
	r->pattern = title.pattern ? title.pattern->name : "";
	r->kind = report_kind(draft, &title);
	r->corrupted_reason = title.corrupted;
	r->corrupted = title.corrupted != NULL;
	r->suppressed_reason = title.suppressed;
	r->suppressed = title.suppressed != NULL;
	return NULL;
}

static struct culprit_error *take_text(struct report_box *box, const struct draft *draft, bool leftovers)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct culprit_report *r = &box->report;
	uint32_t n = 0;

	if (!reserve_text(draft, &text) ||
	    !add_lines(draft, (struct choice){ .prefix = true, .leftovers = leftovers }, &text, NULL, &r->prefix_lines) ||
	    !add_lines(draft, (struct choice){ .leftovers = leftovers }, &text, NULL, &n))
		return &culprit_error_no_memory;
	r->n_text_lines = r->prefix_lines + n;
	r->text = arena_dup(&box->arena, buf_span(&text));
	r->text_len = text.len;
	return r->text ? NULL : &culprit_error_no_memory;
}

static void take_place(struct culprit_report *r, const struct draft *draft)
{
	r->start_line = draft->start_line;
	r->end_line = draft->end_line;
	r->start_offset = draft->start_off;
	r->end_offset = draft->end_off;
	r->time_us = draft->time_us;
	r->boot = draft->boot;
	r->phase = draft->phase;
	r->truncated = draft->truncated;
	r->cpu = r->pid = -1;
}

/* "#1" begins "#1 SMP", and not "#10 SMP". */
static bool begins_with_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(text, word, n) && (!text[n] || text[n] == ' ');
}

/* What the boot said of the kernel, where the report says less of the same one. */
static void take_boot(struct report_box *box, const struct draft *draft)
{
	struct culprit_report *r = &box->report;

	if (!draft->version || (r->kernel_version && strcmp(r->kernel_version, draft->version) != 0))
		return;
	if (!r->kernel_version)
		r->kernel_version = arena_dup(&box->arena, span_of(draft->version));
	if (draft->build && (!r->kernel_build || begins_with_word(draft->build, r->kernel_build)))
		r->kernel_build = arena_dup(&box->arena, span_of(draft->build));
}

struct culprit_error *draft_build(const struct draft *draft, const struct culprit_patterns *patterns,
				  struct regex_scratch *scratch, const char *file_name, struct title_memo *memo,
				  struct buf *trace, struct culprit_report **ret)
{
	_cleanup_(box_destroyp) struct report_box *box = calloc(1, sizeof(*box));
	struct culprit_error *err;
	bool leftovers = false;

	if (!box)
		return &culprit_error_no_memory;
	take_place(&box->report, draft);
	err = name_report(box, draft, patterns, scratch, memo, trace, &leftovers);
	if (!err)
		err = take_text(box, draft, leftovers);
	if (err)
		return err;
	read_facts(box, draft, patterns, scratch);
	take_boot(box, draft);
	if (file_name)
		box->report.file_name = arena_dup(&box->arena, span_of(file_name));
	if (!build_stacks(box, draft, leftovers))
		return &culprit_error_no_memory;
	err = guilty_file(&patterns->guilty, (struct span){ box->report.text, box->report.text_len },
			  box->report.prefix_lines, &box->arena, &box->report.file_guilty);
	if (err)
		return err;
	/* Facts, names and places are many small copies: whether all of them could be made is asked once. */
	if (box->arena.failed || regex_scratch_no_memory(scratch))
		return &culprit_error_no_memory;
	*ret = &no_free_ptr(box)->report;
	return NULL;
}
