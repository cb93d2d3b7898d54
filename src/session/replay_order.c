/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of tested commits, where no repository tells.
 *
 * "git bisect" tests a commit s between a good end and a bad end.  Was s called
 * bad, all later tests are ancestors of s: that is certain.  Was it called good,
 * all later tests are not ancestors of s, which in a straight history makes
 * them newer, and with merges may put them on another branch: that is what
 * hypothesis.unsure keeps.  So the tested commits stand in a row, and
 *
 *	Bisecting: 3 revisions left to test after this
 *
 * says how many candidates are not ancestors of s, less one: with 0 left, the
 * bad end is the only one between s and itself.  How many are on the other side
 * is known once a good commit has bounded the whole.
 */
#include "session/replay_hypotheses.h"

#define OLDER_PRIOR 0.01	/* the bug is older than a good end that was tested */

/* A tested commit in its row. */
struct place {
	uint32_t step;
	uint64_t n_commits;	/* from behind the place before up to this one; 0: not known */
	double about;		/* the same, guessed where it is not known */
};

struct row {
	const struct replay_log *log;
	struct place *places;	/* oldest first */
	size_t n;
	size_t low, high;	/* the ends between which the bisection goes on */
	bool started;
};

static size_t find_place(const struct row *row, const char *commit)
{
	for (size_t i = 0; i < row->n; i++) {
		if (commit_equal(row->log->steps[row->places[i].step].commit, commit))
			return i;
	}
	return SIZE_MAX;
}

static void insert(struct row *row, size_t at, uint32_t step, uint64_t n_commits, double about)
{
	memmove(&row->places[at + 1], &row->places[at], (row->n - at) * sizeof(*row->places));
	row->places[at] = (struct place){ step, n_commits, about };
	row->n++;
	if (row->started && at <= row->low)
		row->low++;
	if (row->started && at <= row->high)
		row->high++;
}

/* The ends of the bisection are there, or are put in. */
static void start(struct row *row, size_t bad, size_t good)
{
	size_t at;

	if (find_place(row, row->log->steps[bad].commit) == SIZE_MAX)
		insert(row, row->n, (uint32_t)bad, 0, 1000);
	at = find_place(row, row->log->steps[bad].commit);
	if (find_place(row, row->log->steps[good].commit) == SIZE_MAX)
		insert(row, at, (uint32_t)good, 0, 1000);
	row->high = find_place(row, row->log->steps[bad].commit);
	row->low = find_place(row, row->log->steps[good].commit);
	row->started = row->low < row->high;
}

/* A commit tested between the ends. */
static void add_between(struct row *row, uint32_t index)
{
	const struct replay_step *step = &row->log->steps[index];
	struct place *bad = &row->places[row->high];
	uint64_t newer = step->left >= 0 ? (uint64_t)step->left + 1 : 0;
	uint64_t older = newer && bad->n_commits > newer ? bad->n_commits - newer : 0;
	double guess = newer ? (double)newer : bad->about / 2;

	bad->n_commits = newer;
	bad->about = newer ? (double)newer : bad->about / 2;
	insert(row, row->high, index, older, older ? (double)older : guess);
	/* the new place is where the bad end was, that one moved up */
	if (step->original == MARK_GOOD)
		row->low = row->high - 1;
	else
		row->high = row->high - 1;
}

/* Before "git bisect start": each release is older than the one before; the newest when a fix is hunted. */
static void add_before(struct row *row, uint32_t index)
{
	if (find_place(row, row->log->steps[index].commit) != SIZE_MAX)
		return;
	if (row->log->fix && row->n)
		insert(row, row->n, index, 0, 1000);
	else
		insert(row, 0, index, 0, 1000);
}

static const struct replay_step *find_first(const struct replay_log *log, enum mark mark)
{
	for (size_t i = 0; i < log->n_steps; i++) {
		if (log->steps[i].told && log->steps[i].original == mark)
			return &log->steps[i];
	}
	return NULL;
}

static size_t step_index(const struct replay_log *log, const struct replay_step *step)
{
	return (size_t)(step - log->steps);
}

static void make_row(struct row *row)
{
	const struct replay_log *log = row->log;
	const struct replay_step *bad, *good;
	size_t first = log->n_steps;

	bad = log->start_bad ? replay_log_find(log, log->start_bad) : find_first(log, MARK_BAD);
	good = log->n_start_good ? replay_log_find(log, log->start_good[0]) : find_first(log, MARK_GOOD);
	if (bad && good) {
		first = step_index(log, bad) > step_index(log, good) ? step_index(log, bad) : step_index(log, good);
		first++;
	}
	for (size_t i = 0; i < first; i++) {
		if (log->steps[i].tested || !(bad && good))
			add_before(row, (uint32_t)i);
	}
	if (!bad || !good)
		return;
	start(row, step_index(log, bad), step_index(log, good));
	for (size_t i = first; row->started && i < log->n_steps; i++) {
		enum mark mark = log->steps[i].original;

		if ((mark != MARK_GOOD && mark != MARK_BAD) || find_place(row, log->steps[i].commit) != SIZE_MAX)
			continue;
		if (log->steps[i].merge_base)
			insert(row, row->low, (uint32_t)i, 0, 1000);
		else
			add_between(row, (uint32_t)i);
	}
}

/* git names the bad end when no other candidate is left. */
static void take_answer(struct row *row)
{
	struct place *bad = row->started ? &row->places[row->high] : NULL;

	if (bad && row->log->answer && commit_equal(row->log->answer, row->log->steps[bad->step].commit)) {
		bad->n_commits = 1;
		bad->about = 1;
	}
}

static size_t place_of(const struct row *row, size_t step)
{
	return find_place(row, row->log->steps[step].commit);
}

/*
 * j shows the culprit of segment i by the row; but a commit g between, called
 * good before j was tested, means that j need not be a descendant.
 */
static bool is_unsure(const struct row *row, size_t i, size_t j)
{
	size_t at = row->log->in_one_line ? i : place_of(row, j);

	for (size_t k = i; k < at; k++) {
		size_t g = row->places[k].step;

		if (g < j && row->log->steps[g].original == MARK_GOOD && row->log->steps[j].left >= 0)
			return true;
	}
	return false;
}

static void fill(const struct row *row, size_t i, struct hypothesis *ret)
{
	const struct replay_log *log = row->log;

	for (size_t j = 0; j < log->n_steps; j++) {
		size_t at = place_of(row, j);

		if (at == SIZE_MAX || at < i)
			continue;
		step_set_add(&ret->contain, j);
		if (is_unsure(row, i, j))
			step_set_add(&ret->unsure, j);
	}
	ret->upto = log->steps[row->places[i].step].commit;
	ret->after = i ? log->steps[row->places[i - 1].step].commit : NULL;
	ret->n_commits = row->places[i].n_commits;
	ret->prior = row->places[i].about > 0 ? row->places[i].about : 1;
	ret->older = i == 0;
}

struct culprit_error *hypotheses_from_order(const struct replay_log *log, struct hypotheses *ret)
{
	struct hypotheses hypotheses = { 0 };
	struct row row = { .log = log };
	double sum = 0;

	row.places = arena_array(&hypotheses.arena, 2 * log->n_steps + 4, sizeof(*row.places));
	hypotheses.list = arena_array(&hypotheses.arena, log->n_steps + 1, sizeof(*hypotheses.list));
	hypotheses.order = arena_array(&hypotheses.arena, log->n_steps + 1, sizeof(*hypotheses.order));
	if (!row.places || !hypotheses.list || !hypotheses.order) {
		hypotheses_deinit(&hypotheses);
		return &culprit_error_no_memory;
	}
	make_row(&row);
	take_answer(&row);
	for (size_t i = 0; i < row.n; i++) {
		fill(&row, i, &hypotheses.list[hypotheses.n]);
		hypotheses.order[hypotheses.n_order++] = row.places[i].step;
		if (i)
			sum += hypotheses.list[hypotheses.n].prior;
		hypotheses.n++;
	}
	if (hypotheses.n)
		hypotheses.list[0].prior = sum > 0 ? sum * OLDER_PRIOR : 1;
	*ret = hypotheses;
	return NULL;
}

void hypotheses_deinit(struct hypotheses *hypotheses)
{
	if (hypotheses->has_history)
		git_history_deinit(&hypotheses->history);
	arena_deinit(&hypotheses->arena);
	*hypotheses = (struct hypotheses){ 0 };
}
