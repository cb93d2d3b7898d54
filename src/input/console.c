/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One physical line: which prefixes it has, and what is left of it.
 *
 * A prefix is taken off only where its whole form is there, at the start of
 * the line, or behind another prefix.  In the middle of a line only the exact
 * form of printk counts, and only where the line begins with none: some other
 * program wrote the beginning.  It fails where a program quotes a kernel line
 * ("saw: [   12.345678] BUG: ..."): LINE_JUNK_FRONT says that this may be.
 *
 * Where two kernel messages share a line (both CPUs wrote, or the end of line
 * was lost) the text begins behind the first prefix, so that nothing of what
 * the kernel said is cut; LINE_SPLICED says so, and console_split_inner() gives
 * the second message on its own.
 */
#include "input/console.h"

#include "input/console_parts.h"

#define MAX_PREFIXES 8
#define MAX_VENDOR_BYTES 48	/* of a tag behind printk's time */
#define REPLAY_MARK "** replaying previous printk message **"	/* console_prepend_replay() */

/* The prefixes at the start, outermost first. Behind the kernel's own, only what it or a forwarder adds. */
static void take_prefixes(struct prefix *x, enum console_escape *ret_escape)
{
	/* Behind a program's tag stands what that program says, whatever it looks like. */
	for (int i = 0; i < MAX_PREFIXES && x->p < x->end && !x->line->speaker.len; i++) {
		bool inside = x->line->origin == ORIGIN_KERNEL;
		bool timed = x->line->flags & LINE_HAS_TIME;

		switch (*x->p) {
		case '[':
			if (timed ? console_take_time(x, true) :
			    (console_take_time(x, false) || console_take_caller(x) || console_dmesg_stamp(x) ||
			     (!inside && console_logger_stamp(x, ret_escape))))
				continue;
			return;
		case '<':
			if (console_take_priority(x))
				continue;
			return;
		case '*':
			if (console_take_dropped(x))
				continue;
			return;
		}
		if (i == 0 && is_digit(*x->p) && console_take_kmsg(x)) {
			*ret_escape = ESCAPE_KMSG;
			return;
		}
		if (timed) {
			/* journalctl -o short-monotonic: the stamp, then host and tag */
			if (!inside || !console_logger_tag(x, true))
				return;
		} else if (!console_logger_stamp(x, ret_escape) && !(i == 0 && console_dmesg_facility(x))) {
			return;
		}
	}
}

/* Text that needs its escapes resolved goes to scratch, whether it is there already or not. */
static struct culprit_error *resolve_escapes(struct console_decoder *decoder, enum console_escape kind,
					     struct line *line)
{
	static const char marks[] = { 0, '\\', '#', '\\' };
	char *dst = (char *)line->text.ptr;

	if (kind == ESCAPE_NONE || line->text.len == 0 || !memchr(dst, marks[kind], line->text.len))
		return NULL;
	if (!(line->flags & LINE_CLEANED)) {
		decoder->scratch.len = 0;
		if (!buf_reserve(&decoder->scratch, line->text.len))
			return &culprit_error_no_memory;
		dst = decoder->scratch.data;
	}
	line->text.len = console_unescape(line->text, kind, dst);
	line->text.ptr = dst;
	line->flags |= LINE_CLEANED;
	return NULL;
}

/* printk's stamp behind what somebody else wrote. */
static void find_behind_junk(struct prefix *x, enum console_escape *ret_escape)
{
	struct span rest = { x->p, (size_t)(x->end - x->p) };
	const char *from;

	if (!console_find_stamp(rest, &from))
		return;
	x->line->flags |= LINE_JUNK_FRONT;
	if (span_find((struct span){ rest.ptr, (size_t)(from - rest.ptr) }, SPAN(" printk messages dropped **")) >= 0)
		x->line->flags |= LINE_DROPPED;
	x->p = from;
	console_trim_tail(x, rest.ptr, ret_escape);
	if (*x->p == '<')
		console_take_priority(x);
	if (!console_take_time(x, true))
		console_take_caller(x);
}

/* A prefix that was learnt of this log, in front of all or behind printk's time. */
static void take_learnt(struct console_decoder *decoder, struct prefix *x, enum console_escape *ret_escape)
{
	bool timed = x->line->flags & LINE_HAS_TIME;
	struct console_learnt *learnt = timed ? &decoder->behind : &decoder->front;
	const char *front = x->p;
	size_t max = timed ? MAX_VENDOR_BYTES : CONSOLE_LEARNT_BYTES, n;

	/* mainline's caller leaves no place for a vendor's tag */
	if (x->line->origin == ORIGIN_OTHER || x->line->speaker.len ||
	    (timed && x->line->caller.kind != CALLER_NONE))
		return;
	/* nothing is learnt of a piece: which pieces are looked at is the parser's choice */
	if (x->p == x->end || (timed && *x->p == ' ') || x->line->flags & (LINE_TRUNCATED | LINE_CONTINUED))
		max = 0;
	n = console_learnt_length(learnt, (struct span){ x->p, (size_t)(x->end - x->p) }, max);
	if (!n)
		return;
	x->p += n;
	console_trim_tail(x, front, ret_escape);
}

/* In front of printk's prefix: junk, or what carries every line of this log, those of programs, too. */
static void take_front(struct console_decoder *decoder, struct prefix *x, enum console_escape *ret_escape)
{
	struct span rest = { x->p, (size_t)(x->end - x->p) };
	uint16_t flags = x->line->flags;
	/* nothing is learnt of a piece: which pieces are looked at is the parser's choice */
	bool whole = !(flags & (LINE_TRUNCATED | LINE_CONTINUED));
	const char *start = x->p;
	size_t n;

	if (x->line->origin == ORIGIN_KERNEL && whole && (flags & (LINE_HAS_TIME | LINE_LOGGED)) == LINE_HAS_TIME)
		console_note_carrier(decoder, (struct span){ 0 });
	if (x->line->origin != ORIGIN_UNKNOWN)
		return;
	find_behind_junk(x, ret_escape);
	if (x->line->flags & LINE_JUNK_FRONT) {
		const char *from;

		if (whole && (x->line->flags & (LINE_HAS_TIME | LINE_DROPPED)) == LINE_HAS_TIME &&
		    console_find_stamp(rest, &from))
			console_note_carrier(decoder, (struct span){ start, (size_t)(from - start) });
		return;
	}
	n = console_carrier_length(decoder, rest);
	if (!n)
		return;
	x->p += n;
	console_trim_tail(x, start, ret_escape);
}

/* Behind the prefixes: junk in front, a second message, the replay mark at the end. */
static void find_inner(struct console_decoder *decoder, struct prefix *x, enum console_escape *ret_escape)
{
	struct line *line = x->line;
	struct span rest;
	const char *from;

	take_front(decoder, x, ret_escape);
	take_learnt(decoder, x, ret_escape);
	rest = (struct span){ x->p, (size_t)(x->end - x->p) };
	line->text = rest;
	if (line->origin == ORIGIN_KERNEL && console_find_stamp(rest, &from))
		line->flags |= LINE_SPLICED;
	if (rest.len >= sizeof(REPLAY_MARK) - 1 && rest.ptr[rest.len - 1] == '*' &&
	    !memcmp(x->end - (sizeof(REPLAY_MARK) - 1), REPLAY_MARK, sizeof(REPLAY_MARK) - 1)) {
		decoder->replay_next = true;
		line->text.len -= sizeof(REPLAY_MARK) - 1;
		line->flags |= LINE_CUT;
		if (line->text.len == 0 && line->origin == ORIGIN_UNKNOWN) {
			line->text = rest;
			line->origin = ORIGIN_META;
			line->flags &= (uint16_t)~LINE_CUT;
		}
	}
}

static void decode_prefix(struct console_decoder *decoder, struct span s, struct line *line,
			  enum console_escape *ret_escape)
{
	struct prefix x = { s.ptr, s.ptr + s.len, line, &decoder->date_touches };
	bool replayed = decoder->replay_next;

	decoder->replay_next = false;
	line->text = s;
	if ((decoder->seen_export || (s.len && memchr("M_", *s.ptr, 2))) && console_take_export(decoder, &x)) {
		line->text = (struct span){ x.p, (size_t)(x.end - x.p) };
		return;
	}
	if (s.len == 0)
		return;
	if ((decoder->seen_kmsg && *s.ptr == ' ' && console_is_kmsg_property(s)) ||
	    span_equal(s, SPAN("      },{")) ||	/* between records of dmesg -J */
	    ((is_upper(*s.ptr) || *s.ptr == '=') && s.len < 64 && console_is_pstore_header(s))) {
		line->origin = ORIGIN_META;
		return;
	}
	if (*s.ptr == ' ' && console_take_json(decoder, &x)) {
		*ret_escape = ESCAPE_JSON;
	} else {
		if (*s.ptr == '{')
			console_take_json_line(&x, ret_escape);
		take_prefixes(&x, ret_escape);
	}
	if (*ret_escape == ESCAPE_KMSG)
		decoder->seen_kmsg = true;
	if (line->origin == ORIGIN_META) {
		if (line->flags & LINE_FRAGMENT)
			line->text.len = 0;
		return;
	}
	find_inner(decoder, &x, ret_escape);
	if (replayed)
		line->flags |= LINE_REPLAYED;
}

struct culprit_error *console_decode(struct console_decoder *decoder, struct span raw,
				     unsigned int flags_in, struct line *ret)
{
	enum console_escape escape = ESCAPE_NONE;
	struct culprit_error *err;
	struct span s = raw, seen;

	*ret = (struct line){
		.raw = raw, .time_us = -1, .level = -1, .origin = ORIGIN_UNKNOWN, .flags = (uint16_t)flags_in,
	};
	while (s.len && s.ptr[s.len - 1] == '\r')
		s.len--;
	if (console_is_dirty(s)) {
		decoder->scratch.len = 0;
		if (!buf_reserve(&decoder->scratch, s.len))
			return &culprit_error_no_memory;
		s = (struct span){ decoder->scratch.data, console_clean(s, decoder->scratch.data) };
		ret->flags |= LINE_CLEANED;
	}
	if (console_has_visible(s)) {
		if (!(ret->flags & LINE_CLEANED)) {
			decoder->scratch.len = 0;
			if (!buf_reserve(&decoder->scratch, s.len))
				return &culprit_error_no_memory;
		}
		seen = (struct span){ decoder->scratch.data, console_clean_visible(s, decoder->scratch.data) };
		if (seen.len != s.len) {
			s = seen;
			ret->flags |= LINE_CLEANED;
		}
	}
	if (flags_in & LINE_CONTINUED) {
		ret->text = s;
		ret->origin = decoder->piece_origin;
		ret->level = decoder->piece_level;
		ret->caller = decoder->piece_caller;
		ret->time_us = decoder->piece_time_us;
		return NULL;
	}
	decode_prefix(decoder, s, ret, &escape);
	err = resolve_escapes(decoder, escape, ret);
	if (err)
		return err;
	decoder->piece_origin = ret->origin;
	decoder->piece_level = ret->level;
	decoder->piece_caller = ret->caller;
	decoder->piece_time_us = ret->time_us;
	return NULL;
}

bool console_split_inner(struct line *line, struct line *ret)
{
	struct prefix x;
	const char *from, *end = line->text.ptr + line->text.len;

	if (!(line->flags & LINE_SPLICED) || !console_find_stamp(line->text, &from))
		return false;
	*ret = *line;
	ret->caller = (struct caller){ 0 };
	ret->level = -1;
	ret->origin = ORIGIN_UNKNOWN;
	ret->flags &= (uint16_t)~(LINE_SPLICED | LINE_DROPPED | LINE_JUNK_FRONT);
	x = (struct prefix){ from, end, ret, NULL };
	if (*from == '<')
		console_take_priority(&x);
	if (!console_take_time(&x, true))
		console_take_caller(&x);
	line->text.len = (size_t)(from - line->text.ptr);
	ret->text = (struct span){ x.p, (size_t)(end - x.p) };
	/*
	 * A console that is taken over says the record again: so does whoever said it first, whatever the prefix has become.
	 */
	if (line->caller.kind != CALLER_NONE && line->text.len && span_starts(ret->text, line->text))
		ret->caller = line->caller;
	if (console_find_stamp(ret->text, &from))
		ret->flags |= LINE_SPLICED;
	line->flags &= (uint16_t)~(LINE_SPLICED | LINE_CUT);
	return true;
}

void console_decoder_deinit(struct console_decoder *decoder)
{
	buf_deinit(&decoder->scratch);
}

size_t console_last_line_end(struct span s)
{
	const char *last = s.len ? memrchr(s.ptr, '\n', s.len) : NULL;

	return last ? (size_t)(last - s.ptr) + 1 : 0;
}
