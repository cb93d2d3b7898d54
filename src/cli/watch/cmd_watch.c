/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit watch [OPTIONS] LOG|DIR|PATTERN...: crash reports of many logs as
 * they are written.
 *
 *	12:31:07  new  WARNING in foo                      consoles/a.log:1042
 *	12:31:09    2  WARNING in foo                      consoles/b.log:17
 *
 * What stands in the logs at the start is read and counted, not told: new is
 * what was not seen before.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/confine.h"
#include "cli/options.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "cli/watch/watch_counts.h"
#include "cli/watch/watch_files.h"

#define LEAST_MS 50		/* between two looks: a busy log tells of each line */

struct settings {
	enum option_format format;
	enum text_color color_when;
	bool color, once, all;
	const char *prometheus;
	struct option_list pattern_dirs;
	enum sandbox_mode sandbox;
};

struct state {
	const struct settings *settings;
	struct culprit_patterns *patterns;
	struct watch_files *files;
	struct watch_counts counts;
	struct culprit_error *err;	/* of a callback */
	int signal_fd;
	bool first;			/* what is read stood there before */
	bool stop;			/* a signal came, or nobody reads our output */
	bool changed;			/* since --prometheus was written */
	uint64_t told_bytes;
	size_t told_logs;
};

static void complain(const char *message)
{
	_cleanup_(buf_deinit) struct buf line = { 0 };

	if (buf_add_str(&line, "culprit watch: ") && text_add(&line, span_of(message), TEXT_FIELD))
		fprintf(stderr, "%s\n", line.data);
	else
		fputs("culprit watch: out of memory\n", stderr);
}

/* -------------------------------------------------------------- printing */

static bool print(struct state *state, const struct buf *out)
{
	if (fwrite(out->data, 1, out->len, stdout) == out->len && !fflush(stdout))
		return true;
	if (errno != EPIPE && !state->err)
		state->err = culprit_error_errno("cannot write to standard output");
	state->stop = true;
	return false;
}

static bool add_clock(struct buf *out, int64_t now)
{
	time_t when = (time_t)now;
	char text[16];
	struct tm tm;

	return localtime_r(&when, &tm) && strftime(text, sizeof(text), "%H:%M:%S", &tm) && buf_add_str(out, text);
}

static bool add_line(const struct state *state, struct buf *out, int64_t now, const struct watch_count *count,
		     const char *path, const struct culprit_report *report)
{
	bool color = state->settings->color, is_new = count->n == 1;

	if (!add_clock(out, now) || !buf_add_str(out, "  ") || !buf_add_str(out, text_paint(is_new ? TEXT_BAD : TEXT_PLAIN, color)))
		return false;
	if (!(is_new ? buf_add_str(out, "   new") : buf_printf(out, "%6" PRIu64, count->n)))
		return false;
	return buf_add_str(out, text_paint(TEXT_PLAIN, color)) && buf_add_str(out, "  ") &&
	       text_add_painted(out, span_of(report->title), TEXT_TITLE, color) && buf_add_str(out, "  ") &&
	       text_add(out, span_of(path), TEXT_FIELD) && buf_printf(out, ":%" PRIu64 "\n", report->start_line);
}

static bool add_json(struct buf *out, int64_t now, const struct watch_count *count, const char *path,
		     const struct culprit_report *report)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_envelope(&json, root, "watch");
	json_put_int(&json, root, "time", now);
	json_put_bool(&json, root, "new", count->n == 1);
	json_put_u64(&json, root, "count", count->n);
	json_put_str(&json, root, "title", report->title);
	json_put_str(&json, root, "kind", culprit_kind_name(report->kind));
	json_put_str(&json, root, "file", path);
	json_put_u64(&json, root, "line", report->start_line);
	return json_end(&json, root, out);
}

static int by_count(const void *a, const void *b)
{
	const struct watch_count *one = a, *other = b;

	if (one->n != other->n)
		return one->n > other->n ? -1 : 1;
	return strcmp(one->title, other->title);
}

/* At the end: how often each title came. Sorts the counts, which nobody adds to any more. */
static bool add_table(struct state *state, struct buf *out)
{
	struct watch_counts *counts = &state->counts;

	if (!counts->n)
		return buf_printf(out, "no crash in %zu log%s\n", watch_files_n(state->files),
				  watch_files_n(state->files) == 1 ? "" : "s");
	qsort(counts->counts, counts->n, sizeof(*counts->counts), by_count);
	for (size_t i = 0; i < counts->n; i++) {
		if (!buf_printf(out, "%8" PRIu64 "  ", counts->counts[i].n) ||
		    !text_add_painted(out, span_of(counts->counts[i].title), TEXT_TITLE, state->settings->color) ||
		    !buf_add_char(out, '\n'))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------- callbacks */

static void on_report(void *arg, const char *path, struct culprit_report *report)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct state *state = arg;
	const struct watch_count *count;
	int64_t now = (int64_t)time(NULL);
	bool ok = true;

	if (report->suppressed || state->err) {
		culprit_report_destroy(report);
		return;
	}
	state->err = watch_counts_add(&state->counts, report->title, report->kind, now, &count);
	if (!state->err) {
		state->changed = true;
		if (!state->first || state->settings->all) {
			ok = state->settings->format == OPTION_FORMAT_JSON ? add_json(&out, now, count, path, report) :
									     add_line(state, &out, now, count, path, report);
			if (!ok)
				state->err = &culprit_error_no_memory;
			else
				print(state, &out);
		}
	}
	culprit_report_destroy(report);
}

static void on_note(void *arg, const char *path, const char *what)
{
	_cleanup_(freep) char *message = NULL;

	(void)arg;
	if (asprintf(&message, "%s: %s", path, what) < 0)
		message = NULL;
	complain(message ? message : "out of memory");
}

/* A signal, or an end of standard output's reader: what is there to wait for? */
static bool wait_for(struct state *state, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = state->signal_fd, .events = POLLIN },
		{ .fd = watch_files_fd(state->files), .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	int n = poll(fds, countof(fds), timeout_ms);

	if (n > 0 && fds[0].revents)
		state->stop = true;
	if (n > 0 && (fds[2].revents & (POLLERR | POLLHUP)) && !state->settings->prometheus)
		state->stop = true;
	return !state->stop;
}

static bool on_stopped(void *arg)
{
	struct state *state = arg;
	struct pollfd fd = { .fd = state->signal_fd, .events = POLLIN };

	if (poll(&fd, 1, 0) > 0)
		state->stop = true;
	return state->stop || state->err;
}

/* --------------------------------------------------------------- watching */

static struct culprit_error *write_prometheus(struct state *state)
{
	struct watch_gauges gauges = { watch_files_n(state->files), watch_files_bytes(state->files) };

	if (!state->settings->prometheus ||
	    (!state->changed && gauges.n_bytes == state->told_bytes && gauges.n_logs == state->told_logs))
		return NULL;
	state->changed = false;
	state->told_bytes = gauges.n_bytes;
	state->told_logs = gauges.n_logs;
	return watch_counts_write(&state->counts, &gauges, state->settings->prometheus);
}

static struct culprit_error *look(struct state *state, bool settle)
{
	struct culprit_error *err = watch_files_look(state->files, settle);

	if (!err) {
		err = state->err;
		state->err = NULL;
	}
	return err ? err : write_prometheus(state);
}

static void tell_start(const struct state *state)
{
	size_t n = watch_files_n(state->files);

	fprintf(stderr, "culprit watch: %zu log%s, %" PRIu64 " report%s of %zu title%s so far\n", n, n == 1 ? "" : "s",
		state->counts.n_reports, state->counts.n_reports == 1 ? "" : "s", state->counts.n,
		state->counts.n == 1 ? "" : "s");
}

static struct culprit_error *watch(struct state *state)
{
	struct culprit_error *err;

	state->first = true;
	state->changed = true;
	err = look(state, true);
	state->first = false;
	if (err)
		return err;
	if (!state->settings->once)
		tell_start(state);
	while (!err && !state->settings->once && wait_for(state, WATCH_LOOK_MS)) {
		struct timespec least = { .tv_nsec = LEAST_MS * 1000000L };

		nanosleep(&least, NULL);
		err = look(state, false);
	}
	/* what came last is told, too */
	if (!err && !state->settings->once)
		err = look(state, true);
	return err;
}

static struct culprit_error *open_signals(struct state *state)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	state->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return state->signal_fd < 0 ? culprit_error_errno("cannot wait for signals") : NULL;
}

static struct culprit_error *run(struct state *state, const char *const *operands, size_t n_operands)
{
	const struct settings *settings = state->settings;
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct watch_options options = { .operands = operands, .n_operands = n_operands, .report = on_report,
					 .note = on_note, .stopped = on_stopped, .arg = state };
	struct culprit_error *err;

	err = confine(&(struct confine){ .mode = settings->sandbox, .replaced = settings->prometheus });
	if (!err)
		err = open_signals(state);
	if (!err)
		err = culprit_patterns_load(settings->pattern_dirs.values, settings->pattern_dirs.n, &state->patterns);
	options.patterns = state->patterns;
	if (!err)
		err = watch_files_create(&options, &state->files);
	if (!err)
		err = watch(state);
	if (err || settings->format == OPTION_FORMAT_JSON || (settings->prometheus && !strcmp(settings->prometheus, "-")))
		return err;
	if (!add_table(state, &out))
		return &culprit_error_no_memory;
	print(state, &out);
	return state->err;
}

static int run_watch(const struct settings *settings, const char *const *operands, size_t n_operands)
{
	struct state state = { .settings = settings, .signal_fd = -1 };
	struct culprit_error *err = run(&state, operands, n_operands);
	int code = err ? 2 : state.counts.n_reports > 0;

	if (err)
		complain(culprit_error_message(err));
	culprit_error_destroy(err);
	if (state.signal_fd >= 0)
		close(state.signal_fd);
	watch_files_destroy(state.files);
	watch_counts_deinit(&state.counts);
	culprit_patterns_destroy(state.patterns);
	return code;
}

static int check_settings(struct settings *settings, const struct option_reader *options)
{
	if (!options->n_operands)
		return option_complain(options, "what is to be watched? Give logs, directories or patterns");
	for (int i = 1; i <= options->n_operands; i++) {
		if (!strcmp(options->argv[i], "-"))
			return option_complain(options, "standard input cannot be watched: culprit parse reads it as it comes");
	}
	if (settings->prometheus && !strcmp(settings->prometheus, "-") && !settings->once)
		return option_complain(options, "--prometheus - needs --once: standard output has one copy");
	settings->color = settings->format == OPTION_FORMAT_TEXT && text_use_color(settings->color_when, STDOUT_FILENO);
	return OPTION_GO_ON;
}

static int read_options(struct settings *settings, int argc, char **argv, int *ret_n_operands)
{
	const struct option_def defs[] = {
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json, one object per report", option_format_words,
			      &settings->format),
		OPTION_FLAG(0, "all", "tell what stands in the logs already, too", &settings->all),
		OPTION_FLAG(0, "once", "count what is there, and end", &settings->once),
		OPTION_TEXT(0, "prometheus", "FILE",
			    "keep the counts in FILE, as Prometheus' text format has them; with --once also -",
			    &settings->prometheus),
		OPTION_PATTERNS('p', &settings->pattern_dirs),
		TEXT_COLOR_OPTION(&settings->color_when),
		CONFINE_OPTION(&settings->sandbox),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER("culprit watch", argc, argv);
	int code;

	reader.usage = "usage: culprit watch [OPTIONS] LOG|DIR|PATTERN...\n\n"
		       "Tell the crash reports of many logs as they are written, and which are new. Logs\n"
		       "may come, grow, be turned and go; a PATTERN ('/srv/*/console', quoted) is looked\n"
		       "at again and again. SIGINT or SIGTERM end it, with a table.\n";
	reader.notes = "Exit status: 0 no crash seen, 1 at least one, 2 usage or input error.\n";
	code = option_read(&reader, defs, countof(defs));
	*ret_n_operands = reader.n_operands;
	return code == OPTION_GO_ON ? check_settings(settings, &reader) : code;
}

int cmd_watch(int argc, char **argv)
{
	struct settings settings = { 0 };
	int n_operands, code = read_options(&settings, argc, argv, &n_operands);

	if (code != OPTION_GO_ON)
		return code;
	return run_watch(&settings, (const char *const *)argv + 1, (size_t)n_operands);
}
