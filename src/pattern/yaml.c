/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libyaml's events to a tree.  Refuses what configuration files have no use
 * for (several documents, anchors, aliases, tags, complex keys, duplicate
 * keys), because silently accepting them hides mistakes.
 */
#include "pattern/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#define YAML_MAX_BYTES (16u << 20)
#define YAML_MAX_DEPTH 64

struct reader {
	yaml_parser_t parser;
	struct yaml_doc *doc;
	unsigned int depth;
};

static struct culprit_error *error_at(const char *name, size_t line, size_t column, const char *what)
{
	return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s:%zu:%zu: %s", name, line, column, what);
}

struct culprit_error *yaml_error(const struct yaml_doc *doc, const struct yaml_node *node,
				 const char *format, ...)
{
	_cleanup_(freep) char *message = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&message, format, args);
	va_end(args);
	if (n < 0) {
		message = NULL;
		return &culprit_error_no_memory;
	}
	return error_at(doc->name, node->line, node->column, message);
}

static struct culprit_error *parser_error(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;

	if (p->error == YAML_MEMORY_ERROR)
		return &culprit_error_no_memory;
	return error_at(r->doc->name, p->problem_mark.line + 1, p->problem_mark.column + 1,
			p->problem ? p->problem : "not YAML");
}

static struct culprit_error *next_event(struct reader *r, yaml_event_t *ret)
{
	return yaml_parser_parse(&r->parser, ret) ? NULL : parser_error(r);
}

static struct culprit_error *read_node(struct reader *r, yaml_event_t *event, struct yaml_node **ret);

static struct culprit_error *event_error(const struct reader *r, const yaml_event_t *event, const char *what)
{
	return error_at(r->doc->name, event->start_mark.line + 1, event->start_mark.column + 1, what);
}

static struct yaml_node *new_node(struct reader *r, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml_node *node = arena_alloc(&r->doc->arena, sizeof(*node));

	if (node) {
		node->kind = kind;
		node->line = (uint32_t)event->start_mark.line + 1;
		node->column = event->start_mark.column < YAML_COLUMN_MAX ? (uint32_t)event->start_mark.column + 1 :
									    YAML_COLUMN_MAX;
	}
	return node;
}

static struct culprit_error *read_scalar(struct reader *r, const yaml_event_t *event, struct yaml_node **ret)
{
	struct yaml_node *node = new_node(r, event, YAML_SCALAR);

	if (!node)
		return &culprit_error_no_memory;
	if (memchr(event->data.scalar.value, 0, event->data.scalar.length))
		return event_error(r, event, "NUL byte in a scalar");
	node->text = arena_dup(&r->doc->arena, (struct span){ (const char *)event->data.scalar.value,
							     event->data.scalar.length });
	if (!node->text)
		return &culprit_error_no_memory;
	node->len = event->data.scalar.length;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	*ret = node;
	return NULL;
}

/* Children are collected on the heap first: the arena cannot grow an array in place. */
static struct culprit_error *read_children(struct reader *r, yaml_event_type_t end, struct buf *ret)
{
	struct culprit_error *err;
	struct yaml_node *child;
	yaml_event_t event;

	for (;;) {
		bool done;

		err = next_event(r, &event);
		if (err)
			return err;
		done = event.type == end;
		err = done ? NULL : read_node(r, &event, &child);
		yaml_event_delete(&event);
		if (err || done)
			return err;
		if (!buf_add(ret, &child, sizeof(child)))
			return &culprit_error_no_memory;
	}
}

static struct culprit_error *fill_sequence(struct reader *r, struct yaml_node *node, const struct buf *children)
{
	node->n = children->len / sizeof(struct yaml_node *);
	node->items = arena_array(&r->doc->arena, node->n + 1, sizeof(*node->items));
	if (!node->items)
		return &culprit_error_no_memory;
	if (children->len)
		memcpy(node->items, children->data, children->len);
	return NULL;
}

static struct culprit_error *fill_mapping(struct reader *r, struct yaml_node *node, const struct buf *children)
{
	struct yaml_node **nodes = (struct yaml_node **)(void *)children->data;

	node->n = children->len / sizeof(struct yaml_node *) / 2;
	node->pairs = arena_array(&r->doc->arena, node->n + 1, sizeof(*node->pairs));
	if (!node->pairs)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		struct yaml_node *key = nodes[2 * i];

		if (key->kind != YAML_SCALAR)
			return yaml_error(r->doc, key, "a key must be a scalar");
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(node->pairs[j].key->text, key->text))
				return yaml_error(r->doc, key, "key '%s' stands here for the second time", key->text);
		}
		node->pairs[i] = (struct yaml_pair){ key, nodes[2 * i + 1] };
	}
	return NULL;
}

static struct culprit_error *read_collection(struct reader *r, const yaml_event_t *event,
					     enum yaml_kind kind, struct yaml_node **ret)
{
	_cleanup_(buf_deinit) struct buf children = { 0 };
	struct yaml_node *node = new_node(r, event, kind);
	struct culprit_error *err;

	if (!node)
		return &culprit_error_no_memory;
	if (++r->depth > YAML_MAX_DEPTH)
		return event_error(r, event, "nested too deeply");
	err = read_children(r, kind == YAML_SEQUENCE ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT, &children);
	r->depth--;
	if (!err)
		err = kind == YAML_SEQUENCE ? fill_sequence(r, node, &children) : fill_mapping(r, node, &children);
	if (err)
		return err;
	*ret = node;
	return NULL;
}

static struct culprit_error *read_node(struct reader *r, yaml_event_t *event, struct yaml_node **ret)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		if (event->data.scalar.anchor || event->data.scalar.tag)
			return event_error(r, event, "anchors and tags are not supported");
		return read_scalar(r, event, ret);
	case YAML_SEQUENCE_START_EVENT:
		if (event->data.sequence_start.anchor || event->data.sequence_start.tag)
			return event_error(r, event, "anchors and tags are not supported");
		return read_collection(r, event, YAML_SEQUENCE, ret);
	case YAML_MAPPING_START_EVENT:
		if (event->data.mapping_start.anchor || event->data.mapping_start.tag)
			return event_error(r, event, "anchors and tags are not supported");
		return read_collection(r, event, YAML_MAPPING, ret);
	case YAML_ALIAS_EVENT:
		return event_error(r, event, "aliases are not supported");
	default:
		return event_error(r, event, "unexpected end of a collection");
	}
}

static struct culprit_error *read_document(struct reader *r)
{
	struct culprit_error *err;
	yaml_event_t event;
	bool in_document = false;

	for (;;) {
		bool done = false;

		err = next_event(r, &event);
		if (err)
			return err;
		switch (event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (in_document)
				err = event_error(r, &event, "a second document; one file holds one");
			in_document = true;
			break;
		case YAML_STREAM_END_EVENT:
			done = true;
			break;
		default:
			err = read_node(r, &event, &r->doc->root);
		}
		yaml_event_delete(&event);
		if (err || done)
			return err;
	}
}

struct culprit_error *yaml_parse(struct span text, const char *name, struct yaml_doc **ret)
{
	struct reader r = { .doc = calloc(1, sizeof(*r.doc)) };
	struct culprit_error *err;

	if (!r.doc)
		return &culprit_error_no_memory;
	r.doc->name = arena_dup(&r.doc->arena, span_of(name));
	if (!r.doc->name || !yaml_parser_initialize(&r.parser)) {
		yaml_destroy(r.doc);
		return &culprit_error_no_memory;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	/* an empty file's span may have no pointer, on which libyaml would abort */
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.len ? text.ptr : ""), text.len);
	err = read_document(&r);
	yaml_parser_delete(&r.parser);
	if (err) {
		yaml_destroy(r.doc);
		return err;
	}
	*ret = r.doc;
	return NULL;
}

static void closep(FILE **f)
{
	if (*f)
		fclose(*f);
}

struct culprit_error *yaml_load(const char *path, struct yaml_doc **ret)
{
	_cleanup_(closep) FILE *f = fopen(path, "re");
	_cleanup_(buf_deinit) struct buf text = { 0 };
	char chunk[8192];
	size_t n;

	if (!f)
		return culprit_error_errno("cannot open %s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		if (text.len + n > YAML_MAX_BYTES)
			return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: larger than %u MiB", path,
						    YAML_MAX_BYTES >> 20);
		if (!buf_add(&text, chunk, n))
			return &culprit_error_no_memory;
	}
	if (ferror(f))
		return culprit_error_errno("cannot read %s", path);
	return yaml_parse(buf_span(&text), path, ret);
}

void yaml_destroy(struct yaml_doc *doc)
{
	if (!doc)
		return;
	arena_deinit(&doc->arena);
	free(doc);
}

void yaml_destroyp(struct yaml_doc **doc)
{
	yaml_destroy(*doc);
}

/* ------------------------------------------------------------ readings */

const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key)
{
	YAML_FOR_EACH_PAIR(pair, mapping) {
		if (yaml_is(pair->key, key))
			return pair->value;
	}
	return NULL;
}

struct culprit_error *yaml_expect(const struct yaml_doc *doc, const struct yaml_node *node,
				  enum yaml_kind kind, const char *what)
{
	static const char *const names[] = { "a scalar", "a sequence", "a mapping" };

	if (node->kind == kind)
		return NULL;
	return yaml_error(doc, node, "%s must be %s, not %s", what, names[kind], names[node->kind]);
}

struct culprit_error *yaml_get_string(const struct yaml_doc *doc, const struct yaml_node *node,
				      const char *what, const char **ret)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SCALAR, what);

	if (!err)
		*ret = node->text;
	return err;
}

struct culprit_error *yaml_get_bool(const struct yaml_doc *doc, const struct yaml_node *node,
				    const char *what, bool *ret)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SCALAR, what);

	if (err)
		return err;
	if (!node->quoted && (yaml_is(node, "true") || yaml_is(node, "yes"))) {
		*ret = true;
		return NULL;
	}
	if (!node->quoted && (yaml_is(node, "false") || yaml_is(node, "no"))) {
		*ret = false;
		return NULL;
	}
	return yaml_error(doc, node, "%s must be true or false, not '%s'", what, node->text);
}

struct culprit_error *yaml_get_int(const struct yaml_doc *doc, const struct yaml_node *node,
				   const char *what, int64_t min, int64_t max, int64_t *ret)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SCALAR, what);
	char *end;
	long long value;

	if (err)
		return err;
	errno = 0;
	value = strtoll(node->text, &end, 10);
	if (node->quoted || end == node->text || *end || errno || value < min || value > max)
		return yaml_error(doc, node, "%s must be a whole number from %lld to %lld, not '%s'", what,
				  (long long)min, (long long)max, node->text);
	*ret = value;
	return NULL;
}

struct culprit_error *yaml_get_number(const struct yaml_doc *doc, const struct yaml_node *node,
				      const char *what, double min, double max, double *ret)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SCALAR, what);
	double value;
	char *end;

	if (err)
		return err;
	value = strtod(node->text, &end);
	if (node->quoted || end == node->text || *end || !(value >= min && value <= max))
		return yaml_error(doc, node, "%s must be a number from %g to %g, not '%s'", what, min, max,
				  node->text);
	*ret = value;
	return NULL;
}

/* ------------------------------------------------------------- writing */

static bool is_plain_safe(struct span s)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n" };

	/* Only what begins with a letter or a slash: never a number, indicator or document mark. */
	if (s.len == 0 || s.len > 80 || !memchr(safe, s.ptr[0], 52 + 1) || s.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\0' || !strchr(safe, s.ptr[i]))
			return false;
	}
	for (size_t i = 0; i < countof(words); i++) {
		if (s.len == strlen(words[i]) && strncasecmp(s.ptr, words[i], s.len) == 0)
			return false;
	}
	return true;
}

static bool write_escaped(struct buf *buf, unsigned char c)
{
	switch (c) {
	case '"': return buf_add_str(buf, "\\\"");
	case '\\': return buf_add_str(buf, "\\\\");
	case '\n': return buf_add_str(buf, "\\n");
	case '\t': return buf_add_str(buf, "\\t");
	}
	/* \xNN is a code point in YAML: the bytes of UTF-8 go out as they are. */
	if (c < 0x20 || c == 0x7f)
		return buf_printf(buf, "\\x%02x", c);
	return buf_add_char(buf, (char)c);
}

bool yaml_write_scalar(struct buf *buf, struct span text)
{
	if (is_plain_safe(text))
		return buf_add(buf, text.ptr, text.len);
	if (!buf_add_char(buf, '"'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!write_escaped(buf, (unsigned char)text.ptr[i]))
			return false;
	}
	return buf_add_char(buf, '"');
}

const char *yaml_library_version(void)
{
	return yaml_get_version_string();
}
