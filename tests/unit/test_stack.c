/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formats: dump_stack and show_regs of arch/, lib/vsprintf.c (%pS, %pB,
 * %pSb), scripts/decode_stacktrace.sh.
 */
#include <check.h>

#include "report/stack.h"
#include "pattern/yaml.h"
#include "suite.h"

#define U CULPRIT_FRAME_UNRELIABLE
#define I CULPRIT_FRAME_INLINE
#define X CULPRIT_FRAME_EXACT
#define O CULPRIT_FRAME_HAS_OFFSET
#define A CULPRIT_FRAME_HAS_ADDRESS

struct frame_case {
	const char *line;
	const char *function;
	uint64_t offset, size;
	uint32_t flags;
	uint64_t address;
	const char *module, *build_id, *file, *callee, *callee_module, *callee_build_id;
	uint32_t number;	/* source line */
	bool pc, link;
};

#define BUILD_ID "0123456789abcdef0123456789abcdef01234567"

/* Rows leave out what their line does not have. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct frame_case frames[] = {
	/* x86 since v4.11, arm64, riscv, um */
	{ " kasan_report+0x1b/0x40", "kasan_report", 0x1b, 0x40, O },
	{ "kasan_report+0x1b/0x40", "kasan_report", 0x1b, 0x40, O },
	{ "\tkasan_report+0x1b/0x40", "kasan_report", 0x1b, 0x40, O },
	{ " ? kasan_report+0x1b/0x40", "kasan_report", 0x1b, 0x40, O | U },
	{ " __kasan_report.cold+0x5/0xa", "__kasan_report.cold", 5, 0xa, O },
	{ " foo.constprop.0.isra.3+0x0/0x1c0", "foo.constprop.0.isra.3", 0, 0x1c0, O },
	{ " f+0xffffffffffffffff/0x0", "f", UINT64_MAX, 0, O },
	{ " kc_release+0x10/0x20 [kcrash_mod]", "kc_release", 0x10, 0x20, O, .module = "kcrash_mod" },
	{ " kc_release+0x10/0x20 [kcrash_mod " BUILD_ID "]", "kc_release", 0x10, 0x20, O, .module = "kcrash_mod",
	  .build_id = BUILD_ID },
	{ " ? kc_release+0x10/0x20 [snd-hda-intel]", "kc_release", 0x10, 0x20, O | U, .module = "snd-hda-intel" },
	/* arm64 since v6.13 says where a frame comes from */
	{ " show_stack+0x20/0x38 (C)", "show_stack", 0x20, 0x38, O },
	{ " kc_release+0x10/0x20 [kcrash_mod] (P)", "kc_release", 0x10, 0x20, O, .module = "kcrash_mod" },

	/* x86 before v4.11, um still */
	{ " [<ffffffff82d4e304>] dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O | A, 0xffffffff82d4e304 },
	{ " [<ffffffff82d4e304>] ? dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O | A | U, 0xffffffff82d4e304 },
	{ " [<60038f5c>] ? um_set_signals+0x0/0x3e", "um_set_signals", 0, 0x3e, O | A | U, 0x60038f5c },
	{ " [<(____ptrval____)>] dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O },
	{ " [<(ptrval)>] dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O },
	{ " <IRQ>  [<ffffffff82d4e304>] dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O | A, 0xffffffff82d4e304 },
	{ " <IRQ> dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O },
	{ " <EOI>  ? dump_stack+0x12/0x24", "dump_stack", 0x12, 0x24, O | U },
	{ " <#DF>  [<ffffffff82d4e304>] df_debug+0x2/0x4", "df_debug", 2, 4, O | A, 0xffffffff82d4e304 },
	{ " <<EOE>>  [<ffffffff82d4e304>] f+0x2/0x4", "f", 2, 4, O | A, 0xffffffff82d4e304 },
	{ " </IRQ>  [<ffffffff82d4e304>] f+0x2/0x4", "f", 2, 4, O | A, 0xffffffff82d4e304 },

	/* symbolized */
	{ " vfs_write+0x12/0x24 fs/read_write.c:586", "vfs_write", 0x12, 0x24, O, .file = "fs/read_write.c",
	  .number = 586 },
	{ " vfs_write+0x12/0x24 fs/read_write.c:586:7", "vfs_write", 0x12, 0x24, O, .file = "fs/read_write.c",
	  .number = 586 },
	{ " ext4_sync+0x12/0x24 fs/ext4/super.c:12 [ext4]", "ext4_sync", 0x12, 0x24, O, .file = "fs/ext4/super.c",
	  .number = 12, .module = "ext4" },
	{ " kc_open+0x12/0x24 [kcrash_mod] kcrash.c:12", "kc_open", 0x12, 0x24, O, .file = "kcrash.c", .number = 12,
	  .module = "kcrash_mod" },
	{ " kmalloc include/linux/slab.h:554 [inline]", "kmalloc", 0, 0, I, .file = "include/linux/slab.h",
	  .number = 554 },
	{ " [<     inline     >] kmalloc include/linux/slab.h:554", "kmalloc", 0, 0, I,
	  .file = "include/linux/slab.h", .number = 554 },
	{ " entry_SYSCALL_64+0x12/0x24 arch/x86/entry/entry_64.S:120", "entry_SYSCALL_64", 0x12, 0x24, O,
	  .file = "arch/x86/entry/entry_64.S", .number = 120 },
	{ " k_init+0x2/0x4 samples/rust/rust_minimal.rs:25", "k_init", 2, 4, O,
	  .file = "samples/rust/rust_minimal.rs", .number = 25 },

	/* Rust */
	{ " <rust_binder::process::Process>::update_ref+0x1a/0x90",
	  "<rust_binder::process::Process>::update_ref", 0x1a, 0x90, O },
	{ " rust_minimal::init+0x1a/0x90 [rust_minimal]", "rust_minimal::init", 0x1a, 0x90, O,
	  .module = "rust_minimal" },
	{ " _RNvCs3Gm_6kernel4oops+0x1a/0x90", "_RNvCs3Gm_6kernel4oops", 0x1a, 0x90, O },

	/* arm */
	{ "[<80c1e5e8>] (__schedule) from [<80c1eb20>] (schedule+0x60/0xdc)", "schedule", 0x60, 0xdc, O | A,
	  0x80c1eb20, .callee = "__schedule" },
	{ "[<80c1e5e8>] (__schedule+0x10/0x20) from [<80c1eb20>] (schedule+0x60/0xdc)", "schedule", 0x60, 0xdc, O | A,
	  0x80c1eb20, .callee = "__schedule" },
	{ "[<bf00e5e8>] (kc_a [kcrash_mod]) from [<bf00eb20>] (kc_b+0x60/0xdc [kcrash_mod])", "kc_b", 0x60, 0xdc,
	  O | A, 0xbf00eb20, .callee = "kc_a", .callee_module = "kcrash_mod", .module = "kcrash_mod" },
	{ " __schedule from schedule+0x60/0xdc", "schedule", 0x60, 0xdc, O, .callee = "__schedule" },
	{ " kc_a [kcrash_mod] from kc_b+0x60/0xdc [kcrash_mod]", "kc_b", 0x60, 0xdc, O, .callee = "kc_a",
	  .callee_module = "kcrash_mod", .module = "kcrash_mod" },
	{ " kc_a [kcrash_mod " BUILD_ID "] from schedule+0x60/0xdc", "schedule", 0x60, 0xdc, O, .callee = "kc_a",
	  .callee_module = "kcrash_mod", .callee_build_id = BUILD_ID },

	/* powerpc */
	{ "[c0000000ffff1230] [c000000000a1b2c4] dump_stack+0xb0/0xf0 (unreliable)", "dump_stack", 0xb0, 0xf0,
	  O | A | U, 0xc000000000a1b2c4 },
	{ "[c0000000ffff1230] [c000000000a1b2c4] dump_stack+0xb0/0xf0", "dump_stack", 0xb0, 0xf0, O | A,
	  0xc000000000a1b2c4 },
	{ "[c1a3bd60] [c0008f14] show_stack+0x4c/0x1a0", "show_stack", 0x4c, 0x1a0, O | A, 0xc0008f14 },
	{ "[c0000000ffff1230] [c000000000a1b2c4] .dump_stack+0xb0/0xf0", ".dump_stack", 0xb0, 0xf0, O | A,
	  0xc000000000a1b2c4 },
	{ .line = "[c0000000ffff1230] [c000000000a1b2c4] 0xc000000000a1b2c4 f+0x1/0x2 x" },

	/* s390 */
	{ " [<000000000010b2d0>] show_stack+0x58/0x78 ", "show_stack", 0x58, 0x78, O | A, 0x10b2d0 },
	{ "([<000000000010b2d0>] show_stack+0x58/0x78)", "show_stack", 0x58, 0x78, O | A, 0x10b2d0 },
	{ " [<000003ffe0a5b2d0>] kc_a+0x58/0x78 [kcrash_mod] ", "kc_a", 0x58, 0x78, O | A, 0x3ffe0a5b2d0,
	  .module = "kcrash_mod" },

	/* mips, parisc, m68k, sh, csky */
	{ "[<ffffffff8010a2d4>] show_stack+0x68/0x80", "show_stack", 0x68, 0x80, O | A, 0xffffffff8010a2d4 },
	{ " [<000000004016a2d4>] show_stack+0x68/0x80", "show_stack", 0x68, 0x80, O | A, 0x4016a2d4 },
	/* sparc64 */
	{ "[0000000000456789] panic+0xf0/0x2b4", "panic", 0xf0, 0x2b4, O | A, 0x456789 },

	/* program counters */
	{ "RIP: 0010:fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "RIP: e030:fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "RIP: 0010:fq_reset+0x10/0x20 [sch_fq " BUILD_ID "]", "fq_reset", 0x10, 0x20, O | X, .pc = true,
	  .module = "sch_fq", .build_id = BUILD_ID },
	{ "RIP: 0010:[<ffffffff82d4e304>]  [<ffffffff82d4e304>] fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20,
	  O | A | X, 0xffffffff82d4e304, .pc = true },
	{ "RIP: 0010:fq_reset+0x10/0x20 net/sched/sch_fq.c:12", "fq_reset", 0x10, 0x20, O | X, .pc = true,
	  .file = "net/sched/sch_fq.c", .number = 12 },
	{ "RIP: 0010:kmalloc include/linux/slab.h:554 [inline]", "kmalloc", 0, 0, I | X, .pc = true,
	  .file = "include/linux/slab.h", .number = 554 },
	{ "RIP: 0010:add include/linux/slab.h:554 [inline]", "add", 0, 0, I | X, .pc = true,
	  .file = "include/linux/slab.h", .number = 554 },
	{ "EIP: fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "EIP is at fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "IP: fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "IP: [<ffffffff82d4e304>] fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | A | X, 0xffffffff82d4e304,
	  .pc = true },
	{ "pc : fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "pc : fq_reset+0x10/0x20 [sch_fq]", "fq_reset", 0x10, 0x20, O | X, .pc = true, .module = "sch_fq" },
	{ "PC is at fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "NIP [c000000000a1b2c4] fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | A | X, 0xc000000000a1b2c4,
	  .pc = true },
	{ "epc : fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "epc : fq_reset+0x10/0x20 ra : fq_init+0x1/0x2", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "epc   : ffffffff8010a2d4 fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "era   : 9000000000a4c5d8 fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "epc   : 8010a2d4 fq_reset+0x10/0x20 [sch_fq]", "fq_reset", 0x10, 0x20, O | X, .pc = true,
	  .module = "sch_fq" },
	{ "  ERA: 9000000000222ab4 fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ "Krnl PSW : 0704c00180000000 000000000010b2d0 (fq_reset+0x10/0x20)", "fq_reset", 0x10, 0x20, O | X,
	  .pc = true },
	{ "Krnl PSW : 0704c00180000000 000003ff8010b2d0 (fq_reset+0x10/0x20 [sch_fq])", "fq_reset", 0x10, 0x20, O | X,
	  .pc = true, .module = "sch_fq" },
	{ "PC: [<0010b2d0>] fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | A | X, 0x10b2d0, .pc = true },
	{ "TPC: <fq_reset+0x10/0x20>", "fq_reset", 0x10, 0x20, O | X, .pc = true },
	{ " IAOQ[0]: fq_reset+0x10/0x20", "fq_reset", 0x10, 0x20, O | X, .pc = true },

	/* link registers */
	{ "lr : fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ "LR is at fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ "LR [c000000000a1b2c4] fq_init+0x1/0x2", "fq_init", 1, 2, O | A, 0xc000000000a1b2c4, .link = true },
	{ " ra : fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ "ra    : ffffffff8010a2d4 fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ "   ra: 9000000000222ab4 fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ " RP(r2): fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ "PR is at fq_init+0x1/0x2", "fq_init", 1, 2, O, .link = true },
	{ "I7: <fq_init+0x1/0x2>", "fq_init", 1, 2, O, .link = true },

	/* no frames */
	{ .line = "" },
	{ .line = " " },
	{ .line = "+0x" },
	{ .line = " +0x1/0x2" },
	{ .line = "Call Trace:" },
	{ .line = " <TASK>" },
	{ .line = " </TASK>" },
	{ .line = " f+0x1" },
	{ .line = " f+0x1/" },
	{ .line = " f+0x1/0x" },
	{ .line = " f+0x/0x2" },
	{ .line = " f+0x11111111111111111/0x2" },	/* over 64 bits */
	{ .line = " ? 0xffffffffa0001234" },
	{ .line = " [<ffffffffa0001234>] 0xffffffffa0001234" },
	{ .line = " 0xffffffffa0001234+0x1/0x2" },
	{ .line = " f 12" },
	{ .line = "RIP: 0033:0x7f12b4c8" },
	{ .line = "pc : [<c0123456>]    lr : [<c0123457>]    psr: 60000013" },
	{ .line = "NIP:  c000000000a1b2c4 LR: c000000000a1b2c0 CTR: 0000000000000000" },
	{ .line = "epc : ffffffff80003a44 ra : ffffffff80003a40 sp : ff20000000003d30" },
	{ .line = "--- interrupt: 300 at fq_reset+0x10/0x20" },
	{ .line = "hardirqs last  enabled at (12): [<ffffffff82d4e304>] f+0x1/0x2" },
	{ .line = " #0: ffff88807aee2d38 (&p->lock){+.+.}-{3:3}, at: seq_read+0x1/0x2" },
	{ .line = "initcall fq_init+0x0/0x40 returned 0 after 5 usecs" },
	{ .line = "calling  fq_init+0x0/0x40 @ 1" },
	{ .line = "WARNING: CPU: 0 PID: 1 at mm/slub.c:12 f+0x1/0x2" },
	{ .line = "BUG: KASAN: use-after-free in fq_reset+0x10/0x20" },
	{ .line = "stack is in fq_reset+0x10/0x20 frame" },
	{ .line = "Workqueue: events fq_work+0x0/0x20" },
	{ .line = "inlined from elsewhere" },
	{ .line = "please see file.c:12 [inline]" },
};

static void ck_span(const char *line, struct span found, const char *expected)
{
	if (!expected)
		ck_assert_msg(found.len == 0, "%s: '%.*s' where nothing was expected", line, (int)found.len, found.ptr);
	else
		ck_assert_msg(span_equal(found, span_of(expected)), "%s: '%.*s', expected '%s'", line, (int)found.len,
			      found.ptr, expected);
}

#define ck_number(field, expected) \
	ck_assert_msg((f.field) == (expected), "%s: " #field " is %#llx, expected %#llx", c->line, \
		      (unsigned long long)(f.field), (unsigned long long)(expected))

START_TEST(frames_of_all_architectures)
{
	const struct frame_case *c = &frames[_i];
	/* On the heap without NUL: the sanitizer sees a byte too many. */
	size_t len = strlen(c->line);
	_cleanup_(freep) char *copy = malloc(len ? len : 1);
	struct raw_frame f;
	bool found;

	memcpy(copy, c->line, len);
	found = stack_parse_frame((struct span){ copy, len }, &f);
	ck_assert_msg(found == (c->function != NULL), "%s: %s", c->line, found ? "taken for a frame" : "no frame");
	if (!found)
		return;
	ck_span(c->line, f.function, c->function);
	ck_span(c->line, f.module, c->module);
	ck_span(c->line, f.build_id, c->build_id);
	ck_span(c->line, f.file, c->file);
	ck_span(c->line, f.callee, c->callee);
	ck_span(c->line, f.callee_module, c->callee_module);
	ck_span(c->line, f.callee_build_id, c->callee_build_id);
	ck_number(offset, c->offset);
	ck_number(size, c->size);
	ck_number(address, c->address);
	ck_number(flags, c->flags);
	ck_number(line, c->number);
	ck_number(pc, c->pc);
	ck_number(link, c->link);
}
END_TEST

/* Every front part of every line is parsed without a look beyond it. */
START_TEST(lines_cut_anywhere)
{
	const struct frame_case *c = &frames[_i];

	for (size_t len = 0; len <= strlen(c->line); len++) {
		_cleanup_(freep) char *copy = malloc(len ? len : 1);
		struct raw_frame f;

		memcpy(copy, c->line, len);
		stack_parse_frame((struct span){ copy, len }, &f);
	}
}
END_TEST

START_TEST(names_without_what_compilers_add)
{
	static const char *const names[][2] = {
		{ "f", "f" }, { "f.isra.0", "f" }, { "f.cold", "f" }, { "f.part.2", "f" },
		{ "f.constprop.0.isra.3", "f" }, { "f.llvm.123456", "f" }, { "", "" },
		/* powerpc's descriptors (ELFv1): the code's symbol has a dot in front */
		{ ".f", "f" }, { ".f.isra.0", "f" }, { ".", "." },
		{ "<a::B>::c", "<a::B>::c" },
	};

	for (size_t i = 0; i < countof(names); i++)
		ck_span(names[i][0], stack_base_name(span_of(names[i][0])), *names[i][1] ? names[i][1] : NULL);
}
END_TEST

START_TEST(headers_by_beginning_or_by_any_place)
{
	struct yaml_doc **docs = calloc(1, sizeof(*docs));
	struct culprit_patterns *set;
	const struct stack_header *freed, *enabled;

	ck_assert_ptr_nonnull(docs);
	ck_assert_ptr_null(yaml_parse(SPAN("stacks:\n"
					   "  - { starts: 'Freed by task', role: freed }\n"
					   "  - { holds: 'last enabled at', role: lock-taken-at }\n"), "test", &docs[0]));
	ck_assert_ptr_null(pattern_set_from_docs(docs, 1, &set));
	freed = stack_find_header(set, SPAN("Freed by task 12:"));
	ck_assert_ptr_nonnull(freed);
	ck_assert_int_eq(freed->role, CULPRIT_ROLE_FREED);
	ck_assert_ptr_eq(stack_find_header(set, SPAN("  Freed by task 12:")), freed);
	ck_assert_ptr_null(stack_find_header(set, SPAN("was Freed by task 12:")));
	enabled = stack_find_header(set, SPAN("hardirqs last enabled at (1): f"));
	ck_assert_ptr_nonnull(enabled);
	ck_assert_int_eq(enabled->role, CULPRIT_ROLE_LOCK_TAKEN_AT);
	ck_assert_ptr_null(stack_find_header(set, SPAN("Freed by")));
	ck_assert_ptr_null(stack_find_header(set, SPAN("")));
	culprit_patterns_destroy(set);
}
END_TEST

/* Copies of their own: the address sanitizer sees a byte too many at either end. */
START_TEST(lines_that_begin_anywhere)
{
	static const char odd[] = ":x::y <:+0x1/0x2 [inline]";
	const char *line = _i < (int)countof(frames) ? frames[_i].line : odd;
	size_t len = strlen(line);

	for (size_t start = 0; start < len; start++) {
		_cleanup_(freep) char *copy = malloc(len - start);
		_cleanup_(buf_deinit) struct buf plain = { 0 };
		struct span text = { copy, len - start };
		struct raw_frame f;

		memcpy(copy, line + start, len - start);
		if (stack_parse_frame(text, &f))
			ck_assert(f.function.ptr >= copy && f.function.ptr + f.function.len <= copy + text.len);
		stack_is_inlined(text);
		ck_assert(stack_add_plain(&plain, text));
		ck_assert_uint_le(plain.len, text.len);
	}
}
END_TEST

static const struct { const char *text, *plain; bool inlined; } sourced[] = {
	{ "kfree+0xb2/0x250", "kfree+0xb2/0x250", false },
	{ " kfree+0xb2/0x250 mm/slab.c:3802", " kfree+0xb2/0x250", false },
	{ "RIP: 0010:f+0x1/0x2 [ext4] fs/ext4/super.c:12:3", "RIP: 0010:f+0x1/0x2 [ext4]", false },
	{ "BUG: KASAN: use-after-free in f+0x1/0x2 net/core/skbuff.c:10 at addr ffff88", "BUG: KASAN: use-after-free in f+0x1/0x2 at addr ffff88",
	  false },
	{ "a+0x1/0x2 a.c:1 from b+0x3/0x4 b.S:2", "a+0x1/0x2 from b+0x3/0x4", false },
	{ "f+0x1/0x2 is at 12:30", "f+0x1/0x2 is at 12:30", false },
	{ "f+0x1, f+0x, +0x1/0x2 x", "f+0x1, f+0x, +0x1/0x2 x", false },
	{ " virt_to_cache mm/slab.c:400 [inline]", " virt_to_cache mm/slab.c:400 [inline]", true },
	{ "BUG: KASAN: x in f include/a.h:8 [inline] at addr ff", "BUG: KASAN: x in f include/a.h:8 [inline] at addr ff", true },
	{ " [<     inline     >] kmalloc include/linux/slab.h:554", " [<     inline     >] kmalloc include/linux/slab.h:554", true },
	{ "options: [inline] and more", "options: [inline] and more", false },
	{ "  [inline]", "  [inline]", false },
};

START_TEST(source_lines_can_be_taken_off)
{
	_cleanup_(buf_deinit) struct buf plain = { 0 };

	ck_assert(stack_add_plain(&plain, span_of(sourced[_i].text)));
	ck_assert_str_eq(plain.data, sourced[_i].plain);
	ck_assert_int_eq(stack_is_inlined(span_of(sourced[_i].text)), sourced[_i].inlined);
}
END_TEST

START_TEST(user_space_has_no_symbol)
{
	ck_assert(stack_is_user_pc(SPAN("RIP: 0033:0x7f12b4c8")));
	ck_assert(stack_is_user_pc(SPAN(" RIP: 0023:0xf7f12b4c")));
	ck_assert(!stack_is_user_pc(SPAN("RIP: 0010:f+0x1/0x2")));
	ck_assert(!stack_is_user_pc(SPAN("RIP: 0033:")));
}
END_TEST

START_TEST(symbols_end)
{
	ck_assert(stack_offset_is_outside(SPAN("+0x6e40/0x3c8 [kc]")));
	ck_assert(stack_offset_is_outside(SPAN(".isra.0+0x41/0x40")));
	/* Behind the last instruction: where a call that does not return would. */
	ck_assert(!stack_offset_is_outside(SPAN("+0x40/0x40")));
	ck_assert(!stack_offset_is_outside(SPAN("+0x0/0x40")));
	ck_assert(!stack_offset_is_outside(SPAN("+0x10/0x0")));
	ck_assert(!stack_offset_is_outside(SPAN("+0x10")));
	ck_assert(!stack_offset_is_outside(SPAN(" is not what it was: f+0x41/0x40")));
	ck_assert(!stack_offset_is_outside(SPAN("")));
}
END_TEST

static const struct {
	const char *old;
	bool first;
	const char *now;	/* NULL: not of that time */
} old_frames[] = {
	{ "Call Trace: <ffffffff801f0ab4>{commit+1012}", true, "Call Trace:\n [<ffffffff801f0ab4>] commit+0x3f4/0x0" },
	{ "       <ffffffff801f3d60>{:jbd:kjournald+240} <ffffffff80148ce0>{kthread+212}", true,
	  "       [<ffffffff801f3d60>] kjournald+0xf0/0x0 [jbd]\n [<ffffffff80148ce0>] kthread+0xd4/0x0" },
	{ "Call Trace:<IRQ> <ffffffff802b83a5>{net_rx_action+129}  <EOI>", true,
	  "Call Trace:\n <IRQ> [<ffffffff802b83a5>] net_rx_action+0x81/0x0  <EOI>" },
	{ "RIP: 0010:[<ffffffffa00b1c2d>] <ffffffffa00b1c2d>{:wobble:poll+77}", true,
	  "RIP: 0010:[<ffffffffa00b1c2d>] [<ffffffffa00b1c2d>] poll+0x4d/0x0 [wobble]" },
	{ " [<ffffffff880a1234>] :wobblefs:readpage+0x54/0x1a0", true, " [<ffffffff880a1234>] readpage+0x54/0x1a0 [wobblefs]" },
	{ "EIP:    0010:[prune_dcache+173/560]    Not tainted", true, "EIP:    0010:prune_dcache+0xad/0x230    Not tainted" },
	{ "Call Trace: [a_b+33/240] [nfsd:c.d+35/48]", true, "Call Trace:\n a_b+0x21/0xf0\n c.d+0x23/0x30 [nfsd]" },
	{ ">>EIP; c01a2b3c <d_lookup+5c/130>   <=====", true, "EIP is at d_lookup+0x5c/0x130" },
	{ ">>NIP; d01a2b3c <[wobble]tx+5c/130>   <=====", true, "NIP: tx+0x5c/0x130 [wobble]" },
	{ "Trace; d09e1234 <[nfsd]dispatch+114/260>", true, "Call Trace:\n [<d09e1234>] dispatch+0x114/0x260 [nfsd]" },
	{ "Trace; c0107286 <kernel_thread+26/30>", false, " [<c0107286>] kernel_thread+0x26/0x30" },
	{ "EIP is at wobble_start [jbd] 0x14 (2.4.20-28.9)", true, "EIP is at wobble_start+0x14/0x0 [jbd] (2.4.20-28.9)" },
	{ "Call Trace:   [<c010a4d8>] call_it [kernel] 0x5 (0xc0341fac))", true,
	  "Call Trace:\n [<c010a4d8>] call_it+0x5/0x0" },
	{ "[<f8832a51>] dirty [wobblefs] 0x31 (0xf6a37e3c))", true, " [<f8832a51>] dirty+0x31/0x0 [wobblefs]" },
	{ " [<c0160ae6>] .text.lock.x [kernel] 0xa6 (0xf6a37e54)", true, " [<c0160ae6>] .text.lock.x+0xa6/0x0" },
	/* what resembles them */
	{ ">>esp; c02f9e8c <init_task_union+1e8c/2000>", true, NULL },
	{ "Trace; c0107286 <kernel_thread>", true, NULL },
	{ "Trace; c0107286 <kernel_thread+26/30", true, NULL },
	{ " [<ffffffff880a1234>] readpage+0x54/0x1a0 [wobblefs]", true, NULL },
	{ "Tainted: G [wobble+1]", true, NULL },
	{ "a colon :wobblefs:readpage+0x54/0x1a0", true, NULL },
	{ "[wobble+0x1/0x2]", true, NULL },
	{ "[1+2/3] {x+1}", true, NULL },
	{ "dirty [wobblefs] 0x31 (0xf6a37e3c))", true, NULL },
	{ "[<f8832a51>] dirty [wobblefs] 0x31", true, NULL },
	{ "[<f8832a51>] dirty [wobblefs] 31 (0xf6a37e3c)", true, NULL },
	{ "EIP is at [wobblefs] 0x31 (2.4)", true, NULL },
	{ "<ffffffff801f3d60>{:jbd:+240}", true, NULL },
	{ "<ffffffff801f3d60>{kthread+99999999999999999999}", true, NULL },
	{ "", true, NULL },
};

START_TEST(frames_of_long_ago)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	bool old;

	ck_assert(stack_modernise(span_of(old_frames[_i].old), old_frames[_i].first, &text, &old));
	ck_assert_int_eq(old, old_frames[_i].now != NULL);
	if (!old) {
		ck_assert_uint_eq(text.len, 0);
		return;
	}
	ck_assert(buf_add_char(&text, '\0'));
	ck_assert_str_eq(text.data, old_frames[_i].now);
}
END_TEST

START_TEST(old_frames_cut_anywhere)
{
	const char *line = old_frames[_i].old;

	/* from memory of its own: a byte too far is found */
	for (size_t len = 0; len <= strlen(line); len++) {
		_cleanup_(buf_deinit) struct buf text = { 0 };
		_cleanup_(freep) char *copy = strndup(line, len);
		bool old;

		ck_assert_ptr_nonnull(copy);
		ck_assert(stack_modernise((struct span){ copy, len }, true, &text, &old));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stack");
	TCase *tc = tcase_create("stack");

	tcase_add_loop_test(tc, frames_of_all_architectures, 0, countof(frames));
	tcase_add_loop_test(tc, lines_cut_anywhere, 0, countof(frames));
	tcase_add_loop_test(tc, lines_that_begin_anywhere, 0, countof(frames) + 1);
	tcase_add_loop_test(tc, source_lines_can_be_taken_off, 0, countof(sourced));
	tcase_add_loop_test(tc, frames_of_long_ago, 0, countof(old_frames));
	tcase_add_loop_test(tc, old_frames_cut_anywhere, 0, countof(old_frames));
	tcase_add_test(tc, names_without_what_compilers_add);
	tcase_add_test(tc, headers_by_beginning_or_by_any_place);
	tcase_add_test(tc, user_space_has_no_symbol);
	tcase_add_test(tc, symbols_end);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
