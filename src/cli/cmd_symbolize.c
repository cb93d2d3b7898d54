/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit symbolize [OPTIONS] [LOG|DIR]...: find crash reports and print them with
 * source lines; with --filter any text, with --at single places.
 *
 * Notes on what could not be done go to standard error (and into JSON): the
 * reports alone are on standard output.
 */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/confine.h"
#include "cli/feed.h"
#include "cli/output/json.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/sources.h"
#include "cli/symbolize_text.h"
#include "cli/output/text.h"

struct settings {
	enum option_format format;
	enum text_color color_when;
	bool color, filter;
	struct option_list places;
	struct sources_settings sources;
	struct option_list pattern_dirs;
	enum sandbox_mode sandbox;
};

struct run {
	const struct settings *settings;
	struct sources *sources;
	const char *path;		/* of the log; "-": standard input */
	bool found, bad;
	bool unusable;			/* the vmlinux that was given */
	bool gone;			/* nobody reads our output any more */
};

static void complain(const char *what, const char *message)
{
	text_complain("culprit symbolize", "%s%s", what, message);
}

/* ------------------------------------------------------------ printing */

static bool add_json(const struct run *run, const struct sources_found *found, struct buf *out)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_report(&json, root, &found->symbolized->report, strcmp(run->path, "-") ? run->path : NULL);
	sources_put_json(&json, root, found);
	return json_end(&json, root, out);
}

static bool add_text(const struct run *run, const struct sources_found *found, struct buf *out)
{
	bool color = run->settings->color;
	const char *place = strcmp(run->path, "-") ? run->path : "(standard input)";

	return text_add_report(out, &found->symbolized->report, place, color) && sources_add_text(out, found, color);
}

static bool print_report(struct run *run, const struct sources_found *found)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	bool is_json = run->settings->format == OPTION_FORMAT_JSON;

	if (!(is_json ? add_json(run, found, &out) : add_text(run, found, &out))) {
		complain("", "out of memory");
		run->bad = true;
		return false;
	}
	if (!is_json)
		sources_print_notes(run->sources, found);
	if (fwrite(out.data, 1, out.len, stdout) == out.len && !fflush(stdout))
		return true;
	/* a reader that has gone saw enough */
	run->gone = true;
	if (errno != EPIPE) {
		complain("cannot write to standard output: ", strerror(errno));
		run->bad = true;
	}
	return false;
}

static bool on_report(void *arg, struct culprit_report *report)
{
	struct sources_found found;
	struct run *run = arg;
	struct culprit_error *err = sources_find(run->sources, report, &found);
	bool go_on = false;

	run->found |= !report->suppressed;
	if (err) {
		complain("", culprit_error_message(err));
		culprit_error_destroy(err);
		run->bad = true;
	} else {
		run->unusable |= found.symbolized->vmlinux_unused;
		go_on = print_report(run, &found);
	}
	sources_found_deinit(&found);
	culprit_report_destroy(report);
	return go_on;
}

/* ------------------------------------------------------------- options */

static int check_settings(struct settings *settings, const struct option_reader *options)
{
	if (settings->filter && settings->format == OPTION_FORMAT_JSON)
		return option_complain(options, "--filter writes text, not json");
	if (settings->places.n && (settings->filter || options->n_operands))
		return option_complain(options, "--at asks for places, and reads no text");
	settings->sources.text_only = settings->filter;
	return OPTION_GO_ON;
}

static int read_options(struct settings *settings, int argc, char **argv, int *ret_n_operands)
{
	const struct option_def defs[] = {
		SOURCES_OPTIONS(&settings->sources, 'k', 'm', 'd', 's'),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json (one object per line)", option_format_words,
			      &settings->format),
		OPTION_FLAG(0, "filter", "write all of the text, not only crash reports, with source lines behind its symbols",
			    &settings->filter),
		OPTION_LIST(0, "at", "PLACE",
			    "print the source lines of an address or FUNCTION+0xOFFSET[/0xSIZE]; repeatable", &settings->places),
		OPTION_PATTERNS('p', &settings->pattern_dirs),
		TEXT_COLOR_OPTION(&settings->color_when),
		CONFINE_OPTION(&settings->sandbox),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER("culprit symbolize", argc, argv);
	int code;

	reader.usage = "usage: culprit symbolize [OPTIONS] [LOG|DIR]...\n"
		       "       culprit symbolize --filter [OPTIONS] [FILE...]\n"
		       "       culprit symbolize --at PLACE... [OPTIONS]\n\n"
		       "Find the crash reports in console logs and print them with source lines: inlined\n"
		       "functions, the code around the fault, the guilty file. Logs may be compressed;\n"
		       "of a directory all files below it are read; without any, or for -, standard\n"
		       "input.\n";
	reader.notes = "Exit status: 0 no crash found, 1 at least one, 2 usage or input error, 3 the\n"
		       "vmlinux that was given cannot be used (reports are printed without). With\n"
		       "--filter and --at 0 instead of 1.\n";
	code = option_read(&reader, defs, countof(defs));
	*ret_n_operands = reader.n_operands;
	if (code == OPTION_GO_ON)
		code = check_settings(settings, &reader);
	settings->color = settings->format == OPTION_FORMAT_TEXT && text_use_color(settings->color_when, STDOUT_FILENO);
	return code;
}

/* -------------------------------------------------------------- command */

static void on_note(void *arg, const char *what)
{
	const struct run *run = arg;
	_cleanup_(freep) char *message = NULL;

	if (asprintf(&message, "%s: %s", run->path, what) < 0)
		message = NULL;
	complain("", message ? message : "out of memory");
}

static void symbolize_log(struct run *run, const struct culprit_patterns *patterns, bool walked)
{
	struct feed feed = { .patterns = patterns, .path = run->path, .pass_over = walked, .report = on_report,
			     .note = on_note, .arg = run };
	struct culprit_error *err = feed_run(&feed);

	if (err) {
		complain("", culprit_error_message(err));
		run->bad = true;
	}
	culprit_error_destroy(err);
}

static void filter_text(struct run *run)
{
	struct culprit_error *err = symbolize_filter(sources_symbolizer(run->sources), run->path, &run->unusable);

	run->gone = err && errno == EPIPE && ferror(stdout);
	if (err && !run->gone) {
		complain("", culprit_error_message(err));
		run->bad = true;
	}
	culprit_error_destroy(err);
}

static void print_places(struct run *run)
{
	const struct option_list *places = &run->settings->places;

	for (size_t i = 0; i < places->n; i++) {
		_cleanup_(buf_deinit) struct buf found = { 0 }, safe = { 0 };
		struct culprit_error *err = symbolizer_find_place(sources_symbolizer(run->sources), places->values[i], &found);

		if (!err && !text_add(&safe, buf_span(&found), TEXT_LINES))
			err = &culprit_error_no_memory;
		if (!err && fwrite(safe.data, 1, safe.len, stdout) != safe.len)
			err = culprit_error_errno("cannot write to standard output");
		if (!err)
			continue;
		complain("", culprit_error_message(err));
		*(culprit_error_code(err) == CULPRIT_ERROR_FORMAT ? &run->unusable : &run->bad) = true;
		culprit_error_destroy(err);
	}
}

static void symbolize_all(struct run *run, const struct culprit_patterns *patterns, const struct paths *paths)
{
	if (run->settings->places.n) {
		print_places(run);
		return;
	}
	for (size_t i = 0; i < paths->n && !run->gone; i++) {
		run->path = paths->paths[i];
		if (run->settings->filter)
			filter_text(run);
		else
			symbolize_log(run, patterns, paths_walked(paths, i));
	}
}

static int run_symbolize(const struct settings *settings, const char *const *operands, size_t n_operands)
{
	_cleanup_(paths_deinit) struct paths paths = { 0 };
	struct culprit_patterns *patterns = NULL;
	struct run run = { .settings = settings };
	struct culprit_error *err;

	err = confine(&(struct confine){ .mode = settings->sandbox, .sources = &settings->sources });
	if (!err)
		err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &patterns);
	if (!err)
		err = sources_create(patterns, &settings->sources, "culprit symbolize", &run.sources);
	if (!err)
		err = paths_expand(operands, n_operands, &paths);
	if (err) {
		complain("", culprit_error_message(err));
		culprit_error_destroy(err);
		sources_destroy(run.sources);
		culprit_patterns_destroy(patterns);
		return 2;
	}
	symbolize_all(&run, patterns, &paths);
	sources_destroy(run.sources);
	culprit_patterns_destroy(patterns);
	return run.bad ? 2 : run.unusable ? SYMBOLIZE_EXIT_UNUSABLE : run.found;
}

int cmd_symbolize(int argc, char **argv)
{
	struct settings settings = { 0 };
	int n_operands, code = read_options(&settings, argc, argv, &n_operands);

	if (code != OPTION_GO_ON)
		return code;
	return run_symbolize(&settings, (const char *const *)argv + 1, (size_t)n_operands);
}
