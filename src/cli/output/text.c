/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text for people:
 *
 *	KASAN: slab-out-of-bounds Read in kc_oob_read
 *	  kind      crash, KASAN-READ
 *	  where     console.log:412-470
 *	  kernel    6.1.192-kcrash
 *	  cpu       0
 *	  pid       1
 *	  task      swapper/0
 *	  hardware  QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2 04/01/2014
 *
 *	BUG: KASAN: slab-out-of-bounds in kc_oob_read+0x7b/0xa0
 *	...
 *
 * Escapes are for reading, not for reading back: a backslash of the log is not
 * doubled.  JSON is the format for programs.
 */
#include "cli/output/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

const char *const text_color_words[3] = { "auto", "always", "never" };

bool text_use_color(enum text_color when, int fd)
{
	const char *no_color, *term;

	if (when != TEXT_COLOR_AUTO)
		return when == TEXT_COLOR_ALWAYS;
	no_color = getenv("NO_COLOR");
	if (no_color && *no_color)
		return false;
	term = getenv("TERM");
	return term && strcmp(term, "dumb") && isatty(fd);
}

const char *text_paint(enum text_paint paint, bool color)
{
	static const char *const sequences[] = {
		[TEXT_PLAIN] = "\033[0m",
		[TEXT_TITLE] = "\033[1;31m",
		[TEXT_LABEL] = "\033[2m",
		[TEXT_GOOD] = "\033[32m",
		[TEXT_BAD] = "\033[31m",
		[TEXT_WARN] = "\033[33m",
	};

	return color ? sequences[paint] : "";
}

/* The code point of a character of len valid bytes. */
static uint32_t code_point(const char *at, size_t len)
{
	const unsigned char *p = (const unsigned char *)at;

	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	case 3:
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	default:
		return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	}
}

/* RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF. */
size_t text_utf8_len(struct span s)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first;
	uint32_t code;
	size_t len;

	if (!s.len)
		return 0;
	first = (unsigned char)s.ptr[0];
	if (first < 0x80)
		return 1;
	len = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc0 || first >= 0xf8 || s.len < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
			return 0;
	}
	code = code_point(s.ptr, len);
	if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

/*
 * C0 and C1 controls, DEL, line separators, and the marks that turn the
 * direction of writing (with those a log could show other text than it holds).
 */
static bool is_dangerous(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x061c ||
	       code == 0xfeff;
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f;
}

const char *text_entity(char c)
{
	switch (c) {
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '&': return "&amp;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

bool text_add(struct buf *buf, struct span s, enum text_shape shape)
{
	size_t pos = 0;

	while (pos < s.len) {
		size_t start = pos, len;
		char c;

		while (pos < s.len && is_plain(s.ptr[pos]))
			pos++;
		if (pos > start && !buf_add(buf, s.ptr + start, pos - start))
			return false;
		if (pos == s.len)
			break;
		c = s.ptr[pos];
		len = text_utf8_len(span_skip(s, pos));
		if ((shape == TEXT_LINES && (c == '\n' || c == '\t')) ||
		    (len && !is_dangerous(code_point(s.ptr + pos, len)))) {
			if (!buf_add(buf, s.ptr + pos, len))
				return false;
			pos += len;
			continue;
		}
		for (size_t end = pos + (len ? len : 1); pos < end; pos++) {
			if (!buf_printf(buf, "\\x%02x", (unsigned char)s.ptr[pos]))
				return false;
		}
	}
	return true;
}

bool text_add_markup(struct buf *buf, struct span s, enum text_shape shape)
{
	_cleanup_(buf_deinit) struct buf safe = { 0 };
	bool ok = text_add(&safe, s, shape);

	for (size_t i = 0; ok && i < safe.len; i++) {
		const char *entity = text_entity(safe.data[i]);

		ok = entity ? buf_add_str(buf, entity) : buf_add_char(buf, safe.data[i]);
	}
	return ok;
}

/* False when out of memory. */
static bool add_complaint(struct buf *buf, const char *who, struct span message)
{
	bool good = buf_printf(buf, "%s:", who);
	const char *indent = " ";

	while (good && message.len) {
		const char *end = memchr(message.ptr, '\n', message.len);
		struct span line = { message.ptr, end ? (size_t)(end - message.ptr) : message.len };

		good = buf_add_str(buf, line.len && line.ptr[0] == ' ' ? "" : indent) && text_add(buf, line, TEXT_FIELD) &&
		       buf_add_char(buf, '\n');
		message = span_skip(message, line.len + (end != NULL));
		indent = "  ";
	}
	return good && (buf->data[buf->len - 1] == '\n' || buf_add_char(buf, '\n'));
}

void text_complain_args(const char *who, const char *format, va_list args)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };
	_cleanup_(freep) char *message = NULL;

	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	if (message && add_complaint(&buf, who, span_of(message)))
		fwrite(buf.data, 1, buf.len, stderr);
	else
		fprintf(stderr, "%s: out of memory\n", who);
}

void text_complain(const char *who, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_complain_args(who, format, args);
	va_end(args);
}

void text_complain_of(const char *who, struct culprit_error *err)
{
	text_complain(who, "%s", culprit_error_message(err));
	culprit_error_destroy(err);
}

bool text_add_painted(struct buf *buf, struct span s, enum text_paint paint, bool color)
{
	return buf_add_str(buf, text_paint(paint, color)) && text_add(buf, s, TEXT_FIELD) &&
	       buf_add_str(buf, text_paint(TEXT_PLAIN, color));
}

bool text_add_row(struct buf *buf, const char *label, const char *value, bool color)
{
	if (!value)
		return true;
	return buf_printf(buf, "  %s%-9s%s ", text_paint(TEXT_LABEL, color), label, text_paint(TEXT_PLAIN, color)) &&
	       text_add(buf, span_of(value), TEXT_FIELD) && buf_add_char(buf, '\n');
}

static bool add_number_row(struct buf *buf, const char *label, int32_t value, bool color)
{
	char digits[16];

	if (value < 0)
		return true;
	snprintf(digits, sizeof(digits), "%" PRId32, value);
	return text_add_row(buf, label, digits, color);
}

static bool add_kind_row(struct buf *buf, const struct culprit_report *report, bool color)
{
	_cleanup_(buf_deinit) struct buf kind = { 0 };

	if (!buf_add_str(&kind, culprit_kind_name(report->kind)))
		return false;
	if (report->type && !buf_printf(&kind, ", %s", report->type))
		return false;
	if (report->kind == CULPRIT_KIND_BOOT_FAILURE &&
	    !buf_printf(&kind, ", boot ended in phase %s", culprit_phase_name(report->phase)))
		return false;
	if (report->suppressed && !buf_add_str(&kind, ", no bug of the kernel"))
		return false;
	return text_add_row(buf, "kind", kind.data, color);
}

static bool add_alt_rows(struct buf *buf, const struct culprit_report *report, bool color)
{
	for (size_t i = 0; i < report->n_alt_titles; i++) {
		if (!text_add_row(buf, i ? "" : "also", report->alt_titles[i], color))
			return false;
	}
	return true;
}

static bool add_place_row(struct buf *buf, const struct culprit_report *report, const char *place, bool color)
{
	_cleanup_(buf_deinit) struct buf where = { 0 };

	if (!buf_printf(&where, "%s:%" PRIu64, place, report->start_line))
		return false;
	if (report->end_line != report->start_line && !buf_printf(&where, "-%" PRIu64, report->end_line))
		return false;
	return text_add_row(buf, "where", where.data, color);
}

static bool add_executor_row(struct buf *buf, const struct culprit_report *report, bool color)
{
	char numbers[64];

	if (!report->executor.present)
		return true;
	snprintf(numbers, sizeof(numbers), "proc %" PRIu32 ", id %" PRIu32, report->executor.proc, report->executor.id);
	return text_add_row(buf, "executor", numbers, color);
}

static bool add_rows(struct buf *buf, const struct culprit_report *report, const char *place, bool color)
{
	const char *taint = report->taint && *report->taint ? report->taint : NULL;
	const char *torn = report->corrupted_reason ? report->corrupted_reason : "the title is not to be trusted";

	return add_alt_rows(buf, report, color) && add_kind_row(buf, report, color) &&
	       text_add_row(buf, "corrupted", report->corrupted ? torn : NULL, color) &&
	       text_add_row(buf, "suppressed", report->suppressed_reason, color) &&
	       add_place_row(buf, report, place, color) && text_add_row(buf, "file", report->file_guilty, color) &&
	       text_add_row(buf, "kernel", report->kernel_version, color) &&
	       add_number_row(buf, "cpu", report->cpu, color) && add_number_row(buf, "pid", report->pid, color) &&
	       text_add_row(buf, "task", report->task, color) && add_executor_row(buf, report, color) &&
	       text_add_row(buf, "hardware", report->hardware, color) && text_add_row(buf, "taint", taint, color);
}

size_t text_lines_len(struct span text, uint32_t n)
{
	size_t len = 0;

	for (; n && len < text.len; n--) {
		const char *end = memchr(text.ptr + len, '\n', text.len - len);

		len = end ? (size_t)(end - text.ptr) + 1 : text.len;
	}
	return len;
}

/* What stood before the banner is less bright: it may belong to the report, or not. */
static bool add_lines(struct buf *buf, const struct culprit_report *report, bool color)
{
	struct span text = { report->text, report->text_len };
	size_t len = text_lines_len(text, report->prefix_lines);

	if (len && (!buf_add_str(buf, text_paint(TEXT_LABEL, color)) ||
		    !text_add(buf, (struct span){ text.ptr, len }, TEXT_LINES) ||
		    !buf_add_str(buf, text_paint(TEXT_PLAIN, color))))
		return false;
	return text_add(buf, span_skip(text, len), TEXT_LINES);
}

bool text_add_report(struct buf *buf, const struct culprit_report *report, const char *place, bool color)
{
	enum text_paint paint = report->suppressed ? TEXT_WARN : TEXT_TITLE;
	struct span text = { report->text, report->text_len };

	if (!text_add_painted(buf, span_of(report->title), paint, color) || !buf_add_char(buf, '\n') ||
	    !add_rows(buf, report, place, color) || !buf_add_char(buf, '\n') || !add_lines(buf, report, color))
		return false;
	if (text.len && text.ptr[text.len - 1] != '\n' && !buf_add_char(buf, '\n'))
		return false;
	if (report->truncated && !buf_add_str(buf, "(the report is longer; its end was left out)\n"))
		return false;
	return !text.len || buf_add_char(buf, '\n');
}

static bool add_place(struct buf *buf, const char *place)
{
	return !place || (text_add(buf, span_of(place), TEXT_FIELD) && buf_add_str(buf, ": "));
}

/* "kernel 6.1.0, reached userspace", or less where less is known. */
static bool add_boot(struct buf *buf, const struct culprit_summary *summary)
{
	const char *comma = "";

	if (summary->n_boots > 1) {
		if (!buf_printf(buf, "%" PRIu32 " boots", summary->n_boots))
			return false;
		comma = ", the last: ";
	}
	if (summary->kernel_version) {
		if (!buf_printf(buf, "%skernel ", comma) ||
		    !text_add(buf, span_of(summary->kernel_version), TEXT_FIELD))
			return false;
		comma = ", ";
	}
	if (summary->phase != CULPRIT_PHASE_NONE)
		return buf_printf(buf, "%sreached %s", comma, culprit_phase_name(summary->phase));
	return *comma || buf_add_str(buf, summary->n_bytes ? "no boot seen" : "the log is empty");
}

bool text_add_clean(struct buf *buf, const struct culprit_summary *summary, const char *place, bool color)
{
	return add_place(buf, place) && text_add_painted(buf, SPAN("no crash found"), TEXT_GOOD, color) &&
	       buf_add_str(buf, " (") && add_boot(buf, summary) && buf_add_str(buf, ")\n");
}

bool text_add_summary(struct buf *buf, const struct culprit_summary *summary, const char *place, bool color)
{
	const char *label = text_paint(TEXT_LABEL, color), *plain = text_paint(TEXT_PLAIN, color);

	return add_place(buf, place) &&
	       buf_printf(buf, "%ssummary:%s %" PRIu64 " report%s; ", label, plain, summary->n_reports,
			  summary->n_reports == 1 ? "" : "s") &&
	       add_boot(buf, summary) && buf_add_str(buf, summary->panicked ? "; panicked" : "") &&
	       buf_printf(buf, "; %" PRIu64 " lines, %" PRIu64 " bytes\n", summary->n_lines, summary->n_bytes);
}
