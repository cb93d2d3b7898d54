#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-match.sh CULPRIT [DIR]: judge the labelled pairs of corpus/match, print
# precision and recall of "this is the target", and how well the probabilities
# are calibrated. Fails below the figures that the project promises.
#
# -v shows each pair that is judged wrong.
set -u
verbose=0
[ "${1:-}" = -v ] && { verbose=1; shift; }
culprit=$(realpath "${1:?path of the program}") || exit 2
cd "${2:-$(dirname "$0")/../corpus/match}" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/derived"
cp logs/*.log "$tmp/"

while IFS=$'\t' read -r name from script; do
	case $name in '#'* | '') continue ;; esac
	tr -d '\r' <"logs/$from.log" | sed "$script" >"$tmp/derived/$name.log" || exit 2
done <derived.tsv

# One process per known-bad log: its runs are judged together, in the order given.
grep -v '^#' pairs.tsv | sort -s -t $'\t' -k3,3 >"$tmp/pairs"
cut -f3 "$tmp/pairs" | uniq | while read -r target; do
	awk -F '\t' -v t="$target" '$3 == t { print $4 ".log" }' "$tmp/pairs" |
		(cd "$tmp" && xargs "$culprit" match --target-log "$target.log") >>"$tmp/verdicts"
	# 0, 1 and 125 are verdicts, and xargs makes 123 of them
done
[ "$(wc -l <"$tmp/pairs")" -eq "$(wc -l <"$tmp/verdicts")" ] || {
	echo "check-match: $(wc -l <"$tmp/pairs") pairs, but $(wc -l <"$tmp/verdicts") verdicts"
	exit 1
}
paste "$tmp/pairs" <(awk '{ print $1 "\t" $2 }' "$tmp/verdicts") | awk -F '\t' -v verbose=$verbose '
{
	label = $1; hit = $6 == "target"; n[label]++
	if (label == "same-title") { together += hit; next }
	same = label == "same"
	bin = int($7 * 5); if (bin > 4) bin = 4
	if ($6 == "target" || $6 == "related" || $6 == "unrelated") { in_bin[bin]++; same_bin[bin] += same }
	if (hit && same) tp++
	if (hit && !same) fp++
	if (!hit && same) fn++
	hard += $2 == "hard"
	if ($2 == "hard") { if (hit && same) htp++; if (hit && !same) hfp++; if (!hit && same) hfn++ }
	if (verbose && hit != same) printf "  %s %s %s: %s %s (%s)\n", label, $3, $4, $6, $7, $5
}
END {
	precision = tp / (tp + fp); recall = tp / (tp + fn)
	printf "match: %d pairs (%d hard), precision %.3f, recall %.3f; hard ones alone: %.3f, %.3f\n",
	       n["same"] + n["different"], hard, precision, recall, htp / (htp + hfp), htp / (htp + hfn)
	printf "match: of runs called"
	for (i = 0; i < 5; i++) if (in_bin[i]) printf "  %.1f-%.1f: %d of %d are", i / 5, (i + 1) / 5, same_bin[i], in_bin[i]
	printf "\n"
	printf "match: %d pairs of other triggers under one title, %d called the target\n", n["same-title"], together
	exit !(precision >= 0.98 && recall >= 0.90)
}'
