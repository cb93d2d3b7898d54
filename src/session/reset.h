/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reset: what changed since evidence was taken, and forgetting evidence.
 *
 * Nothing is lost: the journal as it was stays beside the new one (journal.1,
 * journal.2, ...), logs are kept, and numbers of builds and runs are never used
 * again.
 */
#ifndef CULPRIT_SESSION_RESET_H
#define CULPRIT_SESSION_RESET_H

#include "session/session.h"

enum reset_scope {
	RESET_CHANGED,	/* what rests on what changed; nothing changed: an error */
	RESET_FAILED,	/* builds that failed: to be tried again, with a fix-up, say */
	RESET_RUNS,	/* all runs; builds stay */
	RESET_COMMIT,	/* builds and runs of one commit */
	RESET_SINCE,	/* the runs from a number on */
	RESET_ALL,	/* everything: the next start begins anew, also with other ends */
};

struct reset_request {
	enum reset_scope scope;
	const char *revision;		/* of RESET_COMMIT */
	uint32_t since;			/* of RESET_SINCE */
};

struct reset_result {
	uint32_t n_builds, n_runs;	/* forgotten */
	char *kept;			/* path of the old journal; owned */
};

void reset_result_deinit(struct reset_result *result);

/*
 * Errors: those of session_open(); USAGE where there is nothing to forget;
 * MISMATCH while another culprit works on the bisection.
 */
struct culprit_error *session_reset(const char *config_path, const struct reset_request *request,
				    struct reset_result *ret);

/* What of the configuration and its files differs from what the evidence rests on. */
struct session_changes {
	struct buf names[INPUT_GROUPS];		/* "run.command, /home/me/run.sh"; empty: as it was */
	bool any;
	bool voids_builds;			/* builds as well as runs rest on what changed */
	bool voids_nothing;			/* no build or run that rests on it said anything yet */
};

void session_changes_deinit(struct session_changes *changes);

/* Needs the journal's records, no more. */
struct culprit_error *session_changes(const struct session *session, struct session_changes *ret);

/* "run.command changed since 12 runs were taken", and what to do: for people. */
bool session_changes_format(const struct session *session, const struct session_changes *changes, struct buf *ret)
	__attribute__((warn_unused_result));

#endif
