/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit patterns lint|list|explain|new: help for those who write patterns.
 *
 * lint finds what the loader accepts and nobody means.  What it says of an
 * expression is seen from its text, not proved: a form that never wins for
 * another reason, or an expression that is slow in another way, is not found.
 */
#include "cli/commands.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/corpus/corpus.h"
#include "cli/output/json.h"
#include "cli/options.h"
#include "cli/output/text.h"
#include "cli/patterns_lint.h"
#include "cli/patterns_new.h"
#include "match/match_rules.h"
#include "report/report.h"
#include "input/input.h"
#include "pattern/pattern.h"

struct arguments {
	struct option_list dirs;
	const char *vocabulary, *banner, *to;
	bool verbose;
	enum option_format format;
	const char *const *operands;
	size_t n_operands;
};

static int fail(struct culprit_error *err)
{
	text_complain_of("culprit patterns", err);
	return 2;
}

static void setp_destroy(struct culprit_patterns **set)
{
	culprit_patterns_destroy(*set);
}

/* ------------------------------------------------------------------ lint */

static bool is_judged(const struct lint *lint, const struct pattern_place *place)
{
	for (size_t i = 0; i < lint->n_docs; i++) {
		if (lint->docs[i]->name == place->file)
			return true;
	}
	return false;
}

/* Does a scalar below node mention a name, as before + name + after, or with whole as nothing else? */
static bool mentions(const struct yaml_node *node, const char *mention, bool whole)
{
	if (node->kind == YAML_SCALAR)
		return whole ? !strcmp(node->text, mention) : strstr(node->text, mention) != NULL;
	for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->n; i++) {
		if (mentions(node->items[i], mention, whole))
			return true;
	}
	for (size_t i = 0; node->kind == YAML_MAPPING && i < node->n; i++) {
		if (mentions(node->pairs[i].value, mention, whole))
			return true;
	}
	return false;
}

/* Roles are used by the matcher's rules, too: as "\"@ROLE\"" in a list. */
static bool matcher_uses(const char *mention)
{
	_cleanup_(buf_deinit) struct buf quoted = { 0 };

	return buf_printf(&quoted, "\"%s\"", mention) && span_find(match_rules_text(), buf_span(&quoted)) >= 0;
}

static bool is_used(const struct lint *lint, const char *mention, bool whole)
{
	const struct culprit_patterns *set = lint->set;

	for (size_t i = 0; i < pattern_n_embedded; i++) {
		if (pattern_embedded[i]->root && mentions(pattern_embedded[i]->root, mention, whole))
			return true;
	}
	for (size_t i = 0; i < set->n_docs; i++) {
		if (set->docs[i]->root && mentions(set->docs[i]->root, mention, whole))
			return true;
	}
	return whole && matcher_uses(mention);
}

/* Does a set of the embedded files have this name? */
static bool is_embedded(const char *key, const char *name)
{
	for (size_t i = 0; i < pattern_n_embedded; i++) {
		const struct yaml_node *names = pattern_embedded[i]->root ? yaml_find(pattern_embedded[i]->root, key) : NULL;

		if (names && yaml_find(names, name))
			return true;
	}
	return false;
}

/* Is a name mentioned by a file of the user's? */
static bool is_used_here(const struct lint *lint, const char *mention)
{
	for (size_t i = 0; i < lint->set->n_docs; i++) {
		if (lint->set->docs[i]->root && mentions(lint->set->docs[i]->root, mention, true))
			return true;
	}
	return false;
}

/*
 * A set told anew reaches the lists that come later, and no embedded one: those
 * were read before.
 */
static void lint_overrides(struct lint *lint)
{
	for (size_t i = 0; lint->set->n_docs && i < lint->n_docs; i++) {
		const struct yaml_doc *doc = lint->docs[i];
		const struct yaml_node *sets = doc->root ? yaml_find(doc->root, "sets") : NULL;

		if (!sets)
			continue;
		YAML_FOR_EACH_PAIR(pair, sets) {
			struct pattern_place place = { doc->name, pair->key->line, pair->key->column };
			_cleanup_(buf_deinit) struct buf mention = { 0 };

			if (!buf_printf(&mention, "@%s", pair->key->text))
				return;
			if (is_embedded("sets", pair->key->text) && !is_used_here(lint, mention.data))
				lint_found(lint, &place, "set '%s' is told anew without effect: the built-in lists have the one before; "
					   "change 'skip:', or a role under 'functions:'", pair->key->text);
		}
	}
}

/* Names under key of the judged files that nothing uses. */
static void lint_names(struct lint *lint, const char *key, const char *what, const char *format, bool whole)
{
	for (size_t i = 0; i < lint->n_docs; i++) {
		const struct yaml_doc *doc = lint->docs[i];
		const struct yaml_node *names = doc->root ? yaml_find(doc->root, key) : NULL;

		if (!names)
			continue;
		YAML_FOR_EACH_PAIR(pair, names) {
			struct pattern_place place = { doc->name, pair->key->line, pair->key->column };
			_cleanup_(buf_deinit) struct buf mention = { 0 };

			for (const char *p = format; *p; p++) {
				if (!(*p == '%' ? buf_add_str(&mention, pair->key->text) : buf_add_char(&mention, *p)))
					return;
			}
			if (!is_used(lint, mention.data, whole))
				lint_found(lint, &place, "%s '%s' is used nowhere", what, pair->key->text);
		}
	}
}

static bool is_known_type(const struct culprit_patterns *set, const char *type)
{
	for (size_t i = 0; i < set->n_types; i++) {
		if (!strcmp(set->types[i].type, type))
			return true;
	}
	return !*type;
}

static void lint_regex(struct lint *lint, const struct regex *re, const struct pattern_place *fallback)
{
	const struct pattern_place *place = pattern_set_place(lint->set, re->source, fallback);

	if (is_judged(lint, place) && regex_may_be_slow(re))
		lint_found(lint, place, "'%s' can be slow: a repeated group holds nothing but what is repeated", re->source);
}

static bool holds_frame(const struct form *form)
{
	bool holds = strstr(form->title, "{frame}") != NULL;

	for (size_t i = 0; i < form->n_alts; i++)
		holds |= strstr(form->alts[i], "{frame}") != NULL;
	return holds;
}

static void lint_form(struct lint *lint, const struct pattern *pattern, size_t index)
{
	struct form *form = &pattern->forms[index];

	for (size_t i = 0; i < index; i++) {
		const struct form *first = &pattern->forms[i];

		if (!first->has_report && !first->disabled && regex_always_matches(&first->match, &form->match)) {
			lint_found(lint, &form->place, "form '%s' can never win: '%s' (line %u) matches wherever it does",
			      form->name, first->name, first->place.line);
			break;
		}
	}
	if (holds_frame(form) && !form->n_sources && !form->corrupted)
		lint_found(lint, &form->place, "form '%s' names {frame} and has no 'frames' to find it", form->name);
	if (form->type && !is_known_type(lint->set, form->type))
		lint_found(lint, &form->place, "type '%s' is not in the table of types: is it one of those under 'types:' in "
			   "00-common.yaml? A new one goes there, or under 'types:' of this file", form->type);
}

static void lint_patterns(struct lint *lint)
{
	const struct culprit_patterns *set = lint->set;

	for (size_t i = 0; i < set->n_patterns; i++) {
		const struct pattern *pattern = &set->patterns[i];

		for (size_t j = 0; j < pattern->n_forms; j++) {
			struct form *form = &pattern->forms[j];

			if (is_judged(lint, &form->place))
				lint_form(lint, pattern, j);
			lint_regex(lint, &form->match, &form->place);
			if (form->has_report)
				lint_regex(lint, &form->report, &form->place);
			for (size_t k = 0; k < form->n_sources; k++) {
				for (size_t s = 0; s < form->sources[k].n_steps; s++) {
					if (form->sources[k].steps[s].kind == STEP_LINE)
						lint_regex(lint, &form->sources[k].steps[s].re, &form->place);
				}
			}
		}
	}
}

/* Banners that no pattern waits for open reports that nobody can name. */
static void lint_banners(struct lint *lint)
{
	const struct culprit_patterns *set = lint->set;

	for (size_t i = 0; i < set->n_banners; i++) {
		const struct banner *banner = &set->banners[i];
		bool used = false;

		for (size_t j = 0; j < set->n_patterns; j++) {
			for (size_t k = 0; k < set->patterns[j].n_banners && !set->patterns[j].disabled; k++)
				used |= set->patterns[j].banners[k] == i;
		}
		if (!used && is_judged(lint, &banner->place))
			lint_found(lint, &banner->place, "no pattern has the banner '%s'", banner->literal);
		for (size_t j = 0; j < banner->n_ignore; j++)
			lint_regex(lint, &banner->ignore[j], &banner->place);
		for (size_t j = 0; j < banner->n_require; j++)
			lint_regex(lint, &banner->require[j], &banner->place);
	}
}

static void lint_set(struct lint *lint)
{
	lint_patterns(lint);
	lint_banners(lint);
	for (size_t i = 0; i < lint->set->n_cleanup; i++)
		lint_regex(lint, &lint->set->cleanup[i].match, &(struct pattern_place){ "", 0, 0 });
	for (size_t i = 0; i < lint->set->n_doubts; i++)
		lint_regex(lint, &lint->set->doubts[i].match, &(struct pattern_place){ "", 0, 0 });
	lint_names(lint, "macros", "macro", "{{%}}", false);
	lint_names(lint, "functions", "role", "@%", true);
	lint_names(lint, "sets", "set", "@%", true);
	lint_overrides(lint);
	lint_functions(lint);
	lint_names(lint, "picks", "pick", "%", true);
}

/* What the loader refuses is a finding, too; other errors are the user's machine's. */
static int report_mistake(struct culprit_error *err)
{
	if (culprit_error_code(err) != CULPRIT_ERROR_SYNTAX)
		return fail(err);
	printf("%s\n", culprit_error_message(err));
	culprit_error_destroy(err);
	return 1;
}

/* The named files on top of the embedded ones. A file that cannot be read does not hide the others' mistakes. */
static int load_files(const struct arguments *args, struct culprit_patterns **ret)
{
	struct yaml_doc **docs = calloc(args->n_operands + 1, sizeof(*docs));
	size_t n = 0;
	int code = 0;

	for (size_t i = 0; docs && i < args->n_operands; i++) {
		struct culprit_error *err = yaml_load(args->operands[i], &docs[n]);
		int this = err ? report_mistake(err) : 0;

		n += !err;
		code = this > code ? this : code;
	}
	if (docs && !code) {
		struct culprit_error *err = pattern_set_extend(docs, n, ret);

		return err ? report_mistake(err) : 0;
	}
	for (size_t i = 0; i < n; i++)
		yaml_destroy(docs[i]);
	free(docs);
	return docs ? code : fail(&culprit_error_no_memory);
}

static int run_lint(const struct arguments *args)
{
	_cleanup_(buf_deinit) struct buf vocabulary = { 0 };
	_cleanup_(setp_destroy) struct culprit_patterns *set = NULL;
	struct lint lint = { 0 };
	struct culprit_error *err;
	int code;

	if (args->n_operands) {
		code = load_files(args, &set);
		if (code)
			return code;
	} else {
		err = culprit_patterns_load(args->dirs.values, args->dirs.n, &set);
		if (!err)
			err = pattern_set_check(set);
		if (err)
			return report_mistake(err);
	}
	lint.set = set;
	lint.docs = set->n_docs ? (const struct yaml_doc *const *)set->docs : pattern_embedded;
	lint.n_docs = set->n_docs ? set->n_docs : pattern_n_embedded;
	if (args->vocabulary) {
		err = input_read_all(args->vocabulary, SIZE_MAX, &vocabulary, NULL);
		if (err)
			return fail(err);
		lint.vocabulary = buf_span(&vocabulary);
	}
	lint_set(&lint);
	if (!lint.n_found)
		printf("no mistakes found in %zu pattern file%s\n", lint.n_docs, lint.n_docs == 1 ? "" : "s");
	return lint.n_found ? 1 : 0;
}

/* ------------------------------------------------------------------ list */

static bool list_text(const struct culprit_patterns *set, const struct pattern *pattern, struct buf *out)
{
	bool ok = buf_printf(out, "%-28s %-14s %2zu form%s ", pattern->name, culprit_kind_name(pattern->kind),
			     pattern->n_forms, pattern->n_forms == 1 ? " " : "s");

	for (size_t i = 0; ok && i < pattern->n_banners; i++)
		ok = buf_printf(out, " \"%s\"", set->banners[pattern->banners[i]].literal);
	if (ok && pattern->event)
		ok = buf_printf(out, " event %s", pattern->event);
	if (ok && pattern->disabled)
		ok = buf_add_str(out, " (disabled)");
	return ok && buf_add_char(out, '\n');
}

/* Where it is, and how the titles of its forms read. */
static bool list_forms(const struct pattern *pattern, struct buf *out)
{
	bool ok = buf_printf(out, "  %s:%u\n", pattern->place.file, pattern->place.line);

	for (size_t i = 0; ok && i < pattern->n_forms; i++) {
		const struct form *form = &pattern->forms[i];

		ok = buf_printf(out, "  %-20s %s%s%s%s\n", form->name, form->title, form->type ? "  (" : "",
				form->type ? form->type : "", form->type ? ")" : "");
	}
	return ok;
}

static bool list_json(const struct culprit_patterns *set, const struct pattern *pattern, struct buf *out)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *list;

	json_put_str(&json, root, "name", pattern->name);
	json_put_str(&json, root, "kind", culprit_kind_name(pattern->kind));
	json_put_str(&json, root, "file", pattern->place.file);
	json_put_int(&json, root, "line", pattern->place.line);
	json_put_bool(&json, root, "disabled", pattern->disabled);
	if (pattern->event)
		json_put_str(&json, root, "event", pattern->event);
	list = json_put_array(&json, root, "banners");
	for (size_t i = 0; i < pattern->n_banners; i++)
		json_add_str(&json, list, set->banners[pattern->banners[i]].literal);
	list = json_put_array(&json, root, "forms");
	for (size_t i = 0; i < pattern->n_forms; i++) {
		struct json_t *form = json_add_object(&json, list);

		json_put_str(&json, form, "name", pattern->forms[i].name);
		json_put_str(&json, form, "title", pattern->forms[i].title);
		if (pattern->forms[i].type)
			json_put_str(&json, form, "type", pattern->forms[i].type);
	}
	return json_end(&json, root, out);
}

static int run_list(const struct arguments *args)
{
	_cleanup_(setp_destroy) struct culprit_patterns *set = NULL;
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct culprit_error *err = culprit_patterns_load(args->dirs.values, args->dirs.n, &set);
	bool ok = true;

	if (!err)
		err = pattern_set_read_forms(set);
	if (err)
		return fail(err);
	for (size_t i = 0; ok && i < set->n_patterns; i++) {
		ok = args->format == OPTION_FORMAT_JSON ? list_json(set, &set->patterns[i], &out) : list_text(set, &set->patterns[i], &out);
		if (ok && args->format != OPTION_FORMAT_JSON && args->verbose)
			ok = list_forms(&set->patterns[i], &out);
		if (ok && args->format == OPTION_FORMAT_JSON && out.data[out.len - 1] != '\n')
			ok = buf_add_char(&out, '\n');
	}
	if (!ok)
		return fail(&culprit_error_no_memory);
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

/* --------------------------------------------------------------- explain */

/* What is known so far, safe to show, and forget it. */
static bool print_trace(struct buf *trace)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };

	if (trace->len && !text_add(&out, buf_span(trace), TEXT_LINES))
		return false;
	fwrite(out.data ? out.data : "", 1, out.len, stdout);
	trace->len = 0;
	return true;
}

static struct culprit_error *explain(struct culprit_parser *parser, struct input *input, struct buf *trace)
{
	struct culprit_error *err;
	struct span chunk;

	do {
		struct culprit_report *report;

		err = input_read(input, &chunk);
		if (!err)
			err = chunk.len ? culprit_parser_feed(parser, chunk.ptr, chunk.len) : culprit_parser_finish(parser);
		if (!print_trace(trace) && !err)
			err = &culprit_error_no_memory;
		while ((report = culprit_parser_take(parser)))
			culprit_report_destroy(report);
	} while (!err && chunk.len);
	return err;
}

static int run_explain(const struct arguments *args)
{
	_cleanup_(setp_destroy) struct culprit_patterns *set = NULL;
	_cleanup_(buf_deinit) struct buf trace = { 0 };
	struct culprit_parser_options options = { .detect_boot_failures = true };
	struct culprit_summary summary = { 0 };
	struct culprit_parser *parser = NULL;
	struct input *input = NULL;
	struct culprit_error *err = culprit_patterns_load(args->dirs.values, args->dirs.n, &set);

	if (!err)
		err = input_open(args->n_operands ? args->operands[0] : "-", &input);
	if (!err)
		err = culprit_parser_create(set, &options, &parser);
	if (!err) {
		parser_set_trace(parser, &trace);
		err = explain(parser, input, &trace);
	}
	if (parser)
		culprit_parser_summary(parser, &summary);
	if (!err && !summary.n_reports)
		printf("no report in %llu lines\n", (unsigned long long)summary.n_lines);
	culprit_parser_destroy(parser);
	if (input)
		input_close(input);
	return err ? fail(err) : 0;
}

/* -------------------------------------------------------------------- new */

static int run_new(const struct arguments *args)
{
	_cleanup_(buf_deinit) struct buf top = { 0 };
	struct culprit_error *err;

	if (args->n_operands != 2) {
		text_complain("culprit patterns", "new takes a name and a log");
		return 2;
	}
	/* beside the corpus: "../corpus" is that of the checkout in ".." */
	if (!args->to && (!buf_add_str(&top, "./") || !corpus_default_dir(&top)))
		return fail(&culprit_error_no_memory);
	if (!args->to)
		top.data[top.len - strlen("/corpus")] = '\0';
	err = patterns_new(args->to ? args->to : top.data, args->operands[0], args->banner, args->operands[1]);
	return err ? fail(err) : 0;
}

/* ---------------------------------------------------------------- command */

static const struct {
	const char *name;
	int (*run)(const struct arguments *args);
	size_t max_operands;
} subcommands[] = {
	{ "lint", run_lint, SIZE_MAX },
	{ "list", run_list, 0 },
	{ "explain", run_explain, 1 },
	{ "new", run_new, 2 },
};

static const char usage[] =
	"usage: culprit patterns COMMAND [OPTIONS] [ARGUMENTS]\n\n"
	"commands:\n"
	"  lint     [FILE...]  find mistakes in FILEs, or in the built-in patterns\n"
	"  list                print the patterns\n"
	"  explain  [LOG]      say how each report of a log was found and named\n"
	"  new      NAME LOG   begin a pattern for lines of LOG that hold --banner\n";

static int read_options(struct option_reader *reader, struct arguments *args)
{
	const struct option_def defs[] = {
		OPTION_PATTERNS('p', &args->dirs),
		OPTION_CHOICE('f', "format", "FORMAT", "list: text (default) or json (one object per line)",
			      option_format_words, &args->format),
		OPTION_TEXT(0, "vocabulary", "FILE", "lint: names of functions, one a line; words that none of them has are found",
			    &args->vocabulary),
		OPTION_FLAG('v', "verbose", "list: where each pattern is, and the titles of its forms", &args->verbose),
		OPTION_TEXT(0, "banner", "TEXT", "new: what is the same in each line that announces such a report", &args->banner),
		OPTION_TEXT(0, "to", "DIR", "new: write to DIR/patterns and DIR/corpus (default: the checkout that this is in)",
			    &args->to),
		OPTION_HELP('h'),
	};
	int code;

	reader->usage = usage;
	reader->notes = "Exit status: 0 nothing wrong, 1 lint found mistakes, 2 usage or input error.\n";
	code = option_read(reader, defs, countof(defs));
	args->operands = (const char *const *)reader->argv + 1;
	args->n_operands = (size_t)reader->n_operands;
	return code;
}

int cmd_patterns(int argc, char **argv)
{
	struct arguments args = { 0 };
	int code;

	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	if (argv[1][0] == '-' || !strcmp(argv[1], "help")) {
		char *help[] = { argv[0], argv[1][0] == '-' ? argv[1] : (char[]){ "--help" } };
		struct option_reader reader = OPTION_READER("culprit patterns", countof(help), help);

		code = read_options(&reader, &args);
		return code == OPTION_GO_ON ? option_complain(&reader, "which command? lint, list, explain or new") : code;
	}
	for (size_t i = 0; i < countof(subcommands); i++) {
		struct option_reader options = OPTION_READER("culprit patterns", argc - 1, argv + 1);

		if (strcmp(argv[1], subcommands[i].name) != 0)
			continue;
		code = read_options(&options, &args);
		if (code != OPTION_GO_ON)
			return code;
		if (args.n_operands > subcommands[i].max_operands)
			return option_complain(&options, "%s takes %s", subcommands[i].name,
					       subcommands[i].max_operands ? "one log" : "no operands");
		return subcommands[i].run(&args);
	}
	text_complain("culprit patterns", "unknown command '%s'; lint, list, explain and new are known", argv[1]);
	return 2;
}
