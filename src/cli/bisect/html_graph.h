/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A picture (SVG) of the history around the answer.
 */
#ifndef CULPRIT_CLI_BISECT_HTML_GRAPH_H
#define CULPRIT_CLI_BISECT_HTML_GRAPH_H

#include "cli/bisect/bisect_dossier.h"

/* Nothing where there is no likeliest commit. False when out of memory. */
bool html_add_graph(struct buf *buf, const struct dossier *dossier) __attribute__((warn_unused_result));

#endif
