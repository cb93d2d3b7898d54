/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Before a commit is named: runs of its own.
 *
 * Commits whose images are equal share their evidence.  But an image rule sees
 * what it was told to look at:
 *
 *	build: { image: vmlinux }
 *
 * gives two commits that differ in a module the same image, and the bug in that
 * module to the wrong one.  So the culprit and its parents, or the commits on the
 * border of a set, have to run themselves, unless all that their builds left was
 * equal to the last byte.  Where what they show contradicts what was shared, or they
 * show nothing, images are no longer compared by the rule but by all artefacts.
 *
 * It fails where a bug shows so seldom that the runs of neither side say anything.
 */
#include "session/drive_internal.h"

#include <math.h>

/* Tries to get one run that says something, and to get runs that decide. */
#define MAX_TRIES 4
#define MAX_DECIDING 60

/* Clean runs contradict once the target would have shown in them with this probability. */
#define ENOUGH 0.99
/* Of a rate that nothing is known of, and the most that is believed: a run more or less decides nothing then. */
#define RATE_NOT_KNOWN 0.5
#define RATE_MOST 0.999999

/* Commits on the border of a set that are looked at. */
#define MAX_BORDER 16

static const struct session_build *build_of(const struct session *s, const char *hex)
{
	for (uint32_t i = s->n_builds; i-- > 0;) {
		const struct session_build *build = &s->builds[i];

		if (build->result.outcome == BUILD_OK && !build->subject.changed.hex[0] &&
		    !strcmp(build->subject.commit.hex, hex))
			return build;
	}
	return NULL;
}

struct own_runs {
	uint32_t shown, clean, tries;
};

static struct own_runs own_runs(const struct session *s, const char *hex)
{
	struct own_runs own = { 0 };

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];

		if (run->subject.changed.hex[0] || strcmp(run->subject.commit.hex, hex) != 0)
			continue;
		own.shown += run->verdict == VERDICT_TARGET || run->verdict == VERDICT_RELATED;
		own.clean += run->verdict == VERDICT_CLEAN;
		own.tries++;
	}
	return own;
}

static bool ran(const struct session *s, const char *hex)
{
	struct own_runs own = own_runs(s, hex);

	return own.shown || own.clean;
}

/* Equal to the last byte to another commit that ran. */
static bool is_proved(const struct session *s, const struct session_build *build)
{
	if (!build->result.proof)
		return false;
	for (uint32_t i = 0; i < s->n_builds; i++) {
		const struct session_build *other = &s->builds[i];

		if (other->result.proof == build->result.proof && !other->subject.changed.hex[0] &&
		    strcmp(other->subject.commit.hex, build->subject.commit.hex) != 0 && ran(s, other->subject.commit.hex))
			return true;
	}
	return false;
}

/* The one image rule gave both the same, all artefacts do not. */
static bool differ_unseen(const struct session_build *a, const struct session_build *b)
{
	return a->result.outcome == BUILD_OK && b->result.outcome == BUILD_OK && a->result.image &&
	       a->result.image == b->result.image && a->result.proof != b->result.proof &&
	       !a->subject.changed.hex[0] && !b->subject.changed.hex[0];
}

static bool shares_unseen(const struct session *s, const struct session_build *build)
{
	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (differ_unseen(build, &s->builds[i]))
			return true;
	}
	return false;
}

static double rate_of(const struct session *s)
{
	struct bisect_rate rate = { .mean = RATE_NOT_KNOWN };

	session_rate(s, &rate);
	return fmin(rate.mean, RATE_MOST);
}

/* So many clean runs where the target would have shown. */
static bool is_enough(const struct session *s, uint32_t n_clean)
{
	return pow(1 - rate_of(s), n_clean) < 1 - ENOUGH;
}

/*
 * Only what is said of an image that others share.  deciding: one run of its own is
 * not enough, they have to show the target or that it is not there: a commit is
 * named by them.
 */
static bool rests_on_others(const struct session *s, uint32_t commit, bool deciding)
{
	const char *hex = s->history.hashes[commit].hex;
	const struct session_build *build = build_of(s, hex);
	struct own_runs own = own_runs(s, hex);

	if (!build || !build->result.image || own.shown || is_proved(s, build))
		return false;
	if (own.clean)
		return deciding && shares_unseen(s, build) && !is_enough(s, own.clean) && own.tries < MAX_DECIDING;
	return own.tries < MAX_TRIES;
}

/* --------------------------------------------------------- contradictions */

static bool contradict(const struct session *s, const struct session_build *shows, const struct session_build *clean)
{
	struct own_runs a = own_runs(s, shows->subject.commit.hex), b = own_runs(s, clean->subject.commit.hex);

	return a.shown && !b.shown && is_enough(s, b.clean);
}

/* Of commit (NULL: of any) with another; gives one of the two. */
static const struct session_build *find_contradiction(const struct session *s, const char *commit)
{
	for (uint32_t i = 0; i < s->n_builds; i++) {
		const struct session_build *a = &s->builds[i];

		if (commit && strcmp(a->subject.commit.hex, commit) != 0)
			continue;
		for (uint32_t j = 0; j < s->n_builds; j++) {
			const struct session_build *b = &s->builds[j];

			if (i != j && differ_unseen(a, b) && (contradict(s, a, b) || contradict(s, b, a)))
				return a;
		}
	}
	return NULL;
}

/*
 * A set of commits that are said to be the same, or a bug that is said to be as
 * old as its good end, where all artefacts are not the same: they can be told apart.
 * A set with which a spent budget ends is told without what was only assumed: its
 * members cannot be run any more, and a culprit in a module hides in equal kernels.
 */
static const struct session_build *find_unlike(const struct session *s)
{
	const enum bisect_why why = s->action.why;

	if (why != BISECT_WHY_SAME_IMAGE && why != BISECT_WHY_OLDER && why != BISECT_WHY_MERGE_BASE_BAD &&
	    !(why == BISECT_WHY_BUDGET && s->action.act == BISECT_DONE_SET))
		return NULL;
	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (shares_unseen(s, &s->builds[i]))
			return &s->builds[i];
	}
	return NULL;
}

static struct culprit_error *distrust(struct drive *d, const struct session_build *build)
{
	struct journal_draft draft;

	journal_begin(&draft, "distrust");
	journal_add(&draft, "commit", build->subject.commit.hex);
	return journal_commit(d->journal, &draft);
}

/* -------------------------------------------------------------- border */

struct border {
	uint32_t items[MAX_BORDER];
	uint32_t n;
	const struct session_build *unproved;	/* tried in vain: nothing but the image rule speaks for it; NULL: none */
};

/*
 * Its own runs said nothing, or none of many showed the target, and the rule calls it
 * equal to what is not the same to the last byte.  Many, for how often the target shows
 * is learnt from the images as well: where half of equal ones do not have the bug it looks rare.
 */
static bool cannot_be_proved(const struct session *s, const struct session_build *build)
{
	struct own_runs own = own_runs(s, build->subject.commit.hex);

	return !own.shown && own.tries >= (own.clean ? MAX_DECIDING : MAX_TRIES) && !is_proved(s, build) &&
	       shares_unseen(s, build);
}

static void add_border(const struct session *s, struct border *border, uint32_t commit)
{
	/* Of a budget that is spent, no more than one run each. */
	bool deciding = s->action.why != BISECT_WHY_BUDGET;
	const struct session_build *build = build_of(s, s->history.hashes[commit].hex);

	if (build && !s->images_distrusted && cannot_be_proved(s, build))
		border->unproved = build;
	for (uint32_t i = 0; i < border->n; i++) {
		if (border->items[i] == commit)
			return;
	}
	if (border->n < MAX_BORDER && rests_on_others(s, commit, deciding))
		border->items[border->n++] = commit;
}

static void add_parents(const struct session *s, struct border *border, uint32_t commit, const uint8_t *inside)
{
	for (uint32_t i = s->history.parent_start[commit]; i < s->history.parent_start[commit + 1]; i++) {
		if (!inside || !inside[s->history.parents[i]])
			add_border(s, border, s->history.parents[i]);
	}
}

static struct culprit_error *set_border(const struct session *s, struct border *border)
{
	_cleanup_(freep) struct bisect_share *shares = NULL;
	_cleanup_(freep) uint8_t *inside = calloc(s->history.n + 1, 1);
	struct culprit_error *err;
	uint32_t n;
	double mass;

	if (!inside)
		return &culprit_error_no_memory;
	err = bisect_set(s->bisect, &shares, &n, &mass);
	if (err)
		return err;
	for (uint32_t i = 0; i < n; i++)
		inside[shares[i].commit] = 1;
	for (uint32_t c = 0; c < s->history.n; c++) {
		bool child = false;

		if (inside[c])
			add_parents(s, border, c, inside);
		for (uint32_t i = s->history.parent_start[c]; i < s->history.parent_start[c + 1]; i++)
			child = child || inside[s->history.parents[i]];
		if (child && !inside[c])
			add_border(s, border, c);
	}
	return NULL;
}

static struct culprit_error *find_border(const struct session *s, struct border *ret)
{
	*ret = (struct border){ .n = 0 };
	if (s->action.act == BISECT_DONE_SET)
		return set_border(s, ret);
	add_border(s, ret, s->action.commit);
	add_parents(s, ret, s->action.commit, NULL);
	return NULL;
}

static struct culprit_error *run_itself(struct drive *d, uint32_t commit, bool *ret_cancelled)
{
	struct subject subject = subject_of(d->session->history.hashes[commit].hex);
	const struct session_build *build = NULL;
	const struct session_run *run = NULL;
	struct culprit_error *err = NULL;

	drive_pause(d, &subject, ret_cancelled);
	if (*ret_cancelled)
		return NULL;
	if (!runner_is_built(d->runner, &subject)) {
		err = drive_build(d, &subject, &build);
		*ret_cancelled = !err && !build;
		if (err || !build || build->result.outcome != BUILD_OK)
			return err;
	}
	err = drive_run_one(d, &subject, 1, &run);
	*ret_cancelled = !err && !run;
	return err;
}

struct culprit_error *drive_compare_images(struct drive *d, bool *ret_distrusted)
{
	const struct session *s = d->session;
	const struct session_fact *last = s->n_facts ? &s->facts[s->n_facts - 1] : NULL;
	const struct session_build *build;

	*ret_distrusted = false;
	if (s->images_distrusted || !last || last->kind != FACT_RUN)
		return NULL;
	build = find_contradiction(s, s->runs[last->index].subject.commit.hex);
	*ret_distrusted = build != NULL;
	return build ? distrust(d, build) : NULL;
}

struct culprit_error *drive_prove(struct drive *d, bool *ret_more, bool *ret_cancelled)
{
	const struct session *s = d->session;
	const struct session_build *build;
	struct culprit_error *err;
	struct border border;

	*ret_more = false;
	if (s->config->mode == CONFIG_PLAIN || session_is_out(s) || session_over_hours(s))
		return NULL;
	build = s->images_distrusted ? NULL : find_contradiction(s, NULL);
	if (!build && !s->images_distrusted)
		build = find_unlike(s);
	if (build) {
		*ret_more = true;
		return distrust(d, build);
	}
	if (s->action.act == BISECT_GIVE_UP)
		return NULL;
	err = find_border(s, &border);
	if (err)
		return err;
	*ret_more = border.n || border.unproved;
	if (!border.n)
		return border.unproved ? distrust(d, border.unproved) : NULL;
	return run_itself(d, border.items[0], ret_cancelled);
}
