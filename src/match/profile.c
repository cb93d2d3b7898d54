/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Learning what the bug looks like from runs that are known to show it.
 *
 * Twenty runs of one commit show, say,
 *
 *	18  KASAN: use-after-free Write in fsnotify_detach_connector_from_object
 *	 1  KASAN: use-after-free Read in iput
 *	 1  INFO: rcu detected stall in corrupted
 *
 * The first is the bug.  Does the second belong to it?  Unrelated crashes come
 * at some low rate under any title; a face of the bug comes at a rate of its
 * own, and resembles it: the second stands in the target's source file more often than not, the first hardly ever.
 * All three are weighed.  This fails where another bug
 * crashes the known-bad commit often: nothing here tells it from a second
 * face, unless its class says that it cannot be one.
 */
#include "match/profile.h"

#include <math.h>

#include "match/evidence.h"
#include "match/profile_entry.h"
#include "match/similarity.h"

/* Stacks that score more are one sample: two logs of one path align to nearly 1, two ways to a function do not. */
#define SAME_SAMPLE 0.8
#define PATH_BELONGS 0.5	/* weight of titles whose files are: rather the target than not */

/* Share of runs that die of something else (a few of a hundred on fuzzing hosts), and how often it is one title again. */
#define BACKGROUND_RATE 0.05
#define BACKGROUND_AGAIN 0.3
/* A face's rate is anywhere between 1/200 and 1, all orders of magnitude alike: 1 / ln 200 */
#define FACE_SHARE 0.19
#define COUNT_MOST 4.0		/* log-odds that counting may give either way */
#define RESEMBLANCE_LEAST -6.0	/* other class, other function, no frame in common */
#define RESEMBLANCE_MOST 5.0
/*
 * Two titles of one bug lie in one source file half of the time, another bug in the target's file in one of 20 where
 * a reproducer keeps its subsystem busy: log(10).  Reasoned, not counted.
 */
#define SAME_FILE 2.3
#define GOOD_RUN 3.0		/* log-odds lost per run of a good commit that shows the title */
#define VAGUE_MOST 0.3		/* the most that a vague title is adopted with */
#define ALIEN -2.5		/* log-odds of stacks and functions: nothing there is the target's */
#define ALIEN_MOST 0.5		/* the most for such: another bug of the known-bad commit looks just like it */

struct culprit_error *profile_create(const struct match_rules *rules, struct profile **ret)
{
	_cleanup_(profile_destroyp) struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return &culprit_error_no_memory;
	profile->rules = rules;
	profile->entries = calloc(PROFILE_MAX_ENTRIES, sizeof(*profile->entries));
	if (!profile->entries)
		return &culprit_error_no_memory;
	*ret = no_free_ptr(profile);
	return NULL;
}

void profile_destroy(struct profile *profile)
{
	if (!profile)
		return;
	arena_deinit(&profile->arena);
	free(profile->entries);
	free(profile);
}

void profile_destroyp(struct profile **profile)
{
	profile_destroy(*profile);
}

/* ------------------------------------------------------------- entries */

struct profile_entry *profile_find(const struct profile *profile, const char *title)
{
	for (size_t i = 0; i < profile->n_entries; i++) {
		if (!strcmp(profile->entries[i].samples[0].title, title))
			return &profile->entries[i];
	}
	return NULL;
}

struct culprit_error *profile_add_entry(struct profile *profile, const struct symptom *symptom,
					struct profile_entry **ret)
{
	struct profile_entry entry = { .n_samples = 1 };
	struct culprit_error *err;

	*ret = NULL;
	if (profile->n_entries == PROFILE_MAX_ENTRIES)
		return NULL;
	err = symptom_copy(&profile->arena, symptom, &entry.samples[0]);
	if (err)
		return err;
	*ret = &profile->entries[profile->n_entries++];
	**ret = entry;
	return NULL;
}

/* A sample is worth keeping when it has stacks unlike those kept. */
static bool is_new_sample(const struct profile_entry *entry, const struct symptom *symptom)
{
	if (symptom_is_bare(symptom) || symptom->torn)
		return false;
	for (size_t i = 0; i < entry->n_samples; i++) {
		const struct symptom *sample = &entry->samples[i];
		enum kernel_relation kernels = compare_kernels(sample, symptom);
		struct similarity sim;

		sim = compare_stacks(&sample->access, sample->frame, &symptom->access, symptom->frame, kernels);
		if (sim.confidence > 0 && sim.score > SAME_SAMPLE)
			return false;
	}
	return true;
}

struct culprit_error *profile_note_symptom(struct profile *profile, const struct symptom *symptom,
					   struct profile_entry **ret)
{
	struct profile_entry *entry = profile_find(profile, symptom->title);
	struct culprit_error *err;
	size_t at;

	if (!entry)
		return profile_add_entry(profile, symptom, ret);
	*ret = entry;
	if (symptom_is_bare(&entry->samples[0]) || (entry->samples[0].torn && !symptom->torn))
		at = 0;
	else if (entry->n_samples < PROFILE_MAX_SAMPLES && is_new_sample(entry, symptom))
		at = entry->n_samples;
	else
		return NULL;
	err = symptom_copy(&profile->arena, symptom, &entry->samples[at]);
	if (!err && at == entry->n_samples)
		entry->n_samples++;
	return err;
}

/* The target shows itself like this: somebody said so. */
static struct culprit_error *take_own(struct profile *profile, const struct symptom *symptom)
{
	struct profile_entry *entry;
	struct culprit_error *err = profile_note_symptom(profile, symptom, &entry);

	if (err)
		return err;
	if (!entry)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "more than %d titles", PROFILE_MAX_ENTRIES);
	entry->own = true;
	return profile_settle(profile);
}

struct culprit_error *profile_add_title(struct profile *profile, const char *title)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct span trimmed = span_trim(span_of(title));
	struct culprit_error *err;
	struct symptom symptom;
	const char *copy;

	if (!trimmed.len)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "the target's title is empty");
	copy = arena_dup(&arena, trimmed);
	if (!copy)
		return &culprit_error_no_memory;
	err = symptom_from_title(profile->rules, &arena, copy, &symptom);
	return err ? err : take_own(profile, &symptom);
}

struct culprit_error *profile_add_report(struct profile *profile, const struct culprit_report *report)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct culprit_error *err;
	struct symptom symptom;

	err = symptom_from_report(profile->rules, &arena, report, &symptom);
	return err ? err : take_own(profile, &symptom);
}

/* ------------------------------------------------------------- weights */

static double log_binomial(size_t n, size_t k, double rate)
{
	return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) + (double)k * log(rate) +
	       (double)(n - k) * log1p(-rate);
}

/* How much better a face of the bug explains k of n runs than a background crash does. */
static double count_odds(size_t n, size_t k)
{
	double face, background, odds;

	if (!k || n < k)
		return -COUNT_MOST;
	face = log(FACE_SHARE / (double)k);
	background = log_binomial(n, k, BACKGROUND_RATE) + (double)(k - 1) * log(BACKGROUND_AGAIN);
	odds = face - background;
	return odds < -COUNT_MOST ? -COUNT_MOST : odds > COUNT_MOST ? COUNT_MOST : odds;
}

/* Where its guilty function is; NULL: not said. */
static const char *guilty_file(const struct symptom *symptom)
{
	for (size_t i = 0; symptom->frame && i < symptom->access.n; i++) {
		if (!strcmp(symptom->access.frames[i].function, symptom->frame))
			return symptom->access.frames[i].file;
	}
	return NULL;
}

/* What lies in a header or in a file of helpers lies beside many bugs: only functions that tell count. */
static bool same_file(const struct match_rules *rules, const struct symptom *a, const struct symptom *b)
{
	const char *x = guilty_file(a), *y = guilty_file(b);

	return x && y && !strcmp(x, y) && !rules_frame_is_vague(rules, a->frame) && !rules_frame_is_vague(rules, b->frame);
}

/* How much an adopted symptom resembles the bug's own ones. */
struct resemblance {
	double alike;
	bool alien;
	/*
	 * By class and source file alone.  Another title is another function and mostly another stack, be it a
	 * face of the bug or not: in the same file that is no evidence.
	 */
	bool in_file;
	double by_file;
};

static struct culprit_error *find_resemblance(const struct profile *profile, const struct symptom *symptom,
					      struct resemblance *ret)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	double beyond = RESEMBLANCE_LEAST;

	*ret = (struct resemblance){ .alike = RESEMBLANCE_LEAST, .by_file = RESEMBLANCE_LEAST };
	for (size_t i = 0; i < profile->n_entries; i++) {
		const struct profile_entry *entry = &profile->entries[i];

		for (size_t j = 0; entry->own && j < entry->n_samples; j++) {
			struct comparison comparison;
			struct culprit_error *err;
			double alike;

			err = compare_symptoms(profile->rules, &arena, &entry->samples[j], symptom, &comparison);
			if (err)
				return err;
			alike = comparison.logit - COMPARISON_PRIOR;
			ret->alike = fmax(ret->alike, alike);
			beyond = fmax(beyond, comparison.beyond_title);
			if (comparison.other_class || !same_file(profile->rules, &entry->samples[j], symptom))
				continue;
			ret->in_file = true;
			ret->by_file = fmax(ret->by_file, alike - fmin(0, comparison.beyond_title) + SAME_FILE);
		}
	}
	ret->alike = fmin(ret->alike, RESEMBLANCE_MOST);
	ret->by_file = fmin(ret->by_file, RESEMBLANCE_MOST);
	ret->alien = beyond < ALIEN;
	return NULL;
}

static struct culprit_error *weigh_entry(const struct profile *profile, struct profile_entry *entry)
{
	const struct symptom *symptom = &entry->samples[0];
	struct resemblance resemblance;
	struct culprit_error *err;
	double counted;

	if (entry->own) {
		entry->weight = 1;
		return NULL;
	}
	if (entry->fixed)
		return NULL;
	err = find_resemblance(profile, symptom, &resemblance);
	if (err)
		return err;
	counted = count_odds(profile->n_runs, entry->seen) - GOOD_RUN * (double)entry->seen_good;
	entry->weight = probability_of(counted + resemblance.alike);
	/* a file makes it related, not the target */
	if (resemblance.in_file)
		entry->weight = fmax(entry->weight, fmin(ALIEN_MOST, probability_of(counted + resemblance.by_file)));
	if (symptom->vague)
		entry->weight = fmin(entry->weight, VAGUE_MOST);
	if (resemblance.alien)
		entry->weight = fmin(entry->weight, ALIEN_MOST);
	return NULL;
}

/* Where no title was told: the one that most runs show first. */
static void choose_own(struct profile *profile)
{
	struct profile_entry *best = NULL;

	for (size_t i = 0; i < profile->n_entries; i++) {
		struct profile_entry *entry = &profile->entries[i];
		bool better;

		if (entry->own)
			return;
		if (!best)
			better = true;
		else if (entry->samples[0].vague != best->samples[0].vague)
			better = best->samples[0].vague;
		else
			better = entry->first > best->first;
		if (better)
			best = entry;
	}
	if (best)
		best->own = true;
}

static void add_path(struct profile *profile, const char *path)
{
	for (size_t i = 0; i < profile->n_paths; i++) {
		if (!strcmp(profile->paths[i], path))
			return;
	}
	if (profile->n_paths < PROFILE_MAX_PATHS)
		profile->paths[profile->n_paths++] = path;
}

static void add_stack_paths(struct profile *profile, const struct symptom_stack *stack)
{
	for (size_t i = 0; i < stack->n; i++) {
		if (stack->frames[i].file && stack->frames[i].weight >= RULES_FRAME_TELLS)
			add_path(profile, stack->frames[i].file);
	}
}

void profile_find_paths(struct profile *profile)
{
	profile->n_paths = 0;
	for (size_t i = 0; i < profile->n_entries; i++) {
		const struct profile_entry *entry = &profile->entries[i];

		for (size_t j = 0; entry->weight >= PATH_BELONGS && j < entry->n_samples; j++) {
			add_stack_paths(profile, &entry->samples[j].access);
			add_stack_paths(profile, &entry->samples[j].freed);
			add_stack_paths(profile, &entry->samples[j].allocated);
		}
	}
}

struct culprit_error *profile_settle(struct profile *profile)
{
	choose_own(profile);
	for (size_t i = 0; i < profile->n_entries; i++) {
		struct culprit_error *err = weigh_entry(profile, &profile->entries[i]);

		if (err)
			return err;
	}
	profile_find_paths(profile);
	return NULL;
}

/* ------------------------------------------------------------- queries */

bool profile_is_empty(const struct profile *profile)
{
	return !profile->n_entries;
}

const char *profile_title(const struct profile *profile)
{
	for (size_t i = 0; i < profile->n_entries; i++) {
		if (profile->entries[i].own)
			return profile->entries[i].samples[0].title;
	}
	return NULL;
}

bool profile_rate(const struct profile *profile, double *ret_rate, size_t *ret_runs)
{
	if (!profile->n_runs)
		return false;
	*ret_rate = (double)profile->n_hits / (double)profile->n_runs;
	*ret_runs = profile->n_runs;
	return true;
}

size_t profile_paths(const struct profile *profile, const char *const **ret)
{
	*ret = profile->paths;
	return profile->n_paths;
}
