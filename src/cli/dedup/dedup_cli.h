/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of culprit dedup: cmd_dedup.c reads logs, dedup_print.c writes
 * what was found, dedup_merge.c reads it again.
 */
#ifndef CULPRIT_CLI_DEDUP_DEDUP_CLI_H
#define CULPRIT_CLI_DEDUP_DEDUP_CLI_H

#include "match/dedup.h"

struct dedup_totals {
	uint64_t n_logs;	/* read */
	uint64_t n_failed;	/* that could not be read, or not to their ends */
};

/* Lines of JSON: an object "bug" for each, at the end an object "dedup". False when out of memory. */
bool dedup_add_json(const struct dedup *dedup, const struct dedup_bugs *bugs, const struct dedup_totals *totals,
		    struct buf *out) __attribute__((warn_unused_result));

/* A table for people; explain: with all faces, and why they are one bug. */
bool dedup_add_table(const struct dedup *dedup, const struct dedup_bugs *bugs, const struct dedup_totals *totals,
		     bool explain, bool color, struct buf *out) __attribute__((warn_unused_result));

/*
 * The lines of dedup_add_json, out of path ("-": standard input), added to
 * dedup and totals.  Errors: OS; SYNTAX with path:line; NO_MEMORY.
 */
struct culprit_error *dedup_merge(struct dedup *dedup, const char *path, struct dedup_totals *totals);

/* "7d", "12h", "90m", "2w" before now, "2026-11-28", "2026-11-28 12:30", "2026-11-28T12:30:00" (UTC). False: none of these. */
bool dedup_parse_time(const char *text, int64_t now, int64_t *ret);

#endif
