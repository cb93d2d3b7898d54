# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the scripts in this directory share. Start with:
#
#	. "$(dirname "$0")/lib.sh"
#
# and end with `finish`. $tmp is a directory that goes away at the end.
set -u
: "${CULPRIT:?path of the program}"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
lib_failed=0

# git as nobody has configured it; no collection of garbage behind each commit, no waiting for disks.
git_home=$(mktemp) || exit 2
trap 'rm -rf "$tmp" "$git_home"' EXIT
printf '[maintenance]\n\tauto = false\n[gc]\n\tauto = 0\n[core]\n\tfsync = none\n\tcompression = 0\n' >"$git_home"
export GIT_CONFIG_GLOBAL=$git_home GIT_CONFIG_SYSTEM=/dev/null

# pass NAME, fail NAME [WHY]
pass() { echo "ok - $1"; }
fail() {
	echo "not ok - $1"
	[ $# -lt 2 ] || sed 's/^/    /' <<<"$2"
	lib_failed=1
}

# is NAME EXPECTED FOUND
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected: $2
found:    $3"; fi
}

# has NAME TEXT FOUND: FOUND holds TEXT
has() {
	case $3 in *"$2"*) pass "$1" ;; *) fail "$1" "expected to hold: $2
found: $3" ;; esac
}

# holds NAME COMMAND...: the command succeeds
holds() {
	local name=$1
	shift
	if "$@"; then pass "$name"; else fail "$name" "failed: $*"; fi
}

# times N FILE: FILE so many times over, from one program
times() {
	local names
	names=$(printf '%*s' "$1" '')
	# shellcheck disable=SC2086 # a word for each
	cat ${names// /$2 }
}

# run COMMAND...: sets out, err and code. NUL bytes are left out, of which bash would tell.
run() {
	"$@" >"$tmp/.out" 2>"$tmp/.err"
	code=$?
	{ out=$(<"$tmp/.out") err=$(<"$tmp/.err"); } 2>/dev/null
}

# --- bisections of a throwaway repository: hunting_ground, then c, config and hunt
#
# The "kernel" is the file state of a commit: fine, bug (it crashes each time), quiet (it says nothing), hang. What
# runs hundreds of times starts no program: a run is one shell that reads kernel.sh, not a shell that starts others.

# hunting_ground: $repo, empty; $tmp/kernel.sh, which says what a run's console would
hunting_ground() {
	export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=B GIT_COMMITTER_EMAIL=b@example.org
	repo=$tmp/repo
	title='BUG: unable to handle kernel paging request in frob_release'
	git init -q -b main "$repo"
	cat >"$tmp/kernel.sh" <<'EOF'
[ -e "$CULPRIT_ARTEFACTS/state" ] && read -r state <"$CULPRIT_ARTEFACTS/state" || read -r state <"$CULPRIT_SOURCE/state"
case $state in "/*"*bug*) state=bug ;; esac # a "kernel" that is read from a comment
[ "$state" != quiet ] || exit "${QUIET:-0}"
printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n[    2.000000] Run /sbin/init as init process\n\ntest login: \n'
if [ "$state" = bug ]; then
	echo '[   10.000000] BUG: unable to handle page fault for address: ffff8880deadbeef
[   10.000100] #PF: supervisor read access in kernel mode
[   10.000200] Oops: 0000 [#1] PREEMPT SMP
[   10.000300] CPU: 0 PID: 123 Comm: repro Not tainted 6.1.0-test #1
[   10.000400] RIP: 0010:frob_release+0x12/0x40
[   10.000500] Call Trace:
[   10.000600]  <TASK>
[   10.000800]  frob_close+0x22/0x50
[   10.000900]  __fput+0x3b/0x90
[   10.001200]  </TASK>
[   10.001300] ---[ end trace 0000000000000000 ]---
[   10.001400] Kernel panic - not syncing: Fatal exception'
	[ -z "${HANG:-}" ] || exec sleep 1000
fi
[ "$state" != hang ] || exec sleep 1000
echo 'repro finished'
EOF
}

# c NAME STATE: a commit on $repo's branch, and a tag. Its name is in the file name, or, for histories that are
# merged, in a file of its own: name_file=name-.
c() {
	local file=name ref id
	[ -z "${name_file:-}" ] || file=$name_file$1
	echo "$2" >"$repo/state"
	echo "$1" >"$repo/$file"
	# files that are new: those of the first commit, and one for each name; else who makes one adds it
	[ -z "${name_file:-}" ] && [ -e "$repo/.git/index" ] || git -C "$repo" add -A
	git -C "$repo" commit -qam "$1" || return
	# as `git tag` would: what HEAD is, or what the branch in it is
	read -r id ref <"$repo/.git/HEAD"
	[ -z "$ref" ] || read -r id <"$repo/.git/$ref"
	echo "$id" >"$repo/.git/refs/tags/$1"
}

# rev NAME: a tag's commit, as a file where it is one
rev() {
	local id
	{ read -r id <"$repo/.git/refs/tags/$1"; } 2>/dev/null || id=$(git -C "$repo" rev-parse "$1")
	echo "$id"
}

# config NAME BAD GOOD [more lines]: NAME.yaml, with the state in NAME. The commands are build_command and run_command.
# The confidence is one at which few runs are enough, for scripts that ask how a hunt goes and not how sure it is:
# confidence=0.99 is culprit's own.
config() {
	local build=${build_command-'cp state name $CULPRIT_ARTEFACTS'}
	cat >"$1.yaml" <<EOF
repository: "$repo"
bad: $2
good: $3
target: { title: "$title" }
build: { command: "$build" }
run: { command: "${run_command-. $tmp/kernel.sh}" }
state: "$tmp/$1"
verify: { revert: false, cherry-pick: false }
confidence: ${confidence-0.95}
${4:-}
EOF
}

# hunt NAME: sets out, err, code, and last, the last line of the output
hunt() {
	run "$CULPRIT" bisect run -q -c "$1.yaml"
	last=${out##*$'\n'}
}

finish() { exit "$lib_failed"; }
