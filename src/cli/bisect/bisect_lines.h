/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A crash of a bisection with source lines.
 */
#ifndef CULPRIT_CLI_BISECT_BISECT_LINES_H
#define CULPRIT_CLI_BISECT_BISECT_LINES_H

#include "session/session.h"

/* Both are the arena's. */
struct bisect_lines {
	const char *text;		/* of the report with its lines; NULL: there are none */
	const char *remark;		/* why there are none, where they were asked for; NULL */
};

/*
 * The report of a run at commit with source lines, where the configuration
 * names a vmlinux and it is among the artefacts.  Errors: NO_MEMORY.
 */
struct culprit_error *bisect_lines_of(const struct session *session, const char *commit,
				      const struct culprit_report *report, struct arena *arena,
				      struct bisect_lines *ret);

#endif
