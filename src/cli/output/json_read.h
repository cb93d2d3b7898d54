/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading JSON Lines that a command of ours wrote; what is not as it was
 * written is refused where it is looked at, never guessed.
 */
#ifndef CULPRIT_CLI_OUTPUT_JSON_READ_H
#define CULPRIT_CLI_OUTPUT_JSON_READ_H

#include "cli/output/json.h"

/* One line, an object. Errors: SYNTAX with the column; NO_MEMORY. json_read_free() gives it back. */
struct culprit_error *json_read(struct span line, struct json_t **ret);
void json_read_free(struct json_t **root);

/* NULL where object has no such string. Borrowed. */
const char *json_get_str(const struct json_t *object, const char *key);

/* False where object has no such number. */
bool json_get_int(const struct json_t *object, const char *key, int64_t *ret);

bool json_has_null(const struct json_t *object, const char *key);

/* NULL where object has none: the others take that for an empty object. */
const struct json_t *json_get_member(const struct json_t *object, const char *key);

/* NULL where object has no such array. */
const struct json_t *json_get_array(const struct json_t *object, const char *key);
size_t json_n(const struct json_t *array);
const struct json_t *json_at(const struct json_t *array, size_t i);
const char *json_str_at(const struct json_t *array, size_t i);	/* NULL: no string */

#endif
