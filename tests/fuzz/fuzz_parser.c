/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes through the whole parser: it does not crash, what it says of
 * places is true, and reports do not depend on how the bytes were cut.
 *
 * The first two bytes choose the cuts.  Seeds: any console log.
 */
#include "fuzz.h"

#include "culprit.h"

static bool add_stack(struct buf *out, const struct culprit_stack *s)
{
	if (!buf_printf(out, " stack %s %u '%s'\n", culprit_role_name(s->role), s->text_line, s->header))
		return false;
	for (size_t i = 0; i < s->n_frames; i++) {
		const struct culprit_frame *f = &s->frames[i];

		if (!buf_printf(out, "  %s %s %s %s:%u %llx/%llx %x\n", f->function ? f->function : "-",
				f->module ? f->module : "-", f->build_id ? f->build_id : "-", f->file ? f->file : "-", f->line,
				(unsigned long long)f->offset, (unsigned long long)f->size, f->flags))
			return false;
	}
	return true;
}

static void check_report(const struct culprit_report *r, size_t size, uint64_t last_off)
{
	uint32_t lines = 0;

	REQUIRE(r->title);
	REQUIRE(strlen(r->title) <= 120);
	REQUIRE(r->start_offset >= last_off);
	REQUIRE(r->start_offset <= r->end_offset);
	REQUIRE(r->end_offset <= size + 1);
	REQUIRE(r->start_line >= 1 && r->start_line <= r->end_line);
	REQUIRE(!r->corrupted == !r->corrupted_reason);
	REQUIRE(!r->suppressed == !r->suppressed_reason);
	REQUIRE(strlen(r->text) == r->text_len);
	REQUIRE(r->text_len <= 2 * size + 2);
	for (size_t i = 0; i < r->text_len; i++) {
		unsigned char c = (unsigned char)r->text[i];

		lines += c == '\n';
		REQUIRE(c >= 0x20 || c == '\n' || c == '\t');
	}
	REQUIRE(lines == r->n_text_lines);
	REQUIRE(r->prefix_lines <= r->n_text_lines);
	for (size_t i = 0; i + 1 < r->n_alt_titles; i++)
		REQUIRE(strcmp(r->alt_titles[i], r->alt_titles[i + 1]) < 0);
}

static bool add_report(struct buf *out, const struct culprit_report *r)
{
	bool ok = buf_printf(out, "%s | %s | %s | %s | %s | %d%d%d | %d %u | %llu-%llu %llu-%llu | %lld | %s %d %d %s %s %s\n%s\n",
			     r->title, r->type ? r->type : "-", r->frame ? r->frame : "-", r->pattern,
			     r->corrupted_reason ? r->corrupted_reason : "-", r->suppressed, r->panicked, r->truncated,
			     (int)r->kind, r->boot, (unsigned long long)r->start_line, (unsigned long long)r->end_line,
			     (unsigned long long)r->start_offset, (unsigned long long)r->end_offset, (long long)r->time_us,
			     r->kernel_version ? r->kernel_version : "-", r->cpu, r->pid, r->task ? r->task : "-",
			     r->hardware ? r->hardware : "-", r->taint ? r->taint : "-", r->text);

	for (size_t i = 0; ok && i < r->n_alt_titles; i++)
		ok = buf_printf(out, " alt %s\n", r->alt_titles[i]);
	for (size_t i = 0; ok && i < r->n_stacks; i++)
		ok = add_stack(out, &r->stacks[i]);
	return ok;
}

/* All that is said of data fed in pieces of step bytes. */
static void run(const struct culprit_patterns *set, const uint8_t *data, size_t size, size_t step, struct buf *out)
{
	struct culprit_parser_options options = { .detect_boot_failures = true, .max_report_bytes = size & 1 ? 4096 : 0 };
	struct culprit_parser *parser;
	struct culprit_report *r;
	struct culprit_summary summary;
	uint64_t last_off = 0;

	REQUIRE(!culprit_parser_create(set, &options, &parser));
	for (size_t at = 0; at < size; at += step) {
		/* A copy of its own: the sanitizer sees a byte too many. */
		size_t n = size - at < step ? size - at : step;
		uint8_t *piece = malloc(n);

		memcpy(piece, data + at, n);
		REQUIRE(!culprit_parser_feed(parser, piece, n));
		free(piece);
	}
	REQUIRE(!culprit_parser_finish(parser));
	while ((r = culprit_parser_take(parser))) {
		check_report(r, size, last_off);
		last_off = r->start_offset;
		REQUIRE(add_report(out, r));
		culprit_report_destroy(r);
	}
	culprit_parser_summary(parser, &summary);
	REQUIRE(summary.n_bytes == size);
	REQUIRE(buf_printf(out, "%llu %llu %u %d %d %d\n", (unsigned long long)summary.n_lines,
			   (unsigned long long)summary.n_reports, summary.n_boots, summary.phase, summary.phase_best,
			   summary.panicked));
	culprit_parser_destroy(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct culprit_patterns *set;
	struct buf whole = { 0 }, cut = { 0 };
	size_t step;

	if (size < 2)
		return 0;
	if (!set)
		REQUIRE(!culprit_patterns_load(NULL, 0, &set));
	step = 1 + (data[0] | (size_t)(data[1] & 3) << 8);
	run(set, data, size, size, &whole);
	run(set, data, size, step, &cut);
	if (whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) != 0) {
		fprintf(stderr, "whole:\n%s\npieces of %zu:\n%s\n", whole.data, step, cut.data);
		REQUIRE(!"the same");
	}
	buf_deinit(&whole);
	buf_deinit(&cut);
	return 0;
}
