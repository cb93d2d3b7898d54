#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-layers.sh [-o BUILD] [ROOM...]: who may know whom.
#
# A folder of src/ is a room; their order is ROOMS of the Makefile. A file
# includes its own room and those before it, and some libraries are one module's
# own. Files of a room form no circles: neither by what their headers and sources
# include, nor, where BUILD has their objects, by what these call in each other.
# (A header that several .c files share has none of its own, and calls nobody.)
set -u
cd "$(dirname "$0")/.." || exit 2
build=build
[ "${1-}" = -o ] && { build=$2; shift 2; }
rooms=$*
[ -n "$rooms" ] || rooms=$(sed -n 's/^ROOMS := //p' Makefile)

# HEADERS (a regular expression) FILE...: these files alone include them.
owned='
yaml\.h src/pattern/yaml.c
pcre2\.h src/pattern/regex.c
jansson\.h src/cli/output/json.c src/cli/output/json.h src/cli/output/json_read.c src/cli/output/template.c
(dwarf|elfutils/.*|libelf|gelf|libdw)\.h src/symbol/debuginfo_elf.c src/symbol/debuginfo_dwarf.h
(archive|archive_entry)\.h src/input/input.c
capstone/.*\.h src/symbol/disasm.c
libiberty/.*\.h src/base/demangle.c
'

files=$(echo src/*/*.[ch] src/*/*/*.[ch])
objects=
for file in $files; do
	object=${file#src/}
	object=$build/obj/${object%.c}.o
	[ -e "$object" ] && objects="$objects $object"
done

# The objects' symbols stand behind the sources: "build/obj/base/base.o: 0000 T buf_add".
{
	# shellcheck disable=SC2086
	grep -HE '^#[ 	]*include ' $files
	# shellcheck disable=SC2086
	[ -z "$objects" ] || nm -A -g -P $objects
} | rooms=$rooms files=$files build=$build owned=$owned awk '
function complain(text) { print "check-layers: " text > "/dev/stderr"; bad = 1 }
function stem(file) { sub(/\.[ch]$/, "", file); return file }
function room(file) { split(file, parts, "/"); return parts[2] }
function rank(name) { return name in order ? order[name] : -1 }

# An arrow of the graph (by includes of headers, by includes of modules, by links).
function arrow(graph, from, to, why) {
	if (from == to || room(from) != room(to) || (graph, from, to) in arrows)
		return
	arrows[graph, from, to] = why
	next_of[graph, from] = next_of[graph, from] " " to
	if (!((graph, from) in seen)) { seen[graph, from]; nodes[graph] = nodes[graph] " " from }
}

function owner(file, header,    i, n, lines, words) {
	n = split(owned, lines, "\n")
	for (i = 1; i <= n; i++) {
		split(lines[i], words, " ")
		if (words[1] != "" && header ~ "^" words[1] "$" && index(lines[i] " ", " " file " ") == 0)
			complain(file ": <" header "> belongs to" substr(lines[i], length(words[1]) + 1))
	}
}

function include(file, text,    header, own) {
	own = room(file)
	if (text ~ /</) {
		sub(/.*</, "", text); sub(/>.*/, "", text)
		owner(file, text)
		return
	}
	sub(/^[^"]*"/, "", text); sub(/".*/, "", text)
	if (text == "culprit.h")
		return
	if (text !~ /\//) { complain(file ": includes \"" text "\" without its room"); return }
	header = "src/" text
	if (rank(room(header)) < 0)
		complain(file ": includes \"" text "\" of no room")
	else if (rank(room(header)) > rank(own))
		complain(file ": includes \"" text "\" of a later room")
	if (file ~ /\.h$/)
		arrow("header", file, header, "includes")
	if (stem(file) ".c" in exists && stem(header) ".c" in exists)
		arrow("include", stem(file), stem(header), text)
}

function reach(graph, start, at,    i, n, to) {
	n = split(next_of[graph, at], to, " ")
	for (i = 1; i <= n; i++) {
		if ((graph, start, to[i]) in reached)
			continue
		reached[graph, start, to[i]]
		reach(graph, start, to[i])
	}
}

# Every group of files of which each can be reached from the others.
function circles(graph,    i, k, n, all, group, done, inside) {
	n = split(nodes[graph], all, " ")
	for (i = 1; i <= n; i++)
		reach(graph, all[i], all[i])
	for (i = 1; i <= n; i++) {
		if (all[i] in done || !((graph, all[i], all[i]) in reached))
			continue
		group = ""
		for (k = 1; k <= n; k++)
			if (((graph, all[i], all[k]) in reached) && ((graph, all[k], all[i]) in reached)) {
				done[all[k]]; group = group " " all[k]
			}
		complain("a circle (" graph "):" group)
		show(graph, group)
	}
}

function show(graph, group,    i, k, n, all) {
	n = split(group, all, " ")
	for (i = 1; i <= n; i++)
		for (k = 1; k <= n; k++)
			if ((graph, all[i], all[k]) in arrows)
				print "  " all[i] " -> " all[k] ": " arrows[graph, all[i], all[k]] > "/dev/stderr"
}

BEGIN {
	rooms = ENVIRON["rooms"]; files = ENVIRON["files"]; build = ENVIRON["build"]
	owned = ENVIRON["owned"]
	n = split(rooms, names, " ")
	for (i = 1; i <= n; i++) order[names[i]] = i
	n = split(files, names, " ")
	for (i = 1; i <= n; i++) {
		exists[names[i]]
		if (rank(room(names[i])) < 0)
			complain(names[i] ": no such room: " room(names[i]))
	}
}

/^src\// { at = index($0, ":"); include(substr($0, 1, at - 1), substr($0, at + 1)); next }

# "build/obj/base/base.o: buf_add T 0 5f"
{
	file = substr($1, length(build "/obj/") + 1)
	sub(/\.o:$/, "", file)
	file = "src/" file
	n_symbols++
	if ($3 == "U") wants[file, $2] = $2
	else owner_of[$2] = file
}

END {
	for (key in wants) {
		split(key, pair, SUBSEP)
		if (!(pair[2] in owner_of))
			continue
		to = owner_of[pair[2]]
		if (rank(room(to)) > rank(room(pair[1])))
			complain(pair[1] ".c: calls " pair[2] "() of a later room, " to)
		arrow("link", pair[1], to, pair[2])
	}
	circles("header"); circles("include"); circles("link")
	if (!bad)
		print "check-layers: clean" (n_symbols ? "" : " (calls not looked at: no objects in " build "/obj)")
	exit bad
}'
