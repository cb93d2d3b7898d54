/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading is the input module's; here is when to ask the parser, and what
 * --follow adds: silence, files that grow, and signals.
 *
 * A file is followed by its name, as tail -F does: it need not be there yet,
 * one that gets shorter was begun anew (a console server turned its logs), and
 * one that was replaced by another of its name goes on there.  Both are read
 * from their start, as further parts of the same log.  It fails where a file is
 * cut and grows beyond its old length between two looks: what is in between is
 * lost.
 */
#include "cli/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ahead.h"
#include "input/archive.h"
#include "input/input.h"
#include "input/newest.h"
#include "input/no_log.h"
#include "report/report.h"

#define TAIL_STEP_MS 100	/* how often a followed file is looked at */
#define TAIL_CHUNK_BYTES (64u << 10)
#define AHEAD_MIN_BYTES (4u << 20)	/* of less, starting threads is not worth it */
struct run {
	const struct feed *feed;
	struct culprit_parser *parser;
	struct input *input;
	int signal_fd;		/* -1: not followed */
	int tail_fd;		/* -1: none */
	int silent_ms;
	bool fresh;		/* bytes came since the last flush */
	bool half_line;		/* the last of them was no end of a line */
	bool stop;		/* by a signal, or because nobody wants more */
	bool no_log;		/* and that is the error */
	bool archive;		/* was one, and is read to its end */
	size_t n_members;	/* of it, logs */
	char *member;		/* LOG/NAME of the one that is read */
	const struct feed_range *range;	/* NULL: all is told */
	uint64_t furthest;	/* first byte of a report so far */
	bool left;		/* what is to come belongs to other parts */
	bool member_begins, member_open;	/* its bytes are still to come; they are fed */
};

static void run_deinit(struct run *run)
{
	if (run->tail_fd >= 0)
		close(run->tail_fd);
	if (run->signal_fd >= 0)
		close(run->signal_fd);
	if (run->input)
		input_close(run->input);
	culprit_parser_destroy(run->parser);
	free(run->member);
}

static bool is_in_range(struct run *run, const struct culprit_report *report)
{
	if (!run->range)
		return true;
	if (report->start_offset > run->furthest)
		run->furthest = report->start_offset;
	return run->furthest >= run->range->from && run->furthest < run->range->until;
}

static void take_reports(struct run *run)
{
	struct culprit_report *report;

	while (!run->stop && (report = culprit_parser_take(run->parser))) {
		if (is_in_range(run, report))
			run->stop = !run->feed->report(run->feed->arg, report);
		else
			culprit_report_destroy(report);
	}
	if (run->range && !run->stop && parser_is_past(run->parser, run->range->until))
		run->stop = run->left = true;
}

/* The log cannot be cut: the part that begins with it has all of it. */
static bool takes_whole(struct run *run)
{
	if (run->range && run->range->from)
		run->stop = run->left = true;
	else
		run->range = NULL;
	return !run->left;
}

static struct culprit_error *feed_bytes(struct run *run, struct span bytes)
{
	struct culprit_error *err = NULL;

	run->fresh = true;
	run->silent_ms = 0;
	run->half_line = bytes.len && bytes.ptr[bytes.len - 1] != '\n';
	if (run->feed->bytes)
		run->feed->bytes(run->feed->arg, bytes);
	while (bytes.len && !err && !run->stop) {
		struct span piece = ahead_piece(bytes);

		err = culprit_parser_feed(run->parser, piece.ptr, piece.len);
		if (!err)
			take_reports(run);
		bytes = span_skip(bytes, piece.len);
	}
	return err;
}

static struct culprit_error *feed_silence(struct run *run)
{
	struct culprit_error *err;

	if (!run->fresh)
		return NULL;
	run->fresh = false;
	err = culprit_parser_flush(run->parser);
	if (!err)
		take_reports(run);
	return err;
}

/* Wait for a signal, at most timeout_ms. */
static void look_for_signal(struct run *run, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = run->signal_fd, .events = POLLIN };

	if (run->signal_fd >= 0 && poll(&poll_fd, 1, timeout_ms) > 0)
		run->stop = true;
}

static const char *name_of(const struct run *run)
{
	return strcmp(run->feed->path, "-") ? run->feed->path : "standard input";
}

/* What is surely no log is not searched: "no crash found" would be believed. */
static struct culprit_error *look_at(struct run *run, struct span head)
{
	struct culprit_error *err = no_log_refuse(head, name_of(run));

	if (err && !takes_whole(run)) {
		culprit_error_destroy(err);
		return NULL;
	}
	run->no_log = err != NULL;
	return err;
}

static void note(const struct run *run, const char *what)
{
	if (run->feed->note)
		run->feed->note(run->feed->arg, what);
}

/*
 * The rest of the log whose newest line comes first, behind its beginning, is
 * read to its end; then it is fed with the oldest first.
 */
static struct culprit_error *feed_turned(struct run *run, struct span head)
{
	_cleanup_(buf_deinit) struct buf log = { 0 }, turned = { 0 };
	struct culprit_error *err = NULL;

	if (!buf_add(&log, head.ptr, head.len))
		return &culprit_error_no_memory;
	while (!err && head.len && log.len <= NEWEST_MAX_BYTES) {
		err = input_read(run->input, &head);
		if (!err && !buf_add(&log, head.ptr, head.len))
			return &culprit_error_no_memory;
	}
	if (head.len && !err) {
		note(run, "its newest line comes first, and it is too long to be turned round: read as it is");
		return feed_bytes(run, buf_span(&log));
	}
	note(run, "its newest line comes first: read from the last to the first, and lines are counted so");
	if (!newest_turn(buf_span(&log), &turned))
		err = &culprit_error_no_memory;
	return err ? err : feed_bytes(run, buf_span(&turned));
}

static struct culprit_error *create_parser(struct run *run, const char *name)
{
	struct culprit_parser_options options = {
		.file_name = name,
		.detect_boot_failures = run->feed->detect_boot_failures,
	};

	return culprit_parser_create(run->feed->patterns, &options, &run->parser);
}

/* The parser's end, whether or not the log was read to its own. */
static struct culprit_error *run_finish(struct run *run, bool whole)
{
	struct culprit_error *err = culprit_parser_finish(run->parser);
	struct culprit_summary summary;

	if (err)
		return err;
	/* After a signal, what is half there is told; when nobody wants reports, take_reports gives none. */
	run->stop = false;
	take_reports(run);
	culprit_parser_summary(run->parser, &summary);
	if (run->feed->end && (!run->range || run->range->until == UINT64_MAX))
		run->feed->end(run->feed->arg, &summary, whole);
	return NULL;
}

/* -------------------------------------------------------------- archives */

static struct culprit_error *begin_member(void *arg, const char *name)
{
	struct run *run = arg;
	_cleanup_(buf_deinit) struct buf text = { 0 };

	run->member_begins = true;
	run->member_open = false;
	if (!buf_add_str(&text, name_of(run)) || (name && !buf_printf(&text, "/%s", name)) || !buf_add_char(&text, '\0'))
		return &culprit_error_no_memory;
	free(run->member);
	run->member = strdup(text.data);
	return run->member ? NULL : &culprit_error_no_memory;
}

/* What came before is over; what comes is a log of its own. */
static struct culprit_error *open_member(struct run *run)
{
	struct culprit_error *err = NULL;

	if (run->n_members++ && !run->feed->member)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s holds more than one log: give one of them; '%s' is "
					    "the second", name_of(run), run->member);
	if (run->n_members > 1)
		err = run_finish(run, true);
	if (err || run->stop)
		return err;
	culprit_parser_destroy(run->parser);
	run->parser = NULL;
	err = create_parser(run, run->member);
	if (!err && run->feed->member)
		run->feed->member(run->feed->arg, run->member);
	return err;
}

static struct culprit_error *feed_member(void *arg, struct span bytes)
{
	struct run *run = arg;
	struct culprit_error *err = NULL;

	if (run->member_begins) {
		/* a name of its own, or none and the archive is one file: lz4 */
		const char *kind = strlen(run->member) > strlen(name_of(run)) ? no_log_kind(bytes) : NULL;

		run->member_begins = false;
		if (kind) {
			_cleanup_(freep) char *text = NULL;

			if (asprintf(&text, "%s in it is passed over: it is %s", run->member + strlen(name_of(run)) + 1, kind) < 0)
				return &culprit_error_no_memory;
			note(run, text);
			return NULL;
		}
		run->member_open = true;
		err = open_member(run);
	}
	return err || !run->member_open || run->stop ? err : feed_bytes(run, bytes);
}

static struct culprit_error *feed_archive(struct run *run, struct span head)
{
	struct archive_sink sink = { begin_member, feed_member, run };
	struct culprit_error *err;

	run->archive = true;
	err = archive_read(run->input, head, name_of(run), &sink);
	if (!err && !run->n_members) {
		run->no_log = true;
		err = culprit_error_create(CULPRIT_ERROR_FORMAT, "%s is an archive without a log", name_of(run));
	}
	return err;
}

/* What the log's first bytes are decides how it is read. */
static struct culprit_error *feed_head(struct run *run, struct span head)
{
	struct culprit_error *err;

	if (!run->feed->follow && archive_sniff(head))
		return takes_whole(run) ? feed_archive(run, head) : NULL;
	err = look_at(run, head);
	if (err || run->left)
		return err;
	if (run->feed->follow || !newest_first(head))
		return feed_bytes(run, head);
	return takes_whole(run) ? feed_turned(run, head) : NULL;
}

static struct span read_head(const struct ahead_options *options, char head[NEWEST_BYTES])
{
	ssize_t n = pread(options->fd, head, NEWEST_BYTES, (off_t)options->off);

	return (struct span){ head, n > 0 ? (size_t)n : 0 };
}

static struct culprit_error *read_input(struct run *run)
{
	/* Signals are looked for between two reads, so none may last long. */
	int silence_ms = run->feed->follow ? FEED_SILENCE_MS : run->feed->silence_ms;
	int timeout_ms = silence_ms ? silence_ms / 2 : -1;
	bool first = true;

	while (!run->stop) {
		struct culprit_error *err;
		struct span bytes;
		bool silent = false;

		err = input_read_timeout(run->input, timeout_ms, &bytes, &silent);
		if (err)
			return err;
		if (silent) {
			run->silent_ms += timeout_ms;
			if (run->silent_ms >= silence_ms)
				err = feed_silence(run);
		} else if (!bytes.len) {
			return NULL;
		} else {
			err = first ? feed_head(run, bytes) : feed_bytes(run, bytes);
			first = false;
		}
		if (err || run->archive)
			return err;
		look_for_signal(run, 0);
	}
	return NULL;
}

/* With several threads; false where that does not help. */
static bool use_ahead(const struct run *run, struct ahead_options *ret)
{
	const struct feed *feed = run->feed;
	uint64_t size;

	if (feed->n_jobs < 2 || feed->follow || !input_plain_size(run->input, &size))
		return false;
	if (!feed->block_bytes && size < AHEAD_MIN_BYTES)
		return false;
	*ret = (struct ahead_options){
		.patterns = feed->patterns,
		.name = name_of(run),
		.n_jobs = feed->n_jobs,
		.block_bytes = feed->block_bytes ? feed->block_bytes : INPUT_CHUNK_BYTES,
	};
	input_plain_place(run->input, &ret->fd, &ret->off);
	return true;
}

static struct culprit_error *feed_found(struct run *run, const struct ahead_piece_found *pieces, size_t n)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < n && !err && !run->stop; i++) {
		err = parser_feed_prefiltered(run->parser, pieces[i].bytes, pieces[i].known ? &pieces[i].found : NULL);
		if (!err)
			take_reports(run);
	}
	return err;
}

static struct culprit_error *read_ahead(struct run *run, const struct ahead_options *options)
{
	_cleanup_(ahead_destroyp) struct ahead *ahead = NULL;
	_cleanup_(freep) char *room = malloc(NEWEST_BYTES);
	struct culprit_error *err;
	struct span head;

	if (!room)
		return &culprit_error_no_memory;
	head = read_head(options, room);
	if (newest_first(head) || archive_sniff(head))
		return read_input(run);
	err = look_at(run, head);
	if (!err)
		err = ahead_create(options, &ahead);

	while (!err && !run->stop) {
		const struct ahead_piece_found *pieces;
		size_t n;

		err = ahead_next(ahead, &pieces, &n);
		if (err || !n)
			return err;
		err = feed_found(run, pieces, n);
	}
	return err;
}

/* A descriptor that stands where input ended, if more can come there. */
static struct culprit_error *open_tail(struct run *run)
{
	uint64_t size, off;
	int fd;

	if (!run->feed->follow || run->stop || !input_plain_size(run->input, &size))
		return NULL;
	input_plain_place(run->input, &fd, &off);
	run->tail_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return run->tail_fd < 0 ? culprit_error_errno("cannot follow %s", run->feed->path) : NULL;
}

/* What comes now is no part of the line that was there last. */
static struct culprit_error *begin_anew(struct run *run, const char *what)
{
	note(run, what);
	if (!run->half_line)
		return NULL;
	return feed_bytes(run, SPAN("\n"));
}

/* Does another file have the name now?  *ret is it, opened; -1: no, or it is not there at the moment. */
static struct culprit_error *open_other(const struct run *run, const struct stat *old, int *ret)
{
	struct stat st;
	int fd;

	*ret = -1;
	if (!strcmp(run->feed->path, "-") || stat(run->feed->path, &st) ||
	    (st.st_ino == old->st_ino && st.st_dev == old->st_dev))
		return NULL;
	if (!S_ISREG(st.st_mode))
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "cannot follow %s: it was replaced by something that "
					    "is no file", run->feed->path);
	fd = open(run->feed->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT && errno != EINTR)
		return culprit_error_errno("cannot follow %s", run->feed->path);
	*ret = fd;
	return NULL;
}

/* At the end: was the file cut, or did another take its place? */
static struct culprit_error *look_for_change(struct run *run)
{
	off_t pos = lseek(run->tail_fd, 0, SEEK_CUR);
	struct culprit_error *err;
	struct stat st;
	int fd;

	if (fstat(run->tail_fd, &st) || pos < 0)
		return NULL;
	if (st.st_size < pos) {
		lseek(run->tail_fd, 0, SEEK_SET);
		return begin_anew(run, "it was cut: read from its new start");
	}
	/* what was written to it after the last read is still to be read */
	if (st.st_size > pos)
		return NULL;
	err = open_other(run, &st, &fd);
	if (err || fd < 0)
		return err;
	close(run->tail_fd);
	run->tail_fd = fd;
	return begin_anew(run, "it was replaced: the new file is read from its start");
}

static struct culprit_error *read_tail(struct run *run)
{
	_cleanup_(freep) char *chunk = malloc(TAIL_CHUNK_BYTES);

	if (!chunk)
		return &culprit_error_no_memory;
	while (!run->stop) {
		ssize_t n = read(run->tail_fd, chunk, TAIL_CHUNK_BYTES);
		struct culprit_error *err = NULL;

		if (n < 0 && errno != EINTR)
			return culprit_error_errno("cannot read %s", run->feed->path);
		if (n > 0) {
			err = feed_bytes(run, (struct span){ chunk, (size_t)n });
		} else {
			err = look_for_change(run);
			look_for_signal(run, TAIL_STEP_MS);
			run->silent_ms += TAIL_STEP_MS;
			if (!err && run->silent_ms >= FEED_SILENCE_MS)
				err = feed_silence(run);
		}
		if (err)
			return err;
	}
	return NULL;
}

static struct culprit_error *open_signals(struct run *run)
{
	sigset_t set;

	if (!run->feed->follow)
		return NULL;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return run->signal_fd < 0 ? culprit_error_errno("cannot wait for signals") : NULL;
}

/* Until the file is there. */
static void wait_for_file(struct run *run)
{
	const char *path = run->feed->path;
	struct stat st;
	bool told = false;

	while (run->feed->follow && !run->stop && strcmp(path, "-") && stat(path, &st) && errno == ENOENT) {
		if (!told)
			note(run, "it is not there yet: waiting for it");
		told = true;
		look_for_signal(run, TAIL_STEP_MS);
	}
}

static struct culprit_error *run_open(struct run *run)
{
	const struct feed *feed = run->feed;
	struct culprit_error *err;

	err = open_signals(run);
	if (!err)
		err = create_parser(run, strcmp(feed->path, "-") ? feed->path : NULL);
	if (err)
		return err;
	wait_for_file(run);
	return run->stop ? NULL : input_open(feed->path, &run->input);
}

struct culprit_error *feed_run(const struct feed *feed)
{
	_cleanup_(run_deinit) struct run run = { .feed = feed, .range = feed->range, .signal_fd = -1, .tail_fd = -1 };
	struct culprit_error *err, *finish_err;
	struct ahead_options ahead;
	uint64_t size;

	err = run_open(&run);
	if (err)
		return err;
	if (run.input && !input_plain_size(run.input, &size))
		takes_whole(&run);
	if (run.input)
		err = use_ahead(&run, &ahead) ? read_ahead(&run, &ahead) : read_input(&run);
	if (!err && run.input)
		err = open_tail(&run);
	if (!err && run.tail_fd >= 0)
		err = read_tail(&run);
	if (err == &culprit_error_no_memory || (run.left && !err))
		return err;
	if (run.no_log && feed->pass_over) {
		culprit_error_destroy(err);
		note(&run, "passed over: it is no log");
		return NULL;
	}
	finish_err = run_finish(&run, !err);
	if (!err)
		return finish_err;
	culprit_error_destroy(finish_err);
	return err;
}
