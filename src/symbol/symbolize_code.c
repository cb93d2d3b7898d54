/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Code:" lines of the kernel to instructions, those of user space left out.
 *
 *	Code: 48 89 df e8 <0f> 0b 48 8b
 */
#include "symbol/symbolize_parts.h"

#define MAX_CODES	64u

/* Which instruction set, from how the registers are printed. */
static enum disasm_arch guess_arch(struct span text)
{
	ptrdiff_t epc = span_find(text, SPAN("epc : "));
	uint64_t value;
	size_t used;

	if (epc >= 0) {
		/* a symbol stands there since v5.?, the number is padded to the width of a register */
		if (parse_hex64(span_skip(text, (size_t)epc + 6), &value, &used) && used == 8)
			return DISASM_RISCV32;
		return DISASM_RISCV64;
	}
	if (span_find(text, SPAN("pstate: ")) >= 0)
		return DISASM_ARM64;
	if (span_find(text, SPAN("PC is at ")) >= 0 || span_find(text, SPAN("psr: ")) >= 0)
		return DISASM_ARM;
	if (span_find(text, SPAN("EIP: ")) >= 0)
		return DISASM_I386;
	return DISASM_X86_64;
}

/* "pc : [<808f355c>]    lr : [<808f3550>]    psr: 60000013" (arm): the last five bits are the mode, 0x10 is user. */
static bool has_arm_mode(struct span line, bool *ret_user)
{
	ptrdiff_t at = span_find(line, SPAN("psr: "));
	uint64_t psr;

	if (at < 0 || !parse_hex64(span_skip(line, (size_t)at + strlen("psr: ")), &psr, NULL))
		return false;
	*ret_user = (psr & 0x1f) == 0x10;
	return true;
}

/*
 * Do registers of user space follow or precede?  x86: CS 0x33 or 0x23 (0x73
 * on i386) without a symbol; arm: the mode; others: a pc without a symbol.
 */
static bool is_user_pc(struct span line)
{
	static const char *const markers[] = { "RIP: ", "EIP: ", "pc : ", "epc : ", "PC is at " };
	bool user;

	line = span_trim(line);
	/* a line that lost its mode says nothing of user space: addresses of both begin alike (CONFIG_VMSPLIT_*) */
	if (span_starts(line, SPAN("pc : [<")))
		return has_arm_mode(line, &user) && user;
	for (size_t i = 0; i < countof(markers); i++) {
		if (span_starts(line, span_of(markers[i])))
			return span_find(line, SPAN("+0x")) < 0 && span_find(line, SPAN("[inline]")) < 0 &&
			       span_find(line, SPAN("0xffff")) < 0 && span_find(line, SPAN(": ffff")) < 0;
	}
	return span_find(line, SPAN(": segfault at ")) >= 0 || span_find(line, SPAN(" error:")) >= 0;
}

static bool is_kernel_pc(struct span line)
{
	static const char *const markers[] = { "RIP: ", "EIP: ", "pc : ", "epc : ", "PC is at " };

	line = span_trim(line);
	for (size_t i = 0; i < countof(markers); i++) {
		if (span_starts(line, span_of(markers[i])))
			return !is_user_pc(line);
	}
	return false;
}

static struct culprit_error *decode_line(struct job *job, enum disasm_arch arch, struct span line, uint32_t number)
{
	struct symbolized_code *codes = (struct symbolized_code *)(uintptr_t)job->out->codes;
	struct culprit_error *err;

	if (!codes) {
		codes = arena_array(&job->out->arena, MAX_CODES, sizeof(*codes));
		if (!codes)
			return no_memory();
		job->out->codes = codes;
	}
	if (job->out->n_codes == MAX_CODES)
		return NULL;
	err = disasm_code_line(arch, span_skip(line, strlen("Code:")), &job->out->arena, &codes[job->out->n_codes].code);
	if (!err) {
		codes[job->out->n_codes++].text_line = number;
		return disasm_has_names(arch) ? NULL :
		       symbolize_note(job, "this version of capstone knows no riscv: its instructions are given as numbers");
	}
	if (culprit_error_code(err) == CULPRIT_ERROR_NO_MEMORY)
		return err;
	if (culprit_error_code(err) == CULPRIT_ERROR_NOT_FOUND) {
		struct culprit_error *told = symbolize_note(job, "%s", culprit_error_message(err));

		culprit_error_destroy(err);
		return told;
	}
	/* "Code: Bad RIP value." and torn lines are news to nobody */
	culprit_error_destroy(err);
	return NULL;
}

struct culprit_error *symbolize_decode_codes(struct job *job)
{
	struct span text = buf_span(&job->text), line;
	enum disasm_arch arch = guess_arch(text);
	struct culprit_error *err = NULL;
	uint32_t number = 0;
	bool user = false;
	size_t at = 0;

	for (; !err && symbol_next_line(text, &at, &line); number++) {
		struct span trimmed = span_trim(line);

		if (is_kernel_pc(line))
			user = false;
		else if (is_user_pc(line))
			user = true;
		if (!user && span_starts(trimmed, SPAN("Code:")))
			err = decode_line(job, arch, trimmed, number);
	}
	return err;
}

/*
 * The first code that says something goes to the end of the text, as people
 * know it from the community's reports.  Not for BUG and WARN, whose trap is
 * put there, nor for hangs, where it is wherever the victim was.
 */
struct culprit_error *symbolize_write_code(struct job *job)
{
	const struct symbolized *out = job->out;

	if (job->report->type && !strcmp(job->report->type, "HANG"))
		return NULL;
	for (size_t i = 0; i < out->n_codes; i++) {
		const struct disasm_code *code = &out->codes[i].code;

		if (code->deliberate)
			return NULL;
		if (!buf_add_str(&job->text, "----------------\nCode disassembly (best guess)"))
			return no_memory();
		if (code->skipped && !buf_printf(&job->text, ", %u bytes skipped", code->skipped))
			return no_memory();
		if (!buf_add_str(&job->text, ":\n") || !disasm_format(code, &job->text))
			return no_memory();
		job->n_lines += 2 + (uint32_t)code->n;
		return NULL;
	}
	return NULL;
}
