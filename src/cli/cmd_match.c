/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit match: is what this run shows the bug we hunt?
 *
 * The exit code is made for `git bisect run`: 0 not the target, 1 the target,
 * 125 cannot tell, 128 and above our own troubles, at which git stops instead
 * of calling the commit bad.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/confine.h"
#include "cli/output/json.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/runs.h"
#include "cli/sources.h"
#include "cli/output/text.h"
#include "match/learn.h"
#include "match/match.h"
#include "match/match_rules.h"
#include "match/profile_entry.h"

#define EXIT_NOT_TARGET 0
#define EXIT_TARGET 1
#define EXIT_CANNOT_TELL 125
#define EXIT_INPUT 128		/* a log, profile or pattern file cannot be read */
#define EXIT_USAGE 129
struct settings {
	const char *finished;
	struct option_list titles, logs, pattern_dirs;
	const char *profile;
	const char *rules;
	bool learn, learn_good, explain, color;
	enum option_format format;
	enum text_color color_when;
	long run_exit;			/* -1: not told */
	struct sources_settings sources;
	enum sandbox_mode sandbox;
};

struct match {
	const struct settings *settings;
	struct culprit_patterns *patterns;
	struct match_rules *rules;
	struct profile *profile;
	struct sources *sources;	/* of the judged logs; NULL: none */
};

static int complain(struct culprit_error *err)
{
	text_complain_of("culprit match", err);
	return EXIT_INPUT;
}

/* ------------------------------------------------------------- profile */

/* The report that a known-bad log was given for: its first crash. */
static const struct culprit_report *main_report(const struct match *match, const struct run_evidence *run)
{
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < run->n_reports; i++) {
			const struct bug_class *class = rules_class_of_title(match->rules, run->reports[i]->title);
			bool noise = class && class->means != MEANS_CRASH;

			if (report_counts(run, run->reports[i]) && (pass || !noise))
				return run->reports[i];
		}
	}
	return run->n_reports ? run->reports[0] : NULL;
}

static struct culprit_error *add_target_log(struct match *match, const char *path)
{
	_cleanup_(run_log_deinit) struct run_log log = { 0 };
	const struct culprit_report *report;
	struct run_evidence run;
	struct culprit_error *err;

	err = run_log_read(match->patterns, match->settings->finished, path, &log);
	if (err)
		return err;
	run = run_log_evidence(&log);
	report = main_report(match, &run);
	if (!report)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no crash in it that could be the target", path);
	/* A title that was told is the target; then the log only says more about it. */
	if (!match->settings->titles.n)
		err = profile_add_report(match->profile, report);
	return err ? err : profile_learn(match->profile, &run, 1);
}

static struct culprit_error *make_profile(struct match *match)
{
	const struct settings *settings = match->settings;
	bool learning = settings->learn || settings->learn_good;
	struct culprit_error *err;

	if (settings->profile && (!learning || !access(settings->profile, F_OK)))
		err = profile_load(match->rules, settings->profile, &match->profile);
	else
		err = profile_create(match->rules, &match->profile);
	for (size_t i = 0; !err && i < settings->titles.n; i++)
		err = profile_add_title(match->profile, settings->titles.values[i]);
	for (size_t i = 0; !err && i < settings->logs.n; i++)
		err = add_target_log(match, settings->logs.values[i]);
	return err;
}

static struct culprit_error *print_profile(const struct profile *profile)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct culprit_error *err = profile_format(profile, &text);

	if (!err && fwrite(text.data, 1, text.len, stdout) != text.len)
		err = culprit_error_errno("cannot write to standard output");
	return err;
}

/* All logs at once: which title is the target's own depends on how many show it. */
static struct culprit_error *learn_logs(struct match *match, const char *const *paths, size_t n_paths)
{
	const struct settings *settings = match->settings;
	struct run_log *logs = calloc(n_paths, sizeof(*logs));
	struct run_evidence *runs = calloc(n_paths, sizeof(*runs));
	struct culprit_error *err = logs && runs ? NULL : &culprit_error_no_memory;

	for (size_t i = 0; !err && i < n_paths; i++) {
		err = run_log_read(match->patterns, NULL, paths[i], &logs[i]);
		runs[i] = run_log_evidence(&logs[i]);
	}
	if (!err)
		err = (settings->learn ? profile_learn : profile_learn_good)(match->profile, runs, n_paths);
	if (!err && profile_is_empty(match->profile))
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no crash in %s%s that could be the target",
					   n_paths > 1 ? "these logs, the first is " : "", paths[0]);
	for (size_t i = 0; logs && i < n_paths; i++)
		run_log_deinit(&logs[i]);
	free(logs);
	free(runs);
	if (err)
		return err;
	return settings->profile ? profile_save(match->profile, settings->profile) : print_profile(match->profile);
}

/* -------------------------------------------------------------- output */

static enum text_paint paint_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_TARGET: return TEXT_BAD;
	case VERDICT_CLEAN:
	case VERDICT_UNRELATED: return TEXT_GOOD;
	default: return TEXT_WARN;
	}
}

static bool add_file(struct buf *out, const char *file)
{
	return !file || (buf_add_str(out, "    guilty file: ") && text_add(out, span_of(file), TEXT_FIELD) &&
			 buf_add_char(out, '\n'));
}

static bool add_text(struct buf *out, const struct match *match, const struct run_log *log,
		     const struct match_result *result, const char *file)
{
	const struct settings *settings = match->settings;
	const char *place = !strcmp(log->path, "-") ? "standard input" : log->path;
	bool ok = text_add_painted(out, span_of(verdict_name(result->verdict)), paint_of(result->verdict),
				   settings->color) &&
		  buf_printf(out, " %.2f  ", result->probability) && text_add(out, span_of(place), TEXT_FIELD);

	if (result->report < log->n_reports)
		ok = ok && buf_printf(out, ":%llu", (unsigned long long)log->reports[result->report]->start_line);
	if (result->title)
		ok = ok && buf_add_str(out, ": ") && text_add(out, span_of(result->title), TEXT_FIELD);
	ok = ok && buf_add_char(out, '\n');
	if (settings->explain && result->symptom)
		ok = ok && buf_add_str(out, "    compared with: ") && text_add(out, span_of(result->symptom), TEXT_FIELD) &&
		     buf_add_char(out, '\n');
	ok = ok && (!settings->explain || add_file(out, file));
	for (size_t i = 0; ok && settings->explain && i < result->n_evidence; i++) {
		if (result->evidence[i].weight != 0)
			ok = buf_printf(out, "    %+5.1f  ", result->evidence[i].weight);
		else
			ok = buf_add_str(out, "           ");
		ok = ok && text_add(out, span_of(result->evidence[i].text), TEXT_FIELD) && buf_add_char(out, '\n');
	}
	return ok;
}

static bool add_json(struct buf *out, const struct match *match, const struct run_log *log,
		     const struct match_result *result, const char *file)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *list;

	json_put_envelope(&json, root, "match");
	json_put_str(&json, root, "verdict", verdict_name(result->verdict));
	json_put_real(&json, root, "probability", result->probability);
	list = json_put_array(&json, root, "evidence");
	for (size_t i = 0; i < result->n_evidence; i++)
		json_add_str(&json, list, result->evidence[i].text);
	list = json_put_array(&json, root, "reasons");
	for (size_t i = 0; i < result->n_evidence; i++) {
		struct json_t *reason = json_add_object(&json, list);

		json_put_str(&json, reason, "text", result->evidence[i].text);
		json_put_real(&json, reason, "log_odds", result->evidence[i].weight);
	}
	json_put_str(&json, root, "title", result->title);
	json_put_str(&json, root, "symptom", result->symptom);
	if (match->sources)
		json_put_str(&json, root, "guilty_file", file);
	json_put_str(&json, root, "file", strcmp(log->path, "-") ? log->path : NULL);
	if (result->report < log->n_reports)
		json_put_u64(&json, root, "line", log->reports[result->report]->start_line);
	else
		json_put_null(&json, root, "line");
	return json_end(&json, root, out);
}

/* The guilty file of the report that decided, by the sources; the caller frees. */
static struct culprit_error *find_file(const struct match *match, const struct run_log *log,
				       const struct match_result *result, char **ret)
{
	struct sources_found found;
	struct culprit_error *err;

	*ret = NULL;
	if (!match->sources || result->report >= log->n_reports)
		return NULL;
	err = sources_find(match->sources, log->reports[result->report], &found);
	if (!err && found.symbolized->report.file_guilty && !(*ret = strdup(found.symbolized->report.file_guilty)))
		err = &culprit_error_no_memory;
	if (!err)
		sources_print_notes(match->sources, &found);
	sources_found_deinit(&found);
	return err;
}

static struct culprit_error *print_result(const struct match *match, const struct run_log *log,
					  const struct match_result *result)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	_cleanup_(freep) char *file = NULL;
	struct culprit_error *err = find_file(match, log, result, &file);

	if (err)
		return err;
	if (!(match->settings->format == OPTION_FORMAT_JSON ? add_json : add_text)(&out, match, log, result, file))
		return &culprit_error_no_memory;
	if (fwrite(out.data, 1, out.len, stdout) != out.len)
		return culprit_error_errno("cannot write to standard output");
	return NULL;
}

/* ------------------------------------------------------------- judging */

static struct culprit_error *judge_log(const struct match *match, const char *path, enum verdict *ret)
{
	_cleanup_(run_log_deinit) struct run_log log = { 0 };
	struct run_evidence run;
	struct match_result result;
	struct culprit_error *err;

	err = run_log_read(match->patterns, match->settings->finished, path, &log);
	if (err)
		return err;
	run = run_log_evidence(&log);
	if (match->settings->run_exit >= 0) {
		run.ending = RUN_ENDING_EXITED;
		run.exit_judges = true;
		run.exit_code = (int)match->settings->run_exit;
	}
	err = match_run(match->profile, &run, &result);
	if (err)
		return err;
	*ret = result.verdict;
	err = print_result(match, &log, &result);
	match_result_deinit(&result);
	return err;
}

/* Of several runs of one commit: one target is enough, and one that came through says "not the target". */
static int exit_code(const size_t *n_verdicts)
{
	if (n_verdicts[VERDICT_TARGET])
		return EXIT_TARGET;
	if (n_verdicts[VERDICT_RELATED])
		return EXIT_CANNOT_TELL;
	if (n_verdicts[VERDICT_CLEAN] || n_verdicts[VERDICT_UNRELATED])
		return EXIT_NOT_TARGET;
	return EXIT_CANNOT_TELL;
}

static int judge_logs(const struct match *match, const char *const *paths, size_t n_paths)
{
	size_t n_verdicts[N_VERDICTS] = { 0 };

	for (size_t i = 0; i < n_paths; i++) {
		enum verdict verdict;
		struct culprit_error *err = judge_log(match, paths[i], &verdict);

		if (err)
			return complain(err);
		n_verdicts[verdict]++;
	}
	if (fflush(stdout))
		return complain(culprit_error_errno("cannot write to standard output"));
	return exit_code(n_verdicts);
}

/* ------------------------------------------------------------- options */

static int check_settings(struct settings *settings, const struct option_reader *options)
{
	if (settings->learn && settings->learn_good)
		return option_complain(options, "--learn and --learn-good exclude each other");
	if ((settings->learn || settings->learn_good) && !options->n_operands)
		return option_complain(options, "no logs to learn from");
	if (settings->learn_good && !settings->profile)
		return option_complain(options, "--learn-good needs the --profile to correct");
	if (!settings->learn && !settings->titles.n && !settings->logs.n && !settings->profile)
		return option_complain(options, "what is hunted? Give --target, --target-log or --profile");
	settings->color = settings->format == OPTION_FORMAT_TEXT && text_use_color(settings->color_when, STDOUT_FILENO);
	return OPTION_GO_ON;
}

static int read_options(struct settings *settings, int argc, char **argv, int *ret_n_operands)
{
	const struct option_def defs[] = {
		OPTION_LIST('t', "target", "TITLE", "a title of the hunted bug; may be given several times",
			    &settings->titles),
		OPTION_LIST('T', "target-log", "FILE",
			    "a log whose first crash is the hunted bug; may be given several times", &settings->logs),
		OPTION_TEXT(0, "profile", "FILE",
			    "a profile of the hunted bug; with --learn it is written, otherwise it is read",
			    &settings->profile),
		OPTION_FLAG(0, "learn", "the LOGs are runs of a commit known to be bad: learn the profile from them",
			    &settings->learn),
		OPTION_FLAG(0, "learn-good",
			    "the LOGs are runs of a commit known to be good: their crashes are not the target",
			    &settings->learn_good),
		OPTION_FLAG('e', "explain", "print the reasoning", &settings->explain),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json, one object per log",
			      option_format_words, &settings->format),
		OPTION_NUMBER(0, "run-exit", "CODE",
			      "what the run command gave, by the rules of git bisect run; believed where the log shows no crash",
			      0, 255, &settings->run_exit),
		OPTION_TEXT(0, "finished", "REGEX",
			    "a line that a complete run prints: a log without it is not clean", &settings->finished),
		OPTION_PATTERNS('p', &settings->pattern_dirs),
		OPTION_TEXT(0, "rules", "FILE", "rules of the matcher, in place of the built-in ones", &settings->rules),
		SOURCES_OPTIONS(&settings->sources, 0, 0, 0, 0),
		TEXT_COLOR_OPTION(&settings->color_when),
		CONFINE_OPTION(&settings->sandbox),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER("culprit match", argc, argv);
	int code;

	reader.bad_usage = EXIT_USAGE;
	reader.usage = "usage: culprit match [OPTIONS] --target TITLE [LOG|DIR]...\n"
		       "       culprit match [OPTIONS] --target-log FILE [LOG|DIR]...\n"
		       "       culprit match [OPTIONS] --profile FILE [LOG|DIR]...\n"
		       "       culprit match [OPTIONS] --profile FILE --learn LOG|DIR...\n\n"
		       "Say for each LOG (default: standard input; of a directory all files below it)\n"
		       "whether it shows the hunted bug.\n";
	reader.notes = "Exit status: 0 not the target, 1 the target, 125 cannot tell,\n128 or above on trouble.\n";
	code = option_read(&reader, defs, countof(defs));
	*ret_n_operands = reader.n_operands;
	return code == OPTION_GO_ON ? check_settings(settings, &reader) : code;
}

static int run_match(const struct settings *settings, const char *const *operands, size_t n_operands)
{
	_cleanup_(paths_deinit) struct paths paths = { 0 };
	struct match match = { .settings = settings };
	struct culprit_error *err;
	int code = 0;

	err = confine(&(struct confine){ .mode = settings->sandbox, .sources = &settings->sources,
					 .replaced = settings->learn || settings->learn_good ? settings->profile : NULL });
	if (!err)
		err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &match.patterns);
	if (!err)
		err = match_rules_load(settings->rules, match.patterns, &match.rules);
	if (!err && sources_wanted(&settings->sources))
		err = sources_create(match.patterns, &settings->sources, "culprit match", &match.sources);
	if (!err)
		err = paths_expand(operands, n_operands, &paths);
	if (!err)
		err = make_profile(&match);
	if (!err && (settings->learn || settings->learn_good))
		err = learn_logs(&match, paths.paths, paths.n);
	else if (!err)
		code = judge_logs(&match, paths.paths, paths.n);
	if (err)
		code = complain(err);
	sources_destroy(match.sources);
	profile_destroy(match.profile);
	match_rules_destroy(match.rules);
	culprit_patterns_destroy(match.patterns);
	return code;
}

int cmd_match(int argc, char **argv)
{
	struct settings settings = { .run_exit = -1 };
	int n_operands, code = read_options(&settings, argc, argv, &n_operands);

	if (code != OPTION_GO_ON)
		return code;
	return run_match(&settings, (const char *const *)argv + 1, (size_t)n_operands);
}
