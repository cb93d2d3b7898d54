/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What html.c is made of: each puts its names into the page's root. */
#ifndef CULPRIT_CLI_BISECT_HTML_PARTS_H
#define CULPRIT_CLI_BISECT_HTML_PARTS_H

#include "cli/bisect/bisect_dossier.h"
#include "cli/output/page.h"

/* "graph": null where there is no likeliest commit. */
void html_put_graph(struct json *json, struct json_t *root, const struct dossier *dossier);

/* "subjects": what was built and run, in the order of the first time, with all its builds and runs. Reads logs. */
void html_put_runs(struct json *json, struct json_t *root, const struct dossier *dossier);

#endif
