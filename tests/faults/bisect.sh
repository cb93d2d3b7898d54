#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/faults/bisect.sh CULPRIT [STEP [MAX]]: in a bisection of a small history every STEP-th call of
# a kind fails once, in culprit itself (git, builds and runs are left alone).
#
# What must hold: it names the commit all the same, or it says what failed; and then, started again
# without the fault, it names the commit. So the journal was whole.
set -u
culprit=$(realpath "$1") step=${2:-1} max=${3:-400}
command -v strace >/dev/null || { echo "check-faults: strace is not installed"; exit 2; }
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0 tries=0
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Bo GIT_COMMITTER_EMAIL=bo@example.org
export GIT_CONFIG_GLOBAL=$tmp/gitconfig GIT_CONFIG_SYSTEM=/dev/null
printf '[gc]\n\tauto = 0\n[core]\n\tfsync = none\n' >"$GIT_CONFIG_GLOBAL"
repo=$tmp/repo
git init -q -b main "$repo"
for i in 1 2 3 4; do
	if [ $i -ge 3 ]; then echo bug; else echo fine; fi >"$repo/a.c"
	echo $i >"$repo/n"
	git -C "$repo" add -A && git -C "$repo" commit -qm "change $i" && git -C "$repo" tag c$i
done
want=$(git -C "$repo" rev-parse c3)
cat >"$tmp/run.sh" <<'END'
printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n[    2.000000] Run /sbin/init as init process\n\ntest login: \n'
if grep -q bug "$CULPRIT_ARTEFACTS/a.c"; then
	printf '[   10.000000] ------------[ cut here ]------------\n[   10.000100] WARNING: CPU: 0 PID: 123 at net/a.c:42 frob+0x12/0x40\n'
	printf '[   10.000400] RIP: 0010:frob+0x12/0x40\n[   10.001300] ---[ end trace 0000000000000000 ]---\n'
fi
END
cat >"$tmp/culprit.yaml" <<END
repository: "$repo"
bad: c4
good: c1
target: { title: "WARNING in frob" }
state: state
mode: plain
runs-per-commit: 1
build: { command: 'cp a.c n "\$CULPRIT_ARTEFACTS"' }
run: { command: "sh $tmp/run.sh", timeout: 20s }
END

# 0 and the right commit
names_it() { grep -q "$want" "$tmp/out"; }

fresh() {
	rm -rf "$tmp/state"
	git -C "$repo" worktree prune
}

hunt() { "$@" "$culprit" bisect run -c "$tmp/culprit.yaml" >"$tmp/out" 2>"$tmp/err"; }

fault() {
	local syscall=$1 error=$2 n code
	for ((n = step; n <= max; n += step)); do
		fresh
		hunt strace -qq -o "$tmp/trace" -e trace="$syscall" -e inject="$syscall:error=$error:when=$n"
		code=$?
		grep -q INJECTED "$tmp/trace" || break
		tries=$((tries + 1))
		[ $code -eq 0 ] && names_it && continue
		[ -s "$tmp/err" ] || { failed=$((failed + 1)); echo "not ok - bisect: $syscall $n: $error: code $code, and no word"; }
		cp "$tmp/err" "$tmp/first"
		hunt env
		code=$?
		[ $code -eq 0 ] && names_it && continue
		failed=$((failed + 1))
		echo "not ok - bisect: $syscall $n: $error: the next start does not go on ($code)"
		head -n 3 "$tmp/first" "$tmp/err"
	done
	echo "   - bisect: $syscall: $error, to the ${n}th"
}

# Killed in the middle of each record: behind its write, before it is told to be on disk.
killed() {
	local n code
	for ((n = step; n <= max; n += step)); do
		fresh
		hunt strace -qq -o "$tmp/trace" -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=$n
		code=$?
		[ $code -eq 137 ] || grep -q 'killed by SIGKILL' "$tmp/trace" || break
		tries=$((tries + 1))
		hunt env
		code=$?
		[ $code -eq 0 ] && names_it && continue
		failed=$((failed + 1))
		echo "not ok - bisect: killed at record $n: the next start does not go on ($code)"
		head -n 3 "$tmp/err"
	done
	echo "   - bisect: killed at each record, to the ${n}th"
	[ $n -gt 2 ] || { failed=$((failed + 1)); echo "not ok - bisect: was never killed"; }
}

fresh
hunt env
names_it || { echo "not ok - bisect: without a fault it does not name the commit"; cat "$tmp/out" "$tmp/err"; exit 1; }
echo "ok - bisect: without a fault"
killed
for call in fdatasync:EIO write:ENOSPC fsync:EIO rename:EIO ftruncate:EIO mkdir:ENOSPC clone:EAGAIN clone3:EAGAIN openat:EMFILE; do
	fault "${call%:*}" "${call#*:}"
done
echo "$tries faults, $failed of them not borne"
[ $failed -eq 0 ] && [ $tries -gt 0 ]
