/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus show: a case with the parser's reading beside it.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/output/columns.h"
#include "cli/corpus/corpus.h"
#include "cli/corpus/diff.h"
#include "cli/output/text.h"

/* The headers, one line each. */
static bool split_headers(const struct corpus_case *c, struct buf *ret)
{
	struct corpus_case copy = *c;

	copy.n_comments = 0;
	if (c->guilty_file)
		return buf_printf(ret, "FILE: %s\n", c->guilty_file);
	if (!case_write_headers(ret, &copy))
		return false;
	ret->len--;		/* the empty line */
	if (!ret->len)
		return buf_add_str(ret, "(no report)\n");
	return true;
}

static struct span take_header(struct span *rest)
{
	struct span line = { 0 };

	if (rest->len) {
		line = diff_take_line(rest);
		if (line.len && line.ptr[line.len - 1] == '\n')
			line.len--;
	}
	return line;
}

static size_t key_length(struct span header)
{
	ptrdiff_t colon = span_find(header, SPAN(":"));

	return colon < 0 ? header.len : (size_t)colon;
}

static bool same_key(struct span a, struct span b)
{
	return span_equal((struct span){ a.ptr, key_length(a) }, (struct span){ b.ptr, key_length(b) });
}

/* Whether what follows in rest has a header of the same name as header. */
static bool comes_later(struct span rest, struct span header)
{
	while (rest.len) {
		if (same_key(take_header(&rest), header))
			return true;
	}
	return false;
}

/* Both are in the order of the headers, so a name that is missing on one side leaves it empty. */
static bool add_headers(struct buf *buf, struct span expected, struct span found, size_t width, bool color)
{
	while (expected.len || found.len) {
		struct span left_rest = expected, right_rest = found;
		struct span left = take_header(&left_rest), right = take_header(&right_rest);

		if (left.len && right.len && !same_key(left, right)) {
			if (comes_later(right_rest, left))
				left = (struct span){ 0 };
			else
				right = (struct span){ 0 };
		}
		if (left.len)
			expected = left_rest;
		if (right.len)
			found = right_rest;
		if (!columns_add(buf, width, left, span_equal(left, right) ? ' ' : '|', right,
				 span_equal(left, right) ? TEXT_PLAIN : TEXT_BAD, color))
			return false;
	}
	return true;
}

static bool add_comments(struct buf *buf, const struct corpus_case *c)
{
	for (size_t i = 0; i < c->n_comments; i++) {
		if (!buf_add_str(buf, "# ") || !text_add(buf, span_of(c->comments[i]), TEXT_FIELD) ||
		    !buf_add_char(buf, '\n'))
			return false;
	}
	return !c->n_comments || buf_add_char(buf, '\n');
}

static struct culprit_error *add_text(struct buf *buf, const struct corpus_case *c, const struct reading *reading,
				      bool color)
{
	const struct culprit_report *report = reading->report;

	if (reading->wrong & FIELD_BIT(FIELD_REPORT)) {
		if (!buf_add_str(buf, "\nREPORT, expected and found:\n"))
			return &culprit_error_no_memory;
		return diff_unified(c->report, reading->found.report, 3, color, buf);
	}
	if (report && (!buf_printf(buf, "\nlines %llu to %llu, pattern %s:\n\n", (unsigned long long)report->start_line,
				   (unsigned long long)report->end_line, report->pattern ? report->pattern : "?") ||
		       !text_add(buf, reading->text ? span_of(reading->text) :
						      (struct span){ report->text, report->text_len }, TEXT_LINES)))
		return &culprit_error_no_memory;
	return NULL;
}

static struct culprit_error *add_case(struct buf *buf, const struct corpus_case *c, const struct reading *reading,
				      bool color)
{
	_cleanup_(buf_deinit) struct buf expected = { 0 };
	_cleanup_(buf_deinit) struct buf found = { 0 };
	size_t width = columns_width(STDOUT_FILENO);
	struct corpus_case shown = reading->found;

	if (c->guilty_file && !shown.guilty_file)
		shown.guilty_file = "(none)";
	if (!text_add_painted(buf, span_of(c->path), TEXT_LABEL, color) || !buf_add_str(buf, "\n\n") ||
	    !add_comments(buf, c) || !split_headers(c, &expected) || !split_headers(&shown, &found) ||
	    !columns_add(buf, width, SPAN("expected"), ' ', SPAN("found"), TEXT_LABEL, color) ||
	    !add_headers(buf, buf_span(&expected), buf_span(&found), width, color))
		return &culprit_error_no_memory;
	return add_text(buf, c, reading, color);
}

static struct culprit_error *show(const char *path, const struct corpus_settings *settings,
				  const struct option_reader *reader, bool log, bool *ret_right)
{
	struct sources *sources = NULL;
	_cleanup_(case_deinit) struct corpus_case c = { 0 };
	_cleanup_(buf_deinit) struct buf buf = { 0 };
	struct culprit_patterns *patterns;
	struct culprit_error *err = case_load(path, path, &c);
	struct reading reading;

	if (err)
		return err;
	*ret_right = true;
	if (log) {
		fwrite(c.log.ptr, 1, c.log.len, stdout);
		return NULL;
	}
	err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &patterns);
	if (err)
		return err;
	err = corpus_make_sources(settings, reader, patterns, &sources);
	if (!err)
		err = reading_create(patterns, &c, &reading);
	if (!err) {
		err = reading_add_sources(sources, &c, &reading);
		if (!err)
			err = add_case(&buf, &c, &reading, settings->color);
		*ret_right = !reading.wrong;
		reading_deinit(&reading);
	}
	sources_destroy(sources);
	culprit_patterns_destroy(patterns);
	if (!err)
		fwrite(buf.data, 1, buf.len, stdout);
	return err;
}

int corpus_show(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit corpus show", argc, argv);
	struct corpus_settings settings;
	bool log = false, right = false;
	const struct option_def defs[] = {
		OPTION_FLAG('l', "log", "print the log of the case, byte by byte, and nothing else", &log),
		OPTION_PATTERNS('p', &settings.pattern_dirs),
		SOURCES_OPTIONS(&settings.sources, 0, 0, 0, 0),
		TEXT_COLOR_OPTION(&settings.color_when),
		OPTION_HELP('h'),
	};
	struct culprit_error *err;
	int code;

	corpus_settings_init(&settings);
	reader.usage = "usage: culprit corpus show [OPTIONS] CASE\n\n"
		       "Show a case with the parser's reading beside it.\n";
	reader.notes = "Exit status: 0 the case passes, 1 it fails, 2 usage or input error.\n";
	code = corpus_read_options(&reader, defs, countof(defs), &settings);
	if (code != OPTION_GO_ON)
		return code;
	if (reader.n_operands != 1)
		return option_complain(&reader, "which case? One is shown at a time");
	err = show(argv[1], &settings, &reader, log, &right);
	return err ? corpus_complain(&reader, err) : !right;
}
