/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small "kernels" and modules are compiled here, so that lines and inlining are
 * known; where a call returns to is read from objdump.  The logs are literal but
 * for offsets and sizes.
 */
#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "symbol/symbolize.h"
#include "suite.h"

static char dir[] = "/tmp/culprit-symbolize-XXXXXX";
static struct culprit_patterns *patterns;

/* The numbers in comments are the lines that the tests expect. */
static const char core_source[] =
	"const char linux_banner[] = \"Linux version 6.1.0-test (x@y) (gcc) #7 SMP Thu Jan 1 00:00:00 UTC 2026\\n\";\n"
	"volatile int state;\n"
	"__attribute__((noinline)) void sink(int value) { state = value; }\n"
	"static inline __attribute__((always_inline)) void deepest(int value)\n"
	"{\n"
	"	sink(value + 1);\n"					/* 6 */
	"}\n"
	"static inline __attribute__((always_inline)) void middle(int value)\n"
	"{\n"
	"	deepest(value);\n"					/* 10 */
	"	state++;\n"
	"}\n"
	"__attribute__((noinline)) int outer(int value)\n"
	"{\n"
	"	middle(value);\n"					/* 15 */
	"	state = 77;\n"
	"	return state;\n"
	"}\n"
	"__attribute__((noinline)) int next_line(int *value)\n"
	"{\n"
	"	sink(4);\n"						/* 21 */
	"	*value = 77;\n"						/* 22 */
	"	return 0;\n"
	"}\n"
	"__attribute__((noinline, noreturn)) void gone(void) { state = 1; __builtin_unreachable(); }\n"
	"__attribute__((noinline)) void last_call(void)\n"
	"{\n"
	"	gone();\n"						/* 28 */
	"}\n"
	"static __attribute__((noipa)) int twin(int value) { sink(value); return state; }\n"	/* 30 */
	"void far_away(int value);\n"
	"static __attribute__((noipa)) int pair(int value) { far_away(value); return 7; }\n"	/* 32 */
	"int other(void);\n"
	"void _start(void) { int i; outer(1); next_line(&i); twin(2); pair(3); other(); last_call(); }\n";

static const char other_source[] =
	"void sink(int value);\n"
	"extern volatile int state;\n"
	"static __attribute__((noipa)) int twin(int value)\n"
	"{\n"
	"	state += value * 12345;\n"
	"	sink(value);\n"						/* 6 */
	"	return state * state + 1;\n"
	"}\n"
	"static __attribute__((noipa)) int pair(int value) { sink(value); return 7; }\n"	/* 9 */
	"void far_away(int value) { state = value; }\n"
	"int other(void) { return twin(5) + pair(6); }\n";

static const char module_source[] =
	"void kernel_function(int value);\n"
	"static inline __attribute__((always_inline)) void frob_inlined(int value) { kernel_function(value); }\n"	/* 2 */
	"__attribute__((noinline)) int frob_open(int value)\n"
	"{\n"
	"	frob_inlined(value);\n"					/* 5 */
	"	return value + 2;\n"
	"}\n"
	"__attribute__((section(\".init.text\"), noinline)) int frob_init(int value)\n"
	"{\n"
	"	kernel_function(value);\n"				/* 10 */
	"	return value + 3;\n"
	"}\n";

/* A name of the Itanium C++ ABI, in a file that C++ is told to be by its name alone. */
static const char cxx_source[] =
	"extern \"C\" { volatile int state; __attribute__((noinline)) void sink(int v) { state = v; } }\n"
	"namespace zoo {\n"
	"template <class T> struct cage {\n"
	"	static inline __attribute__((always_inline)) void open(T v) { sink(v); state++; }\n"	/* 4 */
	"};\n"
	"__attribute__((noinline)) void feed(int v) { cage<int>::open(v); state = 2; }\n"	/* 6 */
	"}\n"
	"extern \"C\" void _start() { zoo::feed(2); }\n";

static const char rust_source[] =
	"#![no_std]\n"
	"#![no_main]\n"
	"extern \"C\" { fn sink(v: i32); static mut state: i32; }\n"
	"#[panic_handler] fn stop(_: &core::panic::PanicInfo) -> ! { loop {} }\n"
	"pub mod zoo {\n"
	"	#[inline(never)]\n"
	"	pub fn feed(v: i32) {\n"
	"		unsafe { crate::sink(v); crate::state = 2; }\n"	/* 8 */
	"	}\n"
	"}\n"
	"#[no_mangle] pub extern \"C\" fn start_rust(v: i32) { zoo::feed(v); zoo::feed(v + 1); }\n";

#define COMMON "-O2 -fno-pie -fno-asynchronous-unwind-tables -fcf-protection=none -ffreestanding " \
	       "-fno-optimize-sibling-calls -mcmodel=kernel"
#define LINK "-nostdlib -static -no-pie -Wl,-Ttext=0xffffffff81000000 -Wl,--build-id=0x00112233445566778899aabbccddeeff01234567"
#define BUILD_ID "00112233445566778899aabbccddeeff01234567"

/* ---------------------------------------------------------------- help */

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *format, ...)
{
	char command[2048], text[2200];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "cd %s && { %s; } >/dev/null 2>&1", dir, command);
	return system(text) == 0;
}

static bool write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	return f && fputs(text, f) >= 0 && !fclose(f);
}

static bool have(const char *tools)
{
	return run("for tool in %s; do command -v $tool || exit 1; done", tools);
}

/* A vmlinux called name; false where the flags are not known. */
static bool build(const char *name, const char *flags)
{
	return run("gcc -g %s " COMMON " -c core.c -o %s-core.o && gcc -g %s " COMMON " -c other.c -o %s-other.o && "
		   "gcc " LINK " %s-core.o %s-other.o -o %s", flags, name, flags, name, name, name, name);
}

/* "function+0x1/0x2" where the nth (from 1) call of the nth function of that name returns to. */
static const char *place(const char *file, const char *function, int nth)
{
	static char texts[16][512];
	static int used;
	char *text = texts[used++ % 16], command[1024];
	unsigned long long start, size, next;
	FILE *f;

	snprintf(command, sizeof(command),
		 "cd %s && set -- $(nm -S %s | awk '$4 == \"%s\"' | sort | sed -n %dp) && echo $1 $2 && "
		 "objdump -d --no-show-raw-insn %s | grep -A40 -i \"^$1 <%s>:\" | "
		 "awk '/call/ { called = 1; next } called { sub(/:/, \"\", $1); print $1; exit }'",
		 dir, file, function, nth, file, function);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%llx %llx", &start, &size), 2);
	/* behind a call that does not return, the function may end */
	if (fscanf(f, "%llx", &next) != 1)
		next = start + size;
	pclose(f);
	snprintf(text, sizeof(texts[0]), "%s+0x%llx/0x%llx", function, next - start, size);
	return text;
}

/* A report whose banner, and frames below the reporting ones, are given. */
static struct culprit_report *make_log(const char *cpu_line, const char *frames)
{
	_cleanup_(buf_deinit) struct buf log = { 0 };
	struct culprit_parser *parser;
	struct culprit_report *report;

	ck_assert(buf_printf(&log, "==================================================================\n"
			     "BUG: KASAN: use-after-free in nobody+0x1/0x8\n"
			     "Read of size 8 at addr ffff888003f0b238 by task init/1\n\n"
			     "%s\nCall Trace:\n <TASK>\n dump_stack_lvl+0x51/0x66\n%s </TASK>\n"
			     "==================================================================\n", cpu_line, frames));
	ck_assert_ptr_null(culprit_parser_create(patterns, NULL, &parser));
	ck_assert_ptr_null(culprit_parser_feed(parser, log.data, log.len));
	ck_assert_ptr_null(culprit_parser_finish(parser));
	report = culprit_parser_take(parser);
	ck_assert_ptr_nonnull(report);
	culprit_parser_destroy(parser);
	return report;
}

#define CPU_LINE "CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test #7"

struct setup {
	const char *vmlinux, *modules, *debug, *source, *cpu_line;
	bool force;
	const uint64_t *kernel_offset;
};

/* The lines that became of frames, and all notes. */
static char *symbolize_with(const struct setup *setup, const char *frames)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	char paths[4][256];
	const char *debug = paths[1], *modules = paths[2];
	struct symbolizer_options options = { .patterns = patterns, .force = setup->force,
					      .kernel_offset = setup->kernel_offset };
	struct culprit_report *report = make_log(setup->cpu_line ? setup->cpu_line : CPU_LINE, frames);
	struct symbolizer *symbolizer;
	struct symbolized *symbolized;
	const char *start, *end;

	snprintf(paths[0], sizeof(paths[0]), "%s/%s", dir, setup->vmlinux ? setup->vmlinux : "");
	snprintf(paths[1], sizeof(paths[1]), "%s/%s", dir, setup->debug ? setup->debug : "");
	snprintf(paths[2], sizeof(paths[2]), "%s/%s", dir, setup->modules ? setup->modules : "");
	snprintf(paths[3], sizeof(paths[3]), "%s/%s", dir, setup->source ? setup->source : "");
	options.vmlinux = setup->vmlinux ? paths[0] : NULL;
	options.debug_dirs = &debug;
	options.n_debug_dirs = setup->debug != NULL;
	options.module_dirs = &modules;
	options.n_module_dirs = setup->modules != NULL;
	options.source_dir = setup->source ? paths[3] : NULL;
	ck_assert_ptr_null(symbolizer_create(&options, &symbolizer));
	ck_assert_ptr_null(symbolize_report(symbolizer, report, &symbolized));
	start = strstr(symbolized->report.text, "dump_stack_lvl+0x51/0x66\n");
	ck_assert_ptr_nonnull(start);
	start += strlen("dump_stack_lvl+0x51/0x66\n");
	end = strstr(start, " </TASK>");
	ck_assert_ptr_nonnull(end);
	ck_assert(buf_add(&out, start, (size_t)(end - start)));
	for (size_t i = 0; i < symbolized->n_notes; i++)
		ck_assert(buf_printf(&out, "note: %s\n", symbolized->notes[i]));
	symbolized_destroy(symbolized);
	symbolizer_destroy(symbolizer);
	culprit_report_destroy(report);
	return no_free_ptr(out.data);
}

static char *frame_lines(const char *a, const char *b)
{
	char *text;

	ck_assert_int_ge(asprintf(&text, " %s\n%s%s%s", a, b ? " " : "", b ? b : "", b ? "\n" : ""), 0);
	return text;
}

/* The frames' lines and the notes are expected; format's %s are a and b. */
static void expect(const struct setup *setup, const char *a, const char *b, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void expect(const struct setup *setup, const char *a, const char *b, const char *format, ...)
{
	_cleanup_(freep) char *frames = frame_lines(a, b), *got = symbolize_with(setup, frames), *wanted = NULL;
	va_list args;

	va_start(args, format);
	ck_assert_int_ge(vasprintf(&wanted, format, args), 0);
	va_end(args);
	ck_assert_str_eq(got, wanted);
}

/* --------------------------------------------------------------- tests */

static const char *const flavours[] = {
	"-gdwarf-4", "-gdwarf-5", "-gdwarf-5 -gz=zlib", "-gdwarf-4 -gz=zlib", "-gdwarf-5 -gsplit-dwarf", "-gdwarf-4 -gsplit-dwarf",
};

START_TEST(inlined_functions_stand_above_the_frame)
{
	const char *outer;

	if (!build("flavour", flavours[_i]))
		return;
	outer = place("flavour", "outer", 1);
	expect(&(struct setup){ .vmlinux = "flavour" }, outer, NULL,
	       " deepest core.c:6 [inline]\n middle core.c:10 [inline]\n %s core.c:15\n", outer);
}
END_TEST

START_TEST(return_addresses_are_looked_up_one_byte_before)
{
	struct setup setup = { .vmlinux = "vmlinux" };
	const char *at = place("vmlinux", "next_line", 1), *last = place("vmlinux", "last_call", 1);
	_cleanup_(freep) char *pc = NULL;

	expect(&setup, at, NULL, " %s core.c:21\n", at);
	/* the same address as program counter is the next statement */
	ck_assert_int_ge(asprintf(&pc, "RIP: 0010:%s", at), 0);
	expect(&setup, pc, NULL, " %s core.c:22\n", pc);
	/* a call that does not return may be a function's last instruction: offset and size are the same */
	expect(&setup, last, NULL, " %s core.c:28\n", last);
}
END_TEST

/* How the architectures name the faulting instruction, and where it would have returned to. */
static const struct { const char *before; unsigned int line; } registers[] = {
	{ "RIP: 0010:", 22 }, { "EIP: ", 22 }, { "pc : ", 22 }, { "PC is at ", 22 }, { "epc : ", 22 },
	{ "lr : ", 21 }, { "LR is at ", 21 }, { " ra : ", 21 },
};

START_TEST(program_counters_and_link_registers)
{
	const char *at = place("vmlinux", "next_line", 1);
	_cleanup_(freep) char *line = NULL;

	ck_assert_int_ge(asprintf(&line, "%s%s", registers[_i].before, at), 0);
	expect(&(struct setup){ .vmlinux = "vmlinux" }, line, NULL, " %s core.c:%u\n", line, registers[_i].line);
}
END_TEST

START_TEST(functions_of_one_name_are_told_apart_by_size)
{
	struct setup setup = { .vmlinux = "vmlinux" };
	const char *first = place("vmlinux", "twin", 1), *second = place("vmlinux", "twin", 2);
	const char *pair = place("vmlinux", "pair", 1);

	ck_assert_str_ne(first, second);
	/* the linker puts core.o first */
	expect(&setup, first, second, " %s core.c:30\n %s other.c:6\n", first, second);
	ck_assert_str_eq(pair, place("vmlinux", "pair", 2));
	expect(&setup, pair, NULL, " %s\nnote: %s is ambiguous, there are 2 of that name and size: core.c:32, other.c:9\n",
	       pair, pair);
}
END_TEST

START_TEST(a_kernel_that_is_not_the_logs_is_refused)
{
	static const struct { const char *cpu_line, *why; } others[] = {
		{ "CPU: 0 PID: 1 Comm: init Not tainted 6.2.0-else #7", "is version 6.1.0-test, the log is of 6.2.0-else" },
		{ "CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test #8",
		  "is build #7 SMP Thu Jan 1 00:00:00 UTC 2026, the log is of #8" },
		{ "CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test #70",
		  "is build #7 SMP Thu Jan 1 00:00:00 UTC 2026, the log is of #70" },
		{ "CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test #7 ffffffffffffffffffffffffffffffffffffffff",
		  "has build ID " BUILD_ID ", the log ffffffffffffffffffffffffffffffffffffffff" },
	};
	struct setup setup = { .vmlinux = "vmlinux", .cpu_line = others[_i].cpu_line };
	const char *at = place("vmlinux", "next_line", 1);

	expect(&setup, at, NULL, " %s\nnote: %s/vmlinux %s\n", at, dir, others[_i].why);
	setup.force = true;
	expect(&setup, at, NULL, " %s core.c:21\nnote: %s/vmlinux %s (used all the same)\n", at, dir, others[_i].why);
}
END_TEST

START_TEST(the_same_build_id_says_more_than_the_version)
{
	struct setup setup = { .vmlinux = "vmlinux",
			       .cpu_line = "CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test+ #8 " BUILD_ID };
	const char *at = place("vmlinux", "next_line", 1);

	expect(&setup, at, NULL, " %s core.c:21\n", at);
}
END_TEST

START_TEST(other_sizes_are_another_build)
{
	struct setup setup = { .vmlinux = "vmlinux" };
	const char *at = place("vmlinux", "next_line", 1), *size = strchr(at, '/');
	_cleanup_(freep) char *wrong = NULL;
	_cleanup_(freep) char *got = NULL, *lines = NULL;

	ck_assert_int_ge(asprintf(&wrong, "%.*s/0x999", (int)(size - at), at), 0);
	lines = frame_lines(wrong, NULL);
	got = symbolize_with(&setup, lines);
	ck_assert_msg(strstr(got, "next_line has size 0x999 in the log and 0x") != NULL, "%s", got);
	ck_assert(!strstr(got, "core.c"));
}
END_TEST

START_TEST(bare_addresses_need_the_kernels_offset)
{
	uint64_t offset = 0x1c000000;
	struct setup setup = { .vmlinux = "vmlinux" };
	const char *at = place("vmlinux", "next_line", 1);
	unsigned long long addr, off;
	char bare[64], command[512];
	FILE *f;

	snprintf(command, sizeof(command), "nm %s/vmlinux | awk '$3 == \"next_line\" { print $1 }'", dir);
	f = popen(command, "r");
	ck_assert_int_eq(fscanf(f, "%llx", &addr), 1);
	pclose(f);
	ck_assert_int_eq(sscanf(strchr(at, '+'), "+0x%llx", &off), 1);
	snprintf(bare, sizeof(bare), "0x%llx", addr + off + offset);
	expect(&setup, bare, NULL, " %s\n", bare);
	setup.kernel_offset = &offset;
	{
		_cleanup_(freep) char *lines = frame_lines(bare, NULL), *got = symbolize_with(&setup, lines);
		_cleanup_(freep) char *wanted = NULL;

		ck_assert_int_ge(asprintf(&wanted, " %s next_line+0x%llx/0x", bare, off), 0);
		ck_assert_msg(!strncmp(got, wanted, strlen(wanted)) && strstr(got, " core.c:21\n"), "%s", got);
	}
}
END_TEST

static const char *const packers[] = { "true", "xz --check=crc32", "gzip", "zstd -q --rm" };

START_TEST(modules_are_looked_up_section_by_section)
{
	struct setup setup = { .vmlinux = "vmlinux", .modules = "mods" };
	const char *open, *init;
	char a[128], b[128];

	if (!have("xz gzip zstd"))
		return;
	ck_assert(run("gcc -g " COMMON " -c frob.c -o frob.o && rm -rf mods && mkdir -p mods/kernel/drivers && "
		      "cp frob.o mods/kernel/drivers/frob-dev.ko && { [ '%s' = true ] || %s mods/kernel/drivers/frob-dev.ko; }",
		      packers[_i], packers[_i]));
	open = place("frob.o", "frob_open", 1);
	init = place("frob.o", "frob_init", 1);
	snprintf(a, sizeof(a), "%s [frob_dev]", open);
	snprintf(b, sizeof(b), "%s [frob_dev]", init);
	expect(&setup, a, b, " frob_inlined frob.c:2 [inline] [frob_dev]\n %s frob.c:5 [frob_dev]\n %s frob.c:10 [frob_dev]\n",
	       open, init);
	snprintf(a, sizeof(a), "%s [stranger]", open);
	expect(&setup, a, NULL, " %s\nnote: module stranger: no file found\n", a);
}
END_TEST

START_TEST(a_module_of_another_build_id_is_refused)
{
	struct setup setup = { .vmlinux = "vmlinux", .modules = "mods" };
	const char *open;
	char a[256];

	ck_assert(run("gcc -g " COMMON " -c frob.c -o raw.o && ld -r --build-id=0x" BUILD_ID " raw.o -o frob.o && "
		      "rm -rf mods && mkdir mods && cp frob.o mods/frob_dev.ko"));
	open = place("frob.o", "frob_open", 1);
	snprintf(a, sizeof(a), "%s [frob_dev " BUILD_ID "]", open);
	expect(&setup, a, NULL, " frob_inlined frob.c:2 [inline] [frob_dev " BUILD_ID "]\n %s frob.c:5 [frob_dev " BUILD_ID "]\n",
	       open);
	snprintf(a, sizeof(a), "%s [frob_dev aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]", open);
	expect(&setup, a, NULL, " %s\nnote: %s/mods/frob_dev.ko has build ID " BUILD_ID
	       ", the log aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", a, dir);
}
END_TEST

START_TEST(separate_debug_files)
{
	const char *at = place("vmlinux", "next_line", 1);

	ck_assert(run("rm -rf debug links && mkdir -p debug/.build-id/00 links/.debug && "
		      "objcopy --only-keep-debug vmlinux debug/.build-id/00/112233445566778899aabbccddeeff01234567.debug && "
		      "objcopy --strip-all vmlinux stripped && objcopy --only-keep-debug vmlinux links/.debug/v.debug && "
		      "objcopy --strip-debug --add-gnu-debuglink=links/.debug/v.debug vmlinux links/v"));
	expect(&(struct setup){ .vmlinux = "stripped", .debug = "debug" }, at, NULL, " %s core.c:21\n", at);
	expect(&(struct setup){ .vmlinux = "links/v" }, at, NULL, " %s core.c:21\n", at);
	/* the log's own build ID finds it, too */
	expect(&(struct setup){ .debug = "debug", .cpu_line = CPU_LINE " " BUILD_ID }, at, NULL, " %s core.c:21\n", at);
	expect(&(struct setup){ .vmlinux = "stripped" }, at, NULL, " %s\nnote: %s/stripped has no debug information\n", at, dir);
}
END_TEST

START_TEST(paths_are_relative_to_the_tree)
{
	const char *at;
	_cleanup_(freep) char *prose = NULL;

	/* compiled elsewhere by absolute path: kernels with O= are */
	ck_assert(run("mkdir -p tree/kernel tree/obj && cp core.c other.c tree/kernel/ && cd tree/obj && "
		      "gcc -g " COMMON " -c %s/tree/kernel/core.c -o c.o && gcc -g " COMMON " -c ../kernel/other.c -o o.o && "
		      "gcc " LINK " c.o o.o -o ../../outside", dir));
	at = place("outside", "next_line", 1);
	expect(&(struct setup){ .vmlinux = "outside" }, at, NULL, " %s kernel/core.c:21\n", at);
	expect(&(struct setup){ .vmlinux = "outside", .source = "tree" }, at, place("outside", "twin", 2),
	       " %s kernel/core.c:21\n %s kernel/other.c:6\n", at, place("outside", "twin", 2));
	/* what the kernel itself prints of them, as UBSAN and BUG do */
	ck_assert_int_ge(asprintf(&prose, "checked in %s/tree/kernel/core.c:12:3", dir), 0);
	expect(&(struct setup){ .vmlinux = "outside" }, prose, at,
	       " checked in kernel/core.c:12:3\n %s kernel/core.c:21\n", at);
}
END_TEST

START_TEST(mangled_names_are_made_readable)
{
	const char *feed = "_ZN3zoo4feedEi", *at;

	if (!run("g++ -g " COMMON " -fno-exceptions " LINK " zoo.cc -o cxx"))
		return;
	at = place("cxx", feed, 1);
	expect(&(struct setup){ .vmlinux = "cxx" }, at, NULL, " zoo::cage<int>::open zoo.cc:4 [inline]\n zoo::feed%s zoo.cc:6\n",
	       at + strlen(feed));
}
END_TEST

START_TEST(rust_names_are_made_readable)
{
	char symbol[256] = "", command[512];
	const char *at;
	FILE *f;

	if (!have("rustc") ||
	    !run("rustc -g -O -C panic=abort -C relocation-model=static -C symbol-mangling-version=v0 --crate-type=staticlib "
		 "--emit=obj zoo.rs -o zoo.o && gcc -g " COMMON " -c core.c -o rc.o && gcc -g " COMMON " -c other.c -o ro.o && "
		 "gcc " LINK " rc.o ro.o zoo.o -o rust"))
		return;
	snprintf(command, sizeof(command), "nm %s/rust | awk '/3zoo4feed/ { print $3 }'", dir);
	f = popen(command, "r");
	ck_assert_int_eq(fscanf(f, "%255s", symbol), 1);
	pclose(f);
	at = place("rust", symbol, 1);
	expect(&(struct setup){ .vmlinux = "rust" }, at, NULL, " zoo::zoo::feed%s zoo.rs:8\n", at + strlen(symbol));
}
END_TEST

START_TEST(stacks_have_the_lines_as_data)
{
	struct symbolizer_options options = { .patterns = patterns };
	_cleanup_(freep) char *lines = NULL;
	const struct culprit_stack *stack = NULL;
	struct culprit_report *report;
	struct symbolizer *symbolizer;
	struct symbolized *symbolized;
	char path[256];

	lines = frame_lines(place("vmlinux", "outer", 1), NULL);
	report = make_log(CPU_LINE, lines);
	snprintf(path, sizeof(path), "%s/vmlinux", dir);
	options.vmlinux = path;
	ck_assert_ptr_null(symbolizer_create(&options, &symbolizer));
	ck_assert_ptr_null(symbolize_report(symbolizer, report, &symbolized));
	for (size_t i = 0; i < symbolized->report.n_stacks; i++) {
		if (symbolized->report.stacks[i].role == CULPRIT_ROLE_CALL_TRACE)
			stack = &symbolized->report.stacks[i];
	}
	ck_assert_ptr_nonnull(stack);
	ck_assert_uint_eq(stack->n_frames, 4);
	for (size_t i = 0; i < 3; i++) {
		static const char *const functions[] = { "deepest", "middle", "outer" };
		static const uint32_t numbers[] = { 6, 10, 15 };
		const struct culprit_frame *frame = &stack->frames[1 + i];

		ck_assert_str_eq(frame->function, functions[i]);
		ck_assert_str_eq(frame->file, "core.c");
		ck_assert_uint_eq(frame->line, numbers[i]);
		ck_assert_int_eq(!!(frame->flags & CULPRIT_FRAME_INLINE), i < 2);
	}
	ck_assert_str_eq(symbolized->report.file_guilty, "core.c");
	symbolized_destroy(symbolized);
	symbolizer_destroy(symbolizer);
	culprit_report_destroy(report);
}
END_TEST

/* A new kernel is copied over the one that is in use: the report is told of without lines, and why. */
START_TEST(a_kernel_that_is_written_to_costs_the_lines_alone)
{
	_cleanup_(freep) char *frames = frame_lines(place("vmlinux", "next_line", 1), NULL);
	struct symbolizer_options options = { .patterns = patterns };
	struct culprit_report *report = make_log(CPU_LINE, frames);
	struct symbolizer *symbolizer;
	struct symbolized *symbolized;
	char path[256];

	ck_assert(run("cp vmlinux shrinks && touch -d '1 hour ago' shrinks"));
	snprintf(path, sizeof(path), "%s/shrinks", dir);
	options.vmlinux = path;
	ck_assert_ptr_null(symbolizer_create(&options, &symbolizer));
	for (int cut = 0; cut < 2; cut++) {
		ck_assert_ptr_null(symbolize_report(symbolizer, report, &symbolized));
		if (cut) {
			ck_assert_str_eq(symbolized->report.text, report->text);
			ck_assert_uint_eq(symbolized->n_found, 0);
			ck_assert_uint_ge(symbolized->n_notes, 1);
			ck_assert_ptr_nonnull(strstr(symbolized->notes[0], "shrinks: somebody wrote to it while it was read"));
		} else {
			ck_assert_uint_eq(symbolized->n_found, 1);
			ck_assert(run("truncate -s 5000 shrinks"));
		}
		symbolized_destroy(symbolized);
	}
	symbolizer_destroy(symbolizer);
	culprit_report_destroy(report);
}
END_TEST

/* ---------------------------------------------------------------- main */

static void add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, inlined_functions_stand_above_the_frame, 0, countof(flavours));
	tcase_add_test(tcase, return_addresses_are_looked_up_one_byte_before);
	tcase_add_loop_test(tcase, program_counters_and_link_registers, 0, countof(registers));
	tcase_add_test(tcase, functions_of_one_name_are_told_apart_by_size);
	tcase_add_loop_test(tcase, a_kernel_that_is_not_the_logs_is_refused, 0, 4);
	tcase_add_test(tcase, the_same_build_id_says_more_than_the_version);
	tcase_add_test(tcase, other_sizes_are_another_build);
	tcase_add_test(tcase, bare_addresses_need_the_kernels_offset);
	tcase_add_loop_test(tcase, modules_are_looked_up_section_by_section, 0, countof(packers));
	tcase_add_test(tcase, a_module_of_another_build_id_is_refused);
	tcase_add_test(tcase, separate_debug_files);
	tcase_add_test(tcase, paths_are_relative_to_the_tree);
	tcase_add_test(tcase, mangled_names_are_made_readable);
	tcase_add_test(tcase, rust_names_are_made_readable);
	tcase_add_test(tcase, stacks_have_the_lines_as_data);
	tcase_add_test(tcase, a_kernel_that_is_written_to_costs_the_lines_alone);
}

START_TEST(no_compiler_for_x86_64)
{
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbolize");
	TCase *tcase = tcase_create("all");
	int failed;

	if (!mkdtemp(dir) || culprit_patterns_load(NULL, 0, &patterns))
		return 1;
	if (!write_file("core.c", core_source) || !write_file("other.c", other_source) ||
	    !write_file("frob.c", module_source) || !write_file("zoo.cc", cxx_source) || !write_file("zoo.rs", rust_source))
		return 1;
	tcase_set_timeout(tcase, 120);
	if (have("gcc objdump objcopy nm awk ld") && run("[ $(gcc -dumpmachine | cut -d- -f1) = x86_64 ]") && build("vmlinux", ""))
		add_tests(tcase);
	else
		tcase_add_test(tcase, no_compiler_for_x86_64);
	suite_add_tcase(suite, tcase);
	failed = run_suite(suite);
	culprit_patterns_destroy(patterns);
	run("rm -rf %s", dir);
	return failed;
}
