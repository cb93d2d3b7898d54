/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "input/console.h"
#include "suite.h"

struct expect {
	const char *raw;
	const char *text;
	enum line_origin origin;
	int64_t time_us;		/* with LINE_HAS_TIME if >= 0 */
	struct caller caller;
	int level;
	unsigned int flags;		/* other than LINE_HAS_TIME */
	const char *speaker;
};

#define NOTHING .time_us = -1, .level = -1
#define KERNEL .origin = ORIGIN_KERNEL, .level = -1
#define TASK(n) .caller = { CALLER_TASK, n }
#define CPU(n) .caller = { CALLER_CPU, n }

static struct line decode_with(struct console_decoder *decoder, const char *raw)
{
	struct line line;

	ck_assert_ptr_null(console_decode(decoder, span_of(raw), 0, &line));
	return line;
}

static void check_line(const struct expect *e, const struct line *line)
{
	unsigned int flags = e->flags | (e->time_us >= 0 ? LINE_HAS_TIME : 0);

	ck_assert_msg(span_equal(line->text, span_of(e->text)), "%s\ntext is '%.*s'\nnot     '%s'",
		      e->raw, (int)line->text.len, line->text.ptr, e->text);
	ck_assert_msg(line->origin == e->origin, "%s: origin %d, not %d", e->raw, line->origin, e->origin);
	ck_assert_msg(line->time_us == e->time_us, "%s: time %lld, not %lld", e->raw,
		      (long long)line->time_us, (long long)e->time_us);
	ck_assert_msg(caller_equal(line->caller, e->caller), "%s: caller %d %u", e->raw,
		      line->caller.kind, line->caller.id);
	ck_assert_msg(line->level == e->level, "%s: level %d, not %d", e->raw, line->level, e->level);
	ck_assert_msg(line->flags == flags, "%s: flags 0x%x, not 0x%x", e->raw, line->flags, flags);
	ck_assert_msg(span_equal(line->speaker, span_of(e->speaker ? e->speaker : "")),
		      "%s: speaker '%.*s'", e->raw, (int)line->speaker.len, line->speaker.ptr);
}

static void check_lines(const struct expect *list, size_t n)
{
	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n; i++) {
		struct console_decoder decoder = { 0 };
		struct line line = decode_with(&decoder, list[i].raw);

		check_line(&list[i], &line);
		console_decoder_deinit(&decoder);
	}
}

START_TEST(printk_prefixes)
{
	static const struct expect list[] = {
		{ "[   12.345678] usb 1-1: new device", "usb 1-1: new device", KERNEL, .time_us = 12345678 },
		{ "[    0.000000] Linux version 6.1.0", "Linux version 6.1.0", KERNEL, .time_us = 0 },
		{ "[123456.000001] x", "x", KERNEL, .time_us = 123456000001 },
		{ "[   12.345678][ T123]  dump_stack+0x1/0x2", " dump_stack+0x1/0x2", KERNEL,
		  .time_us = 12345678, TASK(123) },
		{ "[   12.345678][    C0] rcu: x", "rcu: x", KERNEL, .time_us = 12345678, CPU(0) },
		{ "[  555.192054][T11919] Kernel panic", "Kernel panic", KERNEL, .time_us = 555192054, TASK(11919) },
		{ "[   T24] BUG: x", "BUG: x", KERNEL, .time_us = -1, TASK(24) },
		{ "[    C1]  <IRQ>", " <IRQ>", KERNEL, .time_us = -1, CPU(1) },
		{ "<4>[   12.345678] x", "x", .origin = ORIGIN_KERNEL, .level = 4, .time_us = 12345678 },
		{ "<6>[   12.345678][   T1] x", "x", .origin = ORIGIN_KERNEL, .level = 6, .time_us = 12345678, TASK(1) },
		{ "<0>Kernel panic - not syncing: x", "Kernel panic - not syncing: x", .origin = ORIGIN_KERNEL,
		  .level = 0, .time_us = -1 },
		{ "<6>[   T24] x", "x", .origin = ORIGIN_KERNEL, .level = 6, .time_us = -1, TASK(24) },
		/* an empty message, with and without the blank that editors cut */
		{ "[   12.345678] ", "", KERNEL, .time_us = 12345678 },
		{ "[   12.345678]", "", KERNEL, .time_us = 12345678 },
		{ "[   12.345678][ T123]", "", KERNEL, .time_us = 12345678, TASK(123) },
		{ "[   12.345678] trailing  ", "trailing  ", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] \ttab", "\ttab", KERNEL, .time_us = 12345678 },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(kernel_text_is_never_cut)
{
	static const struct expect list[] = {
		{ "[   12.345678] [drm] Initialized", "[drm] Initialized", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [<ffffffff82d4e304>] func+0x1/0x2", "[<ffffffff82d4e304>] func+0x1/0x2", KERNEL,
		  .time_us = 12345678 },
		{ "[   12.345678]  [<ffffffff82d4e304>] ? func+0x1/0x2", " [<ffffffff82d4e304>] ? func+0x1/0x2", KERNEL,
		  .time_us = 12345678 },
		{ "[<ffffffff82d4e304>] func", "[<ffffffff82d4e304>] func", NOTHING },
		{ "[<60123456>] func", "[<60123456>] func", NOTHING },
		{ "[<0012.345678>] func", "[<0012.345678>] func", NOTHING },
		{ " [<c0123456>] (dump_stack) from [<c0123456>] (x)", " [<c0123456>] (dump_stack) from [<c0123456>] (x)",
		  NOTHING },
		{ "[   12.345678] [U] ", "[U] ", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [0:3ff] x", "[0:3ff] x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [12, 13] x", "[12, 13] x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] c0: x", "c0: x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] @1 x", "@1 x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] (cpu 1 of 2) x", "(cpu 1 of 2) x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678]  <TASK>", " <TASK>", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] rtc: setting 5 10:00:00 x", "rtc: setting 5 10:00:00 x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] x [1m] &dev->lock; &lt", "x [1m] &dev->lock; &lt", KERNEL, .time_us = 12345678 },
		{ "it took 5 or 10:00:00", "it took 5 or 10:00:00", NOTHING },
		{ "a b c d e 5 10:00:00 x", "a b c d e 5 10:00:00 x", NOTHING },
		{ "{\"x\": 1}", "{\"x\": 1}", NOTHING },
		{ "[   12.345678] comm[12]: segfault at 0 ip 0", "comm[12]: segfault at 0 ip 0", KERNEL,
		  .time_us = 12345678 },
		{ "[   12.345678] usb 1-1: new", "usb 1-1: new", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] 6,1,2,-;text", "6,1,2,-;text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] 10:00:00 text", "10:00:00 text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] Nov 22 10:00:00 text", "Nov 22 10:00:00 text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [mem 0x0000-0xffff] usable", "[mem 0x0000-0xffff] usable", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] (c) 2026 x", "(c) 2026 x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678]  (null)", " (null)", KERNEL, .time_us = 12345678 },
		{ "[   12.345678]  00 00 [1]", " 00 00 [1]", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] sd 0:0:0:0: [sda] x", "sd 0:0:0:0: [sda] x", KERNEL, .time_us = 12345678 },
		{ "[   12.345678]  <IRQ>", " <IRQ>", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] <IRQ> <0>", "<IRQ> <0>", KERNEL, .time_us = 12345678 },
		{ "[U] kernel", "[U] kernel", NOTHING },
		{ "[T1] kernel", "[T1] kernel", NOTHING },
		{ "[ T1] x", "[ T1] x", NOTHING },
		{ "[1] 23", "[1] 23", NOTHING },
		{ "[ ok ] x", "[ ok ] x", NOTHING },
		{ "[ 1.5] score", "[ 1.5] score", NOTHING },
		{ "[0001.234] I> boot loader", "[0001.234] I> boot loader", NOTHING },
		{ "<a> x", "<a> x", NOTHING },
		{ "<192>x", "<192>x", NOTHING },
		{ "<12> x", "<12> x", NOTHING },
		{ "BUG: unable to handle kernel paging request", "BUG: unable to handle kernel paging request", NOTHING },
		{ "Internal error: Oops: 5 [#1]", "Internal error: Oops: 5 [#1]", NOTHING },
		{ "5 apples, 6 pears; text", "5 apples, 6 pears; text", NOTHING },
		{ "", "", NOTHING },
		{ "[", "[", NOTHING },
		{ "[   12.3456", "[   12.3456", NOTHING },
		{ "<", "<", NOTHING },
		{ "** 5", "** 5", NOTHING },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(vendor_prefixes)
{
	static const struct expect list[] = {
		{ "[    7.59][    T1] x", "x", KERNEL, .time_us = 7590000, TASK(1) },
		{ "[    7.59] [    T1] x", "x", KERNEL, .time_us = 7590000, TASK(1) },
		{ "[   12.345678] [   T12] x", "x", KERNEL, .time_us = 12345678, TASK(12) },
		{ "[    1.234567,0] text", "text", KERNEL, .time_us = 1234567 },
		{ "[    1.234567@1] text", "text", KERNEL, .time_us = 1234567 },
		{ "[   12.345678 (0)] text", "text", KERNEL, .time_us = 12345678 },
		{ "[ 12.3456] c0 1234 text", "text", KERNEL, .time_us = 12345600, TASK(1234) },
		{ "[   12.345678] c1     1 init: x", "init: x", KERNEL, .time_us = 12345678, TASK(1) },
		{ "<6>[    0.000000] <0>text", "text", .origin = ORIGIN_KERNEL, .level = 6, .time_us = 0 },
		{ "<6>[    0.000000]  [0:        swapper/0:    1] text", "text", .origin = ORIGIN_KERNEL, .level = 6,
		  .time_us = 0, TASK(1) },
		{ "[   12.345678]I[3:    kworker/3:0:   19] text", "text", KERNEL, .time_us = 12345678, CPU(3) },
		{ "[   12.345678] -(2)[17:swapper/2]text", "text", KERNEL, .time_us = 12345678, TASK(17) },
		{ "[   12.345678s][pid:7,cpu0,swapper/0]text", "text", KERNEL, .time_us = 12345678, TASK(7) },
		{ "[1.234567] collapsed", "collapsed", KERNEL, .time_us = 1234567 },
		{ "[   12.345678] c1 text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] c1  <TASK>", " <TASK>", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [   12.345678]@1 text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678]<0>.(0)[17:swapper/2]text", "text", KERNEL, .time_us = 12345678, TASK(17) },
		{ "[   12.345678] [17, swapper/2] text", "text", KERNEL, .time_us = 12345678, TASK(17) },
		{ "[   12.345678 / 05-06 12:00:00.123] text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] (CPU:1-pid:17:x) text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678][T17@C3] text", "text", KERNEL, .time_us = 12345678, TASK(17) },
		{ "[   12.345678][ C3][   T17] text", "text", KERNEL, .time_us = 12345678, TASK(17) },
		{ "[   12.345678] [12:00:00.123456789] @1 text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [20210506_12:00:00.123456]@3 text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678][17@C3] text", "[17@C3] text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] [20210506] text", "[20210506] text", KERNEL, .time_us = 12345678 },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(dmesg_forms)
{
	static const struct expect list[] = {
		{ "[Sun Nov 22 10:00:00 2026] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[Sun Nov  1 10:00:00 2026]  text", " text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[Sun Nov 22 10:00:00 2026 <    0.000012>] text", "text", KERNEL, .time_us = -1,
		  .flags = LINE_LOGGED },
		{ "[Nov22 10:00] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[  +0.000012] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[  -0.353149] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[Po kvě  6 12:00:00 2024] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[一 5月  6 12:00:00 2024] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[kvě 6 12:00] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[    0.000376 <   -0.055624>] text", "text", KERNEL, .time_us = 376 },
		{ "[<    0.000012>] text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "[   12.345678 <    0.000012>] text", "text", KERNEL, .time_us = 12345678 },
		{ "2026-11-22T10:00:00,123456+00:00 text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "kern  :warn  : [   12.345678] text", "text", .origin = ORIGIN_KERNEL, .level = 4, .time_us = 12345678,
		  .flags = LINE_LOGGED },
		{ "kern  :emerg : [Sun Nov 22 10:00:00 2026] text", "text", .origin = ORIGIN_KERNEL, .level = 0,
		  .time_us = -1, .flags = LINE_LOGGED },
		{ "daemon:info  : [   12.345678] systemd[1]: BUG: x", "systemd[1]: BUG: x", .origin = ORIGIN_OTHER,
		  .level = 6, .time_us = 12345678, .flags = LINE_LOGGED },
		{ "<30>[   12.345678] systemd[1]: x", "systemd[1]: x", .origin = ORIGIN_OTHER, .level = 6,
		  .time_us = 12345678 },
		{ "<12>[   12.345678] BUG: by a program", "BUG: by a program", .origin = ORIGIN_OTHER, .level = 4,
		  .time_us = 12345678 },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(dmesg_json)
{
	struct console_decoder decoder = { 0 };
	struct line line;

	ck_assert_uint_eq(decode_with(&decoder, "         \"pri\": 3,").origin, ORIGIN_META);
	ck_assert_uint_eq(decode_with(&decoder, "         \"time\":     5.630919,").origin, ORIGIN_META);
	line = decode_with(&decoder, "         \"msg\": \"BUG: \\\"x\\\" [   1.2] <4>\"");
	ck_assert(span_equal(line.text, SPAN("BUG: \"x\" [   1.2] <4>")));
	ck_assert_uint_eq(line.origin, ORIGIN_KERNEL);
	ck_assert_int_eq(line.level, 3);
	ck_assert_int_eq(line.time_us, 5630919);
	ck_assert_uint_eq(decode_with(&decoder, "      },{").origin, ORIGIN_META);
	ck_assert_uint_eq(decode_with(&decoder, "         \"pri\": 30,").origin, ORIGIN_META);
	line = decode_with(&decoder, "         \"msg\": \"systemd[1]: x\"");
	ck_assert_uint_eq(line.origin, ORIGIN_OTHER);
	/* util-linux 2.41 */
	ck_assert_uint_eq(decode_with(&decoder, "         \"pri\": 3,").origin, ORIGIN_META);
	ck_assert_uint_eq(decode_with(&decoder, "         \"caller\": \"T123\",").origin, ORIGIN_META);
	line = decode_with(&decoder, "         \"msg\": \"BUG: x\"");
	ck_assert(caller_equal(line.caller, (struct caller){ CALLER_TASK, 123 }));
	ck_assert_uint_eq(decode_with(&decoder, "         \"pri\": 3,").origin, ORIGIN_META);
	ck_assert_int_eq(decode_with(&decoder, "         \"msg\": \"BUG: x\"").caller.kind, CALLER_NONE);
	ck_assert_uint_eq(decode_with(&decoder, "         \"caller\": \"me\",").origin, ORIGIN_UNKNOWN);
	ck_assert_uint_eq(console_lines_needed(SPAN("         \"msg\": \"x\"")), 3);
	ck_assert_uint_eq(console_lines_needed(SPAN("[    1.000000] \"msg\"")), 0);
	ck_assert_uint_eq(decode_with(&decoder, "  \"msg\": \"BUG: x\"").origin, ORIGIN_UNKNOWN);
	ck_assert_uint_eq(decode_with(&decoder, "         \"msg\": \"").origin, ORIGIN_UNKNOWN);
	console_decoder_deinit(&decoder);
}
END_TEST

START_TEST(kmsg_records)
{
	static const struct expect list[] = {
		{ "6,1234,5678901,-;text; more", "text; more", .origin = ORIGIN_KERNEL, .level = 6, .time_us = 5678901,
		  .flags = LINE_LOGGED },
		{ "4,1234,5678901,-,caller=T123;  text", "  text", .origin = ORIGIN_KERNEL, .level = 4,
		  .time_us = 5678901, TASK(123), .flags = LINE_LOGGED },
		{ "4,1,2,c,caller=C1;text", "text", .origin = ORIGIN_KERNEL, .level = 4, .time_us = 2, CPU(1),
		  .flags = LINE_LOGGED },
		{ "6.4.0-rc1,6,444,501151268,-;text", "text", .origin = ORIGIN_KERNEL, .level = 6, .time_us = 501151268,
		  .flags = LINE_LOGGED },
		{ "6,1234,5678901,-,ncfrag=0/1000;text", "text", .origin = ORIGIN_KERNEL, .level = 6,
		  .time_us = 5678901, .flags = LINE_LOGGED | LINE_FRAGMENT },
		{ "6,1234,5678901,-,ncfrag=900/1000;", "", .origin = ORIGIN_META, .level = 6, .time_us = 5678901,
		  .flags = LINE_LOGGED | LINE_FRAGMENT },
		{ "30,5,6,-;systemd[1]: BUG: x", "BUG: x", .origin = ORIGIN_OTHER, .level = 6, .time_us = 6,
		  .speaker = "systemd", .flags = LINE_LOGGED },
		{ "12,5,6,-;BUG: x", "BUG: x", .origin = ORIGIN_OTHER, .level = 4, .time_us = 6,
		  .flags = LINE_LOGGED },
		{ "6,1,2,-;a\\x09b\\x5cc\\x1b[31md\\x0ae", "a\tb\\cd e", .origin = ORIGIN_KERNEL, .level = 6,
		  .time_us = 2, .flags = LINE_LOGGED | LINE_CLEANED },
		{ "6,1,2,-;\\x4", "\\x4", .origin = ORIGIN_KERNEL, .level = 6, .time_us = 2,
		  .flags = LINE_LOGGED | LINE_CLEANED },
	};
	struct console_decoder decoder = { 0 };

	check_lines(list, countof(list));

	/* properties are such only below records */
	ck_assert_uint_eq(decode_with(&decoder, " SUBSYSTEM=pci").origin, ORIGIN_UNKNOWN);
	ck_assert_uint_eq(decode_with(&decoder, "6,1,2,-;text").origin, ORIGIN_KERNEL);
	ck_assert_uint_eq(decode_with(&decoder, " SUBSYSTEM=pci").origin, ORIGIN_META);
	ck_assert_uint_eq(decode_with(&decoder, " DEVICE=+pci:0000:00:00.0").origin, ORIGIN_META);
	ck_assert_uint_eq(decode_with(&decoder, " dump_stack+0x1/0x2").origin, ORIGIN_UNKNOWN);
	console_decoder_deinit(&decoder);
}
END_TEST

START_TEST(logger_forms)
{
	static const struct expect list[] = {
		{ "Nov 22 10:00:00 host kernel: [   12.345678] text", "text", KERNEL, .time_us = 12345678,
		  .flags = LINE_LOGGED },
		{ "Nov  2 10:00:00 host kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "Nov 22 10:00:00.123456 host kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "Nov 22 10:00:00 host kernel: rcu: #0110-...!: (1 GPs behind)", "rcu: \t0-...!: (1 GPs behind)", KERNEL,
		  .time_us = -1, .flags = LINE_LOGGED | LINE_CLEANED },
		{ "Nov 22 10:00:00 host sshd[12]: BUG: x", "BUG: x", .origin = ORIGIN_OTHER, .level = -1, .time_us = -1,
		  .speaker = "sshd" },
		{ "Nov 22 10:00:00 host a[12]: Nov 22 10:00:00 host kernel: BUG: x", "Nov 22 10:00:00 host kernel: BUG: x",
		  .origin = ORIGIN_OTHER, .level = -1, .time_us = -1, .speaker = "a" },
		{ "Nov 22 10:00:00 Internal error: Oops: 5", "Internal error: Oops: 5", NOTHING },
		{ "Nov 22 10:00:00 divide error: 0000 [#1] SMP", "divide error: 0000 [#1] SMP", NOTHING },
		{ "Nov 22 10:00:00 BUG: unable to handle x", "BUG: unable to handle x", NOTHING },
		{ "Nov 22 10:00:00 [   12.345678] text", "text", KERNEL, .time_us = 12345678 },
		{ "[   12.345678] host kernel: text", "text", KERNEL, .time_us = 12345678, .flags = LINE_LOGGED },
		{ "[   12.345678] host kernel: [   12.345600][ T1] text", "text", KERNEL, .time_us = 12345600, TASK(1),
		  .flags = LINE_LOGGED },
		{ "[   12.345678] host systemd[1]: text", "text", .origin = ORIGIN_OTHER, .level = -1,
		  .time_us = 12345678, .speaker = "systemd" },
		{ "2026-11-22T10:00:00+0000 host kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "2026-11-22T10:00:00.123456+00:00 host kernel: [   12.345678] text", "text", KERNEL,
		  .time_us = 12345678, .flags = LINE_LOGGED },
		{ "2026-11-22T10:00:00.123456+00:00 host cron[7]: text", "text", .origin = ORIGIN_OTHER, .level = -1,
		  .time_us = -1, .speaker = "cron" },
		{ "Sun 2026-11-22 10:00:00 UTC host kernel: text", "text", KERNEL, .time_us = -1,
		  .flags = LINE_LOGGED },
		{ "1795341600.123456 host kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "Sun Nov 22 10:00:00 2026 kern.warn kernel: [   12.345678] text", "text", KERNEL, .time_us = 12345678,
		  .flags = LINE_LOGGED },
		{ "Nov 22 10:00:00 host kern.err kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "<4>Nov 22 10:00:00 host kernel: text", "text", .origin = ORIGIN_KERNEL, .level = 4, .time_us = -1,
		  .flags = LINE_LOGGED },
		{ "<38>Nov 22 10:00:00 host sshd[12]: text", "text", .origin = ORIGIN_OTHER, .level = 6, .time_us = -1,
		  .speaker = "sshd" },
		{ "<4>1 2026-11-22T10:00:00Z host kernel - - - text", "text", .origin = ORIGIN_KERNEL, .level = 4,
		  .time_us = -1, .flags = LINE_LOGGED },
		{ "<38>1 2026-11-22T10:00:00Z host sshd 12 - [a b=\"c\"] text", "text", .origin = ORIGIN_OTHER,
		  .level = 6, .time_us = -1, .speaker = "sshd" },
		{ "01-22 10:00:00.123     0     0 I         : [   12.345678] text", "text", KERNEL, .time_us = 12345678 },
		{ "01-22 10:00:00.123     0     0 I Booting Linux", "Booting Linux", KERNEL, .time_us = -1 },
		{ "01-22 10:00:00.123   456   789 E Zygote  : <4>text", "<4>text", .origin = ORIGIN_OTHER, .level = -1,
		  .time_us = -1, .speaker = "Zygote" },
		{ "01-22 10:00:00.123   456   789 E Zygote  : text", "text", .origin = ORIGIN_OTHER, .level = -1,
		  .time_us = -1, .speaker = "Zygote" },
		{ "kvě 06 12:00:00 host kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ " 5月 06 12:00:00 host kernel: text", "text", KERNEL, .time_us = -1, .flags = LINE_LOGGED },
		{ "мая 06 12:00:00 host sshd[12]: BUG: x", "BUG: x", .origin = ORIGIN_OTHER, .level = -1, .time_us = -1,
		  .speaker = "sshd" },
		{ "2024-05-06 12:00:00 +0000 UTC kern.warn kernel: text", "text", KERNEL, .time_us = -1,
		  .flags = LINE_LOGGED },
		{ "May  6 12:00:00 ALERT text", "ALERT text", NOTHING },
		{ "{\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"a \\u003cb\\u003e\"}", "a <b>", KERNEL, .time_us = -1,
		  .flags = LINE_LOGGED | LINE_CLEANED },
		{ "{\"MESSAGE\":\"BUG: x\",\"SYSLOG_IDENTIFIER\":\"sshd\"}", "BUG: x", .origin = ORIGIN_OTHER, .level = -1,
		  .time_us = -1, .speaker = "sshd" },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(lab_forms)
{
	static const struct expect list[] = {
		{ "2026-11-22T10:00:00.123456Z [   12.345678] text", "text", KERNEL, .time_us = 12345678 },
		{ "2026-11-22T10:00:00.1234567Z <4>[   12.345678] <1>text", "text", .origin = ORIGIN_KERNEL, .level = 4,
		  .time_us = 12345678 },
		{ "2026-11-22T10:00:00.1234567Z WARNING: RO_VPD", "WARNING: RO_VPD", NOTHING },
		{ "2026-11-22T10:00:00.123456Z 01O [   12.345678] text", "text", KERNEL, .time_us = 12345678 },
		{ "10:00:00.123456  [   12.345678] text", "text", KERNEL, .time_us = 12345678 },
		{ "10:00:00.123456  U-Boot 2026.01", "U-Boot 2026.01", NOTHING },
		{ "[12:34:56] [   1.2345] text", "text", KERNEL, .time_us = 1234500 },
		{ "[12:34:56.789] text", "text", NOTHING },
		{ "[2026-11-22 10:00:00] <6>[   12.345678][ T12] text", "text", .origin = ORIGIN_KERNEL, .level = 6,
		  .time_us = 12345678, TASK(12) },
		{ "[12.345678 0.000123] [    0.000000] text", "text", KERNEL, .time_us = 0 },
		{ "2026/11/22 10:00:00 BUG: memory leak", "BUG: memory leak", NOTHING },
		{ "- {\"dt\": \"2026-11-22T10:00:00.123456\", \"lvl\": \"target\", \"msg\": \"[   12.345678] \\\"a\\\"\\tb\"}",
		  "\"a\"\tb", KERNEL, .time_us = 12345678, .flags = LINE_CLEANED },
		{ "- {\"dt\": \"2026-11-22T10:00:00.123456\", \"lvl\": \"info\", \"msg\": \"BUG: x\"}", "BUG: x",
		  .origin = ORIGIN_OTHER, .level = -1, .time_us = -1, .speaker = "lava" },
		{ "2026-11-22", "2026-11-22", NOTHING },
		{ "10:00:00x", "10:00:00x", NOTHING },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(junk_in_front)
{
	static const struct expect list[] = {
		{ "syzkaller login: [  460.963095][ T3167] [U] ", "[U] ", KERNEL, .time_us = 460963095, TASK(3167),
		  .flags = LINE_JUNK_FRONT },
		{ "Sep 23 02:31[   69.295771][ T2742] ALSA: x", "ALSA: x", KERNEL, .time_us = 69295771, TASK(2742),
		  .flags = LINE_JUNK_FRONT },
		{ "   68.938106][ T[   69.319571][ T2742] ALSA: x", "ALSA: x", KERNEL, .time_us = 69319571, TASK(2742),
		  .flags = LINE_JUNK_FRONT },
		{ "executing program[   12.345678] BUG: x", "BUG: x", KERNEL, .time_us = 12345678,
		  .flags = LINE_JUNK_FRONT },
		{ "host login: <3>[   12.345678] x", "x", .origin = ORIGIN_KERNEL, .level = 3, .time_us = 12345678,
		  .flags = LINE_JUNK_FRONT },
		{ "host login: [   T24] x", "x", KERNEL, .time_us = -1, TASK(24), .flags = LINE_JUNK_FRONT },
		{ "rn.err kernel: [[   69.311910][ T2742] x", "x", KERNEL, .time_us = 69311910, TASK(2742),
		  .flags = LINE_JUNK_FRONT },
		/* only printk's exact form counts in the middle */
		{ "score [ 12.5] x", "score [ 12.5] x", NOTHING },
		{ "score [12.345678] x", "score [12.345678] x", NOTHING },
		{ "score [   12.345678]x", "score [   12.345678]x", NOTHING },
		{ "score [    C1][ x", "score [    C1][ x", NOTHING },
		/* another program's word for it */
		{ "Nov 22 10:00:00 host test[12]: saw [   12.345678] x", "saw [   12.345678] x",
		  .origin = ORIGIN_OTHER, .level = -1, .time_us = -1, .speaker = "test" },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(console_marks)
{
	static const struct expect list[] = {
		{ "** 57 printk messages dropped ** [   12.345678] text", "text", KERNEL, .time_us = 12345678,
		  .flags = LINE_DROPPED },
		{ "** 57 printk messages dropped **", "** 57 printk messages dropped **", .origin = ORIGIN_META,
		  .level = -1, .time_us = -1, .flags = LINE_DROPPED },
		{ "** 57 printk messages dropped ** ", "** 57 printk messages dropped ** ", .origin = ORIGIN_META,
		  .level = -1, .time_us = -1, .flags = LINE_DROPPED },
		{ "login: ** 57 printk messages dropped ** [   12.345678] text", "text", KERNEL, .time_us = 12345678,
		  .flags = LINE_DROPPED | LINE_JUNK_FRONT },
		{ "Oops#1 Part2", "Oops#1 Part2", .origin = ORIGIN_META, .level = -1, .time_us = -1 },
		{ "Panic#2 Part1", "Panic#2 Part1", .origin = ORIGIN_META, .level = -1, .time_us = -1 },
		{ "====1234567890.123456-D", "====1234567890.123456-D", .origin = ORIGIN_META, .level = -1, .time_us = -1 },
		{ "Panic#2 Parts", "Panic#2 Parts", NOTHING },
		{ "==================================================================",
		  "==================================================================", NOTHING },
	};

	check_lines(list, countof(list));
}
END_TEST

START_TEST(replayed_messages)
{
	struct console_decoder decoder = { 0 };
	struct line line;

	line = decode_with(&decoder, "[  584.319520][   T31] INFO: t** replaying previous printk message **");
	ck_assert(span_equal(line.text, SPAN("INFO: t")));
	ck_assert_uint_eq(line.flags, LINE_HAS_TIME | LINE_CUT);
	line = decode_with(&decoder, "[  584.319520][   T31] INFO: task hung");
	ck_assert(span_equal(line.text, SPAN("INFO: task hung")));
	ck_assert_uint_eq(line.flags, LINE_HAS_TIME | LINE_REPLAYED);
	line = decode_with(&decoder, "[  584.319521][   T31] next");
	ck_assert_uint_eq(line.flags, LINE_HAS_TIME);

	line = decode_with(&decoder, "** replaying previous printk message **");
	ck_assert_uint_eq(line.origin, ORIGIN_META);
	ck_assert_uint_eq(line.flags, 0);
	line = decode_with(&decoder, "[  584.319520][   T31] INFO: task hung");
	ck_assert_uint_eq(line.flags, LINE_HAS_TIME | LINE_REPLAYED);
	console_decoder_deinit(&decoder);
}
END_TEST

START_TEST(control_bytes_go)
{
	static const struct expect list[] = {
		{ "\033[0;32m  OK  \033[0m] Started\r", "  OK  ] Started", NOTHING, .flags = LINE_CLEANED },
		{ "\033[32m[   12.345678] \033[0mtext", "text", KERNEL, .time_us = 12345678, .flags = LINE_CLEANED },
		{ "\033]0;title\a[   12.345678] text", "text", KERNEL, .time_us = 12345678, .flags = LINE_CLEANED },
		{ "\033]3008;start=1;user=x\033\\text", "text", NOTHING, .flags = LINE_CLEANED },
		{ "\033(Btext\033M\033c\0337", "text", NOTHING, .flags = LINE_CLEANED },
		{ "a\rb", "ab", NOTHING, .flags = LINE_CLEANED },
		{ "text\r\r", "text", NOTHING },
		{ "autoboot: 2\b1\b0", "autoboot: 210", NOTHING, .flags = LINE_CLEANED },
		{ "a\177b\001c", "abc", NOTHING, .flags = LINE_CLEANED },
		{ "caf\xc3\xa9 \xff\x9b", "caf\xc3\xa9 \xff\x9b", NOTHING },
		/* sequences cut off by the kernel: what it says stays */
		{ "\033[[   12.345678] BUG: x", "BUG: x", KERNEL, .time_us = 12345678, .flags = LINE_CLEANED },
		{ "\033[   12.345678] BUG: x", "BUG: x", KERNEL, .time_us = 12345678, .flags = LINE_CLEANED },
		{ "\033]0;tit[   12.345678] BUG: x", "BUG: x", KERNEL, .time_us = 12345678,
		  .flags = LINE_CLEANED | LINE_JUNK_FRONT },
		{ "\033", "", NOTHING, .flags = LINE_CLEANED },
		{ "\033[", "[", NOTHING, .flags = LINE_CLEANED },
		{ "x\033[1", "x[1", NOTHING, .flags = LINE_CLEANED },
	};
	static const char nuls[] = "\0\0[   12.345678] te\0xt";
	struct console_decoder decoder = { 0 };
	struct line line;

	check_lines(list, countof(list));
	ck_assert_ptr_null(console_decode(&decoder, (struct span){ nuls, sizeof(nuls) - 1 }, 0, &line));
	ck_assert(span_equal(line.text, SPAN("text")));
	ck_assert_int_eq(line.time_us, 12345678);
	console_decoder_deinit(&decoder);
}
END_TEST

START_TEST(spliced_lines_are_kept_and_can_be_split)
{
	struct console_decoder decoder = { 0 };
	struct line line, second, third;

	line = decode_with(&decoder, "[   10.000001][    T1] one[   10.000002][    T2] two<4>[   10.000003][    C3]  three");
	ck_assert(span_equal(line.text, SPAN("one[   10.000002][    T2] two<4>[   10.000003][    C3]  three")));
	ck_assert_uint_eq(line.flags, LINE_HAS_TIME | LINE_SPLICED);
	ck_assert(console_split_inner(&line, &second));
	ck_assert(span_equal(line.text, SPAN("one")));
	ck_assert_uint_eq(line.flags, LINE_HAS_TIME);
	ck_assert_int_eq(line.time_us, 10000001);
	ck_assert(console_split_inner(&second, &third));
	ck_assert(span_equal(second.text, SPAN("two")));
	ck_assert_int_eq(second.time_us, 10000002);
	ck_assert_uint_eq(second.caller.id, 2);
	ck_assert(span_equal(third.text, SPAN(" three")));
	ck_assert_int_eq(third.time_us, 10000003);
	ck_assert_int_eq(third.level, 4);
	ck_assert_int_eq(third.caller.kind, CALLER_CPU);
	ck_assert(!console_split_inner(&third, &second));

	/* the second was written by a program, the third by the kernel */
	line = decode_with(&decoder, "[   10.000001] one<9>[   10.000002] two<4>[   10.000003] three");
	ck_assert(console_split_inner(&line, &second));
	ck_assert_uint_eq(second.origin, ORIGIN_OTHER);
	ck_assert(console_split_inner(&second, &third));
	ck_assert(span_equal(second.text, SPAN("two")));
	ck_assert(span_equal(third.text, SPAN("three")));
	ck_assert_uint_eq(third.origin, ORIGIN_KERNEL);
	console_decoder_deinit(&decoder);
}
END_TEST

START_TEST(what_is_said_again_has_its_first_speaker)
{
	struct console_decoder decoder = { 0 };
	struct line line, second;

	line = decode_with(&decoder, "[  107.000001][ T5012] Oops: gen[  107.736417][ T5848] Oops: general protection fault");
	ck_assert(console_split_inner(&line, &second));
	ck_assert(span_equal(second.text, SPAN("Oops: general protection fault")));
	ck_assert_uint_eq(second.caller.id, 5012);
	line = decode_with(&decoder, "[  107.000001][ T5012] Oops: gen[  107.736417][ T5848] Oops: divide error");
	ck_assert(console_split_inner(&line, &second));
	ck_assert_uint_eq(second.caller.id, 5848);
	console_decoder_deinit(&decoder);
}
END_TEST

START_TEST(pieces_of_a_long_line_inherit)
{
	struct console_decoder decoder = { 0 };
	struct line line;

	ck_assert_ptr_null(console_decode(&decoder, SPAN("<3>[   12.345678][ T123] be"), LINE_TRUNCATED, &line));
	ck_assert_uint_eq(line.flags, LINE_TRUNCATED | LINE_HAS_TIME);
	ck_assert_ptr_null(console_decode(&decoder, SPAN("[   12.345679] gin"), LINE_CONTINUED, &line));
	ck_assert(span_equal(line.text, SPAN("[   12.345679] gin")));
	ck_assert_uint_eq(line.flags, LINE_CONTINUED);
	ck_assert_uint_eq(line.origin, ORIGIN_KERNEL);
	ck_assert_uint_eq(line.caller.id, 123);
	ck_assert_int_eq(line.time_us, 12345678);
	ck_assert_int_eq(line.level, 3);
	console_decoder_deinit(&decoder);
}
END_TEST

/* What a whole log is made of: (line, text) pairs; nothing of it may be learnt by a line that does not look it. */
static void check_log(const char *const (*list)[2], size_t n)
{
	struct console_decoder decoder = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct line line = decode_with(&decoder, list[i][0]);

		ck_assert_msg(span_equal(line.text, span_of(list[i][1])), "%s\ntext is '%.*s'", list[i][0],
			      (int)line.text.len, line.text.ptr);
	}
	console_decoder_deinit(&decoder);
}

START_TEST(prefixes_are_learnt)
{
	static const char *const strange[][2] = {
		{ "rig7/3 41| usb 1-1: new", "rig7/3 41| usb 1-1: new" },
		{ "rig7/3 42| Modules linked in: x", "rig7/3 42| Modules linked in: x" },
		{ "rig7/3 43| Call Trace:", "Call Trace:" },
		{ "rig7/4  9|  <TASK>", " <TASK>" },
		{ "rig7/3 100|  foo+0x1/0x2", " foo+0x1/0x2" },
		{ "rig7 45: usb", "rig7 45: usb" },
		{ " foo+0x1/0x2", " foo+0x1/0x2" },
		/* another stream: learnt anew */
		{ "(a) Modules linked in: x", "(a) Modules linked in: x" },
		{ "(b) Call Trace:", "Call Trace:" },
		{ "(c)  foo+0x1/0x2", " foo+0x1/0x2" },
		{ "rig7/3 46| usb", "rig7/3 46| usb" },
	};
	static const char *const timed[][2] = {
		{ "[   12.345678] <core 1> Modules linked in: x", "<core 1> Modules linked in: x" },
		{ "[   12.345679] <core 2> Call Trace:", "Call Trace:" },
		{ "[   12.345680] <core 1>  foo+0x1/0x2", " foo+0x1/0x2" },
		{ "[   12.345680]  foo+0x1/0x2", " foo+0x1/0x2" },
		{ "[   12.345680] <TASK>", "<TASK>" },
	};
	static const char *const dated[][2] = {
		{ "7:31.5 x Modules linked in: x", "Modules linked in: x" },	/* a clock is no word of the kernel */
		{ "7:32.5 y  foo+0x1/0x2", " foo+0x1/0x2" },
	};
	static const char *const words[][2] = {
		{ "watchdog: BUG: soft lockup", "watchdog: BUG: soft lockup" },
		{ "watchdog: BUG: soft lockup", "watchdog: BUG: soft lockup" },
		{ "rcu: INFO: rcu_sched", "rcu: INFO: rcu_sched" },
		{ "rcu: INFO: rcu_sched", "rcu: INFO: rcu_sched" },
		{ "NMI Call Trace:", "NMI Call Trace:" },
		{ "NMI backtrace", "NMI backtrace" },
	};

	check_log(strange, countof(strange));
	check_log(timed, countof(timed));
	check_log(dated, countof(dated));
	check_log(words, countof(words));
}
END_TEST

START_TEST(carriers_end)
{
	static const char *const list[][2] = {
		{ "{\"log\":\"[   12.345678] a \\\"b\\\"\\n\",\"stream\":\"stdout\"}", "a \"b\"" },
		{ "msg=\"[   12.345678] a\" level=x", "a" },
		{ "`[   12.345678] a`", "a" },
		{ "b'[   12.345678] a\\r\\n'", "a" },
		{ "| [   12.345678] a |", "a" },
		{ "say \"x\" [   12.345678] a \"b\" c", "a \"b\" c" },
		{ "[   12.345678] a<br/>", "a" },
		{ "[   12.345678] a </TASK>", "a </TASK>" },
		{ "<p>[   12.345678] &lt;TASK&gt;</p>", "<TASK>" },
		{ "^[[1m[   12.345678] a^[[0m^M", "a" },
		{ "\\033[1;31m[   12.345678] a\\033[0m", "a" },
		{ "[33m[   12.345678] [0ma", "a" },
		{ "[   12.345678] a [5m] b", "a [5m] b" },
		{ "[   12.345678] a$", "a" },
	};

	check_log(list, countof(list));
}
END_TEST

START_TEST(last_line_end)
{
	ck_assert_uint_eq(console_last_line_end(SPAN("")), 0);
	ck_assert_uint_eq(console_last_line_end(SPAN("abc")), 0);
	ck_assert_uint_eq(console_last_line_end(SPAN("a\nbc")), 2);
	ck_assert_uint_eq(console_last_line_end(SPAN("a\nb\n")), 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("console");
	TCase *tc = tcase_create("console");

	tcase_add_test(tc, printk_prefixes);
	tcase_add_test(tc, kernel_text_is_never_cut);
	tcase_add_test(tc, vendor_prefixes);
	tcase_add_test(tc, dmesg_forms);
	tcase_add_test(tc, dmesg_json);
	tcase_add_test(tc, kmsg_records);
	tcase_add_test(tc, logger_forms);
	tcase_add_test(tc, lab_forms);
	tcase_add_test(tc, junk_in_front);
	tcase_add_test(tc, console_marks);
	tcase_add_test(tc, replayed_messages);
	tcase_add_test(tc, control_bytes_go);
	tcase_add_test(tc, spliced_lines_are_kept_and_can_be_split);
	tcase_add_test(tc, what_is_said_again_has_its_first_speaker);
	tcase_add_test(tc, pieces_of_a_long_line_inherit);
	tcase_add_test(tc, prefixes_are_learnt);
	tcase_add_test(tc, carriers_end);
	tcase_add_test(tc, last_line_end);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
