/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logs for the benchmark, always the same for the same corpus.
 *
 *	bench-data KIND MEGABYTES CORPUS > FILE
 *
 * literals	not a log: what the prefilter looks for, one per line, for grep -F
 * benign	lines of the boots in CORPUS/benign, and every 20 KB one that holds
 *		an announcing literal and is none of a crash's
 * sparse	the same with a report out of CORPUS every 64 KB
 * dense	reports with 1 KB between them
 * repeat	one banner again and again
 * contexts	banners and frames of 5000 callers, mixed
 * long		lines of a megabyte, some with a banner far inside
 * nuls		benign lines with runs of NUL between and inside of them
 * small	one report with what stands around it, 10 KB
 *
 * A boot goes to its end once; after that its lines say nothing of a boot's
 * progress any more, as in a machine that stays up.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pattern/pattern.h"

#define LOOKALIKE_BYTES 20000
#define SPARSE_BYTES (64u << 10)
#define DENSE_BYTES 1024
#define MAX_CASES 2000

/* Seen in real logs, but for the numbers. */
static const char *const lookalikes[] = {
	"WARNING: RO_VPD is uninitialized or empty.",
	"WARNING: RW_VPD is uninitialized or empty.",
	"systemd[1]: BUG: unit dbus.service was started twice, see bug 8161.",
	"BUG: sched_clock of the test driver differs by 3 ns, going on",
	"dmeventd[311]: general protection fault is one of the words this program greps for",
	"INFO: task 'deploy' finished in 3 s",
	"ls: WARNING: cannot read security attribute of 'lost+found'",
	"apt-listbugs: grave bugs of linux-image: kernel BUG at mm/slub.c (Fixed: 6.1.55-1)",
	"test_printk: Oops: is a word as any other",
	"login[214]: WARNING: utmp is full, entry of tty7 replaced",
};

struct data {
	struct culprit_patterns *patterns;
	struct buf lines;		/* benign ones without literals, ends of line included */
	size_t at;			/* in lines */
	struct buf boot;		/* one whole benign boot */
	struct buf reports[MAX_CASES];	/* raw bytes, as they stand in their logs */
	size_t n_reports, next_report;
	struct buf out;
	uint64_t written, want;
	size_t since_lookalike, next_lookalike;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void must(struct culprit_error *err)
{
	if (err) {
		fprintf(stderr, "%s\n", culprit_error_message(err));
		exit(1);
	}
}

static void drain(struct data *d)
{
	size_t done = 0;

	while (done < d->out.len) {
		ssize_t n = write(STDOUT_FILENO, d->out.data + done, d->out.len - done);

		if (n < 0)
			die("bench-data");
		done += (size_t)n;
	}
	d->written += d->out.len;
	d->out.len = 0;
}

static void put(struct data *d, const void *bytes, size_t len)
{
	if (!buf_add(&d->out, bytes, len))
		die("bench-data");
	if (d->out.len > 1u << 20)
		drain(d);
}

static bool is_full(const struct data *d)
{
	return d->written + d->out.len >= d->want;
}

/* ---------------------------------------------------------- the corpus */

static struct buf read_file(const char *path)
{
	struct buf buf = { 0 };
	FILE *f = fopen(path, "r");
	struct stat st;

	if (!f || fstat(fileno(f), &st) || !buf_reserve(&buf, (size_t)st.st_size + 1))
		die(path);
	buf.len = fread(buf.data, 1, (size_t)st.st_size, f);
	fclose(f);
	return buf;
}

/* A case is headers, an empty line, the log. */
static struct span log_of(struct buf *file)
{
	ptrdiff_t at = span_find(buf_span(file), SPAN("\n\n"));

	return span_skip(buf_span(file), at < 0 ? 0 : (size_t)at + 2);
}

static void take_lines(struct data *d, struct span log)
{
	while (log.len) {
		const char *nl = memchr(log.ptr, '\n', log.len);
		struct span line = { log.ptr, nl ? (size_t)(nl + 1 - log.ptr) : log.len };

		if (nl && scan_find(d->patterns->scan, line, 0, NULL) == line.len && !buf_add(&d->lines, line.ptr, line.len))
			die("bench-data");
		log = span_skip(log, line.len);
	}
}

static void take_report(struct data *d, struct span log)
{
	struct culprit_parser *parser;
	struct culprit_report *report;

	must(culprit_parser_create(d->patterns, NULL, &parser));
	must(culprit_parser_feed(parser, log.ptr, log.len));
	must(culprit_parser_finish(parser));
	while ((report = culprit_parser_take(parser))) {
		size_t len = report->end_offset - report->start_offset;

		/* Long ones would be most of the log. */
		if (report->kind == CULPRIT_KIND_CRASH && len < 8192 && report->n_stacks && d->n_reports < MAX_CASES &&
		    !buf_add(&d->reports[d->n_reports++], log.ptr + report->start_offset, len))
			die("bench-data");
		culprit_report_destroy(report);
	}
	culprit_parser_destroy(parser);
}

static void read_cases(struct data *d, const char *corpus, const char *folder)
{
	struct dirent **names;
	char path[4096];
	int n;

	snprintf(path, sizeof(path), "%s/%s", corpus, folder);
	n = scandir(path, &names, NULL, alphasort);
	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		struct buf file;

		snprintf(path, sizeof(path), "%s/%s/%s", corpus, folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.') {
			file = read_file(path);
			if (strcmp(folder, "benign"))
				take_report(d, log_of(&file));
			else
				take_lines(d, log_of(&file));
			buf_deinit(&file);
		}
		free(names[i]);
	}
	free(names);
}

static void read_corpus(struct data *d, const char *corpus)
{
	static const char *const folders[] = { "benign", "kasan", "warning", "fault", "lockdep", "bug", "atomic", "hang", "ubsan" };
	char path[4096];
	struct buf file;

	for (size_t i = 0; i < countof(folders); i++)
		read_cases(d, corpus, folders[i]);
	snprintf(path, sizeof(path), "%s/benign/x86d-boot", corpus);
	file = read_file(path);
	if (!d->lines.len || !d->n_reports || !buf_add(&d->boot, log_of(&file).ptr, log_of(&file).len))
		die(corpus);
	buf_deinit(&file);
}

/* ------------------------------------------------------------ the logs */

static void put_benign_line(struct data *d)
{
	const char *start = d->lines.data + d->at;
	size_t len = (size_t)((const char *)memchr(start, '\n', d->lines.len - d->at) + 1 - start);

	if (d->since_lookalike >= LOOKALIKE_BYTES) {
		const char *text = lookalikes[d->next_lookalike++ % countof(lookalikes)];

		put(d, text, strlen(text));
		put(d, "\n", 1);
		d->since_lookalike = 0;
	}
	put(d, start, len);
	d->since_lookalike += len;
	d->at += len;
	if (d->at == d->lines.len)
		d->at = 0;
}

static void put_benign(struct data *d, size_t bytes)
{
	uint64_t end = d->written + d->out.len + bytes;

	while (d->written + d->out.len < end)
		put_benign_line(d);
}

static void put_report(struct data *d)
{
	struct buf *report = &d->reports[d->next_report++ % d->n_reports];

	put(d, report->data, report->len);
}

static void make_reports(struct data *d, size_t between)
{
	put(d, d->boot.data, d->boot.len);
	do {
		put_benign(d, between);
		put_report(d);
	} while (!is_full(d));
}

static void make_repeat(struct data *d)
{
	static const char banner[] = "[   12.345678] WARNING: CPU: 0 PID: 1 at kernel/x.c:1 f+0x1/0x20\n";

	while (!is_full(d))
		put(d, banner, sizeof(banner) - 1);
}

static void make_contexts(struct data *d)
{
	char line[256];

	for (unsigned int i = 0; !is_full(d); i++) {
		unsigned int task = i * 2654435761u >> 8, what = i / 5000 % 4;
		static const char *const texts[] = {
			"BUG: KASAN: slab-out-of-bounds in foo_%u+0x10/0x20", "Call Trace:", " bar_%u+0x10/0x20",
			"foo: port %u is up",
		};
		int n = snprintf(line, sizeof(line), "[%5u.000001][T%5u] ", i / 100000, 1 + task % 5000);

		n += snprintf(line + n, sizeof(line) - (size_t)n, texts[what], task % 100);
		line[n++] = '\n';
		put(d, line, (size_t)n);
	}
}

static void make_long(struct data *d)
{
	for (unsigned int i = 0; !is_full(d); i++) {
		for (unsigned int j = 0; j < 16384; j++) {
			put(d, "0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789ab ", 64);
			if (i % 4 == 3 && j % 4096 == 100)
				put(d, "BUG: KASAN: slab-out-of-bounds in foo+0x1/0x2 ", 46);
		}
		put(d, "\n", 1);
	}
}

static void make_nuls(struct data *d)
{
	static const char nuls[4096];

	for (unsigned int i = 0; !is_full(d); i++) {
		put(d, nuls, i * 2654435761u >> 20);
		put_benign(d, 500);
	}
}

static void make_log(struct data *d, const char *kind)
{
	if (!strcmp(kind, "literals")) {
		for (size_t i = 0; i < d->patterns->n_banners; i++)
			printf("%s\n", d->patterns->banners[i].literal);
		for (size_t i = 0; i < d->patterns->n_marks; i++)
			printf("%s\n", d->patterns->marks[i].literal);
	} else if (!strcmp(kind, "benign")) {
		put(d, d->boot.data, d->boot.len);
		while (!is_full(d))
			put_benign_line(d);
	} else if (!strcmp(kind, "sparse")) {
		make_reports(d, SPARSE_BYTES);
	} else if (!strcmp(kind, "dense")) {
		make_reports(d, DENSE_BYTES);
	} else if (!strcmp(kind, "repeat")) {
		make_repeat(d);
	} else if (!strcmp(kind, "contexts")) {
		make_contexts(d);
	} else if (!strcmp(kind, "long")) {
		make_long(d);
	} else if (!strcmp(kind, "nuls")) {
		make_nuls(d);
	} else if (!strcmp(kind, "small")) {
		put_benign(d, 4000);
		put_report(d);
		put_benign(d, 10240 > d->out.len ? 10240 - d->out.len : 0);
	} else {
		fprintf(stderr, "bench-data: no kind '%s'\n", kind);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct data d;

	if (argc != 4) {
		fprintf(stderr, "usage: bench-data KIND MEGABYTES CORPUS > FILE\n");
		return 2;
	}
	d.want = strtoull(argv[2], NULL, 10) * 1000000;
	must(culprit_patterns_load(NULL, 0, &d.patterns));
	read_corpus(&d, argv[3]);
	make_log(&d, argv[1]);
	drain(&d);
	for (size_t i = 0; i < d.n_reports; i++)
		buf_deinit(&d.reports[i]);
	buf_deinit(&d.lines);
	buf_deinit(&d.boot);
	buf_deinit(&d.out);
	culprit_patterns_destroy(d.patterns);
	return 0;
}
