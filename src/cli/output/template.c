/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/output/template.h"

#include <jansson.h>

#include "cli/output/text.h"

/* Sections in sections: a template has few, and they are ours. */
#define MAX_DEPTH 32
#define MAX_NAME 64

/* What names are searched in: the item, then what is around it. */
struct scope {
	const json_t *value;
	const struct scope *outer;
	unsigned int depth;
};

struct tag {
	char kind;			/* '#', '^', '/', '!', or ' ' for a value */
	char name[MAX_NAME];
	size_t start, end;		/* of the tag in the text; end: behind its line, where it is alone on it */
	size_t text_end;		/* of what stands in front of it: less the blanks of a line of its own */
};

static struct culprit_error *mistake(struct span text, size_t pos, const char *what, const char *name)
{
	unsigned int line = 1;

	for (size_t i = 0; i < pos; i++)
		line += text.ptr[i] == '\n';
	return culprit_error_create(CULPRIT_ERROR_SYNTAX, "line %u: %s%s%s%s", line, what, *name ? " '" : "", name, *name ? "'" : "");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A section's tag that is alone on its line takes the line with it. */
static void take_line(struct span text, struct tag *tag)
{
	size_t start = tag->start, end = tag->end;

	while (start > 0 && is_blank(text.ptr[start - 1]))
		start--;
	while (end < text.len && is_blank(text.ptr[end]))
		end++;
	if ((start == 0 || text.ptr[start - 1] == '\n') && end < text.len && text.ptr[end] == '\n') {
		tag->text_end = start;
		tag->end = end + 1;
	}
}

/* The next tag from pos to limit; *ret_found false: there is none. */
static struct culprit_error *next_tag(struct span text, size_t pos, size_t limit, struct tag *ret, bool *ret_found)
{
	const char *open = pos < limit ? memmem(text.ptr + pos, limit - pos, "{{", 2) : NULL, *close;
	struct span name;

	*ret_found = open != NULL;
	if (!open)
		return NULL;
	*ret = (struct tag){ .start = (size_t)(open - text.ptr) };
	close = memmem(open, text.len - ret->start, "}}", 2);
	if (!close)
		return mistake(text, ret->start, "a tag is not closed", "");
	ret->end = (size_t)(close - text.ptr) + 2;
	ret->text_end = ret->start;
	name = span_trim((struct span){ open + 2, (size_t)(close - open) - 2 });
	ret->kind = name.len && memchr("#^/!", name.ptr[0], 4) ? name.ptr[0] : ' ';
	if (ret->kind != ' ') {
		take_line(text, ret);
		name = span_trim(span_skip(name, 1));
	}
	if (ret->kind == '!')
		return NULL;
	if (!name.len || name.len >= sizeof(ret->name) || memchr(name.ptr, '{', name.len))
		return mistake(text, ret->start, "this is no name", "");
	memcpy(ret->name, name.ptr, name.len);
	return NULL;
}

/* From behind an opening tag to its closing one. */
static struct culprit_error *find_close(struct span text, const struct tag *open, struct tag *ret)
{
	size_t pos = open->end;
	unsigned int depth = 0;
	bool found;

	for (;;) {
		struct culprit_error *err = next_tag(text, pos, text.len, ret, &found);

		if (err)
			return err;
		if (!found)
			return mistake(text, open->start, "nothing closes the section", open->name);
		pos = ret->end;
		if (ret->kind == '#' || ret->kind == '^')
			depth++;
		if (ret->kind != '/' || depth--)
			continue;
		return strcmp(ret->name, open->name) ? mistake(text, ret->start, "another section is open here than", ret->name) : NULL;
	}
}

static const json_t *find(const struct scope *scope, const char *name)
{
	if (!strcmp(name, "."))
		return scope->value;
	for (; scope; scope = scope->outer) {
		const json_t *value = json_object_get(scope->value, name);

		if (value)
			return value;
	}
	return NULL;
}

static bool is_nothing(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_ARRAY: return json_array_size(value) == 0;
	case JSON_STRING: return json_string_length(value) == 0;
	case JSON_INTEGER: return json_integer_value(value) == 0;
	case JSON_REAL: return json_real_value(value) == 0;
	case JSON_NULL:
	case JSON_FALSE: return true;
	default: return false;
	}
}

static bool add_value(const json_t *value, struct buf *out)
{
	bool ok = true;

	if (json_is_integer(value))
		return buf_printf(out, "%lld", (long long)json_integer_value(value));
	for (size_t i = 0; ok && i < json_string_length(value); i++) {
		char c = json_string_value(value)[i];
		const char *entity = text_entity(c);

		ok = entity ? buf_add_str(out, entity) : buf_add_char(out, c);
	}
	return ok;
}

/* The text from pos to limit: tags see the line that they stand on whole. */
static struct culprit_error *fill(struct span text, size_t pos, size_t limit, const struct scope *scope, struct buf *out);

/* What stands between the tags, as often as the section's value says. */
static struct culprit_error *fill_section(struct span text, const struct tag *open, const struct tag *close, const json_t *value,
					  const struct scope *scope, struct buf *out)
{
	struct scope inner = { value, scope, scope->depth + 1 };
	size_t limit = close->text_end > open->end ? close->text_end : open->end;
	struct culprit_error *err = NULL;

	if ((open->kind == '^') != is_nothing(value))
		return NULL;
	if (!json_is_array(value) || open->kind == '^')
		return fill(text, open->end, limit, json_is_object(value) ? &inner : scope, out);
	for (size_t i = 0; !err && i < json_array_size(value); i++) {
		inner.value = json_array_get(value, i);
		err = fill(text, open->end, limit, &inner, out);
	}
	return err;
}

static struct culprit_error *fill_tag(struct span text, struct tag *tag, const struct scope *scope, struct buf *out)
{
	const json_t *value;
	struct tag close;
	struct culprit_error *err;

	if (tag->kind == '!')
		return NULL;
	if (tag->kind == '/')
		return mistake(text, tag->start, "no such section is open:", tag->name);
	value = find(scope, tag->name);
	if (!value)
		return mistake(text, tag->start, "nothing is called", tag->name);
	if (tag->kind == ' ')
		return add_value(value, out) ? NULL : &culprit_error_no_memory;
	err = scope->depth == MAX_DEPTH ? mistake(text, tag->start, "sections are too deep", tag->name) : find_close(text, tag, &close);
	if (err)
		return err;
	err = fill_section(text, tag, &close, value, scope, out);
	tag->end = close.end;
	return err;
}

static struct culprit_error *fill(struct span text, size_t pos, size_t limit, const struct scope *scope, struct buf *out)
{
	struct culprit_error *err = NULL;
	bool found = true;
	struct tag tag;

	while (!err && found) {
		size_t end;

		err = next_tag(text, pos, limit, &tag, &found);
		if (err)
			break;
		end = !found ? limit : tag.text_end > pos ? tag.text_end : pos;
		if (!buf_add(out, text.ptr + pos, end - pos))
			return &culprit_error_no_memory;
		if (found)
			err = fill_tag(text, &tag, scope, out);
		pos = found ? tag.end : limit;
	}
	return err;
}

struct culprit_error *template_fill(struct span text, const struct json_t *root, struct buf *out)
{
	struct scope scope = { root, NULL, 0 };

	return fill(text, 0, text.len, &scope, out);
}
