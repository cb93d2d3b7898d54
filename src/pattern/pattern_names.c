/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What names of functions are, and which names stand for others.
 *
 *	macros:
 *	  func: '[a-zA-Z0-9_.]+'
 *	sets:
 *	  allocators: [kmalloc*, kmem_cache_alloc*]
 *	picks:
 *	  work: { anchors: [process_one_work], skip: ["@allocators"] }
 *	name-prefixes:
 *	  __x64_sys_: [sys_]
 *
 * Sets and macros may use those defined before them; a later one of the same
 * name replaces the earlier.
 */
#include "pattern/pattern_parts.h"

struct culprit_error *loader_read_macros(struct loader *l, const struct yaml_node *node)
{
	YAML_FOR_EACH_PAIR(pair, node) {
		struct pattern_macro macro = { .name = pair->key->text };
		struct culprit_error *err = yaml_expect(l->doc, pair->value, YAML_SCALAR, "a macro");
		bool replaced = false;

		if (!err)
			err = loader_expand(l, pair->value, &macro.text);
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

struct culprit_error *loader_read_sets(struct loader *l, const struct yaml_node *node)
{
	YAML_FOR_EACH_PAIR(pair, node) {
		struct pattern_glob_set set = { .name = pair->key->text };
		struct culprit_error *err = loader_get_globs(l, pair->value, "a set", &set.globs);
		struct pattern_glob_set *old;

		if (err)
			return err;
		old = (struct pattern_glob_set *)loader_find_set(l, set.name);
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
			err = loader_get_globs(l, pair->value, "frames", &group.frames);
		else if (yaml_is(pair->key, "as"))
			err = loader_get_string(l, pair->value, "as", &group.as);
		else
			err = loader_unknown_key(l, pair->key, "frames, as");
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
			err = loader_get_globs(l, pair->value, "skip", &pick.skip);
		else if (yaml_is(pair->key, "anchors"))
			err = loader_get_globs(l, pair->value, "anchors", &pick.anchors);
		else if (yaml_is(pair->key, "groups")) {
			err = yaml_expect(l->doc, pair->value, YAML_SEQUENCE, "groups");
			for (size_t i = 0; !err && i < pair->value->n; i++)
				err = read_pick_group(l, pair->value->items[i], &pick);
		} else
			err = loader_unknown_key(l, pair->key, "groups, anchors, skip");
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

struct culprit_error *loader_read_picks(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = NULL;

	YAML_FOR_EACH_PAIR(pair, node) {
		err = read_pick(l, pair->key->text, pair->value);
		if (err)
			break;
	}
	return err;
}

struct culprit_error *loader_read_prefixes(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "name-prefixes");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		struct name_prefix prefix = { .prefix = pair->key->text };

		err = loader_get_strings(l, pair->value, "a prefix", &prefix.becomes, &prefix.n);
		if (!err)
			err = PUSH(l, l->set->prefixes, l->set->n_prefixes, &prefix);
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
	struct culprit_error *err = loader_get_globs(l, node, what, ret);

	for (size_t i = before; i < ret->n && !err; i++) {
		if (!*ret->globs[i] || (*ret->globs[i] == '!' && !ret->globs[i][1]))
			err = yaml_error(l->doc, node, "an entry of '%s' is empty", what);
	}
	return err;
}

struct culprit_error *loader_read_guilty(struct loader *l, const struct yaml_node *node)
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
			err = loader_get_globs(l, pair->value, "interrupts", &guilty->interrupts);
		else
			err = loader_unknown_key(l, pair->key, "generic, stalls, interrupts");
		if (err)
			return err;
	}
	return NULL;
}
