/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
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

struct culprit_error *file_read_tail(const char *path, size_t max, struct buf *ret)
{
	FILE *file = fopen(path, "re");
	struct culprit_error *err = NULL;
	char piece[4096];
	size_t n;

	if (!file)
		return culprit_error_errno("cannot read %s", path);
	/* one that is shorter is read from where it begins */
	if (fseeko(file, -(off_t)max, SEEK_END) < 0 && fseeko(file, 0, SEEK_SET) < 0)
		err = culprit_error_errno("cannot read %s", path);
	while (!err && max && (n = fread(piece, 1, max < sizeof(piece) ? max : sizeof(piece), file))) {
		max -= n;
		if (!buf_add(ret, piece, n))
			err = &culprit_error_no_memory;
	}
	if (!err && ferror(file))
		err = culprit_error_errno("cannot read %s", path);
	fclose(file);
	return err;
}

/* How long the part of path is that names the directory, "/" included; 0: the current one. */
static size_t directory_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

struct culprit_error *file_sync_directory(const char *path)
{
	size_t len = directory_len(path);
	_cleanup_(freep) char *directory = len ? strndup(path, len) : strdup(".");
	struct culprit_error *err = NULL;
	int fd;

	if (!directory)
		return &culprit_error_no_memory;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? NULL : culprit_error_errno("cannot open %s", directory);
	if (fsync(fd) && errno != EINVAL && errno != ENOTSUP)
		err = culprit_error_errno("cannot write %s", directory);
	close(fd);
	return err;
}

static int create_beside(const char *beside, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(beside, flags, mode);

	if (fd < 0 && errno == EEXIST && !unlink(beside))
		fd = open(beside, flags, mode);
	return fd;
}

static struct culprit_error *write_beside(const char *beside, const char *path, struct span bytes, unsigned int how)
{
	struct stat st = { .st_mode = 0666 };
	struct culprit_error *err = NULL;
	int fd;

	if (how & FILE_KEEP_MODE && stat(path, &st))
		return culprit_error_errno("cannot open %s", path);
	fd = create_beside(beside, st.st_mode & 07777);
	if (fd < 0)
		return culprit_error_errno("cannot create %s", beside);
	if (how & FILE_KEEP_MODE && fchmod(fd, st.st_mode & 07777))
		err = culprit_error_errno("cannot write %s", beside);
	if (!err)
		err = file_write(fd, beside, bytes);
	if (!err && how & FILE_SYNCED && fsync(fd))
		err = culprit_error_errno("cannot write %s", beside);
	if (close(fd) && !err)
		err = culprit_error_errno("cannot write %s", beside);
	if (!err && rename(beside, path))
		err = culprit_error_errno("cannot replace %s", path);
	if (err)
		unlink(beside);
	return err;
}

struct culprit_error *file_replace(const char *path, struct span bytes, unsigned int how)
{
	_cleanup_(freep) char *beside = NULL;
	size_t len = directory_len(path);
	struct culprit_error *err;

	if (asprintf(&beside, "%.*s.%s.new", (int)len, path, path + len) < 0) {
		beside = NULL;
		return &culprit_error_no_memory;
	}
	err = write_beside(beside, path, bytes, how);
	if (!err && how & FILE_SYNCED)
		err = file_sync_directory(path);
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

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

struct culprit_error *folder_remove(const char *path)
{
	if (nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return culprit_error_errno("cannot remove %s", path);
	return NULL;
}
