/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One build and one run of the commit that is known to show the target, before
 * a night is spent on a configuration that does not work.
 *
 * Both are journalled as any other: the bisection goes on from them.
 */
#include "session/drive_internal.h"

static struct culprit_error *try_it(struct drive *d, const struct subject *subject, const struct session_build **ret_build,
				    const struct session_run **ret_run)
{
	const struct session *s = d->session;
	struct culprit_error *err = NULL;

	if (!runner_is_built(d->runner, subject)) {
		err = drive_build(d, subject, ret_build);
		if (err || !*ret_build || (*ret_build)->result.outcome != BUILD_OK)
			return err;
	}
	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (subject_equal(&s->builds[i].subject, subject))
			*ret_build = &s->builds[i];
	}
	return drive_run_one(d, subject, 1, ret_run);
}

struct culprit_error *drive_try(struct drive *d, const struct session_observer *observer,
				const struct session_build **ret_build, const struct session_run **ret_run)
{
	struct session *s = d->session;
	struct subject subject = { .commit = s->config->find == CONFIG_FIX ? s->older[0] : s->newer };
	struct culprit_error *err = drive_start(d, observer);

	*ret_build = NULL;
	*ret_run = NULL;
	if (!err) {
		drive_notify(d, SESSION_STARTED);
		err = try_it(d, &subject, ret_build, ret_run);
		s->phase = PHASE_IDLE;
		drive_notify(d, SESSION_DONE);
	}
	drive_stop(d);
	return err;
}
