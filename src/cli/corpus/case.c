/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading is strict: an unknown header is a mistake that would otherwise make
 * a case check less than it says.  A log cannot hold a line "REPORT:" behind an
 * empty one.
 */
#include "cli/corpus/case.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/corpus/diff.h"

/* ------------------------------------------------------------- parsing */

struct reader {
	struct corpus_case *c;
	struct span rest;
	const char *path;
	unsigned int line;		/* of the line last taken, from 1 */
};

/* The next line without \n, \r\n. False at the end. */
static bool next_line(struct reader *reader, struct span *ret)
{
	if (!reader->rest.len)
		return false;
	*ret = diff_take_line(&reader->rest);
	if (ret->len && ret->ptr[ret->len - 1] == '\n')
		ret->len--;
	if (ret->len && ret->ptr[ret->len - 1] == '\r')
		ret->len--;
	reader->line++;
	return true;
}

static struct culprit_error *mistake(const struct reader *reader, const char *what, struct span found)
{
	return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s:%u: %s: '%.*s'", reader->path, reader->line, what,
				    (int)(found.len > 80 ? 80 : found.len), found.ptr);
}

/* Append text to a list that holds *n of cap strings. */
static struct culprit_error *add_string(struct arena *arena, const char ***list, size_t *n, struct span text)
{
	const char *copy = arena_dup(arena, text);

	/* The list is full at every power of two. */
	if (!(*n & (*n - 1))) {
		const char **bigger = arena_array(arena, *n ? *n * 2 : 1, sizeof(*bigger));

		if (!bigger)
			return &culprit_error_no_memory;
		if (*n)
			memcpy(bigger, *list, *n * sizeof(*bigger));
		*list = bigger;
	}
	if (!copy)
		return &culprit_error_no_memory;
	(*list)[(*n)++] = copy;
	return NULL;
}

static struct culprit_error *take_flag(const struct reader *reader, struct span value, bool *ret)
{
	if (!span_equal(value, SPAN("Y")) && !span_equal(value, SPAN("N")))
		return mistake(reader, "expected Y or N", value);
	*ret = value.ptr[0] == 'Y';
	return NULL;
}

/* "proc=5, id=7376" */
static struct culprit_error *take_executor(const struct reader *reader, struct span value)
{
	struct corpus_case *c = reader->c;
	_cleanup_(freep) char *text = strndup(value.ptr, value.len);
	char more;

	if (!text)
		return &culprit_error_no_memory;
	if (sscanf(text, "proc=%u, id=%u%c", &c->executor_proc, &c->executor_id, &more) != 2)
		return mistake(reader, "expected proc=NUMBER, id=NUMBER", value);
	c->has_executor = true;
	return NULL;
}

static struct culprit_error *take_string(const struct reader *reader, struct span value, const char **ret)
{
	*ret = arena_dup(&reader->c->arena, value);
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *take_header(const struct reader *reader, struct span key, struct span value)
{
	struct corpus_case *c = reader->c;
	const struct { const char *key; const char **to; } strings[] = {
		{ "TITLE", &c->title }, { "TYPE", &c->type }, { "FRAME", &c->frame }, { "START", &c->start },
		{ "END", &c->end }, { "FILE", &c->guilty_file }, { "KIND", &c->kind },
	};
	const struct { const char *key; bool *to; } flags[] = {
		{ "CORRUPTED", &c->corrupted }, { "SUPPRESSED", &c->suppressed }, { "PANICKED", &c->panicked },
	};

	/* The community writes an empty title for a log without a crash. */
	if (span_equal(key, SPAN("TITLE")) && !value.len)
		return NULL;
	for (size_t i = 0; i < countof(strings); i++) {
		if (span_equal(key, span_of(strings[i].key)))
			return take_string(reader, value, strings[i].to);
	}
	for (size_t i = 0; i < countof(flags); i++) {
		if (span_equal(key, span_of(flags[i].key)))
			return take_flag(reader, value, flags[i].to);
	}
	if (span_equal(key, SPAN("ALT")))
		return add_string(&c->arena, &c->alts, &c->n_alts, value);
	if (span_equal(key, SPAN("EXECUTOR")))
		return take_executor(reader, value);
	return mistake(reader, "unknown header; expected one of TITLE, ALT, TYPE, FRAME, START, END, CORRUPTED, "
			       "SUPPRESSED, PANICKED, EXECUTOR, FILE, KIND, a comment or an empty line", key);
}

static struct culprit_error *take_headers(struct reader *reader)
{
	struct culprit_error *err = NULL;
	struct span line;

	while (!err && next_line(reader, &line) && line.len) {
		ptrdiff_t colon = span_find(line, SPAN(":"));

		if (line.ptr[0] == '#')
			err = add_string(&reader->c->arena, &reader->c->comments, &reader->c->n_comments,
					 span_trim(span_skip(line, 1)));
		else if (colon < 0)
			err = mistake(reader, "expected 'HEADER: value'", line);
		else
			err = take_header(reader, (struct span){ line.ptr, (size_t)colon },
					  span_trim(span_skip(line, (size_t)colon + 1)));
	}
	return err;
}

/* The log goes up to "REPORT:" behind an empty line, or to the end. */
static void take_log(struct reader *reader)
{
	struct corpus_case *c = reader->c;
	const char *start = reader->rest.ptr, *line_start = start;
	bool after_empty = true;
	struct span line;

	while (line_start = reader->rest.ptr, next_line(reader, &line)) {
		if (after_empty && span_equal(line, SPAN("REPORT:"))) {
			c->log = (struct span){ start, (size_t)(line_start - start) };
			c->has_report = true;
			return;
		}
		after_empty = !line.len;
	}
	c->log = (struct span){ start, (size_t)(reader->rest.ptr - start) };
}

static struct culprit_error *take_report(struct reader *reader)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct span line;
	char *copy;

	while (next_line(reader, &line)) {
		if (!buf_add(&text, line.ptr, line.len) || !buf_add_char(&text, '\n'))
			return &culprit_error_no_memory;
	}
	copy = arena_alloc(&reader->c->arena, text.len + 1);
	if (!copy)
		return &culprit_error_no_memory;
	if (text.len)
		memcpy(copy, text.data, text.len);
	reader->c->report = (struct span){ copy, text.len };
	return NULL;
}

static const char *group_of(struct corpus_case *c)
{
	const char *slash = strrchr(c->name, '/');

	if (slash)
		return arena_dup(&c->arena, (struct span){ c->name, (size_t)(slash - c->name) });
	if (c->guilty_file)
		return "guilty file";
	if (!c->title)
		return "none";
	return c->type ? c->type : "no type";
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* text is of the case's arena. */
static struct culprit_error *parse_owned(struct span text, struct corpus_case *c)
{
	struct reader reader = { .c = c, .rest = text, .path = c->path };
	struct culprit_error *err = take_headers(&reader);

	if (err)
		return err;
	take_log(&reader);
	if (c->has_report)
		err = take_report(&reader);
	if (err)
		return err;
	if (c->n_alts)
		qsort(c->alts, c->n_alts, sizeof(*c->alts), compare_strings);
	c->group = group_of(c);
	return c->group ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *set_names(struct corpus_case *c, const char *path, const char *name)
{
	c->path = arena_dup(&c->arena, span_of(path));
	c->name = arena_dup(&c->arena, span_of(name));
	return c->path && c->name ? NULL : &culprit_error_no_memory;
}

/* Nothing is left in a case that could not be read. */
static struct culprit_error *or_deinit(struct corpus_case *c, struct culprit_error *err)
{
	if (err)
		case_deinit(c);
	return err;
}

struct culprit_error *case_parse(struct span text, const char *path, const char *name, struct corpus_case *ret)
{
	char *copy = arena_alloc(&ret->arena, text.len + 1);
	struct culprit_error *err = copy ? set_names(ret, path, name) : &culprit_error_no_memory;

	if (!err) {
		if (text.len)
			memcpy(copy, text.ptr, text.len);
		err = parse_owned((struct span){ copy, text.len }, ret);
	}
	return or_deinit(ret, err);
}

static struct culprit_error *read_all(int fd, const char *path, struct arena *arena, struct span *ret)
{
	struct stat st;
	size_t len = 0;
	char *text;

	if (fstat(fd, &st))
		return culprit_error_errno("cannot read %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > CASE_MAX_BYTES)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: not a file of at most %u MiB", path,
					    CASE_MAX_BYTES >> 20);
	text = arena_alloc(arena, (size_t)st.st_size + 1);
	if (!text)
		return &culprit_error_no_memory;
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + len, (size_t)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return culprit_error_errno("cannot read %s", path);
		if (!n)
			break;
		len += (size_t)n;
	}
	*ret = (struct span){ text, len };
	return NULL;
}

struct culprit_error *case_load(const char *path, const char *name, struct corpus_case *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct culprit_error *err;
	struct span text;

	if (fd < 0)
		return culprit_error_errno("cannot open %s", path);
	err = read_all(fd, path, &ret->arena, &text);
	close(fd);
	if (!err)
		err = set_names(ret, path, name);
	if (!err)
		err = parse_owned(text, ret);
	return or_deinit(ret, err);
}

void case_deinit(struct corpus_case *c)
{
	arena_deinit(&c->arena);
	*c = (struct corpus_case){ 0 };
}

/* ------------------------------------------------------------- writing */

static bool write_header(struct buf *buf, const char *key, const char *value)
{
	return !value || buf_printf(buf, "%s: %s\n", key, value);
}

bool case_write_headers(struct buf *buf, const struct corpus_case *c)
{
	for (size_t i = 0; i < c->n_comments; i++) {
		if (!buf_printf(buf, "#%s%s\n", *c->comments[i] ? " " : "", c->comments[i]))
			return false;
	}
	if (!write_header(buf, "TITLE", c->title))
		return false;
	for (size_t i = 0; i < c->n_alts; i++) {
		if (!write_header(buf, "ALT", c->alts[i]))
			return false;
	}
	if (!write_header(buf, "TYPE", c->type) || !write_header(buf, "KIND", c->kind) ||
	    !write_header(buf, "FRAME", c->frame) || !write_header(buf, "START", c->start) ||
	    !write_header(buf, "END", c->end) || !write_header(buf, "CORRUPTED", c->corrupted ? "Y" : NULL) ||
	    !write_header(buf, "SUPPRESSED", c->suppressed ? "Y" : NULL) ||
	    !write_header(buf, "PANICKED", c->panicked ? "Y" : NULL))
		return false;
	if (c->has_executor && !buf_printf(buf, "EXECUTOR: proc=%u, id=%u\n", c->executor_proc, c->executor_id))
		return false;
	return buf_add_char(buf, '\n');
}

/* --------------------------------------------------------------- lists */

static struct culprit_error *list_add_case(struct case_list *list, const char *path, const char *name)
{
	struct culprit_error *err;

	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		struct corpus_case *bigger = reallocarray(list->cases, cap, sizeof(*bigger));

		if (!bigger)
			return &culprit_error_no_memory;
		list->cases = bigger;
		list->cap = cap;
	}
	list->cases[list->n] = (struct corpus_case){ 0 };
	err = case_load(path, name, &list->cases[list->n]);
	if (err)
		case_deinit(&list->cases[list->n]);
	else
		list->n++;
	return err;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len >= n && !strcmp(name + len - n, suffix);
}

static bool is_no_case(const char *name)
{
	return name[0] == '.' || has_suffix(name, ".md") || has_suffix(name, ".in") || has_suffix(name, ".out");
}

#define MAX_DEPTH 16

static struct culprit_error *list_add_entry(struct case_list *list, const char *path, const char *name, int depth);

/* A directory below the one that was asked for holds no cases when it says so by a file .no-cases. */
static bool has_no_cases(const char *path)
{
	_cleanup_(freep) char *marker = NULL;

	return asprintf(&marker, "%s/.no-cases", path) >= 0 && !access(marker, F_OK);
}

/* prefix: of the cases' names, "" or "kasan/" */
static struct culprit_error *list_add_directory(struct case_list *list, const char *path, const char *prefix,
						int depth)
{
	struct culprit_error *err = NULL;
	struct dirent *entry;
	DIR *dir;

	if (depth > 0 && has_no_cases(path))
		return NULL;
	dir = opendir(path);
	if (!dir)
		return culprit_error_errno("cannot open %s", path);
	while (!err && (entry = readdir(dir))) {
		_cleanup_(freep) char *below = NULL, *name = NULL;

		if (is_no_case(entry->d_name))
			continue;
		if (asprintf(&below, "%s/%s", path, entry->d_name) < 0)
			below = NULL;
		if (asprintf(&name, "%s%s", prefix, entry->d_name) < 0)
			name = NULL;
		err = below && name ? list_add_entry(list, below, name, depth + 1) : &culprit_error_no_memory;
	}
	closedir(dir);
	return err;
}

static struct culprit_error *list_add_entry(struct case_list *list, const char *path, const char *name, int depth)
{
	_cleanup_(freep) char *prefix = NULL;
	struct stat st;

	if (stat(path, &st))
		return culprit_error_errno("cannot open %s", path);
	if (!S_ISDIR(st.st_mode))
		return list_add_case(list, path, name);
	if (depth > MAX_DEPTH)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: more than %d directories deep", path, MAX_DEPTH);
	if (asprintf(&prefix, "%s/", name) < 0)
		prefix = NULL;
	return prefix ? list_add_directory(list, path, prefix, depth) : &culprit_error_no_memory;
}

struct culprit_error *case_list_add(struct case_list *list, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct culprit_error *err;
	size_t before = list->n;
	struct stat st;

	if (stat(path, &st))
		return culprit_error_errno("cannot open %s", path);
	if (!S_ISDIR(st.st_mode))
		return list_add_case(list, path, slash ? slash + 1 : path);
	err = list_add_directory(list, path, "", 0);
	if (!err && list->n == before)
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: holds no case", path);
	return err;
}

static int compare_cases(const void *a, const void *b)
{
	return strverscmp(((const struct corpus_case *)a)->name, ((const struct corpus_case *)b)->name);
}

void case_list_sort(struct case_list *list)
{
	if (list->n)
		qsort(list->cases, list->n, sizeof(*list->cases), compare_cases);
}

void case_list_deinit(struct case_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		case_deinit(&list->cases[i]);
	free(list->cases);
	*list = (struct case_list){ 0 };
}
