/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A form's sources, down the report, to the frames that may be guilty.
 *
 * It fails where lines of two reports without caller prefixes are mixed: then
 * a frame of the other one may be taken.  The checks at the end (title_doubts.c)
 * find most of these and call the report corrupted.
 */
#include "report/title_parts.h"

#include "base/demangle.h"
#include "report/stack.h"
#include "report/symbol_scan.h"

/* Rust's names are told apart by their paths only: the linker's form says nothing to people or to globs. */
static struct span readable_name(const struct finder *f, struct span function)
{
	const char *name = is_mangled(function) ? demangle(f->arena, function) : NULL;

	return name ? span_of(name) : function;
}

static void add_frame(const struct finder *f, struct frame_list *list, struct span function)
{
	function = readable_name(f, stack_base_name(function));
	if (function.len && list->n < MAX_STACK_FRAMES)
		list->names[list->n++] = function;
}

/* Frames of a stack: a register points to where the report's own context was. */
static bool is_foreign(const struct culprit_patterns *set, const struct raw_frame *f)
{
	return !f->pc && !f->link && glob_list_match(&set->foreign, f->function);
}

/*
 * Dumps of other CPUs come in a row and are searched as one, and so do the links of a chain of locks; what was
 * allocated or freed where is another matter.
 */
static bool ends_stack(enum culprit_role role)
{
	if (role == CULPRIT_ROLE_OTHER_TASK || role == CULPRIT_ROLE_LOCK_TAKEN_AT || role == CULPRIT_ROLE_LOCKDEP_CHAIN)
		return false;
	return role != CULPRIT_ROLE_CALL_TRACE;
}

/*
 * Frames from here to the next header of another role.  False where a frame
 * says that the stack is somebody else's: what stands above it is the report's.
 */
static bool collect_stack(const struct finder *finder, struct line_cursor *c, struct frame_list *list)
{
	const struct culprit_patterns *set = finder->in->patterns;
	const struct title_line *line;

	while ((line = next_line(c))) {
		const struct raw_frame *f = line->frame;

		if (!f) {
			if (!line->header || !ends_stack(line->header->role))
				continue;
			/* whoever looks for it next */
			c->at--;
			break;
		}
		/* Only a symbolized log has these: a title must not depend on that. */
		if (f->flags & CULPRIT_FRAME_INLINE)
			continue;
		if (is_foreign(set, f))
			return false;
		if (frame_is_outside(f))
			continue;
		if (f->callee.len && !(list->n && span_equal(list->names[list->n - 1], stack_base_name(f->callee))))
			add_frame(finder, list, f->callee);
		if (!f->link)
			add_frame(finder, list, f->function);
	}
	return true;
}

/* Who called what is in no function: the link register says so, before any stack does. */
static void add_caller(const struct finder *f, struct frame_list *list, struct line_cursor c)
{
	const struct title_line *line;

	while ((line = next_line(&c))) {
		if (line->frame && line->frame->link && !frame_is_outside(line->frame)) {
			add_frame(f, list, line->frame->function);
			return;
		}
		if (line->header)
			return;
	}
}

/* Is a symbol named only because nothing nearer is below? */
static bool is_outside(struct span text, struct span symbol)
{
	size_t end = symbol.ptr ? (size_t)(symbol.ptr + symbol.len - text.ptr) : text.len;

	return stack_offset_is_outside(span_skip(text, end));
}

/*
 * Nothing but what prints stacks: the frame below it had it printed.  Where an
 * interrupt came into somebody else's work, the frames above are the report's.
 */
static bool all_generic(const struct finder *f, const struct frame_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!glob_list_match(&f->in->patterns->skip, list->names[i]))
			return false;
	}
	return true;
}

/*
 * Does a frame of somebody else's stand between the lines at c and a match that
 * begins at end?  Then c is left behind it.
 */
static bool passes_foreign(const struct finder *f, struct line_cursor *c, size_t end)
{
	struct line_cursor at = *c;
	const struct title_line *line;

	while ((line = next_line(&at)) && line->off < end) {
		if (line->frame && is_foreign(f->in->patterns, line->frame)) {
			*c = at;
			return true;
		}
	}
	return false;
}

/* What a step came to. */
struct step_hit {
	size_t off;			/* where in the text it begins */
	struct line_cursor after;	/* the lines behind it */
	struct span function;		/* the frame, if the step gives one */
	bool outside;			/* that is named only because nothing nearer is below */
};

/*
 * arm's unwinder has no words for it: what stands before its frames, or the
 * first of them.  Behind a line of numbers that another message cut, the words
 * stand at the end ("dffffc0000000000Call Trace:").
 */
static bool begins_trace(const struct title_text *text, const struct title_line *line, size_t end)
{
	static const struct span words = { "Call Trace:", 11 };
	struct span s = { text->text.ptr + line->off, end - line->off - 1 };

	if (line->frame)
		return span_equal(line->frame->callee, SPAN("unwind_backtrace"));
	if (line->header)
		return line->header->role == CULPRIT_ROLE_CALL_TRACE;
	s = span_trim(s);
	return span_starts(s, SPAN("Stack: (0x")) ||
	       (s.len > words.len && span_equal(span_skip(s, s.len - words.len), words));
}

/* Is it a frame of one of the functions, or of one that they called? */
static bool is_frame_of(const struct raw_frame *frame, const struct glob_list *functions)
{
	return frame && (glob_list_match(functions, stack_base_name(frame->function)) ||
			 (frame->callee.len && glob_list_match(functions, stack_base_name(frame->callee))));
}

static bool fits_step(const struct finder *f, const struct frame_step *step, const struct title_line *line, size_t end)
{
	const struct raw_frame *frame = line->frame;

	if (step->kind == STEP_PC)
		return frame && frame->pc && !(frame->flags & CULPRIT_FRAME_INLINE);
	if (step->kind == STEP_FUNCTION)
		return is_frame_of(frame, &step->functions);
	return begins_trace(&f->in->text, line, end);
}

static bool find_line(const struct finder *f, const struct frame_step *step, struct line_cursor c, struct step_hit *ret)
{
	const struct title_line *line;

	while ((line = next_line(&c))) {
		const struct raw_frame *frame = line->frame;

		if (!fits_step(f, step, line, cursor_off(&c, &f->in->text)))
			continue;
		*ret = (struct step_hit){ .off = line->off, .after = c };
		if (step->kind == STEP_PC) {
			ret->function = frame->function;
			ret->outside = frame_is_outside(frame);
		}
		return true;
	}
	return false;
}

/* From the byte of the text where the lines at c begin, or where the form's match does. */
static bool find_match(const struct finder *f, struct frame_step *step, size_t off, struct step_hit *ret)
{
	size_t start = f->choice.match.start[0];
	/* What stands in the line of the form's match before it is not looked at. */
	struct span rest = span_skip(f->in->text.text, start);
	struct regex_match m;

	if (!regex_find(&step->re, f->in->scratch, rest, off - start, &m))
		return false;
	*ret = (struct step_hit){ .off = start + m.start[0], .after = title_lines_from(&f->in->text, start + m.end[0]) };
	if (step->captures) {
		ret->function = regex_group(&m, 1);
		ret->outside = is_outside(rest, ret->function);
	}
	return true;
}

/*
 * One source: its steps, one after the other, down the report.  A step that
 * gives a frame puts it on the list; the stack step collects stack after stack
 * until one of them yields.  A step that meets a stack of somebody else's is
 * over: what it was to find is mixed with that.
 */
static bool run_source(struct finder *f, const struct frame_source *source, struct span *ret, const char **ret_as)
{
	const struct title_text *text = &f->in->text;
	size_t off = f->choice.match.start[0];
	struct line_cursor c = title_lines_from(text, off);
	struct frame_list *list = &f->list;
	bool found = false;

	list->n = 0;
	for (size_t i = 0; i < source->n_steps && !found; i++, off = cursor_off(&c, text)) {
		struct frame_step *step = &source->steps[i];
		struct step_hit hit;

		if (step->kind == STEP_STACK) {
			if (!collect_stack(f, &c, list) && all_generic(f, list)) {
				f->torn = true;
				list->n = 0;
			} else {
				found = title_pick(f, source, list, ret, ret_as);
			}
			continue;
		}
		if (!(step->kind == STEP_LINE ? find_match(f, step, off, &hit) : find_line(f, step, c, &hit)))
			break;
		if (passes_foreign(f, &c, hit.off)) {
			f->torn = true;
			continue;
		}
		c = hit.after;
		if (!hit.function.len)
			continue;
		if (hit.outside)
			add_caller(f, list, c);
		else
			add_frame(f, list, hit.function);
		/* Anchored picks want the whole stack; others may stop at once. */
		if (!source->pick || glob_list_is_empty(&source->pick->anchors))
			found = title_pick(f, source, list, ret, ret_as);
	}
	return found;
}

/* The first symbol of the line that the form matched. */
static struct span banner_function(const struct finder *f)
{
	struct span line = span_skip(f->in->text.text, f->choice.match.start[0]);
	const char *end = line.len ? memchr(line.ptr, '\n', line.len) : NULL;
	struct symbol_token token;
	size_t at = 0;

	if (end)
		line.len = (size_t)(end - line.ptr);
	while (symbol_next(line, &at, &token)) {
		if (token.name.len && (!token.size || token.offset <= token.size))
			return readable_name(f, stack_base_name(token.name));
	}
	return (struct span){ 0 };
}

/*
 * A helper was at work, and the report was cut before its stack.  What the text
 * still names, in this order: the banner's function, who called it (lr, ra), and
 * where no other is left the helper itself.  Where there is no link register
 * (x86), and of a function that is no helper's, the community says "corrupted"
 * when the stack is missing.
 */
static bool last_resort(const struct finder *f, struct span *ret)
{
	const struct glob_list *skip = &f->in->patterns->skip;
	struct line_cursor c = title_lines_from(&f->in->text, f->choice.match.start[0]);
	struct span pc = { 0 }, best = banner_function(f);
	const struct title_line *line;
	bool linked = false;

	if (glob_list_match(skip, best))
		best.len = 0;
	while ((line = next_line(&c))) {
		const struct raw_frame *raw = line->frame;
		struct span name;

		if (!raw || !(raw->pc || raw->link) || frame_is_outside(raw))
			continue;
		linked |= raw->link;
		name = readable_name(f, stack_base_name(raw->function));
		if (raw->pc && !pc.len)
			pc = name;
		if (!best.len && name.len && !glob_list_match(skip, name))
			best = name;
	}
	*ret = best.len ? best : pc;
	return linked && pc.len && glob_list_match(skip, pc);
}

bool title_find_frame(struct finder *f, const struct form *form, struct span *ret, const char **ret_as)
{
	bool found = false;

	for (size_t i = 0; i < form->n_sources && !found; i++)
		found = run_source(f, &form->sources[i], ret, ret_as);
	if (!found && form->n_sources && !form->sources[0].pick && !f->torn && !f->in->whole.text.len)
		found = last_resort(f, ret);
	return found;
}

bool title_find_origin(struct finder *f, const struct form *form, struct span *ret)
{
	bool found = false, torn = f->torn;
	const char *as;

	for (size_t i = 0; i < form->n_origins && !found; i++)
		found = run_source(f, &form->origins[i], ret, &as);
	/* What is mixed with another stack there says nothing of the frame. */
	f->torn = torn;
	return found;
}
