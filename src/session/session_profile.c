/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The target's profile: what the configuration says of it, or, once it was
 * learned (drive_learn.c), the file beside the journal.
 */
#include "session/session_internal.h"

/*
 * A log given as one of the target's: the report with the target's title, else
 * the first crash in it.
 */
static struct culprit_error *add_log(struct session *s, const char *path)
{
	const struct culprit_report *found = NULL;
	struct run_console console;
	struct culprit_error *err = run_console_load(&console, s->patterns, NULL, path);

	if (err)
		return err;
	for (size_t i = 0; i < console.n_reports; i++) {
		const struct culprit_report *report = console.reports[i];

		if (report->suppressed || report->kind == CULPRIT_KIND_INFRASTRUCTURE)
			continue;
		if (!found || (s->config->title && !strcmp(report->title, s->config->title) &&
			       strcmp(found->title, s->config->title) != 0))
			found = report;
	}
	if (found)
		err = profile_add_report(s->profile, found);
	else
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: no crash report in this log", path);
	run_console_deinit(&console);
	return err;
}

static struct culprit_error *load_profile(struct session *s)
{
	const struct config *config = s->config;
	_cleanup_(freep) char *path = config_in_state(s->config, "profile.yaml");
	struct culprit_error *err = match_rules_load(NULL, s->patterns, &s->rules);

	if (!path)
		return &culprit_error_no_memory;
	if (err)
		return err;
	if (s->learned)
		return profile_load(s->rules, path, &s->profile);
	if (config->profile)
		err = profile_load(s->rules, config->profile, &s->profile);
	else
		err = profile_create(s->rules, &s->profile);
	if (!err && config->title)
		err = profile_add_title(s->profile, config->title);
	for (size_t i = 0; i < config->titles.n && !err; i++)
		err = profile_add_title(s->profile, config->titles.items[i]);
	for (size_t i = 0; i < config->logs.n && !err; i++)
		err = add_log(s, config->logs.items[i]);
	return err;
}

struct culprit_error *session_load_profile(struct session *s)
{
	struct culprit_error *err = load_profile(s);

	for (uint32_t i = 0; i < s->n_titles && !err; i++)
		err = s->titles[i].same ? profile_add_title(s->profile, s->titles[i].text) : NULL;
	return err;
}
