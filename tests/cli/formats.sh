# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# parse --format junit, tap, sarif, quickfix, github: over the whole corpus, and over what
# strangers may put into a log.  The official schema of SARIF is not at hand: what the standard
# (OASIS sarif-v2.1.0) says of the objects that are written is checked by hand.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
python=python3
"$python" -c 'import jsonschema' 2>/dev/null || python=/usr/bin/python3

mkdir -p logs
cat >"logs/a & b: 100%,#1.log" <<'END'
[    1.0] Linux version 6.1.0 (a@b) #1
[    2.0] ------------[ cut here ]------------
[    2.0] WARNING: CPU: 0 PID: 1 at a/b.c:3 frob<x>+0x1/0x20
[    2.0] RIP: 0010:frob_it+0x1/0x20
[    2.1] Call Trace:
[    2.1]  open_it+0x1/0x20
[    2.1] ---[ end trace 0000000000000000 ]---
END
printf '[    3.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\n[    3.0] CPU: 1 PID: 7 Comm: <\xff]]>&"\x1b[2J Not tainted 6.1.0 #1\n[    3.0] RIP: 0010:kfoo+0x1/0x2 mm/foo.c:12\n[    3.0] Call Trace:\n[    3.0]  kbar+0x1/0x2 mm/foo.c:34\n' >logs/bytes.log
printf '[    1.0] Linux version 6.1.0 (a@b) #1\n[    2.0] nothing\n' >logs/clean.log
printf '\177ELF\002\001\001%09d\002\000' 0 >logs/vmlinux
printf '[    3.0] quiet\n' >logs/quiet.log
for format in junit tap sarif quickfix github; do
	"$CULPRIT" parse -f $format logs absent.log >"$format" 2>/dev/null
	is "$format: the exit code is that of parse" 2 $?
	"$CULPRIT" parse -f $format "$top/corpus" >corpus.$format 2>/dev/null
	is "$format: the corpus" 1 $?
	is "$format: no other threads, no other output" "$(cksum <corpus.$format)" "$("$CULPRIT" parse -j 1 -f $format "$top/corpus" 2>/dev/null | cksum)"
	holds "$format: is UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null $format
	is "$format: no control bytes" 0 "$(LC_ALL=C grep -ac $'[\001-\010\013-\037\177]' $format)"
done
run "$CULPRIT" parse -f junit --summary logs
is 'no summary in what others read' 2 "$code"
n=$("$CULPRIT" parse -t "$top/corpus" 2>/dev/null | wc -l)

# --- JUnit: well-formed; the numbers are those of the elements
cat >junit.py <<'END'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites"
cases = 0
for suite in root:
    assert suite.tag == "testsuite" and suite.get("name"), suite.attrib
    counts = dict.fromkeys(("failure", "error", "skipped", "system-out"), 0)
    for case in suite:
        assert case.tag == "testcase" and case.get("name") and case.get("classname"), case.attrib
        for child in case:
            counts[child.tag] += 1
        cases += any(child.tag in ("failure", "skipped") for child in case)
    said = [int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped")]
    assert said == [len(suite), counts["failure"], counts["error"], counts["skipped"]], (said, counts)
print(len(root), cases)
END
is 'junit: the corpus: a suite for each log, a case for each report' "$(find "$top/corpus" -type f ! -name '.*' | wc -l) $n" "$(python3 junit.py corpus.junit 2>&1 | tail -1)"
is 'junit: strange bytes; what is no log is no report' '6 3' "$(python3 junit.py junit 2>&1 | tail -1)"
has 'junit: a clean log passes' 'name="no crash"/>' "$(cat junit)"
has 'junit: what is no log is skipped' 'classname="logs/vmlinux" name="no log">' "$(cat junit)"
has 'junit: what cannot be read is an error' 'classname="absent.log" name="the log can be read">' "$(cat junit)"
has 'junit: the title' 'message="BUG: unable to handle kernel NULL pointer dereference in kfoo" type=' "$(cat junit)"

# --- TAP: by perl's harness, which counts
if command -v prove >/dev/null; then
	prove -v --exec cat tap >proved 2>&1
	has 'tap: the harness finds each point' 'Failed 3/6 subtests' "$(cat proved)"
	has 'tap: and no error of form' 'Failed tests:  1-2, 6' "$(grep -v 'Parse errors' proved)"
	is 'tap: no parse errors' 0 "$(grep -c 'Parse errors' proved)"
fi
is 'tap: a point for each log, in order' 'TAP version 13
1..6
not ok 1 - logs/a & b: 100%,_1.log
not ok 2 - logs/bytes.log
ok 3 - logs/clean.log
ok 4 - logs/quiet.log
ok 5 - logs/vmlinux # SKIP it is no log
not ok 6 - absent.log' "$(grep -v '^# ' tap)"
has 'tap: the titles' '# logs/bytes.log:1: BUG: unable to handle kernel NULL pointer dereference in kfoo' "$(cat tap)"

# --- SARIF: what the standard asks for
cat >sarif.py <<'END'
import json, sys, urllib.parse, jsonschema
text = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}, "additionalProperties": False}
region = {"type": "object", "properties": {k: {"type": "integer", "minimum": 1} for k in ("startLine", "endLine")}, "additionalProperties": False}
artifact = {"type": "object", "minProperties": 1, "properties": {"uri": {"type": "string", "format": "uri-reference", "pattern": "^[A-Za-z0-9%._~/:-]+$"}, "description": text}, "additionalProperties": False}
physical = {"type": "object", "required": ["artifactLocation"], "properties": {"artifactLocation": artifact, "region": region}, "additionalProperties": False}
logical = {"type": "object", "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"const": "function"}}, "additionalProperties": False}
location = {"type": "object", "properties": {"physicalLocation": physical, "logicalLocations": {"type": "array", "items": logical}}, "additionalProperties": False}
frame = {"type": "object", "properties": {"location": location, "module": {"type": "string"}}, "additionalProperties": False}
stack = {"type": "object", "required": ["frames"], "properties": {"message": text, "frames": {"type": "array", "items": frame}}, "additionalProperties": False}
result = {"type": "object", "required": ["message"], "additionalProperties": False, "properties": {
    "ruleId": {"type": "string"}, "level": {"enum": ["none", "note", "warning", "error"]}, "message": text,
    "locations": {"type": "array", "items": location}, "stacks": {"type": "array", "uniqueItems": True, "items": stack},
    "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}}}}
run = {"type": "object", "required": ["tool", "results"], "additionalProperties": False, "properties": {
    "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "version": {"type": "string"}}, "additionalProperties": False}}, "additionalProperties": False},
    "results": {"type": "array", "items": result},
    "invocations": {"type": "array", "items": {"type": "object", "required": ["executionSuccessful"], "properties": {"executionSuccessful": {"type": "boolean"}}, "additionalProperties": False}}}}
schema = {"type": "object", "required": ["version", "runs"], "additionalProperties": False,
          "properties": {"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": run}}}
value = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.validate(value, schema)
results = [r for run in value["runs"] for r in run["results"]]
for r in results:
    region = r["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] <= region["endLine"]
print(len(value["runs"]), len(results))
END
is 'sarif: the corpus: a run for each log, a result for each report' "$(find "$top/corpus" -type f ! -name '.*' | wc -l) $n" "$("$python" sarif.py corpus.sarif 2>&1 | tail -1)"
is 'sarif: strange bytes' "6 $(grep -c '"ruleId"' sarif)" "$("$python" sarif.py sarif 2>&1 | tail -1)"
sed 's/"level":"error"/"level":"bad"/' sarif >broken
"$python" sarif.py broken >/dev/null 2>&1
is 'sarif: the check can fail' 1 $?
is 'sarif: names are URIs' 'logs/a%20%26%20b%3A%20100%25%2C%231.log' "$(jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri' sarif)"
is 'sarif: what could not be read was no success' 'true true true true false false' "$(jq -r '.runs[].invocations[0].executionSuccessful' sarif | paste -sd' ')"
is 'sarif: frames with lines' '["kfoo","mm/foo.c",12]' "$(jq -c '[.runs[1].results[0].stacks[].frames[].location | select(.physicalLocation)][0] | [.logicalLocations[0].fullyQualifiedName, .physicalLocation.artifactLocation.uri, .physicalLocation.region.startLine]' sarif)"
"$CULPRIT" parse -f sarif <logs/bytes.log >stdin.sarif
is 'sarif: standard input' '1 1' "$("$python" sarif.py stdin.sarif 2>&1 | tail -1)"

# --- lines
is 'quickfix: the source where it is known, and the log' 'mm/foo.c:12: BUG: unable to handle kernel NULL pointer dereference in kfoo
logs/bytes.log:1: BUG: unable to handle kernel NULL pointer dereference in kfoo' "$(grep kfoo quickfix)"
is 'github: escapes in properties' '::error file=logs/a & b%3A 100%25%2C#1.log,line=3,title=WARNING::WARNING in frob_it' "$(head -n 1 github)"
is 'github: the source where it is known' '::error file=mm/foo.c,line=12,title=NULL-POINTER-DEREFERENCE::BUG: unable to handle kernel NULL pointer dereference in kfoo (logs/bytes.log:1)' "$(grep kfoo github | sed 's/title=[A-Z_-]*/title=NULL-POINTER-DEREFERENCE/')"
mkdir escapes
cp logs/bytes.log $'escapes/a\e[1m.log'
"$CULPRIT" parse -f github escapes >github.escapes
is 'github: nothing moves the cursor' 1 "$(grep -c 'a\\x1b\[1m.log' github.escapes)"
is 'github: no escape is left' 0 "$(grep -c $'\e' github.escapes)"
finish
