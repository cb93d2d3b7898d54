/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JUnit: a suite for each log, a case for each report (the title is its name),
 * or one that passed.  TAP 13: a point for each log, its reports as comments.
 * SARIF 2.1.0: a run for each log, a result for each report; what is not known
 * until the log's end stands behind the results.
 */
#include "cli/output/formats.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/output/json.h"
#include "cli/output/page.h"
#include "cli/output/text.h"

struct format {
	bool (*begin)(size_t n_logs, struct buf *out);
	bool (*report)(struct formats_log *log, const struct culprit_report *report, struct buf *out);
	bool (*end_log)(struct formats_log *log, bool whole, struct buf *out);
	bool (*finish)(struct buf *out);
};

static const char *place_of(const struct formats_log *log)
{
	return strcmp(log->path, "-") ? log->path : "standard input";
}

/* Where the guilty function is in the sources; NULL: not known. */
static const struct culprit_frame *source_frame(const struct culprit_report *report)
{
	for (size_t i = 0; report->frame && i < report->n_stacks; i++) {
		for (size_t k = 0; k < report->stacks[i].n_frames; k++) {
			const struct culprit_frame *frame = &report->stacks[i].frames[k];

			if (frame->function && frame->file && frame->line && !strcmp(frame->function, report->frame))
				return frame;
		}
	}
	return NULL;
}

static bool nothing(size_t n_logs, struct buf *out)
{
	(void)n_logs;
	(void)out;
	return true;
}

static bool nothing_at_end(struct formats_log *log, bool whole, struct buf *out)
{
	(void)log;
	(void)whole;
	(void)out;
	return true;
}

static bool finish_nothing(struct buf *out)
{
	(void)out;
	return true;
}

/* ---------------------------------------------------------------- JUnit */

/* Of len bytes, a character of UTF-8: not the control bytes but tab and end of line, and not U+FFFE and U+FFFF. */
static bool is_xml_char(const char *at, size_t len)
{
	unsigned char c = (unsigned char)*at;

	if (len == 3 && !memcmp(at, "\xef\xbf", 2))
		return (unsigned char)at[2] < 0xbe;
	return c >= 0x20 ? c != 0x7f : c == '\n' || c == '\t';
}

/* What XML 1.0 has not becomes U+FFFD. */
static bool add_xml(struct buf *out, struct span s)
{
	while (s.len) {
		size_t len = text_utf8_len(s);
		const char *entity = text_entity(*s.ptr);
		bool ok;

		if (entity)
			ok = buf_add_str(out, entity);
		else if (!len || !is_xml_char(s.ptr, len))
			ok = buf_add_str(out, "\xef\xbf\xbd");
		else
			ok = buf_add(out, s.ptr, len);
		if (!ok)
			return false;
		s = span_skip(s, len ? len : 1);
	}
	return true;
}

static bool add_attribute(struct buf *out, const char *name, const char *value)
{
	return buf_printf(out, " %s=\"", name) && add_xml(out, span_of(value)) && buf_add_char(out, '"');
}

static bool junit_begin(size_t n_logs, struct buf *out)
{
	(void)n_logs;
	return buf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"culprit\">\n");
}

static bool junit_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	struct buf *held = &log->held;
	const char *element = report->suppressed ? "skipped" : "failure";
	struct span text = { report->text, report->text_len };
	bool ok;

	(void)out;
	/* a log of nothing but reports: they are counted all the same */
	if (held->len > FORMATS_HELD_BYTES)
		text.len = 0;
	ok = buf_add_str(held, "  <testcase") && add_attribute(held, "classname", place_of(log)) &&
	     add_attribute(held, "name", report->title) && buf_printf(held, ">\n    <%s", element) &&
	     add_attribute(held, "message", report->title);
	if (ok && !report->suppressed)
		ok = add_attribute(held, "type", report->type ? report->type : culprit_kind_name(report->kind));
	return ok && buf_add_char(held, '>') && (report->suppressed || add_xml(held, text)) &&
	       buf_printf(held, "</%s>\n    <system-out>", element) && add_xml(held, span_of(place_of(log))) &&
	       buf_printf(held, ":%" PRIu64 "</system-out>\n  </testcase>\n", report->start_line);
}

static bool junit_end_log(struct formats_log *log, bool whole, struct buf *out)
{
	uint64_t skipped = log->n_skipped + log->passed_over, n = log->n_failed + skipped + !whole;
	bool clean = whole && !n, ok;

	ok = buf_add_str(out, " <testsuite") && add_attribute(out, "name", place_of(log)) &&
	     buf_printf(out, " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%d\" skipped=\"%" PRIu64 "\">\n",
			n + clean, log->n_failed, !whole, skipped) &&
	     (!log->held.len || buf_add(out, log->held.data, log->held.len));
	if (ok && (clean || !whole || log->passed_over))
		ok = buf_add_str(out, "  <testcase") && add_attribute(out, "classname", place_of(log)) &&
		     buf_add_str(out, clean ? " name=\"no crash\"/>\n" : !whole ?
				 " name=\"the log can be read\">\n    <error message=\"the log could not be "
				 "read, or not to its end\"/>\n  </testcase>\n" :
				 " name=\"no log\">\n    <skipped message=\"it is no log\"/>\n  </testcase>\n");
	log->held.len = 0;
	return ok && buf_add_str(out, " </testsuite>\n");
}

static bool junit_finish(struct buf *out)
{
	return buf_add_str(out, "</testsuites>\n");
}

/* ------------------------------------------------------------------ TAP */

static bool tap_begin(size_t n_logs, struct buf *out)
{
	return buf_printf(out, "TAP version 13\n1..%zu\n", n_logs);
}

/* A description holds no "#": a directive begins with it. */
static bool add_tap(struct buf *out, const char *text)
{
	size_t start = out->len;

	if (!text_add(out, span_of(text), TEXT_FIELD))
		return false;
	for (size_t i = start; i < out->len; i++)
		out->data[i] = out->data[i] == '#' ? '_' : out->data[i];
	return true;
}

static bool tap_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	return buf_add_str(out, "# ") && text_add(out, span_of(place_of(log)), TEXT_FIELD) &&
	       buf_printf(out, ":%" PRIu64 ": ", report->start_line) && text_add(out, span_of(report->title), TEXT_FIELD) &&
	       buf_add_str(out, report->suppressed ? " (no bug of the kernel)\n" : "\n");
}

static bool tap_end_log(struct formats_log *log, bool whole, struct buf *out)
{
	return (whole || buf_add_str(out, "# the log could not be read, or not to its end\n")) &&
	       buf_printf(out, "%sok %zu - ", whole && !log->n_failed ? "" : "not ", log->index + 1) &&
	       add_tap(out, place_of(log)) && buf_add_str(out, log->passed_over ? " # SKIP it is no log\n" : "\n");
}

/* ---------------------------------------------------------------- SARIF */

static bool sarif_begin(size_t n_logs, struct buf *out)
{
	(void)n_logs;
	return buf_add_str(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[\n");
}

/* A URI reference: bytes that it may not hold are %XX. */
static bool add_uri(struct buf *out, const char *path)
{
	if (*path == '/' && !buf_add_str(out, "file://"))
		return false;
	for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
			     strchr("-._~/", *at);

		if (!(plain ? buf_add_char(out, (char)*at) : buf_printf(out, "%%%02X", *at)))
			return false;
	}
	return true;
}

/* An artifactLocation. False when out of memory. */
static bool put_location(struct json *json, struct json_t *object, const char *path)
{
	_cleanup_(buf_deinit) struct buf uri = { 0 };
	struct json_t *location = json_put_object(json, object, "artifactLocation");

	if (!add_uri(&uri, path))
		return false;
	json_put_str(json, location, "uri", uri.data ? uri.data : "");
	return true;
}

static bool put_log_place(struct json *json, struct json_t *result, const struct formats_log *log,
			  const struct culprit_report *report)
{
	struct json_t *list = json_put_array(json, result, "locations");
	struct json_t *place = json_put_object(json, json_add_object(json, list), "physicalLocation"), *region;

	if (!strcmp(log->path, "-"))
		json_put_str(json, json_put_object(json, json_put_object(json, place, "artifactLocation"), "description"), "text",
			     "standard input");
	else if (!put_location(json, place, log->path))
		return false;
	region = json_put_object(json, place, "region");
	json_put_u64(json, region, "startLine", report->start_line ? report->start_line : 1);
	json_put_u64(json, region, "endLine", report->end_line ? report->end_line : 1);
	return true;
}

static bool put_frame(struct json *json, struct json_t *list, const struct culprit_frame *frame)
{
	struct json_t *object = json_add_object(json, list), *location = json_put_object(json, object, "location");
	struct json_t *logical = json_add_object(json, json_put_array(json, location, "logicalLocations")), *place;

	json_put_str(json, logical, "fullyQualifiedName", frame->function);
	json_put_str(json, logical, "kind", "function");
	if (frame->module)
		json_put_str(json, object, "module", frame->module);
	if (!frame->file)
		return true;
	place = json_put_object(json, location, "physicalLocation");
	if (frame->line)
		json_put_int(json, json_put_object(json, place, "region"), "startLine", frame->line);
	return put_location(json, place, frame->file);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : !a && !b;
}

/* The next frame that is written. */
static const struct culprit_frame *next_frame(const struct culprit_stack *stack, size_t *at)
{
	while (*at < stack->n_frames && !stack->frames[*at].function)
		++*at;
	return *at < stack->n_frames ? &stack->frames[(*at)++] : NULL;
}

/* Would both be written alike?  The standard wants each stack of a result once. */
static bool same_stack(const struct culprit_stack *a, const struct culprit_stack *b)
{
	size_t i = 0, j = 0;

	if (a->role != b->role)
		return false;
	for (;;) {
		const struct culprit_frame *one = next_frame(a, &i), *other = next_frame(b, &j);

		if (!one || !other)
			return !one && !other;
		if (strcmp(one->function, other->function) || !same_text(one->module, other->module) ||
		    !same_text(one->file, other->file) || one->line != other->line)
			return false;
	}
}

static bool stood_before(const struct culprit_report *report, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (same_stack(&report->stacks[i], &report->stacks[index]))
			return true;
	}
	return false;
}

static bool put_stacks(struct json *json, struct json_t *result, const struct culprit_report *report)
{
	struct json_t *stacks = json_put_array(json, result, "stacks");

	for (size_t i = 0; i < report->n_stacks; i++) {
		const struct culprit_stack *stack = &report->stacks[i];
		struct json_t *object, *frames;

		if (stood_before(report, i))
			continue;
		object = json_add_object(json, stacks);
		frames = json_put_array(json, object, "frames");
		json_put_str(json, json_put_object(json, object, "message"), "text", culprit_role_name(stack->role));
		for (size_t k = 0; k < stack->n_frames; k++) {
			if (stack->frames[k].function && !put_frame(json, frames, &stack->frames[k]))
				return false;
		}
	}
	return true;
}

static bool sarif_begin_log(struct formats_log *log, struct buf *out)
{
	if (log->begun)
		return true;
	log->begun = true;
	return buf_printf(out, "%s{\"tool\":{\"driver\":{\"name\":\"culprit\",\"version\":\"%s\"}},\"results\":[\n",
			  log->index ? "," : "", culprit_version());
}

static bool sarif_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	bool first = log->n_failed + log->n_skipped == 1, ok;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);
	char print[32];

	ok = sarif_begin_log(log, out) && (first || buf_add_char(out, ','));
	json_put_str(&json, root, "ruleId", report->pattern ? report->pattern : culprit_kind_name(report->kind));
	json_put_str(&json, root, "level",
		     report->suppressed ? "note" : report->kind == CULPRIT_KIND_INFRASTRUCTURE ? "warning" : "error");
	json_put_str(&json, json_put_object(&json, root, "message"), "text", report->title);
	ok = ok && put_log_place(&json, root, log, report) && put_stacks(&json, root, report);
	/* the same for two runs of one bug, whatever the log is called */
	snprintf(print, sizeof(print), "%016" PRIx64, hash_bytes(report->title, strlen(report->title)));
	json_put_str(&json, json_put_object(&json, root, "partialFingerprints"), "culpritTitle/v1", print);
	json.failed = json.failed || !ok;
	return json_end(&json, root, out);
}

static bool sarif_end_log(struct formats_log *log, bool whole, struct buf *out)
{
	return sarif_begin_log(log, out) &&
	       buf_printf(out, "],\"invocations\":[{\"executionSuccessful\":%s}]}\n",
			  whole && !log->passed_over ? "true" : "false");
}

static bool sarif_finish(struct buf *out)
{
	return buf_add_str(out, "]}\n");
}

/* --------------------------------------------------- quickfix and GitHub */

static bool quickfix_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	const struct culprit_frame *frame = source_frame(report);
	bool ok = true;

	if (report->suppressed)
		return true;
	if (frame)
		ok = text_add(out, span_of(frame->file), TEXT_FIELD) && buf_printf(out, ":%" PRIu32 ": ", frame->line) &&
		     text_add(out, span_of(report->title), TEXT_FIELD) && buf_add_char(out, '\n');
	return ok && text_add(out, span_of(strcmp(log->path, "-") ? log->path : "-"), TEXT_FIELD) &&
	       buf_printf(out, ":%" PRIu64 ": ", report->start_line) && text_add(out, span_of(report->title), TEXT_FIELD) &&
	       buf_add_char(out, '\n');
}

/*
 * What the runner reads back: %, ends of lines, and in properties : and , too.
 * Other bytes that no terminal may see are shown, as everywhere: the runner
 * has no way to write them.
 */
static bool add_command_text(struct buf *out, const char *text, bool property)
{
	_cleanup_(buf_deinit) struct buf safe = { 0 };

	for (; *text; text++) {
		bool escape = *text == '%' || *text == '\r' || *text == '\n' || (property && (*text == ':' || *text == ','));

		if (!(escape ? buf_printf(&safe, "%%%02X", (unsigned char)*text) : buf_add_char(&safe, *text)))
			return false;
	}
	return text_add(out, buf_span(&safe), TEXT_FIELD);
}

static bool github_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	const struct culprit_frame *frame = source_frame(report);
	const char *level = report->suppressed ? "notice" : report->kind == CULPRIT_KIND_INFRASTRUCTURE ? "warning" : "error";
	const char *file = frame ? frame->file : log->path;
	uint64_t line = frame ? frame->line : report->start_line;

	if (!buf_printf(out, "::%s ", level))
		return false;
	if (strcmp(file, "-") && (!buf_add_str(out, "file=") || !add_command_text(out, file, true) ||
				  !buf_printf(out, ",line=%" PRIu64 ",", line)))
		return false;
	if (!buf_add_str(out, "title=") || !add_command_text(out, report->type ? report->type : culprit_kind_name(report->kind), true) ||
	    !buf_add_str(out, "::") || !add_command_text(out, report->title, false))
		return false;
	return !frame || (buf_add_str(out, " (") && add_command_text(out, place_of(log), false) &&
			  buf_printf(out, ":%" PRIu64 ")", report->start_line)) ?
		       buf_add_char(out, '\n') : false;
}

/* ----------------------------------------------------------------- HTML */

static bool html_begin(size_t n_logs, struct buf *out)
{
	(void)n_logs;
	return page_begin(out, "Crash reports");
}

static bool html_begin_log(struct formats_log *log, struct buf *out)
{
	if (log->begun)
		return true;
	log->begun = true;
	return page_add_log(out, place_of(log));
}

static bool html_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	return html_begin_log(log, out) && page_add_report(out, place_of(log), report, log->source_url);
}

static bool html_end_log(struct formats_log *log, bool whole, struct buf *out)
{
	const char *reason = log->passed_over ? "It is no log." : whole ? NULL : "The log could not be read, or not to its end.";

	return html_begin_log(log, out) && page_end_log(out, log->n_failed + log->n_skipped, reason);
}

/* ------------------------------------------------------------------ all */

static const struct format formats[] = {
	[FORMATS_JUNIT] = { junit_begin, junit_report, junit_end_log, junit_finish },
	[FORMATS_TAP] = { tap_begin, tap_report, tap_end_log, finish_nothing },
	[FORMATS_SARIF] = { sarif_begin, sarif_report, sarif_end_log, sarif_finish },
	[FORMATS_QUICKFIX] = { nothing, quickfix_report, nothing_at_end, finish_nothing },
	[FORMATS_GITHUB] = { nothing, github_report, nothing_at_end, finish_nothing },
	[FORMATS_HTML] = { html_begin, html_report, html_end_log, page_finish },
};

void formats_log_deinit(struct formats_log *log)
{
	buf_deinit(&log->held);
}

bool formats_begin(enum formats_kind kind, size_t n_logs, struct buf *out)
{
	return formats[kind].begin(n_logs, out);
}

bool formats_add_report(struct formats_log *log, const struct culprit_report *report, struct buf *out)
{
	if (report->suppressed)
		log->n_skipped++;
	else
		log->n_failed++;
	return formats[log->kind].report(log, report, out);
}

bool formats_end_log(struct formats_log *log, bool whole, struct buf *out)
{
	return formats[log->kind].end_log(log, whole, out);
}

bool formats_finish(enum formats_kind kind, struct buf *out)
{
	return formats[kind].finish(out);
}
