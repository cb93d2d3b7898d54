#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-conventions.sh BUILD: how many titles are those of the community's convention?
#
# tests/conventions/ has names of functions in reports of every kind, and cases of one rule each (README.md there). Where
# SHARED (in the environment, else ../shared) has reports mailed to the lists and cases of the community, they are counted, too.
# Variations are of our own, by the convention's words, and all have to be right.
# A third of names, probes and mails is held back: rules are written against the others. Prints right and all of
# both, and fails where a share is below its floor. Floors are raised, never lowered.
set -u
build=$(realpath "${1:?build directory}") || exit 2
cd "$(dirname "$0")/.." || exit 2
shared=${SHARED:-../shared}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0

# Part, floor of the seen, floor of the held: per mille
floor() {
	case $1 in
	names) echo 1000 998 ;;
	probes) echo 990 1000 ;;
	variations) echo 1000 1000 ;;
	mails) echo 998 992 ;;
	conformance) echo 1000 1000 ;;
	esac
}

# Part, right and all of the seen, right and all of the held.
judge() {
	local seen_floor held_floor
	read -r seen_floor held_floor < <(floor "$1")
	awk -v part="$1" -v floor="$seen_floor" -v held="$held_floor" -v r="$2" -v n="$3" -v hr="$4" -v hn="$5" '
	function share(right, all) { return all ? sprintf("%6.2f %%", 100 * right / all) : "       -" }
	BEGIN {
		printf "%-24s %5d of %5d %s   held back %5d of %5d %s\n", part, r, n, share(r, n), hr, hn, share(hr, hn)
		if (n + hn == 0) { print "not ok - " part ": nothing was tried"; exit 1 }
		if (r * 1000 < floor * n) { printf "not ok - %s: below %.1f %%\n", part, floor / 10; bad = 1 }
		if (hr * 1000 < held * hn) { printf "not ok - %s: held back: below %.1f %%\n", part, held / 10; bad = 1 }
		exit bad
	}' || failed=1
}

check_names() {
	"$build/conventions/names" tests/conventions >"$tmp/names" || exit 2
	awk -F '\t' '$1 != "all" {
		printf "  %-22s %5d of %5d            held back %5d of %5d\n", $1, $2, $3, $4, $5 }' "$tmp/names"
	# shellcheck disable=SC2046
	judge names $(awk -F '\t' '$1 == "all" { print $2, $3, $4, $5 }' "$tmp/names")
}

# Which of these names are held back: SHA-1, its first eight digits, modulo 3.
held() {
	mkdir -p "$tmp/digest" && rm -f "$tmp"/digest/*
	local n=0 name
	while read -r name; do
		printf %s "$name" >"$tmp/digest/$n"
		n=$((n + 1))
	done
	(cd "$tmp/digest" && seq 0 $((n - 1)) | xargs sha1sum) | cut -c1-8 |
		while read -r digits; do echo $((0x$digits % 3 == 0)); done
}

# A directory of cases, what stands before their names in the digest, and 1 where titles alone count.
check_cases() {
	local part=$1 dir=$2 prefix=$3 titles=$4
	"$build/culprit" corpus test --format json "$dir" 2>/dev/null |
		sed -nE 's/.*"object":"case".*"name":"([^"]*)".*"passed":(true|false),"wrong":\[([^]]*)\].*/\1\t\2\t\3/p' >"$tmp/cases"
	cut -f1 "$tmp/cases" | sed "s,^,$prefix," | held >"$tmp/held"
	# shellcheck disable=SC2046
	judge "$part" $(paste "$tmp/cases" "$tmp/held" | awk -F '\t' -v titles="$titles" '
		{ good = $2 == "true" || (titles && $3 !~ /"TITLE"/); right[$4] += good; all[$4]++ }
		END { print right[0] + 0, all[0] + 0, right[1] + 0, all[1] + 0 }')
}

check_names
check_cases probes tests/conventions/probes '' 0
check_cases variations tests/conventions/variations '' 0
[ -d "$shared/mails/pairs" ] && check_cases mails "$shared/mails/pairs" pairs/ 1
[ -d "$shared/conformance/linux/report" ] && check_cases conformance "$shared/conformance/linux/report" '' 0
exit $failed
