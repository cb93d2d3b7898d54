/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The console of one run, live or from its log file, to what the matcher takes.
 */
#include <errno.h>
#include <stdio.h>

#include "input/input.h"
#include "input/no_log.h"
#include "report/kernels.h"
#include "session/runner.h"

/* A run that crashes on and on says no more after so many reports. */
#define MAX_REPORTS 1000

struct culprit_error *run_console_init(struct run_console *console, const struct culprit_patterns *patterns,
				       const char *finished)
{
	static const struct culprit_parser_options options = { .detect_boot_failures = true };
	struct culprit_error *err;

	*console = (struct run_console){ 0 };
	err = finish_init(&console->finish, finished);
	return err ? err : culprit_parser_create(patterns, &options, &console->parser);
}

void run_console_deinit(struct run_console *console)
{
	for (size_t i = 0; i < console->n_reports; i++)
		culprit_report_destroy(console->reports[i]);
	free(console->reports);
	finish_deinit(&console->finish);
	if (console->parser)
		culprit_parser_destroy(console->parser);
	*console = (struct run_console){ 0 };
}

static struct culprit_error *take_reports(struct run_console *console)
{
	struct culprit_report *report;

	while ((report = culprit_parser_take(console->parser))) {
		if (console->n_reports == MAX_REPORTS) {
			culprit_report_destroy(report);
			continue;
		}
		if (console->n_reports == console->cap_reports) {
			size_t cap = console->cap_reports ? console->cap_reports * 2 : 8;
			struct culprit_report **grown = reallocarray(console->reports, cap, sizeof(*grown));

			if (!grown) {
				culprit_report_destroy(report);
				return &culprit_error_no_memory;
			}
			console->reports = grown;
			console->cap_reports = cap;
		}
		console->reports[console->n_reports++] = report;
	}
	culprit_parser_summary(console->parser, &console->summary);
	return NULL;
}

struct culprit_error *run_console_feed(struct run_console *console, struct span bytes)
{
	struct culprit_error *err = culprit_parser_feed(console->parser, bytes.ptr, bytes.len);

	if (!err)
		err = finish_feed(&console->finish, bytes);
	return err ? err : take_reports(console);
}

struct culprit_error *run_console_finish(struct run_console *console)
{
	struct culprit_error *err = culprit_parser_finish(console->parser);

	finish_end(&console->finish);
	return err ? err : take_reports(console);
}

static void close_input(struct input **input)
{
	if (*input)
		input_close(*input);
}

struct culprit_error *run_console_load(struct run_console *console, const struct culprit_patterns *patterns,
				   const char *finished, const char *path)
{
	_cleanup_(close_input) struct input *input = NULL;
	struct culprit_error *err = input_open(path, &input);
	struct span bytes;
	bool first = true;

	if (!err)
		err = run_console_init(console, patterns, finished);
	if (err)
		return err;
	do {
		err = input_read(input, &bytes);
		if (!err && first)
			err = no_log_refuse(bytes, path);
		first = false;
		if (!err && bytes.len)
			err = run_console_feed(console, bytes);
	} while (!err && bytes.len);
	if (!err)
		err = run_console_finish(console);
	if (err)
		run_console_deinit(console);
	return err;
}

static enum run_ending ending_of(const struct run_end *end)
{
	if (end->stopped)
		return RUN_ENDING_STOPPED;
	switch (end->outcome) {
	case PROCESS_EXITED: return RUN_ENDING_EXITED;
	case PROCESS_SIGNALLED: return RUN_ENDING_SIGNALLED;
	case PROCESS_DEADLINE: return RUN_ENDING_DEADLINE;
	case PROCESS_OUTPUT_LIMIT: return RUN_ENDING_OUTPUT_LIMIT;
	case PROCESS_NEVER_STARTED: return RUN_ENDING_NEVER_STARTED;
	case PROCESS_CANCELLED: return RUN_ENDING_STOPPED;
	case PROCESS_LOST: return RUN_ENDING_LOST;
	}
	return RUN_ENDING_UNKNOWN;
}

/* git abbreviates to seven digits or more (core.abbrev), setlocalversion to twelve. */
#define MIN_ABBREV 7

/* The digits behind the last "-g" of a version; empty where there are none that a commit may have. */
static struct span named_commit(const char *version)
{
	struct span found = { NULL, 0 };

	for (const char *at = strstr(version, "-g"); at; at = strstr(at + 1, "-g")) {
		size_t n = strspn(at + 2, "0123456789abcdef");

		if (n >= MIN_ABBREV && !(at[2 + n] >= 'g' && at[2 + n] <= 'z'))
			found = (struct span){ at + 2, n };
	}
	return found;
}

/* What the Makefile says stands in front, and goes on with something else than a digit. */
static bool is_of_version(const char *kernel, const char *version)
{
	size_t n = strlen(version);

	return !strncmp(kernel, version, n) && !(kernel[n] >= '0' && kernel[n] <= '9');
}

struct culprit_error *run_console_other_kernel(const struct run_console *console, const struct git *git,
					       const struct git_history *history, const char *hex, const char **ret)
{
	size_t n;
	const char *const *kernels = parser_kernels(console->parser, &n);
	const char *version = NULL;
	bool asked = false;

	*ret = NULL;
	if (!n || n == PARSER_MAX_KERNELS)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct span commit = named_commit(kernels[i]);

		if (commit.len && !strncmp(hex, commit.ptr, commit.len))
			return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		struct span commit = named_commit(kernels[i]);
		struct culprit_error *err;

		if (commit.len && git_history_find_abbrev(history, commit) != UINT32_MAX)
			continue;
		err = asked ? NULL : git_kernel_version(git, hex, &version);
		asked = true;
		if (err || !version || is_of_version(kernels[i], version))
			return err;
	}
	*ret = kernels[0];
	return NULL;
}

void runner_evidence(const struct config *config, const struct run_console *console, const struct run_end *end,
		     int64_t expected_us, struct run_evidence *ret)
{
	*ret = (struct run_evidence){
		.reports = (const struct culprit_report *const *)console->reports,
		.n_reports = console->n_reports,
		.summary = &console->summary,
		.ending = ending_of(end),
		.lost_why = end->lost[0] ? end->lost : NULL,
		.exit_judges = config->exit_judges,
		.exit_code = end->outcome == PROCESS_EXITED && !end->stopped ? end->value : 0,
		.finish_wanted = console->finish.wanted,
		.finished = console->finish.found,
		.elapsed_us = end->elapsed_us,
		.expected_us = expected_us,
	};
}

struct culprit_error *runner_log_path(const struct config *config, const char *kind, uint32_t number,
				      struct buf *ret)
{
	ret->len = 0;
	return buf_printf(ret, "%s/%s/%06u.log", config->state, kind, number) ? NULL : &culprit_error_no_memory;
}
