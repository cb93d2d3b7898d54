/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a report may not be trusted: words of the patterns, and stacks that are announced and do not come. */
#include "report/title_parts.h"

static const struct title_text *whole_text(const struct title_input *in)
{
	return in->whole.text.len ? &in->whole : &in->text;
}

static bool has_doubt(struct finder *f, bool on_title, struct span text)
{
	const struct culprit_patterns *set = f->in->patterns;

	for (size_t i = 0; i < set->n_doubts; i++) {
		struct doubt *doubt = &set->doubts[i];

		if (doubt->on_title == on_title && regex_find(&doubt->match, f->in->scratch, text, 0, NULL)) {
			f->title->corrupted = doubt->reason;
			return true;
		}
	}
	return false;
}

#define FRAMES_WITHIN_LINES 15
/* A stack of one line has lost the rest where the log ends there. */
#define LINES_BELOW_HEADER 2

/* Where a stack is announced, at least one frame must follow soon. */
static bool stack_follows(const struct title_text *text, struct line_cursor c)
{
	const struct title_line *line;

	for (int i = 0; i < FRAMES_WITHIN_LINES && (line = next_line(&c)); i++) {
		struct span rest = span_skip(text->text, line->off);

		rest.len = cursor_off(&c, text) - line->off;
		if (line->frame || span_find(rest, SPAN("stack is not available")) >= 0)
			return true;
		if (line->header && line->header->role != CULPRIT_ROLE_OTHER_TASK &&
		    line->header->role != CULPRIT_ROLE_LOCK_TAKEN_AT)
			return false;
	}
	return false;
}

static bool has_frames_of_its_own(enum culprit_role role)
{
	return role == CULPRIT_ROLE_CALL_TRACE || role == CULPRIT_ROLE_ALLOCATED || role == CULPRIT_ROLE_FREED ||
	       role == CULPRIT_ROLE_LEAK || role == CULPRIT_ROLE_UNINIT_ORIGIN;
}

static void check_stacks(struct finder *f, bool need_stack)
{
	const struct title_text *text = whole_text(f->in);
	bool checked[CULPRIT_ROLE_OTHER + 1] = { false };
	struct line_cursor c = title_lines_from(text, 0);
	const struct title_line *line;
	bool any = false;

	while ((line = next_line(&c))) {
		const struct stack_header *header = line->header;

		any |= line->frame && !line->frame->pc && !line->frame->link;
		if (!header || header->may_be_empty || !has_frames_of_its_own(header->role) || checked[header->role])
			continue;
		checked[header->role] = true;
		if (need_stack && f->in->cut && c.n - c.at < LINES_BELOW_HEADER) {
			f->title->corrupted = "the log ends in a stack trace";
			return;
		}
		/* A call trace that the form does without may be empty. */
		if (stack_follows(text, c) || (!need_stack && header->role == CULPRIT_ROLE_CALL_TRACE))
			continue;
		f->title->corrupted = "no frames in a stack trace";
		return;
	}
	if (need_stack && !any)
		f->title->corrupted = "no stack trace in the report";
}

void title_find_doubts(struct finder *f)
{
	struct title *t = f->title;

	if (t->corrupted)
		return;
	if (f->torn) {
		t->corrupted = "somebody else's stack stands in the report";
		return;
	}
	if (t->form && t->form->corrupted) {
		t->corrupted = t->form->corrupted;
		return;
	}
	if (has_doubt(f, true, span_of(t->title)) || has_doubt(f, false, whole_text(f->in)->text))
		return;
	check_stacks(f, !t->form || !t->form->no_stack);
}
