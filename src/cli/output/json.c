/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON Lines, one object per report:
 *
 *	{"object":"report","schema_version":1,"title":"KASAN: use-after-free Read in f",...}
 *
 * Keys are always there; what is not known is null.
 *
 * To add a key: a line below, its description in
 * include/culprit-report.schema.json (the tests compare the two).
 */
#include "cli/output/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/output/text.h"

#define JSON_EXACT_MAX ((UINT64_C(1) << 53) - 1)

/* Takes value over. */
static void put(struct json *json, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		json->failed = true;
}

static json_t *put_child(struct json *json, json_t *object, const char *key, json_t *child)
{
	put(json, object, key, child);
	return json_object_get(object, key);
}

/* How many bytes of ASCII s begins with: nearly always all, and long texts are many. */
static size_t ascii_len(struct span s)
{
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		uint64_t word;

		memcpy(&word, s.ptr + i, 8);
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < s.len && !(s.ptr[i] & 0x80))
		i++;
	return i;
}

/* s with U+FFFD in place of each byte that is not UTF-8. */
static json_t *string_of(struct span s)
{
	_cleanup_(buf_deinit) struct buf valid = { 0 };
	size_t pos = ascii_len(s), start = 0;

	while (pos < s.len) {
		size_t len = text_utf8_len(span_skip(s, pos));

		if (!len) {
			if (!buf_add(&valid, s.ptr + start, pos - start) || !buf_add_str(&valid, "\xef\xbf\xbd"))
				return NULL;
			start = pos + 1;
		}
		pos += len ? len : 1;
	}
	if (!start)
		return json_stringn_nocheck(s.len ? s.ptr : "", s.len);
	if (!buf_add(&valid, s.ptr + start, s.len - start))
		return NULL;
	return json_stringn_nocheck(valid.data, valid.len);
}

struct json_t *json_begin(struct json *json)
{
	json_t *root = json_object();

	if (!root)
		json->failed = true;
	return root;
}

/* Of numbers that are no integers: nothing here is known any better. */
#define REAL_DIGITS 12

struct json_dump {
	struct buf *buf;
	bool failed;
};

/* jansson does not pass every -1 on to who called it (keys of objects, 2.14): it is remembered here. */
static int write_to_buf(const char *data, size_t len, void *arg)
{
	struct json_dump *dump = arg;
	struct buf *buf = dump->buf;

	/* Called for every comma: most of the time there is room. */
	if (len < buf->cap - buf->len) {
		memcpy(buf->data + buf->len, data, len);
		buf->len += len;
		return 0;
	}
	dump->failed |= !buf_add(buf, data, len);
	return dump->failed ? -1 : 0;
}

bool json_end(struct json *json, struct json_t *root, struct buf *buf)
{
	struct json_dump dump = { .buf = buf };
	bool ok = !json->failed && !json_dump_callback(root, write_to_buf, &dump, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS)) && !dump.failed &&
		  buf_add_char(buf, '\n');

	json_decref(root);
	return ok;
}

void json_put_span(struct json *json, struct json_t *object, const char *key, struct span s)
{
	put(json, object, key, string_of(s));
}

void json_put_str(struct json *json, struct json_t *object, const char *key, const char *str)
{
	put(json, object, key, str ? string_of(span_of(str)) : json_null());
}

void json_put_bool(struct json *json, struct json_t *object, const char *key, bool value)
{
	put(json, object, key, json_boolean(value));
}

void json_put_int(struct json *json, struct json_t *object, const char *key, int64_t value)
{
	put(json, object, key, json_integer(value));
}

void json_put_envelope(struct json *json, struct json_t *root, const char *object)
{
	json_put_str(json, root, "object", object);
	json_put_int(json, root, "schema_version", JSON_SCHEMA_VERSION);
}

void json_put_real(struct json *json, struct json_t *object, const char *key, double value)
{
	put(json, object, key, json_real(value));
}

void json_put_null(struct json *json, struct json_t *object, const char *key)
{
	put(json, object, key, json_null());
}

void json_put_u64(struct json *json, struct json_t *object, const char *key, uint64_t value)
{
	put(json, object, key, value > JSON_EXACT_MAX ? json_null() : json_integer((json_int_t)value));
}

struct json_t *json_put_object(struct json *json, struct json_t *object, const char *key)
{
	return put_child(json, object, key, json_object());
}

struct json_t *json_put_array(struct json *json, struct json_t *object, const char *key)
{
	return put_child(json, object, key, json_array());
}

struct json_t *json_add_object(struct json *json, struct json_t *array)
{
	json_t *object = json_object();

	if (json_array_append_new(array, object)) {
		json->failed = true;
		return NULL;
	}
	return object;
}

void json_add_str(struct json *json, struct json_t *array, const char *str)
{
	if (json_array_append_new(array, string_of(span_of(str))))
		json->failed = true;
}

/* Negative means that it is not known. */
static void put_known(struct json *json, json_t *object, const char *key, int64_t value)
{
	if (value < 0)
		json_put_null(json, object, key);
	else
		json_put_int(json, object, key, value);
}

static void put_frame(struct json *json, json_t *object, const struct culprit_frame *frame)
{
	char address[32];

	json_put_str(json, object, "function", frame->function);
	if (frame->flags & CULPRIT_FRAME_HAS_OFFSET) {
		json_put_u64(json, object, "offset", frame->offset);
		json_put_u64(json, object, "size", frame->size);
	} else {
		json_put_null(json, object, "offset");
		json_put_null(json, object, "size");
	}
	snprintf(address, sizeof(address), "0x%" PRIx64, frame->address);
	json_put_str(json, object, "address", frame->flags & CULPRIT_FRAME_HAS_ADDRESS ? address : NULL);
	json_put_str(json, object, "module", frame->module);
	json_put_str(json, object, "build_id", frame->build_id);
	json_put_bool(json, object, "reliable", !(frame->flags & CULPRIT_FRAME_UNRELIABLE));
	json_put_bool(json, object, "inline", frame->flags & CULPRIT_FRAME_INLINE);
	json_put_bool(json, object, "exact", frame->flags & CULPRIT_FRAME_EXACT);
	json_put_str(json, object, "file", frame->file);
	put_known(json, object, "line", frame->line ? (int64_t)frame->line : -1);
	json_put_int(json, object, "text_line", frame->text_line);
}

static void put_stacks(struct json *json, json_t *object, const struct culprit_report *report)
{
	json_t *stacks = json_put_array(json, object, "stacks");

	for (size_t i = 0; i < report->n_stacks; i++) {
		const struct culprit_stack *stack = &report->stacks[i];
		json_t *entry = json_add_object(json, stacks), *frames;

		json_put_str(json, entry, "role", culprit_role_name(stack->role));
		json_put_str(json, entry, "header", stack->header);
		json_put_int(json, entry, "text_line", stack->text_line);
		frames = json_put_array(json, entry, "frames");
		for (size_t j = 0; j < stack->n_frames; j++)
			put_frame(json, json_add_object(json, frames), &stack->frames[j]);
	}
}

static void put_titles(struct json *json, json_t *object, const struct culprit_report *report)
{
	json_t *alt_titles;

	json_put_str(json, object, "title", report->title);
	alt_titles = json_put_array(json, object, "alt_titles");
	for (size_t i = 0; i < report->n_alt_titles; i++)
		json_add_str(json, alt_titles, report->alt_titles[i]);
}

static void put_executor(struct json *json, json_t *object, const struct culprit_report *report)
{
	json_t *executor;

	if (!report->executor.present) {
		json_put_null(json, object, "executor");
		return;
	}
	executor = json_put_object(json, object, "executor");
	json_put_int(json, executor, "proc", report->executor.proc);
	json_put_int(json, executor, "id", report->executor.id);
}

static void put_verdict(struct json *json, json_t *object, const struct culprit_report *report)
{
	json_put_str(json, object, "kind", culprit_kind_name(report->kind));
	json_put_str(json, object, "type", report->type);
	json_put_str(json, object, "frame", report->frame);
	json_put_str(json, object, "guilty_file", report->file_guilty);
	json_put_str(json, object, "pattern", report->pattern);
	json_put_bool(json, object, "corrupted", report->corrupted);
	json_put_str(json, object, "corrupted_reason", report->corrupted_reason);
	json_put_bool(json, object, "suppressed", report->suppressed);
	json_put_str(json, object, "suppressed_reason", report->suppressed_reason);
	json_put_bool(json, object, "panicked", report->panicked);
	json_put_bool(json, object, "truncated", report->truncated);
	put_executor(json, object, report);
}

static void put_place(struct json *json, json_t *object, const struct culprit_report *report, const char *file)
{
	json_put_str(json, object, "file", file);
	json_put_u64(json, object, "start_line", report->start_line);
	json_put_u64(json, object, "end_line", report->end_line);
	json_put_u64(json, object, "start_offset", report->start_offset);
	json_put_u64(json, object, "end_offset", report->end_offset);
	json_put_int(json, object, "boot", report->boot);
	json_put_str(json, object, "phase", culprit_phase_name(report->phase));
	put_known(json, object, "time_us", report->time_us);
}

static void put_machine(struct json *json, json_t *object, const struct culprit_report *report)
{
	json_t *kernel = json_put_object(json, object, "kernel");
	char offset[32];

	json_put_str(json, kernel, "version", report->kernel_version);
	json_put_str(json, kernel, "build", report->kernel_build);
	json_put_str(json, kernel, "build_id", report->kernel_build_id);
	snprintf(offset, sizeof(offset), "0x%" PRIx64, report->kernel_offset);
	json_put_str(json, kernel, "offset", report->has_kernel_offset ? offset : NULL);
	put_known(json, object, "cpu", report->cpu);
	put_known(json, object, "pid", report->pid);
	json_put_str(json, object, "task", report->task);
	json_put_str(json, object, "hardware", report->hardware);
	json_put_str(json, object, "taint", report->taint);
}

void json_put_report(struct json *json, struct json_t *object, const struct culprit_report *report,
		     const char *file)
{
	json_put_str(json, object, "object", "report");
	json_put_int(json, object, "schema_version", JSON_SCHEMA_VERSION);
	put_titles(json, object, report);
	put_verdict(json, object, report);
	put_place(json, object, report, file);
	put_machine(json, object, report);
	put_stacks(json, object, report);
	json_put_span(json, object, "report", (struct span){ report->text, report->text_len });
	json_put_int(json, object, "prefix_lines", report->prefix_lines);
}

void json_put_summary(struct json *json, struct json_t *object, const struct culprit_summary *summary,
		      const char *file)
{
	json_put_str(json, object, "object", "summary");
	json_put_int(json, object, "schema_version", JSON_SCHEMA_VERSION);
	json_put_str(json, object, "file", file);
	json_put_u64(json, object, "bytes", summary->n_bytes);
	json_put_u64(json, object, "lines", summary->n_lines);
	json_put_u64(json, object, "reports", summary->n_reports);
	json_put_int(json, object, "boots", summary->n_boots);
	json_put_str(json, object, "phase", culprit_phase_name(summary->phase));
	json_put_str(json, object, "phase_best", culprit_phase_name(summary->phase_best));
	json_put_bool(json, object, "panicked", summary->panicked);
	json_put_str(json, object, "kernel_version", summary->kernel_version);
}

const char *json_library_version(void)
{
	return JANSSON_VERSION;
}
