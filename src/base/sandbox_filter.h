/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filters that src/base/made/seccomp.c makes while building; only sandbox.c uses them. */
#ifndef CULPRIT_BASE_SANDBOX_FILTER_H
#define CULPRIT_BASE_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* Which of sandbox_filters it is: sums of these. */
#define SANDBOX_MAY_FILES 1u	/* make, replace and remove files; Landlock says where */
#define SANDBOX_MAY_NETWORK 2u
#define SANDBOX_MAY_N 4

struct sandbox_filter {
	const struct sock_filter *instructions;
	unsigned short n;	/* 0: none is known for this machine */
};

extern const uint32_t sandbox_filter_arch;	/* AUDIT_ARCH_... of linux/audit.h; 0: none */
extern const struct sandbox_filter sandbox_filters[SANDBOX_MAY_N];

#endif
