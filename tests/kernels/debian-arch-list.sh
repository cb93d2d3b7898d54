# SPDX-License-Identifier: LGPL-2.1-or-later
# To be sourced by run-debian-arch.sh: the boots of one architecture's logs.
lk() { boot lk-$1 40 "trig=lk:$1,poweroff panic=-1"; }
for t in BUG ACCESS_NULL WARNING EXCEPTION WRITE_RO PANIC EXHAUST_STACK CORRUPT_LIST_ADD EXEC_DATA EXEC_NULL \
	REFCOUNT_INC_OVERFLOW ACCESS_USERSPACE CORRUPT_STACK_STRONG WRITE_KERN WARNING_MESSAGE; do lk $t; done
boot sysrq-c 40 "trig=sysrq:c panic=-1"
NOINITRD=1 boot no-root 40 "root=/dev/sda1 panic=-1"
boot init-exits 40 "trig=exit:3 panic=-1"
boot self-EXCEPTION 40 "trig=self:EXCEPTION panic=-1"
boot oops-panic 40 "oops=panic trig=lk:WRITE_RO panic=-1"
boot warn-panic 40 "panic_on_warn=1 trig=lk:WARNING panic=-1"
boot panic-on-oom 40 "trig=sysctl:vm/panic_on_oom=2,hog panic=-1"
boot user 40 "trig=segv,sigill,hog,segv,poweroff"
boot sysrq-show 40 "trig=sysrq:hlwtm,poweroff"
boot notime 40 "printk.time=0 trig=lk:WARNING,lk:EXCEPTION,poweroff"
boot hung 50 "trig=sysctl:kernel/hung_task_timeout_secs=4,bg:HUNG_TASK,sleep:12,poweroff"
w=sysctl:kernel/watchdog_thresh=2
boot soft 40 "trig=$w,sysctl:kernel/softlockup_panic=1,bg:SOFTLOCKUP,sleep:20,poweroff panic=-1"
boot rcu 40 "trig=bg:SOFTLOCKUP,sleep:15,poweroff rcupdate.rcu_cpu_stall_timeout=4 nowatchdog panic=-1 sysctl.kernel.panic_on_rcu_stall=1"
boot spin 30 "trig=$w,bg:SPINLOCKUP,bg:SPINLOCKUP,sleep:15,poweroff"
boot irq-BUG 40 "trig=lk:BUG@INT_HW_IRQ_EN,touch,sleep:2,poweroff panic=-1"
boot hrtimer-EXCEPTION 40 "trig=lk:EXCEPTION@TIMERADD,touch,sleep:2,poweroff panic=-1"
head -c 500000 "$D/init.gz" > "$D/torn.gz"
INITRD=$D/torn.gz boot torn-initrd 40 "panic=-1"
REBOOT=" " boot reboots 25 "panic=1 trig=self:PANIC"
CONSOLE=ttyS7 boot other-console 12 "trig=lk:BUG,poweroff"
