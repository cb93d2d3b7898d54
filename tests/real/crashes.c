// SPDX-License-Identifier: GPL-2.0
/*
 * Crashes on demand: echo NAME > /proc/crashes. What each is called is in crashes.tsv.
 *
 * Each is a function of its own that is not inlined: the title has to name it.
 */
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <linux/delay.h>

struct thing {
	struct list_head list;
	unsigned long value[10];
};

static volatile unsigned long sink;
static volatile unsigned long forty = 40;
static volatile long nothing;
static int table[10];
static DEFINE_SPINLOCK(a_spinlock);
static DEFINE_MUTEX(a_mutex);
/* Where a crash that writes to user space writes. */
static char __user *user;

/* ---- memory, by KASAN */

static noinline struct thing *new_thing(void)
{
	struct thing *t = kzalloc(sizeof(*t), GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(t);
	return t;
}

static noinline void end_thing(struct thing *t)
{
	kfree(t);
}

static noinline void freed_read(void)
{
	struct thing *t = new_thing();

	end_thing(t);
	sink = READ_ONCE(t->value[3]);
}

static noinline void freed_write(void)
{
	struct thing *t = new_thing();

	end_thing(t);
	WRITE_ONCE(t->value[3], 1);
}

static noinline void freed_copy(void)
{
	char *from = kmalloc(64, GFP_KERNEL), *to = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(from);
	OPTIMIZER_HIDE_VAR(to);
	kfree(from);
	memcpy(to, from, 64);
	kfree(to);
}

static noinline void beyond_read(void)
{
	char *p = kmalloc(123, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	sink = READ_ONCE(p[125]);
	kfree(p);
}

static noinline void beyond_write(void)
{
	char *p = kmalloc(128, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[128], 1);
	kfree(p);
}

static noinline void beyond_global(void)
{
	volatile int at = 12;

	sink = READ_ONCE(*((int *)table + at));
}

static noinline void beyond_stack(void)
{
	char on_stack[10];
	volatile int at = 10;

	memset(on_stack, 0, sizeof(on_stack));
	OPTIMIZER_HIDE_VAR(at);
	sink = ((volatile char *)on_stack)[at];
}

static noinline void beyond_vmalloc(void)
{
	char *p = vmalloc(2 * PAGE_SIZE - 5);

	OPTIMIZER_HIDE_VAR(p);
	sink = READ_ONCE(p[2 * PAGE_SIZE - 2]);
	vfree(p);
}

static noinline void freed_twice(void)
{
	struct thing *t = new_thing();

	kfree(t);
	kfree(t);
	barrier();
}

static noinline void freed_inside(void)
{
	char *p = kmalloc(128, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p + 16);
	barrier();
}

/* ---- in other contexts */

struct timed {
	struct timer_list timer;
	struct thing *thing;
};
static struct timed timed;

static void late_timer(struct timer_list *timer)
{
	struct timed *t = from_timer(t, timer, timer);

	sink = READ_ONCE(t->thing->value[4]);
}

static noinline void timer_freed(void)
{
	timed.thing = new_thing();
	end_thing(timed.thing);
	timer_setup(&timed.timer, late_timer, 0);
	mod_timer(&timed.timer, jiffies + 2);
	while (timer_pending(&timed.timer))
		msleep(10);
}

static void late_work(struct work_struct *work)
{
	struct thing *t = new_thing();

	end_thing(t);
	WRITE_ONCE(t->value[2], 1);
}
static DECLARE_WORK(a_work, late_work);

static noinline void work_freed(void)
{
	schedule_work(&a_work);
	flush_work(&a_work);
}

/* ---- bad addresses, bad numbers */

static noinline void null_read(void)
{
	struct thing *t = NULL;

	OPTIMIZER_HIDE_VAR(t);
	sink = READ_ONCE(t->value[2]);
}

static noinline void null_call(void)
{
	int (*function)(void) = NULL;

	OPTIMIZER_HIDE_VAR(function);
	sink = function();
	barrier();
}

static noinline void wild_read(void)
{
	sink = READ_ONCE(*(char *)0xffff111122223333UL);
}

static noinline void divided(void)
{
	sink = 10 / nothing;
}

/* ---- what the kernel says of itself */

static noinline void warned(void)
{
	WARN_ON(forty == 40);
}

static noinline void warned_in_words(void)
{
	WARN(forty == 40, "crashes: state %d is bad for %s\n", 7, current->comm);
}

static noinline void bugged(void)
{
	BUG_ON(forty == 40);
}

static noinline void panicked(void)
{
	panic("crashes: deliberate panic %d", 42);
}

static noinline void slept_in_atomic(void)
{
	spin_lock(&a_spinlock);
	mutex_lock(&a_mutex);
	mutex_unlock(&a_mutex);
	spin_unlock(&a_spinlock);
}

static noinline void scheduled_in_atomic(void)
{
	preempt_disable();
	schedule_timeout_uninterruptible(2);
	preempt_enable();
}

static noinline void count_from_zero(void)
{
	refcount_t r = REFCOUNT_INIT(0);

	refcount_inc(&r);
	barrier();
}

static noinline void list_broken(void)
{
	struct thing *a = new_thing(), *b = new_thing();
	LIST_HEAD(head);

	list_add(&a->list, &head);
	head.next = &b->list;
	list_del(&a->list);
	barrier();
}

static noinline void shifted(void)
{
	sink = 1 << forty;
}

static noinline void indexed(void)
{
	sink = table[forty];
}

static noinline void half_true(void)
{
	volatile char c = 7;

	sink = *(volatile bool *)&c ? 1 : 2;
}

static noinline void timer_on_freed(void)
{
	struct timed *t = kzalloc(sizeof(*t), GFP_KERNEL);

	timer_setup(&t->timer, late_timer, 0);
	mod_timer(&t->timer, jiffies + 1000 * HZ);
	kfree(t);
	barrier();
}

static noinline void object_not_begun(void)
{
	static struct kobject object;

	kobject_put(&object);
	barrier();
}

static noinline void copied_too_much(void)
{
	char *p = kmalloc(64, GFP_KERNEL);
	size_t n = forty * 2;

	OPTIMIZER_HIDE_VAR(p);
	if (copy_to_user(user, p, n))
		sink = 1;
	kfree(p);
}

static noinline void page_freed_twice(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	__free_page(page);
	/* Found when it is taken again. */
	sink = (unsigned long)alloc_page(GFP_KERNEL);
	sink = (unsigned long)alloc_page(GFP_KERNEL);
}

static noinline void too_many_pages(void)
{
	sink = __get_free_pages(GFP_KERNEL, 30);
}

static noinline void never_woken(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	barrier();
}

static noinline void left_atomic(void)
{
	preempt_disable();
}

#define C(name) { #name, name }
static const struct {
	const char *name;
	void (*crash)(void);
} crashes[] = {
	C(freed_read), C(freed_write), C(freed_copy), C(beyond_read), C(beyond_write), C(beyond_global), C(beyond_stack),
	C(beyond_vmalloc), C(freed_twice), C(freed_inside), C(timer_freed), C(work_freed), C(null_read), C(null_call),
	C(wild_read), C(divided), C(warned), C(warned_in_words), C(bugged), C(panicked), C(slept_in_atomic),
	C(scheduled_in_atomic), C(count_from_zero), C(list_broken), C(shifted), C(indexed), C(half_true), C(timer_on_freed),
	C(object_not_begun), C(copied_too_much), C(page_freed_twice), C(too_many_pages), C(never_woken), C(left_atomic),
};

static noinline int crash_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(crashes); i++) {
		if (!strcmp(crashes[i].name, name)) {
			crashes[i].crash();
			pr_info("crashes: lived through %s\n", name);
			return 0;
		}
	}
	return -ENOENT;
}

static ssize_t crashes_write(struct file *file, const char __user *from, size_t n, loff_t *at)
{
	char name[40] = {};
	int err;

	if (n >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, n))
		return -EFAULT;
	user = (char __user *)from;
	err = crash_by_name(strim(name));
	return err ? err : n;
}

static const struct proc_ops crashes_ops = {
	.proc_write = crashes_write,
};

/* crashes=NAME on the command line: while the kernel boots. */
static char *at_boot;

static int __init crashes_at_boot(char *name)
{
	at_boot = name;
	return 0;
}
early_param("crashes", crashes_at_boot);

static int __init crashes_init(void)
{
	proc_create("crashes", 0200, NULL, &crashes_ops);
	if (at_boot)
		crash_by_name(at_boot);
	return 0;
}
late_initcall(crashes_init);
