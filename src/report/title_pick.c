/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of a stack's frames is guilty.  What a function is says the table
 * (patterns/functions.yaml); which of that is innocent here, the form.
 */
#include "report/title_parts.h"

/* Say why a frame is passed over: the role that it has, and the word that gives it. */
static void trace_skipped(const struct finder *f, const struct frame_source *source, struct span name)
{
	const struct functions *table = &f->in->patterns->functions;
	struct role_set roles, passed = source->skip.roles;

	if (!f->in->trace)
		return;
	if (source->pick)
		passed = role_set_union(passed, source->pick->skip.roles);
	else if (!source->no_default_skip)
		passed = role_set_union(passed, f->in->patterns->skip.roles);
	roles = role_set_common(functions_roles_of(table, name), passed);
	for (size_t i = 0; i < table->n_roles; i++) {
		const struct function_role *role = &table->roles[i];

		if (!role_set_has(roles, i))
			continue;
		title_trace(f->in, "  frame %.*s is passed over: %s ('%s' in its name): %s", (int)name.len, name.ptr, role->name,
			    functions_word_of(table, name, i)->text, role->why ? role->why : "no reason is given");
		return;
	}
	title_trace(f->in, "  frame %.*s is passed over: a list of this form names it", (int)name.len, name.ptr);
}

static bool is_skipped(const struct finder *f, const struct frame_source *source, struct span name)
{
	if (glob_list_match(&source->skip, name))
		return true;
	if (source->pick)
		return glob_list_match(&source->pick->skip, name);
	return !source->no_default_skip && glob_list_match(&f->in->patterns->skip, name);
}

/* Entry points are known by the names that they have on every architecture: "ioctl" for "__x64_sys_ioctl". */
static struct span bare_name(const struct culprit_patterns *set, struct span name)
{
	for (size_t i = 0; i < set->n_prefixes; i++) {
		const struct name_prefix *prefix = &set->prefixes[i];
		size_t len = strlen(prefix->prefix);

		if (name.len > len && !*prefix->becomes[prefix->n - 1] &&
		    span_starts(name, (struct span){ prefix->prefix, len }))
			return span_skip(name, len);
	}
	return name;
}

static bool is_anchor(const struct finder *f, const struct pick *pick, struct span name)
{
	return glob_list_match(&pick->anchors, name) || glob_list_match(&pick->anchors, bare_name(f->in->patterns, name));
}

static bool is_in_group(const struct pick *pick, struct span name)
{
	for (size_t g = 0; g < pick->n_groups; g++) {
		if (glob_list_match(&pick->groups[g].frames, name))
			return true;
	}
	return false;
}

/* A frame of a group, above the first anchor where the pick has such. */
static bool pick_group(const struct finder *f, const struct pick *pick, const struct frame_list *list, struct span *ret,
		       const char **ret_as)
{
	for (size_t i = 0; i < list->n; i++) {
		if (is_anchor(f, pick, list->names[i]) && !is_in_group(pick, list->names[i]))
			return false;
		for (size_t g = 0; g < pick->n_groups; g++) {
			if (!glob_list_match(&pick->groups[g].frames, list->names[i]))
				continue;
			*ret = list->names[i];
			*ret_as = pick->groups[g].as;
			return true;
		}
	}
	return false;
}

static bool pick_by_anchor(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
			   struct span *ret)
{
	bool have = false;

	for (size_t i = 0; i < list->n; i++) {
		if (is_anchor(f, source->pick, list->names[i])) {
			/* What nothing was called from is the loop itself. */
			if (!have)
				*ret = list->names[i];
			title_trace(f->in, "  anchor %.*s: %.*s is taken", (int)list->names[i].len, list->names[i].ptr,
				    (int)ret->len, ret->ptr);
			return true;
		}
		if (is_skipped(f, source, list->names[i])) {
			trace_skipped(f, source, list->names[i]);
			continue;
		}
		*ret = list->names[i];
		have = true;
	}
	return false;
}

static bool pick_first(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
		       struct span *ret)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!is_skipped(f, source, list->names[i])) {
			*ret = list->names[i];
			return true;
		}
		trace_skipped(f, source, list->names[i]);
	}
	return false;
}

bool title_pick(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
		struct span *ret, const char **ret_as)
{
	*ret_as = NULL;
	if (source->pick && pick_group(f, source->pick, list, ret, ret_as))
		return true;
	if (source->pick && !glob_list_is_empty(&source->pick->anchors))
		return pick_by_anchor(f, source, list, ret);
	return pick_first(f, source, list, ret);
}
