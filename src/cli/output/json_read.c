/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/output/json_read.h"

#include <jansson.h>

struct culprit_error *json_read(struct span line, struct json_t **ret)
{
	json_error_t error;
	json_t *root = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &error);

	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return &culprit_error_no_memory;
	if (!root)
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "column %d: %s", error.column, error.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "no object");
	}
	*ret = root;
	return NULL;
}

void json_read_free(struct json_t **root)
{
	json_decref(*root);
}

const char *json_get_str(const struct json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

bool json_get_int(const struct json_t *object, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return false;
	*ret = json_integer_value(value);
	return true;
}

bool json_has_null(const struct json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && json_typeof(value) == JSON_NULL;
}

const struct json_t *json_get_member(const struct json_t *object, const char *key)
{
	return json_object_get(object, key);
}

const struct json_t *json_get_array(const struct json_t *object, const char *key)
{
	const json_t *array = json_object_get(object, key);

	return json_is_array(array) ? array : NULL;
}

size_t json_n(const struct json_t *array)
{
	return json_array_size(array);
}

const struct json_t *json_at(const struct json_t *array, size_t i)
{
	return json_array_get(array, i);
}

const char *json_str_at(const struct json_t *array, size_t i)
{
	return json_string_value(json_array_get(array, i));
}
