/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Banners, which announce reports, and the patterns with their forms, which
 * name them.
 *
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
 */
#include "pattern/pattern_parts.h"

static ptrdiff_t find_banner(const struct culprit_patterns *set, const char *literal)
{
	for (size_t i = 0; i < set->n_banners; i++) {
		if (*set->banners[i].literal == *literal && !strcmp(set->banners[i].literal, literal))
			return (ptrdiff_t)i;
	}
	return -1;
}

static struct culprit_error *read_banner(struct loader *l, const struct yaml_node *node)
{
	struct banner banner = { .place = loader_place(l, node) };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "a banner");
	ptrdiff_t old;

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "literal")) {
			err = loader_get_string(l, pair->value, "literal", &banner.literal);
			if (!err)
				err = loader_check_literal(l, pair->value, banner.literal);
		} else if (yaml_is(pair->key, "speaker")) {
			err = loader_get_speaker(l, pair->value, &banner.speaker);
		} else if (yaml_is(pair->key, "follow-up"))
			err = yaml_get_bool(l->doc, pair->value, "follow-up", &banner.follow_up);
		else if (yaml_is(pair->key, "inside"))
			err = yaml_get_bool(l->doc, pair->value, "inside", &banner.inside);
		else if (yaml_is(pair->key, "within"))
			err = yaml_get_bool(l->doc, pair->value, "within", &banner.within);
		else if (yaml_is(pair->key, "stacked"))
			err = yaml_get_bool(l->doc, pair->value, "stacked", &banner.stacked);
		else if (yaml_is(pair->key, "follow-up-if"))
			err = loader_get_regexes(l, pair->value, "follow-up-if", &banner.follow_if, &banner.n_follow_if);
		else if (yaml_is(pair->key, "panic"))
			err = yaml_get_bool(l->doc, pair->value, "panic", &banner.panic);
		else if (yaml_is(pair->key, "ignore"))
			err = loader_get_regexes(l, pair->value, "ignore", &banner.ignore, &banner.n_ignore);
		else if (yaml_is(pair->key, "require"))
			err = loader_get_regexes(l, pair->value, "require", &banner.require, &banner.n_require);
		else
			err = loader_unknown_key(l, pair->key,
						 "literal, speaker, follow-up, inside, within, stacked, follow-up-if, panic, ignore, require");
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

struct culprit_error *loader_read_banners(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, "banners");

	for (size_t i = 0; !err && i < node->n; i++)
		err = read_banner(l, node->items[i]);
	return err;
}

static struct culprit_error *read_step(struct loader *l, const struct yaml_node *node, struct frame_source *source)
{
	static const struct enum_name kinds[] = {
		{ "pc", STEP_PC }, { "call-trace", STEP_CALL_TRACE }, { "stack", STEP_STACK },
	};
	struct frame_step step = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SCALAR, "a step");

	if (err)
		return err;
	for (size_t i = 0; i < countof(kinds) && !step.kind; i++) {
		if (yaml_is(node, kinds[i].name))
			step.kind = (enum frame_step_kind)kinds[i].value;
	}
	if (*node->text == '@') {
		step.kind = STEP_FUNCTION;
		err = loader_get_globs(l, node, "a step", &step.functions);
		if (err)
			return err;
	} else if (step.kind == STEP_LINE) {
		err = loader_get_regex(l, node, "a step", &step.re);
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

static struct culprit_error *find_way(struct loader *l, const struct yaml_node *node, const struct frame_way **ret)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SCALAR, "way");

	/* The last of a name replaces those before it. */
	for (size_t i = l->set->n_ways; !err && i-- > 0;) {
		if (yaml_is(node, l->set->ways[i].name)) {
			*ret = &l->set->ways[i];
			return NULL;
		}
	}
	return err ? err : yaml_error(l->doc, node, "no way '%s'; ways are defined under 'ways:'", node->text);
}

static struct culprit_error *read_source_key(struct loader *l, const struct yaml_pair *pair, struct frame_source *source,
					     const struct frame_way **way)
{
	struct culprit_error *err = NULL;
	bool use = true;

	if (yaml_is(pair->key, "from")) {
		err = loader_expect_list(l, pair->value, "from");
		for (size_t i = 0; !err && i < list_len(pair->value); i++)
			err = read_step(l, list_item(pair->value, i), source);
		return err;
	}
	if (yaml_is(pair->key, "way"))
		return find_way(l, pair->value, way);
	if (yaml_is(pair->key, "skip"))
		return loader_get_globs(l, pair->value, "skip", &source->skip);
	if (yaml_is(pair->key, "default-skip")) {
		err = yaml_get_bool(l->doc, pair->value, "default-skip", &use);
		source->no_default_skip = !use;
		return err;
	}
	if (yaml_is(pair->key, "pick")) {
		err = yaml_expect(l->doc, pair->value, YAML_SCALAR, "pick");
		return err ? err : find_pick(l, pair->value, &source->pick);
	}
	return loader_unknown_key(l, pair->key, "from, way, skip, default-skip, pick");
}

/* All sources of a way, whose steps stay shared, with what this entry says of skipping. */
static struct culprit_error *push_way(struct loader *l, const struct frame_way *way, struct frame_source source,
				      struct frame_source **sources, size_t *n)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; !err && i < way->n_sources; i++) {
		source.steps = way->sources[i].steps;
		source.n_steps = way->sources[i].n_steps;
		err = PUSH(l, *sources, *n, &source);
	}
	return err;
}

static struct culprit_error *read_source(struct loader *l, const struct yaml_node *node, struct frame_source **sources,
					 size_t *n)
{
	struct frame_source source = { 0 };
	const struct frame_way *way = NULL;
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of frames");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		err = read_source_key(l, pair, &source, &way);
		if (err)
			return err;
	}
	if (!source.n_steps == !way)
		return yaml_error(l->doc, node, "an entry of frames needs 'from' or 'way'");
	return way ? push_way(l, way, source, sources, n) : PUSH(l, *sources, *n, &source);
}

static struct culprit_error *read_sources(struct loader *l, const struct yaml_node *node, struct frame_source **sources,
					  size_t *n)
{
	struct culprit_error *err = NULL;

	if (node->kind != YAML_SEQUENCE)
		return read_source(l, node, sources, n);
	for (size_t i = 0; !err && i < node->n; i++)
		err = read_source(l, node->items[i], sources, n);
	return err;
}

struct culprit_error *loader_read_ways(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = NULL;

	YAML_FOR_EACH_PAIR(pair, node) {
		struct frame_way way = { .name = pair->key->text };

		err = read_sources(l, pair->value, &way.sources, &way.n_sources);
		if (!err)
			err = PUSH(l, l->set->ways, l->set->n_ways, &way);
		if (err)
			break;
	}
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
	struct culprit_error *err = loader_get_enum(l, node, "kind", kinds, countof(kinds), &kind);

	if (!err)
		*ret = (enum culprit_kind)kind;
	return err;
}

static struct culprit_error *get_title(struct loader *l, const struct yaml_node *node, const char **ret)
{
	struct culprit_error *err = loader_get_string(l, node, "title", ret);

	return err ? err : loader_note_text(l, node, *ret);
}

static struct culprit_error *get_alts(struct loader *l, const struct yaml_node *node, struct form *form)
{
	struct culprit_error *err = loader_get_strings(l, node, "alt", &form->alts, &form->n_alts);

	for (size_t i = 0; !err && i < form->n_alts; i++)
		err = loader_note_text(l, list_item(node, i), form->alts[i]);
	return err;
}

static struct culprit_error *read_form_key(struct loader *l, const struct yaml_pair *pair, struct form *form)
{
	const struct yaml_node *value = pair->value;
	struct culprit_error *err;
	bool need = true;

	if (yaml_is(pair->key, "name"))
		return loader_get_string(l, value, "name", &form->name);
	if (yaml_is(pair->key, "match"))
		return loader_get_regex(l, value, "match", &form->match);
	if (yaml_is(pair->key, "report")) {
		form->has_report = true;
		return loader_get_regex(l, value, "report", &form->report);
	}
	if (yaml_is(pair->key, "title"))
		return get_title(l, value, &form->title);
	if (yaml_is(pair->key, "alt"))
		return get_alts(l, value, form);
	if (yaml_is(pair->key, "type"))
		return loader_get_string(l, value, "type", &form->type);
	if (yaml_is(pair->key, "frames"))
		return read_sources(l, value, &form->sources, &form->n_sources);
	if (yaml_is(pair->key, "origin"))
		return read_sources(l, value, &form->origins, &form->n_origins);
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
		return loader_get_string(l, value, "suppressed", &form->suppressed);
	if (yaml_is(pair->key, "corrupted"))
		return loader_get_string(l, value, "corrupted", &form->corrupted);
	return loader_unknown_key(l, pair->key,
				  "name, match, report, title, alt, type, frames, origin, stack, kind, before-userspace, "
				  "suppressed, corrupted");
}

static struct culprit_error *read_form(struct loader *l, const struct yaml_node *node, struct pattern *pattern)
{
	struct form form = { .place = loader_place(l, node) };
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
	struct banner banner = { .place = loader_place(l, node) };
	struct culprit_error *err = loader_get_string(l, node, "banner", &banner.literal);
	ptrdiff_t at;
	size_t index;

	if (!err)
		err = loader_check_literal(l, node, banner.literal);
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

static struct culprit_error *read_forms(struct loader *l, struct pattern *pattern)
{
	const struct yaml_node *node = pattern->forms_node;
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, "forms");

	for (size_t i = 0; !err && i < node->n; i++)
		err = read_form(l, node->items[i], pattern);
	pattern->forms_read = !err;
	return err;
}

/* As one: others see either no forms or all of them. */
static struct culprit_error *read_late(struct culprit_patterns *set, struct pattern *pattern)
{
	struct loader l = { .set = set, .doc = pattern->doc, .embedded = true };
	struct pattern fresh = *pattern;
	struct culprit_error *err;

	if (!pattern->forms_node || pattern->forms_read)
		return NULL;
	err = read_forms(&l, &fresh);
	if (err)
		return err;
	pattern->forms = fresh.forms;
	pattern->n_forms = fresh.n_forms;
	atomic_store_explicit(&pattern->forms_read, true, memory_order_release);
	return NULL;
}

bool pattern_read_forms(const struct culprit_patterns *const_set, const struct pattern *pattern)
{
	struct culprit_patterns *set = (struct culprit_patterns *)const_set;
	struct culprit_error *err;

	if (atomic_load_explicit(&pattern->forms_read, memory_order_acquire))
		return true;
	pthread_mutex_lock(&set->forms_lock);
	err = read_late(set, (struct pattern *)pattern);
	pthread_mutex_unlock(&set->forms_lock);
	culprit_error_destroy(err);
	return !err;
}

struct culprit_error *pattern_set_read_forms(struct culprit_patterns *set)
{
	struct culprit_error *err = NULL;

	pthread_mutex_lock(&set->forms_lock);
	for (size_t i = 0; i < set->n_patterns && !err; i++)
		err = read_late(set, &set->patterns[i]);
	pthread_mutex_unlock(&set->forms_lock);
	return err;
}

static struct culprit_error *read_pattern_key(struct loader *l, const struct yaml_pair *pair, struct pattern *pattern)
{
	const struct yaml_node *value = pair->value;
	struct culprit_error *err = NULL;

	if (yaml_is(pair->key, "name"))
		return loader_get_string(l, value, "name", &pattern->name);
	if (yaml_is(pair->key, "kind"))
		return get_kind(l, value, &pattern->kind);
	if (yaml_is(pair->key, "event"))
		return loader_get_string(l, value, "event", &pattern->event);
	if (yaml_is(pair->key, "disabled"))
		return yaml_get_bool(l->doc, value, "disabled", &pattern->disabled);
	if (yaml_is(pair->key, "generic"))
		return yaml_get_bool(l->doc, value, "generic", &pattern->generic);
	if (yaml_is(pair->key, "banner")) {
		err = loader_expect_list(l, value, "banner");
		for (size_t i = 0; !err && i < list_len(value); i++)
			err = use_banner(l, list_item(value, i), pattern);
		return err;
	}
	if (yaml_is(pair->key, "forms")) {
		pattern->forms_node = value;
		pattern->doc = l->doc;
		return l->embedded ? NULL : read_forms(l, pattern);
	}
	return loader_unknown_key(l, pair->key, "name, kind, banner, event, disabled, generic, forms");
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
		if (*set->patterns[i].name == *name && !strcmp(set->patterns[i].name, name))
			return (ptrdiff_t)i;
	}
	return -1;
}

static struct culprit_error *add_pattern(struct loader *l, const struct yaml_node *node, struct pattern *pattern)
{
	ptrdiff_t old;

	if (!pattern->name)
		return yaml_error(l->doc, node, "a pattern needs 'name'");
	if (!pattern->disabled && ((!pattern->n_banners && !pattern->event) || !pattern->forms_node || !pattern->forms_node->n))
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

struct culprit_error *loader_read_patterns(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_SEQUENCE, "patterns");

	for (size_t i = 0; !err && i < node->n; i++) {
		const struct yaml_node *item = node->items[i];
		struct pattern pattern = { .place = loader_place(l, item) };

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
