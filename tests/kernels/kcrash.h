/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kcrash.c and kcrash2.c share: entries by name, run by a write to a file
 * of /proc or by a parameter of the boot.
 *
 * All of it is inline: between a bug and the system call a stack shows the
 * file's own kc_write() or k2_write(), nothing else.
 */
#ifndef KCRASH_H
#define KCRASH_H

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/workqueue.h>
#include <linux/timer.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/mm.h>
#include <linux/kobject.h>

struct kcrash_entry {
	const char *name;
	void (*fn)(void);
};

/* KCRASH_ENTRY(kc_, div0) is { "div0", kc_div0 }. */
#define KCRASH_ENTRY(prefix, n) { #n, prefix##n }

static __always_inline int kcrash_trigger(const char *who, const struct kcrash_entry *entries, size_t n_entries,
					  const char *name)
{
	size_t i;

	for (i = 0; i < n_entries; i++) {
		if (strcmp(entries[i].name, name))
			continue;
		pr_info("%s: triggering %s\n", who, name);
		entries[i].fn();
		pr_info("%s: survived %s\n", who, name);
		return 0;
	}
	return -ENOENT;
}

/* The name as user space writes it, with its newline; in buf. NULL: none that could be one. */
static __always_inline char *kcrash_name(char *buf, size_t size, const char __user *from, size_t n)
{
	if (n >= size || copy_from_user(buf, from, n))
		return NULL;
	buf[n] = 0;
	return strim(buf);
}

#define KCRASH_NAME_BYTES 40

/* "PARAM=NAME" on the command line of the kernel runs trigger(NAME) when the drivers are up. */
#define KCRASH_AT_BOOT(prefix, param, trigger)			\
	static char *prefix##at_boot;				\
	static int __init prefix##late_param(char *s)		\
	{							\
		prefix##at_boot = s;				\
		return 0;					\
	}							\
	early_param(param, prefix##late_param);			\
	static int __init prefix##late(void)			\
	{							\
		if (prefix##at_boot)				\
			trigger(prefix##at_boot);		\
		return 0;					\
	}							\
	late_initcall(prefix##late)

#endif
