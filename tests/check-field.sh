#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-field.sh CULPRIT DIRECTORY: how many of the field's logs come out right.
# Prints figures, one line for each part that is there, and fails where a part
# has none right; what is expected of each part is in the directory's README.
#
#	prefixes/	both reports whole behind every prefix, as behind plain.log's (none)
set -u
culprit=$1
field=$2

[ -d "$field" ] || { echo "check-field: no $field: nothing is measured"; exit 0; }
bad=0

# The reports of a log: title, lines and frames; blanks may be other ones.
reports() {
	"$culprit" parse --no-boot-failures --format json "$1" |
		jq -r 'select(.object == "report") | .title, .report, (.stacks[].frames[].function)' | tr -s ' \t' ' ' |
		sed 's/^ //; s/ $//'
}

prefixes() {
	local want file n=0 right=0

	want=$(reports "$field/prefixes/plain.log")
	[ -n "$want" ] || return 1
	for file in "$field"/prefixes/*; do
		n=$((n + 1))
		if [ "$(reports "$file")" = "$want" ]; then
			right=$((right + 1))
		elif [ -n "${VERBOSE:-}" ]; then
			echo "	${file##*/}"
		fi
	done
	echo "prefixes: both reports whole behind $right of $n"
	[ "$right" -gt 0 ]
}

for part in prefixes; do
	[ ! -d "$field/$part" ] || $part || bad=1
done
exit $bad
