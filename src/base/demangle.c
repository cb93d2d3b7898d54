/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/demangle.h"

#include <errno.h>

#include <libiberty/demangle.h>

#define MAX_SYMBOL_BYTES 4096

const char *demangle(struct arena *arena, struct span symbol)
{
	_cleanup_(freep) char *copy = NULL;
	_cleanup_(freep) char *name = NULL;

	if (!is_mangled(symbol) || symbol.len > MAX_SYMBOL_BYTES)
		return NULL;
	copy = strndup(symbol.ptr, symbol.len);
	/* NULL is also what it gives for a name that it does not understand. */
	errno = 0;
	/* Without DMGL_VERBOSE Rust's hashes are left out, without DMGL_PARAMS C++'s parameters. */
	name = copy ? cplus_demangle(copy, DMGL_AUTO | DMGL_ANSI) : NULL;
	arena->failed |= !copy || (!name && errno == ENOMEM);
	return name ? arena_dup(arena, span_of(name)) : NULL;
}
