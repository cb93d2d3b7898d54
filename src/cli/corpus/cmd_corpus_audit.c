/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus audit: does every pattern have a case that proves it, and
 * does every case prove something?
 *
 * Each pattern, and each form of a pattern that has several, is switched off in
 * memory; the cases that it could matter to are read again.  A case notices
 * when something is wrong that was right before.
 *
 * What it could matter to: for a pattern, logs that hold one of its banners (or
 * all, for a pattern made by an event); for a form, cases whose first report is
 * of its pattern.  Others are not read again, for nothing can change there.
 *
 * A case earns its keep when it notices something that no earlier case of the
 * same title notices; one without title, when its log holds a banner, or is a
 * whole boot.  Others are listed with -v only and fail nothing: the removal of a
 * pattern cannot tell what another console, architecture or context proves.
 */
#include <pthread.h>
#include <stdio.h>

#include "cli/corpus/corpus.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "pattern/pattern.h"

#define WHOLE_PATTERN SIZE_MAX

/* What is switched off. */
struct removal {
	size_t pattern, form;		/* indexes; form may be WHOLE_PATTERN */
	bool *noticed;			/* by case */
	size_t n_noticed;
};

struct baseline {
	unsigned int wrong;
	const char *pattern;		/* of the first report; borrowed from the set; NULL: none */
};

struct audit {
	struct corpus_settings settings;
	enum option_format format;
	bool verbose, whole;
	struct culprit_patterns *patterns;
	struct case_list list;
	struct baseline *baselines;	/* of list.n */
	bool *holds;			/* list.n times n_patterns: the log holds a banner of the pattern */
	struct removal *removals;
	size_t n_removals;
	struct culprit_error *err;	/* the first; set under lock */
	pthread_mutex_t lock;
};

static void keep_error(struct audit *audit, struct culprit_error *err)
{
	if (!err)
		return;
	pthread_mutex_lock(&audit->lock);
	if (!audit->err)
		audit->err = no_free_ptr(err);
	pthread_mutex_unlock(&audit->lock);
	culprit_error_destroy(err);
}

/* ------------------------------------------------------------- baseline */

static bool holds_banner(const struct culprit_patterns *set, const struct pattern *pattern, struct span log)
{
	if (pattern->event)
		return true;
	for (size_t i = 0; i < pattern->n_banners; i++) {
		const struct banner *banner = &set->banners[pattern->banners[i]];

		if (span_find(log, (struct span){ banner->literal, banner->len }) >= 0)
			return true;
	}
	return false;
}

static void read_baseline(void *arg, size_t i)
{
	struct audit *audit = arg;
	const struct corpus_case *c = &audit->list.cases[i];
	const struct culprit_patterns *set = audit->patterns;
	struct culprit_error *err;
	struct reading reading;

	for (size_t j = 0; j < set->n_patterns; j++)
		audit->holds[i * set->n_patterns + j] = holds_banner(set, &set->patterns[j], c->log);
	err = reading_create(set, c, &reading);
	if (err) {
		keep_error(audit, err);
		return;
	}
	audit->baselines[i].wrong = reading.wrong;
	if (reading.report && reading.report->pattern) {
		ptrdiff_t found = pattern_set_find(set, reading.report->pattern);

		/* The report's own copy goes with it. */
		audit->baselines[i].pattern = found < 0 ? NULL : set->patterns[found].name;
	}
	reading_deinit(&reading);
}

/* ------------------------------------------------------------- removing */

static bool could_matter(const struct audit *audit, const struct removal *removal, size_t i)
{
	const struct pattern *pattern = &audit->patterns->patterns[removal->pattern];
	const char *first = audit->baselines[i].pattern;

	if (removal->form == WHOLE_PATTERN)
		return audit->holds[i * audit->patterns->n_patterns + removal->pattern];
	return first && !strcmp(first, pattern->name);
}

static struct culprit_error *try_case(const struct audit *audit, const struct culprit_patterns *set,
				      struct removal *removal, size_t i)
{
	struct reading reading;
	struct culprit_error *err = reading_create(set, &audit->list.cases[i], &reading);

	if (err)
		return err;
	removal->noticed[i] = reading.wrong & ~audit->baselines[i].wrong;
	removal->n_noticed += removal->noticed[i];
	reading_deinit(&reading);
	return NULL;
}

/* Sets are for one thread here: each removal loads its own. */
static void try_removal(void *arg, size_t which)
{
	struct audit *audit = arg;
	struct removal *removal = &audit->removals[which];
	struct culprit_patterns *set = NULL;
	struct culprit_error *err;

	err = culprit_patterns_load(audit->settings.pattern_dirs.values, audit->settings.pattern_dirs.n, &set);
	if (!err)
		err = pattern_set_read_forms(set);
	if (!err) {
		struct pattern *pattern = &set->patterns[removal->pattern];

		if (removal->form == WHOLE_PATTERN)
			pattern->disabled = true;
		else
			pattern->forms[removal->form].disabled = true;
	}
	for (size_t i = 0; !err && i < audit->list.n; i++) {
		if (could_matter(audit, removal, i))
			err = try_case(audit, set, removal, i);
	}
	culprit_patterns_destroy(set);
	keep_error(audit, err);
}

static struct culprit_error *add_removal(struct audit *audit, size_t pattern, size_t form)
{
	struct removal *removal = &audit->removals[audit->n_removals++];

	*removal = (struct removal){ .pattern = pattern, .form = form };
	removal->noticed = calloc(audit->list.n, sizeof(*removal->noticed));
	return removal->noticed ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *list_removals(struct audit *audit)
{
	const struct culprit_patterns *set = audit->patterns;
	struct culprit_error *err = NULL;
	size_t n = 0;

	for (size_t i = 0; i < set->n_patterns; i++)
		n += 1 + set->patterns[i].n_forms;
	audit->removals = calloc(n + 1, sizeof(*audit->removals));
	if (!audit->removals)
		return &culprit_error_no_memory;
	for (size_t i = 0; !err && i < set->n_patterns; i++) {
		const struct pattern *pattern = &set->patterns[i];

		if (pattern->disabled)
			continue;
		err = add_removal(audit, i, WHOLE_PATTERN);
		if (audit->whole || pattern->n_forms < 2)
			continue;
		for (size_t j = 0; !err && j < pattern->n_forms; j++)
			err = add_removal(audit, i, j);
	}
	return err;
}

static struct culprit_error *run_audit(struct audit *audit)
{
	struct culprit_error *err = list_removals(audit);

	if (err)
		return err;
	audit->baselines = calloc(audit->list.n, sizeof(*audit->baselines));
	audit->holds = calloc(audit->list.n, audit->patterns->n_patterns + 1);
	if (!audit->baselines || !audit->holds)
		return &culprit_error_no_memory;
	corpus_for_all(audit->list.n, audit->settings.n_jobs, false, read_baseline, audit);
	if (!audit->err)
		corpus_for_all(audit->n_removals, audit->settings.n_jobs, true, try_removal, audit);
	return no_free_ptr(audit->err);
}

/* ------------------------------------------------------------- judging */

/* Whether every removal that case i notices is noticed by case j, too. */
static bool says_no_more(const struct audit *audit, size_t i, size_t j)
{
	for (size_t k = 0; k < audit->n_removals; k++) {
		if (audit->removals[k].noticed[i] && !audit->removals[k].noticed[j])
			return false;
	}
	return true;
}

static bool holds_any_banner(const struct audit *audit, size_t i)
{
	for (size_t k = 0; k < audit->patterns->n_patterns; k++) {
		if (!audit->patterns->patterns[k].event && audit->holds[i * audit->patterns->n_patterns + k])
			return true;
	}
	return false;
}

/* Why a case is not worth keeping, with another case's name; NULL: it is. */
static const char *useless_because(const struct audit *audit, size_t i, const char **ret_other)
{
	const struct corpus_case *c = &audit->list.cases[i];
	bool notices = false;

	*ret_other = NULL;
	if (audit->baselines[i].wrong || c->guilty_file)
		return NULL;
	if (!c->title) {
		if (holds_any_banner(audit, i) || span_find(c->log, SPAN("Linux version")) >= 0)
			return NULL;
		return "expects no report, but holds nothing that could be taken for one";
	}
	for (size_t k = 0; k < audit->n_removals; k++)
		notices |= audit->removals[k].noticed[i];
	if (!notices)
		return "notices the removal of no pattern";
	for (size_t j = 0; j < i; j++) {
		const char *title = audit->list.cases[j].title;

		if (title && !strcmp(title, c->title) && c->has_report <= audit->list.cases[j].has_report &&
		    says_no_more(audit, i, j)) {
			*ret_other = audit->list.cases[j].name;
			return "has the title of another case, and says no more than it:";
		}
	}
	return NULL;
}

/* ------------------------------------------------------------- printing */

static void removal_names(const struct audit *audit, const struct removal *removal, const char **ret_pattern,
			  const char **ret_form, const struct pattern_place **ret_place)
{
	const struct pattern *pattern = &audit->patterns->patterns[removal->pattern];
	const struct form *form = removal->form == WHOLE_PATTERN ? NULL : &pattern->forms[removal->form];

	*ret_pattern = pattern->name;
	*ret_form = form ? form->name : NULL;
	*ret_place = form ? &form->place : &pattern->place;
}

static void print_removal(const struct audit *audit, const struct removal *removal)
{
	const char *pattern, *form, *dash = "";
	const struct pattern_place *place;
	bool color = audit->settings.color;

	removal_names(audit, removal, &pattern, &form, &place);
	if (removal->n_noticed && !audit->verbose)
		return;
	printf("%s:%u: %s%s%s%s%s", place->file ? place->file : "?", place->line, text_paint(removal->n_noticed ?
	       TEXT_GOOD : TEXT_BAD, color), pattern, form ? "/" : "", form ? form : "", text_paint(TEXT_PLAIN, color));
	if (!removal->n_noticed) {
		printf(": no case notices its removal\n");
		return;
	}
	printf(": %zu case%s:", removal->n_noticed, removal->n_noticed == 1 ? "" : "s");
	for (size_t i = 0; i < audit->list.n; i++) {
		if (removal->noticed[i]) {
			printf("%s %s", dash, audit->list.cases[i].name);
			dash = ",";
		}
	}
	putchar('\n');
}

static size_t count_unnoticed(const struct audit *audit)
{
	size_t n = 0;

	for (size_t k = 0; k < audit->n_removals; k++)
		n += !audit->removals[k].n_noticed;
	return n;
}

static void print_text(const struct audit *audit)
{
	size_t n_useless = 0, n_failing = 0;

	for (size_t k = 0; k < audit->n_removals; k++)
		print_removal(audit, &audit->removals[k]);
	for (size_t i = 0; i < audit->list.n; i++) {
		const char *other, *why = useless_because(audit, i, &other);

		n_failing += audit->baselines[i].wrong != 0;
		n_useless += why != NULL;
		if (why && audit->verbose)
			printf("%s %s%s%s\n", audit->list.cases[i].name, why, other ? " " : "", other ? other : "");
	}
	printf("%zu patterns and forms, %zu that no case exercises; %zu cases, %zu that could go", audit->n_removals,
	       count_unnoticed(audit), audit->list.n, n_useless);
	if (n_failing)
		printf(", %zu that fail and prove nothing", n_failing);
	putchar('\n');
}

static bool add_json_removal(struct buf *buf, const struct audit *audit, const struct removal *removal)
{
	const char *pattern, *form;
	const struct pattern_place *place;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *noticed;

	removal_names(audit, removal, &pattern, &form, &place);
	json_put_str(&json, root, "object", "removal");
	json_put_int(&json, root, "schema_version", JSON_SCHEMA_VERSION);
	json_put_str(&json, root, "pattern", pattern);
	json_put_str(&json, root, "form", form);
	json_put_str(&json, root, "file", place->file);
	json_put_int(&json, root, "line", place->line);
	noticed = json_put_array(&json, root, "noticed_by");
	for (size_t i = 0; i < audit->list.n; i++) {
		if (removal->noticed[i])
			json_add_str(&json, noticed, audit->list.cases[i].name);
	}
	return json_end(&json, root, buf);
}

static bool add_json_case(struct buf *buf, const struct audit *audit, size_t i)
{
	const char *other, *why = useless_because(audit, i, &other);
	struct json json = { 0 };
	struct json_t *root;

	if (!why)
		return true;
	root = json_begin(&json);
	json_put_str(&json, root, "object", "useless-case");
	json_put_int(&json, root, "schema_version", JSON_SCHEMA_VERSION);
	json_put_str(&json, root, "name", audit->list.cases[i].name);
	json_put_str(&json, root, "reason", why);
	json_put_str(&json, root, "other", other);
	return json_end(&json, root, buf);
}

static struct culprit_error *print_json(const struct audit *audit)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };

	for (size_t k = 0; k < audit->n_removals; k++) {
		if (!add_json_removal(&buf, audit, &audit->removals[k]))
			return &culprit_error_no_memory;
	}
	for (size_t i = 0; i < audit->list.n; i++) {
		if (!add_json_case(&buf, audit, i))
			return &culprit_error_no_memory;
	}
	fwrite(buf.data, 1, buf.len, stdout);
	return NULL;
}

/* ------------------------------------------------------------- command */

static void audit_deinit(struct audit *audit)
{
	for (size_t k = 0; k < audit->n_removals; k++)
		free(audit->removals[k].noticed);
	free(audit->removals);
	free(audit->baselines);
	free(audit->holds);
	case_list_deinit(&audit->list);
	culprit_patterns_destroy(audit->patterns);
	pthread_mutex_destroy(&audit->lock);
}

static int read_options(struct option_reader *reader, struct audit *audit)
{
	const struct option_def defs[] = {
		OPTION_FLAG('w', "whole", "try whole patterns only, not each of their forms", &audit->whole),
		OPTION_FLAG('v', "verbose", "name the cases that notice each removal, and those that could go",
			    &audit->verbose),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json", option_format_words, &audit->format),
		OPTION_PATTERNS('p', &audit->settings.pattern_dirs),
		CORPUS_JOBS_OPTION(&audit->settings),
		TEXT_COLOR_OPTION(&audit->settings.color_when),
		OPTION_HELP('h'),
	};

	reader->usage = "usage: culprit corpus audit [OPTIONS] [DIR|CASE...]\n\n"
			"Take each pattern, and each form of one, away in turn: which cases notice?\n";
	reader->notes = "Exit status: 0 all are noticed, 1 one is not, 2 usage or input error. Cases\n"
			"that could go are advice: they may show another console or architecture.\n";
	return corpus_read_options(reader, defs, countof(defs), &audit->settings);
}

int corpus_audit(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit corpus audit", argc, argv);
	_cleanup_(audit_deinit) struct audit audit = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct culprit_error *err;
	int code;

	corpus_settings_init(&audit.settings);
	code = read_options(&reader, &audit);
	if (code != OPTION_GO_ON)
		return code;
	err = corpus_load(&audit.settings, &reader, &audit.list);
	if (!err)
		err = culprit_patterns_load(audit.settings.pattern_dirs.values, audit.settings.pattern_dirs.n,
					    &audit.patterns);
	if (!err)
		err = pattern_set_read_forms(audit.patterns);
	if (!err)
		err = run_audit(&audit);
	if (!err && audit.format == OPTION_FORMAT_JSON)
		err = print_json(&audit);
	else if (!err)
		print_text(&audit);
	if (err)
		return corpus_complain(&reader, err);
	return count_unnoticed(&audit) != 0;
}
