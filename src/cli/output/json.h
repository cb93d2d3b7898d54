/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON: objects as lines (https://jsonlines.org), written with jansson, which
 * no other module sees.
 *
 * Reports follow include/culprit-report.schema.json.  Whoever changes what is
 * written changes that file, and JSON_SCHEMA_VERSION where a reader of the old
 * form would go wrong: a new key does not count, a changed one does.
 *
 * Text of a log need not be UTF-8, JSON must be: every byte that is no part of
 * a valid character becomes U+FFFD.  The bytes themselves are found in the log,
 * from start_offset to end_offset.
 *
 *	struct json json = { 0 };
 *	struct json_t *root = json_begin(&json), *list;
 *
 *	json_put_str(&json, root, "title", title);
 *	list = json_put_array(&json, root, "names");
 *	json_add_str(&json, list, "x");
 *	ok = json_end(&json, root, &buf);
 *
 * Running out of memory is remembered and told by json_end.  Children belong
 * to their parents.
 */
#ifndef CULPRIT_CLI_OUTPUT_JSON_H
#define CULPRIT_CLI_OUTPUT_JSON_H

#include "base/base.h"

#define JSON_SCHEMA_VERSION 1

struct json_t;			/* a value of jansson */

struct json {
	bool failed;
};

/* An object of its own. */
struct json_t *json_begin(struct json *json);

/* What an object is, and the version of its form: the first keys of all that no report is. */
void json_put_envelope(struct json *json, struct json_t *root, const char *object);

/* Write root and a newline to buf, destroy it. False when out of memory, here or before. */
bool json_end(struct json *json, struct json_t *root, struct buf *buf) __attribute__((warn_unused_result));

/* NULL strings are written as null. */
void json_put_str(struct json *json, struct json_t *object, const char *key, const char *str);
void json_put_span(struct json *json, struct json_t *object, const char *key, struct span s);
void json_put_bool(struct json *json, struct json_t *object, const char *key, bool value);
void json_put_int(struct json *json, struct json_t *object, const char *key, int64_t value);
void json_put_real(struct json *json, struct json_t *object, const char *key, double value);
void json_put_null(struct json *json, struct json_t *object, const char *key);

/* null where the number does not fit what every reader of JSON keeps exactly (2^53 - 1). */
void json_put_u64(struct json *json, struct json_t *object, const char *key, uint64_t value);

struct json_t *json_put_object(struct json *json, struct json_t *object, const char *key);
struct json_t *json_put_array(struct json *json, struct json_t *object, const char *key);
struct json_t *json_add_object(struct json *json, struct json_t *array);
void json_add_str(struct json *json, struct json_t *array, const char *str);

/* The keys of a report, or of a log as a whole, put into object. file may be NULL (standard input). */
void json_put_report(struct json *json, struct json_t *object, const struct culprit_report *report,
		     const char *file);
void json_put_summary(struct json *json, struct json_t *object, const struct culprit_summary *summary,
		      const char *file);

/* Of jansson: "2.14". Static. */
const char *json_library_version(void);

#endif
