/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: where the prefilter looks for the literals of the embedded
 * patterns, to C.
 *
 *	places CASE... > places.c
 *
 * Choosing these takes longer than all the rest of a start. The embedded set is
 * loaded as by the program; what scan_place.c chooses for it, with the logs of
 * the cases (headers, an empty line, a log) as a sample, is written down.
 */
#include <stdio.h>

#include "pattern/pattern.h"

/* Here nothing is known yet. */
const struct pattern_literal_place pattern_places[] = { { "", { 0, SCAN_NO_BUCKET } } };
const size_t pattern_n_places = 0;

static void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void must_not(struct culprit_error *err)
{
	if (err) {
		fprintf(stderr, "places: %s\n", culprit_error_message(err));
		exit(1);
	}
}

static void add_log(struct buf *sample, const char *path)
{
	FILE *f = fopen(path, "r");
	int c, before = 0;

	must(f, path);
	while ((c = getc(f)) != EOF && !(c == '\n' && before == '\n'))
		before = c;
	while ((c = getc(f)) != EOF)
		must(buf_add_char(sample, (char)c), path);
	must(!ferror(f), path);
	fclose(f);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(((const struct span *)a)->ptr, ((const struct span *)b)->ptr);
}

/* The literals in order, each once. */
static size_t collect(const struct culprit_patterns *set, struct span *ret)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < set->n_banners; i++)
		ret[n++] = (struct span){ set->banners[i].literal, set->banners[i].len };
	for (size_t i = 0; i < set->n_marks; i++)
		ret[n++] = (struct span){ set->marks[i].literal, set->marks[i].len };
	for (size_t i = 0; i < set->n_remarks; i++)
		ret[n++] = (struct span){ set->remarks[i].literal, set->remarks[i].len };
	qsort(ret, n, sizeof(*ret), by_bytes);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(ret[kept - 1].ptr, ret[i].ptr) != 0)
			ret[kept++] = ret[i];
	return kept;
}

static void print_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || strchr("\"\\?", c))
			printf("\\%03o", c);
		else
			putchar(c);
	}
	putchar('"');
}

int main(int argc, char **argv)
{
	static struct scan_place places[SCAN_MAX_LITERALS];
	static struct span literals[SCAN_MAX_LITERALS];
	struct culprit_patterns *set;
	struct buf sample = { 0 };
	size_t n;

	for (int i = 1; i < argc; i++)
		add_log(&sample, argv[i]);
	must_not(culprit_patterns_load(NULL, 0, &set));
	must_not(pattern_set_check(set));
	n = collect(set, literals);
	must_not(scan_choose_places(literals, n, buf_span(&sample), places));
	printf("/* Made by patterns/places.c; do not edit. */\n#include \"pattern/pattern.h\"\n\n"
	       "const struct pattern_literal_place pattern_places[] = {\n");
	for (size_t i = 0; i < n; i++) {
		printf("\t{ ");
		print_string(literals[i].ptr);
		printf(", { %u, %u } },\n", places[i].off, places[i].bucket);
	}
	printf("\t{ \"\", { 0, SCAN_NO_BUCKET } }\n};\nconst size_t pattern_n_places = %zu;\n", n);
	culprit_patterns_destroy(set);
	buf_deinit(&sample);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
