#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/run.sh BUILD layers|unit|cli|corpus...: run the tests, count what they say, end
# with "N passed, N failed". A test that says nothing has failed.
set -u
build=$(realpath "$1") || exit 2
shift
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0

count() { passed=$((passed + $1)) failed=$((failed + $2)); }

run_layers() {
	if tests/check-layers.sh -o "$build"; then count 1 0; else count 0 1; fi
}

# libcheck ends with "100%: Checks: 7, Failures: 0, Errors: 0"
run_unit() {
	local test output summary checks failures errors
	for test in tests/unit/test_*.c; do
		test=$build/tests/$(basename "$test" .c)
		output=$("$test" 2>&1)
		local code=$?
		summary=$(grep -aE '^[0-9]+%: Checks: ' <<<"$output" | tail -n 1)
		read -r checks failures errors < <(sed -E 's/[^:]*: Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/' <<<"$summary")
		if [ -z "$summary" ] || [ "${checks:-0}" -eq 0 ]; then
			printf '%s\n%s: did not run to its end (exit code %d)\n' "$output" "$(basename "$test")" "$code"
			count 0 1
			continue
		fi
		count $((checks - failures - errors)) $((failures + errors))
		[ "$code" -eq 0 ] && [ $((failures + errors)) -eq 0 ] || printf '%s\n' "$output"
		[ "$code" -eq 0 ] || [ $((failures + errors)) -gt 0 ] || count 0 1
		printf '%-20s %s\n' "$(basename "$test")" "${summary#*: }"
	done
}

# Each tests/cli/NAME.sh prints one line per check, "ok - ..." or "not ok - ..."
run_cli() {
	local output bad good code name
	output=$(CULPRIT=$build/culprit tests/cli/run.sh)
	code=$?
	good=$(grep -acE '^ok ' <<<"$output")
	bad=$(grep -acE '^not ok ' <<<"$output")
	grep -avE '^ok ' <<<"$output"
	[ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	count "$good" "$bad"
	for name in tests/cli/*.sh; do
		name=$(basename "$name" .sh)
		case $name in run | lib) continue ;; esac
		printf '%-20s Checks: %d\n' "cli $name" "$(grep -acE "^(not )?ok - $name: " <<<"$output")"
	done
}

# Every case passes; every pattern and form has one; README.md tells how many there are.
run_corpus() {
	local output
	if output=$("$build/culprit" corpus test corpus 2>&1); then count 1 0; else
		count 0 1
		printf '%s\n' "$output"
	fi
	tail -n 1 <<<"$output"
	if output=$("$build/culprit" corpus audit corpus 2>&1); then count 1 0; else
		count 0 1
		printf '%s\n' "$output"
	fi
	tail -n 1 <<<"$output"
	if tests/corpus-counts.sh "$build/culprit" --check; then count 1 0; else count 0 1; fi
}

for part in "$@"; do
	"run_$part"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
