/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal's lines.  See journal.h for the format and what is refused.
 */
#include "session/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"

#define JOURNAL_MAX_BYTES (4ull << 30)
#define CHECKSUM_DIGITS 16

struct journal {
	char *path;
	int fd;
	off_t end;
	uint64_t n_lines;
	bool torn;		/* what a failed record left may still be there: nothing may come behind it */
	journal_read_fn *read;
	void *arg;
};

const char *journal_get(const struct journal_record *record, const char *key)
{
	for (size_t i = 0; i < record->n; i++) {
		if (!strcmp(record->keys[i], key))
			return record->values[i];
	}
	return NULL;
}

uint64_t journal_get_u64(const struct journal_record *record, const char *key, uint64_t otherwise)
{
	const char *value = journal_get(record, key);
	uint64_t number;
	size_t len;

	if (!value || !parse_u64(span_of(value), &number, &len) || value[len])
		return otherwise;
	return number;
}

double journal_get_double(const struct journal_record *record, const char *key, double otherwise)
{
	const char *value = journal_get(record, key);
	char *end;
	double number;

	if (!value || !*value)
		return otherwise;
	number = strtod(value, &end);
	return *end ? otherwise : number;
}

/* ------------------------------------------------------------- reading */

/* In place: "%20" to " ". False for anything that we would not have written. */
static bool decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '%') {
			uint64_t byte;
			size_t len;

			if (!parse_hex64((struct span){ from + 1, strnlen(from + 1, 2) }, &byte, &len) || len != 2 || !byte)
				return false;
			*to++ = (char)byte;
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return true;
}

/* line is NUL-terminated, without its end, and is cut into pieces. */
static bool parse_record(char *line, size_t len, struct journal_record *ret)
{
	uint64_t sum, time;
	char *word, *rest;
	size_t n;

	if (len < CHECKSUM_DIGITS + 2 || strlen(line) != len || line[CHECKSUM_DIGITS] != ' ' ||
	    !parse_hex64((struct span){ line, CHECKSUM_DIGITS }, &sum, &n) || n != CHECKSUM_DIGITS)
		return false;
	rest = line + CHECKSUM_DIGITS + 1;
	if (hash_bytes(rest, len - CHECKSUM_DIGITS - 1) != sum)
		return false;
	word = strsep(&rest, " ");
	if (!parse_u64(span_of(word), &time, &n) || word[n] || time > INT64_MAX || !rest)
		return false;
	ret->time_us = (int64_t)time;
	ret->type = strsep(&rest, " ");
	ret->n = 0;
	while (rest) {
		char *value;

		word = strsep(&rest, " ");
		value = strchr(word, '=');
		if (!value || ret->n == JOURNAL_FIELDS_MAX)
			return false;
		*value++ = '\0';
		if (!decode(value))
			return false;
		ret->keys[ret->n] = word;
		ret->values[ret->n++] = value;
	}
	return true;
}

/*
 * Hands on what is whole; *ret_end is the offset behind it.  Where the damage
 * is not at the end, that is an error.
 */
static struct culprit_error *read_all(const char *path, char *data, size_t size, journal_read_fn *read, void *arg,
				      off_t *ret_end, uint64_t *ret_lines)
{
	size_t at = 0;
	uint64_t n = 0;

	while (at < size) {
		char *end = memchr(data + at, '\n', size - at);
		struct journal_record record = { .line = n + 1 };
		struct culprit_error *err;

		if (!end)
			break;
		*end = '\0';
		if (!parse_record(data + at, (size_t)(end - data) - at, &record)) {
			if (end + 1 == data + size)
				break;
			return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s:%" PRIu64 ": the journal is damaged", path, n + 1);
		}
		err = read(arg, &record);
		if (err)
			return culprit_error_context(err, "%s:%" PRIu64, path, n + 1);
		at = (size_t)(end - data) + 1;
		n++;
	}
	*ret_end = (off_t)at;
	*ret_lines = n;
	return NULL;
}

static struct culprit_error *read_file(const char *path, int fd, struct buf *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return culprit_error_errno("%s", path);
	if ((uint64_t)st.st_size > JOURNAL_MAX_BYTES)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: too large", path);
	if (!buf_reserve(ret, (size_t)st.st_size + 1))
		return &culprit_error_no_memory;
	while (ret->len < (size_t)st.st_size) {
		ssize_t n = pread(fd, ret->data + ret->len, (size_t)st.st_size - ret->len, (off_t)ret->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return culprit_error_errno("%s", path);
		if (n == 0)
			break;
		ret->len += (size_t)n;
	}
	return NULL;
}

struct culprit_error *journal_scan(const char *path, journal_read_fn *read, void *arg)
{
	_cleanup_(buf_deinit) struct buf data = { 0 };
	struct culprit_error *err;
	uint64_t lines;
	off_t end;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no bisection was started here", path);
	if (fd < 0)
		return culprit_error_errno("%s", path);
	err = read_file(path, fd, &data);
	close(fd);
	return err ? err : read_all(path, data.data, data.len, read, arg, &end, &lines);
}

/* ------------------------------------------------------------- opening */

/* Replaced by journal_rewrite() between our opening and locking it. */
static bool was_replaced(const char *path, int fd)
{
	struct stat ours, now;

	return fstat(fd, &ours) < 0 || stat(path, &now) < 0 || ours.st_ino != now.st_ino || ours.st_dev != now.st_dev;
}

static struct culprit_error *lock(const char *path, int fd, int wait_ms, int cancel_fd)
{
	struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return culprit_error_errno("%s", path);
		if (wait_ms <= 0)
			return culprit_error_create(CULPRIT_ERROR_MISMATCH, "%s: another culprit works on this bisection", path);
		if (poll(&cancel, 1, 50) > 0)
			return culprit_error_create(CULPRIT_ERROR_CANCELLED, "stopped");
		wait_ms -= 50;
	}
	if (was_replaced(path, fd))
		return culprit_error_create(CULPRIT_ERROR_MISMATCH, "%s: was reset at this moment; try again", path);
	return NULL;
}

/*
 * What a crash left behind the last whole record goes, on disk as well: a record that is written over it, and torn in
 * its turn, would else be a wrong line before another one.
 */
static struct culprit_error *cut_off(struct journal *journal, size_t size)
{
	if ((size_t)journal->end == size)
		return NULL;
	if (ftruncate(journal->fd, journal->end) < 0 || fsync(journal->fd) < 0)
		return culprit_error_errno("%s", journal->path);
	return NULL;
}

struct culprit_error *journal_open(const char *path, int wait_ms, int cancel_fd, journal_read_fn *read, void *arg,
				   struct journal **ret)
{
	_cleanup_(journal_closep) struct journal *journal = calloc(1, sizeof(*journal));
	_cleanup_(buf_deinit) struct buf data = { 0 };
	struct culprit_error *err;

	if (!journal)
		return &culprit_error_no_memory;
	journal->fd = -1;
	journal->path = strdup(path);
	if (!journal->path)
		return &culprit_error_no_memory;
	journal->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0666);
	if (journal->fd < 0)
		return culprit_error_errno("%s", path);
	err = lock(path, journal->fd, wait_ms, cancel_fd);
	if (!err)
		err = read_file(path, journal->fd, &data);
	if (!err)
		err = read_all(path, data.data, data.len, read, arg, &journal->end, &journal->n_lines);
	if (err)
		return err;
	err = cut_off(journal, data.len);
	if (!err)
		err = file_sync_directory(path);
	if (err)
		return err;
	journal->read = read;
	journal->arg = arg;
	*ret = no_free_ptr(journal);
	return NULL;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->path);
	free(journal);
}

void journal_closep(struct journal **journal)
{
	journal_close(*journal);
}

int journal_fd(const struct journal *journal)
{
	return journal->fd;
}

/* ----------------------------------------------------------- rewriting */

struct rewriting {
	journal_keep_fn *keep;
	void *arg;
	bool kept;		/* the record that was read last */
};

static struct culprit_error *ask_keep(void *arg, const struct journal_record *record)
{
	struct rewriting *rewriting = arg;

	rewriting->kept = rewriting->keep(rewriting->arg, record);
	return NULL;
}

/* The lines to keep, of data. Each is read from a copy: reading cuts it into pieces. */
static struct culprit_error *select_lines(const char *path, const struct buf *data, struct rewriting *rewriting,
					  struct buf *ret)
{
	for (size_t at = 0; at < data->len;) {
		const char *end = memchr(data->data + at, '\n', data->len - at);
		size_t len = end ? (size_t)(end - data->data) + 1 - at : 0;
		_cleanup_(freep) char *line = end ? strndup(data->data + at, len) : NULL;
		struct culprit_error *err;
		uint64_t lines;
		off_t whole;

		if (!end)
			break;
		if (!line)
			return &culprit_error_no_memory;
		rewriting->kept = false;
		err = read_all(path, line, len, ask_keep, rewriting, &whole, &lines);
		if (err)
			return err;
		if (rewriting->kept && !buf_add(ret, data->data + at, len))
			return &culprit_error_no_memory;
		at += len;
	}
	return NULL;
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* The old one has both names on disk before it loses one. */
static struct culprit_error *replace(const char *path, const char *kept, const struct buf *lines)
{
	struct culprit_error *err;

	if (link(path, kept) < 0)
		return culprit_error_errno("cannot keep the old journal as %s", kept);
	err = file_sync_directory(kept);
	if (!err)
		err = file_replace(path, buf_span(lines), FILE_SYNCED);
	/* What failed may be the last step, behind the replacing. */
	if (err && is_same_file(path, kept))
		unlink(kept);
	return err;
}

struct culprit_error *journal_rewrite(const char *path, const char *kept, journal_keep_fn *keep, void *arg)
{
	_cleanup_(buf_deinit) struct buf data = { 0 }, lines = { 0 };
	struct rewriting rewriting = { keep, arg, false };
	struct culprit_error *err;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no bisection was started here", path);
	if (fd < 0)
		return culprit_error_errno("%s", path);
	err = lock(path, fd, 0, -1);
	if (!err)
		err = read_file(path, fd, &data);
	if (!err)
		err = select_lines(path, &data, &rewriting, &lines);
	if (!err)
		err = replace(path, kept, &lines);
	close(fd);
	return err;
}

/* ------------------------------------------------------------- writing */

void journal_begin(struct journal_draft *draft, const char *type)
{
	*draft = (struct journal_draft){ 0 };
	draft->failed = !buf_add_str(&draft->text, type);
}

void journal_add(struct journal_draft *draft, const char *key, const char *value)
{
	bool ok;

	if (!value || draft->failed)
		return;
	ok = buf_printf(&draft->text, " %s=", key);
	for (const char *p = value; *p && ok; p++) {
		unsigned char c = (unsigned char)*p;

		ok = c <= ' ' || c == '%' || c == 0x7f ? buf_printf(&draft->text, "%%%02x", c)
						      : buf_add_char(&draft->text, *p);
	}
	draft->failed = !ok;
}

void journal_add_f(struct journal_draft *draft, const char *key, const char *format, ...)
{
	_cleanup_(freep) char *value = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&value, format, args) < 0) {
		value = NULL;
		draft->failed = true;
	}
	va_end(args);
	journal_add(draft, key, value);
}

static struct culprit_error *write_line(struct journal *journal, const struct buf *line)
{
	size_t done = 0;

	while (done < line->len) {
		ssize_t n = write(journal->fd, line->data + done, line->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done == line->len && fdatasync(journal->fd) == 0)
		return NULL;
	done = (size_t)errno;
	/* On disk, too, before anything is written over it. */
	if (ftruncate(journal->fd, journal->end) < 0 || fsync(journal->fd) < 0)
		journal->torn = true;
	errno = (int)done;
	return culprit_error_errno("cannot write %s", journal->path);
}

struct culprit_error *journal_commit(struct journal *journal, struct journal_draft *draft)
{
	_cleanup_(buf_deinit) struct buf text = draft->text, line = { 0 }, body = { 0 };
	struct journal_record record = { .line = journal->n_lines + 1 };
	struct culprit_error *err;
	bool ok = !draft->failed;

	draft->text = (struct buf){ 0 };
	ok = ok && buf_printf(&body, "%" PRId64 " %s", clock_now_us(), text.data) &&
	     buf_printf(&line, "%016" PRIx64 " %s\n", hash_bytes(body.data, body.len), body.data);
	if (!ok)
		return &culprit_error_no_memory;
	if (journal->torn)
		return culprit_error_create(CULPRIT_ERROR_OS, "%s: a record that could not be written could not be taken back either",
					    journal->path);
	err = write_line(journal, &line);
	if (err)
		return err;
	journal->end += (off_t)line.len;
	journal->n_lines++;
	line.data[--line.len] = '\0';
	if (!parse_record(line.data, line.len, &record))
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: a record cannot be read back", journal->path);
	return journal->read(journal->arg, &record);
}
