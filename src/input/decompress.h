/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decompress: gzip, xz, zstd and bzip2 as a stream, by their own libraries.
 *
 * Alone sees zlib, liblzma, libzstd and libbz2; each is opened when first
 * needed.  Not libarchive: it gives a block of output only once it is full, so
 * the last 64 KiB of a log whose compression was cut off (the machine died) are
 * lost, and a live compressed pipe stays silent for as long.
 */
#ifndef CULPRIT_INPUT_DECOMPRESS_H
#define CULPRIT_INPUT_DECOMPRESS_H

#include "base/base.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_XZ, COMPRESSION_ZSTD, COMPRESSION_BZIP2 };

/* More of a beginning than any of them needs to be known. */
#define COMPRESSION_SNIFF_BYTES 10

/* What data with this beginning is.  *ret_short: it may yet become something else than NONE. */
enum compression compression_sniff(struct span head, bool *ret_short);

struct decompressor;

/* kind is not NONE. Errors: NOT_FOUND (the library is not installed), NO_MEMORY. */
struct culprit_error *decompressor_create(enum compression kind, struct decompressor **ret);
void decompressor_destroy(struct decompressor *d);

/* "gzip" and so on; static. */
const char *decompressor_name(const struct decompressor *d);

/*
 * Take what it likes from in (which is advanced) and write up to room bytes to
 * out: *ret_n of them.  last: nothing comes behind in.  *ret_end: the data is
 * complete, and what is left of in is not of it and no padding either.  No output, and not at the end:
 * more input is wanted.  Further members, streams or frames are part of the
 * data.
 *
 * Errors: FORMAT, where the data is broken or ends too early, once everything
 * before that was given; LIMIT, where it takes more than 128 MiB to decompress.
 */
struct culprit_error *decompressor_step(struct decompressor *d, struct span *in, bool last,
					char *out, size_t room, size_t *ret_n, bool *ret_end);

#endif
