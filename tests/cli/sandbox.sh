#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --sandbox: what somebody could do whom a log let into culprit. That Landlock and the filter hold, call by call,
# is tested in tests/unit/test_sandbox.c; here, that each command is inside when it reads.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
case $CULPRIT in *-asan/*)
	# another library has to be loaded first
	pass 'not with sanitizers'
	finish
	;;
esac
cc -shared -fPIC -o escape.so "$top/tests/cli/escape.c" -ldl 2>err || { pass "skipped: $(head -n 1 err)"; finish; }
export XDG_CACHE_HOME=$tmp/cache ESCAPE_DIR=

# escaped COMMAND...: what the "parser" could do; "?": it was not let in, and nothing is shown
escaped() {
	rm -f escaped
	LD_PRELOAD=$tmp/escape.so "$@" >out 2>err
	code=$?
	sed -n 's/^escape://p' err | grep . || { grep -q '^escape:$' err && echo nothing || echo '?'; }
}

sed '1,/^$/d' "$top/corpus/kasan/slab-out-of-bounds-read-x86" >log
echo 'TAKE OVER' >>log
mkdir -p logs cases bug
cp log logs/
cat "$top/corpus/kasan/slab-out-of-bounds-read-x86" log >cases/one
title='KASAN: slab-out-of-bounds Read in kc_oob_read'
for bad in 1 0; do
	printf '%s kcx\nTAKE OVER\n' '# git bisect log'
done >replay.log

is 'without a sandbox the test lets out' ' write connect exec' "$(escaped "$CULPRIT" parse --sandbox=off log)"
holds 'and leaves a file' test -e escaped
if [ "$(escaped "$CULPRIT" parse --sandbox=require log)" != nothing ]; then
	has 'a machine without: required, it is told' 'sandbox=require' "$(cat err)"
	is 'a machine without: exit code' 2 "$code"
	pass "skipped: $(head -n 1 err)"
	finish
fi

while IFS='|' read -r arguments want; do
	# shellcheck disable=SC2086
	is "$arguments" "${want:-nothing}" "$(escaped "$CULPRIT" $arguments)"
	holds "no file: $arguments" test ! -e escaped
done <<END
parse log
parse --titles -j 2 logs log
parse --format json --summary log
symbolize log
symbolize --filter log
match --target x log
match --explain --target-log log log
dedup logs
watch --once log
corpus test cases
replay log
END
is 'standard input' nothing "$(cat log | escaped "$CULPRIT" parse)"
gzip -k log
is 'compressed' ' nothing' " $(LD_PRELOAD=$tmp/escape.so "$CULPRIT" parse -t log.gz >out 2>err; cat out | grep -c KASAN | sed 's/1/nothing/')"

# --- what a command needs stays possible, and nothing beside it
mkdir -p profiles
ESCAPE_DIR=profiles
is 'match --learn writes its profile, beside it' ' write-there' "$(escaped "$CULPRIT" match --learn --profile profiles/p log log log)"
holds 'the profile is there' test -s profiles/p
rm -f profiles/escaped
is 'match --profile only reads' nothing "$(escaped "$CULPRIT" match --profile profiles/p log)"
mkdir -p prom
ESCAPE_DIR=prom
is 'watch --prometheus writes its file, beside it' ' write-there' "$(escaped "$CULPRIT" watch --once --prometheus prom/p log)"
holds 'the counts are there' test -s prom/p
ESCAPE_DIR=cache/culprit
is 'an index is kept in the cache' ' write-there' "$(escaped "$CULPRIT" symbolize --vmlinux /bin/true log)"
rm -rf cache
is 'without cache, no place' nothing "$(escaped "$CULPRIT" symbolize --no-cache --vmlinux /bin/true log)"
ESCAPE_DIR=
mkdir -p tree/scripts
is '--src without its script: no programs' nothing "$(escaped "$CULPRIT" symbolize --src tree --no-cache log)"
echo 'print "x\n";' >tree/scripts/get_maintainer.pl
is '--src with its script: programs, no files' ' connect exec' "$(escaped "$CULPRIT" symbolize --src tree --no-cache log)"

# --- a machine that has nothing of it
run "$CULPRIT" parse --sandbox=sometimes log
is 'a word that is none' 2 "$code"
has 'a word that is none: named' "sometimes" "$err"
finish
