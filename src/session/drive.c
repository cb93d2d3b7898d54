/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: ask the policy, journal its word, do it, journal what came out.
 *
 * The policy is asked again after each result.  As long as it names the same
 * commit, runs that are going on go on; once it names another, they are of no
 * more use and are ended.
 */
#include "session/drive_internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "session/pins.h"
#include "session/reset.h"

/* How long an earlier drive's guardians may take to clean up. */
#define LOCK_WAIT_MS 15000

/* A profile without any symptom is learned once so many runs at the known end crashed. */
#define FIRST_CRASHES 3

/* The commit that is known to show the target. */
static const char *known_end(const struct session *s)
{
	return s->config->find == CONFIG_FIX ? s->older[0].hex : s->newer.hex;
}

static uint32_t count_crashes(const struct session *s, const char *commit)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];

		n += !strcmp(run->subject.commit.hex, commit) && !run->subject.changed.hex[0] && run->title &&
		     run->verdict != VERDICT_INFRA_FAILED;
	}
	return n;
}

/*
 * Time to learn the profile: the policy has seen enough of the known end, or
 * nothing at all is known of the target and some runs there crashed.
 */
static bool should_learn(const struct session *s)
{
	const struct bisect_action *a = &s->action;
	bool baseline = a->act == BISECT_TEST && a->why == BISECT_WHY_BASELINE;
	uint32_t crashes;

	if (s->learned)
		return false;
	crashes = count_crashes(s, known_end(s));
	if (profile_is_empty(s->profile))
		return crashes >= FIRST_CRASHES || (crashes && a->act == BISECT_GIVE_UP);
	return crashes && !baseline && a->act == BISECT_TEST;
}

static struct culprit_error *test(struct drive *d, bool *ret_cancelled)
{
	struct session *s = d->session;
	struct subject subject = subject_of(s->history.hashes[s->action.commit].hex);
	const struct session_build *build;
	const struct session_run *run;
	uint32_t n_parallel = s->action.n_parallel ? s->action.n_parallel : 1;
	struct culprit_error *err;
	bool probed;

	drive_pause(d, &subject, ret_cancelled);
	if (*ret_cancelled)
		return NULL;
	err = drive_probe(d, &subject, &probed, ret_cancelled);
	if (err || probed)
		return err;
	if (s->action.needs_build || !runner_is_built(d->runner, &subject)) {
		err = drive_build(d, &subject, &build);
		*ret_cancelled = !err && !build;
		if (err || !build || build->result.outcome != BUILD_OK)
			return err;
		/* The policy may think otherwise now: it is the same image as another's. */
		return NULL;
	}
	if (n_parallel > s->config->parallel)
		n_parallel = s->config->parallel;
	/* One at a time, until one comes through. */
	if (session_infra_row(s) >= 2)
		n_parallel = 1;
	err = drive_run_one(d, &subject, n_parallel, &run);
	*ret_cancelled = !err && !run;
	return err;
}

/* End what runs elsewhere than the policy wants it; *ret_cut: ask it again. */
static struct culprit_error *cut_elsewhere(struct drive *d, bool *ret_cut)
{
	const struct session *s = d->session;
	struct subject subject;

	if (s->action.act != BISECT_TEST)
		return drive_cut(d, NULL, ret_cut);
	subject = subject_of(s->history.hashes[s->action.commit].hex);
	return drive_cut(d, &subject, ret_cut);
}

static struct culprit_error *hunt(struct drive *d, bool *ret_cancelled)
{
	struct session *s = d->session;
	struct culprit_error *err = NULL;
	bool more, cut;

	*ret_cancelled = false;
	while (!err && !*ret_cancelled) {
		err = drive_judge_short(d);
		if (!err)
			err = drive_compare_images(d, &more);
		if (!err)
			err = session_ask(s);
		if (!err && should_learn(s)) {
			err = drive_cut(d, NULL, &cut);
			if (!err)
				err = drive_learn(d, known_end(s));
			if (!err)
				drive_notify(d, SESSION_LEARNED);
			continue;
		}
		if (!err)
			err = cut_elsewhere(d, &cut);
		if (!err && cut)
			continue;
		if (!err)
			err = drive_journal_decision(d, &s->action);
		if (err)
			return err;
		drive_notify(d, SESSION_DECIDED);
		more = true;
		err = s->action.act == BISECT_TEST ? test(d, ret_cancelled) : drive_prove(d, &more, ret_cancelled);
		if (!more)
			return err;
	}
	return err;
}

/* Options were looked for, and are the answer; or none were found, which no bisection would mend. */
static struct culprit_error *end_without_bisection(struct drive *d, enum minimal_outcome minimal, enum session_outcome *ret)
{
	struct session *s = d->session;

	runner_cancel(d->runner);
	s->phase = PHASE_IDLE;
	if (minimal == MINIMAL_CANCELLED)
		*ret = SESSION_CANCELLED;
	else if (minimal == MINIMAL_FOUND)
		*ret = SESSION_OPTIONS;
	else
		*ret = s->action.why == BISECT_WHY_INFRASTRUCTURE ? SESSION_OUTAGE : SESSION_GAVE_UP;
	drive_notify(d, SESSION_DONE);
	return NULL;
}

static struct culprit_error *run_all(struct drive *d, enum session_outcome *ret)
{
	struct session *s = d->session;
	struct culprit_error *err = NULL;
	enum minimal_outcome minimal = MINIMAL_FOUND;
	bool cancelled = false, asks, find_options = s->config->find == CONFIG_OPTIONS;

	drive_notify(d, SESSION_STARTED);
	/* Whoever merged a title did so since they were judged, or before: nothing is lost by looking. */
	if (s->n_titles)
		err = drive_judge_all(d);
	if (!err && (find_options || (s->config->minimise && !s->minimal.config.hex[0])))
		err = drive_minimise(d, &minimal);
	if (err || find_options || minimal != MINIMAL_FOUND)
		return err ? err : end_without_bisection(d, minimal, ret);
	if (!s->n_older)
		err = drive_walk_releases(d, &cancelled);
	if (!err && !cancelled)
		err = hunt(d, &cancelled);
	runner_cancel(d->runner);
	asks = !err && !cancelled && (s->action.act == BISECT_DONE_CULPRIT || s->action.act == BISECT_DONE_SET) &&
	       session_older_name(s);
	if (!err && !cancelled && !asks && s->action.act == BISECT_DONE_CULPRIT)
		err = drive_check_culprit(d, &cancelled);
	if (err)
		return err;
	s->phase = PHASE_IDLE;
	if (d->out)
		s->action = (struct bisect_action){ .act = BISECT_GIVE_UP, .why = BISECT_WHY_INFRASTRUCTURE, .commit = BISECT_NONE };
	if (d->out || (!cancelled && s->action.act == BISECT_GIVE_UP && s->action.why == BISECT_WHY_INFRASTRUCTURE))
		*ret = SESSION_OUTAGE;
	else if (asks)
		*ret = SESSION_ASKS;
	else if (cancelled)
		*ret = SESSION_CANCELLED;
	else if (s->action.act == BISECT_DONE_CULPRIT)
		*ret = session_contradiction(s) ? SESSION_DISPUTED : SESSION_CULPRIT;
	else
		*ret = s->action.act == BISECT_DONE_SET ? SESSION_SET : SESSION_GAVE_UP;
	drive_notify(d, SESSION_DONE);
	return NULL;
}

struct culprit_error *drive_start(struct drive *d, const struct session_observer *observer)
{
	const struct session *s = d->session;
	struct runner_options options = {
		.config = s->config,
		.git = s->git,
		.history = &s->history,
		.patterns = s->patterns,
		.profile = s->profile,
		.cancel_fd = d->cancel_fd,
		.hold_fd = journal_fd(d->journal),
		.id = s->id,
	};
	struct culprit_error *err;

	d->observer = observer;
	d->out = false;
	err = runner_create(&options, &d->runner);
	if (!err)
		err = drive_use_config(d);
	return err ? err : drive_adopt(d);
}

void drive_stop(struct drive *d)
{
	runner_destroy(d->runner);
	d->runner = NULL;
}

struct culprit_error *drive_run(struct drive *d, const struct session_observer *observer, enum session_outcome *ret)
{
	struct culprit_error *err = drive_start(d, observer);

	if (!err)
		err = run_all(d, ret);
	drive_stop(d);
	return err;
}

/* --------------------------------------------------------------- opening */

static struct culprit_error *begin(struct drive *d)
{
	const struct session *s = d->session;
	_cleanup_(freep) char *good_text = session_spell_good(s->config);
	const struct config *config = s->config;
	bool fix = config->find == CONFIG_FIX;
	_cleanup_(buf_deinit) struct buf older = { 0 };
	const char *const *olds = fix ? &config->bad : config->good.items;
	size_t n_olds = config->find == CONFIG_OPTIONS ? 0 : fix ? 1 : config->good.n;
	struct journal_draft draft;
	struct git_hash newer, hash;
	struct culprit_error *err;

	if (!good_text)
		return &culprit_error_no_memory;
	err = git_resolve(s->git, fix ? config->good.items[0] : config->bad, &newer);
	if (!err && !buf_add_str(&older, ""))
		err = &culprit_error_no_memory;
	for (size_t i = 0; i < n_olds && !err; i++) {
		err = git_resolve(s->git, olds[i], &hash);
		if (!err && !buf_printf(&older, "%s%s", i ? "," : "", hash.hex))
			err = &culprit_error_no_memory;
	}
	if (err)
		return err;
	journal_begin(&draft, "begin");
	journal_add(&draft, "version", "1");
	journal_add(&draft, "newer", newer.hex);
	journal_add(&draft, "older", older.data);
	journal_add(&draft, "bad_text", config->bad);
	journal_add(&draft, "good_text", good_text);
	return journal_commit(d->journal, &draft);
}

static struct culprit_error *open_journal(struct drive *d)
{
	struct session *s = d->session;
	_cleanup_(freep) char *path = config_in_state(s->config, "journal");
	struct journal_draft draft;
	struct culprit_error *err = NULL;

	if (!path)
		return &culprit_error_no_memory;
	if (!mkdir(s->config->state, 0777))
		err = file_sync_directory(s->config->state);
	else if (errno != EEXIST)
		err = culprit_error_errno("cannot make %s", s->config->state);
	if (err)
		return err;
	err = journal_open(path, LOCK_WAIT_MS, d->cancel_fd, session_apply, s, &d->journal);
	if (err)
		return err;
	/* The lock is ours, so nobody works on what was left. */
	process_end_left();
	journal_begin(&draft, "open");
	journal_add_f(&draft, "pid", "%d", getpid());
	return journal_commit(d->journal, &draft);
}

/* What there is no record of yet, or of which the user says that the change does not matter. */
static struct culprit_error *journal_inputs(struct drive *d)
{
	const struct session *s = d->session;
	struct culprit_error *err = NULL;

	for (int i = 0; i < INPUT_GROUPS && !err; i++) {
		_cleanup_(buf_deinit) struct buf now = { 0 };
		struct journal_draft draft;

		err = inputs_take(s->config, (enum input_group)i, &now);
		if (err || (s->inputs[i] && !strcmp(s->inputs[i], now.data)))
			continue;
		journal_begin(&draft, "inputs");
		journal_add(&draft, "of", input_group_name((enum input_group)i));
		journal_add(&draft, "items", now.data);
		err = journal_commit(d->journal, &draft);
	}
	return err;
}

static struct culprit_error *refuse(const struct session *s, const struct session_changes *changes)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	if (!session_changes_format(s, changes, &text))
		return &culprit_error_no_memory;
	return culprit_error_create(CULPRIT_ERROR_MISMATCH, "%s.\n  'culprit bisect reset' forgets what rests on it (the old journal "
				    "is kept), 'culprit bisect run --keep' counts it all the same", text.data);
}

/* *ret_reset: what was there said nothing and is to be forgotten. */
static struct culprit_error *check_inputs(struct drive *d, bool keep, bool *ret_reset)
{
	struct session_changes changes;
	struct culprit_error *err = session_changes(d->session, &changes);

	if (err)
		return err;
	*ret_reset = changes.any && changes.voids_nothing;
	if (changes.any && !keep && !*ret_reset)
		err = refuse(d->session, &changes);
	if (*ret_reset && !(session_changes_format(d->session, &changes, &d->notice) &&
			    buf_add_str(&d->notice, ", which said nothing: forgotten")))
		err = &culprit_error_no_memory;
	session_changes_deinit(&changes);
	return err;
}

/* linux-next moves each day; a bisection does not. */
static struct culprit_error *notice_moved_end(struct drive *d)
{
	const struct session *s = d->session;
	const char *text = s->config->find == CONFIG_FIX ? s->config->good.items[0] : s->config->bad;
	struct git_hash now;
	struct culprit_error *err = git_resolve(s->git, text, &now);

	if (err) {
		culprit_error_destroy(err);
		return NULL;
	}
	if (!strcmp(now.hex, s->newer.hex))
		return NULL;
	return buf_printf(&d->notice, "%s'%s' is %.12s by now; this bisection goes on with %.12s, where it began",
			  d->notice.len ? "\n" : "", text, now.hex, s->newer.hex) ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *open_once(const char *config_path, int cancel_fd, bool keep, struct drive **ret,
				       bool *ret_reset)
{
	_cleanup_(drive_closep) struct drive *d = calloc(1, sizeof(*d));
	struct culprit_error *err;

	if (!d)
		return &culprit_error_no_memory;
	d->cancel_fd = cancel_fd;
	err = session_create(config_path, &d->session);
	if (!err)
		err = open_journal(d);
	if (!err)
		err = check_inputs(d, keep, ret_reset);
	if (!err && *ret_reset) {
		*ret = no_free_ptr(d);
		return NULL;
	}
	if (!err && !d->session->begun)
		err = begin(d);
	if (!err)
		err = session_complete(d->session);
	if (!err)
		err = journal_inputs(d);
	if (!err)
		err = notice_moved_end(d);
	if (!err)
		err = pins_set(d->session->git, d->session->id, d->session->newer.hex, d->session->older,
			       d->session->n_older);
	if (!err)
		*ret = no_free_ptr(d);
	return err;
}

struct culprit_error *drive_open(const char *config_path, int cancel_fd, bool keep, struct drive **ret)
{
	static const struct reset_request request = { .scope = RESET_CHANGED };
	struct buf notice = { 0 };
	struct reset_result result;
	bool again = false;
	struct culprit_error *err = open_once(config_path, cancel_fd, keep, ret, &again);

	if (err || !again)
		return err;
	notice = (*ret)->notice;
	(*ret)->notice = (struct buf){ 0 };
	drive_close(*ret);
	*ret = NULL;
	err = session_reset(config_path, &request, &result);
	if (!err) {
		reset_result_deinit(&result);
		err = open_once(config_path, cancel_fd, keep, ret, &again);
	}
	if (!err && !buf_printf(&(*ret)->notice, "%s%s", (*ret)->notice.len ? "\n" : "", notice.data))
		err = &culprit_error_no_memory;
	buf_deinit(&notice);
	return err;
}

const char *drive_notice(const struct drive *d)
{
	return d->notice.data;
}

struct culprit_error *drive_merge_title(const char *config_path, const char *title, bool same)
{
	_cleanup_(drive_closep) struct drive *d = calloc(1, sizeof(*d));
	struct journal_draft draft;
	struct culprit_error *err;

	if (!d)
		return &culprit_error_no_memory;
	d->cancel_fd = -1;
	err = session_create(config_path, &d->session);
	if (!err)
		err = open_journal(d);
	if (!err && !d->session->begun)
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no bisection was started in %s", d->session->config->state);
	if (err)
		return err;
	journal_begin(&draft, "title");
	journal_add(&draft, "text", title);
	journal_add(&draft, "same", same ? "1" : "0");
	return journal_commit(d->journal, &draft);
}

void drive_close(struct drive *d)
{
	if (!d)
		return;
	runner_destroy(d->runner);
	free(d->kconfig);
	session_close(d->session);
	journal_close(d->journal);
	buf_deinit(&d->notice);
	free(d);
}

void drive_closep(struct drive **d)
{
	drive_close(*d);
}

const struct session *drive_session(const struct drive *d)
{
	return d->session;
}
