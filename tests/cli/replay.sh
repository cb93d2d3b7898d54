#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit replay: logs as they are found, and what is concluded from them. The
# commits are those of a throwaway repository with a merge.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
target='KASAN: use-after-free Write in foo_detach'
other='general protection fault in bar_schedule'

git init -q repo
commit() { git -C repo -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m "$1" && git -C repo rev-parse HEAD; }
main=$(git -C repo symbolic-ref --short HEAD)
c1=$(commit 'one') c2=$(commit 'two') c3=$(commit 'three: the bug')
git -C repo checkout -q -b side "$c1"
commit 'side one' >/dev/null
s2=$(commit 'side two')
git -C repo checkout -q "$main"
git -C repo -c user.name=t -c user.email=t@example.org merge -q --no-ff -m 'merge side' side
c4=$(git -C repo rev-parse HEAD)
commit 'five' >/dev/null
c6=$(commit 'six')

# step COMMIT LEFT MARK RUNS...
step() {
	local commit=$1 left=$2 mark=$3 i=0 result
	shift 3
	[ "$left" = - ] || printf 'Bisecting: %s revisions left to test after this (roughly 1 step)\n[%s] subject of %s\n' \
		"$left" "$commit" "${commit:0:6}"
	printf 'testing commit %s with gcc (GCC) 8.1.0\nkernel signature: 00\n' "$commit"
	if [ $# -eq 1 ]; then
		printf 'all runs: %s\n' "$1"
	else
		for result in "$@"; do printf 'run #%d: %s\n' $((i++)) "$result"; done
	fi
	[ "$mark" = - ] || printf '# git bisect %s %s\n' "$mark" "$commit"
}
hit="crashed: $target"
{
	echo "bisecting cause commit starting from $c6"
	step "$c6" - - "$hit"
	echo 'testing release v1'
	step "$c1" - - OK
	echo "# git bisect start $c6 $c1"
	step "$c4" 2 bad "$hit" "$hit" 'crashed: KASAN: use-after-free Read in foo_put' "$hit" 'boot failed: no ssh' "$hit" "$hit" "$hit"
	step "$s2" 2 good OK
	step "$c2" 1 bad OK OK OK "crashed: $other" OK OK OK OK
	echo "$c2 is the first bad commit"
	echo "first bad commit: $c2 two"
} >derailed.txt

run "$CULPRIT" replay derailed.txt
has 'the derailing step is named' "Derailed at ${c2:0:12} by run #3: crashed: $other" "$out"
has 'the target is learned' "target   $target" "$out"
has 'a further title is adopted' 'adopted  KASAN: use-after-free Read in foo_put' "$out"
has 'the answer of the log is shown' "The log's answer: ${c2:0:12}" "$out"

run "$CULPRIT" replay --repo repo derailed.txt
# No test split the merge from the commit before it: both are left.
is 'what no test has split is not asserted' 1 "$code"
has 'with the graph two commits are left' "up to ${c4:0:12}, 2 commits" "$out"
has 'and the test that settles it is named' "of ${c3:0:12} (" "$out"
run "$CULPRIT" replay --format json --repo repo derailed.txt
json=$(tr -d ' \n' <<<"$out")
has 'JSON: culprit or candidates' "$c3" "${json%%ranges*}"
has 'JSON: derailed_at' "\"derailed_at\":\"$c2\"" "$json"
has 'JSON: derailed_run' '"derailed_run":3' "$json"
has 'JSON: the step is good' "\"commit\":\"$c2\"" "$json"
has 'JSON: original and verdict' '"original":"bad","verdict":"good"' "$json"
has 'JSON: runs' '"verdict":"unrelated"' "$json"

# The same out of a mail
sed 's/^/> /' derailed.txt | fold -s -w 70 | sed 's/^\([^>]\)/> \1/; s/$/\r/' >mail.txt
run "$CULPRIT" replay --format json --repo repo mail.txt
is 'quoted and wrapped lines make no difference' \
	"$(sed 's/subject[^,]*,//g' <<<"$json" | grep -o '"derailed_at.*"original_culprit":"[^"]*"')" \
	"$(tr -d ' \n' <<<"$out" | sed 's/subject[^,]*,//g' | grep -o '"derailed_at.*"original_culprit":"[^"]*"')"
run "$CULPRIT" replay - <derailed.txt
has 'standard input is read' 'Derailed at' "$out"

# git bisect log
git -C repo bisect start "$c6" "$c1" >/dev/null 2>&1
git -C repo bisect run git merge-base --is-ancestor HEAD "$c2" >/dev/null 2>&1
git -C repo bisect log >git.txt 2>/dev/null
git -C repo bisect reset >/dev/null 2>&1
first=$(sed -n 's/^# first bad commit: \[\([0-9a-f]*\)\].*/\1/p' git.txt)
run "$CULPRIT" replay git.txt
has 'git bisect log is read' "The culprit is $first" "$out"
has 'and what it lacks is said' 'There are no runs in this log' "$out"
run "$CULPRIT" replay --repo repo git.txt
has 'the graph agrees' "The culprit is $first" "$out"

# The user's table of functions: the matcher asks it, too.
mkdir own broken
printf 'functions:\n  crossroads: {why: "all detach there", exact: [foo_detach]}\n' >own/own.yaml
run "$CULPRIT" replay -e --patterns own derailed.txt
has 'the user says where many wait' 'at a place where many wait' "$out"
run "$CULPRIT" replay -e derailed.txt
is 'nobody else does' '' "$(grep 'at a place where many wait' <<<"$out")"
printf 'functions: 3\n' >broken/broken.yaml
run "$CULPRIT" replay --patterns broken derailed.txt
is 'patterns with a mistake give 2' 2 "$code"
has 'and its place' 'broken.yaml:1:12' "$err"

# Troubles
run "$CULPRIT" replay no-such-log
is 'a missing log gives 2' 2 "$code"
echo 'nothing of the kind' >nothing.txt
run "$CULPRIT" replay nothing.txt
is 'another text gives 2' 2 "$code"
has 'and the reason' 'no log of a bisection' "$err"
sed "s/$c4/0123456789012345678901234567890123456789/g" derailed.txt >strange.txt
run "$CULPRIT" replay --repo repo strange.txt
is 'commits that the repository lacks give 2' 2 "$code"
has 'and are named' '0123456789012345678901234567890123456789' "$err"
run "$CULPRIT" replay --repo /nonexistent derailed.txt
is 'a missing repository gives 2' 2 "$code"
run "$CULPRIT" replay a b
is 'two logs give 2' 2 "$code"
head -n 3 derailed.txt >short.txt
run "$CULPRIT" replay short.txt
is 'a log that ends early is no trouble, but no answer' 1 "$code"
finish
