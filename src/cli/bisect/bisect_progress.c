/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress of `culprit bisect run`: on a terminal a few lines redrawn in place
 * below what is worth keeping, otherwise one line per event.
 */
#include <math.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/bisect/bisect.h"
#include "cli/output/text.h"

void bisect_progress_init(struct bisect_progress *progress, FILE *out)
{
	const char *term = getenv("TERM");

	*progress = (struct bisect_progress){ .out = out };
	progress->terminal = isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

static void erase(struct bisect_progress *p)
{
	for (; p->n_drawn; p->n_drawn--)
		fputs("\033[1A\033[2K", p->out);
}

void bisect_progress_deinit(struct bisect_progress *progress)
{
	if (progress->terminal && progress->out)
		erase(progress);
	if (progress->out)
		fflush(progress->out);
	buf_deinit(&progress->text);
	*progress = (struct bisect_progress){ 0 };
}

/* ------------------------------------------------------------ what is kept */

static bool add_subject(struct buf *buf, const struct session *s, const struct subject *subject)
{
	if (subject->changed.hex[0] &&
	    !buf_printf(buf, "%s %.12s on ", subject_change_name(subject),
			subject->changed.hex))
		return false;
	return bisect_add_commit(buf, s, subject->commit.hex);
}

static bool add_decision(struct buf *buf, const struct session *s)
{
	const struct bisect_action *a = &s->action;

	if (a->act != BISECT_TEST)
		return true;
	return buf_add_str(buf, "test ") && bisect_add_commit(buf, s, s->history.hashes[a->commit].hex) &&
	       buf_printf(buf, ": %s (%.2f bits missing, %u commit%s left)", bisect_why_text(a->why), a->entropy,
			  bisect_commits_left(s, a->entropy), bisect_plural(bisect_commits_left(s, a->entropy)));
}

static bool add_build(struct buf *buf, const struct session *s)
{
	const struct session_build *build = &s->builds[s->n_builds - 1];

	return buf_printf(buf, "  build %s after ", build_outcome_name(build->result.outcome)) &&
	       bisect_add_duration(buf, (double)build->result.elapsed_us / 1e6) &&
	       (!build->result.fixup[0] ||
		(buf_add_str(buf, ", mended by ") && text_add(buf, span_of(build->result.fixup), TEXT_FIELD))) &&
	       (!build->result.reason[0] ||
		(buf_add_str(buf, ": ") && text_add(buf, span_of(build->result.reason), TEXT_FIELD)));
}

/* Said once, with the run that it is read from. */
static bool add_proposal(struct buf *buf, const struct session *s, const struct session_run *run)
{
	_cleanup_(buf_deinit) struct buf expression = { 0 };
	struct culprit_error *err = session_propose_finished(s, run, &expression);

	if (err) {
		/* It was advice; what is wrong with the console is told by who needs it. */
		culprit_error_destroy(err);
		return true;
	}
	return !expression.len || (buf_add_str(buf, "\n  if each complete run ends like this one, then under run: in the configuration\n    finished: ") &&
			       bisect_add_quoted(buf, buf_span(&expression)) &&
			       buf_add_str(buf, "\n  lets no run that stopped early count as clean"));
}

static bool add_run(struct buf *buf, const struct session *s)
{
	const struct session_run *run = &s->runs[s->n_runs - 1];
	const char *what = run->title || run->verdict == VERDICT_CLEAN ? run->title : run->why;

	return buf_printf(buf, "  run %u: %s", run->number, verdict_name(run->verdict)) &&
	       (!what || (buf_add_str(buf, ": ") && text_add(buf, span_of(what), TEXT_FIELD))) &&
	       (run->verdict != VERDICT_CLEAN || add_proposal(buf, s, run));
}

static bool add_check(struct buf *buf, const struct session *s)
{
	const struct session_check *check = &s->checks[s->n_checks - 1];

	const uint32_t n = check->n_shown + check->n_clean;

	return buf_add_str(buf, "check ") && add_subject(buf, s, &check->subject) &&
	       buf_printf(buf, ": %s", session_check_name(check->outcome)) &&
	       (!n || buf_printf(buf, " (%u of %u runs showed the target)", check->n_shown, n));
}

static bool add_narrowed(struct buf *buf, const struct session *s)
{
	static const char *const outcomes[] = { "say too little", "show it", "do not show it", "cannot be tested" };
	const struct session_minimising *m = &s->minimising;

	if (m->phase == MINIMISE_VERIFY)
		return buf_printf(buf, "%u options, one or more left out, %s; %u are needed at the most", m->n_kept, outcomes[m->outcome],
				  m->n_needed);
	return buf_printf(buf, "%u of %u options %s; %u found so far, %u still open", m->n_kept, m->n_options, outcomes[m->outcome],
			  m->n_needed, m->n_open);
}

static bool add_release(struct buf *buf, const struct session *s)
{
	const struct session_release *r = &s->releases[s->n_releases - 1];

	return buf_printf(buf, "release %s is %s", r->name, r->good ? "good" : r->bad ? "bad" : "not to be tested");
}

static bool add_kept(struct buf *buf, const struct session *s, enum session_event event)
{
	switch (event) {
	case SESSION_STARTED:
		return !s->bisect || buf_printf(buf, "%u commits between the two ends; state in %s",
						bisect_n_candidates(s->bisect), s->config->state);
	case SESSION_DECIDED: return add_decision(buf, s);
	case SESSION_BUILT: return add_build(buf, s);
	case SESSION_RAN: return add_run(buf, s);
	case SESSION_LEARNED:
		return buf_add_str(buf, "learned what the target looks like from the runs so far");
	case SESSION_CHECKED: return add_check(buf, s);
	case SESSION_NARROWED: return add_narrowed(buf, s);
	case SESSION_RELEASE: return add_release(buf, s);
	case SESSION_BUILDING:
		return !(s->checking || s->walking) || (buf_add_str(buf, "build ") && add_subject(buf, s, &s->subject));
	case SESSION_PAUSING:
		return buf_printf(buf, "  the machine failed %u times in a row, since ", session_infra_row(s)) &&
		       bisect_add_time(buf, session_infra_since_us(s)) && buf_add_str(buf, "; another try in ") &&
		       bisect_add_duration(buf, (double)session_infra_pause_ms(s, session_infra_row(s)) / 1000);
	case SESSION_RUNNING:
	case SESSION_TICK:
	case SESSION_DONE:
		break;
	}
	return true;
}

/* ---------------------------------------------------------- what is redrawn */

static double seconds_since(int64_t us)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)(ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000 - us) / 1e6;
}

#define SHAPE_CELLS 50

/*
 * The posterior along the history, oldest to newest, one cell per equal share
 * of the candidates: height by share of probability.
 */
static bool add_shape(struct buf *buf, const struct session *s)
{
	static const char *const heights[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double cells[SHAPE_CELLS] = { 0 }, most = 0;
	uint32_t n_cells;
	uint32_t first = s->history.n_boundary, n = s->history.n - first, left;
	bool ok = buf_add_str(buf, "  posterior  |");

	n_cells = n < SHAPE_CELLS ? n : SHAPE_CELLS;
	for (uint32_t i = 0; i < n; i++)
		cells[(uint64_t)i * n_cells / n] += bisect_posterior(s->bisect, first + i);
	for (uint32_t i = 0; i < n_cells; i++)
		most = fmax(most, cells[i]);
	for (uint32_t i = 0; i < n_cells && ok; i++) {
		int height = most > 0 ? (int)ceil(cells[i] / most * 8) : 0;

		/* What is next to nothing shows nothing. */
		ok = buf_add_str(buf, heights[cells[i] < 1e-4 ? 0 : height]);
	}
	left = bisect_commits_left(s, s->action.entropy);
	return ok && buf_printf(buf, "|  %u commit%s left, %.1f bits\n", left, bisect_plural(left), s->action.entropy);
}

static bool add_tally(struct buf *buf, const struct session *s)
{
	uint32_t here[BISECT_RUN_KINDS] = { 0 };

	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (subject_equal(&s->runs[i].subject, &s->subject))
			here[session_run_kind(s->runs[i].verdict)]++;
	}
	return buf_add_str(buf, "  runs here  ") && bisect_add_runs(buf, here) && buf_add_char(buf, '\n');
}

static bool add_phase(struct buf *buf, const struct session *s)
{
	static const char *const phases[] = { "deciding", "building", "running", "waiting to try" };
	struct bisect_spent spent = { 0 };
	double left;

	if (s->bisect)
		bisect_spent(s->bisect, &spent);
	left = s->bisect ? s->action.remaining * bisect_seconds_per_cost(s) : 0;
	return buf_printf(buf, "  %s ", phases[s->phase]) && add_subject(buf, s, &s->subject) && buf_add_str(buf, ", ") &&
	       bisect_add_duration(buf, seconds_since(s->phase_since_us)) &&
	       buf_printf(buf, "\n  so far     %u build%s, %u run%s", s->n_builds, bisect_plural(s->n_builds), s->n_runs,
			  bisect_plural(s->n_runs)) &&
	       (left <= 0 || (buf_add_str(buf, "; about ") && bisect_add_duration(buf, left) && buf_add_str(buf, " to go"))) &&
	       buf_add_char(buf, '\n');
}

static unsigned int terminal_width(FILE *out)
{
	struct winsize size;

	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* Lines cut to the terminal's width, so that one line is one row. */
static void draw(struct bisect_progress *p, const struct buf *text)
{
	unsigned int width = terminal_width(p->out), column = 0;

	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];

		if (c == '\n') {
			fputc('\n', p->out);
			p->n_drawn++;
			column = 0;
			continue;
		}
		/* Bytes in the middle of a character take no column. */
		column += (c & 0xc0) != 0x80;
		if (column < width)
			fputc(c, p->out);
	}
}

static void redraw(struct bisect_progress *p, const struct session *s)
{
	p->text.len = 0;
	if (s->phase == PHASE_IDLE)
		return;
	if (!add_phase(&p->text, s) || !add_tally(&p->text, s) || (s->bisect && !add_shape(&p->text, s)))
		return;
	draw(p, &p->text);
}

void bisect_progress_notify(void *arg, const struct session *session, enum session_event event)
{
	struct bisect_progress *p = arg;

	p->text.len = 0;
	/* Out of memory shows nothing; the session will notice by itself. */
	if (!buf_add_str(&p->text, "") || !add_kept(&p->text, session, event))
		return;
	if (p->terminal)
		erase(p);
	/* The policy is asked after each run: only a new answer is news. */
	if (p->text.len && (event != SESSION_DECIDED || strncmp(p->last, p->text.data, 17) != 0))
		fprintf(p->out, "%s\n", p->text.data);
	if (event == SESSION_DECIDED)
		snprintf(p->last, sizeof(p->last), "%s", p->text.data);
	if (p->terminal)
		redraw(p, session);
	fflush(p->out);
}
