#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/fuzz/seeds.sh BUILD DIR TARGET [MAX]: seeds of one target to DIR/TARGET, of the corpus,
# patterns and small programs; at most MAX of what the corpus gives. For symbolize also DIR/kernel.
#
# To add a target: its function below. The first bytes choose cuts or kinds: see the target's head.
set -u
build=$(realpath "$1") dir=$2 target=$3 max=${4:-100000}
cd "$(dirname "$0")/../.." || exit 2
mkdir -p "$dir/$target"
dir=$(realpath "$dir")
to=$dir/$target

# Cases spread over the corpus.
cases() {
	find corpus -type f -not -name '*.md' | LC_ALL=C sort | awk -v max="$max" '
		{ lines[NR] = $0 }
		END { step = NR > max ? NR / max : 1; for (i = 1; i <= NR; i += step) print lines[int(i)] }'
}
name_of() { tr / _ <<<"${1#corpus/}"; }
log_of() { sed '1,/^$/d' "$1"; }

logs() {
	while read -r f; do { printf '%s' "$1"; log_of "$f" | head -c 11000; } >"$to/$(name_of "$f")"; done < <(cases)
}
seeds_parser() { logs ab; }
seeds_console() { logs ''; }
seeds_output() { logs ''; }

seeds_files() {
	while read -r f; do { printf '\4'; head -c 4000 "$f"; } >"$to/$(name_of "$f")"; done < <(cases)
	for f in patterns/*.yaml; do { printf '\0'; head -c 6000 "$f"; } >"$to/$(basename "$f")"; done
	for f in gzip xz zstd bzip2; do { printf '\5'; echo text | "$f" -c; } >"$to/$f"; done
	printf '\1repository: /r\nbad: b\ngood: g\nrun: { command: ./boot }\n' >"$to/config"
	{ printf '\1'; "$build/culprit" bisect init --template uml --print 2>/dev/null; } >"$to/template"
	printf '\2' >"$to/profile"
	log_of corpus/kasan/slab-out-of-bounds-read-x86 >"$to/.log"
	"$build/culprit" match --learn "$to/.log" >>"$to/profile" 2>/dev/null
	rm -f "$to/.log"
	hash=69879c01a0c3f70e0887cfb4d9ff439814361e46
	printf '\3%s\n' "bisecting cause commit starting from $hash" "testing commit $hash with gcc (GCC) 8.1.0" \
		'run #0: crashed: KASAN: use-after-free Read in foo' 'run #1: OK' 'all runs: OK' >"$to/syzbot-log"
	printf '\3%s\n' 'git bisect start' "# bad: [$hash] subject" "git bisect bad $hash" \
		"# good: [e1dbf60b0c75ea2eb2b0aaeeb9d3f3d36ba9c5a1] other" \
		'git bisect good e1dbf60b0c75ea2eb2b0aaeeb9d3f3d36ba9c5a1' >"$to/git-log"
}

seeds_archive() {
	local parts=$dir/.parts
	mkdir -p "$parts/logs" && for name in kasan/slab-out-of-bounds-read-x86 benign/debian-boot-x86; do
		[ -f "corpus/$name" ] && log_of "corpus/$name" | head -c 6000 >"$parts/logs/$(basename "$name").log"
	done
	echo 'a log' >"$parts/logs/short" && gzip -c "$parts/logs/short" >"$parts/logs/short.gz" && : >"$parts/logs/empty"
	for format in ustar pax gnu; do tar -C "$parts" --format=$format -cf "$to/$format.tar" logs; done
	tar -C "$parts" -czf "$to/tar.gz" logs
	(cd "$parts" && find logs | cpio -o -H newc 2>/dev/null) >"$to/cpio"
	python3 -c 'import sys, zipfile
for name, how in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
    with zipfile.ZipFile(sys.argv[2] + "/" + name + ".zip", "w", how) as z:
        for log in "short", "short.gz", "empty":
            z.write(sys.argv[1] + "/logs/" + log, log)' "$parts" "$to" 2>/dev/null
	command -v lz4 >/dev/null && lz4 -qc "$parts/logs/short" >"$to/lz4"
	# an lz4 frame of one stored block, as lz4(1) writes it
	printf '\4\042\115\030\140\160\163\6\0\0\200hello\n\0\0\0\0' >"$to/lz4-stored"
	rm -rf "$parts"
}

# A kernel of some functions, with lines.
program() {
	{
		echo 'int main(void) { return 0; }'
		for i in $(seq "$1"); do
			echo "static inline int twin$i(int v) { return v + 1; } int outer$i(int v) { return twin$i(v) * 2; }"
		done
	} >"$dir/.a.c"
	"${CC:-cc}" -g -O2 -Wl,--build-id -o "$2" "$dir/.a.c" 2>/dev/null
	rm -f "$dir/.a.c"
}

seeds_debuginfo() {
	find "$build/obj/base" -name '*.o' -size -60k | head -n "$max" | while read -r f; do cp "$f" "$to/"; done
	program 5 "$to/program"
}

# An index of each of some small programs: its header (struct header of debuginfo_index.c: 280 bytes), then its
# body, which stands behind the checksums, at the place that the header names at byte 24.
seeds_index() {
	for n in 1 5 40; do
		cache=$dir/.indexed
		rm -rf "$cache" && mkdir -p "$cache"
		program "$n" "$cache/a" || continue
		printf 'general protection fault: 0000 [#1] SMP\nRIP: 0010:main+0x0/0x3\n' |
			XDG_CACHE_HOME=$cache "$build/culprit" symbolize --force -k "$cache/a" >/dev/null 2>&1
		for index in "$cache"/culprit/*.idx; do
			[ -f "$index" ] || continue
			body=$(od -An -t u8 -j 24 -N 8 "$index")
			{ head -c 280 "$index"; tail -c +$((body + 1)) "$index"; } >"$to/$n"
		done
	done
	rm -rf "$dir/.indexed"
	printf 'nothing' >"$to/rubbish"
}

# Literals of the patterns, an empty line, logs that have some.
seeds_scan() {
	while read -r f; do
		{ printf 'BUG:\nWARNING:\nKASAN\nOops\nCall Trace\nRIP: \n\n'; log_of "$f" | head -c 3000; } >"$to/$(name_of "$f")"
	done < <(cases | grep -E '^corpus/(kasan|bug|warning|hang)/')
	printf 'BUG:\nWARNING:\n\nBUG: a\nWARNING: b\n' >"$to/short"
}

seeds_journal() {
	local h=69879c01a0c3f70e0887cfb4d9ff439814361e46 o=e1dbf60b0c75ea2eb2b0aaeeb9d3f3d36ba9c5a1 t=17638264201234
	{
		printf '\001\200'
		echo "${t}01 open pid=12"
		echo "${t}02 inputs of=run items=a%20b"
		echo "${t}03 begin version=1 newer=$h older=$o bad_text=v2 good_text=v1"
		echo "${t}04 release name=v1 commit=$o verdict=good"
		echo "${t}05 good commit=$o"
		echo "${t}06 decide act=test why=most-bits commit=$h runs=3 p_bad=0.5 bits=1 cost=2 posterior=0.1 entropy=3 left=9"
		echo "${t}07 building n=1 commit=$h"
		echo "${t}08 build n=1 commit=$h change=revert changed=$o outcome=ok reason= image=12ab proof=1 elapsed_us=5"
		echo "${t}09 running n=1"
		echo "${t}10 run n=1 commit=$h verdict=target q=0.9 title=BUG:%20x symptom=y because=z end=0 value=1 stopped=1 elapsed_us=7 bytes=9"
		echo "${t}11 cut n=2 commit=$h elapsed_us=3"
		echo "${t}12 learn commit=$h"
		echo "${t}13 judge n=1 verdict=clean q=0"
		echo "${t}14 distrust commit=$h"
		echo "${t}15 title text=KASAN same=1"
		echo "${t}16 check commit=$h change=revert changed=$o outcome=confirmed shown=1 clean=2"
		echo "${t}17 reset kept=journal.1 next_build=4 next_run=5"
	} >"$to/all"
	printf '\000\000c5f1b0a2d1e49f07 1763826420123456 run n=3\n' >"$to/wrong-sum"
	printf '\001\377' >"$to/empty"
}

seeds_disasm() {
	local n=0 line
	while read -r line; do
		n=$((n + 1))
		for arch in 1 2 3 4 5; do
			# shellcheck disable=SC2059 # an octal escape
			{ printf "\\$arch"; printf '%s' "$line"; } >"$to/$n-$arch"
		done
	done < <(grep -rhoaE 'Code: .*' corpus | sed 's/^Code: //' | LC_ALL=C sort -u | awk 'NR % 23 == 1' | head -n "$max")
}

seeds_build_log() {
	printf '\005%s\n' "fs/foo.c:214:9: error: implicit declaration of function 'q'" \
		"ld: vmlinux.o: in function \`foo': fs/foo.c:12: undefined reference to \`bar'" \
		$'\e[1mld.lld:\e[0m error: undefined symbol: bar' 'make[3]: *** [Makefile:243: fs/foo.o] Error 1' \
		'culprit-signature: abc' 'No space left on device' >"$to/errors"
}

seeds_people() {
	printf '%s\n' "\"Theodore Ts'o\" <a@example.org> (maintainer:EXT4 FILE SYSTEM)" 'Somebody <b@example.org> (supporter:X)' \
		'linux-ext4@example.org (open list:EXT4 FILE SYSTEM)' 'no address' >"$to/some"
}

seeds_git() {
	local h=69879c01a0c3f70e0887cfb4d9ff439814361e46 o=e1dbf60b0c75ea2eb2b0aaeeb9d3f3d36ba9c5a1
	printf '\001%s\0A U\0a@example.org\0002026-11-22 17:46:00 +0000\0001700000000\0%s %s\0subject\0body\n\0' $h $o $h >"$to/show"
	printf '\0021700000600 %s %s\n1700000000 -%s\n' $h $o $o >"$to/rev-list"
	printf '\0101700000600 %s %s\n1700000600 %s %s\n1 %s\n' $h $o $h $o $o >"$to/twice"
}

seeds_dedup() {
	local n=0
	while read -r f; do
		n=$((n + 1))
		log_of "$f" | "$build/culprit" dedup --format json - >"$to/$n" 2>/dev/null
		[ -s "$to/$n" ] || rm -f "$to/$n"
	done < <(cases | grep -E '^corpus/(kasan|lock|warning|leak)' | awk 'NR % 7 == 1' | head -n "$max")
	echo '{"object":"dedup","schema_version":1,"n_logs":1,"n_failed":0}' >"$to/totals"
}

seeds_symptom() {
	printf '%s\n' 'title KASAN: use-after-free Read in foo' 'alt bad-access in foo' 'frame foo' access \
		' foo+0x1c/0x40 [ext4] fs/ext4/inode.c' ' bar+0x2/0x90' freed ' kfree+0x10/0x80' \
		$'detail lock class\t&mm->mmap_lock' 'task syz-executor' 'kernel 6.1.192' >"$to/all"
	printf 'title WARNING in foo\n' >"$to/title"
}

seeds_symbolize() {
	program 5 "$dir/kernel"
	printf '%s\n' ' outer1+0x0/0x10' '[   12.3] Call Trace:' ' <TASK>' ' ? outer2+0x4/0x9 [mod]' 'RIP: 0010:main+0x0/0x3' \
		'[<ffffffff81000010>] outer3+0x2/0x10' 'WARNING: CPU: 0 PID: 1 at fs/a.c:12 outer4+0x1/0x2' \
		'UBSAN: x in /build/linux/fs/a.c:12:3' 'Code: 90 90 <cc> 90' >"$to/frames"
	while read -r f; do log_of "$f" | head -c 3000 >"$to/$(name_of "$f")"; done < <(cases | awk 'NR % 3 == 1')
}

seeds_input() {
	local text=$to/.text
	printf 'BUG: unable to handle page fault\nRIP: 0010:foo+0x1/0x2\n' >"$text"
	cp "$text" "$to/text"
	for z in gzip xz zstd bzip2; do
		"$z" -c "$text" >"$to/$z"
		{ "$z" -c "$text"; cat "$text"; gzip -c "$text"; } >"$to/$z-and-text"
		"$z" -c "$text" | head -c 40 >"$to/$z-torn"
	done
	{ printf '\377\376'; iconv -t utf-16le "$text" 2>/dev/null; } >"$to/utf16"
	rm -f "$text"
}

seeds_regex() {
	grep -ohE '"[^"\\]{4,60}"' patterns/*.yaml | tr -d '"' | LC_ALL=C sort -u | awk 'NR % 9 == 1' | head -n "$max" | {
		n=0
		while read -r line; do
			n=$((n + 1))
			printf '%s\0%s in foo+0x1/0x2 at 12\n' "$line" "$line" >"$to/$n"
		done
	}
	printf '(a+)+b\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac' >"$to/slow"
	printf '(?<name>[a-z]+) in (\\w+)\0KASAN: bad in foo\nmore in bar' >"$to/groups"
}

"seeds_$target"
