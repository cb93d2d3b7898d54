/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect report: the dossier as text for an email and as JSON; as HTML
 * it is html.c's.
 */
#include <stdio.h>

#include "cli/bisect/bisect.h"
#include "cli/bisect/bisect_dossier.h"
#include "cli/bisect/bisect_mail.h"
#include "cli/bisect/html.h"
#include "cli/output/json.h"
#include "cli/options.h"
#include "cli/output/text.h"

/* ------------------------------------------------------------------ text */

static bool add_text(struct buf *buf, const char *text)
{
	return text_add(buf, span_of(text), TEXT_FIELD);
}

static bool add_answer(struct buf *buf, const struct dossier *d)
{
	const char *what = d->session->config->find == CONFIG_FIX ? "fix" : "culprit";
	uint32_t left;

	switch (d->answer) {
	case ANSWER_CULPRIT:
		if (d->against && !buf_printf(buf, "Doubtful: %s.\n\n", d->against))
			return false;
		return buf_printf(buf, "The %s %s, with a probability of %.2f %%:\n\n", what, d->against ? "may be" : "is", d->posterior * 100);
	case ANSWER_SET:
		return buf_printf(buf, "The %s is one of %u commits, with a probability of %.1f %%;\n%s.\n%s", what,
				  d->n_set, d->set_mass * 100, bisect_why_text(d->why),
				  d->has_culprit ? "The likeliest is:\n\n" : "Nothing tells them apart.\n");
	case ANSWER_GAVE_UP:
		return buf_printf(buf, "No %s can be named: ", what) && bisect_add_no_answer(buf, d->session) &&
		       buf_add_str(buf, ".\n");
	case ANSWER_NONE_YET:
		break;
	}
	left = bisect_commits_left(d->session, bisect_entropy(d->session->bisect));
	return buf_printf(buf, "The bisection has not come to its end; %u commit%s left.\n", left, bisect_plural(left));
}

static bool add_culprit(struct buf *buf, const struct dossier *d)
{
	const struct git_commit *c = &d->culprit;
	bool ok;

	if (!d->has_culprit)
		return true;
	ok = buf_printf(buf, "  commit %s (%s)\n  Author: ", c->hash.hex, d->described) && add_text(buf, c->author) &&
	     buf_add_str(buf, " <") && add_text(buf, c->email) && buf_printf(buf, ">\n  Date:   %s\n\n      ", c->date) &&
	     add_text(buf, c->subject) && buf_add_str(buf, "\n\n");
	for (size_t i = 0; i < c->n_files && i < 50 && ok; i++)
		ok = buf_add_str(buf, "  ") && add_text(buf, c->files[i]) && buf_add_char(buf, '\n');
	return ok;
}

static bool add_set(struct buf *buf, const struct dossier *d)
{
	bool ok = d->n_set == 0 || buf_add_str(buf, "\nAll of the set:\n");

	for (uint32_t i = 0; i < d->n_set && i < BISECT_LISTED_COMMITS && ok; i++)
		ok = buf_printf(buf, "  %5.1f %%  ", d->set[i].posterior * 100) &&
		     bisect_add_commit(buf, d->session, d->session->history.hashes[d->set[i].commit].hex) &&
		     buf_add_char(buf, '\n');
	return ok;
}

static bool add_list(struct buf *buf, const char *heading, const char *const *items, size_t n)
{
	bool ok = n == 0 || buf_printf(buf, "\n%s\n", heading);

	for (size_t i = 0; i < n && ok; i++)
		ok = buf_add_str(buf, "- ") && add_text(buf, items[i]) && buf_add_char(buf, '\n');
	return ok;
}

static bool add_table(struct buf *buf, const struct dossier *d)
{
	bool ok = buf_add_str(buf, "\nEvidence, oldest first (target, related, unrelated, clean, boot failed, infrastructure,\n"
				   "incomplete; posterior of being it; probability that the target shows):\n\n"
				   "  commit        targ  rel unrel clean boot infra  inc  posterior  shows    verdict\n");

	for (uint32_t i = 0; i < d->n_tested && ok; i++) {
		const struct dossier_commit *c = &d->tested[i];
		const uint32_t *n = c->evidence.n;
		double shows = d->session->config->find == CONFIG_FIX ? 1 - c->p_bad : c->p_bad;

		ok = buf_printf(buf, "  %.12s %5u %4u %5u %5u %4u %5u %4u %8.2f %% %6.1f %%  %s\n", c->hex, n[BISECT_RUN_TARGET],
				n[BISECT_RUN_RELATED], n[BISECT_RUN_UNRELATED], n[BISECT_RUN_CLEAN], n[BISECT_RUN_BOOT_FAILED],
				n[BISECT_RUN_INFRA], n[BISECT_RUN_INCOMPLETE], c->posterior * 100, shows * 100,
				bisect_verdict_name(c->evidence.verdict));
	}
	return ok;
}

static bool add_skips(struct buf *buf, const struct dossier *d)
{
	bool ok = true, any = false;

	for (uint32_t i = 0; i < d->n_tested && ok; i++) {
		const struct dossier_commit *c = &d->tested[i];

		if (!c->skip_reason && c->evidence.verdict != BISECT_VERDICT_SKIP)
			continue;
		if (!any)
			ok = buf_add_str(buf, "\nSkipped:\n");
		any = true;
		ok = ok && buf_printf(buf, "- %.12s: ", c->hex) &&
		     add_text(buf, c->skip_reason ? c->skip_reason : c->title ? c->title : "its runs said nothing") &&
		     buf_add_char(buf, '\n');
	}
	return ok;
}

static bool add_crashes(struct buf *buf, const struct dossier *d)
{
	bool ok = d->n_crashes == 0 || buf_add_str(buf, "\nOther crashes on the way:\n");

	for (uint32_t i = 0; i < d->n_crashes && i < 20 && ok; i++)
		ok = buf_printf(buf, "- %u run%s, %u commit%s: ", d->crashes[i].n_runs, bisect_plural(d->crashes[i].n_runs),
				d->crashes[i].n_commits, bisect_plural(d->crashes[i].n_commits)) &&
		     add_text(buf, d->crashes[i].title) && buf_add_char(buf, '\n');
	return ok;
}

static bool add_times(struct buf *buf, const struct dossier *d)
{
	return buf_printf(buf, "\n%u build%s took ", d->session->n_builds, bisect_plural(d->session->n_builds)) && bisect_add_duration(buf, d->build_seconds) &&
	       buf_printf(buf, ", %u run%s ", d->session->n_runs, bisect_plural(d->session->n_runs)) && bisect_add_duration(buf, d->run_seconds) &&
	       buf_add_str(buf, "; in all ") && bisect_add_duration(buf, d->wall_seconds) && buf_add_str(buf, ".\n");
}

static bool add_crash(struct buf *buf, const struct dossier *d)
{
	return !d->crash || (buf_printf(buf, "\nThe crash (%s):\n\n", d->crash_run) &&
			     text_add(buf, span_of(d->crash), TEXT_LINES));
}

static bool add_repeat(struct buf *buf, const struct dossier *d)
{
	return buf_printf(buf, "\nTo repeat it: culprit bisect run --config culprit.yaml, with this culprit.yaml:\n\n") &&
	       text_add(buf, span_of(d->config_text), TEXT_LINES);
}

static bool format_text(const struct dossier *d, struct buf *buf)
{
	bool ok = buf_add_str(buf, "Bisection of: ") && add_text(buf, d->target ? d->target : "(target not known)") &&
		  buf_add_str(buf, "\n\n") && add_answer(buf, d) && add_culprit(buf, d) && add_set(buf, d);

	ok = ok && add_list(buf, "Reasons to doubt:", d->findings, d->n_findings) &&
	     add_list(buf, "Checks:", d->checks, d->n_checks) && add_list(buf, "People and lists to tell:", d->people, d->n_people);
	if (ok && d->has_rate)
		ok = buf_printf(buf, "\nWhere it shows, the target shows in %.0f %% of the runs (%.0f to %.0f %%).\n", d->rate.mean * 100,
				d->rate.low * 100, d->rate.high * 100);
	return ok && add_table(buf, d) && add_skips(buf, d) && add_crashes(buf, d) && add_times(buf, d) && add_crash(buf, d) &&
	       add_repeat(buf, d);
}

/* ------------------------------------------------------------------ JSON */

static const char *const answer_names[] = { "none-yet", "culprit", "set", "gave-up" };

static void put_list(struct json *json, struct json_t *root, const char *key, const char *const *items, size_t n)
{
	struct json_t *list = json_put_array(json, root, key);

	for (size_t i = 0; i < n; i++)
		json_add_str(json, list, items[i]);
}

static void put_culprit(struct json *json, struct json_t *root, const struct dossier *d)
{
	const struct git_commit *c = &d->culprit;
	struct json_t *o;

	if (!d->has_culprit) {
		json_put_null(json, root, "culprit");
		return;
	}
	o = json_put_object(json, root, "culprit");
	json_put_str(json, o, "commit", c->hash.hex);
	json_put_str(json, o, "described", d->described);
	json_put_str(json, o, "author", c->author);
	json_put_str(json, o, "email", c->email);
	json_put_str(json, o, "date", c->date);
	json_put_str(json, o, "subject", c->subject);
	put_list(json, o, "files", c->files, c->n_files);
}

static void put_tested(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct json_t *list = json_put_array(json, root, "tested");

	for (uint32_t i = 0; i < d->n_tested; i++) {
		const struct dossier_commit *c = &d->tested[i];
		struct json_t *o = json_add_object(json, list), *runs;

		json_put_str(json, o, "commit", c->hex);
		json_put_str(json, o, "subject", c->subject);
		json_put_str(json, o, "verdict", bisect_verdict_name(c->evidence.verdict));
		runs = json_put_object(json, o, "runs");
		for (int kind = 0; kind < BISECT_RUN_KINDS; kind++)
			json_put_int(json, runs, bisect_run_name((enum bisect_run)kind), c->evidence.n[kind]);
		json_put_real(json, o, "posterior", c->posterior);
		json_put_real(json, o, "p_new_state", c->p_bad);
		json_put_real(json, o, "p_shows_alone", c->evidence.p_shows);
		json_put_real(json, o, "build_seconds", c->build_seconds);
		json_put_real(json, o, "run_seconds", c->run_seconds);
		json_put_str(json, o, "skip_reason", c->skip_reason);
	}
}

static void put_session(struct json *json, struct json_t *root, const struct dossier *d)
{
	const struct session *s = d->session;
	struct json_t *list, *o;

	json_put_str(json, root, "find", s->config->find == CONFIG_FIX ? "fix" : "cause");
	json_put_str(json, root, "newer", s->newer.hex);
	list = json_put_array(json, root, "older");
	for (size_t i = 0; i < s->n_older; i++)
		json_add_str(json, list, s->older[i].hex);
	json_put_int(json, root, "candidates", bisect_n_candidates(s->bisect));
	json_put_int(json, root, "builds", s->n_builds);
	json_put_int(json, root, "runs", s->n_runs);
	json_put_real(json, root, "build_seconds", d->build_seconds);
	json_put_real(json, root, "run_seconds", d->run_seconds);
	json_put_real(json, root, "wall_seconds", d->wall_seconds);
	list = json_put_array(json, root, "other_crashes");
	for (uint32_t i = 0; i < d->n_crashes; i++) {
		o = json_add_object(json, list);
		json_put_str(json, o, "title", d->crashes[i].title);
		json_put_int(json, o, "runs", d->crashes[i].n_runs);
		json_put_int(json, o, "commits", d->crashes[i].n_commits);
	}
}

static bool format_json(const struct dossier *d, struct buf *buf)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *list, *o;

	json_put_envelope(&json, root, "bisect-report");
	json_put_int(&json, root, "version", 1);
	json_put_str(&json, root, "target", d->target);
	json_put_str(&json, root, "answer", answer_names[d->answer]);
	json_put_str(&json, root, "against", d->against);
	json_put_str(&json, root, "reason", bisect_why_name(d->why));
	json_put_real(&json, root, "posterior", d->answer == ANSWER_SET ? d->set_mass : d->posterior);
	put_culprit(&json, root, d);
	list = json_put_array(&json, root, "set");
	for (uint32_t i = 0; i < d->n_set; i++) {
		o = json_add_object(&json, list);
		json_put_str(&json, o, "commit", d->session->history.hashes[d->set[i].commit].hex);
		json_put_real(&json, o, "posterior", d->set[i].posterior);
	}
	put_list(&json, root, "findings", d->findings, d->n_findings);
	put_list(&json, root, "checks", d->checks, d->n_checks);
	put_list(&json, root, "people", d->people, d->n_people);
	if (d->has_rate) {
		o = json_put_object(&json, root, "rate");
		json_put_real(&json, o, "mean", d->rate.mean);
		json_put_real(&json, o, "low", d->rate.low);
		json_put_real(&json, o, "high", d->rate.high);
	}
	put_session(&json, root, d);
	put_tested(&json, root, d);
	json_put_str(&json, root, "crash", d->crash);
	json_put_str(&json, root, "crash_run", d->crash_run);
	json_put_str(&json, root, "config", d->config_text);
	return json_end(&json, root, buf);
}

/* --------------------------------------------------------------- the whole */

enum report_format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON, FORMAT_MAIL };

static int report_options(const struct session *s, unsigned int format)
{
	struct buf text = { 0 };
	struct culprit_error *err;

	if (format != FORMAT_TEXT && format != FORMAT_JSON)
		err = culprit_error_create(CULPRIT_ERROR_USAGE, "a hunt for options is reported as text or json");
	else if (format == FORMAT_JSON)
		err = bisect_options_json(s, &text);
	else if (s->minimal.config.hex[0])
		err = bisect_add_options(s, false, &text);
	else
		err = buf_add_str(&text, "Which options the target needs is not known yet.\n") ? NULL : &culprit_error_no_memory;
	if (!err)
		return bisect_print(&text, true);
	buf_deinit(&text);
	return bisect_complain(err);
}

static int print_report(const char *config, unsigned int format)
{
	static bool (*const formats[])(const struct dossier *d, struct buf *buf) = {
		format_text, html_format, format_json, bisect_format_mail,
	};
	_cleanup_(session_closep) struct session *session = NULL;
	struct buf text = { 0 };
	struct dossier dossier;
	struct culprit_error *err;
	bool ok;

	err = session_open(config, &session);
	if (!err && session->config->find == CONFIG_OPTIONS)
		return report_options(session, format);
	if (!err)
		err = dossier_create(session, &dossier);
	if (err)
		return bisect_complain(err);
	ok = formats[format](&dossier, &text);
	dossier_deinit(&dossier);
	return bisect_print(&text, ok);
}

int bisect_report(int argc, char **argv)
{
	static const char *const formats[] = { "text", "html", "json", "mail" };
	struct option_reader reader = OPTION_READER("culprit bisect report", argc, argv);
	const char *config = BISECT_CONFIG;
	unsigned int format = 0;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default), html, json or mail", formats, &format),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect report [OPTIONS]\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	return print_report(config, format);
}
