/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "make_report.h"
#include "match/match.h"
#include "match/match_rules.h"
#include "match/similarity.h"
#include "suite.h"

static struct match_rules *rules;

static void setup(void)
{
	ck_assert_ptr_null(match_rules_load(NULL, NULL, &rules));
}

static void teardown(void)
{
	match_rules_destroy(rules);
}

/* The verdict over one run with these reports, for a target learned from one report. */
static enum verdict judge(const struct culprit_report *target, const struct culprit_report *const *seen, size_t n,
			  double *ret_probability)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct run_evidence run = { .reports = seen, .n_reports = n };
	struct match_result result;
	enum verdict verdict;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_report(profile, target));
	ck_assert_ptr_null(match_run(profile, &run, &result));
	verdict = result.verdict;
	*ret_probability = result.probability;
	for (size_t i = 1; i < result.n_evidence; i++)
		ck_assert(result.evidence[i].text[0] != 0);
	match_result_deinit(&result);
	return verdict;
}

static enum verdict judge_two(struct made_report *target, struct made_report *seen)
{
	const struct culprit_report *reports[] = { &seen->report };
	double probability;
	enum verdict verdict = judge(&target->report, reports, 1, &probability);

	made_report_deinit(target);
	made_report_deinit(seen);
	return verdict;
}

static enum verdict judge_titles(const char *target, const char *seen)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct run_evidence run = { .titles = &seen, .n_titles = 1 };
	struct match_result result;
	enum verdict verdict;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, target));
	ck_assert_ptr_null(match_run(profile, &run, &result));
	verdict = result.verdict;
	match_result_deinit(&result);
	return verdict;
}

/* --------------------------------------------------------------- rules */

static const struct {
	const char *title, *class;
} classes[] = {
	{ "lost connection to test machine", "infrastructure" },
	{ "SYZFAIL: negative running", "test-program" },
	{ "kernel panic: VFS: Unable to mount root fs on unknown-block(NUM,NUM)", "boot" },
	{ "kernel panic: Out of memory and no killable processes...", "exhaustion" },
	{ "BUG: MAX_LOCKDEP_KEYS too low!", "exhaustion" },
	{ "unexpected kernel reboot", "reboot" },
	{ "KASAN: invalid-free in kc_trigger", "invalid-free" },
	{ "KASAN: slab-use-after-free Read in foo", "use-after-free" },
	{ "KASAN: use-after-free Write in foo", "use-after-free" },
	{ "KASAN: slab-out-of-bounds Read in foo", "out-of-bounds" },
	{ "KASAN: vmalloc-out-of-bounds Read in foo", "out-of-bounds" },
	{ "KFENCE: out-of-bounds read in foo", "out-of-bounds" },
	{ "KASAN: null-ptr-deref Read in foo", "wild-access" },
	{ "general protection fault in foo", "wild-access" },
	{ "BUG: unable to handle kernel NULL pointer dereference in foo", "wild-access" },
	{ "BUG: unable to handle kernel paging request in foo", "wild-access" },
	{ "BUG: corrupted list in foo", "corruption" },
	{ "WARNING: refcount bug in foo", "refcount" },
	{ "WARNING: ODEBUG bug in foo", "object-state" },
	{ "KMSAN: uninit-value in foo", "uninitialized" },
	{ "UBSAN: shift-out-of-bounds in foo", "undefined" },
	{ "UBSAN: array-index-out-of-bounds in foo", "out-of-bounds" },
	{ "KCSAN: data-race in foo / bar", "data-race" },
	{ "memory leak in foo", "leak" },
	{ "possible deadlock in foo", "deadlock" },
	{ "inconsistent lock state in foo", "irq-lock" },
	{ "WARNING: bad unlock balance in foo", "lock-use" },
	{ "INFO: trying to register non-static key in foo", "lock-use" },
	{ "BUG: sleeping function called from invalid context in foo", "atomic-sleep" },
	{ "WARNING: suspicious RCU usage in foo", "rcu-use" },
	{ "INFO: rcu detected stall in foo", "stall" },
	{ "BUG: soft lockup in foo", "stall" },
	{ "INFO: task hung in foo", "hang" },
	{ "WARNING in foo", "assertion" },
	{ "kernel BUG in foo", "assertion" },
	{ "kernel panic: Fatal exception", "panic" },
};

START_TEST(titles_have_classes)
{
	const struct bug_class *class = rules_class_of_title(rules, classes[_i].title);

	ck_assert_msg(class && !strcmp(class->name, classes[_i].class), "%s: %s, not %s", classes[_i].title,
		      class ? class->name : "none", classes[_i].class);
}
END_TEST

START_TEST(generic_frames_weigh_little)
{
	ck_assert(rules_frame_weight(rules, "kasan_report") == 0);
	ck_assert(rules_frame_weight(rules, "entry_SYSCALL_64_after_hwframe") == 0);
	ck_assert(rules_frame_weight(rules, "kmem_cache_alloc_noprof") < 0.15);
	ck_assert(rules_frame_weight(rules, "_raw_spin_lock_irqsave") < 0.15);
	ck_assert(rules_frame_weight(rules, "worker_thread") < 0.5);
	ck_assert(rules_frame_weight(rules, "vfs_write") < 0.5);
	ck_assert(rules_frame_weight(rules, "fsnotify_detach_connector_from_object") == 1);
	ck_assert(rules_frame_weight(rules, "ext4_file_write_iter") == 1);
}
END_TEST

START_TEST(plain_names)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };

	ck_assert_str_eq(rules_plain_name(rules, &arena, "foo.isra.0.cold"), "foo");
	ck_assert_str_eq(rules_plain_name(rules, &arena, "__x64_sys_read"), "sys_read");
	ck_assert_str_eq(rules_plain_name(rules, &arena, "SyS_read"), "sys_read");
	ck_assert_str_eq(rules_plain_name(rules, &arena, ".text"), ".text");
}
END_TEST

/* ---------------------------------------------------------- title alone */

START_TEST(title_alone)
{
	const char *fsnotify = "KASAN: use-after-free Write in fsnotify_detach_connector_from_object";

	ck_assert_int_eq(judge_titles(fsnotify, fsnotify), VERDICT_TARGET);
	ck_assert_int_eq(judge_titles(fsnotify, "general protection fault in batadv_iv_ogm_schedule_buff"),
			 VERDICT_UNRELATED);
	ck_assert_int_eq(judge_titles(fsnotify, "KASAN: slab-use-after-free Write in fsnotify_detach_connector_from_object"),
			 VERDICT_TARGET);
	ck_assert_int_eq(judge_titles("general protection fault in foo_bar",
				      "BUG: unable to handle kernel paging request in foo_bar"), VERDICT_TARGET);
	ck_assert_int_eq(judge_titles("KASAN: use-after-free Read in foo_bar", "WARNING in foo_bar"), VERDICT_UNRELATED);
	ck_assert_int_eq(judge_titles("KASAN: use-after-free Read in foo_bar", "lost connection to test machine"),
			 VERDICT_INFRA_FAILED);
	ck_assert_int_eq(judge_titles("lost connection to test machine", "lost connection to test machine"),
			 VERDICT_TARGET);
	ck_assert_int_eq(judge_titles("kernel panic: corrupted stack end in wb_workfn",
				      "kernel panic: Out of memory and no killable processes..."), VERDICT_UNRELATED);
	ck_assert_int_eq(judge_titles("possible deadlock in foo_bar", "BUG: MAX_LOCKDEP_KEYS too low!"),
			 VERDICT_UNRELATED);
	ck_assert_int_eq(judge_titles("KASAN: use-after-free Read in foo_bar",
				      "boot failed: can't ssh into the instance"), VERDICT_BOOT_FAILED);
}
END_TEST

START_TEST(corrupted_title_is_undecided)
{
	ck_assert_int_eq(judge_titles("general protection fault in foo_bar", "general protection fault in corrupted"),
			 VERDICT_UNDECIDED);
	ck_assert_int_ne(judge_titles("possible deadlock in foo_bar", "general protection fault in corrupted"),
			 VERDICT_TARGET);
}
END_TEST

/* ---------------------------------------------------------------- stacks */

START_TEST(renamed_function)
{
	struct made_report a, b;

	make_report(&a, "WARNING: refcount bug in sk_wmem_drop", NULL,
		    "refcount_warn_saturate sk_wmem_drop+0x21/0x80 sctp_wfree+0x11/0x90 skb_release_head_state+0x5/0x70 "
		    "sctp_chunk_put+0x31/0x60 sctp_outq_sack+0x101/0x200 sctp_do_sm+0x55/0x99", NULL, NULL);
	make_report(&b, "WARNING: refcount bug in sk_wmem_release", NULL,
		    "refcount_warn_saturate sk_wmem_release+0x29/0x90 sctp_wfree+0x12/0x94 skb_release_head_state+0x5/0x71 "
		    "sctp_chunk_put+0x33/0x64 sctp_outq_sack+0x105/0x210 sctp_do_sm+0x56/0x98", NULL, NULL);
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_TARGET);
}
END_TEST

/* One build: another name is another function. */
START_TEST(another_handler_of_one_dispatcher)
{
	struct made_report a, b;

	make_report(&a, "KASAN: use-after-free Read in demo_read_a", "bad-access in demo_read_a",
		    "demo_read_a+0x45/0x50 demo_dispatch+0x49/0x6e demo_write+0xea/0x150 proc_reg_write+0x1b0/0x280 "
		    "vfs_write+0x23c/0xf70 ksys_write+0x11f/0x240",
		    "kmalloc_trace+0x5e/0xd0 demo_alloc+0x35/0x50 demo_read_a+0xa/0x50 demo_dispatch+0x49/0x6e",
		    "kfree+0xd5/0x160 demo_read_a+0x15/0x50 demo_dispatch+0x49/0x6e");
	make_report(&b, "KASAN: use-after-free Read in demo_list_b", "bad-access in demo_list_b",
		    "demo_list_b+0xb3/0x200 demo_dispatch+0x49/0x6e demo_write+0xea/0x150 proc_reg_write+0x1b0/0x280 "
		    "vfs_write+0x23c/0xf70 ksys_write+0x11f/0x240",
		    "kmalloc_trace+0x5e/0xd0 demo_alloc+0x35/0x50 demo_list_b+0x10/0x200 demo_dispatch+0x49/0x6e",
		    "kfree+0xd5/0x160 demo_list_b+0xab/0x200 demo_dispatch+0x49/0x6e");
	ck_assert_int_ne(judge_two(&a, &b), VERDICT_TARGET);
}
END_TEST

START_TEST(missing_detector)
{
	struct made_report a, b;

	make_report(&a, "KASAN: use-after-free Read in sctp_strm_prio_drop", "bad-access in sctp_strm_prio_drop",
		    "kasan_report sctp_strm_prio_drop sctp_strm_out_free sctp_assoc_qfree sctp_sendmsg",
		    "kmem_cache_alloc sctp_cmd_sm", "kmem_cache_free sctp_assoc_qfree");
	make_report(&b, "general protection fault in sctp_strm_prio_drop", "bad-access in sctp_strm_prio_drop",
		    "sctp_strm_prio_drop sctp_strm_out_free sctp_assoc_qfree sctp_sendmsg", NULL, NULL);
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_TARGET);
}
END_TEST

START_TEST(caller_on_top_instead)
{
	struct made_report a, b;

	make_report(&a, "KASAN: use-after-free Read in iocb_disarm", NULL,
		    "iocb_disarm iocb_cancel_match iocb_ring_exit process_one_work worker_thread kthread",
		    "kmem_cache_alloc iocb_prepare", "kmem_cache_free iocb_ring_exit");
	make_report(&b, "KASAN: use-after-free Read in iocb_cancel_match", NULL,
		    "iocb_cancel_match iocb_ring_exit process_one_work worker_thread kthread",
		    "kmem_cache_alloc iocb_prepare", "kmem_cache_free iocb_ring_exit");
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_TARGET);
}
END_TEST

/* Another place touches the same object: allocated and freed by the same paths. */
START_TEST(another_access_of_one_object)
{
	struct made_report a, b;
	const char *alloc = "kmem_cache_alloc bfq_get_queue bfq_init_rq bfq_insert_requests blk_mq_sched_insert";
	const char *freed = "kmem_cache_free bfq_put_queue bfq_exit_icq put_io_context exit_io_context";

	make_report(&a, "KASAN: use-after-free Read in bfq_dispatch_request", NULL,
		    "bfq_dispatch_request blk_mq_do_dispatch_sched __blk_mq_run_hw_queue process_one_work", alloc, freed);
	make_report(&b, "KASAN: use-after-free Write in bfq_completed_request", NULL,
		    "bfq_completed_request blk_mq_free_request scsi_end_request handle_softirqs", alloc, freed);
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_TARGET);
}
END_TEST

START_TEST(same_function_other_bug)
{
	struct made_report a, b;
	const char *access = "tun_frobnicate tun_build_thing tun_do_thing vfs_read ksys_read";

	make_report(&a, "KASAN: use-after-free Read in tun_frobnicate", "bad-access in tun_frobnicate", access,
		    "kmalloc tun_attach", "kfree tun_detach");
	make_report(&b, "possible deadlock in tun_frobnicate", NULL, access, NULL, NULL);
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_UNRELATED);
}
END_TEST

START_TEST(generic_frames_do_not_fool)
{
	struct made_report a, b;

	make_report(&a, "general protection fault in alpha_work", NULL,
		    "alpha_work process_one_work worker_thread kthread ret_from_fork", NULL, NULL);
	make_report(&b, "general protection fault in omega_timer", NULL,
		    "omega_timer process_one_work worker_thread kthread ret_from_fork", NULL, NULL);
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_UNRELATED);
}
END_TEST

START_TEST(hang_of_another_victim)
{
	struct made_report a, b;
	static const char text_a[] = "Showing all locks held in the system:\n"
		" #0: ffff888003e2c430 (sb_writers#3){.+.+}-{0:0}, at: ksys_write+0x11f/0x240\n"
		" #1: ffffffff82430ec8 (frob_table_mutex){+.+.}-{3:3}, at: frob_write+0xdb/0x110\n";
	static const char text_b[] = "Showing all locks held in the system:\n"
		" #0: ffffffff82430ec8 (frob_table_mutex){+.+.}-{3:3}, at: frob_release+0x16/0x30\n";

	make_report(&a, "INFO: task hung in frob_write", "hang in frob_write",
		    "__schedule schedule __mutex_lock frob_write proc_reg_write vfs_write", NULL, NULL);
	make_stack(&a, CULPRIT_ROLE_OTHER_TASK, "__schedule schedule __mutex_lock frob_release frob_fops_put __fput");
	a.report.text = text_a;
	a.report.text_len = sizeof(text_a) - 1;
	make_report(&b, "INFO: task hung in frob_release", "hang in frob_release",
		    "__schedule schedule __mutex_lock frob_release frob_fops_put __fput", NULL, NULL);
	b.report.text = text_b;
	b.report.text_len = sizeof(text_b) - 1;
	ck_assert_int_eq(judge_two(&a, &b), VERDICT_TARGET);
}
END_TEST

/* ----------------------------------------------------------------- runs */

START_TEST(target_after_another_crash)
{
	struct made_report target, other, again;
	const struct culprit_report *reports[] = { &other.report, &again.report };
	double probability;

	make_report(&target, "KASAN: use-after-free Read in foo_put", NULL, "foo_put foo_release foo_ioctl", NULL, NULL);
	make_report(&again, "KASAN: use-after-free Read in foo_put", NULL, "foo_put foo_release foo_ioctl", NULL, NULL);
	make_report(&other, "WARNING in bar_setup", NULL, "bar_setup bar_open bar_ioctl", NULL, NULL);
	ck_assert_int_eq(judge(&target.report, reports, 2, &probability), VERDICT_TARGET);
	ck_assert(probability > 0.9);
	ck_assert_int_eq(judge(&target.report, reports, 1, &probability), VERDICT_UNRELATED);
	ck_assert(probability < 0.1);
	made_report_deinit(&target);
	made_report_deinit(&other);
	made_report_deinit(&again);
}
END_TEST

static enum verdict judge_empty(const struct run_evidence *run)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct match_result result;
	enum verdict verdict;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_title(profile, "WARNING in foo"));
	ck_assert_ptr_null(match_run(profile, run, &result));
	verdict = result.verdict;
	ck_assert_uint_eq(result.report, SIZE_MAX);
	ck_assert_uint_eq(result.n_evidence, 1);
	match_result_deinit(&result);
	return verdict;
}

START_TEST(quiet_runs)
{
	struct culprit_summary empty = { 0 }, some = { .n_lines = 100, .n_bytes = 5000, .n_boots = 1,
		.phase_best = CULPRIT_PHASE_USERSPACE };
	struct run_evidence run = { .summary = &some };

	ck_assert_int_eq(judge_empty(&run), VERDICT_CLEAN);
	run.summary = &empty;
	ck_assert_int_eq(judge_empty(&run), VERDICT_UNDECIDED);
	run.summary = &some;
	run.ending = RUN_ENDING_EXITED;
	ck_assert_int_eq(judge_empty(&run), VERDICT_CLEAN);
	run.exit_code = 1;
	ck_assert_int_eq(judge_empty(&run), VERDICT_UNDECIDED);
	run.exit_judges = true;
	ck_assert_int_eq(judge_empty(&run), VERDICT_TARGET);
	run.exit_code = 125;
	ck_assert_int_eq(judge_empty(&run), VERDICT_UNDECIDED);
	run.infra_failed = true;
	ck_assert_int_eq(judge_empty(&run), VERDICT_INFRA_FAILED);
	run.infra_failed = false;
	run.boot_failed = true;
	ck_assert_int_eq(judge_empty(&run), VERDICT_BOOT_FAILED);
}
END_TEST

/* The executor's word for it is in the reason; a lost run is no clean one, whatever its console says. */
START_TEST(a_lost_run_says_why)
{
	struct culprit_summary some = { .n_lines = 100, .n_bytes = 5000, .n_boots = 1, .phase_best = CULPRIT_PHASE_USERSPACE };
	struct run_evidence run = { .summary = &some, .ending = RUN_ENDING_LOST, .lost_why = "NODE_FAIL" };
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct match_result result;

	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(match_run(profile, &run, &result));
	ck_assert_int_eq(result.verdict, VERDICT_INFRA_FAILED);
	ck_assert_str_eq(result.evidence[0].text, "the machine or queue that carried out the run failed: NODE_FAIL");
	match_result_deinit(&result);
	run.lost_why = NULL;
	ck_assert_ptr_null(match_run(profile, &run, &result));
	ck_assert_str_eq(result.evidence[0].text, "the machine or queue that carried out the run failed: not known");
	match_result_deinit(&result);
}
END_TEST

START_TEST(boot_noise)
{
	struct culprit_summary summary = { .n_lines = 9, .n_boots = 1, .phase = CULPRIT_PHASE_USERSPACE,
					   .phase_best = CULPRIT_PHASE_USERSPACE };
	struct made_report target, boot;
	const struct culprit_report *reports[] = { &boot.report };
	struct run_evidence run = { .reports = reports, .n_reports = 1, .summary = &summary };
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct match_result result;

	make_report(&target, "KASAN: use-after-free Read in foo_put", NULL, "foo_put foo_release foo_ioctl", NULL, NULL);
	make_report(&boot, "WARNING in early_setup", NULL, "early_setup boot_thing", NULL, NULL);
	boot.report.phase = CULPRIT_PHASE_EARLY_KERNEL;
	ck_assert_ptr_null(profile_create(rules, &profile));
	ck_assert_ptr_null(profile_add_report(profile, &target.report));
	ck_assert_ptr_null(match_run(profile, &run, &result));
	ck_assert_int_eq(result.verdict, VERDICT_CLEAN);
	match_result_deinit(&result);
	/* the same, but that was all */
	boot.report.panicked = true;
	summary.phase = summary.phase_best = CULPRIT_PHASE_EARLY_KERNEL;
	ck_assert_ptr_null(match_run(profile, &run, &result));
	ck_assert_int_eq(result.verdict, VERDICT_BOOT_FAILED);
	match_result_deinit(&result);
	made_report_deinit(&target);
	made_report_deinit(&boot);
}
END_TEST

START_TEST(names_of_verdicts)
{
	for (int i = 0; i < N_VERDICTS; i++) {
		enum verdict verdict = VERDICT_UNDECIDED;

		ck_assert(verdict_parse(verdict_name((enum verdict)i), &verdict));
		ck_assert_int_eq(verdict, i);
	}
	ck_assert_str_eq(verdict_name(VERDICT_BOOT_FAILED), "boot-failed");
}
END_TEST

/* ----------------------------------------------------------- similarity */

START_TEST(similar_names)
{
	ck_assert(name_similarity("refcount_sub_and_test_checked", "refcount_sub_and_test") > 0.75);
	ck_assert(name_similarity("fsnotify_put_mark", "batadv_iv_ogm") < 0.3);
	ck_assert(name_similarity("a", "a") == 1);
	ck_assert(name_similarity("", "ab") == 0);
}
END_TEST

static struct similarity compare(const char *a, const char *b)
{
	struct made_report ra, rb;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct symptom sa, sb;
	struct similarity sim;

	make_report(&ra, "WARNING in x", NULL, a, NULL, NULL);
	make_report(&rb, "WARNING in y", NULL, b, NULL, NULL);
	ck_assert_ptr_null(symptom_from_report(rules, &arena, &ra.report, &sa));
	ck_assert_ptr_null(symptom_from_report(rules, &arena, &rb.report, &sb));
	sim = compare_stacks(&sa.access, NULL, &sb.access, NULL, compare_kernels(&sa, &sb));
	made_report_deinit(&ra);
	made_report_deinit(&rb);
	return sim;
}

START_TEST(stack_scores)
{
	struct similarity sim = compare("aa bb cc dd", "aa bb cc dd");

	ck_assert(sim.score > 0.999 && sim.n_equal == 4 && sim.n_of == 4);
	sim = compare("aa bb cc dd", "ee ff gg hh");
	ck_assert(sim.score < 0.001 && sim.n_equal == 0);
	/* bb was inlined on one side */
	sim = compare("aa bb cc dd", "aa cc dd");
	ck_assert(sim.score > 0.75 && sim.n_equal == 3);
	/* what lies at the top says more than what lies below */
	ck_assert(compare("aa bb cc dd", "aa bb xx yy").score > compare("aa bb cc dd", "xx yy cc dd").score);
	sim = compare("aa_store bb cc dd", "zz_keep bb cc dd");
	ck_assert(sim.top_renamed && sim.n_renamed == 1 && sim.n_equal == 3);
	sim = compare("?aa bb cc", "bb cc");
	ck_assert(sim.score > 0.999);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match");
	TCase *tcase = tcase_create("match");

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, titles_have_classes, 0, countof(classes));
	tcase_add_test(tcase, generic_frames_weigh_little);
	tcase_add_test(tcase, plain_names);
	tcase_add_test(tcase, title_alone);
	tcase_add_test(tcase, corrupted_title_is_undecided);
	tcase_add_test(tcase, renamed_function);
	tcase_add_test(tcase, another_handler_of_one_dispatcher);
	tcase_add_test(tcase, missing_detector);
	tcase_add_test(tcase, caller_on_top_instead);
	tcase_add_test(tcase, another_access_of_one_object);
	tcase_add_test(tcase, same_function_other_bug);
	tcase_add_test(tcase, generic_frames_do_not_fool);
	tcase_add_test(tcase, hang_of_another_victim);
	tcase_add_test(tcase, target_after_another_crash);
	tcase_add_test(tcase, quiet_runs);
	tcase_add_test(tcase, a_lost_run_says_why);
	tcase_add_test(tcase, boot_noise);
	tcase_add_test(tcase, names_of_verdicts);
	tcase_add_test(tcase, similar_names);
	tcase_add_test(tcase, stack_scores);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
