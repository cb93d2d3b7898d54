#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# the boots of the detectors-x86 logs; run in the directory of boot.sh
. ./boot.sh
for t in smp_id warn_once sleep_atomic sched_atomic irq_sched lockdep_held irq_order irq_inversion softirq_state wait_context nonstatic_key lockdep_rec lockdep_circ wq_leak_lock timer_leak softirq_null irq_warn tasklet_warn wq_gpf double_fault stack_segment int3 undef gpf_plain msr nested two_cpus null_plus err_ptr poison_ptr list_corrupt list_add_corrupt list_double_add list_del_twice odebug_work odebug_stack odebug_uninit timer_add_twice ubsan_oob ubsan_bool page_bug page_mapped_free rss_counter badmap cache_objects cache_wrong kfree_wild proc_dup proc_nonempty sysfs_dup kobj_twice nobody_cared spin_recursion spin_wrong_cpu rwsem_rec lock_exit mutex_zero irq_sleep irqs_off_sleep gfp_atomic copy_atomic vfreed write_text stack_end fortify vfree_bad alloc_order vmalloc_huge refcount_under rcu_sleep global_oob stack_oob oob_write warn_taint reboot_mid panic_nested long_lines iret_flags alloc_fail_atomic; do
 k x86d-$t 90 $t; done
k x86d-busy_dentry 90 mnt,busy_dentry,umnt
k x86d-busy_inode 90 mnt,busy_inode,umnt
for t in EXHAUST_STACK CORRUPT_STACK_STRONG ARRAY_BOUNDS CORRUPT_LIST_ADD CORRUPT_LIST_DEL STACK_GUARD_PAGE_LEADING STACK_GUARD_PAGE_TRAILING UNSET_SMEP FORTIFY_STR_MEMBER FORTIFY_MEM_MEMBER SLAB_LINEAR_OVERFLOW VMALLOC_LINEAR_OVERFLOW READ_AFTER_FREE READ_BUDDY_AFTER_FREE WRITE_BUDDY_AFTER_FREE SLAB_FREE_DOUBLE SLAB_FREE_CROSS SLAB_FREE_PAGE WRITE_RO_AFTER_INIT WRITE_KERN EXEC_STACK EXEC_KMALLOC EXEC_VMALLOC EXEC_RODATA EXEC_USERSPACE EXEC_NULL ACCESS_USERSPACE ACCESS_NULL USERCOPY_SLAB_SIZE_TO USERCOPY_SLAB_WHITELIST_FROM USERCOPY_STACK_FRAME_TO USERCOPY_STACK_BEYOND USERCOPY_VMALLOC USERCOPY_FOLIO OVERFLOW_SIGNED REPORT_STACK CFI_FORWARD_PROTO; do k x86d-lk_$t 90 lk:$t; done
k x86d-lk_refcounts 120 $(grep -o 'CRASHTYPE(REFCOUNT_[A-Z_]*' $LAB/linux-source-6.1/drivers/misc/lkdtm/refcount.c | grep -v TIMING | sed 's/.*(/lk:/' | tr '\n' ',')end
k x86d-kmemleak 120 leak,leak,sleep:7,w:/sys/kernel/debug/kmemleak=scan,sleep:5,w:/sys/kernel/debug/kmemleak=scan,cat:/sys/kernel/debug/kmemleak
k x86d-oomkill 120 hog,echo:survived
k x86d-panic_on_oom 120 hog vm.panic_on_oom=1
k x86d-deadlocked_memory 120 self:eat_memory
k x86d-sysrq_c 90 w:/proc/sysrq-trigger=c
k x86d-sysrq_many 90 w:/proc/sysrq-trigger=l,w:/proc/sysrq-trigger=w,w:/proc/sysrq-trigger=t,w:/proc/sysrq-trigger=m,w:/proc/sysrq-trigger=d,w:/proc/sysrq-trigger=9,w:/proc/sysrq-trigger=h
k x86d-sysrq_b 90 w:/proc/sysrq-trigger=b
k x86d-warn_panic_on_warn 90 warn "panic_on_warn=1"
k x86d-kasan_multi 120 uaf_read,double_free,oob_write,global_oob,gpf kasan_multi_shot
k x86d-kasan_kunit 200 ko:kasan_test.ko kasan_multi_shot
k x86d-kasan_module_test 120 ko:kasan_test_module.ko
k x86d-test_ubsan 120 ko:test_ubsan.ko
k x86d-fakes 90 fakes,segv,ugpf,uill,uabrt,echo:done "print_fatal_signals=1"
k x86d-lockup_rcu 120 ko:test_lockup.ko:time_secs=12+disable_preempt=1+lock_rcu=1
for t in wq_lockup rcu_stall_other rcu_stall_self rcu_stall_task hung_rwsem soft_lockup soft_lockup_spin lk:SOFTLOCKUP lk:HUNG_TASK irq_off_forever; do k x86d-$(echo $t | tr : _) 100 $t "workqueue.watchdog_thresh=5 watchdog_thresh=5"; done
k x86d-softlockup_panic 100 soft_lockup "softlockup_panic=1 watchdog_thresh=5"
k x86d-hung_panic 100 hung "hung_task_panic=1"
k x86d-initcall_gpf_k2 60 "" "kcrash2_late=softirq_null"
k x86d-initcall_loop 60 "" "kcrash2_late=irq_off_forever"
k x86d-initcall_soft 60 "" "kcrash2_late=soft_lockup watchdog_thresh=5 initcall_debug"
k x86d-early_gpf 60 "" "kcrash_early=gpf earlyprintk=ttyS0"
k x86d-early_null 60 "" "kcrash_early=call_null earlyprintk=ttyS0"
