/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a log: what is written of its reports is well formed, whatever
 * they hold.  JSON is read back, all is UTF-8, nothing has control bytes, XML
 * and JSON have no more than they may; the verdict of the run is one of those
 * that its evidence allows.
 */
#include "fuzz.h"

#include "cli/output/formats.h"
#include "cli/output/json.h"
#include "cli/output/json_read.h"
#include "cli/output/text.h"
#include "match/match.h"

#define MAX_REPORTS 64
#define PATH "a\x1b[1m\xff<&\">\n.log"

static struct culprit_patterns *set;
static struct match_rules *rules;

static void check_text(const struct buf *text)
{
	struct span s = buf_span(text);

	while (s.len) {
		size_t n = text_utf8_len(s);

		REQUIRE(n > 0);
		REQUIRE(((unsigned char)*s.ptr >= ' ' && *s.ptr != 0x7f) || *s.ptr == '\n' || *s.ptr == '\t');
		s = span_skip(s, n);
	}
}

static void check_json(const struct buf *text, const struct culprit_report *report)
{
	_cleanup_(json_read_free) struct json_t *root = NULL;
	int64_t line;

	check_text(text);
	REQUIRE(text->len && text->data[text->len - 1] == '\n' && !memchr(text->data, '\n', text->len - 1));
	REQUIRE(!json_read(buf_span(text), &root));
	REQUIRE(json_get_str(root, "title"));
	REQUIRE(json_get_int(root, "start_line", &line) && (uint64_t)line == report->start_line);
}

static void check_report(const struct culprit_report *report, struct formats_log *logs, struct buf *outs)
{
	_cleanup_(buf_deinit) struct buf text = { 0 }, json_text = { 0 };
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_report(&json, root, report, PATH);
	REQUIRE(json_end(&json, root, &json_text));
	check_json(&json_text, report);
	REQUIRE(text_add_report(&text, report, PATH, false));
	check_text(&text);
	for (int kind = FORMATS_JUNIT; kind <= FORMATS_GITHUB; kind++)
		REQUIRE(formats_add_report(&logs[kind], report, &outs[kind]));
}

static void check_formats(struct culprit_report *const *reports, size_t n)
{
	struct formats_log logs[FORMATS_GITHUB + 1] = { 0 };
	struct buf outs[FORMATS_GITHUB + 1] = { 0 };
	_cleanup_(json_read_free) struct json_t *root = NULL;

	for (int kind = FORMATS_JUNIT; kind <= FORMATS_GITHUB; kind++) {
		logs[kind] = (struct formats_log){ .kind = (enum formats_kind)kind, .path = PATH };
		REQUIRE(formats_begin((enum formats_kind)kind, 1, &outs[kind]));
	}
	for (size_t i = 0; i < n; i++)
		check_report(reports[i], logs, outs);
	for (int kind = FORMATS_JUNIT; kind <= FORMATS_GITHUB; kind++) {
		REQUIRE(formats_end_log(&logs[kind], n & 1, &outs[kind]));
		REQUIRE(formats_finish((enum formats_kind)kind, &outs[kind]));
		check_text(&outs[kind]);
		formats_log_deinit(&logs[kind]);
	}
	REQUIRE(!json_read(buf_span(&outs[FORMATS_SARIF]), &root));
	for (int kind = FORMATS_JUNIT; kind <= FORMATS_GITHUB; kind++)
		buf_deinit(&outs[kind]);
}

static void check_match(struct culprit_report *const *reports, size_t n, const struct culprit_summary *summary)
{
	struct run_evidence run = { .reports = (const struct culprit_report *const *)reports, .n_reports = n, .summary = summary };
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct match_result result;

	REQUIRE(!profile_create(rules, &profile));
	if (n)
		REQUIRE(!profile_add_report(profile, reports[n - 1]));
	REQUIRE(!match_run(profile, &run, &result));
	REQUIRE(result.probability >= 0 && result.probability <= 1);
	REQUIRE(result.verdict < N_VERDICTS);
	REQUIRE(result.verdict != VERDICT_TARGET || (n && result.probability >= MATCH_TARGET));
	REQUIRE(result.report == SIZE_MAX || result.report < n);
	for (size_t i = 0; i < n; i++)
		REQUIRE(result.verdict != VERDICT_CLEAN || reports[i]->suppressed || reports[i]->kind != CULPRIT_KIND_CRASH ||
			report_is_boot_noise(&run, reports[i]));
	match_result_deinit(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct culprit_parser_options options = { .file_name = PATH, .detect_boot_failures = true };
	struct culprit_report *reports[MAX_REPORTS], *report;
	struct culprit_parser *parser;
	struct culprit_summary summary;
	size_t n = 0;

	if (!set)
		REQUIRE(!culprit_patterns_load(NULL, 0, &set) && !match_rules_load(NULL, set, &rules));
	REQUIRE(!culprit_parser_create(set, &options, &parser));
	REQUIRE(!culprit_parser_feed(parser, data, size) && !culprit_parser_finish(parser));
	while ((report = culprit_parser_take(parser))) {
		if (n < MAX_REPORTS)
			reports[n++] = report;
		else
			culprit_report_destroy(report);
	}
	culprit_parser_summary(parser, &summary);
	check_formats(reports, n);
	check_match(reports, n, &summary);
	while (n > 0)
		culprit_report_destroy(reports[--n]);
	culprit_parser_destroy(parser);
	return 0;
}
