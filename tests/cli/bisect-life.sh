#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit bisect over days: minds that change, machines that are away, repositories that move.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
hunting_ground
ran() { grep -c ' run n=' "$1/journal"; }

for i in 1 2 3; do c "m$i" fine; done
for i in 4 5 6; do c "m$i" bug; done

# --- a script that cannot work is told after two runs
printf 'echo starting; boot-the-thing\n' >wrong.sh
run_command="sh wrong.sh" config wrong m6 m1 'infra-pause: 0'
hunt wrong
is 'a script that fails from the start: wrong usage' 2 "$code"
is 'a script that fails from the start: two runs' 2 "$(ran wrong)"
has 'a script that fails from the start: its last lines' 'boot-the-thing: not found' "$err"
has 'a script that fails from the start: where they are' 'wrong/runs/000002.log' "$err"
# ... and what those said, nothing, is forgotten once it is corrected
cat kernel.sh >wrong.sh
hunt wrong
is 'the corrected script is used' "0 culprit $(rev m4)" "$code $last"
has 'what changed is told' "$tmp/wrong.sh changed since evidence was taken" "$err"
has 'what said nothing is forgotten' 'which said nothing: forgotten' "$err"
holds 'the journal before is kept' grep -q ' run n=1 ' wrong/journal.1
is 'numbers are not used again' 3 "$(sed -n 's/.* run n=\([0-9]*\) .*/\1/p' wrong/journal | head -1)"

# --- evidence is not mixed with that of a changed script
cp kernel.sh hunt.sh
refs=$(git -C "$repo" for-each-ref refs/culprit)
run_command="sh $tmp/hunt.sh" config mind m6 m1 'budget: { runs: 4 }'
hunt mind
n=$(ran mind)
echo '# larger' >>hunt.sh
hunt mind
is 'a changed script: refused' "1 $n" "$code $(ran mind)"
has 'a changed script: which' "$tmp/hunt.sh changed since evidence was taken: $n runs rest on how it was" "$err"
has 'a changed script: what to do' 'culprit bisect reset' "$err"
sed -i '/^budget/d' mind.yaml
run "$CULPRIT" bisect run --keep -q -c mind.yaml
is 'a change that does not matter' "0 culprit $(rev m4)" "$code ${out##*$'\n'}"
hunt mind
is 'said once' "0 culprit $(rev m4)" "$code $last"
sed -i 's/^target.*/target: { title: "WARNING in nothing" }/' mind.yaml
hunt mind
has 'a changed target' 'target.title changed since' "$err"
sed -i 's/^target.*/target: { title: "BUG: unable to handle kernel paging request in frob_release" }/; s/^run: {/run: { finished: "repro finished",/' mind.yaml
hunt mind
has 'another line of a complete run' 'run.finished changed since' "$err"
sed -i 's/^target.*/target: { title: "WARNING in nothing" }/; s/ finished: "repro finished",//' mind.yaml
sed -i 's/cp state/cp -p state/' mind.yaml
hunt mind
has 'a changed build: all rests on it' 'build.command changed since evidence was taken: ' "$err"
run "$CULPRIT" bisect reset -c mind.yaml
has 'reset forgets what rests on it' 'Forgotten: ' "$out"
is 'nothing is left' 0 "$(ran mind)"
is 'the pins are gone' "$refs" "$(git -C "$repo" for-each-ref refs/culprit)"

# --- reset by scope
config scope m6 m1
hunt scope
run "$CULPRIT" bisect reset -c scope.yaml
is 'nothing changed: nothing is forgotten' 2 "$code"
has 'nothing changed: what to give' '--since RUN' "$err"
run "$CULPRIT" bisect reset --runs --all -c scope.yaml
is 'one scope at a time' 2 "$code"
run "$CULPRIT" bisect reset --commit m4 -c scope.yaml
is 'of one commit: its build and runs' '0 0' "$(grep -c " build n=[0-9]* commit=$(rev m4)" scope/journal) $(grep -c " run n=[0-9]* commit=$(rev m4)" scope/journal)"
holds 'of one commit: others stay' grep -q "commit=$(rev m6)" scope/journal
hunt scope
is 'of one commit: it goes on' "0 culprit $(rev m4)" "$code $last"
before=$(sed -n 's/.* run n=\([0-9]*\) .*/\1/p' scope/journal | head -3 | tail -1)
run "$CULPRIT" bisect reset --since "$before" -c scope.yaml
is 'since a run' 2 "$(ran scope)"
hunt scope
is 'since a run: it goes on' "0 culprit $(rev m4)" "$code $last"
builds=$(grep -c ' build n=' scope/journal)
run "$CULPRIT" bisect reset --runs -c scope.yaml
is 'all runs: builds stay' "0 $builds" "$(ran scope) $(grep -c ' build n=' scope/journal)"
hunt scope
is 'all runs: it goes on, without building again' "0 culprit $(rev m4) $builds" "$code $last $(grep -c ' build n=' scope/journal)"
holds 'each journal before is kept' test -e scope/journal.1 -a -e scope/journal.2 -a -e scope/journal.3
sed -i 's/^bad: m6/bad: m5/' scope.yaml
hunt scope
has 'other ends: what to do' 'culprit bisect reset --all' "$err"
run "$CULPRIT" bisect reset --all -c scope.yaml
hunt scope
is 'other ends, after a reset' "0 culprit $(rev m4)" "$code $last"

# --- machines that are away: hours pass on a clock of the test's own
clock() { echo "$1" >clock; export CULPRIT_TEST_CLOCK=$tmp/clock TZ=UTC; }
hour=3600000000
cat >away.sh <<'EOF'
read -r now <"$CULPRIT_TEST_CLOCK"
[ "$now" -lt "$FROM" ] || [ "$now" -ge "$TO" ] || { echo 'no machine is free'; exit 75; }
echo $((now + 60000000)) >"$CULPRIT_TEST_CLOCK" # a run takes a minute
. "${CULPRIT_TEST_CLOCK%/*}/kernel.sh"
EOF
start=1795867200000000 # 2026-11-28 12:00
clock "$start"
run_command="FROM=$((start + hour / 12)) TO=$((start + 3 * hour)) . $tmp/away.sh" config away m6 m1 'budget: { runs: 400 }'
run "$CULPRIT" bisect run -c away.yaml
is 'away for three hours: it goes on' "0 culprit $(rev m4)" "$code ${out##*$'\n'}"
has 'away: since when' 'times in a row, since 2026-11-28 12:0' "$err"
holds 'away: the pauses grow' test "$(grep -c 'another try in' <<<"$err")" -lt 40
has 'away: the longest pause' 'another try in 10 min' "$err"
clock "$start"
run_command="FROM=$((start + hour / 12)) TO=$((start + 99 * hour)) . $tmp/away.sh" config gone m6 m1
hunt gone
is 'gone: an exit code of its own' '5 none' "$code $last"
has 'gone: since when' 'all failed around the kernel, since 2026-11-28 12:0' "$out"
now=$(cat clock)
holds 'gone: after the patience of twelve hours' test $((now - start)) -ge $((12 * hour)) -a $((now - start)) -lt $((13 * hour))
has 'gone: the status says so' 'since 2026-11-28 12:0' "$("$CULPRIT" bisect status -c gone.yaml)"
clock $((start + 99 * hour))
hunt gone
is 'gone, and back' "0 culprit $(rev m4)" "$code $last"
clock "$start"
run_command="FROM=0 TO=$((start + 99 * hour)) . $tmp/away.sh" config never m6 m1 'infra-patience: 2h'
hunt never
is 'never there' '5 none' "$code $last"
now=$(cat clock)
holds 'never there: the patience asked for' test $((now - start)) -ge $((2 * hour)) -a $((now - start)) -lt $((3 * hour))
git -C "$repo" tag v1.0 m2
sed -e 's/^good.*/good: releases/' -e "s|$tmp/never|$tmp/walk|" never.yaml >walk.yaml
clock "$start"
hunt walk
is 'never there, on the walk over releases' '5 none' "$code $last"

# --- one commit makes the machine fail
cat >deadly.sh <<'EOF'
read -r name <"$CULPRIT_ARTEFACTS/name"
[ "$name" != "$DEADLY" ] || { echo 'lost the machine'; exit 75; }
. "${CULPRIT_TEST_CLOCK%/*}/kernel.sh"
EOF
clock "$start"
run_command="DEADLY=m4 . $tmp/deadly.sh" config deadly m6 m1
hunt deadly
is 'a commit that takes the machine along is stepped over' "3 $(for i in 4 5; do rev "m$i"; done | sort | tr '\n' ' ')" \
	"$code $(tr ', ' '\n' <<<"${last#set }" | sort | tr '\n' ' ')"
now=$(cat clock)
holds 'within minutes' test $((now - start)) -lt $((hour / 2))
clock "$start"
run_command="DEADLY=m2 . $tmp/deadly.sh" config bystander m6 m1
hunt bystander
is 'a commit beside the point' "0 culprit $(rev m4)" "$code $last"
unset CULPRIT_TEST_CLOCK

# --- images that are equal where the rule looks, and not in a module
v() { echo "$1" >"$repo/vmlinux"; git -C "$repo" add vmlinux; c "$2" "$3"; }
git -C "$repo" checkout -q -b modules m1
v 1 v1 fine; v 1 v2 fine; v 1 v3 fine; v 1 v4 fine; v 1 v5 fine; v 1 v6 bug; v 1 v7 bug; v 2 v8 bug; v 2 v9 bug
ran_at() { grep -c " run n=[0-9]* commit=$(rev "$2") .*verdict=$3" "$1/journal"; }
for rule in 'image: vmlinux' 'command: "cp vmlinux state name $CULPRIT_ARTEFACTS; cp vmlinux $CULPRIT_SIGNATURE"'; do
	rm -rf rule
	config rule v9 v1
	case $rule in image*) rule="command: \"cp vmlinux state name \$CULPRIT_ARTEFACTS\", $rule" ;; esac
	sed -i "s|^build.*|build: { ${rule//&/\\&} }|" rule.yaml
	hunt rule
	is 'a difference in a module only: the culprit' "0 culprit $(rev v6)" "$code $last"
	holds 'a difference in a module only: it ran itself' test "$(ran_at rule v6 target)" -ge 1
	holds 'a difference in a module only: so did its parent' test "$(ran_at rule v5 clean)" -ge 1
done
# one image on both sides of the culprit and nothing that differs by the rule
git -C "$repo" checkout -q -b flat v7
config flat v7 v1
sed -i 's|^build.*|build: { command: "cp vmlinux state name $CULPRIT_ARTEFACTS", image: vmlinux }|' flat.yaml
hunt flat
is 'all the same by the rule: the culprit' "0 culprit $(rev v6)" "$code $last"
# equal to the last byte is proof
config bytes v7 v1
sed -i 's|^build.*|build: { command: "cp state $CULPRIT_ARTEFACTS; echo x > $CULPRIT_ARTEFACTS/vmlinux", image: vmlinux }|' bytes.yaml
hunt bytes
is 'equal to the last byte: the culprit' "0 culprit $(rev v6)" "$code $last"
git -C "$repo" checkout -q main

# --- repositories that move
git -C "$repo" checkout -q -b next m6
config next next m1 'budget: { runs: 2 }'
hunt next
end=$(rev m6)
git -C "$repo" checkout -q main
git -C "$repo" branch -q -D next
git -C "$repo" tag -d m4 m5 m6 >/dev/null
git -C "$repo" reset -q --hard m3
c n1 fine
git -C "$repo" branch next
git -C "$repo" reflog expire --expire=now --all
rm -rf "$tmp"/{wrong,mind,scope,away,gone,deadly,bystander,never,walk}/source
git -C "$repo" worktree prune
for id in $(git -C "$repo" for-each-ref --format='%(refname)' refs/culprit); do
	case $(cat next/journal) in *"newer=$(rev "$id")"*) ;; *) git -C "$repo" update-ref -d "$id" ;; esac
done
rm -rf next/source
git -C "$repo" worktree prune
git -C "$repo" gc -q --prune=now
sed -i '/^budget/d' next.yaml
run "$CULPRIT" bisect run -q -c next.yaml
is 'a branch that moved, and git gc' "0 culprit $(git -C "$repo" rev-list --reverse m3.."$end" | head -1)" "$code ${out##*$'\n'}"
has 'a branch that moved is told' "'next' is $(rev next | cut -c1-12) by now" "$err"
git -C "$repo" for-each-ref --format='delete %(refname)' refs/culprit | git -C "$repo" update-ref --stdin
rm -rf next/source
git -C "$repo" worktree prune
git -C "$repo" gc -q --prune=now
run "$CULPRIT" bisect status -c next.yaml
has 'an end that is gone: what to do' "git fetch REMOTE $end" "$err"

# --- a shallow clone that ends on a side branch
git -C "$repo" checkout -q -b trunk m1
for i in 1 2 3 4 5; do c "t$i" fine; done
git -C "$repo" checkout -q -b side m1
for i in 1 2 3 4 5 6; do c "s$i" fine; done
git -C "$repo" checkout -q trunk
git -C "$repo" merge -q -s ours -m merged side
c end bug
git clone -q --depth 5 --branch trunk "file://$repo" cut
config cut HEAD "$(rev t3)"
sed -i "s|^repository.*|repository: \"$tmp/cut\"|" cut.yaml
hunt cut
has 'a shallow clone that ends between the ends' 'shallow clone whose history ends at' "$err"
has 'a shallow clone: what to do' 'git fetch --unshallow' "$err"
git -C cut fetch -q --unshallow
hunt cut
is 'fetched, it goes on' "0 culprit $(rev end)" "$code $last"

# --- submodules
printf '[protocol "file"]\n\tallow = always\n' >>"$git_home"
git init -q -b main "$tmp/sub"
echo fine >"$tmp/sub/level"; git -C "$tmp/sub" add -A; git -C "$tmp/sub" commit -qm a
git -C "$repo" checkout -q -b withsub m1
git -C "$repo" submodule --quiet add "$tmp/sub" part
c u1 fine; c u2 fine
echo bug >"$tmp/sub/level"; git -C "$tmp/sub" commit -qam b; git -C "$repo/part" pull -q
c u3 fine; c u4 fine
config sub u4 u1
sed -i 's|cp state|cp part/level $CULPRIT_ARTEFACTS/state; cp|' sub.yaml
before=$(cat "$repo/.git/config")
hunt sub
is 'what a submodule brings' "0 culprit $(rev u3)" "$code $last"
is "the user's configuration stays" "$before" "$(cat "$repo/.git/config")"
rm -rf "$repo/part"

# --- the mail, and JSON
git -C "$repo" checkout -q -b mail m1
mkdir -p "$repo/net"
echo 1 >"$repo/net/frob.c"; git -C "$repo" add net; c p1 fine
echo 2 >"$repo/net/frob.c"; echo bug >"$repo/state"; git -C "$repo" add -A
GIT_AUTHOR_NAME='Zoë Kern, Dr.' git -C "$repo" commit -qm 'net: frob: handle the release of frobs that were never opened, which takes more than a line' \
	-m "Reviewed-by: Bo Lund <bo@example.org>
Signed-off-by: \"Kern, Z.\" <a@example.org>"
guilty=$(rev mail)
c p3 bug
confidence=0.99 config mail p3 p1 'maintainers: "echo netdev@vger.example.org \"(open list:NETWORKING)\"; echo \"Bo Lund <bo@example.org>\""'
hunt mail
run "$CULPRIT" bisect report -f mail -c mail.yaml
mail=$out
has 'mail: to the author, encoded' 'To: =?UTF-8?q?Zo=C3=AB_Kern=2C_Dr?= <a@example.org>' "$mail"
is 'mail: each person once' 1 "$(sed '/^$/q' <<<"$mail" | grep -c 'bo@example.org')"
has 'mail: a list' ' netdev@vger.example.org' "$mail"
has 'mail: the list of regressions' ' regressions@lists.linux.dev' "$mail"
has 'mail: the subject' 'Subject: [REGRESSION] BUG: unable to handle kernel paging request in' "$mail"
has 'mail: for the tracker' "#regzbot introduced: $guilty" "$mail"
has 'mail: who reports it' 'Reported-by: A <a@example.org>' "$mail"
has 'mail: how sure' 'How sure: the probability is 99.' "$mail"
has 'mail: runs of both sides' 'Runs of its parent: ' "$mail"
has 'mail: the report' '  RIP: 0010:frob_release+0x12/0x40' "$mail"
is 'mail: what stood before the banner is not the crash' '' "$(grep 'Run /sbin/init' <<<"$mail")"
has 'mail: how to repeat' "  repository: \"$repo\"" "$mail"
is 'mail: 72 columns, but for logs' '' "$(awk '/^The report/ { exit } length > 72' <<<"$mail")"
"$CULPRIT" bisect status -f json -c mail.yaml >objects
"$CULPRIT" bisect log -f json -c mail.yaml >>objects
"$CULPRIT" bisect report -f json -c mail.yaml >>objects
"$CULPRIT" match -t x -f json mail/runs/000001.log >>objects
"$CULPRIT" bisect log -f syzbot -c mail.yaml >syzbot.log
"$CULPRIT" replay -f json syzbot.log >>objects
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
cat >schema.py <<'END'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
seen = set()
for line in open(sys.argv[2]):
    value = json.loads(line)
    jsonschema.validate(value, schema)
    seen.add(value["object"])
print(*sorted(seen))
END
is 'JSON follows its schema' 'bisect-build bisect-decision bisect-report bisect-run bisect-status match replay' \
	"$("$python" schema.py "$top/include/culprit-bisect.schema.json" objects 2>&1 | tail -1)"
has 'JSON: the state' '"state":"culprit"' "$(head -1 objects)"
is 'JSON: no number of sixteen digits' '' "$(grep -oE '9{13}' objects)"

# --- commits that do not build: a set that helps, and a patch that mends them
git -C "$repo" checkout -q -b hole m1
for i in 1 2; do c "h$i" fine; done
touch "$repo/broken"
git -C "$repo" add broken
for i in 3 4; do c "h$i" fine; done
for i in 5 6; do c "h$i" bug; done
git -C "$repo" rm -q broken
c h7 bug
config hole h7 h1
sed -i 's|cp state|[ ! -e broken ] \|\| { echo net/a.c:1:1: error: no such thing; exit 1; }; cp state|' hole.yaml
hunt hole
is 'a hole: a set' "3 $(for i in 3 4 5 6 7; do rev "h$i"; done | sort | tr '\n' ' ')" \
	"$code $(tr ', ' '\n' <<<"${last#set }" | sort | tr '\n' ' ')"
has 'a hole: the reason, and where' 'could not be tested: net/a.c:1:1: error: no such thing (' "$out"
has 'a hole: the log' 'hole/builds/0000' "$out"
has 'a hole: how to go on' 'build.fixup' "$out"
printf 'diff --git a/broken b/broken\ndeleted file mode 100644\nindex e69de29..0000000\n' >mend.diff
printf -- '--- a/nothing\n+++ b/nothing\n@@ -1 +1 @@\n-x\n+y\n' >other.diff
sed -i 's|^build: {|build: { fixup: [ other.diff, mend.diff ],|' hole.yaml
run "$CULPRIT" bisect reset --failed -c hole.yaml
has 'failed builds are forgotten' 'and 0 runs' "$out"
run "$CULPRIT" bisect run -c hole.yaml
is 'a patch that mends them: the culprit' "0 culprit $(rev h5)" "$code ${out##*$'\n'}"
has 'a patch that mends them is told' 'mended by mend.diff' "$err"
# many: a file for programs
git -C "$repo" checkout -q -b wide m1
touch "$repo/broken"
git -C "$repo" add broken
for i in $(seq 120); do echo "$i" >"$repo/name"; git -C "$repo" commit -qam "w$i"; done
git -C "$repo" rm -q broken
c wend bug
config wide wend m1 'budget: { builds: 4 }'
sed -i 's|cp state|[ ! -e broken ] \|\| exit 1; cp state|' wide.yaml
hunt wide
is 'a large set: a file' "3 set @$tmp/wide/set" "$code $last"
is 'a large set: all of it' 121 "$(sort -u wide/set | wc -l)"

# --- init asks again until an answer can be right
printf '%s\n' nowhere "$repo" nope m1 alsonope releases '' missing.log '' '' 'not-there x' 'sh kernel.sh' >answers
run script -qec "$CULPRIT bisect init -c asked.yaml" /dev/null <answers
has 'init: a repository that is none' 'nowhere: not a git repository' "$out"
has 'init: a commit that is none' "no commit 'alsonope'" "$out"
has 'init: a log that is none' 'missing.log: No such file' "$out"
has 'init: a command that is none' "'not-there x': the shell finds no such command" "$out"
is 'init: the answers that are right' "$repo m1 releases sh kernel.sh" \
	"$(sed -nE 's/^(repository|bad|good|  command): "?([^"]*)"?$/\2/p' asked.yaml | tr '\n' ' ' | sed 's/ $//')"

# --- a commit renames the function that the crash is named after
git -C "$repo" checkout -q -b renamed m1
c r1 fine; c r2 fine; c r3 old; c r4 old; c r5 old; c r6 bug; c r7 bug; c r8 bug
cat >renaming.sh <<'EOF'
read -r state <"$CULPRIT_ARTEFACTS/state"
if [ "$state" = old ]; then set -- old_release old_close; else set -- frob_release frob_close; fi
printf '[    0.000000] Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n[    2.000000] Run /sbin/init as init process\n\ntest login: \n'
[ "$state" = fine ] || echo "[   10.000000] BUG: unable to handle page fault for address: ffff8880deadbeef
[   10.000100] #PF: supervisor read access in kernel mode
[   10.000200] Oops: 0000 [#1] PREEMPT SMP
[   10.000300] CPU: 0 PID: 123 Comm: repro Not tainted 6.1.0-test #1
[   10.000400] RIP: 0010:$1+0x12/0x40 net/frob.c:12
[   10.000500] Call Trace:
[   10.000600]  <TASK>
[   10.000800]  $2+0x22/0x50 net/frob.c:77
[   10.000900]  __fput+0x3b/0x90 fs/file_table.c:320
[   10.001200]  </TASK>
[   10.001300] ---[ end trace 0000000000000000 ]---
[   10.001400] Kernel panic - not syncing: Fatal exception"
echo 'repro finished'
EOF
run_command=". $tmp/renaming.sh" config renamed r8 r1
hunt renamed
is 'renamed: no commit is named' '4 none' "$code $last"
has 'renamed: the older name' "merge-title 'BUG: unable to handle kernel paging request in old_release'" "$out"
has 'renamed: a reason to doubt' 'may be the same bug under an older name' "$("$CULPRIT" bisect report -c renamed.yaml)"
cp -r renamed other; sed "s|$tmp/renamed|$tmp/other|" renamed.yaml >other.yaml; echo "budget: { runs: 70 }" >>other.yaml
"$CULPRIT" bisect merge-title 'BUG: unable to handle kernel paging request in old_release' -c renamed.yaml >/dev/null
hunt renamed
is 'renamed, and said so: the culprit' "0 culprit $(rev r3)" "$code $last"
"$CULPRIT" bisect merge-title --not 'BUG: unable to handle kernel paging request in old_release' -c other.yaml >/dev/null
hunt other
holds 'another bug: not named for it' test "$last" != "culprit $(rev r3)" -a "$code" -ne 4
has 'another bug: the culprit is among them' "$(rev r6)" "$last"
finish
