/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executors that a configuration asks for. */
#ifndef CULPRIT_SESSION_EXECUTORS_H
#define CULPRIT_SESSION_EXECUTORS_H

#include "session/executor.h"

/* Of runs, and of builds. They borrow from config. */
struct culprit_error *executors_create(const struct config *config, struct executor **ret_runs,
				       struct executor **ret_builds);

#endif
