#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-field.sh CULPRIT DIRECTORY: how many of the field's logs come out right.
# Prints figures, one line for each part that is there, and fails where a part
# has fewer right than it once had (or, of other directories, none): what is
# won stays. FLOORS="PREFIXES SMALL LOGS" are the figures asked for; what is expected of each part is in the directory's README.
#
#	prefixes/	both reports whole behind every prefix, as behind plain.log's (none)
#	small/		the titles of expected.tsv, and none of lookalikes.txt, line by line and together
#	logs/		index.tsv, read by a machine: as many reports as the reading begins with, and the
#			function that it names in the title; where it was right before and names none,
#			the titles of then.  LOGS=FILE: only the logs that FILE names.
# Of all logs, titles hold no path, process or long number (title property).
set -u
culprit=$1
field=$2

[ -d "$field" ] || { echo "check-field: no $field: nothing is measured"; exit 0; }
bad=0
read -r floor_prefixes floor_small floor_logs <<<"${FLOORS:-1 1 1}"

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
	[ "$right" -ge "$floor_prefixes" ]
}

titles() {
	"$culprit" parse --titles "$1" 2>/dev/null
}

small() {
	local name want note got n=0 right=0 line tmp

	while IFS=$'\t' read -r name want note; do
		case $name in '#'* | '') continue ;; esac
		n=$((n + 1))
		[ "$want" != none ] || want=
		got=$(titles "$field/small/$name")
		case $note in *"only the first title"*) got=$(printf '%s\n' "$got" | sed 1q) ;; esac
		if [ "$(printf '%s' "$got" | sed ':a;N;$!ba;s/\n/ ; /g')" = "$want" ]; then
			right=$((right + 1))
		elif [ -n "${VERBOSE:-}" ]; then
			echo "	$name"
		fi
	done <"$field/small/expected.tsv"
	echo "small: $right of $n as expected"
	tmp=$(mktemp) || return 1
	n=0
	while read -r line; do
		printf '%s\n' "$line" >"$tmp"
		[ -z "$(titles "$tmp")" ] || n=$((n + 1))
	done <"$field/small/lookalikes.txt"
	[ -z "$(titles "$field/small/lookalikes.txt")" ] || n=$((n + 1))
	rm -f "$tmp"
	echo "small: $n of the lookalikes are taken for reports"
	[ "$right" -ge "$floor_small" ] && { [ "$n" -eq 0 ] || [ "$floor_small" -le 1 ]; }
}

# One row of the index: 0 where the log reads as it says.
reads_as() {
	local file=$1 reading=$2 before=$3 was=$4 got number function

	got=$(titles "$file")
	number=$(printf '%s' "$reading" | sed -n 's/^\([0-9]*\).*/\1/p')
	if [ "$was" = ok ]; then
		before=$(printf '%s' "$before" | sed 's/\(^\|; \)[0-9]*-[0-9]* /\1/g; s/; /\n/g; s/^nothing$//')
		[ "$got" = "$before" ] && return 0
	fi
	[ -n "$number" ] && [ "$(printf '%s' "$got" | grep -c .)" -eq "$number" ] || return 1
	function=$(printf '%s' "$reading" | sed -n 's/.* in \([a-zA-Z_][a-zA-Z0-9_]*\).*/\1/p')
	[ -z "$function" ] || { printf '%s\n' "$got" | grep -qw -- "$function"; return; }
	# "1: boot failure, no init": what the report is of, said in words of the title or not
	case $reading in
	*': boot failure'*)
		[ -n "$("$culprit" parse -f json "$file" 2>/dev/null | jq -r 'select(.kind == "boot-failure") | .title')" ]
		return ;;
	esac
	# "1: paging request, lines 4-13": where the excerpt ends before any function, how much of it is the report
	function=$(printf '%s' "$reading" | sed -n 's/.*, lines \([0-9]*-[0-9]*\)$/\1/p')
	if [ -n "$function" ]; then
		"$culprit" parse "$file" 2>/dev/null | grep -q "^  where .*:$function\$"
		return
	fi
	# "1: Redzone overwritten": these words; of a panic, what it says
	function=$(printf '%s' "$reading" |
		sed 's/^[0-9]*: *//; s/ *[;,(].*//; s/NULL deref$/NULL pointer dereference/; s/^panic /panic: /')
	# excerpts that end before the stack may be called corrupted: the reading names no function
	[ "$function" != 'NULL pointer dereference' ] || got=$(printf '%s' "$got" | sed 's/ in corrupted//')
	if [ -n "$function" ] && printf '%s\n' "$got" | grep -qF -- "$function"; then
		was=ok
	fi
	# a function that is named now where none was
	[ "$was" = ok ] && ! printf '%s\n' "$got" | grep -q corrupted
}

logs() {
	local name reading before was n=0 right=0

	while IFS=$'\t' read -r name reading before was; do
		case $name in '#'* | '') continue ;; esac
		name=${name%.log}.log
		[ -f "$field/logs/$name" ] || continue
		[ -z "${LOGS:-}" ] || grep -qx -- "$name" "$LOGS" || continue
		n=$((n + 1))
		if reads_as "$field/logs/$name" "$reading" "$before" "$was"; then
			right=$((right + 1))
		elif [ -n "${VERBOSE:-}" ]; then
			echo "	$name"
		fi
	done <"$field/logs/index.tsv"
	echo "logs: $right of $n read as judged"
	[ "$right" -ge "$floor_logs" ]
}

# No digits run of 5, no path but file.c:LINE, no process with its number.
title_property() {
	local bad_titles

	bad_titles=$(find "$field" -name '*.log' -print0 | sort -z | xargs -0 "$culprit" parse --titles 2>/dev/null |
		sed 's/^[^:]*\.log: *//' | grep -cE '(^|[^A-Za-z0-9_])[0-9]{5}|(^|[ :(])/[a-z]|[a-z]/[0-9]+:|\[ *[0-9]+\.[0-9]+\]')
	echo "titles: $bad_titles hold a path, a process, a time or a long number"
}

for part in prefixes small logs; do
	[ ! -d "$field/$part" ] || $part || bad=1
done
title_property
exit $bad
