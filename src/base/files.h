/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are written as a whole, folders that are made and removed whole. path is for messages. */
#ifndef CULPRIT_BASE_FILES_H
#define CULPRIT_BASE_FILES_H

#include "base/base.h"

/* All of bytes, however the system takes them. Errors: OS. */
struct culprit_error *file_write(int fd, const char *path, struct span bytes);

/*
 * A new file, name in the directory dir (AT_FDCWD: the current one), that holds bytes; where
 * they cannot be written it is removed again.  Errors: OS, also for one that is there, links included.
 */
struct culprit_error *file_create(int dir, const char *name, const char *path, struct span bytes);

/* The last max bytes of a file, or all of it, are added to ret. Errors: OS, also where it cannot seek. */
struct culprit_error *file_read_tail(const char *path, size_t max, struct buf *ret);

/*
 * The name of path is on disk, too, not only its bytes: its directory is synced.  A directory that may not be read,
 * or a file system that syncs none, is no error: nothing better is to be had there.  Errors: OS.
 */
struct culprit_error *file_sync_directory(const char *path);

/* How a file is replaced. */
#define FILE_SYNCED 1u		/* on disk when it returns: what must live through a power cut */
#define FILE_KEEP_MODE 2u	/* the mode of the file that was there; it has to be there */

/*
 * path holds bytes, in one step: who reads it sees all of the old or all of the new.  They are written to .NAME.new
 * beside it, which takes its place; where that fails, it is removed again.  One that
 * somebody left there who was killed is removed first; a symbolic link at path is replaced itself.
 * Errors: OS, NO_MEMORY.
 */
struct culprit_error *file_replace(const char *path, struct span bytes, unsigned int how);

/* path and what leads to it, as far as it is not there; mode is that of what is made. False: errno says why not. */
bool file_make_directories(const char *path, unsigned int mode);

/* A folder with all in it; links are not followed. One that is not there is fine. Errors: OS. */
struct culprit_error *folder_remove(const char *path);

#endif
