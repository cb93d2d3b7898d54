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
