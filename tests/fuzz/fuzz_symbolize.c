/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as text with symbols, of a kernel that is used by force: lines are
 * only added, and the whole is what its lines are one by one.  $CULPRIT_FUZZ_ELF names the kernel (tests/fuzz/run.sh makes a
 * small one); without it none of the text is looked up.
 */
#include "fuzz.h"

#include "symbol/symbolize.h"

static struct symbolizer *symbolizer;

static void start(void)
{
	static struct symbolizer_options options = { .force = true, .text_only = true };
	struct culprit_patterns *patterns;

	REQUIRE(!culprit_patterns_load(NULL, 0, &patterns));
	options.patterns = patterns;
	options.vmlinux = getenv("CULPRIT_FUZZ_ELF");
	REQUIRE(!symbolizer_create(&options, &symbolizer));
}

static void run(struct span text, struct buf *ret)
{
	_cleanup_(symbolized_destroyp) struct symbolized *out = NULL;
	_cleanup_(freep) char *copy = strndup(text.ptr, text.len);
	struct culprit_report report = { .title = "", .text = copy, .text_len = text.len, .cpu = -1, .pid = -1, .time_us = -1 };

	REQUIRE(copy);
	for (size_t i = 0; i < text.len; i++)
		report.n_text_lines += text.ptr[i] == '\n';
	REQUIRE(!symbolize_report(symbolizer, &report, &out));
	REQUIRE(out->report.text && strlen(out->report.text) == out->report.text_len);
	REQUIRE(out->report.n_text_lines >= report.n_text_lines);
	REQUIRE(out->n_found <= out->n_frames);
	REQUIRE(buf_add(ret, out->report.text, out->report.text_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buf_deinit) struct buf text = { 0 }, whole = { 0 }, lines = { 0 };
	struct span rest;

	if (!symbolizer)
		start();
	/* as reports have it: no control bytes, and each line has its end */
	for (size_t i = 0; i < size; i++)
		REQUIRE(buf_add_char(&text, data[i] < ' ' && data[i] != '\n' && data[i] != '\t' ? '?' : (char)data[i]));
	REQUIRE(buf_add_char(&text, '\n'));
	run(buf_span(&text), &whole);
	for (rest = buf_span(&text); rest.len;) {
		size_t len = (size_t)((const char *)memchr(rest.ptr, '\n', rest.len) - rest.ptr) + 1;

		run((struct span){ rest.ptr, len }, &lines);
		rest = span_skip(rest, len);
	}
	if (!span_equal(buf_span(&whole), buf_span(&lines))) {
		fprintf(stderr, "whole:\n%s\nline by line:\n%s\n", whole.data, lines.data);
		REQUIRE(!"the same");
	}
	return 0;
}
