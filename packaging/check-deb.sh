#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# packaging/check-deb.sh BUILD: what `make deb` made, on demand (as root; needs lintian, mmdebstrap and a mirror):
# lintian finds nothing, the packages install in a bare system, debian/tests pass there.
set -eu
deb=$(realpath "$1/deb")
source=$(echo "$deb"/culprit-*/)
lintian --pedantic --display-info --fail-on pedantic,info,warning,error --allow-root "$deb"/*.changes

chroot=$(mktemp -d)
trap 'rm -rf "$chroot"' EXIT
# The machine's own sources, security and updates with them: what the packages were linked with may be newer than the release.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	! grep -qE '^(deb|URIs:)' "$file" 2>/dev/null || sources+=("$file")
done
mmdebstrap --quiet --variant=apt "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$chroot" "${sources[@]}"
mkdir "$chroot/debs"
cp "$deb"/*.deb "$chroot/debs"
rm "$chroot"/debs/*dbgsym*
# Alone, and without what it recommends: the program has to read a log then.
chroot "$chroot" sh -c 'apt-get install -y -q --no-install-recommends /debs/culprit_*.deb' >/dev/null
cp "$source/corpus/kasan/slab-out-of-bounds-read-x86" "$chroot/tmp/log"
found=$(chroot "$chroot" culprit parse --titles /tmp/log || [ $? -eq 1 ])
[ "$found" = 'KASAN: slab-out-of-bounds Read in kc_oob_read' ]
chroot "$chroot" sh -c 'apt-get install -y -q --no-install-recommends /debs/*.deb git gcc libc6-dev pkgconf xz-utils' >/dev/null
cp -r "$source" "$chroot/source"
for test in parse bisect library; do
	chroot "$chroot" sh -c "cd /source && AUTOPKGTEST_TMP=\$(mktemp -d) LC_ALL=C.UTF-8 debian/tests/$test" >"$chroot/log" 2>&1 || {
		cat "$chroot/log"
		echo "check-deb: debian/tests/$test fails"
		exit 1
	}
	echo "ok - debian/tests/$test, in a bare system"
done
