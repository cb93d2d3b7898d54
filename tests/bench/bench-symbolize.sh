#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/bench/bench-symbolize.sh VMLINUX [RUNS [LOG]]: times of the table in
# tests/bench/RESULTS-symbolize.md, ours and the peers' in the same run.
# LOG has one report with frames of VMLINUX (default: that of make-report.sh). The
# best of RUNS (5) is printed, as CPU seconds (user + system), wall clock and
# maximum resident size.
set -u
vmlinux=$1 runs=${2:-5} log=${3:-}
cd "$(dirname "$0")/../.." || exit 2
make -s build/culprit build/bench/lookup build/bench/bench-report || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
[ -n "$log" ] || tests/bench/make-report.sh "$vmlinux" >"$tmp/report" || exit 2
log=${log:-$tmp/report}
export XDG_CACHE_HOME=$tmp/cache
text=$(nm "$vmlinux" | awk '$3 == "_stext" || $3 == "_etext" { print $1 }' | sort | tr '\n' ' ')
perl -e 'no warnings; srand(1); my ($lo, $hi) = map { hex } @ARGV;
	printf "0x%x\n", $lo + int(rand($hi - $lo)) for 1 .. 10000' $text >"$tmp/addresses"
head -n 1 "$tmp/addresses" >"$tmp/one"

# best NAME INPUT COMMAND...
best() {
	local name=$1 input=$2 i
	shift 2
	for ((i = 0; i < runs; i++)); do
		/usr/bin/time -q -a -o "$tmp/times" -f '%e %U %S %M' "$@" <"$input" >/dev/null 2>&1
	done
	awk -v n="$name" '{ cpu = $2 + $3; if (NR == 1 || $1 < wall) { wall = $1 } if (NR == 1 || cpu < least) least = cpu; if ($4 > mem) mem = $4 }
		END { printf "%-44s wall %.2f s  cpu %.2f s  %4d MB\n", n, wall, least, mem / 1024 }' "$tmp/times"
	rm -f "$tmp/times"
}
best "report, no cache" "$log" build/culprit symbolize --no-cache -k "$vmlinux"
build/culprit symbolize -k "$vmlinux" <"$log" >/dev/null 2>&1
best "report, with the index" "$log" build/culprit symbolize -k "$vmlinux"
build/bench/bench-report "$vmlinux" "$log"
best "10,000 addresses: ours" "$tmp/addresses" build/bench/lookup "$vmlinux"
best "10,000 addresses: llvm-symbolizer" "$tmp/addresses" llvm-symbolizer --obj="$vmlinux"
best "10,000 addresses: addr2line -afi" "$tmp/addresses" addr2line -afi -e "$vmlinux"
best "first address: llvm-symbolizer" "$tmp/one" llvm-symbolizer --obj="$vmlinux"
best "first address: addr2line -afi" "$tmp/one" addr2line -afi -e "$vmlinux"
best "first address: eu-addr2line -afi" "$tmp/one" eu-addr2line -afi -e "$vmlinux"
[ -z "${EU:-}" ] || best "10,000 addresses: eu-addr2line -afi" "$tmp/addresses" eu-addr2line -afi -e "$vmlinux"
