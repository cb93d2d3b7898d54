/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: how rare each byte is behind each other in console output, to C.
 *
 *	digrams CASE... > digrams.c
 *
 * The prefilter looks for a fragment of each literal, the rarest: 'memory' is
 * rare as six letters and common as a word, which pairs of bytes tell. Cases of
 * the corpus (headers, an empty line, a log) in which nothing crashed are
 * counted. A byte that was seen little borrows from how often bytes come at all.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "pattern/scan_parts.h"

/* A byte's successors count for themselves once it was seen many times more often. */
#define BORROWED 20

static unsigned long long singles[128], pairs[128][128], total;

static void count_log(FILE *f)
{
	int c, before = -1;

	while ((c = getc(f)) != EOF) {
		c &= 127;
		singles[c]++;
		total++;
		if (before >= 0)
			pairs[before][c]++;
		before = c;
	}
}

static bool count_case(const char *path)
{
	FILE *f = fopen(path, "r");
	int c, before = 0;
	bool ok;

	if (!f)
		return false;
	while ((c = getc(f)) != EOF && !(c == '\n' && before == '\n'))
		before = c;
	count_log(f);
	ok = !ferror(f);
	fclose(f);
	return ok;
}

static double single(unsigned int c)
{
	return ((double)singles[c] + 0.5) / ((double)total + 64);
}

static double pair(unsigned int a, unsigned int b)
{
	double n = (double)singles[a];

	return ((double)pairs[a][b] + BORROWED * single(b)) / (n + BORROWED);
}

static int rarity(double rate)
{
	double bits = -log2(rate) * SCAN_RARITY_UNITS;

	return bits > 255 ? 255 : bits < 0 ? 0 : (int)(bits + 0.5);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!count_case(argv[i])) {
			perror(argv[i]);
			return 1;
		}
	}
	printf("/* Made by patterns/digrams.c; do not edit. */\n#include \"pattern/scan_parts.h\"\n\n"
	       "const uint8_t scan_rarity[128] = {");
	for (unsigned int c = 0; c < 128; c++)
		printf("%s%d,", c % 16 ? " " : "\n\t", rarity(single(c)));
	printf("\n};\n\nconst uint8_t scan_pair_rarity[128][128] = {\n");
	for (unsigned int a = 0; a < 128; a++) {
		printf("\t{");
		for (unsigned int b = 0; b < 128; b++)
			printf(" %d,", rarity(pair(a, b)));
		printf(" },\n");
	}
	printf("};\n");
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
