/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lookup FILE [CACHE-DIR] < addresses: what debuginfo says of each, in the form
 * of llvm-symbolizer, for tests/check-symbols.sh and tests/bench/bench-symbolize.sh.
 * An address may also be a place as in logs, "function+0x12/0x34".
 */
#include <stdio.h>

#include "symbol/debuginfo.h"

static void must(struct culprit_error *err)
{
	if (err) {
		fprintf(stderr, "%s\n", culprit_error_message(err));
		exit(1);
	}
}

/* Where a place of that name and size lies; 0: nowhere, or in several functions. */
static uint64_t address_of(struct debuginfo *info, const char *line)
{
	struct debuginfo_symbol symbols[16];
	size_t plus = strcspn(line, "+"), n, fits = 0;
	uint64_t off, size, addr = 0;
	char *end;

	off = strtoull(line + plus + 1, &end, 16);
	size = *end == '/' ? strtoull(end + 1, NULL, 16) : 0;
	must(debuginfo_find_symbols(info, (struct span){ line, plus }, countof(symbols), symbols, &n));
	for (size_t i = 0; i < n && i < countof(symbols); i++) {
		bool fit;

		must(debuginfo_size_fits(info, &symbols[i], size, &fit));
		if (fit && !fits++)
			addr = symbols[i].addr + off;
	}
	return fits == 1 && n <= countof(symbols) ? addr : 0;
}

int main(int argc, char **argv)
{
	struct debuginfo_options options = { .cache_dir = argc > 2 ? argv[2] : NULL };
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
	struct debuginfo *info;
	char line[512];

	if (argc < 2)
		return 2;
	must(debuginfo_open(argv[1], &options, &info));
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t addr = strchr(line, '+') ? address_of(info, line) : strtoull(line, NULL, 16);
		struct debuginfo_symbol symbol;
		bool found;
		size_t n;

		must(debuginfo_lookup(info, addr, frames, &n));
		must(debuginfo_symbol_at(info, addr, &symbol, &found));
		for (size_t i = 0; i < n; i++)
			printf("%s\n%s:%u\n",
			       frames[i].function ? frames[i].function : found ? symbol.name : "??",
			       frames[i].file ? frames[i].file : "??", frames[i].line);
		if (!n)
			printf("??\n??:0\n");
		printf("\n");
	}
	debuginfo_close(info);
	return 0;
}
