/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect status and explain: what the journal says, in words.
 */
#include <stdio.h>
#include <time.h>

#include "cli/bisect/bisect.h"
#include "cli/options.h"
#include "cli/output/text.h"

static int read_options(struct option_reader *reader, const char *usage, const char **config)
{
	const struct option_def defs[] = { BISECT_CONFIG_OPTION(config), OPTION_HELP('h') };

	*config = BISECT_CONFIG;
	reader->usage = usage;
	return option_read(reader, defs, countof(defs));
}

/* ---------------------------------------------------------------- status */

static bool add_ends(struct buf *buf, const struct session *s)
{
	bool fix = s->config->find == CONFIG_FIX;
	bool options = s->config->find == CONFIG_OPTIONS;
	bool ok = buf_printf(buf, "hunting     %s\n%s", fix ? "the fix" : options ? "the options it needs" : "the cause",
			     options ? "commit      " : "newer end   ") &&
		  bisect_add_commit(buf, s, s->newer.hex) && buf_printf(buf, " (%s)\n", fix ? "good" : "bad");

	for (size_t i = 0; i < s->n_older && ok; i++)
		ok = buf_add_str(buf, "older end   ") && bisect_add_commit(buf, s, s->older[i].hex) &&
		     buf_printf(buf, " (%s)\n", fix ? "bad" : "good");
	for (uint32_t i = 0; i < s->n_releases && ok; i++)
		ok = buf_printf(buf, "release     %s: %s\n", s->releases[i].name,
				s->releases[i].good ? "good" : s->releases[i].bad ? "bad" : "cannot be tested");
	if (!s->n_older && !options)
		ok = ok && buf_add_str(buf, "older end   not found yet, walking back over releases\n");
	return ok;
}

static bool add_target(struct buf *buf, const struct session *s)
{
	const char *title = profile_title(s->profile);
	struct bisect_rate rate;
	bool ok = buf_add_str(buf, "target      ") &&
		  (title ? text_add(buf, span_of(title), TEXT_FIELD) : buf_add_str(buf, "not known yet")) &&
		  buf_add_char(buf, '\n');

	if (ok && session_rate(s, &rate))
		ok = buf_printf(buf, "shows in    %.0f %% of the runs where it is (%.0f to %.0f %%)\n", rate.mean * 100,
				rate.low * 100, rate.high * 100);
	return ok;
}

static bool add_runs_of_all(struct buf *buf, const struct session *s)
{
	uint32_t n[BISECT_RUN_KINDS] = { 0 };

	for (uint32_t i = 0; i < s->n_runs; i++)
		n[session_run_kind(s->runs[i].verdict)]++;
	return buf_printf(buf, "done        %u build%s, %u run%s (", s->n_builds, bisect_plural(s->n_builds), s->n_runs,
			  bisect_plural(s->n_runs)) && bisect_add_runs(buf, n) &&
	       buf_add_str(buf, ") in ") && bisect_add_duration(buf, (double)s->active_us / 1e6) && buf_add_char(buf, '\n');
}

static bool add_minimal(struct buf *buf, const struct session *s)
{
	const struct session_minimal *m = &s->minimal;

	return !m->config.hex[0] || buf_printf(buf, "options     %u of %u are needed: %s/configs/%s\n", m->n_options, m->n_of,
					       s->config->state, m->config.hex);
}

static bool add_likely(struct buf *buf, const struct session *s)
{
	struct bisect_share top[5];
	uint32_t n = bisect_top(s->bisect, countof(top), top);
	bool ok = buf_printf(buf, "left        %u of %u commits, %.1f bits\n\nlikeliest\n",
			     bisect_commits_left(s, bisect_entropy(s->bisect)), bisect_n_candidates(s->bisect),
			     bisect_entropy(s->bisect));

	for (uint32_t i = 0; i < n && i < countof(top) && ok; i++) {
		ok = buf_printf(buf, "  %5.1f %%  ", top[i].posterior * 100) &&
		     bisect_add_commit(buf, s, s->history.hashes[top[i].commit].hex) && buf_add_char(buf, '\n');
	}
	return ok && buf_printf(buf, "  %5.1f %%  older than all of these\n", bisect_posterior_older(s->bisect) * 100);
}

static bool add_next(struct buf *buf, const struct session *s)
{
	const struct bisect_action *a = &s->action;
	double left = a->remaining * bisect_seconds_per_cost(s);
	bool ok = buf_add_char(buf, '\n');

	switch (a->act) {
	case BISECT_TEST:
		ok = ok && buf_add_str(buf, "next        test ") &&
		     bisect_add_commit(buf, s, s->history.hashes[a->commit].hex) &&
		     buf_printf(buf, ": %s\n", bisect_why_text(a->why));
		if (left > 0)
			ok = ok && buf_add_str(buf, "            about ") && bisect_add_duration(buf, left) &&
			     buf_add_str(buf, " to go\n");
		return ok;
	case BISECT_DONE_CULPRIT:
		return ok && bisect_format_result(s, SESSION_CULPRIT, buf);
	case BISECT_DONE_SET:
		return ok && bisect_format_set(s, buf);
	case BISECT_GIVE_UP:
		break;
	}
	return ok && bisect_format_result(s, SESSION_GAVE_UP, buf);
}

int bisect_status(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect status", argc, argv);
	_cleanup_(session_closep) struct session *session = NULL;
	struct culprit_error *err;
	struct buf text = { 0 };
	static const char *const formats[] = { "text", "json" };
	const char *config = BISECT_CONFIG;
	unsigned int format = 0;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json", formats, &format),
		OPTION_HELP('h'),
	};
	int code;
	bool ok;

	reader.usage = "usage: culprit bisect status [OPTIONS]\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	err = session_open(config, &session);
	if (!err && session->bisect)
		err = session_ask(session);
	if (err)
		return bisect_complain(err);
	if (format)
		return bisect_print(&text, bisect_format_status_json(session, &text));
	bisect_read_subjects(session);
	ok = add_ends(&text, session) && add_target(&text, session) && add_runs_of_all(&text, session) && add_minimal(&text, session);
	if (session->bisect)
		ok = ok && add_likely(&text, session) && add_next(&text, session);
	return bisect_print(&text, ok);
}

/* --------------------------------------------------------------- explain */

static bool add_evidence(struct buf *buf, const struct session *s, uint32_t c)
{
	struct bisect_evidence e;
	bool ok;

	bisect_evidence(s->bisect, c, &e);
	ok = buf_add_str(buf, "own runs    ") && bisect_add_runs(buf, e.n) &&
	     buf_printf(buf, "\n            alone they say: %.1f %% that the target shows here\nverdict     %s\n",
			e.p_shows * 100, bisect_verdict_name(e.verdict));
	if (e.same_image != BISECT_NONE)
		ok = ok && buf_printf(buf, "same image  as %.12s, with which it shares its runs\n",
				      s->history.hashes[e.same_image].hex);
	return ok;
}

static bool add_probabilities(struct buf *buf, const struct session *s, uint32_t c)
{
	bool fix = s->config->find == CONFIG_FIX;
	struct bisect_rate rate;

	bisect_rate(s->bisect, c, &rate);
	if (!bisect_is_candidate(s->bisect, c) && !buf_add_str(buf, "            it is no candidate: taken as of the old state\n"))
		return false;
	return buf_printf(buf, "posterior   %.4f %% that it is the %s\n"
			       "            %.2f %% that the target shows here, from all evidence\n"
			       "            %.1f %% that it can be tested\n"
			       "            where the target shows here, it does in %.0f %% of the runs (%.0f to %.0f %%)\n",
			  bisect_posterior(s->bisect, c) * 100, fix ? "fix" : "culprit",
			  (fix ? 1 - bisect_p_bad(s->bisect, c) : bisect_p_bad(s->bisect, c)) * 100,
			  bisect_p_testable(s->bisect, c) * 100, rate.mean * 100, rate.low * 100, rate.high * 100);
}

static bool add_history_of(struct buf *buf, const struct session *s, const char *hex)
{
	bool ok = true;

	for (uint32_t i = 0; i < s->n_builds && ok; i++) {
		const struct session_build *b = &s->builds[i];

		if (strcmp(b->subject.commit.hex, hex) != 0)
			continue;
		ok = buf_printf(buf, "build %-5u %s", b->number, build_outcome_name(b->result.outcome)) &&
		     (!b->result.reason[0] || (buf_add_str(buf, ": ") && text_add(buf, span_of(b->result.reason), TEXT_FIELD))) &&
		     buf_add_char(buf, '\n');
	}
	for (uint32_t i = 0; i < s->n_runs && ok; i++) {
		const struct session_run *r = &s->runs[i];

		if (strcmp(r->subject.commit.hex, hex) != 0)
			continue;
		ok = buf_printf(buf, "run %-7u %s (%.2f)", r->number, verdict_name(r->verdict), r->q) &&
		     (!r->title || (buf_add_str(buf, ": ") && text_add(buf, span_of(r->title), TEXT_FIELD))) &&
		     (!r->why || (buf_add_str(buf, "; ") && text_add(buf, span_of(r->why), TEXT_FIELD))) &&
		     (!r->subject.changed.hex[0] || buf_printf(buf, " [%s %.12s]",
							       r->subject.change == GIT_REVERT ? "reverted" :
							       r->subject.change == GIT_UNCHANGED ? "config" : "picked",
							       r->subject.changed.hex)) &&
		     buf_add_char(buf, '\n');
	}
	for (uint32_t i = 0; i < s->n_decisions && ok; i++) {
		const struct session_decision *d = &s->decisions[i];

		if (d->act == BISECT_TEST && !strcmp(d->commit.hex, hex))
			ok = buf_printf(buf, "chosen      %s (%.0f %% in the new state, %.2f bits for a cost of %.1f)\n",
					bisect_why_text(d->why), d->p_bad * 100, d->bits, d->cost);
	}
	return ok;
}

static int explain(const char *config, const char *revision)
{
	_cleanup_(session_closep) struct session *session = NULL;
	struct git_hash hash;
	struct buf text = { 0 };
	struct culprit_error *err;
	uint32_t commit;
	bool ok;

	err = session_open(config, &session);
	if (!err)
		err = git_resolve(session->git, revision, &hash);
	if (!err && session->bisect)
		err = session_ask(session);
	if (err)
		return bisect_complain(err);
	commit = session_find(session, hash.hex);
	ok = buf_add_str(&text, "commit      ") && bisect_add_commit(&text, session, hash.hex) && buf_add_char(&text, '\n');
	if (commit == UINT32_MAX)
		ok = ok && buf_add_str(&text, "            not between the two ends of the history\n");
	else
		ok = ok && add_probabilities(&text, session, commit) && add_evidence(&text, session, commit);
	ok = ok && add_history_of(&text, session, hash.hex);
	return bisect_print(&text, ok);
}

int bisect_explain(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect explain", argc, argv);
	const char *config;
	int code = read_options(&reader, "usage: culprit bisect explain [OPTIONS] COMMIT\n\noptions:", &config);

	if (code != OPTION_GO_ON)
		return code;
	if (reader.n_operands != 1)
		return option_complain(&reader, "needs exactly one commit");
	return explain(config, argv[1]);
}
