/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every expression of a set: compiled to find mistakes, and let go.
 *
 * Refuses an expression that PCRE2 does not take, and a title that names a
 * group nobody has, each with its place.
 */
#include "pattern/pattern_parts.h"

typedef struct culprit_error *regex_visitor(struct regex *re, const struct pattern_place *place, void *data);

static struct culprit_error *visit_sources(struct frame_source *sources, size_t n, const struct pattern_place *place,
					   regex_visitor *visit, void *data)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; !err && i < n; i++) {
		for (size_t j = 0; !err && j < sources[i].n_steps; j++) {
			if (sources[i].steps[j].kind == STEP_LINE)
				err = visit(&sources[i].steps[j].re, place, data);
		}
	}
	return err;
}

static struct culprit_error *visit_form(struct form *form, regex_visitor *visit, void *data)
{
	struct culprit_error *err = visit(&form->match, &form->place, data);

	if (!err && form->has_report)
		err = visit(&form->report, &form->place, data);
	if (!err)
		err = visit_sources(form->sources, form->n_sources, &form->place, visit, data);
	if (!err)
		err = visit_sources(form->origins, form->n_origins, &form->place, visit, data);
	return err;
}

static struct culprit_error *visit_banner(struct banner *banner, regex_visitor *visit, void *data)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; !err && i < banner->n_ignore; i++)
		err = visit(&banner->ignore[i], &banner->place, data);
	for (size_t i = 0; !err && i < banner->n_follow_if; i++)
		err = visit(&banner->follow_if[i], &banner->place, data);
	for (size_t i = 0; !err && i < banner->n_require; i++)
		err = visit(&banner->require[i], &banner->place, data);
	return err;
}

/* Every expression of the set, with the entry it stands in. */
static struct culprit_error *visit_regexes(struct culprit_patterns *set, regex_visitor *visit, void *data)
{
	static const struct pattern_place nowhere = { "patterns", 0, 0 };	/* pattern_set_place knows better */
	struct culprit_error *err = NULL;

	for (size_t i = 0; !err && i < set->n_banners; i++)
		err = visit_banner(&set->banners[i], visit, data);
	for (size_t i = 0; !err && i < set->n_patterns; i++) {
		for (size_t j = 0; !err && j < set->patterns[i].n_forms; j++)
			err = visit_form(&set->patterns[i].forms[j], visit, data);
	}
	for (size_t i = 0; !err && i < set->n_marks; i++) {
		if (set->marks[i].has_match)
			err = visit(&set->marks[i].match, &nowhere, data);
	}
	for (size_t i = 0; !err && i < set->n_watches; i++)
		err = visit(&set->watches[i].match, &nowhere, data);
	for (size_t i = 0; !err && i < set->n_cleanup; i++)
		err = visit(&set->cleanup[i].match, &nowhere, data);
	for (size_t i = 0; !err && i < set->n_doubts; i++)
		err = visit(&set->doubts[i].match, &nowhere, data);
	for (size_t i = 0; !err && i < set->n_remarks; i++) {
		if (set->remarks[i].has_match)
			err = visit(&set->remarks[i].match, &nowhere, data);
	}
	if (!err && set->has_executor)
		err = visit(&set->executor, &nowhere, data);
	return err;
}

static struct culprit_error *check_one(struct regex *re, const struct pattern_place *place, void *data)
{
	size_t off = 0;
	struct culprit_error *err = regex_check(re, &off);

	if (!err)
		return NULL;
	place = pattern_set_place(data, re->source, place);
	return culprit_error_context(err, "%s:%u:%u: at byte %zu of '%s'", place->file, place->line, place->column, off,
				     re->source);
}

static struct culprit_error *free_one(struct regex *re, const struct pattern_place *place, void *data)
{
	(void)place;
	(void)data;
	regex_deinit(re);
	return NULL;
}

/* {name} in a title must be a group of the form, or a frame. */
static bool is_known_name(const struct form *form, const char *name, bool alt)
{
	if (!strcmp(name, "frame") || !strcmp(name, "phase"))
		return true;
	if (!strcmp(name, "origin"))
		return alt && form->n_origins;
	return regex_has_group((struct regex *)&form->match, name) ||
	       (form->has_report && regex_has_group((struct regex *)&form->report, name));
}

static struct culprit_error *check_template(const struct culprit_patterns *set, const struct form *form,
					    const char *text, bool alt)
{
	const struct pattern_place *place = pattern_set_place(set, text, &form->place);

	for (const char *p = text; (p = strchr(p, '{')) != NULL; p++) {
		size_t n = strcspn(p + 1, "}");
		char name[64];

		if (!p[1 + n] || n == 0 || n >= sizeof(name))
			return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s:%u:%u: '{' without '}' in '%s'",
						    place->file, place->line, place->column, text);
		memcpy(name, p + 1, n);
		name[n] = '\0';
		if (is_known_name(form, name, alt))
			continue;
		return culprit_error_create(CULPRIT_ERROR_SYNTAX,
					    "%s:%u:%u: '{%s}' in '%s' is neither 'frame' nor a named group of match or report",
					    place->file, place->line, place->column, name, text);
	}
	return NULL;
}

static struct culprit_error *check_form(const struct culprit_patterns *set, const struct form *form)
{
	struct culprit_error *err = check_template(set, form, form->title, false);

	for (size_t i = 0; !err && i < form->n_alts; i++)
		err = check_template(set, form, form->alts[i], true);
	return err;
}

void pattern_set_free_regexes(struct culprit_patterns *set)
{
	visit_regexes(set, free_one, NULL);
}

struct culprit_error *pattern_set_check(struct culprit_patterns *set)
{
	struct culprit_error *err = pattern_set_read_forms(set);

	if (!err)
		err = visit_regexes(set, check_one, set);
	for (size_t i = 0; !err && i < set->n_patterns; i++) {
		for (size_t j = 0; !err && j < set->patterns[i].n_forms; j++)
			err = check_form(set, &set->patterns[i].forms[j]);
	}
	if (!err && set->has_executor) {
		const struct pattern_place *place = pattern_set_place(set, set->executor.source, NULL);

		if (regex_n_groups(&set->executor) < 2)
			err = culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s:%u:%u: executor needs two groups: proc and id",
						   place->file, place->line, place->column);
	}
	return err;
}
