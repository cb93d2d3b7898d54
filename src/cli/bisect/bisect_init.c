/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect init: ask, or take flags, and write a culprit.yaml with comments.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/process.h"
#include "cli/bisect/bisect.h"
#include "cli/options.h"
#include "pattern/yaml.h"

/* An answer: given as a flag, or asked for. */
struct answer {
	const char *question, *example;
	bool needed;
	const char *value;	/* borrowed from the command line, or owned by text */
	char *text;
};

enum { ASK_REPOSITORY, ASK_BAD, ASK_GOOD, ASK_TITLE, ASK_LOG, ASK_BUILD, ASK_RUN, N_ASKS };

struct answers {
	struct answer a[N_ASKS];
	const char *config, *find, *parallel;
	bool force;
};

static void answers_deinit(struct answers *answers)
{
	for (size_t i = 0; i < N_ASKS; i++)
		free(answers->a[i].text);
}

/* --------------------------------------------------------------- checking */

/* Of the repository that was named before; NULL: it cannot be used. */
static struct culprit_error *check_revision(const struct answers *answers, const char *revision)
{
	_cleanup_(git_destroyp) struct git *git = NULL;
	struct culprit_error *err = git_open(answers->a[ASK_REPOSITORY].value, &git);
	struct git_hash hash;

	return err ? err : git_resolve(git, revision, &hash);
}

static struct culprit_error *check_log(const char *path)
{
	return access(path, R_OK) < 0 ? culprit_error_errno("%s", path) : NULL;
}

/* That the shell finds what a command begins with; variables in front are passed over. */
static struct culprit_error *check_command(const char *command)
{
	static const char script[] =
		"eval \"set -- $1\" 2>/dev/null || exit 0; while case ${1-} in *=*) true ;; *) false ;; esac; do shift; done; "
		"[ $# = 0 ] || command -v -- \"$1\" >/dev/null 2>&1";
	const char *const argv[] = { "/bin/sh", "-c", script, "sh", command, NULL };
	struct process_spec spec = { .argv = argv, .timeout_ms = 5000, .max_output_bytes = 1 << 16 };
	struct process_result result;
	struct culprit_error *err;

	/* What the shell would act on is left alone: it is not to be run here. */
	if (command[strcspn(command, "`$;|&<>(){}!*?[#\\\n")])
		return NULL;
	err = process_run(&spec, &result);
	if (err || process_succeeded(&result))
		return err;
	return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "'%s': the shell finds no such command", command);
}

static struct culprit_error *check(const struct answers *answers, int which)
{
	const char *value = answers->a[which].value;
	_cleanup_(git_destroyp) struct git *git = NULL;

	switch (which) {
	case ASK_REPOSITORY: return git_open(value, &git);
	case ASK_GOOD:
		if (!strcmp(value, "releases"))
			return NULL;
		/* fall through */
	case ASK_BAD: return check_revision(answers, value);
	case ASK_LOG: return check_log(value);
	case ASK_RUN: return check_command(value);
	}
	return NULL;
}

/* Whether an answer can be right; says why not. */
static bool is_right(const struct answers *answers, int which)
{
	struct culprit_error *err = answers->a[which].value ? check(answers, which) : NULL;

	if (err)
		fprintf(stderr, "culprit bisect init: %s\n", culprit_error_message(err));
	culprit_error_destroy(err);
	return !err;
}

/* False at the end of input. */
static bool ask(struct answer *answer)
{
	size_t cap = 0;
	ssize_t n;

	free(answer->text);
	answer->text = NULL;
	do {
		fprintf(stderr, "%s%s%s%s: ", answer->question, answer->needed ? "" : " (may be left empty)",
			answer->example ? ", such as " : "", answer->example ? answer->example : "");
		n = getline(&answer->text, &cap, stdin);
		if (n < 0)
			return false;
		answer->text[strcspn(answer->text, "\n")] = '\0';
	} while (answer->needed && !answer->text[0]);
	answer->value = answer->text[0] ? answer->text : NULL;
	return true;
}

/* ---------------------------------------------------------------- writing */

static bool add_value(struct buf *buf, const char *before, const char *value, const char *after)
{
	return buf_add_str(buf, before) && yaml_write_scalar(buf, span_of(value)) && buf_add_str(buf, after);
}

static bool add_target(struct buf *buf, const struct answers *a)
{
	const char *title = a->a[ASK_TITLE].value, *log = a->a[ASK_LOG].value;

	if (!buf_add_str(buf, "\n# What is hunted. Without any of these, what the bad commit shows most often.\n"))
		return false;
	if (!title && !log)
		return buf_add_str(buf, "#target:\n#  title: \"KASAN: use-after-free Read in foo\"\n#  logs: [ crash.log ]\n");
	return buf_add_str(buf, "target:\n") && (!title || add_value(buf, "  title: ", title, "\n")) &&
	       (!log || add_value(buf, "  logs: [ ", log, " ]\n"));
}

static bool add_build(struct buf *buf, const struct answers *a)
{
	static const char about[] =
		"\n# Builds the commit in $CULPRIT_SOURCE (also the working directory). What the run\n"
		"# needs goes to $CULPRIT_ARTEFACTS; $CULPRIT_BUILD stays from build to build.\n";

	if (!buf_add_str(buf, about))
		return false;
	if (!a->a[ASK_BUILD].value)
		return buf_add_str(buf, "#build:\n#  command: make O=\"$CULPRIT_BUILD\" olddefconfig bzImage -j8\n#  timeout: 4h\n");
	return add_value(buf, "build:\n  command: ", a->a[ASK_BUILD].value, "\n") &&
	       buf_add_str(buf, "  timeout: 4h\n"
				"  #image: bzImage        # what tells two kernels apart; otherwise all artefacts\n"
				"  #cost: 6               # how many runs a build is worth; measured where it is not given\n");
}

static bool add_run(struct buf *buf, const struct answers *a)
{
	return buf_add_str(buf, "\n# Boots what is in $CULPRIT_ARTEFACTS, runs the reproducer and writes the console to\n"
				"# its standard output. $CULPRIT_RUN is a number never used twice.\n") &&
	       add_value(buf, "run:\n  command: ", a->a[ASK_RUN].value, "\n") &&
	       buf_printf(buf, "  timeout: 30m\n  parallel: %s\n"
			       "  #exit-code: judge      # where the console says nothing: 0 clean, 125 cannot tell, 1 to 124 target\n",
			  a->parallel ? a->parallel : "1");
}

static bool format_config(const struct answers *a, struct buf *buf)
{
	return buf_add_str(buf, "# Configuration of `culprit bisect run`; culprit-bisect(5) describes every key.\n\n") &&
	       add_value(buf, "repository: ", a->a[ASK_REPOSITORY].value, "\n\n") &&
	       add_value(buf, "# A commit that shows the target, and one that does not ('releases': look for one).\nbad: ",
			 a->a[ASK_BAD].value, "\n") &&
	       add_value(buf, "good: ", a->a[ASK_GOOD].value, "\n") &&
	       buf_printf(buf, "find: %s\n", a->find ? a->find : "cause") && add_target(buf, a) && add_build(buf, a) &&
	       add_run(buf, a) &&
	       buf_add_str(buf, "\n#budget: { runs: 2000, hours: 48 }\n#confidence: 0.99\n"
				"\n# Changes that ranges of the history need to build or boot.\n"
				"#patches:\n#  - { cherry-pick: 123456789abc, from: v5.4, until: v5.6 }\n");
}

static struct culprit_error *write_file(const char *path, const struct buf *text, bool force)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0666);
	bool ok;

	if (fd < 0 && errno == EEXIST)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "%s exists already; --force writes over it", path);
	if (fd < 0)
		return culprit_error_errno("cannot write %s", path);
	ok = write(fd, text->data, text->len) == (ssize_t)text->len;
	if (close(fd) < 0 || !ok)
		return culprit_error_errno("cannot write %s", path);
	return NULL;
}

static int write_config(const struct answers *answers)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	_cleanup_(config_destroyp) struct config *config = NULL;
	struct culprit_error *err;

	if (!format_config(answers, &text))
		return bisect_complain(&culprit_error_no_memory);
	/* Through the loader first: whatever was given as a flag is checked as the file will be. */
	err = config_parse(buf_span(&text), answers->config, &config);
	if (!err)
		err = write_file(answers->config, &text, answers->force);
	if (err)
		return bisect_complain(err);
	fprintf(stderr, "%s is written; read it over, then 'culprit bisect run'\n", answers->config);
	return 0;
}

/* ---------------------------------------------------------------- options */

static int ask_for_rest(struct answers *answers, const struct option_reader *options)
{
	bool terminal = isatty(0);

	for (size_t i = 0; i < N_ASKS; i++) {
		struct answer *a = &answers->a[i];

		/* A flag may be meant for another machine: it is told, and taken. */
		if (a->value) {
			is_right(answers, (int)i);
			continue;
		}
		do {
			if (terminal && !ask(a))
				return BISECT_EXIT_USAGE;
		} while (terminal && !is_right(answers, (int)i));
		if (!a->value && a->needed)
			return option_complain(options, "no terminal to ask on, and '%s' is not given as an option", a->question);
	}
	return 0;
}

int bisect_init(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect init", argc, argv);
	_cleanup_(answers_deinit) struct answers answers = {
		.config = BISECT_CONFIG,
		.a = {
			[ASK_REPOSITORY] = { .question = "git repository", .needed = true },
			[ASK_BAD] = { .question = "commit that shows the target", .example = "v6.2", .needed = true },
			[ASK_GOOD] = { .question = "commit that does not, or 'releases'", .example = "v6.1", .needed = true },
			[ASK_TITLE] = { .question = "title of the crash" },
			[ASK_LOG] = { .question = "console log that shows it" },
			[ASK_BUILD] = { .question = "build command", .example = "make -C . -j8" },
			[ASK_RUN] = { .question = "run command", .example = "./boot-and-test", .needed = true },
		},
	};
	const struct option_def defs[] = {
		OPTION_TEXT('c', "config", "FILE", "the file to write; " BISECT_CONFIG " by default", &answers.config),
		OPTION_TEXT('r', "repository", "DIR", "the git repository", &answers.a[ASK_REPOSITORY].value),
		OPTION_TEXT(0, "bad", "COMMIT", "a commit that shows the target", &answers.a[ASK_BAD].value),
		OPTION_TEXT(0, "good", "COMMIT", "a commit that does not, or 'releases'", &answers.a[ASK_GOOD].value),
		OPTION_TEXT(0, "find", "WHAT", "cause (default) or fix", &answers.find),
		OPTION_TEXT('t', "title", "TITLE", "title of the crash that is hunted", &answers.a[ASK_TITLE].value),
		OPTION_TEXT('l', "log", "FILE", "a console log that shows it", &answers.a[ASK_LOG].value),
		OPTION_TEXT(0, "build", "COMMAND", "builds a commit; see culprit-bisect(5) for its environment",
			    &answers.a[ASK_BUILD].value),
		OPTION_TEXT(0, "run", "COMMAND", "boots what was built, runs the test, writes the console to its output",
			    &answers.a[ASK_RUN].value),
		OPTION_TEXT('j', "parallel", "N", "runs at once; 1 by default", &answers.parallel),
		OPTION_FLAG(0, "force", "write over a file that exists", &answers.force),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect init [OPTIONS]\n\nAsks for what is not given.\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	code = ask_for_rest(&answers, &reader);
	return code ? code : write_config(&answers);
}
