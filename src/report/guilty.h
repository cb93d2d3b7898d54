/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guilty file of a symbolized report: the first source file of its stacks
 * that is not generic infrastructure, or one below it in a deeper directory;
 * whose maintainers should hear of it.
 */
#ifndef CULPRIT_REPORT_GUILTY_H
#define CULPRIT_REPORT_GUILTY_H

#include "base/base.h"
#include "pattern/pattern.h"

/*
 * rules are those of the patterns (patterns/80-guilty.yaml).
 * text is a symbolized report, lines end in \n; its first prefix_lines lines
 * stood before the banner and count only where no other line has a file.
 * Where every file is generic
 * the first of all is given; NULL in *ret where the text has none.  *ret is the
 * arena's, relative and without "..".
 * Errors: NO_MEMORY.
 */
struct culprit_error *guilty_file(const struct guilty_rules *rules, struct span text, uint32_t prefix_lines,
				  struct arena *arena, const char **ret);

/* Is path, relative to the source tree, generic infrastructure? */
bool guilty_is_generic(const struct guilty_rules *rules, struct span path);

#endif
