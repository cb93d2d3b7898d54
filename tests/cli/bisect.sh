#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit bisect on throwaway repositories: the hunt, its outputs, being killed.
. "$(dirname "$0")/lib.sh"
export GIT_AUTHOR_NAME='Ada Kern' GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Bo GIT_COMMITTER_EMAIL=bo@example.org
cd "$tmp" || exit 2

# A history with blanks in its path. net/core/a.c says what the "kernel" does:
# "fine", "bug" (crashes two times out of three), "broken" (does not compile),
# "noboot"; state.txt counts, so that all images differ.
repo="$tmp/a repo"
commit() { # NAME STATE [PATH]
	mkdir -p "$repo/net/core" "$repo/$(dirname "${3:-x}")"
	echo "$2" >"$repo/net/core/a.c"
	echo "$1" >"$repo/state.txt"
	[ -z "${3:-}" ] || echo "$1" >>"$repo/$3"
	GIT_AUTHOR_DATE="$((1700000000 + n * 60)) +0000" GIT_COMMITTER_DATE="$((1700000000 + n * 60)) +0000" \
		git -C "$repo" add -A
	GIT_AUTHOR_DATE="$((1700000000 + n * 60)) +0000" GIT_COMMITTER_DATE="$((1700000000 + n * 60)) +0000" \
		git -C "$repo" commit -qm "net: change $1" -m "Signed-off-by: Cai Mora <cai@example.org>"
	git -C "$repo" tag "$1"
	n=$((n + 1))
}
n=0
git init -q -b main "$repo"
for i in 01 02 03 04 05 06 07 08 09 10 11; do commit "c$i" fine; done
commit c12 broken
commit c13 fine
for i in 14 15 16 17 18; do commit "c$i" bug; done
commit c19 noboot
for i in 20 21 22 23 24; do commit "c$i" bug; done
rev() { git -C "$repo" rev-parse "$1"; }

cat >build.sh <<'EOF'
cat net/core/a.c
if grep -q broken net/core/a.c; then
	echo "  CC      net/core/a.o"
	echo "net/core/a.c:1:1: error: unknown type name 'broken'"
	echo "make[2]: *** [scripts/Makefile.build:243: net/core/a.o] Error 1"
	exit 1
fi
cp net/core/a.c state.txt "$CULPRIT_ARTEFACTS"
EOF
# A run starts no program: there are hundreds of them.
cat >run.sh <<'EOF'
read -r state <"$CULPRIT_ARTEFACTS/a.c"
echo "$CULPRIT_RUN" >> "$LOG_OF_RUNS"
printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n[    0.5] smp: Brought up\n'
if [ "$state" = noboot ]; then
	printf '[    1.000000] VFS: Cannot open root device "sda" or unknown-block(0,0): error -6\n'
	printf '[    1.100000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n'
	exit 0
fi
printf '[    2.000000] Run /sbin/init as init process\n\nDebian GNU/Linux 12 test ttyS0\n\ntest login: \n'
[ -z "${SLOW:-}" ] || sleep "$SLOW"
if [ "$state" = bug ] && [ $((CULPRIT_RUN % 3)) != 0 ]; then
	echo '[   10.000000] ------------[ cut here ]------------
[   10.000100] WARNING: CPU: 0 PID: 123 at net/core/a.c:42 frob_release+0x12/0x40
[   10.000200] Modules linked in:
[   10.000300] CPU: 0 PID: 123 Comm: repro Not tainted 6.1.0-test #1
[   10.000400] RIP: 0010:frob_release+0x12/0x40
[   10.000500] Call Trace:
[   10.000600]  <TASK>
[   10.000700]  frob_release+0x12/0x40 net/core/a.c:42
[   10.000800]  frob_close+0x22/0x50 net/core/a.c:77
[   10.000900]  __fput+0x3b/0x90
[   10.001000]  do_syscall_64+0x3b/0x90
[   10.001100]  entry_SYSCALL_64_after_hwframe+0x63/0xcd
[   10.001200]  </TASK>
[   10.001300] ---[ end trace 0000000000000000 ]---'
fi
echo 'repro finished'
EOF
write_config() { # FILE STATE-DIRECTORY [more lines]
	cat >"$1" <<EOF
repository: "$repo"
bad: c24
good: c01
target: { title: "WARNING in frob_release" }
build:
  command: sh "$tmp/build.sh"
run:
  command: . "$tmp/run.sh"
  environment: { LOG_OF_RUNS: "$tmp/$2.runs" }
state: "$tmp/$2"
${3:-}
EOF
}

# --- command line
run "$CULPRIT" bisect
is 'no subcommand gives 2' 2 "$code"
run "$CULPRIT" bisect statsu
has 'a misspelt subcommand is answered' "did you mean 'status'" "$err"
run "$CULPRIT" bisect run
is 'no culprit.yaml gives 1' 1 "$code"
has 'no culprit.yaml says what to do' "culprit bisect init" "$err"
echo 'bda: x' >wrong.yaml
run "$CULPRIT" bisect run -c wrong.yaml
is 'a wrong key gives 2' 2 "$code"
has 'a wrong key is placed' "wrong.yaml:1:1: unknown key 'bda'" "$err"
write_config nothing.yaml none
run "$CULPRIT" bisect status -c nothing.yaml
has 'status without a bisection' 'no bisection was started here' "$err"
sed 's/bad: c24/bad: nowhere/' nothing.yaml >nowhere.yaml
run "$CULPRIT" bisect run -c nowhere.yaml
has 'an unknown commit is named' "no commit 'nowhere'" "$err"

# --- init
run "$CULPRIT" bisect init -c new.yaml -r "$repo" --bad c24 --good c01 -t 'WARNING in frob_release' --build true \
	--run 'sh x "y" # z' </dev/null
is 'init with flags' 0 "$code"
run "$CULPRIT" bisect status -c new.yaml
has 'what init writes can be read' 'no bisection was started here' "$err"
printf 'WARNING: CPU: 0 PID: 1 at frob.c:1 frob+0x1/0x2\nrepro: 12 rounds, all done?\n[   13.000000] usb 1-1: reset done\n' >done.log
run "$CULPRIT" bisect init -c done.yaml -r "$repo" --bad c24 --good c01 -l done.log --build true --run true </dev/null
has 'init proposes what a complete run prints' "#finished: '^repro: [0-9]+ rounds, all done\?\$'" "$(cat done.yaml)"
sed -i 's/#finished:/finished:/' done.yaml
run "$CULPRIT" bisect status -c done.yaml
has 'and as it is proposed it can be read' 'no bisection was started here' "$err"
run "$CULPRIT" bisect init -c new.yaml -r "$repo" --bad c24 --good c01 --build true --run true </dev/null
has 'init does not write over a file' 'exists already' "$err"
run "$CULPRIT" bisect init -c other.yaml --bad c24 </dev/null
is 'init without a terminal needs all' 2 "$code"

# --- a hunt
echo mine >"$repo/state.txt"
before=$(rev HEAD)
write_config culprit.yaml hunt
run "$CULPRIT" bisect run
is 'the hunt ends with 0' 0 "$code"
is 'the hunt ends with the culprit' "culprit $(rev c14)" "${out##*$'\n'}"
has 'progress: commits' '23 commits between the two ends' "$err"
has 'progress: runs' 'target: WARNING in frob_release' "$err"
is 'what a complete run prints is proposed once' "    finished: '^repro finished\$'" "$(grep finished: <<<"$err")"
is "the user's checkout is as it was" "mine $before" "$(cat "$repo/state.txt") $(rev HEAD)"
git -C "$repo" checkout -q -- state.txt
runs=$(wc -l <hunt.runs)
is 'no number of a run is used twice' "$runs" "$(sort -u hunt.runs | wc -l)"
run "$CULPRIT" bisect run -q
is 'a second run has nothing to do' "culprit $(rev c14) $runs" "${out##*$'\n'} $(wc -l <hunt.runs)"

run "$CULPRIT" bisect status
has 'status: answer' 'The culprit is' "$out"
has 'status: target' 'target      WARNING in frob_release' "$out"
if [ -w /dev/full ]; then
	"$CULPRIT" bisect status >/dev/full 2>full.err
	is 'a full disk is told once, with its reason' '1 culprit bisect: cannot write to standard output: No space left on device' \
		"$? $(cat full.err)"
fi
run "$CULPRIT" bisect explain c14
has 'explain: posterior' 'posterior   9' "$out"
has 'explain: a run' 'WARNING in frob_release' "$out"
run "$CULPRIT" bisect explain c01
has 'explain: the older end' 'no candidate' "$out"
run "$CULPRIT" bisect log
has 'log: a build' 'build 1 ' "$out"
has 'log: a decision' 'decide culprit' "$out"
run "$CULPRIT" bisect log --format syzbot
has 'syzbot log: run' 'crashed: WARNING in frob_release' "$out"
has 'syzbot log: end' "$(rev c14) is the first bad commit" "$out"
"$CULPRIT" bisect log --format git >git.log
git clone -q "$repo" clone
run git -C clone bisect replay ../git.log
has 'git bisect replay takes the log' "$(rev c14) is the first bad commit" "$out$err"

run "$CULPRIT" bisect report
has 'report: commit' "commit $(rev c14)" "$out"
has 'report: author' 'Author: Ada Kern <ada@example.org>' "$out"
has 'report: people' 'Cai Mora <cai@example.org>' "$out"
has 'report: revert' "Reverting $(rev c14 | cut -c1-12) on top of $(rev c24 | cut -c1-12): it does not apply cleanly there." "$out"
has 'report: crash' ' frob_close+0x22/0x50 net/core/a.c:77' "$out"
has 'report: configuration' 'bad: c24' "$out"
"$CULPRIT" bisect report -f json >report.json
holds 'report: JSON' python3 - "$(rev c14)" <<'EOF'
import json, sys
d = json.load(open('report.json'))
assert d['answer'] == 'culprit' and d['culprit']['commit'] == sys.argv[1]
assert d['culprit']['subject'] == 'net: change c14' and 'net/core/a.c' in d['culprit']['files']
assert d['posterior'] >= 0.99
c14 = [t for t in d['tested'] if t['commit'] == sys.argv[1]][0]
assert c14['verdict'] == 'bad' and c14['runs']['target'] > 0
EOF
# source lines by what the build left of the culprit
state=$(sed -n 's/^state: "\(.*\)"/\1/p' culprit.yaml)
sed '$a vmlinux: vmlinux' culprit.yaml >lines.yaml
run "$CULPRIT" bisect report -c lines.yaml
has 'report: a vmlinux that is not there is said' "The crash has no source lines: $state/artefacts/$(rev c14)/vmlinux: No such file" "$out"
has 'report: and the crash is there' ' __fput+0x3b/0x90' "$out"
if [ "$(uname -m)" = x86_64 ] && command -v gcc >/dev/null; then
	for f in frob_release:40 frob_close:50 __fput:90 do_syscall_64:90; do
		# its size in the log, of which one byte is the return
		printf 'void %s(void) { __asm__ volatile(".fill 0x%s - 1, 1, 0x90"); }\n' "${f%:*}" "${f#*:}"
	done >kernel.c
	gcc -g -O2 -fcf-protection=none -nostdlib -static -Wl,-e,frob_close kernel.c -o "$state/artefacts/$(rev c14)/vmlinux"
	run "$CULPRIT" bisect report -c lines.yaml
	has 'report: source lines' ' __fput+0x3b/0x90 kernel.c:3' "$out"
	has 'report: what had one keeps it' ' frob_close+0x22/0x50 net/core/a.c:77' "$out"
fi
"$CULPRIT" bisect report -f html >report.html
is 'report: HTML is one page that fetches nothing' fine "$(python3 "$top/tests/pages/tags.py" report.html 2>&1 | tail -n 1)"
is 'report: with three pictures' 3 "$(grep -c '<svg' report.html)"
sed 's/bad: c24/bad: c23/' culprit.yaml >moved.yaml
run "$CULPRIT" bisect run -c moved.yaml
has 'other ends need another state' "was begun with bad 'c24'" "$err"

# --- what cannot be built is skipped with the first error
run "$CULPRIT" bisect explain c12
case $out in
*build*) has 'skip reason' "net/core/a.c:1:1: error: unknown type name 'broken'" "$out" ;;
*) pass 'skip reason: c12 was not built' ;;
esac

# --- another title is not the target
sed -e 's/frob_release"/other_function"/' -e 's/hunt/other/' culprit.yaml >other.yaml
run "$CULPRIT" bisect run -q -c other.yaml
is 'a target that never shows gives 4' "4 none" "$code ${out##*$'\n'}"
has 'a target that never shows is told' "never seen at the bad commit $(rev c24 | cut -c1-12) in 200 runs; 134 of them showed 'WARNING in frob_release' instead" "$out"
has 'a target that never shows: the report' 'never seen at the bad commit' "$("$CULPRIT" bisect report -c other.yaml)"
has 'a target that never shows: the page' 'never seen at the bad commit' "$("$CULPRIT" bisect report -c other.yaml -f html)"
sed -e 's/other"$/few"/' -e 's|/other|/few|g' -e '$a budget: { runs: 7 }' other.yaml >few.yaml
run "$CULPRIT" bisect run -q -c few.yaml
is 'a small budget without a hit is no set of everything' "4 none" "$code ${out##*$'\n'}"
has 'a small budget without a hit is told' 'in 7 runs' "$out"

sed -e 's/few"$/bare"/' -e 's|/few|/bare|g' -e 's/^budget.*/baseline-runs: 2/' few.yaml >bare.yaml
run "$CULPRIT" bisect run -q -c bare.yaml
has 'so many runs at the known end as allowed' 'in 4 runs; 3 of them' "$out"

# --- hours: the answer at their end is the same for all who ask
sed -e 's/hunt"$/hours"/' -e 's|/hunt|/hours|g' -e '$a budget: { hours: 0.0004 }' culprit.yaml >hours.yaml
SLOW=0.3 run "$CULPRIT" bisect run -q -c hours.yaml
is 'a budget of hours ends in a set' "3 set" "$code $(cut -c1-3 <<<"${out##*$'\n'}")"
has 'a budget of hours: status' 'the budget is spent' "$("$CULPRIT" bisect status -c hours.yaml)"
has 'a budget of hours: the report' 'the budget is spent' "$("$CULPRIT" bisect report -c hours.yaml)"
sed -i 's/0.0004/1/' hours.yaml
run "$CULPRIT" bisect run -q -c hours.yaml
is 'with more hours it goes on' "culprit $(rev c14)" "${out##*$'\n'}"

# --- plain mode, parallel runs
write_config plain.yaml plain 'mode: plain
runs-per-commit: 4
verify: { revert: false, cherry-pick: false }'
sed -i 's/^run:/run:\n  parallel: 3/' plain.yaml
run "$CULPRIT" bisect run -q -c plain.yaml
is 'plain mode' "culprit $(rev c14)" "${out##*$'\n'}"

# --- a run that is ended because another commit is of more use survived so far
cat >hanging.sh <<EOF
grep -q bug "\$CULPRIT_ARTEFACTS/a.c" && [ \$((CULPRIT_RUN % 4)) = 0 ] && exec sleep 30
CULPRIT_RUN=1 exec sh "$tmp/run.sh"
EOF
write_config cut.yaml cut 'verify: { revert: false, cherry-pick: false }'
sed -i -e 's|/run.sh|/hanging.sh|' -e 's/^run:/run:\n  parallel: 6/' cut.yaml
run "$CULPRIT" bisect run -q -c cut.yaml
is 'runs that were cut: the culprit' "culprit $(rev c14)" "${out##*$'\n'}"
holds 'what is ended is journalled' grep -qE ' cut n=[0-9]+ commit=[0-9a-f]{40} elapsed_us=[0-9]+$' cut/journal
is 'a run ends once: cut or judged' '' "$(grep -oE ' (cut|run) n=[0-9]+ ' cut/journal | sed 's/.*n=//' | sort | uniq -d)"
at=$(sed -n 's/.* cut n=[0-9]* commit=\([0-9a-f]*\).*/\1/p' cut/journal | head -1)
run "$CULPRIT" bisect explain -c cut.yaml "$at"
has 'explain counts the runs that were cut' ' cut' "$(grep '^own runs' <<<"$out")"
run "$CULPRIT" bisect report -c cut.yaml --format html
has 'the page names them' 'cut' "$out"

# --- the fix instead of the cause
commit c25 fine
commit c26 fine
sed -e 's/bad: c24/bad: c16/' -e 's/good: c01/good: c26/' -e 's/hunt/fix/' -e '$a find: fix' culprit.yaml >fix.yaml
run "$CULPRIT" bisect run -q -c fix.yaml
is 'find: fix' "culprit $(rev c25)" "${out##*$'\n'}"
"$CULPRIT" bisect log -c fix.yaml --format git >fix.log
git -C clone fetch -q --tags origin
git -C clone bisect reset -q 2>/dev/null
run git -C clone bisect replay ../fix.log
has 'git bisect replay takes the log of a fix' "$(rev c25) is the first fixed commit" "$out$err"
run "$CULPRIT" bisect report -c fix.yaml
has 'report of a fix' 'The fix is' "$out"

# --- releases
for pair in v1.0:c01 v1.1:c06 v1.2:c09 v1.3:c16 v1.4:c20 v1.4-rc1:c18 v1.5:c23; do git -C "$repo" tag "${pair%:*}" "${pair#*:}"; done
sed -e 's/good: c01/good: releases/' -e 's/hunt/releases/' culprit.yaml >releases.yaml
run "$CULPRIT" bisect run -q -c releases.yaml
is 'releases: the culprit' "culprit $(rev c14)" "${out##*$'\n'}"
run "$CULPRIT" bisect status -c releases.yaml
has 'releases: in growing steps until one is good' 'release     v1.5: bad
release     v1.4: bad
release     v1.2: good' "$out"


# a budget that is spent on the way says nothing of a release: run goes on with a larger one
for budget in 'hours: 0.0001' 'runs: 6' 'builds: 2'; do
	kind=${budget%:*}
	sed -e "s/releases\"\$/less-$kind\"/" -e "s|/releases\([\".]\)|/less-$kind\1|" -e "\$a budget: { $budget }" releases.yaml >less.yaml
	SLOW=0.3 run "$CULPRIT" bisect run -q -c less.yaml
	has "releases: $kind that are spent end the walk" 'the budget was spent before a good release was found (at v1.' "$err"
	is "releases: $kind that are spent call none untestable" 0 "$(grep -c 'verdict=untestable' "less-$kind/journal")"
	[ "$kind" = hours ] || is "releases: no more $kind than that" "${budget#*: }" "$(grep -c " ${kind%s} n=" "less-$kind/journal")"
	sed -i '$d' less.yaml
	run "$CULPRIT" bisect run -q -c less.yaml
	is "releases: with more $kind it goes on" "culprit $(rev c14)" "${out##*$'\n'}"
done

# --- killed at any moment, it goes on
write_config killed.yaml killed 'verify: { revert: false, cherry-pick: false }'
kills=0
for delay in 0.1 0.23 0.31 0.37 0.41 0.29 0.47 0.53; do
	{ SLOW=0.05 timeout -s KILL "$delay" "$CULPRIT" bisect run -q -c killed.yaml; } >/dev/null 2>&1
	[ $? -eq 137 ] && kills=$((kills + 1))
done
run "$CULPRIT" bisect run -q -c killed.yaml
is 'killed again and again: the culprit' "culprit $(rev c14)" "${out##*$'\n'}"
holds 'killed again and again: it really was' test "$kills" -gt 3
# one at a time: what was begun and is not in the journal was in flight at a kill
holds 'killed again and again: lost no more than the runs in flight' \
	test "$(($(wc -l <killed.runs) - $(grep -c ' run n=' killed/journal)))" -le "$kills"
is 'killed again and again: no number twice' "$(wc -l <killed.runs)" "$(sort -u killed.runs | wc -l)"

# --- a torn journal
cp -r killed torn
sed 's/killed/torn/' killed.yaml >torn.yaml
truncate -s -17 torn/journal
run "$CULPRIT" bisect run -q -c torn.yaml
is 'a torn last record' "culprit $(rev c14)" "${out##*$'\n'}"
sed -i '3s/commit=/comit=/;3s/newer=/never=/' torn/journal
sed -i '5s/=/==/' torn/journal
run "$CULPRIT" bisect run -q -c torn.yaml
has 'a damaged record is told' 'journal:' "$err"

# --- Ctrl-C: nothing stays, and a second culprit keeps out
cat >hang.sh <<'EOF'
setsid sleep 1000 & echo $! >> "$PIDS"
sleep 1000 & echo $! >> "$PIDS"
wait
EOF
write_config hang.yaml hang
sed -i -e "s|run.sh\"|hang.sh\"|" -e "s|LOG_OF_RUNS|PIDS|" hang.yaml
"$CULPRIT" bisect run -q -c hang.yaml >hang.out 2>&1 &
pid=$!
for _ in $(seq 600); do [ "$(wc -l 2>/dev/null <hang.runs)" = 2 ] && break; sleep 0.05; done
kill -INT "$pid"
wait "$pid"
is 'Ctrl-C gives 130' 130 "$?"
has 'Ctrl-C tells how to go on' 'goes on from here' "$(cat hang.out)"
left=0
while read -r p; do kill -0 "$p" 2>/dev/null && left=$((left + 1)); done <hang.runs
is 'Ctrl-C: nothing stays' '2 0' "$(wc -l <hang.runs) $left"

"$CULPRIT" bisect run -q -c hang.yaml >hang.out 2>&1 &
pid=$!
for _ in $(seq 600); do [ "$(wc -l <hang.runs)" = 4 ] && break; sleep 0.05; done
run timeout 1 "$CULPRIT" bisect run -q -c hang.yaml
is 'a second culprit waits' 124 "$code"
run "$CULPRIT" bisect status -c hang.yaml
is 'status can be read meanwhile' 0 "$code"
{ kill -KILL "$pid"; wait "$pid"; } 2>/dev/null
for _ in $(seq 600); do
	left=0
	while read -r p; do kill -0 "$p" 2>/dev/null && left=$((left + 1)); done <hang.runs
	[ "$left" = 0 ] && break
	sleep 0.05
done
is 'kill -9: nothing stays' '4 0' "$(wc -l <hang.runs) $left"
finish
