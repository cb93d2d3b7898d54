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

#endif
