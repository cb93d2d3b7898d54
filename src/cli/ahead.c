/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blocks of a file in a ring: claimed in order, read and searched in any, handed
 * out in order.
 *
 *	done: handed out   ready   being filled   claimed: the next
 *
 * The taker claims blocks itself as long as the one it waits for is with
 * another thread; so no thread has to be there, and none stands idle.
 *
 * Read with pread(2), not mapped: somebody may truncate the file meanwhile
 * (input.c).  A block that comes short is the last.
 */
#include "cli/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

/*
 * So much at once is given to the parser, and then reports are taken: each line
 * may be a crash, and a report takes a hundred times the memory of a short line.
 */
#define PIECE_BYTES (32u << 10)
#define MIN_BLOCKS 8
#define MAX_BLOCKS 32
#define MAX_HITS 1024		/* of a block; where there are more, the search is not what takes the time */

struct block {
	bool ready;
	int error;			/* errno of the read that failed, after the bytes */
	char *bytes;
	struct ahead_piece_found *pieces;
	size_t n_pieces;
	struct scan_hit *hits;
};

struct ahead {
	struct ahead_options options;
	size_t max_pieces;		/* of a block */
	pthread_mutex_t lock;		/* of all that follows, but what is in a block that is being filled */
	pthread_cond_t changed;
	struct block blocks[MAX_BLOCKS];	/* block i of the file in [i % n_blocks] */
	size_t n_blocks;
	uint64_t claimed, done;
	uint64_t end;			/* blocks of the file; UINT64_MAX: not known yet */
	bool started;			/* block `done` is in the taker's hands */
	bool stop;
	bool taker_waits;		/* for block `done` */
	size_t n_idle;			/* threads that wait for room */
	pthread_t threads[MAX_BLOCKS];
	size_t n_threads;
};

struct span ahead_piece(struct span bytes)
{
	struct span piece = { bytes.ptr, bytes.len < PIECE_BYTES ? bytes.len : PIECE_BYTES };
	const char *end = memrchr(piece.ptr, '\n', piece.len);

	/* The parser copies lines that are cut. */
	if (end)
		piece.len = (size_t)(end + 1 - piece.ptr);
	return piece;
}

static size_t read_block(const struct ahead *a, uint64_t i, struct block *block)
{
	size_t len = 0;

	block->error = 0;
	while (len < a->options.block_bytes) {
		ssize_t n = pread(a->options.fd, block->bytes + len, a->options.block_bytes - len,
				  (off_t)(a->options.off + i * a->options.block_bytes + len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			block->error = errno;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

static void search_block(const struct ahead *a, struct block *block, struct span bytes)
{
	size_t n_hits = 0;

	block->n_pieces = 0;
	while (bytes.len) {
		struct ahead_piece_found *piece = &block->pieces[block->n_pieces++];

		piece->bytes = ahead_piece(bytes);
		piece->known = prefilter_search(a->options.patterns, piece->bytes, block->hits + n_hits, MAX_HITS - n_hits,
						&piece->found);
		n_hits += piece->found.n;
		bytes = span_skip(bytes, piece->bytes.len);
	}
}

/* Under the lock, which is given up while the block is read and searched. */
static void fill_next(struct ahead *a)
{
	uint64_t i = a->claimed++;
	struct block *block = &a->blocks[i % a->n_blocks];
	size_t len;

	block->ready = false;
	pthread_mutex_unlock(&a->lock);
	len = read_block(a, i, block);
	search_block(a, block, (struct span){ block->bytes, len });
	pthread_mutex_lock(&a->lock);
	block->ready = true;
	if (len < a->options.block_bytes && i + 1 < a->end)
		a->end = i + 1;
	if (a->taker_waits)
		pthread_cond_broadcast(&a->changed);
}

static bool may_claim(const struct ahead *a)
{
	return a->claimed < a->end && a->claimed - a->done < a->n_blocks;
}

static void *work(void *arg)
{
	struct ahead *a = arg;

	pthread_mutex_lock(&a->lock);
	while (!a->stop && a->claimed < a->end) {
		if (may_claim(a)) {
			fill_next(a);
			continue;
		}
		a->n_idle++;
		pthread_cond_wait(&a->changed, &a->lock);
		a->n_idle--;
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static bool allocate_blocks(struct ahead *a)
{
	/* A piece without an end of line is whole, one with it may be followed by one without. */
	a->max_pieces = 2 * (a->options.block_bytes / PIECE_BYTES + 1);
	for (size_t i = 0; i < a->n_blocks; i++) {
		struct block *block = &a->blocks[i];

		block->bytes = malloc(a->options.block_bytes);
		block->pieces = calloc(a->max_pieces, sizeof(*block->pieces));
		block->hits = malloc(MAX_HITS * sizeof(*block->hits));
		if (!block->bytes || !block->pieces || !block->hits)
			return false;
	}
	return true;
}

struct culprit_error *ahead_create(const struct ahead_options *options, struct ahead **ret)
{
	struct ahead *a = calloc(1, sizeof(*a));
	size_t max = MAX_BLOCKS / 2, n_jobs = options->n_jobs < max ? options->n_jobs : max;

	if (!a)
		return &culprit_error_no_memory;
	a->options = *options;
	a->n_blocks = 2 * n_jobs > MIN_BLOCKS ? 2 * n_jobs : MIN_BLOCKS;
	a->end = UINT64_MAX;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	if (!allocate_blocks(a)) {
		ahead_destroy(a);
		return &culprit_error_no_memory;
	}
	while (a->n_threads + 1 < n_jobs && !pthread_create(&a->threads[a->n_threads], NULL, work, a))
		a->n_threads++;
	*ret = a;
	return NULL;
}

struct culprit_error *ahead_next(struct ahead *a, const struct ahead_piece_found **ret, size_t *ret_n)
{
	struct block *block;
	int error = 0;

	*ret_n = 0;
	pthread_mutex_lock(&a->lock);
	if (a->started) {
		/* The read that failed came after what was handed out last. */
		error = a->blocks[a->done % a->n_blocks].error;
		a->done++;
		/* A block takes as long as waking a thread: it wakes to several. */
		if (a->n_idle && a->claimed - a->done <= a->n_blocks / 2)
			pthread_cond_broadcast(&a->changed);
	}
	a->started = true;
	while (!error && a->done < a->end) {
		block = &a->blocks[a->done % a->n_blocks];
		if (a->done < a->claimed && block->ready) {
			*ret = block->pieces;
			*ret_n = block->n_pieces;
			/* Nothing but an error: told now. */
			error = block->n_pieces ? 0 : block->error;
			break;
		}
		if (may_claim(a)) {
			fill_next(a);
			continue;
		}
		a->taker_waits = true;
		pthread_cond_wait(&a->changed, &a->lock);
		a->taker_waits = false;
	}
	pthread_mutex_unlock(&a->lock);
	if (!error)
		return NULL;
	errno = error;
	return culprit_error_errno("cannot read %s", a->options.name);
}

void ahead_destroy(struct ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	while (a->n_threads > 0)
		pthread_join(a->threads[--a->n_threads], NULL);
	for (size_t i = 0; i < a->n_blocks; i++) {
		free(a->blocks[i].bytes);
		free(a->blocks[i].pieces);
		free(a->blocks[i].hits);
	}
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
