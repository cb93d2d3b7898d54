/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit parse [OPTIONS] [LOG|DIR]...: find crash reports and print them.
 *
 * Files are read by as many workers as there are processors, large ones by
 * several (feed.h); what they find is printed in the order of the command line.
 * With --vmlinux and its like, with source lines, as `culprit symbolize` does it.
 */
#include "cli/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/confine.h"
#include "cli/feed.h"
#include "cli/output/formats.h"
#include "cli/output/page.h"
#include "cli/output/json.h"
#include "cli/options.h"
#include "cli/output/output.h"
#include "cli/paths.h"
#include "cli/sources.h"
#include "cli/split.h"
#include "cli/output/text.h"

#define MAX_JOBS 256

/* From FORMAT_FOREIGN on those of formats.h, in its order. */
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_TITLES, FORMAT_FOREIGN };

static const char *const format_words[] = { "text", "json", "titles", "junit", "tap", "sarif", "quickfix", "github", "html" };

enum filename { FILENAME_WITH_SEVERAL, FILENAME_ALWAYS, FILENAME_NEVER };

struct settings {
	enum format format;
	const char *source_url, *split;
	enum text_color color_when;
	bool color, summary, follow, line_number, no_boot_failures;
	bool name_members;		/* in front of titles, where nothing else was asked for */
	enum filename filename;		/* in front of titles */
	long n_jobs;			/* 0: not said */
	struct sources_settings sources;
	struct option_list pattern_dirs;
	enum sandbox_mode sandbox;
};

/* What the workers share. */
struct parse {
	const struct settings *settings;
	struct culprit_patterns *patterns;
	struct sources *sources;	/* NULL: source lines are not asked for */
	const struct paths *paths;
	const struct split *split;	/* NULL: all is read */
	pthread_mutex_t lock;		/* of what follows */
	size_t next;
	bool found, bad;
	struct output output;
};

/* One log on its way. */
struct log {
	struct parse *parse;
	size_t index;
	const char *path;		/* "-": standard input */
	char *member;			/* of an archive: its name, with the archive's in front; path is this then */
	bool found;
	bool any;			/* found, in members before */
	bool ended;
	struct formats_log foreign;
	struct buf text;
};

/* ------------------------------------------------------------ printing */

static const char *place_of(const struct log *log)
{
	return strcmp(log->path, "-") ? log->path : "(standard input)";
}

static const char *json_file_of(const struct log *log)
{
	return strcmp(log->path, "-") ? log->path : NULL;
}

static bool add_title(struct log *log, const struct culprit_report *report)
{
	const struct settings *settings = log->parse->settings;
	bool color = settings->color;
	struct buf *text = &log->text;

	if ((settings->filename == FILENAME_ALWAYS || (settings->name_members && log->member)) && (!text_add_painted(text, span_of(place_of(log)), TEXT_LABEL, color) ||
					    !buf_add_char(text, ':')))
		return false;
	if (settings->line_number && !buf_printf(text, "%" PRIu64 ":", report->start_line))
		return false;
	return text_add(text, span_of(report->title), TEXT_FIELD) && buf_add_char(text, '\n');
}

static bool add_json_report(struct log *log, const struct culprit_report *report, const struct sources_found *found)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_report(&json, root, report, json_file_of(log));
	if (found)
		sources_put_json(&json, root, found);
	else
		json_put_null(&json, root, "symbolized");
	return json_end(&json, root, &log->text);
}

static bool add_json_summary(struct log *log, const struct culprit_summary *summary)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_summary(&json, root, summary, json_file_of(log));
	return json_end(&json, root, &log->text);
}

/* found is NULL without source lines; else report is the one in it. */
static bool add_report(struct log *log, const struct culprit_report *report, const struct sources_found *found)
{
	bool color = log->parse->settings->color;

	if (log->parse->settings->format >= FORMAT_FOREIGN)
		return formats_add_report(&log->foreign, report, &log->text);
	switch (log->parse->settings->format) {
	case FORMAT_TITLES:
		return add_title(log, report);
	case FORMAT_JSON:
		return add_json_report(log, report, found);
	case FORMAT_TEXT:
	default:
		return text_add_report(&log->text, report, place_of(log), color) &&
		       (!found || sources_add_text(&log->text, found, color));
	}
}

static bool add_end(struct log *log, const struct culprit_summary *summary, bool whole)
{
	const struct settings *settings = log->parse->settings;
	const char *place = log->parse->paths->n > 1 || log->member ? place_of(log) : NULL;

	log->ended = true;
	if (settings->format >= FORMAT_FOREIGN)
		return formats_end_log(&log->foreign, whole, &log->text);
	if (settings->format == FORMAT_JSON)
		return !settings->summary || add_json_summary(log, summary);
	/* What could not be read may hold anything. */
	if (settings->format == FORMAT_TEXT && !summary->n_reports && whole &&
	    !text_add_clean(&log->text, summary, place, settings->color))
		return false;
	return !settings->summary || text_add_summary(&log->text, summary, place, settings->color);
}

/* ------------------------------------------------------------- reading */

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line on standard error, written at once: workers complain too. */
static void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_complain_args("culprit parse", format, args);
	va_end(args);
}

static void mark_bad(struct parse *parse)
{
	pthread_mutex_lock(&parse->lock);
	parse->bad = true;
	pthread_mutex_unlock(&parse->lock);
}

/* What was formatted goes out; ok is whether formatting had the memory. */
static bool send(struct log *log, bool ok)
{
	if (!ok) {
		complain("out of memory");
		mark_bad(log->parse);
		return false;
	}
	return output_add(&log->parse->output, log->index, &log->text);
}

static bool add_with_sources(struct log *log, const struct culprit_report *report)
{
	struct sources *sources = log->parse->sources;
	struct sources_found found;
	struct culprit_error *err;
	bool ok = false;

	sources_begin(sources);
	err = sources_find(sources, report, &found);
	if (!err) {
		ok = add_report(log, &found.symbolized->report, &found);
		if (log->parse->settings->format == FORMAT_TEXT)
			sources_print_notes(sources, &found);
	}
	sources_found_deinit(&found);
	sources_end(sources);
	/* there is no error but the lack of memory, of which the caller complains */
	culprit_error_destroy(err);
	return ok;
}

static bool on_report(void *arg, struct culprit_report *report)
{
	struct log *log = arg;
	bool ok;

	if (!report->suppressed)
		log->found = true;
	ok = send(log, log->parse->sources ? add_with_sources(log, report) : add_report(log, report, NULL));
	culprit_report_destroy(report);
	return ok;
}

static void on_end(void *arg, const struct culprit_summary *summary, bool whole)
{
	struct log *log = arg;

	send(log, add_end(log, summary, whole));
}

static void on_note(void *arg, const char *what)
{
	const struct log *log = arg;
	const char *path = log->parse->paths->paths[log->index];

	complain("%s: %s", strcmp(path, "-") ? path : "(standard input)", what);
}

static void on_member(void *arg, const char *name)
{
	struct log *log = arg;
	char *copy = strdup(name);

	/* Without the name it is still told what is in it. */
	if (copy) {
		free(log->member);
		log->path = log->member = copy;
	}
	log->any |= log->found;
	log->found = log->ended = false;
}

/* Who watches a console through a pipe wants to see a panic when it comes; what is written to a file is whole, always. */
static int silence_ms(const char *path)
{
	struct stat st;

	if (strcmp(path, "-") || !isatty(STDOUT_FILENO) || fstat(STDIN_FILENO, &st) || S_ISREG(st.st_mode))
		return 0;
	return 4 * FEED_SILENCE_MS;
}

static void parse_log(struct parse *parse, size_t index)
{
	struct log log = { .parse = parse, .index = index, .path = parse->paths->paths[index] };
	struct feed feed = {
		.patterns = parse->patterns,
		.path = log.path,
		.detect_boot_failures = !parse->settings->no_boot_failures,
		.follow = parse->settings->follow,
		.silence_ms = silence_ms(log.path),
		.pass_over = paths_walked(parse->paths, index),
		.n_jobs = (size_t)parse->settings->n_jobs / parse->paths->n,
		.report = on_report,
		/* what others read has one result for each log that was named */
		.member = parse->settings->format < FORMAT_FOREIGN ? on_member : NULL,
		.note = on_note,
		.end = on_end,
		.arg = &log,
	};
	struct feed_range range;
	struct culprit_error *err;

	if (parse->split && !split_range(parse->split, index, &range))
		return;
	feed.range = parse->split ? &range : NULL;
	if (parse->settings->format >= FORMAT_FOREIGN)
		log.foreign = (struct formats_log){ .kind = parse->settings->format - FORMAT_FOREIGN, .path = log.path, .index = index,
						     .source_url = parse->settings->source_url };
	err = feed_run(&feed);
	/* what others read has a result for each log; one without an end was not read, or is none (in a directory) */
	log.foreign.passed_over = !err && !log.ended;
	if (parse->settings->format >= FORMAT_FOREIGN && !log.ended)
		send(&log, formats_end_log(&log.foreign, !err, &log.text));
	pthread_mutex_lock(&parse->lock);
	parse->found |= log.found | log.any;
	parse->bad |= err != NULL;
	pthread_mutex_unlock(&parse->lock);
	if (err)
		complain("%s", culprit_error_message(err));
	culprit_error_destroy(err);
	formats_log_deinit(&log.foreign);
	buf_deinit(&log.text);
	free(log.member);
}

static void *work(void *arg)
{
	struct parse *parse = arg;

	for (;;) {
		size_t index;

		pthread_mutex_lock(&parse->lock);
		index = parse->next++;
		pthread_mutex_unlock(&parse->lock);
		if (index >= parse->paths->n || !output_begin(&parse->output, index))
			return NULL;
		parse_log(parse, index);
		output_end(&parse->output, index);
	}
}

/* The calling thread works too, so that no thread at all is needed. */
static void work_together(struct parse *parse, size_t n_workers)
{
	pthread_t threads[MAX_JOBS];
	size_t n = 0;

	while (n + 1 < n_workers && !pthread_create(&threads[n], NULL, work, parse))
		n++;
	work(parse);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

/* ------------------------------------------------------------- options */

static int check_settings(struct settings *settings, const struct option_reader *options)
{
	if (settings->follow && options->n_operands > 1)
		return option_complain(options, "--follow reads one log, not %d", options->n_operands);
	if (settings->split && (settings->follow || settings->format >= FORMAT_FOREIGN))
		return option_complain(options, "--split goes with text, json and titles, and not with --follow");
	if (settings->source_url && (settings->format != FORMAT_FOREIGN + FORMATS_HTML || !page_is_source_url(settings->source_url)))
		return option_complain(options, "--source-url goes with --format html, and is https:// or http:// with {file} in it");
	if (settings->summary && settings->format >= FORMAT_TITLES)
		return option_complain(options, "--summary goes with text and json, not with %s", format_words[settings->format]);
	settings->color = (settings->format == FORMAT_TEXT || settings->format == FORMAT_TITLES) && text_use_color(settings->color_when, STDOUT_FILENO);
	if (!settings->n_jobs)
		settings->n_jobs = sysconf(_SC_NPROCESSORS_ONLN);
	if (settings->n_jobs < 1)
		settings->n_jobs = 1;
	if (settings->n_jobs > MAX_JOBS)
		settings->n_jobs = MAX_JOBS;
	return OPTION_GO_ON;
}

static int read_options(struct settings *settings, int argc, char **argv, int *ret_n_operands)
{
	const struct option_def defs[] = {
		OPTION_CHOICE('f', "format", "FORMAT", "text (default), json (one object per line), titles; junit, tap, sarif; quickfix, github; html", format_words,
			      &settings->format),
		OPTION_TEXT(0, "source-url", "URL", "html: source lines are links to URL, with {file}, {line}, {version} filled in",
			    &settings->source_url),
		OPTION_CONSTANT('t', "titles", "one title per line; the same as --format titles", FORMAT_TITLES,
				&settings->format),
		OPTION_CONSTANT('H', "with-filename", "titles: put the file's name in front (default with several files)",
				FILENAME_ALWAYS, &settings->filename),
		OPTION_CONSTANT(0, "no-filename", "titles: never put the file's name in front", FILENAME_NEVER,
				&settings->filename),
		OPTION_FLAG('n', "line-number", "titles: put the line in front where the report begins",
			    &settings->line_number),
		OPTION_FLAG('s', "summary", "tell at the end of each log what it is and how far its boot came",
			    &settings->summary),
		OPTION_FLAG('F', "follow",
			    "for live logs: print a report when the log falls silent, wait for more at the end of a file",
			    &settings->follow),
		OPTION_FLAG(0, "no-boot-failures", "report only what the log says, not that a boot came to nothing",
			    &settings->no_boot_failures),
		SOURCES_OPTIONS(&settings->sources, 0, 0, 0, 0),
		OPTION_PATTERNS('p', &settings->pattern_dirs),
		SPLIT_OPTION(&settings->split),
		OPTION_NUMBER('j', "jobs", "N", "work with N threads, on several files or within a large one (default: one per processor)", 1,
			      MAX_JOBS, &settings->n_jobs),
		TEXT_COLOR_OPTION(&settings->color_when),
		CONFINE_OPTION(&settings->sandbox),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER("culprit parse", argc, argv);
	int code;

	reader.usage = "usage: culprit parse [OPTIONS] [LOG|DIR]...\n\n"
		       "Find the crash reports in console logs and name them. Logs may be compressed\n"
		       "(gzip, xz, zstd, bzip2, lz4); of a directory, or in an archive (tar, zip,\n"
		       "cpio), all files are read; without any, or for -, standard input.\n";
	reader.notes = "Exit status: 0 no crash found, 1 at least one, 2 usage or input error.\n";
	code = option_read(&reader, defs, countof(defs));
	*ret_n_operands = reader.n_operands;
	return code == OPTION_GO_ON ? check_settings(settings, &reader) : code;
}

/* -------------------------------------------------------------- command */

/* SIGINT and SIGTERM end a followed log, they don't lose its last report. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int exit_code(const struct parse *parse)
{
	const struct output *output = &parse->output;

	/* A reader that has gone (head, say) saw enough: nothing to complain of. */
	if (output->failed && output->error != EPIPE) {
		complain("cannot write to standard output: %s", strerror(output->error));
		return 2;
	}
	if (parse->bad)
		return 2;
	return parse->found;
}

static int complain_of(struct culprit_error *err)
{
	complain("%s", culprit_error_message(err));
	culprit_error_destroy(err);
	return 2;
}

/* What stands before and behind all logs. Nobody else writes then. */
static void write_frame(struct parse *parse, bool begin)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	enum format format = parse->settings->format;
	struct output *output = &parse->output;
	size_t done = 0;
	bool ok;

	if (format < FORMAT_FOREIGN)
		return;
	ok = begin ? formats_begin(format - FORMAT_FOREIGN, parse->paths->n, &text) : formats_finish(format - FORMAT_FOREIGN, &text);
	if (!ok) {
		complain("out of memory");
		parse->bad = true;
	}
	while (ok && done < text.len && !output->failed) {
		ssize_t n = write(STDOUT_FILENO, text.data + done, text.len - done);

		if (n < 0 && errno != EINTR) {
			output->failed = true;
			output->error = errno;
		}
		done += n > 0 ? (size_t)n : 0;
	}
}

static int run_parse(const struct settings *settings, const struct paths *paths, const struct split *split)
{
	struct parse parse = { .settings = settings, .paths = paths, .split = split };
	struct culprit_error *err;
	int code;

	err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &parse.patterns);
	/* titles need no source lines */
	if (!err && sources_wanted(&settings->sources) && settings->format != FORMAT_TITLES)
		err = sources_create(parse.patterns, &settings->sources, "culprit parse", &parse.sources);
	if (err) {
		culprit_patterns_destroy(parse.patterns);
		return complain_of(err);
	}
	if (settings->follow)
		block_signals();
	pthread_mutex_init(&parse.lock, NULL);
	output_init(&parse.output, STDOUT_FILENO);
	write_frame(&parse, true);
	work_together(&parse, paths->n < (size_t)settings->n_jobs ? paths->n : (size_t)settings->n_jobs);
	write_frame(&parse, false);
	code = exit_code(&parse);
	output_deinit(&parse.output);
	pthread_mutex_destroy(&parse.lock);
	sources_destroy(parse.sources);
	culprit_patterns_destroy(parse.patterns);
	return code;
}

int cmd_parse(int argc, char **argv)
{
	_cleanup_(paths_deinit) struct paths paths = { 0 };
	_cleanup_(split_destroyp) struct split *split = NULL;
	struct settings settings = { 0 };
	int n_operands, code = read_options(&settings, argc, argv, &n_operands);
	struct culprit_error *err;

	if (code != OPTION_GO_ON)
		return code;
	if (!n_operands && isatty(STDIN_FILENO))
		fputs("culprit parse: reading standard input\n", stderr);
	err = confine(&(struct confine){ .mode = settings.sandbox, .sources = &settings.sources });
	if (!err)
		err = paths_expand((const char *const *)argv + 1, (size_t)n_operands, &paths);
	if (err)
		return complain_of(err);
	if (settings.follow && paths.has_directory)
		return complain_of(culprit_error_create(CULPRIT_ERROR_USAGE, "--follow reads one log, no directory"));
	settings.name_members = settings.filename == FILENAME_WITH_SEVERAL;
	if (settings.filename == FILENAME_WITH_SEVERAL)
		settings.filename = n_operands > 1 || paths.has_directory ? FILENAME_ALWAYS : FILENAME_NEVER;
	if (settings.split) {
		err = split_create(&paths, settings.split, &split);
		if (err)
			return complain_of(err);
	}
	return run_parse(&settings, &paths, split);
}
