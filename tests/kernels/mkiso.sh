#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# mkiso.sh OUT.iso KERNEL INITRD "COMMAND LINE": an ISO with GRUB on the serial console (BIOS and UEFI)
set -e
d=$(mktemp -d)
mkdir -p "$d/boot/grub"
cp "$2" "$d/boot/vmlinuz"
[ -n "$3" ] && cp "$3" "$d/boot/initrd.img"
cat > "$d/boot/grub/grub.cfg" <<E
serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
set timeout=2
menuentry 'Debian GNU/Linux, with Linux 6.1.0-56-amd64' {
	echo 'Loading Linux 6.1.0-56-amd64 ...'
	linux ${KPATH:-/boot/vmlinuz} $4
	echo 'Loading initial ramdisk ...'
	initrd /boot/initrd.img
}
menuentry 'Memory test' { true }
E
grub-mkrescue -o "$1" "$d" 2>/dev/null
rm -rf "$d"
