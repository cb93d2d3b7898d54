/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	  1520  KASAN: use-after-free Read in foo
 *	        also general protection fault in foo (12)
 *	        2026-11-01 to 2026-11-28, logs/a/console.log:215
 *
 * The JSON is described by include/culprit-dedup.schema.json.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/dedup/dedup_cli.h"
#include "cli/output/json.h"
#include "cli/output/text.h"

/* Of a bug, one title. */
struct titled {
	const struct dedup_title *title;
	uint64_t n;
};

static int by_count(const void *a, const void *b)
{
	const struct titled *one = a, *other = b;

	if (one->n != other->n)
		return one->n > other->n ? -1 : 1;
	return strcmp(one->title->title, other->title->title);
}

/* The titles of a bug's faces, most frequent first; the caller frees. NULL when out of memory. */
static struct titled *titles_of(const struct dedup_bug *bug, size_t *ret_n)
{
	struct titled *list = calloc(bug->n_members, sizeof(*list));
	size_t n = 0;

	for (size_t m = 0; list && m < bug->n_members; m++) {
		const struct dedup_member *member = &bug->members[m];
		size_t i = 0;

		while (i < n && list[i].title != member->title)
			i++;
		if (i == n)
			list[n++].title = member->title;
		list[i].n += member->face->seen.n;
	}
	if (list)
		qsort(list, n, sizeof(*list), by_count);
	*ret_n = n;
	return list;
}

static uint64_t count_reports(const struct dedup *dedup, const struct dedup_bugs *bugs)
{
	uint64_t n = dedup_rest(dedup)->n;

	for (size_t i = 0; i < bugs->n; i++)
		n += bugs->bugs[i].seen.n;
	return n;
}

/* ---------------------------------------------------------------- JSON */

static void put_seen(struct json *json, struct json_t *object, const struct dedup_seen *seen)
{
	json_put_u64(json, object, "n_reports", seen->n);
	if (seen->n && seen->first >= 0) {
		json_put_int(json, object, "first_seen", seen->first);
		json_put_int(json, object, "last_seen", seen->last);
	} else {
		json_put_null(json, object, "first_seen");
		json_put_null(json, object, "last_seen");
	}
}

static bool put_lines(struct json *json, struct json_t *list, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_(freep) char *line = strndup(text, len);

		if (!line)
			return false;
		json_add_str(json, list, line);
		text += len + (text[len] != '\0');
	}
	return true;
}

static bool put_face(struct json *json, struct json_t *object, const struct dedup_member *member)
{
	const struct dedup_face *face = member->face;

	json_put_str(json, object, "title", member->title->title);
	put_seen(json, object, &face->seen);
	json_put_str(json, object, "file", face->file);
	json_put_u64(json, object, "line", face->line);
	json_put_real(json, object, "probability", member->probability);
	json_put_str(json, object, "evidence", member->why);
	return put_lines(json, json_put_array(json, object, "symptom"), face->text);
}

/* Reports of the bug's titles that were only counted. The same lines for each bug that has the title: merging takes one. */
static void put_rests(struct json *json, struct json_t *list, const struct dedup_bug *bug, const struct titled *titles,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct dedup_title *title = titles[i].title;
		const struct dedup_face *most = &title->faces[0];
		bool here = false;

		for (size_t f = 1; f < title->n_faces; f++)
			most = title->faces[f].seen.n > most->seen.n ? &title->faces[f] : most;
		for (size_t m = 0; m < bug->n_members; m++)
			here = here || bug->members[m].face == most;
		if (here && title->rest.n) {
			struct json_t *object = json_add_object(json, list);

			json_put_str(json, object, "title", title->title);
			put_seen(json, object, &title->rest);
		}
	}
}

static bool add_bug(const struct dedup_bug *bug, struct buf *out)
{
	_cleanup_(freep) struct titled *titles = NULL;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json), *list;
	size_t n;
	bool ok;

	titles = titles_of(bug, &n);
	ok = titles != NULL;
	json_put_envelope(&json, root, "bug");
	json_put_str(&json, root, "title", bug->members[0].title->title);
	json_put_str(&json, root, "class", bug->class);
	json_put_str(&json, root, "frame", bug->frame);
	json_put_bool(&json, root, "vague", bug->vague);
	put_seen(&json, root, &bug->seen);
	list = json_put_array(&json, root, "titles");
	for (size_t i = 0; ok && i < n; i++) {
		struct json_t *object = json_add_object(&json, list);

		json_put_str(&json, object, "title", titles[i].title->title);
		json_put_u64(&json, object, "n_reports", titles[i].n);
	}
	list = json_put_array(&json, root, "faces");
	for (size_t i = 0; ok && i < bug->n_members; i++)
		ok = put_face(&json, json_add_object(&json, list), &bug->members[i]);
	list = json_put_array(&json, root, "not_compared");
	if (ok)
		put_rests(&json, list, bug, titles, n);
	json.failed = json.failed || !ok;
	return json_end(&json, root, out);
}

bool dedup_add_json(const struct dedup *dedup, const struct dedup_bugs *bugs, const struct dedup_totals *totals,
		    struct buf *out)
{
	struct json json = { 0 };
	struct json_t *root;

	for (size_t i = 0; i < bugs->n; i++) {
		if (!add_bug(&bugs->bugs[i], out))
			return false;
	}
	root = json_begin(&json);
	json_put_envelope(&json, root, "dedup");
	json_put_u64(&json, root, "n_logs", totals->n_logs);
	json_put_u64(&json, root, "n_failed", totals->n_failed);
	json_put_u64(&json, root, "n_reports", count_reports(dedup, bugs));
	json_put_u64(&json, root, "n_bugs", bugs->n);
	put_seen(&json, json_put_object(&json, root, "not_kept"), dedup_rest(dedup));
	return json_end(&json, root, out);
}

/* --------------------------------------------------------------- table */

#define INDENT "          "

static bool add_day(struct buf *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		return buf_add_str(out, "?");
	return buf_add_str(out, text);
}

static bool add_days(struct buf *out, const struct dedup_seen *seen)
{
	if (seen->first < 0)
		return true;
	if (!add_day(out, seen->first))
		return false;
	if (seen->last / 86400 != seen->first / 86400 && (!buf_add_str(out, " to ") || !add_day(out, seen->last)))
		return false;
	return buf_add_str(out, ", ");
}

static bool add_place(struct buf *out, const struct dedup_face *face)
{
	return text_add(out, span_of(face->file ? face->file : "(standard input)"), TEXT_FIELD) &&
	       buf_printf(out, ":%" PRIu64 "\n", face->line);
}

static bool add_face(struct buf *out, const struct dedup_member *member)
{
	if (!buf_printf(out, INDENT "%" PRIu64 " ", member->face->seen.n) ||
	    !text_add(out, span_of(member->title->title), TEXT_FIELD) || !buf_add_str(out, "\n" INDENT "  ") ||
	    !add_place(out, member->face))
		return false;
	if (!member->why)
		return true;
	return buf_printf(out, INDENT "  %.0f %%: ", 100 * member->probability) &&
	       text_add(out, span_of(member->why), TEXT_FIELD) && buf_add_char(out, '\n');
}

static bool add_row(struct buf *out, const struct dedup_bug *bug, bool explain, bool color)
{
	_cleanup_(freep) struct titled *titles = NULL;
	size_t n;
	bool ok;

	titles = titles_of(bug, &n);
	ok = titles && buf_printf(out, "%8" PRIu64 "  ", bug->seen.n) &&
	     text_add_painted(out, span_of(bug->members[0].title->title), TEXT_TITLE, color) && buf_add_char(out, '\n');
	for (size_t i = 0; ok && !explain && i < n; i++) {
		if (titles[i].title != bug->members[0].title)
			ok = buf_add_str(out, INDENT "also ") && text_add(out, span_of(titles[i].title->title), TEXT_FIELD) &&
			     buf_printf(out, " (%" PRIu64 ")\n", titles[i].n);
	}
	ok = ok && buf_add_str(out, INDENT) && buf_add_str(out, text_paint(TEXT_LABEL, color)) && add_days(out, &bug->seen) &&
	     add_place(out, bug->members[0].face) && buf_add_str(out, text_paint(TEXT_PLAIN, color));
	for (size_t i = 0; ok && explain && i < bug->n_members; i++)
		ok = add_face(out, &bug->members[i]);
	return ok;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

bool dedup_add_table(const struct dedup *dedup, const struct dedup_bugs *bugs, const struct dedup_totals *totals,
		     bool explain, bool color, struct buf *out)
{
	uint64_t n = count_reports(dedup, bugs), left = dedup_rest(dedup)->n;

	if (!n)
		return buf_printf(out, "no crash found in %" PRIu64 " log%s\n", totals->n_logs, plural(totals->n_logs));
	if (!buf_printf(out, "%8s  %s\n", "reports", "bug"))
		return false;
	for (size_t i = 0; i < bugs->n; i++) {
		if (!add_row(out, &bugs->bugs[i], explain, color))
			return false;
	}
	if (left && !buf_printf(out, "%8" PRIu64 "  under more titles than are kept (%d)\n", left, DEDUP_MAX_TITLES))
		return false;
	return buf_printf(out, "%zu bug%s in %" PRIu64 " report%s of %" PRIu64 " log%s\n", bugs->n, plural(bugs->n), n, plural(n),
			  totals->n_logs, plural(totals->n_logs));
}
