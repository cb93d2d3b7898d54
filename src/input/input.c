/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of a log, from wherever they come.
 *
 * Read with read(2) into one buffer.  Mapping a file in the page cache is twice
 * as fast (with the search of scan.c 12 GB/s against 5.4), but kills the process
 * (SIGBUS) when somebody truncates the log meanwhile.
 *
 * The compression is sniffed from the first bytes.  A live pipe that has given
 * "B" so far may become bzip2: what is too short to tell is held back until
 * more comes, or the end.
 *
 * Behind the last member of compressed data may stand a log that went on as
 * text (`cat old.log.gz new.log`), or data of another kind: both are read on.
 * What is neither is an error, once all before it was given.
 *
 * The end of a terminal (EIO: its other side hung up) is the end of the input.
 * /dev/kmsg tells of overwritten records by EPIPE; reading goes on.
 */
#include "input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "input/decompress.h"
#include "input/utf16.h"

#define PIPE_BYTES (1 << 18)
#define TEXT_PROBE_BYTES 512

struct input {
	char *name;
	int fd;
	bool close_fd;
	bool char_device;
	bool plain_file;	/* regular, of plain_size bytes, and not compressed */
	const char *behind;	/* the kind of compressed data that ended before what is held; NULL: none */
	uint64_t plain_size, plain_off;
	bool sniffed;
	bool at_end;		/* of the file descriptor */
	bool over;		/* nothing more is given: the end, or an error was told */
	char *buf;		/* INPUT_CHUNK_BYTES, as it comes from fd */
	struct span held;	/* of buf: not given or decompressed yet */
	struct decompressor *decompressor;	/* NULL: plain */
	char *out;		/* INPUT_CHUNK_BYTES, decompressed */
	struct utf16 utf16;	/* of what is given, once that is known */
	bool utf16_known;
	char *converted;	/* UTF16_ROOM(INPUT_CHUNK_BYTES) */
	uint64_t given;		/* bytes, for messages */
};

/* Milliseconds of a clock that only goes forward. */
static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait for bytes until deadline (-1: for ever). */
static struct culprit_error *wait_readable(struct input *input, int64_t deadline, bool *ret_silent)
{
	for (;;) {
		struct pollfd p = { .fd = input->fd, .events = POLLIN };
		int64_t rest = deadline < 0 ? -1 : deadline - now_ms();
		int n = poll(&p, 1, deadline < 0 ? -1 : rest > 0 ? (int)rest : 0);

		if (n > 0)
			return NULL;
		if (n == 0) {
			*ret_silent = true;
			return NULL;
		}
		if (errno != EINTR)
			return culprit_error_errno("cannot wait for %s", input->name);
	}
}

/* Append to what is held.  Nothing is added at the end, or in silence. */
static struct culprit_error *fill(struct input *input, int64_t deadline, bool *ret_silent)
{
	size_t used = input->held.len;

	if (used == INPUT_CHUNK_BYTES)	/* a decoder that takes nothing of so much */
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "cannot decompress %s", input->name);
	if (used)
		memmove(input->buf, input->held.ptr, used);
	input->held.ptr = input->buf;
	for (;;) {
		struct culprit_error *err;
		ssize_t n;

		if (deadline >= 0) {
			err = wait_readable(input, deadline, ret_silent);
			if (err || *ret_silent)
				return err;
		}
		n = read(input->fd, input->buf + used, INPUT_CHUNK_BYTES - used);
		if (n > 0) {
			input->held.len += (size_t)n;
			return NULL;
		}
		if (n == 0 || (errno == EIO && input->char_device)) {
			input->at_end = true;
			return NULL;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			err = wait_readable(input, deadline, ret_silent);
			if (err || *ret_silent)
				return err;
		} else if (errno != EINTR && !(errno == EPIPE && input->char_device)) {
			return culprit_error_errno("cannot read %s", input->name);
		}
	}
}

/* Is it text, as far as that shows?  A few strange bytes are in many a console's log. */
static bool looks_like_text(struct span s)
{
	size_t n = s.len < TEXT_PROBE_BYTES ? s.len : TEXT_PROBE_BYTES, n_strange = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		n_strange += (c < 0x20 && !(c >= '\a' && c <= '\r') && c != '\033') || c == 0x7f || c >= 0xf8 || c == 0xc0;
	}
	return n_strange * 16 <= n;
}

static struct culprit_error *start_decompressing(struct input *input, enum compression kind)
{
	struct culprit_error *err;

	if (!input->out)
		input->out = malloc(INPUT_CHUNK_BYTES);
	if (!input->out)
		return &culprit_error_no_memory;
	err = decompressor_create(kind, &input->decompressor);
	return culprit_error_context(err, "%s", input->name);
}

/* Find out what the bytes are; not done where it falls silent before. */
static struct culprit_error *sniff(struct input *input, int64_t deadline, bool *ret_silent)
{
	while (!input->sniffed) {
		struct culprit_error *err;
		enum compression kind;
		bool shorter;

		kind = compression_sniff(input->held, &shorter);
		if (!shorter || kind != COMPRESSION_NONE || input->at_end) {
			input->sniffed = true;
			if (kind != COMPRESSION_NONE)
				return start_decompressing(input, kind);
			if (input->behind && !looks_like_text(input->held))
				return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: after %llu bytes: behind the end of "
							    "its %s data is something else, neither text nor "
							    "compressed: left out", input->name,
							    (unsigned long long)input->given, input->behind);
			return NULL;
		}
		err = fill(input, deadline, ret_silent);
		if (err || *ret_silent)
			return err;
	}
	return NULL;
}

/* Does the kernel make up the file's bytes when it is read? */
static bool is_made_up(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	switch ((unsigned long)fs.f_type) {
	case PROC_SUPER_MAGIC: case SYSFS_MAGIC: case DEBUGFS_MAGIC: case TRACEFS_MAGIC: case CGROUP2_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

/* A regular file never makes wait: look at once what it is. */
static struct culprit_error *look_at_file(struct input *input)
{
	struct culprit_error *err;
	bool silent = false;
	struct stat st;
	off_t at;

	if (fstat(input->fd, &st) < 0)
		return culprit_error_errno("cannot look at %s", input->name);
	input->char_device = S_ISCHR(st.st_mode);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return culprit_error_errno("cannot read %s", input->name);
	}
	/* A longer pipe, where that is allowed, saves both sides most of their turns. */
	if (S_ISFIFO(st.st_mode))
		fcntl(input->fd, F_SETPIPE_SZ, PIPE_BYTES);
	if (!S_ISREG(st.st_mode))
		return NULL;
	at = lseek(input->fd, 0, SEEK_CUR);
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	err = sniff(input, -1, &silent);
	if (err)
		return err;
	/* Files of /proc and /sys say that they are empty; others are, and may grow. */
	input->plain_file = !input->decompressor && utf16_sniff(input->held) == UTF16_NONE && at >= 0 && at <= st.st_size && (st.st_size > 0 || !is_made_up(input->fd));
	input->plain_size = input->plain_file ? (uint64_t)(st.st_size - at) : 0;
	input->plain_off = input->plain_file ? (uint64_t)at : 0;
	return NULL;
}

static struct culprit_error *open_fd(int fd, bool close_fd, const char *name, struct input **ret)
{
	struct input *input = calloc(1, sizeof(*input));
	struct culprit_error *err = &culprit_error_no_memory;

	if (!input) {
		if (close_fd)
			close(fd);
		return err;
	}
	input->fd = fd;
	input->close_fd = close_fd;
	input->name = strdup(name);
	input->buf = malloc(INPUT_CHUNK_BYTES);
	if (input->name && input->buf)
		err = look_at_file(input);
	if (err) {
		input_close(input);
		return err;
	}
	*ret = input;
	return NULL;
}

struct culprit_error *input_open(const char *path, struct input **ret)
{
	int fd;

	if (!strcmp(path, "-"))
		return open_fd(STDIN_FILENO, false, "standard input", ret);
	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return culprit_error_errno("cannot open %s", path);
	return open_fd(fd, true, path, ret);
}

struct culprit_error *input_open_fd(int fd, const char *name, struct input **ret)
{
	return open_fd(fd, true, name, ret);
}

void input_close(struct input *input)
{
	if (!input)
		return;
	if (input->close_fd)
		close(input->fd);
	decompressor_destroy(input->decompressor);
	free(input->name);
	free(input->buf);
	free(input->out);
	free(input->converted);
	free(input);
}

static struct culprit_error *read_plain(struct input *input, int64_t deadline, struct span *ret, bool *ret_silent)
{
	if (!input->held.len && !input->at_end) {
		struct culprit_error *err = fill(input, deadline, ret_silent);

		if (err)
			return err;
	}
	*ret = input->held;
	input->held = (struct span){ input->buf, 0 };
	return NULL;
}

/* *ret_behind: the data is over, but something that is not of it follows. */
static struct culprit_error *read_compressed(struct input *input, int64_t deadline, struct span *ret, bool *ret_silent,
					     bool *ret_behind)
{
	for (;;) {
		struct culprit_error *err;
		bool end;

		ret->ptr = input->out;
		err = decompressor_step(input->decompressor, &input->held, input->at_end, input->out,
					INPUT_CHUNK_BYTES, &ret->len, &end);
		if (err)
			return culprit_error_context(err, "%s: after %llu bytes", input->name,
						     (unsigned long long)input->given);
		if (ret->len)
			return NULL;
		if (end) {
			*ret_behind = input->held.len > 0;
			return NULL;
		}
		err = fill(input, deadline, ret_silent);
		if (err || *ret_silent)
			return err;
	}
}

/* What is held is to be looked at anew. */
static void end_compressed(struct input *input)
{
	input->behind = decompressor_name(input->decompressor);
	decompressor_destroy(input->decompressor);
	input->decompressor = NULL;
	input->sniffed = false;
}

/* UTF-16 becomes UTF-8.  *ret_again: nothing came of it yet. */
static struct culprit_error *convert(struct input *input, struct span *got, bool *ret_again)
{
	size_t n;

	if (!got->len)
		return NULL;
	if (!input->utf16_known) {
		input->utf16.order = utf16_sniff(*got);
		input->utf16_known = true;
	}
	if (input->utf16.order == UTF16_NONE)
		return NULL;
	if (!input->converted)
		input->converted = malloc(UTF16_ROOM(INPUT_CHUNK_BYTES));
	if (!input->converted)
		return &culprit_error_no_memory;
	n = utf16_convert(&input->utf16, *got, input->converted);
	*got = (struct span){ input->converted, n };
	*ret_again = n == 0;
	return NULL;
}

struct culprit_error *input_read_timeout(struct input *input, int timeout_ms, struct span *ret, bool *ret_silent)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct culprit_error *err;
	struct span got = { input->buf, 0 };
	bool silent = false, behind, again;

	*ret = got;
	*ret_silent = false;
	if (input->over)
		return NULL;
	do {
		behind = again = false;
		err = sniff(input, deadline, &silent);
		if (err || silent)
			break;
		err = input->decompressor ? read_compressed(input, deadline, &got, &silent, &behind) :
					    read_plain(input, deadline, &got, &silent);
		if (behind)
			end_compressed(input);
		else if (!err)
			err = convert(input, &got, &again);
	} while (behind || again);
	if (silent) {
		*ret_silent = true;
		return NULL;
	}
	input->over = err || got.len == 0;
	input->given += got.len;
	if (!err)
		*ret = got;
	return err;
}

struct culprit_error *input_read(struct input *input, struct span *ret)
{
	bool silent;

	return input_read_timeout(input, -1, ret, &silent);
}

bool input_plain_size(const struct input *input, uint64_t *ret)
{
	if (input->plain_file)
		*ret = input->plain_size;
	return input->plain_file;
}

void input_plain_place(const struct input *input, int *ret_fd, uint64_t *ret_off)
{
	*ret_fd = input->fd;
	*ret_off = input->plain_off;
}

struct culprit_error *input_read_all(const char *path, size_t max, struct buf *ret, bool *ret_long)
{
	struct span bytes = { 0 };
	struct input *input;
	struct culprit_error *err = input_open(path, &input);
	bool too_long = false;

	if (err)
		return err;
	do {
		err = input_read(input, &bytes);
		too_long = !err && bytes.len > max - ret->len;
		if (!err && !too_long && !buf_add(ret, bytes.ptr, bytes.len))
			err = &culprit_error_no_memory;
	} while (!err && !too_long && bytes.len);
	input_close(input);
	if (ret_long)
		*ret_long = too_long;
	return err;
}
