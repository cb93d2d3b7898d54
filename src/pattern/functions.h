/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions: what a function is, told by words in its name.
 *
 * A role ("lock", "allocator") has words that stand anywhere in a name, at its
 * beginning (underscores in front left out), at its very start, at its end, or are all of it, and names that are excepted.  One look
 * at a name gives all its roles, as a set.
 *
 * Filled by the loader of patterns (section `functions`), then only read.
 */
#ifndef CULPRIT_PATTERN_FUNCTIONS_H
#define CULPRIT_PATTERN_FUNCTIONS_H

#include "base/base.h"

#define FUNCTIONS_MAX_ROLES 128
/* Of two bytes, by their hash: a power of two. */
#define FUNCTIONS_BUCKETS 1024

struct role_set {
	uint64_t bits[FUNCTIONS_MAX_ROLES / 64];
};

static inline bool role_set_is_empty(struct role_set s)
{
	return !(s.bits[0] | s.bits[1]);
}

static inline bool role_set_has(struct role_set s, size_t role)
{
	return s.bits[role / 64] >> role % 64 & 1;
}

static inline void role_set_add(struct role_set *s, size_t role)
{
	s->bits[role / 64] |= UINT64_C(1) << role % 64;
}

static inline struct role_set role_set_union(struct role_set a, struct role_set b)
{
	return (struct role_set){ { a.bits[0] | b.bits[0], a.bits[1] | b.bits[1] } };
}

static inline struct role_set role_set_common(struct role_set a, struct role_set b)
{
	return (struct role_set){ { a.bits[0] & b.bits[0], a.bits[1] & b.bits[1] } };
}

enum function_place {
	FUNCTION_ANYWHERE,
	FUNCTION_STARTS,
	FUNCTION_ENDS,
	FUNCTION_EXACT,
	FUNCTION_BEGINS,	/* underscores in front of it are left out */
	FUNCTION_BUT,		/* the whole name, which is none of the role's */
};

struct function_word {
	const char *text;	/* borrowed from the pattern file */
	uint32_t len;		/* at least 2 */
	uint32_t next;		/* 1 + index of the next word of the bucket; 0: none */
	uint8_t role;
	uint8_t place;		/* enum function_place */
};

struct function_role {
	const char *name, *why;	/* borrowed from the pattern file; why may be NULL */
};

struct functions {
	struct function_role roles[FUNCTIONS_MAX_ROLES];
	size_t n_roles;
	struct function_word *words;	/* in an arena of the owner's */
	size_t n_words;
	/* 1 + index of the first word; 0: none. Words that stand in front are not looked for further in. */
	uint32_t front[FUNCTIONS_BUCKETS], further[FUNCTIONS_BUCKETS];
};

/* The name is without what compilers add. */
struct role_set functions_roles_of(const struct functions *f, struct span name);

/*
 * The same by words that the name begins with, underscores left out: what a
 * function is itself.  Words further in may be the convention's accidents
 * ("hwspin_lock_free"), or tell what a test is of ("test_list_add").
 */
struct role_set functions_own_roles_of(const struct functions *f, struct span name);

/* Index of a role, or -1. */
ptrdiff_t functions_find_role(const struct functions *f, const char *name);

/* Put words[i] into its bucket; once for each word, after it got its place in the array. */
void functions_note_word(struct functions *f, size_t i);

/* The word that gives a name the role, or NULL: for explanations. */
const struct function_word *functions_word_of(const struct functions *f, struct span name, size_t role);

#endif
