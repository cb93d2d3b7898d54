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
#include "edges/json.h"

#include <inttypes.h>
#include <stdio.h>

/* Negative means that it is not known. */
static void put_known(struct json *json, struct json_level *object, const char *key, int64_t value)
{
	if (value < 0)
		json_put_null(json, object, key);
	else
		json_put_int(json, object, key, value);
}

static void put_frame(struct json *json, struct json_level *object, const struct culprit_frame *frame)
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

static void put_stacks(struct json *json, struct json_level *object, const struct culprit_report *report)
{
	struct json_level *stacks = json_put_array(json, object, "stacks");

	for (size_t i = 0; i < report->n_stacks; i++) {
		const struct culprit_stack *stack = &report->stacks[i];
		struct json_level *entry = json_add_object(json, stacks), *frames;

		json_put_str(json, entry, "role", culprit_role_name(stack->role));
		json_put_str(json, entry, "header", stack->header);
		json_put_int(json, entry, "text_line", stack->text_line);
		frames = json_put_array(json, entry, "frames");
		for (size_t j = 0; j < stack->n_frames; j++)
			put_frame(json, json_add_object(json, frames), &stack->frames[j]);
	}
}

static void put_titles(struct json *json, struct json_level *object, const struct culprit_report *report)
{
	struct json_level *alt_titles;

	json_put_str(json, object, "title", report->title);
	alt_titles = json_put_array(json, object, "alt_titles");
	for (size_t i = 0; i < report->n_alt_titles; i++)
		json_add_str(json, alt_titles, report->alt_titles[i]);
}

static void put_executor(struct json *json, struct json_level *object, const struct culprit_report *report)
{
	struct json_level *executor;

	if (!report->executor.present) {
		json_put_null(json, object, "executor");
		return;
	}
	executor = json_put_object(json, object, "executor");
	json_put_int(json, executor, "proc", report->executor.proc);
	json_put_int(json, executor, "id", report->executor.id);
}

static void put_verdict(struct json *json, struct json_level *object, const struct culprit_report *report)
{
	json_put_str(json, object, "kind", culprit_kind_name(report->kind));
	json_put_str(json, object, "type", report->type);
	json_put_str(json, object, "frame", report->frame);
	json_put_str(json, object, "guilty_file", report->file_guilty);
	json_put_str(json, object, "pattern", report->pattern);
	json_put_bool(json, object, "corrupted", report->corrupted);
	json_put_str(json, object, "corrupted_reason", report->corrupted_reason);
	json_put_bool(json, object, "suppressed", report->suppressed);
	json_put_bool(json, object, "panicked", report->panicked);
	json_put_bool(json, object, "truncated", report->truncated);
	put_executor(json, object, report);
}

static void put_place(struct json *json, struct json_level *object, const struct culprit_report *report, const char *file)
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

static void put_machine(struct json *json, struct json_level *object, const struct culprit_report *report)
{
	struct json_level *kernel = json_put_object(json, object, "kernel");
	char offset[32];

	json_put_str(json, kernel, "version", report->kernel_version);
	json_put_str(json, kernel, "build_id", report->kernel_build_id);
	snprintf(offset, sizeof(offset), "0x%" PRIx64, report->kernel_offset);
	json_put_str(json, kernel, "offset", report->has_kernel_offset ? offset : NULL);
	put_known(json, object, "cpu", report->cpu);
	put_known(json, object, "pid", report->pid);
	json_put_str(json, object, "task", report->task);
	json_put_str(json, object, "hardware", report->hardware);
	json_put_str(json, object, "taint", report->taint);
}

void json_put_report(struct json *json, struct json_level *object, const struct culprit_report *report,
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

void json_put_summary(struct json *json, struct json_level *object, const struct culprit_summary *summary,
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
