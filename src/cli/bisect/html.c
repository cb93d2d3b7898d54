/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report as HTML with three pictures (SVG): the posterior along the history
 * with the tested commits below it, the history around the answer
 * (html_graph.c), and the runs of each tested commit.
 */
#include "cli/bisect/html.h"

#include <math.h>

#include "cli/bisect/bisect.h"
#include "cli/bisect/html_graph.h"
#include "cli/bisect/html_text.h"

static const char style[] =
	":root{--fg:#1c2024;--dim:#60656c;--bg:#fff;--line:#d9d9e0;--bad:#ce2c31;--rel:#ef8a3c;--unrel:#b9a2e3;"
	"--clean:#30a46c;--boot:#8d8d8d;--infra:#c9c9c9;--post:#3e63dd}"
	"@media(prefers-color-scheme:dark){:root{--fg:#edeef0;--dim:#9ba1a6;--bg:#18191b;--line:#3a3f42;--infra:#55595d}}"
	"body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:64rem;margin:2rem auto;padding:0 1rem}"
	"h1{font-size:1.4rem;margin:0 0 .3rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}"
	"code,pre,td.h{font-family:ui-monospace,monospace;font-size:.86em}"
	"pre{overflow:auto;border:1px solid var(--line);border-radius:6px;padding:.7rem;max-height:32rem}"
	"table{border-collapse:collapse;width:100%;font-size:.9em}th,td{text-align:right;padding:.2rem .5rem;"
	"border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:500}td.l,th.l{text-align:left}"
	".wide{overflow-x:auto}.dim{color:var(--dim)}.answer{border-left:4px solid var(--post);padding:.2rem 1rem;margin:1rem 0}"
	"svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font:11px system-ui,sans-serif}"
	".k{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 1em}"
	"tr.it td{font-weight:600}li{margin:.2rem 0}";

/* In the order of enum bisect_run. */
static const char *const kind_names[BISECT_RUN_KINDS] = {
	"clean", "target", "related", "unrelated", "boot failed", "infrastructure", "incomplete", "cut",
};
static const char *const kind_colors[BISECT_RUN_KINDS] = {
	"var(--clean)", "var(--bad)", "var(--rel)", "var(--unrel)", "var(--boot)", "var(--infra)", "var(--line)", "var(--dim)",
};

/* ------------------------------------------------------------------ text */

static bool add_tag(struct buf *buf, const char *open, const char *text, const char *close)
{
	return buf_add_str(buf, open) && html_add(buf, text) && buf_add_str(buf, close);
}

static bool add_list(struct buf *buf, const char *heading, const char *const *items, size_t n)
{
	bool ok = n == 0 || buf_printf(buf, "<h2>%s</h2><ul>\n", heading);

	for (size_t i = 0; i < n && ok; i++)
		ok = add_tag(buf, "<li>", items[i], "</li>\n");
	return ok && (n == 0 || buf_add_str(buf, "</ul>\n"));
}

/* ------------------------------------------------------- picture: history */

#define WIDTH 1000.0
#define LEFT 40.0
#define RIGHT 10.0
#define BINS 240

static double place(const struct dossier *d, double index)
{
	double n = d->session->history.n > 1 ? d->session->history.n - 1 : 1;

	return LEFT + (WIDTH - LEFT - RIGHT) * index / n;
}

static bool add_posterior(struct buf *buf, const struct dossier *d, double base, double height)
{
	const struct session *s = d->session;
	double bins[BINS] = { 0 }, most = 0;
	bool ok = true;

	for (uint32_t i = 0; i < s->history.n; i++)
		bins[(uint64_t)i * BINS / s->history.n] += bisect_posterior(s->bisect, i);
	for (int i = 0; i < BINS; i++)
		most = fmax(most, bins[i]);
	for (int i = 0; i < BINS && ok && most > 0; i++) {
		double x = LEFT + (WIDTH - LEFT - RIGHT) * i / BINS, h = height * bins[i] / most;

		/* What is next to nothing would be a hair of a bar. */
		if (bins[i] < 1e-4)
			continue;
		ok = buf_printf(buf, "<rect x='%.1f' y='%.1f' width='%.2f' height='%.1f' fill='var(--post)'><title>%.3f %%</title></rect>\n",
				x, base - fmax(h, 1), (WIDTH - LEFT - RIGHT) / BINS, fmax(h, 1), bins[i] * 100);
	}
	return ok && buf_printf(buf, "<text x='%.0f' y='%.0f'>%.1f %%</text>\n", 0.0, base - height + 8, most * 100);
}

static bool add_marks(struct buf *buf, const struct dossier *d, double base)
{
	bool ok = true;

	for (uint32_t i = 0; i < d->n_tested && ok; i++) {
		const struct dossier_commit *c = &d->tested[i];

		ok = buf_printf(buf, "<path d='M%.1f %.0f v14' stroke='%s' stroke-width='2'><title>%.12s ", place(d, c->index), base + 4,
				html_verdict_color(c->evidence.verdict), c->hex) &&
		     html_add(buf, c->subject) && buf_printf(buf, " (%s)</title></path>\n", bisect_verdict_name(c->evidence.verdict));
	}
	return ok;
}

static bool add_history(struct buf *buf, const struct dossier *d)
{
	const double base = 130, height = 110;

	return buf_add_str(buf, "<h2>History and posterior</h2>\n<p class='dim'>From the oldest commit on the left to the newest; the bars "
				"are the probability of being the one, the marks below them the tested commits.</p>\n") &&
	       buf_printf(buf, "<svg viewBox='0 0 %.0f 175' role='img' aria-label='posterior along the history'>\n"
			       "<path d='M%.0f %.0f H%.0f' stroke='var(--line)'/>\n", WIDTH, LEFT, base, WIDTH - RIGHT) &&
	       add_posterior(buf, d, base, height) && add_marks(buf, d, base) &&
	       buf_printf(buf, "<text x='%.0f' y='165'>%.12s</text><text x='%.0f' y='165' text-anchor='end'>%.12s, %u commits</text>\n"
			       "</svg>\n", LEFT, d->session->older[0].hex, WIDTH - RIGHT, d->session->newer.hex,
			  bisect_n_candidates(d->session->bisect));
}

/* ---------------------------------------------------------- picture: runs */

static uint32_t sum_runs(const struct dossier_commit *c)
{
	uint32_t n = 0;

	for (int kind = 0; kind < BISECT_RUN_KINDS; kind++)
		n += c->evidence.n[kind];
	return n;
}

static bool add_column(struct buf *buf, const struct dossier_commit *c, double x, double width, double base, double unit)
{
	/* What decides stands at the bottom. */
	static const enum bisect_run order[] = {
		BISECT_RUN_TARGET, BISECT_RUN_RELATED, BISECT_RUN_CLEAN, BISECT_RUN_UNRELATED, BISECT_RUN_BOOT_FAILED,
		BISECT_RUN_INFRA, BISECT_RUN_INCOMPLETE,
	};
	double y = base;
	bool ok = true;

	for (size_t i = 0; i < countof(order) && ok; i++) {
		uint32_t n = c->evidence.n[order[i]];

		if (!n)
			continue;
		y -= n * unit;
		ok = buf_printf(buf, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'><title>%.12s: %u %s</title></rect>\n", x,
				y, width * 0.8, fmax(n * unit - 0.5, 0.5), kind_colors[order[i]], c->hex, n, kind_names[order[i]]);
	}
	/* A build that failed has no runs: a cross instead. */
	if (ok && !sum_runs(c))
		ok = buf_printf(buf, "<text x='%.1f' y='%.1f' text-anchor='middle'>x<title>%.12s: not built</title></text>\n",
				x + width * 0.4, base - 2, c->hex);
	return ok && buf_printf(buf, "<text transform='translate(%.1f %.1f) rotate(60)'>%.7s</text>\n", x + width * 0.2, base + 10,
				c->hex);
}

static bool add_runs(struct buf *buf, const struct dossier *d)
{
	const double base = 150, height = 140;
	double width = fmin(60, (WIDTH - LEFT - RIGHT) / (d->n_tested ? d->n_tested : 1));
	uint32_t most = 1;
	bool ok;

	for (uint32_t i = 0; i < d->n_tested; i++)
		most = sum_runs(&d->tested[i]) > most ? sum_runs(&d->tested[i]) : most;
	ok = buf_add_str(buf, "<h2>Runs of each tested commit, oldest first</h2>\n<p class='dim'>");
	for (int kind = 0; kind < BISECT_RUN_KINDS && ok; kind++)
		ok = buf_printf(buf, "<span class='k' style='background:%s'></span>%s", kind_colors[kind], kind_names[kind]);
	ok = ok && buf_printf(buf, "</p>\n<svg viewBox='0 0 %.0f 205' role='img' aria-label='runs by verdict'>\n"
				   "<path d='M%.0f %.0f H%.0f' stroke='var(--line)'/><text x='0' y='18'>%u</text>\n", WIDTH, LEFT, base,
			      WIDTH - RIGHT, most);
	for (uint32_t i = 0; i < d->n_tested && ok; i++)
		ok = add_column(buf, &d->tested[i], LEFT + width * i, width, base, height / most);
	return ok && buf_add_str(buf, "</svg>\n");
}

/* --------------------------------------------------------------- the rest */

static bool add_no_answer(struct buf *buf, const struct dossier *d)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	return bisect_add_no_answer(&text, d->session) && html_add(buf, text.data);
}

static bool add_answer(struct buf *buf, const struct dossier *d)
{
	const struct git_commit *c = &d->culprit;
	const char *what = d->session->config->find == CONFIG_FIX ? "fix" : "culprit";
	bool ok = buf_add_str(buf, "<div class='answer'>");

	switch (d->answer) {
	case ANSWER_CULPRIT:
		if (d->against)
			ok = ok && buf_printf(buf, "<p><b>Doubtful: %s.</b></p>", d->against);
		ok = ok && buf_printf(buf, "<p>The %s, with a probability of <b>%.2f&nbsp;%%</b>:</p>", what, d->posterior * 100);
		break;
	case ANSWER_SET:
		ok = ok && buf_printf(buf, "<p>One of <b>%u commits</b>, with a probability of %.1f&nbsp;%%: ", d->n_set, d->set_mass * 100) &&
		     html_add(buf, bisect_why_text(d->why)) && buf_add_str(buf, ". The likeliest:</p>");
		break;
	case ANSWER_GAVE_UP:
		ok = ok && buf_printf(buf, "<p>No %s can be named: ", what) && add_no_answer(buf, d) && buf_add_str(buf, ".</p>");
		break;
	case ANSWER_NONE_YET:
		ok = ok && buf_add_str(buf, "<p>The bisection has not come to its end.</p>");
		break;
	}
	if (ok && d->has_culprit)
		ok = add_tag(buf, "<p><b>", c->subject, "</b><br>") && buf_printf(buf, "<code>%s</code> <span class='dim'>", c->hash.hex) &&
		     add_tag(buf, "(", d->described, ")</span><br>") && html_add(buf, c->author) && add_tag(buf, " &lt;", c->email, "&gt;, ") &&
		     html_add(buf, c->date) && buf_add_str(buf, "</p>");
	for (size_t i = 0; d->has_culprit && i < c->n_files && i < 20 && ok; i++)
		ok = add_tag(buf, "<code>", c->files[i], "</code><br>");
	return ok && buf_add_str(buf, "</div>\n");
}

static bool add_set(struct buf *buf, const struct dossier *d)
{
	bool ok = d->n_set == 0 || buf_add_str(buf, "<h2>The set</h2><table><tr><th>posterior</th><th class='l'>commit</th></tr>\n");

	for (uint32_t i = 0; i < d->n_set && i < BISECT_LISTED_COMMITS && ok; i++) {
		struct buf commit = { 0 };

		ok = buf_printf(buf, "<tr><td>%.2f&nbsp;%%</td><td class='l'>", d->set[i].posterior * 100) &&
		     bisect_add_commit(&commit, d->session, d->session->history.hashes[d->set[i].commit].hex) &&
		     html_add(buf, commit.data) && buf_add_str(buf, "</td></tr>\n");
		buf_deinit(&commit);
	}
	return ok && (d->n_set == 0 || buf_add_str(buf, "</table>\n"));
}

static bool add_row(struct buf *buf, const struct dossier *d, const struct dossier_commit *c)
{
	bool it = d->has_culprit && !strcmp(c->hex, d->culprit.hash.hex);
	double shows = d->session->config->find == CONFIG_FIX ? 1 - c->p_bad : c->p_bad;
	bool ok = buf_printf(buf, "<tr%s><td class='l h'>%.12s</td>", it ? " class='it'" : "", c->hex) &&
		  add_tag(buf, "<td class='l'>", c->subject, "</td>");

	for (int kind = 0; kind < BISECT_RUN_KINDS && ok; kind++)
		ok = c->evidence.n[kind] ? buf_printf(buf, "<td>%u</td>", c->evidence.n[kind]) : buf_add_str(buf, "<td></td>");
	return ok && buf_printf(buf, "<td>%.2f&nbsp;%%</td><td>%.1f&nbsp;%%</td><td class='l'>%s</td></tr>\n", c->posterior * 100, shows * 100,
				bisect_verdict_name(c->evidence.verdict));
}

static bool add_table(struct buf *buf, const struct dossier *d)
{
	bool ok = buf_add_str(buf, "<h2>Evidence</h2>\n<div class='wide'><table><tr><th class='l'>commit</th><th class='l'>subject</th>");

	for (int kind = 0; kind < BISECT_RUN_KINDS && ok; kind++)
		ok = buf_printf(buf, "<th>%s</th>", kind_names[kind]);
	ok = ok && buf_add_str(buf, "<th>posterior</th><th>shows</th><th class='l'>verdict</th></tr>\n");
	for (uint32_t i = 0; i < d->n_tested && ok; i++)
		ok = add_row(buf, d, &d->tested[i]);
	return ok && buf_add_str(buf, "</table></div>\n");
}

static bool add_skips(struct buf *buf, const struct dossier *d)
{
	bool ok = true, any = false;

	for (uint32_t i = 0; i < d->n_tested && ok; i++) {
		if (!d->tested[i].skip_reason)
			continue;
		if (!any)
			ok = buf_add_str(buf, "<h2>Skipped</h2><ul>\n");
		any = true;
		ok = ok && buf_printf(buf, "<li><code>%.12s</code> ", d->tested[i].hex) && html_add(buf, d->tested[i].skip_reason) &&
		     buf_add_str(buf, "</li>\n");
	}
	return ok && (!any || buf_add_str(buf, "</ul>\n"));
}

static bool add_crashes(struct buf *buf, const struct dossier *d)
{
	bool ok = d->n_crashes == 0 || buf_add_str(buf, "<h2>Other crashes on the way</h2><table><tr><th>runs</th><th>commits</th>"
							"<th class='l'>title</th></tr>\n");

	for (uint32_t i = 0; i < d->n_crashes && i < 20 && ok; i++)
		ok = buf_printf(buf, "<tr><td>%u</td><td>%u</td>", d->crashes[i].n_runs, d->crashes[i].n_commits) &&
		     add_tag(buf, "<td class='l'>", d->crashes[i].title, "</td></tr>\n");
	return ok && (d->n_crashes == 0 || buf_add_str(buf, "</table>\n"));
}

static bool add_end(struct buf *buf, const struct dossier *d)
{
	bool ok = buf_printf(buf, "<p class='dim'>%u build%s took ", d->session->n_builds,
			     bisect_plural(d->session->n_builds)) && bisect_add_duration(buf, d->build_seconds) &&
		  buf_printf(buf, ", %u run%s ", d->session->n_runs, bisect_plural(d->session->n_runs)) && bisect_add_duration(buf, d->run_seconds) &&
		  buf_add_str(buf, "; in all ") && bisect_add_duration(buf, d->wall_seconds) && buf_add_str(buf, ".</p>\n");

	if (ok && d->crash)
		ok = add_tag(buf, "<h2>The crash (", d->crash_run, ")</h2>") && add_tag(buf, "<pre>", d->crash, "</pre>\n");
	return ok && add_tag(buf, "<h2>To repeat it</h2><p><code>culprit bisect run --config culprit.yaml</code>, with this:</p><pre>",
			     d->config_text, "</pre>\n");
}

bool html_format(const struct dossier *d, struct buf *ret)
{
	const char *target = d->target ? d->target : "(target not known)";

	return add_tag(ret, "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
			    "<meta name='viewport' content='width=device-width,initial-scale=1'><title>Bisection of ", target, "</title>") &&
	       buf_printf(ret, "<style>%s</style></head>\n<body>\n", style) &&
	       add_tag(ret, "<p class='dim'>Bisection of</p><h1>", target, "</h1>\n") && add_answer(ret, d) &&
	       add_list(ret, "Reasons to doubt", d->findings, d->n_findings) && add_list(ret, "Checks", d->checks, d->n_checks) &&
	       add_history(ret, d) && html_add_graph(ret, d) && add_runs(ret, d) && add_set(ret, d) && add_table(ret, d) && add_skips(ret, d) &&
	       add_crashes(ret, d) && add_list(ret, "People and lists to tell", d->people, d->n_people) && add_end(ret, d) &&
	       buf_add_str(ret, "</body></html>\n");
}
