// SPDX-License-Identifier: GPL-2.0
/* More reports on demand, beside kcrash.c: echo NAME > /proc/kcrash2 */
#include "kcrash.h"

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/irqdesc.h>
#include <linux/rwsem.h>
#include <linux/sched/task_stack.h>
#include <linux/namei.h>
#include <linux/fs.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/cpu.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/debugobjects.h>
#include <linux/panic_notifier.h>

#define SLAB_NO_USER_FLAGS_K2 SLAB_HWCACHE_ALIGN

static volatile int k2_sink;
static volatile unsigned long k2_zero;
static DEFINE_SPINLOCK(k2_sa);
static DEFINE_SPINLOCK(k2_sb);
static DEFINE_MUTEX(k2_m);
static DECLARE_RWSEM(k2_rw);
static struct irq_work k2_iw;

struct k2_obj {
	unsigned long a[6];
	struct k2_obj *next;
	spinlock_t lock;
	struct mutex mtx;
};

static noinline void k2_deref(struct k2_obj *o)
{
	k2_sink = READ_ONCE(o->a[2]);
}

static noinline struct k2_obj *k2_null(void)
{
	struct k2_obj *o = (void *)k2_zero;

	OPTIMIZER_HIDE_VAR(o);
	return o;
}

/* --- context: who calls smp_processor_id, who sleeps, who leaks */
static noinline void k2_smp_id(void)
{
	k2_sink = smp_processor_id();
}

static noinline void k2_warn_once(void)
{
	int i;

	for (i = 0; i < 3; i++)
		WARN_ONCE(1, "kcrash2: only once, round %d", i);
}

static noinline void k2_warn_taint(void)
{
	WARN_TAINT(1, TAINT_FIRMWARE_WORKAROUND, "kcrash2: [Firmware Bug]: table %s is odd\n", "XYZT");
}

static void k2_leak_work(struct work_struct *w)
{
	mutex_lock(&k2_m);
}
static DECLARE_WORK(k2_leakw, k2_leak_work);

static noinline void k2_wq_leak_lock(void)
{
	schedule_work(&k2_leakw);
	flush_work(&k2_leakw);
}

static void k2_timer_leak_fn(struct timer_list *t)
{
	preempt_disable();
}
static DEFINE_TIMER(k2_tl, k2_timer_leak_fn);

static noinline void k2_timer_leak(void)
{
	mod_timer(&k2_tl, jiffies + 2);
	msleep(200);
}

static void k2_timer_null_fn(struct timer_list *t)
{
	k2_deref(k2_null());
}
static DEFINE_TIMER(k2_tn, k2_timer_null_fn);

static noinline void k2_softirq_null(void)
{
	mod_timer(&k2_tn, jiffies + 2);
	msleep(200);
}

static void k2_tasklet_fn(struct tasklet_struct *t)
{
	WARN(1, "kcrash2: tasklet");
}
static DECLARE_TASKLET(k2_tasklet, k2_tasklet_fn);

static noinline void k2_tasklet_warn(void)
{
	tasklet_schedule(&k2_tasklet);
	msleep(100);
}

static void k2_irq_warn_fn(struct irq_work *w)
{
	WARN_ON(1);
}

static noinline void k2_irq_warn(void)
{
	init_irq_work(&k2_iw, k2_irq_warn_fn);
	irq_work_queue(&k2_iw);
	msleep(100);
}

static void k2_irq_sleep_fn(struct irq_work *w)
{
	might_sleep();
}

static noinline void k2_irq_sleep(void)
{
	init_irq_work(&k2_iw, k2_irq_sleep_fn);
	irq_work_queue(&k2_iw);
	msleep(100);
}

static void k2_irq_sched_fn(struct irq_work *w)
{
	schedule();
}

static noinline void k2_irq_sched(void)
{
	init_irq_work(&k2_iw, k2_irq_sched_fn);
	irq_work_queue(&k2_iw);
	msleep(100);
}

static noinline void k2_irqs_off_sleep(void)
{
	local_irq_disable();
	mutex_lock(&k2_m);
	mutex_unlock(&k2_m);
	local_irq_enable();
}

static noinline void k2_gfp_atomic(void)
{
	void *p;

	spin_lock(&k2_sa);
	p = kmalloc(128, GFP_KERNEL);
	spin_unlock(&k2_sa);
	kfree(p);
}

static noinline void k2_copy_atomic(void)
{
	char c;

	rcu_read_lock();
	k2_sink = copy_from_user(&c, (void __user *)0x1000, 1);
	rcu_read_unlock();
}

/* --- lockdep */
static void k2_iw_lock_a(struct irq_work *w)
{
	spin_lock(&k2_sa);
	spin_unlock(&k2_sa);
}

static noinline void k2_irq_order(void)
{
	/* a: taken in hard irq; then b (irq-unsafe) is taken below a */
	init_irq_work(&k2_iw, k2_iw_lock_a);
	irq_work_queue(&k2_iw);
	msleep(50);
	spin_lock(&k2_sb);
	spin_unlock(&k2_sb);
	spin_lock_irq(&k2_sa);
	spin_lock(&k2_sb);
	spin_unlock(&k2_sb);
	spin_unlock_irq(&k2_sa);
}

static noinline void k2_irq_inversion(void)
{
	/* the chain first, the interrupt's use afterwards */
	spin_lock(&k2_sb);
	spin_unlock(&k2_sb);
	spin_lock_irq(&k2_sa);
	spin_lock(&k2_sb);
	spin_unlock(&k2_sb);
	spin_unlock_irq(&k2_sa);
	init_irq_work(&k2_iw, k2_iw_lock_a);
	irq_work_queue(&k2_iw);
	msleep(50);
}

static void k2_timer_lock_fn(struct timer_list *t)
{
	spin_lock(&k2_sa);
	spin_unlock(&k2_sa);
}
static DEFINE_TIMER(k2_tlk, k2_timer_lock_fn);

static noinline void k2_softirq_state(void)
{
	mod_timer(&k2_tlk, jiffies + 2);
	msleep(100);
	spin_lock(&k2_sa);
	spin_unlock(&k2_sa);
}

static noinline void k2_wait_context(void)
{
	static DEFINE_RAW_SPINLOCK(raw);

	raw_spin_lock(&raw);
	spin_lock(&k2_sa);
	spin_unlock(&k2_sa);
	raw_spin_unlock(&raw);
}

static noinline void k2_nonstatic_key(void)
{
	struct k2_obj *o = kzalloc(sizeof(*o), GFP_KERNEL);

	spin_lock(&o->lock);
	spin_unlock(&o->lock);
	kfree(o);
}

static noinline void k2_mutex_zero(void)
{
	struct k2_obj *o = kzalloc(sizeof(*o), GFP_KERNEL);

	mutex_lock(&o->mtx);
	mutex_unlock(&o->mtx);
	kfree(o);
}

static noinline void k2_spin_recursion(void)
{
	spin_lock(&k2_sa);
	spin_lock(&k2_sa);
}

static noinline void k2_rwsem_rec(void)
{
	down_read(&k2_rw);
	down_write(&k2_rw);
}

static noinline void k2_spin_wrong_cpu(void)
{
	spin_lock(&k2_sa);
	spin_unlock(&k2_sa);
	spin_unlock(&k2_sa);
}

static noinline void k2_lock_exit(void)
{
	mutex_lock(&k2_m);
	do_exit(0);
}

/* --- hangs */
static void k2_spin_work(struct work_struct *w)
{
	unsigned long end = jiffies + 40 * HZ;

	while (time_before(jiffies, end))
		cpu_relax();
}
static DECLARE_WORK(k2_w1, k2_spin_work);
static void k2_noop_work(struct work_struct *w) { }
static DECLARE_WORK(k2_w2, k2_noop_work);

static noinline void k2_wq_lockup(void)
{
	schedule_work_on(1, &k2_w1);
	schedule_work_on(1, &k2_w2);
	msleep(30000);
}

static int k2_stall_fn(void *p)
{
	local_irq_disable();
	rcu_read_lock();
	mdelay(16000);
	rcu_read_unlock();
	local_irq_enable();
	return 0;
}

static noinline void k2_rcu_stall_other(void)
{
	struct task_struct *t = kthread_create(k2_stall_fn, NULL, "k2_stall");

	kthread_bind(t, 1);
	wake_up_process(t);
	msleep(15000);
}

static noinline void k2_rcu_stall_self(void)
{
	preempt_disable();
	rcu_read_lock();
	mdelay(14000);
	rcu_read_unlock();
	preempt_enable();
}

static noinline void k2_rcu_stall_task(void)
{
	unsigned long end = jiffies + 14 * HZ;

	rcu_read_lock();
	while (time_before(jiffies, end))
		cpu_relax();
	rcu_read_unlock();
}

static noinline void k2_soft_lockup(void)
{
	preempt_disable();
	mdelay(30000);
	preempt_enable();
}

static noinline void k2_soft_lockup_spin(void)
{
	spin_lock(&k2_sa);
	spin_lock(&k2_sb);
	mdelay(30000);
	spin_unlock(&k2_sb);
	spin_unlock(&k2_sa);
}

static int k2_hold_rw(void *p)
{
	down_write(&k2_rw);
	schedule_timeout_uninterruptible(HZ * 60);
	up_write(&k2_rw);
	return 0;
}

static int k2_want_rw(void *p)
{
	down_read(&k2_rw);
	up_read(&k2_rw);
	return 0;
}

static noinline void k2_hung_rwsem(void)
{
	int i;

	kthread_run(k2_hold_rw, NULL, "k2_holder");
	msleep(100);
	for (i = 0; i < 3; i++)
		kthread_run(k2_want_rw, NULL, "k2_waiter/%d", i);
	msleep(50000);
}

static noinline void k2_irq_off_forever(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static int k2_nobody_irq;
static irqreturn_t k2_none(int irq, void *d)
{
	return IRQ_NONE;
}

static noinline void k2_nobody_cared(void)
{
	int irq = irq_alloc_descs(-1, 40, 1, numa_node_id());
	int i;

	if (irq < 0)
		return;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_clear_status_flags(irq, IRQ_NOREQUEST | IRQ_NOPROBE);
	k2_nobody_irq = request_irq(irq, k2_none, IRQF_SHARED, "k2_none", &k2_sink);
	for (i = 0; i < 100001; i++) {
		local_irq_disable();
		generic_handle_irq(irq);
		local_irq_enable();
	}
	free_irq(irq, &k2_sink);
}

/* --- crashes */
static int k2_null_thread(void *p)
{
	while (!READ_ONCE(*(int *)p))
		cpu_relax();
	k2_deref(k2_null());
	return 0;
}

static noinline void k2_two_cpus(void)
{
	static int go;
	int cpu;

	for_each_online_cpu(cpu) {
		struct task_struct *t = kthread_create(k2_null_thread, &go, "k2_two/%d", cpu);

		kthread_bind(t, cpu);
		wake_up_process(t);
	}
	msleep(100);
	WRITE_ONCE(go, 1);
	msleep(2000);
}

static noinline void k2_nested(void)
{
	struct k2_obj *o = kzalloc(sizeof(*o), GFP_KERNEL), *n;

	OPTIMIZER_HIDE_VAR(o);
	o->next = (void *)0x6b6b6b6b00000000UL;
	kfree(o);
	n = READ_ONCE(o->next);		/* KASAN: use-after-free */
	n = (void *)((unsigned long)n | 0x0bad000000000000UL);
	k2_deref(n);			/* then a wild pointer */
}

static noinline void k2_null_plus(void)
{
	char *p = (char *)k2_null();

	k2_sink = READ_ONCE(p[0x1234]);
}

static noinline void k2_err_ptr(void)
{
	struct k2_obj *o = ERR_PTR(-ENOMEM);

	OPTIMIZER_HIDE_VAR(o);
	k2_deref(o);
}

static noinline void k2_poison_ptr(void)
{
	struct k2_obj *o = (void *)0x6b6b6b6b6b6b6b6bUL;

	OPTIMIZER_HIDE_VAR(o);
	k2_deref(o);
}

static noinline void k2_vfreed(void)
{
	char *p = vmalloc(8 * PAGE_SIZE);

	OPTIMIZER_HIDE_VAR(p);
	vfree(p);
	vm_unmap_aliases();
	k2_sink = READ_ONCE(p[100]);
}

static noinline void k2_write_text(void)
{
	unsigned long *p = (unsigned long *)&k2_deref;

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(*p, 0);
}

static noinline void k2_undef(void)
{
#if defined(CONFIG_X86)
	asm volatile(".byte 0x0f, 0x0b");
#elif defined(CONFIG_ARM64)
	asm volatile(".inst 0x00000000");
#elif defined(CONFIG_RISCV)
	asm volatile(".2byte 0x0000");
#elif defined(CONFIG_ARM)
	asm volatile(".inst 0xe7f0def0");
#elif defined(CONFIG_PPC)
	asm volatile(".long 0");
#elif defined(CONFIG_S390)
	asm volatile(".short 0x0000");
#endif
}

#ifdef CONFIG_X86
#include <asm/msr.h>
static noinline void k2_int3(void)
{
	asm volatile("int3");
}

static noinline void k2_stack_segment(void)
{
	asm volatile("push %%rbp; movabs $0xdead4ead00000000, %%rbp; mov (%%rbp), %%rax; pop %%rbp"
		     ::: "rax", "memory");
}

static noinline void k2_double_fault(void)
{
	asm volatile("movabs $0xffffe00000000000, %%rsp; push %%rax" ::: "memory");
}

static noinline void k2_msr(void)
{
	u64 v = native_read_msr(0x10);

	wrmsrl(0x12345678, v);
	rdmsrl(0x12345679, v);
}

static noinline void k2_gpf_plain(void)
{
	asm volatile("mov $0x1ff8, %%eax; mov %%ax, %%ds" ::: "eax");
}

static noinline void k2_iret_flags(void)
{
	asm volatile("int $0x81");
}
#endif

#ifdef CONFIG_ARM64
static noinline void k2_sp_align(void)
{
	asm volatile("mov x9, sp; add x9, x9, #4; mov sp, x9; ldr x10, [sp]" ::: "x9", "x10", "memory");
}

static noinline void k2_pc_align(void)
{
	asm volatile("adr x9, .; add x9, x9, #2; br x9" ::: "x9");
}

static noinline void k2_brk(void)
{
	asm volatile("brk #0x123");
}

static noinline void k2_unaligned_atomic(void)
{
	static char buf[64] __aligned(64);

	asm volatile("ldxr x9, [%0]" :: "r"(buf + 1) : "x9");
}
#endif

#ifdef CONFIG_RISCV
static noinline void k2_ebreak(void)
{
	asm volatile("ebreak");
}

static noinline void k2_load_access(void)
{
	asm volatile("lr.w t0, (%0)" :: "r"((char *)&k2_zero + 1) : "t0");
}
#endif

static noinline void k2_stack_end(void)
{
	*end_of_stack(current) = 0;
	schedule_timeout_uninterruptible(2);
}

/* --- memory */
static noinline void k2_eat_memory(void)
{
	for (;;) {
		struct page *p = alloc_pages(GFP_KERNEL, 0);

		if (!p)
			break;
	}
}

static noinline void k2_cache_objects(void)
{
	struct kmem_cache *c = kmem_cache_create("k2_cache", 96, 0, SLAB_NO_USER_FLAGS_K2, NULL);
	void *p = kmem_cache_alloc(c, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kmem_cache_destroy(c);
}

static noinline void k2_cache_wrong(void)
{
	struct kmem_cache *c = kmem_cache_create("k2_cache_w", 96, 0, SLAB_NO_USER_FLAGS_K2, NULL);
	void *p = kmalloc(512, GFP_KERNEL);

	kmem_cache_free(c, p);
}

static noinline void k2_slab_redzone(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	p[64] = 0x11;
	p[65] = 0x12;
	kfree(p);
}

static noinline void k2_slab_poison(void)
{
	struct kmem_cache *c = kmem_cache_create("k2_poison", 96, 0, SLAB_NO_USER_FLAGS_K2, NULL);
	char *p = kmem_cache_alloc(c, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kmem_cache_free(c, p);
	p[40] = 0x11;
	kmem_cache_shrink(c);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, p);
}

static noinline void k2_slab_double(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
	kfree(p);
}

static noinline void k2_slab_badptr(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p + 8);
}

static noinline void k2_kfree_wild(void)
{
	struct page *p = alloc_page(GFP_KERNEL);

	kfree((char *)page_address(p) + 16);
}

static noinline void k2_page_bug(void)
{
	struct page *p = alloc_page(GFP_KERNEL);

	__free_page(p);
	get_page(p);
}

static noinline void k2_page_mapped_free(void)
{
	struct page *p = alloc_page(GFP_KERNEL);

	p->mapping = (void *)0x1234560;
	__free_page(p);
}

static noinline void k2_rss_counter(void)
{
	atomic_long_add(3, (atomic_long_t *)&current->mm->rss_stat.count[MM_ANONPAGES]);
}

static noinline void k2_alloc_order(void)
{
	k2_sink = !!__get_free_pages(GFP_KERNEL, 30);
}

static noinline void k2_alloc_fail_atomic(void)
{
	int i;

	for (i = 0; i < 100000; i++)
		if (!alloc_pages(GFP_ATOMIC, 9))
			break;
}

static noinline void k2_vmalloc_huge(void)
{
	k2_sink = !!vmalloc(1UL << 40);
}

static noinline void k2_fortify(void)
{
	struct { char a[8]; char b[8]; } s;
	volatile size_t n = 12;
	char src[16] = "abcdefghijklmno";

	strscpy(s.a, src, n);
	k2_sink = s.b[1];
}

static int k2_mmap(struct file *f, struct vm_area_struct *vma)
{
	int r = remap_pfn_range(vma, vma->vm_start, 0x7e345678UL, PAGE_SIZE, vma->vm_page_prot);

	vma->vm_flags &= ~VM_PFNMAP;	/* the unmap will not like it */
	return r;
}

/* --- objects */
static noinline void k2_proc_dup(void)
{
	proc_create("k2_dup", 0200, NULL, &(const struct proc_ops){});
	proc_create("k2_dup", 0200, NULL, &(const struct proc_ops){});
}

static noinline void k2_proc_nonempty(void)
{
	struct proc_dir_entry *d = proc_mkdir("k2_dir", NULL);

	proc_mkdir("inner", d);
	remove_proc_entry("k2_dir", NULL);
}

static noinline void k2_sysfs_dup(void)
{
	kobject_create_and_add("k2_kobj", kernel_kobj);
	kobject_create_and_add("k2_kobj", kernel_kobj);
}

static noinline void k2_kobj_twice(void)
{
	struct kobject *k = kobject_create_and_add("k2_twice", kernel_kobj);

	kobject_init(k, get_ktype(k));
}

static void k2_od_fn(struct work_struct *w) { }

static noinline void k2_odebug_work(void)
{
	struct { struct work_struct w; } *p = kzalloc(sizeof(*p), GFP_KERNEL);

	INIT_WORK(&p->w, k2_od_fn);
	schedule_work_on(1, &p->w);
	kfree(p);
}

static noinline void k2_odebug_stack(void)
{
	struct timer_list t;

	timer_setup(&t, k2_timer_lock_fn, 0);
	del_timer(&t);
}

static noinline void k2_odebug_uninit(void)
{
	struct timer_list *t = kzalloc(sizeof(*t), GFP_KERNEL);

	del_timer_sync(t);
	kfree(t);
}

static noinline void k2_timer_add_twice(void)
{
	static struct timer_list t;

	timer_setup(&t, k2_timer_lock_fn, 0);
	t.expires = jiffies + 1000 * HZ;
	add_timer(&t);
	add_timer(&t);
}

static noinline void k2_busy_dentry(void)
{
	struct path path;

	if (!kern_path("/mnt/f", 0, &path)) {
		dget(path.dentry);
		path_put(&path);
	}
}

static noinline void k2_busy_inode(void)
{
	struct path path;

	if (!kern_path("/mnt/f", 0, &path)) {
		igrab(d_inode(path.dentry));
		path_put(&path);
	}
}

static noinline void k2_list_add_corrupt(void)
{
	struct list_head h, *a, *b;

	INIT_LIST_HEAD(&h);
	a = kzalloc(64, GFP_KERNEL);
	b = kzalloc(64, GFP_KERNEL);
	list_add(a, &h);
	a->prev = b;
	list_add(b, &h);
}

static noinline void k2_list_double_add(void)
{
	struct list_head h, *a = kzalloc(64, GFP_KERNEL);

	INIT_LIST_HEAD(&h);
	list_add(a, &h);
	list_add(a, &h);
}

static noinline void k2_list_del_twice(void)
{
	struct list_head h, *a = kzalloc(64, GFP_KERNEL);

	INIT_LIST_HEAD(&h);
	list_add(a, &h);
	list_del(a);
	list_del(a);
}

#ifdef CONFIG_NET
static void k2_dev_setup(struct net_device *d) { }
static netdev_tx_t k2_xmit(struct sk_buff *skb, struct net_device *d)
{
	return NETDEV_TX_OK;
}
static const struct net_device_ops k2_netdev_ops = { .ndo_start_xmit = k2_xmit };

static noinline void k2_netdev_ref(void)
{
	struct net_device *d = alloc_netdev(0, "k2dev%d", NET_NAME_UNKNOWN, k2_dev_setup);

	d->netdev_ops = &k2_netdev_ops;
	if (register_netdev(d))
		return;
	dev_hold(d);
	unregister_netdev(d);
}
#endif

/* --- a machine that reboots in the middle of a report */
static int k2_reboot_fn(void *p)
{
	mdelay(12);
	emergency_restart();
	return 0;
}

static noinline void k2_reboot_mid(void)
{
	struct task_struct *t = kthread_create(k2_reboot_fn, NULL, "k2_reboot");

	kthread_bind(t, num_online_cpus() - 1);
	wake_up_process(t);
	for (;;)
		WARN(1, "kcrash2: will not finish");
}

static noinline void k2_panic_nested(void)
{
	static struct notifier_block nb;

	nb.notifier_call = (notifier_fn_t)k2_zero;
	atomic_notifier_chain_register(&panic_notifier_list, &nb);
	panic("kcrash2: the notifier will crash");
}

static noinline void k2_long_lines(void)
{
	char *s = kmalloc(4000, GFP_KERNEL);

	memset(s, 'A', 3999);
	s[3999] = 0;
	pr_info("kcrash2: %.1000s\nBUG: second line of one printk, a look-alike\n", s);
	kfree(s);
}

#define E(n) KCRASH_ENTRY(k2_, n)
static const struct kcrash_entry k2_entries[] = {
	E(smp_id), E(warn_once), E(warn_taint), E(wq_leak_lock), E(timer_leak),
	E(softirq_null), E(tasklet_warn), E(irq_warn), E(irq_sleep), E(irq_sched),
	E(irqs_off_sleep), E(gfp_atomic), E(copy_atomic), E(irq_order),
	E(irq_inversion), E(softirq_state), E(wait_context), E(nonstatic_key),
	E(mutex_zero), E(spin_recursion), E(rwsem_rec), E(spin_wrong_cpu),
	E(lock_exit), E(wq_lockup), E(rcu_stall_other), E(rcu_stall_self),
	E(rcu_stall_task), E(soft_lockup), E(soft_lockup_spin), E(hung_rwsem),
	E(irq_off_forever), E(nobody_cared), E(two_cpus), E(nested),
	E(null_plus), E(err_ptr), E(poison_ptr), E(vfreed), E(write_text),
	E(undef), E(stack_end), E(eat_memory), E(cache_objects), E(cache_wrong),
	E(slab_redzone), E(slab_poison), E(slab_double), E(slab_badptr),
	E(kfree_wild), E(page_bug), E(page_mapped_free), E(rss_counter),
	E(alloc_order), E(alloc_fail_atomic), E(vmalloc_huge), E(fortify),
	E(proc_dup), E(proc_nonempty), E(sysfs_dup), E(kobj_twice),
	E(odebug_work), E(odebug_stack), E(odebug_uninit), E(timer_add_twice),
	E(busy_dentry), E(busy_inode), E(list_add_corrupt), E(list_double_add),
	E(list_del_twice), E(reboot_mid), E(panic_nested), E(long_lines),
#ifdef CONFIG_NET
	E(netdev_ref),
#endif
#ifdef CONFIG_X86
	E(int3), E(stack_segment), E(double_fault), E(msr), E(gpf_plain), E(iret_flags),
#endif
#ifdef CONFIG_ARM64
	E(sp_align), E(pc_align), E(brk), E(unaligned_atomic),
#endif
#ifdef CONFIG_RISCV
	E(ebreak), E(load_access),
#endif
};

static int k2_trigger(const char *name)
{
	return kcrash_trigger("kcrash2", k2_entries, ARRAY_SIZE(k2_entries), name);
}

static ssize_t k2_write(struct file *f, const char __user *ub, size_t n, loff_t *o)
{
	char buf[KCRASH_NAME_BYTES], *name = kcrash_name(buf, sizeof(buf), ub, n);
	int ret = name ? k2_trigger(name) : -EINVAL;

	return ret ? ret : n;
}

static const struct proc_ops k2_ops = {
	.proc_write = k2_write,
	.proc_mmap = k2_mmap,
};

KCRASH_AT_BOOT(k2_, "kcrash2_late", k2_trigger);

static int __init k2_init(void)
{
	proc_create("kcrash2", 0600, NULL, &k2_ops);
	return 0;
}
device_initcall(k2_init);
