/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "report/guilty.h"
#include "pattern/pattern.h"
#include "symbol/disasm.h"
#include "suite.h"

static struct arena arena;

START_TEST(finds_the_trapping_instruction)
{
	struct disasm_code code;

	ck_assert_ptr_null(disasm_code_line(DISASM_X86_64, span_of(" 89 ed 31 d2 <48> f7 f5 5b"), &arena, &code));
	ck_assert_uint_eq(code.skipped, 0);
	ck_assert_uint_eq(code.n, 4);
	ck_assert_uint_eq(code.instructions[2].off, 4);
	ck_assert_str_eq(code.instructions[2].mnemonic, "div");
	ck_assert_str_eq(code.instructions[2].operands, "%rbp");
	ck_assert(code.instructions[2].trapping && !code.deliberate);
}
END_TEST

START_TEST(deliberate_traps_are_told)
{
	struct disasm_code code;

	ck_assert_ptr_null(disasm_code_line(DISASM_X86_64, span_of("90 <0f> 0b c3"), &arena, &code));
	ck_assert(code.deliberate);
	ck_assert_ptr_null(disasm_code_line(DISASM_ARM64, span_of("cb000260 (d4210000) "), &arena, &code));
	ck_assert(code.deliberate);
	ck_assert_uint_eq(code.instructions[1].off, 4);
}
END_TEST

/* Lines as kernels of each architecture print them; "*" marks the trapping instruction. */
static const struct {
	enum disasm_arch arch;
	const char *line, *text;
} lines[] = {
	/* decoding from the first byte on would pass over the marked one: 48 8b 04 is cut in front */
	{ DISASM_X86_64, "04 25 28 00 00 00 <48> 8b 00",
	  "   0:\t04 25                \tadd    $0x25,%al\n   2:\t28 00                \tsub    %al,(%rax)\n"
	  "   4:\t00 00                \tadd    %al,(%rax)\n"
	  "*  6:\t48 8b 00             \tmov    (%rax),%rax <-- trapping instruction\n" },
	{ DISASM_X86_64, "00 00 e8 f0 8e 14 fe <0f> 0b eb f5",
	  "   0:\t00 00                \tadd    %al,(%rax)\n   2:\te8 f0 8e 14 fe       \tcall   0xfe148ef7\n"
	  "*  7:\t0f 0b                \tud2 <-- trapping instruction\n   9:\teb f5                \tjmp    0x0\n" },
	/* a branch has 32 bits, an address of data has all */
	{ DISASM_X86_64, "<ff> 04 25 67 45 23 81 e8 f0 8e 14 fe",
	  "*  0:\tff 04 25 67 45 23 81 \tincl   0xffffffff81234567 <-- trapping instruction\n"
	  "   7:\te8 f0 8e 14 fe       \tcall   0xfe148efc\n" },
	{ DISASM_I386, "89 e5 <8b> 40 04 5d c3",
	  "   0:\t89 e5                \tmov    %esp,%ebp\n*  2:\t8b 40 04             \tmov    0x4(%eax),%eax <-- trapping instruction\n"
	  "   5:\t5d                   \tpop    %ebp\n   6:\tc3                   \tret\n" },
	{ DISASM_ARM, "e3a03000 e1a00003 (e5830000) ",
	  "   0:\te3a03000 \tmov    r3, #0\n   4:\te1a00003 \tmov    r0, r3\n"
	  "*  8:\te5830000 \tstr    r0, [r3] <-- trapping instruction\n" },
	{ DISASM_ARM, "4798 2000 6013 (f8d3) 2000 4770",
	  "   0:\t4798 \tblx    r3\n   2:\t2000 \tmovs   r0, #0\n   4:\t6013 \tstr    r3, [r2]\n"
	  "*  6:\tf8d3 2000 \tldr.w  r2, [r3] <-- trapping instruction\n   a:\t4770 \tbx     lr\n" },
	{ DISASM_ARM64, "aa0003e1 d2800000 (b9400000) d65f03c0",
	  "   0:\taa0003e1 \tmov    x1, x0\n   4:\td2800000 \tmov    x0, #0\n"
	  "*  8:\tb9400000 \tldr    w0, [x0] <-- trapping instruction\n   c:\td65f03c0 \tret\n" },
};

START_TEST(code_of_each_architecture)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct disasm_code code;

	ck_assert_ptr_null(disasm_code_line(lines[_i].arch, span_of(lines[_i].line), &arena, &code));
	ck_assert(disasm_format(&code, &out));
	ck_assert_str_eq(out.data, lines[_i].text);
}
END_TEST

/* Whether it has names or not: where instructions begin, and which one trapped. */
START_TEST(riscv_is_cut_into_instructions)
{
	static const char *const both[] = { "8793 00c7 b703 0007 (c398) a019", "00c78793 0007b703 (0007a023) 00008067" };
	static const uint32_t offs[2][4] = { { 0, 4, 8, 10 }, { 0, 4, 8, 12 } };

	for (size_t i = 0; i < countof(both); i++) {
		struct disasm_code code;

		ck_assert_ptr_null(disasm_code_line(DISASM_RISCV64, span_of(both[i]), &arena, &code));
		ck_assert_uint_eq(code.n, 4);
		for (size_t k = 0; k < 4; k++) {
			ck_assert_uint_eq(code.instructions[k].off, offs[i][k]);
			ck_assert_int_eq(code.instructions[k].trapping, k == 2);
		}
	}
}
END_TEST

START_TEST(lines_without_code_are_refused)
{
	static const char *const bad[] = {
		"", " Bad RIP value.", "Unable to access opcode bytes at RIP 0x1.", "0f 0b", "<0f> <0b>", "<zz>", "(bad PC value)",
	};

	for (size_t i = 0; i < countof(bad); i++) {
		struct disasm_code code;
		struct culprit_error *err = disasm_code_line(DISASM_X86_64, span_of(bad[i]), &arena, &code);

		ck_assert_ptr_nonnull(err);
		culprit_error_destroy(err);
	}
}
END_TEST

START_TEST(guilty_file_is_the_first_that_is_not_generic)
{
	struct culprit_patterns *patterns;
	const struct guilty_rules *rules;
	const char *file;

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &patterns));
	rules = &patterns->guilty;
	ck_assert_ptr_null(guilty_file(rules, span_of(" lock_sock include/net/sock.h:1461 [inline]\n"
					       " f+0x1/0x2 arch/x86/kvm/../../../virt/kvm/eventfd.c:145\n"), 0, &arena, &file));
	ck_assert_str_eq(file, "virt/kvm/eventfd.c");
	ck_assert_ptr_null(guilty_file(rules, span_of(" kfree+0x1/0x2 mm/slub.c:4\n"), 0, &arena, &file));
	ck_assert_str_eq(file, "mm/slub.c");
	ck_assert_ptr_null(guilty_file(rules, span_of("no source\n"), 0, &arena, &file));
	ck_assert_ptr_null(file);
	/* a deeper directory of the same wins, and deeper again; a neighbour does not, nor a name that begins alike */
	ck_assert_ptr_null(guilty_file(rules, span_of(" a+0x1/0x2 fs/fs-writeback.c:1\n b+0x1/0x2 mm/mmap.c:2\n"
					       " c+0x1/0x2 fs/kc/super.c:3\n d+0x1/0x2 fs/kc2/dir/inode.c:4\n"
					       " e+0x1/0x2 fs/kc/dir/inode.c:5\n f+0x1/0x2 fs/kc/dir/file.c:6\n"), 0, &arena, &file));
	ck_assert_str_eq(file, "fs/kc/dir/inode.c");
	/* locks that are held, and where interrupts were enabled, say nothing */
	ck_assert_ptr_null(guilty_file(rules, span_of(" #0: ffff8880123 (&kc->lock){+.+.}-{3:3}, at: a+0x1/0x2 fs/a.c:1\n"
					       "hardirqs last  enabled at (2): [<ffffffff81>] b+0x1/0x2 fs/b.c:1\n"
					       "softirqs last disabled at (2): [<ffffffff81>] c+0x1/0x2 fs/c.c:1\n"
					       " d+0x1/0x2 fs/d.c:3\n"), 0, &arena, &file));
	ck_assert_str_eq(file, "fs/d.c");
	/* what stood before the banner counts if nothing else has a file */
	ck_assert_ptr_null(guilty_file(rules, span_of(" a+0x1/0x2 fs/a.c:1\nBUG: x\n b+0x1/0x2 fs/b.c:1\n"), 1, &arena, &file));
	ck_assert_str_eq(file, "fs/b.c");
	ck_assert_ptr_null(guilty_file(rules, span_of(" a+0x1/0x2 fs/a.c:1\nBUG: x\n"), 1, &arena, &file));
	ck_assert_str_eq(file, "fs/a.c");
	/* headers of drivers are helpers, too; exceptions count; * stays within a component */
	ck_assert(guilty_is_generic(rules, SPAN("drivers/frob/frob.h")));
	ck_assert(guilty_is_generic(rules, SPAN("arch/x86/mm/fault.c")));
	ck_assert(!guilty_is_generic(rules, SPAN("arch/x86/kvm/mmu/mmu.c")));
	ck_assert(!guilty_is_generic(rules, SPAN("drivers/lib/x.c")));
	ck_assert(!guilty_is_generic(rules, SPAN("kernel/time/tick/x.c")));
	culprit_patterns_destroy(patterns);
}
END_TEST

/* What an interrupt came upon is guilty of a stall, not whose timer it was that noticed. */
START_TEST(guilty_file_of_stalls_stands_below_the_interrupt)
{
	static const char *const banners[] = {
		"rcu: INFO: rcu_preempt self-detected stall on CPU\n", "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n",
		"rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: {\n",
	};
	static const char *const entries[] = {
		" asm_sysvec_apic_timer_interrupt+0x16/0x20 arch/x86/include/asm/idtentry.h:649\n",
		" el1h_64_irq+0x64/0x68 arch/arm64/kernel/entry.S:580\n", " __irq_svc from 0xf0a81d00 arch/arm/kernel/entry-armv.S:228\n",
	};
	struct culprit_patterns *patterns;

	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &patterns));
	for (size_t i = 0; i < countof(banners); i++) {
		for (size_t k = 0; k < countof(entries); k++) {
			const char *file, *text = arena_printf(&arena, "%s frob_timer+0x1/0x2 drivers/frob/timer.c:12\n"
							       " call_timer_fn+0x1/0x2 kernel/time/timer.c:1700\n%s"
							       " spin+0x1/0x2 drivers/spin/spin.c:33\n", banners[i], entries[k]);

			ck_assert_ptr_null(guilty_file(&patterns->guilty, span_of(text), 0, &arena, &file));
			ck_assert_str_eq(file, "drivers/spin/spin.c");
		}
	}
	/* any other report: the first one */
	{
		const char *file, *text = arena_printf(&arena, "BUG: KASAN: x in f\n frob_timer+0x1/0x2 drivers/frob/timer.c:12\n"
						       "%s spin+0x1/0x2 drivers/spin/spin.c:33\n", entries[0]);

		ck_assert_ptr_null(guilty_file(&patterns->guilty, span_of(text), 0, &arena, &file));
		ck_assert_str_eq(file, "drivers/frob/timer.c");
	}
	culprit_patterns_destroy(patterns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("disasm");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, finds_the_trapping_instruction);
	tcase_add_test(tcase, deliberate_traps_are_told);
	tcase_add_loop_test(tcase, code_of_each_architecture, 0, countof(lines));
	tcase_add_test(tcase, riscv_is_cut_into_instructions);
	tcase_add_test(tcase, lines_without_code_are_refused);
	tcase_add_test(tcase, guilty_file_is_the_first_that_is_not_generic);
	tcase_add_test(tcase, guilty_file_of_stalls_stands_below_the_interrupt);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
