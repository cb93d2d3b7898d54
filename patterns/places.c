/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: where the prefilter looks for the literals of the embedded
 * patterns, to C.
 *
 *	places > places.c
 *
 * Choosing these takes as long as all the rest of a start. The embedded set is
 * loaded as by the program, and what scan_place.c chose is written down.
 */
#include <inttypes.h>
#include <stdio.h>

#include "readers/pattern.h"

/* Here nothing is known yet. */
const struct scan_place pattern_places[] = { { 0, 0 } };
const size_t pattern_n_places = 0;
const uint64_t pattern_places_hash = 0;

int main(void)
{
	static struct scan_place places[SCAN_MAX_LITERALS];
	struct culprit_patterns *set;
	struct culprit_error *err = culprit_patterns_load(NULL, 0, &set);
	uint64_t hash;
	size_t n;

	if (err) {
		fprintf(stderr, "%s\n", culprit_error_message(err));
		return 1;
	}
	n = set->n_banners + set->n_marks;
	pattern_set_places(set, places, &hash);
	printf("/* Made by patterns/places.c; do not edit. */\n#include \"readers/pattern.h\"\n\n"
	       "const struct scan_place pattern_places[] = {\n");
	for (size_t i = 0; i < n; i++)
		printf("\t{ %u, %u },\n", places[i].off, places[i].bucket);
	printf("\t{ 0, 0 }\n};\nconst size_t pattern_n_places = %zu;\n"
	       "const uint64_t pattern_places_hash = UINT64_C(0x%" PRIx64 ");\n", n, hash);
	culprit_patterns_destroy(set);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
