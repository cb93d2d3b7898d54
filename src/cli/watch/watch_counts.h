/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What culprit watch has seen: reports by title.
 */
#ifndef CULPRIT_CLI_WATCH_WATCH_COUNTS_H
#define CULPRIT_CLI_WATCH_WATCH_COUNTS_H

#include "base/base.h"

/* Titles counted on their own; what comes under more is counted as one. */
#define WATCH_MAX_TITLES 10000
#define WATCH_OTHER_TITLES "(other titles)"

struct watch_count {
	char *title;
	enum culprit_kind kind;		/* of the first report */
	uint64_t n;
	int64_t last_seen;		/* seconds since 1970 */
};

struct watch_counts {
	struct watch_count *counts;	/* in the order of first appearance */
	size_t n, room;
	uint32_t *slots;		/* of titles, by hash: index plus 1; n_slots is a power of two */
	size_t n_slots;
	uint64_t n_reports;
};

void watch_counts_deinit(struct watch_counts *counts);

/* One more. *ret is borrowed until the next one; its n is 1 for a new title. Errors: NO_MEMORY. */
struct culprit_error *watch_counts_add(struct watch_counts *counts, const char *title, enum culprit_kind kind,
				       int64_t now, const struct watch_count **ret);

/* The state of the logs, for gauges beside the counts. */
struct watch_gauges {
	size_t n_logs;
	uint64_t n_bytes;
};

/*
 * https://prometheus.io/docs/instrumenting/exposition_formats/, text format
 * 0.0.4.  False when out of memory.
 */
bool watch_counts_prometheus(const struct watch_counts *counts, const struct watch_gauges *gauges, struct buf *out)
	__attribute__((warn_unused_result));

/* The same into a file, by way of one beside it, so that no reader sees half of it. Errors: OS, NO_MEMORY. */
struct culprit_error *watch_counts_write(const struct watch_counts *counts, const struct watch_gauges *gauges,
					 const char *path);

#endif
