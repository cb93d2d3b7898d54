/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bisection's result as a mail that can be sent as it is. */
#ifndef CULPRIT_CLI_BISECT_BISECT_MAIL_H
#define CULPRIT_CLI_BISECT_BISECT_MAIL_H

#include "cli/bisect/bisect_dossier.h"

/* Headers but From, and a body of 72 columns. Of a culprit or a set. False: out of memory. */
bool bisect_format_mail(const struct dossier *dossier, struct buf *buf) __attribute__((warn_unused_result));

#endif
