/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report's symbols to source lines, in the community's notation:
 *
 *	 kfree+0xb2/0x250
 *
 * becomes
 *
 *	 virt_to_cache mm/slab.c:400 [inline]
 *	 kfree+0xb2/0x250 mm/slab.c:3802
 *
 * Here the report is written anew, text and stacks; symbolize_files.c knows the
 * files, symbolize_lookup.c finds a symbol's lines in them, symbolize_code.c
 * decodes instructions.  Leftovers on the stack get a line, but no inlined
 * functions above.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/demangle.h"
#include "report/guilty.h"
#include "symbol/symbolize_parts.h"

/* ----------------------------------------------------------------- text */

/* "f+0x1/0x2" of a WARNING's banner: the trap itself where the report has it as program counter too. */
static bool is_exact(const struct job *job, const struct symbol_token *token)
{
	const struct culprit_report *report = job->report;

	if (token->place != SYMBOL_MAYBE_PC)
		return token->place == SYMBOL_PC;
	for (size_t i = 0; i < report->n_stacks; i++) {
		for (size_t k = 0; k < report->stacks[i].n_frames; k++) {
			const struct culprit_frame *frame = &report->stacks[i].frames[k];

			if ((frame->flags & CULPRIT_FRAME_EXACT) && frame->function && frame->offset == token->offset &&
			    span_equal(span_of(frame->function), token->name))
				return true;
		}
	}
	return false;
}

static bool add_source(struct job *job, const struct debuginfo_frame *frame)
{
	if (!frame->file)
		return true;
	return frame->line ? buf_printf(&job->text, " %s:%u", frame->file, frame->line) :
			     buf_printf(&job->text, " %s", frame->file);
}

static bool add_span(struct job *job, struct span s)
{
	return buf_add(&job->text, s.ptr, s.len);
}

/* Length of the absolute path "/build/linux/fs/a.c" with a line behind it ("...:12") at the start of s; 0: none. */
static size_t absolute_source(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] > ' ' && s.ptr[n] != ':' && s.ptr[n] != ')')
		n++;
	return n > 2 && n < 4096 && n + 1 < s.len && s.ptr[n] == ':' && isdigit((unsigned char)s.ptr[n + 1]) ? n : 0;
}

/* Text of the log in which the kernel wrote where it was compiled: "UBSAN: ... in /build/linux/fs/a.c:12:3". */
static struct culprit_error *add_piece(struct job *job, struct span s)
{
	size_t written = 0;

	for (size_t i = 0; i + 1 < s.len; i++) {
		struct culprit_error *err;
		char path[4096];
		const char *relative;
		size_t n;

		if (s.ptr[i] != '/' || (i && s.ptr[i - 1] != ' ' && s.ptr[i - 1] != '(') ||
		    !(n = absolute_source(span_skip(s, i))))
			continue;
		memcpy(path, s.ptr + i, n);
		path[n] = 0;
		err = symbolize_relative_path(job, NULL, path, &relative);
		if (err)
			return err;
		if (!add_span(job, (struct span){ s.ptr + written, i - written }) || !buf_add_str(&job->text, relative))
			return no_memory();
		written = i + n;
		i = written;
	}
	return add_span(job, span_skip(s, written)) ? NULL : no_memory();
}

/* The line once more for each inlined function, with its name where the symbol stands. */
static bool add_inlined(struct job *job, struct span line, const struct symbol_token *token,
			const struct expansion *expansion)
{
	for (size_t i = 0; i + 1 < expansion->n; i++) {
		const struct debuginfo_frame *frame = &expansion->frames[i];

		if (!frame->function || !frame->file)
			continue;
		if (!add_span(job, (struct span){ line.ptr, token->start }) || !buf_add_str(&job->text, frame->function) ||
		    !add_source(job, frame) || !buf_add_str(&job->text, " [inline]") ||
		    !add_span(job, span_skip(line, token->end)) || !buf_add_char(&job->text, '\n'))
			return false;
		job->n_lines++;
	}
	return true;
}

/* The symbol as the log has it, readable where it is mangled. */
static bool add_symbol(struct job *job, struct span line, const struct symbol_token *token)
{
	const char *plain = demangle(&job->out->arena, token->name);

	if (!plain)
		return add_span(job, (struct span){ line.ptr + token->start, token->end - token->start });
	return buf_add_str(&job->text, plain) &&
	       add_span(job, (struct span){ line.ptr + token->start + token->name.len,
					    token->end - token->start - token->name.len });
}

static struct culprit_error *write_bare(struct job *job, struct span line, struct symbol_token *token, bool *ret_done)
{
	char name[256];
	struct expansion expansion = { .n = 0 };
	struct culprit_error *err = symbolize_name_address(job, token, name, sizeof(name));

	*ret_done = false;
	if (err || !token->name.len)
		return err;
	err = symbolize_expand(job, token, token->place == SYMBOL_PC, &expansion);
	if (err || !expansion.n)
		return err;
	*ret_done = true;
	if (!token->leftover && !add_inlined(job, line, token, &expansion))
		return no_memory();
	if (!add_span(job, (struct span){ line.ptr, token->end }) ||
	    !buf_printf(&job->text, " %s+0x%llx/0x%llx", name, (unsigned long long)token->offset,
			(unsigned long long)token->size) ||
	    !add_source(job, &expansion.frames[expansion.n - 1]) || !add_span(job, span_skip(line, token->end)) ||
	    !buf_add_char(&job->text, '\n'))
		return no_memory();
	job->out->n_found++;
	return NULL;
}

/* A line with one symbol or several; only the last one's inlined functions get lines. */
static struct culprit_error *write_line(struct job *job, struct span line)
{
	struct symbol_token token, next;
	size_t at = 0, written = 0;
	struct culprit_error *err = NULL;
	bool more = symbol_next(line, &at, &token);

	for (; more; token = next) {
		struct expansion expansion = { .n = 0 };

		job->out->n_frames++;
		if (!token.name.len) {
			bool done;

			err = write_bare(job, line, &token, &done);
			if (err || done)
				return err;
		} else if (!token.done) {
			err = symbolize_expand(job, &token, is_exact(job, &token), &expansion);
			if (err)
				return err;
		}
		job->out->n_found += token.done || expansion.n;
		more = symbol_next(line, &at, &next);
		if (!more && !written && !token.leftover && !add_inlined(job, line, &token, &expansion))
			return no_memory();
		err = add_piece(job, (struct span){ line.ptr + written, token.start - written });
		if (err)
			return err;
		if (!(token.name.len ? add_symbol(job, line, &token) :
				       add_span(job, (struct span){ line.ptr + token.start, token.end - token.start })) ||
		    (expansion.n && !add_source(job, &expansion.frames[expansion.n - 1])))
			return no_memory();
		written = token.end;
	}
	err = add_piece(job, span_skip(line, written));
	return !err && !buf_add_char(&job->text, '\n') ? no_memory() : err;
}

static struct culprit_error *write_text(struct job *job)
{
	struct span text = { job->report->text, job->report->text_len }, line;
	struct culprit_error *err = NULL;
	size_t at = 0;
	uint32_t number = 0;

	job->line_map = arena_array(&job->out->arena, (size_t)job->report->n_text_lines + 2, sizeof(*job->line_map));
	if (!job->line_map)
		return no_memory();
	while (!err && symbol_next_line(text, &at, &line)) {
		err = write_line(job, line);
		if (number <= job->report->n_text_lines)
			job->line_map[number] = job->n_lines;
		number++;
		job->n_lines++;
	}
	return err;
}

/* --------------------------------------------------------------- stacks */

static uint32_t new_line(const struct job *job, uint32_t line)
{
	return line <= job->report->n_text_lines ? job->line_map[line] : line;
}

static struct culprit_error *expand_frame(struct job *job, const struct culprit_frame *frame, struct expansion *ret)
{
	struct symbol_token token = { 0 };

	ret->n = 0;
	if (!frame->function || !(frame->flags & CULPRIT_FRAME_HAS_OFFSET) || frame->file)
		return NULL;
	token.name = span_of(frame->function);
	token.module = span_of(frame->module ? frame->module : "");
	token.build_id = span_of(frame->build_id ? frame->build_id : "");
	token.offset = frame->offset;
	token.size = frame->size;
	return symbolize_expand(job, &token, frame->flags & CULPRIT_FRAME_EXACT, ret);
}

static bool add_frames(struct job *job, const struct culprit_frame *frame, const struct expansion *expansion,
		       struct buf *frames, size_t *n)
{
	uint32_t line = new_line(job, frame->text_line);

	for (size_t i = 0; i < expansion->n || !i; i++) {
		struct culprit_frame out = *frame;
		bool last = i + 1 >= expansion->n;

		out.text_line = line;
		if (expansion->n) {
			out.file = expansion->frames[i].file;
			out.line = expansion->frames[i].line;
		}
		if (!last) {
			if (!expansion->frames[i].function || (frame->flags & CULPRIT_FRAME_UNRELIABLE))
				continue;
			out.function = expansion->frames[i].function;
			out.flags |= CULPRIT_FRAME_INLINE;
			out.text_line = line - (uint32_t)(expansion->n - 1 - i);
		}
		if (!buf_add(frames, &out, sizeof(out)))
			return false;
		(*n)++;
	}
	return true;
}

static struct culprit_error *expand_stack(struct job *job, const struct culprit_stack *stack,
					  struct culprit_stack *ret)
{
	_cleanup_(buf_deinit) struct buf frames = { 0 };
	struct culprit_frame *kept;
	size_t n = 0;

	*ret = *stack;
	ret->text_line = new_line(job, stack->text_line);
	for (size_t i = 0; i < stack->n_frames; i++) {
		struct expansion expansion;
		struct culprit_error *err = expand_frame(job, &stack->frames[i], &expansion);

		if (err)
			return err;
		if (!add_frames(job, &stack->frames[i], &expansion, &frames, &n))
			return no_memory();
	}
	kept = arena_array(&job->out->arena, n, sizeof(*kept));
	if (n && !kept)
		return no_memory();
	if (n)
		memcpy(kept, frames.data, n * sizeof(*kept));
	ret->frames = kept;
	ret->n_frames = n;
	return NULL;
}

static struct culprit_error *expand_stacks(struct job *job)
{
	const struct culprit_report *report = job->report;
	struct culprit_stack *stacks = arena_array(&job->out->arena, report->n_stacks, sizeof(*stacks));
	struct culprit_error *err = NULL;

	if (report->n_stacks && !stacks)
		return no_memory();
	for (size_t i = 0; i < report->n_stacks && !err; i++)
		err = expand_stack(job, &report->stacks[i], &stacks[i]);
	job->out->report.stacks = stacks;
	return err;
}

/* ------------------------------------------------------------------ all */

/* The text alone is wanted. */
static struct culprit_error *give_text(struct job *job)
{
	struct culprit_report *report = &job->out->report;

	report->n_text_lines = job->n_lines;
	report->text_len = job->text.len;
	report->text = arena_dup(&job->out->arena, job->text.len ? buf_span(&job->text) : SPAN(""));
	return report->text ? NULL : no_memory();
}

static struct culprit_error *finish(struct job *job)
{
	struct culprit_report *report = &job->out->report;
	struct culprit_error *err;

	if (job->symbolizer->options.text_only)
		return give_text(job);
	err = symbolize_decode_codes(job);
	report->prefix_lines = report->prefix_lines ? new_line(job, report->prefix_lines - 1) + 1 : 0;
	if (!err)
		err = guilty_file(&job->symbolizer->options.patterns->guilty, buf_span(&job->text), report->prefix_lines,
				  &job->out->arena, &report->file_guilty);
	if (!err)
		err = symbolize_write_code(job);
	return err ? err : give_text(job);
}

static void look_at_vmlinux(struct job *job)
{
	for (size_t i = 0; i < job->n_uses; i++) {
		const struct use *use = &job->uses[i];

		if (!*use->module->name && job->symbolizer->options.vmlinux && (use->refused || !use->module->info))
			job->out->vmlinux_unused = true;
	}
}

static struct culprit_error *run(struct job *job)
{
	struct culprit_error *err;

	err = symbolizer_follow_version(job->symbolizer, job->report->kernel_version);
	if (!err)
		err = symbolize_count_fits(job);
	if (!err)
		err = symbolize_judge_fits(job);
	if (!err)
		err = write_text(job);
	if (!err && !job->symbolizer->options.text_only)
		err = expand_stacks(job);
	look_at_vmlinux(job);
	return err ? err : finish(job);
}

void symbolized_destroy(struct symbolized *symbolized)
{
	struct arena arena;

	if (!symbolized)
		return;
	arena = symbolized->arena;
	arena_deinit(&arena);
	free(symbolized);
}

void symbolized_destroyp(struct symbolized **symbolized)
{
	symbolized_destroy(*symbolized);
}

struct culprit_error *symbolize_report(struct symbolizer *symbolizer, const struct culprit_report *report,
				       struct symbolized **ret)
{
	_cleanup_(symbolized_destroyp) struct symbolized *out = calloc(1, sizeof(*out));
	_cleanup_(freep) struct job *job = calloc(1, sizeof(*job));
	struct culprit_error *err;

	if (!out || !job)
		return no_memory();
	out->report = *report;
	job->symbolizer = symbolizer;
	job->report = report;
	job->out = out;
	job->has_kernel_offset = report->has_kernel_offset;
	job->kernel_offset = report->kernel_offset;
	if (symbolizer->options.kernel_offset) {
		job->kernel_offset = *symbolizer->options.kernel_offset;
		job->has_kernel_offset = true;
	}
	err = run(job);
	buf_deinit(&job->text);
	if (err)
		return err;
	*ret = no_free_ptr(out);
	return NULL;
}
