/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a file that is read (compressed, UTF-16, several of them one
 * behind the other): as a file and as a pipe the same comes out of it, and the
 * same error at its end.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#include "input/input.h"

#define MAX_BYTES (4u << 20)

static void read_fd(int fd, struct buf *ret, struct buf *message)
{
	struct input *input = NULL;
	struct culprit_error *err = input_open_fd(fd, "it", &input);
	struct span bytes;

	while (!err && ret->len < MAX_BYTES) {
		err = input_read(input, &bytes);
		REQUIRE(!err || !bytes.len);
		if (err || !bytes.len)
			break;
		REQUIRE(buf_add(ret, bytes.ptr, bytes.len));
	}
	if (err)
		REQUIRE(culprit_error_message(err)[0] && buf_add_str(message, culprit_error_message(err)));
	culprit_error_destroy(err);
	input_close(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buf_deinit) struct buf file = { 0 }, pipe_bytes = { 0 }, file_error = { 0 }, pipe_error = { 0 };
	int fd = memfd_create("log", MFD_CLOEXEC), ends[2];

	REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size && !lseek(fd, 0, SEEK_SET));
	read_fd(fd, &file, &file_error);
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
	read_fd(ends[0], &pipe_bytes, &pipe_error);
	REQUIRE(span_equal(buf_span(&file), buf_span(&pipe_bytes)));
	REQUIRE(span_equal(buf_span(&file_error), buf_span(&pipe_error)));
	return 0;
}
