/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an ELF file: an error or answers within bounds, and asked again
 * the same answers.  Seeds: small programs and relocatable objects with DWARF
 * 4 and 5, also compressed.
 */
#include "symbol/debuginfo.h"

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_ADDRESSES 64

static void look_up(struct debuginfo *info, uint64_t addr)
{
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES], again[DEBUGINFO_MAX_FRAMES];
	struct culprit_error *err;
	size_t n = 0, n_again = 0;

	err = debuginfo_lookup(info, addr, frames, &n);
	if (err) {
		culprit_error_destroy(err);
		return;
	}
	REQUIRE(n <= DEBUGINFO_MAX_FRAMES);
	err = debuginfo_lookup(info, addr, again, &n_again);
	REQUIRE(!err && n == n_again);
	for (size_t i = 0; i < n; i++) {
		REQUIRE(frames[i].function == again[i].function && frames[i].line == again[i].line);
		REQUIRE(!frames[i].file || strlen(frames[i].file) == strlen(again[i].file));
	}
}

static void ask(struct debuginfo *info, const uint8_t *data, size_t size)
{
	static const char *const names[] = { "main", "outer", "twin", "init_module" };
	struct debuginfo_symbol symbols[8], symbol;
	const char *root;
	bool found, fits;
	size_t n;

	culprit_error_destroy(debuginfo_source_root(info, &root));
	for (size_t i = 0; i < countof(names); i++) {
		n = 0;
		culprit_error_destroy(debuginfo_find_symbols(info, span_of(names[i]), countof(symbols), symbols, &n));
		for (size_t k = 0; k < n && k < countof(symbols); k++) {
			REQUIRE(!strcmp(symbols[k].name, names[i]));
			culprit_error_destroy(debuginfo_size_fits(info, &symbols[k], symbols[k].size + k, &fits));
			for (uint64_t off = 0; off < 64; off++)
				look_up(info, symbols[k].addr + off);
		}
	}
	/* addresses taken from the file hit what is in it more often than any others */
	for (size_t i = 0; i < MAX_ADDRESSES && i * 8 + 8 <= size; i++) {
		uint64_t addr;

		memcpy(&addr, data + size - (i + 1) * 8, sizeof(addr));
		found = false;
		culprit_error_destroy(debuginfo_symbol_at(info, addr, &symbol, &found));
		if (found)
			REQUIRE(addr - symbol.addr < symbol.reach);
		look_up(info, addr);
		look_up(info, i * 16);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct debuginfo *info = NULL;
	struct culprit_error *err;
	char path[64];
	int fd = memfd_create("elf", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = debuginfo_open(path, NULL, &info);
	if (!err)
		ask(info, data, size);
	culprit_error_destroy(err);
	debuginfo_close(info);
	close(fd);
	return 0;
}
