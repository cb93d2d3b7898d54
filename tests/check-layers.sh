#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who may include whom. A folder of src/ is a layer, lower ones first; a file
# includes its own layer and those below. Some libraries are one module's own.
set -u
cd "$(dirname "$0")/.." || exit 2
layers='ground readers meaning search edges'
bad=0

complain() { echo "check-layers: $*" >&2; bad=1; }

rank() { r=0; for l in $layers; do [ "$l" = "$1" ] && { echo $r; return; }; r=$((r + 1)); done; echo -1; }

for file in src/*/*.c src/*/*.h; do
	[ -e "$file" ] || continue
	own=$(echo "$file" | cut -d/ -f2)
	[ "$(rank "$own")" -ge 0 ] || complain "$file: no such layer: $own"
	for inc in $(sed -n 's/^#[ \t]*include "\([^"]*\)".*/\1/p' "$file"); do
		case $inc in
		culprit.h) continue ;;
		*/*) ;;
		*) complain "$file: includes \"$inc\" without its layer"; continue ;;
		esac
		[ "$(rank "${inc%%/*}")" -ge 0 ] || complain "$file: includes \"$inc\" of no layer"
		[ "$(rank "${inc%%/*}")" -le "$(rank "$own")" ] || complain "$file: includes \"$inc\" of a higher layer"
	done
done

# only HEADER FILE...: the header is included by these files alone
only() {
	header=$1; shift
	for file in $(grep -lE "^#[ 	]*include <$header>" src/*/*.c src/*/*.h 2>/dev/null); do
		for ok in "$@"; do [ "$file" = "$ok" ] && continue 2; done
		complain "$file: <$header> belongs to $*"
	done
}
only 'yaml\.h' src/readers/yaml.c
only 'pcre2\.h' src/readers/regex.c
only 'jansson\.h' src/edges/json.c src/edges/json.h
only '(dwarf\.h|elfutils/.*|libelf\.h|gelf\.h|libdw\.h)' src/readers/debuginfo_elf.c src/readers/debuginfo_dwarf.c
only 'archive\.h|archive_entry\.h' src/readers/input.c
only 'capstone/.*' src/readers/disasm.c
only 'libiberty/.*' src/ground/demangle.c

[ $bad = 0 ] && echo "check-layers: clean"
exit $bad
