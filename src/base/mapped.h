/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a mapped file that others may cut short.
 *
 * Touching a page that a mapped file no longer has raises SIGBUS and ends the
 * process: `cp` of a new kernel over the old one does that to whoever reads the
 * old one's debug information.  Between mapped_begin() and mapped_end() such a
 * page reads as zeros instead, and mapped_end() tells:
 *
 *	begin = mapped_begin();
 *	(read, or have libdw read, what is mapped)
 *	if (mapped_end(begin))
 *		(pages were missing: what was read is worth nothing)
 *
 * May be nested.  The count is the thread's own.  The handler is the process's:
 * one that stood there before is called for all SIGBUS that are none of ours.
 */
#ifndef CULPRIT_BASE_MAPPED_H
#define CULPRIT_BASE_MAPPED_H

#include <stdbool.h>

unsigned int mapped_begin(void);

/* True: since that mapped_begin(), bytes were read that the file no longer has. */
bool mapped_end(unsigned int begin);

#endif
