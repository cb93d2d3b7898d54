/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Outages: failures around the kernel in a row, from the journal's facts.
 *
 * A machine that is out of memory, a cloud that is out of instances, a lab that
 * is being moved: they come back, in minutes or hours.  So a row of failures is
 * waited out, with pauses that double and one try after each, until
 * infra-patience is over.  A row at one commit alone is another matter: then a
 * commit that came through before is tried again, and where it comes through,
 * twice, the commit is what makes the machine fail; it is not tested any more.
 *
 * It fails where the machine comes back just in the moments when the other commit
 * is tried, twice; then a commit is skipped that could have been tested.
 */
#include "session/session_internal.h"

/* To begin the pauses with, after the second failure in a row; doubled with each more. */
#define FIRST_PAUSE_MS 500

/* So many in a row are the least that end a bisection ... */
#define LEAST_ROW 10
/* ... and so many where patience was asked for, and is over. */
#define PATIENT_ROW 3

/* So many at one commit, with success elsewhere right after, so often: it is the commit. */
#define LOCAL_ROW 3
#define LOCAL_TIMES 2

static bool is_infra(const struct session *s, const struct session_fact *fact)
{
	return fact->kind == FACT_RUN ? s->runs[fact->index].verdict == VERDICT_INFRA_FAILED
				      : fact->kind == FACT_BUILD && s->builds[fact->index].result.outcome == BUILD_INFRA;
}

static const struct subject *subject_of_fact(const struct session *s, const struct session_fact *fact)
{
	return fact->kind == FACT_RUN ? &s->runs[fact->index].subject : &s->builds[fact->index].subject;
}

static int64_t time_of_fact(const struct session *s, const struct session_fact *fact)
{
	return fact->kind == FACT_RUN ? s->runs[fact->index].time_us : s->builds[fact->index].time_us;
}

/* Failures that end just before fact `end`. Whoever starts culprit again has looked after the machine. */
static uint32_t row_before(const struct session *s, uint32_t end)
{
	uint32_t row = 0;

	while (row < end && is_infra(s, &s->facts[end - 1 - row]))
		row++;
	return row;
}

uint32_t session_infra_row(const struct session *s)
{
	return row_before(s, s->n_facts);
}

int64_t session_infra_since_us(const struct session *s)
{
	uint32_t row = session_infra_row(s);

	return row ? time_of_fact(s, &s->facts[s->n_facts - row]) : 0;
}

int64_t session_infra_pause_ms(const struct session *s, uint32_t row)
{
	int64_t pause = FIRST_PAUSE_MS;

	if (row < 2)
		return 0;
	for (uint32_t i = 2; i < row && pause < s->config->infra_pause_ms; i++)
		pause *= 2;
	return pause < s->config->infra_pause_ms ? pause : s->config->infra_pause_ms;
}

bool session_is_out(const struct session *s)
{
	/* Without pauses there is nothing to be patient in. */
	int64_t patience = s->config->infra_pause_ms ? s->config->infra_patience_ms * 1000 : 0;
	uint32_t row = session_infra_row(s);

	if (row < (patience ? PATIENT_ROW : LEAST_ROW))
		return false;
	return time_of_fact(s, &s->facts[s->n_facts - 1]) - session_infra_since_us(s) >= patience;
}

bool session_is_probe(const struct session *s, uint32_t fact)
{
	return is_infra(s, &s->facts[fact]) && row_before(s, fact) >= 2;
}

/* The commit of the row just before fact `end`, where it is long enough and of one alone; NULL: it is not. */
static const struct subject *one_commit_row(const struct session *s, uint32_t end)
{
	uint32_t row = row_before(s, end);
	const struct subject *subject;

	if (row < LOCAL_ROW)
		return NULL;
	subject = subject_of_fact(s, &s->facts[end - 1]);
	for (uint32_t i = end - row; i < end; i++) {
		if (!subject_equal(subject_of_fact(s, &s->facts[i]), subject))
			return NULL;
	}
	return subject;
}

const struct subject *session_failing_alone(const struct session *s)
{
	return one_commit_row(s, s->n_facts);
}

/* Whether fact came through elsewhere right after a row at the subject. */
static bool tells_apart(const struct session *s, uint32_t fact, const struct subject *subject)
{
	const struct subject *failing;

	if (s->facts[fact].kind == FACT_OPEN || is_infra(s, &s->facts[fact]))
		return false;
	failing = one_commit_row(s, fact);
	return failing && subject_equal(failing, subject) &&
	       !subject_equal(subject_of_fact(s, &s->facts[fact]), subject);
}

bool session_fails_only_at(const struct session *s, const char *hex)
{
	struct subject subject = subject_of(hex);
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_facts && n < LOCAL_TIMES; i++)
		n += tells_apart(s, i, &subject);
	return n >= LOCAL_TIMES;
}

const struct subject *session_told_apart(const struct session *s, uint32_t fact)
{
	const struct subject *subject = s->facts[fact].kind == FACT_OPEN ? NULL : one_commit_row(s, fact);

	return subject && tells_apart(s, fact, subject) ? subject : NULL;
}
