/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kernels booted in a log. */
#ifndef CULPRIT_REPORT_KERNELS_H
#define CULPRIT_REPORT_KERNELS_H

#include "culprit.h"

/* More are not kept: a log of so many is no run's. */
#define PARSER_MAX_KERNELS 16

/*
 * Versions as the "Linux version" banners so far have them, each once, in the order of the log; owned by the parser,
 * and valid until the next call on it.  *ret_n PARSER_MAX_KERNELS: there may have been others.
 */
const char *const *parser_kernels(const struct culprit_parser *parser, size_t *ret_n);

#endif
