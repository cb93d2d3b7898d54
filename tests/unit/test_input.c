/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input/input.h"
#include "input/no_log.h"
#include "input/utf16.h"
#include "suite.h"

/* "[    0.000001] line one\n[    0.000002] line two\n", as the tools of the formats write it */
static const char text[] = "[    0.000001] line one\n[    0.000002] line two\n";

static const unsigned char gzip_data[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x8b, 0x56, 0x00, 0x02,
	0x03, 0x3d, 0x03, 0x10, 0x30, 0x8c, 0x55, 0xc8, 0xc9, 0xcc, 0x4b, 0x55, 0xc8, 0xcf,
	0x4b, 0xe5, 0x8a, 0x46, 0x12, 0x37, 0x82, 0x8a, 0x97, 0x94, 0xe7, 0x73, 0x01, 0x00,
	0x69, 0x54, 0x44, 0xc3, 0x30, 0x00, 0x00, 0x00,
};
static const unsigned char xz_data[] = {
	0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00,
	0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x00, 0x2f, 0x00,
	0x20, 0x5d, 0x00, 0x2d, 0x88, 0x30, 0x46, 0x02, 0xe1, 0xa0, 0x6b, 0x31, 0x8d, 0xb8,
	0xa2, 0xfb, 0xbb, 0x36, 0x58, 0xb1, 0x87, 0xaa, 0x39, 0xbc, 0x09, 0xb8, 0xc4, 0x7f,
	0xc5, 0xbf, 0xb3, 0x13, 0x47, 0x15, 0x80, 0x00, 0x4b, 0xa7, 0x55, 0x50, 0x28, 0x1f,
	0x47, 0x68, 0x00, 0x01, 0x3c, 0x30, 0x78, 0xfc, 0xac, 0x75, 0x1f, 0xb6, 0xf3, 0x7d,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
};
static const unsigned char zstd_data[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x1d, 0x01, 0x00, 0xc8, 0x5b, 0x20, 0x20, 0x20,
	0x20, 0x30, 0x2e, 0x30, 0x31, 0x5d, 0x20, 0x6c, 0x69, 0x6e, 0x65, 0x20, 0x6f, 0x6e,
	0x65, 0x0a, 0x32, 0x74, 0x77, 0x6f, 0x0a, 0x03, 0x00, 0x20, 0x13, 0x3b, 0x39, 0x59,
	0x80, 0x0b, 0x89, 0x99, 0x99, 0x44,
};
static const unsigned char bzip2_data[] = {
	0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x2d, 0x19, 0x97, 0xe8,
	0x00, 0x00, 0x10, 0x5b, 0x80, 0x60, 0x10, 0x40, 0x01, 0x70, 0x00, 0x00, 0x0a, 0x02,
	0x25, 0x84, 0x80, 0x20, 0x00, 0x31, 0x43, 0x4d, 0x30, 0x00, 0x15, 0x52, 0x3d, 0x4d,
	0x0c, 0xd4, 0x7a, 0x9a, 0x42, 0xea, 0x98, 0x5b, 0x29, 0x42, 0xe7, 0x2d, 0x8c, 0x3b,
	0x61, 0x99, 0xab, 0x53, 0xc7, 0xb4, 0xd4, 0x35, 0xf8, 0xbb, 0x92, 0x29, 0xc2, 0x84,
	0x81, 0x68, 0xcc, 0xbf, 0x40,
};

static const struct packed {
	const char *name;
	const unsigned char *data;
	size_t len;
} packed[] = {
	{ "gzip", gzip_data, sizeof(gzip_data) },
	{ "xz", xz_data, sizeof(xz_data) },
	{ "zstd", zstd_data, sizeof(zstd_data) },
	{ "bzip2", bzip2_data, sizeof(bzip2_data) },
};

static char dir[] = "/tmp/culprit-test-input-XXXXXX";
static char path[64];

static void setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static void write_file(const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static struct input *open_path(void)
{
	struct input *input;

	ck_assert_ptr_null(input_open(path, &input));
	return input;
}

/* Everything up to the end or an error, which is given back. */
static struct culprit_error *read_all(struct input *input, struct buf *ret)
{
	struct culprit_error *err;
	struct span s;

	while (!(err = input_read(input, &s)) && s.len) {
		ck_assert_uint_le(s.len, INPUT_CHUNK_BYTES);
		ck_assert(buf_add(ret, s.ptr, s.len));
	}
	return err;
}

static void check_file(const void *data, size_t len, const char *want, size_t want_len)
{
	_cleanup_(buf_deinit) struct buf got = { 0 };
	struct input *input;
	struct span s;

	write_file(data, len);
	input = open_path();
	ck_assert_ptr_null(read_all(input, &got));
	ck_assert_uint_eq(got.len, want_len);
	ck_assert(!want_len || !memcmp(got.data, want, want_len));
	ck_assert_ptr_null(input_read(input, &s));	/* the end stays the end */
	ck_assert_uint_eq(s.len, 0);
	input_close(input);
}

/* The file must give want, then an error with that text. */
static void check_refused(const void *data, size_t len, const char *want, const char *message,
			  enum culprit_error_code code)
{
	_cleanup_(buf_deinit) struct buf got = { 0 };
	char full[256];
	struct culprit_error *err;
	struct input *input;
	struct span s;

	write_file(data, len);
	input = open_path();
	err = read_all(input, &got);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), code);
	snprintf(full, sizeof(full), "%s: after %zu bytes: %s", path, strlen(want), message);
	ck_assert_str_eq(culprit_error_message(err), full);
	ck_assert(span_equal(buf_span(&got), span_of(want)));
	culprit_error_destroy(err);
	ck_assert_ptr_null(input_read(input, &s));
	ck_assert_uint_eq(s.len, 0);
	input_close(input);
}

static void check_broken(const void *data, size_t len, const char *want, const char *message)
{
	check_refused(data, len, want, message, CULPRIT_ERROR_FORMAT);
}

START_TEST(plain_files)
{
	static char big[3 * INPUT_CHUNK_BYTES + 17];
	struct input *input;
	uint64_t size = 0;

	check_file(text, strlen(text), text, strlen(text));
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 >> 3);
	check_file(big, sizeof(big), big, sizeof(big));
	input = open_path();
	ck_assert(input_plain_size(input, &size));
	ck_assert_uint_eq(size, sizeof(big));
	input_close(input);

	check_file("", 0, "", 0);
	/* beginnings of magic numbers that nothing follows */
	check_file("B", 1, "B", 1);
	check_file("BZh9", 4, "BZh9", 4);
	check_file("BZh9 is no archive", 18, "BZh9 is no archive", 18);
	check_file("\x1f", 1, "\x1f", 1);
	check_file("\x1f\x8b\x00", 3, "\x1f\x8b\x00", 3);
	check_file("\xfd" "7zXY\0", 6, "\xfd" "7zXY\0", 6);
	check_file("U", 1, "U", 1);
	check_file("Uxx", 3, "Uxx", 3);
}
END_TEST

START_TEST(compressed_files)
{
	for (size_t i = 0; i < countof(packed); i++) {
		struct input *input;
		uint64_t size;

		check_file(packed[i].data, packed[i].len, text, strlen(text));
		input = open_path();
		ck_assert(!input_plain_size(input, &size));
		input_close(input);
	}
}
END_TEST

START_TEST(concatenated_members)
{
	char twice[2 * sizeof(text)];

	snprintf(twice, sizeof(twice), "%s%s", text, text);
	for (size_t i = 0; i < countof(packed); i++) {
		unsigned char data[400];

		memcpy(data, packed[i].data, packed[i].len);
		memcpy(data + packed[i].len, packed[i].data, packed[i].len);
		check_file(data, 2 * packed[i].len, twice, strlen(twice));
	}
}
END_TEST

START_TEST(padding_behind_archives)
{
	for (size_t i = 0; i < countof(packed); i++) {
		unsigned char data[400] = { 0 };

		memcpy(data, packed[i].data, packed[i].len);
		check_file(data, packed[i].len + 100, text, strlen(text));
	}
}
END_TEST

START_TEST(archives_cut_short)
{
	static const char *const before[] = { text, text, "", text };

	/* The checksum at the end is missing: all of the text can still be had, but for zstd's one block. */
	for (size_t i = 0; i < countof(packed); i++) {
		char message[64];

		snprintf(message, sizeof(message), "broken %s data: it ends too early", packed[i].name);
		if (packed[i].data == zstd_data)
			check_broken(packed[i].data, packed[i].len / 2, before[i], message);
		else
			check_broken(packed[i].data, packed[i].len - 1, before[i], message);
	}
	/* gzip gives every byte that the data holds */
	{
		_cleanup_(buf_deinit) struct buf got = { 0 };
		struct culprit_error *err;
		struct input *input;

		write_file(gzip_data, sizeof(gzip_data) - 12);
		input = open_path();
		err = read_all(input, &got);
		ck_assert_ptr_nonnull(err);
		culprit_error_destroy(err);
		ck_assert_uint_ge(got.len, 24);
		ck_assert(span_starts(span_of(text), buf_span(&got)));
		input_close(input);
	}
}
END_TEST

START_TEST(what_only_looks_compressed)
{
	check_broken("\x1f\x8b\x08 is no gzip", 15, "", "broken gzip data: unknown header flags set");
	check_broken("\xfd" "7zXZ\0 is no xz file", 21, "", "broken xz data: invalid data or checksum");
	check_broken("\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 22, "",
		     "broken zstd data: Unsupported frame parameter");
	check_broken("BZh9\x31\x41\x59\x26\x53\x59\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 26, "",
		     "broken bzip2 data: invalid data or checksum");
}
END_TEST

/* Headers of `zstd --long=31` and `xz --lzma2=dict=192MiB`. */
START_TEST(what_takes_too_much_memory)
{
	static const unsigned char xz_header[] = { 0x02, 0x00, 0x21, 0x01, 0x1f, 0x00, 0x00, 0x00, 0xfe, 0x60, 0xed, 0xde };
	unsigned char data[sizeof(xz_data)];

	memcpy(data, zstd_data, sizeof(zstd_data));
	data[5] = 0xa8;
	check_refused(data, sizeof(zstd_data), "",
		      "zstd data that takes more than 128 MiB to decompress; give what 'zstd -dc --long=31' makes of it",
		      CULPRIT_ERROR_LIMIT);
	memcpy(data, xz_data, sizeof(xz_data));
	memcpy(data + 12, xz_header, sizeof(xz_header));
	check_refused(data, sizeof(xz_data), "",
		      "xz data that takes more than 128 MiB to decompress; give what 'xz -dc' makes of it", CULPRIT_ERROR_LIMIT);
}
END_TEST

/* Members, streams and frames without content, alone and between others. */
START_TEST(empty_archives)
{
	static const unsigned char gzip_empty[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char xz_empty[] = {
		0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x00, 0x00, 0x00, 0x00,
		0x1c, 0xdf, 0x44, 0x21, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
	};
	static const unsigned char zstd_empty[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x00, 0x01, 0x00, 0x00, 0x99, 0xe9, 0xd8, 0x51 };
	static const unsigned char bzip2_empty[] = { 0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0 };
	static const struct packed empty[] = {
		{ "gzip", gzip_empty, sizeof(gzip_empty) }, { "xz", xz_empty, sizeof(xz_empty) },
		{ "zstd", zstd_empty, sizeof(zstd_empty) }, { "bzip2", bzip2_empty, sizeof(bzip2_empty) },
	};

	for (size_t i = 0; i < countof(empty); i++) {
		unsigned char data[400];
		size_t len = 0;

		check_file(empty[i].data, empty[i].len, "", 0);
		memcpy(data, empty[i].data, empty[i].len);
		len += empty[i].len;
		memcpy(data + len, packed[i].data, packed[i].len);
		len += packed[i].len;
		memcpy(data + len, empty[i].data, empty[i].len);
		len += empty[i].len;
		check_file(data, len, text, strlen(text));
	}
}
END_TEST

/* `cat old.log.gz new.log`: text behind is read on, also behind padding; other data is told. */
START_TEST(what_follows_archives)
{
	static const char rubbish[] = "\x01\x02\x80\xff\x7f\x03\x04\x05";
	char both[sizeof(text) + 64], message[128];

	for (size_t i = 0; i < countof(packed); i++) {
		for (size_t padding = 0; padding < 9; padding += 4) {
			unsigned char data[400] = { 0 };
			size_t n = packed[i].len;

			memcpy(data, packed[i].data, n);
			memcpy(data + n + padding, "BZ and more of the log\n", 23);
			snprintf(both, sizeof(both), "%sBZ and more of the log\n", text);
			check_file(data, n + padding + 23, both, strlen(both));
			memcpy(data + n + padding, rubbish, 8);
			snprintf(message, sizeof(message), "behind the end of its %s data is something else, neither text nor "
				 "compressed: left out", packed[i].name);
			check_broken(data, n + padding + 8, text, message);
		}
	}
}
END_TEST

START_TEST(archives_of_several_kinds)
{
	unsigned char data[1600] = { 0 };
	char all[8 * sizeof(text)] = "";
	size_t len = 0;

	for (size_t i = 0; i < countof(packed); i++) {
		memcpy(data + len, packed[i].data, packed[i].len);
		len += packed[i].len;
		strcat(all, text);
	}
	/* the first again, as it ended another */
	memcpy(data + len, packed[0].data, packed[0].len);
	strcat(all, text);
	check_file(data, len + packed[0].len, all, strlen(all));
}
END_TEST

/* "[ é€𝄞]" and a line's end, in both orders, with and without the mark; a log saved by a terminal of Windows */
START_TEST(utf16_becomes_utf8)
{
	static const char want[] = "[ 1.5] abcdefgh \xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e]\n";
	static const uint16_t units[] = {
		'[', ' ', '1', '.', '5', ']', ' ', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', ' ', 0xe9, 0x20ac, 0xd834, 0xdd1e,
		']', '\n',
	};

	for (int big = 0; big < 2; big++) {
		unsigned char data[2 * countof(units) + 2];

		memcpy(data, big ? "\xfe\xff" : "\xff\xfe", 2);
		for (size_t i = 0; i < countof(units); i++) {
			data[2 + 2 * i + !big] = (unsigned char)(units[i] >> 8);
			data[2 + 2 * i + big] = (unsigned char)units[i];
		}
		check_file(data, sizeof(data), want, strlen(want));
		ck_assert_int_eq(utf16_sniff((struct span){ (char *)data + 2, 32 }), big ? UTF16_BIG : UTF16_LITTLE);
	}
	/* half a pair at the end of another character, and what is no UTF-16 */
	{
		struct utf16 state = { .order = UTF16_LITTLE };
		char dst[UTF16_ROOM(6)];

		ck_assert_uint_eq(utf16_convert(&state, (struct span){ "\x34\xd8\x41\0\0\xdc", 6 }, dst), 7);
		ck_assert_int_eq(memcmp(dst, "\xef\xbf\xbd" "A\xef\xbf\xbd", 7), 0);
		ck_assert_int_eq(utf16_sniff((struct span){ "a\0b\0c\0d\0e\0f\0g\0\1\0", 16 }), UTF16_NONE);
		ck_assert_int_eq(utf16_sniff((struct span){ "a\0b\0", 4 }), UTF16_NONE);
		ck_assert_int_eq(utf16_sniff(SPAN("[    1.000000] x")), UTF16_NONE);
	}
}
END_TEST

START_TEST(what_is_no_log)
{
	static const struct { struct span head; const char *want; } list[] = {
		{ { "\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\x3e\0", 20 }, "an ELF core" },
		{ { "\x7f" "ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\4\0\x15", 20 }, "an ELF core" },
		{ { "\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0", 20 }, "a program, library or module" },
		{ { "KDUMP   \6\0\0\0", 12 }, "a crash dump" },
		{ { "\xd4\xc3\xb2\xa1\2\0\4\0", 8 }, "captured packets" },
		{ { "\x04\x22\x4d\x18\x64", 5 }, "lz4 data" },
		{ { "PK\3\4\x14\0", 6 }, "a zip archive" },
		{ { "[    1.000000] ustar is a kind of tar", 37 }, NULL },
		{ { "\x7f" "EL", 3 }, NULL },
		{ { "\0\0\xff\xff booting", 12 }, NULL },
		{ { "", 0 }, NULL },
	};
	char tar[512] = "log.txt";

	for (size_t i = 0; i < countof(list); i++) {
		const char *got = no_log_kind(list[i].head);

		if (!list[i].want)
			ck_assert_ptr_null(got);
		else
			ck_assert_msg(got && span_starts(span_of(got), span_of(list[i].want)), "%s", list[i].want);
	}
	memcpy(tar + 257, "ustar", 5);
	ck_assert(span_starts(span_of(no_log_kind((struct span){ tar, sizeof(tar) })), SPAN("a tar archive")));
}
END_TEST

START_TEST(a_broken_checksum)
{
	unsigned char data[sizeof(gzip_data)];

	memcpy(data, gzip_data, sizeof(data));
	data[sizeof(data) - 8] ^= 1;
	check_broken(data, sizeof(data), text, "broken gzip data: incorrect data check");
}
END_TEST

START_TEST(what_cannot_be_opened)
{
	char message[160];
	struct culprit_error *err;
	struct input *input;

	err = input_open(path, &input);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	snprintf(message, sizeof(message), "cannot open %s: No such file or directory", path);
	ck_assert_str_eq(culprit_error_message(err), message);
	culprit_error_destroy(err);

	err = input_open(dir, &input);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	snprintf(message, sizeof(message), "cannot read %s: Is a directory", dir);
	ck_assert_str_eq(culprit_error_message(err), message);
	culprit_error_destroy(err);
}
END_TEST

/* A pipe whose writer end is for the test; non-blocking as ssh and some shells leave it. */
static struct input *open_pipe(int *ret_writer, bool nonblocking)
{
	struct input *input;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	if (nonblocking)
		ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_ptr_null(input_open_fd(fds[0], "pipe", &input));
	*ret_writer = fds[1];
	return input;
}

static void check_read(struct input *input, const char *want, bool want_silent)
{
	struct span s;
	bool silent;

	ck_assert_ptr_null(input_read_timeout(input, 20, &s, &silent));
	ck_assert_int_eq(silent, want_silent);
	ck_assert_msg(span_equal(s, span_of(want)), "'%.*s', not '%s'", (int)s.len, s.ptr, want);
}

START_TEST(pipes_that_fall_silent)
{
	for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
		int writer;
		struct input *input = open_pipe(&writer, nonblocking);
		uint64_t size;

		ck_assert(!input_plain_size(input, &size));
		check_read(input, "", true);
		ck_assert_int_eq(write(writer, "one", 3), 3);
		check_read(input, "one", false);
		check_read(input, "", true);
		ck_assert_int_eq(write(writer, "two", 3), 3);
		check_read(input, "two", false);
		close(writer);
		check_read(input, "", false);
		check_read(input, "", false);
		input_close(input);
	}
}
END_TEST

START_TEST(a_beginning_too_short_to_tell_is_held)
{
	int writer;
	struct input *input = open_pipe(&writer, false);

	ck_assert_int_eq(write(writer, "B", 1), 1);
	check_read(input, "", true);
	ck_assert_int_eq(write(writer, "UG: ", 4), 4);
	check_read(input, "BUG: ", false);
	ck_assert_int_eq(write(writer, "B", 1), 1);
	check_read(input, "B", false);
	close(writer);
	input_close(input);
}
END_TEST

struct feeder {
	int fd;
	const struct packed *packed;
};

static void *feed_bytes(void *arg)
{
	struct feeder *feeder = arg;

	for (size_t i = 0; i < feeder->packed->len; i++)
		if (write(feeder->fd, feeder->packed->data + i, 1) != 1)
			break;
	close(feeder->fd);
	return NULL;
}

START_TEST(byte_by_byte_through_a_pipe)
{
	for (size_t i = 0; i < countof(packed); i++)
		for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
			_cleanup_(buf_deinit) struct buf got = { 0 };
			struct feeder feeder = { .packed = &packed[i] };
			struct input *input = open_pipe(&feeder.fd, nonblocking);
			pthread_t thread;

			ck_assert_int_eq(pthread_create(&thread, NULL, feed_bytes, &feeder), 0);
			ck_assert_ptr_null(read_all(input, &got));
			ck_assert(span_equal(buf_span(&got), span_of(text)));
			pthread_join(thread, NULL);
			input_close(input);
		}
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
}

static void *write_late(void *arg)
{
	usleep(60000);
	if (write(*(int *)arg, "late", 4) != 4)
		return arg;
	return NULL;
}

START_TEST(signals_do_not_end_a_read)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int writer;
	struct input *input = open_pipe(&writer, false);
	pthread_t thread;
	sigset_t set;
	struct span s;

	sigaction(SIGALRM, &action, NULL);
	/* only this thread is to be interrupted */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_late, &writer), 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	ualarm(5000, 5000);
	ck_assert_ptr_null(input_read(input, &s));
	ualarm(0, 0);
	ck_assert(span_equal(s, SPAN("late")));
	pthread_join(thread, NULL);
	ualarm(5000, 5000);
	check_read(input, "", true);
	ualarm(0, 0);
	close(writer);
	input_close(input);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("input");
	TCase *tc = tcase_create("input");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, plain_files);
	tcase_add_test(tc, compressed_files);
	tcase_add_test(tc, concatenated_members);
	tcase_add_test(tc, padding_behind_archives);
	tcase_add_test(tc, archives_cut_short);
	tcase_add_test(tc, what_only_looks_compressed);
	tcase_add_test(tc, what_takes_too_much_memory);
	tcase_add_test(tc, empty_archives);
	tcase_add_test(tc, utf16_becomes_utf8);
	tcase_add_test(tc, what_is_no_log);
	tcase_add_test(tc, what_follows_archives);
	tcase_add_test(tc, archives_of_several_kinds);
	tcase_add_test(tc, a_broken_checksum);
	tcase_add_test(tc, what_cannot_be_opened);
	tcase_add_test(tc, pipes_that_fall_silent);
	tcase_add_test(tc, a_beginning_too_short_to_tell_is_held);
	tcase_add_test(tc, byte_by_byte_through_a_pipe);
	tcase_add_test(tc, signals_do_not_end_a_read);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
