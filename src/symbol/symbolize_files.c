/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A symbolizer and its files: which vmlinux or module debug information is
 * read from, once for all reports.
 *
 *	obj/vmlinux				as given
 *	/usr/lib/debug/.build-id/ab/cdef.debug	by the build ID that the log prints
 *	/usr/lib/debug/boot/vmlinux-6.1.0	by the version
 *	/lib/modules/6.1.0/kernel/fs/f2fs.ko	by the module's name
 *
 * A file that cannot be read, or has no debug information, is a problem that
 * is remembered with the module, no error.
 */
#include <stdio.h>
#include <unistd.h>

#include "symbol/debuginfod.h"
#include "symbol/symbolize_parts.h"

static void forget_modules(struct symbolizer *symbolizer)
{
	for (size_t i = 0; i < symbolizer->n_modules; i++) {
		debuginfo_close(symbolizer->modules[i].info);
		free(symbolizer->modules[i].name);
		free(symbolizer->modules[i].problem);
	}
	symbolizer->n_modules = 0;
	for (size_t i = 0; i < symbolizer->n_trees; i++)
		debuginfo_modules_destroy(symbolizer->trees[i]);
	free(symbolizer->trees);
	symbolizer->trees = NULL;
	symbolizer->n_trees = 0;
	symbolizer->trees_made = false;
}

void symbolizer_destroy(struct symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	forget_modules(symbolizer);
	free(symbolizer->modules);
	free(symbolizer->version);
	free(symbolizer->source_dir);
	free(symbolizer);
}

static struct culprit_error *check_directory(const char *path)
{
	return access(path, R_OK | X_OK) ? culprit_error_errno("%s", path) : NULL;
}

struct culprit_error *symbolizer_create(const struct symbolizer_options *options, struct symbolizer **ret)
{
	struct symbolizer *symbolizer = calloc(1, sizeof(*symbolizer));
	struct culprit_error *err = NULL;

	if (!symbolizer)
		return no_memory();
	symbolizer->options = *options;
	symbolizer->debuginfo = (struct debuginfo_options){
		.cache_dir = options->cache_dir,
		.debug_dirs = options->debug_dirs,
		.n_debug_dirs = options->n_debug_dirs,
		.debuginfod = options->debuginfod,
	};
	if (options->debuginfod)
		err = debuginfod_check();
	if (!err && options->vmlinux && access(options->vmlinux, R_OK))
		err = culprit_error_errno("%s", options->vmlinux);
	for (size_t i = 0; i < options->n_module_dirs && !err; i++)
		err = check_directory(options->module_dirs[i]);
	for (size_t i = 0; i < options->n_debug_dirs && !err; i++)
		err = check_directory(options->debug_dirs[i]);
	if (!err && options->source_dir) {
		_cleanup_(freep) char *real = realpath(options->source_dir, NULL);

		if (!real)
			err = culprit_error_errno("%s", options->source_dir);
		else if (asprintf(&symbolizer->source_dir, "%s/", real) < 0)
			err = no_memory();
	}
	symbolizer->modules = calloc(MAX_MODULES, sizeof(*symbolizer->modules));
	if (!err && !symbolizer->modules)
		err = no_memory();
	if (err)
		symbolizer_destroy(symbolizer);
	else
		*ret = symbolizer;
	return err;
}

char *symbolizer_cache_dir(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path;

	if (cache && *cache == '/')
		return asprintf(&path, "%s/culprit", cache) < 0 ? NULL : path;
	if (home && *home == '/')
		return asprintf(&path, "%s/.cache/culprit", home) < 0 ? NULL : path;
	return NULL;
}

/* A version is part of paths: nothing that leads elsewhere. */
static bool is_plain_version(const char *version)
{
	return version && *version && *version != '.' && !strchr(version, '/') && strlen(version) < 128;
}

/* DIR/boot/vmlinux-VERSION and where else distributions put it; NULL: none. The caller frees. */
static char *find_vmlinux(const struct symbolizer *symbolizer, const char *version)
{
	static const char *const places[] = {
		"%s/boot/vmlinux-%s", "%s/lib/modules/%s/vmlinux", "%s/lib/modules/%s/vmlinux.debug", "%s/vmlinux-%s",
		"%s/usr/lib/debug/boot/vmlinux-%s",
	};

	for (size_t i = 0; i < symbolizer->options.n_debug_dirs && is_plain_version(version); i++) {
		for (size_t k = 0; k < countof(places); k++) {
			char path[4096];
			int n = snprintf(path, sizeof(path), places[k], symbolizer->options.debug_dirs[i], version);

			if (n > 0 && (size_t)n < sizeof(path) && !access(path, R_OK))
				return strdup(path);
		}
	}
	return NULL;
}

static struct culprit_error *make_trees(struct symbolizer *symbolizer)
{
	const struct symbolizer_options *options = &symbolizer->options;
	size_t max = options->n_module_dirs + options->n_debug_dirs;

	if (symbolizer->trees_made)
		return NULL;
	symbolizer->trees = calloc(max + 1, sizeof(*symbolizer->trees));
	if (!symbolizer->trees)
		return no_memory();
	for (size_t i = 0; i < max; i++) {
		bool own = i < options->n_module_dirs;
		_cleanup_(freep) char *path = NULL;
		struct culprit_error *err;

		if (!own && !is_plain_version(symbolizer->version))
			break;
		if ((own ? asprintf(&path, "%s", options->module_dirs[i]) :
			   asprintf(&path, "%s/lib/modules/%s", options->debug_dirs[i - options->n_module_dirs],
				    symbolizer->version)) < 0) {
			path = NULL;
			return no_memory();
		}
		if (!own && access(path, R_OK))
			continue;
		err = debuginfo_modules_create(path, &symbolizer->trees[symbolizer->n_trees]);
		if (err)
			return err;
		symbolizer->n_trees++;
	}
	symbolizer->trees_made = true;
	return NULL;
}

static struct culprit_error *find_in_trees(struct symbolizer *symbolizer, struct span name, char **ret)
{
	struct culprit_error *err = make_trees(symbolizer);

	for (size_t i = 0; i < symbolizer->n_trees && !err && !*ret; i++) {
		const char *path = debuginfo_modules_find(symbolizer->trees[i], name);

		if (path && !(*ret = strdup(path)))
			err = no_memory();
	}
	return err;
}

/* The file of a module, or of the kernel (name ""); NULL in *ret: none. The caller frees. */
static struct culprit_error *find_file(struct symbolizer *symbolizer, struct span name, struct span build_id,
				       const struct culprit_report *report, char **ret)
{
	const struct symbolizer_options *options = &symbolizer->options;
	struct culprit_error *err;
	char id[129];

	*ret = NULL;
	if (!name.len && options->vmlinux)
		return (*ret = strdup(options->vmlinux)) ? NULL : no_memory();
	snprintf(id, sizeof(id), "%.*s", build_id.len < sizeof(id) ? (int)build_id.len : 0,
		 build_id.len ? build_id.ptr : "");
	if (*id)
		*ret = debuginfo_find_by_build_id(options->debug_dirs, options->n_debug_dirs, id);
	if (!*ret && !name.len)
		*ret = find_vmlinux(symbolizer, report->kernel_version);
	err = !*ret && name.len ? find_in_trees(symbolizer, name, ret) : NULL;
	return !err && !*ret && *id && options->debuginfod ? debuginfod_fetch(id, ret) : err;
}

static struct culprit_error *open_module(struct symbolizer *symbolizer, struct module *module, struct span build_id,
					 const struct culprit_report *report)
{
	_cleanup_(freep) char *path = NULL;
	struct culprit_error *err = find_file(symbolizer, span_of(module->name), build_id, report, &path);
	const char *why;

	if (!err && path)
		err = debuginfo_open(path, &symbolizer->debuginfo, &module->info);
	if (!err && module->info && !debuginfo_has_lines(module->info)) {
		err = culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s has no debug information", path);
		debuginfo_close(module->info);
		module->info = NULL;
	}
	if (err && culprit_error_code(err) == CULPRIT_ERROR_NO_MEMORY)
		return err;
	if (module->info)
		return NULL;
	why = err ? culprit_error_message(err) : *module->name ? "no file found" :
	      !symbolizer->options.n_debug_dirs ? "no vmlinux was given, nor a debug directory to find it in" :
	      report->kernel_version ? "no vmlinux of this version found" :
				       "no vmlinux found: the log does not tell the version";
	module->problem = strdup(why);
	culprit_error_destroy(err);
	return module->problem ? NULL : no_memory();
}

/* Other versions have other modules of the same names. */
struct culprit_error *symbolizer_follow_version(struct symbolizer *symbolizer, const char *version)
{
	if (!symbolizer->version ? !version : version && !strcmp(symbolizer->version, version))
		return NULL;
	/* what was given by name stays, the rest depends on the version */
	if (symbolizer->n_modules && !(symbolizer->options.vmlinux && !symbolizer->options.n_debug_dirs))
		forget_modules(symbolizer);
	free(symbolizer->version);
	symbolizer->version = version ? strdup(version) : NULL;
	return version && !symbolizer->version ? no_memory() : NULL;
}

struct culprit_error *symbolizer_find_module(struct symbolizer *symbolizer, struct span name, struct span build_id,
					     const struct culprit_report *report, struct module **ret)
{
	struct module *module;

	*ret = NULL;
	for (size_t i = 0; i < symbolizer->n_modules; i++) {
		if (span_equal(span_of(symbolizer->modules[i].name), name)) {
			*ret = &symbolizer->modules[i];
			return NULL;
		}
	}
	if (symbolizer->n_modules == MAX_MODULES)
		return NULL;
	module = &symbolizer->modules[symbolizer->n_modules];
	*module = (struct module){ .name = strndup(name.len ? name.ptr : "", name.len) };
	if (!module->name)
		return no_memory();
	symbolizer->n_modules++;
	*ret = module;
	return open_module(symbolizer, module, build_id, report);
}
