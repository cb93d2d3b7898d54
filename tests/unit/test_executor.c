/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What executor.h promises, asked of each executor; and of those with a queue,
 * what happens when jobs, files or the queue itself go missing.
 *
 * sbatch, squeue and scancel are a script here, which starts jobs at once; a real
 * Slurm is asked by tests/slurm/check-slurm.sh.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "session/executor_script.h"
#include "session/executor_slurm.h"
#include "suite.h"

/*
 * $FAKE/NAME.pid: the process group of a job; $FAKE/NAME.word: what the queue says of it
 * instead; $FAKE/down: the queue does not answer; $FAKE/refuse: it takes no job.
 */
static const char fake_slurm[] =
	"#!/bin/sh\n"
	"[ ! -e \"$FAKE/down\" ] || { echo \"${0##*/}: error: Unable to contact slurm controller (connect failure)\" >&2; exit 1; }\n"
	"for word; do\n"
	"	case $word in --job-name=*|--name=*) name=${word#*=} ;; esac\n"
	"done\n"
	"case ${0##*/} in\n"
	"sbatch)\n"
	"	[ ! -e \"$FAKE/refuse\" ] || { echo 'sbatch: error: Batch job submission failed: Invalid feature specification' >&2; exit 1; }\n"
	"	cp \"$word\" \"$FAKE/$name.sh\"\n"
	"	[ -e \"$FAKE/wait\" ] && echo PENDING >\"$FAKE/$name.word\" && exit\n"
	"	echo \"$name\" >\"$FAKE/fifo\"\n"
	"	while [ ! -s \"$FAKE/$name.pid\" ]; do sleep 0.01; done ;;\n"
	"scancel)\n"
	"	[ -e \"$FAKE/$name.pid\" ] || exit 0\n"
	"	read -r pid <\"$FAKE/$name.pid\"\n"
	"	read -r group 2>/dev/null <\"$FAKE/../jobs/$name/pid\" && kill -KILL -- \"-$group\" 2>/dev/null\n"
	"	kill -TERM -- \"-$pid\" 2>/dev/null\n"
	"	echo CANCELLED >\"$FAKE/$name.word\" ;;\n"
	"squeue)\n"
	"	IFS=,\n"
	"	for n in $name; do\n"
	"		[ -e \"$FAKE/$n.sh\" ] || continue\n"
	"		state=COMPLETED\n"
	"		IFS=' '\n"
	"		read -r pid 2>/dev/null <\"$FAKE/$n.pid\" && read -r _ _ how _ 2>/dev/null <\"/proc/$pid/stat\" && [ $how != Z ] && state=RUNNING\n"
	"		[ ! -e \"$FAKE/$n.word\" ] || read -r state <\"$FAKE/$n.word\"\n"
	"		[ \"$state\" = ABSENT ] || echo \"$n|$state|None\"\n"
	"	done ;;\n"
	"esac\n";

/* Jobs are its children, for what sbatch leaves would be ended by the guardian above it. */
static const char fake_daemon[] =
	"exec 3<>\"$FAKE/fifo\"\n"
	"while read -r name <&3; do\n"
	"	setsid sh \"$FAKE/$name.sh\" >/dev/null 2>&1 </dev/null 3<&- &\n"
	"	echo $! >\"$FAKE/$name.pid\"\n"
	"done\n";

enum { LOCAL, SLURM, N_EXECUTORS };

static char folder[] = "/tmp/culprit-test-executor-XXXXXX";
static struct config_slurm slurm_config;
static const struct config_strings none;
static struct executor *executor;
static struct buf output;
static unsigned int n_jobs;
static pid_t daemon_pid;

static void must(struct culprit_error *err)
{
	if (err)
		ck_abort_msg("%s", culprit_error_message(err));
}

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	unlink(in_folder(name));
	must(file_create(AT_FDCWD, in_folder(name), name, span_of(text)));
	ck_assert_int_eq(chmod(in_folder(name), mode), 0);
}

static void set_up(void)
{
	static const char *const commands[] = { "bin/sbatch", "bin/squeue", "bin/scancel" };
	char path[4096];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(file_make_directories(in_folder("bin"), 0777));
	ck_assert(file_make_directories(in_folder("fake"), 0777));
	for (size_t i = 0; i < countof(commands); i++)
		write_file(commands[i], fake_slurm, 0755);
	setenv("FAKE", in_folder("fake"), 1);
	ck_assert_int_eq(mkfifo(in_folder("fake/fifo"), 0600), 0);
	daemon_pid = fork();
	if (daemon_pid == 0) {
		execl("/bin/sh", "sh", "-c", fake_daemon, NULL);
		_exit(127);
	}
	snprintf(path, sizeof(path), "%s/bin:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	slurm_config = (struct config_slurm){ .interval_ms = 50, .patience_ms = 400 };
}

static void tear_down(void)
{
	executor_destroy(executor);
	executor = NULL;
	kill(daemon_pid, SIGKILL);
	buf_deinit(&output);
	must(folder_remove(folder));
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

static struct executor *make_executor(int which)
{
	struct executor *ret = NULL;

	must(which == LOCAL ? executor_create_local(&ret) : executor_create_slurm(&slurm_config, &none, &ret));
	return ret;
}

static void take_output(void *arg, struct span bytes, bool from_stderr)
{
	(void)from_stderr;
	ck_assert(buf_add(arg, bytes.ptr, bytes.len));
}

/* Name and folder stay for the next call; command is a shell's, or one word without blanks. */
static struct job_spec *spec_of(const char *command)
{
	static const char *argv[4];
	static char name[32], path[512];
	static struct job_spec spec;
	bool shell = strpbrk(command, " ;$") != NULL;

	snprintf(name, sizeof(name), "test-run-%06u", ++n_jobs);
	snprintf(path, sizeof(path), "%s/jobs/%s", folder, name);
	argv[0] = shell ? "/bin/sh" : command;
	argv[1] = shell ? "-c" : NULL;
	argv[2] = shell ? command : NULL;
	spec = (struct job_spec){ .name = name, .folder = path, .process = {
		.argv = argv, .directory = folder, .merge_stderr = true, .on_output = take_output, .arg = &output,
	} };
	return &spec;
}

static struct job *submit(const struct job_spec *spec)
{
	struct job *job = NULL;

	output.len = 0;
	ck_assert(buf_add_str(&output, ""));
	must(executor->calls->submit(executor, spec, &job));
	ck_assert_ptr_nonnull(job);
	return job;
}

/* At most a minute: a machine that builds something else at the time is slow. */
static struct job_result finish(struct job *job)
{
	struct job_result ret;
	time_t until = time(NULL) + 60;

	while (job_fetch(job, &ret) != JOB_ENDED && time(NULL) < until)
		must(executor->calls->poll(executor, &job, 1, -1, 200, NULL));
	ck_assert_msg(job_fetch(job, &ret) == JOB_ENDED, "it goes on for ever");
	return ret;
}

static void wait_for(const char *name)
{
	for (int n = 0; access(in_folder(name), F_OK) < 0; n++) {
		ck_assert_msg(n < 2000, "there is no %s", name);
		usleep(10000);
	}
}

/* A job's file: "jobs/test-run-000001/begun". */
static const char *of_job(const struct job_spec *spec, const char *file)
{
	static char name[128];

	snprintf(name, sizeof(name), "jobs/%s/%s", spec->name, file);
	return name;
}

static void tell_queue(const struct job_spec *spec, const char *word)
{
	char name[128];

	snprintf(name, sizeof(name), "fake/%s.word", spec->name);
	write_file(name, word, 0644);
}

static struct job_result run(const struct job_spec *spec)
{
	struct job *job = submit(spec);
	struct job_result ret = finish(job);

	job_release(job);
	return ret;
}

#define expect_end(result, what, number) do { \
	struct job_result result_ = (result); \
	ck_assert_msg(result_.outcome == (what) && result_.value == (number), "outcome %d, value %d (%s)", \
		      result_.outcome, result_.value, result_.lost); \
} while (0)

/* ------------------------------------------------------ all executors */

START_TEST(output_comes_whole_and_in_order)
{
	executor = make_executor(_i);
	expect_end(run(spec_of("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; echo end >&2")), PROCESS_EXITED, 0);
	ck_assert_uint_eq(output.len, 10 * 7 + 90 * 8 + 900 * 9 + 9000 * 10 + 10000 * 11 + 4);
	ck_assert(!strncmp(output.data, "line 0\nline 1\n", 14));
	ck_assert_str_eq(output.data + output.len - 15, "line 19999\nend\n");
}
END_TEST

START_TEST(ends_are_told_apart)
{
	struct job_spec *spec;

	executor = make_executor(_i);
	expect_end(run(spec_of("exit 3")), PROCESS_EXITED, 3);
	expect_end(run(spec_of("kill -KILL $$")), PROCESS_SIGNALLED, SIGKILL);
	spec = spec_of("sleep 1000; true");
	spec->process.timeout_ms = 1200;
	expect_end(run(spec), PROCESS_DEADLINE, 0);
	spec = spec_of("while :; do echo and on; done");
	spec->process.max_output_bytes = 10000;
	expect_end(run(spec), PROCESS_OUTPUT_LIMIT, 0);
	ck_assert_uint_eq(output.len, 10000);
	spec = spec_of("pwd");
	spec->process.directory = "/nowhere";
	ck_assert_int_eq(run(spec).outcome, PROCESS_NEVER_STARTED);
}
END_TEST

/* That there is no such program is found by the kernel here and by a shell there; the matcher takes both alike. */
START_TEST(a_program_that_is_not_there)
{
	struct job_result result;

	executor = make_executor(_i);
	result = run(spec_of("no-such-program"));
	ck_assert(result.outcome == PROCESS_NEVER_STARTED || (result.outcome == PROCESS_EXITED && result.value == 127));
}
END_TEST

START_TEST(words_and_environment_arrive_as_they_are)
{
	static const char *const environment[] = { "A=it's; $(ls) `x` \"y\"\n*", "limit=7", "HOME", "_f=mine", NULL };
	struct job_spec *spec = spec_of("printf '%s|%s|%s|%s|%s' \"$A\" \"$limit\" \"${HOME-unset}\" \"$_f\" \"$(pwd)\"");
	char expected[600];

	executor = make_executor(_i);
	spec->process.env = environment;
	expect_end(run(spec), PROCESS_EXITED, 0);
	snprintf(expected, sizeof(expected), "%s|7|unset|mine|%s", environment[0] + 2, folder);
	ck_assert_str_eq(output.data, expected);
}
END_TEST

START_TEST(a_cancelled_job_ends)
{
	struct job_spec *spec;
	struct job_result now;
	struct job *job;

	executor = make_executor(_i);
	spec = spec_of("echo begun; sleep 1000; echo never");
	job = submit(spec);
	while (!output.len)
		must(executor->calls->poll(executor, &job, 1, -1, 100, NULL));
	ck_assert_int_eq(job_fetch(job, &now), JOB_RUNNING);
	job_cancel(job);
	expect_end(finish(job), PROCESS_CANCELLED, 0);
	ck_assert_str_eq(output.data, "begun\n");
	/* once more changes nothing */
	job_cancel(job);
	expect_end(finish(job), PROCESS_CANCELLED, 0);
	job_release(job);
	ck_assert_int_ne(access(in_folder(of_job(spec, "script")), F_OK), 0);
}
END_TEST

START_TEST(who_waits_is_woken)
{
	struct job *job;
	bool woken = false;
	int fds[2];

	executor = make_executor(_i);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	job = submit(spec_of("sleep 1000; true"));
	for (int i = 0; i < 20 && !woken; i++)
		must(executor->calls->poll(executor, &job, 1, fds[0], 60000, &woken));
	ck_assert(woken);
	job_release(job);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(several_at_once)
{
	struct job *jobs[5];
	struct job_result result;
	int left = 5;

	executor = make_executor(_i);
	for (int i = 0; i < 5; i++) {
		char command[64];

		snprintf(command, sizeof(command), "sleep 0.%d; exit %d", 5 - i, i);
		jobs[i] = submit(spec_of(command));
	}
	for (int n = 0; left && n < 200; n++) {
		must(executor->calls->poll(executor, jobs, 5, -1, 200, NULL));
		left = 0;
		for (int i = 0; i < 5; i++)
			left += job_fetch(jobs[i], &result) != JOB_ENDED;
	}
	for (int i = 0; i < 5; i++) {
		job_fetch(jobs[i], &result);
		expect_end(result, PROCESS_EXITED, i);
		job_release(jobs[i]);
	}
}
END_TEST

/* ------------------------------------------------------------- faults */

START_TEST(a_job_that_vanishes_is_lost)
{
	struct job_spec *spec = spec_of("echo begun; sleep 1000; true");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "console"));
	tell_queue(spec, "ABSENT");
	result = finish(job);
	expect_end(result, PROCESS_LOST, 0);
	ck_assert_str_eq(result.lost, "no longer in the queue");
	ck_assert_str_eq(output.data, "begun\n");
	job_release(job);
}
END_TEST

START_TEST(the_queues_word_is_why_it_is_lost)
{
	static const char *const words[] = { "NODE_FAIL", "PREEMPTED", "TIMEOUT", "OUT_OF_MEMORY", "BOOT_FAIL", "CANCELLED" };
	struct job_spec *spec = spec_of("sleep 1000; true");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "begun"));
	tell_queue(spec, words[_i]);
	result = finish(job);
	expect_end(result, PROCESS_LOST, 0);
	ck_assert_str_eq(result.lost, words[_i]);
	job_release(job);
}
END_TEST

/* A node may fail, or the whole job be called cancelled, after the command came to its end. */
START_TEST(an_end_stands_whatever_the_queue_says)
{
	struct job_spec *spec = spec_of("echo all of it; exit 4");
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "end"));
	tell_queue(spec, "NODE_FAIL");
	expect_end(finish(job), PROCESS_EXITED, 4);
	ck_assert_str_eq(output.data, "all of it\n");
	job_release(job);
}
END_TEST

START_TEST(an_end_that_does_not_come_is_waited_for_and_given_up)
{
	struct job_spec *spec = spec_of("echo all of it; true");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "end"));
	ck_assert_int_eq(unlink(in_folder(of_job(spec, "end"))), 0);
	result = finish(job);
	expect_end(result, PROCESS_LOST, 0);
	ck_assert_str_eq(result.lost, "COMPLETED, but its files did not come");
	job_release(job);
}
END_TEST

/* A console that is gone is not an empty one. */
START_TEST(a_console_that_was_removed)
{
	struct job_spec *spec = spec_of("while [ ! -e go ]; do sleep 0.05; done; echo unheard; exit 0");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "pid"));
	wait_for(of_job(spec, "console"));
	ck_assert_int_eq(unlink(in_folder(of_job(spec, "console"))), 0);
	write_file("go", "", 0644);
	result = finish(job);
	expect_end(result, PROCESS_LOST, 0);
	ck_assert_str_eq(result.lost, "COMPLETED, but its files did not come");
	job_release(job);
}
END_TEST

/* The end came, the last bytes of the console are still on their way, or lost. */
START_TEST(a_console_that_is_late)
{
	struct job_spec *spec = spec_of("echo one; echo two");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	slurm_config.patience_ms = _i == 0 ? 60000 : 400;
	job = submit(spec);
	wait_for(of_job(spec, "end"));
	ck_assert_int_eq(truncate(in_folder(of_job(spec, "console")), 4), 0);
	must(executor->calls->poll(executor, &job, 1, -1, 1, NULL));
	ck_assert_str_eq(output.data, "one\n");
	if (_i == 0) {
		ck_assert_int_ne(job_fetch(job, &result), JOB_ENDED);
		write_file(of_job(spec, "console"), "one\ntwo\n", 0644);
		expect_end(finish(job), PROCESS_EXITED, 0);
		ck_assert_str_eq(output.data, "one\ntwo\n");
	} else
		expect_end(finish(job), PROCESS_LOST, 0);
	job_release(job);
}
END_TEST

static void start_again(const struct job_spec *spec)
{
	char command[256];

	snprintf(command, sizeof(command), "sh %s/fake/%s.sh", folder, spec->name);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_second_start_changes_nothing)
{
	struct job_spec *spec = spec_of("echo once; exit 2");
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "end"));
	start_again(spec);
	wait_for(of_job(spec, "again"));
	expect_end(finish(job), PROCESS_EXITED, 2);
	ck_assert_str_eq(output.data, "once\n");
	job_release(job);
}
END_TEST

START_TEST(begun_twice_without_an_end_is_lost)
{
	struct job_spec *spec = spec_of("echo first; sleep 1000; true");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "console"));
	start_again(spec);
	result = finish(job);
	expect_end(result, PROCESS_LOST, 0);
	ck_assert_str_eq(result.lost, "started a second time");
	job_release(job);
}
END_TEST

START_TEST(clocks_are_not_compared)
{
	struct job_spec *spec = spec_of("sleep 0.3; exit 6");
	struct job_result result;
	char command[512];
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "end"));
	snprintf(command, sizeof(command), "touch -d %s %s/jobs/%s/*", _i ? "2001-01-01" : "2037-01-01", folder, spec->name);
	ck_assert_int_eq(system(command), 0);
	result = finish(job);
	expect_end(result, PROCESS_EXITED, 6);
	ck_assert(result.elapsed_us >= 200000 && result.elapsed_us < 20000000);
	job_release(job);
}
END_TEST

START_TEST(a_queue_that_does_not_answer_loses_nothing)
{
	struct job_spec *spec = spec_of("while [ ! -e go ]; do sleep 0.05; done; echo came; exit 5");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "begun"));
	write_file("fake/down", "", 0644);
	/* longer than its patience */
	for (int i = 0; i < 4; i++)
		must(executor->calls->poll(executor, &job, 1, -1, 250, NULL));
	ck_assert_int_eq(job_fetch(job, &result), JOB_RUNNING);
	write_file("go", "", 0644);
	expect_end(finish(job), PROCESS_EXITED, 5);
	ck_assert_str_eq(output.data, "came\n");
	job_release(job);
}
END_TEST

/* scancel is not heard either: the script looks for itself. */
START_TEST(cancelled_without_a_queue)
{
	struct job_spec *spec = spec_of("sleep 1000; true");
	struct job *job;

	executor = make_executor(SLURM);
	job = submit(spec);
	wait_for(of_job(spec, "pid"));
	write_file("fake/down", "", 0644);
	job_cancel(job);
	expect_end(finish(job), PROCESS_CANCELLED, 0);
	job_release(job);
}
END_TEST

START_TEST(cancelled_while_it_waits)
{
	struct job_spec *spec = spec_of("echo begun; true");
	struct job_result result;
	struct job *job;

	executor = make_executor(SLURM);
	write_file("fake/wait", "", 0644);
	job = submit(spec);
	must(executor->calls->poll(executor, &job, 1, -1, 1, NULL));
	ck_assert_int_eq(job_fetch(job, &result), JOB_WAITING);
	ck_assert_int_eq(result.elapsed_us, 0);
	job_cancel(job);
	start_again(spec);
	job_release(job);
	start_again(spec);
	ck_assert_str_eq(output.data, "");
	ck_assert_int_ne(access(in_folder(of_job(spec, "begun")), F_OK), 0);
}
END_TEST

START_TEST(a_queue_away_while_submitting)
{
	struct job_result result;

	executor = make_executor(SLURM);
	write_file("fake/down", "", 0644);
	result = run(spec_of("true; true"));
	expect_end(result, PROCESS_LOST, 0);
	ck_assert_ptr_nonnull(strstr(result.lost, "Unable to contact"));
}
END_TEST

START_TEST(a_wrong_option_is_an_error)
{
	_cleanup_(culprit_error_destroyp) struct culprit_error *err = NULL;
	struct job *job = NULL;

	executor = make_executor(SLURM);
	write_file("fake/refuse", "", 0644);
	err = executor->calls->submit(executor, spec_of("true; true"), &job);
	ck_assert_ptr_null(job);
	ck_assert_ptr_nonnull(err);
	ck_assert_ptr_nonnull(strstr(culprit_error_message(err), "Invalid feature specification"));
}
END_TEST

/* ----------------------------------------------------------- adopting */

/* Forgets a job as a controller that is killed does. */
static struct job *adopt_after_kill(const struct job_spec *spec)
{
	struct job *job = NULL;

	output.len = 0;
	ck_assert(buf_add_str(&output, ""));
	must(executor->calls->adopt(executor, spec, &job));
	return job;
}

START_TEST(a_running_job_is_adopted)
{
	struct job_spec *spec = spec_of("echo before; while [ ! -e go ]; do sleep 0.05; done; echo after; exit 7");
	struct job *job, *first;

	executor = make_executor(SLURM);
	first = submit(spec);
	while (!output.len)
		must(executor->calls->poll(executor, &first, 1, -1, 100, NULL));
	job = adopt_after_kill(spec);
	ck_assert_ptr_nonnull(job);
	write_file("go", "", 0644);
	expect_end(finish(job), PROCESS_EXITED, 7);
	ck_assert_str_eq(output.data, "before\nafter\n");
	job_release(job);
	job_release(first);
}
END_TEST

START_TEST(one_that_ended_meanwhile_is_adopted)
{
	struct job_spec *spec = spec_of("echo all; exit 8");
	struct job *job, *first;

	executor = make_executor(SLURM);
	first = submit(spec);
	wait_for(of_job(spec, "end"));
	tell_queue(spec, "ABSENT");
	job = adopt_after_kill(spec);
	ck_assert_ptr_nonnull(job);
	expect_end(finish(job), PROCESS_EXITED, 8);
	ck_assert_str_eq(output.data, "all\n");
	job_release(job);
	job_release(first);
}
END_TEST

START_TEST(one_adopted_while_the_queue_is_away)
{
	struct job_spec *spec = spec_of("while [ ! -e go ]; do sleep 0.05; done; exit 9");
	struct job *job, *first;

	executor = make_executor(SLURM);
	first = submit(spec);
	wait_for(of_job(spec, "begun"));
	write_file("fake/down", "", 0644);
	job = adopt_after_kill(spec);
	ck_assert_ptr_nonnull(job);
	write_file("go", "", 0644);
	expect_end(finish(job), PROCESS_EXITED, 9);
	job_release(job);
	job_release(first);
}
END_TEST

START_TEST(what_was_cancelled_or_never_submitted_is_not_adopted)
{
	struct job_spec *spec = spec_of("sleep 1000; true");
	struct job *first;

	executor = make_executor(SLURM);
	ck_assert_ptr_null(adopt_after_kill(spec));
	first = submit(spec);
	wait_for(of_job(spec, "begun"));
	/* cancelled and killed before anything else */
	write_file(of_job(spec, "cancelled"), "", 0644);
	ck_assert_ptr_null(adopt_after_kill(spec));
	ck_assert_int_ne(access(in_folder(of_job(spec, "script")), F_OK), 0);
	job_release(first);
	/* killed between writing the script and submitting it */
	spec = spec_of("true; true");
	ck_assert(file_make_directories(spec->folder, 0777));
	write_file(of_job(spec, "script"), "#!/bin/sh\n", 0644);
	ck_assert_ptr_null(adopt_after_kill(spec));
}
END_TEST

/* -------------------------------------------------------------- script */

START_TEST(ends_are_read)
{
	static const struct { const char *line; bool ok; } rows[] = {
		{ "exited 0 12 34\n", true }, { "signalled 9 1 0\n", true }, { "never 2 0 0\n", true },
		{ "deadline 0 180000 99999999999\n", true }, { "cancelled 0 5 5\n", true },
		{ "", false }, { "exited", false }, { "exited 0 12 34", false }, { "exited 0 12\n", false },
		{ "exited 999 12 34\n", false }, { "exited -1 12 34\n", false }, { "lost 0 12 34\n", false },
		{ "exited 0 99999999999999999999 1\n", false }, { "exited 0 9223372036854775807 1\n", false },
	};
	struct job_result result;
	uint64_t bytes;

	for (size_t i = 0; i < countof(rows); i++)
		ck_assert_msg(job_script_parse_end(span_of(rows[i].line), &result, &bytes) == rows[i].ok, "%s", rows[i].line);
	ck_assert(job_script_parse_end(span_of("exited 3 1234 5678\n"), &result, &bytes));
	ck_assert_int_eq(result.value, 3);
	ck_assert_int_eq(result.elapsed_us, 12340000);
	ck_assert_uint_eq(bytes, 5678);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("executor");
	TCase *all = tcase_create("all"), *faults = tcase_create("faults"), *adopting = tcase_create("adopting");

	tcase_add_loop_test(all, output_comes_whole_and_in_order, 0, N_EXECUTORS);
	tcase_add_loop_test(all, ends_are_told_apart, 0, N_EXECUTORS);
	tcase_add_loop_test(all, a_program_that_is_not_there, 0, N_EXECUTORS);
	tcase_add_loop_test(all, words_and_environment_arrive_as_they_are, 0, N_EXECUTORS);
	tcase_add_loop_test(all, a_cancelled_job_ends, 0, N_EXECUTORS);
	tcase_add_loop_test(all, who_waits_is_woken, 0, N_EXECUTORS);
	tcase_add_loop_test(all, several_at_once, 0, N_EXECUTORS);
	tcase_add_test(all, ends_are_read);
	tcase_add_test(faults, a_job_that_vanishes_is_lost);
	tcase_add_loop_test(faults, the_queues_word_is_why_it_is_lost, 0, 6);
	tcase_add_test(faults, an_end_stands_whatever_the_queue_says);
	tcase_add_test(faults, an_end_that_does_not_come_is_waited_for_and_given_up);
	tcase_add_test(faults, a_console_that_was_removed);
	tcase_add_loop_test(faults, a_console_that_is_late, 0, 2);
	tcase_add_test(faults, a_second_start_changes_nothing);
	tcase_add_test(faults, begun_twice_without_an_end_is_lost);
	tcase_add_loop_test(faults, clocks_are_not_compared, 0, 2);
	tcase_add_test(faults, a_queue_that_does_not_answer_loses_nothing);
	tcase_add_test(faults, cancelled_without_a_queue);
	tcase_add_test(faults, cancelled_while_it_waits);
	tcase_add_test(faults, a_queue_away_while_submitting);
	tcase_add_test(faults, a_wrong_option_is_an_error);
	tcase_add_test(adopting, a_running_job_is_adopted);
	tcase_add_test(adopting, one_that_ended_meanwhile_is_adopted);
	tcase_add_test(adopting, one_adopted_while_the_queue_is_away);
	tcase_add_test(adopting, what_was_cancelled_or_never_submitted_is_not_adopted);
	for (TCase **tc = (TCase *[]){ all, faults, adopting, NULL }; *tc; tc++) {
		tcase_add_checked_fixture(*tc, set_up, tear_down);
		tcase_set_timeout(*tc, 120);
		suite_add_tcase(s, *tc);
	}
	return run_suite(s);
}
