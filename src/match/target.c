/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public face of profiles and of the matcher (include/culprit.h): nothing
 * is decided here.
 */
#include "base/base.h"
#include "culprit.h"
#include "match/learn.h"
#include "match/match.h"

struct culprit_target {
	struct match_rules *rules;
	struct profile *profile;
};

/* The library's own words for verdicts, and everybody's. */
#define SAME(verdict) \
	_Static_assert((int)VERDICT_##verdict == (int)CULPRIT_VERDICT_##verdict, "verdicts are numbered alike")
SAME(TARGET);
SAME(RELATED);
SAME(UNRELATED);
SAME(CLEAN);
SAME(BOOT_FAILED);
SAME(INFRA_FAILED);
SAME(UNDECIDED);

const char *culprit_verdict_name(enum culprit_verdict verdict)
{
	return verdict_name((unsigned int)verdict < N_VERDICTS ? (enum verdict)verdict : VERDICT_UNDECIDED);
}

/* path NULL: an empty one */
static struct culprit_error *open_target(const struct culprit_patterns *patterns, const char *path,
					 struct culprit_target **ret)
{
	struct culprit_target *target = calloc(1, sizeof(*target));
	struct culprit_error *err;

	if (!target)
		return &culprit_error_no_memory;
	err = match_rules_load(NULL, patterns, &target->rules);
	if (!err)
		err = path ? profile_load(target->rules, path, &target->profile) :
			     profile_create(target->rules, &target->profile);
	if (err) {
		culprit_target_destroy(target);
		return err;
	}
	*ret = target;
	return NULL;
}

struct culprit_error *culprit_target_create(const struct culprit_patterns *patterns, struct culprit_target **ret)
{
	return open_target(patterns, NULL, ret);
}

struct culprit_error *culprit_target_load(const struct culprit_patterns *patterns, const char *path,
					  struct culprit_target **ret)
{
	return open_target(patterns, path, ret);
}

void culprit_target_destroy(struct culprit_target *target)
{
	if (!target)
		return;
	profile_destroy(target->profile);
	match_rules_destroy(target->rules);
	free(target);
}

struct culprit_error *culprit_target_add_title(struct culprit_target *target, const char *title)
{
	return profile_add_title(target->profile, title);
}

struct culprit_error *culprit_target_add_report(struct culprit_target *target, const struct culprit_report *report)
{
	return profile_add_report(target->profile, report);
}

struct culprit_error *culprit_target_save(const struct culprit_target *target, const char *path)
{
	return profile_save(target->profile, path);
}

/* A caller's run as the matcher takes it; summary is where a copy of the run's goes. */
static struct culprit_error *take_run(const struct culprit_run *given, size_t size, size_t summary_size,
				      struct culprit_summary *summary, struct run_evidence *ret)
{
	struct culprit_run run;
	struct culprit_error *err = struct_take(given, size, "a run's members", &run, sizeof(run));

	if (err)
		return err;
	/* what a newer library would fill in is not asked for: none can have made it */
	if (run.summary) {
		memset(summary, 0, sizeof(*summary));
		memcpy(summary, run.summary, summary_size < sizeof(*summary) ? summary_size : sizeof(*summary));
	}
	*ret = (struct run_evidence){
		.reports = run.reports, .n_reports = run.n_reports, .summary = run.summary ? summary : NULL,
		.ending = run.has_exit_code ? RUN_ENDING_EXITED : RUN_ENDING_UNKNOWN,
		.exit_judges = run.has_exit_code, .exit_code = run.has_exit_code ? run.exit_code : 0,
		/* a log that nobody told of is no quiet one */
		.lost = run.lost || (!run.summary && !run.has_exit_code), .finish_wanted = run.finish_wanted, .finished = run.finished,
		.elapsed_us = run.elapsed_us, .expected_us = run.expected_us,
	};
	return NULL;
}

struct culprit_error *culprit_target_learn_sized(struct culprit_target *target, bool bad,
						 const struct culprit_run *const *runs, size_t n, size_t run_size,
						 size_t summary_size)
{
	_cleanup_(freep) struct run_evidence *evidence = calloc(n + 1, sizeof(*evidence));
	_cleanup_(freep) struct culprit_summary *summaries = calloc(n + 1, sizeof(*summaries));
	struct culprit_error *err = evidence && summaries ? NULL : &culprit_error_no_memory;

	for (size_t i = 0; i < n && !err; i++)
		err = take_run(runs[i], run_size, summary_size, &summaries[i], &evidence[i]);
	if (err)
		return err;
	return (bad ? profile_learn : profile_learn_good)(target->profile, evidence, n);
}

/* The public struct, and what it points into. */
struct owned_match {
	struct culprit_match match;
	struct match_result result;
	struct culprit_evidence evidence[];
};

struct culprit_error *culprit_target_judge_sized(const struct culprit_target *target, const struct culprit_run *given,
						 size_t run_size, size_t summary_size, struct culprit_match **ret)
{
	struct culprit_summary summary;
	struct match_result result;
	struct run_evidence run;
	struct owned_match *owned;
	struct culprit_error *err = take_run(given, run_size, summary_size, &summary, &run);

	if (!err)
		err = match_run(target->profile, &run, &result);
	if (err)
		return err;
	owned = calloc(1, sizeof(*owned) + result.n_evidence * sizeof(owned->evidence[0]));
	if (!owned) {
		match_result_deinit(&result);
		return &culprit_error_no_memory;
	}
	owned->result = result;
	for (size_t i = 0; i < result.n_evidence; i++)
		owned->evidence[i] = (struct culprit_evidence){ result.evidence[i].text, result.evidence[i].weight };
	owned->match = (struct culprit_match){
		.verdict = (enum culprit_verdict)result.verdict, .probability = result.probability, .title = result.title,
		.report = result.report, .symptom = result.symptom, .evidence = owned->evidence,
		.n_evidence = result.n_evidence,
	};
	*ret = &owned->match;
	return NULL;
}

void culprit_match_destroy(struct culprit_match *match)
{
	/* the first member */
	struct owned_match *owned = (struct owned_match *)match;

	if (!owned)
		return;
	match_result_deinit(&owned->result);
	free(owned);
}
