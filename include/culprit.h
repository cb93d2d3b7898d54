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
 * lives as long as the report.  Strings are NUL-terminated, without control
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

#ifdef __cplusplus
}
#endif

#endif
