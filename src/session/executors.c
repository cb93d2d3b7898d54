/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/executors.h"

#include "session/executor_slurm.h"

struct culprit_error *executors_create(const struct config *config, struct executor **ret_runs,
				       struct executor **ret_builds)
{
	static const struct config_strings none = { NULL, 0 };
	_cleanup_(executor_destroyp) struct executor *runs = NULL;
	const struct config_slurm *slurm = &config->slurm;
	struct culprit_error *err = NULL;

	switch (config->executor) {
	case EXECUTOR_LOCAL:
		err = executor_create_local(&runs);
		break;
	case EXECUTOR_SLURM:
		err = executor_create_slurm(slurm, &none, &runs);
		break;
	}
	if (!err && config->executor == EXECUTOR_SLURM && slurm->builds)
		err = executor_create_slurm(slurm, &slurm->build_options, ret_builds);
	else if (!err)
		err = executor_create_local(ret_builds);
	if (!err)
		*ret_runs = no_free_ptr(runs);
	return err;
}
