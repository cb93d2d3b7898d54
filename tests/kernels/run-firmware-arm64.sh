#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# the boots of the firmware-arm64 logs; run in the directory of boot.sh
. ./boot.sh
V="Debian 6.1.192-2 (6.1.0-56-arm64) arm64"
A="qemu-system-aarch64 -M virt -cpu cortex-a57 -m 1G -smp 2 -nodefaults"
NET="-netdev user,id=n -device virtio-net-pci,netdev=n"
# a disk for U-Boot: extlinux.conf on FAT
mkdisk() { # image append kernel
 dd if=/dev/zero of=$1 bs=1M count=96 status=none; printf '2048,,c,*\n' | sfdisk -q $1; mkfs.vfat --offset 2048 $1 95000 >/dev/null
 mmd -i $1@@1M ::extlinux; printf 'default l0\nprompt 0\ntimeout 10\nlabel l0\n  menu label Debian 6.1 arm64\n  linux /vmlinuz\n  initrd /initrd.img\n  append %s\n' "$2" > iso/extlinux.conf
 mcopy -i $1@@1M iso/extlinux.conf ::extlinux/extlinux.conf; mcopy -i $1@@1M $3 ::vmlinuz; mcopy -i $1@@1M $AI ::initrd.img; }
n=arm64deb-uefi-fakes; q $n 400 $A $NET -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd -kernel $AK -initrd $AI -append 'console=ttyAMA0 ignore_loglevel fakes=1 mods="virtio_net ext4 loop tun"'
n=arm64-uboot-nodisk; q $n 60 $A $NET -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin
mkdisk iso/ub.img "console=ttyAMA0 earlycon fakes=1 mods=\"virtio_net loop\"" $AK
n=arm64deb-uboot-fakes; q $n 400 $A $NET -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin -drive if=none,id=d,format=raw,file=iso/ub.img -device virtio-blk-pci,drive=d
mkdisk iso/ub2.img "console=ttyAMA0" iso/garbage
n=arm64-uboot-garbage; q $n 60 $A $NET -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin -drive if=none,id=d,format=raw,file=iso/ub2.img -device virtio-blk-pci,drive=d
mkdisk iso/ub3.img "console=ttyAMA0 root=/dev/vda9 rdinit=/nope panic=5" $AK
mods=; n=arm64deb-uboot-noroot-loop; q $n 70 $A -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin -drive if=none,id=d,format=raw,file=iso/ub3.img -device virtio-blk-pci,drive=d
n=arm64deb-uefi-sysrq; q $n 200 $A -no-reboot -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd -kernel $AK -initrd $AI -append 'console=ttyAMA0 crash=1 panic=-1'
n=arm64-uefi-nodevice; q $n 60 $A $NET -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd
V="Debian 6.1.192-2 (6.1.0-56-amd64) x86-64"
n=x86deb-grub-silent2; q $n 45 qemu-system-x86_64 -M q35,graphics=off -cpu max -m 1G -smp 2 -nodefaults -vga none -no-reboot -cdrom iso/silent2.iso
mkdisk iso/ub4.img "console=ttyAMA0 fakes=1 mods=virtio_net" $AK
V="Debian 6.1.192-2 (6.1.0-56-arm64) arm64"
n=arm64deb-tfa-uboot-fakes; q $n 300 qemu-system-aarch64 -M virt,secure=on -cpu cortex-a57 -m 1G -smp 2 -nodefaults -bios tfimg/flash.bin $NET -drive if=none,id=d,format=raw,file=iso/ub4.img -device virtio-blk-pci,drive=d
mkdisk iso/ub5.img "console=ttyAMA0 crash=1 counter=1 panic=1 mods=\"virtio_pci virtio_blk\"" $AK
cp iso/ub5.img iso/ub5c.img; printf 1 > iso/count2.img; head -c 1048575 /dev/zero >> iso/count2.img
n=arm64deb-tfa-uboot-panic-then-ok; q $n 300 qemu-system-aarch64 -M virt,secure=on -cpu cortex-a57 -m 1G -smp 2 -nodefaults -bios tfimg/flash.bin -drive if=none,id=c,format=raw,file=iso/count2.img -device virtio-blk-pci,drive=c -drive if=none,id=d,format=raw,file=iso/ub5.img -device virtio-blk-pci,drive=d
