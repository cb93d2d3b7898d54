/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A section for each log, a <details> for each report:
 *
 *	<details class="report" open><summary>KASAN: ... <span class="kind">KASAN-READ</span></summary>
 *	<dl> facts </dl>
 *	<details><summary>call-trace, 23 frames</summary><ol> frames </ol></details>
 *	<details open><summary>Report, lines 215 to 292</summary><pre> text, its banner marked </pre></details>
 *	</details>
 *
 * Everything from a log goes through add(): what could be markup is escaped,
 * and control bytes are shown.
 */
#include "cli/output/page.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/output/text.h"

extern const char culprit_page_html[], culprit_page_html_end[];

__asm__(".pushsection .rodata\n.globl culprit_page_html, culprit_page_html_end\n.hidden culprit_page_html, culprit_page_html_end\n"
	"culprit_page_html:\n.incbin \"src/cli/output/page.html\"\n"
	"culprit_page_html_end:\n.byte 0\n"
	".popsection\n");

static bool add(struct buf *out, const char *text)
{
	return text_add_markup(out, span_of(text), TEXT_FIELD);
}

bool page_begin(struct buf *out)
{
	return buf_add(out, culprit_page_html, (size_t)(culprit_page_html_end - culprit_page_html));
}

bool page_add_log(struct buf *out, const char *path)
{
	return buf_add_str(out, "<section>\n<h2>") && add(out, path) && buf_add_str(out, "</h2>\n");
}

/* ----------------------------------------------------------------- facts */

static bool add_fact(struct buf *out, const char *name, const char *value)
{
	return !value || (buf_printf(out, "<dt>%s</dt><dd>", name) && add(out, value) && buf_add_str(out, "</dd>\n"));
}

static bool add_facts(struct buf *out, const char *path, const struct culprit_report *report)
{
	char number[64];
	bool ok = buf_add_str(out, "<dl>\n");

	for (size_t i = 0; ok && i < report->n_alt_titles; i++)
		ok = add_fact(out, "also", report->alt_titles[i]);
	snprintf(number, sizeof(number), ":%" PRIu64 " to %" PRIu64, report->start_line, report->end_line);
	ok = ok && buf_add_str(out, "<dt>where</dt><dd>") && add(out, path) && buf_printf(out, "%s</dd>\n", number) &&
	     add_fact(out, "guilty file", report->file_guilty) && add_fact(out, "kernel", report->kernel_version) &&
	     add_fact(out, "build", report->kernel_build) && add_fact(out, "hardware", report->hardware) &&
	     add_fact(out, "task", report->task) && add_fact(out, "taint", report->taint && *report->taint ? report->taint : NULL) &&
	     add_fact(out, "corrupted", report->corrupted ? report->corrupted_reason : NULL) &&
	     add_fact(out, "suppressed", report->suppressed ? report->suppressed_reason : NULL);
	if (ok && report->cpu >= 0)
		ok = buf_printf(out, "<dt>cpu</dt><dd>%" PRId32 "</dd>\n", report->cpu);
	return ok && buf_add_str(out, "</dl>\n");
}

/* ---------------------------------------------------------------- stacks */

bool page_is_source_url(const char *url)
{
	return (!strncmp(url, "https://", 8) || !strncmp(url, "http://", 7)) && strstr(url, "{file}");
}

/* A path in a URL: what it may not hold is %XX. */
static bool add_url_part(struct buf *out, const char *text)
{
	bool ok = true;

	for (const unsigned char *at = (const unsigned char *)text; ok && *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || strchr("-._~/", *at);

		ok = plain ? buf_add_char(out, (char)*at) : buf_printf(out, "%%%02X", *at);
	}
	return ok;
}

static bool add_url(struct buf *out, const char *url, const struct culprit_report *report, const struct culprit_frame *frame)
{
	_cleanup_(buf_deinit) struct buf filled = { 0 };
	bool ok = true;

	while (ok && *url) {
		if (!strncmp(url, "{file}", 6)) {
			ok = add_url_part(&filled, frame->file);
			url += 6;
		} else if (!strncmp(url, "{line}", 6)) {
			ok = buf_printf(&filled, "%" PRIu32, frame->line);
			url += 6;
		} else if (!strncmp(url, "{version}", 9)) {
			ok = add_url_part(&filled, report->kernel_version ? report->kernel_version : "");
			url += 9;
		} else {
			ok = buf_add_char(&filled, *url++);
		}
	}
	return ok && text_add_markup(out, buf_span(&filled), TEXT_FIELD);
}

static bool add_source(struct buf *out, const char *url, const struct culprit_report *report, const struct culprit_frame *frame)
{
	if (!frame->file)
		return true;
	if (url && (!buf_add_str(out, " <a rel=\"noreferrer\" href=\"") || !add_url(out, url, report, frame) || !buf_add_str(out, "\">")))
		return false;
	if ((!url && !buf_add_char(out, ' ')) || !add(out, frame->file) || (frame->line && !buf_printf(out, ":%" PRIu32, frame->line)))
		return false;
	return !url || buf_add_str(out, "</a>");
}

static bool add_frame(struct buf *out, const char *url, const struct culprit_report *report, const struct culprit_frame *frame)
{
	bool doubtful = frame->flags & CULPRIT_FRAME_UNRELIABLE;
	bool ok = buf_printf(out, "<li%s>%s", doubtful ? " class=\"dim\"" : "", doubtful ? "? " : "");

	if (ok && frame->function)
		ok = add(out, frame->function);
	else if (ok)
		ok = buf_printf(out, "0x%" PRIx64, frame->address);
	if (ok && frame->flags & CULPRIT_FRAME_INLINE)
		ok = buf_add_str(out, " <span class=\"dim\">inlined</span>");
	else if (ok && frame->flags & CULPRIT_FRAME_HAS_OFFSET)
		ok = buf_printf(out, "<span class=\"dim\">+0x%" PRIx64 "/0x%" PRIx64 "</span>", frame->offset, frame->size);
	if (ok && frame->module)
		ok = buf_add_str(out, " [") && add(out, frame->module) && buf_add_char(out, ']');
	return ok && add_source(out, url, report, frame) && buf_add_str(out, "</li>\n");
}

static bool add_stack(struct buf *out, const char *url, const struct culprit_report *report, const struct culprit_stack *stack)
{
	bool ok = buf_printf(out, "<details><summary>%s", culprit_role_name(stack->role));

	if (ok && *stack->header)
		ok = buf_add_str(out, ": <span class=\"dim\">") && add(out, stack->header) && buf_add_str(out, "</span>");
	ok = ok && buf_printf(out, " (%zu)</summary><ol>\n", stack->n_frames);
	for (size_t i = 0; ok && i < stack->n_frames; i++)
		ok = add_frame(out, url, report, &stack->frames[i]);
	return ok && buf_add_str(out, "</ol></details>\n");
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

static bool add_text(struct buf *out, const struct culprit_report *report)
{
	struct span rest = { report->text, report->text_len };
	bool ok = buf_add_str(out, "<pre tabindex=\"0\">");

	for (uint32_t line = 0; ok && rest.len; line++) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
		bool marked = len && is_marked(report, line);

		ok = (!marked || buf_add_str(out, "<mark>")) && text_add_markup(out, (struct span){ rest.ptr, len }, TEXT_LINES) &&
		     (!marked || buf_add_str(out, "</mark>")) && buf_add_char(out, '\n');
		rest = span_skip(rest, len + (end != NULL));
	}
	return ok && buf_add_str(out, "</pre>\n");
}

bool page_add_report(struct buf *out, const char *path, const struct culprit_report *report, const char *source_url)
{
	bool ok = buf_printf(out, "<details class=\"report%s\"%s><summary>", report->suppressed ? " suppressed" : "",
			     report->suppressed ? "" : " open") &&
		  add(out, report->title) && buf_add_str(out, " <span class=\"kind\">") &&
		  add(out, report->type ? report->type : culprit_kind_name(report->kind)) && buf_add_str(out, "</span></summary>\n") &&
		  add_facts(out, path, report);

	for (size_t i = 0; ok && i < report->n_stacks; i++)
		ok = add_stack(out, source_url, report, &report->stacks[i]);
	return ok && buf_printf(out, "<details open><summary>Report, lines %" PRIu64 " to %" PRIu64 " of the log</summary>\n",
				report->start_line, report->end_line) &&
	       add_text(out, report) && buf_add_str(out, "</details>\n</details>\n");
}

/* ------------------------------------------------------------------- end */

bool page_end_log(struct buf *out, uint64_t n_reports, const char *reason)
{
	if (reason && (!buf_add_str(out, "<p class=\"error\">") || !add(out, reason) || !buf_add_str(out, "</p>\n")))
		return false;
	return (reason || n_reports || buf_add_str(out, "<p>No crash was found.</p>\n")) && buf_add_str(out, "</section>\n");
}

bool page_finish(struct buf *out)
{
	return buf_add_str(out, "</main>\n</body>\n</html>\n");
}
