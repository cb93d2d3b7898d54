/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the logs that are watched, each with how many logs have it (an old one may not have lost it yet). */
#ifndef CULPRIT_CLI_WATCH_WATCH_NAMES_H
#define CULPRIT_CLI_WATCH_WATCH_NAMES_H

#include "base/base.h"

struct watch_names {
	void *root;		/* tree of names */
};

/* False when out of memory: nothing was added. */
bool watch_names_add(struct watch_names *names, const char *path) __attribute__((warn_unused_result));
void watch_names_remove(struct watch_names *names, const char *path);	/* once for each add */
void watch_names_deinit(struct watch_names *names);

/*
 * "console.log.1", "console.log-20261128": one of the names, and a number behind it.  Costs what
 * as many look-ups do as the number has dots and dashes. *ret only where there was memory: false else.
 */
bool watch_names_has_original(const struct watch_names *names, const char *path, bool *ret) __attribute__((warn_unused_result));

#endif
