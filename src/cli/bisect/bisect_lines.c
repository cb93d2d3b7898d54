/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source lines for the crash in a bisection's report: the vmlinux and modules
 * that the build of that commit left among its artefacts.
 *
 * Lines are an extra: artefacts may have been deleted, or belong to another
 * build than the log, and then a finding says why there are none.
 */
#include "cli/bisect/bisect_dossier.h"

#include <stdio.h>
#include <unistd.h>

#include "symbol/symbolize.h"

static char *artefact(struct dossier *d, const char *commit, const char *name)
{
	return *name == '/' ? arena_dup(&d->arena, span_of(name)) :
			      arena_printf(&d->arena, "%s/artefacts/%s/%s", d->session->config->state, commit, name);
}

static struct culprit_error *tell(struct dossier *d, const char *why)
{
	return dossier_add_finding(d, arena_printf(&d->arena, "The crash has no source lines: %s", why));
}

static struct culprit_error *symbolize(struct dossier *d, const struct symbolizer_options *options,
				       const struct culprit_report *report, char **ret_text)
{
	struct symbolized *symbolized = NULL;
	struct symbolizer *symbolizer = NULL;
	struct culprit_error *err = symbolizer_create(options, &symbolizer);

	if (!err)
		err = symbolize_report(symbolizer, report, &symbolized);
	if (!err && (symbolized->report.text_len != report->text_len || !symbolized->n_notes)) {
		*ret_text = arena_dup(&d->arena, (struct span){ symbolized->report.text, symbolized->report.text_len });
		if (!*ret_text)
			err = &culprit_error_no_memory;
	} else if (!err) {
		err = tell(d, symbolized->notes[0]);
	}
	symbolized_destroy(symbolized);
	symbolizer_destroy(symbolizer);
	return err;
}

struct culprit_error *dossier_add_lines(struct dossier *d, const char *commit, const struct culprit_report *report,
					char **ret_text)
{
	const struct config *config = d->session->config;
	char *vmlinux = config->vmlinux ? artefact(d, commit, config->vmlinux) : NULL;
	char *modules = config->modules ? artefact(d, commit, config->modules) : NULL;
	char *source = arena_printf(&d->arena, "%s/source", config->state);
	struct symbolizer_options options = {
		.patterns = d->session->patterns, .vmlinux = vmlinux, .module_dirs = (const char *const *)&modules,
		.n_module_dirs = modules != NULL, .source_dir = source && !access(source, R_OK) ? source : NULL,
	};
	struct culprit_error *err;

	*ret_text = NULL;
	if (!config->vmlinux && !config->modules)
		return NULL;
	if ((config->vmlinux && !vmlinux) || (config->modules && !modules) || !source)
		return &culprit_error_no_memory;
	err = symbolize(d, &options, report, ret_text);
	if (err && culprit_error_code(err) != CULPRIT_ERROR_NO_MEMORY) {
		struct culprit_error *told = tell(d, culprit_error_message(err));

		culprit_error_destroy(err);
		return told;
	}
	return err;
}
