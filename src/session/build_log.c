/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks for the first error in what builds write:
 *
 *	fs/foo.c:214:9: error: implicit declaration of function 'q' [-Wimplicit-function-declaration]
 *	ld: vmlinux.o: in function `foo': fs/foo.c:12: undefined reference to `bar'
 *	ld.lld: error: undefined symbol: bar
 *	arch/x86/entry/entry.S:12: Error: no such instruction: `foo'
 *	ERROR: modpost: "bar" [fs/foo.ko] undefined!
 *	make[3]: *** [scripts/Makefile.build:243: fs/foo.o] Error 1
 *
 * A parallel build interleaves lines, so "first" is first written, which may
 * not be the cause when several files fail.  Fails where a tool's harmless
 * message holds such words; then the reason misleads, the outcome does not
 * (that is the exit code's).
 */
#include "session/build_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Most telling last. To add one: its words, in the group that it is as telling as. */
static const struct {
	int rank;
	const char *words;
} signs[] = {
	{ 1, ": ***" },
	{ 1, "] Error " },
	{ 2, "ERROR: " },
	{ 2, "FAILED: " },
	{ 2, "No rule to make target" },
	{ 2, "internal compiler error" },
	{ 2, "Segmentation fault" },
	{ 2, "No such file or directory" },
	{ 2, "command not found" },
	{ 2, ": not found" },
	{ 3, " error: " },
	{ 3, "error[E" },
	{ 3, ": Error: " },
	{ 3, "undefined reference to" },
	{ 3, "undefined symbol" },
	{ 3, "multiple definition of" },
	{ 3, "relocation truncated to fit" },
	{ 3, "cannot find -l" },
};

static const char *const machine_signs[] = {
	"No space left on device", "Cannot allocate memory", "virtual memory exhausted", "Killed signal terminated program",
	"Disk quota exceeded", "Input/output error", "Too many open files",
};

struct culprit_error *build_log_open(struct build_log *log, const char *path)
{
	*log = (struct build_log){ .fd = -1, .rank = -1 };
	if (!path)
		return NULL;
	log->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return log->fd < 0 ? culprit_error_errno("%s", path) : NULL;
}

static void write_all(struct build_log *log, const char *data, size_t len)
{
	while (log->fd >= 0 && len) {
		ssize_t n = write(log->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* A full disk must not end a bisection: the reason is still found. */
			close(log->fd);
			log->fd = -1;
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

/* Bytes behind the head go round in the tail. */
static void keep(struct build_log *log, struct span bytes)
{
	if (log->n_bytes < BUILD_LOG_HEAD_BYTES) {
		size_t room = BUILD_LOG_HEAD_BYTES - (size_t)log->n_bytes;
		size_t n = bytes.len < room ? bytes.len : room;

		write_all(log, bytes.ptr, n);
		log->n_bytes += n;
		bytes = span_skip(bytes, n);
	}
	if (bytes.len && !log->tail)
		log->tail = malloc(BUILD_LOG_TAIL_BYTES);
	while (bytes.len && log->tail) {
		size_t at = (size_t)((log->n_bytes - BUILD_LOG_HEAD_BYTES) % BUILD_LOG_TAIL_BYTES);
		size_t n = BUILD_LOG_TAIL_BYTES - at < bytes.len ? BUILD_LOG_TAIL_BYTES - at : bytes.len;

		memcpy(log->tail + at, bytes.ptr, n);
		log->n_bytes += n;
		bytes = span_skip(bytes, n);
	}
}

static int rank_of(struct span line)
{
	int rank = 0;

	/* clang and rustc begin lines with it */
	if (span_starts(line, SPAN("error: ")) || span_starts(line, SPAN("fatal error: ")))
		return 3;
	for (size_t i = 0; i < countof(signs); i++) {
		if (signs[i].rank > rank && span_find(line, span_of(signs[i].words)) >= 0)
			rank = signs[i].rank;
	}
	return rank;
}

static void look_at(struct build_log *log, struct span line)
{
	static const struct span mark = SPAN("culprit-signature: ");
	int rank;

	line = span_trim(line);
	if (!line.len)
		return;
	if (span_starts(line, mark)) {
		snprintf(log->signature, sizeof(log->signature), "%.*s", (int)(line.len - mark.len), line.ptr + mark.len);
		return;
	}
	for (size_t i = 0; i < countof(machine_signs); i++) {
		if (span_find(line, span_of(machine_signs[i])) >= 0)
			log->machine_failed = true;
	}
	rank = rank_of(line);
	if (rank > log->rank || (rank == 0 && log->rank == 0)) {
		log->rank = rank;
		snprintf(log->reason, sizeof(log->reason), "%.*s", (int)line.len, line.ptr);
	}
}

/* Taking out "ESC [ ... letter", other control characters; bytes over the line's limit are dropped. */
static void feed_char(struct build_log *log, unsigned char c)
{
	if (log->escape == 1) {
		log->escape = c == '[' ? 2 : 0;
	} else if (log->escape == 2) {
		if (c >= 0x40 && c <= 0x7e)
			log->escape = 0;
	} else if (c == 0x1b) {
		log->escape = 1;
	} else if (c == '\n' || c == '\r') {
		look_at(log, (struct span){ log->line, log->line_len });
		log->line_len = 0;
	} else if ((c >= ' ' || c == '\t') && log->line_len < sizeof(log->line)) {
		log->line[log->line_len++] = (char)c;
	}
}

void build_log_feed(struct build_log *log, struct span bytes)
{
	keep(log, bytes);
	for (size_t i = 0; i < bytes.len; i++)
		feed_char(log, (unsigned char)bytes.ptr[i]);
}

void build_log_close(struct build_log *log)
{
	look_at(log, (struct span){ log->line, log->line_len });
	log->line_len = 0;
	if (log->tail) {
		uint64_t behind = log->n_bytes - BUILD_LOG_HEAD_BYTES;
		size_t at = (size_t)(behind % BUILD_LOG_TAIL_BYTES);

		if (behind > BUILD_LOG_TAIL_BYTES) {
			char text[80];
			int n = snprintf(text, sizeof(text), "\n[... %llu bytes left out ...]\n",
					 (unsigned long long)(behind - BUILD_LOG_TAIL_BYTES));

			write_all(log, text, (size_t)n);
		}
		if (behind >= BUILD_LOG_TAIL_BYTES) {
			write_all(log, log->tail + at, BUILD_LOG_TAIL_BYTES - at);
		}
		write_all(log, log->tail, at);
		free(log->tail);
		log->tail = NULL;
	}
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
