/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect log: what was done, in four formats.
 *
 *	text	one line per build, run and decision
 *	git	what `git bisect replay` takes: a verdict per tested commit
 *	syzbot	the form of the bisection logs on the syzbot dashboard (bisect_syzbot.c)
 *	json	an object per line (bisect_json.c)
 */
#include <stdio.h>
#include <time.h>

#include "cli/bisect/bisect.h"
#include "cli/options.h"
#include "cli/output/text.h"

static bool add_time(struct buf *buf, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm;
	char text[40];

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, sizeof(text), "?");
	return buf_printf(buf, "%s ", text);
}

static bool add_field(struct buf *buf, const char *before, const char *text)
{
	return !text || !*text || (buf_add_str(buf, before) && text_add(buf, span_of(text), TEXT_FIELD));
}

static bool add_changed(struct buf *buf, const struct subject *subject)
{
	return !subject->changed.hex[0] || buf_printf(buf, " [%s %.12s]", subject_change_name(subject),
						      subject->changed.hex);
}

/* ------------------------------------------------------------------ text */

static bool add_build(struct buf *buf, const struct session_build *b)
{
	return add_time(buf, b->time_us) && buf_printf(buf, "build %u %.12s", b->number, b->subject.commit.hex) &&
	       add_changed(buf, &b->subject) && buf_printf(buf, " %s", build_outcome_name(b->result.outcome)) &&
	       add_field(buf, ": ", b->result.reason) && buf_add_char(buf, '\n');
}

static bool add_run(struct buf *buf, const struct session_run *r)
{
	return add_time(buf, r->time_us) && buf_printf(buf, "run %u %.12s", r->number, r->subject.commit.hex) &&
	       add_changed(buf, &r->subject) && buf_printf(buf, " %s %.2f", verdict_name(r->verdict), r->q) &&
	       add_field(buf, ": ", r->title) && buf_add_char(buf, '\n');
}

static bool add_decision(struct buf *buf, const struct session *s, const struct session_decision *d)
{
	return add_time(buf, d->time_us) && buf_printf(buf, "decide %s", bisect_act_name(d->act)) &&
	       (!d->commit.hex[0] || buf_printf(buf, " %.12s", d->commit.hex)) &&
	       buf_printf(buf, " %s: %s; %.2f bits missing, %u commit%s left\n", bisect_why_name(d->why),
			  bisect_why_text(d->why), d->entropy, bisect_commits_left(s, d->entropy),
			  bisect_plural(bisect_commits_left(s, d->entropy)));
}

static bool format_text(const struct session *s, struct buf *buf)
{
	uint32_t next = 0;
	bool ok = true;

	for (uint32_t i = 0; i <= s->n_facts && ok; i++) {
		while (ok && next < s->n_decisions && s->decisions[next].n_facts <= i)
			ok = add_decision(buf, s, &s->decisions[next++]);
		if (i == s->n_facts || !ok)
			break;
		if (s->facts[i].kind == FACT_BUILD)
			ok = add_build(buf, &s->builds[s->facts[i].index]);
		else if (s->facts[i].kind == FACT_RUN)
			ok = add_run(buf, &s->runs[s->facts[i].index]);
	}
	for (uint32_t i = 0; i < s->n_releases && ok; i++)
		ok = buf_printf(buf, "release %s %s\n", s->releases[i].name,
				s->releases[i].good ? "good" : s->releases[i].bad ? "bad" : "untestable");
	for (uint32_t i = 0; i < s->n_checks && ok; i++)
		ok = buf_printf(buf, "check %.12s", s->checks[i].subject.commit.hex) && add_changed(buf, &s->checks[i].subject) &&
		     buf_printf(buf, " %s\n", session_check_name(s->checks[i].outcome));
	return ok;
}

/* ------------------------------------------------------------------- git */

struct terms {
	const char *newer, *older;
};

static bool add_git_commit(struct buf *buf, const struct session *s, const char *term, const char *hex)
{
	const char *subject;
	struct culprit_error *err = git_subject(s->git, hex, &subject);

	if (err) {
		culprit_error_destroy(err);
		return buf_printf(buf, "# %s: [%s]\ngit bisect %s %s\n", term, hex, term, hex);
	}
	return buf_printf(buf, "# %s: [%s] ", term, hex) && text_add(buf, span_of(subject), TEXT_FIELD) &&
	       buf_printf(buf, "\ngit bisect %s %s\n", term, hex);
}

/* Verdicts of commits; what is not sure stays out, a culprit's verdict is certain. */
static const char *term_of(const struct session *s, const struct terms *terms, uint32_t commit)
{
	struct bisect_evidence e;

	bisect_evidence(s->bisect, commit, &e);
	switch (e.verdict) {
	case BISECT_VERDICT_GOOD: return terms->older;
	case BISECT_VERDICT_BAD: return terms->newer;
	case BISECT_VERDICT_SKIP: return "skip";
	case BISECT_UNTESTED:
	case BISECT_VERDICT_UNSURE: break;
	}
	return NULL;
}

static bool add_first_bad(const struct session *s, const struct terms *terms, struct buf *buf)
{
	const char *hex = s->history.hashes[s->action.commit].hex;

	return buf_printf(buf, "# first %s commit: [%s] ", terms->newer, hex) && bisect_add_commit(buf, s, hex) &&
	       buf_add_char(buf, '\n');
}

static bool format_git(const struct session *s, struct buf *buf)
{
	bool fix = s->config->find == CONFIG_FIX;
	struct terms terms = fix ? (struct terms){ "fixed", "broken" } : (struct terms){ "bad", "good" };
	const uint32_t *tested;
	uint32_t n;
	bool ok;

	bisect_read_subjects(s);
	ok = buf_printf(buf, "git bisect start%s\n", fix ? " '--term-new=fixed' '--term-old=broken'" : "") &&
	     add_git_commit(buf, s, terms.newer, s->newer.hex);
	for (size_t i = 0; i < s->n_older && ok; i++)
		ok = add_git_commit(buf, s, terms.older, s->older[i].hex);
	tested = bisect_tested(s->bisect, &n);
	for (uint32_t i = 0; i < n && ok; i++) {
		const char *hex = s->history.hashes[tested[i]].hex;
		const char *term = term_of(s, &terms, tested[i]);

		if (!strcmp(hex, s->newer.hex))
			continue;
		ok = term ? add_git_commit(buf, s, term, hex) : buf_printf(buf, "# not sure: [%s]\n", hex);
	}
	if (ok && s->action.act == BISECT_DONE_CULPRIT)
		ok = add_first_bad(s, &terms, buf);
	return ok;
}

/* --------------------------------------------------------------- the whole */

static int print_log(const char *config, unsigned int format)
{
	static bool (*const formats[])(const struct session *s, struct buf *buf) = {
		format_text, format_git, bisect_format_syzbot, bisect_format_log_json,
	};
	_cleanup_(session_closep) struct session *session = NULL;
	struct buf text = { 0 };
	struct culprit_error *err;

	err = session_open(config, &session);
	if (!err && session->bisect)
		err = session_ask(session);
	if (!err && !session->bisect && (format == 1 || format == 2))
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no good release was found yet: there are only the formats text and json");
	if (err)
		return bisect_complain(err);
	return bisect_print(&text, formats[format](session, &text));
}

int bisect_log(int argc, char **argv)
{
	static const char *const formats[] = { "text", "git", "syzbot", "json" };
	struct option_reader reader = OPTION_READER("culprit bisect log", argc, argv);
	const char *config = BISECT_CONFIG;
	unsigned int format = 0;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default), git (for git bisect replay), syzbot or json", formats,
			      &format),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect log [OPTIONS]\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	return print_log(config, format);
}
