/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Git: work trees of our own and what is done in them.
 *
 * A git that was killed leaves index.lock and the like in the work tree's own
 * git directory.  Nobody but us uses it, and our caller holds a lock, so they
 * are removed.  Locks of the shared repository are never touched: they may be
 * the user's.
 */
#include "session/git_internal.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

/* ----------------------------------------------------------- work trees */

/* The work tree's own git directory, or an empty buffer where path is no work tree of this repository. */
static struct culprit_error *find_own_directory(const struct git *git, const char *path, struct buf *ret)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct culprit_error *err;
	struct stat st;
	int code = 0;
	char *end;

	ret->len = 0;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return NULL;
	err = git_run(git, path, (struct span){ 0 },
		      GIT_ARGS("rev-parse", "--show-prefix", "--absolute-git-dir"), &out, &code);
	if (err || code != 0)
		return err;
	/* First line: empty at the top of a work tree; path might lie inside of another one. */
	if (!out.len || out.data[0] != '\n')
		return NULL;
	end = strchr(out.data + 1, '\n');
	if (end)
		*end = '\0';
	/* Ours are GITDIR/worktrees/NAME. */
	if (!strstr(out.data + 1, "/worktrees/"))
		return NULL;
	return buf_add_str(ret, out.data + 1) ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *clear_locks(const char *directory)
{
	static const char *const locks[] = { "index.lock", "HEAD.lock", "ORIG_HEAD.lock", "locked" };

	for (size_t i = 0; i < countof(locks); i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", directory, locks[i]) < 0) {
			path = NULL;
			return &culprit_error_no_memory;
		}
		if (unlink(path) < 0 && errno != ENOENT)
			return culprit_error_errno("cannot remove %s", path);
	}
	return NULL;
}

struct culprit_error *git_worktree_prepare(const struct git *git, const char *path)
{
	_cleanup_(buf_deinit) struct buf own = { 0 };
	struct culprit_error *err;
	int code = 0;

	err = find_own_directory(git, path, &own);
	if (err)
		return err;
	if (own.len) {
		err = clear_locks(own.data);
		/* A broken HEAD or index shows here; then it is made anew. */
		if (!err)
			err = git_run(git, path, (struct span){ 0 }, GIT_ARGS("rev-parse", "-q", "--verify", "HEAD"), NULL,
				      &code);
		if (err || code == 0)
			return err;
	}
	err = folder_remove(path);
	if (!err)
		err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("worktree", "prune"), NULL, NULL);
	/* Any commit will do until the first checkout; an unborn HEAD is no commit, so name one. */
	if (!err)
		err = git_run(git, NULL, (struct span){ 0 },
			      GIT_ARGS("worktree", "add", "--force", "--detach", "--no-checkout", path), NULL, &code);
	if (!err && code != 0) {
		_cleanup_(buf_deinit) struct buf any = { 0 };

		err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("rev-list", "-n", "1", "--all"), &any, NULL);
		if (!err && any.len)
			any.data[any.len - 1] = '\0';
		if (!err)
			err = git_run(git, NULL, (struct span){ 0 },
				      GIT_ARGS("worktree", "add", "--force", "--detach", "--no-checkout", path,
					       any.data ? any.data : "HEAD"),
				      NULL, NULL);
	}
	return err;
}

struct culprit_error *git_worktree_remove(const struct git *git, const char *path)
{
	struct culprit_error *err = folder_remove(path);

	if (!err)
		err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("worktree", "prune"), NULL, NULL);
	return err;
}

struct culprit_error *git_checkout(const struct git *git, const char *worktree, const char *revision,
				   bool clean)
{
	struct culprit_error *err;

	err = git_run(git, worktree, (struct span){ 0 },
		      GIT_ARGS("checkout", "--quiet", "--force", "--detach", "--no-recurse-submodules", revision),
		      NULL, NULL);
	if (!err)
		err = git_run(git, worktree, (struct span){ 0 },
			      GIT_ARGS("clean", "--quiet", "-ffd", clean ? "-x" : "--"), NULL, NULL);
	return err;
}

struct culprit_error *git_update_submodules(const struct git *git, const char *worktree, char *ret_reason, size_t size)
{
	_cleanup_(freep) char *modules = NULL;
	struct culprit_error *err;

	*ret_reason = '\0';
	if (asprintf(&modules, "%s/.gitmodules", worktree) < 0) {
		modules = NULL;
		return &culprit_error_no_memory;
	}
	if (access(modules, F_OK) < 0)
		return NULL;
	err = git_run(git, worktree, (struct span){ 0 },
		      GIT_ARGS("-c", "submodule.active=.", "submodule", "--quiet", "update", "--recursive", "--force"), NULL, NULL);
	if (!err || culprit_error_code(err) != CULPRIT_ERROR_FORMAT)
		return err;
	snprintf(ret_reason, size, "submodules: %s", culprit_error_message(err));
	culprit_error_destroy(err);
	return NULL;
}

/* -------------------------------------------------------------- changes */

static struct culprit_error *undo(const struct git *git, const char *worktree)
{
	int code;
	struct culprit_error *err;

	/* Either may be in progress, usually neither is. */
	err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("revert", "--quit"), NULL, &code);
	if (!err)
		err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("cherry-pick", "--quit"), NULL, &code);
	return err;
}

static struct culprit_error *apply_patch(const struct git *git, const char *worktree, const char *path, int *ret_code)
{
	struct culprit_error *err;
	int code;

	err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("apply", "--index", "--whitespace=nowarn", path), NULL,
		      ret_code);
	if (err || *ret_code == 0)
		return err;
	err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("apply", "--check", "--reverse", path), NULL, &code);
	if (!err && code == 0)
		*ret_code = 0;
	return err;
}

/*
 * The state before, as a tree: a change that does not apply must leave earlier
 * ones (patches of the configuration) in place.
 */
static struct culprit_error *remember(const struct git *git, const char *worktree, struct buf *tree)
{
	struct culprit_error *err;

	err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("add", "--update"), NULL, NULL);
	if (!err)
		err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("write-tree"), tree, NULL);
	if (!err && tree->len)
		tree->data[tree->len - 1] = '\0';
	return err;
}

struct culprit_error *git_change(const struct git *git, const char *worktree, enum git_change change,
				 const char *what, bool *ret_clean)
{
	const char *command = change == GIT_REVERT ? "revert" : "cherry-pick";
	_cleanup_(buf_deinit) struct buf tree = { 0 };
	struct culprit_error *err;
	int code = 0;

	err = remember(git, worktree, &tree);
	if (err)
		return err;
	if (change == GIT_APPLY) {
		err = apply_patch(git, worktree, what, &code);
	} else {
		struct git_commit commit;
		bool merge;

		err = git_commit_load(git, what, &commit);
		if (err)
			return err;
		merge = commit.n_parents > 1;
		git_commit_deinit(&commit);
		err = git_run(git, worktree, (struct span){ 0 },
			      merge ? GIT_ARGS(command, "--no-commit", "-m", "1", what)
				    : GIT_ARGS(command, "--no-commit", what),
			      NULL, &code);
		if (!err)
			err = undo(git, worktree);
	}
	if (!err && code != 0)
		err = git_run(git, worktree, (struct span){ 0 }, GIT_ARGS("read-tree", "--reset", "-u", tree.data), NULL,
			      NULL);
	if (!err)
		*ret_clean = code == 0;
	return err;
}

/* ------------------------------------------------------------- contents */

struct file_list {
	char **paths;
	bool *executable;
	size_t n, cap;
};

static void file_list_deinit(struct file_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->paths[i]);
	free(list->paths);
	free(list->executable);
}

static bool file_list_add(struct file_list *list, const char *path, bool executable)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		char **paths = reallocarray(list->paths, cap, sizeof(*paths));
		bool *flags;

		if (!paths)
			return false;
		list->paths = paths;
		flags = reallocarray(list->executable, cap, sizeof(*flags));
		if (!flags)
			return false;
		list->executable = flags;
		list->cap = cap;
	}
	list->paths[list->n] = strdup(path);
	if (!list->paths[list->n])
		return false;
	list->executable[list->n++] = executable;
	return true;
}

#define MAX_HASHED_FILES 100000

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static struct culprit_error *list_files(const char *path, struct file_list *list)
{
	char *const roots[] = { (char *)path, NULL };
	struct culprit_error *err = NULL;
	FTSENT *entry;
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);

	if (!fts)
		return errno == ENOENT ? NULL : culprit_error_errno("cannot read %s", path);
	while (!err && (entry = fts_read(fts))) {
		if (entry->fts_info != FTS_F)
			continue;
		if (strchr(entry->fts_path, '\n') || list->n == MAX_HASHED_FILES)
			err = culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: too many files or strange names to hash", path);
		else if (!file_list_add(list, entry->fts_path, (entry->fts_statp->st_mode & 0111) != 0))
			err = &culprit_error_no_memory;
	}
	fts_close(fts);
	return err;
}

static struct culprit_error *hash_list(const struct git *git, const char *path, const struct file_list *list,
				       struct buf *manifest)
{
	_cleanup_(buf_deinit) struct buf names = { 0 }, hashes = { 0 };
	struct culprit_error *err;
	char *line, *rest;

	for (size_t i = 0; i < list->n; i++) {
		if (!buf_printf(&names, "%s\n", list->paths[i]))
			return &culprit_error_no_memory;
	}
	err = git_run(git, NULL, buf_span(&names), GIT_ARGS("hash-object", "--no-filters", "--stdin-paths"), &hashes, NULL);
	if (err)
		return err;
	rest = hashes.data;
	for (size_t i = 0; i < list->n; i++) {
		line = rest ? strsep(&rest, "\n") : NULL;
		if (!line || !buf_printf(manifest, "%s %d %s\n", line, list->executable[i], list->paths[i] + strlen(path)))
			return culprit_error_create(CULPRIT_ERROR_FORMAT, "git hash-object: unexpected output");
	}
	return NULL;
}

struct culprit_error *git_hash_files(const struct git *git, const char *path, struct git_hash *ret)
{
	_cleanup_(file_list_deinit) struct file_list list = { 0 };
	_cleanup_(buf_deinit) struct buf manifest = { 0 }, out = { 0 };
	struct culprit_error *err;

	ret->hex[0] = '\0';
	err = list_files(path, &list);
	if (err || list.n == 0)
		return err;
	err = hash_list(git, path, &list, &manifest);
	if (!err)
		err = git_run(git, NULL, buf_span(&manifest), GIT_ARGS("hash-object", "--stdin"), &out, NULL);
	if (err)
		return err;
	if (!out.len || !git_hash_parse((struct span){ out.data, out.len - 1 }, ret))
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "git hash-object: unexpected output");
	return NULL;
}
