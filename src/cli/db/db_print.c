/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	    12  KASAN: use-after-free Read in foo
 *	        2026-11-01 to 2026-11-28, 3 machines, kernels 6.12.1 6.13.0-rc1
 *
 * The JSON is described by include/culprit-db.schema.json.
 */
#include "cli/db/db_cli.h"

#include <inttypes.h>
#include <time.h>

#include "cli/output/json.h"

static bool add_date(struct buf *out, int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm tm;
	char text[32];

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		return buf_add_str(out, "?");
	return buf_add_str(out, text);
}

bool db_add_text(const struct store_title *title, bool color, struct buf *out)
{
	if (!buf_printf(out, "%6" PRIu64 "  ", title->n) ||
	    !text_add_painted(out, span_of(title->title), TEXT_TITLE, color) ||
	    !buf_add_str(out, "\n        ") || !add_date(out, title->first) || !buf_add_str(out, " to ") || !add_date(out, title->last))
		return false;
	if (title->n_machines && !buf_printf(out, ", %" PRIu64 " machine%s", title->n_machines, title->n_machines > 1 ? "s" : ""))
		return false;
	if (title->n_kernels && (!buf_printf(out, ", kernel%s ", title->n_kernels > 1 ? "s" : "") ||
				 !text_add(out, span_of(title->kernels), TEXT_FIELD) ||
				 (title->n_kernels > DB_KERNELS_TOLD && !buf_printf(out, " and %" PRIu64 " more", title->n_kernels - DB_KERNELS_TOLD))))
		return false;
	if (title->frames && (!buf_add_str(out, "\n        ") || !text_add(out, span_of(title->frames), TEXT_FIELD)))
		return false;
	return buf_add_char(out, '\n');
}

bool db_add_json(const struct store_title *title, struct buf *out)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *list;
	const char *word = title->kernels;

	json_put_envelope(&json, root, "title");
	json_put_str(&json, root, "title", title->title);
	json_put_str(&json, root, "frames", title->frames);
	json_put_u64(&json, root, "n_reports", title->n);
	json_put_int(&json, root, "first_seen", title->first);
	json_put_int(&json, root, "last_seen", title->last);
	list = json_put_array(&json, root, "kernels");
	while (*word) {
		size_t len = strcspn(word, " ");
		_cleanup_(freep) char *copy = strndup(word, len);

		json.failed |= !copy;
		if (copy)
			json_add_str(&json, list, copy);
		word += len + (word[len] == ' ');
	}
	json_put_u64(&json, root, "n_kernels", title->n_kernels);
	json_put_u64(&json, root, "n_machines", title->n_machines);
	return json_end(&json, root, out);
}
