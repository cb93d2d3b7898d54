#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs that end together, on this machine: each of them counts, though the first changes the policy's mind.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

hunting_ground
for i in 1 2 3 4 5 6; do
	state=fine
	[ "$i" -lt 4 ] || state=bug
	c "c$i" "$state"
done
# a run of a commit between the ends waits at a gate
mkdir at
run_command="case \$CULPRIT_COMMIT in $(rev c6)|$(rev c1)) ;; *) : >$tmp/at/\$CULPRIT_RUN; while [ ! -e $tmp/gate ]; do sleep 0.1; done ;; esac; . $tmp/kernel.sh" \
	config two c6 c1
sed -i 's/^run: { /&parallel: 2, after-crash: 0s, /' two.yaml

# wait_for COMMAND...: until it succeeds, at most two minutes
wait_for() {
	local i
	for ((i = 0; i < 1200; i++)); do
		"$@" && return
		sleep 0.1
	done
	fail "waited for: $*"
	exit 1
}
two_are_there() {
	set -- at/*
	[ $# -eq 2 ] && [ -e "$2" ]
}
# who guards the runs has ended, and nobody has asked how
children_ended() {
	local p state
	for p in $(cat "/proc/$hunter"/task/*/children); do
		read -r _ _ state _ <"/proc/$p/stat"
		[ "$state" = Z ] || return
	done
}
"$CULPRIT" bisect run -q -c two.yaml >two.out 2>two.err &
hunter=$!
wait_for two_are_there
kill -STOP "$hunter"
early=$(ls at)
: >gate
wait_for children_ended
kill -CONT "$hunter"
wait "$hunter"
is 'the bisection comes to its end' 0 "$?"
is 'and names the commit' "culprit $(rev c4)" "$(tail -n 1 two.out)"
for run in $early; do
	is "run $run was seen to its end" 1 "$(grep -c " run n=$run .*verdict=target" two/journal)"
done
finish
