/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* However many threads read a file, in whatever blocks, and in whatever parts: what is reported stays the same, byte for byte. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/feed.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "cli/split.h"
#include "suite.h"

#define MAX_CASES 2000

static struct culprit_patterns *patterns;
static struct buf cases[MAX_CASES];	/* logs of the corpus, without headers */
static size_t n_cases;
static char path[] = "/tmp/culprit-test-feed-XXXXXX";

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* ------------------------------------------------------------ the logs */

static void read_case(const char *name)
{
	_cleanup_(buf_deinit) struct buf file = { 0 };
	FILE *f = fopen(name, "r");
	char bytes[65536];
	ptrdiff_t at;
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		ck_assert(buf_add(&file, bytes, n));
	fclose(f);
	at = span_find(buf_span(&file), SPAN("\n\n"));
	ck_assert_int_ge(at, 0);
	ck_assert_uint_lt(n_cases, MAX_CASES);
	ck_assert(buf_add(&cases[n_cases++], file.data + at + 2, file.len - (size_t)at - 2));
}

static void read_corpus(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		char name[1024];
		struct stat st;

		snprintf(name, sizeof(name), "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && strcmp(names[i]->d_name, "match") && !stat(name, &st)) {
			if (S_ISDIR(st.st_mode))
				read_corpus(name);
			else
				read_case(name);
		}
		free(names[i]);
	}
	free(names);
}

static void setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &patterns));
	read_corpus("corpus");
	ck_assert_uint_gt(n_cases, 100);
}

static void teardown(void)
{
	unlink(path);
	culprit_patterns_destroy(patterns);
	for (size_t i = 0; i < n_cases; i++)
		buf_deinit(&cases[i]);
}

static void write_log(struct span log)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert(!log.len || fwrite(log.ptr, 1, log.len, f) == log.len);
	ck_assert_int_eq(fclose(f), 0);
}

/* Lines that say nothing, also long ones, ones without an end, NULs. */
static void add_filler(struct buf *log, uint32_t *state)
{
	for (uint32_t n = random_next(state) % 400; n > 0; n--) {
		uint32_t what = random_next(state) % 200;

		if (what == 0)
			for (uint32_t k = random_next(state) % 3000; k > 0; k--)
				ck_assert(buf_add_str(log, "0123456789abcdef"));
		else if (what == 1)
			ck_assert(buf_add(log, "\0\0\0", 3));
		else
			ck_assert(buf_printf(log, "[%5u.%06u] usb %u-1: new device", n, what, random_next(state) % 100));
		if (what != 2)
			ck_assert(buf_add_str(log, what % 8 ? "\n" : "\r\n"));
	}
}

/* ------------------------------------------------------------- the runs */

struct result {
	struct buf text;
	size_t n, stop_after;
};

static bool on_report(void *arg, struct culprit_report *report)
{
	struct result *result = arg;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_report(&json, root, report, NULL);
	ck_assert(json_end(&json, root, &result->text));
	ck_assert(text_add_report(&result->text, report, "log", false));
	culprit_report_destroy(report);
	result->n++;
	return !result->stop_after || result->n < result->stop_after;
}

static void on_end(void *arg, const struct culprit_summary *summary, bool whole)
{
	struct result *result = arg;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	ck_assert(whole || result->stop_after);
	json_put_summary(&json, root, summary, NULL);
	ck_assert(json_end(&json, root, &result->text));
}

static struct result run(size_t n_jobs, size_t block_bytes, size_t stop_after)
{
	struct result result = { .stop_after = stop_after };
	struct feed feed = {
		.patterns = patterns, .path = path, .detect_boot_failures = true, .n_jobs = n_jobs,
		.block_bytes = block_bytes, .report = on_report, .end = on_end, .arg = &result,
	};

	ck_assert_ptr_null(feed_run(&feed));
	return result;
}

static void check_run(const struct result *want, size_t n_jobs, size_t block_bytes)
{
	struct result got = run(n_jobs, block_bytes, 0);

	ck_assert_uint_eq(got.n, want->n);
	ck_assert_uint_eq(got.text.len, want->text.len);
	ck_assert_msg(!memcmp(got.text.data, want->text.data, want->text.len), "%zu threads, blocks of %zu", n_jobs,
		      block_bytes);
	buf_deinit(&got.text);
}

static void add_random_case(struct buf *log, uint32_t *state)
{
	const struct buf *c = &cases[random_next(state) % n_cases];

	ck_assert(buf_add(log, c->data, c->len));
	add_filler(log, state);
}

START_TEST(random_orders)
{
	static const size_t blocks[] = { 997, 4096, 32768, 40001, 65536, 262144 };
	uint32_t state = 11;

	for (int round = 0; round < 25; round++) {
		_cleanup_(buf_deinit) struct buf log = { 0 };
		struct result want;

		for (uint32_t n = random_next(&state) % 25; n > 0; n--)
			add_random_case(&log, &state);
		/* Sometimes cut in the middle of a line. */
		if (log.len && round % 3 == 0)
			log.len -= random_next(&state) % (log.len < 2000 ? log.len : 2000);
		write_log(buf_span(&log));
		want = run(1, 0, 0);
		for (size_t i = 0; i < 5; i++)
			check_run(&want, 2 + random_next(&state) % 7, blocks[random_next(&state) % countof(blocks)]);
		buf_deinit(&want.text);
	}
}
END_TEST

START_TEST(the_whole_corpus)
{
	_cleanup_(buf_deinit) struct buf log = { 0 };
	uint32_t state = 3;
	struct result want;

	for (size_t i = n_cases; i > 1; i--) {
		size_t k = random_next(&state) % i;
		struct buf swap = cases[k];

		cases[k] = cases[i - 1];
		cases[i - 1] = swap;
	}
	for (size_t i = 0; i < n_cases; i++) {
		ck_assert(buf_add(&log, cases[i].data, cases[i].len));
		add_filler(&log, &state);
	}
	write_log(buf_span(&log));
	want = run(1, 0, 0);
	ck_assert_uint_gt(want.n, 300);
	for (size_t jobs = 1; jobs <= 8; jobs++)
		check_run(&want, jobs, jobs % 2 ? 0 : 1u << (12 + jobs));
	buf_deinit(&want.text);
}
END_TEST

/* Every literal is cut somewhere. */
START_TEST(tiny_blocks)
{
	static const char head[] = "[    0.000000] Linux version 6.1.0 (x@y) (gcc) #1 SMP\n", nl[] = "\n\n";
	_cleanup_(buf_deinit) struct buf log = { 0 };
	struct result want;

	ck_assert(buf_add(&log, head, sizeof(head) - 1));
	for (size_t i = 0; i < n_cases && log.len < 6000; i++) {
		if (cases[i].len < 5000)
			ck_assert(buf_add(&log, cases[i].data, cases[i].len) && buf_add(&log, nl, 2));
	}
	write_log(buf_span(&log));
	want = run(1, 0, 0);
	ck_assert_uint_gt(want.n, 0);
	for (size_t block = 1; block < 150; block++)
		check_run(&want, 1 + block % 8, block);
	/* blocks that end where the file does */
	check_run(&want, 3, log.len);
	check_run(&want, 3, log.len / 2);
	buf_deinit(&want.text);
}
END_TEST

/* Full of literals: more than are kept of a block. */
START_TEST(nothing_but_banners)
{
	_cleanup_(buf_deinit) struct buf log = { 0 };
	struct result want;

	for (unsigned int i = 0; i < 6000; i++)
		ck_assert(buf_printf(&log, "[%5u.000000] WARNING: CPU: 0 PID: 1 at kernel/x%u.c:1 f+0x1/0x20\n", i, i));
	write_log(buf_span(&log));
	want = run(1, 0, 0);
	ck_assert_uint_gt(want.n, 1000);
	for (size_t jobs = 2; jobs < 6; jobs++)
		check_run(&want, jobs, 1u << (14 + jobs % 5));
	buf_deinit(&want.text);
}
END_TEST

/* Whoever has seen enough does not wait for the threads to read it all. */
START_TEST(stopped_early)
{
	_cleanup_(buf_deinit) struct buf log = { 0 };
	uint32_t state = 1;
	struct result all;

	for (int i = 0; i < 60; i++)
		add_random_case(&log, &state);
	write_log(buf_span(&log));
	all = run(1, 0, 0);
	ck_assert_uint_gt(all.n, 10);
	for (size_t stop = 1; stop < 4; stop++) {
		struct result some = run(4, 5000, stop);

		/* The parser's end asks once more. */
		ck_assert_uint_le(some.n, stop + 1);
		buf_deinit(&some.text);
	}
	buf_deinit(&all.text);
}
END_TEST

/* What parts 1 to n of the log tell, one behind the other. */
static struct result run_parts(unsigned int n, size_t n_jobs, unsigned int *ret_telling)
{
	const char *logs[] = { path };
	const struct paths paths = { .paths = logs, .n = 1 };
	struct result result = { 0 };

	*ret_telling = 0;
	for (unsigned int i = 1; i <= n; i++) {
		_cleanup_(split_destroyp) struct split *split = NULL;
		struct feed_range range;
		struct feed feed = {
			.patterns = patterns, .path = path, .detect_boot_failures = true, .n_jobs = n_jobs,
			.block_bytes = n_jobs > 1 ? 4096 : 0, .range = &range, .report = on_report, .end = on_end, .arg = &result,
		};
		size_t before = result.n;
		char text[32];

		snprintf(text, sizeof(text), "%u/%u", i, n);
		ck_assert_ptr_null(split_create(&paths, text, &split));
		if (split_range(split, 0, &range))
			ck_assert_ptr_null(feed_run(&feed));
		*ret_telling += result.n > before;
	}
	return result;
}

static void check_parts(unsigned int from, unsigned int to, size_t n_jobs, unsigned int *most_telling)
{
	struct result want = run(1, 0, 0);

	for (unsigned int n = from; n <= to; n++) {
		unsigned int telling;
		struct result got = run_parts(n, n_jobs, &telling);

		ck_assert_uint_eq(got.n, want.n);
		ck_assert_uint_eq(got.text.len, want.text.len);
		ck_assert_msg(!memcmp(got.text.data, want.text.data, want.text.len), "%u parts", n);
		*most_telling = telling > *most_telling ? telling : *most_telling;
		buf_deinit(&got.text);
	}
	buf_deinit(&want.text);
}

/* Parts of a log tell together what is told of the whole: also where they are cut within a report, a line, a boot. */
START_TEST(parts_are_the_whole)
{
	unsigned int most_telling = 0;
	uint32_t state = 77;

	for (int round = 0; round < 16; round++) {
		_cleanup_(buf_deinit) struct buf log = { 0 };

		for (uint32_t n = random_next(&state) % 12; n > 0; n--) {
			const struct buf *c = &cases[random_next(&state) % n_cases];

			ck_assert(buf_add(&log, c->data, c->len));
			if (round % 2)
				add_filler(&log, &state);
		}
		if (log.len && round % 3 == 0)
			log.len -= random_next(&state) % (log.len < 2000 ? log.len : 2000);
		write_log(buf_span(&log));
		check_parts(1, 9, round % 4 ? 1 : 3, &most_telling);
	}
	ck_assert_uint_ge(most_telling, 5);
}
END_TEST

/* Each case of the corpus alone: boots that stop, machines that restart, boots that are printed again. */
START_TEST(parts_of_each_case)
{
	unsigned int most_telling = 0;

	for (size_t i = 0; i < n_cases; i++) {
		write_log(buf_span(&cases[i]));
		check_parts(1 + i % 9, 1 + i % 9, 1, &most_telling);
	}
	ck_assert_uint_ge(most_telling, 2);
}
END_TEST

/* A part reads no further than it must: a log whose rest cannot be a log is no matter to the first one. */
START_TEST(a_part_ends_early)
{
	static const char crash[] = "[    1.000000] Kernel panic - not syncing: one\n";
	_cleanup_(buf_deinit) struct buf log = { 0 };
	struct feed_range range = { 0, 100 };
	struct result result = { 0 };
	struct feed feed = { .patterns = patterns, .path = path, .range = &range, .report = on_report, .end = on_end, .arg = &result };
	struct stat st;
	int fd;

	ck_assert(buf_add_str(&log, crash));
	write_log(buf_span(&log));
	/* a hole of a terabyte would take minutes to read */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)1 << 40), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	ck_assert_ptr_null(feed_run(&feed));
	ck_assert_uint_eq(result.n, 1);
	buf_deinit(&result.text);
}
END_TEST

START_TEST(parts_are_named)
{
	static const char *const bad[] = { "", "1", "1/", "/2", "0/2", "3/2", "1/0", "-1/2", "1/2x", "1 /2", "1/1000001", "1/99999999999999999999" };
	const char *logs[] = { path };
	const struct paths paths = { .paths = logs, .n = 1 };

	for (size_t i = 0; i < countof(bad); i++) {
		struct split *split = NULL;
		struct culprit_error *err = split_create(&paths, bad[i], &split);

		ck_assert_msg(err && culprit_error_code(err) == CULPRIT_ERROR_USAGE, "'%s'", bad[i]);
		culprit_error_destroy(err);
	}
}
END_TEST

START_TEST(an_empty_file)
{
	struct result want, got;

	write_log(SPAN(""));
	want = run(1, 0, 0);
	got = run(4, 10, 0);
	ck_assert_str_eq(got.text.data, want.text.data);
	buf_deinit(&want.text);
	buf_deinit(&got.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feed");
	TCase *tc = tcase_create("feed");

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_test(tc, random_orders);
	tcase_add_test(tc, the_whole_corpus);
	tcase_add_test(tc, tiny_blocks);
	tcase_add_test(tc, nothing_but_banners);
	tcase_add_test(tc, stopped_early);
	tcase_add_test(tc, an_empty_file);
	tcase_add_test(tc, parts_are_the_whole);
	tcase_add_test(tc, parts_of_each_case);
	tcase_add_test(tc, a_part_ends_early);
	tcase_add_test(tc, parts_are_named);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
