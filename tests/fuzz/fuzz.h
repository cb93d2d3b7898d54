/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fuzz targets share. */
#ifndef CULPRIT_FUZZ_H
#define CULPRIT_FUZZ_H

#include <stdio.h>

#include "base/base.h"

#define REQUIRE(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZ_MAIN
static void fuzz_file(FILE *f)
{
	static uint8_t data[1u << 20];
	size_t n = fread(data, 1, sizeof(data), f);

	LLVMFuzzerTestOneInput(data, n);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		fuzz_file(stdin);
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		fuzz_file(f);
		fclose(f);
	}
	return 0;
}
#endif

#endif
