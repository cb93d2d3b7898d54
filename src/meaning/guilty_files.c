/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Data: which source files are generic infrastructure, and where an interrupt
 * begins.  Meant to move to patterns/guilty-files.yaml; nothing here but the
 * two tables.
 *
 * A path ends in / for a directory and all below; * stands for one path
 * component or a part of one.  The last entry that fits decides, so an
 * exception follows its rule.
 *
 * To add one: the file must stand on top of stacks without being at fault
 * (reporting, allocation, locks, lists, dispatch); a file that is merely
 * often below the faulty one needs no entry, as the first one counts.
 */
#include "meaning/guilty_files.h"

const struct guilty_rule guilty_rules[] = {
	/* headers, library, architecture */
	{ "include/", true },
	{ "lib/", true },
	{ "tools/", true },
	{ "rust/", true },
	{ "arch/", true },
	{ "arch/*/kvm/", false },
	{ "arch/*/net/", false },
	{ "arch/*/crypto/", false },
	{ "arch/*/events/", false },
	{ "arch/*/perf/", false },
	{ "arch/*/xen/", false },
	{ "arch/*/hyperv/", false },
	{ "arch/*/include/", true },
	{ "drivers/clocksource/", true },
	{ "drivers/irqchip/", true },

	/* reporting and instrumentation */
	{ "kernel/panic.c", true },
	{ "kernel/printk/", true },
	{ "kernel/kcov.c", true },
	{ "kernel/kcsan/", true },
	{ "kernel/hung_task.c", true },
	{ "kernel/watchdog*.c", true },
	{ "kernel/stacktrace.c", true },
	{ "kernel/kallsyms*.c", true },
	{ "kernel/debug/", true },
	{ "kernel/nmi_backtrace.c", true },
	{ "mm/kasan/", true },
	{ "mm/kmsan/", true },
	{ "mm/kfence/", true },
	{ "mm/kmemleak.c", true },
	{ "mm/debug*.c", true },
	{ "mm/page_owner.c", true },
	{ "mm/page_poison.c", true },
	{ "mm/page_reporting.c", true },
	{ "mm/failslab.c", true },
	{ "mm/fail_page_alloc.c", true },
	{ "mm/usercopy.c", true },
	{ "drivers/tty/serial/8250/", true },
	{ "drivers/tty/serial/serial_core.c", true },
	{ "drivers/tty/serial/amba-pl011.c", true },

	/* scheduling, locks, timers, interrupts, deferred work */
	{ "kernel/sched/", true },
	{ "kernel/sched/psi.c", false },
	{ "kernel/locking/", true },
	{ "kernel/rcu/", true },
	{ "kernel/softirq.c", true },
	{ "kernel/irq/", true },
	{ "kernel/irq_work.c", true },
	{ "kernel/entry/", true },
	{ "kernel/context_tracking.c", true },
	{ "kernel/time/timer.c", true },
	{ "kernel/time/hrtimer.c", true },
	{ "kernel/time/sleep_timeout.c", true },
	{ "kernel/time/tick*.c", true },
	{ "kernel/time/timekeeping.c", true },
	{ "kernel/time/clocksource.c", true },
	{ "kernel/time/sched_clock.c", true },
	{ "kernel/workqueue.c", true },
	{ "kernel/kthread.c", true },
	{ "kernel/task_work.c", true },
	{ "kernel/smp.c", true },
	{ "kernel/stop_machine.c", true },
	{ "kernel/cpu.c", true },
	{ "kernel/notifier.c", true },
	{ "kernel/jump_label.c", true },
	{ "kernel/static_call*.c", true },
	{ "kernel/iomem.c", true },
	{ "kernel/dma/", true },

	/* memory */
	{ "mm/slab*.c", true },
	{ "mm/slub.c", true },
	{ "mm/slob.c", true },
	{ "mm/slab*.h", true },
	{ "mm/percpu*", true },
	{ "mm/vmalloc.c", true },
	{ "mm/page_alloc.c", true },
	{ "mm/show_mem.c", true },
	{ "mm/mempool.c", true },
	{ "mm/dmapool.c", true },
	{ "mm/mempolicy.c", true },
	{ "mm/util.c", true },
	{ "mm/maccess.c", true },
	{ "mm/memory.c", true },
	{ "mm/mmap_lock.c", true },
	{ "mm/folio-compat.c", true },
	{ "mm/filemap.c", true },
	{ "mm/truncate.c", true },
	{ "mm/readahead.c", true },
	{ "mm/page-writeback.c", true },
	{ "mm/internal.h", true },
	{ "mm/memcontrol*.c", true },
	{ "mm/page_counter.c", true },
	{ "mm/list_lru.c", true },
	{ "mm/swap.c", true },
	{ "mm/gup.c", true },
	{ "mm/oom_kill.c", true },
	{ "mm/vmscan.c", true },
	{ "mm/backing-dev.c", true },
	{ "mm/process_vm_access.c", false },

	/* helpers that file systems are called through */
	{ "fs/inode.c", true },
	{ "fs/read_write.c", true },
	{ "fs/seq_file.c", true },
	{ "fs/buffer.c", true },
	{ "fs/mpage.c", true },
	{ "fs/libfs.c", true },
	{ "fs/proc/generic.c", true },
	{ "fs/sysfs/", true },
	{ "fs/kernfs/", true },
	{ "fs/debugfs/", true },

	/* helpers that protocols and drivers call */
	{ "net/socket.c", true },
	{ "net/core/sock.c", true },
	{ "net/core/skbuff.c", true },
	{ "net/core/dev.c", true },
	{ "net/core/dev*.h", true },
	{ "net/core/datagram.c", true },
	{ "net/core/stream.c", true },
	{ "net/core/dst.c", true },
	{ "net/core/net-sysfs.c", false },
	{ "drivers/base/", true },
	{ "drivers/usb/core/urb.c", true },
	{ "drivers/usb/core/message.c", true },
	{ "drivers/usb/core/hcd.c", true },
	{ "drivers/usb/core/usb.c", true },
	{ "drivers/char/random.c", true },
	{ "sound/core/pcm_lib.c", true },
	{ "sound/core/pcm_native.c", true },
	{ "security/security.c", true },
	{ "virt/lib/", true },
};

const size_t n_guilty_rules = sizeof(guilty_rules) / sizeof(guilty_rules[0]);

/*
 * Functions through which an interrupt enters. What was running stands below;
 * a stall's report has the frames of its own timer tick above.
 */
const char *const guilty_interrupts[] = {
	"apic_timer_interrupt", "asm_sysvec_apic_timer_interrupt", "sysvec_apic_timer_interrupt",
	"asm_sysvec_reschedule_ipi", "asm_sysvec_call_function_single", "asm_sysvec_irq_work", "asm_common_interrupt",
	"ret_from_intr", "common_interrupt", "call_function_single_interrupt", "reschedule_interrupt",
	"el1_irq", "el1h_64_irq", "__irq_svc", "gic_handle_irq", "do_irq", "handle_exception", "ret_from_exception",
	"hardware_interrupt_common", "decrementer_common", "io_int_handler", "ext_int_handler",
};

const size_t n_guilty_interrupts = sizeof(guilty_interrupts) / sizeof(guilty_interrupts[0]);
