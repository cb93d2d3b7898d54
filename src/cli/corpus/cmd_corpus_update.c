/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus update: write what a case says anew, after patterns changed.
 *
 *	net/stuck-x86
 *	 TITLE: FROB: eth0 stuck in frob_poll
 *	+ALT: stuck in frob_poll
 *	+TYPE: HANG
 *
 * A case's title is somebody's judgement: where another is found, the case
 * stays as it is unless --retitle says that the new one is right.  A case that
 * passes is left alone, byte by byte; so is one of a guilty file, which says
 * nothing that follows from its title.  The file is replaced as a whole.
 */
#include <stdio.h>

#include "base/files.h"
#include "cli/corpus/corpus.h"
#include "cli/corpus/diff.h"
#include "cli/output/text.h"

struct update {
	struct corpus_settings settings;
	bool retitle, dry;
	struct culprit_patterns *patterns;
	size_t n_changed, n_left;
};

static bool same_title(const struct corpus_case *a, const struct corpus_case *b)
{
	return (!a->title && !b->title) || (a->title && b->title && !strcmp(a->title, b->title));
}

/* The case as it is found, with its comments, and with the headers that it had: a report that there is has a frame. */
static struct corpus_case renewed(const struct corpus_case *c, const struct reading *reading)
{
	struct corpus_case next = reading->found;

	next.comments = c->comments;
	next.n_comments = c->n_comments;
	if (reading->report)
		next.frame = reading->report->frame;
	next.has_report = c->has_report;
	return next;
}

/* The case's file. The empty line in front of REPORT: is part of the log as case_parse() has it. */
static bool write_text(const struct corpus_case *c, struct buf *ret)
{
	return case_write_headers(ret, c) && buf_add(ret, c->log.ptr, c->log.len) &&
	       (!c->has_report || (buf_add_str(ret, "REPORT:\n") && buf_add(ret, c->report.ptr, c->report.len)));
}

/* What is written reads back as the same: title, and log. */
static struct culprit_error *check_text(const struct corpus_case *next, struct span text)
{
	struct corpus_case again = { 0 };
	struct culprit_error *err = case_parse(text, next->path, next->name, &again);

	if (!err && (!same_title(&again, next) || !span_equal(again.log, next->log)))
		err = culprit_error_create(CULPRIT_ERROR_FORMAT, "%s would not read back as this case", next->path);
	case_deinit(&again);
	return err;
}

/* The case's name, and the headers that change. */
static struct culprit_error *show_change(const struct update *update, const struct corpus_case *c,
					 const struct corpus_case *next, const char *note)
{
	_cleanup_(buf_deinit) struct buf old = { 0 }, new = { 0 }, out = { 0 };
	bool color = update->settings.color;
	struct culprit_error *err;

	if (!text_add_painted(&out, span_of(c->path), TEXT_LABEL, color) || !buf_add_str(&out, note) ||
	    !buf_add_char(&out, '\n') || !case_write_headers(&old, c) || !case_write_headers(&new, next))
		return &culprit_error_no_memory;
	err = diff_unified(buf_span(&old), buf_span(&new), 1, color, &out);
	if (!err && c->has_report && !span_equal(c->report, next->report)) {
		if (!buf_add_str(&out, "REPORT:\n"))
			return &culprit_error_no_memory;
		err = diff_unified(c->report, next->report, 3, color, &out);
	}
	if (!err && out.len)
		fwrite(out.data, 1, out.len, stdout);
	return err;
}

static struct culprit_error *update_read_case(struct update *update, const struct corpus_case *c,
					      const struct reading *reading)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct corpus_case next = renewed(c, reading);
	bool judged = same_title(c, &next) || update->retitle;
	struct culprit_error *err;

	if (!judged || c->guilty_file) {
		update->n_left++;
		return show_change(update, c, &next, c->guilty_file ? ": left as it is, FILE is for you to judge" :
				   ": left as it is, the title is another; --retitle takes it");
	}
	err = show_change(update, c, &next, "");
	if (!err && !write_text(&next, &text))
		err = &culprit_error_no_memory;
	if (!err)
		err = check_text(&next, buf_span(&text));
	if (!err && !update->dry)
		err = file_replace(c->path, buf_span(&text), FILE_KEEP_MODE);
	update->n_changed += !err;
	return err;
}

static struct culprit_error *update_case(struct update *update, const struct corpus_case *c)
{
	struct reading reading;
	struct culprit_error *err = reading_create(update->patterns, c, &reading);

	if (err)
		return err;
	if (reading.wrong)
		err = update_read_case(update, c, &reading);
	reading_deinit(&reading);
	return err;
}

static struct culprit_error *update_all(struct update *update, const struct option_reader *reader)
{
	struct case_list list = { 0 };
	struct culprit_error *err = corpus_load(&update->settings, reader, &list);

	if (!err)
		err = culprit_patterns_load(update->settings.pattern_dirs.values, update->settings.pattern_dirs.n, &update->patterns);
	for (size_t i = 0; !err && i < list.n; i++)
		err = update_case(update, &list.cases[i]);
	if (!err)
		printf("%zu of %zu cases %s, %zu left for you to judge\n", update->n_changed, list.n,
		       update->dry ? "would change" : "changed", update->n_left);
	case_list_deinit(&list);
	culprit_patterns_destroy(update->patterns);
	return err;
}

int corpus_update(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit corpus update", argc, argv);
	struct update update = { 0 };
	const struct option_def defs[] = {
		OPTION_FLAG(0, "retitle", "the titles that are found are right: take them, too", &update.retitle),
		OPTION_FLAG(0, "dry-run", "show what would change, write nothing", &update.dry),
		CORPUS_KIND_OPTION(&update.settings),
		CORPUS_NAME_OPTION(&update.settings),
		OPTION_PATTERNS('p', &update.settings.pattern_dirs),
		TEXT_COLOR_OPTION(&update.settings.color_when),
		OPTION_HELP('h'),
	};
	struct culprit_error *err;
	int code;

	corpus_settings_init(&update.settings);
	reader.usage = "usage: culprit corpus update [OPTIONS] CASE|DIR...\n\n"
		       "Read the logs of cases again, after a pattern changed: show what is said of\n"
		       "their reports now, and write it. A title that changed is left to you.\n";
	reader.notes = "Exit status: 0 the cases say what is found, 1 some are left to be judged,\n"
		       "2 usage or input error.\n";
	code = corpus_read_options(&reader, defs, countof(defs), &update.settings);
	if (code != OPTION_GO_ON)
		return code;
	if (!reader.n_operands)
		return option_complain(&reader, "which cases? None is written without being named");
	err = update_all(&update, &reader);
	return err ? corpus_complain(&reader, err) : update.n_left > 0;
}
