/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which report a line belongs to: contexts, follow-ups, and where reports end.
 *
 * CPUs share one context (a CPU that reports has others dump their stacks,
 * each under its own number) unless two of them report at once.  Without
 * caller prefixes all of the kernel's lines are one context, and without any
 * prefix all lines are.
 *
 * A second banner in the same context is a follow-up where its pattern says
 * so, or where the report has no stack yet (two CPUs' first lines are often
 * mixed; the earlier one names the report); otherwise it begins a new one.
 * This fails where a report that needs a stack lost it: then the next report
 * of its context is taken for its rest, and called corrupted.
 */
#include "report/parser_parts.h"

#include "report/stack.h"
#include "report/symbol_scan.h"

/* A follow-up this far down is not the report's own last word any more. */
#define FOLLOW_UP_LINES 20
/* And after so many lines of other matters it is not a follow-up at all. */
#define FOLLOW_UP_QUIET 8
#define ASK_ALWAYS_LINES 64
/* Of so many lines that nobody's prefix tells apart, a report's first ones follow each other. */
#define BEGUN_LINES 3
/* A report is over after so many lines of its context that look like none of a report. */
#define QUIET_LINES 64
#define QUIET_LINES_ENDED 16
/*
 * While the machine boots, other CPUs' drivers say a hundred lines between
 * "BUG: unable to handle page fault" and its "Oops:": so many are waited for,
 * where no stack was printed and no more time (where it is known) has passed.
 */
#define QUIET_LINES_WAITING 160
#define WAITING_US 2000000
/* Nor is it one where so many lines without the kernel's prefix hold no frame and no register. */
#define DOUBTFUL_LINES 32
/* Nor where the kernel has said so many lines since: what lost its prefixes is a piece of the log. */
#define DOUBTFUL_KERNEL_LINES 3
/*
 * Or when its context has been silent for so many bytes of the log.  A task
 * that reported may never speak again, and while a report is open every line is
 * decoded.  Its last word (a panic) may come after other CPUs' dumps: for
 * LATE_BYTES a follow-up of its caller is still known for one.
 */
#define IDLE_BYTES (16u << 10)
#define IDLE_BYTES_INCOMPLETE (64u << 10)
/* Programs say "WARNING: x" often: what could be a report shows its form at once, or the kernel's lines go on. */
#define IDLE_BYTES_DOUBTFUL 512
#define LATE_BYTES (512u << 10)

/* Does a line of this origin and caller belong where the report's first line came from? */
static bool same_context(const struct draft *d, const struct line *line)
{
	/* What a program wrote to /dev/kmsg stands in the kernel's own log, as on a console that prints no levels. */
	bool kernel = line->origin == ORIGIN_KERNEL || line_is_kmsg_write(line);

	if (line->origin == ORIGIN_META || (line->origin == ORIGIN_OTHER && !kernel))
		return false;
	if (d->doubtful)
		return line->origin == ORIGIN_UNKNOWN;
	if (d->origin == ORIGIN_UNKNOWN || (d->bare && line->origin == ORIGIN_UNKNOWN))
		return true;
	if (!kernel)
		return false;
	if (d->caller.kind == CALLER_TASK)
		return caller_equal(d->caller, line->caller);
	if (d->caller.kind == CALLER_CPU)
		return line->caller.kind == CALLER_CPU;
	return true;
}

/* The first draft that is open, or n_drafts: the closed ones before it wait to be taken, and may be many. */
static size_t first_open(const struct culprit_parser *p)
{
	size_t n = 0, i = p->n_drafts;

	while (i && n < p->n_open)
		n += !p->drafts[--i]->closed;
	return n ? i : p->n_drafts;
}

/* The open report that a line goes to: that of its very caller, else one whose context it is. */
static struct draft *find_context(struct culprit_parser *p, const struct line *line)
{
	struct draft *loose = NULL;
	size_t first = first_open(p);

	for (size_t i = p->n_drafts; i-- > first;) {
		struct draft *d = p->drafts[i];

		if (d->closed || d->event || !same_context(d, line))
			continue;
		if (d->origin == line->origin && caller_equal(d->caller, line->caller))
			return d;
		if (!loose)
			loose = d;
	}
	return loose;
}

static bool shows_nothing(const struct draft *d)
{
	return d->doubtful && !d->frames && !d->facts;
}

static uint64_t idle_off(const struct draft *d)
{
	bool complete = d->has_stack || d->ended || d->only_leftovers;

	if (shows_nothing(d))
		return d->last_off + IDLE_BYTES_DOUBTFUL;
	return d->last_off + (complete ? IDLE_BYTES : IDLE_BYTES_INCOMPLETE);
}

/* Close the reports whose contexts have long been silent where the line at off begins. */
struct culprit_error *parser_close_idle(struct culprit_parser *p, uint64_t off)
{
	uint64_t next = UINT64_MAX;
	struct culprit_error *err;

	if (off < p->idle_check_off)
		return NULL;
	for (size_t i = first_open(p); i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (d->closed || d->event)
			continue;
		if (off >= idle_off(d)) {
			if (d->quiet <= FOLLOW_UP_QUIET && d->caller.kind != CALLER_NONE) {
				size_t at = p->n_late++ % MAX_LATE;

				p->late[at].caller = d->caller;
				p->late[at].boot_serial = p->boot_serial;
				p->late[at].off = d->last_off;
			}
			err = parser_close_draft(p, d);
			if (err)
				return err;
		} else if (idle_off(d) < next) {
			next = idle_off(d);
		}
	}
	/* A draft that completes meanwhile is idle sooner than was known here. */
	p->idle_check_off = next < off + IDLE_BYTES / 4 ? next : off + IDLE_BYTES / 4;
	return NULL;
}

/* Is this the last word of a report that was closed as idle? */
static bool comes_late(struct culprit_parser *p, const struct line *line, const struct hits *hits)
{
	size_t n = p->n_late < MAX_LATE ? p->n_late : MAX_LATE;

	if (line->caller.kind == CALLER_NONE)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p->late[i].boot_serial == p->boot_serial && caller_equal(p->late[i].caller, line->caller) &&
		    line->offset - p->late[i].off <= LATE_BYTES)
			return parser_is_follow_up(p, hits, line->text, true);
	}
	return false;
}

/* May one of the lines be a lead? Where none is, few of them have to be decoded. */
static bool may_have_lead(const struct culprit_parser *p, struct lookback *back)
{
	const struct glob_list *leads = &p->patterns->leads;

	for (size_t i = 0; i < leads->n; i++) {
		if (lookback_holds(back, (struct span){ leads->globs[i], strcspn(leads->globs[i], "*") }))
			return true;
	}
	return false;
}

/*
 * How many lines before the banner are kept.  What a task said before belongs to
 * the story of its report (a device's descriptors, what it was refused); but the
 * first tasks tell that of the whole boot.
 */
static size_t max_prefix(const struct draft *d)
{
	return d->caller.kind == CALLER_TASK && d->caller.id > 1 ? REPORT_MAX_TASK_PREFIX : REPORT_MAX_PREFIX;
}

/* Only lines with one of its marks are looked at closer. */
static bool may_be_leftover(struct span text)
{
	return memchr(text.ptr, '?', text.len) || text.ptr[text.len - 1] == ')';
}

/* The lines of the report's context right before its banner: often they say more than it. */
static struct culprit_error *add_prefix(struct culprit_parser *p, struct draft *d, struct lookback *back)
{
	struct span chosen[LOOKBACK_LINES];
	struct culprit_error *err = NULL;
	const struct line *line;
	size_t n = 0, n_wanted = 0, max = max_prefix(d);
	bool has_lead = d->caller.kind != CALLER_NONE && may_have_lead(p, back);

	for (size_t i = 0; n < (has_lead ? LOOKBACK_LINES : max); i++) {
		struct raw_frame frame;

		err = lookback_line(back, i, &line);
		if (err)
			return err;
		/* What an earlier boot said led to nothing in this one. */
		if (!line || line->offset < p->boot_off)
			break;
		if (!same_context(d, line) || !line->text.len || (line->origin != d->origin && !line_is_kmsg_write(line)))
			continue;
		/* The tail of the report before. */
		if (glob_list_match(&p->patterns->ends, line->text) ||
		    (n >= REPORT_MAX_PREFIX && d->start_line - i <= p->last_report_line + 1))
			break;
		if (may_be_leftover(line->text) && stack_parse_frame(line->text, &frame) &&
		    (frame.flags & CULPRIT_FRAME_UNRELIABLE))
			continue;
		chosen[n++] = line->text;
		if (glob_list_match(&p->patterns->leads, line->text)) {
			n_wanted = n;
			break;
		}
	}
	if (!n_wanted)
		n_wanted = n < max ? n : max;
	for (n = n_wanted; n-- > 0 && !err;)
		err = parser_add_text(p, d, chosen[n], DRAFT_LINE_PREFIX);
	return err;
}

static struct culprit_error *open_draft(struct culprit_parser *p, const struct line *line, const struct hits *hits,
					struct lookback *back, uint64_t end_off)
{
	struct culprit_error *err;
	struct draft *d;

	err = parser_new_draft(p, &d);
	if (err)
		return err;
	d->caller = line->caller;
	d->origin = line->origin;
	d->doubtful = hits->doubtful;
	d->bare = !p->seen_prefix && (line->flags & LINE_JUNK_FRONT);
	d->time_us = line->time_us;
	d->start_line = line->number;
	d->start_off = line->offset;
	memcpy(d->banners, hits->banners, sizeof(d->banners));
	d->n_banners = hits->n_banners;
	d->last_banner = hits->banners[0];
	if (!(line->flags & LINE_CONTINUED) && !d->doubtful)
		err = add_prefix(p, d, back);
	return err ? err : parser_add_line(p, d, line, end_off, true);
}

/*
 * What a report's first lines say decides whether it needs a stack. A long one
 * without is asked again only when it has doubled: thousands of banners may
 * come in it, and the answer takes all of its text.
 */
static bool is_asked_again(const struct draft *d)
{
	return d->n_lines < ASK_ALWAYS_LINES || d->n_lines / 2 >= d->asked_lines;
}

/* Does the report have what its title needs, so that what a second banner brings is not its own? */
static bool is_complete(struct culprit_parser *p, struct draft *d)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct title_input in = {
		.patterns = p->patterns, .scratch = p->scratch, .banners = d->banners, .n_banners = d->n_banners,
	};

	if (d->has_stack || d->only_leftovers || d->ended)
		return true;
	if (!is_asked_again(d))
		return false;
	d->asked_lines = d->n_lines;
	if (!draft_text(d, false, &text, NULL)) {
		p->no_memory = true;
		return false;
	}
	if (title_memo_fits(&p->memo, d, buf_span(&text)))
		return p->memo.title.form && p->memo.title.form->no_stack;
	in.text.text = buf_span(&text);
	return !title_needs_stack(&in);
}

/* May the rest of the report be still to come, though others speak? */
static bool waits(const struct draft *d, const struct line *line)
{
	if (d->has_stack || d->only_leftovers || d->ended || d->quiet >= QUIET_LINES_WAITING)
		return false;
	return d->time_us < 0 || line->time_us < 0 ||
	       (line->time_us >= d->time_us && line->time_us - d->time_us < WAITING_US);
}

/* Is all that the line announces such as may stand in the middle of a report? */
static bool all_within(const struct culprit_parser *p, const struct hits *hits)
{
	for (size_t i = 0; i < hits->n_banners; i++) {
		if (!p->patterns->banners[hits->banners[i]].within)
			return false;
	}
	return true;
}

/*
 * The processor that prints an oops holds a lock (oops_begin(), die_lock) until
 * its end: the next one before that is its own, of what printed the first.
 *
 *	general protection fault: 0000 [#1] SMP
 *	...
 *	general protection fault: 0000 [#2] SMP
 */
static bool is_nested(struct culprit_parser *p, struct draft *d, const struct line *line)
{
	uint32_t number = draft_oops_number(line->text);

	return number && d->oops && number == d->oops + 1 && d->quiet <= FOLLOW_UP_QUIET && !is_complete(p, d);
}

/*
 * A follow-up goes on with the report.  Another banner does so only where no
 * stack was printed yet, and the caller prefix proves that the same task or CPU
 * speaks: without the proof, two CPUs' lines may be mixed, and a frame of the
 * second report would name the first.  Of what has no prefix at all (a mail) the
 * community takes the first for the cause: printing it led to the second.  Right
 * behind the first line that is no more likely than that two lines were mixed.
 */
static bool goes_on(struct culprit_parser *p, struct draft *d, const struct line *line, const struct hits *hits)
{
	/* A report that has source lines already repeats the banner's line for each inlined function. */
	if (d->expanding && d->last_banner == hits->banners[0])
		return true;
	if (draft_lacks_stack(p, d))
		return false;
	if ((d->quiet <= FOLLOW_UP_QUIET || waits(d, line)) &&
	    parser_is_follow_up(p, hits, line->text, d->has_stack || d->only_leftovers))
		return true;
	if (d->quiet <= FOLLOW_UP_QUIET && all_within(p, hits))
		return !is_complete(p, d);
	if (!caller_equal(line->caller, d->caller))
		return false;
	if (line->caller.kind == CALLER_NONE && (line->origin != ORIGIN_UNKNOWN || d->own_lines < BEGUN_LINES))
		return false;
	return !is_complete(p, d);
}

/* Does the report go on behind the line as if it were one of its own? */
static bool is_inside(const struct culprit_parser *p, const struct hits *hits)
{
	for (size_t i = 0; i < hits->n_banners; i++) {
		if (p->patterns->banners[hits->banners[i]].inside)
			return true;
	}
	return false;
}

/* So many lines of other matters stood before the follow-up that came after all. */
static void drop_foreign(struct draft *d)
{
	size_t n = d->quiet < d->n_lines ? d->quiet : d->n_lines;

	while (n > 0)
		d->lines[d->n_lines - n--].flags |= DRAFT_LINE_DROPPED;
}

static void forget_draft(struct culprit_parser *p, const struct draft *d, const char *why)
{
	TRACE(p, "line %llu: %s\n", (unsigned long long)d->start_line, why);
	for (size_t i = p->n_drafts; i-- > 0;) {
		if (p->drafts[i] == d) {
			parser_drop_draft(p, i);
			return;
		}
	}
}

/*
 * A console was taken over in the middle of the banner, and it was said again:
 *
 *	[  100.000000][ T5012] BUG: KASAN: use-after-fr** replaying previous printk message **
 *	[  100.000000][ T5012] BUG: KASAN: use-after-free in tty_wakeup+0x1c/0x90
 *
 * Since v6.13 or so without the mark, and the whole message stands behind its beginning:
 *
 *	[  107.736417][ T5848] BUG: unable to ha[  107.736500][ T5848] BUG: unable to handle page fault for ...
 */
static bool is_said_again(const struct draft *d, const struct line *line, const struct hits *hits)
{
	const struct draft_line *last = d->n_lines ? &d->lines[d->n_lines - 1] : NULL;

	if (d->own_lines != 1 || d->last_banner != hits->banners[0])
		return false;
	return (line->flags & LINE_REPLAYED) ||
	       (last && d->end_line == line->number && last->text.len < line->text.len && span_starts(line->text, last->text));
}

struct culprit_error *parser_handle_banner(struct culprit_parser *p, const struct line *line, const struct hits *hits,
					   struct lookback *back, uint64_t end_off)
{
	struct draft *d = find_context(p, line);
	struct culprit_error *err;
	bool nested;

	if (d && is_said_again(d, line, hits)) {
		forget_draft(p, d, "was cut, and is said again");
		d = NULL;
	}
	nested = d && is_nested(p, d, line);
	if (d && (nested || goes_on(p, d, line, hits))) {
		if (d->quiet > FOLLOW_UP_QUIET && !d->has_stack)
			drop_foreign(d);
		/* What was said before is not named by what comes after. */
		if (!is_inside(p, hits))
			d->follow_up |= nested || d->has_stack || d->ended ||
					(d->own_lines > FOLLOW_UP_LINES && line->caller.kind == CALLER_NONE &&
					 !waits(d, line));
		TRACE(p, "line %llu: goes on with the report of line %llu\n", (unsigned long long)line->number,
		      (unsigned long long)d->start_line);
		d->last_banner = hits->banners[0];
		return parser_add_line(p, d, line, end_off, true);
	}
	if (!d && comes_late(p, line, hits)) {
		TRACE(p, "line %llu: goes on with a report that is over\n", (unsigned long long)line->number);
		return NULL;
	}
	if (d) {
		err = parser_close_draft(p, d);
		if (err)
			return err;
	}
	TRACE(p, "line %llu: begins a report\n", (unsigned long long)line->number);
	return open_draft(p, line, hits, back, end_off);
}

/* Only the title of a report that was printed before: the report itself follows. */
static bool is_heading(const struct culprit_parser *p, const struct draft *d, const struct line *line)
{
	return d->own_lines == 1 && glob_list_match(&p->patterns->headings, line->text);
}

/*
 * A program's words: by now a report would have shown its form.  One fact or one frame ("Call Trace: (most recent
 * call last)") is not all of it, and every line is decoded while the rest is waited for.
 */
static bool is_no_report(const struct draft *d)
{
	return !draft_shows_kernel(d) && (shows_nothing(d) ? d->own_lines : d->stray) >= DOUBTFUL_LINES;
}

bool parser_only_doubts(const struct culprit_parser *p)
{
	return p->n_open == 1 && shows_nothing(p->drafts[first_open(p)]);
}

/* The kernel goes on as if nobody had said "WARNING: x": a program did. */
struct culprit_error *parser_hear_kernel(struct culprit_parser *p)
{
	struct culprit_error *err = NULL;

	for (size_t i = first_open(p); i < p->n_drafts && !err; i++) {
		struct draft *d = p->drafts[i];

		if (!d->closed && shows_nothing(d) && ++d->foreign >= DOUBTFUL_KERNEL_LINES)
			err = parser_close_draft(p, d);
	}
	return err;
}

/* The report whose last line was broken, and goes on in this one, or NULL. */
static struct draft *find_unfinished(const struct culprit_parser *p, const struct line *line)
{
	if (line->origin != ORIGIN_UNKNOWN || !span_trim(line->text).len)
		return NULL;
	for (size_t i = first_open(p); i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (!d->closed && d->n_lines && !d->truncated && d->unfinished && d->unfinished + 1 == line->number)
			return d;
	}
	return NULL;
}

/*
 * The report whose trace goes on without the prefix that its header has, or NULL.
 * Kernels before v4.10 printed frames without a level, and some loggers leave
 * out the time of such lines; whoever speaks right below the header is no other.
 *
 *	[ 1045.726787] Call Trace:
 *	 dump_stack+0x19/0x1b
 */
static struct draft *find_bare_trace(const struct culprit_parser *p, const struct line *line)
{
	struct raw_frame frame;

	if (line->origin != ORIGIN_UNKNOWN)
		return NULL;
	for (size_t i = first_open(p); i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (!d->closed && d->bare_trace && d->bare_trace + 1 == line->number)
			return stack_parse_frame(line->text, &frame) && !frame.pc && !frame.link ? d : NULL;
	}
	return NULL;
}

struct culprit_error *parser_route_line(struct culprit_parser *p, const struct line *line, uint64_t end_off)
{
	struct draft *d = find_unfinished(p, line);
	struct culprit_error *err;

	if (d)
		return parser_join_line(p, d, line, end_off);
	d = find_context(p, line);
	if (!d)
		d = find_bare_trace(p, line);
	if (!d)
		return line->origin == ORIGIN_KERNEL ? parser_hear_kernel(p) : NULL;
	if (is_heading(p, d, line)) {
		forget_draft(p, d, "was a heading");
		return NULL;
	}
	err = parser_add_line(p, d, line, end_off, false);
	if (!err && (is_no_report(d) ||
		     (d->quiet >= (d->ended ? QUIET_LINES_ENDED : QUIET_LINES) && !waits(d, line))))
		err = parser_close_draft(p, d);
	return err;
}

/*
 * A panic ends with where KASLR put the kernel, whatever report is open then.
 * It is kept apart from the text: there it stands behind a follow-up, or not at all.
 */
void parser_note_kernel_offset(struct culprit_parser *p, struct span text)
{
	uint64_t offset;

	if (!span_starts(text, SPAN("Kernel Offset: ")) || !symbol_kernel_offset(text, &offset))
		return;
	for (size_t i = 0; i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (d->closed)
			continue;
		d->kernel_offset = offset;
		d->has_kernel_offset = true;
	}
}
