/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sandbox: what reads strangers' bytes gives up, before it reads them, what
 * reading needs not: the network, other programs and processes, and making,
 * changing or removing files.  A mistake in a parser is then worth little.
 *
 * Two mechanisms, of which each holds without the other: Landlock (Linux 5.13;
 * the system calls alone, in whatever version the kernel has) for files, and a
 * filter of seccomp(2) for everything.  What is not given up: reading any file that
 * the user may read, writing to what is open already, memory and time.
 *
 *	struct sandbox_needs needs = { .directories = { cache } };
 *
 *	err = sandbox_enter(SANDBOX_AUTO, &needs);
 *
 * For the calling thread and those that it starts later: call it before any is
 * started.  There is no way back.
 */
#ifndef CULPRIT_BASE_SANDBOX_H
#define CULPRIT_BASE_SANDBOX_H

#include "base/base.h"

enum sandbox_mode {
	SANDBOX_AUTO,		/* as much as this machine can; silently */
	SANDBOX_REQUIRE,	/* both mechanisms, or an error */
	SANDBOX_OFF,
};

#define SANDBOX_DIRECTORIES 8

/* Zeroed: reads and computes. */
struct sandbox_needs {
	bool network;
	/* Starts programs (git): these need all calls of the system, so that only Landlock holds, for them too. */
	bool programs;
	/* Below these files may be made, changed and removed. NULL ones, and those that are not there, are passed over. */
	const char *directories[SANDBOX_DIRECTORIES];
};

/*
 * Errors, only of SANDBOX_REQUIRE: OS, with what is missing and what can be
 * done; what was reached before it stays.
 */
struct culprit_error *sandbox_enter(enum sandbox_mode mode, const struct sandbox_needs *needs);

/* Landlock's version, 0 where the kernel has none or this process may not use it (inside, it may not). */
int sandbox_landlock_version(void);

/* Is there a filter for this machine in this build (a build with sanitizers has none: they start processes)? */
bool sandbox_has_filter(void);

#endif
