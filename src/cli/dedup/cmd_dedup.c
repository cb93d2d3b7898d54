/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit dedup [OPTIONS] [LOG|DIR]...: the crash reports of many logs, grouped
 * by bug.
 *
 * Logs are read by as many workers as there are processors, in any order: what
 * is kept does not depend on it (match/dedup.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/confine.h"
#include "cli/db/store.h"
#include "cli/dedup/dedup_cli.h"
#include "cli/feed.h"
#include "cli/options.h"
#include "cli/output/text.h"
#include "cli/paths.h"
#include "cli/split.h"

#define MAX_JOBS 256
#define PROGRESS_MS 500
#define MAX_STORED_FRAMES 16

struct settings {
	enum option_format format;
	enum text_color color_when;
	bool color, explain, merge;
	const char *since_text, *split;
	int64_t since;			/* seconds since 1970; -1: all */
	long n_jobs;			/* 0: not said */
	const char *rules;
	const char *db, *machine;	/* NULL: not said */
	struct option_list pattern_dirs;
	enum sandbox_mode sandbox;
};

struct state {
	const struct settings *settings;
	struct culprit_patterns *patterns;
	struct match_rules *rules;
	struct dedup *dedup;
	struct store *store;		/* NULL: none is kept */
	char standard_input[64];	/* its name in the store */
	struct paths paths;
	struct split *split;		/* NULL: all is read */
	pthread_mutex_t lock;		/* of what follows, of dedup and store */
	size_t next, n_done;
	struct dedup_totals totals;
	uint64_t n_reports;
	bool bad;
	bool progress;			/* standard error is a terminal */
	int64_t told_ms;
};

struct log {
	struct state *state;
	const char *path;
	char *real;			/* as the store knows it; NULL: no store, or standard input */
	int64_t mtime;			/* -1: not known */
	struct culprit_error *err;
	bool ended;
};

static void complain(const char *message)
{
	_cleanup_(buf_deinit) struct buf line = { 0 };

	if (buf_add_str(&line, "culprit dedup: ") && text_add(&line, span_of(message), TEXT_FIELD))
		fprintf(stderr, "%s\n", line.data);
	else
		fputs("culprit dedup: out of memory\n", stderr);
}

/* --------------------------------------------------------------- reading */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* With the lock held. */
static void show_progress(struct state *state)
{
	int64_t now = state->progress ? now_ms() : 0;

	if (!state->progress || now - state->told_ms < PROGRESS_MS)
		return;
	state->told_ms = now;
	fprintf(stderr, "\r%zu of %zu logs, %" PRIu64 " reports\033[K", state->n_done, state->paths.n, state->n_reports);
}

static void end_progress(const struct state *state)
{
	if (state->progress && state->told_ms)
		fputs("\r\033[K", stderr);
}

/* Functions of its first stack, as the matcher compares them: "kfree foo_release __fput". */
static bool add_frames(const struct symptom *symptom, struct buf *ret)
{
	bool ok = buf_add_str(ret, "");

	for (size_t i = 0; i < symptom->access.n && i < MAX_STORED_FRAMES && ok; i++)
		ok = buf_printf(ret, "%s%s", i ? " " : "", symptom->access.frames[i].function);
	return ok;
}

/* With the lock held. */
static struct culprit_error *add_to_store(struct log *log, const struct culprit_report *report, const struct symptom *symptom)
{
	_cleanup_(buf_deinit) struct buf frames = { 0 };
	const struct state *state = log->state;
	struct store_report stored = {
		.title = report->title,
		.kernel = report->kernel_version,
		.machine = state->settings->machine ? state->settings->machine : report->hardware,
		.file = log->real ? log->real : state->standard_input,
		.line = report->start_line,
		.seen = log->mtime >= 0 ? log->mtime : (int64_t)time(NULL),
	};

	if (!add_frames(symptom, &frames))
		return &culprit_error_no_memory;
	stored.frames = frames.data;
	return store_add(state->store, &stored);
}

static bool on_report(void *arg, struct culprit_report *report)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct log *log = arg;
	struct state *state = log->state;
	struct symptom symptom;

	if (!report->suppressed) {
		log->err = symptom_from_report(state->rules, &arena, report, &symptom);
		if (!log->err) {
			struct dedup_seen seen = { 1, log->mtime, log->mtime };

			pthread_mutex_lock(&state->lock);
			log->err = dedup_add(state->dedup, &symptom, &seen, strcmp(log->path, "-") ? log->path : NULL,
					     report->start_line);
			if (!log->err && state->store)
				log->err = add_to_store(log, report, &symptom);
			state->n_reports++;
			show_progress(state);
			pthread_mutex_unlock(&state->lock);
		}
	}
	culprit_report_destroy(report);
	return !log->err;
}

static void on_end(void *arg, const struct culprit_summary *summary, bool whole)
{
	struct log *log = arg;

	(void)summary;
	(void)whole;
	log->ended = true;
}

static void on_note(void *arg, const char *what)
{
	const struct log *log = arg;
	_cleanup_(freep) char *message = NULL;

	if (asprintf(&message, "%s: %s", log->path, what) < 0)
		message = NULL;
	complain(message ? message : "out of memory");
}

/* False: too old. A file that is not there is left to whoever opens it. */
static bool look_at_age(const struct settings *settings, const char *path, int64_t *ret_mtime)
{
	struct stat st;

	*ret_mtime = -1;
	if (!strcmp(path, "-") || stat(path, &st) || !S_ISREG(st.st_mode))
		return true;
	*ret_mtime = st.st_mtim.tv_sec >= 0 ? (int64_t)st.st_mtim.tv_sec : -1;
	return settings->since < 0 || *ret_mtime >= settings->since;
}

static void read_log(struct state *state, size_t index)
{
	struct log log = { .state = state, .path = state->paths.paths[index] };
	struct feed feed = {
		.patterns = state->patterns, .path = log.path, .detect_boot_failures = true,
		.pass_over = paths_walked(&state->paths, index), .n_jobs = (size_t)state->settings->n_jobs / state->paths.n,
		.report = on_report, .note = on_note, .end = on_end, .arg = &log,
	};
	struct feed_range range;
	bool wanted = !state->split || split_range(state->split, index, &range);
	struct culprit_error *err;

	feed.range = state->split ? &range : NULL;
	if (state->store && strcmp(log.path, "-"))
		log.real = realpath(log.path, NULL);
	wanted = wanted && look_at_age(state->settings, log.path, &log.mtime);
	err = wanted ? feed_run(&feed) : NULL;

	if (log.err) {
		culprit_error_destroy(err);
		err = log.err;
	}
	pthread_mutex_lock(&state->lock);
	state->n_done++;
	state->totals.n_logs += wanted && (log.ended || err);
	state->totals.n_failed += err != NULL;
	state->bad |= err != NULL;
	if (err) {
		end_progress(state);
		complain(culprit_error_message(err));
	}
	show_progress(state);
	pthread_mutex_unlock(&state->lock);
	free(log.real);
	culprit_error_destroy(err);
}

static void *work(void *arg)
{
	struct state *state = arg;

	for (;;) {
		size_t index;

		pthread_mutex_lock(&state->lock);
		index = state->next++;
		pthread_mutex_unlock(&state->lock);
		if (index >= state->paths.n)
			return NULL;
		read_log(state, index);
	}
}

/* The calling thread works too, so that no thread at all is needed. */
static void read_logs(struct state *state)
{
	size_t n_workers = (size_t)state->settings->n_jobs, n = 0;
	pthread_t threads[MAX_JOBS];

	if (n_workers > state->paths.n)
		n_workers = state->paths.n;
	while (n + 1 < n_workers && !pthread_create(&threads[n], NULL, work, state))
		n++;
	work(state);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

static struct culprit_error *merge_files(struct state *state)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < state->paths.n && !err; i++)
		err = dedup_merge(state->dedup, state->paths.paths[i], &state->totals);
	state->bad = state->totals.n_failed > 0;
	return err;
}

/* --------------------------------------------------------------- command */

/* 0 or 1, as reports were found; 2 where not all could be read or written. */
static struct culprit_error *print_bugs(struct state *state, int *ret)
{
	_cleanup_(dedup_bugs_deinit) struct dedup_bugs bugs = { 0 };
	_cleanup_(buf_deinit) struct buf out = { 0 };
	const struct settings *settings = state->settings;
	struct culprit_error *err = dedup_group(state->dedup, &bugs);
	bool ok;

	end_progress(state);
	if (err)
		return err;
	ok = settings->format == OPTION_FORMAT_JSON ?
		     dedup_add_json(state->dedup, &bugs, &state->totals, &out) :
		     dedup_add_table(state->dedup, &bugs, &state->totals, settings->explain, settings->color, &out);
	if (!ok)
		return &culprit_error_no_memory;
	*ret = state->bad ? 2 : bugs.n || dedup_rest(state->dedup)->n;
	if ((fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)) && errno != EPIPE)
		return culprit_error_errno("cannot write to standard output");
	return NULL;
}

static struct culprit_error *run(struct state *state, const char *const *operands, size_t n_operands, int *ret)
{
	const struct settings *settings = state->settings;
	struct culprit_error *err = confine(&(struct confine){ .mode = settings->sandbox, .replaced = settings->db });

	if (!err && !settings->merge)
		err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &state->patterns);
	if (!err)
		err = match_rules_load(settings->rules, state->patterns, &state->rules);
	if (!err)
		err = dedup_create(state->rules, &state->dedup);
	if (!err && settings->db)
		err = store_open(settings->db, STORE_WRITE, &state->store);
	if (!err)
		err = paths_expand(operands, n_operands, &state->paths);
	if (!err && settings->split)
		err = split_create(&state->paths, settings->split, &state->split);
	if (!err && settings->merge)
		err = merge_files(state);
	else if (!err && state->paths.n)
		read_logs(state);
	if (!err && state->store)
		err = store_commit(state->store);
	return err ? err : print_bugs(state, ret);
}

static int run_dedup(const struct settings *settings, const char *const *operands, size_t n_operands)
{
	struct state state = { .settings = settings, .progress = isatty(STDERR_FILENO) && isatty(STDOUT_FILENO) };
	struct culprit_error *err;
	int code = 2;

	/* No two of them are the same log. */
	snprintf(state.standard_input, sizeof(state.standard_input), "(standard input %lld.%d)", (long long)time(NULL), (int)getpid());
	pthread_mutex_init(&state.lock, NULL);
	err = run(&state, operands, n_operands, &code);
	if (err) {
		end_progress(&state);
		complain(culprit_error_message(err));
		culprit_error_destroy(err);
		code = 2;
	}
	pthread_mutex_destroy(&state.lock);
	split_destroy(state.split);
	paths_deinit(&state.paths);
	dedup_destroy(state.dedup);
	store_close(state.store);
	match_rules_destroy(state.rules);
	culprit_patterns_destroy(state.patterns);
	return code;
}

static int check_settings(struct settings *settings, const struct option_reader *options)
{
	if (settings->merge && settings->db)
		return option_complain(options, "--db takes reports out of logs, --merge reads what was made of them: not both");
	if (settings->machine && !settings->db)
		return option_complain(options, "--machine says nothing without --db");
	if (settings->merge && settings->split)
		return option_complain(options, "--split divides logs, --merge reads what was made of them: not both");
	if (settings->merge && settings->since_text)
		return option_complain(options, "--since chooses logs, --merge reads what was made of them: not both");
	if (settings->since_text && !dedup_parse_time(settings->since_text, (int64_t)time(NULL), &settings->since))
		return option_complain(options, "--since takes a time like 7d, 12h, 2026-11-28 or '2026-11-28 12:30', not '%s'",
				       settings->since_text);
	settings->color = settings->format == OPTION_FORMAT_TEXT && text_use_color(settings->color_when, STDOUT_FILENO);
	if (!settings->n_jobs)
		settings->n_jobs = sysconf(_SC_NPROCESSORS_ONLN);
	settings->n_jobs = settings->n_jobs < 1 ? 1 : settings->n_jobs > MAX_JOBS ? MAX_JOBS : settings->n_jobs;
	return OPTION_GO_ON;
}

static int read_options(struct settings *settings, int argc, char **argv, int *ret_n_operands)
{
	const struct option_def defs[] = {
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json, one object per bug", option_format_words,
			      &settings->format),
		OPTION_FLAG('e', "explain", "list the faces of each bug, and why they are taken for one", &settings->explain),
		OPTION_TEXT(0, "since", "TIME",
			    "only logs written since then: 7d, 12h, 2026-11-28, '2026-11-28 12:30' (UTC)",
			    &settings->since_text),
		OPTION_FLAG(0, "merge", "the operands are what dedup --format json wrote: put them together", &settings->merge),
		SPLIT_OPTION(&settings->split),
		OPTION_TEXT(0, "db", "FILE", "also put the reports into a store (SQLite), for culprit db to ask", &settings->db),
		OPTION_TEXT(0, "machine", "NAME", "db: the logs are of this machine (default: by their \"Hardware name:\")",
			    &settings->machine),
		OPTION_NUMBER('j', "jobs", "N", "work with N threads (default: one per processor)", 1, MAX_JOBS,
			      &settings->n_jobs),
		OPTION_PATTERNS('p', &settings->pattern_dirs),
		OPTION_TEXT(0, "rules", "FILE", "rules of the matcher, in place of the built-in ones", &settings->rules),
		TEXT_COLOR_OPTION(&settings->color_when),
		CONFINE_OPTION(&settings->sandbox),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER("culprit dedup", argc, argv);
	int code;

	reader.usage = "usage: culprit dedup [OPTIONS] [LOG|DIR]...\n"
		       "       culprit dedup --merge [OPTIONS] [FILE]...\n\n"
		       "Group the crash reports of many logs by bug: by their titles, and by the stacks\n"
		       "that tell more. Files may be compressed; of a directory all files below it are\n"
		       "read; without any, or for -, standard input.\n";
	reader.notes = "Exit status: 0 no crash found, 1 at least one, 2 usage or input error.\n";
	code = option_read(&reader, defs, countof(defs));
	*ret_n_operands = reader.n_operands;
	return code == OPTION_GO_ON ? check_settings(settings, &reader) : code;
}

int cmd_dedup(int argc, char **argv)
{
	struct settings settings = { .since = -1 };
	int n_operands, code = read_options(&settings, argc, argv, &n_operands);

	if (code != OPTION_GO_ON)
		return code;
	return run_dedup(&settings, (const char *const *)argv + 1, (size_t)n_operands);
}
