/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs of known commits, counted into a profile: which titles they showed, how
 * often and as the first crash.  What the counts weigh is profile.c's; whether
 * a run then shows the target is asked of match.c, as of any other run.
 */
#include "match/learn.h"

#include "match/match.h"
#include "match/profile_entry.h"

/* One title of one run: a run counts once per title. */
static void count_entry(struct profile *profile, struct profile_entry *entry, bool first, bool good)
{
	if (entry->last_run == profile->n_counted)
		return;
	entry->last_run = profile->n_counted;
	if (good) {
		entry->seen_good++;
	} else {
		entry->seen++;
		entry->first += first;
	}
}

static struct culprit_error *learn_symptom(struct profile *profile, const struct symptom *symptom, bool good,
					   bool *ret_counted)
{
	struct profile_entry *entry = profile_find(profile, symptom->title);
	struct culprit_error *err = NULL;
	bool told = entry && entry->own;

	/* out of memory and the like, unless this is what is hunted */
	if (symptom->class && symptom->class->means != MEANS_CRASH && !told)
		return NULL;
	if (!good)
		err = profile_note_symptom(profile, symptom, &entry);
	if (err || !entry)
		return err;
	count_entry(profile, entry, !*ret_counted, good);
	*ret_counted = true;
	return NULL;
}

static struct culprit_error *learn_run(struct profile *profile, const struct run_evidence *run, bool good)
{
	struct culprit_error *err = NULL;
	bool counted = false;

	profile->n_counted++;
	for (size_t i = 0; !err && i < run->n_reports; i++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const struct culprit_report *report = run->reports[i];
		struct symptom symptom;

		if (!report_counts(run, report) && !profile_find(profile, report->title))
			continue;
		err = symptom_from_report(profile->rules, &arena, report, &symptom);
		if (!err)
			err = learn_symptom(profile, &symptom, good, &counted);
	}
	for (size_t i = 0; !err && !run->n_reports && i < run->n_titles; i++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		struct symptom symptom;

		err = symptom_from_title(profile->rules, &arena, run->titles[i], &symptom);
		if (!err)
			err = learn_symptom(profile, &symptom, good, &counted);
	}
	return err;
}

/* Runs that ended for reasons outside the kernel under test count for nothing. */
static bool run_failed(const struct match_rules *rules, const struct run_evidence *run)
{
	bool crash = false, failure = run->infra_failed || run->boot_failed;

	for (size_t i = 0; !run->n_reports && i < run->n_titles; i++) {
		const struct bug_class *class = rules_class_of_title(rules, run->titles[i]);
		bool failed = class && class->means != MEANS_CRASH && class->means != MEANS_UNRELATED;

		crash = crash || !failed;
		failure = failure || failed;
	}
	for (size_t i = 0; i < run->n_reports; i++) {
		crash = crash || run->reports[i]->kind == CULPRIT_KIND_CRASH;
		failure = failure || run->reports[i]->kind != CULPRIT_KIND_CRASH;
	}
	return failure && !crash;
}

static struct culprit_error *count_hits(struct profile *profile, const struct run_evidence *runs, size_t n_runs)
{
	for (size_t i = 0; i < n_runs; i++) {
		struct match_result result;
		struct culprit_error *err = match_run(profile, &runs[i], &result);

		if (err)
			return err;
		if (result.verdict == VERDICT_TARGET)
			profile->n_hits++;
		match_result_deinit(&result);
	}
	return NULL;
}

static struct culprit_error *learn(struct profile *profile, const struct run_evidence *runs, size_t n_runs, bool good)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; !err && i < n_runs; i++) {
		if (run_failed(profile->rules, &runs[i]))
			continue;
		*(good ? &profile->n_good_runs : &profile->n_runs) += 1;
		err = learn_run(profile, &runs[i], good);
	}
	if (!err)
		err = profile_settle(profile);
	return err;
}

struct culprit_error *profile_learn(struct profile *profile, const struct run_evidence *runs, size_t n_runs)
{
	struct culprit_error *err = learn(profile, runs, n_runs, false);

	return err ? err : count_hits(profile, runs, n_runs);
}

struct culprit_error *profile_learn_good(struct profile *profile, const struct run_evidence *runs, size_t n_runs)
{
	return learn(profile, runs, n_runs, true);
}
