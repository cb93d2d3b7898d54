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
run "$CULPRIT" corpus test --help
is 'help gives 0' 0 "$code"
is 'help fits 80 columns' '' "$(awk 'length > 80' <<<"$out")"

finish
