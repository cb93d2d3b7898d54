/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report's symbols to source lines, in the community's notation:
 *
 *	 kfree+0xb2/0x250
 *
 * becomes
 *
 *	 virt_to_cache mm/slab.c:400 [inline]
 *	 kfree+0xb2/0x250 mm/slab.c:3802
 *
 * A log names function, offset and size, so it does not matter where KASLR put
 * the kernel.  Static functions of one name are told apart by size; where more
 * than one is left nothing is claimed.  Return addresses are looked up one byte
 * before, so that they fall into the call.
 *
 * Not used, unless forced: a vmlinux of another build ID or version, and files
 * in which functions have other sizes than in the log.  Leftovers on the stack
 * get a line, but no inlined functions above.
 */
#include "symbol/symbolize.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#include "base/demangle.h"
#include "report/guilty.h"
#include "report/symbol_scan.h"
#include "symbol/debuginfo.h"
#include "symbol/debuginfod.h"

#define MAX_MODULES	256u
#define MAX_CANDIDATES	32u
#define MAX_NOTES	64u
#define MAX_CODES	64u

/* The kernel itself has name "". */
struct module {
	char *name;
	struct debuginfo *info;		/* NULL: none was found, or it cannot be read */
	char *problem;			/* why info is NULL */
};

struct symbolizer {
	struct symbolizer_options options;
	struct debuginfo_options debuginfo;
	char *source_dir;		/* absolute, with a slash; NULL */
	struct module *modules;
	size_t n_modules;
	char *version;			/* the log's, that modules and trees below are of; NULL: not known */
	struct debuginfo_modules **trees;	/* of module_dirs, then of debug_dirs; made when first needed */
	size_t n_trees;
	bool trees_made;
};

/* A module as this report sees it. */
struct use {
	struct module *module;
	const char *refused;		/* why it is not used; NULL */
	size_t fits, misfits;		/* functions whose size in the log is that in the file */
	const char *misfit;		/* the first of those that don't */
};

struct job {
	struct symbolizer *symbolizer;
	const struct culprit_report *report;
	struct symbolized *out;
	struct use uses[MAX_MODULES];
	size_t n_uses;
	const char **notes;
	uint64_t kernel_offset;
	bool has_kernel_offset;
	uint32_t *line_map;		/* old line of text to new */
	struct buf text;
	uint32_t n_lines;		/* of the new text */
};

static struct culprit_error *no_memory(void)
{
	return &culprit_error_no_memory;
}

/* -------------------------------------------------------------- notes */

static struct culprit_error *note(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

static struct culprit_error *note(struct job *job, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(&job->out->arena, format, args);
	va_end(args);
	if (!text)
		return no_memory();
	for (size_t i = 0; i < job->out->n_notes; i++) {
		if (!strcmp(job->notes[i], text))
			return NULL;
	}
	if (job->out->n_notes == MAX_NOTES)
		return NULL;
	if (!job->notes)
		job->notes = arena_array(&job->out->arena, MAX_NOTES, sizeof(*job->notes));
	if (!job->notes)
		return no_memory();
	job->notes[job->out->n_notes++] = text;
	job->out->notes = job->notes;
	return NULL;
}

/* ------------------------------------------------------ files of modules */

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
static struct culprit_error *follow_version(struct symbolizer *symbolizer, const char *version)
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

/* ------------------------------------------- does it belong to the log? */

/* The release in "Linux version 6.1.0-56-amd64 (...)". */
static struct span banner_release(const char *banner)
{
	struct span s = span_of(banner);
	size_t n = 0;

	if (!span_starts(s, SPAN("Linux version ")))
		return (struct span){ banner, 0 };
	s = span_skip(s, strlen("Linux version "));
	while (n < s.len && s.ptr[n] != ' ')
		n++;
	return (struct span){ s.ptr, n };
}

/* "#1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 2026" in a banner; empty: none. */
static struct span banner_build(const char *banner)
{
	const char *at = strrchr(banner, '#');

	return at && at > banner && at[-1] == ' ' && at[1] >= '0' && at[1] <= '9' ? span_of(at) :
										 (struct span){ banner, 0 };
}

/* One says what the other says, or its beginning: a report's own lines have "#1" alone. */
static bool same_build(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	return !memcmp(a.ptr, b.ptr, n) && (a.len == b.len || (a.len > n ? a.ptr[n] : b.ptr[n]) == ' ');
}

/* Why info is not what the log was made with; NULL where nothing speaks against it. */
static const char *find_mismatch(struct job *job, const struct debuginfo *info, bool kernel, struct span build_id)
{
	const char *have = debuginfo_build_id(info), *banner = debuginfo_banner(info);
	const char *version = job->report->kernel_version;
	struct span release, build;

	if (build_id.len >= 16 && have) {
		/* the log may have cut it */
		if (strncmp(have, build_id.ptr, build_id.len < strlen(have) ? build_id.len : strlen(have)) != 0)
			return arena_printf(&job->out->arena, "%s has build ID %s, the log %.*s", debuginfo_path(info), have,
					     (int)build_id.len, build_id.ptr);
		return NULL;
	}
	if (!kernel || !banner || !version)
		return NULL;
	release = banner_release(banner);
	if (release.len && !span_equal(release, span_of(version)))
		return arena_printf(&job->out->arena, "%s is version %.*s, the log is of %s", debuginfo_path(info),
				     (int)release.len, release.ptr, version);
	build = banner_build(banner);
	if (build.len && job->report->kernel_build && !same_build(build, span_of(job->report->kernel_build)))
		return arena_printf(&job->out->arena, "%s is build %.*s, the log is of %s", debuginfo_path(info), (int)build.len,
				     build.ptr, job->report->kernel_build);
	return NULL;
}

static struct culprit_error *refuse(struct job *job, struct use *use, const char *why)
{
	if (!why)
		return NULL;
	if (!job->symbolizer->options.force)
		use->refused = why;
	return note(job, "%s%s", why, job->symbolizer->options.force ? " (used all the same)" : "");
}

static struct span build_id_of(const struct job *job, struct span module, struct span printed)
{
	if (module.len || !job->report->kernel_build_id)
		return printed;
	return span_of(job->report->kernel_build_id);
}

static struct culprit_error *find_module(struct job *job, struct span name, struct span build_id, struct module **ret)
{
	struct symbolizer *symbolizer = job->symbolizer;
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
	return open_module(symbolizer, module, build_id, job->report);
}

/* The use of a module by this report; NULL in *ret: there are too many. */
static struct culprit_error *get_use(struct job *job, struct span name, struct span printed_id, struct use **ret)
{
	struct span build_id = build_id_of(job, name, printed_id);
	struct culprit_error *err;
	struct module *module;
	struct use *use;

	*ret = NULL;
	err = find_module(job, name, build_id, &module);
	if (err || !module)
		return err;
	for (size_t i = 0; i < job->n_uses; i++) {
		if (job->uses[i].module == module) {
			*ret = &job->uses[i];
			return NULL;
		}
	}
	if (job->n_uses == MAX_MODULES)
		return NULL;
	use = &job->uses[job->n_uses++];
	*use = (struct use){ .module = module };
	*ret = use;
	if (module->problem)
		return *module->name ? note(job, "module %s: %s", module->name, module->problem) :
				       note(job, "%s", module->problem);
	return refuse(job, use, find_mismatch(job, module->info, !*module->name, build_id));
}

/* ------------------------------------------------------------- resolving */

enum answer {
	ANSWER_NONE,		/* no such file or function */
	ANSWER_FOUND,
	ANSWER_MISFIT,		/* the function has another size there */
	ANSWER_AMBIGUOUS,
};

struct resolved {
	enum answer answer;
	struct use *use;
	uint64_t addr;		/* of the symbol */
	struct debuginfo_symbol symbols[MAX_CANDIDATES];	/* those that fit; more than one: ambiguous */
	size_t n;
};

/* Candidates of the name are cut to those whose size fits. */
static struct culprit_error *resolve(struct job *job, const struct symbol_token *token, struct resolved *ret)
{
	struct culprit_error *err;
	size_t n = 0, fits = 0;

	*ret = (struct resolved){ .answer = ANSWER_NONE };
	err = get_use(job, token->module, token->build_id, &ret->use);
	if (err || !ret->use || !ret->use->module->info)
		return err;
	err = debuginfo_find_symbols(ret->use->module->info, token->name, MAX_CANDIDATES, ret->symbols, &n);
	if (err || !n)
		return err;
	for (size_t i = 0; i < n && i < MAX_CANDIDATES; i++) {
		bool fit;

		err = debuginfo_size_fits(ret->use->module->info, &ret->symbols[i], token->size, &fit);
		if (err)
			return err;
		if (fit)
			ret->symbols[fits++] = ret->symbols[i];
	}
	if (!fits && job->symbolizer->options.force)
		fits = n < MAX_CANDIDATES ? n : MAX_CANDIDATES;
	ret->n = fits;
	ret->answer = !fits ? ANSWER_MISFIT : fits == 1 && n <= MAX_CANDIDATES ? ANSWER_FOUND : ANSWER_AMBIGUOUS;
	ret->addr = ret->symbols[0].addr;
	return NULL;
}

/* What must be looked up for a place offset bytes behind addr. */
static uint64_t lookup_addr(uint64_t addr, uint64_t offset, bool exact)
{
	/* nothing returns to a function's start: a jump went there */
	return addr + offset - (exact || !offset ? 0 : 1);
}

/* First pass over the text: which sizes fit, and so which files are used at all. */
static struct culprit_error *count_fits(struct job *job)
{
	struct span text = { job->report->text, job->report->text_len }, line;
	struct culprit_error *err = NULL;
	size_t at = 0;

	while (!err && symbol_next_line(text, &at, &line)) {
		struct symbol_token token;
		size_t pos = 0;

		while (!err && symbol_next(line, &pos, &token)) {
			struct resolved resolved;

			if (!token.name.len)
				continue;
			err = resolve(job, &token, &resolved);
			if (err || !resolved.use)
				continue;
			resolved.use->fits += resolved.answer == ANSWER_FOUND || resolved.answer == ANSWER_AMBIGUOUS;
			if (resolved.answer != ANSWER_MISFIT)
				continue;
			resolved.use->misfits++;
			if (!resolved.use->misfit)
				resolved.use->misfit = arena_printf(
					&job->out->arena, "%.*s has size 0x%llx in the log and 0x%llx in %s", (int)token.name.len,
					token.name.ptr, (unsigned long long)token.size,
					(unsigned long long)resolved.symbols[0].reach,
					debuginfo_path(resolved.use->module->info));
		}
	}
	return err;
}

/*
 * One function of another size among many that fit may be due to how the
 * kernel counts; more are another build.
 */
static struct culprit_error *judge_fits(struct job *job)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < job->n_uses && !err; i++) {
		struct use *use = &job->uses[i];

		if (!use->misfits || use->refused)
			continue;
		if (use->misfits * 8 > use->fits)
			err = refuse(job, use, use->misfit);
		else
			err = note(job, "%s: left alone", use->misfit);
	}
	return err;
}

/* ----------------------------------------------------------------- paths */

static struct culprit_error *kernel_root(struct job *job, const char **ret)
{
	*ret = "";
	for (size_t i = 0; i < job->n_uses; i++) {
		const struct module *module = job->uses[i].module;

		if (!*module->name && module->info)
			return debuginfo_source_root(module->info, ret);
	}
	return NULL;
}

static const char *strip(const char *path, const char *prefix)
{
	size_t len = prefix ? strlen(prefix) : 0;

	return len && !strncmp(path, prefix, len) && path[len] ? path + len : path;
}

/* A path of debug information (NULL info: of the log), relative to the source tree where that can be known. */
static struct culprit_error *relative_path(struct job *job, struct debuginfo *info, const char *path, const char **ret)
{
	struct culprit_error *err = NULL;
	const char *root;

	if (path && *path == '/')
		path = strip(path, job->symbolizer->source_dir);
	if (path && *path == '/') {
		err = kernel_root(job, &root);
		if (!err)
			path = strip(path, root);
	}
	if (!err && path && *path == '/' && info) {
		err = debuginfo_source_root(info, &root);
		if (!err)
			path = strip(path, root);
	}
	*ret = path;
	return err;
}

struct expansion {
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];	/* innermost first; strings are the arena's */
	size_t n;
};

static struct culprit_error *keep_frame(struct job *job, struct debuginfo *info, struct debuginfo_frame *frame)
{
	struct culprit_error *err = relative_path(job, info, frame->file, &frame->file);

	if (err)
		return err;
	if (frame->file && !(frame->file = arena_dup(&job->out->arena, span_of(frame->file))))
		return no_memory();
	if (frame->function && !(frame->function = arena_dup(&job->out->arena, span_of(frame->function))))
		return no_memory();
	return NULL;
}

static struct culprit_error *expand(struct job *job, struct debuginfo *info, uint64_t addr, struct expansion *ret)
{
	struct culprit_error *err = debuginfo_lookup(info, addr, ret->frames, &ret->n);

	for (size_t i = 0; i < ret->n && !err; i++)
		err = keep_frame(job, info, &ret->frames[i]);
	/* broken DWARF is no reason to lose the rest of the report */
	if (err && culprit_error_code(err) != CULPRIT_ERROR_NO_MEMORY) {
		struct culprit_error *told = note(job, "%s", culprit_error_message(err));

		culprit_error_destroy(err);
		ret->n = 0;
		return told;
	}
	return err;
}

static struct culprit_error *note_ambiguous(struct job *job, const struct symbol_token *token,
					    const struct resolved *resolved, bool exact)
{
	_cleanup_(buf_deinit) struct buf places = { 0 };
	struct debuginfo *info = resolved->use->module->info;
	struct culprit_error *err;

	for (size_t i = 0; i < resolved->n && i < 4; i++) {
		struct expansion expansion;
		const struct debuginfo_frame *outer;

		err = expand(job, info, lookup_addr(resolved->symbols[i].addr, token->offset, exact), &expansion);
		if (err)
			return err;
		outer = expansion.n ? &expansion.frames[expansion.n - 1] : NULL;
		if (!buf_printf(&places, "%s%s:%u", i ? ", " : "", outer && outer->file ? outer->file : "?",
				outer ? outer->line : 0))
			return no_memory();
	}
	return note(job, "%.*s+0x%llx/0x%llx is ambiguous, there are %zu of that name and size: %s%s",
		    (int)token->name.len, token->name.ptr, (unsigned long long)token->offset,
		    (unsigned long long)token->size, resolved->n, places.data ? places.data : "",
		    resolved->n > 4 ? ", ..." : "");
}

/* Do all candidates say the same? Then it does not matter which one it is. */
static struct culprit_error *expand_all(struct job *job, const struct resolved *resolved, uint64_t offset, bool exact,
					struct expansion *ret, bool *ret_same)
{
	struct debuginfo *info = resolved->use->module->info;
	struct culprit_error *err = expand(job, info, lookup_addr(resolved->addr, offset, exact), ret);
	struct expansion other;

	*ret_same = resolved->answer == ANSWER_FOUND;
	if (err || *ret_same || resolved->n == MAX_CANDIDATES)
		return err;
	for (size_t i = 1; i < resolved->n; i++) {
		err = expand(job, info, lookup_addr(resolved->symbols[i].addr, offset, exact), &other);
		if (err || other.n != ret->n)
			return err;
		for (size_t k = 0; k < ret->n; k++) {
			if (!ret->frames[k].file || !other.frames[k].file ||
			    strcmp(ret->frames[k].file, other.frames[k].file) != 0 ||
			    ret->frames[k].line != other.frames[k].line)
				return NULL;
		}
	}
	*ret_same = true;
	return NULL;
}

/* Source lines of a symbol; none where the answer is not certain. */
static struct culprit_error *expand_token(struct job *job, const struct symbol_token *token, bool exact,
					  struct expansion *ret)
{
	struct resolved resolved;
	struct culprit_error *err = resolve(job, token, &resolved);
	bool same;

	ret->n = 0;
	if (err || !resolved.use || resolved.use->refused ||
	    (resolved.answer != ANSWER_FOUND && resolved.answer != ANSWER_AMBIGUOUS))
		return err;
	if (token->offset > token->size && token->offset > resolved.symbols[0].reach)
		return NULL;
	err = expand_all(job, &resolved, token->offset, exact, ret, &same);
	if (err || same)
		return err;
	ret->n = 0;
	return note_ambiguous(job, token, &resolved, exact);
}

/* ------------------------------------------------------------------ text */

/* "f+0x1/0x2" of a WARNING's banner: the trap itself where the report has it as program counter too. */
static bool is_exact(const struct job *job, const struct symbol_token *token)
{
	const struct culprit_report *report = job->report;

	if (token->place != SYMBOL_MAYBE_PC)
		return token->place == SYMBOL_PC;
	for (size_t i = 0; i < report->n_stacks; i++) {
		for (size_t k = 0; k < report->stacks[i].n_frames; k++) {
			const struct culprit_frame *frame = &report->stacks[i].frames[k];

			if ((frame->flags & CULPRIT_FRAME_EXACT) && frame->function && frame->offset == token->offset &&
			    span_equal(span_of(frame->function), token->name))
				return true;
		}
	}
	return false;
}

static bool add_source(struct job *job, const struct debuginfo_frame *frame)
{
	if (!frame->file)
		return true;
	return frame->line ? buf_printf(&job->text, " %s:%u", frame->file, frame->line) :
			     buf_printf(&job->text, " %s", frame->file);
}

static bool add_span(struct job *job, struct span s)
{
	return buf_add(&job->text, s.ptr, s.len);
}

/* Length of the absolute path "/build/linux/fs/a.c" with a line behind it ("...:12") at the start of s; 0: none. */
static size_t absolute_source(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] > ' ' && s.ptr[n] != ':' && s.ptr[n] != ')')
		n++;
	return n > 2 && n < 4096 && n + 1 < s.len && s.ptr[n] == ':' && isdigit((unsigned char)s.ptr[n + 1]) ? n : 0;
}

/* Text of the log in which the kernel wrote where it was compiled: "UBSAN: ... in /build/linux/fs/a.c:12:3". */
static struct culprit_error *add_piece(struct job *job, struct span s)
{
	size_t written = 0;

	for (size_t i = 0; i + 1 < s.len; i++) {
		struct culprit_error *err;
		char path[4096];
		const char *relative;
		size_t n;

		if (s.ptr[i] != '/' || (i && s.ptr[i - 1] != ' ' && s.ptr[i - 1] != '(') ||
		    !(n = absolute_source(span_skip(s, i))))
			continue;
		memcpy(path, s.ptr + i, n);
		path[n] = 0;
		err = relative_path(job, NULL, path, &relative);
		if (err)
			return err;
		if (!add_span(job, (struct span){ s.ptr + written, i - written }) || !buf_add_str(&job->text, relative))
			return no_memory();
		written = i + n;
		i = written;
	}
	return add_span(job, span_skip(s, written)) ? NULL : no_memory();
}

/* The line once more for each inlined function, with its name where the symbol stands. */
static bool add_inlined(struct job *job, struct span line, const struct symbol_token *token,
			const struct expansion *expansion)
{
	for (size_t i = 0; i + 1 < expansion->n; i++) {
		const struct debuginfo_frame *frame = &expansion->frames[i];

		if (!frame->function || !frame->file)
			continue;
		if (!add_span(job, (struct span){ line.ptr, token->start }) || !buf_add_str(&job->text, frame->function) ||
		    !add_source(job, frame) || !buf_add_str(&job->text, " [inline]") ||
		    !add_span(job, span_skip(line, token->end)) || !buf_add_char(&job->text, '\n'))
			return false;
		job->n_lines++;
	}
	return true;
}

/* The symbol as the log has it, readable where it is mangled. */
static bool add_symbol(struct job *job, struct span line, const struct symbol_token *token)
{
	const char *plain = demangle(&job->out->arena, token->name);

	if (!plain)
		return add_span(job, (struct span){ line.ptr + token->start, token->end - token->start });
	return buf_add_str(&job->text, plain) &&
	       add_span(job, (struct span){ line.ptr + token->start + token->name.len,
					    token->end - token->start - token->name.len });
}

/* Make a symbol of a bare address: name, offset, size. */
static struct culprit_error *name_address(struct job *job, struct symbol_token *token, char *buffer, size_t size)
{
	struct debuginfo_symbol symbol;
	struct culprit_error *err;
	struct use *use;
	uint64_t addr;
	bool found;

	*buffer = 0;
	if (!job->has_kernel_offset)
		return NULL;
	err = get_use(job, SPAN(""), SPAN(""), &use);
	if (err || !use || use->refused || !use->module->info)
		return err;
	addr = token->address - job->kernel_offset;
	err = debuginfo_symbol_at(use->module->info, addr - (token->place == SYMBOL_CALLER), &symbol, &found);
	if (err || !found)
		return err;
	if ((size_t)snprintf(buffer, size, "%s", symbol.name) >= size)
		*buffer = 0;
	token->name = span_of(buffer);
	token->offset = addr - symbol.addr;
	token->size = symbol.reach;
	return NULL;
}

static struct culprit_error *write_bare(struct job *job, struct span line, struct symbol_token *token, bool *ret_done)
{
	char name[256];
	struct expansion expansion = { .n = 0 };
	struct culprit_error *err = name_address(job, token, name, sizeof(name));

	*ret_done = false;
	if (err || !token->name.len)
		return err;
	err = expand_token(job, token, token->place == SYMBOL_PC, &expansion);
	if (err || !expansion.n)
		return err;
	*ret_done = true;
	if (!token->leftover && !add_inlined(job, line, token, &expansion))
		return no_memory();
	if (!add_span(job, (struct span){ line.ptr, token->end }) ||
	    !buf_printf(&job->text, " %s+0x%llx/0x%llx", name, (unsigned long long)token->offset,
			(unsigned long long)token->size) ||
	    !add_source(job, &expansion.frames[expansion.n - 1]) || !add_span(job, span_skip(line, token->end)) ||
	    !buf_add_char(&job->text, '\n'))
		return no_memory();
	job->out->n_found++;
	return NULL;
}

/* A line with one symbol or several; only the last one's inlined functions get lines. */
static struct culprit_error *write_line(struct job *job, struct span line)
{
	struct symbol_token token, next;
	size_t at = 0, written = 0;
	struct culprit_error *err = NULL;
	bool more = symbol_next(line, &at, &token);

	for (; more; token = next) {
		struct expansion expansion = { .n = 0 };

		job->out->n_frames++;
		if (!token.name.len) {
			bool done;

			err = write_bare(job, line, &token, &done);
			if (err || done)
				return err;
		} else if (!token.done) {
			err = expand_token(job, &token, is_exact(job, &token), &expansion);
			if (err)
				return err;
		}
		job->out->n_found += token.done || expansion.n;
		more = symbol_next(line, &at, &next);
		if (!more && !written && !token.leftover && !add_inlined(job, line, &token, &expansion))
			return no_memory();
		err = add_piece(job, (struct span){ line.ptr + written, token.start - written });
		if (err)
			return err;
		if (!(token.name.len ? add_symbol(job, line, &token) :
				       add_span(job, (struct span){ line.ptr + token.start, token.end - token.start })) ||
		    (expansion.n && !add_source(job, &expansion.frames[expansion.n - 1])))
			return no_memory();
		written = token.end;
	}
	err = add_piece(job, span_skip(line, written));
	return !err && !buf_add_char(&job->text, '\n') ? no_memory() : err;
}

static struct culprit_error *write_text(struct job *job)
{
	struct span text = { job->report->text, job->report->text_len }, line;
	struct culprit_error *err = NULL;
	size_t at = 0;
	uint32_t number = 0;

	job->line_map = arena_array(&job->out->arena, (size_t)job->report->n_text_lines + 2, sizeof(*job->line_map));
	if (!job->line_map)
		return no_memory();
	while (!err && symbol_next_line(text, &at, &line)) {
		err = write_line(job, line);
		if (number <= job->report->n_text_lines)
			job->line_map[number] = job->n_lines;
		number++;
		job->n_lines++;
	}
	return err;
}

/* ---------------------------------------------------------------- stacks */

static uint32_t new_line(const struct job *job, uint32_t line)
{
	return line <= job->report->n_text_lines ? job->line_map[line] : line;
}

static struct culprit_error *expand_frame(struct job *job, const struct culprit_frame *frame, struct expansion *ret)
{
	struct symbol_token token = { 0 };

	ret->n = 0;
	if (!frame->function || !(frame->flags & CULPRIT_FRAME_HAS_OFFSET) || frame->file)
		return NULL;
	token.name = span_of(frame->function);
	token.module = span_of(frame->module ? frame->module : "");
	token.build_id = span_of(frame->build_id ? frame->build_id : "");
	token.offset = frame->offset;
	token.size = frame->size;
	return expand_token(job, &token, frame->flags & CULPRIT_FRAME_EXACT, ret);
}

static bool add_frames(struct job *job, const struct culprit_frame *frame, const struct expansion *expansion,
		       struct buf *frames, size_t *n)
{
	uint32_t line = new_line(job, frame->text_line);

	for (size_t i = 0; i < expansion->n || !i; i++) {
		struct culprit_frame out = *frame;
		bool last = i + 1 >= expansion->n;

		out.text_line = line;
		if (expansion->n) {
			out.file = expansion->frames[i].file;
			out.line = expansion->frames[i].line;
		}
		if (!last) {
			if (!expansion->frames[i].function || (frame->flags & CULPRIT_FRAME_UNRELIABLE))
				continue;
			out.function = expansion->frames[i].function;
			out.flags |= CULPRIT_FRAME_INLINE;
			out.text_line = line - (uint32_t)(expansion->n - 1 - i);
		}
		if (!buf_add(frames, &out, sizeof(out)))
			return false;
		(*n)++;
	}
	return true;
}

static struct culprit_error *expand_stack(struct job *job, const struct culprit_stack *stack,
					  struct culprit_stack *ret)
{
	_cleanup_(buf_deinit) struct buf frames = { 0 };
	struct culprit_frame *kept;
	size_t n = 0;

	*ret = *stack;
	ret->text_line = new_line(job, stack->text_line);
	for (size_t i = 0; i < stack->n_frames; i++) {
		struct expansion expansion;
		struct culprit_error *err = expand_frame(job, &stack->frames[i], &expansion);

		if (err)
			return err;
		if (!add_frames(job, &stack->frames[i], &expansion, &frames, &n))
			return no_memory();
	}
	kept = arena_array(&job->out->arena, n, sizeof(*kept));
	if (n && !kept)
		return no_memory();
	if (n)
		memcpy(kept, frames.data, n * sizeof(*kept));
	ret->frames = kept;
	ret->n_frames = n;
	return NULL;
}

static struct culprit_error *expand_stacks(struct job *job)
{
	const struct culprit_report *report = job->report;
	struct culprit_stack *stacks = arena_array(&job->out->arena, report->n_stacks, sizeof(*stacks));
	struct culprit_error *err = NULL;

	if (report->n_stacks && !stacks)
		return no_memory();
	for (size_t i = 0; i < report->n_stacks && !err; i++)
		err = expand_stack(job, &report->stacks[i], &stacks[i]);
	job->out->report.stacks = stacks;
	return err;
}

/* ------------------------------------------------------------------ code */

/* Which instruction set, from how the registers are printed. */
static enum disasm_arch guess_arch(struct span text)
{
	ptrdiff_t epc = span_find(text, SPAN("epc : "));
	uint64_t value;
	size_t used;

	if (epc >= 0) {
		/* a symbol stands there since v5.?, the number is padded to the width of a register */
		if (parse_hex64(span_skip(text, (size_t)epc + 6), &value, &used) && used == 8)
			return DISASM_RISCV32;
		return DISASM_RISCV64;
	}
	if (span_find(text, SPAN("pstate: ")) >= 0)
		return DISASM_ARM64;
	if (span_find(text, SPAN("PC is at ")) >= 0 || span_find(text, SPAN("psr: ")) >= 0)
		return DISASM_ARM;
	if (span_find(text, SPAN("EIP: ")) >= 0)
		return DISASM_I386;
	return DISASM_X86_64;
}

/*
 * Do registers of user space follow or precede?  x86: CS 0x33 or 0x23 (0x73
 * on i386) without a symbol; others: a pc without a symbol.
 */
static bool is_user_pc(struct span line)
{
	static const char *const markers[] = { "RIP: ", "EIP: ", "pc : ", "epc : ", "PC is at " };

	line = span_trim(line);
	for (size_t i = 0; i < countof(markers); i++) {
		if (span_starts(line, span_of(markers[i])))
			return span_find(line, SPAN("+0x")) < 0 && span_find(line, SPAN("[inline]")) < 0 &&
			       span_find(line, SPAN("0xffff")) < 0 && span_find(line, SPAN(": ffff")) < 0;
	}
	return span_find(line, SPAN(": segfault at ")) >= 0 || span_find(line, SPAN(" error:")) >= 0;
}

static bool is_kernel_pc(struct span line)
{
	static const char *const markers[] = { "RIP: ", "EIP: ", "pc : ", "epc : ", "PC is at " };

	line = span_trim(line);
	for (size_t i = 0; i < countof(markers); i++) {
		if (span_starts(line, span_of(markers[i])))
			return !is_user_pc(line);
	}
	return false;
}

static struct culprit_error *decode_line(struct job *job, enum disasm_arch arch, struct span line, uint32_t number)
{
	struct symbolized_code *codes = (struct symbolized_code *)(uintptr_t)job->out->codes;
	struct culprit_error *err;

	if (!codes) {
		codes = arena_array(&job->out->arena, MAX_CODES, sizeof(*codes));
		if (!codes)
			return no_memory();
		job->out->codes = codes;
	}
	if (job->out->n_codes == MAX_CODES)
		return NULL;
	err = disasm_code_line(arch, span_skip(line, strlen("Code:")), &job->out->arena, &codes[job->out->n_codes].code);
	if (!err) {
		codes[job->out->n_codes++].text_line = number;
		return disasm_has_names(arch) ? NULL :
		       note(job, "this version of capstone knows no riscv: its instructions are given as numbers");
	}
	if (culprit_error_code(err) == CULPRIT_ERROR_NO_MEMORY)
		return err;
	if (culprit_error_code(err) == CULPRIT_ERROR_NOT_FOUND) {
		struct culprit_error *told = note(job, "%s", culprit_error_message(err));

		culprit_error_destroy(err);
		return told;
	}
	/* "Code: Bad RIP value." and torn lines are news to nobody */
	culprit_error_destroy(err);
	return NULL;
}

static struct culprit_error *decode_codes(struct job *job)
{
	struct span text = buf_span(&job->text), line;
	enum disasm_arch arch = guess_arch(text);
	struct culprit_error *err = NULL;
	uint32_t number = 0;
	bool user = false;
	size_t at = 0;

	for (; !err && symbol_next_line(text, &at, &line); number++) {
		struct span trimmed = span_trim(line);

		if (is_kernel_pc(line))
			user = false;
		else if (is_user_pc(line))
			user = true;
		if (!user && span_starts(trimmed, SPAN("Code:")))
			err = decode_line(job, arch, trimmed, number);
	}
	return err;
}

/*
 * The first code that says something goes to the end of the text, as people
 * know it from the community's reports.  Not for BUG and WARN, whose trap is
 * put there, nor for hangs, where it is wherever the victim was.
 */
static struct culprit_error *write_code(struct job *job)
{
	const struct symbolized *out = job->out;

	if (job->report->type && !strcmp(job->report->type, "HANG"))
		return NULL;
	for (size_t i = 0; i < out->n_codes; i++) {
		const struct disasm_code *code = &out->codes[i].code;

		if (code->deliberate)
			return NULL;
		if (!buf_add_str(&job->text, "----------------\nCode disassembly (best guess)"))
			return no_memory();
		if (code->skipped && !buf_printf(&job->text, ", %u bytes skipped", code->skipped))
			return no_memory();
		if (!buf_add_str(&job->text, ":\n") || !disasm_format(code, &job->text))
			return no_memory();
		job->n_lines += 2 + (uint32_t)code->n;
		return NULL;
	}
	return NULL;
}

/* ------------------------------------------------------------------- all */

static struct culprit_error *finish(struct job *job)
{
	struct culprit_report *report = &job->out->report;
	struct culprit_error *err;

	err = decode_codes(job);
	if (!err)
		err = guilty_file(&job->symbolizer->options.patterns->guilty, buf_span(&job->text), &job->out->arena,
				  &report->file_guilty);
	if (!err)
		err = write_code(job);
	if (err)
		return err;
	report->prefix_lines = report->prefix_lines ? new_line(job, report->prefix_lines - 1) + 1 : 0;
	report->n_text_lines = job->n_lines;
	report->text_len = job->text.len;
	report->text = arena_dup(&job->out->arena, job->text.len ? buf_span(&job->text) : SPAN(""));
	return report->text ? NULL : no_memory();
}

static struct culprit_error *run(struct job *job)
{
	struct culprit_error *err;

	err = follow_version(job->symbolizer, job->report->kernel_version);
	if (!err)
		err = count_fits(job);
	if (!err)
		err = judge_fits(job);
	if (!err)
		err = write_text(job);
	if (!err)
		err = expand_stacks(job);
	return err ? err : finish(job);
}

void symbolized_destroy(struct symbolized *symbolized)
{
	struct arena arena;

	if (!symbolized)
		return;
	arena = symbolized->arena;
	arena_deinit(&arena);
	free(symbolized);
}

void symbolized_destroyp(struct symbolized **symbolized)
{
	symbolized_destroy(*symbolized);
}

struct culprit_error *symbolize_report(struct symbolizer *symbolizer, const struct culprit_report *report,
				       struct symbolized **ret)
{
	_cleanup_(symbolized_destroyp) struct symbolized *out = calloc(1, sizeof(*out));
	_cleanup_(freep) struct job *job = calloc(1, sizeof(*job));
	struct culprit_error *err;

	if (!out || !job)
		return no_memory();
	out->report = *report;
	job->symbolizer = symbolizer;
	job->report = report;
	job->out = out;
	job->has_kernel_offset = report->has_kernel_offset;
	job->kernel_offset = report->kernel_offset;
	if (symbolizer->options.kernel_offset) {
		job->kernel_offset = *symbolizer->options.kernel_offset;
		job->has_kernel_offset = true;
	}
	err = run(job);
	buf_deinit(&job->text);
	if (err)
		return err;
	*ret = no_free_ptr(out);
	return NULL;
}
