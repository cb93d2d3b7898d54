#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/real/check.sh BUILD [PART...]: bisect real kernels from end to end, with the installed runners.
# Parts: debian steady flaky killed broken plain crashes x86 (all by default). $CULPRIT_REAL (default BUILD/real) keeps the
# source, the history and what was built. Not for each CI run: 20 minutes on two idle cores.
#
# debian   Debian's own kernel in QEMU: a run, a panic, a hang, a refused option, the runner killed at any moment
#
# steady   User-mode Linux, 26 commits, a use-after-free in every run: the answer, skips, lines, reports
# flaky    it shows in one run of three, beside another warning in one of four
# killed   the same as steady, the controller killed ten times at random moments
# broken   the runner fails on all commits below one, in three ways: never a wrong commit
# plain    the bill of `git bisect run` with a plain script, ten runs a commit
# crashes  a driver that crashes in many ways, each in a machine of its own: is the first report called what crashes.tsv says?
# x86      x86-64 in QEMU, six commits
# foreign  kernels of Debian for arm64 and riscv64 under emulation (not by default: it fetches 200 MB)
# pages    the pages of doc/ are made anew by what they say (not by default: `make tutorial`)
set -u
build=$(realpath "$1") || exit 2
shift
cd "$(dirname "$0")/../.." || exit 2
top=$PWD
parts=${*:-debian steady flaky killed broken plain crashes x86}
real=$(realpath -m "${CULPRIT_REAL:-$build/real}")
runners=$top/src/runners
culprit=$build/culprit
title='KASAN: use-after-free Read in rbuf_sum'
jobs=${CULPRIT_REAL_JOBS:-$(nproc)} # compilers at once: more than processors where others use them, too
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
	echo "cached-build: \$cache"
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
	cp -r .culprit/journal .culprit/profile.yaml .culprit/builds .culprit/runs "$real/$1/.culprit/" 2>/dev/null
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
  command: [ "$real/cached-build", "$real/cache-um", "$runners/kbuild", --jobs, "$jobs", --arch, um, --defconfig, allnoconfig, --fragment, "$top/tests/real/uml.config" ]
run:
  command: $2
  timeout: 5m
  parallel: ${3:-2}
vmlinux: vmlinux
EOF
}
uml_command="[ \"$runners/uml\", --workload, $(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$workload") ]"

# gone PATTERN: no process has it in its command line, or not for long: nobody waits for the signal that follows a
# parent's death. What is left after a minute is printed.
gone() {
	local i
	for i in $(seq 600); do
		[ -n "$(pgrep -f "$1")" ] || return 0
		sleep 0.1
	done
	pgrep -af "$1" | tr '\n' ' '
}

# No process and no work tree is left by the bisection in the directory
nothing_left() {
	is "$1: no machine is left" '' "$(gone "$at/.culprit/artefacts")"
	is "$1: no directory of a machine is left" '' "$(for d in /tmp/culprit-uml-*; do [ ! -d "$d" ] || [ -d "/proc/$(sed 's/.*uml-\([0-9]*\)-.*/\1/' <<<"$d")" ] || echo "$d"; done)"
}

# bill NAME: what the bisection in the directory took, into the table of results. Builds: those that were asked for, and
# how many of them compiled something (other parts' kernels of the same commit serve this one).
bill() {
	local compiled
	compiled=$(grep -La '^cached-build: ' .culprit/builds/* | wc -l)
	"$culprit" bisect report --format json >bill.json
	result "$1" "$(find .culprit/builds -type f | wc -l) ($compiled compiled)" "$(find .culprit/runs -name '*.log' | wc -l)" \
		"$(tail -n 1 out | cut -c 1-60)" "$(jq -r 'if .posterior then "\(.posterior * 10000 | round / 100) %" else "" end' bill.json)"
}

# result NAME BUILDS RUNS ANSWER PROBABILITY: a row; the checks that failed since the part began are counted in it.
result() {
	local row
	row="| $1 | $(date -u +%F\ %R) | $((SECONDS - part_start)) s | $2 | $3 | $4 | $5 | $((passed - part_passed)) passed, $((failed - part_failed)) failed | $(cut -d ' ' -f 2 /proc/loadavg) |"
	mkdir -p "$real/results"
	echo "$row" >"$real/results/$1"
	echo "$row"
}

# The table between the two marks of RESULTS-real.md: the last result of each part.
write_results() {
	local page=tests/bench/RESULTS-real.md table=$real/table
	{
		echo '| part | when (UTC) | wall | builds | runs | answer | probability | checks | load (5 min) |'
		echo '|---|---|---|---|---|---|---|---|---|'
		cat "$real/results/"* 2>/dev/null
	} >"$table"
	sed -i -e "/^<!-- written by check-real -->/r $table" -e '/^<!-- written by check-real -->/,/^<!-- end -->/{/^<!--/!d}' "$page"
}

part_steady() {
	begin steady "$uml_command"
	"$culprit" bisect run -q >out 2>err
	is 'steady: it has an answer' 0 $?
	is 'steady: the answer' "culprit $(rev steady-culprit)" "$(tail -n 1 out)"
	"$culprit" bisect report >report.txt
	"$culprit" bisect report --format json >report.json
	"$culprit" bisect report --format html >report.html
	"$culprit" bisect log >log.txt
	has 'steady: the report names the commit' "commit $(rev steady-culprit)" report.txt
	has 'steady: and its subject' '^ *misc: rbuf: free the data with the last writer$' report.txt
	has 'steady: reverting it confirms it' '^- Reverting .* makes the target vanish' report.txt
	has 'steady: picking it, too' '^- Picking .* makes the target show' report.txt
	is 'steady: there is no reason to doubt' '' "$(grep -A1 'Reasons to doubt' report.txt)"
	has 'steady: the crash has lines of the source of that commit' 'drivers/misc/rbuf\.c:[0-9]+' report.txt
	is 'steady: JSON says the same' "$(rev steady-culprit)" "$(jq -r '.culprit.commit' report.json)"
	has 'steady: HTML is one page' '<!DOCTYPE html>|<!doctype html>' report.html
	"$culprit" bisect report --format mail >report.mail 2>/dev/null && {
		has 'steady: the mail blames it' "^#regzbot introduced: $(short steady-culprit)" report.mail
	}
	nothing_left steady
	bill steady
	keep steady
}

part_flaky() {
	begin flaky "$uml_command"
	"$culprit" bisect run -q >out 2>err
	is 'flaky: the answer' "culprit $(rev flaky-culprit)" "$(tail -n 1 out)"
	"$culprit" bisect report >report.txt
	has 'flaky: the other warning was seen, and is told' 'WARNING in rbuf_check_size' report.txt
	nothing_left flaky
	bill flaky
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
	bill killed
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
		bill "broken-$mode"
		keep "broken-$mode"
	done
}

# git bisect run, ten runs a commit, any crash is bad, what does not build is skipped.
part_plain() {
	local runs said right source=$real/work/.culprit/source
	fresh "$real/work"
	git -C "$real/linux" worktree prune
	[ -e "$source/.git" ] || git -C "$real/linux" worktree add -q --detach "$source" flaky-bad || exit 2
	git -C "$source" checkout -q -f --detach flaky-bad
	cat >"$at/step" <<EOF
#!/bin/bash
export CULPRIT_SOURCE=$source CULPRIT_BUILD=$at/.culprit/build CULPRIT_ARTEFACTS=$at/artefacts CULPRIT_SIGNATURE=$at/signature
export CULPRIT_COMMIT=\$(git rev-parse HEAD)
rm -rf "\$CULPRIT_ARTEFACTS"; mkdir -p "\$CULPRIT_ARTEFACTS" "\$CULPRIT_BUILD"
echo build >>"$at/built"
"$real/cached-build" "$real/cache-um" "$runners/kbuild" --jobs "$jobs" --arch um --defconfig allnoconfig --fragment "$top/tests/real/uml.config" >"$at/build.log" 2>&1 || exit 125
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
	said=$(grep -aE 'is the first bad commit|cannot bisect more|only .skip.ped commits' "$at/log" | head -n 1)
	echo "plain: git bisect run: $said; $runs runs; truth $(short flaky-culprit)"
	grep -q "^$(rev flaky-culprit)" <<<"$said" && right='(right)' || right='(wrong)'
	result 'plain script' "$(grep -c . "$at/built")" "$runs" "${said:0:60} $right" ''
	git -C "$source" bisect reset >/dev/null 2>&1
	keep plain
}

# build_crashes ARCH FRAGMENT: the driver's kernel, into $at/artefacts
build_crashes() {
	local source=$at/.culprit/source
	grep -qF "$(sha256sum <tests/real/crashes.c)" "$real/crashes.sum" 2>/dev/null || {
		python3 tests/real/history.py --crashes "$real/linux" || exit 2
		sha256sum <tests/real/crashes.c >"$real/crashes.sum"
	}
	git -C "$real/linux" worktree prune
	[ -e "$source/.git" ] || git -C "$real/linux" worktree add -q --detach "$source" crashes || exit 2
	git -C "$source" checkout -q -f --detach crashes
	mkdir -p "$at/artefacts" "$at/.culprit/build"
	echo CONFIG_CRASHES=y >"$at/crashes.config"
	CULPRIT_SOURCE=$source CULPRIT_BUILD=$at/.culprit/build CULPRIT_ARTEFACTS=$at/artefacts \
		"$runners/kbuild" --jobs "$jobs" --arch "$1" --defconfig allnoconfig --fragment "$2" --fragment "$at/crashes.config" >"$at/build.log" 2>&1
}

# crash NAME HOW COMMAND...: NAME.log, the console of a machine whose last word was to crash so; NAME.code, the runner's exit code
crash() {
	local name=$1 how=$2
	shift 2
	export CULPRIT_ARTEFACTS=$at/artefacts
	case $how in
	boot) "$@" --append "crashes=$name" --workload true ;;
	# A task that is never woken is told after two looks of khungtaskd.
	hung) "$@" --workload "echo 1 > /proc/sys/kernel/hung_task_timeout_secs; (echo $name > /proc/crashes) & until dmesg | grep -q 'blocked for more than'; do sleep 1; done" ;;
	*) "$@" --workload "echo $name > /proc/crashes" ;;
	esac >"$at/$name.log" 2>&1 </dev/null
	echo $? >"$at/$name.code"
}

rows() { grep -v -e '^#' -e '^$' tests/real/crashes.tsv; }

part_crashes() {
	local name how title
	fresh "$real/work"
	cd "$top" || exit 2
	build_crashes um tests/real/uml.config
	is 'crashes: the driver builds' 0 $?
	while IFS=$'\t' read -r name how title; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
		crash "$name" "$how" "$runners/uml" &
	done < <(rows)
	wait
	while IFS=$'\t' read -r name how title; do
		is "crashes: the runner of $name" 0 "$(cat "$at/$name.code")"
		"$culprit" parse --titles "$at/$name.log" >"$at/$name.titles"
		is "crashes: the title of $name" "$title" "$(head -n 1 "$at/$name.titles")"
	done < <(rows)
	is 'crashes: no machine is left' '' "$(gone "$at/artefacts/linux")"
	result crashes 1 "$(rows | wc -l)" '' ''
	cd "$at" && keep crashes
}

part_x86() {
	fresh "$real/work-x86"
	cat >culprit.yaml <<EOF
repository: "$real/linux"
bad: small-bad
good: small-good
target: { title: "$title" }
build:
  command: [ "$real/cached-build", "$real/cache-x86", "$runners/kbuild", --jobs, "$jobs", --arch, x86_64, --defconfig, allnoconfig, --fragment, "$top/tests/real/x86.config" ]
run:
  command: [ "$runners/qemu", --memory, 512M, --cpus, "1", --workload, $(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$workload") ]
  timeout: 10m
  parallel: 2
vmlinux: vmlinux
EOF
	"$culprit" bisect run -q >out 2>err
	is 'x86: the answer' "culprit $(rev small-culprit)" "$(tail -n 1 out)"
	"$culprit" bisect report >report.txt
	has 'x86: the crash has lines of the source' 'drivers/misc/rbuf\.c:[0-9]+' report.txt
	nothing_left x86
	bill x86
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
	is 'debian: killed at any moment, the runner leaves no machine' '' "$(gone "$at/bzImage")"
	cd "$top" || exit 2
	result debian 0 11 '' ''
}

# fetch_foreign ARCH SUITE PACKAGE: kernel and busybox of Debian's ARCH into $at/ARCH, by lists of packages of their own
fetch_foreign() {
	local to=$at/$1 package file
	[ ! -e "$to/Image" ] || return 0
	mkdir -p "$to/apt/lists/partial" "$to/apt/cache/archives/partial"
	cat >"$to/apt/conf" <<EOF
Dir::Etc::sourcelist "$to/apt/list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$to/apt/lists";
Dir::Cache "$to/apt/cache";
APT::Architectures { "$(dpkg --print-architecture)"; "$1"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
EOF
	echo "deb [arch=$1 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $2 main" >"$to/apt/list"
	(
		export APT_CONFIG=$to/apt/conf
		cd "$to" && apt-get update -q >/dev/null || exit 1
		package=$(apt-cache depends "$3:$1" | sed -n 's/.*Depends: \(linux-image[^ ]*\).*/\1/p' | head -n 1)
		apt-get download -q "$package" "busybox-static:$1" >/dev/null
	) || return 1
	for file in "$to"/*.deb; do dpkg-deb -x "$file" "$to"; done
	# A kernel for arm64 that unpacks itself is not what QEMU loads.
	file -b "$to"/boot/vmlinu* | grep -q gzip && gzip -dc "$to"/boot/vmlinu* >"$to/Image" || mv "$to"/boot/vmlinu* "$to/Image"
	find "$to" -name busybox -type f -exec cp {} "$to/busybox" \;
	rm -rf "${to:?}"/*.deb "$to"/{apt,bin,boot,etc,lib,usr}
}

# A machine that is starved says so by itself (soft lockup): any report may come before the one that is asked for.
part_foreign() {
	local arch suite package
	at=$real/foreign
	mkdir -p "$at"
	while read -r arch suite package; do
		fetch_foreign "$arch" "$suite" "$package"
		is "foreign: $arch: a kernel" 0 $?
		CULPRIT_ARTEFACTS=$at/$arch "$runners/qemu" --arch "$arch" --memory 512M --cpus 1 --accel tcg --busybox "$at/$arch/busybox" \
			--timeout 1500 --silence 300 --workload 'uname -m; echo c > /proc/sysrq-trigger' >"$at/$arch.log" 2>&1 </dev/null
		is "foreign: $arch: the runner" 0 $?
		has "foreign: $arch: it boots" '^culprit-run: booted' "$at/$arch.log"
		has "foreign: $arch: and is what was asked for" '^(aarch64|riscv64)' "$at/$arch.log"
		"$culprit" parse --titles "$at/$arch.log" >"$at/$arch.titles"
		has "foreign: $arch: the panic has its title" '^kernel panic: sysrq triggered crash$' "$at/$arch.titles"
	done <<'EOF'
arm64 bookworm linux-image-arm64
riscv64 trixie linux-image-riscv64
EOF
	is 'foreign: no machine is left' '' "$(gone "$at/")"
	result foreign 0 2 '' ''
}

# The crash that the pages begin with: one run at the bad commit.
make_console() {
	[ ! -e "$real/console.log" ] || return
	begin steady "$uml_command"
	"$culprit" bisect try -q >out 2>err || { cat out err; exit 2; }
	grep -av '^culprit-run: ' .culprit/runs/000001.log >"$real/console.log"
	cp "$real/console.log" "$top/doc/console.log" # who reads the page begins with it
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
	part_start=$SECONDS part_passed=$passed part_failed=$failed
	"part_$part"
done
write_results
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
