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
mkdir -p "$seeds"/{parser,files,debuginfo}

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
grep -ohE '"[^"\\]{4,40}"' patterns/*.yaml | sort -u | grep -v '[^ -~]' | head -n 500 >"$build/fuzz/words"

for target; do
	found=$build/fuzz/found/$target
	mkdir -p "$found"
	case $target in
	parser) options=(-max_len=12000 -timeout=10 "$seeds/parser") ;;
	console) options=(-max_len=4096 "$seeds/parser") ;;
	files) options=(-max_len=6000 -timeout=10 "$seeds/files") ;;
	debuginfo) options=(-max_len=40000 -timeout=20 "$seeds/debuginfo") ;;
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
