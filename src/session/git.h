/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Git: the history, commits and work trees, through the git command.
 *
 * Alone runs git; nothing reads objects or refs by itself.  The environment's
 * GIT_* that would point elsewhere are unset, hooks and automatic maintenance
 * are off: a bisection must neither run the user's hooks a hundred times nor
 * repack the repository.  The user's own work tree, index and HEAD are never
 * touched: all work happens in work trees of our own.
 *
 * Every function may give OS (git cannot be started, no processes) and
 * NO_MEMORY; a git that fails gives NOT_FOUND, FORMAT or USAGE as said, with
 * what it wrote to standard error.
 */
#ifndef CULPRIT_SESSION_GIT_H
#define CULPRIT_SESSION_GIT_H

#include "base/base.h"

/* A full object name in hexadecimal (SHA-1: 40 digits, SHA-256: 64), NUL-terminated. */
#define GIT_HASH_BYTES 65

struct git_hash {
	char hex[GIT_HASH_BYTES];
};

struct git;

/*
 * The repository that path is or lies in (a work tree, a bare repository, a
 * .git directory).  Blanks and the like in path are fine.
 * Errors: NOT_FOUND where there is none.
 */
struct culprit_error *git_open(const char *path, struct git **ret);
void git_destroy(struct git *git);	/* NULL is fine */
void git_destroyp(struct git **git);

/* Absolute path of the repository itself (".../.git"). Borrowed. */
const char *git_directory(const struct git *git);

/* History ends early, because only the newest commits were fetched. */
bool git_is_shallow(const struct git *git);

/*
 * git ARGS... in directory (NULL: the repository).  Standard output is added
 * to out (may be NULL).  ret_code NULL: any exit code but 0 is an error
 * (FORMAT); else it is given there and output on standard error is dropped.
 */
struct culprit_error *git_run(const struct git *git, const char *directory, struct span input,
			      const char *const *args, struct buf *out, int *ret_code);

#define GIT_ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ------------------------------------------------------------ commits */

/* A revision of any spelling to a commit. Errors: NOT_FOUND. */
struct culprit_error *git_resolve(const struct git *git, const char *revision, struct git_hash *ret);

struct culprit_error *git_is_ancestor(const struct git *git, const char *ancestor, const char *descendant,
				      bool *ret);

/* *ret is malloc'ed; *ret_n is 0 for unrelated histories. */
struct culprit_error *git_merge_bases(const struct git *git, const char *a, const char *b,
				      struct git_hash **ret, size_t *ret_n);

struct git_commit {
	struct git_hash hash;
	const char *author, *email;	/* not necessarily UTF-8, as all texts here */
	const char *date;		/* of the author: 2026-11-22 17:46:00 +0000 */
	int64_t committed;		/* seconds since 1970 */
	const char *subject;
	const char *body;		/* without the subject */
	size_t n_parents;
	const struct git_hash *parents;
	size_t n_files;
	const char *const *files;	/* changed against the parent; of a merge: against each parent */
	struct arena arena;
};

/* What a person wants to know of one commit. Errors: NOT_FOUND. */
struct culprit_error *git_commit_load(const struct git *git, const char *revision, struct git_commit *ret);
void git_commit_deinit(struct git_commit *commit);

/*
 * The subject of the commit with this whole name; it lives as long as git does. Errors: NOT_FOUND.
 * git_subjects_load() reads those of many commits at once, from one process, for calls that follow;
 * where it fails (one of them is not there) nothing is lost: each is read when it is asked for.
 */
struct culprit_error *git_subject(const struct git *git, const char *hex, const char **ret);
struct culprit_error *git_subjects_load(const struct git *git, const struct git_hash *const *hashes, size_t n);

/*
 * VERSION.PATCHLEVEL of the Makefile of the commit with this whole name, as "6.1": what a kernel built from it says it
 * is begins so.  What follows, packages replace.  NULL where there is no such Makefile.  Lives as long as git does.
 */
struct culprit_error *git_kernel_version(const struct git *git, const char *hex, const char **ret);

/* The same of the Makefile's bytes; nothing is added where they have none. False: out of memory. */
bool git_makefile_version(struct span makefile, struct buf *ret) __attribute__((warn_unused_result));

/* The changes as a patch without context lines; at most max_bytes of it. */
struct culprit_error *git_patch(const struct git *git, const char *revision, size_t max_bytes, struct buf *ret);

/* "5.4-rc1-12-g123456789abc" or an abbreviated hash where no tag is near. */
struct culprit_error *git_describe(const struct git *git, const char *revision, struct buf *ret);

/*
 * Release tags that are ancestors of revision, newest version first, without
 * release candidates: v6.2 v6.1 v6.0 ...  *ret lives in arena.
 */
struct culprit_error *git_releases(const struct git *git, const char *revision, struct arena *arena,
				   const char ***ret, size_t *ret_n);

/* ------------------------------------------------------------ history */

/*
 * The ancestors of a commit that others do not reach, and their parents among
 * those (the boundary).  Oldest first: a parent's index is below its child's,
 * the boundary stands in front.  Everything hangs on one allocation each.
 */
struct git_history {
	uint32_t n;
	uint32_t n_boundary;		/* commits [0, n_boundary) */
	struct git_hash *hashes;	/* n */
	uint32_t *parent_start;		/* n + 1 offsets into parents */
	uint32_t *parents;		/* indices; parents outside of the history are left out */
	int64_t *dates;			/* of the commits, seconds since 1970; n */
	uint32_t *index;		/* open hash table of size index_size, UINT32_MAX: free */
	uint32_t index_size;
};

#define GIT_HISTORY_MAX (1u << 24)

/* Errors: NOT_FOUND (a revision is unknown), LIMIT (over GIT_HISTORY_MAX commits). */
struct culprit_error *git_history_load(const struct git *git, const char *bad, const struct git_hash *good,
				       size_t n_good, struct git_history *ret);
void git_history_deinit(struct git_history *history);

/*
 * Where a shallow clone ends inside of the history: a commit that looks as if it had
 * no parents.  UINT32_MAX: nowhere.
 */
struct culprit_error *git_history_cut(const struct git *git, const struct git_history *history, uint32_t *ret);

/* UINT32_MAX for strangers. hex is a full object name. */
uint32_t git_history_find(const struct git_history *history, const char *hex);

/* The first one whose name begins so; by looking at each. UINT32_MAX: none, or hex is empty. */
uint32_t git_history_find_abbrev(const struct git_history *history, struct span hex);

/*
 * Set ret[i] to 1 for each commit of the history that changes one of the paths
 * (files or directories, without wildcards); merges are left alone.
 */
struct culprit_error *git_history_touching(const struct git *git, const struct git_history *history,
					   const char *const *paths, size_t n_paths, uint8_t *ret);

/* --------------------------------------------------------- work trees */

/*
 * A work tree of our own at path, to be used by one process at a time.  What
 * an earlier one left (a tree half made, a lock of a git that was killed) is
 * put right or made anew.
 */
struct culprit_error *git_worktree_prepare(const struct git *git, const char *path);
struct culprit_error *git_worktree_remove(const struct git *git, const char *path);

/*
 * Exactly the commit's files.  What the build wrote and .gitignore names stays
 * (so that builds are incremental), unless clean.
 */
struct culprit_error *git_checkout(const struct git *git, const char *worktree, const char *revision,
				   bool clean);

/*
 * What .gitmodules of the checked-out commit names, at the commits it wants, in
 * the work tree; nothing where it has no submodules.  The user's configuration is
 * not changed.  *ret_reason, "" when all is well: what git says of a submodule
 * that cannot be had.
 */
struct culprit_error *git_update_submodules(const struct git *git, const char *worktree, char *ret_reason, size_t size);

/* Changes to the files of a work tree; nothing is committed. */
enum git_change {
	GIT_REVERT,		/* of a merge: what it brought to its first parent */
	GIT_CHERRY_PICK,
	GIT_APPLY,		/* a patch file; one that is in already changes nothing and is fine */
	GIT_UNCHANGED,		/* none: the files as they are */
};

/* what: a revision or an absolute path. *ret_clean false: it does not apply and nothing was changed. */
struct culprit_error *git_change(const struct git *git, const char *worktree, enum git_change change,
				 const char *what, bool *ret_clean);

/* ----------------------------------------------------------- contents */

/*
 * A hash over all regular files below path (or of the file path): names,
 * executable bits and contents.  Empty string where there is no file.
 */
struct culprit_error *git_hash_files(const struct git *git, const char *path, struct git_hash *ret);

#endif
