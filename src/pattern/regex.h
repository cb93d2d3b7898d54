/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Regular expressions: PCRE2, compiled on first use, bounded in effort.
 *
 * A regex is logically immutable and may be shared by threads; each thread
 * matches with a scratch of its own.  Multi-line mode: ^ and $ stand at every
 * line, the dot is no newline.  Bytes, not UTF-8: console logs are not.
 */
#ifndef CULPRIT_PATTERN_REGEX_H
#define CULPRIT_PATTERN_REGEX_H

#include <stdatomic.h>

#include "base/base.h"

#define REGEX_MAX_GROUPS 24

struct regex_code;	/* a compiled form; the list of them belongs to the regex */
struct regex_start;	/* what lines that match begin with */

struct regex {
	const char *source;		/* borrowed, macros expanded */
	struct span literal;		/* every match begins with these bytes; may be empty */
	_Atomic(struct regex_code *) code;
	_Atomic(const struct regex_start *) start;	/* NULL: not looked for yet */
	atomic_uint work;
};

/* source must outlive the regex. Compiles nothing. */
void regex_init(struct regex *re, const char *source);
void regex_deinit(struct regex *re);

/*
 * Compile now, to find mistakes: SYNTAX with the message and, in *ret_off,
 * the byte of the source where it went wrong.
 */
struct culprit_error *regex_check(struct regex *re, size_t *ret_off);

/* Is there a group of this name? Compiles. */
bool regex_has_group(struct regex *re, const char *name);

/*
 * Where later matches, does earlier match, at the same byte or before? Only
 * what can be seen: earlier is how later begins.  False: not known.
 */
bool regex_always_matches(const struct regex *earlier, const struct regex *later);

/* Is a group repeated without end whose content may be cut in many ways ("(a+)+")? */
bool regex_may_be_slow(const struct regex *re);

/* How many groups it has, group 0 not counted. Compiles. */
uint32_t regex_n_groups(struct regex *re);

struct regex_scratch;

struct culprit_error *regex_scratch_create(struct regex_scratch **ret);
void regex_scratch_destroy(struct regex_scratch *scratch);

/* Did any match since the last call run into a limit? Reading clears it. */
bool regex_scratch_hit_limit(struct regex_scratch *scratch);

/* Did memory run out in any match so far? Then no answer can be trusted; it stays so. */
bool regex_scratch_no_memory(const struct regex_scratch *scratch);

/* It ran out for what is matched: an expression could not even be read. */
void regex_scratch_fail(struct regex_scratch *scratch);

struct regex_match {
	const struct regex *re;
	struct span text;		/* what was searched */
	uint32_t n;			/* groups that may be set, group 0 included */
	size_t start[REGEX_MAX_GROUPS], end[REGEX_MAX_GROUPS];	/* SIZE_MAX: not set */
};

/*
 * First match in text at or after from.  False also where a limit was hit
 * (regex_scratch_hit_limit tells) or memory ran out (regex_scratch_no_memory).  *ret may be NULL.
 * The match borrows text.
 */
bool regex_find(struct regex *re, struct regex_scratch *scratch, struct span text, size_t from,
		struct regex_match *ret);

/* The same for a match that begins before the byte `before`; what is behind it is not looked through for one. */
bool regex_find_before(struct regex *re, struct regex_scratch *scratch, struct span text, size_t from, size_t before,
		       struct regex_match *ret);

/* The bytes of a group; an empty span with ptr NULL where it took no part. */
struct span regex_group(const struct regex_match *m, uint32_t group);
struct span regex_named(const struct regex_match *m, const char *name);

/* Of PCRE2: "10.42 2022-12-11". Static. */
const char *regex_library_version(void);

#endif
