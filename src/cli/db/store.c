/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing and opening; store_query.c asks.
 *
 * Reports are kept in memory until there are BATCH of them, so that the file is
 * locked for a moment now and then, not while logs are read.  Rows that many reports
 * share (titles, faces, kernels, machines, files) are found through a cache of their
 * numbers: rows are never deleted, so what was once committed stays right; what a
 * failed batch put into it does not, and ends the store.
 */
#include "cli/db/store_parts.h"

#include <errno.h>
#include <unistd.h>

#include "cli/db/store_schema.h"

#define BATCH 20000
#define BUSY_MS 60000

/* -------------------------------------------------------------- errors */

struct culprit_error *store_complain(struct store *store, const char *what)
{
	int code = sqlite.sqlite3_extended_errcode(store->db);

	store->broken = true;
	if ((code & 0xff) == SQLITE_NOMEM)
		return &culprit_error_no_memory;
	return culprit_error_create((code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT ? CULPRIT_ERROR_FORMAT :
				    CULPRIT_ERROR_OS, "%s: %s: %s", store->path, what, sqlite.sqlite3_errmsg(store->db));
}

struct culprit_error *store_run(struct store *store, const char *sql)
{
	return sqlite.sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL : store_complain(store, "cannot be used");
}

struct culprit_error *store_prepare(struct store *store, const char *sql, sqlite3_stmt **ret)
{
	return sqlite.sqlite3_prepare_v2(store->db, sql, -1, ret, NULL) == SQLITE_OK ? NULL :
	       store_complain(store, "cannot be asked");
}

struct culprit_error *store_number(struct store *store, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	struct culprit_error *err = store_prepare(store, sql, &statement);

	if (!err && sqlite.sqlite3_step(statement) != SQLITE_ROW)
		err = store_complain(store, "cannot be read");
	if (!err)
		*ret = sqlite.sqlite3_column_int64(statement, 0);
	sqlite.sqlite3_finalize(statement);
	return err;
}

/* -------------------------------------------------------------- opening */

/* *ret_version 0: it is empty. */
static struct culprit_error *read_version(struct store *store, int64_t *ret_version)
{
	int64_t id = 0, n_tables = 0;
	struct culprit_error *err = store_number(store, "PRAGMA application_id", &id);

	if (!err)
		err = store_number(store, "SELECT count(*) FROM sqlite_schema", &n_tables);
	if (!err)
		err = store_number(store, "PRAGMA user_version", ret_version);
	if (err)
		return err;
	if (id != STORE_APPLICATION_ID && (id || n_tables || *ret_version))
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s is another program's database", store->path);
	if (*ret_version > STORE_VERSION)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s is of a newer culprit: version %lld, this one knows %d",
					    store->path, (long long)*ret_version, STORE_VERSION);
	return NULL;
}

static struct culprit_error *take_steps(struct store *store, int64_t version)
{
	struct culprit_error *err = NULL;
	char sql[96];

	for (; version < STORE_VERSION && !err; version++)
		err = store_run(store, store_steps[version]);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", STORE_APPLICATION_ID, STORE_VERSION);
	return err ? err : store_run(store, sql);
}

/* Somebody else may be about to do the same: whoever has the lock looks again. */
static struct culprit_error *bring_up(struct store *store)
{
	int64_t version = 0;
	struct culprit_error *err = read_version(store, &version);

	if (err || version == STORE_VERSION)
		return err;
	err = store_run(store, "BEGIN IMMEDIATE");
	if (!err)
		err = read_version(store, &version);
	if (!err)
		err = take_steps(store, version);
	return err ? err : store_run(store, "COMMIT");
}

/* A writer waits for another that turns the journal on; SQLite does not wait there by itself. */
static struct culprit_error *turn_wal_on(struct store *store)
{
	int code = SQLITE_BUSY;

	for (int i = 0; i < BUSY_MS / 50 && code == SQLITE_BUSY; i++) {
		code = sqlite.sqlite3_exec(store->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
		if (code == SQLITE_BUSY)
			usleep(50000);
	}
	return code == SQLITE_OK ? NULL : store_complain(store, "cannot be used");
}

static struct culprit_error *open_file(struct store *store, enum store_mode mode)
{
	int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	struct culprit_error *err = NULL;
	int64_t version = 0;

	if (mode == STORE_READ && access(store->path, R_OK) < 0)
		return culprit_error_errno("%s", store->path);
	if (sqlite.sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return store->db ? store_complain(store, "cannot be opened") : &culprit_error_no_memory;
	sqlite.sqlite3_busy_timeout(store->db, BUSY_MS);
	if (mode == STORE_READ) {
		err = read_version(store, &version);
		return err || version ? err : culprit_error_create(CULPRIT_ERROR_FORMAT, "%s is empty: no store", store->path);
	}
	/* Before anything is written into what may be somebody else's. */
	err = read_version(store, &version);
	if (!err)
		err = turn_wal_on(store);
	if (!err)
		err = store_run(store, "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000");
	return err ? err : bring_up(store);
}

static struct culprit_error *prepare_writing(struct store *store)
{
	static const char *const sql[STORE_STATEMENTS] = {
		[STORE_ADD_TITLE] = "INSERT OR IGNORE INTO titles(title, n, first, last) VALUES(?1, 0, 0, 0)",
		[STORE_GET_TITLE] = "SELECT id FROM titles WHERE title = ?1",
		[STORE_ADD_FACE] = "INSERT OR IGNORE INTO faces(title, frames) VALUES(?2, ?1)",
		[STORE_GET_FACE] = "SELECT id FROM faces WHERE title = ?2 AND frames = ?1",
		[STORE_ADD_KERNEL] = "INSERT OR IGNORE INTO kernels(version, place) VALUES(?1, ?2)",
		[STORE_GET_KERNEL] = "SELECT id FROM kernels WHERE version = ?1",
		[STORE_ADD_MACHINE] = "INSERT OR IGNORE INTO machines(name) VALUES(?1)",
		[STORE_GET_MACHINE] = "SELECT id FROM machines WHERE name = ?1",
		[STORE_ADD_FILE] = "INSERT OR IGNORE INTO files(path) VALUES(?1)",
		[STORE_GET_FILE] = "SELECT id FROM files WHERE path = ?1",
		[STORE_ADD_REPORT] = "INSERT OR IGNORE INTO reports(file, line, face, kernel, machine, seen) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
		[STORE_COUNT] = "INSERT INTO counts(face, kernel, machine, n, first, last) VALUES(?1, ?2, ?3, 1, ?4, ?4)"
				" ON CONFLICT DO UPDATE SET n = n + 1, first = min(first, ?4), last = max(last, ?4)",
		[STORE_SUM] = "UPDATE titles SET first = CASE n WHEN 0 THEN ?3 ELSE min(first, ?3) END, n = n + ?2,"
			      " last = max(last, ?4) WHERE id = ?1",
	};
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < STORE_STATEMENTS && !err; i++)
		err = store_prepare(store, sql[i], &store->statements[i]);
	return err;
}

struct culprit_error *store_open(const char *path, enum store_mode mode, struct store **ret)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct culprit_error *err = dynlib_load(store_library());

	if (err)
		return err;
	store = calloc(1, sizeof(*store));
	if (!store)
		return &culprit_error_no_memory;
	store->path = strdup(path);
	if (!store->path)
		return &culprit_error_no_memory;
	err = open_file(store, mode);
	if (!err && mode == STORE_WRITE)
		err = prepare_writing(store);
	if (!err)
		*ret = no_free_ptr(store);
	return err;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < STORE_STATEMENTS; i++)
		sqlite.sqlite3_finalize(store->statements[i]);
	if (store->db)
		sqlite.sqlite3_close(store->db);
	for (size_t i = 0; i < STORE_CACHES; i++)
		free(store->caches[i].slots);
	arena_deinit(&store->arena);
	free(store->batch);
	free(store->sums);
	free(store->path);
	free(store);
}

void store_closep(struct store **store)
{
	store_close(*store);
}

/* -------------------------------------------------------------- caches */

/* Keys are hashes of 64 bits of what the row is: of 10 million rows two are alike once in 400,000 stores. */
static struct store_slot *find_slot(struct store_cache *cache, uint64_t key)
{
	size_t at = key & (cache->n_slots - 1);

	while (cache->slots[at].key && cache->slots[at].key != key)
		at = (at + 1) & (cache->n_slots - 1);
	return &cache->slots[at];
}

static bool make_room(struct store_cache *cache)
{
	struct store_cache grown = { NULL, cache->n_slots ? cache->n_slots * 2 : 1024, cache->n };

	if (cache->n_slots && cache->n < cache->n_slots / 2)
		return true;
	grown.slots = calloc(grown.n_slots, sizeof(*grown.slots));
	if (!grown.slots)
		return false;
	for (size_t i = 0; i < cache->n_slots; i++) {
		if (cache->slots[i].key)
			*find_slot(&grown, cache->slots[i].key) = cache->slots[i];
	}
	free(cache->slots);
	*cache = grown;
	return true;
}

static struct culprit_error *step(struct store *store, sqlite3_stmt *statement, int64_t *ret_id)
{
	int code = sqlite.sqlite3_step(statement);
	struct culprit_error *err = code == SQLITE_DONE || code == SQLITE_ROW ? NULL : store_complain(store, "cannot be written");

	if (!err && ret_id)
		*ret_id = code == SQLITE_ROW ? sqlite.sqlite3_column_int64(statement, 0) : 0;
	sqlite.sqlite3_reset(statement);
	return err;
}

/* The number of the row of text; number is its second value, where it has one. */
static struct culprit_error *find_row(struct store *store, enum store_cache_of of, const char *text, int64_t number,
				      int64_t *ret)
{
	struct store_cache *cache = &store->caches[of];
	uint64_t key = hash_bytes(text, strlen(text)) ^ ((uint64_t)number * UINT64_C(0x9e3779b97f4a7c15));
	sqlite3_stmt *add = store->statements[2 * of], *get = store->statements[2 * of + 1];
	struct culprit_error *err;
	struct store_slot *slot;

	key += !key;
	if (!make_room(cache))
		return &culprit_error_no_memory;
	slot = find_slot(cache, key);
	if (slot->key) {
		*ret = slot->id;
		return NULL;
	}
	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *statement = i ? get : add;

		sqlite.sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
		if (of == STORE_FACES || (of == STORE_KERNELS && !i && number >= 0))
			sqlite.sqlite3_bind_int64(statement, 2, number);
		else if (of == STORE_KERNELS && !i)
			sqlite.sqlite3_bind_null(statement, 2);
		err = step(store, statement, ret);
		if (err)
			return err;
	}
	*slot = (struct store_slot){ key, *ret };
	cache->n++;
	return NULL;
}

/* -------------------------------------------------------------- writing */

static struct culprit_error *count_report(struct store *store, const int64_t ids[3], int64_t seen)
{
	sqlite3_stmt *count = store->statements[STORE_COUNT];

	for (int i = 0; i < 3; i++)
		sqlite.sqlite3_bind_int64(count, i + 1, ids[i]);
	sqlite.sqlite3_bind_int64(count, 4, seen);
	return step(store, count, NULL);
}

/* Titles are few in a batch: their sums are written once, at its end. */
static bool add_to_sum(struct store *store, int64_t title, int64_t seen)
{
	struct store_sum *sum = NULL;

	for (size_t i = store->n_sums; i-- > 0 && !sum;)
		sum = store->sums[i].title == title ? &store->sums[i] : NULL;
	if (!sum) {
		if (store->n_sums == store->cap_sums) {
			size_t cap = store->cap_sums ? store->cap_sums * 2 : 64;
			struct store_sum *grown = reallocarray(store->sums, cap, sizeof(*grown));

			if (!grown)
				return false;
			store->sums = grown;
			store->cap_sums = cap;
		}
		sum = &store->sums[store->n_sums++];
		*sum = (struct store_sum){ title, 0, seen, seen };
	}
	sum->n++;
	sum->first = seen < sum->first ? seen : sum->first;
	sum->last = seen > sum->last ? seen : sum->last;
	return true;
}

static struct culprit_error *write_report(struct store *store, const struct store_report *r)
{
	int64_t title, ids[3], file;	/* ids: face, kernel, machine */
	sqlite3_stmt *add = store->statements[STORE_ADD_REPORT];
	struct culprit_error *err = find_row(store, STORE_TITLES, r->title, 0, &title);

	if (!err)
		err = find_row(store, STORE_FACES, r->frames, title, &ids[0]);
	if (!err)
		err = find_row(store, STORE_KERNELS, r->kernel, store_version_place(r->kernel, false), &ids[1]);
	if (!err)
		err = find_row(store, STORE_MACHINES, r->machine, 0, &ids[2]);
	if (!err)
		err = find_row(store, STORE_FILES, r->file, 0, &file);
	if (err)
		return err;
	sqlite.sqlite3_bind_int64(add, 1, file);
	sqlite.sqlite3_bind_int64(add, 2, (int64_t)r->line);
	for (int i = 0; i < 3; i++)
		sqlite.sqlite3_bind_int64(add, 3 + i, ids[i]);
	sqlite.sqlite3_bind_int64(add, 6, r->seen);
	err = step(store, add, NULL);
	if (err)
		return err;
	if (!sqlite.sqlite3_changes(store->db)) {
		store->n_known++;
		return NULL;
	}
	if (!add_to_sum(store, title, r->seen))
		return &culprit_error_no_memory;
	return count_report(store, ids, r->seen);
}

static struct culprit_error *write_sums(struct store *store)
{
	sqlite3_stmt *statement = store->statements[STORE_SUM];
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < store->n_sums && !err; i++) {
		const struct store_sum *sum = &store->sums[i];

		sqlite.sqlite3_bind_int64(statement, 1, sum->title);
		sqlite.sqlite3_bind_int64(statement, 2, (int64_t)sum->n);
		sqlite.sqlite3_bind_int64(statement, 3, sum->first);
		sqlite.sqlite3_bind_int64(statement, 4, sum->last);
		err = step(store, statement, NULL);
	}
	store->n_sums = 0;
	return err;
}

struct culprit_error *store_commit(struct store *store)
{
	struct culprit_error *err;

	if (!store->n_batch)
		return NULL;
	if (store->broken)
		return culprit_error_create(CULPRIT_ERROR_OS, "%s: an earlier write failed", store->path);
	err = store_run(store, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < store->n_batch && !err; i++)
		err = write_report(store, &store->batch[i]);
	if (!err)
		err = write_sums(store);
	if (!err)
		err = store_run(store, "COMMIT");
	if (err)
		store->broken = true;
	store->n_batch = 0;
	arena_deinit(&store->arena);
	store->arena = (struct arena){ 0 };
	return err;
}

struct culprit_error *store_add(struct store *store, const struct store_report *report)
{
	const char *const texts[] = { report->title, report->frames, report->kernel, report->machine, report->file };
	const char *copies[countof(texts)];

	if (!store->batch)
		store->batch = calloc(BATCH, sizeof(*store->batch));
	if (!store->batch)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < countof(texts); i++) {
		copies[i] = arena_dup(&store->arena, span_of(texts[i] ? texts[i] : ""));
		if (!copies[i])
			return &culprit_error_no_memory;
	}
	store->batch[store->n_batch++] = (struct store_report){ copies[0], copies[1], copies[2], copies[3], copies[4],
								report->line, report->seen };
	return store->n_batch == BATCH ? store_commit(store) : NULL;
}

uint64_t store_n_known(const struct store *store)
{
	return store->n_known;
}
