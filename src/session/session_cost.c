/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a build costs in runs, measured as they happen.
 *
 * Where a build takes an hour and a run a minute, it pays to run one kernel
 * often; where it is the other way about, to look at many kernels.  Taken from
 * the journal's times in the order of its records, so that a session that is
 * taken up again decides as it would have without the interruption.
 *
 * Of the same times: how far into a whole run a crash came, or a run was ended.
 *
 * It fails where the machine's load changes on the way: then the ratio lags
 * behind, which costs a little, and decides nothing about the answer.
 */
#include "session/session_internal.h"

#include <math.h>

/* So many runs tell how long one takes. */
#define ENOUGH_RUNS 3
/* Build and run that together take less are no kernels; their times are the scheduler's. */
#define MEANINGFUL_S 2.0
#define LEAST_RATIO 0.5
#define MOST_RATIO 60.0

static double bounded(double ratio)
{
	return fmin(MOST_RATIO, fmax(LEAST_RATIO, ratio));
}

bool session_measured_cost(const struct session_timing *t, double *ret_build, double *ret_failure)
{
	double run, build;

	if (!t->n_built || t->n_run < ENOUGH_RUNS)
		return false;
	/* The first build is of everything; those after it mostly are not. */
	build = t->n_built > 1 ? (t->built_s - t->first_built_s) / (t->n_built - 1) : t->built_s;
	run = t->run_s / t->n_run;
	if (build + run < MEANINGFUL_S)
		return false;
	run = fmax(run, 0.001);
	*ret_build = bounded(build / run);
	*ret_failure = t->n_failed ? bounded(t->failed_s / t->n_failed / run) : *ret_build;
	return true;
}

static void add_build(struct session_timing *t, const struct build_result *result)
{
	double seconds = (double)result->elapsed_us / 1e6;

	if (result->outcome == BUILD_FAILED) {
		t->failed_s += seconds;
		t->n_failed++;
	} else if (result->outcome == BUILD_OK) {
		t->built_s += seconds;
		t->first_built_s = t->n_built++ ? t->first_built_s : seconds;
	}
}

double session_share_of_run(const struct session *s, int64_t elapsed_us)
{
	const struct session_timing *t = &s->timing;
	double whole = t->n_clean ? t->clean_s / t->n_clean : (double)s->config->run.timeout_ms / 1000;

	if (whole <= 0 || elapsed_us < 0)
		return -1;
	return fmin(1, (double)elapsed_us / 1e6 / fmax(whole, 1e-6));
}

void session_measure(struct session *s, const struct session_fact *fact)
{
	double build, failure;

	if (fact->kind == FACT_RUN && s->runs[fact->index].verdict == VERDICT_CLEAN) {
		s->timing.clean_s += (double)s->runs[fact->index].end.elapsed_us / 1e6;
		s->timing.n_clean++;
	}
	if (s->config->build_cost >= 0)
		return;
	if (fact->kind == FACT_BUILD) {
		add_build(&s->timing, &s->builds[fact->index].result);
	} else if (s->runs[fact->index].verdict != VERDICT_INFRA_FAILED) {
		s->timing.run_s += (double)s->runs[fact->index].end.elapsed_us / 1e6;
		s->timing.n_run++;
	}
	if (session_measured_cost(&s->timing, &build, &failure))
		bisect_set_build_cost(s->bisect, build, failure);
}
