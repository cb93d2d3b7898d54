#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads and writes that fail, come back early or give less than was asked for.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

sed '1,/^$/d' "$top/corpus/kasan/slab-out-of-bounds-read-x86" >log
gzip -k log
title='KASAN: slab-out-of-bounds Read in kc_oob_read'

# --- nowhere to write to
while read -r expected arguments; do
	# shellcheck disable=SC2086
	$CULPRIT $arguments >/dev/full 2>err
	is "a full disk: $arguments" "$expected" $?
	is "a full disk is told of once: $arguments" 1 "$(grep -c 'cannot write to standard output' err)"
	# shellcheck disable=SC2086
	$CULPRIT $arguments >&- 2>err
	is "a closed output: $arguments" "$expected" $?
	has "a closed output is told of: $arguments" 'cannot write to standard output' "$(cat err)"
done <<'END'
2 parse log
2 parse --titles log
2 parse --format json --summary log
128 match --target x log
128 match --target x --explain log
2 symbolize log
2 patterns list
2 patterns explain log
2 --version
2 --help
2 parse --help
END
cp log before
"$CULPRIT" parse log >&- 2>/dev/null
holds 'what is printed to a closed output goes into no file' cmp -s log before

# A reader that leaves early is no failure of ours, and ends us.
"$CULPRIT" patterns list 2>err | head -n 1 >/dev/null
is 'a reader that leaves' '' "$(cat err)"

# --- nothing to read from
run "$CULPRIT" parse <&-
is 'a closed input' 2 "$code"
has 'a closed input is told of' 'standard input: Bad file descriptor' "$err"
while read -r expected arguments; do
	# /proc/self/mem: what is at address 0 cannot be read
	# shellcheck disable=SC2086
	run "$CULPRIT" $arguments /proc/self/mem
	is "a file that cannot be read: $arguments" "$expected" "$code"
	has "a file that cannot be read is told of: $arguments" '/proc/self/mem: Input/output error' "$err"
done <<'END'
2 parse
2 patterns explain
2 patterns lint
2 symbolize
2 replay
128 match --target x
128 match --target-log
END

# What could not be read may hold a crash.
head -c 2000 log.gz >cut.gz
run "$CULPRIT" parse --no-boot-failures cut.gz
is 'a torn archive' 2 "$code"
is 'a torn archive is not called clean' '' "$out"
has 'a torn archive is told of' 'it ends too early' "$err"

# --- in the middle of it
if ! cc -shared -fPIC -o fail.so "$top/tests/cli/failing_io.c" -ldl; then
	fail 'the library that fails calls'
	finish
fi
preloaded() { ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 LD_PRELOAD=$tmp/fail.so "$@"; }
"$CULPRIT" parse --format json log.gz >expected
for how in short signal; do
	FAIL_IO=$how preloaded "$CULPRIT" parse --format json log.gz >found 2>err
	is "calls are cut ($how): exit code" 1 $?
	holds "calls are cut ($how): output" cmp -s expected found
	FAIL_IO=$how preloaded "$CULPRIT" parse --format json - <log.gz 2>err | sed 's/"file":null/"file":"log.gz"/' >found
	holds "calls are cut ($how), from a pipe" cmp -s expected found
	run env "FAIL_IO=$how" "LD_PRELOAD=$tmp/fail.so" ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
		"$CULPRIT" match --target "$title" log
	is "calls are cut ($how): match" 1 "$code"
done

# each KIND ERROR COMMAND...: the command with its first, second ... call failing; with none it gives 1
each() {
	local kind=$1 error=$2 wrong='' n=0
	shift 2
	while n=$((n + 1)) && [ $n -le 40 ]; do
		env "FAIL_$kind=$n:$error" ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 "LD_PRELOAD=$tmp/fail.so" \
			"$@" >found 2>err
		case $? in
		1) [ -s err ] && wrong="$n: 1, and says $(cat err)"; break ;;
		2 | 128) grep -q 'No space left\|Input/output error' err || wrong="$n: $(cat err)" ;;
		*) wrong="$n: $?, $(cat err)" ;;
		esac
	done
	is "$kind $error: $*" '' "$wrong"
	holds "$kind $error: some call failed: $*" [ $n -gt 1 ]
	holds "$kind $error: all calls were tried: $*" [ $n -le 40 ]
}
each READ EIO "$CULPRIT" parse log
each READ EIO "$CULPRIT" parse log.gz
each READ EIO "$CULPRIT" match --target "$title" log
each WRITE ENOSPC "$CULPRIT" parse log
each WRITE ENOSPC "$CULPRIT" parse --format json log
each WRITE EIO "$CULPRIT" parse --titles log log log.gz

finish
