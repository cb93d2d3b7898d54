/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation fails in turn: ours, and those of the libraries below us.
 *
 * Each scenario is run once to count its allocations, then once for each of
 * them with that one failing, and once with it and all later ones failing.
 * Whatever fails, the scenario gives an out-of-memory error, or what it gives
 * with memory enough; and nothing is left behind.
 */
#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "failing_memory.h"

#include "cli/output/json.h"
#include "cli/output/text.h"
#include "match/learn.h"
#include "match/match.h"
#include "symbol/symbolize.h"
#include "symbol/debuginfo.h"
#include "input/input.h"
#include "pattern/pattern.h"
#include "bisect/bisect.h"
#include "session/config.h"
#include "session/journal.h"
#include "session/replay.h"
#include "suite.h"

/* What a scenario has to show; not on the heap, so that it counts as no allocation. */
struct outcome {
	size_t len;
	char text[1u << 17];
};

static void show(struct outcome *out, struct span s)
{
	/* No ck_assert here: it allocates. */
	if (s.len >= sizeof(out->text) - out->len)
		abort();
	if (s.len)
		memcpy(out->text + out->len, s.ptr, s.len);
	out->len += s.len;
	out->text[out->len] = 0;
}

typedef struct culprit_error *scenario_fn(struct outcome *out);

#define CHECKED(call) \
	do { \
		struct culprit_error *checked_ = (call); \
		if (checked_) \
			return checked_; \
	} while (0)

/* ------------------------------------------------------------ the machine */

static struct culprit_error *run(scenario_fn *scenario, enum failing_mode mode, size_t at, struct outcome *out)
{
	struct culprit_error *err;

	out->len = 0;
	out->text[0] = 0;
	memory.n = memory.n_failed = 0;
	memory.live = 0;
	memory.mode = mode;
	memory.at = at;
	memory.on = true;
	err = scenario(out);
	memory.mode = FAILING_NONE;
	if (err) {
		out->len = 0;
		show(out, span_of(culprit_error_message(err)));
		if (culprit_error_code(err) == CULPRIT_ERROR_NO_MEMORY) {
			culprit_error_destroy(err);
			err = &culprit_error_no_memory;
		}
	}
	memory.on = false;
	return err;
}

static struct outcome normal, failing;

/* Allocation at fails: is an error given, or all that is given with memory enough, and nothing left? */
static bool fail_one(const char *name, scenario_fn *scenario, enum failing_mode mode, size_t at, bool *ret_refused)
{
	struct culprit_error *err = run(scenario, mode, at, &failing);
	const char *wrong = NULL;
	size_t same = 0;

	while (!err && normal.text[same] && normal.text[same] == failing.text[same])
		same++;
	if (!memory.n_failed)
		wrong = "is not reached";
	else if (err && err != &culprit_error_no_memory)
		wrong = "gives another error";
	else if (!err && normal.text[same] != failing.text[same])
		wrong = "is not told of";
	else if (MEMORY_LIVE)
		wrong = "leaves memory behind";
	*ret_refused = err;
	if (!wrong)
		return true;
	fprintf(stderr, "%s: allocation %zu %s: %.200s\nnormally: %.200s\n%ld left; it fails here:\n", name, at, wrong,
		failing.text + same, err ? "" : normal.text + same, memory.live);
	memory.tell = true;
	run(scenario, mode, at, &failing);
	memory.tell = false;
	return false;
}

/* Runs that choose which allocations are worth failing; the first one warms up what libraries keep for good. */
static size_t count(const char *name, scenario_fn *scenario)
{
	for (int i = 0; i < 2; i++) {
		memset(memory.chosen, 0, sizeof(memory.chosen));
		memset(memory.places, 0, sizeof(memory.places));
		memset(memory.seen, 0, sizeof(memory.seen));
		memory.n_places = 0;
		memory.choosing = true;
		ck_assert_msg(!run(scenario, FAILING_NONE, 0, &normal), "%s: %s", name, normal.text);
		memory.choosing = false;
	}
	ck_assert_msg(MEMORY_LIVE == 0, "%s: leaves %ld allocations with memory enough", name, memory.live);
	ck_assert_uint_gt(memory.n, 0);
	ck_assert_uint_le(memory.n, MEMORY_MAX_CALLS);
	return memory.n;
}

static void fail_each(const char *name, scenario_fn *scenario)
{
	size_t n = count(name, scenario), n_tried = 0, n_refused = 0, n_wrong = 0;

	for (int mode = FAILING_ONE; mode <= FAILING_FROM; mode++) {
		for (size_t at = 0; at < n && n_wrong < 5; at++) {
			bool refused;

			if (!memory.chosen[at])
				continue;
			n_wrong += !fail_one(name, scenario, mode, at, &refused);
			n_tried++;
			n_refused += refused;
		}
	}
	printf("%-10s %5zu allocations from %4zu places, %5zu failures: %5zu errors, %3zu did without\n", name, n,
	       memory.n_places, n_tried, n_refused, n_tried - n_refused);
	fflush(stdout);
	ck_assert_uint_eq(n_wrong, 0);
}

/* ------------------------------------------------------------------ parse */

#define T "[    1.000000] "
static const char a_log[] =
	"U-Boot 2024.01\n"
	"[    0.000000] Linux version 6.1.0-rc1+ (a@b)\n"
	T "\033[1mone\033[0m\n"
	T "BUG: KASAN: slab-use-after-free in kc_read+0x10/0x20 fs/kc.c:12\n"
	T "Read of size 8 at addr ffff888012345678 by task syz.5.7376/12\n"
	T "CPU: 1 UID: 0 PID: 12 Comm: syz.5.7376 Tainted: G    B   W         6.12.0-rc1+ #33\n"
	T "Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.10.2-1 04/01/2014\n"
	T "Call Trace:\n" T " <TASK>\n" T " kasan_report+0x1b/0x40\n" T " kc_read+0x10/0x20 fs/kc.c:12\n"
	T " vfs_read+0x1/0x2 [ext4 00112233445566778899aabbccddeeff00112233]\n" T " </TASK>\n" T "\n"
	T "Allocated by task 11:\n" T " kmalloc+0x1/0x2\n" T " kc_alloc+0x10/0x20\n" T "\n"
	T "Freed by task 12:\n" T " kfree+0x1/0x2\n" T " kc_free+0x10/0x20\n"
	"[    2.000000][  T13] WARNING: CPU: 0 PID: 13 at fs/kc.c:9 kc_warn+0x10/0x20\n"
	"[    2.000000][   T0] somebody else\n"
	"[    2.000000][  T13] RIP: 0010:kc_warn+0x10/0x20\n"
	"[    2.000000][  T13] Call Trace:\n"
	"[    2.000000][  T13]  kc_outer+0x10/0x20\n"
	"[    3.000000] Kernel panic - not syncing: panic_on_warn set ...\n"
	"[    0.000000] Linux version 6.1.0-rc2 (a@b)\n"
	"6,1,4000000,-;INFO: task a:12 blocked for more than 143 seconds.\n"
	"6,1,4000000,-;      Not tainted 6.1.0\n"
	"6,1,4000000,-;task:a state:D stack:0 pid:12 ppid:1\n"
	"6,1,4000000,-;Call Trace:\n"
	"6,1,4000000,-; schedule+0x1/0x2\n"
	"6,1,4000000,-; _RNvCs1234_7mycrate3foo+0x1/0x2\n"
	"6,1,4000000,-; _ZN2kc4waitEv+0x1/0x2\n";

static struct culprit_error *show_report(struct outcome *out, const struct culprit_report *report)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_report(&json, root, report, "a.log");
	if (!json_end(&json, root, &text) || !text_add_report(&text, report, "a.log", true))
		return &culprit_error_no_memory;
	show(out, buf_span(&text));
	return NULL;
}

static struct culprit_error *show_summary(struct outcome *out, const struct culprit_parser *parser)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);
	struct culprit_summary summary;

	culprit_parser_summary(parser, &summary);
	json_put_summary(&json, root, &summary, NULL);
	if (!json_end(&json, root, &text) || !text_add_summary(&text, &summary, "a.log", false))
		return &culprit_error_no_memory;
	show(out, buf_span(&text));
	return NULL;
}

static void destroy_parser(struct culprit_parser **p)
{
	culprit_parser_destroy(*p);
}

static void destroy_patterns(struct culprit_patterns **set)
{
	culprit_patterns_destroy(*set);
}

static void destroy_report(struct culprit_report **report)
{
	culprit_report_destroy(*report);
}

static struct culprit_error *parse(const struct culprit_patterns *set, const char *log, size_t step, struct outcome *out)
{
	struct culprit_parser_options options = { .file_name = "a.log", .detect_boot_failures = true };
	_cleanup_(destroy_parser) struct culprit_parser *parser = NULL;
	size_t len = strlen(log);

	CHECKED(culprit_parser_create(set, &options, &parser));
	for (size_t at = 0; at < len; at += step)
		CHECKED(culprit_parser_feed(parser, log + at, len - at < step ? len - at : step));
	CHECKED(culprit_parser_finish(parser));
	for (;;) {
		_cleanup_(destroy_report) struct culprit_report *report = culprit_parser_take(parser);

		if (!report)
			break;
		CHECKED(show_report(out, report));
	}
	return show_summary(out, parser);
}

/* The set is new each time: expressions are compiled when they are first used, and stay. */
static struct culprit_error *parse_log(struct outcome *out)
{
	_cleanup_(destroy_patterns) struct culprit_patterns *set = NULL;

	CHECKED(culprit_patterns_load(NULL, 0, &set));
	return parse(set, a_log, sizeof(a_log), out);
}

/* --------------------------------------------------------------- patterns */

static const char a_pattern_file[] =
	"macros:\n  WORD: '\\w+'\n"
	"sets:\n  locks: [my_lock, '*_unlock']\n"
	"picks:\n  p:\n    groups: [{frames: ['*rcu*'], as: rcu}]\n    anchors: [f]\n    skip: ['@locks']\n"
	"banners:\n- {literal: 'MYBUG:', speaker: any, follow-up: true, follow-up-if: 'x', panic: true, ignore: ['a b'], require: '.'}\n"
	"patterns:\n"
	"- name: mine\n  kind: crash\n  banner: ['MYBUG:', \"OTHER BUG:\"]\n  forms:\n"
	"  - name: first\n    match: 'MYBUG: (?<what>{{WORD}})'\n    report: 'on (?<where>\\w+)'\n    title: '{what} in {frame} on {where}'\n"
	"    alt: ['{what}']\n    type: MINE\n    frames:\n    - {from: [stack], skip: [g], pick: p}\n    - {from: ['at (\\w+)', stack], default-skip: false}\n"
	"  - {match: '.', title: 'some bug', stack: false, suppressed: true, corrupted: 'why'}\n"
	"stacks:\n- {starts: 'My stack:', role: freed}\n- {holds: 'their stack', role: other}\n"
	"phases:\n- {literal: 'here is init', phase: init, match: '^here'}\n"
	"cleanup:\n- {match: 'a(b)', replace: '$1'}\n"
	"doubts:\n- {title: 'x+', reason: 'why'}\n"
	"name-prefixes: {__x_: [y_, z_]}\n"
	"types: {'some *': SOME}\n"
	"drop: ['--*']\ncontinues: ['++*']\nends: ['end*']\nleads: ['lead*']\nheadings: ['head*']\nskip: [mine_*]\nforeign: [fault_*]\nunwinder: [unwind*]\n"
	"guilty: {generic: [lib/, '!lib/x'], stalls: [stall], interrupts: [irq]}\n"
	"executor: 'Comm: (\\d+) (\\d+)'\n";

static struct culprit_error *load_patterns(struct outcome *out)
{
	_cleanup_(destroy_patterns) struct culprit_patterns *set = NULL;
	char count[64];
	struct yaml_doc **docs = calloc(1, sizeof(struct yaml_doc *));
	struct culprit_error *err = &culprit_error_no_memory;

	if (docs)
		err = yaml_parse(span_of(a_pattern_file), "mine.yaml", &docs[0]);
	if (err) {
		free(docs);
		return err;
	}
	CHECKED(pattern_set_extend(docs, 1, &set));
	snprintf(count, sizeof(count), "%zu patterns, %zu picks\n", set->n_patterns, set->n_picks);
	show(out, span_of(count));
	return parse(set, "MYBUG: thing\non cpu\nMy stack:\n f+0x1/0x2\n at g+0x1/0x2\n", 7, out);
}

/* ------------------------------------------------------------------ input */

static char dir[] = "/tmp/culprit-no-memory-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void shell(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "cd %s && { %s; } >/dev/null 2>&1", dir, command);
	ck_assert_msg(system(text) == 0, "%s", command);
}

static void close_input(struct input **input)
{
	input_close(*input);
}

static struct culprit_error *read_one(struct outcome *out, const char *path)
{
	_cleanup_(close_input) struct input *input = NULL;
	struct span s;

	CHECKED(input_open(path, &input));
	do {
		CHECKED(input_read(input, &s));
		show(out, s);
	} while (s.len);
	return NULL;
}

static struct culprit_error *read_inputs(struct outcome *out)
{
	static const char *const names[] = { "log", "log.gz", "log.xz", "log.bz2", "log.zst" };

	for (size_t i = 0; i < countof(names); i++)
		CHECKED(read_one(out, path_of(names[i])));
	return NULL;
}

/* ------------------------------------------------------------------ match */

/* Reports for the matcher to learn from and to judge: made once, with memory enough. */
static struct culprit_patterns *used;
static struct culprit_report *reports[2];
static struct culprit_summary summary;

static struct culprit_error *match(struct outcome *out)
{
	_cleanup_(match_rules_destroyp) struct match_rules *rules = NULL;
	_cleanup_(profile_destroyp) struct profile *profile = NULL, *again = NULL;
	_cleanup_(match_result_deinit) struct match_result result = { 0 };
	_cleanup_(buf_deinit) struct buf text = { 0 };
	const struct culprit_report *one[] = { reports[0] }, *two[] = { reports[1] };
	struct run_evidence runs[] = {
		{ .reports = one, .n_reports = 1, .summary = &summary },
		{ .reports = two, .n_reports = 1, .summary = &summary },
		{ .summary = &summary },
	};
	const char *const *paths;

	CHECKED(match_rules_load(NULL, NULL, &rules));
	CHECKED(profile_create(rules, &profile));
	CHECKED(profile_add_title(profile, "KASAN: use-after-free Read in kc_read"));
	CHECKED(profile_add_report(profile, reports[0]));
	CHECKED(profile_learn(profile, runs, countof(runs)));
	CHECKED(profile_learn_good(profile, runs + 1, 1));
	CHECKED(profile_format(profile, &text));
	CHECKED(profile_parse(rules, buf_span(&text), "profile.yaml", &again));
	CHECKED(profile_save(again, path_of("profile.yaml")));
	CHECKED(match_run(again, &runs[0], &result));
	show(out, buf_span(&text));
	for (size_t i = 0; i < profile_paths(profile, &paths); i++)
		show(out, span_of(paths[i]));
	show(out, span_of(verdict_name(result.verdict)));
	for (size_t i = 0; i < result.n_evidence; i++)
		show(out, span_of(result.evidence[i].text));
	return NULL;
}

static const char a_bisection[] =
	"bisecting cause commit starting from 5555555555555555555555555555555555555555\n"
	"testing commit 5555555555555555555555555555555555555555 with gcc (GCC) 8.1.0\n"
	"all runs: crashed: KASAN: use-after-free Read in foo_put\n"
	"testing release v5.6\ntesting commit 1111111111111111111111111111111111111111 with gcc (GCC) 8.1.0\nall runs: OK\n"
	"# git bisect start 5555555555555555555555555555555555555555 1111111111111111111111111111111111111111\n"
	"Bisecting: 1 revisions left to test after this (roughly 1 step)\n"
	"[3333333333333333333333333333333333333333] foo: a subject\n"
	"testing commit 3333333333333333333333333333333333333333 with gcc (GCC) 8.1.0\n"
	"run #0: OK\nrun #1: crashed: KASAN: use-after-free Read in foo_put\nrun #2: boot failed: can't ssh into the instance\n"
	"# git bisect bad 3333333333333333333333333333333333333333\n";

static struct culprit_error *replay(struct outcome *out)
{
	_cleanup_(match_rules_destroyp) struct match_rules *rules = NULL;
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	_cleanup_(replay_log_deinit) struct replay_log log = { 0 };
	_cleanup_(replay_result_deinit) struct replay_result result = { 0 };

	CHECKED(match_rules_load(NULL, NULL, &rules));
	CHECKED(profile_create(rules, &profile));
	CHECKED(replay_log_parse(span_of(a_bisection), "log", &log));
	CHECKED(replay_learn(&log, profile));
	CHECKED(replay_judge(&log, no_free_ptr(profile), NULL, &result));
	for (size_t i = 0; i < result.n_candidates; i++)
		show(out, span_of(result.candidates[i]));
	return NULL;
}

/* ----------------------------------------------------------------- bisect */

static const char a_config[] =
	"repository: linux\nbad: v6.2\ngood: [v6.1]\nfind: cause\n"
	"target:\n  title: \"WARNING in foo\"\n  titles: [\"BUG: bar\"]\n  logs: a.log\n  profile: p.yaml\n"
	"patterns: [ pats ]\n"
	"build:\n  command: [make, -j8]\n  environment: { A: 1, B: x y }\n  timeout: 2h\n  output-limit: 3G\n"
	"run:\n  command: |\n    ./boot\n    ./more\n  timeout: 90\n  exit-code: judge\n"
	"patches:\n - { patch: fix.diff, from: v5.0, until: v6.0 }\n - { cherry-pick: abc, required: false }\n"
	"skip: [ s1, s2 ]\npaths: fs/foo.c\nmaintainers: ./who\nstate: /s\n";

static struct culprit_error *read_config(struct outcome *out)
{
	_cleanup_(config_destroyp) struct config *config = NULL;

	CHECKED(config_parse(span_of(a_config), "/etc/culprit.yaml", &config));
	show(out, span_of(config->repository));
	show(out, span_of(config->run.argv[2]));
	return NULL;
}

static struct culprit_error *show_record(void *arg, const struct journal_record *record)
{
	const char *v = journal_get(record, "v");

	show(arg, span_of(record->type));
	show(arg, span_of(v ? v : "-"));
	return NULL;
}

static struct culprit_error *write_journal(struct outcome *out)
{
	_cleanup_(journal_closep) struct journal *journal = NULL;
	struct journal_draft draft;

	unlink(path_of("journal"));
	for (int i = 0; i < 2; i++) {
		CHECKED(journal_open(path_of("journal"), 0, -1, show_record, out, &journal));
		journal_begin(&draft, "run");
		journal_add(&draft, "v", "a b=c\n");
		journal_add_f(&draft, "n", "%d", i);
		CHECKED(journal_commit(journal, &draft));
		journal_close(no_free_ptr(journal));
	}
	return journal_scan(path_of("journal"), show_record, out);
}

static void show_number(struct outcome *out, double number)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f ", number);
	show(out, span_of(text));
}

static struct culprit_error *ask(struct bisect *bisect, struct outcome *out, struct bisect_action *ret)
{
	_cleanup_(freep) struct bisect_share *set = NULL;
	struct bisect_finding findings[8];
	struct bisect_share top[4];
	double mass;
	uint32_t n;

	CHECKED(bisect_next(bisect, ret));
	CHECKED(bisect_set(bisect, &set, &n, &mass));
	show(out, span_of(bisect_why_name(ret->why)));
	show_number(out, ret->commit);
	show_number(out, mass);
	show_number(out, bisect_posterior(bisect, ret->commit == BISECT_NONE ? 1 : ret->commit));
	show_number(out, bisect_p_bad(bisect, 2));
	show_number(out, bisect_p_testable(bisect, 2));
	show_number(out, bisect_n_left(bisect));
	show_number(out, bisect_top(bisect, countof(top), top));
	show_number(out, bisect_findings(bisect, countof(findings), findings));
	return NULL;
}

/* Commits 0 to 7 in a row, with a merge of 3 and 4 at 5; 3 is the culprit. */
static struct culprit_error *hunt(struct outcome *out)
{
	static const uint32_t start[] = { 0, 0, 1, 2, 3, 4, 6, 7, 8 }, parents[] = { 0, 1, 2, 2, 3, 4, 5, 6 };
	static const uint8_t flags[8] = { BISECT_GOOD };
	struct bisect_graph graph = { .n = 8, .bad = 7, .parent_start = start, .parents = parents, .flags = flags };
	_cleanup_(bisect_destroyp) struct bisect *bisect = NULL;
	struct bisect_config config;
	struct bisect_action action;

	bisect_config_init(&config);
	CHECKED(bisect_create(&graph, &config, &bisect));
	for (int i = 0; i < 6; i++) {
		CHECKED(ask(bisect, out, &action));
		if (action.act != BISECT_TEST)
			break;
		CHECKED(bisect_add_build(bisect, action.commit, BISECT_BUILD_OK, 100 + action.commit));
		for (uint32_t run_number = 0; run_number < action.n_runs; run_number++)
			CHECKED(bisect_add_run(bisect, action.commit,
					       action.commit == 3 || action.commit > 4 ? BISECT_RUN_TARGET : BISECT_RUN_CLEAN, 1));
	}
	CHECKED(bisect_conclude(bisect, BISECT_WHY_BUDGET, &action));
	show_number(out, action.posterior);
	return NULL;
}

/* -------------------------------------------------------------- symbolize */

static const char a_program[] =
	"cat >a.c <<'EOF'\n"
	"volatile int state;\n__attribute__((noipa)) void sink(int v) { state = v; }\n"
	"static inline __attribute__((always_inline)) void middle(int v)\n{\n\tsink(v + 1);\n\tstate++;\n}\n"
	"__attribute__((noipa)) int outer(int v)\n{\n\tstate = 1;\n\tmiddle(v);\n\treturn state;\n}\n"
	"int main(void) { return outer(2); }\nEOF\ngcc -g -O2 a.c -o vmlinux";

static void destroy_symbolizer(struct symbolizer **symbolizer)
{
	symbolizer_destroy(*symbolizer);
}

static struct culprit_error *symbolize(struct outcome *out)
{
	const struct symbolizer_options options = { .patterns = used, .vmlinux = path_of("vmlinux"), .force = true };
	_cleanup_(destroy_symbolizer) struct symbolizer *symbolizer = NULL;
	_cleanup_(symbolized_destroyp) struct symbolized *symbolized = NULL;

	CHECKED(symbolizer_create(&options, &symbolizer));
	CHECKED(symbolize_report(symbolizer, reports[1], &symbolized));
	show(out, span_of(symbolized->report.text));
	for (size_t i = 0; i < symbolized->n_notes; i++)
		show(out, span_of(symbolized->notes[i]));
	return NULL;
}

/* ------------------------------------------------------------- the checks */

static void setup(void)
{
	static const char second[] = "[    0.000000] Linux version 6.1.0 (a@b)\n" T "BUG: KASAN: use-after-free in outer+0x15/0x30\n"
		T "Read of size 8 at addr ffff888012345678 by task a/12\n" T "Call Trace:\n" T " outer+0x15/0x30\n" T " main+0x5/0x10\n"
		T "Code: 48 89 e5 <0f> 0b 90\n";
	static const char *const logs[] = { a_log, second };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_ptr_null(culprit_patterns_load(NULL, 0, &used));
	for (size_t i = 0; i < countof(logs); i++) {
		struct culprit_parser *parser;

		ck_assert_ptr_null(culprit_parser_create(used, NULL, &parser));
		ck_assert_ptr_null(culprit_parser_feed(parser, logs[i], strlen(logs[i])));
		ck_assert_ptr_null(culprit_parser_finish(parser));
		culprit_parser_summary(parser, &summary);
		reports[i] = culprit_parser_take(parser);
		ck_assert_ptr_nonnull(reports[i]);
		culprit_parser_destroy(parser);
	}
	summary.kernel_version = NULL;
}

static void teardown(void)
{
	for (size_t i = 0; i < countof(reports); i++)
		culprit_report_destroy(reports[i]);
	culprit_patterns_destroy(used);
	shell("rm -f log log.* profile.yaml* journal a.c vmlinux");
	rmdir(dir);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
}

START_TEST(parsing)
{
	fail_each("parse", parse_log);
}
END_TEST

START_TEST(patterns)
{
	fail_each("patterns", load_patterns);
}
END_TEST

START_TEST(inputs)
{
	shell("seq 1000 > log && gzip -k log && xz -k log && bzip2 -k log && zstd log");
	fail_each("input", read_inputs);
}
END_TEST

START_TEST(matching)
{
	fail_each("match", match);
	fail_each("replay", replay);
}
END_TEST

START_TEST(bisecting)
{
	fail_each("config", read_config);
	fail_each("journal", write_journal);
	fail_each("hunt", hunt);
}
END_TEST

/* libdw ends the program where it finds no memory: only ours fails here. */
START_TEST(symbolizing)
{
	shell(a_program);
	memory.own_only = true;
	fail_each("symbolize", symbolize);
	ck_assert_ptr_nonnull(strstr(normal.text, "a.c:11"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("no_memory");
	TCase *tc = tcase_create("no_memory");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, parsing);
	tcase_add_test(tc, patterns);
	tcase_add_test(tc, inputs);
	tcase_add_test(tc, matching);
	tcase_add_test(tc, bisecting);
	tcase_add_test(tc, symbolizing);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
