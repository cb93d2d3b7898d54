#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit corpus: what it prints and when it fails, on small cases.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

# bug NAME: lines of a log with one report, which names NAME
bug() {
	cat <<END
[    5.000000] BUG: KASAN: use-after-free in $1+0x10/0x20
[    5.000100] Read of size 8 at addr ffff888003e1cf7d by task init/1
[    5.000200]
[    5.000300] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1
[    5.000400] Call Trace:
[    5.000500]  dump_stack_lvl+0x51/0x66
[    5.000600]  kasan_report+0xf3/0x1a0
[    5.000700]  $1+0x10/0x20
[    5.000800]  vfs_write+0x23c/0xf70
[    5.000900]  ksys_write+0x11f/0x240
[    5.001000]  do_syscall_64+0x2f/0x50
[    5.001100]  entry_SYSCALL_64_after_hwframe+0x4b/0xb5
END
}

# a_case NAME: headers that fit
a_case() {
	printf 'TITLE: KASAN: use-after-free Read in %s\nALT: bad-access in %s\nTYPE: KASAN-USE-AFTER-FREE-READ\n' "$1" "$1"
}

mkdir -p cases/kasan cases/quiet
{ a_case frob_read; echo; bug frob_read; } >cases/kasan/right
{ printf '# near miss\n\n'; echo 'hello: nothing is wrong'; } >cases/quiet/right
cat >cases/README.md <<<'not a case'

run "$CULPRIT" corpus test cases
is 'all right gives 0' 0 "$code"
has 'the counts' '2 passed, 0 failed' "$out"
run "$CULPRIT" corpus test --feed cases
is 'byte by byte' 0 "$code"

{ a_case other_function; echo; bug frob_read; } >cases/kasan/wrong
{ echo; bug frob_read; } >cases/quiet/wrong
run "$CULPRIT" corpus test cases
is 'a failure gives 1' 1 "$code"
has 'failure: name' 'FAIL kasan/wrong' "$out"
has 'failure: expected and found' '-TITLE: KASAN: use-after-free Read in other_function
-ALT: bad-access in other_function
+TITLE: KASAN: use-after-free Read in frob_read
+ALT: bad-access in frob_read' "$out"
has 'failure: a report where none should be' 'FAIL quiet/wrong' "$out"
has 'failure: the counts' '2 passed, 2 failed' "$out"
is 'by kind: kasan has 2 cases, 1 passed' 'kasan 2 1' "$(awk '$1 == "kasan" { print $1, $2, $3 }' <<<"$out")"
run "$CULPRIT" corpus test cases/kasan/right
is 'one case' '0' "$code"
run "$CULPRIT" corpus test --kind quiet --name '*/right' cases
has 'selection by kind and name' '1 passed, 0 failed' "$out"
run "$CULPRIT" corpus test --pattern 'no such*' cases
is 'selection by pattern: none is an error' 2 "$code"
run "$CULPRIT" corpus test -q cases
is 'quiet: no failures' 0 "$(grep -c FAIL <<<"$out")"

{ a_case frob_read; echo; bug frob_read; printf '\nREPORT:\n'; bug frob_read | sed 's/^[^]]*\] \{0,1\}//; s/BUG:/BUG :/'; } >cases/kasan/text
run "$CULPRIT" corpus test -n 'kasan/text' cases
is 'report text: compared byte by byte' 1 "$code"
has 'report text: unified diff' 'REPORT:
@@ -1,4 +1,4 @@
-BUG : KASAN: use-after-free in frob_read+0x10/0x20
+BUG: KASAN: use-after-free in frob_read+0x10/0x20' "$out"
rm cases/kasan/text

# --- formats
run "$CULPRIT" corpus test --format tap cases
is 'tap: plan' 1 "$(grep -c '^1\.\.4$' <<<"$out")"
is 'tap: results' 'ok 1 - kasan/right
not ok 2 - kasan/wrong
ok 3 - quiet/right
not ok 4 - quiet/wrong' "$(grep -E '^(not )?ok' <<<"$out")"
run "$CULPRIT" corpus test --format junit cases
is 'junit: well-formed, 4 tests, 2 failures' '4 2 2' "$(python3 -c '
import sys, xml.etree.ElementTree as tree
suite = tree.fromstring(sys.stdin.buffer.read()).find("testsuite")
print(suite.get("tests"), suite.get("failures"), len(suite.findall("testcase/failure")))' <<<"$out")"
run "$CULPRIT" corpus test --format json cases
is 'json: one object per case' '["kasan/wrong",false,["TITLE","ALT"]]' \
	"$(jq -c 'select(.object == "case" and .name == "kasan/wrong") | [.name, .passed, .wrong]' <<<"$out")"
is 'json: counts' '[4,2,2]' "$(jq -c 'select(.object == "corpus") | [.cases, .failed, .fields.TITLE.wrong]' <<<"$out")"
is 'jobs: same output' "$("$CULPRIT" corpus test -j 1 --format tap cases)" "$("$CULPRIT" corpus test -j 4 --format tap cases)"

# --- diff: a pattern of one's own
mkdir -p new mine/frob
cat >new/frob.yaml <<'END'
banners:
  - literal: "frobnicator: burning"
patterns:
  - name: frob
    banner: "frobnicator: burning"
    forms:
      - name: fire
        match: 'frobnicator: burning at (?<where>[a-z]+)'
        title: "frobnicator burns at {where}"
        stack: false
        type: ""
      - name: ice
        match: 'frobnicator: burning cold'
        title: "frobnicator freezes"
        stack: false
        type: ""
END
printf 'TITLE: frobnicator burns at both\n\n[    1.000000] frobnicator: burning at both ends\n' >mine/frob/fire
cp cases/kasan/right mine/frob/other
run "$CULPRIT" corpus diff --patterns new mine
is 'diff: a change gives 1' 1 "$code"
has 'diff: which case, and what became of it' 'frob/fire: wrong, then right' "$out"
has 'diff: side by side' '(no report)' "$(grep 'burns at both' <<<"$out")"
has 'diff: the counts' '1 of 2 cases change: 1 now right, 0 now wrong' "$out"
run "$CULPRIT" corpus diff --against new mine
has 'diff: the other way round' 'frob/fire: right, then wrong' "$out"
run "$CULPRIT" corpus diff --patterns new --against new mine
is 'diff: no change gives 0' '0:0 of 2 cases change: 0 now right, 0 now wrong' "$code:$out"
run "$CULPRIT" corpus diff --patterns new --format json mine
is 'diff: json' '["frob/fire",null,"frobnicator burns at both",true]' \
	"$(jq -c '[.name, .old.title, .new.title, .new.right]' <<<"$out")"
run "$CULPRIT" corpus diff mine
is 'diff: without patterns gives 2' 2 "$code"

# --- audit
printf '# copy\nTITLE: frobnicator burns at both\n\n[    1.000000] frobnicator: burning at both ends\n' >mine/frob/gone
printf '\nnothing here\n' >mine/frob/idle
printf '\n[    1.000000] frobnicator: DEBUG: all is well\n' >mine/frob/near-miss
run "$CULPRIT" corpus audit --patterns new -v mine
is 'audit: forms without a case give 1' 1 "$code"
has 'audit: who notices' ': frob/fire: 2 cases: frob/fire, frob/gone' "$out"
has 'audit: a form that no case exercises, and its place' 'new/frob.yaml:12: frob/ice: no case notices its removal' "$out"
has 'audit: the pattern kasan is noticed' ': kasan: 1 case: frob/other' "$out"
has 'audit: a case that says nothing new' 'frob/gone has the title of another case, and says no more than it: frob/fire' "$out"
has 'audit: a case that nothing resembles' 'frob/idle expects no report, but holds nothing' "$out"
is 'audit: a near-miss earns its keep' 0 "$(grep -c '^frob/near-miss' <<<"$out")"
run "$CULPRIT" corpus audit --patterns new --format json --whole mine
is 'audit: json' '["frob",null,["frob/fire","frob/gone"]]' \
	"$(jq -c 'select(.object == "removal" and .pattern == "frob") | [.pattern, .form, .noticed_by]' <<<"$out")"

# --- show
run "$CULPRIT" corpus show cases/kasan/wrong
is 'show: a case that fails gives 1' 1 "$code"
has 'show: expected and found side by side' '| TITLE: KASAN: use-after-free Read in frob_read' \
	"$(grep 'TITLE: KASAN: use-after-free Read in other_function' <<<"$out")"
run "$CULPRIT" corpus show cases/kasan/right
is 'show: a case that passes gives 0' 0 "$code"
"$CULPRIT" corpus show --log cases/kasan/right >log
holds 'show: the log alone' cmp log <(bug frob_read)

# --- add
bug new_bug | gzip >console.log.gz
run "$CULPRIT" corpus add console.log.gz </dev/null
is 'add: without a judgement gives 2' '2:' "$code:$out"
run "$CULPRIT" corpus add --corpus made --title 'KASAN: use-after-free Read in new_bug' --made 'by hand' \
	--judged 'it is the function that reads' --as kasan/new --report console.log.gz </dev/null
is 'add: tells what it wrote' '0:made/kasan/new' "$code:$out"
is 'add: headers and where they come from' '# Kernel: 6.1.0
# Made by: by hand
# Title: it is the function that reads
TITLE: KASAN: use-after-free Read in new_bug
ALT: bad-access in new_bug
TYPE: KASAN-USE-AFTER-FREE-READ
FRAME: new_bug' "$(sed '/^$/,$d' made/kasan/new)"
run "$CULPRIT" corpus test made
is 'add: the case passes' 0 "$code"
holds 'add: the log is as it was' cmp <("$CULPRIT" corpus show -l made/kasan/new | head -n 12) <(bug new_bug)
run "$CULPRIT" corpus add --corpus made --none --as kasan/new console.log.gz </dev/null
is 'add: overwrites nothing' 2 "$code"
run "$CULPRIT" corpus add --corpus made --title 'another title' --as kasan/other console.log.gz </dev/null
is 'add: what nobody judged is not written' '# Kernel: 6.1.0
TITLE: another title' "$(sed '/^$/,$d' made/kasan/other)"
# Into the folder that has the cases of its type; --accept is a judgement, too.
run "$CULPRIT" corpus add --corpus made --accept --made 'by hand' --judged 'read it' console.log.gz </dev/null
is 'add: --accept takes the title that is found, with all headers' '0:made/kasan/kasan-use-after-free-read-in-new_bug
# Kernel: 6.1.0
# Made by: by hand
# Title: read it
TITLE: KASAN: use-after-free Read in new_bug
ALT: bad-access in new_bug
TYPE: KASAN-USE-AFTER-FREE-READ
FRAME: new_bug' "$code:$out
$(sed '/^$/,$d' made/kasan/kasan-use-after-free-read-in-new_bug)"
mv made/kasan made/own-folder
run "$CULPRIT" corpus add --corpus made --accept --made 'by hand' console.log.gz </dev/null
is 'add: the folder is the one with cases of this type' 2 "$code"
has 'add: whatever its name' 'made/own-folder/kasan-use-after-free-read-in-new_bug: File exists' "$err"
mv made/own-folder made/kasan && rm made/kasan/kasan-*
echo 'all is well' >dull.log
run "$CULPRIT" corpus add --corpus made --accept dull.log </dev/null
is 'add: nothing to accept' '2:culprit corpus add: dull.log: no report was found to accept' "$code:$err"
# Below a checkout, its corpus: not a folder that happens to have the name.
mkdir -p checkout/patterns checkout/corpus checkout/src/corpus && touch checkout/patterns/00-common.yaml
run env -C checkout/src "$CULPRIT" corpus add --accept ../../console.log.gz </dev/null
is 'add: the corpus of the checkout' '0:../corpus/kasan/kasan-use-after-free-read-in-new_bug' "$code:$out"
run env -C checkout/src "$CULPRIT" corpus test --quiet
is 'test: the corpus of the checkout' 0 "$code"
rm -r checkout dull.log

# --- update
mkdir -p updated && cp made/kasan/new updated/stale && cp made/kasan/other updated/other
sed -i '/^TYPE/d; s/^FRAME: .*/FRAME: old_place/' updated/stale
chmod 640 updated/stale
run "$CULPRIT" corpus update --dry-run --color=never updated/stale
is 'update: what would change' '0:updated/stale
@@ -5,3 +5,4 @@
 ALT: bad-access in new_bug
-FRAME: old_place
+TYPE: KASAN-USE-AFTER-FREE-READ
+FRAME: new_bug
 
1 of 1 cases would change, 0 left for you to judge' "$code:$out"
holds 'update: nothing is written then' grep -q old_place updated/stale
run "$CULPRIT" corpus update --color=never updated
is 'update: another title is left to be judged' 1 "$code"
has 'update: and told' 'updated/other: left as it is, the title is another; --retitle takes it' "$out"
has 'update: counts' '1 of 2 cases changed, 1 left for you to judge' "$out"
holds 'update: the case is as it was added' cmp updated/stale made/kasan/new
is 'update: and its mode' 640 "$(stat -c %a updated/stale)"
holds 'update: the one with another title is as it was' cmp updated/other made/kasan/other
run "$CULPRIT" corpus update --retitle updated
is 'update: with --retitle it is taken' 0 "$code"
is 'update: with all headers, and its comments' '# Kernel: 6.1.0
TITLE: KASAN: use-after-free Read in new_bug
ALT: bad-access in new_bug
TYPE: KASAN-USE-AFTER-FREE-READ
FRAME: new_bug' "$(sed '/^$/,$d' updated/other)"
is 'update: the log is as it was' "$("$CULPRIT" corpus show -l made/kasan/other | sha256sum)" "$("$CULPRIT" corpus show -l updated/other | sha256sum)"
run "$CULPRIT" corpus update --retitle updated
is 'update: once more, nothing' '0:0 of 2 cases changed, 0 left for you to judge' "$code:$out"
printf 'FILE: mm/a.c\n\n%s\n' "$(bug new_bug)" >updated/file
run "$CULPRIT" corpus update --retitle --color=never updated/file
has 'update: a guilty file is for a person' 'FILE is for you to judge' "$out"
is 'update: and left' 1 "$code"
run "$CULPRIT" corpus update
is 'update: none is written without being named' 2 "$code"
is 'update: nothing is left behind' 'file other stale' "$(ls -A updated | sort | paste -sd" ")"
rm -r updated

run "$CULPRIT" corpus add --corpus made --title x --as ../escape console.log.gz </dev/null
is 'add: no name outside of the corpus' 2 "$code"
# No title or name makes headers, or a file elsewhere: nothing is written.
refused() { # NAME WHY OPTION...
	local name=$1 why=$2 before
	shift 2
	before=$(find . -newer stamp -type f | sort)
	run "$CULPRIT" corpus add --corpus made "$@" console.log.gz </dev/null
	is "add: $name" 2 "$code"
	has "add: $name, why" "$why" "$err"
	holds "add: $name, no escape is printed" test "$err" = "$(tr -d '\033\233' <<<"$err")"
	is "add: $name, nothing was written" "$before" "$(find . -newer stamp -type f | sort)"
}
mkdir outside made/deep
ln -s ../outside made/link
ln -s ../../outside made/deep/link
ln -s ../outside/target made/last
touch -d '1 hour ago' stamp
refused 'a title of two lines' 'is no title' --as a --title $'x\nTYPE: BUG'
refused 'a title with an escape' 'is no title: ' --as a --title $'x\e[31m'
refused 'a title of blanks' 'is no title' --as a --title ' x'
refused 'an empty title' 'is no title' --as a --title ''
refused 'a name of two lines' 'is no name' --title x --as $'kasan/a\nb'
refused 'a name with an escape' 'is no name' --title x --as $'a\e[2Jb'
for name in ../x a/../../x a//b a/ ./a a/. .. '' /abs; do
	refused "the name '$name'" 'is no name' --title x --as "$name"
done
refused 'a link to a directory' 'cannot create a case in made/link: Not a directory' --title x --as link/x
refused 'a link further down' 'cannot create a case in made/deep/link' --title x --as deep/link/x
refused 'a link in the place of the file' 'cannot create made/last: File exists' --title x --as last
run "$CULPRIT" corpus add --corpus made --title x --as a..b/c --judged $'one\nTITLE: two' --made $'\e[31mred' console.log.gz </dev/null
is 'add: two dots within a name are fine' '0:made/a..b/c' "$code:$out"
is 'add: comments are one line each' '# Kernel: 6.1.0
# Made by: \x1b[31mred
# Title: one\x0aTITLE: two
TITLE: x' "$(sed '/^$/,$d' made/a..b/c)"
rm -r made/a..b
bug new_bug >console.log
# answer FILE ANSWERS COMMAND: run it in a terminal, FILE gets what it says; answer when it asks
mkfifo typed
answer() {
	: >"$1"
	script -qec "$3" /dev/null <typed >"$1" &
	exec 5>typed
	until grep -q 'Is this title right?' "$1" || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
	printf "%b" "$2" >&5
	wait $!
	exec 5>&-
}
answer asked.out 'y\nsawn off a machine\nread it\n' "$CULPRIT corpus add --corpus asked --color=never console.log"
has 'add: shows the title and asks' 'Is this title right?' "$(cat asked.out)"
is 'add: what was answered' '# Kernel: 6.1.0
# Made by: sawn off a machine
# Title: read it
TITLE: KASAN: use-after-free Read in new_bug' "$(head -n 4 asked/kasan/kasan-use-after-free-read-in-new_bug)"
answer refused.out 'q\n' "$CULPRIT corpus add --corpus refused --color=never console.log"
is 'add: nothing is written without a yes' missing "$([ -e refused ] || echo missing)"

# --- mistakes
mkdir bad
printf 'TITEL: x\n\nlog\n' >bad/case
run "$CULPRIT" corpus test bad
is 'a mistake in a case gives 2' 2 "$code"
has 'a mistake in a case has a place' 'bad/case:1: unknown header' "$err"
mkdir empty
run "$CULPRIT" corpus test empty
is 'a directory without cases gives 2' 2 "$code"
run "$CULPRIT" corpus test missing
has 'a missing directory' 'missing: No such file or directory' "$err"
run "$CULPRIT" corpus tst cases
is 'an unknown command gives 2' 2 "$code"
has 'an unknown command names the nearest' "did you mean 'test'?" "$err"
for command in test diff audit add update show; do
	run "$CULPRIT" corpus $command --help
	is "$command --help gives 0" 0 "$code"
	is "$command --help fits 80 columns" '' "$(awk 'length > 80' <<<"$out")"
done

# --- the project's own corpus
run "$CULPRIT" corpus test --feed "$top/corpus"
is 'all cases of the corpus pass, in pieces of any size too' '0:' "$code:$(grep -a '^FAIL' <<<"$out")"
run "$top/tests/corpus-counts.sh" "$CULPRIT" --check
is 'README.md counts the cases' 0: "$code:$out"

finish
