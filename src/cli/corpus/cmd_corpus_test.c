/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit corpus test: parse every case, show failures, count.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/corpus/corpus.h"
#include "cli/output/json.h"
#include "cli/output/text.h"

enum format { FORMAT_TEXT, FORMAT_JUNIT, FORMAT_TAP, FORMAT_JSON };

static const char *const format_words[] = { "text", "junit", "tap", "json" };

/* What one case came to. */
struct result {
	const struct corpus_case *c;
	unsigned int checked, wrong;
	double seconds;
	bool left_out;			/* not of the chosen pattern */
	struct buf diff;		/* without colour unless text is printed */
	struct culprit_error *err;
};

struct count {
	size_t cases, failed;
	size_t checked[N_FIELDS], wrong[N_FIELDS];
};

struct test {
	struct corpus_settings settings;
	struct sources *sources;		/* NULL: none */
	enum format format;
	bool feed, quiet, verbose;
	struct culprit_patterns *patterns;
	struct case_list list;
	struct result *results;		/* of list.n */
	struct count total;
	double seconds;
};

static bool failed(const struct result *result)
{
	return result->wrong || result->err;
}

/* ------------------------------------------------------------- running */

static struct culprit_error *read_case(const struct test *test, const struct corpus_case *c, struct reading *reading,
				       struct result *result)
{
	bool color = test->format == FORMAT_TEXT && test->settings.color;
	const struct culprit_report *report = reading->report;
	struct culprit_error *err = NULL;

	if (test->settings.pattern &&
	    (!report || !report->pattern || fnmatch(test->settings.pattern, report->pattern, 0))) {
		result->left_out = true;
		return NULL;
	}
	if (test->feed)
		err = reading_check_feed(test->patterns, c, reading);
	if (!err && reading->wrong)
		err = reading_diff(c, reading, color, &result->diff);
	result->checked = reading->checked;
	result->wrong = reading->wrong;
	result->seconds = reading->seconds;
	return err;
}

static void test_case(void *arg, size_t i)
{
	struct test *test = arg;
	struct result *result = &test->results[i];
	struct reading reading;

	result->c = &test->list.cases[i];
	result->err = reading_create(test->patterns, result->c, &reading);
	if (result->err)
		return;
	if (result->c->guilty_file)
		result->err = reading_add_sources(test->sources, result->c, &reading);
	if (!result->err)
		result->err = read_case(test, result->c, &reading, result);
	reading_deinit(&reading);
}

static void add_count(struct count *count, const struct result *result)
{
	count->cases++;
	count->failed += failed(result);
	for (int field = 0; field < N_FIELDS; field++) {
		count->checked[field] += (result->checked & FIELD_BIT(field)) != 0;
		count->wrong[field] += (result->wrong & FIELD_BIT(field)) != 0;
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct culprit_error *run_test(struct test *test)
{
	double start = now();

	test->results = calloc(test->list.n, sizeof(*test->results));
	if (!test->results)
		return &culprit_error_no_memory;
	corpus_for_all(test->list.n, test->settings.n_jobs, true, test_case, test);
	for (size_t i = 0; i < test->list.n; i++) {
		if (!test->results[i].left_out)
			add_count(&test->total, &test->results[i]);
	}
	test->seconds = now() - start;
	return NULL;
}

/* ---------------------------------------------------------------- text */

static void print_result_text(const struct test *test, const struct result *result)
{
	const char *plain = text_paint(TEXT_PLAIN, test->settings.color);

	if (!failed(result)) {
		if (test->verbose)
			printf("%spass%s %s\n", text_paint(TEXT_GOOD, test->settings.color), plain, result->c->name);
		return;
	}
	if (test->quiet)
		return;
	printf("%sFAIL%s %s", text_paint(TEXT_TITLE, test->settings.color), plain, result->c->name);
	if (result->err)
		printf(": %s", culprit_error_message(result->err));
	printf("\n%s\n", result->diff.len ? result->diff.data : "");
}

/* "12" or "" for none, so that mistakes stand out. */
static void print_wrong(size_t checked, size_t wrong)
{
	if (!checked)
		printf(" %9s", "");
	else if (!wrong)
		printf(" %9s", "-");
	else
		printf(" %9zu", wrong);
}

static void print_group(const char *name, const struct count *count, unsigned int fields)
{
	printf("%-36s %6zu %7zu", name, count->cases, count->cases - count->failed);
	for (int field = 0; field < N_FIELDS; field++) {
		if (fields & FIELD_BIT(field))
			print_wrong(count->checked[field], count->wrong[field]);
	}
	putchar('\n');
}

static int compare_groups(const void *a, const void *b)
{
	return strcmp((*(const struct result *const *)a)->c->group, (*(const struct result *const *)b)->c->group);
}

static struct culprit_error *print_groups(const struct test *test, unsigned int fields)
{
	_cleanup_(freep) const struct result **sorted = calloc(test->list.n, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < test->list.n; i++) {
		if (!test->results[i].left_out)
			sorted[n++] = &test->results[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_groups);
	for (size_t i = 0; i < n;) {
		struct count count = { 0 };
		const char *group = sorted[i]->c->group;

		while (i < n && !strcmp(sorted[i]->c->group, group))
			add_count(&count, sorted[i++]);
		print_group(group, &count, fields);
	}
	return NULL;
}

static double percent(size_t part, size_t of)
{
	return of ? 100.0 * (double)part / (double)of : 100.0;
}

/* Cases with all headers right, and those where nothing must be found. */
static void print_measures(const struct test *test)
{
	const unsigned int headers = FIELD_BIT(FIELD_REPORT) - 1;
	size_t titled = 0, right = 0, clean = 0, wrongly_found = 0;
	const struct count *total = &test->total;

	for (size_t i = 0; i < test->list.n; i++) {
		const struct result *result = &test->results[i];

		if (result->left_out)
			continue;
		if (result->c->title || result->c->guilty_file) {
			titled++;
			right += !(result->wrong & headers) && !result->err;
		} else {
			clean++;
			wrongly_found += failed(result);
		}
	}
	if (titled)
		printf("headers right in %zu of %zu (%.1f %%)", right, titled, percent(right, titled));
	if (total->checked[FIELD_REPORT]) {
		size_t n = total->checked[FIELD_REPORT], good = n - total->wrong[FIELD_REPORT];

		printf("%sREPORT right in %zu of %zu (%.1f %%)", titled ? "; " : "", good, n, percent(good, n));
	}
	if (clean)
		printf("%s%zu of %zu without title wrongly found", titled ? "; " : "", wrongly_found, clean);
	putchar('\n');
}

static struct culprit_error *print_text(const struct test *test)
{
	const struct count *total = &test->total;
	struct culprit_error *err;
	unsigned int fields = 0;

	for (size_t i = 0; i < test->list.n; i++) {
		if (!test->results[i].left_out)
			print_result_text(test, &test->results[i]);
		fields |= test->results[i].wrong;
	}
	printf("%-36s %6s %7s", "wrong by kind and field", "cases", "passed");
	for (int field = 0; field < N_FIELDS; field++) {
		if (fields & FIELD_BIT(field))
			printf(" %9s", corpus_field_name((enum corpus_field)field));
	}
	putchar('\n');
	err = print_groups(test, fields);
	if (err)
		return err;
	print_group("all", total, fields);
	print_measures(test);
	printf("%zu passed, %zu failed in %.2f s\n", total->cases - total->failed, total->failed, test->seconds);
	return NULL;
}

/* ------------------------------------------------------- other formats */

static const char *why(const struct result *result)
{
	if (result->err)
		return culprit_error_message(result->err);
	return result->diff.len ? result->diff.data : "";
}

static bool add_junit_case(struct buf *buf, const struct result *result)
{
	if (!buf_add_str(buf, "    <testcase classname=\"") || !text_add_markup(buf, span_of(result->c->group), TEXT_LINES) ||
	    !buf_add_str(buf, "\" name=\"") || !text_add_markup(buf, span_of(result->c->name), TEXT_LINES) ||
	    !buf_printf(buf, "\" time=\"%.6f\"", result->seconds))
		return false;
	if (!failed(result))
		return buf_add_str(buf, "/>\n");
	return buf_add_str(buf, ">\n      <failure message=\"expected and found differ\">") && text_add_markup(buf, span_of(why(result)), TEXT_LINES) &&
	       buf_add_str(buf, "</failure>\n    </testcase>\n");
}

static bool add_junit(struct buf *buf, const struct test *test)
{
	if (!buf_printf(buf,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
			"  <testsuite name=\"culprit corpus\" tests=\"%zu\" failures=\"%zu\" time=\"%.6f\">\n",
			test->total.cases, test->total.failed, test->seconds))
		return false;
	for (size_t i = 0; i < test->list.n; i++) {
		if (!test->results[i].left_out && !add_junit_case(buf, &test->results[i]))
			return false;
	}
	return buf_add_str(buf, "  </testsuite>\n</testsuites>\n");
}

static bool add_tap_case(struct buf *buf, const struct result *result, size_t number)
{
	struct span rest = span_of(why(result));

	if (!buf_printf(buf, "%s %zu - ", failed(result) ? "not ok" : "ok", number) ||
	    !text_add(buf, span_of(result->c->name), TEXT_FIELD) || !buf_add_char(buf, '\n'))
		return false;
	while (failed(result) && rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

		if (!buf_add_str(buf, "# ") || !text_add(buf, (struct span){ rest.ptr, len }, TEXT_LINES) ||
		    !buf_add_char(buf, '\n'))
			return false;
		rest = span_skip(rest, end ? len + 1 : len);
	}
	return true;
}

static bool add_tap(struct buf *buf, const struct test *test)
{
	size_t number = 0;

	if (!buf_printf(buf, "TAP version 13\n1..%zu\n", test->total.cases))
		return false;
	for (size_t i = 0; i < test->list.n; i++) {
		if (!test->results[i].left_out && !add_tap_case(buf, &test->results[i], ++number))
			return false;
	}
	return true;
}

static bool add_json_case(struct buf *buf, const struct result *result)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *wrong;

	json_put_str(&json, root, "object", "case");
	json_put_int(&json, root, "schema_version", JSON_SCHEMA_VERSION);
	json_put_str(&json, root, "name", result->c->name);
	json_put_str(&json, root, "kind", result->c->group);
	json_put_bool(&json, root, "passed", !failed(result));
	wrong = json_put_array(&json, root, "wrong");
	for (int field = 0; field < N_FIELDS; field++) {
		if (result->wrong & FIELD_BIT(field))
			json_add_str(&json, wrong, corpus_field_name((enum corpus_field)field));
	}
	json_put_str(&json, root, "diff", result->diff.len ? result->diff.data : NULL);
	json_put_str(&json, root, "error", result->err ? culprit_error_message(result->err) : NULL);
	json_put_real(&json, root, "seconds", result->seconds);
	return json_end(&json, root, buf);
}

static bool add_json(struct buf *buf, const struct test *test)
{
	struct json json = { 0 };
	struct json_t *root, *fields;

	for (size_t i = 0; i < test->list.n; i++) {
		if (!test->results[i].left_out && !add_json_case(buf, &test->results[i]))
			return false;
	}
	root = json_begin(&json);
	json_put_str(&json, root, "object", "corpus");
	json_put_int(&json, root, "schema_version", JSON_SCHEMA_VERSION);
	json_put_u64(&json, root, "cases", test->total.cases);
	json_put_u64(&json, root, "failed", test->total.failed);
	json_put_real(&json, root, "seconds", test->seconds);
	fields = json_put_object(&json, root, "fields");
	for (int field = 0; field < N_FIELDS; field++) {
		struct json_t *counts = json_put_object(&json, fields, corpus_field_name((enum corpus_field)field));

		json_put_u64(&json, counts, "checked", test->total.checked[field]);
		json_put_u64(&json, counts, "wrong", test->total.wrong[field]);
	}
	return json_end(&json, root, buf);
}

static struct culprit_error *print_machine(const struct test *test)
{
	_cleanup_(buf_deinit) struct buf buf = { 0 };
	bool ok = test->format == FORMAT_JUNIT ? add_junit(&buf, test) :
		  test->format == FORMAT_TAP ? add_tap(&buf, test) : add_json(&buf, test);

	if (!ok)
		return &culprit_error_no_memory;
	fwrite(buf.data, 1, buf.len, stdout);
	return NULL;
}

/* ------------------------------------------------------------- command */

static void test_deinit(struct test *test)
{
	for (size_t i = 0; test->results && i < test->list.n; i++) {
		buf_deinit(&test->results[i].diff);
		culprit_error_destroy(test->results[i].err);
	}
	free(test->results);
	case_list_deinit(&test->list);
	sources_destroy(test->sources);
	culprit_patterns_destroy(test->patterns);
}

static int read_options(struct option_reader *reader, struct test *test)
{
	const struct option_def defs[] = {
		CORPUS_KIND_OPTION(&test->settings),
		CORPUS_NAME_OPTION(&test->settings),
		OPTION_TEXT(0, "pattern", "GLOB", "only cases whose first report this pattern finds",
			    &test->settings.pattern),
		OPTION_CHOICE('f', "format", "FORMAT", "text (default), junit, tap or json", format_words, &test->format),
		OPTION_FLAG('q', "quiet", "text: only the counts, no failures", &test->quiet),
		OPTION_FLAG('v', "verbose", "text: name the cases that pass, too", &test->verbose),
		OPTION_FLAG(0, "feed", "also feed every log byte by byte and in pieces", &test->feed),
		OPTION_PATTERNS('p', &test->settings.pattern_dirs),
		SOURCES_OPTIONS(&test->settings.sources, 0, 0, 0, 0),
		CORPUS_JOBS_OPTION(&test->settings),
		TEXT_COLOR_OPTION(&test->settings.color_when),
		CONFINE_OPTION(&test->settings.sandbox),
		OPTION_HELP('h'),
	};

	reader->usage = "usage: culprit corpus test [OPTIONS] [DIR|CASE...]\n\n"
			"Parse every case and show where the result differs from what the case expects.\n";
	reader->notes = "Exit status: 0 all cases pass, 1 one fails, 2 usage or input error.\n";
	return corpus_read_options(reader, defs, countof(defs), &test->settings);
}

int corpus_test(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit corpus test", argc, argv);
	_cleanup_(test_deinit) struct test test = { 0 };
	struct culprit_error *err;
	int code;

	corpus_settings_init(&test.settings);
	code = read_options(&reader, &test);
	if (code != OPTION_GO_ON)
		return code;
	err = confine(&(struct confine){ .mode = test.settings.sandbox, .sources = &test.settings.sources });
	if (!err)
		err = corpus_load(&test.settings, &reader, &test.list);
	if (!err)
		err = culprit_patterns_load(test.settings.pattern_dirs.values, test.settings.pattern_dirs.n, &test.patterns);
	if (!err)
		err = corpus_make_sources(&test.settings, &reader, test.patterns, &test.sources);
	if (!err)
		err = run_test(&test);
	if (!err && !test.total.cases)
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no case that this pattern finds");
	if (!err)
		err = test.format == FORMAT_TEXT ? print_text(&test) : print_machine(&test);
	if (err)
		return corpus_complain(&reader, err);
	return test.total.failed != 0;
}
