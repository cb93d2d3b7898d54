/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus add: make a case of a log.
 *
 * A case is somebody's judgement, not the parser's: on a terminal the title is
 * shown and asked about, elsewhere --title or --none has to be given.  The case
 * says by what judgement.  Nothing is ever overwritten, nothing is written
 * outside of the corpus (no "..", no symbolic link below it), and what is
 * written reads back as the same case: titles and names hold no line breaks.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "cli/corpus/corpus.h"
#include "cli/output/text.h"
#include "input/input.h"

struct add {
	struct corpus_settings settings;
	const char *corpus, *as, *title, *kernel, *made, *judged;	/* NULL: not given */
	bool none, accept, with_report, ask;
	struct culprit_patterns *patterns;
	struct sources *sources;	/* NULL: none */
	struct buf log;
	struct corpus_case c;		/* the log as a case */
	struct reading reading;
	struct arena arena;		/* of what was asked */
};

/* ------------------------------------------------------------- reading */

/* The log, decompressed, into a case without headers. */
static struct culprit_error *read_log(struct add *add, const char *path)
{
	struct culprit_error *err;
	bool too_long;

	if (!buf_add_char(&add->log, '\n'))
		return &culprit_error_no_memory;
	err = input_read_all(path, CASE_MAX_BYTES, &add->log, &too_long);
	if (!err && too_long)
		err = culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: over %u MiB", path, CASE_MAX_BYTES >> 20);
	if (!err)
		err = case_parse(buf_span(&add->log), path, path, &add->c);
	if (!err && add->c.has_report)
		err = culprit_error_create(CULPRIT_ERROR_FORMAT,
					   "%s: holds a line 'REPORT:' behind an empty one, which no case can", path);
	return err;
}

/* ------------------------------------------------------------- asking */

/* A line from standard input, without blanks at its ends; NULL at the end of input. Of the arena. */
static const char *read_answer(struct add *add)
{
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, stdin);

	return n < 0 ? NULL : arena_dup(&add->arena, span_trim((struct span){ line, strcspn(line, "\n") }));
}

/* Asks for *answer unless it was given. False at the end of input. */
static bool ask_text(struct add *add, const char *question, const char **answer)
{
	const char *text;

	if (*answer)
		return true;
	printf("%s\n> ", question);
	fflush(stdout);
	text = read_answer(add);
	if (text && *text)
		*answer = text;
	return text != NULL;
}

static bool show_found(const struct add *add, const char *path)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };
	const struct culprit_report *report = add->reading.report;
	struct culprit_report lines;

	if (!report) {
		printf("no report was found\n");
		return true;
	}
	lines = *report;
	if (add->reading.text) {
		lines.text = add->reading.text;
		lines.text_len = strlen(lines.text);
		lines.file_guilty = add->reading.file_guilty;
	}
	if (!text_add_report(&buf, &lines, path, add->settings.color))
		return false;
	fwrite(buf.data, 1, buf.len, stdout);
	if (add->reading.n_reports > 1)
		printf("%zu more reports follow; a case is about the first\n\n", add->reading.n_reports - 1);
	return true;
}

/* Sets title or none. False: give up. */
static bool ask_title(struct add *add)
{
	for (;;) {
		const char *answer;

		if (add->reading.report)
			printf("Is this title right? [y]es, [n]o: another, no report [m]ust be found, [q]uit\n> ");
		else
			printf("Is this right? [y]es, [n]o: there is a report, [q]uit\n> ");
		fflush(stdout);
		answer = read_answer(add);
		if (!answer || *answer == 'q')
			return false;
		if (*answer == 'y') {
			add->title = add->reading.report ? add->reading.report->title : NULL;
			add->none = !add->title;
			return true;
		}
		if (*answer == 'm' && add->reading.report)
			return add->none = true;
		if (*answer == 'n' && ask_text(add, "What is the right title?", &add->title) && add->title)
			return true;
	}
}

static struct culprit_error *accept_title(struct add *add, const char *path)
{
	if (!add->reading.report)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no report was found to accept", path);
	add->title = add->reading.report->title;
	return NULL;
}

static struct culprit_error *ask(struct add *add, const char *path)
{
	bool go_on = true;

	if (!show_found(add, path))
		return &culprit_error_no_memory;
	if (!add->title && !add->none)
		go_on = ask_title(add);
	if (go_on)
		go_on = ask_text(add, "How was this log made?", &add->made) &&
			ask_text(add, "By what judgement is the title right?", &add->judged);
	return go_on ? NULL : culprit_error_create(CULPRIT_ERROR_CANCELLED, "nothing was written");
}

/* ------------------------------------------------------------- writing */

/* "KASAN: use-after-free Read in f" to "kasan-use-after-free-read-in-f". */
static const char *slug_of(struct arena *arena, const char *text)
{
	char *slug = arena_alloc(arena, strlen(text) + 1);
	size_t n = 0;

	for (; slug && *text && n < 80; text++) {
		if (isalnum((unsigned char)*text) || *text == '_')
			slug[n++] = (char)tolower((unsigned char)*text);
		else if (n && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	while (slug && n && slug[n - 1] == '-')
		slug[--n] = '\0';
	return slug;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Of the cases that say the same of their reports: without one, or of this kind and type. */
static bool is_alike(const struct add *add, const struct corpus_case *c)
{
	const struct corpus_case *found = &add->reading.found;

	if (add->none || !c->title || !add->reading.report)
		return add->none && !c->title;
	return found->type ? same_text(c->type, found->type) : found->kind && same_text(c->kind, found->kind);
}

/* The folder of the corpus that has most of the cases that are alike; NULL: none has any. Borrowed from the list. */
static const char *group_of_most(const struct add *add, const struct case_list *list)
{
	const char *best = NULL, *group = NULL;
	size_t n_best = 0, n = 0;

	/* Sorted by name: a folder's cases follow each other. */
	for (size_t i = 0; i < list->n; i++) {
		if (!strchr(list->cases[i].name, '/'))
			continue;
		if (!same_text(group, list->cases[i].group)) {
			group = list->cases[i].group;
			n = 0;
		}
		n += is_alike(add, &list->cases[i]);
		if (n > n_best) {
			n_best = n;
			best = group;
		}
	}
	return best;
}

/* The corpus's own folders are used where one fits; else one is named after the pattern. */
static struct culprit_error *choose_group(struct add *add, const char **ret)
{
	const struct culprit_report *report = add->reading.report;
	struct case_list list = { 0 };
	struct culprit_error *err = access(add->corpus, F_OK) ? NULL : case_list_add(&list, add->corpus);
	const char *group;

	/* A corpus that is empty or cannot be read says nothing; writing to it will tell. */
	culprit_error_destroy(err);
	case_list_sort(&list);
	group = group_of_most(add, &list);
	if (group)
		*ret = arena_dup(&add->arena, span_of(group));
	else
		*ret = add->none ? "none" : slug_of(&add->arena, report && report->pattern ? report->pattern : "new");
	case_list_deinit(&list);
	return *ret ? NULL : &culprit_error_no_memory;
}

/* Below the corpus: "kasan/kasan-use-after-free-read-in-f". */
static struct culprit_error *choose_name(struct add *add)
{
	const char *base, *slash = strrchr(add->c.path, '/'), *group;
	struct culprit_error *err;

	if (add->as)
		return NULL;
	err = choose_group(add, &group);
	if (err)
		return err;
	base = slug_of(&add->arena, add->title ? add->title : slash ? slash + 1 : add->c.path);
	if (base)
		add->as = arena_printf(&add->arena, "%s/%s", group, base);
	return add->as ? NULL : &culprit_error_no_memory;
}

/* Nothing that has to be escaped: no control bytes, nothing but UTF-8. False also when out of memory. */
static bool is_plain(const char *text)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };

	return text_add(&buf, span_of(text), TEXT_FIELD) && span_equal(buf_span(&buf), span_of(text));
}

/* a/b/c: parts that are not empty, nor "." or "..". */
static bool is_good_name(const char *name)
{
	if (strchr(name, ' ') || !is_plain(name))
		return false;
	for (;; name++) {
		size_t n = strcspn(name, "/");

		if (!n || (n <= 2 && !strncmp(name, "..", n)))
			return false;
		name += n;
		if (!*name)
			return true;
	}
}

/* One line, whatever it had. */
static const char *comment(struct add *add, const char *what, const char *text)
{
	_cleanup_(buf_deinit) struct buf line = { 0 };

	if (!buf_printf(&line, "%s: ", what) || !text_add(&line, span_of(text), TEXT_FIELD))
		return NULL;
	return arena_dup(&add->arena, buf_span(&line));
}

/* A header's value is one line, and blanks at its ends are lost. */
static struct culprit_error *check_title(const char *title)
{
	struct span text = span_of(title ? title : "-");

	if (text.len && is_plain(text.ptr) && span_equal(span_trim(text), text))
		return NULL;
	return culprit_error_create(CULPRIT_ERROR_USAGE, "'%s' is no title: it must be one line of plain text, without blanks "
				    "at its ends", title);
}

/* Nobody's log makes a case that says something else when it is read. */
static struct culprit_error *check_text(const struct add *add, const char *path, struct span text)
{
	struct corpus_case again = { 0 };
	struct culprit_error *err = case_parse(text, path, add->as, &again);
	const char *title = add->none ? NULL : add->title;

	/* a report's text behind it may end the log's last line */
	if (!err && (!again.title != !title || (title && strcmp(again.title, title)) ||
		     !span_starts(again.log, add->c.log) || again.log.len > add->c.log.len + add->with_report))
		err = culprit_error_create(CULPRIT_ERROR_FORMAT, "%s would not read back as this case", path);
	case_deinit(&again);
	return err;
}

static bool format_case(struct add *add, struct buf *ret)
{
	const struct culprit_report *report = add->none ? NULL : add->reading.report;
	const char *kernel = add->kernel ? add->kernel : report && report->kernel_version ? report->kernel_version : NULL;
	const char *comments[3];
	struct corpus_case c = { .comments = comments };

	if (kernel)
		comments[c.n_comments++] = comment(add, "Kernel", kernel);
	if (add->made)
		comments[c.n_comments++] = comment(add, "Made by", add->made);
	if (add->judged)
		comments[c.n_comments++] = comment(add, add->none ? "No report" : "Title", add->judged);
	for (size_t i = 0; i < c.n_comments; i++) {
		if (!comments[i])
			return false;
	}
	c.title = add->none ? NULL : add->title;
	/* What is found of a report with another title is nobody's judgement. */
	if (report && c.title && !strcmp(report->title, c.title)) {
		const struct corpus_case *found = &add->reading.found;

		c.alts = found->alts;
		c.n_alts = found->n_alts;
		c.type = found->type;
		c.kind = found->kind;
		c.frame = report->frame;
		c.corrupted = found->corrupted;
		c.suppressed = found->suppressed;
		c.panicked = found->panicked;
		c.has_executor = found->has_executor;
		c.executor_proc = found->executor_proc;
		c.executor_id = found->executor_id;
	}
	if (!case_write_headers(ret, &c) || !buf_add(ret, add->c.log.ptr, add->c.log.len))
		return false;
	if (!add->with_report || !report)
		return true;
	return (ret->data[ret->len - 1] == '\n' || buf_add_char(ret, '\n')) && buf_add_str(ret, "\nREPORT:\n") &&
	       buf_add(ret, report->text, report->text_len);
}

/* The directory of the case, made where it is missing; *left is the file's own name. No link is followed below the corpus. */
static struct culprit_error *open_parents(const struct add *add, const char **left, int *ret)
{
	int fd = open(add->corpus, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *name = add->as;

	if (fd < 0)
		return culprit_error_errno("cannot open %s", add->corpus);
	for (const char *slash; (slash = strchr(name, '/')); name = slash + 1) {
		_cleanup_(freep) char *part = strndup(name, (size_t)(slash - name));
		int next = -1, failed;

		if (part && (!mkdirat(fd, part, 0777) || errno == EEXIST))
			next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		failed = errno;
		close(fd);
		fd = next;
		errno = failed;
		if (fd < 0)
			return part ? culprit_error_errno("cannot create a case in %s/%.*s", add->corpus, (int)(slash - add->as),
							  add->as) : &culprit_error_no_memory;
	}
	*left = name;
	*ret = fd;
	return NULL;
}

static bool print_path(const char *path)
{
	_cleanup_(buf_deinit) struct buf line = { 0 };

	if (!text_add(&line, span_of(path), TEXT_FIELD))
		return false;
	puts(line.data);
	return true;
}

static struct culprit_error *write_case(struct add *add)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct culprit_error *err = check_title(add->title);
	const char *path, *name;
	int dir = -1;

	if (!err)
		err = choose_name(add);
	if (err)
		return err;
	if (!is_good_name(add->as))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "'%s' is no name for a case", add->as);
	path = arena_printf(&add->arena, "%s/%s", add->corpus, add->as);
	if (!path || !format_case(add, &text))
		return &culprit_error_no_memory;
	err = check_text(add, path, buf_span(&text));
	if (!err && !file_make_directories(add->corpus, 0777))
		err = culprit_error_errno("cannot create %s", add->corpus);
	if (!err)
		err = open_parents(add, &name, &dir);
	if (!err)
		err = file_create(dir, name, path, buf_span(&text));
	if (dir >= 0)
		close(dir);
	return !err && !print_path(path) ? &culprit_error_no_memory : err;
}

/* ------------------------------------------------------------- command */

static void add_deinit(struct add *add)
{
	reading_deinit(&add->reading);
	case_deinit(&add->c);
	buf_deinit(&add->log);
	arena_deinit(&add->arena);
	sources_destroy(add->sources);
	culprit_patterns_destroy(add->patterns);
}

static int read_options(struct option_reader *reader, struct add *add)
{
	const struct option_def defs[] = {
		OPTION_TEXT('C', "corpus", "DIR", "directory of the cases (default: that of the checkout, or corpus)",
			    &add->corpus),
		OPTION_TEXT('a', "as", "NAME", "name of the case below it: kasan/uaf-in-timer (default: made from the title)",
			    &add->as),
		OPTION_TEXT('t', "title", "TITLE", "the right title; asked for on a terminal", &add->title),
		OPTION_FLAG(0, "accept", "the title that is found is right", &add->accept),
		OPTION_FLAG(0, "none", "no report must be found", &add->none),
		OPTION_TEXT(0, "kernel", "TEXT", "comment: which kernel (default: its version in the log)", &add->kernel),
		OPTION_TEXT(0, "made", "TEXT", "comment: how the log was made; asked for on a terminal", &add->made),
		OPTION_TEXT(0, "judged", "TEXT", "comment: by what judgement the title is right; asked for on a terminal",
			    &add->judged),
		OPTION_FLAG('r', "report", "check the text of the report, too", &add->with_report),
		OPTION_PATTERNS('p', &add->settings.pattern_dirs),
		SOURCES_OPTIONS(&add->settings.sources, 0, 0, 0, 0),
		TEXT_COLOR_OPTION(&add->settings.color_when),
		OPTION_HELP('h'),
	};
	int code;

	reader->usage = "usage: culprit corpus add [OPTIONS] LOG\n\n"
			"Make a case of a console log. On a terminal, what is found is shown, and what\n"
			"is not given is asked for; elsewhere one of --title, --accept and --none has to\n"
			"be given. The case goes to the folder that has most of the cases of its type.\n";
	reader->notes = "Exit status: 0 the case was written, 2 it was not.\n";
	code = corpus_read_options(reader, defs, countof(defs), &add->settings);
	if (code != OPTION_GO_ON)
		return code;
	if (reader->n_operands != 1)
		return option_complain(reader, "which log? One is added at a time");
	if (!!add->title + add->none + add->accept > 1)
		return option_complain(reader, "--title, --accept and --none are two judgements");
	add->ask = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && strcmp(reader->argv[1], "-");
	if (!add->ask && !add->title && !add->none && !add->accept)
		return option_complain(reader, "not on a terminal: say what is right with --title, --accept or --none");
	return OPTION_GO_ON;
}

int corpus_add(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit corpus add", argc, argv);
	_cleanup_(add_deinit) struct add add = { 0 };
	_cleanup_(buf_deinit) struct buf dir = { 0 };
	struct culprit_error *err;
	int code;

	corpus_settings_init(&add.settings);
	code = read_options(&reader, &add);
	if (code != OPTION_GO_ON)
		return code;
	if (!add.corpus)
		add.corpus = corpus_default_dir(&dir);
	err = add.corpus ? read_log(&add, argv[1]) : &culprit_error_no_memory;
	if (!err)
		err = culprit_patterns_load(add.settings.pattern_dirs.values, add.settings.pattern_dirs.n, &add.patterns);
	if (!err)
		err = corpus_make_sources(&add.settings, &reader, add.patterns, &add.sources);
	if (!err)
		err = reading_create(add.patterns, &add.c, &add.reading);
	if (!err)
		err = reading_add_sources(add.sources, &add.c, &add.reading);
	if (!err && add.accept)
		err = accept_title(&add, argv[1]);
	if (!err && add.ask)
		err = ask(&add, argv[1]);
	if (!err)
		err = write_case(&add);
	return err ? corpus_complain(&reader, err) : 0;
}
