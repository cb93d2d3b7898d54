#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# init of run-debian-arch.sh's initramfs. trig=ACTION,... on the kernel's command line, one after the other:
#   lk:NAME        write NAME to LKDTM's DIRECT file, in a child;  lk:NAME@POINT  arm that crash point instead
#   self:NAME bg:NAME   the same as lk:NAME, by init itself; without waiting for the child
#   sysrq:KEYS     each key to /proc/sysrq-trigger
#   sysctl:K=V  echo:TEXT(. are blanks)  kmsg:TEXT  sleep:N  touch (some file and timer activity)
#   segv sigill    a user program that dies;  hog  one that eats memory
#   reboot poweroff exit:N hang
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t debugfs dbg /sys/kernel/debug
echo "init: welcome to $(uname -a)"
[ -f /proc/sys/debug/exception-trace ] && echo 1 > /proc/sys/debug/exception-trace
echo 1 > /proc/sys/kernel/print-fatal-signals
L=/sys/kernel/debug/provoke-crash
[ -f /lkdtm.ko ] && [ -z "$nomod" ] && insmod /lkdtm.ko ${count:+cpoint_count=$count}
lk() { case $1 in *@*) echo "${1%@*}" > "$L/${1#*@}" ;; *) echo "$1" > $L/DIRECT ;; esac; }
IFS=,; set -- $trig; unset IFS
for a; do
	v=${a#*:}
	case $a in
	lk:*) (lk "$v") ;;
	self:*) lk "$v" ;;
	bg:*) (lk "$v") & ;;
	sysrq:*) for k in $(echo "$v" | sed 's/./& /g'); do echo "$k" > /proc/sysrq-trigger; done ;;
	sysctl:*) echo "${v#*=}" > "/proc/sys/${v%%=*}" ;;
	echo:*) echo "$v" | tr . ' ' ;;
	kmsg:*) echo "$v" | tr . ' ' > /dev/kmsg ;;
	sleep:*) sleep "$v" ;;
	touch) sleep 1; find / -xdev > /dev/null; echo x > /x; sync; sleep 1 ;;
	segv | sigill) (/bin/$a) ;;
	hog) (tail /dev/zero) ;;
	reboot) reboot -f ;;
	poweroff) poweroff -f ;;
	exit:*) exit "$v" ;;
	hang) while :; do :; done ;;
	esac
done
poweroff -f
