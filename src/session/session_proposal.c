/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a complete run prints, as far as the first clean one tells: a proposal for run.finished, which a person judges. */
#include "base/files.h"
#include "match/finish.h"
#include "session/runner.h"
#include "session/session_internal.h"

static const struct session_run *first_clean(const struct session *s)
{
	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (s->runs[i].verdict == VERDICT_CLEAN && !s->runs[i].subject.changed.hex[0])
			return &s->runs[i];
	}
	return NULL;
}

struct culprit_error *session_propose_finished(const struct session *s, const struct session_run *run, struct buf *ret)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	_cleanup_(buf_deinit) struct buf tail = { 0 };
	struct culprit_error *err;

	if (s->config->finished || run != first_clean(s))
		return NULL;
	err = runner_log_path(s->config, "runs", run->number, &path);
	if (!err)
		err = file_read_tail(path.data, FINISH_TAIL_BYTES, &tail);
	if (err)
		return err;
	/* the runners' own mark is known without */
	if (span_find(buf_span(&tail), SPAN("culprit-run: ")) >= 0)
		return NULL;
	return finish_propose(buf_span(&tail), ret) ? NULL : &culprit_error_no_memory;
}
