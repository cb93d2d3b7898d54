#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# the boots of the firmware-x86 logs; run in the directory of boot.sh
. ./boot.sh
V="Debian 6.1.192-2 (6.1.0-56-amd64) x86-64"
BIOS="qemu-system-x86_64 -M q35,graphics=off -cpu max -m 1G -smp 2 -nodefaults -vga none"
UEFI="qemu-system-x86_64 -M q35 -cpu max -m 1G -smp 2 -nodefaults -vga std -drive if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive if=pflash,format=raw,unit=1,snapshot=on,file=iso/vars.fd"
NET="-netdev user,id=n -device e1000,netdev=n"
cnt() { printf '%s' "$1" > iso/count.img; head -c 1048575 /dev/zero >> iso/count.img; }
CD="-drive if=virtio,format=raw,file=iso/count.img"
n=x86deb-uefi-grub-fakes; q $n 240 $UEFI $NET -cdrom iso/ok.iso
n=x86deb-bios-grub-fakes; q $n 240 $BIOS $NET -cdrom iso/ok.iso
cnt 2; n=x86deb-bios-grub-3boots; q $n 400 $BIOS $CD -cdrom iso/reboot.iso
cnt 1; n=x86deb-bios-grub-panic-then-ok; q $n 400 $BIOS $CD -cdrom iso/panic.iso
n=x86deb-grub-noroot; q $n 200 $BIOS -no-reboot -cdrom iso/root.iso
n=x86deb-grub-initrd-truncated; q $n 120 $BIOS -no-reboot -cdrom iso/trunc.iso
n=x86deb-grub-silent; q $n 60 $BIOS -no-reboot -cdrom iso/silent.iso
n=x86deb-grub-noinit; q $n 90 $BIOS -no-reboot -cdrom iso/wrong.iso
n=x86deb-grub-garbage; q $n 45 $BIOS -no-reboot -cdrom iso/garbage.iso
n=x86deb-uefi-grub-garbage; q $n 45 $UEFI -no-reboot -cdrom iso/garbage.iso
n=x86deb-grub-short; q $n 60 $BIOS -no-reboot -cdrom iso/short.iso
n=x86deb-grub-missing; q $n 45 $BIOS -no-reboot -cdrom iso/missing.iso
n=x86deb-initexit; q $n 90 $BIOS -no-reboot -cdrom iso/exit.iso
n=x86-seabios-nodevice; q $n 30 $BIOS
n=x86-seabios-emptydisk; head -c 4M /dev/zero > iso/empty.img; q $n 30 $BIOS $NET -drive if=virtio,format=raw,file=iso/empty.img
n=x86-ovmf-nodevice; q $n 60 $UEFI $NET
n=x86deb-q35-initcall-debug; q $n 400 $BIOS -no-reboot -kernel $DK -initrd $DI -append "console=ttyS0 initcall_debug ignore_loglevel log_buf_len=4M end=poweroff"
