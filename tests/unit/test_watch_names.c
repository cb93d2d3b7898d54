/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <time.h>

#include "cli/watch/watch_names.h"
#include "suite.h"

static bool has_original(const struct watch_names *names, const char *path)
{
	bool has;

	ck_assert(watch_names_has_original(names, path, &has));
	return has;
}

START_TEST(an_old_copy_has_the_name_and_a_number)
{
	struct watch_names names = { 0 };

	ck_assert(!has_original(&names, "/l/console.log.1"));
	ck_assert(watch_names_add(&names, "/l/console.log"));
	ck_assert(watch_names_add(&names, "/l/qemu-12"));
	ck_assert(has_original(&names, "/l/console.log.1"));
	ck_assert(has_original(&names, "/l/console.log-20261128"));
	ck_assert(has_original(&names, "/l/console.log-2026-11-28.2"));
	ck_assert(has_original(&names, "/l/qemu-12.3"));
	ck_assert(!has_original(&names, "/l/console.log"));		/* it is it */
	ck_assert(!has_original(&names, "/l/console.log2"));		/* another machine's, perhaps */
	ck_assert(!has_original(&names, "/l/console.log.old"));
	ck_assert(!has_original(&names, "/l/console.log.1.old"));
	ck_assert(!has_original(&names, "/m/console.log.1"));
	ck_assert(!has_original(&names, "/l/qemu-1"));
	ck_assert(!has_original(&names, "/l/qemu-13"));
	ck_assert(!has_original(&names, ""));
	ck_assert(!has_original(&names, "1.2.3"));
	watch_names_deinit(&names);
}
END_TEST

START_TEST(a_name_stays_as_long_as_one_log_has_it)
{
	struct watch_names names = { 0 };

	ck_assert(watch_names_add(&names, "a"));
	ck_assert(watch_names_add(&names, "a"));
	watch_names_remove(&names, "a");
	ck_assert(has_original(&names, "a.1"));
	watch_names_remove(&names, "a");
	ck_assert(!has_original(&names, "a.1"));
	watch_names_remove(&names, "a");				/* nothing is there to remove */
	watch_names_deinit(&names);
}
END_TEST

/* A new name was once compared with all others. */
START_TEST(many_names_cost_little_each)
{
	struct watch_names names = { 0 };
	clock_t start = clock();
	char path[64];

	for (int i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "/srv/consoles/rack-%d/console.log-20261128", i);
		ck_assert(!has_original(&names, path));
		ck_assert(watch_names_add(&names, path));
	}
	ck_assert(has_original(&names, "/srv/consoles/rack-99999/console.log-20261128.1"));
	ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 10);
	watch_names_deinit(&names);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch names");
	TCase *tc = tcase_create("watch names");

	tcase_add_test(tc, an_old_copy_has_the_name_and_a_number);
	tcase_add_test(tc, a_name_stays_as_long_as_one_log_has_it);
	tcase_add_test(tc, many_names_cost_little_each);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
