/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/runs.h"

#include "cli/feed.h"

static bool keep_report(void *arg, struct culprit_report *report)
{
	struct run_log *run = arg;

	if (run->n_reports == RUN_MAX_REPORTS) {
		culprit_report_destroy(report);
		return true;
	}
	/* room doubles at powers of two */
	if (!(run->n_reports & (run->n_reports - 1))) {
		size_t room = run->n_reports ? 2 * run->n_reports : 1;
		struct culprit_report **reports = realloc(run->reports, room * sizeof(struct culprit_report *));

		if (!reports) {
			culprit_report_destroy(report);
			run->failed = true;
			return false;
		}
		run->reports = reports;
	}
	run->reports[run->n_reports++] = report;
	return true;
}

static void keep_summary(void *arg, const struct culprit_summary *summary, bool whole)
{
	struct run_log *run = arg;

	(void)whole;	/* run_log_read tells */
	run->summary = *summary;
	run->summary.kernel_version = NULL;
}

static void look_for_finish(void *arg, struct span bytes)
{
	struct run_log *run = arg;
	struct culprit_error *err = finish_feed(&run->finish, bytes);

	/* Out of memory is all that it can be. */
	run->failed |= err != NULL;
}

struct culprit_error *run_log_read(const struct culprit_patterns *patterns, const char *finished, const char *path,
				   struct run_log *ret)
{
	struct feed feed = { .patterns = patterns, .path = path, .detect_boot_failures = true, .report = keep_report, .bytes = look_for_finish,
			     .end = keep_summary, .arg = ret };
	struct culprit_error *err;

	*ret = (struct run_log){ .path = path };
	err = finish_init(&ret->finish, finished);
	if (!err)
		err = feed_run(&feed);
	finish_end(&ret->finish);
	if (!err && ret->failed)
		err = &culprit_error_no_memory;
	return err;
}

void run_log_deinit(struct run_log *run)
{
	for (size_t i = 0; i < run->n_reports; i++)
		culprit_report_destroy(run->reports[i]);
	free(run->reports);
	finish_deinit(&run->finish);
	*run = (struct run_log){ 0 };
}

struct run_evidence run_log_evidence(const struct run_log *run)
{
	return (struct run_evidence){ .reports = (const struct culprit_report *const *)run->reports,
				      .n_reports = run->n_reports, .summary = &run->summary,
				      .finish_wanted = run->finish.wanted, .finished = run->finish.found };
}
