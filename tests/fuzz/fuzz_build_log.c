/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a build's output: the same is found however it is cut (the first
 * byte chooses), and what is found has no control characters.
 */
#include "fuzz.h"

#include "session/build_log.h"

static void run(const uint8_t *data, size_t size, size_t step, struct build_log *ret)
{
	REQUIRE(!build_log_open(ret, NULL));
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		char *piece = malloc(n);

		REQUIRE(piece);
		memcpy(piece, data + at, n);
		build_log_feed(ret, (struct span){ piece, n });
		free(piece);
	}
	build_log_close(ret);
}

static void check(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	REQUIRE(len < room);
	for (size_t i = 0; i < len; i++)
		REQUIRE((unsigned char)text[i] >= ' ' || text[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct build_log whole, cut;

	if (size < 2)
		return 0;
	run(data + 1, size - 1, size - 1, &whole);
	run(data + 1, size - 1, 1u + data[0], &cut);
	check(whole.reason, sizeof(whole.reason));
	check(whole.signature, sizeof(whole.signature));
	REQUIRE(whole.n_bytes == size - 1 && cut.n_bytes == size - 1);
	REQUIRE(!strcmp(whole.reason, cut.reason) && !strcmp(whole.signature, cut.signature));
	REQUIRE(whole.rank == cut.rank && whole.machine_failed == cut.machine_failed);
	return 0;
}
