/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disassembly of the "Code:" lines of reports.
 *
 * Alone sees capstone, which is opened when first needed.
 */
#ifndef CULPRIT_SYMBOL_DISASM_H
#define CULPRIT_SYMBOL_DISASM_H

#include "base/base.h"

enum disasm_arch {
	DISASM_UNKNOWN,
	DISASM_X86_64,
	DISASM_I386,
	DISASM_ARM,		/* A32, or Thumb where the line has halfwords */
	DISASM_ARM64,
	DISASM_RISCV64,
	DISASM_RISCV32,
};

struct disasm_instruction {
	uint32_t off;			/* from the first byte that is decoded */
	uint8_t n_bytes;		/* 1..16 */
	uint8_t bytes[16];		/* as in memory */
	const char *mnemonic;		/* ".byte" for what is no instruction */
	const char *operands;		/* may be "" */
	bool trapping;
};

struct disasm_code {
	struct disasm_instruction *instructions;
	size_t n;
	uint32_t skipped;		/* bytes left out at the start, so that the trapping instruction is a whole one */
	uint8_t unit;			/* bytes per group as printed: 1 (x86), 2, 4 */
	/*
	 * The trapping instruction is one that traps on purpose (ud2, brk...):
	 * BUG() or WARN(), the code around says nothing.
	 */
	bool deliberate;
};

/*
 * text is what follows "Code:".  All memory is the arena's.
 * Errors: FORMAT where there is no code ("Bad RIP value.", "(bad PC value)"),
 * none is marked, or it does not decode; NOT_FOUND without capstone.
 */
struct culprit_error *disasm_code_line(enum disasm_arch arch, struct span text, struct arena *arena,
				       struct disasm_code *ret);

/* False where the instructions of arch are only told apart, and given as numbers (riscv, capstone before 5). */
bool disasm_has_names(enum disasm_arch arch);

/* Lines as objdump prints them, the trapping instruction marked. False when out of memory. */
bool disasm_format(const struct disasm_code *code, struct buf *ret);

#endif
