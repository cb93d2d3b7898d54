/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stack: one line of a report to the frames that it holds.
 *
 * Knows how the architectures print frames, and nothing of what crashed.
 */
#ifndef CULPRIT_REPORT_STACK_H
#define CULPRIT_REPORT_STACK_H

#include "base/base.h"
#include "pattern/pattern.h"

/* A frame as spans into its line; valid as long as that. */
struct raw_frame {
	struct span function;	/* as printed, with suffix: "kc_trigger.cold" */
	struct span callee;	/* arm: what function called, see stack_parse_frame; else empty */
	struct span callee_module, callee_build_id;
	struct span module;	/* without brackets and build ID */
	struct span build_id;
	struct span file;
	uint64_t offset, size, address;
	uint32_t line;
	uint32_t flags;		/* CULPRIT_FRAME_* */
	bool pc, link;		/* a register line: "RIP:", "pc :", "LR is at" */
};

/*
 * Does text (prefix taken off) hold a frame? At the most one.
 *
 * An arm line `(A) from (B+0x1/0x2)` is the frame of B; A, whose frame was the
 * line above, is given as callee, because above the first line there is none.
 */
bool stack_parse_frame(struct span text, struct raw_frame *ret);

/*
 * Does text stand for an inlined function, in a report with source lines?
 * Such a line repeats the one of the kernel, which comes below, with
 * "FUNCTION FILE:LINE [inline]" for its symbol; not only frames do.
 */
bool stack_is_inlined(struct span text);

/*
 * text without the source lines behind its symbols: "f+0x1/0x2 mm/slab.c:38 at
 * addr" is "f+0x1/0x2 at addr".  Adds to ret; false when out of memory.
 */
bool stack_add_plain(struct buf *ret, struct span text) __attribute__((warn_unused_result));

/*
 * Behind the end of what it is named by ("f+0x6e40/0x3c8"): the address is in
 * data, or nowhere, and that is only the nearest symbol below.  Nothing is
 * known where the size is 0.
 */
static inline bool frame_is_outside(const struct raw_frame *f)
{
	return (f->flags & CULPRIT_FRAME_HAS_OFFSET) && f->size && f->offset > f->size;
}

/* The same of what follows a symbol: ".isra.0+0x6e40/0x3c8 [mod]". */
bool stack_offset_is_outside(struct span behind_symbol);

/*
 * Is it what the unwinder found on the stack and took for no caller: "? f+0x1/0x2"
 * (x86), "f+0x1/0x2 (unreliable)" (powerpc)?  Also without a symbol.
 */
bool stack_is_leftover(struct span text);

/* The entry of the set's stack headers that text opens, or NULL. */
const struct stack_header *stack_find_header(const struct culprit_patterns *set, struct span text);

/* The function's name without what compilers add: ".isra.0", ".cold", ".part.2", ".llvm.123". */
struct span stack_base_name(struct span function);

/*
 * What kernels before 2.6.24, klogd and ksymoops wrote for frames, as today's
 * kernels write it, a line for each: see stack_old.c.  first: no line that
 * stack_is_old_trace knows stands right before it, the header is added.
 * *ret_old: there was such a frame; else ret is as it was.  False when out of
 * memory.
 */
bool stack_modernise(struct span text, bool first, struct buf *ret, bool *ret_old) __attribute__((warn_unused_result));

/* "Trace; c01a3f4e <f+1e/70>" of ksymoops. */
bool stack_is_old_trace(struct span text);

/* A user-space register line: "RIP: 0033:0x7f12" without a symbol. */
bool stack_is_user_pc(struct span text);

#endif
