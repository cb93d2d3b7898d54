/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text and colours of the pages: what every piece of HTML is written with.
 */
#ifndef CULPRIT_CLI_BISECT_HTML_TEXT_H
#define CULPRIT_CLI_BISECT_HTML_TEXT_H

#include "base/base.h"
#include "bisect/bisect.h"

/* Text for between tags or in quotes: the five characters escaped, control bytes and bytes outside of UTF-8 shown. */
bool html_add(struct buf *buf, const char *text) __attribute__((warn_unused_result));

/* CSS. Static. */
const char *html_verdict_color(enum bisect_verdict verdict);

#endif
