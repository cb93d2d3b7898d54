/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Git: running the command, single commits.
 *
 * Commits come from `git show -s -z --format=...` with fields ended by NUL,
 * files from `git diff-tree -z`: names and texts are anybody's bytes, so
 * nothing here splits at blanks or lines.  Sample (NUL shown as ~):
 *
 *	1da177e4c3f4...~Linus Torvalds~torvalds@...~2005-04-16 15:20:36 -0700~1113690036~~Linux-2.6.12-rc2~Initial...~
 */
#include "session/git.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/git_internal.h"

#define STDERR_KEPT_BYTES 4096
#define MAX_ARGS 64

static const char *const git_environment[] = {
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
	"GIT_NAMESPACE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES", "GIT_LITERAL_PATHSPECS",
	"GIT_EXTERNAL_DIFF", "GIT_TRACE", "LANGUAGE",
	"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "GIT_EDITOR=true",
	NULL
};

static const char *const git_options[] = {
	"-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
	"-c", "advice.detachedHead=false", "-c", "core.quotePath=false", "-c", "commit.gpgSign=false",
	"-c", "submodule.recurse=false", "-c", "log.showSignature=false", "-c", "core.fsmonitor=false",
};

/* ------------------------------------------------------------- running */

struct git_output {
	struct buf *out;
	process_output_fn *stream;
	void *arg;
	struct buf errors;
	bool no_memory;
};

static void take_output(void *arg, struct span bytes, bool from_stderr)
{
	struct git_output *o = arg;

	if (!from_stderr && o->stream) {
		o->stream(o->arg, bytes, false);
	} else if (!from_stderr) {
		if (o->out && !buf_add(o->out, bytes.ptr, bytes.len))
			o->no_memory = true;
	} else if (o->errors.len < STDERR_KEPT_BYTES) {
		if (!buf_add(&o->errors, bytes.ptr, bytes.len))
			o->no_memory = true;
	}
}

static struct culprit_error *git_failure(const char *const *args, const struct process_result *result,
					 struct buf *errors)
{
	_cleanup_(buf_deinit) struct buf how = { 0 };

	if (result->outcome == PROCESS_NEVER_STARTED)
		return culprit_error_create(CULPRIT_ERROR_OS, "git cannot be started: %s", strerror(result->value));
	while (errors->len && (errors->data[errors->len - 1] == '\n' || errors->data[errors->len - 1] == ' '))
		errors->data[--errors->len] = '\0';
	for (size_t i = 0; i < errors->len; i++) {
		if ((unsigned char)errors->data[i] < ' ')
			errors->data[i] = ' ';
	}
	if (!process_describe(result, &how))
		return &culprit_error_no_memory;
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "git %s: %s", args[0],
				    errors->len ? errors->data : how.data);
}

static struct culprit_error *run(const char *directory, struct span input, const char *const *args,
				 struct git_output *output, int *ret_code)
{
	const char *argv[countof(git_options) + MAX_ARGS + 4] = { "git", "-C", directory };
	struct process_spec spec = {
		.argv = argv,
		.env = git_environment,
		.input = input,
		.on_output = take_output,
		.arg = output,
	};
	struct process_result result;
	struct culprit_error *err;
	size_t n = 3;

	for (size_t i = 0; i < countof(git_options); i++)
		argv[n++] = git_options[i];
	for (size_t i = 0; args[i]; i++) {
		if (i == MAX_ARGS)
			return culprit_error_create(CULPRIT_ERROR_LIMIT, "git %s: too many arguments", args[0]);
		argv[n++] = args[i];
	}
	argv[n] = NULL;
	err = process_run(&spec, &result);
	if (err)
		return err;
	if (output->no_memory)
		return &culprit_error_no_memory;
	if (ret_code && result.outcome == PROCESS_EXITED) {
		*ret_code = result.value;
		return NULL;
	}
	return process_succeeded(&result) ? NULL : git_failure(args, &result, &output->errors);
}

struct culprit_error *git_run(const struct git *git, const char *directory, struct span input,
			      const char *const *args, struct buf *out, int *ret_code)
{
	struct git_output output = { .out = out };
	struct culprit_error *err;

	err = run(directory ? directory : git->directory, input, args, &output, ret_code);
	buf_deinit(&output.errors);
	return err;
}

struct culprit_error *git_stream(const struct git *git, struct span input, const char *const *args,
				 process_output_fn *stream, void *arg)
{
	struct git_output output = { .stream = stream, .arg = arg };
	struct culprit_error *err;

	err = run(git->directory, input, args, &output, NULL);
	buf_deinit(&output.errors);
	return err;
}

/* ---------------------------------------------------------- repository */

static void chomp(struct buf *buf)
{
	if (buf->len && buf->data[buf->len - 1] == '\n')
		buf->data[--buf->len] = '\0';
}

static struct culprit_error *unexpected(const char *command)
{
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "git %s: unexpected output", command);
}

struct culprit_error *git_open(const char *path, struct git **ret)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	_cleanup_(git_destroyp) struct git *git = calloc(1, sizeof(*git));
	struct culprit_error *err;
	char *shallow;

	if (!git)
		return &culprit_error_no_memory;
	git->directory = strdup(path);
	git->subjects = calloc(1, sizeof(*git->subjects));
	git->kernels = calloc(1, sizeof(*git->kernels));
	if (!git->directory || !git->subjects || !git->kernels)
		return &culprit_error_no_memory;
	err = git_run(git, path, (struct span){ 0 },
		      GIT_ARGS("rev-parse", "--absolute-git-dir", "--is-shallow-repository"), &out, NULL);
	if (err) {
		struct culprit_error *e = culprit_error_create(
			culprit_error_code(err) == CULPRIT_ERROR_OS ? CULPRIT_ERROR_OS : CULPRIT_ERROR_NOT_FOUND,
			"%s: not a git repository that can be used: %s", path, culprit_error_message(err));

		culprit_error_destroy(err);
		return e;
	}
	/* The second answer is the last line: a path may hold line feeds. */
	chomp(&out);
	shallow = out.len ? strrchr(out.data, '\n') : NULL;
	if (!shallow)
		return unexpected("rev-parse");
	git->shallow = !strcmp(shallow + 1, "true");
	*shallow = '\0';
	free(git->directory);
	git->directory = out.data;
	out = (struct buf){ 0 };
	*ret = no_free_ptr(git);
	return NULL;
}

void git_destroy(struct git *git)
{
	if (!git)
		return;
	if (git->subjects)
		tdestroy(*git->subjects, free);
	free(git->subjects);
	if (git->kernels)
		tdestroy(*git->kernels, free);
	free(git->kernels);
	free(git->directory);
	free(git);
}

void git_destroyp(struct git **git)
{
	git_destroy(*git);
}

const char *git_directory(const struct git *git)
{
	return git->directory;
}

bool git_is_shallow(const struct git *git)
{
	return git->shallow;
}

/* ------------------------------------------------------------- commits */

bool git_hash_parse(struct span s, struct git_hash *ret)
{
	if (s.len != 40 && s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	}
	memcpy(ret->hex, s.ptr, s.len);
	ret->hex[s.len] = '\0';
	return true;
}

struct culprit_error *git_resolve(const struct git *git, const char *revision, struct git_hash *ret)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	_cleanup_(freep) char *wanted = NULL;
	struct culprit_error *err;
	int code = 0;

	/* --end-of-options: a revision that begins with a dash is none. */
	if (asprintf(&wanted, "%s^{commit}", revision) < 0) {
		wanted = NULL;
		return &culprit_error_no_memory;
	}
	err = git_run(git, NULL, (struct span){ 0 },
		      GIT_ARGS("rev-parse", "--quiet", "--verify", "--end-of-options", wanted), &out, &code);
	if (err)
		return err;
	chomp(&out);
	if (code != 0 || !out.len)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no commit '%s' in %s%s", revision, git->directory,
					    git->shallow ? " (a shallow clone)" : "");
	return git_hash_parse(buf_span(&out), ret) ? NULL : unexpected("rev-parse");
}

struct culprit_error *git_is_ancestor(const struct git *git, const char *ancestor, const char *descendant,
				      bool *ret)
{
	struct culprit_error *err;
	int code = 0;

	err = git_run(git, NULL, (struct span){ 0 },
		      GIT_ARGS("merge-base", "--is-ancestor", ancestor, descendant), NULL, &code);
	if (err)
		return err;
	if (code > 1)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "cannot compare '%s' with '%s'", ancestor, descendant);
	*ret = code == 0;
	return NULL;
}

struct culprit_error *git_merge_bases(const struct git *git, const char *a, const char *b,
				      struct git_hash **ret, size_t *ret_n)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	_cleanup_(freep) struct git_hash *all = NULL;
	struct culprit_error *err;
	struct span left;
	size_t n = 0;
	int code = 0;

	err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("merge-base", "--all", a, b), &out, &code);
	if (err)
		return err;
	if (code > 1)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "cannot compare '%s' with '%s'", a, b);
	all = calloc(out.len / 41 + 1, sizeof(*all));
	if (!all)
		return &culprit_error_no_memory;
	left = buf_span(&out);
	while (left.len) {
		const char *end = memchr(left.ptr, '\n', left.len);
		size_t len = end ? (size_t)(end - left.ptr) : left.len;

		if (!git_hash_parse((struct span){ left.ptr, len }, &all[n++]))
			return unexpected("merge-base");
		left = span_skip(left, end ? len + 1 : len);
	}
	*ret_n = n;
	*ret = no_free_ptr(all);
	return NULL;
}

/* The next NUL-terminated field of *s, or NULL. */
static const char *next_field(struct span *s)
{
	const char *field = s->ptr;
	const char *end = s->len ? memchr(s->ptr, '\0', s->len) : NULL;

	if (!end)
		return NULL;
	*s = span_skip(*s, (size_t)(end - s->ptr) + 1);
	return field;
}

static bool parse_parents(struct git_commit *commit, const char *text)
{
	struct span s = span_of(text);
	struct git_hash *parents = arena_array(&commit->arena, s.len / 40 + 1, sizeof(*parents));

	if (!parents)
		return false;
	commit->parents = parents;
	while (s.len) {
		const char *end = memchr(s.ptr, ' ', s.len);
		size_t len = end ? (size_t)(end - s.ptr) : s.len;

		if (!git_hash_parse((struct span){ s.ptr, len }, &parents[commit->n_parents++]))
			return false;
		s = span_skip(s, end ? len + 1 : len);
	}
	return true;
}

#define COMMIT_FIELDS 8

static bool parse_commit(struct git_commit *commit, struct span s)
{
	const char *fields[COMMIT_FIELDS];
	char **texts[] = {
		(char **)&commit->author, (char **)&commit->email, (char **)&commit->date,
		(char **)&commit->subject, (char **)&commit->body,
	};
	static const int places[] = { 1, 2, 3, 6, 7 };

	for (int i = 0; i < COMMIT_FIELDS; i++) {
		fields[i] = next_field(&s);
		if (!fields[i])
			return false;
	}
	for (size_t i = 0; i < countof(texts); i++) {
		*texts[i] = arena_dup(&commit->arena, span_of(fields[places[i]]));
		if (!*texts[i])
			return false;
	}
	commit->committed = strtoll(fields[4], NULL, 10);
	return git_hash_parse(span_of(fields[0]), &commit->hash) && parse_parents(commit, fields[5]);
}

static struct culprit_error *load_files(const struct git *git, struct git_commit *commit)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct culprit_error *err;
	const char **files, *name;
	struct span s;
	size_t n = 0;

	err = git_run(git, NULL, (struct span){ 0 },
		      GIT_ARGS("diff-tree", "--no-commit-id", "--name-only", "--root", "-r", "-c", "-z", commit->hash.hex),
		      &out, NULL);
	if (err)
		return err;
	for (size_t i = 0; i < out.len; i++)
		n += out.data[i] == '\0';
	files = arena_array(&commit->arena, n + 1, sizeof(*files));
	if (!files)
		return &culprit_error_no_memory;
	commit->files = files;
	s = buf_span(&out);
	while ((name = next_field(&s))) {
		files[commit->n_files] = arena_dup(&commit->arena, span_of(name));
		if (!files[commit->n_files++])
			return &culprit_error_no_memory;
	}
	return NULL;
}

struct culprit_error *git_commit_load(const struct git *git, const char *revision, struct git_commit *ret)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct git_commit commit = { 0 };
	struct git_hash hash;
	struct culprit_error *err = NULL;

	/* a whole hash needs no resolving: a process less, and there are some for each commit of a report */
	if (!git_hash_parse(span_of(revision), &hash))
		err = git_resolve(git, revision, &hash);
	if (!err)
		err = git_run(git, NULL, (struct span){ 0 },
			      GIT_ARGS("show", "-s", "--no-color", "--date=iso",
				       "--format=%H%x00%an%x00%ae%x00%ad%x00%ct%x00%P%x00%s%x00%b%x00", hash.hex),
			      &out, NULL);
	if (!err && !parse_commit(&commit, buf_span(&out)))
		err = unexpected("show");
	if (!err)
		err = load_files(git, &commit);
	if (err) {
		git_commit_deinit(&commit);
		return err;
	}
	*ret = commit;
	return NULL;
}

void git_commit_deinit(struct git_commit *commit)
{
	arena_deinit(&commit->arena);
	*commit = (struct git_commit){ 0 };
}

struct bounded {
	struct buf *buf;
	size_t max;
	bool no_memory;
};

static void take_bounded(void *arg, struct span bytes, bool from_stderr)
{
	struct bounded *b = arg;

	(void)from_stderr;
	if (bytes.len > b->max - b->buf->len)
		bytes.len = b->max - b->buf->len;
	if (bytes.len && !buf_add(b->buf, bytes.ptr, bytes.len))
		b->no_memory = true;
}

struct culprit_error *git_patch(const struct git *git, const char *revision, size_t max_bytes, struct buf *ret)
{
	struct bounded bounded = { .buf = ret, .max = ret->len + max_bytes };
	struct culprit_error *err;

	err = git_stream(git, (struct span){ 0 },
			 GIT_ARGS("diff-tree", "--no-commit-id", "--root", "-r", "-p", "-U0", "--no-color",
				  "--no-ext-diff", revision),
			 take_bounded, &bounded);
	if (!err && bounded.no_memory)
		return &culprit_error_no_memory;
	return err;
}

struct culprit_error *git_describe(const struct git *git, const char *revision, struct buf *ret)
{
	struct culprit_error *err;

	err = git_run(git, NULL, (struct span){ 0 }, GIT_ARGS("describe", "--always", "--abbrev=12", revision), ret, NULL);
	chomp(ret);
	return err;
}

/* A release: "v" or nothing, numbers with dots, no more ("v6.1", "v2.6.32", not "v6.1-rc3"). */
static bool is_release(struct span tag)
{
	bool dot = false, digit = false;

	if (tag.len && tag.ptr[0] == 'v')
		tag = span_skip(tag, 1);
	for (size_t i = 0; i < tag.len; i++) {
		if (tag.ptr[i] == '.' && digit) {
			dot = true;
			digit = false;
		} else if (tag.ptr[i] >= '0' && tag.ptr[i] <= '9') {
			digit = true;
		} else {
			return false;
		}
	}
	return dot && digit;
}

struct culprit_error *git_releases(const struct git *git, const char *revision, struct arena *arena,
				   const char ***ret, size_t *ret_n)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct culprit_error *err;
	struct span s;
	size_t n = 0, at = 0;

	err = git_run(git, NULL, (struct span){ 0 },
		      GIT_ARGS("tag", "--list", "--sort=-version:refname", "--merged", revision), &out, NULL);
	if (err)
		return err;
	for (size_t i = 0; i < out.len; i++)
		n += out.data[i] == '\n';
	*ret = arena_array(arena, n + 1, sizeof(**ret));
	if (!*ret)
		return &culprit_error_no_memory;
	s = buf_span(&out);
	while (s.len) {
		const char *end = memchr(s.ptr, '\n', s.len);
		struct span tag = { s.ptr, end ? (size_t)(end - s.ptr) : s.len };

		s = span_skip(s, end ? tag.len + 1 : tag.len);
		if (!is_release(tag))
			continue;
		(*ret)[at] = arena_dup(arena, tag);
		if (!(*ret)[at++])
			return &culprit_error_no_memory;
	}
	*ret_n = at;
	return NULL;
}
