#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The runners and the builder, as far as they go without a kernel; tests/real/check.sh boots some.
. "$(dirname "$0")/lib.sh"
runners=$top/src/runners
cd "$tmp" || exit 2
mkdir artefacts
export CULPRIT_ARTEFACTS=$tmp/artefacts

# --- help, wrong use
for name in qemu uml virtme ssh syzkaller kbuild; do
	run "$runners/$name" --help
	is "$name --help is no failure" 0 "$code"
	has "$name --help tells its exit codes or options" '--' "$out"
	run "$runners/$name" --no-such-option
	is "$name: a wrong option is wrong use" 2 "$code"
done

# --- what is missing is no verdict about the kernel
run "$runners/qemu" --workload true
is 'qemu: without a kernel: the machine failed' 75 "$code"
has 'qemu: and says which file' "there is no kernel $tmp/artefacts/bzImage" "$out"
echo text >artefacts/linux
run "$runners/uml" --workload true
is 'uml: a file that is no kernel' 75 "$code"
has 'uml: and asks how it was built' 'ARCH=um' "$out"
echo text >artefacts/bzImage
run "$runners/qemu" --workload true --qemu no-such-qemu
is 'qemu: no such QEMU' 75 "$code"
has 'qemu: names the package' 'qemu-system-x86' "$out"
run "$runners/qemu" --image missing.img
is 'qemu: a missing disk image' 75 "$code"
run "$runners/syzkaller" --syz-bin . --program repro.syz
is 'syzkaller: without its programs' 75 "$code"
run "$runners/ssh" --host h --console true --boot nonsense --workload true
is 'ssh: a boot that does not exist' 75 "$code"
has 'ssh: says which there are' 'kexec, grub:ENTRY' "$out"

# --- a QEMU that refuses an option, and one that dies: a program in its place, the runner is what is tested
cat >refusing <<'EOF'
#!/bin/sh
echo "qemu-system-x86_64: -machine q35: unsupported machine type" >&2
exit 1
EOF
cat >silent <<'EOF'
#!/bin/sh
exit 0
EOF
cat >speaking <<'EOF'
#!/bin/sh
echo '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP'
echo 'culprit-run: booted'
echo 'culprit-run: workload started'
[ -z "$REBOOT" ] || { echo '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP'; exec sleep 1000; }
[ -z "$HANG" ] || exec sleep 1000
echo 'culprit-run: finished'
echo $$ >"$PIDFILE"
exec sleep 1000
EOF
cat >early <<'EOF'
#!/bin/sh
echo '<0>[    0.160000] Kernel panic - not syncing: Segfault with no mm'
kill -ABRT $$
EOF
chmod +x refusing silent speaking early
export PIDFILE=$tmp/pid
gcc -static -nostdlib -o program -x c - <<<'void _start(void) { for (;;); }' 2>/dev/null
boot() { run "$runners/qemu" --program ./program --root . --busybox ./program --kernel artefacts/bzImage --workload true "$@"; }
mkdir root && cd root && mv ../program . && cd ..
boot() { run "$runners/qemu" --program root/program --busybox root/program --workload true "$@"; }
boot --qemu "$tmp/refusing"
is 'qemu refuses an option: the machine failed' 75 "$code"
has 'what QEMU said is in the console' 'unsupported machine type' "$out"
boot --qemu "$tmp/silent"
is 'qemu ends without a word: the machine failed' 75 "$code"
boot --qemu "$tmp/early"
is 'a kernel that dies before it has a console spoke all the same' 0 "$code"
has 'and did not get to userspace' 'userspace was not reached' "$out"
HANG=1 boot --qemu "$tmp/speaking" --silence 0.3
is 'a machine that falls silent: the console speaks' 0 "$code"
has 'the runner says so' 'asking for the tasks' "$out"
# A machine that is not let run is no machine that hangs: two threads of one processor, and schedstat says who waits.
cat >busy <<'EOF'
#!/bin/sh
echo '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP'
exec python3 -c 'while True: pass'
EOF
chmod +x busy
if [ -e /proc/self/schedstat ] && command -v taskset >/dev/null; then
	cpu=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')
	taskset -c "$cpu" sh -c 'while :; do :; done' &
	hog=$!
	run taskset -c "$cpu" nice -n 10 "$runners/qemu" --program root/program --busybox root/program --workload true --silence 0.5 --timeout 6 --qemu "$tmp/busy"
	kill $hog
	wait $hog 2>/dev/null
	has 'a machine that the host does not let run is waited for' 'the time of 6 s is over' "$out"
	is 'and is not said to hang' '' "$(grep 'no output for' <<<"$out")"
fi
run env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$runners" python3 -c '
import culprit_runner as r
def lacked(before, after):
    return r.lacked_processor({"1": before}, {"1": after}, 1)
assert not lacked((0, 0, True), (1, 0, True)), "spins on a processor of its own"
assert lacked((0, 0, True), (0, 0, True)), "was never let run: nothing is counted yet"
assert lacked((0, 0, True), (.2, .8, True)), "was let run now and then"
assert not lacked((0, 0, False), (0, 0, False)), "sleeps"
assert not lacked((0, 0, True), (.1, .1, False)), "ran, and sleeps"
assert not r.lacked_processor({}, {"1": (0, 0, True)}, 1), "has just come"
'
is 'who lacks a processor is told from who spins and who sleeps' "0 " "$code $out"
REBOOT=1 boot --qemu "$tmp/speaking" --silence 30
has 'a second banner is a reboot' 'culprit-run: the machine rebooted' "$out"
boot --qemu "$tmp/speaking" --timeout 2
has 'finished is passed on' 'culprit-run: finished' "$out"
is 'the machine is gone after that' '' "$(ps -o pid= -p "$(cat pid)")"

# --- the machine around the runner is out of something: no verdict, never a traceback's exit code 1
(ulimit -f 0; HANG=1 "$runners/qemu" --program root/program --busybox root/program --workload true --qemu "$tmp/speaking" 2>&1; echo "exit code $?") | cat >limited
has 'no room for the initramfs: the machine failed' 'exit code 75' "$(cat limited)"
has 'and says so' 'culprit-run: failed: [Errno 27] File too large' "$(cat limited)"
"$runners/qemu" --program root/program --busybox root/program --workload true --timeout 2 --qemu "$tmp/speaking" >/dev/full 2>full.err
is 'the console goes to a full disk: the machine failed' 75 "$?"
is 'and no Python tells of it' '' "$(grep Traceback full.err)"
tries=0
while [ -n "$(ps -o pid= -p "$(cat pid)")" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
is 'the machine is gone then, too' '' "$(ps -o pid= -p "$(cat pid)")"

# --- killed with SIGKILL: the machine goes, too
HANG=1 "$runners/qemu" --program root/program --busybox root/program --workload true --qemu "$tmp/speaking" >console &
pid=$!
until grep -q 'workload started' console; do sleep 0.05; done
child=$(pgrep -P "$pid")
kill -9 "$pid"
wait "$pid" 2>/dev/null
tries=0
while [ -n "$(ps -o pid= -p "$child")" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
is 'killed with SIGKILL, the runner leaves no machine' '' "$(ps -o pid= -p "$child")"

# --- killed at any moment: started, booting, running, ending
touch started
cat >steps <<'EOF'
#!/bin/sh
echo $$ >>started
echo '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP'
sleep 0.1
echo 'culprit-run: booted'
sleep 0.1
echo 'culprit-run: finished'
exec sleep 1000
EOF
chmod +x steps
for i in 0 1 2 3 4 5 6 7 8 9; do
	"$runners/qemu" --program root/program --busybox root/program --workload true --qemu "$tmp/steps" >/dev/null 2>&1 &
	pid=$!
	sleep "0.$((i * 7 % 10))" # a moment, not an event: anything may be going on
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
done
alive() { xargs -r ps -o pid= -p <started; }
tries=0
while [ -n "$(alive)" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
is 'killed at ten moments, no machine is left' '' "$(alive)"

# --- killed before it could ask for the signal: the child sees that its parent is another one, and does not begin
run env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$runners" python3 -c '
import os
import culprit_runner as run
dies = run.dies_with_parent()
if os.fork() == 0:
    child = os.fork()
    if child == 0:
        dies()
        os._exit(0)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))'
is 'a child whose parent is gone already does not begin' 75 "$code"

# --- virtme: vng joins the words behind `--` and gives them to a shell inside, which is what this one does
mkdir vng-bin
cat >vng-bin/vng <<'EOF'
#!/bin/sh
echo '[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP'
echo "options: $*"
while [ "$1" != -- ]; do shift; done
shift
eval "$*"
[ -z "$HANG" ] || { echo $$ >"$PIDFILE"; exec sleep 1000; }
EOF
chmod +x vng-bin/vng
export CULPRIT_ARTEFACTS=$tmp/artefacts
virtme() { run env PATH="$tmp/vng-bin:$PATH" "$runners/virtme" "$@"; }
virtme --workload "echo \"it's \$((40 + 2))\"; false" --vng-option=--disable-kvm --append 'a=b'
is 'virtme: a run' 0 "$code"
has 'virtme: what runs inside keeps its quotes' "it's 42" "$out"
has 'virtme: its exit code is told' 'culprit-run: workload exited with 1' "$out"
has 'virtme: it came to its end' 'culprit-run: finished' "$out"
has 'virtme: the kernel of the artefacts is run' "options: --run $tmp/artefacts/bzImage " "$out"
has 'virtme: options get to vng' ' --append panic=-1 no_timer_check a=b --disable-kvm -- ' "$out"
PIDFILE=$tmp/vng-pid HANG=1 virtme --workload true --silence 0.3 --timeout 30
is 'virtme: nothing of it is left' '' "$(ps -o pid= -p "$(cat vng-pid)")"
if ! PATH=/usr/bin:/bin command -v vng >/dev/null && ! PATH=/usr/bin:/bin command -v virtme-ng >/dev/null; then
	run env PATH=/usr/bin:/bin "$runners/virtme" --workload true
	is 'virtme: without vng the machine failed' 75 "$code"
	has 'virtme: and the package is named' 'Debian: package virtme-ng' "$out"
fi

# --- kbuild, on a tree whose Makefile behaves like kernels'
mkdir tree build
cat >tree/Makefile <<'EOF'
VERSION = 5
PATCHLEVEL = 4
O ?= .
defconfig olddefconfig: ; @touch $(O)/.config
bzImage:
	@case "$$MODE" in \
	yylloc) [ "$(HOSTCFLAGS)" = -fcommon ] || { echo "/usr/bin/ld: scripts/dtc/dtc-parser.tab.o:(.bss+0x10): multiple definition of \`yylloc'"; exit 1; } ;; \
	full) echo 'fatal error: error writing to /tmp/cc.s: No space left on device'; exit 1 ;; \
	broken) echo "fs/x.c:1:1: error: expected ';' before '}' token"; exit 1 ;; \
	esac
	@mkdir -p $(O)/arch/x86/boot && echo image > $(O)/arch/x86/boot/bzImage && echo vmlinux > $(O)/vmlinux
	@[ -z "$$BIG" ] || cp $$BIG $(O)/vmlinux
EOF
export CULPRIT_SOURCE=$tmp/tree CULPRIT_BUILD=$tmp/build CULPRIT_SIGNATURE=$tmp/signature
rm -f artefacts/*
run "$runners/kbuild" --defconfig defconfig
is 'kbuild builds' 0 "$code"
is 'kbuild leaves image, vmlinux and configuration' 'bzImage config vmlinux' "$(echo artefacts/* | sed 's#artefacts/##g')"
first=$(cat signature)
run "$runners/kbuild" --defconfig defconfig
is 'equal images have equal signatures' "$first" "$(cat signature)"
MODE=broken run "$runners/kbuild" --defconfig defconfig
is 'kbuild: a commit that does not build' 1 "$code"
MODE=full run "$runners/kbuild" --defconfig defconfig
is 'kbuild: a full disk says nothing about the commit' 75 "$code"
if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
	head -c 200000 /dev/zero >big
	BIG=$tmp/big run unshare --mount sh -c "mount -t tmpfs -o size=64k small '$tmp/artefacts' && exec '$runners/kbuild' --defconfig defconfig"
	is 'kbuild: no room for the artefacts says nothing about the commit' 75 "$code"
	has 'kbuild: and is told' 'No space left on device' "$err"
fi
MODE=yylloc run "$runners/kbuild" --defconfig defconfig
is 'kbuild: an old kernel is built with the fix-up for its error' 0 "$code"
has 'kbuild: says which' 'again with HOSTCFLAGS=-fcommon' "$out"
sed -i 's/^PATCHLEVEL = 4/PATCHLEVEL = 7/' tree/Makefile
MODE=yylloc run "$runners/kbuild" --defconfig defconfig
is 'kbuild: a kernel that has the fix gets none' 1 "$code"
echo CONFIG_GIVEN=y >given.config
CULPRIT_CONFIG=$tmp/given.config run "$runners/kbuild" --defconfig defconfig
is 'kbuild: the configuration that the bisection wants' 0 "$code"
has 'kbuild: takes the place of the given one' 'CONFIG_GIVEN=y' "$(cat build/.config)"
run "$runners/kbuild" --config missing.config
is 'kbuild: a missing configuration is wrong use' 2 "$code"
has 'kbuild: names it' 'there is no file missing.config' "$err"

# --- Kconfig is asked only where something that it reads has changed
cat >tree/Makefile <<'EOF'
VERSION = 6
PATCHLEVEL = 1
O ?= .
defconfig: ; @echo $@ >>$(O)/../asked; echo CONFIG_A=y >$(O)/.config
olddefconfig: ; @echo $@ >>$(O)/../asked
bzImage:
	@mkdir -p $(O)/arch/x86/boot && cp $(O)/.config $(O)/arch/x86/boot/bzImage && cp $(O)/.config $(O)/vmlinux
EOF
mkdir -p tree/drivers
echo 'config A' >tree/drivers/Kconfig
asked() {
	rm -f asked
	run "$runners/kbuild" --defconfig defconfig "$@"
	wc -l <(cat asked 2>/dev/null) | cut -d ' ' -f 1
}
is 'kbuild: the first build is configured' 2 "$(asked)"
is 'kbuild: the next is as it was' 0 "$(asked)"
is 'kbuild: and has its configuration' 'CONFIG_A=y' "$(head -n 1 artefacts/config)"
echo 'int x;' >tree/drivers/x.c
is 'kbuild: a source file changes nothing of it' 0 "$(asked)"
echo 'config B' >>tree/drivers/Kconfig
is 'kbuild: a Kconfig file does' 2 "$(asked)"
echo CONFIG_C=y >build/.config
is 'kbuild: so does whoever else wrote .config' 2 "$(asked)"
echo CONFIG_D=y >more.config
is 'kbuild: a fragment does' 2 "$(asked --fragment more.config)"
is 'kbuild: the same fragment again does not' 0 "$(asked --fragment more.config)"
echo CONFIG_E=y >>more.config
is 'kbuild: one that changed does' 2 "$(asked --fragment more.config)"
is 'kbuild: another option of ours does' 2 "$(asked --fragment more.config --make W=1)"

# --- what was compiled in one directory serves the next
if command -v ccache >/dev/null; then
	cat >tree/Makefile <<'EOF'
VERSION = 6
PATCHLEVEL = 1
here := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
defconfig olddefconfig: ; @touch $(O)/.config
bzImage:
	@mkdir -p $(O)/arch/x86/boot
	@cd $(O) && $(CC) -g -fmacro-prefix-map=$(here)= $(KCPPFLAGS) -I$(here) -c -o vmlinux $(here)x.c && cp vmlinux arch/x86/boot/bzImage
EOF
	echo 'const char *where(void) { return "found in " __FILE__; }' >tree/x.c
	export CCACHE_DIR=$tmp/ccache
	for n in 1 2; do
		mkdir -p state$n/build state$n/artefacts
		cp -r tree state$n/source
		(
			export CULPRIT_SOURCE=$tmp/state$n/source CULPRIT_BUILD=$tmp/state$n/build CULPRIT_ARTEFACTS=$tmp/state$n/artefacts
			unset CCACHE_BASEDIR CCACHE_NOHASHDIR KCPPFLAGS
			exec "$runners/kbuild" --defconfig defconfig
		) >built$n.log 2>&1
		is "kbuild: with ccache, build $n" 0 $?
	done
	is 'kbuild: a second directory finds what the first compiled' '1 1' \
		"$(ccache --print-stats | awk '/^(direct|preprocessed)_cache_hit/ { hits += $2 } $1 == "cache_miss" { misses = $2 } END { print hits, misses }')"
	holds 'kbuild: and __FILE__ is the name below the source' grep -qa 'found in x\.c' state2/artefacts/vmlinux
	unset CCACHE_DIR
fi

# --- doctor
run "$CULPRIT" doctor --for uml
has 'doctor knows what is needed' 'kernel builds' "$out"
run env PATH="$tmp/nothing" "$CULPRIT" doctor
is 'doctor: nothing is there' 1 "$code"
has 'doctor names the package' 'missing  flex                 Kconfig of Linux 4.16 and later (Debian: flex)' "$out"
finish
