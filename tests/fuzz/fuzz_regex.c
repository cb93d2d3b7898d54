/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an expression of a pattern file, a NUL, and a text that it is
 * looked for in: a mistake in it has its place; what is found is inside, and
 * found again; no more work is done than PCRE2 is told to do.
 */
#include "fuzz.h"

#include "pattern/regex.h"

static void find(struct regex *re, struct regex_scratch *scratch, struct span text)
{
	struct regex_match match, again;
	size_t from = 0;

	while (from <= text.len && regex_find(re, scratch, text, from, &match)) {
		REQUIRE(match.start[0] >= from && match.end[0] <= text.len);
		REQUIRE(match.n >= 1 && match.n <= REGEX_MAX_GROUPS);
		REQUIRE(!re->literal.len || span_starts(span_skip(text, match.start[0]), re->literal));
		for (uint32_t i = 1; i < match.n; i++) {
			struct span group = regex_group(&match, i);

			REQUIRE(!group.ptr || (group.ptr >= text.ptr && group.ptr + group.len <= text.ptr + text.len));
		}
		REQUIRE(regex_find(re, scratch, text, from, &again) && again.start[0] == match.start[0]);
		from = (match.end[0] > from ? match.end[0] : from) + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	_cleanup_(freep) char *source = NULL, *text = NULL;
	struct regex_scratch *scratch;
	struct culprit_error *err;
	struct regex re;
	size_t off = 0, len;

	if (!end)
		return 0;
	source = strdup((const char *)data);
	len = size - (size_t)(end - data) - 1;
	text = malloc(len ? len : 1);
	REQUIRE(source && text);
	memcpy(text, end + 1, len);
	REQUIRE(!regex_scratch_create(&scratch));
	regex_init(&re, source);
	err = regex_check(&re, &off);
	if (err)
		REQUIRE(off <= strlen(source) && culprit_error_message(err)[0]);
	else
		find(&re, scratch, (struct span){ text, len });
	regex_may_be_slow(&re);
	culprit_error_destroy(err);
	regex_deinit(&re);
	regex_scratch_destroy(scratch);
	return 0;
}
