/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clock: the time of day, and waiting for it to pass.
 *
 * CULPRIT_TEST_CLOCK=FILE replaces both: FILE holds the microseconds since 1970,
 * and whoever waits adds to it instead.  So tests see hours go by at once.
 */
#ifndef CULPRIT_BASE_CLOCK_H
#define CULPRIT_BASE_CLOCK_H

#include "base/base.h"

/* Since 1970. */
int64_t clock_now_us(void);

/* True as soon as cancel_fd (-1: none) is readable, else false after ms. */
bool clock_wait(int64_t ms, int cancel_fd);

#endif
