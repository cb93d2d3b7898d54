/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Written with one `git update-ref --stdin`, all or none.  A commit that is gone
 * cannot be pinned: that is told where its history is read.
 */
#include "session/pins.h"

struct culprit_error *pins_set(const struct git *git, const char *id, const char *newer, const struct git_hash *older,
			       size_t n_older)
{
	_cleanup_(buf_deinit) struct buf input = { 0 };

	if (!*id)
		return NULL;
	if (!buf_printf(&input, "update refs/culprit/%s/newer %s\n", id, newer))
		return &culprit_error_no_memory;
	for (size_t i = 0; i < n_older; i++) {
		if (!buf_printf(&input, "update refs/culprit/%s/older-%zu %s\n", id, i + 1, older[i].hex))
			return &culprit_error_no_memory;
	}
	return git_run(git, NULL, buf_span(&input), GIT_ARGS("update-ref", "--stdin"), NULL, NULL);
}

struct culprit_error *pins_remove(const struct git *git, const char *id)
{
	_cleanup_(buf_deinit) struct buf names = { 0 }, prefix = { 0 };
	struct culprit_error *err;

	if (!*id)
		return NULL;
	if (!buf_printf(&prefix, "refs/culprit/%s/", id))
		return &culprit_error_no_memory;
	err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("for-each-ref", "--format=delete %(refname)", prefix.data),
		      &names, NULL);
	if (err || !names.len)
		return err;
	return git_run(git, NULL, buf_span(&names), GIT_ARGS("update-ref", "--stdin"), NULL, NULL);
}
