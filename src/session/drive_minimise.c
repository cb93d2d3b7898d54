/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which options of the kernel's configuration does the target need?  Sets that
 * bisect/minimise.h wants to know about become configurations in configs/, named
 * by their content; the commit that is known to show the target is built and run
 * with each.
 *
 * Nothing is remembered but builds and runs in the journal: after an interruption
 * the same sets are asked for again, and what is known of them is told at once.
 * Sets that give the same image share their runs.
 */
#include "session/drive_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "session/kconfig.h"

/* The rate is learned from so many runs that show the target, of those with all options. */
#define RATE_HITS 3

/* So many failures around the kernel at one set, and it is asked whether it is the set. */
#define LOCAL_ROW 3

struct hunt {
	struct drive *d;
	struct kconfig kconfig;
	struct minimise *m;
	uint8_t *keep;
	struct subject subject;		/* of the set in keep */
	struct subject all;		/* of all options: the first that is tried */
	double rate;
};

/* ---------------------------------------------------------- configurations */

static struct culprit_error *write_once(const struct session *s, const char *name, struct span text)
{
	_cleanup_(freep) char *directory = config_in_state(s->config, "configs");
	_cleanup_(freep) char *path = NULL, *draft = NULL;
	struct culprit_error *err;

	if (!directory || asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return &culprit_error_no_memory;
	}
	if (access(path, F_OK) == 0)
		return NULL;
	if (asprintf(&draft, "%s.new", path) < 0) {
		draft = NULL;
		return &culprit_error_no_memory;
	}
	if (mkdir(directory, 0777) < 0 && errno != EEXIST)
		return culprit_error_errno("cannot make %s", directory);
	/* Of somebody who was killed meanwhile. */
	if (unlink(draft) < 0 && errno != ENOENT)
		return culprit_error_errno("cannot remove %s", draft);
	err = file_create(AT_FDCWD, draft, draft, text);
	if (!err && rename(draft, path) < 0)
		err = culprit_error_errno("cannot rename %s", draft);
	return err;
}

/* The configuration with those options of the failing one that keep has: its name, and it is there. */
static struct culprit_error *name_config(const struct session *s, const struct kconfig *kconfig, const uint8_t *keep,
					 struct git_hash *ret)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	if (!kconfig_format(kconfig, keep, &text))
		return &culprit_error_no_memory;
	snprintf(ret->hex, sizeof(ret->hex), "%016" PRIx64, hash_bytes(text.data, text.len));
	return write_once(s, ret->hex, (struct span){ text.data, text.len });
}

/* keep becomes the subject. */
static struct culprit_error *take_set(struct hunt *h)
{
	struct culprit_error *err;

	h->subject = subject_of(h->d->session->newer.hex);
	h->subject.change = GIT_UNCHANGED;
	err = name_config(h->d->session, &h->kconfig, h->keep, &h->subject.changed);
	if (minimise_phase(h->m) == MINIMISE_ALL)
		h->all = h->subject;
	return err;
}

struct culprit_error *drive_name_whole_config(struct drive *d, struct git_hash *ret)
{
	const struct session *s = d->session;
	_cleanup_(freep) uint8_t *keep = NULL;
	struct kconfig kconfig = { 0 };
	struct culprit_error *err = kconfig_load(s->config->kconfig_failing, s->config->kconfig_working, &kconfig);

	if (!err) {
		keep = malloc((size_t)kconfig.n_options + 1);
		if (keep)
			memset(keep, 1, kconfig.n_options);
		err = keep ? name_config(s, &kconfig, keep, ret) : &culprit_error_no_memory;
	}
	kconfig_deinit(&kconfig);
	return err;
}

/* ---------------------------------------------------------------- evidence */

struct tally {
	uint32_t hits, clean, other, infra;
	bool came_through_since;	/* something did, after the last failure around the kernel here */
	bool built, broken;
};

static uint64_t image_of(const struct session *s, const struct subject *subject)
{
	uint64_t image = 0;

	for (uint32_t i = 0; i < s->n_builds; i++) {
		if (subject_equal(&s->builds[i].subject, subject) && s->builds[i].result.outcome == BUILD_OK)
			image = s->builds[i].result.image;
	}
	return image;
}

static void add_run(const struct session *s, const struct session_run *run, const struct subject *subject, uint64_t image,
		    struct tally *t)
{
	bool here = subject_equal(&run->subject, subject);

	if (run->verdict == VERDICT_INFRA_FAILED) {
		t->infra += here;
		t->came_through_since = t->came_through_since && !here;
		return;
	}
	t->came_through_since = true;
	if (!here && (!image || s->images_distrusted || run->subject.change != GIT_UNCHANGED || image_of(s, &run->subject) != image))
		return;
	switch (session_run_kind(run->verdict)) {
	case BISECT_RUN_TARGET: t->hits++; break;
	case BISECT_RUN_CLEAN: t->clean++; break;
	default: t->other++; break;
	}
}

static struct tally count(const struct session *s, const struct subject *subject)
{
	uint64_t image = image_of(s, subject);
	struct tally t = { 0 };

	for (uint32_t i = 0; i < s->n_builds; i++) {
		const struct session_build *build = &s->builds[i];

		if (!subject_equal(&build->subject, subject))
			continue;
		t.built = build->result.outcome == BUILD_OK;
		t.broken = build->result.outcome == BUILD_FAILED || build->result.outcome == BUILD_CONFLICT;
	}
	for (uint32_t i = 0; i < s->n_runs; i++)
		add_run(s, &s->runs[i], subject, image, &t);
	return t;
}

/* With all options the target has to show, and how often is learned. */
static enum minimise_outcome judge_all(struct hunt *h, const struct tally *t)
{
	uint32_t n = t->hits + t->clean, most = h->d->session->config->baseline_runs;

	h->rate = (t->hits + 1.0) / (n + 2.0);
	if (t->hits >= RATE_HITS || (t->hits >= 2 && n >= most))
		return MINIMISE_SHOWS;
	if (n >= most)
		return MINIMISE_ABSENT;
	return t->other >= MINIMISE_MAX_OTHER && t->other > n ? MINIMISE_UNTESTABLE : MINIMISE_UNDECIDED;
}

static enum minimise_outcome judge(struct hunt *h)
{
	const struct session *s = h->d->session;
	struct tally t = count(s, &h->subject);

	/* It takes the machine with it, or says nothing on any console. */
	if (t.broken || (t.infra >= LOCAL_ROW && t.came_through_since))
		return MINIMISE_UNTESTABLE;
	if (minimise_phase(h->m) == MINIMISE_ALL)
		return judge_all(h, &t);
	return minimise_judge(h->rate, s->config->confidence, t.hits, t.clean, t.other);
}

/* --------------------------------------------------------------- the loop */

static bool fails_alone(const struct session *s, const struct subject *subject)
{
	uint32_t row = session_infra_row(s);

	if (row < LOCAL_ROW || row > s->n_runs)
		return false;
	for (uint32_t i = 0; i < row; i++) {
		const struct session_run *run = &s->runs[s->n_runs - 1 - i];

		if (run->verdict != VERDICT_INFRA_FAILED || !subject_equal(&run->subject, subject))
			return false;
	}
	return true;
}

static struct culprit_error *build_or_run(struct drive *d, const struct subject *subject, bool *ret_cancelled)
{
	struct session *s = d->session;
	const struct session_build *build;
	const struct session_run *run;
	struct culprit_error *err;

	if (!count(s, subject).built || !runner_is_built(d->runner, subject)) {
		err = drive_build(d, subject, &build);
		*ret_cancelled = !err && !build;
		return err;
	}
	err = drive_run_one(d, subject, session_infra_row(s) >= 2 ? 1 : s->config->parallel, &run);
	*ret_cancelled = !err && !run;
	return err;
}

static struct culprit_error *step(struct hunt *h, bool *ret_cancelled)
{
	const struct session *s = h->d->session;
	const struct subject *subject = &h->subject;

	/* A set that came through before tells whether it is the machine. */
	if (fails_alone(s, subject) && !subject_equal(subject, &h->all))
		subject = &h->all;
	drive_pause(h->d, subject, ret_cancelled);
	return *ret_cancelled ? NULL : build_or_run(h->d, subject, ret_cancelled);
}

static void show(struct hunt *h, enum minimise_outcome outcome)
{
	struct session *s = h->d->session;

	s->minimising = (struct session_minimising){
		.outcome = outcome, .phase = minimise_phase(h->m), .n_options = h->kconfig.n_options,
		.n_needed = minimise_n_needed(h->m), .n_open = minimise_n_open(h->m),
	};
	for (uint32_t i = 0; i < h->kconfig.n_options; i++)
		s->minimising.n_kept += h->keep[i];
	drive_notify(h->d, SESSION_NARROWED);
}

/* *ret_act TRY: it did not come to an end; *ret_out: for lack of machines or budget. */
static struct culprit_error *narrow(struct hunt *h, enum minimise_act *ret_act, bool *ret_out, bool *ret_cancelled)
{
	const struct session *s = h->d->session;
	struct culprit_error *err = NULL;

	while (!err && !*ret_cancelled) {
		enum minimise_outcome outcome;

		*ret_act = minimise_next(h->m, h->keep);
		err = take_set(h);
		if (err || *ret_act != MINIMISE_TRY)
			return err;
		while (!err && !*ret_cancelled && (outcome = judge(h)) == MINIMISE_UNDECIDED) {
			*ret_out = session_is_out(s) || session_budget_is_spent(s);
			if (*ret_out)
				return NULL;
			err = step(h, ret_cancelled);
		}
		if (err || *ret_cancelled)
			return err;
		runner_cancel(h->d->runner);
		show(h, outcome);
		minimise_tell(h->m, outcome);
	}
	return err;
}

static struct culprit_error *journal_minimal(const struct hunt *h, bool without_any)
{
	struct journal_draft draft;

	journal_begin(&draft, "minimal");
	journal_add(&draft, "config", h->subject.changed.hex);
	journal_add_f(&draft, "options", "%u", without_any ? 0 : minimise_n_needed(h->m));
	journal_add_f(&draft, "of", "%u", h->kconfig.n_options);
	return journal_commit(h->d->journal, &draft);
}

static struct culprit_error *conclude(struct hunt *h, enum minimise_act act, bool out, enum minimal_outcome *ret)
{
	struct session *s = h->d->session;
	struct bisect_action *a = &s->action;
	struct culprit_error *err;

	if (act == MINIMISE_DONE || act == MINIMISE_NO_DIFFERENCE) {
		err = journal_minimal(h, act == MINIMISE_NO_DIFFERENCE);
		*ret = MINIMAL_FOUND;
		return err ? err : drive_use_config(h->d);
	}
	*a = (struct bisect_action){ .act = BISECT_GIVE_UP, .commit = BISECT_NONE };
	if (out)
		a->why = session_is_out(s) ? BISECT_WHY_INFRASTRUCTURE : BISECT_WHY_BUDGET;
	else
		a->why = judge(h) == MINIMISE_UNTESTABLE ? BISECT_WHY_BAD_UNTESTABLE : BISECT_WHY_NOT_REPRODUCED;
	*ret = MINIMAL_NONE;
	return NULL;
}

static struct culprit_error *begin(struct hunt *h)
{
	const struct session *s = h->d->session;
	_cleanup_(freep) struct minimise_edge *edges = NULL;
	size_t n_edges;
	struct culprit_error *err;

	if (profile_is_empty(s->profile))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "%s: options are told apart by whether the target shows: say 'target.title'",
					    s->config->path);
	err = kconfig_load(s->config->kconfig_failing, s->config->kconfig_working, &h->kconfig);
	if (!err)
		err = kconfig_edges(&h->kconfig, s->git, s->newer.hex, &edges, &n_edges);
	if (!err)
		err = minimise_create(h->kconfig.n_options, edges, n_edges, &h->m);
	if (err)
		return err;
	h->keep = calloc((size_t)h->kconfig.n_options + 1, 1);
	return h->keep ? NULL : &culprit_error_no_memory;
}

struct culprit_error *drive_minimise(struct drive *d, enum minimal_outcome *ret)
{
	struct hunt h = { .d = d };
	enum minimise_act act = MINIMISE_TRY;
	bool out = false, cancelled = false;
	struct culprit_error *err = begin(&h);

	*ret = MINIMAL_CANCELLED;
	if (!err)
		err = narrow(&h, &act, &out, &cancelled);
	if (!err && !cancelled)
		err = conclude(&h, act, out, ret);
	minimise_destroy(h.m);
	kconfig_deinit(&h.kconfig);
	free(h.keep);
	return err;
}

/* Everything that has no configuration of its own is built with the smallest one, once it is known. */
struct culprit_error *drive_use_config(struct drive *d)
{
	const struct session *s = d->session;

	runner_set_config(d->runner, s->config->kconfig_failing);
	if (!s->minimal.config.hex[0] || s->config->find == CONFIG_OPTIONS)
		return NULL;
	free(d->kconfig);
	if (asprintf(&d->kconfig, "%s/configs/%s", s->config->state, s->minimal.config.hex) < 0) {
		d->kconfig = NULL;
		return &culprit_error_no_memory;
	}
	if (access(d->kconfig, R_OK) < 0)
		return culprit_error_errno("the configuration that was found, %s, cannot be read", d->kconfig);
	runner_set_config(d->runner, d->kconfig);
	return NULL;
}
