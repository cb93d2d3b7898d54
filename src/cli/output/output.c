/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/output/output.h"

#include <errno.h>
#include <unistd.h>

void output_init(struct output *output, int fd)
{
	*output = (struct output){ .fd = fd };
	pthread_mutex_init(&output->lock, NULL);
	pthread_cond_init(&output->moved, NULL);
}

void output_deinit(struct output *output)
{
	for (size_t i = 0; i < OUTPUT_AHEAD; i++)
		buf_deinit(&output->held[i]);
	pthread_cond_destroy(&output->moved);
	pthread_mutex_destroy(&output->lock);
}

static void fail(struct output *output, int error)
{
	output->failed = true;
	output->error = error;
	pthread_cond_broadcast(&output->moved);
}

static void write_all(struct output *output, struct buf *text)
{
	size_t done = 0;

	while (!output->failed && done < text->len) {
		ssize_t n = write(output->fd, text->data + done, text->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			fail(output, errno);
	}
	text->len = 0;
}

bool output_begin(struct output *output, size_t job)
{
	bool ok;

	pthread_mutex_lock(&output->lock);
	while (!output->failed && job >= output->turn + OUTPUT_AHEAD)
		pthread_cond_wait(&output->moved, &output->lock);
	ok = !output->failed;
	pthread_mutex_unlock(&output->lock);
	return ok;
}

bool output_add(struct output *output, size_t job, struct buf *text)
{
	struct buf *held = &output->held[job % OUTPUT_AHEAD];
	bool ok;

	pthread_mutex_lock(&output->lock);
	while (!output->failed && job != output->turn && held->len >= OUTPUT_HELD_BYTES)
		pthread_cond_wait(&output->moved, &output->lock);
	if (job != output->turn) {
		if (!buf_add(held, text->data, text->len))
			fail(output, ENOMEM);
		text->len = 0;
	} else {
		write_all(output, held);
		write_all(output, text);
	}
	ok = !output->failed;
	pthread_mutex_unlock(&output->lock);
	return ok;
}

void output_end(struct output *output, size_t job)
{
	pthread_mutex_lock(&output->lock);
	output->finished[job % OUTPUT_AHEAD] = true;
	while (output->finished[output->turn % OUTPUT_AHEAD]) {
		struct buf *held = &output->held[output->turn % OUTPUT_AHEAD];

		write_all(output, held);
		buf_deinit(held);
		output->finished[output->turn % OUTPUT_AHEAD] = false;
		output->turn++;
	}
	write_all(output, &output->held[output->turn % OUTPUT_AHEAD]);
	pthread_cond_broadcast(&output->moved);
	pthread_mutex_unlock(&output->lock);
}
