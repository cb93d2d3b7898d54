/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report to its title: which form of which pattern, which frame, which words.
 * The steps are files of their own: see title_parts.h.
 */
#include "report/title_parts.h"

#define NO_FRAME "corrupted"

static void find_type(struct finder *f)
{
	const struct culprit_patterns *set = f->in->patterns;

	if (f->title->form && f->title->form->type) {
		f->title->type = *f->title->form->type ? f->title->form->type : NULL;
		return;
	}
	for (size_t i = 0; i < set->n_types; i++) {
		if (glob_match(set->types[i].title, span_of(f->title->title))) {
			f->title->type = *set->types[i].type ? set->types[i].type : NULL;
			return;
		}
	}
}

/* No form knows the report: the banner's own line, from its literal on, is better than nothing. */
static struct culprit_error *title_from_banner(struct finder *f)
{
	const struct banner *banner = &f->in->patterns->banners[f->in->banners[0]];
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct span line = f->in->text.text;
	ptrdiff_t at = span_find(line, (struct span){ banner->literal, banner->len });
	const char *end;

	line = span_skip(line, at < 0 ? 0 : (size_t)at);
	end = line.len ? memchr(line.ptr, '\n', line.len) : NULL;
	if (end)
		line.len = (size_t)(end - line.ptr);
	if (!buf_add(&text, line.ptr, line.len))
		return &culprit_error_no_memory;
	f->title->title = title_clean(f, &text);
	if (!f->title->title)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < f->in->patterns->n_patterns && !f->title->pattern; i++) {
		if (title_pattern_is_announced(&f->in->patterns->patterns[i], f->in))
			f->title->pattern = &f->in->patterns->patterns[i];
	}
	f->title->corrupted = "no pattern knows this form of report";
	find_type(f);
	return NULL;
}

static struct culprit_error *find_origin(struct finder *f, const struct form *form)
{
	struct frame_names names = { .n = 0 };
	struct culprit_error *err;
	struct span function;

	if (!title_find_origin(f, form, &function))
		return NULL;
	err = title_name_frame(f, function, NULL, &names);
	f->origin = err ? NULL : names.names[0];
	return err;
}

static struct culprit_error *title_from_form(struct finder *f, const struct form *form)
{
	struct frame_names names = { { NO_FRAME }, 1 };
	struct culprit_error *err;
	const char *group = NULL;
	struct span function;

	if (title_find_frame(f, form, &function, &group)) {
		names.n = 0;
		err = title_name_frame(f, function, group, &names);
		if (err)
			return err;
		f->title->frame = names.names[0];
		title_trace(f->in, "  guilty frame: %s", names.names[0]);
	} else if (form->n_sources) {
		f->title->corrupted = "no guilty frame found";
		f->title->no_frame = true;
		f->title->frame = NO_FRAME;
	}
	err = form->n_origins ? find_origin(f, form) : NULL;
	if (!err)
		err = title_make(f, form, &names);
	if (err)
		return err;
	f->title->suppressed = form->suppressed;
	find_type(f);
	title_find_doubts(f);
	return NULL;
}

/* Something happened that nobody announced. */
static struct culprit_error *title_from_event(struct finder *f)
{
	struct frame_names names = { { "" }, 1 };
	struct culprit_error *err;

	f->title->pattern = pattern_set_event(f->in->patterns, f->in->event);
	if (!f->title->pattern) {
		f->title->title = arena_dup(f->arena, span_of(f->in->event));
		return f->title->title ? NULL : &culprit_error_no_memory;
	}
	if (!pattern_read_forms(f->in->patterns, f->title->pattern))
		return &culprit_error_no_memory;
	f->title->form = &f->title->pattern->forms[0];
	err = title_make(f, f->title->form, &names);
	if (!err)
		find_type(f);
	return err;
}

struct culprit_error *title_find(const struct title_input *in, struct arena *arena, struct title *ret)
{
	struct finder f = { .in = in, .arena = arena, .title = ret };
	struct culprit_error *err;

	*ret = (struct title){ 0 };
	if (in->event)
		return title_from_event(&f);
	title_choose_form(in, &f.choice);
	ret->form = f.choice.form;
	ret->pattern = ret->form ? f.choice.pattern : NULL;
	if (ret->form)
		title_trace(in, "  chosen: %s/%s (%s:%u)", ret->pattern->name, ret->form->name, ret->form->place.file,
			    ret->form->place.line);
	err = ret->form ? title_from_form(&f, ret->form) : title_from_banner(&f);
	/* What looks for a frame says only whether there is one. */
	if (!err && (arena->failed || regex_scratch_no_memory(in->scratch)))
		return &culprit_error_no_memory;
	if (!err && regex_scratch_hit_limit(in->scratch) && !ret->corrupted)
		ret->corrupted = "an expression took too many steps on this report";
	return err;
}
