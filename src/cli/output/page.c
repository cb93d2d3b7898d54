/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/output/page.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/output/json_read.h"
#include "cli/output/template.h"

/* A file beside this one as it is: Makefile makes this object depend on all of them. */
#define TAKE(symbol, file) \
	extern const char symbol[], symbol##_end[]; \
	__asm__(".pushsection .rodata\n.globl " #symbol ", " #symbol "_end\n.hidden " #symbol ", " #symbol "_end\n" \
		#symbol ":\n.incbin \"src/cli/output/" file "\"\n" #symbol "_end:\n.byte 0\n.popsection\n")

TAKE(culprit_page_head, "page_head.html");
TAKE(culprit_page_log, "page_log.html");
TAKE(culprit_page_report, "page_report.html");
TAKE(culprit_page_end, "page_end.html");
TAKE(culprit_page_bisection, "page_bisection.html");

static bool fill(const char *start, const char *end, struct json *json, struct json_t *root, struct buf *out)
{
	struct culprit_error *err = json->failed ? &culprit_error_no_memory :
				    template_fill((struct span){ start, (size_t)(end - start) }, root, out);

	json_read_free(&root);
	/* The templates are ours. */
	assert(!err || culprit_error_code(err) == CULPRIT_ERROR_NO_MEMORY);
	culprit_error_destroy(err);
	return !err;
}

bool page_fill(enum page_part part, struct json *json, struct json_t *root, struct buf *out)
{
	if (part == PAGE_BISECTION)
		return fill(culprit_page_bisection, culprit_page_bisection_end, json, root, out);
	return fill(culprit_page_report, culprit_page_report_end, json, root, out);
}

/* ----------------------------------------------------------------- words */

static void put_text(struct json *json, struct json_t *object, const char *name, struct span text, enum text_shape shape)
{
	_cleanup_(buf_deinit) struct buf safe = { 0 };

	if (text_add(&safe, text, shape))
		json_put_span(json, object, name, buf_span(&safe));
	else
		json->failed = true;
}

void page_put(struct json *json, struct json_t *object, const char *name, const char *text, enum text_shape shape)
{
	if (text)
		put_text(json, object, name, span_of(text), shape);
	else
		json_put_null(json, object, name);
}

void page_printf(struct json *json, struct json_t *object, const char *name, const char *format, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		page_put(json, object, name, text, TEXT_FIELD);
	else
		json->failed = true;
}

/* Of a URL's path: what it may not hold is %XX. */
static bool add_url_part(struct buf *out, const char *text)
{
	bool ok = true;

	for (const unsigned char *at = (const unsigned char *)text; ok && *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || strchr("-._~/", *at);

		ok = plain ? buf_add_char(out, (char)*at) : buf_printf(out, "%%%02X", *at);
	}
	return ok;
}

/* The word whose name url begins with, in braces; NULL: none. */
static const struct page_word *find_word(const char *url, const struct page_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i].name);

		if (url[0] == '{' && !strncmp(url + 1, words[i].name, len) && url[1 + len] == '}')
			return &words[i];
	}
	return NULL;
}

void page_put_url(struct json *json, struct json_t *object, const char *name, const char *url, const struct page_word *words, size_t n)
{
	_cleanup_(buf_deinit) struct buf filled = { 0 };
	bool ok = true;

	while (ok && url && *url) {
		const struct page_word *word = find_word(url, words, n);

		ok = word ? add_url_part(&filled, word->value) : buf_add_char(&filled, *url);
		url += word ? strlen(word->name) + 2 : 1;
	}
	json->failed |= !ok;
	page_put(json, object, name, url && ok ? filled.data : NULL, TEXT_FIELD);
}

bool page_is_source_url(const char *url)
{
	return (!strncmp(url, "https://", 8) || !strncmp(url, "http://", 7)) && strstr(url, "{file}");
}

/* ----------------------------------------------------------------- facts */

static void add_fact(struct json *json, struct json_t *list, const char *name, const char *value)
{
	struct json_t *fact = value ? json_add_object(json, list) : NULL;

	if (!fact)
		return;
	json_put_str(json, fact, "name", name);
	page_put(json, fact, "value", value, TEXT_FIELD);
}

static void put_facts(struct json *json, struct json_t *root, const char *path, const struct culprit_report *report)
{
	struct json_t *list = json_put_array(json, root, "facts");
	_cleanup_(buf_deinit) struct buf where = { 0 };
	char cpu[16];

	for (size_t i = 0; i < report->n_alt_titles; i++)
		add_fact(json, list, "also", report->alt_titles[i]);
	json->failed |= !buf_printf(&where, "%s:%" PRIu64 " to %" PRIu64, path, report->start_line, report->end_line);
	add_fact(json, list, "where", where.data);
	add_fact(json, list, "guilty file", report->file_guilty);
	add_fact(json, list, "kernel", report->kernel_version);
	add_fact(json, list, "build", report->kernel_build);
	add_fact(json, list, "hardware", report->hardware);
	add_fact(json, list, "task", report->task);
	add_fact(json, list, "taint", report->taint && *report->taint ? report->taint : NULL);
	add_fact(json, list, "corrupted", report->corrupted ? report->corrupted_reason : NULL);
	add_fact(json, list, "suppressed", report->suppressed ? report->suppressed_reason : NULL);
	snprintf(cpu, sizeof(cpu), "%" PRId32, report->cpu);
	add_fact(json, list, "cpu", report->cpu >= 0 ? cpu : NULL);
}

/* ---------------------------------------------------------------- stacks */

static void put_source(struct json *json, struct json_t *object, const char *url, const struct culprit_report *report,
		       const struct culprit_frame *frame)
{
	char line[16] = "";
	const struct page_word words[] = {
		{ "file", frame->file }, { "line", line }, { "version", report->kernel_version ? report->kernel_version : "" },
	};
	struct json_t *source;

	if (!frame->file) {
		json_put_null(json, object, "source");
		return;
	}
	source = json_put_object(json, object, "source");
	if (frame->line)
		snprintf(line, sizeof(line), "%" PRIu32, frame->line);
	page_put_url(json, source, "url", url, words, countof(words));
	page_printf(json, source, "place", "%s%s%s", frame->file, *line ? ":" : "", line);
}

static void add_frame(struct json *json, struct json_t *list, const char *url, const struct culprit_report *report,
		      const struct culprit_frame *frame)
{
	struct json_t *object = json_add_object(json, list);
	bool is_inline = frame->flags & CULPRIT_FRAME_INLINE;

	json_put_bool(json, object, "doubtful", frame->flags & CULPRIT_FRAME_UNRELIABLE);
	if (frame->function)
		page_put(json, object, "function", frame->function, TEXT_FIELD);
	else
		page_printf(json, object, "function", "0x%" PRIx64, frame->address);
	json_put_bool(json, object, "inlined", is_inline);
	if (!is_inline && frame->flags & CULPRIT_FRAME_HAS_OFFSET)
		page_printf(json, object, "offset", "+0x%" PRIx64 "/0x%" PRIx64, frame->offset, frame->size);
	else
		json_put_null(json, object, "offset");
	page_put(json, object, "module", frame->module, TEXT_FIELD);
	put_source(json, object, url, report, frame);
}

static void put_stacks(struct json *json, struct json_t *root, const char *url, const struct culprit_report *report)
{
	struct json_t *list = json_put_array(json, root, "stacks");

	for (size_t i = 0; i < report->n_stacks; i++) {
		const struct culprit_stack *stack = &report->stacks[i];
		struct json_t *object = json_add_object(json, list), *frames;

		json_put_str(json, object, "role", culprit_role_name(stack->role));
		page_put(json, object, "header", stack->header, TEXT_FIELD);
		json_put_int(json, object, "n_frames", (int64_t)stack->n_frames);
		frames = json_put_array(json, object, "frames");
		for (size_t j = 0; j < stack->n_frames; j++)
			add_frame(json, frames, url, report, &stack->frames[j]);
	}
}

/* ------------------------------------------------------------------ text */

/* The banner, and where the stacks begin, stand out. */
static bool is_marked(const struct culprit_report *report, uint32_t line)
{
	for (size_t i = 0; i < report->n_stacks; i++) {
		if (report->stacks[i].text_line == line && *report->stacks[i].header)
			return true;
	}
	return line == report->prefix_lines;
}

static void add_part(struct json *json, struct json_t *list, const char *plain, size_t plain_len, struct span marked)
{
	struct json_t *object = json_add_object(json, list);

	put_text(json, object, "plain", (struct span){ plain, plain_len }, TEXT_LINES);
	put_text(json, object, "marked", marked, TEXT_LINES);
}

/* Pieces of plain lines, each with the marked line that follows it. */
static void put_text_parts(struct json *json, struct json_t *root, const struct culprit_report *report)
{
	struct json_t *list = json_put_array(json, root, "parts");
	struct span rest = { report->text, report->text_len };
	const char *plain = rest.ptr;

	for (uint32_t line = 0; rest.len; line++) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

		if (len && is_marked(report, line)) {
			add_part(json, list, plain, (size_t)(rest.ptr - plain), (struct span){ rest.ptr, len });
			plain = rest.ptr + len;
		}
		rest = span_skip(rest, len + (end != NULL));
	}
	add_part(json, list, plain, (size_t)(report->text + report->text_len - plain), SPAN(""));
}

/* ------------------------------------------------------------- the whole */

bool page_begin(struct buf *out, const char *title)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	page_put(&json, root, "title", title, TEXT_FIELD);
	return fill(culprit_page_head, culprit_page_head_end, &json, root, out);
}

bool page_add_log(struct buf *out, const char *path)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	page_put(&json, root, "path", path, TEXT_FIELD);
	json_put_null(&json, root, "end");
	return fill(culprit_page_log, culprit_page_log_end, &json, root, out);
}

bool page_add_report(struct buf *out, const char *path, const struct culprit_report *report, const char *source_url)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_bool(&json, root, "suppressed", report->suppressed);
	page_put(&json, root, "title", report->title, TEXT_FIELD);
	page_put(&json, root, "kind", report->type ? report->type : culprit_kind_name(report->kind), TEXT_FIELD);
	put_facts(&json, root, path, report);
	put_stacks(&json, root, source_url, report);
	page_printf(&json, root, "lines", "%" PRIu64 " to %" PRIu64, report->start_line, report->end_line);
	put_text_parts(&json, root, report);
	return page_fill(PAGE_REPORT, &json, root, out);
}

bool page_end_log(struct buf *out, uint64_t n_reports, const char *reason)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *end;

	json_put_null(&json, root, "path");
	end = json_put_object(&json, root, "end");
	page_put(&json, end, "reason", reason, TEXT_FIELD);
	json_put_bool(&json, end, "clean", !reason && !n_reports);
	return fill(culprit_page_log, culprit_page_log_end, &json, root, out);
}

bool page_finish(struct buf *out)
{
	return buf_add(out, culprit_page_end, (size_t)(culprit_page_end_end - culprit_page_end));
}
