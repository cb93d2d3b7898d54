/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Look-ups by bisection in the tables of debuginfo_internal.h.
 *
 * Reads the tables, whoever made them: libelf and libdw a moment ago, or an
 * earlier process whose index is mapped.  An index that turns out to be damaged
 * is thrown away and the question asked again of the ELF file.  An ELF file that
 * somebody writes to meanwhile gives errors from then on, no lines: libelf has it
 * mapped, so that pages may be gone or may be another kernel's.
 *
 * Refuses nothing by itself: what is not found is said with a count of 0.
 */
#include "symbol/debuginfo_internal.h"

#include "base/mapped.h"

#include <sys/mman.h>
#include <sys/stat.h>

static struct culprit_error *no_memory(void)
{
	return &culprit_error_no_memory;
}

/* ------------------------------------------- files that others write to */

/* After libelf and libdw read: err, or that the file is no longer what it was, which explains any other error. */
static struct culprit_error *end_reading(struct debuginfo *info, unsigned int begin, struct culprit_error *err)
{
	bool missing = mapped_end(begin);

	if (!missing && !info->changed && !dbg_file_changed(info))
		return err;
	info->changed = true;
	info->grown = false;		/* nothing of it is written to an index */
	culprit_error_destroy(err);
	return culprit_error_create(CULPRIT_ERROR_MISMATCH, "%s: somebody wrote to it while it was read", info->path);
}

/* ------------------------------------------------------ open and close */

static void drop_tables(struct debuginfo *info)
{
	for (uint32_t i = 0; i < info->n_units; i++) {
		struct dbg_unit *unit = &info->units[i];

		for (uint32_t k = 0; unit->functions && k < unit->n_functions; k++) {
			if (unit->functions[k].owned)
				free((void *)(uintptr_t)unit->functions[k].segments);
		}
		free(unit->functions);
		if (unit->owned)
			free((void *)(uintptr_t)unit->rows);
	}
	free(info->units);
	if (!info->cache) {
		free(info->symbols);
		free(info->slots);
		free(info->ranges);
	} else if (info->ranges_owned) {
		free(info->ranges);
	}
	if (info->added)
		munmap(info->added, DBG_MAX_STRINGS);
	free(info->interned);
	free(info->build_id);
	free(info->banner);
	free(info->source_root);
	dbg_index_unmap(info);
	dbg_close_live(info);
}

void debuginfo_close(struct debuginfo *info)
{
	unsigned int begin;

	if (!info)
		return;
	if (info->grown && !info->corrupt && info->cache_dir && info->build_id)
		dbg_index_save(info);
	begin = mapped_begin();
	drop_tables(info);
	mapped_end(begin);
	free(info->path);
	free(info->cache_dir);
	free(info);
}

void debuginfo_closep(struct debuginfo **info)
{
	debuginfo_close(*info);
}

static struct culprit_error *load_one(struct debuginfo *info)
{
	unsigned int begin = mapped_begin();
	struct culprit_error *err = dbg_load_symbols(info);

	if (!err && info->has_lines)
		err = dbg_load_ranges(info, false);
	return end_reading(info, begin, err);
}

/* Symbols and ranges; where the file has no lines, those of its separate debug file. */
static struct culprit_error *load_elf(struct debuginfo *info, const struct debuginfo_options *options)
{
	struct culprit_error *err = load_one(info);
	_cleanup_(debuginfo_closep) struct debuginfo *separate = NULL;
	struct debuginfo swap;
	unsigned int begin;
	struct stat st;

	if (err)
		return err;
	info->grown = true;
	if (!stat(info->path, &st))
		info->file_bytes = (uint64_t)st.st_size;
	if (info->has_lines || !options)
		return NULL;
	separate = calloc(1, sizeof(*separate));
	if (!separate)
		return &culprit_error_no_memory;
	begin = mapped_begin();
	err = end_reading(info, begin, dbg_find_lines(info, options, &separate->path));
	if (err || !separate->path)
		return err;
	err = load_one(separate);
	if (err || !separate->has_lines ||
	    (info->build_id && (!separate->build_id || strcmp(info->build_id, separate->build_id)))) {
		culprit_error_destroy(err);
		return NULL;
	}
	/* a debug file has all that the stripped one has, but for what stood in its data */
	swap = *info;
	*info = *separate;
	*separate = swap;
	info->grown = true;
	info->file_bytes = separate->file_bytes;
	info->cache_dir = no_free_ptr(separate->cache_dir);
	if (!info->banner)
		info->banner = no_free_ptr(separate->banner);
	separate->grown = false;
	return NULL;
}

/* Forget a damaged index and read the ELF file instead. */
static struct culprit_error *reload(struct debuginfo *info)
{
	char *path = info->path, *cache_dir = info->cache_dir;

	drop_tables(info);
	*info = (struct debuginfo){ .path = path, .cache_dir = cache_dir };
	return load_elf(info, NULL);
}

struct culprit_error *debuginfo_open(const char *path, const struct debuginfo_options *options,
				     struct debuginfo **ret)
{
	_cleanup_(debuginfo_closep) struct debuginfo *info = calloc(1, sizeof(*info));
	struct culprit_error *err;
	char build_id[129];

	if (!info || !(info->path = strdup(path)))
		return no_memory();
	if (options && options->cache_dir && !(info->cache_dir = strdup(options->cache_dir)))
		return no_memory();
	if (info->cache_dir && debuginfo_read_build_id(path, build_id, sizeof(build_id))) {
		if (!(info->build_id = strdup(build_id)))
			return no_memory();
		if (dbg_index_load(info)) {
			*ret = no_free_ptr(info);
			return NULL;
		}
		free(info->build_id);
		info->build_id = NULL;
	}
	err = load_elf(info, options);
	if (err)
		return err;
	*ret = no_free_ptr(info);
	return NULL;
}

const char *debuginfo_build_id(const struct debuginfo *info)
{
	return info->build_id;
}

const char *debuginfo_path(const struct debuginfo *info)
{
	return info->path;
}

const char *debuginfo_banner(const struct debuginfo *info)
{
	return info->banner;
}

bool debuginfo_has_lines(const struct debuginfo *info)
{
	return info->has_lines;
}

bool debuginfo_is_relocatable(const struct debuginfo *info)
{
	return info->relocatable;
}

struct culprit_error *debuginfo_source_root(struct debuginfo *info, const char **ret)
{
	if (!info->source_root) {
		unsigned int begin = mapped_begin();
		struct culprit_error *err = end_reading(info, begin, info->changed ? NULL : dbg_load_source_root(info));

		if (err)
			return err;
	}
	*ret = info->source_root;
	return NULL;
}

/* ------------------------------------------------------------- symbols */

static const struct dbg_symbol *symbol_number(struct debuginfo *info, uint32_t i)
{
	static const struct dbg_symbol nothing;

	if (i >= info->n_symbols || !dbg_check(info, &info->symbols[i], sizeof(info->symbols[i])))
		return &nothing;
	return &info->symbols[i];
}

static void give_symbol(struct debuginfo *info, const struct dbg_symbol *symbol, struct debuginfo_symbol *ret)
{
	*ret = (struct debuginfo_symbol){
		.name = dbg_string(info, symbol->name),
		.addr = symbol->addr,
		.size = symbol->size,
		.reach = symbol->reach,
	};
}

static size_t find_symbols(struct debuginfo *info, struct span name, size_t max, struct debuginfo_symbol *ret)
{
	uint32_t hash = dbg_hash(name), mask = info->n_slots - 1;
	size_t n = 0;

	for (uint32_t probe = 0, at = hash & mask; probe < info->n_slots; probe++, at = (at + 1) & mask) {
		const struct dbg_symbol *symbol;
		bool again = false;

		if (!dbg_check(info, &info->slots[at], sizeof(uint32_t)) || !info->slots[at])
			break;
		symbol = symbol_number(info, info->slots[at] - 1);
		if (symbol->hash != hash || !span_equal(span_of(dbg_string(info, symbol->name)), name))
			continue;
		for (size_t i = 0; i < n && i < max; i++)
			again |= ret[i].addr == symbol->addr;
		if (again)
			continue;
		if (n < max)
			give_symbol(info, symbol, &ret[n]);
		n++;
	}
	return n;
}

struct culprit_error *debuginfo_find_symbols(struct debuginfo *info, struct span name, size_t max,
					     struct debuginfo_symbol *ret, size_t *ret_n)
{
	*ret_n = find_symbols(info, name, max, ret);
	if (info->corrupt) {
		struct culprit_error *err = reload(info);

		if (err)
			return err;
		*ret_n = find_symbols(info, name, max, ret);
	}
	return NULL;
}

/* Number of symbols that begin at or below addr. */
static uint32_t symbols_upto(struct debuginfo *info, uint64_t addr)
{
	uint32_t lo = 0, hi = info->n_symbols;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (symbol_number(info, mid)->addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool symbol_at(struct debuginfo *info, uint64_t addr, struct debuginfo_symbol *ret)
{
	uint32_t n = symbols_upto(info, addr);
	const struct dbg_symbol *symbol;

	if (!n)
		return false;
	/* of several at one address the sort has put the best one last */
	symbol = symbol_number(info, n - 1);
	if (addr - symbol->addr >= symbol->reach)
		return false;
	give_symbol(info, symbol, ret);
	return true;
}

struct culprit_error *debuginfo_symbol_at(struct debuginfo *info, uint64_t addr,
					  struct debuginfo_symbol *ret, bool *ret_found)
{
	*ret_found = symbol_at(info, addr, ret);
	if (info->corrupt) {
		struct culprit_error *err = reload(info);

		if (err)
			return err;
		*ret_found = symbol_at(info, addr, ret);
	}
	return NULL;
}

struct culprit_error *debuginfo_size_fits(struct debuginfo *info, const struct debuginfo_symbol *symbol,
					  uint64_t size, bool *ret)
{
	uint64_t end = symbol->addr + size;
	uint32_t n;

	*ret = size == symbol->size || size == symbol->reach;
	if (*ret || size < symbol->size || end < symbol->addr)
		return NULL;
	/*
	 * A kernel leaves some symbols out (.L, __pfx_ before 6.3, data where
	 * KALLSYMS_ALL=n), and gives the last one of a section all up to the
	 * end of the module's text.
	 */
	n = symbols_upto(info, end);
	if (n && symbol_number(info, n - 1)->addr == end)
		*ret = true;
	else if (symbol->reach >= symbol->size && symbols_upto(info, symbol->addr + symbol->reach) ==
		 symbols_upto(info, symbol->addr))
		*ret = size > symbol->reach;	/* last of its section */
	if (info->corrupt) {
		struct culprit_error *err = reload(info);

		return err ? err : debuginfo_size_fits(info, symbol, size, ret);
	}
	return NULL;
}

/* --------------------------------------------------------------- lines */

/* The unit of addr, or -1. */
static int64_t find_unit(struct debuginfo *info, uint64_t addr)
{
	uint32_t lo = 0, hi = info->n_ranges;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (!dbg_check(info, &info->ranges[mid], sizeof(info->ranges[mid])))
			return -1;
		if (info->ranges[mid].lo <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr >= info->ranges[lo - 1].hi || info->ranges[lo - 1].unit >= info->n_units)
		return -1;
	return info->ranges[lo - 1].unit;
}

static const struct dbg_row *find_row(const struct dbg_unit *unit, uint32_t off)
{
	uint32_t lo = 0, hi = unit->n_rows;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (unit->rows[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &unit->rows[lo - 1] : NULL;
}

static uint32_t find_scope(const struct dbg_segment *segments, uint32_t n, uint32_t off)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (segments[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? segments[lo - 1].scope : 0;
}

static const char *string_or_null(struct debuginfo *info, uint32_t off)
{
	const char *s = dbg_string(info, off);

	return *s ? s : NULL;
}

/* function NULL: the address is in none. */
static size_t expand(struct debuginfo *info, const struct dbg_unit *unit, const struct dbg_function *function,
		     uint32_t off, struct debuginfo_frame *ret)
{
	const struct dbg_row *row = find_row(unit, off);
	uint32_t scope = function ? find_scope(function->segments, function->n_segments, off) : 0;
	uint32_t limit = function ? function->n_scopes : 0;
	size_t n = 0;

	if ((!row || !row->file) && !scope)
		return 0;
	ret[n++] = (struct debuginfo_frame){
		.file = row ? string_or_null(info, row->file) : NULL,
		.line = row ? row->line : 0,
	};
	/* parents stand before their children, so this ends; limit makes it end in a damaged file too */
	while (scope && scope <= limit && n < DEBUGINFO_MAX_FRAMES) {
		const struct dbg_scope *s = &function->scopes[scope - 1];

		ret[n - 1].function = string_or_null(info, s->name);
		limit = scope - 1;
		scope = s->parent;
		if (scope && scope <= limit)
			ret[n++] = (struct debuginfo_frame){
				.file = string_or_null(info, s->call_file),
				.line = s->call_line,
			};
	}
	return n;
}

/* Rows and places of a unit, and its list of functions. */
static struct culprit_error *prepare_unit(struct debuginfo *info, uint32_t number)
{
	struct dbg_unit *unit = &info->units[number];

	if (!unit->loaded)
		return dbg_load_unit(info, number);
	if (unit->owned)
		return NULL;
	if (!dbg_check(info, unit->rows, unit->n_rows * sizeof(*unit->rows)) ||
	    !dbg_check(info, unit->places, unit->n_places * sizeof(*unit->places)) ||
	    !dbg_check(info, unit->files, unit->n_files * sizeof(*unit->files)) || dbg_index_functions(info, unit) ||
	    info->corrupt)
		return NULL;
	return no_memory();
}

/* The function at off with what was inlined into it; NULL in *ret: none. */
static struct culprit_error *prepare_function(struct debuginfo *info, const struct dbg_unit *unit, uint32_t off,
					      const struct dbg_function **ret)
{
	uint32_t number = find_scope(unit->places, unit->n_places, off);
	struct dbg_function *function;

	*ret = NULL;
	if (!number || number > unit->n_functions)
		return NULL;
	function = &unit->functions[number - 1];
	*ret = function;
	if (!function->loaded)
		return dbg_load_function(info, unit, function);
	if (!function->owned && dbg_check(info, function->segments, function->n_segments * sizeof(*function->segments)))
		dbg_check(info, function->scopes, function->n_scopes * sizeof(*function->scopes));
	return NULL;
}

static struct culprit_error *lookup(struct debuginfo *info, uint64_t addr, struct debuginfo_frame *ret, size_t *ret_n)
{
	const struct dbg_function *function;
	struct culprit_error *err;
	struct dbg_unit *unit;
	int64_t at;

	*ret_n = 0;
	if (!info->has_lines)
		return NULL;
	at = find_unit(info, addr);
	/* clang writes no .debug_aranges, and assembly sometimes lacks its part of it */
	if (at < 0 && !info->ranges_complete && !info->corrupt) {
		err = dbg_load_ranges(info, true);
		if (err)
			return err;
		at = find_unit(info, addr);
	}
	if (at < 0)
		return NULL;
	unit = &info->units[at];
	err = prepare_unit(info, (uint32_t)at);
	if (err || info->corrupt || addr < unit->base || addr - unit->base > UINT32_MAX)
		return err;
	err = prepare_function(info, unit, (uint32_t)(addr - unit->base), &function);
	if (!err && !info->corrupt)
		*ret_n = expand(info, unit, function, (uint32_t)(addr - unit->base), ret);
	return err;
}

struct culprit_error *debuginfo_lookup(struct debuginfo *info, uint64_t addr,
				       struct debuginfo_frame *ret, size_t *ret_n)
{
	unsigned int begin = mapped_begin();
	struct culprit_error *err = info->changed ? NULL : lookup(info, addr, ret, ret_n);

	if (!err && info->corrupt) {
		err = reload(info);
		if (!err)
			err = lookup(info, addr, ret, ret_n);
	}
	err = end_reading(info, begin, err);
	if (err)
		*ret_n = 0;
	return err;
}
