#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# the boots of the arm64-riscv64 logs; run in the directory of boot.sh
. ./boot.sh
kr riscv64d-boot 100 fakes,segv,uill
both() { [ -s $L/arm64d-$1.log ] && grep -q Power.down $L/arm64d-$1.log || ka arm64d-$1 60 $1; kr riscv64d-$1 60 $1; }
for t in null_read gpf undef bug warn_msg uaf_read; do both $t; done
for t in wild badpage call_null oob_read stack_overflow panic ; do both $t; done
for t in sp_align null_plus call_bad user_access; do ka arm64d-$t 60 $t; done
for t in ebreak load_access; do kr riscv64d-$t 60 $t; done
for t in double_free stack_oob sleep_atomic lockdep_circ lockdep_irq irq_gpf softirq_null kthread_null write_text; do both $t; done
ka arm64d-sysrq_c 60 w:/proc/sysrq-trigger=c; kr riscv64d-self_null 60 self:null_read
for t in rcu_stall_other rcu_stall_self soft_lockup hung_mutex; do ka arm64d-$t 80 $t,sleep:12 "workqueue.watchdog_thresh=5 watchdog_thresh=5";  kr riscv64d-$t 80 $t,sleep:12 "workqueue.watchdog_thresh=5 watchdog_thresh=5"; done
for t in EXEC_USERSPACE ACCESS_USERSPACE WRITE_RO STACK_GUARD_PAGE_LEADING EXEC_DATA; do ka arm64d-lk_$t 60 lk:$t; kr riscv64d-lk_$t 60 lk:$t; done
for t in refcount_uaf list_corrupt odebug ubsan_shift two_cpus global_oob vmalloc_oob stack_end rcu_suspicious lockdep_held smp_id uaf_rcu; do both $t; done
ka arm64d-oomkill 90 hog,echo:survived; kr riscv64d-oomkill 90 hog,echo:survived
