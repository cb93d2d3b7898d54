/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the checks of the answer come to: a culprit that was reverted without the
 * target going, or picked without it coming, is doubtful, and less is claimed of it.
 *
 * It fails where two bugs show the same target: then reverting the right one
 * changes nothing, and it is called doubtful though it is right.
 */
#include "session/session_internal.h"

const char *session_check_name(enum session_check_outcome outcome)
{
	static const char *const names[SESSION_CHECK_OUTCOMES] = {
		[CHECK_CONFIRMS] = "confirms",
		[CHECK_CONTRADICTS] = "contradicts",
		[CHECK_UNDECIDED] = "undecided",
		[CHECK_CONFLICT] = "conflict",
		[CHECK_UNTESTABLE] = "untestable",
	};

	return names[outcome];
}

static bool is_parent(const struct session *s, const char *parent, const char *child)
{
	uint32_t at = session_find(s, child);

	if (at == UINT32_MAX)
		return false;
	for (uint32_t i = s->history.parent_start[at]; i < s->history.parent_start[at + 1]; i++) {
		if (!strcmp(s->history.hashes[s->history.parents[i]].hex, parent))
			return true;
	}
	return false;
}

bool session_check_is_of(const struct session *s, const struct session_check *check, const char *hex)
{
	const struct subject *subject = &check->subject;

	if (subject->change != GIT_UNCHANGED)
		return !strcmp(subject->changed.hex, hex);
	return !strcmp(subject->commit.hex, hex) || is_parent(s, subject->commit.hex, hex);
}

bool session_check_should_vanish(const struct session *s, const struct subject *subject, const char *hex)
{
	bool cause = s->config->find == CONFIG_CAUSE;

	/* With all options: at a fix, and below a cause. */
	if (subject->change == GIT_UNCHANGED)
		return strcmp(subject->commit.hex, hex) ? cause : !cause;
	/* Reverting a cause, or picking a fix, makes it vanish. */
	return (subject->change == GIT_REVERT) == cause;
}

/* Of the culprit that is named, not of an earlier answer that more evidence has changed. */
static bool is_of_answer(const struct session *s, const struct session_check *check)
{
	return s->action.act == BISECT_DONE_CULPRIT && s->action.commit != BISECT_NONE &&
	       session_check_is_of(s, check, s->history.hashes[s->action.commit].hex);
}

const struct session_check *session_contradiction(const struct session *s)
{
	for (uint32_t i = 0; i < s->n_checks; i++) {
		if (s->checks[i].outcome == CHECK_CONTRADICTS && is_of_answer(s, &s->checks[i]))
			return &s->checks[i];
	}
	return NULL;
}

double session_confidence(const struct session *s)
{
	double p = s->action.posterior, odds = 1;

	for (uint32_t i = 0; i < s->n_checks; i++) {
		if (s->checks[i].outcome == CHECK_CONTRADICTS && is_of_answer(s, &s->checks[i]))
			odds *= SESSION_CONTRADICTS_TRUE / SESSION_CONTRADICTS_FALSE;
	}
	return p * odds / (p * odds + (1 - p));
}
