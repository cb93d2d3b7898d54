/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a log holds twice.
 *
 * A real console replays what the boot console printed, and people print the
 * kernel's buffer again (dmesg, journalctl -k):
 *
 *	[    2.578390] printk: bootconsole [earlyser0] disabled
 *	[    0.000000] Linux version 5.17.0 ...		the same boot, once more
 *	~ # dmesg
 *	[    0.000000] Linux version 6.6.30 ...		and again
 *
 * Where no such word stands before the banner, the lines after it tell: two
 * boots of one machine do not print the same text in the same microsecond.
 * Clocks that tick in milliseconds, and the first moments of a boot, say
 * nothing; where all times are such, a banner of the same kernel is a reboot.
 */
#include "report/parser_parts.h"

/* Earlier than this even two boots may print a line at the same time. */
#define TELLING_US 20000
#define MAX_WAIT_LINES 2000
/* Two boots have the same warnings; only later ones of one time and text are the same one. */
#define SAME_BOOT_US 1000000
#define TOLD_MIN_LINES 8

static uint64_t hash_span(uint64_t h, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3;
	return h;
}

static uint64_t hash_number(uint64_t h, uint64_t n)
{
	return hash_span(h, (struct span){ (const char *)&n, sizeof(n) });
}

#define HASH_START 0xcbf29ce484222325

static bool is_telling(int64_t time_us)
{
	return time_us >= TELLING_US && time_us % 1000 != 0;
}

static bool was_heard(const struct again *again, uint64_t hash)
{
	for (size_t i = 0; i < again->n_heard; i++) {
		if (again->heard[i] == hash)
			return true;
	}
	return false;
}

void parser_await_again(struct culprit_parser *p, struct draft *event, const struct boot_state *before)
{
	struct again *again = &p->again;

	again->pending = true;
	again->event = event;
	again->before = *before;
	again->n_new = again->n_same = again->n_waited = 0;
}

static void drop_event(struct culprit_parser *p)
{
	for (size_t i = 0; i < p->n_drafts; i++) {
		if (p->drafts[i] == p->again.event) {
			parser_drop_draft(p, i);
			return;
		}
	}
}

static void restore(struct culprit_parser *p, const struct boot_state *s)
{
	p->phase = s->phase > p->phase ? s->phase : p->phase;
	p->n_boots = s->n_boots;
	p->boot_serial = s->boot_serial;
	p->boot_off = s->boot_off;
	p->in_kernel = s->in_kernel;
	p->logged = s->logged;
	p->handed_over |= s->handed_over;
	p->suspended = s->suspended;
	p->panicked |= s->panicked;
	p->crashed |= s->crashed;
	p->shut_down |= s->shut_down;
	if (s->suppressed)
		p->suppressed = s->suppressed;
	if (s->corrupted)
		p->corrupted = s->corrupted;
}

struct culprit_error *parser_decide_again(struct culprit_parser *p)
{
	struct again *again = &p->again;

	if (!again->pending)
		return NULL;
	again->pending = false;
	if (again->n_same && again->n_same * 2 >= again->n_new) {
		TRACE(p, "the boot that begins there was told before\n");
		drop_event(p);
		restore(p, &again->before);
		return NULL;
	}
	memcpy(again->heard, again->new_lines, again->n_new * sizeof(*again->heard));
	again->n_heard = again->n_new;
	return again->event && !again->event->closed ? parser_close_draft(p, again->event) : NULL;
}

struct culprit_error *parser_note_heard(struct culprit_parser *p, const struct line *line)
{
	struct again *again = &p->again;
	uint64_t hash;

	if (again->pending && ++again->n_waited > MAX_WAIT_LINES)
		return parser_decide_again(p);
	if (line->origin != ORIGIN_KERNEL || !is_telling(line->time_us))
		return NULL;
	hash = hash_span(hash_number(HASH_START, (uint64_t)line->time_us), line->text);
	if (!again->pending) {
		if (again->n_heard < HEARD_LINES)
			again->heard[again->n_heard++] = hash;
		return NULL;
	}
	again->n_same += was_heard(again, hash);
	again->new_lines[again->n_new++] = hash;
	return again->n_new == AGAIN_LINES ? parser_decide_again(p) : NULL;
}

/* ------------------------------------------------------------- reports */

static bool tell(struct again *again, uint64_t key)
{
	size_t n = again->n_told < MAX_TOLD ? again->n_told : MAX_TOLD;

	for (size_t i = 0; i < n; i++) {
		if (again->told[i] == key)
			return false;
	}
	again->told[again->n_told++ % MAX_TOLD] = key;
	return true;
}

/* From the banner on: what stands before it depends on where it was printed. */
static uint64_t hash_draft(const struct draft *d, size_t *ret_n)
{
	uint64_t h = HASH_START;

	*ret_n = 0;
	for (size_t i = 0; i < d->n_lines; i++) {
		const struct draft_line *line = &d->lines[i];

		if (line->flags & DRAFT_LINE_PREFIX)
			continue;
		h = hash_span(h, line->text) * 31;
		++*ret_n;
	}
	return h;
}

static struct span banner_text(const struct draft *d)
{
	size_t i = 0;

	while (i < d->n_lines && (d->lines[i].flags & DRAFT_LINE_PREFIX))
		i++;
	return i < d->n_lines ? d->lines[i].text : (struct span){ 0 };
}

/*
 * Of one banner at one time, or of one text with all its registers where one of
 * the two has no time.  Both keys are noted for each report.
 */
bool parser_was_told(struct culprit_parser *p, const struct draft *d)
{
	uint64_t by_time = 0, by_text, by_both;
	bool timed = is_telling(d->time_us), old = false;
	size_t n_lines;

	if (d->event)
		return false;
	by_text = hash_draft(d, &n_lines);
	if (timed) {
		by_time = hash_span(hash_number(HASH_START, (uint64_t)d->time_us), banner_text(d));
		if (d->time_us < SAME_BOOT_US)
			by_time = hash_number(by_time, p->boot_serial);
		old |= !tell(&p->again, by_time);
	}
	if (n_lines < TOLD_MIN_LINES || !d->has_stack)
		return old;
	/* "text, with a time", "text, without one": two of the same sort may be two reports. */
	by_both = hash_number(by_text, d->time_us > 0);
	for (size_t i = 0; !old && i < p->again.n_told && i < MAX_TOLD; i++)
		old = p->again.told[i] == hash_number(by_text, d->time_us <= 0);
	tell(&p->again, by_both);
	return old;
}
