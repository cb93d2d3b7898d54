/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parser finds is put in the form of a case, so that comparing,
 * showing and writing cases all speak of the same thing.
 */
#include "cli/corpus/corpus.h"

#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/corpus/diff.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "report/guilty.h"

#define DIFF_CONTEXT 3

const char *corpus_field_name(enum corpus_field field)
{
	static const char *const names[N_FIELDS] = {
		[FIELD_TITLE] = "TITLE", [FIELD_ALT] = "ALT", [FIELD_TYPE] = "TYPE", [FIELD_KIND] = "KIND",
		[FIELD_FRAME] = "FRAME", [FIELD_START] = "START", [FIELD_END] = "END",
		[FIELD_CORRUPTED] = "CORRUPTED", [FIELD_SUPPRESSED] = "SUPPRESSED",
		[FIELD_PANICKED] = "PANICKED", [FIELD_EXECUTOR] = "EXECUTOR", [FIELD_FILE] = "FILE",
		[FIELD_REPORT] = "REPORT", [FIELD_FEED] = "FEED",
	};

	return names[field];
}

/* -------------------------------------------------------------- reading */

static void parser_destroyp(struct culprit_parser **parser)
{
	culprit_parser_destroy(*parser);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/*
 * Calls take with every report, which it takes over: at the end, or (early) as
 * they come.  chunk: how many bytes to feed at once.  *ret (may be NULL)
 * borrows nothing.
 */
static struct culprit_error *parse_log(const struct culprit_patterns *patterns, const struct corpus_case *c,
				       size_t chunk, bool early, bool (*take)(void *arg, struct culprit_report *),
				       void *arg, struct culprit_summary *ret)
{
	struct culprit_parser_options options = { .file_name = c->path, .detect_boot_failures = true };
	_cleanup_(parser_destroyp) struct culprit_parser *parser = NULL;
	struct culprit_error *err = culprit_parser_create(patterns, &options, &parser);
	struct culprit_report *report;
	bool ok = true;

	for (size_t pos = 0; !err && ok && pos < c->log.len; pos += chunk) {
		size_t len = c->log.len - pos < chunk ? c->log.len - pos : chunk;

		err = culprit_parser_feed(parser, c->log.ptr + pos, len);
		while (early && !err && ok && (report = culprit_parser_take(parser)))
			ok = take(arg, report);
	}
	if (!err)
		err = culprit_parser_finish(parser);
	if (err)
		return culprit_error_context(err, "%s", c->path);
	while (ok && (report = culprit_parser_take(parser)))
		ok = take(arg, report);
	if (ret) {
		culprit_parser_summary(parser, ret);
		ret->kernel_version = NULL;
	}
	return ok ? NULL : &culprit_error_no_memory;
}

static bool keep_first(void *arg, struct culprit_report *report)
{
	struct reading *reading = arg;

	if (!reading->n_reports++)
		reading->report = report;
	else
		culprit_report_destroy(report);
	return true;
}

/* The line of text that holds the byte at off, without its end. */
static struct span line_at(struct span text, size_t off)
{
	size_t start = off, end = off;

	while (start > 0 && text.ptr[start - 1] != '\n')
		start--;
	while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '\r')
		end++;
	return (struct span){ text.ptr + start, end - start };
}

/*
 * What START: or END: says of the line at off: wanted, where its first
 * occurrence in the log is in that line, else the line.
 */
static const char *line_found(struct corpus_case *found, const struct corpus_case *c, const char *wanted,
			      uint64_t off)
{
	ptrdiff_t at = span_find(c->log, span_of(wanted));
	struct span line;

	if (off >= c->log.len)
		return "(no line)";
	line = line_at(c->log, (size_t)off);
	if (at >= 0 && c->log.ptr + at >= line.ptr && c->log.ptr + at <= line.ptr + line.len)
		return wanted;
	return arena_dup(&found->arena, line);
}

/* The report as a case, with the fields that c checks. */
static void fill_found(const struct corpus_case *c, struct reading *reading)
{
	const struct culprit_report *report = reading->report;
	struct corpus_case *found = &reading->found;

	*found = (struct corpus_case){ .path = c->path, .name = c->name, .group = c->group, .log = c->log };
	if (!report || c->guilty_file)
		return;
	found->title = report->title;
	found->alts = (const char **)report->alt_titles;
	found->n_alts = report->n_alt_titles;
	found->type = report->type;
	if (report->kind != CULPRIT_KIND_CRASH)
		found->kind = culprit_kind_name(report->kind);
	if (c->frame)
		found->frame = report->frame;
	if (c->start)
		found->start = line_found(found, c, c->start, report->start_offset);
	if (c->end)
		found->end = line_found(found, c, c->end, report->end_offset ? report->end_offset - 1 : 0);
	found->corrupted = report->corrupted;
	found->suppressed = report->suppressed;
	found->panicked = report->panicked;
	found->has_executor = report->executor.present;
	found->executor_proc = report->executor.proc;
	found->executor_id = report->executor.id;
	if (c->has_report) {
		found->has_report = true;
		found->report = (struct span){ report->text, report->text_len };
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_alts(const struct corpus_case *a, const struct corpus_case *b)
{
	if (a->n_alts != b->n_alts)
		return false;
	for (size_t i = 0; i < a->n_alts; i++) {
		if (strcmp(a->alts[i], b->alts[i]))
			return false;
	}
	return true;
}

static bool same_executor(const struct corpus_case *a, const struct corpus_case *b)
{
	return a->has_executor == b->has_executor &&
	       (!a->has_executor || (a->executor_proc == b->executor_proc && a->executor_id == b->executor_id));
}

unsigned int case_compare(const struct corpus_case *a, const struct corpus_case *b)
{
	const struct { enum corpus_field field; bool same; } fields[] = {
		{ FIELD_TITLE, same(a->title, b->title) },
		{ FIELD_ALT, same_alts(a, b) },
		{ FIELD_TYPE, same(a->type, b->type) },
		{ FIELD_KIND, same(a->kind, b->kind) },
		{ FIELD_FRAME, same(a->frame, b->frame) },
		{ FIELD_START, same(a->start, b->start) },
		{ FIELD_END, same(a->end, b->end) },
		{ FIELD_CORRUPTED, a->corrupted == b->corrupted },
		{ FIELD_SUPPRESSED, a->suppressed == b->suppressed },
		{ FIELD_PANICKED, a->panicked == b->panicked },
		{ FIELD_EXECUTOR, same_executor(a, b) },
		{ FIELD_FILE, same(a->guilty_file, b->guilty_file) },
		{ FIELD_REPORT, a->has_report == b->has_report && span_equal(a->report, b->report) },
	};
	unsigned int set = 0;

	for (size_t i = 0; i < countof(fields); i++)
		set |= fields[i].same ? 0 : FIELD_BIT(fields[i].field);
	return set;
}

/* The fields that a case makes a statement on. */
static unsigned int stated(const struct corpus_case *c, const struct corpus_case *found)
{
	unsigned int set = FIELD_BIT(FIELD_TITLE);

	if (c->guilty_file)
		return FIELD_BIT(FIELD_FILE);
	if (c->has_report)
		set |= FIELD_BIT(FIELD_REPORT);
	/* What is said of a report that should not be, or is not, would count one mistake many times. */
	if (!c->title || !found->title)
		return set;
	/* The community's cases do not say the kind. */
	set |= c->kind ? FIELD_BIT(FIELD_KIND) : 0;
	set |= FIELD_BIT(FIELD_ALT) | FIELD_BIT(FIELD_TYPE) | FIELD_BIT(FIELD_CORRUPTED) |
	       FIELD_BIT(FIELD_SUPPRESSED) | FIELD_BIT(FIELD_PANICKED) | FIELD_BIT(FIELD_EXECUTOR);
	if (c->frame)
		set |= FIELD_BIT(FIELD_FRAME);
	if (c->start)
		set |= FIELD_BIT(FIELD_START);
	if (c->end)
		set |= FIELD_BIT(FIELD_END);
	return set;
}

struct culprit_error *reading_create(const struct culprit_patterns *patterns, const struct corpus_case *c,
				     struct reading *ret)
{
	struct culprit_error *err;
	double start = now();

	*ret = (struct reading){ 0 };
	err = parse_log(patterns, c, c->log.len + 1, false, keep_first, ret, NULL);
	if (err) {
		reading_deinit(ret);
		return err;
	}
	fill_found(c, ret);
	/* The log of such a case is the text of one report, from its banner on: no question of where that ends. */
	if (c->guilty_file) {
		uint32_t before = ret->report ? (uint32_t)(ret->report->start_line - 1) : 0;

		err = guilty_file(&patterns->guilty, c->log, before, &ret->found.arena, &ret->found.guilty_file);
	}
	if (err) {
		reading_deinit(ret);
		return err;
	}
	ret->checked = stated(c, &ret->found);
	ret->wrong = ret->checked & case_compare(c, &ret->found);
	ret->seconds = now() - start;
	return NULL;
}

struct culprit_error *reading_add_sources(struct sources *sources, const struct corpus_case *c,
					  struct reading *reading)
{
	struct corpus_case *found = &reading->found;
	struct sources_found lines;
	struct culprit_error *err;

	if (!sources || !reading->report)
		return NULL;
	sources_begin(sources);
	err = sources_find(sources, reading->report, &lines);
	if (!err) {
		const struct culprit_report *report = &lines.symbolized->report;

		reading->text = arena_dup(&found->arena, (struct span){ report->text, report->text_len });
		if (report->file_guilty)
			reading->file_guilty = arena_dup(&found->arena, span_of(report->file_guilty));
		if (!reading->text || (report->file_guilty && !reading->file_guilty))
			err = &culprit_error_no_memory;
		sources_print_notes(sources, &lines);
	}
	sources_found_deinit(&lines);
	sources_end(sources);
	if (!err && c->guilty_file && reading->file_guilty) {
		found->guilty_file = reading->file_guilty;
		reading->wrong = reading->checked & case_compare(c, found);
	}
	return err;
}

void reading_deinit(struct reading *reading)
{
	culprit_report_destroy(reading->report);
	arena_deinit(&reading->found.arena);
	*reading = (struct reading){ 0 };
}

/* All that is said of a report. */
static bool add_as_json(void *arg, struct culprit_report *report)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_report(&json, root, report, NULL);
	culprit_report_destroy(report);
	return json_end(&json, root, arg);
}

/* All that the parser says of the log, fed so many bytes at a time. */
static struct culprit_error *tell_all(const struct culprit_patterns *patterns, const struct corpus_case *c,
				      size_t chunk, bool early, struct buf *ret)
{
	struct culprit_summary summary;
	struct culprit_error *err = parse_log(patterns, c, chunk, early, add_as_json, ret, &summary);
	struct json json = { 0 };
	struct json_t *root;

	if (err)
		return err;
	root = json_begin(&json);
	json_put_summary(&json, root, &summary, NULL);
	return json_end(&json, root, ret) ? NULL : &culprit_error_no_memory;
}

struct culprit_error *reading_check_feed(const struct culprit_patterns *patterns, const struct corpus_case *c,
					 struct reading *reading)
{
	static const size_t chunks[] = { 1, 2, 3, 7, 64, 4096, 65537 };
	_cleanup_(buf_deinit) struct buf whole = { 0 }, pieces = { 0 };
	struct culprit_error *err = tell_all(patterns, c, c->log.len + 1, false, &whole);

	for (size_t i = 0; i < countof(chunks) && !err; i++) {
		pieces.len = 0;
		err = tell_all(patterns, c, chunks[i], i % 2, &pieces);
		if (!err && !span_equal(buf_span(&whole), buf_span(&pieces)))
			reading->wrong |= FIELD_BIT(FIELD_FEED);
	}
	reading->checked |= FIELD_BIT(FIELD_FEED);
	return err;
}

/* The headers without those that the case does not check. */
static bool write_compared(struct buf *buf, const struct corpus_case *of, const struct corpus_case *expected)
{
	struct corpus_case copy = *of;

	copy.n_comments = 0;
	if (expected->guilty_file)
		return !of->guilty_file || buf_printf(buf, "FILE: %s\n", of->guilty_file);
	if (!case_write_headers(buf, &copy))
		return false;
	buf->len--;		/* the empty line */
	return true;
}

struct culprit_error *reading_diff(const struct corpus_case *c, const struct reading *reading, bool color,
				   struct buf *ret)
{
	_cleanup_(buf_deinit) struct buf expected = { 0 };
	_cleanup_(buf_deinit) struct buf found = { 0 };
	struct culprit_error *err;

	if (!write_compared(&expected, c, c) || !write_compared(&found, &reading->found, c))
		return &culprit_error_no_memory;
	err = diff_unified(buf_span(&expected), buf_span(&found), 1, color, ret);
	if (!err && reading->wrong & FIELD_BIT(FIELD_REPORT)) {
		if (!buf_add_str(ret, "REPORT:\n"))
			return &culprit_error_no_memory;
		err = diff_unified(c->report, reading->found.report, DIFF_CONTEXT, color, ret);
	}
	if (!err && reading->wrong & FIELD_BIT(FIELD_FEED) &&
	    !buf_add_str(ret, "fed byte by byte, the log gives other reports\n"))
		return &culprit_error_no_memory;
	return err;
}

/* -------------------------------------------------------------- options */

void corpus_settings_init(struct corpus_settings *settings)
{
	*settings = (struct corpus_settings){ .n_jobs = sysconf(_SC_NPROCESSORS_ONLN) };
}

int corpus_read_options(struct option_reader *reader, const struct option_def *defs, size_t n_defs,
			struct corpus_settings *settings)
{
	int code = option_read(reader, defs, n_defs);

	settings->color = text_use_color(settings->color_when, STDOUT_FILENO);
	return code;
}

struct culprit_error *corpus_make_sources(const struct corpus_settings *settings, const struct option_reader *reader,
					  const struct culprit_patterns *patterns, struct sources **ret)
{
	*ret = NULL;
	return sources_wanted(&settings->sources) ?
		       sources_create(patterns, &settings->sources, reader->command, ret) : NULL;
}

static bool is_chosen(const struct corpus_settings *settings, const struct corpus_case *c)
{
	return (!settings->kind || !fnmatch(settings->kind, c->group, 0)) &&
	       (!settings->name || !fnmatch(settings->name, c->name, 0));
}

/* Cases that are not chosen are dropped. */
static void choose(const struct corpus_settings *settings, struct case_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (!is_chosen(settings, &list->cases[i])) {
			case_deinit(&list->cases[i]);
		} else if (n++ != i) {
			list->cases[n - 1] = list->cases[i];
			list->cases[i] = (struct corpus_case){ 0 };
		}
	}
	list->n = n;
}

#define MAX_UP 16

const char *corpus_default_dir(struct buf *buf)
{
	_cleanup_(buf_deinit) struct buf up = { 0 };

	for (int i = 0; i < MAX_UP; i++) {
		_cleanup_(freep) char *patterns = NULL;

		if (asprintf(&patterns, "%spatterns/00-common.yaml", up.len ? up.data : "") < 0)
			return NULL;
		if (!access(patterns, F_OK))
			return buf_printf(buf, "%scorpus", up.len ? up.data : "") ? buf->data : NULL;
		if (!buf_add_str(&up, "../"))
			return NULL;
	}
	return buf_add_str(buf, "corpus") ? buf->data : NULL;
}

/* Without operands. */
static struct culprit_error *load_default(struct case_list *list)
{
	_cleanup_(buf_deinit) struct buf dir = { 0 };

	if (!corpus_default_dir(&dir))
		return &culprit_error_no_memory;
	return culprit_error_context(case_list_add(list, dir.data), "no directory given");
}

struct culprit_error *corpus_load(const struct corpus_settings *settings, const struct option_reader *reader,
				  struct case_list *ret)
{
	struct culprit_error *err = NULL;

	*ret = (struct case_list){ 0 };
	if (!reader->n_operands)
		err = load_default(ret);
	for (int i = 1; !err && i <= reader->n_operands; i++)
		err = case_list_add(ret, reader->argv[i]);
	if (!err) {
		choose(settings, ret);
		if (!ret->n)
			err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no case of this kind and name");
	}
	if (err)
		case_list_deinit(ret);
	else
		case_list_sort(ret);
	return err;
}

int corpus_complain(const struct option_reader *reader, struct culprit_error *err)
{
	text_complain_of(reader->command, err);
	return 2;
}

/* ------------------------------------------------------------- many cases */

struct crew {
	size_t n, next, done;
	bool show_progress;
	pthread_mutex_t lock;
	void (*work)(void *arg, size_t i);
	void *arg;
};

#define BAR_COLUMNS 40

/* Called with the lock held. */
static void draw_progress(const struct crew *crew)
{
	int now_columns = (int)(crew->done * BAR_COLUMNS / crew->n);
	int old_columns = (int)((crew->done - 1) * BAR_COLUMNS / crew->n);

	if (!crew->show_progress || now_columns == old_columns)
		return;
	if (crew->done == crew->n)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r[%-*.*s] %zu/%zu", BAR_COLUMNS, now_columns,
			"########################################", crew->done, crew->n);
	fflush(stderr);
}

static void *crew_member(void *arg)
{
	struct crew *crew = arg;

	pthread_mutex_lock(&crew->lock);
	while (crew->next < crew->n) {
		size_t i = crew->next++;

		pthread_mutex_unlock(&crew->lock);
		crew->work(crew->arg, i);
		pthread_mutex_lock(&crew->lock);
		crew->done++;
		draw_progress(crew);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

void corpus_for_all(size_t n, long n_jobs, bool show_progress, void (*work)(void *arg, size_t i), void *arg)
{
	struct crew crew = {
		.n = n, .work = work, .arg = arg, .show_progress = show_progress && isatty(STDERR_FILENO),
	};
	pthread_t threads[256];
	size_t n_threads = 0;

	pthread_mutex_init(&crew.lock, NULL);
	while (n_threads + 1 < n && (long)n_threads + 1 < n_jobs && n_threads < countof(threads) &&
	       !pthread_create(&threads[n_threads], NULL, crew_member, &crew))
		n_threads++;
	crew_member(&crew);
	while (n_threads > 0)
		pthread_join(threads[--n_threads], NULL);
	pthread_mutex_destroy(&crew.lock);
}
