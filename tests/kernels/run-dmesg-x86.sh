#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# the boots of the dmesg-x86 logs; run in the directory of boot.sh
. ./boot.sh
kd() { nice -n 15 timeout 60 $X -display none -monitor none -serial file:/dev/null -serial file:$L/$1.log -kernel $4 -initrd $LAB/init/dm.cpio.gz -append "console=ttyS0 trig=run:/bin/dv.sh dv=$2 dvcrash=$3 quiet" </dev/null >/dev/null 2>&1; }
LK=$LAB/b-light/arch/x86/boot/bzImage; DKK=$LAB/b-x86/arch/x86/boot/bzImage
for v in T x r kmsg H plain t xT J d; do kd x86l-dmesg-$v-null $v null_read $LK; done
kd x86l-dmesg-x-warn x warn_msg $LK
kd x86l-dmesg-T-bug T bug $LK
kd x86l-kmsg-bug kmsg bug $LK
kd x86l-kmsg-benign kmsg "" $LK
kd x86l-dmesg-T-benign T "" $LK
for v in T x r kmsg; do kd x86d-dmesg-$v-uaf $v uaf_read $DKK; done
kd x86d-dmesg-xT-lockdep xT lockdep_circ $DKK
kd x86d-kmsg-softirq kmsg softirq_uaf $DKK
kd x86d-dmesg-r-multi r warn+lockdep_circ+uaf_read+null_read $DKK
