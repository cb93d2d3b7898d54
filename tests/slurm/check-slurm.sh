#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/slurm/check-slurm.sh: bisections on a real Slurm, started on loopback for it and stopped again (cluster.sh).
# Installs slurm-wlm and munge where they are missing (Debian, Ubuntu; as root or with sudo). CULPRIT=PATH.
#
# A run of the second bisection waits at a gate until what is to happen to it has happened: nothing here depends on
# how fast the machine is.
. "$(dirname "$0")/../cli/lib.sh"
. "$(dirname "$0")/cluster.sh"

if ! { command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged; } >/dev/null; then
	sudo=
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	echo "check-slurm: installing slurm-wlm and munge with apt"
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends slurm-wlm munge >/dev/null 2>&1 ||
		{ $sudo apt-get update -q >/dev/null && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
			--no-install-recommends slurm-wlm munge >/dev/null 2>&1; } || exit 2
fi
command -v slurmctld >/dev/null || PATH=$PATH:/usr/sbin

hunter= # culprit, while it bisects
clean_up() {
	trap "" INT TERM # once is enough: what is not ended now stays
	[ -z "$hunter" ] || kill -KILL "$hunter" 2>/dev/null
	cluster_stop
	[ -z "${KEEP:-}" ] || { echo "kept: $tmp"; return; }
	rm -rf "$tmp" "$git_home"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

cluster_start "$tmp/cluster" || { tail -n 5 "$tmp"/cluster/*.out "$tmp"/cluster/*.log; exit 2; }

hunting_ground
for i in 1 2 3 4; do
	state=fine
	[ "$i" -lt 3 ] || state=bug
	c "c$i" "$state"
done

# slurm_config NAME RUN [more lines]
slurm_config() {
	confidence=0.8 run_command="$2. $tmp/kernel.sh" config "$1" c4 c1 "executor: slurm
slurm: { partition: lab, constraint: kvm, memory: 100M, cpus: 1, interval: 1s, patience: 3s }
infra-pause: 1s
${3:-}"
	sed -i 's/^run: { /&parallel: 2, after-crash: 0s, timeout: 30m, /; s/^build: { /&timeout: 5m, /' "$1.yaml"
}
cd "$tmp" || exit 2

journal() { cat "$tmp/$1/journal" 2>/dev/null; }
queue() { squeue -h "$@"; }
queue_is_empty() { [ -z "$(squeue -h)" ]; }
begin_hunt() {
	"$CULPRIT" bisect run -q -c "$1.yaml" >"$1.out" 2>"$1.err" &
	hunter=$!
}
end_hunt() {
	wait "$hunter"
	code=$?
	hunter=
	last=$(tail -n 1 "$1.out")
	[ "$code" -eq 0 ] || cat "$1.err"
}
kill_hunter() { # SIGNAL
	kill -"$1" "$hunter"
	wait "$hunter" 2>/dev/null
	hunter=
}
named() { has "$1" "$(rev c3 | cut -c 1-12)" "$last"; }

# --- a whole bisection
slurm_config whole ""
hunt whole
is "a bisection comes to its end" 0 "$code"
[ "$code" -eq 0 ] || echo "$err"
named "it names the commit"
is "nothing is left in the queue" "" "$(queue)"
is "nothing is left of the jobs' files" "" "$(ls whole/jobs)"
holds "builds were jobs" grep -q 'build' <<<"$(squeue -h -t all -o %j)"

# --- one bisection, and all that can happen to its runs
mkdir gate bin
# what culprit asks in vain is written down
cat >bin/squeue <<END
#!/bin/sh
$(command -v squeue) "\$@" && exit
echo >>$tmp/in-vain
exit 1
END
chmod +x bin/squeue
# a file of its own, for files that the command names are inputs, which must not change
echo "while [ ! -e $tmp/gate/\$CULPRIT_RUN ] && [ ! -e $tmp/gate/all ]; do sleep 0.2; done" >wait.sh
slurm_config faults ". $tmp/wait.sh; "

folder_of() { printf '%s/faults/jobs/run-%06d' "$tmp" "$1"; }
told() { journal faults | grep -q "^[^ ]* [^ ]* run n=$1 "; }
# runs that are with Slurm and did not end; they wait at the gate once they have a console
flying() {
	local n
	for n in $(queue -t running -o %j | sed -n 's/.*-run-0*//p' | sort -n); do
		told "$n" || echo "$n"
	done
}
# fly N: so many of them at least
fly() {
	local n all
	all=$(flying)
	[ "$(wc -w <<<"$all")" -ge "$1" ] || return
	for n in $all; do
		[ -s "$(folder_of "$n")/pid" ] && [ -e "$(folder_of "$n")/console" ] || return
	done
}
runs() { cluster_wait "$1 runs" fly "$1" || { cat faults.err; fail "$1 runs at once"; exit 1; }; }
first() { flying | head -n 1; }
job_of() { queue -t running -o '%i %j' | sed -n "s/ .*-run-0*$1\$//p"; }
# outcome NAME RUN TEXT: the run ends, and the journal has the text
outcome() {
	cluster_wait "the end of run $2" told "$2"
	has "$1" "$3" "$(journal faults | grep " run n=$2 ")"
}

PATH=$tmp/bin:$PATH begin_hunt faults
runs 1
id=$(job_of "$(first)")
scontrol show job "$id" >job.txt
has "features pass through" "Features=kvm" "$(cat job.txt)"
has "memory passes through" "100M" "$(cat job.txt)"
has "the partition passes through" "Partition=lab" "$(cat job.txt)"
has "the time passes through" "TimeLimit=00:35:00" "$(cat job.txt)"

n=$(first)
scontrol update "JobId=$(job_of "$n")" Requeue=1
scontrol requeue "$(job_of "$n")"
outcome "a run that is requeued counts for nothing" "$n" "verdict=infra-failed"

runs 1
n=$(first)
scancel "$(job_of "$n")"
outcome "so does one that others cancel" "$n" "CANCELLED"

runs 1
n=$(first)
rm "$(folder_of "$n")/console"
: >"gate/$n"
outcome "and one whose console is lost" "$n" "files%20did%20not%20come"

runs 1
n=$(first)
at=$(queue -j "$(job_of "$n")" -o %N)
node_kill "${at#n}" "$(cat "$(folder_of "$n")/pid")"
outcome "and one whose node fails" "$n" "NODE_FAIL"
has "which is a failure around the kernel" "verdict=infra-failed" "$(journal faults | grep " run n=$n ")"
node_start "${at#n}"

# its script is started again after its end, while culprit does not look
runs 1
n=$(first)
kill -STOP "$hunter"
: >"gate/$n"
cluster_wait "its end" test -e "$(folder_of "$n")/end"
sbatch --parsable --partition=lab --chdir=/ --output=/dev/null --job-name=again "$(folder_of "$n")/script" >/dev/null
cluster_wait "another start" test -e "$(folder_of "$n")/again"
kill -CONT "$hunter"
outcome "one that is started again after its end has ended once" "$n" "verdict=target"
is "and is told once" 1 "$(journal faults | grep -c " run n=$n ")"

# the queue does not answer, and one run ends meanwhile
runs 1
n=$(first)
controller_stop
cluster_wait "questions in vain" eval '[ "$(wc -l <in-vain)" -ge 1 ]'
: >"gate/$n"
outcome "a run ends while the queue is away" "$n" "verdict=target"
controller_start

# stopped by hand
runs 1
kill_hunter INT
cluster_wait "an empty queue" queue_is_empty
is "who stops it ends its jobs" "" "$(queue)"

# killed, and adopted
begin_hunt faults
runs 1
kept=$(flying)
kill_hunter KILL
: >gate/all
begin_hunt faults
end_hunt faults
is "after all that the bisection comes to its end" 0 "$code"
named "and names the commit"
for n in $kept; do
	# once begun, once ended: to its end, or cut because another commit was of more use by then
	is "run $n was adopted" "1 1" "$(journal faults | grep -c " running n=$n ") $(journal faults | grep -c " \(run\|cut\) n=$n ")"
done
is "nothing is left in the queue, either" "" "$(queue)"
is "nor of the jobs' files" "" "$(ls faults/jobs)"

# --- Slurm refuses
slurm_config refused ""
sed -i 's/partition: lab/partition: nowhere/' refused.yaml
hunt refused
is "a job that Slurm refuses ends it" 2 "$code"
has "in Slurm's words" "nvalid partition" "$err"

# --- Slurm takes a job that it will never start
slurm_config hopeless "" "" 
sed -i 's/interval: 1s/builds: false, &/; s/timeout: 30m/timeout: 2d/' hopeless.yaml
hunt hopeless
is "a job that never starts ends it" 2 "$code"
has "with Slurm's reason" "PartitionTimeLimit" "$err"
is "and leaves no job" "" "$(queue)"

# --- a log in parts, each a task of a job array
mkdir fleet
for log in "$top"/corpus/kasan/* "$top"/corpus/hang/*; do
	sed '1,/^$/d' "$log" >"fleet/${log##*/}.log"
done
"$CULPRIT" parse -f json -s "$tmp/fleet" >whole.json
cat >part.sh <<END
#!/bin/sh
exec $CULPRIT parse -f json -s --split "\$SLURM_ARRAY_TASK_ID/\$SLURM_ARRAY_TASK_COUNT" $tmp/fleet >$tmp/part-\$SLURM_ARRAY_TASK_ID.json
END
sbatch --wait --array=1-7 --chdir=/ --output=/dev/null part.sh >/dev/null
holds "parts of logs, a job array, are the whole" cmp whole.json <(cat part-[1-7].json)
holds "which has reports" test "$(wc -l <whole.json)" -gt 50

# --- nothing is left
cluster_stop
controller='' munged='' node=()
is "no process is left" "" "$(cluster_left)"
finish
