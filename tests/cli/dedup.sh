# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit dedup: groups, formats, --since, --merge.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

# crash FUNCTION CALLER OFFSET: a KASAN report; warning FUNCTION CALLER
crash() {
	cat <<END
[    1.000000] Linux version 6.1.0-test (a@b) #1 SMP
[    9.000000] ==================================================================
[    9.000001] BUG: KASAN: use-after-free in $1+$3/0x200
[    9.000002] Read of size 8 at addr ffff888003e1cf78 by task prog/12$3
[    9.000003] CPU: 0 PID: 12 Comm: prog Not tainted 6.1.0-test #1
[    9.000004] Call Trace:
[    9.000005]  <TASK>
[    9.000006]  dump_stack_lvl+0x45/0x5b
[    9.000007]  kasan_report+0xb4/0x120
[    9.000008]  $1+$3/0x200
[    9.000009]  $2+0x20/0x90
[    9.000010]  $2_ioctl+0x40/0x300
[    9.000011]  do_syscall_64+0x35/0x80
[    9.000012]  </TASK>
[    9.000013] ==================================================================
END
}
fault() {
	cat <<END
[    1.000000] Linux version 6.1.0-test (a@b) #1 SMP
[    9.000000] general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP
[    9.000001] CPU: 0 PID: 12 Comm: prog Not tainted 6.1.0-test #1
[    9.000002] RIP: 0010:$1+0x10/0x1d0
[    9.000003] Call Trace:
[    9.000004]  <TASK>
[    9.000005]  $2+0x20/0x80
[    9.000006]  $2_ioctl+0x40/0x2f0
[    9.000007]  do_syscall_64+0x35/0x80
[    9.000008]  </TASK>
[    9.000009] ---[ end trace 0000000000000000 ]---
END
}
mkdir -p logs/old logs/new
crash frob_disk frob 0x10 >logs/old/1.log
crash frob_disk frob 0x18 >logs/old/2.log
crash quux_open quux 0x10 >logs/new/3.log
fault frob_disk frob >logs/new/4.log
touch -d 2026-01-02T03:04:05Z logs/old/*.log
touch -d 2026-03-04T05:06:07Z logs/new/*.log

run "$CULPRIT" dedup logs
is 'the table' ' reports  bug
       3  KASAN: use-after-free Read in frob_disk
          also general protection fault in frob_disk (1)
          2026-01-02 to 2026-03-04, logs/old/1.log:3
       1  KASAN: use-after-free Read in quux_open
          2026-03-04, logs/new/3.log:3
2 bugs in 4 reports of 4 logs' "$out"
is 'at least one: the exit code of parse' "1 " "$code $err"
whole=$out
is 'one thread or many' "$whole" "$("$CULPRIT" dedup -j 1 logs/new logs/old)"
is 'the files by name' "$whole" "$("$CULPRIT" dedup logs/new/4.log logs/old/2.log logs/old/1.log logs/new/3.log)"
run "$CULPRIT" dedup --explain logs
has 'why it is one bug' '%: ' "$out"
has 'and where each face was seen' 'logs/new/4.log:2' "$out"
run "$CULPRIT" dedup --color=always logs
has 'colour when asked' $'\e[' "$out"
run "$CULPRIT" dedup <logs/old/1.log
has 'standard input' '(standard input):3' "$out"
has 'which has no day' '1 bug in 1 report of 1 log' "$out"
printf 'nothing here\n' >clean.log
run "$CULPRIT" dedup clean.log
is 'nothing found' '0 no crash found in 1 log' "$code $out"

# --- since
run "$CULPRIT" dedup --since 2026-02-01 logs
has 'only logs written since a day' '2 bugs in 2 reports of 2 logs' "$out"
run "$CULPRIT" dedup --since '2026-03-04 05:06:08' logs
is 'to the second' '0 no crash found in 0 logs' "$code $out"
touch -d '3 hours ago' logs/new/3.log
run "$CULPRIT" dedup --since 4h logs
has 'by age' '1 bug in 1 report of 1 log' "$out"
run "$CULPRIT" dedup --since 2h logs
is 'too old' '0 no crash found in 0 logs' "$code $out"
for bad in yesterday 7 7y 2026-13-01 -1d ''; do
	run "$CULPRIT" dedup --since="$bad" logs
	is "no time: '$bad'" 2 "$code"
done
touch -d 2026-03-04T05:06:07Z logs/new/3.log

# --- JSON, and putting parts together
"$CULPRIT" dedup -f json logs >whole.json
is 'json: a line for each bug, and one for all' '["bug","KASAN: use-after-free Read in frob_disk","use-after-free","frob_disk",3,1767323045,1772600767]
["bug","KASAN: use-after-free Read in quux_open","use-after-free","quux_open",1,1772600767,1772600767]
["dedup",4,0,4,2]' "$(jq -c 'if .object == "bug" then [.object, .title, .class, .frame, .n_reports, .first_seen, .last_seen] else [.object, .n_logs, .n_failed, .n_reports, .n_bugs] end' whole.json)"
is 'json: titles' '[["KASAN: use-after-free Read in frob_disk",2],["general protection fault in frob_disk",1]]' \
	"$(jq -sc '.[0].titles | map([.title, .n_reports])' whole.json)"
i=0
for log in logs/old/1.log logs/old/2.log logs/new/3.log logs/new/4.log; do
	i=$((i + 1))
	"$CULPRIT" dedup -f json $log >part$i.json
done
"$CULPRIT" dedup --merge -f json part1.json part2.json >a.json
"$CULPRIT" dedup --merge -f json part4.json part3.json >b.json
holds 'merge: (1 2) (4 3) is all at once' cmp whole.json <("$CULPRIT" dedup --merge -f json a.json b.json)
holds 'merge: in the other order' cmp whole.json <("$CULPRIT" dedup --merge -f json b.json a.json)
"$CULPRIT" dedup --merge -f json part3.json a.json >c.json
holds 'merge: in other brackets' cmp whole.json <("$CULPRIT" dedup --merge -f json part4.json c.json)
holds 'merge: parts in one file, from standard input' cmp whole.json <(cat part*.json | "$CULPRIT" dedup --merge -f json)
holds 'merge: of one is the same' cmp whole.json <("$CULPRIT" dedup --merge -f json whole.json)
run "$CULPRIT" dedup --merge a.json b.json
is 'merge: as a table' "1 $whole" "$code $out"
# the corpus, in two parts: kinds of all sorts
find "$top/corpus/kasan" "$top/corpus/lockdep" "$top/corpus/hang" "$top/corpus/boot-failure" -type f | sort >list
awk 'NR % 3 == 0' list | tr '\n' '\0' | xargs -0 "$CULPRIT" dedup -f json >x.json
awk 'NR % 3 != 0' list | tr '\n' '\0' | xargs -0 "$CULPRIT" dedup -f json >y.json
tr '\n' '\0' <list | xargs -0 "$CULPRIT" dedup -f json >xy.json
holds 'merge: the corpus in two parts is the corpus' cmp xy.json <("$CULPRIT" dedup --merge -f json y.json x.json)
holds 'merge: which has many bugs' test "$(wc -l <xy.json)" -gt 50

# what is not ours is refused with its place
refuse() {
	run "$CULPRIT" dedup --merge bad.json
	is "refused: $1" 2 "$code"
	has "refused, with its place: $1" 'culprit dedup: bad.json:' "$err"
}
head -1 whole.json >bad.json && echo '{"object":' >>bad.json && refuse 'torn JSON'
has 'the line is told' 'bad.json:2: ' "$err"
echo '[]' >bad.json && refuse 'no object'
echo '{"object":"report","schema_version":1}' >bad.json && refuse 'what another command wrote'
sed 's/"schema_version":1/"schema_version":2/' whole.json >bad.json && refuse 'another version'
sed 's/"n_reports":1,"first/"n_reports":-1,"first/' whole.json >bad.json && refuse 'a negative count'
sed 's/"title KASAN[^"]*"/"tilte"/' whole.json >bad.json && refuse 'a symptom that is none'
sed 's/"symptom":\[[^]]*\]/"symptom":null/' whole.json >bad.json && refuse 'no symptom'
: >bad.json && refuse 'an empty file'
run "$CULPRIT" dedup --merge absent.json
is 'a file that is not there' '2 culprit dedup: cannot open absent.json: No such file or directory' "$code $err"
run "$CULPRIT" dedup --merge --since 7d whole.json
is 'merge and since exclude each other' 2 "$code"

# --- what cannot be read
run "$CULPRIT" dedup logs/old absent.log
is 'the rest is told, and the code says so' '2 culprit dedup: cannot open absent.log: No such file or directory' "$code $err"
has 'the rest' '1 bug in 2 reports of 3 logs' "$out"

python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
cat >schema.py <<'END'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.Draft7Validator(schema)
bad = n = 0
for line in open(sys.argv[2], encoding="utf-8", errors="strict"):
    value = json.loads(line)
    n += 1
    described = schema["definitions"][value["object"]]["properties"]
    for error in [e.message for e in validator.iter_errors(value)] + (
            ["keys differ: %s" % sorted(set(value) ^ set(described))] if set(value) != set(described) else []):
        print(error[:300])
        bad += 1
sys.exit(bad != 0 or n == 0)
END
run "$python" schema.py "$top/include/culprit-dedup.schema.json" xy.json
is 'json follows its schema, which describes every key' '0 ' "$code $out$err"
sed 's/"n_reports":1,/"n_reports":"1",/' xy.json >broken.json
run "$python" schema.py "$top/include/culprit-dedup.schema.json" broken.json
is 'the schema check can fail' 1 "$code"
finish
