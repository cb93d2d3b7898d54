#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What culprit(1) promises below LIMITS, on logs made to break it: memory, output, descriptors, children, ELF headers.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
command -v python3 >/dev/null || { pass 'no python3 here to measure with'; finish; }

# measured FILE COMMAND...: sets kib (largest resident size) and cpu (hundredths of a second, user and system)
measured() {
	read -r kib cpu < <(python3 - "$@" <<'END_OF_PYTHON'
import resource, subprocess, sys
with open(sys.argv[1], "rb") as f:
    subprocess.run(sys.argv[2:], stdin=f, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, round(100 * (used.ru_utime + used.ru_stime)))
END_OF_PYTHON
	)
}

# A million bytes and more of each: frames without end, banners, one line, reports that never end, many at once.
lines() { awk -v n="$1" -v f="$2" 'BEGIN { for (i = 1; i <= n; i++) printf f "\n", i, i }'; }
{ echo '[    1.0] BUG: unable to handle page fault for address: ffff888'; lines 35000 '[    1.0] RIP: 0010:function_%d+0x1/0x8'; } >frames.log
lines 15000 'WARNING: CPU: 0 PID: 1 at a.c:%d f%d+0x1/0x8' >warnings.log
lines 40000 'BUG: a%d' >banners.log
{ printf 'BUG: x y in f '; head -c 40000000 /dev/zero | tr '\0' a; } >line.log
{ echo 'general protection fault: 0000 [#1] SMP'; echo 'Call Trace:'; lines 60000 ' f%d+0x1/0x8'; } >trace.log
lines 40000 '[    1.0][    C%d] BUG: KASAN: use-after-free in f%d+0x1/0x8' >callers.log
# sanitizers keep what was freed
if "$CULPRIT" parse --help >/dev/null && ! grep -qa __asan_init "$CULPRIT"; then
	for log in *.log; do
		measured "$log" "$CULPRIT" parse
		holds "memory: $log, at most 32 MiB: $kib KiB" test "$kib" -le 32768
		measured "$log" "$CULPRIT" parse -f json
		holds "memory: $log as JSON, at most 64 MiB: $kib KiB" test "$kib" -le 65536
	done
fi
for log in *.log; do
	size=$(stat -c %s "$log")
	holds "output: $log, JSON at most 60 times" test "$("$CULPRIT" parse -f json "$log" | wc -c)" -le $((60 * size))
	holds "output: $log, text at most 20 times" test "$("$CULPRIT" parse "$log" | wc -c)" -le $((20 * size + 200))
done

# four times as much may take four times as long; what is between is noise
lines 20000 'BUG: x y in f%d' >quarter
lines 80000 'BUG: x y in f%d' >whole
measured quarter "$CULPRIT" parse
quarter=$cpu
measured whole "$CULPRIT" parse
holds "time: four times the log, $quarter and $cpu hundredths of a second" test "$cpu" -le $((quarter * 7 + 30))

mkdir many
head -n 50 trace.log >small
tee many/{1..200} <small >/dev/null
run bash -c 'ulimit -n 24; exec "$@"' - "$CULPRIT" parse -t -j 4 many/*
is 'descriptors: 24 are enough for 200 logs' '1 200 ' "$code $(wc -l <<<"$out") $err"
if command -v strace >/dev/null && strace -qq -o trace true 2>/dev/null; then
	# the search for leaks at the end cannot work below strace, and makes a process of its own
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -qq -e trace=execve,fork,vfork,clone,clone3,socket \
		-o trace "$CULPRIT" parse -t trace.log frames.log >/dev/null
	is 'children: none, nor any network' 1 "$(grep -vc 'CLONE_THREAD\|resumed\|exited' trace)"
fi

# Headers that name the same notes again and again: of segments, and of sections.
for kind in segments sections; do
	perl -e '
	my ($kind) = @ARGV;
	my $n = 65000;
	my $segments = $kind eq "segments";
	print pack("a16vvVQQQVvvvvvv", "\x7fELF\2\1\1", 2, 62, 1, 0, $segments ? 64 : 0, $segments ? 0 : 64, 0, 64, 56,
		$segments ? $n : 0, 64, $segments ? 0 : $n, 0);
	print(($segments ? pack("VVQQQQQQ", 4, 4, 64, 0, 0, 400000, 400000, 4) :
		pack("VVQQQQVVQQ", 1, 7, 0, 0, 64, 400000, 0, 0, 4, 0)) x $n)' "$kind" >"$kind.elf"
	measured trace.log "$CULPRIT" symbolize --no-cache -k "$kind.elf"
	holds "ELF: 65,000 $kind of notes take less than 2 s: 0.01 s * $cpu" test "$cpu" -lt 200
	run "$CULPRIT" symbolize --no-cache -k "$kind.elf" trace.log
	has "ELF: $kind of notes are told" 'more than 4 MiB of notes' "$err"
	holds "ELF: $kind of notes lose no report" grep -q 'general protection fault in' <<<"$out"
done
truncate -s 9G large.elf
printf '\177ELF' | dd of=large.elf conv=notrunc 2>/dev/null
run "$CULPRIT" symbolize --no-cache -k large.elf trace.log
has 'ELF: 9 GiB are not read' 'large.elf: not an ELF file' "$err"
holds 'ELF: but the report is' grep -q 'general protection fault in' <<<"$out"

# Indexes, all hole: what was not used for longest goes when another one is written. The program is a kernel here.
mkdir -p cache/culprit
for i in 1 2 3; do
	truncate -s 200M "cache/culprit/$i$i$i$i.idx"
	touch -d "2020-01-0$i" "cache/culprit/$i$i$i$i.idx"
done
echo 'int main(void) { return 0; }' >a.c
if cc -g -Wl,--build-id -o a.out a.c 2>/dev/null; then
	XDG_CACHE_HOME=$tmp/cache run "$CULPRIT" symbolize --force -k a.out trace.log
	is 'indexes: over 512 MiB, the oldest goes' '2222.idx 3333.idx' "$(cd cache/culprit && echo [0-9][0-9][0-9][0-9].idx)"
	is 'indexes: the new one is there' 3 "$(find cache/culprit -name '*.idx' | wc -l)"
fi

# An archive of more files than are read: those before are.
python3 -c '
import io, sys, tarfile
text = b"WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x8\n"
with tarfile.open(sys.argv[1], "w") as tar:
    for i in range(10001):
        entry = tarfile.TarInfo("%d" % i)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))' many.tar
run "$CULPRIT" parse -t many.tar
is 'archives: exit code where there are more than 10,000 files' 2 "$code"
has 'archives: that is told' 'more than 10000 files' "$err"
is 'archives: 10,000 are read' 10000 "$(grep -c 'WARNING in ' <<<"$out")"

# What people write, in files that are all hole.
mkdir patterns cases
truncate -s 17M patterns/large.yaml
run "$CULPRIT" parse -p patterns trace.log
has 'a pattern file of 17 MiB is refused' '16 MiB' "$err"
run "$CULPRIT" bisect status -c patterns/large.yaml
has 'a configuration of 17 MiB is refused' '16 MiB' "$err"
mkdir state
truncate -s 5G state/journal
printf 'repository: .\nbad: a\ngood: b\nstate: state\nbuild: { command: "true" }\nrun: { command: "true" }\ntarget: { title: "x" }\n' >bisect.yaml
git init -q . && git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m a && git tag a && git tag b
run "$CULPRIT" bisect status -c bisect.yaml
has 'a journal of 5 GiB is refused' 'journal: too large' "$err"
rm patterns/large.yaml
truncate -s 257M cases/large
run "$CULPRIT" corpus test cases
has 'a case of 257 MiB is refused' '256 MiB' "$out$err"
rm cases/large
truncate -s 65M bisection
run "$CULPRIT" replay bisection
has 'a log of a bisection of 65 MiB is refused' 'larger than' "$err"
finish
