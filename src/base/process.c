/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes, our side: pipes to the guardian, output, results.
 *
 * A guardian writes one struct guardian_status when everything below it has
 * ended.  If its pipe ends without one, somebody killed the guardian: that is
 * told as SIGKILL, which is what the command got then, and all else below it.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/control_group.h"
#include "base/guardian.h"
#include "base/process_tree.h"

#define READ_BYTES (64u << 10)

struct process {
	pid_t guardian;
	int streams[2];			/* standard output and error, -1 once ended */
	int control, status;
	process_output_fn *on_output;
	void *arg;
	uint64_t n_output, max_output;	/* bytes */
	int64_t started_us;
	bool killed, ended;
	struct process_result result;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int no_free_fd(int *fd)
{
	int ret = *fd;

	*fd = -1;
	return ret;
}

/* -------------------------------------------------------- environment */

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strcspn(b, "=") == n && !strncmp(a, b, n);
}

/* Ours with the changes; strings are borrowed. NULL when out of memory. */
static char **build_environment(const char *const *changes)
{
	size_t n = 0, n_changes = 0, at = 0;
	char **env;

	while (environ && environ[n])
		n++;
	while (changes && changes[n_changes])
		n_changes++;
	env = calloc(n + n_changes + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		bool changed = false;

		for (size_t j = 0; j < n_changes && !changed; j++)
			changed = same_name(environ[i], changes[j]);
		if (!changed)
			env[at++] = environ[i];
	}
	for (size_t j = 0; j < n_changes; j++) {
		bool later = false;

		for (size_t k = j + 1; k < n_changes && !later; k++)
			later = same_name(changes[j], changes[k]);
		if (!later && strchr(changes[j], '='))
			env[at++] = (char *)changes[j];
	}
	return env;
}

/* ------------------------------------------------------------ starting */

/* Pipes of one process: [0] is read, [1] is written. All -1 is the empty state. */
struct plumbing {
	int in;
	int streams[2][2];
	int control[2], status[2];
};

static void plumbing_deinit(struct plumbing *p)
{
	close_fd(&p->in);
	for (int i = 0; i < 2; i++) {
		close_fd(&p->streams[0][i]);
		close_fd(&p->streams[1][i]);
		close_fd(&p->control[i]);
		close_fd(&p->status[i]);
	}
}

static int open_standard_input(struct span input)
{
	size_t done = 0;
	int fd;

	if (!input.len)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("input", MFD_CLOEXEC);
	while (fd >= 0 && done < input.len) {
		ssize_t n = write(fd, input.ptr + done, input.len - done);

		if (n < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct culprit_error *lay_pipes(const struct process_spec *spec, struct plumbing *p)
{
	p->in = open_standard_input(spec->input);
	if (p->in < 0)
		return culprit_error_errno("standard input of %s", spec->argv[0]);
	if (pipe2(p->streams[0], O_CLOEXEC) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->control) < 0 ||
	    pipe2(p->status, O_CLOEXEC) < 0 ||
	    (!spec->merge_stderr && pipe2(p->streams[1], O_CLOEXEC) < 0))
		return culprit_error_errno("pipes to %s", spec->argv[0]);
	for (int i = 0; i < 2; i++) {
		if (p->streams[i][0] >= 0)
			fcntl(p->streams[i][0], F_SETFL, O_NONBLOCK);
	}
	return NULL;
}

static struct culprit_error *fork_guardian(const struct process_spec *spec, const struct plumbing *p, pid_t *ret)
{
	_cleanup_(freep) char **environment = build_environment(spec->env);
	struct guardian_job job = {
		.spec = spec,
		.environment = environment,
		.in = p->in,
		.out = p->streams[0][1],
		.errors = spec->merge_stderr ? p->streams[0][1] : p->streams[1][1],
		.control = p->control[0],
		.status = p->status[1],
	};

	if (!environment)
		return &culprit_error_no_memory;
	*ret = guardians_fork();
	if (*ret < 0)
		return culprit_error_errno("cannot start a process for %s", spec->argv[0]);
	if (*ret == 0)
		guardian_main(&job);
	return NULL;
}

struct culprit_error *process_spawn(const struct process_spec *spec, struct process **ret)
{
	_cleanup_(plumbing_deinit) struct plumbing p = {
		-1, { { -1, -1 }, { -1, -1 } }, { -1, -1 }, { -1, -1 }
	};
	_cleanup_(freep) struct process *process = calloc(1, sizeof(*process));
	struct culprit_error *err;

	if (!process)
		return &culprit_error_no_memory;
	err = lay_pipes(spec, &p);
	if (!err)
		err = fork_guardian(spec, &p, &process->guardian);
	if (err)
		return err;
	process->started_us = now_us();
	process->on_output = spec->on_output;
	process->arg = spec->arg;
	process->max_output = spec->max_output_bytes;
	process->streams[0] = no_free_fd(&p.streams[0][0]);
	process->streams[1] = no_free_fd(&p.streams[1][0]);
	process->control = no_free_fd(&p.control[1]);
	process->status = no_free_fd(&p.status[0]);
	*ret = no_free_ptr(process);
	return NULL;
}

/* -------------------------------------------------------------- output */

static void order(struct process *process, char request)
{
	if (process->killed || process->ended)
		return;
	process->killed = true;
	/* A guardian that is gone already answers by the end of its status pipe. */
	if (send(process->control, &request, 1, MSG_NOSIGNAL) < 0)
		close_fd(&process->control);
}

static void deliver(struct process *process, struct span bytes, bool from_stderr)
{
	uint64_t left = process->max_output ? process->max_output - process->n_output : UINT64_MAX;

	if (bytes.len > left) {
		bytes.len = (size_t)left;
		order(process, GUARDIAN_LIMIT);
	}
	process->n_output += bytes.len;
	if (bytes.len && process->on_output)
		process->on_output(process->arg, bytes, from_stderr);
}

/* One read of a stream; false when there is nothing more for now. */
static bool read_stream(struct process *process, int index)
{
	char data[READ_BYTES];
	ssize_t n = read(process->streams[index], data, sizeof(data));

	if (n > 0) {
		deliver(process, (struct span){ data, (size_t)n }, index == 1);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(&process->streams[index]);
	return false;
}

static void finish(struct process *process)
{
	struct guardian_status status;
	ssize_t n;

	do {
		n = read(process->status, &status, sizeof(status));
	} while (n < 0 && errno == EINTR);
	guardians_wait(process->guardian);
	if (n != sizeof(status)) {
		status = (struct guardian_status){ .outcome = PROCESS_SIGNALLED, .value = SIGKILL };
		guardians_end_orphans();
	}
	/* All writers have ended, or never will: what is in the pipes is all there is. */
	for (int i = 0; i < 2; i++) {
		while (process->streams[i] >= 0 && read_stream(process, i))
			;
		close_fd(&process->streams[i]);
	}
	close_fd(&process->control);
	close_fd(&process->status);
	process->ended = true;
	process->result = (struct process_result){
		.outcome = (enum process_outcome)status.outcome,
		.value = status.value,
		.cpu_us = status.cpu_us,
		.n_leftovers = status.n_leftovers,
		.elapsed_us = now_us() - process->started_us,
	};
}

/* ------------------------------------------------------------- pumping */

#define FDS_PER_PROCESS 3

static size_t list_fds(struct process *const *processes, size_t n, struct pollfd *fds)
{
	size_t running = 0;

	for (size_t i = 0; i < n; i++) {
		struct process *p = processes[i];
		bool active = p && !p->ended;

		running += active;
		fds[i * FDS_PER_PROCESS] = (struct pollfd){ .fd = active ? p->streams[0] : -1, .events = POLLIN };
		fds[i * FDS_PER_PROCESS + 1] = (struct pollfd){ .fd = active ? p->streams[1] : -1, .events = POLLIN };
		fds[i * FDS_PER_PROCESS + 2] = (struct pollfd){ .fd = active ? p->status : -1, .events = POLLIN };
	}
	return running;
}

struct culprit_error *process_pump(struct process *const *processes, size_t n, int wake_fd,
				   int timeout_ms, bool *ret_woken)
{
	_cleanup_(freep) struct pollfd *fds = calloc(n * FDS_PER_PROCESS + 1, sizeof(*fds));
	struct pollfd *wake;

	if (ret_woken)
		*ret_woken = false;
	if (!fds)
		return &culprit_error_no_memory;
	if (list_fds(processes, n, fds) == 0)
		return NULL;
	wake = &fds[n * FDS_PER_PROCESS];
	*wake = (struct pollfd){ .fd = wake_fd, .events = POLLIN };
	if (poll(fds, n * FDS_PER_PROCESS + 1, timeout_ms) < 0)
		return errno == EINTR ? NULL : culprit_error_errno("waiting for processes");
	if (wake->revents && ret_woken)
		*ret_woken = true;
	for (size_t i = 0; i < n; i++) {
		for (int s = 0; s < 2; s++) {
			if (fds[i * FDS_PER_PROCESS + (size_t)s].revents)
				read_stream(processes[i], s);
		}
		if (fds[i * FDS_PER_PROCESS + 2].revents)
			finish(processes[i]);
	}
	return NULL;
}

const struct process_result *process_result(const struct process *process)
{
	return process->ended ? &process->result : NULL;
}

void process_kill(struct process *process)
{
	order(process, GUARDIAN_CANCEL);
}

void process_destroy(struct process *process)
{
	if (!process)
		return;
	if (!process->ended) {
		process->on_output = NULL;
		process_kill(process);
		/* poll in vain costs little; the guardian ends within its patience */
		while (!process->ended && !process_pump(&process, 1, -1, -1, NULL))
			;
	}
	for (int i = 0; i < 2; i++)
		close_fd(&process->streams[i]);
	close_fd(&process->control);
	close_fd(&process->status);
	free(process);
}

void process_destroyp(struct process **process)
{
	process_destroy(*process);
}

/* --------------------------------------------------------- one at once */

void process_end_left(void)
{
	control_groups_end_left();
}

struct culprit_error *process_run(const struct process_spec *spec, struct process_result *ret)
{
	_cleanup_(process_destroyp) struct process *process = NULL;
	struct culprit_error *err = process_spawn(spec, &process);

	while (!err && !process_result(process))
		err = process_pump(&process, 1, -1, -1, NULL);
	if (!err)
		*ret = *process_result(process);
	return err;
}

struct capture {
	struct buf *out, *errors;
	bool no_memory;
};

static void add_to_capture(void *arg, struct span bytes, bool from_stderr)
{
	struct capture *capture = arg;
	struct buf *buf = from_stderr ? capture->errors : capture->out;

	if (buf && !buf_add(buf, bytes.ptr, bytes.len))
		capture->no_memory = true;
}

struct culprit_error *process_capture(const struct process_spec *spec, struct buf *out, struct buf *errors,
				      struct process_result *ret)
{
	struct capture capture = { .out = out, .errors = errors };
	struct process_spec with = *spec;
	struct culprit_error *err;

	with.on_output = add_to_capture;
	with.arg = &capture;
	err = process_run(&with, ret);
	if (!err && capture.no_memory)
		return &culprit_error_no_memory;
	return err;
}

bool process_describe(const struct process_result *result, struct buf *ret)
{
	switch (result->outcome) {
	case PROCESS_EXITED:
		return buf_printf(ret, "exit code %d", result->value);
	case PROCESS_SIGNALLED:
		return buf_printf(ret, "killed by signal %d (%s)", result->value, strsignal(result->value));
	case PROCESS_DEADLINE:
		return buf_add_str(ret, "ran over its deadline");
	case PROCESS_OUTPUT_LIMIT:
		return buf_add_str(ret, "wrote more than its output limit");
	case PROCESS_CANCELLED:
		return buf_add_str(ret, "stopped before its end");
	case PROCESS_NEVER_STARTED:
		return buf_printf(ret, "could not be started: %s", strerror(result->value));
	case PROCESS_LOST:
		return buf_add_str(ret, "was lost with the machine or queue that carried it out");
	}
	return buf_add_str(ret, "ended in an unknown way");
}
