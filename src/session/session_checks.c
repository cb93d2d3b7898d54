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

/* Of the culprit that is named, not of an earlier answer that more evidence has changed. */
static bool is_of_answer(const struct session *s, const struct session_check *check)
{
	return s->action.act == BISECT_DONE_CULPRIT && s->action.commit != BISECT_NONE &&
	       !strcmp(check->subject.changed.hex, s->history.hashes[s->action.commit].hex);
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
