#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/run.sh BUILD layers|unit|cli|corpus|replay...: run the tests, as many at a time as
# there are processors (JOBS=n: so many), tell of each when it ends, with the seconds
# that it took and those of the processor, and count: the last line is "N passed, N
# failed". A test that says nothing has failed. Those that took longest the last time
# (BUILD/test-times) begin.
#
# AGAIN=1: what failed is run once more when all others have ended, alone. What passes
# then is told as unsteady, with what it said at first, and does not fail the whole: a
# test that needs a quiet machine is to be mended, but does not judge the change at hand.
# What fails twice has failed.
set -u
build=$(realpath "$1") || exit 2
shift
cd "$(dirname "$0")/.." || exit 2
jobs=${JOBS:-$(nproc)}
# Limits of the unit tests end what hangs; on a busy machine much is slow and does not hang.
export CK_TIMEOUT_MULTIPLIER=5
tmp=$(mktemp -d) || exit 2
scratch=
trap 'rm -rf "$tmp" "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

# What the tests write goes to memory, where it has room for programs and 4 GiB: the
# program has disks confirm what it writes, and git makes many small files.
if [ -z "${TMPDIR:-}" ] && [ "$(df -Pk /dev/shm 2>/dev/null | awk 'END { print $4 }')" -ge 4194304 ] 2>/dev/null &&
	[ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -ge 6291456 ] && scratch=$(mktemp -d /dev/shm/culprit-tests.XXXXXX); then
	printf '#!/bin/sh\n' >"$scratch/try" && chmod +x "$scratch/try"
	if "$scratch/try" 2>/dev/null; then export TMPDIR=$scratch; fi
fi

# Each run_KIND [NAME] prints what went wrong, and last "passed failed".

run_layers() {
	local good=0
	tests/check-layers.sh -o "$build" && good=$((good + 1))
	tests/check-map.sh && good=$((good + 1))
	echo $good $((2 - good))
}

# libcheck ends with "100%: Checks: 7, Failures: 0, Errors: 0"
run_unit() {
	local output code summary checks failures errors bad
	output=$("$build/tests/$1" 2>&1)
	code=$?
	summary=$(grep -aE '^[0-9]+%: Checks: ' <<<"$output" | tail -n 1)
	read -r checks failures errors < <(sed -E 's/[^:]*: Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/' <<<"$summary")
	if [ -z "$summary" ] || [ "${checks:-0}" -eq 0 ]; then
		printf '%s\n%s: did not run to its end (exit code %d)\n' "$output" "$1" "$code"
		echo 0 1
		return
	fi
	bad=$((failures + errors))
	[ "$code" -eq 0 ] && [ "$bad" -eq 0 ] || printf '%s\n' "$output"
	echo $((checks - bad)) $((bad + (code != 0 && bad == 0)))
}

# A tests/cli/NAME.sh prints one line per check, "ok - ..." or "not ok - ..."
run_cli() {
	local output code bad
	output=$(CULPRIT=$build/culprit tests/cli/run.sh "$1" 2>&1)
	code=$?
	bad=$(grep -acE '^not ok ' <<<"$output")
	grep -avE '^ok ' <<<"$output"
	[ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	echo "$(grep -acE '^ok ' <<<"$output") $bad"
}

# Every case passes; every pattern and form has one; README.md tells how many there are.
run_corpus() {
	local good=0 bad=0 output what
	for what in test audit; do
		if output=$("$build/culprit" corpus $what corpus 2>&1); then
			good=$((good + 1))
			tail -n 1 <<<"$output"
		else
			bad=$((bad + 1))
			printf '%s\n' "$output"
		fi
	done
	if tests/corpus-counts.sh "$build/culprit" --check; then good=$((good + 1)); else bad=$((bad + 1)); fi
	echo $good $bad
}

# Inputs that were found by fuzzing, and some seeds, through each target of tests/fuzz.
run_replay() {
	local output code
	output=$(tests/fuzz/replay.sh "$build" "$1" 2>&1)
	code=$?
	[ "$code" -eq 0 ] && echo "1 0" && return
	printf '%s\n0 1\n' "$output"
}

# The parts' tests, those first that took longest the last time, or were not there.
list() {
	list_all "$@" | awk 'NR == FNR { took[$2 " " $3] = $1; next }
		{ name = $1 " " $2; print (name in took ? took[name] : 1e9) " " $0 }' \
		<(cat "$build/test-times" 2>/dev/null || echo) - | sort -s -k 1,1gr | cut -d' ' -f2-
}

list_all() {
	for part in "$@"; do
		case $part in
		cli) while read -r script; do
			script=$(basename "$script" .sh)
			[ "$script" = run ] || [ "$script" = lib ] || echo "cli $script"
		done < <(ls -S tests/cli/*.sh) ;;
		unit) for script in tests/unit/test_*.c; do echo "unit $(basename "$script" .c)"; done ;;
		replay) for script in tests/fuzz/fuzz_*.c; do script=$(basename "$script" .c); echo "replay ${script#fuzz_}"; done ;;
		*) echo "$part" ;;
		esac
	done | sort -s -k 1,1
}

tell() {
	local name=$1 file=$2 good bad wall user system
	read -r good bad < <(tail -n 1 "$file")
	read -r wall user system <"$file.times"
	sed '$d' "$file"
	printf '%-20s %4d passed%s  %.1f s, processor %s s\n' "$name" "$good" "$([ "$bad" -eq 0 ] || echo ", $bad FAILED")" "$wall" \
		"$(awk "BEGIN { printf \"%.1f\", $user + $system }")"
}

# One test, told when it is over, as a whole.
one() {
	local file=$tmp/$1-${2-} TIMEFORMAT='%R %U %S'
	{ time "run_$1" "${@:2}" >"$file" 2>&1; } 2>"$file.times"
	{
		flock 9
		tell "$*" "$file"
	} 9>"$tmp/lock"
}

# What failed beside others is tried alone; what it said at first has been told.
again() {
	local file kind name bad
	for file in "$tmp"/*-*.times; do
		name=$(basename "$file" .times)
		kind=${name%%-*} name=${name#*-}
		read -r _ bad < <(tail -n 1 "${file%.times}")
		[ "$bad" -eq 0 ] && continue
		echo "$kind $name: $bad failed; once more, alone:"
		one "$kind" ${name:+"$name"}
		read -r _ bad < <(tail -n 1 "${file%.times}")
		[ "$bad" -eq 0 ] && unsteady+=("$kind $name")
	done
}

running=0
while read -r kind name; do
	if [ $running -ge "$jobs" ]; then
		wait -n
		running=$((running - 1))
	fi
	# shellcheck disable=SC2086 # no name for some
	one $kind $name </dev/null &
	running=$((running + 1))
done < <(list "$@")
wait
unsteady=()
[ "${AGAIN:-0}" = 0 ] || again

passed=0 failed=0
while read -r good bad; do
	passed=$((passed + good)) failed=$((failed + bad))
done < <(for file in "$tmp"/*-*.times; do tail -n 1 "${file%.times}"; done)
for file in "$tmp"/*-*.times; do
	name=$(basename "$file" .times)
	echo "$(cut -d' ' -f1 "$file") ${name%%-*} ${name#*-}"
done >"$tmp/times"
# Of those that did not run now, the times before stay.
awk 'NR == FNR { now[$2 " " $3] = 1; print; next } !($2 " " $3 in now)' "$tmp/times" \
	<(cat "$build/test-times" 2>/dev/null) >"$tmp/all-times" && cp "$tmp/all-times" "$build/test-times"
awk '{ all += $2 + $3 } END { printf "%.0f s of the processor, ", all }' "$tmp"/*-*.times
echo "$SECONDS s in all"
[ ${#unsteady[@]} -eq 0 ] || printf 'unsteady, passed alone: %s\n' "${unsteady[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
