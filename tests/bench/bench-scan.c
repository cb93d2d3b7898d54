/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast the prefilter is, beside what else could do its work.
 *
 *	bench-scan [--write FILE] [FILE | MEGABYTES]
 *
 * Without a file it makes benign console output of its own (64 MB, always the
 * same): boot messages, firmware, test output, and a line that looks like a
 * crash every 20 KB.  --write keeps that for ripgrep and wc.  --literals prints
 * the literals, for `rg -c -F -f`.  Each figure is the median of seven runs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "readers/console.h"
#include "readers/scan_parts.h"

#ifdef HAVE_HYPERSCAN
#include <hs/hs.h>
#endif

#define RUNS 7

static const char *const literals[] = {
	"BUG: ", "WARNING: ", "general protection fault", "Kernel panic - not syncing", "INFO: task ",
	"INFO: rcu", "INFO: possible recursive locking", "INFO: trying to register non-static key",
	"INFO: suspicious RCU usage", "INFO: inconsistent lock state", "INFO: Slab 0x", "INFO: Freed in ",
	"INFO: Allocated in ", "Unable to handle kernel", "unregister_netdevice: waiting for", "Linux version ",
	"U-Boot ", "------------[ cut here ]", "kernel BUG at", "Internal error: ", "divide error: ",
	"invalid opcode: ", "stack segment: ", "double fault: ", "unable to handle kernel", "Unhandled fault: ",
	"Alignment trap: ", "segment not present: ", "coprocessor segment overrun", "invalid TSS: ",
	"UBSAN: ", "kmemleak: ", "unreferenced object 0x", "possible deadlock in", "possible circular locking",
	"possible irq lock inversion", "possible recursive locking", "bad unlock balance", "held lock freed!",
	"lock held when returning to user space", "Invalid wait context", "suspicious RCU usage",
	"inconsistent lock state", "possible unsafe locking scenario", "self-detected stall on CPU",
	"rcu_preempt detected stalls", "rcu_sched detected stalls", "blocked for more than", "soft lockup - CPU#",
	"Watchdog detected hard LOCKUP", "workqueue lockup - pool", "Bad page state in process", "Bad page map",
	"list_add corruption", "list_del corruption", "refcount_t: ", "ODEBUG: ", "usercopy: ",
	"kernel stack overflow", "stack guard page was hit", "corrupted stack end detected", "scheduling while atomic",
	"sleeping function called from invalid context", "Machine check: ", "[Hardware Error]", "rust_kernel: panicked",
	"Out of memory and no killable", "Out of memory: Kill", "No init found", "No working init found",
	"VFS: Cannot open root device", "Unable to mount root fs", "Initramfs unpacking failed", "trusty: panic",
	"Attempted to kill init!", "unexpected kernel reboot", "Rebooting in ", "reboot: Restarting system",
	"Kernel mode fault at addr", "Oops: ", "Oops[#", "kernel access of bad area", "Unrecoverable ",
	"Bad mode in ", "SError Interrupt on CPU", "Undefined instruction", "Illegal instruction", "BUG at ",
	"KASAN: ", "KMSAN: ", "KCSAN: ", "KFENCE: ", "NETDEV WATCHDOG: ", "assertion failed", "Assertion failed",
	"protection fault",
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ------------------------------------------------------------ the data */

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void make_line(struct buf *buf, uint32_t *state, double *clock)
{
	static const char *const kernel[] = {
		"usb %u-1: new high-speed USB device number %u using xhci_hcd", "pci 0000:%02x:00.0: [8086:%04x] type 00 class 0x060000",
		"ACPI: PCI: Interrupt link LNK%c configured for IRQ %u", "BIOS-e820: [mem 0x%016x-0x00000000%08x] usable",
		"audit: type=1400 audit(1795341600.%u:%u): avc:  denied  { read } for  pid=1 comm=\"systemd\"",
		"EXT4-fs (vda%u): mounted filesystem with ordered data mode. Quota mode: none. id %u",
		"random: crng init done %u %u", "systemd[1]: Starting Load Kernel Module number %u of unit-%u.service...",
		"IPv6: ADDRCONF(NETDEV_CHANGE): veth%u: link becomes ready (%u)", "device veth%u entered promiscuous mode, port %u",
		"e1000 0000:00:%02x.0 eth0: Intel(R) PRO/1000 Network Connection, %u",
		"clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x%x, max_idle_ns: %u ns",
		"initcall acpi_init+0x0/0x%x returned 0 after %u usecs", "cgroup: Setting release_agent not allowed %u %u",
		"loop%u: detected capacity change from 0 to %u", "RDX: %016x RSI: 00000000%08x RDI: 0000000000000000",
		" ext4_fill_super+0x%x/0x%x", "blk_update_request: I/O error, dev loop%u, sector %u op 0x0:(READ) flags 0x0",
	};
	static const char *const other[] = {
		"TEST: case %u of %u passed", "2026/11/22 10:00:00 executing program %u:\nr0 = socket(0x%x, 0x2, 0x0)",
		"         Starting OpenBSD Secure Shell server for instance %u (%u)...", "ok %u - selftests: net: test_%u.sh",
		"CBFS: Locating 'fallback/payload%u' found @ offset %x", "Reading package lists... Building dependency tree %u %u",
	};
	static const char *const lookalike[] = {
		"WARNING: RO_VPD is uninitialized or empty (%u, %u).", "INFO:    BL31: Preparing for EL3 exit %u to normal world %u",
		"daemon: saw BUG: in its own log, retry %u of %u", "ERROR: Internal error: none of %u files in %u",
	};
	uint32_t r = random_next(state), a = random_next(state), b = random_next(state);
	bool ok;

	*clock += (r & 0xff) * 1e-4;
	if (r % 300 == 0)
		ok = buf_printf(buf, lookalike[a % countof(lookalike)], a & 31, b & 0xff);
	else if (r % 5 == 0)
		ok = buf_printf(buf, other[a % countof(other)], a & 31, b & 0xff);
	else
		ok = buf_printf(buf, "[%12.6f] ", *clock) &&
		     buf_printf(buf, kernel[a % countof(kernel)], 65 + (a & 15), b & 0xffff);
	if (!ok || !buf_add(buf, "\r\n", 2))
		abort();
}

static struct span load(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
		perror(path);
		exit(1);
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	return p == MAP_FAILED ? (exit(1), (struct span){ 0 }) : (struct span){ p, (size_t)st.st_size };
}

/* ------------------------------------------------------------ the runs */

struct bench {
	struct span data;
	struct scan_set *set;
#ifdef HAVE_HYPERSCAN
	hs_database_t *db;
	hs_scratch_t *scratch;
#endif
};

static size_t run_memchr(const struct bench *b)
{
	const char *p = b->data.ptr, *end = p + b->data.len;
	size_t n = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		n++;
		p++;
	}
	return n;
}

static size_t run_count(const struct bench *b)
{
	return scan_count_lines(b->data);
}

static size_t run_memmem(const struct bench *b)
{
	const char *p = b->data.ptr, *end = p + b->data.len;
	size_t n = 0;

	while ((p = memmem(p, (size_t)(end - p), "general protection fault", 24))) {
		n++;
		p++;
	}
	return n;
}

static size_t run_find(const struct bench *b)
{
	size_t n = 0;

	for (size_t at = 0; (at = scan_find(b->set, b->data, at, NULL)) < b->data.len; at++)
		n++;
	return n;
}

static size_t run_find_portable(const struct bench *b)
{
	size_t n = 0;

	for (size_t at = 0; (at = scan_find_portable(b->set, b->data, at, NULL)) < b->data.len; at++)
		n++;
	return n;
}

static size_t run_find_avx2(const struct bench *b)
{
	size_t n = 0;

	for (size_t at = 0; (at = scan_find_with(b->set, b->data, at, NULL, scan_x86_run_avx2())) < b->data.len; at++)
		n++;
	return n;
}

/* Lines with a hit are skipped, as the parser and grep -c do; 256 KiB at a time. */
static size_t run_lines(const struct bench *b)
{
	size_t n = 0;

	for (size_t off = 0; off < b->data.len; off += 256u << 10) {
		size_t rest = b->data.len - off;
		struct span chunk = { b->data.ptr + off, rest < (256u << 10) ? rest : 256u << 10 };

		for (size_t at = 0; (at = scan_find(b->set, chunk, at, NULL)) < chunk.len; n++) {
			const char *end = memchr(chunk.ptr + at, '\n', chunk.len - at);

			at = end ? (size_t)(end - chunk.ptr) + 1 : chunk.len;
		}
	}
	return n;
}

/* The same 128 KiB again and again: what the loop itself can do. */
static size_t run_cached(const struct bench *b)
{
	struct span chunk = { b->data.ptr, b->data.len < (128u << 10) ? b->data.len : 128u << 10 };
	size_t n = 0;

	for (size_t turn = b->data.len / (chunk.len + !chunk.len); turn > 0; turn--)
		for (size_t at = 0; (at = scan_find(b->set, chunk, at, NULL)) < chunk.len; at++)
			n++;
	return n;
}

static size_t run_decode(const struct bench *b)
{
	struct console_decoder decoder = { 0 };
	struct span rest = b->data;
	size_t n = 0;

	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
		struct line line;

		if (console_decode(&decoder, (struct span){ rest.ptr, len }, 0, &line))
			abort();
		n += line.origin == ORIGIN_KERNEL;
		rest = span_skip(rest, end ? len + 1 : len);
	}
	console_decoder_deinit(&decoder);
	return n;
}

#ifdef HAVE_HYPERSCAN
static int on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *arg)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(size_t *)arg;
	return 0;
}

static size_t run_hyperscan(const struct bench *b)
{
	size_t n = 0;

	for (size_t off = 0; off < b->data.len; off += 256u << 10) {
		size_t rest = b->data.len - off;

		hs_scan(b->db, b->data.ptr + off, (unsigned int)(rest < (256u << 10) ? rest : 256u << 10), 0,
			b->scratch, on_match, &n);
	}
	return n;
}

static void hyperscan_init(struct bench *b)
{
	const char *texts[countof(literals)];
	unsigned int flags[countof(literals)], ids[countof(literals)];
	size_t lens[countof(literals)];
	hs_compile_error_t *error;

	for (unsigned int i = 0; i < countof(literals); i++) {
		texts[i] = literals[i];
		flags[i] = 0;
		ids[i] = i;
		lens[i] = strlen(literals[i]);
	}
	if (hs_compile_lit_multi(texts, flags, ids, lens, countof(literals), HS_MODE_BLOCK, NULL, &b->db, &error) ||
	    hs_alloc_scratch(b->db, &b->scratch))
		abort();
}
#endif

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *what, const struct bench *b, size_t (*run)(const struct bench *))
{
	double times[RUNS];
	size_t n = 0;

	for (int i = 0; i < RUNS; i++) {
		double start = now();

		n = run(b);
		times[i] = now() - start;
	}
	qsort(times, RUNS, sizeof(times[0]), compare);
	printf("%-34s %8.0f MB/s  %10zu found\n", what, (double)b->data.len / 1e6 / times[RUNS / 2], n);
}

int main(int argc, char **argv)
{
	struct span texts[countof(literals)];
	struct bench b = { 0 };
	struct buf made = { 0 };
	size_t want = 64;
	const char *write_to = NULL;
	double start;

	if (argc > 1 && !strcmp(argv[1], "--literals")) {
		for (size_t i = 0; i < countof(literals); i++)
			puts(literals[i]);
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "--write")) {
		write_to = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc > 1 && strspn(argv[1], "0123456789") == strlen(argv[1]))
		want = strtoul(argv[1], NULL, 10);
	else if (argc > 1)
		b.data = load(argv[1]);
	if (!b.data.len) {
		uint32_t state = 1;
		double clock = 0;

		while (made.len < want * 1000000)
			make_line(&made, &state, &clock);
		b.data = buf_span(&made);
	}
	if (write_to) {
		FILE *f = fopen(write_to, "w");

		if (!f || fwrite(b.data.ptr, 1, b.data.len, f) != b.data.len || fclose(f)) {
			perror(write_to);
			return 1;
		}
	}
	for (size_t i = 0; i < countof(literals); i++)
		texts[i] = span_of(literals[i]);
	start = now();
	for (int i = 0; i < 100; i++) {
		scan_set_destroy(b.set);
		if (scan_set_create(texts, countof(texts), &b.set))
			abort();
	}
	printf("%zu literals, set made in %.0f us; %zu MB\n", countof(texts), (now() - start) / 100 * 1e6,
	       b.data.len / 1000000);
	report("memchr for newlines", &b, run_memchr);
	report("scan_count_lines", &b, run_count);
	report("memmem, one literal", &b, run_memmem);
	report("scan_find, every literal", &b, run_find);
	report("scan_find, lines, 256 KiB chunks", &b, run_lines);
	report("scan_find, 128 KiB in cache", &b, run_cached);
	if (scan_x86_run_avx2())
		report("scan_find, AVX2 only", &b, run_find_avx2);
	report("scan_find_portable", &b, run_find_portable);
#ifdef HAVE_HYPERSCAN
	hyperscan_init(&b);
	report("hyperscan, 256 KiB chunks", &b, run_hyperscan);
#endif
	report("console_decode of every line", &b, run_decode);
	scan_set_destroy(b.set);
	buf_deinit(&made);
	return 0;
}
