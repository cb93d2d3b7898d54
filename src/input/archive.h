/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Archives of logs: tar (also compressed), zip, cpio; and lz4, which is one log.
 *
 * libarchive reads them, opened when first needed.  Members that are compressed
 * themselves are decompressed as files are (decompress.h).
 */
#ifndef CULPRIT_INPUT_ARCHIVE_H
#define CULPRIT_INPUT_ARCHIVE_H

#include "base/base.h"
#include "input/input.h"

/* So many files are read of one; an archive is a stranger's. */
#define ARCHIVE_MAX_MEMBERS 10000
#define ARCHIVE_MAX_NAME 512

/* Where what is read goes; an error ends the reading. */
struct archive_sink {
	/* A file of the archive that is not empty begins; NULL: it has no name. Until the next one its bytes follow. */
	struct culprit_error *(*member)(void *arg, const char *name);
	struct culprit_error *(*bytes)(void *arg, struct span bytes);
	void *arg;
};

/* Is it an archive of these kinds?  head: the first NO_LOG_BYTES, decompressed. */
bool archive_sniff(struct span head);

/*
 * Read an archive whose beginning, head, was read from input (borrowed from it).
 * name is for messages.  Directories, links and devices are passed over.
 *
 * Errors: NOT_FOUND (libarchive is not installed), FORMAT (broken, encrypted,
 * cut short: what could be read was given), LIMIT, those of input and of sink.
 */
struct culprit_error *archive_read(struct input *input, struct span head, const char *name,
				   const struct archive_sink *sink);

#endif
