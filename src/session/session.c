/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session: from journal records to state (drive*.c writes them).  Records, one per line (journal.h has
 * the line's form):
 *
 *	open     pid=
 *	inputs   of=build|run|target items=     (what evidence from here on rests on: inputs.h)
 *	reset    kept= next_build= next_run=    (records were left out; the journal before is in KEPT)
 *	begin    version=1 newer= older=H,H bad_text= good_text=
 *	release  name= commit= verdict=good|bad|untestable
 *	good     commit=                        (of the release found)
 *	decide   act= why= commit= runs= p_bad= p_testable= bits= cost= posterior= entropy= left=
 *	building n= commit= [change= changed=]  (numbers in flight are not used again)
 *	build    n= commit= [change= changed=] outcome= reason= fixup= signature= image= proof= elapsed_us=
 *	running  n= commit= [change= changed=]
 *	run      n= commit= [change= changed=] verdict= q= title= symptom= because= end= value= [stopped= lost=]
 *	         elapsed_us= bytes=
 *	cut      n= commit= elapsed_us=         (ended while nothing had crashed: survived so far)
 *	learn    commit=
 *	judge    n= verdict= q= title= symptom= because=
 *	distrust commit=                        (its image by the rule is not what it was taken for)
 *	title    text= same=0|1                 (a crash that is the target under another name, or is not)
 *	minimal  config= options= of=           (the smallest kernel configuration: configs/NAME)
 *	check    commit= change= changed= outcome= shown= clean=
 *
 * A record of an unknown type is refused: it comes from a newer culprit whose
 * decisions rest on something that this one does not know.
 */
#include "session/session_internal.h"

#include <inttypes.h>
#include <stdio.h>

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
	ret->change = !strcmp(change, "revert") ? GIT_REVERT : !strcmp(change, "config") ? GIT_UNCHANGED : GIT_CHERRY_PICK;
	return get_hash(record, "changed", &ret->changed);
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
	if (s->begun || s->older || s->bad_text || s->good_text)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "a bisection that was begun is begun once more");
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
	snprintf(s->id, sizeof(s->id), "%012" PRIx64,
		 (hash_bytes(s->newer.hex, strlen(s->newer.hex)) ^ (uint64_t)record->time_us) & 0xffffffffffff);
	return NULL;
}

static struct culprit_error *apply_inputs(struct session *s, const struct journal_record *record)
{
	enum input_group group;

	if (!input_group_parse(journal_get(record, "of"), &group))
		return missing(record);
	free(s->inputs[group]);
	s->inputs[group] = NULL;
	return get_text(record, "items", &s->inputs[group]) ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *apply_reset(struct session *s, const struct journal_record *record)
{
	uint32_t build = (uint32_t)journal_get_u64(record, "next_build", 0);
	uint32_t run = (uint32_t)journal_get_u64(record, "next_run", 0);

	s->next_build = build > s->next_build ? build : s->next_build;
	s->next_run = run > s->next_run ? run : s->next_run;
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

static struct culprit_error *take_off(struct session *s, const struct journal_record *record, bool build)
{
	struct session_flight *flight = APPEND(s, flights);

	if (!flight)
		return &culprit_error_no_memory;
	flight->build = build;
	flight->number = (uint32_t)journal_get_u64(record, "n", 0);
	/* Older journals do not say of which commit: nothing of theirs goes on. */
	if (!get_subject(record, &flight->subject))
		s->n_flights--;
	return NULL;
}

/* What has landed was among the last to take off. */
static void land(struct session *s, bool build, uint32_t number)
{
	for (uint32_t i = s->n_flights; i-- > 0;) {
		if (s->flights[i].build != build || s->flights[i].number != number)
			continue;
		memmove(&s->flights[i], &s->flights[i + 1], (--s->n_flights - i) * sizeof(*s->flights));
		return;
	}
}

static struct culprit_error *apply_building(struct session *s, const struct journal_record *record)
{
	use_number(record, &s->next_build);
	return take_off(s, record, true);
}

static struct culprit_error *apply_running(struct session *s, const struct journal_record *record)
{
	use_number(record, &s->next_run);
	return take_off(s, record, false);
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
	text = journal_get(record, "fixup");
	snprintf(build->result.fixup, sizeof(build->result.fixup), "%s", text ? text : "");
	text = journal_get(record, "signature");
	snprintf(build->result.signature, sizeof(build->result.signature), "%s", text ? text : "");
	text = journal_get(record, "image");
	if (text)
		parse_hex64(span_of(text), &build->result.image, NULL);
	text = journal_get(record, "proof");
	if (text)
		parse_hex64(span_of(text), &build->result.proof, NULL);
	build->result.elapsed_us = (int64_t)journal_get_u64(record, "elapsed_us", 0);
	build->time_us = record->time_us;
	use_number(record, &s->next_build);
	land(s, true, build->number);
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
	const char *lost = journal_get(record, "lost");
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
	snprintf(run->end.lost, sizeof(run->end.lost), "%s", lost ? lost : "");
	run->log_bytes = journal_get_u64(record, "bytes", 0);
	run->time_us = record->time_us;
	use_number(record, &s->next_run);
	land(s, false, run->number);
	err = take_judgement(run, record);
	if (!err)
		err = add_fact(s, FACT_RUN, s->n_runs - 1);
	if (!err)
		s->n_probes += session_is_probe(s, s->n_facts - 1);
	return err;
}

static struct culprit_error *apply_cut(struct session *s, const struct journal_record *record)
{
	struct session_cut *cut = APPEND(s, cuts);

	if (!cut)
		return &culprit_error_no_memory;
	if (!get_subject(record, &cut->subject))
		return missing(record);
	cut->number = (uint32_t)journal_get_u64(record, "n", 0);
	cut->elapsed_us = (int64_t)journal_get_u64(record, "elapsed_us", 0);
	cut->n_facts = s->n_facts;
	use_number(record, &s->next_run);
	land(s, false, cut->number);
	s->asked = false;
	return NULL;
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
	while (outcome && i < SESSION_CHECK_OUTCOMES && strcmp(session_check_name((enum session_check_outcome)i), outcome) != 0)
		i++;
	if (!outcome || i == SESSION_CHECK_OUTCOMES || !get_subject(record, &check->subject))
		return missing(record);
	check->outcome = (enum session_check_outcome)i;
	check->n_shown = (uint32_t)journal_get_u64(record, "shown", 0);
	check->n_clean = (uint32_t)journal_get_u64(record, "clean", 0);
	return NULL;
}

static struct culprit_error *apply_minimal(struct session *s, const struct journal_record *record)
{
	s->minimal = (struct session_minimal){
		.n_options = (uint32_t)journal_get_u64(record, "options", 0),
		.n_of = (uint32_t)journal_get_u64(record, "of", 0),
	};
	return get_hash(record, "config", &s->minimal.config) ? NULL : missing(record);
}

static struct culprit_error *apply_distrust(struct session *s, const struct journal_record *record)
{
	(void)record;
	/* Commits that shared an image so far have to be told to the policy anew. */
	s->images_distrusted = s->rejudged = true;
	return NULL;
}

static struct culprit_error *apply_title(struct session *s, const struct journal_record *record)
{
	struct session_title *title = APPEND(s, titles);

	if (!title || !get_text(record, "text", &title->text))
		return &culprit_error_no_memory;
	title->same = journal_get_u64(record, "same", 0) != 0;
	/* The profile changes with it. */
	s->rejudged = true;
	return title->text ? NULL : missing(record);
}

/* To add a record: its row, its function above, its line in the head comment. */
static const struct {
	const char *type;
	struct culprit_error *(*apply)(struct session *s, const struct journal_record *record);
} record_types[] = {
	{ "open", apply_open }, { "begin", apply_begin }, { "release", apply_release }, { "good", apply_good },
	{ "decide", apply_decide }, { "building", apply_building }, { "build", apply_build },
	{ "running", apply_running }, { "run", apply_run }, { "learn", apply_learn }, { "judge", apply_judge },
	{ "check", apply_check }, { "inputs", apply_inputs }, { "reset", apply_reset },
	{ "distrust", apply_distrust }, { "title", apply_title }, { "cut", apply_cut },
	{ "minimal", apply_minimal },
};

struct culprit_error *session_apply(void *arg, const struct journal_record *record)
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

/* -------------------------------------------------------------- queries */

bool session_budget_is_spent(const struct session *session)
{
	const struct config *c = session->config;

	return (c->max_runs && session->n_runs - session->n_probes >= c->max_runs) || (c->max_builds && session->n_builds >= c->max_builds) ||
	       session_over_hours(session);
}

/* --------------------------------------------------------------- opening */

/* "v6.1", "v6.1,v6.2" or "releases": what the user wrote. */
char *session_spell_good(const struct config *config)
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

static struct culprit_error *check_begun(const struct session *s, const char *good_text)
{
	if (s->bad_text && s->good_text && !strcmp(s->bad_text, s->config->bad) && !strcmp(s->good_text, good_text))
		return NULL;
	return culprit_error_create(CULPRIT_ERROR_MISMATCH,
				    "%s names bad '%s' and good '%s', but the bisection in %s was begun with bad '%s' and good '%s'; "
				    "'culprit bisect reset --all' begins anew (the old journal is kept), another 'state' keeps both",
				    s->config->path, s->config->bad, good_text, s->config->state,
				    s->bad_text ? s->bad_text : "?", s->good_text ? s->good_text : "?");
}

struct culprit_error *session_create(const char *config_path, struct session **ret)
{
	_cleanup_(session_closep) struct session *session = calloc(1, sizeof(*session));
	struct culprit_error *err;

	if (!session)
		return &culprit_error_no_memory;
	session->next_build = session->next_run = 1;
	err = config_load(config_path, &session->config);
	if (!err)
		err = git_open(session->config->repository, &session->git);
	if (!err)
		*ret = no_free_ptr(session);
	return err;
}

static struct culprit_error *check_there(const struct session *s, const char *hex)
{
	struct git_hash found;
	struct culprit_error *err = git_resolve(s->git, hex, &found);

	if (!err || culprit_error_code(err) != CULPRIT_ERROR_NOT_FOUND)
		return err;
	culprit_error_destroy(err);
	return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "commit %s, an end of this bisection, is no longer in %s: fetch it again "
				    "('git fetch REMOTE %s'), or 'culprit bisect reset --all' begins anew", hex,
				    git_directory(s->git), hex);
}

/* A branch that was written anew, and git gc after it, take commits away. */
static struct culprit_error *check_ends(const struct session *s)
{
	struct culprit_error *err = check_there(s, s->newer.hex);

	for (size_t i = 0; i < s->n_older && !err; i++)
		err = check_there(s, s->older[i].hex);
	return err;
}

struct culprit_error *session_complete(struct session *s)
{
	_cleanup_(freep) char *good_text = session_spell_good(s->config);
	struct culprit_error *err;

	if (!good_text)
		return &culprit_error_no_memory;
	if (!s->begun)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no bisection was started in %s", s->config->state);
	err = check_begun(s, good_text);
	if (!err)
		err = check_ends(s);
	if (!err)
		err = culprit_patterns_load(s->config->patterns.items, s->config->patterns.n, &s->patterns);
	if (!err)
		err = session_load_profile(s);
	if (!err && s->n_older)
		err = session_build_graph(s);
	return err;
}

struct culprit_error *session_open(const char *config_path, struct session **ret)
{
	_cleanup_(session_closep) struct session *session = NULL;
	_cleanup_(freep) char *path = NULL;
	struct culprit_error *err = session_create(config_path, &session);

	if (err)
		return err;
	path = config_in_state(session->config, "journal");
	if (!path)
		return &culprit_error_no_memory;
	err = journal_scan(path, session_apply, session);
	if (!err)
		err = session_complete(session);
	if (!err)
		*ret = no_free_ptr(session);
	return err;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	bisect_destroy(s->bisect);
	git_history_deinit(&s->history);
	for (uint32_t i = 0; i < s->n_runs; i++) {
		free(s->runs[i].title);
		free(s->runs[i].symptom);
		free(s->runs[i].why);
	}
	for (uint32_t i = 0; i < s->n_releases; i++)
		free(s->releases[i].name);
	for (uint32_t i = 0; i < s->n_titles; i++)
		free(s->titles[i].text);
	free(s->titles);
	free(s->cuts);
	free(s->flights);
	free(s->older);
	for (int i = 0; i < INPUT_GROUPS; i++)
		free(s->inputs[i]);
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
	git_destroy(s->git);
	config_destroy(s->config);
	free(s);
}

void session_closep(struct session **session)
{
	session_close(*session);
}
