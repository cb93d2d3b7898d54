#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# init of the initramfs for Debian's kernels: modules, look-alike lines, dying programs, then end=...
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t debugfs dbg /sys/kernel/debug
echo "init: welcome to $(uname -a)"
for m in $mods; do modprobe "$m"; done
ip link set lo up; ip link set eth0 up 2>/dev/null
echo 1 > /proc/sys/debug/exception-trace
if [ -n "$fakes" ]; then
	set -x
	trig=fakes /bin/fakes
	echo "BUG: frobnicator[17]: table has 3 entries, expected 4"
	echo "general protection fault handling: test 4 of 9 ... ok"
	echo "INFO: task done after 17 seconds"
	echo "<3>userspace: kernel panic is what this daemon is named after" > /dev/kmsg
	echo "<4>systemd[1]: WARNING: something in userspace is wrong" > /dev/kmsg
	for d in segv ugpf udiv uill uabrt; do /bin/fakes "$d"; done
	set +x
	echo "not ok 7 - list_del corruption is detected # SKIP"
	dmesg | grep -c -i warning
	printf 'testvm login: '; sleep 1; echo
fi
# counter=1: the first byte of /dev/vda says how many more boots are wanted
if [ -n "$counter" ]; then
	n=$(head -c1 /dev/vda)
	if [ "$n" -gt 0 ]; then
		printf %d $((n - 1)) | dd of=/dev/vda bs=1 conv=notrunc,fsync 2>/dev/null
		end=reboot
	else
		end=poweroff crash=
	fi
fi
[ -n "$crash" ] && echo c > /proc/sysrq-trigger
[ -n "$hangtest" ] && { echo "Broadcast message from root: The system will hang NOW!"; sleep 3; }
case $end in
reboot) echo "reboot: by the script"; reboot -f ;;
exit) exit 3 ;;
*) poweroff -f ;;
esac
