#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/real/check.sh BUILD [PART...]: bisect real kernels from end to end, with the installed runners.
# Parts: debian steady flaky killed broken plain x86 (all by default). $CULPRIT_REAL (default BUILD/real) keeps the
# source, the history and what was built. Not for each CI run: 20 minutes on two idle cores.
#
# debian   Debian's own kernel in QEMU: a run, a panic, a hang, a refused option, the runner killed at any moment
#
# steady   User-mode Linux, 26 commits, a use-after-free in every run: the answer, skips, lines, reports
# flaky    it shows in one run of three, beside another warning in one of four
# killed   the same as steady, the controller killed ten times at random moments
# broken   the runner fails on all commits below one, in three ways: never a wrong commit
# plain    the bill of `git bisect run` with a plain script, ten runs a commit
# x86      x86-64 in QEMU, six commits
# pages    the pages of doc/ are made anew by what they say (not by default: `make tutorial`)
set -u
build=$(realpath "$1") || exit 2
shift
cd "$(dirname "$0")/../.." || exit 2
top=$PWD
parts=${*:-debian steady flaky killed broken plain x86}
real=$(realpath -m "${CULPRIT_REAL:-$build/real}")
runners=$top/src/runners
culprit=$build/culprit
title='KASAN: use-after-free Read in rbuf_sum'
workload="for c in open 'put hello' close sum; do echo \"\$c\" > /proc/rbuf; done; cat /proc/rbuf"
passed=0 failed=0
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
# Objects of one part serve the next, whose directory has another name.
export CCACHE_NOHASHDIR=1

ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() {
	failed=$((failed + 1))
	echo "not ok - $1"
	[ $# -lt 2 ] || sed 's/^/    /' <<<"$2"
}
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2
found:    $3"; fi; }
has() { if grep -qaE -- "$2" "$3"; then ok "$1"; else not_ok "$1" "no line of $3 matches $2
$(tail -n 15 "$3")"; fi; }
rev() { git -C "$real/linux" rev-parse "$1^{commit}"; }
short() { git -C "$real/linux" rev-parse --short=12 "$1^{commit}"; }

prepare() {
	local missing= program
	for program in flex:flex bison:bison bc:bc qemu-system-x86_64:qemu-system-x86 busybox:busybox-static ccache:ccache python3:python3; do
		command -v "${program%:*}" >/dev/null || missing="$missing ${program#*:}"
	done
	[ -e /usr/src/linux-source-6.1.tar.xz ] || missing="$missing linux-source-6.1"
	[ -e /usr/include/gelf.h ] || missing="$missing libelf-dev"
	file -L "$(command -v busybox)" 2>/dev/null | grep -q 'dynamically' && missing="$missing busybox-static"
	if [ -n "$missing" ]; then
		echo "check-real: installing with apt:$missing"
		# shellcheck disable=SC2086
		apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends $missing >/dev/null; } || exit 2
	fi
	mkdir -p "$real"
	if [ ! -e "$real/linux/.complete" ]; then
		rm -rf "$real/linux" "$real/source"
		mkdir "$real/source"
		tar xf /usr/src/linux-source-6.1.tar.xz -C "$real/source" --strip-components=1 || exit 2
		python3 tests/real/history.py "$real/source" "$real/linux" || exit 2
		rm -rf "$real/source"
		touch "$real/linux/.complete"
	fi
}

# Kernels are the same in all parts: one that was built for a commit is taken from here.
# What kbuild says, the artefacts and the signature come out the same.
write_cached_build() {
	cat >"$real/cached-build" <<EOF
#!/bin/bash
# cached-build CACHE KBUILD...: the artefacts of a commit from CACHE, or from KBUILD and then into it.
cache=\$1/\$CULPRIT_COMMIT\$(tr ' ' - <<<"\${CULPRIT_CHANGE:-}")
shift
if [ -e "\$cache/signature" ]; then
	cp -a "\$cache/artefacts/." "\$CULPRIT_ARTEFACTS/" && cp "\$cache/signature" "\$CULPRIT_SIGNATURE"
	exit 0
fi
"\$@" || exit
mkdir -p "\$cache.new/artefacts" && cp -a "\$CULPRIT_ARTEFACTS/." "\$cache.new/artefacts/" &&
	cp "\$CULPRIT_SIGNATURE" "\$cache.new/signature" && rm -rf "\$cache" && mv "\$cache.new" "\$cache"
EOF
	chmod +x "$real/cached-build"
}

# fresh DIRECTORY: go there, with nothing of a bisection but source and objects. All parts of an architecture use the
# same directory: its path is in the commands that make compares, so that elsewhere all is compiled anew.
fresh() {
	at=$1
	mkdir -p "$at/.culprit" && cd "$at" || exit 2
	find . -mindepth 1 -maxdepth 1 ! -name .culprit -exec rm -rf {} +
	find .culprit -mindepth 1 -maxdepth 1 ! -name source ! -name build -exec rm -rf {} +
}

# keep NAME: what a part left, for people; the next one begins anew.
keep() {
	rm -rf "${real:?}/$1"
	mkdir -p "$real/$1/.culprit"
	find . -mindepth 1 -maxdepth 1 -type f -exec cp {} "$real/$1/" \;
	cp -r .culprit/journal .culprit/builds .culprit/runs "$real/$1/.culprit/" 2>/dev/null
	cd "$top" || exit 2
}

# begin BRANCH RUN-COMMAND [PARALLEL]: a directory with a culprit.yaml
begin() {
	fresh "$real/work"
	cat >culprit.yaml <<EOF
repository: "$real/linux"
bad: $1-bad
good: $1-good
target: { title: "$title" }
build:
  command: [ "$real/cached-build", "$real/cache-um", "$runners/kbuild", --arch, um, --defconfig, allnoconfig, --fragment, "$top/tests/real/uml.config" ]
run:
  command: $2
  timeout: 5m
  parallel: ${3:-2}
vmlinux: vmlinux
EOF
}
uml_command="[ \"$runners/uml\", --workload, $(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$workload") ]"

# No process and no work tree is left by the bisection in the directory
nothing_left() {
	is "$1: no machine is left" '' "$(pgrep -f "$at/.culprit/artefacts" | tr '\n' ' ')"
	is "$1: no directory of a machine is left" '' "$(for d in /tmp/culprit-uml-*; do [ ! -d "$d" ] || [ -d "/proc/$(sed 's/.*uml-\([0-9]*\)-.*/\1/' <<<"$d")" ] || echo "$d"; done)"
}

bill() { "$culprit" bisect report --format json | jq -r '"\([.tested[].runs | add // 0] | add) runs"' 2>/dev/null; }
builds() { find .culprit/builds -type f | wc -l; }

part_steady() {
	begin steady "$uml_command"
	local start=$SECONDS
	"$culprit" bisect run -q >out 2>err
	is 'steady: it has an answer' 0 $?
	is 'steady: the answer' "culprit $(rev steady-culprit)" "$(tail -n 1 out)"
	"$culprit" bisect report >report.txt
	"$culprit" bisect report --format json >report.json
	"$culprit" bisect report --format html >report.html
	"$culprit" bisect log >log.txt
	has 'steady: the report names the commit' "$(short steady-culprit).*misc: rbuf: free the data with the last writer" report.txt
	has 'steady: the crash has lines of the source of that commit' 'drivers/misc/rbuf\.c:[0-9]+' report.txt
	is 'steady: JSON says the same' "$(rev steady-culprit)" "$(jq -r '.culprit.commit' report.json)"
	has 'steady: HTML is one page' '<!DOCTYPE html>|<!doctype html>' report.html
	"$culprit" bisect report --format mail >report.mail 2>/dev/null && {
		has 'steady: the mail blames it' "^#regzbot introduced: $(short steady-culprit)" report.mail
	}
	nothing_left steady
	echo "steady: $(bill), $(builds) builds, $((SECONDS - start)) s"
	keep steady
}

part_flaky() {
	begin flaky "$uml_command"
	local start=$SECONDS
	"$culprit" bisect run -q >out 2>err
	is 'flaky: the answer' "culprit $(rev flaky-culprit)" "$(tail -n 1 out)"
	"$culprit" bisect report >report.txt
	has 'flaky: the other warning was seen, and is told' 'WARNING in rbuf_check_size' report.txt
	nothing_left flaky
	echo "flaky: $(bill), $(builds) builds, $((SECONDS - start)) s"
	keep flaky
}

part_killed() {
	begin flaky "$uml_command"
	local pid i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		setsid "$culprit" bisect run -q >out 2>err &
		pid=$!
		sleep "$(python3 -c "import random; print(random.uniform(0.3, 6))")" # a moment, not an event: anything may be going on
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	"$culprit" bisect run -q >out 2>err
	is 'killed: the answer is the same' "culprit $(rev flaky-culprit)" "$(tail -n 1 out)"
	nothing_left killed
	is 'killed: no work tree is left in the repository' 1 "$(git -C "$real/linux" worktree list | grep -vc "$real/.*/.culprit/source")"
	keep killed
}

# A machine that works on commits from one on only: below, it fails in the way of MODE and exits with 0.
part_broken() {
	local mode
	for mode in option missing full silent; do
		begin steady "[ \"./machine\" ]"
		cat >machine <<EOF
#!/bin/bash
if git -C "$real/linux" merge-base --is-ancestor steady-culprit~6 "\$CULPRIT_COMMIT"; then
	exec "$runners/uml" --workload $(printf %q "$workload")
fi
case $mode in
option) qemu-system-x86_64 -display none -machine no-such-machine -kernel "\$CULPRIT_ARTEFACTS/linux" ;;
missing) qemu-system-x86_64 -display none -kernel "\$CULPRIT_ARTEFACTS/bzImage" ;;
full) echo "cp: error writing '/var/tmp/root.img': No space left on device" ;;
silent) ;;
esac
exit 0
EOF
		chmod +x machine
		timeout 900 "$culprit" bisect run -q >out 2>err
		local code=$? last
		last=$(tail -n 1 out)
		case $last in
		"culprit $(rev steady-culprit)") ok "broken $mode: the right commit" ;;
		"culprit "*) not_ok "broken $mode: a wrong commit is named" "$last ($code)" ;;
		*) ok "broken $mode: no commit is named ($last, exit code $code)" ;;
		esac
		nothing_left "broken $mode"
		keep "broken-$mode"
	done
}

# git bisect run, ten runs a commit, any crash is bad, what does not build is skipped.
part_plain() {
	local runs source=$real/work/.culprit/source
	fresh "$real/work"
	git -C "$real/linux" worktree prune
	[ -e "$source/.git" ] || git -C "$real/linux" worktree add -q --detach "$source" flaky-bad || exit 2
	git -C "$source" checkout -q -f --detach flaky-bad
	cat >"$at/step" <<EOF
#!/bin/bash
export CULPRIT_SOURCE=$source CULPRIT_BUILD=$at/.culprit/build CULPRIT_ARTEFACTS=$at/artefacts CULPRIT_SIGNATURE=$at/signature
export CULPRIT_COMMIT=\$(git rev-parse HEAD)
rm -rf "\$CULPRIT_ARTEFACTS"; mkdir -p "\$CULPRIT_ARTEFACTS" "\$CULPRIT_BUILD"
"$real/cached-build" "$real/cache-um" "$runners/kbuild" --arch um --defconfig allnoconfig --fragment "$top/tests/real/uml.config" >"$at/build.log" 2>&1 || exit 125
for i in 1 2 3 4 5 6 7 8 9 10; do
	echo run >>"$at/runs"
	"$runners/uml" --workload $(printf %q "$workload") >"$at/console" 2>&1
	grep -qaE 'BUG: |WARNING: |Kernel panic|Oops|fault at' "$at/console" && exit 1
done
exit 0
EOF
	chmod +x "$at/step"
	git -C "$source" bisect start flaky-bad flaky-good >/dev/null 2>&1
	git -C "$source" bisect run "$at/step" >"$at/log" 2>&1
	runs=$(wc -l <"$at/runs")
	echo "plain: git bisect run: $(grep -aE 'is the first bad commit|cannot bisect more|only .skip.ped commits' "$at/log" | head -n 1); $runs runs; truth $(short flaky-culprit)"
	git -C "$source" bisect reset >/dev/null 2>&1
	keep plain
}

part_x86() {
	fresh "$real/work-x86"
	cat >culprit.yaml <<EOF
repository: "$real/linux"
bad: small-bad
good: small-good
target: { title: "$title" }
build:
  command: [ "$real/cached-build", "$real/cache-x86", "$runners/kbuild", --arch, x86_64, --defconfig, allnoconfig, --fragment, "$top/tests/real/x86.config" ]
run:
  command: [ "$runners/qemu", --memory, 512M, --cpus, "1", --workload, $(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$workload") ]
  timeout: 10m
  parallel: 2
vmlinux: vmlinux
EOF
	local start=$SECONDS
	"$culprit" bisect run -q >out 2>err
	is 'x86: the answer' "culprit $(rev small-culprit)" "$(tail -n 1 out)"
	"$culprit" bisect report >report.txt
	has 'x86: the crash has lines of the source' 'drivers/misc/rbuf\.c:[0-9]+' report.txt
	nothing_left x86
	echo "x86: $(bill), $(builds) builds, $((SECONDS - start)) s"
	keep x86
}

# The qemu runner on a kernel that somebody else built.
part_debian() {
	local at=$real/debian runner="$runners/qemu --memory 512M --cpus 1 --accel tcg" package kernel i pid
	mkdir -p "$at" && cd "$at" || exit 2
	if [ ! -e bzImage ]; then
		package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
		apt-get download -q "$package-unsigned" >/dev/null 2>&1 || apt-get download -q "$package" >/dev/null || exit 2
		for package in *.deb; do dpkg-deb -x "$package" .; done
		mv boot/vmlinuz-* bzImage
		rm -rf ./*.deb lib usr
	fi
	export CULPRIT_ARTEFACTS=$at
	$runner --workload 'uname -r' >run.log 2>&1
	is 'debian: a run' 0 $?
	has 'debian: it came to its end' '^culprit-run: finished' run.log
	is 'debian: and is no crash' '' "$("$culprit" parse --titles run.log)"
	$runner --workload 'echo c > /proc/sysrq-trigger' >panic.log 2>&1
	is 'debian: a panic is no failure of the runner' 0 $?
	is 'debian: it has a title' 'kernel panic: sysrq triggered crash' "$("$culprit" parse --titles panic.log | head -n 1)"
	$runner --silence 20 --workload 'sleep 10000' >hang.log 2>&1
	is 'debian: a hang is no failure of the runner' 0 $?
	has 'debian: it has the blocked tasks' 'sysrq: Show Blocked State' hang.log
	has 'debian: it has all tasks' 'task:sleep .*' hang.log
	$runner --qemu-option=-machine --qemu-option=no-such --workload true >refused.log 2>&1
	is 'debian: an option that QEMU refuses' 75 $?
	for i in 0.1 0.5 1 2 3 5 8; do
		$runner --workload 'sleep 10000' >killed.log 2>&1 &
		pid=$!
		sleep $i # a moment, not an event: anything may be going on
		kill -9 $pid
		wait $pid 2>/dev/null
	done
	# The signal that follows a parent's death is not waited for by anybody.
	for i in $(seq 100); do
		[ -n "$(pgrep -f "$at/bzImage")" ] || break
		sleep 0.1
	done
	is 'debian: killed at any moment, the runner leaves no machine' '' "$(pgrep -f "$at/bzImage" | tr '\n' ' ')"
	cd "$top" || exit 2
}

# The crash that the pages begin with: one run at the bad commit.
make_console() {
	[ ! -e "$real/console.log" ] || return
	begin steady "$uml_command"
	"$culprit" bisect try -q >out 2>err || { cat out err; exit 2; }
	grep -av '^culprit-run: ' .culprit/runs/000001.log >"$real/console.log"
	cd "$top" || exit 2
}

part_pages() {
	make_console
	mkdir -p "$real/pages/home"
	ln -sfn "$real/work" "$real/pages/home/hunt"
	ln -sfn "$real/linux" "$real/pages/home/linux"
	fresh "$real/work"
	cp "$real/console.log" .
	git -C "$real/linux" checkout -q steady-bad
	cd "$top" || exit 2
	python3 tests/real/pages.py "$build" "$real/pages" doc/tutorial.md doc/ci.md
	git -C "$real/linux" checkout -q steady
	is 'pages: made anew' 0 $?
	has 'pages: the tutorial names the commit' "^culprit $(rev steady-culprit)" doc/tutorial.md
}

prepare
write_cached_build
for part in $parts; do
	"part_$part"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
