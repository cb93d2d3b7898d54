/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fills in a template; bisect_template.h has its words.
 */
#include "cli/bisect/bisect_template.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "pattern/yaml.h"

const char *const bisect_template_words[5] = { "qemu", "uml", "virtme", "ssh", "syzkaller" };

/* Processors that a run keeps busy; 0: there is one machine, whatever this one has. */
static const unsigned int processors[] = { 2, 1, 2, 0, 2 };

#define CONFIG_LINE "#@CONFIG@ "

/* ------------------------------------------------------------ the runners */

static bool holds_templates(const char *directory)
{
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/templates/uml.yaml", directory) < 0) {
		path = NULL;
		return false;
	}
	return access(path, R_OK) == 0;
}

/* The path without links where it holds templates; NULL: it does not. */
static char *look_at(const char *directory)
{
	char *whole = realpath(directory, NULL);

	if (whole && holds_templates(whole))
		return whole;
	free(whole);
	return NULL;
}

/* $CULPRIT_RUNNERS; or where they are seen from the program, installed or in a checkout. */
static struct culprit_error *find_runners(char **ret)
{
	static const char *const places[] = { "../share/culprit/runners", "../src/runners" };
	const char *given = getenv("CULPRIT_RUNNERS");
	char program[PATH_MAX];
	ssize_t n;

	if (given) {
		*ret = look_at(given);
		return *ret ? NULL : culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "CULPRIT_RUNNERS=%s holds no templates", given);
	}
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (n < 0)
		return culprit_error_errno("/proc/self/exe");
	program[n] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < countof(places); i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", program, places[i]) < 0) {
			path = NULL;
			return &culprit_error_no_memory;
		}
		*ret = look_at(path);
		if (*ret)
			return NULL;
	}
	return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "there are no runners beside %s: 'make install' puts them there, "
				    "or CULPRIT_RUNNERS says where they are", program);
}

/* ---------------------------------------------------------------- filling */

struct filling {
	const struct bisect_template *template;
	const char *runners;
	struct span config;	/* what @CONFIG@ is by default; words of it are replaced, too */
};

typedef bool add_fn(const struct filling *f, struct buf *buf);

static bool add_text(const struct filling *f, struct span text, struct buf *buf);

static bool add_scalar(struct buf *buf, const char *text)
{
	return text ? yaml_write_scalar(buf, span_of(text)) : buf_add_str(buf, "\"\"");
}

bool bisect_template_add_file(struct buf *buf, const char *before, const char *path)
{
	_cleanup_(freep) char *whole = realpath(path, NULL);

	return buf_add_str(buf, before) && add_scalar(buf, whole ? whole : path);
}

/* The word stands between quotes in the template. */
static bool add_runners(const struct filling *f, struct buf *buf)
{
	for (const char *at = f->runners; *at; at++) {
		if ((*at == '"' || *at == '\\') && !buf_add_char(buf, '\\'))
			return false;
		if (!buf_add_char(buf, *at))
			return false;
	}
	return true;
}

static bool add_config(const struct filling *f, struct buf *buf)
{
	struct filling inner = *f;

	if (f->template->kernel_config)
		return bisect_template_add_file(buf, "--config, ", f->template->kernel_config);
	inner.config = (struct span){ "", 0 };
	return add_text(&inner, f->config, buf);
}

static bool add_fragment(const struct filling *f, struct buf *buf)
{
	return !f->template->fragment || bisect_template_add_file(buf, ", --fragment, ", f->template->fragment);
}

static bool add_workload(const struct filling *f, struct buf *buf)
{
	return add_scalar(buf, f->template->workload);
}

static bool add_host(const struct filling *f, struct buf *buf)
{
	return add_scalar(buf, f->template->host);
}

static bool add_console(const struct filling *f, struct buf *buf)
{
	return add_scalar(buf, f->template->console);
}

static bool add_parallel(const struct filling *f, struct buf *buf)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (f->template->parallel)
		return buf_add_str(buf, f->template->parallel);
	n = processors[f->template->kind] ? n / processors[f->template->kind] : 1;
	return buf_printf(buf, "%ld", n < 1 ? 1 : n > 64 ? 64 : n);
}

static const struct {
	const char *word;
	add_fn *add;
} words[] = {
	{ "@RUNNERS@", add_runners }, { "@CONFIG@", add_config }, { "@FRAGMENT@", add_fragment },
	{ "@WORKLOAD@", add_workload }, { "@HOST@", add_host }, { "@CONSOLE@", add_console },
	{ "@PARALLEL@", add_parallel },
};

/* The word that text begins with; NULL: none. */
static add_fn *find_word(struct span text, size_t *ret_len)
{
	for (size_t i = 0; i < countof(words); i++) {
		*ret_len = strlen(words[i].word);
		if (text.len >= *ret_len && !memcmp(text.ptr, words[i].word, *ret_len))
			return words[i].add;
	}
	return NULL;
}

static bool add_text(const struct filling *f, struct span text, struct buf *buf)
{
	while (text.len) {
		size_t len;
		add_fn *add = find_word(text, &len);

		if (!add)
			len = 1;
		if (!(add ? add(f, buf) : buf_add_char(buf, *text.ptr)))
			return false;
		text.ptr += len;
		text.len -= len;
	}
	return true;
}

static struct culprit_error *read_template(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "re");
	char bytes[4096];
	bool ok = true;
	size_t n;

	if (!f)
		return culprit_error_errno("%s", path);
	while (ok && (n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		ok = buf_add(ret, bytes, n);
	fclose(f);
	return ok ? NULL : &culprit_error_no_memory;
}

struct culprit_error *bisect_template_add(const struct bisect_template *template, struct buf *ret)
{
	_cleanup_(freep) char *runners = NULL, *path = NULL;
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct filling f = { .template = template };
	struct culprit_error *err = find_runners(&runners);
	struct span rest;

	if (err)
		return err;
	if (asprintf(&path, "%s/templates/%s.yaml", runners, bisect_template_words[template->kind]) < 0) {
		path = NULL;
		return &culprit_error_no_memory;
	}
	err = read_template(path, &text);
	if (err)
		return err;
	f.runners = runners;
	rest = buf_span(&text);
	if (rest.len > strlen(CONFIG_LINE) && !memcmp(rest.ptr, CONFIG_LINE, strlen(CONFIG_LINE))) {
		const char *end = memchr(rest.ptr, '\n', rest.len);

		if (end) {
			f.config = (struct span){ rest.ptr + strlen(CONFIG_LINE), (size_t)(end - rest.ptr) - strlen(CONFIG_LINE) };
			rest.len -= (size_t)(end + 1 - rest.ptr);
			rest.ptr = end + 1;
		}
	}
	return add_text(&f, rest, ret) ? NULL : &culprit_error_no_memory;
}
