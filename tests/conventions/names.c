/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names [-v] [-n PER_CONTEXT] DIR [CONTEXT...]: is a report named after the
 * function that the convention names, whatever function stands on top?
 *
 * DIR holds names.tsv, contexts.tsv and templates/ (README.md beside this
 * file).  Of each context, up to PER_CONTEXT (400) functions are tried of each
 * sort: passed over there, passed over everywhere, and named there.
 *
 * Prints a line for each context: its name, how many titles are right of how
 * many, for the names that rules are written against, then for those held back.
 * -v: each title that is wrong, of the former alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "culprit.h"

#define MAX_CONTEXTS 64
#define MAX_NAMES 65536
#define MAX_TITLE 256

struct name {
	const char *text, *marks;	/* marks: ",a,b,": comma-separated, commas around */
	bool held;
};

struct context {
	const char *name, *mark, *instead, *title;
	char *template;
};

/* Right and all, [1] of those held back. */
struct count {
	unsigned int right[2], all[2];
};

static struct name names[MAX_NAMES];
static size_t n_names;
static struct context contexts[MAX_CONTEXTS];
static size_t n_contexts;
static bool verbose;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "names: %s: %s\n", what, why);
	exit(2);
}

static void *need(void *memory)
{
	if (!memory)
		die("memory", strerror(ENOMEM));
	return memory;
}

static char *read_file(const char *dir, const char *name)
{
	char path[4096], *text;
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		die(path, strerror(errno));
	rewind(file);
	text = need(malloc((size_t)size + 1));
	if (fread(text, 1, (size_t)size, file) != (size_t)size)
		die(path, "cannot be read");
	text[size] = '\0';
	fclose(file);
	return text;
}

/* Cut at tabs; what is not there is "". */
static void split(char *line, char **fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fields[i] = line ? line : (char *)"";
		line = line ? strchr(line, '\t') : NULL;
		if (line)
			*line++ = '\0';
	}
}

static const char *next_line(char **rest)
{
	char *line;

	do
		line = strsep(rest, "\n");
	while (line && (!*line || *line == '#'));
	return line;
}

/* System calls' entries lose their prefixes, and these two stand for something else. */
static bool is_special(const char *name)
{
	static const char *const prefixes[] = {
		"SYSC_", "SyS_", "sys_", "__x64_", "__ia32_", "__arm64_", "_sys_", "__sys_", "___sys_", "____sys_", "__se_",
		"__do_sys", "compat_", "ksys_", "should_fail", "smp_call_function",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	}
	return false;
}

static void read_names(const char *dir)
{
	char *rest = read_file(dir, "names.tsv");
	const char *line;

	while ((line = next_line(&rest))) {
		char *fields[3], *marks;

		split((char *)line, fields, 3);
		if (is_special(fields[0]))
			continue;
		if (n_names == MAX_NAMES)
			die("names.tsv", "too many names");
		marks = need(malloc(strlen(fields[1]) + 3));
		sprintf(marks, ",%s,", fields[1]);
		names[n_names++] = (struct name){ fields[0], marks, !strcmp(fields[2], "held") };
	}
}

static void read_contexts(const char *dir)
{
	char *rest = read_file(dir, "contexts.tsv");
	const char *line;

	while ((line = next_line(&rest))) {
		char *fields[4], path[256];

		split((char *)line, fields, 4);
		if (n_contexts == MAX_CONTEXTS)
			die("contexts.tsv", "too many contexts");
		snprintf(path, sizeof(path), "templates/%s.log", fields[0]);
		contexts[n_contexts++] = (struct context){ fields[0], fields[1], fields[2], fields[3], read_file(dir, path) };
	}
}

static bool has_mark(const struct name *name, const char *mark)
{
	char text[64];

	snprintf(text, sizeof(text), ",%s,", mark);
	return strstr(name->marks, text);
}

/* The template with the name put in; ret takes size bytes. */
static void fill(const char *template, const char *name, char *ret, size_t size)
{
	const char *at;
	size_t used = 0;

	for (; (at = strstr(template, "@F@")); template = at + 3)
		used += (size_t)snprintf(ret + used, size - used, "%.*s%s", (int)(at - template), template, name);
	snprintf(ret + used, size - used, "%s", template);
}

static void check(struct culprit_error *err)
{
	if (err)
		die("library", culprit_error_message(err));
}

/* The title of the first report; "" where there is none. */
static void title_of(const struct culprit_patterns *patterns, const char *log, char *ret)
{
	struct culprit_parser *parser;
	struct culprit_report *report;

	check(culprit_parser_create(patterns, NULL, &parser));
	check(culprit_parser_feed(parser, log, strlen(log)));
	check(culprit_parser_finish(parser));
	*ret = '\0';
	for (bool first = true; (report = culprit_parser_take(parser)); first = false) {
		if (first)
			snprintf(ret, MAX_TITLE, "%s", report->title);
		culprit_report_destroy(report);
	}
	culprit_parser_destroy(parser);
}

static void try_name(const struct culprit_patterns *patterns, const struct context *context, const struct name *name,
		     bool passed_over, struct count *count)
{
	char log[65536], title[MAX_TITLE], expected[MAX_TITLE];

	fill(context->template, name->text, log, sizeof(log));
	fill(context->title, passed_over ? context->instead : name->text, expected, sizeof(expected));
	title_of(patterns, log, title);
	count->all[name->held]++;
	if (!strcmp(title, expected))
		count->right[name->held]++;
	else if (verbose && !name->held)
		printf("  %s: expected '%s', got '%s'\n", context->name, expected, title);
}

/* Hung tasks that wait for these are one bucket each. */
static bool is_bucket(const char *name)
{
	static const char *const words[] = {
		"rtnl_lock", "synchronize_rcu", "synchronize_srcu", "synchronize_net", "synchronize_sched",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strstr(name, words[i]))
			return true;
	}
	return false;
}

static struct count try_context(const struct culprit_patterns *patterns, const struct context *context, unsigned int most)
{
	unsigned int marked = 0, everywhere = 0, named = 0;
	bool anchors = !strcmp(context->name, "stall-anchor"), stalls = !strncmp(context->name, "stall", 5);
	struct count count = { 0 };

	for (size_t i = 0; i < n_names; i++) {
		const struct name *name = &names[i];

		if (!strcmp(context->name, "hang") && is_bucket(name->text))
			continue;
		if (has_mark(name, context->mark)) {
			if (marked++ < most)
				try_name(patterns, context, name, true, &count);
		} else if (anchors || (stalls && has_mark(name, "stall-anchor"))) {
			continue;
		} else if (has_mark(name, "every")) {
			if (everywhere++ < most)
				try_name(patterns, context, name, true, &count);
		} else if (named++ < most) {
			try_name(patterns, context, name, false, &count);
		}
	}
	return count;
}

static bool is_asked_for(const char *context, char **argv)
{
	if (!*argv)
		return true;
	for (; *argv; argv++) {
		if (!strcmp(context, *argv))
			return true;
	}
	return false;
}

static const char *const usage = "usage: names [-v] [-n PER_CONTEXT] DIR [CONTEXT...]\n";

int main(int argc, char **argv)
{
	struct culprit_patterns *patterns;
	struct count all = { 0 };
	unsigned int most = 400;

	for (int opt; (opt = getopt(argc, argv, "vn:")) != -1;) {
		if (opt == 'v')
			verbose = true;
		else if (opt == 'n')
			most = (unsigned int)strtoul(optarg, NULL, 10);
		else
			return fputs(usage, stderr), 2;
	}
	argv += optind;
	if (!*argv)
		return fputs(usage, stderr), 2;
	read_names(*argv);
	read_contexts(*argv);
	check(culprit_patterns_load(NULL, 0, &patterns));
	for (size_t i = 0; i < n_contexts; i++) {
		struct count count;

		if (!is_asked_for(contexts[i].name, argv + 1))
			continue;
		count = try_context(patterns, &contexts[i], most);
		printf("%s\t%u\t%u\t%u\t%u\n", contexts[i].name, count.right[0], count.all[0], count.right[1], count.all[1]);
		for (int held = 0; held < 2; held++) {
			all.right[held] += count.right[held];
			all.all[held] += count.all[held];
		}
	}
	printf("all\t%u\t%u\t%u\t%u\n", all.right[0], all.all[0], all.right[1], all.all[1]);
	culprit_patterns_destroy(patterns);
	return 0;
}
