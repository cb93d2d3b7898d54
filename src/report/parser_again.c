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
#include "report/parser_hash.h"
#include "report/parser_parts.h"

#define MAX_WAIT_LINES 2000

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
