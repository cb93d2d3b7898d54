#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit bisect where histories, builds and runs are not as one would like them.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
hunting_ground
name_file=name- build_command='cp state $CULPRIT_ARTEFACTS; echo $CULPRIT_COMMIT > $CULPRIT_ARTEFACTS/head'
g() { git -C "$repo" "$@" -q; }

# --- good is on another branch; then the fork's base is bad
for i in 1 2 3; do c "m$i" fine; done
g branch other
for i in 4 5 6; do c "m$i" fine; done
for i in 7 8 9; do c "m$i" bug; done
g checkout other
for i in 1 2 3; do c "o$i" fine; done
g checkout main
config cross m9 o3
hunt cross
is 'good on another branch' "0 culprit $(rev m7)" "$code $last"
has 'good on another branch: the merge base was tested' "$(rev m3 | cut -c1-12)" "$("$CULPRIT" bisect log -c cross.yaml | grep merge-base)"
g checkout m8
g checkout -b fixed
c f1 bug
c f2 fine
config base m9 f2
hunt base
is 'a bad merge base gives no culprit' '4 none' "$code $last"
has 'a bad merge base is told' 'the good commit had it fixed' "$out"

# --- two merge bases (criss-cross)
g checkout main
g checkout -b x m3
c x1 fine
g checkout -b y m3
c y1 fine
g checkout x && g merge --no-ff -m xy y1 && git -C "$repo" tag xm
c x2 fine
c x3 bug
c x4 bug
g checkout y && g merge --no-ff -m yx x1 && git -C "$repo" tag ym
c y2 fine
config criss x4 y2
is 'criss-cross: two merge bases' 2 "$(git -C "$repo" merge-base --all x4 y2 | wc -l)"
hunt criss
is 'criss-cross: the culprit' "0 culprit $(rev x3)" "$code $last"

# --- a merge brings it
g checkout -b left m3
c l1 fine
g checkout -b right m3
c r1 fine
g checkout left && g merge --no-ff --no-commit r1 2>/dev/null >&2
c merged bug
c after bug
# a merge is thought unlikely: at 0.95 it takes 600 clean runs of its parents
confidence=0.8 config merge after m3
hunt merge
is 'a merge can be the culprit' "0 culprit $(rev merged)" "$code $last"
has 'a merge is suspicious' 'is a merge' "$("$CULPRIT" bisect report -c merge.yaml)"

# --- unrelated and shallow histories
g checkout --orphan alone
c a1 bug
config alone a1 m1
hunt alone
has 'unrelated histories' 'no common ancestor' "$err"
config backwards m1 m9
hunt backwards
has 'bad older than good' 'no commit between' "$err"
git clone -q --depth 3 --branch main "file://$repo" shallow
config shallow HEAD m1
sed -i "s|^repository.*|repository: \"$tmp/shallow\"|" shallow.yaml
hunt shallow
has 'a shallow clone that lacks the good commit' 'a shallow clone' "$err"

# --- no build command: the run works in the tree
config tree m9 m1
sed -i '/^build/d' tree.yaml
hunt tree
is 'without a build' "0 culprit $(rev m7)" "$code $last"

# --- images that are equal share their runs
g checkout main
config same m9 m1
sed -i 's|; echo $CULPRIT_COMMIT > $CULPRIT_ARTEFACTS/head||' same.yaml
hunt same
is 'equal images: the culprit' "0 culprit $(rev m7)" "$code $last"
has 'equal images: said' 'same image' "$("$CULPRIT" bisect explain -c same.yaml m8; "$CULPRIT" bisect explain -c same.yaml m6)"

# --- patches in ranges: m4 to m6 need one that m7 has
printf -- '--- a/state\n+++ b/state\n@@ -1 +1 @@\n-fine\n+bug\n' >turn.diff
config patch m9 m1 "patches: [ { patch: turn.diff, from: m5, until: m7 } ]"
hunt patch
is 'a patch in a range' "0 culprit $(rev m5)" "$code $last"
config conflict m9 m1 "patches: [ { patch: nothing.diff, from: m4, until: m8 } ]"
hunt conflict
is 'patches that do not apply leave a set' "3 $(for i in 4 5 6 7 8; do rev "m$i"; done | sort | tr '\n' ' ')" \
	"$code $(tr ', ' '\n' <<<"${last#set }" | sort | tr '\n' ' ')"
has 'a patch that does not apply is a reason to skip' 'nothing.diff does not apply' "$("$CULPRIT" bisect report -c conflict.yaml)"

# --- what does not build before p3 builds with p3 picked; so does what a revert mends
g checkout -b pick m1
c p1 fine
c p2 bug
touch "$repo/needed"
c p3 bug
c p4 bug
config unpicked p4 m1
sed -i 's#cp state#[ -e needed ] || exit 1; cp state#' unpicked.yaml
hunt unpicked
is 'without a pick there is a set' "3 set $(for i in 1 2 3; do rev "p$i"; done | sort | tr '\n' ' ')" \
	"$code set $(tr ', ' '\n' <<<"${last#set }" | sort | tr '\n' ' ')"
sed 's|unpicked|picked|; $a patches: [ { cherry-pick: p3, until: p3 } ]' unpicked.yaml >picked.yaml
hunt picked
is 'a cherry-pick in a range' "0 culprit $(rev p2)" "$code $last"
git -C "$repo" rm -q needed
c p5 bug
c p6 bug
c p7 fine
config mended p7 m1 "patches: [ { cherry-pick: p3, until: p3 }, { revert: p5, from: p5 } ]
find: fix"
sed -i -e 's#cp state#[ -e needed ] || exit 1; cp state#' -e 's/^bad.*/bad: p4/;s/^good.*/good: p7/' mended.yaml
hunt mended
is 'a revert in a range, for a fix' "0 culprit $(rev p7)" "$code $last"
g checkout main

# --- culprits that cannot have done it: the "kernel" is read from a file of documentation, a comment
git -C "$repo" checkout -q -b docs m1
mkdir -p "$repo/Documentation" "$repo/net"
d() { # NAME PATH TEXT
	printf '%s\n' "$3" >"$repo/$2"
	git -C "$repo" add -A && git -C "$repo" commit -qm "$1" && git -C "$repo" tag "$1"
}
d d1 Documentation/state fine
d d2 net/a.c '/* fine */'
d d3 net/a.c '/* fine and more */'
d d4 Documentation/state bug
d d5 Documentation/other x
config docs d5 d1
sed -i 's|cp state |cp Documentation/state |' docs.yaml
hunt docs
is 'documentation: the culprit' "0 culprit $(rev d4)" "$code $last"
has 'documentation: suspicious' 'touches only documentation' "$("$CULPRIT" bisect report -c docs.yaml)"
git -C "$repo" checkout -q -b comment d3
d e1 net/a.c '/* bug */'
d e2 Documentation/other y
config comment e2 d2
sed -i 's!cp state $CULPRIT_ARTEFACTS!cp net/a.c $CULPRIT_ARTEFACTS/state!' comment.yaml
hunt comment
is 'a comment: the culprit' "0 culprit $(rev e1)" "$code $last"
has 'a comment: suspicious' 'changes only comments' "$("$CULPRIT" bisect report -c comment.yaml)"

# --- the console says nothing: exit codes
g checkout -b exits m3
c q1 quiet
c q2 quiet
config quiet q2 m1
sed -i 's|^run: .*|run: { command: ". '"$tmp"'/kernel.sh", exit-code: judge, environment: { QUIET: 7 } }|' quiet.yaml
hunt quiet
is 'the exit code judges where the console is silent' "0 culprit $(rev q1)" "$code $last"
has 'the log of syzbot: the bug without a crash on the console' ': crashed: ' "$("$CULPRIT" bisect log -f syzbot -c quiet.yaml)"
config machine q2 m1 'infra-pause: 1s
infra-patience: 0'
sed -i 's|^run: .*|run: { command: "exit 75" }|' machine.yaml
SECONDS=0
run "$CULPRIT" bisect run -c machine.yaml
last=${out##*$'\n'}
has 'pauses are told' "the machine failed 3 times in a row, since $(date +%Y-)" "$err"
has 'the pause is told' '; another try in 1.0 s' "$err"
is 'a machine that always fails ends it' '5 none' "$code $last"
has 'a machine that always fails is told' 'the last 10 builds or runs all failed around the kernel' "$out"
has 'what it failed with is told' 'run command reports a failure' "$out"
has 'what to do is told' 'see to the machine' "$out"
is 'a machine that always fails was tried ten times' 10 "$(grep -c ' running ' machine/journal)"
holds 'there were pauses between' test "$SECONDS" -ge 6
sed -i 's/^infra-pause: .*/infra-pause: 0/' machine.yaml
hunt machine
is 'started again, it tries again' 20 "$(grep -c ' running ' machine/journal)"
config slow q2 m1 'infra-pause: 1s
infra-patience: 3s'
sed -i 's|^run: .*|run: { command: "sleep 1; exit 75" }|' slow.yaml
run script -qec "$CULPRIT bisect run -c slow.yaml" /dev/null </dev/null
has 'a pause is told to whom watches: for what' "waiting to try $(rev q2 | cut -c1-12)" "$out"
has 'a pause is told to whom watches: since when, not since the run before' ', 0.' "$(grep -am 1 'waiting to try' <<<"$out")"
config failing m9 m1 'infra-pause: 0'
sed -i -e 's|^verify.*|verify: { revert: true }|' -e 's|^run: .*|run: { command: "[ -z \\"$CULPRIT_CHANGE\\" ] \|\| exit 75; . '"$tmp"'/kernel.sh" }|' failing.yaml
hunt failing
is 'a machine that fails in the checks: the culprit' "0 culprit $(rev m7)" "$code $last"
is 'a machine that fails in the checks leaves them undecided' undecided \
	"$("$CULPRIT" bisect log -c failing.yaml | grep -o undecided | sort -u)"

# --- a check that speaks against the answer comes first
against() { # NAME CHECK SHOWS: a machine on which the target shows, or not, whatever the change did
	confidence=0.99 config "$1" m9 m1 "budget: { runs: 200 }"
	sed -i -e "s|^verify.*|verify: { $2 }|" -e 's|^run: .*|run: { command: "[ -z \\"$CULPRIT_CHANGE\\" ] \|\| echo '"$3"' >$CULPRIT_ARTEFACTS/state; . '"$tmp"'/kernel.sh" }|' "$1.yaml"
	hunt "$1"
}
against stays 'revert: true, cherry-pick: false' bug
is 'reverted, and it stays: an exit code of its own' "6 culprit $(rev m7)" "$code $last"
is 'reverted, and it stays: the first words' "Doubtful: reverting it on $(rev m9 | cut -c1-12) does not make the target vanish (it showed in 1 of 1 runs)." \
	"${out%%$'\n'*}"
has 'reverted, and it stays: not "is"' "The culprit may be $(rev m7 | cut -c1-12)" "$out"
sure=$(sed -n 's/^with a probability of \([0-9]*\).*/\1/p' <<<"$out")
holds 'reverted, and it stays: less sure' test "$sure" -ge 85 -a "$sure" -le 95
hunt stays
is 'reverted, and it stays: said again' "6 Doubtful" "$code ${out%%:*}"
has 'status says it first' 'Doubtful: reverting it' "$("$CULPRIT" bisect status -c stays.yaml)"
has 'the report says it first' 'Doubtful: reverting it' "$("$CULPRIT" bisect report -c stays.yaml | sed -n 3p)"
has 'the mail says it' 'This is doubtful: reverting it' "$("$CULPRIT" bisect report -f mail -c stays.yaml)"
has 'the page says it' '<b>Doubtful: reverting it' "$("$CULPRIT" bisect report -f html -c stays.yaml)"
holds 'JSON says it' jq -e '(.against | startswith("reverting it on")) and .posterior < 0.95 and .answer == "culprit"' \
	<("$CULPRIT" bisect report -f json -c stays.yaml)
against absent 'revert: false, cherry-pick: true' fine
is 'picked, and it does not come' "6 culprit $(rev m7)" "$code $last"
has 'picked, and it does not come: the first words' "Doubtful: picking it onto $(rev m1 | cut -c1-12) does not make the target show (it showed in 0 of" "$out"
against gone 'revert: true, cherry-pick: false' fine
is 'reverted, and it is gone' "0 culprit $(rev m7) The culprit is" "$code $last ${out:0:14}"
holds 'reverted, and it is gone: nothing speaks against it' jq -e '.against == null and .posterior >= 0.99' \
	<("$CULPRIT" bisect report -f json -c gone.yaml)

config flaky m9 m1 'infra-pause: 1s'
sed -i 's|^run: .*|run: { command: "[ $((CULPRIT_RUN % 4)) != 0 ] \|\| exit 75; . '"$tmp"'/kernel.sh" }|' flaky.yaml
hunt flaky
is 'a machine that fails now and then' "0 culprit $(rev m7)" "$code $last"
out=$("$CULPRIT" bisect log -f syzbot -c flaky.yaml)
has 'the log of syzbot says it as replay knows it' ': infrastructure failed' "$out"
is 'replay reads them as failures of the machine' "$(grep -c ': infrastructure failed$' <<<"$out")" \
	"$("$CULPRIT" replay -e <<<"$out" | grep -c 'run #[0-9]* infra-failed')"
config typo m9 m1
sed -i 's|^run: .*|run: { command: "no-such-command" }|' typo.yaml
run "$CULPRIT" bisect run -c typo.yaml
has 'a run command that is not there: each run says so' 'infra-failed: a program of the run command could not be run or found: exit code 127' "$err"
has 'a run command that is not there: the shell is heard' 'no-such-command: not found' "$err"
has 'no more commits are left than there are' 'left        8 of 8 commits' "$("$CULPRIT" bisect status -c typo.yaml)"
config lost q2 m1 'infra-pause: 0'
sed -i 's|^build: .*|build: { command: "no-such-compiler" }|' lost.yaml
hunt lost
has 'a build command that is not there is not the commit' 'see to the machine' "$out"

# --- hanging machines: after a crash, without one
config hang m9 m1
sed -i 's|^run: .*|run: { command: ". '"$tmp"'/kernel.sh", after-crash: 0, parallel: 4, environment: { HANG: 1 } }|' hang.yaml
g checkout main
hunt hang
is 'a machine that hangs after its crash' "0 culprit $(rev m7)" "$code $last"
g checkout -b hangs m2
c h1 hang
config clean h1 m1 'budget: { runs: 4 }'
# By its deadline it has to be up: two seconds, or, on a busy machine, more.
for deadline in 2s 10s 60s; do
	rm -rf clean
	sed -i 's|^run: .*|run: { command: ". '"$tmp"'/kernel.sh", timeout: '$deadline', parallel: 4 }|' clean.yaml
	hunt clean
	runs=$("$CULPRIT" bisect log -c clean.yaml | grep ' run ')
	found="$(grep -c ' clean ' <<<"$runs") of $(grep -c . <<<"$runs")"
	[ "$found" != '4 of 4' ] || break
done
is 'a run without crash at its deadline is clean' '4 of 4' "$found"

# --- output without end
g checkout main
config loud m9 m1 'budget: { runs: 3 }'
sed -i 's|^run: .*|run: { command: "yes", output-limit: 300k }|' loud.yaml
hunt loud
holds 'output without end is cut' test "$(cat loud/runs/*.log | wc -c)" -le 921600
config loudbuild m9 m1
sed -i 's|^build: .*|build: { command: "yes", output-limit: 10M }|' loudbuild.yaml
hunt loudbuild
has 'a build without end' 'does not build' "$out"
holds 'a build without end: its log is small' test "$(cat loudbuild/builds/*.log | wc -c)" -le 30000000
finish
