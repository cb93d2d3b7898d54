/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that runs out when told to.  A test program that includes this has its
 * malloc and the like stand before the C library's, for all libraries in the
 * process (PCRE2, libyaml, jansson, zlib...).  Include it in one file only.
 */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* The address sanitizer calls malloc while it starts, when code that it instrumented cannot run yet. */
#define BARE __attribute__((no_sanitize("address", "undefined")))

#ifdef __SANITIZE_ADDRESS__
#define REAL(name) __interceptor_##name
#define MEMORY_LIVE 0			/* strdup and others are the sanitizer's own: it looks for leaks by itself */
#define MEMORY_PER_PLACE 1		/* of the allocations of one place, the first ones are tried */

/* What the loader keeps of libraries; without us in between the sanitizer knows who asked for it. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
	return "leak:_dl_map_object\nleak:_dl_open\nleak:dl_open_worker\n";
}
#else
#define REAL(name) __libc_##name
#define MEMORY_LIVE memory.live
#define MEMORY_PER_PLACE 2
#endif
void *REAL(malloc)(size_t);
void *REAL(calloc)(size_t, size_t);
void *REAL(realloc)(void *, size_t);
void REAL(free)(void *);

#define MEMORY_MAX_CALLS (1u << 16)
#define MEMORY_PLACE_DEPTH 24		/* frames that tell one place of the program from another */

enum failing_mode {
	FAILING_NONE,
	FAILING_ONE,		/* the one allocation, and no other */
	FAILING_FROM,		/* it and all that follow: memory stays short */
};

static struct {
	bool on;		/* counts */
	bool own_only;		/* only calls out of this program's own code fail, not those of libraries */
	enum failing_mode mode;
	size_t at;		/* index of the allocation that fails, from 0 */
	size_t n;		/* allocations so far */
	size_t n_failed;
	long live;		/* allocated and not freed */
	bool tell;		/* print the call stack of the first that fails, for addr2line(1) */
	bool choosing;		/* find out which allocations are worth failing */
	bool chosen[MEMORY_MAX_CALLS];
	uint64_t places[MEMORY_MAX_CALLS];	/* hash table of call stacks */
	uint8_t seen[MEMORY_MAX_CALLS];
	size_t n_places;
} memory;

/* Is this one of the first allocations with its call stack? Loops make many of the same. */
BARE static bool memory_is_new(void)
{
	void *frames[MEMORY_PLACE_DEPTH];
	uint64_t hash = 1469598103934665603u;
	size_t slot;
	int n;

	memory.on = false;
	n = backtrace(frames, MEMORY_PLACE_DEPTH);
	memory.on = true;
	for (int i = 0; i < n; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211u;
	hash += !hash;
	for (slot = hash % MEMORY_MAX_CALLS; memory.places[slot] && memory.places[slot] != hash;)
		slot = (slot + 1) % MEMORY_MAX_CALLS;
	memory.n_places += !memory.places[slot];
	memory.places[slot] = hash;
	return memory.seen[slot] < MEMORY_PER_PLACE && ++memory.seen[slot];
}

extern char __executable_start, etext;

BARE static bool memory_fails(const void *caller)
{
	bool own = (const char *)caller >= &__executable_start && (const char *)caller < &etext;
	bool fails;

	if (!memory.on || (memory.own_only && !own))
		return false;
	if (memory.choosing && memory.n < MEMORY_MAX_CALLS)
		memory.chosen[memory.n] = memory_is_new();
	fails = memory.mode != FAILING_NONE && (memory.mode == FAILING_ONE ? memory.n == memory.at : memory.n >= memory.at);
	memory.n++;
	memory.n_failed += fails;
	if (fails && memory.tell && memory.n_failed == 1) {
		void *frames[MEMORY_PLACE_DEPTH];

		memory.on = false;
		backtrace_symbols_fd(frames, backtrace(frames, MEMORY_PLACE_DEPTH), STDERR_FILENO);
		memory.on = true;
	}
	if (fails)
		errno = ENOMEM;
	return fails;
}

BARE static void *memory_given(void *p)
{
	memory.live += memory.on && p;
	return p;
}

/* Libraries find these only where they can be seen. */
#pragma GCC visibility push(default)

BARE void *malloc(size_t size)
{
	return memory_fails(__builtin_return_address(0)) ? NULL : memory_given(REAL(malloc)(size));
}

BARE void *calloc(size_t n, size_t size)
{
	return memory_fails(__builtin_return_address(0)) ? NULL : memory_given(REAL(calloc)(n, size));
}

BARE void *realloc(void *p, size_t size)
{
	if (memory_fails(__builtin_return_address(0)))
		return NULL;
	return p ? REAL(realloc)(p, size) : memory_given(REAL(realloc)(p, size));
}

BARE void free(void *p)
{
	memory.live -= memory.on && p;
	REAL(free)(p);
}

#pragma GCC visibility pop

#endif
