#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bisect.sh DIRECTORY WORLDS COMMITS: hunt WORLDS planted culprits per setting
# with the whole program (git, processes, parser, matcher, policy) and print
# what came out. DIRECTORY holds simworld.
#
# right|id: share of the identifiable worlds (the culprit and its parents can
# be built and booted); cost: 6 per build, 1 per run, with its standard error.
#
# BENCH_SETTINGS: other settings, one per line.
# BENCH_FIRST=1: the first seed. Seeds from 100000 on are for measuring.
# BENCH_KEEP: a directory for the journals of worlds that ended wrong or without answer.
set -u
dir=$(cd "$1" && pwd) worlds=$2 commits=$3
tool=$(cd "$(dirname "$0")" && pwd)/simworld-tool
export SIMWORLD=$dir/simworld
first=${BENCH_FIRST:-1}
settings=${BENCH_SETTINGS:-"p=1
p=0.5
p=0.3
p=0.5 drift=1
p=0.3 drift=1
p=0.1
p=1 u=0 b=0 i=0 broken=0 masked=0
p=0.5 u=0 b=0 i=0 broken=0 masked=0
p=0.3 u=0 b=0 i=0 broken=0 masked=0"}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/simworld.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT

# A line as simworld's judge has it: "seed N VERDICT set N identifiable N runs N builds N rebuilds N cost N ..."
one() { # SEED key=value...
	local seed=$1 good bad last answer verdict
	shift
	rm -rf "$tmp/w"
	"$SIMWORLD" gen "$tmp/w" seed="$seed" "$@" >"$tmp/gen" || exit 2
	good=$(sed -n 's/^good //p' "$tmp/gen")
	bad=$(sed -n 's/^bad //p' "$tmp/gen")
	last=$("$tool" "$tmp/w" "$good" "$bad" 2>"$tmp/err" | tail -n 1)
	case $last in
	culprit\ * | set\ *) answer=${last#* } ;;
	*) answer=none ;;
	esac
	verdict=$("$SIMWORLD" judge "$tmp/w" "$answer")
	echo "seed $seed $verdict"
	case $verdict in
	wrong* | set-wrong* | inconclusive*)
		[ -z "${BENCH_KEEP:-}" ] || { mkdir -p "$BENCH_KEEP" &&
			cp "$tmp/w/culprit/.culprit/journal" "$BENCH_KEEP/$seed.journal" && cp "$tmp/err" "$BENCH_KEEP/$seed.err"; } ;;
	esac
}

total() {
	awk '{ n++; v[$3]++; runs += $9; builds += $11; cost += $15; square += $15 * $15
		if ($7) { id++; right += $3 == "right" } }
	END { if (!n) exit 1
		mean = cost / n
		printf "worlds %d right %.3f wrong %.4f inconclusive %.3f sets %d/%d | identifiable %d right|id %.4f | runs %.1f builds %.1f cost %.1f +- %.1f\n",
			n, v["right"] / n, v["wrong"] / n, v["inconclusive"] / n, v["set-right"], v["set-right"] + v["set-wrong"],
			id, id ? right / id : 0, runs / n, builds / n, mean, sqrt((square / n - mean * mean) / n) }' "$1"
}

while read -r setting; do
	: >"$tmp/all"
	for ((seed = first; seed < first + worlds; seed++)); do
		# shellcheck disable=SC2086
		one "$seed" commits="$commits" u=0.1 $setting </dev/null >>"$tmp/all"
	done
	printf '%-40s %s\n' "$setting" "$(total "$tmp/all")"
done <<<"$settings"
