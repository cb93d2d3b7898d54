#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/corpus-counts.sh CULPRIT [--check]: write the counts of the corpus into
# README.md, between its two markers; with --check, only tell whether they are
# those that stand there.
set -eu
culprit=$(realpath "$1")
cd "$(dirname "$0")/.."

# A kind is the first directory of a case's name.
table=$("$culprit" corpus test --format json corpus | jq -rs '
	map(select(.object == "case") | (.name | split("/")[0])) |
	"| kind | cases |", "|---|---|",
	(group_by(.)[] | "| \(.[0]) | \(length) |"),
	"| all | \(length) |"' || true)
[ "$(wc -l <<<"$table")" -gt 3 ]
new=$(awk -v table="$table" '
	/^<!-- corpus counts: end -->/ { skip = 0 }
	!skip { print }
	/^<!-- corpus counts: begin/ { print table; skip = 1 }' README.md)
if [ "${2-}" = --check ]; then
	[ "$new" = "$(cat README.md)" ] && exit 0
	echo "the counts of the corpus in README.md are old: run 'make counts'"
	exit 1
fi
printf '%s\n' "$new" >README.md
