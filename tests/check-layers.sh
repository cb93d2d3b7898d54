#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-layers.sh [ROOM...]: who may include whom. A folder of src/ is a room;
# their order is ROOMS of the Makefile. A file includes its own room and those
# before it. Some libraries are one module's own.
set -u
cd "$(dirname "$0")/.." || exit 2
rooms=$*
[ -n "$rooms" ] || rooms=$(sed -n 's/^ROOMS := //p' Makefile)
bad=0

complain() { echo "check-layers: $*" >&2; bad=1; }

rank() { r=0; for l in $rooms; do [ "$l" = "$1" ] && { echo $r; return; }; r=$((r + 1)); done; echo -1; }

for file in src/*/*.c src/*/*.h src/*/*/*.c src/*/*/*.h; do
	[ -e "$file" ] || continue
	own=$(echo "$file" | cut -d/ -f2)
	[ "$(rank "$own")" -ge 0 ] || complain "$file: no such room: $own"
	for inc in $(sed -n 's/^#[ \t]*include "\([^"]*\)".*/\1/p' "$file"); do
		case $inc in
		culprit.h) continue ;;
		*/*) ;;
		*) complain "$file: includes \"$inc\" without its room"; continue ;;
		esac
		[ "$(rank "${inc%%/*}")" -ge 0 ] || complain "$file: includes \"$inc\" of no room"
		[ "$(rank "${inc%%/*}")" -le "$(rank "$own")" ] || complain "$file: includes \"$inc\" of a later room"
	done
done

# only HEADER FILE...: the header is included by these files alone
only() {
	header=$1; shift
	for file in $(grep -lE "^#[ 	]*include <$header>" src/*/*.c src/*/*.h src/*/*/*.c src/*/*/*.h 2>/dev/null); do
		for ok in "$@"; do [ "$file" = "$ok" ] && continue 2; done
		complain "$file: <$header> belongs to $*"
	done
}
only 'yaml\.h' src/pattern/yaml.c
only 'pcre2\.h' src/pattern/regex.c
only 'jansson\.h' src/cli/output/json.c src/cli/output/json.h
only '(dwarf\.h|elfutils/.*|libelf\.h|gelf\.h|libdw\.h)' src/symbol/debuginfo_elf.c src/symbol/debuginfo_dwarf.h
only 'archive\.h|archive_entry\.h' src/input/input.c
only 'capstone/.*' src/symbol/disasm.c
only 'libiberty/.*' src/base/demangle.c

[ $bad = 0 ] && echo "check-layers: clean"
exit $bad
