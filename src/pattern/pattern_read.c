/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small readings: strings, globs, expressions and words of a pattern file into the set. */
#include "pattern/pattern_parts.h"

/* Arrays that grow while a file is read; the set's arena gets the final form. */
struct culprit_error *loader_push(void *array, size_t *n, size_t size, const void *item, struct arena *arena)
{
	void **items = array;

	/* Powers of two: reallocate when n is one of them. */
	if ((*n & (*n - 1)) == 0) {
		void *grown = arena_room(arena, *n ? *n * 2 : 1, size);

		if (!grown)
			return &culprit_error_no_memory;
		if (*n)
			memcpy(grown, *items, *n * size);
		*items = grown;
	}
	memcpy((char *)*items + *n * size, item, size);
	++*n;
	return NULL;
}

struct pattern_place loader_place(const struct loader *l, const struct yaml_node *node)
{
	return (struct pattern_place){ l->doc->name, node->line, node->column };
}

/* Remember where text, which is kept by its address, was written. */
struct culprit_error *loader_note_text(struct loader *l, const struct yaml_node *node, const char *text)
{
	struct pattern_text entry = { text, loader_place(l, node) };

	return PUSH(l, l->set->texts, l->set->n_texts, &entry);
}

const struct pattern_place *pattern_set_place(const struct culprit_patterns *set, const char *text,
					      const struct pattern_place *fallback)
{
	for (size_t i = 0; i < set->n_texts; i++) {
		if (set->texts[i].text == text)
			return &set->texts[i].place;
	}
	return fallback;
}

/* An item that is no scalar is told where it stands; a mapping in place of the list is not one of its items. */
struct culprit_error *loader_expect_list(struct loader *l, const struct yaml_node *node, const char *what)
{
	return node->kind == YAML_MAPPING ? yaml_expect(l->doc, node, YAML_SEQUENCE, what) : NULL;
}

struct culprit_error *loader_get_string(struct loader *l, const struct yaml_node *node, const char *what,
					const char **ret)
{
	return yaml_get_string(l->doc, node, what, ret);
}

struct culprit_error *loader_get_strings(struct loader *l, const struct yaml_node *node, const char *what,
					 const char ***ret, size_t *ret_n)
{
	size_t n = list_len(node);
	const char **strings = arena_array(&l->set->arena, n + 1, sizeof(*strings));
	struct culprit_error *err = loader_expect_list(l, node, what);

	if (!err && !strings)
		err = &culprit_error_no_memory;
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		err = loader_get_string(l, list_item(node, i), what, &strings[i]);
		if (err)
			return err;
	}
	*ret = strings;
	*ret_n = n;
	return NULL;
}

const struct pattern_glob_set *loader_find_set(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->set->n_sets; i++) {
		if (!strcmp(l->set->sets[i].name, name))
			return &l->set->sets[i];
	}
	return NULL;
}

/* Globs; "@name" puts a role of functions or a set in its place. */
struct culprit_error *loader_get_globs(struct loader *l, const struct yaml_node *node, const char *what,
				       struct glob_list *ret)
{
	struct glob_list list = *ret;
	struct culprit_error *err = loader_expect_list(l, node, what);

	for (size_t i = 0; i < list_len(node) && !err; i++) {
		const struct yaml_node *item = list_item(node, i);
		const struct pattern_glob_set *ref;
		const char *glob;
		ptrdiff_t role;

		err = loader_get_string(l, item, what, &glob);
		if (err)
			return err;
		if (*glob != '@') {
			glob_list_note(&list, glob);
			err = PUSH(l, list.globs, list.n, &glob);
			continue;
		}
		role = functions_find_role(&l->set->functions, glob + 1);
		if (role >= 0) {
			list.functions = &l->set->functions;
			role_set_add(&list.roles, (size_t)role);
			continue;
		}
		ref = loader_find_set(l, glob + 1);
		if (!ref)
			return yaml_error(l->doc, item, "no role of functions and no set '%s'; they are defined under 'functions:' "
					  "and 'sets:'", glob + 1);
		list.roles = role_set_union(list.roles, ref->globs.roles);
		if (ref->globs.functions)
			list.functions = ref->globs.functions;
		for (size_t j = 0; j < ref->globs.n && !err; j++) {
			glob_list_note(&list, ref->globs.globs[j]);
			err = PUSH(l, list.globs, list.n, &ref->globs.globs[j]);
		}
	}
	*ret = list;
	return err;
}

static const char *find_macro(const struct loader *l, struct span name)
{
	for (size_t i = 0; i < l->set->n_macros; i++) {
		if (span_equal(name, span_of(l->set->macros[i].name)))
			return l->set->macros[i].text;
	}
	return NULL;
}

/* {{NAME}} becomes the macro's text. Macros may use macros defined before them. */
struct culprit_error *loader_expand(struct loader *l, const struct yaml_node *node, const char **ret)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct span rest = { node->text, node->len };
	ptrdiff_t at;

	if (span_find(rest, SPAN("{{")) < 0) {
		*ret = node->text;
		return NULL;
	}
	while ((at = span_find(rest, SPAN("{{"))) >= 0) {
		struct span tail = span_skip(rest, (size_t)at + 2);
		ptrdiff_t end = span_find(tail, SPAN("}}"));
		const char *text = end < 0 ? NULL : find_macro(l, (struct span){ tail.ptr, (size_t)end });

		if (!text)
			return yaml_error(l->doc, node, "no macro '{{%.*s}}'; macros are defined under 'macros:'",
					  end < 0 ? 0 : (int)end, tail.ptr);
		if (!buf_add(&out, rest.ptr, (size_t)at) || !buf_add_str(&out, text))
			return &culprit_error_no_memory;
		rest = span_skip(tail, (size_t)end + 2);
	}
	if (!buf_add(&out, rest.ptr, rest.len))
		return &culprit_error_no_memory;
	*ret = arena_dup(&l->set->arena, buf_span(&out));
	return *ret ? NULL : &culprit_error_no_memory;
}

struct culprit_error *loader_get_regex(struct loader *l, const struct yaml_node *node, const char *what,
				       struct regex *ret)
{
	const char *source = NULL;
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SCALAR, what);

	if (!err)
		err = loader_expand(l, node, &source);
	if (err)
		return err;
	regex_init(ret, source);
	return loader_note_text(l, node, source);
}

struct culprit_error *loader_get_regexes(struct loader *l, const struct yaml_node *node, const char *what,
					 struct regex **ret, size_t *ret_n)
{
	size_t n = list_len(node);
	struct regex *list = arena_array(&l->set->arena, n + 1, sizeof(*list));
	struct culprit_error *err = loader_expect_list(l, node, what);

	if (!err && !list)
		err = &culprit_error_no_memory;
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		err = loader_get_regex(l, list_item(node, i), what, &list[i]);
		if (err)
			return err;
	}
	*ret = list;
	*ret_n = n;
	return NULL;
}

struct culprit_error *loader_get_speaker(struct loader *l, const struct yaml_node *node, enum speaker *ret)
{
	static const struct enum_name speakers[] = { { "kernel", SPEAKER_KERNEL }, { "any", SPEAKER_ANY } };
	int value;
	struct culprit_error *err = loader_get_enum(l, node, "speaker", speakers, countof(speakers), &value);

	if (!err)
		*ret = (enum speaker)value;
	return err;
}

struct culprit_error *loader_unknown_key(struct loader *l, const struct yaml_node *key, const char *expected)
{
	return yaml_error(l->doc, key, "unknown key '%s'; expected one of: %s", key->text, expected);
}

struct culprit_error *loader_get_enum(struct loader *l, const struct yaml_node *node, const char *what,
				      const struct enum_name *names, size_t n, int *ret)
{
	_cleanup_(buf_deinit) struct buf list = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SCALAR, what);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (yaml_is(node, names[i].name)) {
			*ret = names[i].value;
			return NULL;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!buf_printf(&list, "%s%s", i ? ", " : "", names[i].name))
			return &culprit_error_no_memory;
	return yaml_error(l->doc, node, "%s is '%s'; expected one of: %s", what, node->text, list.data);
}

struct culprit_error *loader_check_literal(struct loader *l, const struct yaml_node *node, const char *literal)
{
	if (strlen(literal) < 4)
		return yaml_error(l->doc, node, "literal '%s' is too short: at least 4 bytes, the rarer the better",
				  literal);
	return NULL;
}
