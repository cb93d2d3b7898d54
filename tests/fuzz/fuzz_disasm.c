/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what stands behind "Code:", of each architecture (the first byte
 * chooses): an error, or instructions that follow each other without a gap and
 * of which just one traps.
 */
#include "fuzz.h"

#include "symbol/disasm.h"

static void check(const struct disasm_code *code, size_t text_len)
{
	uint32_t off = code->skipped, n_trapping = 0;

	REQUIRE(code->n > 0 && code->n <= text_len);
	REQUIRE(code->unit == 1 || code->unit == 2 || code->unit == 4);
	off = code->instructions[0].off;
	for (size_t i = 0; i < code->n; i++) {
		const struct disasm_instruction *insn = &code->instructions[i];

		REQUIRE(insn->off == off);
		REQUIRE(insn->n_bytes >= 1 && insn->n_bytes <= sizeof(insn->bytes));
		REQUIRE(insn->mnemonic && insn->mnemonic[0] && insn->operands);
		n_trapping += insn->trapping;
		off += insn->n_bytes;
	}
	REQUIRE(n_trapping == 1);
	REQUIRE(off <= text_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	_cleanup_(freep) char *copy = NULL;
	struct arena arena = { 0 };
	struct disasm_code code = { 0 };
	struct culprit_error *err;

	if (!size)
		return 0;
	copy = malloc(size);
	REQUIRE(copy);
	memcpy(copy, data + 1, size - 1);
	err = disasm_code_line((enum disasm_arch)(data[0] % (DISASM_RISCV32 + 1)), (struct span){ copy, size - 1 }, &arena, &code);
	if (err) {
		REQUIRE(culprit_error_message(err)[0]);
		/* without capstone nothing is tested at all */
		REQUIRE(culprit_error_code(err) == CULPRIT_ERROR_FORMAT);
	} else {
		check(&code, size - 1);
		REQUIRE(disasm_format(&code, &text));
		for (size_t i = 0; i < text.len; i++)
			REQUIRE(text.data[i] == '\n' || text.data[i] == '\t' || (text.data[i] >= ' ' && text.data[i] < 0x7f));
	}
	culprit_error_destroy(err);
	arena_deinit(&arena);
	return 0;
}
