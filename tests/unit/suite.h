/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Four seconds, check's own, are too few on a busy machine: the limit is for tests that hang, not for slow ones. */
__attribute__((constructor)) static void allow_time(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "600", 0);
}

/*
 * check tells its parent of every assertion that holds, with a write(); loops
 * of a million took most of their time in that.  The first time of each line
 * is enough to know how far a test came that was killed.
 */
static inline void note_place(const char *file, int line)
{
	static unsigned char seen[8192];

	if (seen[(unsigned int)line % sizeof(seen)])
		return;
	seen[(unsigned int)line % sizeof(seen)] = 1;
	_mark_point(file, line);
}

#define _mark_point(file, line) note_place(file, line)

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
