#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/faults/check.sh CULPRIT [MAX [WORD]]: the n-th call of a kind fails, for n from 1 on until none
# fails any more (or MAX), in parse, match, symbolize, replay, corpus and a bisection's journal.
# strace makes it fail. WORD: only where "COMMAND: CALL" holds it. The loader's own calls fail, too, before main(): it says so, and ends with 127.
#
# What must hold of each try: the program is not killed by a signal; either it says on standard
# error what failed and ends with a code of trouble, or it ends as without the fault and writes
# the same; nothing is left in its directory that was not there, but what the command is for.
set -u
culprit=$(realpath "$1") max=${2:-400} only=${3-}
cd "$(dirname "$0")/../.." || exit 2
command -v strace >/dev/null || { echo "check-faults: strace is not installed"; exit 2; }
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0 tries=0
export XDG_CACHE_HOME=$tmp/cache
# No sanitizer and no leak checker can be traced twice.
export ASAN_OPTIONS=detect_leaks=0

complain() {
	failed=$((failed + 1))
	echo "not ok - $1"
	sed 's/^/    /' "$tmp/err" | head -n 5
}

# The loader of glibc 2.36 dies where its first mmap() fails, of whatever program.
true_dies() {
	strace -qq -f -o "$tmp/true" -e trace="$1" -e inject="$1:error=$2:when=$3" true 2>/dev/null
	grep -q 'killed by' "$tmp/true"
}

# "3 passed in 0.02 s"
without_times() { sed -E 's/ in [0-9.]+ s$//'; }

# fault NAME SYSCALL ERROR TROUBLE COMMAND...: TROUBLE is the least exit code of trouble. The command
# works in a copy of $tmp/given, which has to be as it was where it failed.
fault() {
	local name=$1 syscall=$2 error=$3 trouble=$4 n code want dir=$tmp/dir
	shift 4
	case "$name: $syscall" in *"$only"*) ;; *) return ;; esac
	rm -rf "$dir" && cp -r "$tmp/given" "$dir"
	(cd "$dir" && "$@") >"$tmp/want.raw" 2>"$tmp/want.err"
	want=$?
	without_times <"$tmp/want.raw" >"$tmp/want"
	for ((n = 1; n <= max; n++)); do
		rm -rf "$dir" "$tmp/cache" && cp -r "$tmp/given" "$dir"
		# -f: threads too. The fault of one try is written to the log of strace, with "(INJECTED)".
		(cd "$dir" && strace -qq -f --seccomp-bpf -o "$tmp/trace" -e trace="$syscall" -e inject="$syscall:error=$error:when=$n" \
			-E LC_ALL=C "$@") >"$tmp/out.raw" 2>"$tmp/err"
		code=$?
		without_times <"$tmp/out.raw" >"$tmp/out"
		grep -q INJECTED "$tmp/trace" || break
		tries=$((tries + 1))
		if [ $code -ge 129 ] && [ $code -le 159 ] && grep -qE 'killed by|SIGSEGV|SIGABRT' "$tmp/trace"; then
			true_dies "$syscall" "$error" "$n" 2>/dev/null || complain "$name: $syscall $n: $error: died ($code)"
		elif [ $code -ge "$trouble" ]; then
			[ -s "$tmp/err" ] || complain "$name: $syscall $n: $error: exit code $code, and no word"
			diff <(cd "$tmp/given" && find . | sort) <(cd "$dir" && find . | grep -vxF "${stays:-}" | sort) >"$tmp/left" ||
				{ cat "$tmp/left" >>"$tmp/err"; complain "$name: $syscall $n: $error: left something behind"; }
		elif [ $code -ne $want ]; then
			complain "$name: $syscall $n: $error: exit code $code, $want without the fault"
		elif ! cmp -s "$tmp/out" "$tmp/want"; then
			# less may be told where it says so
			[ -s "$tmp/err" ] || complain "$name: $syscall $n: $error: other output, and no word"
		fi
	done
	[ $n -gt 1 ] && echo "ok - $name: $syscall: $error, $((n - 1)) times" && return
	echo "   - $name: makes no $syscall"
}

case_log() { sed '1,/^$/d' "corpus/$1"; }
mkdir "$tmp/given" "$tmp/given/corpus"
case_log kasan/slab-out-of-bounds-read-x86 >"$tmp/given/a.log"
gzip -c "$tmp/given/a.log" >"$tmp/given/b.log.gz"
cp corpus/kasan/slab-out-of-bounds-read-x86 "$tmp/given/corpus/case"
hash=69879c01a0c3f70e0887cfb4d9ff439814361e46
other=e1dbf60b0c75ea2eb2b0aaeeb9d3f3d36ba9c5a1
printf '%s\n' "testing commit $hash with gcc" 'all runs: crashed: KASAN: use-after-free Read in foo' \
	"testing commit $other with gcc" 'all runs: OK' >"$tmp/given/log"

for error in ENOSPC EIO; do
	fault parse write $error 2 "$culprit" parse a.log
	fault match write $error 127 "$culprit" match -t 'KASAN: slab-out-of-bounds Read in kc_oob_read' a.log
	fault replay write $error 2 "$culprit" replay log
	fault 'match --learn' write $error 127 "$culprit" match --profile p.yaml --learn a.log
done
fault 'match --learn' rename EIO 127 "$culprit" match --profile p.yaml --learn a.log
# where the directory is not synced, the profile is there, whole; that it may not outlive a power cut is told
stays=./p.yaml fault 'match --learn' fsync EIO 127 "$culprit" match --profile p.yaml --learn a.log
# clone3 cannot be seen by the filter of --sandbox, so that threads are made by clone; without it, by clone3
fault parse clone,clone3 EAGAIN 2 "$culprit" parse -j 2 a.log b.log.gz
fault parse prctl EPERM 2 "$culprit" parse a.log
for syscall in landlock_create_ruleset landlock_add_rule landlock_restrict_self; do
	fault parse $syscall EPERM 2 "$culprit" parse a.log
done
for syscall in read openat newfstatat mmap lseek; do
	case $syscall in read) error=EIO ;; openat) error=EMFILE ;; mmap) error=ENOMEM ;; *) error=EIO ;; esac
	fault parse $syscall $error 2 "$culprit" parse a.log
	fault 'parse, compressed' $syscall $error 2 "$culprit" parse b.log.gz
	fault match $syscall $error 127 "$culprit" match -t 'KASAN: slab-out-of-bounds Read in kc_oob_read' a.log
	fault symbolize $syscall $error 2 "$culprit" symbolize -k "$culprit" --force a.log
	fault replay $syscall $error 2 "$culprit" replay log
	fault 'corpus test' $syscall $error 2 "$culprit" corpus test corpus
done
echo "$tries faults, $failed of them not borne"
[ $failed -eq 0 ] && [ $tries -gt 0 ]
