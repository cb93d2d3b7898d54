/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libarchive behind a sink.
 *
 *	"ustar" at 257		tar (pax, GNU)
 *	"PK" 03 04		zip, read as it comes: what only its directory at the end says is not known
 *	"070701", "070702"	cpio, newc
 *	04 22 4d 18		lz4 frame, legacy 02 21 4c 18; of a tar or of one log
 *
 * Only these are switched on: other formats of the library's are larger, older,
 * or run programs.  gzip, xz, zstd and bzip2 are taken off before, by decompress.c,
 * which bounds their memory.
 *
 * The library's functions are declared here (archive.h, archive_entry.h, unchanged
 * since 3.0), so that its headers need not be installed.
 */
#include "input/archive.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/dynlib.h"
#include "input/decompress.h"

#define LA_EOF 1
#define LA_OK 0
#define LA_WARN (-20)

struct archive;
struct archive_entry;

typedef ssize_t la_read(struct archive *a, void *arg, const void **ret);

struct archive *archive_read_new(void);
int archive_read_free(struct archive *a);
int archive_read_support_filter_lz4(struct archive *a);
int archive_read_support_format_tar(struct archive *a);
int archive_read_support_format_zip_streamable(struct archive *a);
int archive_read_support_format_cpio(struct archive *a);
int archive_read_support_format_raw(struct archive *a);
int archive_read_open(struct archive *a, void *arg, void *open, la_read *read, void *close);
int archive_read_next_header(struct archive *a, struct archive_entry **ret);
ssize_t archive_read_data(struct archive *a, void *buf, size_t n);
const char *archive_error_string(struct archive *a);
int archive_format(struct archive *a);
const char *archive_entry_pathname(struct archive_entry *entry);
mode_t archive_entry_filetype(struct archive_entry *entry);

#define ARCHIVE_FUNCTIONS(X) \
	X(archive_read_new) X(archive_read_free) X(archive_read_support_filter_lz4) X(archive_read_support_format_tar) \
	X(archive_read_support_format_zip_streamable) X(archive_read_support_format_cpio) \
	X(archive_read_support_format_raw) X(archive_read_open) X(archive_read_next_header) X(archive_read_data) \
	X(archive_error_string) X(archive_format) X(archive_entry_pathname) X(archive_entry_filetype)

DYNLIB_TABLE(la, ARCHIVE_FUNCTIONS, "libarchive.so.13", "libarchive13");
DYNLIB_NOTE(archive, "libarchive.so.13", "suggested", "logs in archives, and lz4");

#define FORMAT_RAW 0x90000

struct source {
	struct archive *archive;
	struct input *input;
	const char *name;
	struct span head;		/* not given yet */
	struct culprit_error *err;	/* of input */
	char *chunk, *out;		/* INPUT_CHUNK_BYTES each: of a member, and what it decompresses to */
	const struct archive_sink *sink;
};

static bool is_lz4(struct span head)
{
	return span_starts(head, SPAN("\x04\x22\x4d\x18")) || span_starts(head, SPAN("\x02\x21\x4c\x18"));
}

bool archive_sniff(struct span head)
{
	return is_lz4(head) || span_starts(head, SPAN("PK\x03\x04")) || span_starts(head, SPAN("070701")) ||
	       span_starts(head, SPAN("070702")) || (head.len >= 262 && !memcmp(head.ptr + 257, "ustar", 5));
}

static ssize_t give(struct archive *a, void *arg, const void **ret)
{
	struct source *s = arg;
	struct span bytes = s->head;

	(void)a;
	s->head.len = 0;
	if (!bytes.len && !s->err)
		s->err = input_read(s->input, &bytes);
	*ret = bytes.ptr;
	return s->err ? -1 : (ssize_t)bytes.len;
}

static struct culprit_error *broken(struct source *s)
{
	const char *why = la.archive_error_string(s->archive);

	if (s->err)
		return no_free_ptr(s->err);
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "cannot read the archive %s: %s", s->name, why ? why : "it is broken");
}

static struct culprit_error *start(struct source *s)
{
	s->archive = la.archive_read_new();
	s->chunk = malloc(INPUT_CHUNK_BYTES);
	s->out = malloc(INPUT_CHUNK_BYTES);
	if (!s->archive || !s->chunk || !s->out)
		return &culprit_error_no_memory;
	/* WARN: the library would run a program for it */
	if (la.archive_read_support_filter_lz4(s->archive) != LA_OK && is_lz4(s->head))
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s is lz4 data, which this libarchive cannot "
					    "decompress; give what 'lz4 -dc' makes of it", s->name);
	la.archive_read_support_format_tar(s->archive);
	la.archive_read_support_format_zip_streamable(s->archive);
	la.archive_read_support_format_cpio(s->archive);
	if (is_lz4(s->head))
		la.archive_read_support_format_raw(s->archive);
	return la.archive_read_open(s->archive, s, NULL, give, NULL) == LA_OK ? NULL : broken(s);
}

/* The next bytes of the member; none at its end. */
static struct culprit_error *read_data(struct source *s, struct span *ret)
{
	ssize_t n = la.archive_read_data(s->archive, s->chunk, INPUT_CHUNK_BYTES);

	*ret = (struct span){ s->chunk, n > 0 ? (size_t)n : 0 };
	return n < 0 ? broken(s) : NULL;
}

static struct culprit_error *pass_on(struct source *s, struct span bytes)
{
	struct culprit_error *err = NULL;

	while (bytes.len && !err) {
		err = s->sink->bytes(s->sink->arg, bytes);
		if (!err)
			err = read_data(s, &bytes);
	}
	return err;
}

/*
 * More of the member behind what the decoder left of the bytes, which goes to the front: so little that there is room
 * (a header, cut).  *last: there is no more.
 */
static struct culprit_error *more_to_decode(struct source *s, struct span *bytes, bool *last)
{
	ssize_t got;

	if (bytes->len > INPUT_CHUNK_BYTES / 2 || *last)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "cannot decompress a file of %s", s->name);
	memmove(s->chunk, bytes->ptr, bytes->len);
	got = la.archive_read_data(s->archive, s->chunk + bytes->len, INPUT_CHUNK_BYTES - bytes->len);
	if (got < 0)
		return broken(s);
	*last = got == 0;
	*bytes = (struct span){ s->chunk, bytes->len + (size_t)got };
	return NULL;
}

static struct culprit_error *run_decoder(struct source *s, struct decompressor *d, struct span bytes)
{
	struct culprit_error *err = NULL;
	bool end = false, last = false;

	while (!err && !end) {
		size_t n = 0;

		err = decompressor_step(d, &bytes, last, s->out, INPUT_CHUNK_BYTES, &n, &end);
		if (!err && n)
			err = s->sink->bytes(s->sink->arg, (struct span){ s->out, n });
		if (!err && !n && !end)
			err = more_to_decode(s, &bytes, &last);
	}
	return err;
}

static struct culprit_error *read_member(struct source *s, struct archive_entry *entry)
{
	const char *path = la.archive_format(s->archive) == FORMAT_RAW ? NULL : la.archive_entry_pathname(entry);
	char name[ARCHIVE_MAX_NAME + 1] = "";
	enum compression kind;
	struct culprit_error *err;
	struct decompressor *d;
	struct span bytes;
	bool shorter;

	if (path)
		snprintf(name, sizeof(name), "%s", path);
	err = read_data(s, &bytes);
	if (err || !bytes.len)
		return err;
	err = s->sink->member(s->sink->arg, path ? name : NULL);
	if (err)
		return err;
	kind = compression_sniff(bytes, &shorter);
	if (kind == COMPRESSION_NONE)
		return pass_on(s, bytes);
	err = decompressor_create(kind, &d);
	if (err)
		return err;
	err = run_decoder(s, d, bytes);
	decompressor_destroy(d);
	return culprit_error_context(err, "%s", path ? name : s->name);
}

static struct culprit_error *read_members(struct source *s)
{
	struct culprit_error *err = NULL;
	size_t n = 0;

	while (!err) {
		struct archive_entry *entry;
		int result = la.archive_read_next_header(s->archive, &entry);

		if (result == LA_EOF)
			break;
		if (result != LA_OK && result != LA_WARN)
			return broken(s);
		if (++n > ARCHIVE_MAX_MEMBERS)
			return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s holds more than %u files: the rest is left "
						    "out", s->name, ARCHIVE_MAX_MEMBERS);
		if (la.archive_format(s->archive) == FORMAT_RAW || S_ISREG(la.archive_entry_filetype(entry)))
			err = read_member(s, entry);
	}
	return err;
}

struct culprit_error *archive_read(struct input *input, struct span head, const char *name,
				   const struct archive_sink *sink)
{
	struct source s = { .input = input, .name = name, .head = head, .sink = sink };
	struct culprit_error *err = dynlib_load(&la_lib);

	if (err)
		return culprit_error_context(err, "%s is an archive", name);
	err = start(&s);
	if (!err)
		err = read_members(&s);
	if (s.archive)
		la.archive_read_free(s.archive);
	culprit_error_destroy(s.err);
	free(s.chunk);
	free(s.out);
	return err;
}
