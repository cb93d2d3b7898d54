/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lint of what functions are: words that say nothing, and lists that change nothing.
 *
 * A word says nothing where another of its role matches wherever it does, or,
 * with a vocabulary, where no function has it in its name.
 */
#include "cli/patterns_lint.h"

static const char *const places[] = { "anywhere", "starts", "ends", "exact", "begins" };
static const char *const places_said[] = { "anywhere in a name", "at its start", "at its end", "as all of it",
					   "at its beginning" };

/* The list of a key, or a single scalar as a list of one. */
static size_t list_length(const struct yaml_node *node)
{
	return !node ? 0 : node->kind == YAML_SEQUENCE ? node->n : 1;
}

static const struct yaml_node *list_node(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_SEQUENCE ? node->items[i] : node;
}

static struct pattern_place place_of(const struct yaml_doc *doc, const struct yaml_node *node)
{
	return (struct pattern_place){ doc->name, node->line, node->column };
}

/* Underscores in front left out, of whatever the word leaves of them. */
static bool begins(struct span name, struct span word)
{
	while (!span_starts(name, word)) {
		if (!name.len || *name.ptr != '_')
			return false;
		name = span_skip(name, 1);
	}
	return true;
}

/* Does a word that stands so match all of name? */
static bool word_matches(enum function_place place, struct span word, struct span name)
{
	switch (place) {
	case FUNCTION_STARTS: return span_starts(name, word);
	case FUNCTION_ENDS: return name.len >= word.len && span_equal(span_skip(name, name.len - word.len), word);
	case FUNCTION_EXACT:
	case FUNCTION_BUT: return span_equal(name, word);
	case FUNCTION_BEGINS: return begins(name, word);
	case FUNCTION_ANYWHERE: break;
	}
	return span_find(name, word) >= 0;
}

/* Is whatever the word matches matched by the other as well? */
static bool is_shadowed(enum function_place place, struct span word, enum function_place other_place, struct span other)
{
	bool in_front = place == FUNCTION_STARTS && other_place == FUNCTION_BEGINS;

	if (other_place != FUNCTION_ANYWHERE && other_place != place && place != FUNCTION_EXACT && !in_front)
		return false;
	return word_matches(other_place, other, word);
}

/* The word that shadows one, as long as it is not the same node. */
static const struct yaml_node *find_shadow(const struct yaml_node *role, enum function_place place,
					   const struct yaml_node *word, enum function_place *ret_place)
{
	for (size_t p = 0; p < countof(places); p++) {
		const struct yaml_node *list = yaml_find(role, places[p]);

		for (size_t i = 0; i < list_length(list); i++) {
			const struct yaml_node *other = list_node(list, i);
			bool same = p == place && !strcmp(other->text, word->text);

			/* Of two that are the same, the second is one too many. */
			if (other == word || (same && (other->line > word->line ||
						       (other->line == word->line && other->column > word->column))))
				continue;
			if (!is_shadowed(place, span_of(word->text), (enum function_place)p, span_of(other->text)))
				continue;
			*ret_place = (enum function_place)p;
			return other;
		}
	}
	return NULL;
}

static bool has_name(const struct lint *lint, enum function_place place, struct span word)
{
	struct span rest = lint->vocabulary;

	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		struct span line = { rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len };
		const char *tab = memchr(line.ptr, '\t', line.len);

		rest = span_skip(rest, line.len + (end ? 1 : 0));
		if (word_matches(place, word, (struct span){ line.ptr, tab ? (size_t)(tab - line.ptr) : line.len }))
			return true;
	}
	return false;
}

static void lint_word(struct lint *lint, const struct yaml_doc *doc, const struct yaml_pair *role, enum function_place place,
		      const struct yaml_node *word)
{
	struct pattern_place at = place_of(doc, word);
	enum function_place other_place;
	const struct yaml_node *other = find_shadow(role->value, place, word, &other_place);

	if (other)
		lint_found(lint, &at, "'%s' of role '%s' adds nothing: '%s', %s, matches wherever it does", word->text,
			   role->key->text, other->text, places_said[other_place]);
	else if (lint->vocabulary.len && !has_name(lint, place, span_of(word->text)))
		lint_found(lint, &at, "'%s' of role '%s', %s: no function of the vocabulary has it", word->text,
			   role->key->text, places_said[place]);
}

/* An exception must be one of something, of whatever file. */
static void lint_exception(struct lint *lint, const struct yaml_doc *doc, const char *role, const struct yaml_node *name)
{
	ptrdiff_t i = functions_find_role(&lint->set->functions, role);
	struct pattern_place at = place_of(doc, name);

	if (i >= 0 && !functions_word_of(&lint->set->functions, span_of(name->text), (size_t)i))
		lint_found(lint, &at, "'%s' is excepted from role '%s', which it does not have", name->text, role);
}

static void lint_role(struct lint *lint, const struct yaml_doc *doc, const struct yaml_pair *role)
{
	ptrdiff_t index = functions_find_role(&lint->set->functions, role->key->text);
	const struct yaml_node *but = yaml_find(role->value, "but");
	struct pattern_place at = place_of(doc, role->key);

	if (index >= 0 && !lint->set->functions.roles[index].why)
		lint_found(lint, &at, "role '%s' has no reason: say 'why' who has it is not to blame", role->key->text);
	for (size_t p = 0; p < countof(places); p++) {
		const struct yaml_node *list = yaml_find(role->value, places[p]);

		for (size_t i = 0; i < list_length(list); i++)
			lint_word(lint, doc, role, (enum function_place)p, list_node(list, i));
	}
	for (size_t i = 0; i < list_length(but); i++)
		lint_exception(lint, doc, role->key->text, list_node(but, i));
}

/* Globs of names that begin with a star, outside of the table: nobody says why so much is passed over. */
static void lint_globs(struct lint *lint, const struct yaml_doc *doc, const struct yaml_node *list)
{
	for (size_t i = 0; i < list_length(list); i++) {
		const struct yaml_node *glob = list_node(list, i);
		struct pattern_place at = place_of(doc, glob);

		if (glob->kind == YAML_SCALAR && *glob->text == '*')
			lint_found(lint, &at, "'%s' passes over names of any beginning and gives no reason: make it a word of a role "
				   "under 'functions:'", glob->text);
	}
}

/* Lists `skip` and `anchors`, wherever they stand. */
static void lint_lists(struct lint *lint, const struct yaml_doc *doc, const struct yaml_node *node)
{
	for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->n; i++)
		lint_lists(lint, doc, node->items[i]);
	for (size_t i = 0; node->kind == YAML_MAPPING && i < node->n; i++) {
		const struct yaml_pair *pair = &node->pairs[i];

		if (yaml_is(pair->key, "skip") || yaml_is(pair->key, "anchors"))
			lint_globs(lint, doc, pair->value);
		else
			lint_lists(lint, doc, pair->value);
	}
}

void lint_functions(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_docs; i++) {
		const struct yaml_doc *doc = lint->docs[i];
		const struct yaml_node *roles = doc->root ? yaml_find(doc->root, "functions") : NULL;

		if (roles) {
			YAML_FOR_EACH_PAIR(role, roles)
				lint_role(lint, doc, role);
		}
		if (doc->root)
			lint_lists(lint, doc, doc->root);
	}
}
