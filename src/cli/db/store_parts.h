/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the store share; nobody else includes it. */
#ifndef CULPRIT_CLI_DB_STORE_PARTS_H
#define CULPRIT_CLI_DB_STORE_PARTS_H

#include <sqlite3.h>
#include <stdio.h>

#include "base/dynlib.h"
#include "cli/db/store.h"

#define SQLITE_FUNCTIONS(X) \
	X(sqlite3_open_v2) X(sqlite3_close) X(sqlite3_busy_timeout) X(sqlite3_exec) X(sqlite3_prepare_v2) X(sqlite3_step) \
	X(sqlite3_reset) X(sqlite3_finalize) X(sqlite3_bind_text) X(sqlite3_bind_int64) X(sqlite3_bind_null) \
	X(sqlite3_column_int64) X(sqlite3_column_text) X(sqlite3_changes) X(sqlite3_errmsg) X(sqlite3_extended_errcode)

/* Filled in by dynlib_load(store_library()) (store_library.c). */
extern struct store_functions { SQLITE_FUNCTIONS(DYNLIB_MEMBER_) } sqlite;
struct dynlib *store_library(void);

/* The first of a pair adds a row, the second finds it: of a cache in the same order. */
enum store_statement {
	STORE_ADD_TITLE, STORE_GET_TITLE, STORE_ADD_FACE, STORE_GET_FACE, STORE_ADD_KERNEL, STORE_GET_KERNEL,
	STORE_ADD_MACHINE, STORE_GET_MACHINE, STORE_ADD_FILE, STORE_GET_FILE, STORE_ADD_REPORT, STORE_COUNT, STORE_SUM,
	STORE_STATEMENTS,
};

enum store_cache_of { STORE_TITLES, STORE_FACES, STORE_KERNELS, STORE_MACHINES, STORE_FILES, STORE_CACHES };

struct store_slot {
	uint64_t key;			/* 0: free */
	int64_t id;
};

struct store_cache {
	struct store_slot *slots;
	size_t n_slots, n;		/* a power of two */
};

/* Of a title, in the batch that is being written. */
struct store_sum {
	int64_t title;
	uint64_t n;
	int64_t first, last;
};

struct store {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_STATEMENTS];
	struct store_cache caches[STORE_CACHES];
	struct store_report *batch;	/* strings in arena */
	size_t n_batch;
	struct arena arena;
	struct store_sum *sums;
	size_t n_sums, cap_sums;
	uint64_t n_known;
	bool broken;			/* a write failed: the caches may hold what was rolled back */
};

struct culprit_error *store_complain(struct store *store, const char *what);
struct culprit_error *store_run(struct store *store, const char *sql);
struct culprit_error *store_prepare(struct store *store, const char *sql, sqlite3_stmt **ret);

/* The one number that sql gives. */
struct culprit_error *store_number(struct store *store, const char *sql, int64_t *ret);

#endif
