/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who lives is read from /proc/PID/stat:
 *
 *	4711 (qemu-system-x86) S 4709 4709 4709 0 -1 ...
 *
 * of which only the parent's id, behind the last parenthesis and the state, is
 * used: the name in between is the command's own and may hold anything.
 */
#include "base/process_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/control_group.h"

#define PATIENCE_MS	10000	/* what SIGKILL did not end by then (a device that hangs) stays */
#define POLL_MS		5

static bool read_parent(const char *name, pid_t *ret)
{
	char path[64], text[512];
	const char *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && sscanf(p + 1, " %*c %d", ret) == 1;
}

size_t process_tree_read(struct process_relation **ret)
{
	struct process_relation *all = NULL, *grown;
	size_t n = 0, cap = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir))) {
		pid_t parent;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !read_parent(entry->d_name, &parent))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 256;
			grown = realloc(all, cap * sizeof(*all));
			if (!grown)
				break;
			all = grown;
		}
		all[n++] = (struct process_relation){ (pid_t)atoi(entry->d_name), parent, false };
	}
	if (dir)
		closedir(dir);
	*ret = all;
	return n;
}

static bool is_among(const pid_t *pids, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++) {
		if (pids[i] == pid)
			return true;
	}
	return false;
}

static bool is_ours(const struct process_relation *all, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].pid == pid)
			return all[i].ours;
	}
	return false;
}

void process_tree_mark(struct process_relation *all, size_t n, pid_t root, const pid_t *without, size_t n_without)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < n; i++) {
			if (all[i].ours || (all[i].parent != root && !is_ours(all, n, all[i].parent)) ||
			    is_among(without, n_without, all[i].pid))
				continue;
			all[i].ours = changed = true;
		}
	}
}

/* ----------------------------------------------------------- guardians */

/* Whose child a process is holds for all of the program, and so does this list. */
static struct {
	pthread_mutex_t lock;
	pid_t *pids;
	size_t n, cap;
} guardians = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool reserve_one(void)
{
	size_t cap = guardians.cap ? guardians.cap * 2 : 16;
	pid_t *grown;

	if (guardians.n < guardians.cap)
		return true;
	grown = realloc(guardians.pids, cap * sizeof(*grown));
	if (!grown)
		return false;
	guardians.pids = grown;
	guardians.cap = cap;
	return true;
}

pid_t guardians_fork(void)
{
	pid_t pid = -1;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pthread_mutex_lock(&guardians.lock);
	if (reserve_one())
		pid = fork();
	else
		errno = ENOMEM;
	if (pid > 0)
		guardians.pids[guardians.n++] = pid;
	if (pid)
		pthread_mutex_unlock(&guardians.lock);
	return pid;
}

void guardians_wait(pid_t guardian)
{
	while (waitpid(guardian, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&guardians.lock);
	for (size_t i = 0; i < guardians.n; i++) {
		if (guardians.pids[i] == guardian)
			guardians.pids[i--] = guardians.pids[--guardians.n];
	}
	if (!guardians.n) {
		free(guardians.pids);
		guardians.pids = NULL;
		guardians.cap = 0;
	}
	pthread_mutex_unlock(&guardians.lock);
}

/* True while there are some. Those killed leave their own children to us, for the next time. */
static bool kill_orphans(void)
{
	_cleanup_(freep) struct process_relation *all = NULL;
	size_t n = process_tree_read(&all);
	bool some = false;

	process_tree_mark(all, n, getpid(), guardians.pids, guardians.n);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].ours)
			continue;
		some = true;
		kill(all[i].pid, SIGKILL);
		if (all[i].parent == getpid())
			waitpid(all[i].pid, NULL, WNOHANG);
	}
	return some;
}

void guardians_end_orphans(void)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };

	pthread_mutex_lock(&guardians.lock);
	control_groups_end_left();
	for (int waited = 0; kill_orphans() && waited < PATIENCE_MS; waited += POLL_MS)
		nanosleep(&pause, NULL);
	pthread_mutex_unlock(&guardians.lock);
}
