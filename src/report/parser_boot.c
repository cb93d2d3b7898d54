/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far the boot has come, from marks in the log; machines that reboot
 * unasked, and boots that stop without a word.
 */
#include "report/parser_parts.h"

/* Before "Linux version" some architectures say a few words at time 0; a kernel that was up speaks later. */
#define KERNEL_UP_US 1000000

static struct culprit_error *make_event(struct culprit_parser *p, const char *event, const struct line *line,
					uint64_t end_off)
{
	struct culprit_error *err;
	struct draft *d;

	if (!pattern_set_event(p->patterns, event))
		return NULL;
	err = parser_new_draft(p, &d);
	if (err)
		return err;
	d->event = event;
	d->start_line = line->number;
	d->start_off = line->offset;
	d->time_us = line->time_us;
	draft_note_place(d, line, end_off);
	err = parser_add_text(p, d, line->text, 0);
	return err ? err : parser_close_draft(p, d);
}

bool parser_proves_prefixes(const struct line *line)
{
	return line->origin == ORIGIN_KERNEL && line->time_us != 0;
}

struct culprit_error *parser_kernel_spoke(struct lookback *back, int64_t min_us, bool *ret)
{
	const struct line *line;
	struct culprit_error *err;
	size_t i = 0;

	do {
		err = lookback_line(back, i++, &line);
		if (err)
			return err;
	} while (line && (!parser_proves_prefixes(line) || line->time_us < min_us));
	*ret = line;
	return NULL;
}

/* Firmware's words that looked like a banner, and then the kernel began: they were not the kernel's. */
static void drop_firmware_drafts(struct culprit_parser *p)
{
	for (size_t i = p->n_drafts; i-- > 0;) {
		struct draft *d = p->drafts[i];

		if (d->origin != ORIGIN_UNKNOWN || d->event || d->has_stack || d->phase >= CULPRIT_PHASE_EARLY_KERNEL)
			continue;
		/* One that another banner closed, and that nobody took: firmware warns more than once. */
		if (d->closed && (d->boot_serial != p->boot_serial || p->panicked))
			continue;
		if (d->closed && !d->report->suppressed)
			p->n_reports--;
		parser_drop_draft(p, i);
	}
}

static struct culprit_error *begin_boot(struct culprit_parser *p, const struct phase_mark *mark,
					const struct line *line, struct lookback *back, uint64_t end_off)
{
	bool alive = p->in_kernel;
	struct culprit_error *err = NULL;

	if (!alive && !p->n_boots && !p->crashed && p->phase < CULPRIT_PHASE_FIRMWARE && !(line->flags & LINE_CONTINUED))
		err = parser_kernel_spoke(back, KERNEL_UP_US, &alive);
	drop_firmware_drafts(p);
	if (!err)
		err = parser_close_all(p);
	if (!err && alive && !p->crashed && !p->shut_down)
		err = make_event(p, "unexpected-reboot", line, end_off);
	p->boot_serial++;
	p->boot_off = line->offset;
	p->panicked = false;
	p->suppressed = p->corrupted = NULL;
	p->in_kernel = mark->kernel;
	p->logged = mark->kernel && (line->flags & LINE_LOGGED);
	p->crashed = p->shut_down = false;
	p->phase = mark->phase;
	if (mark->kernel)
		p->n_boots++;
	return err;
}

static struct culprit_error *take_version(struct culprit_parser *p, struct span version, struct span build)
{
	char *copy, *build_copy = NULL;

	if (!version.len)
		return NULL;
	copy = strndup(version.ptr, version.len);
	if (!copy || (build.len && !(build_copy = strndup(build.ptr, build.len)))) {
		free(copy);
		return &culprit_error_no_memory;
	}
	free(p->version);
	free(p->build);
	p->version = copy;
	p->build = build_copy;
	return NULL;
}

struct culprit_error *parser_handle_mark(struct culprit_parser *p, const struct phase_mark *mark,
					 const struct line *line, struct lookback *back, uint64_t end_off)
{
	struct culprit_error *err = NULL;
	struct regex_match m;

	if (mark->has_match && !regex_find((struct regex *)&mark->match, p->scratch, line->text, 0, &m))
		return NULL;
	p->shut_down |= mark->shutdown;
	if (mark->boot) {
		/* Firmware prints many lines, each of which may be a mark: it begins once. */
		if (mark->kernel || p->in_kernel || p->phase == CULPRIT_PHASE_NONE || mark->phase < p->phase)
			err = begin_boot(p, mark, line, back, end_off);
	} else if (mark->phase > p->phase) {
		p->phase = mark->phase;
	}
	if (p->phase > p->phase_best)
		p->phase_best = p->phase;
	if (!err && mark->has_match && mark->kernel)
		err = take_version(p, regex_named(&m, "version"), span_trim(regex_named(&m, "build")));
	return err;
}

/* Did a program write to /dev/kmsg, among the log's last lines? */
static struct culprit_error *program_spoke(struct culprit_parser *p, bool *ret)
{
	const struct line *line;
	struct culprit_error *err;
	struct lookback back;
	size_t i = 0;

	lookback_init(&back, &p->history, (struct span){ 0 }, p->off, &p->decoder);
	do {
		err = lookback_line(&back, i++, &line);
		if (err)
			return err;
	} while (line && !line_is_kmsg_write(line));
	*ret = line;
	return NULL;
}

/*
 * A boot that began and stopped somewhere before user space, without a word
 * why.  A log that user space itself wrote down (a journal, dmesg) is no such
 * thing, however little of the boot it shows.
 */
struct culprit_error *parser_check_boot(struct culprit_parser *p)
{
	struct line line = { .offset = p->off, .number = p->number, .time_us = -1, .level = -1, .text = SPAN("") };
	struct culprit_error *err;
	bool alive;

	if (!p->detect_boot_failures || p->crashed || p->shut_down || p->logged)
		return NULL;
	if (p->phase == CULPRIT_PHASE_NONE || p->phase >= CULPRIT_PHASE_INIT)
		return NULL;
	err = program_spoke(p, &alive);
	return err || alive ? err : make_event(p, "boot-stopped", &line, p->off);
}
