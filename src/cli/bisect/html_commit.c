/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bisect/html_commit.h"

void html_put_commit_url(struct json *json, struct json_t *object, const struct session *session, const char *hex)
{
	const struct page_word words[] = { { "commit", hex } };

	page_put_url(json, object, "url", session->config->commit_url, words, countof(words));
}

void html_put_commit(struct json *json, struct json_t *object, const struct session *session, const char *hex)
{
	struct git_commit commit;
	struct culprit_error *err = git_commit_load(session->git, hex, &commit);

	page_printf(json, object, "hash", "%.12s", hex);
	html_put_commit_url(json, object, session, hex);
	page_put(json, object, "subject", err ? "" : commit.subject, TEXT_FIELD);
	if (!err)
		git_commit_deinit(&commit);
	culprit_error_destroy(err);
}
