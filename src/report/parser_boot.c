/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far the boot has come, from marks in the log; machines that reboot
 * unasked, and boots that stop without a word.
 */
#include "report/parser_parts.h"

/* Before "Linux version" some architectures say a few words at time 0; a kernel that was up speaks later. */
#define KERNEL_UP_US 1000000
/* No kernel says its name later; most do at 0, and some whose clock runs from power-on within a few seconds. */
#define BANNER_US 10000000
/* Lines in front of the kernel's banner that say that it is only printed again. */
#define ECHO_LINES 2
/* What ends so soon behind the last console's end, or a talk with the boot loader, was cut there. */
#define SILENT_LINES 4
/* A kernel that got anywhere has said more lines than this. */
#define FIRST_LINES 2
/* So many lines of a boot are looked at for what has no literal. */
#define WATCH_LINES 20000
/* From this release on kernels say which init they run ("Run /sbin/init as init process"). */
#define SAYS_INIT_MAJOR 5

/* ret_open: not to be told yet; where it is NULL, it is. */
static struct culprit_error *make_event(struct culprit_parser *p, const char *event, const struct line *line,
					uint64_t end_off, struct draft **ret_open)
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
	if (ret_open && !err) {
		*ret_open = d;
		return NULL;
	}
	return err ? err : parser_close_draft(p, d);
}

bool parser_proves_prefixes(const struct line *line)
{
	return line->origin == ORIGIN_KERNEL && line->time_us != 0 && !(line->flags & LINE_JUNK_FRONT);
}

/* Is one of the lines before such a one? */
static struct culprit_error *spoke(struct lookback *back, bool (*is)(const struct line *, int64_t), int64_t min_us, bool *ret)
{
	const struct line *line;
	struct culprit_error *err;
	size_t i = 0;

	do {
		err = lookback_line(back, i++, &line);
		if (err)
			return err;
	} while (line && !is(line, min_us));
	*ret = line;
	return NULL;
}

static bool is_kernel_since(const struct line *line, int64_t min_us)
{
	return parser_proves_prefixes(line) && line->time_us >= min_us;
}

static bool is_program_since(const struct line *line, int64_t min_us)
{
	return line_is_kmsg_write(line) && line->time_us >= min_us;
}

struct culprit_error *parser_kernel_spoke(struct lookback *back, int64_t min_us, bool *ret)
{
	return spoke(back, is_kernel_since, min_us, ret);
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
		if (d->closed && !d->told && !d->report->suppressed)
			p->n_reports--;
		parser_drop_draft(p, i);
	}
}

struct boot_state parser_boot_state(const struct culprit_parser *p)
{
	return (struct boot_state){
		.phase = p->phase, .n_boots = p->n_boots, .boot_serial = p->boot_serial, .boot_off = p->boot_off,
		.in_kernel = p->in_kernel, .logged = p->logged, .handed_over = p->handed_over,
		.suspended = p->suspended, .panicked = p->panicked, .crashed = p->crashed, .shut_down = p->shut_down,
		.suppressed = p->suppressed, .corrupted = p->corrupted,
	};
}

/* Could a kernel have said it?  That firmware spoke last is no reason: the kernel's first words may be lost. */
static bool has_speaker(const struct culprit_parser *p, const struct phase_mark *mark, const struct line *line)
{
	return mark->speaker == SPEAKER_ANY || line->origin == ORIGIN_KERNEL ||
	       (line->origin == ORIGIN_UNKNOWN && !p->seen_prefix);
}

static bool watch_matches(struct culprit_parser *p, const struct phase_mark *watch, const struct line *line)
{
	if (!has_speaker(p, watch, line))
		return false;
	return regex_find((struct regex *)&watch->match, p->scratch, line->text, 0, NULL);
}

/*
 * What did the last n_lines lines say that hold something: words of a shutdown, of sleep, of someone who has the
 * log printed again?  ret gets the flags of the marks that were met, and no phase.
 */
static struct culprit_error *look_back(struct culprit_parser *p, struct lookback *back, size_t n_lines,
				       struct phase_mark *ret)
{
	const struct line *line;
	struct culprit_error *err;

	*ret = (struct phase_mark){ 0 };
	for (size_t i = 0; n_lines; i++) {
		err = lookback_line(back, i, &line);
		if (err || !line || line->offset < p->boot_off)
			return err;
		if (!span_trim(line->text).len)
			continue;
		n_lines--;
		for (size_t j = 0; j < p->patterns->n_watches; j++) {
			const struct phase_mark *watch = &p->patterns->watches[j];

			if (!(watch->shutdown | watch->echo | watch->suspend | watch->silent) ||
			    !watch_matches(p, watch, line))
				continue;
			ret->shutdown |= watch->shutdown;
			ret->echo |= watch->echo;
			ret->suspend |= watch->suspend;
			ret->silent |= watch->silent;
		}
	}
	return NULL;
}

static bool is_same_kernel(const struct culprit_parser *p, struct span version, struct span build)
{
	return p->version && span_equal(span_of(p->version), version) &&
	       (p->build ? span_equal(span_of(p->build), build) : !build.len);
}

/*
 * May a banner without a time begin a boot, in a log whose kernel's lines have
 * one?  Behind firmware, a crash or a shutdown it does; and early consoles speak
 * before "printk.time=1" of the command line is obeyed, in each boot.
 */
static bool may_begin_bare(const struct culprit_parser *p)
{
	if (!p->in_kernel)
		return p->phase == CULPRIT_PHASE_FIRMWARE || p->phase == CULPRIT_PHASE_BOOT_LOADER;
	return p->bare_banner || p->shut_down || p->crashed || p->panicked || p->n_open;
}

/*
 * Is a kernel's banner no beginning, but /proc/version or a log that someone has
 * printed?  A kernel speaks of itself at the first moment of its time, and with
 * that time where its other lines have one.
 */
static struct culprit_error *is_echo(struct culprit_parser *p, const struct line *line, struct lookback *back,
				     bool same, bool *ret)
{
	struct phase_mark said;
	struct culprit_error *err;

	*ret = line->origin == ORIGIN_OTHER || line->time_us > BANNER_US ||
	       (line->origin == ORIGIN_UNKNOWN && p->seen_prefix && !may_begin_bare(p));
	if (*ret || (line->flags & LINE_CONTINUED) || (p->in_kernel && !same))
		return NULL;
	err = look_back(p, back, ECHO_LINES, &said);
	*ret = !err && said.echo;
	return err;
}

/* Was the machine up, so that nothing but a reset can have ended that? */
static struct culprit_error *was_alive(struct culprit_parser *p, const struct phase_mark *mark,
				       const struct line *line, struct lookback *back, bool *ret)
{
	struct phase_mark said = { 0 };
	struct culprit_error *err = NULL;

	*ret = p->in_kernel || (p->guest && !mark->kernel);
	if (line->flags & LINE_CONTINUED)
		return NULL;
	if (!*ret && !p->n_boots && p->phase < CULPRIT_PHASE_FIRMWARE)
		err = parser_kernel_spoke(back, KERNEL_UP_US, ret);
	/* Who writes a log on the machine itself does not live to see the shutdown. */
	if (err || !*ret || p->crashed || p->shut_down || (line->flags & LINE_LOGGED)) {
		*ret = false;
		return err;
	}
	err = look_back(p, back, LOOKBACK_LINES, &said);
	*ret = !err && !said.shutdown;
	return err;
}

static struct culprit_error *begin_boot(struct culprit_parser *p, const struct phase_mark *mark,
					const struct line *line, struct lookback *back, bool same, uint64_t end_off)
{
	struct culprit_error *err = parser_decide_again(p);
	struct draft *event = NULL;
	struct boot_state before;
	bool alive = false, again;

	drop_firmware_drafts(p);
	if (!err)
		err = parser_close_all(p);
	before = parser_boot_state(p);
	if (!err)
		err = was_alive(p, mark, line, back, &alive);
	again = mark->kernel && same && p->in_kernel && line->origin == ORIGIN_KERNEL && p->again.n_heard;
	if (!err && alive)
		err = make_event(p, "unexpected-reboot", line, end_off, again ? &event : NULL);
	if (!err && again)
		parser_await_again(p, event, &before);
	else
		p->again.n_heard = 0;
	p->boot_serial++;
	p->boot_off = line->offset;
	p->panicked = false;
	p->suppressed = p->corrupted = NULL;
	p->in_kernel = mark->kernel;
	p->bare_banner = mark->kernel && line->origin == ORIGIN_UNKNOWN;
	p->logged = mark->kernel && (line->flags & LINE_LOGGED);
	p->crashed = p->shut_down = p->handed_over = p->suspended = p->guest = false;
	p->phase = mark->phase;
	p->watch_left = WATCH_LINES;
	if (mark->kernel)
		p->n_boots++;
	return err;
}

/* A boot mark: does anything begin with it? */
static struct culprit_error *begins(struct culprit_parser *p, const struct phase_mark *mark, const struct line *line,
				    struct lookback *back, bool same, bool *ret)
{
	struct phase_mark said;
	struct culprit_error *err = NULL;
	bool echo = false;

	*ret = false;
	if (mark->kernel) {
		err = is_echo(p, line, back, same, &echo);
		if (echo)
			TRACE(p, "line %llu: the kernel's banner, printed again\n", (unsigned long long)line->number);
		*ret = !err && !echo;
		return err;
	}
	/* Firmware prints many lines, each of which may be a mark: it begins once. */
	if (p->suspended || line->origin == ORIGIN_OTHER ||
	    !(p->in_kernel || p->phase == CULPRIT_PHASE_NONE || mark->phase < p->phase))
		return NULL;
	if (p->in_kernel && !(line->flags & LINE_CONTINUED)) {
		err = look_back(p, back, LOOKBACK_LINES, &said);
		p->suspended = !err && said.suspend && !said.shutdown;
	}
	*ret = !err && !p->suspended;
	return err;
}

/* True unless there is no memory. */
static bool add_kernel(struct culprit_parser *p, struct span version)
{
	for (size_t i = 0; i < p->n_kernels; i++) {
		if (span_equal(span_of(p->kernels[i]), version))
			return true;
	}
	if (p->n_kernels == PARSER_MAX_KERNELS)
		return true;
	p->kernels[p->n_kernels] = strndup(version.ptr, version.len);
	return p->kernels[p->n_kernels] && ++p->n_kernels;
}

const char *const *parser_kernels(const struct culprit_parser *p, size_t *ret_n)
{
	*ret_n = p->n_kernels;
	return (const char *const *)p->kernels;
}

static struct culprit_error *take_version(struct culprit_parser *p, struct span version, struct span build)
{
	char *copy, *build_copy = NULL;

	if (!version.len)
		return NULL;
	copy = strndup(version.ptr, version.len);
	if (!copy || !add_kernel(p, version) || (build.len && !(build_copy = strndup(build.ptr, build.len)))) {
		free(copy);
		return &culprit_error_no_memory;
	}
	free(p->version);
	free(p->build);
	p->version = copy;
	p->build = build_copy;
	return NULL;
}

/* Speaks a program of a running system, or firmware before there is one? */
static bool fits_phase(const struct culprit_parser *p, enum culprit_phase phase)
{
	return phase < CULPRIT_PHASE_INIT || p->in_kernel || p->phase == CULPRIT_PHASE_NONE ||
	       p->phase >= CULPRIT_PHASE_EARLY_KERNEL;
}

static void take_mark(struct culprit_parser *p, const struct phase_mark *mark)
{
	p->shut_down |= mark->shutdown;
	p->handed_over |= mark->hands_over;
	p->guest |= mark->guest;
	if (mark->phase > p->phase && fits_phase(p, mark->phase))
		p->phase = mark->phase;
	if (p->phase > p->phase_best)
		p->phase_best = p->phase;
	if (p->phase >= CULPRIT_PHASE_USERSPACE && !p->again.pending)
		p->watch_left = 0;
}

struct culprit_error *parser_handle_mark(struct culprit_parser *p, const struct phase_mark *mark,
					 const struct line *line, struct lookback *back, uint64_t end_off)
{
	struct span version = { 0 }, build = { 0 };
	struct culprit_error *err;
	struct regex_match m;
	bool boot = false;

	if (!has_speaker(p, mark, line))
		return NULL;
	if (mark->has_match && !regex_find((struct regex *)&mark->match, p->scratch, line->text, 0, &m))
		return NULL;
	if (!mark->boot) {
		take_mark(p, mark);
		return NULL;
	}
	if (mark->has_match && mark->kernel) {
		version = regex_named(&m, "version");
		build = span_trim(regex_named(&m, "build"));
	}
	err = begins(p, mark, line, back, is_same_kernel(p, version, build), &boot);
	if (!err && boot)
		err = begin_boot(p, mark, line, back, is_same_kernel(p, version, build), end_off);
	if (err || !boot)
		return err;
	take_mark(p, mark);
	return take_version(p, version, build);
}

/* Does it tell how far the boot is, and further than is known? */
static bool is_watched(const struct culprit_parser *p, const struct phase_mark *watch)
{
	return !(watch->echo | watch->suspend | watch->silent | watch->shutdown) && watch->phase > p->phase &&
	       fits_phase(p, watch->phase);
}

void parser_watch(struct culprit_parser *p, const struct line *line)
{
	if (!p->again.pending)
		p->watch_left--;
	for (size_t i = 0; i < p->patterns->n_watches; i++) {
		const struct phase_mark *watch = &p->patterns->watches[i];

		if (is_watched(p, watch) && watch_matches(p, watch, line)) {
			TRACE(p, "line %llu: phase %s\n", (unsigned long long)line->number,
			      culprit_phase_name(watch->phase));
			take_mark(p, watch);
		}
	}
}

/* Old kernels do not say that they run init: behind their last word before it nobody knows who is silent. */
static bool init_may_run(const struct culprit_parser *p)
{
	return p->handed_over && p->version && strtoul(p->version, NULL, 10) < SAYS_INIT_MAJOR;
}

/*
 * A boot that began and stopped somewhere before user space, without a word
 * why.  A log that user space itself wrote down (a journal, dmesg) is no such
 * thing, however little of the boot it shows; nor is the tail of a boot.
 */
struct culprit_error *parser_check_boot(struct culprit_parser *p)
{
	struct line line = { .offset = p->off, .number = p->number, .time_us = -1, .level = -1, .text = SPAN("") };
	struct phase_mark said = { 0 };
	struct culprit_error *err;
	struct lookback back;
	bool alive;

	if (!p->detect_boot_failures || p->crashed || p->shut_down || p->logged)
		return NULL;
	/* Firmware and loaders speak at a beginning alone; a kernel, whenever something happens. */
	if (!p->boot_serial && p->phase >= CULPRIT_PHASE_EARLY_KERNEL)
		return NULL;
	if (p->phase == CULPRIT_PHASE_NONE || p->phase >= CULPRIT_PHASE_INIT || init_may_run(p))
		return NULL;
	/* A kernel whose name alone is heard: the log was cut, or nobody listens. */
	if (p->in_kernel && WATCH_LINES - p->watch_left < FIRST_LINES)
		return NULL;
	lookback_init(&back, &p->history, (struct span){ 0 }, p->off, &p->decoder);
	/* did a program write to /dev/kmsg, among the log's last lines? */
	err = spoke(&back, is_program_since, -1, &alive);
	if (!err && !alive)
		err = look_back(p, &back, SILENT_LINES, &said);
	return err || alive || said.silent ? err : make_event(p, "boot-stopped", &line, p->off, NULL);
}
