/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whom to tell: the people and lists of a source file, as the tree's own
 * scripts/get_maintainer.pl names them.
 */
#ifndef CULPRIT_SYMBOL_MAINTAINERS_H
#define CULPRIT_SYMBOL_MAINTAINERS_H

#include "base/base.h"

#define MAINTAINERS_TIMEOUT_MS 10000

struct maintainer {
	const char *name;	/* "" for a list */
	const char *address;
	const char *role;	/* "maintainer:EXT4 FILE SYSTEM", "open list"; "" where not said */
};

/*
 * Those of file, relative to source_dir.  All memory is the arena's.
 * Errors: NOT_FOUND where the tree has no such script or file, or there is no perl;
 * FORMAT where the script fails; LIMIT where it takes over timeout_ms, and it and its children are ended.
 */
struct culprit_error *maintainers_find(const char *source_dir, const char *file, int timeout_ms, struct arena *arena,
				       struct maintainer **ret, size_t *ret_n);

/* The lines that the script prints. Parts of them that make no sense are passed over. */
struct culprit_error *maintainers_parse(struct span output, struct arena *arena, struct maintainer **ret,
					size_t *ret_n);

#endif
