/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Git: the subjects of commits.
 *
 * A report tells of hundreds of commits by their subject, some of them a few
 * times over. A commit's name is a hash of all of it, so what was read once
 * stays true, and what is about to be told is read by one process:
 *
 *	git log --no-walk=unsorted --stdin -z --format=%H%x20%s
 *	69879c01a0c3... batman-adv: Remove outdated attribution~76313c70c52f...
 */
#include <search.h>

#include "session/git_internal.h"

struct subject {
	char hex[GIT_HASH_BYTES];
	char text[];
};

static int by_hash(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	return strcmp(x->hex, y->hex);
}

static const struct subject *known(const struct git *git, const char *hex)
{
	struct subject key;
	void *found;

	strcpy(key.hex, hex);
	found = tfind(&key, git->subjects, by_hash);
	return found ? *(struct subject *const *)found : NULL;
}

static bool remember(const struct git *git, const struct git_hash *hash, struct span text)
{
	_cleanup_(freep) struct subject *subject = NULL;

	if (known(git, hash->hex))
		return true;
	subject = malloc(sizeof(*subject) + text.len + 1);
	if (!subject)
		return false;
	strcpy(subject->hex, hash->hex);
	memcpy(subject->text, text.ptr, text.len);
	subject->text[text.len] = '\0';
	if (!tsearch(subject, git->subjects, by_hash))
		return false;
	subject = NULL;
	return true;
}

/* A record is a hash, a blank, the subject. */
static struct culprit_error *take(const struct git *git, struct span records)
{
	while (records.len) {
		const char *end = memchr(records.ptr, '\0', records.len);
		struct span record = { records.ptr, end ? (size_t)(end - records.ptr) : records.len };
		const char *blank = memchr(record.ptr, ' ', record.len);
		struct git_hash hash;

		if (!blank || !git_hash_parse((struct span){ record.ptr, (size_t)(blank - record.ptr) }, &hash))
			return culprit_error_create(CULPRIT_ERROR_FORMAT, "git log: its output is not understood");
		if (!remember(git, &hash, (struct span){ blank + 1, record.len - (size_t)(blank + 1 - record.ptr) }))
			return &culprit_error_no_memory;
		records.ptr += record.len + (end != NULL);
		records.len -= record.len + (end != NULL);
	}
	return NULL;
}

struct culprit_error *git_subjects_load(const struct git *git, const struct git_hash *const *hashes, size_t n)
{
	_cleanup_(buf_deinit) struct buf input = { 0 };
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct culprit_error *err;

	for (size_t i = 0; i < n; i++) {
		if (!known(git, hashes[i]->hex) && !buf_printf(&input, "%s\n", hashes[i]->hex))
			return &culprit_error_no_memory;
	}
	if (!input.len)
		return NULL;
	err = git_run(git, NULL, buf_span(&input),
		      GIT_ARGS("log", "--no-walk=unsorted", "--stdin", "-z", "--no-color", "--format=%H %s"), &out, NULL);
	return err ? err : take(git, buf_span(&out));
}

struct culprit_error *git_subject(const struct git *git, const char *hex, const char **ret)
{
	const struct subject *subject;
	struct culprit_error *err;
	struct git_hash hash;

	if (!git_hash_parse(span_of(hex), &hash))
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "'%s' is not the whole name of a commit", hex);
	err = git_subjects_load(git, (const struct git_hash *[]){ &hash }, 1);
	if (err)
		return err;
	subject = known(git, hash.hex);
	if (!subject)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "there is no commit %s", hash.hex);
	*ret = subject->text;
	return NULL;
}
