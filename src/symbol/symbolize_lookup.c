/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A symbol of the log to source lines.
 *
 * A log names function, offset and size, so it does not matter where KASLR put
 * the kernel.  Static functions of one name are told apart by size; where more
 * than one is left nothing is claimed.  Return addresses are looked up one byte
 * before, so that they fall into the call.
 *
 * Not used, unless forced: a vmlinux of another build ID or version, and files
 * in which functions have other sizes than in the log.
 */
#include <stdio.h>

#include "symbol/symbolize_parts.h"

#define MAX_CANDIDATES	32u
#define MAX_NOTES	64u

/* ---------------------------------------------------------------- notes */

struct culprit_error *symbolize_note(struct job *job, const char *format, ...)
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

/* What cannot be read of a file is no reason to lose the rest of the report: err becomes a note. */
static struct culprit_error *note_error(struct job *job, struct culprit_error *err)
{
	struct culprit_error *failed;

	if (!err || culprit_error_code(err) == CULPRIT_ERROR_NO_MEMORY)
		return err;
	failed = symbolize_note(job, "%s", culprit_error_message(err));
	culprit_error_destroy(err);
	return failed;
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
	return symbolize_note(job, "%s%s", why, job->symbolizer->options.force ? " (used all the same)" : "");
}

static struct span build_id_of(const struct job *job, struct span module, struct span printed)
{
	if (module.len || !job->report->kernel_build_id)
		return printed;
	return span_of(job->report->kernel_build_id);
}

/* The use of a module by this report; NULL in *ret: there are too many. */
static struct culprit_error *get_use(struct job *job, struct span name, struct span printed_id, struct use **ret)
{
	struct span build_id = build_id_of(job, name, printed_id);
	struct culprit_error *err;
	struct module *module;
	struct use *use;

	*ret = NULL;
	err = symbolizer_find_module(job->symbolizer, name, build_id, job->report, &module);
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
		return *module->name ? symbolize_note(job, "module %s: %s", module->name, module->problem) :
				       symbolize_note(job, "%s", module->problem);
	return refuse(job, use, find_mismatch(job, module->info, !*module->name, build_id));
}

/* ------------------------------------------------------------ resolving */

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
		return note_error(job, err);
	for (size_t i = 0; i < n && i < MAX_CANDIDATES; i++) {
		bool fit;

		err = debuginfo_size_fits(ret->use->module->info, &ret->symbols[i], token->size, &fit);
		if (err)
			return note_error(job, err);
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
struct culprit_error *symbolize_count_fits(struct job *job)
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
struct culprit_error *symbolize_judge_fits(struct job *job)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < job->n_uses && !err; i++) {
		struct use *use = &job->uses[i];

		if (!use->misfits || use->refused)
			continue;
		if (use->misfits * 8 > use->fits)
			err = refuse(job, use, use->misfit);
		else
			err = symbolize_note(job, "%s: left alone", use->misfit);
	}
	return err;
}

/* ---------------------------------------------------------------- paths */

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
struct culprit_error *symbolize_relative_path(struct job *job, struct debuginfo *info, const char *path,
					      const char **ret)
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
	return note_error(job, err);
}

/* --------------------------------------------------------- source lines */

static struct culprit_error *keep_frame(struct job *job, struct debuginfo *info, struct debuginfo_frame *frame)
{
	struct culprit_error *err = symbolize_relative_path(job, info, frame->file, &frame->file);

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
	if (err)
		ret->n = 0;
	return note_error(job, err);
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
	return symbolize_note(job, "%.*s+0x%llx/0x%llx is ambiguous, there are %zu of that name and size: %s%s",
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
struct culprit_error *symbolize_expand(struct job *job, const struct symbol_token *token, bool exact,
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

/* Make a symbol of a bare address: name, offset, size. */
struct culprit_error *symbolize_name_address(struct job *job, struct symbol_token *token, char *buffer, size_t size)
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
		return note_error(job, err);
	if ((size_t)snprintf(buffer, size, "%s", symbol.name) >= size)
		*buffer = 0;
	token->name = span_of(buffer);
	token->offset = addr - symbol.addr;
	token->size = symbol.reach;
	return NULL;
}
