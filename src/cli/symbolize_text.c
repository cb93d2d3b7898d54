/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text is taken in pieces of whole lines: as much as is there, when nothing
 * more comes for a while (a console), or else half a megabyte.  What a log says
 * of its kernel (version, where KASLR put it) holds for what follows.
 *
 * Whether a vmlinux belongs to the text is judged anew for each piece.
 */
#include "cli/symbolize_text.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/output/text.h"
#include "input/input.h"
#include "report/symbol_scan.h"

#define PIECE_BYTES (512u << 10)
#define QUIET_MS 200

struct filter {
	struct symbolizer *symbolizer;
	struct buf text;		/* not written yet */
	char version[128];		/* "" : not known */
	bool has_offset;
	uint64_t offset;
	bool terminal;
	bool unusable;
	char *last_note;		/* pieces repeat them */
};

static void note_version(struct filter *filter, struct span text)
{
	ptrdiff_t at;

	while ((at = span_find(text, SPAN("Linux version "))) >= 0) {
		size_t len = 0;

		text = span_skip(text, (size_t)at + strlen("Linux version "));
		while (len < text.len && text.ptr[len] > ' ' && text.ptr[len] < 0x7f)
			len++;
		if (len && len < sizeof(filter->version)) {
			memcpy(filter->version, text.ptr, len);
			filter->version[len] = '\0';
		}
	}
}

static void tell_notes(struct filter *filter, const struct symbolized *symbolized)
{
	for (size_t i = 0; i < symbolized->n_notes; i++) {
		_cleanup_(buf_deinit) struct buf line = { 0 };

		if (filter->last_note && !strcmp(filter->last_note, symbolized->notes[i]))
			continue;
		free(filter->last_note);
		filter->last_note = strdup(symbolized->notes[i]);
		if (text_add(&line, span_of(symbolized->notes[i]), TEXT_FIELD))
			fprintf(stderr, "culprit symbolize: %s\n", line.data);
	}
}

static struct culprit_error *write_text(const struct filter *filter, struct span text)
{
	_cleanup_(buf_deinit) struct buf safe = { 0 };

	if (filter->terminal) {
		if (!text_add(&safe, text, TEXT_LINES))
			return &culprit_error_no_memory;
		text = buf_span(&safe);
	}
	if (text.len && (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout)))
		return culprit_error_errno("cannot write to standard output");
	return NULL;
}

/* The first len bytes of what is there: whole lines, but at the end of the text. */
static struct culprit_error *write_piece(struct filter *filter, size_t len)
{
	_cleanup_(symbolized_destroyp) struct symbolized *symbolized = NULL;
	struct span text = { filter->text.data, len }, out;
	struct culprit_report report = { .title = "", .text = text.ptr, .text_len = len, .cpu = -1, .pid = -1, .time_us = -1 };
	struct culprit_error *err;

	if (!len)
		return NULL;
	note_version(filter, text);
	filter->has_offset = symbol_kernel_offset(text, &filter->offset) || filter->has_offset;
	for (size_t i = 0; i < len; i++)
		report.n_text_lines += text.ptr[i] == '\n';
	report.kernel_version = filter->version[0] ? filter->version : NULL;
	report.has_kernel_offset = filter->has_offset;
	report.kernel_offset = filter->offset;
	err = symbolize_report(filter->symbolizer, &report, &symbolized);
	if (err)
		return err;
	tell_notes(filter, symbolized);
	filter->unusable |= symbolized->vmlinux_unused;
	out = (struct span){ symbolized->report.text, symbolized->report.text_len };
	/* a last line without end gets none */
	if (out.len && text.ptr[len - 1] != '\n' && out.ptr[out.len - 1] == '\n')
		out.len--;
	err = write_text(filter, out);
	memmove(filter->text.data, filter->text.data + len, filter->text.len - len);
	filter->text.len -= len;
	return err;
}

/* Bytes up to the last end of a line. */
static size_t whole_lines(const struct buf *text)
{
	const char *end = text->len ? memrchr(text->data, '\n', text->len) : NULL;

	return end ? (size_t)(end - text->data) + 1 : 0;
}

static struct culprit_error *run(struct filter *filter, struct input *input)
{
	for (;;) {
		struct culprit_error *err;
		bool silent = false;
		struct span bytes;

		err = input_read_timeout(input, QUIET_MS, &bytes, &silent);
		if (!err && bytes.len && !buf_add(&filter->text, bytes.ptr, bytes.len))
			err = &culprit_error_no_memory;
		if (!err && !silent && !bytes.len)
			return write_piece(filter, filter->text.len);
		if (!err && (silent || filter->text.len >= PIECE_BYTES))
			err = write_piece(filter, whole_lines(&filter->text));
		/* a line of megabytes is no line */
		if (!err && filter->text.len >= 2 * PIECE_BYTES)
			err = write_piece(filter, filter->text.len);
		if (err)
			return err;
	}
}

struct culprit_error *symbolize_filter(struct symbolizer *symbolizer, const char *path, bool *ret_unusable)
{
	struct filter filter = { .symbolizer = symbolizer, .terminal = isatty(STDOUT_FILENO) };
	struct culprit_error *err, *rest;
	struct input *input;

	err = input_open(path, &input);
	if (err)
		return err;
	err = run(&filter, input);
	/* what came before an archive broke is text all the same */
	if (err && err != &culprit_error_no_memory && filter.text.len) {
		rest = write_piece(&filter, filter.text.len);
		culprit_error_destroy(rest);
	}
	input_close(input);
	*ret_unusable |= filter.unusable;
	buf_deinit(&filter.text);
	free(filter.last_note);
	return err;
}
