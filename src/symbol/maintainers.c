/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scripts/get_maintainer.pl --no-git-fallback -f FILE prints
 *
 *	"Theodore Ts'o" <tytso@mit.edu> (maintainer:EXT4 FILE SYSTEM)
 *	linux-ext4@vger.kernel.org (open list:EXT4 FILE SYSTEM)
 *
 * The script belongs to the tree that the user named, which is trusted as far
 * as building it is.  Only lines with an address are taken, MAX_LINES of them.
 */
#include "symbol/maintainers.h"

#include <stdio.h>
#include <unistd.h>

#include "base/process.h"

#define MAX_LINES 256u

/* One line; false: none of ours. */
static bool parse_line(struct span line, struct span *name, struct span *address, struct span *role)
{
	ptrdiff_t open = span_find(line, SPAN("<")), close = span_find(line, SPAN(">"));
	ptrdiff_t bracket;

	*name = *role = (struct span){ line.ptr, 0 };
	if (open >= 0 && close > open) {
		*name = span_trim((struct span){ line.ptr, (size_t)open });
		*address = (struct span){ line.ptr + open + 1, (size_t)(close - open - 1) };
		line = span_skip(line, (size_t)close + 1);
	} else {
		size_t n = 0;

		while (n < line.len && line.ptr[n] != ' ')
			n++;
		*address = (struct span){ line.ptr, n };
		line = span_skip(line, n);
	}
	if (name->len >= 2 && name->ptr[0] == '"' && name->ptr[name->len - 1] == '"')
		*name = (struct span){ name->ptr + 1, name->len - 2 };
	bracket = span_find(line, SPAN("("));
	if (bracket >= 0) {
		*role = span_skip(line, (size_t)bracket + 1);
		if (role->len && role->ptr[role->len - 1] == ')')
			role->len--;
	}
	return span_find(*address, SPAN("@")) > 0 && span_find(*address, SPAN(" ")) < 0;
}

struct culprit_error *maintainers_parse(struct span output, struct arena *arena, struct maintainer **ret,
					size_t *ret_n)
{
	struct maintainer *list = arena_array(arena, MAX_LINES, sizeof(*list));
	size_t n = 0;

	if (!list)
		return &culprit_error_no_memory;
	while (output.len && n < MAX_LINES) {
		const char *end = memchr(output.ptr, '\n', output.len);
		size_t len = end ? (size_t)(end - output.ptr) : output.len;
		struct span line = span_trim((struct span){ output.ptr, len }), name, address, role;

		output = span_skip(output, len + (end ? 1 : 0));
		/* a NUL would cut one of the three short */
		if (memchr(line.ptr, '\0', line.len) || !parse_line(line, &name, &address, &role))
			continue;
		list[n].name = arena_dup(arena, name);
		list[n].address = arena_dup(arena, address);
		list[n].role = arena_dup(arena, role);
		if (!list[n].name || !list[n].address || !list[n].role)
			return &culprit_error_no_memory;
		n++;
	}
	*ret = list;
	*ret_n = n;
	return NULL;
}

static struct culprit_error *tell_failure(const struct process_result *result, struct span errors, int timeout_ms)
{
	_cleanup_(buf_deinit) struct buf how = { 0 };
	const char *line_end = errors.len ? memchr(errors.ptr, '\n', errors.len) : NULL;

	if (result->outcome == PROCESS_DEADLINE)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "scripts/get_maintainer.pl took over %d.%d seconds",
					    timeout_ms / 1000, timeout_ms % 1000 / 100);
	if (!process_describe(result, &how))
		return &culprit_error_no_memory;
	if (line_end)
		errors.len = (size_t)(line_end - errors.ptr);
	return culprit_error_create(result->outcome == PROCESS_NEVER_STARTED ? CULPRIT_ERROR_NOT_FOUND : CULPRIT_ERROR_FORMAT,
				    "scripts/get_maintainer.pl: %s: %.*s", how.data ? how.data : "failed",
				    (int)(errors.len < 300 ? errors.len : 300), errors.len ? errors.ptr : "");
}

/* The file names come from a log: nothing that is an option or leads out of the tree. */
static bool is_plain_path(const char *file)
{
	return *file && *file != '/' && *file != '-' && !strstr(file, "..") && strlen(file) < 512;
}

struct culprit_error *maintainers_find(const char *source_dir, const char *file, int timeout_ms, struct arena *arena,
				       struct maintainer **ret, size_t *ret_n)
{
	const char *const argv[] = {
		"perl", "scripts/get_maintainer.pl", "--no-git", "--no-git-fallback", "-f", file, NULL,
	};
	struct process_spec spec = {
		.argv = argv, .directory = source_dir, .timeout_ms = timeout_ms, .max_output_bytes = 1 << 20,
	};
	_cleanup_(buf_deinit) struct buf out = { 0 }, errors = { 0 };
	_cleanup_(freep) char *script = NULL;
	struct process_result result;
	struct culprit_error *err;

	if (!is_plain_path(file))
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s is no file of the source tree", file);
	if (asprintf(&script, "%s/scripts/get_maintainer.pl", source_dir) < 0) {
		script = NULL;
		return &culprit_error_no_memory;
	}
	if (access(script, R_OK))
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s is missing: nobody to tell is known", script);
	err = process_capture(&spec, &out, &errors, &result);
	if (err)
		return err;
	if (!process_succeeded(&result))
		return tell_failure(&result, buf_span(&errors), timeout_ms);
	return maintainers_parse(buf_span(&out), arena, ret, ret_n);
}
