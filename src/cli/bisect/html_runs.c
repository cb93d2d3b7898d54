/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every build and every run, by what was built: of each its verdict, title, time
 * and where its console is, with that console's last lines.  Of these the page
 * takes no more than PAGE_BYTES in all; behind that the rows have no lines.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/bisect/bisect.h"
#include "cli/bisect/html_commit.h"
#include "cli/bisect/html_parts.h"

#define TAIL_BYTES 4096
#define TAIL_LINES 30
#define PAGE_BYTES (2u << 20)

/* What was built once or more. */
struct group {
	const struct subject *subject;
	int64_t first_us;
	uint32_t n[BISECT_RUN_KINDS];
	struct json_t *object, *builds, *runs;	/* owned by the page */
};

struct groups {
	const struct session *session;
	struct group *items;
	uint32_t n, cap;
	size_t n_bytes;			/* of tails so far */
};

static struct group *find_group(struct groups *g, const struct subject *subject, int64_t time_us)
{
	/* One run often follows another of the same. */
	for (uint32_t i = g->n; i-- > 0;) {
		if (subject_equal(g->items[i].subject, subject))
			return &g->items[i];
	}
	if (g->n == g->cap)
		return NULL;
	g->items[g->n] = (struct group){ .subject = subject, .first_us = time_us };
	return &g->items[g->n++];
}

/* All of them, in the order of the journal's facts: builds come before their runs. */
static void collect(struct groups *g)
{
	const struct session *s = g->session;

	for (uint32_t i = 0; i < s->n_builds; i++)
		find_group(g, &s->builds[i].subject, s->builds[i].time_us);
	for (uint32_t i = 0; i < s->n_runs; i++)
		find_group(g, &s->runs[i].subject, s->runs[i].time_us);
	for (uint32_t i = 0; i < s->n_cuts; i++)
		find_group(g, &s->cuts[i].subject, s->last_us);
}

/* ------------------------------------------------------------------ rows */

static void put_time(struct json *json, struct json_t *o, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm;
	char text[64];

	if (!time_us || !gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm)) {
		json_put_null(json, o, "time");
		return;
	}
	json_put_str(json, o, "time", text);
}

static void put_took(struct json *json, struct json_t *o, int64_t elapsed_us)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	json->failed |= !bisect_add_duration(&text, (double)elapsed_us / 1e6);
	page_put(json, o, "took", text.data ? text.data : "", TEXT_FIELD);
}

/* How the run command came to its end. */
static void put_ending(struct json *json, struct json_t *o, const struct run_end *end)
{
	if (end->stopped) {
		json_put_str(json, o, "ending", "stopped after a crash");
		return;
	}
	switch (end->outcome) {
	case PROCESS_EXITED: page_printf(json, o, "ending", "exit code %d", end->value); return;
	case PROCESS_SIGNALLED: page_printf(json, o, "ending", "signal %d", end->value); return;
	case PROCESS_DEADLINE: json_put_str(json, o, "ending", "out of time"); return;
	case PROCESS_OUTPUT_LIMIT: json_put_str(json, o, "ending", "wrote too much"); return;
	case PROCESS_CANCELLED: json_put_str(json, o, "ending", "cancelled"); return;
	case PROCESS_NEVER_STARTED: json_put_str(json, o, "ending", "never started"); return;
	case PROCESS_LOST:
		page_printf(json, o, "ending", "lost%s%s", end->lost[0] ? ": " : "", end->lost);
		return;
	}
	json_put_null(json, o, "ending");
}

/* The file's last whole lines; nothing where it is away or empty. */
static struct span read_tail(const char *path, char *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END), from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	ssize_t len = size > 0 ? pread(fd, bytes, TAIL_BYTES, from) : 0;
	struct span tail = { bytes, len > 0 ? (size_t)len : 0 };
	const char *newline = from && tail.len ? memchr(tail.ptr, '\n', tail.len) : NULL;
	size_t n_lines = 0, start;

	if (fd >= 0)
		close(fd);
	if (newline)
		tail = span_skip(tail, (size_t)(newline - tail.ptr) + 1);
	for (start = tail.len; start > 0; start--) {
		if (tail.ptr[start - 1] == '\n' && start < tail.len && ++n_lines == TAIL_LINES)
			break;
	}
	return span_skip(tail, start);
}

/* Name and link of a log, and its last lines. */
static void put_log(struct json *json, struct json_t *o, struct groups *g, const char *kind, uint32_t number, const char *hex)
{
	const struct config *config = g->session->config;
	_cleanup_(buf_deinit) struct buf path = { 0 }, text = { 0 };
	char run[16], log[24], bytes[TAIL_BYTES];
	const struct page_word words[] = { { "run", run }, { "log", log }, { "commit", hex } };
	struct culprit_error *err = runner_log_path(config, kind, number, &path);
	struct span tail = { 0 };

	json->failed |= err != NULL;
	snprintf(run, sizeof(run), "%" PRIu32, number);
	snprintf(log, sizeof(log), "%06" PRIu32 ".log", number);
	page_printf(json, o, "log", "%s/%s", kind, log);
	page_put_url(json, o, "url", strcmp(kind, "runs") ? NULL : config->run_url, words, countof(words));
	if (!err && g->n_bytes < PAGE_BYTES)
		tail = read_tail(path.data, bytes);
	g->n_bytes += tail.len;
	/* Consoles end their lines with CR LF as often as not. */
	for (size_t i = 0; i < tail.len && !json->failed; i++) {
		if (tail.ptr[i] != '\r' || (i + 1 < tail.len && tail.ptr[i + 1] != '\n'))
			json->failed |= !buf_add_char(&text, tail.ptr[i]);
	}
	culprit_error_destroy(err);
	page_put(json, o, "tail", text.data ? text.data : "", TEXT_LINES);
}

static void add_build(struct json *json, struct groups *g, const struct session_build *build)
{
	struct group *group = find_group(g, &build->subject, 0);
	struct json_t *o = group ? json_add_object(json, group->builds) : NULL;

	if (!o)
		return;
	json_put_int(json, o, "number", build->number);
	json_put_str(json, o, "outcome", build_outcome_name(build->result.outcome));
	page_put(json, o, "reason", build->result.reason, TEXT_FIELD);
	put_took(json, o, build->result.elapsed_us);
	put_time(json, o, build->time_us);
	put_log(json, o, g, "builds", build->number, build->subject.commit.hex);
}

static struct json_t *add_run(struct json *json, struct groups *g, struct group *group, uint32_t number, enum bisect_run kind, const char *verdict)
{
	struct json_t *o = json_add_object(json, group->runs);

	group->n[kind]++;
	json_put_int(json, o, "number", number);
	json_put_str(json, o, "kind", bisect_run_name(kind));
	json_put_str(json, o, "verdict", verdict);
	put_log(json, o, g, "runs", number, group->subject->commit.hex);
	return o;
}

static void add_runs(struct json *json, struct groups *g)
{
	const struct session *s = g->session;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];
		struct group *group = find_group(g, &run->subject, 0);
		struct json_t *o;

		if (!group)
			continue;
		o = add_run(json, g, group, run->number, session_run_kind(run->verdict), verdict_name(run->verdict));
		page_put(json, o, "title", run->title, TEXT_FIELD);
		page_put(json, o, "why", run->why, TEXT_FIELD);
		put_took(json, o, run->end.elapsed_us);
		put_ending(json, o, &run->end);
		put_time(json, o, run->time_us);
	}
	for (uint32_t i = 0; i < s->n_cuts; i++) {
		struct group *group = find_group(g, &s->cuts[i].subject, 0);
		struct json_t *o;

		if (!group)
			continue;
		o = add_run(json, g, group, s->cuts[i].number, BISECT_RUN_CUT, "cut");
		json_put_null(json, o, "title");
		json_put_null(json, o, "why");
		put_took(json, o, s->cuts[i].elapsed_us);
		json_put_str(json, o, "ending", "ended: another commit became of more use");
		json_put_null(json, o, "time");
	}
}

/* ---------------------------------------------------------------- groups */

static void begin_group(struct json *json, struct json_t *list, const struct session *s, struct group *group)
{
	const struct subject *subject = group->subject;
	struct json_t *o = group->object = json_add_object(json, list);

	html_put_commit(json, o, s, subject->commit.hex);
	if (subject->changed.hex[0])
		page_printf(json, o, "change", "with %.12s %s", subject->changed.hex, subject->change == GIT_REVERT ? "reverted" : "picked");
	else
		json_put_null(json, o, "change");
	group->builds = json_put_array(json, o, "builds");
	group->runs = json_put_array(json, o, "runs");
}

static void end_group(struct json *json, const struct group *group)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	json->failed |= !bisect_add_runs(&text, group->n);
	page_put(json, group->object, "summary", text.data ? text.data : "", TEXT_FIELD);
}

static int by_time(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->first_us > y->first_us ? 1 : x->first_us < y->first_us ? -1 : 0;
}

void html_put_runs(struct json *json, struct json_t *root, const struct dossier *d)
{
	const struct session *s = d->session;
	struct groups g = { .session = s, .cap = s->n_builds + s->n_runs + s->n_cuts };
	struct json_t *list = json_put_array(json, root, "subjects");

	g.items = calloc(g.cap ? g.cap : 1, sizeof(*g.items));
	if (!g.items) {
		json->failed = true;
		return;
	}
	collect(&g);
	if (g.n)
		qsort(g.items, g.n, sizeof(*g.items), by_time);
	for (uint32_t i = 0; i < g.n; i++)
		begin_group(json, list, s, &g.items[i]);
	for (uint32_t i = 0; i < s->n_builds; i++)
		add_build(json, &g, &s->builds[i]);
	add_runs(json, &g);
	for (uint32_t i = 0; i < g.n; i++)
		end_group(json, &g.items[i]);
	json_put_bool(json, root, "tails_left_out", g.n_bytes >= PAGE_BYTES);
	free(g.items);
}
