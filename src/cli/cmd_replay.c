/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit replay: read a finished bisection's log and judge it again.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/confine.h"
#include "cli/output/json.h"
#include "cli/options.h"
#include "cli/output/text.h"
#include "match/match_rules.h"
#include "match/profile_entry.h"
#include "input/input.h"
#include "session/replay.h"

#define EXIT_CONCLUDED 0
#define EXIT_OPEN 1		/* a range, or nothing */
#define EXIT_TROUBLE 2
#define MAX_LOG_BYTES (64u << 20)
#define SHORT_HASH 12
#define MAX_FIELD 160		/* bytes of a run's text that are shown to people */

struct settings {
	const char *repo, *profile, *rules;
	struct option_list titles, pattern_dirs;
	bool explain, color;
	enum option_format format;
	enum text_color color_when;
	enum sandbox_mode sandbox;
};

static int complain(struct culprit_error *err)
{
	text_complain_of("culprit replay", err);
	return EXIT_TROUBLE;
}

/* --------------------------------------------------------------- input */

static struct culprit_error *read_all(const char *path, struct buf *ret)
{
	bool too_long;
	struct culprit_error *err = input_read_all(path, MAX_LOG_BYTES, ret, &too_long);

	if (!err && too_long)
		err = culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: larger than %u bytes", path, MAX_LOG_BYTES);
	return err;
}

/* ---------------------------------------------------------------- text */

struct printer {
	const struct settings *settings;
	const struct replay_log *log;
	const struct replay_result *result;
	struct buf *out;
};

static bool add_hash(const struct printer *p, const char *commit)
{
	return buf_printf(p->out, "%.*s", SHORT_HASH, commit);
}

static bool add_field(const struct printer *p, const char *text)
{
	struct span field = span_of(text);
	bool cut = field.len > MAX_FIELD;

	if (cut)
		field.len = MAX_FIELD;
	return text_add(p->out, field, TEXT_FIELD) && (!cut || buf_add_str(p->out, "..."));
}

static bool add_target(const struct printer *p)
{
	const struct profile *profile = p->result->profile;
	bool ok = true;

	for (size_t i = 0; ok && i < profile->n_entries; i++) {
		const struct profile_entry *entry = &profile->entries[i];

		ok = buf_add_str(p->out, entry->own ? "target   " : "adopted  ") && add_field(p, entry->samples[0].title) &&
		     (!entry->seen || buf_printf(p->out, "  (%zu of %zu runs", entry->seen, profile->n_runs));
		if (ok && entry->seen && !entry->own)
			ok = buf_printf(p->out, ", belongs to it with probability %.2f", entry->weight);
		ok = ok && buf_add_str(p->out, entry->seen ? ")\n" : "\n");
	}
	return ok && (!profile->n_entries || buf_add_char(p->out, '\n'));
}

static bool add_counts(const struct printer *p, size_t index)
{
	const struct replay_judged_step *judged = &p->result->steps[index];
	const struct replay_step *step = &p->log->steps[index];
	const char *separator = "";
	bool ok = true;

	for (size_t i = 0; ok && i < N_VERDICTS; i++) {
		if (!judged->n_verdicts[i])
			continue;
		ok = buf_printf(p->out, "%s%zu %s", separator, judged->n_verdicts[i], verdict_name((enum verdict)i));
		separator = ", ";
	}
	if (ok && step->all_runs && step->n_runs)
		ok = buf_add_str(p->out, " (all runs)");
	if (ok && !step->n_runs)
		ok = step->failure ? add_field(p, step->failure) : buf_add_str(p->out, "no runs");
	return ok;
}

/* Crashes that were not the target, or all runs with --explain. */
static bool add_runs(const struct printer *p, size_t index)
{
	const struct replay_step *step = &p->log->steps[index];
	const struct replay_judged_step *judged = &p->result->steps[index];
	bool ok = true;

	for (size_t i = 0; ok && i < step->n_runs; i++) {
		enum verdict verdict = judged->runs[i].verdict;
		bool odd = verdict != VERDICT_TARGET && verdict != VERDICT_CLEAN;

		if (!p->settings->explain && (!odd || (step->all_runs && i)))
			continue;
		ok = buf_printf(p->out, "    run #%u %s: ", step->runs[i].number, verdict_name(verdict)) &&
		     add_field(p, step->runs[i].text);
		if (ok && judged->runs[i].reason && (odd || p->settings->explain))
			ok = buf_add_str(p->out, "\n        ") && add_field(p, judged->runs[i].reason);
		ok = ok && buf_add_char(p->out, '\n');
	}
	return ok;
}

static bool add_step(const struct printer *p, size_t index)
{
	const struct replay_step *step = &p->log->steps[index];
	const struct replay_judged_step *judged = &p->result->steps[index];
	enum text_paint paint = judged->differs ? TEXT_WARN : TEXT_PLAIN;
	bool ok;

	ok = add_hash(p, step->commit) && buf_printf(p->out, "  %-5s ", mark_name(step->original)) &&
	     text_add_painted(p->out, span_of(mark_name(judged->verdict)), paint, p->settings->color) &&
	     buf_printf(p->out, "%*s", (int)(11 - strlen(mark_name(judged->verdict))), "") && add_counts(p, index);
	if (ok && step->release)
		ok = buf_add_str(p->out, "  ") && add_field(p, step->release);
	if (ok && judged->differs)
		ok = buf_add_str(p->out, p->result->derailed_step == step ? "  <- derailed here" : "  <- differs");
	return ok && buf_add_char(p->out, '\n') && add_runs(p, index);
}

static bool add_derailment(const struct printer *p)
{
	const struct replay_step *step = p->result->derailed_step;
	const struct replay_run *run = NULL;
	bool ok;

	if (!step)
		return buf_add_str(p->out, "No step was judged wrong.\n");
	ok = buf_add_str(p->out, "Derailed at ") && add_hash(p, step->commit);
	for (size_t i = 0; i < step->n_runs; i++) {
		if (p->result->derailed_run >= 0 && step->runs[i].number == (unsigned int)p->result->derailed_run)
			run = &step->runs[i];
	}
	if (ok && run && step->all_runs)
		ok = buf_add_str(p->out, " by all runs: ") && add_field(p, run->text);
	else if (ok && run)
		ok = buf_printf(p->out, " by run #%u: ", run->number) && add_field(p, run->text);
	return ok && buf_printf(p->out, "\n  the log calls it %s, its runs say %s\n", mark_name(step->original),
				mark_name(p->result->steps[step - p->log->steps].verdict));
}

static bool add_ranges(const struct printer *p)
{
	bool ok = true;

	for (size_t i = 0; ok && i < p->result->n_ranges; i++) {
		const struct replay_range *range = &p->result->ranges[i];

		ok = buf_printf(p->out, "  %5.1f %%  ", 100 * range->probability);
		if (range->n_commits == 1) {
			ok = ok && add_hash(p, range->upto);
		} else if (range->after) {
			ok = ok && buf_add_str(p->out, "after ") && add_hash(p, range->after) &&
			     buf_add_str(p->out, " up to ") && add_hash(p, range->upto);
		} else {
			ok = ok && buf_add_str(p->out, "up to ") && add_hash(p, range->upto);
		}
		if (ok && range->n_commits > 1)
			ok = buf_printf(p->out, ", %llu commits", (unsigned long long)range->n_commits);
		ok = ok && buf_add_char(p->out, '\n');
	}
	return ok;
}

static bool add_answer(const struct printer *p)
{
	const struct replay_result *result = p->result;
	const char *what = p->log->fix ? "fix" : "culprit";

	switch (result->conclusion) {
	case REPLAY_COMMIT:
		return buf_printf(p->out, "The %s is ", what) &&
		       text_add_painted(p->out, span_of(result->culprit), TEXT_TITLE, p->settings->color) &&
		       (!result->culprit_subject || (buf_add_char(p->out, ' ') && add_field(p, result->culprit_subject))) &&
		       buf_printf(p->out, " (%.1f %%)\n", 100 * result->probability);
	case REPLAY_RANGE:
		return buf_printf(p->out, "The %s is among (%.1f %% together):\n", what, 100 * result->probability) &&
		       add_ranges(p);
	default:
		return buf_printf(p->out, "This log cannot tell the %s; possible are:\n", what) && add_ranges(p);
	}
}

static bool add_original(const struct printer *p)
{
	if (!p->log->answer)
		return buf_add_str(p->out, "The log comes to no answer.\n");
	return buf_add_str(p->out, "The log's answer: ") && add_hash(p, p->log->answer) &&
	       (!p->log->answer_subject || (buf_add_char(p->out, ' ') && add_field(p, p->log->answer_subject))) &&
	       buf_add_char(p->out, '\n');
}

static bool add_test(const struct printer *p)
{
	const struct replay_result *result = p->result;
	bool ok = buf_add_str(p->out, result->test.confirms ? "To confirm it: " : "To settle it: ");

	if (result->test.between && !result->test.commit) {
		const struct replay_range *range = &result->ranges[0];

		ok = ok && buf_printf(p->out, "%zu runs of a commit in the middle of the first range", result->test.runs);
		if (ok && range->after)
			ok = buf_add_str(p->out, " (git bisect start ") && add_hash(p, range->upto) &&
			     buf_add_char(p->out, ' ') && add_hash(p, range->after) && buf_add_char(p->out, ')');
		return ok && buf_add_char(p->out, '\n');
	}
	if (!result->test.commit)
		return ok && buf_add_str(p->out, "no single test does\n");
	return ok && buf_printf(p->out, "%zu run%s of ", result->test.runs, result->test.runs == 1 ? "" : "s") && add_hash(p, result->test.commit) &&
	       buf_printf(p->out, " (the bug shows in %.0f %% of the runs of a commit that has it)\n", 100 * result->rate);
}

static bool add_text(const struct printer *p)
{
	bool ok = add_target(p) && buf_add_str(p->out, "commit        log   verdict    runs\n");

	for (size_t i = 0; ok && i < p->log->n_steps; i++)
		ok = add_step(p, i);
	ok = ok && buf_add_char(p->out, '\n') && add_original(p);
	if (ok && !p->log->is_git)
		ok = add_derailment(p);
	ok = ok && add_answer(p);
	if (ok && p->log->is_git)
		return buf_add_str(p->out, "There are no runs in this log: its marks were believed.\n");
	return ok && add_test(p);
}

/* ---------------------------------------------------------------- JSON */

static void put_runs(struct json *json, struct json_t *object, const struct replay_step *step,
		     const struct replay_judged_step *judged)
{
	struct json_t *list = json_put_array(json, object, "runs");

	for (size_t i = 0; i < step->n_runs; i++) {
		struct json_t *run = json_add_object(json, list);

		json_put_int(json, run, "run", step->runs[i].number);
		json_put_str(json, run, "text", step->runs[i].text);
		json_put_str(json, run, "verdict", verdict_name(judged->runs[i].verdict));
		json_put_real(json, run, "probability", judged->runs[i].probability);
		json_put_str(json, run, "reason", judged->runs[i].reason);
	}
}

static void put_steps(struct json *json, struct json_t *root, const struct printer *p)
{
	struct json_t *list = json_put_array(json, root, "steps");

	for (size_t i = 0; i < p->log->n_steps; i++) {
		const struct replay_step *step = &p->log->steps[i];
		const struct replay_judged_step *judged = &p->result->steps[i];
		struct json_t *object = json_add_object(json, list);

		json_put_str(json, object, "commit", step->commit);
		json_put_str(json, object, "subject", step->subject);
		json_put_str(json, object, "release", step->release);
		json_put_str(json, object, "original", step->original == MARK_NONE ? NULL : mark_name(step->original));
		json_put_str(json, object, "verdict", mark_name(judged->verdict));
		json_put_real(json, object, "probability", judged->probability);
		json_put_bool(json, object, "all_runs", step->all_runs);
		put_runs(json, object, step, judged);
	}
}

static void put_ranges(struct json *json, struct json_t *root, const struct replay_result *result)
{
	struct json_t *list = json_put_array(json, root, "candidates");

	for (size_t i = 0; i < result->n_candidates; i++)
		json_add_str(json, list, result->candidates[i]);
	list = json_put_array(json, root, "ranges");
	for (size_t i = 0; i < result->n_ranges; i++) {
		struct json_t *object = json_add_object(json, list);

		json_put_str(json, object, "after", result->ranges[i].after);
		json_put_str(json, object, "upto", result->ranges[i].upto);
		if (result->ranges[i].n_commits)
			json_put_u64(json, object, "commits", result->ranges[i].n_commits);
		else
			json_put_null(json, object, "commits");
		json_put_real(json, object, "probability", result->ranges[i].probability);
	}
}

static void put_target(struct json *json, struct json_t *root, const struct profile *profile)
{
	struct json_t *list = json_put_array(json, root, "target");

	for (size_t i = 0; i < profile->n_entries; i++) {
		const struct profile_entry *entry = &profile->entries[i];
		struct json_t *object = json_add_object(json, list);

		json_put_str(json, object, "title", entry->samples[0].title);
		json_put_str(json, object, "role", entry->own ? "own" : "adopted");
		json_put_real(json, object, "weight", entry->weight);
		json_put_u64(json, object, "seen", entry->seen);
	}
}

static void put_test(struct json *json, struct json_t *root, const struct replay_result *result)
{
	struct json_t *object;

	if (!result->test.commit && !result->test.between) {
		json_put_null(json, root, "test");
		return;
	}
	object = json_put_object(json, root, "test");
	json_put_str(json, object, "commit", result->test.commit);
	json_put_u64(json, object, "runs", result->test.runs);
	json_put_bool(json, object, "confirms", result->test.confirms);
}

static bool add_json(const struct printer *p)
{
	static const char *const conclusions[] = { [REPLAY_COMMIT] = "commit", [REPLAY_RANGE] = "range",
						   [REPLAY_CANNOT_TELL] = "cannot-tell" };
	const struct replay_result *result = p->result;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_envelope(&json, root, "replay");
	json_put_str(&json, root, "culprit", result->culprit);
	json_put_str(&json, root, "culprit_subject", result->culprit_subject);
	json_put_real(&json, root, "probability", result->probability);
	json_put_str(&json, root, "conclusion", conclusions[result->conclusion]);
	json_put_str(&json, root, "find", p->log->fix ? "fix" : "cause");
	put_ranges(&json, root, result);
	json_put_str(&json, root, "derailed_at", result->derailed_step ? result->derailed_step->commit : NULL);
	if (result->derailed_run >= 0)
		json_put_int(&json, root, "derailed_run", result->derailed_run);
	else
		json_put_null(&json, root, "derailed_run");
	json_put_str(&json, root, "original_culprit", p->log->answer);
	json_put_real(&json, root, "rate", result->rate);
	put_test(&json, root, result);
	put_target(&json, root, result->profile);
	put_steps(&json, root, p);
	return json_end(&json, root, p->out);
}

/* ------------------------------------------------------------- command */

static struct culprit_error *print_result(const struct settings *settings, const struct replay_log *log,
					  const struct replay_result *result)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct printer printer = { settings, log, result, &out };

	if (!(settings->format == OPTION_FORMAT_JSON ? add_json(&printer) : add_text(&printer)))
		return &culprit_error_no_memory;
	if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
		return culprit_error_errno("cannot write to standard output");
	return NULL;
}

static struct culprit_error *make_profile(const struct settings *settings, const struct match_rules *rules,
					  const struct replay_log *log, struct profile **ret)
{
	struct culprit_error *err;

	if (settings->profile)
		err = profile_load(rules, settings->profile, ret);
	else
		err = profile_create(rules, ret);
	for (size_t i = 0; !err && i < settings->titles.n; i++)
		err = profile_add_title(*ret, settings->titles.values[i]);
	return err ? err : replay_learn(log, *ret);
}

static struct culprit_error *replay(const struct settings *settings, const struct match_rules *rules, const char *path,
				    int *ret_code)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	_cleanup_(git_destroyp) struct git *git = NULL;
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct replay_result result = { 0 };
	struct replay_log log = { 0 };
	struct culprit_error *err;

	err = read_all(path, &text);
	if (!err)
		err = replay_log_parse(buf_span(&text), !strcmp(path, "-") ? "standard input" : path, &log);
	if (!err)
		err = make_profile(settings, rules, &log, &profile);
	if (!err && settings->repo)
		err = git_open(settings->repo, &git);
	if (!err)
		err = replay_judge(&log, no_free_ptr(profile), git, &result);
	if (!err)
		err = print_result(settings, &log, &result);
	if (!err)
		*ret_code = result.conclusion == REPLAY_COMMIT ? EXIT_CONCLUDED : EXIT_OPEN;
	replay_result_deinit(&result);
	replay_log_deinit(&log);
	return err;
}

static int read_options(struct settings *settings, int argc, char **argv, const char **ret_path)
{
	const struct option_def defs[] = {
		OPTION_TEXT('r', "repo", "DIR",
			    "a repository with the commits: its graph decides, not the order of the log", &settings->repo),
		OPTION_LIST('t', "target", "TITLE",
			    "a title of the hunted bug, instead of what the first commits show; may be given several times",
			    &settings->titles),
		OPTION_TEXT(0, "profile", "FILE", "a profile of the hunted bug (culprit-match(1))", &settings->profile),
		OPTION_FLAG('e', "explain", "print every run with the reason of its verdict", &settings->explain),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json", option_format_words, &settings->format),
		OPTION_PATTERNS('p', &settings->pattern_dirs),
		OPTION_TEXT(0, "rules", "FILE", "rules of the matcher, in place of the built-in ones", &settings->rules),
		TEXT_COLOR_OPTION(&settings->color_when),
		CONFINE_OPTION(&settings->sandbox),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER("culprit replay", argc, argv);
	int code;

	reader.usage = "usage: culprit replay [OPTIONS] [LOG]\n\n"
		       "Judge a finished bisection again: a log of syzbot or of `git bisect log`\n"
		       "(default: standard input), also out of a mail.\n";
	reader.notes = "Exit status: 0 the culprit is named, 1 it is not, 2 on trouble.\n";
	code = option_read(&reader, defs, countof(defs));
	*ret_path = reader.n_operands ? argv[1] : "-";
	if (code == OPTION_GO_ON && reader.n_operands > 1)
		return option_complain(&reader, "one log at a time, not %d", reader.n_operands);
	settings->color = settings->format == OPTION_FORMAT_TEXT && text_use_color(settings->color_when, STDOUT_FILENO);
	return code;
}

int cmd_replay(int argc, char **argv)
{
	struct settings settings = { 0 };
	struct culprit_patterns *patterns = NULL;
	struct match_rules *rules = NULL;
	struct culprit_error *err = NULL;
	const char *path;
	int code = read_options(&settings, argc, argv, &path);

	if (code != OPTION_GO_ON)
		return code;
	err = confine(&(struct confine){ .mode = settings.sandbox, .programs = settings.repo != NULL });
	if (!err && settings.pattern_dirs.n)
		err = culprit_patterns_load(settings.pattern_dirs.values, settings.pattern_dirs.n, &patterns);
	if (!err)
		err = match_rules_load(settings.rules, patterns, &rules);
	if (!err)
		err = replay(&settings, rules, path, &code);
	match_rules_destroy(rules);
	culprit_patterns_destroy(patterns);
	return err ? complain(err) : code;
}
