/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Four stream decoders behind one step function.
 *
 *	1f 8b 08                    gzip (RFC 1952), deflate
 *	fd 37 7a 58 5a 00           xz
 *	28 b5 2f fd                 zstd frame (RFC 8878); 5? 2a 4d 18: skippable frame
 *	"BZh" 1-9 31 41 59 26 53 59  bzip2 (17 72 45 38 50 90: empty)
 *
 * Checksums are verified by the libraries.  NUL bytes between and behind
 * members (padding of tapes and blocks) are left out without a word, as gzip(1)
 * does.  Anything else behind a member that is no further one is the caller's.
 *
 * To add a format: a line in compression_sniff, and its four functions in a
 * struct codec.
 */
#include "input/decompress.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/dynlib.h"

#define MAX_MEMORY_BYTES (128u << 20)

#define ZLIB_FUNCTIONS(X) X(inflateInit2_) X(inflate) X(inflateReset) X(inflateEnd)
#define LZMA_FUNCTIONS(X) X(lzma_stream_decoder) X(lzma_code) X(lzma_end)
#define BZ2_FUNCTIONS(X) X(BZ2_bzDecompressInit) X(BZ2_bzDecompress) X(BZ2_bzDecompressEnd)
#define ZSTD_FUNCTIONS(X) \
	X(ZSTD_createDStream) X(ZSTD_freeDStream) X(ZSTD_decompressStream) X(ZSTD_isError) X(ZSTD_getErrorName) \
	X(ZSTD_getErrorCode)

DYNLIB_TABLE(zlib, ZLIB_FUNCTIONS, "libz.so.1", "zlib1g");
DYNLIB_TABLE(liblzma, LZMA_FUNCTIONS, "liblzma.so.5", "liblzma5");
DYNLIB_TABLE(bz2, BZ2_FUNCTIONS, "libbz2.so.1.0", "libbz2-1.0");
DYNLIB_TABLE(zstd, ZSTD_FUNCTIONS, "libzstd.so.1", "libzstd1");
DYNLIB_NOTE(zlib, "libz.so.1", "recommended", "logs compressed by gzip");
DYNLIB_NOTE(liblzma, "liblzma.so.5", "recommended", "logs and modules compressed by xz");
DYNLIB_NOTE(bz2, "libbz2.so.1.0", "recommended", "logs compressed by bzip2");
DYNLIB_NOTE(zstd, "libzstd.so.1", "recommended", "logs and modules compressed by zstd");

struct decompressor {
	const struct codec *codec;
	bool between;		/* a member is complete: what follows may be another */
	bool started;		/* the library's state exists */
	struct culprit_error *failed;	/* to be told once the output before it was taken */
	union {
		z_stream z;
		lzma_stream lzma;
		bz_stream bz;
		ZSTD_DStream *zstd;
	};
};

struct codec {
	const char *name;
	struct dynlib *lib;
	struct culprit_error *(*start)(struct decompressor *d);
	/* One call of the library; *ret_member: the member is complete now. */
	struct culprit_error *(*run)(struct decompressor *d, struct span *in, bool last, char *out, size_t room,
				     size_t *ret_n, bool *ret_member);
	struct culprit_error *(*restart)(struct decompressor *d);	/* NULL: the library goes on by itself */
	void (*stop)(struct decompressor *d);
};

static struct culprit_error *broken(const struct decompressor *d, const char *why)
{
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "broken %s data: %s", d->codec->name, why);
}

/* How much a file asks for is in its header, and so a stranger's choice; few are worth as much. */
static struct culprit_error *takes_too_much(const struct decompressor *d, const char *tool)
{
	return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s data that takes more than %u MiB to decompress; give what "
				    "'%s' makes of it", d->codec->name, MAX_MEMORY_BYTES >> 20, tool);
}

/* ------------------------------------------------------------------ gzip */

static struct culprit_error *gzip_start(struct decompressor *d)
{
	/* 16: a gzip header, not zlib's; 15: the largest window */
	return zlib.inflateInit2_(&d->z, 16 + 15, ZLIB_VERSION, sizeof(d->z)) == Z_OK ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *gzip_run(struct decompressor *d, struct span *in, bool last, char *out, size_t room,
				      size_t *ret_n, bool *ret_member)
{
	int result;

	(void)last;
	d->z.next_in = (Bytef *)(uintptr_t)in->ptr;
	d->z.avail_in = (uInt)in->len;
	d->z.next_out = (Bytef *)out;
	d->z.avail_out = (uInt)room;
	result = zlib.inflate(&d->z, Z_NO_FLUSH);
	*in = span_skip(*in, in->len - d->z.avail_in);
	*ret_n = room - d->z.avail_out;
	*ret_member = result == Z_STREAM_END;
	if (result == Z_MEM_ERROR)
		return &culprit_error_no_memory;
	if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
		return NULL;
	return broken(d, result == Z_NEED_DICT ? "a preset dictionary" : d->z.msg ? d->z.msg : "unknown error");
}

static struct culprit_error *gzip_restart(struct decompressor *d)
{
	zlib.inflateReset(&d->z);
	return NULL;
}

static void gzip_stop(struct decompressor *d)
{
	zlib.inflateEnd(&d->z);
}

/* -------------------------------------------------------------------- xz */

static struct culprit_error *xz_start(struct decompressor *d)
{
	d->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return liblzma.lzma_stream_decoder(&d->lzma, MAX_MEMORY_BYTES, 0) == LZMA_OK ?
		NULL : &culprit_error_no_memory;
}

static struct culprit_error *xz_run(struct decompressor *d, struct span *in, bool last, char *out, size_t room,
				    size_t *ret_n, bool *ret_member)
{
	lzma_ret result;

	d->lzma.next_in = (const uint8_t *)in->ptr;
	d->lzma.avail_in = in->len;
	d->lzma.next_out = (uint8_t *)out;
	d->lzma.avail_out = room;
	result = liblzma.lzma_code(&d->lzma, last ? LZMA_FINISH : LZMA_RUN);
	*in = span_skip(*in, in->len - d->lzma.avail_in);
	*ret_n = room - d->lzma.avail_out;
	*ret_member = result == LZMA_STREAM_END;
	switch (result) {
	case LZMA_OK: case LZMA_STREAM_END: case LZMA_BUF_ERROR:
		return NULL;
	case LZMA_MEM_ERROR:
		return &culprit_error_no_memory;
	case LZMA_MEMLIMIT_ERROR:
		return takes_too_much(d, "xz -dc");
	case LZMA_FORMAT_ERROR:
		return broken(d, "not a stream header");
	case LZMA_OPTIONS_ERROR:
		return broken(d, "unknown filter or option");
	default:
		return broken(d, "invalid data or checksum");
	}
}

static void xz_stop(struct decompressor *d)
{
	liblzma.lzma_end(&d->lzma);
}

static struct culprit_error *xz_restart(struct decompressor *d)
{
	struct culprit_error *err;

	xz_stop(d);
	err = xz_start(d);
	d->started = !err;
	return err;
}

/* ----------------------------------------------------------------- bzip2 */

static struct culprit_error *bzip2_start(struct decompressor *d)
{
	memset(&d->bz, 0, sizeof(d->bz));
	return bz2.BZ2_bzDecompressInit(&d->bz, 0, 0) == BZ_OK ? NULL : &culprit_error_no_memory;
}

static void bzip2_stop(struct decompressor *d)
{
	bz2.BZ2_bzDecompressEnd(&d->bz);
}

static struct culprit_error *bzip2_run(struct decompressor *d, struct span *in, bool last, char *out, size_t room,
				       size_t *ret_n, bool *ret_member)
{
	int result;

	(void)last;
	d->bz.next_in = (char *)(uintptr_t)in->ptr;
	d->bz.avail_in = (unsigned int)in->len;
	d->bz.next_out = out;
	d->bz.avail_out = (unsigned int)room;
	result = bz2.BZ2_bzDecompress(&d->bz);
	*in = span_skip(*in, in->len - d->bz.avail_in);
	*ret_n = room - d->bz.avail_out;
	*ret_member = result == BZ_STREAM_END;
	switch (result) {
	case BZ_OK: case BZ_STREAM_END:
		return NULL;
	case BZ_MEM_ERROR:
		return &culprit_error_no_memory;
	case BZ_DATA_ERROR_MAGIC:
		return broken(d, "not a stream header");
	default:
		return broken(d, "invalid data or checksum");
	}
}

static struct culprit_error *bzip2_restart(struct decompressor *d)
{
	struct culprit_error *err;

	bzip2_stop(d);
	err = bzip2_start(d);
	d->started = !err;
	return err;
}

/* ------------------------------------------------------------------ zstd */

static struct culprit_error *zstd_start(struct decompressor *d)
{
	/* windows of more than 128 MiB are refused by default */
	d->zstd = zstd.ZSTD_createDStream();
	return d->zstd ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *zstd_run(struct decompressor *d, struct span *in, bool last, char *out, size_t room,
				      size_t *ret_n, bool *ret_member)
{
	ZSTD_inBuffer src = { in->ptr, in->len, 0 };
	ZSTD_outBuffer dst = { out, room, 0 };
	size_t result = zstd.ZSTD_decompressStream(d->zstd, &dst, &src);

	(void)last;
	*ret_n = dst.pos;
	*ret_member = result == 0;
	*in = span_skip(*in, src.pos);
	if (!zstd.ZSTD_isError(result))
		return NULL;
	switch (zstd.ZSTD_getErrorCode(result)) {
	case ZSTD_error_memory_allocation:
		return &culprit_error_no_memory;
	case ZSTD_error_frameParameter_windowTooLarge:
		return takes_too_much(d, "zstd -dc --long=31");
	default:
		return broken(d, zstd.ZSTD_getErrorName(result));
	}
}

static void zstd_stop(struct decompressor *d)
{
	zstd.ZSTD_freeDStream(d->zstd);
}

/* ---------------------------------------------------------------- common */

static const struct codec codecs[] = {
	[COMPRESSION_GZIP] = { "gzip", &zlib_lib, gzip_start, gzip_run, gzip_restart, gzip_stop },
	[COMPRESSION_XZ] = { "xz", &liblzma_lib, xz_start, xz_run, xz_restart, xz_stop },
	[COMPRESSION_ZSTD] = { "zstd", &zstd_lib, zstd_start, zstd_run, NULL, zstd_stop },
	[COMPRESSION_BZIP2] = { "bzip2", &bz2_lib, bzip2_start, bzip2_run, bzip2_restart, bzip2_stop },
};

/* Is head, as far as it goes, the beginning of magic? *ret_short: but it is shorter. */
static bool is_magic(struct span head, struct span magic, bool *ret_short)
{
	if (memcmp(head.ptr, magic.ptr, head.len < magic.len ? head.len : magic.len) != 0)
		return false;
	*ret_short |= head.len < magic.len;
	return head.len >= magic.len;
}

static bool is_bzip2(struct span head, bool *ret_short)
{
	if (head.len < 4) {
		is_magic(head, SPAN("BZh1"), ret_short);
		return false;
	}
	if (memcmp(head.ptr, "BZh", 3) != 0 || head.ptr[3] < '1' || head.ptr[3] > '9')
		return false;
	head = span_skip(head, 4);
	return is_magic(head, SPAN("\x31\x41\x59\x26\x53\x59"), ret_short) ||
	       is_magic(head, SPAN("\x17\x72\x45\x38\x50\x90"), ret_short);
}

enum compression compression_sniff(struct span head, bool *ret_short)
{
	*ret_short = head.len == 0;
	if (head.len == 0)
		return COMPRESSION_NONE;
	if (is_magic(head, SPAN("\x1f\x8b\x08"), ret_short))
		return COMPRESSION_GZIP;
	if (is_magic(head, SPAN("\xfd" "7zXZ\0"), ret_short))
		return COMPRESSION_XZ;
	if (is_magic(head, SPAN("\x28\xb5\x2f\xfd"), ret_short))
		return COMPRESSION_ZSTD;
	if ((head.ptr[0] & 0xf0) == 0x50 && is_magic(span_skip(head, 1), SPAN("\x2a\x4d\x18"), ret_short))
		return COMPRESSION_ZSTD;
	return is_bzip2(head, ret_short) ? COMPRESSION_BZIP2 : COMPRESSION_NONE;
}

struct culprit_error *decompressor_create(enum compression kind, struct decompressor **ret)
{
	struct culprit_error *err = dynlib_load(codecs[kind].lib);
	struct decompressor *d;

	if (err)
		return culprit_error_context(err, "cannot decompress %s data", codecs[kind].name);
	d = calloc(1, sizeof(*d));
	if (!d)
		return &culprit_error_no_memory;
	d->codec = &codecs[kind];
	err = d->codec->start(d);
	d->started = !err;
	if (err) {
		decompressor_destroy(d);
		return err;
	}
	*ret = d;
	return NULL;
}

void decompressor_destroy(struct decompressor *d)
{
	if (!d)
		return;
	if (d->started)
		d->codec->stop(d);
	culprit_error_destroy(d->failed);
	free(d);
}

const char *decompressor_name(const struct decompressor *d)
{
	return d->codec->name;
}

/* Between members: is there another?  *ret_end: no.  Neither: more input is needed to tell. */
static struct culprit_error *next_member(struct decompressor *d, struct span *in, bool last, bool *ret_end)
{
	enum compression kind;
	bool shorter;

	while (in->len && !*in->ptr)
		*in = span_skip(*in, 1);
	if (!in->len) {
		*ret_end = last;
		return NULL;
	}
	kind = compression_sniff(*in, &shorter);
	if (kind == COMPRESSION_NONE && shorter && !last)
		return NULL;
	if (kind == COMPRESSION_NONE || d->codec != &codecs[kind]) {
		*ret_end = true;
		return NULL;
	}
	d->between = false;
	return d->codec->restart ? d->codec->restart(d) : NULL;
}

struct culprit_error *decompressor_step(struct decompressor *d, struct span *in, bool last,
					char *out, size_t room, size_t *ret_n, bool *ret_end)
{
	struct culprit_error *err;
	bool member = false;

	*ret_n = 0;
	*ret_end = false;
	if (d->failed)
		return no_free_ptr(d->failed);
	for (;;) {
		size_t before = in->len;

		if (d->between) {
			err = next_member(d, in, last, ret_end);
			if (err || d->between)
				return err;
		}
		err = d->codec->run(d, in, last, out, room, ret_n, &member);
		d->between = member;
		if (err && *ret_n) {
			d->failed = err;
			return NULL;
		}
		if (err || *ret_n)
			return err;
		if (!member && in->len == before) {
			if (!last)
				return NULL;
			return broken(d, "it ends too early");
		}
	}
}
