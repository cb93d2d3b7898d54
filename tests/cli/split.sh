#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# --split of parse and dedup: parts 1 to n, one behind the other or merged, are the whole. test_feed.c asks it of single
# logs; here are many, of all kinds, and the programs that drive parts.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

mkdir logs logs/more
for log in "$top"/corpus/{hang,boot-failure}/*; do
	sed '1,/^$/d' "$log" >"logs/${log##*/}.log"
done
# one that is most of all, so that every cut goes through it; what cannot be cut; what is none; and empty ones between them
cat logs/*.log >logs/large.log
gzip -k logs/large.log
gzip -c "$top/LICENSE" >logs/more/benign.gz
tac "$(ls -S logs/*.log | sed -n 3p)" >logs/more/turned.log
head -c 3000 "$CULPRIT" >logs/more/program
: >logs/empty.log
: >logs/more/zz-empty.log
tar -cf logs/more/archive.tar logs/large.log logs/empty.log

# parts COMMAND N [OPTION...]: what the parts print, in order
parts() {
	local command=$1 n=$2 i
	shift 2
	for ((i = 1; i <= n; i++)); do
		"$CULPRIT" "$command" --split "$i/$n" "$@"
	done
}
for form in "-t -n" "-f json -s" "-f text"; do
	# shellcheck disable=SC2086
	"$CULPRIT" parse $form logs >whole 2>whole.err
	case $form in -t*) several="2 9" ;; *json*) several=5 ;; *) several=3 ;; esac
	for n in $several; do
		# shellcheck disable=SC2086
		parts parse "$n" $form logs >parted 2>parted.err
		holds "parse $form: $n parts are the whole" cmp whole parted
		holds "parse $form: $n parts complain as the whole does" cmp <(sort whole.err) <(sort parted.err)
	done
done
"$CULPRIT" parse -t logs >whole 2>/dev/null
holds 'which has reports' test "$(wc -l <whole)" -gt 100
holds 'of the large log, too' grep -q 'large.log:' whole

# each part has some, and the exit status is its own
: >some
for i in 1 2 3 4; do
	"$CULPRIT" parse -t --split "$i/4" logs/large.log >part
	echo "$? $([ -s part ] && echo some)" >>some
done
is 'each part of a log has reports' 4 "$(grep -c '^1 some' some)"
{ yes 'nothing to see here' | head -n 9999; cat logs/large.log; } >late.log
run "$CULPRIT" parse -t --split 1/9 late.log
is 'a part without any gives 0' "0 " "$code $out"

# --- programs that drive parts
seq 5 | xargs -P 2 -I{} sh -c '"$0" parse -t --split {}/5 logs >by-xargs.{} 2>/dev/null' "$CULPRIT"
holds 'xargs -P' cmp whole <(cat by-xargs.[1-5])
if command -v parallel >/dev/null; then
	seq 5 | parallel --will-cite --keep-order -j 2 "$CULPRIT" parse -t --split {}/5 logs >by-parallel 2>/dev/null
	holds 'GNU parallel' cmp whole by-parallel
	seq 5 | parallel --will-cite -j 2 "$CULPRIT" dedup -f json --split {}/5 logs '2>/dev/null >' dedup.{}.json 2>/dev/null
	holds 'GNU parallel, merged' cmp <("$CULPRIT" dedup -f json logs 2>/dev/null) <("$CULPRIT" dedup -f json --merge dedup.*.json)
fi

# --- dedup: merged in any brackets and order
"$CULPRIT" dedup -f json logs >whole.json 2>/dev/null
RANDOM=7
for n in 3 6; do
	for ((i = 1; i <= n; i++)); do
		"$CULPRIT" dedup -f json --split "$i/$n" logs >"$n-$i.json" 2>/dev/null
	done
	set -- "$n"-*.json
	# two of them, by chance, become one, until one is left
	while [ $# -gt 1 ]; do
		for ((k = RANDOM % $#; k > 0; k--)); do set -- "${@:2}" "$1"; done
		merged=$n-$#-merged.json
		"$CULPRIT" dedup -f json --merge "$1" "$2" >"$merged"
		shift 2
		set -- "$@" "$merged"
	done
	holds "dedup: $n parts, merged by chance, are the whole" cmp whole.json "$1"
done
holds 'dedup: which has bugs' test "$(wc -l <whole.json)" -gt 20

# --- refused
for bad in 0/3 4/3 3 x/3 1/0 1/3x; do
	run "$CULPRIT" parse --split "$bad" logs
	is "--split $bad is wrong usage" 2 "$code"
	has "--split $bad: why" "--split takes I/N" "$err"
done
run "$CULPRIT" parse --split 1/2 </dev/null
has 'standard input has no parts' 'standard input has no size' "$err"
run "$CULPRIT" parse --split 1/2 --follow late.log
is 'nor has what is followed' 2 "$code"
run "$CULPRIT" parse --split 1/2 --format junit late.log
is 'nor do formats with a frame' 2 "$code"
run "$CULPRIT" dedup --split 1/2 --merge whole.json
has 'split and merge exclude each other' 'not both' "$err"
run "$CULPRIT" parse --split 1/2 absent.log late.log
has 'a log that is not there: one part says so' 'absent.log' "$err"
run "$CULPRIT" parse --split 2/2 absent.log late.log
is 'and only one' "" "$err"
finish
