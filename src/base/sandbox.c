/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * landlock(7), seccomp(2).  The constants of Landlock stand here, because
 * headers are older than kernels: what a kernel does not know, it is not asked.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sandbox_filter.h"

/* ------------------------------------------------------------ Landlock */

/* The same numbers on all machines that have them. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
/* Bits 2 and 3 read; 4 to 12 remove and make files of all kinds. */
#define FS_MAKE_AND_REMOVE UINT64_C(0x1ff0)
#define FS_REFER (UINT64_C(1) << 13)		/* version 2, Linux 5.19: before, no file leaves its directory */
#define FS_TRUNCATE (UINT64_C(1) << 14)		/* version 3, Linux 6.2 */
#define NET_TCP UINT64_C(3)			/* version 4, Linux 6.7: bind, connect */
#define SCOPE_ALL UINT64_C(3)			/* version 6, Linux 6.12: abstract sockets and signals of others */

/* struct landlock_ruleset_attr of version 6; older kernels take the front of it. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

int sandbox_landlock_version(void)
{
	long version = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static size_t ruleset_for(int version, const struct sandbox_needs *needs, struct ruleset_attr *ret)
{
	*ret = (struct ruleset_attr){ .handled_access_fs = FS_WRITE_FILE | FS_MAKE_AND_REMOVE };
	if (!needs->programs)
		ret->handled_access_fs |= FS_EXECUTE;
	if (version >= 2)
		ret->handled_access_fs |= FS_REFER;
	if (version >= 3)
		ret->handled_access_fs |= FS_TRUNCATE;
	if (version >= 4 && !needs->network)
		ret->handled_access_net = NET_TCP;
	if (version >= 6)
		ret->scoped = SCOPE_ALL;
	return version >= 6 ? sizeof(*ret) : version >= 4 ? offsetof(struct ruleset_attr, scoped) :
							   offsetof(struct ruleset_attr, handled_access_net);
}

/* Nothing is said of what cannot be opened: whoever needs it will. */
static void allow_beneath(int ruleset, const char *path, uint64_t access)
{
	struct path_beneath_attr beneath = { .allowed_access = access };

	beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return;
	syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

static struct culprit_error *enter_landlock(const struct sandbox_needs *needs)
{
	struct culprit_error *err = NULL;
	int version = sandbox_landlock_version(), ruleset;
	struct ruleset_attr attr;
	size_t size;

	if (!version)
		return culprit_error_errno("Landlock cannot be used here (it needs Linux 5.13 with landlock in the list "
					   "/sys/kernel/security/lsm, and a container that lets it through)");
	size = ruleset_for(version, needs, &attr);
	ruleset = (int)syscall(CALL_CREATE_RULESET, &attr, size, 0);
	if (ruleset < 0)
		return culprit_error_errno("no ruleset of Landlock's version %d", version);
	for (size_t i = 0; i < countof(needs->directories); i++) {
		if (needs->directories[i])
			allow_beneath(ruleset, needs->directories[i], attr.handled_access_fs & ~FS_EXECUTE);
	}
	/* Programs throw away what they do not want to say. */
	allow_beneath(ruleset, "/dev/null", attr.handled_access_fs & (FS_WRITE_FILE | FS_TRUNCATE));
	if (syscall(CALL_RESTRICT_SELF, ruleset, 0))
		err = culprit_error_errno("Landlock's ruleset is not taken");
	close(ruleset);
	return err;
}

/* -------------------------------------------------------------- filter */

/* What this was compiled for; a filter of another machine would refuse everything. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define OWN_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OWN_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define OWN_ARCH AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OWN_ARCH AUDIT_ARCH_PPC64LE
#else
#define OWN_ARCH 0
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

bool sandbox_has_filter(void)
{
#ifdef SANITIZED
	return false;
#else
	return OWN_ARCH && sandbox_filter_arch == (uint32_t)OWN_ARCH;
#endif
}

static struct culprit_error *enter_filter(const struct sandbox_needs *needs)
{
	unsigned int may = needs->network ? SANDBOX_MAY_NETWORK : 0;
	struct sock_fprog program;

	if (!sandbox_has_filter())
		return culprit_error_create(CULPRIT_ERROR_OS, "this build of culprit has no filter of system calls for this machine");
	for (size_t i = 0; i < countof(needs->directories); i++) {
		if (needs->directories[i])
			may |= SANDBOX_MAY_FILES;
	}
	/* The kernel copies it. */
	program = (struct sock_fprog){ .len = sandbox_filters[may].n, .filter = (struct sock_filter *)sandbox_filters[may].instructions };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return culprit_error_errno("the kernel takes no filter of system calls (CONFIG_SECCOMP_FILTER)");
	return NULL;
}

/* --------------------------------------------------------------- both */

struct culprit_error *sandbox_enter(enum sandbox_mode mode, const struct sandbox_needs *needs)
{
	struct culprit_error *err, *second = NULL;

#ifdef CULPRIT_COVERAGE
	/* A build that counts what was run writes it down at its end (make coverage). */
	if (mode == SANDBOX_AUTO)
		return NULL;
#endif
	if (mode == SANDBOX_OFF)
		return NULL;
	/* Asked for by both: no program that is started gains what we gave up. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = culprit_error_errno("PR_SET_NO_NEW_PRIVS");
	else
		err = enter_landlock(needs);
	if (!needs->programs && (mode == SANDBOX_AUTO || !err))
		second = enter_filter(needs);
	if (!err) {
		err = second;
		second = NULL;
	}
	culprit_error_destroy(second);
	if (mode == SANDBOX_REQUIRE)
		return culprit_error_context(err, "--sandbox=require: cannot be confined; --sandbox=auto takes what there is");
	culprit_error_destroy(err);
	return NULL;
}
