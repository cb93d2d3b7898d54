/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit patterns new: a pattern to go on with.
 *
 *	banners:
 *	  - literal: "frobd: engine wedged on"
 *	    require: ['(?<![\w"])frobd: engine wedged on']
 *	patterns:
 *	  - name: frob-wedged
 *	    ...
 *
 * What is variable in the line (numbers, names) is not guessed: the banner is
 * what the caller says is constant.  Whether the title can name a function is
 * tried on the log.
 */
#include "cli/patterns_new.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "cli/output/text.h"
#include "input/input.h"
#include "pattern/pattern.h"

/* The pattern's loader wants as many. */
#define MIN_BANNER 4
#define MAX_LOG_BYTES (64u << 20)

struct draft {
	const char *name, *banner;
	struct buf log, pattern, near_miss;
};

static void draft_deinit(struct draft *draft)
{
	buf_deinit(&draft->log);
	buf_deinit(&draft->pattern);
	buf_deinit(&draft->near_miss);
}

static struct culprit_error *read_log(struct draft *draft, const char *path)
{
	bool too_long;
	struct culprit_error *err = input_read_all(path, MAX_LOG_BYTES, &draft->log, &too_long);

	if (!err && too_long)
		err = culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: over %u MiB; cut it to the report", path, MAX_LOG_BYTES >> 20);
	return err;
}

static struct culprit_error *check_log(const struct draft *draft, const char *path)
{
	if (span_find(buf_span(&draft->log), span_of(draft->banner)) >= 0)
		return NULL;
	return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no line holds '%s'", path, draft->banner);
}

/* In double quotes, as YAML reads it. */
static bool add_quoted(struct buf *out, const char *text)
{
	bool ok = buf_add_char(out, '"');

	for (; ok && *text; text++)
		ok = (!strchr("\\\"", *text) || buf_add_char(out, '\\')) && buf_add_char(out, *text);
	return ok && buf_add_char(out, '"');
}

/* An expression that finds it, within single quotes. */
static bool add_expression(struct buf *out, const char *text)
{
	bool ok = true;

	for (; ok && *text; text++) {
		if (*text == '\'')
			ok = buf_add_str(out, "''");
		else
			ok = (!strchr("\\^$.|?*+()[]{}", *text) || buf_add_char(out, '\\')) && buf_add_char(out, *text);
	}
	return ok;
}

static bool write_pattern(struct draft *draft, bool frames)
{
	struct buf *out = &draft->pattern;

	out->len = 0;
	return buf_printf(out, "# SPDX-License-Identifier: LGPL-2.1-or-later\n# %s: what is it, and which kernels print it (version or commit)?\n"
			  "banners:\n  - literal: ", draft->name) && add_quoted(out, draft->banner) &&
	       buf_add_str(out, "\n    # not within a word, and not quoted\n    require: ['(?<![\\w\"])") &&
	       add_expression(out, draft->banner) && buf_printf(out, "']\npatterns:\n  - name: %s\n    banner: ", draft->name) &&
	       add_quoted(out, draft->banner) && buf_add_str(out, "\n    forms:\n      - name: text\n        match: '") &&
	       add_expression(out, draft->banner) &&
	       buf_add_str(out, "'\n        # without numbers and names that two runs of one bug do not share\n        title: ") &&
	       (!frames ? add_quoted(out, draft->banner) :
		buf_printf(out, "\"%s in {frame}\"\n        frames:\n          - from: ['Call Trace:', stack]", draft->banner)) &&
	       buf_add_str(out, "\n        # type: one of the types of patterns/00-common.yaml; culprit-patterns(5)\n");
}

static bool write_near_miss(struct draft *draft)
{
	return buf_add_str(&draft->near_miss, "# Made by: written; better is a line that you have seen\n"
			   "# No report: a program quotes what a kernel said\n\n[   12.000000] watcher[312]: the console said: \"") &&
	       buf_add_str(&draft->near_miss, draft->banner) && buf_add_str(&draft->near_miss, "\"\n");
}

static struct culprit_error *first_report(const struct culprit_patterns *set, struct span log, struct culprit_report **ret)
{
	struct culprit_parser *parser = NULL;
	struct culprit_error *err = culprit_parser_create(set, NULL, &parser);

	*ret = NULL;
	if (!err)
		err = culprit_parser_feed(parser, log.ptr, log.len);
	if (!err)
		err = culprit_parser_finish(parser);
	for (struct culprit_report *report; !err && (report = culprit_parser_take(parser));) {
		if (*ret)
			culprit_report_destroy(report);
		else
			*ret = report;
	}
	culprit_parser_destroy(parser);
	return err;
}

/* What is found in a log with the pattern besides the built-in ones. */
struct trial {
	struct culprit_report *report;	/* NULL: nothing */
	bool ours;			/* found by this pattern */
};

static struct culprit_error *try_pattern(const struct draft *draft, struct span log, struct trial *ret)
{
	struct yaml_doc **docs = calloc(1, sizeof(*docs));
	struct culprit_patterns *set = NULL;
	struct culprit_error *err;

	culprit_report_destroy(ret->report);
	*ret = (struct trial){ 0 };
	if (!docs)
		return &culprit_error_no_memory;
	err = yaml_parse(buf_span(&draft->pattern), draft->name, docs);
	if (err)
		free(docs);
	else
		err = pattern_set_extend(docs, 1, &set);	/* takes them over */
	if (!err)
		err = first_report(set, log, &ret->report);
	if (!err && ret->report)
		ret->ours = ret->report->pattern && !strcmp(ret->report->pattern, draft->name);
	culprit_patterns_destroy(set);
	return err;
}

/* With a function in the title where the log has one. */
static struct culprit_error *make_pattern(struct draft *draft, struct trial *ret)
{
	struct culprit_error *err;

	if (!write_pattern(draft, true))
		return &culprit_error_no_memory;
	err = try_pattern(draft, buf_span(&draft->log), ret);
	if (err || (ret->ours && ret->report->frame && !ret->report->corrupted))
		return err;
	if (!write_pattern(draft, false))
		return &culprit_error_no_memory;
	return try_pattern(draft, buf_span(&draft->log), ret);
}

/* top/FOLDER/FOLDER/NAME+SUFFIX; the folders may be there. */
static struct culprit_error *write_below(const char *top, const char *const folders[2], const char *name, const char *suffix,
					 const struct buf *text)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct culprit_error *err;

	for (int i = -1; i < 2 && (i < 0 || folders[i]); i++) {
		if (!buf_printf(&path, "%s%s", i < 0 ? "" : "/", i < 0 ? top : folders[i]))
			return &culprit_error_no_memory;
		if (mkdir(path.data, 0777) && errno != EEXIST)
			return culprit_error_errno("cannot create %s", path.data);
	}
	if (!buf_printf(&path, "/%s%s", name, suffix))
		return &culprit_error_no_memory;
	err = file_create(AT_FDCWD, path.data, path.data, buf_span(text));
	if (!err)
		printf("%s\n", path.data);
	return err;
}

/* A file's name and a plain scalar of YAML: letters, digits and "-". */
static bool is_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] && *name != '-';
}

static bool is_banner(const char *banner)
{
	_cleanup_(buf_deinit) struct buf plain = { 0 };
	struct span text = span_of(banner);

	return text.len >= MIN_BANNER && span_equal(span_trim(text), text) && text_add(&plain, text, TEXT_FIELD) &&
	       span_equal(buf_span(&plain), text) && !strpbrk(banner, "\"{}\\");
}

static struct culprit_error *check(const struct draft *draft)
{
	if (!is_name(draft->name))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "'%s' is no name for a pattern: small letters, digits and '-'", draft->name);
	if (!draft->banner || !is_banner(draft->banner))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "what words announce it? Give what is the same in each such line with "
					    "--banner: at least %d characters, no blanks at its ends, no quotes and braces", MIN_BANNER);
	return NULL;
}

struct culprit_error *patterns_new(const char *top, const char *name, const char *banner, const char *path)
{
	_cleanup_(draft_deinit) struct draft draft = { .name = name, .banner = banner };
	struct trial found = { 0 }, missed = { 0 };
	_cleanup_(buf_deinit) struct buf shown = { 0 };
	struct culprit_error *err = check(&draft);

	if (!err)
		err = read_log(&draft, path);
	if (!err)
		err = check_log(&draft, path);
	if (!err)
		err = make_pattern(&draft, &found);
	if (!err && !write_near_miss(&draft))
		err = &culprit_error_no_memory;
	if (!err)
		err = try_pattern(&draft, buf_span(&draft.near_miss), &missed);
	if (!err)
		err = write_below(top, (const char *const[]){ "patterns", NULL }, name, ".yaml", &draft.pattern);
	if (!err)
		err = write_below(top, (const char *const[]){ "corpus", "near-miss" }, name, "", &draft.near_miss);
	if (!err && !text_add(&shown, span_of(found.report ? found.report->title : "nothing"), TEXT_FIELD))
		err = &culprit_error_no_memory;
	if (!err)
		printf("finds now: %s%s\n%s", shown.data, found.ours ? "" : " (not by this pattern: another one comes first)",
		       missed.report ? "the near miss is taken for a report: the pattern has to learn better\n" : "");
	culprit_report_destroy(found.report);
	culprit_report_destroy(missed.report);
	return err;
}
