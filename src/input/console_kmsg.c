/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of /dev/kmsg and dmesg -J, and what console drivers and pstore write
 * between messages.
 *
 *	6,1234,5678901,-,caller=T123;usb 1-1: new device
 *
 * Formats: msg_print_ext_header() in kernel/printk/printk.c for /dev/kmsg and
 * extended netconsole; the "dropped" mark of console_prepend_dropped() there;
 * pstore_get_dump_name() and ramoops' header in fs/pstore.
 */
#include "input/console_parts.h"

/* ---------------------------------------- /dev/kmsg, extended netconsole */

static void kmsg_field(struct span field, struct line *line)
{
	uint64_t id;
	size_t n;

	if (span_starts(field, SPAN("caller="))) {
		field = span_skip(field, 7);
		if (field.len < 2 || (field.ptr[0] != 'T' && field.ptr[0] != 'C'))
			return;
		n = prefix_digits(field.ptr + 1, field.ptr + field.len, 9, &id);
		if (n)
			line->caller = (struct caller){ field.ptr[0] == 'T' ? CALLER_TASK : CALLER_CPU, (uint32_t)id };
	} else if (span_starts(field, SPAN("ncfrag="))) {
		line->flags |= LINE_FRAGMENT;
	}
}

/* "6,1234,5678901,-,caller=T123;text", a release in front where netconsole was told to. */
bool console_take_kmsg(struct prefix *x)
{
	const char *p = x->p, *stop, *comma;
	size_t room = (size_t)(x->end - p), n;
	uint64_t value[3];

	stop = memchr(p, ';', room < 512 ? room : 512);
	if (!stop)
		return false;
	comma = memchr(p, ',', (size_t)(stop - p));
	if (comma && memchr(p, '.', (size_t)(comma - p)) && !memchr(p, ' ', (size_t)(comma - p)))
		p = comma + 1;
	for (int i = 0; i < 3; i++) {
		n = prefix_digits(p, stop, i ? 18 : 4, &value[i]);
		if (!n || p[n] != ',')
			return false;
		p += n + 1;
	}
	if (p >= stop || !memchr("-c+", *p, 3))
		return false;
	while (p < stop) {
		comma = memchr(p, ',', (size_t)(stop - p));
		if (!comma)
			comma = stop;
		kmsg_field((struct span){ p, (size_t)(comma - p) }, x->line);
		p = comma < stop ? comma + 1 : stop;
	}
	x->p = stop + 1;
	x->line->time_us = (int64_t)value[2];
	x->line->flags |= LINE_HAS_TIME | LINE_LOGGED;
	console_priority(x->line, value[0]);
	if (x->line->origin == ORIGIN_OTHER)
		console_logger_tag(x, false);
	if (x->p == x->end && (x->line->flags & LINE_FRAGMENT)) {
		x->line->origin = ORIGIN_META;
		x->line->speaker.len = 0;
	}
	return true;
}

/* " SUBSYSTEM=pci" below a record; netconsole's user data may be in lower case. */
bool console_is_kmsg_property(struct span s)
{
	size_t n = 1;

	if (s.len < 3 || s.ptr[0] != ' ')
		return false;
	while (n < s.len && (is_upper(s.ptr[n]) || is_lower(s.ptr[n]) || is_digit(s.ptr[n]) || s.ptr[n] == '_'))
		n++;
	return n > 1 && n < s.len && s.ptr[n] == '=';
}

/* ---------------------------------------------------------------- dmesg -J */

/*
 * One member of a record as `dmesg -J` lays it out:
 *
 *	      },{
 *	         "pri": 6,
 *	         "time":     0.000000,
 *	         "caller": "T1",			(util-linux 2.41)
 *	         "msg": "Command line: console=ttyS0"
 *
 * Numbers are kept for the message that follows them.  A member elsewhere than
 * nine blanks in belongs to somebody else's JSON.
 */
bool console_take_json(struct console_decoder *decoder, struct prefix *x)
{
	static const char indent[] = "         \"";
	struct prefix y = *x;
	uint64_t value, frac;
	size_t n;

	if (!prefix_starts(x, SPAN("         \"")))
		return false;
	y.p += sizeof(indent) - 1;
	if (prefix_starts(&y, SPAN("msg\": \"")) && y.end[-1] == '"' && y.end - y.p > 7) {
		x->p = y.p + 7;
		x->end--;
		console_priority(x->line, decoder->json_priority);
		x->line->time_us = decoder->json_time_us;
		x->line->caller = decoder->json_caller;
		x->line->flags |= LINE_HAS_TIME | LINE_LOGGED;
		return true;
	}
	if (prefix_starts(&y, SPAN("pri\": "))) {
		n = prefix_digits(y.p + 6, y.end, 4, &value);
		if (!n)
			return false;
		decoder->json_priority = (uint16_t)value;
		decoder->json_caller = (struct caller){ 0 };
	} else if (prefix_starts(&y, SPAN("time\": "))) {
		for (y.p += 7; y.p < y.end && *y.p == ' '; y.p++)
			;
		n = prefix_digits(y.p, y.end, 12, &value);
		if (!n || y.end - y.p < (ptrdiff_t)n + 7 || y.p[n] != '.' ||
		    prefix_digits(y.p + n + 1, y.end, 6, &frac) != 6)
			return false;
		decoder->json_time_us = (int64_t)(value * 1000000 + frac);
	} else if (prefix_starts(&y, SPAN("caller\": \""))) {
		for (y.p += 10; y.p < y.end && *y.p == ' '; y.p++)
			;
		if (y.p == y.end || (*y.p != 'T' && *y.p != 'C') || !prefix_digits(y.p + 1, y.end, 9, &value))
			return false;
		decoder->json_caller = (struct caller){ *y.p == 'T' ? CALLER_TASK : CALLER_CPU, (uint32_t)value };
	} else {
		return false;
	}
	x->line->origin = ORIGIN_META;
	return true;
}

#define JSON_LINES 3

size_t console_lines_needed(struct span raw)
{
	if (span_starts(raw, SPAN("         \"msg\": \"")))
		return JSON_LINES;
	return span_starts(raw, SPAN("MESSAGE=")) ? CONSOLE_MAX_NEEDED : 0;
}

/* ------------------------------------------------ marks of the console */

/* "** 57 printk messages dropped **": before v5.18 without an end of line behind it. */
bool console_take_dropped(struct prefix *x)
{
	static const struct span rest = { " printk messages dropped **", 27 };
	struct prefix y = *x;
	uint64_t count;

	if (!prefix_starts(&y, SPAN("** ")))
		return false;
	y.p += 3;
	y.p += prefix_digits(y.p, y.end, 18, &count);
	if (y.p == x->p + 3 || !prefix_starts(&y, rest))
		return false;
	x->p = y.p + rest.len;
	x->line->flags |= LINE_DROPPED;
	if (span_trim((struct span){ x->p, (size_t)(x->end - x->p) }).len == 0) {
		x->line->origin = ORIGIN_META;
		x->p = y.p = x->end;
		return true;
	}
	prefix_skip_blank(x);
	return true;
}

/* "Oops#1 Part2", "Panic#2 Part1" of pstore; "====1234567890.123456-D" of ramoops. */
bool console_is_pstore_header(struct span s)
{
	static const char *const reasons[] = {
		"Panic", "Oops", "Emergency", "Shutdown", "Unknown", "Restart", "Halt", "Poweroff"
	};
	uint64_t value;

	s = span_trim(s);
	if (span_starts(s, SPAN("===="))) {
		const char *end = s.ptr + s.len, *p = s.ptr + 4;
		size_t n = prefix_digits(p, end, 18, &value), frac;

		frac = n && p + n < end && p[n] == '.' ? prefix_digits(p + n + 1, end, 9, &value) : 0;
		p += n + 1 + frac;
		return frac && end - p == 2 && p[0] == '-' && (p[1] == 'C' || p[1] == 'D');
	}
	for (size_t i = 0; i < countof(reasons); i++) {
		const char *end = s.ptr + s.len, *p;
		size_t n = strlen(reasons[i]);

		if (s.len < n + 8 || memcmp(s.ptr, reasons[i], n) || s.ptr[n] != '#')
			continue;
		p = s.ptr + n + 1;
		n = prefix_digits(p, end, 9, &value);
		p += n;
		if (!n || end - p < 6 || memcmp(p, " Part", 5))
			return false;
		n = prefix_digits(p + 5, end, 9, &value);
		return n && p + 5 + n == end;
	}
	return false;
}

/* "KEY=", as journald names fields: capitals, digits and underscores. */
static bool is_field(struct span s)
{
	size_t n = 0;

	while (n < s.len && n < 64 && (is_upper(s.ptr[n]) || is_digit(s.ptr[n]) || s.ptr[n] == '_'))
		n++;
	return n > 1 && n < s.len && s.ptr[n] == '=';
}

/*
 *	__CURSOR=s=9d0c...
 *	_TRANSPORT=kernel
 *	MESSAGE=usb 1-1: new device
 *	(an empty line ends the record)
 *
 * Messages that are no text stand in it with their length, and are not read.
 */
bool console_take_export(struct console_decoder *decoder, struct prefix *x)
{
	static const struct span message = { "MESSAGE=", 8 }, transport = { "_TRANSPORT=", 11 };
	struct span s = { x->p, (size_t)(x->end - x->p) };

	if (!decoder->seen_export && !span_starts(s, message) && !span_starts(s, SPAN("__CURSOR=")))
		return false;
	if (s.len && !is_field(s))
		return false;
	decoder->seen_export = true;
	if (!s.len || span_starts(s, SPAN("__CURSOR=")))
		decoder->export_origin = ORIGIN_UNKNOWN;
	if (span_starts(s, transport))
		decoder->export_origin = span_equal(span_skip(s, transport.len), SPAN("kernel")) ? ORIGIN_KERNEL : ORIGIN_OTHER;
	if (!span_starts(s, message)) {
		x->line->origin = ORIGIN_META;
		return true;
	}
	x->line->origin = decoder->export_origin;
	x->line->flags |= LINE_LOGGED;
	x->p += message.len;
	return true;
}
