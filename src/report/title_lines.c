/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text to its lines, each read once; and what is said of them to people. */
#include "report/title_parts.h"

#include <stdio.h>

void title_trace(const struct title_input *in, const char *format, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list args;
	int n;

	if (!in->trace)
		return;
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return;
	}
	/* A lost line of explanation is no error. */
	if (!buf_add_str(in->trace, text) || !buf_add_char(in->trace, '\n'))
		return;
}

struct line_cursor title_lines_from(const struct title_text *text, size_t off)
{
	struct line_cursor c = { text->lines, 0, text->n_lines };
	size_t end = c.n;

	while (c.at < end) {
		size_t middle = c.at + (end - c.at) / 2;

		if (text->lines[middle].off < off)
			c.at = middle + 1;
		else
			end = middle;
	}
	return c;
}

bool title_read_lines(const struct culprit_patterns *patterns, struct span text, struct arena *arena, struct buf *ret)
{
	for (size_t off = 0, end; off < text.len; off = end + 1) {
		const char *nl = memchr(text.ptr + off, '\n', text.len - off);
		struct title_line line = { .off = off };
		struct raw_frame frame, *copy;
		struct span s;

		end = nl ? (size_t)(nl - text.ptr) : text.len;
		s = (struct span){ text.ptr + off, end - off };
		if (stack_parse_frame(s, &frame)) {
			copy = arena_alloc(arena, sizeof(*copy));
			if (!copy)
				return false;
			*copy = frame;
			line.frame = copy;
		} else {
			line.header = stack_find_header(patterns, s);
		}
		if (!buf_add(ret, &line, sizeof(line)))
			return false;
	}
	return true;
}
