/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Git: the subjects of commits, and which kernel they say they are.
 *
 * A report tells of hundreds of commits by their subject, some of them a few
 * times over. A commit's name is a hash of all of it, so what was read once
 * stays true, and what is about to be told is read by one process:
 *
 *	git log --no-walk=unsorted --stdin -z --format=%H%x20%s
 *	69879c01a0c3... batman-adv: Remove outdated attribution~76313c70c52f...
 */
#include <search.h>
#include <stdio.h>

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

static const struct subject *known(void *const *root, const char *hex)
{
	struct subject key;
	void *found;

	strcpy(key.hex, hex);
	found = tfind(&key, root, by_hash);
	return found ? *(struct subject *const *)found : NULL;
}

static bool remember(void **root, const struct git_hash *hash, struct span text)
{
	_cleanup_(freep) struct subject *subject = NULL;

	if (known(root, hash->hex))
		return true;
	subject = malloc(sizeof(*subject) + text.len + 1);
	if (!subject)
		return false;
	strcpy(subject->hex, hash->hex);
	if (text.len)
		memcpy(subject->text, text.ptr, text.len);
	subject->text[text.len] = '\0';
	if (!tsearch(subject, root, by_hash))
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
		if (!remember(git->subjects, &hash, (struct span){ blank + 1, record.len - (size_t)(blank + 1 - record.ptr) }))
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
		if (!known(git->subjects, hashes[i]->hex) && !buf_printf(&input, "%s\n", hashes[i]->hex))
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
	subject = known(git->subjects, hash.hex);
	if (!subject)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "there is no commit %s", hash.hex);
	*ret = subject->text;
	return NULL;
}

/* -------------------------------------------------------------- kernels */

/* The number behind "NAME = " at the beginning of a line. */
static bool find_number(struct span makefile, const char *name, unsigned int *ret)
{
	size_t len = strlen(name);

	while (makefile.len) {
		const char *end = memchr(makefile.ptr, '\n', makefile.len);
		struct span line = { makefile.ptr, end ? (size_t)(end - makefile.ptr) : makefile.len };

		makefile = span_skip(makefile, line.len + (end != NULL));
		if (line.len <= len || memcmp(line.ptr, name, len))
			continue;
		line = span_trim(span_skip(line, len));
		if (line.len < 2 || line.ptr[0] != '=')
			continue;
		line = span_trim(span_skip(line, 1));
		*ret = 0;
		for (size_t i = 0; i < line.len; i++) {
			if (line.ptr[i] < '0' || line.ptr[i] > '9' || *ret > 99999)
				return false;
			*ret = *ret * 10 + (unsigned int)(line.ptr[i] - '0');
		}
		return line.len > 0;
	}
	return false;
}

bool git_makefile_version(struct span makefile, struct buf *ret)
{
	unsigned int version, patchlevel, sublevel;

	/* SUBLEVEL only shows that it is a kernel's: Ubuntu's 5.15.167 says that it is 5.15.0-125-generic. */
	return !find_number(makefile, "VERSION", &version) || !find_number(makefile, "PATCHLEVEL", &patchlevel) ||
	       !find_number(makefile, "SUBLEVEL", &sublevel) || buf_printf(ret, "%u.%u", version, patchlevel);
}

struct culprit_error *git_kernel_version(const struct git *git, const char *hex, const char **ret)
{
	_cleanup_(buf_deinit) struct buf makefile = { 0 }, version = { 0 };
	_cleanup_(freep) char *object = NULL;
	const struct subject *subject;
	struct culprit_error *err;
	struct git_hash hash;
	int code = 0;

	*ret = NULL;
	if (!git_hash_parse(span_of(hex), &hash))
		return NULL;
	subject = known(git->kernels, hash.hex);
	if (!subject) {
		if (asprintf(&object, "%s:Makefile", hash.hex) < 0) {
			object = NULL;
			return &culprit_error_no_memory;
		}
		err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("cat-file", "blob", object), &makefile, &code);
		if (err)
			return err;
		if ((!code && !git_makefile_version(buf_span(&makefile), &version)) ||
		    !remember(git->kernels, &hash, buf_span(&version)))
			return &culprit_error_no_memory;
		subject = known(git->kernels, hash.hex);
	}
	*ret = subject->text[0] ? subject->text : NULL;
	return NULL;
}
