/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "meaning/guilty.h"
#include "readers/pattern.h"
#include "readers/disasm.h"

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
					       " f+0x1/0x2 arch/x86/kvm/../../../virt/kvm/eventfd.c:145\n"), &arena, &file));
	ck_assert_str_eq(file, "virt/kvm/eventfd.c");
	ck_assert_ptr_null(guilty_file(rules, span_of(" kfree+0x1/0x2 mm/slub.c:4\n"), &arena, &file));
	ck_assert_str_eq(file, "mm/slub.c");
	ck_assert_ptr_null(guilty_file(rules, span_of("no source\n"), &arena, &file));
	ck_assert_ptr_null(file);
	/* headers of drivers are helpers, too; exceptions count; * stays within a component */
	ck_assert(guilty_is_generic(rules, SPAN("drivers/frob/frob.h")));
	ck_assert(guilty_is_generic(rules, SPAN("arch/x86/mm/fault.c")));
	ck_assert(!guilty_is_generic(rules, SPAN("arch/x86/kvm/mmu/mmu.c")));
	ck_assert(!guilty_is_generic(rules, SPAN("drivers/lib/x.c")));
	ck_assert(!guilty_is_generic(rules, SPAN("kernel/time/tick/x.c")));
	culprit_patterns_destroy(patterns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("disasm");
	TCase *tcase = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, finds_the_trapping_instruction);
	tcase_add_test(tcase, deliberate_traps_are_told);
	tcase_add_test(tcase, lines_without_code_are_refused);
	tcase_add_test(tcase, guilty_file_is_the_first_that_is_not_generic);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
