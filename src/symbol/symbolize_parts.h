/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What symbolize.c, its files (symbolize_files.c), the look-up of symbols
 * (symbolize_lookup.c) and the instructions (symbolize_code.c) share.  Nobody
 * else includes this.
 */
#ifndef CULPRIT_SYMBOL_SYMBOLIZE_PARTS_H
#define CULPRIT_SYMBOL_SYMBOLIZE_PARTS_H

#include "report/symbol_scan.h"
#include "symbol/debuginfo.h"
#include "symbol/symbolize.h"

#define MAX_MODULES	256u

/* The kernel itself has name "". */
struct module {
	char *name;
	struct debuginfo *info;		/* NULL: none was found, or it cannot be read */
	char *problem;			/* why info is NULL */
};

struct symbolizer {
	struct symbolizer_options options;
	struct debuginfo_options debuginfo;
	char *source_dir;		/* absolute, with a slash; NULL */
	struct module *modules;
	size_t n_modules;
	char *version;			/* the log's, that modules and trees below are of; NULL: not known */
	struct debuginfo_modules **trees;	/* of module_dirs, then of debug_dirs; made when first needed */
	size_t n_trees;
	bool trees_made;
};

/* A module as this report sees it. */
struct use {
	struct module *module;
	const char *refused;		/* why it is not used; NULL */
	size_t fits, misfits;		/* functions whose size in the log is that in the file */
	const char *misfit;		/* the first of those that don't */
};

/* One report being worked on. */
struct job {
	struct symbolizer *symbolizer;
	const struct culprit_report *report;
	struct symbolized *out;
	struct use uses[MAX_MODULES];
	size_t n_uses;
	const char **notes;
	uint64_t kernel_offset;
	bool has_kernel_offset;
	uint32_t *line_map;		/* old line of text to new */
	struct buf text;
	uint32_t n_lines;		/* of the new text */
};

struct expansion {
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];	/* innermost first; strings are the arena's */
	size_t n;
};

static inline struct culprit_error *no_memory(void)
{
	return &culprit_error_no_memory;
}

/* ---------------------------------------------------- symbolize_files.c */

/* Other versions have other modules of the same names. */
struct culprit_error *symbolizer_follow_version(struct symbolizer *symbolizer, const char *version);

/* A module, or the kernel (name ""), its file opened on first use; NULL in *ret: there are too many. */
struct culprit_error *symbolizer_find_module(struct symbolizer *symbolizer, struct span name, struct span build_id,
					     const struct culprit_report *report, struct module **ret);

/* --------------------------------------------------- symbolize_lookup.c */

/* For people: once each, and MAX_NOTES at most. */
struct culprit_error *symbolize_note(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* First pass over the text: which sizes fit, and so which files are used at all. */
struct culprit_error *symbolize_count_fits(struct job *job);
struct culprit_error *symbolize_judge_fits(struct job *job);

/* A path of debug information (NULL info: of the log), relative to the source tree where that can be known. */
struct culprit_error *symbolize_relative_path(struct job *job, struct debuginfo *info, const char *path,
					      const char **ret);

/* Source lines of a symbol; none where the answer is not certain. */
struct culprit_error *symbolize_expand(struct job *job, const struct symbol_token *token, bool exact,
				       struct expansion *ret);

/* Make a symbol of a bare address: name (kept in buffer), offset, size. */
struct culprit_error *symbolize_name_address(struct job *job, struct symbol_token *token, char *buffer, size_t size);

/* ----------------------------------------------------- symbolize_code.c */

/* Of the new text, to out->codes. */
struct culprit_error *symbolize_decode_codes(struct job *job);

/* The first of them that says something, behind the text. */
struct culprit_error *symbolize_write_code(struct job *job);

#endif
