/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finish: does a console hold the line that a complete run prints
 * (`run.finished` of culprit.yaml, --finished of match)?
 *
 * Fed with bytes cut anywhere; looks at whole lines, carriage returns left
 * out, and at the first FINISH_MAX_LINE bytes of each.
 */
#ifndef CULPRIT_MATCH_FINISH_H
#define CULPRIT_MATCH_FINISH_H

#include "pattern/regex.h"

#define FINISH_MAX_LINE 4096

/* Of a log's end, what finish_propose() wants to see. */
#define FINISH_TAIL_BYTES 65536

struct finish {
	struct regex regex;
	struct regex_scratch *scratch;
	struct buf line;	/* the one that is not complete */
	bool wanted;		/* there is an expression */
	bool found;
};

/* expression must outlive it; NULL: none is wanted. Errors: SYNTAX with what is wrong in it; NO_MEMORY. */
struct culprit_error *finish_init(struct finish *finish, const char *expression);
void finish_deinit(struct finish *finish);
struct culprit_error *finish_feed(struct finish *finish, struct span bytes);
/* The last line may have no end. */
void finish_end(struct finish *finish);

/*
 * From the end of a log: an expression for the last line by which somebody other than the
 * kernel says that the work is done; its numbers may be any.  Nothing is added where there
 * is no such line, nor for one that is likely to be said before the end.  False: out of memory.
 */
bool finish_propose(struct span log, struct buf *ret) __attribute__((warn_unused_result));

#endif
