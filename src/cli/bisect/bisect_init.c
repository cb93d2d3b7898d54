/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect init: ask, or take flags, and write a culprit.yaml with comments.
 *
 * With a template, how kernels are built and run is known, and a first build and
 * run are made at once: a mistake shows now, not after a night.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "base/process.h"
#include "cli/bisect/bisect.h"
#include "cli/bisect/bisect_template.h"
#include "cli/doctor.h"
#include "cli/options.h"
#include "cli/output/text.h"
#include "match/finish.h"
#include "pattern/yaml.h"

/* An answer: given as a flag, or asked for. */
struct answer {
	const char *question, *example;
	bool needed, unused;	/* unused: not with this template, or without one */
	const char *value;	/* borrowed from the command line, or owned by text */
	char *text;
};

enum { ASK_REPOSITORY, ASK_BAD, ASK_GOOD, ASK_TITLE, ASK_LOG, ASK_BUILD, ASK_RUN, ASK_WORKLOAD, ASK_HOST, ASK_CONSOLE,
       N_ASKS };

struct answers {
	struct answer a[N_ASKS];
	const char *config, *find, *parallel, *fragment, *kernel_config, *failing, *working;
	unsigned int template;	/* BISECT_TEMPLATE_NONE: none */
	bool force, no_try;
};

static void answers_deinit(struct answers *answers)
{
	for (size_t i = 0; i < N_ASKS; i++)
		free(answers->a[i].text);
}

/* To be filled in by hand. */
static bool is_open(const struct answer *answer)
{
	return answer->needed && !answer->unused && !answer->value;
}

static unsigned int n_open(const struct answers *answers)
{
	unsigned int n = 0;

	for (size_t i = 0; i < N_ASKS; i++)
		n += is_open(&answers->a[i]);
	return n;
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

	if (!err)
		return true;
	text_complain_of("culprit bisect init", err);
	return false;
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

/* NULL: left open, for somebody to fill in. */
static bool add_value(struct buf *buf, const char *before, const char *value, const char *after)
{
	return buf_add_str(buf, before) && (!value || yaml_write_scalar(buf, span_of(value))) &&
	       (value || buf_add_str(buf, "\t# to be filled in")) && buf_add_str(buf, after);
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

/* What a complete run prints, as far as the end of the known-bad log tells: for the user to judge, so as a comment. */
static bool add_proposal(struct buf *buf, const struct answers *a)
{
	_cleanup_(buf_deinit) struct buf expression = { 0 };
	_cleanup_(buf_deinit) struct buf tail = { 0 };
	bool ok;

	/* a log that cannot be read was told of when it was given */
	if (a->a[ASK_LOG].value)
		culprit_error_destroy(file_read_tail(a->a[ASK_LOG].value, FINISH_TAIL_BYTES, &tail));
	ok = finish_propose(buf_span(&tail), &expression);
	if (!ok || !expression.len)
		return ok && buf_add_str(buf, "  #finished: REGEX       # what a complete run prints: without it, none is clean\n");
	ok = buf_add_str(buf, "  # Near the end of the log: if each complete run prints this, no run without it is to be clean.\n"
			      "  #finished: ");
	return ok && bisect_add_quoted(buf, buf_span(&expression)) && buf_add_char(buf, '\n');
}

static bool add_run(struct buf *buf, const struct answers *a)
{
	return buf_add_str(buf, "\n# Boots what is in $CULPRIT_ARTEFACTS, runs the reproducer and writes the console to\n"
				"# its standard output. $CULPRIT_RUN is a number never used twice.\n") &&
	       add_value(buf, "run:\n  command: ", a->a[ASK_RUN].value, "\n") &&
	       buf_printf(buf, "  timeout: 30m\n  parallel: %s\n"
			       "  #exit-code: judge      # where the console says nothing: 0 clean, 125 cannot tell, 1 to 124 target\n",
			  a->parallel ? a->parallel : "1") &&
	       add_proposal(buf, a);
}

static struct culprit_error *add_template(const struct answers *a, struct buf *buf)
{
	const struct bisect_template template = {
		.kind = a->template, .workload = a->a[ASK_WORKLOAD].value, .fragment = a->fragment,
		.kernel_config = a->kernel_config, .host = a->a[ASK_HOST].value, .console = a->a[ASK_CONSOLE].value,
		.parallel = a->parallel,
	};

	return buf_add_char(buf, '\n') ? bisect_template_add(&template, buf) : &culprit_error_no_memory;
}

static bool finds_options(const struct answers *a)
{
	return a->find && !strcmp(a->find, "config");
}

static bool add_kernel_configs(struct buf *buf, const struct answers *a)
{
	if (!a->failing)
		return true;
	return buf_add_str(buf, "\n# Two .config files: with one the bad commit shows the target, with the other it does not.\nconfig:\n") &&
	       bisect_template_add_file(buf, "  failing: ", a->failing) &&
	       bisect_template_add_file(buf, "\n  working: ", a->working) && buf_add_char(buf, '\n') &&
	       (finds_options(a) || buf_add_str(buf, "  minimise: true        # before the bisection; all commits are built with what it leaves\n"));
}

static bool add_head(const struct answers *a, struct buf *buf)
{
	if (finds_options(a))
		return buf_add_str(buf, "# Configuration of `culprit bisect run`; culprit-bisect(5) describes every key.\n\n") &&
		       add_value(buf, "repository: ", a->a[ASK_REPOSITORY].value, "\n\n") &&
		       add_value(buf, "# A commit that shows the target.\nbad: ", a->a[ASK_BAD].value, "\n") &&
		       buf_add_str(buf, "find: config\n") && add_target(buf, a) && add_kernel_configs(buf, a);
	return buf_add_str(buf, "# Configuration of `culprit bisect run`; culprit-bisect(5) describes every key.\n\n") &&
	       add_value(buf, "repository: ", a->a[ASK_REPOSITORY].value, "\n\n") &&
	       add_value(buf, "# A commit that shows the target, and one that does not ('releases': look for one).\nbad: ",
			 a->a[ASK_BAD].value, "\n") &&
	       add_value(buf, "good: ", a->a[ASK_GOOD].value, "\n") &&
	       buf_printf(buf, "find: %s\n", a->find ? a->find : "cause") && add_target(buf, a) &&
	       add_kernel_configs(buf, a);
}

static struct culprit_error *format_config(const struct answers *a, struct buf *buf)
{
	static const char tail[] =
		"\n#budget: { runs: 2000, hours: 48 }\n#confidence: 0.99\n"
		"\n# Changes that ranges of the history need to build or boot.\n"
		"#patches:\n#  - { cherry-pick: 123456789abc, from: v5.4, until: v5.6 }\n";
	struct culprit_error *err = NULL;

	if (!add_head(a, buf))
		return &culprit_error_no_memory;
	if (a->template != BISECT_TEMPLATE_NONE)
		err = add_template(a, buf);
	else if (!add_build(buf, a) || !add_run(buf, a))
		err = &culprit_error_no_memory;
	if (!err && !buf_add_str(buf, tail))
		err = &culprit_error_no_memory;
	return err;
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
	struct culprit_error *err = format_config(answers, &text);

	/* Through the loader first: whatever was given as a flag is checked as the file will be. */
	if (!err && !n_open(answers))
		err = config_parse(buf_span(&text), answers->config, &config);
	if (!err)
		err = write_file(answers->config, &text, answers->force);
	return err ? bisect_complain(err) : 0;
}

/* ------------------------------------------------------------- beginning */

static bool says_yes(const char *question)
{
	_cleanup_(freep) char *line = NULL;
	size_t cap = 0;

	fprintf(stderr, "%s [y/n] ", question);
	return getline(&line, &cap, stdin) > 0 && (*line == 'y' || *line == 'Y');
}

/* What is missing on this machine, then one build and one run; only then, and if somebody says so, all of it. */
static int begin(const struct answers *a)
{
	unsigned int n = n_open(a);
	int code;

	if (a->template == BISECT_TEMPLATE_NONE) {
		text_complain("culprit bisect init", "%s is written; read it over, then 'culprit bisect run'", a->config);
		return 0;
	}
	if (n) {
		text_complain("culprit bisect init", "%s is written; to be filled in:", a->config);
		for (size_t i = 0; i < N_ASKS; i++) {
			if (is_open(&a->a[i]))
				fprintf(stderr, "  %s\n", a->a[i].question);
		}
		fprintf(stderr, "then 'culprit bisect try' builds and runs it once\n");
		return 0;
	}
	text_complain("culprit bisect init", "%s is written", a->config);
	n = doctor_check(a->template);
	if (n && (!isatty(0) || a->no_try || !says_yes("That is missing on this machine. Try all the same?"))) {
		fprintf(stderr, "%u missing on this machine; 'culprit bisect try' goes on once that is there\n", n);
		return BISECT_EXIT_ERROR;
	}
	if (a->no_try)
		return 0;
	code = bisect_try_config(a->config, false);
	if (code == BISECT_EXIT_CANCELLED || code == BISECT_EXIT_ERROR || code == BISECT_EXIT_USAGE)
		return code;
	if (isatty(0) && says_yes("Begin the bisection?"))
		return bisect_run_config(a->config, false, false);
	fprintf(stderr, "'culprit bisect run' begins the bisection\n");
	return code;
}

/* ---------------------------------------------------------------- options */

static int ask_for_rest(struct answers *answers, const struct option_reader *options)
{
	bool terminal = isatty(0);

	for (size_t i = 0; i < N_ASKS; i++) {
		struct answer *a = &answers->a[i];

		if (a->unused)
			continue;
		/* A flag may be meant for another machine: it is told, and taken. */
		if (a->value) {
			is_right(answers, (int)i);
			continue;
		}
		do {
			if (terminal && !ask(a))
				return BISECT_EXIT_USAGE;
		} while (terminal && !is_right(answers, (int)i));
		if (is_open(a) && answers->template == BISECT_TEMPLATE_NONE)
			return option_complain(options, "no terminal to ask on, and '%s' is not given as an option", a->question);
	}
	return 0;
}

/* Two configurations, or none; which is missing is told. Options are looked for at one commit. */
static int check_kernel_configs(struct answers *a, const struct option_reader *options)
{
	if ((finds_options(a) || a->failing || a->working) && !(a->failing && a->working))
		return option_complain(options, "%s needs --%s, a .config with which the bad commit %s the target",
				       finds_options(a) ? "--find config" : a->failing ? "--failing" : "--working",
				       a->failing ? "working" : "failing", a->failing ? "does not show" : "shows");
	if (a->failing && a->kernel_config)
		return option_complain(options, "--failing takes the place of --kernel-config");
	if (finds_options(a) && a->a[ASK_GOOD].value)
		return option_complain(options, "--find config looks at the bad commit alone: leave --good out");
	a->a[ASK_GOOD].unused = finds_options(a);
	return 0;
}

/* What is asked depends on the template; what a template has is not for options to say. */
static int apply_template(struct answers *answers, const struct option_reader *options)
{
	bool none = answers->template == BISECT_TEMPLATE_NONE, ssh = answers->template == BISECT_TEMPLATE_SSH;
	static const struct { int ask; const char *option; } own[] = {
		{ ASK_WORKLOAD, "workload" }, { ASK_HOST, "host" }, { ASK_CONSOLE, "console" },
	};

	answers->a[ASK_BUILD].unused = answers->a[ASK_RUN].unused = !none;
	answers->a[ASK_WORKLOAD].unused = none;
	answers->a[ASK_HOST].unused = answers->a[ASK_CONSOLE].unused = !ssh;
	for (size_t i = 0; i < countof(own); i++) {
		if (answers->a[own[i].ask].unused && answers->a[own[i].ask].value)
			return option_complain(options, "--%s is for --template%s", own[i].option, own[i].ask == ASK_WORKLOAD ? "" : " ssh");
	}
	if (none && (answers->fragment || answers->kernel_config))
		return option_complain(options, "--%s is for --template", answers->fragment ? "fragment" : "kernel-config");
	if (!none && (answers->a[ASK_BUILD].value || answers->a[ASK_RUN].value))
		return option_complain(options, "a template has its own --%s", answers->a[ASK_BUILD].value ? "build" : "run");
	if (!none && !isatty(0)) {
		if (!answers->a[ASK_REPOSITORY].value)
			answers->a[ASK_REPOSITORY].value = ".";
		if (!answers->a[ASK_BAD].value)
			answers->a[ASK_BAD].value = "HEAD";
	}
	return 0;
}

int bisect_init(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect init", argc, argv);
	_cleanup_(answers_deinit) struct answers answers = {
		.config = BISECT_CONFIG,
		.template = BISECT_TEMPLATE_NONE,
		.a = {
			[ASK_REPOSITORY] = { .question = "git repository", .needed = true },
			[ASK_BAD] = { .question = "commit that shows the target", .example = "v6.2", .needed = true },
			[ASK_GOOD] = { .question = "commit that does not, or 'releases'", .example = "v6.1", .needed = true },
			[ASK_TITLE] = { .question = "title of the crash" },
			[ASK_LOG] = { .question = "console log that shows it" },
			[ASK_BUILD] = { .question = "build command", .example = "make -C . -j8" },
			[ASK_RUN] = { .question = "run command", .example = "./boot-and-test", .needed = true },
			[ASK_WORKLOAD] = { .question = "workload: what triggers it", .example = "'modprobe foo'", .needed = true },
			[ASK_HOST] = { .question = "machine", .example = "root@board", .needed = true },
			[ASK_CONSOLE] = { .question = "command that prints its console", .example = "'conserver-client board'",
					  .needed = true },
		},
	};
	const struct option_def defs[] = {
		OPTION_TEXT('c', "config", "FILE", "the file to write; " BISECT_CONFIG " by default", &answers.config),
		OPTION_TEXT('r', "repository", "DIR", "the git repository", &answers.a[ASK_REPOSITORY].value),
		OPTION_TEXT(0, "bad", "COMMIT", "a commit that shows the target", &answers.a[ASK_BAD].value),
		OPTION_TEXT(0, "good", "COMMIT", "a commit that does not, or 'releases'", &answers.a[ASK_GOOD].value),
		OPTION_TEXT(0, "find", "WHAT", "cause (default), fix, or config: the options of the kernel that it needs", &answers.find),
		OPTION_TEXT('t', "title", "TITLE", "title of the crash that is hunted", &answers.a[ASK_TITLE].value),
		OPTION_TEXT('l', "log", "FILE", "a console log that shows it", &answers.a[ASK_LOG].value),
		OPTION_TEXT(0, "build", "COMMAND", "builds a commit; see culprit-bisect(5) for its environment",
			    &answers.a[ASK_BUILD].value),
		OPTION_TEXT(0, "run", "COMMAND", "boots what was built, runs the test, writes the console to its output",
			    &answers.a[ASK_RUN].value),
		OPTION_CHOICE(0, "template", "RUNNER", "build and run with the installed runners: qemu, uml, virtme, ssh, syzkaller",
			      bisect_template_words, &answers.template),
		OPTION_TEXT(0, "workload", "COMMAND", "with a template: what triggers it inside (syzkaller: the file of the reproducer)",
			    &answers.a[ASK_WORKLOAD].value),
		OPTION_TEXT(0, "fragment", "FILE", "with a template: options of the kernel that the target needs", &answers.fragment),
		OPTION_TEXT(0, "kernel-config", "FILE", "with a template: the .config to build with", &answers.kernel_config),
		OPTION_TEXT(0, "failing", "FILE", "a .config that shows it: the options that it needs are found, and built with",
			    &answers.failing),
		OPTION_TEXT(0, "working", "FILE", "a .config with which it does not show", &answers.working),
		OPTION_TEXT(0, "host", "HOST", "with ssh: the machine", &answers.a[ASK_HOST].value),
		OPTION_TEXT(0, "console", "COMMAND", "with ssh: prints the machine's console", &answers.a[ASK_CONSOLE].value),
		OPTION_FLAG(0, "no-try", "with a template: only write the file", &answers.no_try),
		OPTION_TEXT('j', "parallel", "N", "runs at once; 1 by default", &answers.parallel),
		OPTION_FLAG(0, "force", "write over a file that exists", &answers.force),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect init [OPTIONS]\n\nAsks for what is not given. With --template, builds and runs once.\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	code = apply_template(&answers, &reader);
	if (!code)
		code = check_kernel_configs(&answers, &reader);
	if (!code)
		code = ask_for_rest(&answers, &reader);
	if (!code)
		code = write_config(&answers);
	return code ? code : begin(&answers);
}
