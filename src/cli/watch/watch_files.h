/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many logs that grow: which there are, and what was written to them.
 *
 *	watch_files_create(&options, &files);
 *	for (;;) {
 *		watch_files_look(files);	calls options.report
 *		... wait for watch_files_fd(files) to be readable, or WATCH_LOOK_MS ...
 *	}
 *
 * A log is known by its inode, so that one that is renamed (logrotate) is not
 * read again under its new name, and the new one of its old name is.  A log
 * that becomes shorter is read from its start.
 *
 * inotify only says when to look.  Where it says nothing (network file
 * systems, too many directories), looking every WATCH_LOOK_MS is enough.
 */
#ifndef CULPRIT_CLI_WATCH_WATCH_FILES_H
#define CULPRIT_CLI_WATCH_WATCH_FILES_H

#include "base/base.h"

#define WATCH_LOOK_MS 500

struct watch_options {
	const struct culprit_patterns *patterns;
	const char *const *operands;	/* files, directories, patterns as glob(7) has them */
	size_t n_operands;
	/* Takes the report over. path: where it stands now, not before it was renamed. */
	void (*report)(void *arg, const char *path, struct culprit_report *report);
	void (*note)(void *arg, const char *path, const char *what);
	/* Asked between two pieces: true ends the reading. May be NULL. */
	bool (*stopped)(void *arg);
	void *arg;
};

struct watch_files;

/* options are copied; what they point to is borrowed. Errors: OS, NO_MEMORY. */
struct culprit_error *watch_files_create(const struct watch_options *options, struct watch_files **ret);
void watch_files_destroy(struct watch_files *files);
void watch_files_destroyp(struct watch_files **files);

/* Readable when something happened; -1: there is no inotify. */
int watch_files_fd(const struct watch_files *files);

/*
 * Read what is new.  A report is complete when its log was silent for
 * FEED_SILENCE_MS; settle: take what there is as complete.  Errors: OS of
 * looking for logs; NO_MEMORY.  A log that cannot be read is noted.
 */
struct culprit_error *watch_files_look(struct watch_files *files, bool settle);

size_t watch_files_n(const struct watch_files *files);
uint64_t watch_files_bytes(const struct watch_files *files);

#endif
