/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to a store. Each is answered from indexes, but regressions, which look at all counts once. */
#include "cli/db/store_parts.h"

/* Of a title's kernels; beyond it is only their number. */
#define MAX_KERNELS "6"

/* Columns: title, frames or NULL, n, first, last; then what a subquery over counts c and kernels k has of it. */
#define OF_TITLE(frames, faces) \
	"SELECT t.title, " frames ", t.n, t.first, t.last," \
	" (SELECT group_concat(version, ' ') FROM (SELECT DISTINCT k.version FROM counts c JOIN kernels k ON k.id = c.kernel" \
	"  WHERE c.face IN (" faces ") AND k.version <> '' ORDER BY k.place, k.version LIMIT " MAX_KERNELS "))," \
	" (SELECT count(DISTINCT c.kernel) FROM counts c JOIN kernels k ON k.id = c.kernel WHERE c.face IN (" faces ") AND k.version <> '')," \
	" (SELECT count(DISTINCT c.machine) FROM counts c JOIN machines m ON m.id = c.machine WHERE c.face IN (" faces ") AND m.name <> '')"
#define ITS_FACES "SELECT id FROM faces WHERE title = t.id"

static const char *text_at(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite.sqlite3_column_text(statement, column);
}

/* Takes the statement over. */
static struct culprit_error *tell_each(struct store *store, sqlite3_stmt *statement, store_title_fn *each, void *arg)
{
	struct culprit_error *err = NULL;
	int code;

	while ((code = sqlite.sqlite3_step(statement)) == SQLITE_ROW) {
		const char *kernels = text_at(statement, 5);
		struct store_title title = {
			.title = text_at(statement, 0),
			.frames = text_at(statement, 1),
			.n = (uint64_t)sqlite.sqlite3_column_int64(statement, 2),
			.first = sqlite.sqlite3_column_int64(statement, 3),
			.last = sqlite.sqlite3_column_int64(statement, 4),
			.kernels = kernels ? kernels : "",
			.n_kernels = (uint64_t)sqlite.sqlite3_column_int64(statement, 6),
			.n_machines = (uint64_t)sqlite.sqlite3_column_int64(statement, 7),
		};

		if (!title.title) {
			err = &culprit_error_no_memory;
			break;
		}
		if (!each(arg, &title))
			break;
	}
	if (!err && code != SQLITE_ROW && code != SQLITE_DONE)
		err = store_complain(store, "cannot be read");
	sqlite.sqlite3_finalize(statement);
	return err;
}

struct culprit_error *store_find_new(struct store *store, int64_t since, store_title_fn *each, void *arg)
{
	sqlite3_stmt *statement;
	struct culprit_error *err = store_prepare(store, OF_TITLE("NULL", ITS_FACES) " FROM titles t WHERE t.first >= ?1 AND t.n > 0"
						  " ORDER BY t.first DESC, t.title", &statement);

	if (err)
		return err;
	sqlite.sqlite3_bind_int64(statement, 1, since);
	return tell_each(store, statement, each, arg);
}

struct culprit_error *store_find_title(struct store *store, const char *title, bool prefix, store_title_fn *each, void *arg)
{
	sqlite3_stmt *statement;
	struct culprit_error *err = store_prepare(store, prefix ?
		OF_TITLE("NULL", ITS_FACES) " FROM titles t WHERE t.title >= ?1 AND t.title < ?1 || char(1114111) ORDER BY t.title" :
		OF_TITLE("NULL", ITS_FACES) " FROM titles t WHERE t.title = ?1", &statement);

	if (err)
		return err;
	sqlite.sqlite3_bind_text(statement, 1, title, -1, SQLITE_STATIC);
	return tell_each(store, statement, each, arg);
}

/* Whole functions only: "kfree" is no beginning of "kfree_skb". '!' is the byte behind the blank. */
struct culprit_error *store_find_stack(struct store *store, const char *frames, store_title_fn *each, void *arg)
{
	sqlite3_stmt *statement;
	struct culprit_error *err = store_prepare(store,
		"SELECT t.title, f.frames, (SELECT sum(n) FROM counts WHERE face = f.id), (SELECT min(first) FROM counts WHERE face = f.id),"
		" (SELECT max(last) FROM counts WHERE face = f.id),"
		" (SELECT group_concat(version, ' ') FROM (SELECT DISTINCT k.version FROM counts c JOIN kernels k ON k.id = c.kernel"
		"  WHERE c.face = f.id AND k.version <> '' ORDER BY k.place, k.version LIMIT " MAX_KERNELS ")),"
		" (SELECT count(DISTINCT c.kernel) FROM counts c JOIN kernels k ON k.id = c.kernel WHERE c.face = f.id AND k.version <> ''),"
		" (SELECT count(DISTINCT c.machine) FROM counts c JOIN machines m ON m.id = c.machine WHERE c.face = f.id AND m.name <> '')"
		" FROM (SELECT id, title, frames FROM faces WHERE frames = ?1 UNION ALL"
		"  SELECT id, title, frames FROM faces WHERE frames >= ?1 || ' ' AND frames < ?1 || '!') f"
		" JOIN titles t ON t.id = f.title ORDER BY 3 DESC, 1, 2", &statement);

	if (err)
		return err;
	sqlite.sqlite3_bind_text(statement, 1, frames, -1, SQLITE_STATIC);
	return tell_each(store, statement, each, arg);
}

/* Reports of kernels whose version is not known are on neither side. */
struct culprit_error *store_find_regressions(struct store *store, int64_t from, int64_t to, store_title_fn *each,
					     void *arg, uint64_t *ret_n_before)
{
	sqlite3_stmt *statement;
	int64_t n_before = 0;
	char sql[160];
	struct culprit_error *err;

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(n), 0) FROM counts WHERE kernel IN (SELECT id FROM kernels WHERE place <= %lld)",
		 (long long)from);
	err = store_number(store, sql, &n_before);
	*ret_n_before = (uint64_t)n_before;
	if (err || !n_before)
		return err;
	err = store_prepare(store, OF_TITLE("NULL", ITS_FACES)
		" FROM titles t JOIN (SELECT f.title AS title, sum(c.n) AS n FROM counts c JOIN kernels k ON k.id = c.kernel"
		"  JOIN faces f ON f.id = c.face GROUP BY f.title"
		"  HAVING max(k.place > ?1 AND k.place <= ?2) = 1 AND max(coalesce(k.place <= ?1, 0)) = 0) r ON r.title = t.id"
		" ORDER BY t.n DESC, t.title", &statement);
	if (err)
		return err;
	sqlite.sqlite3_bind_int64(statement, 1, from);
	sqlite.sqlite3_bind_int64(statement, 2, to);
	return tell_each(store, statement, each, arg);
}
