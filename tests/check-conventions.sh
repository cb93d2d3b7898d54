#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-conventions.sh BUILD: titles against the community's answers, in figures: a case for every kind
# of report and 400 names passed over and named (tests/conventions), one-rule probes, and, where ../shared is
# there, mailed reports and the community's cases. A third of the names, probes and mails was held out when the
# rules were written (by a hash of the name); it is counted apart. Fails below the floors, which are what was
# reached: to be raised, never lowered.
set -u
build=$(realpath "$1") || exit 2
cd "$(dirname "$0")/.." || exit 2
shared=${SHARED:-../shared}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0

# Cases to $tmp/SET/{seen,held}; held out is whose name's SHA-1, its first 8 digits as a number, is a multiple of 3.
split() { # SET DIRECTORY
	python3 - "$2" "$tmp/$1" <<'EOF'
import hashlib, os, sys
source, to = sys.argv[1:]
for at, _, names in os.walk(source):
    for name in names:
        if name in ('README.md', 'index.tsv'):
            continue
        part = 'held' if int(hashlib.sha1(name.encode()).hexdigest()[:8], 16) % 3 == 0 else 'seen'
        below = os.path.join(to, part, os.path.relpath(at, source))
        os.makedirs(below, exist_ok=True)
        os.symlink(os.path.realpath(os.path.join(at, name)), os.path.join(below, name))
EOF
}

# Cases that have all headers right, or (titles) the title: "RIGHT of ALL", by kind where some are wrong.
score() { # SET PART FLOOR-PER-10000 HEADERS|TITLE
	[ -d "$tmp/$1/$2" ] || return 0
	"$build/culprit" corpus test --format json "$tmp/$1/$2" >"$tmp/out" 2>/dev/null
	jq -rs --arg set "$1 $2" --arg what "$4" --argjson floor "$3" '
		map(select(.object == "case") | .ok = (.error == null and
			(if $what == "TITLE" then (.wrong | index("TITLE") | not) else .passed end)))
		| (group_by(.kind)[] | select(any(.ok | not)) | "    \(.[0].kind): \(map(select(.ok)) | length) of \(length)"),
		  (length as $n | (map(select(.ok)) | length) as $ok | ($ok * 10000 / ([$n, 1] | max)) as $got
		  | "\($set): \($ok) of \($n), \($got / 100 * 100 | round / 100) %" +
		    (if $got < $floor or $n == 0 then ", FAILED: at least \($floor / 100) % wanted" else "" end))' "$tmp/out" >"$tmp/said"
	cat "$tmp/said"
	grep -q FAILED "$tmp/said" && bad=1
}

split_names() {
	python3 - "$tmp" <<'EOF'
import hashlib, sys
for part in ('seen', 'held'):
    with open('tests/conventions/names.tsv') as names, open('%s/names.%s.tsv' % (sys.argv[1], part), 'w') as out:
        for line in names:
            held = int(hashlib.sha1(line.split('\t')[0].encode()).hexdigest()[:8], 16) % 3 == 0
            if line[0] == '#' or held == (part == 'held'):
                out.write(line)
EOF
	python3 tests/conventions/make-cases "$tmp/names.seen.tsv" "$tmp/names/seen" 400 >/dev/null
	python3 tests/conventions/make-cases "$tmp/names.held.tsv" "$tmp/names/held" 400 >/dev/null
}

split_names
score names seen 9980 TITLE
score names held 9950 TITLE
split probes tests/conventions/probes
score probes seen 9700 HEADERS
score probes held 9300 HEADERS
if [ -d "$shared/mails" ]; then
	split mails "$shared/mails/pairs"
	score mails seen 9840 TITLE
	score mails held 9900 TITLE
fi
if [ -d "$shared/conformance/linux/report" ]; then
	mkdir -p "$tmp/conformance" && ln -s "$(realpath "$shared/conformance/linux/report")" "$tmp/conformance/all"
	score conformance all 10000 HEADERS
fi
exit $bad
