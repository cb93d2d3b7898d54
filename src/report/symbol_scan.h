/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where symbols stand in a report's lines.
 */
#ifndef CULPRIT_REPORT_SYMBOL_SCAN_H
#define CULPRIT_REPORT_SYMBOL_SCAN_H

#include "base/base.h"

/* What stands in front of a symbol, and so what its address means. */
enum symbol_place {
	SYMBOL_CALLER,		/* a return address: the call is before it */
	SYMBOL_PC,		/* a program counter: itself */
	SYMBOL_MAYBE_PC,	/* "WARNING: ... at f+0x1/0x2": the trap itself, or the caller of warn_slowpath */
};

struct symbol_token {
	size_t start, end;	/* in the line: "name+0x1/0x2", or "0xffffffff81000000" */
	struct span name;	/* empty for a bare address */
	struct span module;	/* empty: the kernel, or not said */
	struct span build_id;
	uint64_t offset, size, address;
	enum symbol_place place;
	bool leftover;		/* "? " */
	bool done;		/* a source line follows already */
};

/*
 * The next symbol of line from *at on; *at moves past it.
 *
 *	 ? kc_write.cold+0x43/0x61 [kcrash_mod 803d6d274be5...]
 *	RIP: 0010:kfree+0xb2/0x250 mm/slab.c:3802
 *	[<80470054>] (prepare_alloc_pages) from [<80471bd8>] (__alloc_pages+0xb0/0x1214)
 */
bool symbol_next(struct span line, size_t *at, struct symbol_token *ret);

/* "Kernel Offset: 0x1ce00000 from 0xffffffff81000000" (0 for "disabled"). False: text does not tell. */
bool symbol_kernel_offset(struct span text, uint64_t *ret);

/* For each line of text: *at moves on, false at the end. */
bool symbol_next_line(struct span text, size_t *at, struct span *ret);

#endif
