/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public face of symbolize.h (include/culprit.h): nothing is looked up here.
 */
#include "base/base.h"
#include "culprit.h"
#include "symbol/symbolize.h"

struct culprit_symbolizer {
	struct symbolizer *symbolizer;
	uint64_t kernel_offset;		/* that the options point to */
};

struct culprit_error *culprit_symbolizer_create_sized(const struct culprit_patterns *patterns,
						      const struct culprit_symbolizer_options *given, size_t size,
						      struct culprit_symbolizer **ret)
{
	struct culprit_symbolizer_options options;
	struct culprit_error *err = struct_take(given, size, "a symbolizer's options", &options, sizeof(options));
	struct culprit_symbolizer *made;

	if (err)
		return err;
	made = calloc(1, sizeof(*made));
	if (!made)
		return &culprit_error_no_memory;
	made->kernel_offset = options.kernel_offset;
	err = symbolizer_create(&(struct symbolizer_options){
		.patterns = patterns, .vmlinux = options.vmlinux, .module_dirs = options.module_dirs,
		.n_module_dirs = options.n_module_dirs, .source_dir = options.source_dir, .debug_dirs = options.debug_dirs,
		.n_debug_dirs = options.n_debug_dirs, .debuginfod = options.debuginfod, .cache_dir = options.cache_dir,
		.kernel_offset = options.has_kernel_offset ? &made->kernel_offset : NULL, .force = options.force,
	}, &made->symbolizer);
	if (err) {
		free(made);
		return err;
	}
	*ret = made;
	return NULL;
}

void culprit_symbolizer_destroy(struct culprit_symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	symbolizer_destroy(symbolizer->symbolizer);
	free(symbolizer);
}

/* The public struct, and what it points into. */
struct owned {
	struct culprit_symbolized shown;
	struct symbolized *symbolized;
};

struct culprit_error *culprit_symbolizer_run(struct culprit_symbolizer *symbolizer, const struct culprit_report *report,
					     struct culprit_symbolized **ret)
{
	struct owned *owned = calloc(1, sizeof(*owned));
	struct symbolized *symbolized;
	struct culprit_error *err;

	if (!owned)
		return &culprit_error_no_memory;
	err = symbolize_report(symbolizer->symbolizer, report, &symbolized);
	if (err) {
		free(owned);
		return err;
	}
	owned->symbolized = symbolized;
	owned->shown = (struct culprit_symbolized){
		.report = &symbolized->report, .notes = symbolized->notes, .n_notes = symbolized->n_notes,
		.vmlinux_unused = symbolized->vmlinux_unused, .n_found = symbolized->n_found,
		.n_symbols = symbolized->n_frames,
	};
	*ret = &owned->shown;
	return NULL;
}

void culprit_symbolized_destroy(struct culprit_symbolized *shown)
{
	/* the first member */
	struct owned *owned = (struct owned *)shown;

	if (!owned)
		return;
	symbolized_destroy(owned->symbolized);
	free(owned);
}
