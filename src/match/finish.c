/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/finish.h"

struct culprit_error *finish_init(struct finish *finish, const char *expression)
{
	struct culprit_error *err;
	size_t at;

	*finish = (struct finish){ 0 };
	if (!expression)
		return NULL;
	regex_init(&finish->regex, expression);
	finish->wanted = true;
	err = regex_check(&finish->regex, &at);
	if (!err)
		err = regex_scratch_create(&finish->scratch);
	if (err)
		finish_deinit(finish);
	return err;
}

void finish_deinit(struct finish *finish)
{
	if (finish->wanted)
		regex_deinit(&finish->regex);
	if (finish->scratch)
		regex_scratch_destroy(finish->scratch);
	buf_deinit(&finish->line);
	*finish = (struct finish){ 0 };
}

void finish_end(struct finish *finish)
{
	struct span line = buf_span(&finish->line);

	while (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (finish->wanted && !finish->found)
		finish->found = regex_find(&finish->regex, finish->scratch, line, 0, NULL);
	finish->line.len = 0;
}

struct culprit_error *finish_feed(struct finish *finish, struct span bytes)
{
	while (finish->wanted && !finish->found && bytes.len) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		size_t n = end ? (size_t)(end - bytes.ptr) : bytes.len;
		size_t room = FINISH_MAX_LINE - finish->line.len;

		if (!buf_add(&finish->line, bytes.ptr, n < room ? n : room))
			return &culprit_error_no_memory;
		if (end)
			finish_end(finish);
		bytes = span_skip(bytes, n + (end ? 1 : 0));
	}
	return NULL;
}

/* ------------------------------------------------------------- proposing */

/* Longer lines are reports of the work, not its end. */
#define PROPOSED_BYTES 120

static bool says_done(struct span line)
{
	static const char *const words[] = { "done", "finished", "complete", "passed", "PASS", "success", "no crash" };

	/* the kernel's own words, behind "[   12.345678] " or "<6>": drivers are done with much */
	if (!line.len || line.len > PROPOSED_BYTES || line.ptr[0] == '[' || line.ptr[0] == '<')
		return false;
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] < ' ' || line.ptr[i] > '~')
			return false;
	}
	for (size_t i = 0; i < countof(words); i++) {
		if (span_find(line, span_of(words[i])) >= 0)
			return true;
	}
	return false;
}

static bool add_expression(struct span line, struct buf *ret)
{
	bool ok = buf_add_char(ret, '^');

	for (size_t i = 0; ok && i < line.len; i++) {
		char c = line.ptr[i];

		if (c >= '0' && c <= '9') {
			while (i + 1 < line.len && line.ptr[i + 1] >= '0' && line.ptr[i + 1] <= '9')
				i++;
			ok = buf_add_str(ret, "[0-9]+");
		} else {
			ok = (!strchr("\\^$.[]|()?*+{}", c) || buf_add_char(ret, '\\')) && buf_add_char(ret, c);
		}
	}
	return ok && buf_add_char(ret, '$');
}

bool finish_propose(struct span log, struct buf *ret)
{
	struct span best = { NULL, 0 };

	while (log.len) {
		const char *end = memchr(log.ptr, '\n', log.len);
		struct span line = { log.ptr, end ? (size_t)(end - log.ptr) : log.len };

		log = span_skip(log, line.len + (end ? 1 : 0));
		line = span_trim(line);
		if (says_done(line))
			best = line;
	}
	return !best.ptr || add_expression(best, ret);
}
