#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ssh runner, with an sshd of our own and a board that scripts play: a boot is a new boot ID and lines on the
# console. All of it in namespaces of its own, so that nothing here can be rebooted, and /boot stays as it is.
. "$(dirname "$0")/lib.sh"
sshd=${SSHD:-$(PATH=$PATH:/usr/sbin command -v sshd)}
if [ "$(id -u)" -ne 0 ] || [ -z "$sshd" ] || ! command -v ssh-keygen >/dev/null || ! unshare --mount --pid --fork true 2>/dev/null; then
	pass 'there is no sshd here, or it cannot be put into namespaces: nothing was tested'
	finish
fi
board=$tmp/board
mkdir -p "$board/bin" "$tmp/artefacts"
cd "$tmp" || exit 2
ssh-keygen -q -t ed25519 -N '' -f host_key
ssh-keygen -q -t ed25519 -N '' -f key
port=$((20000 + $$ % 20000))
cat >sshd_config <<EOF
Port $port
ListenAddress 127.0.0.1
HostKey $tmp/host_key
AuthorizedKeysFile $tmp/key.pub
PidFile $board/sshd.pid
StrictModes no
PermitRootLogin yes
SetEnv PATH=$board/bin:/usr/bin:/bin BOARD=$board
Subsystem sftp internal-sftp
EOF
# The user whom sshd gives up its rights to, where the package is only unpacked.
cp /etc/passwd passwd
# No start-up files of whoever runs this: a bash that reads some under a lock took a minute for each command.
sed -i "s#^root:.*#root:x:0:0:root:$board:/bin/sh#" passwd
grep -q ^sshd: passwd || echo 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin' >>passwd

# boots KERNEL: the machine goes away for a moment and is another boot after it.
cat >"$board/bin/boots" <<'EOF'
#!/bin/sh
kill -STOP "$(cat "$BOARD/sshd.pid")"
echo "[    0.000000] Linux version $1 (a@b) (gcc 12) #1 SMP" >>"$BOARD/console"
[ -e "$BOARD/dead" ] || { cat /proc/sys/kernel/random/uuid >"$BOARD/boot_id"; echo "[    1.000000] Run /sbin/init as init process" >>"$BOARD/console"; }
sleep 0.3
kill -CONT "$(cat "$BOARD/sshd.pid")"
EOF
cat >"$board/bin/kexec" <<'EOF'
#!/bin/sh
echo "kexec $*" >>"$BOARD/log"
case $1 in -e) boots "6.2.0-$(cat /boot/culprit/kernel)" ;; esac
EOF
cat >"$board/bin/systemctl" <<'EOF'
#!/bin/sh
echo "systemctl $*" >>"$BOARD/log"
case $1 in kexec) exit 1 ;; reboot)
	if [ -e "$BOARD/once" ]; then
		rm "$BOARD/once"
		boots "6.2.0-$(cat /boot/culprit/kernel)"
	else
		boots 6.1.0-own
	fi
	;;
esac
EOF
# A boot loader that takes a kernel once: what is chosen is booted by the next reboot only.
for tool in grub-reboot efibootmgr; do
	cat >"$board/bin/$tool" <<'EOF'
#!/bin/sh
echo "${0##*/} $*" >>"$BOARD/log"
[ "$*" != refused ] || exit 1
touch "$BOARD/once"
EOF
done
cat >"$board/bin/crash" <<'EOF'
#!/bin/sh
cat >>"$BOARD/console" <<'EOT'
[    9.000000] ------------[ cut here ]------------
[    9.000000] WARNING: CPU: 0 PID: 1 at fs/frob.c:12 frob_release+0x12/0x20
[    9.000000] CPU: 0 PID: 1 Comm: crash Not tainted 6.2.0 #1
[    9.000000] Call Trace:
[    9.000000]  <TASK>
[    9.000000]  frob_release+0x12/0x20
[    9.000000]  do_exit+0x12/0x20
[    9.000000]  </TASK>
[    9.000000] ---[ end trace 0000000000000000 ]---
EOT
EOF
chmod +x "$board"/bin/*
echo first >"$board/boot_id"
: >"$board/console" && : >"$board/log"
unshare --mount --pid --fork --kill-child --mount-proc sh -c "
	mount -t tmpfs boot /boot && mount -t tmpfs run /run && mkdir -p /run/sshd &&
	mount --bind '$board/boot_id' /proc/sys/kernel/random/boot_id && mount --bind '$tmp/passwd' /etc/passwd &&
	'$sshd' -f '$tmp/sshd_config' -E '$tmp/sshd.log' && exec sleep 1000" &
ns=$!
trap 'kill -9 $ns 2>/dev/null; rm -rf "$tmp" "$git_home"' EXIT
tries=0
until [ -e "$board/sshd.pid" ] || [ $tries -gt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
if [ ! -e "$board/sshd.pid" ]; then
	fail 'the sshd of the test begins' "$(cat sshd.log)"
	finish
fi

export CULPRIT_ARTEFACTS=$tmp/artefacts
echo bad >artefacts/bzImage
board() {
	run "$top/src/runners/ssh" --host "root@127.0.0.1" --console "tail -n 0 -F $board/console" --boot-time 300 --timeout 60 \
		--ssh-option Port=$port --ssh-option IdentityFile="$tmp/key" --ssh-option UserKnownHostsFile="$tmp/known" "$@"
}
board --boot kexec --workload 'uname -s; crash'
is 'a crash is no failure of the runner' 0 "$code"
[ "$code" -eq 0 ] || { echo "$out"; cat sshd.log; }
has 'the kernel that was built is booted' 'Linux version 6.2.0-bad' "$out"
has 'it came up' 'culprit-run: booted' "$out"
has 'the workload speaks' 'Linux' "$out"
has 'it came to its end' 'culprit-run: finished' "$out"
is 'the crash on the console has its title' 'WARNING in frob_release' "$("$CULPRIT" parse --titles <<<"$out")"
has 'the kernel is loaded' 'kexec -l /boot/culprit/kernel --reuse-cmdline' "$(cat "$board/log")"
is 'the machine is back in its own kernel' 'systemctl reboot' "$(tail -n 1 "$board/log")"

: >"$board/log"
echo other >initrd
board --boot grub:culprit --initrd initrd --copy known --workload 'cat /boot/culprit/initrd; ls /tmp/known'
is 'by way of grub: it ran' 0 "$code"
has 'by way of grub: the kernel that was built' 'Linux version 6.2.0-bad' "$out"
has 'by way of grub: with the initrd' 'other' "$out"
has 'by way of grub: and what is copied' '/tmp/known' "$out"
is 'by way of grub: once, then back' 'grub-reboot culprit,systemctl reboot,systemctl reboot' "$(paste -sd , "$board/log")"
: >"$board/log"
board --boot efi:0007 --workload true
has 'by way of the firmware: the kernel that was built' 'Linux version 6.2.0-bad' "$out"
is 'by way of the firmware: once, then back' 'efibootmgr -q -n 0007,systemctl reboot,systemctl reboot' "$(paste -sd , "$board/log")"
: >"$board/log"
board --boot grub:refused --workload true --boot-time 4
is 'a boot loader that refuses: no word about the kernel' 75 "$code"
has 'a boot loader that refuses: what was seen' 'neither the console nor ssh showed a kernel' "$out"

# --- which kernel came up? uname is that of the machine that plays the board
printf 'junk\0Linux version %s (a@b) (gcc 12) %s\n\0' "$(uname -r)" "$(uname -v)" >artefacts/bzImage
board --boot efi:0007 --workload true
has 'the kernel that was built came up, by its version: it ran' 'culprit-run: finished' "$out"
gzip -c artefacts/bzImage >artefacts/packed && mv artefacts/packed artefacts/bzImage
board --boot efi:0007 --workload true
has 'in a compressed image, too' 'culprit-run: finished' "$out"
printf 'junk\0Linux version 6.2.0-new (a@b) (gcc 12) #7 SMP\n\0' >artefacts/bzImage
board --boot efi:0007 --workload 'echo it runs'
is 'another kernel came up: no word about the one that was built' 75 "$code"
has 'another kernel came up: its name' "another kernel than the one that was built: $(uname -r)" "$out"
holds 'another kernel came up: no workload is run on it' test -z "$(grep 'it runs' <<<"$out")"
is 'another kernel came up: the machine is back in its own' 'systemctl reboot' "$(tail -n 1 "$board/log")"
if notes=$(od -An -v -tx1 /sys/kernel/notes 2>/dev/null | tr -d ' \n') && id=$(grep -oE '03000000474e5500[0-9a-f]{40}' <<<"$notes"); then
	printf 'ELF %b end' "$(sed 's/^.\{16\}//; s/../\\x&/g' <<<"$id")" >artefacts/vmlinux
	board --boot efi:0007 --workload true
	has 'the build ID of vmlinux outweighs the version' 'culprit-run: finished' "$out"
	echo 'ELF of something else' >artefacts/vmlinux
	echo bad >artefacts/bzImage
	board --boot efi:0007 --workload true
	is 'a vmlinux without the build ID of what runs' 75 "$code"
	rm artefacts/vmlinux
fi
echo bad >artefacts/bzImage

board --boot 'command:kexec -e' --workload 'kill -9 $PPID'
is 'a lost connection: the console speaks' 0 "$code"
has 'a lost connection is told' 'culprit-run: the connection was lost' "$out"
holds 'a lost connection is no end of the workload' test -z "$(grep 'culprit-run: finished' <<<"$out")"

board --boot 'command:kexec -e' --workload 'sleep 1000' --silence 3 --power-cycle "touch $tmp/cycled"
is 'a hang: the console speaks' 0 "$code"
has 'a hang is told' 'no output for 3 s' "$out"
holds 'a machine that hangs is power-cycled' test -e cycled
is 'a hang leaves no ssh behind' '' "$(pgrep -f "ssh .*Port=$port" | tr '\n' ' ')"

touch "$board/dead"
board --boot 'command:kexec -e' --workload true --boot-time 4
is 'a kernel that does not come up: the console speaks' 0 "$code"
has 'a kernel that does not come up is told' 'the machine did not come up in 4 s' "$out"
rm "$board/dead"

run "$top/src/runners/ssh" --host root@127.0.0.1 --console 'sh -c "exit 3"' --boot 'command:true' --workload true --boot-time 300 \
	--ssh-option Port=$port --ssh-option IdentityFile="$tmp/key" --ssh-option UserKnownHostsFile="$tmp/known"
is 'a console that ends is no verdict' 75 "$code"
has 'a console that ends is told' 'the console command ended (exit code 3)' "$out"
run "$top/src/runners/ssh" --host root@127.0.0.1 --console true --boot kexec --workload true --boot-time 1 --ssh-option Port=1
is 'a machine that does not answer is no verdict' 75 "$code"
has 'a machine that does not answer is told' 'does not answer to ssh' "$out"

# --- killed with SIGKILL
"$top/src/runners/ssh" --host root@127.0.0.1 --console "tail -n 0 -F $board/console" --boot 'command:kexec -e' --workload 'sleep 1000' \
	--ssh-option Port=$port --ssh-option IdentityFile="$tmp/key" --ssh-option UserKnownHostsFile="$tmp/known" >killed.log 2>&1 &
pid=$!
tries=0
until grep -q 'workload started' killed.log || [ $tries -gt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -9 $pid
wait $pid 2>/dev/null
tries=0
while [ -n "$(pgrep -f "ssh .*Port=$port|tail -n 0 -F $board")" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
is 'killed with SIGKILL, the runner leaves nothing' '' "$(pgrep -af "ssh .*Port=$port|tail -n 0 -F $board")"
finish
