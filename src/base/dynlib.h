/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared libraries opened when first needed.
 *
 * libdw and capstone pull in so much that linking them would
 * triple the time that `culprit parse` takes to start (0.9 ms to 3.3 ms,
 * measured), and most runs need none of them.  A module lists the functions
 * that it calls once and uses them under their own names:
 *
 *	#define CAPSTONE_FUNCTIONS(X) X(cs_open) X(cs_close) X(cs_disasm)
 *	DYNLIB_TABLE(capstone, CAPSTONE_FUNCTIONS, "libcapstone.so.4", "libcapstone4");
 *	DYNLIB_NOTE(capstone, "libcapstone.so.4", "recommended", "disassembly");
 *	...
 *	err = dynlib_load(&capstone_lib);	(thread-safe, once; cheap afterwards)
 *	capstone.cs_open(...)
 */
#ifndef CULPRIT_BASE_DYNLIB_H
#define CULPRIT_BASE_DYNLIB_H

#include <pthread.h>

#include "base/base.h"

struct dynlib {
	const char *soname;		/* "libdw.so.1" */
	const char *package;		/* what to install, for the message */
	const char *const *names;
	void **functions;		/* filled in, in the order of names */
	size_t n;
	pthread_mutex_t lock;
	bool loaded;
};

#define DYNLIB_MEMBER_(f) __typeof__(&f) f;
#define DYNLIB_NAME_(f) #f,

/* Defines the function table `id` and its library `id_lib`. */
#define DYNLIB_TABLE(id, LIST, so, pkg)                                        \
	static struct { LIST(DYNLIB_MEMBER_) } id;                             \
	static const char *const id##_names[] = { LIST(DYNLIB_NAME_) };        \
	static struct dynlib id##_lib = {                                      \
		.soname = so, .package = pkg, .names = id##_names,             \
		.functions = (void **)(void *)&id, .n = countof(id##_names),   \
		.lock = PTHREAD_MUTEX_INITIALIZER,                             \
	}

/*
 * What packagers' tools find of it without running the program: an ELF note of
 * type 0x407c0c0a, "FDO", that holds JSON (the dlopen metadata specification,
 * systemd.io/ELF_DLOPEN_METADATA).  One for each library, beside a table of it; all
 * but id are literals, priority "recommended" or "suggested".
 */
#define DYNLIB_NOTE(id, so, priority, what)                                    \
	DYNLIB_NOTE_(id##_note, "[{\"feature\":\"" #id "\",\"description\":\"" what \
		     "\",\"priority\":\"" priority "\",\"soname\":[\"" so "\"]}]")
#define DYNLIB_NOTE_(name_, json)                                              \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct { \
		uint32_t name_bytes, json_bytes, type;                         \
		char name[4];                                                  \
		char text[(sizeof(json) + 3) / 4 * 4];                         \
	} name_ = { 4, sizeof(json), 0x407c0c0a, "FDO", json }

/*
 * NOT_FOUND, with the package to install, where the library or one of the
 * functions is missing.
 */
struct culprit_error *dynlib_load(struct dynlib *lib);

#endif
