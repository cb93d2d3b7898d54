/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast the prefilter is, beside what else could do its work, with the
 * literals of the embedded patterns.
 *
 *	bench-scan FILE
 *
 * Each figure is the median of seven runs. Blocks are the parser's: a block is
 * searched on its own, and where a literal was found the rest of its line is
 * passed over. Hyperscan, where it was there when this was built, gets the
 * same literals and the same blocks, and tells every literal it sees.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "input/console.h"
#include "pattern/pattern.h"
#include "pattern/scan_parts.h"

#ifdef HAVE_HYPERSCAN
#include <hs/hs.h>
#endif

#define RUNS 7
#define BLOCK_BYTES (64u << 10)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
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
	const struct scan_set *set;
	scan_run_fn *loop;
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

static struct span block_at(const struct bench *b, size_t off)
{
	size_t rest = b->data.len - off;

	return (struct span){ b->data.ptr + off, rest < BLOCK_BYTES ? rest : BLOCK_BYTES };
}

static size_t find_lines(const struct bench *b, struct span block)
{
	size_t n = 0;

	for (size_t at = 0; (at = scan_next_with(b->set, block, at, b->loop).off) < block.len; n++) {
		const char *end = memchr(block.ptr + at, '\n', block.len - at);

		at = end ? (size_t)(end - block.ptr) + 1 : block.len;
	}
	return n;
}

static size_t run_lines(const struct bench *b)
{
	size_t n = 0;

	for (size_t off = 0; off < b->data.len; off += BLOCK_BYTES)
		n += find_lines(b, block_at(b, off));
	return n;
}

/* The same block again and again: what the loop itself can do. */
static size_t run_cached(const struct bench *b)
{
	size_t n = 0;

	for (size_t off = 0; off < b->data.len; off += BLOCK_BYTES)
		n += find_lines(b, block_at(b, 0));
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

	for (size_t off = 0; off < b->data.len; off += BLOCK_BYTES) {
		struct span block = block_at(b, off);

		hs_scan(b->db, block.ptr, (unsigned int)block.len, 0, b->scratch, on_match, &n);
	}
	return n;
}

static void hyperscan_init(struct bench *b)
{
	const char *texts[SCAN_MAX_LITERALS];
	unsigned int flags[SCAN_MAX_LITERALS] = { 0 }, ids[SCAN_MAX_LITERALS];
	size_t lens[SCAN_MAX_LITERALS];
	hs_compile_error_t *error;

	for (unsigned int i = 0; i < b->set->n; i++) {
		texts[i] = b->set->literals[i].text.ptr;
		lens[i] = b->set->literals[i].text.len;
		ids[i] = i;
	}
	if (hs_compile_lit_multi(texts, flags, ids, lens, (unsigned int)b->set->n, HS_MODE_BLOCK, NULL, &b->db, &error) ||
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
	printf("%-44s %9.0f MB/s  %10zu found\n", what, (double)b->data.len / 1e6 / times[RUNS / 2], n);
}

static void report_loop(const char *what, struct bench *b, scan_run_fn *loop)
{
	b->loop = loop;
	if (loop)
		report(what, b, run_lines);
}

int main(int argc, char **argv)
{
	struct culprit_patterns *patterns;
	struct bench b = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: bench-scan FILE\n");
		return 2;
	}
	b.data = load(argv[1]);
	if (culprit_patterns_load(NULL, 0, &patterns))
		abort();
	b.set = patterns->scan;
	printf("in memory, %zu literals, blocks of %u KiB\n", b.set->n, BLOCK_BYTES >> 10);
	report("memchr for newlines", &b, run_memchr);
	report("memmem, one literal", &b, run_memmem);
	report_loop("prefilter, AVX-512", &b, scan_x86_run_avx512());
	report_loop("prefilter, AVX2", &b, scan_x86_run_avx2());
	report_loop("prefilter, portable", &b, scan_run_portable);
	b.loop = scan_x86_run() ? scan_x86_run() : scan_run_portable;
	report("prefilter, one block again and again", &b, run_cached);
#ifdef HAVE_HYPERSCAN
	hyperscan_init(&b);
	report("hyperscan", &b, run_hyperscan);
	hs_free_scratch(b.scratch);
	hs_free_database(b.db);
#endif
	report("decoding every line", &b, run_decode);
	culprit_patterns_destroy(patterns);
	munmap((void *)b.data.ptr, b.data.len);
	return 0;
}
