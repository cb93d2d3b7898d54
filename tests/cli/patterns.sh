#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# culprit patterns lint, list, explain.
. "$(dirname "$0")/lib.sh"

run "$CULPRIT" patterns lint
is "patterns: the built-in set is clean" 0 "$code"
has "patterns: a clean set says so" "no mistakes found" "$out"

cat >"$tmp/bad.yaml" <<'END'
macros: {UNUSED: x}
sets: {idle: [a]}
banners:
- literal: "NOBODY WAITS"
patterns:
- name: frob
  banner: "FROB:"
  forms:
  - {name: wide, match: 'FROB: \w', title: "a"}
  - {name: narrow, match: 'FROB: \w+ in (?:(a+)+)', title: "b", type: NO-SUCH}
  - {name: lost, match: 'other', title: "c in {frame}"}
END
run "$CULPRIT" patterns lint "$tmp/bad.yaml"
is "patterns: findings give 1" 1 "$code"
has "patterns: an unused macro" "bad.yaml:1:10: macro 'UNUSED' is used nowhere" "$out"
has "patterns: an unused set" "bad.yaml:2:8: set 'idle' is used nowhere" "$out"
has "patterns: a banner without a pattern" "bad.yaml:4:3: no pattern has the banner 'NOBODY WAITS'" "$out"
has "patterns: a type that is in no table" "bad.yaml:10:5: type 'NO-SUCH' is not in the table of types: is it one of those under 'types:' in 00-common.yaml?" "$out"
has "patterns: an expression that can be slow" "bad.yaml:10:27: 'FROB: \\w+ in (?:(a+)+)' can be slow" "$out"
has "patterns: a frame that nothing finds" "bad.yaml:11:5: form 'lost' names {frame} and has no 'frames'" "$out"
case $out in *"form 'narrow' can never win"*) fail "patterns: a quantifier makes another expression" "$out" ;;
*) pass "patterns: a quantifier makes another expression" ;; esac

printf 'patterns:\n- name: p\n  banner: "FROB:"\n  forms:\n  - {match: "FROB: ", title: a}\n  - {match: "FROB: x", title: b}\n' >"$tmp/never.yaml"
run "$CULPRIT" patterns lint "$tmp/never.yaml"
has "patterns: a form that never wins" "never.yaml:6:5: form '2' can never win: '1' (line 5) matches wherever it does" "$out"

printf 'patterns:\n- nam: p\n' >"$tmp/key.yaml"
printf 'patterns: [\n' >"$tmp/syntax.yaml"
run "$CULPRIT" patterns lint "$tmp/syntax.yaml" "$tmp/key.yaml"
is "patterns: what cannot be loaded gives 1" 1 "$code"
has "patterns: a broken file has its place" "syntax.yaml:2:1: " "$out"
run "$CULPRIT" patterns lint "$tmp/missing.yaml"
is "patterns: a missing file gives 2" 2 "$code"

cat >"$tmp/words.yaml" <<'END'
functions:
  pump:
    why: "moves what it is given"
    anywhere: [frob_pump, frob_pump_fast]
    starts: [pump_, xfrob_pump]
    ends: [_pump]
    exact: [pump_it, unpump]
    but: [frob_pump_guilty, frob_motor]
  idle: {anywhere: [zz]}
sets: {generic: [my_helper]}
skip: ["@pump", "*_helper"]
END
run "$CULPRIT" patterns lint "$tmp/words.yaml"
is "patterns: words that say nothing give 1" 1 "$code"
has "patterns: a word that another one holds" "words.yaml:4:27: 'frob_pump_fast' of role 'pump' adds nothing: 'frob_pump', anywhere in a name, matches wherever it does" "$out"
has "patterns: a beginning that holds a word" "words.yaml:5:21: 'xfrob_pump' of role 'pump' adds nothing: 'frob_pump'" "$out"
has "patterns: a name that begins so" "words.yaml:7:13: 'pump_it' of role 'pump' adds nothing: 'pump_', at its start, matches" "$out"
has "patterns: an exception of nothing" "words.yaml:8:29: 'frob_motor' is excepted from role 'pump', which it does not have" "$out"
has "patterns: a role without a reason" "words.yaml:9:3: role 'idle' has no reason" "$out"
has "patterns: a role that nothing uses" "words.yaml:9:3: role 'idle' is used nowhere" "$out"
has "patterns: a set told anew without effect" "words.yaml:10:8: set 'generic' is told anew without effect" "$out"
has "patterns: a star in front without a reason" "words.yaml:11:17: '*_helper' passes over names of any beginning" "$out"
for word in "'pump_' of" "'_pump' of" "'unpump' of" "'frob_pump' of role 'pump' adds" "'frob_pump_guilty'"; do
	case $out in *": $word"*) fail "patterns: no finding of $word" "$out" ;;
	*) pass "patterns: no finding of $word" ;; esac
done
printf 'a_frob_pump_b\tevery\npump_x\t-\nzz_pump\nxfrob_pump\nfrob_pump_fast\npump_it\n' >"$tmp/names"
run "$CULPRIT" patterns lint --vocabulary "$tmp/names" "$tmp/words.yaml"
has "patterns: a word that no function has" "words.yaml:7:22: 'unpump' of role 'pump', as all of it: no function of the vocabulary has it" "$out"
case $out in *"'_pump' of"* | *"'pump_' of"*) fail "patterns: words of the vocabulary" "$out" ;;
*) pass "patterns: words of the vocabulary" ;; esac
run "$CULPRIT" patterns lint --vocabulary "$tmp/missing" "$tmp/words.yaml"
is "patterns: a missing vocabulary gives 2" 2 "$code"

: >"$tmp/empty.yaml"
run "$CULPRIT" patterns lint "$tmp/empty.yaml"
is "patterns: an empty file holds no mistake" "0:no mistakes found in 1 pattern file:" "$code:$out:$err"

run "$CULPRIT" patterns list
is "patterns: list" 0 "$code"
has "patterns: list knows kasan" "kasan " "$out"
run "$CULPRIT" patterns list --format json
has "patterns: list as JSON" '"name":"kasan","kind":"crash"' "$out"

cat >"$tmp/log" <<'END'
[    0.000000] Linux version 6.1.0 (a@b)
[    1.000000] BUG: KASAN: use-after-free in kc_read+0x10/0x20
[    1.000001] Read of size 8 at addr ffff888012345678 by task a/12
[    1.000002] Call Trace:
[    1.000003]  kasan_report+0x1b/0x40
[    1.000004]  kc_read+0x10/0x20
WARNING: firmware did not like it
END
run "$CULPRIT" patterns explain "$tmp/log"
is "patterns: explain" 0 "$code"
has "patterns: which banner matched" "line 2: 'BUG:'" "$out"
has "patterns: which banner makes no report, and why" "no report: it lacks the kernel's prefix" "$out"
has "patterns: which form lost" "loses to the one above" "$out"
has "patterns: which form won" "chosen: kasan/access" "$out"
has "patterns: which frame was taken" "guilty frame: kc_read" "$out"
has "patterns: the title" "title: KASAN: use-after-free Read in kc_read" "$out"
# A stall is in the function that the interrupt found, below those of the interrupt.
run "$CULPRIT" patterns explain "$top/corpus/hang/x86d-softlockup-panic"
has "patterns: explain shows what an anchored choice passes over" '  frame sysvec_apic_timer_interrupt is passed over: tick' "$out"
has "patterns: explain shows the anchor" '  anchor vfs_write: proc_reg_write is taken' "$out"
printf 'patterns:\n- {name: p, banner: "FROB:", forms: [{match: x, title: a}]}\n- {name: p, banner: "FROB:", forms: [{match: x, title: b}]}\n' >"$tmp/twice.yaml"
run "$CULPRIT" patterns lint "$tmp/twice.yaml"
is "patterns: a name that stands twice in a file" "1:$tmp/twice.yaml:3:3: pattern 'p' is there already, at $tmp/twice.yaml:2:3" "$code:${out%%$'\n'*}"

# What a function is stands in functions.yaml alone: elsewhere lists of functions, and steps that look for one, name roles.
names=$(sed -n 's/#.*//; s/.*\b\(skip\|anchors\|foreign\|unwinder\|interrupts\|frames\|generic\): *\[\([^]]*\)\].*/\2/p' \
	"$top"/patterns/[0-9]*.yaml "$top"/patterns/match/*.yaml | tr ',' '\n' | tr -d ' ')
is "patterns: lists of functions are roles" "" "$(grep -v '^"@' <<<"$names")"
[ "$(grep -c '^"@' <<<"$names")" -gt 40 ]
is "patterns: there are such lists" 0 $?
is "patterns: a step names no function" "" "$(sed -n 's/#.*//; s/.*from: *\[\(.*\)\].*/\1/p' "$top"/patterns/[0-9]*.yaml |
	grep -oE "'[^']*'" | grep -E "[a-z]+_[a-z]+(\\\\)?\+0x")"

mkdir "$tmp/steps"
cat >"$tmp/steps/step.yaml" <<'END'
functions:
  frob-entry: {why: "where frobbing begins", exact: [frob_enter]}
banners:
- literal: "FROB:"
patterns:
- name: frob
  banner: "FROB:"
  forms:
  - {name: f, match: 'FROB: ', title: "frob in {frame}", frames: [{from: ["@frob-entry", stack]}]}
END
printf '[    1.000000] FROB: x\n[    1.000001] Call Trace:\n%s' "[    1.000002]  above_fn+0x1/0x2
[    1.000003]  frob_enter.isra.0+0x1/0x2
[    1.000004]  below_fn+0x1/0x2
[    1.000005]  far_fn+0x1/0x2
" >"$tmp/step.log"
run "$CULPRIT" parse --patterns "$tmp/steps" "$tmp/step.log"
has "patterns: a step finds a function of a role" "frob in below_fn" "$out"
sed 's/@frob-entry/@nobody/' "$tmp/steps/step.yaml" >"$tmp/nostep.yaml"
run "$CULPRIT" patterns lint "$tmp/nostep.yaml"
has "patterns: a step with a role that nobody defines" "nostep.yaml:9:" "$out$err"

run "$CULPRIT" patterns explain - </dev/null
is "patterns: nothing to explain" "no report in 0 lines" "$out"
run "$CULPRIT" patterns lint -h
is "patterns: -h is --help" 0 "$code"
has "patterns: help names the exit codes" "Exit status: 0 nothing wrong, 1 lint found mistakes" "$out"
run "$CULPRIT" patterns frobnicate
is "patterns: usage" 2 "$code"
cd "$tmp" || exit 2
# --- new: a pattern to go on with, and its near miss
cat >frob.log <<'END'
[    0.000000] Linux version 6.1.0 (a@b) #1
[   12.000000] frobd: engine wedged (queue 3)
[   12.000010] CPU: 0 PID: 12 Comm: kworker Not tainted 6.1.0 #1
[   12.000020] Call Trace:
[   12.000030]  <TASK>
[   12.000040]  frob_submit+0x10/0x20
[   12.000050]  process_one_work+0x10/0x20
[   12.000060]  </TASK>
END
run "$CULPRIT" patterns new --to begun frob-wedged --banner 'frobd: engine wedged (queue' frob.log
is 'new: what was written, and what it finds' '0:begun/patterns/frob-wedged.yaml
begun/corpus/near-miss/frob-wedged
finds now: frobd: engine wedged (queue in frob_submit' "$code:$out"
run "$CULPRIT" patterns lint begun/patterns/frob-wedged.yaml
is 'new: lint has nothing to say' 0 "$code"
run "$CULPRIT" parse --titles -p begun/patterns frob.log
is 'new: parse finds it' 'frobd: engine wedged (queue in frob_submit' "$out"
run "$CULPRIT" corpus test -p begun/patterns begun/corpus
is 'new: the near miss is none' 0 "$code"
sed -i "/require:/d" begun/patterns/frob-wedged.yaml
run "$CULPRIT" corpus test -p begun/patterns begun/corpus
is 'new: and would be one without what keeps it away' 1 "$code"
run "$CULPRIT" patterns new --to begun frob-wedged --banner 'frobd: engine wedged (queue' frob.log
is 'new: nothing is overwritten' 2 "$code"
has 'new: and why' 'begun/patterns/frob-wedged.yaml: File exists' "$err"
sed -n 1,2p frob.log >bare.log
run "$CULPRIT" patterns new --to begun bare --banner 'frobd: engine wedged' bare.log
is 'new: without a stack, no function' 'finds now: frobd: engine wedged' "$(tail -n 1 <<<"$out")"
for banner in '' 'abc' ' frobd' 'say "frobd"' $'frob\e[31m'; do
	run "$CULPRIT" patterns new --to begun other --banner "$banner" frob.log
	is "new: '$(cat -v <<<"$banner")' is no banner" 2 "$code"
done
run "$CULPRIT" patterns new --to begun ../other --banner 'frobd: engine' frob.log
is 'new: a name is no path' 2 "$code"
run "$CULPRIT" patterns new --to begun other --banner 'no such words' frob.log
has 'new: words that the log has not' "frob.log: no line holds 'no such words'" "$err"
is 'new: nothing else was written' 'begun/corpus/near-miss/bare
begun/corpus/near-miss/frob-wedged
begun/patterns/bare.yaml
begun/patterns/frob-wedged.yaml' "$(find begun -type f | LC_ALL=C sort)"

run "$CULPRIT" patterns list -v
has 'list -v: places and titles' '  patterns/10-memory.yaml:' "$out"
has 'list -v: of each form' 'KASAN: {what} {access} in {frame}' "$out"

finish
