/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Demangle: C++ (Itanium) and Rust (legacy and v0) symbols to names, by libiberty.
 *
 *	_ZN4core9panicking5panic17h0123456789abcdefE	core::panicking::panic
 *	_RNvCs1234_7mycrate3foo				mycrate::foo
 *
 * libiberty is linked, not opened: it exists only as an archive, and no
 * library that could be opened instead knows Rust's v0 names.
 */
#ifndef CULPRIT_BASE_DEMANGLE_H
#define CULPRIT_BASE_DEMANGLE_H

#include "base/base.h"

/* Could symbol be mangled at all? Cheap. */
static inline bool is_mangled(struct span symbol)
{
	return symbol.len > 2 && symbol.ptr[0] == '_' && (symbol.ptr[1] == 'R' || symbol.ptr[1] == 'Z');
}

/*
 * The name, without hashes and parameters, in arena; NULL where symbol is not
 * mangled, is too long (4096 bytes), or memory ran out: then use it as it is.
 */
const char *demangle(struct arena *arena, struct span symbol);

#endif
