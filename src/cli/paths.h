/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths: the logs that a command line names. A directory stands for the files
 * below it, in the order of their names; those that begin with a dot are left
 * out, and links to directories are not followed.
 */
#ifndef CULPRIT_CLI_PATHS_H
#define CULPRIT_CLI_PATHS_H

#include "base/base.h"

#define PATHS_MAX 10000000

struct paths {
	const char **paths;	/* in arena, or the operands themselves */
	size_t n, room;
	size_t *walked;		/* [from, to) of paths, pairs: they stood in a directory */
	size_t n_walked;
	bool has_directory;
	struct arena arena;
};

/*
 * Of the n operands, which are borrowed; none: standard input, "-".  What is
 * not there is left as it is: whoever opens it says so.  Errors: OS (a directory
 * that cannot be read), NOT_FOUND (directories without any file), LIMIT,
 * NO_MEMORY; *ret needs paths_deinit() in any case.
 */
struct culprit_error *paths_expand(const char *const *operands, size_t n, struct paths *ret);
void paths_deinit(struct paths *paths);

/* Was paths[i] found in a directory?  Nobody said that it is a log then. */
bool paths_walked(const struct paths *paths, size_t i);

#endif
