/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SQLite, opened when a store is (base/dynlib.h). */
#include "cli/db/store_parts.h"

struct store_functions sqlite;

static const char *const names[] = { SQLITE_FUNCTIONS(DYNLIB_NAME_) };

struct dynlib *store_library(void)
{
	static struct dynlib library = {
		.soname = "libsqlite3.so.0", .package = "libsqlite3-0", .names = names, .functions = (void **)(void *)&sqlite,
		.n = countof(names), .lock = PTHREAD_MUTEX_INITIALIZER,
	};

	return &library;
}
