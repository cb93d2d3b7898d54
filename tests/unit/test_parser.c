/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "suite.h"

static struct culprit_patterns *set;

static void setup(void)
{
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
}

static void teardown(void)
{
	culprit_patterns_destroy(set);
}

static struct culprit_parser *create(void)
{
	struct culprit_parser *p;

	ck_assert_ptr_null(culprit_parser_create(set, NULL, &p));
	return p;
}

static void feed(struct culprit_parser *p, const char *text)
{
	ck_assert_ptr_null(culprit_parser_feed(p, text, strlen(text)));
}

/* "first line-last line title (reason)\n" of each report that is ready. */
static void add_taken(struct culprit_parser *p, struct buf *out)
{
	struct culprit_report *r;

	while ((r = culprit_parser_take(p))) {
		ck_assert(buf_printf(out, "%llu-%llu %s%s\n", (unsigned long long)r->start_line,
				     (unsigned long long)r->end_line, r->title, r->corrupted ? " (corrupted)" : ""));
		culprit_report_destroy(r);
	}
}

static void ck_reports(const char *log, const char *expected)
{
	size_t steps[] = { strlen(log) ? strlen(log) : 1, 1, 7, 4096 };

	for (size_t i = 0; i < countof(steps); i++) {
		_cleanup_(buf_deinit) struct buf out = { 0 };
		struct culprit_parser *p = create();
		size_t len = strlen(log);

		for (size_t at = 0; at < len; at += steps[i])
			ck_assert_ptr_null(culprit_parser_feed(p, log + at, len - at < steps[i] ? len - at : steps[i]));
		ck_assert_ptr_null(culprit_parser_finish(p));
		add_taken(p, &out);
		culprit_parser_destroy(p);
		ck_assert_str_eq(out.len ? out.data : "", expected);
	}
}

/* The text of a log's first report. */
static void ck_first_text(const char *log, const char *expected)
{
	struct culprit_parser *p = create();
	struct culprit_report *r;

	feed(p, log);
	ck_assert_ptr_null(culprit_parser_finish(p));
	r = culprit_parser_take(p);
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->text, expected);
	culprit_report_destroy(r);
	culprit_parser_destroy(p);
}

#define KASAN(prefix, f) \
	prefix "BUG: KASAN: use-after-free in " f "+0x10/0x20\n" \
	prefix "Read of size 8 at addr ffff888012345678 by task a/12\n" \
	prefix "Call Trace:\n" prefix " kasan_report+0x1b/0x40\n" prefix " " f "+0x10/0x20\n" prefix " vfs_read+0x1/0x2\n"
#define VERSION "[    0.000000] Linux version 6.1.0 (a@b)\n"
#define T "[    1.000000] "

START_TEST(no_crash)
{
	ck_reports("", "");
	ck_reports("\n\n\n", "");
	ck_reports(VERSION T "all is well\nlogin: ", "");
	ck_reports(VERSION T "debug: no BUGS here\n", "");
}
END_TEST

START_TEST(one_report_with_its_place)
{
	ck_reports(VERSION T "before\n" KASAN(T, "kc_read") T "after\n", "3-8 KASAN: use-after-free Read in kc_read\n");
	/* Without an end of line at the log's end. */
	ck_reports(VERSION T "BUG: KASAN: use-after-free in f+0x1/0x2\n" T "Read of size 8 at addr ffff8880\n" T "Call Trace:\n"
		   T " f+0x1/0x2\n" T " g+0x1/0x2", "2-6 KASAN: use-after-free Read in f\n");
}
END_TEST

#define OOPS(f) \
	T "BUG: kernel NULL pointer dereference, address: 0000000000000008\n" T "Oops: 0002 [#1] SMP\n" \
	T "CPU: 0 PID: 7 Comm: a Not tainted 6.1.0 #1\n" T "RIP: 0010:" f "+0x1/0x2\n" T "Call Trace:\n" T " g+0x1/0x2\n"
#define END T "---[ end trace 0000000000000000 ]---\n"

/* Lines of others that look like a report's are none of it once its closing line was said. */
START_TEST(a_report_ends_at_its_end)
{
	ck_reports(VERSION OOPS("f") END T " sda: sda1 sda2\n" T "x10sdv: ready\n" T "Process accounting resumed\n"
		   T "CPU: Physical Processor ID: 0\n", "2-8 BUG: unable to handle kernel NULL pointer dereference in f\n");
	ck_reports(VERSION OOPS("f") END T "RIP: 0010:f+0x1/0x2\n" T "RAX: 0000000000000000 RBX: 0000000000000000\n"
		   T "note: a[7] exited with irqs disabled\n" T "  sdb: sdb1\n",
		   "2-11 BUG: unable to handle kernel NULL pointer dereference in f\n");
	/* What the report leads to is another matter: it has a banner, and stacks of its own. */
	ck_reports(VERSION OOPS("f") END T "Kernel panic - not syncing: Fatal exception\n" T "CPU: 0 PID: 7 Comm: a\n"
		   T "Kernel Offset: disabled\n" T "---[ end Kernel panic - not syncing: Fatal exception ]---\n"
		   T " sdb: sdb1\n", "2-12 BUG: unable to handle kernel NULL pointer dereference in f\n");
	/* Without a closing line nobody knows better than the words. */
	ck_reports(VERSION OOPS("f") T " sda: sda1 sda2\n" T "ready\n",
		   "2-8 BUG: unable to handle kernel NULL pointer dereference in f\n");
}
END_TEST

START_TEST(offsets_are_those_of_the_input)
{
	static const char log[] = "\033[0m" VERSION KASAN(T, "kc_read") "\r\n" T "after\n";
	struct culprit_parser *p = create();
	struct culprit_report *r;
	const char *start = strstr(log, T "BUG:"), *end = strstr(log, "\r\n");

	feed(p, log);
	ck_assert_ptr_null(culprit_parser_finish(p));
	r = culprit_parser_take(p);
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->start_offset, (uint64_t)(start - log));
	ck_assert_uint_eq(r->end_offset, (uint64_t)(end - log));
	ck_assert_str_eq(r->kernel_version, "6.1.0");
	ck_assert_int_eq(r->time_us, 1000000);
	culprit_report_destroy(r);
	culprit_parser_destroy(p);
}
END_TEST

START_TEST(interleaved_callers_come_out_whole)
{
	struct culprit_parser *p = create();
	struct culprit_report *a, *b;

	feed(p, VERSION
		"[    1.000000][  T12] BUG: KASAN: use-after-free in kc_a+0x10/0x20\n"
		"[    1.000001][  T13] BUG: KASAN: slab-out-of-bounds in kc_b+0x10/0x20\n"
		"[    1.000002][  T12] Read of size 8 at addr ffff888012345678 by task a/12\n"
		"[    1.000003][  T13] Write of size 4 at addr ffff888012345600 by task b/13\n"
		"[    1.000004][  T13] Call Trace:\n"
		"[    1.000005][  T12] Call Trace:\n"
		"[    1.000006][  T12]  kc_a+0x10/0x20\n"
		"[    1.000007][  T13]  kc_b+0x10/0x20\n"
		"[    1.000008][  T14] somebody else\n"
		"[    1.000009][  T12]  kc_a2+0x10/0x20\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	a = culprit_parser_take(p);
	b = culprit_parser_take(p);
	ck_assert_str_eq(a->title, "KASAN: use-after-free Read in kc_a");
	ck_assert_str_eq(b->title, "KASAN: slab-out-of-bounds Write in kc_b");
	ck_assert_str_eq(a->text,
			 "BUG: KASAN: use-after-free in kc_a+0x10/0x20\n"
			 "Read of size 8 at addr ffff888012345678 by task a/12\nCall Trace:\n kc_a+0x10/0x20\n kc_a2+0x10/0x20\n");
	ck_assert_str_eq(b->text,
			 "BUG: KASAN: slab-out-of-bounds in kc_b+0x10/0x20\n"
			 "Write of size 4 at addr ffff888012345600 by task b/13\nCall Trace:\n kc_b+0x10/0x20\n");
	ck_assert(!a->corrupted && !b->corrupted);
	culprit_report_destroy(a);
	culprit_report_destroy(b);
	ck_assert_ptr_null(culprit_parser_take(p));
	culprit_parser_destroy(p);
}
END_TEST

START_TEST(a_panic_behind_a_report_is_its_follow_up)
{
	struct culprit_parser *p = create();
	struct culprit_report *r;

	feed(p, VERSION KASAN(T, "kc_read") T "Kernel panic - not syncing: kasan.fault=panic set ...\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	r = culprit_parser_take(p);
	ck_assert_str_eq(r->title, "KASAN: use-after-free Read in kc_read");
	ck_assert(r->panicked);
	culprit_report_destroy(r);
	ck_assert_ptr_null(culprit_parser_take(p));
	culprit_parser_destroy(p);
}
END_TEST

START_TEST(the_last_line_of_a_panic_is_no_other)
{
	ck_reports(VERSION T "Kernel panic - not syncing: dumptest\n" T "Call Trace:\n" T " panic+0x10c/0x2f0\n"
		   T " kc_panic+0x10/0x20\n" T "---[ end Kernel panic - not syncing: dumptest ]---\n",
		   "2-6 kernel panic: dumptest\n");
	/* All that is left of it: the stack is lost. */
	ck_reports(VERSION T "---[ end Kernel panic - not syncing: dumptest ]---\n", "2-2 kernel panic: dumptest (corrupted)\n");
	/* A kernel that prints no stack says at once what others say behind it. */
	ck_reports(VERSION T "Kernel panic - not syncing: dumptest\n" T "---[ end Kernel panic - not syncing: dumptest ]---\n",
		   "2-3 kernel panic: dumptest\n");
}
END_TEST

/* A report says "#1" of a boot's "#1 SMP ...", but not of another one's "#10 SMP ...". */
START_TEST(a_report_has_its_own_build)
{
	static const struct { const char *boot, *expected; } builds[] = {
		{ "#1 SMP Thu Jan 1 00:00:00 UTC 2026", "#1 SMP Thu Jan 1 00:00:00 UTC 2026" },
		{ "#10 SMP Thu Jan 1 00:00:00 UTC 2026", "#1" },
	};

	for (size_t i = 0; i < countof(builds); i++) {
		struct culprit_parser *p = create();
		struct culprit_report *r;

		feed(p, "[    0.000000] Linux version 6.1.0 (a@b) (gcc) ");
		feed(p, builds[i].boot);
		feed(p, "\n" T "WARNING: CPU: 0 PID: 12 at fs/a.c:1 f+0x1/0x2\n"
		     T "CPU: 0 PID: 12 Comm: a Not tainted 6.1.0 #1\n" T "Call Trace:\n" T " f+0x1/0x2\n");
		ck_assert_ptr_null(culprit_parser_finish(p));
		r = culprit_parser_take(p);
		ck_assert_str_eq(r->kernel_build, builds[i].expected);
		culprit_report_destroy(r);
		culprit_parser_destroy(p);
	}
}
END_TEST

/* arm, v5.18: no word before the frames, and each names its callee. */
START_TEST(stacks_without_a_header_are_told_apart)
{
	struct culprit_parser *p = create();
	struct culprit_report *r;

	feed(p, VERSION
	     T "WARNING: CPU: 0 PID: 87 at drivers/misc/kc.c:85 kc_warn+0xf8/0x118 [kc]\n"
	     T "CPU: 0 PID: 87 Comm: init Not tainted 6.1.0 #1\n"
	     T " unwind_backtrace from show_stack+0x18/0x1c\n" T " show_stack from __warn+0x80/0x11c\n"
	     T " __warn from kc_warn+0xf8/0x118 [kc]\n" T " kc_warn [kc] from vfs_write+0xbc/0x394\n"
	     T "CPU1: stopping\n"
	     T " kc_idle [kc] from do_idle+0xd0/0x148\n" T " do_idle from cpu_startup_entry+0x30/0x34\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	r = culprit_parser_take(p);
	ck_assert_str_eq(r->title, "WARNING in kc_warn");
	ck_assert_uint_eq(r->n_stacks, 2);
	ck_assert_uint_eq(r->stacks[0].n_frames, 5);
	ck_assert_str_eq(r->stacks[0].frames[0].function, "unwind_backtrace");
	ck_assert_str_eq(r->stacks[0].frames[4].function, "vfs_write");
	ck_assert_uint_eq(r->stacks[1].n_frames, 3);
	ck_assert_str_eq(r->stacks[1].frames[0].function, "kc_idle");
	ck_assert_str_eq(r->stacks[1].frames[0].module, "kc");
	ck_assert_str_eq(r->stacks[1].frames[1].function, "do_idle");
	culprit_report_destroy(r);
	ck_assert_ptr_null(culprit_parser_take(p));
	culprit_parser_destroy(p);
}
END_TEST

/* arm shows the whole stack as numbers first, hundreds of lines of them. */
START_TEST(memory_belongs_to_the_report)
{
	_cleanup_(buf_deinit) struct buf log = { 0 }, prose = { 0 };
	static const char start[] = VERSION T "Unable to handle kernel NULL pointer dereference at virtual address 00000000\n"
		T "PC is at memcpy+0x20/0x60\n" T "Stack: (0xe0b9ff58 to 0xe0ba2000)\n";
	static const char end[] = T " memcpy from kc_copy+0x38/0x60\n" T " kc_copy from vfs_write+0xbc/0x394\n";

	ck_assert(buf_add_str(&log, start) && buf_add_str(&prose, start));
	for (int i = 0; i < 300; i++) {
		ck_assert(buf_printf(&log, T "%04x: ???????? 57ac6e9d 00000000\n", i * 32 & 0xffff));
		ck_assert(buf_printf(&prose, T "%04x: ???????? words or 57ac6e9d\n", i * 32 & 0xffff));
	}
	ck_assert(buf_add_str(&log, end) && buf_add_str(&prose, end));
	ck_reports(log.data, "2-306 BUG: unable to handle kernel NULL pointer dereference in kc_copy\n");
	ck_reports(prose.data, "2-4 BUG: unable to handle kernel NULL pointer dereference in corrupted (corrupted)\n");
}
END_TEST

START_TEST(who_speaks_decides)
{
	/* Firmware before the kernel, and programs beside one that prints prefixes. */
	ck_reports("INFO:    BL31: Preparing for EL3 exit\nWARNING: no device tree\nBUG: or what looks like it\n"
		   "U-Boot 2024.01\nWARNING: bad CRC\n" VERSION T "well\nWARNING: a program's\nBUG: too\n", "");
}
END_TEST

START_TEST(prefixes_may_end_at_once)
{
	/* printk.time=0 with an early console */
	ck_reports(VERSION "[    0.000000] Kernel command line: console=ttyS0 printk.time=0\n" KASAN("", "kc_read"),
		   "3-8 KASAN: use-after-free Read in kc_read\n");
	/* In a log whose kernel goes on with its prefixes these words alone are a program's ... */
	ck_reports(VERSION T "Run /init as init process\nBUG: KASAN: use-after-free in kc_read+0x10/0x20\n"
		   "Read of size 8 at addr ffff888012345678 by task a/12\n" T "ok\n", "");
	/* ... and a whole report is the kernel's. */
	ck_reports(VERSION T "Run /init as init process\n" KASAN("", "kc_read"),
		   "3-8 KASAN: use-after-free Read in kc_read\n");
}
END_TEST

/* A word without the prefix that the kernel's lines have: what follows at once tells whether a kernel said it. */
START_TEST(a_doubtful_word_shows_its_form_at_once)
{
#define RAW "Modules linked in: a\nCPU: 0 PID: 1 Comm: b Not tainted 6.1.0\nCall Trace:\n f+0x1/0x2\n g+0x1/0x2\n"
#define WORDS "a\nb\nc\nd\ne\nf\ng\nh\n"
	ck_reports(VERSION T "up\nWARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\n" T "x\n" T "y\n" RAW,
		   "3-10 WARNING in f\n");
	ck_reports(VERSION T "up\nWARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\n" T "x\n" T "y\n" T "z\n" RAW, "");
	/* one fact or one frame is not all of it: what a program says for long is no report, and hides none */
	ck_reports(VERSION T "up\nINFO: task 'deploy' finished in 3 s\nCall Trace: (most recent call last)\n" WORDS WORDS WORDS WORDS
		   "WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\n" RAW, "37-42 WARNING in f\n");
	/* ... though other lines may stand between a report's beginning and its stack */
	ck_reports(VERSION T "up\nWARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\nModules linked in: a\n" WORDS WORDS WORDS
		   RAW, "3-33 WARNING in f\n");
	/* ... and what was dropped does not hide the same from the kernel itself */
	ck_reports(VERSION "WARNING: x\n" T "x\n" T "y\n" T "z\n" KASAN(T, "f"),
		   "6-11 KASAN: use-after-free Read in f\n");
}
END_TEST

/* A message that was cut by itself, the second time with a prefix that no other line of the log has. */
START_TEST(a_glued_line_begins_a_report)
{
#define GPF "general protection fault, probably for non-canonical address 0xdffffc0000000000: 0000 [#1] SMP\n"
#define BARE "CPU: 1 PID: 8 Comm: a Not tainted 6.1.0\nRIP: 0010:kc_load+0x3c/0xc0\nCall Trace:\n kc_open+0x1/0x2\n" \
	"---[ end trace 0000000000000000 ]---\n"
	ck_reports("loop0: x\nOops: gen[  107.736417][ T5848] Oops: " GPF BARE,
		   "2-7 general protection fault in kc_load\n");
	/* a second such line shows that the log's lines have prefixes: what has none is a program's */
	ck_reports("abc [  107.736416][ T5848] x\nOops: gen[  107.736417][ T5848] Oops: " GPF
		   "def [  107.736418][ T5848] RIP: 0010:kc_load+0x3c/0xc0\nBUG: unable to handle y\n",
		   "2-3 general protection fault in kc_load (corrupted)\n");
}
END_TEST

/* journalctl -o export: fields and empty lines are no part of the report, and programs' records neither. */
START_TEST(records_of_a_journal)
{
#define JOURNAL(transport, text) \
	"__CURSOR=s=1\n__MONOTONIC_TIMESTAMP=100000113\n_TRANSPORT=" transport "\nPRIORITY=4\nMESSAGE=" text "\n_HOSTNAME=rig\n\n"
	static const char log[] =
		JOURNAL("kernel", "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008")
		JOURNAL("kernel", "RIP: 0010:kc_read+0x10/0x20") JOURNAL("stdout", "RIP: 0010:kc_other+0x10/0x20")
		JOURNAL("kernel", "Call Trace:") JOURNAL("kernel", " kc_open+0x10/0x20");

	ck_reports(log, "5-33 BUG: unable to handle kernel NULL pointer dereference in kc_read\n");
	ck_first_text(log, "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008\n"
		     "RIP: 0010:kc_read+0x10/0x20\nCall Trace:\n kc_open+0x10/0x20\n");
	ck_reports(JOURNAL("stdout", "BUG: KASAN: use-after-free in f+0x10/0x20"), "");
}
END_TEST

/* A mail program broke the lines: what has no prefix is the rest of the one above. */
START_TEST(broken_lines_are_put_together)
{
	static const char log[] =
		"Jun  6 04:25:18 rig kernel: [ 2105.790361] BUG: unable to handle kernel\n"
		"paging request at 0000000715a42801\n"
		"Jun  6 04:25:18 rig kernel: [ 2105.794640] IP: kc_map+0xc0/0x1e0\n"
		"Jun  6 04:25:18 rig kernel: [ 2105.805885] Oops: 0000 [#3] SMP\n"
		"Jun  6 04:25:18 rig kernel: [ 2105.805886] RIP:\n"
		"kc_map+0xc0/0x1e0 RSP: ffffa12904193a90\n";

	ck_reports(log, "1-6 BUG: unable to handle kernel paging request in kc_map (corrupted)\n");
	ck_first_text(log, "BUG: unable to handle kernel paging request at 0000000715a42801\n"
		     "IP: kc_map+0xc0/0x1e0\nOops: 0000 [#3] SMP\nRIP: kc_map+0xc0/0x1e0 RSP: ffffa12904193a90\n");
	/* what has a prefix of its own is no rest */
	ck_reports(VERSION T "BUG: unable to handle kernel\n" T "paging request\n" T "IP: kc_map+0xc0/0x1e0\n",
		   "2-4 BUG: unable to handle kernel (corrupted)\n");
}
END_TEST

START_TEST(a_reboot_ends_a_report)
{
	ck_reports(VERSION T "BUG: KASAN: use-after-free in kc_a+0x10/0x20\n" VERSION KASAN(T, "kc_b"),
		   "2-2 KASAN: use-after-free in kc_a (corrupted)\n4-9 KASAN: use-after-free Read in kc_b\n");
}
END_TEST

START_TEST(silence_lets_go_what_is_held_back)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct culprit_parser *p = create();

	feed(p, VERSION KASAN(T, "kc_read"));
	ck_assert_ptr_null(culprit_parser_take(p));
	ck_assert_ptr_null(culprit_parser_flush(p));
	add_taken(p, &out);
	ck_assert_str_eq(out.data, "2-7 KASAN: use-after-free Read in kc_read\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	ck_assert_ptr_null(culprit_parser_take(p));
	culprit_parser_destroy(p);
}
END_TEST

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* text n times; the caller takes reports as they come, or at the end. Gives their number. */
static size_t feed_often(const char *text, size_t n, bool take, size_t *ret_bytes)
{
	struct culprit_parser *p = create();
	struct culprit_report *r;
	size_t found = 0, most = 0;

	feed(p, VERSION);
	for (size_t i = 0; i < n; i++) {
		feed(p, text);
		while (take && (r = culprit_parser_take(p))) {
			culprit_report_destroy(r);
			found++;
		}
		if (i % 1024 == 0) {
			struct mallinfo2 info = mallinfo2();

			most = info.uordblks > most ? info.uordblks : most;
		}
	}
	ck_assert_ptr_null(culprit_parser_finish(p));
	while ((r = culprit_parser_take(p))) {
		culprit_report_destroy(r);
		found++;
	}
	culprit_parser_destroy(p);
	*ret_bytes = most;
	return found;
}

START_TEST(memory_is_bounded)
{
	static const struct { const char *text; size_t n; } floods[] = {
		{ T "BUG: KASAN: use-after-free in kc_a+0x10/0x20\n", 30000 },
		{ KASAN(T, "kc_read"), 5000 },
		{ T " f+0x1/0x2\n", 30000 },
	};

	for (size_t i = 0; i < countof(floods); i++) {
		size_t before = mallinfo2().uordblks, bytes;

		feed_often(floods[i].text, floods[i].n, true, &bytes);
		ck_assert_msg(bytes < before + (32u << 20), "%zu MiB in flood %zu", (bytes - before) >> 20, i);
	}
}
END_TEST

START_TEST(time_is_linear)
{
	for (int take = 0; take < 2; take++) {
		double start = cpu_seconds(), one, two;
		size_t bytes;

		ck_assert_uint_eq(feed_often(KASAN(T, "kc_read"), 500, take, &bytes), 500);
		one = cpu_seconds() - start;
		start = cpu_seconds();
		ck_assert_uint_eq(feed_often(KASAN(T, "kc_read"), 4000, take, &bytes), 4000);
		two = cpu_seconds() - start;
		/* Eight times the log; quadratic would be 64. */
		ck_assert_msg(two < 24 * one + 0.2, "%g s, eight times the log %g s, take %d", one, two, take);
	}
}
END_TEST

/* Banners of one task without any stack are one report, however many they are. */
START_TEST(banners_without_stacks_take_linear_time)
{
	static const char banner[] = "[    1.000000][  T12] WARNING: CPU: 0 PID: 12 at fs/a.c:1 f+0x1/0x2\n";
	double start = cpu_seconds(), one, two;
	size_t bytes;

	ck_assert_uint_eq(feed_often(banner, 500, false, &bytes), 1);
	one = cpu_seconds() - start;
	start = cpu_seconds();
	ck_assert_uint_eq(feed_often(banner, 4000, false, &bytes), 1);
	two = cpu_seconds() - start;
	ck_assert_msg(two < 24 * one + 0.2, "%g s, eight times the log %g s", one, two);
}
END_TEST

START_TEST(thousands_of_contexts)
{
	_cleanup_(buf_deinit) struct buf log = { 0 };
	struct culprit_parser *p = create();
	struct culprit_report *r;
	uint64_t last = 0;
	size_t n = 0;

	for (int i = 1; i <= 3000; i++)
		ck_assert(buf_printf(&log, "[    1.000000][T%5d] BUG: KASAN: use-after-free in kc_a+0x10/0x20\n", i));
	ck_assert_ptr_null(culprit_parser_feed(p, log.data, log.len));
	ck_assert_ptr_null(culprit_parser_finish(p));
	for (; (r = culprit_parser_take(p)); n++) {
		ck_assert_uint_gt(r->start_line, last);
		last = r->start_line;
		culprit_report_destroy(r);
	}
	ck_assert_uint_eq(n, 3000);
	culprit_parser_destroy(p);
}
END_TEST

START_TEST(a_line_of_megabytes)
{
	size_t len = 4u << 20;
	_cleanup_(freep) char *line = malloc(len);
	struct culprit_parser *p = create();
	struct culprit_summary summary;

	memset(line, 'x', len);
	memcpy(line + len - 40, "BUG: KASAN: at the very end", 27);
	feed(p, VERSION T);
	ck_assert_ptr_null(culprit_parser_feed(p, line, len));
	feed(p, "\n" KASAN(T, "kc_read"));
	ck_assert_ptr_null(culprit_parser_finish(p));
	culprit_parser_summary(p, &summary);
	ck_assert_uint_eq(summary.n_lines, 8);
	culprit_parser_destroy(p);
}
END_TEST

/* Programs compiled with a smaller header, and with a larger one. */
START_TEST(structs_of_other_versions)
{
	struct { struct culprit_parser_options options; uint64_t more; } newer = { .options = { .file_name = "a.log" } };
	struct { struct culprit_summary summary; uint64_t more; } summary;
	struct culprit_parser *p;
	struct culprit_error *err;

	memset(&summary, 0xaa, sizeof(summary));
	ck_assert_ptr_null(culprit_parser_create_sized(set, &newer.options, sizeof(newer), &p));
	feed(p, VERSION);
	culprit_parser_summary_sized(p, &summary.summary, offsetof(struct culprit_summary, n_reports));
	ck_assert_uint_eq(summary.summary.n_bytes, strlen(VERSION));
	ck_assert_uint_eq(summary.summary.n_reports, 0xaaaaaaaaaaaaaaaa);
	culprit_parser_summary_sized(p, &summary.summary, sizeof(summary));
	ck_assert_uint_eq(summary.summary.n_boots, 1);
	ck_assert_uint_eq(summary.more, 0);
	culprit_parser_destroy(p);

	newer.more = 1;
	err = culprit_parser_create_sized(set, &newer.options, sizeof(newer), &p);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_USAGE);
	culprit_error_destroy(err);
	/* what the size does not cover is not looked at */
	ck_assert_ptr_null(culprit_parser_create_sized(set, &newer.options, 0, &p));
	culprit_parser_destroy(p);
}
END_TEST

START_TEST(the_version_is_that_of_the_header)
{
	char text[64];

	snprintf(text, sizeof(text), "%d.%d.%d", CULPRIT_VERSION_MAJOR, CULPRIT_VERSION_MINOR, CULPRIT_VERSION_PATCH);
	ck_assert_str_eq(culprit_version(), text);
	ck_assert(CULPRIT_VERSION_AT_LEAST(0, 0, 9));
	ck_assert(!CULPRIT_VERSION_AT_LEAST(CULPRIT_VERSION_MAJOR, CULPRIT_VERSION_MINOR, CULPRIT_VERSION_PATCH + 1));
	ck_assert(!CULPRIT_VERSION_AT_LEAST(CULPRIT_VERSION_MAJOR + 1, 0, 0));
}
END_TEST

/* A task that reported and fell silent; what others said since is a few lines, or 40 KB. */
START_TEST(silent_contexts_end)
{
	static const char other[] = "[    2.000000][  T99] usb 1-1: new high-speed USB device number 2 using xhci_hcd\n";
	static const char own[] = "[    3.000000][  T12]  kc_late+0x10/0x20\n";
	static const char panic[] = "[    3.000000][  T12] Kernel panic - not syncing: panic_on_warn set ...\n";
	static const char crash[] = VERSION KASAN("[    1.000000][  T12] ", "kc_a");

	for (int far = 0; far < 2; far++) {
		_cleanup_(buf_deinit) struct buf before = { 0 }, log = { 0 };

		ck_assert(buf_add_str(&before, crash));
		for (size_t i = 0; i < (far ? 500 : 3); i++)
			ck_assert(buf_add_str(&before, other));
		/* Far below, its frames are not the report's any more. */
		ck_assert(buf_add_str(&log, before.data) && buf_add_str(&log, own));
		ck_reports(log.data, far ? "2-7 KASAN: use-after-free Read in kc_a\n" :
					   "2-11 KASAN: use-after-free Read in kc_a\n");
		/* The kernel's last word is no crash of its own, near or far. */
		log.len = 0;
		ck_assert(buf_add_str(&log, before.data) && buf_add_str(&log, panic));
		ck_reports(log.data, far ? "2-7 KASAN: use-after-free Read in kc_a\n" :
					   "2-11 KASAN: use-after-free Read in kc_a\n");
	}
}
END_TEST

START_TEST(a_task_chooses_its_name)
{
	struct culprit_parser *p = create();
	struct culprit_report *r;

	feed(p, VERSION KASAN(T, "kc_read")
		T "CPU: 3 UID: 0 PID: 12 Comm: a b\xff(x) Tainted: G    B   W         6.12.0-rc1+ #33\n" T "Hardware name: QEMU\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	r = culprit_parser_take(p);
	ck_assert_str_eq(r->task, "a b\xff(x)");
	ck_assert_int_eq(r->cpu, 3);
	ck_assert_int_eq(r->pid, 12);
	ck_assert_str_eq(r->taint, "G B W");
	ck_assert_str_eq(r->kernel_version, "6.12.0-rc1+");
	ck_assert_str_eq(r->hardware, "QEMU");
	culprit_report_destroy(r);
	culprit_parser_destroy(p);
}
END_TEST

/* One line again and again is named once; another banner, text or stack is another matter. */
START_TEST(a_line_again_and_again)
{
	static const char log[] =
		"[    9.000000] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 f+0x1/0x20\n"
		"[    9.100000] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 f+0x1/0x20\n"
		"[    9.200000] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 g+0x1/0x20\n"
		"[    9.300000] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 g+0x1/0x20\n"
		"[    9.300000] RIP: 0010:g+0x1/0x20\n"
		"[    9.400000] BUG: x of y\n"
		"[    9.500000] BUG: x of y\n";
	static const char *const titles[] = {
		"WARNING in corrupted", "WARNING in corrupted", "WARNING in corrupted", "WARNING in g", "BUG: x of y", "BUG: x of y",
	};
	struct culprit_parser *parser;
	struct culprit_report *r;
	size_t n = 0;

	ck_assert_ptr_null(culprit_parser_create(set, NULL, &parser));
	ck_assert_ptr_null(culprit_parser_feed(parser, log, strlen(log)));
	ck_assert_ptr_null(culprit_parser_finish(parser));
	for (; (r = culprit_parser_take(parser)); n++) {
		ck_assert_uint_lt(n, countof(titles));
		ck_assert_str_eq(r->title, titles[n]);
		culprit_report_destroy(r);
	}
	ck_assert_uint_eq(n, countof(titles));
	culprit_parser_destroy(parser);
}
END_TEST

/* Lines with control bytes are copied to be decoded; a look back decodes others of them. */
/* "title: lines before its banner\n" of each report of seven lines, a report, three lines, and a report. */
static void ck_prefixes(const char *prefix, const char *expected)
{
	_cleanup_(buf_deinit) struct buf log = { 0 }, out = { 0 };
	struct culprit_parser *p = create();
	struct culprit_report *r;

	ck_assert(buf_add_str(&log, VERSION));
	for (int i = 0; i < 7; i++)
		ck_assert(buf_printf(&log, "%sword %d\n%sother\n", prefix, i, "[   10.000000][    T9] "));
	for (int i = 0; i < 2; i++) {
		ck_assert(buf_printf(&log, "%sBUG: KASAN: use-after-free in f%d+0x10/0x20\n", prefix, i));
		ck_assert(buf_printf(&log, "%sRead of size 8 at addr ffff888012345678 by task a/12\n", prefix));
		ck_assert(buf_printf(&log, "%sCall Trace:\n", prefix));
		for (int k = 0; k < 6; k++)
			ck_assert(buf_printf(&log, "%s f%d+0x10/0x20\n", prefix, i));
		for (int k = 0; k < 3; k++)
			ck_assert(buf_printf(&log, "%sword\n", prefix));
	}
	ck_assert_ptr_null(culprit_parser_feed(p, log.data, log.len));
	ck_assert_ptr_null(culprit_parser_finish(p));
	while ((r = culprit_parser_take(p))) {
		ck_assert(buf_printf(&out, "%s: %u\n", r->frame, r->prefix_lines));
		culprit_report_destroy(r);
	}
	culprit_parser_destroy(p);
	ck_assert_str_eq(out.data, expected);
}

/* Five lines; all that a task said, but for the boot's own, and never far into the report before. */
START_TEST(what_a_task_said_before)
{
	ck_prefixes("[   10.000000] ", "f0: 5\nf1: 5\n");
	ck_prefixes("[   10.000000][    C1] ", "f0: 5\nf1: 5\n");
	ck_prefixes("[   10.000000][    T1] ", "f0: 5\nf1: 5\n");
	ck_prefixes("[   10.000000][   T77] ", "f0: 7\nf1: 5\n");
}
END_TEST

START_TEST(looking_back_keeps_the_line_at_hand)
{
	struct culprit_parser *p = create();
	struct culprit_summary summary;
	struct culprit_report *r;

	feed(p, "[  100.000000] \033[1mwords of the boot before\033[0m\n"
		"[    0.000000] \033[1mLinux version 6.1.0 (a@b) #1 SMP PREEMPT\033[0m\n"
		T "\033[1mone is said\033[0m before\n"
		T "\033[1mBUG: KASAN: use-after-free in kc_read+0x10/0x20\033[0m\n"
		T "Read of size 8 at addr ffff888012345678 by task a/12\n" T "Call Trace:\n" T " kc_read+0x10/0x20\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	culprit_parser_summary(p, &summary);
	ck_assert_str_eq(summary.kernel_version, "6.1.0");
	r = culprit_parser_take(p);
	ck_assert_str_eq(r->title, "unexpected kernel reboot");
	culprit_report_destroy(r);
	r = culprit_parser_take(p);
	ck_assert_str_eq(r->text, "Linux version 6.1.0 (a@b) #1 SMP PREEMPT\none is said before\n"
			 "BUG: KASAN: use-after-free in kc_read+0x10/0x20\nRead of size 8 at addr ffff888012345678 by task a/12\nCall Trace:\n kc_read+0x10/0x20\n");
	culprit_report_destroy(r);
	culprit_parser_destroy(p);
}
END_TEST

/* Lines without a banner are passed over; in dmesg -J they say who spoke, and when. */
#define RECORD(pri, time, msg) "      },{\n         \"pri\": " pri ",\n         \"time\":    " time ",\n         \"msg\": \"" msg "\"\n"
START_TEST(records_of_dmesg_json)
{
	struct culprit_parser *p = create();
	struct culprit_report *r;

	feed(p, "{\n   \"dmesg\": [\n" RECORD("5", " 0.000000", "Linux version 6.1.0 (a@b)")
		RECORD("30", "20.000000", "BUG: KASAN: use-after-free in a_program+0x1/0x2") RECORD("6", "30.000000", "said before")
		RECORD("3", "31.000000", "BUG: KASAN: use-after-free in kc_read+0x10/0x20")
		RECORD("3", "31.000001", "Read of size 8 at addr ffff888012345678 by task a/12")
		RECORD("3", "31.000002", "Call Trace:") RECORD("3", "31.000003", " kc_read+0x10/0x20") "      }\n");
	ck_assert_ptr_null(culprit_parser_finish(p));
	r = culprit_parser_take(p);
	ck_assert_str_eq(r->title, "KASAN: use-after-free Read in kc_read");
	ck_assert_int_eq(r->time_us, 31000000);
	/* It is no report, but what programs tell the kernel's log stands before one. */
	ck_assert_str_eq(r->text, "Linux version 6.1.0 (a@b)\nBUG: KASAN: use-after-free in a_program+0x1/0x2\nsaid before\n"
			 "BUG: KASAN: use-after-free in kc_read+0x10/0x20\n"
			 "Read of size 8 at addr ffff888012345678 by task a/12\nCall Trace:\n kc_read+0x10/0x20\n");
	culprit_report_destroy(r);
	ck_assert_ptr_null(culprit_parser_take(p));
	culprit_parser_destroy(p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parser");
	TCase *tc = tcase_create("parser");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_crash);
	tcase_add_test(tc, one_report_with_its_place);
	tcase_add_test(tc, a_report_ends_at_its_end);
	tcase_add_test(tc, offsets_are_those_of_the_input);
	tcase_add_test(tc, interleaved_callers_come_out_whole);
	tcase_add_test(tc, a_panic_behind_a_report_is_its_follow_up);
	tcase_add_test(tc, the_last_line_of_a_panic_is_no_other);
	tcase_add_test(tc, a_report_has_its_own_build);
	tcase_add_test(tc, stacks_without_a_header_are_told_apart);
	tcase_add_test(tc, memory_belongs_to_the_report);
	tcase_add_test(tc, who_speaks_decides);
	tcase_add_test(tc, prefixes_may_end_at_once);
	tcase_add_test(tc, a_doubtful_word_shows_its_form_at_once);
	tcase_add_test(tc, a_glued_line_begins_a_report);
	tcase_add_test(tc, records_of_a_journal);
	tcase_add_test(tc, broken_lines_are_put_together);
	tcase_add_test(tc, a_reboot_ends_a_report);
	tcase_add_test(tc, silence_lets_go_what_is_held_back);
	tcase_add_test(tc, memory_is_bounded);
	tcase_add_test(tc, time_is_linear);
	tcase_add_test(tc, banners_without_stacks_take_linear_time);
	tcase_add_test(tc, thousands_of_contexts);
	tcase_add_test(tc, a_line_of_megabytes);
	tcase_add_test(tc, a_line_again_and_again);
	tcase_add_test(tc, silent_contexts_end);
	tcase_add_test(tc, structs_of_other_versions);
	tcase_add_test(tc, the_version_is_that_of_the_header);
	tcase_add_test(tc, a_task_chooses_its_name);
	tcase_add_test(tc, looking_back_keeps_the_line_at_hand);
	tcase_add_test(tc, records_of_dmesg_json);
	tcase_add_test(tc, what_a_task_said_before);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
