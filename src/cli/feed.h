/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Feed: one log through one parser, each report handed out as soon as it is
 * complete.
 */
#ifndef CULPRIT_CLI_FEED_H
#define CULPRIT_CLI_FEED_H

#include "base/base.h"

/* A report is complete when the log has been silent for this long, in --follow. */
#define FEED_SILENCE_MS 500

/*
 * A part of a log, in bytes of it: [from, until), UINT64_MAX for its end and what is told behind that.
 *
 * A report is told by the part in which it begins; where one is told behind another that begins later, by
 * that one's.  What a line means depends on those before it (which boot it is, what its prefix looks like,
 * its number), so a log is read from its beginning, and until all that begins before `until` is told.  Each part
 * so sees what all see, and the parts together tell what is told of the whole, in its order.
 *
 * A log that cannot be cut (compressed, an archive, UTF-16, its newest line first) is told whole by the part
 * that begins with it.
 */
struct feed_range {
	uint64_t from, until;
};

struct feed {
	const struct culprit_patterns *patterns;
	const char *path;		/* "-": standard input */
	bool detect_boot_failures;
	/*
	 * For live logs: report after FEED_SILENCE_MS of silence, wait for a file
	 * that is not there and for more at the end of an uncompressed one, go on
	 * with the file that takes its name, stop on SIGINT and SIGTERM, which the
	 * caller has blocked.
	 */
	bool follow;
	/*
	 * Report after so much silence without --follow, too: for a person who watches a pipe.  What comes
	 * of the report after that is lost, so who asks for it twice may be told otherwise: 0, never.
	 */
	int silence_ms;
	/* What is surely no log (a picture, an archive) is no error: note is told, and end is not called. */
	bool pass_over;
	/*
	 * How many threads may read and search one log; 0 is 1.  More help with a
	 * large file that is neither compressed nor followed, and change nothing
	 * in what is reported.
	 */
	size_t n_jobs;
	const struct feed_range *range;	/* NULL: all of it. The end is called by the part that has it */
	size_t block_bytes;		/* read at once by these threads; 0: as is best. For tests: a small file is large then */
	/*
	 * Archives of logs (archive.h): a log of one begins, LOG/NAME; reports and the end that follow
	 * are of that, and each has an end.  NULL: an archive may hold one log, more are an error.
	 */
	void (*member)(void *arg, const char *name);
	/* Takes the report over. False ends the reading. */
	bool (*report)(void *arg, struct culprit_report *report);
	/* What happened to a followed file ("it was replaced: ..."), or that it was passed over. May be NULL. */
	void (*note)(void *arg, const char *what);
	/* The log's bytes as they are read, decompressed, cut anywhere; may be NULL. Not with n_jobs above 1. */
	void (*bytes)(void *arg, struct span bytes);
	/* Called once, after the last report; not whole: the log could not be read to its end. May be NULL. */
	void (*end)(void *arg, const struct culprit_summary *summary, bool whole);
	void *arg;
};

/*
 * Errors: of the log (OS, FORMAT), after whatever was read of it was reported;
 * NO_MEMORY.  A log that cannot be opened has no end.
 */
struct culprit_error *feed_run(const struct feed *feed);

#endif
