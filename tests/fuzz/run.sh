#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/fuzz/run.sh BUILD SECONDS TARGET...: fuzz each target for so long, from seeds that
# are made of the corpus and of sources (seeds.sh). What was found stays in BUILD/fuzz/found/TARGET;
# a finding is mended, and goes to tests/fuzz/regressions/TARGET/ under a name that says what it was.
set -u
build=$(realpath "$1") seconds=$2
shift 2
cd "$(dirname "$0")/../.." || exit 2
seeds=$build/fuzz/seeds failed=0
mkdir -p "$seeds"
# What console lines and patterns are made of.
grep -ohE '"[^"\\]{4,40}"' patterns/*.yaml | sort -u | grep -v '[^ -~]' | head -n 500 >"$build/fuzz/words"
journal_words='"begin" "older=" "newer=" "verdict=target" "outcome=ok" "change=revert" "commit=" "elapsed_us=" "time_us" "decide" "judge" "n="'

# One line for a target whose inputs are longer or slower than others'.
options_of() {
	case $1 in
	parser | output) echo -max_len=12000 -timeout=10 ;;
	files) echo -max_len=6000 -timeout=10 ;;
	debuginfo) echo -max_len=40000 -timeout=20 ;;
	index | dedup | input | archive) echo -max_len=65536 -timeout=10 ;;
	*) echo -max_len=4096 -timeout=10 ;;
	esac
}

for target; do
	found=$build/fuzz/found/$target words=$build/fuzz/words
	mkdir -p "$found"
	[ -d "$seeds/$target" ] || tests/fuzz/seeds.sh "$build" "$seeds" "$target" 200 || failed=1
	export CULPRIT_FUZZ_ELF=$seeds/kernel
	[ -f "$CULPRIT_FUZZ_ELF" ] || unset CULPRIT_FUZZ_ELF
	if [ "$target" = journal ]; then words=$build/fuzz/words-journal && tr ' ' '\n' <<<"$journal_words" >"$words"; fi
	# shellcheck disable=SC2046 # words on purpose
	if "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -dict="$words" -artifact_prefix="$found/" -rss_limit_mb=2048 \
		-malloc_limit_mb=512 -print_final_stats=1 $(options_of "$target") "$found" "$seeds/$target" >"$found.log" 2>&1; then
		echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") runs, nothing found"
	else
		echo "$target: see $found.log"
		failed=1
	fi
done
exit $failed
