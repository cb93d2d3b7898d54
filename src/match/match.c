/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verdict of a run.
 *
 * Every report of the run is compared with every symptom of the profile; a
 * report is the target with the probability of its best fit times that of the
 * symptom to belong to the bug at all.  The first crash decides mostly, for
 * what comes after it may be its consequence; but a clear target counts
 * wherever it stands.  Without a crash the run failed around the kernel, or in
 * its boot, or was clean; a log that says nothing is undecided, never clean.
 */
#include "match/match.h"

#include <math.h>
#include <stdio.h>

#include "match/evidence.h"
#include "match/profile_entry.h"

/* Log-odds lost by a report that is not the run's first. */
#define LATER_REPORT 0.5

/* Reports of one run that are looked at; who shows more has gone mad before. */
#define MAX_JUDGED 256

void match_result_deinit(struct match_result *result)
{
	arena_deinit(&result->arena);
	*result = (struct match_result){ .verdict = VERDICT_UNDECIDED, .report = SIZE_MAX };
}

/* --------------------------------------------------------- one report */

bool report_is_boot_noise(const struct run_evidence *run, const struct culprit_report *report)
{
	return run->summary && report->phase > CULPRIT_PHASE_NONE && report->phase < CULPRIT_PHASE_INIT &&
	       run->summary->phase_best > report->phase && run->summary->phase_best >= CULPRIT_PHASE_INIT &&
	       !report->panicked;
}

bool report_counts(const struct run_evidence *run, const struct culprit_report *report)
{
	return !report->suppressed && report->kind == CULPRIT_KIND_CRASH && !report_is_boot_noise(run, report);
}

/* A report against the whole profile. */
struct judged {
	struct comparison comparison;
	const struct profile_entry *entry;	/* best fit; NULL for an empty profile */
	double probability;
	bool vague, torn, speaks;		/* of the report: speaks when it has stacks that tell */
	enum class_means means;
	bool retried;				/* of its class */
	bool is_title;				/* the report has the target's very title */
};

struct judge {
	const struct profile *profile;
	const struct run_evidence *run;
	struct match_result *ret;
	bool decided;		/* a crash that counts was seen */
	enum class_means failure;	/* of the first report that says why the run is worth nothing */
	bool failure_retried;		/* such a one, as far as there was no other */
	const char *failure_title;
	size_t failure_report;
};

static struct culprit_error *judge_symptom(const struct profile *profile, struct arena *arena,
					   const struct symptom *symptom, struct judged *ret)
{
	struct judged judged = { .vague = symptom->vague, .torn = symptom->torn, .speaks = symptom->access.n > 0 };

	judged.means = symptom->class ? symptom->class->means : MEANS_CRASH;
	judged.retried = symptom->class && symptom->class->retried;
	for (size_t i = 0; i < profile->n_entries; i++) {
		const struct profile_entry *entry = &profile->entries[i];

		for (size_t j = 0; j < entry->n_samples; j++) {
			struct comparison comparison;
			struct culprit_error *err;
			double p;

			err = compare_symptoms(profile->rules, arena, &entry->samples[j], symptom, &comparison);
			if (err)
				return err;
			p = probability_of(comparison.logit) * entry->weight;
			if (!judged.entry || p > judged.probability) {
				judged.comparison = comparison;
				judged.entry = entry;
				judged.probability = p;
			}
		}
		judged.is_title = judged.is_title ||
				  (entry->own && !strcmp(entry->samples[0].title, symptom->title));
	}
	*ret = judged;
	return NULL;
}

/* ------------------------------------------------------------ evidence */

static int more_telling(const void *a, const void *b)
{
	double wa = fabs(((const struct match_evidence *)a)->weight);
	double wb = fabs(((const struct match_evidence *)b)->weight);

	return wa > wb ? -1 : wa < wb;
}

static struct culprit_error *add_remark(struct match_result *ret, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One sentence at the end. */
static struct culprit_error *add_remark(struct match_result *ret, const char *format, ...)
{
	struct match_evidence *evidence;
	va_list args;

	evidence = arena_array(&ret->arena, ret->n_evidence + 1, sizeof(*evidence));
	if (!evidence)
		return &culprit_error_no_memory;
	if (ret->n_evidence)
		memcpy(evidence, ret->evidence, ret->n_evidence * sizeof(*evidence));
	va_start(args, format);
	evidence[ret->n_evidence].text = arena_vprintf(&ret->arena, format, args);
	va_end(args);
	if (!evidence[ret->n_evidence].text)
		return &culprit_error_no_memory;
	ret->evidence = evidence;
	ret->n_evidence++;
	return NULL;
}

static struct culprit_error *take_evidence(const struct judge *judge, const struct judged *judged)
{
	const struct comparison *comparison = &judged->comparison;
	const struct profile_entry *entry = judged->entry;
	struct match_result *ret = judge->ret;

	ret->n_evidence = 0;
	ret->evidence = arena_array(&ret->arena, comparison->n_evidence + 1, sizeof(*ret->evidence));
	if (!ret->evidence)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < comparison->n_evidence; i++) {
		const char *text = arena_dup(&ret->arena, span_of(comparison->evidence[i].text));

		if (!text)
			return &culprit_error_no_memory;
		ret->evidence[ret->n_evidence++] = (struct match_evidence){ text, comparison->evidence[i].weight };
	}
	/* stable: equal weights stay in the order of looking */
	for (size_t i = 1; i < ret->n_evidence; i++) {
		for (size_t j = i; j > 0 && more_telling(&ret->evidence[j - 1], &ret->evidence[j]) > 0; j--) {
			struct match_evidence swap = ret->evidence[j];

			ret->evidence[j] = ret->evidence[j - 1];
			ret->evidence[j - 1] = swap;
		}
	}
	if (entry && !entry->own && entry->seen)
		return add_remark(ret, "title adopted: %zu of %zu known-bad runs showed it, it belongs to the target with "
				  "probability %.2f", entry->seen, judge->profile->n_runs, entry->weight);
	if (entry && !entry->own)
		return add_remark(ret, "title adopted with probability %.2f", entry->weight);
	return NULL;
}

/* -------------------------------------------------------------- crashes */

static enum verdict crash_verdict(const struct judged *judged, double probability)
{
	if (probability >= MATCH_TARGET)
		return VERDICT_TARGET;
	if (!judged->entry)
		return VERDICT_UNDECIDED;
	if ((judged->torn || judged->vague) && !judged->speaks && !judged->comparison.other_class)
		return VERDICT_UNDECIDED;
	return probability >= MATCH_RELATED ? VERDICT_RELATED : VERDICT_UNRELATED;
}

static struct culprit_error *decide(struct judge *judge, const struct judged *judged, double probability,
				    const char *title, size_t index)
{
	struct match_result *ret = judge->ret;

	judge->decided = true;
	ret->verdict = crash_verdict(judged, probability);
	ret->probability = judged->entry ? probability : 0;
	ret->report = index;
	ret->title = arena_dup(&ret->arena, span_of(title));
	ret->symptom = judged->entry ? arena_dup(&ret->arena, span_of(judged->entry->samples[0].title)) : NULL;
	if (!ret->title || (judged->entry && !ret->symptom))
		return &culprit_error_no_memory;
	return take_evidence(judge, judged);
}

/* The first one; what may have been outlived gives way to what may not. */
static struct culprit_error *note_failure(struct judge *judge, enum class_means means, bool retried, const char *title,
					  size_t index)
{
	if (judge->failure != MEANS_CRASH && (retried || !judge->failure_retried))
		return NULL;
	judge->failure_title = arena_dup(&judge->ret->arena, span_of(title));
	if (!judge->failure_title)
		return &culprit_error_no_memory;
	judge->failure = means;
	judge->failure_retried = retried;
	judge->failure_report = index;
	return NULL;
}

/* counts: it may decide the run; otherwise only as the clear target. */
static struct culprit_error *judge_one(struct judge *judge, struct arena *scratch, const struct symptom *symptom,
				       enum class_means means, bool counts, size_t index)
{
	struct judged judged;
	struct culprit_error *err;
	double probability;

	err = judge_symptom(judge->profile, scratch, symptom, &judged);
	if (err)
		return err;
	if (means == MEANS_CRASH)
		means = judged.means;
	if (means != MEANS_CRASH && !judged.is_title) {
		if (!judge->decided)
			return note_failure(judge, means, judged.retried, symptom->title, index);
		return NULL;
	}
	probability = judged.probability;
	if (judge->decided) {
		probability = probability_of(logit_of(probability) - LATER_REPORT);
		if (probability < MATCH_TARGET || probability <= judge->ret->probability)
			return NULL;
	} else if (!counts && probability < MATCH_TARGET) {
		return NULL;
	} else if (judge->failure != MEANS_CRASH && !judge->failure_retried && probability < MATCH_TARGET) {
		return NULL;
	}
	return decide(judge, &judged, probability, symptom->title, index);
}

static enum class_means means_of_kind(enum culprit_kind kind)
{
	return kind == CULPRIT_KIND_BOOT_FAILURE ? MEANS_BOOT_FAILED :
	       kind == CULPRIT_KIND_INFRASTRUCTURE ? MEANS_INFRA_FAILED : MEANS_CRASH;
}

static struct culprit_error *judge_report(struct judge *judge, size_t index)
{
	_cleanup_(arena_deinit) struct arena scratch = { 0 };
	const struct culprit_report *report = judge->run->reports[index];
	struct culprit_error *err;
	struct symptom symptom;

	if (report->suppressed && !profile_find(judge->profile, report->title))
		return NULL;
	err = symptom_from_report(judge->profile->rules, &scratch, report, &symptom);
	if (err)
		return err;
	return judge_one(judge, &scratch, &symptom, means_of_kind(report->kind), report_counts(judge->run, report),
			 index);
}

static struct culprit_error *judge_title(struct judge *judge, size_t index)
{
	_cleanup_(arena_deinit) struct arena scratch = { 0 };
	struct culprit_error *err;
	struct symptom symptom;

	err = symptom_from_title(judge->profile->rules, &scratch, judge->run->titles[index], &symptom);
	return err ? err : judge_one(judge, &scratch, &symptom, MEANS_CRASH, true, index);
}

static struct culprit_error *judge_reports(struct judge *judge)
{
	const struct run_evidence *run = judge->run;
	struct culprit_error *err = NULL;

	for (size_t i = 0; !err && i < run->n_reports && i < MAX_JUDGED; i++)
		err = judge_report(judge, i);
	for (size_t i = 0; !err && !run->n_reports && i < run->n_titles && i < MAX_JUDGED; i++)
		err = judge_title(judge, i);
	return err;
}

/* ------------------------------------------------------------- no crash */

/* What the matcher was told of the run, as the record that the verdict is made from. */
static struct run_record record_of(const struct judge *judge)
{
	const struct run_evidence *run = judge->run;
	const struct culprit_summary *summary = run->summary;

	return (struct run_record){
		.ending = run->ending, .exit_code = run->exit_code, .exit_judges = run->exit_judges,
		.other_kernel = run->other_kernel != NULL, .boot_failed = run->boot_failed, .infra_failed = run->infra_failed,
		.console_boot_failed = judge->failure == MEANS_BOOT_FAILED,
		.console_infra_failed = judge->failure == MEANS_INFRA_FAILED,
		.console_retried = judge->failure_retried,
		.console_exhausted = judge->failure == MEANS_UNRELATED,
		.has_console = summary != NULL, .n_lines = summary ? summary->n_lines : 0,
		.n_bytes = summary ? summary->n_bytes : 0,
		.phase = summary ? summary->phase_best : CULPRIT_PHASE_NONE, .lost = run->lost,
		.finish_wanted = run->finish_wanted,
		.finished = run->finished || (summary && !run->finish_wanted && summary->phase_best >= CULPRIT_PHASE_FINISHED),
		.elapsed_us = run->elapsed_us, .expected_us = run->expected_us,
	};
}

/*
 * What the run command gave, where the exit code is believed: what it says of the
 * target is no certainty.  git bisect run takes it for one; scripts that give 1
 * for a failed boot or a lost connection are common.
 */
#define EXIT_CODE_TARGET 0.9

static struct culprit_error *judge_quiet(struct judge *judge)
{
	struct run_record record = record_of(judge);
	struct match_result *ret = judge->ret;
	const char *why, *at;

	ret->verdict = verdict_of_quiet_run(&record, &why);
	if (ret->verdict == VERDICT_TARGET)
		ret->probability = EXIT_CODE_TARGET;
	at = strchr(why, '%');
	if (at && at[1] == 'd')
		return add_remark(ret, "%.*s%d%s", (int)(at - why), why, judge->run->exit_code, at + 2);
	if (!at)
		return add_remark(ret, "%s", why);
	if (at[1] == 'k')
		return add_remark(ret, "%.*s%s%s", (int)(at - why), why, judge->run->other_kernel, at + 2);
	if (at[1] == 'w')
		return add_remark(ret, "%.*s%s%s", (int)(at - why), why, judge->run->lost_why ? judge->run->lost_why : "not known", at + 2);
	ret->report = judge->failure_report;
	ret->title = arena_dup(&ret->arena, span_of(judge->failure_title));
	if (!ret->title)
		return &culprit_error_no_memory;
	return add_remark(ret, "%.*s%s%s", (int)(at - why), why, judge->failure_title, at + 2);
}

/* An unrelated crash of a kernel that never ran init is a kernel that does not boot. */
static struct culprit_error *judge_boot_crash(struct judge *judge)
{
	const struct run_evidence *run = judge->run;
	struct match_result *ret = judge->ret;
	const struct culprit_report *report;

	if (ret->verdict != VERDICT_UNRELATED || ret->report >= run->n_reports || !run->summary)
		return NULL;
	report = run->reports[ret->report];
	if (report->phase == CULPRIT_PHASE_NONE || report->phase >= CULPRIT_PHASE_INIT ||
	    run->summary->phase_best >= CULPRIT_PHASE_INIT)
		return NULL;
	ret->verdict = VERDICT_BOOT_FAILED;
	return add_remark(ret, "crashed while booting, and went no further");
}

struct culprit_error *match_run(const struct profile *profile, const struct run_evidence *run,
				struct match_result *ret)
{
	struct match_result result = { .verdict = VERDICT_UNDECIDED, .report = SIZE_MAX };
	struct judge judge = { .profile = profile, .run = run, .ret = &result };
	struct culprit_error *err;

	/* Whatever another kernel did says nothing of this one. */
	err = run->other_kernel ? NULL : judge_reports(&judge);
	if (!err)
		err = judge.decided ? judge_boot_crash(&judge) : judge_quiet(&judge);
	if (err) {
		match_result_deinit(&result);
		return err;
	}
	*ret = result;
	return NULL;
}
