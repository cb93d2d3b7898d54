/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: what a confined program may ask of the kernel, as filters of seccomp(2), in C.
 *
 *	seccomp MACHINE > filters.c
 *
 * MACHINE is what the compiler calls the one that culprit is built for
 * (x86_64-linux-gnu).  libseccomp does the work here, once: at run time it would
 * take 3 ms and more, where the kernel takes a finished filter in 0.1 (measured).
 * Of a machine that it does not know there are no filters, and base/sandbox.c
 * says so.
 *
 * A list of what is allowed, not of what is not: a call that is new tomorrow is
 * ENOSYS, which is what the C library's own detection of old kernels expects.
 * What anybody who took the program over would ask for first is EPERM.
 *
 * To allow a call more: the list that it belongs to, below; say who needs it.
 * `strace -f` shows what fails with ENOSYS.
 */
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/sandbox_filter.h"

static const char *const always[] = {
	/* files that are open */
	"read", "readv", "pread64", "write", "writev", "pwrite64", "close", "close_range", "lseek", "_llseek",
	"fstat", "fstat64", "fstatfs", "fstatfs64", "fsync", "fdatasync", "fcntl", "fcntl64", "dup", "dup2",
	"dup3", "fadvise64", "fadvise64_64", "arm_fadvise64_64", "readahead", "flock", "ftruncate",
	"ftruncate64",
	/* their names */
	"stat", "stat64", "lstat", "lstat64", "newfstatat", "fstatat64", "statx", "access", "faccessat",
	"faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "statfs",
	"statfs64", "umask",
	/* memory: the C library, PCRE2's compiled expressions, libraries that are opened when first needed */
	"mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "msync", "mlock",
	"munlock", "membarrier",
	/* a compressed module is unpacked to memory, which libelf takes as a file; it cannot be executed */
	"memfd_create",
	/* waiting; watch and --follow */
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "epoll_create1",
	"epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "inotify_init1", "inotify_add_watch",
	"inotify_rm_watch", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime", "signalfd4",
	"pipe", "pipe2", "splice", "sendfile", "sendfile64",
	/* threads */
	"futex", "futex_time64", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
	"gettid", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"sched_get_priority_max", "sched_get_priority_min", "getcpu", "exit", "exit_group", "arch_prctl",
	"set_thread_area", "set_tls",
	/* signals; abort() and raise() send them to the own thread */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigpending", "rt_sigtimedwait",
	"rt_sigtimedwait_time64", "rt_sigsuspend", "sigaltstack", "tgkill", "restart_syscall", "pause",
	/* time and who we are */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "clock_nanosleep",
	"clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times", "alarm", "setitimer",
	"getitimer", "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
	"getgroups", "getpgrp", "getpgid", "getsid", "uname", "sysinfo", "getrusage", "getrlimit", "ugetrlimit",
	"getrandom", "getpriority",
};

/* What replacing a file in a directory that may be written to takes: indexes, a profile, watch's counts. */
static const char *const files[] = {
	"creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "link",
	"linkat", "fallocate",
};

/* libdebuginfod: libcurl, the C library's resolver, and what its cache's files get. */
static const char *const network[] = {
	"socket", "socketpair", "connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt",
	"sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "shutdown",
	"socketcall", "fchmod", "utimensat", "utimensat_time64",
};

/* Known, and refused by name: whoever sees the message of a library knows why. */
static const char *const refused[] = {
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kill",
	"pidfd_open", "pidfd_send_signal", "pidfd_getfd", "socket", "socketpair", "connect", "bind", "listen",
	"accept", "accept4", "sendto", "sendmsg", "sendmmsg", "socketcall", "creat", "mkdir", "mkdirat", "mknod",
	"mknodat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "link", "linkat", "symlink",
	"symlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "truncate",
	"truncate64", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
	"utime", "utimes", "futimesat", "utimensat", "utimensat_time64", "mount", "umount2", "unshare", "setns",
	"chroot", "pivot_root", "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "userfaultfd", "keyctl", "add_key", "request_key",
	"open_by_handle_at", "name_to_handle_at", "setuid", "setgid", "setreuid", "setregid", "setresuid",
	"setresgid", "setgroups", "capset", "personality",
};

static scmp_filter_ctx filter;
static uint32_t arch;

static void must(int code, const char *what)
{
	if (!code)
		return;
	fprintf(stderr, "seccomp: %s: %s\n", what, strerror(code < 0 ? -code : code));
	exit(1);
}

/* As rules take it: the number on this machine, which they translate. NONE: the one that is built for has no such call. */
#define NONE __NR_SCMP_ERROR

static int number(const char *name)
{
	return seccomp_syscall_resolve_name_arch(arch, name) < 0 ? NONE : seccomp_syscall_resolve_name(name);
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static void allow(const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (number(names[i]) != NONE)
			must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number(names[i]), 0), names[i]);
	}
}

/* Only where (argument & mask) == value. */
static void allow_where(const char *name, unsigned int argument, uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp compare = { argument, SCMP_CMP_MASKED_EQ, mask, value };

	if (number(name) != NONE)
		must(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number(name), 1, &compare), name);
}

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define WORD UINT32_MAX

static void allow_arguments(unsigned int may)
{
	static const uint32_t ioctls[] = { TCGETS, TIOCGWINSZ, FIONREAD };	/* isatty(), columns; not TIOCSTI */
	static const uint32_t prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_VMA };

	/* A file is opened to be read, or not at all.  O_CREAT, O_TRUNC and O_TMPFILE write. */
	if (may & SANDBOX_MAY_FILES) {
		allow((const char *const[]){ "open", "openat" }, 2);
	} else {
		allow_where("open", 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
		allow_where("openat", 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	}
	/* Threads, not processes.  clone3 keeps its flags in memory, where no filter looks: ENOSYS, the C library takes clone. */
	allow_where("clone", arch == SCMP_ARCH_S390X || arch == SCMP_ARCH_S390 ? 1 : 0, CLONE_THREAD, CLONE_THREAD);
	for (size_t i = 0; i < LENGTH(ioctls); i++)
		allow_where("ioctl", 1, WORD, ioctls[i]);
	for (size_t i = 0; i < LENGTH(prctls); i++)
		allow_where("prctl", 0, WORD, prctls[i]);
	/* Limits are asked for, not set. */
	allow_where("prlimit64", 2, UINT64_MAX, 0);
}

static void refuse(unsigned int may)
{
	for (size_t i = 0; i < LENGTH(refused); i++) {
		const char *name = refused[i];

		if (number(name) == NONE || (may & SANDBOX_MAY_FILES && is_among(name, files, LENGTH(files))) ||
		    (may & SANDBOX_MAY_NETWORK && is_among(name, network, LENGTH(network))))
			continue;
		must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(1 /* EPERM */), number(name), 0), name);
	}
	/* What of open is not allowed would be ENOSYS, by the default. */
	if (!(may & SANDBOX_MAY_FILES)) {
		for (uint64_t mode = O_WRONLY; mode <= O_RDWR; mode++) {
			struct scmp_arg_cmp in_open = { 1, SCMP_CMP_MASKED_EQ, O_ACCMODE, mode };
			struct scmp_arg_cmp in_openat = { 2, SCMP_CMP_MASKED_EQ, O_ACCMODE, mode };

			if (number("open") != NONE)
				must(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(1), number("open"), 1, &in_open), "open");
			must(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(1), number("openat"), 1, &in_openat), "openat");
		}
	}
}

/* The instructions, as seccomp_export_bpf() writes them: struct sock_filter. */
static void print_filter(unsigned int may)
{
	FILE *file = tmpfile();
	struct { uint16_t code; uint8_t jt, jf; uint32_t k; } insn;
	bool swapped = false;
	size_t n = 0;

	if (!file)
		must(1, "no temporary file");
	must(seccomp_export_bpf(filter, fileno(file)), "export");
	rewind(file);
	printf("static const struct sock_filter filter_%u[] = {\n", may);
	while (fread(&insn, sizeof(insn), 1, file) == 1) {
		/* In the byte order of the machine that it is for; the first one loads (BPF_LD | BPF_W | BPF_ABS). */
		swapped |= !n && insn.code == 0x2000;
		if (swapped) {
			insn.code = __builtin_bswap16(insn.code);
			insn.k = __builtin_bswap32(insn.k);
		}
		printf("%s{ 0x%02x, %u, %u, 0x%08x },%s", n % 4 ? " " : "\t", insn.code, insn.jt, insn.jf, insn.k,
		       n % 4 == 3 ? "\n" : "");
		n++;
	}
	printf("%s};\n\n", n % 4 ? "\n" : "");
	fclose(file);
}

static void make_filter(unsigned int may)
{
	filter = seccomp_init(SCMP_ACT_ERRNO(38 /* ENOSYS */));
	must(filter ? 0 : 12, "seccomp_init");
	if (arch != seccomp_arch_native()) {
		must(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), "seccomp_arch_remove");
		must(seccomp_arch_add(filter, arch), "seccomp_arch_add");
	}
	/* Calls of another machine (int 0x80 of x86_64) have other numbers. */
	must(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad architectures");
	must(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	allow(always, LENGTH(always));
	if (may & SANDBOX_MAY_FILES)
		allow(files, LENGTH(files));
	if (may & SANDBOX_MAY_NETWORK)
		allow(network, LENGTH(network));
	allow_arguments(may);
	refuse(may);
	print_filter(may);
	seccomp_release(filter);
}

/* The first part of what compilers call a machine, in libseccomp's words. 0: not known. */
static uint32_t arch_of(const char *machine)
{
	static const char *const words[][2] = {
		{ "i386", "x86" }, { "i486", "x86" }, { "i586", "x86" }, { "i686", "x86" }, { "powerpc64le", "ppc64le" },
	};
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(machine, "-"), machine);
	for (size_t i = 0; i < LENGTH(words); i++) {
		if (!strcmp(name, words[i][0]))
			return seccomp_arch_resolve_name(words[i][1]);
	}
	return seccomp_arch_resolve_name(name);
}

int main(int argc, char **argv)
{
	arch = argc == 2 ? arch_of(argv[1]) : 0;
	printf("/* Made by src/base/made/seccomp.c. */\n#include \"base/sandbox_filter.h\"\n\n");
	for (unsigned int may = 0; arch && may < SANDBOX_MAY_N; may++)
		make_filter(may);
	printf("const uint32_t sandbox_filter_arch = 0x%08x;\n", arch);
	printf("const struct sandbox_filter sandbox_filters[SANDBOX_MAY_N] = {\n");
	for (unsigned int may = 0; arch && may < SANDBOX_MAY_N; may++)
		printf("\t{ filter_%u, sizeof(filter_%u) / sizeof(filter_%u[0]) },\n", may, may, may);
	printf("};\n");
	return fflush(stdout) || ferror(stdout);
}
