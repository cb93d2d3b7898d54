#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit match: exit codes that git bisect run relies on, and what a user sees.
. "$(dirname "$0")/lib.sh"
logs=$top/corpus/match/logs
cd "$tmp" || exit 2
title='KASAN: use-after-free Read in kc_uaf_read'
uaf=$logs/x86-uaf_read.log other=$logs/x86-div0.log

# Exit codes
run "$CULPRIT" match --target "$title" "$uaf"
is 'the target gives 1' 1 "$code"
has 'the verdict comes first' 'target ' "$out"
run "$CULPRIT" match --target "$title" "$other"
is 'another crash gives 0' 0 "$code"
has 'and is unrelated' 'unrelated 0.' "$out"
printf '[    1.0] Run /sbin/init as init process\n[    2.0] systemd[1]: done\n' >clean.log
run "$CULPRIT" match --target "$title" clean.log
is 'a clean run gives 0' 0 "$code"
: >empty.log
run "$CULPRIT" match --target "$title" empty.log
is 'an empty log gives 125' 125 "$code"
has 'and is undecided' 'undecided' "$out"
run "$CULPRIT" match --target "$title" no-such.log
is 'a missing log gives 128' 128 "$code"
run "$CULPRIT" match "$uaf"
is 'no target gives 129' 129 "$code"
run "$CULPRIT" match --targt x "$uaf"
is 'a misspelt option gives 129' 129 "$code"
run "$CULPRIT" match --profile no-such.yaml "$uaf"
is 'a missing profile gives 128' 128 "$code"
run "$CULPRIT" match --target ' ' "$uaf"
is 'an empty title gives 128' 128 "$code"
run "$CULPRIT" match --target-log clean.log "$uaf"
is 'a known-bad log without crash gives 128' 128 "$code"
printf 'culprit-profile: 1\nbogus: 2\n' >bad.yaml
run "$CULPRIT" match --profile bad.yaml "$uaf"
is 'a mistake in a profile gives 128' 128 "$code"
has 'with its place' 'bad.yaml:2:1: unknown key' "$err"

# Input
run "$CULPRIT" match --target "$title" <"$uaf"
is 'standard input is read' 1 "$code"
run "$CULPRIT" match --target "$title" clean.log "$other" "$uaf"
is 'one target among several runs is enough' 1 "$code"
is 'one line per run' 3 "$(wc -l <<<"$out")"
run "$CULPRIT" match --target "$title" --run-exit 1 clean.log
is 'the run command is believed where the console is silent' 1 "$code"
run "$CULPRIT" match --target "$title" --run-exit 125 clean.log
is 'also when it cannot tell' 125 "$code"
run "$CULPRIT" match --target "$title" --run-exit 0 "$uaf"
is 'but not against the console' 1 "$code"

# Failures that are not the target
printf 'no output\nLinux version 6.1.0\n[    2.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n' >boot.log
run "$CULPRIT" match --target "$title" boot.log
is 'a kernel that does not boot gives 125' 125 "$code"
printf '[    0.0] Linux version 6.1.0\n[    1.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0\n' >init.log
run "$CULPRIT" match --target 'kernel panic: Attempted to kill init!' init.log
is 'unless that is what is hunted' 1 "$code"
printf '[    9.0] Kernel panic - not syncing: Out of memory and no killable processes...\n' >oom.log
run "$CULPRIT" match --target 'kernel panic: corrupted stack end in wb_workfn' oom.log
is 'out of memory is not the target' 0 "$code"
printf '[    9.0] BUG: MAX_LOCKDEP_KEYS too low!\n' >lockdep.log
run "$CULPRIT" match --target 'possible deadlock in rtnl_lock' lockdep.log
is 'a full table of lockdep says nothing, and no kernel boots there' 125 "$code"

# Reasons
run "$CULPRIT" match --explain --target-log "$uaf" "$uaf"
has 'reasons are sentences' 'title equal' "$out"
has 'of the stacks, too' 'same allocation stack' "$out"
run "$CULPRIT" match --format json --target-log "$uaf" "$other"
has 'JSON has the verdict' '"verdict":"unrelated"' "$(tr -d ' ' <<<"$out")"
has 'JSON has the probability' '"probability":0' "$(tr -d ' ' <<<"$out")"
has 'JSON has the evidence' '"evidence":["' "$(tr -d ' ' <<<"$out")"

# Profiles
run "$CULPRIT" match --profile p.yaml --learn "$uaf" "$uaf" "$logs/x86-uaf_list.log"
is 'learning succeeds' 0 "$code"
has 'the most frequent title is the own one' "title: \"$title\"" "$(grep -A1 'title:' p.yaml | head -1)"
has 'another one is adopted' 'role: adopted' "$(cat p.yaml)"
run "$CULPRIT" match --profile p.yaml "$uaf"
is 'a learned profile finds its target' 1 "$code"

# One of five known-bad runs dies in another function: of the target's file, or of another one.
boots() {
	printf '[    0.0] Linux version 6.1.0 (a@b) #1\n[    1.0] Run /sbin/init as init process\n'
}
writes_freed() {
	boots
	printf '[   40.0] ==================================================================\n'
	printf '[   40.1] BUG: KASAN: use-after-free in zapfs_dev_write+0x1c5/0x900 fs/zapfs/dev.c:190\n'
	printf '[   40.2] Read of size 8 at addr ffff888012345678 by task repro/321\n[   40.3] Call Trace:\n'
	printf '[   40.4]  kasan_report+0x80/0x100 mm/kasan/report.c:495\n'
	printf '[   40.5]  zapfs_dev_write+0x1c5/0x900 fs/zapfs/dev.c:190\n[   40.6]  vfs_write+0x200/0x600 fs/read_write.c:584\n'
	printf '[   40.7] ==================================================================\n'
}
warns_in() {	# FILE
	boots
	printf '[   40.0] WARNING: CPU: 0 PID: 321 at %s:290 qqq_request_end+0x1c5/0x300 %s:290\n' "$1" "$1"
	printf '[   40.1] RIP: 0010:qqq_request_end+0x1c5/0x300 %s:290\n[   40.2] Call Trace:\n' "$1"
	printf '[   40.3]  qqq_%s+0x45/0x90 %s:310\n' abort "$1" release "$1"
	printf '[   40.4] ---[ end trace 0000000000000000 ]---\n'
}
for file in fs/zapfs/dev.c net/sched/frob.c; do
	rm -rf learn few.yaml && mkdir learn
	for n in 1 2 3 4; do writes_freed >learn/$n.log; done
	warns_in "$file" >learn/5.log
	run "$CULPRIT" match --profile few.yaml --learn learn
	run "$CULPRIT" match --profile few.yaml learn/5.log
	[ "$file" = fs/zapfs/dev.c ] && want='related 125' || want='unrelated 0'
	is "a crash of some known-bad runs in $file" "$want" "${out%% *} $code"
done
run "$CULPRIT" match --learn "$uaf"
has 'without a file the profile is printed' 'culprit-profile: 1' "$out"
run "$CULPRIT" match --profile p.yaml --learn-good "$logs/x86-uaf_list.log"
has 'crashes of good commits are noted' 'seen-good: 1' "$(cat p.yaml)"
before=$(cat p.yaml)
run "$CULPRIT" match --profile p.yaml "$other"
is 'judging leaves the profile alone' "$before" "$(cat p.yaml)"

# git bisect run
if command -v git >/dev/null; then
	git init -q repo && cd repo || exit 2
	for i in 1 2 3 4 5 6 7 8; do
		if [ "$i" -ge 6 ]; then cp "$uaf" run.log; elif [ "$i" -eq 3 ]; then cp "$other" run.log; else cp ../clean.log run.log; fi
		echo "$i" >n
		git add -A && git -c user.name=t -c user.email=t@example.org commit -qm "commit $i"
	done
	git bisect start HEAD HEAD~7 >/dev/null
	out=$(git bisect run "$CULPRIT" match --target "$title" run.log 2>&1)
	has 'git bisect run finds the commit' 'commit 6' "$(git log -1 --format=%s refs/bisect/bad)"
	git bisect reset >/dev/null 2>&1
	git bisect start HEAD HEAD~7 >/dev/null
	git bisect run "$CULPRIT" match --target "$title" no-such.log >/dev/null 2>&1
	holds 'and stops on our own troubles' [ $? -ge 125 ]
	cd ..
fi

# What a function is, the rules take from the table of functions.
sed 's/"@report"/"@nobody"/' "$top/patterns/match/rules.yaml" >"$tmp/rules.yaml"
run "$CULPRIT" match --rules "$tmp/rules.yaml" --target x /dev/null
is 'rules: an unknown role gives 128' 128 "$code"
has 'rules: an unknown role has its place' "no role of functions 'nobody'" "$err"
sed 's/"@lock"/"@report"/' "$top/patterns/match/rules.yaml" >"$tmp/rules.yaml"
run "$CULPRIT" match --rules "$tmp/rules.yaml" --target x /dev/null
has 'rules: a role has one weight' "the role 'report' has a weight already" "$err"

# The labelled pairs. The lines are for people to read.
"$top/tests/check-match.sh" "$CULPRIT"
is 'precision and recall on the labelled pairs' 0 $?
# --- silence proves nothing: what machines print that never ran a kernel, each line a log of its own
while IFS= read -r line; do
	printf '%s\n' "$line" >"$tmp/line.log"
	run "$CULPRIT" match -t 'WARNING in frob' "$tmp/line.log"
	is "no answer: $line" 125 "$code"
done <<'EOF'
qemu: could not open kernel file 'bzImage': No such file or directory
qemu-system-x86_64: -machine q36: unsupported machine type
Could not access KVM kernel module: No such file or directory
qemu-system-x86_64: failed to initialize kvm: No such file or directory
bash: qemu-system-x86_64: command not found
./boot.sh: line 3: vng: not found
make: *** No rule to make target 'bzImage'.  Stop.
docker: Error response from daemon: No such image: lab/kernel:latest.
Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
srun: error: Unable to allocate resources: Requested node configuration is not available
sbatch: error: Batch job submission failed: Invalid partition name specified
ssh: connect to host board-3 port 22: Connection refused
ssh: Could not resolve hostname board-3: Name or service not known
scp: /boot/bzImage: Permission denied
virtme-run: error: cannot find a kernel
spawn id exp6 not open
cp: error writing '/var/tmp/root.img': No space left on device
podman: Error: short-name "kernel" did not resolve to an alias
EOF
: >"$tmp/empty.log"
run "$CULPRIT" match -t 'WARNING in frob' "$tmp/empty.log"
is 'an empty log is no answer' 125 "$code"
printf '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n[    0.500000] NET: Registered PF_INET\n' >"$tmp/cut.log"
run "$CULPRIT" match -e -t 'WARNING in frob' "$tmp/cut.log"
is 'a boot that is cut is no answer' 125 "$code"
printf '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n[    2.000000] Run /init as init process\nculprit-run: booted\nculprit-run: workload started\n' >"$tmp/half.log"
run "$CULPRIT" match -e -t 'WARNING in frob' "$tmp/half.log"
is 'a workload that did not finish is no answer' 125 "$code"
has 'and the reason is told' 'started and did not finish' "$out"
echo 'culprit-run: finished' >>"$tmp/half.log"
run "$CULPRIT" match -t 'WARNING in frob' "$tmp/half.log"
is 'one that finished is clean' 0 "$code"
run "$CULPRIT" match --finished '^all done$' -t 'WARNING in frob' "$tmp/half.log"
is 'without the line of a complete run: no answer' 125 "$code"
echo 'all done' >>"$tmp/half.log"
run "$CULPRIT" match --finished '^all done$' -t 'WARNING in frob' "$tmp/half.log"
is 'with it: clean' 0 "$code"
run "$CULPRIT" match --finished '(' -t 'WARNING in frob' "$tmp/half.log"
is 'a wrong expression is trouble' 128 "$code"
# --- directories
mkdir -p runs/one runs/none
printf '[    1.0] Linux version 6.1.0 (a@b) #1\n[    2.0] WARNING: CPU: 0 PID: 1 at a/b.c:3 dir_frob+0x1/0x20\n[    2.1] Call Trace:\n[    2.1]  dir_open+0x1/0x20\n' >runs/one/x.log
run "$CULPRIT" match --target 'WARNING in dir_open' runs
is 'match: the logs in a directory' 1 "$code"
has 'match: each is told' 'runs/one/x.log' "$out"
run "$CULPRIT" match --target 'WARNING in dir_open' runs/none
is 'match: a directory without logs is no clean run' '128 culprit match: no file in runs/none' "$code $err"
run "$CULPRIT" match --learn runs/none
is 'match: nor can anything be learned from it' 128 "$code"
finish
# --- a script that polls for its machine
{
	printf '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\nssh: connect to host 192.0.2.7 port 22: Connection refused\n'
	printf '[    2.000000] Run /sbin/init as init process\n[    3.000000] systemd[1]: systemd 252 running in system mode\n'
	echo 'ssh: connect to host 192.0.2.7 port 22: Connection refused'
} >"$tmp/poll.log"
run "$CULPRIT" match -t 'WARNING in frob' "$tmp/poll.log"
is 'a connection that was refused to the end: no answer' 125 "$code"
has 'for the machine' 'infra-failed' "$out"
echo 'repro: 900 rounds' >>"$tmp/poll.log"
run "$CULPRIT" match --finished '^repro: [0-9]+ rounds$' -t 'WARNING in frob' "$tmp/poll.log"
is 'one that was refused until the workload ran to its end: clean' 0 "$code"
run "$CULPRIT" match --finished '^repro: done$' -t 'WARNING in frob' "$tmp/poll.log"
is 'where the end did not come: no answer' 125 "$code"
sed 's/^ssh: .*/SYZFAIL: mmap failed/' "$tmp/poll.log" >"$tmp/poll2.log"
run "$CULPRIT" match --finished '^repro: [0-9]+ rounds$' -t 'WARNING in frob' "$tmp/poll2.log"
is 'a test program that failed is not outlived' 125 "$code"
# --- none of the failures around a kernel is clean, whatever stands in front of them
for log in "$top"/corpus/infrastructure/*; do
	sed '1,/^$/d' "$log" >"$tmp/around.log"
	run "$CULPRIT" match -t 'WARNING in frob' "$tmp/around.log"
	[ "$code" = 125 ] || is "no answer: ${log##*/}" 125 "$code"
done
is 'there are such failures' yes "$([ -s "$tmp/around.log" ] && echo yes)"
