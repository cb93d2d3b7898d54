/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source lines for the crash in a bisection's report: the vmlinux and modules
 * that the build of that commit left among its artefacts.
 *
 * Lines are an extra: artefacts may have been deleted, or belong to another
 * build than the log, and then a finding says why there are none.
 */
#include "cli/bisect/bisect_lines.h"

#include <stdio.h>
#include <unistd.h>

#include "symbol/symbolize.h"

static char *artefact(const struct session *session, struct arena *arena, const char *commit, const char *name)
{
	return *name == '/' ? arena_dup(arena, span_of(name)) :
			      arena_printf(arena, "%s/artefacts/%s/%s", session->config->state, commit, name);
}

static struct culprit_error *tell(struct arena *arena, const char *why, struct bisect_lines *ret)
{
	ret->remark = arena_printf(arena, "The crash has no source lines: %s", why);
	return ret->remark ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *symbolize(const struct symbolizer_options *options, const struct culprit_report *report,
				       struct arena *arena, struct bisect_lines *ret)
{
	struct symbolized *symbolized = NULL;
	struct symbolizer *symbolizer = NULL;
	struct culprit_error *err = symbolizer_create(options, &symbolizer);

	if (!err)
		err = symbolize_report(symbolizer, report, &symbolized);
	if (!err && (symbolized->report.text_len != report->text_len || !symbolized->n_notes)) {
		ret->text = arena_dup(arena, (struct span){ symbolized->report.text, symbolized->report.text_len });
		if (!ret->text)
			err = &culprit_error_no_memory;
	} else if (!err) {
		err = tell(arena, symbolized->notes[0], ret);
	}
	symbolized_destroy(symbolized);
	symbolizer_destroy(symbolizer);
	return err;
}

struct culprit_error *bisect_lines_of(const struct session *session, const char *commit,
				      const struct culprit_report *report, struct arena *arena, struct bisect_lines *ret)
{
	const struct config *config = session->config;
	char *vmlinux = config->vmlinux ? artefact(session, arena, commit, config->vmlinux) : NULL;
	char *modules = config->modules ? artefact(session, arena, commit, config->modules) : NULL;
	char *source = arena_printf(arena, "%s/source", config->state);
	struct symbolizer_options options = {
		.patterns = session->patterns, .vmlinux = vmlinux, .module_dirs = (const char *const *)&modules,
		.n_module_dirs = modules != NULL, .source_dir = source && !access(source, R_OK) ? source : NULL,
	};
	struct culprit_error *err;

	*ret = (struct bisect_lines){ 0 };
	if (!config->vmlinux && !config->modules)
		return NULL;
	if ((config->vmlinux && !vmlinux) || (config->modules && !modules) || !source)
		return &culprit_error_no_memory;
	err = symbolize(&options, report, arena, ret);
	if (err && culprit_error_code(err) != CULPRIT_ERROR_NO_MEMORY) {
		struct culprit_error *told = tell(arena, culprit_error_message(err), ret);

		culprit_error_destroy(err);
		return told;
	}
	return err;
}
