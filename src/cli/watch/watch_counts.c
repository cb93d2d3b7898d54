/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	# HELP culprit_reports_total Crash reports seen, by title.
 *	# TYPE culprit_reports_total counter
 *	culprit_reports_total{kind="crash",title="WARNING in foo"} 3
 */
#include "cli/watch/watch_counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "cli/output/text.h"

void watch_counts_deinit(struct watch_counts *counts)
{
	for (size_t i = 0; i < counts->n; i++)
		free(counts->counts[i].title);
	free(counts->counts);
	free(counts->slots);
	*counts = (struct watch_counts){ 0 };
}

static uint32_t *find_slot(const struct watch_counts *counts, const char *title)
{
	size_t i = hash_bytes(title, strlen(title)) & (counts->n_slots - 1);

	while (counts->slots[i] && strcmp(counts->counts[counts->slots[i] - 1].title, title))
		i = (i + 1) & (counts->n_slots - 1);
	return &counts->slots[i];
}

static bool grow(struct watch_counts *counts)
{
	size_t room = counts->room ? 2 * counts->room : 64;
	struct watch_count *more = realloc(counts->counts, room * sizeof(*more));
	uint32_t *slots;

	if (!more)
		return false;
	counts->counts = more;
	slots = calloc(4 * room, sizeof(*slots));
	if (!slots)
		return false;
	free(counts->slots);
	counts->slots = slots;
	counts->n_slots = 4 * room;
	counts->room = room;
	for (size_t i = 0; i < counts->n; i++)
		*find_slot(counts, counts->counts[i].title) = (uint32_t)i + 1;
	return true;
}

struct culprit_error *watch_counts_add(struct watch_counts *counts, const char *title, enum culprit_kind kind,
				       int64_t now, const struct watch_count **ret)
{
	struct watch_count *count;
	uint32_t *slot;

	if (counts->n == counts->room && !grow(counts))
		return &culprit_error_no_memory;
	slot = find_slot(counts, title);
	if (!*slot && counts->n >= WATCH_MAX_TITLES) {
		title = WATCH_OTHER_TITLES;
		slot = find_slot(counts, title);
	}
	if (!*slot) {
		char *copy = strdup(title);

		if (!copy)
			return &culprit_error_no_memory;
		counts->counts[counts->n] = (struct watch_count){ .title = copy, .kind = kind };
		*slot = (uint32_t)++counts->n;
	}
	count = &counts->counts[*slot - 1];
	count->n++;
	count->last_seen = now;
	counts->n_reports++;
	*ret = count;
	return NULL;
}

/* ----------------------------------------------------------- Prometheus */

/* A label's value: backslash, quote and end of line are escaped, and it is UTF-8. */
static bool add_label(struct buf *out, const char *value)
{
	struct span s = span_of(value);

	while (s.len) {
		size_t len = text_utf8_len(s);
		bool ok;

		if (!len)
			ok = buf_add_str(out, "\xef\xbf\xbd");
		else if (*s.ptr == '\\' || *s.ptr == '"')
			ok = buf_add_char(out, '\\') && buf_add_char(out, *s.ptr);
		else if (*s.ptr == '\n')
			ok = buf_add_str(out, "\\n");
		else
			ok = buf_add(out, s.ptr, len);
		if (!ok)
			return false;
		s = span_skip(s, len ? len : 1);
	}
	return true;
}

static bool add_labels(struct buf *out, const struct watch_count *count)
{
	return buf_printf(out, "{kind=\"%s\",title=\"", culprit_kind_name(count->kind)) && add_label(out, count->title) &&
	       buf_add_str(out, "\"} ");
}

static bool add_header(struct buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(out, "# HELP culprit_%s %s\n# TYPE culprit_%s %s\n", name, help, name, type);
}

bool watch_counts_prometheus(const struct watch_counts *counts, const struct watch_gauges *gauges, struct buf *out)
{
	bool ok = add_header(out, "logs", "gauge", "Logs that are watched.") &&
		  buf_printf(out, "culprit_logs %zu\n", gauges->n_logs) &&
		  add_header(out, "read_bytes_total", "counter", "Bytes of logs read.") &&
		  buf_printf(out, "culprit_read_bytes_total %" PRIu64 "\n", gauges->n_bytes) &&
		  add_header(out, "reports_total", "counter", "Crash reports seen, by title.");

	for (size_t i = 0; ok && i < counts->n; i++)
		ok = buf_add_str(out, "culprit_reports_total") && add_labels(out, &counts->counts[i]) &&
		     buf_printf(out, "%" PRIu64 "\n", counts->counts[i].n);
	ok = ok && add_header(out, "last_seen_timestamp_seconds", "gauge", "When a report of the title was seen last.");
	for (size_t i = 0; ok && i < counts->n; i++)
		ok = buf_add_str(out, "culprit_last_seen_timestamp_seconds") && add_labels(out, &counts->counts[i]) &&
		     buf_printf(out, "%" PRId64 "\n", counts->counts[i].last_seen);
	return ok;
}

struct culprit_error *watch_counts_write(const struct watch_counts *counts, const struct watch_gauges *gauges,
					 const char *path)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	if (!watch_counts_prometheus(counts, gauges, &text))
		return &culprit_error_no_memory;
	if (!strcmp(path, "-"))
		return file_write(STDOUT_FILENO, "standard output", buf_span(&text));
	/* what is lost in a power cut is counted anew in any case */
	return file_replace(path, buf_span(&text), 0);
}
