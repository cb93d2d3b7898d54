/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drive: carry a bisection on until there is an answer.
 *
 *	drive_open("culprit.yaml", -1, &drive);
 *	drive_run(drive, &observer, &outcome);
 *
 * A drive owns its session; others look at it through drive_session().
 */
#ifndef CULPRIT_SESSION_DRIVE_H
#define CULPRIT_SESSION_DRIVE_H

#include "session/session.h"

struct drive;

/*
 * Begin the bisection, or take it up where it was; waits a little for an earlier
 * drive's last processes to end.  cancel_fd: readable means stop; -1: none.
 * Evidence that rests on a script or target that changed since (reset.h) is not
 * mixed with what comes: that is an error (MISMATCH), unless keep says that it
 * counts all the same, or none of it said anything: then it is forgotten.
 * Errors: as session_open(), journal_open(), session_reset().
 */
struct culprit_error *drive_open(const char *config_path, int cancel_fd, bool keep, struct drive **ret);
void drive_close(struct drive *drive);		/* NULL is fine */
void drive_closep(struct drive **drive);

/* Say of a crash's title that it is the target's under another name, or is not; runs are judged anew at the next run. */
struct culprit_error *drive_merge_title(const char *config_path, const char *title, bool same);

/* What drive_open() did of its own accord, for people; NULL: nothing worth a word. */
const char *drive_notice(const struct drive *drive);

/* Borrowed; changes while drive_run() goes on. */
const struct session *drive_session(const struct drive *drive);

enum session_event {
	SESSION_STARTED,	/* state is read, the graph stands (unless releases are walked) */
	SESSION_DECIDED,	/* session->action */
	SESSION_BUILDING,
	SESSION_BUILT,		/* the last of builds */
	SESSION_RUNNING,	/* a run was started */
	SESSION_RAN,		/* the last of runs */
	SESSION_PAUSING,	/* after failures around the kernel in a row */
	SESSION_LEARNED,	/* profile; runs were judged anew */
	SESSION_RELEASE,	/* the last of releases */
	SESSION_NARROWED,	/* session->minimising */
	SESSION_CHECKED,	/* the last of checks */
	SESSION_TICK,		/* about once a second */
	SESSION_DONE,
};

struct session_observer {
	void (*notify)(void *arg, const struct session *session, enum session_event event);
	void *arg;
};

enum session_outcome {
	SESSION_CULPRIT, SESSION_SET, SESSION_GAVE_UP,
	SESSION_DISPUTED,	/* a culprit, against which a check speaks: session_contradiction() */
	SESSION_OUTAGE,		/* the machines failed for longer than infra-patience; go on likewise */
	SESSION_OPTIONS,	/* the options that the target needs: session->minimal */
	SESSION_ASKS,		/* an answer waits: is session_older_name() the target? */
	SESSION_CANCELLED,	/* go on with another drive_run() or drive_open() */
};

/* Until there is an answer. observer may be NULL. */
struct culprit_error *drive_run(struct drive *drive, const struct session_observer *observer,
				enum session_outcome *ret);

/*
 * Build the commit that is known to show the target, unless it is built, and run it once; both are
 * journalled. Borrowed results; NULL: it did not come to that (*ret_run: the build failed, or
 * somebody asked to stop).
 */
struct culprit_error *drive_try(struct drive *drive, const struct session_observer *observer,
				const struct session_build **ret_build, const struct session_run **ret_run);

#endif
