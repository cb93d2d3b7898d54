/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug information: addresses and symbols of one ELF file to source lines.
 *
 * The debuginfo*.c files alone see libelf and libdw (elfutils), which are
 * opened when first needed.  libdw reads DWARF 4 and 5; over it stand tables of
 * our own (address to unit, and per unit line rows and inline intervals), made
 * when a unit is first touched and searched by bisection, because libdw's own
 * walk from address to scope costs milliseconds each time.  The tables can be
 * kept in a file per build ID, and are then used without opening libdw at all.
 *
 * Addresses are those of the file as linked: the load address of a vmlinux,
 * for a relocatable module the layout that libdwfl gives its sections
 * (section start + offset in section; stable for one file).
 *
 * A struct debuginfo belongs to one thread at a time.  Strings handed out live
 * until debuginfo_close() unless said otherwise.
 */
#ifndef CULPRIT_SYMBOL_DEBUGINFO_H
#define CULPRIT_SYMBOL_DEBUGINFO_H

#include "base/base.h"

struct debuginfo;

struct debuginfo_options {
	const char *cache_dir;			/* NULL: neither read nor write an index */
	const char *const *debug_dirs;		/* where separate debug files are looked for */
	size_t n_debug_dirs;
	bool debuginfod;			/* where none is found, ask the servers of $DEBUGINFOD_URLS */
};

/*
 * options may be NULL.  path may be compressed as a whole (gzip, xz, zstd,
 * bzip2).  A file without DWARF is replaced by its separate debug file where
 * one is found, by build ID or debuglink.
 * Errors: those of debuginfod_fetch() where options say so; OS; FORMAT for what is no ELF file; LIMIT; NOT_FOUND where libdw is
 * not installed.  A file without DWARF is no error.
 */
struct culprit_error *debuginfo_open(const char *path, const struct debuginfo_options *options,
				     struct debuginfo **ret);

/* Writes the index where it has grown; that cannot fail in a way that matters. NULL is fine. */
void debuginfo_close(struct debuginfo *info);
void debuginfo_closep(struct debuginfo **info);

/* Lower-case hexadecimal; NULL without one. */
const char *debuginfo_build_id(const struct debuginfo *info);

/* The path of the file in use: the separate debug file where there is one. */
const char *debuginfo_path(const struct debuginfo *info);

/* "Linux version 6.1.0-56-amd64 (...)" of a vmlinux; NULL for other files. */
const char *debuginfo_banner(const struct debuginfo *info);

/* False: symbols only. */
bool debuginfo_has_lines(const struct debuginfo *info);

/* True for a kernel module and any other ET_REL file. */
bool debuginfo_is_relocatable(const struct debuginfo *info);

/*
 * The directory that most absolute source paths of the file share, with its
 * slash, e.g. "/build/linux-6.1/"; "" where there is none.
 */
struct culprit_error *debuginfo_source_root(struct debuginfo *info, const char **ret);

/* ------------------------------------------------------------- symbols */

struct debuginfo_symbol {
	const char *name;
	uint64_t addr;
	uint64_t size;		/* st_size; 0 for much assembly */
	uint64_t reach;		/* bytes up to the next symbol or the section's end */
};

/*
 * Code symbols of that very name, distinct addresses, up to max of them;
 * *ret_n may be more than max and then says how many there are.
 */
struct culprit_error *debuginfo_find_symbols(struct debuginfo *info, struct span name, size_t max,
					     struct debuginfo_symbol *ret, size_t *ret_n);

/* The symbol whose [addr, addr + reach) holds addr. *ret_found false: none. */
struct culprit_error *debuginfo_symbol_at(struct debuginfo *info, uint64_t addr,
					  struct debuginfo_symbol *ret, bool *ret_found);

/*
 * Can a log have printed size for this symbol?  A kernel prints the distance
 * to the next symbol that it keeps, padding included, not st_size.
 */
struct culprit_error *debuginfo_size_fits(struct debuginfo *info, const struct debuginfo_symbol *symbol,
					  uint64_t size, bool *ret);

/* --------------------------------------------------------------- lines */

#define DEBUGINFO_MAX_FRAMES 64

struct debuginfo_frame {
	const char *function;	/* demangled; NULL where DWARF names none (assembly) */
	const char *file;	/* relative to the build directory, or absolute; NULL: not known */
	uint32_t line;		/* 0: not known */
};

/*
 * Source position of addr, inlined functions expanded: innermost first, the
 * physical function last.  *ret_n is 0 where nothing is known; ret has
 * DEBUGINFO_MAX_FRAMES elements.
 * Errors: FORMAT, LIMIT for broken DWARF.
 */
struct culprit_error *debuginfo_lookup(struct debuginfo *info, uint64_t addr,
				       struct debuginfo_frame *ret, size_t *ret_n);

/* ------------------------------------------------------- finding files */

/*
 * The build ID of an ELF file in lower-case hexadecimal, read without any
 * library; false where there is none or it is no (uncompressed) ELF file.
 */
bool debuginfo_read_build_id(const char *path, char *ret, size_t ret_size);

/* DIR/.build-id/ab/cdef.debug in one of dirs, or NULL. The caller frees. */
char *debuginfo_find_by_build_id(const char *const *dirs, size_t n_dirs, const char *build_id);

/*
 * The kernel modules under a directory.  name takes - and _ for the same, as
 * the kernel does.  The path is borrowed; NULL: no such module.
 */
struct debuginfo_modules;

struct culprit_error *debuginfo_modules_create(const char *dir, struct debuginfo_modules **ret);
void debuginfo_modules_destroy(struct debuginfo_modules *modules);
const char *debuginfo_modules_find(const struct debuginfo_modules *modules, struct span name);

#endif
