/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded by sandbox.sh: a parser that a log took over.  When bytes are read that hold
 * "TAKE OVER", it tries what would be worth something, and tells on standard error which it could:
 *
 *	escape: write connect exec
 *
 * nothing behind the colon where it could do nothing.  "write" makes ./escaped, "write-there" makes
 * $ESCAPE_DIR/escaped.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int can_write_there(void)
{
	char path[4096];

	return getenv("ESCAPE_DIR") && *getenv("ESCAPE_DIR") && snprintf(path, sizeof(path), "%s/escaped", getenv("ESCAPE_DIR")) > 0 && can_write(path);
}

/* A datagram arrives nowhere, and is sent all the same. */
static int can_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)) && send(fd, "x", 1, 0) == 1;
}

static int can_exec(void)
{
	int status;
	pid_t pid = vfork();

	if (pid < 0) {
		/* without a child: in our own place */
		execl("/bin/sh", "sh", "-c", "echo escape: exec >&2", (char *)NULL);
		return 0;
	}
	if (!pid) {
		execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void take_over(void)
{
	char text[100];
	int n = snprintf(text, sizeof(text), "escape:%s%s%s%s\n", can_write("escaped") ? " write" : "",
			 can_write_there() ? " write-there" : "", can_connect() ? " connect" : "", can_exec() ? " exec" : "");

	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		_exit(99);
}

static ssize_t looked_at(ssize_t n, const void *data)
{
	static int done;

	if (n > 0 && !__atomic_load_n(&done, __ATOMIC_RELAXED) && memmem(data, (size_t)n, "TAKE OVER", 9) &&
	    !__atomic_exchange_n(&done, 1, __ATOMIC_RELAXED))
		take_over();
	return n;
}

ssize_t read(int fd, void *data, size_t n)
{
	ssize_t (*real)(int, void *, size_t) = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");

	return looked_at(real(fd, data, n), data);
}

ssize_t pread(int fd, void *data, size_t n, off_t off)
{
	ssize_t (*real)(int, void *, size_t, off_t) = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");

	return looked_at(real(fd, data, n, off), data);
}
