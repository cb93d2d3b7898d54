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

# run COMMAND...: sets out, err and code
run() {
	"$@" >"$tmp/.out" 2>"$tmp/.err"
	code=$?
	out=$(tr -d '\0' <"$tmp/.out")
	err=$(tr -d '\0' <"$tmp/.err")
}

finish() { exit "$lib_failed"; }
