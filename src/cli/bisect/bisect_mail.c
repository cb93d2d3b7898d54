/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dossier as a mail to kernel lists: headers, a plain text of 72 columns, the
 * report and the configuration as they are.
 *
 * What the lists ask for: Documentation/admin-guide/reporting-regressions.rst (the
 * [REGRESSION] in the subject, regressions@lists.linux.dev, "#regzbot introduced:").
 * The sender is left to the mail program:
 *
 *	culprit bisect report --format mail > mail && git send-email --suppress-cc=all mail
 */
#include "cli/bisect/bisect_mail.h"

#include <stdio.h>

#include "cli/bisect/bisect.h"
#include "cli/output/text.h"

#define COLUMNS 72
#define REGRESSIONS "regressions@lists.linux.dev"

/* ----------------------------------------------------------------- prose */

/* Words of text, wrapped; first and rest are what lines begin with. A word that is too long stays whole. */
static bool add_wrapped(struct buf *buf, const char *first, const char *rest, const char *text)
{
	size_t column = 0;
	bool ok = true;

	while (ok && *text) {
		size_t len = strcspn(text, " \n");
		const char *start = column ? rest : first;

		if (column && column + 1 + len > COLUMNS) {
			ok = buf_add_char(buf, '\n');
			column = 0;
			start = rest;
		}
		if (len && !column) {
			ok = ok && buf_add_str(buf, start);
			column = strlen(start);
		} else if (len) {
			ok = ok && buf_add_char(buf, ' ');
			column++;
		}
		ok = ok && buf_add(buf, text, len);
		column += len;
		text += len;
		text += *text != '\0';
		first = column ? rest : first;
	}
	return ok && buf_add_char(buf, '\n');
}

/* Formatted, escaped, wrapped. */
static bool add_prose(struct buf *buf, const char *first, const char *rest, const char *text)
{
	_cleanup_(buf_deinit) struct buf clean = { 0 };

	return text_add(&clean, span_of(text), TEXT_FIELD) && add_wrapped(buf, first, rest, clean.data ? clean.data : "");
}

static bool add_paragraph(struct buf *buf, struct buf *text)
{
	bool ok = add_prose(buf, "", "", text->data ? text->data : "") && buf_add_char(buf, '\n');

	text->len = 0;
	return ok;
}

/* --------------------------------------------------------------- headers */

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ' || (unsigned char)s.ptr[i] >= 0x7f)
			return false;
	}
	return true;
}

/* RFC 2047, in words of at most 75 bytes that do not cut a character. */
static bool add_encoded(struct buf *buf, struct span s)
{
	size_t room = 0;
	bool ok = true, open = false;

	for (size_t i = 0; i < s.len && ok; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (open && room < 12 && (c & 0xc0) != 0x80) {
			ok = buf_add_str(buf, "?=\n ");
			open = false;
		}
		if (!open) {
			ok = ok && buf_add_str(buf, "=?UTF-8?q?");
			room = 63;
			open = true;
		}
		ok = ok && (plain ? buf_add_char(buf, (char)c) : c == ' ' ? buf_add_char(buf, '_') : buf_printf(buf, "=%02X", c));
		room -= plain || c == ' ' ? 1 : room < 3 ? room : 3;
	}
	return ok && (!open || buf_add_str(buf, "?="));
}

static bool add_subject(struct buf *buf, const char *text)
{
	if (!is_ascii(span_of(text)))
		return buf_add_str(buf, "Subject: ") && add_encoded(buf, span_of(text)) && buf_add_char(buf, '\n');
	return add_wrapped(buf, "Subject: ", " ", text);
}

/* "Ada Kern <ada@example.org>" or "ada@example.org (open list:NETWORKING)": what may stand in To and Cc. */
static bool add_address(struct buf *buf, const char *who)
{
	struct span s = span_of(who), name;
	ptrdiff_t open = span_find(s, SPAN("<"));
	bool quoted = false;

	if (open < 0) {
		size_t len = strcspn(who, " (");

		return is_ascii(s) && buf_add(buf, who, len);
	}
	name = span_trim((struct span){ who, (size_t)open });
	if (name.len >= 2 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"')
		name = (struct span){ name.ptr + 1, name.len - 2 };
	for (size_t i = 0; i < name.len; i++)
		quoted = quoted || strchr(",.;:()@[]", name.ptr[i]);
	if (name.len && !is_ascii(name)) {
		if (!add_encoded(buf, name) || !buf_add_char(buf, ' '))
			return false;
	} else if (name.len && !buf_printf(buf, quoted ? "\"%.*s\" " : "%.*s ", (int)name.len, name.ptr)) {
		return false;
	}
	s = span_skip(s, (size_t)open);
	open = span_find(s, SPAN(">"));
	return buf_add(buf, s.ptr, open < 0 ? s.len : (size_t)open + 1);
}

static bool same_address(const char *a, const char *b)
{
	const char *x = strchr(a, '<'), *y = strchr(b, '<');
	size_t n;

	x = x ? x + 1 : a;
	y = y ? y + 1 : b;
	n = strcspn(x, "> (");
	return n == strcspn(y, "> (") && !strncmp(x, y, n);
}

/* Each person once, whatever the name is written like. */
static bool add_people(struct buf *buf, const struct dossier *d, bool regression)
{
	bool ok = buf_add_str(buf, "To: "), any = false;

	ok = ok && (d->n_people && d->answer == ANSWER_CULPRIT ? add_address(buf, d->people[0]) : buf_add_str(buf, REGRESSIONS));
	for (size_t i = 1; i < d->n_people && d->answer == ANSWER_CULPRIT && ok; i++) {
		bool known = false;

		for (size_t j = 0; j < i; j++)
			known = known || same_address(d->people[i], d->people[j]);
		if (known || same_address(d->people[i], REGRESSIONS))
			continue;
		ok = buf_add_str(buf, any ? ",\n " : "\nCc: ") && add_address(buf, d->people[i]);
		any = true;
	}
	if (regression && d->answer == ANSWER_CULPRIT)
		ok = ok && buf_add_str(buf, any ? ",\n " REGRESSIONS : "\nCc: " REGRESSIONS);
	return ok && buf_add_char(buf, '\n');
}

static bool add_headers(struct buf *buf, const struct dossier *d, bool fix)
{
	_cleanup_(buf_deinit) struct buf subject = { 0 };
	const char *target = d->target ? d->target : "crash";
	bool ok;

	if (fix)
		ok = buf_printf(&subject, "%s: fixed by %.60s", target, d->answer == ANSWER_CULPRIT ? d->culprit.subject : "one of several commits");
	else
		ok = buf_printf(&subject, "[REGRESSION] %s", target);
	return ok && add_people(buf, d, !fix) && add_subject(buf, subject.data) &&
	       buf_add_str(buf, "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n");
}

/* ------------------------------------------------------------------ body */

static const struct dossier_commit *find_tested(const struct dossier *d, const char *hex)
{
	for (uint32_t i = 0; i < d->n_tested; i++) {
		if (!strcmp(d->tested[i].hex, hex))
			return &d->tested[i];
	}
	return NULL;
}

static bool add_runs_of(struct buf *text, const struct dossier *d, const char *what, const char *hex)
{
	const struct dossier_commit *c = find_tested(d, hex);

	if (!c)
		return buf_printf(text, " %s was not run itself.", what);
	return buf_printf(text, " Runs of %s: ", what) && bisect_add_runs(text, c->evidence.n) && buf_add_char(text, '.');
}

static bool add_finding(struct buf *buf, const struct dossier *d, bool fix)
{
	const struct session *s = d->session;
	_cleanup_(buf_deinit) struct buf text = { 0 };
	const char *target = d->target ? d->target : "(a crash without a known title)";

	if (!add_prose(buf, "", "", fix ? "Hi, a bisection shows what fixed this:" : "Hi, this is seen since a change that a bisection points at:") ||
	    !buf_add_char(buf, '\n') || !buf_add_str(buf, "  ") || !text_add(buf, span_of(target), TEXT_FIELD) ||
	    !buf_add_str(buf, "\n\n"))
		return false;
	if (d->against && (!buf_printf(&text, "This is doubtful: %s.", d->against) || !add_paragraph(buf, &text)))
		return false;
	if (d->answer == ANSWER_CULPRIT) {
		if (!buf_printf(&text, "%.12s (\"%s\")", d->culprit.hash.hex, d->culprit.subject) ||
		    !add_prose(buf, "  ", "    ", text.data))
			return false;
		return buf_printf(buf, fix ? "\n#regzbot fixed-by: %s\n" : "\n#regzbot introduced: %s\n", d->culprit.hash.hex);
	}
	if (!buf_printf(&text, "The bisection ends with %u commits that could not be told apart: %s.", d->n_set, bisect_why_text(d->why)) ||
	    !add_paragraph(buf, &text))
		return false;
	for (uint32_t i = 0; i < d->n_set && i < 20; i++) {
		text.len = 0;
		if (!bisect_add_commit(&text, s, s->history.hashes[d->set[i].commit].hex) || !add_prose(buf, "  ", "    ", text.data))
			return false;
	}
	if (d->n_set > 20 && !buf_printf(buf, "  ... and %u more\n", d->n_set - 20))
		return false;
	return fix || !s->n_older || buf_printf(buf, "\n#regzbot introduced: %.12s..%.12s\n", s->older[0].hex, s->newer.hex);
}

static bool add_how_tested(struct buf *buf, const struct dossier *d, bool fix)
{
	const struct session *s = d->session;
	_cleanup_(buf_deinit) struct buf text = { 0 };
	bool ok = buf_printf(&text, "How it was tested: between %s (%s) and %s (%s), %u commits; %u builds and %u runs of a reproducer, each "
			     "console read and compared with the target's crash by culprit.",
			     s->good_text ? s->good_text : "?", fix ? "fixed" : "good", s->bad_text ? s->bad_text : "?", "bad",
			     bisect_n_candidates(s->bisect), s->n_builds, s->n_runs);

	if (ok && d->has_rate)
		ok = buf_printf(&text, " Where the crash shows, it shows in %.0f %% of the runs (%.0f to %.0f %%).", d->rate.mean * 100,
				d->rate.low * 100, d->rate.high * 100);
	return ok && buf_add_char(buf, '\n') && add_paragraph(buf, &text);
}

static bool add_how_sure(struct buf *buf, const struct dossier *d)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	bool ok;

	if (d->answer != ANSWER_CULPRIT)
		return buf_printf(&text, "How sure: it is one of these with a probability of %.1f %%.", d->set_mass * 100) &&
		       add_paragraph(buf, &text);
	ok = buf_printf(&text, "How sure: %s%s%sthe probability is %.2f %%.", d->against ? "doubtful, for " : "", d->against ? d->against : "",
			d->against ? "; " : "", d->posterior * 100) &&
	     add_runs_of(&text, d, "this commit", d->culprit.hash.hex);
	for (size_t i = 0; i < d->culprit.n_parents && ok; i++)
		ok = add_runs_of(&text, d, i ? "another parent" : "its parent", d->culprit.parents[i].hex);
	return ok && add_paragraph(buf, &text);
}

static bool add_list(struct buf *buf, const char *heading, const char *const *items, size_t n)
{
	bool ok = n == 0 || buf_printf(buf, "%s\n", heading);

	for (size_t i = 0; i < n && ok; i++)
		ok = add_prose(buf, "- ", "  ", items[i]);
	return ok && (n == 0 || buf_add_char(buf, '\n'));
}

/* Whoever git would commit as; nothing where nobody is set up. */
static bool add_reporter(struct buf *buf, const struct dossier *d)
{
	_cleanup_(buf_deinit) struct buf ident = { 0 };
	struct culprit_error *err;
	ptrdiff_t end;
	int code = 0;

	err = git_run(d->session->git, NULL, (struct span){ 0 }, GIT_ARGS("var", "GIT_AUTHOR_IDENT"), &ident, &code);
	if (err) {
		culprit_error_destroy(err);
		return true;
	}
	end = code || !ident.len ? -1 : span_find(buf_span(&ident), SPAN(">"));
	return end < 0 || (buf_add_str(buf, "Reported-by: ") &&
			   text_add(buf, (struct span){ ident.data, (size_t)end + 1 }, TEXT_FIELD) && buf_add_str(buf, "\n\n"));
}

/* As it is: neither logs nor configurations may be wrapped. */
static bool add_block(struct buf *buf, const char *text)
{
	bool ok = true;

	while (ok && *text) {
		size_t len = strcspn(text, "\n");

		ok = (!len || (buf_add_str(buf, "  ") && text_add(buf, (struct span){ text, len }, TEXT_FIELD))) && buf_add_char(buf, '\n');
		text += len;
		text += *text == '\n';
	}
	return ok && buf_add_char(buf, '\n');
}

bool bisect_format_mail(const struct dossier *d, struct buf *buf)
{
	bool fix = d->session->config->find == CONFIG_FIX, ok;

	ok = add_headers(buf, d, fix) && add_finding(buf, d, fix) && add_how_tested(buf, d, fix) && add_how_sure(buf, d) &&
	     add_list(buf, "Reasons to doubt:", d->findings, d->n_findings) && add_list(buf, "Checks:", d->checks, d->n_checks) &&
	     add_reporter(buf, d);
	if (ok && d->crash)
		ok = buf_printf(buf, "The report (%s):\n\n", d->crash_run) && add_block(buf, d->crash);
	return ok && add_prose(buf, "", "", "How to repeat it: 'culprit bisect run' with this culprit.yaml:") && buf_add_char(buf, '\n') &&
	       add_block(buf, d->config_text);
}
