#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit parse: what a user sees and what scripts rely on.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

case_log() { sed '1,/^$/d' "$top/corpus/$1"; }

case_log kasan/slab-out-of-bounds-read-x86 >oob.log
title='KASAN: slab-out-of-bounds Read in kc_oob_read'
# A kernel without time stamps, cut out of a log: one line is enough for a title.
cat >hung.log <<'END'
[    0.000000] Linux version 6.1.0-test (x@y) #1 SMP
[    1.000000] Run /sbin/init as init process
[  246.812953] INFO: task worker:75 blocked for more than 122 seconds.
[  246.813000]       Not tainted 6.1.0-test #1
[  246.813100] "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
[  246.813200] task:worker          state:D stack:    0 pid:   75 ppid:     1 flags:0x00004000
[  246.813300] Call Trace:
[  246.813400]  <TASK>
[  246.813500]  __schedule+0x2c5/0x8d0
[  246.813600]  schedule+0x5b/0xd0
[  246.813700]  wait_for_completion+0x8d/0x140
[  246.813800]  frob_the_disk+0x12/0x40
[  246.813900]  ksys_sync+0x61/0xb0
[  246.814000]  do_syscall_64+0x3b/0x90
[  246.814100]  entry_SYSCALL_64_after_hwframe+0x63/0xcd
[  246.814200]  </TASK>
END
cat >clean.log <<'END'
[    0.000000] Linux version 6.1.0-test (x@y) #1 SMP
[    1.000000] Run /sbin/init as init process
[    2.000000] systemd[1]: Reached target Multi-User System.

Debian GNU/Linux 12 host ttyS0

host login: 
END

# --- text
run "$CULPRIT" parse oob.log
is 'a crash gives 1' 1 "$code"
is 'text: the title comes first' "$title" "${out%%$'\n'*}"
has 'text: kind' 'crash, KASAN-READ' "$out"
has 'text: place' 'oob.log:' "$out"
has 'text: kernel' '6.1.192-kcrash' "$out"
has 'text: task' '  task      init' "$out"
has 'text: report without prefixes' $'\nBUG: KASAN: slab-out-of-bounds in kc_oob_read+0x7d/0xa0\nRead of size 1' "$out"
is 'text: no colour into a pipe' 0 "$(grep -c $'\033' <<<"$out")"
run "$CULPRIT" parse --color=always oob.log
has 'text: colour when asked for' $'\033[' "$out"
run env NO_COLOR=1 TERM=xterm script -qec "$CULPRIT parse oob.log" /dev/null
is 'text: NO_COLOR on a terminal' 0 "$(grep -c $'\033' <<<"$out")"
run env -u NO_COLOR TERM=xterm script -qec "$CULPRIT parse oob.log" /dev/null
has 'text: colour on a terminal' $'\033[' "$out"

# --- clean, empty, nonsense
run "$CULPRIT" parse clean.log
is 'a clean log gives 0' 0 "$code"
is 'a clean log gives one line' 'no crash found (kernel 6.1.0-test, reached userspace)' "$out"
for format in json titles; do
	run "$CULPRIT" parse --format "$format" clean.log
	is "a clean log gives nothing in $format" '0:' "$code:$out"
done
run "$CULPRIT" parse /dev/null
is 'an empty log' '0:no crash found (the log is empty)' "$code:$out"
head -c 300000 /dev/urandom >noise
run "$CULPRIT" parse --no-boot-failures noise
is 'noise holds no crash' 0 "$code"

# --- titles
run "$CULPRIT" parse --titles oob.log
is 'titles: one file' "$title" "$out"
run "$CULPRIT" parse -t oob.log clean.log hung.log
is 'titles: several files' "oob.log:$title
hung.log:INFO: task hung in frob_the_disk" "$out"
run "$CULPRIT" parse -t --no-filename oob.log hung.log
is 'titles: --no-filename' "$title
INFO: task hung in frob_the_disk" "$out"
run "$CULPRIT" parse -tHn hung.log
is 'titles: -H -n' 'hung.log:3:INFO: task hung in frob_the_disk' "$out"

# --- directories: all files below, in order, but for hidden ones and what is surely no log
mkdir -p logs/deep logs/.git && cp hung.log logs/deep/b.log && cp oob.log logs/a.log && cp oob.log logs/.hidden && cp oob.log logs/.git/x
printf '\177ELF\002\001\001%09d\002\000' 0 >logs/vmlinux && ln -s deep logs/link && ln -s ../hung.log logs/z.log
run "$CULPRIT" parse -t logs/
is 'a directory: its files, also of folders and behind links to files' "logs/a.log:$title
logs/deep/b.log:INFO: task hung in frob_the_disk
logs/z.log:INFO: task hung in frob_the_disk" "$out"
is 'a directory: what is no log is passed over, and told' "1 culprit parse: logs/vmlinux: passed over: it is no log" "$code $err"
run "$CULPRIT" parse logs/vmlinux
is 'a file that is named and no log is an error' 2 "$code"
mkdir empty
run "$CULPRIT" parse empty
is 'a directory without files says nothing of a kernel' '2 culprit parse: no file in empty' "$code $err"
run "$CULPRIT" parse --follow logs
is 'a directory cannot be followed' '2 culprit parse: --follow reads one log, no directory' "$code $err"

# --- many files at once, printed in order
tee many-{1..150}.log <hung.log >/dev/null
"$CULPRIT" parse -t -j 1 $(printf 'many-%d.log ' $(seq 1 150)) >one
"$CULPRIT" parse -t -j 7 $(printf 'many-%d.log ' $(seq 1 150)) >seven
is 'jobs: all files' 150 "$(wc -l <one)"
holds 'jobs: same output, same order' cmp one seven

# --- one file, large enough for several threads
# Each copy has times of its own: what is told twice to the microsecond is one report.
{ case_log kasan/slab-out-of-bounds-read-x86; case_log benign/x86l-memcg-oom; } >copy
times 150 copy | awk -v lines="$(wc -l <copy)" '
	match($0, /^\[ *[0-9]+\.[0-9][0-9][0-9][0-9][0-9][0-9]/) {
		$0 = substr($0, 1, RLENGTH - 3) (101 + int((NR - 1) / lines)) substr($0, RLENGTH + 1)
	}
	1' >large
holds 'jobs: the file is large' [ "$(stat -c %s large)" -ge 4194304 ]
"$CULPRIT" parse -j1 --format json --summary large >one
for jobs in 2 5; do
	"$CULPRIT" parse -j$jobs --format json --summary large >many
	holds "jobs: a large file, $jobs threads" cmp one many
done
is 'jobs: all of it' 150 "$(grep -c '"object":"report"' one)"
sed 's/"file":"large"/"file":null/' one >plain
"$CULPRIT" parse -j4 --format json --summary <large >many
holds 'jobs: a large file as standard input' cmp plain many
gzip -c large | "$CULPRIT" parse -j4 --format json --summary >many
holds 'jobs: a compressed pipe' cmp plain many

# --- JSON
run "$CULPRIT" parse --format json oob.log
is 'json: one line' 1 "$(wc -l <<<"$out")"
is 'json: title' "$title" "$(jq -r .title <<<"$out")"
is 'json: alternative titles' '["bad-access in kc_oob_read"]' "$(jq -c .alt_titles <<<"$out")"
is 'json: verdict' '["crash","KASAN-READ","kc_oob_read",false,null,false,false,null]' \
	"$(jq -c '[.kind, .type, .frame, .corrupted, .corrupted_reason, .suppressed, .panicked, .executor]' <<<"$out")"
is 'json: machine' '["oob.log","6.1.192-kcrash",0,1,"init"]' "$(jq -c '[.file, .kernel.version, .cpu, .pid, .task]' <<<"$out")"
is 'json: lines of the log' 'BUG: KASAN: slab-out-of-bounds in kc_oob_read+0x7d/0xa0' \
	"$(sed -n "$(jq .start_line <<<"$out"),$(jq .end_line <<<"$out")p" oob.log | grep -o 'BUG: KASAN.*[^'$'\r'']')"
is 'json: bytes of the log' 1 \
	"$(tail -c "+$(($(jq .start_offset <<<"$out") + 1))" oob.log |
		head -c "$(jq '.end_offset - .start_offset' <<<"$out")" | grep -c 'BUG: KASAN')"
is 'json: the stacks and their roles' '["call-trace","allocated"]' \
	"$(jq -c '[.stacks[].role | select(. == "call-trace" or . == "allocated")]' <<<"$out")"
is 'json: who allocated it, without the machinery of it' '["kc_oob_read","kc_trigger.cold","kc_write","proc_reg_write"]' \
	"$(jq -c '[.stacks[] | select(.role == "allocated") | .frames[].function][5:9]' <<<"$out")"
is 'json: a frame' '{"function":"kc_write","offset":234,"size":336,"reliable":true,"inline":false}' \
	"$(jq -c '[.stacks[] | select(.role == "call-trace") | .frames[] | select(.function == "kc_write")][0] |
		{function, offset, size, reliable, inline}' <<<"$out")"
run "$CULPRIT" parse --format json --summary clean.log
is 'json: summary' '["summary","clean.log",0,1,"userspace","6.1.0-test"]' \
	"$(jq -c '[.object, .file, .reports, .boots, .phase, .kernel_version]' <<<"$out")"
run "$CULPRIT" parse --summary clean.log
has 'text: summary' 'summary: 0 reports; kernel 6.1.0-test, reached userspace' "$out"

# --- the schema, on every case of the corpus
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
"$python" - "$top/corpus" <<'END'
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if not name.endswith(".md"):
            case = open(os.path.join(folder, name), "rb").read()
            open("case-" + name, "wb").write(case.partition(b"\n\n")[2])
END
printf 'x\xff\xfe\x80y\x1b[31m\xc3\n[    5.000000] BUG: kernel NULL pointer dereference, address: 0000000000000008\n[    5.000001] CPU: 1 PID: 7 Comm: \xff\xc3(\x1b[2J\xed\xa0\x80 Not tainted 6.1.0 #1\n[    5.000002] RIP: 0010:f+0x1/0x2\n[    5.000003] Call Trace:\n[    5.000004]  g+0x1/0x2\n' >bytes.log
"$CULPRIT" parse --format json --summary case-* bytes.log hung.log clean.log >all.json
cat >schema.py <<'END'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.Draft7Validator(schema)
bad = n = 0
for number, line in enumerate(open(sys.argv[2], encoding="utf-8", errors="strict"), 1):
    value = json.loads(line)
    n += 1
    described = schema["definitions"][value["object"]]
    pairs = [(value, described)]
    if value["object"] == "report":
        frame, stack = schema["definitions"]["frame"], schema["definitions"]["stack"]
        for s in value["stacks"]:
            pairs += [(s, stack)] + [(f, frame) for f in s["frames"]]
    for error in [e.message for e in validator.iter_errors(value)] + [
            "keys and schema differ: %s" % sorted(set(v) ^ set(d["properties"]))
            for v, d in pairs if list(v) != list(v) or set(v) != set(d["properties"])]:
        print("line %d: %s" % (number, error[:300]))
        bad += 1
sys.exit(bad != 0 or n == 0)
END
run "$python" schema.py "$top/include/culprit-report.schema.json" all.json
is 'json: real output follows the schema, which describes every key' '' "$out$err"
is 'json: the schema check ran' 0 "$code"
sed 's/"title":"[^"]*"/"title":7/' all.json >broken.json
run "$python" schema.py "$top/include/culprit-report.schema.json" broken.json
is 'json: the schema check can fail' 1 "$code"

# --- bytes of strangers
run "$CULPRIT" parse bytes.log
is 'control bytes are not printed raw' 0 "$(LC_ALL=C grep -ac $'[\001-\010\013-\037\177]' "$tmp/.out")"
holds 'text is UTF-8' iconv -f UTF-8 -t UTF-8 -o /dev/null "$tmp/.out"

# --- compression, standard input
gzip -k oob.log
xz -k oob.log
zstd -q oob.log
bzip2 -k oob.log
cp oob.log.zst nothing-tells
for file in oob.log.gz oob.log.xz oob.log.zst oob.log.bz2 nothing-tells; do
	run "$CULPRIT" parse -t "$file"
	is "compressed: $file" "1:$title" "$code:$out"
done
run bash -c "'$CULPRIT' parse -t <oob.log"
is 'standard input' "$title" "$out"
run bash -c "gzip -c oob.log | '$CULPRIT' parse -tH clean.log -"
is 'standard input among files, compressed' "(standard input):$title" "$out"
head -c 2000 oob.log.gz >cut.gz
run "$CULPRIT" parse -t cut.gz
is 'a cut archive gives 2' 2 "$code"
has 'a cut archive is told' 'culprit parse: ' "$err"

# --- errors
run "$CULPRIT" parse -t missing.log oob.log
is 'a missing file gives 2' 2 "$code"
has 'a missing file is told' 'missing.log: No such file or directory' "$err"
is 'the others are read' "oob.log:$title" "$out"
run "$CULPRIT" parse "$tmp"
is 'a directory gives 2' 2 "$code"
run "$CULPRIT" parse --formatt json oob.log
is 'an unknown option gives 2' "2:" "$code:$out"
has 'an unknown option names the nearest' 'did you mean --format?' "$err"
run "$CULPRIT" parse --format xml oob.log
has 'a wrong word lists the right ones' 'text, json, titles' "$err"
is 'a wrong word gives 2' 2 "$code"
run "$CULPRIT" parse --patterns /nonexistent oob.log
is 'missing patterns give 2' 2 "$code"
mkdir patterns
printf 'patterns:\n  - naem: x\n' >patterns/mine.yaml
run "$CULPRIT" parse --patterns patterns oob.log
is 'a mistake in a pattern gives 2' 2 "$code"
has 'a mistake in a pattern has a place' 'patterns/mine.yaml:2:' "$err"
run "$CULPRIT" parse oob.log -j none
is 'not a number' 2 "$code"
run "$CULPRIT" parse --follow oob.log clean.log
is 'two logs cannot be followed' 2 "$code"
run "$CULPRIT" parse --help
is 'help gives 0' 0 "$code"
is 'help fits 80 columns' '' "$(awk 'length > 80' <<<"$out")"
run script -qec "$CULPRIT parse -t </dev/tty" /dev/null < <(printf '\004')
has 'a terminal is told that it is read' 'reading standard input' "$out$err"
run bash -c "'$CULPRIT' parse -t many-*.log many-*.log many-*.log many-*.log many-*.log | head -n 1"
is 'a reader that goes away is no error' '' "$err"
run bash -c "trap '' PIPE; '$CULPRIT' parse many-*.log many-*.log | head -n 1"
is 'the same with SIGPIPE ignored' '' "$err"
run bash -c "'$CULPRIT' parse oob.log >/dev/full"
is 'a full disk gives 2' 2 "$code"
has 'a full disk is told' 'No space left on device' "$err"

# --- live
# appears FILE TEXT: in time, FILE holds TEXT; a busy machine is given much of it
appears() {
	local deadline=$((${EPOCHREALTIME/./} + 30 * 1000000))
	until grep -q "$2" "$1"; do
		[ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# prompt: a live log's report is there within a second of its last line, the next one, too
prompt() {
	local start took=0
	"$CULPRIT" parse -t --follow <pipe >live &
	pid=$!
	exec 3>pipe
	for log in hung:frob_the_disk oob:kc_oob_read; do
		cat "${log%:*}.log" >&3
		start=${EPOCHREALTIME/./}
		appears live "${log#*:}" || took=never
		[ $((${EPOCHREALTIME/./} - start)) -lt 1000000 ] || took=long
	done
	exec 3>&-
	wait $pid
	code=$?
	[ "$took" = 0 ]
}

# A second is short where others need the processors: one of several tries makes it.
prompt_once() {
	for _ in 1 2 3 4 5 6; do
		prompt && return
	done
	return 1
}

mkfifo pipe
holds 'follow: a report within a second of its last line, and the next one' prompt_once
is 'follow: ends with its input' 1 "$code"
is 'follow: all reports' 2 "$(wc -l <live)"

# A person who watches a pipe sees the report while nothing more comes; into a file it is written once it is complete.
watched() {
	: >seen
	: >kept
	script -qfec "'$CULPRIT' parse -t <pipe" /dev/null </dev/null >seen &
	pid=$!
	exec 3>pipe
	cat hung.log >&3
	appears seen frob_the_disk
	code=$?
	"$CULPRIT" parse -t <pipe2 >kept 3>&- &
	exec 4>pipe2
	cat hung.log >&4
	exec 3>&-
	wait $pid
	[ -s kept ] && code=kept
	exec 4>&-
	wait $!
	[ "$code" = 0 ] && [ -s kept ]
}
mkfifo pipe2
holds 'a pipe that falls silent, on a terminal: its report is there' watched

# caught_up FILE: in time, the process has read all that is in FILE
caught_up() {
	local deadline=$((${EPOCHREALTIME/./} + 30 * 1000000)) fd
	while [ "${EPOCHREALTIME/./}" -lt "$deadline" ]; do
		for fd in /proc/$pid/fd/*; do
			[ "$(readlink "$fd")" = "$PWD/$1" ] || continue
			[ "$(awk '/^pos:/ { print $2 }' "/proc/$pid/fdinfo/${fd##*/}")" = "$(stat -c %s "$1")" ] && return
		done
		sleep 0.05
	done
	return 1
}

# what it is cut to, and then all it grows to, is less than it was
times 100 clean.log >grows.log
"$CULPRIT" parse -t --follow grows.log >grown &
pid=$!
holds 'follow: reads to the end' caught_up grows.log
cat hung.log >>grows.log
holds 'follow: a file that grows' appears grown 'frob_the_disk'
cat clean.log >grows.log
holds 'follow: reads to the end of what was begun anew' caught_up grows.log
cat oob.log >>grows.log
holds 'follow: a file that was begun anew' appears grown 'kc_oob_read'
kill -INT $pid
wait $pid
is 'follow: an interrupt is the end of the log' 1 $?

# by its name: not there, empty (so begins QEMU's -serial file:), turned away in the middle of a line, cut
"$CULPRIT" parse -t --follow later.log >later 2>later.err &
pid=$!
holds 'follow: a file that is not there is waited for' appears later.err 'later.log: it is not there yet'
: >later.log
cat hung.log >>later.log
holds 'follow: a file that began empty' appears later 'frob_the_disk'
printf 'half a line' >>later.log
mv later.log later.log.1
head -c 100 hung.log >>later.log.1
cat oob.log >later.log
holds 'follow: the file that takes its name' appears later 'kc_oob_read'
has 'follow: says that it was replaced' 'later.log: it was replaced: the new file is read from its start' "$(cat later.err)"
: >later.log
holds 'follow: says that it was cut' appears later.err 'later.log: it was cut: read from its new start'
kill -INT $pid
wait $pid
is 'follow: by name, an interrupt ends it' 1 $?
is 'follow: by name, each report once' '1 1' "$(grep -c frob_the_disk later) $(grep -c kc_oob_read later)"
"$CULPRIT" parse -t --follow never.log 2>never.err &
pid=$!
holds 'follow: waits' appears never.err 'not there yet'
kill -TERM $pid
wait $pid
is 'follow: a file that never came held no crash' 0 $?

# --- what stands behind compressed data
gzip -c clean.log >behind.gz
cat behind.gz oob.log >behind
run "$CULPRIT" parse -t behind
has 'text behind a gzip member is read' kc_oob_read "$out"
is 'text behind a gzip member is no error' 1 "$code"
run "$CULPRIT" parse -t <behind
has 'text behind a gzip member of a pipe is read' kc_oob_read "$out"
{ cat behind.gz; head -c 512 /dev/zero; } >behind
run "$CULPRIT" parse -t behind
is 'NUL bytes behind a gzip member are silent' '0 ' "$code $err"
{ gzip -c oob.log; printf '\001\002\377\376\200\003\004\005'; } >behind
run "$CULPRIT" parse -t behind
has 'rubbish behind a gzip member: what came before is told' kc_oob_read "$out"
has 'rubbish behind a gzip member is told' 'neither text nor compressed: left out' "$err"
is 'rubbish behind a gzip member is an error' 2 "$code"

# --- output is bounded by input, as culprit(1) says
yes 'BUG: x y in f' | head -n 2000 >banners.log
holds 'JSON of nothing but banners: at most 60 times' \
	test "$("$CULPRIT" parse -f json banners.log | wc -c)" -le $((60 * $(stat -c %s banners.log)))
holds 'text of nothing but banners: at most 20 times' \
	test "$("$CULPRIT" parse banners.log | wc -c)" -le $((20 * $(stat -c %s banners.log)))

# --- what is no log, or no text
printf 'PERFILE2%600s' '' >perf.data
run "$CULPRIT" parse -t perf.data
is 'a recording is no log' 2 "$code"
has 'a recording is called one' "perf.data is a recording of perf" "$err"

# --- archives: each file is a log of its own
mkdir -p arc/logs arc/none
cp oob.log arc/logs/a.log
gzip -c hung.log >arc/logs/b.log.gz
cp perf.data arc/logs/perf.data
: >arc/logs/empty
tar -C arc -cf a.tar logs/empty logs/a.log logs/perf.data logs/b.log.gz
gzip -k a.tar
for archive in a.tar a.tar.gz; do
	run "$CULPRIT" parse -t $archive
	is "$archive: each file's titles, with its name" "$archive/logs/a.log:$("$CULPRIT" parse -t oob.log)
$archive/logs/b.log.gz:$("$CULPRIT" parse -t hung.log)" "$out"
	is "$archive: a crash" 1 "$code"
	is "$archive: what is no log is told" \
		"culprit parse: $archive: logs/perf.data in it is passed over: it is a recording of perf; it holds no log" "$err"
done
run "$CULPRIT" parse --no-filename -t a.tar
is 'titles of an archive without names' "$("$CULPRIT" parse -t oob.log; "$CULPRIT" parse -t hung.log)" "$out"
run "$CULPRIT" parse -s -f json a.tar
is 'JSON: each file has a summary' 'a.tar/logs/a.log
a.tar/logs/b.log.gz' "$(printf '%s\n' "$out" | jq -r 'select(.object == "summary") | .file')"
run "$CULPRIT" parse -t - <a.tar.gz
has 'an archive through a pipe' '(standard input)/logs/a.log:' "$(printf '%s' "$out" | sed 's/^standard input/(standard input)/')"
run "$CULPRIT" match -t x a.tar
has 'a run has one log' "a.tar holds more than one log: give one of them; 'a.tar/logs/b.log.gz' is the second" "$err"
is 'and no verdict' 128 "$code"
tar -C arc -cf one.tar logs/a.log
run "$CULPRIT" match -t "$("$CULPRIT" parse -t oob.log)" one.tar
is 'an archive of one log is that log' "$("$CULPRIT" match -t "$("$CULPRIT" parse -t oob.log)" oob.log >/dev/null 2>&1; echo $?)" "$code"
tar -C arc -cf none.tar none
run "$CULPRIT" parse none.tar
is 'an archive without a log is an error' 2 "$code"
is 'and says so' 'culprit parse: none.tar is an archive without a log' "$err"
head -c 900 a.tar >cut.tar
run "$CULPRIT" parse -t cut.tar
is 'an archive cut short is an error' 2 "$code"
has 'and says so' 'cannot read the archive cut.tar: ' "$err"
mkdir -p walked
cp one.tar none.tar walked
run "$CULPRIT" parse -t walked
has 'archives in a directory are read' "walked/one.tar/logs/a.log:$("$CULPRIT" parse -t oob.log)" "$out"
has 'and passed over where they hold no log' 'walked/none.tar: passed over: it is no log' "$err"
if command -v zip >/dev/null; then
	(cd arc && zip -qr ../a.zip logs/a.log)
	run "$CULPRIT" parse -t a.zip
	is 'zip' "a.zip/logs/a.log:$("$CULPRIT" parse -t oob.log)" "$out"
fi
if command -v lz4 >/dev/null; then
	lz4 -qf oob.log a.lz4
	run "$CULPRIT" parse -t --no-filename a.lz4
	is 'lz4' "$("$CULPRIT" parse -t oob.log)" "$out"
	lz4 -qf a.tar a.tar.lz4
	run "$CULPRIT" parse -t a.tar.lz4
	has 'lz4 of tar' "a.tar.lz4/logs/a.log:$("$CULPRIT" parse -t oob.log)" "$out"
fi
if command -v cpio >/dev/null; then
	(cd arc && echo logs/a.log | cpio -o -H newc --quiet) >a.cpio
	run "$CULPRIT" parse -t a.cpio
	is 'cpio' "a.cpio/logs/a.log:$("$CULPRIT" parse -t oob.log)" "$out"
fi
run "$CULPRIT" match -t x "$CULPRIT"
has 'a program is no log that could be clean' 'is a program, library or module (ELF), no log' "$err"
is 'nor is the answer that it is clean' 128 "$code"
{ printf '\377\376'; sed 's/./&\x00/g; s/$/\r/' oob.log | LC_ALL=C sed 's/\r$/\r\x00/' | LC_ALL=C awk '{ printf "%s\n%c", $0, 0 }'; } >wide.log
run "$CULPRIT" parse -t wide.log
has 'UTF-16 is read' kc_oob_read "$out"

# --- what log servers and journalctl -r write
tac oob.log >newest.log
run "$CULPRIT" parse -t newest.log
is 'a log with its newest line first reads as the log' "$("$CULPRIT" parse -t oob.log)" "$out"
has 'that it was turned round is told' 'newest.log: its newest line comes first: read from the last to the first' "$err"
run "$CULPRIT" parse -t oob.log
is 'of others nothing is told' '' "$err"

"$CULPRIT" parse -t <pipe >stream &
pid=$!
exec 3>pipe
cat hung.log >&3
times 100 clean.log >&3
holds 'a report is printed as soon as others speak again' appears stream 'frob_the_disk'
exec 3>&-
wait $pid

finish
