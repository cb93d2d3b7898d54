/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's printk puts in front of a message, and what its console
 * drivers write between messages.
 *
 *	<4>[   12.345678][ T2742] ALSA: seq fatal error: cannot create timer (-22)
 *
 * Formats: print_prefix() and print_caller() in kernel/printk/printk.c
 * ("<%u>", "[%5lu.%06lu]", "[%6s]" and a blank); msg_print_ext_header() there
 * for /dev/kmsg and extended netconsole; the "dropped" and "replaying" marks of
 * console_prepend_dropped() and console_prepend_replay(); stamps that vendors'
 * kernels add.  What stands in front of all that is console_logger.c's.
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

/* ------------------------------------------------------- printk's prefix */

/*
 * Vendors' additions between the seconds and the bracket, among them the delta
 * of dmesg -d: "12.345678,0]" "12.345678@1]" "12.345678 (0)]" "12.345678s]"
 * "12.345678 <    0.000012>]".  The length with the bracket, or 0: a bare
 * "12.345678 0.000012]" is grabserial's.
 */
static size_t stamp_tail(const char *p, const char *end)
{
	size_t n = 0;

	if (p < end && *p == 's')
		n = 1;
	while (p + n < end && n < 24 && (is_digit(p[n]) || memchr(" ,@()<>.-", p[n], 9)))
		n++;
	if (memchr(p, '.', n) && !memchr(p, '<', n))
		return 0;
	return n && p + n < end && p[n] == ']' ? n + 1 : 0;
}

/*
 * "[   12.345678]" at p: its length, or 0.  strict takes printk's own form only.
 *
 * A second with leading zeros is a boot loader's (NVIDIA's "[0001.234] I>").
 * Fewer decimals than six are taken where the padding is printk's.
 */
static size_t time_stamp(const char *p, const char *end, bool strict, int64_t *ret_us)
{
	const char *q = p + 1, *first;
	uint64_t sec = 0, frac = 0;
	size_t digits, decimals, tail;

	while (q < end && *q == ' ' && q - p < 12)
		q++;
	first = q;
	while (q < end && is_digit(*q) && q - first < 12)
		sec = sec * 10 + (uint64_t)(*q++ - '0');
	digits = (size_t)(q - first);
	if (!digits || q >= end || *q != '.' || (*first == '0' && digits > 1))
		return 0;
	decimals = prefix_digits(++q, end, 9, &frac);
	q += decimals;
	if (decimals != 6 || q - p - 8 < 5) {
		if (strict || decimals < 2 || (decimals < 4 && q - p - (ptrdiff_t)decimals - 2 < 5))
			return 0;
	}
	for (size_t i = decimals; i < 6; i++)
		frac *= 10;
	for (size_t i = decimals; i > 6; i--)
		frac /= 10;
	if (q < end && *q == ']') {
		q++;
	} else {
		tail = strict ? 0 : stamp_tail(q, end);
		if (!tail)
			return 0;
		q += tail;
	}
	*ret_us = (int64_t)(sec * 1000000 + frac);
	return (size_t)(q - p);
}

/* "[ T123]" or "[    C0]" at p: its length, or 0. Shorter than width is refused. */
static size_t caller_stamp(const char *p, const char *end, size_t width, struct caller *ret)
{
	const char *q = p + 1;
	uint64_t id;
	size_t digits;
	char kind;

	while (q < end && *q == ' ' && q - p < 12)
		q++;
	if (q >= end || (*q != 'T' && *q != 'C'))
		return 0;
	kind = *q++;
	digits = prefix_digits(q, end, 9, &id);
	q += digits;
	if (!digits || q >= end || *q != ']' || (size_t)(q - p) - 1 < width)
		return 0;
	ret->kind = kind == 'T' ? CALLER_TASK : CALLER_CPU;
	ret->id = (uint32_t)id;
	return (size_t)(q + 1 - p);
}

/*
 * "[0:      swapper/0:    1] " (Samsung, an I in front: in interrupt), "(0)[1:swapper/0]"
 * (MediaTek), "[pid:1,cpu0,swapper/0]" (Huawei).  inner is behind the bracket.
 */
static bool vendor_task(struct span inner, char flag, struct caller *ret)
{
	const char *end = inner.ptr + inner.len, *p = inner.ptr, *last;
	uint64_t first, pid;
	size_t n;

	if (span_starts(inner, SPAN("pid:"))) {
		n = prefix_digits(p + 4, end, 9, &pid);
		if (!n || p + 4 + n >= end || p[4 + n] != ',')
			return false;
		*ret = (struct caller){ CALLER_TASK, (uint32_t)pid };
		return true;
	}
	n = prefix_digits(p, end, 9, &first);
	if (!n || p + n >= end || p[n] != ':')
		return false;
	p += n + 1;
	while (p < end && *p == ' ')
		p++;
	if (p >= end || is_digit(*p))
		return false;
	last = memrchr(p, ':', (size_t)(end - p));
	if (!last) {
		*ret = (struct caller){ CALLER_TASK, (uint32_t)first };
		return flag == ')';
	}
	last++;
	while (last < end && *last == ' ')
		last++;
	n = prefix_digits(last, end, 9, &pid);
	if (!n || last + n != end)
		return false;
	*ret = flag == 'I' ? (struct caller){ CALLER_CPU, (uint32_t)first } :
			     (struct caller){ CALLER_TASK, (uint32_t)pid };
	return true;
}

/* " c0  1234 " (Spreadtrum and others): CPU and task. */
static bool vendor_cpu_task(struct prefix *x)
{
	const char *p = x->p;
	uint64_t cpu, pid;
	size_t n;

	if (x->end - p < 5 || p[0] != ' ' || p[1] != 'c')
		return false;
	n = prefix_digits(p + 2, x->end, 2, &cpu);
	p += 2 + n;
	if (!n || p >= x->end || *p != ' ')
		return false;
	while (p < x->end && *p == ' ')
		p++;
	n = prefix_digits(p, x->end, 9, &pid);
	p += n;
	if (!n || p >= x->end || *p != ' ')
		return false;
	x->line->caller = (struct caller){ CALLER_TASK, (uint32_t)pid };
	x->p = p + 1;
	return true;
}

/* What vendors' kernels put behind the time. */
static bool vendor_stamp(struct prefix *x)
{
	const char *p = x->p, *close;
	char flag = 0;

	if (vendor_cpu_task(x))
		return true;
	for (int i = 0; p < x->end && *p != '[' && i < 12; i++, p++) {
		if (!is_upper(*p) && !is_digit(*p) && !memchr(" .-<>()", *p, 7))
			return false;
		flag = *p;
	}
	if (p >= x->end || *p != '[')
		return false;
	close = memchr(p, ']', x->end - p < 64 ? (size_t)(x->end - p) : 64);
	if (!close || !vendor_task((struct span){ p + 1, (size_t)(close - p - 1) }, flag, &x->line->caller))
		return false;
	x->p = close + 1;
	prefix_skip_blank(x);
	return true;
}

/* Behind a time stamp: the caller, and the blank that printk's prefix ends with. */
static void behind_time(struct prefix *x)
{
	size_t n;

	if (x->p < x->end && *x->p == '[') {
		n = caller_stamp(x->p, x->end, 2, &x->line->caller);
		if (n)
			x->p += n;
		else
			vendor_stamp(x);
		prefix_skip_blank(x);
		return;
	}
	if (x->end - x->p >= 5) {
		/* " [    T1] ": dmesg of util-linux 2.41 sets the caller apart */
		if (x->p[0] == ' ' && x->p[1] == '[') {
			n = caller_stamp(x->p + 1, x->end, 5, &x->line->caller);
			if (n)
				x->p += n + 1;
			else if (vendor_stamp(x))
				return;
		} else if (memchr(" cI-.(", x->p[0], 6) && memchr(" c(<.-I[", x->p[1], 8) && vendor_stamp(x)) {
			return;
		}
	}
	prefix_skip_blank(x);
}

static bool take_time(struct prefix *x, bool strict)
{
	int64_t us;
	size_t n = time_stamp(x->p, x->end, strict, &us);

	if (!n)
		return false;
	x->p += n;
	x->line->time_us = us;
	x->line->flags |= LINE_HAS_TIME;
	if (x->line->origin == ORIGIN_UNKNOWN)
		x->line->origin = ORIGIN_KERNEL;
	behind_time(x);
	return true;
}

/* "[   T24] " of a kernel without time stamps: always padded to six. */
static bool take_caller(struct prefix *x)
{
	size_t n = caller_stamp(x->p, x->end, 6, &x->line->caller);

	if (!n || (x->p + n < x->end && x->p[n] != ' '))
		return false;
	x->p += n;
	prefix_skip_blank(x);
	if (x->line->origin == ORIGIN_UNKNOWN)
		x->line->origin = ORIGIN_KERNEL;
	return true;
}

/* "<4>", "<12>": a number that a program may have chosen proves nothing without a stamp behind it. */
static bool take_priority(struct prefix *x)
{
	uint64_t priority;
	size_t n = prefix_digits(x->p + 1, x->end, 3, &priority);
	const char *p = x->p + 1 + n;

	if (!n || priority > 191 || p >= x->end || *p != '>' || x->line->origin == ORIGIN_OTHER)
		return false;
	p++;
	if (priority > 7 && (p >= x->end || (*p != '[' && !is_upper(*p) && !is_digit(*p))))
		return false;
	x->p = p;
	if (x->line->level < 0)
		console_priority(x->line, priority);
	return true;
}

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
static bool take_kmsg(struct prefix *x)
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
static bool is_kmsg_property(struct span s)
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
static bool take_json(struct console_decoder *decoder, struct prefix *x)
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

size_t console_lines_needed(struct span raw)
{
	return span_starts(raw, SPAN("         \"msg\": \"")) ? CONSOLE_MAX_NEEDED : 0;
}

/* ------------------------------------------------ marks of the console */

#define REPLAY_MARK "** replaying previous printk message **"

/* "** 57 printk messages dropped **": before v5.18 without an end of line behind it. */
static bool take_dropped(struct prefix *x)
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
static bool is_pstore_header(struct span s)
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

/* ----------------------------------------------------------- whole lines */

/*
 * printk's exact prefix somewhere in s, or NULL; *ret_from is where it begins,
 * its "<4>" included.
 */
static const char *find_stamp(struct span s, const char **ret_from)
{
	const char *p = s.ptr, *end = s.ptr + s.len;
	struct caller caller;
	int64_t us;

	while ((p = memchr(p, '[', (size_t)(end - p)))) {
		bool timed;
		size_t n;

		if (end - p < 8)
			return NULL;
		if (p[1] != ' ' && !is_digit(p[1])) {
			p++;
			continue;
		}
		n = time_stamp(p, end, true, &us);
		timed = n;
		if (!n && p[1] == ' ') {
			n = caller_stamp(p, end, 6, &caller);
			if (n != 8)
				n = 0;
		}
		if (n && (p + n == end || p[n] == ' ' || (timed && p[n] == '['))) {
			*ret_from = p;
			if (p - s.ptr >= 3 && p[-1] == '>' && is_digit(p[-2]) && p[-3] == '<')
				*ret_from = p - 3;
			return p;
		}
		p++;
	}
	return NULL;
}

/* The prefixes at the start, outermost first. Behind the kernel's own, only what it or a forwarder adds. */
static void take_prefixes(struct prefix *x, enum console_escape *ret_escape)
{
	/* Behind a program's tag stands what that program says, whatever it looks like. */
	for (int i = 0; i < MAX_PREFIXES && x->p < x->end && !x->line->speaker.len; i++) {
		bool inside = x->line->origin == ORIGIN_KERNEL;
		bool timed = x->line->flags & LINE_HAS_TIME;

		switch (*x->p) {
		case '[':
			if (timed ? take_time(x, true) :
			    (take_time(x, false) || take_caller(x) || console_dmesg_stamp(x) ||
			     (!inside && console_logger_stamp(x, ret_escape))))
				continue;
			return;
		case '<':
			if (take_priority(x))
				continue;
			return;
		case '*':
			if (take_dropped(x))
				continue;
			return;
		}
		if (i == 0 && is_digit(*x->p) && take_kmsg(x)) {
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

/* Behind the prefixes: junk in front, a second message, the replay mark at the end. */
static void find_inner(struct console_decoder *decoder, struct prefix *x)
{
	struct line *line = x->line;
	struct span rest = { x->p, (size_t)(x->end - x->p) };
	const char *from;

	if (line->origin == ORIGIN_UNKNOWN && find_stamp(rest, &from)) {
		line->flags |= LINE_JUNK_FRONT;
		if (span_find((struct span){ rest.ptr, (size_t)(from - rest.ptr) },
			      SPAN(" printk messages dropped **")) >= 0)
			line->flags |= LINE_DROPPED;
		x->p = from;
		if (*x->p == '<')
			take_priority(x);
		if (!take_time(x, true))
			take_caller(x);
		rest = (struct span){ x->p, (size_t)(x->end - x->p) };
	}
	line->text = rest;
	if (line->origin == ORIGIN_KERNEL && find_stamp(rest, &from))
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
	struct prefix x = { s.ptr, s.ptr + s.len, line };
	bool replayed = decoder->replay_next;

	decoder->replay_next = false;
	line->text = s;
	if (s.len == 0)
		return;
	if ((decoder->seen_kmsg && *s.ptr == ' ' && is_kmsg_property(s)) ||
	    span_equal(s, SPAN("      },{")) ||	/* between records of dmesg -J */
	    ((is_upper(*s.ptr) || *s.ptr == '=') && s.len < 64 && is_pstore_header(s))) {
		line->origin = ORIGIN_META;
		return;
	}
	if (*s.ptr == ' ' && take_json(decoder, &x))
		*ret_escape = ESCAPE_JSON;
	else
		take_prefixes(&x, ret_escape);
	if (*ret_escape == ESCAPE_KMSG)
		decoder->seen_kmsg = true;
	if (line->origin == ORIGIN_META) {
		if (line->flags & LINE_FRAGMENT)
			line->text.len = 0;
		return;
	}
	find_inner(decoder, &x);
	if (replayed)
		line->flags |= LINE_REPLAYED;
}

struct culprit_error *console_decode(struct console_decoder *decoder, struct span raw,
				     unsigned int flags_in, struct line *ret)
{
	enum console_escape escape = ESCAPE_NONE;
	struct culprit_error *err;
	struct span s = raw;

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

	if (!(line->flags & LINE_SPLICED) || !find_stamp(line->text, &from))
		return false;
	*ret = *line;
	ret->caller = (struct caller){ 0 };
	ret->level = -1;
	ret->origin = ORIGIN_UNKNOWN;
	ret->flags &= (uint16_t)~(LINE_SPLICED | LINE_DROPPED | LINE_JUNK_FRONT);
	x = (struct prefix){ from, end, ret };
	if (*from == '<')
		take_priority(&x);
	if (!take_time(&x, true))
		take_caller(&x);
	line->text.len = (size_t)(from - line->text.ptr);
	ret->text = (struct span){ x.p, (size_t)(end - x.p) };
	if (find_stamp(ret->text, &from))
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
