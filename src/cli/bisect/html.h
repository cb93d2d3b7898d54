/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dossier as a page (cli/output/page.h).  Here are its words and what is where in
 * its three pictures: the probability along the history with the tested commits
 * below it, the history around the answer (html_graph.c), and the runs of each
 * tested commit.  Every build and run is listed by html_runs.c.  What it looks
 * like is src/cli/output/page_bisection.html.
 */
#ifndef CULPRIT_CLI_BISECT_HTML_H
#define CULPRIT_CLI_BISECT_HTML_H

#include "cli/bisect/bisect_dossier.h"

/* False when out of memory. */
bool html_format(const struct dossier *dossier, struct buf *ret) __attribute__((warn_unused_result));

#endif
