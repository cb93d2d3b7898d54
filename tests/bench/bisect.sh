#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bisect.sh DIRECTORY WORLDS COMMITS: hunt WORLDS planted culprits per setting
# with the whole program (git, processes, parser, matcher, policy) and print
# what came out. DIRECTORY holds bench.sh and simworld.
#
# right|id: share of the identifiable worlds; cost: 6 per build, 1 per run.
# BENCH_SETTINGS: other settings, one per line.
set -u
dir=$1 worlds=$2 commits=$3
tool=$(cd "$(dirname "$0")" && pwd)/simworld-tool
settings=${BENCH_SETTINGS:-"p=1
p=0.5
p=0.3
p=0.5 drift=1
p=0.3 drift=1
p=0.1
p=1 u=0 b=0 i=0 broken=0 masked=0
p=0.5 u=0 b=0 i=0 broken=0 masked=0
p=0.3 u=0 b=0 i=0 broken=0 masked=0"}

while read -r setting; do
	# bench.sh prints a line per world, then the totals
	# shellcheck disable=SC2086
	total=$("$dir/bench.sh" "$tool" "$worlds" commits="$commits" u=0.1 $setting </dev/null | tail -n 1)
	printf '%-40s %s\n' "$setting" "$total"
done <<<"$settings"
