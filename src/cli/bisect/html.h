/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTML: a dossier as one page that stands alone: style and pictures are in it,
 * scripts there are none, and nothing is fetched from anywhere.
 */
#ifndef CULPRIT_CLI_BISECT_HTML_H
#define CULPRIT_CLI_BISECT_HTML_H

#include "cli/bisect/bisect_dossier.h"

/* False when out of memory. */
bool html_format(const struct dossier *dossier, struct buf *ret) __attribute__((warn_unused_result));

/* Text for between tags or in quotes: the five characters escaped, control bytes and bytes outside of UTF-8 shown. */
bool html_add(struct buf *buf, const char *text) __attribute__((warn_unused_result));

/* The history around the answer as a graph (html_graph.c); nothing where there is no likeliest commit. */
bool html_add_graph(struct buf *buf, const struct dossier *dossier) __attribute__((warn_unused_result));

/* CSS. Static. */
const char *html_verdict_color(enum bisect_verdict verdict);

#endif
