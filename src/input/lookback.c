/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last LOOKBACK_BYTES of a log as lines, from the newest to the oldest.
 * A line that does not begin within them is left out.
 */
#include "input/lookback.h"

void history_deinit(struct history *history)
{
	console_decoder_deinit(&history->decoder);
}

void history_add(struct history *history, struct span bytes)
{
	if (bytes.len >= LOOKBACK_BYTES) {
		memcpy(history->bytes, bytes.ptr + bytes.len - LOOKBACK_BYTES, LOOKBACK_BYTES);
		history->len = LOOKBACK_BYTES;
		return;
	}
	if (history->len + bytes.len > LOOKBACK_BYTES) {
		size_t drop = history->len + bytes.len - LOOKBACK_BYTES;

		memmove(history->bytes, history->bytes + drop, history->len - drop);
		history->len -= drop;
	}
	if (bytes.len)
		memcpy(history->bytes + history->len, bytes.ptr, bytes.len);
	history->len += bytes.len;
}

void lookback_init(struct lookback *back, struct history *history, struct span before, uint64_t off,
		   const struct console_decoder *learned)
{
	size_t n = before.len < LOOKBACK_BYTES ? before.len : LOOKBACK_BYTES;
	size_t old = LOOKBACK_BYTES - n < history->len ? LOOKBACK_BYTES - n : history->len;

	/* Not the arrays: this is done for each line that is decoded. */
	back->history = history;
	back->before = before;
	back->end_off = off + before.len;
	back->from_start = back->end_off == n + old;
	back->learned = learned;
	back->began = false;
}

/* The history may end in the middle of before's first line: copied together they are whole. */
static void begin(struct lookback *back)
{
	const struct history *history = back->history;
	size_t n = back->before.len < LOOKBACK_BYTES ? back->before.len : LOOKBACK_BYTES;
	size_t old = LOOKBACK_BYTES - n < history->len ? LOOKBACK_BYTES - n : history->len;

	if (back->began)
		return;
	memcpy(back->bytes, history->bytes + history->len - old, old);
	if (n)
		memcpy(back->bytes + old, back->before.ptr + back->before.len - n, n);
	back->n_bytes = back->end = old + n;
	back->n_lines = 0;
	/* What it learned of other lines, or in the wrong order, is not to count. */
	back->history->decoder = (struct console_decoder){
		.scratch = back->history->decoder.scratch, .seen_kmsg = back->learned->seen_kmsg,
		.carrier = back->learned->carrier, .n_carried = back->learned->n_carried,
		.seen_export = back->learned->seen_export,
		.front = back->learned->front, .behind = back->learned->behind, .date_touches = back->learned->date_touches,
	};
	back->began = true;
}

/* The next older line as it came. */
static bool cut_line(struct lookback *back, struct span *ret)
{
	const char *start, *end = back->bytes + back->end;

	/* Each line ends before the start of a newer one; whatever stands before the first end is half a line. */
	if (!back->end || end[-1] != '\n')
		return false;
	start = memrchr(back->bytes, '\n', back->end - 1);
	start = start ? start + 1 : back->bytes;
	if (start == back->bytes && !back->from_start)
		return false;
	*ret = (struct span){ start, (size_t)(end - 1 - start) };
	back->end = (size_t)(start - back->bytes);
	return true;
}

/* The decoder goes back line by line, but what a line needs stands before it. */
static struct culprit_error *learn_before(struct lookback *back, struct span raw)
{
	struct span before[CONSOLE_MAX_NEEDED];
	size_t end = back->end, wanted = console_lines_needed(raw), n = 0;
	struct culprit_error *err = NULL;
	struct line line;

	while (n < wanted && cut_line(back, &before[n]))
		n++;
	back->end = end;
	while (n-- > 0 && !err)
		err = console_decode(&back->history->decoder, before[n], 0, &line);
	return err;
}

struct culprit_error *lookback_line(struct lookback *back, size_t i, const struct line **ret)
{
	struct culprit_error *err;
	struct span raw;

	begin(back);
	while (back->n_lines <= i) {
		struct line *line = &back->lines[back->n_lines];

		if (back->n_lines == LOOKBACK_LINES || !cut_line(back, &raw)) {
			*ret = NULL;
			return NULL;
		}
		err = learn_before(back, raw);
		if (err)
			return err;
		back->history->decoder.replay_next = false;
		err = console_decode(&back->history->decoder, raw, 0, line);
		if (err)
			return err;
		line->offset = back->end_off - (back->n_bytes - back->end);
		/* The decoder is used for older lines yet.  What it cleaned is not longer than what came. */
		if (line->flags & LINE_CLEANED) {
			char *own = back->bytes + back->end;

			memcpy(own, line->text.ptr, line->text.len);
			line->text.ptr = own;
			line->raw = line->text;
			if (line->speaker.len)
				line->speaker = SPAN("?");
		}
		back->n_lines++;
	}
	*ret = &back->lines[i];
	return NULL;
}

bool lookback_holds(struct lookback *back, struct span s)
{
	begin(back);
	return span_find((struct span){ back->bytes, back->n_bytes }, s) >= 0;
}
