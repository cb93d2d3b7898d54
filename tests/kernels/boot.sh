# SPDX-License-Identifier: LGPL-2.1-or-later
# To be sourced: boot one machine, its serial console into one log file.
LAB=${LAB:-lab}		# build directories b-x86 b-light b-arm64 b-riscv64, init/*.cpio.gz, iso/
L=${L:-logs}		# where the logs go
DK=$LAB/root-amd64/boot/vmlinuz-6.1.0-56-amd64	# Debian's kernels, unpacked with dpkg -x
AK=$LAB/root-arm64/boot/vmlinuz-6.1.0-56-arm64
DI=$LAB/init/d.amd64.cpio.gz	# debian-init.sh, busybox, kinit as /bin/fakes, some modules
AI=$LAB/init/d.arm64.cpio.gz
X="qemu-system-x86_64 -M q35 -cpu max -m 1G -smp 2 -nodefaults -no-reboot"

# q NAME TIMEOUT QEMU ARGUMENTS...
q() { n=$1 t=$2; shift 2; nice -n 15 timeout -k 5 "$t" "$@" -display none -monitor none -serial "file:$L/$n.log" </dev/null >/dev/null 2>&1; echo "$n rc=$? $(stat -c %s "$L/$n.log")"; }
# kl takes QEMU arguments after those
# k, kl, ka, kr NAME TIMEOUT TRIG [COMMAND LINE]: detectors x86, light x86, arm64, riscv64 (trig=: see kinit.c)
k() { q "$1" "$2" $X -kernel "$LAB/b-x86/arch/x86/boot/bzImage" -initrd "$LAB/init/x86_64.cpio.gz" -append "console=ttyS0 trig=$3 $4"; }
kl() { n=$1 t=$2 tr=$3 x=$4; shift 4; q "$n" "$t" $X "$@" -kernel "$LAB/b-light/arch/x86/boot/bzImage" -initrd "$LAB/init/light.cpio.gz" -append "console=ttyS0 trig=$tr $x"; }
ka() { q "$1" "$2" qemu-system-aarch64 -M virt -cpu cortex-a57 -m 512M -smp 2 -nodefaults -no-reboot -kernel "$LAB/b-arm64/arch/arm64/boot/Image" -initrd "$LAB/init/arm64.cpio.gz" -append "console=ttyAMA0 trig=$3 $4"; }
kr() { q "$1" "$2" qemu-system-riscv64 -M virt -m 512M -smp 2 -nodefaults -no-reboot -kernel "$LAB/b-riscv64/arch/riscv/boot/Image" -initrd "$LAB/init/riscv64.cpio.gz" -append "console=ttyS0 earlycon=sbi trig=$3 $4"; }
