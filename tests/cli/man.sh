#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual: a page for each command, that knows its options and exit codes.
. "$(dirname "$0")/lib.sh"
cd "$top" || exit 2

commands() { "$CULPRIT" "$@" --help | awk '/^(sub)?commands:$/ { on = 1; next } on && !/^  [a-z]/ { exit } on { print $1 }'; }

pages='' codes='' unknown='' listed='' n=0
for command in $(commands); do
	[ "$command" != help ] || continue
	page=man/culprit-$command.1
	n=$((n + 1))
	[ -f "$page" ] || { pages="$pages $command"; continue; }
	grep -q '^\.Sh EXIT STATUS$' "$page" || codes="$codes $command"
	grep -q "^\.Pq Xr culprit-$command 1" man/culprit.1 || listed="$listed $command"
	below=$(commands "$command")
	for sub in ${below:-''}; do
		# shellcheck disable=SC2086 # no word for none
		while IFS=$'\t' read -r _ name _; do
			grep -qE -- "(Fl |\\\\-\\\\?)\\\\?-$name( |$)" "$page" || unknown="$unknown $command $sub --$name,"
		done < <("$CULPRIT" $command $sub --list-options)
	done
done
is 'each command has a page' '' "$pages"
is 'which says the exit status' '' "$codes"
is 'and is listed in culprit(1)' '' "$listed"
is 'each option is in its page' '' "$unknown"
holds 'of several commands' test $n -ge 10

bad=''
while read -r file name section; do
	case $name in culprit* | libculprit) [ -f "man/$name.$section" ] || bad="$bad $file: $name($section)" ;; esac
done < <(sed -nE 's,^\.(Pq )?Xr ([a-z-]+) ([0-9]).*,\2 \3,p;T' man/* | sort -u | sed 's,^,man ,')
is 'pages that are referred to are there' '' "$bad"
run mandoc -Tlint -Wwarning man/*
is 'mandoc finds nothing' '' "$out$err"
is 'footers say culprit' '' "$(grep -L '^\.Os culprit$' man/*)"
finish
