/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One place, asked for by hand: what addr2line and faddr2line are for.
 */
#include <stdio.h>

#include "symbol/symbolize_parts.h"

#define MAX_PLACES 32u

/* What was asked for. */
struct asked {
	struct span name;	/* empty: an address */
	struct span module;
	uint64_t offset, size;	/* size 0: not said */
	uint64_t address;
};

static struct culprit_error *refuse(const char *what)
{
	return culprit_error_create(CULPRIT_ERROR_USAGE,
				    "'%s' is no place: give an address, or FUNCTION+0xOFFSET, FUNCTION+0xOFFSET/0xSIZE",
				    what);
}

/* "[ext4]" behind a blank; empty: none. *rest is what stands in front. */
static struct span module_of(struct span s, struct span *rest)
{
	ptrdiff_t at = span_find(s, SPAN(" ["));

	*rest = s;
	if (at < 0 || s.ptr[s.len - 1] != ']')
		return (struct span){ s.ptr, 0 };
	*rest = (struct span){ s.ptr, (size_t)at };
	return (struct span){ s.ptr + at + 2, s.len - (size_t)at - 3 };
}

static bool read_asked(const char *what, struct asked *ret)
{
	struct span s, number;
	const char *plus;
	size_t used;

	*ret = (struct asked){ 0 };
	ret->module = module_of(span_trim(span_of(what)), &s);
	if (!s.len)
		return false;
	plus = memchr(s.ptr, '+', s.len);
	/* "deadbeef" could be either: whoever names a function by letters up to f says 0x or +0x0 */
	if (!plus && parse_hex64(s, &ret->address, &used) && used == s.len && used >= 8)
		return true;
	if (!plus && span_starts(s, SPAN("0x")))
		return parse_hex64(s, &ret->address, &used) && used == s.len;
	ret->name = (struct span){ s.ptr, plus ? (size_t)(plus - s.ptr) : s.len };
	if (!plus)
		return ret->name.len && !memchr(s.ptr, ' ', s.len);
	number = span_skip(s, ret->name.len + 1);
	if (!ret->name.len || !parse_hex64(number, &ret->offset, &used))
		return false;
	number = span_skip(number, used);
	if (!number.len)
		return true;
	return number.ptr[0] == '/' && parse_hex64(span_skip(number, 1), &ret->size, &used) && used + 1 == number.len;
}

static const char *strip(const char *path, const char *prefix)
{
	size_t len = prefix ? strlen(prefix) : 0;

	return len && !strncmp(path, prefix, len) && path[len] ? path + len : path;
}

static struct culprit_error *add_place(const struct symbolizer *symbolizer, struct debuginfo *info,
				       const struct debuginfo_symbol *symbol, uint64_t offset, struct span module,
				       struct buf *ret)
{
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
	struct culprit_error *err;
	const char *root;
	size_t n;

	err = debuginfo_lookup(info, symbol->addr + offset, frames, &n);
	if (!err)
		err = debuginfo_source_root(info, &root);
	if (err)
		return err;
	if (!buf_printf(ret, "%s+0x%llx/0x%llx", symbol->name, (unsigned long long)offset, (unsigned long long)symbol->reach) ||
	    (module.len && !buf_printf(ret, " [%.*s]", (int)module.len, module.ptr)) || !buf_add_str(ret, ":\n"))
		return no_memory();
	for (size_t i = 0; i < n; i++) {
		const char *file = frames[i].file ? strip(strip(frames[i].file, symbolizer->source_dir), root) : "??";

		if (!buf_printf(ret, "  %s %s", frames[i].function ? frames[i].function : symbol->name, file) ||
		    (frames[i].line && !buf_printf(ret, ":%u", frames[i].line)) ||
		    !buf_add_str(ret, i + 1 < n ? " [inline]\n" : "\n"))
			return no_memory();
	}
	return n || buf_add_str(ret, "  no line is known\n") ? NULL : no_memory();
}

static struct culprit_error *find_address(const struct symbolizer *symbolizer, struct debuginfo *info,
					  const struct asked *asked, struct buf *ret)
{
	const uint64_t *moved = symbolizer->options.kernel_offset;
	uint64_t address = asked->address - (moved ? *moved : 0);
	struct debuginfo_symbol symbol;
	struct culprit_error *err;
	bool found;

	err = debuginfo_symbol_at(info, address, &symbol, &found);
	if (err)
		return err;
	if (!found)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no function at 0x%llx in %s (see --kernel-offset)",
					    (unsigned long long)asked->address, debuginfo_path(info));
	return add_place(symbolizer, info, &symbol, address - symbol.addr, asked->module, ret);
}

/* Is it the function that was asked for, by its size? And is the offset inside? */
static struct culprit_error *symbol_fits(struct debuginfo *info, const struct debuginfo_symbol *symbol,
					 const struct asked *asked, bool force, bool *ret)
{
	*ret = asked->offset < symbol->reach || (!asked->offset && !symbol->reach);
	if (!*ret || !asked->size || force)
		return NULL;
	return debuginfo_size_fits(info, symbol, asked->size, ret);
}

static struct culprit_error *find_name(const struct symbolizer *symbolizer, struct debuginfo *info,
				       const struct asked *asked, struct buf *ret)
{
	struct debuginfo_symbol symbols[MAX_PLACES];
	struct culprit_error *err;
	size_t n, told = 0;

	err = debuginfo_find_symbols(info, asked->name, MAX_PLACES, symbols, &n);
	for (size_t i = 0; !err && i < n && i < MAX_PLACES; i++) {
		bool fits;

		err = symbol_fits(info, &symbols[i], asked, symbolizer->options.force, &fits);
		if (!err && fits)
			err = add_place(symbolizer, info, &symbols[i], asked->offset, asked->module, ret);
		told += !err && fits;
	}
	if (err || told)
		return err;
	return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, n ? "%.*s has another size in %s, or is shorter" :
									"no function %.*s in %s",
				    (int)asked->name.len, asked->name.ptr, debuginfo_path(info));
}

struct culprit_error *symbolizer_find_place(struct symbolizer *symbolizer, const char *what, struct buf *ret)
{
	const struct culprit_report nothing = { .title = "", .text = "" };
	struct culprit_error *err;
	struct module *module;
	struct asked asked;

	if (!read_asked(what, &asked))
		return refuse(what);
	err = symbolizer_find_module(symbolizer, asked.module, SPAN(""), &nothing, &module);
	if (err)
		return err;
	if (!module || !module->info)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s%s%s", module ? module->name : "",
					    module && *module->name ? ": " : "",
					    module && module->problem ? module->problem : "too many modules");
	err = asked.name.len ? find_name(symbolizer, module->info, &asked, ret) :
			       find_address(symbolizer, module->info, &asked, ret);
	return err;
}
