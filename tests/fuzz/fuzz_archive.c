/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an archive of logs: as a file and as a pipe the same members come out of it, with the same bytes and the
 * same error at its end; a member begins before its bytes, and who stops the reading gets the error that it gave.
 * What libarchive does not take for an archive is given to it all the same.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#include "input/archive.h"

#define MAX_BYTES (4u << 20)
#define STOP "it is enough"

struct seen {
	struct buf text, message;	/* names and bytes */
	bool has_member;
	size_t stop_after;		/* bytes; 0: never */
	size_t n_bytes;
};

static void seen_deinit(struct seen *seen)
{
	buf_deinit(&seen->text);
	buf_deinit(&seen->message);
}

static struct culprit_error *on_member(void *arg, const char *name)
{
	struct seen *seen = arg;

	REQUIRE(!name || strlen(name) <= ARCHIVE_MAX_NAME);
	REQUIRE(buf_printf(&seen->text, "\n[%s]\n", name ? name : ""));
	seen->has_member = true;
	return NULL;
}

static struct culprit_error *on_bytes(void *arg, struct span bytes)
{
	struct seen *seen = arg;

	REQUIRE(seen->has_member && bytes.len && bytes.len <= INPUT_CHUNK_BYTES);
	REQUIRE(buf_add(&seen->text, bytes.ptr, bytes.len));
	seen->n_bytes += bytes.len;
	if (seen->text.len > MAX_BYTES || (seen->stop_after && seen->n_bytes >= seen->stop_after))
		return culprit_error_create(CULPRIT_ERROR_CANCELLED, STOP);
	return NULL;
}

static void read_fd(int fd, struct seen *seen)
{
	struct archive_sink sink = { on_member, on_bytes, seen };
	struct input *input = NULL;
	struct culprit_error *err = input_open_fd(fd, "it", &input);
	struct span head;

	if (!err)
		err = input_read(input, &head);
	if (!err) {
		archive_sniff(head);
		err = archive_read(input, head, "it", &sink);
	}
	if (err)
		REQUIRE(culprit_error_message(err)[0] && buf_add_str(&seen->message, culprit_error_message(err)));
	if (seen->stop_after && seen->n_bytes >= seen->stop_after)
		REQUIRE(strstr(seen->message.data, STOP));
	culprit_error_destroy(err);
	input_close(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(seen_deinit) struct seen file = { 0 };
	_cleanup_(seen_deinit) struct seen piped = { 0 };
	_cleanup_(seen_deinit) struct seen stopped = { .stop_after = 1 + size / 3 };
	int fd = memfd_create("log", MFD_CLOEXEC), again, ends[2];

	REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size && !lseek(fd, 0, SEEK_SET));
	again = dup(fd);
	read_fd(fd, &file);
	REQUIRE(again >= 0 && !lseek(again, 0, SEEK_SET));
	read_fd(again, &stopped);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 17);
	/* what does not fit at once is no input of this target */
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	if (size && write(ends[1], data, size) != (ssize_t)size) {
		close(ends[0]);
		close(ends[1]);
		return 0;
	}
	close(ends[1]);
	read_fd(ends[0], &piped);
	/* one that is stopped for its length may be stopped elsewhere */
	if (file.text.len > MAX_BYTES)
		return 0;
	REQUIRE(span_equal(buf_span(&file.text), buf_span(&piped.text)));
	REQUIRE(span_equal(buf_span(&file.message), buf_span(&piped.message)));
	return 0;
}
