/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration of a bisection: culprit.yaml, as man/culprit-bisect.5 has it.
 *
 * Everything hangs on one allocation.  Paths are absolute: relative ones in the
 * file are relative to the directory that the file is in.
 */
#ifndef CULPRIT_SESSION_CONFIG_H
#define CULPRIT_SESSION_CONFIG_H

#include "base/base.h"

enum config_find {
	CONFIG_CAUSE,
	CONFIG_FIX,
	CONFIG_OPTIONS,		/* no commit, but the options of the kernel's configuration that the target needs */
};

enum config_mode {
	CONFIG_BAYES,		/* evidence and posterior */
	CONFIG_PLAIN,		/* as git bisect run, runs_per_commit each */
};

struct config_strings {
	const char *const *items;
	size_t n;
};

struct config_command {
	/* NULL: no command.  A string in the file becomes { "/bin/sh", "-c", string, NULL }. */
	const char *const *argv;
	struct config_strings environment;	/* "NAME=value" */
	int64_t timeout_ms;			/* 0: none */
	uint64_t output_bytes;			/* most it may write; 0: no limit */
};

enum executor_kind { EXECUTOR_LOCAL, EXECUTOR_SLURM };

/* Of executor: slurm; NULL and 0: not said, so Slurm's own. */
struct config_slurm {
	const char *partition, *constraint, *memory;	/* memory as sbatch spells it: "4G" */
	uint32_t cpus;
	int64_t time_ms;			/* of the job; 0: the command's timeout and five minutes */
	struct config_strings options, build_options;	/* of sbatch; the second only of builds, behind the first */
	bool builds;				/* builds are jobs, too */
	int64_t interval_ms;			/* between questions to the queue */
	int64_t patience_ms;			/* how late files may be after the queue says that a job is over */
};

enum config_change { CONFIG_PATCH, CONFIG_CHERRY_PICK, CONFIG_REVERT };

/* Applied to commits that contain `from` and do not contain `until`. */
struct config_patch {
	enum config_change change;
	const char *what;	/* path or revision */
	const char *from;	/* NULL: since ever */
	const char *until;	/* NULL: for ever */
	bool required;		/* a commit it does not apply to is skipped; otherwise tested without */
};

struct config {
	struct arena arena;
	const char *path;		/* of the file; as given */
	const char *directory;		/* absolute */
	const char *repository;
	const char *state;		/* directory of journal, logs, work tree, artefacts */
	const char *bad;		/* shows the target */
	struct config_strings good;	/* does not; empty with releases, and where options are looked for */
	bool releases;			/* walk back over release tags until one is good */
	enum config_find find;

	const char *title;		/* NULL: not known */
	struct config_strings titles, logs;
	const char *profile;		/* NULL: none */
	struct config_strings patterns;	/* directories */

	const char *kconfig_failing, *kconfig_working;	/* .config files: show the target, do not; NULL: none */
	bool minimise;			/* look for the smallest one before the bisection */

	enum executor_kind executor;
	struct config_slurm slurm;
	struct config_command build, run;
	struct config_strings fixups;	/* patches to try, in turn, where a commit does not build */
	const char *image;		/* what to hash, relative to the artefacts or the source; NULL: all artefacts */
	bool clean;			/* remove ignored files too before each build */
	double build_cost;		/* in runs; below 0: as measured */
	const char *finished;		/* expression of the line that a complete run prints; NULL: not known */
	bool exit_judges;		/* run's exit code is a verdict where the console says nothing */
	uint32_t parallel;		/* runs at once */
	int64_t infra_pause_ms;		/* longest pause between failures around the kernel in a row; 0: none */
	int64_t infra_patience_ms;	/* how long a row of them is borne with */
	int64_t after_crash_ms;		/* how long a run may go on after its first crash */

	uint32_t baseline_runs;		/* of the known end without the target before that is given up */
	uint32_t max_runs, max_builds;	/* 0: no limit */
	double max_hours;		/* 0: no limit */
	double confidence;
	enum config_mode mode;
	uint32_t runs_per_commit;	/* of CONFIG_PLAIN */
	struct config_patch *patches;
	size_t n_patches;
	struct config_strings skip;	/* revisions never to be tested */
	struct config_strings paths;	/* files and directories that are likelier than others */
	bool weigh_paths;		/* take those of the target's stacks as well */
	bool check_revert, check_cherry_pick, check_config;
	/* For source lines in reports: among the artefacts of a commit, or absolute; NULL: none */
	const char *vmlinux, *modules;
	const char *maintainers;	/* command that prints whom to tell; NULL: scripts/get_maintainer.pl if there */
	const char *commit_url;		/* of reports' links, with {commit}; NULL: none */
	const char *run_url;		/* with {run} or {log}, and perhaps {commit}; NULL: none */
};

/* name is for messages and says where relative paths begin. Errors: SYNTAX "name:line:column: ...", OS, NO_MEMORY. */
struct culprit_error *config_parse(struct span text, const char *name, struct config **ret);

/* Errors also: NOT_FOUND when there is no such file. */
struct culprit_error *config_load(const char *path, struct config **ret);

/* Path of a file in the state directory; malloc'ed, NULL when out of memory. */
char *config_in_state(const struct config *config, const char *name);

void config_destroy(struct config *config);	/* NULL is fine */
void config_destroyp(struct config **config);

/* "90", "90s", "15m", "2h", "1d" to milliseconds; false where it is none of these. */
bool config_parse_duration(const char *text, int64_t *ret_ms);

/* "1000", "64k", "64M", "2G" to bytes. */
bool config_parse_size(const char *text, uint64_t *ret_bytes);

#endif
