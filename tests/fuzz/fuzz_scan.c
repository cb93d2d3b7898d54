/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any literals in any text: all search loops give what plain comparison gives.
 * The input is literals, one per line, up to an empty line; then the text.
 */
#include "pattern/scan_parts.h"

#include "fuzz.h"

#define MAX_FUZZ_LITERALS 64

static size_t find_naive(const struct span *literals, size_t n, struct span s, size_t from, size_t *ret_index)
{
	for (size_t at = from; at < s.len; at++)
		for (size_t i = 0; i < n; i++)
			if (span_starts(span_skip(s, at), literals[i])) {
				*ret_index = i;
				return at;
			}
	return s.len;
}

static void check_from(const struct scan_set *set, const struct span *literals, size_t n, struct span s, size_t from)
{
	scan_run_fn *const runs[] = { scan_run_portable, scan_x86_run_avx2(), scan_x86_run_avx512() };
	size_t want_index = 0, want = find_naive(literals, n, s, from, &want_index);

	for (size_t i = 0; i < countof(runs); i++) {
		struct scan_hit got;

		if (!runs[i])
			continue;
		got = scan_next_with(set, s, from, runs[i]);
		REQUIRE(got.off == want && (got.off == s.len || got.index == want_index));
		for (size_t k = from; k < want; k++)
			got.lines -= s.ptr[k] == '\n';
		REQUIRE(got.lines == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span literals[MAX_FUZZ_LITERALS], rest = { (const char *)data, size };
	struct scan_set *set;
	size_t n = 0, index, at;
	char *copy;

	while (rest.len && n < MAX_FUZZ_LITERALS) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		struct span line = { rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len };

		rest = span_skip(rest, end ? line.len + 1 : line.len);
		if (!line.len)
			break;
		if (line.len >= SCAN_MIN_LITERAL_BYTES)
			literals[n++] = line;
	}
	REQUIRE(!scan_set_create(literals, n, &set));
	copy = malloc(rest.len ? rest.len : 1);
	REQUIRE(copy);
	memcpy(copy, rest.ptr, rest.len);
	rest.ptr = copy;
	for (at = 0; at <= rest.len; at = find_naive(literals, n, rest, at, &index) + 1)
		check_from(set, literals, n, rest, at);
	free(copy);
	scan_set_destroy(set);
	return 0;
}
