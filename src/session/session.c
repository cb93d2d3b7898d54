/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session: from journal records to state.  Records, one per line (journal.h has
 * the line's form):
 *
 *	open     pid=
 *	begin    version=1 newer= older=H,H bad_text= good_text=
 *	release  name= commit= verdict=good|bad|untestable
 *	good     commit=                        (of the release found)
 *	decide   act= why= commit= runs= p_bad= p_testable= bits= cost= posterior= entropy= left=
 *	building n= commit= [change= changed=]  (numbers in flight are not used again)
 *	build    n= commit= [change= changed=] outcome= reason= signature= elapsed_us=
 *	running  n=
 *	run      n= commit= [change= changed=] verdict= q= title= symptom= because= end= value= stopped= elapsed_us= bytes=
 *	learn    commit=
 *	judge    n= verdict= q= title= symptom= because=
 *	check    commit= change= changed= outcome= shown= clean=
 *
 * A record of an unknown type is refused: it comes from a newer culprit whose
 * decisions rest on something that this one does not know.
 */
#include "session/session_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How long an earlier session's guardians may take to clean up. */
#define LOCK_WAIT_MS 15000

static const char *const check_names[] = { "confirms", "contradicts", "undecided", "conflict", "untestable" };

const char *session_check_name(enum session_check_outcome outcome)
{
	return check_names[outcome];
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

/* --------------------------------------------------------- small things */

/* The place for one more element, zeroed; NULL when out of memory. */
static void *append(void *array, uint32_t *n, uint32_t *cap, size_t size)
{
	void **p = array;

	if (*n == *cap) {
		uint32_t grown = *cap ? *cap * 2 : 16;
		void *bigger = reallocarray(*p, grown, size);

		if (!bigger)
			return NULL;
		*p = bigger;
		*cap = grown;
	}
	return memset((char *)*p + (size_t)(*n)++ * size, 0, size);
}

#define APPEND(s, what) append(&(s)->what, &(s)->n_##what, &(s)->cap_##what, sizeof(*(s)->what))

static struct culprit_error *missing(const struct journal_record *record)
{
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "a '%s' record lacks a field or has a wrong one", record->type);
}

static bool get_hash(const struct journal_record *record, const char *key, struct git_hash *ret)
{
	const char *value = journal_get(record, key);

	if (!value || strlen(value) >= sizeof(ret->hex))
		return false;
	strcpy(ret->hex, value);
	return true;
}

static bool get_subject(const struct journal_record *record, struct subject *ret)
{
	const char *change = journal_get(record, "change");

	if (!get_hash(record, "commit", &ret->commit))
		return false;
	if (!change)
		return true;
	ret->change = !strcmp(change, "revert") ? GIT_REVERT : GIT_CHERRY_PICK;
	return get_hash(record, "changed", &ret->changed);
}

static void add_subject(struct journal_draft *draft, const struct subject *subject)
{
	journal_add(draft, "commit", subject->commit.hex);
	if (!subject->changed.hex[0])
		return;
	journal_add(draft, "change", subject->change == GIT_REVERT ? "revert" : "cherry-pick");
	journal_add(draft, "changed", subject->changed.hex);
}

/* False when out of memory; *ret stays NULL where the field is not there. */
static bool get_text(const struct journal_record *record, const char *key, char **ret)
{
	const char *value = journal_get(record, key);

	if (!value)
		return true;
	*ret = strdup(value);
	return *ret != NULL;
}

/* -------------------------------------------------------------- records */

static struct culprit_error *add_fact(struct session *s, enum session_fact_kind kind, uint32_t index)
{
	struct session_fact *fact = APPEND(s, facts);

	if (!fact)
		return &culprit_error_no_memory;
	*fact = (struct session_fact){ kind, index };
	return NULL;
}

static struct culprit_error *apply_open(struct session *s, const struct journal_record *record)
{
	/* The time since the last record was nobody's. */
	s->last_us = record->time_us;
	return add_fact(s, FACT_OPEN, 0);
}

static struct culprit_error *apply_begin(struct session *s, const struct journal_record *record)
{
	const char *older = journal_get(record, "older");

	if (journal_get_u64(record, "version", 0) != 1)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "the journal is of another version of culprit");
	if (!get_hash(record, "newer", &s->newer) || !older)
		return missing(record);
	s->older = calloc(strlen(older) / 41 + 1, sizeof(*s->older));
	if (!s->older || !get_text(record, "bad_text", &s->bad_text) || !get_text(record, "good_text", &s->good_text))
		return &culprit_error_no_memory;
	while (*older) {
		size_t len = strcspn(older, ",");

		if (len != 40 && len != 64)
			return missing(record);
		memcpy(s->older[s->n_older++].hex, older, len);
		older += len + (older[len] == ',');
	}
	s->begun = true;
	return NULL;
}

static struct culprit_error *apply_release(struct session *s, const struct journal_record *record)
{
	struct session_release *release = APPEND(s, releases);
	const char *verdict = journal_get(record, "verdict");

	if (!release || !get_text(record, "name", &release->name))
		return &culprit_error_no_memory;
	if (!release->name || !verdict || !get_hash(record, "commit", &release->commit))
		return missing(record);
	release->good = !strcmp(verdict, "good");
	release->bad = !strcmp(verdict, "bad");
	return NULL;
}

static struct culprit_error *apply_good(struct session *s, const struct journal_record *record)
{
	struct git_hash *grown = reallocarray(s->older, s->n_older + 1, sizeof(*grown));

	if (!grown)
		return &culprit_error_no_memory;
	s->older = grown;
	grown[s->n_older] = (struct git_hash){ "" };
	return get_hash(record, "commit", &grown[s->n_older++]) ? NULL : missing(record);
}

static bool parse_act(const char *name, enum bisect_act *ret)
{
	for (int i = 0; name && i <= BISECT_GIVE_UP; i++) {
		if (!strcmp(bisect_act_name((enum bisect_act)i), name)) {
			*ret = (enum bisect_act)i;
			return true;
		}
	}
	return false;
}

static bool parse_why(const char *name, enum bisect_why *ret)
{
	for (int i = 0; name && i < BISECT_WHYS; i++) {
		if (!strcmp(bisect_why_name((enum bisect_why)i), name)) {
			*ret = (enum bisect_why)i;
			return true;
		}
	}
	return false;
}

static struct culprit_error *apply_decide(struct session *s, const struct journal_record *record)
{
	struct session_decision *d = APPEND(s, decisions);

	if (!d)
		return &culprit_error_no_memory;
	if (!parse_act(journal_get(record, "act"), &d->act) || !parse_why(journal_get(record, "why"), &d->why) ||
	    (journal_get(record, "commit") && !get_hash(record, "commit", &d->commit)))
		return missing(record);
	d->n_runs = (uint32_t)journal_get_u64(record, "runs", 0);
	d->p_bad = journal_get_double(record, "p_bad", 0);
	d->p_testable = journal_get_double(record, "p_testable", 0);
	d->bits = journal_get_double(record, "bits", 0);
	d->cost = journal_get_double(record, "cost", 0);
	d->posterior = journal_get_double(record, "posterior", 0);
	d->entropy = journal_get_double(record, "entropy", 0);
	d->n_left = (uint32_t)journal_get_u64(record, "left", 0);
	d->n_facts = s->n_facts;
	d->time_us = record->time_us;
	return NULL;
}

static void use_number(const struct journal_record *record, uint32_t *next)
{
	uint64_t n = journal_get_u64(record, "n", 0);

	if (n >= *next && n < UINT32_MAX)
		*next = (uint32_t)n + 1;
}

static struct culprit_error *apply_building(struct session *s, const struct journal_record *record)
{
	use_number(record, &s->next_build);
	return NULL;
}

static struct culprit_error *apply_running(struct session *s, const struct journal_record *record)
{
	use_number(record, &s->next_run);
	return NULL;
}

static struct culprit_error *apply_build(struct session *s, const struct journal_record *record)
{
	struct session_build *build = APPEND(s, builds);
	const char *outcome = journal_get(record, "outcome"), *text;

	if (!build)
		return &culprit_error_no_memory;
	if (!outcome || !build_outcome_parse(outcome, &build->result.outcome) || !get_subject(record, &build->subject))
		return missing(record);
	build->number = (uint32_t)journal_get_u64(record, "n", 0);
	text = journal_get(record, "reason");
	snprintf(build->result.reason, sizeof(build->result.reason), "%s", text ? text : "");
	text = journal_get(record, "signature");
	snprintf(build->result.signature, sizeof(build->result.signature), "%s", text ? text : "");
	text = journal_get(record, "image");
	if (text)
		parse_hex64(span_of(text), &build->result.image, NULL);
	build->result.elapsed_us = (int64_t)journal_get_u64(record, "elapsed_us", 0);
	build->time_us = record->time_us;
	use_number(record, &s->next_build);
	return add_fact(s, FACT_BUILD, s->n_builds - 1);
}

static struct culprit_error *take_judgement(struct session_run *run, const struct journal_record *record)
{
	const char *verdict = journal_get(record, "verdict");

	if (!verdict || !verdict_parse(verdict, &run->verdict))
		return missing(record);
	run->q = journal_get_double(record, "q", 0);
	free(run->title);
	free(run->symptom);
	free(run->why);
	run->title = run->symptom = run->why = NULL;
	return get_text(record, "title", &run->title) && get_text(record, "symptom", &run->symptom) &&
	       get_text(record, "because", &run->why) ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *apply_run(struct session *s, const struct journal_record *record)
{
	struct session_run *run = APPEND(s, runs);
	struct culprit_error *err;

	if (!run)
		return &culprit_error_no_memory;
	if (!get_subject(record, &run->subject))
		return missing(record);
	run->number = (uint32_t)journal_get_u64(record, "n", 0);
	run->end.outcome = (enum process_outcome)journal_get_u64(record, "end", PROCESS_EXITED);
	run->end.value = (int)journal_get_u64(record, "value", 0);
	run->end.stopped = journal_get_u64(record, "stopped", 0) != 0;
	run->end.elapsed_us = (int64_t)journal_get_u64(record, "elapsed_us", 0);
	run->log_bytes = journal_get_u64(record, "bytes", 0);
	run->time_us = record->time_us;
	use_number(record, &s->next_run);
	err = take_judgement(run, record);
	return err ? err : add_fact(s, FACT_RUN, s->n_runs - 1);
}

static struct culprit_error *apply_learn(struct session *s, const struct journal_record *record)
{
	(void)record;
	/* Also when no verdict changes: the commits' weights come from the profile. */
	s->learned = s->rejudged = true;
	return NULL;
}

static struct culprit_error *apply_judge(struct session *s, const struct journal_record *record)
{
	uint64_t number = journal_get_u64(record, "n", 0);

	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (s->runs[i].number != number)
			continue;
		s->rejudged = true;
		return take_judgement(&s->runs[i], record);
	}
	return missing(record);
}

static struct culprit_error *apply_check(struct session *s, const struct journal_record *record)
{
	struct session_check *check = APPEND(s, checks);
	const char *outcome = journal_get(record, "outcome");
	unsigned int i = 0;

	if (!check)
		return &culprit_error_no_memory;
	while (outcome && i < countof(check_names) && strcmp(check_names[i], outcome) != 0)
		i++;
	if (!outcome || i == countof(check_names) || !get_subject(record, &check->subject))
		return missing(record);
	check->outcome = (enum session_check_outcome)i;
	check->n_shown = (uint32_t)journal_get_u64(record, "shown", 0);
	check->n_clean = (uint32_t)journal_get_u64(record, "clean", 0);
	return NULL;
}

/* To add a record: its row, its function above, its line in the head comment. */
static const struct {
	const char *type;
	struct culprit_error *(*apply)(struct session *s, const struct journal_record *record);
} record_types[] = {
	{ "open", apply_open }, { "begin", apply_begin }, { "release", apply_release }, { "good", apply_good },
	{ "decide", apply_decide }, { "building", apply_building }, { "build", apply_build },
	{ "running", apply_running }, { "run", apply_run }, { "learn", apply_learn }, { "judge", apply_judge },
	{ "check", apply_check },
};

static struct culprit_error *apply(void *arg, const struct journal_record *record)
{
	struct session *s = arg;

	if (!s->first_us)
		s->first_us = record->time_us;
	for (size_t i = 0; i < countof(record_types); i++) {
		if (strcmp(record->type, record_types[i].type) != 0)
			continue;
		if (strcmp(record->type, "open") != 0 && s->last_us && record->time_us > s->last_us)
			s->active_us += record->time_us - s->last_us;
		s->last_us = record->time_us;
		return record_types[i].apply(s, record);
	}
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "a record of the unknown type '%s'", record->type);
}

/* -------------------------------------------------------------- journal */

struct culprit_error *session_journal_decision(struct session *session, const struct bisect_action *action)
{
	const struct session_decision *last = session->n_decisions ? &session->decisions[session->n_decisions - 1] : NULL;
	const char *commit = action->commit == BISECT_NONE ? "" : session->history.hashes[action->commit].hex;
	struct journal_draft draft;

	if (last && last->act == action->act && last->why == action->why && !strcmp(last->commit.hex, commit))
		return NULL;
	journal_begin(&draft, "decide");
	journal_add(&draft, "act", bisect_act_name(action->act));
	journal_add(&draft, "why", bisect_why_name(action->why));
	if (*commit)
		journal_add(&draft, "commit", commit);
	journal_add_f(&draft, "runs", "%u", action->n_runs);
	journal_add_f(&draft, "p_bad", "%.6g", action->p_bad);
	journal_add_f(&draft, "p_testable", "%.6g", action->p_testable);
	journal_add_f(&draft, "bits", "%.6g", action->bits);
	journal_add_f(&draft, "cost", "%.6g", action->cost);
	journal_add_f(&draft, "posterior", "%.9g", action->posterior);
	journal_add_f(&draft, "entropy", "%.6g", action->entropy);
	journal_add_f(&draft, "left", "%u", bisect_n_left(session->bisect));
	return journal_commit(session->journal, &draft);
}

void session_notify(struct session *session, const struct session_observer *observer, enum session_event event)
{
	if (observer && observer->notify)
		observer->notify(observer->arg, session, event);
}

/* ------------------------------------------------------ build and run */

struct ticker {
	struct session *session;
	const struct session_observer *observer;
};

static void tick(void *arg)
{
	struct ticker *ticker = arg;

	session_notify(ticker->session, ticker->observer, SESSION_TICK);
}

static struct culprit_error *journal_number(struct session *session, const char *type, uint32_t number,
					    const struct subject *subject)
{
	struct journal_draft draft;

	journal_begin(&draft, type);
	journal_add_f(&draft, "n", "%u", number);
	add_subject(&draft, subject);
	return journal_commit(session->journal, &draft);
}

void session_enter(struct session *session, enum session_phase phase, const struct subject *subject)
{
	struct timespec ts;

	if (session->phase == phase && subject_equal(&session->subject, subject))
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	session->phase = phase;
	session->subject = *subject;
	session->phase_since_us = ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

struct culprit_error *session_do_build(struct session *session, const struct session_observer *observer,
				       const struct subject *subject, const struct session_build **ret)
{
	struct ticker ticker = { session, observer };
	uint32_t number = session->next_build;
	struct build_result result;
	struct journal_draft draft;
	struct culprit_error *err;

	*ret = NULL;
	runner_cancel(session->runner);
	err = journal_number(session, "building", number, subject);
	if (err)
		return err;
	session_enter(session, PHASE_BUILDING, subject);
	session_notify(session, observer, SESSION_BUILDING);
	err = runner_build(session->runner, subject, number, tick, &ticker, &result);
	if (err || result.outcome == BUILD_CANCELLED)
		return err;
	journal_begin(&draft, "build");
	journal_add_f(&draft, "n", "%u", number);
	add_subject(&draft, subject);
	journal_add(&draft, "outcome", build_outcome_name(result.outcome));
	if (result.reason[0])
		journal_add(&draft, "reason", result.reason);
	if (result.signature[0])
		journal_add(&draft, "signature", result.signature);
	if (result.image)
		journal_add_f(&draft, "image", "%016" PRIx64, result.image);
	journal_add_f(&draft, "elapsed_us", "%" PRId64, result.elapsed_us);
	err = journal_commit(session->journal, &draft);
	if (err)
		return err;
	*ret = &session->builds[session->n_builds - 1];
	session_notify(session, observer, SESSION_BUILT);
	return NULL;
}

static void add_judgement(struct journal_draft *draft, const struct match_result *match)
{
	journal_add(draft, "verdict", verdict_name(match->verdict));
	journal_add_f(draft, "q", "%.6g", match->probability);
	journal_add(draft, "title", match->title);
	journal_add(draft, "symptom", match->symptom);
	if (match->n_evidence)
		journal_add(draft, "because", match->evidence[0].text);
}

struct culprit_error *session_journal_judgement(struct session *session, uint32_t number,
						const struct match_result *match)
{
	struct journal_draft draft;

	journal_begin(&draft, "judge");
	journal_add_f(&draft, "n", "%u", number);
	add_judgement(&draft, match);
	return journal_commit(session->journal, &draft);
}

static struct culprit_error *journal_run(struct session *session, const struct subject *subject,
					 const struct run_result *result)
{
	struct journal_draft draft;

	journal_begin(&draft, "run");
	journal_add_f(&draft, "n", "%u", result->number);
	add_subject(&draft, subject);
	add_judgement(&draft, &result->match);
	journal_add_f(&draft, "end", "%u", (unsigned int)result->end.outcome);
	journal_add_f(&draft, "value", "%d", result->end.value);
	if (result->end.stopped)
		journal_add(&draft, "stopped", "1");
	journal_add_f(&draft, "elapsed_us", "%" PRId64, result->end.elapsed_us);
	journal_add_f(&draft, "bytes", "%" PRIu64, result->log_bytes);
	return journal_commit(session->journal, &draft);
}

static struct culprit_error *start_runs(struct session *session, const struct session_observer *observer,
					const struct subject *subject, uint32_t n_parallel)
{
	struct culprit_error *err = NULL;

	while (!err && runner_n_running(session->runner) < n_parallel) {
		uint32_t number = session->next_run;

		err = journal_number(session, "running", number, subject);
		if (!err)
			err = runner_start(session->runner, subject, number);
		if (!err)
			session_notify(session, observer, SESSION_RUNNING);
	}
	return err;
}

struct culprit_error *session_do_run(struct session *session, const struct session_observer *observer,
				     const struct subject *subject, uint32_t n_parallel,
				     const struct session_run **ret)
{
	struct ticker ticker = { session, observer };
	struct run_result result;
	struct culprit_error *err;
	bool done;

	*ret = NULL;
	if (!subject_equal(&session->subject, subject))
		runner_cancel(session->runner);
	session_enter(session, PHASE_RUNNING, subject);
	err = start_runs(session, observer, subject, n_parallel);
	if (!err)
		err = runner_wait(session->runner, tick, &ticker, &result, &done);
	if (err || !done)
		return err;
	err = journal_run(session, subject, &result);
	run_result_deinit(&result);
	if (err)
		return err;
	*ret = &session->runs[session->n_runs - 1];
	session_notify(session, observer, SESSION_RAN);
	return NULL;
}

/* --------------------------------------------------------------- opening */

static char *path_in_state(const struct session *session, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", session->config->state, name) < 0 ? NULL : path;
}

/* "v6.1", "v6.1,v6.2" or "releases": what the user wrote. */
static char *spell_good(const struct config *config)
{
	struct buf text = { 0 };
	bool ok = buf_add_str(&text, config->releases ? "releases" : "");

	for (size_t i = 0; i < config->good.n && ok; i++)
		ok = buf_printf(&text, "%s%s", i ? "," : "", config->good.items[i]);
	if (ok)
		return text.data;
	buf_deinit(&text);
	return NULL;
}

static struct culprit_error *begin(struct session *s, const char *good_text)
{
	const struct config *config = s->config;
	bool fix = config->find == CONFIG_FIX;
	_cleanup_(buf_deinit) struct buf older = { 0 };
	const char *const *olds = fix ? &config->bad : config->good.items;
	size_t n_olds = fix ? 1 : config->good.n;
	struct journal_draft draft;
	struct git_hash newer, hash;
	struct culprit_error *err;

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
	return journal_commit(s->journal, &draft);
}

static struct culprit_error *check_begun(const struct session *s, const char *good_text)
{
	if (s->bad_text && s->good_text && !strcmp(s->bad_text, s->config->bad) && !strcmp(s->good_text, good_text))
		return NULL;
	return culprit_error_create(CULPRIT_ERROR_MISMATCH,
				    "%s names bad '%s' and good '%s', but the bisection in %s was begun with bad '%s' and good '%s'; "
				    "give it another 'state' or remove that directory",
				    s->config->path, s->config->bad, good_text, s->config->state,
				    s->bad_text ? s->bad_text : "?", s->good_text ? s->good_text : "?");
}

static struct culprit_error *open_journal(struct session *s, enum session_access access)
{
	_cleanup_(freep) char *path = path_in_state(s, "journal");
	struct journal_draft draft;
	struct culprit_error *err;

	if (!path)
		return &culprit_error_no_memory;
	if (access == SESSION_READ)
		return journal_scan(path, apply, s);
	if (mkdir(s->config->state, 0777) < 0 && errno != EEXIST)
		return culprit_error_errno("cannot make %s", s->config->state);
	err = journal_open(path, LOCK_WAIT_MS, s->cancel_fd, apply, s, &s->journal);
	if (err)
		return err;
	journal_begin(&draft, "open");
	journal_add_f(&draft, "pid", "%d", getpid());
	return journal_commit(s->journal, &draft);
}

static struct culprit_error *open_all(struct session *s, const char *config_path, enum session_access access)
{
	_cleanup_(freep) char *good_text = NULL;
	struct culprit_error *err;

	err = config_load(config_path, &s->config);
	if (!err)
		err = git_open(s->config->repository, &s->git);
	if (!err)
		err = open_journal(s, access);
	if (err)
		return err;
	good_text = spell_good(s->config);
	if (!good_text)
		return &culprit_error_no_memory;
	if (s->begun)
		err = check_begun(s, good_text);
	else if (access == SESSION_WRITE)
		err = begin(s, good_text);
	else
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no bisection was started in %s", s->config->state);
	if (!err)
		err = culprit_patterns_load(s->config->patterns.items, s->config->patterns.n, &s->patterns);
	if (!err)
		err = session_load_profile(s);
	if (!err && s->n_older)
		err = session_build_graph(s);
	return err;
}

struct culprit_error *session_open(const char *config_path, enum session_access access, int cancel_fd,
				   struct session **ret)
{
	_cleanup_(session_closep) struct session *session = calloc(1, sizeof(*session));
	struct culprit_error *err;

	if (!session)
		return &culprit_error_no_memory;
	session->cancel_fd = cancel_fd;
	session->next_build = session->next_run = 1;
	err = open_all(session, config_path, access);
	if (!err)
		*ret = no_free_ptr(session);
	return err;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	runner_destroy(s->runner);
	bisect_destroy(s->bisect);
	git_history_deinit(&s->history);
	for (uint32_t i = 0; i < s->n_runs; i++) {
		free(s->runs[i].title);
		free(s->runs[i].symptom);
		free(s->runs[i].why);
	}
	for (uint32_t i = 0; i < s->n_releases; i++)
		free(s->releases[i].name);
	free(s->older);
	free(s->bad_text);
	free(s->good_text);
	free(s->builds);
	free(s->runs);
	free(s->decisions);
	free(s->facts);
	free(s->checks);
	free(s->releases);
	profile_destroy(s->profile);
	match_rules_destroy(s->rules);
	if (s->patterns)
		culprit_patterns_destroy(s->patterns);
	journal_close(s->journal);
	git_destroy(s->git);
	config_destroy(s->config);
	free(s);
}

void session_closep(struct session **session)
{
	session_close(*session);
}

uint32_t session_find(const struct session *session, const char *hex)
{
	return session->has_graph ? git_history_find(&session->history, hex) : UINT32_MAX;
}
