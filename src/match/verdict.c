/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table from what a run showed to what it proves; the first row that fits
 * decides.  It refuses to take silence for an answer: an empty console, one
 * without a kernel, one that ends before userspace or before the workload did.
 *
 * It fails where a machine prints a whole, clean run without one.
 */
#include "match/verdict.h"

#define EXIT_CANNOT_TELL 125

/* A console this long, at the deadline: what flooded it kept the workload from running. */
#define FLOOD_BYTES (64u << 20)

/* A run that took less than this part of what clean runs take did not do what they did; loads differ by less. */
#define MUCH_SHORTER 4
/* Clean runs shorter than this differ by chance more than that. */
#define COMPARABLE_US (10 * INT64_C(1000000))

static const char *const verdict_names[] = {
	[VERDICT_TARGET] = "target",
	[VERDICT_RELATED] = "related",
	[VERDICT_UNRELATED] = "unrelated",
	[VERDICT_CLEAN] = "clean",
	[VERDICT_BOOT_FAILED] = "boot-failed",
	[VERDICT_INFRA_FAILED] = "infra-failed",
	[VERDICT_UNDECIDED] = "undecided",
};

const char *verdict_name(enum verdict verdict)
{
	return (size_t)verdict < countof(verdict_names) ? verdict_names[verdict] : "undecided";
}

bool verdict_parse(const char *name, enum verdict *ret)
{
	for (size_t i = 0; i < countof(verdict_names); i++) {
		if (!strcmp(verdict_names[i], name)) {
			*ret = (enum verdict)i;
			return true;
		}
	}
	return false;
}

static bool exited_with(const struct run_record *r, int code)
{
	return r->ending == RUN_ENDING_EXITED && r->exit_code == code;
}

static bool never_started(const struct run_record *r) { return r->ending == RUN_ENDING_NEVER_STARTED; }
static bool was_carried_off(const struct run_record *r) { return r->ending == RUN_ENDING_LOST; }
static bool was_killed(const struct run_record *r) { return r->ending == RUN_ENDING_SIGNALLED; }
static bool says_infra(const struct run_record *r) { return r->infra_failed || exited_with(r, COMMAND_EXIT_INFRASTRUCTURE); }
static bool cannot_run(const struct run_record *r) { return exited_with(r, COMMAND_EXIT_CANNOT_RUN) || exited_with(r, COMMAND_EXIT_NOT_FOUND); }
static bool ran_another(const struct run_record *r) { return r->other_kernel; }
static bool did_not_boot(const struct run_record *r) { return r->boot_failed; }

/* Somebody polled for the machine, and then the run went on to its end. */
static bool is_outlived(const struct run_record *r) { return r->console_retried && r->finished && r->phase >= CULPRIT_PHASE_INIT; }
static bool shows_boot_failure(const struct run_record *r) { return r->console_boot_failed; }
static bool shows_infra(const struct run_record *r) { return r->console_infra_failed && !is_outlived(r); }
static bool shows_exhaustion(const struct run_record *r) { return r->console_exhausted; }

static bool judges_target(const struct run_record *r)
{
	return r->exit_judges && r->ending == RUN_ENDING_EXITED && r->exit_code > 0 && r->exit_code < EXIT_CANNOT_TELL;
}

static bool judges_clean(const struct run_record *r)
{
	return r->exit_judges && exited_with(r, 0) && !r->lost && (!r->finish_wanted || r->finished);
}

static bool is_empty(const struct run_record *r) { return r->has_console && !r->n_lines; }
static bool has_no_kernel(const struct run_record *r) { return r->has_console && r->phase < CULPRIT_PHASE_EARLY_KERNEL; }
static bool has_no_userspace(const struct run_record *r) { return r->has_console && r->phase < CULPRIT_PHASE_INIT; }
static bool is_lost(const struct run_record *r) { return r->lost; }
static bool is_cut(const struct run_record *r) { return r->ending == RUN_ENDING_OUTPUT_LIMIT; }
static bool is_unfinished(const struct run_record *r) { return r->finish_wanted && !r->finished; }
static bool is_half_done(const struct run_record *r) { return r->phase == CULPRIT_PHASE_WORKLOAD && !r->finished; }
static bool is_flooded(const struct run_record *r) { return r->ending == RUN_ENDING_DEADLINE && r->n_bytes > FLOOD_BYTES; }
static bool failed(const struct run_record *r) { return r->ending == RUN_ENDING_EXITED && r->exit_code != 0; }

bool verdict_is_short(int64_t elapsed_us, int64_t expected_us)
{
	return expected_us >= COMPARABLE_US && elapsed_us && elapsed_us < expected_us / MUCH_SHORTER;
}

static bool is_short(const struct run_record *r)
{
	return r->ending == RUN_ENDING_EXITED && verdict_is_short(r->elapsed_us, r->expected_us) && !r->finished;
}

static bool is_anything(const struct run_record *r) { return r != NULL; }

/* To add a row: what it sees, its verdict and reason here, its line in culprit-match(1), its test in test_verdict.c. */
static const struct {
	bool (*fits)(const struct run_record *run);
	enum verdict verdict;
	const char *why;
} rows[] = {
	{ never_started, VERDICT_INFRA_FAILED, "the run command could not be started" },
	{ was_carried_off, VERDICT_INFRA_FAILED, "the machine or queue that carried out the run failed: %w" },
	{ was_killed, VERDICT_INFRA_FAILED, "the run command was killed" },
	{ says_infra, VERDICT_INFRA_FAILED, "the run command reports a failure around the kernel" },
	{ cannot_run, VERDICT_INFRA_FAILED, "a program of the run command could not be run or found: exit code %d" },
	{ ran_another, VERDICT_INFRA_FAILED, "another kernel ran than the one that was built: %k" },
	{ did_not_boot, VERDICT_BOOT_FAILED, "the kernel did not come up" },
	{ shows_boot_failure, VERDICT_BOOT_FAILED, "the kernel did not come up: %s" },
	{ shows_infra, VERDICT_INFRA_FAILED, "failed around the kernel: %s" },
	{ shows_exhaustion, VERDICT_UNRELATED, "ended by what is no bug of its own: %s" },
	{ judges_target, VERDICT_TARGET, "by the word of the run command: exit code %d" },
	{ judges_clean, VERDICT_CLEAN, "no crash on the console, the run command gave %d" },
	{ is_empty, VERDICT_UNDECIDED, "incomplete: the log is empty" },
	{ has_no_kernel, VERDICT_UNDECIDED, "incomplete: no kernel boots in the log" },
	{ has_no_userspace, VERDICT_UNDECIDED, "incomplete: the log ends before userspace" },
	{ is_lost, VERDICT_UNDECIDED, "incomplete: part of the log is lost" },
	{ is_cut, VERDICT_UNDECIDED, "incomplete: the run was cut at its output limit" },
	{ is_unfinished, VERDICT_UNDECIDED, "incomplete: what a complete run prints is not in the log" },
	{ is_half_done, VERDICT_UNDECIDED, "incomplete: the workload started and did not finish" },
	{ is_flooded, VERDICT_UNDECIDED, "incomplete: the console was flooded until the deadline" },
	{ failed, VERDICT_UNDECIDED, "incomplete: no crash on the console, but the run command gave %d" },
	{ is_short, VERDICT_UNDECIDED, "incomplete: the run was much shorter than clean ones" },
	{ is_anything, VERDICT_CLEAN, "no crash in the log" },
};

enum verdict verdict_of_quiet_run(const struct run_record *run, const char **ret_why)
{
	size_t i = 0;

	while (!rows[i].fits(run))
		i++;
	*ret_why = rows[i].why;
	return rows[i].verdict;
}
