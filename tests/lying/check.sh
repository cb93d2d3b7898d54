#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check.sh DIRECTORY WORLDS: hunt culprits in simulated worlds whose machines lie, with the whole program,
# and print what came out by kind of lie. DIRECTORY holds simworld. Fails where a wrong commit is named, where a
# set does not hold the culprit, where an answer that names none does not say why, and where culprit replay comes to
# another answer by the session's own export.
#
# LYING_KINDS: other kinds. LYING_FIRST: the first seed. LYING_KEEP: a directory for worlds that ended wrong.
# LYING_COMMITS: of each world. JOBS: worlds at once.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(cd "$1" && pwd) worlds=$2
export SIMWORLD=$dir/simworld
: "${CULPRIT:?path of the program}"
kinds=${LYING_KINDS:-honest stale silent refusing truncated flood exit-codes outage renamed modules hole}
first=${LYING_FIRST:-1} commits=${LYING_COMMITS:-96} jobs=${JOBS:-2}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lying.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
printf '[maintenance]\n\tauto = false\n[gc]\n\tauto = 0\n[core]\n\tfsync = none\n\tcompression = 0\n' >"$tmp/git"
export GIT_CONFIG_GLOBAL=$tmp/git GIT_CONFIG_SYSTEM=/dev/null

# The lie of a world, from its kind and seed: KIND FROM TO SHARE FUNCTION.
lie() { # KIND SEED CULPRIT COMMITS FUNCTION
	local kind=$1 seed=$2 culprit=$3 n=$4 r=$((($2 * 7919 + ${#1} * 389 + 104729) % 1000))
	case $kind in
	honest) echo "honest 0 0 0 $5" ;;
	# All below a commit on either side of the culprit, or a share of all runs.
	stale | silent | refusing | truncated | flood | exit-codes)
		if ((seed % 3)); then
			echo "$kind 0 $((n * (100 + r * 8 / 10) / 1000)) 100 $5"
		else
			echo "$kind 0 $n $((20 + r * 3 / 100)) $5"
		fi ;;
	outage) echo "outage $((5 + r / 10)) $((185 + r / 10)) 100 $5" ;;
	# Everything that shows the bug before a later commit shows it under another name.
	renamed) echo "renamed 0 $((culprit + 1 + (n - culprit - 1) * r / 1000)) 100 $5" ;;
	modules) echo "modules 0 $n $((8 + r / 50)) $5" ;;
	hole)
		local before=$((r % 24)) after=$((1 + r / 40))
		echo "hole $((culprit > before + 1 ? culprit - before : 1)) $((culprit + after < n - 1 ? culprit + after : n - 1)) 100 $5" ;;
	esac
}

# What culprit replay makes of the session's own export: "same" where a named commit is named, with the graph and
# without, and where of a set none is named and the likeliest is among what is left, as far as that is told.
replayed() { # WORLD LAST-LINE
	local w=$1 last=$2 said graph want said_by='if .culprit then "culprit " + .culprit elif .conclusion == "range" then
		"among " + (.candidates | join(" ")) else .conclusion end'
	"$CULPRIT" bisect log -f syzbot -c "$w/hunt/culprit.yaml" >"$w/export" 2>>"$w/err" || { echo untold; return; }
	said=$("$CULPRIT" replay -f json "$w/export" 2>>"$w/err" | jq -r "$said_by")
	graph=$("$CULPRIT" replay -f json -r "$w/repo.git" "$w/export" 2>>"$w/err" | jq -r "$said_by")
	case $last in
	culprit\ *) [ "$said" = "$last" ] && [ "$graph" = "$last" ] && { echo same; return; } ;;
	set\ *)
		want=${last#* }
		[[ $want != @* ]] || want=$(head -n 1 "${want#@}")
		[[ $said =~ ^(among |cannot-tell$) ]] && [[ $graph = cannot-tell || $graph == "among "*"${want%%,*}"* ]] &&
			{ echo same; return; } ;;
	*) [[ $said =~ ^(among |cannot-tell$) ]] && [[ $graph =~ ^(among |cannot-tell$) ]] && { echo same; return; } ;;
	esac
	echo "differs: ${said:0:60}, $(wc -w <<<"$graph") words with the graph"
}

one() { # KIND SEED: a line "KIND SEED JUDGEMENT why"
	local kind=$1 seed=$2 w=$tmp/$1.$2 good bad title last answer verdict replay p=1 extra='' n culprit reason code
	((seed % 4 == 1)) && p=0.5
	"$SIMWORLD" gen "$w" seed="$seed" commits="$commits" p="$p" u=0.05 b=0.02 i=0.02 broken=0.04 masked=0 >"$w.gen" || exit 2
	good=$(sed -n 's/^good //p' "$w.gen")
	bad=$(sed -n 's/^bad //p' "$w.gen")
	title=$(sed -n 's/^title //p' "$w/public.txt")
	culprit=$(sed -n 's/^culprit \([0-9]*\) .*/\1/p' "$w/hidden.txt")
	n=$(head -n 1 "$w/commits.txt")
	lie "$kind" "$seed" "$culprit" "$n" "${title##* }" >"$w/lie"
	case $kind in
	modules) extra='  image: vmlinux' ;;
	outage)
		echo 1700000000000000 | tee "$w/clock" >"$w/began"
		export CULPRIT_TEST_CLOCK=$w/clock TZ=UTC ;;
	esac
	[ "$kind" = outage ] || unset CULPRIT_TEST_CLOCK
	mkdir -p "$w/hunt"
	{
		printf 'repository: "%s/repo.git"\nbad: %s\ngood: %s\n' "$w" "$bad" "$good"
		printf 'target:\n  title: "%s"\n  logs: [ "%s/crash.log" ]\n' "$title" "$w"
		printf 'build:\n  command: exec "%s/machine" build "%s" "$CULPRIT_COMMIT" "$CULPRIT_ARTEFACTS/image"\n%s\n' "$here" "$w" "$extra"
		printf 'run:\n  command: exec "%s/machine" run "%s" "$CULPRIT_COMMIT" "$CULPRIT_RUN"\n  output-limit: 1M\n  timeout: 60s\n' "$here" "$w"
		# Half of the users say what a complete run prints.
		((seed % 2)) || printf '  finished: "repro finished"\n'
		printf 'verify: { revert: false, cherry-pick: false }\nbudget: { runs: 400 }\n'
		[ "$kind" = outage ] || echo 'infra-pause: 0'
	} >"$w/hunt/culprit.yaml"
	"$CULPRIT" bisect run --quiet -c "$w/hunt/culprit.yaml" >"$w/out" 2>"$w/err"
	code=$?
	last=$(tail -n 1 "$w/out")
	case $last in
	'set @'*) answer=$(paste -sd, "${last#set @}") ;;
	culprit\ * | set\ *) answer=${last#* } ;;
	*) answer=none ;;
	esac
	verdict=$("$SIMWORLD" judge "$w" "$answer")
	replay=$(replayed "$w" "$last")
	# What is said before the last line: why there is no one commit.
	reason=$(sed '$d' "$w/out" | cat - "$w/err" | tr '\n' ' ')
	case $verdict in
	right*) verdict="right $verdict" ;;
	set-right*) verdict="set $verdict" ;;
	inconclusive*) if [[ $code =~ ^[45]$ && $reason == *[a-z]* ]]; then verdict="none $verdict"; else verdict="mute $verdict"; fi ;;
	*) verdict="wrong $verdict" ;;
	esac
	echo "$kind $seed $verdict | replay $replay | $(cat "$w/lie") culprit $culprit of $n | $reason"
	case "$verdict $replay" in
	wrong* | mute* | *differs*) [ -z "${LYING_KEEP:-}" ] || { mkdir -p "$LYING_KEEP" && mv "$w" "$LYING_KEEP/"; } ;;
	esac
	rm -rf "$w" "$w.gen"
}

of_each=$(((worlds + $(wc -w <<<"$kinds") - 1) / $(wc -w <<<"$kinds")))
for ((seed = first; seed < first + of_each; seed++)); do
	for kind in $kinds; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
		one "$kind" "$seed" </dev/null >"$tmp/result.$kind.$seed" &
	done
done
wait
cat "$tmp"/result.* >"$tmp/all"
[ -z "${LYING_LOG:-}" ] || cp "$tmp/all" "$LYING_LOG"
awk -v want="$((of_each * $(wc -w <<<"$kinds")))" '
	function row(name, r, s, n, m, w, d, runs, builds) {
		printf "| %-10s | %6s | %5s | %11s | %19s | %5s | %14s | %5s | %6s |\n", name, r + s + n + m + w, r + 0, s + 0, n + 0, w + m + 0, d + 0, runs, builds }
	/\| replay differs/ { v[$1, "differs"]++; v["all", "differs"]++ }
	{ n++; c[$1]++; v[$1, $3]++; v["all", $3]++; runs[$1] += $10; builds[$1] += $12; k[$1] = 1 }
	END {
		printf "| the machine | worlds | right | set with it | none, with a reason | wrong | replay differs | runs | builds |\n|---|---|---|---|---|---|---|---|---|\n"
		for (i in k) row(i, v[i, "right"], v[i, "set"], v[i, "none"], v[i, "mute"], v[i, "wrong"], v[i, "differs"], int(runs[i] / c[i]), int(builds[i] / c[i]))
		row("all", v["all", "right"], v["all", "set"], v["all", "none"], v["all", "mute"], v["all", "wrong"], v["all", "differs"], "", "")
		exit n != want || v["all", "wrong"] + v["all", "mute"] + v["all", "differs"] > 0 }' "$tmp/all"
result=$?
grep -E '^[a-z-]+ [0-9]+ (wrong|mute) |\| replay differs' "$tmp/all"
exit "$result"
