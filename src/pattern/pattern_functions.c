/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What functions are, from a pattern file:
 *
 *	functions:
 *	  lock:
 *	    why: "whoever took one is to blame"
 *	    anywhere: [spin_lock]
 *	    starts: [mutex_]
 *	    ends: [_trap]
 *	    exact: [down]
 *	    but: [my_spin_lockup_test]
 *
 * A role that is there already gets more words; `replace: true` takes away
 * those that it had.  Read before all else, so that "@lock" may stand in any
 * list of globs.
 */
#include "pattern/pattern_parts.h"

static struct culprit_error *add_word(struct loader *l, const struct yaml_node *node, size_t role, enum function_place place)
{
	struct functions *f = &l->set->functions;
	struct function_word word = { .role = (uint8_t)role, .place = (uint8_t)place };
	struct culprit_error *err = loader_get_string(l, node, "a word", &word.text);

	if (err)
		return err;
	word.len = (uint32_t)strlen(word.text);
	if (word.len < 2)
		return yaml_error(l->doc, node, "'%s' is too short for a word in names: two characters at least", word.text);
	if (strpbrk(word.text, "*@ "))
		return yaml_error(l->doc, node, "'%s': words in names have no '*', '@' or blank; say where it stands by "
				  "anywhere, begins, starts, ends or exact", word.text);
	err = PUSH(l, f->words, f->n_words, &word);
	if (!err)
		functions_note_word(f, f->n_words - 1);
	return err;
}

static struct culprit_error *add_words(struct loader *l, const struct yaml_node *node, size_t role, enum function_place place)
{
	struct culprit_error *err = loader_expect_list(l, node, "words");

	for (size_t i = 0; i < list_len(node) && !err; i++)
		err = add_word(l, list_item(node, i), role, place);
	return err;
}

/* Words of a role that is told anew; they stay in the array, under no bucket's name. */
static void forget_words(struct functions *f, size_t role)
{
	memset(f->front, 0, sizeof(f->front));
	memset(f->further, 0, sizeof(f->further));
	for (size_t i = 0; i < f->n_words; i++) {
		if (f->words[i].role != role)
			functions_note_word(f, i);
		else
			f->words[i].role = FUNCTIONS_MAX_ROLES;
	}
}

static struct culprit_error *read_role(struct loader *l, const struct yaml_pair *role_pair)
{
	static const char *const places[] = {
		[FUNCTION_ANYWHERE] = "anywhere", [FUNCTION_STARTS] = "starts", [FUNCTION_ENDS] = "ends",
		[FUNCTION_EXACT] = "exact", [FUNCTION_BEGINS] = "begins", [FUNCTION_BUT] = "but",
	};
	struct functions *f = &l->set->functions;
	const char *name = role_pair->key->text;
	ptrdiff_t known = functions_find_role(f, name);
	size_t role = known < 0 ? f->n_roles : (size_t)known;
	struct culprit_error *err = yaml_expect(l->doc, role_pair->value, YAML_MAPPING, "a role of functions");
	bool replace = false;

	if (err)
		return err;
	if (role == FUNCTIONS_MAX_ROLES)
		return yaml_error(l->doc, role_pair->key, "more than %d roles of functions", FUNCTIONS_MAX_ROLES);
	if (known < 0)
		f->roles[f->n_roles++] = (struct function_role){ .name = name };
	YAML_FOR_EACH_PAIR(pair, role_pair->value) {
		if (yaml_is(pair->key, "replace"))
			err = yaml_get_bool(l->doc, pair->value, "replace", &replace);
		if (err)
			return err;
	}
	if (replace)
		forget_words(f, role);
	YAML_FOR_EACH_PAIR(pair, role_pair->value) {
		bool taken = yaml_is(pair->key, "replace");

		for (size_t i = 0; i < countof(places) && !err; i++) {
			if (!yaml_is(pair->key, places[i]))
				continue;
			err = add_words(l, pair->value, role, (enum function_place)i);
			taken = true;
		}
		if (taken)
			;
		else if (yaml_is(pair->key, "why"))
			err = loader_get_string(l, pair->value, "why", &f->roles[role].why);
		else
			err = loader_unknown_key(l, pair->key, "why, anywhere, begins, starts, ends, exact, but, replace");
		if (err)
			return err;
	}
	return NULL;
}

struct culprit_error *loader_read_functions(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = NULL;

	YAML_FOR_EACH_PAIR(pair, node) {
		err = read_role(l, pair);
		if (err)
			break;
	}
	return err;
}
