/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs: whole console logs in memory, as match and profiles take them.
 */
#ifndef CULPRIT_CLI_RUNS_H
#define CULPRIT_CLI_RUNS_H

#include "match/finish.h"
#include "match/match.h"

/* Reports kept of one log; later ones are counted by the summary alone. */
#define RUN_MAX_REPORTS 256

struct run_log {
	const char *path;		/* borrowed; "-" is standard input */
	struct culprit_report **reports;
	size_t n_reports;
	struct culprit_summary summary;	/* kernel_version is not kept */
	struct finish finish;		/* the line of a complete run, where one is known */
	bool failed;			/* a report could not be kept: out of memory */
};

/* finished: expression of the line that a complete run prints, or NULL; outlives *ret. Errors: of the log (OS, FORMAT); NO_MEMORY. *ret needs run_log_deinit() in any case. */
struct culprit_error *run_log_read(const struct culprit_patterns *patterns, const char *finished, const char *path,
				   struct run_log *ret);
void run_log_deinit(struct run_log *run);

/* Borrowed from run. */
struct run_evidence run_log_evidence(const struct run_log *run);

#endif
