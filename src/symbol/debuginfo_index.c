/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables as a file: CACHE_DIR/BUILD_ID.idx.
 *
 *	header, one checksum per block of the body, padding to a whole block
 *	body: symbols, name hash, ranges, units, the units' tables, strings
 *
 * All in the machine's own byte order and layout (the magic number says so):
 * an index is a cache and never leaves its machine.  The header's checksum
 * covers the header and the blocks' checksums and is verified at once; blocks
 * are read and verified when first touched (dbg_check()), so that a look-up costs
 * the pages that it needs and not the whole file.  They are not mapped from the
 * file: one that somebody cuts short is damaged, and ends nobody with SIGBUS.
 *
 * Written to a temporary name and renamed.  Not used: another version, build
 * ID, size of ELF file, a bad dbg_checksum, a table outside the body.  One file is
 * bounded by MAX_UNIT_BYTES of units' tables, the directory by MAX_DIR_BYTES,
 * above which the files that were not used for longest go.
 */
#include "symbol/debuginfo_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"

#define MAGIC		0x31786469706c7563ull	/* "culpidx1" */
#define VERSION		3u
#define MAX_UNIT_BYTES	(96ull << 20)
#define MAX_FILE_BYTES	(1ull << 30)
#define MAX_DIR_BYTES	(512ull << 20)
#define MAX_FILES	8192u
#define LEFT_BEHIND_SECONDS 3600	/* no write takes so long */
#define BUFFER_BLOCKS	32u

struct table {
	uint64_t off;		/* in the body */
	uint64_t bytes;
};

enum { SYMBOLS, SLOTS, RANGES, UNITS, STRINGS, N_TABLES };

struct header {
	uint64_t magic;
	uint32_t version;
	uint32_t n_blocks;
	uint64_t sum;		/* of all that is below, and the blocks' checksums */
	uint64_t body;		/* where it begins */
	uint64_t file_bytes;	/* of the ELF file */
	uint32_t machine;
	uint8_t relocatable, has_lines, ranges_complete, has_root;
	uint32_t path, banner, root;	/* strings */
	struct table tables[N_TABLES];
	char build_id[136];
};

struct unit_on_disk {
	uint64_t die_off, base;
	uint64_t off;		/* of rows, places, files, functions in the body; 0: not loaded */
	uint32_t n_rows, n_places, n_files, n_functions;
};

struct function_on_disk {
	uint64_t die_off;
	uint64_t off;		/* of segments, scopes in the body; 0: not loaded */
	uint32_t n_segments, n_scopes;
};

static uint64_t align(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Rows, places and files, without what comes up to the functions. */
static uint64_t lines_bytes(const struct unit_on_disk *disk)
{
	return (uint64_t)disk->n_rows * sizeof(struct dbg_row) + (uint64_t)disk->n_places * sizeof(struct dbg_segment) +
	       (uint64_t)disk->n_files * sizeof(uint32_t);
}

static char *index_path(const struct debuginfo *info)
{
	char *path;

	return asprintf(&path, "%s/%s.idx", info->cache_dir, info->build_id) < 0 ? NULL : path;
}

/* ---------------------------------------------------------------- read */

void dbg_index_unmap(struct debuginfo *info)
{
	if (!info->cache)
		return;
	munmap(info->cache->map, info->cache->size);
	close(info->cache->fd);
	free(info->cache->checked);
	free(info->cache);
	info->cache = NULL;
}

static uint64_t header_sum(const struct header *header)
{
	struct header copy = *header;

	copy.sum = 0;
	return dbg_checksum(&copy, sizeof(copy)) ^ dbg_checksum(header + 1, header->n_blocks * sizeof(uint64_t));
}

static bool header_holds(const struct header *header, const struct debuginfo *info, size_t size)
{
	uint64_t bytes = size - header->body;

	if (header->magic != MAGIC || header->version != VERSION || header->body % DBG_BLOCK_BYTES ||
	    header->body >= size || bytes != (uint64_t)header->n_blocks * DBG_BLOCK_BYTES ||
	    sizeof(*header) + header->n_blocks * sizeof(uint64_t) > header->body)
		return false;
	if (header_sum(header) != header->sum || header->build_id[sizeof(header->build_id) - 1] ||
	    strcmp(header->build_id, info->build_id))
		return false;
	for (int i = 0; i < N_TABLES; i++) {
		const struct table *table = &header->tables[i];

		if (table->off % 8 || table->off > bytes || table->bytes > bytes - table->off)
			return false;
	}
	return true;
}

static bool load_units(struct debuginfo *info, const struct header *header)
{
	const struct table *table = &header->tables[UNITS];
	const uint8_t *body = info->cache->map + header->body;
	const struct unit_on_disk *disk = (const void *)(body + table->off);
	uint64_t bytes = info->cache->size - header->body;
	size_t n = table->bytes / sizeof(*disk);

	info->units = calloc(n + 1, sizeof(*info->units));
	if (!info->units || n > DBG_MAX_UNITS || !dbg_check(info, disk, table->bytes))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct dbg_unit *unit = &info->units[i];
		uint64_t lines = align(lines_bytes(&disk[i]), 8);
		uint64_t need = lines + (uint64_t)disk[i].n_functions * sizeof(struct function_on_disk);

		unit->die_off = disk[i].die_off;
		if (!disk[i].off || disk[i].off % 8 || disk[i].off > bytes || need > bytes - disk[i].off)
			continue;
		unit->base = disk[i].base;
		unit->rows = (const void *)(body + disk[i].off);
		unit->places = (const void *)(unit->rows + disk[i].n_rows);
		unit->files = (const void *)(unit->places + disk[i].n_places);
		unit->mapped_functions = body + disk[i].off + lines;
		unit->n_rows = disk[i].n_rows;
		unit->n_places = disk[i].n_places;
		unit->n_files = disk[i].n_files;
		unit->n_functions = disk[i].n_functions;
		unit->loaded = true;
	}
	info->n_units = (uint32_t)n;
	return true;
}

bool dbg_index_functions(struct debuginfo *info, struct dbg_unit *unit)
{
	const struct function_on_disk *disk = unit->mapped_functions;
	const uint8_t *body;
	uint64_t bytes;

	if (unit->functions || !disk)
		return true;
	body = info->cache->map + info->cache->body;
	bytes = info->cache->size - info->cache->body;
	if (!dbg_check(info, disk, unit->n_functions * sizeof(*disk)))
		return false;
	unit->functions = calloc((size_t)unit->n_functions + 1, sizeof(*unit->functions));
	for (uint32_t i = 0; unit->functions && i < unit->n_functions; i++) {
		struct dbg_function *function = &unit->functions[i];
		uint64_t need = (uint64_t)disk[i].n_segments * sizeof(struct dbg_segment) +
				(uint64_t)disk[i].n_scopes * sizeof(struct dbg_scope);

		function->die_off = disk[i].die_off;
		if (!disk[i].off || disk[i].off % 4 || disk[i].off > bytes || need > bytes - disk[i].off)
			continue;
		function->segments = (const void *)(body + disk[i].off);
		function->scopes = (const void *)(function->segments + disk[i].n_segments);
		function->n_segments = disk[i].n_segments;
		function->n_scopes = disk[i].n_scopes;
		function->loaded = true;
	}
	return unit->functions;
}

static bool load_strings(struct debuginfo *info, const struct header *header)
{
	const struct table *table = &header->tables[STRINGS];
	const char *strings = (const char *)info->cache->map + header->body + table->off;

	/* the last byte is NUL, so that every string ends */
	if (!table->bytes || table->bytes > UINT32_MAX / 2 || !dbg_check(info, strings + table->bytes - 1, 1) ||
	    strings[table->bytes - 1])
		return false;
	info->strings = strings;
	info->strings_len = (uint32_t)table->bytes;
	return true;
}

static bool copy_string(struct debuginfo *info, uint32_t off, char **ret)
{
	const char *s = dbg_string(info, off);

	*ret = *s ? strdup(s) : NULL;
	return !*s || *ret;
}

/* The tables from the mapped file; false where they are of no use. */
static bool use_map(struct debuginfo *info)
{
	const struct header *header = (const void *)info->cache->map;
	const uint8_t *body = info->cache->map + header->body;
	const struct table *tables = header->tables;
	char *path = NULL;
	struct stat st;

	if (stat(info->path, &st) || (uint64_t)st.st_size != header->file_bytes || !load_units(info, header) ||
	    !load_strings(info, header) || !copy_string(info, header->path, &path))
		return false;
	if (path) {
		free(info->path);
		info->path = path;
	}
	if (!copy_string(info, header->banner, &info->banner))
		return false;
	if (header->has_root && !(info->source_root = strdup(dbg_string(info, header->root))))
		return false;
	info->symbols = (void *)(uintptr_t)(body + tables[SYMBOLS].off);
	info->n_symbols = (uint32_t)(tables[SYMBOLS].bytes / sizeof(*info->symbols));
	info->slots = (void *)(uintptr_t)(body + tables[SLOTS].off);
	info->n_slots = (uint32_t)(tables[SLOTS].bytes / sizeof(*info->slots));
	info->ranges = (void *)(uintptr_t)(body + tables[RANGES].off);
	info->n_ranges = (uint32_t)(tables[RANGES].bytes / sizeof(*info->ranges));
	info->file_bytes = header->file_bytes;
	info->machine = (uint16_t)header->machine;
	info->relocatable = header->relocatable;
	info->has_lines = header->has_lines;
	info->ranges_complete = header->ranges_complete;
	return !(info->n_slots & (info->n_slots - 1)) && !info->corrupt;
}

/* Used lately, for whoever has to throw files away. */
static void mark_used(int fd, const struct stat *st)
{
	if (st->st_mtime + 3600 < time(NULL))
		futimens(fd, NULL);
}

/* The header and the blocks' sums, to the place where the whole file would be mapped. */
static bool read_header(struct dbg_cache *cache)
{
	const struct header *header = (const void *)cache->map;

	if (pread(cache->fd, cache->map, sizeof(*header), 0) != (ssize_t)sizeof(*header) ||
	    header->body < sizeof(*header) || header->body >= cache->size)
		return false;
	return pread(cache->fd, cache->map, header->body, 0) == (ssize_t)header->body;
}

/* Takes fd. */
static bool open_cache(struct debuginfo *info, int fd)
{
	struct dbg_cache *cache = calloc(1, sizeof(*cache));
	const struct header *header;
	struct stat st;

	if (!cache || fstat(fd, &st) || st.st_size < (off_t)sizeof(*header) || (uint64_t)st.st_size > MAX_FILE_BYTES) {
		free(cache);
		close(fd);
		return false;
	}
	*cache = (struct dbg_cache){ .fd = fd, .size = (size_t)st.st_size };
	cache->map = mmap(NULL, cache->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (cache->map == MAP_FAILED) {
		free(cache);
		close(fd);
		return false;
	}
	info->cache = cache;
	header = (const void *)cache->map;
	if (!read_header(cache) || !header_holds(header, info, cache->size))
		return false;
	mark_used(fd, &st);
	cache->body = header->body;
	cache->n_blocks = header->n_blocks;
	cache->sums = (const void *)(header + 1);
	cache->checked = calloc(cache->n_blocks / 64 + 1, sizeof(uint64_t));
	return cache->checked;
}

bool dbg_index_load(struct debuginfo *info)
{
	_cleanup_(freep) char *name = index_path(info);
	char *path = strdup(info->path);
	int fd = name && path ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	bool good = fd >= 0 && open_cache(info, fd) && use_map(info);

	if (!good) {
		struct debuginfo empty = {
			.path = path ? path : info->path, .cache_dir = info->cache_dir, .build_id = info->build_id,
		};

		if (path)
			free(info->path);
		free(info->units);
		free(info->banner);
		free(info->source_root);
		dbg_index_unmap(info);
		*info = empty;
		return false;
	}
	free(path);
	return true;
}

/* --------------------------------------------------------------- write */

struct writer {
	int fd;
	uint8_t *buffer;
	size_t fill;
	uint64_t at;		/* bytes of the body so far */
	uint64_t *sums;
	size_t n_sums, max_sums;
	bool failed;
};

static void flush(struct writer *writer)
{
	size_t done = 0;

	for (size_t i = 0; i + DBG_BLOCK_BYTES <= writer->fill && writer->n_sums < writer->max_sums; i += DBG_BLOCK_BYTES)
		writer->sums[writer->n_sums++] = dbg_checksum(writer->buffer + i, DBG_BLOCK_BYTES);
	while (done < writer->fill && !writer->failed) {
		ssize_t n = write(writer->fd, writer->buffer + done, writer->fill - done);

		if (n < 0 && errno != EINTR)
			writer->failed = true;
		done += n > 0 ? (size_t)n : 0;
	}
	writer->fill = 0;
}

static void put(struct writer *writer, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	while (len) {
		size_t n = BUFFER_BLOCKS * DBG_BLOCK_BYTES - writer->fill;

		if (n > len)
			n = len;
		if (bytes) {
			memcpy(writer->buffer + writer->fill, bytes, n);
			bytes += n;
		} else {
			memset(writer->buffer + writer->fill, 0, n);
		}
		writer->fill += n;
		writer->at += n;
		len -= n;
		if (writer->fill == BUFFER_BLOCKS * DBG_BLOCK_BYTES)
			flush(writer);
	}
}

static void put_table(struct writer *writer, const struct table *table, const void *data)
{
	put(writer, NULL, (size_t)(table->off - writer->at));
	put(writer, data, (size_t)table->bytes);
}

static size_t function_bytes(const struct dbg_function *function)
{
	return function->n_segments * sizeof(*function->segments) + function->n_scopes * sizeof(*function->scopes);
}

struct layout {
	struct header header;
	struct unit_on_disk *units;
	struct function_on_disk *functions;	/* of all units */
	size_t n_functions;
	uint64_t end;
};

static void place(struct layout *layout, int table, uint64_t bytes)
{
	layout->header.tables[table] = (struct table){ .off = layout->end, .bytes = bytes };
	layout->end = align(layout->end + bytes, 8);
}

static bool lay_out_functions(struct debuginfo *info, const struct dbg_unit *unit, struct layout *layout, uint64_t *used)
{
	for (uint32_t i = 0; i < unit->n_functions; i++) {
		const struct dbg_function *function = &unit->functions[i];
		struct function_on_disk *disk = &layout->functions[layout->n_functions++];
		size_t bytes = function_bytes(function);

		*disk = (struct function_on_disk){ .die_off = function->die_off };
		if (!function->loaded || !bytes || *used + bytes > MAX_UNIT_BYTES)
			continue;
		if (!function->owned && !dbg_check(info, function->segments, bytes))
			return false;
		*used += bytes;
		disk->off = layout->end;
		disk->n_segments = function->n_segments;
		disk->n_scopes = function->n_scopes;
		layout->end = align(layout->end + bytes, 8);
	}
	return true;
}

/* Room for the functions of all units, those of mapped ones too. */
static bool list_functions(struct debuginfo *info, struct layout *layout)
{
	size_t n = 0;

	for (uint32_t i = 0; i < info->n_units; i++) {
		if (!dbg_index_functions(info, &info->units[i]))
			return false;
		n += info->units[i].loaded ? info->units[i].n_functions : 0;
	}
	layout->functions = calloc(n + 1, sizeof(*layout->functions));
	return layout->functions;
}

/* Where everything will stand. Mapped tables are checked here, before they are copied. */
static bool lay_out(struct debuginfo *info, struct layout *layout)
{
	uint64_t used = 0;

	if (!list_functions(info, layout))
		return false;
	layout->end = 8;	/* offset 0 means: not there */
	place(layout, SYMBOLS, info->n_symbols * sizeof(*info->symbols));
	place(layout, SLOTS, info->n_slots * sizeof(*info->slots));
	place(layout, RANGES, info->n_ranges * sizeof(*info->ranges));
	place(layout, UNITS, info->n_units * sizeof(*layout->units));
	for (uint32_t i = 0; i < info->n_units; i++) {
		const struct dbg_unit *unit = &info->units[i];
		struct unit_on_disk disk = {
			.die_off = unit->die_off, .base = unit->base, .off = layout->end, .n_rows = unit->n_rows,
			.n_places = unit->n_places, .n_files = unit->n_files, .n_functions = unit->n_functions,
		};
		uint64_t lines = lines_bytes(&disk);
		uint64_t bytes = align(lines, 8) + unit->n_functions * sizeof(*layout->functions);

		layout->units[i].die_off = unit->die_off;
		if (!unit->loaded || !bytes || used + bytes > MAX_UNIT_BYTES)
			continue;
		if (!unit->owned && !dbg_check(info, unit->rows, (size_t)lines))
			return false;
		used += bytes;
		layout->units[i] = disk;
		layout->end = align(layout->end + bytes, 8);
		if (!lay_out_functions(info, unit, layout, &used))
			return false;
	}
	place(layout, STRINGS, (uint64_t)info->strings_len + info->added_len);
	return dbg_check(info, info->symbols, info->n_symbols * sizeof(*info->symbols)) &&
	       dbg_check(info, info->slots, info->n_slots * sizeof(*info->slots)) &&
	       dbg_check(info, info->ranges, info->n_ranges * sizeof(*info->ranges)) &&
	       dbg_check(info, info->strings, info->strings_len);
}

/* Rows, places, files, functions; then what of the functions was loaded. */
static void put_unit(struct writer *writer, const struct dbg_unit *unit, const struct unit_on_disk *disk,
		     const struct function_on_disk *functions)
{
	struct table lines = { .off = disk->off, .bytes = lines_bytes(disk) };
	struct table list = { .off = disk->off + align(lines.bytes, 8), .bytes = unit->n_functions * sizeof(*functions) };

	put_table(writer, &lines, unit->rows);
	put_table(writer, &list, functions);
	for (uint32_t i = 0; i < unit->n_functions; i++) {
		struct table at = { .off = functions[i].off, .bytes = function_bytes(&unit->functions[i]) };

		if (at.off)
			put_table(writer, &at, unit->functions[i].segments);
	}
}

static void put_body(struct writer *writer, struct debuginfo *info, const struct layout *layout)
{
	const struct table *tables = layout->header.tables;
	const struct function_on_disk *functions = layout->functions;

	put_table(writer, &tables[SYMBOLS], info->symbols);
	put_table(writer, &tables[SLOTS], info->slots);
	put_table(writer, &tables[RANGES], info->ranges);
	put_table(writer, &tables[UNITS], layout->units);
	for (uint32_t i = 0; i < info->n_units; i++) {
		if (layout->units[i].off) {
			put_unit(writer, &info->units[i], &layout->units[i], functions);
			functions += info->units[i].n_functions;
		}
	}
	put(writer, NULL, (size_t)(tables[STRINGS].off - writer->at));
	put(writer, info->strings, info->strings_len);
	put(writer, info->added, info->added_len);
	put(writer, NULL, (size_t)(align(writer->at, DBG_BLOCK_BYTES) - writer->at));
	flush(writer);
}

static bool write_all(struct debuginfo *info, struct layout *layout, int fd)
{
	struct header *header = &layout->header;
	struct writer writer = { .fd = fd };
	bool good = false;

	header->n_blocks = (uint32_t)(align(layout->end, DBG_BLOCK_BYTES) / DBG_BLOCK_BYTES);
	header->body = align(sizeof(*header) + header->n_blocks * sizeof(uint64_t), DBG_BLOCK_BYTES);
	writer.max_sums = header->n_blocks;
	writer.buffer = malloc(BUFFER_BLOCKS * DBG_BLOCK_BYTES);
	/* the header and the sums stand together, as they do in the file */
	struct header *whole = calloc(1, header->body);
	if (writer.buffer && whole && lseek(fd, (off_t)header->body, SEEK_SET) >= 0) {
		writer.sums = (uint64_t *)(whole + 1);
		put_body(&writer, info, layout);
		*whole = *header;
		whole->sum = header_sum(whole);
		good = !writer.failed && writer.n_sums == header->n_blocks &&
		       pwrite(fd, whole, header->body, 0) == (ssize_t)header->body;
	}
	free(writer.buffer);
	free(whole);
	return good;
}

struct file_age {
	char name[160];
	uint64_t bytes;
	int64_t used;
};

static int compare_ages(const void *a, const void *b)
{
	const struct file_age *x = a, *y = b;

	return x->used < y->used ? -1 : x->used > y->used;
}

/* ID.idx, or ID.idx.XXXXXX that is being written, or was when its writer died. */
static bool is_ours(const char *name, bool *ret_temporary)
{
	const char *dot = strstr(name, ".idx");

	if (!dot || dot == name || strlen(name) >= sizeof(((struct file_age *)NULL)->name))
		return false;
	*ret_temporary = dot[4] == '.' && strlen(dot + 5) == 6;
	return !dot[4] || *ret_temporary;
}

/* The indexes of the directory, MAX_FILES of them at the most; what is over and what was left behind is deleted. */
static size_t list_files(DIR *dir, struct file_age *files, uint64_t *ret_total)
{
	struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(dir))) {
		bool temporary;
		struct stat st;

		if (!is_ours(entry->d_name, &temporary) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		if (n == MAX_FILES || (temporary && st.st_mtime + LEFT_BEHIND_SECONDS < time(NULL))) {
			unlinkat(dirfd(dir), entry->d_name, 0);
		} else if (!temporary) {
			memcpy(files[n].name, entry->d_name, strlen(entry->d_name) + 1);
			files[n].bytes = (uint64_t)st.st_size;
			files[n++].used = st.st_mtime;
			*ret_total += (uint64_t)st.st_size;
		}
	}
	return n;
}

/* Delete what was not used for longest until the directory is within its bound. */
static void shrink_directory(const char *path)
{
	_cleanup_(freep) struct file_age *files = calloc(MAX_FILES, sizeof(*files));
	DIR *dir = files ? opendir(path) : NULL;
	uint64_t total = 0;
	size_t n;

	if (!dir)
		return;
	n = list_files(dir, files, &total);
	if (total > MAX_DIR_BYTES) {
		qsort(files, n, sizeof(*files), compare_ages);
		for (size_t i = 0; i + 1 < n && total > MAX_DIR_BYTES; i++) {
			if (!unlinkat(dirfd(dir), files[i].name, 0))
				total -= files[i].bytes;
		}
	}
	closedir(dir);
}

void dbg_index_save(struct debuginfo *info)
{
	_cleanup_(freep) struct unit_on_disk *units = calloc(info->n_units + 1, sizeof(*units));
	_cleanup_(freep) char *name = index_path(info), *temporary = NULL;
	struct layout layout = { .units = units };
	struct header *header = &layout.header;
	bool good;
	int fd;

	if (!units || !name || strlen(info->build_id) >= sizeof(header->build_id) || !file_make_directories(info->cache_dir, 0700) ||
	    asprintf(&temporary, "%s.XXXXXX", name) < 0)
		return;
	header->magic = MAGIC;
	header->version = VERSION;
	header->file_bytes = info->file_bytes;
	header->machine = info->machine;
	header->relocatable = info->relocatable;
	header->has_lines = info->has_lines;
	header->ranges_complete = info->ranges_complete;
	header->has_root = info->source_root != NULL;
	memcpy(header->build_id, info->build_id, strlen(info->build_id));
	/* these are strings of the blob, so they come before its size is known */
	culprit_error_destroy(dbg_intern(info, span_of(info->path), &header->path));
	culprit_error_destroy(dbg_intern(info, span_of(info->banner ? info->banner : ""), &header->banner));
	culprit_error_destroy(dbg_intern(info, span_of(info->source_root ? info->source_root : ""), &header->root));
	good = lay_out(info, &layout) && layout.end <= MAX_FILE_BYTES;
	fd = good ? mkostemp(temporary, O_CLOEXEC) : -1;
	good = fd >= 0 && write_all(info, &layout, fd);
	free(layout.functions);
	if (fd < 0)
		return;
	good &= !close(fd);
	if (!good || rename(temporary, name))
		unlink(temporary);
	else
		shrink_directory(info->cache_dir);
}
