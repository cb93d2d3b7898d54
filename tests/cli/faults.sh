#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Calls of the system that fail: some of `make check-faults`.
. "$(dirname "$0")/lib.sh"
case $CULPRIT in *-asan/*)
	# two cannot trace one program
	pass 'not with sanitizers'
	finish
	;;
esac
if ! strace -qq -o /dev/null true 2>/dev/null; then
	pass 'not without strace'
	finish
fi
for call in write rename fsync clone prctl landlock; do
	run "$top/tests/faults/check.sh" "$CULPRIT" 40 ": $call"
	is "the n-th $call fails: it is borne" '0 0 of them not borne' "$code $(tail -n 1 <<<"$out" | sed 's/.*, //')"
done
finish
