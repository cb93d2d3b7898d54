#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Logs of Debian's kernels on other architectures: fetch packages, build LKDTM for them, boot, provoke.
#
#   ./run-debian-arch.sh fetch ARCH...                 packages into $LAB/ARCH; nothing is installed
#   ./run-debian-arch.sh module ARCH...                lkdtm.ko (Debian ships none), with gcc-12-TRIPLET installed
#   ./run-debian-arch.sh initramfs ARCH...
#   ./run-debian-arch.sh boot ARCH NAME SECONDS [COMMAND LINE]    logs/ARCH-NAME.log; trig=: see arch-init.sh
#   ./run-debian-arch.sh all ARCH...                   the boots of the corpus' logs
#
# ARCH: s390x ppc64el armhf mipsel mips64el i386
LAB=${LAB:-lab} L=${L:-logs} ABI=${ABI:-6.1.0-50}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$LAB" "$L"; LAB=$(cd "$LAB" && pwd) L=$(cd "$L" && pwd)

arch()
{
	A=$1 D=$LAB/$1 P=
	case $A in
	s390x) F=s390x T=s390x-linux-gnu E=big
		Q="qemu-system-s390x -M s390-ccw-virtio -m 512M -smp 2" C=ttysclp0 ;;
	ppc64el) F=powerpc64le T=powerpc64le-linux-gnu E=little
		Q="qemu-system-ppc64 -M pseries -cpu power9 -m 768M -smp 2" C=hvc0 ;;
	armhf) F=armmp-lpae T=arm-linux-gnueabihf E=little
		Q="qemu-system-arm -M virt -cpu cortex-a15 -m 512M -smp 2" C=ttyAMA0 ;;
	mipsel) F=4kc-malta T=mipsel-linux-gnu E=little
		Q="qemu-system-mipsel -M malta -cpu 24Kf -m 256M" C=ttyS0 ;;
	mips64el) F=5kc-malta T=mips64el-linux-gnuabi64 E=little
		Q="qemu-system-mips64el -M malta -cpu 5KEc -m 256M" C=ttyS0 ;;
	i386) F=686-pae T=i686-linux-gnu E=little P=-unsigned
		Q="qemu-system-i386 -M pc -cpu qemu32 -m 512M -smp 2" C=ttyS0 ;;
	*) echo "$0: what is $A?" >&2; exit 2 ;;
	esac
}

# apt with lists of its own, which sees no other architecture and no installed package
apt_for()
{
	a=$1 d=$LAB/apt/$1; shift
	mkdir -p "$d/lists/partial" "$d/cache/archives/partial"; : > "$d/status"
	cat > "$d/conf" <<-EOF
	APT::Architecture "$a"; APT::Architectures { "$a"; };
	Dir::State::lists "$d/lists"; Dir::State::status "$d/status"; Dir::Cache "$d/cache";
	EOF
	APT_CONFIG=$d/conf apt-get "$@"
}

fetch()
{
	mkdir -p "$D/deb"; cd "$D/deb" || exit 1
	apt_for "$A" update
	apt_for "$A" download "linux-image-$ABI-$F$P" "linux-headers-$ABI-$F" "linux-headers-$ABI-common" busybox-static
	apt-get download linux-kbuild-6.1 linux-source-6.1	# tools for the host
	for d in *.deb; do dpkg-deb -x "$d" "$D"; done
	tar xJf "$D/usr/src/linux-source-6.1.tar.xz" -C "$D" --strip-components=1 linux-source-6.1/drivers/misc/lkdtm
}

module()
{
	h=$D/usr/src/linux-headers-$ABI
	sed -i "s,^include /usr/src/.*,include $h-common/Makefile," "$h-$F/Makefile"
	DEB_BUILD_ARCH=amd64 DEB_HOST_ARCH=$A DEB_HOST_GNU_TYPE=$T \
		make -C "$h-$F" M="$D/drivers/misc/lkdtm" CONFIG_LKDTM=m \
		KCFLAGS="-fmacro-prefix-map=$D/drivers/misc/lkdtm/=drivers/misc/lkdtm/" modules
}

# "segv" and "sigill" are busybox with another entry point: nowhere, and the ELF header itself
initramfs()
{
	i=$D/init; rm -rf "$i"; mkdir -p "$i/bin" "$i/dev" "$i/proc" "$i/sys" "$i/sbin" "$i/tmp"
	cp "$D/bin/busybox" "$i/bin/busybox"
	cp "$here/arch-init.sh" "$i/init"; chmod 755 "$i/init"
	python3 - "$i/bin" $E <<-'EOF'
	import struct, sys
	b = bytearray(open(sys.argv[1] + "/busybox", "rb").read())
	order = "<" if sys.argv[2] == "little" else ">"
	wide = b[4] == 2
	entry, phoff = struct.unpack_from(order + ("QQ" if wide else "II"), b, 24)
	base = struct.unpack_from(order + ("Q" if wide else "I"), b, phoff + (16 if wide else 8))[0]
	n = struct.unpack_from(order + "H", b, 56 if wide else 44)[0]
	size = 56 if wide else 32
	for k in range(n):
	    o = phoff + k * size
	    kind = struct.unpack_from(order + "I", b, o)[0]
	    off, addr = struct.unpack_from(order + "QQ", b, o + 8) if wide else struct.unpack_from(order + "II", b, o + 4)
	    if kind == 1 and addr <= entry:
	        file_off = entry - addr + off
	        break
	for name in ("segv", "sigill"):
	    c = bytearray(b)
	    if name == "segv":
	        struct.pack_into(order + ("Q" if wide else "I"), c, 24, 0x1234560)
	    else:
	        c[file_off:file_off + 4] = bytes(4) if order == ">" else b"\xff\xff\xff\xff"
	    open(sys.argv[1] + "/" + name, "wb").write(c)
	EOF
	chmod 755 "$i"/bin/*
	"$T-strip" -g -o "$i/lkdtm.ko" "$D/drivers/misc/lkdtm/lkdtm.ko"
	(cd "$i" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -9) > "$D/init.gz"
}

# boot NAME SECONDS COMMAND LINE...; QEMU and INITRD in the environment say something else than the usual
boot()
{
	n=$1 t=$2; shift 2
	k=$(echo "$D"/boot/vmlinu[xz]-"$ABI-$F")
	set -- -kernel "$k" -append "console=${CONSOLE:-$C} $*"
	[ -n "$NOINITRD" ] || set -- "$@" -initrd "${INITRD:-$D/init.gz}"
	nice -n 5 timeout -k 5 "$t" $Q -vga none -net none -display none -monitor none ${REBOOT:--no-reboot} \
		-serial "file:$L/$A-$n.log" "$@" $EXTRA < /dev/null > "$L/$A-$n.err" 2>&1
	echo "$A-$n rc=$? $(stat -c %s "$L/$A-$n.log")"
}

verb=$1; shift
case $verb in
fetch | module | initramfs) for x; do arch "$x"; $verb; done ;;
boot) arch "$1"; shift; boot "$@" ;;
all) for x; do arch "$x"; . "$here/debian-arch-list.sh"; done ;;
*) sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
