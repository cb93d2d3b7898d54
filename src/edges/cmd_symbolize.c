/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit symbolize [OPTIONS] [FILE...]: find crash reports and print them with
 * source lines.
 *
 * Notes on what could not be done go to standard error (and into JSON): the
 * reports alone are on standard output.
 */
#include "edges/commands.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "edges/feed.h"
#include "edges/json.h"
#include "edges/options.h"
#include "edges/text.h"
#include "meaning/maintainers.h"
#include "meaning/symbolize.h"

#define MAX_DIRS 64

enum option_id {
	OPT_VMLINUX = 1, OPT_MODULES, OPT_SRC, OPT_DEBUG_DIR, OPT_FORCE, OPT_FORMAT, OPT_PATTERNS, OPT_NO_CACHE,
	OPT_KERNEL_OFFSET, OPT_COLOR, OPT_HELP,
};

static const struct option_def option_defs[] = {
	{ OPT_VMLINUX, 'k', "vmlinux", "FILE", "the kernel with debug information" },
	{ OPT_MODULES, 'm', "modules", "DIR", "find modules (.ko, also compressed) below DIR; repeatable" },
	{ OPT_DEBUG_DIR, 'd', "debug-dir", "DIR",
	  "find vmlinux and modules by build ID or version below DIR, e.g. /usr/lib/debug; repeatable" },
	{ OPT_SRC, 's', "src", "DIR",
	  "the source tree: paths are made relative to it, and its scripts/get_maintainer.pl says whom to tell" },
	{ OPT_FORCE, 0, "force", NULL, "use a vmlinux or module even if it does not belong to the log" },
	{ OPT_NO_CACHE, 0, "no-cache", NULL, "neither read nor write indexes in $XDG_CACHE_HOME/culprit" },
	{ OPT_KERNEL_OFFSET, 0, "kernel-offset", "HEX",
	  "where KASLR put the kernel, for addresses without symbol (default: the report's own \"Kernel Offset:\")" },
	{ OPT_FORMAT, 'f', "format", "FORMAT", "text (default) or json (one object per line)" },
	{ OPT_PATTERNS, 'p', "patterns", "DIR", "add and override patterns by the *.yaml files in DIR; repeatable" },
	{ OPT_COLOR, 0, "color", "[WHEN]", "auto (default), always or never" },
	{ OPT_HELP, 'h', "help", NULL, "this text" },
};

enum format { FORMAT_TEXT, FORMAT_JSON };

static const char *const format_words[] = { "text", "json" };

struct dirs {
	const char *list[MAX_DIRS];
	size_t n;
};

struct settings {
	enum format format;
	enum text_color color_when;
	bool color, force, no_cache;
	const char *vmlinux, *source;
	uint64_t kernel_offset;
	bool has_kernel_offset;
	struct dirs modules, debug, patterns;
};

struct run {
	const struct settings *settings;
	struct symbolizer *symbolizer;
	const char *path;		/* of the log; "-": standard input */
	bool found, bad;
	bool gone;			/* nobody reads our output any more */
};

static void print_help(void)
{
	printf("usage: culprit symbolize [OPTIONS] [FILE...]\n\n"
	       "Find the crash reports in console logs and print them with source lines: inlined\n"
	       "functions, the code around the fault, the guilty file. Files may be compressed;\n"
	       "without any, or for -, standard input is read.\n\n");
	option_print_help(stdout, option_defs, countof(option_defs));
	printf("\nExit code: 0 no crash found, 1 at least one, 2 usage or input error.\n");
}

static void complain(const char *what, const char *message)
{
	_cleanup_(buf_deinit) struct buf line = { 0 };

	if (buf_add_str(&line, "culprit symbolize: ") && buf_add_str(&line, what) &&
	    text_add(&line, span_of(message), TEXT_FIELD))
		fprintf(stderr, "%s\n", line.data);
	else
		fputs("culprit symbolize: out of memory\n", stderr);
}

/* ------------------------------------------------------------ printing */

struct people {
	struct maintainer *list;
	size_t n;
};

static void put_code(struct json *json, struct json_t *array, const struct symbolized_code *code)
{
	struct json_t *object = json_add_object(json, array), *list;

	json_put_int(json, object, "text_line", code->text_line);
	json_put_int(json, object, "skipped", code->code.skipped);
	json_put_bool(json, object, "deliberate_trap", code->code.deliberate);
	list = json_put_array(json, object, "instructions");
	for (size_t i = 0; i < code->code.n; i++) {
		const struct disasm_instruction *insn = &code->code.instructions[i];
		struct json_t *item = json_add_object(json, list);
		char hex[2 * sizeof(insn->bytes) + 1] = "";

		for (size_t k = 0; k < insn->n_bytes; k++)
			snprintf(hex + 2 * k, 3, "%02x", insn->bytes[k]);
		json_put_int(json, item, "offset", insn->off);
		json_put_str(json, item, "bytes", hex);
		json_put_str(json, item, "mnemonic", insn->mnemonic);
		json_put_str(json, item, "operands", insn->operands);
		json_put_bool(json, item, "trapping", insn->trapping);
	}
}

static bool add_json(const struct run *run, const struct symbolized *symbolized, const struct people *people,
		     struct buf *out)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *object, *list;

	json_put_report(&json, root, &symbolized->report, strcmp(run->path, "-") ? run->path : NULL);
	object = json_put_object(&json, root, "symbolized");
	json_put_int(&json, object, "symbols", (int64_t)symbolized->n_frames);
	json_put_int(&json, object, "with_line", (int64_t)symbolized->n_found);
	list = json_put_array(&json, object, "notes");
	for (size_t i = 0; i < symbolized->n_notes; i++)
		json_add_str(&json, list, symbolized->notes[i]);
	list = json_put_array(&json, object, "code");
	for (size_t i = 0; i < symbolized->n_codes; i++)
		put_code(&json, list, &symbolized->codes[i]);
	list = json_put_array(&json, object, "maintainers");
	for (size_t i = 0; i < people->n; i++) {
		struct json_t *item = json_add_object(&json, list);

		json_put_str(&json, item, "name", people->list[i].name);
		json_put_str(&json, item, "address", people->list[i].address);
		json_put_str(&json, item, "role", people->list[i].role);
	}
	return json_end(&json, root, out);
}

static bool add_people(const struct people *people, bool color, struct buf *out)
{
	for (size_t i = 0; i < people->n; i++) {
		const struct maintainer *one = &people->list[i];
		_cleanup_(buf_deinit) struct buf line = { 0 };
		bool ok = *one->name ? buf_printf(&line, "%s <%s>", one->name, one->address) :
				       buf_add_str(&line, one->address);

		if (!ok || (*one->role && !buf_printf(&line, " (%s)", one->role)) ||
		    !text_add_row(out, i ? "" : "tell", line.data, color))
			return false;
	}
	return !people->n || buf_add_char(out, '\n');
}

static bool add_text(const struct run *run, const struct symbolized *symbolized, const struct people *people,
		     struct buf *out)
{
	bool color = run->settings->color;
	const char *place = strcmp(run->path, "-") ? run->path : "(standard input)";

	return text_add_report(out, &symbolized->report, place, color) && add_people(people, color, out);
}

/* Whom to tell is an extra: what fails is said, and no more. */
static void find_people(const struct run *run, struct symbolized *symbolized, struct people *ret)
{
	const struct culprit_report *report = &symbolized->report;
	struct culprit_error *err;

	if (!run->settings->source || !report->file_guilty || report->suppressed)
		return;
	err = maintainers_find(run->settings->source, report->file_guilty, &symbolized->arena, &ret->list, &ret->n);
	if (err)
		complain("", culprit_error_message(err));
	culprit_error_destroy(err);
}

static bool print_report(struct run *run, struct symbolized *symbolized)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct people people = { 0 };

	find_people(run, symbolized, &people);
	if (!(run->settings->format == FORMAT_JSON ? add_json(run, symbolized, &people, &out) :
						     add_text(run, symbolized, &people, &out))) {
		complain("", "out of memory");
		run->bad = true;
		return false;
	}
	for (size_t i = 0; i < symbolized->n_notes && run->settings->format == FORMAT_TEXT; i++)
		complain("", symbolized->notes[i]);
	if (fwrite(out.data, 1, out.len, stdout) == out.len && !fflush(stdout))
		return true;
	/* a reader that has gone saw enough */
	run->gone = true;
	if (errno != EPIPE) {
		complain("cannot write to standard output: ", strerror(errno));
		run->bad = true;
	}
	return false;
}

static bool on_report(void *arg, struct culprit_report *report)
{
	_cleanup_(symbolized_destroyp) struct symbolized *symbolized = NULL;
	struct run *run = arg;
	struct culprit_error *err = symbolize_report(run->symbolizer, report, &symbolized);
	bool go_on;

	run->found |= !report->suppressed;
	if (err) {
		complain("", culprit_error_message(err));
		culprit_error_destroy(err);
		run->bad = true;
		go_on = false;
	} else {
		go_on = print_report(run, symbolized);
	}
	symbolized_destroy(symbolized);
	symbolized = NULL;
	culprit_report_destroy(report);
	return go_on;
}

/* ------------------------------------------------------------- options */

/* The exit code, or GO_ON. */
#define GO_ON (-1)

static int take_dir(struct dirs *dirs, const struct option_reader *options, const char *name)
{
	if (dirs->n == MAX_DIRS)
		return option_complain(options, "more than %d times --%s", MAX_DIRS, name);
	dirs->list[dirs->n++] = options->value;
	return GO_ON;
}

static int take_option(struct settings *settings, const struct option_reader *options, int id)
{
	int word;

	switch (id) {
	case OPT_VMLINUX:
		settings->vmlinux = options->value;
		return GO_ON;
	case OPT_MODULES:
		return take_dir(&settings->modules, options, "modules");
	case OPT_DEBUG_DIR:
		return take_dir(&settings->debug, options, "debug-dir");
	case OPT_PATTERNS:
		return take_dir(&settings->patterns, options, "patterns");
	case OPT_SRC:
		settings->source = options->value;
		return GO_ON;
	case OPT_FORCE:
		settings->force = true;
		return GO_ON;
	case OPT_KERNEL_OFFSET: {
		struct span value = span_of(options->value);
		size_t used;

		if (!parse_hex64(value, &settings->kernel_offset, &used) || used != value.len)
			return option_complain(options, "--kernel-offset takes a hexadecimal number, not '%s'", options->value);
		settings->has_kernel_offset = true;
		return GO_ON;
	}
	case OPT_NO_CACHE:
		settings->no_cache = true;
		return GO_ON;
	case OPT_FORMAT:
		word = option_choice(options, "format", format_words, countof(format_words));
		settings->format = word < 0 ? FORMAT_TEXT : (enum format)word;
		return word < 0 ? 2 : GO_ON;
	case OPT_COLOR:
		word = options->value ? option_choice(options, "color", text_color_words, countof(text_color_words)) :
					TEXT_COLOR_ALWAYS;
		settings->color_when = word < 0 ? TEXT_COLOR_AUTO : (enum text_color)word;
		return word < 0 ? 2 : GO_ON;
	case OPT_HELP:
		print_help();
		return 0;
	default:
		return 2;
	}
}

/* -------------------------------------------------------------- command */

static struct culprit_error *make_symbolizer(const struct settings *settings, const char *cache_dir,
					     struct symbolizer **ret)
{
	struct symbolizer_options options = {
		.vmlinux = settings->vmlinux,
		.module_dirs = settings->modules.list,
		.n_module_dirs = settings->modules.n,
		.source_dir = settings->source,
		.debug_dirs = settings->debug.list,
		.n_debug_dirs = settings->debug.n,
		.cache_dir = cache_dir,
		.kernel_offset = settings->has_kernel_offset ? &settings->kernel_offset : NULL,
		.force = settings->force,
	};

	return symbolizer_create(&options, ret);
}

static void symbolize_log(struct run *run, const struct culprit_patterns *patterns)
{
	struct feed feed = { .patterns = patterns, .path = run->path, .report = on_report, .arg = run };
	struct culprit_error *err = feed_run(&feed);

	if (err) {
		complain("", culprit_error_message(err));
		run->bad = true;
	}
	culprit_error_destroy(err);
}

static int run_symbolize(const struct settings *settings, const char *const *paths, size_t n_paths)
{
	_cleanup_(freep) char *cache_dir = settings->no_cache ? NULL : symbolizer_cache_dir();
	struct culprit_patterns *patterns = NULL;
	struct run run = { .settings = settings };
	struct culprit_error *err;

	err = culprit_patterns_load(settings->patterns.list, settings->patterns.n, &patterns);
	if (!err)
		err = make_symbolizer(settings, cache_dir, &run.symbolizer);
	if (err) {
		complain("", culprit_error_message(err));
		culprit_error_destroy(err);
		culprit_patterns_destroy(patterns);
		return 2;
	}
	for (size_t i = 0; i < n_paths && !run.gone; i++) {
		run.path = paths[i];
		symbolize_log(&run, patterns);
	}
	symbolizer_destroy(run.symbolizer);
	culprit_patterns_destroy(patterns);
	return run.bad ? 2 : run.found;
}

int cmd_symbolize(int argc, char **argv)
{
	static const char *const standard_input[] = { "-" };
	struct option_reader options = OPTION_READER("culprit symbolize", option_defs, argc, argv);
	struct settings settings = { 0 };
	int id, code;

	while ((id = option_next(&options)) != OPTION_END) {
		code = take_option(&settings, &options, id);
		if (code != GO_ON)
			return code;
	}
	settings.color = settings.format == FORMAT_TEXT && text_use_color(settings.color_when, STDOUT_FILENO);
	if (!options.n_operands)
		return run_symbolize(&settings, standard_input, 1);
	return run_symbolize(&settings, (const char *const *)argv + 1, (size_t)options.n_operands);
}
