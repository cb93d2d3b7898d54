// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A tiny static init: performs the comma separated actions of trig= on the
 * kernel command line, then powers off.  Actions:
 *   NAME        write NAME to /proc/kcrash or /proc/kcrash2, in a child
 *   self:NAME   the same in init itself
 *   lk:NAME     write NAME to LKDTM's DIRECT file, in a child
 *   ko:FILE     load the module /mod/FILE
 *   w:FILE=VAL  write VAL to FILE (a '+' in VAL is a space)
 *   cat:FILE echo:TEXT sleep:N run:FILE exit:N reboot
 *   segv ugpf udiv uill uabrt   a user program that dies
 *   hog         a user program that eats memory
 *   badmap      map /proc/kcrash2 and unmap it
 *   par:NAME    as NAME, without waiting for the child
 *   fakes       lines of user space that look like reports
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY), r;

	if (fd < 0)
		return -1;
	r = write(fd, text, strlen(text));
	close(fd);
	return r;
}

static void cat(const char *file)
{
	static char b[65536];
	int fd = open(file, O_RDONLY | O_NONBLOCK), n;

	while (fd >= 0 && (n = read(fd, b, sizeof(b))) > 0)
		if (write(1, b, n) < 0)
			break;
	if (fd >= 0)
		close(fd);
}

static void crash(const char *name)
{
	if (put("/proc/kcrash", name) < 0 && put("/proc/kcrash2", name) < 0)
		printf("init: cannot trigger %s\n", name);
}

static void fakes(void)
{
	puts("test-suite: INFO: running 12 tests");
	puts("BUG: cache mismatch in userspace program frobnicate (please report to bugs@example.org)");
	puts("WARNING: something in userspace is not as it should be at /usr/share/frob/frob.pl line 12.");
	puts("ERROR: ld.so: object 'libfoo.so' from LD_PRELOAD cannot be preloaded: ignored.");
	puts("INFO: task 17 of 23: rcu torture of the coffee machine");
	puts("this text talks about a kernel panic and about Oops: 0000 but means nothing by it");
	puts("ok 3 - checks that 'Kernel panic - not syncing' is printed");
	puts("+ dmesg | grep -E 'BUG:|WARNING:|general protection fault'");
	puts("Call Trace: (most recent call last) File \"x.py\", line 3");
	puts("==17==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010");
	puts("WARNING: ThreadSanitizer: data race (pid=17)");
}

static void die(const char *how)
{
	volatile int zero = 0;

	prctl(PR_SET_NAME, "a.out");
	if (!strcmp(how, "segv"))
		*(volatile int *)0x10 = 1;
	if (!strcmp(how, "uabrt"))
		abort();
	if (!strcmp(how, "udiv"))
		zero = 1 / zero;
	if (!strcmp(how, "uill"))
		__builtin_trap();
#ifdef __x86_64__
	if (!strcmp(how, "ugpf"))
		asm volatile("hlt");
#endif
	_exit(0);
}

static void hog(void)
{
	size_t n = 1 << 20;

	prctl(PR_SET_NAME, "memhog");
	for (;;) {
		char *p = mmap(0, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(1);
		memset(p, 1, n);
	}
}

static void badmap(void)
{
	int fd = open("/proc/kcrash2", O_RDWR);
	void *p = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);

	printf("badmap: %p\n", p);
	munmap(p, 4096);
}

static void child(const char *t, int wait)
{
	int pid = fork(), st;

	if (pid) {
		if (wait)
			waitpid(pid, &st, 0);
		return;
	}
	prctl(PR_SET_NAME, "trigger");
	if (!strncmp(t, "lk:", 3)) {
		if (put("/sys/kernel/debug/provoke-crash/DIRECT", t + 3) < 0)
			printf("init: cannot trigger %s\n", t);
	} else if (!strcmp(t, "hog"))
		hog();
	else if (!strcmp(t, "badmap"))
		badmap();
	else if (!strcmp(t, "segv") || !strcmp(t, "ugpf") || !strcmp(t, "udiv") ||
		   !strcmp(t, "uill") || !strcmp(t, "uabrt"))
		die(t);
	else if (!strncmp(t, "run:", 4)) {
		execl(t + 4, t + 4, (char *)NULL);
		perror(t + 4);
	} else
		crash(t);
	_exit(0);
}

static void act(char *t)
{
	char *v;

	if (!strncmp(t, "self:", 5))
		crash(t + 5);
	else if (!strncmp(t, "selflk:", 7))
		put("/sys/kernel/debug/provoke-crash/DIRECT", t + 7);
	else if (!strncmp(t, "par:", 4))
		child(t + 4, 0);
	else if (!strncmp(t, "ko:", 3)) {
		char f[200];
		int fd;

		snprintf(f, sizeof(f), "/mod/%s", t + 3);
		v = strchr(f, ':');
		if (v)
			*v++ = 0;
		fd = open(f, O_RDONLY);
		if (syscall(SYS_finit_module, fd, v ? v : "", 0))
			perror(f);
	} else if (!strncmp(t, "w:", 2)) {
		v = strchr(t, '=');
		*v++ = 0;
		for (char *c = v; *c; c++)
			if (*c == '+')
				*c = ' ';
		if (put(t + 2, v) < 0)
			perror(t + 2);
	} else if (!strncmp(t, "cat:", 4))
		cat(t + 4);
	else if (!strncmp(t, "echo:", 5))
		puts(t + 5);
	else if (!strncmp(t, "sleep:", 6))
		sleep(atoi(t + 6));
	else if (!strncmp(t, "exit:", 5))
		exit(atoi(t + 5));
	else if (!strcmp(t, "reboot"))
		reboot(RB_AUTOBOOT);
	else if (!strcmp(t, "fakes"))
		fakes();
	else if (!strcmp(t, "mnt")) {
		mkdir("/mnt", 0755);
		mount("t", "/mnt", "tmpfs", 0, "");
		close(open("/mnt/f", O_CREAT | O_WRONLY, 0644));
	} else if (!strcmp(t, "umnt")) {
		if (umount("/mnt"))
			perror("umount");
	} else
		child(t, 1);
}

int main(int argc, char **argv)
{
	char *trig = getenv("trig"), *t, *save = NULL;

	if (getpid() != 1) {	/* used as a program by another init */
		if (argc > 1)
			die(argv[1]);
		fakes();
		return 0;
	}

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, "");
	mount("sys", "/sys", "sysfs", 0, "");
	mount("dbg", "/sys/kernel/debug", "debugfs", 0, "");
	mount("cfg", "/sys/kernel/config", "configfs", 0, "");
	mount("pst", "/sys/fs/pstore", "pstore", 0, "");
	mount("dev", "/dev", "devtmpfs", 0, "");
	setenv("PATH", "/bin:/sbin:/usr/bin", 1);
	puts("init: started");
	if (trig) {
		trig = strdup(trig);
		for (t = strtok_r(trig, ",", &save); t; t = strtok_r(NULL, ",", &save))
			act(t);
	}
	puts("init: done");
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
