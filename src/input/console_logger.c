/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What loggers, labs and dmesg put in front of a console line.
 *
 *	Nov 22 10:00:00 vm kernel: [   12.345678] usb 1-1: new device    syslog, journalctl
 *	Nov 22 10:00:00.123456 vm sshd[12]: Accepted publickey            short-precise
 *	Sun 2026-11-22 10:00:00 UTC vm kernel: text                       short-full
 *	2026-11-22T10:00:00.123456+00:00 vm kernel: text                  RFC 5424 file format, short-iso
 *	1 2026-11-22T10:00:00Z vm kernel - - - text                       RFC 5424, behind <N>
 *	1795341600.123456 vm kernel: text                                 short-unix
 *	Sun Nov 22 10:00:00 2026 kern.warn kernel: [   12.3] text         OpenWrt logread
 *	2026-11-22T10:00:00.1234567Z text                                 GitHub Actions
 *	2026-11-22T10:00:00.123456Z 01O text                              GitLab
 *	10:00:00.123456  text                                             KernelCI
 *	[2026-11-22 10:00:00] text, [10:00:00.123] text                   tio, minicom, Jenkins
 *	[12.345678 0.000123] text                                         grabserial
 *	11-22 10:00:00.123     0     0 I         : text                   Android logcat
 *	2026-11-22 10:00:00.123  root     0     0 W kernel  : text        the same with -v year, uid
 *	W/kernel  (    0): text                                           the same with -v brief
 *	- {"dt": "2026-11-22T10:00:00.123456", "lvl": "target", "msg": "text"}   LAVA
 *
 * A tag tells a program only with its pid ("sshd[12]: "): "Nov 22 10:00:00
 * Internal error: Oops" may be a kernel without time stamps behind a lab's
 * date.  So "Nov 22 10:00:00 vm cron: text" stays ORIGIN_UNKNOWN with its host.
 * A date alone proves nothing of who wrote the line.
 *
 * It fails where a kernel line that no printk prefix leads looks like a tag
 * with a pid: "comm[12]: segfault at ..." becomes the word of a program comm.
 */
#include "input/console_parts.h"

#define MAX_WORD_BYTES 64

/*
 * Does [p, end) begin with this shape?  d: digit, _: digit or blank, A: upper
 * case, a: lower case, S: + or -; anything else is itself.  Gives its length,
 * or 0.
 */
static size_t shape(const char *p, const char *end, const char *want)
{
	size_t n = strlen(want);

	if ((size_t)(end - p) < n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool ok;

		switch (want[i]) {
		case 'd': ok = is_digit(c); break;
		case '_': ok = is_digit(c) || c == ' '; break;
		case 'A': ok = is_upper(c); break;
		case 'a': ok = is_lower(c); break;
		case 'S': ok = c == '+' || c == '-'; break;
		default: ok = c == want[i]; break;
		}
		if (!ok)
			return 0;
	}
	return n;
}

/* ".123456" or ",123" at p: its length, or 0. */
static size_t fraction(const char *p, const char *end)
{
	uint64_t value;
	size_t n;

	if (p >= end || (*p != '.' && *p != ','))
		return 0;
	n = prefix_digits(p + 1, end, 9, &value);
	return n ? n + 1 : 0;
}

/* "Z", "+00:00", "-0700" at p: its length, or 0. */
static size_t zone(const char *p, const char *end)
{
	if (p < end && *p == 'Z')
		return 1;
	if (shape(p, end, "Sdd:dd"))
		return 6;
	return shape(p, end, "Sdddd");
}

/* "10:00:00.123456": its length, or 0. */
static size_t clock_time(const char *p, const char *end)
{
	size_t n = shape(p, end, "dd:dd:dd");

	return n ? n + fraction(p + n, end) : 0;
}

/* "2026-11-22T10:00:00.123456+00:00" and relatives: length, or 0; *ret_dmesg: dmesg wrote it. */
static size_t iso_time(const char *p, const char *end, bool *ret_dmesg)
{
	size_t date = shape(p, end, "dddd-dd-dd"), n, frac;
	bool letter;

	if (!date)
		date = shape(p, end, "dddd/dd/dd");
	if (!date || p + date >= end || (p[date] != 'T' && p[date] != ' '))
		return 0;
	letter = p[date] == 'T';
	n = shape(p + date + 1, end, "dd:dd:dd");
	if (!n)
		return 0;
	n += date + 1;
	frac = fraction(p + n, end);
	/* util-linux: a comma and microseconds, always with a zone. */
	*ret_dmesg = letter && frac == 7 && p[n] == ',' && shape(p + n + frac, end, "Sdd:dd");
	n += frac;
	return n + zone(p + n, end);
}

/* "1795341600.123456": seconds since 1970 in ten digits; length, or 0. */
static size_t epoch_time(const char *p, const char *end)
{
	size_t n = shape(p, end, "dddddddddd."), frac;

	frac = n ? fraction(p + n - 1, end) : 0;
	return frac >= 4 ? n - 1 + frac : 0;
}

/* The stamp in brackets behind '[': length up to the bracket's end, or 0. */
static size_t bracket_time(const char *p, const char *end)
{
	struct date_form form;
	uint64_t value;
	bool dmesg;
	size_t n = iso_time(p, end, &dmesg), frac;

	if (n && p + n < end && p[n] != ']')
		n = 0;

	if (!n)
		n = clock_time(p, end);
	if (!n)
		n = console_date_length(p, end, &form);
	if (!n) {	/* grabserial: since start, since the line before */
		n = prefix_digits(p, end, 9, &value);
		frac = n ? fraction(p + n, end) : 0;
		n = frac == 7 && p + n + frac < end && p[n + frac] == ' ' ? n + frac + 1 : 0;
		if (!n)
			return 0;
		frac = prefix_digits(p + n, end, 9, &value);
		if (!frac || fraction(p + n + frac, end) != 7)
			return 0;
		n += frac + 7;
	}
	return p + n < end && p[n] == ']' ? n + 1 : 0;
}

/* ------------------------------------------------------------------ tags */

static size_t word_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && n <= MAX_WORD_BYTES && p[n] != ' ' && p[n] != '\t')
		n++;
	return n <= MAX_WORD_BYTES ? n : 0;
}

/* The word at p is one of names (two or more, NULL at the end): its index, or -1. */
static int find_name(const char *p, size_t n, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strlen(names[i]) == n && !memcmp(names[i], p, n))
			return i;
	return -1;
}

/* "kern.warn"; appliances name the level alone: "host warning kernel: text" */
static bool is_facility_word(const char *p, size_t n)
{
	static const char *const levels[] = {
		"emerg", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug", NULL
	};
	const char *dot = memchr(p, '.', n);

	if (!dot)
		return find_name(p, n, levels) >= 0;
	if (dot == p || dot + 1 == p + n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_lower(p[i]) && p[i] != '.' && !is_digit(p[i]))
			return false;
	return true;
}

/* "kernel:", "kernel[0]:", and what the System V loggers and the BSDs call it. */
static bool is_kernel_tag(const char *p, size_t n)
{
	static const char *const tags[] = { "kernel:", "kernel[0]:", "vmunix:", "klogd:", "kern:", NULL };

	for (int i = 0; tags[i]; i++)
		if (strlen(tags[i]) == n && !memcmp(tags[i], p, n))
			return true;
	return false;
}

/* Is the word "name[123]:"?  Gives the length of the name, or 0. */
static size_t pid_tag_length(const char *p, size_t n)
{
	size_t i;

	if (n < 5 || p[n - 1] != ':' || p[n - 2] != ']')
		return 0;
	for (i = n - 3; i > 0 && is_digit(p[i]); i--)
		;
	return i > 0 && i < n - 3 && p[i] == '[' ? i : 0;
}

/* Programs that read another machine's console and log it: what stands behind their tag is no word of their own. */
static bool is_console_reader(struct span name)
{
	static const struct span names[] = {
		{ "qemu", 4 }, { "virtqemud", 9 }, { "libvirtd", 8 }, { "conserver", 9 }, { "console", 7 }, { "ser2net", 7 },
		{ "crosvm", 6 }, { "firecracker", 11 }, { "cloud-hypervisor", 16 }, { "lkvm", 4 }, { "xenconsoled", 11 },
		{ "minicom", 7 }, { "picocom", 7 }, { "tio", 3 }, { "netconsole", 10 }, { "vmm", 3 },
	};

	for (size_t i = 0; i < countof(names); i++)
		if (span_starts(name, names[i]))
			return true;
	return false;
}

/* The word at p is a tag: take it off and say who speaks. */
static bool take_tag(struct prefix *x, const char *p, size_t n)
{
	size_t name;

	if (is_kernel_tag(p, n)) {
		x->line->origin = ORIGIN_KERNEL;
		x->line->flags |= LINE_LOGGED;
	} else if ((name = pid_tag_length(p, n))) {
		if (is_console_reader((struct span){ p, name }) && p + n < x->end &&
		    console_begins_timed((struct span){ p + n + 1, (size_t)(x->end - p) - n - 1 })) {
			x->p = p + n + 1;
			return true;
		}
		x->line->origin = ORIGIN_OTHER;
		x->line->speaker = (struct span){ p, name };
	} else {
		return false;
	}
	x->p = p + n;
	prefix_skip_blank(x);
	return true;
}

bool console_logger_tag(struct prefix *x, bool behind_time)
{
	const char *p = x->p, *colon;
	size_t room = (size_t)(x->end - p);

	/* Most lines are ruled out by what their first colon ends. */
	colon = memchr(p, ':', room < 3 * MAX_WORD_BYTES ? room : 3 * MAX_WORD_BYTES);
	if (!colon || colon == p || !memchr("l]xdn", colon[-1], 5))
		return false;
	/* The tag is the first word, or the host is; between them may stand "kern.warn". */
	for (int words = 0; words < 3; words++) {
		size_t n = word_length(p, x->end);

		if (n < 2)
			return false;
		if ((!behind_time || words || p[n - 2] != ']') && take_tag(x, p, n))
			return true;
		if (words == 1 && !is_facility_word(p, n))
			return false;
		if (p[n - 1] == ':' || p + n >= x->end || p[n] != ' ')
			return false;
		p += n + 1;
	}
	return false;
}

/* RFC 5424 behind the date: "host app procid msgid structured-data text". */
static void rfc5424_rest(struct prefix *x)
{
	const char *p = x->p, *word[4];
	size_t len[4];

	for (int i = 0; i < 4; i++) {
		len[i] = word_length(p, x->end);
		if (!len[i] || p + len[i] >= x->end || p[len[i]] != ' ')
			return;
		word[i] = p;
		p += len[i] + 1;
	}
	if (p < x->end && *p == '[') {
		p = memchr(p, ']', (size_t)(x->end - p));
		if (!p)
			return;
	} else if (p >= x->end || *p != '-') {
		return;
	}
	x->p = p + 1;
	prefix_skip_blank(x);
	if (len[1] == 6 && !memcmp(word[1], "kernel", 6)) {
		x->line->origin = ORIGIN_KERNEL;
		x->line->flags |= LINE_LOGGED;
		return;
	}
	x->line->origin = ORIGIN_OTHER;
	x->line->speaker = (struct span){ word[1], len[1] };
}

/* ---------------------------------------------------------- whole stamps */

/* "tag : text" of logd, at p: who speaks. */
static void android_tag(struct prefix *x, const char *tag, bool kernel)
{
	const char *colon = memchr(tag, ':', (size_t)(x->end - tag));
	size_t n = colon ? span_trim((struct span){ tag, (size_t)(colon - tag) }).len : 0;

	x->p = tag;
	if (colon && (n == 0 || (n == 6 && !memcmp(tag, "kernel", 6)))) {
		x->line->origin = ORIGIN_KERNEL;
		x->p = colon + 1;
		prefix_skip_blank(x);
	} else if (kernel) {
		/* logd takes what stands before a colon for a tag, also in the kernel's lines */
		x->line->origin = ORIGIN_KERNEL;
	} else if (colon) {
		x->line->origin = ORIGIN_OTHER;
		x->line->speaker = span_trim((struct span){ tag, (size_t)(colon - tag) });
		x->p = colon + 1;
		prefix_skip_blank(x);
	}
}

/* "11-22 10:00:00.123   456   789 I tag : text"; a year before the date, a user before the process */
static bool android_stamp(struct prefix *x)
{
	size_t year = shape(x->p, x->end, "dddd-"), len;
	size_t n = shape(x->p + year, x->end, "dd-dd dd:dd:dd.ddd ");
	const char *p = x->p + year + n;
	uint64_t id[2];

	if (!n)
		return false;
	for (int i = 0; i < 2; i++) {
		while (p < x->end && *p == ' ')
			p++;
		if (!i && p < x->end && is_lower(*p)) {
			while (p < x->end && (is_lower(*p) || is_digit(*p) || *p == '_'))
				p++;
			while (p < x->end && *p == ' ')
				p++;
		}
		len = prefix_digits(p, x->end, 9, &id[i]);
		if (!len || p + len >= x->end || p[len] != ' ')
			return false;
		p += len;
	}
	if (x->end - p < 3 || !is_upper(p[1]) || p[2] != ' ')
		return false;
	android_tag(x, p + 3, id[0] == 0 && id[1] == 0);
	return true;
}

/* "W/kernel  (    0): text": logcat -v brief.  Of other tags nothing is said: "A/B (12): ..." is anybody's. */
static bool android_brief(struct prefix *x)
{
	const char *p = x->p + 8;

	if (x->end - x->p < 14 || x->p[1] != '/' || !memchr("VDIWEFA", *x->p, 7) || memcmp(x->p + 2, "kernel", 6))
		return false;
	while (p < x->end && (*p == ' ' || *p == '(' || *p == '0'))
		p++;
	if (x->end - p < 2 || p[0] != ')' || p[1] != ':')
		return false;
	x->p = p + 2;
	prefix_skip_blank(x);
	x->line->origin = ORIGIN_KERNEL;
	return true;
}

/* LAVA's log as YAML: one mapping per line, in JSON's style. */
static bool lava_stamp(struct prefix *x, enum console_escape *ret_escape)
{
	static const struct span middle = { "\", \"lvl\": \"", 11 }, last = { "\", \"msg\": \"", 11 };
	struct prefix y = *x;
	const char *quote;
	bool dmesg;
	size_t n;

	if (!prefix_starts(&y, SPAN("- {\"dt\": \"")))
		return false;
	y.p += 10;
	n = iso_time(y.p, y.end, &dmesg);
	y.p += n;
	if (!n || !prefix_starts(&y, middle))
		return false;
	y.p += middle.len;
	quote = memchr(y.p, '"', (size_t)(y.end - y.p));
	if (!quote)
		return false;
	n = (size_t)(quote - y.p);
	if (!(n == 6 && !memcmp(y.p, "target", 6))) {
		y.line->origin = ORIGIN_OTHER;
		y.line->speaker = SPAN("lava");
	}
	y.p = quote;
	if (!prefix_starts(&y, last))
		return true;
	y.p += last.len;
	if (y.end - y.p >= 2 && !memcmp(y.end - 2, "\"}", 2))
		y.end -= 2;
	*ret_escape = ESCAPE_JSON;
	*x = y;
	return true;
}

/* Takes off the stamp of n bytes where a blank or the end follows; says whether it did. */
static bool take_stamp(struct prefix *x, size_t n)
{
	if (!n || (x->p + n < x->end && x->p[n] != ' '))
		return false;
	x->p += n;
	prefix_skip_blank(x);
	return true;
}

static bool time_first(struct prefix *x, bool *ret_tag)
{
	const char *start = x->p;
	struct date_form form;
	bool dmesg = false;
	size_t n, longer;

	*ret_tag = true;
	n = iso_time(x->p, x->end, &dmesg);
	/* zones behind a blank: "2026-11-22 10:00:00 +0000 UTC" */
	longer = n ? console_date_length(x->p, x->end, &form) : 0;
	if (longer > n)
		n = longer;
	if (take_stamp(x, n)) {
		if (dmesg) {
			x->line->origin = ORIGIN_KERNEL;
			x->line->flags |= LINE_LOGGED;
		}
		/* GitLab: section and stream, "01O ", "00E+" */
		if (shape(x->p, x->end, "ddA") && (x->p[2] == 'O' || x->p[2] == 'E'))
			x->p += 3 + (x->p + 3 < x->end && (x->p[3] == ' ' || x->p[3] == '+'));
	} else if (take_stamp(x, epoch_time(x->p, x->end))) {
		return true;
	} else if (take_stamp(x, clock_time(x->p, x->end))) {
		n = clock_time(start, x->end);
		*ret_tag = false;
	} else {
		return false;
	}
	/* LAVA and KernelCI: microseconds, no zone, two blanks. */
	if (n >= 15 && start[n - 7] == '.' && x->p < x->end && *x->p == ' ' &&
	    (x->p + 1 == x->end || x->p[1] != ' '))
		x->p++;
	return true;
}

/* behind_number: one of grep's stands in front; there is one at the most. */
static bool stamp(struct prefix *x, bool behind_number, enum console_escape *ret_escape);

/* "1261929:Apr 13 ...", and "1262024-Apr 13 ..." of the lines around it: grep -n, -b with -A, -B, -C. */
static bool found_by_grep(struct prefix *x, enum console_escape *ret_escape)
{
	struct prefix y = *x;
	uint64_t number;

	y.p += prefix_digits(y.p, y.end, 12, &number);
	if (y.p >= y.end || (*y.p != ':' && *y.p != '-') || ++y.p >= y.end || *y.p == '-')
		return false;
	if (!stamp(&y, true, ret_escape))
		return false;
	*x = y;
	return true;
}

/* Behind "name  | " (docker compose), "file:17:" (grep): the same, a logger's tag follows. */
static bool carried_by_name(struct prefix *x, enum console_escape *ret_escape)
{
	struct prefix y = *x;
	uint64_t number;
	size_t n;

	while (y.p < y.end && y.p - x->p < 48 && *y.p != ':' && *y.p != '|')
		y.p++;
	if (y.end - y.p < 20 || y.p - x->p == 48 || y.p == x->p)
		return false;
	if (*y.p == '|') {
		if (y.p[-1] != ' ' || y.p[1] != ' ')
			return false;
		y.p += 2;
	} else {
		n = prefix_digits(y.p + 1, y.end, 9, &number);
		if (!n || y.p + 1 + n >= y.end || y.p[1 + n] != ':')
			return false;
		y.p += n + 2;
	}
	if (!stamp(&y, true, ret_escape) || y.line->origin == ORIGIN_UNKNOWN)
		return false;
	*x = y;
	return true;
}

/* "> May  6 12:00:00 box kernel: text", "    17\tMay ...", "| ...": quoted, numbered, drawn; a logger's tag follows. */
static bool carried(struct prefix *x, enum console_escape *ret_escape)
{
	struct prefix y = *x;
	uint64_t number;
	size_t n;

	while (y.p < y.end && y.p - x->p < 24 && memchr("> \t|", *y.p, 4))
		y.p++;
	n = prefix_digits(y.p, y.end, 9, &number);
	if (n && y.p + n < y.end && (y.p[n] == '\t' || y.p[n] == ' '))
		y.p += n;
	while (y.p < y.end && y.p - x->p < 32 && (*y.p == ' ' || *y.p == '\t'))
		y.p++;
	if (y.p == x->p || y.p == y.end || !stamp(&y, true, ret_escape) || y.line->origin == ORIGIN_UNKNOWN)
		return false;
	*x = y;
	return true;
}

static bool stamp(struct prefix *x, bool behind_number, enum console_escape *ret_escape)
{
	struct date_form form;
	bool tag = true;
	char c = *x->p;

	if (c == '-')
		return lava_stamp(x, ret_escape);
	if (!behind_number && memchr("> \t|", c, 4))
		return carried(x, ret_escape);
	if (c == '[') {
		size_t n = bracket_time(x->p + 1, x->end);

		/* conserver's date touches the text: then blanks behind it are the text's own */
		if (n > 12 && x->touches && x->p + n + 1 < x->end && (*x->touches |= x->p[n + 1] != ' ')) {
			x->p += n + 1;
			return true;
		}
		return n && take_stamp(x, n + 1);
	}
	if (is_digit(c)) {
		struct prefix y = *x;

		if (shape(x->p, x->end, "d dddd-") && x->line->level >= 0) {
			y.p += 2;
			if (!time_first(&y, &tag))
				return false;
			*x = y;
			rfc5424_rest(x);
			return true;
		}
		if (android_stamp(x))
			return true;
		if (!time_first(x, &tag) && !take_stamp(x, console_date_length(x->p, x->end, &form)))
			return !behind_number && found_by_grep(x, ret_escape);
	} else if (!take_stamp(x, console_date_length(x->p, x->end, &form))) {
		return android_brief(x) || (!behind_number && carried_by_name(x, ret_escape));
	}
	if (tag && console_logger_tag(x, false) && x->line->origin == ORIGIN_KERNEL)
		*ret_escape = ESCAPE_SYSLOG;
	return true;
}

bool console_logger_stamp(struct prefix *x, enum console_escape *ret_escape)
{
	return stamp(x, false, ret_escape);
}

/* ----------------------------------------------------------------- dmesg */

/* "Nov22 10:00", "kvě 6 10:00", "5月 6 10:00": dmesg -H where a minute begins; its length, or 0. */
static size_t dmesg_minute(const char *p, const char *end)
{
	const char *close = memchr(p, ']', end - p < 40 ? (size_t)(end - p) : 40);
	bool name = false;

	if (!close || close - p < 10 || !shape(close - 8, end, "_d dd:dd"))
		return 0;
	for (const char *q = p; q < close - 8; q++) {
		if (!is_digit(*q) && !memchr(" .", *q, 2) && !is_upper(*q) && !is_lower(*q) && (unsigned char)*q < 0x80)
			return 0;
		name |= !is_digit(*q) && *q != ' ';
	}
	return name ? (size_t)(close - p) : 0;
}

bool console_dmesg_stamp(struct prefix *x)
{
	const char *p = x->p + 1;
	struct date_form form;
	size_t n, frac;
	uint64_t value;

	if (x->end - x->p < 6 || (x->touches && *x->touches))
		return false;
	/* dmesg -T has a weekday and a year; a lab's date has not both */
	n = console_date_length(p, x->end, &form);
	if (n && (form.words < 2 || !form.year))
		n = 0;
	if (!n)
		n = dmesg_minute(p, x->end);
	if (!n) {
		while (p + n < x->end && n < 8 && (p[n] == ' ' || p[n] == '<'))
			n++;
		if (p + n >= x->end || (p[n] != '+' && p[n] != '-' && (!n || !memchr(p, '<', n))))
			return false;
		n += p[n] == '+' || p[n] == '-';
		frac = prefix_digits(p + n, x->end, 12, &value);
		if (frac > 1 && p[n] == '0')
			return false;
		n += frac;
		frac = frac ? fraction(p + n, x->end) : 0;
		if (frac != 7)
			return false;
		n += frac;
	}
	/* "<   12.345678>", also behind a date: time since the line before (dmesg -d) */
	while (p + n < x->end && n < 64 && p[n] != ']')
		if (!memchr(" <>.-", p[n], 5) && !is_digit(p[n]))
			return false;
		else
			n++;
	if (p + n >= x->end || p[n] != ']' || (p + n + 1 < x->end && p[n + 1] != ' '))
		return false;
	x->p = p + n + 1;
	prefix_skip_blank(x);
	if (x->line->origin == ORIGIN_UNKNOWN)
		x->line->origin = ORIGIN_KERNEL;
	/* dmesg puts its stamp in the place of printk's: where both stand, a lab wrote the first. */
	if (x->p == x->end || *x->p != '[')
		x->line->flags |= LINE_LOGGED;
	return true;
}

bool console_dmesg_facility(struct prefix *x)
{
	static const char *const facilities[] = {
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"res0", "res1", "res2", "res3", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
		"local7", NULL
	};
	static const char *const levels[] = {
		"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", NULL
	};
	const char *p = x->p;
	int found[2];

	for (int i = 0; i < 2; i++) {
		size_t n = 0;

		while (p + n < x->end && n < 9 && (is_lower(p[n]) || is_digit(p[n])))
			n++;
		found[i] = n ? find_name(p, n, i ? levels : facilities) : -1;
		if (found[i] < 0)
			return false;
		p += n;
		while (p < x->end && *p == ' ')
			p++;
		if (p >= x->end || *p++ != ':')
			return false;
	}
	if (p < x->end && *p != ' ')
		return false;
	x->p = p;
	prefix_skip_blank(x);
	console_priority(x->line, (uint64_t)found[0] * 8 + (uint64_t)found[1]);
	x->line->flags |= LINE_LOGGED;
	return true;
}
