/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journal: an append-only file of records, each on disk before it is acted on.
 *
 * One record is one line: a checksum over the rest of the line, the time in
 * microseconds since 1970, a type, and fields:
 *
 *	c5f1b0a2d1e49f07 1763826420123456 run n=3 commit=69879c01... verdict=clean q=0
 *
 * In values %, control characters and blanks are written as %25 and so on; an
 * empty value is nothing.  Other bytes stay as they are, UTF-8 or not.
 *
 * A last line that is cut or wrong is what a crash leaves: it was never acted
 * on, is passed over when reading and cut off when writing.  A wrong line
 * elsewhere is an error.
 */
#ifndef CULPRIT_SESSION_JOURNAL_H
#define CULPRIT_SESSION_JOURNAL_H

#include "base/base.h"

#define JOURNAL_FIELDS_MAX 32

struct journal_record {
	uint64_t line;		/* in the file, from 1 */
	int64_t time_us;	/* since 1970 */
	const char *type;
	size_t n;
	const char *keys[JOURNAL_FIELDS_MAX];
	const char *values[JOURNAL_FIELDS_MAX];
};

/* NULL where the record has no such field. */
const char *journal_get(const struct journal_record *record, const char *key);
uint64_t journal_get_u64(const struct journal_record *record, const char *key, uint64_t otherwise);
double journal_get_double(const struct journal_record *record, const char *key, double otherwise);

/* The record is borrowed for the call. An error ends the reading. */
typedef struct culprit_error *journal_read_fn(void *arg, const struct journal_record *record);

struct journal;

/*
 * Open for appending, made if need be, and hand every record there is to read.
 * Only one process has it open; another one that ends within wait_ms is waited
 * for (a killed session whose guardians still clean up), unless cancel_fd
 * becomes readable (-1: none).
 * Errors: OS, FORMAT with path:line, MISMATCH (in use), CANCELLED, NO_MEMORY, those of read.
 */
struct culprit_error *journal_open(const char *path, int wait_ms, int cancel_fd, journal_read_fn *read, void *arg,
				   struct journal **ret);
void journal_close(struct journal *journal);
void journal_closep(struct journal **journal);

/* Descriptor that carries the lock; see process_spec.hold_fd. */
int journal_fd(const struct journal *journal);

/* Only read; needs no lock. NOT_FOUND when there is no file. */
struct culprit_error *journal_scan(const char *path, journal_read_fn *read, void *arg);

/*
 * Leave out records for good: the file is replaced by one with the records that
 * keep() is true for, byte for byte, and the old one stays as KEPT.  Nobody may
 * have it open.  Errors: MISMATCH (somebody works on it), NOT_FOUND, OS (KEPT exists).
 */
typedef bool journal_keep_fn(void *arg, const struct journal_record *record);
struct culprit_error *journal_rewrite(const char *path, const char *kept, journal_keep_fn *keep, void *arg);

/* ------------------------------------------------------------- writing */

/* A record being put together. Zeroed by journal_begin(). */
struct journal_draft {
	struct buf text;
	bool failed;		/* out of memory */
};

void journal_begin(struct journal_draft *draft, const char *type);
void journal_add(struct journal_draft *draft, const char *key, const char *value);	/* NULL: left out */
void journal_add_f(struct journal_draft *draft, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Append and sync; then hand it to the reader of journal_open(), so that state
 * has one way to change.  On failure the file is as before.  Frees the draft.
 */
struct culprit_error *journal_commit(struct journal *journal, struct journal_draft *draft);

#endif
