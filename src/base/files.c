/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct culprit_error *file_write(int fd, const char *path, struct span bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno != EINTR)
			return culprit_error_errno("cannot write %s", path);
		bytes = span_skip(bytes, n > 0 ? (size_t)n : 0);
	}
	return NULL;
}

struct culprit_error *file_create(int dir, const char *name, const char *path, struct span bytes)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	struct culprit_error *err;

	if (fd < 0)
		return culprit_error_errno("cannot create %s", path);
	err = file_write(fd, path, bytes);
	if (close(fd) && !err)
		err = culprit_error_errno("cannot write %s", path);
	if (err)
		unlinkat(dir, name, 0);
	return err;
}

bool file_make_directories(const char *path, unsigned int mode)
{
	_cleanup_(freep) char *copy = strdup(path);

	if (!copy || !*copy)
		return false;
	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		if (mkdir(copy, mode) && errno != EEXIST)
			return false;
		*at = '/';
	}
	return !mkdir(copy, mode) || errno == EEXIST;
}
