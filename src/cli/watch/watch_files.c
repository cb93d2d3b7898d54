/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files are kept open while that is possible: what was written to a log
 * between the last look and its renaming is read, and its inode's number is
 * not given to another.
 *
 * Not read: compressed files (logrotate's old ones; their reports were seen
 * when they were written), hidden ones, what is surely no log, and a copy that
 * appears later beside its original as name.1 or name-20260101 (copytruncate).
 */
#include "cli/watch/watch_files.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <search.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/feed.h"
#include "cli/watch/watch_names.h"
#include "input/no_log.h"

#define CHUNK_BYTES (256u << 10)
#define SCAN_MS 2000		/* how often is looked for other logs where nothing was told */
#define GONE_MS 10000		/* a log without a name is read for so long after its last bytes */
#define IDLE_MS 600000		/* after that its parser's memory is given back */
#define SPARE_FDS 32
#define MAX_FILES 1000000

struct file {
	dev_t dev;
	ino_t ino;
	char *path;
	int fd;			/* -1: opened when needed */
	off_t pos;
	struct culprit_parser *parser;	/* NULL: nothing was read lately */
	bool fresh;		/* bytes came since the last flush */
	bool half_line;
	bool passed_over;
	bool noted;		/* that it cannot be read: once is enough */
	size_t scan;		/* number of the last scan that found it */
	int64_t last_ms;	/* when bytes came */
};

struct watch_files {
	struct watch_options options;
	struct file **files;
	size_t n, room;
	void *by_inode;		/* tree of them */
	struct watch_names names;	/* theirs */
	size_t n_open, max_open;
	size_t scan;
	int64_t scan_ms;
	bool told;		/* by inotify: something came or went */
	int inotify_fd;
	uint64_t n_bytes;
	char *chunk;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As many as the system lets us, but for those that others need. */
static size_t room_for_open(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur > SPARE_FDS ? (size_t)limit.rlim_cur - SPARE_FDS : 0;
}

struct culprit_error *watch_files_create(const struct watch_options *options, struct watch_files **ret)
{
	_cleanup_(watch_files_destroyp) struct watch_files *files = calloc(1, sizeof(*files));

	if (!files)
		return &culprit_error_no_memory;
	files->options = *options;
	files->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	files->max_open = room_for_open();
	files->chunk = malloc(CHUNK_BYTES);
	if (!files->chunk)
		return &culprit_error_no_memory;
	*ret = no_free_ptr(files);
	return NULL;
}

static void file_close(struct watch_files *files, struct file *file)
{
	if (file->fd < 0)
		return;
	close(file->fd);
	file->fd = -1;
	files->n_open--;
}

static void file_free(struct watch_files *files, struct file *file)
{
	watch_names_remove(&files->names, file->path);
	culprit_parser_destroy(file->parser);
	free(file->path);
	free(file);
}

static void free_nothing(void *file)
{
	(void)file;
}

void watch_files_destroy(struct watch_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->n; i++) {
		file_close(files, files->files[i]);
		file_free(files, files->files[i]);
	}
	tdestroy(files->by_inode, free_nothing);
	watch_names_deinit(&files->names);
	if (files->inotify_fd >= 0)
		close(files->inotify_fd);
	free(files->files);
	free(files->chunk);
	free(files);
}

void watch_files_destroyp(struct watch_files **files)
{
	watch_files_destroy(*files);
}

int watch_files_fd(const struct watch_files *files)
{
	return files->inotify_fd;
}

size_t watch_files_n(const struct watch_files *files)
{
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++)
		n += !files->files[i]->passed_over && files->files[i]->scan == files->scan;
	return n;
}

uint64_t watch_files_bytes(const struct watch_files *files)
{
	return files->n_bytes;
}

/* --------------------------------------------------------- which there are */

static int by_inode(const void *a, const void *b)
{
	const struct file *one = a, *other = b;

	if (one->dev != other->dev)
		return one->dev < other->dev ? -1 : 1;
	return one->ino < other->ino ? -1 : one->ino > other->ino;
}

static bool is_compressed(const char *path)
{
	static const char *const suffixes[] = { ".gz", ".xz", ".zst", ".bz2", ".lz4" };
	size_t len = strlen(path);

	for (size_t i = 0; i < countof(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && !strcmp(path + len - n, suffixes[i]))
			return true;
	}
	return false;
}

static void file_open(struct watch_files *files, struct file *file)
{
	struct stat st;

	if (file->fd >= 0 || files->n_open >= files->max_open)
		return;
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0)
		return;
	files->n_open++;
	/* it was replaced in between: the next scan finds the other one */
	if (fstat(file->fd, &st) || st.st_dev != file->dev || st.st_ino != file->ino)
		file_close(files, file);
}

static struct culprit_error *make_room(struct watch_files *files)
{
	size_t room = files->room ? 2 * files->room : 64;
	struct file **more;

	if (files->n == MAX_FILES)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "more than %d logs", MAX_FILES);
	if (files->n < files->room)
		return NULL;
	more = realloc(files->files, room * sizeof(struct file *));
	if (!more)
		return &culprit_error_no_memory;
	files->files = more;
	files->room = room;
	return NULL;
}

/* NULL: out of memory. */
static struct file *file_create(struct watch_files *files, const char *path, const struct stat *st)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file || !(file->path = strdup(path)) || !watch_names_add(&files->names, path)) {
		free(file ? file->path : NULL);
		free(file);
		return NULL;
	}
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->fd = -1;
	file->scan = files->scan;
	file->last_ms = now_ms();
	return file;
}

static struct culprit_error *add_file(struct watch_files *files, const char *path, const struct stat *st)
{
	struct culprit_error *err = make_room(files);
	bool is_old_copy = false;
	struct file *file;

	if (err)
		return err;
	/* at the first scan all are new to us: a copy beside its original tells nothing */
	if (files->scan > 1 && !watch_names_has_original(&files->names, path, &is_old_copy))
		return &culprit_error_no_memory;
	file = file_create(files, path, st);
	if (!file)
		return &culprit_error_no_memory;
	if (!tsearch(file, &files->by_inode, by_inode)) {
		file_free(files, file);
		return &culprit_error_no_memory;
	}
	file->passed_over = is_old_copy || is_compressed(path);
	files->files[files->n++] = file;
	if (!file->passed_over)
		file_open(files, file);
	return NULL;
}

/* A path that a scan came by. */
static struct culprit_error *take_path(struct watch_files *files, const char *path)
{
	struct file key, **found, *file;
	struct stat st;
	char *copy;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	key.dev = st.st_dev;
	key.ino = st.st_ino;
	found = tfind(&key, &files->by_inode, by_inode);
	if (!found)
		return add_file(files, path, &st);
	file = *found;
	/* of several names the first of this scan */
	if (file->scan == files->scan)
		return NULL;
	file->scan = files->scan;
	if (!strcmp(file->path, path))
		return NULL;
	copy = strdup(path);
	if (!copy || !watch_names_add(&files->names, path)) {
		free(copy);
		return &culprit_error_no_memory;
	}
	watch_names_remove(&files->names, file->path);
	free(file->path);
	file->path = copy;
	return NULL;
}

static void watch_directory(const struct watch_files *files, const char *path)
{
	/* The same directory again is the same watch; without one, looking now and then has to do. */
	if (files->inotify_fd >= 0)
		(void)!inotify_add_watch(files->inotify_fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
}

static void watch_parent(const struct watch_files *files, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *parent = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");

	if (parent)
		watch_directory(files, parent);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static struct culprit_error *walk(struct watch_files *files, const char *directory)
{
	_cleanup_(freep) char *root = strdup(directory);
	size_t len = root ? strlen(root) : 0;
	struct culprit_error *err = NULL;
	char *roots[] = { root, NULL };
	FTSENT *entry;
	FTS *fts;

	while (len > 1 && root[len - 1] == '/')
		root[--len] = '\0';
	fts = root ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
	if (!fts)
		return root ? culprit_error_errno("cannot read %s", directory) : &culprit_error_no_memory;
	while (!err && (entry = fts_read(fts))) {
		if (entry->fts_level > 0 && entry->fts_name[0] == '.')
			fts_set(fts, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_D)
			watch_directory(files, entry->fts_path);
		else if (entry->fts_info == FTS_F || entry->fts_info == FTS_SL)
			err = take_path(files, entry->fts_path);
	}
	fts_close(fts);
	return err;
}

static struct culprit_error *scan_path(struct watch_files *files, const char *path)
{
	struct stat st;

	watch_parent(files, path);
	if (stat(path, &st))
		return NULL;
	return S_ISDIR(st.st_mode) ? walk(files, path) : take_path(files, path);
}

static struct culprit_error *scan_operand(struct watch_files *files, const char *operand)
{
	struct culprit_error *err = NULL;
	glob_t found;
	int code;

	if (!access(operand, F_OK) || !strpbrk(operand, "*?["))
		return scan_path(files, operand);
	code = glob(operand, 0, NULL, &found);
	if (code == GLOB_NOSPACE)
		return &culprit_error_no_memory;
	watch_parent(files, operand);
	if (code)
		return NULL;
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = scan_path(files, found.gl_pathv[i]);
	globfree(&found);
	return err;
}

static struct culprit_error *scan(struct watch_files *files)
{
	struct culprit_error *err = NULL;

	files->told = false;
	files->scan_ms = now_ms();
	files->scan++;
	for (size_t i = 0; i < files->options.n_operands && !err; i++)
		err = scan_operand(files, files->options.operands[i]);
	return err;
}

/* What inotify told: new names want a scan, bytes only a look. */
static void read_events(struct watch_files *files)
{
	union {
		char bytes[4096];
		struct inotify_event event;
	} buffer;
	ssize_t n;

	while (files->inotify_fd >= 0 && (n = read(files->inotify_fd, buffer.bytes, sizeof(buffer))) > 0) {
		for (size_t at = 0; at < (size_t)n;) {
			struct inotify_event event;

			memcpy(&event, buffer.bytes + at, sizeof(event));
			files->told = files->told || (event.mask & ~(uint32_t)IN_MODIFY);
			at += sizeof(event) + event.len;
		}
	}
}

/* ------------------------------------------------------------ what is new */

static void take_reports(struct watch_files *files, struct file *file)
{
	struct culprit_report *report;

	while ((report = culprit_parser_take(file->parser)))
		files->options.report(files->options.arg, file->path, report);
}

static struct culprit_error *feed(struct watch_files *files, struct file *file, struct span bytes)
{
	struct culprit_parser_options options = { .file_name = NULL };
	struct culprit_error *err = NULL;

	if (!file->parser)
		err = culprit_parser_create(files->options.patterns, &options, &file->parser);
	if (!err)
		err = culprit_parser_feed(file->parser, bytes.ptr, bytes.len);
	if (err)
		return err;
	file->fresh = true;
	file->last_ms = now_ms();
	file->half_line = bytes.ptr[bytes.len - 1] != '\n';
	take_reports(files, file);
	return NULL;
}

static struct culprit_error *flush(struct watch_files *files, struct file *file, bool end)
{
	struct culprit_error *err;

	if (!file->parser || (!file->fresh && !end))
		return NULL;
	file->fresh = false;
	err = (end ? culprit_parser_finish : culprit_parser_flush)(file->parser);
	if (err)
		return err;
	take_reports(files, file);
	if (end) {
		culprit_parser_destroy(file->parser);
		file->parser = NULL;
	}
	return NULL;
}

/* From its new start, where it became shorter. */
static struct culprit_error *look_for_cut(struct watch_files *files, struct file *file)
{
	struct stat st;

	if (fstat(file->fd, &st) || st.st_size >= file->pos)
		return NULL;
	files->options.note(files->options.arg, file->path, "it was cut: read from its new start");
	file->pos = 0;
	return file->half_line ? feed(files, file, SPAN("\n")) : NULL;
}

static struct culprit_error *read_on(struct watch_files *files, struct file *file)
{
	struct culprit_error *err = look_for_cut(files, file);
	bool stop = false;

	while (!err && !stop) {
		ssize_t n = pread(file->fd, files->chunk, CHUNK_BYTES, file->pos);
		struct span bytes = { files->chunk, n > 0 ? (size_t)n : 0 };

		if (n < 0 && errno != EINTR) {
			if (!file->noted)
				files->options.note(files->options.arg, file->path, strerror(errno));
			file->noted = true;
			return NULL;
		}
		if (n == 0)
			return NULL;
		if (bytes.len && !file->pos && no_log_kind(bytes)) {
			files->options.note(files->options.arg, file->path, "passed over: it is no log");
			file->passed_over = true;
			return NULL;
		}
		file->pos += (off_t)bytes.len;
		files->n_bytes += bytes.len;
		if (bytes.len)
			err = feed(files, file, bytes);
		stop = files->options.stopped && files->options.stopped(files->options.arg);
	}
	return err;
}

static struct culprit_error *look_at(struct watch_files *files, struct file *file, int64_t now, bool settle)
{
	struct culprit_error *err = NULL;
	bool kept;

	if (file->passed_over)
		return NULL;
	kept = file->fd >= 0;
	file_open(files, file);
	if (file->fd >= 0) {
		err = read_on(files, file);
		/* where there are more logs than may be open, each has its turn */
		if (!kept && files->n_open >= files->max_open)
			file_close(files, file);
	} else if (!file->noted && file->scan == files->scan && access(file->path, R_OK)) {
		files->options.note(files->options.arg, file->path, strerror(errno));
		file->noted = true;
	}
	if (!err && (settle || now - file->last_ms >= FEED_SILENCE_MS))
		err = flush(files, file, false);
	if (!err && now - file->last_ms >= IDLE_MS)
		err = flush(files, file, true);
	return err;
}

/* It has no name any more, or none that we were told, and nothing comes. */
static bool is_gone(const struct watch_files *files, const struct file *file, int64_t now)
{
	return file->scan != files->scan && (file->passed_over || file->fd < 0 || now - file->last_ms >= GONE_MS);
}

static struct culprit_error *forget_gone(struct watch_files *files, int64_t now)
{
	size_t n = 0;
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < files->n; i++) {
		struct file *file = files->files[i];

		if (err || !is_gone(files, file, now)) {
			files->files[n++] = file;
			continue;
		}
		err = flush(files, file, true);
		tdelete(file, &files->by_inode, by_inode);
		file_close(files, file);
		file_free(files, file);
	}
	files->n = n;
	return err;
}

struct culprit_error *watch_files_look(struct watch_files *files, bool settle)
{
	struct culprit_error *err = NULL;
	int64_t now;

	read_events(files);
	if (!files->scan || files->told || now_ms() - files->scan_ms >= SCAN_MS)
		err = scan(files);
	now = now_ms();
	for (size_t i = 0; i < files->n && !err; i++)
		err = look_at(files, files->files[i], now, settle);
	return err ? err : forget_gone(files, now);
}
