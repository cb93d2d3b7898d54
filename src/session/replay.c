/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From verdicts of runs to where the culprit is.
 *
 * For each hypothesis (replay_hypotheses.h) and each rate p of a grid, every
 * step's runs have a likelihood: with the bug, a run shows the target with p,
 * is clean with 1 - p; without it, a target is a mistake of the matcher.  Runs
 * that crashed elsewhere, did not boot or failed around the kernel are left
 * out: they say nothing either way.  All is summed up over p, so that ten clean
 * runs of a bug that shows in one run of ten stay what they are: little.
 */
#include "session/replay.h"

#include <math.h>
#include <stdio.h>

#include "bisect/likelihood.h"
#include "session/replay_hypotheses.h"

#define N_RATES 24
#define MISTAKEN_TARGET 1e-3	/* a good commit's run that is called the target: the mean of likelihood.c's two rates */
#define DOUBTED_TARGET 0.03	/* the same, of all that the matcher thinks is rather not the target */
#define SUDDEN_RATE 0.03	/* commits on which the bug shows three times less than elsewhere */
#define OTHER_BRANCH 0.15	/* a tested commit that the order puts after the culprit lies beside it */
#define TOLD 1e-4		/* a mark without runs to check it by is wrong */
#define SETTLED 0.01		/* doubt left after the test that settles */
#define RATE_SURE 0.99		/* a bug of this rate needs one run only */
#define RATE_LEAST 0.01		/* and one below this is not hunted by running: 458 clean runs */
#define OLDER_OPEN 0.05		/* that the bug is older than the good commit: more than this leaves no range */

struct judge {
	const struct replay_log *log;
	struct replay_result *ret;
	struct hypotheses hypotheses;
	double rates[N_RATES];
	double rate_weights[N_RATES];	/* posterior */
	double (*with)[N_RATES];	/* per step: likelihood of its runs, if the commit has the bug */
	double *without;
	double *posterior;		/* per hypothesis */
};

/* ---------------------------------------------------------------- runs */

static struct culprit_error *judge_run(const struct judge *judge, const struct replay_run *run,
				       struct replay_judged_run *ret)
{
	struct run_evidence evidence = { 0 };
	struct match_result result;
	struct culprit_error *err;

	if (!run->clean) {
		evidence.titles = &run->title;
		evidence.n_titles = 1;
	}
	err = match_run(judge->ret->profile, &evidence, &result);
	if (err)
		return err;
	ret->verdict = result.verdict;
	ret->probability = result.probability;
	if (result.n_evidence && !run->clean) {
		size_t at = 0;

		/* an adopted title's remark stands last and says most */
		if (result.verdict == VERDICT_TARGET || result.verdict == VERDICT_RELATED)
			at = result.evidence[result.n_evidence - 1].weight == 0 ? result.n_evidence - 1 : 0;
		while (result.verdict == VERDICT_UNRELATED && at + 1 < result.n_evidence &&
		       result.evidence[at].weight > 0)
			at++;
		ret->reason = arena_dup(&judge->ret->arena, span_of(result.evidence[at].text));
		if (!ret->reason)
			err = &culprit_error_no_memory;
	}
	match_result_deinit(&result);
	return err;
}

static struct culprit_error *judge_runs(struct judge *judge)
{
	struct replay_result *ret = judge->ret;

	for (size_t i = 0; i < judge->log->n_steps; i++) {
		const struct replay_step *step = &judge->log->steps[i];
		struct replay_judged_step *judged = &ret->steps[i];

		judged->runs = arena_array(&ret->arena, step->n_runs + 1, sizeof(*judged->runs));
		if (!judged->runs)
			return &culprit_error_no_memory;
		for (size_t j = 0; j < step->n_runs; j++) {
			struct culprit_error *err = judge_run(judge, &step->runs[j], &judged->runs[j]);

			if (err)
				return err;
			judged->n_verdicts[judged->runs[j].verdict]++;
		}
	}
	return NULL;
}

/* --------------------------------------------------------- likelihoods */

static double runs_with(const struct replay_judged_step *step, size_t n_runs, double rate)
{
	double product = 1;

	for (size_t i = 0; i < n_runs; i++) {
		switch (step->runs[i].verdict) {
		case VERDICT_TARGET: product *= (1 - LIKELIHOOD_RELATED_SHARE) * rate + MISTAKEN_TARGET; break;
		case VERDICT_RELATED: product *= LIKELIHOOD_RELATED_SHARE * rate + LIKELIHOOD_FALSE_RELATED; break;
		case VERDICT_CLEAN: product *= 1 - rate; break;
		default: break;
		}
	}
	return product;
}

static double runs_without(const struct replay_judged_step *step, size_t n_runs)
{
	double product = 1;

	for (size_t i = 0; i < n_runs; i++) {
		/* what the matcher itself doubts is a mistake more easily */
		if (step->runs[i].verdict == VERDICT_TARGET)
			product *= fmax(MISTAKEN_TARGET, (1 - step->runs[i].probability) * DOUBTED_TARGET);
		else if (step->runs[i].verdict == VERDICT_RELATED)
			product *= LIKELIHOOD_FALSE_RELATED;
	}
	return product;
}

/* In the search for a fix, the old state ("good") has the bug. */
static enum mark mark_with_bug(const struct replay_log *log)
{
	return log->fix ? MARK_GOOD : MARK_BAD;
}

static void step_likelihood(struct judge *judge, size_t i)
{
	const struct replay_step *step = &judge->log->steps[i];
	const struct replay_judged_step *judged = &judge->ret->steps[i];
	bool told = !step->n_runs && (step->original == MARK_GOOD || step->original == MARK_BAD);
	bool bug = step->original == mark_with_bug(judge->log);

	for (size_t k = 0; k < N_RATES; k++) {
		double rate = judge->rates[k];

		if (told)
			judge->with[i][k] = bug ? 1 : TOLD;
		else
			judge->with[i][k] = (1 - SUDDEN_RATE) * runs_with(judged, step->n_runs, rate) +
					    SUDDEN_RATE * runs_with(judged, step->n_runs, rate / 3);
	}
	judge->without[i] = told ? (bug ? TOLD : 1) : runs_without(judged, step->n_runs);
}

/* Quantiles of Jeffreys' prior of a rate. */
static void make_likelihoods(struct judge *judge)
{
	for (size_t k = 0; k < N_RATES; k++) {
		double s = sin(M_PI / 2 * ((double)k + 0.5) / N_RATES);

		judge->rates[k] = s * s;
	}
	for (size_t i = 0; i < judge->log->n_steps; i++)
		step_likelihood(judge, i);
}

/* ----------------------------------------------------------- posterior */

/* Of one step under a hypothesis and a rate. */
static double likelihood(const struct judge *judge, const struct hypothesis *h, size_t step, size_t k)
{
	bool contains = step_set_has(&h->contain, step), bug = contains != judge->log->fix;
	double with = judge->with[step][k], without = judge->without[step];
	double ret = bug ? with : without;

	if (step_set_has(&h->unsure, step))
		ret = (1 - OTHER_BRANCH) * ret + OTHER_BRANCH * (bug ? without : with);
	return ret;
}

static struct culprit_error *make_posterior(struct judge *judge)
{
	const struct hypotheses *h = &judge->hypotheses;
	double *logs = arena_array(&judge->ret->arena, h->n * N_RATES + 1, sizeof(*logs)), most = -HUGE_VAL, sum = 0;

	judge->posterior = arena_array(&judge->ret->arena, h->n + 1, sizeof(*judge->posterior));
	if (!logs || !judge->posterior)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < h->n; i++) {
		for (size_t k = 0; k < N_RATES; k++) {
			double *at = &logs[i * N_RATES + k];

			*at = log(h->list[i].prior > 0 ? h->list[i].prior : 1e-9);
			for (size_t j = 0; j < judge->log->n_steps; j++)
				*at += log(fmax(likelihood(judge, &h->list[i], j, k), 1e-300));
			most = fmax(most, *at);
		}
	}
	for (size_t i = 0; i < h->n; i++) {
		for (size_t k = 0; k < N_RATES; k++) {
			double weight = exp(logs[i * N_RATES + k] - most);

			judge->posterior[i] += weight;
			judge->rate_weights[k] += weight;
			sum += weight;
		}
	}
	for (size_t i = 0; i < h->n; i++)
		judge->posterior[i] /= sum;
	for (size_t k = 0; k < N_RATES; k++) {
		judge->rate_weights[k] /= sum;
		judge->ret->rate += judge->rate_weights[k] * judge->rates[k];
	}
	return NULL;
}

/* --------------------------------------------------------------- steps */

static bool says_something(const struct replay_judged_step *step)
{
	return step->n_verdicts[VERDICT_TARGET] || step->n_verdicts[VERDICT_RELATED] || step->n_verdicts[VERDICT_CLEAN];
}

/* By its own runs, at the rate that all steps tell. */
static enum mark own_verdict(const struct judge *judge, size_t i)
{
	const struct replay_step *step = &judge->log->steps[i];
	enum mark bug = mark_with_bug(judge->log), none = bug == MARK_BAD ? MARK_GOOD : MARK_BAD;
	double with = 0, p;

	if (!step->n_runs)
		return step->original == MARK_NONE ? MARK_SKIP : step->original;
	if (!says_something(&judge->ret->steps[i]))
		return MARK_SKIP;
	for (size_t k = 0; k < N_RATES; k++)
		with += judge->rate_weights[k] * judge->with[i][k];
	p = with / (with + judge->without[i]);
	return p >= REPLAY_STEP ? bug : p <= 1 - REPLAY_STEP ? none : MARK_UNDECIDED;
}

static double probability_of_bug(const struct judge *judge, size_t step)
{
	double contains = 0;

	for (size_t i = 0; i < judge->hypotheses.n; i++) {
		const struct hypothesis *h = &judge->hypotheses.list[i];
		double share = step_set_has(&h->unsure, step) ? 1 - OTHER_BRANCH : 1;

		if (step_set_has(&h->contain, step))
			contains += judge->posterior[i] * share;
	}
	return judge->log->fix ? 1 - contains : contains;
}

/* Called bad although the runs do not show the target, or good although they do, or could not. */
static bool is_derailment(const struct judge *judge, size_t i)
{
	const struct replay_step *step = &judge->log->steps[i];
	const struct replay_judged_step *judged = &judge->ret->steps[i];

	if (!step->n_runs || (step->original != MARK_GOOD && step->original != MARK_BAD))
		return false;
	if (judged->verdict == MARK_GOOD || judged->verdict == MARK_BAD)
		return judged->verdict != step->original;
	if (judged->verdict == MARK_SKIP)
		return true;
	/* undecided: only a step that was called after crashes of something else was led astray */
	return step->original == mark_with_bug(judge->log) && !judged->n_verdicts[VERDICT_TARGET];
}

/* The first run that the log took for what it was not. */
static ptrdiff_t misjudged_run(const struct judge *judge, size_t i)
{
	const struct replay_step *step = &judge->log->steps[i];
	bool called_bug = step->original == mark_with_bug(judge->log);

	for (size_t j = 0; j < step->n_runs; j++) {
		enum verdict verdict = judge->ret->steps[i].runs[j].verdict;
		bool crashed = !strncmp(step->runs[j].text, "crashed", 7);

		if (called_bug ? crashed && verdict != VERDICT_TARGET : verdict == VERDICT_TARGET)
			return (ptrdiff_t)step->runs[j].number;
	}
	return -1;
}

static void judge_steps(struct judge *judge)
{
	struct replay_result *ret = judge->ret;

	ret->derailed_run = -1;
	for (size_t i = 0; i < judge->log->n_steps; i++) {
		const struct replay_step *step = &judge->log->steps[i];
		struct replay_judged_step *judged = &ret->steps[i];

		judged->verdict = own_verdict(judge, i);
		judged->probability = probability_of_bug(judge, i);
		judged->differs = step->original != MARK_NONE && judged->verdict != step->original;
		if (!ret->derailed_step && is_derailment(judge, i)) {
			ret->derailed_step = step;
			ret->derailed_run = misjudged_run(judge, i);
		}
	}
}

/* ---------------------------------------------------------- conclusion */

struct ranked {
	size_t hypothesis;
	double posterior;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *ra = a, *rb = b;

	if (ra->posterior != rb->posterior)
		return ra->posterior > rb->posterior ? -1 : 1;
	return ra->hypothesis < rb->hypothesis ? -1 : ra->hypothesis > rb->hypothesis;
}

static const char *known_hash(const struct judge *judge, const char *commit)
{
	const struct replay_step *step = commit ? replay_log_find(judge->log, commit) : NULL;

	return step ? step->commit : commit;
}

static struct culprit_error *add_candidate(struct judge *judge, const char *commit)
{
	struct replay_result *ret = judge->ret;

	if (ret->n_candidates == REPLAY_MAX_LISTED)
		return NULL;
	ret->candidates[ret->n_candidates] = arena_dup(&ret->arena, span_of(commit));
	return ret->candidates[ret->n_candidates++] ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *add_candidates(struct judge *judge, const struct hypothesis *h)
{
	struct culprit_error *err = NULL;

	if (!h->members)
		return h->upto ? add_candidate(judge, known_hash(judge, h->upto)) : NULL;
	for (size_t i = h->n_commits; !err && i-- > 0;)
		err = add_candidate(judge, judge->hypotheses.history.hashes[h->members[i]].hex);
	return err;
}

/*
 * Somebody showed it to be of the old state: its runs, or who called it so and gave
 * none.  In the search for a fix that is the state with the bug.
 */
static bool is_shown(const struct judge *judge, const char *commit, enum mark mark)
{
	for (size_t i = 0; commit && i < judge->log->n_steps; i++) {
		if (commit_equal(judge->log->steps[i].commit, commit) && judge->ret->steps[i].verdict == mark)
			return true;
	}
	return false;
}

/* Of a group of the graph: the newest tested commit that has not what the group has is its other end. */
static struct culprit_error *add_range(struct judge *judge, const struct hypothesis *h, double probability)
{
	struct replay_result *ret = judge->ret;
	struct replay_range range = { .n_commits = h->n_commits, .probability = probability };

	range.upto = h->upto ? arena_dup(&ret->arena, span_of(known_hash(judge, h->upto))) : NULL;
	range.after = is_shown(judge, h->after, MARK_GOOD) ? known_hash(judge, h->after) : NULL;
	if (h->upto && !range.upto)
		return &culprit_error_no_memory;
	ret->ranges[ret->n_ranges++] = range;
	return add_candidates(judge, h);
}

static struct culprit_error *name_culprit(struct judge *judge, const struct hypothesis *h)
{
	struct replay_result *ret = judge->ret;
	const struct replay_step *step = replay_log_find(judge->log, h->upto);

	ret->conclusion = REPLAY_COMMIT;
	ret->culprit = arena_dup(&ret->arena, span_of(known_hash(judge, h->upto)));
	ret->culprit_subject = step ? step->subject : NULL;
	return ret->culprit ? NULL : &culprit_error_no_memory;
}

/* Some commit that has not what the hypothesis is about was shown to be old. */
static bool is_bounded(const struct judge *judge, const struct hypothesis *h)
{
	if (!judge->hypotheses.has_history)
		return is_shown(judge, h->after, MARK_GOOD);
	for (size_t i = 0; i < judge->log->n_steps; i++) {
		if (!step_set_has(&h->contain, i) && judge->ret->steps[i].verdict == MARK_GOOD)
			return true;
	}
	return false;
}

/*
 * Without a graph: a commit that nobody showed to be old, nor to be new, is no edge.  What lies on its
 * two sides is one hypothesis, from the edge before it on.
 */
static void join_unbounded(struct judge *judge)
{
	struct hypotheses *h = &judge->hypotheses;
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++) {
		struct hypothesis *one = &h->list[i], *last = n ? &h->list[n - 1] : NULL;

		if (!last || last->older || is_bounded(judge, one) || is_shown(judge, one->after, MARK_BAD)) {
			judge->posterior[n] = judge->posterior[i];
			h->list[n++] = *one;
			continue;
		}
		last->n_commits = last->n_commits && one->n_commits ? last->n_commits + one->n_commits : 0;
		last->upto = one->upto;
		judge->posterior[n - 1] += judge->posterior[i];
	}
	h->n = n;
}

/* Hypotheses from the most likely on, until they hold REPLAY_SET together. */
static struct culprit_error *conclude(struct judge *judge)
{
	const struct hypotheses *h = &judge->hypotheses;
	struct replay_result *ret = judge->ret;
	struct ranked *ranked = arena_array(&ret->arena, h->n + 1, sizeof(*ranked));
	const struct hypothesis *best = NULL;
	bool older = false, found = false, bounded = true;
	struct culprit_error *err = NULL;

	ret->ranges = arena_array(&ret->arena, h->n + 1, sizeof(*ret->ranges));
	ret->candidates = arena_array(&ret->arena, REPLAY_MAX_LISTED, sizeof(*ret->candidates));
	if (!ranked || !ret->ranges || !ret->candidates)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < h->n; i++)
		ranked[i] = (struct ranked){ i, judge->posterior[i] };
	qsort(ranked, h->n, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; !err && i < h->n && ret->probability < REPLAY_SET; i++) {
		const struct hypothesis *one = &h->list[ranked[i].hypothesis];

		ret->probability += ranked[i].posterior;
		older = older || (one->older && ranked[i].posterior > OLDER_OPEN);
		bounded = bounded && (one->older || is_bounded(judge, one));
		if (!one->older)
			err = add_range(judge, one, ranked[i].posterior);
	}
	for (size_t i = 0; i < judge->log->n_steps; i++)
		found = found || ret->steps[i].n_verdicts[VERDICT_TARGET];
	if (err)
		return err;
	if (h->n && ranked[0].posterior >= REPLAY_SURE)
		best = &h->list[ranked[0].hypothesis];
	if (best && !best->older && best->n_commits == 1 && is_bounded(judge, best)) {
		ret->probability = ranked[0].posterior;
		ret->n_ranges = ret->n_candidates = 1;
		return name_culprit(judge, best);
	}
	if (older || !bounded || !ret->n_ranges || (!found && !judge->log->is_git) || 2 * ret->n_ranges > h->n + 1)
		ret->conclusion = REPLAY_CANNOT_TELL;
	else
		ret->conclusion = REPLAY_RANGE;
	return NULL;
}

/* ---------------------------------------------------------------- test */

/* Clean runs after which a bug of this rate is ruled out. */
static size_t runs_to_settle(double rate)
{
	double runs = rate >= RATE_SURE ? 1 : ceil(log(SETTLED) / log1p(-fmax(rate, RATE_LEAST)));

	return runs < 1 ? 1 : (size_t)runs;
}

/* Testing this one again tells the most of what is left open. */
static size_t most_open_step(const struct judge *judge, double *ret_open)
{
	size_t best = SIZE_MAX;

	*ret_open = 0;
	for (size_t i = 0; i < judge->log->n_steps; i++) {
		double p = judge->ret->steps[i].probability, open = fmin(p, 1 - p);

		if (judge->log->steps[i].n_runs && open > *ret_open) {
			best = i;
			*ret_open = open;
		}
	}
	return best;
}

static void choose_test(struct judge *judge)
{
	struct replay_result *ret = judge->ret;
	const struct replay_range *range = ret->n_ranges ? &ret->ranges[0] : NULL;
	double open;
	size_t step = most_open_step(judge, &open);

	ret->test.runs = runs_to_settle(ret->rate);
	if (ret->conclusion == REPLAY_COMMIT) {
		/* the neighbour whose verdict the answer hangs on */
		ret->test.confirms = true;
		ret->test.commit = step != SIZE_MAX ? judge->log->steps[step].commit : ret->culprit;
		return;
	}
	/* within a range that no test has split, retesting its ends says nothing new */
	if (range && range->probability > 0.5 && range->n_commits != 1 && open < 1 - REPLAY_STEP) {
		ret->test.between = true;
		if (ret->n_candidates >= 2 && ret->n_ranges == 1 && ret->n_candidates == range->n_commits)
			ret->test.commit = ret->candidates[ret->n_candidates / 2];
		return;
	}
	if (step != SIZE_MAX)
		ret->test.commit = judge->log->steps[step].commit;
}

/* ------------------------------------------------------------------- all */

static struct culprit_error *judge_all(struct judge *judge, const struct git *git)
{
	struct replay_result *ret = judge->ret;
	size_t n = judge->log->n_steps;
	struct culprit_error *err;

	ret->steps = arena_array(&ret->arena, n + 1, sizeof(*ret->steps));
	judge->with = arena_array(&ret->arena, n + 1, sizeof(*judge->with));
	judge->without = arena_array(&ret->arena, n + 1, sizeof(*judge->without));
	if (!ret->steps || !judge->with || !judge->without)
		return &culprit_error_no_memory;
	err = git ? hypotheses_from_graph(judge->log, git, &judge->hypotheses) :
		    hypotheses_from_order(judge->log, &judge->hypotheses);
	if (!err)
		err = judge_runs(judge);
	if (err)
		return err;
	make_likelihoods(judge);
	err = make_posterior(judge);
	if (err)
		return err;
	judge_steps(judge);
	if (!judge->hypotheses.has_history)
		join_unbounded(judge);
	err = conclude(judge);
	if (!err)
		choose_test(judge);
	return err;
}

struct culprit_error *replay_judge(const struct replay_log *log, struct profile *profile, const struct git *git,
				   struct replay_result *ret)
{
	struct replay_result result = { .profile = profile };
	struct judge judge = { .log = log, .ret = &result };
	struct culprit_error *err = judge_all(&judge, git);

	hypotheses_deinit(&judge.hypotheses);
	if (err) {
		replay_result_deinit(&result);
		return err;
	}
	*ret = result;
	return NULL;
}

void replay_result_deinit(struct replay_result *result)
{
	profile_destroy(result->profile);
	arena_deinit(&result->arena);
	*result = (struct replay_result){ 0 };
}
