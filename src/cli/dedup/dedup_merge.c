/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What dedup_print.c wrote, read again. Only faces and counters are taken: the
 * bugs are made anew of all faces.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "cli/dedup/dedup_cli.h"
#include "cli/output/json_read.h"

/* A bug of DEDUP_MAX_TITLES titles has no place in a line; this is far more than any that was written. */
#define MAX_LINE_BYTES (1u << 30)
#define MAX_REPORTS (INT64_C(1) << 53)	/* what JSON keeps exactly */

static struct culprit_error *refuse(const char *what)
{
	return culprit_error_create(CULPRIT_ERROR_SYNTAX, "not as culprit dedup writes it: %s", what);
}

static bool read_time(const struct json_t *object, const char *key, int64_t *ret)
{
	*ret = -1;
	return json_has_null(object, key) || (json_get_int(object, key, ret) && *ret >= 0);
}

static struct culprit_error *read_seen(const struct json_t *object, struct dedup_seen *ret)
{
	int64_t n;

	if (!json_get_int(object, "n_reports", &n) || n < 0 || n > MAX_REPORTS)
		return refuse("n_reports");
	if (!read_time(object, "first_seen", &ret->first) || !read_time(object, "last_seen", &ret->last) ||
	    (ret->first < 0) != (ret->last < 0) || ret->first > ret->last)
		return refuse("first_seen and last_seen");
	ret->n = (uint64_t)n;
	return NULL;
}

static struct culprit_error *read_symptom(const struct json_t *object, struct buf *text)
{
	const struct json_t *lines = json_get_array(object, "symptom");

	for (size_t i = 0; i < json_n(lines); i++) {
		const char *line = json_str_at(lines, i);

		if (!line || !*line || strchr(line, '\n'))
			return refuse("symptom");
		if (!buf_add_str(text, line) || !buf_add_char(text, '\n'))
			return &culprit_error_no_memory;
	}
	return text->len ? NULL : refuse("symptom");
}

static struct culprit_error *read_face(struct dedup *dedup, const struct json_t *object)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct dedup_face face = { 0 };
	struct culprit_error *err;
	int64_t line;

	err = read_seen(object, &face.seen);
	if (!err)
		err = read_symptom(object, &text);
	if (err)
		return err;
	if (!json_get_int(object, "line", &line) || line < 0)
		return refuse("line");
	if (!json_has_null(object, "file") && !json_get_str(object, "file"))
		return refuse("file");
	face.line = (uint64_t)line;
	face.file = (char *)json_get_str(object, "file");
	face.text = text.data;
	face.text_len = text.len;
	return dedup_add_face(dedup, &face);
}

static struct culprit_error *read_bug(struct dedup *dedup, const struct json_t *root)
{
	const struct json_t *faces = json_get_array(root, "faces"), *rests = json_get_array(root, "not_compared");
	struct culprit_error *err = faces && rests ? NULL : refuse("faces, not_compared");

	for (size_t i = 0; i < json_n(faces) && !err; i++)
		err = read_face(dedup, json_at(faces, i));
	for (size_t i = 0; i < json_n(rests) && !err; i++) {
		const char *title = json_get_str(json_at(rests, i), "title");
		struct dedup_seen seen;

		err = title ? read_seen(json_at(rests, i), &seen) : refuse("title");
		if (!err)
			err = dedup_add_rest(dedup, title, &seen);
	}
	return err;
}

static struct culprit_error *read_totals(struct dedup *dedup, const struct json_t *root, struct dedup_totals *totals)
{
	struct dedup_seen seen;
	struct culprit_error *err;
	int64_t n_logs, n_failed;

	if (!json_get_int(root, "n_logs", &n_logs) || n_logs < 0 || !json_get_int(root, "n_failed", &n_failed) || n_failed < 0)
		return refuse("n_logs, n_failed");
	err = read_seen(json_get_member(root, "not_kept"), &seen);
	if (err)
		return err;
	totals->n_logs += (uint64_t)n_logs;
	totals->n_failed += (uint64_t)n_failed;
	return dedup_add_rest(dedup, NULL, &seen);
}

static struct culprit_error *read_line(struct dedup *dedup, struct span line, struct dedup_totals *totals)
{
	_cleanup_(json_read_free) struct json_t *root = NULL;
	struct culprit_error *err = json_read(line, &root);
	const char *object;
	int64_t version;

	if (err)
		return err;
	object = json_get_str(root, "object");
	if (!json_get_int(root, "schema_version", &version) || version != JSON_SCHEMA_VERSION)
		return refuse("schema_version");
	if (object && !strcmp(object, "bug"))
		return read_bug(dedup, root);
	if (object && !strcmp(object, "dedup"))
		return read_totals(dedup, root, totals);
	return refuse("object");
}

static struct culprit_error *read_lines(struct dedup *dedup, FILE *in, const char *name, struct dedup_totals *totals)
{
	_cleanup_(freep) char *line = NULL;
	struct culprit_error *err = NULL;
	size_t room = 0, number = 0;
	ssize_t len;

	errno = 0;
	while (!err && (len = getline(&line, &room, in)) >= 0) {
		number++;
		err = (size_t)len > MAX_LINE_BYTES ? refuse("a line of more than 1 GiB") :
						     read_line(dedup, (struct span){ line, (size_t)len }, totals);
		if (err)
			err = culprit_error_context(err, "%s:%zu", name, number);
		errno = 0;
	}
	if (!err && (errno || ferror(in)))
		return culprit_error_errno("cannot read %s", name);
	if (!err && !number)
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s: empty: nothing that culprit dedup wrote", name);
	return err;
}

struct culprit_error *dedup_merge(struct dedup *dedup, const char *path, struct dedup_totals *totals)
{
	bool standard = !strcmp(path, "-");
	FILE *in = standard ? stdin : fopen(path, "re");
	struct culprit_error *err;

	if (!in)
		return culprit_error_errno("cannot open %s", path);
	err = read_lines(dedup, in, standard ? "standard input" : path, totals);
	if (!standard)
		fclose(in);
	return err;
}

bool dedup_parse_time(const char *text, int64_t now, int64_t *ret)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
					       "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ" };
	static const struct { char unit; int64_t seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 },
	};
	uint64_t number;
	size_t len;

	for (size_t i = 0; i < countof(units); i++) {
		if (parse_u64(span_of(text), &number, &len) && text[len] == units[i].unit && !text[len + 1] &&
		    number < (uint64_t)INT32_MAX) {
			*ret = now - (int64_t)number * units[i].seconds;
			return true;
		}
	}
	for (size_t i = 0; i < countof(formats); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, formats[i], &tm);

		if (end && !*end) {
			*ret = (int64_t)timegm(&tm);
			return true;
		}
	}
	return false;
}
