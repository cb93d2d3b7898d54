/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source paths of debug information: as they are kept, and where the tree is
 * that they lie in.
 *
 *	DW_AT_name "../mm/slub.c"  DW_AT_comp_dir "/build/linux/obj"
 *
 * is kept as "/build/linux/mm/slub.c", and votes for the root "/build/linux/".
 * Refuses paths of 8 KiB and more: they count as unknown.
 */
#include <stdio.h>

#include "symbol/debuginfo_dwarf.h"

#define DWARF_FUNCTIONS(X) \
	X(dwarf_get_units) X(dwarf_diename) X(dwarf_attr) X(dwarf_formstring)
DYNLIB_TABLE(dw, DWARF_FUNCTIONS, "libdw.so.1", "libdw1");

/*
 * dir/./a/../b.c to dir/b.c, in place.  A leading .. stays.
 */
static size_t normalize(char *path)
{
	size_t starts[128], n = 0, out = 0, in = 0;
	bool absolute = *path == '/';

	if (absolute)
		in = out = 1;
	while (path[in]) {
		size_t len = strcspn(path + in, "/");

		if (len == 2 && path[in] == '.' && path[in + 1] == '.' && n) {
			out = starts[--n];
		} else if (len && !(len == 1 && path[in] == '.')) {
			bool up = len == 2 && path[in] == '.' && path[in + 1] == '.';

			if (!up && n < countof(starts))
				starts[n++] = out;
			if (out > (absolute ? 1u : 0u))
				path[out++] = '/';
			memmove(path + out, path + in, len);
			out += len;
		}
		in += len;
		while (path[in] == '/')
			in++;
	}
	path[out] = 0;
	return out;
}

/* A source path as it is kept: normalized, and without the directory of the build where it begins with that. */
static struct culprit_error *intern_path(struct debuginfo *info, const char *directory, const char *path, uint32_t *ret)
{
	struct culprit_error *err;
	char kept[8192], dir[4096];
	size_t len, dir_len = directory ? strlen(directory) : 0;

	len = strlen(path);
	if (len + dir_len + 2 > sizeof(kept)) {
		*ret = 0;
		return NULL;
	}
	/* libdw leaves "../mm/slub.c" as it is */
	if (!strncmp(path, "../", 3) && dir_len && *directory == '/') {
		memcpy(kept, directory, dir_len);
		kept[dir_len] = '/';
		memcpy(kept + dir_len + 1, path, len + 1);
	} else {
		memcpy(kept, path, len + 1);
	}
	len = normalize(kept);
	path = kept;
	if (dir_len && dir_len + 2 < sizeof(dir)) {
		memcpy(dir, directory, dir_len + 1);
		dir_len = normalize(dir);
		if (len > dir_len + 1 && !memcmp(kept, dir, dir_len) && kept[dir_len] == '/') {
			path += dir_len + 1;
			len -= dir_len + 1;
		}
	}
	err = dbg_intern(info, (struct span){ path, len }, ret);
	return err;
}

struct culprit_error *dbg_remember_path(struct debuginfo *info, const char *directory, const char *path, uint32_t *ret)
{
	struct dbg_known_path *known = info->known_paths;
	struct culprit_error *err;

	known += ((uintptr_t)path >> 3 ^ (uintptr_t)path >> 11) % countof(info->known_paths);
	/* units share strings, but not necessarily the directory */
	if (known->path == path && known->directory == directory) {
		*ret = known->id;
		return NULL;
	}
	err = intern_path(info, directory, path, ret);
	if (!err)
		*known = (struct dbg_known_path){ .path = path, .directory = directory, .id = *ret };
	return err;
}

/* Directories at the top of a kernel tree. */
static const char *const top_dirs[] = {
	"arch", "block", "certs", "crypto", "drivers", "fs", "include", "init", "io_uring", "ipc", "kernel", "lib",
	"mm", "net", "rust", "samples", "scripts", "security", "sound", "tools", "usr", "virt",
};

struct vote {
	char *root;
	size_t len;
	size_t n;
};

static struct culprit_error *cast_vote(struct vote *votes, size_t max, size_t *n, const char *path, size_t len)
{
	for (size_t i = 0; i < *n; i++) {
		if (votes[i].len == len && !memcmp(votes[i].root, path, len)) {
			votes[i].n++;
			return NULL;
		}
	}
	if (*n == max)
		return NULL;
	votes[*n].root = strndup(path, len);
	if (!votes[*n].root)
		return &culprit_error_no_memory;
	votes[*n].len = len;
	votes[(*n)++].n = 1;
	return NULL;
}

static struct culprit_error *vote_for(struct vote *votes, size_t max, size_t *n, const char *path)
{
	struct culprit_error *err = NULL;

	for (const char *at = strchr(path, '/'); at && !err; at = strchr(at + 1, '/')) {
		for (size_t i = 0; i < countof(top_dirs) && !err; i++) {
			size_t len = strlen(top_dirs[i]);

			if (!strncmp(at + 1, top_dirs[i], len) && at[1 + len] == '/')
				err = cast_vote(votes, max, n, path, (size_t)(at + 1 - path));
		}
	}
	return err;
}

/* A sample is enough, and does not read all pages of .debug_info. */
#define ALL_OF_FIRST	64

#define ONE_IN		16

/*
 * Each unit with an absolute name votes for what stands before any directory
 * that looks like a kernel's top; the winner, the longest of several, is the
 * root.  Fails where all of a file's units lie below one subdirectory that
 * itself has such a name inside ("fs/kernel/").
 */
static struct culprit_error *vote_of_unit(struct vote *votes, size_t max, size_t *n, Dwarf_Die *die)
{
	const char *name = dw.dwarf_diename(die), *dir = NULL;
	_cleanup_(freep) char *path = NULL;
	Dwarf_Attribute attr;

	if (name && *name == '/')
		return vote_for(votes, max, n, name);
	/* make O=build: "../mm/slub.c" of a unit that was compiled in the tree's build directory */
	if (!name || strncmp(name, "../", 3) || !dw.dwarf_attr(die, DW_AT_comp_dir, &attr) ||
	    !(dir = dw.dwarf_formstring(&attr)) || *dir != '/')
		return NULL;
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return &culprit_error_no_memory;
	}
	normalize(path);
	return vote_for(votes, max, n, path);
}

struct culprit_error *dbg_load_source_root(struct debuginfo *info)
{
	struct vote votes[256] = { 0 };
	struct culprit_error *err;
	size_t n = 0, best = 0, units = 0;
	Dwarf_CU *cu = NULL, *next;
	uint64_t bias;
	Dwarf_Die die;
	Dwarf *dwarf;

	err = dbg_get_dwarf(&dw_lib, info, &dwarf, &bias);
	while (!err && units++ < DBG_MAX_UNITS && dw.dwarf_get_units(dwarf, cu, &next, NULL, NULL, &die, NULL) == 0) {
		cu = next;
		if (units <= ALL_OF_FIRST || units % ONE_IN == 0)
			err = vote_of_unit(votes, countof(votes), &n, &die);
	}
	for (size_t i = 1; i < n; i++) {
		if (votes[i].n > votes[best].n || (votes[i].n == votes[best].n && votes[i].len > votes[best].len))
			best = i;
	}
	if (!err) {
		info->source_root = n ? no_free_ptr(votes[best].root) : strdup("");
		info->grown = true;
		if (!info->source_root)
			err = &culprit_error_no_memory;
	}
	for (size_t i = 0; i < n; i++)
		free(votes[i].root);
	return err;
}
