/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executor for Slurm: a job is a batch job with a name of its own.
 *
 *	sbatch --parsable --job-name=culprit-0123456789ab-run-000012 --no-requeue ... JOBS/run-000012/script
 *	squeue --noheader --states=all --format=%j|%T|%r --name=...
 *	culprit-0123456789ab-run-000012|RUNNING|None
 *
 * What a job prints and how it ended come as files in its folder (executor_script.h),
 * which all nodes must see under the same path.  The queue is only asked, now and
 * then, whether a job without an end is still there: no accounting is needed, and
 * as long as the queue does not answer, jobs go on.
 *
 * A job that has an end ended so, whatever the queue says: a node may fail after it.
 * Of one without, the queue's word decides why it is lost.  A job is named before it
 * is submitted, so a controller that was killed in between finds it again.
 */
#include "session/executor_slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "session/executor_script.h"

/* Files are looked for so often. */
#define LOOK_MS 200
/* A command of Slurm that takes longer has no answer. */
#define COMMAND_MS 60000
#define READ_BYTES (64u << 10)

struct slurm {
	struct executor executor;
	const struct config_slurm *config;	/* borrowed */
	const struct config_strings *options;
	int64_t asked_us;			/* 0: never */
};

struct slurm_job {
	struct job job;
	char *name, *folder, *path;		/* path: the folder's, with room for a name in it */
	process_output_fn *on_output;
	void *arg;
	uint64_t n_output, max_output;		/* bytes; 0: no limit */
	enum job_state state;
	bool cancelled, too_long;		/* by us; because of its output */
	int64_t begun_us;			/* when that was seen; 0: not yet */
	int64_t gone_us;			/* when the queue said that it is over; 0: it did not */
	char word[32];				/* the queue's last one; "": not in the queue */
	char reason[64];			/* why it waits */
	struct job_result end;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

/* ----------------------------------------------------------------- jobs */

#define LONGEST_NAME 16		/* of a file in the folder, with the slash */

static const char *in_folder(struct slurm_job *job, const char *name)
{
	sprintf(job->path, "%s/%.*s", job->folder, LONGEST_NAME - 2, name);
	return job->path;
}

static bool has_file(struct slurm_job *job, const char *name)
{
	return access(in_folder(job, name), F_OK) == 0;
}

static void forget(struct slurm_job *job)
{
	if (!job)
		return;
	free(job->name);
	free(job->folder);
	free(job->path);
	free(job);
}

static void forgetp(struct slurm_job **job)
{
	forget(*job);
}

static struct slurm_job *job_create(struct executor *executor, const struct job_spec *spec)
{
	_cleanup_(forgetp) struct slurm_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->job.executor = executor;
	job->name = strdup(spec->name);
	job->folder = strdup(spec->folder);
	job->path = malloc(strlen(spec->folder) + LONGEST_NAME);
	job->on_output = spec->process.on_output;
	job->arg = spec->process.arg;
	job->max_output = spec->process.max_output_bytes;
	return job->name && job->folder && job->path ? no_free_ptr(job) : NULL;
}

/* The first end stands. */
static void end_job(struct slurm_job *job, enum process_outcome outcome, const char *why)
{
	if (job->state == JOB_ENDED)
		return;
	job->state = JOB_ENDED;
	job->end = (struct job_result){ .outcome = outcome, .elapsed_us = job->begun_us ? now_us() - job->begun_us : 0 };
	snprintf(job->end.lost, sizeof(job->end.lost), "%s", why);
}

/* ------------------------------------------------------------- commands */

/* *ret_ok: it came to its end and gave 0. */
static struct culprit_error *run_command(const char *const *argv, struct buf *out, struct buf *errors, bool *ret_ok)
{
	static const char *const environment[] = { "LC_ALL=C", "SQUEUE_FORMAT", "SQUEUE_NAMES", "SQUEUE_STATES",
						   "SQUEUE_USERS", "SQUEUE_PARTITION", "SQUEUE_SORT", NULL };
	struct process_spec spec = { .argv = argv, .env = environment, .timeout_ms = COMMAND_MS };
	struct process_result result;
	struct culprit_error *err = process_capture(&spec, out, errors, &result);

	*ret_ok = !err && process_succeeded(&result);
	if (!err && result.outcome == PROCESS_NEVER_STARTED)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s cannot be run (%s); executor: slurm needs Slurm's commands "
					    "(apt install slurm-client)", argv[0], strerror(result.value));
	return err;
}

/* A queue that does not hear it is told again by the script itself, which looks for the file. */
static void scancel(const struct slurm_job *job)
{
	_cleanup_(freep) char *name = NULL;
	const char *argv[] = { "scancel", "--quiet", NULL, NULL };
	struct culprit_error *err;
	bool ok;

	if (asprintf(&name, "--name=%s", job->name) < 0) {
		name = NULL;
		return;
	}
	argv[2] = name;
	err = run_command(argv, NULL, NULL, &ok);
	culprit_error_destroy(err);
}

static void cancel(struct job *base)
{
	struct slurm_job *job = (struct slurm_job *)base;
	int fd;

	if (job->cancelled || job->state == JOB_ENDED)
		return;
	job->cancelled = true;
	fd = open(in_folder(job, "cancelled"), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		close(fd);
	scancel(job);
	/* Asked soon, so that its end is told. */
	((struct slurm *)base->executor)->asked_us = 0;
}

/* ----------------------------------------------------------- submitting */

/* These pass; anything else that sbatch says is about what it was asked. */
static bool is_passing(const char *message)
{
	static const char *const words[] = { "contact", "connect", "timed out", "emporarily", "standby", "Zero Bytes",
					     "uthentication", "limit", "shutting down", "Munge", "munge" };

	for (size_t i = 0; i < countof(words); i++) {
		if (strstr(message, words[i]))
			return true;
	}
	return false;
}

static struct culprit_error *fill_options(const struct slurm *slurm, const struct job_spec *spec, struct arena *arena,
					  const char *const **ret)
{
	const struct config_slurm *c = slurm->config;
	const struct { const char *form, *value; } given[] = {
		{ "--partition=%s", c->partition }, { "--constraint=%s", c->constraint }, { "--mem=%s", c->memory },
	};
	int64_t minutes = (c->time_ms ? c->time_ms : spec->process.timeout_ms + 5 * 60000 + 59999) / 60000;
	const char **argv = arena_array(arena, 14 + c->options.n + slurm->options->n, sizeof(*argv));
	size_t n = 0, wanted;

	if (!argv)
		return &culprit_error_no_memory;
	argv[n++] = "sbatch";
	argv[n++] = "--parsable";
	argv[n++] = "--no-requeue";
	argv[n++] = arena_printf(arena, "--job-name=%s", spec->name);
	argv[n++] = arena_printf(arena, "--output=%s/slurm.log", spec->folder);
	argv[n++] = "--chdir=/";
	if (c->time_ms || spec->process.timeout_ms)
		argv[n++] = arena_printf(arena, "--time=%lld", (long long)(minutes ? minutes : 1));
	if (c->cpus)
		argv[n++] = arena_printf(arena, "--cpus-per-task=%u", c->cpus);
	for (size_t i = 0; i < countof(given); i++) {
		if (given[i].value)
			argv[n++] = arena_printf(arena, given[i].form, given[i].value);
	}
	for (size_t i = 0; i < c->options.n; i++)
		argv[n++] = c->options.items[i];
	for (size_t i = 0; i < slurm->options->n; i++)
		argv[n++] = slurm->options->items[i];
	argv[n++] = arena_printf(arena, "%s/script", spec->folder);
	for (wanted = 0; wanted < n && argv[wanted]; wanted++)
		;
	*ret = argv;
	return wanted == n ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *write_script(const struct job_spec *spec)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	_cleanup_(freep) char *path = NULL;
	struct culprit_error *err;

	if (asprintf(&path, "%s/script", spec->folder) < 0) {
		path = NULL;
		return &culprit_error_no_memory;
	}
	err = folder_remove(spec->folder);
	if (!err && !file_make_directories(spec->folder, 0777))
		err = culprit_error_errno("cannot make %s", spec->folder);
	if (!err)
		err = job_script_format(spec, spec->folder, &text);
	if (!err)
		err = file_create(AT_FDCWD, path, path, (struct span){ text.data, text.len });
	return err;
}

static struct culprit_error *submit(struct executor *executor, const struct job_spec *spec, struct job **ret)
{
	struct slurm *slurm = (struct slurm *)executor;
	_cleanup_(forgetp) struct slurm_job *job = job_create(executor, spec);
	_cleanup_(buf_deinit) struct buf errors = { 0 };
	struct arena arena = { 0 };
	const char *const *argv;
	struct culprit_error *err;
	bool ok = false;

	if (!job)
		return &culprit_error_no_memory;
	err = write_script(spec);
	if (!err)
		err = fill_options(slurm, spec, &arena, &argv);
	if (!err && !buf_add_str(&errors, ""))
		err = &culprit_error_no_memory;
	if (!err)
		err = run_command(argv, NULL, &errors, &ok);
	arena_deinit(&arena);
	if (err)
		return err;
	if (!ok) {
		errors.data[strcspn(errors.data, "\n")] = '\0';
		if (errors.data[0] && !is_passing(errors.data))
			return culprit_error_create(CULPRIT_ERROR_USAGE, "Slurm refuses a job: %s", errors.data);
		/* It may have been taken all the same: then it must not begin. */
		cancel(&job->job);
		end_job(job, PROCESS_LOST, errors.data[0] ? errors.data : "sbatch did not answer");
	}
	*ret = &no_free_ptr(job)->job;
	return NULL;
}

/* ---------------------------------------------------------------- files */

/* What the console has more than was handed on. */
static void drain(struct slurm_job *job)
{
	int fd = open(in_folder(job, "console"), O_RDONLY | O_CLOEXEC);
	char data[READ_BYTES];
	ssize_t n = fd < 0 ? 0 : 1;

	while (n > 0 && !job->too_long) {
		uint64_t left = job->max_output ? job->max_output - job->n_output : UINT64_MAX;

		n = pread(fd, data, sizeof(data), (off_t)job->n_output);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0) {
			job->too_long = (uint64_t)n > left;
			n = job->too_long ? (ssize_t)left : n;
			job->n_output += (uint64_t)n;
			if (n && job->on_output)
				job->on_output(job->arg, (struct span){ data, (size_t)n }, false);
		}
	}
	if (fd >= 0)
		close(fd);
	if (job->too_long)
		cancel(&job->job);
}

/* Whole, or not there yet: it is renamed into its place. */
static bool read_end(struct slurm_job *job, struct job_result *ret, uint64_t *ret_bytes)
{
	char line[128];
	int fd = open(in_folder(job, "end"), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line));

	if (fd >= 0)
		close(fd);
	return n > 0 && job_script_parse_end((struct span){ line, (size_t)n }, ret, ret_bytes);
}

static enum process_outcome outcome_of_cancelled(const struct slurm_job *job)
{
	return job->too_long ? PROCESS_OUTPUT_LIMIT : PROCESS_CANCELLED;
}

/* The queue says that it is over, and files may be late on the way from another machine. */
static void bury(const struct slurm *slurm, struct slurm_job *job)
{
	char why[sizeof(job->end.lost)];

	if (now_us() - job->gone_us < slurm->config->patience_ms * 1000)
		return;
	if (!job->word[0])
		snprintf(why, sizeof(why), "no longer in the queue");
	else if (!strcmp(job->word, "COMPLETED") || !strcmp(job->word, "FAILED"))
		snprintf(why, sizeof(why), "%s, but its files did not come", job->word);
	else
		snprintf(why, sizeof(why), "%s", job->word);
	end_job(job, PROCESS_LOST, why);
}

/* True when there is news. */
static bool look(const struct slurm *slurm, struct slurm_job *job)
{
	uint64_t before = job->n_output, bytes = 0;
	struct job_result end;
	bool ended;

	if (job->state == JOB_ENDED)
		return false;
	if (!job->begun_us && has_file(job, "begun")) {
		job->begun_us = now_us();
		job->state = JOB_RUNNING;
	}
	ended = read_end(job, &end, &bytes);
	drain(job);
	/* All that it printed first, as far as that comes. */
	if (ended && job->cancelled && (job->too_long || end.outcome == PROCESS_CANCELLED || end.outcome == PROCESS_SIGNALLED))
		end_job(job, outcome_of_cancelled(job), "");
	else if (ended && job->n_output >= bytes) {
		job->state = JOB_ENDED;
		job->end = end;
	} else if (ended && !job->gone_us) {
		snprintf(job->word, sizeof(job->word), "COMPLETED");
		job->gone_us = now_us();
	} else if (job->gone_us && job->cancelled)
		end_job(job, outcome_of_cancelled(job), "");
	else if (!ended && has_file(job, "again")) {
		cancel(&job->job);
		end_job(job, PROCESS_LOST, "started a second time");
	} else if (job->gone_us)
		bury(slurm, job);
	return job->state == JOB_ENDED || job->n_output != before;
}

/* ---------------------------------------------------------------- queue */

/* Words of the queue after which nothing of the job comes any more. Others: it goes on. */
static bool is_over(const char *word)
{
	static const char *const words[] = { "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED",
					     "BOOT_FAIL", "DEADLINE", "OUT_OF_MEMORY", "REVOKED", "SPECIAL_EXIT",
					     "REQUEUE_HOLD" };

	for (size_t i = 0; i < countof(words); i++) {
		if (!strcmp(words[i], word))
			return true;
	}
	return false;
}

/* Reasons for which a job never starts: who wrote the configuration has to change it. */
static bool is_hopeless(const char *reason)
{
	static const char *const words[] = { "PartitionTimeLimit", "PartitionNodeLimit", "BadConstraints", "InvalidAccount",
					     "InvalidQOS" };

	for (size_t i = 0; i < countof(words); i++) {
		if (!strcmp(words[i], reason))
			return true;
	}
	return false;
}

/* The text up to '|' or the end. */
static struct span take_field(struct span *rest)
{
	const char *bar = memchr(rest->ptr, '|', rest->len);
	struct span field = { rest->ptr, bar ? (size_t)(bar - rest->ptr) : rest->len };

	*rest = span_skip(*rest, bar ? field.len + 1 : field.len);
	return field;
}

/* Of a line "name|RUNNING|None"; false where it is none of this job. */
static bool take_line(struct span line, struct slurm_job *job)
{
	struct span word, reason;

	if (!line.len || !span_equal(take_field(&line), span_of(job->name)))
		return false;
	word = take_field(&line);
	reason = take_field(&line);
	snprintf(job->word, sizeof(job->word), "%.*s", (int)word.len, word.ptr);
	snprintf(job->reason, sizeof(job->reason), "%.*s", (int)reason.len, reason.ptr);
	return true;
}

/* The job's word, of one that is not over where there are several of its name. */
static bool find_word(struct span list, struct slurm_job *job)
{
	bool found = false;

	job->word[0] = job->reason[0] = '\0';
	while (list.len) {
		const char *newline = memchr(list.ptr, '\n', list.len);
		size_t len = newline ? (size_t)(newline - list.ptr) : list.len;

		if (!found || is_over(job->word))
			found |= take_line((struct span){ list.ptr, len }, job);
		list = span_skip(list, newline ? len + 1 : len);
	}
	return found;
}

static struct culprit_error *take_word(struct slurm_job *job, struct span list)
{
	bool found = find_word(list, job);

	/* Back in the queue without our asking: it must not begin a second time, and the first is void. */
	if (found && job->begun_us && (!strcmp(job->word, "PENDING") || !strcmp(job->word, "REQUEUED"))) {
		struct job_result end;
		uint64_t bytes;

		if (read_end(job, &end, &bytes))
			return NULL;
		cancel(&job->job);
		end_job(job, PROCESS_LOST, "REQUEUED");
	}
	if (found && !job->cancelled && !strcmp(job->word, "PENDING") && is_hopeless(job->reason))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "Slurm never starts this job: %s; 'scontrol show job' and the keys 'slurm' "
					    "and 'timeout' of the configuration tell more", job->reason);
	if ((!found || is_over(job->word)) && !job->gone_us)
		job->gone_us = now_us();
	else if (found && !is_over(job->word))
		job->gone_us = 0;
	return NULL;
}

/* *ret_ok false: the queue does not answer. */
static struct culprit_error *ask(struct job *const *jobs, size_t n, struct buf *ret, bool *ret_ok)
{
	const char *argv[] = { "squeue", "--noheader", "--states=all", "--format=%j|%T|%r", NULL, NULL };
	_cleanup_(buf_deinit) struct buf names = { 0 };
	bool ok = buf_add_str(&names, "--name=") && buf_add_str(ret, "");

	for (size_t i = 0; i < n && ok; i++)
		ok = buf_printf(&names, "%s%s", i ? "," : "", ((const struct slurm_job *)jobs[i])->name);
	if (!ok)
		return &culprit_error_no_memory;
	argv[4] = names.data;
	return run_command(argv, ret, NULL, ret_ok);
}

static struct culprit_error *ask_for_all(struct slurm *slurm, struct job *const *jobs, size_t n)
{
	_cleanup_(buf_deinit) struct buf list = { 0 };
	struct culprit_error *err;
	bool ok, going = false;

	if (slurm->asked_us && now_us() - slurm->asked_us < slurm->config->interval_ms * 1000)
		return NULL;
	for (size_t i = 0; i < n; i++)
		going |= ((struct slurm_job *)jobs[i])->state != JOB_ENDED;
	if (!going)
		return NULL;
	err = ask(jobs, n, &list, &ok);
	slurm->asked_us = now_us();
	for (size_t i = 0; i < n && !err && ok; i++) {
		struct slurm_job *job = (struct slurm_job *)jobs[i];

		if (job->state != JOB_ENDED)
			err = take_word(job, (struct span){ list.data, list.len });
	}
	return err;
}

static struct culprit_error *poll_jobs(struct executor *executor, struct job *const *jobs, size_t n, int wake_fd,
				       int timeout_ms, bool *ret_woken)
{
	struct slurm *slurm = (struct slurm *)executor;
	int64_t until = now_us() + timeout_ms * INT64_C(1000);

	if (ret_woken)
		*ret_woken = false;
	for (;;) {
		struct pollfd wake = { .fd = wake_fd, .events = POLLIN };
		struct culprit_error *err = ask_for_all(slurm, jobs, n);
		bool news = false;

		for (size_t i = 0; i < n && !err; i++)
			news |= look(slurm, (struct slurm_job *)jobs[i]);
		if (err || news || (timeout_ms >= 0 && now_us() >= until))
			return err;
		if (poll(&wake, 1, LOOK_MS) > 0) {
			if (ret_woken)
				*ret_woken = true;
			return NULL;
		}
	}
}

static enum job_state fetch(const struct job *base, struct job_result *ret)
{
	const struct slurm_job *job = (const struct slurm_job *)base;

	*ret = job->end;
	if (job->state != JOB_ENDED)
		*ret = (struct job_result){ .elapsed_us = job->begun_us ? now_us() - job->begun_us : 0 };
	return job->state;
}

/* ------------------------------------------------------ adopting, ending */

static struct culprit_error *adopt(struct executor *executor, const struct job_spec *spec, struct job **ret)
{
	_cleanup_(forgetp) struct slurm_job *job = job_create(executor, spec);
	_cleanup_(buf_deinit) struct buf list = { 0 };
	struct culprit_error *err;
	struct job *one;
	bool ok, found;

	*ret = NULL;
	if (!job)
		return &culprit_error_no_memory;
	/* Without its folder a script does nothing, and ends what it does. */
	if (!has_file(job, "script"))
		return folder_remove(job->folder);
	one = &job->job;
	err = ask(&one, 1, &list, &ok);
	if (err)
		return err;
	found = find_word((struct span){ list.data, list.len }, job) && !is_over(job->word);
	/* Nothing of what was ended by us counts. */
	if (has_file(job, "cancelled")) {
		if (found || !ok)
			scancel(job);
		return folder_remove(job->folder);
	}
	/* Killed between writing the script and submitting it. */
	if (ok && !found && !job->word[0] && !has_file(job, "begun"))
		return folder_remove(job->folder);
	*ret = &no_free_ptr(job)->job;
	return NULL;
}

static void release(struct job *base)
{
	struct slurm_job *job = (struct slurm_job *)base;
	struct culprit_error *err;

	cancel(base);
	/* A script that finds no folder does nothing, and ends what it does. */
	err = folder_remove(job->folder);
	culprit_error_destroy(err);
	forget(job);
}

static void destroy(struct executor *executor)
{
	free(executor);
}

static const struct executor_calls calls = {
	.submit = submit,
	.poll = poll_jobs,
	.fetch = fetch,
	.cancel = cancel,
	.adopt = adopt,
	.release = release,
	.destroy = destroy,
};

struct culprit_error *executor_create_slurm(const struct config_slurm *config, const struct config_strings *options,
					    struct executor **ret)
{
	struct slurm *slurm = calloc(1, sizeof(*slurm));

	if (!slurm)
		return &culprit_error_no_memory;
	slurm->executor.calls = &calls;
	slurm->config = config;
	slurm->options = options;
	*ret = &slurm->executor;
	return NULL;
}
