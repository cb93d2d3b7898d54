/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives the bisection policy alone through simulated worlds: no git, no
 * process, no log.  A world is a history, a culprit, ranges that do not build
 * or boot, ranges where another crash hides the target, and dice.
 *
 *	bench-policy				the settings that matter, one line each
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
 *	u=0.1 b=0.03 i=0.02		unrelated crashes, failed boots, infrastructure failures
 *	related=0.15 doubt=0		share of hits in another guise; share of hits that the matcher
 *					calls unrelated, with a probability of 0.3
 *	false=0				share of unrelated crashes that the matcher calls target
 *	broken=0.05 masked=0.1 scatter=0	share of commits; scattered ones are broken one by one
 *	paths=0.03 hit=0.7		share of commits that touch a file of the target's stacks; share of
 *					culprits that are chosen among them; paths=0: nothing is known
 *	find=cause			or fix
 *	build=6 parallel=1 plain=0 confidence=0.997 baseline=2 budget=0
 *
 * Prints how many answers were right, wrong, a set or none; of the identifiable
 * worlds (culprit and its parents can be tested) and of all; runs, builds, cost;
 * and the cost against what information theory allows somebody who knows every
 * rate and needs no certainty: log2 of the candidates over the most bits that
 * one visit of any length can give for its cost.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bisect/bisect.h"
#include "session/session_internal.h"

enum shape { LINEAR, PULLS, BRAID, BUSH };

struct setting {
	uint32_t worlds, jobs, commits;
	uint64_t seed;
	enum shape shape;
	const char *graph;
	double p, drift, odd, u, b, i, related, doubt, wrong_match, broken, masked, scatter, paths, hit;
	bool verbose;
	struct bisect_config config;
};

struct world {
	uint32_t n, culprit;
	uint32_t *parent_start, *parents;
	uint32_t n_parents, cap_parents;
	uint8_t *flags, *no_build, *no_boot, *masked, *odd, *bad, *touches;
	double *weight;
	uint32_t *n_runs;
	uint64_t seed;
};

struct tally {
	uint32_t worlds, right, wrong, none, set_right, set_wrong;
	uint32_t identifiable, right_identifiable;
	uint64_t set_size, runs, builds, decisions;
	double cost, cost_squared, slowest, reference;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench-policy: %s\n", what);
	exit(2);
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		die("out of memory");
	return p;
}

/* -------------------------------------------------------------- dice */

static uint64_t scramble(uint64_t x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
	return x ^ (x >> 33);
}

static double die_throw(uint64_t *state)
{
	*state += 0x632be59bd9b4e019ull;
	return (double)(scramble(*state) >> 11) * 0x1p-53;
}

static uint32_t below(uint64_t *state, uint32_t n)
{
	return n ? (uint32_t)(die_throw(state) * n) : 0;
}

/* From low up, each doubling as likely as the next. */
static uint32_t log_uniform(uint64_t *state, double low, double high)
{
	return (uint32_t)(low * pow(high / low, die_throw(state)));
}

/* --------------------------------------------------------- histories */

static uint32_t add_commit(struct world *w, uint32_t n_parents, const uint32_t *parents)
{
	if (w->n_parents + n_parents > w->cap_parents) {
		w->cap_parents = w->cap_parents * 2 + n_parents + 1024;
		w->parents = realloc(w->parents, w->cap_parents * sizeof(uint32_t));
		if (!w->parents)
			die("out of memory");
	}
	for (uint32_t k = 0; k < n_parents; k++)
		w->parents[w->n_parents++] = parents[k];
	w->parent_start[++w->n] = w->n_parents;
	return w->n - 1;
}

static uint32_t add_one(struct world *w, uint32_t parent)
{
	return add_commit(w, 1, &parent);
}

static uint32_t add_two(struct world *w, uint32_t a, uint32_t b)
{
	uint32_t both[2] = { a, b };

	return add_commit(w, a == b ? 1 : 2, both);
}

/* A mainline takes branches of 1 to 200 commits that begin at one of its last 300 and may take it in themselves. */
static void make_pulls(struct world *w, uint32_t n, uint64_t *dice)
{
	uint32_t *mainline = zeroed(n, sizeof(uint32_t)), length = 1;

	while (w->n + 4 < n) {
		uint32_t size = log_uniform(dice, 1, 200);
		uint32_t base = mainline[length - 1 - below(dice, length < 300 ? length : 300)], tip = base;

		for (uint32_t k = 0; k < size && w->n + 3 < n; k++) {
			tip = add_one(w, tip);
			if (die_throw(dice) < 0.02 && w->n + 3 < n)
				tip = add_two(w, tip, mainline[length - 1]);
		}
		mainline[length] = die_throw(dice) < 0.15 ? add_one(w, mainline[length - 1]) :
			add_two(w, mainline[length - 1], tip);
		if (length < n - 1)
			length++;
	}
	while (w->n < n) {
		mainline[length - 1] = w->n + 1 < n ? add_one(w, mainline[length - 1]) :
			add_two(w, mainline[length - 1], w->n - 1);
	}
	free(mainline);
}

static void make_braid(struct world *w, uint32_t n, uint64_t *dice)
{
	uint32_t a = 0, b = 0;

	while (w->n + 1 < n) {
		bool left = die_throw(dice) < 0.5, merge = die_throw(dice) < 0.1;
		uint32_t *tip = left ? &a : &b;

		*tip = merge ? add_two(w, *tip, left ? b : a) : add_one(w, *tip);
	}
	add_two(w, a, b);
}

/* Up to a dozen lines that fork, grow and merge at random; the last commit merges all. */
static void make_bush(struct world *w, uint32_t n, uint64_t *dice)
{
	uint32_t tips[12] = { 0 }, n_tips = 1;

	while (w->n + 1 < n) {
		uint32_t x = below(dice, n_tips), y = below(dice, n_tips);
		double what = die_throw(dice);

		if (what < 0.15 && n_tips < countof(tips)) {
			tips[n_tips++] = add_one(w, tips[x]);
		} else if (what < 0.3 && x != y) {
			tips[x] = add_two(w, tips[x], tips[y]);
			tips[y] = tips[--n_tips];
		} else {
			tips[x] = add_one(w, tips[x]);
		}
	}
	add_commit(w, n_tips, tips);
}

/* Lines "HASH PARENT..." or simworld's "HASH N INDEX..." after a line with the number of commits. */
static void load_graph(struct world *w, const char *path)
{
	FILE *file = fopen(path, "r");
	struct known { char hash[41]; uint32_t commit; } *known;
	char *line = NULL;
	size_t cap = 0, slots = 1u << 22;

	if (!file)
		die("cannot open the graph");
	w->parent_start = zeroed((1u << 21) + 1, sizeof(uint32_t));
	known = zeroed(slots, sizeof(*known));
	while (getline(&line, &cap, file) > 0) {
		uint32_t parents[64], n = 0, field = 0;
		char *save = NULL, *hash = strtok_r(line, " \n", &save);
		bool indexed = false;

		if (!hash || strlen(hash) != 40)
			continue;
		if (w->n == 1u << 21)
			die("the graph is too large");
		for (char *word; (word = strtok_r(NULL, " \n", &save)) && n < 64; field++) {
			indexed |= field == 0 && strlen(word) != 40;
			if (indexed && field) {
				parents[n++] = (uint32_t)atoi(word);
			} else if (!indexed) {
				size_t at = hash_bytes(word, 40) % slots;

				for (; known[at].hash[0] && strcmp(known[at].hash, word); at = (at + 1) % slots)
					;
				if (known[at].hash[0])
					parents[n++] = known[at].commit;
			}
		}
		size_t at = hash_bytes(hash, 40) % slots;
		while (known[at].hash[0])
			at = (at + 1) % slots;
		memcpy(known[at].hash, hash, 41);
		known[at].commit = add_commit(w, n, parents);
	}
	free(line);
	free(known);
	fclose(file);
	if (w->n < 3)
		die("no history in the graph");
}

/* ------------------------------------------------------------ worlds */

static void descendants(const struct world *w, uint32_t commit, uint8_t *ret)
{
	memset(ret, 0, w->n);
	ret[commit] = 1;
	for (uint32_t c = commit + 1; c < w->n; c++)
		for (uint32_t e = w->parent_start[c]; e < w->parent_start[c + 1]; e++)
			ret[c] |= ret[w->parents[e]];
}

/* Trouble begins with a commit and ends with a descendant of it, until share of all are marked. */
static void mark_ranges(struct world *w, double share, double shortest, double longest, uint64_t *dice,
			uint8_t *ret, uint8_t *other)
{
	uint8_t *from = zeroed(w->n, 1), *past = zeroed(w->n, 1);
	uint32_t goal = (uint32_t)(share * w->n), marked = 0;

	for (uint32_t round = 0; round < 300 && marked < goal; round++) {
		uint32_t start = 1 + below(dice, w->n - 2), size = log_uniform(dice, shortest, longest), left, end;
		uint8_t *to = other && round % 2 ? other : ret;

		if (size > goal - marked)
			size = goal - marked + 1;
		descendants(w, start, from);
		left = size;
		for (end = start; end < w->n && left; end++)
			left -= from[end];
		for (; end < w->n && !from[end]; end++)
			;
		memset(past, 0, w->n);
		if (end < w->n)
			descendants(w, end, past);
		for (uint32_t c = start; c < w->n && c < start + 6 * size; c++) {
			if (from[c] && !past[c] && !to[c]) {
				to[c] = 1;
				marked++;
			}
		}
	}
	free(from);
	free(past);
}

/* As the session weighs commits by the paths that they touch. */
static void weigh(struct world *w, const struct setting *s, uint64_t *dice)
{
	double share[2] = { 0 }, weight[2];

	for (uint32_t c = 1; c < w->n; c++) {
		double chance = c == w->culprit && s->paths > 0 ? s->hit + (1 - s->hit) * s->paths : s->paths;

		w->touches[c] = die_throw(dice) < chance;
		share[0] += (double)w->touches[c] / (w->n - 1);
	}
	session_path_weights(share, weight);
	for (uint32_t c = 0; c < w->n; c++)
		w->weight[c] = w->touches[c] ? weight[0] : 1;
}

static void make_world(struct world *w, const struct setting *s, uint64_t seed)
{
	uint64_t dice = scramble(seed * 0x9e3779b97f4a7c15ull + 77);

	*w = (struct world){ .seed = dice };
	if (s->graph) {
		load_graph(w, s->graph);
	} else {
		w->parent_start = zeroed((size_t)s->commits + 2, sizeof(uint32_t));
		add_commit(w, 0, NULL);
		if (s->shape == LINEAR)
			while (w->n < s->commits)
				add_one(w, w->n - 1);
		else if (s->shape == PULLS)
			make_pulls(w, s->commits, &dice);
		else if (s->shape == BRAID)
			make_braid(w, s->commits, &dice);
		else
			make_bush(w, s->commits, &dice);
	}
	w->flags = zeroed(w->n, 1);
	w->no_build = zeroed(w->n, 1);
	w->no_boot = zeroed(w->n, 1);
	w->masked = zeroed(w->n, 1);
	w->odd = zeroed(w->n, 1);
	w->bad = zeroed(w->n, 1);
	w->touches = zeroed(w->n, 1);
	w->weight = zeroed(w->n, sizeof(double));
	w->n_runs = zeroed(w->n, sizeof(uint32_t));
	w->flags[0] = BISECT_GOOD;
	mark_ranges(w, s->broken, 2, 0.03 * w->n + 10, &dice, w->no_build, w->no_boot);
	mark_ranges(w, s->masked, 10, 0.08 * w->n + 20, &dice, w->masked, NULL);
	for (uint32_t c = 1; c + 1 < w->n; c++) {
		w->no_build[c] |= die_throw(&dice) < s->scatter;
		w->odd[c] = die_throw(&dice) < s->odd;
	}
	w->no_build[0] = w->no_boot[0] = w->masked[0] = 0;
	w->no_build[w->n - 1] = w->no_boot[w->n - 1] = w->masked[w->n - 1] = 0;
	/* an ancestor of the last commit that is no merge */
	do {
		w->culprit = 1 + below(&dice, w->n - 1);
		descendants(w, w->culprit, w->bad);
	} while (!w->bad[w->n - 1] || w->parent_start[w->culprit + 1] - w->parent_start[w->culprit] != 1);
	weigh(w, s, &dice);
}

static void free_world(struct world *w)
{
	free(w->parent_start);
	free(w->parents);
	free(w->flags);
	free(w->no_build);
	free(w->no_boot);
	free(w->masked);
	free(w->odd);
	free(w->touches);
	free(w->weight);
	free(w->bad);
	free(w->n_runs);
}

static void run(struct world *w, const struct setting *s, uint32_t commit, enum bisect_run *ret, double *ret_q)
{
	uint64_t dice = w->seed ^ scramble(((uint64_t)commit << 24) + w->n_runs[commit]++);
	double rate = s->p * exp2(-s->drift * (1 - (double)commit / (w->n - 1))) * (w->odd[commit] ? 1.0 / 3 : 1);
	bool present = w->bad[commit] == (s->config.find == BISECT_CAUSE);

	*ret_q = 0;
	*ret = BISECT_RUN_INFRA;
	if (die_throw(&dice) < s->i)
		return;
	*ret = BISECT_RUN_BOOT_FAILED;
	if (w->no_boot[commit] || die_throw(&dice) < s->b)
		return;
	*ret = BISECT_RUN_UNRELATED;
	if ((w->masked[commit] && die_throw(&dice) < 0.5) || die_throw(&dice) < s->u) {
		if (die_throw(&dice) < s->wrong_match) {
			*ret = BISECT_RUN_TARGET;
			*ret_q = 0.95;
		}
		return;
	}
	*ret = BISECT_RUN_CLEAN;
	if (!present || die_throw(&dice) >= rate)
		return;
	*ret_q = 1;
	*ret = die_throw(&dice) < s->related ? BISECT_RUN_RELATED : BISECT_RUN_TARGET;
	if (die_throw(&dice) < s->doubt) {
		*ret = BISECT_RUN_UNRELATED;
		*ret_q = 0.3;
	}
}

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

static bool identifiable(const struct world *w)
{
	uint32_t c = w->culprit;
	bool ok = !w->no_build[c] && !w->no_boot[c];

	for (uint32_t e = w->parent_start[c]; e < w->parent_start[c + 1]; e++)
		ok &= !w->no_build[w->parents[e]] && !w->no_boot[w->parents[e]];
	return ok;
}

/* Until the policy has an answer; the same calls as a session makes. */
static void hunt(struct world *w, const struct setting *s, struct bisect *bisect, struct bisect_action *action,
		 struct tally *tally)
{
	for (uint64_t guard = 0; guard < 100000; guard++) {
		double start = now(), took;

		must(bisect_next(bisect, action));
		took = now() - start;
		tally->decisions++;
		tally->slowest = took > tally->slowest ? took : tally->slowest;
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
		for (uint32_t k = 0; k < action->n_parallel; k++) {
			enum bisect_run kind;
			double q;

			run(w, s, action->commit, &kind, &q);
			must(bisect_add_run(bisect, action->commit, kind, q));
		}
	}
	die("the policy does not come to an end");
}

static void judge(const struct world *w, const struct setting *s, struct bisect *bisect,
		  const struct bisect_action *action, struct tally *tally)
{
	bool clear = identifiable(w), hit = false;
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

/* --------------------------------------------------------- reference */

static double entropy_of(double p)
{
	return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p));
}

/* Most bits for its cost that a visit gives to somebody who knows p, averaged over working and masked commits. */
static double best_rate(const struct setting *s)
{
	double valid = (1 - s->i) * (1 - s->b) * (1 - s->u), per_run = valid * (1 - s->masked / 2), best = 0;

	for (uint32_t n = 1; n <= 200; n++) {
		double clean = pow(1 - s->p, n), until_hit = s->p > 0 ? (1 - clean) / s->p : n;

		for (int k = 1; k < 100; k++) {
			double bad = k / 100.0, bits = entropy_of(bad * (1 - clean)) - bad * entropy_of(clean);
			double runs = (bad * until_hit + (1 - bad) * n) / per_run;
			double cost = s->config.build_cost + (1 - s->broken - s->scatter) * runs;

			best = fmax(best, (1 - s->broken - s->scatter) * bits / cost);
		}
	}
	return best;
}

static double reference(const struct world *w, const struct setting *s)
{
	uint32_t candidates = 0;

	for (uint32_t c = 1; c < w->n; c++)
		candidates += w->parent_start[c + 1] - w->parent_start[c] == 1;
	return log2(candidates) / best_rate(s);
}

/* --------------------------------------------------------------- main */

static void bench_worlds(const struct setting *s, uint32_t first, uint32_t step, struct tally *tally)
{
	for (uint32_t k = first; k < s->worlds; k += step) {
		_cleanup_(bisect_destroyp) struct bisect *bisect = NULL;
		struct bisect_graph graph;
		struct bisect_action action;
		struct world w;

		make_world(&w, s, s->seed + k);
		graph = (struct bisect_graph){ .n = w.n, .bad = w.n - 1, .parent_start = w.parent_start,
					       .parents = w.parents, .flags = w.flags, .weight = w.weight };
		must(bisect_create(&graph, &s->config, &bisect));
		hunt(&w, s, bisect, &action, tally);
		judge(&w, s, bisect, &action, tally);
		tally->reference += reference(&w, s);
		free_world(&w);
	}
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
	to->reference += more->reference;
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
	       "identifiable %5.1f%%: right %5.1f%% | runs %.1f builds %.1f cost %.1f +- %.1f, %.2f of reference %.0f | "
	       "slowest decision %.1f ms\n",
	       name, t->worlds, 100 * t->right / n, 100 * t->wrong / n, 100 * t->none / n, t->set_right, sets,
	       sets ? (double)t->set_size / sets : 0, 100 * t->identifiable / n,
	       t->identifiable ? 100.0 * t->right_identifiable / t->identifiable : 0, (double)t->runs / n,
	       (double)t->builds / n, mean, error, t->cost / t->reference, t->reference / n, 1000 * t->slowest);
	fflush(stdout);
}

static void setting_init(struct setting *ret)
{
	*ret = (struct setting){ .worlds = 200, .jobs = 2, .commits = 8192, .seed = 1, .shape = PULLS, .p = 0.5,
				 .u = 0.1, .b = 0.03, .i = 0.02, .related = 0.15, .broken = 0.05, .masked = 0.1,
				 .paths = 0.03, .hit = 0.7 };
	bisect_config_init(&ret->config);
}

static bool set_number(struct setting *s, const char *key, const char *value)
{
	const struct { const char *key; double *to; } numbers[] = {
		{ "p", &s->p }, { "drift", &s->drift }, { "odd", &s->odd }, { "u", &s->u }, { "b", &s->b },
		{ "i", &s->i }, { "related", &s->related }, { "doubt", &s->doubt }, { "false", &s->wrong_match },
		{ "broken", &s->broken }, { "masked", &s->masked }, { "scatter", &s->scatter },
		{ "paths", &s->paths }, { "hit", &s->hit },
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
	} else if (!strcmp(arg, "graph")) {
		s->graph = value;
	} else if (!strcmp(arg, "find")) {
		s->config.find = !strcmp(value, "fix") ? BISECT_FIX : BISECT_CAUSE;
	} else if (!set_number(s, arg, value)) {
		die("no such key");
	}
}

static void bench_line(char *line, int ac, char **av)
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
	char line[128];

	if (ac > 1 && strchr(av[1], '=') && strncmp(av[1], "worlds=", 7) && strncmp(av[1], "seed=", 5)) {
		line[0] = 0;
		bench_line(line, ac - 1, av + 1);
		return 0;
	}
	for (size_t k = 0; k < countof(lines); k++) {
		snprintf(line, sizeof(line), "%s", lines[k]);
		bench_line(line, ac - 1, av + 1);
	}
	return 0;
}
