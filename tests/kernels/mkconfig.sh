#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# mkconfig.sh ARCH BUILDDIR FRAGMENT...: a small configuration from allnoconfig and fragments.
# SRC is the kernel source, with kcrash.c, kcrash2.c and kcrash.h in drivers/misc (CONFIG_KCRASH).
set -e
arch=$1 out=$2; shift 2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
: > "$out/all.config"
for f in common "$@"; do cat "$here/$f.config" >> "$out/all.config"; done
make -s -C "$SRC" O="$out" ARCH="$arch" CROSS_COMPILE="$CROSS_COMPILE" KCONFIG_ALLCONFIG="$out/all.config" allnoconfig
# what did not take effect
grep -o '^CONFIG_[A-Z0-9_]*=[ym]' "$out/all.config" | sort -u | while read l; do
	grep -q "^$l" "$out/.config" || echo "not set: $l"
done
