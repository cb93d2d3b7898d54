/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbolize: frames of a report to source lines, Code: lines to instructions.
 *
 *	struct symbolizer_options options = { .vmlinux = "obj/vmlinux", ... };
 *
 *	err = symbolizer_create(&options, &symbolizer);
 *	err = symbolize_report(symbolizer, report, &symbolized);
 *	puts(symbolized->report.text);
 *
 * What was read of a kernel and its modules is kept for the next report.  A
 * symbolizer belongs to one thread at a time.
 *
 * A kernel or module that does not belong to the log (build ID, version, sizes
 * of functions) is not used, which is no error: a note says so.
 */
#ifndef CULPRIT_SYMBOL_SYMBOLIZE_H
#define CULPRIT_SYMBOL_SYMBOLIZE_H

#include "base/base.h"
#include "symbol/disasm.h"

struct symbolizer;

/* All strings are borrowed for the symbolizer's life. */
struct symbolizer_options {
	const struct culprit_patterns *patterns;
	const char *vmlinux;			/* NULL: looked for in debug_dirs */
	const char *const *module_dirs;		/* trees with the modules' .ko files */
	size_t n_module_dirs;
	const char *source_dir;			/* paths below it are made relative; NULL: not known */
	const char *const *debug_dirs;		/* like /usr/lib/debug */
	size_t n_debug_dirs;
	bool debuginfod;			/* what is not found there is asked of the servers of $DEBUGINFOD_URLS */
	const char *cache_dir;			/* of indexes; NULL: none */
	/* Where KASLR put the kernel, for bare addresses; NULL: "Kernel Offset:" of the report, if it has that */
	const uint64_t *kernel_offset;
	bool force;				/* use what does not belong to the log */
	bool text_only;				/* what is symbolized is any text: no stacks, guilty file, instructions */
};

/* Errors: OS where vmlinux or a directory cannot be read; those of debuginfod_check(); NO_MEMORY. */
struct culprit_error *symbolizer_create(const struct symbolizer_options *options, struct symbolizer **ret);

/* Also writes the indexes. NULL is fine. */
void symbolizer_destroy(struct symbolizer *symbolizer);

/*
 * $XDG_CACHE_HOME/culprit, or ~/.cache/culprit; NULL where there is no home.
 * The caller frees.
 */
char *symbolizer_cache_dir(void);

struct symbolized_code {
	uint32_t text_line;		/* of the "Code:" line in the new text */
	struct disasm_code code;
};

/*
 * A report with source lines.  It borrows from the report it was made of, and
 * must not outlive that; report below is not to be destroyed by itself.
 */
struct symbolized {
	/*
	 * As the original, but for: text (` file.c:12` behind each symbol, inlined
	 * functions on lines of their own above, disassembly at the end), stacks
	 * (frames have file and line, inlined ones stand before theirs with
	 * CULPRIT_FRAME_INLINE), file_guilty, and all counts of lines.
	 */
	struct culprit_report report;
	const char *const *notes;	/* what could not be done and why, for people */
	size_t n_notes;
	const struct symbolized_code *codes;	/* of the kernel; those of user space are left out */
	size_t n_codes;
	bool vmlinux_unused;		/* the options' was needed and cannot be used; a note says why */
	size_t n_found, n_frames;	/* symbols of the text that have a line now, and all of them */
	struct arena arena;
};

/* Errors: NO_MEMORY; what is broken in vmlinux or a module is a note. */
struct culprit_error *symbolize_report(struct symbolizer *symbolizer, const struct culprit_report *report,
				       struct symbolized **ret);

void symbolized_destroy(struct symbolized *symbolized);
void symbolized_destroyp(struct symbolized **symbolized);

/*
 * Where one place is, for people, as lines:
 *
 *	outer+0x1c/0x40:
 *	  deepest include/helper.h:4 [inline]
 *	  outer kernel/core.c:13
 *
 * what is "outer+0x1c", "outer+0x1c/0x40", "outer" (its start), each also with
 * " [MODULE]", or an address of the kernel, hexadecimal, less its offset.  Of
 * several functions of that name and size each is told.  Nothing is taken for
 * a return address.  Errors: NOT_FOUND; USAGE for what is none of these;
 * FORMAT for a vmlinux that cannot be used; NO_MEMORY.
 */
struct culprit_error *symbolizer_find_place(struct symbolizer *symbolizer, const char *what, struct buf *ret);

#endif
