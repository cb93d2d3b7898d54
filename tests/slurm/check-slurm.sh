#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/slurm/check-slurm.sh: bisections on a real Slurm, started on loopback for it and stopped again (cluster.sh).
# Installs slurm-wlm and munge where they are missing (Debian, Ubuntu; as root or with sudo). CULPRIT=PATH.
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

controller_of_bisection=
clean_up() {
	[ -z "$controller_of_bisection" ] || kill -KILL "$controller_of_bisection" 2>/dev/null
	cluster_stop
	[ -z "${KEEP:-}" ] || { echo "kept: $tmp"; return; }
	rm -rf "$tmp" "$git_home"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

cluster_start "$tmp/cluster" || { tail -n 5 "$tmp"/cluster/*.out "$tmp"/cluster/*.log; exit 2; }

hunting_ground
for i in $(seq 1 8); do
	state=fine
	[ "$i" -lt 6 ] || state=bug
	c "c$i" "$state"
done

# slurm_config NAME SECONDS [more lines]: a run takes so long
slurm_config() {
	confidence=0.8 run_command="sleep $2; . $tmp/kernel.sh" config "$1" c8 c1 "executor: slurm
slurm: { partition: lab, constraint: kvm, memory: 100M, cpus: 1, interval: 1s, patience: 3s${slurm_more:-} }
infra-pause: 1s
${3:-}"
	sed -i 's/^run: { /&parallel: 3, after-crash: 0s, timeout: 5m, /; s/^build: { /&timeout: 5m, /' "$1.yaml"
}
cd "$tmp" || exit 2

journal() { cat "$tmp/$1/journal" 2>/dev/null; }
queue() { squeue -h "$@"; }
begin_hunt() {
	"$CULPRIT" bisect run -q -c "$1.yaml" >"$1.out" 2>"$1.err" &
	controller_of_bisection=$!
}
end_hunt() {
	wait "$controller_of_bisection"
	code=$?
	controller_of_bisection=
	last=$(tail -n 1 "$1.out")
	[ "$code" -eq 0 ] || cat "$1.err"
}
# so many runs are under way
run_together() { [ "$(queue -t running -o %j | grep -c -- '-run-')" = "$1" ]; }
runs_numbered() { journal "$1" | sed -n "s/^[^ ]* [^ ]* $2 n=//p" | sed "s/ .*//" | sort -n; }
named() { has "$1" "$(rev c6 | cut -c 1-12)" "$last"; }

# --- a whole bisection
slurm_config whole 0.2
hunt whole
is "a bisection comes to its end" 0 "$code"
[ "$code" -eq 0 ] || echo "$err"
named "it names the commit"
is "nothing is left in the queue" "" "$(queue)"
is "nothing is left of the jobs' files" "" "$(ls whole/jobs)"
holds "builds were jobs" grep -q 'build' <<<"$(squeue -h -t all -o %j)"

# --- the controller is killed, and another one adopts
slurm_config killed 4
begin_hunt killed
cluster_wait "three runs" run_together 3
kill -KILL "$controller_of_bisection"
wait "$controller_of_bisection" 2>/dev/null
flying=$(queue -t running -o %j | sed -n 's/.*-run-0*//p' | sort -n | tr '\n' ' ')
id=$(queue -t running -o %i | sort | tr '\n' ' ')
scontrol show job "${id%% *}" >job.txt
has "features pass through" "Features=kvm" "$(cat job.txt)"
has "memory passes through" "100M" "$(cat job.txt)"
has "the partition passes through" "Partition=lab" "$(cat job.txt)"
has "the time passes through" "TimeLimit=00:10:00" "$(cat job.txt)"
begin_hunt killed
end_hunt killed
is "a killed controller's bisection goes on" 0 "$code"
named "it names the commit, too"
for n in $flying; do
	# once begun, once ended: to its end, or cut because another commit was of more use by then
	is "run $n was adopted" "1 1" "$(runs_numbered killed running | grep -cx "$n") $(runs_numbered killed '\(run\|cut\)' | grep -cx "$n")"
done

# --- a node fails
slurm_config failed 3
sed -i 's/parallel: 3/parallel: 1/' failed.yaml
begin_hunt failed
cluster_wait "a run" run_together 1
at=$(queue -t running -o %N)
lost=$(queue -t running -o %j | sed -n 's/.*-run-0*//p')
cluster_wait "its command" test -s "failed/jobs/run-$(printf %06d "$lost")/pid"
node_kill "${at#n}" "$(cat "failed/jobs/run-$(printf %06d "$lost")/pid")"
end_hunt failed
is "a node fails, the bisection goes on" 0 "$code"
named "it names the commit all the same"
has "the run on it is a failure around the kernel" "verdict=infra-failed" "$(journal failed | grep " run n=$lost ")"
has "and says why" "NODE_FAIL" "$(journal failed | grep " run n=$lost ")"
node_start "${at#n}"
cluster_wait "three nodes" nodes_idle 3

# --- somebody puts a run back into the queue, somebody cancels one
slurm_config requeued 3
sed -i 's/parallel: 3/parallel: 1/' requeued.yaml
begin_hunt requeued
cluster_wait "a run" run_together 1
a=$(queue -t running -o %i)
lost=$(queue -t running -o %j | sed -n 's/.*-run-0*//p')
cluster_wait "its command" test -s "requeued/jobs/run-$(printf %06d "$lost")/pid"
scontrol update "JobId=$a" Requeue=1
scontrol requeue "$a"
another_runs() { run_together 1 && [ "$(queue -t running -o %i)" != "$a" ]; }
cluster_wait "another run" another_runs
gone=$(queue -t running -o %j | sed -n 's/.*-run-0*//p')
scancel "$(queue -t running -o %i)"
end_hunt requeued
is "a run is requeued, another cancelled, the bisection goes on" 0 "$code"
named "and names the commit"
has "what was begun twice counts for nothing" "verdict=infra-failed" "$(journal requeued | grep " run n=$lost ")"
has "what others cancelled, too" "CANCELLED" "$(journal requeued | grep " run n=$gone ")"

# --- the queue does not answer for a while
slurm_config cut-off 3
begin_hunt cut-off
cluster_wait "three runs" run_together 3
flying=$(queue -t running -o %j | sed -n 's/.*-run-0*//p' | sort -n | tr '\n' ' ')
controller_stop
sleep 5
controller_start
end_hunt cut-off
is "the queue was away, the bisection goes on" 0 "$code"
named "and names the commit, again"
for n in $flying; do
	is "run $n is no loss" "" "$(journal cut-off | grep " run n=$n .*infra-failed")"
done

# --- stopped by hand
slurm_config stopped 60
begin_hunt stopped
cluster_wait "three runs" run_together 3
kill -INT "$controller_of_bisection"
wait "$controller_of_bisection"
controller_of_bisection=
cluster_wait "an empty queue" test -z "$(sleep 4; queue)"
is "who stops it ends its jobs" "" "$(queue)"

# --- Slurm refuses
slurm_config refused 0.2
sed -i 's/partition: lab/partition: nowhere/' refused.yaml
hunt refused
is "a job that Slurm refuses ends it" 2 "$code"
has "in Slurm's words" "nvalid partition" "$err"


# --- Slurm takes a job that it will never start
slurm_config hopeless 0.2
sed -i 's/parallel: 3/&, timeout: 2d/; s/, timeout: 5m, / , /' hopeless.yaml
hunt hopeless
is "a job that never starts ends it" 2 "$code"
has "with Slurm's reason" "PartitionTimeLimit" "$err"
is "and leaves no job" "" "$(queue)"

finish
