#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/fuzz/run.sh BUILD SECONDS TARGET...: fuzz each target for so long, from seeds that
# are made of the corpus and of sources. What was found stays in BUILD/fuzz/found/TARGET.
set -u
build=$(realpath "$1") seconds=$2
shift 2
cd "$(dirname "$0")/../.." || exit 2
seeds=$build/fuzz/seeds failed=0
mkdir -p "$seeds"/{parser,files,debuginfo,index,scan}

# The first bytes choose the cuts, or the kind of the file.
for f in corpus/*/*; do
	[ -f "$f" ] || continue
	name=$(tr / _ <<<"$f")
	{ printf 'ab'; sed '1,/^$/d' "$f" | head -c 30000; } >"$seeds/parser/$name"
	{ printf '\4'; head -c 4000 "$f"; } >"$seeds/files/$name"
done
for f in patterns/*.yaml; do { printf '\0'; head -c 6000 "$f"; } >"$seeds/files/$(basename "$f")"; done
for f in gzip xz zstd bzip2; do { printf '\5'; echo text | "$f" -c; } >"$seeds/files/$f"; done
printf '\1repository: /r\nbad: b\ngood: g\nrun: { command: ./boot }\n' >"$seeds/files/config"
cp "$build"/obj/base/*.o "$seeds/debuginfo/"
# An index of each of some small programs: its header (struct header of debuginfo_index.c: 280 bytes), then its
# body, which stands behind the checksums, at the place that the header names at byte 24.
for n in 1 5 40; do
	dir=$build/fuzz/indexed
	rm -rf "$dir" && mkdir -p "$dir"
	{
		echo 'int main(void) { return 0; }'
		for i in $(seq "$n"); do echo "static inline int twin$i(int v) { return v + 1; } int outer$i(int v) { return twin$i(v) * 2; }"; done
	} >"$dir/a.c"
	"${CC:-cc}" -g -O2 -Wl,--build-id -o "$dir/a" "$dir/a.c" 2>/dev/null || continue
	printf 'general protection fault: 0000 [#1] SMP\nRIP: 0010:main+0x0/0x3\n' |
		XDG_CACHE_HOME=$dir "$build/culprit" symbolize --force -k "$dir/a" >/dev/null 2>&1
	for index in "$dir"/culprit/*.idx; do
		[ -f "$index" ] || continue
		body=$(od -An -t u8 -j 24 -N 8 "$index")
		{ head -c 280 "$index"; tail -c +$((body + 1)) "$index"; } >"$seeds/index/$n"
	done
done
# Literals of the patterns, an empty line, logs that have some.
for f in corpus/{kasan,bug,warning}/*; do
	[ -f "$f" ] || continue
	{ printf 'BUG:\nWARNING:\nKASAN\nOops\nCall Trace\nRIP: \n\n'; sed '1,/^$/d' "$f" | head -c 3000; } >"$seeds/scan/$(tr / _ <<<"$f")"
done
grep -ohE '"[^"\\]{4,40}"' patterns/*.yaml | sort -u | grep -v '[^ -~]' | head -n 500 >"$build/fuzz/words"

for target; do
	found=$build/fuzz/found/$target
	mkdir -p "$found"
	case $target in
	parser) options=(-max_len=12000 -timeout=10 "$seeds/parser") ;;
	console) options=(-max_len=4096 "$seeds/parser") ;;
	files) options=(-max_len=6000 -timeout=10 "$seeds/files") ;;
	debuginfo) options=(-max_len=40000 -timeout=20 "$seeds/debuginfo") ;;
	index) options=(-max_len=65536 "$seeds/index") ;;
	scan) options=(-max_len=4096 "$seeds/scan") ;;
	*) options=(-max_len=4096) ;;
	esac
	if "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -dict="$build/fuzz/words" -artifact_prefix="$found/" \
		-print_final_stats=1 "$found" "${options[@]}" >"$found.log" 2>&1; then
		echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") runs, nothing found"
	else
		echo "$target: see $found.log"
		failed=1
	fi
done
exit $failed
