/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ahead: one large file, read and searched by several threads, handed out in
 * order.  Whoever takes the blocks works, too.
 *
 * Nearly all of a log is benign, and finding that out is what takes the time;
 * what is made of the lines that are not depends on all before, and stays with
 * one parser.
 */
#ifndef CULPRIT_CLI_AHEAD_H
#define CULPRIT_CLI_AHEAD_H

#include "pattern/prefilter.h"

/* How much of bytes is given to a parser at once: up to an end of line, where there is one. */
struct span ahead_piece(struct span bytes);

struct ahead_options {
	const struct culprit_patterns *patterns;
	int fd;				/* a regular file; its position stays */
	uint64_t off;			/* where to begin */
	const char *name;		/* for messages; must outlive the reader */
	size_t n_jobs;			/* threads at work, the caller's included */
	size_t block_bytes;
};

struct ahead_piece_found {
	struct span bytes;
	bool known;			/* false: full of literals, or out of memory; the parser has to search */
	struct prefilter found;
};

struct ahead;

/* Memory: 8 to 32 blocks, as n_jobs has it. Errors: NO_MEMORY. */
struct culprit_error *ahead_create(const struct ahead_options *options, struct ahead **ret);

/* The pieces of the next block, borrowed until the next call; none at the end of the file. Errors: OS. */
struct culprit_error *ahead_next(struct ahead *ahead, const struct ahead_piece_found **ret, size_t *ret_n);

void ahead_destroy(struct ahead *ahead);

static inline void ahead_destroyp(struct ahead **ahead)
{
	ahead_destroy(*ahead);
}

#endif
