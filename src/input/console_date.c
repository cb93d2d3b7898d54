/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dates in any language, by their form: words and numbers around a clock.
 *
 *	Nov 22 10:00:00.123456		syslog, journalctl
 *	kvě 06 12:00:00			the same where the machine speaks Czech
 *	 5月 06 12:00:00			Japanese
 *	Thg 5 06 12:00:00		Vietnamese: two numbers
 *	Sun Nov 22 10:00:00 2026	dmesg -T, OpenWrt
 *	Po kvě  6 12:00:00 2024		dmesg -T in Czech
 *	Sun 2026-11-22 10:00:00 UTC	journalctl -o short-full
 *	06.05.2024 12:00:00, 2024/05/06 12:00:00:123, 12:00:00 PM 05/06/2024
 *
 * What a month is called is not known here: glibc has hundreds of names for
 * it.  A date has a clock, a day, at the most two words before the clock (four
 * where it has a year), and behind the clock nothing but a fraction, AM or PM,
 * a year and zones.  It
 * fails where a text begins with words, a number and a clock time ("took 5
 * 10:00:00 x"): they are taken for a date then.
 */
#include "input/console_parts.h"

#define MAX_DATE_BYTES 64
#define MAX_DATE_WORDS 4
#define MAX_WORD_BYTES 32
#define MAX_BEHIND 4

/* What is read of a date so far. */
struct date {
	const char *p, *end;
	struct date_form form;
	bool day;
};

static bool is_letter(char c)
{
	return is_upper(c) || is_lower(c) || (unsigned char)c >= 0x80;
}

/* ".123456", ",123" or ":123": its length, or 0. */
static size_t fraction(const char *p, const char *end)
{
	uint64_t value;
	size_t n;

	if (p >= end || !memchr(".,:", *p, 3))
		return 0;
	n = prefix_digits(p + 1, end, 9, &value);
	return n ? n + 1 : 0;
}

/* "10:00:00.123", "9:05:00": its length, or 0. */
static size_t clock_length(const char *p, const char *end)
{
	uint64_t value[3];
	size_t n = 0, digits;

	for (int i = 0; i < 3; i++) {
		digits = prefix_digits(p + n, end, 3, &value[i]);
		if (!digits || digits > 2 || (i && digits != 2))
			return 0;
		n += digits;
		if (i < 2 && (p + n >= end || p[n++] != ':'))
			return 0;
	}
	if (value[0] > 24 || value[1] > 59 || value[2] > 60)
		return 0;
	return n + fraction(p + n, end);
}

/* A number of a date with what may stand at its end: "06", "06.05.2024", "2024-05-06T", "6.", "5月". */
static size_t number_length(const char *p, const char *end, bool *ret_year)
{
	uint64_t value;
	size_t n = 0, digits, parts = 0;

	*ret_year = false;
	for (;;) {
		digits = prefix_digits(p + n, end, 5, &value);
		if (!digits || digits > 4 || digits == 3 || parts++ == 3)
			return 0;
		*ret_year |= digits == 4 && value >= 1970 && value < 2100;
		n += digits;
		if (p + n + 1 >= end || !memchr("-./", p[n], 3) || !is_digit(p[n + 1]))
			break;
		n++;
	}
	if (parts == 1 && p + n < end && (unsigned char)p[n] >= 0x80)
		while (p + n < end && n < 16 && (unsigned char)p[n] >= 0x80)
			n++;	/* 月, 일 */
	else if (p + n < end && (*(p + n) == 'T' || *(p + n) == ',' || *(p + n) == '.' || *(p + n) == '-'))
		n++;
	return n;
}

/* "Sun", "kvě", "ม.ค.", "lun.", "T2": letters first. */
static size_t word_length(const char *p, const char *end)
{
	size_t n = 0;

	if (p >= end || !is_letter(*p))
		return 0;
	while (p + n < end && n <= MAX_WORD_BYTES && (is_letter(p[n]) || is_digit(p[n]) || p[n] == '.' || p[n] == '\''))
		n++;
	if (p + n < end && p[n] == ',')
		n++;
	return n <= MAX_WORD_BYTES ? n : 0;
}

/* "Z", "+0000", "+02:00", "+02", "UTC", "CEST", "PM" behind the clock: its length, or 0. */
static size_t zone_length(const char *p, const char *end)
{
	static const char *const names[] = { "UTC", "MSK", "WIB", "AM", "PM", "am", "pm", "Z" };
	uint64_t value;
	size_t n = 0;

	if (p < end && (*p == '+' || *p == '-')) {
		n = prefix_digits(p + 1, end, 5, &value) + 1;
		if (n == 3 && p + 6 <= end && p[3] == ':' && is_digit(p[4]) && is_digit(p[5]))
			n = 6;
		return n == 3 || n == 5 || n == 6 ? n : 0;
	}
	while (p + n < end && n < 6 && (is_upper(p[n]) || is_lower(p[n])))
		n++;
	for (size_t i = 0; i < countof(names); i++)
		if (strlen(names[i]) == n && !memcmp(p, names[i], n))
			return n;
	/* CET, CEST, PDT, ...; CRIT and ALERT are levels */
	if (n < 3 || n > 4 || p[n - 1] != 'T' || !memcmp(p, "CRIT", n))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!is_upper(p[i]))
			return 0;
	return n;
}

static size_t blanks(const struct date *d, const char *p)
{
	size_t n = 0;

	while (p + n < d->end && n < 3 && p[n] == ' ')
		n++;
	return n;
}

/* Words and numbers up to the clock, and the clock. */
static bool before_clock(struct date *d)
{
	for (int i = 0; i < MAX_DATE_WORDS + 4; i++) {
		size_t n;
		bool year;

		d->p += blanks(d, d->p);
		n = clock_length(d->p, d->end);
		if (n) {
			d->p += n;
			return true;
		}
		n = number_length(d->p, d->end, &year);
		if (n) {
			d->day = true;
			d->form.year |= year;
			d->form.words += (unsigned char)d->p[n - 1] >= 0x80;	/* "5月" is a month's name */
			/* a day of one number needs a blank behind it, or it is no number of a date */
			if (d->p + n < d->end && d->p[n] != ' ' && d->p[n - 1] != 'T' && d->p[n - 1] != '-')
				return false;
			d->p += n;
			continue;
		}
		n = word_length(d->p, d->end);
		if (!n || ++d->form.words > MAX_DATE_WORDS || d->p + n >= d->end || d->p[n] != ' ')
			return false;
		d->p += n;
	}
	return false;
}

/* Year, zones, AM and PM, a date that stands behind its clock. */
static void behind_clock(struct date *d)
{
	for (int i = 0; i < MAX_BEHIND; i++) {
		const char *p = d->p + blanks(d, d->p), *next;
		bool year = false;
		size_t n = zone_length(p, d->end);

		if (!n) {
			n = number_length(p, d->end, &year);
			if (!year || p == d->p)
				return;
		}
		next = p + n;
		if (next < d->end && *next != ' ' && *next != ']')
			return;
		d->form.year |= year;
		d->day |= year;
		d->p = next;
	}
}

size_t console_date_length(const char *p, const char *end, struct date_form *ret)
{
	size_t room = (size_t)(end - p) < MAX_DATE_BYTES ? (size_t)(end - p) : MAX_DATE_BYTES;
	struct date d = { .p = p, .end = p + room };

	/* Most lines are ruled out by having no clock. */
	if (room < 8 || !memchr(p, ':', room) || !before_clock(&d))
		return 0;
	behind_clock(&d);
	if (!d.day || (d.form.words > 2 && !d.form.year))
		return 0;
	*ret = d.form;
	return (size_t)(d.p - p);
}

bool console_is_clock(struct span s)
{
	return s.len && clock_length(s.ptr, s.ptr + s.len) == s.len;
}
