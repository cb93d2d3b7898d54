/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How likely a commit is the culprit before anything was tested: by the paths
 * it touches.
 *
 * Most regressions touch a file of the target's stacks, or one beside it, and
 * few commits do.  So each of these two kinds has a share of the prior, however
 * many commits are of it: a file that one commit in a thousand touches says
 * more than one that every tenth does.
 *
 * It fails where the bug is in a file that is on no stack.  Then the others have
 * less than their due, about one bit, which costs a build or so; nobody is
 * accused for it, since both sides of a culprit must be shown by runs of their
 * own.  The weight of a single commit is bounded for the same reason.
 */
#include "session/session_internal.h"

#include <math.h>

/* Chance that the culprit touches a file of the target's stacks; that it only touches one in the directory of those. */
static const double class_chance[2] = { 0.4, 0.15 };
/* Of one commit against one that touches neither. */
static const double class_limit[2] = { 30, 10 };

#define MAX_PATHS 200

struct paths {
	const char *items[MAX_PATHS];
	size_t n;
};

static void add_path(struct paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (!strcmp(paths->items[i], path))
			return;
	if (paths->n < MAX_PATHS)
		paths->items[paths->n++] = path;
}

/* What the user names counts like a file of the stacks, be it a directory. */
static struct culprit_error *collect(const struct session *s, struct arena *arena, struct paths *files,
				     struct paths *directories)
{
	const char *const *own = NULL;
	size_t n = s->config->weigh_paths ? profile_paths(s->profile, &own) : 0;

	for (size_t i = 0; i < s->config->paths.n; i++)
		add_path(files, s->config->paths.items[i]);
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(own[i], '/'), *directory;

		add_path(files, own[i]);
		/* every change of an interface touches a header, and says nothing of what is beside it */
		if (!slash || slash == own[i] || !strncmp(own[i], "include/", 8))
			continue;
		directory = arena_dup(arena, (struct span){ own[i], (size_t)(slash - own[i]) });
		if (!directory)
			return &culprit_error_no_memory;
		add_path(directories, directory);
	}
	return NULL;
}

void session_path_weights(const double share[2], double ret[2])
{
	double rest = fmax(1e-9, 1 - share[0] - share[1]), rest_chance = 1;

	for (int i = 0; i < 2; i++)
		rest_chance -= share[i] > 0 ? class_chance[i] : 0;
	for (int i = 0; i < 2; i++) {
		double weight = share[i] > 0 ? class_chance[i] / share[i] / (rest_chance / rest) : 1;

		ret[i] = fmin(class_limit[i], fmax(1, weight));
	}
}

struct culprit_error *session_weigh(const struct session *s, double *weight)
{
	const struct git_history *history = &s->history;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(freep) uint8_t *file = calloc(history->n + 1, 1);
	_cleanup_(freep) uint8_t *beside = calloc(history->n + 1, 1);
	struct paths files = { .n = 0 }, directories = { .n = 0 };
	double share[2] = { 0 }, class_weight[2];
	struct culprit_error *err;

	if (!file || !beside)
		return &culprit_error_no_memory;
	err = collect(s, &arena, &files, &directories);
	if (!err)
		err = git_history_touching(s->git, history, files.items, files.n, file);
	if (!err)
		err = git_history_touching(s->git, history, directories.items, directories.n, beside);
	if (err)
		return err;
	for (uint32_t i = history->n_boundary; i < history->n; i++) {
		share[0] += (double)file[i] / (history->n - history->n_boundary);
		share[1] += (double)(beside[i] && !file[i]) / (history->n - history->n_boundary);
	}
	session_path_weights(share, class_weight);
	for (uint32_t i = 0; i < history->n; i++)
		weight[i] = file[i] ? class_weight[0] : beside[i] ? class_weight[1] : 1;
	return NULL;
}
