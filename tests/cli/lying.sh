#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A few of the worlds of `make check-lying`: hunts on machines that lie name no wrong commit.
. "$(dirname "$0")/lib.sh"
mkdir "$tmp/bin"
holds 'simworld is built' cc -O2 -w -o "$tmp/bin/simworld" "$top/tests/simworld/simworld.c" -lm
run env LYING_COMMITS=24 LYING_KINDS='refusing modules renamed' LYING_FIRST=2 JOBS=2 LYING_LOG="$tmp/log" "$top/tests/lying/check.sh" "$tmp/bin" 3
is 'no wrong commit is named' 0 "$code"
[ "$code" -eq 0 ] || echo "$out"
has 'three worlds were hunted in' '| all        |      3 |' "$out"
is 'and the machines lied, each in its way' 'modules refusing renamed ' "$(cut -d' ' -f1 "$tmp/log" | sort | tr '\n' ' ')"
# A world in which nobody installs what was built, on most of the older commits: taken at their word, these runs lead to
# the commit where that ends.
run env LYING_COMMITS=24 LYING_KINDS=stale LYING_FIRST=4 LYING_LOG="$tmp/log" "$top/tests/lying/check.sh" "$tmp/bin" 1
is 'an old kernel that runs in the place of the new one leads nobody astray' 0 "$code"
[ "$code" -eq 0 ] || echo "$out"
finish
