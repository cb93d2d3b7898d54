/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the two ends of a history to the policy's graph, and from facts to its
 * evidence.
 */
#include "session/session_internal.h"

#include <stdio.h>

uint32_t session_find(const struct session *session, const char *hex)
{
	return session->has_graph ? git_history_find(&session->history, hex) : UINT32_MAX;
}

bool session_over_hours(const struct session *session)
{
	return session->config->max_hours > 0 && (double)session->active_us / 3.6e9 >= session->config->max_hours;
}

struct culprit_error *session_policy_config(const struct session *session, struct bisect_config *ret)
{
	const struct config *config = session->config;

	bisect_config_init(ret);
	ret->find = config->find == CONFIG_FIX ? BISECT_FIX : BISECT_CAUSE;
	ret->confidence = config->confidence;
	ret->build_cost = config->build_cost < 0 ? SESSION_BUILD_COST : config->build_cost;
	ret->baseline_runs = config->baseline_runs;
	ret->max_runs = config->max_runs;
	ret->max_builds = config->max_builds;
	ret->max_parallel = config->parallel;
	ret->plain_runs = config->mode == CONFIG_PLAIN ? config->runs_per_commit : 0;
	return NULL;
}

/* Merge bases of the newer end and those older ones that are not its ancestors. */
static struct culprit_error *mark_merge_bases(const struct session *s, uint8_t *flags)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < s->n_older && !err; i++) {
		_cleanup_(freep) struct git_hash *bases = NULL;
		size_t n = 0;
		bool ancestor;

		err = git_is_ancestor(s->git, s->older[i].hex, s->newer.hex, &ancestor);
		if (err || ancestor)
			continue;
		err = git_merge_bases(s->git, s->older[i].hex, s->newer.hex, &bases, &n);
		if (!err && n == 0)
			err = culprit_error_create(CULPRIT_ERROR_USAGE, "%s and %s have no common ancestor%s",
						   s->older[i].hex, s->newer.hex,
						   git_is_shallow(s->git) ? ": the repository is a shallow clone; fetch more of it" : "");
		for (size_t b = 0; b < n && !err; b++) {
			uint32_t commit = git_history_find(&s->history, bases[b].hex);

			if (commit != UINT32_MAX)
				flags[commit] |= BISECT_MERGE_BASE;
		}
	}
	return err;
}

static struct culprit_error *mark_skips(const struct session *s, uint8_t *flags)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < s->config->skip.n && !err; i++) {
		struct git_hash hash;
		uint32_t commit;

		err = git_resolve(s->git, s->config->skip.items[i], &hash);
		commit = err ? UINT32_MAX : git_history_find(&s->history, hash.hex);
		if (commit != UINT32_MAX)
			flags[commit] |= BISECT_SKIP;
	}
	return err;
}

static struct culprit_error *create_policy(struct session *s)
{
	uint32_t n = s->history.n;
	_cleanup_(freep) uint8_t *flags = calloc(n + 1, sizeof(*flags));
	_cleanup_(freep) double *weight = calloc(n + 1, sizeof(*weight));
	struct bisect_config config;
	struct bisect_graph graph;
	struct culprit_error *err;

	if (!flags || !weight)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < n; i++)
		flags[i] = i < s->history.n_boundary ? BISECT_GOOD : 0;
	err = mark_merge_bases(s, flags);
	if (!err)
		err = mark_skips(s, flags);
	if (!err)
		err = session_weigh(s, weight);
	if (!err)
		err = session_policy_config(s, &config);
	if (err)
		return err;
	graph = (struct bisect_graph){
		.n = n,
		.bad = git_history_find(&s->history, s->newer.hex),
		.parent_start = s->history.parent_start,
		.parents = s->history.parents,
		.flags = flags,
		.weight = weight,
		.date = s->history.dates,
	};
	return bisect_create(&graph, &config, &s->bisect);
}

static struct culprit_error *check_uncut(const struct session *s)
{
	uint32_t cut;
	struct culprit_error *err = git_history_cut(s->git, &s->history, &cut);

	if (err || cut == UINT32_MAX)
		return err;
	return culprit_error_create(CULPRIT_ERROR_USAGE, "the repository is a shallow clone whose history ends at %s, between the "
				    "good and the bad commit: 'git fetch --unshallow', or --shallow-since with an older date, first",
				    s->history.hashes[cut].hex);
}

struct culprit_error *session_build_graph(struct session *s)
{
	struct culprit_error *err = NULL;

	bisect_destroy(s->bisect);
	s->bisect = NULL;
	s->n_fed = s->n_cuts_fed = 0;
	s->timing = (struct session_timing){ 0 };
	s->asked = false;
	if (!s->history.n)
		err = git_history_load(s->git, s->newer.hex, s->older, s->n_older, &s->history);
	if (!err)
		err = check_uncut(s);
	if (!err && s->history.n == s->history.n_boundary)
		err = culprit_error_create(CULPRIT_ERROR_USAGE, "no commit between the two ends: %s is an ancestor of %s%s",
					   s->newer.hex, s->older[0].hex,
					   s->config->find == CONFIG_FIX ? "; for a fix, good is the newer one" : "");
	if (!err)
		err = create_policy(s);
	s->has_graph = !err;
	return err;
}

enum bisect_run session_run_kind(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_TARGET: return BISECT_RUN_TARGET;
	case VERDICT_RELATED: return BISECT_RUN_RELATED;
	case VERDICT_UNRELATED: return BISECT_RUN_UNRELATED;
	case VERDICT_CLEAN: return BISECT_RUN_CLEAN;
	case VERDICT_BOOT_FAILED: return BISECT_RUN_BOOT_FAILED;
	case VERDICT_INFRA_FAILED: return BISECT_RUN_INFRA;
	case VERDICT_UNDECIDED: break;
	}
	return BISECT_RUN_INCOMPLETE;
}

static enum bisect_build build_kind(enum build_outcome outcome)
{
	switch (outcome) {
	case BUILD_OK: return BISECT_BUILD_OK;
	case BUILD_FAILED:
	case BUILD_CONFLICT: return BISECT_BUILD_FAILED;
	case BUILD_INFRA:
	case BUILD_CANCELLED: break;
	}
	return BISECT_BUILD_INFRA;
}

/* Of an unclaimed crash the user said that it is another bug: then it says nothing, however alike. */
static bool is_denied(const struct session *s, const struct session_run *run)
{
	for (uint32_t i = 0; i < s->n_titles && run->title && run->verdict == VERDICT_UNRELATED; i++) {
		if (!s->titles[i].same && !strcmp(s->titles[i].text, run->title))
			return true;
	}
	return false;
}

/*
 * The same compiler's word is the same fault, wherever its line has moved to; what a
 * script or make says of any failure is not told apart.
 */
static uint64_t way_of_failing(const struct build_result *build)
{
	char text[sizeof(build->reason)];
	size_t n = 0;

	if (!strstr(build->reason, "rror: ") && !strstr(build->reason, "undefined "))
		return 0;
	for (const char *at = build->reason; *at; at++) {
		if (*at < '0' || *at > '9')
			text[n++] = *at;
	}
	return hash_bytes(text, n);
}

struct culprit_error *session_feed_fact(struct session *s, struct bisect *bisect, uint32_t commit,
					const struct session_fact *fact)
{
	const struct build_result *build;

	if (fact->kind == FACT_RUN) {
		const struct session_run *run = &s->runs[fact->index];

		/* one that we stopped had crashed so long before */
		return bisect_add_timed_run(bisect, commit, session_run_kind(run->verdict), is_denied(s, run) ? 0 : run->q,
					    session_share_of_run(s, run->end.elapsed_us - (run->end.stopped ?
						s->config->after_crash_ms * 1000 : 0)));
	}
	build = &s->builds[fact->index].result;
	return bisect_add_build(bisect, commit, build_kind(build->outcome),
				build->outcome != BUILD_OK ? way_of_failing(build) :
				s->images_distrusted ? build->proof : build->image);
}

/* What makes the machine fail by itself is not to be tested; the ends are never skipped. */
static struct culprit_error *skip_what_fails_alone(struct session *s, uint32_t fact)
{
	const struct subject *subject = session_told_apart(s, fact);
	uint32_t commit = subject && !subject->changed.hex[0] ? session_find(s, subject->commit.hex) : UINT32_MAX;

	if (commit == UINT32_MAX || commit < s->history.n_boundary || !strcmp(subject->commit.hex, s->newer.hex) ||
	    !session_fails_only_at(s, subject->commit.hex))
		return NULL;
	return bisect_add_mark(s->bisect, commit, BISECT_MARK_SKIP);
}

/* Those that were cut before fact n_fed came. */
static struct culprit_error *feed_cuts(struct session *s)
{
	struct culprit_error *err = NULL;

	for (; s->n_cuts_fed < s->n_cuts && s->cuts[s->n_cuts_fed].n_facts <= s->n_fed && !err; s->n_cuts_fed++) {
		const struct session_cut *cut = &s->cuts[s->n_cuts_fed];
		uint32_t commit = session_find(s, cut->subject.commit.hex);
		double share = session_share_of_run(s, cut->elapsed_us);

		if (commit == UINT32_MAX || cut->subject.changed.hex[0] || share < 0)
			continue;
		err = bisect_add_timed_run(s->bisect, commit, BISECT_RUN_CUT, 0, share);
		s->asked = false;
	}
	return err;
}

struct culprit_error *session_feed(struct session *s)
{
	struct culprit_error *err = NULL;

	if (s->rejudged) {
		s->rejudged = false;
		if (s->n_fed)
			err = session_build_graph(s);
	}
	for (; s->n_fed < s->n_facts && !err; s->n_fed++) {
		const struct session_fact *fact = &s->facts[s->n_fed];
		const struct subject *subject;
		uint32_t commit;

		err = feed_cuts(s);
		if (err)
			break;
		/* Whoever starts culprit again has looked after the machine. */
		if (fact->kind == FACT_OPEN) {
			bisect_retry_infra(s->bisect);
			continue;
		}
		subject = fact->kind == FACT_RUN ? &s->runs[fact->index].subject : &s->builds[fact->index].subject;
		commit = session_find(s, subject->commit.hex);
		if (commit != UINT32_MAX && !subject->changed.hex[0] && !session_is_probe(s, s->n_fed)) {
			err = session_feed_fact(s, s->bisect, commit, fact);
			session_measure(s, fact);
		}
		if (!err)
			err = skip_what_fails_alone(s, s->n_fed);
		/* How long to bear with the machine is not the policy's to say: it has no clock. */
		bisect_retry_infra(s->bisect);
		s->asked = false;
	}
	return err ? err : feed_cuts(s);
}

struct culprit_error *session_ask(struct session *s)
{
	struct culprit_error *err = session_feed(s);

	if (!err && !s->asked)
		err = bisect_next(s->bisect, &s->action);
	s->asked = !err;
	/* The policy has no clock: hours are the session's, by the journal's times. */
	if (!err && s->action.act == BISECT_TEST && session_over_hours(s))
		err = bisect_conclude(s->bisect, BISECT_WHY_BUDGET, &s->action);
	if (!err && s->action.act == BISECT_TEST && session_is_out(s)) {
		s->action.act = BISECT_GIVE_UP;
		s->action.why = BISECT_WHY_INFRASTRUCTURE;
	}
	return err;
}

bool session_rate(const struct session *s, struct bisect_rate *ret)
{
	uint32_t end = s->config->find == CONFIG_FIX ? session_find(s, s->older[0].hex) : session_find(s, s->newer.hex);

	if (!s->bisect || end == UINT32_MAX)
		return false;
	bisect_rate(s->bisect, end, ret);
	return true;
}
