/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sources: source lines for the commands that print reports: their options,
 * one symbolizer for all their logs, and how its findings are printed.
 *
 *	static const struct option_def option_defs[] = {
 *		...
 *		SOURCES_DEFS(0, 0, 0, 0),
 *	};
 *
 *	code = sources_take_option(&settings, &options, id);	in the default case
 *	err = sources_create(patterns, &settings, "culprit parse", &sources);
 *	sources_begin(sources);
 *	err = sources_find(sources, report, &found);
 *	... sources_put_json(&json, root, &found); or text_add_report(&found.symbolized->report), sources_add_text() ...
 *	sources_found_deinit(&found);
 *	sources_end(sources);
 */
#ifndef CULPRIT_SOURCES_H
#define CULPRIT_SOURCES_H

#include "edges/json.h"
#include "edges/options.h"
#include "meaning/maintainers.h"
#include "meaning/symbolize.h"

#define SOURCES_MAX_DIRS 64

/* Over the ids of every command's own options. */
enum {
	SOURCES_OPT_VMLINUX = 1000, SOURCES_OPT_MODULES, SOURCES_OPT_DEBUG_DIR, SOURCES_OPT_SRC, SOURCES_OPT_FORCE,
	SOURCES_OPT_NO_CACHE, SOURCES_OPT_KERNEL_OFFSET, SOURCES_OPT_DEBUGINFOD,
};

/* Rows of an option table; the letters of --vmlinux, --modules, --debug-dir and --src, 0 for none. */
#define SOURCES_DEFS(vmlinux_letter, modules_letter, debug_letter, src_letter) \
	{ SOURCES_OPT_VMLINUX, vmlinux_letter, "vmlinux", "FILE", "the kernel with debug information" }, \
	{ SOURCES_OPT_MODULES, modules_letter, "modules", "DIR", \
	  "find modules (.ko, also compressed) below DIR; repeatable" }, \
	{ SOURCES_OPT_DEBUG_DIR, debug_letter, "debug-dir", "DIR", \
	  "find vmlinux and modules by build ID or version below DIR, e.g. /usr/lib/debug; repeatable" }, \
	{ SOURCES_OPT_SRC, src_letter, "src", "DIR", \
	  "the source tree: paths are made relative to it, and its scripts/get_maintainer.pl says whom to tell" }, \
	{ SOURCES_OPT_DEBUGINFOD, 0, "debuginfod", NULL, \
	  "ask the servers in $DEBUGINFOD_URLS for what is not found by build ID" }, \
	{ SOURCES_OPT_FORCE, 0, "force", NULL, "use a vmlinux or module even if it does not belong to the log" }, \
	{ SOURCES_OPT_NO_CACHE, 0, "no-cache", NULL, "neither read nor write indexes in $XDG_CACHE_HOME/culprit" }, \
	{ SOURCES_OPT_KERNEL_OFFSET, 0, "kernel-offset", "HEX", \
	  "where KASLR put the kernel, for addresses without symbol (default: \"Kernel Offset:\" in the log)" }

struct sources_settings {
	const char *vmlinux, *source;
	const char *modules[SOURCES_MAX_DIRS], *debug[SOURCES_MAX_DIRS];
	size_t n_modules, n_debug;
	uint64_t kernel_offset;
	bool has_kernel_offset, force, no_cache, debuginfod;
};

/* -1: taken; 2, after a complaint where there is something to say: the exit code. */
int sources_take_option(struct sources_settings *settings, const struct option_reader *options, int id);

/* Did the command line name a kernel, modules, sources or where to look for them? */
bool sources_wanted(const struct sources_settings *settings);

struct sources;

/* patterns, settings and command (for messages) are borrowed. Errors: those of symbolizer_create. */
struct culprit_error *sources_create(const struct culprit_patterns *patterns,
				     const struct sources_settings *settings, const char *command, struct sources **ret);
void sources_destroy(struct sources *sources);

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
