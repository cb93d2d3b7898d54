/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sources: source lines for the commands that print reports: their options,
 * one symbolizer for all their logs, and how its findings are printed.
 *
 *	const struct option_def defs[] = {
 *		...
 *		SOURCES_OPTIONS(&settings, 0, 0, 0, 0),
 *	};
 *
 *	err = sources_create(patterns, &settings, "culprit parse", &sources);
 *	sources_begin(sources);
 *	err = sources_find(sources, report, &found);
 *	... sources_put_json(&json, root, &found); or text_add_report(&found.symbolized->report), sources_add_text() ...
 *	sources_found_deinit(&found);
 *	sources_end(sources);
 */
#ifndef CULPRIT_CLI_SOURCES_H
#define CULPRIT_CLI_SOURCES_H

#include "cli/output/json.h"
#include "cli/options.h"
#include "symbol/maintainers.h"
#include "symbol/symbolize.h"

/* Rows of an option table; the letters of --vmlinux, --modules, --debug-dir and --src, 0 for none. */
#define SOURCES_OPTIONS(settings, vmlinux_letter, modules_letter, debug_letter, src_letter) \
	OPTION_TEXT(vmlinux_letter, "vmlinux", "FILE", "the kernel with debug information", &(settings)->vmlinux), \
	OPTION_LIST(modules_letter, "modules", "DIR", \
		    "find modules (.ko, also compressed) below DIR; repeatable", &(settings)->modules), \
	OPTION_LIST(debug_letter, "debug-dir", "DIR", \
		    "find vmlinux and modules by build ID or version below DIR, e.g. /usr/lib/debug; repeatable", \
		    &(settings)->debug), \
	OPTION_TEXT(src_letter, "src", "DIR", \
		    "the source tree: paths are made relative to it, and its scripts/get_maintainer.pl says whom to tell", \
		    &(settings)->source), \
	OPTION_FLAG(0, "debuginfod", "ask the servers in $DEBUGINFOD_URLS for what is not found by build ID", \
		    &(settings)->debuginfod), \
	OPTION_FLAG(0, "force", "use a vmlinux or module even if it does not belong to the log", &(settings)->force), \
	OPTION_FLAG(0, "no-cache", "neither read nor write indexes in $XDG_CACHE_HOME/culprit", &(settings)->no_cache), \
	OPTION_HEX(0, "kernel-offset", \
		   "where KASLR put the kernel, for addresses without symbol (default: \"Kernel Offset:\" in the log)", \
		   &(settings)->kernel_offset)

struct sources_settings {
	const char *vmlinux, *source;
	struct option_list modules, debug;
	struct option_hex kernel_offset;
	bool force, no_cache, debuginfod;
	bool text_only;		/* for sources_symbolizer: no reports */
};

/* Did the command line name a kernel, modules, sources or where to look for them? */
bool sources_wanted(const struct sources_settings *settings);

struct sources;

/* patterns, settings and command (for messages) are borrowed. Errors: those of symbolizer_create. */
struct culprit_error *sources_create(const struct culprit_patterns *patterns,
				     const struct sources_settings *settings, const char *command, struct sources **ret);
void sources_destroy(struct sources *sources);

/* For what is no report (symbolize_text.h). Borrowed. */
struct symbolizer *sources_symbolizer(const struct sources *sources);

/* One thread at a time is between begin and end: what was found is valid until end. */
void sources_begin(struct sources *sources);
void sources_end(struct sources *sources);

struct sources_found {
	struct symbolized *symbolized;
	struct maintainer *people;
	size_t n_people;
};

/* Whom to tell is an extra: what fails there is said on standard error, and no more. */
struct culprit_error *sources_find(struct sources *sources, const struct culprit_report *report,
				   struct sources_found *ret);
void sources_found_deinit(struct sources_found *found);

/* The key "symbolized" of a report. */
void sources_put_json(struct json *json, struct json_t *root, const struct sources_found *found);

/* What stands below a report in text: whom to tell. False when out of memory. */
bool sources_add_text(struct buf *out, const struct sources_found *found, bool color);

/* What could not be done and why, on standard error. */
void sources_print_notes(const struct sources *sources, const struct sources_found *found);

#endif
