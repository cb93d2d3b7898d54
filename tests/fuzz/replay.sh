#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/fuzz/replay.sh BUILD TARGET: what was once found by fuzzing TARGET, and a few of its
# seeds, one after the other. Without a fuzzer; with SAN=1 sanitizers look on.
set -u
build=$(realpath "$1") || exit 2
target=$2
cd "$(dirname "$0")/../.." || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

tests/fuzz/seeds.sh "$build" "$tmp" "$target" 4 || exit 2
export CULPRIT_FUZZ_ELF=$tmp/kernel
[ -f "$CULPRIT_FUZZ_ELF" ] || unset CULPRIT_FUZZ_ELF
shopt -s nullglob
inputs=("tests/fuzz/regressions/$target"/* "$tmp/$target"/*)
[ ${#inputs[@]} -gt 0 ] || { echo "$target: no inputs"; exit 1; }
timeout 120 "$build/replay/fuzz_$target" "${inputs[@]}" >"$tmp/log" 2>&1 && exit 0

# Which one was it?
for input in "${inputs[@]}"; do
	if ! timeout 60 "$build/replay/fuzz_$target" "$input" >"$tmp/log" 2>&1; then
		cp "$input" "$build/replay/failed-$target-$(basename "$input")"
		echo "$target: $input (kept as $build/replay/failed-$target-$(basename "$input")):"
		head -n 20 "$tmp/log"
		exit 1
	fi
done
echo "$target: all inputs one after the other fail, each alone does not"
exit 1
