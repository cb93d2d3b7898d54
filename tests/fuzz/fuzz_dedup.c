/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the JSON that `culprit dedup` wrote and reads again (--merge): an
 * error with its line, or bugs that are written and read again as the same.
 * Seeds: what culprit dedup writes of the corpus (tests/fuzz/run.sh makes some).
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#include "cli/dedup/dedup_cli.h"

static struct match_rules *rules;

static struct culprit_error *merge(struct dedup *dedup, struct span text, struct dedup_totals *totals)
{
	int fd = memfd_create("json", MFD_CLOEXEC);
	struct culprit_error *err;
	char path[64];

	REQUIRE(fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = dedup_merge(dedup, path, totals);
	close(fd);
	return err;
}

static void format(struct dedup *dedup, const struct dedup_totals *totals, struct buf *ret)
{
	struct dedup_bugs bugs;

	REQUIRE(!dedup_group(dedup, &bugs));
	for (size_t i = 0; i < bugs.n; i++)
		REQUIRE(bugs.bugs[i].n_members > 0);
	REQUIRE(dedup_add_json(dedup, &bugs, totals, ret));
	dedup_bugs_deinit(&bugs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(dedup_destroyp) struct dedup *dedup = NULL, *again = NULL;
	_cleanup_(buf_deinit) struct buf one = { 0 }, two = { 0 };
	struct dedup_totals totals = { 0 }, totals_again = { 0 };
	struct culprit_error *err;

	if (!rules)
		REQUIRE(!match_rules_load(NULL, NULL, &rules));
	REQUIRE(!dedup_create(rules, &dedup) && !dedup_create(rules, &again));
	err = merge(dedup, (struct span){ (const char *)data, size }, &totals);
	if (err) {
		REQUIRE(culprit_error_code(err) == CULPRIT_ERROR_SYNTAX && strchr(culprit_error_message(err), ':'));
		culprit_error_destroy(err);
		return 0;
	}
	format(dedup, &totals, &one);
	REQUIRE(!merge(again, buf_span(&one), &totals_again));
	format(again, &totals_again, &two);
	REQUIRE(span_equal(buf_span(&one), buf_span(&two)));
	return 0;
}
