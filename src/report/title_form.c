/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The form whose match begins first in the report wins, so that a report is
 * named by what happened first and not by its follow-ups; of forms that begin
 * at the same byte the first in the order of the patterns wins.
 */
#include "report/title_parts.h"

bool title_pattern_is_announced(const struct pattern *pattern, const struct title_input *in)
{
	if (pattern->disabled)
		return false;
	for (size_t i = 0; i < pattern->n_banners; i++) {
		for (size_t j = 0; j < in->n_banners; j++) {
			if (pattern->banners[i] == in->banners[j])
				return true;
		}
	}
	return false;
}

/* Does it match, beginning before that byte? */
static bool form_matches(struct form *form, const struct title_input *in, size_t before, struct regex_match *match,
			 struct regex_match *report)
{
	if (!regex_find_before(&form->match, in->scratch, in->text.text, 0, before, match))
		return false;
	if (!form->has_report)
		return true;
	/* What the report says further down belongs to what begins here. */
	return regex_find(&form->report, in->scratch, in->text.text, match->start[0], report);
}

static void try_form(const struct title_input *in, const struct pattern *pattern, struct form *form, struct choice *best)
{
	struct regex_match match, report;
	/* Who explains tells of those that lose, too. */
	size_t before = in->trace ? SIZE_MAX : best->start;

	if (form->disabled || !form_matches(form, in, before, &match, &report))
		return;
	title_trace(in, "  form %s/%s matches at byte %zu%s", pattern->name, form->name, match.start[0],
		    match.start[0] < best->start ? "" : ": loses to the one above");
	if (match.start[0] >= best->start)
		return;
	best->form = form;
	best->pattern = pattern;
	best->start = match.start[0];
	best->match = match;
	if (form->has_report)
		best->report = report;
}

static void try_forms(const struct title_input *in, size_t before, struct choice *ret)
{
	ret->form = NULL;
	ret->start = before;
	for (size_t i = 0; i < in->patterns->n_patterns; i++) {
		const struct pattern *pattern = &in->patterns->patterns[i];

		if (!title_pattern_is_announced(pattern, in))
			continue;
		if (!pattern_read_forms(in->patterns, pattern)) {
			regex_scratch_fail(in->scratch);
			return;
		}
		for (size_t j = 0; j < pattern->n_forms; j++)
			try_form(in, pattern, &pattern->forms[j], ret);
	}
}

/* Nearly always one begins in the first line: only if none does all of the text is searched. */
void title_choose_form(const struct title_input *in, struct choice *ret)
{
	const char *end = in->text.text.len ? memchr(in->text.text.ptr, '\n', in->text.text.len) : NULL;

	ret->form = NULL;
	if (end && !in->trace)
		try_forms(in, (size_t)(end - in->text.text.ptr) + 1, ret);
	if (!ret->form)
		try_forms(in, SIZE_MAX, ret);
}

bool title_needs_stack(const struct title_input *in)
{
	struct choice choice;

	title_choose_form(in, &choice);
	return !choice.form || !choice.form->no_stack;
}
