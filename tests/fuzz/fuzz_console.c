/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as console lines: what console.h promises of a decoded line holds.
 *
 *	make build/fuzz/fuzz_console && build/fuzz/fuzz_console -max_len=4096 CORPUS
 *
 * Without libFuzzer (-DFUZZ_MAIN: AFL, or to run a found case again) it reads
 * the files that are named, or standard input.
 */
#include "input/console.h"

#include "fuzz.h"

static bool is_inside(struct span inner, struct span outer)
{
	return inner.ptr >= outer.ptr && inner.ptr + inner.len <= outer.ptr + outer.len;
}

static void check_text(const struct console_decoder *decoder, const struct line *line)
{
	struct span scratch = { decoder->scratch.data, decoder->scratch.cap };

	REQUIRE(line->text.len <= line->raw.len);
	REQUIRE(is_inside(line->text, line->flags & LINE_CLEANED ? scratch : line->raw));
	for (size_t i = 0; i < line->text.len; i++) {
		unsigned char c = (unsigned char)line->text.ptr[i];

		REQUIRE((c >= 0x20 || c == '\t') && c != 0x7f);
	}
}

static void check_line(const struct console_decoder *decoder, const struct line *line, struct span raw)
{
	REQUIRE(line->raw.ptr == raw.ptr && line->raw.len == raw.len);
	REQUIRE(line->level >= -1 && line->level <= 7);
	REQUIRE(line->origin <= ORIGIN_META);
	REQUIRE(line->caller.kind <= CALLER_CPU);
	REQUIRE(!(line->flags & LINE_HAS_TIME) || line->time_us >= 0);
	REQUIRE(line->speaker.len == 0 || line->origin == ORIGIN_OTHER);
	REQUIRE(line->speaker.len <= raw.len);
	check_text(decoder, line);
}

/* Splitting ends, loses nothing but prefixes, and gives lines as good as others. */
static void check_split(const struct console_decoder *decoder, struct line line)
{
	size_t left = line.text.len;
	struct line rest;

	while (console_split_inner(&line, &rest)) {
		REQUIRE(line.text.len + rest.text.len < left);
		REQUIRE(!(line.flags & LINE_SPLICED));
		check_text(decoder, &line);
		check_text(decoder, &rest);
		left = rest.text.len;
		line = rest;
	}
	REQUIRE(!(line.flags & LINE_SPLICED));
}

static void decode_piece(struct console_decoder *decoder, struct span raw, unsigned int flags)
{
	struct line line;

	REQUIRE(!console_decode(decoder, raw, flags, &line));
	REQUIRE((line.flags & flags) == flags);
	check_line(decoder, &line, raw);
	check_split(decoder, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct console_decoder decoder = { 0 };
	struct span rest = { (const char *)data, size };

	REQUIRE(console_last_line_end(rest) <= size);
	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
		/* pieces much smaller than real ones, so that short inputs have some */
		size_t first = len < 300 ? len : 300;

		/* a copy of its own, so that the sanitizer sees any step over its ends */
		char *copy = malloc(len ? len : 1);

		REQUIRE(copy);
		memcpy(copy, rest.ptr, len);
		decode_piece(&decoder, (struct span){ copy, first }, first < len ? LINE_TRUNCATED : 0);
		if (first < len)
			decode_piece(&decoder, (struct span){ copy + first, len - first }, LINE_CONTINUED);
		free(copy);
		rest = span_skip(rest, end ? len + 1 : len);
	}
	console_decoder_deinit(&decoder);
	return 0;
}
