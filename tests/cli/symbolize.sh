#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit symbolize, on a small "kernel" and modules compiled here, so that lines
# and inlining are known. Where a frame's call returns to is read from objdump.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
export XDG_CACHE_HOME=$tmp/cache
for tool in gcc g++ objdump objcopy nm xz gzip zstd perl; do
	command -v $tool >/dev/null || { pass "skipped: no $tool"; finish; }
done
[ "$(uname -m)" = x86_64 ] || { pass "skipped: not x86-64"; finish; }

mkdir -p tree/kernel tree/drivers/frob tree/include obj
cat >tree/include/helper.h <<'END'
void sink(int value);
static inline __attribute__((always_inline)) void deepest(int value)
{
	sink(value + 1);		/* helper.h:4 */
}
END
cat >tree/kernel/core.c <<'END'
#include "../include/helper.h"
const char linux_banner[] = "Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n";
volatile int state;
__attribute__((noinline)) void sink(int value) { state = value; } void far_away(int value);
static inline __attribute__((always_inline)) void middle(int value)
{
	deepest(value);			/* core.c:7 */
	state++;
}
__attribute__((noinline)) int outer(int *value)
{
	state = 3;
	middle(4);			/* core.c:13 */
	*value = 77;			/* core.c:14 */
	return state;
}
static __attribute__((noipa)) int twin(int value)
{
	sink(value);			/* core.c:19 */
	return state;
}
static __attribute__((noipa)) int pair(int value)
{
	far_away(value);		/* core.c:24 */
	return 7;
}
int use_core(void) { int i; return outer(&i) + twin(2) + pair(3); }
int other(void);
void _start(void) { use_core(); other(); }
END
cat >tree/kernel/other.c <<'END'
void sink(int value);
extern volatile int state;
static __attribute__((noipa)) int twin(int value)
{
	state += value * 12345;
	state ^= 0x12345678;
	state += value * 54321;
	sink(value);			/* other.c:8 */
	return state * state + 1;
}
static __attribute__((noipa)) int pair(int value)
{
	sink(value);			/* other.c:13 */
	return 7;
}
void far_away(int value) { state = value; }
int other(void) { return twin(5) + pair(6); }
END
cat >tree/drivers/frob/frob.c <<'END'
void kernel_function(int value);
static inline __attribute__((always_inline)) void frob_inlined(int value)
{
	kernel_function(value);		/* frob.c:4 */
}
__attribute__((noinline)) int frob_open(int value)
{
	frob_inlined(value);		/* frob.c:8 */
	return value + 2;
}
__attribute__((section(".init.text"), noinline)) int frob_init(int value)
{
	kernel_function(value);		/* frob.c:13 */
	return value + 3;
}
END

common='-O2 -fno-pie -fno-asynchronous-unwind-tables -fcf-protection=none -ffreestanding -fno-optimize-sibling-calls'
link='-nostdlib -static -no-pie -Wl,-Ttext=0xffffffff81000000 -Wl,--build-id=sha1'

# build DIR FLAGS...: a vmlinux with its debug information; compiled in $from, where the tree is $up
build() {
	local dir=$1 unit
	shift
	mkdir -p "$dir"
	for unit in core other; do
		(cd "${from:-tree}" && gcc "$@" $common -mcmodel=kernel -c "${up:-}kernel/$unit.c" -o "$tmp/$dir/$unit.o") || return
	done
	gcc $link "$dir/core.o" "$dir/other.o" -o "$dir/vmlinux" 2>/dev/null
}

# place FILE FUNCTION [N]: "function+0x1/0x2", where its first call returns to; of the Nth of that name
place() {
	local address size type name next
	read -r address size type name < <(nm -S "$1" | awk -v f="$2" '$4 == f' | sort | sed -n "${3:-1}p")
	next=$(objdump -d --no-show-raw-insn "$1" | grep -A40 -i "^$address <$2>:" |
		awk '/call/ { called = 1; next } called { sub(/:/, "", $1); print $1; exit }')
	printf '%s+0x%x/0x%x\n' "$2" $((0x$next - 0x$address)) $((0x$size))
}

# make_log FRAME...: a KASAN report with these frames below the reporting ones
make_log() {
	printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n'
	printf '[    1.000000] %s\n' '==================================================================' \
		"BUG: KASAN: use-after-free in ${1%% *}" 'Read of size 8 at addr ffff888003f0b238 by task init/1' '' \
		'CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test #1' 'Call Trace:' ' <TASK>' \
		' dump_stack_lvl+0x51/0x66' ' kasan_report+0xf3/0x1a0'
	printf '[    1.000000]  %s\n' "$@"
	printf '[    1.000000] %s\n' ' </TASK>' ''
}

# symbolize OPTIONS...: its output; what it complains of goes to err
symbolize() { "$CULPRIT" symbolize --src tree "$@" 2>err; }

build obj -g -gdwarf-5 || { fail "the test kernel compiles"; finish; }
outer=$(place obj/vmlinux outer)
make_log "$outer" >outer.log

# --- lines and inlining
out=$(symbolize --vmlinux obj/vmlinux outer.log)
is "exit code is 1 with a crash" 1 $?
has "inlined functions stand above, with their lines" " deepest include/helper.h:4 [inline]
 middle kernel/core.c:7 [inline]
 $outer kernel/core.c:13" "$out"
has "the banner is symbolized, too" "BUG: KASAN: use-after-free in $outer kernel/core.c:13" "$out"
has "the guilty file" "kernel/core.c" "$(grep -a '^  file' <<<"$out")"

for flags in "-gdwarf-4" "-gdwarf-5 -gz=zlib" "-gdwarf-5 -gsplit-dwarf"; do
	rm -rf flavour
	build flavour -g $flags || { fail "compiles with $flags"; continue; }
	make_log "$(place flavour/vmlinux outer)" >flavour.log
	has "$flags" " deepest include/helper.h:4 [inline]
 middle kernel/core.c:7 [inline]
 $(place flavour/vmlinux outer) kernel/core.c:13" "$(symbolize --no-cache --vmlinux flavour/vmlinux flavour.log)"
done

mkdir -p tree/build
rm -rf flavour
from=tree/build up=../ build flavour -g
make_log "$(place flavour/vmlinux outer)" >flavour.log
has "a build in a directory of its own, without --src" "$(place flavour/vmlinux outer) kernel/core.c:13" \
	"$("$CULPRIT" symbolize --no-cache --vmlinux flavour/vmlinux flavour.log 2>&1)"

# --- program counters are looked up as they are, return addresses one before
base=$(nm obj/vmlinux | awk '$3 == "outer" { print $1 }')
store=$(objdump -d --no-show-raw-insn obj/vmlinux | grep -A40 "^$base <outer>:" | awk '/\$0x4d,/ { sub(/:/, "", $1); print $1; exit }')
pc=$(printf 'outer+0x%x/%s' $((0x$store - 0x$base)) "${outer#*/}")
{
	printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n'
	printf '[    1.000000] %s\n' 'divide error: 0000 [#1] PREEMPT SMP' \
		'CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-test #1' "RIP: 0010:$pc" \
		'Code: fd 4c 89 e2 b8 ff ff 37 00 48 c1 ea 03 48 c1 e0 2a 80 3c 02 00 74 08 4c 89 e7 e8 f0 8e 14 fe 48 8b 83 18 02 00 00 89 ed 31 d2 <48> f7 f5 48 89 83 18 02 00 00 45 31 ed e8 7f b5 f2 fd 44 89 e8 5b' \
		'RSP: 0018:ffffc90000013e50 EFLAGS: 00010246' 'Call Trace:' ' <TASK>' " $outer" \
		'RIP: 0033:0x47b7a0' \
		'Code: 40 00 48 c7 c2 e0 ff ff ff f7 d8 64 89 02 48 c7 c0 ff ff ff ff eb b7 0f 1f 00 80 3d e8 85 16 00 00 74 17 b8 01 00 00 00 0f 05 <48> 3d 00 f0 ff ff 77 58' \
		' </TASK>' '---[ end trace 0000000000000000 ]---'
} >pc.log
out=$(symbolize --vmlinux obj/vmlinux pc.log)
has "a program counter is looked up exactly" "RIP: 0010:$pc kernel/core.c:14" "$out"
has "the trapping instruction is marked" "* 2a:	48 f7 f5             	div    %rbp <-- trapping instruction" "$out"
is "code of user space is left alone" 1 "$(grep -ac 'trapping instruction' <<<"$out")"

# --- 32-bit arm: registers have no symbol, the mode in psr says whose they are
arm_log() {
	printf '[    1.000000] %s\n' '8<--- cut here ---' \
		'Unable to handle kernel NULL pointer dereference at virtual address 00000010' \
		'Internal error: Oops: 5 [#1] SMP ARM' 'CPU: 0 PID: 41 Comm: frobd Not tainted 6.1.0-test #1' \
		'PC is at frob+0x10/0x40' 'LR is at frob_all+0x20/0x60' \
		"pc : [<808f355c>]    lr : [<808f3600>]    psr: 600000$1" 'sp : e0901e90  ip : 00000000  fp : 81c7c800' \
		' frob from frob_all+0x20/0x60' ' frob_all from ret_fast_syscall+0x0/0x1c' \
		'Code: e1a04000 e1a05001 e5903000 e3530000 (e5932010) ' '---[ end trace 0000000000000000 ]---'
}
arm_log 13 >arm.log
has "arm: code of the kernel is disassembled" "* 10:	e5932010 	ldr    r2, [r3, #0x10] <-- trapping instruction" \
	"$("$CULPRIT" symbolize arm.log 2>/dev/null)"
arm_log 10 >arm.log
is "arm: code of user space is left alone" 0 "$("$CULPRIT" symbolize arm.log 2>/dev/null | grep -ac 'trapping instruction')"
arm_log 13 | sed 's/    lr : .*psr.*//' >arm.log
is "arm: a line that lost its mode says nothing of user space" 1 \
	"$("$CULPRIT" symbolize arm.log 2>/dev/null | grep -ac 'trapping instruction')"

# --- functions of one name
make_log "$(place obj/vmlinux twin 1)" "$(place obj/vmlinux twin 2)" >twins.log
out=$(symbolize --vmlinux obj/vmlinux twins.log)
is "static functions of one name are told apart by size" "kernel/core.c:19 kernel/other.c:8 " \
	"$(grep -a '^ twin' <<<"$out" | sed 's/.* //' | sort | tr '\n' ' ')"
pair=$(place obj/vmlinux pair 1)
is "the test has an ambiguous function" "$pair" "$(place obj/vmlinux pair 2)"
make_log "$pair" >pair.log
out=$(symbolize --vmlinux obj/vmlinux pair.log)
is "an ambiguous frame gets no line" " $pair" "$(grep -a '^ pair' <<<"$out")"
has "a note says so" "ambiguous" "$(cat err)"
has "with the places" "kernel/other.c:13" "$(cat err)"

# --- modules
(cd tree && gcc -g $common -c drivers/frob/frob.c -o ../obj/frob-dev.ko)
open=$(place obj/frob-dev.ko frob_open) init=$(place obj/frob-dev.ko frob_init)
make_log "$open [frob_dev]" "$init [frob_dev]" >module.log
expected=" frob_inlined drivers/frob/frob.c:4 [inline] [frob_dev]
 $open drivers/frob/frob.c:8 [frob_dev]
 $init drivers/frob/frob.c:13 [frob_dev]"
mkdir -p mods/kernel/drivers
cp obj/frob-dev.ko mods/kernel/drivers/
has "a module, section by section" "$expected" "$(symbolize --vmlinux obj/vmlinux --modules mods module.log)"
for packer in 'xz' 'gzip' 'zstd -q --rm'; do
	rm -rf packed
	mkdir packed
	cp obj/frob-dev.ko packed/
	$packer packed/frob-dev.ko
	has "a module compressed by ${packer%% *}" "$expected" "$(symbolize --vmlinux obj/vmlinux --modules packed module.log)"
done
symbolize --vmlinux obj/vmlinux module.log >out
has "a module that is not found is said" "module frob_dev: no file found" "$(cat err)"

# --- separate debug files
id=$(readelf -n obj/vmlinux | sed -n 's/.*Build ID: //p')
mkdir -p "debug/.build-id/${id:0:2}" stripped linked/.debug
objcopy --only-keep-debug obj/vmlinux "debug/.build-id/${id:0:2}/${id:2}.debug"
objcopy --strip-all obj/vmlinux stripped/vmlinux
has "debug information by build ID" "$outer kernel/core.c:13" \
	"$(symbolize --vmlinux stripped/vmlinux --debug-dir debug outer.log)"
objcopy --only-keep-debug obj/vmlinux linked/.debug/vmlinux.debug
objcopy --strip-debug --add-gnu-debuglink=linked/.debug/vmlinux.debug obj/vmlinux linked/vmlinux
has "debug information by debuglink" "$outer kernel/core.c:13" "$(symbolize --no-cache --vmlinux linked/vmlinux outer.log)"
mkdir -p debug/boot
cp obj/vmlinux debug/boot/vmlinux-6.1.0-test
has "a vmlinux by version" "$outer kernel/core.c:13" "$(symbolize --no-cache --debug-dir debug outer.log)"

# --- debuginfod: only when asked for
mkdir -p "served/buildid/$id" "empty"
objcopy --only-keep-debug obj/vmlinux "served/buildid/$id/debuginfo"
export DEBUGINFOD_CACHE_PATH=$tmp/fetched DEBUGINFOD_URLS=file://$tmp/served
out=$(symbolize --no-cache --vmlinux stripped/vmlinux outer.log)
is "no server is asked unasked" " $outer" "$(grep -a '^ outer' <<<"$out")"
is "nothing is fetched then" "" "$(ls fetched 2>/dev/null)"
if symbolize --no-cache --debuginfod --vmlinux stripped/vmlinux outer.log >out; grep -q 'install the package libdebuginfod1' err; then
	pass "skipped: no libdebuginfod"
else
	has "debug information of a stripped vmlinux from a server" "$outer kernel/core.c:13" "$(cat out)"
	rm -rf fetched
	DEBUGINFOD_PROGRESS=1 "$CULPRIT" symbolize --no-cache --debuginfod --vmlinux stripped/vmlinux outer.log >out 2>err
	is "without a word of progress, even where the environment wants it" "" "$(cat err)"
	sed "s/Not tainted 6.1.0-test #1/& $id/" outer.log >id.log
	has "of the build ID that the log names, from a server" "$outer kernel/core.c:13" "$(symbolize --no-cache --debuginfod id.log)"
	rm -rf fetched
	out=$(DEBUGINFOD_URLS=file://$tmp/empty symbolize --no-cache --debuginfod id.log)
	is "the report is there without the server's help" " $outer" "$(grep -a '^ outer' <<<"$out")"
	has "what no server has is said" "debuginfod: no server has build ID $id" "$(cat err)"
	(unset DEBUGINFOD_URLS; symbolize --debuginfod outer.log >out)
	is "without a server, --debuginfod is an error" 2 $?
	has "and which variable is missing" "DEBUGINFOD_URLS names no server" "$(cat err)"
fi
if command -v debuginfod >/dev/null && command -v curl >/dev/null; then
	mkdir home
	port=$((20000 + $$ % 10000))	# one of its own: tests of several checkouts may run at once
	(cd home && HOME=$PWD exec debuginfod -p $port -d :memory: -F ../obj >../server.log 2>&1) &
	server=$!
	for ((i = 0; i < 100; i++)); do
		curl -sf -o page "http://127.0.0.1:$port/buildid/$id/debuginfo" && break
		sleep 0.1
	done
	rm -rf fetched
	has "the same from a real server" "$outer kernel/core.c:13" \
		"$(DEBUGINFOD_URLS=http://127.0.0.1:$port symbolize --no-cache --debuginfod --vmlinux stripped/vmlinux outer.log)"
	kill $server
	wait $server 2>/dev/null
else
	pass "skipped: no debuginfod server"
fi
unset DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH

# --- what does not belong together
sed 's/6\.1\.0-test/6.2.0-else/' outer.log >else.log
out=$(symbolize --vmlinux obj/vmlinux else.log)
is "another version is refused" " $outer" "$(grep -a '^ outer' <<<"$out")"
has "with the reason" "is version 6.1.0-test, the log is of 6.2.0-else" "$(cat err)"
has "unless forced" "$outer kernel/core.c:13" "$(symbolize --force --vmlinux obj/vmlinux else.log)"
sed 's/#1/#2/' outer.log >second.log
out=$(symbolize --vmlinux obj/vmlinux second.log)
is "another build of the version is refused" " $outer" "$(grep -a '^ outer' <<<"$out")"
has "and both are named" "is build #1 SMP, the log is of #2 SMP" "$(cat err)"
sed '2,$s/ 6.1.0-test #1//; s/#1 SMP/#3 SMP/' outer.log >third.log
symbolize --vmlinux obj/vmlinux third.log >out
has "also where the boot alone tells it" "the log is of #3 SMP" "$(cat err)"
make_log "${outer%/*}/0x99" >size.log
out=$(symbolize --vmlinux obj/vmlinux size.log)
is "functions of another size are refused" " ${outer%/*}/0x99" "$(grep -a '^ outer' <<<"$out")"
has "with both sizes" "has size 0x99 in the log" "$(cat err)"

# --- bare addresses
off=${outer#*+}
bare=$(printf '0x%x' $((0x$base + ${off%/*} + 0x1c000000)))
{
	sed '/end trace/d' pc.log
	printf '[    1.000000] %s\n' 'Call Trace:' " $bare" '---[ end trace 0000000000000000 ]---'
} >bare.log
# its size is the distance to the next symbol, as kernels print it
has "a bare address, by the kernel's offset" " $bare outer+${off%/*}/0x40 kernel/core.c:13" "$(symbolize --kernel-offset 0x1c000000 --vmlinux obj/vmlinux bare.log)"
{
	sed '$d' bare.log
	printf '[    1.000000] %s\n' '---[ end trace 0000000000000000 ]---' 'RIP: 0010:foo+0x1/0x2' \
		'Kernel panic - not syncing: Fatal exception' \
		'Kernel Offset: 0x1c000000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)'
} >panic.log
has "the log itself says it, behind the panic" " $bare outer+${off%/*}/0x40 kernel/core.c:13" "$(symbolize --vmlinux obj/vmlinux panic.log)"
hasnt=$(symbolize --vmlinux obj/vmlinux bare.log | grep -a "^ $bare")
is "without that, bare addresses are left alone" " $bare" "$hasnt"

# --- the index
rm -rf cache
plain=$(symbolize --no-cache --vmlinux obj/vmlinux outer.log)
is "--no-cache writes none" "" "$(ls cache 2>/dev/null)"
is "the first use gives the same" "$plain" "$(symbolize --vmlinux obj/vmlinux outer.log)"
is "and writes an index" "$id.idx" "$(ls cache/culprit)"
is "from which the same comes" "$plain" "$(symbolize --vmlinux obj/vmlinux outer.log)"
index=cache/culprit/$id.idx
size=$(stat -c %s "$index") bad=0
for ((i = 0; i < 25; i++)); do
	cp "$index" whole
	printf '\xa5' | dd of="$index" bs=1 seek=$((size * i / 25 + i)) conv=notrunc status=none
	[ "$plain" = "$(symbolize --vmlinux obj/vmlinux outer.log)" ] || bad=$((bad + 1))
	mv whole "$index"
done
is "damage to the index never changes an answer" 0 $bad
truncate -s $((size / 2)) "$index"
is "nor does the loss of its end" "$plain" "$(symbolize --vmlinux obj/vmlinux outer.log)"

# --- whom to tell
mkdir -p tree/scripts
cat >tree/scripts/get_maintainer.pl <<'END'
#!/usr/bin/perl
print "\"A. Person\" <a\@example.org> (maintainer:CORE)\ncore\@lists.example.org (open list:CORE)\n" if $ARGV[-1] eq 'kernel/core.c';
END
out=$(symbolize --vmlinux obj/vmlinux outer.log)
has "people" "A. Person <a@example.org> (maintainer:CORE)" "$out"
has "and lists" "core@lists.example.org (open list:CORE)" "$out"
echo 'exit 3;' >tree/scripts/get_maintainer.pl
out=$(symbolize --vmlinux obj/vmlinux outer.log)
has "a script that fails is said" "exit code 3" "$(cat err)"
has "and the report is there all the same" "$outer kernel/core.c:13" "$out"

# --- JSON
if command -v jq >/dev/null; then
	json=$(symbolize -f json --vmlinux obj/vmlinux outer.log)
	is "JSON: frames with file and line, inlined ones marked" \
		'deepest include/helper.h 4 true|middle kernel/core.c 7 true|outer kernel/core.c 13 false' \
		"$(jq -r '[.stacks[] | select(.role == "call-trace") | .frames[] | select(.file) | "\(.function) \(.file) \(.line) \(.inline)"] | join("|")' <<<"$json")"
	is "JSON: guilty file" kernel/core.c "$(jq -r .guilty_file <<<"$json")"
	json=$(symbolize -f json --vmlinux obj/vmlinux pc.log)
	is "JSON: code" "42 div" \
		"$(jq -r '.symbolized.code[0].instructions[] | select(.trapping) | "\(.offset) \(.mnemonic)"' <<<"$json")"
fi

# --- the same inside parse
is "parse gives what symbolize gives" "$(symbolize --vmlinux obj/vmlinux outer.log)" \
	"$("$CULPRIT" parse --src tree --vmlinux obj/vmlinux outer.log 2>/dev/null)"
is "with several logs at once, in their order" \
	"$(for log in outer module twins; do symbolize --vmlinux obj/vmlinux --modules mods $log.log; done)" \
	"$("$CULPRIT" parse -j3 --src tree --vmlinux obj/vmlinux --modules mods outer.log module.log twins.log 2>/dev/null)"
"$CULPRIT" parse --vmlinux obj/vmlinux else.log >out 2>err
has "a vmlinux of another version is refused" "the log is of 6.2.0-else" "$(cat err)"
has "unless forced" "$outer kernel/core.c:13" "$("$CULPRIT" parse --force --vmlinux obj/vmlinux else.log 2>&1)"
"$CULPRIT" parse --vmlinux missing outer.log >out 2>err
is "parse: a vmlinux that is missing is an error" 2 $?
is "JSON is the same, too" "$(symbolize -f json --vmlinux obj/vmlinux pc.log)" \
	"$("$CULPRIT" parse -f json --src tree --vmlinux obj/vmlinux pc.log 2>/dev/null)"
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
if "$python" -c 'import jsonschema' 2>/dev/null; then
	"$CULPRIT" parse -f json --src tree --vmlinux obj/vmlinux pc.log else.log >schema.json 2>err
	is "JSON follows the schema" "" "$("$python" - "$top/include/culprit-report.schema.json" schema.json <<'END' 2>&1
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.Draft7Validator(schema)
for line in open(sys.argv[2]):
    value = json.loads(line)
    for problem in validator.iter_errors(value):
        print(problem.message)
    for kind, part in ("symbolized", value["symbolized"]), ("code", value["symbolized"]["code"] and value["symbolized"]["code"][0]):
        if part and set(part) != set(schema["definitions"][kind]["properties"]):
            print(kind, "has other keys than described:", set(part) ^ set(schema["definitions"][kind]["properties"]))
END
)"
fi

# --- in the corpus and in match
{ printf 'FILE: kernel/core.c\n\n'; cat outer.log; } >case
"$CULPRIT" corpus test case >out 2>&1
is "corpus: a case of a bare log has no guilty file by itself" 1 $?
is "corpus: with a vmlinux it has" "1 passed, 0 failed" \
	"$("$CULPRIT" corpus test -q --src tree --vmlinux obj/vmlinux case 2>/dev/null | tail -n 1 | sed 's/ in .*//')"
has "corpus show: source lines" "$outer kernel/core.c:13" "$("$CULPRIT" corpus show --vmlinux obj/vmlinux case 2>&1)"
out=$("$CULPRIT" corpus show --vmlinux obj/vmlinux --no-such case 2>&1)
is "corpus: other options are refused as ever" 2 $?
title="KASAN: use-after-free Read in outer"
has "match --explain names the guilty file" "guilty file: kernel/core.c" \
	"$("$CULPRIT" match -e --vmlinux obj/vmlinux -t "$title" outer.log 2>&1)"
hasnt=$("$CULPRIT" match -e -t "$title" outer.log 2>&1 | grep -c 'guilty file')
is "but not without a vmlinux" 0 "$hasnt"
"$CULPRIT" match --vmlinux obj/vmlinux -t "$title" outer.log >out 2>&1
is "the verdict is the same" 1 $?
"$CULPRIT" match --vmlinux missing -t "$title" outer.log >out 2>err
is "match: a vmlinux that is missing is our own trouble" 128 $?

# --- C++
cat >tree/kernel/cxx.cc <<'END'
extern "C" { volatile int state; __attribute__((noinline)) void sink(int v) { state = v; } }
namespace zoo {
template <class T> struct cage {
	static inline __attribute__((always_inline)) void open(T v) { sink(v); state++; } /* cxx.cc:4 */
};
__attribute__((noinline)) void feed(int v) { cage<int>::open(v); state = 2; } /* cxx.cc:6 */
}
extern "C" void _start() { zoo::feed(2); }
END
if (cd tree && g++ -g $common -mcmodel=kernel $link kernel/cxx.cc -o ../obj/cxx 2>/dev/null); then
	feed=$(place obj/cxx "$(nm obj/cxx | awk '/zoo4feed/ { print $3 }')")
	make_log "$feed" >cxx.log
	has "C++ names are demangled" " zoo::cage<int>::open kernel/cxx.cc:4 [inline]
 zoo::feed+${feed#*+} kernel/cxx.cc:6" "$(symbolize --no-cache --vmlinux obj/cxx cxx.log)"
fi

# --- what is no kernel
head -c 3000 obj/vmlinux >short
echo text >textfile
for file in short textfile; do
	out=$(symbolize --no-cache --vmlinux $file outer.log)
	is "the report is printed without help of: $file" "3 KASAN: use-after-free Read in outer" "$? $(head -n 1 <<<"$out")"
done
symbolize --no-cache outer.log >out
has "without a vmlinux or a place to look in, that is what is said" 'no vmlinux was given, nor a debug directory' "$(cat err)"
symbolize --vmlinux missing outer.log >out
is "a vmlinux that is missing is an error" 2 $?
finish
