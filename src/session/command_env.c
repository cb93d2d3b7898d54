/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What builds and runs share: the subject, the clock, and what a command finds
 * in its environment (runner.h lists it).
 */
#include "session/runner_internal.h"

#include <time.h>

int64_t runner_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

bool subject_equal(const struct subject *a, const struct subject *b)
{
	return !strcmp(a->commit.hex, b->commit.hex) && !strcmp(a->changed.hex, b->changed.hex) &&
	       (!a->changed.hex[0] || a->change == b->change);
}

const char *subject_change_name(const struct subject *subject)
{
	return subject->change == GIT_REVERT ? "revert" : subject->change == GIT_CHERRY_PICK ? "cherry-pick" : "config";
}

char *runner_artefacts_path(const struct runner *runner, const struct subject *subject, struct arena *arena)
{
	const char *state = runner->o.config->state;

	if (!subject->changed.hex[0])
		return arena_printf(arena, "%s/artefacts/%s", state, subject->commit.hex);
	return arena_printf(arena, "%s/artefacts/%s-%s-%s", state, subject->commit.hex, subject_change_name(subject),
			    subject->changed.hex);
}

struct culprit_error *runner_name_job(const struct runner *runner, bool build, uint32_t number, struct arena *arena,
				      struct job_spec *spec)
{
	const char *what = build ? "build" : "run";

	spec->name = arena_printf(arena, "culprit-%s-%s-%06u", runner->o.id ? runner->o.id : "", what, number);
	spec->folder = arena_printf(arena, "%s/jobs/%s-%06u", runner->o.config->state, what, number);
	return spec->name && spec->folder ? NULL : &culprit_error_no_memory;
}

void command_env_deinit(struct command_env *env)
{
	arena_deinit(&env->arena);
}

struct culprit_error *command_env_fill(struct command_env *env, const struct runner *runner,
				       const struct subject *subject, const struct config_command *command,
				       uint32_t number)
{
	const struct config_strings *own = &command->environment;
	const struct config *config = runner->o.config;
	char *artefacts = runner_artefacts_path(runner, subject, &env->arena);
	bool changed = subject->changed.hex[0];
	size_t n = 0;

	env->items = arena_array(&env->arena, own->n + 10, sizeof(*env->items));
	if (!env->items || !artefacts)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < own->n; i++)
		env->items[n++] = own->items[i];
	env->items[n++] = arena_printf(&env->arena, "CULPRIT_COMMIT=%s", subject->commit.hex);
	env->items[n++] = arena_printf(&env->arena, "CULPRIT_SOURCE=%s", runner->source);
	env->items[n++] = arena_printf(&env->arena, "CULPRIT_BUILD=%s/build", config->state);
	env->items[n++] = arena_printf(&env->arena, "CULPRIT_ARTEFACTS=%s", artefacts);
	env->items[n++] = arena_printf(&env->arena, "CULPRIT_SIGNATURE=%s/signature", config->state);
	env->items[n++] = arena_printf(&env->arena, "CULPRIT_CHANGE=%s%s%s", changed ? subject_change_name(subject) : "",
				       changed ? " " : "", changed ? subject->changed.hex : "");
	if (changed && subject->change == GIT_UNCHANGED)
		env->items[n++] = arena_printf(&env->arena, "CULPRIT_CONFIG=%s/configs/%s", config->state, subject->changed.hex);
	else
		env->items[n++] = runner->config ? arena_printf(&env->arena, "CULPRIT_CONFIG=%s", runner->config) : "CULPRIT_CONFIG";
	env->items[n++] = number ? arena_printf(&env->arena, "CULPRIT_RUN=%u", number) : "CULPRIT_RUN";
	for (size_t i = own->n; i < n; i++) {
		if (!env->items[i])
			return &culprit_error_no_memory;
	}
	return NULL;
}
