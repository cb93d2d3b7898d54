/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts of `culprit bisect` that several of its outputs need.
 */
#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "cli/bisect/bisect.h"
#include "cli/output/text.h"

const char *bisect_why_text(enum bisect_why why)
{
	static const char *const texts[BISECT_WHYS] = {
		[BISECT_WHY_BASELINE] = "how often does the target show where it is known to?",
		[BISECT_WHY_MERGE_BASE] = "the good commit is no ancestor of the bad one: is their merge base good?",
		[BISECT_WHY_SEARCH] = "most information for the cost",
		[BISECT_WHY_VERIFY_CULPRIT] = "the likely culprit needs evidence of its own",
		[BISECT_WHY_VERIFY_PARENT] = "the likely culprit's parent needs evidence of its own",
		[BISECT_WHY_FALSE_MATCHES] = "how often does a commit without the bug look as if it had it?",
		[BISECT_WHY_PLAIN] = "halves the candidates",
		[BISECT_WHY_CONFIDENT] = "the confidence asked for is reached, on both sides",
		[BISECT_WHY_UNTESTABLE] = "what could tell them apart does not build or boot",
		[BISECT_WHY_UNOBSERVABLE] = "what could tell them apart dies of another crash before the target can show",
		[BISECT_WHY_BUDGET] = "the budget is spent",
		[BISECT_WHY_NO_PROGRESS] = "the target shows too seldom to tell them apart",
		[BISECT_WHY_SAME_IMAGE] = "they build the same image",
		[BISECT_WHY_NOT_REPRODUCED] = "the target did not show where it is known to",
		[BISECT_WHY_BAD_UNTESTABLE] = "the commit known to show the target does not build, boot or survive",
		[BISECT_WHY_OLDER] = "the older end is in the new state already: it needs to be older still",
		[BISECT_WHY_MERGE_BASE_BAD] = "the merge base shows the target: the good commit had it fixed, it was not introduced after it (try find: fix)",
		[BISECT_WHY_INFRASTRUCTURE] = "the last builds or runs all failed around the kernel",
	};

	return why < BISECT_WHYS && texts[why] ? texts[why] : bisect_why_name(why);
}

bool bisect_add_duration(struct buf *buf, double seconds)
{
	double minutes = round(seconds / 60);

	if (seconds < 0)
		seconds = 0;
	if (seconds < 10)
		return buf_printf(buf, "%.1f s", seconds);
	if (seconds < 120)
		return buf_printf(buf, "%.0f s", seconds);
	if (minutes < 120)
		return buf_printf(buf, "%.0f min", minutes);
	if (minutes < 48 * 60)
		return buf_printf(buf, "%.0f h %02.0f min", floor(minutes / 60), fmod(minutes, 60));
	return buf_printf(buf, "%.1f days", minutes / 1440);
}

bool bisect_add_time(struct buf *buf, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	char text[32];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		return buf_printf(buf, "%" PRId64, us / 1000000);
	return buf_add_str(buf, text);
}

void bisect_read_subjects(const struct session *session)
{
	uint32_t n_tested = 0, n = 0, n_top;
	const uint32_t *tested = session->bisect ? bisect_tested(session->bisect, &n_tested) : NULL;
	_cleanup_(freep) struct bisect_share *top = calloc(BISECT_LISTED_COMMITS, sizeof(*top));
	_cleanup_(freep) const struct git_hash **hashes =
		calloc(1 + session->n_older + n_tested + BISECT_LISTED_COMMITS, sizeof(*hashes));

	if (!top || !hashes || !session->begun)
		return;
	hashes[n++] = &session->newer;
	for (size_t i = 0; i < session->n_older; i++)
		hashes[n++] = &session->older[i];
	for (uint32_t i = 0; i < n_tested; i++)
		hashes[n++] = &session->history.hashes[tested[i]];
	n_top = session->bisect ? bisect_top(session->bisect, BISECT_LISTED_COMMITS, top) : 0;
	for (uint32_t i = 0; i < n_top && i < BISECT_LISTED_COMMITS; i++)
		hashes[n++] = &session->history.hashes[top[i].commit];
	/* What cannot be read at once is read, or told to be missing, where it is printed. */
	culprit_error_destroy(git_subjects_load(session->git, hashes, n));
}

bool bisect_add_commit(struct buf *buf, const struct session *session, const char *hex)
{
	const char *subject;
	struct culprit_error *err = git_subject(session->git, hex, &subject);

	if (err) {
		culprit_error_destroy(err);
		return buf_printf(buf, "%.12s", hex);
	}
	return buf_printf(buf, "%.12s ", hex) && text_add(buf, span_of(subject), TEXT_FIELD);
}

bool bisect_add_quoted(struct buf *buf, struct span text)
{
	bool ok = buf_add_char(buf, '\'');

	for (size_t i = 0; ok && i < text.len; i++)
		ok = buf_add_char(buf, text.ptr[i]) && (text.ptr[i] != '\'' || buf_add_char(buf, '\''));
	return ok && buf_add_char(buf, '\'');
}

bool bisect_add_runs(struct buf *buf, const uint32_t n[BISECT_RUN_KINDS])
{
	const char *separator = "";

	for (int kind = 0; kind < BISECT_RUN_KINDS; kind++) {
		if (!n[kind])
			continue;
		if (!buf_printf(buf, "%s%u %s", separator, n[kind], bisect_run_name((enum bisect_run)kind)))
			return false;
		separator = ", ";
	}
	return *separator || buf_add_str(buf, "none");
}

uint32_t bisect_commits_left(const struct session *session, double entropy)
{
	uint32_t left = entropy < 31 ? (uint32_t)lround(exp2(entropy > 0 ? entropy : 0)) : UINT32_MAX;
	uint32_t n = session->bisect ? bisect_n_candidates(session->bisect) : left;

	/* "older than all of these" is among what is open, and no commit */
	return left < n ? left : n;
}

double bisect_seconds_per_cost(const struct session *session)
{
	struct bisect_spent spent;
	double seconds = 0;

	if (!session->bisect)
		return 0;
	bisect_spent(session->bisect, &spent);
	for (uint32_t i = 0; i < session->n_builds; i++)
		seconds += (double)session->builds[i].result.elapsed_us / 1e6;
	for (uint32_t i = 0; i < session->n_runs; i++)
		seconds += (double)session->runs[i].end.elapsed_us / 1e6 / session->config->parallel;
	return spent.cost > 0 ? seconds / spent.cost : 0;
}

/* --------------------------------------------------------------- result */

bool bisect_add_contradiction(struct buf *buf, const struct session *s, const struct session_check *check)
{
	bool revert = check->subject.change == GIT_REVERT, vanishes = revert == (s->config->find == CONFIG_CAUSE);

	if (check->subject.change == GIT_UNCHANGED)
		return buf_printf(buf, "with all options, %.12s %s the target (it showed in %u of %u runs)", check->subject.commit.hex,
				  check->n_shown ? "shows" : "does not show", check->n_shown, check->n_shown + check->n_clean);
	return buf_printf(buf, "%s %.12s does not make the target %s (it showed in %u of %u runs)", revert ? "reverting it on" : "picking it onto",
			  check->subject.commit.hex, vanishes ? "vanish" : "show", check->n_shown, check->n_shown + check->n_clean);
}

static bool add_culprit(const struct session *s, struct buf *ret)
{
	const char *hex = s->history.hashes[s->action.commit].hex, *what = s->config->find == CONFIG_FIX ? "fix" : "culprit";
	const struct session_check *against = session_contradiction(s);

	if (against && !(buf_add_str(ret, "Doubtful: ") && bisect_add_contradiction(ret, s, against) && buf_add_str(ret, ".\n")))
		return false;
	return buf_printf(ret, against ? "The %s may be " : "The %s is ", what) && bisect_add_commit(ret, s, hex) &&
	       buf_printf(ret, "\nwith a probability of %.2f %%. 'culprit bisect report' has the evidence.\nculprit %s\n",
			  session_confidence(s) * 100, hex);
}

/* Of more commits than this, programs get a file. */
#define MAX_ON_LINE 100

/* "set @FILE": a hash per line. */
static bool add_set_file(const struct session *s, const struct bisect_share *shares, uint32_t n, struct buf *ret)
{
	_cleanup_(freep) char *path = config_in_state(s->config, "set");
	FILE *f = path ? fopen(path, "we") : NULL;
	bool ok = f;

	for (uint32_t i = 0; i < n && ok; i++)
		ok = fprintf(f, "%s\n", s->history.hashes[shares[i].commit].hex) > 0;
	if (f)
		ok = fclose(f) == 0 && ok;
	/* A disk that is full: the set is still known, and told by report. */
	return ok ? buf_printf(ret, "set @%s\n", path) : buf_add_str(ret, "set\n");
}

/* The line for programs is told where the search ends. */
static bool add_set_line(const struct session *s, const struct bisect_share *shares, uint32_t n, struct buf *ret)
{
	bool ok;

	if (n > MAX_ON_LINE)
		return add_set_file(s, shares, n, ret);
	ok = buf_add_str(ret, "set ");
	for (uint32_t i = 0; i < n && ok; i++)
		ok = buf_printf(ret, "%s%s", i ? "," : "", s->history.hashes[shares[i].commit].hex);
	return ok && buf_add_char(ret, '\n');
}

/* No likeliest where nothing tells them apart. */
static bool all_equal(const struct bisect_share *shares, uint32_t n)
{
	return n > 1 && shares[0].posterior - shares[n - 1].posterior < 0.01 * shares[0].posterior;
}

/* Why the commit of the set could not be tested; NULL: it was not tried. *ret_log: of the build. */
static const char *why_untested(const struct session *s, const char *hex, uint32_t *ret_log)
{
	const char *why = NULL;

	*ret_log = 0;
	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (strcmp(s->builds[i].subject.commit.hex, hex) != 0 || s->builds[i].subject.changed.hex[0])
			continue;
		why = s->builds[i].result.outcome == BUILD_OK ? why : s->builds[i].result.reason;
		*ret_log = s->builds[i].result.outcome == BUILD_FAILED ? s->builds[i].number : *ret_log;
	}
	for (uint32_t i = 0; i < s->n_runs && !why; i++) {
		if (!strcmp(s->runs[i].subject.commit.hex, hex) && !s->runs[i].subject.changed.hex[0] &&
		    (s->runs[i].verdict == VERDICT_BOOT_FAILED || s->runs[i].verdict == VERDICT_UNRELATED ||
		     s->runs[i].verdict == VERDICT_UNDECIDED))
			why = s->runs[i].title ? s->runs[i].title : s->runs[i].why;
	}
	return why && *why ? why : session_fails_only_at(s, hex) ? "the machine fails at this commit" : NULL;
}

static bool was_built(const struct session *s, const char *hex)
{
	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (!strcmp(s->builds[i].subject.commit.hex, hex))
			return true;
	}
	return false;
}

struct reason {
	const char *text;
	uint32_t n, log;
	const char *hex;	/* the first */
};

#define MAX_REASONS 8

static bool add_reasons(const struct session *s, const struct bisect_share *shares, uint32_t n, struct buf *ret)
{
	struct reason reasons[MAX_REASONS] = { { 0 } };
	uint32_t n_reasons = 0, untried = 0;
	bool ok = true, builds = false;

	for (uint32_t i = 0; i < n; i++) {
		const char *hex = s->history.hashes[shares[i].commit].hex;
		uint32_t log, r = 0;
		const char *why = why_untested(s, hex, &log);

		untried += !why && !was_built(s, hex);
		while (why && r < n_reasons && strcmp(reasons[r].text, why) != 0)
			r++;
		if (!why || r == MAX_REASONS)
			continue;
		if (r == n_reasons)
			reasons[n_reasons++] = (struct reason){ why, 0, log, hex };
		reasons[r].n++;
		builds = builds || log;
	}
	for (uint32_t r = 0; r < n_reasons && ok; r++) {
		ok = buf_printf(ret, "  %u could not be tested: ", reasons[r].n) && text_add(ret, span_of(reasons[r].text), TEXT_FIELD) &&
		     buf_printf(ret, " (%.12s", reasons[r].hex) &&
		     (!reasons[r].log || buf_printf(ret, ", %s/builds/%06u.log", s->config->state, reasons[r].log)) &&
		     buf_add_str(ret, ")\n");
	}
	if (n_reasons && untried)
		ok = ok && buf_printf(ret, "  %u between them were not tried\n", untried);
	return ok && (!builds || buf_add_str(ret, "To go on, give a patch that lets them build, as build.fixup: [ FILE ]; then 'culprit bisect reset\n"
							"--failed' and 'culprit bisect run'.\n"));
}

static bool add_set(const struct session *s, bool line, struct buf *ret)
{
	_cleanup_(freep) struct bisect_share *shares = NULL;
	uint32_t n;
	double mass;
	bool ok, equal;

	if (bisect_set(s->bisect, &shares, &n, &mass))
		return false;
	ok = buf_printf(ret, "One of %u commits, with a probability of %.1f %%: %s.\n", n, mass * 100,
			bisect_why_text(s->action.why));
	equal = all_equal(shares, n);
	if (equal)
		ok = ok && buf_add_str(ret, "Nothing tells them apart:\n");
	for (uint32_t i = 0; i < n && i < 20 && ok; i++) {
		ok = (equal ? buf_add_str(ret, "  ") : buf_printf(ret, "  %5.1f %%  ", shares[i].posterior * 100)) &&
		     bisect_add_commit(ret, s, s->history.hashes[shares[i].commit].hex) && buf_add_char(ret, '\n');
	}
	if (n > 20)
		ok = ok && buf_printf(ret, "  ... and %u more\n", n - 20);
	return ok && add_reasons(s, shares, n, ret) && (!line || add_set_line(s, shares, n, ret));
}

bool bisect_format_set(const struct session *session, struct buf *ret)
{
	return add_set(session, false, ret);
}

/* What the last build or run says of itself; NULL: nothing. */
static const char *last_failure(const struct session *s)
{
	for (uint32_t i = s->n_facts; i-- > 0;) {
		const struct session_fact *fact = &s->facts[i];

		if (fact->kind == FACT_RUN)
			return s->runs[fact->index].why;
		if (fact->kind == FACT_BUILD)
			return s->builds[fact->index].result.reason;
	}
	return NULL;
}

static bool add_in_brackets(struct buf *buf, const char *text)
{
	return !text || !*text ||
	       (buf_add_str(buf, " (") && text_add(buf, span_of(text), TEXT_FIELD) && buf_add_char(buf, ')'));
}

static uint32_t count_live_runs(const struct session *s, const char *hex)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		enum verdict verdict = s->runs[i].verdict;

		n += !strcmp(s->runs[i].subject.commit.hex, hex) && !s->runs[i].subject.changed.hex[0] &&
		     verdict != VERDICT_INFRA_FAILED && verdict != VERDICT_BOOT_FAILED;
	}
	return n;
}

/* The title that the most runs there showed instead; NULL: none. */
static const char *most_seen(const struct session *s, const char *hex, uint32_t *ret_n)
{
	const char *best = NULL;

	*ret_n = 0;
	for (uint32_t i = 0; i < s->n_runs; i++) {
		uint32_t n = 0;

		if (!s->runs[i].title || strcmp(s->runs[i].subject.commit.hex, hex) != 0)
			continue;
		for (uint32_t j = i; j < s->n_runs; j++)
			n += s->runs[j].title && !strcmp(s->runs[i].title, s->runs[j].title) &&
			     !strcmp(s->runs[j].subject.commit.hex, hex);
		if (n > *ret_n) {
			*ret_n = n;
			best = s->runs[i].title;
		}
	}
	return best;
}

static bool add_not_reproduced(struct buf *buf, const struct session *s, const char *hex)
{
	uint32_t n_other;
	const char *other = most_seen(s, hex, &n_other);

	if (!buf_printf(buf, "the target was never seen at the %s commit %.12s in %u runs",
			s->config->find == CONFIG_FIX ? "older" : "bad", hex, count_live_runs(s, hex)))
		return false;
	if (other)
		return buf_printf(buf, "; %u of them showed '", n_other) && text_add(buf, span_of(other), TEXT_FIELD) &&
		       buf_add_str(buf, "' instead, which may be what is meant");
	return buf_add_str(buf, ": look at target, build and run command; if it is that rare, raise baseline-runs");
}

bool bisect_add_no_answer(struct buf *buf, const struct session *s)
{
	const struct bisect_action *a = &s->action;
	const char *failure = last_failure(s);

	if (a->why == BISECT_WHY_NOT_REPRODUCED && a->commit != BISECT_NONE)
		return add_not_reproduced(buf, s, s->history.hashes[a->commit].hex);
	/* The last that was done was at that commit; a mistyped command shows here. */
	if (a->why == BISECT_WHY_BAD_UNTESTABLE)
		return buf_add_str(buf, bisect_why_text(a->why)) && add_in_brackets(buf, failure);
	if (a->why != BISECT_WHY_INFRASTRUCTURE)
		return buf_add_str(buf, bisect_why_text(a->why));
	/* Started again since: nothing failed in a row yet. */
	if (!session_infra_row(s))
		return buf_add_str(buf, bisect_why_text(a->why));
	return buf_printf(buf, "the last %u builds or runs all failed around the kernel, since ", session_infra_row(s)) &&
	       bisect_add_time(buf, session_infra_since_us(s)) && add_in_brackets(buf, failure) &&
	       buf_add_str(buf, ": see to the machine, then 'culprit bisect run' goes on from here");
}

/* No commit is named before this is known: it would be the one that renamed something. */
static bool add_question(const struct session *s, struct buf *ret)
{
	const char *name = session_older_name(s), *hex = s->history.hashes[s->action.commit].hex;
	_cleanup_(buf_deinit) struct buf title = { 0 };

	return text_add(&title, span_of(name ? name : ""), TEXT_FIELD) &&
	       buf_printf(ret, "The target shows from %.12s on; before it, on no commit that shows the target, there is\n  %s\n"
			  "which may be the same bug, renamed. Say which, then 'culprit bisect run' goes on:\n"
			  "  culprit bisect merge-title '%s'\n  culprit bisect merge-title --not '%s'\nnone\n",
			  hex, title.data, title.data, title.data);
}

bool bisect_format_result(const struct session *session, enum session_outcome outcome, struct buf *ret)
{
	switch (outcome) {
	case SESSION_CULPRIT:
	case SESSION_DISPUTED:
		return add_culprit(session, ret);
	case SESSION_SET:
		return add_set(session, true, ret);
	case SESSION_ASKS:
		return add_question(session, ret);
	case SESSION_OUTAGE:
	case SESSION_GAVE_UP:
		return buf_add_str(ret, "No answer: ") && bisect_add_no_answer(ret, session) && buf_add_str(ret, ".\nnone\n");
	case SESSION_OPTIONS:	/* bisect_add_options() says it */
	case SESSION_CANCELLED:
		break;
	}
	return buf_add_str(ret, "Stopped. 'culprit bisect run' goes on from here.\n");
}
