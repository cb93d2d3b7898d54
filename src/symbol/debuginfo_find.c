/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file: by build ID, by debuglink, by name of a module.
 *
 *	/usr/lib/debug/.build-id/80/3d6d274be516788fc3f34b4ad817bfb0f10009.debug
 *	/usr/lib/debug/lib/modules/6.1.0-56-amd64/kernel/fs/ext4/ext4.ko
 *	obj/modules.order: "kernel/fs/ext4/ext4.ko" (to 5.17), "fs/ext4/ext4.ko", "fs/ext4/ext4.o" (from 6.3)
 *
 * Build IDs are read here without libelf: the answer may be an index that
 * makes opening libelf unnecessary.  Only the headers and notes of ELF files of
 * both classes and byte orders are looked at, with bounds on all counts.
 */
#include "symbol/debuginfo_internal.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------ build ID */

struct elf_file {
	int fd;
	bool wide;		/* ELFCLASS64 */
	bool swap;		/* of the other byte order */
};

static uint64_t field(const struct elf_file *file, const uint8_t *p, size_t bytes)
{
	uint64_t value = 0;
	bool big = file->swap == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | p[big ? i : bytes - 1 - i];
	return value;
}

/* A GNU build ID among the notes at [off, off + size). */
static bool scan_notes(const struct elf_file *file, uint64_t off, uint64_t size, uint64_t alignment, char *ret,
		       size_t ret_size)
{
	uint8_t notes[65536];
	ssize_t got = pread(file->fd, notes, size < sizeof(notes) ? size : sizeof(notes), (off_t)off);
	size_t n = got > 0 ? (size_t)got : 0, at = 0, pad = alignment == 8 ? 7 : 3;

	while (at + 12 <= n) {
		uint64_t name = field(file, notes + at, 4), desc = field(file, notes + at + 4, 4);
		uint64_t type = field(file, notes + at + 8, 4);
		uint64_t start = at + ((12 + name + pad) & ~(uint64_t)pad);

		if (start > n || desc > n - start)
			return false;
		if (type == NT_GNU_BUILD_ID && name == 4 && !memcmp(notes + at + 12, "GNU", 4) && desc &&
		    desc * 2 < ret_size) {
			for (size_t i = 0; i < desc; i++)
				snprintf(ret + 2 * i, 3, "%02x", notes[start + i]);
			return true;
		}
		at = start + ((desc + pad) & ~(uint64_t)pad);
	}
	return false;
}

/* Notes of program headers (PT_NOTE) or of section headers (SHT_NOTE). */
static bool scan_headers(const struct elf_file *file, bool sections, uint64_t off, uint64_t n, uint64_t entsize,
			 char *ret, size_t ret_size)
{
	uint8_t h[64];
	size_t need = sections ? (file->wide ? 64 : 40) : (file->wide ? 56 : 32);

	if (entsize < need || n > 65536)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start, size, alignment;

		if (pread(file->fd, h, need, (off_t)(off + i * entsize)) != (ssize_t)need)
			return false;
		if (field(file, h + (sections ? 4 : 0), 4) != (sections ? (unsigned)SHT_NOTE : (unsigned)PT_NOTE))
			continue;
		if (sections) {
			start = file->wide ? field(file, h + 24, 8) : field(file, h + 16, 4);
			size = file->wide ? field(file, h + 32, 8) : field(file, h + 20, 4);
			alignment = file->wide ? field(file, h + 48, 8) : field(file, h + 32, 4);
		} else {
			start = file->wide ? field(file, h + 8, 8) : field(file, h + 4, 4);
			size = file->wide ? field(file, h + 32, 8) : field(file, h + 16, 4);
			alignment = file->wide ? field(file, h + 48, 8) : field(file, h + 28, 4);
		}
		if (scan_notes(file, start, size, alignment, ret, ret_size))
			return true;
	}
	return false;
}

bool debuginfo_read_build_id(const char *path, char *ret, size_t ret_size)
{
	struct elf_file file = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	uint8_t h[64];
	bool found = false;

	if (file.fd < 0)
		return false;
	if (pread(file.fd, h, sizeof(h), 0) == sizeof(h) && !memcmp(h, ELFMAG, SELFMAG) &&
	    (h[EI_CLASS] == ELFCLASS32 || h[EI_CLASS] == ELFCLASS64) &&
	    (h[EI_DATA] == ELFDATA2LSB || h[EI_DATA] == ELFDATA2MSB)) {
		size_t tail;

		file.wide = h[EI_CLASS] == ELFCLASS64;
		file.swap = (h[EI_DATA] == ELFDATA2LSB) != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
		tail = file.wide ? 54 : 42;	/* e_phentsize and on */
		found = scan_headers(&file, false, file.wide ? field(&file, h + 32, 8) : field(&file, h + 28, 4),
				     field(&file, h + tail + 2, 2), field(&file, h + tail, 2), ret, ret_size) ||
			scan_headers(&file, true, file.wide ? field(&file, h + 40, 8) : field(&file, h + 32, 4),
				     field(&file, h + tail + 6, 2), field(&file, h + tail + 4, 2), ret, ret_size);
	}
	close(file.fd);
	return found;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

char *debuginfo_find_by_build_id(const char *const *dirs, size_t n_dirs, const char *build_id)
{
	if (strlen(build_id) < 4 || strspn(build_id, "0123456789abcdef") != strlen(build_id))
		return NULL;
	for (size_t i = 0; i < n_dirs; i++) {
		char *path;

		if (asprintf(&path, "%s/.build-id/%.2s/%s.debug", dirs[i], build_id, build_id + 2) < 0)
			return NULL;
		if (is_file(path))
			return path;
		free(path);
	}
	return NULL;
}

/* --------------------------------------------------- separate debug files */

/* The CRC-32 of IEEE 802.3, as .gnu_debuglink has it. */
static bool crc_matches(const char *path, uint32_t want)
{
	_cleanup_(freep) uint8_t *buffer = malloc(65536);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint32_t table[256], crc = ~0u;
	ssize_t n = -1;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
	}
	while (fd >= 0 && buffer && (n = read(fd, buffer, 65536)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			crc = crc >> 8 ^ table[(crc ^ buffer[i]) & 255];
	}
	if (fd >= 0)
		close(fd);
	return n == 0 && ~crc == want;
}

/* Without a build ID on either side only the checksum ties the two files together. */
static char *accept_link(char *path, const char *original, const char *build_id, uint32_t crc)
{
	struct stat a, b;

	if (!path)
		return NULL;
	if (is_file(path) && !(!stat(path, &a) && !stat(original, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev) &&
	    (build_id || crc_matches(path, crc)))
		return path;
	free(path);
	return NULL;
}

static char *join(const char *format, const char *a, const char *b, const char *c)
{
	char *path;

	return asprintf(&path, format, a, b, c) < 0 ? NULL : path;
}

char *dbg_find_separate(const char *path, const char *build_id, const char *link, uint32_t link_crc,
			const struct debuginfo_options *options)
{
	_cleanup_(freep) char *dir = strdup(path);
	char *found, *slash;

	if (build_id) {
		found = debuginfo_find_by_build_id(options->debug_dirs, options->n_debug_dirs, build_id);
		if (found)
			return found;
	}
	if (!dir || !link || strchr(link, '/') || !*link)
		return NULL;
	slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	else
		strcpy(dir, *dir ? "." : "");
	found = accept_link(join("%s%s/%s", dir, "", link), path, build_id, link_crc);
	if (!found)
		found = accept_link(join("%s%s/%s", dir, "/.debug", link), path, build_id, link_crc);
	for (size_t i = 0; i < options->n_debug_dirs && !found; i++)
		found = accept_link(join("%s/%s/%s", options->debug_dirs[i], dir, link), path, build_id, link_crc);
	return found;
}

/* ------------------------------------------------------------- modules */

#define MAX_MODULES	65536u
#define MAX_ENTRIES	2000000u	/* directory entries that are looked at */
#define MAX_TREE_DEPTH	32

struct module_file {
	char *name;		/* "nf_tables": no suffix, - written as _ */
	char *path;
};

struct debuginfo_modules {
	struct module_file *files;	/* sorted by name */
	size_t n, cap;
	size_t entries;			/* looked at */
};

void debuginfo_modules_destroy(struct debuginfo_modules *modules)
{
	if (!modules)
		return;
	for (size_t i = 0; i < modules->n; i++) {
		free(modules->files[i].name);
		free(modules->files[i].path);
	}
	free(modules->files);
	free(modules);
}

/* "nf-tables.ko.xz": 9, the length of the module's name; 0: no module. */
static size_t module_name_len(const char *file)
{
	static const char *const suffixes[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz", ".ko.debug" };
	size_t len = strlen(file);

	for (size_t i = 0; i < countof(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && !strcmp(file + len - n, suffixes[i]))
			return len - n;
	}
	return 0;
}

static bool add_module(struct debuginfo_modules *modules, const char *dir, const char *file, size_t name_len)
{
	struct module_file *entry;

	if (modules->n == MAX_MODULES)
		return true;
	if (modules->n == modules->cap) {
		size_t cap = modules->cap ? modules->cap * 2 : 256;
		void *grown = realloc(modules->files, cap * sizeof(*modules->files));

		if (!grown)
			return false;
		modules->files = grown;
		modules->cap = cap;
	}
	entry = &modules->files[modules->n];
	entry->name = strndup(file, name_len);
	entry->path = join("%s/%s%s", dir, file, "");
	modules->n++;
	if (!entry->name || !entry->path)
		return false;
	for (char *p = entry->name; *p; p++)
		*p = *p == '-' ? '_' : *p;
	return true;
}

/* Whole trees: bounded in depth and entries; symbolic links to directories are not followed. */
static bool walk(struct debuginfo_modules *modules, const char *path, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool good = true;

	if (!dir)
		return true;
	while (good && modules->entries < MAX_ENTRIES && (entry = readdir(dir))) {
		size_t len = module_name_len(entry->d_name);
		int type = entry->d_type;

		modules->entries++;
		if (entry->d_name[0] == '.')
			continue;
		if (type == DT_UNKNOWN) {
			struct stat st;

			if (!fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
				type = S_ISDIR(st.st_mode) ? DT_DIR : DT_REG;
		}
		if (type == DT_DIR && depth < MAX_TREE_DEPTH) {
			char *sub = join("%s/%s%s", path, entry->d_name, "");

			good = sub && walk(modules, sub, depth + 1);
			free(sub);
		} else if (len && type != DT_DIR) {
			good = add_module(modules, path, entry->d_name, len);
		}
	}
	closedir(dir);
	return good;
}

static int compare_modules(const void *a, const void *b)
{
	const struct module_file *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name ? by_name : strcmp(x->path, y->path);
}

struct culprit_error *debuginfo_modules_create(const char *dir, struct debuginfo_modules **ret)
{
	struct debuginfo_modules *modules = calloc(1, sizeof(*modules));
	struct stat st;

	if (!modules)
		return &culprit_error_no_memory;
	if (stat(dir, &st) || !S_ISDIR(st.st_mode)) {
		free(modules);
		return stat(dir, &st) ? culprit_error_errno("%s", dir) :
					culprit_error_create(CULPRIT_ERROR_USAGE, "%s: not a directory", dir);
	}
	if (!walk(modules, dir, 0)) {
		debuginfo_modules_destroy(modules);
		return &culprit_error_no_memory;
	}
	if (modules->n)
		qsort(modules->files, modules->n, sizeof(*modules->files), compare_modules);
	*ret = modules;
	return NULL;
}

const char *debuginfo_modules_find(const struct debuginfo_modules *modules, struct span name)
{
	char wanted[128];
	size_t lo = 0, hi = modules->n;

	if (!name.len || name.len >= sizeof(wanted))
		return NULL;
	for (size_t i = 0; i < name.len; i++)
		wanted[i] = name.ptr[i] == '-' ? '_' : name.ptr[i];
	wanted[name.len] = 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(modules->files[mid].name, wanted) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < modules->n && !strcmp(modules->files[lo].name, wanted) ? modules->files[lo].path : NULL;
}
