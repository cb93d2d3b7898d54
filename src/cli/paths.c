/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/paths.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>

static struct culprit_error *add(struct paths *paths, const char *path)
{
	if (paths->n == PATHS_MAX)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "more than %d files", PATHS_MAX);
	if (paths->n == paths->room) {
		size_t room = paths->room ? 2 * paths->room : 16;
		const char **more = realloc(paths->paths, room * sizeof(const char *));

		if (!more)
			return &culprit_error_no_memory;
		paths->paths = more;
		paths->room = room;
	}
	paths->paths[paths->n++] = path;
	return NULL;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void close_fts(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

static struct culprit_error *take_entry(struct paths *paths, FTS *fts, FTSENT *entry)
{
	const char *copy;

	/* a directory that is named itself may begin with a dot: ".", "../logs" */
	if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
		fts_set(fts, entry, FTS_SKIP);
		return NULL;
	}
	switch (entry->fts_info) {
	case FTS_DNR:
	case FTS_ERR:
		errno = entry->fts_errno;
		return culprit_error_errno("cannot read %s", entry->fts_path);
	case FTS_SL: {
		struct stat st;

		if (stat(entry->fts_accpath, &st) || !S_ISREG(st.st_mode))
			return NULL;
		break;
	}
	case FTS_F:
		break;
	default:
		return NULL;
	}
	copy = arena_dup(&paths->arena, span_of(entry->fts_path));
	return copy ? add(paths, copy) : &culprit_error_no_memory;
}

static struct culprit_error *walk(struct paths *paths, const char *directory)
{
	char *copy = arena_dup(&paths->arena, span_of(directory));
	char *roots[] = { copy, NULL };
	_cleanup_(close_fts) FTS *fts = NULL;
	FTSENT *entry;
	size_t len = copy ? strlen(copy) : 0;

	/* "logs/" and "logs" are one */
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	fts = copy ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
	if (!fts)
		return copy ? culprit_error_errno("cannot read %s", directory) : &culprit_error_no_memory;
	errno = 0;
	while ((entry = fts_read(fts))) {
		struct culprit_error *err = take_entry(paths, fts, entry);

		if (err)
			return err;
		errno = 0;
	}
	return errno ? culprit_error_errno("cannot read %s", directory) : NULL;
}

static struct culprit_error *add_operand(struct paths *paths, const char *operand)
{
	size_t from = paths->n, *walked;
	struct culprit_error *err;
	struct stat st;

	if (!strcmp(operand, "-") || stat(operand, &st) || !S_ISDIR(st.st_mode))
		return add(paths, operand);
	paths->has_directory = true;
	err = walk(paths, operand);
	if (err)
		return err;
	walked = realloc(paths->walked, (paths->n_walked + 1) * 2 * sizeof(*walked));
	if (!walked)
		return &culprit_error_no_memory;
	paths->walked = walked;
	walked[2 * paths->n_walked] = from;
	walked[2 * paths->n_walked + 1] = paths->n;
	paths->n_walked++;
	return NULL;
}

struct culprit_error *paths_expand(const char *const *operands, size_t n, struct paths *ret)
{
	struct culprit_error *err = NULL;

	*ret = (struct paths){ 0 };
	if (!n)
		return add(ret, "-");
	for (size_t i = 0; i < n && !err; i++)
		err = add_operand(ret, operands[i]);
	/* nobody looked at anything: not the same as "no crash found" */
	if (!err && !ret->n)
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no file in %s", operands[0]);
	return err;
}

void paths_deinit(struct paths *paths)
{
	free(paths->paths);
	free(paths->walked);
	arena_deinit(&paths->arena);
	*paths = (struct paths){ 0 };
}

bool paths_walked(const struct paths *paths, size_t i)
{
	for (size_t w = 0; w < paths->n_walked; w++) {
		if (i >= paths->walked[2 * w] && i < paths->walked[2 * w + 1])
			return true;
	}
	return false;
}
