/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's printk puts in front of a message.
 *
 *	<4>[   12.345678][ T2742] ALSA: seq fatal error: cannot create timer (-22)
 *
 * Formats: print_prefix() and print_caller() in kernel/printk/printk.c
 * ("<%u>", "[%5lu.%06lu]", "[%6s]" and a blank), and the stamps that vendors'
 * kernels add.  What stands in front of all that is console_logger.c's.
 */
#include "input/console_parts.h"

/*
 * Vendors' additions between the seconds and the bracket, among them the delta
 * of dmesg -d: "12.345678,0]" "12.345678@1]" "12.345678 (0)]" "12.345678s]"
 * "12.345678 <    0.000012>]" "12.345678 / 01-02 03:04:05.678]" (LG).  The length with the bracket, or 0: a bare
 * "12.345678 0.000012]" is grabserial's.
 */
static size_t stamp_tail(const char *p, const char *end)
{
	size_t n = 0;

	if (p < end && *p == 's')
		n = 1;
	while (p + n < end && n < 32 && (is_digit(p[n]) || memchr(" ,@()<>.-/:", p[n], 11)))
		n++;
	if (memchr(p, '.', n) && !memchr(p, '<', n) && !memchr(p, '/', n))
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

void console_priority(struct line *line, uint64_t priority)
{
	line->level = (int8_t)(priority & 7);
	line->origin = priority >> 3 ? ORIGIN_OTHER : ORIGIN_KERNEL;
}

bool console_begins_timed(struct span raw)
{
	int64_t time_us;

	return raw.len && *raw.ptr == '[' && time_stamp(raw.ptr, raw.ptr + raw.len, true, &time_us);
}

/* "[ T123]" or "[    C0]" at p, vendors' "[T123@C0]": its length, or 0. Shorter than width is refused. */
static size_t caller_stamp(const char *p, const char *end, size_t width, struct caller *ret)
{
	const char *q = p + 1;
	uint64_t id, cpu;
	size_t digits;
	char kind;

	while (q < end && *q == ' ' && q - p < 12)
		q++;
	if (q >= end || (*q != 'T' && *q != 'C'))
		return 0;
	kind = *q++;
	digits = prefix_digits(q, end, 9, &id);
	q += digits;
	if (digits && kind == 'T' && end - q > 3 && q[0] == '@' && q[1] == 'C')
		q += 2 + prefix_digits(q + 2, end, 4, &cpu);
	if (!digits || q >= end || *q != ']' || (size_t)(q - p) - 1 < width)
		return 0;
	ret->kind = kind == 'T' ? CALLER_TASK : CALLER_CPU;
	ret->id = (uint32_t)id;
	return (size_t)(q + 1 - p);
}

/* One word that is no number: "swapper/0" and not "3ff". */
static bool is_task_name(struct span s)
{
	bool letter = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ' ' || s.ptr[i] == ',')
			return false;
		letter |= s.ptr[i] == '/' || s.ptr[i] == '_' || (is_lower(s.ptr[i]) && s.ptr[i] > 'f') ||
			  (is_upper(s.ptr[i]) && s.ptr[i] > 'F');
	}
	return letter;
}

/*
 * "[0:      swapper/0:    1] " (Samsung, an I in front: in interrupt), "(0)[1:swapper/0]"
 * (MediaTek), "[1, swapper/0]", "[pid:1,cpu0,swapper/0]" (Huawei).  inner is behind the bracket.
 */
static bool vendor_task(struct span inner, char flag, struct caller *ret)
{
	const char *end = inner.ptr + inner.len, *p = inner.ptr, *last;
	uint64_t first, pid;
	bool comma;
	size_t n;

	if (span_starts(inner, SPAN("pid:"))) {
		n = prefix_digits(p + 4, end, 9, &pid);
		if (!n || p + 4 + n >= end || p[4 + n] != ',')
			return false;
		*ret = (struct caller){ CALLER_TASK, (uint32_t)pid };
		return true;
	}
	n = prefix_digits(p, end, 9, &first);
	if (!n || p + n >= end || (p[n] != ':' && p[n] != ','))
		return false;
	comma = p[n] == ',';
	p += n + 1;
	while (p < end && *p == ' ')
		p++;
	if (p >= end || is_digit(*p))
		return false;
	last = memrchr(p, ':', (size_t)(end - p));
	if (comma || !last) {
		*ret = (struct caller){ CALLER_TASK, (uint32_t)first };
		return flag == ')' || is_task_name((struct span){ p, (size_t)(end - p) });
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

/* " c0  1234 ", " c0 " (Spreadtrum and others): CPU, and task where it is said. */
static bool vendor_cpu_task(struct prefix *x)
{
	const char *p = x->p, *behind;
	uint64_t cpu, pid;
	size_t n;

	if (x->end - p < 5 || p[0] != ' ' || p[1] != 'c')
		return false;
	n = prefix_digits(p + 2, x->end, 2, &cpu);
	p += 2 + n;
	if (!n || p >= x->end || *p != ' ')
		return false;
	behind = p + 1;
	while (p < x->end && *p == ' ')
		p++;
	n = prefix_digits(p, x->end, 9, &pid);
	p += n;
	if (!n || p >= x->end || *p != ' ') {
		/* no caller: all of a report's lines must have one, and those of a task may move */
		x->p = behind;
		return true;
	}
	x->line->caller = (struct caller){ CALLER_TASK, (uint32_t)pid };
	x->p = p + 1;
	return true;
}

/* "@1 ", the CPU: Qualcomm's, OnePlus' */
static bool vendor_at_cpu(struct prefix *x)
{
	if (x->end - x->p < 3 || x->p[0] != '@' || !is_digit(x->p[1]) || (x->p[2] != ' ' && !is_digit(x->p[2])))
		return false;
	x->p += 2 + (x->p[2] != ' ');
	return true;
}

/* "12:34:56.789", "20210101_10:12:13.123456": a clock, a date in digits before it or none. */
static bool is_vendor_clock(struct span s)
{
	size_t n = 0;

	while (n < s.len && is_digit(s.ptr[n]))
		n++;
	if (n == 8 && n < s.len && (s.ptr[n] == '_' || s.ptr[n] == ' '))
		s = span_skip(s, n + 1);
	return console_is_clock(s);
}

/* "(CPU:1-pid:12:swapper/0) ", "[12:34:56.789] " behind the time: LG's, Sony's, OnePlus'; "@1" may follow the clock. */
static bool vendor_group(struct prefix *x)
{
	const char *p = x->p + (x->p < x->end && *x->p == ' '), *close;
	struct span inner;

	if (p >= x->end || (*p != '(' && *p != '['))
		return false;
	close = memchr(p, *p == '(' ? ')' : ']', x->end - p < 64 ? (size_t)(x->end - p) : 64);
	if (!close)
		return false;
	inner = (struct span){ p + 1, (size_t)(close - p - 1) };
	if (*p == '(' ? span_find(inner, SPAN("pid:")) < 0 || span_find(inner, SPAN("CPU:")) < 0 :
			!is_vendor_clock(inner))
		return false;
	x->p = close + 1;
	if (x->p < x->end && *x->p == ' ' && x->end - x->p > 1 && x->p[1] == '@')
		x->p++;
	vendor_at_cpu(x);
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

	vendor_at_cpu(x);
	while (vendor_group(x))
		;
	if (x->p < x->end && *x->p == '[') {
		n = caller_stamp(x->p, x->end, 2, &x->line->caller);
		if (n) {
			x->p += n;
			/* "[ C1][ T123]": the task tells, as in mainline's */
			if (x->p < x->end && *x->p == '[')
				x->p += caller_stamp(x->p, x->end, 2, &x->line->caller);
		} else {
			vendor_stamp(x);
		}
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
		} else if (memchr(" cI-.(<", x->p[0], 7) && (memchr(" c(<.-I[", x->p[1], 8) || is_digit(x->p[1])) &&
			   vendor_stamp(x)) {
			return;
		}
	}
	prefix_skip_blank(x);
}

bool console_take_time(struct prefix *x, bool strict)
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
bool console_take_caller(struct prefix *x)
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
bool console_take_priority(struct prefix *x)
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

/*
 * printk's exact prefix somewhere in s, or NULL; *ret_from is where it begins,
 * its "<4>" included.
 */
const char *console_find_stamp(struct span s, const char **ret_from)
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
