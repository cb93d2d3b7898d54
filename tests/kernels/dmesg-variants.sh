#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# provoke the crashes $dvcrash (separated by +), then give the kernel's log the way $dv says to the
# second serial port: kmsg, or options of util-linux dmesg
for c in $(echo "$dvcrash" | busybox tr + ' '); do
	(busybox printf %s "$c" > /proc/kcrash) 2>/dev/null || (busybox printf %s "$c" > /proc/kcrash2)
done
sleep 1
case $dv in
kmsg) busybox timeout 4 cat /dev/kmsg > /dev/ttyS1 ;;
plain) /bin/dmesg > /dev/ttyS1 ;;
*) /bin/dmesg "-$dv" > /dev/ttyS1 ;;
esac
