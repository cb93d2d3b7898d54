#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-abi.sh LIBRARY [--update]: does libculprit.so still fit programs that were compiled before?
# abidiff (Debian: abigail-tools) compares it with include/libculprit.abi, what was released last; functions may be
# added. --update writes that file: with a release, and with a new soname.
# The library needs debug information, and the file is that of x86-64.
set -u
library=$1 stored=include/libculprit.abi
cd "$(dirname "$0")/.." || exit 2
command -v abidiff >/dev/null || { echo "check-abi: abidiff is not installed (apt install abigail-tools)"; exit 2; }
[ "$(uname -m)" = x86_64 ] || { echo "check-abi: $stored is that of x86-64, this is $(uname -m)"; exit 2; }
if [ "${2-}" = --update ]; then
	abidw --headers-dir include --drop-private-types --no-corpus-path --no-comp-dir-path --drop-undefined-syms \
		--short-locs "$library" >"$stored.new" && mv "$stored.new" "$stored"
	exit
fi
# 4: something changed; 8: so that programs break; of the rest, nothing was compared.
changes=$(abidiff --no-added-syms --headers-dir2 include --drop-private-types "$stored" "$library" 2>&1)
code=$?
if [ $code -eq 0 ]; then
	echo "check-abi: programs compiled with $(sed -n "s/.*soname='\([^']*\)'.*/\1/p;q" "$stored") before fit"
	exit 0
fi
echo "$changes"
[ $((code & 12)) -ne 0 ] || { echo "check-abi: nothing could be compared (code $code)"; exit 2; }
echo "check-abi: programs that were compiled before may not fit any more: a new SOVERSION, or another way"
exit 1
