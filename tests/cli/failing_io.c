/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded by io.sh: reads and writes that go wrong.
 *
 *	FAIL_IO=short		one byte at a time
 *	FAIL_IO=signal		every other call is interrupted (EINTR)
 *	FAIL_READ=3:EIO		the third read of a file that is no library fails with this, and all behind it
 *	FAIL_WRITE=1:ENOSPC	the same of writes to standard output and files; standard error always works
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int n_reads, n_writes, n_calls;

/* 0: goes well */
static int error_of(const char *name, int *count)
{
	const char *text = getenv(name);

	++*count;
	if (!text || *count < atoi(text))
		return 0;
	return strstr(text, "ENOSPC") ? ENOSPC : EIO;
}

static int interrupted(void)
{
	const char *how = getenv("FAIL_IO");

	return how && !strcmp(how, "signal") && n_calls++ % 2 == 0;
}

static size_t shorter(size_t n)
{
	const char *how = getenv("FAIL_IO");

	return how && !strcmp(how, "short") && n > 1 ? 1 : n;
}

ssize_t read(int fd, void *data, size_t n)
{
	ssize_t (*real)(int, void *, size_t) = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");

	errno = interrupted() ? EINTR : error_of("FAIL_READ", &n_reads);
	return errno ? -1 : real(fd, data, shorter(n));
}

ssize_t write(int fd, const void *data, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

	errno = fd == STDERR_FILENO ? 0 : interrupted() ? EINTR : error_of("FAIL_WRITE", &n_writes);
	return errno ? -1 : real(fd, data, shorter(n));
}
