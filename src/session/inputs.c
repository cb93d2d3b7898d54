/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inputs of builds and runs, as lines.  One of a run:
 *
 *	6f2c9d01b7a34e58 run.command
 *	81aa0c3345de9f02 /home/me/hunt/run.sh
 *
 * It fails where a command names its files through variables of its own or
 * through other scripts: such a change goes unnoticed, as it always did.
 */
#include "session/inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* Larger files are images of disks, which runs write to. */
#define MAX_FILE_BYTES (4 << 20)

static const char *const group_names[] = { "build", "run", "target" };

const char *input_group_name(enum input_group group)
{
	return group_names[group];
}

bool input_group_parse(const char *name, enum input_group *ret)
{
	for (int i = 0; name && i < INPUT_GROUPS; i++) {
		if (!strcmp(group_names[i], name)) {
			*ret = (enum input_group)i;
			return true;
		}
	}
	return false;
}

static bool add_line(struct buf *ret, uint64_t hash, const char *name)
{
	return buf_printf(ret, "%016" PRIx64 " %s\n", hash, name);
}

static bool add_text(struct buf *ret, const char *name, const char *text)
{
	return !text || add_line(ret, hash_bytes(text, strlen(text)), name);
}

static bool add_texts(struct buf *ret, const char *name, const char *const *items, size_t n)
{
	_cleanup_(buf_deinit) struct buf all = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!buf_printf(&all, "%zu:%s", strlen(items[i]), items[i]))
			return false;
	}
	return !n || add_line(ret, hash_bytes(all.data, all.len), name);
}

/* ---------------------------------------------------------------- files */

static bool hash_file(const char *path, size_t size, uint64_t *ret)
{
	_cleanup_(freep) char *data = malloc(size + 1);
	FILE *f = data ? fopen(path, "re") : NULL;

	if (!data)
		return false;
	*ret = hash_bytes(data, f ? fread(data, 1, size, f) : 0);
	if (f)
		fclose(f);
	return true;
}

static bool is_known(const struct buf *ret, const char *path)
{
	_cleanup_(freep) char *line = NULL;

	if (asprintf(&line, " %s\n", path) < 0) {
		line = NULL;
		return false;
	}
	return ret->data && strstr(ret->data, line);
}

/* True also where there is no such file. */
static bool add_file(struct buf *ret, const char *path)
{
	struct stat st;
	uint64_t hash;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE_BYTES || is_known(ret, path))
		return true;
	return hash_file(path, (size_t)st.st_size, &hash) && add_line(ret, hash, path);
}

static bool is_of_the_system(const char *path)
{
	/* Not /dev: devices are no regular files, and what is in /dev/shm is the user's. */
	static const char *const places[] = { "/bin/", "/sbin/", "/usr/", "/lib", "/proc/", "/sys/" };

	for (size_t i = 0; i < countof(places); i++) {
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	}
	return false;
}

/* directory: of relative words; NULL: those are the commit's files. */
static bool add_word(struct buf *ret, const char *word, const char *directory)
{
	const char *home = getenv("HOME");
	_cleanup_(freep) char *path = NULL;
	int n;

	if (!strncmp(word, "~/", 2))
		n = asprintf(&path, "%s/%s", home ? home : "", word + 2);
	else if (*word == '/')
		n = asprintf(&path, "%s", word);
	else if (directory)
		n = asprintf(&path, "%s/%s", directory, word);
	else
		return true;
	if (n < 0) {
		path = NULL;
		return false;
	}
	return is_of_the_system(path) || add_file(ret, path);
}

/* The words of a shell's text, as far as they can be files. */
static bool add_words(struct buf *ret, const char *text, const char *directory)
{
	static const char breaks[] = " \t\n\"'`;|&<>()=,:";
	bool written = false;

	while (*text) {
		size_t len = strcspn(text, breaks);
		_cleanup_(freep) char *word = strndup(text, len);

		if (!word)
			return false;
		if (len && !written && !add_word(ret, word, directory))
			return false;
		if (len)
			written = false;
		text += len;
		if (*text == '>')
			written = true;
		text += *text != '\0';
	}
	return true;
}

/* Variables, less what looks like a path: that may be where something is written to. */
static bool add_environment(struct buf *ret, const char *name, const struct config_strings *environment)
{
	_cleanup_(buf_deinit) struct buf all = { 0 };

	for (size_t i = 0; i < environment->n; i++) {
		const char *slash = strchr(environment->items[i], '/');
		size_t len = slash ? (size_t)(slash - environment->items[i]) : strlen(environment->items[i]);

		if (!buf_printf(&all, "%zu:%.*s", len, (int)len, environment->items[i]))
			return false;
	}
	return !all.len || add_line(ret, hash_bytes(all.data, all.len), name);
}

static bool add_command(struct buf *ret, const char *name, const struct config_command *command, const char *directory)
{
	size_t n = 0;

	while (command->argv && command->argv[n])
		n++;
	if (!add_texts(ret, name, command->argv, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!add_words(ret, command->argv[i], directory))
			return false;
	}
	return true;
}

/* --------------------------------------------------------------- groups */

static bool add_patches(const struct config *config, struct buf *ret)
{
	for (size_t i = 0; i < config->n_patches; i++) {
		const struct config_patch *p = &config->patches[i];
		const char *parts[] = { p->what, p->from ? p->from : "", p->until ? p->until : "" };

		if (!add_texts(ret, "patches", parts, countof(parts)) ||
		    (p->change == CONFIG_PATCH && !add_file(ret, p->what)))
			return false;
	}
	return true;
}

static bool take_build(const struct config *config, struct buf *ret)
{
	/* A build reads the files that its variables name: the kernel's configuration, say. */
	for (size_t i = 0; i < config->build.environment.n; i++) {
		const char *value = strchr(config->build.environment.items[i], '=');

		if (value && !add_words(ret, value + 1, NULL))
			return false;
	}
	if ((config->kconfig_failing && !add_file(ret, config->kconfig_failing)) ||
	    (config->kconfig_working && !add_file(ret, config->kconfig_working)) ||
	    !add_text(ret, "config.minimise", config->minimise ? "yes" : NULL))
		return false;
	return add_command(ret, "build.command", &config->build, NULL) &&
	       add_environment(ret, "build.environment", &config->build.environment) &&
	       add_text(ret, "build.image", config->image) && add_text(ret, "build.clean", config->clean ? "yes" : NULL) &&
	       add_patches(config, ret);
}

static bool take_run(const struct config *config, struct buf *ret)
{
	return add_command(ret, "run.command", &config->run, config->directory) &&
	       add_environment(ret, "run.environment", &config->run.environment) &&
	       add_text(ret, "run.exit-code", config->exit_judges ? "judge" : NULL);
}

static bool take_target(const struct config *config, struct buf *ret)
{
	if (!add_text(ret, "target.title", config->title) || !add_text(ret, "run.finished", config->finished) ||
	    !add_texts(ret, "target.titles", config->titles.items, config->titles.n) ||
	    (config->profile && !add_file(ret, config->profile)))
		return false;
	for (size_t i = 0; i < config->logs.n; i++) {
		if (!add_file(ret, config->logs.items[i]))
			return false;
	}
	return true;
}

struct culprit_error *inputs_take(const struct config *config, enum input_group group, struct buf *ret)
{
	static bool (*const takers[])(const struct config *config, struct buf *ret) = { take_build, take_run, take_target };

	return buf_add_str(ret, "") && takers[group](config, ret) ? NULL : &culprit_error_no_memory;
}

/* ------------------------------------------------------------ comparing */

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return at + (*at == '\n');
}

static bool holds_line(const char *text, const char *line, size_t len)
{
	for (const char *at = text; *at; at = next_line(at)) {
		if (strcspn(at, "\n") == len && !memcmp(at, line, len))
			return true;
	}
	return false;
}

/* The names of a's lines that b does not hold; skip: those that are in *ret already. */
static bool add_missing(const char *a, const char *b, struct buf *ret)
{
	for (const char *at = a; *at; at = next_line(at)) {
		size_t len = strcspn(at, "\n");
		_cleanup_(freep) char *name = NULL;

		if (len < 18 || holds_line(b, at, len))
			continue;
		name = strndup(at + 17, len - 17);
		if (!name || (!(ret->data && strstr(ret->data, name)) && !buf_printf(ret, "%s%s", ret->len ? ", " : "", name)))
			return false;
	}
	return true;
}

bool inputs_compare(const char *before, const char *now, struct buf *ret)
{
	return add_missing(now, before, ret) && add_missing(before, now, ret);
}
