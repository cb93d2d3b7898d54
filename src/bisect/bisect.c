/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy's life, the evidence it takes and the questions it answers.
 * Reads no format.  Refuses graphs that are not sorted, and numbers out of
 * their ranges; evidence itself is never refused for what it says.
 */
#include "bisect/bisect_impl.h"

#include <math.h>

#define MAX_COMMITS	(1u << 24)
/* Intervals that are kept: 384 MiB. A history of 100,000 commits of the kernel takes a hundredth. */
#define MAX_INTERVALS	(32u << 20)

/*
 * What a caller gets who asks for nothing else; bisect.h says what each means.
 * A commit is named that 99 of 100 such answers have right, a set of commits in 19 of 20.
 */
#define DEFAULT_CONFIDENCE	0.99
#define DEFAULT_SET_CONFIDENCE	0.95
/* An assumption, until bisect_set_build_cost() says what was measured. */
#define DEFAULT_BUILD_COST	6
/* Enough that a visit is worth its build, and that a wrong guess of the rate is noticed before too many. */
#define DEFAULT_MAX_VISIT	50
/* One hit could be somebody else's crash.  A rate of 1/33 shows in 100 runs with 95 %. */
#define DEFAULT_BASELINE_HITS	2
#define DEFAULT_BASELINE_RUNS	100
/* Merges seldom are culprits: their own change is how two branches were put together. */
#define DEFAULT_MERGE_WEIGHT	0.05
/* Users seldom err about a good commit; where good is on another branch, nobody ran the base. */
#define DEFAULT_OLDER		0.01
#define DEFAULT_OLDER_BASE	0.2
/* Runs that a build may cost: more would not change what is chosen. */
#define BUILD_COST_MOST		1e6

void bisect_config_init(struct bisect_config *ret)
{
	*ret = (struct bisect_config){
		.find = BISECT_CAUSE,
		.confidence = DEFAULT_CONFIDENCE,
		.set_confidence = DEFAULT_SET_CONFIDENCE,
		.build_cost = DEFAULT_BUILD_COST,
		.max_parallel = 1,
		.max_visit = DEFAULT_MAX_VISIT,
		.baseline_hits = DEFAULT_BASELINE_HITS,
		.baseline_runs = DEFAULT_BASELINE_RUNS,
		.merge_weight = DEFAULT_MERGE_WEIGHT,
		.older = DEFAULT_OLDER,
		.older_merge_base = DEFAULT_OLDER_BASE,
	};
}

/* -------------------------------------------------------------- life */

void bisect_destroy(struct bisect *b)
{
	if (!b)
		return;
	for (uint32_t t = 0; t < b->n_tested; t++)
		free(b->tested[t].distance);
	posterior_deinit(b);
	dag_deinit(&b->dag);
	free(b->flags);
	free(b->candidate);
	free(b->weight);
	free(b->age);
	free(b->depth);
	free(b->tested_of);
	free(b->tested);
	free(b->tested_commits);
	free(b->near_unrelated);
	free(b->near_live);
	free(b->testable);
	free(b->sum);
	free(b->sums);
	free(b->lane);
	free(b->mark);
	free(b);
}

void bisect_destroyp(struct bisect **bisect)
{
	bisect_destroy(*bisect);
}

static struct culprit_error *check_config(const struct bisect_config *config)
{
	/* written so that NaN is refused */
	if (!(config->confidence > 0.5 && config->confidence < 1))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "confidence must be over 0.5 and below 1");
	if (!(config->set_confidence > 0.5 && config->set_confidence < 1))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "confidence of a set must be over 0.5 and below 1");
	if (!(config->build_cost >= 0 && config->build_cost <= BUILD_COST_MOST) ||
	    !(config->build_failure_cost >= 0 && config->build_failure_cost <= BUILD_COST_MOST))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "cost of a build must be from 0 to 1,000,000 runs");
	if (config->max_parallel < 1)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "at least one run must be allowed at once");
	if (config->max_visit < 1 || config->max_visit > 1000)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "runs of one visit must be from 1 to 1,000");
	if (!(config->merge_weight > 0 && config->merge_weight <= 1))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "weight of a merge must be over 0 and at most 1");
	if (!(config->older > 0 && config->older <= 0.5) ||
	    !(config->older_merge_base > 0 && config->older_merge_base <= 0.5))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "chance of an older bug must be over 0 and at most 0.5");
	return NULL;
}

static struct culprit_error *check_graph(const struct bisect_graph *graph)
{
	if (graph->n < 1 || graph->n > MAX_COMMITS)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "cannot bisect %u commits: from 1 to %u are possible",
					    graph->n, MAX_COMMITS);
	if (graph->bad >= graph->n || graph->parent_start[0] != 0)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "the bad commit is not in the graph");
	for (uint32_t c = 0; c < graph->n; c++) {
		if (graph->parent_start[c + 1] < graph->parent_start[c])
			return culprit_error_create(CULPRIT_ERROR_USAGE, "commit %u: parents out of order", c);
		for (uint32_t e = graph->parent_start[c]; e < graph->parent_start[c + 1]; e++)
			if (graph->parents[e] >= c)
				return culprit_error_create(CULPRIT_ERROR_USAGE,
							    "commit %u comes before its parent", c);
		if (graph->weight && !(graph->weight[c] >= 0 && graph->weight[c] <= 1e12))
			return culprit_error_create(CULPRIT_ERROR_USAGE, "commit %u: weight out of range", c);
	}
	return NULL;
}

static struct culprit_error *allocate(struct bisect *b, uint32_t n)
{
	b->n = n;
	b->flags = calloc(n, 1);
	b->candidate = calloc(n, 1);
	b->weight = calloc(n, sizeof(*b->weight));
	b->age = calloc(n, sizeof(*b->age));
	b->depth = calloc(n, sizeof(*b->depth));
	b->tested_of = calloc(n, sizeof(*b->tested_of));
	b->class_of = calloc(n, sizeof(*b->class_of));
	b->near_unrelated = calloc(n, sizeof(*b->near_unrelated));
	b->near_live = calloc(n, sizeof(*b->near_live));
	b->testable = calloc(n, sizeof(*b->testable));
	b->sum = calloc(n, sizeof(*b->sum));
	b->sums = calloc(n, sizeof(*b->sums));
	b->lane = calloc(n, 1);
	b->mark = calloc(n, 1);
	if (!b->flags || !b->candidate || !b->weight || !b->age || !b->depth || !b->tested_of || !b->class_of ||
	    !b->near_unrelated || !b->near_live || !b->testable || !b->sum || !b->sums || !b->lane || !b->mark)
		return &culprit_error_no_memory;
	memset(b->tested_of, 0xff, n * sizeof(*b->tested_of));
	return NULL;
}

static struct culprit_error *find_candidates(struct bisect *b, const struct bisect_graph *graph)
{
	double total = 0;

	for (uint32_t c = 0; c < b->n; c++) {
		b->flags[c] = graph->flags ? graph->flags[c] : 0;
		if (b->flags[c] & BISECT_MERGE_BASE)
			b->flags[c] |= BISECT_GOOD;
	}
	if (b->flags[b->bad] & BISECT_GOOD)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "the bad commit is also good");
	dag_ancestors(&b->dag, b->bad, b->candidate);
	/* below a good commit all is good */
	for (uint32_t c = b->n; c-- > 0;) {
		if (!(b->flags[c] & BISECT_GOOD))
			continue;
		b->candidate[c] = 0;
		for (uint32_t e = graph->parent_start[c]; e < graph->parent_start[c + 1]; e++)
			b->flags[graph->parents[e]] |= BISECT_GOOD;
	}
	if (!b->candidate[b->bad])
		return culprit_error_create(CULPRIT_ERROR_USAGE, "the bad commit is an ancestor of a good one");
	for (uint32_t c = 0; c < b->n; c++) {
		if (!b->candidate[c])
			continue;
		b->n_candidates++;
		b->class_of[c] = 1;
		b->weight[c] = graph->weight ? graph->weight[c] : 1;
		if (dag_n_parents(&b->dag, c) > 1)
			b->weight[c] *= b->config.merge_weight;
		total += b->weight[c];
	}
	if (total <= 0)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "every commit has been ruled out as culprit");
	return NULL;
}

struct dated {
	float depth;
	int64_t date;
	uint32_t commit;
};

static int compare_dated(const void *pa, const void *pb)
{
	const struct dated *x = pa, *y = pb;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return x->commit < y->commit ? -1 : x->commit > y->commit;
}

/*
 * Ages by rank of the number of ancestors, of equals by date.  A branch that was begun long ago stands beside
 * what it was begun from, however lately it was written: what changed a rate beside it is not in it.
 */
static struct culprit_error *find_ages(struct bisect *b, const struct bisect_graph *graph)
{
	_cleanup_(freep) struct dated *dated = calloc(b->n, sizeof(*dated));
	double *one = (double *)b->sums;

	if (!dated)
		return &culprit_error_no_memory;
	for (uint32_t c = 0; c < b->n; c++)
		one[c] = 1;
	dag_sum(&b->dag, one, b->sum);
	for (uint32_t c = 0; c < b->n; c++) {
		b->depth[c] = (float)b->sum[c];
		dated[c] = (struct dated){ b->depth[c], graph->date ? graph->date[c] : 0, c };
	}
	qsort(dated, b->n, sizeof(*dated), compare_dated);
	for (uint32_t i = 0; i < b->n; i++)
		b->age[dated[i].commit] = b->n > 1 ? 1 - (float)i / (float)(b->n - 1) : 0;
	return NULL;
}

struct culprit_error *bisect_create(const struct bisect_graph *graph, const struct bisect_config *config,
				    struct bisect **ret)
{
	_cleanup_(bisect_destroyp) struct bisect *b = NULL;
	struct culprit_error *err;

	err = check_config(config);
	if (err)
		return err;
	err = check_graph(graph);
	if (err)
		return err;
	b = calloc(1, sizeof(*b));
	if (!b)
		return &culprit_error_no_memory;
	b->config = *config;
	if (b->config.build_failure_cost <= 0)
		b->config.build_failure_cost = b->config.build_cost;
	b->bad = graph->bad;
	b->last_run = BISECT_NONE;
	err = allocate(b, graph->n);
	if (err)
		return err;
	err = dag_init(&b->dag, graph->n, graph->parent_start, graph->parents, MAX_INTERVALS);
	if (err)
		return err;
	err = find_candidates(b, graph);
	if (err)
		return err;
	err = find_ages(b, graph);
	if (err)
		return err;
	err = posterior_init(b);
	if (err)
		return err;
	err = testable_refresh(b);
	if (err)
		return err;
	*ret = no_free_ptr(b);
	return NULL;
}

/* ---------------------------------------------------------- evidence */

static struct culprit_error *check_commit(const struct bisect *b, uint32_t commit)
{
	if (commit >= b->n)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "no commit %u in the graph", commit);
	return NULL;
}

static struct culprit_error *grow_tested(struct bisect *b)
{
	uint32_t cap = b->cap_tested ? b->cap_tested * 2 : 64;
	struct tested *tested;
	uint32_t *commits;

	if (b->n_tested < b->cap_tested)
		return NULL;
	tested = realloc(b->tested, cap * sizeof(*tested));
	if (!tested)
		return &culprit_error_no_memory;
	b->tested = tested;
	commits = realloc(b->tested_commits, cap * sizeof(*commits));
	if (!commits)
		return &culprit_error_no_memory;
	b->tested_commits = commits;
	b->cap_tested = cap;
	return NULL;
}

static struct culprit_error *get_tested(struct bisect *b, uint32_t commit, uint32_t *ret)
{
	struct culprit_error *err;
	uint32_t t = b->n_tested;

	err = check_commit(b, commit);
	if (err)
		return err;
	b->action_fresh = false;
	if (b->tested_of[commit] != BISECT_NONE) {
		*ret = b->tested_of[commit];
		return NULL;
	}
	err = grow_tested(b);
	if (err)
		return err;
	b->tested[t] = (struct tested){ .commit = commit };
	b->tested[t].distance = calloc(b->n, sizeof(float));
	if (!b->tested[t].distance)
		return &culprit_error_no_memory;
	err = posterior_add_tested(b, t);
	if (err) {
		free(b->tested[t].distance);
		return err;
	}
	b->tested_commits[t] = commit;
	b->tested_of[commit] = t;
	b->n_tested++;
	testable_add_tested(b, t);
	err = chain_order(b);
	if (err)
		return err;
	*ret = t;
	return NULL;
}

struct culprit_error *bisect_add_build(struct bisect *b, uint32_t commit, enum bisect_build outcome, uint64_t what)
{
	struct culprit_error *err;
	struct tested *tested;
	uint32_t t;

	err = check_commit(b, commit);
	if (err)
		return err;
	b->action_fresh = false;
	if (outcome == BISECT_BUILD_INFRA) {
		b->infra_row++;
		return NULL;
	}
	err = get_tested(b, commit, &t);
	if (err)
		return err;
	tested = &b->tested[t];
	b->infra_row = 0;
	b->builds_spent++;
	tested->n_builds++;
	if (outcome == BISECT_BUILD_FAILED) {
		tested->n_build_failures++;
		tested->failure = what;
		b->cost_spent += b->config.build_failure_cost;
	} else {
		b->cost_spent += b->config.build_cost;
	}
	b->testable_fresh = false;
	if (outcome != BISECT_BUILD_OK || !what || tested->image)
		return NULL;
	tested->image = what;
	for (uint32_t i = 0; i < b->n_tested; i++)
		if (i != t && b->tested[i].image == what)
			posterior_same_image(b, t, i);
	return NULL;
}

struct culprit_error *bisect_add_run(struct bisect *b, uint32_t commit, enum bisect_run kind, double q)
{
	return bisect_add_timed_run(b, commit, kind, q, -1);
}

struct culprit_error *bisect_add_timed_run(struct bisect *b, uint32_t commit, enum bisect_run kind, double q,
					   double share)
{
	struct culprit_error *err;
	bool was_live;
	uint32_t t;

	if ((unsigned int)kind >= BISECT_RUN_KINDS)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "no such kind of run: %d", (int)kind);
	if (kind == BISECT_RUN_CUT && !(share >= 0))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "a run that was cut off needs its time");
	err = get_tested(b, commit, &t);
	if (err)
		return err;
	q = q >= 0 ? fmin(q, 1) : 0;
	was_live = tested_live(&b->tested[t]) > 0;
	b->tested[t].n[kind]++;
	if (kind == BISECT_RUN_CUT) {
		b->cost_spent += fmin(share, 1);
		posterior_add_run(b, t, kind, 0, share);
		return NULL;
	}
	b->runs_spent++;
	b->last_run = commit;
	b->cost_spent += 1;
	b->infra_row = kind == BISECT_RUN_INFRA ? b->infra_row + 1 : 0;
	switch (kind) {
	case BISECT_RUN_CLEAN:
	case BISECT_RUN_TARGET:
	case BISECT_RUN_RELATED:
	case BISECT_RUN_UNRELATED:
		if (kind != BISECT_RUN_UNRELATED || q > 0)
			posterior_add_run(b, t, kind, q, share);
		testable_add_run(b, t, kind == BISECT_RUN_UNRELATED);
		if (!was_live)
			b->testable_fresh = false;
		break;
	case BISECT_RUN_BOOT_FAILED:
	case BISECT_RUN_INCOMPLETE:
		b->testable_fresh = false;
		break;
	case BISECT_RUN_INFRA:
	case BISECT_RUN_CUT:
	case BISECT_RUN_KINDS:
		break;
	}
	return NULL;
}

struct culprit_error *bisect_add_mark(struct bisect *b, uint32_t commit, enum bisect_mark mark)
{
	struct culprit_error *err;
	uint32_t t;

	if ((unsigned int)mark > BISECT_MARK_SKIP)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "no such mark: %d", (int)mark);
	err = get_tested(b, commit, &t);
	if (err)
		return err;
	b->tested[t].marked = true;
	b->tested[t].mark = mark;
	b->testable_fresh = false;
	posterior_add_mark(b, t);
	return NULL;
}

void bisect_retry_infra(struct bisect *b)
{
	b->infra_row = 0;
	b->action_fresh = false;
}

void bisect_set_build_cost(struct bisect *b, double build, double failure)
{
	b->config.build_cost = build >= 0 ? fmin(build, BUILD_COST_MOST) : 0;
	b->config.build_failure_cost = failure >= 0 ? fmin(failure, BUILD_COST_MOST) : 0;
	b->action_fresh = false;
}

/* ----------------------------------------------------------- actions */

struct culprit_error *bisect_next(struct bisect *b, struct bisect_action *ret)
{
	struct culprit_error *err;

	if (!b->action_fresh) {
		err = b->config.plain_runs ? plain_next(b, &b->action) : choose_next(b, &b->action);
		if (err)
			return err;
		b->action_fresh = true;
	}
	*ret = b->action;
	return NULL;
}
