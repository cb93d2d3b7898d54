/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/confine.h"

#include <stdio.h>
#include <unistd.h>

#include "base/files.h"

const char *const confine_words[3] = { "auto", "require", "off" };

/* Directories of needs, as they are made. */
struct places {
	struct sandbox_needs needs;
	size_t n;
	struct arena arena;
};

static void places_deinit(struct places *places)
{
	arena_deinit(&places->arena);
}

static void add(struct places *places, const char *path)
{
	if (path && places->n < countof(places->needs.directories))
		places->needs.directories[places->n++] = path;
}

/* One that can only be allowed when it is there. */
static void add_made(struct places *places, const char *path)
{
	if (path && file_make_directories(path, 0700))
		add(places, path);
}

/* Where libdebuginfod keeps what it fetched: debuginfod_find_debuginfo(3), "CACHE". */
static void add_debuginfod(struct places *places)
{
	const char *own = getenv("DEBUGINFOD_CACHE_PATH"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *old = home ? arena_printf(&places->arena, "%s/.debuginfod_client_cache", home) : NULL;

	places->needs.network = true;
	if (own && *own)
		add_made(places, own);
	else if (old && !access(old, F_OK))
		add(places, old);
	else if (cache && *cache)
		add_made(places, arena_printf(&places->arena, "%s/debuginfod_client", cache));
	else if (home)
		add_made(places, arena_printf(&places->arena, "%s/.cache/debuginfod_client", home));
}

static void add_sources(struct places *places, const struct sources_settings *sources)
{
	char *script;

	if (!sources || !sources_wanted(sources))
		return;
	if (!sources->no_cache) {
		_cleanup_(freep) char *cache = symbolizer_cache_dir();

		add_made(places, cache ? arena_dup(&places->arena, span_of(cache)) : NULL);
	}
	if (sources->debuginfod)
		add_debuginfod(places);
	script = sources->source ? arena_printf(&places->arena, "%s/scripts/get_maintainer.pl", sources->source) : NULL;
	if (script && !access(script, R_OK))
		places->needs.programs = true;
}

static void add_parent(struct places *places, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		add(places, slash == path ? "/" : arena_dup(&places->arena, (struct span){ path, (size_t)(slash - path) }));
	else if (path)
		add(places, ".");
}

struct culprit_error *confine(const struct confine *confine)
{
	_cleanup_(places_deinit) struct places places = { .needs = { .programs = confine->programs } };

	if (confine->mode == SANDBOX_OFF)
		return NULL;
	add_sources(&places, confine->sources);
	add_parent(&places, confine->replaced);
	/* a place that is missing would be missed later, where nobody knows why */
	return places.arena.failed ? &culprit_error_no_memory : sandbox_enter(confine->mode, &places.needs);
}
