#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench.sh BUILD_DIRECTORY [MEGABYTES] [RUNS]: throughput, memory and start-up of
# culprit beside tools that do less, on the same files in the same run.
#
# The logs are made by bench-data, always the same for one corpus and pattern
# set. Everything runs on one core. Times are of the processor, all processes of
# a command together: what the work takes on a core that nobody else uses.
set -eu
here=$(dirname "$0")
build=$1
size=${2:-500}
runs=${3:-5}
corpus=$here/../../corpus
data=$build/bench-data
culprit=$build/culprit
bench=$build/bench
core=$(($(nproc) - 1))
small=$((size / 10 > 0 ? size / 10 : 1))

pin=""
taskset -c "$core" true 2>/dev/null && pin="taskset -c $core"

make_data() { # KIND MEGABYTES
	local file=$data/$1.$2

	if [ ! -s "$file" ] || [ "$bench/bench-data" -nt "$file" ]; then
		"$bench/bench-data" "$1" "$2" "$corpus" > "$file.new"
		mv "$file.new" "$file"
	fi
	cat "$file" > /dev/null # into the page cache
	echo "$file"
}

# Lines "CPU CLOCK RSS STATUS", one for each command.
measure() { $pin "$bench/bench-time" "$@"; }

# NAME BYTES CPU RSS REFERENCE: a line of the table
row() {
	awk -v name="$1" -v bytes="$2" -v cpu="$3" -v rss="$4" -v ref="$5" 'BEGIN {
		printf "%-44s %9.0f MB/s %8.1f MiB", name, bytes / 1e6 / cpu, rss / 1024
		if (ref != "") printf "  %7.2f", ref / cpu
		print ""
	}'
}

instructions() { # FILE COMMAND...: per byte of FILE
	local file=$1 bytes n out
	shift

	bytes=$(stat -c %s "$file")
	if out=$(perf stat -x, -e instructions:u "$@" 2>&1 > /dev/null) && n=${out%%,*} && [ "$n" -gt 0 ] 2>/dev/null; then
		:
	elif command -v valgrind > /dev/null; then
		n=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 > /dev/null |
			sed -n 's/.*Collected : *//p') || true
	fi
	[ -n "${n:-}" ] && awk -v n="$n" -v b="$bytes" 'BEGIN { printf "%.2f", n / b }' || echo "?"
}

at_least_1() { echo $(($1 > 0 ? $1 : 1)); }

mkdir -p "$data"
"$bench/bench-data" literals 0 "$corpus" > "$data/literals"
benign=$(make_data benign "$size")
bytes=$(stat -c %s "$benign")

echo "$size MB of benign output, $(wc -l < "$data/literals") literals, median of $runs runs; the last column is the ratio to wc -l"
"$culprit" parse --titles "$benign" > "$data/found" || { echo "bench: reports in benign output:"; head -5 "$data/found"; exit 1; }
commands=("exec wc -l $benign" "cat $benign | cat" "exec $culprit parse -j1 $benign" "cat $benign | $culprit parse"
	"exec grep -cF -f $data/literals $benign")
names=("wc -l" "cat file | cat" "culprit parse file" "cat file | culprit parse" "grep -cF -f literals")
if command -v rg > /dev/null; then
	commands+=("exec rg -j1 -cF -f $data/literals $benign")
	names+=("rg -cF -f literals")
fi
# Grep's not to /dev/null: it then stops at the first hit.
quiet=()
for command in "${commands[@]}"; do
	case $command in *" -cF "*) quiet+=("$command > $data/count") ;; *) quiet+=("$command > /dev/null") ;; esac
done
mapfile -t figures < <(measure "$runs" "${quiet[@]}")
cpus=()
for i in "${!figures[@]}"; do
	read -r cpu _ rss status _ <<< "${figures[$i]}"
	[ "$status" -eq 0 ] || { echo "bench: ${names[$i]}: exit status $status"; exit 1; }
	[ "$i" -eq 0 ] && first=$cpu
	row "${names[$i]}" "$bytes" "$cpu" "$rss" "$first"
	cpus[i]=$cpu
done
awk -v wc="${cpus[0]}" -v cat="${cpus[1]}" -v file="${cpus[2]}" -v pipe="${cpus[3]}" -v grep="${cpus[4]}" -v rg="${cpus[5]:-0}" 'BEGIN {
	printf "file: %.2f of wc -l (target 0.4), %.1f x grep", wc / file, grep / file
	if (rg > 0) printf ", %.1f x rg (target 4)", rg / file
	printf "; pipe: %.2f of cat | cat (target 0.8)\n", cat / pipe
}'
file=$(make_data benign 2)
echo "instructions per byte, 2 MB benign: $(instructions "$file" "$culprit" parse -j1 "$file")"

echo
echo "the prefilter alone, median of 7 runs"
$pin "$bench/bench-scan" "$benign"

# Not on one core. What others do there shows in the median, hardly in the shortest.
echo
file=$(make_data benign $((size * 4)))
sparse=$(make_data sparse "$(at_least_1 $((size / 2)))")
mapfile -t figures < <("$bench/bench-time" "$((runs * 3))" "exec $culprit parse -j1 $file > /dev/null" "exec $culprit parse -j2 $file > /dev/null" \
	"exec $culprit parse -j1 --format json $sparse > /dev/null" "exec $culprit parse -j2 --format json $sparse > /dev/null")
echo "threads within one file, $((runs * 3)) runs of each, seconds on the clock:"
for i in 0 2; do
	read -r _ one _ _ one_least <<< "${figures[$i]}"
	read -r _ two rss _ two_least <<< "${figures[$((i + 1))]}"
	awk -v what="$([ "$i" -eq 0 ] && echo "benign, $((size * 4)) MB" || echo "sparse, $(at_least_1 $((size / 2))) MB, as JSON")" -v a="$one" -v b="$two" \
		-v x="$one_least" -v y="$two_least" -v r="$rss" 'BEGIN {
		printf "%-30s shortest: %.3f with 1, %.3f with 2: %.2f x; median: %.3f, %.3f: %.2f x; %.1f MiB\n", what, x, y, x / y, a, b, a / b, r / 1024
	}'
done

echo
echo "reports as JSON, sparse and dense: medians of 3 runs, others: one; the last column is the speed relative to that at a quarter of the length"
for kind in sparse dense repeat contexts long nuls; do
	file=$(make_data "$kind" "$small")
	quarter=$(make_data "$kind" "$((small / 4 > 0 ? small / 4 : 1))")
	mapfile -t figures < <(measure "$(case $kind in sparse | dense) echo 3 ;; *) echo 1 ;; esac)" "exec $culprit parse -j1 --format json $file > /dev/null" \
		"exec $culprit parse -j1 --format json $quarter > /dev/null")
	read -r cpu _ rss status _ <<< "${figures[0]}"
	[ "$status" -le 1 ] || { echo "bench: $kind: exit status $status"; exit 1; }
	read -r cpu4 _ <<< "${figures[1]}"
	row "$kind, $small MB" "$(stat -c %s "$file")" "$cpu" "$rss" \
		"$(awk -v c="$cpu4" -v a="$(stat -c %s "$file")" -v b="$(stat -c %s "$quarter")" 'BEGIN { print c * a / b }')"
done
for kind in sparse dense; do
	line="$kind, milliseconds of the processor for each MB:"
	for part in 32 8 2; do
		mb=$(at_least_1 $((size / part)))
		file=$(make_data "$kind" "$mb")
		read -r cpu _ < <(measure 3 "exec $culprit parse -j1 --format json $file > /dev/null")
		line+=$(awk -v c="$cpu" -v b="$(stat -c %s "$file")" -v mb="$mb" 'BEGIN { printf " %.2f (%d MB)", c * 1e9 / b, mb }')
	done
	echo "$line"
done
file=$(make_data sparse 1)
echo "instructions per byte, 1 MB sparse: $(instructions "$file" "$culprit" parse -j1 --format json "$file")"

echo
cases=$(find "$corpus" -type f -path "$corpus/[a-z]*/*" ! -path '*/match/*' | LC_ALL=C sort)
# shellcheck disable=SC2086
echo "corpus, one by one: $($pin "$bench/bench-logs" "$([ "$size" -gt 20 ] && echo 5 || echo 0)" $cases)"
if [ -n "${CONFORMANCE:-}" ]; then
	echo "conformance, one by one: $($pin "$bench/bench-logs" 5 "$CONFORMANCE"/linux/report/*)"
fi

file=$(make_data small 1)
starts=$((size > 20 ? 201 : 5))
mapfile -t figures < <(measure "$starts" "@$culprit parse $file" "@/bin/true")
read -r cpu clock rss _ least <<< "${figures[0]}"
read -r _ nothing _ <<< "${figures[1]}"
awk -v c="$cpu" -v t="$clock" -v l="$least" -v n="$nothing" -v r="$rss" -v b="$(stat -c %s "$file")" 'BEGIN {
	printf "start to exit, %d bytes with one crash: %.2f ms on the clock, at best %.2f, %.2f ms of the processor, %.1f MiB; ", b, t * 1e3, l * 1e3, c * 1e3, r / 1024
	printf "/bin/true: %.2f ms\n", n * 1e3
}'
