/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an index in the cache, with checksums that are right: whatever
 * it says, look-ups end, and stay within it.  Seeds: indexes that culprit wrote,
 * without the checksums (tests/fuzz/run.sh makes some).
 */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

/* The format and its checksums; the functions that others call are those of the library. */
#define dbg_index_functions unused_functions
#define dbg_index_load unused_load
#define dbg_index_save unused_save
#define dbg_index_unmap unused_unmap
#include "symbol/debuginfo_index.c"
#undef dbg_index_functions
#undef dbg_index_load
#undef dbg_index_save
#undef dbg_index_unmap

#define ID "0102030405060708090a0b0c0d0e0f1011121314"

/* An ELF file of nothing but a build ID. */
static size_t make_elf(uint8_t *ret)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	static const uint8_t note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0,
					1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

	memset(ret, 0, 256);
	memcpy(ret, ident, sizeof(ident));
	ret[16] = 2;		/* ET_EXEC */
	ret[18] = 62;		/* x86-64 */
	ret[20] = 1;
	ret[32] = 64;		/* e_phoff */
	ret[52] = 64;		/* e_ehsize */
	ret[54] = 56;		/* e_phentsize */
	ret[56] = 1;		/* e_phnum */
	ret[58] = 64;		/* e_shentsize */
	ret[64] = 4;		/* PT_NOTE */
	ret[72] = 120;		/* p_offset */
	ret[96] = ret[104] = sizeof(note);
	ret[112] = 4;
	memcpy(ret + 120, note, sizeof(note));
	return 256;
}

/* The input as an index file that passes for one of that ELF file. */
static size_t make_index(const uint8_t *data, size_t size, uint8_t **ret)
{
	size_t body_bytes = size > sizeof(struct header) ? size - sizeof(struct header) : 0;
	size_t blocks = (body_bytes + DBG_BLOCK_BYTES - 1) / DBG_BLOCK_BYTES;
	size_t body = align(sizeof(struct header) + blocks * sizeof(uint64_t), DBG_BLOCK_BYTES);
	uint8_t *file = calloc(1, body + blocks * DBG_BLOCK_BYTES);
	struct header *header = (void *)file;

	REQUIRE(file);
	memcpy(file, data, size < sizeof(*header) ? size : sizeof(*header));
	if (body_bytes)
		memcpy(file + body, data + sizeof(*header), body_bytes);
	header->magic = MAGIC;
	header->version = VERSION;
	header->n_blocks = (uint32_t)blocks;
	header->body = body;
	header->file_bytes = 256;
	memset(header->build_id, 0, sizeof(header->build_id));
	memcpy(header->build_id, ID, strlen(ID));
	for (size_t i = 0; i < blocks; i++)
		((uint64_t *)(header + 1))[i] = dbg_checksum(file + body + i * DBG_BLOCK_BYTES, DBG_BLOCK_BYTES);
	header->sum = header_sum(header);
	*ret = file;
	return body + blocks * DBG_BLOCK_BYTES;
}

static void ask(struct debuginfo *info, const uint8_t *data, size_t size)
{
	static const char *const names[] = { "main", "outer", "twin", "init_module" };
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
	struct debuginfo_symbol symbols[8], symbol;
	bool found, fits;
	size_t n;

	for (size_t i = 0; i < countof(names); i++) {
		n = 0;
		culprit_error_destroy(debuginfo_find_symbols(info, span_of(names[i]), countof(symbols), symbols, &n));
		for (size_t k = 0; k < n && k < countof(symbols); k++)
			culprit_error_destroy(debuginfo_size_fits(info, &symbols[k], 16, &fits));
	}
	for (size_t i = 0; i < 64 && i * 8 + 8 <= size; i++) {
		uint64_t addr;

		memcpy(&addr, data + size - (i + 1) * 8, sizeof(addr));
		culprit_error_destroy(debuginfo_symbol_at(info, addr, &symbol, &found));
		for (uint64_t k = 0; k < 4; k++) {
			n = 0;
			culprit_error_destroy(debuginfo_lookup(info, k % 2 ? addr + k : i * 16 + k, frames, &n));
			REQUIRE(n <= DEBUGINFO_MAX_FRAMES);
			for (size_t f = 0; f < n; f++)
				REQUIRE((!frames[f].function || strlen(frames[f].function) < 1u << 30) &&
					(!frames[f].file || strlen(frames[f].file) < 1u << 30));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[] = "/dev/shm/culprit-fuzz-XXXXXX", elf[64], name[128];
	struct debuginfo_options options = { .cache_dir = dir };
	struct debuginfo *info = NULL;
	struct culprit_error *err;
	uint8_t bytes[256], *file;
	size_t len = make_elf(bytes);
	int fd;

	if (!*elf) {
		REQUIRE(mkdtemp(dir));
		snprintf(elf, sizeof(elf), "%s/elf", dir);
		snprintf(name, sizeof(name), "%s/" ID ".idx", dir);
		fd = open(elf, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		REQUIRE(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && !close(fd));
	}
	len = make_index(data, size, &file);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0 && write(fd, file, len) == (ssize_t)len && !close(fd));
	free(file);
	err = debuginfo_open(elf, &options, &info);
	if (!err)
		ask(info, data, size);
	culprit_error_destroy(err);
	debuginfo_close(info);
	return 0;
}
