/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the debuginfo*.c files share.  Nobody else includes this.
 *
 *	debuginfo.c		the interface: look-ups by bisection in the tables
 *	debuginfo_dwarf.c	libdw: line rows and inline intervals of a unit
 *	debuginfo_ranges.c	libdw: which unit has an address
 *	debuginfo_paths.c	libdw: source paths, and the root of their tree
 *	debuginfo_elf.c		libelf, libdwfl: open, decompress, symbols, notes
 *	debuginfo_index.c	the tables as a file in the cache
 *	debuginfo_find.c	which file: build IDs, debuglinks, module trees
 *	debuginfo_tables.c	memory of the tables: strings, checks of mapped blocks
 *
 * Each calls only those below it in this list.
 *
 * The tables below are plain arrays that look the same in memory and in the
 * index file, so an index is used where it is mapped.  Strings are offsets
 * into one blob; offset 0 is the empty string.
 */
#ifndef CULPRIT_SYMBOL_DEBUGINFO_INTERNAL_H
#define CULPRIT_SYMBOL_DEBUGINFO_INTERNAL_H

#include <time.h>

#include "symbol/debuginfo.h"

/* Bounds on hostile files. A vmlinux with everything built in stays below a tenth of each. */
#define DBG_MAX_FILE_BYTES	(8ull << 30)
#define DBG_MAX_INFLATED_BYTES	(2ull << 30)
#define DBG_MAX_SYMBOLS		(16u << 20)
#define DBG_MAX_RANGES		(16u << 20)
#define DBG_MAX_UNITS		(1u << 20)
#define DBG_MAX_ROWS		(8u << 20)	/* of one unit */
#define DBG_MAX_SCOPES		(4u << 20)	/* of one unit */
#define DBG_MAX_DEPTH		64		/* of nested scopes */
#define DBG_BLOCK_BYTES		4096u		/* of an index: checked as a whole */
#define DBG_MAX_STRINGS		(256u << 20)	/* bytes added by one process */

struct dbg_symbol {
	uint64_t addr;
	uint32_t size;
	uint32_t reach;
	uint32_t name;
	uint32_t hash;
};

/* [lo, hi) belongs to units[unit]. Sorted by lo. */
struct dbg_range {
	uint64_t lo, hi;
	uint32_t unit;
	uint32_t reserved;
};

/* From base + off up to the next row. Sorted by off. file 0: no code here. */
struct dbg_row {
	uint32_t off;
	uint32_t file;
	uint32_t line;
};

/*
 * From base + off up to the next segment the innermost scope is scopes[scope - 1]; 0: none. Sorted by off.
 * Of a unit's places: the function is functions[scope - 1].
 */
struct dbg_segment {
	uint32_t off;
	uint32_t scope;
};

/* A function or an inlined copy of one, called at call_file:call_line from scopes[parent - 1]. */
struct dbg_scope {
	uint32_t parent;	/* always below the own index + 1; 0: a function by itself */
	uint32_t name;
	uint32_t call_file;
	uint32_t call_line;
};

/*
 * A function with code.  What was inlined into it is read when first asked for:
 * that takes half the time of reading a unit, and a report has few of its functions.
 */
struct dbg_function {
	uint64_t die_off;	/* of its DIE, in the file where the unit's functions are */
	const struct dbg_segment *segments;
	const struct dbg_scope *scopes;
	uint32_t n_segments, n_scopes;
	bool loaded;
	bool owned;		/* the two arrays are one allocation at segments */
};

struct dbg_unit {
	uint64_t die_off;	/* of the unit's DIE in .debug_info */
	uint64_t base;
	const struct dbg_row *rows;
	const struct dbg_segment *places;
	const uint32_t *files;		/* by the numbers that DW_AT_call_file has; libdw would read all lines anew for them */
	struct dbg_function *functions;	/* NULL where they are still in the index alone */
	const void *mapped_functions;	/* as the index has them; NULL: it does not */
	uint32_t n_rows, n_places, n_files, n_functions;
	bool loaded;
	bool owned;		/* rows, places and files are one allocation at rows */
};

/* A source path as libdw gives it, and its string. libdw keeps its strings until it is closed. */
struct dbg_known_path {
	const char *path, *directory;
	uint32_t id;
};

/* An index, where it would be mapped; blocks are read and checked when first touched. */
struct dbg_cache {
	int fd;
	uint8_t *map;		/* anonymous memory */
	size_t size;
	const uint64_t *sums;	/* one per block of DBG_BLOCK_BYTES of the file's body */
	uint64_t *checked;	/* bitmap of blocks */
	size_t n_blocks;
	size_t body;		/* where the body begins: a multiple of the block size */
};

struct dbg_live;		/* libelf's and libdw's handles */

struct debuginfo {
	char *path;
	char *build_id;
	char *banner;
	char *source_root;
	char *cache_dir;
	int fd;			/* valid where fd_open */
	bool fd_open;
	struct timespec written;	/* of fd when it was opened; and its size */
	uint64_t fd_bytes;
	uint64_t rows_read;	/* since libdw was opened */
	uint64_t file_bytes;	/* of the file that was asked for: an index of one of another size is not used */
	uint16_t machine;	/* EM_* */
	bool relocatable;
	bool has_lines;
	bool ranges_complete;	/* the units' own ranges were read, not only .debug_aranges */
	bool grown;		/* something was added that the index file lacks */
	bool corrupt;		/* a block of the mapped index failed its check */
	bool changed;		/* somebody wrote to the ELF file meanwhile: nothing more is read of it */

	/* symbols sorted by address, and an open hash over names: index + 1, 0 is free */
	struct dbg_symbol *symbols;
	uint32_t n_symbols;
	uint32_t *slots;
	uint32_t n_slots;	/* a power of two, or 0 */

	struct dbg_range *ranges;
	uint32_t n_ranges;
	bool ranges_owned;	/* not those of the mapped index */
	struct dbg_unit *units;
	uint32_t n_units;

	/* the blob: what is mapped, then what was added (in address space reserved at once, so that it never moves) */
	const char *strings;
	uint32_t strings_len;
	char *added;
	uint32_t added_len;
	uint32_t *interned;	/* open hash of added strings */
	uint32_t n_interned, interned_cap;

	struct dbg_known_path known_paths[256];	/* of live */

	struct dbg_cache *cache;
	struct dbg_live *live;
};

/* ---- debuginfo_tables.c */

/* malloc() for what is filled at once; large, it is in huge pages, as every page costs more than filling it. */
void *dbg_alloc(size_t bytes);

uint32_t dbg_hash(struct span name);

/* About so many bytes of strings will be added at once: a hint. */
void dbg_expect_strings(struct debuginfo *info, size_t bytes);

/* Offset of a copy of s in the blob. */
struct culprit_error *dbg_add_string(struct debuginfo *info, struct span s, uint32_t *ret);

/* The same text gives the same offset. */
struct culprit_error *dbg_intern(struct debuginfo *info, struct span s, uint32_t *ret);

/* Never NULL; "" for an offset out of bounds. Valid until debuginfo_close(). */
const char *dbg_string(struct debuginfo *info, uint32_t off);

/* False, and info->corrupt set, where the bytes are of an index and cannot be read or fail their check. */
bool dbg_check(struct debuginfo *info, const void *ptr, size_t len);

uint64_t dbg_checksum(const void *data, size_t len);

/* ---- debuginfo_elf.c */

/* Open with libelf and fill in symbols, build ID, banner, relocatable, has_lines. */
struct culprit_error *dbg_load_symbols(struct debuginfo *info);

/* Where the lines are that an open file lacks; NULL in *ret: nowhere. The caller frees. */
struct culprit_error *dbg_find_lines(struct debuginfo *info, const struct debuginfo_options *options, char **ret);

/* The handles alone, for what an index lacks. */
struct culprit_error *dbg_open_live(struct debuginfo *info);

/* Is the open file another than it was, in size or time? False where none is open. */
bool dbg_file_changed(const struct debuginfo *info);

void dbg_close_live(struct debuginfo *info);

/* Give back what libdw has read so far; the next dbg_open_live() starts anew. */
void dbg_recycle_live(struct debuginfo *info);

/* The Dwarf handle (as void, so that this header stays free of libdw); *ret_bias is added to its addresses. */
struct culprit_error *dbg_live_dwarf(struct debuginfo *info, void **ret, uint64_t *ret_bias);

/* ---- debuginfo_ranges.c */

/* Fill in ranges and units; complete reads every unit's own ranges. */
struct culprit_error *dbg_load_ranges(struct debuginfo *info, bool complete);

/* ---- debuginfo_paths.c */

/* The id of a source path as libdw gave it, relative to the directory of the build (NULL: not known). */
struct culprit_error *dbg_remember_path(struct debuginfo *info, const char *directory, const char *path, uint32_t *ret);
struct culprit_error *dbg_load_source_root(struct debuginfo *info);

/* ---- debuginfo_dwarf.c */

struct culprit_error *dbg_load_unit(struct debuginfo *info, uint32_t unit);
struct culprit_error *dbg_load_function(struct debuginfo *info, const struct dbg_unit *unit, struct dbg_function *function);

/* ---- debuginfo_index.c */

/* True: tables are mapped and ready. False: no usable index. */
bool dbg_index_load(struct debuginfo *info);
void dbg_index_save(struct debuginfo *info);
void dbg_index_unmap(struct debuginfo *info);

/* Bring functions of a mapped unit into unit->functions. False: out of memory, or info->corrupt is set. */
bool dbg_index_functions(struct debuginfo *info, struct dbg_unit *unit);

/* ---- debuginfo_find.c */

/* The separate debug file of path or NULL; the caller frees. link may be NULL. */
char *dbg_find_separate(const char *path, const char *build_id, const char *link, uint32_t link_crc,
			const struct debuginfo_options *options);

#endif
