/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same two reports behind what loggers, labs, vendors and people put in
 * front of a line: they come out whole behind each.
 *
 *	{T}	printk's stamp, "[  100.000113]"	{S}	its seconds, "100.000113"
 *	{n}	the line's number			{s}	a second of two digits
 *	{u}	microseconds				{m}	the message
 *	{j}	the message as JSON writes it		{h}	as HTML writes it
 */
#include <check.h>
#include <stdio.h>

#include "base/base.h"
#include "cli/corpus/case.h"
#include "culprit.h"
#include "suite.h"

static const char *const lines[] = {
	"clocksource: Switched to clocksource tsc",
	"------------[ cut here ]------------",
	"WARNING: CPU: 2 PID: 811 at drivers/gizmo/core.c:77 gizmo_poll+0x1d/0x80 [gizmo]",
	"Modules linked in: gizmo(O) widget",
	"CPU: 2 PID: 811 Comm: poller Tainted: G           O       6.4.0 #3",
	"Hardware name: Example Board, BIOS 1.0 01/02/2023",
	"RIP: 0010:gizmo_poll+0x1d/0x80 [gizmo]",
	"RSP: 0018:ffffc900001d7e48 EFLAGS: 00010246",
	"RAX: 0000000000000000 RBX: ffff888004a3c000 RCX: 0000000000000001",
	"Call Trace:",
	" <TASK>",
	" ? __warn+0x81/0x130",
	" gizmo_thread+0x2b/0x60 [gizmo]",
	" kthread+0xe5/0x120",
	" ret_from_fork+0x29/0x50",
	" </TASK>",
	"---[ end trace 0000000000000000 ]---",
	"BUG: kernel NULL pointer dereference, address: 0000000000000018",
	"#PF: supervisor write access in kernel mode",
	"#PF: error_code(0x0002) - not-present page",
	"PGD 0 P4D 0 ",
	"Oops: 0002 [#1] PREEMPT SMP NOPTI",
	"CPU: 1 PID: 812 Comm: cat Tainted: G        W  O       6.4.0 #3",
	"RIP: 0010:widget_read+0x31/0xa0 [widget]",
	"RSP: 0018:ffffc900001dfe30 EFLAGS: 00010286",
	"Call Trace:",
	" <TASK>",
	" vfs_read+0xa1/0x2e0",
	" ksys_read+0x5f/0xe0",
	" do_syscall_64+0x38/0x90",
	" </TASK>",
	"---[ end trace 0000000000000000 ]---",
};

static const char *const prefixes[] = {
	/* as it comes, and journals in other languages */
	"{m}", "{T} {m}",
	/* found with grep -b -C, grep -n */
	"{u}-May 06 12:00:{s} box kernel: {m}", "{n}:2024-05-06T12:00:{s}+00:00 box kernel: {m}",
	/* a virtual machine's console in the log of the program that runs it */
	"May 06 12:00:{s} box qemu-vm[312]: {T} {m}", "2024-05-06T12:00:{s}+00:00 box conserver[9]: {T} {m}",
	"box qemu-vm[312]: {T} {m}", "box virtqemud[9]: {T}[    T7] {m}",
	"máj 06 12:00:{s} box kernel: {m}", "мая 06 12:00:{s} box kernel: {m}",
	"5월 06 12:00:{s} box kernel: {T} {m}", "พ.ค. 06 12:00:{s} box kernel: {m}",
	"Μαΐ 06 12:00:{s} box kernel: {m}", "Mai 06 12:00:{s} box kernel: {m}",
	"mayıs 06 12:00:{s} box kernel: {m}", "مايو 06 12:00:{s} box kernel: {m}",
	"Thg 5 06 12:00:{s} box kernel: {m}", "touko 06 12:00:{s} box kernel: {m}",
	"maj 06 12:00:{s}.{u} box kernel: {m}", "мај 06 12:00:{s} box kernel: {m}",
	"मई 06 12:00:{s} box kernel: {m}", "svi 06 12:00:{s} box kernel: {m}",
	"06 mai 12:00:{s} box kernel: {m}", "mei 06 12:00:{s} box kernel: {m}",
	/* dmesg -T in them */
	"[lun. mai  6 12:00:{s} 2024] {m}", "[Пн мая  6 12:00:{s} 2024] {m}",
	"[月  5月  6 12:00:{s} 2024] {m}", "[一 5月  6 12:00:{s} 2024] {m}",
	"[Mo Mai  6 12:00:{s} 2024] {m}", "[จ.  พ.ค.  6 12:00:{s} 2024] {m}",
	"[T2 Thg 5   6 12:00:{s} 2024] {m}", "[sön maj  6 12:00:{s} 2024] {m}",
	"[الإثنين مايو  6 12:00:{s} 2024] {m}", "[월  5월  6 12:00:{s} 2024] {m}",
	/* syslog's and RFC 3339's dates with zones */
	"2024-05-06 12:00:{s} +0000 UTC kern.warn kernel: {m}", "2024-05-06T12:00:{s}Z box kernel: {m}",
	"2024-05-06 12:00:{s}.{u}+02:00 box kernel: {T} {m}", "May  6 12:00:{s} 2024 box kernel: {m}",
	"2024 May  6 12:00:{s} box kernel: {m}", "May  6 12:00:{s} CEST 2024 box kernel: {m}",
	"Mon, 06 May 2024 12:00:{s} +0200 box kernel: {m}", "06.05.2024 12:00:{s} box kernel: {m}",
	"05/06/2024 12:00:{s} PM box kernel: {m}", "06/May/2024:12:00:{s} +0000 box kernel: {m}",
	"<4>May  6 12:00:{s} box kernel: {m}", "May  6 12:00:{s} box kern.warning kernel: {m}",
	"2024-05-06T12:00:{s}.{u}Z kern.warn box kernel: {m}", "May  6 12:00:{s} 192.168.1.7 kernel: {T} {m}",
	"May  6 12:00:{s} box vmunix: {m}", "May  6 12:00:{s} box kernel: kernel: {m}",
	"<4>1 2024-05-06T12:00:{s}.{u}Z box kernel - - [meta sequenceId=\"{n}\"] {m}",
	"1714989{n}.{u} box kernel: {m}",
	/* vendors behind the time */
	"{T} c2 {m}", "{T} c2    811 {m}", "{T}@2 {m}", "{T} {T}@2 {m}", "{T}<2>.(2)[811:poller]{m}",
	"{T}-(2)[811:poller]{m}", "{T} .(2)[811:poller]{m}", "{T}[811, poller] {m}", "{T} [811, poller] {m}",
	"{T} (2)[811:poller]{m}", "{T}  [2:         poller:  811] {m}", "{T}I[2:      swapper/2:    0] {m}",
	"[  {S}s][pid:811,cpu2,poller]{m}", "[  {S},2] {m}", "[  {S} (2)] {m}",
	"[  {S} / 05-06 12:00:{s}.123] {m}", "{T} (CPU:2-pid:811:poller) {m}", "{T} [12:00:{s}.123] {m}",
	"<4>[  {S}] <4>.(2)[811:poller]{m}", "{T} CPU2: tag: {m}", "{T} [poller:811] {m}", "{T} {2}[811] {m}",
	/* serial loggers, labs, CI */
	"[Mon May  6 12:00:{s} 2024]{T} {m}", "[Mon May  6 12:00:{s} 2024]{m}", "[2024-05-06 12:00:{s}]{m}",
	"│{m}", "│ {T} {m}   │", "12:00:{s}.{u} {m}", "[12:00:{s}.123] {m}", "2024-05-06 12:00:{s}.123: {m}",
	"May 06 12:00:{s} {T} {m}", "[2024-05-06 12:00:{s}.{u}] {m}", "ttyS0 {n}> {m}", "[+0:00:{s}.123] {m}",
	"00:{s}.123 -> {m}", "rig7/ttyUSB1 {n}| {m}", "2024-05-06T12:00:{s}.{u}Z stdout F {m}",
	"2024-05-06T12:00:{s}.{u}Z ##[debug]{m}", "[Pipeline] 12:00:{s} {m}", "[2024-05-06T12:00:{s}.123Z] {m}",
	"[12:00:{s}]\t[Step 3/5] {m}", "guest-1  | {m}", "guest-1  | {T} {m}", "pod/vm-0 console {m}",
	"2024-05-06 12:00:{s},123 process L0733 DEBUG| {m}", "2024-05-06 12:00:{s},123 - serial - INFO - {m}",
	"05/06 12:00:{s} DEBUG|  serial:0044| {m}", "#12 {s}.45 {m}", "INFO:console:{m}", "(qemu) {n}: {m}",
	"I ({n}) console: {m}", "W/kernel  (    0): {m}", "05-06 12:00:{s}.123 W/kernel(    0): {m}",
	"05-06 12:00:{s}.123     0     0 W kernel  : {T} {m}", "05-06 12:00:{s}.123  root     0     0 W kernel  : {m}",
	"2024-05-06 12:00:{s}.123 +0200     0     0 W kernel  : {m}",
	"2024-05-06 12:00:{s}.123  root     0     0 W kernel  : {m}", "2024-05-06 12:00:{s}.123     0     0 W : {T} {m}",
	"{T}[T811@C2] {m}", "{T}[ C2][ T811] {m}", "{T} [20240506_12:00:{s}.{u}]@2 {m}", "{T} [12:00:{s}.{u}789] @2 {m}",
	"May  6 12:00:{s} box warning kernel: {m}", "+ {m}", "DUT1: {m}", "target> {T} {m}",
	"\"2024-05-06 12:00:{s}\",\"{T} {j}\"", "2024-05-06 12:00:{s} | INFO     | serial:read:88 - {m}",
	/* quoting and carriers */
	"| {m}", "> > {m}", "# {m}", "    {m}", "\t{m}", "`{m}`", "{n}: {m}", "{n}\t{m}", "dmesg.txt:{n}:{m}", "{n}-{T} {m}",
	"// {m}", " * {T} {m}", "| {T} {m} |", "E   {m}", "  \"{T} {j}\",", "b'{T} {m}\\r\\n'", "{T} {m}\\n", "- {m}",
	"{\"log\":\"{j}\\n\",\"stream\":\"stdout\",\"time\":\"2024-05-06T12:00:{s}.{u}Z\"}",
	"{\"time\":\"2024-05-06T12:00:{s}Z\",\"msg\":\"{T} {j}\",\"level\":\"warn\"}",
	"{ \"__REALTIME_TIMESTAMP\" : \"1714989{n}{u}\", \"_TRANSPORT\" : \"kernel\", \"MESSAGE\" : \"{j}\" }",
	"level=warn ts=2024-05-06T12:00:{s}Z msg=\"{T} {j}\"", "<p>{T} {h}</p>", "{T} {h}<br />", "<span class=\"l\">{h}</span>",
	"\\033[33m{T}\\033[0m {m}", "^[[33m{T} ^[[0m{m}^M", "[33m{T} [0m{m}", "{T} {m}$", "␛[1m{T} {m}␛[0m",
	"<tr><td>{T} {h}</td></tr>", "#033[1m{T} {m}#033[0m",
};

static struct culprit_patterns *set;

static void setup(void)
{
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &set));
}

static void teardown(void)
{
	culprit_patterns_destroy(set);
}

static void add_escaped(struct buf *out, const char *text, bool html)
{
	for (; *text; text++) {
		if (html && (*text == '<' || *text == '>'))
			ck_assert(buf_printf(out, *text == '<' ? "&lt;" : "&gt;"));
		else if (!html && (*text == '<' || *text == '>'))
			ck_assert(buf_printf(out, "\\u00%02x", *text));
		else
			ck_assert(buf_printf(out, "%s%c", !html && *text == '"' ? "\\" : "", *text));
	}
}

/* Line number n behind the prefix. */
static void add_line(struct buf *out, const char *prefix, size_t n)
{
	for (const char *p = prefix; *p; p++) {
		if (*p != '{' || !p[1] || p[2] != '}' || p[1] == '2') {
			ck_assert(buf_add(out, p, 1));
			continue;
		}
		switch (p[1]) {
		case 'T': ck_assert(buf_printf(out, "[  100.%06zu]", 113 * n)); break;
		case 'S': ck_assert(buf_printf(out, "100.%06zu", 113 * n)); break;
		case 'n': ck_assert(buf_printf(out, "%zu", n + 1 + (strstr(prefix, "1714989") ? 600 : 0))); break;
		case 's': ck_assert(buf_printf(out, "%02zu", n)); break;
		case 'u': ck_assert(buf_printf(out, "%06zu", 100000 + 113 * n)); break;
		case 'm': ck_assert(buf_printf(out, "%s", lines[n])); break;
		case 'j': add_escaped(out, lines[n], false); break;
		case 'h': add_escaped(out, lines[n], true); break;
		}
		p += 2;
	}
	ck_assert(buf_printf(out, "\n"));
}

static struct buf reports_behind(const char *prefix)
{
	struct buf log = { 0 }, out = { 0 };
	struct culprit_report *r;
	struct culprit_parser *p;

	for (size_t n = 0; n < countof(lines); n++)
		add_line(&log, prefix, n);
	ck_assert_ptr_null(culprit_parser_create(set, NULL, &p));
	ck_assert_ptr_null(culprit_parser_feed(p, log.data, log.len));
	ck_assert_ptr_null(culprit_parser_finish(p));
	while ((r = culprit_parser_take(p))) {
		ck_assert(buf_printf(&out, "%llu-%llu %s%s\n", (unsigned long long)r->start_line,
				     (unsigned long long)r->end_line, r->title, r->corrupted ? " (corrupted)" : ""));
		for (size_t i = 0; i < r->n_stacks; i++)
			for (size_t k = 0; k < r->stacks[i].n_frames; k++)
				ck_assert(buf_printf(&out, "\t%s\n", r->stacks[i].frames[k].function));
		culprit_report_destroy(r);
	}
	culprit_parser_destroy(p);
	buf_deinit(&log);
	ck_assert(buf_add(&out, "", 1));
	return out;
}

START_TEST(both_reports_come_out_whole)
{
	_cleanup_(buf_deinit) struct buf plain = reports_behind(prefixes[0]);
	size_t n_bad = 0;

	ck_assert_str_eq(plain.data,
			 "3-17 WARNING in gizmo_poll\n\tgizmo_poll\n\tgizmo_thread\n\tkthread\n\tret_from_fork\n"
			 "18-32 BUG: unable to handle kernel NULL pointer dereference in widget_read\n"
			 "\twidget_read\n\tvfs_read\n\tksys_read\n\tdo_syscall_64\n");
	for (size_t i = 0; i < countof(prefixes); i++) {
		_cleanup_(buf_deinit) struct buf out = reports_behind(prefixes[i]);

		if (strcmp(out.data, plain.data)) {
			fprintf(stderr, "behind '%s':\n%s\n", prefixes[i], out.data);
			n_bad++;
		}
	}
	ck_assert_msg(n_bad == 0, "%zu of %zu prefixes", n_bad, countof(prefixes));
}
END_TEST

/* What stands in front of all lines of a log, the kernel's and the programs'. */
static const char *const carriers[] = {
	"> ", "> > ", "| ", "    ", "\t", "%6zu\t", "%zu: ", "console.log:%zu:", "guest-1  | ", "2024-05-06T12:00:00.123456Z ",
	"2024-05-06 12:00:00 ", "[12:00:00.123] ", "2024-05-06T12:00:00.123456Z 01O ", "[Mon May  6 12:00:00 2024]",
	"\r", "\033[32m",
};

/* Logs that say too little behind one, and why. */
static const struct { const char *name, *why; } too_short[] = {
	{ "written-dmesg-begins", "dmesg -T is known by its stamp at a line's start" },
	{ "written-quiet-redhat5", "three lines of the kernel teach a carrier, there are two" },
};

static bool is_too_short(const char *name)
{
	for (size_t i = 0; i < countof(too_short); i++) {
		if (!strcmp(too_short[i].name, name))
			return true;
	}
	return false;
}

/* How many reports are in the log behind the carrier; each is told. */
static size_t count_carried(const struct corpus_case *c, const char *carrier)
{
	struct culprit_parser_options options = { .detect_boot_failures = true };
	struct span rest = c->log;
	struct buf log = { 0 };
	struct culprit_report *r;
	struct culprit_parser *p;
	size_t n = 0;

	for (size_t number = 1; rest.len; number++) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) + 1 : rest.len;
		const char *place = strchr(carrier, '%');
		int before = place ? (int)(place - carrier) : (int)strlen(carrier);

		ck_assert(buf_add(&log, carrier, (size_t)before));
		if (place)
			ck_assert(buf_printf(&log, place[1] == '6' ? "%6zu%s" : "%zu%s", number, strchr(place, 'u') + 1));
		ck_assert(buf_add(&log, rest.ptr, len));
		rest = span_skip(rest, len);
	}
	ck_assert_ptr_null(culprit_parser_create(set, &options, &p));
	ck_assert_ptr_null(culprit_parser_feed(p, log.data, log.len));
	ck_assert_ptr_null(culprit_parser_finish(p));
	for (; (r = culprit_parser_take(p)); n++) {
		fprintf(stderr, "%s behind '%s': %s\n", c->name, carrier, r->title);
		culprit_report_destroy(r);
	}
	culprit_parser_destroy(p);
	buf_deinit(&log);
	return n;
}

/* A machine that is well is well in a mail, in a CI system's log and in grep's output. */
START_TEST(healthy_logs_stay_healthy)
{
	_cleanup_(case_list_deinit) struct case_list list = { 0 };
	size_t n_logs = 0, n_bad = 0;

	ck_assert_ptr_null(case_list_add(&list, "corpus/benign"));
	for (size_t i = 0; i < list.n; i++) {
		if (list.cases[i].title || list.cases[i].log.len > 16 << 10 || is_too_short(list.cases[i].name))
			continue;
		n_logs++;
		n_bad += count_carried(&list.cases[i], carriers[_i]);
	}
	ck_assert_uint_gt(n_logs, 40);
	ck_assert_uint_eq(n_bad, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("prefixes");
	TCase *tc = tcase_create("prefixes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, both_reports_come_out_whole);
	tcase_add_loop_test(tc, healthy_logs_stay_healthy, 0, countof(carriers));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
