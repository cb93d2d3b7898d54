/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A commit on the page of a bisection. */
#ifndef CULPRIT_CLI_BISECT_HTML_COMMIT_H
#define CULPRIT_CLI_BISECT_HTML_COMMIT_H

#include "cli/output/page.h"
#include "session/session.h"

/* "hash", twelve digits of it, "url" and "subject". */
void html_put_commit(struct json *json, struct json_t *object, const struct session *session, const char *hex);

/* "url" alone: by the configuration's links; null where it has none. */
void html_put_commit_url(struct json *json, struct json_t *object, const struct session *session, const char *hex);

#endif
