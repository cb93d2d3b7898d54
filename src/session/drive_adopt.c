/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where jobs outlive their controller: what the journal says was begun and not
 * ended is looked for by its name.
 *
 * A run is evidence however long nobody looked at it.  A build is begun anew: the
 * work tree is prepared step by step, and the journal does not say how far that came.
 */
#include "session/drive_internal.h"

static struct culprit_error *adopt_run(struct drive *d, const struct session_flight *flight, uint32_t *n)
{
	struct culprit_error *err;
	bool adopted;

	if (*n == d->session->config->parallel)
		return runner_abandon(d->runner, false, flight->number);
	err = runner_adopt(d->runner, &flight->subject, flight->number, &adopted);
	if (err || !adopted)
		return err;
	if (!(*n)++)
		drive_enter(d, PHASE_RUNNING, &flight->subject);
	drive_notify(d, SESSION_RUNNING);
	return NULL;
}

struct culprit_error *drive_adopt(struct drive *d)
{
	const struct session *s = d->session;
	const struct subject *at = NULL;
	struct culprit_error *err = NULL;
	uint32_t n = 0;

	if (!runner_can_adopt(d->runner))
		return NULL;
	/* All that runs at a time is of one commit. */
	for (uint32_t i = s->n_flights; i-- > 0 && !at;)
		at = s->flights[i].build ? NULL : &s->flights[i].subject;
	for (uint32_t i = 0; i < s->n_flights && !err; i++) {
		const struct session_flight *flight = &s->flights[i];

		if (!flight->build && subject_equal(&flight->subject, at))
			err = adopt_run(d, flight, &n);
		else
			err = runner_abandon(d->runner, flight->build, flight->number);
	}
	return err;
}
