/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pattern files to a set.
 *
 *	sets:
 *	  allocators: [kmalloc*, kmem_cache_alloc*]
 *	banners:
 *	  - literal: "BUG:"
 *	    ignore: ['BUG: \w+ is fine']
 *	patterns:
 *	  - name: kasan
 *	    banner: "BUG:"
 *	    forms:
 *	      - match: 'BUG: KASAN: (?<what>[a-z-]+) in '
 *	        report: '(?<access>Read|Write) of size'
 *	        title: "KASAN: {what} {access} in {frame}"
 *	        frames:
 *	          - from: [stack]
 *	            skip: ["@allocators"]
 *
 * Files are read in order; what stands in a later one replaces what has the
 * same name in an earlier one.  Patterns of later files are tried first.
 * Refuses unknown keys, dangling names and anything of the wrong shape, with
 * its place.
 */
#include "pattern/pattern.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

struct loader {
	struct culprit_patterns *set;
	const struct yaml_doc *doc;	/* the one being read */
};

/* ------------------------------------------------------------- vectors */

/* Arrays that grow while a file is read; the set's arena gets the final form. */
static struct culprit_error *push(void *array, size_t *n, size_t size, const void *item, struct arena *arena)
{
	void **items = array;

	/* Powers of two: reallocate when n is one of them. */
	if ((*n & (*n - 1)) == 0) {
		void *grown = arena_array(arena, *n ? *n * 2 : 1, size);

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

#define PUSH(l, array, n, item) push(&(array), &(n), sizeof(*(array)), (item), &(l)->set->arena)

/* --------------------------------------------------------------- globs */

bool glob_match(const char *glob, struct span s)
{
	size_t len = (size_t)(strchrnul(glob, '*') - glob);
	bool last = !glob[len];

	if (!span_starts(s, (struct span){ glob, len }))
		return false;
	s = span_skip(s, len);
	/* Between two stars: where it stands first.  Behind the last: at the end. */
	while (!last) {
		struct span part;
		ptrdiff_t at;

		glob += len + 1;
		len = (size_t)(strchrnul(glob, '*') - glob);
		last = !glob[len];
		part = (struct span){ glob, len };
		if (last)
			return s.len >= len && span_equal(span_skip(s, s.len - len), part);
		at = span_find(s, part);
		if (at < 0)
			return false;
		s = span_skip(s, (size_t)at + len);
	}
	return !s.len;
}

void glob_list_note(struct glob_list *list, const char *glob)
{
	unsigned char c = (unsigned char)*glob;

	if (c == '*')
		memset(list->first, 0xff, sizeof(list->first));
	else
		list->first[c / 64] |= UINT64_C(1) << c % 64;
}

bool glob_list_match(const struct glob_list *list, struct span s)
{
	unsigned char c = s.len ? (unsigned char)*s.ptr : 0;

	/* The empty glob begins with its NUL. */
	if (!(list->first[c / 64] >> c % 64 & 1))
		return false;
	for (size_t i = 0; i < list->n; i++) {
		const char *glob = list->globs[i];

		if ((*glob == '*' || *glob == (char)c) && glob_match(glob, s))
			return true;
	}
	return false;
}

/* ---------------------------------------------------------- small readings */

static struct culprit_error *get_string(struct loader *l, const struct yaml_node *node, const char *what,
					const char **ret)
{
	return yaml_get_string(l->doc, node, what, ret);
}

static struct pattern_place place_of(const struct loader *l, const struct yaml_node *node)
{
	return (struct pattern_place){ l->doc->name, node->line, node->column };
}

/* Remember where text, which is kept by its address, was written. */
static struct culprit_error *note_text(struct loader *l, const struct yaml_node *node, const char *text)
{
	struct pattern_text entry = { text, place_of(l, node) };

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

/* One scalar stands for a sequence of one. */
static size_t list_len(const struct yaml_node *node)
{
	return node->kind == YAML_SEQUENCE ? node->n : 1;
}

static const struct yaml_node *list_item(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_SEQUENCE ? node->items[i] : node;
}

/* An item that is no scalar is told where it stands; a mapping in place of the list is not one of its items. */
static struct culprit_error *expect_list(struct loader *l, const struct yaml_node *node, const char *what)
{
	return node->kind == YAML_MAPPING ? yaml_expect(l->doc, node, YAML_SEQUENCE, what) : NULL;
}

static struct culprit_error *get_strings(struct loader *l, const struct yaml_node *node, const char *what,
					 const char ***ret, size_t *ret_n)
{
	size_t n = list_len(node);
	const char **strings = arena_array(&l->set->arena, n + 1, sizeof(*strings));
	struct culprit_error *err = expect_list(l, node, what);

	if (!err && !strings)
		err = &culprit_error_no_memory;
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		err = get_string(l, list_item(node, i), what, &strings[i]);
		if (err)
			return err;
	}
	*ret = strings;
	*ret_n = n;
	return NULL;
}

static const struct pattern_glob_set *find_set(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->set->n_sets; i++) {
		if (!strcmp(l->set->sets[i].name, name))
			return &l->set->sets[i];
	}
	return NULL;
}

/* Globs; "@name" puts a set in its place. */
static struct culprit_error *get_globs(struct loader *l, const struct yaml_node *node, const char *what,
				       struct glob_list *ret)
{
	struct glob_list list = *ret;
	struct culprit_error *err = expect_list(l, node, what);

	for (size_t i = 0; i < list_len(node) && !err; i++) {
		const struct yaml_node *item = list_item(node, i);
		const struct pattern_glob_set *ref;
		const char *glob;

		err = get_string(l, item, what, &glob);
		if (err)
			return err;
		if (*glob != '@') {
			glob_list_note(&list, glob);
			err = PUSH(l, list.globs, list.n, &glob);
			continue;
		}
		ref = find_set(l, glob + 1);
		if (!ref)
			return yaml_error(l->doc, item, "no set '%s'; sets are defined under 'sets:'", glob + 1);
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
static struct culprit_error *expand(struct loader *l, const struct yaml_node *node, const char **ret)
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


static struct culprit_error *get_regex(struct loader *l, const struct yaml_node *node, const char *what,
				       struct regex *ret)
{
	const char *source = NULL;
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SCALAR, what);

	if (!err)
		err = expand(l, node, &source);
	if (err)
		return err;
	regex_init(ret, source);
	return note_text(l, node, source);
}

static struct culprit_error *get_regexes(struct loader *l, const struct yaml_node *node, const char *what,
					 struct regex **ret, size_t *ret_n)
{
	size_t n = list_len(node);
	struct regex *list = arena_array(&l->set->arena, n + 1, sizeof(*list));
	struct culprit_error *err = expect_list(l, node, what);

	if (!err && !list)
		err = &culprit_error_no_memory;
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		err = get_regex(l, list_item(node, i), what, &list[i]);
		if (err)
			return err;
	}
	*ret = list;
	*ret_n = n;
	return NULL;
}

static struct culprit_error *unknown_key(struct loader *l, const struct yaml_node *key, const char *expected)
{
	return yaml_error(l->doc, key, "unknown key '%s'; expected one of: %s", key->text, expected);
}

struct enum_name { const char *name; int value; };

static struct culprit_error *get_enum(struct loader *l, const struct yaml_node *node, const char *what,
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

/* -------------------------------------------------------- named sections */

static struct culprit_error *read_macros(struct loader *l, const struct yaml_node *node)
{
	YAML_FOR_EACH_PAIR(pair, node) {
		struct pattern_macro macro = { .name = pair->key->text };
		struct culprit_error *err = yaml_expect(l->doc, pair->value, YAML_SCALAR, "a macro");
		bool replaced = false;

		if (!err)
			err = expand(l, pair->value, &macro.text);
		if (err)
			return err;
		for (size_t i = 0; i < l->set->n_macros; i++) {
			if (!strcmp(l->set->macros[i].name, macro.name)) {
				l->set->macros[i] = macro;
				replaced = true;
			}
		}
		if (!replaced && (err = PUSH(l, l->set->macros, l->set->n_macros, &macro)))
			return err;
	}
	return NULL;
}

static struct culprit_error *read_sets(struct loader *l, const struct yaml_node *node)
{
	YAML_FOR_EACH_PAIR(pair, node) {
		struct pattern_glob_set set = { .name = pair->key->text };
		struct culprit_error *err = get_globs(l, pair->value, "a set", &set.globs);
		struct pattern_glob_set *old;

		if (err)
			return err;
		old = (struct pattern_glob_set *)find_set(l, set.name);
		if (old)
			*old = set;
		else if ((err = PUSH(l, l->set->sets, l->set->n_sets, &set)))
			return err;
	}
	return NULL;
}

static struct culprit_error *read_pick_group(struct loader *l, const struct yaml_node *node, struct pick *pick)
{
	struct pick_group group = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "a group");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "frames"))
			err = get_globs(l, pair->value, "frames", &group.frames);
		else if (yaml_is(pair->key, "as"))
			err = get_string(l, pair->value, "as", &group.as);
		else
			err = unknown_key(l, pair->key, "frames, as");
		if (err)
			return err;
	}
	return PUSH(l, pick->groups, pick->n_groups, &group);
}

static struct culprit_error *read_pick(struct loader *l, const char *name, const struct yaml_node *node)
{
	struct pick pick = { .name = name };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "a pick");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "skip"))
			err = get_globs(l, pair->value, "skip", &pick.skip);
		else if (yaml_is(pair->key, "anchors"))
			err = get_globs(l, pair->value, "anchors", &pick.anchors);
		else if (yaml_is(pair->key, "groups")) {
			err = yaml_expect(l->doc, pair->value, YAML_SEQUENCE, "groups");
			for (size_t i = 0; !err && i < pair->value->n; i++)
				err = read_pick_group(l, pair->value->items[i], &pick);
		} else
			err = unknown_key(l, pair->key, "groups, anchors, skip");
		if (err)
			return err;
	}
	for (size_t i = 0; i < l->set->n_picks; i++) {
		if (!strcmp(l->set->picks[i].name, name)) {
			l->set->picks[i] = pick;
			return NULL;
		}
	}
	return PUSH(l, l->set->picks, l->set->n_picks, &pick);
}

static struct culprit_error *read_picks(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = NULL;

	YAML_FOR_EACH_PAIR(pair, node) {
		err = read_pick(l, pair->key->text, pair->value);
		if (err)
			break;
	}
	return err;
}

/* ----------------------------------------------------------- banners */

static ptrdiff_t find_banner(const struct culprit_patterns *set, const char *literal)
{
	for (size_t i = 0; i < set->n_banners; i++) {
		if (!strcmp(set->banners[i].literal, literal))
			return (ptrdiff_t)i;
	}
	return -1;
}

static struct culprit_error *check_literal(struct loader *l, const struct yaml_node *node, const char *literal)
{
	if (strlen(literal) < 4)
		return yaml_error(l->doc, node, "literal '%s' is too short: at least 4 bytes, the rarer the better",
				  literal);
	return NULL;
}

static struct culprit_error *read_banner(struct loader *l, const struct yaml_node *node)
{
	static const struct enum_name speakers[] = { { "kernel", SPEAKER_KERNEL }, { "any", SPEAKER_ANY } };
	struct banner banner = { .place = place_of(l, node) };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "a banner");
	ptrdiff_t old;
	int value;

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "literal")) {
			err = get_string(l, pair->value, "literal", &banner.literal);
			if (!err)
				err = check_literal(l, pair->value, banner.literal);
		} else if (yaml_is(pair->key, "speaker")) {
			err = get_enum(l, pair->value, "speaker", speakers, countof(speakers), &value);
			if (!err)
				banner.speaker = (enum speaker)value;
		} else if (yaml_is(pair->key, "follow-up"))
			err = yaml_get_bool(l->doc, pair->value, "follow-up", &banner.follow_up);
		else if (yaml_is(pair->key, "inside"))
			err = yaml_get_bool(l->doc, pair->value, "inside", &banner.inside);
		else if (yaml_is(pair->key, "follow-up-if"))
			err = get_regexes(l, pair->value, "follow-up-if", &banner.follow_if, &banner.n_follow_if);
		else if (yaml_is(pair->key, "panic"))
			err = yaml_get_bool(l->doc, pair->value, "panic", &banner.panic);
		else if (yaml_is(pair->key, "ignore"))
			err = get_regexes(l, pair->value, "ignore", &banner.ignore, &banner.n_ignore);
		else if (yaml_is(pair->key, "require"))
			err = get_regexes(l, pair->value, "require", &banner.require, &banner.n_require);
		else
			err = unknown_key(l, pair->key,
					  "literal, speaker, follow-up, inside, follow-up-if, panic, ignore, require");
		if (err)
			return err;
	}
	if (!banner.literal)
		return yaml_error(l->doc, node, "a banner needs 'literal'");
	banner.len = strlen(banner.literal);
	banner.follow_up |= banner.inside;
	old = find_banner(l->set, banner.literal);
	if (old >= 0) {
		l->set->banners[old] = banner;
		return NULL;
	}
	return PUSH(l, l->set->banners, l->set->n_banners, &banner);
}

/* ------------------------------------------------------------- patterns */

static struct culprit_error *read_step(struct loader *l, const struct yaml_node *node, struct frame_source *source)
{
	struct frame_step step = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SCALAR, "a step");

	if (err)
		return err;
	if (yaml_is(node, "stack")) {
		step.stack = true;
	} else {
		err = get_regex(l, node, "a step", &step.re);
		if (err)
			return err;
		/* A group is "(" without "?", or "(?<name>". */
		for (const char *p = step.re.source; *p && !step.captures; p++) {
			if (*p == '\\' && p[1])
				p++;
			else if (*p == '(')
				step.captures = p[1] != '?' || (p[2] == '<' && p[3] != '=' && p[3] != '!');
		}
	}
	return PUSH(l, source->steps, source->n_steps, &step);
}

static struct culprit_error *find_pick(struct loader *l, const struct yaml_node *node, const struct pick **ret)
{
	for (size_t i = 0; i < l->set->n_picks; i++) {
		if (yaml_is(node, l->set->picks[i].name)) {
			*ret = &l->set->picks[i];
			return NULL;
		}
	}
	return yaml_error(l->doc, node, "no pick '%s'; picks are defined under 'picks:'", node->text);
}

static struct culprit_error *read_source(struct loader *l, const struct yaml_node *node, struct form *form)
{
	struct frame_source source = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of frames");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "from")) {
			err = expect_list(l, pair->value, "from");
			for (size_t i = 0; !err && i < list_len(pair->value); i++)
				err = read_step(l, list_item(pair->value, i), &source);
		} else if (yaml_is(pair->key, "skip"))
			err = get_globs(l, pair->value, "skip", &source.skip);
		else if (yaml_is(pair->key, "default-skip")) {
			bool use = true;

			err = yaml_get_bool(l->doc, pair->value, "default-skip", &use);
			source.no_default_skip = !use;
		} else if (yaml_is(pair->key, "pick")) {
			err = yaml_expect(l->doc, pair->value, YAML_SCALAR, "pick");
			if (!err)
				err = find_pick(l, pair->value, &source.pick);
		} else
			err = unknown_key(l, pair->key, "from, skip, default-skip, pick");
		if (err)
			return err;
	}
	if (!source.n_steps)
		return yaml_error(l->doc, node, "an entry of frames needs 'from'");
	return PUSH(l, form->sources, form->n_sources, &source);
}

static struct culprit_error *read_sources(struct loader *l, const struct yaml_node *node, struct form *form)
{
	struct culprit_error *err = NULL;

	if (node->kind != YAML_SEQUENCE)
		return read_source(l, node, form);
	for (size_t i = 0; !err && i < node->n; i++)
		err = read_source(l, node->items[i], form);
	return err;
}

static struct culprit_error *get_kind(struct loader *l, const struct yaml_node *node, enum culprit_kind *ret)
{
	static const struct enum_name kinds[] = {
		{ "crash", CULPRIT_KIND_CRASH },
		{ "boot-failure", CULPRIT_KIND_BOOT_FAILURE },
		{ "infrastructure", CULPRIT_KIND_INFRASTRUCTURE },
	};
	int kind;
	struct culprit_error *err = get_enum(l, node, "kind", kinds, countof(kinds), &kind);

	if (!err)
		*ret = (enum culprit_kind)kind;
	return err;
}

static struct culprit_error *get_title(struct loader *l, const struct yaml_node *node, const char **ret)
{
	struct culprit_error *err = get_string(l, node, "title", ret);

	return err ? err : note_text(l, node, *ret);
}

static struct culprit_error *get_alts(struct loader *l, const struct yaml_node *node, struct form *form)
{
	struct culprit_error *err = get_strings(l, node, "alt", &form->alts, &form->n_alts);

	for (size_t i = 0; !err && i < form->n_alts; i++)
		err = note_text(l, list_item(node, i), form->alts[i]);
	return err;
}

static struct culprit_error *read_form_key(struct loader *l, const struct yaml_pair *pair, struct form *form)
{
	const struct yaml_node *value = pair->value;
	struct culprit_error *err;
	bool need = true;

	if (yaml_is(pair->key, "name"))
		return get_string(l, value, "name", &form->name);
	if (yaml_is(pair->key, "match"))
		return get_regex(l, value, "match", &form->match);
	if (yaml_is(pair->key, "report")) {
		form->has_report = true;
		return get_regex(l, value, "report", &form->report);
	}
	if (yaml_is(pair->key, "title"))
		return get_title(l, value, &form->title);
	if (yaml_is(pair->key, "alt"))
		return get_alts(l, value, form);
	if (yaml_is(pair->key, "type"))
		return get_string(l, value, "type", &form->type);
	if (yaml_is(pair->key, "frames"))
		return read_sources(l, value, form);
	if (yaml_is(pair->key, "stack")) {
		err = yaml_get_bool(l->doc, value, "stack", &need);
		form->no_stack = !need;
		return err;
	}
	if (yaml_is(pair->key, "kind")) {
		form->has_kind = true;
		return get_kind(l, value, &form->kind);
	}
	if (yaml_is(pair->key, "before-userspace"))
		return yaml_get_bool(l->doc, value, "before-userspace", &form->before_userspace);
	if (yaml_is(pair->key, "suppressed"))
		return yaml_get_bool(l->doc, value, "suppressed", &form->suppressed);
	if (yaml_is(pair->key, "corrupted"))
		return get_string(l, value, "corrupted", &form->corrupted);
	return unknown_key(l, pair->key,
			   "name, match, report, title, alt, type, frames, stack, kind, before-userspace, suppressed, "
			   "corrupted");
}

static struct culprit_error *read_form(struct loader *l, const struct yaml_node *node, struct pattern *pattern)
{
	struct form form = { .place = place_of(l, node) };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "a form");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		err = read_form_key(l, pair, &form);
		if (err)
			return err;
	}
	if (!form.match.source || !form.title)
		return yaml_error(l->doc, node, "a form needs 'match' and 'title'");
	if (!form.name) {
		form.name = arena_printf(&l->set->arena, "%zu", pattern->n_forms + 1);
		if (!form.name)
			return &culprit_error_no_memory;
	}
	return PUSH(l, pattern->forms, pattern->n_forms, &form);
}

/* A banner that no 'banners:' entry describes has the defaults. */
static struct culprit_error *use_banner(struct loader *l, const struct yaml_node *node, struct pattern *pattern)
{
	struct banner banner = { .place = place_of(l, node) };
	struct culprit_error *err = get_string(l, node, "banner", &banner.literal);
	ptrdiff_t at;
	size_t index;

	if (!err)
		err = check_literal(l, node, banner.literal);
	if (err)
		return err;
	banner.len = strlen(banner.literal);
	at = find_banner(l->set, banner.literal);
	if (at < 0) {
		at = (ptrdiff_t)l->set->n_banners;
		err = PUSH(l, l->set->banners, l->set->n_banners, &banner);
		if (err)
			return err;
	}
	index = (size_t)at;
	return PUSH(l, pattern->banners, pattern->n_banners, &index);
}

static struct culprit_error *read_pattern_key(struct loader *l, const struct yaml_pair *pair, struct pattern *pattern)
{
	const struct yaml_node *value = pair->value;
	struct culprit_error *err = NULL;

	if (yaml_is(pair->key, "name"))
		return get_string(l, value, "name", &pattern->name);
	if (yaml_is(pair->key, "kind"))
		return get_kind(l, value, &pattern->kind);
	if (yaml_is(pair->key, "event"))
		return get_string(l, value, "event", &pattern->event);
	if (yaml_is(pair->key, "disabled"))
		return yaml_get_bool(l->doc, value, "disabled", &pattern->disabled);
	if (yaml_is(pair->key, "banner")) {
		err = expect_list(l, value, "banner");
		for (size_t i = 0; !err && i < list_len(value); i++)
			err = use_banner(l, list_item(value, i), pattern);
		return err;
	}
	if (yaml_is(pair->key, "forms")) {
		err = yaml_expect(l->doc, value, YAML_SEQUENCE, "forms");
		for (size_t i = 0; !err && i < value->n; i++)
			err = read_form(l, value->items[i], pattern);
		return err;
	}
	return unknown_key(l, pair->key, "name, kind, banner, event, disabled, forms");
}

static struct culprit_error *add_pattern(struct loader *l, const struct yaml_node *node, struct pattern *pattern)
{
	ptrdiff_t old;

	if (!pattern->name)
		return yaml_error(l->doc, node, "a pattern needs 'name'");
	if (!pattern->disabled && ((!pattern->n_banners && !pattern->event) || !pattern->n_forms))
		return yaml_error(l->doc, node, "pattern '%s' needs 'banner' (or 'event') and 'forms'", pattern->name);
	old = pattern_set_find(l->set, pattern->name);
	if (old >= 0) {
		const struct pattern_place *place = &l->set->patterns[old].place;

		/* Other files override; in one file it is a mistake, and the first would be lost. */
		if (place->file == pattern->place.file)
			return yaml_error(l->doc, node, "pattern '%s' is there already, at %s:%u:%u", pattern->name, place->file,
					  place->line, place->column);
		l->set->patterns[old] = *pattern;
		return NULL;
	}
	if (pattern->disabled)
		return yaml_error(l->doc, node, "no pattern '%s' to disable", pattern->name);
	return PUSH(l, l->set->patterns, l->set->n_patterns, pattern);
}

static struct culprit_error *read_patterns(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, "patterns");

	for (size_t i = 0; !err && i < node->n; i++) {
		const struct yaml_node *item = node->items[i];
		struct pattern pattern = { .place = place_of(l, item) };

		err = yaml_expect(l->doc, item, YAML_MAPPING, "a pattern");
		if (err)
			break;
		YAML_FOR_EACH_PAIR(pair, item) {
			err = read_pattern_key(l, pair, &pattern);
			if (err)
				return err;
		}
		err = add_pattern(l, item, &pattern);
	}
	return err;
}

static struct culprit_error *read_banners(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, "banners");

	for (size_t i = 0; !err && i < node->n; i++)
		err = read_banner(l, node->items[i]);
	return err;
}

/* ------------------------------------------------- stacks, phases, titles */

static struct culprit_error *read_header(struct loader *l, const struct yaml_node *node)
{
	struct stack_header header = { .role = CULPRIT_ROLE_OTHER };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of stacks");
	struct enum_name roles[CULPRIT_ROLE_OTHER + 1];
	int role;

	for (int i = 0; i <= CULPRIT_ROLE_OTHER; i++)
		roles[i] = (struct enum_name){ culprit_role_name((enum culprit_role)i), i };
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "starts") || yaml_is(pair->key, "holds")) {
			header.anywhere = yaml_is(pair->key, "holds");
			err = get_string(l, pair->value, "starts", &header.text);
		} else if (yaml_is(pair->key, "role")) {
			err = get_enum(l, pair->value, "role", roles, countof(roles), &role);
			if (!err)
				header.role = (enum culprit_role)role;
		} else
			err = unknown_key(l, pair->key, "starts, holds, role");
		if (err)
			return err;
	}
	if (!header.text)
		return yaml_error(l->doc, node, "an entry of stacks needs 'starts' or 'holds'");
	header.len = strlen(header.text);
	return PUSH(l, l->set->headers, l->set->n_headers, &header);
}

static struct culprit_error *read_mark(struct loader *l, const struct yaml_node *node)
{
	struct phase_mark mark = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of phases");
	struct enum_name phases[CULPRIT_PHASE_USERSPACE + 1];
	int phase;

	for (int i = 0; i <= CULPRIT_PHASE_USERSPACE; i++)
		phases[i] = (struct enum_name){ culprit_phase_name((enum culprit_phase)i), i };
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "literal")) {
			err = get_string(l, pair->value, "literal", &mark.literal);
			if (!err)
				err = check_literal(l, pair->value, mark.literal);
		} else if (yaml_is(pair->key, "phase")) {
			err = get_enum(l, pair->value, "phase", phases, countof(phases), &phase);
			if (!err)
				mark.phase = (enum culprit_phase)phase;
		} else if (yaml_is(pair->key, "boot"))
			err = yaml_get_bool(l->doc, pair->value, "boot", &mark.boot);
		else if (yaml_is(pair->key, "kernel"))
			err = yaml_get_bool(l->doc, pair->value, "kernel", &mark.kernel);
		else if (yaml_is(pair->key, "shutdown"))
			err = yaml_get_bool(l->doc, pair->value, "shutdown", &mark.shutdown);
		else if (yaml_is(pair->key, "match")) {
			mark.has_match = true;
			err = get_regex(l, pair->value, "match", &mark.match);
		} else
			err = unknown_key(l, pair->key, "literal, phase, boot, kernel, shutdown, match");
		if (err)
			return err;
	}
	if (!mark.literal)
		return yaml_error(l->doc, node, "an entry of phases needs 'literal'");
	mark.len = strlen(mark.literal);
	return PUSH(l, l->set->marks, l->set->n_marks, &mark);
}

static struct culprit_error *read_rewrite(struct loader *l, const struct yaml_node *node)
{
	struct rewrite rewrite = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of cleanup");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "match"))
			err = get_regex(l, pair->value, "match", &rewrite.match);
		else if (yaml_is(pair->key, "replace"))
			err = get_string(l, pair->value, "replace", &rewrite.replace);
		else if (yaml_is(pair->key, "needs"))
			err = get_string(l, pair->value, "needs", &rewrite.needs);
		else
			err = unknown_key(l, pair->key, "match, replace, needs");
		if (err)
			return err;
	}
	if (!rewrite.match.source || !rewrite.replace)
		return yaml_error(l->doc, node, "an entry of cleanup needs 'match' and 'replace'");
	return PUSH(l, l->set->cleanup, l->set->n_cleanup, &rewrite);
}

static struct culprit_error *read_doubt(struct loader *l, const struct yaml_node *node)
{
	struct doubt doubt = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of doubts");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "title") || yaml_is(pair->key, "report")) {
			doubt.on_title = yaml_is(pair->key, "title");
			err = get_regex(l, pair->value, "title", &doubt.match);
		} else if (yaml_is(pair->key, "reason"))
			err = get_string(l, pair->value, "reason", &doubt.reason);
		else
			err = unknown_key(l, pair->key, "title, report, reason");
		if (err)
			return err;
	}
	if (!doubt.match.source || !doubt.reason)
		return yaml_error(l->doc, node, "an entry of doubts needs 'title' or 'report', and 'reason'");
	return PUSH(l, l->set->doubts, l->set->n_doubts, &doubt);
}

static struct culprit_error *read_list(struct loader *l, const struct yaml_node *node, const char *what,
				       struct culprit_error *(*read)(struct loader *, const struct yaml_node *))
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, what);

	for (size_t i = 0; !err && i < node->n; i++)
		err = read(l, node->items[i]);
	return err;
}

static struct culprit_error *read_prefixes(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "name-prefixes");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		struct name_prefix prefix = { .prefix = pair->key->text };

		err = get_strings(l, pair->value, "a prefix", &prefix.becomes, &prefix.n);
		if (!err)
			err = PUSH(l, l->set->prefixes, l->set->n_prefixes, &prefix);
		if (err)
			break;
	}
	return err;
}

static struct culprit_error *read_types(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "types");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		struct type_rule rule = { .title = pair->key->text };

		err = get_string(l, pair->value, "a type", &rule.type);
		if (!err)
			err = PUSH(l, l->set->types, l->set->n_types, &rule);
		if (err)
			break;
	}
	return err;
}

/* Plain text where globs would be out of place. */
static struct culprit_error *get_words(struct loader *l, const struct yaml_node *node, const char *what,
				       struct glob_list *ret)
{
	size_t before = ret->n;
	struct culprit_error *err = get_globs(l, node, what, ret);

	for (size_t i = before; i < ret->n && !err; i++) {
		if (!*ret->globs[i] || (*ret->globs[i] == '!' && !ret->globs[i][1]))
			err = yaml_error(l->doc, node, "an entry of '%s' is empty", what);
	}
	return err;
}

static struct culprit_error *read_guilty(struct loader *l, const struct yaml_node *node)
{
	struct guilty_rules *guilty = &l->set->guilty;
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "guilty");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "generic"))
			err = get_words(l, pair->value, "generic", &guilty->generic);
		else if (yaml_is(pair->key, "stalls"))
			err = get_words(l, pair->value, "stalls", &guilty->stalls);
		else if (yaml_is(pair->key, "interrupts"))
			err = get_words(l, pair->value, "interrupts", &guilty->interrupts);
		else
			err = unknown_key(l, pair->key, "generic, stalls, interrupts");
		if (err)
			return err;
	}
	return NULL;
}

/* ---------------------------------------------------------------- files */

static struct culprit_error *read_top(struct loader *l, const struct yaml_pair *pair, bool names)
{
	const struct yaml_node *key = pair->key, *value = pair->value;

	/* Names first, in all files: what uses them may stand in an earlier file. */
	if (yaml_is(key, "macros") || yaml_is(key, "sets") || yaml_is(key, "picks")) {
		struct culprit_error *err = yaml_expect(l->doc, value, YAML_MAPPING, key->text);

		if (err || !names)
			return err;
		if (yaml_is(key, "macros"))
			return read_macros(l, value);
		return yaml_is(key, "sets") ? read_sets(l, value) : read_picks(l, value);
	}
	if (names)
		return NULL;
	if (yaml_is(key, "banners"))
		return read_banners(l, value);
	if (yaml_is(key, "patterns"))
		return read_patterns(l, value);
	if (yaml_is(key, "stacks"))
		return read_list(l, value, "stacks", read_header);
	if (yaml_is(key, "phases"))
		return read_list(l, value, "phases", read_mark);
	if (yaml_is(key, "cleanup"))
		return read_list(l, value, "cleanup", read_rewrite);
	if (yaml_is(key, "doubts"))
		return read_list(l, value, "doubts", read_doubt);
	if (yaml_is(key, "name-prefixes"))
		return read_prefixes(l, value);
	if (yaml_is(key, "types"))
		return read_types(l, value);
	if (yaml_is(key, "drop"))
		return get_globs(l, value, "drop", &l->set->drop);
	if (yaml_is(key, "continues"))
		return get_globs(l, value, "continues", &l->set->continues);
	if (yaml_is(key, "ends"))
		return get_globs(l, value, "ends", &l->set->ends);
	if (yaml_is(key, "leads"))
		return get_globs(l, value, "leads", &l->set->leads);
	if (yaml_is(key, "intruders"))
		return get_globs(l, value, "intruders", &l->set->intruders);
	if (yaml_is(key, "headings"))
		return get_globs(l, value, "headings", &l->set->headings);
	if (yaml_is(key, "skip"))
		return get_globs(l, value, "skip", &l->set->skip);
	if (yaml_is(key, "unwinder"))
		return get_globs(l, value, "unwinder", &l->set->unwinder);
	if (yaml_is(key, "foreign"))
		return get_globs(l, value, "foreign", &l->set->foreign);
	if (yaml_is(key, "guilty"))
		return read_guilty(l, value);
	if (yaml_is(key, "executor")) {
		l->set->has_executor = true;
		return get_regex(l, value, "executor", &l->set->executor);
	}
	return unknown_key(l, key, "macros, sets, picks, banners, patterns, stacks, phases, cleanup, doubts, "
				   "name-prefixes, types, drop, continues, ends, leads, intruders, headings, skip, foreign, unwinder, guilty, "
				   "executor");
}

static struct culprit_error *read_doc(struct loader *l, const struct yaml_doc *doc, bool names)
{
	struct culprit_error *err;

	l->doc = doc;
	if (!doc->root)
		return NULL;
	err = yaml_expect(doc, doc->root, YAML_MAPPING, "a pattern file");
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, doc->root) {
		err = read_top(l, pair, names);
		if (err)
			return err;
	}
	return NULL;
}

/* Patterns of later files go first: a user's kind wins over a built-in one that begins at the same place. */
static struct culprit_error *put_first(struct culprit_patterns *set, size_t n_old)
{
	struct pattern *sorted;
	size_t n_new = set->n_patterns - n_old;

	if (!n_new || !n_old)
		return NULL;
	sorted = arena_array(&set->arena, set->n_patterns, sizeof(*sorted));
	if (!sorted)
		return &culprit_error_no_memory;
	memcpy(sorted, set->patterns + n_old, n_new * sizeof(*sorted));
	memcpy(sorted + n_new, set->patterns, n_old * sizeof(*sorted));
	set->patterns = sorted;
	return NULL;
}

static struct culprit_error *read_docs(struct culprit_patterns *set, const struct yaml_doc *const *docs, size_t n,
				       size_t n_embedded)
{
	struct loader l = { .set = set };
	struct culprit_error *err = NULL;
	size_t n_old = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = read_doc(&l, docs[i], true);
	for (size_t i = 0; i < n && !err; i++) {
		err = read_doc(&l, docs[i], false);
		if (i + 1 == n_embedded)
			n_old = set->n_patterns;
	}
	return err ? err : put_first(set, n_old);
}

/* ------------------------------------------------- lists of expressions */

typedef struct culprit_error *regex_visitor(struct regex *re, const struct pattern_place *place, void *data);

static struct culprit_error *visit_form(struct form *form, regex_visitor *visit, void *data)
{
	struct culprit_error *err = visit(&form->match, &form->place, data);

	if (!err && form->has_report)
		err = visit(&form->report, &form->place, data);
	for (size_t i = 0; !err && i < form->n_sources; i++) {
		for (size_t j = 0; !err && j < form->sources[i].n_steps; j++) {
			if (!form->sources[i].steps[j].stack)
				err = visit(&form->sources[i].steps[j].re, &form->place, data);
		}
	}
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
	for (size_t i = 0; !err && i < set->n_cleanup; i++)
		err = visit(&set->cleanup[i].match, &nowhere, data);
	for (size_t i = 0; !err && i < set->n_doubts; i++)
		err = visit(&set->doubts[i].match, &nowhere, data);
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

/* {name} in a title must be a group of the form, or frame. */
static struct culprit_error *check_template(const struct culprit_patterns *set, const struct form *form, const char *text)
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
		if (!strcmp(name, "frame") || !strcmp(name, "phase") || regex_has_group((struct regex *)&form->match, name) ||
		    (form->has_report && regex_has_group((struct regex *)&form->report, name)))
			continue;
		return culprit_error_create(CULPRIT_ERROR_SYNTAX,
					    "%s:%u:%u: '{%s}' in '%s' is neither 'frame' nor a named group of match or report",
					    place->file, place->line, place->column, name, text);
	}
	return NULL;
}

static struct culprit_error *check_form(const struct culprit_patterns *set, const struct form *form)
{
	struct culprit_error *err = check_template(set, form, form->title);

	for (size_t i = 0; !err && i < form->n_alts; i++)
		err = check_template(set, form, form->alts[i]);
	return err;
}

struct culprit_error *pattern_set_check(struct culprit_patterns *set)
{
	struct culprit_error *err = visit_regexes(set, check_one, set);

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

const struct pattern *pattern_set_event(const struct culprit_patterns *set, const char *event)
{
	for (size_t i = 0; i < set->n_patterns; i++) {
		const struct pattern *pattern = &set->patterns[i];

		if (pattern->event && !pattern->disabled && !strcmp(pattern->event, event))
			return pattern;
	}
	return NULL;
}

ptrdiff_t pattern_set_find(const struct culprit_patterns *set, const char *name)
{
	for (size_t i = 0; i < set->n_patterns; i++) {
		if (!strcmp(set->patterns[i].name, name))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* -------------------------------------------------------------- loading */

static int compare_literal(const void *key, const void *elem)
{
	return strcmp(key, ((const struct pattern_literal_place *)elem)->literal);
}

/* Of the embedded files' literals, places were chosen when the program was built. */
static struct scan_place known_place(const char *literal)
{
	const struct pattern_literal_place *known = bsearch(literal, pattern_places, pattern_n_places,
							    sizeof(*pattern_places), compare_literal);

	return known ? known->place : (struct scan_place){ .bucket = SCAN_NO_BUCKET };
}

/* So that a line is compared with the few that begin as it does. */
void pattern_set_index_headers(struct culprit_patterns *set)
{
	memset(set->header_first, 0, sizeof(set->header_first));
	set->header_anywhere = 0;
	for (size_t i = set->n_headers; i-- > 0;) {
		struct stack_header *h = &set->headers[i];
		uint32_t *chain = h->anywhere ? &set->header_anywhere : &set->header_first[(unsigned char)*h->text];

		h->next = *chain;
		*chain = (uint32_t)(i + 1);
	}
}

static struct culprit_error *make_scan(struct culprit_patterns *set)
{
	size_t n = set->n_banners + set->n_marks;
	_cleanup_(freep) struct span *literals = calloc(n + 1, sizeof(*literals));
	_cleanup_(freep) struct scan_place *places = calloc(n + 1, sizeof(*places));

	if (!literals || !places)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < set->n_banners; i++)
		literals[i] = (struct span){ set->banners[i].literal, set->banners[i].len };
	for (size_t i = 0; i < set->n_marks; i++)
		literals[set->n_banners + i] = (struct span){ set->marks[i].literal, set->marks[i].len };
	for (size_t i = 0; i < n; i++)
		places[i] = known_place(literals[i].ptr);
	return scan_set_create_placed(literals, n, places, &set->scan);
}

void culprit_patterns_destroy(struct culprit_patterns *set)
{
	if (!set)
		return;
	visit_regexes(set, free_one, NULL);
	for (size_t i = 0; i < set->n_docs; i++)
		yaml_destroy(set->docs[i]);
	free(set->docs);
	scan_set_destroy(set->scan);
	arena_deinit(&set->arena);
	free(set);
}

static void docs_free(struct yaml_doc **docs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		yaml_destroy(docs[i]);
	free(docs);
}

/* Takes docs over. The embedded ones, if wanted, come first. */
static struct culprit_error *set_create(bool embedded, struct yaml_doc **docs, size_t n, struct culprit_patterns **ret)
{
	struct culprit_patterns *set = calloc(1, sizeof(*set));
	size_t n_embedded = embedded ? pattern_n_embedded : 0;
	_cleanup_(freep) const struct yaml_doc **all = calloc(n + n_embedded + 1, sizeof(*all));
	struct culprit_error *err;

	if (!set || !all) {
		free(set);
		docs_free(docs, n);
		return &culprit_error_no_memory;
	}
	set->docs = docs;
	set->n_docs = n;
	for (size_t i = 0; i < n_embedded; i++)
		all[i] = pattern_embedded[i];
	for (size_t i = 0; i < n; i++)
		all[n_embedded + i] = docs[i];
	err = read_docs(set, all, n + n_embedded, n_embedded);
	/* What is built in was checked when it was built. */
	if (!err && n)
		err = pattern_set_check(set);
	if (!err)
		err = make_scan(set);
	if (!err)
		pattern_set_index_headers(set);
	if (err) {
		culprit_patterns_destroy(set);
		return err;
	}
	*ret = set;
	return NULL;
}

struct culprit_error *pattern_set_from_docs(struct yaml_doc **docs, size_t n, struct culprit_patterns **ret)
{
	return set_create(false, docs, n, ret);
}

struct culprit_error *pattern_set_extend(struct yaml_doc **docs, size_t n, struct culprit_patterns **ret)
{
	return set_create(true, docs, n, ret);
}

static int is_yaml(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && !strcmp(entry->d_name + n - 5, ".yaml");
}

static struct culprit_error *load_dir(const char *dir, struct buf *docs)
{
	struct culprit_error *err = NULL;
	struct dirent **entries;
	int n = scandir(dir, &entries, is_yaml, alphasort);

	if (n < 0)
		return culprit_error_errno("cannot read the pattern directory %s", dir);
	if (n == 0)
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no *.yaml file in this pattern directory", dir);
	for (int i = 0; i < n; i++) {
		_cleanup_(freep) char *path = NULL;
		struct yaml_doc *doc;

		if (!err && asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0) {
			path = NULL;
			err = &culprit_error_no_memory;
		}
		if (!err)
			err = yaml_load(path, &doc);
		if (!err && !buf_add(docs, &doc, sizeof(doc))) {
			yaml_destroy(doc);
			err = &culprit_error_no_memory;
		}
		free(entries[i]);
	}
	free(entries);
	return err;
}

struct culprit_error *culprit_patterns_load(const char *const *dirs, size_t n_dirs, struct culprit_patterns **ret)
{
	struct buf docs = { 0 };
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < n_dirs && !err; i++)
		err = load_dir(dirs[i], &docs);
	if (err) {
		docs_free((struct yaml_doc **)(void *)docs.data, docs.len / sizeof(struct yaml_doc *));
		return err;
	}
	return set_create(true, (struct yaml_doc **)(void *)docs.data, docs.len / sizeof(struct yaml_doc *), ret);
}
