/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guardian of one command; only process.c uses it.  See process.h.
 */
#ifndef CULPRIT_BASE_GUARDIAN_H
#define CULPRIT_BASE_GUARDIAN_H

#include "base/process_spec.h"

/* What we ask of the guardian, one byte on its control pipe; the pipe's end means GUARDIAN_CANCEL. */
#define GUARDIAN_CANCEL 'c'
#define GUARDIAN_LIMIT 'l'

/* What the guardian tells at the end, once, on its status pipe. */
struct guardian_status {
	int32_t outcome;	/* enum process_outcome */
	int32_t value;
	int64_t cpu_us;
	uint32_t n_leftovers;
};

struct guardian_job {
	const struct process_spec *spec;
	char *const *environment;
	int in, out, errors;	/* become the command's 0, 1, 2 */
	int control, status;	/* the guardian's ends */
};

/* Called in a forked child; never returns. */
void guardian_main(const struct guardian_job *job) __attribute__((noreturn));

#endif
