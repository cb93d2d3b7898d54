/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Store: crash reports of all time in one file of SQLite, which this module alone
 * sees.
 *
 *	store_open("reports.db", STORE_WRITE, &store);
 *	store_add(store, &report);				for each report
 *	store_commit(store);
 *	store_find_title(store, "KASAN: use-after-free Read in foo", false, print, arg);
 *
 * A report is its place: file and line.  The same place with the same title and stack
 * told again is no further report, so logs may be read twice, and writers that were
 * killed start again.  Several processes may write: each takes the file for as long as
 * a batch lasts, and waits for the others.
 *
 * A face is a title with the functions of its first stack, as in match/dedup.h.
 * Counts are kept by face, kernel and machine; titles carry their sums.
 */
#ifndef CULPRIT_CLI_DB_STORE_H
#define CULPRIT_CLI_DB_STORE_H

#include "base/base.h"

/* Of what this program writes. Older ones are brought up to it by whoever writes; newer ones are refused. */
#define STORE_VERSION 2

enum store_mode {
	STORE_READ,		/* the file has to be there, and is not changed */
	STORE_WRITE,		/* it is made where it is not there */
};

struct store;

struct store_report {
	const char *title;
	const char *frames;	/* "kfree foo_release __fput": innermost first; "": not known */
	const char *kernel;	/* "6.12.3-rc1"; NULL: not known */
	const char *machine;	/* NULL: not known */
	const char *file;
	uint64_t line;
	int64_t seen;		/* seconds since 1970 */
};

/* Errors: OS, FORMAT (no store, or of a newer culprit), NOT_FOUND (no library, no file), NO_MEMORY. */
struct culprit_error *store_open(const char *path, enum store_mode mode, struct store **ret);

/* What was added since the last commit is forgotten. NULL is fine. */
void store_close(struct store *store);
void store_closep(struct store **store);

/* Copied; written at the latest by store_commit(). Errors: as that. */
struct culprit_error *store_add(struct store *store, const struct store_report *report);

/* Errors: OS (no room, locked for a minute), NO_MEMORY. */
struct culprit_error *store_commit(struct store *store);

/* How many of what was added and committed were there already. */
uint64_t store_n_known(const struct store *store);

/* ------------------------------------------------------------- queries */

struct store_title {
	const char *title;
	const char *frames;	/* of store_find_stack(); else NULL */
	uint64_t n;
	int64_t first, last;	/* seconds since 1970 */
	const char *kernels;	/* "6.12.1 6.13.0", at most a few, oldest first; "": none known */
	uint64_t n_kernels, n_machines;
};

/* Strings are borrowed for the call. False: no more. */
typedef bool store_title_fn(void *arg, const struct store_title *title);

/* Those first seen since then, newest first. */
struct culprit_error *store_find_new(struct store *store, int64_t since, store_title_fn *each, void *arg);

/* That title, or all that begin so. */
struct culprit_error *store_find_title(struct store *store, const char *title, bool prefix, store_title_fn *each, void *arg);

/* Faces whose stack begins with these functions: "kfree foo_release". */
struct culprit_error *store_find_stack(struct store *store, const char *frames, store_title_fn *each, void *arg);

/*
 * Places in the order of versions (store_version_place()): titles seen on kernels after `from` up to `to`, and on none
 * up to `from`.  *ret_n_before: reports of any title on those: 0 means that nothing can be told.
 */
struct culprit_error *store_find_regressions(struct store *store, int64_t from, int64_t to, store_title_fn *each,
					     void *arg, uint64_t *ret_n_before);

/*
 * "6.12.3", "v6.13-rc5", "6.1.0-rc1+": where it stands among others; release candidates come before their release.
 * bound: a version without patch level and candidate stands for its whole series, up to the last stable one.  -1: it
 * is no version.
 */
int64_t store_version_place(const char *text, bool bound);

#endif
