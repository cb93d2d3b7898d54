/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "session/config.h"
#include "suite.h"

#define BASE "repository: /r\nbad: b\ngood: g\nrun: { command: ./boot }\n"

static struct config *parse(const char *text)
{
	struct config *config;
	struct culprit_error *err = config_parse(span_of(text), "/etc/culprit.yaml", &config);

	if (err)
		ck_abort_msg("%s", culprit_error_message(err));
	return config;
}

START_TEST(defaults_of_the_shortest_file)
{
	_cleanup_(config_destroyp) struct config *c = parse(BASE);

	ck_assert_str_eq(c->repository, "/r");
	ck_assert_str_eq(c->bad, "b");
	ck_assert_uint_eq(c->good.n, 1);
	ck_assert_str_eq(c->good.items[0], "g");
	ck_assert(!c->releases);
	ck_assert_int_eq(c->find, CONFIG_CAUSE);
	ck_assert_str_eq(c->run.argv[0], "/bin/sh");
	ck_assert_str_eq(c->run.argv[1], "-c");
	ck_assert_str_eq(c->run.argv[2], "./boot");
	ck_assert_ptr_null(c->run.argv[3]);
	ck_assert_ptr_null(c->build.argv);
	ck_assert_uint_eq(c->parallel, 1);
	ck_assert_int_eq(c->executor, EXECUTOR_LOCAL);
	ck_assert_double_eq(c->confidence, 0.99);
	ck_assert_str_eq(c->state, "/etc/.culprit");
	ck_assert(c->check_revert && c->check_cherry_pick && c->weigh_paths);
}
END_TEST

START_TEST(every_key)
{
	_cleanup_(config_destroyp) struct config *c = parse(
		"repository: linux\nbad: v6.2\ngood: [v6.1, 'releases']\nfind: cause\n"
		"target:\n  title: \"WARNING in foo\"\n  titles: [\"BUG: bar\"]\n  logs: a.log\n  profile: p.yaml\n"
		"patterns: [ pats ]\n"
		"build:\n  command: [make, -j8]\n  environment: { A: 1, B: x y }\n  timeout: 2h\n  output-limit: 3G\n"
		"  image: bzImage\n  clean: true\n  cost: 12.5\n"
		"run:\n  command: |\n    ./boot\n    ./more\n  environment: { C: '' }\n  timeout: 90\n  output-limit: 64M\n"
		"  exit-code: judge\n  finished: \"my tests: (passed|failed)\"\n  parallel: 4\n  after-crash: 5s\n"
		"budget: { runs: 1000, builds: 50, hours: 2.5 }\n"
		"patches:\n - { patch: fix.diff, from: v5.0, until: v6.0 }\n - { cherry-pick: abc, required: false }\n - { revert: def }\n"
		"skip: [ s1, s2 ]\npaths: fs/foo.c\nweigh-paths: false\nconfidence: 0.99\nbaseline-runs: 300\ninfra-pause: 2m\ninfra-patience: 3h\nmode: plain\nruns-per-commit: 7\n"
		"verify: { revert: false, cherry-pick: false }\nvmlinux: vmlinux\nmodules: mods\nmaintainers: ./who\nstate: /s\n"
		"links: { commit: 'https://a/{commit}', run: 'http://b/{run}' }\n"
		"executor: slurm\nslurm:\n  partition: lab\n  constraint: kvm\n  memory: 4G\n  cpus: 8\n  time: 2h\n"
		"  options: [--account=k, --nice]\n  build-options: --exclusive\n  builds: false\n  interval: 9s\n  patience: 2m\n");


	ck_assert_str_eq(c->repository, "/etc/linux");
	ck_assert_int_eq(c->executor, EXECUTOR_SLURM);
	ck_assert_str_eq(c->slurm.partition, "lab");
	ck_assert_str_eq(c->slurm.constraint, "kvm");
	ck_assert_str_eq(c->slurm.memory, "4G");
	ck_assert_uint_eq(c->slurm.cpus, 8);
	ck_assert_int_eq(c->slurm.time_ms, 7200000);
	ck_assert_uint_eq(c->slurm.options.n, 2);
	ck_assert_str_eq(c->slurm.options.items[1], "--nice");
	ck_assert_str_eq(c->slurm.build_options.items[0], "--exclusive");
	ck_assert(!c->slurm.builds);
	ck_assert_int_eq(c->slurm.interval_ms, 9000);
	ck_assert_int_eq(c->slurm.patience_ms, 120000);
	ck_assert_uint_eq(c->good.n, 2);
	ck_assert_str_eq(c->finished, "my tests: (passed|failed)");
	ck_assert_str_eq(c->good.items[1], "releases");
	ck_assert(!c->releases);
	ck_assert_str_eq(c->title, "WARNING in foo");
	ck_assert_str_eq(c->titles.items[0], "BUG: bar");
	ck_assert_str_eq(c->logs.items[0], "/etc/a.log");
	ck_assert_str_eq(c->profile, "/etc/p.yaml");
	ck_assert_str_eq(c->patterns.items[0], "/etc/pats");
	ck_assert_str_eq(c->build.argv[0], "make");
	ck_assert_str_eq(c->build.argv[1], "-j8");
	ck_assert_ptr_null(c->build.argv[2]);
	ck_assert_uint_eq(c->build.environment.n, 2);
	ck_assert_str_eq(c->build.environment.items[0], "A=1");
	ck_assert_str_eq(c->build.environment.items[1], "B=x y");
	ck_assert_int_eq(c->build.timeout_ms, 7200000);
	ck_assert_uint_eq(c->build.output_bytes, 3ull << 30);
	ck_assert_str_eq(c->image, "bzImage");
	ck_assert(c->clean);
	ck_assert_double_eq(c->build_cost, 12.5);
	ck_assert_str_eq(c->run.argv[2], "./boot\n./more\n");
	ck_assert_str_eq(c->run.environment.items[0], "C=");
	ck_assert_int_eq(c->run.timeout_ms, 90000);
	ck_assert_uint_eq(c->run.output_bytes, 64u << 20);
	ck_assert(c->exit_judges);
	ck_assert_uint_eq(c->parallel, 4);
	ck_assert_int_eq(c->after_crash_ms, 5000);
	ck_assert_uint_eq(c->max_runs, 1000);
	ck_assert_uint_eq(c->max_builds, 50);
	ck_assert_double_eq(c->max_hours, 2.5);
	ck_assert_uint_eq(c->n_patches, 3);
	ck_assert_int_eq(c->patches[0].change, CONFIG_PATCH);
	ck_assert_str_eq(c->patches[0].what, "/etc/fix.diff");
	ck_assert_str_eq(c->patches[0].from, "v5.0");
	ck_assert_str_eq(c->patches[0].until, "v6.0");
	ck_assert(c->patches[0].required);
	ck_assert_int_eq(c->patches[1].change, CONFIG_CHERRY_PICK);
	ck_assert(!c->patches[1].required);
	ck_assert_int_eq(c->patches[2].change, CONFIG_REVERT);
	ck_assert_str_eq(c->patches[2].what, "def");
	ck_assert_uint_eq(c->skip.n, 2);
	ck_assert_str_eq(c->paths.items[0], "fs/foo.c");
	ck_assert(!c->weigh_paths);
	ck_assert_double_eq(c->confidence, 0.99);
	ck_assert_uint_eq(c->baseline_runs, 300);
	ck_assert_int_eq(c->infra_pause_ms, 120000);
	ck_assert_int_eq(c->infra_patience_ms, 3 * 3600000);
	ck_assert_int_eq(c->mode, CONFIG_PLAIN);
	ck_assert_uint_eq(c->runs_per_commit, 7);
	ck_assert(!c->check_revert && !c->check_cherry_pick);
	ck_assert_str_eq(c->vmlinux, "vmlinux");
	ck_assert_str_eq(c->modules, "mods");
	ck_assert_str_eq(c->maintainers, "./who");
	ck_assert_str_eq(c->commit_url, "https://a/{commit}");
	ck_assert_str_eq(c->run_url, "http://b/{run}");
	ck_assert_str_eq(c->state, "/s");
}
END_TEST

START_TEST(releases_and_fix)
{
	_cleanup_(config_destroyp) struct config *a = parse("repository: /r\nbad: b\ngood: releases\nrun: { command: c }\n");
	_cleanup_(config_destroyp) struct config *b = parse("repository: /r\nbad: b\ngood: g\nfind: fix\nrun: { command: c }\n");

	ck_assert(a->releases);
	ck_assert_uint_eq(a->good.n, 0);
	ck_assert_int_eq(b->find, CONFIG_FIX);
}
END_TEST

/* Each mistake with its place and text. */
static const struct {
	const char *text, *message;
} mistakes[] = {
	{ "", "c.yaml:1:1: the file is empty" },
	{ "- a\n", "c.yaml:1:1: the configuration must be a mapping, not a sequence" },
	{ "bad: b\ngood: g\nrun: { command: c }\n", "c.yaml:1:1: the key 'repository' is missing" },
	{ "repository: /r\nbad: b\ngood: g\n", "c.yaml:1:1: the key 'run' is missing" },
	{ BASE "bda: x\n", "c.yaml:5:1: unknown key 'bda'; expected one of: repository, bad, good, find, target, patterns, executor, slurm, build, run, config, "
	  "budget, patches, skip, paths, weigh-paths, confidence, baseline-runs, infra-pause, infra-patience, mode, runs-per-commit, verify, vmlinux, modules, maintainers, links, state" },
	{ BASE "find: both\n", "c.yaml:5:7: find must be one of: cause, fix, config; not 'both'" },
	{ BASE "confidence: 1\n", "c.yaml:5:13: confidence must be a number from 0.51 to 0.999999, not '1'" },
	{ BASE "build: { timeout: 1h }\n", "c.yaml:5:8: build: the key 'command' is missing" },
	{ BASE "build: { command: c, timeout: 1 hour }\n",
	  "c.yaml:5:31: timeout must be a time such as 90s, 15m, 2h or 1d; not '1 hour'" },
	{ BASE "build: { command: c, output-limit: much }\n",
	  "c.yaml:5:36: output-limit must be a size such as 500k, 64M or 2G; not 'much'" },
	{ BASE "build: { command: [] }\n", "c.yaml:5:19: command must not be empty" },
	{ BASE "build: { command: '' }\n", "c.yaml:5:19: command must not be empty" },
	{ BASE "build: { command: c, environment: [A] }\n", "c.yaml:5:35: environment must be a mapping, not a sequence" },
	{ BASE "build: { command: c, environment: { CULPRIT_RUN: 1 } }\n",
	  "c.yaml:5:37: names that begin with CULPRIT_ are set by culprit" },
	{ BASE "patches: [ { from: a } ]\n", "c.yaml:5:12: a patch needs exactly one of: patch, cherry-pick, revert" },
	{ BASE "patches: [ { patch: a, revert: b } ]\n",
	  "c.yaml:5:12: a patch needs exactly one of: patch, cherry-pick, revert" },
	{ BASE "budget: { runs: 0 }\n", "c.yaml:5:17: runs must be a whole number from 1 to 100000000, not '0'" },
	{ "repository: /r\nbad: b\ngood: []\nrun: { command: c }\n",
	  "c.yaml:3:7: good must name at least one commit, or be 'releases'" },
	{ "repository: /r\nbad: b\ngood: releases\nfind: fix\nrun: { command: c }\n",
	  "c.yaml:3:7: 'releases' looks for an older good commit; a fix needs a newer one" },
	{ "repository: /r\nbad: b\ngood: [a, b]\nfind: fix\nrun: { command: c }\n",
	  "c.yaml:3:7: a fix is found before one good commit, not 2" },
	{ "repository: /r\nbad: ''\ngood: a\nrun: { command: c }\n", "c.yaml:2:6: bad must not be empty" },
	{ "repository: /r\nbad: [b]\ngood: a\nrun: { command: c }\n", "c.yaml:2:6: bad must be a scalar, not a sequence" },
	{ BASE "slurm: { partition: lab }\n", "c.yaml:5:8: slurm says nothing without 'executor: slurm'" },
	{ BASE "executor: moon\n", "c.yaml:5:11: executor must be one of: local, slurm; not 'moon'" },
	{ BASE "executor: slurm\nslurm: { cpus: 0 }\n", "c.yaml:6:16: cpus must be a whole number from 1 to 100000, not '0'" },
	{ "repository: /r\nbad: b\ngood: a\nrun: { parallel: 2 }\n", "c.yaml:4:6: run: the key 'command' is missing" },
	{ "repository: /r\nbad: b\ngood: a\nrun: { command: c, exit-code: yes }\n",
	  "c.yaml:4:31: exit-code must be one of: ignore, judge; not 'yes'" },
	{ BASE "links: { commit: 'javascript:{commit}' }\n",
	  "c.yaml:5:18: a link to commits begins with https:// or http:// and has {commit}" },
	{ BASE "links: { run: 'https://a/{commit}' }\n", "c.yaml:5:15: a link to runs begins with https:// or http:// and has {run} or {log}" },
};

START_TEST(mistakes_have_place_and_text)
{
	struct config *config;
	struct culprit_error *err = config_parse(span_of(mistakes[_i].text), "c.yaml", &config);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_SYNTAX);
	ck_assert_str_eq(culprit_error_message(err), mistakes[_i].message);
	culprit_error_destroy(err);
}
END_TEST

START_TEST(measures)
{
	int64_t ms;
	uint64_t bytes;

	ck_assert(config_parse_duration("0", &ms) && ms == 0);
	ck_assert(config_parse_duration("90s", &ms) && ms == 90000);
	ck_assert(config_parse_duration("15m", &ms) && ms == 900000);
	ck_assert(config_parse_duration("1d", &ms) && ms == 86400000);
	ck_assert(!config_parse_duration("", &ms));
	ck_assert(!config_parse_duration("-1", &ms));
	ck_assert(!config_parse_duration("1w", &ms));
	ck_assert(!config_parse_duration("1mm", &ms));
	ck_assert(!config_parse_duration("99999999999999999d", &ms));
	ck_assert(config_parse_size("500", &bytes) && bytes == 500);
	ck_assert(config_parse_size("1k", &bytes) && bytes == 1024);
	ck_assert(config_parse_size("2G", &bytes) && bytes == 2147483648u);
	ck_assert(!config_parse_size("G", &bytes));
}
END_TEST

START_TEST(a_missing_file_says_what_to_do)
{
	struct config *config;
	struct culprit_error *err = config_load("/nonexistent/culprit.yaml", &config);

	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_NOT_FOUND);
	ck_assert_str_eq(culprit_error_message(err),
			 "there is no /nonexistent/culprit.yaml here; 'culprit bisect init' writes one");
	culprit_error_destroy(err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tc = tcase_create("config");

	tcase_add_test(tc, defaults_of_the_shortest_file);
	tcase_add_test(tc, every_key);
	tcase_add_test(tc, releases_and_fix);
	tcase_add_loop_test(tc, mistakes_have_place_and_text, 0, (int)countof(mistakes));
	tcase_add_test(tc, measures);
	tcase_add_test(tc, a_missing_file_says_what_to_do);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
