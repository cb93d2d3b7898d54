# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A Slurm of its own on loopback, for tests: munged, slurmctld, nodes n1 to n3; without systemd, accounting, or
# anything outside of one folder. Source it, then
#
#	cluster_start FOLDER [CPUS]	SLURM_CONF is set: sbatch and others find it
#	node_kill N GROUP, node_start N, controller_stop, controller_start
#	cluster_stop			ends what was started, by process id
#
# As root or not: the daemons run as whoever calls.
cluster_pids=

# listen ports that nobody has: from a place that depends on this process
cluster_port=$((20000 + $$ % 20000))

cluster_conf() {
	local me
	me=$(id -un)
	cat >"$cluster/slurm.conf" <<END
ClusterName=culprit
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$cluster_port
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.socket
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool-%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=100000
SlurmdParameters=config_overrides
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=6
MessageTimeout=5
KillWait=2
MinJobAge=120
InactiveLimit=0
Waittime=0
NodeName=n[1-3] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$((cluster_port + 1))-$((cluster_port + 3))] CPUs=$1 RealMemory=1000 Feature=kvm
PartitionName=lab Nodes=n[1-3] Default=YES LLN=YES MaxTime=60 State=UP OverSubscribe=NO
PartitionName=low Nodes=n[1-3] MaxTime=60 State=UP PriorityTier=1 PreemptMode=cancel
END
}

# Ends a daemon: as it wants to within ten seconds, or at once
cluster_end() { # PID
	local i
	kill "$1" 2>/dev/null
	for ((i = 0; i < 100; i++)); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# Files that hold a process id are written when the daemon is up.
cluster_wait() { # WHAT COMMAND...
	local what=$1 i
	shift
	for ((i = 0; i < 1200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "cluster: $what: not within two minutes" >&2
	return 1
}

controller_start() {
	slurmctld -D -f "$cluster/slurm.conf" >"$cluster/slurmctld.out" 2>&1 &
	controller=$!
	cluster_wait "slurmctld" sinfo
}

controller_stop() {
	cluster_end "$controller"
	controller=
}

node_start() { # N
	slurmd -D -N "n$1" -f "$cluster/slurm.conf" >"$cluster/slurmd-n$1.out" 2>&1 &
	node[$1]=$!
}

# As if its power failed: the daemon and the job on it, whose process group is known
node_kill() { # N GROUP
	local script step
	script=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$2/status")
	step=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$script/status")
	kill -KILL "${node[$1]}" "$step" "$script" "-$2"
	wait "${node[$1]}" 2>/dev/null
}

# What runs of this cluster: its daemons by their folder, and what they started
cluster_left() {
	local p command
	for p in /proc/[0-9]*; do
		{ command=$(tr '\0' ' ' <"$p/cmdline"); } 2>/dev/null
		case $command in *"$cluster/"*) echo "${p#/proc/} $command" ;; esac
	done
}

# Processes of slurmstepd: parents of the scripts in the spools
cluster_steps() {
	local p command parent
	for p in /proc/[0-9]*; do
		{ command=$(tr '\0' ' ' <"$p/cmdline"); } 2>/dev/null
		case $command in *"$cluster/spool-"*/slurm_script*) ;; *) continue ;; esac
		parent=$(sed -n 's/^PPid:[^0-9]*//p' "$p/status" 2>/dev/null)
		[ "$(cat "/proc/$parent/comm" 2>/dev/null)" = slurmstepd ] && echo "$parent"
	done | sort -u
}

# The parent first: it has nothing more to say.
cluster_kill_below() { # PID
	local child children
	children=$(cat /proc/"$1"/task/*/children 2>/dev/null)
	kill -KILL "$1" 2>/dev/null
	for child in $children; do
		cluster_kill_below "$child"
	done
}

nodes_idle() { [ "$(sinfo -h -N -p lab -t idle -o %N | sort -u | wc -l)" = "$1" ]; }

cluster_start() { # FOLDER [CPUS]
	cluster=$1
	export SLURM_CONF=$cluster/slurm.conf
	mkdir -p "$cluster/state" || return
	dd if=/dev/urandom of="$cluster/munge.key" bs=1 count=1024 2>/dev/null
	chmod 400 "$cluster/munge.key"
	chmod 755 "$cluster"
	cluster_conf "${2:-3}"
	munged --foreground --force --num-threads=2 --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" \
		--pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" --seed-file="$cluster/munged.seed" \
		>"$cluster/munged.out" 2>&1 &
	munged=$!
	cluster_wait munged test -S "$cluster/munge.socket" || return
	controller_start || return
	for i in 1 2 3; do
		mkdir -p "$cluster/spool-n$i"
		node_start "$i"
	done
	cluster_wait "three nodes" nodes_idle 3
}

cluster_stop() {
	local i pid
	# not to ask a controller that is away, and not to wait for what is killed below
	[ -z "${controller:-}" ] || timeout 10 scancel --quiet --user="$(id -un)" 2>/dev/null
	for i in 1 2 3; do
		[ -z "${node[$i]:-}" ] || cluster_end "${node[$i]}"
	done
	for pid in $(cluster_steps); do
		cluster_kill_below "$pid"
	done
	[ -z "${controller:-}" ] || cluster_end "$controller"
	[ -z "${munged:-}" ] || cluster_end "$munged"
}
