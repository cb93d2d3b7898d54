#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit beside what people use today; each part prints a line of README.md's comparison.
#
#	tests/bench/compare.sh bisect [HUNTS]
#		a bug that shows in two runs of five, 64 commits: git bisect run with 1 and 10 runs a commit, culprit
#	tests/bench/compare.sh symbolize VMLINUX SOURCE LOG
#		source lines of a report: SOURCE/scripts/decode_stacktrace.sh, culprit
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${CULPRIT:=$top/build/culprit}"
export CULPRIT
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# The history, and what "boots" a commit: with hash and number of the run it is decided what shows.
make_history() {
	git init -q -b main "$tmp/repo"
	for ((i = 1; i <= 64; i++)); do
		echo "$i" >"$tmp/repo/state"
		git -C "$tmp/repo" add state
		git -C "$tmp/repo" -c user.name=a -c user.email=a@example.org commit -qm "change $i"
		git -C "$tmp/repo" tag "c$i"
	done
	# usage: boot SEED COMMIT-FILE COUNTER: every boot is counted
	cat >"$tmp/boot" <<'END'
read -r state <"$2"
n=0; [ ! -e "$3" ] || read -r n <"$3"
n=$((n + 1)); echo "$n" >"$3"
RANDOM=$(($1 * 977 + n * 31 + 1)); x=$RANDOM$RANDOM; x=$((RANDOM % 5))
printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n[    2.000000] Run /sbin/init as init process\n\ntest login: \n'
if [ "$state" -ge 40 ] && [ "$x" -lt 2 ]; then
	printf '[    3.0] BUG: unable to handle page fault for address: ffff888000000000\n[    3.0] Oops: 0000 [#1] SMP\n'
	printf '[    3.0] CPU: 0 PID: 1 Comm: repro Not tainted 6.1.0 #1\n[    3.0] RIP: 0010:frob_release+0x12/0x40\n[    3.0] Call Trace:\n'
	printf '[    3.0]  frob_close+0x22/0x50\n[    3.0]  __fput+0x3b/0x90\n[    3.0] ---[ end trace 0000000000000000 ]---\n'
fi
echo done
END
}

# git_hunt SEED RUNS: prints the commit's number and how many boots it took
git_hunt() {
	rm -f "$tmp/count"
	cat >"$tmp/judge" <<END
for ((r = 0; r < $2; r++)); do
	bash $tmp/boot $1 state $tmp/count | grep -q BUG: && exit 1
done
exit 0
END
	(cd "$tmp/repo" && git bisect start c64 c1 && git bisect run bash "$tmp/judge") >"$tmp/said" 2>&1 || { cat "$tmp/said"; exit 1; }
	echo "$(git -C "$tmp/repo" show refs/bisect/bad:state) $(cat "$tmp/count")"
	git -C "$tmp/repo" bisect reset >/dev/null 2>&1
}

culprit_hunt() {
	rm -rf "$tmp/count" "$tmp/state"
	cat >"$tmp/c.yaml" <<END
repository: "$tmp/repo"
bad: c64
good: c1
target: { title: "BUG: unable to handle kernel paging request in frob_release" }
build: { command: 'cp state "\$CULPRIT_ARTEFACTS"' }
run: { command: 'exec bash $tmp/boot $1 "\$CULPRIT_ARTEFACTS/state" $tmp/count', finished: '^done\$' }
verify: { revert: false, cherry-pick: false }
state: "$tmp/state"
END
	last=$("$CULPRIT" bisect run -q -c "$tmp/c.yaml" 2>/dev/null | tail -n 1)
	case $last in
	culprit\ *) echo "$(git -C "$tmp/repo" show "${last#culprit }:state") $(cat "$tmp/count")" ;;
	*) echo "none $(cat "$tmp/count")" ;;
	esac
}

compare_bisect() {
	local hunts=${1:-20} way right wrong boots n commit
	make_history
	for way in 'git bisect run, 1 run a commit' 'git bisect run, 10 runs a commit' 'culprit bisect run'; do
		right=0 wrong=0 boots=0
		for ((seed = 1; seed <= hunts; seed++)); do
			case $way in
			*' 1 run'*) read -r commit n < <(git_hunt "$seed" 1) ;;
			*' 10 runs'*) read -r commit n < <(git_hunt "$seed" 10) ;;
			*) read -r commit n < <(culprit_hunt "$seed") ;;
			esac
			boots=$((boots + n))
			if [ "$commit" = 40 ]; then right=$((right + 1)); elif [ "$commit" != none ]; then wrong=$((wrong + 1)); fi
		done
		echo "$way: $right of $hunts right, $wrong wrong, $((boots / hunts)) boots each"
	done
}

compare_symbolize() {
	local vmlinux=$1 source=$2 log=$3
	TIMEFORMAT='%U s of the processor (user), %S s (system)'
	for _ in 1 2; do
		echo "decode_stacktrace.sh:"
		time "$source/scripts/decode_stacktrace.sh" "$vmlinux" "$source" <"$log" >"$tmp/theirs" 2>/dev/null
		grep -cE '\.[chS]:[0-9]+' "$tmp/theirs"
		echo "culprit symbolize --filter:"
		time XDG_CACHE_HOME=$tmp "$CULPRIT" symbolize --filter --vmlinux "$vmlinux" <"$log" >"$tmp/ours"
		grep -cE '\.[chS]:[0-9]+' "$tmp/ours"
	done
}

case ${1:-} in
bisect) compare_bisect "${2:-}" ;;
symbolize) compare_symbolize "$2" "$3" "$4" ;;
*) sed -n '4,9p' "$0"; exit 2 ;;
esac
