/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/control_group.h"
#include "base/process.h"
#include "suite.h"

static struct process_spec shell(const char *const argv[4])
{
	return (struct process_spec){ .argv = argv };
}

/* Long for what is done at once, on a busy machine too; less than scripts sleep, and than a grace of twice as much. */
#define PROMPT_US 30000000

#define SHELL(script) ((const char *const[4]){ "sh", "-c", script, NULL })

static void must(struct culprit_error *err)
{
	if (err)
		ck_abort_msg("%s", culprit_error_message(err));
}

static bool alive(pid_t pid)
{
	return kill(pid, 0) == 0;
}

/* Ended processes that init has not reaped yet still answer to signal 0. */
static bool gone_within(pid_t pid, int ms)
{
	for (int waited = 0; waited < ms; waited += 10) {
		char path[64], state = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		f = fopen(path, "r");
		if (!f)
			return true;
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(f);
		if (state == 'Z' || state == 'X')
			return true;
		usleep(10000);
	}
	return !alive(pid);
}

START_TEST(exit_signal_and_never_started_are_told_apart)
{
	struct process_spec spec = shell(SHELL("exit 3"));
	struct process_result r;
	const char *const missing[] = { "/nonexistent/command", NULL };
	_cleanup_(buf_deinit) struct buf text = { 0 };

	must(process_run(&spec, &r));
	ck_assert_int_eq(r.outcome, PROCESS_EXITED);
	ck_assert_int_eq(r.value, 3);

	spec = shell(SHELL("kill -SEGV $$"));
	must(process_run(&spec, &r));
	ck_assert_int_eq(r.outcome, PROCESS_SIGNALLED);
	ck_assert_int_eq(r.value, SIGSEGV);

	spec.argv = missing;
	must(process_run(&spec, &r));
	ck_assert_int_eq(r.outcome, PROCESS_NEVER_STARTED);
	ck_assert_int_eq(r.value, ENOENT);
	ck_assert(process_describe(&r, &text));
	ck_assert_str_eq(text.data, "could not be started: No such file or directory");

	spec = shell(SHELL("true"));
	spec.directory = "/nonexistent";
	must(process_run(&spec, &r));
	ck_assert_int_eq(r.outcome, PROCESS_NEVER_STARTED);
	ck_assert_int_eq(r.value, ENOENT);

	/* 127 of a shell is an exit code: the shell did start */
	spec = shell(SHELL("/nonexistent/command"));
	must(process_run(&spec, &r));
	ck_assert_int_eq(r.outcome, PROCESS_EXITED);
	ck_assert_int_eq(r.value, 127);
}
END_TEST

START_TEST(output_input_and_environment)
{
	_cleanup_(buf_deinit) struct buf out = { 0 }, errors = { 0 };
	static const char *const env[] = { "CULPRIT_A=1", "CULPRIT_A=x y", "PWD", "CULPRIT_B=", NULL };
	struct process_spec spec = shell(SHELL("cat; echo \"$CULPRIT_A|$CULPRIT_B|\"; echo wrong >&2; /bin/pwd"));
	struct process_result r;

	spec.env = env;
	spec.directory = "/usr";
	spec.input = SPAN("in\0put\n");
	must(process_capture(&spec, &out, &errors, &r));
	ck_assert(process_succeeded(&r));
	ck_assert(span_equal(buf_span(&out), SPAN("in\0put\nx y||\n/usr\n")));
	ck_assert_str_eq(errors.data, "wrong\n");

	out.len = 0;
	spec.merge_stderr = true;
	spec.argv = SHELL("echo a; echo b >&2; echo c");
	must(process_capture(&spec, &out, NULL, &r));
	ck_assert_str_eq(out.data, "a\nb\nc\n");
}
END_TEST

START_TEST(large_input_and_output_do_not_block)
{
	_cleanup_(buf_deinit) struct buf in = { 0 }, out = { 0 };
	struct process_spec spec = shell(SHELL("cat"));
	struct process_result r;

	for (int i = 0; i < 100000; i++)
		ck_assert(buf_printf(&in, "line %d of many\n", i));
	spec.input = buf_span(&in);
	must(process_capture(&spec, &out, NULL, &r));
	ck_assert(process_succeeded(&r));
	ck_assert(span_equal(buf_span(&in), buf_span(&out)));
}
END_TEST

static size_t n_lines(const struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->len; i++)
		n += out->data[i] == '\n';
	return n;
}

/* A deadline that comes once the script has said so many lines, however long that takes on this machine. */
static void capture_until_deadline(struct process_spec *spec, size_t lines, struct buf *out, struct process_result *ret)
{
	spec->timeout_ms = 100;
	do {
		out->len = 0;
		spec->timeout_ms *= 2;
		must(process_capture(spec, out, NULL, ret));
		ck_assert_int_eq(ret->outcome, PROCESS_DEADLINE);
	} while (n_lines(out) < lines && spec->timeout_ms < 10000);
}

START_TEST(deadline_kills_the_whole_tree)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct process_spec spec = shell(SHELL("sleep 100 & echo $!; setsid sleep 100 & echo $!; wait"));
	struct process_result r;
	int a, b;

	spec.grace_ms = 2 * PROMPT_US / 1000;
	capture_until_deadline(&spec, 2, &out, &r);
	ck_assert_int_ge(r.elapsed_us, spec.timeout_ms * 1000);
	ck_assert_int_lt(r.elapsed_us, spec.timeout_ms * 1000 + PROMPT_US);
	ck_assert_int_eq(sscanf(out.data, "%d %d", &a, &b), 2);
	ck_assert(!alive(a));
	ck_assert(!alive(b));
}
END_TEST

START_TEST(terminate_comes_before_kill)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct process_spec spec = shell(SHELL("trap 'echo cleaning; exit 0' TERM; echo ready; while :; do sleep 0.05; done"));
	struct process_result r;

	capture_until_deadline(&spec, 1, &out, &r);
	ck_assert_str_eq(out.data, "ready\ncleaning\n");

	/* who does not listen is killed after the grace */
	spec.argv = SHELL("trap '' TERM; while :; do sleep 0.05; done");
	spec.grace_ms = 100;
	must(process_run(&spec, &r));
	ck_assert_int_eq(r.outcome, PROCESS_DEADLINE);
	ck_assert_int_lt(r.elapsed_us, (spec.timeout_ms + spec.grace_ms) * 1000 + PROMPT_US);
}
END_TEST

START_TEST(what_the_command_leaves_is_ended)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	/* daemonised as well as it can be: own session, orphaned, output kept open */
	struct process_spec spec = shell(SHELL("export f=$(mktemp -u); mkfifo $f; "
					       "setsid sh -c 'sleep 100 & echo $!; echo >$f; exec sleep 100' & "
					       "echo $!; read x <$f; rm $f; exit 7"));
	struct process_result r;
	int a, b;

	spec.grace_ms = 2 * PROMPT_US / 1000;
	must(process_capture(&spec, &out, NULL, &r));
	ck_assert_int_eq(r.outcome, PROCESS_EXITED);
	ck_assert_int_eq(r.value, 7);
	ck_assert_uint_eq(r.n_leftovers, 2);
	ck_assert_int_lt(r.elapsed_us, PROMPT_US);
	ck_assert_int_eq(sscanf(out.data, "%d %d", &a, &b), 2);
	ck_assert(!alive(a));
	ck_assert(!alive(b));
}
END_TEST

START_TEST(output_limit_ends_a_chatterer)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct process_spec spec = shell(SHELL("yes"));
	struct process_result r;

	spec.max_output_bytes = 100001;
	must(process_capture(&spec, &out, NULL, &r));
	ck_assert_int_eq(r.outcome, PROCESS_OUTPUT_LIMIT);
	ck_assert_uint_eq(out.len, 100001);
}
END_TEST

START_TEST(several_at_once_and_one_is_killed)
{
	struct process_spec quick = shell(SHELL("exit 0")), slow = shell(SHELL("sleep 100"));
	struct process *p[3] = { NULL };
	int wake[2];
	bool woken;

	must(process_spawn(&slow, &p[0]));
	must(process_spawn(&quick, &p[2]));
	while (!process_result(p[2]))
		must(process_pump(p, 3, -1, 5000, NULL));
	ck_assert_ptr_null(process_result(p[0]));

	ck_assert_int_eq(pipe(wake), 0);
	ck_assert_int_eq(write(wake[1], "x", 1), 1);
	must(process_pump(p, 3, wake[0], 5000, &woken));
	ck_assert(woken);
	close(wake[0]);
	close(wake[1]);

	process_kill(p[0]);
	process_kill(p[0]);
	while (!process_result(p[0]))
		must(process_pump(p, 3, -1, 5000, NULL));
	ck_assert_int_eq(process_result(p[0])->outcome, PROCESS_CANCELLED);
	for (int i = 0; i < 3; i++)
		process_destroy(p[i]);
}
END_TEST

START_TEST(destroying_a_running_one_ends_it)
{
	struct process_spec spec = shell(SHELL("sleep 100"));
	struct process *p;

	must(process_spawn(&spec, &p));
	process_destroy(p);
	process_destroy(NULL);
}
END_TEST

static int lines_of_file(const char *name)
{
	FILE *f = fopen(name, "r");
	int n = 0;

	for (int c; f && (c = getc(f)) != EOF;)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

/*
 * The point of it all: we are killed, and nothing stays.  A child plays us and
 * kills itself while two trees run, the second of which inherited descriptors
 * of the first.
 */
START_TEST(nothing_survives_our_own_death)
{
	char name[] = "/tmp/culprit-test-XXXXXX", script[200];
	int fd = mkstemp(name), pids[4], n = 0;
	pid_t us;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(script, sizeof(script), "echo $$ >> %s; setsid sleep 100 & echo $! >> %s; wait", name, name);
	us = fork();
	ck_assert_int_ge(us, 0);
	if (us == 0) {
		struct process_spec spec = shell(SHELL(script));
		struct process *p[2];

		must(process_spawn(&spec, &p[0]));
		must(process_spawn(&spec, &p[1]));
		for (int i = 0; i < 600 && lines_of_file(name) < 4; i++)
			process_pump(p, 2, -1, 50, NULL);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(us, NULL, 0), us);
	f = fopen(name, "r");
	ck_assert_ptr_nonnull(f);
	while (n < 4 && fscanf(f, "%d", &pids[n]) == 1)
		n++;
	fclose(f);
	unlink(name);
	ck_assert_int_eq(n, 4);
	for (int i = 0; i < 4; i++)
		ck_assert_msg(gone_within(pids[i], 30000), "process %d survived", pids[i]);
}
END_TEST

/* Numbers that the command prints, as they come. */
static void take_numbers(void *arg, struct span bytes, bool from_stderr)
{
	(void)from_stderr;
	ck_assert(buf_add(arg, bytes.ptr, bytes.len));
}

/* Somebody kills a guardian: what its command started, daemonised or not, goes; what others started stays. */
START_TEST(nothing_survives_a_guardian_that_is_killed)
{
	_cleanup_(buf_deinit) struct buf numbers = { 0 };
	struct process_spec other = shell(SHELL("sleep 1000")), spec = shell(SHELL(
		"sleep 1000 & a=$!; setsid sh -c 'trap \"\" TERM HUP; sleep 1000 & echo inner=$! >&3; while :; do sleep 1000; done' "
		"3>&1 >/dev/null & echo outer=$PPID,$a,$!,; wait"));
	int guardian, pids[3], n = 0;
	struct process *p[2];

	spec.on_output = take_numbers;
	spec.arg = &numbers;
	must(process_spawn(&other, &p[1]));
	must(process_spawn(&spec, &p[0]));
	while (n < 4) {
		const char *inner, *outer;
		char end;

		must(process_pump(p, 2, -1, 5000, NULL));
		ck_assert_ptr_null(process_result(p[0]));
		ck_assert(buf_add_char(&numbers, '\0'));
		numbers.len--;
		inner = strstr(numbers.data, "inner=");
		outer = strstr(numbers.data, "outer=");
		n = outer ? sscanf(outer, "outer=%d,%d,%d,", &guardian, &pids[0], &pids[1]) : 0;
		n += inner && sscanf(inner, "inner=%d%c", &pids[2], &end) == 2;
	}
	ck_assert_int_eq(kill(guardian, SIGKILL), 0);
	while (!process_result(p[0]))
		must(process_pump(p, 2, -1, 5000, NULL));
	ck_assert_int_eq(process_result(p[0])->outcome, PROCESS_SIGNALLED);
	ck_assert_int_eq(process_result(p[0])->value, SIGKILL);
	/* at once: it is told only when all is over */
	for (size_t i = 0; i < countof(pids); i++)
		ck_assert_msg(gone_within(pids[i], 10), "process %d survived", pids[i]);
	must(process_pump(p, 2, -1, 0, NULL));
	ck_assert_ptr_null(process_result(p[1]));
	process_destroy(p[0]);
	process_destroy(p[1]);
}
END_TEST

/* May we make control groups here? */
static bool can_contain(void)
{
	struct control_group group;
	bool can;
	pid_t child;
	int status;

	control_group_make(&group);
	can = group.kill >= 0;
	/* to make one is not yet to be let in */
	child = can ? fork() : -1;
	if (child == 0)
		_exit(write(group.procs, "0", 1) < 0);
	can = child > 0 && waitpid(child, &status, 0) == child && !status;
	control_group_remove(&group);
	return can;
}

static pid_t read_pid(const char *name, int line)
{
	FILE *f = fopen(name, "r");
	int pid = 0;

	while (f && line-- >= 0 && fscanf(f, "%d", &pid) == 1)
		;
	if (f)
		fclose(f);
	return pid;
}

/* Who starts more and more, each in a session of its own, ends all the same. */
START_TEST(a_contained_command_ends_as_a_whole)
{
	char name[] = "/tmp/culprit-test-XXXXXX", script[200];
	int fd = mkstemp(name), n;
	struct process_spec spec = shell(SHELL(script));
	struct process *p;

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(script, sizeof(script), "while :; do setsid sleep 1000 & echo $! >> %s; done", name);
	spec.contain = true;
	spec.grace_ms = -1;
	must(process_spawn(&spec, &p));
	while (lines_of_file(name) < 20)
		must(process_pump(&p, 1, -1, 10, NULL));
	process_destroy(p);
	n = lines_of_file(name);
	for (int i = 0; i < n; i++)
		ck_assert_msg(gone_within(read_pid(name, i), 30000), "process %d of %d survived", i, n);
	unlink(name);
}
END_TEST

/* We and the guardian are killed at once: what is left goes when somebody asks for it, and not what is still guarded. */
START_TEST(what_two_killed_ones_left_is_found)
{
	char name[] = "/tmp/culprit-test-XXXXXX", script[200];
	struct process_spec other = shell(SHELL("sleep 1000"));
	int fd = mkstemp(name);
	struct process *p;
	pid_t us, guardian, sleeper;

	ck_assert_int_ge(fd, 0);
	close(fd);
	if (!can_contain()) {
		unlink(name);
		return;
	}
	other.contain = true;
	must(process_spawn(&other, &p));
	snprintf(script, sizeof(script), "echo $PPID >> %s; setsid sh -c 'echo $$ >> %s; exec sleep 1000' & wait", name, name);
	us = fork();
	ck_assert_int_ge(us, 0);
	if (us == 0) {
		struct process_spec spec = shell(SHELL(script));
		struct process *mine;

		spec.contain = true;
		must(process_spawn(&spec, &mine));
		for (int i = 0; i < 600 && lines_of_file(name) < 2; i++)
			process_pump(&mine, 1, -1, 50, NULL);
		kill(read_pid(name, 0), SIGKILL);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(us, NULL, 0), us);
	guardian = read_pid(name, 0);
	sleeper = read_pid(name, 1);
	unlink(name);
	ck_assert_int_gt(guardian, 0);
	ck_assert_int_gt(sleeper, 0);
	/* A signal is sent before it ends anybody: until then the group is still guarded, and rightly passed over. */
	ck_assert(gone_within(guardian, 30000));
	ck_assert_msg(alive(sleeper), "nothing is left: this tests nothing");
	process_end_left();
	ck_assert_msg(gone_within(sleeper, 30000), "process %d survived", sleeper);
	must(process_pump(&p, 1, -1, 0, NULL));
	ck_assert_ptr_null(process_result(p));
	process_destroy(p);
}
END_TEST

/* A lock that the guardian holds is free only once everything has ended. */
START_TEST(held_descriptor_closes_with_the_last_process)
{
	struct process_spec spec = shell(SHELL("trap 'sleep 0.3; exit' TERM; sleep 100 & wait"));
	int fds[2];
	pid_t us;
	char c;

	ck_assert_int_eq(pipe(fds), 0);
	us = fork();
	if (us == 0) {
		struct process *p;

		close(fds[0]);
		spec.hold_fd = fds[1];
		must(process_spawn(&spec, &p));
		usleep(100000);
		kill(getpid(), SIGKILL);
	}
	close(fds[1]);
	ck_assert_int_eq(waitpid(us, NULL, 0), us);
	ck_assert_int_eq(read(fds[0], &c, 1), 0);
	close(fds[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *tc = tcase_create("process");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, exit_signal_and_never_started_are_told_apart);
	tcase_add_test(tc, output_input_and_environment);
	tcase_add_test(tc, large_input_and_output_do_not_block);
	tcase_add_test(tc, deadline_kills_the_whole_tree);
	tcase_add_test(tc, terminate_comes_before_kill);
	tcase_add_test(tc, what_the_command_leaves_is_ended);
	tcase_add_test(tc, output_limit_ends_a_chatterer);
	tcase_add_test(tc, several_at_once_and_one_is_killed);
	tcase_add_test(tc, destroying_a_running_one_ends_it);
	tcase_add_test(tc, nothing_survives_our_own_death);
	tcase_add_test(tc, nothing_survives_a_guardian_that_is_killed);
	tcase_add_test(tc, a_contained_command_ends_as_a_whole);
	tcase_add_test(tc, what_two_killed_ones_left_is_found);
	tcase_add_test(tc, held_descriptor_closes_with_the_last_process);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
