/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A control group (cgroup v2, Linux 5.14) for one command and all it starts, below our own group: it ends as a
 * whole, in one step that nobody outruns by starting more, and also when everybody who knew of
 * it was killed.  Where we may not make one (no such file system, a group that is not ours), there is none, and
 * the tree of processes has to do (process_tree.h).
 */
#ifndef CULPRIT_BASE_CONTROL_GROUP_H
#define CULPRIT_BASE_CONTROL_GROUP_H

#include "base/base.h"

struct control_group {
	int parent, directory;	/* -1: there is none; directory is locked (flock) as long as its guardian lives */
	int procs, kill;
	char name[40];		/* below parent: "culprit-PID" */
};

#define CONTROL_GROUP_NONE { .parent = -1, .directory = -1, .procs = -1, .kill = -1 }

/* *ret is CONTROL_GROUP_NONE where it is not to be had. */
void control_group_make(struct control_group *ret);

/* The calling process moves in; only calls of the system, for behind vfork(). */
void control_group_enter(const struct control_group *group);

/* SIGKILL to all that are in it. */
void control_group_kill(const struct control_group *group);

/* Nobody is in it any more: it goes. */
void control_group_remove(struct control_group *group);

/* Ends groups below our own whose guardians were killed, with all that are in them. Takes 10 s at the most. */
void control_groups_end_left(void);

#endif
