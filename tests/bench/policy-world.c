/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Simulated worlds: what is true, and what a run of a commit shows. */
#include "policy-world.h"

#include <math.h>
#include <stdio.h>

#include "session/session_internal.h"

_Noreturn void die(const char *what)
{
	fprintf(stderr, "bench-policy: %s\n", what);
	exit(2);
}

void *zeroed(size_t n, size_t size)
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

static double normal(uint64_t *dice)
{
	double u = die_throw(dice), v = die_throw(dice);

	return sqrt(-2 * log(1 - u)) * cos(2 * M_PI * v);
}

/* A descendant of the culprit, and an ancestor of the last commit, from which on the target shows more often. */
static void choose_second(struct world *w, const struct setting *s, uint64_t *dice)
{
	w->second = w->culprit;
	memset(w->past_second, 1, w->n);
	for (uint32_t round = 0; s->second > 1 && round < 10000; round++) {
		uint32_t c = w->culprit + 1 + below(dice, w->n - w->culprit - 1);

		if (c >= w->n - 1 || !w->bad[c])
			continue;
		descendants(w, c, w->past_second);
		w->second = c;
		if (w->past_second[w->n - 1])
			return;
	}
}

/* The known bad commit keeps its rate: the user has seen it there. */
static void fill_rates(struct world *w, const struct setting *s, uint64_t *dice)
{
	for (uint32_t c = 0; c < w->n; c++) {
		double rate = s->p * exp2(-s->drift * (1 - (double)c / (w->n - 1))) * (w->odd[c] ? 1.0 / 3 : 1);

		if (!w->past_second[c])
			rate /= s->second;
		if (s->sigma > 0 && c + 1 < w->n)
			rate *= exp(s->sigma * normal(dice));
		w->rate[c] = rate < 1 ? rate : 1;
	}
}

void world_make(struct world *w, const struct setting *s, uint64_t seed)
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
	w->past_second = zeroed(w->n, 1);
	w->touches = zeroed(w->n, 1);
	w->rate = zeroed(w->n, sizeof(double));
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
	choose_second(w, s, &dice);
	fill_rates(w, s, &dice);
}

void world_free(struct world *w)
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
	free(w->past_second);
	free(w->rate);
	free(w->n_runs);
}

/* Where crashes are quicker than clean runs, all that end early do so within so much of the mean. */
static double time_of(const struct setting *s, enum bisect_run kind, uint64_t *dice)
{
	if (s->clean_time <= 0 || kind == BISECT_RUN_CLEAN)
		return 1;
	return (0.5 + die_throw(dice)) / s->clean_time;
}

static bool hits(const struct world *w, const struct setting *s, uint32_t commit, uint64_t *dice)
{
	bool present = w->bad[commit] == (s->config.find == BISECT_CAUSE);

	return present && die_throw(dice) < w->rate[commit];
}

static void draw(const struct world *w, const struct setting *s, uint32_t commit, uint64_t *dice, struct world_run *ret)
{
	ret->kind = BISECT_RUN_INFRA;
	if (die_throw(dice) < s->i)
		return;
	ret->kind = BISECT_RUN_BOOT_FAILED;
	if (w->no_boot[commit] || die_throw(dice) < s->b)
		return;
	if (s->false_run > 0 && die_throw(dice) < s->false_run) {
		ret->kind = BISECT_RUN_TARGET;
		ret->q = 1;
		return;
	}
	ret->kind = BISECT_RUN_UNRELATED;
	if ((w->masked[commit] && die_throw(dice) < s->mask_rate) || die_throw(dice) < s->u) {
		if (die_throw(dice) < s->wrong_match) {
			ret->kind = BISECT_RUN_TARGET;
			ret->q = 0.95;
		}
		return;
	}
	ret->kind = BISECT_RUN_CLEAN;
	if (!hits(w, s, commit, dice))
		return;
	ret->q = 1;
	ret->kind = die_throw(dice) < s->related ? BISECT_RUN_RELATED : BISECT_RUN_TARGET;
	if (die_throw(dice) < s->doubt) {
		ret->kind = BISECT_RUN_UNRELATED;
		ret->q = 0.3;
	}
}

struct world_run world_run(struct world *w, const struct setting *s, uint32_t commit)
{
	uint64_t dice = w->seed ^ scramble(((uint64_t)commit << 24) + w->n_runs[commit]++);
	struct world_run ret = { .q = 0 };

	draw(w, s, commit, &dice, &ret);
	ret.time = time_of(s, ret.kind, &dice);
	return ret;
}

bool world_identifiable(const struct world *w)
{
	uint32_t c = w->culprit;
	bool ok = !w->no_build[c] && !w->no_boot[c];

	for (uint32_t e = w->parent_start[c]; e < w->parent_start[c + 1]; e++)
		ok &= !w->no_build[w->parents[e]] && !w->no_boot[w->parents[e]];
	return ok;
}

