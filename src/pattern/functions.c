/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words in names of functions, found by their first two bytes: a name of 20
 * bytes is looked at in 19 places, each of which has a handful of words.
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
	case FUNCTION_ENDS: return last;
	case FUNCTION_EXACT:
	case FUNCTION_BUT: return first && last;
	default: return true;
	}
}

/* By words that begin before the byte `before`. */
static uint64_t roles_before(const struct functions *f, struct span name, size_t before)
{
	uint64_t roles = 0, excepted = 0;

	for (size_t at = 0; at < before && at + 2 <= name.len; at++) {
		for (uint32_t i = f->buckets[bucket_of(name.ptr + at)]; i; i = f->words[i - 1].next) {
			const struct function_word *word = &f->words[i - 1];

			if (stands(word, name, at))
				*(word->place == FUNCTION_BUT ? &excepted : &roles) |= UINT64_C(1) << word->role;
		}
	}
	return roles & ~excepted;
}

uint64_t functions_roles_of(const struct functions *f, struct span name)
{
	return roles_before(f, name, name.len);
}

uint64_t functions_own_roles_of(const struct functions *f, struct span name)
{
	size_t underscores = 0;

	while (underscores < name.len && name.ptr[underscores] == '_')
		underscores++;
	return roles_before(f, name, underscores + 1);
}

ptrdiff_t functions_find_role(const struct functions *f, const char *name)
{
	for (size_t i = 0; i < f->n_roles; i++) {
		if (!strcmp(f->roles[i].name, name))
			return (ptrdiff_t)i;
	}
	return -1;
}

void functions_note_word(struct functions *f, size_t i)
{
	uint32_t *bucket = &f->buckets[bucket_of(f->words[i].text)];

	f->words[i].next = *bucket;
	*bucket = (uint32_t)i + 1;
}

const struct function_word *functions_word_of(const struct functions *f, struct span name, size_t role)
{
	for (size_t at = 0; at + 2 <= name.len; at++) {
		for (uint32_t i = f->buckets[bucket_of(name.ptr + at)]; i; i = f->words[i - 1].next) {
			const struct function_word *word = &f->words[i - 1];

			if (word->role == role && word->place != FUNCTION_BUT && stands(word, name, at))
				return word;
		}
	}
	return NULL;
}
