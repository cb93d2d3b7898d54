/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/mapped.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* A signal handler gets at nothing but globals: these are the thread's, and the process's handler of before. */
static _Thread_local struct {
	unsigned int depth;
	unsigned int missing;		/* pages so far */
} guard;
static struct sigaction before;
static long page_bytes;

/* Signal handler. Zeros take the place of the page; where that cannot be, the signal is what it was without us. */
static void on_missing_page(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	void *page = (void *)((uintptr_t)info->si_addr & ~((uintptr_t)page_bytes - 1));

	if (guard.depth && info->si_code == BUS_ADRERR &&
	    mmap(page, (size_t)page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page) {
		guard.missing++;
		errno = saved;
		return;
	}
	errno = saved;
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(number, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(number);
	else
		sigaction(number, &before, NULL);	/* the same access raises it again */
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO | SA_NODEFER };

	page_bytes = sysconf(_SC_PAGESIZE);
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &before);
}

unsigned int mapped_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	guard.depth++;
	return guard.missing;
}

bool mapped_end(unsigned int begin)
{
	guard.depth--;
	return guard.missing != begin;
}
