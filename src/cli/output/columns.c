/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Widths count characters, not columns: double-width ones (rare in titles of
 * kernel crashes) break the alignment, nothing else.
 */
#include "cli/output/columns.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 160
#define WIDTH_MIN 40
#define WIDTH_MAX 1000

size_t columns_width(int fd)
{
	const char *variable = getenv("COLUMNS");
	struct winsize size;
	size_t width = WIDTH_DEFAULT;
	uint64_t number;

	if (isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	else if (variable && parse_u64(span_of(variable), &number, NULL) && number <= WIDTH_MAX)
		width = (size_t)number;
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* At most width characters off the front of *rest, cut behind a blank where there is one in the second half. */
static struct span take_piece(struct span *rest, size_t width, size_t *ret_chars)
{
	size_t chars = 0, pos = 0, blank = 0, blank_chars = 0;
	struct span piece;

	while (pos < rest->len && chars < width) {
		size_t len = text_utf8_len(span_skip(*rest, pos));

		if (rest->ptr[pos] == ' ' && chars >= width / 2) {
			blank = pos + 1;
			blank_chars = chars + 1;
		}
		pos += len ? len : 1;
		chars++;
	}
	if (pos < rest->len && blank) {
		pos = blank;
		chars = blank_chars;
	}
	piece = (struct span){ rest->ptr, pos };
	*rest = span_skip(*rest, pos);
	*ret_chars = chars;
	return piece;
}

bool columns_add(struct buf *buf, size_t width, struct span left, char mark, struct span right,
		 enum text_paint paint, bool color)
{
	_cleanup_(buf_deinit) struct buf safe_left = { 0 };
	_cleanup_(buf_deinit) struct buf safe_right = { 0 };
	const char *on = paint == TEXT_PLAIN ? "" : text_paint(paint, color);
	const char *off = paint == TEXT_PLAIN ? "" : text_paint(TEXT_PLAIN, color);
	size_t half = (width - 5) / 2;

	if (!text_add(&safe_left, left, TEXT_FIELD) || !text_add(&safe_right, right, TEXT_FIELD))
		return false;
	left = buf_span(&safe_left);
	right = buf_span(&safe_right);
	do {
		size_t left_chars, right_chars;
		struct span left_piece = take_piece(&left, half, &left_chars);
		struct span right_piece = take_piece(&right, half, &right_chars);

		if (!buf_printf(buf, "  %s%.*s%*s %c %.*s%s\n", on, (int)left_piece.len, left_piece.len ? left_piece.ptr : "",
				(int)(half - left_chars), "", mark, (int)right_piece.len,
				right_piece.len ? right_piece.ptr : "", off))
			return false;
	} while (left.len || right.len);
	return true;
}
