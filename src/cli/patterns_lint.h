/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of `culprit patterns lint` share.  Nobody else includes this.
 */
#ifndef CULPRIT_CLI_PATTERNS_LINT_H
#define CULPRIT_CLI_PATTERNS_LINT_H

#include "pattern/pattern.h"

struct lint {
	const struct culprit_patterns *set;
	const struct yaml_doc *const *docs;	/* whose names and patterns are judged */
	size_t n_docs;
	struct span vocabulary;			/* names of functions, one a line, up to a tab; may be empty */
	size_t n_found;
};

/* Print a finding, and count it. */
void lint_found(struct lint *lint, const struct pattern_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The section `functions` of the judged files, and the lists that take its roles. */
void lint_functions(struct lint *lint);

#endif
