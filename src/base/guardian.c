/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guardian: starts one command, waits for it, ends all that is left.
 *
 * Its children are what it started and what was orphaned below (child
 * subreaper), so "all has ended" is exactly "waitpid says ECHILD".
 */
#include "base/guardian.h"
#include "base/control_group.h"
#include "base/process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What SIGKILL did not end by then (a device that hangs) stays. */
#define KILL_PATIENCE_MS 10000

struct guardian {
	pid_t command;
	int signals;
	int control;
	bool command_ended;
	bool control_ended;
	int wait_status;
	struct control_group group;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void close_from(unsigned int first, unsigned int last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	/* Before Linux 5.9. */
	if (last > 65536)
		last = 65536;
	for (unsigned int fd = first; fd <= last; fd++)
		close((int)fd);
}

/* keep is sorted; -1 entries are passed over. */
static void close_all_but(int *keep, size_t n)
{
	unsigned int from = 3;

	for (size_t i = 1; i < n; i++) {
		for (size_t j = i; j > 0 && keep[j] < keep[j - 1]; j--) {
			int other = keep[j];

			keep[j] = keep[j - 1];
			keep[j - 1] = other;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 3)
			continue;
		if ((unsigned int)keep[i] > from)
			close_from(from, (unsigned int)keep[i] - 1);
		from = (unsigned int)keep[i] + 1;
	}
	close_from(from, ~0u);
}

/* ------------------------------------------------------- the command */

/* In the guardian's own memory (vfork): nothing is changed here that it looks at again. */
static _Noreturn void become_command(const struct guardian *g, const struct guardian_job *job, pid_t guardian, int failure)
{
	const struct process_spec *spec = job->spec;
	sigset_t none;
	int code;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guardian)
		_exit(127);
	control_group_enter(&g->group);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(job->in, 0) >= 0 && dup2(job->out, 1) >= 0 && dup2(job->errors, 2) >= 0 &&
	    (failure == 3 || dup3(failure, 3, O_CLOEXEC) == 3)) {
		failure = 3;
		close_from(4, ~0u);
		if (!spec->directory || chdir(spec->directory) == 0) {
			environ = (char **)job->environment;
			execvp(spec->argv[0], (char *const *)spec->argv);
		}
	}
	code = errno;
	if (write(failure, &code, sizeof(code)) != sizeof(code))
		_exit(126);
	_exit(127);
}

/* 0, or the errno that kept the command from starting. */
static int start_command(struct guardian *g, const struct guardian_job *job)
{
	pid_t self = getpid();
	int failure[2], code = 0;
	ssize_t n;

	if (pipe2(failure, O_CLOEXEC) < 0)
		return errno;
	if (job->spec->contain)
		control_group_make(&g->group);
	/* Not fork: copying the page tables a second time would take as long as the rest of a short run. */
	g->command = vfork();
	if (g->command < 0) {
		code = errno;
		close(failure[0]);
		close(failure[1]);
		return code;
	}
	if (g->command == 0)
		become_command(g, job, self, failure[1]);
	setpgid(g->command, g->command);
	close(failure[1]);
	do {
		n = read(failure[0], &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	close(failure[0]);
	return n == sizeof(code) ? code : 0;
}

/* -------------------------------------------------------- the others */

/* Signal the command's group and every descendant of ours; says how many of these there were. */
static uint32_t signal_all(const struct guardian *g, int sig)
{
	_cleanup_(freep) struct process_relation *all = NULL;
	size_t n = process_tree_read(&all);
	uint32_t count = 0;

	if (!g->command_ended)
		kill(-g->command, sig);
	process_tree_mark(all, n, getpid(), NULL, 0);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].ours)
			continue;
		count++;
		/* Its group had the signal already. */
		if (g->command_ended || getpgid(all[i].pid) != g->command)
			kill(all[i].pid, sig);
	}
	return count;
}

/* Take back what has ended. False once nobody is left. */
static bool reap(struct guardian *g)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == g->command) {
			g->command_ended = true;
			g->wait_status = status;
		}
	}
	return pid == 0;
}

/* ------------------------------------------------------------ waiting */

/* Until a child ends, we are asked something, or the time is over; the request, or 0. */
static char wait_for_something(struct guardian *g, int64_t timeout_ms)
{
	struct pollfd fds[2] = {
		{ .fd = g->signals, .events = POLLIN },
		{ .fd = g->control_ended ? -1 : g->control, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	char request = 0;

	if (timeout_ms > INT32_MAX)
		timeout_ms = INT32_MAX;
	if (poll(fds, 2, timeout_ms < 0 ? -1 : (int)timeout_ms) <= 0)
		return 0;
	if (fds[1].revents && read(g->control, &request, 1) != 1) {
		g->control_ended = true;
		request = GUARDIAN_CANCEL;
	}
	while (read(g->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD && !request)
			request = GUARDIAN_CANCEL;
	}
	return request;
}

static enum process_outcome watch(struct guardian *g, int64_t timeout_ms)
{
	int64_t deadline = timeout_ms > 0 ? now_ms() + timeout_ms : -1;

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
		char request;

		reap(g);
		if (g->command_ended)
			return WIFSIGNALED(g->wait_status) ? PROCESS_SIGNALLED : PROCESS_EXITED;
		if (deadline >= 0 && left <= 0)
			return PROCESS_DEADLINE;
		request = wait_for_something(g, left);
		if (request == GUARDIAN_CANCEL)
			return PROCESS_CANCELLED;
		if (request == GUARDIAN_LIMIT)
			return PROCESS_OUTPUT_LIMIT;
	}
}

/* Wait for everybody to end; false when time ran out first. */
static bool wait_for_all(struct guardian *g, int64_t patience_ms, int repeat_signal)
{
	int64_t until = now_ms() + patience_ms;

	while (reap(g)) {
		int64_t left = until - now_ms();

		if (left <= 0)
			return false;
		/* Those killed may have started others in the meantime. */
		if (repeat_signal) {
			signal_all(g, repeat_signal);
			if (left > 20)
				left = 20;
		}
		wait_for_something(g, left);
	}
	return true;
}

static uint32_t end_all(struct guardian *g, int64_t grace_ms)
{
	uint32_t n;

	if (!reap(g))
		return 0;
	n = signal_all(g, grace_ms < 0 ? SIGKILL : SIGTERM);
	if (grace_ms < 0 || !wait_for_all(g, grace_ms, 0)) {
		control_group_kill(&g->group);
		signal_all(g, SIGKILL);
		wait_for_all(g, KILL_PATIENCE_MS, SIGKILL);
	}
	return n;
}

/* --------------------------------------------------------------- main */

static int open_signals(void)
{
	sigset_t all;

	signal(SIGCHLD, SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	sigaddset(&all, SIGTERM);
	sigaddset(&all, SIGINT);
	sigaddset(&all, SIGHUP);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void shed_descriptors(const struct guardian *g, const struct guardian_job *job)
{
	int keep[] = { job->control, job->status, g->signals, g->group.parent, g->group.directory, g->group.kill,
		       job->spec->hold_fd > 0 ? job->spec->hold_fd : -1 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	close_all_but(keep, countof(keep));
}

void guardian_main(const struct guardian_job *job)
{
	const struct process_spec *spec = job->spec;
	struct guardian g = { .control = job->control, .group = CONTROL_GROUP_NONE };
	struct guardian_status status = { 0 };
	int64_t grace_ms = spec->grace_ms ? spec->grace_ms : PROCESS_GRACE_MS;
	int64_t timeout_ms = spec->timeout_ms;
	struct rusage usage;
	int code;

	setsid();
	prctl(PR_SET_NAME, "culprit-guard");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	g.signals = open_signals();
	code = g.signals < 0 ? errno : start_command(&g, job);
	shed_descriptors(&g, job);
	if (code) {
		status.outcome = PROCESS_NEVER_STARTED;
		status.value = code;
		reap(&g);
	} else {
		status.outcome = watch(&g, timeout_ms);
		if (status.outcome == PROCESS_EXITED)
			status.value = WEXITSTATUS(g.wait_status);
		else if (status.outcome == PROCESS_SIGNALLED)
			status.value = WTERMSIG(g.wait_status);
		code = g.command_ended;
		status.n_leftovers = end_all(&g, grace_ms);
		if (!code)
			status.n_leftovers = 0;
	}
	control_group_remove(&g.group);
	if (getrusage(RUSAGE_CHILDREN, &usage) == 0) {
		status.cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
				usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	}
	_exit(write(job->status, &status, sizeof(status)) == sizeof(status) ? 0 : 1);
}
