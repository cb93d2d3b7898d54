/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Output: what many workers write to one file descriptor, in the order of
 * their jobs.
 *
 * The first job that is not finished writes straight through; later ones are
 * kept back until it is their turn.  A job that has more than
 * OUTPUT_HELD_BYTES waiting sleeps.  The first one never does, so this ends.
 * Jobs have to be started in order, no further ahead than output_begin lets
 * them.
 */
#ifndef CULPRIT_CLI_OUTPUT_OUTPUT_H
#define CULPRIT_CLI_OUTPUT_OUTPUT_H

#include <pthread.h>

#include "base/base.h"

#define OUTPUT_HELD_BYTES (4u << 20)
#define OUTPUT_AHEAD 64		/* jobs that may be finished and not yet written */

struct output {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	size_t turn;			/* the job that writes through */
	struct buf held[OUTPUT_AHEAD];	/* of job i at i % OUTPUT_AHEAD */
	bool finished[OUTPUT_AHEAD];
	bool failed;			/* nothing more can be written */
	int error;			/* errno of that; EPIPE: the reader has gone */
};

void output_init(struct output *output, int fd);
void output_deinit(struct output *output);

/* Wait until job may start. False when writing has failed: don't start. */
bool output_begin(struct output *output, size_t job);

/* Write text, or keep it, and empty it. False when writing has failed. */
bool output_add(struct output *output, size_t job, struct buf *text);

/* Job is done. Every job that began must end. */
void output_end(struct output *output, size_t job);

#endif
