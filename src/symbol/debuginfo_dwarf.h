/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files that read DWARF (debuginfo_dwarf.c, debuginfo_ranges.c,
 * debuginfo_paths.c) share.  Nobody else includes this, or libdw.
 */
#ifndef CULPRIT_SYMBOL_DEBUGINFO_DWARF_H
#define CULPRIT_SYMBOL_DEBUGINFO_DWARF_H

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "base/dynlib.h"
#include "symbol/debuginfo_internal.h"

/* The handle, and what is to be added to its addresses; lib is the caller's table of functions. */
static inline struct culprit_error *dbg_get_dwarf(struct dynlib *lib, struct debuginfo *info, Dwarf **ret,
						  uint64_t *ret_bias)
{
	struct culprit_error *err = dynlib_load(lib);
	void *dwarf = NULL;

	if (!err)
		err = dbg_live_dwarf(info, &dwarf, ret_bias);
	*ret = dwarf;
	return err;
}

static inline struct culprit_error *dbg_over(const struct debuginfo *info, const char *what)
{
	return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: DWARF with more %s than any real file has", info->path,
				    what);
}

/* Room for one more of the array in *list. */
static inline bool dbg_make_room(void *list, size_t size, size_t n, size_t *cap)
{
	void **array = list, *grown;
	size_t more = *cap ? *cap * 2 : 256;

	if (n < *cap)
		return true;
	grown = realloc(*array, more * size);
	if (!grown)
		return false;
	*array = grown;
	*cap = more;
	return true;
}

#endif
