/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELF files through libelf and libdwfl: symbols, notes, the way to DWARF.
 *
 * Reads vmlinux (ET_EXEC), position-independent files (ET_DYN) and kernel
 * modules (ET_REL, whose sections all start at 0: libdwfl lays them out one
 * after the other and applies the relocations of their debug sections).  A
 * file that is compressed as a whole, as distributions do with modules, is
 * inflated into anonymous memory.
 *
 *	readelf -sW kcrash_mod.ko:  74: 0000000000001b10    80 FUNC  LOCAL  DEFAULT    3 kc_uaf_write
 *	a kernel's log says:        kc_uaf_write+0x43/0x50 [kcrash_mod]
 *
 * Refuses files over DBG_MAX_FILE_BYTES, tables over the bounds in
 * debuginfo_internal.h, and symbols outside executable sections (but for
 * linux_banner, the text that a kernel prints first).  Powerpc64's ELFv1
 * function descriptors are not followed.
 */
#include "symbol/debuginfo_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

#include "base/dynlib.h"
#include "symbol/debuginfod.h"
#include "input/input.h"

#define ELF_FUNCTIONS(X) \
	X(elf_version) X(elf_begin) X(elf_end) X(elf_kind) X(elf_errmsg) X(elf_getshdrstrndx) X(elf_getshdrnum) \
	X(elf_nextscn) X(elf_getscn) X(elf_ndxscn) X(elf_getdata) X(elf_rawdata) X(elf_strptr) X(gelf_getehdr) \
	X(gelf_getshdr) X(gelf_getsymshndx) X(elf_getphdrnum) X(gelf_getphdr)
DYNLIB_TABLE(elf, ELF_FUNCTIONS, "libelf.so.1", "libelf1");
DYNLIB_NOTE(elf, "libelf.so.1", "recommended", "source lines");

#define DWFL_FUNCTIONS(X) \
	X(dwarf_begin_elf) X(dwarf_end) X(dwarf_errmsg) X(dwelf_elf_gnu_build_id) X(dwelf_elf_gnu_debuglink) \
	X(dwfl_begin) X(dwfl_end) X(dwfl_report_elf) X(dwfl_report_end) X(dwfl_module_getelf) \
	X(dwfl_module_getdwarf) X(dwfl_offline_section_address) X(dwfl_errmsg)
DYNLIB_TABLE(dwfl, DWFL_FUNCTIONS, "libdw.so.1", "libdw1");
DYNLIB_NOTE(dw, "libdw.so.1", "recommended", "source lines");

struct dbg_live {
	Elf *elf;		/* ours, or that of the module below */
	Dwarf *dwarf;
	Dwfl *dwfl;		/* ET_REL only, and then owns elf and dwarf */
	Dwfl_Module *module;
	Dwfl_Callbacks callbacks;	/* of dwfl, which keeps a pointer */
	uint64_t bias;		/* added to addresses in DWARF */
};

/* -------------------------------------------------------- opening files */

static struct culprit_error *not_elf(const struct debuginfo *info)
{
	return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: not an ELF file", info->path);
}

/* Everything that input gives, into anonymous memory. */
static struct culprit_error *inflate(const struct debuginfo *info, int memory)
{
	struct culprit_error *err;
	struct input *input;
	uint64_t total = 0;
	struct span chunk;

	err = input_open(info->path, &input);
	if (err)
		return err;
	while (!(err = input_read(input, &chunk)) && chunk.len) {
		total += chunk.len;
		if (total > DBG_MAX_INFLATED_BYTES) {
			err = culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: inflates to more than %llu bytes",
						   info->path, DBG_MAX_INFLATED_BYTES);
			break;
		}
		for (size_t done = 0; done < chunk.len;) {
			ssize_t n = write(memory, chunk.ptr + done, chunk.len - done);

			if (n < 0 && errno != EINTR) {
				err = culprit_error_errno("%s: cannot keep it inflated", info->path);
				input_close(input);
				return err;
			}
			done += n > 0 ? (size_t)n : 0;
		}
	}
	input_close(input);
	return err;
}

/* An ELF file to read, inflated where necessary. */
static struct culprit_error *open_file(const struct debuginfo *info, int *ret)
{
	int fd = open(info->path, O_RDONLY | O_CLOEXEC), memory;
	struct culprit_error *err;
	struct stat st;
	char magic[4];

	if (fd < 0)
		return culprit_error_errno("%s", info->path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > DBG_MAX_FILE_BYTES ||
	    pread(fd, magic, 4, 0) != 4) {
		close(fd);
		return not_elf(info);
	}
	if (!memcmp(magic, ELFMAG, SELFMAG)) {
		*ret = fd;
		return NULL;
	}
	close(fd);
	memory = memfd_create("culprit-debuginfo", MFD_CLOEXEC);
	if (memory < 0)
		return culprit_error_errno("%s: memfd", info->path);
	err = inflate(info, memory);
	if (!err && (pread(memory, magic, 4, 0) != 4 || memcmp(magic, ELFMAG, SELFMAG)))
		err = not_elf(info);
	if (err)
		close(memory);
	else
		*ret = memory;
	return err;
}

/* Only what stands in the file itself: separate files are found by us, and debuginfod is asked on request only. */
static int find_no_debuginfo(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base, const char *file,
			     const char *link, GElf_Word crc, char **ret)
{
	(void)mod, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)ret;
	return -1;
}

static int find_no_elf(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base, char **file, Elf **ret)
{
	(void)mod, (void)data, (void)name, (void)base, (void)file, (void)ret;
	return -1;
}

static struct culprit_error *open_module(const struct debuginfo *info, struct dbg_live *live)
{
	GElf_Addr bias;
	int fd;

	live->callbacks = (Dwfl_Callbacks){
		.find_elf = find_no_elf,
		.find_debuginfo = find_no_debuginfo,
		.section_address = dwfl.dwfl_offline_section_address,
	};
	live->dwfl = dwfl.dwfl_begin(&live->callbacks);
	if (!live->dwfl)
		return &culprit_error_no_memory;
	fd = fcntl(info->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return culprit_error_errno("%s", info->path);
	live->module = dwfl.dwfl_report_elf(live->dwfl, info->path, info->path, fd, 0, false);
	if (!live->module) {
		close(fd);
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: %s", info->path, dwfl.dwfl_errmsg(-1));
	}
	dwfl.dwfl_report_end(live->dwfl, NULL, NULL);
	live->elf = dwfl.dwfl_module_getelf(live->module, &bias);
	if (!live->elf)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: %s", info->path, dwfl.dwfl_errmsg(-1));
	return NULL;
}

/*
 * libdw looks for the build ID in the notes of every header, whether or not
 * others point to the same bytes: 65,534 headers of 400 kB took it 42 s.  Real
 * kernels and modules have a few hundred bytes of notes.
 */
#define MAX_NOTE_BYTES (4u << 20)

static struct culprit_error *check_notes(const struct debuginfo *info, Elf *file)
{
	uint64_t left = MAX_NOTE_BYTES;
	Elf_Scn *section = NULL;
	GElf_Shdr section_header;
	GElf_Phdr header;
	size_t n = 0;

	if (elf.elf_getphdrnum(file, &n))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!elf.gelf_getphdr(file, (int)i, &header) || header.p_type != PT_NOTE)
			continue;
		if (header.p_filesz >= left)
			goto too_many;
		left -= header.p_filesz;
	}
	while ((section = elf.elf_nextscn(file, section))) {
		if (!elf.gelf_getshdr(section, &section_header) || section_header.sh_type != SHT_NOTE)
			continue;
		if (section_header.sh_size >= left)
			goto too_many;
		left -= section_header.sh_size;
	}
	return NULL;
too_many:
	return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: its headers name more than %u MiB of notes", info->path,
				    MAX_NOTE_BYTES >> 20);
}

static struct culprit_error *open_handles(struct debuginfo *info, struct dbg_live *live)
{
	struct culprit_error *err;
	GElf_Ehdr header;

	elf.elf_version(EV_CURRENT);
	live->elf = elf.elf_begin(info->fd, ELF_C_READ_MMAP, NULL);
	if (!live->elf || elf.elf_kind(live->elf) != ELF_K_ELF || !elf.gelf_getehdr(live->elf, &header))
		return not_elf(info);
	err = check_notes(info, live->elf);
	if (err)
		return err;
	info->relocatable = header.e_type == ET_REL;
	info->machine = header.e_machine;
	if (!info->relocatable)
		return NULL;
	elf.elf_end(live->elf);
	live->elf = NULL;
	return open_module(info, live);
}

static void destroy_live(struct dbg_live *live)
{
	if (!live)
		return;
	if (live->dwfl) {
		dwfl.dwfl_end(live->dwfl);
	} else {
		if (live->dwarf)
			dwfl.dwarf_end(live->dwarf);
		if (live->elf)
			elf.elf_end(live->elf);
	}
	free(live);
}

void dbg_recycle_live(struct debuginfo *info)
{
	destroy_live(info->live);
	info->live = NULL;
	memset(info->known_paths, 0, sizeof(info->known_paths));
}

void dbg_close_live(struct debuginfo *info)
{
	dbg_recycle_live(info);
	if (info->fd_open)
		close(info->fd);
	info->fd_open = false;
}

static void remember_file(struct debuginfo *info)
{
	struct stat st;

	if (fstat(info->fd, &st))
		return;
	info->written = st.st_mtim;
	info->fd_bytes = (uint64_t)st.st_size;
}

bool dbg_file_changed(const struct debuginfo *info)
{
	struct stat st;

	return info->fd_open && !fstat(info->fd, &st) &&
	       ((uint64_t)st.st_size != info->fd_bytes || st.st_mtim.tv_sec != info->written.tv_sec ||
		st.st_mtim.tv_nsec != info->written.tv_nsec);
}

/* A file of another build ID than the tables' has taken its place. */
static struct culprit_error *check_build_id(const struct debuginfo *info, const struct dbg_live *live)
{
	const void *bytes;
	ssize_t n = dwfl.dwelf_elf_gnu_build_id(live->elf, &bytes);
	char hex[129] = "";

	for (ssize_t i = 0; i < n && i < 64; i++)
		snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
	if (info->build_id && strcmp(hex, info->build_id))
		return culprit_error_create(CULPRIT_ERROR_MISMATCH, "%s: build ID is %s, no longer %s", info->path,
					    *hex ? hex : "missing", info->build_id);
	return NULL;
}

struct culprit_error *dbg_open_live(struct debuginfo *info)
{
	struct culprit_error *err;
	struct dbg_live *live;

	if (info->live)
		return NULL;
	err = dynlib_load(&elf_lib);
	if (!err)
		err = dynlib_load(&dwfl_lib);
	if (!err && !info->fd_open) {
		err = open_file(info, &info->fd);
		info->fd_open = !err;
		if (!err)
			remember_file(info);
	}
	if (err)
		return err;
	live = calloc(1, sizeof(*live));
	if (!live)
		return &culprit_error_no_memory;
	err = open_handles(info, live);
	if (!err)
		err = check_build_id(info, live);
	if (err)
		destroy_live(live);
	else
		info->live = live;
	return err;
}

struct culprit_error *dbg_live_dwarf(struct debuginfo *info, void **ret, uint64_t *ret_bias)
{
	struct culprit_error *err = dbg_open_live(info);
	struct dbg_live *live = info->live;
	GElf_Addr bias = 0;

	if (err)
		return err;
	if (!live->dwarf) {
		live->dwarf = live->dwfl ? dwfl.dwfl_module_getdwarf(live->module, &bias) :
					   dwfl.dwarf_begin_elf(live->elf, DWARF_C_READ, NULL);
		live->bias = bias;
	}
	if (!live->dwarf)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: %s", info->path,
					    live->dwfl ? dwfl.dwfl_errmsg(-1) : dwfl.dwarf_errmsg(-1));
	*ret = live->dwarf;
	*ret_bias = live->bias;
	return NULL;
}

/* ------------------------------------------------------------- symbols */

#define MIN_SYMBOL_BYTES 16u	/* sizeof(Elf32_Sym) */
#define TYPICAL_NAME_BYTES 20u

struct section {
	uint64_t lo, hi;
	bool code;
};

struct symbol_reader {
	struct debuginfo *info;
	Elf *elf;
	struct section *sections;
	size_t n_sections;
	uint32_t cap;
};

static void deinit_reader(struct symbol_reader *reader)
{
	free(reader->sections);
}

static struct culprit_error *read_sections(struct symbol_reader *reader)
{
	size_t names;
	GElf_Shdr header;
	Elf_Scn *scn = NULL;

	if (elf.elf_getshdrnum(reader->elf, &reader->n_sections) < 0 ||
	    elf.elf_getshdrstrndx(reader->elf, &names) < 0)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: broken section table", reader->info->path);
	reader->sections = calloc(reader->n_sections + 1, sizeof(*reader->sections));
	if (!reader->sections)
		return &culprit_error_no_memory;
	while ((scn = elf.elf_nextscn(reader->elf, scn))) {
		size_t i = elf.elf_ndxscn(scn);
		const char *name;

		if (i >= reader->n_sections || !elf.gelf_getshdr(scn, &header))
			continue;
		name = elf.elf_strptr(reader->elf, names, header.sh_name);
		reader->sections[i] = (struct section){
			.lo = header.sh_addr,
			.hi = header.sh_addr + header.sh_size,
			.code = (header.sh_flags & SHF_ALLOC) && (header.sh_flags & SHF_EXECINSTR),
		};
		if (name && header.sh_type != SHT_NOBITS && header.sh_size &&
		    (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info")))
			reader->info->has_lines = true;
	}
	return NULL;
}

/* The text of a vmlinux's linux_banner. */
static struct culprit_error *read_banner(struct symbol_reader *reader, const GElf_Sym *sym, size_t section)
{
	Elf_Scn *scn = elf.elf_getscn(reader->elf, section);
	Elf_Data *data = scn ? elf.elf_rawdata(scn, NULL) : NULL;
	uint64_t at = sym->st_value - reader->sections[section].lo;
	size_t len;

	if (!data || !data->d_buf || sym->st_value < reader->sections[section].lo || at >= data->d_size)
		return NULL;
	len = strnlen((const char *)data->d_buf + at, data->d_size - at < 1024 ? data->d_size - at : 1024);
	while (len && ((const char *)data->d_buf)[at + len - 1] == '\n')
		len--;
	free(reader->info->banner);
	reader->info->banner = strndup((const char *)data->d_buf + at, len);
	return reader->info->banner ? NULL : &culprit_error_no_memory;
}

/* Labels that mark data inside code or were meant for the assembler alone. */
static bool is_label(const char *name)
{
	return !*name || *name == '$' || (name[0] == '.' && name[1] == 'L') ||
	       !strncmp(name, "__crc_", 6) || !strncmp(name, "__kcfi_typeid_", 14);
}

static struct culprit_error *add_symbol(struct symbol_reader *reader, const GElf_Sym *sym, const char *name,
					size_t section)
{
	struct debuginfo *info = reader->info;
	struct dbg_symbol *symbol;
	struct culprit_error *err;
	struct span text = span_of(name);
	int type = GELF_ST_TYPE(sym->st_info);

	if (info->n_symbols >= reader->cap)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: too many symbols", info->path);
	symbol = &info->symbols[info->n_symbols];
	err = dbg_add_string(info, text, &symbol->name);
	if (err)
		return err;
	symbol->addr = sym->st_value + (info->relocatable ? reader->sections[section].lo : 0);
	if (info->machine == EM_ARM && (type == STT_FUNC || type == STT_GNU_IFUNC))
		symbol->addr &= ~1ull;		/* Thumb */
	symbol->size = sym->st_size > UINT32_MAX ? UINT32_MAX : (uint32_t)sym->st_size;
	symbol->reach = (uint32_t)section;	/* until set_reach() */
	symbol->hash = dbg_hash(text);
	info->n_symbols++;
	return NULL;
}

static struct culprit_error *read_table(struct symbol_reader *reader, Elf_Data *symbols, Elf_Data *extended,
					size_t names, size_t n)
{
	struct culprit_error *err = NULL;

	/* a lying section header takes address space alone: no more symbols than the data has are added */
	reader->cap = n < symbols->d_size / MIN_SYMBOL_BYTES + 1 ? (uint32_t)n : (uint32_t)(symbols->d_size / MIN_SYMBOL_BYTES) + 1;
	if (reader->cap > DBG_MAX_SYMBOLS)
		reader->cap = DBG_MAX_SYMBOLS;
	dbg_expect_strings(reader->info, (size_t)reader->cap * TYPICAL_NAME_BYTES);
	reader->info->symbols = dbg_alloc(((size_t)reader->cap + 1) * sizeof(*reader->info->symbols));
	if (!reader->info->symbols)
		return &culprit_error_no_memory;
	for (size_t i = 1; i < n && !err; i++) {
		GElf_Sym sym;
		Elf32_Word index = 0;
		const char *name;
		size_t section;
		int type;

		if (!elf.gelf_getsymshndx(symbols, extended, (int)i, &sym, &index))
			break;
		type = GELF_ST_TYPE(sym.st_info);
		section = sym.st_shndx == SHN_XINDEX ? index : sym.st_shndx;
		if (type == STT_SECTION || type == STT_FILE || type == STT_TLS || section == SHN_UNDEF ||
		    (sym.st_shndx != SHN_XINDEX && sym.st_shndx >= SHN_LORESERVE) || section >= reader->n_sections)
			continue;
		if (!reader->sections[section].code && type != STT_OBJECT)
			continue;
		name = elf.elf_strptr(reader->elf, names, sym.st_name);
		if (!name)
			continue;
		if (reader->sections[section].code) {
			if (!is_label(name))
				err = add_symbol(reader, &sym, name, section);
		} else if (!reader->info->banner && !strcmp(name, "linux_banner")) {
			err = read_banner(reader, &sym, section);
		}
	}
	return err;
}

static struct culprit_error *read_symbols(struct symbol_reader *reader)
{
	Elf_Data *symbols = NULL, *extended = NULL;
	size_t names = 0, n = 0;
	Elf_Scn *scn = NULL;
	bool full = false;

	while ((scn = elf.elf_nextscn(reader->elf, scn))) {
		GElf_Shdr header;

		if (!elf.gelf_getshdr(scn, &header))
			continue;
		if (header.sh_type == SHT_SYMTAB_SHNDX)
			extended = elf.elf_getdata(scn, NULL);
		if (header.sh_type != SHT_SYMTAB && (header.sh_type != SHT_DYNSYM || full))
			continue;
		full = header.sh_type == SHT_SYMTAB;
		symbols = elf.elf_getdata(scn, NULL);
		names = header.sh_link;
		n = header.sh_entsize ? header.sh_size / header.sh_entsize : 0;
	}
	return symbols ? read_table(reader, symbols, extended, names, n) : NULL;
}

/* Which of several symbols at one address is named: rank goes up. */
static unsigned rank(const struct debuginfo *info, const struct dbg_symbol *symbol)
{
	const char *name = info->added + (symbol->name - info->strings_len);

	return (symbol->size ? 4u : 0) + (name[0] != '_' ? 2u : 0) + (name[0] != '_' || name[1] != '_');
}

/* Stable, by address and then rank: radix, as qsort takes 20 ms for a kernel. */
static bool sort_symbols(struct debuginfo *info)
{
	struct dbg_symbol *from = info->symbols, *to = dbg_alloc(((size_t)info->n_symbols + 1) * sizeof(*to)), *swap;
	uint64_t varying = 0;

	if (!to)
		return false;
	for (uint32_t i = 0; i < info->n_symbols; i++)
		varying |= from[i].addr ^ from[0].addr;
	for (int shift = -11; shift < 64; shift += 11) {
		uint32_t starts[2049] = { 0 };

		if (shift >= 0 && !(varying >> shift & 2047))
			continue;
#define DIGIT(s) (shift < 0 ? rank(info, s) : (s)->addr >> shift & 2047)
		for (uint32_t i = 0; i < info->n_symbols; i++)
			starts[DIGIT(&from[i]) + 1]++;
		for (int i = 0; i < 2048; i++)
			starts[i + 1] += starts[i];
		for (uint32_t i = 0; i < info->n_symbols; i++)
			to[starts[DIGIT(&from[i])]++] = from[i];
#undef DIGIT
		swap = from;
		from = to;
		to = swap;
	}
	info->symbols = from;
	free(to);
	return true;
}

static void set_reach(struct debuginfo *info, const struct section *sections)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = info->n_symbols; i-- > 0;) {
		struct dbg_symbol *symbol = &info->symbols[i];
		uint64_t end = sections[symbol->reach].hi, reach;

		if (i + 1 < info->n_symbols && info->symbols[i + 1].addr != symbol->addr)
			next = info->symbols[i + 1].addr;
		if (next < end)
			end = next;
		reach = end > symbol->addr ? end - symbol->addr : 0;
		symbol->reach = reach > UINT32_MAX ? UINT32_MAX : (uint32_t)reach;
	}
}

static bool hash_symbols(struct debuginfo *info)
{
	uint32_t n = 16;

	while (n < info->n_symbols * 2)
		n *= 2;
	info->slots = dbg_alloc(n * sizeof(*info->slots));
	if (!info->slots)
		return false;
	memset(info->slots, 0, n * sizeof(*info->slots));
	info->n_slots = n;
	for (uint32_t i = 0; i < info->n_symbols; i++) {
		uint32_t at = info->symbols[i].hash & (n - 1);

		while (info->slots[at])
			at = (at + 1) & (n - 1);
		info->slots[at] = i + 1;
	}
	return true;
}

/* ---------------------------------------------------------------- all */

static struct culprit_error *read_notes(struct debuginfo *info)
{
	const void *bytes;
	ssize_t n = dwfl.dwelf_elf_gnu_build_id(info->live->elf, &bytes);

	if (n <= 0 || n > 64)
		return NULL;
	info->build_id = calloc(1, 2 * (size_t)n + 1);
	if (!info->build_id)
		return &culprit_error_no_memory;
	for (ssize_t i = 0; i < n; i++)
		snprintf(info->build_id + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
	return NULL;
}

struct culprit_error *dbg_load_symbols(struct debuginfo *info)
{
	_cleanup_(deinit_reader) struct symbol_reader reader = { .info = info };
	struct culprit_error *err = dbg_open_live(info);

	if (err)
		return err;
	reader.elf = info->live->elf;
	err = read_notes(info);
	if (!err)
		err = read_sections(&reader);
	if (!err)
		err = read_symbols(&reader);
	if (err)
		return err;
	if (!sort_symbols(info))
		return &culprit_error_no_memory;
	set_reach(info, reader.sections);
	return hash_symbols(info) ? NULL : &culprit_error_no_memory;
}

struct culprit_error *dbg_find_lines(struct debuginfo *info, const struct debuginfo_options *options, char **ret)
{
	GElf_Word crc = 0;
	const char *link = dwfl.dwelf_elf_gnu_debuglink(info->live->elf, &crc);

	*ret = dbg_find_separate(info->path, info->build_id, link, crc, options);
	return !*ret && options->debuginfod && info->build_id ? debuginfod_fetch(info->build_id, ret) : NULL;
}
