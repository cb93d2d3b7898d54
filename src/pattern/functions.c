/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words in names of functions, found by their first two bytes: a name of 20
 * bytes is looked at in 19 places, each of which has a handful of words.  Words
 * that stand in front of a name, which are most, are looked for there alone.
 */
#include "pattern/functions.h"

static uint32_t bucket_of(const char *two)
{
	return ((unsigned char)two[0] * 33u ^ (unsigned char)two[1]) % FUNCTIONS_BUCKETS;
}

static bool stands(const struct function_word *word, struct span name, size_t at)
{
	bool first = at == 0, last = at + word->len == name.len;

	if (at + word->len > name.len || memcmp(name.ptr + at, word->text, word->len))
		return false;
	switch (word->place) {
	case FUNCTION_STARTS: return first;
	case FUNCTION_BEGINS: return true;	/* found in front */
	case FUNCTION_ENDS: return last;
	case FUNCTION_EXACT:
	case FUNCTION_BUT: return first && last;
	default: return true;
	}
}

static size_t count_underscores(struct span name)
{
	size_t n = 0;

	while (n < name.len && name.ptr[n] == '_')
		n++;
	return n;
}

static void add_roles(const struct functions *f, const uint32_t *buckets, struct span name, size_t at,
		      struct role_set *roles, struct role_set *excepted)
{
	for (uint32_t i = buckets[bucket_of(name.ptr + at)]; i; i = f->words[i - 1].next) {
		const struct function_word *word = &f->words[i - 1];

		if (stands(word, name, at))
			role_set_add(word->place == FUNCTION_BUT ? excepted : roles, word->role);
	}
}

/* By words that begin before the byte `before`, which is behind the underscores in front. */
static struct role_set roles_before(const struct functions *f, struct span name, size_t underscores, size_t before)
{
	struct role_set roles = { 0 }, excepted = { 0 };

	for (size_t at = 0; at <= underscores && at + 2 <= name.len; at++)
		add_roles(f, f->front, name, at, &roles, &excepted);
	for (size_t at = 0; at < before && at + 2 <= name.len; at++)
		add_roles(f, f->further, name, at, &roles, &excepted);
	for (size_t i = 0; i < countof(roles.bits); i++)
		roles.bits[i] &= ~excepted.bits[i];
	return roles;
}

struct role_set functions_roles_of(const struct functions *f, struct span name)
{
	return roles_before(f, name, count_underscores(name), name.len);
}

struct role_set functions_own_roles_of(const struct functions *f, struct span name)
{
	size_t underscores = count_underscores(name);

	return roles_before(f, name, underscores, underscores + 1);
}

ptrdiff_t functions_find_role(const struct functions *f, const char *name)
{
	for (size_t i = 0; i < f->n_roles; i++) {
		if (*f->roles[i].name == *name && !strcmp(f->roles[i].name, name))
			return (ptrdiff_t)i;
	}
	return -1;
}

static bool stands_in_front(const struct function_word *word)
{
	return word->place != FUNCTION_ANYWHERE && word->place != FUNCTION_ENDS;
}

void functions_note_word(struct functions *f, size_t i)
{
	uint32_t *buckets = stands_in_front(&f->words[i]) ? f->front : f->further;
	uint32_t *bucket = &buckets[bucket_of(f->words[i].text)];

	f->words[i].next = *bucket;
	*bucket = (uint32_t)i + 1;
}

static const struct function_word *find_word(const struct functions *f, const uint32_t *buckets, struct span name,
					     size_t at, size_t role)
{
	for (uint32_t i = buckets[bucket_of(name.ptr + at)]; i; i = f->words[i - 1].next) {
		const struct function_word *word = &f->words[i - 1];

		if (word->role == role && word->place != FUNCTION_BUT && stands(word, name, at))
			return word;
	}
	return NULL;
}

const struct function_word *functions_word_of(const struct functions *f, struct span name, size_t role)
{
	size_t underscores = count_underscores(name);
	const struct function_word *word = NULL;

	for (size_t at = 0; !word && at + 2 <= name.len; at++) {
		word = find_word(f, f->further, name, at, role);
		if (!word && at <= underscores)
			word = find_word(f, f->front, name, at, role);
	}
	return word;
}
