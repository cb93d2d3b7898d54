#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lying.sh DIRECTORY WORLDS COMMITS: hunt planted culprits with the whole program
# where machines lie (lying-world tells how), WORLDS for each kind of lie, and
# print what came out. DIRECTORY holds simworld. Fails when a wrong commit, or a
# set without the culprit, was named.
#
# LIES: other kinds, separated by blanks. JOBS: worlds at a time.
# LYING_FIRST=1: the first seed. LYING_KEEP: a directory for the journals of worlds that ended wrong.
set -u
dir=$(cd "$1" && pwd) worlds=$2 commits=$3
here=$(cd "$(dirname "$0")" && pwd)
export SIMWORLD=$dir/simworld CULPRIT=${CULPRIT:-$here/../../build/culprit}
first=${LYING_FIRST:-1}
lies=${LIES:-silent refuse truncated cut half flood codes renamed modules hole outage mute}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lying.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT

# The commits before a lie's edge: all that do not contain EDGE.
older() { # WORLD EDGE
	{ git -C "$1/repo.git" rev-list --ancestry-path "$2..main"; echo "$2"; } | sort >"$1/lie/newer"
	git -C "$1/repo.git" rev-list main | sort | comm -23 - "$1/lie/newer" >"$1/lie/older"
}

# Extra lines of culprit.yaml for a lie.
lines() { # LIE
	case $1 in
	outage | mute) echo 'infra-pause: 1s' ;;
	esac
}

run_lines() { # LIE SEED
	case $1 in
	cut) echo '  finished: "repro finished"' ;;
	flood) echo '  output-limit: 1M' ;;
	silent | refuse | truncated | half) [ $(($2 % 3)) -ne 0 ] || echo '  finished: "repro finished"' ;;
	esac
}

# The world of SEED, with what LIE wants.
make_world() { # WORLD LIE SEED
	local at culprit edge n

	"$SIMWORLD" gen "$1" seed="$3" commits="$commits" u=0.1 broken=0.03 masked=0 p="$(cut -d" " -f$(($3 % 3 + 1)) <<<"0.4 0.7 1")" >"$1.gen" || return
	mkdir "$1/lie"
	n=$(head -n 1 "$1/commits.txt")
	at=$(sed -n 's/^culprit \([0-9]*\) .*/\1/p' "$1/hidden.txt")
	# Anywhere, but not at the ends, in turns on both sides of the culprit.
	edge=$(($3 * 7919 % (n - 2) + 1))
	culprit=$(sed -n "$((edge + 2))p" "$1/commits.txt")
	older "$1" "${culprit%% *}"
	sed 1d "$1/commits.txt" | awk -v at="$at" 'NR - 1 >= at - 6 && NR - 1 <= at + 6 && NR > 1 { print $1 }' |
		grep -vxF "$(sed -n 's/^bad //p' "$1.gen")" >"$1/lie/hole"
	sed 1d "$1/commits.txt" | awk '{ print $1, int((NR - 1) / 9) }' >"$1/lie/group"
}

one() { # LIE SEED
	local w=$tmp/$1.$2 good bad last verdict code

	make_world "$w" "$1" "$2" || exit 2
	good=$(sed -n 's/^good //p' "$w.gen")
	bad=$(sed -n 's/^bad //p' "$w.gen")
	mkdir "$w/culprit"
	cat >"$w/culprit/culprit.yaml" <<END
repository: "$w/repo.git"
bad: $bad
good: $good
target:
  title: "$(sed -n 's/^title //p' "$w/public.txt")"
  logs: [ "$w/crash.log" ]
build:
  command: exec "$here/lying-world" build
$([ "$1" != modules ] || echo '  image: vmlinux')
run:
  command: exec "$here/lying-world" run
$(run_lines "$1" "$2")
verify: { revert: false, cherry-pick: false }
budget: { runs: 400 }
$(lines "$1")
END
	last=$(WORLD=$w LIE=$1 SEED=$2 "$CULPRIT" bisect run --quiet --config "$w/culprit/culprit.yaml" 2>"$w/err")
	code=$?
	last=${last##*$'\n'}
	case $last in
	culprit\ * | set\ *) verdict=$("$SIMWORLD" judge "$w" "${last#* }") ;;
	*) verdict=$("$SIMWORLD" judge "$w" none) ;;
	esac
	echo "$1 $2 $code $verdict"
	case $verdict in
	wrong* | set-wrong*)
		[ -z "${LYING_KEEP:-}" ] || { mkdir -p "$LYING_KEEP" && cp -r "$w" "$LYING_KEEP/"; } ;;
	inconclusive*) [ -s "$w/err" ] || echo "$1 $2 $code unsaid" ;;
	esac
	[ -n "${LYING_ALL:-}" ] && cp -r "$w" "$LYING_ALL/"
	rm -rf "$w" "$w.gen"
}

for lie in $lies; do
	: >"$tmp/all"
	for ((seed = first; seed < first + worlds; seed++)); do
		while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-$(nproc)}" ]; do wait -n; done
		one "$lie" "$seed" </dev/null >>"$tmp/all" &
	done
	wait
	[ -z "${LYING_KEEP:-}" ] || cat "$tmp/all" >>"$LYING_KEEP.txt"
	awk -v lie="$lie" '{ n += $4 != "unsaid"; v[$4]++; runs += $10; builds += $12 }
		END { printf "%-10s worlds %3d  right %3d  set with it %3d  no answer %3d  wrong %d  unsaid %d  | runs %.0f builds %.0f a world\n",
			lie, n, v["right"], v["set-right"], v["inconclusive"], v["wrong"] + v["set-wrong"], v["unsaid"], runs / n, builds / n }' "$tmp/all" |
		tee -a "$tmp/table"
done
! grep -vqE 'wrong 0  unsaid 0 ' "$tmp/table"
