# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit dedup --db and culprit db: what is kept, asked, written by several, brought up from older versions.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

# crash FUNCTION CALLER KERNEL [HARDWARE]
crash() {
	cat <<END
[    1.000000] Linux version $3 (a@b) #1 SMP
[    9.000001] BUG: KASAN: use-after-free in $1+0x18/0x200
[    9.000002] Read of size 8 at addr ffff888003e1cf78 by task prog/12
[    9.000003] CPU: 0 PID: 12 Comm: prog Not tainted $3 #1
${4:+[    9.000003] Hardware name: $4
}[    9.000004] Call Trace:
[    9.000005]  <TASK>
[    9.000006]  dump_stack_lvl+0x45/0x5b
[    9.000007]  kasan_report+0xb4/0x120
[    9.000008]  $1+0x18/0x200
[    9.000009]  $2+0x20/0x90
[    9.000010]  $2_ioctl+0x40/0x300
[    9.000011]  do_syscall_64+0x35/0x80
[    9.000012]  </TASK>
[    9.000013] ==================================================================
END
}
of() { echo "KASAN: use-after-free Read in $1"; }
titles() { sed -n 's/.*"title":"\([^"]*\)".*/\1/p' <<<"$out"; }

mkdir logs
crash frob_old frob_close 6.12.0 'Acme X1' >logs/a.log
{ crash frob_old frob_close 6.13.0-rc2 'Acme X2'; crash frob_new frob_close 6.13.0-rc2 'Acme X2'; } >logs/b.log
crash frob_late frob_open 6.13.4 >logs/c.log
crash frob_next frob_open 6.14.0-rc1 >logs/d.log
crash frob_back frob_open 5.10.200 >logs/e.log
touch -d 2026-11-01T00:00:00Z logs/*
touch -d 2026-11-20T12:00:00Z logs/b.log
db() { run "$CULPRIT" db "$1" --db store "${@:2}"; }

# --- writing
run "$CULPRIT" dedup --db store logs
is 'dedup tells what it always told' 1 "$code"
has 'in its table' '5 bugs in 6 reports of 5 logs' "$out"
db find "$(of frob_old)" --format json
is 'a title is found' "$(of frob_old)" "$(titles)"
has 'with its reports' '"n_reports":2,' "$out"
has 'its times' '"first_seen":1793491200,"last_seen":1795176000' "$out"
has 'its kernels, oldest first' '"kernels":["6.12.0","6.13.0-rc2"],"n_kernels":2' "$out"
has 'its machines' '"n_machines":2' "$out"
cp "$tmp/.out" first
"$CULPRIT" dedup --db store logs >again.txt
"$CULPRIT" dedup --db store logs/a.log ./logs/../logs/b.log >again.txt
db find "$(of frob_old)" --format json
is 'what is read again is not counted again' "$(cat first)" "$out"
crash frob_old frob_close 6.12.0 | "$CULPRIT" dedup --db store --machine rack7 - >again.txt
db find "$(of frob_old)" --format json
has 'standard input is a log of its own' '"n_reports":3,' "$out"
has 'and --machine says whose it is' '"n_machines":3' "$out"

# --- questions
db new --since 2026-11-10 --format json
is 'new titles, the newest first' "$(of frob_new)" "$(titles)"
is 'something is new: exit code 1' 1 "$code"
db new --since 2030-01-01
is 'nothing is new: exit code 0' '0 ' "$code $out"
db find --prefix 'KASAN: use-after-free Read in frob_n' --format json
is 'titles by their beginning' "$(of frob_new)
$(of frob_next)" "$(titles)"
db find 'KASAN: use-after-free Read in frob_n'
is 'which are no titles' '0 ' "$code $out"
db find --stack 'frob_new frob_close' --format json
is 'a stack by its first functions' "$(of frob_new)" "$(titles)"
has 'and all of them' '"frames":"frob_new frob_close frob_close_ioctl' "$out"
db find --stack 'frob_new frob_clo'
is 'only whole functions' '0 ' "$code $out"
db regressions v6.12..v6.13 --format json
is 'regressions of a series, with its stable releases' "$(of frob_late)
$(of frob_new)" "$(titles | sort)"
db regressions v6.12..v6.13-rc2 --format json
is 'up to a release candidate' "$(of frob_new)" "$(titles)"
db regressions v6.13-rc1..v6.14 --format json
is 'after one' "$(of frob_late)
$(of frob_new)
$(of frob_next)" "$(titles | sort)"
db regressions v4.19..v5.10
is 'an older side without reports tells nothing' 2 "$code"
has 'and that is said' 'cannot be told' "$err"
for range in v6.13..v6.12 v6.12..v6.12 v6.12 abc..def v6.12..v6.13junk; do
	db regressions $range
	is "no range: $range" 2 "$code"
done
db find
is 'find needs something' 2 "$code"
run env -u CULPRIT_DB "$CULPRIT" db new --since 1d
is 'and a store' 2 "$code"
run env CULPRIT_DB=store "$CULPRIT" db find "$(of frob_old)"
has 'which the environment may name; text for people' "     3  $(of frob_old)
        2026-11-01 to " "$out"
db new
is 'new needs a time' 2 "$code"
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
db find --prefix KASAN --format json
cp "$tmp/.out" all.json
db find --stack frob_new --format json
cat "$tmp/.out" >>all.json
run "$python" -c 'import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
for line in open(sys.argv[2]): jsonschema.validate(json.loads(line), schema, jsonschema.Draft7Validator)' \
	"$top/include/culprit-db.schema.json" all.json
is 'json follows its schema' '0 ' "$code $err"

# --- several writers at once, one of them killed
mkdir many
for i in $(seq 40); do
	for n in 1 2 3 4 5; do crash "frob_$(((i + n) % 7))" frob_close 6.1.0; done >"many/$i.log"
done
"$CULPRIT" dedup --db busy many/4.log >/dev/null & killed=$!
kill -KILL "$killed" 2>/dev/null
for w in 1 2 3 4 5 6; do
	"$CULPRIT" dedup --db busy many/?"$((w % 4))".log many/?.log many/40.log >/dev/null 2>>busy.err &
done
for i in many/*.log; do "$CULPRIT" dedup --db busy -j 1 "$i" >/dev/null 2>>busy.err & done
wait
is 'writers do not disturb each other' '' "$(cat busy.err)"
run "$CULPRIT" db find --db busy --prefix KASAN --format json
sum() { sed -n 's/.*"n_reports":\([0-9]*\).*/\1/p' <<<"$out" | awk '{ n += $1 } END { print n }'; }
is 'and nothing is lost or counted twice' 200 "$(sum)"
run "$python" -c 'import sqlite3, sys
db = sqlite3.connect("busy")
one = lambda q: db.execute(q).fetchone()[0]
print(one("SELECT count(*) FROM reports"), one("SELECT sum(n) FROM counts"), one("PRAGMA integrity_check"))'
is 'reports, counts and the file itself agree' '200 200 ok' "$out"

# --- versions of the store. This is version 1 as it was: never changed, whatever happens to the code.
"$python" - <<'END'
import sqlite3
db = sqlite3.connect("v1")
db.executescript("""
CREATE TABLE titles(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, n INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE faces(id INTEGER PRIMARY KEY, title INTEGER NOT NULL REFERENCES titles, frames TEXT NOT NULL, UNIQUE(title, frames));
CREATE INDEX faces_by_frames ON faces(frames);
CREATE TABLE kernels(id INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, place INTEGER);
CREATE TABLE machines(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE files(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE reports(file INTEGER NOT NULL, line INTEGER NOT NULL, face INTEGER NOT NULL, kernel INTEGER NOT NULL, machine INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY(file, line, face)) WITHOUT ROWID;
CREATE TABLE counts(face INTEGER NOT NULL, kernel INTEGER NOT NULL, machine INTEGER NOT NULL, n INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(face, kernel, machine)) WITHOUT ROWID;
INSERT INTO titles VALUES(1, 'KASAN: use-after-free Read in frob_old', 1, 1700000000, 1700000000);
INSERT INTO faces VALUES(1, 1, 'frob_old frob_close');
INSERT INTO kernels VALUES(1, '5.15.0', 5015000999);
INSERT INTO machines VALUES(1, '');
INSERT INTO files VALUES(1, '/gone/away.log');
INSERT INTO reports VALUES(1, 2, 1, 1, 1, 1700000000);
INSERT INTO counts VALUES(1, 1, 1, 1, 1700000000, 1700000000);
PRAGMA application_id = 1668051058;
PRAGMA user_version = 1;
""")
END
run "$CULPRIT" db find --db v1 "$(of frob_old)" --format json
has 'an older store is read' '"n_reports":1,' "$out"
version() { "$python" -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version").fetchone()[0])' "$1"; }
is 'and left as it is' 1 "$(version v1)"
for i in 1 2 3; do "$CULPRIT" dedup --db v1 logs >/dev/null 2>>v1.err & done
wait
is 'who writes brings it up, be they several' '2 ' "$(version v1) $(cat v1.err)"
run "$CULPRIT" db find --db v1 "$(of frob_old)" --format json
has 'nothing is lost' '"n_reports":3,"first_seen":1700000000,' "$out"
has 'old and new are one' '"kernels":["5.15.0","6.12.0","6.13.0-rc2"]' "$out"
"$python" -c 'import sqlite3; db = sqlite3.connect("v1"); db.execute("PRAGMA user_version = 99")'
for command in "db new --since 1d --db v1" "dedup --db v1 logs"; do
	# shellcheck disable=SC2086 # words on purpose
	run "$CULPRIT" $command
	is "a newer one is refused: $command" 2 "$code"
	has 'with the reason' 'newer culprit' "$err"
done
"$python" -c 'import sqlite3; db = sqlite3.connect("other"); db.execute("CREATE TABLE t(x)"); db.commit()'
cp other other.before
run "$CULPRIT" dedup --db other logs
is "another program's database is refused" 2 "$code"
holds 'and not touched' cmp -s other other.before
echo 'this is no database, but longer than its header would be: so many bytes, and so many more of them, to the end of them all' >junk
run "$CULPRIT" dedup --db junk logs
is 'so is what is none' 2 "$code"
run "$CULPRIT" db new --since 1d --db nowhere
is 'who asks makes no store' '2 no' "$code $([ -e nowhere ] && echo yes || echo no)"
run "$CULPRIT" dedup --merge --db store x.json
is '--merge has no reports for it' 2 "$code"
finish
