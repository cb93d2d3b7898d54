#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# the boots of the light-x86 logs; run in the directory of boot.sh
. ./boot.sh
kl x86l-boot 60 fakes,segv ""
kl x86l-notime-null 60 null_read "printk.time=0"
for t in null_read null_write null_plus err_ptr poison_ptr gpf wild call_null call_bad user_access bug warn_msg uaf_read slab_redzone slab_poison slab_double slab_badptr cache_objects stack_smash list_del_twice softirq_null irq_gpf kthread_null two_cpus stack_overflow double_fault panic_nested sched_atomic kobj; do kl x86l-$t 60 $t "slub_debug=FZPU"; done
for t in null_read panic; do kl x86l-panic1-reboot-$t 40 $t "panic=1 oops=panic" -action reboot=reset; done
for t in REPORT_STACK CORRUPT_STACK CORRUPT_STACK_STRONG EXEC_NULL WARNING_MESSAGE BUG READ_AFTER_FREE SLAB_FREE_DOUBLE FORTIFY_STR_MEMBER SPINLOCKUP; do kl x86l-lkmod_$t 40 ko:lkdtm.ko,lk:$t "slub_debug=FZPU"; done
kl x86l-kfence_kunit 200 ko:kfence_test.ko "kunit.enable=1 kfence.sample_interval=20"
kl x86l-netdev_ref 60 par:netdev_ref,sleep:25 ""
kl x86l-memcg_oom 60 hog,echo:survived ""
kl x86l-deadlocked_memory 60 self:eat_memory ""
for m in plain:@ extended:+@; do
 n=x86l-netconsole-${m%%:*}; python3 ./udplisten.py 6666 30 $L/$n.log & lp=$!
 kl $n-serial 28 warn_msg,null_read,lockdep_held "quiet ignore_loglevel netconsole=${m##*:}10.0.2.15/eth0,6666@10.0.2.2/" -netdev user,id=n -device e1000,netdev=n
 wait $lp; ls -l $L/$n.log
done
# ramoops: crash, reboot by panic=1, then pstore-dump.sh (in the initramfs as /bin/pst) gives what was kept
for t in null_read panic warn_msg; do
	timeout 60 ${X% -no-reboot} -display none -monitor none -serial "file:$L/x86l-ramoops-$t-console.log" -serial "file:$L/x86l-pstore-dmesg-$t.log" -serial "file:$L/x86l-pstore-console-$t.log" -kernel "$LAB/b-light/arch/x86/boot/bzImage" -initrd "$LAB/init/dm.cpio.gz" -append "console=ttyS0 trig=run:/bin/pst,$t panic=1 oops=panic panic_on_warn=1 memmap=2M\$0x20000000 ramoops.mem_address=0x20000000 ramoops.mem_size=0x200000 ramoops.record_size=0x10000 ramoops.console_size=0x20000 ramoops.max_reason=3"
done
