/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports that the log holds twice: dmesg and the like print them again. */
#include "report/parser_hash.h"
#include "report/parser_parts.h"

/* Two boots have the same warnings; only later ones of one time and text are the same one. */
#define SAME_BOOT_US 1000000
#define TOLD_MIN_LINES 8

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
