/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs and objects are compiled here, so that lines and inlining are known. */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbol/debuginfo.h"
#include "suite.h"

static char dir[] = "/tmp/culprit-debuginfo-XXXXXX";

static const char source[] =
	"volatile int state;\n"
	"__attribute__((noinline, noclone)) void sink(int v) { state = v; }\n"
	"static inline __attribute__((always_inline)) void middle(int v)\n"
	"{\n"
	"	sink(v + 1);\n"				/* line 5 */
	"	state++;\n"
	"}\n"
	"__attribute__((noinline, noclone)) int outer(int v)\n"
	"{\n"
	"	state = 1;\n"
	"	middle(v);\n"				/* line 11 */
	"	return state;\n"
	"}\n"
	"__attribute__((noinline, noclone, section(\".init.text\"))) int starts(void)\n"
	"{\n"
	"	return outer(2);\n"			/* line 16 */
	"}\n"
	"int main(void) { return starts(); }\n";

static bool run(const char *command)
{
	char text[1024];

	snprintf(text, sizeof(text), "cd %s && { %s; } >/dev/null 2>&1", dir, command);
	return system(text) == 0;
}

static struct debuginfo *open_file(const char *name)
{
	struct debuginfo *info = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_null(debuginfo_open(path, NULL, &info));
	return info;
}

/* Does some address of function have the given lines, innermost first (0: no further frame)? */
static bool has_lines(struct debuginfo *info, const char *function, uint32_t inner, uint32_t out)
{
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
	struct debuginfo_symbol symbol;
	size_t n = 0;

	ck_assert_ptr_null(debuginfo_find_symbols(info, span_of(function), 1, &symbol, &n));
	ck_assert_uint_eq(n, 1);
	for (uint64_t off = 0; off < symbol.size; off++) {
		ck_assert_ptr_null(debuginfo_lookup(info, symbol.addr + off, frames, &n));
		ck_assert_uint_ge(n, 1);
		ck_assert_str_eq(frames[n - 1].function, function);
		if (n == 1 + (out != 0) && frames[0].line == inner && (!out || frames[1].line == out))
			return true;
	}
	return false;
}

static const struct { const char *name, *command; } flavours[] = {
	{ "dwarf4", "gcc -g -gdwarf-4 -O2 a.c -o dwarf4" },
	{ "dwarf5", "gcc -g -gdwarf-5 -O2 a.c -o dwarf5" },
	{ "object.ko", "gcc -g -O2 -c a.c -o object.ko" },
	{ "zlib.ko", "gcc -g -gz=zlib -O2 -c a.c -o zlib.ko" },
	/* clang writes no .debug_aranges */
	{ "clang4", "clang -g -gdwarf-4 -O2 a.c -o clang4" },
	{ "clang5", "clang -g -gdwarf-5 -O2 a.c -o clang5" },
	{ "clang.ko", "clang -g -gdwarf-5 -O2 -c a.c -o clang.ko" },
	{ "whole.ko.gz", "gcc -g -O2 -c a.c -o whole.ko && gzip whole.ko" },
	{ "whole.ko.xz", "gcc -g -O2 -c a.c -o whole.ko && xz --check=crc32 whole.ko" },
};

START_TEST(lines_and_inlined_functions)
{
	struct debuginfo *info;

	if (!run(flavours[_i].command))
		return;		/* no such compiler or packer */
	info = open_file(flavours[_i].name);
	ck_assert(debuginfo_has_lines(info));
	ck_assert_int_eq(debuginfo_is_relocatable(info), strstr(flavours[_i].name, ".ko") != NULL);
	ck_assert(has_lines(info, "outer", 10, 0));
	ck_assert(has_lines(info, "outer", 5, 11));
	ck_assert(has_lines(info, "sink", 2, 0));
	/* in a section of its own, whose addresses in an object begin at 0, too */
	ck_assert(has_lines(info, "starts", 16, 0));
	ck_assert(!has_lines(info, "starts", 5, 11));
	debuginfo_close(info);
}
END_TEST

START_TEST(statics_of_one_name_are_all_found)
{
	struct debuginfo_symbol symbols[1];
	struct debuginfo *info;
	size_t n = 0;

	if (!run("echo 'static __attribute__((noipa)) int twin(void) { return 3; } int first(void) { return twin(); }' >t.c &&"
		 "echo 'static __attribute__((noipa)) int twin(void) { return 4; } int first(void);"
		 "int main(void) { return twin() + first(); }' >u.c && gcc -g -O2 t.c u.c -o twins"))
		return;
	info = open_file("twins");
	ck_assert_ptr_null(debuginfo_find_symbols(info, SPAN("twin"), 1, symbols, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_null(debuginfo_find_symbols(info, SPAN("triplet"), 1, symbols, &n));
	ck_assert_uint_eq(n, 0);
	debuginfo_close(info);
}
END_TEST

/*
 * The layout of a module puts .init.text right behind .text, whose
 * line table ends in an empty row ("ends", line 9) at that very address.
 */
START_TEST(sections_that_touch_are_told_apart)
{
	struct debuginfo *info;

	if (!run("printf '%s\\n' 'extern volatile int state; int take(int, int);' "
		 "'__attribute__((section(\".init.text\"), noipa, cold)) int starts(void)' '{' '	return take(57, 5);' '}' "
		 "'__attribute__((noipa)) int plain(int v) { return v + state; }' "
		 "'__attribute__((noipa)) int ends(int v)' '{' '	int w = take(v, 1);' '	return w;' '}' >touch.c && "
		 "gcc -g -O2 -c touch.c -o touch.ko"))
		return;
	info = open_file("touch.ko");
	ck_assert(has_lines(info, "starts", 4, 0));
	ck_assert(!has_lines(info, "starts", 9, 0));
	ck_assert(has_lines(info, "ends", 9, 0));
	ck_assert(!has_lines(info, "ends", 4, 0));
	debuginfo_close(info);
}
END_TEST

/* Ask the file for a line through the cache. */
static void use_cache(const char *name, const char *cache)
{
	struct debuginfo_options options = { .cache_dir = cache };
	struct debuginfo *info;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_null(debuginfo_open(path, &options, &info));
	ck_assert(has_lines(info, "outer", 5, 11));
	debuginfo_close(info);
}

START_TEST(the_cache_is_bounded)
{
	char cache[256];

	if (!run("gcc -g -O2 -Wl,--build-id=0x0123456789abcdef a.c -o cached && rm -rf c && mkdir c && cd c && "
		 "truncate -s 300M old.idx && truncate -s 200M newer.idx && truncate -s 100M newest.idx && "
		 "touch -d '3 days ago' old.idx && touch -d '2 days ago' newer.idx && touch -d '1 day ago' newest.idx && "
		 "touch -d '1 day ago' dead.idx.aB3dE6 other && touch live.idx.aB3dE6"))
		return;
	snprintf(cache, sizeof(cache), "%s/c", dir);
	use_cache("cached", cache);
	/* 600 MB are too many: what was not used for longest goes, and what a writer left behind; foreign files stay */
	ck_assert(run("[ \"$(ls c | tr '\\n' ' ')\" = '0123456789abcdef.idx live.idx.aB3dE6 newer.idx newest.idx other ' ]"));
}
END_TEST

START_TEST(an_index_is_written_as_a_whole_or_not_at_all)
{
	char cache[256];

	if (!run("gcc -g -O2 -Wl,--build-id=0x0123456789abcdef a.c -o cached && rm -rf c && mkdir c"))
		return;
	snprintf(cache, sizeof(cache), "%s/c", dir);
	/* many at once: each finds no index, an older one or a whole one */
	for (int i = 0; i < 8; i++) {
		if (!fork()) {
			for (int k = 0; k < 20; k++) {
				use_cache("cached", cache);
				if (k % 4 == i % 4)
					run("rm -f c/*.idx");
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	use_cache("cached", cache);
	ck_assert(run("[ \"$(ls c)\" = 0123456789abcdef.idx ]"));
	/* nowhere to write to: nobody minds */
	ck_assert(run("rm -rf c && touch c"));
	use_cache("cached", cache);
}
END_TEST

START_TEST(torn_files_are_refused_or_bounded)
{
	struct debuginfo *info = NULL;
	struct culprit_error *err;
	char command[128], path[256];

	if (!run("gcc -g -O2 a.c -o cut"))
		return;
	snprintf(command, sizeof(command), "head -c %d cut >torn", 200 + _i * 1500);
	ck_assert(run(command));
	snprintf(path, sizeof(path), "%s/torn", dir);
	err = debuginfo_open(path, NULL, &info);
	ck_assert_int_eq(err == NULL, info != NULL);
	if (info) {
		struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
		size_t n;

		culprit_error_destroy(debuginfo_lookup(info, 0x1000, frames, &n));
	}
	culprit_error_destroy(err);
	debuginfo_close(info);
}
END_TEST

/* Each header's notes are searched anew: 65,534 of 400 kB took 42 s. */
START_TEST(notes_without_end_are_refused)
{
	static const Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC,
		.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 65534, .e_shentsize = sizeof(Elf64_Shdr),
	};
	const Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = sizeof(header), .p_filesz = 400000, .p_align = 4 };
	struct debuginfo *info = NULL;
	struct culprit_error *err;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/notes", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(&header, sizeof(header), 1, f), 1);
	for (size_t i = 0; i < header.e_phnum; i++)
		ck_assert_uint_eq(fwrite(&note, sizeof(note), 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
	err = debuginfo_open(path, NULL, &info);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_LIMIT);
	culprit_error_destroy(err);
}
END_TEST

/* What others do to a file that is mapped: cp truncates and writes, a build truncates, tools write in place. */
static const struct { const char *name, *command; } cuts[] = {
	{ "cut off at nothing", "truncate -s 0 shrinks" },
	{ "cut off at half", "truncate -s $(($(stat -c %s shrinks) / 2)) shrinks" },
	{ "cut off at a page", "truncate -s 4096 shrinks" },
	{ "another file in its place", "cp other shrinks" },
	{ "written to", "printf xyz | dd of=shrinks bs=1 seek=3000 conv=notrunc" },
};
static const char *const shrinking[] = {
	"gcc -g -O2 a.c -o shrinks && gcc -O2 a.c -o other",
	"gcc -g -O2 -c a.c -o shrinks && gcc -O2 -c a.c -o other",
};

START_TEST(a_file_that_shrinks_while_it_is_mapped_is_an_error)
{
	int cut = _i % (int)countof(cuts);
	struct debuginfo_frame frames[DEBUGINFO_MAX_FRAMES];
	struct debuginfo_symbol symbol;
	struct debuginfo *info;
	struct culprit_error *err;
	const char *root;
	size_t n = 0;

	ck_assert(run(shrinking[_i / (int)countof(cuts)]));
	/* times of files have grains: that of the file is not now */
	ck_assert(run("touch -d '1 hour ago' shrinks"));
	info = open_file("shrinks");
	ck_assert(run(cuts[cut].command));
	for (int again = 0; again < 2; again++) {
		/* symbols were read before */
		ck_assert_ptr_null(debuginfo_find_symbols(info, SPAN("outer"), 1, &symbol, &n));
		ck_assert_uint_eq(n, 1);
		err = debuginfo_lookup(info, symbol.addr, frames, &n);
		ck_assert_msg(err && culprit_error_code(err) == CULPRIT_ERROR_MISMATCH, "%s", cuts[cut].name);
		ck_assert_ptr_nonnull(strstr(culprit_error_message(err), "shrinks: somebody wrote to it"));
		ck_assert_uint_eq(n, 0);
		culprit_error_destroy(err);
		err = debuginfo_source_root(info, &root);
		ck_assert_ptr_nonnull(err);
		culprit_error_destroy(err);
	}
	debuginfo_close(info);
}
END_TEST

/* A cache that somebody empties: what it lacks is read of the file itself. */
START_TEST(an_index_that_shrinks_is_read_anew)
{
	char cache[256], path[256];
	struct debuginfo_options options = { .cache_dir = cache };
	struct debuginfo *info;

	/* enough of them that not all of the index is read when it is opened */
	ck_assert(run("{ cat a.c; for i in $(seq 500); do echo \"int f$i(int v) { return outer(v + $i); }\"; done; } >many.c && "
		      "gcc -g -O2 -Wl,--build-id=0x0123456789abcdef many.c -o cached && rm -rf c && mkdir c"));
	snprintf(cache, sizeof(cache), "%s/c", dir);
	snprintf(path, sizeof(path), "%s/cached", dir);
	use_cache("cached", cache);
	ck_assert(run("cp c/*.idx whole"));
	ck_assert_ptr_null(debuginfo_open(path, &options, &info));
	ck_assert(run(_i ? "truncate -s 0 c/*.idx" : "truncate -s $(($(stat -c %s whole) / 2)) c/*.idx"));
	ck_assert(has_lines(info, "outer", 5, 11));
	ck_assert(has_lines(info, "f499", 18 + 499, 0));
	debuginfo_close(info);
	/* and written again */
	ck_assert(run("[ $(stat -c %s c/*.idx) = $(stat -c %s whole) ]"));
	/* neither is there: nothing is known, nobody dies */
	ck_assert_ptr_null(debuginfo_open(path, &options, &info));
	ck_assert(run("truncate -s 0 c/*.idx cached"));
	{
		struct debuginfo_symbol symbol;
		size_t n = 7;
		struct culprit_error *err = debuginfo_find_symbols(info, SPAN("outer"), 1, &symbol, &n);

		ck_assert_ptr_nonnull(err);
		culprit_error_destroy(err);
	}
	debuginfo_close(info);
}
END_TEST

START_TEST(what_is_no_elf_file_is_an_error)
{
	struct debuginfo *info = NULL;
	struct culprit_error *err;
	char path[256];

	snprintf(path, sizeof(path), "%s/a.c", dir);
	err = debuginfo_open(path, NULL, &info);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_FORMAT);
	culprit_error_destroy(err);
	snprintf(path, sizeof(path), "%s/missing", dir);
	err = debuginfo_open(path, NULL, &info);
	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	culprit_error_destroy(err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("debuginfo");
	TCase *tcase = tcase_create("all");
	int failed;
	FILE *f;
	char path[256];

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/a.c", dir);
	f = fopen(path, "w");
	if (!f || fputs(source, f) < 0 || fclose(f))
		return 1;
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, lines_and_inlined_functions, 0, countof(flavours));
	tcase_add_test(tcase, statics_of_one_name_are_all_found);
	tcase_add_test(tcase, sections_that_touch_are_told_apart);
	tcase_add_test(tcase, the_cache_is_bounded);
	tcase_add_test(tcase, an_index_is_written_as_a_whole_or_not_at_all);
	tcase_add_loop_test(tcase, torn_files_are_refused_or_bounded, 0, 8);
	tcase_add_test(tcase, what_is_no_elf_file_is_an_error);
	tcase_add_test(tcase, notes_without_end_are_refused);
	tcase_add_loop_test(tcase, a_file_that_shrinks_while_it_is_mapped_is_an_error, 0,
			    (int)(countof(cuts) * countof(shrinking)));
	tcase_add_loop_test(tcase, an_index_that_shrinks_is_read_anew, 0, 2);
	suite_add_tcase(suite, tcase);
	failed = run_suite(suite);
	run("rm -rf ./*");
	rmdir(dir);
	return failed;
}
