/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Executor for Slurm (executor_slurm.c says how); the state directory has to be seen by all nodes under its path. */
#ifndef CULPRIT_SESSION_EXECUTOR_SLURM_H
#define CULPRIT_SESSION_EXECUTOR_SLURM_H

#include "session/executor.h"

/* options: of sbatch, after config's own. Both are borrowed for the executor's life. */
struct culprit_error *executor_create_slurm(const struct config_slurm *config, const struct config_strings *options,
					    struct executor **ret);

#endif
