/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as git's output: of `show` (one commit), of `rev-list` (a history,
 * also cut anywhere: the first byte chooses).  A history that was read has
 * parents before their children, and finds each of its commits.
 */
#include "fuzz.h"

/* Their readers are not for others. */
#define run git_c_run
#define next_field git_c_next_field
#include "session/git.c"
#undef run
#include "session/git_history.c"

static void check_commit(struct span bytes)
{
	struct git_commit commit = { 0 };

	if (parse_commit(&commit, bytes)) {
		REQUIRE(strlen(commit.hash.hex) == 40 || strlen(commit.hash.hex) == 64);
		for (size_t i = 0; i < commit.n_parents; i++)
			REQUIRE(strlen(commit.parents[i].hex) == 40 || strlen(commit.parents[i].hex) == 64);
		REQUIRE(commit.author && commit.email && commit.date && commit.subject && commit.body);
	}
	git_commit_deinit(&commit);
}

static void check_history(const struct git_history *h)
{
	REQUIRE(h->n_boundary <= h->n);
	for (uint32_t i = 0; i < h->n; i++) {
		uint32_t found = git_history_find(h, h->hashes[i].hex);

		/* hostile output may name one commit twice */
		REQUIRE(found < h->n && !strcmp(h->hashes[found].hex, h->hashes[i].hex));
		REQUIRE(h->parent_start[i] <= h->parent_start[i + 1]);
		for (uint32_t k = h->parent_start[i]; k < h->parent_start[i + 1]; k++)
			REQUIRE(h->parents[k] < i);
	}
}

static void read_history(struct span bytes, size_t step)
{
	struct git_history history = { 0 };
	struct loader loader = { 0 };
	struct culprit_error *err;

	for (size_t at = 0; at < bytes.len; at += step) {
		size_t n = bytes.len - at < step ? bytes.len - at : step;
		char *piece = malloc(n);

		REQUIRE(piece);
		memcpy(piece, bytes.ptr + at, n);
		take_bytes(&loader, (struct span){ piece, n }, false);
		free(piece);
	}
	if (!loader.err) {
		err = turn_round(&loader, &history);
		if (!err)
			check_history(&history);
		culprit_error_destroy(err);
	}
	git_history_deinit(&history);
	loader_deinit(&loader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *copy = NULL;

	if (!size)
		return 0;
	copy = malloc(size);
	REQUIRE(copy);
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		check_commit((struct span){ copy, size - 1 });
	else
		read_history((struct span){ copy, size - 1 }, 1u + data[0]);
	return 0;
}
