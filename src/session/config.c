/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads culprit.yaml:
 *
 *	repository: /home/ada/linux
 *	bad: v6.2
 *	good: v6.1
 *	target:
 *	  title: "KASAN: use-after-free Read in foo_release"
 *	build:
 *	  command: make O="$CULPRIT_BUILD" -j8 && cp "$CULPRIT_BUILD"/arch/x86/boot/bzImage "$CULPRIT_ARTEFACTS"
 *	  timeout: 1h
 *	run:
 *	  command: [ ./boot.sh ]
 *	  parallel: 4
 *
 * Refuses unknown keys, values out of their range and combinations that make
 * no sense; every message says where and what was expected.
 *
 * To add a key: a member in config.h, a row in the table of its mapping below,
 * its default in config_parse(), its paragraph in man/culprit-bisect.5, a case
 * in tests/unit/test_config.c.
 */
#include "match/finish.h"
#include "session/config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "pattern/yaml.h"

/* ------------------------------------------------------------- numbers */

static bool parse_unit(const char *text, const char *units, const uint64_t *factors, uint64_t *ret)
{
	uint64_t value, factor = factors[0];
	size_t len;

	if (!parse_u64(span_of(text), &value, &len))
		return false;
	if (text[len]) {
		const char *unit = strchr(units, text[len]);

		if (!unit || text[len + 1])
			return false;
		factor = factors[unit - units + 1];
	}
	return !__builtin_mul_overflow(value, factor, ret) && *ret <= INT64_MAX;
}

bool config_parse_duration(const char *text, int64_t *ret_ms)
{
	static const uint64_t factors[] = { 1000, 1000, 60000, 3600000, 86400000 };
	uint64_t value;

	if (!parse_unit(text, "smhd", factors, &value))
		return false;
	*ret_ms = (int64_t)value;
	return true;
}

bool config_parse_size(const char *text, uint64_t *ret_bytes)
{
	static const uint64_t factors[] = { 1, 1 << 10, 1 << 10, 1 << 20, 1 << 30 };

	return parse_unit(text, "kKMG", factors, ret_bytes);
}

/* -------------------------------------------------------- typed values */

enum value_type {
	VALUE_STRING, VALUE_PATH, VALUE_STRINGS, VALUE_PATHS, VALUE_BOOL, VALUE_COUNT,
	VALUE_DURATION, VALUE_SIZE, VALUE_NUMBER, VALUE_CHOICE, VALUE_OTHER,
};

struct reader {
	const struct yaml_doc *doc;
	struct config *config;
};

typedef struct culprit_error *read_fn(struct reader *r, const struct yaml_node *node, void *target);

struct key {
	const char *name;
	enum value_type type;
	size_t offset;			/* of the member in what the mapping describes */
	double min, max;		/* of counts and numbers */
	const char *const *choices;	/* NULL-terminated; the member is an int-sized enum of their order */
	read_fn *read;			/* of VALUE_OTHER */
};

static struct culprit_error *read_string(struct reader *r, const struct yaml_node *node, const char *what,
					 const char **ret)
{
	const char *text;
	struct culprit_error *err = yaml_get_string(r->doc, node, what, &text);

	if (err)
		return err;
	if (!*text)
		return yaml_error(r->doc, node, "%s must not be empty", what);
	*ret = arena_dup(&r->config->arena, span_of(text));
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *make_absolute(struct reader *r, const char **path)
{
	if (**path == '/')
		return NULL;
	*path = arena_printf(&r->config->arena, "%s/%s", r->config->directory, *path);
	return *path ? NULL : &culprit_error_no_memory;
}

/* A scalar stands for a list of one. */
static struct culprit_error *read_strings(struct reader *r, const struct yaml_node *node, const char *what,
					  bool paths, struct config_strings *ret)
{
	struct yaml_node *const single[] = { (struct yaml_node *)node };
	struct yaml_node *const *items = node->kind == YAML_SCALAR ? single : node->items;
	size_t n = node->kind == YAML_SCALAR ? 1 : node->n;
	struct culprit_error *err = NULL;
	const char **strings;

	if (node->kind == YAML_MAPPING)
		return yaml_expect(r->doc, node, YAML_SEQUENCE, what);
	strings = arena_array(&r->config->arena, n + 1, sizeof(*strings));
	if (!strings)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < n && !err; i++) {
		err = read_string(r, items[i], what, &strings[i]);
		if (!err && paths)
			err = make_absolute(r, &strings[i]);
	}
	*ret = (struct config_strings){ strings, n };
	return err;
}

static struct culprit_error *read_choice(struct reader *r, const struct yaml_node *node, const struct key *key,
					 void *target)
{
	_cleanup_(buf_deinit) struct buf all = { 0 };
	const char *text;
	struct culprit_error *err = yaml_get_string(r->doc, node, key->name, &text);

	if (err)
		return err;
	for (unsigned int i = 0; key->choices[i]; i++) {
		if (!strcmp(key->choices[i], text)) {
			memcpy(target, &i, sizeof(i));
			return NULL;
		}
		if (!buf_printf(&all, "%s%s", i ? ", " : "", key->choices[i]))
			return &culprit_error_no_memory;
	}
	return yaml_error(r->doc, node, "%s must be one of: %s; not '%s'", key->name, all.data, text);
}

static struct culprit_error *read_count(struct reader *r, const struct yaml_node *node, const struct key *key,
					uint32_t *ret)
{
	int64_t value;
	struct culprit_error *err = yaml_get_int(r->doc, node, key->name, (int64_t)key->min, (int64_t)key->max, &value);

	if (!err)
		*ret = (uint32_t)value;
	return err;
}

static struct culprit_error *read_measure(struct reader *r, const struct yaml_node *node, const struct key *key,
					  void *target)
{
	bool size = key->type == VALUE_SIZE;
	const char *text;
	struct culprit_error *err = yaml_get_string(r->doc, node, key->name, &text);

	if (err)
		return err;
	if (size ? config_parse_size(text, target) : config_parse_duration(text, target))
		return NULL;
	return yaml_error(r->doc, node, "%s must be %s; not '%s'", key->name,
			  size ? "a size such as 500k, 64M or 2G" : "a time such as 90s, 15m, 2h or 1d", text);
}

static struct culprit_error *read_value(struct reader *r, const struct yaml_node *node, const struct key *key,
					void *target)
{
	struct culprit_error *err = NULL;

	switch (key->type) {
	case VALUE_STRING:
		return read_string(r, node, key->name, target);
	case VALUE_PATH:
		err = read_string(r, node, key->name, target);
		return err ? err : make_absolute(r, target);
	case VALUE_STRINGS:
	case VALUE_PATHS:
		return read_strings(r, node, key->name, key->type == VALUE_PATHS, target);
	case VALUE_BOOL:
		return yaml_get_bool(r->doc, node, key->name, target);
	case VALUE_COUNT:
		return read_count(r, node, key, target);
	case VALUE_DURATION:
	case VALUE_SIZE:
		return read_measure(r, node, key, target);
	case VALUE_NUMBER:
		return yaml_get_number(r->doc, node, key->name, key->min, key->max, target);
	case VALUE_CHOICE:
		return read_choice(r, node, key, target);
	case VALUE_OTHER:
		break;
	}
	return key->read(r, node, target);
}

static struct culprit_error *unknown_key(struct reader *r, const struct yaml_node *node, const struct key *keys,
					 size_t n)
{
	_cleanup_(buf_deinit) struct buf all = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!buf_printf(&all, "%s%s", i ? ", " : "", keys[i].name))
			return &culprit_error_no_memory;
	}
	return yaml_error(r->doc, node, "unknown key '%s'; expected one of: %s", node->text, all.data);
}

/* what: what the mapping is called in messages; base: what key->offset counts from. */
static struct culprit_error *read_mapping(struct reader *r, const struct yaml_node *node, const char *what,
					  const struct key *keys, size_t n, void *base)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_MAPPING, what);

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		size_t i = 0;

		while (i < n && !yaml_is(pair->key, keys[i].name))
			i++;
		if (i == n)
			return unknown_key(r, pair->key, keys, n);
		err = read_value(r, pair->value, &keys[i], (char *)base + keys[i].offset);
		if (err)
			return err;
	}
	return NULL;
}

/* -------------------------------------------------------------- target */

#define OF(type, member) offsetof(struct type, member)

static const struct key target_keys[] = {
	{ "title", VALUE_STRING, OF(config, title), 0, 0, NULL, NULL },
	{ "titles", VALUE_STRINGS, OF(config, titles), 0, 0, NULL, NULL },
	{ "logs", VALUE_PATHS, OF(config, logs), 0, 0, NULL, NULL },
	{ "profile", VALUE_PATH, OF(config, profile), 0, 0, NULL, NULL },
};

static struct culprit_error *read_target(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "target", target_keys, countof(target_keys), target);
}

/* ------------------------------------------------------------- commands */

static struct culprit_error *read_command(struct reader *r, const struct yaml_node *node, void *target)
{
	const char *const **argv = target;
	struct config_strings list;
	struct culprit_error *err = read_strings(r, node, "command", false, &list);
	const char **shell;

	if (err)
		return err;
	if (list.n == 0)
		return yaml_error(r->doc, node, "command must not be empty");
	if (node->kind == YAML_SEQUENCE) {
		*argv = list.items;
		return NULL;
	}
	shell = arena_array(&r->config->arena, 4, sizeof(*shell));
	if (!shell)
		return &culprit_error_no_memory;
	shell[0] = "/bin/sh";
	shell[1] = "-c";
	shell[2] = list.items[0];
	*argv = shell;
	return NULL;
}

static struct culprit_error *read_environment(struct reader *r, const struct yaml_node *node, void *target)
{
	struct config_strings *ret = target;
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_MAPPING, "environment");
	const char **strings;
	size_t n = 0;

	if (err)
		return err;
	strings = arena_array(&r->config->arena, node->n + 1, sizeof(*strings));
	if (!strings)
		return &culprit_error_no_memory;
	YAML_FOR_EACH_PAIR(pair, node) {
		const char *value;

		if (!*pair->key->text || strchr(pair->key->text, '='))
			return yaml_error(r->doc, pair->key, "'%s' cannot be the name of a variable", pair->key->text);
		if (!strncmp(pair->key->text, "CULPRIT_", 8))
			return yaml_error(r->doc, pair->key, "names that begin with CULPRIT_ are set by culprit");
		err = yaml_get_string(r->doc, pair->value, pair->key->text, &value);
		if (err)
			return err;
		strings[n] = arena_printf(&r->config->arena, "%s=%s", pair->key->text, value);
		if (!strings[n++])
			return &culprit_error_no_memory;
	}
	*ret = (struct config_strings){ strings, n };
	return NULL;
}

static const char *const exit_codes[] = { "ignore", "judge", NULL };

static const struct key build_keys[] = {
	{ "command", VALUE_OTHER, OF(config, build.argv), 0, 0, NULL, read_command },
	{ "environment", VALUE_OTHER, OF(config, build.environment), 0, 0, NULL, read_environment },
	{ "timeout", VALUE_DURATION, OF(config, build.timeout_ms), 0, 0, NULL, NULL },
	{ "output-limit", VALUE_SIZE, OF(config, build.output_bytes), 0, 0, NULL, NULL },
	{ "image", VALUE_STRING, OF(config, image), 0, 0, NULL, NULL },
	{ "fixup", VALUE_PATHS, OF(config, fixups), 0, 0, NULL, NULL },
	{ "clean", VALUE_BOOL, OF(config, clean), 0, 0, NULL, NULL },
	{ "cost", VALUE_NUMBER, OF(config, build_cost), 0, 10000, NULL, NULL },
};

static struct culprit_error *read_exit_code(struct reader *r, const struct yaml_node *node, void *target)
{
	static const struct key key = { .name = "exit-code", .choices = exit_codes };
	unsigned int choice = 0;
	struct culprit_error *err = read_choice(r, node, &key, &choice);

	*(bool *)target = choice == 1;
	return err;
}

/* An expression that has a mistake is told with its place in the file. */
static struct culprit_error *read_finished(struct reader *r, const struct yaml_node *node, void *target)
{
	const char **finished = target;
	struct culprit_error *err = read_string(r, node, "finished", finished);
	_cleanup_(finish_deinit) struct finish check = { 0 };

	if (err)
		return err;
	err = finish_init(&check, *finished);
	if (!err || err == &culprit_error_no_memory)
		return err;
	culprit_error_destroy(err);
	return yaml_error(r->doc, node, "finished: '%s' is no regular expression", *finished);
}

static const struct key run_keys[] = {
	{ "command", VALUE_OTHER, OF(config, run.argv), 0, 0, NULL, read_command },
	{ "environment", VALUE_OTHER, OF(config, run.environment), 0, 0, NULL, read_environment },
	{ "timeout", VALUE_DURATION, OF(config, run.timeout_ms), 0, 0, NULL, NULL },
	{ "output-limit", VALUE_SIZE, OF(config, run.output_bytes), 0, 0, NULL, NULL },
	{ "exit-code", VALUE_OTHER, OF(config, exit_judges), 0, 0, NULL, read_exit_code },
	{ "finished", VALUE_OTHER, OF(config, finished), 0, 0, NULL, read_finished },
	{ "parallel", VALUE_COUNT, OF(config, parallel), 1, 1000, NULL, NULL },
	{ "after-crash", VALUE_DURATION, OF(config, after_crash_ms), 0, 0, NULL, NULL },
};

static struct culprit_error *read_build(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "build", build_keys, countof(build_keys), target);
}

static struct culprit_error *read_run(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "run", run_keys, countof(run_keys), target);
}

/* ------------------------------------------------------------ executors */

static const char *const executors[] = { "local", "slurm", NULL };

static const struct key slurm_keys[] = {
	{ "partition", VALUE_STRING, OF(config, slurm.partition), 0, 0, NULL, NULL },
	{ "constraint", VALUE_STRING, OF(config, slurm.constraint), 0, 0, NULL, NULL },
	{ "memory", VALUE_STRING, OF(config, slurm.memory), 0, 0, NULL, NULL },
	{ "cpus", VALUE_COUNT, OF(config, slurm.cpus), 1, 100000, NULL, NULL },
	{ "time", VALUE_DURATION, OF(config, slurm.time_ms), 0, 0, NULL, NULL },
	{ "options", VALUE_STRINGS, OF(config, slurm.options), 0, 0, NULL, NULL },
	{ "build-options", VALUE_STRINGS, OF(config, slurm.build_options), 0, 0, NULL, NULL },
	{ "builds", VALUE_BOOL, OF(config, slurm.builds), 0, 0, NULL, NULL },
	{ "interval", VALUE_DURATION, OF(config, slurm.interval_ms), 0, 0, NULL, NULL },
	{ "patience", VALUE_DURATION, OF(config, slurm.patience_ms), 0, 0, NULL, NULL },
};

static struct culprit_error *read_slurm(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "slurm", slurm_keys, countof(slurm_keys), target);
}

/* -------------------------------------------------------------- others */

static const struct key budget_keys[] = {
	{ "runs", VALUE_COUNT, OF(config, max_runs), 1, 100000000, NULL, NULL },
	{ "builds", VALUE_COUNT, OF(config, max_builds), 1, 100000000, NULL, NULL },
	{ "hours", VALUE_NUMBER, OF(config, max_hours), 0, 100000, NULL, NULL },
};

static struct culprit_error *read_budget(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "budget", budget_keys, countof(budget_keys), target);
}

static const struct key verify_keys[] = {
	{ "revert", VALUE_BOOL, OF(config, check_revert), 0, 0, NULL, NULL },
	{ "cherry-pick", VALUE_BOOL, OF(config, check_cherry_pick), 0, 0, NULL, NULL },
	{ "config", VALUE_BOOL, OF(config, check_config), 0, 0, NULL, NULL },
};

static struct culprit_error *read_verify(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "verify", verify_keys, countof(verify_keys), target);
}

static const struct key link_keys[] = {
	{ "commit", VALUE_STRING, OF(config, commit_url), 0, 0, NULL, NULL },
	{ "run", VALUE_STRING, OF(config, run_url), 0, 0, NULL, NULL },
};

/* A page would run what stands in a link of another scheme. */
static bool is_url_with(const char *url, const char *word)
{
	return !url || ((!strncmp(url, "https://", 8) || !strncmp(url, "http://", 7)) && strstr(url, word));
}

static struct culprit_error *read_links(struct reader *r, const struct yaml_node *node, void *target)
{
	struct config *config = target;
	struct culprit_error *err = read_mapping(r, node, "links", link_keys, countof(link_keys), config);

	if (!err && !is_url_with(config->commit_url, "{commit}"))
		err = yaml_error(r->doc, yaml_find(node, "commit"), "a link to commits begins with https:// or http:// and has {commit}");
	if (!err && !is_url_with(config->run_url, "{run}") && !is_url_with(config->run_url, "{log}"))
		err = yaml_error(r->doc, yaml_find(node, "run"), "a link to runs begins with https:// or http:// and has {run} or {log}");
	return err;
}

struct raw_patch {
	const char *patch, *cherry_pick, *revert, *from, *until;
	bool required;
};

static const struct key patch_keys[] = {
	{ "patch", VALUE_PATH, OF(raw_patch, patch), 0, 0, NULL, NULL },
	{ "cherry-pick", VALUE_STRING, OF(raw_patch, cherry_pick), 0, 0, NULL, NULL },
	{ "revert", VALUE_STRING, OF(raw_patch, revert), 0, 0, NULL, NULL },
	{ "from", VALUE_STRING, OF(raw_patch, from), 0, 0, NULL, NULL },
	{ "until", VALUE_STRING, OF(raw_patch, until), 0, 0, NULL, NULL },
	{ "required", VALUE_BOOL, OF(raw_patch, required), 0, 0, NULL, NULL },
};

static struct culprit_error *read_patch(struct reader *r, const struct yaml_node *node, struct config_patch *ret)
{
	struct raw_patch raw = { .required = true };
	struct culprit_error *err = read_mapping(r, node, "a patch", patch_keys, countof(patch_keys), &raw);

	if (err)
		return err;
	if (!!raw.patch + !!raw.cherry_pick + !!raw.revert != 1)
		return yaml_error(r->doc, node, "a patch needs exactly one of: patch, cherry-pick, revert");
	*ret = (struct config_patch){
		.change = raw.patch ? CONFIG_PATCH : raw.cherry_pick ? CONFIG_CHERRY_PICK : CONFIG_REVERT,
		.what = raw.patch ? raw.patch : raw.cherry_pick ? raw.cherry_pick : raw.revert,
		.from = raw.from,
		.until = raw.until,
		.required = raw.required,
	};
	return NULL;
}

static struct culprit_error *read_patches(struct reader *r, const struct yaml_node *node, void *target)
{
	struct config *config = target;
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, "patches");

	if (err)
		return err;
	config->patches = arena_array(&config->arena, node->n + 1, sizeof(*config->patches));
	if (!config->patches)
		return &culprit_error_no_memory;
	config->n_patches = node->n;
	for (size_t i = 0; i < node->n && !err; i++)
		err = read_patch(r, node->items[i], &config->patches[i]);
	return err;
}

static struct culprit_error *read_good(struct reader *r, const struct yaml_node *node, void *target)
{
	struct config *config = target;

	if (node->kind == YAML_SCALAR && !node->quoted && yaml_is(node, "releases")) {
		config->releases = true;
		return NULL;
	}
	if (node->kind == YAML_SEQUENCE && node->n == 0)
		return yaml_error(r->doc, node, "good must name at least one commit, or be 'releases'");
	return read_strings(r, node, "good", false, &config->good);
}

static const char *const finds[] = { "cause", "fix", "config", NULL };
static const struct key kconfig_keys[] = {
	{ "failing", VALUE_PATH, OF(config, kconfig_failing), 0, 0, NULL, NULL },
	{ "working", VALUE_PATH, OF(config, kconfig_working), 0, 0, NULL, NULL },
	{ "minimise", VALUE_BOOL, OF(config, minimise), 0, 0, NULL, NULL },
};

static struct culprit_error *read_kconfig(struct reader *r, const struct yaml_node *node, void *target)
{
	return read_mapping(r, node, "config", kconfig_keys, countof(kconfig_keys), target);
}

static const char *const modes[] = { "bayes", "plain", NULL };

static const struct key top_keys[] = {
	{ "repository", VALUE_PATH, OF(config, repository), 0, 0, NULL, NULL },
	{ "bad", VALUE_STRING, OF(config, bad), 0, 0, NULL, NULL },
	{ "good", VALUE_OTHER, 0, 0, 0, NULL, read_good },
	{ "find", VALUE_CHOICE, OF(config, find), 0, 0, finds, NULL },
	{ "target", VALUE_OTHER, 0, 0, 0, NULL, read_target },
	{ "patterns", VALUE_PATHS, OF(config, patterns), 0, 0, NULL, NULL },
	{ "executor", VALUE_CHOICE, OF(config, executor), 0, 0, executors, NULL },
	{ "slurm", VALUE_OTHER, 0, 0, 0, NULL, read_slurm },
	{ "build", VALUE_OTHER, 0, 0, 0, NULL, read_build },
	{ "run", VALUE_OTHER, 0, 0, 0, NULL, read_run },
	{ "config", VALUE_OTHER, 0, 0, 0, NULL, read_kconfig },
	{ "budget", VALUE_OTHER, 0, 0, 0, NULL, read_budget },
	{ "patches", VALUE_OTHER, 0, 0, 0, NULL, read_patches },
	{ "skip", VALUE_STRINGS, OF(config, skip), 0, 0, NULL, NULL },
	{ "paths", VALUE_STRINGS, OF(config, paths), 0, 0, NULL, NULL },
	{ "weigh-paths", VALUE_BOOL, OF(config, weigh_paths), 0, 0, NULL, NULL },
	{ "confidence", VALUE_NUMBER, OF(config, confidence), 0.51, 0.999999, NULL, NULL },
	{ "baseline-runs", VALUE_COUNT, OF(config, baseline_runs), 1, 100000, NULL, NULL },
	{ "infra-pause", VALUE_DURATION, OF(config, infra_pause_ms), 0, 0, NULL, NULL },
	{ "infra-patience", VALUE_DURATION, OF(config, infra_patience_ms), 0, 0, NULL, NULL },
	{ "mode", VALUE_CHOICE, OF(config, mode), 0, 0, modes, NULL },
	{ "runs-per-commit", VALUE_COUNT, OF(config, runs_per_commit), 1, 1000, NULL, NULL },
	{ "verify", VALUE_OTHER, 0, 0, 0, NULL, read_verify },
	{ "vmlinux", VALUE_STRING, OF(config, vmlinux), 0, 0, NULL, NULL },
	{ "modules", VALUE_STRING, OF(config, modules), 0, 0, NULL, NULL },
	{ "maintainers", VALUE_STRING, OF(config, maintainers), 0, 0, NULL, NULL },
	{ "links", VALUE_OTHER, 0, 0, 0, NULL, read_links },
	{ "state", VALUE_PATH, OF(config, state), 0, 0, NULL, NULL },
};

/* ------------------------------------------------------------- the whole */

static struct culprit_error *check_whole(struct reader *r, const struct yaml_node *root)
{
	struct config *c = r->config;
	static const char *const required[] = { "repository", "bad", "run", "good" };
	size_t n_required = countof(required) - (c->find == CONFIG_OPTIONS);

	for (size_t i = 0; i < n_required; i++) {
		if (!yaml_find(root, required[i]))
			return yaml_error(r->doc, root, "the key '%s' is missing", required[i]);
	}
	if (!c->run.argv)
		return yaml_error(r->doc, yaml_find(root, "run"), "run: the key 'command' is missing");
	if (yaml_find(root, "build") && !c->build.argv)
		return yaml_error(r->doc, yaml_find(root, "build"), "build: the key 'command' is missing");
	if (c->find == CONFIG_OPTIONS && yaml_find(root, "good"))
		return yaml_error(r->doc, yaml_find(root, "good"), "options are looked for at the bad commit alone: leave 'good' out");
	if ((c->find == CONFIG_OPTIONS || c->minimise) && (!c->kconfig_failing || !c->kconfig_working || !c->build.argv))
		return yaml_error(r->doc, yaml_find(root, c->minimise ? "config" : "find"),
				  "to look for options, 'config.failing', 'config.working' and 'build.command' have to be there");
	if (yaml_find(root, "config") && !c->kconfig_failing)
		return yaml_error(r->doc, yaml_find(root, "config"), "config: the key 'failing' is missing");
	if (c->find == CONFIG_FIX && c->minimise)
		return yaml_error(r->doc, yaml_find(root, "config"), "options are looked for where a cause is: 'minimise' is not for a fix");
	if (c->find == CONFIG_FIX && c->releases)
		return yaml_error(r->doc, yaml_find(root, "good"), "'releases' looks for an older good commit; a fix needs a newer one");
	if (c->find == CONFIG_FIX && c->good.n > 1)
		return yaml_error(r->doc, yaml_find(root, "good"), "a fix is found before one good commit, not %zu", c->good.n);
	if (yaml_find(root, "slurm") && c->executor != EXECUTOR_SLURM)
		return yaml_error(r->doc, yaml_find(root, "slurm"), "slurm says nothing without 'executor: slurm'");
	if (!c->build.argv)
		c->build_cost = 0;
	return NULL;
}

static bool set_directory(struct config *config, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct span folder = slash ? (struct span){ name, (size_t)(slash - name) } : SPAN(".");
	_cleanup_(freep) char *copy = strndup(folder.len ? folder.ptr : "/", folder.len ? folder.len : 1);
	_cleanup_(freep) char *full = NULL;

	errno = 0;
	full = copy ? realpath(copy, NULL) : NULL;
	if (!copy || (!full && errno == ENOMEM))
		return false;
	config->path = arena_dup(&config->arena, span_of(name));
	config->directory = arena_dup(&config->arena, full ? span_of(full) : SPAN("."));
	return config->path && config->directory;
}

static const struct config defaults = {
	.build = { .timeout_ms = 4 * 3600000, .output_bytes = 4ull << 30 },
	.run = { .timeout_ms = 30 * 60000, .output_bytes = 256 << 20 },
	.build_cost = -1,
	.slurm = { .builds = true, .interval_ms = 5000, .patience_ms = 30000 },
	.parallel = 1,
	.baseline_runs = 100,
	.infra_pause_ms = 10 * 60000,
	.infra_patience_ms = 12 * INT64_C(3600000),
	.after_crash_ms = 30000,
	.confidence = 0.99,
	.runs_per_commit = 10,
	.weigh_paths = true,
	.check_revert = true,
	.check_cherry_pick = true,
	.check_config = true,
};

static struct culprit_error *read_document(const struct yaml_doc *doc, const char *name, struct config **ret)
{
	_cleanup_(config_destroyp) struct config *config = malloc(sizeof(*config));
	struct reader r = { doc, config };
	struct culprit_error *err;

	if (!config)
		return &culprit_error_no_memory;
	*config = defaults;
	if (!set_directory(config, name))
		return &culprit_error_no_memory;
	if (!doc->root)
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s:1:1: the file is empty", name);
	err = read_mapping(&r, doc->root, "the configuration", top_keys, countof(top_keys), config);
	if (!err)
		err = check_whole(&r, doc->root);
	if (err)
		return err;
	if (!config->state)
		config->state = arena_printf(&config->arena, "%s/.culprit", config->directory);
	if (!config->state)
		return &culprit_error_no_memory;
	*ret = no_free_ptr(config);
	return NULL;
}

struct culprit_error *config_parse(struct span text, const char *name, struct config **ret)
{
	_cleanup_(yaml_destroyp) struct yaml_doc *doc = NULL;
	struct culprit_error *err = yaml_parse(text, name, &doc);

	return err ? err : read_document(doc, name, ret);
}

struct culprit_error *config_load(const char *path, struct config **ret)
{
	_cleanup_(yaml_destroyp) struct yaml_doc *doc = NULL;
	struct culprit_error *err;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "there is no %s here; 'culprit bisect init' writes one", path);
	err = yaml_load(path, &doc);
	return err ? err : read_document(doc, path, ret);
}

char *config_in_state(const struct config *config, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", config->state, name) < 0 ? NULL : path;
}

void config_destroy(struct config *config)
{
	struct arena arena;

	if (!config)
		return;
	arena = config->arena;
	free(config);
	arena_deinit(&arena);
}

void config_destroyp(struct config **config)
{
	config_destroy(*config);
}
