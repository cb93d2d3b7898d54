/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options that the target needs, for people and for programs; the report of
 * `find: config`, which names no commit.
 */
#include "cli/bisect/bisect.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "session/kconfig.h"

static struct culprit_error *load(const struct session *s, char **ret_path, struct kconfig *ret)
{
	_cleanup_(freep) char *name = NULL;
	struct culprit_error *err;

	if (asprintf(&name, "configs/%s", s->minimal.config.hex) < 0) {
		name = NULL;
		return &culprit_error_no_memory;
	}
	*ret_path = config_in_state(s->config, name);
	if (!*ret_path)
		return &culprit_error_no_memory;
	/* What the smallest one has beyond the one that works is what is needed. */
	err = kconfig_load(*ret_path, s->config->kconfig_working, ret);
	if (err) {
		free(*ret_path);
		*ret_path = NULL;
	}
	return err;
}

static bool add_list(struct buf *buf, const struct kconfig *kconfig)
{
	for (uint32_t i = 0; i < kconfig->n_options; i++) {
		_cleanup_(buf_deinit) struct buf line = { 0 };

		if (!kconfig_format_option(kconfig, i, &line) || !buf_add_str(buf, "  ") ||
		    !text_add(buf, (struct span){ line.data, line.len }, TEXT_FIELD) || !buf_add_char(buf, '\n'))
			return false;
	}
	return true;
}

struct culprit_error *bisect_add_options(const struct session *s, bool for_programs, struct buf *ret)
{
	struct kconfig kconfig;
	_cleanup_(freep) char *path = NULL;
	struct culprit_error *err = load(s, &path, &kconfig);
	bool ok;

	if (err)
		return err;
	if (kconfig.n_options)
		ok = buf_printf(ret, "The target needs %u of the %u options that differ%s:\n", kconfig.n_options, s->minimal.n_of,
				kconfig.n_options == 1 ? "" : "; without any one of them it does not show") && add_list(ret, &kconfig);
	else
		ok = buf_printf(ret, "The target needs none of the %u options that differ: it shows with the other configuration, too.\n",
				s->minimal.n_of);
	ok = ok && buf_printf(ret, for_programs ? "config %s\n" : "\nAll of it is in %s\n", path);
	kconfig_deinit(&kconfig);
	return ok ? NULL : &culprit_error_no_memory;
}

struct culprit_error *bisect_options_json(const struct session *s, struct buf *ret)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *list;
	struct kconfig kconfig = { 0 };
	_cleanup_(freep) char *path = NULL;
	struct culprit_error *err = s->minimal.config.hex[0] ? load(s, &path, &kconfig) : NULL;

	json_put_envelope(&json, root, "bisect-options");
	json_put_int(&json, root, "version", 1);
	json_put_str(&json, root, "commit", s->newer.hex);
	json_put_str(&json, root, "answer", s->minimal.config.hex[0] ? "options" : "none");
	json_put_str(&json, root, "config", path);
	json_put_int(&json, root, "of", s->minimal.n_of);
	list = json_put_array(&json, root, "options");
	for (uint32_t i = 0; i < kconfig.n_options && !err; i++) {
		_cleanup_(buf_deinit) struct buf line = { 0 };

		if (!kconfig_format_option(&kconfig, i, &line))
			err = &culprit_error_no_memory;
		else
			json_add_str(&json, list, line.data);
	}
	json_put_int(&json, root, "builds", s->n_builds);
	json_put_int(&json, root, "runs", s->n_runs);
	kconfig_deinit(&kconfig);
	if (!json_end(&json, root, ret) && !err)
		err = &culprit_error_no_memory;
	return err;
}
