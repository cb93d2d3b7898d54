/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes a culprit's change suspicious: that it cannot have done it.
 *
 * All of it is by names of files and the look of lines; a change of
 * documentation can alter a build through a generated file, so these are
 * remarks and never change the answer.
 */
#include "cli/bisect/bisect_suspect.h"

#include <stdio.h>

#define PATCH_BYTES (1u << 20)

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool is_documentation(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return begins_with(path, "Documentation/") || begins_with(path, "LICENSES/") || ends_with(path, ".rst") ||
	       ends_with(path, ".md") || (ends_with(path, ".txt") && !begins_with(name, "CMakeLists")) ||
	       !strcmp(path, "MAINTAINERS") || !strcmp(path, "CREDITS") || !strcmp(path, ".mailmap") ||
	       !strcmp(name, "README") || !strcmp(name, ".gitignore");
}

static bool is_test(const char *path)
{
	return begins_with(path, "tools/testing/") || begins_with(path, "lib/kunit/") || strstr(path, "/selftests/") ||
	       ends_with(path, "_test.c") || ends_with(path, "_kunit.c") || begins_with(path, "samples/");
}

/* Outside of what is built into a kernel. */
static bool is_tool(const char *path)
{
	return begins_with(path, "tools/") && !begins_with(path, "tools/objtool/") && !begins_with(path, "tools/include/");
}

/* By what only that architecture prints; NULL where nothing tells. To add one: its row. */
static const char *architecture_of(const char *crash)
{
	static const struct { const char *sign, *name; } signs[] = {
		{ "RIP: 00", "x86" }, { "entry_SYSCALL_64", "x86" }, { "EIP: ", "x86" }, { "asm_exc_", "x86" },
		{ "el0_svc", "arm64" }, { "pstate: ", "arm64" }, { "el1h_64", "arm64" },
		{ "NIP [", "powerpc" }, { "NIP:  ", "powerpc" },
		{ "ret_from_exception", "riscv" }, { "epc : ", "riscv" },
		{ "Krnl PSW", "s390" }, { "PC is at", "arm" }, { "ret_fast_syscall", "arm" },
		{ "Cause : ", "mips" }, { "ERA: ", "loongarch" },
	};

	for (size_t i = 0; crash && i < countof(signs); i++) {
		if (strstr(crash, signs[i].sign))
			return signs[i].name;
	}
	return NULL;
}

static bool is_other_architecture(const char *path, const char *own)
{
	size_t n = strlen(own);

	return begins_with(path, "arch/") && !(begins_with(path + 5, own) && path[5 + n] == '/');
}

/* ---------------------------------------------------------- comments only */

/* A line of C that is blank or (part of) a comment, by its looks alone. */
static bool looks_like_comment(struct span line)
{
	line = span_trim(line);
	while (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (!line.len || span_starts(line, SPAN("//")) || span_starts(line, SPAN("*/")))
		return true;
	if (span_starts(line, SPAN("/*"))) {
		ptrdiff_t end = span_find(line, SPAN("*/"));

		return end < 0 || (size_t)end + 2 == line.len;
	}
	/* "* text" inside a comment; "*p = 1;" is code. */
	return line.ptr[0] == '*' && (line.len == 1 || line.ptr[1] == ' ' || line.ptr[1] == '\t');
}

static bool is_source(const char *path)
{
	return ends_with(path, ".c") || ends_with(path, ".h") || ends_with(path, ".S") || ends_with(path, ".rs");
}

static bool only_comments(const struct git_commit *commit, struct span patch)
{
	bool in_hunk = false, any = false;

	for (size_t i = 0; i < commit->n_files; i++) {
		if (!is_source(commit->files[i]))
			return false;
	}
	while (patch.len) {
		const char *end = memchr(patch.ptr, '\n', patch.len);
		struct span line = { patch.ptr, end ? (size_t)(end - patch.ptr) : patch.len };

		patch = span_skip(patch, end ? line.len + 1 : line.len);
		if (span_starts(line, SPAN("@@ "))) {
			in_hunk = true;
		} else if (span_starts(line, SPAN("diff --git "))) {
			in_hunk = false;
		} else if (!in_hunk) {
			/* modes, renames, new files: more than comments */
			if (span_starts(line, SPAN("new file")) || span_starts(line, SPAN("deleted file")) ||
			    span_starts(line, SPAN("rename ")) || span_starts(line, SPAN("Binary ")))
				return false;
		} else if (line.len && (line.ptr[0] == '+' || line.ptr[0] == '-')) {
			any = true;
			if (!looks_like_comment(span_skip(line, 1)))
				return false;
		}
	}
	return any;
}

/* ------------------------------------------------------------------- far */

/* Two leading folders: fs/xfs, net/sctp, drivers/usb; "mm" for mm/slub.c. */
static struct span area_of(const char *path)
{
	const char *slash = strchr(path, '/');
	const char *second = slash ? strchr(slash + 1, '/') : NULL;
	const char *end = second ? second : slash;

	return (struct span){ path, end ? (size_t)(end - path) : strlen(path) };
}

static bool is_near(const struct git_commit *commit, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < commit->n_files; i++) {
		/* Headers for all are near to everything. */
		if (begins_with(commit->files[i], "include/"))
			return true;
		for (size_t j = 0; j < n; j++) {
			struct span a = area_of(commit->files[i]), b = area_of(paths[j]);

			if (span_equal(a, b) || span_starts(a, b) || span_starts(b, a))
				return true;
		}
	}
	return false;
}

/* ---------------------------------------------------------------- the whole */

static size_t count_files(const struct git_commit *commit, bool (*is)(const char *path))
{
	size_t n = 0;

	for (size_t i = 0; i < commit->n_files; i++)
		n += is(commit->files[i]);
	return n;
}

/* What there is to say, and where it goes. */
struct remarks {
	struct arena *arena;
	const char **texts;
	size_t n;
};

/* text NULL: out of memory. */
static struct culprit_error *remark(struct remarks *remarks, const char *text)
{
	if (!text)
		return &culprit_error_no_memory;
	if (remarks->n < SUSPECT_MAX)
		remarks->texts[remarks->n++] = text;
	return NULL;
}

static struct culprit_error *suspect_files(const struct git_commit *c, const char *crash, struct remarks *remarks)
{
	static const struct { bool (*is)(const char *path); const char *text; } sorts[] = {
		{ is_documentation, "It touches only documentation." },
		{ is_test, "It touches only tests and samples." },
		{ is_tool, "It touches only tools, which are no part of the kernel." },
	};
	const char *own = architecture_of(crash);
	size_t others = 0;

	for (size_t i = 0; i < countof(sorts); i++) {
		if (count_files(c, sorts[i].is) == c->n_files)
			return remark(remarks, sorts[i].text);
	}
	for (size_t i = 0; own && i < c->n_files; i++)
		others += is_other_architecture(c->files[i], own);
	if (others == c->n_files)
		return remark(remarks, arena_printf(remarks->arena,
						    "It touches only other architectures; the target was seen on %s.", own));
	return NULL;
}

struct culprit_error *suspect_change(const struct session *session, const struct git_commit *c, const char *crash,
				     struct arena *arena, const char *ret[SUSPECT_MAX], size_t *ret_n)
{
	_cleanup_(buf_deinit) struct buf patch = { 0 };
	struct remarks remarks = { .arena = arena, .texts = ret };
	const char *const *paths = NULL;
	struct culprit_error *err;
	size_t n;

	*ret_n = 0;
	if (c->n_parents > 1)
		return NULL;
	if (!c->n_files) {
		ret[(*ret_n)++] = "It changes no file at all.";
		return NULL;
	}
	err = suspect_files(c, crash, &remarks);
	if (!err)
		err = git_patch(session->git, c->hash.hex, PATCH_BYTES, &patch);
	if (!err && patch.len < PATCH_BYTES && only_comments(c, buf_span(&patch)))
		err = remark(&remarks, "It changes only comments and blank lines.");
	n = profile_paths(session->profile, &paths);
	if (!err && n && !is_near(c, paths, n))
		err = remark(&remarks, arena_printf(arena, "It is far from any file in the target's stacks (%s%s).", paths[0],
						    n > 1 ? ", ..." : ""));
	*ret_n = remarks.n;
	return err;
}
