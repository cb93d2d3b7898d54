/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines with a word in front; frames are the lines that begin with a blank,
 * and belong to the stack that was named last.  More than a symptom may hold
 * is refused: what is written here never has it.
 */
#include "match/symptom_text.h"

/* ------------------------------------------------------------- writing */

/* What strangers chose may hold anything; a line holds characters only. */
static bool add_value(struct buf *buf, const char *word, const char *value)
{
	if (!value)
		return true;
	if (!buf_add_str(buf, word) || !buf_add_char(buf, ' '))
		return false;
	for (const unsigned char *at = (const unsigned char *)value; *at; at++) {
		if (!buf_add_char(buf, *at < 0x20 || *at == 0x7f ? '?' : (char)*at))
			return false;
	}
	return buf_add_char(buf, '\n');
}

static bool add_ascii(struct buf *buf, const char *word, const char *value)
{
	size_t start = buf->len;

	if (!add_value(buf, word, value))
		return false;
	for (size_t i = start; i < buf->len; i++)
		buf->data[i] = buf->data[i] & 0x80 ? '?' : buf->data[i];
	return true;
}

static bool add_stack(struct buf *buf, const char *word, const struct symptom_stack *stack)
{
	if (!stack->n)
		return true;
	if (!buf_add_str(buf, word) || !buf_add_char(buf, '\n'))
		return false;
	for (size_t i = 0; i < stack->n && i < SYMPTOM_MAX_FRAMES; i++) {
		size_t start;

		if (!buf_add_char(buf, ' '))
			return false;
		start = buf->len;
		if (!symptom_frame_format(&stack->frames[i], buf))
			return false;
		for (size_t b = start; b < buf->len; b++)
			buf->data[b] = buf->data[b] < 0x20 || buf->data[b] > 0x7e ? '?' : buf->data[b];
		if (!buf_add_char(buf, '\n'))
			return false;
	}
	return true;
}

static bool add_details(const struct match_rules *rules, const struct symptom *symptom, struct buf *buf)
{
	for (size_t i = 0; i < symptom->n_details; i++) {
		const char *name = rules_detail(rules, symptom->details[i].rule)->name;
		size_t tab;

		if (!buf_add_str(buf, "detail ") || !buf_add_str(buf, name))
			return false;
		tab = buf->len;
		if (!add_ascii(buf, "", symptom->details[i].value))
			return false;
		buf->data[tab] = '\t';
	}
	return true;
}

bool symptom_text_format(const struct match_rules *rules, const struct symptom *symptom, struct buf *ret)
{
	bool ok = add_value(ret, "title", symptom->title);

	for (size_t i = 0; ok && i < symptom->n_alts; i++)
		ok = add_value(ret, "alt", symptom->alts[i]);
	ok = ok && (!symptom->torn || buf_add_str(ret, "torn\n")) && add_value(ret, "frame", symptom->frame) &&
	     add_value(ret, "frame2", symptom->frame_other) && add_stack(ret, "access", &symptom->access) &&
	     add_stack(ret, "allocated", &symptom->allocated) && add_stack(ret, "freed", &symptom->freed);
	for (size_t i = 0; ok && i < symptom->n_others; i++)
		ok = add_stack(ret, "other", &symptom->others[i]);
	return ok && add_details(rules, symptom, ret) && add_ascii(ret, "task", symptom->task) &&
	       add_ascii(ret, "kernel", symptom->kernel_version);
}

/* ------------------------------------------------------------- reading */

struct reader {
	const struct match_rules *rules;
	struct arena *arena;
	struct symptom *symptom;
	const char **alts;		/* room for SYMPTOM_MAX_ALTS */
	struct symptom_stack *stack;	/* that frames go to; NULL: none was named */
};

static struct culprit_error *refuse(struct span line)
{
	return culprit_error_create(CULPRIT_ERROR_SYNTAX, "no line of a symptom: '%.*s'",
				    (int)(line.len < 60 ? line.len : 60), line.ptr);
}

static struct culprit_error *read_frame(struct reader *reader, struct span line)
{
	struct symptom_stack *stack = reader->stack;
	const char *text = arena_dup(reader->arena, span_skip(line, 1));

	if (!text)
		return &culprit_error_no_memory;
	if (!stack || stack->n == SYMPTOM_MAX_FRAMES)
		return refuse(line);
	if (!stack->frames)
		stack->frames = arena_array(reader->arena, SYMPTOM_MAX_FRAMES, sizeof(*stack->frames));
	if (!stack->frames)
		return &culprit_error_no_memory;
	return symptom_frame_parse(reader->rules, reader->arena, text, &stack->frames[stack->n++]);
}

static struct culprit_error *read_other(struct reader *reader)
{
	struct symptom *symptom = reader->symptom;

	if (symptom->n_others == SYMPTOM_MAX_OTHERS)
		return refuse(SPAN("other"));
	if (!symptom->others)
		symptom->others = arena_array(reader->arena, SYMPTOM_MAX_OTHERS, sizeof(*symptom->others));
	if (!symptom->others)
		return &culprit_error_no_memory;
	reader->stack = &symptom->others[symptom->n_others++];
	return NULL;
}

/* A detail that these rules don't know is left out. */
static struct culprit_error *read_detail(struct reader *reader, struct span value)
{
	struct symptom *symptom = reader->symptom;
	const char *tab = memchr(value.ptr, '\t', value.len);
	const char *text;

	if (!tab || symptom->n_details == SYMPTOM_MAX_DETAILS)
		return refuse(value);
	for (size_t i = 0; i < rules_n_details(reader->rules); i++) {
		if (!span_equal(span_of(rules_detail(reader->rules, i)->name),
				(struct span){ value.ptr, (size_t)(tab - value.ptr) }))
			continue;
		text = arena_dup(reader->arena, span_skip(value, (size_t)(tab + 1 - value.ptr)));
		if (!text)
			return &culprit_error_no_memory;
		symptom->details[symptom->n_details++] = (struct symptom_detail){ i, text };
		break;
	}
	return NULL;
}

static struct culprit_error *read_text(struct reader *reader, struct span value, const char **ret)
{
	*ret = arena_dup(reader->arena, value);
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *read_word(struct reader *reader, struct span line)
{
	struct symptom *symptom = reader->symptom;

	reader->stack = span_equal(line, SPAN("access")) ? &symptom->access :
			span_equal(line, SPAN("allocated")) ? &symptom->allocated :
			span_equal(line, SPAN("freed")) ? &symptom->freed : NULL;
	if (reader->stack)
		return reader->stack->n ? refuse(line) : NULL;
	if (span_equal(line, SPAN("other")))
		return read_other(reader);
	if (!span_equal(line, SPAN("torn")))
		return refuse(line);
	symptom->torn = true;
	return NULL;
}

static struct culprit_error *read_line(struct reader *reader, struct span line)
{
	const char *blank = line.len ? memchr(line.ptr, ' ', line.len) : NULL;
	struct symptom *symptom = reader->symptom;
	struct span word = { line.ptr, blank ? (size_t)(blank - line.ptr) : line.len };
	struct span value = span_skip(line, blank ? word.len + 1 : word.len);

	if (!blank)
		return read_word(reader, line);
	if (!word.len)
		return read_frame(reader, line);
	reader->stack = NULL;
	if (span_equal(word, SPAN("alt"))) {
		if (symptom->n_alts == SYMPTOM_MAX_ALTS)
			return refuse(line);
		return read_text(reader, value, &reader->alts[symptom->n_alts++]);
	}
	if (span_equal(word, SPAN("frame")))
		return read_text(reader, value, &symptom->frame);
	if (span_equal(word, SPAN("frame2")))
		return read_text(reader, value, &symptom->frame_other);
	if (span_equal(word, SPAN("task")))
		return read_text(reader, value, &symptom->task);
	if (span_equal(word, SPAN("kernel")))
		return read_text(reader, value, &symptom->kernel_version);
	return span_equal(word, SPAN("detail")) ? read_detail(reader, value) : refuse(line);
}

/* The line at the start of *text, which moves on. */
static struct span next_line(struct span *text)
{
	const char *end = memchr(text->ptr, '\n', text->len);
	struct span line = { text->ptr, end ? (size_t)(end - text->ptr) : text->len };

	*text = span_skip(*text, line.len + (end != NULL));
	return line;
}

struct culprit_error *symptom_text_parse(const struct match_rules *rules, struct arena *arena, struct span text,
					 struct symptom *ret)
{
	struct symptom symptom;
	struct reader reader = { .rules = rules, .arena = arena, .symptom = &symptom };
	struct culprit_error *err;
	struct span line;
	char *title;

	if (text.len > SYMPTOM_TEXT_MAX_BYTES || !span_starts(text, SPAN("title ")))
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "no symptom: it begins with no title, or is too long");
	/* what stands behind one would be lost without a word */
	if (memchr(text.ptr, '\0', text.len))
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "no symptom: it holds a NUL byte");
	line = next_line(&text);
	if (line.len == strlen("title "))
		return refuse(line);
	title = arena_dup(arena, span_skip(line, strlen("title ")));
	reader.alts = arena_array(arena, SYMPTOM_MAX_ALTS, sizeof(*reader.alts));
	if (!title || !reader.alts)
		return &culprit_error_no_memory;
	err = symptom_from_title(rules, arena, title, &symptom);
	if (err)
		return err;
	symptom.frame = symptom.frame_other = NULL;
	symptom.alts = reader.alts;
	symptom.details = arena_array(arena, SYMPTOM_MAX_DETAILS, sizeof(*symptom.details));
	if (!symptom.details)
		return &culprit_error_no_memory;
	while (!err && text.len)
		err = read_line(&reader, next_line(&text));
	if (!err)
		*ret = symptom;
	return err;
}
