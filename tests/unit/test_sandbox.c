/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sandbox from inside: a child enters it and tries what somebody would who had taken the program over.
 * Where this machine has one of the two mechanisms only, that one is tested.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <linux/filter.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/sandbox.h"
#include "suite.h"

static char top[] = "/tmp/culprit-sandbox-XXXXXX";

/* Asked for before: who is inside is told that there is none. */
static bool has_landlock;

/* What a child does; its answer is its exit code. */
typedef int attempt(void);

static int in_child(attempt *what)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(what());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool enter(const struct sandbox_needs *needs)
{
	return !sandbox_enter(SANDBOX_AUTO, needs);
}

/* True: refused. EXDEV: Landlock's word for leaving a directory. */
static bool no(long code)
{
	return code < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS || errno == EXDEV);
}

/* The first line that is not as it has to be: a child cannot use check's own. */
#define MUST(condition) do { if (!(condition)) { \
	fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #condition, errno); return 1; } } while (0)

static int try_files(void)
{
	struct sandbox_needs needs = { 0 };
	int dir, kept;

	MUST(!chdir(top));
	kept = open("kept", O_WRONLY);
	MUST(kept >= 0);
	MUST(enter(&needs));
	MUST(no(open("new", O_WRONLY | O_CREAT, 0600)));
	MUST(no(open("new", O_RDONLY | O_CREAT, 0600)));
	MUST(no(creat("new", 0600)));
	MUST(no(open("there", O_WRONLY)));
	MUST(no(open("there", O_RDWR)));
	MUST(no(open("there", O_RDONLY | O_TRUNC)));
	MUST(no(open(".", O_TMPFILE | O_RDWR, 0600)));
	dir = open("/", O_RDONLY | O_DIRECTORY);
	MUST(dir >= 0);
	MUST(no(openat(dir, "tmp/culprit-new", O_WRONLY | O_CREAT, 0600)));
	MUST(no(mkdir("folder", 0700)));
	MUST(no(rename("there", "elsewhere")));
	MUST(no(unlink("there")));
	MUST(no(link("there", "two")));
	MUST(no(symlink("/etc/passwd", "link")));
	MUST(no(mknod("fifo", S_IFIFO | 0600, 0)));
	MUST(no(rmdir("empty")));
	MUST(!sandbox_has_filter() || (no(chmod("there", 0777)) && no(truncate("there", 0))));
	/* what is open stays open */
	MUST(write(kept, "x", 1) == 1);
	return 0;
}

START_TEST(test_files)
{
	if (!has_landlock && !sandbox_has_filter())
		return;
	ck_assert_int_eq(in_child(try_files), 0);
}
END_TEST

static int try_reading(void)
{
	struct sandbox_needs needs = { 0 };
	char text[8];
	DIR *dir;
	int fd;

	MUST(!chdir(top));
	MUST(enter(&needs));
	fd = open("there", O_RDONLY);
	MUST(fd >= 0 && read(fd, text, sizeof(text)) == 5);
	dir = opendir(".");
	MUST(dir && readdir(dir));
	closedir(dir);
	/* libraries are opened when first needed */
	MUST(dlopen("libz.so.1", RTLD_NOW));
	return 0;
}

START_TEST(test_reading)
{
	ck_assert_int_eq(in_child(try_reading), 0);
}
END_TEST

static int try_network(void)
{
	struct sandbox_needs needs = { 0 };
	int early = socket(AF_INET, SOCK_STREAM, 0), pair[2];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	MUST(early >= 0);
	MUST(enter(&needs));
	MUST(no(socket(AF_INET, SOCK_STREAM, 0)));
	MUST(no(socket(AF_INET6, SOCK_DGRAM, 0)));
	MUST(no(socket(AF_UNIX, SOCK_STREAM, 0)));
	MUST(no(socket(AF_NETLINK, SOCK_RAW, 0)));
	MUST(no(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
	/* nor with one that was there before */
	MUST(no(connect(early, (struct sockaddr *)&to, sizeof(to))));
	MUST(no(bind(early, (struct sockaddr *)&to, sizeof(to))));
	MUST(no(sendto(early, "x", 1, 0, (struct sockaddr *)&to, sizeof(to))));
	return 0;
}

static int try_programs(void)
{
	struct sandbox_needs needs = { 0 };
	char *const argv[] = { (char []){ "true" }, NULL };
	pid_t parent = getppid();
	int memory;

	MUST(enter(&needs));
	execv("/bin/true", argv);
	MUST(no(-1));
	MUST(no(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0)));
	MUST(no(fork()));
	MUST(no(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
	MUST(no(kill(parent, 0)));
	MUST(no(ptrace(PTRACE_ATTACH, parent, 0, 0)));
	MUST(no(syscall(SYS_io_uring_setup, 1, NULL)));
	MUST(no(syscall(SYS_bpf, 0, NULL, 0)));
	/* memory that is read as a file holds no program */
	memory = (int)syscall(SYS_memfd_create, "x", 0);
	MUST(memory >= 0);
	MUST(no(syscall(SYS_execveat, memory, "", argv, NULL, AT_EMPTY_PATH)));
	/* a terminal's input is written by this one */
	MUST(no(ioctl(0, 0x5412, "x")));
	return 0;
}

/* What only the filter holds. */
START_TEST(test_network_and_programs)
{
	if (!sandbox_has_filter())
		return;
	ck_assert_int_eq(in_child(try_network), 0);
	ck_assert_int_eq(in_child(try_programs), 0);
}
END_TEST

static void *in_thread(void *arg)
{
	*(bool *)arg = no(open("new", O_WRONLY | O_CREAT, 0600));
	return NULL;
}

static int try_thread(void)
{
	struct sandbox_needs needs = { 0 };
	bool refused = false;
	pthread_t thread;

	MUST(!chdir(top));
	MUST(enter(&needs));
	MUST(!pthread_create(&thread, NULL, in_thread, &refused));
	MUST(!pthread_join(thread, NULL));
	MUST(refused);
	return 0;
}

START_TEST(test_threads)
{
	if (has_landlock || sandbox_has_filter())
		ck_assert_int_eq(in_child(try_thread), 0);
}
END_TEST

/* One directory may be written to: an index, a profile. */
static int try_directory(void)
{
	struct sandbox_needs needs = { .directories = { NULL, "folder", "not there" } };

	MUST(!chdir(top) && !mkdir("folder", 0700));
	MUST(enter(&needs));
	MUST(close(open("folder/a", O_WRONLY | O_CREAT | O_TRUNC, 0600)) == 0);
	MUST(!rename("folder/a", "folder/b"));
	MUST(!mkdir("folder/deeper", 0700));
	if (has_landlock) {
		MUST(no(open("new", O_WRONLY | O_CREAT, 0600)));
		MUST(no(rename("folder/b", "b")));
		MUST(no(unlink("there")));
		MUST(no(open("folder/../new", O_WRONLY | O_CREAT, 0600)));
	}
	MUST(!unlink("folder/b"));
	if (sandbox_has_filter())
		MUST(no(socket(AF_INET, SOCK_STREAM, 0)) && no(chmod("there", 0777)) && no(truncate("there", 0)));
	return 0;
}

START_TEST(test_directory)
{
	ck_assert_int_eq(in_child(try_directory), 0);
}
END_TEST

/* debuginfod: the network, and no programs. */
static int try_with_network(void)
{
	struct sandbox_needs needs = { .network = true };
	int fd;

	MUST(enter(&needs));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	MUST(fd >= 0);
	MUST(!sandbox_has_filter() || no(fork()));
	return 0;
}

/* git: programs run, but what they may write is bounded, too. */
static int try_with_programs(void)
{
	struct sandbox_needs needs = { .programs = true };
	int status = system("true 2>/dev/null");

	MUST(status == 0);
	MUST(!chdir(top));
	MUST(enter(&needs));
	MUST(system("true 2>/dev/null") == 0);
	MUST(!has_landlock || system("true 2>/dev/null >new") != 0);
	return 0;
}

START_TEST(test_needs)
{
	ck_assert_int_eq(in_child(try_with_network), 0);
	ck_assert_int_eq(in_child(try_with_programs), 0);
}
END_TEST

/* A machine without Landlock: its calls are refused by a filter of the test's. */
static int try_without_landlock(void)
{
	struct sock_filter refuse[] = {
		{ 0x20, 0, 0, 0 },			/* the call's number */
		{ 0x15, 0, 1, 444 },
		{ 0x06, 0, 0, SECCOMP_RET_ERRNO | EOPNOTSUPP },
		{ 0x06, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog program = { countof(refuse), refuse };
	struct sandbox_needs needs = { 0 };
	struct culprit_error *err;

	MUST(!chdir(top));
	MUST(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	MUST(sandbox_landlock_version() == 0);
	err = sandbox_enter(SANDBOX_REQUIRE, &needs);
	MUST(err);
	MUST(strstr(culprit_error_message(err), "--sandbox=require"));
	MUST(strstr(culprit_error_message(err), "Landlock"));
	culprit_error_destroy(err);
	MUST(!sandbox_enter(SANDBOX_AUTO, &needs));
	MUST(!sandbox_has_filter() || no(open("new", O_WRONLY | O_CREAT, 0600)));
	return 0;
}

static int try_require(void)
{
	struct sandbox_needs needs = { 0 };
	struct culprit_error *err = sandbox_enter(SANDBOX_REQUIRE, &needs);

	MUST(!err == (has_landlock && sandbox_has_filter()));
	culprit_error_destroy(err);
	return 0;
}

static int try_off(void)
{
	struct sandbox_needs needs = { 0 };

	MUST(!sandbox_enter(SANDBOX_OFF, &needs));
	MUST(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	return 0;
}

START_TEST(test_modes)
{
	ck_assert_int_eq(in_child(try_without_landlock), 0);
	ck_assert_int_eq(in_child(try_require), 0);
	ck_assert_int_eq(in_child(try_off), 0);
}
END_TEST

static void put(const char *name)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };
	int fd;

	ck_assert(buf_printf(&path, "%s/%s", top, name));
	fd = open(path.data, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "there", 5), 5);
	close(fd);
}

static void set_up(void)
{
	_cleanup_(buf_deinit) struct buf path = { 0 };

	memcpy(top + sizeof(top) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(top));
	put("there");
	put("kept");
	ck_assert(buf_printf(&path, "%s/empty", top));
	ck_assert(!mkdir(path.data, 0700));
}

static void tear_down(void)
{
	_cleanup_(buf_deinit) struct buf command = { 0 };

	ck_assert(buf_printf(&command, "rm -r %s", top));
	ck_assert_int_eq(system(command.data), 0);
}

int main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *tcase = tcase_create("sandbox");

	has_landlock = sandbox_landlock_version() > 0;
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_files);
	tcase_add_test(tcase, test_reading);
	tcase_add_test(tcase, test_network_and_programs);
	tcase_add_test(tcase, test_threads);
	tcase_add_test(tcase, test_directory);
	tcase_add_test(tcase, test_needs);
	tcase_add_test(tcase, test_modes);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
