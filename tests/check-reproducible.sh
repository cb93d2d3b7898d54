#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-reproducible.sh: two builds, in directories whose names differ in length, one after the
# other and so at different times, without a compiler's cache, give the same bytes.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export CCACHE_DISABLE=1
for place in one another/longer/place; do
	mkdir -p "$tmp/$place"
	cp -r Makefile include src patterns "$tmp/$place"
	mkdir "$tmp/$place/corpus" && cp -r corpus/benign "$tmp/$place/corpus"
	make -s -C "$tmp/$place" "-j$(nproc)" build/culprit build/libculprit.a build/libculprit.so
done
for file in culprit libculprit.a libculprit.so; do
	cmp "$tmp/one/build/$file" "$tmp/another/longer/place/build/$file"
	# what names the place would tell where it was built, and differ elsewhere
	if grep -qF "$tmp" "$tmp/one/build/$file"; then
		echo "check-reproducible: $file holds the name of the directory it was built in"
		exit 1
	fi
done
echo "check-reproducible: two builds are the same, byte for byte"
