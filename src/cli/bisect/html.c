/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bisect/html.h"

#include <math.h>

#include "cli/bisect/bisect.h"
#include "cli/bisect/html_commit.h"
#include "cli/bisect/html_parts.h"

/* Rows of lists that may be long; the page says how many more there are. */
#define MAX_SET BISECT_LISTED_COMMITS
#define MAX_FILES 20
#define MAX_CRASHES 20

/* ------------------------------------------------------------------ text */

/* A text that one of ours wrote into a buffer, ok as that said. */
static void put_buf(struct json *json, struct json_t *object, const char *name, struct buf *text, bool ok)
{
	json->failed |= !ok;
	page_put(json, object, name, ok && text->data ? text->data : "", TEXT_LINES);
	buf_deinit(text);
}

static void put_duration(struct json *json, struct json_t *object, const char *name, double seconds)
{
	struct buf text = { 0 };
	bool ok = bisect_add_duration(&text, seconds);

	put_buf(json, object, name, &text, ok);
}

/* NAME: null, or { "items": [{ "text": ... }] }. */
static void put_list(struct json *json, struct json_t *root, const char *name, const char *const *items, size_t n)
{
	struct json_t *list = n ? json_put_array(json, json_put_object(json, root, name), "items") : NULL;

	if (!n)
		json_put_null(json, root, name);
	for (size_t i = 0; i < n; i++)
		page_put(json, json_add_object(json, list), "text", items[i], TEXT_FIELD);
}

/* "n_more": how many of n a list leaves out, 0 for none. */
static void put_more(struct json *json, struct json_t *object, size_t n, size_t most)
{
	json_put_int(json, object, "n_more", n > most ? (int64_t)(n - most) : 0);
}

/* ------------------------------------------------------- picture: history */

#define WIDTH 900.0
#define LEFT 48.0
#define RIGHT 10.0
#define BINS 240
#define HISTORY_BASE 130.0
#define HISTORY_HEIGHT 110.0

static double place(const struct dossier *d, double index)
{
	double n = d->session->history.n > 1 ? d->session->history.n - 1 : 1;

	return LEFT + (WIDTH - LEFT - RIGHT) * index / n;
}

static void put_posterior(struct json *json, struct json_t *picture, const struct dossier *d)
{
	const struct session *s = d->session;
	const double width = (WIDTH - LEFT - RIGHT) / BINS;
	struct json_t *bars = json_put_array(json, picture, "bars");
	double bins[BINS] = { 0 }, most = 0;

	for (uint32_t i = 0; i < s->history.n; i++)
		bins[(uint64_t)i * BINS / s->history.n] += bisect_posterior(s->bisect, i);
	for (int i = 0; i < BINS; i++)
		most = fmax(most, bins[i]);
	for (int i = 0; i < BINS && most > 0; i++) {
		double h = fmax(HISTORY_HEIGHT * bins[i] / most, 1);
		struct json_t *bar;

		/* What is next to nothing would be a hair of a bar. */
		if (bins[i] < 1e-4)
			continue;
		bar = json_add_object(json, bars);
		page_printf(json, bar, "x", "%.1f", LEFT + width * i);
		page_printf(json, bar, "y", "%.1f", HISTORY_BASE - h);
		page_printf(json, bar, "width", "%.2f", width);
		page_printf(json, bar, "height", "%.1f", h);
		page_printf(json, bar, "percent", "%.3f", bins[i] * 100);
	}
	page_printf(json, picture, "most", "%.1f", most * 100);
}

/* One end of the history: what the configuration calls it, and the commit that this is. */
static void put_end(struct json *json, struct json_t *object, const struct session *s, bool is_bad, const char *given, const char *hex)
{
	json_put_str(json, object, "word", is_bad ? "bad" : "good");
	page_put(json, object, "given", given && strncmp(given, hex, strlen(given)) != 0 ? given : NULL, TEXT_FIELD);
	html_put_commit(json, object, s, hex);
}

static void put_ends(struct json *json, struct json_t *root, const struct session *s)
{
	struct json_t *list = json_put_array(json, root, "ends");
	bool fix = s->config->find == CONFIG_FIX;

	put_end(json, json_add_object(json, list), s, !fix, fix ? s->config->good.items[0] : s->config->bad, s->newer.hex);
	for (size_t i = 0; i < s->n_older; i++) {
		const char *given = fix ? s->config->bad : !s->config->releases && i < s->config->good.n ? s->config->good.items[i] : NULL;

		put_end(json, json_add_object(json, list), s, fix, given, s->older[i].hex);
	}
}

static void put_history(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *picture = json_put_object(json, root, "history"), *marks;

	page_printf(json, picture, "width", "%.0f", WIDTH);
	page_printf(json, picture, "left", "%.0f", LEFT);
	page_printf(json, picture, "right", "%.0f", WIDTH - RIGHT);
	put_posterior(json, picture, d);
	marks = json_put_array(json, picture, "marks");
	for (uint32_t i = 0; i < d->n_tested; i++) {
		const struct dossier_commit *c = &d->tested[i];
		struct json_t *mark = json_add_object(json, marks);

		page_printf(json, mark, "x", "%.1f", place(d, c->index));
		json_put_str(json, mark, "verdict", bisect_verdict_name(c->evidence.verdict));
		page_printf(json, mark, "hash", "%.12s", c->hex);
		page_put(json, mark, "subject", c->subject, TEXT_FIELD);
	}
	page_printf(json, picture, "older", "%.12s", d->session->older[0].hex);
	page_printf(json, picture, "newer", "%.12s", d->session->newer.hex);
	json_put_int(json, picture, "n_commits", bisect_n_candidates(d->session->bisect));
}

/* ---------------------------------------------------------- picture: runs */

#define RUNS_BASE 150.0
#define RUNS_HEIGHT 140.0
#define COLUMN_MIN 16.0
#define COLUMN_MAX 60.0

static uint32_t sum_runs(const struct dossier_commit *c)
{
	uint32_t n = 0;

	for (int kind = 0; kind < BISECT_RUN_KINDS; kind++)
		n += c->evidence.n[kind];
	return n;
}

static void put_pieces(struct json *json, struct json_t *column, const struct dossier_commit *c, double unit)
{
	/* What decides stands at the bottom. */
	static const enum bisect_run order[] = {
		BISECT_RUN_TARGET, BISECT_RUN_RELATED, BISECT_RUN_CLEAN, BISECT_RUN_CUT, BISECT_RUN_UNRELATED, BISECT_RUN_BOOT_FAILED,
		BISECT_RUN_INFRA, BISECT_RUN_INCOMPLETE,
	};
	struct json_t *pieces = json_put_array(json, column, "pieces");
	double y = RUNS_BASE;

	for (size_t i = 0; i < countof(order); i++) {
		uint32_t n = c->evidence.n[order[i]];
		struct json_t *piece = n ? json_add_object(json, pieces) : NULL;

		if (!piece)
			continue;
		y -= n * unit;
		page_printf(json, piece, "y", "%.1f", y);
		page_printf(json, piece, "height", "%.1f", fmax(n * unit - 0.5, 0.5));
		json_put_str(json, piece, "kind", bisect_run_name(order[i]));
		json_put_int(json, piece, "n", n);
	}
	/* A build that failed has no runs: a cross instead. */
	json_put_bool(json, column, "none", !sum_runs(c));
}

static void put_chart(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *chart = json_put_object(json, root, "chart"), *columns = json_put_array(json, chart, "columns");
	double room = WIDTH - LEFT - RIGHT;
	double width = d->n_tested ? fmin(COLUMN_MAX, fmax(COLUMN_MIN, room / d->n_tested)) : COLUMN_MAX;
	uint32_t most = 1;

	for (uint32_t i = 0; i < d->n_tested; i++)
		most = sum_runs(&d->tested[i]) > most ? sum_runs(&d->tested[i]) : most;
	for (uint32_t i = 0; i < d->n_tested; i++) {
		const struct dossier_commit *c = &d->tested[i];
		struct json_t *column = json_add_object(json, columns);

		page_printf(json, column, "x", "%.1f", LEFT + width * i);
		page_printf(json, column, "middle", "%.1f", LEFT + width * (i + 0.4));
		page_printf(json, column, "label", "%.1f", LEFT + width * (i + 0.2));
		page_printf(json, column, "width", "%.1f", width * 0.8);
		page_printf(json, column, "hash", "%.12s", c->hex);
		page_printf(json, column, "short", "%.7s", c->hex);
		put_pieces(json, column, c, RUNS_HEIGHT / most);
	}
	page_printf(json, chart, "width", "%.0f", fmax(WIDTH, LEFT + width * d->n_tested + 30));
	page_printf(json, chart, "left", "%.0f", LEFT);
	page_printf(json, chart, "right", "%.0f", fmax(WIDTH - RIGHT, LEFT + width * d->n_tested));
	json_put_int(json, chart, "most", most);
}

/* ---------------------------------------------------------------- answer */

static void put_culprit(struct json *json, struct json_t *answer, const struct dossier *d)
{
	const struct git_commit *c = &d->culprit;
	struct json_t *o, *files;

	if (!d->has_culprit) {
		json_put_null(json, answer, "commit");
		return;
	}
	o = json_put_object(json, answer, "commit");
	json_put_str(json, o, "hash", c->hash.hex);
	html_put_commit_url(json, o, d->session, c->hash.hex);
	page_put(json, o, "subject", c->subject, TEXT_FIELD);
	page_put(json, o, "described", d->described, TEXT_FIELD);
	page_put(json, o, "author", c->author, TEXT_FIELD);
	page_put(json, o, "email", c->email, TEXT_FIELD);
	page_put(json, o, "date", c->date, TEXT_FIELD);
	files = json_put_array(json, o, "files");
	for (size_t i = 0; i < c->n_files && i < MAX_FILES; i++)
		page_put(json, json_add_object(json, files), "file", c->files[i], TEXT_FIELD);
	put_more(json, o, c->n_files, MAX_FILES);
}

static void put_answer(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *o = json_put_object(json, root, "answer");
	struct buf why = { 0 };
	bool ok = d->answer != ANSWER_GAVE_UP || bisect_add_no_answer(&why, d->session);

	json_put_str(json, o, "what", d->session->config->find == CONFIG_FIX ? "fix" : "culprit");
	page_put(json, o, "doubtful", d->answer == ANSWER_CULPRIT ? d->against : NULL, TEXT_FIELD);
	json_put_bool(json, o, "is_culprit", d->answer == ANSWER_CULPRIT);
	json_put_bool(json, o, "is_set", d->answer == ANSWER_SET);
	json_put_bool(json, o, "gave_up", d->answer == ANSWER_GAVE_UP);
	json_put_bool(json, o, "none_yet", d->answer == ANSWER_NONE_YET);
	page_printf(json, o, "percent", "%.2f", (d->answer == ANSWER_SET ? d->set_mass : d->posterior) * 100);
	json_put_int(json, o, "n_set", d->n_set);
	if (ok && d->answer != ANSWER_GAVE_UP)
		ok = buf_add_str(&why, d->answer == ANSWER_SET ? bisect_why_text(d->why) : "");
	put_buf(json, o, "why", &why, ok);
	put_culprit(json, o, d);
}

static void put_set(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *set, *rows;

	if (!d->n_set) {
		json_put_null(json, root, "set");
		return;
	}
	set = json_put_object(json, root, "set");
	rows = json_put_array(json, set, "rows");
	for (uint32_t i = 0; i < d->n_set && i < MAX_SET; i++) {
		struct json_t *row = json_add_object(json, rows);

		page_printf(json, row, "percent", "%.2f", d->set[i].posterior * 100);
		html_put_commit(json, row, d->session, d->session->history.hashes[d->set[i].commit].hex);
	}
	put_more(json, set, d->n_set, MAX_SET);
}

/* -------------------------------------------------------------- evidence */

/* Whether a run of any tested commit was of the kind: the others take no room. */
static bool is_seen(const struct dossier *d, int kind)
{
	for (uint32_t i = 0; i < d->n_tested; i++) {
		if (d->tested[i].evidence.n[kind])
			return true;
	}
	return false;
}

static void put_kinds(struct json *json, struct json_t *root, const struct dossier *d)
{
	static const char *const names[BISECT_RUN_KINDS] = {
		"clean", "target", "related", "unrelated", "boot failed", "infrastructure", "incomplete", "cut",
	};
	struct json_t *list = json_put_array(json, root, "kinds");

	for (int kind = 0; kind < BISECT_RUN_KINDS; kind++) {
		struct json_t *o = is_seen(d, kind) ? json_add_object(json, list) : NULL;

		if (!o)
			continue;
		json_put_str(json, o, "kind", bisect_run_name((enum bisect_run)kind));
		json_put_str(json, o, "name", names[kind]);
	}
}

static void put_tested(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *rows = json_put_array(json, root, "tested");
	bool fix = d->session->config->find == CONFIG_FIX;

	for (uint32_t i = 0; i < d->n_tested; i++) {
		const struct dossier_commit *c = &d->tested[i];
		struct json_t *row = json_add_object(json, rows), *counts;

		json_put_bool(json, row, "it", d->has_culprit && !strcmp(c->hex, d->culprit.hash.hex));
		page_printf(json, row, "hash", "%.12s", c->hex);
		html_put_commit_url(json, row, d->session, c->hex);
		page_put(json, row, "subject", c->subject, TEXT_FIELD);
		counts = json_put_array(json, row, "counts");
		for (int kind = 0; kind < BISECT_RUN_KINDS; kind++) {
			if (is_seen(d, kind))
				json_put_int(json, json_add_object(json, counts), "n", c->evidence.n[kind]);
		}
		page_printf(json, row, "posterior", "%.2f", c->posterior * 100);
		page_printf(json, row, "shows", "%.1f", (fix ? 1 - c->p_bad : c->p_bad) * 100);
		json_put_str(json, row, "verdict", bisect_verdict_name(c->evidence.verdict));
	}
}

static void put_skips(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *list = NULL;

	for (uint32_t i = 0; i < d->n_tested; i++) {
		struct json_t *o;

		if (!d->tested[i].skip_reason)
			continue;
		if (!list)
			list = json_put_array(json, json_put_object(json, root, "skips"), "items");
		o = json_add_object(json, list);
		page_printf(json, o, "hash", "%.12s", d->tested[i].hex);
		page_put(json, o, "reason", d->tested[i].skip_reason, TEXT_FIELD);
	}
	if (!list)
		json_put_null(json, root, "skips");
}

static void put_crashes(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *crashes, *rows;

	if (!d->n_crashes) {
		json_put_null(json, root, "crashes");
		return;
	}
	crashes = json_put_object(json, root, "crashes");
	rows = json_put_array(json, crashes, "rows");
	for (uint32_t i = 0; i < d->n_crashes && i < MAX_CRASHES; i++) {
		struct json_t *row = json_add_object(json, rows);

		json_put_int(json, row, "n_runs", d->crashes[i].n_runs);
		json_put_int(json, row, "n_commits", d->crashes[i].n_commits);
		page_put(json, row, "title", d->crashes[i].title, TEXT_FIELD);
	}
	put_more(json, crashes, d->n_crashes, MAX_CRASHES);
}

/* --------------------------------------------------------------- the rest */

static void put_end_of_page(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *times = json_put_object(json, root, "times"), *crash;

	page_printf(json, times, "builds", "%u build%s", d->session->n_builds, bisect_plural(d->session->n_builds));
	page_printf(json, times, "runs", "%u run%s", d->session->n_runs, bisect_plural(d->session->n_runs));
	put_duration(json, times, "building", d->build_seconds);
	put_duration(json, times, "running", d->run_seconds);
	put_duration(json, times, "in_all", d->wall_seconds);
	page_put(json, root, "config", d->config_text, TEXT_LINES);
	if (!d->crash) {
		json_put_null(json, root, "crash");
		return;
	}
	crash = json_put_object(json, root, "crash");
	page_put(json, crash, "run", d->crash_run, TEXT_FIELD);
	page_put(json, crash, "text", d->crash, TEXT_LINES);
}

bool html_format(const struct dossier *d, struct buf *ret)
{
	const char *target = d->target ? d->target : "(target not known)";
	_cleanup_(buf_deinit) struct buf title = { 0 };
	struct json json = { 0 };
	struct json_t *root;

	if (!buf_printf(&title, "Bisection of %s", target) || !page_begin(ret, title.data))
		return false;
	root = json_begin(&json);
	page_put(&json, root, "target", target, TEXT_FIELD);
	put_answer(&json, root, d);
	put_list(&json, root, "findings", d->findings, d->n_findings);
	put_list(&json, root, "checks", d->checks, d->n_checks);
	put_list(&json, root, "people", d->people, d->n_people);
	put_ends(&json, root, d->session);
	put_history(&json, root, d);
	html_put_graph(&json, root, d);
	put_kinds(&json, root, d);
	put_chart(&json, root, d);
	put_set(&json, root, d);
	put_tested(&json, root, d);
	put_skips(&json, root, d);
	put_crashes(&json, root, d);
	html_put_runs(&json, root, d);
	put_end_of_page(&json, root, d);
	return page_fill(PAGE_BISECTION, &json, root, ret) && page_finish(ret);
}
