/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug files from the servers named in $DEBUGINFOD_URLS, by build ID.
 *
 * Alone sees libdebuginfod, which is opened when first needed, and needed only
 * where the user asks for it: it sends build IDs to strangers and fetches
 * hundreds of megabytes.  What it fetched it keeps in its own cache, bounded by
 * its own rules (debuginfod_find_debuginfo(3)).
 */
#ifndef CULPRIT_SYMBOL_DEBUGINFOD_H
#define CULPRIT_SYMBOL_DEBUGINFOD_H

#include "base/base.h"

/* A server that sends nothing for so long is given up. */
#define DEBUGINFOD_STALL_MS 60000

/*
 * Can it be used at all?
 * Errors: NOT_FOUND without the library; USAGE where $DEBUGINFOD_URLS names no server.
 */
struct culprit_error *debuginfod_check(void);

/*
 * The file with the debug information of build_id (lower-case hexadecimal); the
 * caller frees the path.
 * Errors: those above; NOT_FOUND where no server has it; LIMIT where none sent
 * anything for DEBUGINFOD_STALL_MS; OS.
 */
struct culprit_error *debuginfod_fetch(const char *build_id, char **ret_path);

#endif
