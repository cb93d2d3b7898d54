/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus diff: what another set of patterns changes.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/output/columns.h"
#include "cli/corpus/corpus.h"
#include "cli/output/json.h"
#include "cli/output/text.h"

/* What both sets say of a case. */
struct change {
	const struct corpus_case *c;
	struct reading old, new;
	struct culprit_error *err;
	unsigned int differs;		/* set of FIELD_BIT */
};

struct diff {
	struct corpus_settings settings;
	struct option_list against;
	enum option_format format;
	struct culprit_patterns *old_patterns, *new_patterns;
	struct case_list list;
	struct change *changes;		/* of list.n */
};

static void read_both(void *arg, size_t i)
{
	struct diff *diff = arg;
	struct change *change = &diff->changes[i];

	change->c = &diff->list.cases[i];
	change->err = reading_create(diff->old_patterns, change->c, &change->old);
	if (!change->err)
		change->err = reading_create(diff->new_patterns, change->c, &change->new);
	if (!change->err)
		change->differs = case_compare(&change->old.found, &change->new.found);
}

static struct span title_of(const struct reading *reading)
{
	return reading->report ? span_of(reading->report->title) : SPAN("(no report)");
}

static const char *judge(const struct reading *reading)
{
	return reading->wrong ? "wrong" : "right";
}

/* ---------------------------------------------------------------- text */

static bool add_change(struct buf *buf, const struct diff *diff, const struct change *change, size_t width)
{
	bool color = diff->settings.color, worse = change->new.wrong && !change->old.wrong;
	enum text_paint paint = worse ? TEXT_BAD : !change->new.wrong && change->old.wrong ? TEXT_GOOD : TEXT_PLAIN;

	if (!text_add_painted(buf, span_of(change->c->name), TEXT_LABEL, color) ||
	    !buf_printf(buf, ": %s, then %s\n", judge(&change->old), judge(&change->new)))
		return false;
	if (change->differs & FIELD_BIT(FIELD_TITLE))
		return columns_add(buf, width, title_of(&change->old), '|', title_of(&change->new), paint, color);
	if (!buf_add_str(buf, "  same title, but other"))
		return false;
	for (int field = 0; field < N_FIELDS; field++) {
		if (change->differs & FIELD_BIT(field) &&
		    !buf_printf(buf, " %s", corpus_field_name((enum corpus_field)field)))
			return false;
	}
	return buf_add_char(buf, '\n');
}

struct tally {
	size_t changed, better, worse;
};

static void add_tally(struct tally *tally, const struct change *change)
{
	tally->changed += change->differs != 0;
	tally->better += change->old.wrong && !change->new.wrong;
	tally->worse += !change->old.wrong && change->new.wrong;
}

static bool add_text(struct buf *buf, const struct diff *diff, struct tally *tally)
{
	size_t width = columns_width(STDOUT_FILENO);

	for (size_t i = 0; i < diff->list.n; i++) {
		add_tally(tally, &diff->changes[i]);
		if (diff->changes[i].differs && !add_change(buf, diff, &diff->changes[i], width))
			return false;
	}
	return buf_printf(buf, "%zu of %zu cases change: %zu now right, %zu now wrong\n", tally->changed, diff->list.n,
			  tally->better, tally->worse);
}

/* ---------------------------------------------------------------- JSON */

static void put_side(struct json *json, struct json_t *object, const char *key, const struct reading *reading)
{
	struct json_t *side = json_put_object(json, object, key);

	json_put_str(json, side, "title", reading->report ? reading->report->title : NULL);
	json_put_bool(json, side, "right", !reading->wrong);
}

static bool add_json(struct buf *buf, const struct diff *diff, struct tally *tally)
{
	for (size_t i = 0; i < diff->list.n; i++) {
		const struct change *change = &diff->changes[i];
		struct json json = { 0 };
		struct json_t *root, *fields;

		add_tally(tally, change);
		if (!change->differs)
			continue;
		root = json_begin(&json);
		json_put_str(&json, root, "object", "change");
		json_put_int(&json, root, "schema_version", JSON_SCHEMA_VERSION);
		json_put_str(&json, root, "name", change->c->name);
		put_side(&json, root, "old", &change->old);
		put_side(&json, root, "new", &change->new);
		fields = json_put_array(&json, root, "fields");
		for (int field = 0; field < N_FIELDS; field++) {
			if (change->differs & FIELD_BIT(field))
				json_add_str(&json, fields, corpus_field_name((enum corpus_field)field));
		}
		if (!json_end(&json, root, buf))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------- command */

static void diff_deinit(struct diff *diff)
{
	for (size_t i = 0; diff->changes && i < diff->list.n; i++) {
		reading_deinit(&diff->changes[i].old);
		reading_deinit(&diff->changes[i].new);
		culprit_error_destroy(diff->changes[i].err);
	}
	free(diff->changes);
	case_list_deinit(&diff->list);
	culprit_patterns_destroy(diff->old_patterns);
	culprit_patterns_destroy(diff->new_patterns);
}

static int read_options(struct option_reader *reader, struct diff *diff)
{
	const struct option_def defs[] = {
		OPTION_LIST('p', "patterns", "DIR",
			    "the new set: the built-in patterns with those of DIR; repeatable", &diff->settings.pattern_dirs),
		OPTION_LIST('a', "against", "DIR",
			    "the old set: the built-in patterns with those of DIR; repeatable (default: the built-in ones alone)",
			    &diff->against),
		CORPUS_KIND_OPTION(&diff->settings),
		CORPUS_NAME_OPTION(&diff->settings),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json", option_format_words, &diff->format),
		CORPUS_JOBS_OPTION(&diff->settings),
		TEXT_COLOR_OPTION(&diff->settings.color_when),
		OPTION_HELP('h'),
	};
	int code;

	reader->usage = "usage: culprit corpus diff --patterns DIR [OPTIONS] [DIR|CASE...]\n\n"
			"Parse every case with two sets of patterns, show where the results differ.\n";
	reader->notes = "Exit status: 0 no case changes, 1 one does, 2 usage or input error.\n";
	code = corpus_read_options(reader, defs, countof(defs), &diff->settings);
	if (code == OPTION_GO_ON && !diff->settings.pattern_dirs.n && !diff->against.n)
		return option_complain(reader, "which patterns? --patterns DIR names the new ones");
	return code;
}

static struct culprit_error *run_diff(struct diff *diff)
{
	const struct corpus_settings *settings = &diff->settings;
	struct culprit_error *err;

	err = culprit_patterns_load(diff->against.values, diff->against.n, &diff->old_patterns);
	if (!err)
		err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &diff->new_patterns);
	if (err)
		return err;
	diff->changes = calloc(diff->list.n, sizeof(*diff->changes));
	if (!diff->changes)
		return &culprit_error_no_memory;
	corpus_for_all(diff->list.n, settings->n_jobs, true, read_both, diff);
	for (size_t i = 0; i < diff->list.n; i++) {
		if (diff->changes[i].err)
			return no_free_ptr(diff->changes[i].err);
	}
	return NULL;
}

int corpus_diff(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit corpus diff", argc, argv);
	_cleanup_(diff_deinit) struct diff diff = { 0 };
	_cleanup_(buf_deinit) struct buf buf = { 0 };
	struct tally tally = { 0 };
	struct culprit_error *err;
	int code;

	corpus_settings_init(&diff.settings);
	code = read_options(&reader, &diff);
	if (code != OPTION_GO_ON)
		return code;
	err = corpus_load(&diff.settings, &reader, &diff.list);
	if (!err)
		err = run_diff(&diff);
	if (!err && !(diff.format == OPTION_FORMAT_JSON ? add_json(&buf, &diff, &tally) : add_text(&buf, &diff, &tally)))
		err = &culprit_error_no_memory;
	if (err)
		return corpus_complain(&reader, err);
	fwrite(buf.data, 1, buf.len, stdout);
	return tally.changed != 0;
}
