/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input: bytes from files, pipes and compressed files, chunk by chunk.
 *
 * gzip, xz, zstd, bzip2 (also concatenated members, of several kinds, with text
 * behind them) are recognised by their content, never by their name, and
 * decompressed (decompress.h); UTF-16 becomes UTF-8 (utf16.h).  Anything else is
 * passed through as it is.
 */
#ifndef CULPRIT_INPUT_INPUT_H
#define CULPRIT_INPUT_INPUT_H

#include "base/base.h"

struct input;

/* What one input_read gives at the most; of UTF-16, half as much again. */
#define INPUT_CHUNK_BYTES (256u << 10)

/* "-" is standard input. Errors: OS, with the path. A directory is an error. */
struct culprit_error *input_open(const char *path, struct input **ret);

/* Takes over fd. name is for messages and is copied. */
struct culprit_error *input_open_fd(int fd, const char *name, struct input **ret);

void input_close(struct input *input);

/*
 * The next bytes, borrowed until the next call on input; an empty span at the
 * end.  Blocks until there is at least one byte.  Errors: OS; FORMAT for a
 * broken or truncated archive, or one with neither text nor an archive behind it, LIMIT for one that takes more than 128 MiB to
 * decompress, NOT_FOUND where the library for it is not installed (what could
 * be decompressed was given before).  After an error the input is at its end.
 */
struct culprit_error *input_read(struct input *input, struct span *ret);

/*
 * Like input_read, but gives up after timeout_ms without a byte: *ret_silent
 * is set and *ret is empty. timeout_ms < 0 waits for ever.
 */
struct culprit_error *input_read_timeout(struct input *input, int timeout_ms,
					 struct span *ret, bool *ret_silent);

/*
 * All that path holds, decompressed, behind what ret has, until ret would get longer than max:
 * then *ret_long is set and the reading ends.  ret_long may be NULL where max is SIZE_MAX.
 * Errors: those of input_open() and input_read(); NO_MEMORY.
 */
struct culprit_error *input_read_all(const char *path, size_t max, struct buf *ret, bool *ret_long);

/*
 * Size in bytes, from where it was opened, where the input is an uncompressed
 * regular file, not of UTF-16, (not of /proc and the like, which claim to be empty); otherwise
 * false.
 */
bool input_plain_size(const struct input *input, uint64_t *ret);

/* Where such a file is read, for whoever does so by himself: its descriptor, the input's own, and the first byte. */
void input_plain_place(const struct input *input, int *ret_fd, uint64_t *ret_off);

#endif
