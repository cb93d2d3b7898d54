/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroups(7).  Our own group is the line of /proc/self/cgroup without controllers
 *
 *	0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope
 *
 * below the mount point of type cgroup2 in /proc/self/mountinfo, whose own root is cut off in front:
 *
 *	30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
 */
#include "base/control_group.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "culprit-"
#define PATIENCE_MS 10000
#define POLL_MS 5

static const struct control_group none = CONTROL_GROUP_NONE;

/* root and mount point of the first file system of that type; what is written with \040 and the like is passed over. */
static bool find_mount(char root[4096], char mount[4096])
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_(freep) char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f && !found && getline(&line, &cap, f) > 0)
		found = strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) == 2 &&
			!strchr(mount, '\\') && !strchr(root, '\\');
	if (f)
		fclose(f);
	return found;
}

static bool find_own(char own[4096])
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	_cleanup_(freep) char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f && !found && getline(&line, &cap, f) > 0) {
		found = !strncmp(line, "0::/", 4) && strlen(line) < 4096;
		if (found)
			snprintf(own, 4096, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	}
	if (f)
		fclose(f);
	return found;
}

/* Our own group's directory, or -1. */
static int open_own(void)
{
	char root[4096], mount[4096], own[4096];
	_cleanup_(freep) char *path = NULL;
	size_t cut;

	if (!find_mount(root, mount) || !find_own(own))
		return -1;
	cut = strcmp(root, "/") ? strlen(root) : 0;
	if (strncmp(own, root, cut) || asprintf(&path, "%s%s", mount, own + cut) < 0) {
		path = NULL;
		return -1;
	}
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void close_all(struct control_group *group)
{
	int fds[] = { group->parent, group->directory, group->procs, group->kill };

	for (size_t i = 0; i < countof(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	*group = none;
}

void control_group_make(struct control_group *ret)
{
	*ret = none;
	snprintf(ret->name, sizeof(ret->name), PREFIX "%d", (int)getpid());
	ret->parent = open_own();
	if (ret->parent < 0 || mkdirat(ret->parent, ret->name, 0755))
		return close_all(ret);
	ret->directory = openat(ret->parent, ret->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Somebody who cleans up may have taken it for one that was left, until it is locked: then there is none. */
	if (ret->directory >= 0 && !flock(ret->directory, LOCK_EX | LOCK_NB)) {
		ret->procs = openat(ret->directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		ret->kill = openat(ret->directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	}
	if (ret->procs < 0 || ret->kill < 0)
		control_group_remove(ret);
}

void control_group_enter(const struct control_group *group)
{
	/* Refused where our own group has controllers for its children: then nobody is in it, and killing it kills nobody. */
	if (group->procs >= 0 && write(group->procs, "0", 1) < 0)
		return;
}

void control_group_kill(const struct control_group *group)
{
	if (group->kill >= 0 && write(group->kill, "1", 1) < 0)
		return;
}

void control_group_remove(struct control_group *group)
{
	if (group->parent >= 0)
		unlinkat(group->parent, group->name, AT_REMOVEDIR);
	close_all(group);
}

/* ------------------------------------------------------ what was left */

/* True: it is gone, or somebody's. */
static bool end_one(int parent, const char *name)
{
	struct control_group group = none;
	bool done;

	group.directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group.directory < 0 || flock(group.directory, LOCK_EX | LOCK_NB)) {
		close_all(&group);
		return true;
	}
	group.kill = openat(group.directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	/* Before Linux 5.14 there is no such file, and those that are in it stay. */
	done = group.kill < 0;
	control_group_kill(&group);
	done |= !unlinkat(parent, name, AT_REMOVEDIR);
	close_all(&group);
	return done;
}

static bool end_left(int parent)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	bool done = true;

	if (!dir && copy >= 0)
		close(copy);
	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			done &= end_one(parent, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return done;
}

void control_groups_end_left(void)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	int parent = open_own();

	if (parent < 0)
		return;
	for (int waited = 0; !end_left(parent) && waited < PATIENCE_MS; waited += POLL_MS)
		nanosleep(&pause, NULL);
	close(parent);
}
