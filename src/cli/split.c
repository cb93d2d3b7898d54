/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An empty log has a place between two others and belongs to the part that has
 * the next byte; behind all bytes, to the last part.
 */
#include "cli/split.h"

#include <sys/stat.h>

struct split {
	uint64_t i, n;			/* the part, from 1 */
	size_t n_logs;
	uint64_t ends[];		/* of the logs, laid end to end */
};

static bool read_part(const char *text, uint64_t *ret_i, uint64_t *ret_n)
{
	size_t len;

	if (!parse_u64(span_of(text), ret_i, &len) || text[len] != '/')
		return false;
	text += len + 1;
	return parse_u64(span_of(text), ret_n, &len) && !text[len] && *ret_i >= 1 && *ret_i <= *ret_n && *ret_n <= SPLIT_MAX;
}

static struct culprit_error *measure(const char *path, uint64_t *ret)
{
	struct stat st;

	*ret = 0;
	if (!strcmp(path, "-"))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "--split needs logs that are files: standard input has no size");
	if (stat(path, &st))
		return NULL;
	if (!S_ISREG(st.st_mode))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "--split needs logs that are files: %s has no size", path);
	*ret = (uint64_t)st.st_size;
	return NULL;
}

struct culprit_error *split_create(const struct paths *paths, const char *text, struct split **ret)
{
	_cleanup_(split_destroyp) struct split *split = calloc(1, sizeof(*split) + paths->n * sizeof(split->ends[0]));
	uint64_t end = 0;

	if (!split)
		return &culprit_error_no_memory;
	split->n_logs = paths->n;
	if (!read_part(text, &split->i, &split->n))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "--split takes I/N, one of N parts (3/8), not '%s'", text);
	for (size_t i = 0; i < paths->n; i++) {
		uint64_t size;
		struct culprit_error *err = measure(paths->paths[i], &size);

		if (err)
			return err;
		end += size;
		split->ends[i] = end;
	}
	*ret = no_free_ptr(split);
	return NULL;
}

/* The first byte of the parts behind part i. */
static uint64_t part_end(const struct split *split, uint64_t i)
{
	uint64_t total = split->n_logs ? split->ends[split->n_logs - 1] : 0;

	return total / split->n * i + total % split->n * i / split->n;
}

bool split_range(const struct split *split, size_t index, struct feed_range *ret)
{
	uint64_t begin = index ? split->ends[index - 1] : 0, end = split->ends[index];
	uint64_t from = part_end(split, split->i - 1), until = part_end(split, split->i);
	bool last = split->i == split->n;

	if (begin == end) {
		*ret = (struct feed_range){ 0, UINT64_MAX };
		return begin >= from && (begin < until || last);
	}
	if (until <= begin || from >= end)
		return false;
	ret->from = from > begin ? from - begin : 0;
	/* what begins behind the last byte (that a boot stopped there) is the last part's */
	ret->until = until < end ? until - begin : UINT64_MAX;
	return true;
}

void split_destroy(struct split *split)
{
	free(split);
}
