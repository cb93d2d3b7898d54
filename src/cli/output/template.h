/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Templates: as much of Mustache (https://mustache.github.io/mustache.5.html) as
 * the pages need.
 *
 *	{{name}}			the text, escaped for markup; a whole number
 *	{{#name}} ... {{/name}}		for each item of a list; once, with its names, for an object; where it is true,
 *					a text that is not empty, or a number other than 0
 *	{{^name}} ... {{/name}}		where that is nothing
 *	{{.}}				the item of a list of texts
 *	{{! remark }}
 *
 * A name is searched in the item, then in what is around it.  A tag of the
 * last four kinds that stands alone on its line leaves no line behind.
 *
 * Unlike Mustache's: no value goes out unescaped ({{{ }}} is an error), and a name
 * that nothing has is an error, for it is a mistake of ours; null is there, and
 * nothing.
 */
#ifndef CULPRIT_CLI_OUTPUT_TEMPLATE_H
#define CULPRIT_CLI_OUTPUT_TEMPLATE_H

#include "cli/output/json.h"

/* Add text, filled from root, to out. Errors: SYNTAX "line N: ...", NO_MEMORY; out has half of it then. */
struct culprit_error *template_fill(struct span text, const struct json_t *root, struct buf *out);

#endif
