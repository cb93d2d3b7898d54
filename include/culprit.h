/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit - read console logs of Linux kernels, find crash reports, name them.
 *
 * The public interface of libculprit.
 *
 *	struct culprit_patterns *patterns;
 *	struct culprit_parser *parser;
 *
 *	culprit_patterns_load(NULL, 0, &patterns);
 *	culprit_parser_create(patterns, NULL, &parser);
 *	while ((n = read(fd, buf, sizeof(buf))) > 0) {
 *		culprit_parser_feed(parser, buf, n);
 *		while ((report = culprit_parser_take(parser))) {
 *			puts(report->title);
 *			culprit_report_destroy(report);
 *		}
 *	}
 *	culprit_parser_finish(parser);		(and take once more)
 *	culprit_parser_destroy(parser);
 *	culprit_patterns_destroy(patterns);
 *
 * There is no global state: parsers in different threads may share one
 * pattern set, which is immutable, and nothing else.  One parser belongs to
 * one thread at a time.
 *
 * Fallible functions return NULL on success, or an error that the caller owns
 * and gives back with culprit_error_destroy().  Output parameters come last,
 * are called ret, and are set on success only.
 *
 * Structs that the caller allocates may grow at their end from version to
 * version: functions that take one are inline here and pass its size on, so
 * that programs go on working with a newer library, not compiled anew.  Those
 * that are used from other languages call the functions with _sized.
 */
#ifndef CULPRIT_H
#define CULPRIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CULPRIT_PUBLIC __attribute__((visibility("default")))

/* ------------------------------------------------------------ version */

/* Of this header. The Makefile has the version from here. */
#define CULPRIT_VERSION_MAJOR 0
#define CULPRIT_VERSION_MINOR 2
#define CULPRIT_VERSION_PATCH 0

/* For #if: is the header at least of this version? */
#define CULPRIT_VERSION_AT_LEAST(major, minor, patch) \
	(CULPRIT_VERSION_MAJOR > (major) || \
	 (CULPRIT_VERSION_MAJOR == (major) && \
	  (CULPRIT_VERSION_MINOR > (minor) || (CULPRIT_VERSION_MINOR == (minor) && CULPRIT_VERSION_PATCH >= (patch)))))

/* Of the library that runs: "0.2.0". Static. */
CULPRIT_PUBLIC const char *culprit_version(void);

/* ------------------------------------------------------------- errors */

enum culprit_error_code {
	CULPRIT_ERROR_NO_MEMORY = 1,
	CULPRIT_ERROR_OS,		/* a system call failed; errno text is in the message */
	CULPRIT_ERROR_USAGE,		/* a bad option or argument */
	CULPRIT_ERROR_SYNTAX,		/* a file of ours is malformed; the place is in the message */
	CULPRIT_ERROR_FORMAT,		/* foreign input is malformed (ELF, DWARF, archive, log) */
	CULPRIT_ERROR_LIMIT,		/* a bound on work or memory was reached */
	CULPRIT_ERROR_NOT_FOUND,
	CULPRIT_ERROR_MISMATCH,		/* two inputs do not belong together */
	CULPRIT_ERROR_CANCELLED,
};

struct culprit_error;

CULPRIT_PUBLIC enum culprit_error_code culprit_error_code(const struct culprit_error *err);

/*
 * "place: context: message", where place is path:line:column, a log offset or
 * a commit.  Borrowed from the error.
 */
CULPRIT_PUBLIC const char *culprit_error_message(const struct culprit_error *err);

/* NULL and the static out-of-memory error are fine. */
CULPRIT_PUBLIC void culprit_error_destroy(struct culprit_error *err);

/* ----------------------------------------------------------- patterns */

/* An immutable set of patterns (culprit-patterns(5)). */
struct culprit_patterns;

/*
 * The embedded patterns, overridden and extended by the *.yaml files in dirs,
 * taken in order of name.  n_dirs may be 0.
 * Errors: SYNTAX with path:line:column; OS; NO_MEMORY.
 */
CULPRIT_PUBLIC struct culprit_error *
culprit_patterns_load(const char *const *dirs, size_t n_dirs, struct culprit_patterns **ret);

/* No parser may still use the set.  NULL is fine. */
CULPRIT_PUBLIC void culprit_patterns_destroy(struct culprit_patterns *patterns);

/* ------------------------------------------------------------ reports */

enum culprit_kind {
	CULPRIT_KIND_CRASH,		/* the kernel reported a problem of its own */
	CULPRIT_KIND_BOOT_FAILURE,	/* the kernel did not come up */
	CULPRIT_KIND_INFRASTRUCTURE,	/* the machine around the kernel failed: says nothing of the kernel */
};

/* How far a boot came. */
enum culprit_phase {
	CULPRIT_PHASE_NONE,		/* nothing seen that tells */
	CULPRIT_PHASE_FIRMWARE,
	CULPRIT_PHASE_BOOT_LOADER,
	CULPRIT_PHASE_EARLY_KERNEL,	/* "Linux version" or the decompressor was seen */
	CULPRIT_PHASE_INITRAMFS,
	CULPRIT_PHASE_ROOT_MOUNT,
	CULPRIT_PHASE_INIT,		/* the kernel ran init */
	CULPRIT_PHASE_USERSPACE,	/* a login prompt, a test program, or the like */
	CULPRIT_PHASE_WORKLOAD,		/* a runner says that what is tested began to run */
	CULPRIT_PHASE_FINISHED,		/* ... and that it ran to its end */
};

enum culprit_role {
	CULPRIT_ROLE_CALL_TRACE,	/* the stack of the task or CPU that reports */
	CULPRIT_ROLE_PC,		/* the faulting instruction (RIP, pc, PC is at, NIP, epc): one frame */
	CULPRIT_ROLE_LINK_REGISTER,	/* lr, LR is at, ra: one frame */
	CULPRIT_ROLE_ALLOCATED,		/* "Allocated by task", "allocated by" */
	CULPRIT_ROLE_FREED,
	CULPRIT_ROLE_RELATED_WORK,	/* "Last potentially related work creation" and second to last */
	CULPRIT_ROLE_UNINIT_ORIGIN,	/* KMSAN "Uninit was created/stored at", "Local variable ... created at" */
	CULPRIT_ROLE_LOCKDEP_CHAIN,	/* "the existing dependency chain", "-> #1 (...)" */
	CULPRIT_ROLE_LOCK_TAKEN_AT,	/* "hardirqs last enabled at", "{HARDIRQ-ON-W} state was registered at" */
	CULPRIT_ROLE_RACE_ACCESS,	/* one side of a KCSAN race */
	CULPRIT_ROLE_LEAK,		/* kmemleak backtrace */
	CULPRIT_ROLE_OTHER_TASK,	/* the dump of another task or CPU inside the report */
	CULPRIT_ROLE_OTHER,
};

#define CULPRIT_FRAME_UNRELIABLE	0x01u	/* "? " (x86), "(unreliable)" (powerpc) */
#define CULPRIT_FRAME_INLINE		0x02u	/* inlined: offset and size are those of the frame below it */
#define CULPRIT_FRAME_EXACT		0x04u	/* a faulting PC; otherwise a return address: look up pc - 1 */
#define CULPRIT_FRAME_HAS_OFFSET	0x08u	/* offset and size are valid */
#define CULPRIT_FRAME_HAS_ADDRESS	0x10u	/* address is valid */

struct culprit_frame {
	const char *function;	/* as printed, compiler suffix included; NULL for a bare address */
	const char *module;	/* "ext4"; NULL for the kernel itself or not said */
	const char *build_id;	/* of the module, hexadecimal; NULL when not said */
	const char *file;	/* NULL unless the log is symbolized already, or was by us */
	uint64_t offset;	/* bytes from the start of function */
	uint64_t size;		/* bytes of function */
	uint64_t address;
	uint32_t line;		/* 0: not known */
	uint32_t text_line;	/* 0-based line of the report text the frame stands in */
	uint32_t flags;		/* CULPRIT_FRAME_* */
};

struct culprit_stack {
	enum culprit_role role;
	const char *header;	/* the line that opens it, prefix stripped: "Freed by task 12:"; may be "" */
	uint32_t text_line;	/* of that header */
	size_t n_frames;
	const struct culprit_frame *frames;	/* innermost first */
};

/*
 * Everything hangs on one allocation: one destroy frees all, and every pointer
 * lives as long as the report; but type, pattern and the two reasons stand in the
 * set of patterns, and live as long as that.  Strings are NUL-terminated, without control
 * bytes, and may hold bytes that are not UTF-8 only where said so.
 */
struct culprit_report {
	const char *title;		/* canonical title; never NULL */
	const char *const *alt_titles;	/* sorted, without title */
	size_t n_alt_titles;
	const char *type;		/* "KASAN-READ", "LOCKDEP", "HANG"...; NULL: unknown */
	const char *frame;		/* guilty function, suffixes stripped; NULL: none found */
	const char *file_guilty;	/* guilty source file; NULL without source lines */
	const char *pattern;		/* name of the pattern that recognised it */
	const char *corrupted_reason;	/* NULL: not corrupted */
	bool corrupted;
	const char *suppressed_reason;	/* NULL: not suppressed */
	bool suppressed;		/* a real message that is no kernel bug */
	bool panicked;			/* "Kernel panic - not syncing" was seen in the log up to the report's end */
	bool truncated;			/* the report ran over the size limit; the rest was counted, not kept */
	enum culprit_kind kind;
	enum culprit_phase phase;	/* the boot's phase when the report began */
	uint32_t boot;			/* 0-based index of the boot within the log */

	struct {
		bool present;
		uint32_t proc;
		uint32_t id;
	} executor;			/* from "Comm: syz.5.7376" */

	/* Place in the original input (decompressed). Lines count from 1, both ends inclusive. */
	const char *file_name;		/* as told to the parser; NULL otherwise */
	uint64_t start_line, end_line;
	uint64_t start_offset, end_offset;	/* [start, end) in bytes */

	int64_t time_us;		/* printk time of the first line; -1: not known */

	const char *kernel_version;	/* "6.1.0-rc1+"; NULL when not seen */
	/* Which build of that version: "#1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 2026", or only "#1"; NULL when not seen */
	const char *kernel_build;
	const char *kernel_build_id;	/* hexadecimal; NULL when not seen */
	bool has_kernel_offset;		/* "Kernel Offset:" was seen before the report was complete */
	uint64_t kernel_offset;		/* how far KASLR moved the kernel, bytes; 0 also for "disabled" */
	int32_t cpu;			/* -1: not known; so for pid */
	int32_t pid;
	const char *task;		/* Comm; not necessarily UTF-8; NULL when not seen */
	const char *hardware;		/* "Hardware name:" */
	const char *taint;		/* "G B W"; "" for not tainted; NULL when not said */

	const char *text;		/* the cleaned report, lines end in \n; not necessarily UTF-8 */
	size_t text_len;
	uint32_t n_text_lines;
	uint32_t prefix_lines;		/* how many lines of text stood before the banner */

	const struct culprit_stack *stacks;	/* in the order of the text */
	size_t n_stacks;
};

CULPRIT_PUBLIC void culprit_report_destroy(struct culprit_report *report);

/* "crash", "boot-failure", "infrastructure" and so on; static strings, never NULL. */
CULPRIT_PUBLIC const char *culprit_kind_name(enum culprit_kind kind);
CULPRIT_PUBLIC const char *culprit_phase_name(enum culprit_phase phase);
CULPRIT_PUBLIC const char *culprit_role_name(enum culprit_role role);

/* ------------------------------------------------------------- parser */

struct culprit_parser;

struct culprit_parser_options {
	const char *file_name;		/* borrowed for the parser's life; may be NULL */
	/*
	 * Also make reports of what the log lacks: a boot that never came up,
	 * a machine that nobody could reach.  Needs the end of the log.
	 */
	bool detect_boot_failures;
	size_t max_report_bytes;	/* 0: 1 MiB */
};

/* What is known of the log as a whole, valid after each feed. */
struct culprit_summary {
	uint64_t n_bytes, n_lines;
	uint64_t n_reports;		/* suppressed ones not counted */
	uint32_t n_boots;		/* "Linux version" banners */
	enum culprit_phase phase;	/* reached by the last boot */
	enum culprit_phase phase_best;	/* the furthest that any boot reached */
	bool panicked;
	const char *kernel_version;	/* of the last boot; borrowed until the next call on the parser */
};

/*
 * options may be NULL; patterns must outlive the parser.  Errors: NO_MEMORY;
 * USAGE where options ask for what only a newer library knows.
 */
CULPRIT_PUBLIC struct culprit_error *
culprit_parser_create_sized(const struct culprit_patterns *patterns,
			    const struct culprit_parser_options *options, size_t options_size,
			    struct culprit_parser **ret);

static inline struct culprit_error *culprit_parser_create(const struct culprit_patterns *patterns,
							   const struct culprit_parser_options *options,
							   struct culprit_parser **ret)
{
	return culprit_parser_create_sized(patterns, options, sizeof(*options), ret);
}

CULPRIT_PUBLIC void culprit_parser_destroy(struct culprit_parser *parser);

/*
 * The next bytes of the log, cut anywhere.  Reports do not depend on where.
 * data is not kept.  Errors of this and the next two: NO_MEMORY; only take,
 * summary and destroy may follow one.
 */
CULPRIT_PUBLIC struct culprit_error *
culprit_parser_feed(struct culprit_parser *parser, const void *data, size_t len);

/*
 * The log has been silent for a while (not its end): report what looks
 * complete.  For live consoles.  More of such a report may still arrive; it is
 * then left out.
 */
CULPRIT_PUBLIC struct culprit_error *culprit_parser_flush(struct culprit_parser *parser);

/* The log has ended.  Only take, summary and destroy may follow. */
CULPRIT_PUBLIC struct culprit_error *culprit_parser_finish(struct culprit_parser *parser);

/* The next complete report in the order of their first lines, or NULL. The caller owns it. */
CULPRIT_PUBLIC struct culprit_report *culprit_parser_take(struct culprit_parser *parser);

/* Fills ret_size bytes of *ret; what this library does not know is 0. */
CULPRIT_PUBLIC void
culprit_parser_summary_sized(const struct culprit_parser *parser, struct culprit_summary *ret, size_t ret_size);

static inline void culprit_parser_summary(const struct culprit_parser *parser, struct culprit_summary *ret)
{
	culprit_parser_summary_sized(parser, ret, sizeof(*ret));
}

/* ------------------------------------------------------ source lines */

struct culprit_symbolizer;

/* All strings are borrowed for the symbolizer's life.  All zero: nothing is found but by what the log itself says. */
struct culprit_symbolizer_options {
	const char *vmlinux;			/* NULL: looked for in debug_dirs */
	const char *const *module_dirs;		/* trees with the modules' .ko files */
	size_t n_module_dirs;
	const char *const *debug_dirs;		/* like /usr/lib/debug: by build ID, or by version */
	size_t n_debug_dirs;
	const char *source_dir;			/* paths below it are made relative; NULL: not known */
	const char *cache_dir;			/* of indexes that make the next time faster; NULL: none */
	bool debuginfod;			/* what is not found is asked of the servers of $DEBUGINFOD_URLS */
	bool force;				/* use what does not belong to the log */
	bool has_kernel_offset;			/* kernel_offset is used in place of the log's "Kernel Offset:" */
	uint64_t kernel_offset;			/* bytes */
};

/*
 * A report with source lines.  It belongs to the library, borrows from the
 * report that it was made of, and must not outlive that.
 */
struct culprit_symbolized {
	/*
	 * As the original, but for text (" file.c:12" behind each symbol, inlined
	 * functions on lines of their own, disassembly), stacks (frames have file
	 * and line, inlined ones stand before theirs), file_guilty, and counts of lines.
	 */
	const struct culprit_report *report;
	const char *const *notes;	/* what could not be done, and why, for people */
	size_t n_notes;
	bool vmlinux_unused;		/* the one of the options was needed, and cannot be used; a note says why */
	size_t n_found, n_symbols;	/* symbols of the text that have a line now, and all of them */
};

/*
 * options may be NULL; patterns must outlive the symbolizer.  One symbolizer
 * belongs to one thread at a time; what it read of kernels is kept for the next
 * report.  Errors: OS where vmlinux or a directory cannot be read; NOT_FOUND
 * and USAGE where debuginfod cannot be asked; USAGE; NO_MEMORY.
 */
CULPRIT_PUBLIC struct culprit_error *
culprit_symbolizer_create_sized(const struct culprit_patterns *patterns,
				const struct culprit_symbolizer_options *options, size_t options_size,
				struct culprit_symbolizer **ret);

static inline struct culprit_error *culprit_symbolizer_create(const struct culprit_patterns *patterns,
							       const struct culprit_symbolizer_options *options,
							       struct culprit_symbolizer **ret)
{
	return culprit_symbolizer_create_sized(patterns, options, sizeof(*options), ret);
}

/* Also writes the indexes.  NULL is fine. */
CULPRIT_PUBLIC void culprit_symbolizer_destroy(struct culprit_symbolizer *symbolizer);

/* Errors: NO_MEMORY; what is broken in a kernel or module, or does not belong to the log, is a note. */
CULPRIT_PUBLIC struct culprit_error *
culprit_symbolizer_run(struct culprit_symbolizer *symbolizer, const struct culprit_report *report,
		       struct culprit_symbolized **ret);

CULPRIT_PUBLIC void culprit_symbolized_destroy(struct culprit_symbolized *symbolized);

/* ------------------------------------------------------------ matching */

/* What a run says of a bug that is hunted. */
enum culprit_verdict {
	CULPRIT_VERDICT_TARGET,		/* it showed the bug */
	CULPRIT_VERDICT_RELATED,	/* perhaps another face of it */
	CULPRIT_VERDICT_UNRELATED,	/* another crash, or one that says nothing */
	CULPRIT_VERDICT_CLEAN,		/* it came to its end without a crash */
	CULPRIT_VERDICT_BOOT_FAILED,	/* the kernel did not come up, and not because of the bug */
	CULPRIT_VERDICT_INFRA_FAILED,	/* the machine around the kernel, or the test program itself, failed */
	CULPRIT_VERDICT_UNDECIDED,	/* cannot tell: an incomplete run, or a torn report. Never take it for clean */
};

/* "target", "boot-failed" and so on; static strings, never NULL. */
CULPRIT_PUBLIC const char *culprit_verdict_name(enum culprit_verdict verdict);

/* A bug that is hunted: what is known of how it looks. One thread at a time changes it; then any may judge by it. */
struct culprit_target;

/* patterns must outlive the target; it knows nothing yet, and calls no crash the target. Errors: NO_MEMORY. */
CULPRIT_PUBLIC struct culprit_error *
culprit_target_create(const struct culprit_patterns *patterns, struct culprit_target **ret);

/* A profile that `culprit match --learn` or culprit_target_save() wrote. Errors: NOT_FOUND, OS, SYNTAX, NO_MEMORY. */
CULPRIT_PUBLIC struct culprit_error *
culprit_target_load(const struct culprit_patterns *patterns, const char *path, struct culprit_target **ret);

CULPRIT_PUBLIC void culprit_target_destroy(struct culprit_target *target);

/* It has this title. Errors: USAGE for an empty one; NO_MEMORY. */
CULPRIT_PUBLIC struct culprit_error *culprit_target_add_title(struct culprit_target *target, const char *title);

/* This report is it; nothing is borrowed. Errors: NO_MEMORY. */
CULPRIT_PUBLIC struct culprit_error *
culprit_target_add_report(struct culprit_target *target, const struct culprit_report *report);

/* All that is known of one run.  Zeroed means: nothing.  Borrowed for the call it is given to. */
struct culprit_run {
	const struct culprit_report *const *reports;	/* of its log, in their order, suppressed ones too */
	size_t n_reports;
	const struct culprit_summary *summary;	/* of the whole log; NULL: not known, and then nothing is clean */
	bool has_exit_code;		/* the run's command judges: 0 clean, 125 undecided, 1 to 124 target */
	int exit_code;			/* believed where the log shows no crash */
	bool lost;			/* part of the log is missing or could not be read */
	bool finish_wanted;		/* what a complete run prints is known... */
	bool finished;			/* ... and was printed */
	int64_t elapsed_us, expected_us;	/* what it took, what clean ones take; 0: not known */
};

/*
 * Learn from n runs that are known to show the bug (bad), or known not to: what
 * crashes there is another one.  Errors: USAGE; NO_MEMORY.
 */
CULPRIT_PUBLIC struct culprit_error *
culprit_target_learn_sized(struct culprit_target *target, bool bad, const struct culprit_run *const *runs, size_t n,
			   size_t run_size, size_t summary_size);

static inline struct culprit_error *culprit_target_learn(struct culprit_target *target, bool bad,
							  const struct culprit_run *const *runs, size_t n)
{
	return culprit_target_learn_sized(target, bad, runs, n, sizeof(**runs), sizeof(*(*runs)->summary));
}

/* YAML, readable and editable; written to a file beside it first, then renamed. Errors: OS; NO_MEMORY. */
CULPRIT_PUBLIC struct culprit_error *culprit_target_save(const struct culprit_target *target, const char *path);

/* Why, for people. */
struct culprit_evidence {
	const char *text;		/* "same class and same allocation stack, 6 of 8 frames" */
	double log_odds;		/* what it added, natural logarithm; 0 for remarks */
};

/* It belongs to the library; strings live as long as it does, and outlive the run. */
struct culprit_match {
	enum culprit_verdict verdict;
	double probability;		/* that the run showed the target; 0 for clean and failed runs */
	const char *title;		/* of the report that decided; NULL: none did */
	size_t report;			/* its index in the run; SIZE_MAX: none */
	const char *symptom;		/* title of the target's that fits best; NULL */
	const struct culprit_evidence *evidence;	/* most telling first */
	size_t n_evidence;
};

/* Errors: USAGE; NO_MEMORY. */
CULPRIT_PUBLIC struct culprit_error *
culprit_target_judge_sized(const struct culprit_target *target, const struct culprit_run *run, size_t run_size,
			   size_t summary_size, struct culprit_match **ret);

static inline struct culprit_error *culprit_target_judge(const struct culprit_target *target,
							  const struct culprit_run *run, struct culprit_match **ret)
{
	return culprit_target_judge_sized(target, run, sizeof(*run), sizeof(*run->summary), ret);
}

CULPRIT_PUBLIC void culprit_match_destroy(struct culprit_match *match);

#ifdef __cplusplus
}
#endif

#endif
