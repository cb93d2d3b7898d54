/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A prefix that no grammar knows, learnt from the log itself.
 *
 *	rig7/ttyS1 0042| Modules linked in: snd_seq
 *	rig7/ttyS1 0043| CPU: 0 PID: 12 Comm: task Not tainted 6.1.0
 *
 * Some lines of reports begin as nothing else does ("Modules linked in:").
 * Where such a beginning stands further down a line, what is in front of it is
 * a prefix's sample; once a second one has the same form, it is taken off every
 * line that has it.  Where the stream changes, the next such line teaches it
 * anew.  The same is done behind printk's time, where vendors' kernels add
 * their own.
 *
 * The form of a prefix is its sample with other numbers, other contents of
 * brackets, other widths and another level.  Its words may be others only where
 * it has two numbers or more, as a date has, and then not those before a colon:
 * they say who speaks.
 *
 * What stands in front of printk's own prefix, in line after line, is learnt
 * without such words (a carrier: "> ", "guest-1  | "): the lines between, which
 * are programs', lose it, too.
 *
 * It fails for the lines in front of the first two of a report, which keep the
 * prefix, and where a prefix has another form in every line.
 */
#include "input/console_parts.h"

#define MAX_GROUP_BYTES 96
/* So many lines in a row make a carrier: a prompt or a cut word stands before one message, not before each. */
#define CARRIED_LINES 3

/* What only a kernel's message begins with; what follows the weak may stand behind words of its own. */
struct anchor {
	struct span text;
	bool weak;	/* others' words, or more of the kernel's, may stand in front: believed behind a number */
};

static const struct anchor anchors[] = {
	{ SPAN("------------[ cut here ]"), false },
	{ SPAN("---[ end trace "), false },
	{ SPAN("---[ end Kernel panic"), false },
	{ SPAN("8<--- cut here ---"), false },
	{ SPAN("Modules linked in:"), false },
	{ SPAN("CPU: "), true },
	{ SPAN("Call Trace:"), false },
	{ SPAN("Call trace:"), false },
	{ SPAN("RIP: 0010:"), false },
	{ SPAN("RSP: 0018:"), false },
	{ SPAN("Hardware name: "), false },
	{ SPAN("Workqueue: "), true },
	{ SPAN("Internal error: "), true },
	{ SPAN("Unable to handle kernel "), false },
	{ SPAN("Kernel panic - not syncing"), false },
	{ SPAN("Kernel Offset: "), false },
	{ SPAN("kernel BUG at "), false },
	{ SPAN("general protection fault"), true },
	{ SPAN("BUG: "), true },
	{ SPAN("WARNING: "), true },
	{ SPAN("INFO: "), true },
	{ SPAN("Oops: "), true },
	{ SPAN("#PF: "), false },
	{ SPAN("pc : "), true },
	{ SPAN("Linux version "), true },
};

static bool is_word(char c)
{
	return is_digit(c) || is_lower(c) || is_upper(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* What the anchors begin with. */
static const bool may_begin[256] = {
	['-'] = true, ['8'] = true, ['M'] = true, ['C'] = true, ['R'] = true, ['H'] = true, ['W'] = true, ['I'] = true,
	['U'] = true, ['K'] = true, ['k'] = true, ['g'] = true, ['B'] = true, ['O'] = true, ['#'] = true, ['p'] = true,
	['L'] = true,
};

static const struct anchor *anchor_at(struct span s)
{
	for (size_t k = 0; k < countof(anchors); k++)
		if (anchors[k].text.ptr[0] == s.ptr[0] && anchors[k].text.ptr[1] == s.ptr[1] &&
		    span_starts(s, anchors[k].text))
			return &anchors[k];
	return NULL;
}

/* Where the message begins in s, not behind max, or 0: at its start, or nowhere. */
static size_t find_anchor(struct span s, size_t max, bool *ret_weak)
{
	size_t room = s.len < max ? s.len : max;
	const struct anchor *found;

	for (size_t i = 0; i < room && i + 1 < s.len; i++) {
		/* "│Modules": what is drawn is no letter, though it is made of such bytes */
		if (!may_begin[(unsigned char)s.ptr[i]] || (i && is_word(s.ptr[i - 1]) && (unsigned char)s.ptr[i - 1] < 0x80))
			continue;
		found = anchor_at(span_skip(s, i));
		if (!found)
			continue;
		*ret_weak = found->weak;
		return i;
	}
	return 0;
}

static size_t run(struct span s, size_t i, bool (*is)(char))
{
	size_t n = 0;

	while (i + n < s.len && is(s.ptr[i + n]))
		n++;
	return n;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool has_digit(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_digit(s.ptr[i]))
			return true;
	return false;
}

/* How many numbers the sample has: a date or a time has several. */
static size_t count_numbers(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += is_digit(s.ptr[i]) && (i == 0 || !is_digit(s.ptr[i - 1]));
	return n;
}

/* "12:00" or "12.345": nobody begins a sentence so; such a prefix is believed at once. */
static bool has_clock(struct span s)
{
	for (size_t i = 1; i + 2 < s.len; i++)
		if ((s.ptr[i] == ':' || s.ptr[i] == '.') && is_digit(s.ptr[i - 1]) && is_digit(s.ptr[i + 1]) &&
		    is_digit(s.ptr[i + 2]))
			return true;
	return false;
}

static bool is_level(struct span s)
{
	static const char *const names[] = {
		"emerg", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug", "fatal", "critical",
		"e", "w", "i", "d", "v", "f",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strlen(names[i]) == s.len && !strncasecmp(names[i], s.ptr, s.len))
			return true;
	return false;
}

/* The group that opens at i with its close: its length, or 0. */
static size_t group(struct span s, size_t i)
{
	static const char open[] = "[(<{", close[] = "])>}";
	const char *kind = memchr(open, s.ptr[i], 4), *end;

	if (!kind)
		return 0;
	end = memchr(s.ptr + i, close[kind - open], s.len - i < MAX_GROUP_BYTES ? s.len - i : MAX_GROUP_BYTES);
	return end ? (size_t)(end - s.ptr) + 1 - i : 0;
}

static bool same_word(struct span sample, struct span word, char behind, bool loose)
{
	if (span_equal(sample, word) || (has_digit(sample) && has_digit(word)) || (is_level(sample) && is_level(word)))
		return true;
	return loose && !has_digit(sample) && !memchr(":[=(", behind, 4);
}

/* Does s begin with the form of the sample?  Gives how much of it, or 0. */
static size_t match_form(struct span sample, struct span s)
{
	bool loose = count_numbers(sample) >= 2;
	size_t i = 0, j = 0, a, b;

	while (i < sample.len) {
		char c = sample.ptr[i];

		if (is_blank(c)) {
			a = run(sample, i, is_blank);
			b = run(s, j, is_blank);
			i += a;
			if (i == sample.len)	/* what is more belongs to the text */
				return b >= a ? j + a : 0;
			if (a != b && !b && !is_digit(sample.ptr[i]))
				return 0;
			j += b;
			continue;
		}
		if (j < s.len && is_digit(c) && is_blank(s.ptr[j]) && (i == 0 || !is_word(sample.ptr[i - 1])))
			j += run(s, j, is_blank);
		if (j >= s.len)
			return 0;
		a = group(sample, i);
		b = s.ptr[j] == c ? group(s, j) : 0;
		if (a && b) {
			if (has_digit((struct span){ sample.ptr + i, a }) != has_digit((struct span){ s.ptr + j, b }))
				return 0;
		} else if (is_word(c)) {
			a = run(sample, i, is_word);
			b = run(s, j, is_word);
			/* a frame's line may touch the text */
			if (i + a == sample.len && s.len - j >= a && !memcmp(sample.ptr + i, s.ptr + j, a))
				b = a;
			if (!b || !same_word((struct span){ sample.ptr + i, a }, (struct span){ s.ptr + j, b },
					     i + a < sample.len ? sample.ptr[i + a] : ' ', loose))
				return 0;
		} else {
			a = b = 1;
			if (s.ptr[j] != c)
				return 0;
		}
		i += a;
		j += b;
	}
	return j;
}

size_t console_learnt_length(struct console_learnt *learnt, struct span s, size_t max)
{
	struct span sample = { learnt->sample, learnt->len };
	bool weak = false;
	size_t n, at;

	if (learnt->sure) {
		n = match_form(sample, s);
		if (n)
			return n;
	}
	at = find_anchor(s, max, &weak);
	s.len = at;
	if (!at || (weak && !has_digit(s)))
		return 0;
	if (learnt->len && match_form(sample, s) == at) {
		learnt->sure = true;
		return at;
	}
	memcpy(learnt->sample, s.ptr, at);
	learnt->len = (uint8_t)at;
	learnt->sure = has_clock(s);
	return learnt->sure ? at : 0;
}

/* "/ # ", "login: ": a shell or getty waits, and the kernel speaks behind it. */
static bool is_prompt(struct span front)
{
	front = span_trim(front);
	return front.len && (memchr("#$", front.ptr[front.len - 1], 2) ||
			     (front.len >= 6 && !memcmp(front.ptr + front.len - 6, "login:", 6)));
}

void console_note_carrier(struct console_decoder *decoder, struct span front)
{
	struct console_learnt *c = &decoder->carrier;
	struct span sample = { c->sample, c->len };

	if (!front.len || front.len > CONSOLE_LEARNT_BYTES || is_prompt(front)) {
		c->len = decoder->n_carried = 0;
		c->sure = false;
		return;
	}
	if (c->len && match_form(sample, front) == front.len) {
		decoder->n_carried += decoder->n_carried < CARRIED_LINES;
		c->sure = decoder->n_carried == CARRIED_LINES;
		return;
	}
	memcpy(c->sample, front.ptr, front.len);
	c->len = (uint8_t)front.len;
	c->sure = false;
	decoder->n_carried = 1;
}

size_t console_carrier_length(const struct console_decoder *decoder, struct span s)
{
	return decoder->carrier.sure ? match_form((struct span){ decoder->carrier.sample, decoder->carrier.len }, s) : 0;
}
