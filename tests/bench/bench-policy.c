/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives the bisection policy alone through simulated worlds: no git, no
 * process, no log.  A world is a history, a culprit, ranges that do not build
 * or boot, ranges where another crash hides the target, and dice.
 *
 *	bench-policy				the settings that matter, one line each
 *	bench-policy uneven			those whose rates are not one, each with the reference policy
 *	bench-policy worlds=1000 p=0.3 ...	one setting
 *
 * Keys (and defaults):
 *	worlds=200 seed=1 jobs=2 verbose=0
 *	commits=8192 shape=pulls	linear, pulls (a mainline that takes branches), braid (two
 *					lines that merge each other), bush (up to twelve)
 *	graph=FILE			instead: `git rev-list --reverse --topo-order --parents`, or
 *					the commits.txt of a simworld; first is good, last is bad
 *	p=0.5 drift=0 odd=0		how often the target shows; halvings towards the old end;
 *					share of commits where it shows three times more seldom
 *	sigma=0 second=1		each commit's own rate: sigma of its log; the rate before a second
 *					commit, between the culprit and the known bad one, is so much lower
 *	falserun=0			share of all runs that match the target by mistake
 *	cleantime=0			a clean run takes so many times as long as one that crashes; with
 *					parallel=16, say, that is what comes in first
 *	u=0.1 b=0.03 i=0.02		unrelated crashes, failed boots, infrastructure failures
 *	related=0.15 doubt=0		share of hits in another guise; share of hits that the matcher
 *					calls unrelated, with a probability of 0.3
 *	false=0				share of unrelated crashes that the matcher calls target
 *	broken=0.05 masked=0.1 scatter=0	share of commits; scattered ones are broken one by one
 *	maskrate=0.5			share of the runs at masked commits that die of something else
 *	paths=0.03 hit=0.7		share of commits that touch a file of the target's stacks; share of
 *					culprits that are chosen among them; paths=0: nothing is known
 *	find=cause			or fix
 *	build=6 parallel=1 plain=0 confidence=0.997 baseline=2 budget=0
 *	reference=0			also play the reference policy (policy-reference.c)
 *
 * Prints how many answers were right, wrong, a set or none; of the identifiable
 * worlds (culprit and its parents can be tested) and of all; runs, builds, cost;
 * and the cost against the bound and the reference policy of policy-reference.c.
 * At the end how far the policy's probabilities can be believed: for ten bins of
 * the likeliest commit's probability, over all decisions, how often it was the
 * culprit; and the same of the answers that claim 99 % and more.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bisect/bisect.h"
#include "policy-world.h"

#define N_BINS 10
#define MAX_FLIGHT 64

/* What was claimed, and what came true. */
struct claims {
	double claimed;
	uint64_t n, right;
};

struct tally {
	uint32_t worlds, right, wrong, none, set_right, set_wrong;
	uint32_t identifiable, right_identifiable;
	uint64_t set_size, runs, builds, decisions;
	double cost, cost_squared, slowest, bound, reference;
	uint32_t reference_right;
	struct claims bins[N_BINS];	/* of the likeliest commit, at every decision */
	struct claims sure;		/* of answers of 99 % and more */
};

/* Runs that are going, all of one commit. */
struct flight {
	uint32_t commit, n;
	double now;
	struct { struct world_run run; double start, end; } going[MAX_FLIGHT];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(struct culprit_error *err)
{
	if (err)
		die(culprit_error_message(err));
}

static void claim(struct claims *to, double claimed, bool right)
{
	to->claimed += claimed;
	to->n++;
	to->right += right;
}

/* What goes elsewhere is of no use any more; it survived so far. True where there was such a run. */
static bool cut_runs(struct flight *f, const struct bisect_action *action, struct bisect *bisect)
{
	uint32_t n = f->n;

	if (!n || (action->act == BISECT_TEST && f->commit == action->commit))
		return false;
	for (uint32_t k = 0; k < n; k++)
		must(bisect_add_timed_run(bisect, f->commit, BISECT_RUN_CUT, 0, fmin(1, f->now - f->going[k].start)));
	f->n = 0;
	return true;
}

static void start_runs(struct flight *f, struct world *w, const struct setting *s, const struct bisect_action *action)
{
	f->commit = action->commit;
	while (f->n < action->n_parallel && f->n < MAX_FLIGHT) {
		struct world_run run = world_run(w, s, action->commit);

		f->going[f->n].run = run;
		f->going[f->n].start = f->now;
		f->going[f->n++].end = f->now + run.time;
	}
}

/* The run that ends first. */
static struct world_run next_end(struct flight *f)
{
	struct world_run run;
	uint32_t first = 0;

	for (uint32_t k = 1; k < f->n; k++)
		if (f->going[k].end < f->going[first].end)
			first = k;
	run = f->going[first].run;
	f->now = f->going[first].end;
	memmove(&f->going[first], &f->going[first + 1], (--f->n - first) * sizeof(f->going[0]));
	return run;
}

/* Until the policy has an answer; the same calls as a session makes. */
static void hunt(struct world *w, const struct setting *s, struct bisect *bisect, struct bisect_action *action,
		 struct tally *tally)
{
	struct flight flight = { .commit = BISECT_NONE };

	for (uint64_t guard = 0; guard < 100000; guard++) {
		double start = now(), took;
		struct bisect_share top;
		struct world_run run;

		must(bisect_next(bisect, action));
		took = now() - start;
		tally->decisions++;
		tally->slowest = took > tally->slowest ? took : tally->slowest;
		if (bisect_top(bisect, 1, &top))
			claim(&tally->bins[(int)fmin(N_BINS - 1, top.posterior * N_BINS)], top.posterior,
			      top.commit == w->culprit);
		/* the answer may be another one then */
		if (cut_runs(&flight, action, bisect))
			continue;
		if (action->act != BISECT_TEST)
			return;
		if (s->verbose)
			printf("  %s %u x%u p_bad %.3f testable %.2f bits %.3f cost %.1f posterior %.4f entropy %.2f\n",
			       bisect_why_name(action->why), action->commit, action->n_runs, action->p_bad,
			       action->p_testable, action->bits, action->cost, action->posterior, action->entropy);
		if (action->needs_build) {
			must(bisect_add_build(bisect, action->commit, w->no_build[action->commit] ?
					      BISECT_BUILD_FAILED : BISECT_BUILD_OK, 0));
			continue;
		}
		start_runs(&flight, w, s, action);
		run = next_end(&flight);
		if (s->verbose)
			printf("    %s\n", bisect_run_name(run.kind));
		must(bisect_add_timed_run(bisect, action->commit, run.kind, run.q, s->clean_time > 0 ? run.time : -1));
	}
	die("the policy does not come to an end");
}

static void judge(const struct world *w, const struct setting *s, struct bisect *bisect,
		  const struct bisect_action *action, struct tally *tally)
{
	bool clear = world_identifiable(w), hit = false;
	struct bisect_share *set;
	struct bisect_spent spent;
	uint32_t n;
	double mass;

	tally->worlds++;
	tally->identifiable += clear;
	bisect_spent(bisect, &spent);
	tally->runs += spent.runs;
	tally->builds += spent.builds;
	tally->cost += spent.cost;
	tally->cost_squared += spent.cost * spent.cost;
	if (action->act == BISECT_DONE_CULPRIT) {
		hit = action->commit == w->culprit;
		tally->right += hit;
		tally->wrong += !hit;
		tally->right_identifiable += hit && clear;
		if (action->posterior >= 0.99)
			claim(&tally->sure, action->posterior, hit);
	} else if (action->act == BISECT_DONE_SET) {
		must(bisect_set(bisect, &set, &n, &mass));
		for (uint32_t k = 0; k < n; k++)
			hit |= set[k].commit == w->culprit;
		tally->set_size += n;
		tally->set_right += hit;
		tally->set_wrong += !hit;
		free(set);
	} else {
		tally->none++;
	}
	if (s->verbose)
		printf("world %" PRIu64 " culprit %u%s: %s %s %u %s, cost %.0f\n", w->seed, w->culprit,
		       clear ? "" : " (unidentifiable)", bisect_act_name(action->act), bisect_why_name(action->why),
		       action->commit, hit ? "right" : "WRONG", spent.cost);
}

/* --------------------------------------------------------------- main */

static void bench_worlds(const struct setting *s, uint32_t first, uint32_t step, struct tally *tally)
{
	for (uint32_t k = first; k < s->worlds; k += step) {
		_cleanup_(bisect_destroyp) struct bisect *bisect = NULL;
		struct bisect_graph graph;
		struct bisect_action action;
		struct world w;
		bool right = false;

		world_make(&w, s, s->seed + k);
		graph = (struct bisect_graph){ .n = w.n, .bad = w.n - 1, .parent_start = w.parent_start,
					       .parents = w.parents, .flags = w.flags, .weight = w.weight };
		if (s->reference)
			tally->reference += reference_hunt(&w, s, &right);
		tally->reference_right += right;
		must(bisect_create(&graph, &s->config, &bisect));
		hunt(&w, s, bisect, &action, tally);
		judge(&w, s, bisect, &action, tally);
		tally->bound += reference_bound(&w, s);
		world_free(&w);
	}
}

static void add_claims(struct claims *to, const struct claims *more)
{
	to->claimed += more->claimed;
	to->n += more->n;
	to->right += more->right;
}

static void add_tally(struct tally *to, const struct tally *more)
{
	to->worlds += more->worlds;
	to->right += more->right;
	to->wrong += more->wrong;
	to->none += more->none;
	to->set_right += more->set_right;
	to->set_wrong += more->set_wrong;
	to->identifiable += more->identifiable;
	to->right_identifiable += more->right_identifiable;
	to->set_size += more->set_size;
	to->runs += more->runs;
	to->builds += more->builds;
	to->decisions += more->decisions;
	to->cost += more->cost;
	to->cost_squared += more->cost_squared;
	to->bound += more->bound;
	to->reference += more->reference;
	to->reference_right += more->reference_right;
	for (int k = 0; k < N_BINS; k++)
		add_claims(&to->bins[k], &more->bins[k]);
	add_claims(&to->sure, &more->sure);
	to->slowest = fmax(to->slowest, more->slowest);
}

static void bench_jobs(const struct setting *s, struct tally *ret)
{
	int pipes[64][2];

	fflush(stdout);
	for (uint32_t j = 0; j < s->jobs; j++) {
		struct tally tally = { 0 };

		if (pipe(pipes[j]) != 0)
			die("no pipe");
		if (fork() != 0) {
			close(pipes[j][1]);
			continue;
		}
		bench_worlds(s, j, s->jobs, &tally);
		fflush(stdout);
		_exit(write(pipes[j][1], &tally, sizeof(tally)) == sizeof(tally) ? 0 : 2);
	}
	*ret = (struct tally){ 0 };
	for (uint32_t j = 0; j < s->jobs; j++) {
		struct tally tally;

		if (read(pipes[j][0], &tally, sizeof(tally)) != sizeof(tally))
			die("a job failed");
		close(pipes[j][0]);
		add_tally(ret, &tally);
	}
	while (wait(NULL) > 0)
		;
}

static void print_tally(const char *name, const struct tally *t)
{
	uint32_t sets = t->set_right + t->set_wrong;
	double n = t->worlds, mean = t->cost / n;
	double error = sqrt(fmax(0, t->cost_squared / n - mean * mean) / n);

	printf("%-34s %5u worlds: right %5.1f%% wrong %4.1f%% none %4.1f%% sets %u/%u (%.0f commits) | "
	       "identifiable %5.1f%%: right %5.1f%% | runs %.1f builds %.1f cost %.1f +- %.1f, %.2f of bound %.0f",
	       name, t->worlds, 100 * t->right / n, 100 * t->wrong / n, 100 * t->none / n, t->set_right, sets,
	       sets ? (double)t->set_size / sets : 0, 100 * t->identifiable / n,
	       t->identifiable ? 100.0 * t->right_identifiable / t->identifiable : 0, (double)t->runs / n,
	       (double)t->builds / n, mean, error, t->cost / t->bound, t->bound / n);
	if (t->reference > 0)
		printf(", %.2f of reference %.0f (right %.1f%%)", t->cost / t->reference, t->reference / n,
		       100 * t->reference_right / n);
	if (t->sure.n)
		printf(" | sure: claimed %.2f%% true %.2f%%", 100 * t->sure.claimed / (double)t->sure.n,
		       100 * (double)t->sure.right / (double)t->sure.n);
	printf(" | slowest decision %.1f ms\n", 1000 * t->slowest);
	fflush(stdout);
}

static void print_reliability(const struct tally *t)
{
	printf("\nlikeliest commit, all decisions\n%12s %9s %9s %9s\n", "decisions", "claimed", "true", "off");
	for (int k = 0; k < N_BINS; k++) {
		const struct claims *c = &t->bins[k];
		double n = c->n ? (double)c->n : 1;

		printf("%12" PRIu64 " %8.2f%% %8.2f%% %+8.2f\n", c->n, 100 * c->claimed / n, 100 * (double)c->right / n,
		       100 * ((double)c->right - c->claimed) / n);
	}
	if (t->sure.n)
		printf("answers of 99 %% and more: %" PRIu64 ", claimed %.3f%%, true %.3f%%\n", t->sure.n,
		       100 * t->sure.claimed / (double)t->sure.n, 100 * (double)t->sure.right / (double)t->sure.n);
}

static void setting_init(struct setting *ret)
{
	*ret = (struct setting){ .worlds = 200, .jobs = 2, .commits = 8192, .seed = 1, .shape = PULLS, .p = 0.5,
				 .u = 0.1, .b = 0.03, .i = 0.02, .related = 0.15, .broken = 0.05, .masked = 0.1,
				 .paths = 0.03, .hit = 0.7, .second = 1, .mask_rate = 0.5 };
	bisect_config_init(&ret->config);
}

static bool set_number(struct setting *s, const char *key, const char *value)
{
	const struct { const char *key; double *to; } numbers[] = {
		{ "p", &s->p }, { "drift", &s->drift }, { "odd", &s->odd }, { "u", &s->u }, { "b", &s->b },
		{ "i", &s->i }, { "related", &s->related }, { "doubt", &s->doubt }, { "false", &s->wrong_match },
		{ "broken", &s->broken }, { "masked", &s->masked }, { "scatter", &s->scatter },
		{ "paths", &s->paths }, { "hit", &s->hit }, { "sigma", &s->sigma }, { "second", &s->second },
		{ "falserun", &s->false_run }, { "maskrate", &s->mask_rate }, { "cleantime", &s->clean_time },
		{ "build", &s->config.build_cost }, { "confidence", &s->config.confidence },
	};
	const struct { const char *key; uint32_t *to; } counts[] = {
		{ "worlds", &s->worlds }, { "jobs", &s->jobs }, { "commits", &s->commits },
		{ "parallel", &s->config.max_parallel }, { "plain", &s->config.plain_runs },
		{ "baseline", &s->config.baseline_hits }, { "budget", &s->config.max_runs },
	};

	for (size_t k = 0; k < countof(numbers); k++)
		if (!strcmp(key, numbers[k].key))
			return *numbers[k].to = atof(value), true;
	for (size_t k = 0; k < countof(counts); k++)
		if (!strcmp(key, counts[k].key))
			return *counts[k].to = (uint32_t)strtoul(value, NULL, 0), true;
	return false;
}

static void set(struct setting *s, char *arg)
{
	static const char *const shapes[] = { "linear", "pulls", "braid", "bush" };
	char *value = strchr(arg, '=');

	if (!value)
		die("want key=value");
	*value++ = 0;
	if (!strcmp(arg, "shape")) {
		for (size_t k = 0; k < countof(shapes); k++)
			if (!strcmp(value, shapes[k]))
				return s->shape = (enum shape)k, (void)0;
		die("no such shape");
	} else if (!strcmp(arg, "seed")) {
		s->seed = strtoull(value, NULL, 0);
	} else if (!strcmp(arg, "verbose")) {
		s->verbose = atoi(value) != 0;
	} else if (!strcmp(arg, "reference")) {
		s->reference = atoi(value) != 0;
	} else if (!strcmp(arg, "graph")) {
		s->graph = value;
	} else if (!strcmp(arg, "find")) {
		s->config.find = !strcmp(value, "fix") ? BISECT_FIX : BISECT_CAUSE;
	} else if (!set_number(s, arg, value)) {
		die("no such key");
	}
}

static void bench_line(char *line, int ac, char **av, struct tally *total)
{
	struct setting s;
	struct tally tally;
	char *save = NULL, *name = strdup(line);

	setting_init(&s);
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		set(&s, word);
	for (int k = 0; k < ac; k++) {
		char *copy = strdup(av[k]);	/* set() may keep it: the path of a graph */

		set(&s, copy);
	}
	if (s.worlds < 1 || s.commits < 10 || s.jobs < 1 || s.jobs > 64)
		die("a number is out of range");
	if (s.jobs > s.worlds)
		s.jobs = s.worlds;
	bench_jobs(&s, &tally);
	print_tally(*name ? name : "as asked", &tally);
	add_tally(total, &tally);
	free(name);
}

int main(int ac, char **av)
{
	static const char *const lines[] = {
		"p=1", "p=0.5", "p=0.3", "p=0.1",
		"p=1 drift=1", "p=0.5 drift=1", "p=0.3 drift=1",
		"p=0.5 shape=linear", "p=0.5 shape=braid", "p=0.5 shape=bush",
		"p=0.5 paths=0", "p=0.5 hit=0", "p=0.5 odd=0.03", "p=0.5 scatter=0.1", "p=0.5 false=0.01", "p=0.5 doubt=0.2",
		"p=0.5 find=fix", "p=0.5 parallel=4", "p=0.5 build=30", "p=0.5 build=1",
		"p=0.5 commits=300", "p=0.5 commits=20",
		"p=0.5 u=0 b=0 i=0 broken=0 masked=0", "p=0.5 plain=10",
	};
	/* 2,048 commits, with the reference policy */
	static const char *const uneven[] = {
		"p=0.9 second=16", "p=0.3 sigma=1.2", "p=0.3 sigma=0.7", "p=0.3 second=5", "p=0.3 drift=2",
		"p=0.3 drift=3", "p=0.3 falserun=0.01", "p=0.1 parallel=16 cleantime=20",
		"p=0.1 parallel=8 cleantime=10", "p=0.1 u=0.3 broken=0.2 related=0.3 drift=1",
		"p=0.5 masked=0.4 maskrate=0.9", "p=0.9", "p=0.3", "p=0.1",
	};
	struct tally total = { 0 };
	bool is_uneven = ac > 1 && !strcmp(av[1], "uneven"), one;
	size_t n = is_uneven ? countof(uneven) : countof(lines);
	char line[160];

	ac -= 1 + is_uneven;
	av += 1 + is_uneven;
	one = !is_uneven && ac > 0 && strncmp(av[0], "worlds=", 7) && strncmp(av[0], "seed=", 5);
	for (size_t k = 0; k < (one ? 1 : n); k++) {
		snprintf(line, sizeof(line), "%s%s", one ? "" : is_uneven ? uneven[k] : lines[k],
			 is_uneven ? " commits=2048 reference=1" : "");
		bench_line(line, ac, av, &total);
	}
	print_reliability(&total);
	return 0;
}
