/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who descends from whom, and the end of those whose guardian was killed.
 *
 * A killed guardian cannot end what its command started.  We are a child
 * subreaper, too, so these become our children, and whatever child of ours is
 * no guardian is such an orphan: nothing else in the program starts processes.
 */
#ifndef CULPRIT_BASE_PROCESS_TREE_H
#define CULPRIT_BASE_PROCESS_TREE_H

#include <sys/types.h>

#include "base/base.h"

struct process_relation {
	pid_t pid, parent;
	bool ours;
};

/* All processes of the machine; *ret, which the caller frees, may be NULL. What memory is not had for is missing. */
size_t process_tree_read(struct process_relation **ret);

/* Sets ours of all that descend from root, but for n_without children of it and those below them. */
void process_tree_mark(struct process_relation *all, size_t n, pid_t root, const pid_t *without, size_t n_without);

/* fork(), with the child known as a guardian from its beginning; < 0 and errno where that failed. */
pid_t guardians_fork(void);

/* Take a guardian back. */
void guardians_wait(pid_t guardian);

/* End what guardians left that were killed: SIGKILL, and wait until it is over or 10 s are. */
void guardians_end_orphans(void);

#endif
