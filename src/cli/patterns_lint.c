/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A finding of lint, as all its parts tell it. */
#include "cli/patterns_lint.h"

#include <stdio.h>

void lint_found(struct lint *lint, const struct pattern_place *place, const char *format, ...)
{
	va_list args;

	printf("%s:%u:%u: ", place->file, place->line, place->column);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	lint->n_found++;
}
