/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lookup FILE [CACHE-DIR] < addresses: what debuginfo says of each, in the form
 * of llvm-symbolizer, for tests/check-real.sh and tests/bench/bench-symbolize.sh.
 */
#include <stdio.h>

#include "readers/debuginfo.h"

static void must(struct culprit_error *err)
{
	if (err) {
		fprintf(stderr, "%s\n", culprit_error_message(err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct debuginfo_options options = { .cache_dir = argc > 2 ? argv[2] : NULL };
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
	struct debuginfo *info;
	char line[64];

	if (argc < 2)
		return 2;
	must(debuginfo_open(argv[1], &options, &info));
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t addr = strtoull(line, NULL, 16);
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
