/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The target of a bisection, from its log: a log has titles only.
 *
 * The commit that was tested first is the one that the bug was found on; what
 * most of its runs show is the target.  Other commits whose runs show that too,
 * twice or mostly, surely have the bug: what else their runs show may be
 * another face of it, and is weighed by the profile.
 */
#include "session/replay.h"

#include "match/learn.h"

static void run_of(const struct replay_run *run, struct run_evidence *ret)
{
	*ret = (struct run_evidence){ 0 };
	if (!run->clean) {
		ret->titles = &run->title;
		ret->n_titles = 1;
	}
}

static bool has_crash(const struct replay_step *step)
{
	for (size_t i = 0; i < step->n_runs; i++) {
		if (!strncmp(step->runs[i].text, "crashed", 7))
			return true;
	}
	return false;
}

static struct culprit_error *learn_step(const struct replay_step *step, struct profile *profile)
{
	_cleanup_(freep) struct run_evidence *runs = calloc(step->n_runs + 1, sizeof(*runs));

	if (!runs)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < step->n_runs; i++)
		run_of(&step->runs[i], &runs[i]);
	return profile_learn(profile, runs, step->n_runs);
}

static struct culprit_error *count_hits(const struct replay_step *step, const struct profile *profile, size_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < step->n_runs; i++) {
		struct match_result result;
		struct run_evidence run;
		struct culprit_error *err;

		run_of(&step->runs[i], &run);
		err = match_run(profile, &run, &result);
		if (err)
			return err;
		*ret += result.verdict == VERDICT_TARGET;
		match_result_deinit(&result);
	}
	return NULL;
}

/* Which steps clearly show the target as it is known now. */
static struct culprit_error *find_known_bad(const struct replay_log *log, const struct profile *profile,
					    const struct replay_step *first, bool *known)
{
	for (size_t i = 0; i < log->n_steps; i++) {
		const struct replay_step *step = &log->steps[i];
		struct culprit_error *err;
		size_t hits;

		err = count_hits(step, profile, &hits);
		if (err)
			return err;
		known[i] = step != first && (hits >= 2 || (hits && 2 * hits >= step->n_runs));
	}
	return NULL;
}

struct culprit_error *replay_learn(const struct replay_log *log, struct profile *profile)
{
	const struct replay_step *first = NULL;
	bool known[REPLAY_MAX_STEPS] = { false };
	struct culprit_error *err = NULL;

	if (log->is_git)
		return NULL;
	/* Each run that a session took for the target stands under its title there: nothing is left to learn. */
	if (log->target && profile_is_empty(profile))
		return profile_add_title(profile, log->target);
	for (size_t i = 0; !first && i < log->n_steps; i++) {
		if (has_crash(&log->steps[i]))
			first = &log->steps[i];
	}
	if (profile_is_empty(profile)) {
		if (!first)
			return culprit_error_create(CULPRIT_ERROR_FORMAT, "no run crashed: what was hunted? Give --target");
		err = learn_step(first, profile);
		if (!err && profile_is_empty(profile))
			return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s crashed with nothing that could be a target: "
						    "give --target", first->commit);
	} else {
		first = NULL;
	}
	if (!err)
		err = find_known_bad(log, profile, first, known);
	for (size_t i = 0; !err && i < log->n_steps; i++) {
		if (known[i])
			err = learn_step(&log->steps[i], profile);
	}
	return err;
}
