/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sources: what `parse` and `symbolize` share. The symbolizer belongs to one
 * thread at a time, so workers take turns; it is fast next to reading logs.
 */
#include "cli/sources.h"

#include <pthread.h>
#include <stdio.h>

#include "cli/output/text.h"

struct sources {
	const struct sources_settings *settings;
	const char *command;
	struct symbolizer *symbolizer;
	char *cache_dir;
	pthread_mutex_t lock;
};

bool sources_wanted(const struct sources_settings *settings)
{
	return settings->vmlinux || settings->source || settings->modules.n || settings->debug.n ||
	       settings->debuginfod;
}

/* -------------------------------------------------------------- finding */

struct culprit_error *sources_create(const struct culprit_patterns *patterns,
				     const struct sources_settings *settings, const char *command, struct sources **ret)
{
	struct sources *sources = calloc(1, sizeof(*sources));
	struct symbolizer_options options = {
		.patterns = patterns,
		.vmlinux = settings->vmlinux,
		.module_dirs = settings->modules.values,
		.n_module_dirs = settings->modules.n,
		.source_dir = settings->source,
		.debug_dirs = settings->debug.values,
		.n_debug_dirs = settings->debug.n,
		.kernel_offset = settings->kernel_offset.given ? &settings->kernel_offset.value : NULL,
		.debuginfod = settings->debuginfod,
		.force = settings->force,
		.text_only = settings->text_only,
	};
	struct culprit_error *err;

	if (!sources)
		return &culprit_error_no_memory;
	sources->settings = settings;
	sources->command = command;
	sources->cache_dir = settings->no_cache ? NULL : symbolizer_cache_dir();
	options.cache_dir = sources->cache_dir;
	pthread_mutex_init(&sources->lock, NULL);
	err = symbolizer_create(&options, &sources->symbolizer);
	if (err)
		sources_destroy(sources);
	else
		*ret = sources;
	return err;
}

void sources_destroy(struct sources *sources)
{
	if (!sources)
		return;
	symbolizer_destroy(sources->symbolizer);
	pthread_mutex_destroy(&sources->lock);
	free(sources->cache_dir);
	free(sources);
}

struct symbolizer *sources_symbolizer(const struct sources *sources)
{
	return sources->symbolizer;
}

void sources_begin(struct sources *sources)
{
	pthread_mutex_lock(&sources->lock);
}

void sources_end(struct sources *sources)
{
	pthread_mutex_unlock(&sources->lock);
}

static void complain(const struct sources *sources, const char *message)
{
	text_complain(sources->command, "%s", message);
}

struct culprit_error *sources_find(struct sources *sources, const struct culprit_report *report,
				   struct sources_found *ret)
{
	const char *source = sources->settings->source;
	struct culprit_error *err;

	*ret = (struct sources_found){ 0 };
	err = symbolize_report(sources->symbolizer, report, &ret->symbolized);
	if (err)
		return err;
	if (!source || !ret->symbolized->report.file_guilty || report->suppressed)
		return NULL;
	err = maintainers_find(source, ret->symbolized->report.file_guilty, MAINTAINERS_TIMEOUT_MS,
			       &ret->symbolized->arena, &ret->people, &ret->n_people);
	if (err)
		complain(sources, culprit_error_message(err));
	culprit_error_destroy(err);
	return NULL;
}

void sources_found_deinit(struct sources_found *found)
{
	symbolized_destroy(found->symbolized);
	*found = (struct sources_found){ 0 };
}

/* ------------------------------------------------------------- printing */

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

void sources_put_json(struct json *json, struct json_t *root, const struct sources_found *found)
{
	const struct symbolized *symbolized = found->symbolized;
	struct json_t *object = json_put_object(json, root, "symbolized"), *list;

	json_put_int(json, object, "symbols", (int64_t)symbolized->n_frames);
	json_put_int(json, object, "with_line", (int64_t)symbolized->n_found);
	list = json_put_array(json, object, "notes");
	for (size_t i = 0; i < symbolized->n_notes; i++)
		json_add_str(json, list, symbolized->notes[i]);
	list = json_put_array(json, object, "code");
	for (size_t i = 0; i < symbolized->n_codes; i++)
		put_code(json, list, &symbolized->codes[i]);
	list = json_put_array(json, object, "maintainers");
	for (size_t i = 0; i < found->n_people; i++) {
		struct json_t *item = json_add_object(json, list);

		json_put_str(json, item, "name", found->people[i].name);
		json_put_str(json, item, "address", found->people[i].address);
		json_put_str(json, item, "role", found->people[i].role);
	}
}

bool sources_add_text(struct buf *out, const struct sources_found *found, bool color)
{
	for (size_t i = 0; i < found->n_people; i++) {
		const struct maintainer *one = &found->people[i];
		_cleanup_(buf_deinit) struct buf line = { 0 };
		bool ok = *one->name ? buf_printf(&line, "%s <%s>", one->name, one->address) :
				       buf_add_str(&line, one->address);

		if (!ok || (*one->role && !buf_printf(&line, " (%s)", one->role)) ||
		    !text_add_row(out, i ? "" : "tell", line.data, color))
			return false;
	}
	return !found->n_people || buf_add_char(out, '\n');
}

void sources_print_notes(const struct sources *sources, const struct sources_found *found)
{
	for (size_t i = 0; i < found->symbolized->n_notes; i++)
		complain(sources, found->symbolized->notes[i]);
}
