/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runner.c, builder.c and command_env.c share; nobody else includes it. */
#ifndef CULPRIT_SESSION_RUNNER_INTERNAL_H
#define CULPRIT_SESSION_RUNNER_INTERNAL_H

#include "session/executor.h"
#include "session/runner.h"

struct run {
	uint32_t number;
	struct git_hash commit;
	struct job *job;
	struct run_console console;
	int fd;				/* of the log */
	uint64_t n_bytes;
	int64_t last_output_us;
	int64_t crashed_us;		/* when the first crash was seen; 0: none yet */
	bool flushed;			/* since the last output */
	bool stopped;			/* killed by us after a crash */
	struct culprit_error *err;	/* what went wrong while its output came */
};

struct runner {
	struct runner_options o;
	struct run **runs;		/* config->parallel places, n_running taken */
	struct job **jobs;
	struct executor *executor, *builder;	/* of runs, of builds */
	uint32_t n_running;
	const char *config;		/* of the kernel, for subjects that have none of their own; NULL: none */
	int64_t expected_us;		/* how long complete runs take; 0: not known */
	char *source;			/* the work tree */
	bool tree_ready;
	bool tree_built;		/* holds the finished build of tree_subject */
	struct subject tree_subject;
};

/* Environment of a command: strings in one arena, items NULL-terminated. */
struct command_env {
	struct arena arena;
	const char **items;
};

void command_env_deinit(struct command_env *env);

/* number: of the run; 0 for builds. */
struct culprit_error *command_env_fill(struct command_env *env, const struct runner *runner,
				       const struct subject *subject, const struct config_command *command,
				       uint32_t number);

/* Where the artefacts of a subject are. */
char *runner_artefacts_path(const struct runner *runner, const struct subject *subject, struct arena *arena);

/* Name and folder of a job, in arena. */
struct culprit_error *runner_name_job(const struct runner *runner, bool build, uint32_t number, struct arena *arena,
				      struct job_spec *spec);

int64_t runner_now_us(void);	/* CLOCK_MONOTONIC */

#endif
