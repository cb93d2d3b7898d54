#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-map.sh: the places in CONTRIBUTING.md's table "Where is it decided" exist:
# files, functions defined in them, keys of the patterns.
set -u
cd "$(dirname "$0")/.." || exit 2

sed -n '/^## Where is it decided/,/^## Good/p' CONTRIBUTING.md | grep '^| a\|^| t' | awk -F'|' '
function complain(text) { print "check-map: CONTRIBUTING.md: " text; bad = 1 }
# A file (or several: patterns/*.yaml) as lines; "": there is none.
function text(file,    line, all, command) {
	if (file in texts) return texts[file]
	command = "cat " file " 2>/dev/null"
	while ((command | getline line) > 0) all = all "\n" line
	close(command)
	return texts[file] = all
}
# Words in backticks: a file, then names in it.
function look(cell,    n, i, words, file) {
	n = split(cell, words, "`")
	for (i = 2; i <= n; i += 2) {
		if (words[i] ~ /\//) {
			file = words[i]
			if (text(file) == "") complain("no file " file)
		} else if (file ~ /\.c$/) {
			if (text(file) !~ "\n[a-z][^\n=;]*[ *]" words[i] "[(]") complain("no function " words[i] "() in " file)
		} else if (text(file) !~ "\n[ -]*" words[i] ":") complain("no key " words[i] " in " file)
	}
}
{ look($3); look($4); n_rows++ }
END { if (!n_rows) complain("no table"); exit bad }'
