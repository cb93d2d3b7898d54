/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Four seconds, check's own, are too few on a machine that is busy with something else. */
__attribute__((constructor)) static void allow_time(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
}

/* The exit code of a unit test: 1 where a check failed. Takes the suite over. */
static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed != 0;
}

#endif
