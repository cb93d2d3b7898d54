/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what scripts/get_maintainer.pl prints: people with an address,
 * no more than there are lines, and nothing that is not in the bytes.
 */
#include "fuzz.h"

#include "symbol/maintainers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *copy = malloc(size ? size : 1);
	struct arena arena = { 0 };
	struct maintainer *people;
	size_t n, n_lines = 1;

	REQUIRE(copy);
	memcpy(copy, data, size);
	for (size_t i = 0; i < size; i++)
		n_lines += data[i] == '\n';
	REQUIRE(!maintainers_parse((struct span){ copy, size }, &arena, &people, &n));
	REQUIRE(n <= n_lines);
	for (size_t i = 0; i < n; i++) {
		REQUIRE(strchr(people[i].address, '@') > people[i].address && !strchr(people[i].address, ' '));
		REQUIRE(!strchr(people[i].name, '\n') && !strchr(people[i].role, '\n'));
		REQUIRE(memmem(copy, size, people[i].address, strlen(people[i].address)));
	}
	arena_deinit(&arena);
	return 0;
}
