/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit db COMMAND: ask the store that culprit dedup --db writes.
 *
 * To add a question: its function in store_query.c, its row here, its section in
 * man/culprit-db.1, its tests in tests/cli/db.sh.
 */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/db/db_cli.h"
#include "cli/dedup/dedup_cli.h"
#include "cli/options.h"

struct settings {
	enum option_format format;
	enum text_color color_when;
	bool color, prefix;
	const char *path, *since_text, *stack;
};

struct question {
	const struct settings *settings;
	const char *operand;		/* NULL: none */
	struct buf out;
	uint64_t n;
	bool failed;			/* to write, or no memory */
};

/* Each prints through this as it is found: answers may be long. */
static bool print_title(void *arg, const struct store_title *title)
{
	struct question *q = arg;
	bool ok = q->settings->format == OPTION_FORMAT_JSON ? db_add_json(title, &q->out) :
							       db_add_text(title, q->settings->color, &q->out);

	q->n++;
	q->failed = !ok || fwrite(q->out.data, 1, q->out.len, stdout) != q->out.len;
	q->out.len = 0;
	return !q->failed;
}

static struct culprit_error *ask_new(struct store *store, struct question *q)
{
	int64_t since = 0;

	if (!q->settings->since_text || !dedup_parse_time(q->settings->since_text, (int64_t)time(NULL), &since))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "--since takes a time like 7d, 12h, 2026-11-28 or '2026-11-28 12:30'");
	return store_find_new(store, since, print_title, q);
}

static struct culprit_error *ask_find(struct store *store, struct question *q)
{
	if (!q->operand == !q->settings->stack)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "find takes a title, or --stack: one of the two");
	if (q->settings->stack)
		return store_find_stack(store, q->settings->stack, print_title, q);
	return store_find_title(store, q->operand, q->settings->prefix, print_title, q);
}

static struct culprit_error *ask_regressions(struct store *store, struct question *q)
{
	const char *dots = q->operand ? strstr(q->operand, "..") : NULL;
	_cleanup_(freep) char *old = dots ? strndup(q->operand, (size_t)(dots - q->operand)) : NULL;
	int64_t from = old ? store_version_place(old, true) : -1, to = old ? store_version_place(dots + 2, true) : -1;
	struct culprit_error *err;
	uint64_t n_before = 0;

	if (from < 0 || to <= from)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "regressions takes two versions, the older one first: v6.12..v6.13");
	err = store_find_regressions(store, from, to, print_title, q, &n_before);
	/* Nothing known of the older side: all would look new. */
	if (!err && !n_before)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "the store has no report of a kernel up to %s: what is new "
					    "after it cannot be told", old);
	return err;
}

static const struct db_command {
	const char *name, *usage, *summary;
	struct culprit_error *(*ask)(struct store *store, struct question *question);
	bool operand;			/* takes one, or may */
} db_commands[] = {
	{ "new", "--since TIME", "titles that were first seen since then", ask_new, false },
	{ "find", "TITLE | --stack FUNCTIONS", "how often, when and where a title or a stack was seen", ask_find, true },
	{ "regressions", "OLD..NEW", "titles seen on kernels after OLD up to NEW, and never up to OLD", ask_regressions, true },
};

static void complain(struct culprit_error *err)
{
	text_complain("culprit db", "%s", culprit_error_message(err));
	culprit_error_destroy(err);
}

static int answer(const struct db_command *command, const struct settings *settings, const char *operand)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct question question = { .settings = settings, .operand = operand };
	struct culprit_error *err = store_open(settings->path, STORE_READ, &store);

	if (!err)
		err = command->ask(store, &question);
	buf_deinit(&question.out);
	if (!err && (question.failed || fflush(stdout)) && errno != EPIPE)
		err = culprit_error_errno("cannot write to standard output");
	if (err) {
		complain(err);
		return 2;
	}
	return question.n ? 1 : 0;
}

static int run_command(const struct db_command *command, int argc, char **argv)
{
	struct settings settings = { .path = getenv("CULPRIT_DB") };
	char name[32], usage[512];
	const struct option_def defs[] = {
		OPTION_TEXT(0, "db", "FILE", "the store; default: CULPRIT_DB of the environment", &settings.path),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json, one object per title", option_format_words, &settings.format),
		OPTION_TEXT(0, "since", "TIME", "new: 7d, 12h, 2026-11-28, '2026-11-28 12:30' (UTC)", &settings.since_text),
		OPTION_FLAG(0, "prefix", "find: all titles that begin so", &settings.prefix),
		OPTION_TEXT(0, "stack", "FUNCTIONS", "find: stacks that begin with these, innermost first, a blank between two",
			    &settings.stack),
		TEXT_COLOR_OPTION(&settings.color_when),
		OPTION_HELP('h'),
	};
	struct option_reader reader = OPTION_READER(name, argc, argv);
	int code;

	snprintf(name, sizeof(name), "culprit db %s", command->name);
	snprintf(usage, sizeof(usage), "usage: culprit db %s [OPTIONS] %s\n\nTells %s.\n", command->name, command->usage,
		 command->summary);
	reader.usage = usage;
	reader.notes = "Exit status: 0 none, 1 at least one, 2 usage or input error.\n";
	code = option_read(&reader, defs, countof(defs));
	if (code != OPTION_GO_ON)
		return code;
	if (!settings.path)
		return option_complain(&reader, "which store? --db FILE");
	if (reader.n_operands > (command->operand ? 1 : 0))
		return option_complain(&reader, "unexpected '%s'", argv[command->operand ? 2 : 1]);
	settings.color = settings.format == OPTION_FORMAT_TEXT && text_use_color(settings.color_when, STDOUT_FILENO);
	return answer(command, &settings, reader.n_operands ? argv[1] : NULL);
}

static void print_usage(FILE *out)
{
	fprintf(out, "usage: culprit db COMMAND [OPTIONS]\n\ncommands:\n");
	for (size_t i = 0; i < countof(db_commands); i++)
		fprintf(out, "  %-12s %s\n", db_commands[i].name, db_commands[i].summary);
	fprintf(out, "\nThe store is written by 'culprit dedup --db FILE'.\n"
		     "'culprit db COMMAND --help' shows a command's options.\n");
}

int cmd_db(int argc, char **argv)
{
	const char *names[countof(db_commands)];
	size_t i;
	int code;

	for (i = 0; i < countof(db_commands); i++)
		names[i] = db_commands[i].name;
	i = option_command("culprit db", names, countof(names), print_usage, argc, argv, &code);
	return i < countof(names) ? run_command(&db_commands[i], argc - 1, argv + 1) : code;
}
