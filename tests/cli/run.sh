#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/cli/run.sh [NAME...]: run these (or every) tests/cli/NAME.sh with CULPRIT in
# the environment. What a script prints is passed on as "ok - NAME: ..." and
# "not ok - NAME: ..."; a script that fails without saying which check did, or that
# checks nothing, is "not ok".
set -u
: "${CULPRIT:?path of the program}"
cd "$(dirname "$0")" || exit 2
failed=0

[ $# -gt 0 ] || set -- ./*.sh
for script in "$@"; do
	name=$(basename "$script" .sh)
	case $name in run | lib) continue ;; esac
	output=$(CULPRIT=$CULPRIT bash "$name.sh" 2>&1)
	code=$?
	sed -E "s/^(ok|not ok)( [0-9]+)?( -)?:? +/\\1 - $name: /" <<<"$output"
	if grep -aqE '^not ok ' <<<"$output"; then
		failed=1
	elif [ "$code" -ne 0 ]; then
		echo "not ok - $name: exit code $code"
		failed=1
	elif ! grep -aqE '^ok ' <<<"$output"; then
		echo "not ok - $name: checks nothing"
		failed=1
	fi
done
exit $failed
