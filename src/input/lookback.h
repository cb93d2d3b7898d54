/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lookback: the lines before the one at hand, decoded when somebody asks.
 *
 * Most of a log is passed over in blocks; what stood before a line of interest
 * is kept as bytes, and becomes lines only then.  Looking back has a decoder of
 * its own: the line at hand borrows from another, and what that one learned of
 * the lines in their order stays as it is.
 */
#ifndef CULPRIT_INPUT_LOOKBACK_H
#define CULPRIT_INPUT_LOOKBACK_H

#include "input/console.h"

/* So far back, and no more lines than this: reports do not depend on how the bytes came. */
#define LOOKBACK_BYTES 8192
#define LOOKBACK_LINES 96

/* The last bytes of a log.  Zeroed is a valid start. */
struct history {
	char bytes[LOOKBACK_BYTES];
	size_t len;
	struct console_decoder decoder;
};

void history_deinit(struct history *history);

/* The next bytes of the log were processed. */
void history_add(struct history *history, struct span bytes);

/*
 * A look back from one line.  Borrows the history, which must not change
 * meanwhile, and what stands between it and the line.
 */
struct lookback {
	struct history *history;
	struct span before;
	uint64_t end_off;		/* where the line at hand begins, bytes of the log */
	bool from_start;		/* nothing stood before the history */
	const struct console_decoder *learned;
	bool began;			/* what follows is set */
	char bytes[LOOKBACK_BYTES];	/* end with the last line's end */
	size_t n_bytes;
	size_t end;			/* of the next older line, in bytes */
	struct line lines[LOOKBACK_LINES];	/* the newest first; those that were asked for */
	size_t n_lines;
};

/*
 * before is what stands between the history, whose end is at off in the log,
 * and the line at hand.  learned is the decoder of that line, and is borrowed.
 * Cheap: nothing is read yet.
 */
void lookback_init(struct lookback *back, struct history *history, struct span before, uint64_t off,
		   const struct console_decoder *learned);

/*
 * The line that stands i + 1 lines before the one at hand, without number (the
 * speaker is "?" where LINE_CLEANED); NULL where there is none that is
 * whole.  Lives as long as back.
 * Errors: NO_MEMORY.
 */
struct culprit_error *lookback_line(struct lookback *back, size_t i, const struct line **ret);

/* Do the bytes hold s?  Of lines that were asked for, what had to be taken out does not count. */
bool lookback_holds(struct lookback *back, struct span s);

#endif
