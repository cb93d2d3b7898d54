/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit doctor: is on this machine what building and running kernels needs?
 *
 * To add a check: a row in `checks`. It only looks; nothing is started or changed.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/options.h"

/* What the kernel is to be run with; the words of --for. */
enum { FOR_QEMU, FOR_UML, FOR_VIRTME, FOR_SSH, FOR_SYZKALLER, N_FOR, FOR_ALL = N_FOR };
static const char *const for_words[] = { "qemu", "uml", "virtme", "ssh", "syzkaller", "all" };
#define BIT(n) (1u << (n))
#define ALL_OF_THEM (BIT(N_FOR) - 1)

/* A kernel tree with objects takes 3 GB without and 25 GB with debug information and modules. */
#define DISK_NEEDED_BYTES (10ull << 30)

enum check_kind { CHECK_PROGRAM, CHECK_HEADER, CHECK_DEVICE, CHECK_STATIC, CHECK_DISK };

struct check {
	enum check_kind kind;
	const char *what;	/* alternatives are separated by '|' */
	const char *package;	/* of Debian */
	const char *why;
	bool needed;		/* else it only helps */
	unsigned int for_what;
};

static const struct check checks[] = {
	{ CHECK_PROGRAM, "git", "git", "histories", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "python3", "python3", "the runners and kbuild", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "make", "make", "kernel builds", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "gcc|clang", "gcc", "kernel builds", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "ld|ld.lld", "binutils", "kernel builds", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "flex", "flex", "Kconfig of Linux 4.16 and later", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "bison", "bison", "Kconfig of Linux 4.16 and later", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "bc", "bc", "timeconst.h", true, ALL_OF_THEM },
	{ CHECK_PROGRAM, "perl", "perl", "scripts of the kernel", true, ALL_OF_THEM },
	{ CHECK_HEADER, "gelf.h", "libelf-dev", "objtool on x86-64", true, ALL_OF_THEM & ~BIT(FOR_UML) },
	{ CHECK_HEADER, "openssl/ssl.h", "libssl-dev", "signed modules and certificates", false, ALL_OF_THEM & ~BIT(FOR_UML) },
	{ CHECK_PROGRAM, "ccache", "ccache", "builds made before are fast", false, ALL_OF_THEM },
	{ CHECK_PROGRAM, "qemu-system-x86_64|qemu-system-aarch64|qemu-system-riscv64", "qemu-system-x86", "virtual machines", true,
	  BIT(FOR_QEMU) | BIT(FOR_VIRTME) | BIT(FOR_SYZKALLER) },
	{ CHECK_DEVICE, "/dev/kvm", NULL, "without it QEMU emulates, ten times slower", false,
	  BIT(FOR_QEMU) | BIT(FOR_VIRTME) | BIT(FOR_SYZKALLER) },
	{ CHECK_STATIC, "/bin/busybox|/usr/bin/busybox", "busybox-static", "the root inside the machine", true,
	  BIT(FOR_QEMU) | BIT(FOR_UML) },
	{ CHECK_PROGRAM, "vng|virtme-ng", "virtme-ng", "the virtme runner; from PyPI where Debian 12 has no package", true, BIT(FOR_VIRTME) },
	{ CHECK_PROGRAM, "ssh", "openssh-client", "machines elsewhere", true, BIT(FOR_SSH) | BIT(FOR_SYZKALLER) },
	{ CHECK_PROGRAM, "scp", "openssh-client", "kernels and reproducers get there", true, BIT(FOR_SSH) | BIT(FOR_SYZKALLER) },
	{ CHECK_DISK, ".", NULL, "source, objects and artefacts", true, ALL_OF_THEM },
};

static bool in_path(const char *program, size_t len)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
		size_t n = strcspn(at, ":");
		int printed = snprintf(file, sizeof(file), "%.*s/%.*s", (int)n, at, (int)len, program);

		if (n && printed > 0 && (size_t)printed < sizeof(file) && access(file, X_OK) == 0)
			return true;
		at += n + (at[n] == ':');
	}
	return false;
}

static bool has_header(const char *name, size_t len)
{
	static const char *const places[] = { "/usr/include", "/usr/local/include", "/usr/include/x86_64-linux-gnu",
					      "/usr/include/aarch64-linux-gnu", "/usr/include/riscv64-linux-gnu" };
	char file[256];

	for (size_t i = 0; i < countof(places); i++) {
		snprintf(file, sizeof(file), "%s/%.*s", places[i], (int)len, name);
		if (access(file, R_OK) == 0)
			return true;
	}
	return false;
}

/* An ELF program without interpreter. Only the 64-bit form is looked into: others pass. */
static bool is_static(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	unsigned char head[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	Elf64_Ehdr ehdr;

	if (fd >= 0)
		close(fd);
	if (n < (ssize_t)sizeof(ehdr) || memcmp(head, ELFMAG, SELFMAG))
		return false;
	if (head[EI_CLASS] != ELFCLASS64)
		return true;
	memcpy(&ehdr, head, sizeof(ehdr));
	for (unsigned int i = 0; i < ehdr.e_phnum; i++) {
		uint64_t at = ehdr.e_phoff + (uint64_t)i * sizeof(Elf64_Phdr);
		Elf64_Phdr phdr;

		if (ehdr.e_phoff > sizeof(head) || at + sizeof(phdr) > (uint64_t)n)
			break;
		memcpy(&phdr, head + at, sizeof(phdr));
		if (phdr.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static bool is_there(enum check_kind kind, const char *name, size_t len)
{
	char file[256];
	struct statvfs fs;

	snprintf(file, sizeof(file), "%.*s", (int)len, name);
	switch (kind) {
	case CHECK_PROGRAM: return in_path(name, len);
	case CHECK_HEADER: return has_header(name, len);
	case CHECK_DEVICE: return access(file, R_OK | W_OK) == 0;
	case CHECK_STATIC: return is_static(file);
	case CHECK_DISK: return statvfs(file, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize >= DISK_NEEDED_BYTES;
	}
	return false;
}

/* One of the alternatives, or none: length of the one that is there, 0. */
static size_t find_alternative(const struct check *check, const char **ret)
{
	for (const char *at = check->what; *at;) {
		size_t n = strcspn(at, "|");

		if (is_there(check->kind, at, n)) {
			*ret = at;
			return n;
		}
		at += n + (at[n] == '|');
	}
	return 0;
}

/* Without --for, nothing is needed that only some ways of running kernels need. */
static bool is_needed(const struct check *check, unsigned int for_what)
{
	return check->needed && (for_what != FOR_ALL || check->for_what == ALL_OF_THEM);
}

/* False when what is needed is missing. */
static bool tell(const struct check *check, bool needed)
{
	const char *found = NULL;
	size_t n = find_alternative(check, &found);
	char name[64];

	if (check->kind == CHECK_DISK)
		snprintf(name, sizeof(name), "10 GB of disk here");
	else if (n)
		snprintf(name, sizeof(name), "%.*s", (int)n, found);
	else
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(check->what, "|"), check->what);
	printf("%-8s %-20s %s", n ? "ok" : needed ? "missing" : "absent", name, check->why);
	if (!n && check->package)
		printf(" (Debian: %s)", check->package);
	putchar('\n');
	return n || !needed;
}

unsigned int doctor_check(unsigned int for_what)
{
	unsigned int missing = 0;

	for (size_t i = 0; i < countof(checks); i++) {
		bool needed = is_needed(&checks[i], for_what);
		const char *found;

		if ((for_what == FOR_ALL || checks[i].for_what & BIT(for_what)) && needed && !find_alternative(&checks[i], &found))
			missing += !tell(&checks[i], needed);
	}
	return missing;
}

int cmd_doctor(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit doctor", argc, argv);
	unsigned int for_what = FOR_ALL, missing = 0;
	const struct option_def defs[] = {
		OPTION_CHOICE(0, "for", "RUNNER", "only what one way of running kernels needs: qemu, uml, virtme, ssh, syzkaller",
			      for_words, &for_what),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit doctor [OPTIONS]\n\n"
		       "Looks for what building and running kernels needs on this machine.\n\noptions:";
	reader.notes = "Exit status: 0 all that is needed is there, 1 something is missing, 2 usage\nerror.\n";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	for (size_t i = 0; i < countof(checks); i++) {
		if (for_what == FOR_ALL || checks[i].for_what & BIT(for_what))
			missing += !tell(&checks[i], is_needed(&checks[i], for_what));
	}
	if (missing)
		printf("%u missing\n", missing);
	return missing ? 1 : 0;
}
