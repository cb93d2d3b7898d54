/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Code:" lines to instructions.
 *
 *	Code: e8 f0 8e 14 fe 48 8b 83 18 02 00 00 89 ed 31 d2 <48> f7 f5 48 89	x86: bytes
 *	Code: cb000260 d34cfc00 97fcf6fe 35fffc20 (d4210000)			arm, arm64: words
 *	Code: 4798 2000 6013 (f8d3) 2000					Thumb: halfwords
 *	Code: 8793 00c7 b703 0007 (c398) a019					riscv since v6.1: halfwords
 *
 * The marked one is where the program counter points.  x86 prints 42 bytes in
 * front of it, which begin anywhere in an instruction: bytes are left out from
 * the start until decoding meets the marked byte.  That is a guess; it fails
 * where a wrong start happens to meet it too.
 *
 * capstone before 5 knows no riscv: its instructions are then told apart by
 * length, and given as numbers.
 *
 * Refused: lines without code ("Bad RIP value.", "Unable to access opcode
 * bytes", "(bad PC value)"), without a mark, or longer than MAX_BYTES.
 */
#include "symbol/disasm.h"

#include <ctype.h>

#include <capstone/capstone.h>

#include "base/dynlib.h"

/* The library must be of the headers' version: struct cs_insn has changed between 4 and 5. */
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define CAPSTONE_FUNCTIONS(X) X(cs_open) X(cs_close) X(cs_option) X(cs_disasm) X(cs_free)
DYNLIB_TABLE(capstone, CAPSTONE_FUNCTIONS, "libcapstone.so." STRING(CS_API_MAJOR),
	     "libcapstone" STRING(CS_API_MAJOR));
DYNLIB_NOTE(capstone, "libcapstone.so." STRING(CS_API_MAJOR), "recommended", "disassembly");

#define MAX_BYTES 512u
#define MAX_SKIP 15u		/* an x86 instruction is no longer */

struct code_bytes {
	uint8_t bytes[MAX_BYTES + 8];
	size_t n;
	size_t trap;		/* offset of the marked one */
	bool marked;
	uint8_t unit;		/* bytes per group */
};

static struct culprit_error *no_code(const char *why)
{
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "Code line: %s", why);
}

/* One group: its value goes to memory order, least significant byte first. */
static bool take_group(struct code_bytes *code, struct span group)
{
	uint64_t value;
	size_t used, unit = group.len / 2;

	if (group.len % 2 || (unit != 1 && unit != 2 && unit != 4) || !isxdigit((unsigned char)group.ptr[0]) ||
	    (group.len > 1 && !isxdigit((unsigned char)group.ptr[1])) || !parse_hex64(group, &value, &used) ||
	    used != group.len)
		return false;
	/* a Thumb or riscv line has groups of two bytes, or of four where both halves belong together */
	if (!code->unit)
		code->unit = (uint8_t)unit;
	else if (code->unit != unit)
		return false;
	if (code->n + unit > MAX_BYTES)
		return false;
	for (size_t i = 0; i < unit; i++)
		code->bytes[code->n++] = (uint8_t)(value >> 8 * i);
	return true;
}

static struct culprit_error *read_groups(struct span text, struct code_bytes *code)
{
	while ((text = span_trim(text)).len) {
		struct span group = text;
		bool mark;

		group.len = 0;
		while (group.len < text.len && text.ptr[group.len] != ' ' && text.ptr[group.len] != '\t')
			group.len++;
		text = span_skip(text, group.len);
		mark = group.len > 2 && ((group.ptr[0] == '<' && group.ptr[group.len - 1] == '>') ||
					 (group.ptr[0] == '(' && group.ptr[group.len - 1] == ')'));
		if (mark) {
			if (code->marked)
				return no_code("two bytes are marked");
			code->marked = true;
			code->trap = code->n;
			group = (struct span){ group.ptr + 1, group.len - 2 };
		}
		if (!take_group(code, group)) {
			/* a line that another one ran into still has its beginning */
			if (code->marked && !mark)
				return NULL;
			return no_code("holds no code");
		}
	}
	return code->marked ? NULL : no_code(code->n ? "no byte is marked" : "holds no code");
}

static bool arch_mode(enum disasm_arch arch, uint8_t unit, cs_arch *ret_arch, cs_mode *ret_mode)
{
	switch (arch) {
	case DISASM_X86_64:
		*ret_arch = CS_ARCH_X86, *ret_mode = CS_MODE_64;
		return unit == 1;
	case DISASM_I386:
		*ret_arch = CS_ARCH_X86, *ret_mode = CS_MODE_32;
		return unit == 1;
	case DISASM_ARM:
		*ret_arch = CS_ARCH_ARM, *ret_mode = unit == 2 ? CS_MODE_THUMB : CS_MODE_ARM;
		return unit != 1;
	case DISASM_ARM64:
		*ret_arch = CS_ARCH_ARM64, *ret_mode = CS_MODE_LITTLE_ENDIAN;
		return unit == 4;
#if CS_API_MAJOR >= 5
	case DISASM_RISCV64:
		*ret_arch = CS_ARCH_RISCV, *ret_mode = CS_MODE_RISCV64 | CS_MODE_RISCVC;
		return unit != 1;
	case DISASM_RISCV32:
		*ret_arch = CS_ARCH_RISCV, *ret_mode = CS_MODE_RISCV32 | CS_MODE_RISCVC;
		return unit != 1;
#endif
	default:
		return false;
	}
}

struct decoder {
	enum disasm_arch arch;
	bool open;		/* handle is valid */
	csh handle;
	const struct code_bytes *code;
};

/* Length of what stands at `at`, 0 where it is no instruction.  *ret_insn may be NULL even so. */
static size_t decode_one(const struct decoder *decoder, size_t at, uint64_t address, cs_insn **ret_insn)
{
	const struct code_bytes *code = decoder->code;
	size_t left = code->n - at, len;

	*ret_insn = NULL;
	if (decoder->open)
		return capstone.cs_disasm(decoder->handle, code->bytes + at, left, address, 1, ret_insn) ?
			       (*ret_insn)->size : 0;
	len = (code->bytes[at] & 3) == 3 ? 4 : 2;	/* riscv */
	return len <= left ? len : 0;
}

/* Does decoding from skip on meet the marked byte? */
static bool meets_trap(const struct decoder *decoder, size_t skip)
{
	size_t at = skip;

	while (at < decoder->code->trap) {
		cs_insn *insn;
		size_t len = decode_one(decoder, at, at, &insn);

		if (insn)
			capstone.cs_free(insn, 1);
		if (!len)
			return false;
		at += len;
	}
	return at == decoder->code->trap;
}

/*
 * What stands for bytes that are no whole instruction, one at a time, as
 * objdump does: prefixes by their names.
 */
static const char *stray_byte(enum disasm_arch arch, uint8_t byte)
{
	static const char *const rex[] = {
		"rex", "rex.B", "rex.X", "rex.XB", "rex.R", "rex.RB", "rex.RX", "rex.RXB",
		"rex.W", "rex.WB", "rex.WX", "rex.WXB", "rex.WR", "rex.WRB", "rex.WRX", "rex.WRXB",
	};

	if (arch == DISASM_X86_64 && byte >> 4 == 4)
		return rex[byte & 15];
	if (arch != DISASM_X86_64 && arch != DISASM_I386)
		return NULL;
	switch (byte) {
	case 0x26: return "es";
	case 0x2e: return "cs";
	case 0x36: return "ss";
	case 0x3e: return "ds";
	case 0x64: return "fs";
	case 0x65: return "gs";
	case 0x66: return "data16";
	case 0xf0: return "lock";
	case 0xf2: return "repnz";
	case 0xf3: return "repz";
	default: return NULL;
	}
}

/* ud2 and its kind: what BUG(), WARN() and sanitizers' traps are made of. */
static bool traps_on_purpose(const char *mnemonic)
{
	static const char *const names[] = {
		"ud0", "ud1", "ud2", "int3", "brk", "bkpt", "udf", "trap", "ebreak", "c.ebreak", "c.unimp", "unimp",
	};

	for (size_t i = 0; i < countof(names); i++) {
		if (!strcmp(names[i], mnemonic))
			return true;
	}
	return false;
}

/*
 * capstone writes AT&T syntax as LLVM does; people know objdump's, which is
 * also what scripts/decodecode prints:
 *
 *	cmpq   $8, (%rdx, %rax)		cmpq   $0x8,(%rdx,%rax,1)
 *	movq   %r12, %rdx		mov    %r12,%rdx
 */
static bool is_base(const char *mnemonic, size_t len)
{
	static const char *const bases[] = {
		"adc", "add", "and", "andn", "bsf", "bsr", "bswap", "bt", "btc", "btr", "bts", "call", "cmp", "cmpxchg",
		"dec", "div", "idiv", "imul", "in", "inc", "iret", "jmp", "lea", "lret", "lzcnt", "mov", "movabs",
		"movbe", "mul", "neg", "not", "or", "out", "pop", "popcnt", "push", "rcl", "rcr", "ret", "rol", "ror",
		"sal", "sar", "sbb", "shl", "shld", "shr", "shrd", "sub", "test", "tzcnt", "xadd", "xchg", "xor",
	};

	for (size_t i = 0; i < countof(bases); i++) {
		if (strlen(bases[i]) == len && !memcmp(bases[i], mnemonic, len))
			return true;
	}
	return len > 4 && !memcmp(mnemonic, "cmov", 4);
}

/* Does an operand that is a register by itself tell the size? */
static bool has_register_operand(const char *operands)
{
	int depth = 0;

	for (const char *p = operands; *p; p++) {
		depth += (*p == '(') - (*p == ')');
		if (*p == '%' && !depth && (p == operands || p[-1] == ' ' || p[-1] == ',' || p[-1] == '*') &&
		    !strchr(":", p[3] ? p[3] : '.'))
			return true;
	}
	return false;
}

static void drop_suffix(char *mnemonic, const char *operands)
{
	static const char *const always[] = { "call", "jmp", "movabs", "pop", "push", "ret" };
	char *word = strrchr(mnemonic, ' ');	/* "lock cmpxchgl" */
	size_t len;

	word = word ? word + 1 : mnemonic;
	len = strlen(word);
	if (len < 3 || !strchr("bwlq", word[len - 1]) || !is_base(word, len - 1))
		return;
	for (size_t i = 0; i < countof(always); i++) {
		if (strlen(always[i]) == len - 1 && !memcmp(always[i], word, len - 1)) {
			word[len - 1] = 0;
			return;
		}
	}
	if (has_register_operand(operands))
		word[len - 1] = 0;
}

static char *att_operands(struct arena *arena, const char *operands)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	int commas = 0;
	bool in_parens = false, good = true;

	for (const char *p = operands; *p && good; p++) {
		bool number = p[0] >= '0' && p[0] <= '9' && !(p[1] >= '0' && p[1] <= '9') && p[1] != 'x' &&
			      (p == operands || strchr("$-, *:", p[-1])) && !(in_parens && commas == 2);

		if (*p == '(')
			in_parens = true, commas = 0;
		if (*p == ',')
			commas++;
		if (*p == ')' && commas == 1)
			good = buf_add_str(&out, ",1");
		if (*p == ')')
			in_parens = false;
		if (*p == ' ' && p > operands && p[-1] == ',')
			continue;
		good = good && (!number || buf_add_str(&out, "0x")) && buf_add_char(&out, *p);
	}
	return good ? arena_dup(arena, out.len ? buf_span(&out) : SPAN("")) : NULL;
}

/*
 * Where the code lies is not known, so it is decoded at 0: "call 0xfe148f0f" is
 * backwards.  32 bits are what decodecode's users know, and all that a branch has.
 */
static const char *branch_target(const char *operands)
{
	return !strncmp(operands, "0xffffffff", 10) && strlen(operands) == 18 ? operands + 10 : NULL;
}

/* Other instructions mean an address of data: "incl 0xffffffff81234567". */
static bool is_branch(const char *mnemonic)
{
	const char *word = strrchr(mnemonic, ' ');	/* "bnd jmp" */

	word = word ? word + 1 : mnemonic;
	return *word == 'j' || !strncmp(word, "call", 4) || !strncmp(word, "loop", 4) || !strcmp(word, "xbegin");
}

static char *x86_operands(struct arena *arena, const char *mnemonic, const char *operands)
{
	const char *target = is_branch(mnemonic) ? branch_target(operands) : NULL;

	return target ? arena_printf(arena, "0x%s", target) : att_operands(arena, operands);
}

/* Bytes that no decoder has named: prefixes by name, else the number. */
static bool name_bytes(enum disasm_arch arch, struct disasm_instruction *out, struct arena *arena, uint32_t *ret_value)
{
	const char *name = out->n_bytes == 1 ? stray_byte(arch, out->bytes[0]) : NULL;
	uint32_t value = 0;

	for (size_t i = out->n_bytes; i-- > 0;)
		value = value << 8 | out->bytes[i];
	out->mnemonic = name ? name : out->n_bytes == 1 ? ".byte" : out->n_bytes == 2 ? ".2byte" : ".4byte";
	out->operands = name ? "" : arena_printf(arena, "0x%x", value);
	*ret_value = value;
	return out->operands;
}

/* Undefined instructions that kernels trap with: arm's BUG in A32 and Thumb, riscv's ebreak. */
static bool value_traps_on_purpose(enum disasm_arch arch, uint32_t value)
{
	if (arch == DISASM_ARM)
		return value == 0xe7f001f2 || value == 0xde02;
	if (arch == DISASM_RISCV64 || arch == DISASM_RISCV32)
		return value == 0x00100073 || value == 0x9002;
	return false;
}

static bool add_instruction(const struct decoder *decoder, size_t at, size_t len, const cs_insn *insn,
			    struct arena *arena, struct disasm_code *ret)
{
	const struct code_bytes *code = decoder->code;
	struct disasm_instruction *out = &ret->instructions[ret->n++];
	uint32_t value;

	out->off = (uint32_t)(at - ret->skipped);
	out->n_bytes = (uint8_t)(len < sizeof(out->bytes) ? len : sizeof(out->bytes));
	memcpy(out->bytes, code->bytes + at, out->n_bytes);
	out->trapping = at == code->trap;
	if (insn) {
		char *mnemonic = arena_dup(arena, span_of(insn->mnemonic));
		bool x86 = decoder->arch == DISASM_X86_64 || decoder->arch == DISASM_I386;

		if (!mnemonic)
			return false;
		if (x86)
			drop_suffix(mnemonic, insn->op_str);
		/* capstone 4 gives the real name, 5 and objdump the usual one */
		if (decoder->arch == DISASM_ARM64 && !strcmp(mnemonic, "movz") && !strstr(insn->op_str, "lsl"))
			mnemonic[3] = 0;
		out->mnemonic = mnemonic;
		out->operands = x86 ? x86_operands(arena, insn->mnemonic, insn->op_str) : arena_dup(arena, span_of(insn->op_str));
		ret->deliberate |= out->trapping && traps_on_purpose(insn->mnemonic);
		return out->operands;
	}
	if (!name_bytes(decoder->arch, out, arena, &value))
		return false;
	ret->deliberate |= out->trapping && value_traps_on_purpose(decoder->arch, value);
	return true;
}

static struct culprit_error *decode(const struct decoder *decoder, struct arena *arena, struct disasm_code *ret)
{
	const struct code_bytes *code = decoder->code;
	size_t at = 0;

	while (at <= MAX_SKIP && at < code->trap && !meets_trap(decoder, at))
		at += code->unit;
	/* nothing meets it: begin with it */
	if (at > MAX_SKIP || at > code->trap)
		at = code->trap;
	ret->skipped = (uint32_t)at;
	ret->unit = code->unit;
	ret->instructions = arena_array(arena, code->n, sizeof(*ret->instructions));
	if (!ret->instructions)
		return &culprit_error_no_memory;
	while (at < code->n) {
		cs_insn *insn;
		size_t len = decode_one(decoder, at, at - ret->skipped, &insn);
		bool good;

		if (!len)
			len = code->unit < code->n - at ? code->unit : code->n - at;
		good = add_instruction(decoder, at, len, insn, arena, ret);
		if (insn)
			capstone.cs_free(insn, 1);
		if (!good)
			return &culprit_error_no_memory;
		at += len;
	}
	return NULL;
}

static struct culprit_error *open_decoder(struct decoder *decoder)
{
	bool riscv = decoder->arch == DISASM_RISCV64 || decoder->arch == DISASM_RISCV32;
	struct culprit_error *err;
	cs_arch machine;
	cs_mode mode;

	if (!arch_mode(decoder->arch, decoder->code->unit, &machine, &mode))
		return riscv && decoder->code->unit != 1 ? NULL : no_code("not of a known architecture");
	err = dynlib_load(&capstone_lib);
	if (err)
		return err;
	if (capstone.cs_open(machine, mode, &decoder->handle) != CS_ERR_OK)
		return no_code("this capstone does not know the architecture");
	decoder->open = true;
	if (machine == CS_ARCH_X86)
		capstone.cs_option(decoder->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	return NULL;
}

struct culprit_error *disasm_code_line(enum disasm_arch arch, struct span text, struct arena *arena,
				       struct disasm_code *ret)
{
	struct code_bytes code = { .n = 0 };
	struct decoder decoder = { .arch = arch, .code = &code };
	struct culprit_error *err;

	*ret = (struct disasm_code){ 0 };
	err = read_groups(text, &code);
	if (!err)
		err = open_decoder(&decoder);
	if (!err)
		err = decode(&decoder, arena, ret);
	if (decoder.open)
		capstone.cs_close(&decoder.handle);
	return err;
}

static bool format_bytes(const struct disasm_instruction *insn, uint8_t unit, struct buf *ret)
{
	size_t start = ret->len;

	for (size_t i = 0; i < insn->n_bytes; i += unit) {
		for (size_t k = unit; k-- > 0;) {
			if (i + k < insn->n_bytes && !buf_printf(ret, "%02x", insn->bytes[i + k]))
				return false;
		}
		if (!buf_add_char(ret, ' '))
			return false;
	}
	while (unit == 1 && ret->len - start < 21) {
		if (!buf_add_char(ret, ' '))
			return false;
	}
	return true;
}

bool disasm_has_names(enum disasm_arch arch)
{
	return CS_API_MAJOR >= 5 || (arch != DISASM_RISCV64 && arch != DISASM_RISCV32);
}

bool disasm_format(const struct disasm_code *code, struct buf *ret)
{
	for (size_t i = 0; i < code->n; i++) {
		const struct disasm_instruction *insn = &code->instructions[i];

		if (!buf_printf(ret, "%s%*x:\t", insn->trapping ? "*" : " ", 3, insn->off) ||
		    !format_bytes(insn, code->unit, ret) ||
		    !(*insn->operands ? buf_printf(ret, "\t%-6s %s", insn->mnemonic, insn->operands) :
					buf_printf(ret, "\t%s", insn->mnemonic)) ||
		    (insn->trapping && !buf_add_str(ret, " <-- trapping instruction")) || !buf_add_char(ret, '\n'))
			return false;
	}
	return true;
}
