/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How titles of a store are printed. */
#ifndef CULPRIT_CLI_DB_DB_CLI_H
#define CULPRIT_CLI_DB_DB_CLI_H

#include "cli/db/store.h"
#include "cli/output/text.h"

/* At most so many versions are in struct store_title's kernels. */
#define DB_KERNELS_TOLD 6

bool db_add_text(const struct store_title *title, bool color, struct buf *out) __attribute__((warn_unused_result));
bool db_add_json(const struct store_title *title, struct buf *out) __attribute__((warn_unused_result));

#endif
