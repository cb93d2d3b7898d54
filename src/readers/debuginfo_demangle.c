/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C++ (Itanium) and Rust (legacy and v0) names through libiberty.
 *
 *	_ZN4core9panicking5panic17h0123456789abcdefE	core::panicking::panic
 *	_RNvCs1234_7mycrate3foo				mycrate::foo
 *
 * libiberty is linked, not opened: it exists only as an archive, is 60 KB and
 * needs nothing at the start of the program.  No library that could be opened
 * instead knows Rust's v0 names.
 */
#include "readers/debuginfo.h"

#include <libiberty/demangle.h>

char *debuginfo_demangle(const char *name)
{
	if (strncmp(name, "_Z", 2) && strncmp(name, "_R", 2))
		return NULL;
	if (strnlen(name, 4097) > 4096)
		return NULL;
	/* without DMGL_VERBOSE Rust's hashes are left out; without DMGL_PARAMS C++'s parameters */
	return cplus_demangle(name, DMGL_AUTO | DMGL_ANSI);
}
