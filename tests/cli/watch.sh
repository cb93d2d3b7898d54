# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# culprit watch: reports as they come, rotation, counts for Prometheus.  Each step waits for
# what must come, at most 60 s, and so takes as long as the machine needs.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

# warning FUNCTION
warning() {
	printf '[    2.0] ------------[ cut here ]------------\n[    2.0] WARNING: CPU: 0 PID: 1 at a/b.c:3 %s+0x1/0x20\n' "$1"
	printf '[    2.0] RIP: 0010:%s+0x1/0x20\n[    2.1] Call Trace:\n[    2.1]  open_it+0x1/0x20\n[    2.1] ---[ end trace 0000000000000000 ]---\n' "$1"
}

# wait_for FILE REGEX: until a line of it fits
wait_for() {
	local i
	for ((i = 0; i < 600; i++)); do
		grep -qE -- "$2" "$1" 2>/dev/null && return 0
		kill -0 "$watcher" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
# comes NAME REGEX [FILE]
comes() { holds "$1" wait_for "${3:-out.txt}" "$2" || sed 's/^/    /' out.txt err.txt; }
start() {
	: >out.txt
	: >err.txt
	"$CULPRIT" watch "$@" >out.txt 2>err.txt &
	watcher=$!
	wait_for err.txt 'so far$'
}
stop() {
	kill -TERM "$watcher"
	wait "$watcher"
	code=$?
}
trap 'kill "$watcher" 2>/dev/null; rm -rf "$tmp" "$git_home"' EXIT

mkdir -p logs/deep
warning was_there >logs/a.log
warning was_there >logs/deep/b.log
warning compressed | gzip >logs/old.log.gz
warning hidden >logs/.hidden
start logs
is 'what is there is counted, not told' 'culprit watch: 2 logs, 2 reports of 1 title so far' "$(cat err.txt)"
is 'and nothing printed' '' "$(cat out.txt)"
warning first >>logs/a.log
comes 'a new title, marked, with its place' '^[0-9:]{8}     new  WARNING in first  logs/a\.log:8$'
warning was_there >>logs/deep/b.log
comes 'a known one, with how often it was seen' '^[0-9:]{8}       3  WARNING in was_there  logs/deep/b\.log:8$'
mkdir logs/later && warning in_new_folder >logs/later/c.log
comes 'a log in a new folder' 'new  WARNING in in_new_folder  logs/later/c\.log:2'
# half a report, silence, the rest of another: told once complete or silent
warning in_pieces | head -c 90 >>logs/a.log
warning in_pieces | tail -c +91 >>logs/a.log
comes 'a report in pieces' 'new  WARNING in in_pieces  logs/a\.log'

# rotation: renamed and begun anew
mv logs/a.log logs/a.log.1
warning after_rename >>logs/a.log.1
warning in_next >logs/a.log
comes 'what is still written to the renamed log' 'new  WARNING in after_rename  logs/a\.log\.1:'
comes 'and to the new one of its name' 'new  WARNING in in_next  logs/a\.log:2'
# copied and cut
cp logs/deep/b.log logs/deep/b.log.1 && : >logs/deep/b.log
comes 'a log that was cut is told' 'logs/deep/b\.log: it was cut: read from its new start' err.txt
warning after_cut >>logs/deep/b.log
comes 'and read from its new start' 'new  WARNING in after_cut  logs/deep/b\.log:'
printf '\177ELF\002\001\001%09d\002\000' 0 >logs/vmlinux
comes 'what is no log is passed over, and told' 'logs/vmlinux: passed over: it is no log' err.txt
rm logs/later/c.log
warning last | head -n 3 >>logs/a.log
comes 'a report that is cut, after silence' 'new  WARNING in last  logs/a\.log'
warning at_the_end | head -n 3 >>logs/a.log
stop
is 'at the end: at least one' 1 "$code"
has 'what was half there' 'WARNING in at_the_end' "$(cat out.txt)"
has 'a table, most frequent first' '       3  WARNING in was_there
       1  WARNING in after_cut' "$(cat out.txt)"
is 'the copy was not counted again' 1 "$(grep -c 'WARNING in was_there  ' out.txt)"

# --- patterns, files that are not there yet, JSON
mkdir -p hosts/one
start -f json --all 'hosts/*/console' late.log
mkdir -p hosts/two && warning by_pattern >hosts/two/console
comes 'a log that a pattern fits later' '"title":"WARNING in by_pattern"'
warning by_name >late.log
comes 'a log that was not there' '"title":"WARNING in by_name"'
warning by_name >>late.log
comes 'again' '"count":2'
stop
is 'json: its keys' '["watch",1,true,1,"WARNING in by_pattern","crash","hosts/two/console",2]' \
	"$(jq -c 'select(.title == "WARNING in by_pattern") | [.object, .schema_version, .new, .count, .title, .kind, .file, .line]' out.txt)"
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3
validate() { "$python" -c 'import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
for line in open(sys.argv[2]): jsonschema.validate(json.loads(line), schema)' "$top/include/culprit-watch.schema.json" "$1" 2>/dev/null; }
holds 'json: follows its schema' validate out.txt
sed 's/"count":/"cuont":/' out.txt >broken.txt
is 'json: the schema check can fail' 1 "$(validate broken.txt; echo $?)"
is 'json: nothing but objects' 3 "$(jq -c . out.txt | wc -l)"

# --- Prometheus
run "$CULPRIT" watch --once --prometheus - logs/a.log.1 hosts
is 'prometheus: the counts' '# TYPE culprit_reports_total counter
culprit_reports_total{kind="crash",title="WARNING in was_there"} 1
culprit_reports_total{kind="crash",title="WARNING in first"} 1
culprit_reports_total{kind="crash",title="WARNING in in_pieces"} 1
culprit_reports_total{kind="crash",title="WARNING in after_rename"} 1
culprit_reports_total{kind="crash",title="WARNING in by_pattern"} 1' "$(grep reports_total <<<"$out" | grep -v HELP)"
is 'prometheus: the logs' 'culprit_logs 2' "$(grep ^culprit_logs <<<"$out")"
is 'prometheus: each line is one of the format' '' "$(grep -vE '^# (HELP|TYPE) culprit_[a-z_]+ |^culprit_[a-z_]+(\{kind="[a-z-]+",title="([^"\\]|\\.)*"\})? [0-9]+$' <<<"$out")"
if command -v promtool >/dev/null; then
	holds 'prometheus: promtool takes it' promtool check metrics <<<"$out"
else
	pass 'prometheus: no promtool here'
fi
start --prometheus m.prom logs
comes 'prometheus: a file from the start on' '^culprit_reports_total.*WARNING in first.* 1$' m.prom
warning first >>logs/a.log
comes 'prometheus: kept up to date' '^culprit_reports_total.*WARNING in first.* 2$' m.prom
stop
is 'prometheus: nothing left beside it' m.prom "$(echo m.prom*)"

# --- none, and wrong usage
mkdir nothing
run "$CULPRIT" watch --once nothing
is 'no crash' '0 no crash in 0 logs' "$code $out"
run "$CULPRIT" watch --once logs/deep
is 'once: the table' '1        2  WARNING in was_there
       1  WARNING in after_cut' "$code $out"
run "$CULPRIT" watch
is 'nothing to watch' 2 "$code"
run "$CULPRIT" watch -
is 'standard input is not watched' 2 "$code"
run "$CULPRIT" watch --prometheus - logs
is '--prometheus - without --once' 2 "$code"
run "$CULPRIT" watch --once --prometheus absent/m.prom logs
is 'a file that cannot be written' 2 "$code"
finish
