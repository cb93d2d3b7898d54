/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The target under an older name.
 *
 * A commit that renames a function gives its crashes another title:
 *
 *	KASAN: use-after-free Read in frob_put		before
 *	KASAN: use-after-free Read in frob_release	since
 *
 * A search for the new title ends at the renaming.  It is seen by a crash of the
 * target's kind and place that nobody claims: it shows on each commit before, from
 * some commit on, and on none that shows the target.
 *
 * It fails where the place was renamed as well, and where both names show on one
 * commit.
 */
#include "session/session_internal.h"

/* So many commits have to show it: one is chance. */
#define LEAST_COMMITS 2
/* Clean runs of a commit after which its silence counts. */
#define SILENT_RUNS 3
/* Frames from the innermost out that say where it was. */
#define PLACE_FRAMES 4

static bool is_claimed(const struct session *s, const char *title)
{
	for (uint32_t i = 0; i < s->n_titles; i++) {
		if (!strcmp(s->titles[i].text, title))
			return true;
	}
	return false;
}

struct sight {
	uint32_t shown, target, clean;
};

static struct sight sight_of(const struct session *s, const char *hex, const char *title)
{
	struct sight sight = { 0 };

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];

		if (run->subject.changed.hex[0] || strcmp(run->subject.commit.hex, hex) != 0)
			continue;
		sight.target += run->verdict == VERDICT_TARGET;
		sight.clean += run->verdict == VERDICT_CLEAN;
		sight.shown += run->verdict == VERDICT_UNRELATED && run->title && !strcmp(run->title, title);
	}
	return sight;
}

/* Of one side of the history, and from some commit on of all of it. */
static bool divides(const struct session *s, const char *title)
{
	const uint32_t *tested;
	uint32_t n, n_commits = 0, oldest = UINT32_MAX;

	tested = bisect_tested(s->bisect, &n);
	for (uint32_t i = 0; i < n; i++) {
		struct sight sight = sight_of(s, s->history.hashes[tested[i]].hex, title);

		if (sight.shown && sight.target)
			return false;
		n_commits += sight.shown > 0;
		if (sight.shown && tested[i] < oldest)
			oldest = tested[i];
	}
	for (uint32_t i = 0; i < n; i++) {
		struct sight sight = sight_of(s, s->history.hashes[tested[i]].hex, title);

		if (tested[i] > oldest && !sight.shown && !sight.target && sight.clean >= SILENT_RUNS)
			return false;
	}
	return n_commits >= LEAST_COMMITS;
}

/* ---------------------------------------------------------------- place */

static const struct culprit_report *report_of(const struct run_console *console, const char *title)
{
	for (size_t i = 0; i < console->n_reports; i++) {
		if (!strcmp(console->reports[i]->title, title))
			return console->reports[i];
	}
	return NULL;
}

static const struct culprit_stack *stack_of(const struct culprit_report *report)
{
	for (size_t i = 0; i < report->n_stacks; i++) {
		if (report->stacks[i].n_frames)
			return &report->stacks[i];
	}
	return NULL;
}

static bool same_place(const struct culprit_report *a, const struct culprit_report *b)
{
	const struct culprit_stack *x, *y;

	if (a->kind != b->kind)
		return false;
	if (a->file_guilty && b->file_guilty)
		return !strcmp(a->file_guilty, b->file_guilty);
	x = stack_of(a);
	y = stack_of(b);
	for (size_t i = 0; x && y && i < x->n_frames && i < PLACE_FRAMES; i++) {
		for (size_t j = 0; j < y->n_frames && j < PLACE_FRAMES; j++) {
			if (x->frames[i].function && y->frames[j].function &&
			    !strcmp(x->frames[i].function, y->frames[j].function))
				return true;
		}
	}
	return false;
}

/* A log that is gone shows nothing. */
static bool load(const struct session *s, uint32_t number, struct run_console *ret)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct culprit_error *err = runner_log_path(s->config, "runs", number, &path);

	if (!err)
		err = run_console_load(ret, s->patterns, NULL, path.data);
	culprit_error_destroy(err);
	return !err;
}

static bool is_in_the_targets_place(const struct session *s, const struct session_run *run)
{
	const struct session_run *target = NULL;
	const struct culprit_report *a, *b;
	struct run_console ours, theirs;
	bool same;

	for (uint32_t i = 0; i < s->n_runs && !target; i++)
		target = s->runs[i].verdict == VERDICT_TARGET && s->runs[i].title ? &s->runs[i] : NULL;
	if (!target || !load(s, run->number, &theirs))
		return false;
	if (!load(s, target->number, &ours)) {
		run_console_deinit(&theirs);
		return false;
	}
	a = report_of(&ours, target->title);
	b = report_of(&theirs, run->title);
	same = a && b && same_place(a, b);
	run_console_deinit(&ours);
	run_console_deinit(&theirs);
	return same;
}

const char *session_older_name(const struct session *s)
{
	for (uint32_t i = 0; s->bisect && i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];
		bool seen = false;

		if (run->verdict != VERDICT_UNRELATED || !run->title || run->subject.changed.hex[0] || is_claimed(s, run->title))
			continue;
		for (uint32_t j = 0; j < i && !seen; j++)
			seen = s->runs[j].verdict == VERDICT_UNRELATED && s->runs[j].title && !strcmp(s->runs[j].title, run->title);
		if (!seen && divides(s, run->title) && is_in_the_targets_place(s, run))
			return run->title;
	}
	return NULL;
}
